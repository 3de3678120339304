"""Charts of the page Appeals as plain Plotly dictionaries: direct labels, no template."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.appeals_lists import Weeks
from cockpit.appeals.rising import Rising, Topic
from cockpit.ui import charts, theme
from cockpit.ui.words import number, say

CONFIG = {"displayModeBar": False, "responsive": True}
"""Charts are read, not worked with: no tool bar."""
_SPARK_WEEKS = 26
_MOST_ROOM = 300


def weeks(found: Weeks, names: Sequence[str]) -> dict[str, Any]:
    """Return one line a topic over the weeks, its name at its end, and the rest in grey."""
    tokens = theme.now()
    colours = [*theme.series(tokens)[: len(names)], tokens.quiet, tokens.text]
    days = [str(day) for day in found.starts]
    several = [*found.counts, found.others] if found.others.any() else list(found.counts)
    labels = [*names, say("all others")][: len(several)]
    if not found.others.any():
        colours.pop(len(names))
    if len(several) > 1:
        several.append(found.total)
        labels.append(say("all appeals"))
    top = max(float(max(line.max() for line in several)), 1.0)
    ends = _apart([float(line[-1]) for line in several], gap=top / 13)
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": days,
            "y": line.tolist(),
            "line": {
                "color": colour,
                "width": 1.2 if colour == tokens.quiet else 2,
                "dash": "dot" if colour == tokens.quiet else "solid",
            },
            "hovertemplate": f"{escape(label)}<br>%{{x}}: %{{y}}<extra></extra>",
        }
        for line, colour, label in zip(several, colours, labels, strict=False)
    ]
    layout = charts.layout(400, right=_room(labels))
    layout |= {
        "xaxis": {
            **charts.axis(),
            "type": "date",
            "tickformat": "%Y-%m" if len(days) > 26 else "%m-%d",
            "nticks": 7,
            "ticklabelstandoff": 10,  # the first date is not to lie on the 0 of the other axis
            "range": [days[0], days[-1]],  # the names at the lines' ends would widen it
        },
        "yaxis": {
            **charts.axis(),
            "ticklabelstandoff": 6,
            "rangemode": "tozero",
            "range": [0, top * 1.08],
            "title": {"text": say("appeals a week"), "font": {"size": charts.FONT}},
        },
        "annotations": [
            _label(days[-1], end, label, colour)
            for end, label, colour in zip(ends, labels, colours, strict=False)
        ],
    }
    return {"data": data, "layout": layout}


def spark(topic: Topic, found: Rising) -> dict[str, Any]:
    """Return the weeks of one rising phrase as bars, those that are compared in the accent."""
    tokens = theme.now()
    n = min(len(topic.weekly), _SPARK_WEEKS)
    values: NDArray[np.int64] = topic.weekly[-n:]
    days = [str(day) for day in found.weeks[-n:]]
    recent = found.weeks[-n:] >= found.since.astype("datetime64[D]")
    layout = charts.layout(96, right=44)
    layout |= {
        "bargap": 0.2,
        "xaxis": {**charts.axis(), "type": "date", "tickformat": "%m-%d", "nticks": 5},
        "yaxis": {**charts.axis(), "visible": False, "range": [0, max(int(values.max()), 1) * 1.3]},
    }
    bar = {
        "type": "bar",
        "x": days,
        "y": values.tolist(),
        "marker": {"color": [tokens.accent if r else tokens.no_data for r in recent]},
        "text": ["" if k < n - 1 else number(int(v)) for k, v in enumerate(values)],
        "textposition": "outside",
        "constraintext": "none",  # else a narrow bar shrinks its figure to half
        "textangle": 0,
        "cliponaxis": False,
        "textfont": {"color": tokens.text, "size": charts.FONT},
        "hovertemplate": "%{x}: %{y}<extra></extra>",
    }
    return {"data": [bar], "layout": layout}


def reliability(rows: Sequence[tuple[float, float, int]]) -> dict[str, Any]:
    """Return how often the model was right against its confidence, and the line of both alike."""
    tokens = theme.now()
    layout = charts.layout(260)
    axis = {**charts.axis(), "range": [0, 1.04], "tickformat": ".0%", "nticks": 6}
    layout |= {
        "xaxis": {**axis, "title": {"text": say("confidence"), "font": {"size": charts.FONT}}},
        "yaxis": {**axis, "title": {"text": say("was right"), "font": {"size": charts.FONT}}},
    }
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "line": {"color": tokens.quiet, "width": 1, "dash": "dot"},
        "hoverinfo": "skip",
    }
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": [round(row[0], 3) for row in rows],
        "y": [round(row[1], 3) for row in rows],
        "customdata": [row[2] for row in rows],
        "marker": {"color": theme.series(tokens)[0], "size": 10},
        "cliponaxis": False,
        "hovertemplate": "%{x:.0%} → %{y:.0%} (%{customdata})<extra></extra>",
    }
    return {"data": [line, dots], "layout": layout}


def _label(x: str, y: float, text: str, colour: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": y,
        "text": escape(text),
        "xanchor": "left",
        "xshift": 8,
        "showarrow": False,
        "font": {"color": colour, "size": charts.FONT},
    }


def _room(labels: Sequence[str]) -> int:
    """Return the pixels to the right of the lines that the longest name needs."""
    widths = (sum(14 if ord(sign) > 0x2E7F else 7.6 for sign in label) for label in labels)
    return min(20 + round(max(widths, default=0)), _MOST_ROOM)


def _apart(heights: Sequence[float], gap: float) -> list[float]:
    """Return where labels go so that none covers another or the axis, in the same order."""
    places = list(heights)
    below = -gap / 2
    for k in np.argsort(heights, kind="stable").tolist():  # from below: the axis does not give way
        below = max(heights[k], below + gap)
        places[k] = below
    return places
