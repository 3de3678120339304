"""Heat: how many events happen per km², and per 10,000 people, by an adaptive kernel.

Few events are smoothed over a wide area, many over a small one (Abramson's law). A kernel near the
border would leak over it. Weighing each event by what stays inside (Diggle's correction) keeps the
number of events but still pales towards the border; weighing each place by what it can see keeps an
even spread flat but not the number. Here both sides of the kernel are weighed by the same factors
until it does both (Sinkhorn and Knopp's balancing), and the last step is Diggle's, so that the
number of events is exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from cockpit.risk.grids import Grid, grid_over
from geodata.errors import InputError

__all__ = ["PER_PEOPLE", "Density", "Grid", "Kernel", "density", "grid_over", "relative"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
PER_PEOPLE = 10_000
_RANGE = 4.0
"""An adaptive bandwidth is at most so many times the pilot's, and at least that part of it."""
_STEP = 1.3
"""From one band of bandwidths to the next; an event between two is shared among both."""
_BALANCED = 1e-4
_ROUNDS = 60
_ONE_THREAD = 2**18
"""OpenBLAS multiplies matrices with fewer steps than this in one thread. Small matrices in several
threads are ten times slower as soon as someone else uses the machine: they wait for one another."""


@dataclass(frozen=True)
class Kernel:
    """How each square spreads what lies in it: a bandwidth of its own, edge corrected."""

    grid: Grid
    inside: Mask  # (ny, nx)
    bands_m: Floats  # (n_bands,) bandwidths, rising
    place: Floats  # (ny, nx) position of each square's bandwidth among the bands, 0 to n - 1
    _made: dict[int, _Band] = field(default_factory=dict, repr=False, compare=False)

    @property
    def bandwidth_m(self) -> Floats:
        """Return the bandwidth of each square in metres, shape ``(ny, nx)``."""
        steps = np.arange(len(self.bands_m))
        found: Floats = np.exp(np.interp(self.place, steps, np.log(self.bands_m)))
        return found

    def spread(self, amounts: Floats) -> Floats:
        """Spread amounts by square over the inside; their sum (inside) stays the same."""
        amounts = np.where(self.inside, amounts, 0.0)
        whole = np.zeros(self.grid.shape)
        for band in range(len(self.bands_m)):
            part = amounts * np.clip(1 - np.abs(self.place - band), 0, 1)
            if part.any():
                whole += self._band(band).spread(part)
        return whole

    def _band(self, band: int) -> _Band:
        if band not in self._made:
            beside = self._made.get(band - 1)  # its factors are not far from this one's
            begin = self.inside.astype(np.float64) if beside is None else beside.factor
            self._made[band] = _Band(self.grid, self.inside, self.bands_m[band], begin)
        return self._made[band]


@dataclass(frozen=True)
class Density:
    """Events per km² on a grid."""

    values: Floats  # (ny, nx) events/km²; 0 outside
    bandwidth_m: float  # of the pilot: the middle bandwidth when adaptive
    grid: Grid
    amounts: Floats = field(repr=False)  # (ny, nx) what was spread: events in each square inside
    kernel: Kernel = field(repr=False)

    @property
    def total(self) -> float:
        """Return the number of events inside: the integral of the density."""
        return float(self.amounts.sum())


