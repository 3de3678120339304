"""What a plan's model tells besides its sites, as sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cockpit.answers.coverage_question import mask_of
from cockpit.answers.reach import Note
from cockpit.answers.siting_ground import Ground, Positions
from cockpit.placement.plan import Plan

_GOAL_TITLES = {
    "covered": "People within reach: {value}.",
    "mean": "All together travel {value} person-minutes.",
    "worst": "The longest way of anybody: {value} minutes.",
    "lowest_share": "In the township covered least, {value} % are within reach.",
}
_TARGET_TITLES = {
    "covered": "Target {n}: {value} % of the people are covered; asked for {asked} %.",
    "mean": "Target {n}: the mean is {value} minutes; asked for {asked} at most.",
    "worst": "Target {n}: the longest way is {value} minutes; asked for {asked} at most.",
    "cost": "Target {n}: the sites cost {value}; asked for {asked} at most.",
    "sites": "Target {n}: {value} sites are open, today's too; asked for {asked} at most.",
}


@dataclass(frozen=True, eq=False)
class About:
    """A plan, and which of its totals are not shown."""

    ground: Ground
    parameters: Mapping[str, Any]
    plan: Plan
    sites: Positions  # of the plan's columns, among the ground's sites
    untold: frozenset[str]  # of "covered", "person_minutes"
    years: tuple[frozenset[str], ...] = ()  # the same of each year

    @property
    def found(self) -> Mapping[str, Any]:
        """Return what the model tells besides its sites."""
        return self.plan.details

    def people(self, value: float) -> str:
        """Return people as they may be told; few of a sensitive group are not."""
        shown = mask_of(self.ground.q).part(value, self.ground.told)
        return "-" if math.isnan(shown) else f"{shown:,.0f}"

    def covered(self, value: float, untold: frozenset[str] | None = None) -> str:
        """Return the people covered as they may be told."""
        hidden = "covered" in (self.untold if untold is None else untold)
        return "-" if hidden else self.people(value)

    def minutes(self, value: float, untold: frozenset[str] | None = None) -> str:
        """Return the person-minutes as they may be told."""
        hidden = "person_minutes" in (self.untold if untold is None else untold)
        return "-" if hidden else f"{value:,.0f}"


def told(model: str, about: About) -> tuple[Note, ...]:
    """Return what a model tells besides its sites."""
    maker = _TELLERS.get(model)
    return maker(about) if maker is not None and about.found else ()


def years_of(plan: Plan) -> tuple[tuple[int, ...], ...]:
    """Return the open columns of each year of a plan of several years; nothing for others."""
    return tuple(tuple(int(j) for j in year) for year in plan.details.get("years", ()))


def _cost(about: About) -> tuple[Note, ...]:
    return (Note("The sites of the plan cost {cost}.", {"cost": f"{about.found['cost']:,.6g}"}),)


def _travel(about: About) -> Note:
    value = about.minutes(about.found["person_minutes"])
    return Note("All together travel {value} person-minutes.", {"value": value})


def _price(about: About) -> tuple[Note, ...]:
    return (*_cost(about), _travel(about))


def _twice(about: About) -> tuple[Note, ...]:
    once, twice = about.covered(about.found["once"]), about.people(about.found["twice"])
    return (
        Note("{once} people have a site within reach, {twice} of them a second one.",
             {"once": once, "twice": twice}),
    )  # fmt: skip


def _backup(about: About) -> tuple[Note, ...]:
    n = about.people(about.found["backup"])
    return (Note("{n} people have a second site within reach.", {"n": n}),)


def _moved(about: About) -> tuple[Note, ...]:
    found = about.found
    counts = {"kept": len(found["kept"]), **{k: found[k] for k in ("moved", "closed", "opened")}}
    return (
        Note("{kept} sites stay, {moved} move, {closed} close and {opened} open.", counts),
        _travel(about),
    )


def _gini(about: About) -> tuple[Note, ...]:
    gini = about.found.get("gini")
    return (
        () if gini is None else (Note("Gini of the minutes: {value}.", {"value": f"{gini:.3f}"}),)
    )


def _stages(about: About) -> tuple[Note, ...]:
    found = []
    for stage in about.found["stages"]:
        goal, value = stage["goal"], float(stage["value"])
        if goal == "covered":
            shown = about.covered(value)
        elif goal == "lowest_share":
            shown = "-" if about.ground.q.sensitive else f"{value * 100:.1f}"
        else:
            shown = f"{value:,.1f}" if goal == "worst" else about.minutes(value)
        found.append(Note(_GOAL_TITLES[goal], {"value": shown}))
    return (*found, *_gini(about))


def _years(about: About) -> tuple[Note, ...]:
    covering = about.parameters["goal"] == "covering"
    template = (
        "Year {year}: {value} people within reach."
        if covering
        else "Year {year}: all together travel {value} person-minutes."
    )
    say = about.covered if covering else about.minutes
    rows = zip(about.found["worth"], about.years, strict=True)
    return tuple(
        Note(template, {"year": k + 1, "value": say(worth, untold)})
        for k, (worth, untold) in enumerate(rows)
    )


def _sizes(about: About) -> tuple[Note, ...]:
    ground = about.ground
    names = [ground.sites[int(about.sites[j])] for j in about.plan.open]
    rows = zip(names, about.found["sizes"], strict=True)
    return (
        *_cost(about),
        *(
            Note("{name}: size {size}.", {"name": ground.name(site), "size": size},
                 {"name": ground.name(site, "en")})
            for site, size in rows
        ),
    )  # fmt: skip


def _targets(about: About) -> tuple[Note, ...]:
    found = []
    rows = zip(about.parameters["targets"], about.found["achieved"], strict=True)
    for k, ((kind, asked, *_rest), value) in enumerate(rows):
        factor = 100.0 if kind == "covered" else 1.0
        hidden = value is None or (
            about.ground.q.sensitive and kind in ("covered", "mean", "worst")
        )
        shown = "-" if hidden or value is None else f"{value * factor:,.1f}"
        values = {"n": k + 1, "value": shown, "asked": f"{asked * factor:,.1f}"}
        found.append(Note(_TARGET_TITLES[kind], values))
    return tuple(found)


_TELLERS: dict[str, Callable[[About], tuple[Note, ...]]] = {
    "budget-covering": _cost,
    "budget-p-median": _cost,
    "fixed-cost": _price,
    "bclp": _twice,
    "lscp-b": _backup,
    "moving": _moved,
    "equity": _gini,
    "least-gini": _gini,
    "lexicographic": _stages,
    "phasing": _years,
    "sizes": _sizes,
    "goal-seek": _targets,
}
