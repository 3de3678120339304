"""The way of a patient who is sent on: village clinic, township health centre, county hospital."""

from __future__ import annotations

import numpy as np

from cockpit.access.classes import may_see
from cockpit.answers.coverage_masks import Mask, is_sensitive, mask_notes, masked
from cockpit.answers.coverage_notes import network_notes
from cockpit.answers.coverage_question import mean_of
from cockpit.answers.coverage_results import Floats, Leg, Referral
from cockpit.answers.reach import Note, Reach, minutes
from cockpit.coverage import referral as chains
from cockpit.coverage.nearest import weighted_quantile
from cockpit.coverage.services import service_of
from geodata.errors import InputError


def referral(
    reach: Reach,
    unit: int = 0,
    *,
    group: str = "people",
    visitor: str = "公开",
    small_count: int = 10,
) -> Referral:
    """
    Return the referral chain of the people of a unit.

    Each step is travelled as its service is by default: to the clinic on foot, on by car. A place
    of treatment sends to the one of the next level that is nearest to it.

    Raises
    ------
    InputError
        For a unit or group that there is not, or a group above the visitor's class.
    """
    if not 0 <= unit < len(reach.twin.regions):
        raise InputError("No region has the code {code}.", code=unit)
    if group not in reach.groups:
        raise InputError("There are no figures for {indicator}.", indicator=group)
    if not may_see(visitor, reach.twin.classes[group]):
        raise InputError("The figures for {indicator} are not open to you.", indicator=group)
    cells = reach.inside(unit)
    known = masked(reach, group, small_count)
    people, mask = known.people[cells], Mask(is_sensitive(reach, group), small_count)
    whole = np.nan if unit in known.units else mask.count(float(people.sum()))
    found = _chain(reach)
    legs, total = found.legs[cells], found.total[cells]
    gone = found.missing[cells] != chains.NOTHING_MISSING
    assert found.direct is not None  # noqa: S101 -- _chain always gives it
    direct, detour = found.direct[cells], found.detour[cells]
    both = ~np.isnan(detour)
    lived = whole > 0
    steps = [_leg(reach, level, legs[:, i], people) for i, level in enumerate(chains.LEVELS)]
    missing = tuple(step.level for step in steps if not step.n_facilities)
    return Referral(
        cells,
        people,
        steps,
        total,
        direct,
        mean_of(total, people) if lived else np.nan,
        weighted_quantile(total, people, 0.5) if lived else float("nan"),
        mean_of(detour[both], people[both]) if lived else np.nan,
        missing,
        mask.part(float(people[gone].sum()), whole),
        (*mask_notes(known, small_count), *_notes(reach, steps)),
    )


def _chain(reach: Reach) -> chains.Chain:
    """Return the chain of every cell of the county."""
    legs: list[chains.Leg] = []
    start = reach.cells
    for level in chains.LEVELS:
        service = service_of(level)
        there = reach.places_of(reach.of_kinds(service.kinds))
        if not legs:
            away = minutes(reach.seconds(service.kinds, service.mode))
        else:
            away = minutes(reach.travel.matrix(service.mode, start, there))
        legs.append(chains.nearest_leg(away))
        start = there
    last = service_of(chains.LEVELS[-1])
    return chains.chain(legs, direct=minutes(reach.nearest_seconds(last.kinds, last.mode)))


def _leg(reach: Reach, level: str, taken: Floats, people: Floats) -> Leg:
    service = service_of(level)
    n = len(reach.of_kinds(service.kinds))
    return Leg(
        level, service.title, service.mode, n, mean_of(taken, people) if n else np.nan, taken
    )


def _notes(reach: Reach, steps: list[Leg]) -> tuple[Note, ...]:
    modes = dict.fromkeys(step.mode for step in steps)
    missing = [
        Note("The data have no facility of this level, so the chain ends before it: {level}.",
             {"level": step.title})
        for step in steps
        if not step.n_facilities
    ]  # fmt: skip
    kinds = {kind for level in chains.LEVELS for kind in service_of(level).kinds}
    return (*network_notes(reach, modes, sorted(kinds)), *missing)
