"""Words of the page Audit: acts, classes, times and faults in the visitor's language."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from cockpit.access.audit import ACTS
from cockpit.access.audit_verify import Fault
from cockpit.access.classes import TITLES
from cockpit.settings import settings
from cockpit.ui.words import language, say


def moment(time: dt.datetime | str) -> str:
    """Return a moment of UTC as the county's clocks show it, to the second."""
    given = dt.datetime.fromisoformat(time) if isinstance(time, str) else time
    utc = given.replace(tzinfo=dt.UTC)
    return f"{utc.astimezone(ZoneInfo(settings().timezone)):%Y-%m-%d %H:%M:%S}"


def today() -> dt.date:
    """Return the day that it is in the county."""
    return dt.datetime.now(ZoneInfo(settings().timezone)).date()


def as_utc(day: dt.date, *, end: bool = False) -> dt.datetime:
    """Return the moment of UTC at which a day of the county begins, or ends."""
    begins = dt.datetime.combine(day, dt.time(), ZoneInfo(settings().timezone))
    return (begins + dt.timedelta(days=1 if end else 0)).astimezone(dt.UTC).replace(tzinfo=None)


def act(name: str) -> str:
    """Return an act in words."""
    return say(ACTS.get(name, name))


def data_class(name: str) -> str:
    """Return a class in the visitor's language."""
    return name if language() == "zh" else say(TITLES[name])


def say_fault(fault: Fault) -> str:
    """Return what is wrong with the trail as a sentence."""
    return say(fault.template, **fault.values)
