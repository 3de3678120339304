"""A new rule: what a county can be warned of, and a rule from what somebody wrote down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import CLASSES, highest, may_see
from cockpit.answers.alert_rules import StandingRule, classes_in, rule_from
from cockpit.answers.current import current_twin
from cockpit.answers.happenings import current_happenings
from cockpit.answers.twin import LEVELS
from cockpit.indicators import INDICATORS, MEASURES
from cockpit.risk.themes import THEMES, themes_of
from cockpit.store.models import Sensor
from cockpit.store.models_live import AlertRule
from cockpit.store.session import engine, require_table
from geodata.errors import InputError

_NAMES = ("id", "title", "title_en", "subject")
_OF_THE_STORE = ("enabled", "changed", "changed_by", "each", "every", "begins")
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")
_PARTS: dict[str, tuple[str, ...]] = {
    "outcome": (
        "threshold", "aggregate", "window_hours", "within_hours", "above", "least", "apart_hours",
    ),
    "escalation": ("minutes", "to"),
}  # fmt: skip


class RuleKnownError(InputError):
    """There is a rule of that name already."""


@dataclass(frozen=True)
class Choices:
    """What a visitor's county can be warned of."""

    kinds: dict[str, str]  # kind of sensor -> unit
    sensors: dict[str, str]  # id -> kind
    themes: tuple[str, ...]  # ids, of those that any event belongs to
    categories: tuple[str, ...]
    indicators: tuple[str, ...]  # ids, of those whose data are loaded
    levels: tuple[str, ...]  # of regions

    def knows(self, subject: str) -> bool:
        """Tell whether a subject of a rule is something that this county has."""
        kind, _, about = subject.partition(":")
        known: dict[str, tuple[str, ...]] = {
            "sensor": (*self.kinds, *self.sensors),
            "events": (*self.themes, *self.categories),
            "indicator": self.indicators,
        }
        return about in known.get(kind, ())

    def unit_of(self, subject: str) -> str:
        """Return the unit of what a rule compares; "" for counts and for what is not known."""
        kind, _, about = subject.partition(":")
        if kind == "indicator":
            return INDICATORS[about].unit if about in INDICATORS else ""
        return self.kinds.get(self.sensors.get(about, about), "") if kind == "sensor" else ""


def choices(visitor: str) -> Choices:
    """Return what the county has that a visitor may see; nothing without a county."""
    county = current_twin()
    if county is None:
        return Choices({}, {}, (), (), (), ())
    with Session(engine()) as db:
        classes = classes_in(db)
        rows = db.execute(select(Sensor.id, Sensor.kind, Sensor.unit).order_by(Sensor.id)).all()
    if not may_see(visitor, classes["sensor"]):
        rows = []
    happenings = (
        current_happenings(CLASSES[-1], exercises=True)
        if may_see(visitor, classes["events"])
        else None
    )
    categories = tuple(sorted(happenings.categories)) if happenings is not None else ()
    told = set(themes_of(categories).values())
    return Choices(
        {kind: unit for _, kind, unit in rows},
        {sensor: kind for sensor, kind, _ in rows},
        tuple(theme for theme in THEMES if theme in told),
        categories,
        tuple(
            i.id
            for i in INDICATORS.values()
            if county.known(i)
            and may_see(
                visitor, highest([CLASSES[0], *(MEASURES[m].data_class for m in i.measures)])
            )
        ),
        tuple(level for level in LEVELS[:3] if level == LEVELS[0] or len(county.below(0, level))),
    )


def free_id() -> str:
    """Return an id that no rule has: own-1, own-2 and so on."""
    with Session(engine()) as db:
        require_table(db, AlertRule.__tablename__)
        known = set(db.execute(select(AlertRule.id)).scalars())
    return next(name for n in range(1, len(known) + 2) if (name := f"own-{n}") not in known)


