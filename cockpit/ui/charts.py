"""What all charts have in common: ground, letters, quiet axes, nothing that is dragged."""

from __future__ import annotations

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
