"""Answers of the page Timeline, kept for all visitors by everything that changes them."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import streamlit as st

from cockpit.answers import timeline as answers
from cockpit.answers.timeline import Counted, Spans, Timeline
from cockpit.answers.timeline_clock import Minutes, Step, counts_by_step, reaching, steps
from cockpit.ui import cache


class Asked(NamedTuple):
    """What is on the clock: enough to work it out anew, and to stand in an address."""

    first: dt.date
    last: dt.date
    window: str
    cumulative: bool
    themes: tuple[str, ...]
    level: str  # of the regions that are shaded; "" for none


class Moment(NamedTuple):
    """The figures of one step."""

    step: Step  # what is shown: cumulative ones begin with the first step
    events: Counted
    placed: int  # visible events that have a place on the map
    alerts: Counted
    levels: dict[int, int]  # level of alerts -> how many have it as their highest
    facilities: Counted
    classes: str  # one digit a region
    counts: tuple[int, ...]  # events that begin, one number a region
    sensors: tuple[int, ...]  # state of each


def known() -> Timeline | None:
    """Return what the visitor may see on the clock; None when there is nothing."""
    return answers.current_timeline(cache.visitor_class()) if cache.data_version() else None


def timeline() -> Timeline:
    """Return the timeline; the page has looked that there is one."""
    found = known()
    if found is None:
        raise cache.NothingLoadedError("No county has been loaded yet.")
    return found


@st.cache_resource(max_entries=64, show_spinner=False)
def _events(mark: str, visitor: str, themes: tuple[str, ...]) -> Spans:  # noqa: ARG001
    return timeline().events_of(themes)


def events(asked: Asked) -> Spans:
    """Return the events of the chosen themes."""
    return _events(timeline().mark, cache.visitor_class(), asked.themes)


@st.cache_resource(max_entries=64, show_spinner=False)
def _strip(mark: str, visitor: str, asked: Asked) -> Minutes:  # noqa: ARG001
    return counts_by_step(events(asked).start, steps_of(asked))


def strip(asked: Asked) -> Minutes:
    """Return how many events begin in each step of the range."""
    return _strip(timeline().mark, cache.visitor_class(), asked)


def steps_of(asked: Asked) -> tuple[Step, ...]:
    """Return the steps of a range."""
    return steps(timeline().origin, asked.first, asked.last, asked.window)


@st.cache_resource(max_entries=64, show_spinner=False)
def _limits(mark: str, visitor: str, asked: Asked) -> tuple[int, ...]:  # noqa: ARG001
    return answers.region_breaks(
        timeline(), events(asked), asked.level, steps_of(asked), cumulative=asked.cumulative
    )


def limits(asked: Asked) -> tuple[int, ...]:
    """Return the upper limits of the classes of the regions, the same in every step."""
    return _limits(timeline().mark, cache.visitor_class(), asked) if asked.level else ()


@st.cache_resource(max_entries=2048, show_spinner=False)
def _moment(mark: str, visitor: str, asked: Asked, number: int) -> Moment:  # noqa: ARG001
    line, found = timeline(), steps_of(asked)
    step = reaching(found, number, cumulative=asked.cumulative)
    chosen = events(asked)
    counts = answers.region_counts(line, chosen, asked.level, step).tolist() if asked.level else []
    uppers = limits(asked)
    classes = "".join(str(_class(n, uppers)) for n in counts)
    newest = answers.readings_at(visitor, line.moment(step.now)) if line.sensors else {}
    return Moment(
        step,
        answers.counted(chosen, step),
        answers.placed(chosen, step),
        answers.counted(line.alerts, step),
        answers.highest_kinds(line.alerts, step),
        answers.counted(line.facilities, step),
        classes,
        tuple(counts),
        tuple(answers.sensor_states(line, step.now, newest)),
    )


def moment(asked: Asked, number: int) -> Moment:
    """Return the figures of a step."""
    return _moment(timeline().mark, cache.visitor_class(), asked, number)


def _class(count: int, uppers: tuple[int, ...]) -> int:
    """Return 0 for no event, else the number of the class, from 1."""
    return 0 if count == 0 else 1 + sum(count > upper for upper in uppers)