def new_rule(plain: Mapping[str, Any], found: Choices) -> StandingRule:
    """
    Return a rule from what somebody wrote, in the form in which rules are printed as JSON.

    What belongs to the store (who changed it, thresholds of each sensor) is passed over.

    Parameters
    ----------
    plain
        ``title``, ``subject`` ("sensor:水位", "sensor:SW001", "events:fire", "indicator:people"),
        ``rule`` (``thresholds`` and what else :class:`cockpit.risk.rules.Rule` has) and, when
        wanted, ``id``, ``level``, ``method``, ``baseline``, ``own``, ``outcome``, ``escalation``,
        ``mute_hours``. Without an id it gets a free one, without a unit that of its subject.
    found
        What the county has; see :func:`choices`.

    Raises
    ------
    InputError
        If a part is of another kind than it should be, or the county has nothing of that name.
    """
    told = {name: value for name, value in plain.items() if name not in _OF_THE_STORE}
    names = {name: _text(name, told.pop(name, "")) for name in _NAMES}
    _check_parts(told)
    names["id"] = names["id"] or free_id()
    if not _ID.fullmatch(names["id"]):
        raise InputError(
            "{id} cannot name a rule; expected 1 to 48 of a-z, 0-9, - and _.", id=names["id"][:64]
        )
    told.setdefault("unit", found.unit_of(names["subject"]))
    rule = rule_from(told, **names)
    if not found.knows(rule.subject):
        raise InputError("The county has nothing to warn of called {name}.", name=rule.about[:64])
    if rule.level and rule.level not in found.levels:
        raise InputError("The county has no regions of the level {level}.", level=rule.level)
    return rule


def require_new(db: Session, rule: StandingRule) -> None:
    """Refuse an id that a rule has already: its alerts would be taken for the new one's."""
    require_table(db, AlertRule.__tablename__)
    if db.get(AlertRule, rule.id) is not None:
        raise RuleKnownError("There is a rule {id} already; give the new one another.", id=rule.id)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InputError("{name} of a rule is {value}; expected text.", name=name, value=value)
    return value.strip()


def _check_parts(told: Mapping[str, Any]) -> None:
    """Refuse parts that are no objects, or have names and values that nobody can read."""
    if not isinstance(told.get("rule"), Mapping):
        raise InputError("A rule needs four thresholds, blue to red; null for a colour not used.")
    for name in ("method", "level", "baseline", "unit", "source"):
        _text(name, told.get(name, ""))
    for name in ("own", "hourly"):
        if not isinstance(told.get(name, False), bool):
            raise InputError("{name} of a rule is {value}; expected true or false.",
                             name=name, value=told[name])  # fmt: skip
    for part, known in _PARTS.items():
        value = told.get(part)
        if value is not None and not (isinstance(value, Mapping) and set(value) <= set(known)):
            raise InputError("{name} of a rule needs some of {known}.",
                             name=part, known=", ".join(known))  # fmt: skip
    _check_numbers("outcome", told.get("outcome"), "threshold")
    _check_numbers("escalation", told.get("escalation"), "minutes")
    if told.get("escalation") is not None:
        to = told["escalation"].get("to")
        if not (isinstance(to, list | tuple) and all(isinstance(name, str) for name in to)):
            raise InputError("{name} of a rule needs some of {known}.",
                             name="escalation", known="minutes, to")  # fmt: skip


def _check_numbers(part: str, value: Mapping[str, Any] | None, needed: str) -> None:
    """Refuse what is no number where one belongs; ``needed`` must be there."""
    if value is None:
        return
    if value.get(needed) is None:
        raise InputError("{name} of a rule needs some of {known}.",
                         name=part, known=", ".join(_PARTS[part]))  # fmt: skip
    for name in ("threshold", "window_hours", "within_hours", "minutes", "least", "apart_hours"):
        number = value.get(name, 0)
        wrong = isinstance(number, bool) or not isinstance(number, int | float)
        if wrong and not (name == "apart_hours" and number is None):
            raise InputError(
                "{name} of a rule is {value}; expected a number of 0 or more.",
                name=f"{part}.{name}", value=number,
            )  # fmt: skip
