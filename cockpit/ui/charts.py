"""Charts in the visitor's theme; what they have in common stands in ``cockpit.look.charts``."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from cockpit.look import charts
from cockpit.look.charts import FONT
from cockpit.ui import theme

__all__ = ["FONT", "axis", "bars", "layout"]


def layout(height: int, *, right: int = 28) -> dict[str, Any]:
    """Return the layout of a chart in the visitor's theme; see ``look.charts.layout``."""
    return charts.layout(theme.now(), height, right=right)


def axis() -> dict[str, Any]:
    """Return an axis in the visitor's theme; see ``look.charts.axis``."""
    return charts.axis(theme.now())


def bars(
    labels: Sequence[str], values: Sequence[int], texts: Sequence[str], *, each: int = 34
) -> dict[str, Any]:
    """
    Return horizontal bars, the first on top, their values written at the end.

    ``each`` is the height of a bar with its gap, in pixels.
    """
    tokens = theme.now()
    made = layout(each * len(labels) + 16)
    made |= {
        "bargap": 0.3,
        # Room for the text behind the longest bar.
        "xaxis": {**axis(), "visible": False, "range": [0, max(*values, 1) * 1.5]},
        "yaxis": {**axis(), "type": "category", "autorange": "reversed", "ticklabelstandoff": 8},
    }
    bar = {
        "type": "bar",
        "orientation": "h",
        "x": list(values),
        "y": [escape(label) for label in labels],  # Plotly reads tags; names come from files
        "text": [escape(text) for text in texts],
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "skip",
        "marker": {"color": theme.series(tokens)[0]},
        "textfont": {"color": tokens.text, "size": FONT},
    }
    return {"data": [bar], "layout": made}
