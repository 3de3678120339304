"""Which villages need attention: points from named reasons, none of them hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ALERT_POINTS = (0.0, 10.0, 20.0, 30.0, 40.0)
"""For each open alert, by level: none, blue, yellow, orange, red."""
LATE_EACH, LATE_MOST = 3.0, 15.0
RISE_EACH, RISE_MOST = 5.0, 25.0
RISE_FROM = 2.0
"""A rise of less than two standard deviations is the noise of any four weeks."""
RISE_LEAST = 5
"""Events that there must be at least: three instead of one is no rise."""
REACH_FOR, REACH_MOST = 100.0, 5.0
"""One point for each 100 people beyond the reach of a service, five at most for each service."""
RISE_DAYS, USUAL_WINDOWS = 28, 12
SHOWN = 5


@dataclass(frozen=True)
class Points:
    """Points of one reason at one village, from 0."""

    reason: str
    place: int
    points: float


def rises(now: NDArray[np.int64], usual: Floats) -> Floats:
    """
    Return how far events of 28 days stand above the usual, in standard deviations.

    A count of a Poisson process has the square root of its expectation as standard deviation; one
    event is added to the expectation so that a quiet village is not loud with its first event.
    0 where there are fewer than five events, where there are fewer than usual, and where nothing
    is known (NaN).

    Parameters
    ----------
    now
        Events of the last 28 days, shape ``(n,)``.
    usual
        Mean of the twelve times 28 days before, shape ``(n,)``; NaN: data do not reach back.
    """
    with np.errstate(invalid="ignore"):
        z = (now - usual) / np.sqrt(usual + 1.0)
    loud = (now >= RISE_LEAST) & (z >= RISE_FROM)
    return np.where(loud, z, 0.0)


def rise_points(z: float) -> float:
    """Return the points of a rise: 5 for each standard deviation, 25 at most."""
    return min(RISE_EACH * z, RISE_MOST) if z >= RISE_FROM else 0.0


def late_points(late: int) -> float:
    """Return the points of events open beyond their time: 3 each, 15 at most."""
    return min(LATE_EACH * late, LATE_MOST)


def reach_points(people: float) -> float:
    """Return the points of people beyond the reach of one service: 1 for each 100, 5 at most."""
    return float(min(max(people, 0.0) / REACH_FOR, REACH_MOST))


def ranked(points: Sequence[Points], codes: Sequence[str], most: int = SHOWN) -> list[list[Points]]:
    """
    Return the places with the most points, each with its reasons, the weightiest first.

    Places without a point are not there; of two with the same points the smaller code comes first.

    Parameters
    ----------
    points
        Any number of reasons; those with 0 points are left out.
    codes
        Code of each place.
    """
    by_place: dict[int, list[Points]] = {}
    for one in points:
        if one.points > 0:
            by_place.setdefault(one.place, []).append(one)
    order = sorted(by_place, key=lambda p: (-score(by_place[p]), codes[p]))
    return [sorted(by_place[p], key=lambda x: -x.points) for p in order[:most]]


def score(reasons: Sequence[Points]) -> float:
    """Return the score of a place: the sum of the points of its reasons, to one decimal."""
    return round(sum(r.points for r in reasons), 1)
