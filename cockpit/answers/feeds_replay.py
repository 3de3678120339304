"""A stored period as rows that can be sent again, and a store as something that takes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
from sqlalchemy import Engine, select

from cockpit.answers import feeds_sources, feeds_write
from cockpit.store import models as m
from cockpit.store.catalogue import table_of
from cockpit.store.sealed import Opener
from loaders.aliases import unit_of
from loaders.manifest import Manifest, read_manifest
from loaders.read import read_dataset
from loaders.table import ReadContext

_EVENT = ("channel", "category", "text", "lon", "lat", "status")
_PIECE = 50_000  # rows read from the store at once
_SHOWN = 10  # refusals that are printed


@dataclass(frozen=True, order=True)
class Row:
    """One row as a feed takes it; sorted by time, then kind, then key."""

    time: dt.datetime
    kind: str
    key: str
    fields: tuple[tuple[str, Any], ...]

    def moved(self, by: dt.timedelta, prefix: str) -> Row:
        """Return the row at another time; an event gets another id."""
        fields = dict(self.fields)
        for name in ("reported", "closed", "time"):
            if name in fields:
                moment = dt.datetime.fromisoformat(fields[name]) + by
                fields[name] = moment.isoformat()
        if self.kind == "events":
            fields["id"] = f"{prefix}{fields['id']}"
        return Row(self.time + by, self.kind, self.key, tuple(fields.items()))


def _row(kind: str, key: str, time: dt.datetime, fields: dict[str, Any]) -> Row:
    kept = {k: v for k, v in fields.items() if not (v is None or v == "" or v != v)}  # noqa: PLR0124
    return Row(time, kind, key, tuple(kept.items()))


def from_store(
    bind: Engine, kinds: Iterable[str], start: dt.datetime | None, end: dt.datetime | None
) -> list[Row]:
    """Return the stored events and readings from ``start`` to before ``end``, in order of time."""
    rows: list[Row] = []
    for kind in kinds:
        model, time = (m.Event, "reported") if kind == "events" else (m.Reading, "time")
        table = table_of(model)
        query = select(table)
        if start is not None:
            query = query.where(table.c[time] >= start)
        if end is not None:
            query = query.where(table.c[time] < end)
        with bind.connect() as connection:
            found = connection.execution_options(yield_per=_PIECE).execute(query).mappings()
            if kind == "readings":
                rows += [_stored_reading(one) for one in found]
                continue
            opener = Opener(connection)
            for several in found.partitions():
                ids = [one["id"] for one in several]
                texts = opener.texts(table.name, "text", ids, [one["text"] for one in several])
                rows += [
                    _stored_event({**one, "text": text})
                    for one, text in zip(several, texts, strict=True)
                ]
    return sorted(rows, key=lambda row: (row.time, row.kind, row.key))


def _stored_event(one: Any) -> Row:
    key = one["id"].removeprefix(f"{one['dataset_id']}:")
    fields = {"id": key, **{name: one[name] for name in _EVENT}}
    fields |= {"code": one["region_code"], "building": one["building_id"]}
    fields["reported"] = one["reported"].isoformat()
    fields["closed"] = one["closed"].isoformat() if one["closed"] else None
    return _row("events", one["id"], one["reported"], fields)


def _stored_reading(one: Any) -> Row:
    fields = {"sensor": one["sensor_id"], "time": one["time"].isoformat(), "value": one["value"]}
    return _row("readings", one["sensor_id"], one["time"], fields)


def from_files(
    path: Path, kinds: Iterable[str], start: dt.datetime | None, end: dt.datetime | None
) -> list[Row]:
    """
    Return the events and readings of a county's files, in order of time.

    Rows that a load would refuse for what they say themselves are left out.

    Raises
    ------
    ManifestError, DataFileError, AskFirst
        As loading these files would.
    """
    manifest = read_manifest(path)
    rows: list[Row] = []
    for kind in kinds:
        rows += _of_kind(manifest, kind)
    return sorted(
        (r for r in rows if (not start or r.time >= start) and (not end or r.time < end)),
        key=lambda row: (row.time, row.kind, row.key),
    )


def _of_kind(manifest: Manifest, kind: str) -> list[Row]:
    today = manifest.county.as_of or dt.date.today()
    context = ReadContext(box=manifest.county.box, today=today)
    rows: list[Row] = []
    for entry in manifest.dataset:
        if entry.kind != kind:
            continue
        loaded = read_dataset(entry, manifest, context=context)
        unit = entry.units.get("value", unit_of(loaded.matches.get("value", ""))[1])
        for one in _plain(loaded.table).to_dict("records"):
            rows.append(_file_event(one) if kind == "events" else _file_reading(one, unit))
    return rows


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose missing values are None."""
    plain = pd.DataFrame(table).astype(object)
    return plain.where(pd.notna(plain), None)


def _file_event(one: dict[str, Any]) -> Row:
    names = ("id", *_EVENT, "code", "building", "address")
    fields = {name: one.get(name) for name in names}
    for name in ("reported", "closed"):
        fields[name] = one[name].isoformat() if one.get(name) is not None else None
    return _row("events", str(one["id"]), one["reported"].to_pydatetime(), fields)


def _file_reading(one: dict[str, Any], unit: str) -> Row:
    fields = {
        "sensor": one["sensor"], "time": one["time"].isoformat(), "value": float(one["value"]),
        "unit": one.get("unit") or unit,
    }  # fmt: skip
    return _row("readings", str(one["sensor"]), one["time"].to_pydatetime(), fields)


# ---------------------------------------------------------------- where to


@dataclass
class Tally:
    """What happened to the rows that were sent."""

    sent: int = 0
    new: int = 0
    known: int = 0
    refused: int = 0
    marked: int = 0
    sentences: list[str] = field(default_factory=list)

    def add(self, new: int, known: int, refused: Sequence[str], marked: int) -> None:
        """Add one answer."""
        self.new, self.known = self.new + new, self.known + known
        self.refused, self.marked = self.refused + len(refused), self.marked + marked
        self.sentences += refused[: max(0, _SHOWN - len(self.sentences))]


class Target(Protocol):
    """Something that takes rows."""

    def send(self, feed: str, rows: Sequence[Mapping[str, Any]], tally: Tally) -> None:
        """Send rows to a feed and count what became of them."""

    def is_exercise(self, feed: str) -> bool:
        """Tell whether a feed is one of an exercise."""

    def close(self) -> None:
        """Let go of what was opened to send."""


class Store:
    """A store that rows go into without a server; feeds that it lacks are made."""

    def __init__(
        self, bind: Engine, feeds: Mapping[str, str], language: str, *, exercise: bool
    ) -> None:
        self._bind, self._language = bind, language
        there = {one.id for one in feeds_sources.sources(bind)}
        for kind, feed in feeds.items():
            if feed not in there:
                feeds_sources.add_source(feed, kind=kind, exercise=exercise, bind=bind)
        self._sources = {feed: feeds_sources.source_of(feed, bind) for feed in feeds.values()}

    def is_exercise(self, feed: str) -> bool:
        """Tell whether a feed is one of an exercise."""
        return self._sources[feed].exercise

    def close(self) -> None:
        """Close the connections to the store."""
        self._bind.dispose()

    def send(self, feed: str, rows: Sequence[Mapping[str, Any]], tally: Tally) -> None:
        """Store rows as the route would."""
        found = feeds_write.deliver(self._sources[feed], rows, self._bind)
        told = [
            f"{one.row_id}: {feeds_write.sentence(one.template, one.values, self._language)}"
            for one in found.refused
        ]
        tally.add(found.new, found.known, told, len(found.marked))
