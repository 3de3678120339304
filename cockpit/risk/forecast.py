"""
Where events are to be expected in the next period: a mixture of the past and of the people.

The map of expected events is a sum of parts: kernels over all of the past (narrow to wide, and
over places where it happened again), kernels over the last weeks (what has just happened is
likelier to happen again nearby), people times the rate around them, and the same everywhere. The
weights of the parts are those that would have made the events of earlier periods most likely,
each period seen from before it: nothing from after the day of the forecast is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nbinom, poisson

from cockpit.risk.forecast_card import CardLine, card_lines
from cockpit.risk.forecast_parts import (
    Bools,
    Floats,
    Part,
    Past,
    Settings,
    Squares,
    mixed,
    one_thread,
    squares_of,
)
from geodata.errors import InputError

KINDS = ("long-term", "repeats", "recent", "people", "everywhere")
INTERVAL = 0.90  # share of outcomes that the interval of a square is to hold


@dataclass(frozen=True)
class Forecast:
    """Expected events of each square from ``at`` for ``horizon_days``, and where they come from."""

    at: float  # day
    horizon_days: float
    intensity: Floats  # (ny, nx) expected events; 0 outside the area
    lower: NDArray[np.int64]  # (ny, nx) events: the interval of INTERVAL
    upper: NDArray[np.int64]
    parts: dict[str, Floats]  # kind -> (ny, nx) expected events; they add up to intensity
    inside: Bools
    weights: tuple[tuple[Part, float], ...]  # share of each part; they add up to 1
    variation: float  # squared relative spread of a square's true intensity around the map's
    n_events: int  # used
    n_outside: int  # events before the day that lie outside the area: not used
    n_periods: int  # past periods the weights were learnt on; 0: all parts alike
    card: tuple[CardLine, ...]

    @property
    def total(self) -> float:
        """Expected events of the whole area."""
        return float(self.intensity.sum())

    def of_regions(self, region: NDArray[np.intp], n_regions: int) -> Floats:
        """Return the expected events of regions; ``region`` (ny, nx) gives each square's, or -1."""
        known = region >= 0
        return np.bincount(
            region[known], weights=self.intensity[known], minlength=n_regions
        ).astype(np.float64)


def forecast(
    x: Floats,
    y: Floats,
    day: Floats,
    grid: Squares,
    *,
    at: float,
    horizon_days: float,
    inside: Bools | None = None,
    people: Floats | None = None,
    model: Settings | None = None,
) -> Forecast:
    """
    Return the events to be expected from a day on, for each square of a grid.

    Only events with ``day < at`` are used, so a result does not change when later events become
    known. The expected total is the daily mean of the past, the last weeks counting more.

    Parameters
    ----------
    x, y
        Places of events, metres, shape ``(n,)``. Events outside the area are counted and left out.
    day
        When each event happened, in days from any beginning, shape ``(n,)``; parts of days count.
    grid
        Squares with ``x0, y0, cell_m, nx, ny``.
    at
        First day of the period that is forecast.
    horizon_days
        Its length, above 0.
    inside
        Squares that belong to the area, ``(ny, nx)``; None: all.
    people
        People of each square, ``(ny, nx)``, 0 or more; None: a forecast without them.
    model
        Settings; None: the defaults.

    Raises
    ------
    InputError
        If shapes disagree, a number is missing, no event lies in the area before ``at``, or nobody
        lives there while people are given.

    References
    ----------
    Mohler, G. et al. (2011), "Self-exciting point process modeling of crime", JASA 106, 100-108
    (background and near-repeat parts); Caplan, J. and Kennedy, L. (2011) (people and places at
    risk); Smyth and Wolpert (1999) for the mixing.
    """
    settings = model or Settings()
    settings.check()
    past, n_outside = past_of(x, y, day, grid, inside, people, settings, until=at)
    if not 0 < horizon_days < np.inf:
        raise InputError("The period is {days} days long; expected above 0.", days=horizon_days)
    with one_thread():
        return _made(past, at, horizon_days, people is not None, n_outside)


def _made(
    past: Past, at: float, horizon_days: float, with_people: bool, n_outside: int
) -> Forecast:
    tried = _tried(past, at, horizon_days)
    factors = mixed(*_seen(past, tried), past.settings.prior_events)
    weights = _shares(past, factors, at) if tried else factors / factors.sum()
    level = _level(past, tried, at, horizon_days)
    maps = past.maps(at) * (weights * level)[:, None, None]
    variation = _variation(past, tried, factors)
    parts = _by_kind(past.parts, maps)
    intensity = np.asarray(sum(parts.values()))
    lower, upper = interval_of(intensity, variation)
    shares = tuple((p, float(w)) for p, w in zip(past.parts, weights, strict=True))
    return Forecast(
        at=at,
        horizon_days=horizon_days,
        intensity=intensity,
        lower=lower,
        upper=upper,
        parts=parts,
        inside=past.inside,
        weights=shares,
        variation=variation,
        n_events=len(past.day),
        n_outside=n_outside,
        n_periods=len(tried),
        card=card_lines(shares, len(past.day), len(tried), with_people, n_outside),
    )


