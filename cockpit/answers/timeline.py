"""What the page Timeline shows: events, alerts, facilities and sensors on one clock."""

from __future__ import annotations

import datetime as dt
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from cockpit.access.classes import highest, may_see
from cockpit.answers.alert_ledger import MACHINE
from cockpit.answers.alert_stories import Story, stories
from cockpit.answers.alerts import head_of_ledger
from cockpit.answers.happenings import Happenings, current_happenings
from cockpit.answers.readings import Device, devices
from cockpit.answers.timeline_clock import (
    BEFORE,
    FOREVER,
    Minutes,
    Step,
    ends_after,
    minutes_since,
    moment_of,
    opened,
    standing,
    visible,
)
from cockpit.answers.twin import Twin
from cockpit.risk.themes import themes_in as known_themes
from cockpit.risk.themes import themes_of
from cockpit.store.models import Batch, Dataset, Event, Facility, Reading, Sensor
from cockpit.store.session import engine

FAULT = 5
"""Kind of an alert that tells that a sensor is out of order; 1 to 4 are the four colours."""
UNKNOWN, QUIET = 0, 1
"""States of a sensor; 2 to 5 are the four colours of what stands about it."""
SILENT_H = 24
"""Hours without a reading after which nobody knows what a sensor would say."""
REGION_LEVELS = ("township", "village")
CLASSES = 5

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Spans:
    """
    Things that last from a minute to another; all arrays have one entry a span.

    ``start`` and ``end`` are minutes since the origin, the end excluded; ``BEFORE`` and ``FOREVER``
    where it began earlier or goes on. ``kind`` is a theme's place in ``Timeline.themes``, the level
    of an alert, or 0. ``thing`` numbers what a span is a part of: an alert has one span a level.
    """

    start: Minutes
    end: Minutes
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    kind: Ints
    thing: Ints
    region: NDArray[np.intp]  # row of the county's table; -1: in none
    names: tuple[str, ...]
    subjects: tuple[str, ...] = ()  # of alerts: id of a sensor, or code of a region
    wrong: int = 0  # how many ended before they began

    def __len__(self) -> int:
        """Return how many spans there are."""
        return len(self.start)

    def only(self, which: NDArray[np.bool_]) -> Spans:
        """Return some of the spans."""
        keep = np.flatnonzero(which)
        return Spans(
            self.start[keep], self.end[keep], self.lon[keep], self.lat[keep], self.kind[keep],
            self.thing[keep], self.region[keep], tuple(self.names[k] for k in keep),
            tuple(self.subjects[k] for k in keep) if self.subjects else (),
        )  # fmt: skip


@dataclass(frozen=True)
class Counted:
    """What is true of a layer in one step."""

    visible: int  # things that stand at some time of the window
    opened: int  # things that begin in it
    standing: int  # things that stand in its last minute


@dataclass(frozen=True, eq=False)
class Timeline:
    """Everything that a visitor may see on the clock."""

    twin: Twin
    mark: str  # changes with events, alerts and data
    origin: dt.datetime  # midnight, local time of the data
    last_day: dt.date
    themes: tuple[str, ...]
    events: Spans
    alerts: Spans
    facilities: Spans
    sensors: tuple[Device, ...]
    happenings: Happenings
    data_class: str
    sources: tuple[str, ...]
    unplaced: int  # events without coordinates: in the figures, not on the map

    def events_of(self, themes: Sequence[str]) -> Spans:
        """Return the events of some themes."""
        wanted = [k for k, theme in enumerate(self.themes) if theme in themes]
        return self.events.only(np.isin(self.events.kind, wanted))

    def moment(self, minute: int) -> dt.datetime:
        """Return the moment of a minute of the clock."""
        return moment_of(self.origin, minute)

    def minute(self, moment: dt.datetime) -> int:
        """Return the minute of a moment."""
        return minutes_since(self.origin, moment)


def counted(spans: Spans, step: Step) -> Counted:
    """Count the things of a layer in a step; a thing with several spans counts once."""

    def things(which: NDArray[np.bool_]) -> int:
        return len(np.unique(spans.thing[which]))

    first = _first_spans(spans)
    return Counted(
        things(visible(spans.start, spans.end, step)),
        things(opened(spans.start, step) & first),
        things(standing(spans.start, spans.end, step.now)),
    )


