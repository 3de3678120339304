"""How hot spots come and go: new, growing, lasting, fading, from maps of several periods."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from cockpit.risk.discoveries import false_discovery
from cockpit.risk.poisson import LocalPoisson, poisson_local
from cockpit.risk.strata import unusual
from cockpit.risk.weights import Weights
from geodata.errors import InputError

Floats = NDArray[np.float64]
Signs = NDArray[np.int8]
KINDS = (
    "new",
    "consecutive",
    "intensifying",
    "persistent",
    "diminishing",
    "sporadic",
    "oscillating",
    "historical",
)
EMERGING = ("none", *(f"{kind} hot" for kind in KINDS), *(f"{kind} cold" for kind in KINDS))
LEAST_PERIODS = 4
_NEARLY_ALWAYS = 0.9
_FARTHEST = 38.0  # beyond this a normal score is no finite number


@dataclass(frozen=True)
class Emerging:
    """What becomes of each cell."""

    classes: NDArray[np.str_]  # (n_cells,) of EMERGING
    signs: Signs  # (n_cells, n_periods) 1 hot, -1 cold, 0 neither
    scores: Floats  # (n_cells, n_periods) how hot: normal score of the count here and beside
    trend: Floats  # (n_cells,) z of Mann and Kendall's test of the scores; above 0: hotter
    p: Floats  # (n_cells,) two-sided p of the trend


def emerging(
    counts: Floats, weights: Weights, *, expected: Floats | None = None, alpha: float = 0.05
) -> Emerging:
    """
    Class cells by how their being a hot spot, or a cold one, went on over equal periods.

    In each period the count of a cell and its neighbours is compared with its expectation
    (``poisson_local``, two-sided), with false discoveries held to ``alpha`` within the period. With
    ``expected`` towns are not hot for being towns. Without it all cells are alike: each is expected
    to have the mean of the period's cells, significantly hot ones left out, and counts to scatter
    as widely as they do on that map (``unusual``). Gi* of raw counts would call pure chance hot
    where events are few, for their sums are far from the normal distribution it asks for. A class
    is given for hot and for cold alike; said for hot:

    - "new": hot in the last period, never before;
    - "consecutive": hot in the last periods, two or more, and never before those;
    - "intensifying", "diminishing", "persistent": hot in the last and in nine of ten periods, with
      scores that rise, fall, or do neither significantly (Mann-Kendall at ``alpha``);
    - "oscillating": hot in the last period, cold in an earlier one;
    - "sporadic": hot in the last period and, with gaps, in earlier ones, never cold;
    - "historical": hot in nine of ten periods, not in the last;
    - "none": all others.

    "Nearly always" goes before the other classes, "oscillating" before "new" and "consecutive".

    Parameters
    ----------
    counts
        Events by cell and period, oldest first, whole numbers, shape ``(n_cells, n_periods)``.
    expected
        Expected events, same shape; None: the mean of each period's cells.

    Raises
    ------
    InputError
        If shapes disagree, there are fewer than four periods, or a figure is negative, missing or
        (counts) no whole number.

    References
    ----------
    Classes as of the space-time cube (Esri, "How Emerging Hot Spot Analysis works"), each period by
    itself, so that a season that comes to all is no trend; Mann, H. (1945), "Nonparametric tests
    against trend", Econometrica 13(3), 245-259; Kendall, M. (1975), "Rank correlation methods".
    """
    counts = _checked(counts, weights, "counts")
    if expected is None:
        pairs = [_beside_the_mean(now, weights, alpha) for now in counts.T]
    else:
        usual = _checked(expected, weights, "expected")
        if usual.shape != counts.shape:
            raise InputError(
                "counts has shape {counts} and expected {expected}; both need the same.",
                counts=counts.shape,
                expected=usual.shape,
            )
        pairs = [
            _scored(poisson_local(now, e, weights), alpha)
            for now, e in zip(counts.T, usual.T, strict=True)
        ]
    scores = np.stack([score for score, _ in pairs], axis=1)
    signs = np.stack([sign for _, sign in pairs], axis=1)
    trend, p = mann_kendall(scores)
    steady = np.where(p <= alpha, np.sign(trend), 0).astype(np.int8)
    return Emerging(_classes(signs, steady), signs, scores, trend, p)


def mann_kendall(series: Floats) -> tuple[Floats, Floats]:
    """
    Test each row for a rise or fall without asking its form; return z and two-sided p.

    S counts the pairs that rise less those that fall; its variance allows for ties; z is corrected
    for continuity. Rows that never change have z 0 and p 1.

    Parameters
    ----------
    series
        Values by time, oldest first, shape ``(n_rows, n_times)``; no NaN.
    """
    n = series.shape[1]
    s, ties = np.zeros(len(series)), np.zeros(len(series))
    for t in range(n):
        s += np.sign(series[:, t + 1 :] - series[:, t : t + 1]).sum(axis=1)
        group = (series == series[:, t : t + 1]).sum(axis=1)
        # A group of g equal values is met g times: (g - 1)(2 g + 5) each.
        ties += (group - 1) * (2 * group + 5)
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    z = np.divide(s - np.sign(s), np.sqrt(variance), out=np.zeros(len(s)), where=variance > 0)
    p = np.array([math.erfc(abs(value) / math.sqrt(2)) for value in z])
    return z, p


def _beside_the_mean(counts: Floats, weights: Weights, alpha: float) -> tuple[Floats, Signs]:
    """Compare one period's cells with their mean, to which hot spots do not add."""
    alike = np.ones(len(counts))
    found = unusual(counts, alike, alike.astype(np.int64), weights, alpha=alpha)
    return _scored(found.local, alpha)


