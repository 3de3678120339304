"""Charts of the page Population as plain Plotly dictionaries: no template, direct labels."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.population import BANDS, AgeSex
from cockpit.ui import charts, theme
from cockpit.ui.words import number, say, signed

CONFIG = {"displayModeBar": False, "responsive": True}
"""Charts are read, not worked with: no tool bar."""

_LABELS = [band.replace("-", "–") for band in BANDS]


def pyramid(people: AgeSex, against: AgeSex | None) -> dict[str, Any]:
    """Return a pyramid in persons, or in shares with the outline of another unit."""
    shares = against is not None
    men, women = _sides(people, shares=shares)
    lines: list[NDArray[np.float64]] = []
    if against is not None:
        lines = list(_sides(against, shares=True))
    top = _nice(max(float(side.max()) for side in (men, women, *lines)))
    data = [*_bars(men, women, shares=shares)]
    for side, sign in zip(lines, (-1, 1), strict=False):
        data.append(_outline(sign * side))
    unit = "% of everybody of known age" if shares else "persons"
    layout = charts.layout(520)
    layout |= {
        "barmode": "overlay",
        "bargap": 0.12,
        "xaxis": {
            **charts.axis(),
            **_mirrored(top),
            "title": {"text": say(unit), "font": {"size": charts.FONT}},
        },
        "yaxis": {**charts.axis(), "type": "category", "ticklabelstandoff": 8},
        "annotations": [
            _note(0.02, say("Men"), theme.series(theme.now())[0], "left"),
            _note(0.98, say("Women"), theme.series(theme.now())[1], "right"),
        ],
    }
    return {"data": data, "layout": layout}


def small_pyramid(people: AgeSex, top: float) -> dict[str, Any]:
    """Return a pyramid in shares on a given scale, small enough to stand beside others."""
    men, women = _sides(people, shares=True)
    layout = charts.layout(320)
    layout |= {
        "barmode": "overlay",
        "bargap": 0.12,
        "xaxis": {**charts.axis(), **_mirrored(top), "ticksuffix": ""},
        "yaxis": {
            **charts.axis(),
            "type": "category",
            "tickvals": _LABELS[::4],
            "ticklabelstandoff": 6,
        },
        "annotations": [
            _note(0.02, say("Men"), theme.series(theme.now())[0], "left"),
            _note(0.98, say("Women"), theme.series(theme.now())[1], "right"),
        ],
    }
    return {"data": _bars(men, women, shares=True), "layout": layout}


def common_top(several: list[AgeSex]) -> float:
    """Return the end of a scale that fits the shares of all of them."""
    drawn = [p for p in several if p.has_pyramid]
    return _nice(
        max((float(max(s.max() for s in _sides(p, shares=True))) for p in drawn), default=1)
    )


def changes(labels: list[str], persons: list[int]) -> dict[str, Any]:
    """Return bars from zero, blue for fewer and orange for more, values written at their ends."""
    tokens = theme.now()
    labels = [escape(label) for label in labels]  # Plotly reads tags; names come from files
    less, more = theme.ramp("change", 7, tokens)[0], theme.ramp("change", 7, tokens)[-1]
    most = max((abs(p) for p in persons), default=1) or 1
    layout = charts.layout(max(28 * len(labels), 120) + 40)
    layout |= {
        "bargap": 0.25,
        "xaxis": {
            **charts.axis(),
            "range": [-1.3 * most, 1.3 * most],
            "showticklabels": False,
            "zeroline": True,
            "zerolinecolor": tokens.quiet,
            "title": {"text": say("persons more or fewer"), "font": {"size": charts.FONT}},
        },
        "yaxis": {**charts.axis(), "type": "category", "dtick": 1, "ticklabelstandoff": 8},
    }
    bar = {
        "type": "bar",
        "orientation": "h",
        "x": persons,
        "y": labels,
        "text": [signed(p) for p in persons],
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "skip",
        "marker": {"color": [less if p < 0 else more for p in persons]},
        "textfont": {"color": tokens.text, "size": 13},
    }
    return {"data": [bar], "layout": layout}


def _sides(people: AgeSex, *, shares: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    total = max(int(people.ages.sum()), 1) if shares else 1
    scale = 100 if shares else 1
    men, women = scale * people.male / total, scale * people.female / total
    return np.asarray(men, dtype=float), np.asarray(women, dtype=float)


def _bars(
    men: NDArray[np.float64], women: NDArray[np.float64], *, shares: bool
) -> list[dict[str, Any]]:
    colours = theme.series(theme.now())
    return [
        {
            "type": "bar",
            "orientation": "h",
            "x": (sign * side).round(3).tolist(),
            "y": _LABELS,
            "customdata": [number(v, 2) + "%" if shares else number(v) for v in side],
            "hovertemplate": f"{name} %{{y}}: %{{customdata}}<extra></extra>",
            "marker": {"color": colour},
        }
        for side, sign, name, colour in (
            (men, -1, say("Men"), colours[0]),
            (women, 1, say("Women"), colours[1]),
        )
    ]


def _outline(values: NDArray[np.float64]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": values.round(3).tolist(),
        "y": _LABELS,
        "line": {"shape": "vhv", "color": theme.now().text, "width": 2},
        "hoverinfo": "skip",
    }


def _mirrored(top: float) -> dict[str, Any]:
    """Return ticks that count up in both directions from the middle."""
    ticks = [top * k / 2 for k in range(-2, 3)]
    decimals = 0 if top / 2 == round(top / 2) else 1
    return {
        "range": [-1.02 * top, 1.02 * top],
        "tickvals": ticks,
        "ticktext": [number(abs(t), decimals if t else 0) for t in ticks],
    }


def _nice(value: float) -> float:
    """Return the next end of a scale whose half reads well, too."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        step * power for step in (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10) if value <= step * power
    )


def _note(x: float, text: str, colour: str, side: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": 0.98,
        "xref": "paper",
        "yref": "paper",
        "xanchor": side,
        "yanchor": "top",
        "text": f"<b>{text}</b>",
        "showarrow": False,
        "font": {"color": colour, "size": 15},
    }
