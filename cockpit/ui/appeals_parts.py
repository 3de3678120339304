"""Small parts of the page Appeals: tiles, charts, days, lists of appeals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from cockpit.answers.appeals_lists import Line
from cockpit.answers.twin import Twin
from cockpit.appeals.urgency import TITLES_OF
from cockpit.ui import appeals_charts, cache
from cockpit.ui.appeals_choices import topic_title
from cockpit.ui.words import NO_FIGURE, date, department_of, language, percent, say


def day(time: np.datetime64) -> str:
    """Return the day of a time in the visitor's habit."""
    if np.isnat(time):
        return NO_FIGURE
    return date(dt.date.fromisoformat(str(time.astype("datetime64[D]"))))


def minute(time: np.datetime64) -> str:
    """Return a time to the minute, as it sorts."""
    return str(time.astype("datetime64[m]")).replace("T", " ")


def tile(name: str, title: str, value: str, unit: str, note: str) -> str:
    """Return one tile with its figure."""
    unit = "" if value == NO_FIGURE else unit
    return (
        f'<div class="ct-tile" data-figure="{name}" title="{escape(value)}">'
        f'<div class="ct-quiet ct-small">{escape(title)}</div>'
        f'<div class="ct-value">{escape(value)} <span class="ct-unit">{escape(unit)}</span></div>'
        f'<div class="ct-quiet ct-small">{escape(note)}</div></div>'
    )


def chart(figure: dict[str, Any], name: str, alt: str) -> None:
    """Show a chart that says in words what it shows."""
    st.plotly_chart(
        figure, theme=None, config=appeals_charts.CONFIG, key=f"appeals.chart.{name}", alt=alt
    )


def region_name(twin: Twin, row: int) -> str:
    """Return the village (or what is known) of an appeal with its township before it."""
    if row < 0:
        return say("place unknown")
    names = cache.names(twin.version, language())
    way = [r for r in twin.ancestors(row)[1:] if twin.regions["level"].iat[r] != "grid"]
    return " ".join(names[r] for r in way) or names[row]


def signs(line: Line) -> str:
    """Return the signs of urgency with the words that were found."""
    gap, mark = ("：", "；") if language() == "zh" else (": ", "; ")
    return mark.join(f"{say(TITLES_OF[s.sign])}{gap}{s.words}" for s in line.signs)


def suggestion(line: Line) -> str:
    """Return what the model suggests and how sure it is."""
    if not line.suggested:
        return say("nothing")
    name = topic_title(line.suggested)
    if np.isnan(line.confidence):
        return say("{topic} (by keywords)", topic=name)
    return f"{name} {percent(line.confidence)}"


def appeals_table(
    twin: Twin, lines: Sequence[Line], *, alt: str, key: str, extra: str = ""
) -> None:
    """
    Show appeals one a row, the newest words wide; ``extra`` is "signs" or "model" or nothing.

    The texts are what ``Appeals.said`` gave: masked for those who may not read them.
    """
    columns: dict[str, list[str]] = {
        say("Time"): [minute(line.time) for line in lines],
        say("Topic"): [topic_title(line.topic) if line.stated else NO_FIGURE for line in lines],
    }
    if extra == "signs":
        columns[say("Still open")] = [
            say("not yet closed" if line.open else "closed by its office") for line in lines
        ]
        columns[say("Signs")] = [signs(line) for line in lines]
    columns[say("Text")] = [line.text for line in lines]
    columns[say("Where")] = [region_name(twin, line.region) for line in lines]
    if extra == "model":
        columns[say("Suggested")] = [suggestion(line) for line in lines]
    columns[say("Usual department")] = [department_of(line.department) for line in lines]
    if not extra:
        columns[say("Channel")] = [department_of(line.channel) for line in lines]
        columns[say("Said")] = [
            say("{n} times", n=line.repeats) if line.repeats > 1 else say("once") for line in lines
        ]
    columns[say("Number")] = [line.id for line in lines]
    st.dataframe(
        columns,
        hide_index=True,
        height="content" if len(lines) <= 12 else 470,
        column_config={
            say("Time"): st.column_config.TextColumn(width=130),
            say("Text"): st.column_config.TextColumn(width="large"),
        },
        alt=alt,
        key=key,
    )
