"""What all visitors share: the county of a data version, answers by all that changes them."""

from __future__ import annotations

import streamlit as st
from sqlalchemy.orm import Session

from cockpit.access import territory
from cockpit.access.visitor import NotAllowedError
from cockpit.answers import map as maps
from cockpit.answers.current import current_twin
from cockpit.answers.reach import Reach, current_reach
from cockpit.answers.twin import Twin
from cockpit.breaks import Scheme
from cockpit.settings import settings
from cockpit.store import session as store
from cockpit.ui import visitor as visitors
from geodata.errors import CockpitError


class NothingLoadedError(CockpitError):
    """The store is empty."""


@st.cache_data(ttl=1, max_entries=1, show_spinner=False)
def data_version() -> str:
    """Return the version of the stored data, asked at most once a second; "" for an empty store."""
    with Session(store.engine()) as db:
        return store.data_version(db)


@st.cache_resource(max_entries=2, show_spinner=False)
def _whole(version: str) -> Twin | None:  # noqa: ARG001 -- a new version retires the old county
    return current_twin()


def twin_of(version: str) -> Twin | None:
    """
    Return the county of a version, the same that the routes serve; None when empty.

    A version with a territory (``Twin.version`` of a part) gives that part.
    """
    county = _whole(territory.data_version(version))
    return None if county is None else territory.cut(county, territory.code_of(version))


def twin() -> Twin | None:
    """
    Return the county as stored now, as far as the visitor's territory reaches; None when empty.

    Whoever keeps an answer by version takes ``twin().version``: that of a part names the part.
    None too for a territory that the county does not have (any more).
    """
    version = data_version()
    county = _whole(version) if version else None
    try:
        return None if county is None else territory.of(county, visitors.now())
    except NotAllowedError:
        return None


@st.cache_resource(max_entries=4, show_spinner=False)
def _reach_of(version: str, visitor: str) -> Reach | None:  # noqa: ARG001 -- new data, new times
    return current_reach(visitor)


def reach() -> Reach:
    """Return the county's travel times, the same that the routes use."""
    version = data_version()
    found = _reach_of(version, visitor_class()) if version else None
    if found is None:
        raise NothingLoadedError("No county has been loaded yet.")
    return found


def visitor_class() -> str:
    """Return the highest data class that is open to this visitor now."""
    return visitors.now().data_class


@st.cache_resource(max_entries=256, show_spinner=False)
def map_answer(
    version: str,
    indicator_id: str,
    code: str,
    level: str,
    scheme: Scheme,
    n_classes: int,
    manual: tuple[float, ...],
    visitor: str,
) -> maps.MapAnswer:
    """Return the regions of a level in a unit by an indicator."""
    county = _county(version)
    return maps.map_answer(
        county,
        indicator_id,
        county.position(code),
        level,
        scheme=scheme,
        n_classes=n_classes,
        manual=manual,
        visitor=visitor,
        small_count=settings().small_count,
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def names(version: str, language: str) -> list[str]:
    """Return the name of every region in a language, by row."""
    regions = _county(version).regions
    original: list[str] = regions["name"].astype(str).tolist()
    if language != "en":
        return original
    english: list[str] = regions["name_en"].fillna("").astype(str).tolist()
    return [e or n for e, n in zip(english, original, strict=True)]


@st.cache_resource(max_entries=512, show_spinner=False)
def parts_with(version: str, code: str, level: str) -> int:
    """Return how many regions of a level a unit has."""
    county = _county(version)
    return len(county.below(county.position(code), level))


@st.cache_resource(max_entries=512, show_spinner=False)
def box(version: str, code: str) -> maps.Box | None:
    """Return where a unit lies."""
    county = _county(version)
    with Session(store.engine()) as db:
        return maps.box_of(db, county, county.position(code))


@st.cache_resource(max_entries=512, show_spinner=False)
def levels_in(version: str, code: str) -> list[str]:
    """Return the levels that a unit has regions of, nearest first."""
    county = _county(version)
    return maps.levels_in(county, county.position(code))


@st.cache_resource(max_entries=64, show_spinner=False)
def overlays(
    version: str,  # new data may bring new layers
    visitor: str,
) -> tuple[tuple[str, ...], tuple[float, float, float, float] | None]:
    """Return the map's extra layers that are stored and open, and where the relief lies."""
    with Session(store.engine()) as db:
        return maps.overlays_in(db, visitor, whole_county=not territory.code_of(version))


def _county(version: str) -> Twin:
    county = twin_of(version)
    if county is None:
        raise NothingLoadedError("No county has been loaded yet.")
    return county
