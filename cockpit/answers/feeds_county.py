"""What rows of a feed are held against: regions, sensors, the clock; read once a data version."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cockpit.settings import settings
from cockpit.store.catalogue import read_meta
from cockpit.store.live import context_of, for_kind, place_of
from cockpit.store.placing import Device, devices_of
from cockpit.store.rows import Place
from cockpit.store.session import data_version
from geodata.errors import DataFileError, InputError
from loaders.manifest import County, Dataset, Manifest
from loaders.table import ReadContext

_lock = threading.Lock()
_kept: dict[str, Known] = {}


@dataclass(frozen=True)
class Known:
    """The stored county as a feed sees it; what only events need is read with the first of them."""

    version: str
    county: County
    devices: dict[str, Device]
    bind: Engine

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
