"""Charts of the page Risk as plain Plotly dictionaries: direct labels, no template."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from cockpit.answers.risk_places import Floats
from cockpit.risk.backtest import Reliability
from cockpit.ui import charts, theme
from cockpit.ui.words import number, percent, say

CONFIG = {"displayModeBar": False, "responsive": True}


def show(figure: dict[str, Any], name: str, alt: str) -> None:
    """Show a chart that says in words what it shows."""
    st.markdown(f"**{alt}**")
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"risk.chart.{name}", alt=alt)


def weights(titles: Sequence[str], shares: Floats) -> dict[str, Any]:
    """Return the weight of each criterion as bars."""
    tokens = theme.now()
    most = float(shares.max(initial=0.01))
    layout = charts.layout(30 * len(titles) + 16)
    layout |= {
        "bargap": 0.35,
        "xaxis": {**charts.axis(), "visible": False, "range": [0, most * 1.3]},
        "yaxis": _names(titles),
    }
    bar = {
        "type": "bar",
        "orientation": "h",
        "x": [float(v) for v in shares],
        "y": list(range(len(titles))),
        "text": [percent(float(v), 1) for v in shares],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": tokens.accent},
        "hoverinfo": "skip",
    }
    return {"data": [bar], "layout": layout}


def ranks(names: Sequence[str], now: Floats, low: Floats, high: Floats) -> dict[str, Any]:
    """Return the rank of places as dots, and from where to where it moves as lines."""
    tokens = theme.now()
    y = list(range(len(names)))
    layout = charts.layout(24 * len(names) + 60)
    layout |= {
        "xaxis": {
            **charts.axis(),
            "title": _title(say("rank; 1 is the highest")),
            "rangemode": "tozero",
        },
        "yaxis": _names(names),
    }
    lines = [
        {
            "type": "scatter", "mode": "lines", "x": [float(a), float(b)], "y": [k, k],
            "line": {"color": tokens.quiet, "width": 5}, "hoverinfo": "skip",
        }
        for k, (a, b) in enumerate(zip(low, high, strict=True))
    ]  # fmt: skip
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": [float(v) for v in now],
        "y": y,
        "marker": {"color": tokens.accent, "size": 10},
        "text": [
            say("rank {n}, between {low} and {high}", n=number(float(n)), low=number(float(a)),
                high=number(float(b)))
            for n, a, b in zip(now, low, high, strict=True)
        ],
        "hoverinfo": "text",
    }  # fmt: skip
    return {"data": [*lines, dots], "layout": layout}


def reliability(found: Reliability) -> dict[str, Any]:
    """Return events that came, with their 90 % interval, beside what was expected, by bins."""
    tokens = theme.now()
    expected, observed = found.expected, found.observed.astype(float)
    bins = list(range(1, len(expected) + 1))
    most = 1.1 * float(max(expected.max(initial=1), found.upper.max(initial=1)))
    layout = charts.layout(300, right=110)
    layout |= {
        "xaxis": {
            **charts.axis(),
            "title": _title(say("squares from quiet to busy, in groups")),
            "tickvals": bins,
        },
        "yaxis": {**charts.axis(), "title": _title(say("events")), "range": [0, most]},
        "annotations": [
            _label(say("expected"), float(expected[-1]), tokens.quiet),
        ],
    }
    line = {
        "type": "scatter", "mode": "lines", "x": bins, "y": expected.tolist(),
        "line": {"color": tokens.quiet, "dash": "dot", "width": 2.5}, "hoverinfo": "skip",
    }  # fmt: skip
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": bins,
        "y": observed.tolist(),
        "error_y": {
            "type": "data", "symmetric": False, "color": tokens.accent, "thickness": 1.5,
            "array": np.maximum(found.upper - observed, 0).tolist(),
            "arrayminus": np.maximum(observed - found.lower, 0).tolist(),
        },
        "marker": {"color": tokens.accent, "size": 10},
        "hoverinfo": "y",
    }  # fmt: skip
    return {"data": [line, dots], "layout": layout}


def _label(text: str, y: float, colour: str) -> dict[str, Any]:
    return {
        "xref": "paper", "x": 1.01, "y": y, "xanchor": "left", "showarrow": False, "text": text,
        "font": {"color": colour, "size": charts.FONT},
    }  # fmt: skip


def _names(names: Sequence[str]) -> dict[str, Any]:
    return {
        **charts.axis(),
        "autorange": "reversed",
        "tickvals": list(range(len(names))),
        "ticktext": [escape(name) for name in names],  # Plotly reads tags
        "ticklabelstandoff": 8,
    }


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "font": {"size": charts.FONT, "color": theme.now().quiet}, "standoff": 6}
