"""Charts of the page Coverage as plain Plotly dictionaries: direct labels, no template."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.coverage import Curve, Equity, Sensitivity, TownshipRow, Within
from cockpit.indicators import MEASURES
from cockpit.ui import charts, theme
from cockpit.ui.words import number, percent, say

CONFIG = {"displayModeBar": False, "responsive": True}
"""Charts are read, not worked with: no tool bar."""


def curve(found: Curve, limit: float) -> dict[str, Any]:
    """Return the share of each group of people against minutes, with the limit as a line."""
    colours = theme.series(theme.now())
    data, notes = [], []
    ends = _apart([_last(share) for share in found.shares_by_group.values()], gap=6.5)
    for k, (group, share) in enumerate(found.shares_by_group.items()):
        colour = colours[k % len(colours)]
        data.append(_line(found.minutes, 100 * share, colour, 3 if k == 0 else 1.6))
        name = say(MEASURES[group].title)
        notes.append(_label(float(found.minutes[-1]), ends[k], name, colour))
    layout = charts.layout(420, right=190)
    layout |= {
        "xaxis": {
            **charts.axis(),
            "title": _title(say("minutes to the nearest")),
            "range": [0, 60],
        },
        "yaxis": {**charts.axis(), "title": _title(say("% of the people")), "range": [0, 102]},
        "annotations": [*notes, *_limit_note(limit)],
        "shapes": _limit_line(limit),
    }
    return {"data": data, "layout": layout}


def _last(share: NDArray[np.float64]) -> float:
    return 100 * float(np.nan_to_num(share[-1]))


def _apart(heights: Sequence[float], gap: float) -> list[float]:
    """Return where labels go so that none covers another, in the same order."""
    order = np.argsort(heights)[::-1]
    places = [0.0] * len(heights)
    above = math.inf
    for k in order:
        above = min(heights[k], above - gap)
        places[k] = above
    return places


def within_bars(found: Within) -> dict[str, Any]:
    """Return the share of the first group within each limit, the figures at the bars' ends."""
    tokens = theme.now()
    shares = [float(100 * s) for s in found.shares[0]]
    labels = [say("within {n} minutes", n=f"{m:g}") for m in found.limits]
    texts = [
        say("{share} · {n} persons", share=percent(s / 100, 1), n=number(float(p)))
        for s, p in zip(shares, found.people[0], strict=True)
    ]
    return _bars(labels, shares, texts, [theme.series(tokens)[0]] * len(labels), top=100)


def cause_bars(
    titles: Sequence[str], people: Sequence[float], colours: Sequence[str], total: float
) -> dict[str, Any]:
    """Return the people of each cause, in the colours of the map."""
    texts = [
        say("{share} · {n} persons", share=percent(p / total if total else math.nan, 1),
            n=number(p))
        for p in people
    ]  # fmt: skip
    return _bars(titles, people, texts, colours)


def leg_bars(titles: Sequence[str], minutes: Sequence[float]) -> dict[str, Any]:
    """Return the mean minutes of each step of the chain."""
    texts = [say("{n} minutes", n=number(m, 1)) for m in minutes]
    shown = [m if math.isfinite(m) else 0.0 for m in minutes]
    return _bars(titles, shown, texts, [theme.series(theme.now())[0]] * len(shown))


def township_bars(rows: Sequence[TownshipRow], names: Sequence[str]) -> dict[str, Any]:
    """Return the covered share of each township, least first."""
    shares = [100 * r.share for r in rows]
    texts = [percent(r.share, 1) for r in rows]
    return _bars(names, shares, texts, [theme.COVERED] * len(rows), top=100, row=26)


def lorenz(found: Equity) -> dict[str, Any]:
    """Return the Lorenz curve of access beside the line of equal access."""
    tokens = theme.now()
    colour = theme.series(tokens)[0]
    layout = charts.layout(360)
    layout |= {
        "xaxis": {
            **charts.axis(),
            "title": _title(say("% of the people, least access first")),
            "range": [0, 100],
        },
        "yaxis": {**charts.axis(), "title": _title(say("% of all access")), "range": [0, 100]},
        "annotations": [
            _label(52, 60, say("all alike"), tokens.quiet, side="right"),
            _label(
                72,
                float(np.interp(0.7, found.lorenz_x, found.lorenz_y)) * 100 - 6,
                say("here"),
                colour,
            ),
        ],
    }
    equal = _line(np.array([0.0, 100.0]), np.array([0.0, 100.0]), tokens.quiet, 1.5)
    data = [equal, _line(100 * found.lorenz_x, 100 * found.lorenz_y, colour, 3)]
    return {"data": data, "layout": layout}


