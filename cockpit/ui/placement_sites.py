"""The table of sites of the page Placement: whom each serves, how full it is."""

from __future__ import annotations

import math

import streamlit as st

from cockpit.answers.siting import Rules, new_capacity
from cockpit.answers.siting_figures import Figures
from cockpit.answers.siting_site_rows import SiteRow
from cockpit.ui import placement_cache, placement_choices, state
from cockpit.ui.coverage_parts import table
from cockpit.ui.placement_choices import Choice
from cockpit.ui.placement_shown import people_text
from cockpit.ui.words import NO_FIGURE, language, number, percent, say

STATUS_TITLES = {
    "kept": "stays",
    "new": "new site",
    "closed": "closed",
    "moved": "moved here",
    "moved away": "moved away",
}
_ROWS = 300


def show(choice: Choice, found: Figures) -> None:
    """Show the sites, those that the plan changes first; marking one selects it."""
    names = placement_cache.site_names(choice.asked, language())
    order = {"new": 0, "moved": 1, "moved away": 2, "closed": 3, "kept": 4}
    ranked = sorted(
        found.sites, key=lambda r: (order[r.status], -(0 if math.isnan(r.only) else r.only))
    )[:_ROWS]
    if not ranked:
        st.info(say("There is no site yet. Click a cell to put the first one there."))
        return
    sizes = [capacity_of(row, found, choice.rules) for row in ranked]
    name, status = say("Site"), say("State")
    key = f"placement.sites.{placement_choices.clicks()}"

    def marked() -> None:
        picked = (state.widget_value(key) or {}).get("selection", {}).get("rows", [])
        if picked and picked[0] < len(ranked):
            placement_choices.select_site(ranked[picked[0]].site)

    table(
        {
            name: [names[row.site] for row in ranked],
            status: [say(STATUS_TITLES[row.status]) for row in ranked],
            say("People nearest to it"): [_open(row, people_text(row.people)) for row in ranked],
            say("Capacity"): [number(size) for size in sizes],
            say("Load"): [
                _open(row, load_text(row.people, size))
                for row, size in zip(ranked, sizes, strict=True)
            ],
            say("Only it covers"): [_open(row, people_text(row.only)) for row in ranked],
            say("Person-minutes saved"): [_open(row, number(row.minutes_saved)) for row in ranked],
        },
        words=(name, status),
        alt=say("Table of the sites"),
        on_select=marked,
        selection_mode="single-row",
        key=state.widget_key(key),
    )
    st.caption(
        say("Load: people nearest to it over its capacity, ⚠ where more come than it serves; a "
            "new site serves as many as the rules assume. Person-minutes saved: how many more "
            "there would be without it. Mark a row to move or close the site.")
    )  # fmt: skip


def _open(row: SiteRow, text: str) -> str:
    return NO_FIGURE if row.status in ("closed", "moved away") else text


def capacity_of(row: SiteRow, found: Figures, rules: Rules) -> float:
    """Return how many people a site serves; a new one as the rules assume; NaN: nobody knows."""
    if row.status != "new":
        return row.capacity
    assumed = new_capacity(found.ground, rules)
    return assumed if math.isfinite(assumed) else math.nan


def load_text(people: float, capacity: float) -> str:
    """Return how full a site is, marked where more come than it serves; a dash: not known."""
    if not capacity > 0 or math.isnan(people):
        return NO_FIGURE
    return f"⚠ {percent(people / capacity)}" if people > capacity else percent(people / capacity)
