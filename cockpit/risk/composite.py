"""A composite index of several criteria: made comparable, weighed, added; and TOPSIS beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from geodata.errors import InputError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
How = Literal["min-max", "rank", "robust"]
Missing = Literal["rescale", "middle", "refuse"]
HOWS: tuple[How, ...] = ("min-max", "rank", "robust")
MISSINGS: tuple[Missing, ...] = ("rescale", "middle", "refuse")
ROBUST = (5.0, 95.0)  # percentiles that become 0 and 1, so that one odd cell does not flatten all
FULL = 100.0


@dataclass(frozen=True)
class Composite:
    """Score of each cell, and the parts it is made of."""

    score: Floats  # (n_cells,) 0 to 100; NaN where nothing is known
    parts: Floats  # (n_cells, n_criteria) they add up to the score; 0 where a value is missing
    normalised: Floats  # (n_cells, n_criteria) 0 to 1; NaN where missing
    weights: Floats  # (n_criteria,) they add up to 1
    known: Floats  # (n_cells,) weight of the criteria that are known, 0 to 1

    def ranks(self) -> Floats:
        """Return 1 for the highest score; equal scores share the mean rank; NaN without score."""
        return ranks_of(self.score)

    def whole_parts(self) -> NDArray[np.int64]:
        """Return parts as whole numbers that add up to the rounded score exactly."""
        return whole_parts(self.parts)


@dataclass(frozen=True)
class Topsis:
    """Closeness of each cell to the highest risk seen, with the distances it is made of."""

    closeness: Floats  # (n_cells,) 0 to 1
    to_highest: Floats  # (n_cells,) distance to the ideal point
    to_lowest: Floats  # (n_cells,) distance to the opposite point
    squares: Floats  # (n_cells, n_criteria) they add up to the square of ``to_lowest``


def normalise(
    table: Floats, *, how: How = "min-max", rising: Bools | Sequence[bool] | None = None
) -> Floats:
    """
    Bring criteria to a scale from 0 (least risk seen) to 1 (most risk seen).

    - ``min-max``: the smallest value becomes 0, the largest 1.
    - ``rank``: the mean rank, from 0 to 1; only the order counts.
    - ``robust``: the 5th percentile becomes 0 and the 95th 1, what lies outside is cut. Where both
      are the same (nearly all cells are alike), as ``min-max``.

    A criterion that is the same in all cells becomes 0 everywhere: it says nothing about any.

    Parameters
    ----------
    table
        Criteria in the columns, shape ``(n_cells, n_criteria)``; NaN: missing, stays NaN.
    rising
        Whether more of a criterion is more risk; False turns its scale round. None: all are.
    """
    values, up = _checked(table, rising)
    if how not in HOWS:
        raise InputError("Unknown way {how} to normalise; expected one of {known}.", how=how,
                         known=", ".join(HOWS))  # fmt: skip
    columns = [_column(c, how) for c in values.T]
    turned = [c if rises else _turned(c) for c, rises in zip(columns, up, strict=True)]
    return np.column_stack(turned)


def _column(values: Floats, how: How) -> Floats:
    known = values[~np.isnan(values)]
    if not len(known) or np.ptp(known) == 0:
        return np.where(np.isnan(values), np.nan, 0.0)
    if how == "rank":
        ranks = rankdata(values, nan_policy="omit")
        return np.asarray((ranks - 1) / (len(known) - 1))
    low, high = np.percentile(known, ROBUST) if how == "robust" else (known.min(), known.max())
    if low == high:
        low, high = known.min(), known.max()
    return np.asarray(np.clip((values - low) / (high - low), 0.0, 1.0), dtype=np.float64)


def _turned(column: Floats) -> Floats:
    # All 0: the criterion is the same everywhere and keeps saying nothing.
    return 1 - column if np.nanmax(column, initial=0.0) > 0 else column


def composite(
    table: Floats,
    weights: Floats,
    *,
    how: How = "min-max",
    rising: Bools | Sequence[bool] | None = None,
    missing: Missing = "rescale",
) -> Composite:
    """
    Add weighed, normalised criteria to a score from 0 to 100.

    The part of a criterion is 100 x weight x normalised value, and the score is the sum of the
    parts, so every score can be taken apart exactly.

    Parameters
    ----------
    table, how, rising
        As for ``normalise``.
    weights
        Of the criteria, 0 or more, shape ``(n_criteria,)``; brought to a sum of 1.
    missing
        What a missing value does: ``rescale`` (the other criteria of the cell count more, so that
        their weights are 1 together; a cell of which nothing is known has no score), ``middle``
        (the median of the normalised criterion stands in) or ``refuse``.

    Raises
    ------
    InputError
        If shapes disagree, weights are negative or all 0, a value is endless, a choice is unknown,
        or a value is missing and ``missing`` is ``refuse``.

    References
    ----------
    OECD and JRC (2008), "Handbook on Constructing Composite Indicators", chapters 3, 5 and 6.
    """
    scaled = normalise(table, how=how, rising=rising)
    shares = weights_of(weights, scaled.shape[1])
    if missing not in MISSINGS:
        raise InputError("Unknown way {how} with missing values; expected one of {known}.",
                         how=missing, known=", ".join(MISSINGS))  # fmt: skip
    gaps = np.isnan(scaled)
    if missing == "refuse" and gaps.any():
        raise InputError("{n} values of the criteria are missing.", n=int(gaps.sum()))
    known = (~gaps * shares).sum(axis=1)
    filled = np.where(gaps, _middle(scaled) if missing == "middle" else 0.0, scaled)
    parts = FULL * shares * filled
    if missing == "rescale":
        # Exactly 1 where nothing is missing, so that a full row is not touched by rounding.
        scale = np.where(gaps.any(axis=1), known, 1.0)[:, None]
        parts = np.divide(parts, scale, out=np.zeros_like(parts), where=scale > 0)
    score = parts.sum(axis=1)
    score[gaps.all(axis=1) | ((known == 0) & (missing == "rescale"))] = np.nan
    return Composite(score, parts, scaled, shares, known)


def _middle(scaled: Floats) -> Floats:
    """Return the median of each criterion; 0 where a criterion is missing everywhere."""
    return np.array(
        [np.median(c[~np.isnan(c)]) if not np.isnan(c).all() else 0.0 for c in scaled.T]
    )


def weights_of(weights: Floats, n: int) -> Floats:
    """Return weights of a sum of 1; refuse negative ones, and nothing but zeros."""
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != (n,):
        raise InputError(
            "There are weights of shape {shape} for {n} criteria.", shape=given.shape, n=n
        )
    if not ((given >= 0) & np.isfinite(given)).all() or given.sum() == 0:
        raise InputError("Weights must be 0 or more, and one of them above 0.")
    return np.asarray(given / given.sum())


def ranks_of(score: Floats) -> Floats:
    """Return 1 for the highest score; equal scores share the mean rank; NaN stays NaN."""
    return np.asarray(rankdata(-score, nan_policy="omit"), dtype=np.float64)


def whole_parts(parts: Floats) -> NDArray[np.int64]:
    """
    Return whole numbers that add up, row by row, to the row's rounded sum (a half goes up).

    Largest remainders: all are rounded down, then the largest remainders get one more; equal
    remainders: the earlier column first.

    Parameters
    ----------
    parts
        0 or more, shape ``(n, k)``. A row with NaN is refused.
    """
    if parts.ndim != 2 or not (parts >= 0).all():
        raise InputError("Parts must be 0 or more to be shown as whole numbers.")
    # Millionths as whole numbers: what is a whole number but for rounding errors counts as one.
    fine = np.rint(parts * 1e6).astype(np.int64)
    down, rest = np.divmod(fine, 1_000_000)
    total = np.floor(np.round(parts.sum(axis=1), 6) + 0.5).astype(np.int64)
    order = np.argsort(-rest, axis=1, kind="stable")
    place = np.argsort(order, axis=1, kind="stable")
    return np.asarray(down + (place < (total - down.sum(axis=1))[:, None]))


def topsis(
    table: Floats, weights: Floats, *, benefit: Bools | Sequence[bool] | None = None
) -> Topsis:
    """
    Rank cells by their closeness to the point that is highest in every criterion.

    Criteria are divided by their length (root of the sum of squares) and weighed. The ideal point
    has the highest value of each rising criterion and the lowest of each falling one; the opposite
    point the other way round. Closeness is the distance to the opposite over both distances: 1 at
    the ideal point, 0 at the opposite. Where all cells are alike it is 0.

    Parameters
    ----------
    table
        Shape ``(n_cells, n_criteria)``, no value missing.
    weights
        As for ``composite``.
    benefit
        Whether more of a criterion gives a higher rank (False: a cost). None: all do.

    References
    ----------
    Hwang, C. L. and Yoon, K. (1981), "Multiple Attribute Decision Making", Springer, chapter 3.
    """
    values, up = _checked(table, benefit)
    if np.isnan(values).any():
        raise InputError("{n} values of the criteria are missing.", n=int(np.isnan(values).sum()))
    length = np.sqrt((values**2).sum(axis=0))
    scaled = np.divide(values, length, out=np.zeros_like(values), where=length > 0)
    scaled *= weights_of(weights, values.shape[1]) * np.where(up, 1.0, -1.0)
    highest = np.sqrt(((scaled - scaled.max(axis=0)) ** 2).sum(axis=1))
    squares = (scaled - scaled.min(axis=0)) ** 2
    lowest = np.sqrt(squares.sum(axis=1))
    both = highest + lowest
    closeness = np.divide(lowest, both, out=np.zeros_like(both), where=both > 0)
    return Topsis(closeness, highest, lowest, squares)


def _checked(table: Floats, rising: Bools | Sequence[bool] | None) -> tuple[Floats, Bools]:
    values = np.asarray(table, dtype=np.float64)
    if values.ndim != 2 or not values.size:
        raise InputError(
            "The table has shape {shape}; expected (n_cells, n_criteria).", shape=values.shape
        )
    up = np.ones(values.shape[1], dtype=bool) if rising is None else np.asarray(rising, dtype=bool)
    if up.shape != (values.shape[1],):
        raise InputError(
            "There are directions of shape {shape} for {n} criteria.",
            shape=up.shape,
            n=values.shape[1],
        )
    if np.isinf(values).any():
        raise InputError("A value of the criteria is endless.")
    return values, up
