"""Headlines from events: reported, open, open beyond their time, appeals; each with its changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.answers.appeals import appeal_channels
from cockpit.answers.happenings import Happenings
from cockpit.answers.overview_parts import Change, Headline
from cockpit.overview.periods import (
    PERIODS,
    Period,
    count_in,
    moment_before,
    newest_whole_day,
    open_at,
    spans,
    weeks,
)
from cockpit.risk.themes import THEMES, themes_of
from cockpit.store.models import Event
from cockpit.store.session import engine

Times = NDArray[np.datetime64]
Flags = NDArray[np.bool_]

LATE_SHARE = 0.9
"""An event is beyond its time when nine of ten closed ones of its category took less."""
LATE_LEAST = 30
"""Closed events that a category needs before its usual time can be told."""
RUN_IN_DAYS = 28
"""What stood open in the first four weeks of the data is not told: what was reported before they
begin is missing from it."""
_PARTS = 3


@dataclass(frozen=True)
class Course:
    """
    The events of a unit with what became of them; arrays have one entry an event, by time.

    ``limit_s`` is how long an event of its category usually takes, in seconds; NaN: not known.
    """

    known: Happenings
    inside: Flags
    closed: Times  # datetime64[s]; NaT: nobody has closed it
    limit_s: NDArray[np.float64]
    now: dt.datetime  # of the newest event
    day: dt.date  # newest whole day
    first: dt.date  # day of the first event
    _sorted: dict[str, Times] = field(default_factory=dict, repr=False)

    def open_when(self, moment: dt.datetime) -> Flags:
        """Tell which of the unit's events stood open at a moment."""
        return self.inside & open_at(self.known.time, self.closed, np.datetime64(moment, "s"))

    def late_when(self, moment: dt.datetime) -> Flags:
        """Tell which of the unit's events stood open beyond their time at a moment."""
        age = (np.datetime64(moment, "s") - self.known.time) / np.timedelta64(1, "s")
        with np.errstate(invalid="ignore"):
            return np.asarray(self.open_when(moment) & (age > self.limit_s))


def course_of(known: Happenings, unit: int) -> Course | None:
    """Return the events of a unit (a row of the whole county); None when there are none at all."""
    if not len(known):
        return None
    newest: dt.datetime = known.last.astype("datetime64[s]").item()
    first: dt.date = known.first.astype("datetime64[D]").item()
    closed = _closed(known)
    return Course(
        known, inside_of(known, unit), closed, usual_seconds(known, closed), newest,
        newest_whole_day(newest), first,
    )  # fmt: skip


def inside_of(known: Happenings, unit: int) -> Flags:
    """Tell which events lie in a unit; in the county all do, those without a place as well."""
    if unit == 0:
        return np.ones(len(known), dtype=bool)
    paths = known.twin.regions["path"]
    within = np.append(paths.str.startswith(known.twin.path(unit)).to_numpy(dtype=bool), False)
    return np.asarray(within[known.region])


def _closed(known: Happenings) -> Times:
    """Return when each event was closed; NaT where it stands open."""
    with Session(engine()) as db:
        rows = db.execute(select(Event.id, Event.closed).where(Event.closed.is_not(None))).all()
    when = {row.id: row.closed for row in rows}
    found = np.array([when.get(key) for key in known.ids], dtype="datetime64[s]")
    # What happenings take for open is open here, so that both tell the same number.
    found[known.open] = np.datetime64("NaT")
    return found


def usual_seconds(known: Happenings, closed: Times) -> NDArray[np.float64]:
    """
    Return for each event how long nine of ten closed ones of its category took, in seconds.

    NaN where fewer than 30 of the category have been closed. Of n durations in order it is the one
    at place ``ceil(0.9 n)``: at least nine tenths took that long or less.
    """
    took = (closed - known.time) / np.timedelta64(1, "s")
    limits = np.full(len(known.categories), np.nan)
    for category in range(len(known.categories)):
        mine = took[(known.category == category) & ~np.isnat(closed)]
        if len(mine) >= LATE_LEAST:
            place = int(np.ceil(LATE_SHARE * len(mine) - 1e-9)) - 1
            limits[category] = np.sort(mine)[place]
    return limits[known.category]


# ---------------------------------------------------------------- headlines


