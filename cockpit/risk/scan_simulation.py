"""Monte Carlo for a scan: the highest ratio that chance alone reaches, dataset by dataset."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cockpit.risk.scan_likelihood import CriticalCounts, log_likelihood_ratio, may_reach
from cockpit.risk.scan_windows import Circles, groups_of

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Counts = NDArray[np.integer]

Number = TypeVar("Number", np.float64, np.integer)

_AT_ONCE = 1000  # datasets side by side: the more, the fewer steps in Python
_MOST_BYTES = 200_000_000
_SAMPLE = 12  # centres that give the first idea of what chance reaches
_STEP = 0.2  # the limit is worked out again when it has risen this much


@dataclass(frozen=True, eq=False)
class Null:
    """What is to be expected by chance, and which intervals are looked at."""

    expected: Floats  # (regions, periods), sums to total
    total: int
    longest: int  # periods
    from_first: bool  # only intervals that begin with the first period
    least_cases: int

    def starts(self, shortest: int) -> int:
        """Return how many intervals of at least ``shortest`` periods begin somewhere."""
        return 1 if self.from_first else self.expected.shape[1] - shortest + 1

    def lengths(self) -> list[tuple[int, int]]:
        """Return groups of like lengths: shortest and longest of each, both inclusive."""
        periods = self.expected.shape[1]
        quarter = self.total / 4 / periods  # the most usual large circle: a quarter of all
        groups = groups_of(quarter * np.arange(1, self.longest + 1))
        return [(first + 1, past) for first, past in groups]


@dataclass(frozen=True, eq=False)
class Boxes:
    """Intervals that begin together and are nearly of one length, judged as one."""

    start: Rows  # (boxes,) first period
    shortest: Rows  # (boxes,) periods
    longest: Rows  # (boxes,) periods; may reach past the end, where nothing is added
    parts: tuple[tuple[slice, int, int], ...]  # rows of one longest length, that length, starts

    @property
    def widest(self) -> int:
        """The most lengths in one box."""
        return int((self.longest - self.shortest).max()) + 1


def boxes_of(null: Null) -> Boxes:
    """Return the boxes of all intervals that are looked at."""
    lengths = null.lengths()
    starts = [null.starts(shortest) for shortest, _ in lengths]
    ends = np.cumsum(starts)
    parts = tuple(
        (slice(int(end) - n, int(end)), longest, n)
        for (_, longest), n, end in zip(lengths, starts, ends, strict=True)
    )
    return Boxes(
        np.concatenate([np.arange(n) for n in starts]),
        np.repeat([shortest for shortest, _ in lengths], starts),
        np.repeat([longest for _, longest in lengths], starts),
        parts,
    )


def summed_over_time(values: NDArray[Number], spare: int) -> NDArray[Number]:
    """Return running totals along axis 1 with a leading 0, the last one ``spare`` times more."""
    shape = (values.shape[0], values.shape[1] + 1 + spare, *values.shape[2:])
    sums = np.zeros(shape, dtype=values.dtype)
    last = values.shape[1]
    np.cumsum(values, axis=1, out=sums[:, 1 : last + 1])
    sums[:, last + 1 :] = sums[:, last : last + 1]
    return sums


def simulated_maxima(
    null: Null, circles: Sequence[Circles], simulations: int, rng: np.random.Generator
) -> Floats:
    """
    Return the highest log likelihood ratio of each simulated dataset.

    Each dataset spreads the same number of cases over regions and periods by chance, in
    proportion to what is expected. The maxima are exact: windows are judged in boxes of like
    windows by the largest count and the smallest expectation in the box, and a box that could
    hold the maximum is looked at window by window.
    """
    spare = max(last - first for first, last in null.lengths())
    sums = summed_over_time(null.expected, spare)
    parts = [
        _Search(null, sums, counts).run(circles)
        for counts in datasets(null, simulations, spare, rng)
    ]
    return np.concatenate(parts)


def datasets(
    null: Null, simulations: int, spare: int, rng: np.random.Generator
) -> Iterator[Counts]:
    """Yield datasets in batches: running totals, (regions, periods + 1 + spare, datasets)."""
    cells = null.expected.size
    kind = np.int16 if null.total < np.iinfo(np.int16).max else np.int32
    room = int(_MOST_BYTES / (np.dtype(kind).itemsize * cells)) or 1
    at_once = min(_AT_ONCE, room, simulations)
    chance = np.cumsum(null.expected)
    for first in range(0, simulations, at_once):
        size = min(at_once, simulations - first)
        drawn = np.empty((cells, size), dtype=kind)
        for k in range(size):
            where = np.searchsorted(chance, np.sort(rng.random(null.total)) * chance[-1], "right")
            drawn[:, k] = np.bincount(np.minimum(where, cells - 1), minlength=cells)
        yield summed_over_time(drawn.reshape(*null.expected.shape, size), spare)


class _Search:
    """The search for the best window of each dataset of one batch."""

    def __init__(self, null: Null, sums: Floats, counts: Counts) -> None:
        self.null = null
        self.sums = sums
        self.counts = counts
        self.boxes = boxes_of(null)
        self.best = np.zeros(counts.shape[2])
        self.critical = CriticalCounts(null.total, 0.0, null.least_cases)
        self.room = np.empty((1, *counts.shape[1:]), dtype=counts.dtype)
        self.hit = np.empty((len(self.boxes.start), counts.shape[2]), dtype=np.bool_)

    def run(self, circles: Sequence[Circles]) -> Floats:
        """Return the highest ratio of each dataset."""
        held = [around for around in circles if len(around.ends)]
        if not held:
            return self.best
        for around in held[:: len(held) // _SAMPLE + 1]:
            self._guess(around)
        for around in held:
            if self.best.min() > self.critical.ratio + _STEP:
                floor = float(self.best.min())
                self.critical = CriticalCounts(self.null.total, floor, self.null.least_cases)
            self._look(around)
        return self.best

    def _guess(self, around: Circles) -> None:
        """Raise the best by a few windows: the limit below which nothing need be looked at."""
        every = np.arange(len(self.best))
        for first, past, mean in self._rings(around):
            outer = self.room[past - first - 1]
            for length in sorted(set(self.boxes.longest.tolist())):
                starts = self.null.starts(length)
                inside = outer[length : length + starts] - outer[:starts]
                at = inside.argmax(axis=0)
                expected = (mean[-1, length : length + starts] - mean[-1, :starts])[at]
                self._raise(every, inside[at, every], expected)

    def _look(self, around: Circles) -> None:
        start, shortest = self.boxes.start, self.boxes.shortest
        for first, past, mean in self._rings(around):
            outer = self.room[past - first - 1]
            least = mean[0, start + shortest] - mean[0, start]
            limit = self.critical(least).astype(self.counts.dtype)[:, None]
            for part, longest, starts in self.boxes.parts:
                inside = outer[longest : longest + starts] - outer[:starts]
                np.greater_equal(inside, limit[part], out=self.hit[part])
            box, dataset = np.divmod(np.flatnonzero(self.hit), len(self.best))
            if len(box):
                most = outer[start[box] + self.boxes.longest[box], dataset]
                most = most - outer[start[box], dataset]
                ratio = log_likelihood_ratio(most, least[box], self.null.total)
                held = ratio > self.best[dataset]
                self._closer(box[held], dataset[held], mean)

    def _closer(self, box: Rows, dataset: Rows, mean: Floats) -> None:
        """Look at each window of the boxes that may hold a new best."""
        start, last = self.boxes.start[box], (self.boxes.start + self.boxes.longest)[box]
        ends = (start + self.boxes.shortest[box])[:, None] + np.arange(self.boxes.widest)
        ends = np.minimum(ends, last[:, None])
        inside = self.room[: len(mean), ends, dataset[:, None]]
        inside = inside - self.room[: len(mean), start, dataset][:, :, None]
        expected = mean[:, ends] - mean[:, start][:, :, None]
        which = np.broadcast_to(dataset[:, None], inside.shape)
        held = may_reach(inside, expected, self.null.total, self.best[which])
        self._raise(which[held], inside[held], expected[held])

    def _raise(self, dataset: Rows, inside: Counts, expected: Floats) -> None:
        ratio = log_likelihood_ratio(
            inside, expected, self.null.total, least_cases=self.null.least_cases
        )
        np.maximum.at(self.best, dataset, ratio)

    def _rings(self, around: Circles) -> Iterator[tuple[int, int, Floats]]:
        """
        Yield groups of like circles: first, past the last, their expectations.

        The running totals of their cases stand in ``room``, the first circle's first.
        """
        mean = np.cumsum(self.sums[around.order], axis=0)[around.ends - 1]
        groups = groups_of(mean[:, -1] * (self.null.longest / self.null.expected.shape[1]))
        largest = max(past - first for first, past in groups)
        if largest > len(self.room):
            self.room = np.empty((largest, *self.counts.shape[1:]), dtype=self.counts.dtype)
        so_far = np.zeros(self.counts.shape[1:], dtype=self.counts.dtype)
        taken = 0
        for first, past in groups:
            for k in range(first, past):
                nearest, *others = around.order[taken : around.ends[k]]
                now = self.room[k - first]
                np.add(so_far, self.counts[nearest], out=now)
                for region in others:
                    now += self.counts[region]
                so_far, taken = now, int(around.ends[k])
            yield first, past, mean[first:past]
