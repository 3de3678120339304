"""Weights of criteria: from pairwise comparisons (AHP), from the spread of the data, or equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

Floats = NDArray[np.float64]

CONSISTENT = 0.10  # largest consistency ratio; Saaty (1980)
# Mean consistency index of random reciprocal matrices of 1, 2, ... criteria; Saaty (1980), p. 21.
RANDOM_INDEX = (
    0.0,
    0.0,
    0.58,
    0.90,
    1.12,
    1.24,
    1.32,
    1.41,
    1.45,
    1.49,
    1.51,
    1.48,
    1.56,
    1.57,
    1.59,
)
RECIPROCAL_WITHIN = 0.02  # "0.33" may stand for a third


@dataclass(frozen=True)
class Ahp:
    """Weights from comparisons, and how well the comparisons agree."""

    weights: Floats  # (n,) they add up to 1
    largest_eigenvalue: float  # n when the comparisons agree fully
    consistency_index: float
    consistency_ratio: float  # 0 when they agree fully; 0 for one or two criteria
    worst: tuple[int, int] | None  # the judgement that fits least; None: they agree fully
    suggested: float  # what the other comparisons suggest for it; NaN without one


def equal(n: int) -> Floats:
    """Return ``n`` equal weights that add up to 1; ``n`` is 1 or more."""
    if n < 1:
        raise InputError("An index needs one criterion or more.")
    return np.full(n, 1.0 / n)


def comparisons_of(upper: Sequence[float], n: int) -> Floats:
    """
    Return the matrix of comparisons from its upper triangle, row by row: 1-2, 1-3, ..., 2-3, ...

    The lower triangle is 1 over the upper one, so nobody has to say a thing twice.
    """
    if len(upper) != n * (n - 1) // 2:
        raise InputError(
            "{given} comparisons were given for {n} criteria; expected {expected}.",
            given=len(upper),
            n=n,
            expected=n * (n - 1) // 2,
        )
    matrix = np.eye(n)
    matrix[np.triu_indices(n, 1)] = upper
    lower = np.tril_indices(n, -1)
    with np.errstate(divide="ignore"):
        matrix[lower] = 1.0 / matrix.T[lower]
    return matrix


def ahp(comparisons: Floats, *, names: Sequence[str] = (), most: float | None = CONSISTENT) -> Ahp:
    """
    Return weights from pairwise comparisons by the principal eigenvector.

    Parameters
    ----------
    comparisons
        How many times more row counts than column, shape ``(n, n)``, 1 to 15 criteria: above 0,
        1 on the diagonal, and ``comparisons[j, i]`` is 1 over ``comparisons[i, j]`` (to 2 %, so
        0.33 may stand for a third).
    names
        Names of the criteria, for the sentence of a refusal; none: their numbers from 1.
    most
        Largest consistency ratio that is accepted (itself included); None: accept any, to show it.

    Raises
    ------
    InputError
        If the matrix is not such a matrix, or the comparisons contradict each other too much. The
        sentence names the judgement that deviates most from what the weights say, and what the
        others suggest in its place.

    References
    ----------
    Saaty, T. L. (1980), "The Analytic Hierarchy Process", McGraw-Hill; the judgement to revise
    first: Saaty, T. L. (2003), "Decision-making with the AHP: why is the principal eigenvector
    necessary", European Journal of Operational Research 145, 85-91.
    """
    matrix = np.asarray(comparisons, dtype=np.float64)
    called = list(names) or [str(i + 1) for i in range(len(matrix))]
    _check(matrix, called)
    n = len(matrix)
    values, vectors = np.linalg.eig(matrix)
    first = int(np.argmax(values.real))
    weights = np.abs(vectors[:, first].real)
    weights /= weights.sum()
    largest = float(values[first].real)
    index = max(0.0, (largest - n) / (n - 1)) if n > 2 else 0.0
    ratio = index / RANDOM_INDEX[n - 1] if n > 2 else 0.0
    worst, suggested = _worst(matrix, weights)
    if most is not None and ratio > most + 1e-12 and worst is not None:
        raise InputError(
            "The comparisons contradict each other (consistency ratio {ratio}, at most {most}). "
            "The worst: {first} against {second} is {given}; the others suggest about {suggested}.",
            ratio=f"{ratio:.2f}",
            most=f"{most:.2f}",
            first=called[worst[0]],
            second=called[worst[1]],
            given=told(float(matrix[worst])),
            suggested=told(suggested),
        )
    return Ahp(weights, largest, index, ratio, worst, suggested)


def told(ratio: float) -> str:
    """Return a comparison as people write it: "3", "1/5", "2.5"."""
    if ratio <= 0 or not np.isfinite(ratio):
        return "0"
    turned = ratio if ratio >= 1 else 1 / ratio
    number = f"{float(Fraction(turned).limit_denominator(100)):.1f}".removesuffix(".0")
    return number if ratio >= 1 or number == "1" else f"1/{number}"


def _check(matrix: Floats, names: Sequence[str]) -> None:
    if matrix.ndim != 2 or len(set(matrix.shape)) != 1 or len(names) != len(matrix):
        raise InputError(
            "The comparisons have shape {shape} for {n} criteria; expected (n, n).",
            shape=matrix.shape,
            n=len(names),
        )
    if not 1 <= len(matrix) <= len(RANDOM_INDEX):
        raise InputError(
            "{n} criteria cannot be compared in pairs; expected 1 to {most}.",
            n=len(matrix),
            most=len(RANDOM_INDEX),
        )
    if not ((matrix > 0) & np.isfinite(matrix)).all():
        raise InputError("A comparison is missing, 0 or less; expected a number above 0.")
    off = np.abs(matrix * matrix.T - 1)
    if off.max() > RECIPROCAL_WITHIN:
        i, j = (int(k) for k in np.unravel_index(np.argmax(off), off.shape))
        raise InputError(
            "{first} against {second} is {given} but the other way round {back}; expected 1 over "
            "it.",
            first=names[i],
            second=names[j],
            given=told(float(matrix[i, j])),
            back=told(float(matrix[j, i])),
        )


def _worst(matrix: Floats, weights: Floats) -> tuple[tuple[int, int] | None, float]:
    """Return the judgement above the diagonal that deviates most, and what the others suggest."""
    n = len(matrix)
    said = np.log(matrix) - np.log(weights[:, None] / weights)
    deviation = np.triu(np.abs(said), 1)
    if n < 3 or deviation.max() < 1e-9:
        return None, float("nan")
    i, j = (int(k) for k in np.unravel_index(np.argmax(deviation), deviation.shape))
    # Harker's rule: leave the judgement out, its row and column count one more on the diagonal.
    without = matrix.copy()
    without[i, j] = without[j, i] = 0.0
    without[i, i] += 1
    without[j, j] += 1
    values, vectors = np.linalg.eig(without)
    others = np.abs(vectors[:, int(np.argmax(values.real))].real)
    return (i, j), float(others[i] / others[j])


def entropy(table: Floats) -> Floats:
    """
    Return weights by how unevenly each criterion is spread over the cells (Shannon's entropy).

    A criterion that is the same everywhere tells nothing and gets exactly 0. Cells with a missing
    value are left out.

    Parameters
    ----------
    table
        Criteria in the columns, 0 or more, shape ``(n_cells, n_criteria)``; NaN: missing.

    Raises
    ------
    InputError
        If a value is negative or endless, or no criterion differs between cells.

    References
    ----------
    Hwang, C. L. and Yoon, K. (1981), "Multiple Attribute Decision Making", Springer, chapter 3.
    """
    values = np.asarray(table, dtype=np.float64)
    if values.ndim != 2 or not values.shape[1]:
        raise InputError(
            "The table has shape {shape}; expected (n_cells, n_criteria).", shape=values.shape
        )
    values = values[~np.isnan(values).any(axis=1)]
    if not ((values >= 0) & np.isfinite(values)).all():
        raise InputError("Weights by entropy need values of 0 or more.")
    spread = np.ptp(values, axis=0) > 0 if len(values) else np.zeros(values.shape[1], dtype=bool)
    if not spread.any():
        raise InputError("Every criterion is the same in all cells, so none can be weighed.")
    share = values[:, spread] / values[:, spread].sum(axis=0)
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    told_by = np.maximum(0.0, 1 + (share * logs).sum(axis=0) / np.log(len(values)))
    weights = np.zeros(values.shape[1])
    weights[spread] = told_by / told_by.sum()
    return weights
