"""How much the covered share depends on the chosen limit and on the assumed speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.coverage.checks import Minutes, check_nearest, check_reach
from cockpit.coverage.nearest import people_within
from geodata.errors import InputError


@dataclass(frozen=True)
class Sweep:
    """The covered share at other limits."""

    thresholds: NDArray[np.float64]  # (n,) minutes, rising
    people: NDArray[np.float64]  # (n,) within
    share: NDArray[np.float64]  # (n,) 0 to 1, never falling; 0 without people


@dataclass(frozen=True)
class SpeedBand:
    """The covered share at each limit, at the slowest, the usual and the fastest speed."""

    thresholds: NDArray[np.float64]  # (n,) minutes, rising
    slow: NDArray[np.float64]  # (n,) the lowest share of any speed
    base: NDArray[np.float64]  # (n,) the share at the usual speed
    fast: NDArray[np.float64]  # (n,) the highest share of any speed


def thresholds_around(reach: float) -> tuple[float, ...]:
    """Return limits from a half to twice the reach in twelve steps, the reach among them."""
    check_reach(reach)
    return tuple(reach * eighths / 8 for eighths in range(4, 17))


def sweep(
    minutes_nearest: Minutes, people: NDArray[np.float64], thresholds: Sequence[float]
) -> Sweep:
    """
    Return the covered share at each limit.

    Parameters
    ----------
    minutes_nearest
        Minutes from each cell to its nearest facility, shape ``(n_cells,)``; inf: none reached.
    people
        People of each cell, shape ``(n_cells,)``.
    thresholds
        Minutes in any order, above 0; one at least. Somebody exactly at a limit is covered.

    Returns
    -------
    Sweep
        Limits in rising order, doubles dropped.

    Raises
    ------
    InputError
        If there is no limit or one is not above 0, or the arrays are refused.
    """
    limits = _limits(thresholds)
    within = people_within(minutes_nearest, people, limits.tolist())
    total = people.sum()
    share = np.minimum(within / total, 1) if total else np.zeros(len(limits))
    return Sweep(limits, within, share)


def speed_band(
    minutes_at: Mapping[float, Minutes],
    people: NDArray[np.float64],
    thresholds: Sequence[float],
) -> SpeedBand:
    """
    Return the covered share at each limit, and how low and high it is at other speeds.

    Parameters
    ----------
    minutes_at
        Speed against the usual one -> minutes to the nearest at that speed, shape ``(n_cells,)``:
        ``{0.8: ..., 1: ..., 1.2: ...}``. The minutes come from the network, since the part off the
        road keeps its speed and the way may change.
    people
        People of each cell, shape ``(n_cells,)``.
    thresholds
        As for `sweep`.

    Returns
    -------
    SpeedBand
        ``slow <= base <= fast`` at every limit, and none of them falls with the limit.

    Raises
    ------
    InputError
        If the usual speed (1) is missing, a speed is not above 0, or an array is refused.
    """
    if 1 not in minutes_at or not all(0 < speed < np.inf for speed in minutes_at):
        raise InputError(
            "The speeds are {speeds}; expected 1 among them and all above 0.",
            speeds=", ".join(f"{speed:g}" for speed in minutes_at) or "-",
        )
    for minutes in minutes_at.values():
        check_nearest(minutes, people)
    sweeps = {speed: sweep(minutes, people, thresholds) for speed, minutes in minutes_at.items()}
    shares = np.array([found.share for found in sweeps.values()])
    base = sweeps[1]
    return SpeedBand(base.thresholds, shares.min(axis=0), base.share, shares.max(axis=0))


def _limits(thresholds: Sequence[float]) -> NDArray[np.float64]:
    if not len(thresholds):
        raise InputError("No limit is given; expected minutes above 0.")
    for limit in thresholds:
        check_reach(limit)
    return np.unique(np.asarray(thresholds, np.float64))
