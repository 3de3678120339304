"""What people do with alerts, each act a line of the ledger: acknowledge, mute, pass on, judge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.answers.alert_ledger import (
    Line,
    NoAlertError,
    append,
    entries,
    person,
    utc_now,
    words,
    writing,
)
from cockpit.answers.alert_record import IN_TIME
from cockpit.answers.alert_rules import StandingRule, rule_of
from cockpit.store.models_live import Alert
from cockpit.store.session import has_table
from geodata.errors import InputError

VERDICTS = ("true", "false", "unknown")
LONGEST_MUTE = dt.timedelta(days=31)
USUAL_WITHIN = dt.timedelta(days=7)
"""How far from an alert its harm may begin, for rules that name no harm to look for."""


def act(db: Session, alert: int, action: str, who: str, detail: Mapping[str, Any]) -> int:
    """Write one line about an alert, at its newest moment; return the line's number."""
    name = person(who)
    with writing(db):
        found = _alert(db, alert)
        last = entries(db, [alert])[-1]
        line = Line(alert, last.at, name, action, found.level, dict(detail))
        _write_down(db, alert, action, name)
        return append(db, [line])[0]


def _write_down(db: Session, alert: int, action: str, name: str) -> None:
    told = {"what": action, "name": name}
    audit.record(db, audit.actor(), "decide", f"alert {alert}", detail=told)


def _alert(db: Session, number: int) -> Alert:
    found = db.get(Alert, number) if has_table(db, Alert.__tablename__) else None
    if found is None:
        raise NoAlertError("There is no alert {id}.", id=number)
    return found


def acknowledge(db: Session, alert: int, who: str, said: str = "") -> int:
    """Write down that somebody has seen an alert and sees to it."""
    return act(db, alert, "acknowledged", who, {"words": words(said)})


def mute(db: Session, alert: int, who: str, said: str, *, until: dt.datetime | None) -> int:
    """
    Keep an alert's rule quiet about its subject until a moment (UTC); None: end that now.

    What the rule finds meanwhile is recorded all the same; it is neither passed on nor listed
    among the loud ones.
    """
    now = utc_now()
    if until is not None and not now < until <= now + LONGEST_MUTE:
        raise InputError(
            "Muted until {until} (UTC); expected within the next {days} days.",
            until=until.isoformat(" ", "minutes"), days=LONGEST_MUTE.days,
        )  # fmt: skip
    if until is not None and not words(said):
        raise InputError("Say why the alert is muted.")
    told = until.isoformat() if until is not None else None
    return act(db, alert, "muted", who, {"until": told, "words": words(said)})


def escalate(db: Session, alert: int, who: str, said: str, *, to: str) -> int:
    """Write down that somebody passed an alert on to another person or role."""
    return act(db, alert, "escalated", who, {"to": person(to), "words": words(said)})


