"""Counts of neighbourhoods beside what was to be expected there, with exact tails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammainc, gammaincc, ndtri

from cockpit.risk.discoveries import q_values
from cockpit.risk.weights import Weights
from geodata.errors import InputError

Floats = NDArray[np.float64]
_ENOUGH = 20
_LEAST_EXPECTED = 1.0
_QUARTILES = 1.349  # between the quartiles of a normal distribution of deviation 1
_UNUSUAL = 0.05
_ROUNDS = 10
_SETTLED = 1e-3
_FARTHEST = 38.0  # beyond this a normal score is no finite number


@dataclass(frozen=True)
class LocalPoisson:
    """Each cell with its neighbours, shape ``(n_cells,)`` each."""

    observed_near: Floats  # events here and beside
    expected_near: Floats  # the same as expected
    ratio: Floats  # observed over expected; NaN where none are expected
    p_high: Floats  # chance of so many or more; NaN where none are expected
    p_low: Floats  # chance of so few or fewer

    @property
    def two_sided(self) -> Floats:
        """Return the p-value of "too many or too few": twice the smaller, at most 1."""
        found: Floats = np.minimum(1.0, 2 * np.minimum(self.p_high, self.p_low))
        return found


def poisson_local(
    observed: Floats, expected: Floats, weights: Weights, *, dispersion: float = 1.0
) -> LocalPoisson:
    """
    Compare the events of each cell and its neighbours with their expectation.

    The heat of rates where people are spread unevenly: a town has many events honestly. Tails are
    exact, the observed number included in both (no mid-p), so chance alone gives p <= a with
    probability a at most; with few events expected, well below a. Expectations that were
    standardised to the sum of the events (``expected_counts``) vary a little less than Poisson,
    which errs on the quiet side too.

    Parameters
    ----------
    observed
        Events of each cell, whole numbers, shape ``(n_cells,)``.
    expected
        Expected events of each cell, 0 or more.
    dispersion
        Variance over mean of a neighbourhood's count, 1 or more (``dispersion``). Above 1 the tails
        are those of the negative binomial with that variance.

    Raises
    ------
    InputError
        If shapes disagree, a figure is negative, missing or (observed) no whole number, or the
        dispersion is below 1.
    """
    observed, expected = _checked(observed, expected, weights)
    _check_dispersion(dispersion)
    near, usual = weights.around(observed), weights.around(expected)
    told = usual > 0
    mean = np.where(told, usual, 1.0)
    high, low = _tails(near, mean, dispersion)
    nothing = np.full(len(near), np.nan)
    return LocalPoisson(
        near,
        usual,
        np.where(told, near / mean, nothing),
        np.where(told, high, nothing),
        np.where(told, low, nothing),
    )


def dispersion(observed: Floats, expected: Floats, weights: Weights) -> float:
    """
    Return how much more the counts of neighbourhoods scatter than Poisson's, 1 or more.

    Repeat callers and habits nobody counts make counts scatter more than chance; taken for
    chance, they would raise false alarms all over the map. It is Pearson's: sum of (observed -
    expected) squared over sum of expected, of the neighbourhoods that are not significantly high
    or low themselves. Which those are depends on the dispersion in turn: it begins with that of the
    middle half of the neighbourhoods (quartile distance of their normal scores), which hot spots,
    however hot, do not move, and goes on until nothing changes, ten rounds at most. With fewer
    than 20 neighbourhoods where one event or more is expected there is nothing to tell from: 1.
    """
    observed, expected = _checked(observed, expected, weights)
    near, usual = weights.around(observed), weights.around(expected)
    if (usual >= _LEAST_EXPECTED).sum() < _ENOUGH:
        return 1.0
    near, usual = near[usual > 0], usual[usual > 0]
    told = usual >= _LEAST_EXPECTED
    found = _of_middle_half(near[told], usual[told])
    squares = (near - usual) ** 2
    for _ in range(_ROUNDS):
        high, low = _tails(near, usual, found)
        plain = q_values(np.minimum(1.0, 2 * np.minimum(high, low))) > _UNUSUAL
        before, found = found, max(1.0, float(squares[plain].sum() / usual[plain].sum()))
        if abs(found - before) < _SETTLED * before:
            break
    return found


def quantile_scores(
    observed: Floats, expected: Floats, *, dispersion: float = 1.0, rng: np.random.Generator
) -> Floats:
    """
    Return how unusual each cell's count is as a score of the standard normal distribution.

    What ``getis_ord`` and ``local_moran`` may be given: counts follow the people, and rates scatter
    the more the fewer people there are, so both show hot spots where there are none. These scores
    scatter alike everywhere when nothing is unusual. A count stands for a whole step of
    probability; a place within the step is drawn ("randomised quantile residual").

    Parameters
    ----------
    observed, expected
        Events of each cell and their expectation, shape ``(n_cells,)``.
    dispersion
        As of ``poisson_local``.
    rng
        Source of the draws; the same state gives the same scores.

    Returns
    -------
    array
        Shape ``(n_cells,)``, above 0 for more than expected; NaN where nothing is expected.

    References
    ----------
    Dunn, P. and Smyth, G. (1996), "Randomized quantile residuals", Journal of Computational and
    Graphical Statistics 5(3), 236-244.
    """
    observed, expected = _counts(observed, expected, len(observed))
    _check_dispersion(dispersion)
    mean = np.where(expected > 0, expected, 1.0)
    high, low = _tails(observed, mean, dispersion)
    above = _tails(observed + 1, mean, dispersion)[0]
    below = np.where(observed > 0, _tails(np.maximum(observed - 1, 0), mean, dispersion)[1], 0.0)
    step = rng.random(len(observed))
    upper, lower = above + step * (high - above), below + (1 - step) * (low - below)
    score = np.where(upper < 0.5, -ndtri(upper), ndtri(lower))
    return np.where(expected > 0, np.clip(score, -_FARTHEST, _FARTHEST), np.nan)


def _of_middle_half(near: Floats, usual: Floats) -> float:
    high, low = _tails(near, usual, 1.0)
    scores = ndtri(np.clip((low + 1 - high) / 2, 1e-12, 1 - 1e-12))
    spread = np.diff(np.quantile(scores, [0.25, 0.75]))[0] / _QUARTILES
    return max(1.0, float(spread**2))


def _tails(count: Floats, mean: Floats, spread: float) -> tuple[Floats, Floats]:
    """Return the chance of so many or more, and of so few or fewer."""
    if spread == 1:
        high = np.where(count > 0, gammainc(np.maximum(count, 1), mean), 1.0)
        return high, np.asarray(gammaincc(count + 1, mean))
    size, chance = mean / (spread - 1), 1 / spread
    high = np.where(count > 0, betainc(np.maximum(count, 1), size, 1 - chance), 1.0)
    return high, np.asarray(betainc(size, count + 1, chance))


def _check_dispersion(value: float) -> None:
    if not 1 <= value < np.inf:
        raise InputError("The dispersion is {value}; expected 1 or more.", value=value)


def _checked(observed: Floats, expected: Floats, weights: Weights) -> tuple[Floats, Floats]:
    return _counts(observed, expected, len(weights))


def _counts(observed: Floats, expected: Floats, n: int) -> tuple[Floats, Floats]:
    observed, expected = np.asarray(observed, np.float64), np.asarray(expected, np.float64)
    for name, found in (("observed", observed), ("expected", expected)):
        if found.shape != (n,):
            raise InputError(
                "{name} has shape {found}; expected ({n},), one value a cell.",
                name=name,
                found=found.shape,
                n=n,
            )
        if not (found >= 0).all():  # also catches NaN
            raise InputError("{name} has negative or missing values.", name=name)
        if np.isinf(found).any():
            raise InputError("{name} has values without end.", name=name)
    if not (observed == np.rint(observed)).all():
        raise InputError("The observed events are no whole numbers.")
    return observed, expected
