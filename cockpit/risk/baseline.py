"""What a day's count is to be, from the days before it: weekdays, season, level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from geodata.errors import InputError

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

# Past days further out than this many (Anscombe) deviations weigh less: Noufaily et al. (2013).
_FAR_OUT = 2.58
# A count rarer than this enters later levels as one a standard deviation above the expected.
_RARE = 0.001
_MOST_Q = 0.2
_LEAST_EVENTS = 5  # below, what varies beyond Poisson cannot be told


@dataclass(frozen=True)
class Baseline:
    """How far back a baseline looks."""

    history_days: int = 1096  # of weekdays and season
    level_days: int = 84  # of each series' level
    guard_days: int = 7  # between them and the day judged: an outbreak's own first days
    least_days: int = 28  # reported days that a level needs
    refit_days: int = 7  # weekdays and season are fitted anew so often
    season_from_days: int = 365  # shorter histories tell no season
    # While no season is told, all series together tell how the last weeks differ from the level.
    recent_days: int = 28
    shift: float = 0.5  # usual size of that difference (log): few reports are pulled to 0
    drift: float = 0.3  # how far things move further until the day judged (log)
    spread: float = 0.5  # usual size of weekday and season effects (log): few data are pulled to 0

    def __post_init__(self) -> None:
        days = (self.history_days, self.level_days, self.least_days, self.refit_days)
        if min(days) < 1 or self.guard_days < self.refit_days - 1 or not self.spread > 0:
            raise InputError(
                "A baseline needs lengths of 1 day or more, and a guard of at least the days from "
                "one fit to the next less one."
            )


@dataclass(frozen=True)
class Prediction:
    """Each day's count before it came, shape ``(days, series)``; NaN: too little to tell."""

    expected: Floats
    sd: Floats
    p: Floats  # chance of the count that came, or more; NaN too where none came


@dataclass(frozen=True)
class Fit:
    """A Poisson regression with a log link."""

    coefficients: Floats
    covariance: Floats  # for a dispersion of 1
    dispersion: float  # 1 or more
    weights: Floats  # 1, less for days far out


def terms(dates: Days, *, season: bool) -> Floats:
    """Return the columns: 1, six weekdays (Thursday is the base), and a year and half a year."""
    day = dates.astype("datetime64[D]").astype(np.int64)
    columns = [np.ones(len(day)), *((day % 7 == k).astype(float) for k in range(1, 7))]
    if season:
        turn = 2 * np.pi * day / 365.25
        columns += [f(n * turn) for n in (1, 2) for f in (np.cos, np.sin)]
    return np.stack(columns, axis=1)


def poisson_fit(x: Floats, y: Floats, offset: Floats, weights: Floats, ridge: Floats) -> Fit:
    """
    Fit a weighted Poisson regression by iterated least squares.

    Parameters
    ----------
    x, y, offset, weights
        Terms ``(n, m)``, counts, log exposures and weights ``(n,)``.
    ridge
        Penalty on each squared coefficient, ``(m,)``; 0: plain maximum likelihood.
    """
    mu: Floats = y + 0.5
    eta: Floats = np.log(mu)
    beta: Floats = np.zeros(x.shape[1])
    for _ in range(30):
        w: Floats = weights * mu
        normal = (x.T * w) @ x + np.diag(ridge)
        aim = x.T @ (w * (eta - offset + (y - mu) / mu))
        step = np.linalg.solve(normal, aim).astype(np.float64)
        settled = np.abs(step - beta).max() < 1e-10
        beta = step
        eta = np.clip(x @ beta + offset, -30.0, 30.0)
        mu = np.exp(eta)
        if settled:
            break
    normal = (x.T * (weights * mu)) @ x + np.diag(ridge)
    covariance = np.linalg.inv(normal).astype(np.float64)
    free = max(1.0, float(weights.sum()) - x.shape[1])
    return Fit(
        beta, covariance, max(1.0, float((weights * (y - mu) ** 2 / mu).sum() / free)), weights
    )


