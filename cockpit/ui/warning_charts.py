"""Charts of Early warning as Plotly dictionaries: a rule on the past, counts and their band."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.alert_series import Unusual
from cockpit.answers.alert_trial import Drawn
from cockpit.risk.rules import LEVELS
from cockpit.ui import charts, theme
from cockpit.ui.theme import rgba
from cockpit.ui.words import language, say

CONFIG = {"displayModeBar": False, "responsive": True}
_LINE = 0.055  # of the chart's height: what a line of text takes
_BAND = 1.96  # deviations: what nineteen days in twenty come to


def css_colour(colour: str, alpha: float) -> str:
    """Return #RRGGBB with an opacity as Plotly takes it."""
    red, green, blue, _ = rgba(colour)
    return f"rgba({red},{green},{blue},{alpha:g})"


def trial(found: Drawn, unit: str) -> dict[str, Any]:
    """Return a sensor's or region's past with thresholds, would-be alarms and what then came."""
    tokens = theme.now()
    data: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "lines", "x": _texts(found.times),
            "y": np.round(found.values, 4).tolist(),
            "line": {"color": theme.series(tokens)[0], "width": 1.2},
            "hovertemplate": "%{x|%Y-%m-%d %H:%M}: %{y}<extra></extra>",
        }
    ]  # fmt: skip
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for level, threshold in enumerate(found.thresholds, start=1):
        if threshold is None:
            continue
        colour = theme.ALERT[LEVELS[level]]
        shapes.append({
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": threshold, "y1": threshold,
            "line": {"color": colour, "width": 1.5, "dash": "dot"},
        })  # fmt: skip
        if not _apart(threshold, [note["y"] for note in notes], found):
            continue
        notes.append({
            "xref": "paper", "x": 1, "xanchor": "left", "y": threshold, "showarrow": False,
            "text": f"{threshold:.4g}", "font": {"size": charts.FONT, "color": tokens.quiet},
        })  # fmt: skip
    shapes += _alarm_strips(found)
    shapes += _harm_strips(found, tokens)
    layout = charts.layout(360, right=64)
    layout |= {
        "xaxis": _time_axis(),
        "yaxis": {**charts.axis(), "title": {"text": unit, "font": {"color": tokens.quiet}}},
        "shapes": shapes,
        "annotations": notes,
    }
    return {"data": data, "layout": layout}


def _apart(threshold: float, told: list[float], found: Drawn) -> bool:
    """Tell whether a label fits beside those that are there; the line tells the rest."""
    values = found.values[np.isfinite(found.values)]
    used = [t for t in found.thresholds if t is not None]
    ends = [*values.min(initial=min(used)).ravel(), *values.max(initial=max(used)).ravel()]
    return all(abs(threshold - other) >= _LINE * (max(ends) - min(ends)) for other in told)


def _time_axis() -> dict[str, Any]:
    months = "%Y-%m" if language() == "zh" else "%b %Y"
    return {**charts.axis(), "type": "date", "tickformat": months}


def _texts(times: NDArray[np.datetime64]) -> list[str]:
    texts: list[str] = np.datetime_as_string(times, unit="s").tolist()
    return texts


def _alarm_strips(found: Drawn) -> list[dict[str, Any]]:
    """Return the would-be alarms as strips along the top, in the colour of each stretch."""
    strips = []
    edges = np.flatnonzero(np.diff(found.level, prepend=0))
    for k, first in enumerate(edges):
        level = int(found.level[first])
        if level == 0:
            continue
        last = int(edges[k + 1]) if k + 1 < len(edges) else len(found.times) - 1
        ends = found.times[np.array([int(first), last])]
        strips.append(_strip(ends, 0.95, 1.0, theme.ALERT[LEVELS[level]]))
    return strips


def _harm_strips(found: Drawn, tokens: theme.Tokens) -> list[dict[str, Any]]:
    if found.harm is None or not len(found.times):
        return []
    ends = np.where(np.isnat(found.harm.end), found.times[-1], found.harm.end)
    return [
        _strip(np.array([begin, end]), 0.9, 0.94, tokens.text)
        for begin, end in zip(found.harm.begin, ends, strict=True)
    ]


def _strip(ends: NDArray[np.datetime64], low: float, high: float, colour: str) -> dict[str, Any]:
    first, last = _texts(ends)
    return {
        "type": "rect", "xref": "x", "yref": "paper", "x0": first, "x1": last, "y0": low,
        "y1": high, "line": {"width": 1, "color": colour}, "fillcolor": colour,
    }  # fmt: skip


def day_counts(found: Unusual, k: int, levels: Sequence[int]) -> dict[str, Any]:
    """Return one region's counts by day, the band of what was to be expected, and the alarms."""
    tokens = theme.now()
    days = [str(day) for day in found.days]
    low = np.maximum(found.expected[:, k] - _BAND * found.sd[:, k], 0.0)
    high = found.expected[:, k] + _BAND * found.sd[:, k]
    counts = found.counts[:, k]
    band = css_colour(theme.series(tokens)[0], 0.22)
    data = [
        _edge(days, low, band, fill=False),
        _edge(days, high, band, fill=True),
        {
            "type": "scatter", "mode": "lines", "x": days, "y": _gaps(found.expected[:, k]),
            "line": {"color": theme.series(tokens)[0], "width": 1.5},
            "hoverinfo": "skip",
        },
        {
            "type": "bar", "x": days, "y": counts.tolist(),
            "marker": {"color": [_bar(level, tokens) for level in levels], "line": {"width": 0}},
            "hovertemplate": "%{x|%Y-%m-%d}: %{y}<extra></extra>",
        },
    ]  # fmt: skip
    layout = charts.layout(340)
    layout |= {
        "xaxis": _time_axis(),
        "yaxis": {
            **charts.axis(), "rangemode": "tozero",
            "title": {"text": say("events a day"), "font": {"color": tokens.quiet}},
        },
        "bargap": 0.1,
    }  # fmt: skip
    return {"data": data, "layout": layout}


def _bar(level: int, tokens: theme.Tokens) -> str:
    return theme.ALERT[LEVELS[level]] if level else tokens.quiet


def _edge(
    days: list[str], values: NDArray[np.float64], colour: str, *, fill: bool
) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "x": days, "y": _gaps(values), "hoverinfo": "skip",
        "line": {"width": 0, "shape": "hvh"}, "fillcolor": colour,
        "fill": "tonexty" if fill else "none",
    }  # fmt: skip


def _gaps(values: NDArray[np.float64]) -> list[float | None]:
    """Return values for JSON, which knows no NaN."""
    return [None if np.isnan(v) else round(float(v), 3) for v in values]
