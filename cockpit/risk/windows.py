"""What the readings of the last hours come to: last, mean, max, sum, rise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

Floats = NDArray[np.float64]
Seconds = NDArray[np.int64]

AGGREGATES = ("last", "mean", "max", "sum", "rise")


def readings_of(times: NDArray[np.generic], values: NDArray[np.generic]) -> tuple[Seconds, Floats]:
    """
    Return the readings that have a value, in the order of time, each time once.

    Parameters
    ----------
    times
        Any datetime64, shape ``(n,)``, in any order; fractions of a second are cut off.
    values
        Shape ``(n,)``. NaN or infinite: no reading. Of two readings of the same second the one that
        is given first counts.

    Returns
    -------
    tuple
        Seconds since 1970 (rising) and values.

    Raises
    ------
    InputError
        If the shapes disagree or a time is missing.
    """
    times, found = np.asarray(times), np.asarray(values, np.float64)
    if times.ndim != 1 or times.shape != found.shape:
        raise InputError(
            "The readings have {times} times and {values} values; expected as many of both.",
            times=times.size, values=found.size,
        )  # fmt: skip
    if times.size and not np.issubdtype(times.dtype, np.datetime64):
        raise InputError(
            "The times of the readings are {kind}; expected datetime64.", kind=times.dtype
        )
    if np.isnat(times.astype("datetime64[s]")).any():
        raise InputError("A reading has no time.")
    told = np.isfinite(found)
    seconds = times[told].astype("datetime64[s]").astype(np.int64)
    seconds, first = np.unique(seconds, return_index=True)
    return seconds, found[told][first]


def over_window(
    seconds: Seconds,
    values: Floats,
    aggregate: str,
    span_s: int,
    *,
    above: bool = True,
    skip: int = 0,
) -> tuple[Floats, NDArray[np.int64]]:
    """
    Return what each reading's window comes to, and how many readings it holds.

    The window of a reading at t is (t - span, t]; that of a rise is [t - span, t], so that the
    value of exactly ``span`` ago counts. Sums are made up from the newest reading backwards: they
    are the same to the last bit however the series is cut into pieces.

    Parameters
    ----------
    seconds, values
        Readings as of :func:`readings_of`, shape ``(n,)``.
    aggregate
        One of :data:`AGGREGATES`. "rise" is the last value less the earliest of the window; NaN if
        the window holds nothing else. "max" is the highest, with ``above=False`` the lowest.
    span_s
        Length of the window in seconds, above 0; not used by "last".
    skip
        The first so many readings only fill windows: results begin after them, ``(n - skip,)``.
    """
    ends = np.arange(skip, len(values))
    if aggregate == "last":
        return values[skip:], np.ones(len(ends), np.int64)
    side = "left" if aggregate == "rise" else "right"
    first = np.searchsorted(seconds, seconds[skip:] - span_s, side=side)  # type: ignore[call-overload]
    count: NDArray[np.int64] = ends - first + 1
    if aggregate == "rise":
        return np.where(count > 1, values[skip:] - values[first], np.nan), count
    if aggregate == "max":
        return _joined(np.maximum if above else np.minimum, values, ends, count), count
    total = _joined(np.add, values, ends, count)
    return (total / count if aggregate == "mean" else total), count


def _joined(
    join: np.ufunc, values: Floats, ends: NDArray[np.intp], count: NDArray[np.int64]
) -> Floats:
    """Join each window's values in blocks of 1, 2, 4 and so on from the newest backwards."""
    found = np.full(len(ends), np.nan)
    place, left = ends.copy(), count.copy()
    block, size = values, 1  # block[i]: what the ``size`` values up to i come to
    while left.any():
        taken = np.flatnonzero(left & size)
        part = block[place[taken]]
        found[taken] = np.where(left[taken] == count[taken], part, join(found[taken], part))
        place[taken] -= size
        left[taken] -= size
        longer = block.copy()
        longer[size:] = join(block[size:], block[:-size])
        block, size = longer, 2 * size
    return found
