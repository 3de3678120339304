"""What public pages ask, kept a moment for all visitors: everybody sees the same."""

from __future__ import annotations

import streamlit as st

from cockpit.answers import algorithms, open_catalogue, open_county, open_village
from cockpit.answers.algorithms import Card
from cockpit.answers.open_catalogue import OpenDataset
from cockpit.answers.open_county import News, OpenMap
from cockpit.answers.open_county_places import OpenPlaces, open_places
from cockpit.answers.release_store import Published
from cockpit.ui import cache

_SOON = 5  # seconds: a retraction is seen by the next reader


def places() -> OpenPlaces | None:
    """Return the public places of the county; None when nothing has been loaded."""
    return _places(cache.data_version())


@st.cache_resource(max_entries=2, show_spinner=False)
def _places(version: str) -> OpenPlaces | None:
    return open_places() if version else None


@st.cache_resource(ttl=_SOON, max_entries=2, show_spinner=False)
def releases() -> tuple[Published, ...]:
    """Return what is published now."""
    return open_county.releases()


@st.cache_resource(ttl=_SOON, max_entries=2, show_spinner=False)
def news() -> list[News]:
    """Return what was published, changed and retracted."""
    return open_county.news()


@st.cache_resource(ttl=_SOON, max_entries=64, show_spinner=False)
def open_map(release: str, class_id: str, level: str) -> OpenMap:
    """Return a released class over the regions of a level."""
    return open_county.open_map(release, class_id, level)


@st.cache_resource(max_entries=512, show_spinner="Measuring the ways")
def village(version: str, row: int) -> open_village.Village:  # noqa: ARG001 -- new data, new ways
    """Return what is public of a village."""
    there = open_places()
    if there is None:
        raise cache.NothingLoadedError("No county has been loaded yet.")
    return open_village.village(there, row)


@st.cache_resource(ttl=_SOON, max_entries=1, show_spinner=False)
def spent() -> open_county.Spent | None:
    """Return how much of the year's privacy budget is used."""
    return open_county.spent()


def open_datasets() -> tuple[OpenDataset, ...]:
    """Return everything that is open now."""
    return open_catalogue.open_datasets()


@st.cache_resource(ttl=_SOON, max_entries=1, show_spinner=False)
def cards() -> tuple[Card, ...]:
    """Return the register of algorithms."""
    return algorithms.cards_here()
