"""Try a rule on the past before it is switched on; propose judgements by what then happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from cockpit.answers.alert_acts import by_alert
from cockpit.answers.alert_ledger import Line, append, entries, writing
from cockpit.answers.alert_past import Past
from cockpit.answers.alert_rules import StandingRule
from cockpit.answers.alert_series import Floats, Place, Times
from cockpit.answers.happenings import Happenings
from cockpit.answers.twin import Twin
from cockpit.risk.rules import Track, follow
from cockpit.risk.trial import (
    FALSE,
    TRUE,
    UNDECIDED,
    Outcome,
    Spans,
    Trial,
    alarms_of,
    episodes_of,
    judge,
    pooled,
    try_rule,
)
from cockpit.store.models_live import Alert, AlertEntry

_WORDS = {TRUE: "true", FALSE: "false", UNDECIDED: "unknown"}
_DAYS = 366
MOST_DRAWN = 3_000
"""Points of a chart: a longer series keeps the extreme of each stretch."""


@dataclass(frozen=True)
class WouldBe:
    """An alert that the rule would have raised."""

    subject: str
    begin: dt.datetime  # local time of the data
    end: dt.datetime | None
    peak: int
    value: float  # the most extreme it had, in the rule's unit
    verdict: str  # true, false, unknown; "" without an outcome to compare with


@dataclass(frozen=True)
class Tried:
    """What a rule would have done in the past year."""

    rule: StandingRule
    first: dt.datetime  # local time of the data
    last: dt.datetime
    trial: Trial | None  # None: the rule names no harm to compare with
    alarms: tuple[WouldBe, ...]  # the newest first
    places: dict[str, Place]

    def by_level(self) -> dict[int, int]:
        """Return how many of them reached each colour as their highest."""
        return {level: sum(a.peak == level for a in self.alarms) for level in (1, 2, 3, 4)}

    @property
    def noisiest(self) -> str:
        """Return the subject with the most alarms; "" without any."""
        names = [a.subject for a in self.alarms]
        return max(sorted(set(names)), key=names.count, default="")


@dataclass(frozen=True)
class Drawn:
    """One subject's past for a chart."""

    times: Times  # (n,) datetime64[s]
    values: Floats  # (n,) as the rule compares them
    level: NDArray[np.int8]  # (n,)
    thresholds: tuple[float | None, ...]  # blue to red, of this subject
    harm: Spans | None  # episodes of what the rule warns of


def try_on_past(
    db: Session,
    rule: StandingRule,
    county: Twin,
    happenings: Happenings | None,
    now: dt.datetime,
) -> Tried:
    """Let a rule read the past year anew, subject by subject, and judge what it would have said."""
    past = Past(db, rule, county, happenings, now)
    start = now - dt.timedelta(days=_DAYS)
    trials: list[Trial] = []
    alarms: list[WouldBe] = []
    for subject in past.subjects():
        mine, outcome = rule.rule_for(subject), rule.outcome_for(subject)
        times, values = past.read(subject, start)
        if not len(times) or mine is None:
            continue
        track = follow(mine, times, values)
        verdicts = None
        if outcome is not None:
            harm = past.harm(subject, start)
            one = try_rule(times, values, mine, outcome, harm=harm)
            trials.append(one)
            verdicts = one.judged[0].verdict
        alarms += _would_be(rule, subject, track, verdicts)
    alarms.sort(key=lambda a: (a.begin, a.subject), reverse=True)
    trial = pooled(trials) if rule.outcome is not None else None
    return Tried(rule, start, now, trial, tuple(alarms), past.places)


def _would_be(
    rule: StandingRule, subject: str, track: Track, verdicts: NDArray[np.int8] | None
) -> list[WouldBe]:
    spans = alarms_of(track)
    pick = np.max if rule.rule.above else np.min
    found = []
    for k, (begin, end) in enumerate(zip(spans.begin, spans.end, strict=True)):
        inside = (track.times >= begin) & (np.isnat(end) | (track.times < end))
        found.append(
            WouldBe(
                subject,
                begin.item(),
                None if np.isnat(end) else end.item(),
                int(track.level[inside].max()),
                float(pick(track.value[inside])),
                "" if verdicts is None else _WORDS[int(verdicts[k])],
            )
        )
    return found


