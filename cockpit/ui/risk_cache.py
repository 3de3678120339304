"""Answers of the page Risk, kept for all visitors by everything that changes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import streamlit as st

from cockpit.answers import risk as answers
from cockpit.answers.happenings import Happenings, current_happenings
from cockpit.answers.readings import Device, devices, latest
from cockpit.answers.risk import Answer, Drawn, Places, Question, Work
from cockpit.ui import cache
from geodata.errors import CockpitError

FIRST_WAIT_S = 1.0
"""What the background has by then needs no note that it is at work."""


class Asked(NamedTuple):
    """What is asked: enough to work the answer out anew, and to stand in an address."""

    method: str
    theme: str
    level: str
    first: dt.date
    last: dt.date
    options: str = "-"  # of the method: weights, the rise of the water

    def question(self) -> Question:
        """Return the question behind it."""
        return Question(self.theme, self.level, self.first, self.last)


def known() -> Happenings | None:
    """Return the events that the visitor may see; None for an empty store."""
    return current_happenings(cache.visitor_class()) if cache.data_version() else None


def events() -> Happenings:
    """Return the events; the page has looked that there are some."""
    found = known()
    if found is None:
        raise cache.NothingLoadedError("No county has been loaded yet.")
    return found


def places(level: str) -> Places:
    """Return the cells or villages that methods speak of."""
    return answers.places_of(events().twin, level, cache.visitor_class())


@st.cache_resource(max_entries=1024, show_spinner=False)
def _answer(
    version: str,  # noqa: ARG001 -- new data retire the answers of the old
    visitor: str,
    asked: Asked,
    whole: Asked | None,
) -> Answer:
    return answers.answer(
        events(), places(asked.level), asked.method, asked.question(),
        visitor=visitor, whole=None if whole is None else whole.question(), options=asked.options,
    )  # fmt: skip


def answer(asked: Asked, whole: Asked | None = None) -> Answer:
    """Return the answer of a method that is quick; colours as those of the whole period."""
    return _answer(events().version, cache.visitor_class(), asked, whole)


def coloured_by(method: str) -> str:
    """Return the method whose figures colour the map: near repeats have no map of their own."""
    return "density" if method == "repeat" else method


def picture(asked: Asked, whole: Asked | None, look: str) -> Drawn | None:
    """Return where the picture of a question's heat is, colours as those of the whole period."""
    q = asked.question()
    of_all = q if whole is None else whole.question()
    return answers.drawn(events(), places(asked.level), coloured_by(asked.method), q, of_all, look)


def later(asked: Asked) -> Work:
    """Return the answer of a method that takes long: done, or still at work."""
    make = answers.maker(
        events(), places(asked.level), asked.method, asked.question(),
        visitor=cache.visitor_class(), options=asked.options,
    )  # fmt: skip
    return _ask("answer", asked, make)


def any_answer(asked: Asked) -> Answer | None:
    """Return the answer of any method; None while it is being worked out, or when refused."""
    if not answers.METHODS[asked.method].slow:
        try:
            return answer(asked)
        except CockpitError:  # the page has said it where the map would be
            return None
    work = later(asked)
    found = work.result() if work.done.is_set() and work.error is None else None
    return found if isinstance(found, Answer) else None


def judged(asked: Asked) -> Work:
    """Return how forecasts like this one did in the past: done, or still at work."""
    work: Callable[[], object] = answers.judge(events(), places(asked.level), asked.question())
    return _ask("judged", asked, work)


def _ask(what: str, asked: Asked, make: Callable[[], object]) -> Work:
    q = asked.question()  # the same key as that of the files to take away
    key = (what, events().version, cache.visitor_class(), asked.method, q, asked.options)
    return answers.ask(key, make, patience_s=FIRST_WAIT_S)


@st.cache_resource(max_entries=8, show_spinner=False)
def _devices(version: str, visitor: str) -> tuple[Device, ...]:  # noqa: ARG001
    return devices(visitor)


def sensors(kinds: tuple[str, ...]) -> tuple[Device, ...]:
    """Return the sensors of some kinds that the visitor may see."""
    found = _devices(cache.data_version(), cache.visitor_class())
    return tuple(one for one in found if one.kind in kinds)


@st.cache_data(ttl=5, max_entries=8, show_spinner=False)
def newest(visitor: str) -> dict[str, tuple[dt.datetime, float]]:
    """Return the newest reading of each sensor, asked at most every five seconds."""
    return {key: (_moment(time), value) for key, (time, value) in latest(visitor).items()}


@st.cache_resource(max_entries=4, show_spinner=False)
def source_titles(version: str) -> dict[str, dict[str, str]]:  # noqa: ARG001 -- new data, new titles
    """Return the title of each data set by language."""
    return answers.source_titles()


def _moment(time: np.datetime64) -> dt.datetime:
    found: dt.datetime = time.astype("datetime64[s]").item()
    return found
