"""What rows of a feed are held against: regions, sensors, the clock; read once a data version."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from cockpit.settings import settings
from cockpit.store import models as m
from cockpit.store.catalogue import read_meta
from cockpit.store.live import context_of, for_kind, place_of
from cockpit.store.placing import Device, devices_of
from cockpit.store.rows import Place
from cockpit.store.session import data_version
from geodata.errors import DataFileError, InputError
from loaders.manifest import County, Dataset, Manifest
from loaders.sensor_kinds import kind_of
from loaders.table import ReadContext

LEAST_KNOWN = 30
"""Readings that a sensor must have before its own history says anything."""
_LAST_READINGS = 1_000
_OLD_SECONDS = 600.0
_SPREADS = 20.0
_lock = threading.Lock()
_kept: dict[str, Known] = {}


@dataclass(frozen=True)
class Usual:
    """What a sensor has shown, in its unit: beyond these a reading is taken but doubtful."""

    low: float  # lowest and highest of its readings
    high: float
    margin: float  # 20 times their spread

    def far(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which values lie too far off."""
        return np.asarray((values < self.low - self.margin) | (values > self.high + self.margin))


def usual(values: NDArray[np.float64]) -> Usual | None:
    """
    Return what is usual for a sensor; None with fewer than 30 readings or when all are the same.

    Readings of a fault must not make the next ones usual: the spread (standard deviation) is that
    of the middle 98 in 100, and readings more than 20 spreads off those do not count.
    """
    if len(values) < LEAST_KNOWN:
        return None
    low, high = np.quantile(values, [0.01, 0.99])
    margin = _SPREADS * float(values[(values >= low) & (values <= high)].std())
    if margin <= 0:
        return None
    near = values[(values >= low - margin) & (values <= high + margin)]
    return Usual(float(near.min()), float(near.max()), margin)


@dataclass(frozen=True)
class Known:
    """The stored county as a feed sees it; what only events need is read with the first of them."""

    version: str
    county: County
    devices: dict[str, Device]
    bind: Engine
    _usual: dict[str, tuple[float, Usual | None]] = field(default_factory=dict, repr=False)

    def usual(self, sensor: str) -> Usual | None:
        """Return what a sensor of a steady kind usually shows, as of the last ten minutes."""
        kept = self._usual.get(sensor)
        if kept is None or time.monotonic() - kept[0] > _OLD_SECONDS:
            found = usual(self._readings(sensor)) if self._steady(sensor) else None
            kept = self._usual[sensor] = (time.monotonic(), found)
        return kept[1]

    def _steady(self, sensor: str) -> bool:
        device = self.devices.get(sensor)
        kind = kind_of(device.kind) if device else None
        return kind is not None and kind.steady

    def _readings(self, sensor: str) -> NDArray[np.float64]:
        query = select(m.Reading.value).where(m.Reading.sensor_id == sensor)
        last = query.order_by(m.Reading.time.desc()).limit(_LAST_READINGS)
        with self.bind.connect() as connection:
            return np.array(connection.execute(last).scalars().all(), dtype=float)

    @cached_property
    def place(self) -> Place:
        """What places events: areas, buildings, names in addresses."""
        with self.bind.connect() as connection:
            place = place_of(connection, b"", self.county.name)
            return for_kind(connection, place, "events")

    @cached_property
    def context(self) -> ReadContext:
        """What checks of events know of the county; its day is that of reading."""
        with self.bind.connect() as connection:
            return context_of(connection, dt.date.today(), entry_of("feed", "events"))

    def manifest(self, entry: Dataset) -> Manifest:
        """Return the county's manifest with one data set."""
        return Manifest(county=self.county, dataset=(entry,), folder=Path())


def zone() -> ZoneInfo:
    """Return where the county's clocks are; InputError for a name that is no zone."""
    name = settings().timezone
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InputError(
            "COCKPIT_TIMEZONE is {name}; expected a zone such as Asia/Shanghai.", name=name
        ) from error


def clock() -> dt.datetime:
    """Return the county's local time."""
    return dt.datetime.now(zone()).replace(tzinfo=None)


def entry_of(dataset: str, kind: str) -> Dataset:
    """Return a data set that has no file."""
    return Dataset.model_validate({"id": dataset, "title": dataset, "kind": kind, "file": dataset})


def known(bind: Engine) -> Known:
    """
    Return what is known of the county; read anew after each load.

    Raises
    ------
    DataFileError
        If nothing is loaded.
    """
    with Session(bind) as db:
        version = data_version(db)
    key = f"{bind.url}#{version}"
    with _lock:
        if key in _kept:
            return _kept[key]
        found = _read(bind, version)
        for old in [k for k in _kept if k.startswith(f"{bind.url}#")]:
            del _kept[old]
        _kept[key] = found
        return found


def forget() -> None:
    """Drop what is kept: a test changed the store behind our back."""
    with _lock:
        _kept.clear()


def _read(bind: Engine, version: str) -> Known:
    with bind.connect() as connection:
        stored = read_meta(connection, "county")
        if not version or stored is None:
            raise DataFileError("Nothing is loaded yet; load a county first.")
        return Known(version, County.model_validate(stored), devices_of(connection), bind)
