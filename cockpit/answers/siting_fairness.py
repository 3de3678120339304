"""Whether a plan leaves some group behind: the gap in coverage between groups, today and then."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cockpit.answers.siting_figures import Figures, Part

WIDEST = 0.05
"""A plan that widens the gap by more than five points is flagged."""


@dataclass(frozen=True)
class Gap:
    """Covered share of the best served group less that of the worst; NaN: fewer than two told."""

    now: float  # 0 to 1
    then: float
    least_now: Part | None  # the group with the lowest share
    least_then: Part | None

    @property
    def widened(self) -> bool:
        """Whether the plan widens the gap by more than ``WIDEST``; never where one is not told."""
        return self.then - self.now > WIDEST + 1e-12


def group_gap(found: Figures) -> Gap:
    """
    Return the gap in coverage between the groups of a plan, beside today's.

    Groups are those that are compared side by side, without the residents altogether; one of
    nobody, or whose share is not shown, takes no part.
    """
    groups = [part for part in found.groups if part.id != "people"]
    now, least_now = _gap([(part.now.share, part) for part in groups])
    then, least_then = _gap([(part.then.share, part) for part in groups])
    return Gap(now, then, least_now, least_then)


def _gap(shares: list[tuple[float, Part]]) -> tuple[float, Part | None]:
    known = [(share, part) for share, part in shares if not math.isnan(share)]
    if len(known) < 2:
        return math.nan, None
    least = min(known, key=lambda pair: pair[0])
    return max(share for share, _ in known) - least[0], least[1]
