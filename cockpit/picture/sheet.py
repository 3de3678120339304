"""A map on a slide or a sheet of paper: title, map, legend, and below where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from cockpit.look.tokens import Tokens
from cockpit.memo.drawing import wrapped
from cockpit.picture.drawing import (
    FACES,
    MarkShape,
    Picture,
    body,
    lines_over,
    mark_shape,
    patterns,
    wide,
)
from cockpit.picture.shapes import FINE

FORMATS: dict[str, tuple[float, float]] = {"slide": (1280.0, 720.0), "a4": (1123.0, 794.0)}
"""Width and height in units of 1/96 inch: 16:9, and A4 on its side."""

_EDGE = 32.0
_SIDE = 270.0  # of the legend
_LINE = 15.0  # of a line of the foot


@dataclass(frozen=True)
class Row:
    """One line of the legend: a class of regions, and how many there are."""

    colour: str  # "" with ``hatch`` "none"
    text: str
    n: str = ""  # as the reader reads it
    hatch: Literal["", "none", "unsure"] = ""  # lines across: no data; its own colour


@dataclass(frozen=True)
class Legend:
    """What the colours and marks mean."""

    title: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    marks: tuple[tuple[MarkShape, str, str], ...] = ()  # shape, colour, text


@dataclass(frozen=True, eq=False)
class Sheet:
    """All that stands on a sheet, in the reader's language."""

    title: str
    sentence: str  # what the map shows
    stamps: Sequence[str]  # "Sample county, invented": framed, at the top
    picture: Picture
    legend: Legend
    foot: Sequence[str]  # source, date, class, version, mark of the export


def sheet(made: Sheet, form: str = "slide") -> str:
    """
    Return a sheet as SVG; ``form`` is one of ``FORMATS``.

    The same sheet gives the same text. ``KeyError`` for another form.
    """
    width, height = FORMATS[form]
    tokens = made.picture.tokens
    foot = _foot(made, width, height)
    top = _EDGE + 62.0
    bottom = height - foot[1] - 8.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img" aria-label="{escape(made.sentence)}" '
        f'font-family="{FACES}" fill="{tokens.text}">',
        f"<title>{escape(made.title, quote=False)}</title>",
        patterns(tokens),
        f'<path fill="{tokens.ground}" d="M0 0h{width:g}v{height:g}H0z"/>',
        *_head(made, width),
        body(made.picture, _EDGE, top, width - 2 * _EDGE - _SIDE - 16, bottom - top),
        *_legend(made, width - _EDGE - _SIDE, top),
        foot[0],
        "</svg>",
    ]
    return "".join(parts)


def _head(made: Sheet, width: float) -> list[str]:
    tokens = made.picture.tokens
    x, parts = width - _EDGE, []
    for words in made.stamps:
        long = 12 * wide(words) + 16
        parts.append(
            f'<rect x="{x - long:.1f}" y="{_EDGE - 8:g}" width="{long:.1f}" height="24" rx="6" '
            f'fill="none" stroke="{tokens.quiet}"/>'
            f'<text x="{x - long / 2:.1f}" y="{_EDGE + 8.5:g}" font-size="12" '
            f'text-anchor="middle" fill="{tokens.quiet}">{_e(words)}</text>'
        )
        x -= long + 8
    # The face has one weight; a thin outline of its own colour makes the second.
    parts.append(
        f'<text x="{_EDGE:g}" y="{_EDGE + 14:g}" font-size="26" stroke="{tokens.text}" '
        f'stroke-width=".5">{_e(made.title)}</text>'
    )
    most = (width - 2 * _EDGE) / 14
    for k, line in enumerate(wrapped(made.sentence, int(most))[:2]):
        parts.append(
            f'<text x="{_EDGE:g}" y="{_EDGE + 38 + 19 * k:g}" font-size="14" '
            f'fill="{tokens.quiet}">{_e(line)}</text>'
        )
    return parts


def _legend(made: Sheet, left: float, top: float) -> list[str]:
    tokens, legend = made.picture.tokens, made.legend
    y, parts = top + 22.0, []
    for line in wrapped(legend.title, 16):
        parts.append(
            f'<text x="{left + 14:g}" y="{y:g}" font-size="15" stroke="{tokens.text}" '
            f'stroke-width=".3">{_e(line)}</text>'
        )
        y += 20
    y += 2
    for row in legend.rows:
        parts.append(_swatch(row, left + 14, y - 12, tokens))
        counted = f"{row.text} ({row.n})" if row.n else row.text
        for line in wrapped(counted, 15):
            parts.append(f'<text x="{left + 46:g}" y="{y + 1:g}" font-size="13">{_e(line)}</text>')
            y += 19
        y += 3
    for shape, colour, text in legend.marks:
        parts.append(mark_shape(shape, left + 26, y - 4, 6, colour, tokens.panel))
        parts.append(f'<text x="{left + 46:g}" y="{y + 1:g}" font-size="13">{_e(text)}</text>')
        y += 22
    for note in legend.notes:
        for line in wrapped(note, 19):
            parts.append(
                f'<text x="{left + 14:g}" y="{y + 2:g}" font-size="12" '
                f'fill="{tokens.quiet}">{_e(line)}</text>'
            )
            y += 17
    card = (
        f'<rect x="{left:g}" y="{top:g}" width="{_SIDE:g}" height="{y - top:g}" rx="8" '
        f'fill="{tokens.panel}" stroke="{tokens.line}"/>'
    )
    return [card, *parts]


def _swatch(row: Row, x: float, y: float, tokens: Tokens) -> str:
    # In the fine steps of the map, so that lines across are alike.
    place = (
        f'x="{x * FINE:g}" y="{y * FINE:g}" width="{24 * FINE}" height="{16 * FINE}" '
        f'rx="{2 * FINE}"'
    )
    colour = tokens.no_data if row.hatch == "none" else row.colour
    over = lines_over("" if row.hatch == "none" else row.colour) if row.hatch else ""
    lines = f'<rect {place} fill="{over}"/>' if over else ""
    return (
        f'<g transform="scale({1 / FINE:g})"><rect {place} fill="{colour}" '
        f'stroke="{tokens.quiet}" stroke-opacity=".5"/>{lines}</g>'
    )


def _foot(made: Sheet, width: float, height: float) -> tuple[str, float]:
    """Return the lines at the bottom, and how much room they take from the edge."""
    tokens = made.picture.tokens
    most = int((width - 2 * _EDGE) / 11.5)
    lines = [line for words in made.foot for line in wrapped(words, most)]
    room = _LINE * len(lines) + 30
    y = height - room + 22
    parts = [
        f'<path stroke="{tokens.line}" d="M{_EDGE:g} {height - room + 6:g}h{width - 2 * _EDGE:g}"/>'
    ]
    for k, line in enumerate(lines):
        parts.append(
            f'<text x="{_EDGE:g}" y="{y + _LINE * k:g}" font-size="11" '
            f'fill="{tokens.quiet}">{_e(line)}</text>'
        )
    return "".join(parts), room


def _e(text: str) -> str:
    return escape(text, quote=False)
