"""Answers of the page Appeals, kept for all visitors by everything that changes them."""

from __future__ import annotations

import streamlit as st

from cockpit.answers import appeals as answers
from cockpit.answers import appeals_lists as lists
from cockpit.answers.appeals import Appeals
from cockpit.answers.appeals_lists import Asked, Case, Line, Places, Weeks
from cockpit.appeals.causes import CauseWord
from cockpit.appeals.rising import Rising
from cockpit.breaks import Breaks, classify
from cockpit.ui import cache

N_CLASSES = 5


def known() -> Appeals | None:
    """Return the county's appeals as the visitor may use them; None for an empty store."""
    return answers.current_appeals(cache.visitor_class()) if cache.data_version() else None


def _now() -> Appeals:
    found = known()
    if found is None:
        raise cache.NothingLoadedError("No county has been loaded yet.")
    return found


@st.cache_resource(max_entries=256, show_spinner=False)
def counts(version: str, visitor: str, asked: Asked) -> lists.Counts:  # noqa: ARG001
    """Return the headline figures of a question."""
    return lists.counts(_now(), asked)


@st.cache_resource(max_entries=256, show_spinner=False)
def weeks(version: str, visitor: str, asked: Asked) -> Weeks | None:  # noqa: ARG001
    """Return the appeals a week."""
    return lists.weeks(_now(), lists.picked(_now(), asked))


@st.cache_resource(max_entries=256, show_spinner=False)
def topics(version: str, visitor: str, asked: Asked) -> list[tuple[int, int, int]]:  # noqa: ARG001
    """Return topics with their appeals and urgent ones."""
    return lists.topic_counts(_now(), lists.picked(_now(), asked))


@st.cache_resource(max_entries=256, show_spinner=False)
def places(version: str, visitor: str, asked: Asked, level: str) -> tuple[Places, Breaks]:  # noqa: ARG001
    """Return the regions of a level with their rates, and the classes of the map."""
    found = lists.places(_now(), lists.picked(_now(), asked), asked.unit, level, visitor)
    # As the layer rounds them: a region must fall into the class that its colour has. Natural
    # breaks: smoothed rates crowd around the mean, where equal numbers would invent differences.
    return found, classify(found.rate.round(1), "jenks", N_CLASSES)


@st.cache_resource(max_entries=64, show_spinner=False)
def rising(version: str, visitor: str, asked: Asked) -> Rising:  # noqa: ARG001
    """Return the rising topics."""
    return lists.rising_topics(_now(), asked)


@st.cache_resource(max_entries=64, show_spinner=False)
def disputes(
    version: str,  # noqa: ARG001
    visitor: str,  # noqa: ARG001
    asked: Asked,
) -> tuple[tuple[CauseWord, ...], list[tuple[str, int]]]:
    """Return words and named causes of disputes."""
    return lists.disputes(_now(), lists.picked(_now(), asked))


@st.cache_resource(max_entries=64, show_spinner=False)
def cases(version: str, visitor: str, asked: Asked, most: int) -> tuple[list[Case], int]:  # noqa: ARG001
    """Return the largest repeat cases and how many there are."""
    return lists.cases(_now(), lists.picked(_now(), asked), visitor, most=most)


@st.cache_resource(max_entries=64, show_spinner=False)
def some(version: str, visitor: str, asked: Asked, which: str, most: int) -> tuple[list[Line], int]:  # noqa: ARG001
    """Return the first of the newest, the urgent or the doubtful appeals, and their number."""
    now = _now()
    chosen = lists.picked(now, asked)
    if which == "urgent":
        rows, n = lists.urgent_rows(now, chosen, most), int((chosen & (now.level == 2)).sum())
    elif which == "person":
        found = lists.for_a_person(now, chosen)
        rows, n = found[:most], len(found)
    else:
        rows, n = lists.newest(chosen, most), int(chosen.sum())
    return lists.lines(now, rows.tolist(), visitor), n