def headlines(course: Course) -> tuple[Headline, ...]:
    """Return the headlines that events give."""
    known, everything = course.known, course.inside
    channels = appeal_channels(known.channels)
    appeals = everything & np.isin(known.channel, [known.channels.index(c) for c in channels])
    found = [
        _counted(
            course, everything, "events", "Events", True, "risk", {},
            "Events reported in seven days, of all channels.", _themes(course),
        ),
        _standing(
            course, course.open_when, "events_open", "Open events", "risk",
            {"level": "village"}, "Events that nobody has closed yet.",
        ),
        _standing(
            course, course.late_when, "events_late", "Open beyond their time", "risk",
            {"level": "village"},
            "Open events that are older than nine of ten closed ones of their category took.",
        ),
    ]  # fmt: skip
    if channels:
        found.append(
            _counted(
                course, appeals, "appeals", "Appeals", None, "appeals", {},
                "Appeals received in seven days: hotlines, letters and visits.", (),
            )
        )  # fmt: skip
    return tuple(found)


def _counted(
    course: Course, which: Flags, name: str, title: str, fewer_is_good: bool | None, page: str,
    query: Mapping[str, str], definition: str, parts: tuple[tuple[str, float], ...],
) -> Headline:  # fmt: skip
    times = course.known.time[which]
    changes = tuple(_count_change(course, times, p, fewer_is_good) for p in PERIODS)
    # Seven days may reach back behind the first day; then nobody knows how many there were.
    value = changes[PERIODS.index("week")].now
    trend = tuple(float(count_in(times, span)) for span in weeks(course.day, course.first))
    return Headline(
        name, title, "in 7 days", value, 0, course.day, course.known.data_class,
        changes=changes, trend=trend, page=page, query=query, sources=course.known.sources,
        counted=True, definition=definition, parts=parts, first=course.first,
    )  # fmt: skip


def _count_change(
    course: Course, times: Times, period: Period, fewer_is_good: bool | None
) -> Change:
    now, then = spans(course.day, period)
    a, b = (float(count_in(times, s)) if s.first >= course.first else None for s in (now, then))
    return Change(
        period, b, a, is_good(a, b, fewer_is_good), now.first, now.last, then.first, then.last
    )


def _standing(
    course: Course, which: Callable[[dt.datetime], Flags], name: str, title: str, page: str,
    query: Mapping[str, str], definition: str,
) -> Headline:  # fmt: skip
    def at(moment: dt.datetime) -> float | None:
        told = moment.date() >= course.first + dt.timedelta(days=RUN_IN_DAYS)
        return float(which(moment).sum()) if told or moment == course.now else None

    changes = standing_changes(course.now, at)
    moments = [course.now - dt.timedelta(days=7 * k) for k in range(12, -1, -1)]
    trend = tuple(v for v in map(at, moments) if v is not None)
    return Headline(
        name, title, "events", at(course.now), 0, course.now, course.known.data_class,
        changes=changes, trend=trend, page=page, query=query, sources=course.known.sources,
        definition=definition, first=course.first + dt.timedelta(days=RUN_IN_DAYS),
    )  # fmt: skip


def standing_changes(
    now: dt.datetime, at: Callable[[dt.datetime], float | None]
) -> tuple[Change, ...]:
    """Return the changes of a level, of which less is better, between now and then."""
    value, found = at(now), []
    for period in PERIODS:
        then = moment_before(now, period)
        before = at(then)
        good = is_good(value, before, True)
        day, old = now.date(), then.date()
        found.append(Change(period, before, value, good, day, day, old, old))
    return tuple(found)


def is_good(now: float | None, before: float | None, fewer_is_good: bool | None) -> bool | None:
    """Tell whether a change is good; None where nothing changed or nobody can say."""
    if fewer_is_good is None or now is None or before is None or now == before:
        return None
    return (now < before) == fewer_is_good


def _themes(course: Course) -> tuple[tuple[str, float], ...]:
    """Return the themes with most events of the last seven days, three at most."""
    known = course.known
    span, _ = spans(course.day, "week")
    lately = course.inside & known.between(span.start, span.end)
    theme = themes_of(known.categories)
    per = np.bincount(known.category[lately], minlength=len(known.categories))
    totals: dict[str, float] = {}
    for category, n in zip(known.categories, per.tolist(), strict=True):
        if theme[category] in THEMES and n:
            title = THEMES[theme[category]].title
            totals[title] = totals.get(title, 0.0) + n
    return tuple(sorted(totals.items(), key=lambda item: (-item[1], item[0]))[:_PARTS])
