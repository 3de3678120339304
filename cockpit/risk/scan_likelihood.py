"""The likelihood ratio by which windows of a scan are compared, and bounds on it."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.integer]

_HALVINGS = 40


def log_likelihood_ratio(
    observed: Counts | Floats, expected: Floats, total: float, *, least_cases: int = 1
) -> Floats:
    """
    Return how much likelier a raised rate inside each window is than one rate for all.

    Poisson model, conditional on the total: ``n log(n / mu) + (N - n) log((N - n) / (N - mu))``
    with ``n`` cases observed and ``mu`` expected inside, and ``N`` in all.

    Parameters
    ----------
    observed
        Cases inside each window, any shape.
    expected
        Expected cases inside each window, same shape; expectations of the whole area sum to
        ``total``.
    total
        All cases.
    least_cases
        Windows with fewer cases get 0.

    Returns
    -------
    Floats
        0 or more. A window with no more cases than expected has 0, for only raised rates count.

    References
    ----------
    Kulldorff, M. (1997), "A spatial scan statistic", Communications in Statistics 26(6),
    1481-1496.
    """
    inside = np.asarray(observed, dtype=np.float64)
    inside, mean = np.broadcast_arrays(inside, np.asarray(expected, dtype=np.float64))
    result = np.zeros(inside.shape)
    raised = (inside > mean) & (inside >= least_cases) & (mean > 0)
    n, mu = inside[raised], mean[raised]
    outside = total - n
    # 0 log 0 counts as 0: a window that holds every case has nothing outside
    ratio = np.where(outside > 0, outside, 1.0) / np.where(outside > 0, total - mu, 1.0)
    result[raised] = n * np.log(n / mu) + outside * np.log(ratio)
    return np.maximum(result, 0.0)


def may_reach(
    observed: Counts, expected: Floats, total: float, ratio: Floats | float
) -> NDArray[np.bool_]:
    """
    Tell which windows may reach ``ratio``, without a logarithm; none that does is left out.

    From ``log(1 + z) <= z`` the log likelihood ratio is at most
    ``N (n - mu)^2 / (mu (N - mu))``.
    """
    excess = observed - expected
    spread = expected * (total - expected)
    # a hair below, so that rounding never drops a window that lies exactly on the limit
    reached = excess * excess * total >= (1 - 1e-9) * ratio * spread
    return np.asarray((excess > 0) & reached)


class CriticalCounts:
    """
    The smallest count that reaches a log likelihood ratio, for any expectation.

    Parameters
    ----------
    total
        All cases.
    ratio
        The log likelihood ratio to reach.
    least_cases
        No answer is smaller.
    """

    def __init__(self, total: int, ratio: float, least_cases: int) -> None:
        self.ratio = ratio
        self._least = least_cases
        counts = np.arange(1, total + 1, dtype=np.float64)
        low, high = np.zeros(total), counts.copy()
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            reached = log_likelihood_ratio(counts, middle, total) >= ratio
            low, high = np.where(reached, middle, low), np.where(reached, high, middle)
        # the upper end: with rounding it may let a window through, never hold one back
        self._most_expected = np.maximum.accumulate(high)

    def __call__(self, expected: Floats) -> NDArray[np.int64]:
        """Return the smallest count for each expectation; one more than all cases for never."""
        found = np.searchsorted(self._most_expected, expected, side="left") + 1
        return np.maximum(found, self._least)