def _scored(found: LocalPoisson, alpha: float) -> tuple[Floats, Signs]:
    # Mid-p, so that "as expected" is 0; from the smaller tail, which keeps its digits.
    both = found.p_high + found.p_low - 1  # chance of exactly so many
    score = np.where(
        found.p_high < found.p_low,
        -ndtri(found.p_high - both / 2),
        ndtri(found.p_low - both / 2),
    )
    score = np.clip(np.nan_to_num(score), -_FARTHEST, _FARTHEST)
    return score, _signs(found.p_low - found.p_high, found.two_sided, alpha)


def _signs(direction: Floats, p: Floats, alpha: float) -> Signs:
    found: Signs = np.where(false_discovery(p, alpha), np.sign(direction), 0).astype(np.int8)
    return found


def _classes(signs: Signs, steady: Signs) -> NDArray[np.str_]:
    """Name each cell's history; ``steady`` is the significant trend: 1, -1 or 0."""
    classes = np.full(len(signs), "none", dtype="<U20")
    for sign, word in ((1, "hot"), (-1, "cold")):
        kind = _kind(signs == sign, (signs == -sign).any(axis=1), steady * sign)
        named = kind != ""
        classes[named] = [f"{k} {word}" for k in kind[named]]
    return classes


def _kind(hot: NDArray[np.bool_], opposite: NDArray[np.bool_], steady: Signs) -> NDArray[np.str_]:
    n = hot.shape[1]
    often, last = hot.sum(axis=1), hot[:, -1]
    always = often >= math.ceil(_NEARLY_ALWAYS * n - 1e-9)
    run = np.cumprod(hot[:, ::-1], axis=1).sum(axis=1)  # hot periods at the end without a gap
    cases = (
        (always & ~last, "historical"),
        (always & (steady > 0), "intensifying"),
        (always & (steady < 0), "diminishing"),
        (always, "persistent"),
        (~last, ""),
        (opposite, "oscillating"),
        (often == 1, "new"),
        (often == run, "consecutive"),
    )
    return np.select([c for c, _ in cases], [k for _, k in cases], default="sporadic")


def _checked(values: Floats, weights: Weights, name: str) -> Floats:
    values = np.asarray(values, np.float64)
    if values.ndim != 2 or len(values) != len(weights) or values.shape[1] < LEAST_PERIODS:
        raise InputError(
            "{name} has shape {found}; expected ({n}, periods) and at least {least} periods.",
            name=name,
            found=values.shape,
            n=len(weights),
            least=LEAST_PERIODS,
        )
    if not ((values >= 0) & np.isfinite(values)).all():
        raise InputError("{name} has negative or missing values.", name=name)
    return values
