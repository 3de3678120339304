"""Near repeats: whether one event makes another nearby and soon more likely (Knox)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geodata.errors import InputError

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_POWER = {"euclidean": 2.0, "manhattan": 1.0}


@dataclass(frozen=True, eq=False)
class NearRepeat:
    """Pairs of events by the distance and the days between them, beside what chance gives."""

    distances_m: tuple[float, ...]  # (n + 1,) limits of the bands of distance
    days: tuple[float, ...]  # (m + 1,) limits of the bands of time
    observed: Counts  # (n, m) pairs
    expected: Floats  # (n, m) mean number of pairs when the times are dealt out anew
    ratio: Floats  # (n, m) observed over expected; NaN where nothing is expected
    p: Floats  # (n, m) how often chance gives so many pairs or more
    events: int
    simulations: int


def near_repeat(
    x: Floats,
    y: Floats,
    day: NDArray[np.generic],
    *,
    distances_m: Sequence[float],
    days: Sequence[float],
    simulations: int = 999,
    rng: np.random.Generator,
    metric: str = "euclidean",
) -> NearRepeat:
    """
    Count pairs of events by distance and time, and compare with times dealt out by chance.

    Places stay where they are and times are shuffled among them: what places and seasons alone
    explain is in the expectation, and a ratio above 1 is more than that.

    Parameters
    ----------
    x, y
        Places in metres, shape ``(events,)``.
    day
        Times in days, or dates; of dates with an hour only the calendar day counts.
    distances_m, days
        Limits of the bands, rising, from 0 or more; the last may be ``inf``. A band holds its
        lower limit and not its upper one: days ``(0, 1, 2)`` are "the same day" and "the next
        day", distances ``(0, 1, 100)`` are "the same place" (less than 1 m) and "up to 100 m".
    simulations
        How often the times are shuffled, 1 or more.
    metric
        "euclidean" as the crow flies, "manhattan" along a grid of streets.

    Returns
    -------
    NearRepeat
        The p-value of a cell is ``(1 + shuffles with as many pairs or more) / (1 + shuffles)``. It
        is for one cell: a table has many. With fewer than two events all counts are 0.

    Raises
    ------
    InputError
        If the shapes disagree, a place or time is missing, limits do not rise from 0 or more, the
        metric is unknown, or there is no shuffle.

    References
    ----------
    Knox, E. G. (1964), "The detection of space-time interactions", Applied Statistics 13(1),
    25-29. Bands, ratio and p-value as in the R package NearRepeat (Steenbeek, W.).
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    when = _whole_days(np.asarray(day))
    far, late = tuple(map(float, distances_m)), tuple(map(float, days))
    _check(x, y, when, far, late)
    if metric not in _POWER:
        raise InputError(
            "The metric {metric} is unknown; expected euclidean or manhattan.", metric=metric
        )
    if simulations < 1:
        raise InputError("{count} shuffles were asked for; expected 1 or more.", count=simulations)
    table = _Table(x, y, when, far, late, metric)
    observed = table.count(table.when)
    total, reached = np.zeros(observed.shape), np.ones(observed.shape)
    for _ in range(simulations):
        shuffled = table.count(rng.permutation(table.when))
        total += shuffled
        reached += shuffled >= observed
    expected = total / simulations
    ratio = np.full(observed.shape, np.nan)
    np.divide(observed, expected, out=ratio, where=expected > 0)
    p = reached / (simulations + 1)
    return NearRepeat(far, late, observed, expected, ratio, p, len(x), simulations)


