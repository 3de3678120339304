"""Alerts as their ledger tells them: what was raised, who answered, how it was judged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.alert_acts import by_alert, muted_until
from cockpit.answers.alert_ledger import MACHINE, Entry, NoAlertError, entries, utc_now
from cockpit.answers.alert_record import IN_TIME
from cockpit.answers.alert_rules import StandingRule, class_of, classes_in, rules_in
from cockpit.risk.why import Why
from cockpit.store.models_live import Alert
from cockpit.store.session import has_table


@dataclass(frozen=True)
class Verdict:
    """How an alert was judged."""

    verdict: str  # true, false, unknown
    who: str
    written: dt.datetime  # UTC
    words: str
    proposal: bool  # by the rule itself; nobody has confirmed it
    happened: dt.datetime | None  # local time of the data: when what was warned of began


@dataclass(frozen=True)
class Story:
    """One alert from its opening to now."""

    id: int
    rule: StandingRule
    kind: str  # threshold, aberration, fault
    subject: str  # id of a sensor or code of a region
    region_code: str | None
    lon: float | None
    lat: float | None
    opened: dt.datetime  # local time of the data
    written: dt.datetime  # UTC: when it was written down
    level: int  # now, 0 to 4
    peak: int  # the highest it had
    value: float | None  # of the newest change, in the rule's unit
    limit: float | None  # the threshold that its level passed
    why: Why
    changed: dt.datetime  # local time of the data, of the newest change of level
    closed: dt.datetime | None
    in_time: bool  # raised as the data came in; else found afterwards
    acknowledged: Entry | None  # the newest, unless the alert was raised since
    escalated: tuple[Entry, ...]
    muted_until: dt.datetime | None  # UTC; None: loud
    verdict: Verdict | None  # a person's, else the rule's proposal
    exercise: bool  # raised on what a feed brought to practise with
    lines: tuple[Entry, ...]

    @property
    def open(self) -> bool:
        """True while it stands."""
        return self.closed is None

    @property
    def judged(self) -> bool:
        """True when a person has judged it."""
        return self.verdict is not None and not self.verdict.proposal

    @property
    def lead_hours(self) -> float | None:
        """Hours from the opening to what was warned of; 0 when that had begun; None: not known."""
        if self.verdict is None or self.verdict.happened is None:
            return None
        return max((self.verdict.happened - self.opened).total_seconds() / 3600, 0.0)


def story(
    row: Alert, rule: StandingRule, lines: Sequence[Entry], muted: dt.datetime | None
) -> Story:
    """Return an alert with what its lines tell; they are in their order."""
    told = [e for e in lines if e.action in MACHINE]
    last = told[-1]
    # The end of an alert has no value worth telling beside the threshold that it passed.
    shown = next((e for e in reversed(told) if e.action != "closed"), last)
    limits = told[0].detail.get("limits") or [None] * 4
    why = shown.detail["why"]
    return Story(
        row.id, rule, row.kind, row.subject, row.region_code, row.lon, row.lat, row.opened,
        told[0].written, last.level, max(e.level for e in told), shown.detail["value"],
        limits[shown.level - 1] if shown.level else None,
        Why(why["template"], why["values"]), last.at,
        last.at if last.action == "closed" else None,
        told[0].detail["found"] == IN_TIME, _acknowledged(lines),
        tuple(e for e in lines if e.action == "escalated"), muted, verdict_of(lines),
        of_exercise(told[0]), tuple(lines),
    )  # fmt: skip


def of_exercise(opened: Entry) -> bool:
    """Tell whether the line that opened an alert says that it is one of an exercise."""
    return bool(opened.detail.get("exercise", False))


def _acknowledged(lines: Sequence[Entry]) -> Entry | None:
    calls = [e.seq for e in lines if e.action in ("opened", "raised")]
    after = [e for e in lines if e.action == "acknowledged" and e.seq > calls[-1]]
    return after[-1] if after else None


def verdict_of(lines: Sequence[Entry]) -> Verdict | None:
    """Return the judgement that counts: the newest of a person, else the newest proposal."""
    judged = [e for e in lines if e.action == "judged"]
    by_people = [e for e in judged if not e.detail["proposal"]]
    if not judged:
        return None
    entry = (by_people or judged)[-1]
    d = entry.detail
    happened = dt.datetime.fromisoformat(d["happened"]) if d.get("happened") else None
    return Verdict(
        d["verdict"], entry.who, entry.written, d.get("words", ""), bool(d["proposal"]), happened
    )


# ---------------------------------------------------------------- from the store


def open_rules(db: Session, visitor: str) -> dict[str, StandingRule]:
    """Return the rules that a visitor may know of, by id."""
    classes = classes_in(db)
    return {r.id: r for r in rules_in(db) if may_see(visitor, class_of(r, classes))}


def stories(db: Session, visitor: str, *where: Any, most: int | None = None) -> tuple[Story, ...]:
    """Return the alerts that a visitor may see and that fit, the newest first."""
    if not has_table(db, Alert.__tablename__):
        return ()
    rules = open_rules(db, visitor)
    query: Select[Alert] = (
        select(Alert)
        .where(Alert.rule_id.in_(rules), *where)
        .order_by(Alert.opened.desc(), Alert.id.desc())
    )
    rows = list(db.execute(query if most is None else query.limit(most)).scalars())
    return _told(db, rows, rules)


def _told(
    db: Session, rows: Sequence[Alert], rules: Mapping[str, StandingRule]
) -> tuple[Story, ...]:
    quiet, now = muted_until(db), utc_now()
    told = by_alert(entries(db, [row.id for row in rows]))
    found = []
    for row in rows:
        until = quiet.get((row.rule_id, row.subject))
        loud = until is None or until <= now
        found.append(story(row, rules[row.rule_id], told[row.id], None if loud else until))
    return tuple(found)


def one_story(db: Session, visitor: str, number: int) -> Story:
    """Return one alert; NoAlertError when there is none that the visitor may see."""
    found = stories(db, visitor, Alert.id == number)
    if not found:
        raise NoAlertError("There is no alert {id}.", id=number)
    return found[0]
