"""What a closure costs a sensitive group, as it may be shown: NaN for what tells a small count."""

from __future__ import annotations

import math
from dataclasses import replace

from cockpit.answers.coverage_masks import Mask
from cockpit.coverage.closures import PlaceLoss, Toll


def told_toll(mask: Mask, cost: Toll) -> Toll:
    """Return a toll as it may be shown: NaN for what tells too small a count."""
    if not mask.sensitive:
        return cost
    slower = mask.part(cost.slower, cost.total)
    some = math.isnan(slower)
    return Toll(
        total=mask.count(cost.total),
        cut_off=mask.part(cost.cut_off, cost.total),
        slower=slower,
        person_minutes=math.nan if some else cost.person_minutes,
        mean=math.nan if some else cost.mean,
        median=math.nan if some else cost.median,
        worst=math.nan if some else cost.worst,
        without_before=mask.part(cost.without_before, cost.total),
    )


def told_within(mask: Mask, people: tuple[float, float], total: float) -> tuple[float, float]:
    """Return the people within before and after; both NaN where their difference is too small."""
    before, after = (mask.part(n, total) for n in people)
    if math.isnan(mask.count(abs(people[0] - people[1]))):
        return math.nan, math.nan
    return before, after


def told_place(mask: Mask, place: PlaceLoss, *, hidden: bool) -> PlaceLoss:
    """Return the loss of a village as it may be shown."""
    if not mask.sensitive:
        return place
    whole = math.nan if hidden else mask.count(place.people)
    cut_off, slower = (mask.part(n, whole) for n in (place.cut_off, place.slower))
    unclear = math.isnan(slower)
    return replace(
        place,
        people=whole,
        cut_off=cut_off,
        slower=slower,
        mean=math.nan if unclear else place.mean,
        worst=math.nan if unclear else place.worst,
    )
