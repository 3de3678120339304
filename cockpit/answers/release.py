"""What the steward asks before and after a release: what to expect, make it, how good it became."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.access.visitor import NotAllowedError, Visitor
from cockpit.answers import release_again, release_budget, release_write
from cockpit.answers.release_store import (
    DRAFT,
    NOISY,
    SUPPRESSED,
    NoReleaseError,
    county_code,
    table_of,
)
from cockpit.answers.release_tables import Exact, TableKind, exact_of, table_kind
from cockpit.answers.release_write import Made
from cockpit.answers.twin import Twin
from cockpit.release import budget, utility
from cockpit.release.again import Earlier, suppress_again
from cockpit.release.margins import estimate_variance, margins
from cockpit.release.noise import epsilons, laplace_variance
from cockpit.release.offered import offers
from cockpit.release.release import release
from cockpit.release.suppress import Suppressed
from cockpit.release.tree import LEVELS
from cockpit.release.utility import LevelError
from cockpit.settings import settings
from cockpit.store.models_release import Release, ReleaseMargin
from geodata.errors import InputError

TOO_NOISY = "The noise would be larger than most figures."
NOT_ASKED = "The steward has chosen to stop above it."
TOTAL = ("total", "Total")
_OF_NORMAL = float(np.sqrt(2 / np.pi))  # mean of |x| over the standard deviation


@dataclass(frozen=True)
class Asked:
    """A release as the steward wants it; ``epsilon`` is ignored for figures without noise."""

    table: str
    lowest: str  # the lowest level to be released
    epsilon: Fraction = Fraction(0)


@dataclass(frozen=True)
class LevelPlan:
    """What to expect at one level, before anything is drawn or spent."""

    level: str
    figures: int
    epsilon: Fraction
    margin: int  # ± within which 95 of 100 figures will lie
    mean: float  # expected mean error
    trivial: float  # mean error when each region gets its parent's figure by its area
    told: float  # share of the people in figures above their margin, 0 to 1
    offered: bool


@dataclass(frozen=True)
class GapPlan:
    """How much would be hidden at one level of a table without noise."""

    level: str
    figures: int  # above 0
    small: int  # hidden because they are small
    hidden: int  # hidden in all


def steward(visitor: Visitor | str) -> None:
    """
    Raise ``NotAllowedError`` unless somebody may see exact figures and release them.

    The command line gives a name: whoever has the store's file has its data.
    """
    if isinstance(visitor, str):
        return
    visitor.require("release")
    if not visitor.whole_county or not may_see(visitor.data_class, "备用"):
        raise NotAllowedError("Your account is not allowed to do this.")


def epsilon_from(text: str) -> Fraction:
    """Return an epsilon as typed; ``InputError`` when it is none, or finer than a millionth."""
    exact = budget.epsilon_of(text.strip())
    if (exact * 1_000_000).denominator != 1:
        raise InputError(
            "Epsilon is {value}; expected a whole number of millionths above 0.", value=text[:20]
        )
    return exact


# ---------------------------------------------------------------- before


def expected(exact: Exact, asked: Asked, area: NDArray[np.float64] | None) -> list[LevelPlan]:
    """
    Return what noise to expect, level by level: from the tree and epsilon alone, nothing is drawn.

    For the steward: the share told and the trivial estimate are held against the exact counts.
    """
    chosen = exact.down_to(asked.lowest)
    tree, figures = chosen.tree, chosen.figures
    scale = np.array([float(1 / e) for e in epsilons(tree, asked.epsilon)])
    wide = margins(tree, scale, figures.shape[1])
    spread = np.sqrt(estimate_variance(tree, laplace_variance(scale)))
    found = offers(figures, wide, tree)
    errors = utility.preview(figures, figures, tree, area=_area(area, chosen))
    parts = split_of(chosen, asked.epsilon)
    plans = []
    for offer, error in zip(found, errors, strict=True):
        level = LEVELS.index(offer.level)
        rows = tree.at_level(level)
        plans.append(
            LevelPlan(
                offer.level, len(rows), parts[offer.level], int(wide[level].max()),
                float(spread[rows].mean()) * _OF_NORMAL, error.spread_mean, offer.told,
                offer.offered,
            )
        )  # fmt: skip
    return plans


def gaps(exact: Exact, asked: Asked, before: Iterable[Earlier] = ()) -> list[GapPlan]:
    """
    Return how many figures of a table without noise would be hidden, level by level.

    ``before``: what is public of the same things (``beside``); ``InputError`` as in ``make``.
    """
    chosen = exact.down_to(asked.lowest)
    found, figures = _suppressed(chosen, before), chosen.figures
    small = (figures > 0) & (figures < settings().small_count)
    plans = []
    for level in chosen.levels():
        rows = chosen.tree.at_level(LEVELS.index(level))
        hidden = found.hidden[rows][:, : figures.shape[1]]
        plans.append(
            GapPlan(
                level, int((figures[rows] > 0).sum()), int(small[rows].sum()), int(hidden.sum())
            )
        )
    return plans


def split_of(exact: Exact, epsilon: Fraction) -> dict[str, Fraction]:
    """Return the epsilon of each level that there is."""
    levels = [LEVELS.index(level) for level in exact.levels()]
    parts = budget.split(epsilon, levels=max(levels) + 1)
    return {LEVELS[k]: parts[k] for k in levels}


def _area(area: NDArray[np.float64] | None, exact: Exact) -> NDArray[np.float64] | None:
    return None if area is None else area[exact.rows]


def area_of(county: Twin) -> NDArray[np.float64]:
    """Return the area of every region, km²; what is not known counts as 0."""
    return np.nan_to_num(county.measures["area_km2"])


# ---------------------------------------------------------------- making


def make(
    db: Session, county: Twin, asked: Asked, *, reason: str, who: Visitor | str, note: str = ""
) -> str:
    """
    Draw and store the figures of a release once, as a draft; return its id.

    This is where epsilon is spent: in the transaction that stores the figures. Looking at the draft
    draws nothing more, and discarding it gives nothing back.

    Raises
    ------
    NotAllowedError
        If the visitor is no steward.
    BudgetError
        If the year has not so much left.
    InputError
        If a level or a table does not exist, no level would be offered, nobody said why, or
        figures without noise would tell single cases beside those that are public already.
    """
    steward(who)
    kind = table_kind(county, asked.table)
    exact = exact_of(db, county, asked.table)
    if asked.lowest not in exact.levels():
        raise InputError("There is no level {level}.", level=asked.lowest[:16])
    if kind.kind == NOISY:
        _require_left(db, asked.epsilon)
        made = _noisy(exact, county, kind, asked)
    else:
        made = _exact_with_gaps(db, exact, county, kind, asked)
    return release_write.keep(db, replace(made, reason=reason, note=note), who=who)


def _require_left(db: Session, epsilon: Fraction) -> None:
    """Refuse early, before the work; the ledger itself asks again when it is written."""
    release_budget.require_left(
        release_budget.budget_of(db, county_code(db), now=release_write.utc_now()), epsilon
    )


def _noisy(exact: Exact, county: Twin, kind: TableKind, asked: Asked) -> Made:
    chosen = exact.down_to(asked.lowest)
    if not any(plan.offered for plan in expected(exact, asked, None)):
        raise InputError(
            "With this epsilon the noise would be larger than most figures everywhere."
        )
    found = release(chosen.counts, chosen.tree, epsilon=asked.epsilon)
    if not found.levels:
        raise InputError(
            "With this epsilon the noise would be larger than most figures everywhere."
        )
    ids = [c[0] for c in chosen.classes]
    table = _table(county, chosen, ids, pd.DataFrame(found.figures, columns=ids), found.levels)
    wide = {
        (level, class_id): int(found.margins[LEVELS.index(level), k])
        for level in found.levels
        for k, class_id in enumerate(ids)
    }
    return Made(
        kind.series, kind.title, kind.title_en, NOISY, asked.table, chosen.classes, found.levels,
        kind.unit, chosen.as_of, chosen.version, chosen.data_class, table, wide, asked.epsilon,
        split_of(chosen, asked.epsilon), _not_offered(exact, chosen, found.levels),
    )  # fmt: skip


def _exact_with_gaps(
    db: Session, exact: Exact, county: Twin, kind: TableKind, asked: Asked
) -> Made:
    chosen = exact.down_to(asked.lowest)
    classes = _with_total(chosen)
    ids = [c[0] for c in classes]
    before = beside(db, county, kind, chosen)
    found = _suppressed(chosen, before)
    shown = pd.DataFrame(found.figures, columns=ids).astype("Int64").mask(found.hidden)
    table = _table(county, chosen, ids, shown, chosen.levels())
    return Made(
        kind.series, kind.title, kind.title_en, SUPPRESSED, asked.table, classes, chosen.levels(),
        kind.unit, chosen.as_of, chosen.version, chosen.data_class, table,
        not_offered=_not_offered(exact, chosen, chosen.levels()),
        beside=tuple(one.id for one in before),
    )  # fmt: skip


def _with_total(chosen: Exact) -> tuple[tuple[str, str], ...]:
    return (*chosen.classes, TOTAL) if len(chosen.classes) > 1 else chosen.classes


def beside(db: Session, county: Twin, kind: TableKind, chosen: Exact) -> tuple[Earlier, ...]:
    """Return the tables without noise that readers would hold beside these figures."""
    return release_again.earlier(
        db, kind.series, chosen.as_of, classes=[c[0] for c in _with_total(chosen)],
        codes=county.regions["code"].to_numpy()[chosen.rows].tolist(), levels=chosen.levels(),
    )  # fmt: skip


def _suppressed(chosen: Exact, before: Iterable[Earlier] = ()) -> Suppressed:
    return suppress_again(chosen.counts, chosen.tree, before, small=settings().small_count)


def _not_offered(exact: Exact, chosen: Exact, levels: tuple[str, ...]) -> dict[str, str]:
    noisy = {level: TOO_NOISY for level in chosen.levels() if level not in levels}
    return noisy | {level: NOT_ASKED for level in exact.levels() if level not in chosen.levels()}


def _table(
    county: Twin, exact: Exact, ids: list[str], figures: pd.DataFrame, levels: tuple[str, ...]
) -> pd.DataFrame:
    """Return the rows of the levels offered with names and figures."""
    regions = county.regions.iloc[exact.rows]
    codes = county.regions["code"].to_numpy()
    table = pd.DataFrame({
        "code": regions["code"].to_numpy(), "level": regions["level"].to_numpy(),
        "name": regions["name"].to_numpy(), "name_en": regions["name_en"].fillna("").to_numpy(),
        "parent": [codes[p] if p >= 0 else "" for p in regions["parent"]],
    })  # fmt: skip
    for class_id in ids:
        table[class_id] = figures[class_id].astype("Int64").array
    return table[table["level"].isin(levels)].reset_index(drop=True)


# ---------------------------------------------------------------- after


@dataclass(frozen=True)
class Draft:
    """Figures that are drawn and stored, and wait to be published or discarded."""

    id: str
    table_id: str
    kind: str
    title: str
    title_en: str
    levels: tuple[str, ...]
    not_offered: Mapping[str, str]
    classes: tuple[tuple[str, str], ...]
    epsilon: Fraction
    data_version: str
    digest: str
    margins: Mapping[tuple[str, str], int]

    def table(self) -> pd.DataFrame:
        """Return the figures as they would be published."""
        return table_of(self.id, tuple(c[0] for c in self.classes), self.digest).copy()


def draft(db: Session, release_id: str) -> Draft:
    """Return a draft; ``NoReleaseError`` when there is none of this id."""
    row = db.execute(
        select(Release).where(
            Release.id == release_id, Release.state == DRAFT, Release.county == county_code(db)
        )
    ).scalar()
    if row is None:
        raise NoReleaseError("There is no draft {release}.", release=release_id[:64])
    margins = db.execute(select(ReleaseMargin).where(ReleaseMargin.release_id == row.id)).scalars()
    return Draft(
        row.id, row.partition, row.kind, row.title, row.title_en, tuple(row.levels),
        dict(row.not_offered), tuple((c[0], c[1]) for c in row.classes), Fraction(row.epsilon),
        row.data_version, row.digest, {(m.level, m.class_id): m.margin for m in margins},
    )  # fmt: skip


def errors_of(db: Session, county: Twin, found: Draft) -> tuple[LevelError, ...]:
    """
    Hold a noisy draft against the exact counts, level by level, for the steward alone.

    Empty when the data are no longer those that were counted.
    """
    if found.kind != NOISY or found.data_version != county.version:
        return ()
    exact = exact_of(db, county, found.table_id).down_to(found.levels[-1])
    return utility.preview(
        _figures(found, exact, county), exact.figures, exact.tree,
        area=_area(area_of(county), exact),
    )  # fmt: skip


def _figures(found: Draft, exact: Exact, county: Twin) -> NDArray[np.int64]:
    """Return a draft's figures in the order of the exact ones."""
    table = found.table().set_index("code")
    codes = county.regions["code"].to_numpy()[exact.rows]
    ids = [c[0] for c in found.classes]
    figures: NDArray[np.int64] = table.loc[codes, ids].to_numpy(dtype=np.int64)
    return figures
