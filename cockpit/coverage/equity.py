"""How evenly access is spread: Lorenz curve, Gini, Theil, Palma, concentration, poverty of access.

All take one figure a cell and weigh it with the people who live there, as if each person had the
cell's figure. A figure may be good (an access score: more is better) or bad (minutes: more is
worse); inequality is the same either way, only who stands at the top differs, and each function
says so. Cells without people count nothing. Minutes without end have no share and no mean: take
them out with ``reached`` first, which says how many people that leaves out; ``fgt`` takes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

Values = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]
NAN = float("nan")


@dataclass(frozen=True)
class ReachedOnly:
    """The figures that are finite, and who was left out."""

    values: Floats  # (n_kept,)
    people: Floats  # (n_kept,)
    kept: NDArray[np.intp]  # (n_kept,) positions of the cells
    left_out_cells: int
    left_out_people: float


@dataclass(frozen=True)
class Lorenz:
    """Cumulated shares from the smallest figure to the largest; both begin at 0 and end at 1."""

    people: Floats  # (n_points,) share of people, x
    values: Floats  # (n_points,) share of all minutes or scores, y


@dataclass(frozen=True)
class Theil:
    """Theil's T and its parts: ``total`` = ``between`` + ``within``."""

    total: float
    between: float  # of the means of groups
    within: float  # inside groups, weighed with their share of all minutes or scores
    groups: NDArray[Any]  # (n_groups,) labels, sorted
    by_group: Floats  # (n_groups,) T of each group; NaN where nobody lives
    means: Floats  # (n_groups,) mean figure of a person of each group; NaN where nobody lives


def reached(values: Values, people: Floats) -> ReachedOnly:
    """
    Keep the cells whose figure is finite; count those left out (``inf``: cannot be reached).

    Raises
    ------
    InputError
        As every function here: if shapes disagree, or a value or people are negative or NaN.
    """
    values = _checked(values, people, finite=False)
    kept = np.flatnonzero(np.isfinite(values))
    out = ~np.isfinite(values) & (people > 0)
    return ReachedOnly(values[kept], people[kept], kept, int(out.sum()), float(people[out].sum()))


