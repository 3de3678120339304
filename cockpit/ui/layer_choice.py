"""Which quiet layers lie over a page's own map: borders' names, rivers, roads."""

from __future__ import annotations

import streamlit as st

from cockpit.answers.twin import Twin
from cockpit.ui import cache, state
from cockpit.ui.map_choices import LAYER_TITLES
from cockpit.ui.words import say

_OF_THE_MAP = ("facilities", "buildings", "relief")
"""Layers of the page Map alone: they would hide what another page's map tells."""


def choose(page: str, twin: Twin, first: tuple[str, ...]) -> tuple[str, ...]:
    """Ask for the layers of a page's map, kept under its name; ``first`` are on at the start."""
    available, _bounds = cache.overlays(twin.version, cache.visitor_class())
    shown = [name for name in available if name not in _OF_THE_MAP]
    chosen = st.popover(say("Layers"), icon=":material/layers:", width="content").pills(
        say("Layers"),
        shown,
        selection_mode="multi",
        format_func=lambda name: say(LAYER_TITLES[name]) if name in LAYER_TITLES else name,
        **state.remembered(
            f"{page}.layers", [n for n in shown if n in first], allowed=shown, address="layer"
        ),
    )
    return tuple(chosen)
