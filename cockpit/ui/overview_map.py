"""A small drawing of the county with the villages that need attention, without any map engine."""

from __future__ import annotations

from html import escape

import streamlit as st

from cockpit.answers import overview_shapes
from cockpit.answers.overview_parts import Attention
from cockpit.answers.overview_shapes import Outline
from cockpit.answers.twin import Twin
from cockpit.ui import cache
from cockpit.ui.words import say

_DOT, _TYPE = 4.6, 5.4
"""Hundredths of the drawing's width."""


@st.cache_resource(max_entries=16, show_spinner=False)
def _outline(version: str) -> Outline | None:
    county = cache.twin_of(version)
    return None if county is None else overview_shapes.outline(county)


def picture(county: Twin, villages: tuple[Attention, ...]) -> str:
    """Return the drawing as HTML; "" when the county has no shapes or no village a place."""
    found = _outline(county.version)
    placed = [(k, v) for k, v in enumerate(villages, start=1) if v.lon is not None]
    if found is None or not placed:
        return ""
    marks = []
    for rank, village in reversed(placed):  # the first lies on top
        x, y = found.at(village.lon or 0.0, village.lat or 0.0)
        marks.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_DOT}"/>'
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{_TYPE}">{rank}</text>'
        )
    told = say("Where these villages lie, by number.")
    return (
        f'<div class="ov-map" role="img" aria-label="{escape(told)}">'
        f'<svg viewBox="{found.box}" aria-hidden="true">'
        f'<path d="{found.path}"/>{"".join(marks)}</svg></div>'
    )