def lorenz(values: Values, people: Floats) -> Lorenz:
    """
    Return the Lorenz curve: what share of the whole the p people with the smallest figures have.

    Points are sorted by figure, one for each different figure, so ties leave the curve as it is.
    Of scores, the first people are the worst served; of minutes, the best served. When all figures
    are 0 the curve is the diagonal; without people only the two ends are left.

    Parameters
    ----------
    values
        Figure of each cell, 0 or more and finite, shape ``(n_cells,)``.
    people
        People of each cell, 0 or more, shape ``(n_cells,)``.

    References
    ----------
    Lorenz, M. O. (1905), "Methods of measuring the concentration of wealth", Publications of the
    American Statistical Association 9(70), 209-219.
    """
    levels, weights = _levels(values, people)
    if not len(levels):
        return Lorenz(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    x = _cumulated(weights)
    mass = levels * weights
    return Lorenz(x, _cumulated(mass) if mass.sum() > 0 else x.copy())


def gini(values: Values, people: Floats) -> float:
    """
    Return the Gini coefficient: 0 when everybody has the same, towards 1 when one has it all.

    Twice the area between the Lorenz curve and the diagonal, G = 1 - sum (x_i - x_(i-1)) (y_i +
    y_(i-1)), weighed with people. Exactly 0 of equal figures, zeros included; NaN without people.
    Good and bad figures: higher is less even either way.

    References
    ----------
    Gini, C. (1912), "Variabilità e mutabilità"; in the form of Lerman, R. and Yitzhaki, S. (1989),
    Journal of Econometrics 42(1), 43-47, for weights.
    """
    levels, weights = _levels(values, people)
    if len(levels) < 2:
        return 0.0 if len(levels) else NAN
    curve = lorenz(levels, weights)
    area = np.sum(np.diff(curve.people) * (curve.values[1:] + curve.values[:-1]))
    return max(0.0, float(1 - area))


def theil(values: Values, people: Floats, groups: NDArray[Any] | None = None) -> Theil:
    """
    Return Theil's T with its parts between and within groups, such as townships.

    T = sum p_i (v_i / m) ln(v_i / m) with p_i the share of people and m the mean; a figure of 0
    adds 0 (the limit). Between: sum s_g ln(m_g / m), within: sum s_g T_g, with s_g the group's
    share of all minutes or scores. 0 of equal figures; at most ln(people). NaN without people.
    Good and bad figures: higher is less even either way.

    Parameters
    ----------
    groups
        Label of each cell's group, shape ``(n_cells,)``; None: one group, all is within.

    References
    ----------
    Theil, H. (1967), "Economics and Information Theory"; Shorrocks, A. (1980), "The class of
    additively decomposable inequality measures", Econometrica 48(3), 613-625.
    """
    values = _checked(values, people)
    labels = np.zeros(len(values), dtype=np.intp) if groups is None else np.asarray(groups)
    if labels.shape != values.shape:
        raise InputError(
            "groups has shape {groups} and people {people}; expected (n_cells,) for both.",
            groups=labels.shape,
            people=people.shape,
        )
    names, at = np.unique(labels, return_inverse=True)
    n = len(names)
    counts = np.bincount(at, weights=people, minlength=n).astype(np.float64)
    sums = np.bincount(at, weights=people * values, minlength=n)
    lived = counts > 0
    means = np.divide(sums, counts, out=np.full(n, NAN), where=lived)
    own = _theil_by_group(values, people, at, means, counts)
    if not lived.any():
        return Theil(NAN, NAN, NAN, names, own, means)
    if not sums.sum() > 0:
        return Theil(0.0, 0.0, 0.0, names, own, means)
    shares = sums[lived] / sums.sum()
    ratio = means[lived] / (sums.sum() / counts.sum())
    between = float(np.sum(shares * _log(ratio)))
    within = float(np.sum(shares * own[lived]))
    return Theil(between + within, between, within, names, own, means)


def _theil_by_group(
    values: Floats, people: Floats, at: NDArray[np.intp], means: Floats, counts: Floats
) -> Floats:
    mean = np.where(means > 0, means, 1.0)[at]  # a group of zeros is even: 0 log 0
    ratio = np.where(people > 0, values / mean, 1.0)
    parts = np.bincount(at, weights=people * ratio * _log(ratio), minlength=len(counts))
    found: Floats = np.divide(parts, counts, out=np.full(len(counts), NAN), where=counts > 0)
    return found


def _log(ratio: Floats) -> Floats:
    """Return the logarithm, 0 for 0: it is always multiplied with the ratio itself."""
    found: Floats = np.log(ratio, out=np.zeros_like(ratio), where=ratio > 0)
    return found


def palma(values: Values, people: Floats) -> float:
    """
    Return the Palma ratio: what the top 10 % have over what the bottom 40 % have.

    People are ordered by the figure itself, the largest on top; a cell that straddles a border is
    split. Of scores: the share of the best-served 10 % over that of the worst-served 40 %. Of
    minutes the top are the worst served: their share of all minutes over that of the best-served
    40 %. Equal figures give 0.25. ``inf`` when the bottom 40 % have nothing; NaN when nobody has
    anything or nobody lives here.

    References
    ----------
    Palma, J. G. (2011), "Homogeneous middles vs. heterogeneous tails", Development and Change
    42(1), 87-153.
    """
    levels, weights = _levels(values, people)
    if not len(levels) or not levels[-1] > 0:
        return NAN
    curve = lorenz(levels, weights)
    top = 1 - float(np.interp(0.9, curve.people, curve.values))
    bottom = float(np.interp(0.4, curve.people, curve.values))
    return top / bottom if bottom > 0 else float("inf")


def concentration_index(values: Values, people: Floats, rank_by: Values) -> float:
    """
    Return the concentration index of a figure over people ranked by something else.

    C = 2 cov(v, r) / m, weighed with people, where r is the fractional rank (0 to 1, people below
    plus half of one's own) by ``rank_by`` from smallest to largest; ties share their mean rank.
    From -1 to 1: above 0 when the figure is concentrated among those who rank high. Ranked by the
    figure itself it is the Gini coefficient. NaN without people; 0 when all figures are 0. Of
    scores, above 0 favours those who rank high; of minutes, it burdens them.

    Parameters
    ----------
    rank_by
        What people are ranked by, finite, shape ``(n_cells,)``: income, height, distance to town.

    References
    ----------
    Kakwani, N., Wagstaff, A. and van Doorslaer, E. (1997), "Socioeconomic inequalities in health",
    Journal of Econometrics 77(1), 87-103.
    """
    values = _checked(values, people)
    if rank_by.shape != people.shape or not np.isfinite(rank_by[people > 0]).all():
        raise InputError(
            "rank_by has shape {found} or missing values; expected {expected} finite numbers.",
            found=rank_by.shape,
            expected=people.shape,
        )
    lived = people > 0
    values, people, rank_by = values[lived], people[lived], rank_by[lived]
    if not people.sum() > 0:
        return NAN
    mean = np.average(values, weights=people)
    if not mean > 0:
        return 0.0
    rank = _fractional_rank(np.asarray(rank_by, dtype=np.float64), people)
    return float(2 * np.average((values - mean) * (rank - 0.5), weights=people) / mean)


def _fractional_rank(by: Floats, people: Floats) -> Floats:
    """Return the share of people below plus half of those who are equal."""
    _, at = np.unique(by, return_inverse=True)
    equal = np.bincount(at, weights=people)
    below = np.cumsum(equal) - equal
    rank: Floats = (below + equal / 2)[at] / people.sum()
    return rank


def fgt(
    values: Values, people: Floats, *, line: float, alpha: Literal[0, 1, 2], good: bool
) -> float:
    """
    Return the Foster-Greer-Thorbecke index of poverty of access.

    FGT = sum p_i g_i^alpha over the poor. ``alpha`` 0 is the share of people who are poor in
    access, 1 adds how far below the line they are, 2 weighs the poorest most. Someone exactly at
    the line is not poor.

    Parameters
    ----------
    line
        The poverty line, above 0: a score, or the minutes of a threshold.
    good
        True for scores: poor is who has less than ``line``, the gap is (line - v) / line. False
        for minutes: poor is who needs more, the gap is 1 - line / v, that of closeness 1 / v; so it
        lies between 0 and 1 too, and who cannot reach anything (``inf``) has the whole gap, 1.

    Returns
    -------
    float
        0 to 1; NaN without people.

    References
    ----------
    Foster, J., Greer, J. and Thorbecke, E. (1984), "A class of decomposable poverty measures",
    Econometrica 52(3), 761-766.
    """
    if not 0 < line < np.inf or alpha not in (0, 1, 2):
        raise InputError(
            "The line is {line} and alpha {alpha}; expected a line above 0 and alpha 0, 1 or 2.",
            line=line,
            alpha=alpha,
        )
    if values.dtype == np.float32:  # 606 seconds are 10.1 minutes in 32 bits too
        line = float(np.float32(line))
    values = _checked(values, people, finite=False)
    if not people.sum() > 0:
        return NAN
    poor = values < line if good else values > line
    gap = (line - values[poor]) / line if good else 1 - line / values[poor]
    return float(np.sum(people[poor] * gap**alpha) / people.sum())


def _checked(values: Values, people: Floats, *, finite: bool = True) -> Floats:
    if values.ndim != 1 or people.shape != values.shape:
        raise InputError(
            "values has shape {values} and people {people}; expected (n_cells,) for both.",
            values=values.shape,
            people=people.shape,
        )
    for name, found in (("values", values), ("people", people)):
        if not (found >= 0).all():  # also catches NaN
            raise InputError("{name} has negative or missing values.", name=name)
    endless = np.isinf(values) & (people > 0)
    if finite and endless.any():
        raise InputError(
            "{people} people in {cells} cells cannot be reached; take them out with reached() and "
            "say so.",
            people=f"{people[endless].sum():,.0f}",
            cells=int(endless.sum()),
        )
    if not np.isfinite(people).all():
        raise InputError("{name} has values without end.", name="people")
    # Cells without people may be unreachable: they weigh nothing, but 0 x inf is no number.
    found = np.asarray(values, dtype=np.float64)
    return np.where(np.isinf(found) & (people == 0), 0.0, found) if finite else found


def _levels(values: Values, people: Floats) -> tuple[Floats, Floats]:
    """Return the different figures in ascending order and the people of each, without empties."""
    values = _checked(values, people)
    levels, at = np.unique(values[people > 0], return_inverse=True)
    weights = np.bincount(at, weights=people[people > 0], minlength=len(levels))
    return levels, weights.astype(np.float64)


def _cumulated(parts: Floats) -> Floats:
    """Return the running share, from 0 to exactly 1."""
    sums = np.concatenate([[0.0], np.cumsum(parts)])
    return np.asarray(sums / sums[-1])