def robust_fit(x: Floats, y: Floats, offset: Floats, ridge: Floats) -> Fit:
    """Fit, weigh days far out by 1 / residual squared, and fit again (Farrington et al. 1996)."""
    fit = poisson_fit(x, y, offset, np.ones(len(y)), ridge)
    for _ in range(2):
        mu = np.exp(x @ fit.coefficients + offset)
        lever = 1 - fit.weights * mu * np.einsum("ij,jk,ik->i", x, fit.covariance, x)
        anscombe = 1.5 * (y ** (2 / 3) - mu ** (2 / 3)) / mu ** (1 / 6)
        far = anscombe / np.sqrt(fit.dispersion * np.clip(lever, 0.05, 1.0))
        weights = np.where(far > _FAR_OUT, (_FAR_OUT / np.maximum(far, _FAR_OUT)) ** 2, 1.0)
        if (weights == fit.weights).all():
            break
        fit = poisson_fit(x, y, offset, weights, ridge)
    return fit


def predict(
    dates: Days, counts: Floats, baseline: Baseline, *, parts: int | None = None
) -> Prediction:
    """
    Predict each day's counts from the days before it.

    Parameters
    ----------
    dates
        Consecutive days, ``(days,)``.
    counts
        ``(days, series)``, NaN: no report.
    parts
        Weekdays and season are fitted on the sum of the first so many series; None: all.
    """
    shape = counts.shape
    told = Prediction(*(np.full(shape, np.nan) for _ in range(3)))
    capped = counts.copy()  # what later levels use
    for first in range(baseline.guard_days + 1, shape[0], baseline.refit_days):
        block = slice(first, min(first + baseline.refit_days, shape[0]))
        expected, k = _block(dates, capped, block, baseline, parts)
        told.expected[block] = expected
        told.sd[block] = np.sqrt(expected + expected**2 / k)
        told.p[block] = _upper_tail(counts[block], expected, k)
        rare = told.p[block] < _RARE
        limit = np.ceil(expected + told.sd[block])
        capped[block] = np.where(rare, np.minimum(counts[block], limit), counts[block])
    return told


def _upper_tail(counts: Floats, mean: Floats, k: Floats) -> Floats:
    """Return P(Y >= count) of a negative binomial with variance mean + mean squared / k."""
    tail = betainc(np.maximum(counts, 1e-9), k, mean / (mean + k))
    return np.where(counts == 0, np.where(np.isnan(mean), np.nan, 1.0), tail)


def _block(
    dates: Days, counts: Floats, block: slice, baseline: Baseline, parts: int | None
) -> tuple[Floats, Floats]:
    """Return mean and k of the days of a block, none of which is part of their baselines."""
    known_until = block.start - baseline.guard_days
    start = max(0, known_until - baseline.history_days)
    past = counts[start:known_until]
    season = known_until - start >= baseline.season_from_days
    x = terms(dates[start : block.stop], season=season)
    fit = _shared_fit(x[: len(past)], past[:, :parts], baseline)
    effects = x[:, 1:]
    profile = np.exp(effects @ fit.coefficients[1:])
    first = max(0, known_until - baseline.level_days)
    level = _Level(counts, profile[first - start :], baseline, block, first, parts)
    off = effects[block.start - start :] - level.usual(effects[first - start :])
    uncertain = fit.dispersion * np.einsum("ij,jk,ik->i", off, fit.covariance[1:, 1:], off)
    mean = profile[block.start - start :, None] * (level.events + 0.5) / level.exposure
    if not season:
        moved, unsure = level.moved(baseline, parts)
        mean *= moved[:, None]
        uncertain += unsure + baseline.drift**2
    k = 1 / (
        level.dispersion / (level.events + 0.5) + uncertain[:, None] + (level.dispersion - 1) / mean
    )
    return mean, k


def _shared_fit(x: Floats, past: Floats, baseline: Baseline) -> Fit:
    """Fit weekdays and season on the sum of all series; days without reports count by share."""
    known = ~np.isnan(past)
    usual = np.where(known, past, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1) + 1e-6
    exposure = (known * usual).sum(axis=1)
    told = known.any(axis=1)
    ridge = np.full(x.shape[1], baseline.spread**-2)
    ridge[0] = 1e-9
    y = np.where(known, past, 0.0).sum(axis=1)[told]
    if y.sum() == 0 or told.sum() < x.shape[1]:
        m = x.shape[1]
        prior = np.diag(np.full(m, baseline.spread**2))
        return Fit(np.zeros(m), prior, 1.0, np.ones(len(y)))
    return robust_fit(x[told], y, np.log(exposure[told]), ridge)


