"""Sensors on the page Risk: where they stand, what they told last, and how old that is."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from cockpit.answers.readings import Device
from cockpit.answers.twin import Twin
from cockpit.risk.themes import THEMES
from cockpit.ui import cache, coverage_maps, placement_map, risk_cache, risk_time, theme
from cockpit.ui.coverage_parts import table as figures
from cockpit.ui.risk_choices import Choice
from cockpit.ui.risk_maps import Point
from cockpit.ui.theme import rgba
from cockpit.ui.words import NO_FIGURE, moment, name_of, number, say

OLD_HOURS = 24.0
"""A newest reading that lies so far behind the county's newest is called old."""


def kinds() -> tuple[str, ...]:
    """Return all kinds of sensors that a theme tells about."""
    return tuple(dict.fromkeys(kind for one in THEMES.values() for kind in one.kinds))


def _devices(choice: Choice) -> tuple[Device, ...]:
    found = THEMES.get(choice.asked.theme)
    return risk_cache.sensors(found.kinds if found else ())


def _newest() -> dict[str, tuple[dt.datetime, float]]:
    return risk_cache.newest(cache.visitor_class())


def _now(devices: tuple[Device, ...]) -> dt.datetime | None:
    """Return the time of the newest reading: what counts as now for the data."""
    told = _newest()
    return max((told[d.id][0] for d in devices if d.id in told), default=None)


def points(choice: Choice) -> tuple[Point, ...]:
    """Return the theme's sensors as points of the map, with their newest value beside them."""
    devices, told = _devices(choice), _newest()
    now, tokens = _now(devices), theme.now()
    fresh, old = rgba(tokens.accent), rgba(tokens.no_data)
    found = []
    for one in devices:
        there = told.get(one.id)
        late = there is None or now is None or _late(there[0], now)
        text = NO_FIGURE if there is None else f"{number(there[1], 1)} {one.unit}"
        found.append(
            {
                "id": one.id, "n": f"{one.kind} {one.id}", "e": f"{one.kind} {one.id}",
                "p": [round(one.lon, 5), round(one.lat, 5)], "c": old if late else fresh,
                "t": text,
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
    told, now = _newest(), _now(devices)
    late = sum(d.id not in told or now is None or _late(told[d.id][0], now) for d in devices)
    st.markdown(
        say(
            "{n} sensors of this theme; {late} of them sent nothing in the last {hours} hours of "
            "data and tell nothing about now. Newest reading: {now}.",
            n=number(len(devices)), late=number(late), hours=number(OLD_HOURS), now=moment(now),
        )
    )  # fmt: skip
    left, right = st.columns([0.62, 0.38], gap="medium")
    with left:
        places = risk_cache.places(choice.asked.level)
        risk_time.picture(twin, choice, places, None, points, say("Sensors"))
    with right:
        table(choice)


def table(choice: Choice) -> None:
    """Show the theme's sensors with their newest reading, grey ones last."""
    devices, told = _devices(choice), _newest()
    now, regions = _now(devices), cache.twin()
    rows = sorted(devices, key=lambda d: (d.kind, -(told[d.id][1] if d.id in told else -1e9)))
    where = [
        NO_FIGURE if regions is None or d.region < 0 else name_of(regions.regions.iloc[d.region])
        for d in rows
    ]
    state = [
        say("no reading") if d.id not in told
        else say("old") if now is None or _late(told[d.id][0], now)
        else say("fresh")
        for d in rows
    ]  # fmt: skip
    columns = {
        say("Sensor"): [f"{d.kind} {d.id}" for d in rows],
        say("Name"): where,
        say("Newest value"): [
            f"{number(told[d.id][1], 1)} {d.unit}" if d.id in told else NO_FIGURE for d in rows
        ],
        say("Read at"): [moment(told[d.id][0]) if d.id in told else NO_FIGURE for d in rows],
        say("State"): state,
    }
    words = (say("Sensor"), say("Name"), say("Read at"), say("State"))
    figures(columns, words=words, alt=say("Sensors"))
