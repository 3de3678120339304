"""Rows of equal values, and values that jump there and back, judged by what came before."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cockpit.risk.windows import Floats, Seconds

Flags = NDArray[np.bool_]

_LEAST_ROW = 6  # equal readings that can be called stuck
_LEAST_PAST = 50  # pairs of readings from which a past can be learnt
_RENEW = 100  # readings after which the usual change is learnt anew
_FAR = 10.0  # times the usual change
_SPIKES, _OF = 3, 12


def stuck_at(
    seconds: Seconds, values: Floats, *, resting: float | None, chance: float, hours: float
) -> Flags:
    """
    Tell at each reading whether the row of equal values that it ends is too long.

    A share p of the pairs of readings before the row were equal; the row counts as stuck once
    p ** (length - 1) is at most ``chance``. Pairs of resting values, and rows that were stuck
    themselves, are no part of that past. While the past has fewer than 50 pairs, a row of ``hours``
    counts.

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
    starts, lengths = _rows(values)
    rests = np.zeros(len(values), bool) if resting is None else values == resting
    equal = (values[1:] == values[:-1]) & ~rests[1:]
    counted = ~(rests[1:] & rests[:-1])
    ties = np.concatenate([[0], np.cumsum(equal)])  # up to each reading
    pairs = np.concatenate([[0], np.cumsum(counted)])
    left_out = 0
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        if rests[start]:
            continue
        past = int(pairs[start]) - left_out
        if past < _LEAST_PAST:
            end = seconds[start : start + length]
            need = int(np.searchsorted(end, end[0] + round(hours * 3600))) + 1
        else:
            share = (int(ties[start]) - left_out + 1) / (past + 2)
            need = 1 + math.ceil(math.log(chance) / math.log(share))
        need = max(need, _LEAST_ROW)
        if length >= need:
            flags[start + need - 1 : start + length] = True
            left_out += length - 1
    return flags


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