def placed(spans: Spans, step: Step) -> int:
    """Return how many of the visible spans have a place on the map."""
    return int((visible(spans.start, spans.end, step) & ~np.isnan(spans.lon)).sum())


def _first_spans(spans: Spans) -> NDArray[np.bool_]:
    """Tell which span is the first of its thing."""
    order = np.lexsort((spans.start, spans.thing))
    first = np.zeros(len(spans), dtype=bool)
    if len(order):
        sorted_things = spans.thing[order]
        first[order[np.r_[True, sorted_things[1:] != sorted_things[:-1]]]] = True
    return first


def highest_kinds(spans: Spans, step: Step) -> dict[int, int]:
    """
    Return how many things a step shows by the highest level they have in it.

    A fault is no level: it counts only where a thing has no other span in the step.
    """
    which = visible(spans.start, spans.end, step)
    level: dict[int, int] = {}
    for thing, kind in zip(spans.thing[which].tolist(), spans.kind[which].tolist(), strict=True):
        level[thing] = max(level.get(thing, -1), -1 if kind == FAULT else kind)
    found: dict[int, int] = {}
    for top in level.values():
        kind = FAULT if top < 0 else top
        found[kind] = found.get(kind, 0) + 1
    return found


# ---------------------------------------------------------------- regions


def rows_of(twin: Twin, level: str) -> NDArray[np.intp]:
    """Return the regions of a level in the order in which a step sends their classes."""
    return twin.below(0, level)


def region_counts(timeline: Timeline, spans: Spans, level: str, step: Step) -> Ints:
    """Return how many of the events begin in each region of a level within a step."""
    rows = rows_of(timeline.twin, level)
    place = _places(timeline.twin, rows)[spans.region]
    there = opened(spans.start, step) & (place >= 0)
    return np.bincount(place[there], minlength=len(rows)).astype(np.int64)


def region_breaks(
    timeline: Timeline, spans: Spans, level: str, found: tuple[Step, ...], *, cumulative: bool
) -> tuple[int, ...]:
    """
    Return the upper limits of the classes of regions' counts: the same in every step.

    They rise by equal factors from 1 to the largest count that any step shows, so that few events
    are told apart as well as many. Without any event: no class.
    """
    rows = rows_of(timeline.twin, level)
    if cumulative:
        whole = Step(found[0].start, found[-1].end)
        counts = region_counts(timeline, spans, level, whole)
    else:
        place = _places(timeline.twin, rows)[spans.region]
        edges = np.array([found[0].start, *(step.end for step in found)])
        step_of = np.searchsorted(edges, spans.start, side="right") - 1
        there = (place >= 0) & (step_of >= 0) & (step_of < len(found))
        counts = np.bincount(step_of[there] * len(rows) + place[there])
    most = int(counts.max(initial=0))
    limits = {max(round(most ** (k / CLASSES)), 1) for k in range(1, CLASSES + 1)}
    return tuple(sorted(limits)) if most else ()


