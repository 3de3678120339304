"""What there is to choose from: sites by name, and how many of them the rules leave."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from cockpit.answers.reach import Note
from cockpit.answers.siting import Rules, candidate_sites
from cockpit.answers.siting_fit import posed_of
from cockpit.ui import cache, placement_cache
from cockpit.ui.placement_cache import Asked
from cockpit.ui.words import language
from geodata.errors import InputError

_VILLAGES = Rules(candidates="villages")


class Counted(NamedTuple):
    """How many sites the rules leave to choose from."""

    new: int  # places for a new site
    today: int  # facilities that may be open
    today_stay: int  # of them those that must
    musts: int  # all sites that must be open
    notes: tuple[Note, ...]


@st.cache_resource(max_entries=64, show_spinner=False)
def _counted(version: str, visitor: str, asked: Asked, rules: Rules) -> Counted:  # noqa: ARG001
    posed = posed_of(placement_cache.ground(asked), rules)
    problem = posed.problem
    today, may = problem.existing, problem.allowed
    return Counted(
        int((may & ~today).sum()),
        int((may & today).sum()),
        int((problem.must & today).sum()),
        int(problem.must.sum()),
        posed.notes,
    )


def counted(asked: Asked, rules: Rules) -> Counted:
    """Return what is left to choose from; an ``InputError`` names rules that contradict."""
    return _counted(cache.data_version(), cache.visitor_class(), asked, rules)


@st.cache_resource(max_entries=8, show_spinner=False)
def _named(version: str, visitor: str, asked: Asked, tongue: str) -> dict[str, str]:  # noqa: ARG001
    known = placement_cache.ground(asked)
    cells, _ = candidate_sites(known, _VILLAGES)
    sites = [known.sites[k] for k in (*range(known.n_facilities), *cells)]
    names = {site: known.name(site, tongue) for site in sites}
    times: dict[str, int] = {}
    for name in names.values():
        times[name] = times.get(name, 0) + 1
    return {s: n if times[n] == 1 else f"{n} · {s[2:]}" for s, n in names.items()}


def named_sites(asked: Asked, tongue: str) -> dict[str, str]:
    """
    Return the sites to choose by name: all facilities, and of each village its largest cell.

    All cells of a county would be a list that nobody reads and every page load carries; any other
    cell is chosen by a click on the map.
    """
    return _named(cache.data_version(), cache.visitor_class(), asked, tongue)


def exists(asked: Asked, site: str) -> bool:
    """Tell whether there is such a site."""
    try:
        placement_cache.ground(asked).index(site)
    except InputError:
        return False
    return True


def name(asked: Asked, site: str) -> str:
    """Return what a site is called in the visitor's language; its code when there is none."""
    try:
        return placement_cache.ground(asked).name(site, language())
    except InputError:
        return site[2:]
