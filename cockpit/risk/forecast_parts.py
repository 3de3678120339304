"""The parts a forecast is mixed of: kernel maps of the past, and of the people who live there."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import ndtr
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from geodata.errors import InputError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAST_MASS = 1e-3  # share of a kernel inside the area below which its edge is not corrected further


class Squares(Protocol):
    """A grid of squares in metres; row 0 is the southernmost."""

    @property
    def x0(self) -> float:
        """West edge."""

    @property
    def y0(self) -> float:
        """South edge."""

    @property
    def cell_m(self) -> float:
        """Side of a square."""

    @property
    def nx(self) -> int:
        """Number of columns."""

    @property
    def ny(self) -> int:
        """Number of rows."""


def one_thread() -> AbstractContextManager[Any]:
    """Hold matrix products to one thread: they are small, and beside others several are slower."""
    limits: AbstractContextManager[Any] = threadpool_limits(limits=1, user_api="blas")
    return limits


def squares_of(x: Floats, y: Floats, grid: Squares) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return row and column of each point; -1 for both where it lies off the grid."""
    column = np.floor((x - grid.x0) / grid.cell_m)
    row = np.floor((y - grid.y0) / grid.cell_m)
    on = (column >= 0) & (column < grid.nx) & (row >= 0) & (row < grid.ny)
    return np.where(on, row, -1).astype(np.intp), np.where(on, column, -1).astype(np.intp)


def counted(x: Floats, y: Floats, grid: Squares) -> Floats:
    """Return the number of points in each square, ``(ny, nx)``; none for those off the grid."""
    row, column = squares_of(x, y, grid)
    counts = np.zeros((grid.ny, grid.nx))
    np.add.at(counts, (row[row >= 0], column[row >= 0]), 1.0)
    return counts


def over_squares(at: Floats, start: float, cell_m: float, n: int, bandwidth_m: float) -> Floats:
    """Return the share of a Gaussian around each point within each strip, ``(n_points, n)``."""
    edges = start + np.arange(n + 1) * cell_m
    return np.asarray(np.diff(ndtr((edges - at[:, None]) / bandwidth_m), axis=1))


class Kernels:
    """
    Gaussian kernels of one bandwidth around events, integrated over each square exactly.

    A Gaussian is a product of a part in x and a part in y, so the map of n events is one product
    of matrices (ny, n) @ (n, nx) without any binning of the places. The share of an event's kernel
    that falls outside the area is given back to the squares inside, event by event, so a map adds
    up to the sum of its events' weights.
    """

    def __init__(
        self, x: Floats, y: Floats, grid: Squares, inside: Bools, bandwidth_m: float
    ) -> None:
        self._columns = over_squares(x, grid.x0, grid.cell_m, grid.nx, bandwidth_m)
        self._rows = over_squares(y, grid.y0, grid.cell_m, grid.ny, bandwidth_m)
        self._inside = inside.astype(np.float64)
        mass = ((self._rows @ self._inside) * self._columns).sum(axis=1)
        self._kept = 1.0 / np.maximum(mass, LEAST_MASS)

    def map(self, weights: Floats) -> Floats:
        """Return the map ``(ny, nx)`` of the events with these weights ``(n,)``; 0 outside."""
        use = np.flatnonzero(weights)
        rows = self._rows[use] * (weights * self._kept)[use, None]
        return np.asarray((rows.T @ self._columns[use]) * self._inside)


def smoothed(values: Floats, grid: Squares, inside: Bools, bandwidth_m: float) -> Floats:
    """Spread the amounts of squares by a Gaussian, kept inside the area; the sum stays."""
    spread = (
        _between(grid.ny, grid.cell_m, bandwidth_m),
        _between(grid.nx, grid.cell_m, bandwidth_m),
    )
    held = spread[0] @ inside.astype(np.float64) @ spread[1]
    kept = np.where(inside, values / np.maximum(held, LEAST_MASS), 0.0)
    return np.where(inside, spread[0] @ kept @ spread[1], 0.0)


def _between(n: int, cell_m: float, bandwidth_m: float) -> Floats:
    centres = (np.arange(n) + 0.5) * cell_m
    return over_squares(centres.astype(np.float64), 0.0, cell_m, n, bandwidth_m)


@dataclass(frozen=True)
class Settings:
    """
    Which parts a forecast is mixed of. Their weights are learnt, these lengths are not.

    The lengths span what near-repeat studies of street events find: a place itself (the rounding
    of addresses), its street, its neighbourhood and its quarter.
    """

    long_m: tuple[float, ...] = (60.0, 160.0, 400.0, 1000.0)  # kernels over all of the past
    repeat_m: float = 80.0  # kernel over places where events follow each other
    repeat_within_m: float = 250.0  # events this near count as the same place
    recent_m: tuple[float, ...] = (160.0, 400.0)  # kernels over the last weeks
    recent_half_days: float = 30.0  # an event this old counts half in the recent part
    rate_m: float = 2500.0  # how far around the rate of events by people is taken
    people_m: float = 250.0  # people are out on the streets around their homes
    # An event this old counts half for the expected total: that which foretold past totals best.
    level_half_days: tuple[float, ...] = (15.0, 30.0, 60.0, 120.0, 365.0)
    prior_events: float = 1.0  # weight of "all parts alike", in events for each part
    most_events: int = 20_000  # the newest are used: bounds time and memory
    most_origins: int = 16  # past periods that weights are learnt on, the newest

    def check(self) -> None:
        """Refuse lengths and numbers that are not above 0 and finite."""
        amounts = (*self.long_m, *self.recent_m, self.recent_half_days, self.rate_m, self.people_m)
        amounts += (self.repeat_m, self.repeat_within_m)
        amounts += (*self.level_half_days, self.prior_events, self.most_events, self.most_origins)
        if not self.long_m or not self.level_half_days or not all(0 < a < np.inf for a in amounts):
            raise InputError("The settings of the forecast must be numbers above 0.")


