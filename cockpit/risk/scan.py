"""The space-time scan statistic: where and when there are more cases than chance explains."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.risk.scan_likelihood import log_likelihood_ratio, may_reach
from cockpit.risk.scan_simulation import Null, simulated_maxima, summed_over_time
from cockpit.risk.scan_windows import Circles, circles_around
from geodata.errors import InputError

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

# Two datasets whose best windows hold the same counts may differ in the last digits of a sum.
_SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Cluster:
    """Regions around a centre and periods with more cases than expected."""

    centre: int  # row of the region in the middle
    radius_m: float  # to the furthest member; 0 for one region alone
    members: Rows  # rows of the regions, nearest to the centre first
    first: int  # first period
    last: int  # last period, inclusive
    observed: int
    expected: float  # cases, if the rate were the same everywhere and always
    relative_risk: float  # rate inside over rate outside; inf if nothing is left outside
    llr: float  # log likelihood ratio
    p: float  # Monte Carlo p-value


@dataclass(frozen=True, eq=False)
class Scan:
    """What a scan found, the most likely cluster first."""

    clusters: tuple[Cluster, ...]
    total: int  # cases
    simulated: Floats  # (simulations,) highest log likelihood ratio of each simulated dataset

    def significant(self, alpha: float = 0.05) -> tuple[Cluster, ...]:
        """Return the clusters whose p-value is at most ``alpha``."""
        return tuple(cluster for cluster in self.clusters if cluster.p <= alpha)


def scan(
    cases: NDArray[np.integer],
    expected: Floats,
    x: Floats,
    y: Floats,
    *,
    prospective: bool = False,
    space_only: bool = False,
    most_share: float = 0.5,
    at_risk: Floats | None = None,
    longest: int | None = None,
    longest_share: float = 0.5,
    least_cases: int = 2,
    simulations: int = 999,
    rng: np.random.Generator,
) -> Scan:
    """
    Find clusters in space and time by Kulldorff's scan statistic (discrete Poisson model).

    Every circle around a region, times every interval of periods, is a window. The window whose
    raised rate is most likely is compared with the most likely ones of datasets in which the same
    number of cases falls by chance, in proportion to ``expected``: one test for all windows, so
    that looking at many places does not by itself give a finding.

    Parameters
    ----------
    cases
        Cases, whole numbers, shape ``(regions, periods)``.
    expected
        Cases to be expected if nothing is special, same shape, in any unit: only proportions
        count. People give a plain rate; indirectly standardised counts adjust for age, sex,
        kind of place or season.
    x, y
        Places of the regions in metres, shape ``(regions,)``. Regions at one distance from a
        centre enter its circle together.
    prospective
        Only intervals that last until the last period: clusters that are alive now. The p-value is
        of one run; a scan repeated every day has one of 0.01 by chance every 100 days.
    space_only
        One interval, all periods.
    most_share
        The largest circle, as share of those at risk, above 0 and below 1.
    at_risk
        People at risk in each region, for ``most_share``; without it the expected cases.
    longest
        Longest interval in periods, 1 or more; without it ``longest_share`` of all periods,
        rounded down, one at least.
    least_cases
        A cluster holds at least so many cases, in the simulated datasets too.
    simulations
        Simulated datasets, 1 or more. The smallest possible p-value is ``1 / (simulations + 1)``.

    Returns
    -------
    Scan
        The most likely cluster and then others that share no region with a more likely one,
        whatever their times (the usual criterion; the circles are not chosen by a Gini index).
        Each has as p-value the rank of its ratio among the maxima of the simulations, which is
        conservative for all but the first. Others that every simulation exceeds are left out.
        Without any case, or without any window above expectation, there is no cluster.

    Raises
    ------
    InputError
        If shapes disagree, values are negative, missing or no whole counts, there are cases where
        none are expected, or an option is out of its range.

    References
    ----------
    Kulldorff, M. (1997), Communications in Statistics 26(6), 1481-1496; Kulldorff, M., Athas, W.,
    Feuer, E., Miller, B. and Key, C. (1998), American Journal of Public Health 88(9), 1377-1380
    (space-time); Kulldorff, M. (2001), Journal of the Royal Statistical Society A 164(1), 61-72
    (prospective).
    """
    cases, expected = np.asarray(cases), np.asarray(expected, dtype=np.float64)
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    _check_arrays(cases, expected, x, y)
    _check_options(most_share, longest, longest_share, simulations)
    if space_only:
        cases, expected = cases.sum(axis=1)[:, None], expected.sum(axis=1)[:, None]
    total = int(cases.sum())
    if total == 0:
        return Scan((), 0, np.zeros(simulations))
    risk = expected.sum(axis=1) if at_risk is None else _checked_risk(at_risk, len(x))
    circles = [circles_around(k, x, y, risk / risk.sum(), most_share) for k in range(len(x))]
    if prospective:  # time runs backwards: what lasts until the end begins at once
        cases, expected = cases[:, ::-1], expected[:, ::-1]
    periods = cases.shape[1]
    reach = min(longest or max(1, int(longest_share * periods)), periods)
    scaled = expected * (total / expected.sum())
    null = Null(scaled, total, reach, prospective, least_cases)
    simulated = simulated_maxima(null, circles, simulations, rng)
    found = _best_windows(null, cases.astype(np.int64), circles, float(simulated.min()))
    found = found or _best_windows(null, cases.astype(np.int64), circles, 0.0)[:1]
    return Scan(_clusters(found, null, circles, simulated), total, simulated)


@dataclass(frozen=True)
class _Window:
    """The best interval of one circle."""

    llr: float
    radius: float
    centre: int
    circle: int
    start: int
    end: int  # past the last period
    observed: int
    expected: float


def _best_windows(
    null: Null, cases: NDArray[np.int64], circles: list[Circles], floor: float
) -> list[_Window]:
    """Return the best interval of each circle that reaches ``floor``, most likely first."""
    counts, means = summed_over_time(cases, 0), summed_over_time(null.expected, 0)
    found = [
        window
        for around in circles
        if len(around.ends)
        for window in _best_around(null, counts, means, around, floor)
    ]
    # Circles around two centres may hold the same regions: the same ratio but for rounding.
    return sorted(found, key=lambda window: (-round(window.llr, 9), window.radius, window.centre))


def _best_around(
    null: Null, counts: NDArray[np.integer], means: Floats, around: Circles, floor: float
) -> list[_Window]:
    inside = np.cumsum(counts[around.order], axis=0)[around.ends - 1]
    expected = np.cumsum(means[around.order], axis=0)[around.ends - 1]
    best: dict[int, _Window] = {}
    for length in range(1, null.longest + 1):
        starts = null.starts(length)
        n = inside[:, length : length + starts] - inside[:, :starts]
        mu = expected[:, length : length + starts] - expected[:, :starts]
        rows, columns = np.nonzero(may_reach(n, mu, null.total, floor))
        n, mu = n[rows, columns], mu[rows, columns]
        ratio = log_likelihood_ratio(n, mu, null.total, least_cases=null.least_cases)
        for k in np.flatnonzero((ratio >= floor - _SAME) & (ratio > 0)):
            row, start = int(rows[k]), int(columns[k])
            if row not in best or ratio[k] > best[row].llr + _SAME:
                best[row] = _Window(
                    float(ratio[k]), float(around.radius[row]), around.centre, row,
                    start, start + length, int(n[k]), float(mu[k]),
                )  # fmt: skip
    return list(best.values())


def _clusters(
    found: list[_Window], null: Null, circles: list[Circles], simulated: Floats
) -> tuple[Cluster, ...]:
    """Take windows from the most likely down, leaving out what shares a region with one taken."""
    taken = np.zeros(len(circles), dtype=bool)
    clusters = []
    for window in found:
        members = circles[window.centre].members(window.circle)
        if taken[members].any():
            continue
        taken[members] = True
        clusters.append(_cluster(window, members, null, simulated))
    return tuple(clusters)


def _cluster(window: _Window, members: Rows, null: Null, simulated: Floats) -> Cluster:
    periods = null.expected.shape[1]
    start, end = window.start, window.end
    if null.from_first:
        start, end = periods - end, periods - start
    rest = null.total - window.observed
    inside = window.observed / window.expected
    outside = rest / (null.total - window.expected) if rest else 0.0
    rank = 1 + int((simulated >= window.llr - _SAME).sum())
    return Cluster(
        window.centre, window.radius, members, start, end - 1, window.observed, window.expected,
        inside / outside if outside else float("inf"), window.llr, rank / (len(simulated) + 1),
    )  # fmt: skip


def _check_arrays(cases: NDArray[np.integer], expected: Floats, x: Floats, y: Floats) -> None:
    if cases.ndim != 2 or cases.shape != expected.shape or not len(x) == len(y) == len(cases):
        raise InputError(
            "cases has shape {cases}, expected {expected}, x {x} and y {y}; "
            "expected (regions, periods) twice and (regions,) twice.",
            cases=cases.shape, expected=expected.shape, x=x.shape, y=y.shape,
        )  # fmt: skip
    if 0 in cases.shape:
        raise InputError("There are no regions or no periods to scan.")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError("A region to scan has no place.")
    if not ((cases >= 0).all() and (cases == np.floor(cases)).all()):  # also catches NaN
        raise InputError("Cases to scan are negative, missing or no whole numbers.")
    if not ((expected >= 0) & np.isfinite(expected)).all():
        raise InputError("Expected cases are negative or missing.")
    if not expected.any() or cases[expected == 0].any():
        raise InputError("There are cases where none are expected.")


def _check_options(
    most_share: float, longest: int | None, longest_share: float, simulations: int
) -> None:
    for share in (most_share, longest_share):
        if not 0 < share < 1:
            raise InputError(
                "The largest share of a scan is {share}; expected between 0 and 1.", share=share
            )
    for count in (1 if longest is None else longest, simulations):
        if count < 1:
            raise InputError(
                "A scan was asked for {count} periods or simulations; expected 1 or more.",
                count=count,
            )


def _checked_risk(at_risk: Floats, regions: int) -> Floats:
    risk = np.asarray(at_risk, dtype=np.float64)
    if risk.shape != (regions,) or not ((risk >= 0) & np.isfinite(risk)).all() or not risk.any():
        raise InputError(
            "People at risk: expected {regions} numbers, 0 or more, one above 0.", regions=regions
        )
    return risk