def _places(twin: Twin, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return for each region its ancestor's place in ``rows`` (-1: none), and -1 at the end."""
    parent = twin.regions["parent"].to_numpy()
    found = np.full(len(parent) + 1, -1, dtype=np.intp)
    found[rows] = np.arange(len(rows))
    for row in range(len(parent)):  # parents come before children
        if found[row] < 0 and parent[row] >= 0:
            found[row] = found[parent[row]]
    return found


# ---------------------------------------------------------------- sensors


def sensor_states(
    timeline: Timeline, minute: int, newest: dict[str, tuple[dt.datetime, float]]
) -> list[int]:
    """
    Return the state of each sensor at a minute: not known, quiet, or the colour that stands.

    ``newest`` are the last readings up to then. A sensor that is out of order, or has been silent
    for more than ``SILENT_H`` hours, is not known: it is never shown as safe.
    """
    alerts, states = timeline.alerts, []
    there = standing(alerts.start, alerts.end, minute)
    level: dict[str, int] = {}
    for k in np.flatnonzero(there):
        name, kind = alerts.subjects[k], int(alerts.kind[k])
        level[name] = FAULT if FAULT in (kind, level.get(name)) else max(level.get(name, 0), kind)
    limit = timeline.moment(minute) - dt.timedelta(hours=SILENT_H)
    for device in timeline.sensors:
        told = newest.get(device.id)
        if told is None or told[0] < limit or level.get(device.id) == FAULT:
            states.append(UNKNOWN)
        else:
            states.append(QUIET + level.get(device.id, 0))
    return states


def readings_at(visitor: str, moment: dt.datetime) -> dict[str, tuple[dt.datetime, float]]:
    """Return the last reading of every sensor at or before a moment, with its time."""
    with Session(engine()) as db:
        batches = [
            batch
            for batch, data_class in db.execute(
                select(Batch.id, Dataset.data_class)
                .join(Dataset, Dataset.id == Batch.dataset_id)
                .where(Dataset.kind == "readings")
            )
            if may_see(visitor, data_class)
        ]
        other = aliased(Reading)
        last = (  # a look into the index for each sensor, not a walk through all readings
            select(func.max(other.time))
            .where(other.sensor_id == Sensor.id, other.batch_id.in_(batches), other.time <= moment)
            .correlate(Sensor)
            .scalar_subquery()
        )
        query = select(Reading.sensor_id, Reading.time, Reading.value).join(
            Sensor, (Sensor.id == Reading.sensor_id) & (Reading.time == last)
        )
        return {row[0]: (row[1], float(row[2])) for row in db.execute(query)}


# ---------------------------------------------------------------- from the store

_lock = threading.Lock()
_kept: dict[tuple[str, str, str, int], Timeline] = {}
_MOST_KEPT = 4


def current_timeline(visitor: str) -> Timeline | None:
    """
    Return what is stored now and open to a visitor, on one clock; None when nothing has happened.

    Kept until events, alerts or data change: 12,000 events take about 0.3 s once.
    """
    known = current_happenings(visitor)
    if known is None:
        return None
    head = head_of_ledger()[0]
    key = (str(engine().url), known.version, visitor, head)
    with _lock:
        if key not in _kept:
            made = _timeline(known, visitor, head)
            if made is None:
                return None
            while len(_kept) >= _MOST_KEPT:
                _kept.pop(next(iter(_kept)))
            _kept[key] = made
        return _kept[key]


def _timeline(known: Happenings, visitor: str, head: int) -> Timeline | None:
    with Session(engine()) as db:
        told = [s for s in stories(db, visitor) if not s.exercise]
        first, last = _read_between(db, visitor)
        moments = [m for m in (first, last) if m is not None]
        moments += [
            t.astype("datetime64[s]").item() for t in (known.first, known.last) if len(known)
        ]
        moments += [m for s in told for m in (s.opened, s.closed or s.opened)]
        if not moments:
            return None
        origin = dt.datetime.combine(min(moments).date(), dt.time())
        themes = tuple(known_themes(known.categories))
        events = _events(db, known, themes, origin)
        facilities, facility_class = _facilities(db, known.twin, visitor, origin)
        classes = [known.data_class, *([facility_class] if len(facilities) else [])]
    mark = zlib.crc32(f"{known.version} {head}".encode())
    return Timeline(
        twin=known.twin,
        mark=f"{mark:08x}",
        origin=origin,
        last_day=max(moments).date(),
        themes=themes,
        events=events,
        alerts=_alerts(told, known.twin, origin),
        facilities=facilities,
        sensors=devices(visitor),
        happenings=known,
        data_class=highest(classes),
        sources=known.sources,
        unplaced=int(np.isnan(events.lon).sum()),
    )


def _read_between(db: Session, visitor: str) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Return when readings that are open to a visitor begin and end."""
    allowed = [
        batch
        for batch, data_class in db.execute(
            select(Batch.id, Dataset.data_class)
            .join(Dataset, Dataset.id == Batch.dataset_id)
            .where(Dataset.kind == "readings")
        )
        if may_see(visitor, data_class)
    ]
    query = select(func.min(Reading.time), func.max(Reading.time)).where(
        Reading.batch_id.in_(allowed)
    )
    first, last = db.execute(query).one()
    return first, last


def _minutes(times: NDArray[np.datetime64], origin: dt.datetime) -> Minutes:
    since = times.astype("datetime64[s]") - np.datetime64(origin, "s")
    return np.asarray(since // np.timedelta64(60, "s"), dtype=np.int64)


def _events(db: Session, known: Happenings, themes: tuple[str, ...], origin: dt.datetime) -> Spans:
    ended = select(Event.id, Event.closed).where(Event.closed.is_not(None))
    closed = {row[0]: row[1] for row in db.execute(ended)}
    start = _minutes(known.time, origin)
    end = np.full(len(known), FOREVER, dtype=np.int64)
    for k, (key, still) in enumerate(zip(known.ids, known.open, strict=True)):
        time = closed.get(key)
        if time is not None:
            end[k] = minutes_since(origin, time)
        elif not still:  # a feed closed it without telling when
            end[k] = start[k] + 1
    end, wrong = ends_after(start, end)
    of_category = themes_of(known.categories)
    theme = np.array([themes.index(of_category[c]) for c in known.categories], dtype=np.int64)
    return Spans(
        start, end, known.lon, known.lat,
        theme[known.category] if len(known) else np.zeros(0, dtype=np.int64),
        np.arange(len(known)), known.region,
        tuple(known.categories[c] for c in known.category.tolist()), wrong=wrong,
    )  # fmt: skip


def _alerts(told: Sequence[Story], twin: Twin, origin: dt.datetime) -> Spans:
    """Return alerts with one span for each level they had."""
    place: dict[str, int] = twin.regions.attrs["rows"]
    rows = []
    for story in told:
        lines = [e for e in story.lines if e.action in MACHINE]
        for k, line in enumerate(lines):
            if line.action == "closed" or line.level == 0:
                continue
            begin = minutes_since(origin, line.at)
            until = minutes_since(origin, lines[k + 1].at) if k + 1 < len(lines) else FOREVER
            kind = FAULT if story.kind == "fault" else line.level
            rows.append(
                (begin, until, story.lon, story.lat, kind, story.id,
                 place.get(story.region_code or "", -1), story.rule.title, story.subject)
            )  # fmt: skip
    # The graver lies on top of the lighter.
    rows.sort(key=lambda row: (row[4] % FAULT, row[0]))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 9
    start, end = (np.array(columns[n], dtype=np.int64) for n in (0, 1))
    end, wrong = ends_after(start, end)
    lon, lat = (np.array([np.nan if v is None else v for v in columns[n]], float) for n in (2, 3))
    return Spans(
        start, end, lon, lat, np.array(columns[4], dtype=np.int64),
        np.array(columns[5], dtype=np.int64), np.array(columns[6], dtype=np.intp),
        tuple(columns[7]), tuple(columns[8]), wrong,
    )  # fmt: skip


def _facilities(db: Session, twin: Twin, visitor: str, origin: dt.datetime) -> tuple[Spans, str]:
    """Return the facilities that say when they opened or closed, and the class of them all."""
    known = db.execute(select(Dataset.id, Dataset.data_class))
    classes = {row[0]: row[1] for row in known if may_see(visitor, row[1])}
    rows = db.execute(
        select(
            Facility.open_from, Facility.open_to, Facility.lon, Facility.lat, Facility.region_code,
            Facility.name, Facility.dataset_id,
        )
        .where(
            Facility.dataset_id.in_(classes),
            Facility.open_from.is_not(None) | Facility.open_to.is_not(None),
        )
        .order_by(Facility.id)
    ).all()  # fmt: skip
    place: dict[str, int] = twin.regions.attrs["rows"]
    start = np.array([_day(row[0], origin, 0, BEFORE) for row in rows], dtype=np.int64)
    end = np.array([_day(row[1], origin, 1, FOREVER) for row in rows], dtype=np.int64)
    end, wrong = ends_after(start, end)
    found = Spans(
        start, end,
        np.array([row[2] for row in rows], dtype=float),
        np.array([row[3] for row in rows], dtype=float),
        np.zeros(len(rows), dtype=np.int64), np.arange(len(rows)),
        np.array([place.get(row[4] or "", -1) for row in rows], dtype=np.intp),
        tuple(row[5] for row in rows), wrong=wrong,
    )  # fmt: skip
    return found, highest(classes[row[6]] for row in rows)


def _day(day: dt.date | None, origin: dt.datetime, later: int, missing: int) -> int:
    """Return the minute at which a day begins (or ends); what lies before the origin is so."""
    if day is None:
        return missing
    midnight = dt.datetime.combine(day + dt.timedelta(days=later), dt.time())
    return max(minutes_since(origin, midnight), BEFORE)
