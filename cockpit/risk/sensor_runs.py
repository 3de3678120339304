"""Rows of equal values, and values that jump there and back, judged by what came before."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cockpit.risk.windows import Floats, Seconds

Flags = NDArray[np.bool_]

_LEAST_ROW = 6  # equal readings that can be called stuck
_LEAST_PAST = 50  # pairs of readings from which a past can be learnt
_LEAST_SEEN = 20  # readings of one value from which its rows can be learnt
_RENEW = 100  # readings after which the usual change is learnt anew
_FAR = 10.0  # times the usual change
_SPIKES, _OF = 3, 12


def stuck_at(
    seconds: Seconds, values: Floats, *, resting: float | None, chance: float, hours: float
) -> Flags:
    """
    Tell at each reading whether the row of equal values that it ends is too long.

    A share p of the readings before the row were followed by their equal - of all readings, or of
    those of the row's own value if that is more (a favourite value makes longer rows). The row
    counts as stuck once p ** (length - 1) is at most ``chance``. Resting values, and rows that were
    stuck themselves, are no part of that past. While the past has fewer than 50 readings, a row of
    ``hours`` counts.

    Parameters
    ----------
    seconds, values
        Readings in the order of time, shape ``(n,)``.
    resting
        The value at which it may stay for ever; None: none.
    """
    flags = np.zeros(len(values), bool)
    if len(values) < _LEAST_ROW:
        return flags
    past = _Past(values, resting)
    for start, length in zip(*(part.tolist() for part in _rows(values)), strict=True):
        if values[start] == resting:
            continue
        share = past.share(start)
        if share is None:
            own = seconds[start : start + length]
            need = int(np.searchsorted(own, own[0] + round(hours * 3600))) + 1
        else:
            need = 1 + math.ceil(math.log(chance) / math.log(share))
        need = max(need, _LEAST_ROW)
        if length >= need:
            flags[start + need - 1 : start + length] = True
            past.leave_out(start, length)
    return flags


class _Past:
    """How often a reading was followed by its equal, in all and by value."""

    def __init__(self, values: Floats, resting: float | None) -> None:
        n = len(values)
        rests = np.zeros(n, bool) if resting is None else values == resting
        tie = np.append(values[1:] == values[:-1], False) & ~rests
        counted = ~(rests & np.append(rests[1:], False))
        self._ties, self._pairs = (np.concatenate([[0], np.cumsum(a)]) for a in (tie, counted))
        self._value = np.unique(values, return_inverse=True)[1]
        order = np.argsort(self._value, kind="stable")  # by value, then by time
        self._place = np.empty(n, np.intp)
        self._place[order] = np.arange(n)
        self._first = np.searchsorted(self._value[order], np.arange(n))
        self._ties_by_value = np.concatenate([[0], np.cumsum(tie[order])])
        self._out = 0
        self._out_of: dict[int, int] = {}

    def share(self, start: int) -> float | None:
        """Return p before a row that begins at ``start``; None: the past is too short."""
        pairs = int(self._pairs[start]) - self._out
        if pairs < _LEAST_PAST:
            return None
        share = (int(self._ties[start]) - self._out + 1) / (pairs + 2)
        value = int(self._value[start])
        first, place = int(self._first[value]), int(self._place[start])
        out = self._out_of.get(value, 0)
        seen = place - first - out
        if seen < _LEAST_SEEN:
            return share
        ties = int(self._ties_by_value[place] - self._ties_by_value[first]) - out
        return max(share, (ties + 1) / (seen + 2))

    def leave_out(self, start: int, length: int) -> None:
        """Forget the pairs of a row that was stuck."""
        value = int(self._value[start])
        self._out += length - 1
        self._out_of[value] = self._out_of.get(value, 0) + length - 1


def _rows(values: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where the rows of equal values begin that are long enough to matter, and lengths."""
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    lengths = np.diff(starts, append=len(values))
    long = lengths >= _LEAST_ROW
    return starts[long], lengths[long]


def jumping_at(values: Floats, *, ratio: bool) -> Flags:
    """
    Tell at each reading whether three of the last twelve jumped there and back.

    A jump goes up and at once down again, or down and up, by ten times the median change (of those
    that are none) over all readings before; that is learnt anew every hundred readings.

    Parameters
    ----------
    values
        Readings in the order of time, shape ``(n,)``.
    ratio
        Changes are judged as ratios: of log(1 + value), for values of 0 or more.
    """
    n = len(values)
    spikes = np.zeros(n)
    if n > _RENEW:
        x = np.log1p(np.maximum(values, 0.0)) if ratio else values
        change = np.diff(x)
        there, back = change[:-1], change[1:]
        size = np.where(there * back < 0, np.minimum(np.abs(there), np.abs(back)), 0.0)
        spikes[2:] = size > _FAR * _usual_change(np.abs(change))[1:]
    recent = np.cumsum(spikes)
    recent[_OF:] -= recent[:-_OF].copy()
    flags: Flags = recent >= _SPIKES
    return flags


def _usual_change(change: Floats) -> Floats:
    """Return for each change the median of those before its hundred; endless at first."""
    usual = np.full(len(change), np.inf)
    for first in range(_RENEW, len(change), _RENEW):
        past = change[:first]
        past = past[past > 0]
        if len(past):
            usual[first : first + _RENEW] = np.median(past)
    return usual
