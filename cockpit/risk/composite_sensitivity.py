"""How much a composite index depends on its weights: changed one by one, and drawn at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.risk.composite import Composite, ranks_of, weights_of
from geodata.errors import InputError

Floats = NDArray[np.float64]

CHANGE = 0.25  # a weight is lowered and raised by this share of itself
CONCENTRATION = 50.0  # of random weights: a weight of 0.2 varies by about 0.06 (one deviation)
DRAWS = 500
TOP = 0.10  # share of cells that count as the top
SURE = 0.90  # a cell belongs to the top for sure if it does in this share of draws


@dataclass(frozen=True)
class Change:
    """What happens to the ranks when one weight changes and the others share the rest."""

    criterion: int
    factor: float  # what the weight is multiplied with
    weights: Floats  # (n_criteria,) then
    mean_rank_change: float  # ranks
    largest_rank_change: float  # ranks
    stay_in_top: float  # share of the top cells that stay in the top


@dataclass(frozen=True)
class Sensitivity:
    """Ranks under other weights."""

    ranks: Floats  # (n_cells,) as it is; 1 is the highest score; NaN without score
    changes: tuple[Change, ...]  # two for each criterion: lower, higher
    rank_low: Floats  # (n_cells,) 5th percentile of the rank over the draws
    rank_high: Floats  # (n_cells,) 95th percentile
    top_share: Floats  # (n_cells,) share of draws in which the cell is in the top
    stay_in_top: float  # share of the top cells that are in the top, mean over the draws
    sure_in_top: float  # share of the top cells that are there in nine of ten draws


def sensitivity(
    index: Composite,
    *,
    rng: np.random.Generator,
    change: float = CHANGE,
    draws: int = DRAWS,
    concentration: float = CONCENTRATION,
) -> Sensitivity:
    """
    Return how ranks move when weights change one at a time and when all are drawn at random.

    Random weights come from a Dirichlet distribution around the weights of the index. A missing
    value stays what the index made of it: cells are compared by their known criteria.

    Parameters
    ----------
    index
        A composite index.
    rng
        Draws the weights.
    change
        Share of itself by which a weight is changed, above 0, at most 1.
    draws
        Number of random sets of weights, 1 or more.
    concentration
        The larger, the nearer the random weights to those of the index; above 0.

    References
    ----------
    Saisana, M., Saltelli, A. and Tarantola, S. (2005), "Uncertainty and sensitivity analysis
    techniques as tools for the quality assessment of composite indicators", JRSS A 168, 307-323.
    """
    if not (0 < change <= 1 and draws >= 1 and concentration > 0):
        raise InputError("The change, the draws and the concentration must be above 0.")
    values = index.normalised
    ranks = score_ranks(values, index.weights)
    top = ranks <= _n_top(ranks)
    changes = tuple(
        _changed(values, index.weights, ranks, top, criterion, factor)
        for criterion in np.flatnonzero(index.weights > 0)
        for factor in (1 - change, 1 + change)
    )
    drawn = _drawn(index.weights, concentration, draws, rng)
    moved = np.stack([score_ranks(values, weights) for weights in drawn])
    in_top = (moved <= _n_top(ranks)).mean(axis=0)
    low, high = np.percentile(moved, (5, 95), axis=0)
    return Sensitivity(
        ranks,
        changes,
        low,
        high,
        in_top,
        float(in_top[top].mean()),
        float((in_top[top] >= SURE).mean()),
    )


def score_ranks(normalised: Floats, weights: Floats) -> Floats:
    """Return ranks of weighed sums over the known criteria of each cell."""
    known = (~np.isnan(normalised)) @ weights
    total = np.nan_to_num(normalised) @ weights
    score = np.divide(total, known, out=np.full(len(total), np.nan), where=known > 0)
    # Sums of the same parts in another order must tie.
    return ranks_of(np.round(score, 12))


def with_weight(weights: Floats, criterion: int, factor: float) -> Floats:
    """Multiply one weight; the others share what is left in their old proportions."""
    given = weights_of(weights, len(weights))
    new = min(1.0, float(given[criterion]) * factor)
    rest = 1.0 - float(given[criterion])
    if rest <= 0:  # the only criterion keeps all the weight
        return given
    moved = given * (1 - new) / rest
    moved[criterion] = new
    return np.asarray(moved)


def _changed(
    values: Floats,
    weights: Floats,
    ranks: Floats,
    top: NDArray[np.bool_],
    criterion: np.intp,
    factor: float,
) -> Change:
    new = with_weight(weights, int(criterion), factor)
    after = score_ranks(values, new)
    moved = np.abs(after - ranks)[~np.isnan(ranks) & ~np.isnan(after)]
    stay = float((after[top] <= _n_top(ranks)).mean())
    return Change(int(criterion), factor, new, float(moved.mean()), float(moved.max()), stay)


def _n_top(ranks: Floats) -> float:
    """Return the last rank of the top: a tenth of the cells that have a score, at least one."""
    n = int((~np.isnan(ranks)).sum())
    if not n:
        raise InputError("No cell has a score.")
    best = np.nanmin(ranks)
    # Cells that tie for the first place share a rank below it and are the top together.
    return max(float(np.ceil(TOP * n)), float(best))


def _drawn(weights: Floats, concentration: float, draws: int, rng: np.random.Generator) -> Floats:
    """Draw sets of weights; a weight of 0 stays 0."""
    used = np.flatnonzero(weights > 0)
    out = np.zeros((draws, len(weights)))
    out[:, used] = rng.dirichlet(concentration * weights[used], draws)
    return out