def density(
    x: Floats,
    y: Floats,
    grid: Grid,
    *,
    inside: Mask | None = None,
    bandwidth_m: float | None = None,
    adaptive: bool = True,
    weights: Floats | None = None,
) -> Density:
    """
    Return the density of events by a Gaussian kernel, corrected at the border.

    Events are taken to the middle of their square; one outside ``inside``, or without a place
    (NaN), does not count. A bandwidth of less than half a square is widened to that.

    Parameters
    ----------
    x, y
        Places of the events in metres, shape ``(n_events,)``.
    inside
        Squares of the county, shape ``(ny, nx)``; all when not given.
    bandwidth_m
        Standard deviation of the kernel in metres; when adaptive, of the pilot, and the geometric
        mean over the events is near it. None: ``usual_bandwidth``.
    adaptive
        Bandwidth of an event = pilot x (g / f)^(1/2) with f the pilot's density there and g its
        geometric mean over the events; held between a quarter and four times the pilot's.
    weights
        How many events each stands for, 0 or more; 1 when not given.

    Returns
    -------
    Density
        Its integral over the inside is the number of events inside. Without any it is 0.

    Raises
    ------
    InputError
        If shapes disagree, a weight is negative or missing, the bandwidth is not above 0, or no
        square is inside.

    References
    ----------
    Abramson, I. (1982), "On bandwidth variation in kernel estimates - a square root law", Annals of
    Statistics 10(4), 1217-1223; bands: Davies, T. and Baddeley, A. (2018), "Fast computation of
    spatially adaptive kernel estimates", Statistics and Computing 28, 937-956; border: Diggle, P.
    (1985), Journal of the Royal Statistical Society C 34(2), 138-147; balancing: Sinkhorn, R. and
    Knopp, P. (1967), Pacific Journal of Mathematics 21(2), 343-348.
    """
    mask = np.ones(grid.shape, dtype=np.bool_) if inside is None else np.asarray(inside, np.bool_)
    if mask.shape != grid.shape or not mask.any():
        raise InputError(
            "inside has shape {found} and {n} squares; expected {expected} and at least one.",
            found=mask.shape,
            n=int(mask.sum()),
            expected=grid.shape,
        )
    if bandwidth_m is not None and not 0 < bandwidth_m < math.inf:
        raise InputError("The bandwidth is {bandwidth} m; expected above 0.", bandwidth=bandwidth_m)
    amounts = _binned(x, y, grid, mask, weights)
    pilot = usual_bandwidth(amounts, grid) if bandwidth_m is None else float(bandwidth_m)
    pilot = max(pilot, grid.cell_m / 2)
    kernel = Kernel(grid, mask, np.array([pilot]), np.zeros(grid.shape))
    if adaptive and amounts.any():
        kernel = _adapted(kernel, amounts, pilot)
    return Density(kernel.spread(amounts) / grid.cell_km2, pilot, grid, amounts, kernel)


def relative(
    events: Density, population: Density | Floats, *, least_people: float = 50.0
) -> Floats:
    """
    Return events per 10,000 people, both smoothed by the kernel of the events.

    One kernel for both, so that events that only follow the people give the same rate everywhere
    ("symmetric" adaptive relative risk).

    Parameters
    ----------
    events
        Density of the events.
    population
        People in each square, shape ``(ny, nx)``; or a density of people, of which only what was
        spread is used.
    least_people
        Where fewer people than this live within the kernel (4 pi bandwidth squared of the smoothed
        population), the rate is NaN: too few to tell.

    Returns
    -------
    array
        Shape ``(ny, nx)``; NaN outside.

    References
    ----------
    Davies, T., Jones, K. and Hazelton, M. (2016), "Symmetric adaptive smoothing regimens for
    estimation of the spatial relative risk function", Computational Statistics and Data Analysis
    101, 12-28.
    """
    people = population.amounts if isinstance(population, Density) else np.asarray(population)
    if people.shape != events.grid.shape:
        raise InputError(
            "The people have shape {found}; expected {expected}, one figure a square.",
            found=people.shape,
            expected=events.grid.shape,
        )
    if not (people >= 0).all():  # also catches NaN
        raise InputError("{name} has negative or missing values.", name="population")
    kernel = events.kernel
    living = kernel.spread(people.astype(np.float64)) / events.grid.cell_km2
    around = living * 4 * math.pi * (kernel.bandwidth_m / 1000) ** 2
    told = kernel.inside & (around >= least_people) & (living > 0)
    rate: Floats = np.full(events.grid.shape, np.nan)
    np.divide(events.values * PER_PEOPLE, living, out=rate, where=told)
    return rate


def usual_bandwidth(amounts: Floats, grid: Grid) -> float:
    """
    Return the pilot bandwidth by the normal rule in metres: spread x n^(-1/6).

    The spread is the smaller of the standard deviation and the interquartile range / 1.34, mean of
    both directions (Silverman, B. (1986), "Density Estimation", 4.3.2 with its robust form). Not
    below one square; one square when there is nothing to spread.
    """
    n = amounts.sum()
    if not n > 0:
        return grid.cell_m
    spreads = [_robust_spread(amounts.sum(axis=axis)) * grid.cell_m for axis in (0, 1)]
    rule = float(np.mean(spreads)) * math.pow(float(n), -1 / 6)
    return max(float(grid.cell_m), rule)


