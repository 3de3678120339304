"""What the page Overview asks: the answer of the visitor's class and part, names of sources."""

from __future__ import annotations

import streamlit as st

from cockpit.answers import overview as answers
from cockpit.answers.overview import Overview
from cockpit.answers.risk import source_titles
from cockpit.ui import cache, visitor


def current() -> Overview | None:
    """Return the overview of the visitor's part of the county; the answer keeps itself."""
    who = visitor.now()
    return answers.overview(cache.visitor_class(), "" if who.whole_county else who.territory)


@st.cache_resource(max_entries=4, show_spinner=False)
def _titles(version: str) -> dict[str, dict[str, str]]:  # noqa: ARG001 -- new data, new titles
    return source_titles()


def sources(names: tuple[str, ...], language: str) -> list[str]:
    """Return the titles of data sets; those that are gone are left out."""
    titles = _titles(cache.data_version())
    return [titles[name][language] for name in names if name in titles]
