"""A comparison on what is stored now: which data it needs, and what changes its address."""

from __future__ import annotations

import zlib

from sqlalchemy.orm import Session

from cockpit.answers.compare import (
    Asked,
    Compared,
    by_date,
    by_indicator,
    by_period,
    require,
)
from cockpit.answers.compare_scenarios import by_scenario
from cockpit.answers.current import current_twin
from cockpit.answers.happenings import current_happenings
from cockpit.answers.reach import current_reach
from cockpit.answers.twin import Twin
from cockpit.settings import settings
from cockpit.store.session import engine
from geodata.errors import InputError


def compared(asked: Asked, visitor: str) -> Compared:
    """
    Return a comparison on the county as it is stored now.

    Raises
    ------
    InputError
        If there is no such comparison, or nothing is stored.
    CockpitError
        As ``by_date``, ``by_period``, ``by_indicator`` and ``by_scenario``.
    """
    require(asked)
    small = settings().small_count
    if asked.kind == "events":
        known = current_happenings(visitor)
        if known is None:
            raise InputError("No county has been loaded yet.")
        return by_period(known, asked)
    county = _county()
    if asked.kind == "indicators":
        return by_indicator(county, asked, visitor=visitor, small_count=small)
    with Session(engine()) as db:
        if asked.kind == "dates":
            return by_date(db, county, asked, visitor=visitor, small_count=small)
        reach = current_reach(visitor)
        if reach is None:
            raise InputError("No county has been loaded yet.")
        return by_scenario(db, reach, asked, visitor=visitor)


def mark(kind: str, visitor: str) -> str:
    """Return what changes in an address when what it shows changes within a data version."""
    known = current_happenings(visitor) if kind == "events" else None
    return "0" if known is None else f"{zlib.crc32(known.version.encode()):08x}"


def _county() -> Twin:
    county = current_twin()
    if county is None:
        raise InputError("No county has been loaded yet.")
    return county
