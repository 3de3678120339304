"""One clock for several layers: its steps, and which spans of time stand in a step."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

WINDOWS = ("hour", "day", "week", "month")
MOST_STEPS = 800
"""Steps of one range: a slider with more of them cannot be set to each."""
BEFORE = -1
"""Start of what began before the clock's origin."""
FOREVER = 2**24 - 1
"""End of what has not ended: the largest minute that a map's 32-bit numbers tell from the next."""
_MINUTES = {"hour": 60, "day": 24 * 60, "week": 7 * 24 * 60}

Minutes = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Step:
    """A window of the clock: minutes since the origin, the end excluded."""

    start: int
    end: int

    @property
    def now(self) -> int:
        """Return the moment that figures "at the end" speak of: the last minute of the window."""
        return self.end - 1


def minutes_since(origin: dt.datetime, moment: dt.datetime) -> int:
    """Return whole minutes from the origin to a moment; seconds are cut off downwards."""
    return int((moment - origin) // dt.timedelta(minutes=1))


def moment_of(origin: dt.datetime, minute: int) -> dt.datetime:
    """Return the moment of a minute."""
    return origin + dt.timedelta(minutes=minute)


def steps(origin: dt.datetime, first: dt.date, last: dt.date, window: str) -> tuple[Step, ...]:
    """
    Cut the days from ``first`` to ``last``, both counted, into windows.

    Weeks begin on the weekday of ``first``, months on the first of a month; what does not fill a
    whole window at either end is a shorter one. Every minute of the days is in exactly one.

    Raises
    ------
    InputError
        If there is no such window, ``last`` lies before ``first``, or there would be more than
        ``MOST_STEPS``.
    """
    if window not in WINDOWS:
        raise InputError("There are no steps of a {window}.", window=window[:20])
    if last < first:
        raise InputError("The last day lies before the first.")
    begin = minutes_since(origin, _midnight(first))
    end = minutes_since(origin, _midnight(last + dt.timedelta(days=1)))
    if window == "month":
        edges = [minutes_since(origin, _midnight(day)) for day in _months(first, last)]
    else:
        edges = list(range(begin, end, _MINUTES[window]))
    if len(edges) > MOST_STEPS:
        raise InputError(
            "{n} steps are too many to play; choose fewer days or longer steps.", n=len(edges)
        )
    return tuple(Step(a, b) for a, b in zip(edges, [*edges[1:], end], strict=True))


def longest(window: str) -> dt.timedelta:
    """Return how many days a range of a window may have at most."""
    minutes = _MINUTES.get(window, 28 * 24 * 60)
    return dt.timedelta(days=MOST_STEPS * minutes // (24 * 60))


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def _months(first: dt.date, last: dt.date) -> list[dt.date]:
    found, day = [first], first
    while True:
        day = (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        if day > last:
            return found
        found.append(day)


def step_at(found: tuple[Step, ...], minute: int) -> int:
    """Return the number of the step that holds a minute; the nearest one outside of the range."""
    starts = [step.start for step in found]
    return int(np.clip(np.searchsorted(starts, minute, side="right") - 1, 0, len(found) - 1))


def reaching(found: tuple[Step, ...], number: int, *, cumulative: bool) -> Step:
    """Return what a step shows: its own window, or everything from the first step to its end."""
    step = found[number]
    return Step(found[0].start, step.end) if cumulative else step


# ---------------------------------------------------------------- spans


def ends_after(start: Minutes, end: Minutes) -> tuple[Minutes, int]:
    """
    Return ends that lie after their starts, and how many had to be moved.

    What has no length, or ends before it begins, stands for the one minute it began in.
    """
    wrong = int((end < start).sum())
    return np.maximum(end, start + 1), wrong


def visible(start: Minutes, end: Minutes, step: Step) -> Bools:
    """
    Tell which spans ``[start, end)`` have a minute in common with a step's window.

    The map tells by the same rule: ``filter_range`` of the same step.
    """
    return np.asarray((start < step.end) & (end > step.start))


def filter_range(step: Step) -> list[list[int]]:
    """Return the step as limits (both counted) of a span's start and end: ``visible`` for a map."""
    return [[BEFORE, step.end - 1], [step.start + 1, FOREVER]]


def opened(start: Minutes, step: Step) -> Bools:
    """Tell which spans begin in a step's window."""
    return np.asarray((start >= step.start) & (start < step.end))


def standing(start: Minutes, end: Minutes, minute: int) -> Bools:
    """Tell which spans hold a minute."""
    return np.asarray((start <= minute) & (end > minute))


def counts_by_step(start: Minutes, found: tuple[Step, ...]) -> Minutes:
    """Return how many spans begin in each step, shape ``(n_steps,)``."""
    edges = np.array([found[0].start, *(step.end for step in found)])
    place = np.searchsorted(edges, start, side="right") - 1
    inside = (place >= 0) & (place < len(found))
    return np.bincount(place[inside], minlength=len(found)).astype(np.int64)
