"""Rules of warning in the store: what they watch, when they warn, who is told, who changed them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.access.classes import CLASSES, highest, may_see
from cockpit.answers.alert_ledger import LONGEST_NAME, person, utc_now, writing
from cockpit.answers.twin import LEVELS as REGION_LEVELS
from cockpit.indicators import INDICATORS, MEASURES
from cockpit.risk.rules import Rule
from cockpit.risk.trial import Outcome
from cockpit.risk.usual_rules import at_interval
from cockpit.store.models import Batch, Dataset, Event, Sensor
from cockpit.store.models_live import AlertRule as Row
from cockpit.store.session import has_table
from geodata.errors import CockpitError, InputError

Method = Literal["threshold", "aberration", "health"]
METHODS: tuple[Method, ...] = ("threshold", "aberration", "health")
KINDS = ("sensor", "events", "indicator")
"""What a rule can watch: the word before the colon of its subject."""
EVERY = "*"
"""Subject of a rule over all sensors."""

BASELINES = ("C1", "C2", "C3", "seasonal", "cusum")
"""What a day's count is compared with."""

MOST_STEPS, LONGEST_MINUTES = 8, 7 * 24 * 60
LONGEST_MUTE_HOURS = 31 * 24


class NoRuleError(CockpitError):
    """There is no such rule."""


@dataclass(frozen=True)
class Escalation:
    """Who is told next when nobody has acknowledged an alert for some minutes."""

    minutes: float
    to: tuple[str, ...]  # persons or roles, one after another

    def __post_init__(self) -> None:
        if not (math.isfinite(self.minutes) and 0 < self.minutes <= LONGEST_MINUTES):
            raise InputError(
                "Escalation after {minutes} minutes; expected above 0, at most {most}.",
                minutes=self.minutes, most=LONGEST_MINUTES,
            )  # fmt: skip
        fits = all(0 < len(name) <= LONGEST_NAME and name.isprintable() for name in self.to)
        if not (0 < len(self.to) <= MOST_STEPS and fits):
            raise InputError(
                "Escalation needs 1 to {most} persons or roles, each of 1 to {length} characters.",
                most=MOST_STEPS, length=LONGEST_NAME,
            )  # fmt: skip


@dataclass(frozen=True)
class Own:
    """What a rule whose numbers are shares comes to for one sensor, from its own past."""

    thresholds: tuple[float | None, ...]  # blue to red, in the unit
    clear_margin: float
    harm: float | None  # threshold of the outcome


