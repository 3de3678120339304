"""Sensors on the page Early warning: health, newest value, a small line; and live feeds."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from cockpit.answers import feeds
from cockpit.answers.alert_sensors import GOOD, MOST_LINES, SensorRow
from cockpit.answers.twin import Twin
from cockpit.ui import cache, state, warning_cache, warning_map, warning_parts
from cockpit.ui.words import NO_FIGURE, number, say

_HEIGHT = 640


def show(twin: Twin) -> None:
    """Show all sensors or those of a kind, faults first, and the feeds below."""
    rows = warning_cache.sensors()
    if not rows:
        st.info(
            say("No sensors have been loaded. Load a table of sensors and their readings, or "
                "connect a live feed.")
        )  # fmt: skip
    else:
        kinds = sorted({r.device.kind for r in rows})
        kind = st.selectbox(
            say("Kind"),
            ["", *kinds],
            format_func=lambda k: warning_parts.kind_text(k) or say("all"),
            placeholder=say("all"),
            width=240,
            **state.remembered("warning.kind", "", allowed=["", *kinds], address="kind"),
        )
        table(twin, tuple(r for r in rows if kind in (None, "", r.device.kind)))
    _feeds()


def table(twin: Twin, rows: tuple[SensorRow, ...]) -> None:
    """Show sensors with their health; of a fault since when and why."""
    out = sum(r.state != GOOD for r in rows)
    st.markdown(
        say(
            "{n} sensors; {out} cannot be believed: what they measure is not known, and is never "
            "taken as safe.",
            n=number(len(rows)),
            out=number(out),
        )
    )
    lines = warning_cache.recent(tuple(r.device.id for r in rows[:MOST_LINES]))
    codes = twin.regions["code"].to_numpy()
    columns = {
        say("Sensor"): [r.device.id for r in rows],
        say("Kind"): [warning_parts.kind_text(r.device.kind) for r in rows],
        say("Township and village"): [
            warning_parts.place_text(twin, str(codes[r.device.region]))
            if r.device.region >= 0
            else ""
            for r in rows
        ],
        say("Sensor health"): [health_text(r) for r in rows],
        say("Warned"): [warning_map.state_text(r) for r in rows],
        say("Newest value"): [
            warning_parts.value_text(r.newest[1], r.device.unit) if r.newest else NO_FIGURE
            for r in rows
        ],
        say("Measured"): [warning_parts.time_text(r.newest[0] if r.newest else None) for r in rows],
        say("Last readings"): [list(lines.get(r.device.id, ())) for r in rows],
        say("Since"): [warning_parts.time_text(r.since) if r.since is not None else ""
                       for r in rows],
        say("Why"): [say(r.why.template, **r.why.values) if r.why else "" for r in rows],
    }  # fmt: skip
    st.dataframe(
        pa.table(columns),
        hide_index=True,
        height="content" if len(rows) <= 16 else _HEIGHT,
        column_config={
            say("Last readings"): st.column_config.LineChartColumn(width="medium"),
            say("Newest value"): st.column_config.TextColumn(alignment="right"),
            say("Kind"): st.column_config.TextColumn(width=160),
            say("Measured"): st.column_config.TextColumn(width=180),
            say("Since"): st.column_config.TextColumn(width=180),
            say("Why"): st.column_config.TextColumn(width="large"),
        },
        alt=say("Table of the sensors"),
    )


def health_text(row: SensorRow) -> str:
    """Return a sensor's health as shape and word."""
    if row.state == GOOD:
        return f"● {say('Good')}"
    return f"■ {say('Fault')}" if row.state == "fault" else f"○ {say('Not known')}"


def _feeds() -> None:
    """Show the live feeds: when each came last, and what it refused."""
    found = feeds.feeds_state(cache.visitor_class())
    st.subheader(say("Live feeds"), anchor=False)
    if not found:
        st.caption(say("No live feed is connected; the data come by loading files."))
        return
    warning_parts.table(
        {
            say("Feed"): [f.title for f in found],
            say("State"): [
                say("switched off") if f.disabled else say("silent") if f.stale else say("alive")
                for f in found
            ],
            say("Last delivery"): [warning_parts.written_text(f.last) for f in found],
            say("Rows in the last hour"): [number(f.n_hour) for f in found],
            say("Rows today"): [number(f.n_today) for f in found],
            say("Refused today"): [number(f.refused_today) for f in found],
        },
        right=(say("Rows in the last hour"), say("Rows today"), say("Refused today")),
    )
