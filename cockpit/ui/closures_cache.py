"""Answers of the page Closures, kept for all visitors by everything that changes them."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import streamlit as st
from sqlalchemy.orm import Session

from cockpit.answers import closure_areas, closure_bridges, closures
from cockpit.answers.closure_areas import Box, Shape, Sketch
from cockpit.answers.closure_bridges import Bridge, BridgeToll
from cockpit.answers.closure_key import parsed
from cockpit.answers.closure_layers import bridge_name
from cockpit.answers.closures import Answer, Closed, Detour, FacilityLoss, Question
from cockpit.answers.coverage_question import allowed_groups
from cockpit.settings import settings
from cockpit.store import session as store
from cockpit.ui import cache


class Asked(NamedTuple):
    """What is asked of the county; the closures as their key."""

    service: str
    mode: str
    group: str
    key: str


def services() -> tuple[str, ...]:
    """Return what can be asked about here."""
    return closures.services_of(cache.reach())


def groups() -> tuple[str, ...]:
    """Return the groups of people counted here that the visitor may see."""
    return allowed_groups(cache.reach(), cache.visitor_class())


def question(asked: Asked) -> Question:
    """Return the checked question; an ``InputError`` names what is wrong with it."""
    return closures.question(
        cache.reach(),
        asked.service,
        mode=asked.mode,
        group=asked.group,
        visitor=cache.visitor_class(),
        small_count=settings().small_count,
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _closed(version: str, visitor: str, key: str) -> Closed:  # noqa: ARG001
    with Session(store.engine()) as db:
        return closures.closed_by(cache.reach(), db, parsed(key), visitor=visitor)


def closed(key: str) -> Closed:
    """Return the roads and the water that a key stands for."""
    return _closed(cache.data_version(), cache.visitor_class(), key)


@st.cache_resource(max_entries=64, show_spinner=False)
def _answer(version: str, visitor: str, asked: Asked) -> Answer:  # noqa: ARG001
    return closures.answer(cache.reach(), question(asked), closed(asked.key))


def answer(asked: Asked) -> Answer:
    """Return what the closures cost."""
    return _answer(cache.data_version(), cache.visitor_class(), asked)


@st.cache_resource(max_entries=32, show_spinner=False)
def _facilities(version: str, visitor: str, asked: Asked) -> list[FacilityLoss]:  # noqa: ARG001
    return closures.facilities_lost(cache.reach(), question(asked), closed(asked.key))


def facilities(asked: Asked) -> list[FacilityLoss]:
    """Return the facilities that people can reach no more."""
    return _facilities(cache.data_version(), cache.visitor_class(), asked)


@st.cache_resource(max_entries=64, show_spinner=False)
def _detour(version: str, visitor: str, asked: Asked, cell: str) -> Detour | None:  # noqa: ARG001
    known = cache.reach()
    found = [k for k, code in enumerate(known.codes.tolist()) if code == cell]
    return closures.detour(known, question(asked), closed(asked.key), found[0]) if found else None


def detour(asked: Asked, cell: str) -> Detour | None:
    """Return the way of a cell before and after; None for a code that is no cell."""
    return _detour(cache.data_version(), cache.visitor_class(), asked, cell)


def ranking(asked: Asked) -> list[BridgeToll]:
    """Return the bridges in the order of what their closing costs; says how far it is, if long."""
    known, q = cache.reach(), question(asked)
    if closure_bridges.ranked_already(known, q) or q.service != closures.ALL:
        return closure_bridges.rank_bridges(known, q)
    from cockpit.ui.words import say

    text = say("Closing one bridge after the other")
    bar = st.progress(0.0, text=text)

    def step(done: int, n: int) -> None:
        bar.progress(done / n, text=text)

    try:
        return closure_bridges.rank_bridges(known, q, step=step)
    finally:
        bar.empty()


@st.cache_resource(max_entries=4, show_spinner=False)
def _bridges(version: str, visitor: str, language: str) -> dict[int, tuple[Bridge, str]]:  # noqa: ARG001
    known = cache.reach()
    found = [(b, bridge_name(known, b, language)) for b in closure_bridges.bridges(known)]
    times = Counter(name for _bridge, name in found)
    return {
        bridge.id: (bridge, name if times[name] == 1 else f"{name} · {bridge.id}")
        for bridge, name in found
    }


def bridges(language: str) -> dict[int, tuple[Bridge, str]]:
    """Return the bridges by store id, each with its name in a language."""
    return _bridges(cache.data_version(), cache.visitor_class(), language)


@st.cache_resource(max_entries=2, show_spinner=False)
def _shapes(version: str, visitor: str) -> tuple[tuple[Shape, ...], tuple[Shape, ...]]:  # noqa: ARG001
    with Session(store.engine()) as db:
        return closure_areas.stored_shapes(db, visitor=visitor)


def shapes() -> tuple[tuple[Shape, ...], tuple[Shape, ...]]:
    """Return the stored rivers and areas."""
    return _shapes(cache.data_version(), cache.visitor_class())


@st.cache_resource(max_entries=2, show_spinner=False)
def _sketch(version: str, visitor: str) -> Sketch:  # noqa: ARG001
    with Session(store.engine()) as db:
        return closure_areas.sketch(cache.reach(), db, visitor=visitor)


def sketch() -> Sketch:
    """Return the county in few lines, to draw an area on."""
    return _sketch(cache.data_version(), cache.visitor_class())


def box() -> Box:
    """Return where the county's roads lie."""
    return closure_areas.box_of(cache.reach())