@dataclass(frozen=True)
class StandingRule:
    """
    A rule as it stands in the store.

    ``subject`` is "sensor:<kind>" (each sensor of the kind by itself), "sensor:<id>", "sensor:*",
    "events:<theme or category>" or "indicator:<id>"; the last two warn of regions of ``level``.

    With ``own`` the thresholds of ``rule`` and ``outcome`` are shares (0 to 1) of each sensor's own
    past, and ``each`` holds what they came to when the rule was stored; a sensor that is not in it
    is not judged.

    With ``hourly`` the counts of readings in a row and in a window are meant for one reading an
    hour, and ``every`` holds the usual hours between two readings of each sensor that keeps to
    another interval, as found when the rule was stored.
    """

    id: str
    title: str
    subject: str
    rule: Rule
    title_en: str = ""
    method: Method = "threshold"
    level: str = ""  # of regions: county, township, village; "" for sensors
    baseline: str = "C2"  # of aberrations
    unit: str = ""
    escalation: Escalation | None = None
    outcome: Outcome | None = None
    source: str = ""  # where the thresholds come from (English msgid)
    begins: dt.datetime | None = None  # local time of the data; None: a year before the newest
    own: bool = False
    each: Mapping[str, Own] = field(default_factory=dict)
    hourly: bool = False
    every: Mapping[str, float] = field(default_factory=dict)
    mute_hours: float = 8.0  # offered first when somebody mutes one of its alerts
    enabled: bool = True
    changed: dt.datetime = field(default_factory=utc_now)  # UTC
    changed_by: str = ""

    def __post_init__(self) -> None:
        kind, _, name = self.subject.partition(":")
        if kind not in KINDS or not name:
            raise InputError(
                "The subject of the rule is {subject}; expected sensor:, events: or indicator: and "
                "a name.",
                subject=self.subject[:80],
            )
        if self.method not in METHODS or self.baseline not in BASELINES:
            raise InputError("The rule {title} has an unknown method.", title=self.title)
        if kind == "sensor" and (self.level or self.method == "aberration"):
            raise InputError("A rule over sensors has no level of regions and no baseline.")
        if kind != "sensor" and self.level not in REGION_LEVELS[:3]:
            raise InputError(
                "The rule {title} warns of regions of a level; expected county, township or "
                "village.",
                title=self.title,
            )
        if kind == "indicator" and (name not in INDICATORS or self.method != "threshold"):
            raise InputError("There is no indicator {indicator}.", indicator=name[:40])
        if not (0 < len(self.title) <= LONGEST_NAME and self.title.isprintable()):
            raise InputError("Give the rule a title of 1 to {most} characters.", most=LONGEST_NAME)
        hours: object = self.mute_hours
        if not (isinstance(hours, int | float) and 0 < hours <= LONGEST_MUTE_HOURS):
            raise InputError(
                "Muting is offered for {hours} hours; expected above 0, at most {most}.",
                hours=hours, most=LONGEST_MUTE_HOURS,
            )  # fmt: skip
        if self.own:
            self._check_shares()

    def _check_shares(self) -> None:
        """Refuse shares of the past that are none: no sensor's own numbers follow from them."""
        shares = [*self.rule.thresholds, self.outcome.threshold if self.outcome else 0.5]
        if self.kind != "sensor" or not self.rule.above or not all(
            share is not None and 0 < share < 1 for share in shares
        ):  # fmt: skip
            raise InputError(
                "Shares of each sensor's own past are for high values of sensors: all four colours "
                "(and what is warned of) above 0 and below 1."
            )

    @property
    def kind(self) -> str:
        """What it watches: sensor, events or indicator."""
        return self.subject.partition(":")[0]

    @property
    def about(self) -> str:
        """Kind or id of sensors, theme or category of events, id of an indicator."""
        return self.subject.partition(":")[2]

    def rule_for(self, subject: str) -> Rule | None:
        """Return the rule in one subject's own numbers; None when it has none."""
        rule = self.rule
        if self.own:
            own = self.each.get(subject)
            if own is None:
                return None
            blue, yellow, orange, red = own.thresholds
            rule = replace(
                rule, thresholds=(blue, yellow, orange, red), clear_margin=own.clear_margin
            )
        every = self.every.get(subject) if self.hourly else None
        return rule if every is None else at_interval(rule, every)

    def outcome_for(self, subject: str) -> Outcome | None:
        """Return the outcome in one subject's own numbers; None when there is none."""
        if self.outcome is None or not self.own:
            return self.outcome
        own = self.each.get(subject)
        if own is None or own.harm is None:
            return None
        return replace(self.outcome, threshold=own.harm)

    def settings(self) -> dict[str, Any]:
        """Return all but names, subject and switch, as JSON knows it."""
        return {
            "rule": self.rule.to_plain(),
            "method": self.method,
            "level": self.level,
            "baseline": self.baseline,
            "unit": self.unit,
            "escalation": asdict(self.escalation) if self.escalation else None,
            "outcome": asdict(self.outcome) if self.outcome else None,
            "source": self.source,
            "begins": self.begins.isoformat() if self.begins else None,
            "own": self.own,
            "each": {sensor: asdict(own) for sensor, own in self.each.items()},
            "hourly": self.hourly,
            "every": dict(self.every),
            "mute_hours": self.mute_hours,
        }


def rule_from(settings: Mapping[str, Any], **names: Any) -> StandingRule:
    """Return a rule of ``settings`` and its columns; InputError for what is none."""
    known = {"rule", "method", "level", "baseline", "unit", "escalation", "outcome", "source",
             "begins", "own", "each", "hourly", "every", "mute_hours"}  # fmt: skip
    for name in settings.keys() - known:
        raise InputError(
            "A rule has no setting {name}; expected some of {known}.",
            name=name, known=", ".join(sorted(known)),
        )  # fmt: skip
    told = dict(settings)
    escalation, outcome, begins = (
        told.pop(name, None) for name in ("escalation", "outcome", "begins")
    )
    rule = Rule.from_plain(told.pop("rule", {}))
    each = {
        sensor: Own(tuple(own["thresholds"]), own["clear_margin"], own["harm"])
        for sensor, own in told.pop("each", {}).items()
    }
    return StandingRule(
        rule=rule,
        each=each,
        escalation=Escalation(escalation["minutes"], tuple(escalation["to"]))
        if escalation
        else None,
        outcome=Outcome(**outcome) if outcome else None,
        begins=dt.datetime.fromisoformat(begins) if begins else None,
        **told,
        **names,
    )


def _read(row: Row) -> StandingRule:
    return rule_from(
        row.settings, id=row.id, title=row.title, title_en=row.title_en, subject=row.subject,
        enabled=row.enabled, changed=row.changed, changed_by=row.changed_by,
    )  # fmt: skip


# ---------------------------------------------------------------- in the store


