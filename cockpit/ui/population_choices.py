"""What the visitor chose on the page Population, and the answers kept for all visitors."""

from __future__ import annotations

from typing import TypedDict

import streamlit as st
from sqlalchemy.orm import Session

from cockpit.answers import population as answers
from cockpit.answers.population import Changes, Parts, Place, Unit
from cockpit.settings import settings
from cockpit.store import session as store
from cockpit.ui import cache, state, way
from cockpit.ui.words import name_of, say

VIEWS = ("structure", "change", "compare")
VIEW_TITLES = {
    "structure": "Structure",
    "change": "Change",
    "compare": "Side by side",
}
KIND_TITLES = {
    "usual": "Usual residents",
    "registered": "Registered people",
    "floating": "Floating people",
}
MOST_COMPARED = 4


# ---------------------------------------------------------------- answers, kept for all visitors


@st.cache_data(max_entries=256, show_spinner=False)
def unit_of(code: str, *, version: str, visitor: str, small: int) -> Unit:
    """Return a unit's people; a new version, class or smallest count asks again."""
    county = cache.twin_of(version)
    assert county is not None  # noqa: S101 - a version names a stored county
    with Session(store.engine()) as db:
        return answers.unit_of(db, county, code, visitor=visitor, small=small)


@st.cache_data(max_entries=256, show_spinner=False)
def parts_of(code: str, *, version: str, visitor: str, small: int) -> Parts | None:
    """Return the regions right below a unit with their figures."""
    county = cache.twin_of(version)
    assert county is not None  # noqa: S101 - a version names a stored county
    return answers.parts_of(county, code, visitor=visitor, small=small)


@st.cache_data(max_entries=256, show_spinner=False)
def changes_of(code: str, *, version: str, visitor: str, small: int) -> Changes | None:
    """Return how the residents of a unit changed since the earlier date."""
    county = cache.twin_of(version)
    assert county is not None  # noqa: S101 - a version names a stored county
    return answers.changes_of(county, unit_of(code, version=version, visitor=visitor, small=small))


class Asked(TypedDict):
    """What every cached answer depends on, besides the unit."""

    version: str
    visitor: str
    small: int


def asked() -> Asked:
    """Return what every cached answer depends on, besides the unit."""
    county = cache.twin()
    assert county is not None  # noqa: S101 - the shell shows no such page without a county
    return {
        "version": county.version,
        "visitor": cache.visitor_class(),
        "small": settings().small_count,
    }


# ---------------------------------------------------------------- choices


def view() -> str:
    """Return what the visitor looks at: structure, change or units side by side."""
    chosen = st.segmented_control(
        say("View"),
        VIEWS,
        format_func=lambda v: say(VIEW_TITLES[v]),
        label_visibility="collapsed",
        required=True,
        **state.remembered("population.view", "structure", allowed=VIEWS, address="view"),
    )
    return str(chosen or "structure")


def kind(unit: Unit) -> str:
    """Return the kind of people the pyramid shows, chosen among those counted."""
    kinds = list(unit.people)
    if len(kinds) < 2:
        return kinds[0] if kinds else "usual"
    return str(
        st.segmented_control(
            say("People"),
            kinds,
            format_func=lambda k: say(KIND_TITLES[k]),
            required=True,
            **state.remembered("population.kind", kinds[0], allowed=kinds, address="kind"),
        )
    )


def beside(unit: Unit) -> str:
    """Return the code of the region laid over the pyramid; "" for none."""
    places = _near(unit)
    return str(
        st.selectbox(
            say("Compare with"),
            ["", *places],
            format_func=lambda code: name_of(places[code]) if code else say("nothing"),
            placeholder=say("nothing"),
            width=240,
            **state.remembered("population.beside", "", allowed=["", *places], address="beside"),
        )
        or ""
    )


def compared(unit: Unit) -> list[str]:
    """Return the codes of 2 to 4 units side by side, the chosen one first."""
    places = _near(unit)
    above = [place.code for place in unit.ancestors[:-1] if place.code in places]
    first = above[-1:] or list(places)[:2]
    return [
        unit.place.code,
        *st.multiselect(
            say("Units beside {name}", name=way.plain(name_of(unit.place))),
            list(places),
            format_func=lambda code: name_of(places[code]),
            max_selections=MOST_COMPARED - 1,
            placeholder=say("Choose up to {n} units", n=MOST_COMPARED - 1),
            **state.remembered("population.units", first, allowed=places, address="units"),
        ),
    ]


def _near(unit: Unit) -> dict[str, Place]:
    county = cache.twin()
    assert county is not None  # noqa: S101 - the shell shows no such page without a county
    return way.near(county, county.position(unit.place.code))
