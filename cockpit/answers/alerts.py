"""Early warning for pages, routes and commands: rules, open alerts, ledger, acts, trials."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from cockpit.access.classes import CLASSES, may_see
from cockpit.answers import (
    alert_acts,
    alert_check,
    alert_ledger,
    alert_new,
    alert_rules,
    alert_scores,
    alert_trial,
)
from cockpit.answers.alert_check import Checked
from cockpit.answers.alert_lasting import as_of
from cockpit.answers.alert_ledger import NoAlertError
from cockpit.answers.alert_own import with_own_limits
from cockpit.answers.alert_past import Past
from cockpit.answers.alert_rules import NoRuleError, StandingRule, class_of, classes_in
from cockpit.answers.alert_scores import RuleScore
from cockpit.answers.alert_series import Unusual
from cockpit.answers.alert_stories import Story, one_story, open_rules, stories
from cockpit.answers.alert_trial import Drawn, Tried
from cockpit.answers.alert_watch import Evaluated, data_now, evaluate, watch
from cockpit.answers.current import current_twin
from cockpit.answers.happenings import Happenings, current_happenings
from cockpit.store.models_live import Alert, AlertEntry
from cockpit.store.session import engine, has_table
from geodata.errors import CockpitError

__all__ = [
    "Checked", "Evaluated", "LedgerFilter", "LedgerPage", "NoAlertError", "NoRuleError",
    "NothingLoadedError", "RuleRefusedError", "StandingRule", "Story", "acknowledge", "add_rule",
    "escalate", "evaluate", "head_of_ledger", "judge", "ledger", "looked", "mute", "now",
    "open_alerts", "rules_in", "save_rule", "scores", "story_of", "switch_rule", "tried_series",
    "try_on_past", "unmute", "unusual_of", "verify_ledger", "watch",
]  # fmt: skip

MOST_ROWS = 100_000
"""Alerts in a downloaded ledger."""


class NothingLoadedError(CockpitError):
    """The store is empty."""


class RuleRefusedError(CockpitError):
    """The visitor's class does not reach what a rule reads."""


@dataclass(frozen=True)
class LedgerFilter:
    """Which alerts of the ledger somebody wants to see; empty takes all."""

    rule: str = ""
    peak: int = 0  # highest colour: 1 blue to 4 red; 0 all
    judged: str = ""  # yes, no (nobody has confirmed), or a verdict: true, false, unknown
    kind: str = ""  # threshold, aberration, fault


@dataclass(frozen=True)
class LedgerPage:
    """One page of the ledger, the newest alert first."""

    stories: tuple[Story, ...]
    total: int  # of the whole filter


def now() -> dt.datetime | None:
    """Return what counts as now in the data: local time; None without events and readings."""
    with Session(engine()) as db:
        return data_now(db, _happenings())


def _happenings() -> Happenings | None:
    """Return all events that rules read: those of an exercise too, which they are tried with."""
    return current_happenings(CLASSES[-1], exercises=True)


def looked() -> dt.datetime | None:
    """Return when the rules last read anything new (UTC); None: never."""
    with Session(engine()) as db:
        told = alert_ledger.note_of(db).get("looked")
    return dt.datetime.fromisoformat(told) if told else None


def rules_in(visitor: str) -> tuple[StandingRule, ...]:
    """Return the rules that a visitor may know of."""
    with Session(engine()) as db:
        return alert_rules.rules_in(db, visitor=visitor)


def open_alerts(visitor: str) -> tuple[Story, ...]:
    """Return what stands open now, the gravest first, faults of sensors last."""
    with Session(engine()) as db:
        found = stories(db, visitor, Alert.state == "open")
    if any(s.kind == "fault" for s in found):
        moment = now()
        found = tuple(as_of(s, moment) for s in found)
    return tuple(sorted(found, key=lambda s: (-s.level, s.muted_until is not None, s.rule.id)))


def story_of(visitor: str, alert: int) -> Story:
    """Return one alert; NoAlertError when there is none that the visitor may see."""
    with Session(engine()) as db:
        found = one_story(db, visitor, alert)
    return as_of(found, now()) if found.kind == "fault" else found


def ledger(
    visitor: str, wanted: LedgerFilter = LedgerFilter(), *, offset: int = 0, limit: int = MOST_ROWS
) -> LedgerPage:  # fmt: skip
    """Return a page of all alerts ever raised that fit, with their lines."""
    with Session(engine()) as db:
        if not has_table(db, Alert.__tablename__):
            return LedgerPage((), 0)
        where = _where(wanted)
        found = stories(db, visitor, *where, most=None if wanted.judged else offset + limit)
        if wanted.judged:
            found = tuple(s for s in found if _fits(s, wanted.judged))
            return LedgerPage(found[offset : offset + limit], len(found))
        rules = open_rules(db, visitor)
        count = select(func.count()).select_from(Alert).where(Alert.rule_id.in_(rules), *where)
        return LedgerPage(found[offset:], int(db.execute(count).scalar_one()))


def _where(wanted: LedgerFilter) -> list[Any]:
    where: list[Any] = []
    if wanted.rule:
        where.append(Alert.rule_id == wanted.rule)
    if wanted.kind:
        where.append(Alert.kind == wanted.kind)
    if wanted.peak:
        peak = (
            select(func.max(AlertEntry.level))
            .where(AlertEntry.alert_id == Alert.id)
            .correlate(Alert)
            .scalar_subquery()
        )
        where.append(peak == wanted.peak)
    if wanted.judged in ("yes", "true", "false"):  # spares reading those that nobody judged
        line = exists().where(AlertEntry.alert_id == Alert.id, AlertEntry.action == "judged")
        where.append(line)
    return where