def judge(
    db: Session,
    alert: int,
    who: str,
    verdict: str,
    said: str = "",
    *,
    happened: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> int:
    """
    Judge an alert true, false, or unknown; a later judgement stands in place of this one.

    ``happened`` is when what was warned of began (local time of the data), for the lead time. It
    lies within the hours that the rule names (or a week) before the alert opened, while it stood,
    or within as many after it ended, and not after ``now`` (local time of the data; None: the
    alert's newest moment). A judgement that confirms a proposal without saying so keeps the
    proposal's.
    """
    if verdict not in VERDICTS:
        raise InputError(
            "The judgement is {verdict}; expected one of {known}.",
            verdict=verdict[:20], known=", ".join(VERDICTS),
        )  # fmt: skip
    name, told = person(who), words(said)
    with writing(db):
        found = _alert(db, alert)
        lines = entries(db, [alert])
        if happened is not None:
            _require_possible(db, found, happened, lines[-1].at if now is None else now)
        proposed = [e for e in lines if e.action == "judged" and e.detail.get("proposal")]
        when = happened.isoformat() if happened is not None else None
        if when is None and proposed and proposed[-1].detail["verdict"] == verdict:
            when = proposed[-1].detail.get("happened")
        detail = {
            "verdict": verdict, "words": told, "proposal": False,
            "happened": when if verdict == "true" else None,
        }  # fmt: skip
        line = Line(alert, lines[-1].at, name, "judged", found.level, detail)
        _write_down(db, alert, f"judged {verdict}", name)
        return append(db, [line])[0]


def _require_possible(db: Session, alert: Alert, happened: dt.datetime, now: dt.datetime) -> None:
    """Refuse a time at which what an alert warned of cannot have begun."""
    told = {"id": alert.id, "time": _minute(happened)}
    if happened > now:
        raise InputError(
            "{time} is later than the newest data, which are of {now}.", now=_minute(now), **told
        )
    outcome = rule_of(db, alert.rule_id).outcome_for(alert.subject)
    within = USUAL_WITHIN if outcome is None else dt.timedelta(hours=outcome.within_hours)
    first, last = alert.opened - within, min((alert.closed or now) + within, now)
    if not first <= happened <= last:
        raise InputError(
            "{time} does not go with alert {id}: what it warned of can have begun between {first} "
            "and {last}.",
            first=_minute(first), last=_minute(last), **told,
        )  # fmt: skip


def _minute(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


# ---------------------------------------------------------------- by the clock


def muted_until(db: Session) -> dict[tuple[str, str], dt.datetime]:
    """Return until when (UTC) rules are quiet about a subject, also where that is over."""
    lines = entries(db, actions=("muted",))
    if not lines:
        return {}
    about = {
        number: (rule, subject)
        for number, rule, subject in db.execute(
            select(Alert.id, Alert.rule_id, Alert.subject).where(
                Alert.id.in_({e.alert_id for e in lines})
            )
        )
    }
    found: dict[tuple[str, str], dt.datetime] = {}
    for entry in lines:  # the newest line counts
        until = entry.detail.get("until")
        found.pop(about[entry.alert_id], None)
        if until is not None:
            found[about[entry.alert_id]] = dt.datetime.fromisoformat(until)
    return found


def escalate_due(
    db: Session, rules: Sequence[StandingRule], *, now: dt.datetime | None = None
) -> int:
    """
    Pass on every open alert that nobody has acknowledged for its rule's minutes; return how many.

    Counted from when the alert was written (UTC, ``now``: the clock), again from each raise. Only
    alerts that were given in time: nobody is called for what was found in old data.
    """
    moment = utc_now() if now is None else now
    ladder = {r.id: r.escalation for r in rules if r.escalation is not None}
    query = select(Alert.id, Alert.rule_id, Alert.subject).where(
        Alert.state == "open", Alert.rule_id.in_(ladder)
    )
    if not ladder or not db.execute(query.limit(1)).first():
        return 0
    with writing(db):
        quiet = muted_until(db)
        lines = []
        about = {row.id: row for row in db.execute(query)}
        for number, told in by_alert(entries(db, about)).items():
            row = about[number]
            until = quiet.get((row.rule_id, row.subject))
            step = ladder[row.rule_id]
            if step is None or (until is not None and moment < until):
                continue
            line = _due(number, told, step.minutes, step.to, moment)
            lines += [line] if line is not None else []
        append(db, lines, written=moment)
    return len(lines)


def by_alert(lines: Sequence[Any]) -> dict[int, list[Any]]:
    """Return lines of the ledger by alert, each in its order."""
    found: dict[int, list[Any]] = {}
    for line in lines:
        found.setdefault(line.alert_id, []).append(line)
    return found


def _due(
    alert: int, told: list[Any], minutes: float, to: tuple[str, ...], now: dt.datetime
) -> Line | None:
    """Return the line that passes an alert on; None when that is not due."""
    calls = [e for e in told if e.action in ("opened", "raised") and e.detail["found"] == IN_TIME]
    if not calls:
        return None
    since = [e for e in told if e.seq > calls[-1].seq]
    if any(e.action == "acknowledged" for e in since):
        return None
    step = sum(e.action == "escalated" for e in since)
    if step >= len(to) or now < calls[-1].written + dt.timedelta(minutes=minutes * (step + 1)):
        return None
    detail = {"to": to[step], "minutes": minutes * (step + 1), "words": ""}
    last = told[-1]
    return Line(alert, last.at, calls[-1].who, "escalated", calls[-1].level, detail)