def drawn(
    db: Session,
    rule: StandingRule,
    subject: str,
    county: Twin,
    happenings: Happenings | None,
    now: dt.datetime,
) -> Drawn:
    """Return one subject's past year as the rule would have read it, thinned for a chart."""
    past = Past(db, rule, county, happenings, now)
    start = now - dt.timedelta(days=_DAYS)
    mine, outcome = rule.rule_for(subject) or rule.rule, rule.outcome_for(subject)
    track = follow(mine, *past.read(subject, start))
    harm = None
    if outcome is not None:
        seen = follow(outcome.as_rule(), *past.harm(subject, start))
        harm = episodes_of(seen, outcome.merge_hours)
    kept = _thinned(track, above=mine.above)
    return Drawn(track.times[kept], track.value[kept], track.level[kept], mine.thresholds, harm)


def _thinned(track: Track, *, above: bool) -> NDArray[np.intp]:
    """Return which points to draw: of each stretch the extreme one."""
    n = len(track.seconds)
    if n <= MOST_DRAWN:
        return np.arange(n)
    stretch = np.arange(n) * MOST_DRAWN // n
    value = track.value if above else -track.value
    order = np.lexsort((-value, stretch))  # by stretch, the most extreme first
    first = np.unique(stretch[order], return_index=True)[1]
    return np.sort(order[first])


# ---------------------------------------------------------------- judgements to propose


def propose(
    db: Session,
    rules: Sequence[StandingRule],
    county: Twin,
    happenings: Happenings | None,
    now: dt.datetime,
) -> int:
    """
    Propose a judgement for each alert whose harm has had its time; return how many.

    What the rule names as harm is looked for in the hours after the alert. A proposal is a line of
    its own, by the rule; it counts as judged only when a person has said so.
    """
    lines: list[Line] = []
    for rule in rules:
        if rule.outcome is None:
            continue
        rows = _waiting(db, rule, rule.outcome, now)
        if rows:
            past = Past(db, rule, county, happenings, now)
            for subject in sorted({row.subject for row in rows}):
                of_it = [row for row in rows if row.subject == subject]
                outcome = rule.outcome_for(subject)
                if outcome is not None:
                    lines += _proposals(past, rule, outcome, subject, of_it)
    if not lines:
        return 0
    with writing(db):
        known = by_alert(entries(db, [line.alert_id for line in lines], actions=("judged",)))
        return len(append(db, [line for line in lines if line.alert_id not in known]))


def _waiting(db: Session, rule: StandingRule, outcome: Outcome, now: dt.datetime) -> list[Alert]:
    judged = exists().where(AlertEntry.alert_id == Alert.id, AlertEntry.action == "judged")
    query = (
        select(Alert)
        .where(
            Alert.rule_id == rule.id,
            Alert.opened <= now - dt.timedelta(hours=outcome.within_hours),
            ~judged,
        )
        .order_by(Alert.opened)
    )
    return list(db.execute(query).scalars())


def _proposals(
    past: Past, rule: StandingRule, outcome: Outcome, subject: str, rows: Sequence[Alert]
) -> list[Line]:
    # Early enough to see harm that was going on already, and what its window holds.
    before = outcome.window_hours + outcome.merge_hours + outcome.within_hours
    start = rows[0].opened - dt.timedelta(hours=before)
    seen = follow(outcome.as_rule(), *past.harm(subject, start))
    episodes = episodes_of(seen, outcome.merge_hours)
    closed = [np.datetime64("NaT", "s") if r.closed is None else np.datetime64(r.closed, "s")
              for r in rows]  # fmt: skip
    alarms = Spans(
        np.array([r.opened for r in rows], dtype="datetime64[s]"),
        np.array(closed, dtype="datetime64[s]"),
    )
    found = judge(alarms, episodes, within_hours=outcome.within_hours, watched=seen.times)
    lines = []
    for row, verdict, episode in zip(rows, found.verdict, found.episode, strict=True):
        happened = episodes.begin[episode].item().isoformat() if episode >= 0 else None
        detail = {
            "verdict": _WORDS[int(verdict)], "words": "", "proposal": True, "happened": happened,
        }  # fmt: skip
        lines.append(Line(row.id, row.opened, rule.id, "judged", row.level, detail))
    return lines
