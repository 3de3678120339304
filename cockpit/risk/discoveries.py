"""Which of many findings to believe: false discoveries held down."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

Floats = NDArray[np.float64]


def false_discovery(p: Floats, alpha: float = 0.05) -> NDArray[np.bool_]:
    """
    Return which hypotheses may be rejected so that at most ``alpha`` of them are so by mistake.

    Benjamini and Hochberg's step-up rule; holds for independent tests and for those that rise
    together, as neighbourhoods that overlap do. NaN is not tested: never rejected, not counted.
    When nothing at all is true, ``alpha`` is the chance that anything is rejected.

    Parameters
    ----------
    p
        p-values, any shape.
    alpha
        Above 0 and below 1.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995), "Controlling the false discovery rate", Journal of the
    Royal Statistical Society B 57(1), 289-300; Benjamini, Y. and Yekutieli, D. (2001), "The control
    of the false discovery rate in multiple testing under dependency", Annals of Statistics 29(4).
    """
    if not 0 < alpha < 1:
        raise InputError("Alpha is {alpha}; expected above 0 and below 1.", alpha=alpha)
    found: NDArray[np.bool_] = q_values(p) <= alpha
    return found


def q_values(p: Floats) -> Floats:
    """Return the smallest ``alpha`` at which each would be rejected; NaN stays NaN."""
    p = np.asarray(p, dtype=np.float64)
    if ((p < 0) | (p > 1)).any():
        raise InputError("A p-value lies outside 0 to 1.")
    q = np.full(p.shape, np.nan)
    tested = np.isfinite(p)
    values = p[tested]
    order = np.argsort(values, kind="stable")[::-1]
    m = len(values)
    steps = values[order] * m / np.arange(m, 0, -1)
    own = np.empty(m)
    # Never below p itself, not even by the rounding of p m / m.
    own[order] = np.clip(np.minimum.accumulate(steps), values[order], 1.0)
    q[tested] = own
    return q


def confirmed(p: Floats, simulated: Floats, alpha: float = 0.05) -> Floats:
    """
    Return two-sided p-values, no smaller than what permutations confirm.

    Permutations alone cannot be corrected for thousands of places: one in a thousand is their
    least. The normal distribution alone trusts the tails too much. So a p-value whose simulated
    one is above ``alpha`` becomes at least twice that.

    Parameters
    ----------
    p
        Two-sided, by a distribution; NaN: not tested.
    simulated
        One-sided, by permutations, same shape; NaN (no neighbours) makes the result NaN.
    """
    doubt = ~(simulated <= alpha)
    least = np.maximum(p, np.minimum(1.0, 2 * simulated))
    return np.where(np.isfinite(p) & doubt, least, p)
