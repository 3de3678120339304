"""How many people have a service near enough: the summary, by group, as a curve, and how sure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cockpit.answers.coverage_masks import Flags, is_sensitive
from cockpit.answers.coverage_notes import notes_of
from cockpit.answers.coverage_question import (
    age_groups,
    everybody_of,
    mask_of,
    nearest_minutes,
    people_inside,
    rows_of,
    shown,
    shown_part,
    told_total,
)
from cockpit.answers.coverage_results import (
    Curve,
    Floats,
    Question,
    Sensitivity,
    Summary,
    Within,
)
from cockpit.answers.reach import Reach, minutes
from cockpit.coverage import nearest
from cockpit.coverage.sensitivity import speed_band, thresholds_around
from cockpit.coverage.services import service_of
from geodata.errors import InputError

LIMITS = (5.0, 10.0, 15.0, 30.0, 60.0)
"""Minutes that tables give; the question's own limit is added by the page where it differs."""

CURVE_MINUTES = 60
SPEED_BAND = (0.8, 1.2)
"""Factors of speed: rain and market days on one side, empty roads on the other."""


def summary(reach: Reach, q: Question) -> Summary:
    """
    Return the unit's cells with their minutes to the nearest facility, and who is covered.

    A cell counts as covered in full or not at all; exactly at the limit counts. Without a facility
    all minutes are inf.
    """
    cells, people = people_inside(reach, q)
    away = nearest_minutes(reach, q)[cells]
    covered = nearest.at_most(away, q.minutes)
    total = float(people.sum())
    counted = told_total(reach, q, q.unit, total)
    known = total > 0 and not np.isnan(counted)
    told, unreached = _told_parts(q, people, covered, np.isinf(away), counted)
    return Summary(
        cells,
        away,
        people,
        covered,
        counted,
        told,
        told / total if total > 0 else np.nan,
        nearest.weighted_quantile(away, people, 0.5) if known else np.nan,
        nearest.weighted_quantile(away, people, 0.9) if known else np.nan,
        unreached,
        len(rows_of(reach, q)),
        notes_of(reach, q),
    )


def _told_parts(
    q: Question, people: Floats, covered: Flags, cut: Flags, total: float
) -> tuple[float, float]:
    """Return the covered and the unreached people; both with the rest make up the total."""
    inside, without = float(people[covered].sum()), float(people[cut].sum())
    between = float(people[~covered & ~cut].sum())
    hidden = np.isnan(mask_of(q).part(between, between + without) + shown(q, without))
    covers = shown_part(q, inside, total)
    if without == 0 and not np.isnan(total):
        return covers, 0.0  # nobody is no secret
    return covers, np.nan if hidden or np.isnan(covers) else without


def within(reach: Reach, q: Question, limits: tuple[float, ...] = LIMITS) -> Within:
    """
    Return the people within each limit of the nearest facility, for each group there is.

    Raises
    ------
    InputError
        If a limit is not above 0, or there is none.
    """
    if not limits or not all(limit > 0 for limit in limits):
        raise InputError("The limits are {found} minutes; expected numbers above 0.", found=limits)
    cells = reach.inside(q.unit)
    away = nearest_minutes(reach, q)[cells]
    groups = age_groups(reach, q)
    counts, totals = [], []
    for group in groups:
        own = _of_group(reach, q, group)
        people = everybody_of(reach, own)[cells]
        total = told_total(reach, own, q.unit, float(people.sum()))
        found = nearest.people_within(away, people, limits).tolist()
        counts.append([shown_part(own, inside, total) for inside in found])
        totals.append(total)
    return Within(
        tuple(float(limit) for limit in limits),
        groups,
        np.array(counts, dtype=float),
        np.array(totals, dtype=float),
    )


def curve(reach: Reach, q: Question) -> Curve:
    """Return the share of people within 0, 1, ... 60 minutes, of the group and of the others."""
    cells = reach.inside(q.unit)
    away = nearest_minutes(reach, q)[cells]
    shares: dict[str, Floats] = {}
    for group in age_groups(reach, q):
        own = _of_group(reach, q, group)
        people = everybody_of(reach, own)[cells]
        total = told_total(reach, own, q.unit, float(people.sum()))
        found = nearest.curve(away, people, upto=CURVE_MINUTES)
        known = mask_of(own).shares(found.share, total)
        shares[group] = known if total > 0 else np.full_like(found.share, np.nan)
    return Curve(np.arange(CURVE_MINUTES + 1, dtype=float), shares[q.group], shares)


def _of_group(reach: Reach, q: Question, group: str) -> Question:
    """Return the same question about another group."""
    return replace(q, group=group, sensitive=is_sensitive(reach, group))


def sensitivity(
    reach: Reach, q: Question, *, speeds: tuple[float, float] = SPEED_BAND
) -> Sensitivity:
    """
    Return how the covered share hangs on the limit and on the speed of the roads.

    The limit runs from half of the question's to double. At another speed the ways are found anew;
    the part off the road keeps its pace.
    """
    cells, people = people_inside(reach, q)
    slower, faster = sorted(speeds)
    band = speed_band(
        {s: _minutes_at(reach, q, s)[cells] for s in (slower, 1, faster)},
        people,
        thresholds_around(q.minutes),
    )
    total = told_total(reach, q, q.unit, float(people.sum()))
    slow, base, fast = (mask_of(q).shares(s, total) for s in (band.slow, band.base, band.fast))
    return Sensitivity(band.thresholds, base, (slower, faster), slow, base, fast)


def _minutes_at(reach: Reach, q: Question, speed: float) -> Floats:
    """Return the minutes of every cell to its nearest facility at another speed of the roads."""
    if speed == 1:
        return nearest_minutes(reach, q)
    service = service_of(q.service)
    targets = reach.places_of(reach.of_kinds(service.kinds))
    travel = reach.travel.at_speed(speed)
    return minutes(travel.nearest(q.mode, reach.cells, targets, towards=service.towards))