def sensitivity(found: Sensitivity, limit: float) -> dict[str, Any]:
    """Return the covered share against the limit, and the band of slower and faster travel."""
    tokens = theme.now()
    colour = theme.series(tokens)[0]
    slow, fast = found.speeds
    band = {
        "type": "scatter",
        "mode": "lines",
        "x": [*found.thresholds.tolist(), *found.thresholds.tolist()[::-1]],
        "y": [*(100 * found.fast).tolist(), *(100 * found.slow).tolist()[::-1]],
        "fill": "toself",
        "fillcolor": f"rgba({','.join(map(str, theme.rgba(colour)[:3]))},0.2)",
        "line": {"width": 0},
        "hoverinfo": "skip",
    }
    last = float(found.thresholds[-1])
    ends = _apart([_last(found.fast), _last(found.base), _last(found.slow)], gap=6)
    titles = (
        say("{n}% faster", n=number(100 * (fast - 1))),
        say("as assumed"),
        say("{n}% slower", n=number(100 * (1 - slow))),
    )
    layout = charts.layout(400, right=130)
    layout |= {
        "xaxis": {**charts.axis(), "title": _title(say("limit in minutes")), "range": [0, last]},
        "yaxis": {**charts.axis(), "title": _title(say("% of the people")), "range": [0, 102]},
        "annotations": [
            *(
                _label(last, y, text, colour if k == 1 else tokens.quiet)
                for k, (y, text) in enumerate(zip(ends, titles, strict=True))
            ),
            *_limit_note(limit),
        ],
        "shapes": _limit_line(limit),
    }
    return {
        "data": [band, _line(found.thresholds, 100 * found.base, colour, 3)],
        "layout": layout,
    }


# ---------------------------------------------------------------- parts


def _bars(
    labels: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    colours: Sequence[str],
    *,
    top: float = 0.0,
    row: int = 40,
) -> dict[str, Any]:
    tokens = theme.now()
    most = top or max([float(v) for v in values if math.isfinite(v)], default=1.0) or 1.0
    layout = charts.layout(row * len(labels) + 16)
    layout |= {
        "bargap": 0.3,
        # Room for the text behind the longest bar.
        "xaxis": {**charts.axis(), "visible": False, "range": [0, most * 1.5]},
        "yaxis": {
            **charts.axis(),
            "autorange": "reversed",
            "tickvals": list(range(len(labels))),
            "ticktext": [escape(label) for label in labels],  # Plotly reads tags
            "ticklabelstandoff": 8,
        },
    }
    bar = {
        "type": "bar",
        "orientation": "h",
        "x": [float(v) if math.isfinite(v) else 0.0 for v in values],
        "y": list(range(len(labels))),
        "text": list(texts),
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "skip",
        "marker": {"color": list(colours)},
        "textfont": {"color": tokens.text, "size": charts.FONT},
    }
    return {"data": [bar], "layout": layout}


def _line(
    x: NDArray[np.float64], y: NDArray[np.float64], colour: str, width: float
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.round(x, 3).tolist(),
        "y": [None if math.isnan(v) else round(float(v), 2) for v in y],
        "line": {"color": colour, "width": width},
        "hovertemplate": "%{x:.0f} · %{y:.1f}%<extra></extra>",
    }


def _limit_line(limit: float) -> list[dict[str, Any]]:
    return [
        {
            "type": "line",
            "x0": limit,
            "x1": limit,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "line": {"color": theme.now().mark, "width": 2, "dash": "dot"},
        }
    ]


def _limit_note(limit: float) -> list[dict[str, Any]]:
    text = say("limit {n} minutes", n=f"{limit:g}")
    note = _label(limit, 3, text, theme.now().mark)
    return [note]


def _label(x: float, y: float, text: str, colour: str, *, side: str = "left") -> dict[str, Any]:
    return {
        "x": x,
        "y": y,
        "xanchor": side,
        "yanchor": "middle",
        "xshift": 8 if side == "left" else -8,
        "text": escape(text),
        "showarrow": False,
        "font": {"color": colour, "size": charts.FONT},
    }


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "font": {"size": charts.FONT}}
