"""The overview: what changed, what is open, and which villages need attention, kept by version."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import highest, may_see
from cockpit.answers import (
    feeds_county,
    overview_alerts,
    overview_events,
    overview_people,
    overview_services,
    overview_targets,
)
from cockpit.answers.alert_ledger import utc_now
from cockpit.answers.current import current_twin
from cockpit.answers.happenings import Happenings, current_happenings
from cockpit.answers.overview_events import Course, course_of
from cockpit.answers.overview_parts import (
    WAITING,
    Attention,
    Change,
    Gap,
    Headline,
    Overview,
    Reason,
)
from cockpit.answers.overview_services import Provided
from cockpit.answers.overview_villages import attention
from cockpit.answers.overview_words import (
    as_of,
    change_of,
    gap_of,
    light_of,
    mood_of,
    note_of,
    sentence_of,
    shown,
    target_of,
)
from cockpit.answers.twin import Twin
from cockpit.overview import lights
from cockpit.overview.lights import Light
from cockpit.settings import settings
from cockpit.store.models import Dataset
from cockpit.store.session import engine
from geodata.errors import CockpitError

__all__ = [
    "Attention", "Change", "Headline", "Light", "Overview", "Reason", "as_of", "change_of",
    "forget", "gap_of", "light_of", "mood_of", "note_of", "overview", "sentence_of", "shown",
    "target_of", "warm",
]  # fmt: skip

IDS = (
    "alerts", "events", "events_open", "events_late", *overview_services.titles(), "appeals",
    "residents", "aged",
)  # fmt: skip
"""Every headline there may be, in the order of the page; targets go by these names."""
_MOST_KEPT = 24
_QUIET = dt.timedelta(seconds=60)
"""An alert that was made quiet becomes loud by itself: looked at again after this time."""

_lock = threading.Lock()
_kept: OrderedDict[Any, tuple[Overview, dt.datetime | None]] = OrderedDict()
_courses: OrderedDict[Any, Course | None] = OrderedDict()


def overview(visitor: str, territory: str = "") -> Overview | None:
    """
    Return what the county, or a part of it, looks like today; None when nothing has been loaded.

    Worked out once for a version of the data, of the alerts and of the targets. What takes seconds
    (the check of the standards) comes from the background: until it is there, a gap says so.

    Parameters
    ----------
    visitor
        Highest data class that may be seen.
    territory
        Code of the region to tell of; "" for the county.

    Raises
    ------
    KeyError
        For a region that there is not.
    """
    county = current_twin()
    known = current_happenings(visitor)
    if county is None or known is None:
        return None
    unit = county.position(territory) if territory else 0
    work = overview_services.asked(county.version, visitor, unit)
    key = (
        known.version, visitor, unit, overview_alerts.state(), overview_targets.stamp(),
        work.done.is_set(),
    )  # fmt: skip
    with _lock:
        kept = _kept.get(key)
        if kept is not None and (kept[1] is None or utc_now() < kept[1]):
            _kept.move_to_end(key)
            return kept[0]
    made, again = _made(county, known, visitor, unit)
    with _lock:
        _kept[key] = made, again
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return made


def warm(visitor: str, patience_s: float = 120.0) -> Overview | None:
    """Work the overview out with all its parts: once at the start of a server."""
    county = current_twin()
    if county is not None:
        overview_services.asked(county.version, visitor, 0, patience_s=patience_s)
    return overview(visitor)


def forget() -> None:
    """Drop what is kept: a test changed the store behind our back."""
    with _lock:
        _kept.clear()
        _courses.clear()
    overview_services.forget()


def _made(
    county: Twin, known: Happenings, visitor: str, unit: int
) -> tuple[Overview, dt.datetime | None]:
    gaps: list[Gap] = []
    course = _course(known, unit)
    if course is None:
        gaps.append(("Events: none are stored that are open to you.", {}))
    alerts = overview_alerts.standing(county, visitor, unit)
    if alerts.headline is None:
        gaps.append(("Alerts: no rule of warning has been set up that you may see.", {}))
    served = _services(county, visitor, unit, gaps)
    people = overview_people.headlines(county, unit)
    if not people:
        gaps.append(("Residents: no count of people has been loaded.", {}))
    lines = [
        *([alerts.headline] if alerts.headline else []),
        *(overview_events.headlines(course) if course else ()),
        *served.headlines,
        *people,
    ]
    named = _named_to(visitor)
    seen = [
        replace(line, sources=tuple(s for s in line.sources if s in named))
        for line in lines
        if may_see(visitor, line.data_class)
    ]
    headlines = _with_targets(seen, gaps)
    villages = attention(
        county, unit, course, alerts.stories, served.beyond, small_count=settings().small_count
    )
    version = known.version if unit == 0 else f"{known.version}~{county.regions['code'].iat[unit]}"
    made = Overview(
        version, _moment(county, headlines), highest(h.data_class for h in headlines),
        headlines, villages, alerts.stories, tuple(gaps), alerts.faulty,
        None if course is None else course.day,
    )  # fmt: skip
    return made, utc_now() + _QUIET if alerts.muted else None


def _named_to(visitor: str) -> frozenset[str]:
    """Return the data sets whose names a visitor may read; a figure is made of these alone."""
    with Session(engine()) as db:
        found = db.execute(select(Dataset.id, Dataset.data_class)).all()
    return frozenset(name for name, its_class in found if may_see(visitor, its_class))


def _course(known: Happenings, unit: int) -> Course | None:
    key = (known.version, known.data_class, known.sources, unit)
    with _lock:
        if key in _courses:
            return _courses[key]
    made = course_of(known, unit)
    with _lock:
        _courses[key] = made
        while len(_courses) > _MOST_KEPT:
            _courses.popitem(last=False)
    return made


def _services(county: Twin, visitor: str, unit: int, gaps: list[Gap]) -> Provided:
    nothing = Provided((), ())
    work = overview_services.asked(county.version, visitor, unit)
    if not work.done.is_set():
        gaps.append(WAITING)
        return nothing
    try:
        found: Provided = work.result()
    except CockpitError as error:
        gaps.append((error.template, error.values))
        return nothing
    if found.missing:
        gaps.append(
            (
                "Services: {names} cannot be told: people, roads or facilities are missing.",
                {"names": found.missing},
            )
        )
    return found


def _with_targets(lines: list[Headline], gaps: list[Gap]) -> tuple[Headline, ...]:
    """Return headlines in their order, with the county's own targets instead of the usual ones."""
    told = overview_targets.read(IDS)
    gaps.extend(told.gaps)
    return tuple(
        _with_target(line, told.by_id) for line in sorted(lines, key=lambda h: IDS.index(h.id))
    )


def _with_target(line: Headline, targets: Mapping[str, lights.Target]) -> Headline:
    target = targets.get(line.id)
    if target is None:
        return line
    return replace(
        line, target=target.value, target_words=target.words, target_higher=target.higher,
        light=lights.light_of(line.value, target),
    )  # fmt: skip


def _moment(county: Twin, headlines: tuple[Headline, ...]) -> dt.datetime:
    """Return the newest moment that a headline tells of; without one the day of the residents."""
    found = [h.as_of for h in headlines if isinstance(h.as_of, dt.datetime)]
    if found:
        return max(found)
    if county.date is not None:
        return dt.datetime.combine(county.date, dt.time.min)
    return feeds_county.clock().replace(microsecond=0)
