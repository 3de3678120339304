"""
Why a cell is red: the figure of each method taken apart into pieces that add up to it.

Every method that is a sum is taken apart as that sum. A ratio is told by what stands above and
below it. Pieces add up to the figure to 1e-12 of its size, and whole numbers for a table add up to
the rounded figure exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cockpit.risk.composite import Composite, Topsis
from cockpit.risk.forecast import Forecast
from cockpit.risk.forecast_card import KIND_TITLES
from cockpit.risk.weights import Weights
from geodata.errors import InputError

Floats = NDArray[np.float64]

EXACT = 1e-12
HERE, BESIDE = "Here", "Beside: {name}"
OWN_RATE, MEAN_RATE = "Its own rate", "The rate around, in place of too few people"
RATE_PARTS = (HERE, BESIDE, OWN_RATE, MEAN_RATE)


@dataclass(frozen=True)
class Piece:
    """One piece of a figure: what it is (a sentence for the locale and its values), how much."""

    title: str
    amount: float
    values: Mapping[str, object] = field(default_factory=dict)
    facts: Mapping[str, float] = field(default_factory=dict)  # what the amount was made from


@dataclass(frozen=True)
class Explanation:
    """A figure and the pieces that add up to it."""

    total: float
    pieces: tuple[Piece, ...]

    def __post_init__(self) -> None:
        size = max(1.0, *(abs(p.amount) for p in self.pieces), abs(self.total))
        if abs(math.fsum(p.amount for p in self.pieces) - self.total) > EXACT * size:
            raise ValueError("the pieces do not add up to the figure")

    def sorted(self) -> Explanation:
        """Return the same with the piece that raises the figure most first."""
        return Explanation(self.total, tuple(sorted(self.pieces, key=lambda p: -p.amount)))

    def whole(self, *, digits: int = 0) -> tuple[int, tuple[int, ...]]:
        """
        Return figure and pieces as whole numbers that add up, in units of 10 to minus ``digits``.

        The figure is rounded (a half goes up); pieces are rounded down and the largest remainders
        get one more, the earlier first where they are the same. Holds for pieces below 0 too.
        """
        scale = 10**digits
        total = math.floor(self.total * scale + 0.5)
        fine = [round(p.amount * scale * 1e6) for p in self.pieces]
        down = [divmod(f, 1_000_000) for f in fine]
        order = sorted(range(len(down)), key=lambda i: -down[i][1])
        whole = [d[0] for d in down]
        # Rounding to millionths may move the sum over the edge by one: going round gives or takes.
        for k in range(abs(total - sum(whole))):
            whole[order[k % len(order)]] += 1
        return total, tuple(whole)


def of_composite(index: Composite, cell: int, names: Sequence[str]) -> Explanation:
    """
    Return the score of a cell by criterion: 100 x weight x normalised value each.

    ``facts``: ``weight`` as it counted (more than given where others are missing) and
    ``normalised``; a missing criterion is a piece of 0 without ``normalised``.
    """
    if len(names) != index.parts.shape[1]:
        raise InputError(
            "There are {n} names for {criteria} criteria.",
            n=len(names),
            criteria=index.parts.shape[1],
        )
    if np.isnan(index.score[cell]):
        raise InputError("Nothing is known of this cell, so it has no score.")
    values = index.normalised[cell]
    counted = float(index.weights[~np.isnan(values)].sum())
    pieces = []
    for name, part, weight, value in zip(
        names, index.parts[cell], index.weights, values, strict=True
    ):
        facts = {"weight": float(weight)}
        if not np.isnan(value):
            facts = {"weight": float(weight / counted), "normalised": float(value)}
        pieces.append(Piece(name, float(part), facts=facts))
    return Explanation(float(index.score[cell]), tuple(pieces)).sorted()


def of_topsis(found: Topsis, cell: int, names: Sequence[str]) -> Explanation:
    """
    Return the closeness of a cell by criterion, in proportion to its squares.

    The distance to the lowest point is a root of a sum, so closeness itself is no sum; each
    criterion gets the share that its square has of that sum. All are 0 at the lowest point.
    """
    squares = found.squares[cell]
    total = float(squares.sum())
    closeness = float(found.closeness[cell])
    shares = squares / total if total > 0 else np.zeros(len(squares))
    pieces = tuple(
        Piece(n, float(closeness * s), facts={"square": float(q)})
        for n, s, q in zip(names, shares, squares, strict=True)
    )
    return Explanation(closeness, pieces).sorted()


def of_forecast(made: Forecast, row: int, column: int) -> Explanation:
    """Return the expected events of a square by kind of part, the largest first."""
    pieces = tuple(
        Piece(KIND_TITLES[kind], float(values[row, column])) for kind, values in made.parts.items()
    )
    return Explanation(float(made.intensity[row, column]), pieces).sorted()


def of_excess(
    observed: Floats, expected: Floats, weights: Weights, cell: int, names: Sequence[str]
) -> Explanation:
    """
    Return how far the events of a neighbourhood lie above what was expected, by cell.

    Parameters
    ----------
    observed, expected
        Events of each cell, shape ``(n_cells,)``; NaN: unknown, no piece.
    names
        Names of the cells.

    Returns
    -------
    Explanation
        Observed less expected, of the cell and its neighbours together; ``facts`` hold both. The
        cell itself comes first, then the neighbours, the largest excess first.
    """
    pieces = []
    for near in _around(weights, cell):
        if np.isnan(observed[near]) or np.isnan(expected[near]):
            continue
        facts = {"observed": float(observed[near]), "expected": float(expected[near])}
        pieces.append(_place(near, cell, names, facts["observed"] - facts["expected"], facts))
    return _here_first(pieces)


def of_hot_spot(values: Floats, weights: Weights, cell: int, names: Sequence[str]) -> Explanation:
    """
    Return the z of Gi* by cell: how far each lies above the mean of all, in the unit of z.

    z = sum over the cell and its neighbours of (value - mean) / spread, with spread = s root(k (n -
    k) / (n - 1)), s the deviation of all n known values and k the cells in the sum.

    Raises
    ------
    InputError
        If z is not defined there: the cell is unknown, values are all the same, or all are near.

    References
    ----------
    Ord, J. and Getis, A. (1995), "Local spatial autocorrelation statistics", Geographical Analysis
    27(4), 286-306.
    """
    known = values[~np.isnan(values)]
    near = [j for j in _around(weights, cell) if not np.isnan(values[j])]
    n, k = len(known), len(near)
    spread = float(known.std()) * math.sqrt(k * (n - k) / (n - 1)) if n > 1 else 0.0
    if np.isnan(values[cell]) or not spread > 0:
        raise InputError("This cell has no z to take apart.")
    mean = float(known.mean())
    return _here_first(
        [
            _place(j, cell, names, (float(values[j]) - mean) / spread, {"value": float(values[j])})
            for j in near
        ]
    )


def of_rate(rate: float, raw: float, around: float) -> Explanation:
    """
    Return an empirical Bayes rate as its own rate and the mean it is drawn towards.

    rate = kept x raw + (1 - kept) x around, with ``kept`` in ``facts``. A place without people has
    no raw rate (NaN) and keeps nothing.

    Parameters
    ----------
    rate, raw, around
        Drawn rate, events by people of the place, and the mean rate; events a person.
    """
    apart = raw - around
    kept = 0.0 if np.isnan(raw) or apart == 0 else (rate - around) / apart
    own = kept * raw if kept else 0.0
    # By subtraction, so that both add up to the rate to the last digit that a float has.
    return Explanation(
        rate,
        (
            Piece(OWN_RATE, own, facts={"kept": kept, "rate": raw}),
            Piece(MEAN_RATE, rate - own, facts={"kept": 1 - kept, "rate": around}),
        ),
    )


def _around(weights: Weights, cell: int) -> list[int]:
    start, end = weights.matrix.indptr[cell : cell + 2]
    return [cell, *(int(j) for j in weights.matrix.indices[start:end])]


def _place(
    near: int, cell: int, names: Sequence[str], amount: float, facts: Mapping[str, float]
) -> Piece:
    title = HERE if near == cell else BESIDE
    values = {} if near == cell else {"name": names[near]}
    return Piece(title, amount, values, facts)


def _here_first(pieces: Sequence[Piece]) -> Explanation:
    here = [p for p in pieces if p.title == HERE]
    beside = sorted((p for p in pieces if p.title != HERE), key=lambda p: -p.amount)
    every = (*here, *beside)
    return Explanation(math.fsum(p.amount for p in every), every)
