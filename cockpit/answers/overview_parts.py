"""What an overview consists of: headlines with their changes, villages, alerts, gaps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from cockpit.answers.alert_stories import Story
from cockpit.overview.lights import Light
from cockpit.overview.periods import Period

Gap = tuple[str, Mapping[str, object]]
"""What cannot be said and why: a sentence template and its values."""


@dataclass(frozen=True)
class Change:
    """
    A figure of now beside one of then.

    Of things that happen (``Headline.counted``) both are counts of whole days; of things that stand
    (open events, alerts) both are levels, and the days are those of the moments.
    """

    period: Period
    before: float | None  # None: no data for then
    now: float | None
    good: bool | None  # is the change good; None: neither, or no change
    start: dt.date  # of now
    end: dt.date
    before_start: dt.date
    before_end: dt.date

    @property
    def difference(self) -> float | None:
        """Return how much more it is now; None where one of both is not known."""
        return None if self.now is None or self.before is None else self.now - self.before


@dataclass(frozen=True)
class Headline:
    """One figure that a county is led by."""

    id: str
    title: str  # msgid
    unit: str  # msgid; "%" for shares, whose value is 0 to 100
    value: float | None
    decimals: int
    as_of: dt.datetime | dt.date | None
    data_class: str
    target: float | None = None
    target_words: str = ""  # msgid, or text as it stands: who has set the target
    light: Light = "none"
    changes: tuple[Change, ...] = ()
    trend: tuple[float, ...] = ()  # weekly, oldest first
    page: str = ""  # one click to the place
    query: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()  # ids of data sets
    counted: bool = False  # of a period; else as it stands
    definition: str = ""  # msgid: exactly what is counted
    note: Gap = ("", {})  # a sentence more: what the count before was, how many are beyond
    parts: tuple[tuple[str, float], ...] = ()  # (msgid, figure): what the value consists of
    first: dt.date | None = None  # day that its data begin with
    target_higher: bool | None = None

    def change(self, period: str) -> Change | None:
        """Return the change of a period; None for figures that are not followed by days."""
        return next((c for c in self.changes if c.period == period), None)


@dataclass(frozen=True)
class Reason:
    """Why a village needs attention: a sentence with its figures, and where to see it."""

    template: str  # msgid
    values: Mapping[str, object]  # names in Chinese; ``Named`` where there is an English one
    weight: float  # points
    page: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Attention:
    """A village that needs attention."""

    code: str
    name: str
    name_en: str
    township: str
    township_en: str
    score: float
    reasons: tuple[Reason, ...]  # the weightiest first
    lon: float | None
    lat: float | None


WAITING: Gap = (
    "Services: travel times are being worked out; they come in a moment.",
    {},
)
"""The gap that closes by itself."""


@dataclass(frozen=True)
class Overview:
    """What changed, what is open, and where to look first."""

    version: str
    as_of: dt.datetime
    data_class: str
    headlines: tuple[Headline, ...]
    villages: tuple[Attention, ...]  # five at most
    alerts: tuple[Story, ...]  # open and loud, the gravest first; faults of sensors are not here
    gaps: tuple[Gap, ...]
    faulty: frozenset[str] = frozenset()  # ids of sensors that cannot be trusted
    day: dt.date | None = None  # the newest whole day of the events

    @property
    def pending(self) -> bool:
        """True while a part is still being worked out in the background."""
        return WAITING in self.gaps

    def headline(self, name: str) -> Headline | None:
        """Return a headline by its id."""
        return next((h for h in self.headlines if h.id == name), None)
