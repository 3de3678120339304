"""The events that a visitor may see, as arrays; what live feeds bring is added, not read anew."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from cockpit.access.classes import highest, may_see
from cockpit.answers.current import current_twin
from cockpit.answers.twin import LEVELS, Twin
from cockpit.risk.themes import THEMES, themes_of
from cockpit.store.models import Batch, Dataset, Event
from cockpit.store.models_live import FeedDelivery, FeedRefusal, FeedSource
from cockpit.store.session import engine, require_table
from cockpit.store.settled import CLOSED, EXERCISE

Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class Happenings:
    """
    Events in the order of their times; all arrays have one entry an event.

    ``category`` and ``channel`` point into ``categories`` and ``channels``. ``region`` is the row
    (``Twin.regions``) of the deepest region known; -1 when it lies in none. Events without
    coordinates have NaN there.
    """

    version: str  # changes with every load and every live event
    twin: Twin
    ids: NDArray[np.object_]
    category: NDArray[np.int16]
    channel: NDArray[np.int16]
    time: Times  # datetime64[s], local time
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    region: NDArray[np.intp]
    open: NDArray[np.bool_]
    categories: tuple[str, ...]
    channels: tuple[str, ...]
    data_class: str  # highest of the sources
    sources: tuple[str, ...]  # ids of data sets
    _levels: dict[str, NDArray[np.intp]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Return how many events there are."""
        return len(self.ids)

    @property
    def first(self) -> np.datetime64:
        """Return the time of the first event; NaT without any."""
        return self.time[0] if len(self) else np.datetime64("NaT", "s")

    @property
    def last(self) -> np.datetime64:
        """Return the time of the newest event: what counts as now; NaT without any."""
        return self.time[-1] if len(self) else np.datetime64("NaT", "s")

    def of(self, what: str) -> NDArray[np.bool_]:
        """Tell which events belong to a theme (its id), or else to a category (its name)."""
        if what in THEMES or what == "other":
            theme = themes_of(self.categories)
            wanted = [k for k, name in enumerate(self.categories) if theme[name] == what]
        else:
            wanted = [k for k, name in enumerate(self.categories) if name == what]
        return np.isin(self.category, wanted)

    def between(self, start: np.datetime64, end: np.datetime64) -> NDArray[np.bool_]:
        """Tell which events lie in a period, its end excluded."""
        return np.asarray((self.time >= start) & (self.time < end))

    def at(self, level: str) -> NDArray[np.intp]:
        """Return the row of each event's region of a level; -1 where only a larger one is known."""
        if level not in self._levels:
            self._levels[level] = _ancestors(self.twin, level)[self.region]
        return self._levels[level]

    def counts(self, rows: NDArray[np.intp], which: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return how many of the chosen events lie in each region, all of one level, in order."""
        if not len(rows):
            return np.zeros(0, dtype=np.int64)
        at = self.at(str(self.twin.regions["level"].iat[int(rows[0])]))[which]
        return np.bincount(at[at >= 0], minlength=len(self.twin.regions))[rows]


def _ancestors(county: Twin, level: str) -> NDArray[np.intp]:
    """Return each region's ancestor of a level (-1: none), and a last entry -1 for no region."""
    levels = county.regions["level"].to_numpy()
    parent = county.regions["parent"].to_numpy()
    found = np.full(len(levels) + 1, -1, dtype=np.intp)
    for row in range(len(levels)):  # parents come before children
        if levels[row] == level:
            found[row] = row
        elif parent[row] >= 0 and LEVELS.index(levels[row]) > LEVELS.index(level):
            found[row] = found[parent[row]]
    return found


# ------------------------------------------------------------ what is kept


@dataclass(frozen=True)
class _Kept:
    happenings: Happenings
    seq: int  # last delivery of events that is in it
    deliveries: int  # how many there were: a source that is removed takes some away
    closed: int  # last delivery that closed stored events


_lock = threading.Lock()
_kept: dict[tuple[str, str, bool], _Kept] = {}


def current_happenings(visitor: str, *, exercises: bool = False) -> Happenings | None:
    """
    Return the events stored now that a visitor may see; None when nothing has been loaded.

    Events of an exercise never count. Only rules of warning ask for them as well: they are what an
    exercise is for, and its alerts are marked as such.

    100,000 events take about a second once; afterwards only what live feeds brought is read.
    """
    county = current_twin()
    if county is None:
        return None
    with _lock, Session(engine()) as db:
        require_table(db, FeedDelivery.__tablename__)
        key = (county.version, visitor, exercises)
        kept, now = _kept.get(key), _deliveries(db)
        if kept is not None and (kept.seq, kept.deliveries, kept.closed) == now:
            return kept.happenings
        brought = 0 if kept is None else _since(db, kept.seq)
        if kept is not None and kept.deliveries + brought == now[1]:
            made = _with(kept.happenings, _read(db, county, visitor, exercises, kept.seq), now)
        else:
            made = _read(db, county, visitor, exercises, None)
            made = replace(made, version=_version(county, now))
        if kept is not None and now[2] > kept.closed:
            made = _with_closed(db, made, kept.closed)
        for old in [k for k in _kept if k[0] != county.version]:
            del _kept[old]
        _kept[key] = _Kept(made, *now)
        return made


def forget() -> None:
    """Drop what is kept: a test changed the store behind our back."""
    with _lock:
        _kept.clear()


def _version(county: Twin, now: tuple[int, int, int]) -> str:
    closed = f".{now[2]}" if now[2] else ""
    return f"{county.version}.{now[0]}.{now[1]}{closed}"


def _of_events() -> Select[int, int]:
    return (
        select(func.coalesce(func.max(FeedDelivery.seq), 0), func.count())
        .join(FeedSource, FeedSource.id == FeedDelivery.source_id)
        .where(FeedSource.kind == "events", FeedDelivery.n_new > 0)
    )


def _deliveries(db: Session) -> tuple[int, int, int]:
    last, n = db.execute(_of_events()).one()
    closing = select(func.coalesce(func.max(FeedRefusal.delivery), 0)).where(
        FeedRefusal.template == CLOSED
    )
    return int(last), int(n), int(db.execute(closing).scalar_one())


def _with_closed(db: Session, made: Happenings, after: int) -> Happenings:
    """Take the mark of being open from events that deliveries after one closed."""
    closed = db.execute(
        select(FeedRefusal.row_id).where(
            FeedRefusal.template == CLOSED, FeedRefusal.delivery > after
        )
    ).scalars()
    gone = set(closed)
    still = np.fromiter((key not in gone for key in made.ids), dtype=np.bool_, count=len(made))
    return replace(made, open=made.open & still)


def _since(db: Session, seq: int) -> int:
    return int(db.execute(_of_events().where(FeedDelivery.seq > seq)).one()[1])


def _read(
    db: Session, county: Twin, visitor: str, exercises: bool, after: int | None
) -> Happenings:
    """Read all events, or those that deliveries after one brought."""
    batches = (
        select(Batch.id, Dataset.id, Dataset.data_class)
        .join(Dataset, Dataset.id == Batch.dataset_id)
        .where(Batch.id.in_(select(Event.batch_id).distinct()))
    )
    if not exercises:
        batches = batches.where(~Dataset.purpose.startswith(EXERCISE))
    classes = {b: (d, c) for b, d, c in db.execute(batches)}
    allowed = [b for b, (_, c) in classes.items() if may_see(visitor, c)]
    query = (
        select(
            Event.id, Event.category, Event.channel, Event.reported, Event.lon, Event.lat,
            Event.region_code, Event.closed.is_(None),
        )
        .where(Event.batch_id.in_(allowed))
        .order_by(Event.reported, Event.id)
    )  # fmt: skip
    rows = db.execute(query if after is None else query.where(Event.delivery > after)).all()
    columns = list(zip(*rows, strict=True)) if rows else [()] * 8
    category, categories = _coded(columns[1])
    channel, channels = _coded(columns[2])
    place = {code: row for row, code in enumerate(county.regions["code"])}
    return Happenings(
        version=county.version,
        twin=county,
        ids=_objects(columns[0]),
        category=category,
        channel=channel,
        time=np.array(columns[3], dtype="datetime64[s]"),
        lon=np.array(columns[4], dtype=np.float64),
        lat=np.array(columns[5], dtype=np.float64),
        region=np.array([place.get(code, -1) for code in columns[6]], dtype=np.intp),
        open=np.array(columns[7], dtype=np.bool_),
        categories=categories,
        channels=channels,
        data_class=highest(classes[b][1] for b in allowed),
        sources=tuple(sorted({classes[b][0] for b in allowed})),
    )


def _objects(values: Any) -> NDArray[np.object_]:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def _coded(names: Any) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    order = {name: k for k, name in enumerate(sorted(set(names)))}
    return np.array([order[name] for name in names], dtype=np.int16), tuple(order)


def _with(old: Happenings, new: Happenings, now: tuple[int, int, int]) -> Happenings:
    """Add events; a stable sort by time keeps old before new at the same second."""
    if not len(new):
        return replace(old, version=_version(old.twin, now))
    time = np.concatenate([old.time, new.time])
    order = np.argsort(time, kind="stable")

    def both(name: str) -> Any:
        return np.concatenate([getattr(old, name), getattr(new, name)])[order]

    category, categories = _merged(old.category, old.categories, new.category, new.categories)
    channel, channels = _merged(old.channel, old.channels, new.channel, new.channels)
    return Happenings(
        version=_version(old.twin, now),
        twin=old.twin,
        ids=both("ids"),
        category=category[order],
        channel=channel[order],
        time=time[order],
        lon=both("lon"),
        lat=both("lat"),
        region=both("region"),
        open=both("open"),
        categories=categories,
        channels=channels,
        data_class=highest((old.data_class, new.data_class)),
        sources=tuple(sorted({*old.sources, *new.sources})),
    )


def _merged(
    old: NDArray[np.int16], names: tuple[str, ...], new: NDArray[np.int16], added: tuple[str, ...]
) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    together = tuple(sorted({*names, *added}))
    place = {name: k for k, name in enumerate(together)}

    def moved(codes: NDArray[np.int16], of: tuple[str, ...]) -> NDArray[np.int16]:
        table = np.array([place[name] for name in of], dtype=np.int16)
        return table[codes] if len(codes) else codes

    return np.concatenate([moved(old, names), moved(new, added)]), together
