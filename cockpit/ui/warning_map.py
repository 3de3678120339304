"""The map of sensors and of alerts about regions, with its legend, sentence and table."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from cockpit.answers.alert_sensors import FAULT, GOOD, SensorRow
from cockpit.answers.alert_stories import Story
from cockpit.answers.layers import layer_url
from cockpit.answers.twin import Twin
from cockpit.ui import cache, coverage_maps, state, theme, warning_cache, warning_parts
from cockpit.ui.cell_map import discs
from cockpit.ui.maps import Deck, picked
from cockpit.ui.theme import Tokens, rgba
from cockpit.ui.words import number, say

# The browser does not tell how wide the map is: the narrowest that people use, as in ``maps``.
_SCREEN, _TELEPHONE = (740, 620, 170), (320, 400, 0)  # width, height, left free for the legend
_ROWS = 200


def show(twin: Twin) -> None:
    """Draw sensors and the regions that rules warn of; a click takes an alert in hand."""
    found, sensors = warning_cache.standing(), warning_cache.sensors()
    told = sentence(sensors, found)
    st.write(told)
    with st.container(key="ct-map"):
        st.pydeck_chart(
            deck(twin, sensors, found, theme.now()),
            height=_window()[1],
            on_select=_clicked,
            selection_mode="single-object",
            key=state.widget_key("warning.deck"),
            alt=told,
        )
        legend(sensors, found)
    with st.expander(say("The map as a table"), icon=":material/table:"):
        as_table(twin, sensors, found)


def _window() -> tuple[int, int, int]:
    return _TELEPHONE if state.on_telephone() else _SCREEN


def _clicked() -> None:
    hit = picked(state.widget_value("warning.deck"), ("warned", "sensors"))
    if hit is None:
        return
    name = hit[1]
    found = next((s for s in warning_cache.standing() if s.subject == name), None)
    if found is not None:
        state.choose("warning.alert", found.id)


def sentence(sensors: tuple[SensorRow, ...], found: tuple[Story, ...]) -> str:
    """Return what the map shows in one sentence."""
    regions = {s.subject for s in found if s.rule.kind != "sensor"}
    warned = sum(s.level > 0 and s.state == GOOD for s in sensors)
    unknown = sum(s.state != GOOD for s in sensors)
    return say(
        "On the map: {n} sensors, {warned} with a warning, {unknown} of which nothing is known; "
        "{regions} regions with a warning.",
        n=number(len(sensors)),
        warned=number(warned),
        unknown=number(unknown),
        regions=number(len(regions)),
    )


def deck(
    twin: Twin, sensors: tuple[SensorRow, ...], found: tuple[Story, ...], tokens: Tokens
) -> Deck:
    """Return the deck: townships, regions warned of, sensors, names."""
    county = str(twin.regions["code"].iat[0])
    box = cache.box(twin.version, county)
    width, height, left = _window()
    lon, lat, zoom = box.camera(width, height, left_px=left) if box else (105.0, 35.0, 3.0)
    layers = [
        _ground(twin, county, tokens),
        *coverage_maps.ground(twin, county, ("rivers",), tokens),
        *_regions(twin, found, tokens),
        *coverage_maps.names(twin, county, ("labels",), tokens),
        *_sensors(sensors, tokens),
    ]
    return Deck(
        {
            "initialViewState": {
                "longitude": lon, "latitude": lat, "zoom": zoom, "pitch": 0, "bearing": 0,
            },
            "views": [{"@@type": "MapView", "controller": True}],
            **coverage_maps.style(tokens),
            "layers": [layers],
        },
        {"html": "<b>{t}</b><br>{s}", "style": _note(tokens)},
    )  # fmt: skip


def _note(tokens: Tokens) -> dict[str, str]:
    return {
        "backgroundColor": tokens.panel, "color": tokens.text,
        "border": f"1px solid {tokens.line}", "borderRadius": "8px",
        "fontFamily": theme.FONT_STACK, "fontSize": "14px", "lineHeight": "1.6",
        "padding": "8px 12px",
    }  # fmt: skip


def _ground(twin: Twin, county: str, tokens: Tokens) -> dict[str, Any]:
    return {
        "@@type": "GeoJsonLayer",
        "id": "ground",
        "data": layer_url(twin.version, "township", county),
        "stroked": True,
        "filled": True,
        "getFillColor": rgba(tokens.panel, 0.6),
        "getLineColor": rgba(tokens.map_border, 0.25),
        "getLineWidth": 1,
        "lineWidthUnits": "pixels",
    }


def _regions(twin: Twin, found: tuple[Story, ...], tokens: Tokens) -> list[dict[str, Any]]:
    """Return discs at the centres of the regions warned of, as large as the warning is grave."""
    known: dict[str, int] = twin.regions.attrs["rows"]
    rows = [
        {
            "id": s.subject,
            "p": [s.lon, s.lat],
            "c": rgba(warning_parts.colour_of(s.level), 0.55),
            "t": f"{warning_parts.level_text(s.level)} · {warning_parts.story_title(s)}",
            "s": warning_parts.place_text(twin, s.region_code),
        }
        for s in found
        if s.rule.kind != "sensor" and s.lon is not None and s.subject in known
    ]
    if not rows:
        return []
    return [
        {
            **discs("warned", rows, 22),
            "getFillColor": "@@=c",
            "getLineColor": rgba(tokens.map_ground),
            "getLineWidth": 1.5,
        }
    ]


def _sensors(sensors: tuple[SensorRow, ...], tokens: Tokens) -> list[dict[str, Any]]:
    """Return sensors: a colour for what is warned of, a ring for what is not known."""
    good = [_dot(s, tokens) for s in sensors[::-1] if s.state == GOOD]
    out = [_dot(s, tokens) for s in sensors if s.state != GOOD]
    layers = []
    if good:
        layers.append(
            {
                **discs("sensors-good", good, 6.5),
                "getFillColor": "@@=c",
                "getLineColor": rgba(tokens.map_ground),
                "getLineWidth": 1.5,
            }
        )
    if out:
        layers.append(
            {
                **discs("sensors-out", out, 7),
                "getFillColor": rgba(tokens.map_ground, 0.9),
                "getLineColor": rgba(tokens.text),
                "getLineWidth": 2.5,
            }
        )
    return layers


def _dot(row: SensorRow, tokens: Tokens) -> dict[str, Any]:
    colour = tokens.good if row.level == 0 else warning_parts.colour_of(row.level)
    value = warning_parts.value_text(row.newest[1], row.device.unit) if row.newest else ""
    return {
        "id": row.device.id,
        "p": [round(row.device.lon, 5), round(row.device.lat, 5)],
        "c": rgba(colour),
        "t": f"{row.device.id} {warning_parts.kind_text(row.device.kind)}",
        "s": f"{state_text(row)} · {value}" if value else state_text(row),
    }


def state_text(row: SensorRow) -> str:
    """Return what is known of a sensor in a word or two."""
    if row.state == FAULT:
        return say("out of order, not known")
    if row.state != GOOD:
        return say("not known")
    return warning_parts.level_text(row.level) if row.level else say("no warning")


def legend(sensors: tuple[SensorRow, ...], found: tuple[Story, ...]) -> None:
    """Show what the colours mean; only those that can be on the map."""
    tokens = theme.now()
    keys = [_key(warning_parts.colour_of(n), warning_parts.level_text(n)) for n in (4, 3, 2, 1)]
    if sensors:
        keys.append(_key(tokens.good, say("Sensor without a warning")))
        ring = f"background:{tokens.map_ground};border:2px solid {tokens.text};border-radius:50%"
        keys.append(
            f'<span class="ct-key"><span class="ct-swatch" style="width:14px;{ring}"></span>'
            f"{escape(say('Sensor not known'))}</span>"
        )
    if any(s.rule.kind != "sensor" for s in found):
        keys.append(f'<span class="ct-quiet">{escape(say("Large disc: a region"))}</span>')
    st.html(f'<div class="ct-legend ct-small">{"".join(keys)}</div>')


def _key(colour: str, text: str) -> str:
    swatch = f'<span class="ct-swatch" style="background:{colour}"></span>'
    return f'<span class="ct-key">{swatch}{escape(text)}</span>'


def as_table(twin: Twin, sensors: tuple[SensorRow, ...], found: tuple[Story, ...]) -> None:
    """Show what the map shows: regions warned of, then sensors that are not quiet."""
    known = twin.regions["code"].to_numpy()
    rows = [
        (warning_parts.level_text(s.level), warning_parts.place_text(twin, s.region_code),
         warning_parts.story_title(s))
        for s in found
        if s.rule.kind != "sensor"
    ]  # fmt: skip
    for row in sensors:
        if row.level or row.state != GOOD:
            region = row.device.region
            code = str(known[region]) if region >= 0 else None
            place = warning_parts.place_text(twin, code)
            rows.append(
                (
                    state_text(row),
                    f"{row.device.id} · {place}",
                    warning_parts.kind_text(row.device.kind),
                )
            )
    if not rows:
        st.caption(say("No warning, and no sensor out of order."))
        return
    rows = rows[:_ROWS]
    warning_parts.table(
        {
            say("State"): [r[0] for r in rows],
            say("Where"): [r[1] for r in rows],
            say("What"): [r[2] for r in rows],
        }
    )
