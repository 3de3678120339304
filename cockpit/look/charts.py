"""What all charts have in common: ground, letters, quiet axes, nothing that is dragged."""

from __future__ import annotations

from typing import Any

from cockpit.look.tokens import FONT_STACK, SPACE, Tokens

FONT = 14
"""Pixels: axis labels and what stands at the bars."""


def layout(tokens: Tokens, height: int, *, right: int = 28) -> dict[str, Any]:
    """
    Return the Plotly layout of a chart of some height in pixels; ``right`` is room for labels.

    It is the template too: Plotly's own would add 7 kB to every rerun.
    """
    return {
        "template": {},
        "height": height,
        "margin": {"l": SPACE, "r": right, "t": SPACE, "b": SPACE},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "font": {"family": FONT_STACK, "size": FONT, "color": tokens.text},
        "hoverlabel": {"bgcolor": tokens.panel, "font": {"color": tokens.text, "size": FONT}},
    }


def axis(tokens: Tokens) -> dict[str, Any]:
    """Return an axis without grid, in quiet letters."""
    return {
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
        "color": tokens.quiet,
        "tickfont": {"size": FONT, "color": tokens.quiet},
    }
