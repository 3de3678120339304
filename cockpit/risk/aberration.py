"""Days with more reports than usual: EARS C1 to C3, CUSUM, a seasonal baseline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.risk.baseline import Baseline, predict, running_q
from geodata.errors import InputError

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

# Baseline of seven days, and how many days lie between it and the day that is judged.
_EARS_DAYS = 7
_LAGS = {"C1": 0, "C2": 2, "C3": 2}
_EARS_LIMITS = {"C1": 3.0, "C2": 3.0, "C3": 2.0}


@dataclass(frozen=True)
class Aberration:
    """Each day beside what was to be expected; all arrays have the shape of the counts."""

    expected: Floats  # NaN: too little was reported before to expect anything
    sd: Floats  # standard deviation that a day like this has
    statistic: Floats  # how far out, by the method's own measure; NaN: not judged
    alarm: NDArray[np.bool_]
    p: Floats | None = None  # chance of so many or more; methods without a model have none
    q: Floats | None = None  # lowest share of false discoveries at which the day is an alarm


def ears(
    counts: NDArray[np.generic],
    method: str = "C1",
    *,
    least_sd: float = 0.5,
    least_count: float = 3.0,
    least_days: int = 4,
    limit: float | None = None,
) -> Aberration:
    """
    Judge each day by the mean and deviation of seven days shortly before.

    C1: the seven days just before; C2: seven days that end three days before, so that the first
    days of an outbreak do not raise its own baseline; C3: what C2 exceeded 1 by, summed over the
    day and the two before it, so that a slow rise adds up.

    Parameters
    ----------
    counts
        Reports by day, consecutive days, shape ``(days,)`` or ``(days, series)``. NaN: no report
        came - the day is not judged and no part of a baseline; in C3 it adds nothing.
    method
        "C1", "C2" or "C3".
    least_sd
        A baseline's standard deviation counts as at least this, in reports: seven quiet days have
        none at all, and any first report would lie infinitely far out.
    least_count
        A day with fewer reports raises no alarm.
    least_days
        A baseline with fewer reported days is none.
    limit
        Alarm above this; None: 3 for C1 and C2, 2 for C3.

    Returns
    -------
    Aberration
        ``statistic`` of C1 and C2 in standard deviations (n - 1 in the denominator).

    Raises
    ------
    InputError
        If the method is unknown, a count is negative or infinite, or a setting is out of range.

    References
    ----------
    Hutwagner, L. et al. (2003), "The bioterrorism preparedness and response Early Aberration
    Reporting System (EARS)", Journal of Urban Health 80(2), i89-i96. The floor of the deviation
    and the least count are ours.
    """
    if method not in _LAGS:
        raise InputError(
            "There is no method {method}; expected one of {methods}.",
            method=method, methods=", ".join(_LAGS),
        )  # fmt: skip
    if not (least_sd > 0 and 2 <= least_days <= _EARS_DAYS):
        raise InputError(
            "The least deviation is {sd} and the least days {days}; expected above 0, and 2 to 7.",
            sd=least_sd, days=least_days,
        )  # fmt: skip
    daily = checked_counts(counts)
    mean, sd = _before(daily, _LAGS[method], _EARS_DAYS, least_days)
    sd = np.where(np.isnan(sd), sd, np.maximum(sd, least_sd))
    statistic = (daily - mean) / sd
    if method == "C3":
        statistic = _remembered(statistic)
    limit = _EARS_LIMITS[method] if limit is None else limit
    return Aberration(mean, sd, statistic, (statistic > limit) & (daily >= least_count))


def checked_counts(counts: NDArray[np.generic]) -> Floats:
    """Return counts as floats; InputError if one is negative or infinite, or the shape is wrong."""
    daily = np.asarray(counts, np.float64)
    if daily.ndim not in {1, 2}:
        raise InputError(
            "The counts have shape {shape}; expected (days,) or (days, series).", shape=daily.shape
        )
    if (daily < 0).any() or np.isinf(daily).any():
        raise InputError("A count is negative or without end.")
    return daily


def _before(daily: Floats, lag: int, days: int, least: int) -> tuple[Floats, Floats]:
    """Return mean and deviation of the reported ones among days that end ``lag`` days before."""
    stack = np.full((days, *daily.shape), np.nan)
    for k in range(days):
        shift = lag + 1 + k
        stack[k, shift:] = daily[:-shift]
    known = ~np.isnan(stack)
    n = known.sum(axis=0).astype(float)
    n[n < least] = np.nan
    mean = np.where(known, stack, 0.0).sum(axis=0) / n
    off = np.where(known, stack - mean, 0.0)
    return mean, np.sqrt((off**2).sum(axis=0) / (n - 1))


def _remembered(c2: Floats) -> Floats:
    """Sum what C2 exceeded 1 by over three days; the day itself must be judged."""
    excess = np.nan_to_num(np.maximum(c2 - 1, 0.0))
    total = excess.copy()
    for back in (1, 2):
        total[back:] += excess[:-back]
    return np.where(np.isnan(c2), np.nan, total)


def cusum(
    counts: NDArray[np.generic],
    *,
    k: float = 0.5,
    h: float = 4.0,
    mean: float | Floats | None = None,
    sd: float | Floats | None = None,
    days: int = 28,
    lag: int = 2,
    least_sd: float = 0.5,
) -> Aberration:
    """
    Add up what each day lies above its mean, and alarm when the sum passes ``h``.

    The upper sum is S = max(0, S before + (count - mean) / sd - k), and begins anew after an alarm.

    Parameters
    ----------
    counts
        As of :func:`ears`. NaN: the sum waits.
    k, h
        Allowance and limit, in standard deviations; alarm above ``h``.
    mean, sd
        What is usual, one for all days or of the counts' shape. None: of ``days`` days that end
        ``lag`` + 1 days before (half of them must have been reported), the deviation at least
        ``least_sd`` reports.

    Raises
    ------
    InputError
        If a count is negative or infinite, or a setting is out of range.

    References
    ----------
    Page, E. S. (1954), "Continuous inspection schemes", Biometrika 41(1/2), 100-115.
    """
    daily = checked_counts(counts)
    if not (k >= 0 and h > 0 and days >= 4 and lag >= 0 and least_sd > 0):
        raise InputError(
            "k is {k}, h {h}, the baseline {days} days; expected 0 or more, above 0, 4 or more.",
            k=k, h=h, days=days,
        )  # fmt: skip
    own_mean, own_sd = _before(daily, lag, days, max(2, days // 2))
    usual = own_mean if mean is None else np.broadcast_to(np.asarray(mean, float), daily.shape)
    spread = np.maximum(own_sd, least_sd) if sd is None else np.asarray(sd, float)
    if not (np.isnan(spread) | (spread > 0)).all():
        raise InputError("The standard deviation of a CUSUM must be above 0.")
    spread = np.broadcast_to(spread, daily.shape)
    out = (daily - usual) / spread - k
    total, sums = np.zeros(daily.shape[1:]), np.full(daily.shape, np.nan)
    for day, step in enumerate(out):
        total = np.where(total > h, 0.0, total)
        total = np.where(np.isnan(step), total, np.maximum(0.0, total + step))
        sums[day] = np.where(np.isnan(step), np.nan, total)
    return Aberration(usual, spread, sums, sums > h)


def seasonal(
    dates: Days,
    counts: NDArray[np.generic],
    *,
    alpha: float = 0.05,
    family_days: int = 365,
    total: bool = False,
    baseline: Baseline | None = None,
) -> Aberration:
    """
    Judge each day by a baseline with weekdays, season and level, fitted on days before it alone.

    All series (townships, say) share weekdays and season, fitted on their sum by a Poisson
    regression in which days far out weigh less; each has its own level, that of the last weeks.
    While the record is too short to tell a season, all series together say how far the last four
    weeks have moved from those levels. A day's count is then compared with a negative binomial
    distribution that knows how uncertain level, weekdays and season are and how much the series
    varies beyond Poisson. A day is an alarm if Benjamini and Hochberg's rule at ``alpha`` picks it
    among all series of the last ``family_days`` days: where nothing happens, at most a share
    ``alpha`` of the years (of ``family_days``) has any alarm at all.

    Parameters
    ----------
    dates
        Consecutive days, datetime64[D], shape ``(days,)``.
    counts
        Shape ``(days,)`` or ``(days, series)``; NaN: no report, which is not zero.
    alpha
        Highest share of false alarms, above 0 and below 1.
    family_days
        Days whose tests are counted together.
    total
        Judge the sum of all series too, as one more series (the last) of the same family. A day
        without the report of some series has no sum.
    baseline
        Lengths and strengths of the baseline; None: the usual ones.

    Returns
    -------
    Aberration
        ``statistic`` is (count - expected) / sd. ``p`` is the chance of so many or more. ``q`` is
        exact up to 0.2; a higher one is given as 1. Days with too little before them are NaN.

    Raises
    ------
    InputError
        If dates are not consecutive days, shapes disagree, or a count is negative or infinite.

    References
    ----------
    Farrington, C. P. et al. (1996), "A statistical algorithm for the early detection of outbreaks
    of infectious disease", JRSS A 159(3), 547-563; Noufaily, A. et al. (2013), "An improved
    algorithm for outbreak detection in multiple surveillance systems", Statistics in Medicine
    32(7), 1206-1222: reweighting of past outbreaks, negative binomial limits. The season of
    several series in one, and the last weeks' level of each, are ours: they need one year where
    the original needs several.
    """
    daily = checked_counts(counts)
    dates = np.asarray(dates).astype("datetime64[D]")
    if dates.shape != daily.shape[:1] or (np.diff(dates).astype(np.int64) != 1).any():
        raise InputError("The dates must be consecutive days, one for each day of the counts.")
    if not (0 < alpha < 1 and family_days >= 1):
        raise InputError(
            "Alpha is {alpha} over {days} days; expected above 0 and below 1, and 1 or more.",
            alpha=alpha, days=family_days,
        )  # fmt: skip
    series = daily[:, None] if daily.ndim == 1 else daily
    parts = series.shape[1]
    if total:
        daily = series = np.column_stack([series, series.sum(axis=1)])
    told = predict(dates, series, baseline or Baseline(), parts=parts)
    q = running_q(told.p, family_days)
    expected, sd, p, q = (a.reshape(daily.shape) for a in (told.expected, told.sd, told.p, q))
    return Aberration(expected, sd, (daily - expected) / sd, q <= alpha, p, q)
