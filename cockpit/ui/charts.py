"""What all charts have in common: ground, letters, quiet axes, nothing that is dragged."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from cockpit.ui import theme

FONT = 14


def layout(height: int, *, right: int = 28) -> dict[str, Any]:
    """Return the layout of a chart of some height in pixels; ``right`` is room for labels."""
    tokens = theme.now()
    return {
        "template": {},  # Plotly's own would add 7 kB to every rerun
        "height": height,
        "margin": {"l": 8, "r": right, "t": 8, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "font": {"family": theme.FONT_STACK, "size": FONT, "color": tokens.text},
        "hoverlabel": {"bgcolor": tokens.panel, "font": {"color": tokens.text, "size": FONT}},
    }


def axis() -> dict[str, Any]:
    """Return an axis without grid, in quiet letters."""
    tokens = theme.now()
    return {
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
        "color": tokens.quiet,
        "tickfont": {"size": FONT, "color": tokens.quiet},
    }


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
