"""Hot spots: local statistics of neighbourhoods, with permutations and without false alarms.

Both statistics treat cells of unknown value (NaN) as absent: they are nobody's neighbour, take no
part in permutations, and have NaN everywhere. Compiled code would make the first visitor wait, so
permutations run in plain NumPy: all cells share one set of draws, as in esda, and from one cell to
the next only the draws change that touch the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from cockpit.risk.discoveries import false_discovery, q_values
from cockpit.risk.poisson import LocalPoisson, poisson_local
from cockpit.risk.weights import Weights
from geodata.errors import InputError

__all__ = [
    "LocalG",
    "LocalMoran",
    "LocalPoisson",
    "false_discovery",
    "getis_ord",
    "local_moran",
    "permutation_tails",
    "poisson_local",
    "q_values",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NAN = float("nan")


@dataclass(frozen=True)
class LocalG:
    """Getis and Ord's local statistic of each cell, shape ``(n_cells,)`` each."""

    g: Floats  # share of the county's total that lies in the neighbourhood
    z: Floats  # above 0 hot, below 0 cold
    p: Floats  # one-sided, in the direction of z, by the normal distribution
    p_sim: Floats  # the same by permutations; NaN without neighbours or permutations
    p_high: Floats  # chance of a sum as high, by permutations
    p_low: Floats  # chance of a sum as low

    @property
    def two_sided(self) -> Floats:
        """Return the p-value of "hot or cold", by the normal distribution: 2 p."""
        found: Floats = np.minimum(1.0, 2 * self.p)
        return found


@dataclass(frozen=True)
class LocalMoran:
    """Local Moran's I of each cell, shape ``(n_cells,)`` each."""

    i: Floats  # above 0 like its neighbours, below 0 unlike
    z: Floats  # standardised by conditional randomisation
    p: Floats  # one-sided, in the direction of z, by the normal distribution
    p_sim: Floats  # the same by permutations; NaN without neighbours or permutations
    quadrant: Ints  # 1 high among high, 2 low among high, 3 low among low, 4 high among low; 0 none

    @property
    def two_sided(self) -> Floats:
        """Return the p-value of "like or unlike", by the normal distribution: 2 p."""
        found: Floats = np.minimum(1.0, 2 * self.p)
        return found


def getis_ord(
    values: Floats,
    weights: Weights,
    *,
    star: bool = True,
    permutations: int = 999,
    rng: np.random.Generator,
) -> LocalG:
    """
    Return Gi* (``star``: the cell counts itself in) or Gi of each cell.

    G = sum of the neighbourhood over the sum of all (without the cell itself for Gi); z by the
    moments of the binary form. ``p_sim`` compares the neighbours' sum with that of as many other
    cells drawn at random, the cell itself held fixed: (1 + draws at least as extreme) over
    (1 + draws), the smaller of both directions. A tie counts as extreme in both, so constant values
    give 1; esda calls a tie on the low side significant. ``p_sim`` is never below
    1 / (permutations + 1): on a map of many cells under ``false_discovery`` only ``p`` (or
    many more permutations) can tell single cells.

    Parameters
    ----------
    values
        Figure of each cell, shape ``(n_cells,)``; NaN: unknown.
    permutations
        Number of draws; 0 for none.
    rng
        Source of the draws; the same state gives the same result.

    Returns
    -------
    LocalG
        Constant values: z and p are NaN. A cell without neighbours has no ``p_sim``; its Gi is
        NaN, its Gi* is that of its own figure. ``g`` is NaN when the sum is 0.

    Raises
    ------
    InputError
        If the shapes disagree or a value is infinite.

    References
    ----------
    Getis, A. and Ord, J. (1992), "The analysis of spatial association by use of distance
    statistics", Geographical Analysis 24(3), 189-206; Ord, J. and Getis, A. (1995), "Local spatial
    autocorrelation statistics", Geographical Analysis 27(4), 286-306.
    """
    known, y, near = _known(values, weights)
    k = near.n_neighbours + float(star)
    sums = near.sums(y) + (y if star else 0.0)
    rest = float(not star)
    n = len(y) - rest
    total = y.sum() - rest * y
    with np.errstate(divide="ignore", invalid="ignore"):
        g = np.where((total != 0) & (k > 0), sums / total, NAN)
        mean = total / n
        variance = (np.sum(y**2) - rest * y**2) / n - mean**2
        variance = np.where(variance > 1e-14 * np.max(y**2, initial=0.0), variance, NAN)
        spread = variance * k * (n - k) / (n - 1)
        z = np.where(spread > 0, (sums - k * mean) / np.sqrt(spread), NAN)
    high, low = _simulated(y, near, permutations, rng)
    parts = (g, z, ndtr(-np.abs(z)), np.fmin(high, low), high, low)
    return LocalG(*(_spread(part, known) for part in parts))


