"""The windows of a scan: circles around each region, times intervals, in boxes of like windows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

# Windows of a box are judged together by its largest count and its smallest expectation. A box may
# spread over this many standard deviations of a Poisson count, or this share: wide boxes are few
# but let many through to a closer look. The best of what was tried on 300 x 52 and 1,000 x 365.
_SPREAD_DEVIATIONS = 0.9
_SPREAD_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Circles:
    """All circles around one region, growing outwards."""

    centre: int
    order: Rows  # regions by distance, as far as the largest circle reaches
    ends: Rows  # (circles,) how many regions of ``order`` each circle holds
    radius: Floats  # (circles,) metres to the furthest member

    def members(self, circle: int) -> Rows:
        """Return the regions of one circle, nearest first."""
        return self.order[: self.ends[circle]]


def circles_around(centre: int, x: Floats, y: Floats, at_risk: Floats, most: float) -> Circles:
    """
    Return the circles around a region that hold at most ``most`` of those at risk.

    Regions at the same distance enter together, for a circle cannot part them. A region that
    alone exceeds the limit has no circle.
    """
    distance = np.hypot(x - x[centre], y - y[centre])
    order = np.argsort(distance, kind="stable")
    ordered = distance[order]
    last_of_tie = np.append(np.diff(ordered) > 1e-9 * max(1.0, float(ordered[-1])), True)
    # a hair of room: half of the people is half of them, however the sum was rounded
    allowed = np.cumsum(at_risk[order]) <= most * (1 + 1e-12)
    ends = np.flatnonzero(last_of_tie & allowed) + 1
    reach = int(ends[-1]) if len(ends) else 0
    return Circles(centre, order[:reach], ends, ordered[ends - 1])


def groups_of(expected: Floats) -> list[tuple[int, int]]:
    """
    Cut growing windows into groups whose expectations are near each other.

    Parameters
    ----------
    expected
        Expectation of each window, never falling.

    Returns
    -------
    list
        Pairs (first, past the last) that follow each other and cover all windows.
    """
    room = np.minimum(_SPREAD_DEVIATIONS * np.sqrt(expected), _SPREAD_SHARE * expected)
    stop = np.searchsorted(expected, expected + room, side="right")
    groups, first = [], 0
    while first < len(expected):
        past = max(int(stop[first]), first + 1)
        groups.append((first, past))
        first = past
    return groups