def _robust_spread(by_square: Floats) -> float:
    """Return the spread along one direction, in squares."""
    at, n = np.arange(len(by_square)) + 0.5, by_square.sum()
    deviation = math.sqrt(float(np.average((at - np.average(at, weights=by_square)) ** 2,
                                           weights=by_square)))  # fmt: skip
    quarter = np.interp([0.25, 0.75], np.cumsum(by_square) / n, at)
    quartiles = float(quarter[1] - quarter[0]) / 1.34
    return min(deviation, quartiles) if quartiles > 0 else deviation


def _binned(x: Floats, y: Floats, grid: Grid, mask: Mask, weights: Floats | None) -> Floats:
    """Return the events in each square inside."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    each = np.ones(x.shape) if weights is None else np.asarray(weights, np.float64)
    if x.ndim != 1 or x.shape != y.shape or each.shape != x.shape:
        raise InputError(
            "x has shape {x}, y {y} and weights {weights}; expected (n_events,) for all.",
            x=x.shape,
            y=y.shape,
            weights=each.shape,
        )
    if not ((each >= 0) & np.isfinite(each)).all():
        raise InputError("{name} has negative or missing values.", name="weights")
    at = grid.rows(x, y)
    counted = np.bincount(at[at >= 0], weights=each[at >= 0], minlength=grid.nx * grid.ny)
    return np.where(mask, counted.reshape(grid.shape), 0.0)


def _adapted(fixed: Kernel, amounts: Floats, pilot: float) -> Kernel:
    """Return the kernel whose bandwidths follow the pilot density."""
    known = fixed.spread(amounts)
    there = amounts > 0
    usual = np.average(np.log(known[there]), weights=amounts[there])
    floor = max(1 / _RANGE, fixed.grid.cell_m / 2 / pilot)
    log_known = np.log(np.maximum(known, np.finfo(float).tiny))
    factor = np.clip(np.exp((usual - log_known) / 2), floor, max(_RANGE, floor))
    low, high = np.log(factor[there].min()), np.log(factor[fixed.inside].max())
    n = max(1, math.ceil((high - low) / math.log(_STEP)) + 1)
    if n == 1 or high - low < 1e-9:
        return Kernel(fixed.grid, fixed.inside, pilot * np.exp([low]), np.zeros(known.shape))
    place = np.clip((np.log(factor) - low) / (high - low), 0, 1) * (n - 1)
    return Kernel(fixed.grid, fixed.inside, pilot * np.exp(np.linspace(low, high, n)), place)


class _Band:
    """A kernel of one bandwidth, balanced over the inside."""

    def __init__(self, grid: Grid, inside: Mask, metres: float, begin: Floats) -> None:
        self.across = _gauss(grid.nx, metres / grid.cell_m)
        self.up = self.across if grid.ny == grid.nx else _gauss(grid.ny, metres / grid.cell_m)
        self.factor, self.seen = self._balance(inside, begin)

    def _blur(self, amounts: Floats) -> Floats:
        return _times(_times(amounts, self.across).T, self.up).T

    def _balance(self, inside: Mask, begin: Floats) -> tuple[Floats, Floats]:
        """Return a with a K a = 1 inside (rows and columns of the scaled kernel), and K a."""
        factor = begin
        for _ in range(_ROUNDS):
            seen = self._blur(factor)
            product = np.where(inside, factor * seen, 1.0)
            if np.abs(product - 1).max() < _BALANCED:
                break
            factor = factor / np.sqrt(product)
        return factor, self._blur(factor)

    def spread(self, amounts: Floats) -> Floats:
        # What remains of an imbalance is taken by the events' side: their sum is exact.
        own = np.divide(amounts, self.seen, out=np.zeros_like(amounts), where=amounts > 0)
        found: Floats = self.factor * self._blur(own)
        return found


def _times(left: Floats, right: Floats) -> Floats:
    """Multiply matrices, in blocks of rows so small that one thread does each."""
    rows, n = max(1, _ONE_THREAD // (right.size + 1)), len(left)
    padded = np.zeros((-(-n // rows) * rows, left.shape[1]))
    padded[:n] = left
    found: Floats = (padded.reshape(-1, rows, left.shape[1]) @ right).reshape(len(padded), -1)[:n]
    return found


def _gauss(n: int, sigma: float) -> Floats:
    """Return the share of a normal spread that falls from each square on each, both directions."""
    distance = np.arange(n)
    share = ndtr((distance + 0.5) / sigma) - ndtr((distance - 0.5) / sigma)
    # Symmetric to the last bit, so that what leaves one square for another could come back.
    found: Floats = share[np.abs(distance[:, None] - distance[None, :])]
    return found
