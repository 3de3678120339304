"""The question behind every coverage panel: checked at the door, and the arrays it speaks of."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cockpit.access.classes import may_see
from cockpit.answers.coverage_masks import Mask, Masked, is_sensitive, masked
from cockpit.answers.coverage_results import Floats, Question
from cockpit.answers.reach import Note, Reach
from cockpit.answers.reach import minutes as minutes_from
from cockpit.answers.twin import Twin
from cockpit.coverage.access import USUAL_DECAY, decay_of
from cockpit.coverage.nearest import minutes_of
from cockpit.coverage.services import Service, service_of
from cockpit.indicators import AGE_GROUPS, MEASURES
from geodata.errors import InputError

LONGEST = 600.0
"""Minutes: a limit beyond ten hours is a slip of the finger."""

SHOWN_GROUPS = ("people", *AGE_GROUPS)
"""Groups compared side by side, where the county has counted them."""


def question(
    reach: Reach,
    service: str,
    *,
    mode: str | None = None,
    minutes: float | None = None,
    group: str | None = None,
    unit: int = 0,
    decay: str = USUAL_DECAY,
    visitor: str = "公开",
    small_count: int = 10,
) -> Question:
    """
    Return a checked question; what is not given is as the service has it by default.

    A service whose own group nobody has counted here (or the visitor may not see) falls back on
    all residents and says so.

    Parameters
    ----------
    minutes
        Longest acceptable travel time, above 0 and at most 600; exactly there counts as covered.
    unit
        Row of the unit whose people are asked about.
    decay
        How far supply counts less, of ``coverage.access.usual_decays``; it changes nothing but the
        scores that weigh by distance.
    visitor
        Highest data class the visitor may see.
    small_count
        Counts of a sensitive group below this are not shown.

    Raises
    ------
    InputError
        For an unknown service, mode, group, unit or decay, a limit out of range, or a group that is
        above the visitor's class.
    """
    known = service_of(service)
    limit = known.minutes if minutes is None else minutes
    if not (isinstance(limit, int | float) and 0 < limit <= LONGEST):
        raise InputError(
            "The limit is {found} minutes; expected above 0 and at most {most}.",
            found=limit, most=int(LONGEST),
        )  # fmt: skip
    if not 0 <= unit < len(reach.twin.regions):
        raise InputError("No region has the code {code}.", code=unit)
    chosen, notes = _group(reach, known, group, visitor)
    sensitive = is_sensitive(reach, chosen)
    decay_of(decay, float(limit))  # refuses a name that there is not
    return Question(
        service, _mode(reach, mode or known.mode), float(limit), chosen, int(unit), visitor,
        small_count, sensitive, notes, decay,
    )  # fmt: skip


def _mode(reach: Reach, mode: str) -> str:
    if mode not in reach.travel.modes:
        raise InputError(
            "There is no way of travelling {mode}; expected one of {modes}.",
            mode=mode, modes=", ".join(reach.travel.modes),
        )  # fmt: skip
    return mode


def _group(
    reach: Reach, service: Service, group: str | None, visitor: str
) -> tuple[str, tuple[Note, ...]]:
    if group is None:
        if service.group in allowed_groups(reach, visitor):
            return service.group, ()
        _require_open(reach, "people", visitor)
        title = MEASURES[service.group].title
        return "people", (
            Note("There is no count of this group here; all residents are taken: {group}.",
                 {"group": title}),
        )  # fmt: skip
    if group not in reach.groups:
        raise InputError("There are no figures for {indicator}.", indicator=group)
    _require_open(reach, group, visitor)
    return group, ()


def _require_open(reach: Reach, group: str, visitor: str) -> None:
    if not _open(reach.twin, group, visitor):
        raise InputError("The figures for {indicator} are not open to you.", indicator=group)


def _open(twin: Twin, group: str, visitor: str) -> bool:
    return may_see(visitor, twin.classes.get(group, "公开"))


def allowed_groups(reach: Reach, visitor: str) -> tuple[str, ...]:
    """Return the groups of people that the county has counted and the visitor may see."""
    return tuple(g for g in reach.groups if _open(reach.twin, g, visitor))


def age_groups(reach: Reach, q: Question) -> tuple[str, ...]:
    """Return the groups to compare side by side: the question's first, then all and by age."""
    allowed = allowed_groups(reach, q.visitor)
    return tuple(dict.fromkeys((q.group, *(g for g in SHOWN_GROUPS if g in allowed))))


def mask_of(q: Question) -> Mask:
    """Return how counts of the question's group are shown."""
    return Mask(q.sensitive, q.small_count)


def shown(q: Question, people: float) -> float:
    """Return a count of people as it may be shown: NaN for a sensitive one that is too small."""
    return mask_of(q).count(people)


def shown_part(q: Question, part: float, whole: float) -> float:
    """Return a part of a count as it may be shown: NaN too where the rest is a small one."""
    return mask_of(q).part(part, whole)


def masked_of(reach: Reach, q: Question) -> Masked:
    """Return the people of the question's group as figures may use them."""
    return masked(reach, q.group, q.small_count)


def everybody_of(reach: Reach, q: Question) -> Floats:
    """Return the people of the group in every cell of the county, small counts averaged."""
    return masked_of(reach, q).people


def people_inside(reach: Reach, q: Question) -> tuple[NDArray[np.intp], Floats]:
    """Return the cells of the question's unit and their people of its group, as figures use."""
    cells = reach.inside(q.unit)
    return cells, everybody_of(reach, q)[cells]


def told_cells(reach: Reach, q: Question, cells: NDArray[np.intp]) -> Floats:
    """Return the people of single cells as they may be shown; NaN: too few."""
    found = masked_of(reach, q)
    told: Floats = np.where(found.hidden[cells], np.nan, found.people[cells])
    return told


def told_total(reach: Reach, q: Question, unit: int, total: float) -> float:
    """Return the people of a unit as they may be shown; NaN: too few, or others would follow."""
    return math.nan if unit in masked_of(reach, q).units else shown(q, total)


def nearest_minutes(reach: Reach, q: Question) -> Floats:
    """Return the minutes of every cell of the county to its nearest facility, shape (n_cells,)."""
    service = service_of(q.service)
    seconds = reach.nearest_seconds(service.kinds, q.mode, service.towards)
    return minutes_from(seconds)


def matrix_minutes(reach: Reach, q: Question) -> NDArray[np.float32]:
    """Return the minutes between all cells and the service's facilities, (n_cells, n)."""
    service = service_of(q.service)
    return minutes_of(reach.seconds(service.kinds, q.mode, service.towards))


def rows_of(reach: Reach, q: Question) -> NDArray[np.intp]:
    """Return the rows of the service's facilities, in the order of the matrix's columns."""
    return reach.of_kinds(service_of(q.service).kinds)


def mean_of(values: Floats, people: Floats) -> float:
    """
    Return the mean of the people whose value is finite.

    inf when there are people and none of them has a finite value; NaN when nobody is there.
    """
    if not people.sum() > 0:
        return math.nan
    there = np.isfinite(values) & (people > 0)
    weight = people[there].sum()
    return float((values[there] * people[there]).sum() / weight) if weight > 0 else math.inf
