"""Small parts that the panels of the page Coverage share: tables, charts, notes, figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import streamlit as st

from cockpit.ui import coverage_charts
from cockpit.ui.coverage_choices import Choice
from cockpit.ui.way import plain
from cockpit.ui.words import language, number, say

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


def small(value: float) -> str:
    """Return a score with three digits that count."""
    if not math.isfinite(value) or value == 0:
        return number(value)
    return number(value, max(0, 2 - math.floor(math.log10(abs(value)))))


def in_sentence(title: str) -> str:
    """Return a title as it stands inside a sentence: English ones begin small there."""
    return title[:1].lower() + title[1:] if title[1:2].islower() or title[1:2] == "-" else title


def bracket(text: str) -> str:
    """Return a text in the brackets of the visitor's language."""
    return f"（{text}）" if language() == "zh" else f" ({text})"


def counts(values: Any) -> list[str]:
    """Return persons as text; a count too small to be shown says so."""
    return [say("few") if math.isnan(v) else number(v) for v in values]


def table(
    columns: Mapping[str, Sequence[Any]],
    *,
    words: Sequence[str],
    alt: str,
    most_rows: int = 12,
    **more: Any,
) -> None:
    """Show a table whose figures stand at the right; more than ``most_rows`` rows scroll."""
    n_rows = len(next(iter(columns.values())))
    st.dataframe(
        pa.table({name: list(values) for name, values in columns.items()}),
        hide_index=True,
        height="content" if n_rows <= most_rows else 36 * most_rows + 38,
        column_config={
            name: st.column_config.TextColumn(alignment="right")
            for name in columns
            if name not in words
        },
        alt=alt,
        **more,
    )


def words_table(columns: Mapping[str, Sequence[str]], *, words: Sequence[str]) -> None:
    """Show a short table whose texts may run over several lines; figures stand at the right."""
    side = ["" if name in words else ' class="n"' for name in columns]
    head = "".join(
        f'<th class="ct-quiet{"" if name in words else " n"}">{escape(name)}</th>'
        for name in columns
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{s}>{escape(t)}</td>" for s, t in zip(side, row, strict=True))
        + "</tr>"
        for row in zip(*columns.values(), strict=True)
    )
    st.html(
        f'<div class="ct-scroll"><table class="ct-table ct-small"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


_PER_PERSON = "units of supply per person"


def score_text(value: float, unit: str) -> str:
    """Return a score as people read it: what is there for each person as for 1,000 of them."""
    return small(1000 * value if unit == _PER_PERSON else value)


def score_unit(unit: str) -> str:
    """Return the unit of ``score_text``."""
    return say("units of supply per 1,000 people") if unit == _PER_PERSON else say(unit)


def chart(figure: dict[str, Any], name: str, alt: str) -> None:
    """Show a chart that says in words what it shows."""
    st.plotly_chart(
        figure, theme=None, config=coverage_charts.CONFIG, key=f"coverage.chart.{name}", alt=alt
    )


def notes(several: Iterable[Note], *, but: Iterable[Note] = ()) -> None:
    """Show what was assumed, each note once, but for those that stand elsewhere already."""
    known = list(but)
    texts = dict.fromkeys(
        say(note.template, **{k: say(v) if isinstance(v, str) else number(v) if isinstance(v, int)
            else v for k, v in note.in_language(language()).items()})
        for note in several
        if note not in known
    )  # fmt: skip
    for text in texts:
        st.caption(f":material/info: {plain(text)}")
