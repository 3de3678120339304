"""What is asked of the risk map: which events, of which days, told for cells or for villages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.happenings import Happenings
from cockpit.answers.reach import Note
from cockpit.answers.risk_places import LEVELS, Floats, Places
from cockpit.risk.themes import OTHER, THEMES
from geodata.errors import InputError

EVERYTHING = "all"
STEPS = ("whole", "month", "week")
MOST_FRAMES = 160
"""Three years of weeks; a longer period is shown by months."""
ENOUGH = 3.0
"""Events, seen or expected here and beside, from which on something can be told: where fewer are
expected, even none at all is no surprise (e to the power of -3 is 0.05)."""


@dataclass(frozen=True)
class Question:
    """Which events of which days (both ends count), told for which places."""

    theme: str  # of THEMES, a category, or EVERYTHING
    level: str  # cell, village
    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        """Length of the period."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Counted:
    """The events of a question by place, and those that no place can be told for."""

    counts: Floats  # (n_places,)
    events: int  # of the theme in the period
    unplaced: int  # in the county, but the place is known no closer than a larger region
    outside: int  # outside the county, or nobody knows where
    rows: NDArray[np.intp]  # (events,) of the happenings, oldest first
    places: NDArray[np.intp]  # (events,) -1: unplaced or outside
    notes: tuple[Note, ...] = field(default=())


def question(
    known: Happenings,
    theme: str = EVERYTHING,
    *,
    level: str = "cell",
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> Question:
    """
    Return a checked question; without days it asks for all that is stored.

    Raises
    ------
    InputError
        For an unknown theme or level, or a period that ends before it begins.
    """
    if theme not in themes(known):
        raise InputError("There is no theme {theme}.", theme=theme)
    if level not in LEVELS:
        raise InputError("There is no level {level}.", level=level)
    oldest, newest = span(known)
    begin, end = first or oldest, last or newest
    if begin > end:
        raise InputError(
            "The period ends on {last}, before it begins on {first}.", first=begin, last=end
        )
    return Question(theme, level, begin, end)


def themes(known: Happenings) -> tuple[str, ...]:
    """Return all that may be asked for: everything, a theme, or a category by its name."""
    return (EVERYTHING, OTHER, *THEMES, *known.categories)


def span(known: Happenings) -> tuple[dt.date, dt.date]:
    """Return the days of the first and the last event; an ``InputError`` when there is none."""
    if not len(known.time):
        raise InputError("No events are stored that are open to you.")
    return day_of(known.first), day_of(known.last)


def day_of(time: np.datetime64) -> dt.date:
    """Return the day of a moment."""
    day: dt.date = time.astype("datetime64[D]").item()
    return day


def chosen(known: Happenings, theme: str) -> NDArray[np.bool_]:
    """Return which events belong to a theme."""
    return np.ones(len(known.time), dtype=bool) if theme == EVERYTHING else known.of(theme)


def counted(known: Happenings, places: Places, q: Question) -> Counted:
    """Count the events of a question by place."""
    day = known.time.astype("datetime64[D]")
    wanted = chosen(known, q.theme)
    wanted &= (day >= np.datetime64(q.first)) & (day <= np.datetime64(q.last))
    rows = np.flatnonzero(wanted)
    regions = known.region[rows]
    at = np.where(regions >= 0, places.position[np.maximum(regions, 0)], -1)
    counts = np.bincount(at[at >= 0], minlength=len(places)).astype(np.float64)
    outside = int((regions < 0).sum())
    unplaced = int((at < 0).sum()) - outside
    return Counted(counts, len(rows), unplaced, outside, rows, at, _notes(q, unplaced, outside))


def notes_in(known: Happenings, places: Places, q: Question, unit: int) -> tuple[Note, ...]:
    """Return the remarks of :func:`counted` for the events of one region (a row of the twin)."""
    found = counted(known, places, q)
    if not unit:  # the county
        return found.notes
    inside = places.twin.regions["path"].str.startswith(places.twin.path(unit)).to_numpy()
    regions = known.region[found.rows]
    here = (regions >= 0) & inside[np.maximum(regions, 0)]
    return _notes(q, int((here & (found.places < 0)).sum()), 0)


UNPLACED = {
    "cell": "Events known by village or township only: {n}. They count there, but in no cell.",
    "village": "Events known by township only: {n}. They count in no village.",
}
OUTSIDE = "Events outside the county, or nobody knows where: {n}. They count nowhere."


def _notes(q: Question, unplaced: int, outside: int) -> tuple[Note, ...]:
    found = []
    if unplaced:
        found.append(Note(UNPLACED[q.level], {"n": unplaced}))
    if outside:
        found.append(Note(OUTSIDE, {"n": outside}))
    return tuple(found)


# ---------------------------------------------------------------- steps of time


def frames(q: Question, step: str) -> tuple[tuple[dt.date, dt.date], ...]:
    """
    Return the parts of the period as (first, last) days, oldest first.

    "whole" is one part; "month" calendar months, the outer ones cut by the period; "week" seven
    days each, counted back from the last day, so that none is cut short: days before the first
    whole week are left out.

    Raises
    ------
    InputError
        For an unknown step, or more parts than a slider can hold.
    """
    if step not in STEPS:
        raise InputError("There is no step {step}.", step=step)
    if step == "whole":
        return ((q.first, q.last),)
    found = _months(q) if step == "month" else _weeks(q)
    if not found:
        raise InputError("The period is shorter than one step of the slider.")
    if len(found) > MOST_FRAMES:
        raise InputError(
            "The period has {n} steps; a slider holds {most}.", n=len(found), most=MOST_FRAMES
        )
    return tuple(found)


def _months(q: Question) -> list[tuple[dt.date, dt.date]]:
    found, begin = [], q.first
    while begin <= q.last:
        after = (begin.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        found.append((begin, min(after - dt.timedelta(days=1), q.last)))
        begin = after
    return found


def _weeks(q: Question) -> list[tuple[dt.date, dt.date]]:
    ends = [q.last - dt.timedelta(days=7 * k) for k in range(q.days // 7)]
    return [(end - dt.timedelta(days=6), end) for end in reversed(ends)]


def part(q: Question, days: tuple[dt.date, dt.date]) -> Question:
    """Return the question about one part of its period."""
    return Question(q.theme, q.level, *days)


def by_period(
    known: Happenings, places: Places, q: Question, step: str
) -> tuple[Floats, tuple[tuple[dt.date, dt.date], ...]]:
    """Return the events by place and part of the period, shape (n_places, n_parts)."""
    parts = frames(q, step)
    found = counted(known, places, q)
    day = known.time[found.rows].astype("datetime64[D]")
    ends = np.array([np.datetime64(last) for _, last in parts])
    at = np.searchsorted(ends, day)
    good = (found.places >= 0) & (at < len(parts)) & (day >= np.datetime64(parts[0][0]))
    counts = np.zeros((len(places), len(parts)))
    np.add.at(counts, (found.places[good], at[good]), 1.0)
    return counts, parts


def by_category(known: Happenings, found: Counted, where: NDArray[np.intp]) -> Mapping[str, int]:
    """Return how many of the counted events of some places are of each category, most first."""
    here = found.rows[np.isin(found.places, where)]
    counts = np.bincount(known.category[here], minlength=len(known.categories))
    order = np.argsort(-counts, kind="stable")
    return {known.categories[k]: int(counts[k]) for k in order if counts[k]}
