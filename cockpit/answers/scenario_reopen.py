"""A saved scenario on the data of today: its figures anew, and what differs from those saved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from cockpit.answers.coverage_question import question
from cockpit.answers.coverage_results import Question
from cockpit.answers.reach import Reach, listed
from cockpit.answers.scenario_store import Scenario
from cockpit.answers.siting_figures import Figures, figures, plain
from cockpit.answers.siting_ground import Ground, ground_of
from cockpit.answers.siting_layout import Layout
from cockpit.settings import settings
from geodata.errors import InputError

KPI_TITLES = {
    "covered": "Covered people",
    "share": "Covered share",
    "mean": "Mean minutes",
    "median": "Minutes of half of the people",
    "p90": "Minutes of nine in ten people",
    "worst": "Longest way in minutes",
    "unreached": "People who reach none",
    "gini": "Gini coefficient of the minutes",
    "person_minutes": "Person-minutes",
    "people": "People of the group",
}
"""Figures of a plan, in the order in which tables show them."""

TODAY_TITLES = {
    "covered": "Covered people today",
    "mean": "Mean minutes today",
    "unreached": "People who reach none today",
}
"""Figures of today that tell whether the county itself has changed."""

LIST_TITLES = {
    "groups": "Groups with other figures",
    "townships": "Townships with other figures",
    "by_site": "Sites with other figures",
}


class Differing(NamedTuple):
    """One figure that is not as it was saved; of a list, how many of its entries are not."""

    name: str  # msgid
    saved: float  # NaN: masked, or none; 0 for a list
    now: float


@dataclass(frozen=True, eq=False)
class Reopened:
    """A scenario computed anew."""

    figures: Figures
    same: bool  # every figure is as it was saved, to the last digit kept
    differs: tuple[Differing, ...]
    dropped: tuple[str, ...] = ()  # sites that are no more, left out as asked


def reopened(
    reach: Reach,
    scenario: Scenario,
    *,
    visitor: str | None = None,
    small_count: int | None = None,
    without_missing: bool = False,
) -> Reopened:
    """
    Return a scenario's figures on the data of today, and what differs from those saved.

    Parameters
    ----------
    visitor, small_count
        Highest class of who asks and the smallest count shown; None: those of the installation.
    without_missing
        Leave out the changes whose facility or cell is no more instead of refusing.

    Raises
    ------
    InputError
        If the scenario is of another county, its unit is no more, its group is not open to the
        visitor, or facilities or cells of it are no more: the sentence names them.
    """
    q = question_of(reach, scenario, visitor=visitor, small_count=small_count)
    ground = ground_of(reach, q)
    missing = missing_sites(ground, scenario.layout)
    if missing and not without_missing:
        raise InputError(
            "Scenario {name} speaks of {n} sites that the data no longer have: {sites}. "
            "Open it without them, and save it as a new version.",
            name=scenario.title, n=len(missing), sites=listed([site[2:] for site in missing]),
        )  # fmt: skip
    found = figures(ground, without(scenario.layout, missing))
    differs = differences(scenario.figures, plain(found))
    return Reopened(found, not differs, differs, missing)


def question_of(
    reach: Reach, scenario: Scenario, *, visitor: str | None = None, small_count: int | None = None
) -> Question:
    """Return the question of a scenario on today's data; ``InputError`` as ``reopened``."""
    here = str(reach.twin.county["code"])
    if scenario.county != here:
        raise InputError(
            "Scenario {name} is of county {county}; the data here are of {here}.",
            name=scenario.title, county=scenario.county, here=here,
        )  # fmt: skip
    asked = scenario.question
    try:
        unit = reach.twin.position(str(asked["unit"]))
    except KeyError:
        raise InputError(
            "Scenario {name} is about region {code}, which the data no longer have. "
            "Plan it anew for a region of today.",
            name=scenario.title, code=asked["unit"],
        ) from None  # fmt: skip
    return question(
        reach,
        str(asked["service"]),
        mode=str(asked["mode"]),
        minutes=asked["minutes"],
        group=str(asked["group"]),
        unit=unit,
        visitor=settings().visitor_class if visitor is None else visitor,
        small_count=settings().small_count if small_count is None else small_count,
    )


def missing_sites(ground: Ground, layout: Layout) -> tuple[str, ...]:
    """Return the sites of a plan ("f:" and "c:") that are not, or no longer, in the data."""
    named = [f"f:{facility}" for facility in layout.gone] + [f"c:{c}" for c in layout.new_cells]
    known = set(ground.sites)
    return tuple(site for site in named if site not in known)


def without(layout: Layout, sites: tuple[str, ...]) -> Layout:
    """Return a plan without the changes that need one of the sites."""
    gone = set(sites)
    return Layout(
        tuple(f for f in layout.closed if f"f:{f}" not in gone),
        tuple(c for c in layout.added if f"c:{c}" not in gone),
        tuple(pair for pair in layout.moved if not {f"f:{pair[0]}", f"c:{pair[1]}"} & gone),
    )


def differences(saved: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Differing, ...]:
    """
    Return what differs between two sets of figures as ``siting_figures.plain`` makes them.

    Figures that were not saved, because the cockpit has told them only since, are no difference.
    """
    found = []
    for part, titles in (("then", KPI_TITLES), ("now", TODAY_TITLES)):
        for name, title in titles.items():
            before, after = (_value(figures, part, name) for figures in (saved, now))
            if before != after and name in saved.get(part, titles):
                found.append(Differing(title, _float(before), _float(after)))
    for name, title in LIST_TITLES.items():
        n = _n_differing(saved[name], now.get(name)) if name in saved else 0
        if n:
            found.append(Differing(title, 0.0, float(n)))
    if not found and not _same(saved, now):
        found.append(Differing("Other figures", 0.0, 1.0))
    return tuple(found)


def _value(figures: Mapping[str, Any], part: str, name: str) -> Any:
    row = figures.get(part)
    return row.get(name) if isinstance(row, Mapping) else None


def _float(value: Any) -> float:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known else math.nan


def _n_differing(saved: Any, now: Any) -> int:
    """Return how many entries of two lists are in one only, or not as they were."""
    if not isinstance(saved, list) or not isinstance(now, list):
        return int(saved != now)
    before, after = _by_id(saved), _by_id(now)
    return sum(not _same(before.get(key), after.get(key)) for key in before.keys() | after.keys())


def _by_id(entries: list[Any]) -> dict[str, Any]:
    return {
        str(entry.get("id", entry.get("site", k)) if isinstance(entry, Mapping) else k): entry
        for k, entry in enumerate(entries)
    }


def _same(saved: Any, now: Any) -> bool:
    """Tell whether all that was saved is as it was; figures that came later are no difference."""
    if isinstance(saved, Mapping) and isinstance(now, Mapping):
        return all(name in now and _same(value, now[name]) for name, value in saved.items())
    if isinstance(saved, list) and isinstance(now, list):
        return len(saved) == len(now) and all(map(_same, saved, now))
    return bool(saved == now)
