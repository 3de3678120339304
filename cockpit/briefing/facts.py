"""What one issue of a briefing knows: plain values without a language, kept as JSON."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter

from cockpit.locale import Named, translate
from cockpit.memo.content import Language

Kind = Literal["daily", "weekly"]
Light = Literal["good", "watch", "bad", "none"]
Period = Literal["day", "week", "year"]

KINDS: tuple[Kind, ...] = ("daily", "weekly")
LEADING: dict[Kind, Period] = {"daily": "day", "weekly": "week"}
"""The change that an issue speaks of first; the same time last year stands beside it."""


@dataclass(frozen=True)
class Both:
    """Words in both languages."""

    zh: str
    en: str

    @classmethod
    def of(cls, template: str, **values: object) -> Both:
        """Translate a sentence into both; values that are ``Both`` follow their language."""
        return cls(*(translate(template, lang, **_in(lang, values)) for lang in ("zh", "en")))

    def __getitem__(self, language: Language) -> str:
        return self.en if language == "en" else self.zh


def _in(language: str, values: dict[str, object]) -> dict[str, object]:
    told = {}
    for key, value in values.items():
        named = value.en if isinstance(value, Named) and language == "en" else value
        told[key] = getattr(value, language) if isinstance(value, Both) else named
    return told


NOTHING = Both("", "")


@dataclass(frozen=True)
class Move:
    """How a figure stood some time before."""

    period: Period
    before: float | None  # None: no data for then
    now: float | None
    good: bool | None  # whether the change is for the better; None: neither
    said_before: Both = NOTHING
    said_now: Both = NOTHING
    against: Both = NOTHING  # "+2 against the 7 days before", or that no data are there for then
    named: Both = NOTHING  # the figure with its period, "Events of the day"; nothing: its title
    when: Both = NOTHING  # what ``before`` is of: "the day before", "a week earlier"

    @property
    def difference(self) -> float | None:
        """Return now less before; None where either is not known."""
        if self.before is None or self.now is None:
            return None
        return self.now - self.before


@dataclass(frozen=True)
class Figure:
    """A headline figure with what it rests on."""

    id: str
    title: Both
    unit: Both
    value: float | None
    decimals: int
    said: Both  # with its unit, as page Overview shows it
    said_value: Both  # without its unit
    light: Light
    target: float | None
    said_target: Both  # with who has set it
    light_word: Both
    moves: tuple[Move, ...]
    trend: tuple[float, ...]  # weekly, oldest first
    sources: tuple[str, ...]  # data sets
    how: Both  # how it is computed
    as_of: dt.date | None

    def move(self, period: Period) -> Move | None:
        """Return a change, if the figure has one."""
        return next((move for move in self.moves if move.period == period), None)


@dataclass(frozen=True)
class Village:
    """A village that needs attention, and why."""

    code: str
    name: Both
    township: Both
    reasons: tuple[Both, ...]
    x: float | None  # metres in the county's system
    y: float | None


@dataclass(frozen=True)
class Warned:
    """An open alert and what is being done about it."""

    id: int
    level: int  # 1 to 4
    title: Both
    place: Both
    opened: dt.datetime  # local time of the data
    why: Both
    doing: Both
    x: float | None  # metres in the county's system
    y: float | None


@dataclass(frozen=True)
class Source:
    """A data set that figures come from."""

    id: str
    title: Both
    department: str
    as_of: dt.date | None


@dataclass(frozen=True)
class Printed:
    """A figure that the briefing prints, and what counting again gave."""

    id: str
    name: Both
    said: float
    found: float
    decimals: int
    sources: tuple[str, ...]
    how: Both


@dataclass(frozen=True)
class Facts:
    """One issue, whole; the same data give the same facts, whenever they are asked."""

    kind: Kind
    as_of: dt.datetime  # the newest moment of the data, local time
    county: Both
    county_code: str
    invented: bool
    review_number: str
    data_class: str
    version: str
    figures: tuple[Figure, ...]
    villages: tuple[Village, ...]
    alerts: tuple[Warned, ...]  # worst first
    sources: tuple[Source, ...]
    gaps: tuple[Both, ...]  # what cannot be said and why
    checked: tuple[Printed, ...]
    differences: tuple[Both, ...] = ()
    before: dt.date | None = None  # of the issue that it is compared with; None: the first
    others: tuple[Figure, ...] = ()  # figures with a target that have no box
    last_day: dt.date | None = None  # the newest whole day of the events; None: that of ``as_of``

    @property
    def number(self) -> str:
        """Return the issue's number: of the day in its year, or of the ISO week: "2025-365"."""
        if self.kind == "weekly":
            year, week, _ = self.as_of.isocalendar()
            return f"{year}-{week:02d}"
        return f"{self.as_of.year}-{self.as_of.timetuple().tm_yday:03d}"


@cache
def _adapter() -> TypeAdapter[Facts]:
    return TypeAdapter(Facts)


def as_plain(facts: Facts) -> dict[str, Any]:
    """Return facts as JSON values, to be kept."""
    plain: dict[str, Any] = _adapter().dump_python(facts, mode="json")
    return plain


def from_plain(plain: dict[str, Any]) -> Facts:
    """Return kept facts; pydantic's ``ValidationError`` for what never was an issue."""
    return _adapter().validate_python(plain)


def digest(facts: Facts) -> str:
    """
    Return the SHA-256 of what an issue tells: its figures, villages, alerts and their state.

    Not of its words: a sentence that is worded anew makes no other issue of it.
    """
    own = {
        "issue": [facts.county_code, facts.kind, f"{facts.as_of}", facts.data_class, facts.version],
        "figures": [[f.id, f.value, f.target] for f in facts.figures],
        "checked": [[p.id, p.said] for p in facts.checked],
        "villages": [v.code for v in facts.villages],
        "alerts": [[a.id, a.level, a.doing.zh] for a in facts.alerts],
    }
    text = json.dumps(own, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
