"""Forecasts judged by what came: hit rate, PAI and calibration beside simpler maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from cockpit.risk.forecast import forecast
from cockpit.risk.forecast_parts import (
    Bools,
    Floats,
    Kernels,
    Settings,
    Squares,
    counted,
    one_thread,
    squares_of,
)
from geodata.errors import InputError

OURS, LAST_PERIOD, KERNEL, KERNEL_CHOSEN = "forecast", "last period", "kernel", "kernel, chosen"
KERNEL_M = 500.0  # metres: the plain kernel that is common for streets of a town
CHOICES_M = (100.0, 150.0, 200.0, 250.0, 300.0, 400.0, 500.0, 750.0, 1000.0)
SHARES = (0.01, 0.02, 0.05, 0.10)  # shares of the area that are looked at


@dataclass(frozen=True)
class Score:
    """How much of one period one map has found within a share of the area."""

    map: str  # OURS, LAST_PERIOD, KERNEL, ...
    at: float  # first day of the period
    share: float  # of the area
    hits: float  # events within that share; parts of events where squares tie
    events: int

    @property
    def hit_rate(self) -> float:
        """Share of the period's events found; NaN without events."""
        return self.hits / self.events if self.events else float("nan")

    @property
    def pai(self) -> float:
        """Predictive accuracy index: hit rate over share of the area; 1 is what chance finds."""
        return self.hit_rate / self.share


@dataclass(frozen=True)
class Reliability:
    """Expected beside observed events, by bins of squares from quiet to busy."""

    least: Floats  # (n_bins,) smallest expected events of a square in the bin
    squares: NDArray[np.int64]  # (n_bins,) squares, over all periods
    expected: Floats  # (n_bins,) events
    observed: NDArray[np.int64]  # (n_bins,) events
    lower: Floats  # (n_bins,) 90 % interval of the mean behind the observed
    upper: Floats

    @property
    def within(self) -> float:
        """Share of bins whose interval holds the expected events."""
        return float(np.mean((self.lower <= self.expected) & (self.expected <= self.upper)))


@dataclass(frozen=True)
class Backtest:
    """All scores of all maps, and whether expected counts came true."""

    scores: tuple[Score, ...]
    reliability: Reliability
    interval_held: float  # share of squares whose count lay within the forecast's interval
    busy_held: float  # the same, of the squares that were among the busiest tenth

    def mean_pai(self, of: str, share: float) -> float:
        """Return the mean PAI of a map over the periods."""
        return float(np.mean([s.pai for s in self.scores if (s.map, s.share) == (of, share)]))

    def mean_hit_rate(self, of: str, share: float) -> float:
        """Return the mean hit rate of a map over the periods."""
        return self.mean_pai(of, share) * share

    def gain(self, over: str, share: float) -> tuple[float, float, int]:
        """Return PAI of the forecast less another map's: mean, its standard error, periods won."""
        mine, theirs = (
            np.array([s.pai for s in self.scores if (s.map, s.share) == (name, share)])
            for name in (OURS, over)
        )
        gains = mine - theirs
        error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else np.nan
        return float(gains.mean()), float(error), int((gains > 0).sum())

    def to_plain(self) -> dict[str, object]:
        """Return everything as lists and numbers, to be stored beside a model."""
        bins = self.reliability
        curve = {
            name: getattr(bins, name).tolist()
            for name in ("least", "squares", "expected", "observed", "lower", "upper")
        }
        rows = [
            {"map": s.map, "at": s.at, "share": s.share, "hits": s.hits, "events": s.events}
            for s in self.scores
        ]
        held = {"interval_held": self.interval_held, "busy_held": self.busy_held}
        return {"scores": rows, "reliability": curve, **held}


def hits_within(score: Floats, events: Floats, share: float) -> float:
    """
    Return the events within the squares of highest score that make up a share of the area.

    Squares of the same score share a place: their events count in proportion, which is what
    drawing lots among them would give on average. The last square counts in part, so the share of
    the area is kept exactly.

    Parameters
    ----------
    score, events
        Score and observed events of each square of the area, shape ``(n_squares,)``.
    share
        Of the squares, above 0, at most 1.
    """
    if score.shape != events.shape or score.ndim != 1 or not 0 < share <= 1:
        raise InputError(
            "Scores have shape {score} and events {events}, for {share} of the area; expected "
            "(n,) for both and a share above 0, at most 1.",
            score=score.shape,
            events=events.shape,
            share=share,
        )
    wanted = share * len(score)
    limit = np.sort(score)[::-1][min(int(wanted), len(score) - 1)]
    above, level = score > limit, score == limit
    rest = (wanted - above.sum()) / level.sum()
    return float(events[above].sum() + events[level].sum() * min(rest, 1.0))


