"""The ledger of the privacy budget: what each release took, and what is left of the year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from cockpit.answers import release_spends
from cockpit.release import budget
from cockpit.settings import settings
from cockpit.store.models_release import MILLION, PrivacySpend, Release
from cockpit.store.session import require_table
from geodata.errors import InputError


@dataclass(frozen=True)
class Spend:
    """One line of the ledger."""

    seq: int
    year: int
    epsilon: Fraction
    release: str
    title: str
    title_en: str
    state: str
    at: dt.datetime  # UTC
    who: str


@dataclass(frozen=True)
class Budget:
    """The privacy budget of one year; ``spends`` are those of all years, the newest first."""

    year: int
    allowed: Fraction
    spends: tuple[Spend, ...]
    hard_stop: Fraction = budget.HARD_STOP
    forgotten: Mapping[int, Fraction] = field(default_factory=dict)
    """Year to the epsilon that the store, put back from a backup, knows nothing of."""

    @property
    def spent(self) -> Fraction:
        """Epsilon that the year's releases took, dropped and retracted ones too."""
        return self.years().get(self.year, Fraction(0))

    @property
    def left(self) -> Fraction:
        """Epsilon that can still be taken this year, 0 or more."""
        return max(Fraction(0), self.allowed - self.spent)

    def years(self) -> dict[int, Fraction]:
        """Return the epsilon spent in each year, the newest first."""
        sums = dict(self.forgotten)
        for spend in self.spends:
            sums[spend.year] = sums.get(spend.year, Fraction(0)) + spend.epsilon
        return dict(sorted(sums.items(), reverse=True))


def yearly() -> Fraction:
    """Return the epsilon a year that the county allows, never above the hard stop."""
    try:
        asked = Fraction(settings().privacy_budget)
    except (ValueError, ZeroDivisionError) as error:
        raise InputError(
            "COCKPIT_PRIVACY_BUDGET is {value}; expected a number from 0 to {most}.",
            value=settings().privacy_budget,
            most=budget.HARD_STOP,
        ) from error
    return min(max(asked, Fraction(0)), budget.HARD_STOP)


def budget_of(db: Session, county: str, *, now: dt.datetime) -> Budget:
    """Return the budget of the year of ``now`` (UTC) with everything spent so far."""
    require_table(db, PrivacySpend.__tablename__)
    query = (
        select(PrivacySpend, Release.title, Release.title_en, Release.state)
        .join(Release, Release.id == PrivacySpend.release_id)
        .where(PrivacySpend.county == county)
        .order_by(PrivacySpend.seq.desc())
    )
    spends = tuple(
        Spend(s.seq, s.year, Fraction(s.millionths, MILLION), s.release_id, title, title_en,
              state, s.at, s.who)
        for s, title, title_en, state in db.execute(query)
    )  # fmt: skip
    forgotten = release_spends.forgotten(db, county, _as_lines(county, spends))
    return Budget(now.year, yearly(), spends, forgotten=forgotten)


def _as_lines(county: str, spends: Iterable[Spend]) -> list[dict[str, Any]]:
    return [_line(county, s.epsilon, s.release, s.at) for s in spends]


def _line(county: str, epsilon: Fraction, release: str, at: dt.datetime) -> dict[str, Any]:
    """Return a spending as the second place has it."""
    return {"county": county, "year": at.year, "millionths": int(epsilon * MILLION),
            "release": release, "at": at.isoformat()}  # fmt: skip


def take(
    db: Session, county: str, epsilon: Fraction, *, release: str, who: str, at: dt.datetime
) -> None:
    """
    Take epsilon for a release in the caller's transaction, which holds the lock of the releases.

    Raises
    ------
    BudgetError
        If it is more than what is left of the year.
    InputError
        If it is no whole number of millionths above 0.
    """
    found = budget_of(db, county, now=at)
    require_left(found, epsilon)
    line = _line(county, epsilon, release, at)
    db.execute(
        insert(PrivacySpend).values(
            county=county, year=at.year, millionths=int(epsilon * MILLION), release_id=release,
            at=at, who=who,
        )
    )  # fmt: skip
    release_spends.note(db, line, _as_lines(county, found.spends))


def require_left(found: Budget, epsilon: Fraction) -> None:
    """Raise ``BudgetError`` unless the year has so much left; see ``take``."""
    if epsilon <= 0 or (epsilon * MILLION).denominator != 1:
        raise InputError(
            "Epsilon is {value}; expected a whole number of millionths above 0.",
            value=budget.written(epsilon),
        )
    if not found.allowed:
        raise budget.BudgetError("The county allows no noisy figures: its privacy budget is 0.")
    budget.take([found.spent] if found.spent else [], epsilon, yearly=found.allowed)