class _Level:
    """Events, exposure and dispersion of each series over the weeks before each day of a block."""

    def __init__(
        self,
        counts: Floats,
        profile: Floats,
        baseline: Baseline,
        block: slice,
        first: int,
        parts: int | None,
    ) -> None:
        self._stop = np.arange(block.start, block.stop) - baseline.guard_days - first
        self._start = np.maximum(0, self._stop - baseline.level_days)
        past = counts[first : block.stop]
        known = ~np.isnan(past)
        y, weight = np.where(known, past, 0.0), profile[:, None]
        days = self._window(known.astype(float))
        self.events = self._window(y)
        enough = days >= baseline.least_days
        self.exposure = np.where(enough, self._window(known * weight), np.nan)
        squares = self._window(y**2 / weight)
        self.dispersion = _dispersion(squares, self.events, self.exposure, days, parts)
        self._profile, self._reports, self._known = weight, y, known

    def _window(self, daily: Floats, start: NDArray[np.intp] | None = None) -> Floats:
        total = np.concatenate([np.zeros((1, daily.shape[1])), daily.cumsum(axis=0)])
        found: Floats = total[self._stop] - total[self._start if start is None else start]
        return found

    def moved(self, baseline: Baseline, parts: int | None) -> tuple[Floats, Floats]:
        """
        Return recent reports over what the levels expect, all series together, and its variance.

        Pulled to 1 by as many further reports as expected as say that ``shift`` is its usual size.
        """
        start = np.maximum(self._start, self._stop - baseline.recent_days)
        rate = np.nan_to_num(self.events / self.exposure)
        expected = rate * self._window(self._known * self._profile, start)
        n, usual = (
            a[:, :parts].sum(axis=1) for a in (self._window(self._reports, start), expected)
        )
        prior = baseline.shift**-2
        return (n + prior) / (usual + prior), 1 / (n + prior)

    def usual(self, effects: Floats) -> Floats:
        """Return each day's mean of the effects over its weeks, weighed by what is expected."""
        mean: Floats = self._window(effects * self._profile) / self._window(self._profile)
        return mean


def _dispersion(
    squares: Floats, events: Floats, exposure: Floats, days: Floats, parts: int | None
) -> Floats:
    """
    Return variance over mean of each series and window, 1 or more.

    That of the first ``parts`` series together, or the series' own where it is higher by two
    standard errors: of a few reports in twelve weeks the own figure is mostly chance.
    """
    told = (events > 0) & (days > 1) & ~np.isnan(exposure)
    free = np.where(told, days - 1, 0.0)
    pearson = np.where(told, squares * exposure / np.where(told, events, 1.0) - events, 0.0)
    shared = pearson[:, :parts].sum(axis=1) / np.maximum(free[:, :parts].sum(axis=1), 1.0)
    free = np.maximum(free, 1.0)
    error = np.sqrt((2 + days / np.maximum(events, 1.0)) / free)
    own = np.where(events >= _LEAST_EVENTS, pearson / free - 2 * error, 1.0)
    found: Floats = np.maximum(1.0, np.maximum(own, shared[:, None]))
    return found


def running_q(p: Floats, family_days: int) -> Floats:
    """
    Return each day's q-values among the tests of the ``family_days`` days that end with it.

    The family always has ``family_days`` x series tests: at the start of a record, and where none
    was possible, those missing count as not significant. What was said on one day is never taken
    back on a later one.

    Parameters
    ----------
    p
        ``(days, series)``; NaN: not tested.

    Returns
    -------
    NDArray
        Exact up to 0.2; a higher q-value is given as 1. NaN where ``p`` is.
    """
    tests = family_days * p.shape[1]
    q = np.where(np.isnan(p), np.nan, 1.0)
    day, series = np.nonzero(p <= _MOST_Q)
    values = p[day, series]
    for today in np.unique(day[values <= _MOST_Q]).tolist():
        first, stop = np.searchsorted(day, [today - family_days + 1, today + 1])
        known = np.sort(values[first:stop])
        steps = np.minimum.accumulate((known * tests / np.arange(1, len(known) + 1))[::-1])[::-1]
        mine = np.searchsorted(day, today)
        place = np.searchsorted(known, values[mine:stop], side="right") - 1
        found = steps[place]
        q[today, series[mine:stop]] = np.where(found <= _MOST_Q, found, 1.0)
    return q
