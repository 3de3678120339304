"""Answers of the page Compare, kept for all visitors by everything that changes them."""

from __future__ import annotations

import datetime as dt

import streamlit as st
from sqlalchemy.orm import Session

from cockpit.answers import compare, compare_now, compare_titles
from cockpit.answers.compare import Asked, Compared
from cockpit.answers.happenings import Happenings, current_happenings
from cockpit.answers.scenario_store import Scenario, scenarios
from cockpit.store import session as store
from cockpit.ui import cache
from cockpit.ui.words import language


@st.cache_resource(max_entries=128, show_spinner=False)
def _compared(version: str, mark: str, visitor: str, asked: Asked) -> Compared:  # noqa: ARG001
    return compare_now.compared(asked, visitor)


def compared(asked: Asked) -> Compared:
    """Return a comparison; an ``InputError`` says why there is none."""
    return _compared(cache.data_version(), mark(asked.kind), cache.visitor_class(), asked)


def mark(kind: str) -> str:
    """Return what changes in a layer's address within a data version."""
    return compare_now.mark(kind, cache.visitor_class())


@st.cache_resource(max_entries=8, show_spinner=False)
def _dates(version: str, visitor: str) -> dict[str, list[dt.date]]:
    county = cache.twin_of(version)
    if county is None:
        return {}
    with Session(store.engine()) as db:
        return compare.series_dates(db, county, visitor)


def dates() -> dict[str, list[dt.date]]:
    """Return what was counted more than once, with its days."""
    return _dates(cache.data_version(), cache.visitor_class())


def events() -> Happenings | None:
    """Return the events that the visitor may see."""
    return current_happenings(cache.visitor_class())


def plans() -> tuple[Scenario, ...]:
    """Return the saved scenarios that the visitor may see."""
    with Session(store.engine()) as db:
        return scenarios(db, visitor=cache.visitor_class())


def titles(asked: Asked) -> tuple[str, str]:
    """Return what A and B are called."""
    return compare_titles.titles(asked, cache.visitor_class(), language())


def subject(asked: Asked) -> str:
    """Return what is compared; "" where the sides say it."""
    return compare_titles.subject(asked, language())