@dataclass(frozen=True)
class Part:
    """One map of the mixture: its kind (what a reader is told) and its length."""

    kind: str  # "long-term", "repeats", "recent", "people" or "everywhere"
    bandwidth_m: float


class Past:
    """The events and people a forecast is made from; gives the maps of the parts at any day."""

    def __init__(
        self,
        x: Floats,
        y: Floats,
        day: Floats,
        grid: Squares,
        inside: Bools,
        people: Floats | None,
        settings: Settings,
    ) -> None:
        self.day, self.grid, self.inside, self.settings = day, grid, inside, settings
        self.row, self.column = squares_of(x, y, grid)
        self._x, self._y, self._people = x, y, people
        self._kernels: dict[float, Kernels] = {}

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Return the parts, in the order of the maps."""
        s = self.settings
        parts = [Part("long-term", h) for h in s.long_m] + [Part("repeats", s.repeat_m)]
        parts += [Part("recent", h) for h in s.recent_m]
        if self._people is not None:
            parts.append(Part("people", s.rate_m))
        return (*parts, Part("everywhere", np.inf))

    def growth(self, at: float) -> Floats:
        """
        Return how much each part is worth by a day, up to a factor of the part: ``(n_parts,)``.

        What a place itself has shown counts in proportion to the events seen so far, beside parts
        that are as good with few events as with many: the shrinkage of a gamma-Poisson rate.
        """
        seen = max(1.0, float(np.count_nonzero(self.day < at)))
        return np.array([seen if p.kind in ("long-term", "repeats") else 1.0 for p in self.parts])

    def maps(self, at: float) -> Floats:
        """Return the maps ``(n_parts, ny, nx)`` from what came before a day; each adds up to 1."""
        past = (self.day < at).astype(np.float64)
        # "* past" keeps the exponent of events after the day at 0: they have no weight anyway.
        recent = past * np.exp2((self.day - at) * past / self.settings.recent_half_days)
        weights = {"recent": recent, "repeats": self._others(past)}
        return np.stack([self._map(p, weights.get(p.kind, past)) for p in self.parts])

    def _map(self, part: Part, weights: Floats) -> Floats:
        flat: Floats = self.inside / float(self.inside.sum())
        if part.kind == "everywhere":
            return flat
        if part.kind == "people":
            values = self._by_people(weights)
        else:
            values = self._kernel(part.bandwidth_m).map(weights)
        total = values.sum()
        return np.asarray(values / total) if total > 0 else flat

    def _others(self, past: Floats) -> Floats:
        """Return how many other events of the past lie near each event of the past."""
        places = np.column_stack((self._x, self._y))[past > 0]
        others = past.copy()
        if len(places):
            near = self.settings.repeat_within_m
            counts = cKDTree(places).query_ball_point(places, near, return_length=True)
            others[past > 0] = counts - 1
        return others

    def _by_people(self, weights: Floats) -> Floats:
        """Return people times the rate around: what a place is like, shrunk to its people."""
        length = self.settings.rate_m
        around = smoothed(self._homes, self.grid, self.inside, length)
        events = smoothed(self._raw(weights), self.grid, self.inside, length)
        rate = np.divide(events, around, out=np.zeros_like(events), where=around > 0)
        return np.asarray(self._homes * rate)

    def _raw(self, weights: Floats) -> Floats:
        counts = np.zeros(self.inside.shape)
        np.add.at(counts, (self.row, self.column), weights)
        return counts

    @cached_property
    def _homes(self) -> Floats:
        people = np.zeros(self.inside.shape) if self._people is None else self._people
        return smoothed(people, self.grid, self.inside, self.settings.people_m)

    def _kernel(self, bandwidth_m: float) -> Kernels:
        if bandwidth_m not in self._kernels:
            self._kernels[bandwidth_m] = Kernels(
                self._x, self._y, self.grid, self.inside, bandwidth_m
            )
        return self._kernels[bandwidth_m]


def mixed(densities: Floats, growth: Floats, prior_events: float, *, rounds: int = 200) -> Floats:
    """
    Return the factors of parts that make events most likely, with a pull towards equal ones.

    Stacking of densities by expectation maximisation. At one moment the share of part k is
    ``factor[k] * growth[k]`` over the sum of all. Each event is given to the parts in proportion
    to share times density; a part's factor is then what it was given (and ``prior_events``
    pseudo-events) over what it would be given at factor 1. Without growth this is the plain rule:
    a part's share is its share of the events.

    Parameters
    ----------
    densities
        Density of each part where an event happened, made from earlier events only, shape
        ``(n_events, n_parts)``, 0 or more. No event: equal factors.
    growth
        ``Past.growth`` at the moment each event was seen from, the same shape, above 0.

    Returns
    -------
    NDArray
        Shape ``(n_parts,)``; only their proportions mean anything.

    References
    ----------
    Smyth, P. and Wolpert, D. (1999), "Linearly combining density estimators via stacking", Machine
    Learning 36, 59-83.
    """
    n_events, n_parts = densities.shape
    factors = np.ones(n_parts) / (growth.mean(axis=0) if n_events else 1.0)
    for _ in range(rounds if n_events else 0):
        shares = densities * growth * factors
        total = shares.sum(axis=1, keepdims=True)
        given = np.divide(shares, total, out=np.zeros_like(shares), where=total > 0).sum(axis=0)
        asked = (growth / (growth @ factors)[:, None]).sum(axis=0)
        factors = (given + prior_events) / asked
        factors /= factors.sum()
    return factors
