"""How good warnings were: precision and lead time, counted anew from the ledger's lines."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy.orm import Session

from cockpit.answers.alert_acts import by_alert
from cockpit.answers.alert_ledger import Entry, entries
from cockpit.answers.alert_record import IN_TIME
from cockpit.answers.alert_stories import Verdict, of_exercise, open_rules, verdict_of

FEW_JUDGED = 20
"""With fewer judged alerts a precision says little, and the page says so."""

_Z = 1.959963984540054  # 95 %


@dataclass(frozen=True)
class Precision:
    """True alerts over those judged true or false."""

    true: int
    false: int
    unknown: int  # could not be told; in no share
    lead_hours: tuple[float, ...]  # of the true ones whose harm has a time; sorted

    @property
    def decided(self) -> int:
        """Alerts judged true or false."""
        return self.true + self.false

    @property
    def share(self) -> float:
        """0 to 1; NaN without any decided."""
        return self.true / self.decided if self.decided else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """
        Return where the share may lie (95 %), both NaN without any decided.

        Wilson's score interval, which also holds for few (Wilson 1927, JASA 22, 209-212).
        """
        return wilson(self.true, self.decided)

    @property
    def lead_median_hours(self) -> float:
        """Median lead time; NaN when none is known."""
        return median(self.lead_hours) if self.lead_hours else math.nan


@dataclass(frozen=True)
class RuleScore:
    """One rule's alerts and how they were judged; those of exercises are only counted apart."""

    rule: str
    alerts: int
    in_time: int  # raised as the data came in; the others were found afterwards
    faults: int  # sensors out of order, which are judged by nobody
    people: Precision  # judged by people
    proposed: Precision  # what the rule itself proposes for those that nobody has judged
    exercises: int = 0  # alerts raised to practise with; in no other figure


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share; both NaN for n = 0."""
    if n == 0:
        return math.nan, math.nan
    share, z2 = hits / n, _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # At the ends rounding must not push the share itself out of its range.
    return max(min(middle - half, share), 0.0), min(max(middle + half, share), 1.0)


def scores_of(lines: Iterable[Entry]) -> dict[str, RuleScore]:
    """
    Return each rule's score from lines of the ledger and nothing else.

    A later judgement of the same alert counts instead of an earlier one; a person's instead of the
    rule's own.
    """
    stories: dict[str, list[list[Entry]]] = {}
    for told in by_alert(list(lines)).values():
        opened = next((e for e in told if e.action == "opened"), None)
        if opened is not None:
            stories.setdefault(opened.detail["rule"], []).append(told)
    return {rule: _score(rule, told) for rule, told in sorted(stories.items())}


def _score(rule: str, alerts: Sequence[Sequence[Entry]]) -> RuleScore:
    every = [next(e for e in told if e.action == "opened") for told in alerts]
    alerts = [told for e, told in zip(every, alerts, strict=True) if not of_exercise(e)]
    opened = [e for e in every if not of_exercise(e)]
    judged = [
        (first.at, verdict)
        for first, told in zip(opened, alerts, strict=True)
        if (verdict := verdict_of(told)) is not None
    ]
    return RuleScore(
        rule,
        len(alerts),
        sum(e.detail["found"] == IN_TIME for e in opened),
        sum(e.detail["kind"] == "fault" for e in opened),
        _precision([(at, v) for at, v in judged if not v.proposal]),
        _precision([(at, v) for at, v in judged if v.proposal]),
        len(every) - len(opened),
    )


def _precision(judged: Sequence[tuple[dt.datetime, Verdict]]) -> Precision:
    def count(verdict: str) -> int:
        return sum(v.verdict == verdict for _, v in judged)

    leads = sorted(
        max((v.happened - opened).total_seconds() / 3600, 0.0)
        for opened, v in judged
        if v.verdict == "true" and v.happened is not None
    )
    return Precision(count("true"), count("false"), count("unknown"), tuple(leads))


def scores(db: Session, visitor: str) -> dict[str, RuleScore]:
    """Return the scores of the rules that a visitor may know of, by rule."""
    rules = open_rules(db, visitor)
    return {rule: score for rule, score in scores_of(entries(db)).items() if rule in rules}