def past_of(
    x: Floats,
    y: Floats,
    day: Floats,
    grid: Squares,
    inside: Bools | None,
    people: Floats | None,
    settings: Settings,
    *,
    until: float,
) -> tuple[Past, int]:
    """Check the arguments; return the events of the area before a day, and how many lie outside."""
    x, y, day = (np.asarray(v, dtype=np.float64) for v in (x, y, day))
    within = np.ones((grid.ny, grid.nx), dtype=bool) if inside is None else inside
    _check(x, y, day, within, people, grid)
    row, column = squares_of(x, y, grid)
    known = (row >= 0) & within[row, column]
    before = day < until
    use = np.flatnonzero(known & before)
    if not len(use):
        raise InputError("No event in the area before the first day of the forecast.")
    use = use[np.argsort(day[use], kind="stable")][-settings.most_events :]
    past = Past(x[use], y[use], day[use], grid, within, people, settings)
    return past, int((before & ~known).sum())


def _check(
    x: Floats, y: Floats, day: Floats, inside: Bools, people: Floats | None, grid: Squares
) -> None:
    shape = (grid.ny, grid.nx)
    if not x.shape == y.shape == day.shape or x.ndim != 1:
        raise InputError(
            "x has shape {x}, y {y} and day {day}; expected (n,) for all.",
            x=x.shape,
            y=y.shape,
            day=day.shape,
        )
    if inside.shape != shape or (people is not None and people.shape != shape):
        raise InputError("The area and the people must have the grid's shape {grid}.", grid=shape)
    if not all(np.isfinite(v).all() for v in (x, y, day)):
        raise InputError("A place or a day of an event is missing.")
    if people is not None and not ((people >= 0).all() and people[inside].sum() > 0):
        raise InputError("People must be 0 or more, and somebody must live in the area.")


def _tried(past: Past, at: float, horizon_days: float) -> list[tuple[float, Floats, Bools]]:
    """Return (first day, maps before it, events within) of past periods, newest first."""
    step, first = horizon_days / 2, past.day[0]
    tried: list[tuple[float, Floats, Bools]] = []
    start = at - horizon_days
    # A period is tried when as much time as its own length lies before it.
    while start >= first + horizon_days and len(tried) < past.settings.most_origins:
        during = (past.day >= start) & (past.day < start + horizon_days)
        tried.append((start, past.maps(start), during))
        start -= step
    return tried


def _seen(past: Past, tried: list[tuple[float, Floats, Bools]]) -> tuple[Floats, Floats]:
    """Return density and growth of each part for the events of the periods, seen from before."""
    none = np.empty((0, len(past.parts)))
    rows = [maps[:, past.row[during], past.column[during]].T for _, maps, during in tried]
    growth = [np.tile(past.growth(start), (int(now.sum()), 1)) for start, _, now in tried]
    return np.concatenate([none, *rows]), np.concatenate([none, *growth])


def _shares(past: Past, factors: Floats, at: float) -> Floats:
    """Return the share of each part at a day; they add up to 1."""
    shares = factors * past.growth(at)
    return np.asarray(shares / shares.sum())


def _variation(past: Past, tried: list[tuple[float, Floats, Bools]], factors: Floats) -> float:
    """
    Return how far true intensities spread around the map, as a squared share of it.

    By moments over the past periods: a count with mean m and spread v has variance m + v m^2.
    """
    over = under = 0.0
    for start, maps, during in tried:
        density = np.tensordot(_shares(past, factors, start), maps, 1)
        expected = density * during.sum()
        seen = np.zeros(expected.shape)
        np.add.at(seen, (past.row[during], past.column[during]), 1.0)
        over += float(((seen - expected) ** 2 - expected)[past.inside].sum())
        under += float((expected**2).sum())
    return max(0.0, over / under) if under > 0 else 0.0


def _level(past: Past, tried: list[tuple[float, Floats, Bools]], at: float, days: float) -> float:
    """Return the expected total, by the memory that would have foretold past totals best."""

    def total(start: float, half_days: float) -> float:
        return daily_level(past.day[past.day < start], start, half_days) * days

    def wrong(half_days: float) -> float:
        # The square root makes errors of Poisson counts alike, whatever their size.
        errors = [np.sqrt(now.sum()) - np.sqrt(total(start, half_days)) for start, _, now in tried]
        return float(np.square(errors).sum())

    return total(at, min(past.settings.level_half_days, key=wrong))


def daily_level(day: Floats, at: float, half_days: float) -> float:
    """
    Return the events a day that the past lets expect, days of ``half_days`` ago counting half.

    Decayed events over the decayed days since the first event; no less than one day of them.
    """
    if not len(day):
        return 0.0
    rate = np.log(2) / half_days
    days = -np.expm1(-rate * max(at - float(day.min()), 1.0)) / rate
    return float(np.exp(-rate * (at - day)).sum() / days)


def interval_of(
    intensity: Floats, variation: float, *, share: float = INTERVAL
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Return the smallest and largest count to be expected where so many events are expected.

    Quantiles of a negative binomial with mean ``intensity`` and variance ``intensity + variation *
    intensity**2``; of a Poisson where ``variation`` is 0. An intensity of 0 gives 0 and 0.
    """
    tails = (1 - share) / 2, (1 + share) / 2
    mean = np.maximum(intensity, 1e-12)
    quantile: Callable[[float], Floats]
    if variation <= 1e-9:
        quantile = lambda q: poisson.ppf(q, mean)  # noqa: E731
    else:
        size = 1 / variation
        quantile = lambda q: nbinom.ppf(q, size, size / (size + mean))  # noqa: E731
    low, high = (quantile(q).astype(np.int64) for q in tails)
    return low, high


def _by_kind(parts: tuple[Part, ...], maps: Floats) -> dict[str, Floats]:
    """Add the maps of each kind, in the order of KINDS."""
    rows = {kind: [i for i, p in enumerate(parts) if p.kind == kind] for kind in KINDS}
    return {kind: np.asarray(maps[at].sum(axis=0)) for kind, at in rows.items() if at}
