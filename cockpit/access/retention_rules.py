"""Rules of how long data may be kept, and what has expired by them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, select

from cockpit.store import models as m
from cockpit.store.models_audit import RetentionRule
from loaders.manifest import LASTING, Dataset

DATED: Mapping[str, tuple[type[m.Base], str]] = {
    "events": (m.Event, "reported"),
    "readings": (m.Reading, "time"),
}
"""Kinds whose rows have a day of their own."""

OWN_DAYS: Mapping[str, int] = {
    "own:sessions": 90,
    "own:sign-ins": 30,
    "own:refusals": 30,
}
"""Days that the cockpit keeps its own: ended sessions, failed sign-ins, refused rows of feeds."""

OWN_TITLES: Mapping[str, str] = {
    "own:sessions": "Ended sessions",
    "own:sign-ins": "Failed sign-ins",
    "own:refusals": "Refused rows of live feeds",
}
"""Names (msgids)."""


@dataclass(frozen=True)
class Rule:
    """How long something may be kept; both empty: without end."""

    keep_days: int | None = None
    keep_until: dt.date | None = None
    source: str = ""  # "manifest", "rule", "built in"; "": nobody has said anything
    note: str = ""


@dataclass(frozen=True)
class Criteria:
    """Which rows are to go: a data set's, all or those before a time, loaded before another."""

    dataset: str
    before: dt.datetime | None = None  # local time of the data
    loaded_before: dt.datetime | None = None  # UTC


def own_rules(connection: Connection) -> dict[str, Rule]:
    """Return the rules that somebody has set, by subject."""
    if not inspect(connection).has_table(RetentionRule.__tablename__):
        return {}
    row = RetentionRule
    query = select(row.subject, row.keep_days, row.keep_until, row.note)
    return {row[0]: Rule(row[1], row[2], "rule", row[3]) for row in connection.execute(query)}


def rule_of(subject: str, own: Mapping[str, Rule], entry: Mapping[str, object] | None) -> Rule:
    """Return the rule of a data set: the one set, else the manifest's, else none."""
    if subject in own:
        return own[subject]
    if subject in OWN_DAYS:
        return Rule(OWN_DAYS[subject], None, "built in")
    days, until = (entry or {}).get("keep_days"), (entry or {}).get("keep_until")
    if days is None and until is None:
        return Rule()
    return Rule(
        int(str(days)) if days else None,
        dt.date.fromisoformat(str(until)) if until else None,
        "manifest",
    )


def last_day(date: dt.date, rule: Rule) -> dt.date | None:
    """Return the last day that a data set of a date may be kept; None: without end."""
    days = [rule.keep_until] if rule.keep_until else []
    if rule.keep_days is not None:
        days.append(date + dt.timedelta(days=rule.keep_days))
    return min(days, default=None)


def expired_of(
    subject: str, kind: str, date: dt.date, rule: Rule, today: dt.date
) -> Criteria | None:
    """
    Return what of a data set may be kept no longer; None: nothing, as far as its date tells.

    The last day itself is still within. Events and readings go each after its own day.
    """
    if kind in LASTING:
        return None
    if rule.keep_until is not None and today > rule.keep_until:
        return Criteria(subject)
    if rule.keep_days is None:
        return None
    if kind in DATED:
        first = today - dt.timedelta(days=rule.keep_days)
        return Criteria(subject, before=dt.datetime.combine(first, dt.time()))
    return Criteria(subject) if today > date + dt.timedelta(days=rule.keep_days) else None


def without_expired(
    connection: Connection, entries: Iterable[Dataset], today: dt.date
) -> tuple[Dataset, ...]:
    """Leave out the data sets of a manifest that may not be loaded any more."""
    own = own_rules(connection)
    left = []
    for entry in entries:
        said = {"keep_days": entry.keep_days, "keep_until": entry.keep_until}
        rule = rule_of(entry.id, own, said)
        gone = expired_of(entry.id, entry.kind, entry.date or today, rule, today)
        if gone is None or gone.before is not None:
            left.append(entry)
    return tuple(left)
