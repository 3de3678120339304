"""A small drawing of the county with the villages that need attention, without any map engine."""

from __future__ import annotations

import streamlit as st

from cockpit.answers import overview_shapes
from cockpit.answers.overview_parts import Attention
from cockpit.answers.overview_shapes import Outline
from cockpit.answers.twin import Twin
from cockpit.ui import cache, overview_cards, theme
from cockpit.ui.words import say

_DOT, _TYPE, _DROP = 3.6, 4.8, 1.7
_GAP, _TURNS = 0.6, 60
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
    true = [found.at(v.lon or 0.0, v.lat or 0.0) for _, v in placed]
    dots, ranks, leads = [], [], []
    for (rank, _), (x, y), (u, v) in zip(placed, apart(true, 2 * _DOT + _GAP), true, strict=True):
        leads.append(f"M{u:.1f} {v:.1f}L{x:.1f} {y:.1f}")
        dots.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_DOT}"/>')
        ranks.append(f'<text x="{x:.1f}" y="{y + _DROP:.1f}" font-size="{_TYPE}">{rank}</text>')
    told = say("Where these villages lie, by number.")
    look = theme.now()
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{found.box}" '
        f'font-family="sans-serif" font-weight="bold" text-anchor="middle">'
        f'<path d="{found.path}" fill="{look.map_ground}" stroke="{look.quiet}" '
        f'stroke-opacity=".6" stroke-width=".35" stroke-linejoin="round"/>'
        f'<path d="{"".join(leads)}" stroke="{look.accent}" stroke-width=".7"/>'
        f'<g fill="{look.accent}" stroke="{look.panel}" stroke-width=".8">{"".join(dots)}</g>'
        f'<g fill="{look.on_accent}">{"".join(ranks)}</g></svg>'
    )
    return overview_cards.picture(drawn, told, "ov-map")


def apart(places: list[tuple[float, float]], least: float) -> list[tuple[float, float]]:
    """Return places moved as far from each other as marks need that may not lie on one another."""
    at = [complex(x, y) for x, y in places]
    for _ in range(_TURNS):
        for i in range(len(at)):
            for j in range(i):
                between = at[i] - at[j]
                if abs(between) >= least:
                    continue
                # Two at one spot part in a direction of their own, the same at every drawing.
                way = between / abs(between) if abs(between) > 1e-6 else 1j ** (i + j)
                step = way * (least - abs(between)) / 2
                at[i] += step
                at[j] -= step
    return [(p.real, p.imag) for p in at]
