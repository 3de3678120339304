"""Small parts that the panels of the page Coverage share: tables, charts, notes, figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import streamlit as st

from cockpit.ui import coverage_charts
from cockpit.ui.coverage_choices import Choice
from cockpit.ui.way import plain
from cockpit.ui.words import number, say

if TYPE_CHECKING:
    from cockpit.answers.reach import Note


def limit_text(choice: Choice) -> str:
    """Return the limit without needless decimals."""
    return plain_number(choice.asked.minutes)


def plain_number(value: float) -> str:
    """Return a figure without needless decimals: 15, 7.5."""
    return number(value, 0 if value == round(value) else 1)


def minutes_text(minutes: float) -> str:
    """Return minutes with one decimal; ∞ where there is no way."""
    return "∞" if math.isinf(minutes) else number(minutes, 1)


def minutes_words(minutes: float) -> str:
    """Return minutes in words, for a sentence."""
    if math.isinf(minutes):
        return say("no way there")
    return say("{n} minutes", n=number(minutes, 1))


def counts(values: Any) -> list[str]:
    """Return persons as text; a count too small to be shown says so."""
    return [say("few") if math.isnan(v) else number(v) for v in values]


def table(
    columns: Mapping[str, Sequence[Any]], *, words: Sequence[str], alt: str, **more: Any
) -> None:
    """Show a table whose figures stand at the right."""
    n_rows = len(next(iter(columns.values())))
    st.dataframe(
        pa.table({name: list(values) for name, values in columns.items()}),
        hide_index=True,
        height=36 * min(n_rows, 12) + 38,
        column_config={
            name: st.column_config.TextColumn(alignment="right")
            for name in columns
            if name not in words
        },
        alt=alt,
        **more,
    )


def chart(figure: dict[str, Any], name: str, alt: str) -> None:
    """Show a chart that says in words what it shows."""
    st.plotly_chart(
        figure, theme=None, config=coverage_charts.CONFIG, key=f"coverage.chart.{name}", alt=alt
    )


def notes(*several: Iterable[Note]) -> None:
    """Show what was assumed, each note once."""
    texts = dict.fromkeys(
        say(note.template, **{k: say(v) if isinstance(v, str) else number(v) if isinstance(v, int)
            else v for k, v in note.values.items()})
        for group in several
        for note in group
    )  # fmt: skip
    for text in texts:
        st.caption(f":material/info: {plain(text)}")