def _fits(found: Story, judged: str) -> bool:
    if judged in ("yes", "no"):
        return found.judged == (judged == "yes")
    return found.verdict is not None and found.verdict.verdict == judged


# ---------------------------------------------------------------- acts


def _require(db: Session, visitor: str, alert: int) -> None:
    """Refuse an act on an alert that the visitor may not even see."""
    one_story(db, visitor, alert)


def acknowledge(alert: int, who: str, words: str = "", *, visitor: str) -> None:
    """Write down that somebody has seen an alert and sees to it."""
    with Session(engine()) as db:
        _require(db, visitor, alert)
        alert_acts.acknowledge(db, alert, who, words)


def mute(alert: int, who: str, words: str, *, hours: float, visitor: str) -> None:
    """Keep a rule quiet about an alert's subject for some hours; what it finds is recorded."""
    until = alert_ledger.utc_now() + dt.timedelta(hours=hours)
    with Session(engine()) as db:
        _require(db, visitor, alert)
        alert_acts.mute(db, alert, who, words, until=until)


def unmute(alert: int, who: str, words: str = "", *, visitor: str) -> None:
    """End the quiet about an alert's subject now."""
    with Session(engine()) as db:
        _require(db, visitor, alert)
        alert_acts.mute(db, alert, who, words, until=None)


def escalate(alert: int, who: str, words: str = "", *, to: str, visitor: str) -> None:
    """Pass an alert on to another person or role."""
    with Session(engine()) as db:
        _require(db, visitor, alert)
        alert_acts.escalate(db, alert, who, words, to=to)


def judge(
    alert: int,
    who: str,
    verdict: str,
    words: str = "",
    *,
    visitor: str,
    happened: dt.datetime | None = None,
) -> None:
    """Judge an alert true, false or unknown; see ``alert_acts.judge``."""
    moment = None if happened is None else now()
    with Session(engine()) as db:
        _require(db, visitor, alert)
        alert_acts.judge(db, alert, who, verdict, words, happened=happened, now=moment)


# ---------------------------------------------------------------- rules


def _require_open(db: Session, visitor: str, rule: StandingRule) -> None:
    if not may_see(visitor, class_of(rule, classes_in(db))):
        raise RuleRefusedError("The rule {title} reads what is not open to you.", title=rule.title)


def save_rule(rule: StandingRule, who: str, *, visitor: str) -> StandingRule:
    """Store a rule, new or changed; a changed one warns anew from now on."""
    moment = now()
    with Session(engine()) as db:
        _require_open(db, visitor, rule)
        ready = rule if moment is None else with_own_limits(db, rule, moment)
        return alert_rules.save_rule(db, ready, who=who, now=moment)


def add_rule(rule: StandingRule, who: str, *, visitor: str) -> StandingRule:
    """Store a new rule; RuleKnownError when there is one of its id, which stays as it is."""
    with Session(engine()) as db:
        alert_new.require_new(db, rule)
    return save_rule(rule, who, visitor=visitor)


def switch_rule(rule: str, who: str, *, on: bool, visitor: str) -> None:
    """Switch a rule on or off."""
    with Session(engine()) as db:
        alert_rules.rule_of(db, rule, visitor=visitor)
        alert_rules.switch_rule(db, rule, on=on, who=who)


def try_on_past(rule: StandingRule, *, visitor: str) -> Tried:
    """
    Return what a rule would have done in the past year, stored or not.

    Raises
    ------
    NothingLoadedError
        If there is no county, or neither events nor readings.
    RuleRefusedError
        If the visitor may not see what the rule reads.
    """
    county, happenings, moment = current_twin(), _happenings(), now()
    if county is None or moment is None:
        raise NothingLoadedError("There are no events and no readings yet.")
    with Session(engine()) as db:
        _require_open(db, visitor, rule)
        ready = with_own_limits(db, rule, moment)
        return alert_trial.try_on_past(db, ready, county, happenings, moment)


def tried_series(rule: StandingRule, subject: str, *, visitor: str) -> Drawn:
    """Return one subject's past year as a rule would have read it, for a chart."""
    county, happenings, moment = current_twin(), _happenings(), now()
    if county is None or moment is None:
        raise NothingLoadedError("There are no events and no readings yet.")
    with Session(engine()) as db:
        _require_open(db, visitor, rule)
        ready = with_own_limits(db, rule, moment, only=subject)
        return alert_trial.drawn(db, ready, subject, county, happenings, moment)


def unusual_of(rule: StandingRule, *, visitor: str) -> Unusual | None:
    """Return the days that a rule over aberrations compares; None without events."""
    county, happenings, moment = current_twin(), _happenings(), now()
    if county is None or happenings is None or moment is None:
        return None
    with Session(engine()) as db:
        _require_open(db, visitor, rule)
        return Past(db, rule, county, happenings, moment).unusual


# ---------------------------------------------------------------- the ledger as a whole


def scores(visitor: str) -> dict[str, RuleScore]:
    """Return precision and lead time of each rule, counted anew from the ledger."""
    with Session(engine()) as db:
        return alert_scores.scores(db, visitor)


def verify_ledger(*, head: tuple[int, str] | None = None) -> Checked:
    """Check every line of the ledger; see ``alert_check.verify_ledger``."""
    with Session(engine()) as db:
        return alert_check.verify_ledger(db, head=head)


def head_of_ledger() -> tuple[int, str]:
    """Return number and seal of the newest line, to be kept elsewhere; (0, "") when empty."""
    with Session(engine()) as db:
        if not has_table(db, AlertEntry.__tablename__):
            return 0, ""
        query = select(AlertEntry.seq, AlertEntry.hash).order_by(AlertEntry.seq.desc()).limit(1)
        row = db.execute(query).first()
    return (row.seq, row.hash) if row else (0, "")