def reliability_of(expected: Floats, observed: Floats, *, n_bins: int = 10) -> Reliability:
    """
    Return expected beside observed events by bins that hold about the same expected events.

    The interval of an observed count n is the exact one of a Poisson mean, from the quantiles of
    chi-squared with 2n and 2n + 2 degrees of freedom (Garwood 1936).

    Parameters
    ----------
    expected, observed
        Events of each square (of each period), shape ``(n,)``.
    """
    order = np.argsort(expected, kind="stable")
    running = np.cumsum(expected[order])
    cuts = np.searchsorted(running, running[-1] * np.arange(1, n_bins) / n_bins, side="right")
    bins = [b for b in np.split(order, cuts) if len(b)]
    seen = np.array([observed[b].sum() for b in bins])
    lower = np.where(seen > 0, chi2.ppf(0.05, np.maximum(2 * seen, 1)) / 2, 0.0)
    return Reliability(
        least=np.array([expected[b].min() for b in bins]),
        squares=np.array([len(b) for b in bins]),
        expected=np.array([expected[b].sum() for b in bins]),
        observed=seen.astype(np.int64),
        lower=lower,
        upper=chi2.ppf(0.95, 2 * seen + 2) / 2,
    )


def backtest(
    x: Floats,
    y: Floats,
    day: Floats,
    grid: Squares,
    *,
    periods: Sequence[tuple[float, float]],
    inside: Bools | None = None,
    people: Floats | None = None,
    model: Settings | None = None,
    kernels_m: Sequence[float] = (KERNEL_M,),
    shares: Sequence[float] = SHARES,
) -> Backtest:
    """
    Forecast past periods from what came before each, and judge every map by what then came.

    Beside the forecast stand: the counts of the period before (of the same length), a plain
    Gaussian kernel over all of the past at each bandwidth of ``kernels_m``, and the same kernel at
    the bandwidth of ``CHOICES_M`` that did best on the period before.

    Parameters
    ----------
    x, y, day, grid, inside, people, model
        As for ``forecast``.
    periods
        First day and length in days of each period.
    shares
        Shares of the area to look at.

    Raises
    ------
    InputError
        As ``forecast``; if no period is given or one has no event.

    References
    ----------
    Chainey, S., Tompson, L. and Uhlig, S. (2008), "The utility of hotspot mapping for predicting
    spatial patterns of crime", Security Journal 21, 4-28: hit rate and PAI.
    """
    if not periods:
        raise InputError("No period to try the forecast on.")
    scores: list[Score] = []
    judged: list[tuple[Floats, Floats, Bools]] = []
    for at, length in periods:
        made = forecast(
            x, y, day, grid,
            at=at, horizon_days=length, inside=inside, people=people, model=model,
        )  # fmt: skip
        area = made.inside
        came = counted(*_during(x, y, day, at, at + length), grid)[area]
        if not came.sum():
            raise InputError("No event in the period that begins on day {day}.", day=at)
        maps = {OURS: made.intensity, **_simpler(x, y, day, grid, area, at, length, kernels_m)}
        scores += [
            Score(name, at, share, hits_within(values[area], came, share), int(came.sum()))
            for name, values in maps.items()
            for share in shares
        ]
        held = (made.lower[area] <= came) & (came <= made.upper[area])
        judged.append((made.intensity[area], came, held))
    return _summed(scores, judged)


def _simpler(
    x: Floats,
    y: Floats,
    day: Floats,
    grid: Squares,
    area: Bools,
    at: float,
    length: float,
    kernels_m: Sequence[float],
) -> dict[str, Floats]:
    """Return the maps that a forecast must beat, made from what came before a day."""
    maps = {LAST_PERIOD: counted(*_during(x, y, day, at - length, at), grid)}
    row, column = squares_of(x, y, grid)
    past = (day < at) & (row >= 0) & area[row, column]
    before = x[past], y[past], day[past]
    with one_thread():
        maps |= {kernel_name(m): plain_kernel(*before[:2], grid, area, m) for m in kernels_m}
        maps[KERNEL_CHOSEN] = chosen_kernel(*before, grid, area, at, length)
    return maps


def kernel_name(bandwidth_m: float) -> str:
    """Return the name that scores give a plain kernel."""
    return f"{KERNEL} {bandwidth_m:g} m"


def plain_kernel(x: Floats, y: Floats, grid: Squares, inside: Bools, bandwidth_m: float) -> Floats:
    """Return the map of one Gaussian kernel over events, corrected at the edge, ``(ny, nx)``."""
    return Kernels(x, y, grid, inside, bandwidth_m).map(np.ones(len(x)))


def chosen_kernel(
    x: Floats, y: Floats, day: Floats, grid: Squares, inside: Bools, at: float, length: float
) -> Floats:
    """Return the plain kernel whose bandwidth would have given the period before the best PAI."""
    earlier = day < at - length
    came = counted(*_during(x, y, day, at - length, at), grid)[inside]

    def found(bandwidth_m: float) -> float:
        values = plain_kernel(x[earlier], y[earlier], grid, inside, bandwidth_m)
        return hits_within(values[inside], came, 0.05)

    best = max(CHOICES_M, key=found) if earlier.any() and came.any() else KERNEL_M
    return plain_kernel(x, y, grid, inside, best)


def _during(x: Floats, y: Floats, day: Floats, start: float, end: float) -> tuple[Floats, Floats]:
    now = (day >= start) & (day < end)
    return x[now], y[now]


def _summed(scores: list[Score], judged: list[tuple[Floats, Floats, Bools]]) -> Backtest:
    expected, came, held = (np.concatenate(column) for column in zip(*judged, strict=True))
    busy = expected >= np.quantile(expected, 0.9)
    return Backtest(
        tuple(scores),
        reliability_of(expected, came),
        float(held.mean()),
        float(held[busy].mean()),
    )
