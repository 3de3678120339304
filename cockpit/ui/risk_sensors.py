"""Sensors on the page Risk: where they stand, what they told last, and how old that is."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from cockpit.answers.readings import Device
from cockpit.answers.risk_health import sensors_health
from cockpit.answers.twin import Twin
from cockpit.risk.sensor_health import GOOD, STATES, Health
from cockpit.risk.themes import THEMES
from cockpit.ui import (
    cache,
    coverage_maps,
    placement_map,
    risk_cache,
    risk_panels,
    risk_time,
    theme,
    way,
)
from cockpit.ui.coverage_parts import table as figures
from cockpit.ui.risk_choices import Choice
from cockpit.ui.risk_maps import Point
from cockpit.ui.theme import rgba
from cockpit.ui.warning_parts import kind_text
from cockpit.ui.words import NO_FIGURE, moment, name_of, number, say, say_terms

OLD_HOURS = 24.0
"""A newest reading that lies so far behind the county's newest is called old."""


def kinds() -> tuple[str, ...]:
    """Return all kinds of sensors that a theme tells about."""
    return tuple(dict.fromkeys(kind for one in THEMES.values() for kind in one.kinds))


def _devices(choice: Choice) -> tuple[Device, ...]:
    """Return the theme's sensors that stand in the chosen unit; all of them for the county."""
    found = THEMES.get(choice.asked.theme)
    there = risk_cache.sensors(found.kinds if found else ())
    county = cache.twin()
    if county is None or county.ancestors(unit := county.position(choice.unit)) == [unit]:
        return there
    return tuple(d for d in there if d.region >= 0 and unit in county.ancestors(d.region))


def _newest() -> dict[str, tuple[dt.datetime, float]]:
    return risk_cache.newest(cache.visitor_class())


@st.cache_data(ttl=30, max_entries=16, show_spinner=False)
def _judged(visitor: str, devices: tuple[Device, ...], version: str) -> dict[str, Health]:  # noqa: ARG001
    return sensors_health(visitor, devices)


def _health(devices: tuple[Device, ...]) -> dict[str, Health]:
    """Return what to think of each sensor, looked at anew every half minute."""
    return _judged(cache.visitor_class(), devices, cache.data_version())


def _now() -> dt.datetime | None:
    """Return the time of the newest reading of all: what counts as now for the data."""
    return max((time for time, _ in _newest().values()), default=None)


def points(choice: Choice) -> tuple[Point, ...]:
    """Return the unit's sensors as points, hollow where no reading can be believed."""
    devices, told = _devices(choice), _newest()
    now, tokens, judged = _now(), theme.now(), _health(devices)
    fresh, old, bad = rgba(tokens.accent), rgba(tokens.no_data), rgba(tokens.bad)
    found = []
    for one in devices:
        there = told.get(one.id)
        fault = judged[one.id].state != STATES[GOOD]
        late = there is None or now is None or _late(there[0], now)
        text = NO_FIGURE if there is None else f"{number(there[1], 1)} {one.unit}"
        name = f"{kind_text(one.kind)} {one.id}"
        found.append(
            {
                "id": one.id, "n": name, "e": name,
                "p": [round(one.lon, 5), round(one.lat, 5)],
                "c": [0, 0, 0, 0] if fault else old if late else fresh,
                "l": bad if fault else rgba(tokens.map_ground),
                "t": say("fault") if fault else text,
            }
        )  # fmt: skip
    named = {row["id"] for row in placed(found, choice)}
    return tuple(row if row["id"] in named else row | {"t": ""} for row in found)


def placed(rows: list[Point], choice: Choice) -> list[Point]:
    """Return the sensors whose value can stand beside them without lying over another's."""
    county = cache.twin()
    box = None if county is None else cache.box(county.version, choice.unit)
    zoom = float(coverage_maps.camera(box)["zoom"])
    return placement_map.apart([row | {"n": row["t"]} for row in rows], zoom)


def _late(time: dt.datetime, now: dt.datetime) -> bool:
    return now - time > dt.timedelta(hours=OLD_HOURS)


def show(twin: Twin, choice: Choice, points: tuple[Point, ...]) -> None:
    """Show the sensors alone: sentence, map, table."""
    if not points:
        st.info(say("No sensors of this theme are stored that are open to you."))
        return
    devices = _devices(choice)
    told, now, judged = _newest(), _now(), _health(devices)
    bad = [d for d in devices if judged[d.id].state != STATES[GOOD]]
    late = sum(
        d not in bad and (d.id not in told or now is None or _late(told[d.id][0], now))
        for d in devices
    )
    terms: list[tuple[str, dict[str, object]]] = [
        (
            "Sensors of this theme in {unit}: {n}. Newest reading: {now}.",
            {"unit": _unit(twin, choice), "n": number(len(devices)), "now": moment(now)},
        )
    ]
    if bad:
        terms.append(
            (
                "Faulty, not to be believed: {n}. A fault says nothing about safety.",
                {"n": number(len(bad))},
            )
        )
    if late:
        terms.append(
            (
                "Without a reading in the last {hours} hours of data: {n}.",
                {"n": number(late), "hours": number(OLD_HOURS)},
            )
        )
    st.markdown(way.plain(say_terms(terms)))
    left, right = st.columns([0.62, 0.38], gap="medium")
    with left:
        places = risk_cache.places(choice.asked.level)
        risk_time.picture(twin, choice, places, None, points, say("Sensors"))
    with right:
        table(choice)


def _unit(twin: Twin, choice: Choice) -> str:
    return name_of(twin.regions.iloc[twin.position(choice.unit)])


def table(choice: Choice) -> None:
    """Show the unit's sensors with their newest reading, those with a fault first."""
    devices, told = _devices(choice), _newest()
    now, regions, judged = _now(), cache.twin(), _health(devices)
    rows = sorted(
        devices,
        key=lambda d: (
            judged[d.id].state == STATES[GOOD], d.kind,
            -(told[d.id][1] if d.id in told else -1e9),
        ),
    )  # fmt: skip
    where = [
        NO_FIGURE if regions is None or d.region < 0 else name_of(regions.regions.iloc[d.region])
        for d in rows
    ]
    columns = {
        say("Sensor"): [f"{kind_text(d.kind)} {d.id}" for d in rows],
        say("Name"): where,
        say("Newest value"): [
            f"{number(told[d.id][1], 1)} {d.unit}" if d.id in told else NO_FIGURE for d in rows
        ],
        say("Read at"): [moment(told[d.id][0]) if d.id in told else NO_FIGURE for d in rows],
        say("State"): [_state(d, judged[d.id], told, now) for d in rows],
        say("Why"): [_reason(judged[d.id]) for d in rows],
    }
    words = (say("Sensor"), say("Name"), say("Read at"), say("State"), say("Why"))
    figures(columns, words=words, alt=say("Sensors"))
    st.caption(risk_panels.origin_text(choice.asked._replace(method="readings")))


def _state(
    device: Device,
    found: Health,
    told: dict[str, tuple[dt.datetime, float]],
    now: dt.datetime | None,
) -> str:
    if found.state != STATES[GOOD]:
        return say("fault, not to be believed")
    if device.id not in told:
        return say("no reading")
    return say("old") if now is None or _late(told[device.id][0], now) else say("fresh")


def _reason(found: Health) -> str:
    return say(found.why.template, **found.why.values) if found.why else ""