def local_moran(
    values: Floats, weights: Weights, *, permutations: int = 999, rng: np.random.Generator
) -> LocalMoran:
    """
    Return local Moran's I of each cell: how like its neighbours it is.

    I = (n - 1) z_i (mean of its neighbours' z) / sum of z squared, with z the standardised figures;
    its z and p by conditional randomisation. Parameters, ``p_sim`` and errors as of ``getis_ord``.

    Returns
    -------
    LocalMoran
        Constant values: all NaN, quadrant 0. A cell without neighbours has I = 0, no z, no p and
        quadrant 0.

    References
    ----------
    Anselin, L. (1995), "Local indicators of spatial association - LISA", Geographical Analysis
    27(2), 93-115; moments: Sokal, R., Oden, N. and Thomson, B. (1998), "Local spatial
    autocorrelation in a biological model", Geographical Analysis 30(4), 331-354, A7 and A8.
    """
    known, y, near = _known(values, weights)
    n, k = len(y), near.n_neighbours
    deviation = y - y.mean() if n else y
    spread = deviation.std() if n else 0.0
    constant = not spread > 1e-12 * np.max(np.abs(y), initial=0.0)
    z = np.full(n, NAN) if constant else deviation / spread
    lag = near.sums(z) / np.maximum(k, 1)
    i = (n - 1) * z * lag / n
    with np.errstate(divide="ignore", invalid="ignore"):
        wi, wi2 = (k > 0).astype(float), 1.0 / np.where(k > 0, k, NAN)
        expected = -(z**2) * wi / (n - 1)
        variance = z**2 * n / (n - 2) * (wi2 - wi**2 / (n - 1)) * (1 - z**2 / (n - 1))
        score = np.where(variance > 0, (i - expected) / np.sqrt(variance), NAN)
    quadrant = np.select(
        [(k == 0) | np.isnan(z), (z > 0) & (lag > 0), lag > 0, z <= 0], [0, 1, 2, 3], default=4
    )
    high, low = _simulated(y, near, permutations, rng)
    whole = np.zeros(len(known), dtype=np.int64)
    whole[known] = quadrant
    p_sim = np.where(constant, NAN, np.fmin(high, low))
    parts = [_spread(part, known) for part in (i, score, ndtr(-np.abs(score)), p_sim)]
    return LocalMoran(parts[0], parts[1], parts[2], parts[3], whole)


def _known(values: Floats, weights: Weights) -> tuple[NDArray[np.bool_], Floats, Weights]:
    values = np.asarray(values, dtype=np.float64)
    if values.shape != (len(weights),):
        raise InputError(
            "{name} has shape {found}; expected ({n},), one value a cell.",
            name="values",
            found=values.shape,
            n=len(weights),
        )
    if np.isinf(values).any():
        raise InputError("{name} has values without end.", name="values")
    known = ~np.isnan(values)
    return known, values[known], weights.of(known)


def _spread(part: Floats, known: NDArray[np.bool_]) -> Floats:
    whole = np.full(len(known), NAN)
    whole[known] = part
    return whole


def _simulated(
    y: Floats, weights: Weights, permutations: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return both permutation p-values of each cell; NaN for islands and without permutations."""
    n, k = len(y), weights.n_neighbours
    most = int(k.max(initial=0))
    if permutations < 1 or most == 0:
        return np.full(n, NAN), np.full(n, NAN)
    draws = np.stack([rng.choice(n - 1, most, replace=False) for _ in range(permutations)])
    high, low = permutation_tails(y, weights, draws)
    chance = (np.array([high, low]) + 1.0) / (permutations + 1)
    chance[:, weights.islands] = NAN
    return chance[0], chance[1]


def permutation_tails(y: Floats, weights: Weights, draws: NDArray[np.integer]) -> tuple[Ints, Ints]:
    """
    Count the draws whose sum is at least as high, and at least as low, as the neighbours'.

    Parameters
    ----------
    y
        Known values, shape ``(n_cells,)``.
    draws
        Positions among the other ``n_cells - 1`` cells, shape ``(n_draws, most neighbours)``,
        different within a row; a cell with k neighbours uses the first k columns.

    Notes
    -----
    Seen from cell i, position j stands for cell j below i and j + 1 from i on. Going from one cell
    to the next, only position i - 1 changes what it stands for, in few draws: all other sums stay.
    """
    observed, k = weights.sums(y), weights.n_neighbours
    # Sums of the same numbers in another order differ by rounding: that is a tie.
    hair = 1e-12 * max(1, draws.shape[1]) * float(np.max(np.abs(y), initial=0.0))
    drawn = y[draws + 1]
    sums = np.cumsum(drawn, axis=1).T.copy()  # row k - 1: sum of the first k of each draw
    order = np.argsort(draws, axis=None, kind="stable")
    first = np.searchsorted(draws.ravel()[order], np.arange(len(y) + 1))
    high, low = np.zeros(len(y), dtype=np.int64), np.zeros(len(y), dtype=np.int64)
    for cell in range(len(y)):
        if cell and first[cell - 1] < first[cell]:
            row, column = np.divmod(order[first[cell - 1] : first[cell]], draws.shape[1])
            drawn[row, column] = y[cell - 1]
            sums[:, row] = np.cumsum(drawn[row], axis=1).T
        if k[cell]:
            own = sums[k[cell] - 1]
            high[cell] = np.count_nonzero(own >= observed[cell] - hair)
            low[cell] = np.count_nonzero(own <= observed[cell] + hair)
    return high, low