class _Table:
    """All that stays the same from shuffle to shuffle."""

    def __init__(
        self, x: Floats, y: Floats, when: Floats, far: tuple[float, ...], late: tuple[float, ...],
        metric: str,
    ) -> None:  # fmt: skip
        self.late = np.array(late)
        self.bands = len(far) - 1, len(late) - 1
        self.beyond = np.isinf(far[-1])
        near = np.array(far[:-1] if self.beyond else far)
        pairs, distance = _pairs_within(x, y, float(near[-1]), metric)
        self.first, self.second = pairs
        self.when, self.band_of = _as_places(when, self.late)
        # row 0 holds pairs nearer than the first band; they count as not beyond the last one
        self.row = np.searchsorted(near, distance, side="right").astype(np.int32)
        self.row *= len(late) + 1
        self.rows = len(near)
        self.everyone = _pairs_by_time(when, self.late)

    def count(self, when: NDArray[np.integer] | Floats) -> Counts:
        """Return the table of pairs for these times."""
        apart = np.abs(when[self.first] - when[self.second])
        column = (
            np.searchsorted(self.late, apart, side="right")
            if self.band_of is None
            else self.band_of[apart]
        )
        size = len(self.late) + 1
        counts = np.bincount(self.row + column, minlength=self.rows * size)
        counts = counts.reshape(self.rows, size)[:, 1:-1]
        if self.beyond:
            # all pairs there are, by time, does not change when times are shuffled
            rest = self.everyone - counts.sum(axis=0)
            counts = np.vstack([counts, rest])
        return np.asarray(counts[1:], dtype=np.int64)


def _pairs_within(
    x: Floats, y: Floats, reach: float, metric: str
) -> tuple[tuple[NDArray[np.int32], NDArray[np.int32]], Floats]:
    """Return the pairs nearer than ``reach``, and their distances."""
    if len(x) < 2:
        none = np.zeros(0, dtype=np.int32)
        return (none, none), np.zeros(0)
    found = cKDTree(np.column_stack([x, y])).query_pairs(
        reach, p=_POWER[metric], output_type="ndarray"
    )
    found = found[np.lexsort((found[:, 1], found[:, 0]))]  # neighbours in memory are looked up fast
    first, second = found[:, 0].astype(np.int32), found[:, 1].astype(np.int32)
    across, up = x[first] - x[second], y[first] - y[second]
    distance = np.hypot(across, up) if metric == "euclidean" else np.abs(across) + np.abs(up)
    inside = distance < reach
    return (first[inside], second[inside]), distance[inside]


def _as_places(
    when: Floats, late: Floats
) -> tuple[Floats | NDArray[np.int32], NDArray[np.int32] | None]:
    """Return whole days as small numbers, with the band of each difference; else as they are."""
    if not len(when) or (when != np.floor(when)).any() or np.ptp(when) > 1_000_000:
        return when, None
    days = (when - when.min()).astype(np.int32)
    span = np.arange(int(days.max()) + 1)
    return days, np.searchsorted(late, span, side="right").astype(np.int32)


def _pairs_by_time(when: Floats, late: Floats) -> Counts:
    """Count all pairs in each band of time, wherever they are."""
    ordered = np.sort(when)
    later = np.arange(1, len(ordered) + 1)
    below = [(np.searchsorted(ordered, ordered + limit, "left") - later) for limit in late]
    # "left" on limit 0 finds the first of equal times: no pair is nearer than 0
    return np.diff([int(np.maximum(pairs, 0).sum()) for pairs in below]).astype(np.int64)


def _whole_days(day: NDArray[np.generic]) -> Floats:
    if np.issubdtype(day.dtype, np.datetime64):
        missing = np.isnat(day)
        days = day.astype("datetime64[D]").astype(np.int64).astype(np.float64)
        return np.where(missing, np.nan, days)
    return np.asarray(day, dtype=np.float64)


def _check(
    x: Floats, y: Floats, when: Floats, far: tuple[float, ...], late: tuple[float, ...]
) -> None:
    if x.ndim != 1 or not x.shape == y.shape == when.shape:
        raise InputError(
            "Events have {x} and {y} coordinates and {days} times; expected as many of each.",
            x=x.shape, y=y.shape, days=when.shape,
        )  # fmt: skip
    if not all(np.isfinite(values).all() for values in (x, y, when)):
        raise InputError("An event has no place or no time.")
    for limits in (far, late):
        if len(limits) < 2 or limits[0] < 0 or not (np.diff(limits) > 0).all():
            raise InputError(
                "The limits {limits} do not rise from 0 or more, or make no band.",
                limits=", ".join(f"{limit:g}" for limit in limits),
            )
    if len(far) == 2 and np.isinf(far[1]):
        raise InputError("One band of all distances tells nothing of near repeats.")
