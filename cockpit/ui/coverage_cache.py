"""Answers of the page Coverage, kept for all visitors by everything that changes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st

from cockpit.answers import coverage as answers
from cockpit.answers import coverage_cell
from cockpit.answers.coverage import (
    CapacityAnswer,
    Causes,
    Curve,
    Equity,
    FacilityRow,
    Isochrone,
    Question,
    Referral,
    Scores,
    Sensitivity,
    Summary,
    SupplyAnswer,
    VillageRow,
    Within,
)
from cockpit.answers.coverage_cell import Cell
from cockpit.answers.coverage_territory import veiled
from cockpit.answers.reach import Reach
from cockpit.coverage.access import USUAL_DECAY
from cockpit.coverage.services import SERVICES
from cockpit.coverage.standards import Checked, Standard, changed, touches
from cockpit.settings import settings
from cockpit.ui import cache


class Asked(NamedTuple):
    """What is asked of the county: the unit by its code, so that it can stand in an address."""

    service: str
    mode: str
    minutes: float
    group: str
    unit: str
    decay: str = USUAL_DECAY


def reach() -> Reach | None:
    """
    Return the county's travel times, the same that the routes use; None when empty.

    Of a visitor of a part of the county without the names of what lies outside.
    """
    county = cache.twin()
    return None if county is None else veiled(cache.reach(), county)


def allowed_groups() -> tuple[str, ...]:
    """Return the groups of people counted here that the visitor may see."""
    return answers.allowed_groups(_known(), cache.visitor_class())


def default_group(service: str, groups: tuple[str, ...]) -> str:
    """Return the group that a service is for; all residents where nobody has counted it."""
    wanted = SERVICES[service].group
    return wanted if wanted in groups else "people"


def question(asked: Asked) -> Question:
    """Return the checked question; an ``InputError`` names what is wrong with it."""
    known = _known()
    return answers.question(
        known,
        asked.service,
        mode=asked.mode,
        minutes=asked.minutes,
        group=asked.group,
        unit=known.twin.position(asked.unit),
        decay=asked.decay,
        visitor=cache.visitor_class(),
        small_count=settings().small_count,
    )


def _known() -> Reach:
    found = reach()
    if found is None:
        raise cache.NothingLoadedError("No county has been loaded yet.")
    return found


# The spinner stands for the first answer of a service: its travel times are worked out then.
@st.cache_resource(max_entries=1024, show_spinner=False)
def _kept(
    name: str,
    version: str,  # noqa: ARG001 -- new data retire the answers of the old
    visitor: str,  # noqa: ARG001 -- the question carries it
    asked: Asked,
) -> Any:
    function: Callable[[Reach, Question], Any] = getattr(answers, name)
    return function(_known(), question(asked))


def _answer(name: str, asked: Asked) -> Any:
    return _kept(name, _known().version, cache.visitor_class(), asked)


def summary(asked: Asked) -> Summary:
    """Return the unit's cells with their minutes, and what they add up to."""
    found: Summary = _answer("summary", asked)
    return found


def within(asked: Asked) -> Within:
    """Return the people within some minutes, by age group."""
    found: Within = _answer("within", asked)
    return found


def curve(asked: Asked) -> Curve:
    """Return the share of people against minutes."""
    found: Curve = _answer("curve", asked)
    return found


def worst_villages(asked: Asked) -> list[VillageRow]:
    """Return the villages with most people beyond the limit."""
    found: list[VillageRow] = _answer("worst_villages", asked)
    return found


def facilities(asked: Asked) -> list[FacilityRow]:
    """Return the service's facilities and whom they serve."""
    found: list[FacilityRow] = _answer("facilities", asked)
    return found


def equity(asked: Asked) -> Equity:
    """Return how evenly access is spread."""
    found: Equity = _answer("equity", asked)
    return found


def access_scores(asked: Asked) -> dict[str, Scores]:
    """Return the scores by method."""
    found: dict[str, Scores] = _answer("access_scores", asked)
    return found


def causes(asked: Asked) -> Causes:
    """Return why each cell is covered or not."""
    found: Causes = _answer("causes", asked)
    return found


def capacity(asked: Asked) -> CapacityAnswer:
    """Return who finds room and what stays unused."""
    found: CapacityAnswer = _answer("capacity", asked)
    return found


def supply(asked: Asked) -> SupplyAnswer:
    """Return where supply is weak and where it is double."""
    found: SupplyAnswer = _answer("supply", asked)
    return found


def sensitivity(asked: Asked) -> Sensitivity:
    """Return how the covered share hangs on limit and speed."""
    found: Sensitivity = _answer("sensitivity", asked)
    return found


@st.cache_resource(max_entries=64, show_spinner=False)
def _referral(version: str, visitor: str, unit: str, group: str) -> Referral:  # noqa: ARG001
    known = _known()
    return answers.referral(
        known,
        known.twin.position(unit),
        group=group,
        visitor=visitor,
        small_count=settings().small_count,
    )


def referral(unit: str, group: str = "people") -> Referral:
    """Return the way from village clinic to county hospital for a group of a unit's people."""
    return _referral(_known().version, cache.visitor_class(), unit, group)


Changes = tuple[tuple[str, tuple[tuple[str, float | str], ...]], ...]
"""A visitor's own standards as (standard, ((field, value), ...)): a key of the cache."""


@st.cache_resource(max_entries=128, show_spinner=False)
def _health(
    version: str,  # noqa: ARG001 -- new data retire the old answer
    visitor: str,
    unit: str,
    changes: Changes,
    service: str,
) -> list[Checked]:
    known = _known()
    wanted = {
        key: standard
        for key, standard in standards(changes).items()
        if not service or touches(standard, service)
    }
    if service:  # what is about this service alone stands before circles of several
        wanted = dict(sorted(wanted.items(), key=lambda item: len(item[1].services)))
    return answers.health_check(
        known,
        unit=known.twin.position(unit),
        standards=wanted,
        visitor=visitor,
        small_count=settings().small_count,
    )


def health_check(unit: str, changes: Changes, service: str = "") -> list[Checked]:
    """Return every standard (or those that touch one service) checked on a unit's people."""
    return _health(_known().version, cache.visitor_class(), unit, changes, service)


def standards(changes: Changes) -> dict[str, Standard]:
    """Return the standards with the visitor's changes; ``InputError`` names what is wrong."""
    return changed(answers.standards_of(_known()), {key: dict(fields) for key, fields in changes})


@st.cache_resource(max_entries=64, show_spinner=False)
def _rings(
    version: str,  # noqa: ARG001 -- new data retire the old answer
    facility: str,
    service: str,
    mode: str,
    minutes: tuple[float, ...],
) -> list[Isochrone]:
    known = _known()
    row = known.facilities.index[known.facilities["id"] == facility][0]
    return answers.isochrones(
        known,
        int(row),
        mode,
        minutes,
        SERVICES[service].towards,
        small_count=settings().small_count,
    )


def rings(asked: Asked, facility: str, minutes: tuple[float, ...]) -> list[Isochrone]:
    """Return the areas within some minutes of a facility, with their people."""
    return _rings(_known().version, facility, asked.service, asked.mode, minutes)


@st.cache_resource(max_entries=256, show_spinner=False)
def _cell(version: str, visitor: str, asked: Asked, code: str) -> Cell | None:  # noqa: ARG001
    return coverage_cell.cell(_known(), question(asked), code)


def cell(asked: Asked, code: str) -> Cell | None:
    """Return one cell's nearest facilities and the way there; None when it is not in the unit."""
    return _cell(_known().version, cache.visitor_class(), asked, code)