def rules_in(db: Session, *, visitor: str | None = None) -> tuple[StandingRule, ...]:
    """Return all rules that a visitor may know of (all when None), sensors first, by title."""
    if not has_table(db, Row.__tablename__):
        return ()
    found = [_read(row) for row in db.execute(select(Row)).scalars()]
    found.sort(key=lambda r: (KINDS.index(r.kind), r.subject, r.id))
    if visitor is None:
        return tuple(found)
    classes = classes_in(db)
    return tuple(r for r in found if may_see(visitor, class_of(r, classes)))


def rule_of(db: Session, id: str, *, visitor: str | None = None) -> StandingRule:  # noqa: A002
    """Return one rule; NoRuleError when there is none, or none that the visitor may know of."""
    for rule in rules_in(db, visitor=visitor):
        if rule.id == id:
            return rule
    raise NoRuleError("There is no rule {id}.", id=id[:64])


def save_rule(
    db: Session, rule: StandingRule, *, who: str, now: dt.datetime | None = None
) -> StandingRule:
    """
    Store a rule, new or in place of the one of the same id; commit and return it as stored.

    A new rule looks back over the past year, and what it finds is marked as found afterwards. One
    whose thresholds change warns by the new ones from ``now`` (local time of the data) on: what the
    old ones have warned of stays as it was.
    """
    name = person(who)
    with writing(db):
        before = db.get(Row, rule.id)
        begins = rule.begins
        if before is not None and _warns_otherwise(_read(before), rule):
            begins = now
        stored = replace(rule, begins=begins, changed=utc_now(), changed_by=name)
        values = {
            "title": stored.title, "title_en": stored.title_en, "subject": stored.subject,
            "settings": stored.settings(), "enabled": stored.enabled, "changed": stored.changed,
            "changed_by": name,
        }  # fmt: skip
        if before is None:
            db.execute(insert(Row).values(id=stored.id, **values))
        else:
            db.execute(update(Row).where(Row.id == stored.id).values(**values))
        audit.record(
            db, audit.actor(), "decide", f"rule {stored.id}",
            detail={"what": "changed" if before else "made", "settings": values["settings"]},
        )  # fmt: skip
    return stored


def _warns_otherwise(before: StandingRule, after: StandingRule) -> bool:
    told = ("subject", "rule", "method", "level", "baseline", "own", "hourly")
    return any(getattr(before, name) != getattr(after, name) for name in told)


def switch_rule(db: Session, id: str, *, on: bool, who: str) -> None:  # noqa: A002
    """Switch a rule on or off; it forgets nothing that it has warned of."""
    name = person(who)
    with writing(db):
        changed = update(Row).where(Row.id == id)
        values = {"enabled": on, "changed": utc_now(), "changed_by": name}
        if not db.execute(changed.values(**values)).rowcount:  # type: ignore[attr-defined]
            raise NoRuleError("There is no rule {id}.", id=id[:64])
        told = {"what": "switched on" if on else "switched off"}
        audit.record(db, audit.actor(), "decide", f"rule {id}", detail=told)


def add_missing(db: Session, rules: Sequence[StandingRule]) -> int:
    """Store those rules whose id is not there yet, inside ``writing``; return how many."""
    known = set(db.execute(select(Row.id)).scalars())
    rows = [
        {"id": r.id, "title": r.title, "title_en": r.title_en, "subject": r.subject,
         "settings": r.settings(), "enabled": r.enabled, "changed": r.changed,
         "changed_by": r.changed_by}
        for r in rules
        if r.id not in known
    ]  # fmt: skip
    if rows:
        db.execute(insert(Row), rows)
    return len(rows)


# ---------------------------------------------------------------- who may see it


def classes_in(db: Session) -> dict[str, str]:
    """Return the highest data class of what each kind of rule reads."""
    sensors = (
        select(Dataset.data_class)
        .join(Batch, Batch.dataset_id == Dataset.id)
        .join(Sensor, Sensor.batch_id == Batch.id)
    )
    readings = select(Dataset.data_class).where(Dataset.kind == "readings")
    events = select(Dataset.data_class).where(
        (Dataset.kind == "events") | Dataset.id.in_(select(Event.dataset_id))
    )
    return {
        "sensor": highest(
            [*db.execute(sensors.distinct()).scalars(), *db.execute(readings).scalars()]
        ),
        "events": highest(db.execute(events).scalars()),
    }


def class_of(rule: StandingRule, classes: Mapping[str, str]) -> str:
    """Return the data class of what a rule tells: that of the data it reads."""
    if rule.kind != "indicator":
        return classes[rule.kind]
    return highest([CLASSES[0], *(MEASURES[m].data_class for m in INDICATORS[rule.about].measures)])
