"""What a plan's model tells besides its sites, as sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
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


def told(
    ground: Ground, model: str, parameters: Mapping[str, Any], plan: Plan, sites: Positions
) -> tuple[Note, ...]:
    """Return what a model tells besides its sites; ``sites``: those of the plan's columns."""
    maker = _TELLERS.get(model)
    if maker is None or not plan.details:
        return ()
    return maker(ground, parameters, plan, sites)


def years_of(plan: Plan) -> tuple[tuple[int, ...], ...]:
    """Return the open columns of each year of a plan of several years; nothing for others."""
    return tuple(tuple(int(j) for j in year) for year in plan.details.get("years", ()))


def _people(ground: Ground, value: float) -> str:
    """Return people as they may be told; few of a sensitive group are not."""
    shown = mask_of(ground.q).part(value, float(ground.people.sum()))
    return "-" if math.isnan(shown) else f"{shown:,.0f}"


def _cost(_: Ground, __: Mapping[str, Any], plan: Plan, ___: Positions) -> tuple[Note, ...]:
    return (Note("The sites of the plan cost {cost}.", {"cost": f"{plan.details['cost']:,.6g}"}),)


def _price(
    ground: Ground, parameters: Mapping[str, Any], plan: Plan, sites: Positions
) -> tuple[Note, ...]:
    minutes = f"{plan.details['person_minutes']:,.0f}"
    return (
        *_cost(ground, parameters, plan, sites),
        Note("All together travel {value} person-minutes.", {"value": minutes}),
    )


def _twice(ground: Ground, _: Mapping[str, Any], plan: Plan, __: Positions) -> tuple[Note, ...]:
    once, twice = (_people(ground, plan.details[name]) for name in ("once", "twice"))
    return (
        Note("{once} people have a site within reach, {twice} of them a second one.",
             {"once": once, "twice": twice}),
    )  # fmt: skip


def _backup(ground: Ground, _: Mapping[str, Any], plan: Plan, __: Positions) -> tuple[Note, ...]:
    n = _people(ground, plan.details["backup"])
    return (Note("{n} people have a second site within reach.", {"n": n}),)


def _moved(_: Ground, __: Mapping[str, Any], plan: Plan, ___: Positions) -> tuple[Note, ...]:
    found = plan.details
    counts = {"kept": len(found["kept"]), **{k: found[k] for k in ("moved", "closed", "opened")}}
    return (
        Note("{kept} sites stay, {moved} move, {closed} close and {opened} open.", counts),
        Note("All together travel {value} person-minutes.",
             {"value": f"{found['person_minutes']:,.0f}"}),
    )  # fmt: skip


def _gini(_: Ground, __: Mapping[str, Any], plan: Plan, ___: Positions) -> tuple[Note, ...]:
    gini = plan.details.get("gini")
    return (
        () if gini is None else (Note("Gini of the minutes: {value}.", {"value": f"{gini:.3f}"}),)
    )


def _stages(
    ground: Ground, parameters: Mapping[str, Any], plan: Plan, sites: Positions
) -> tuple[Note, ...]:
    found = []
    for stage in plan.details["stages"]:
        goal, value = stage["goal"], float(stage["value"])
        if goal == "covered":
            shown = _people(ground, value)
        elif goal == "lowest_share":
            shown = "-" if ground.q.sensitive else f"{value * 100:.1f}"
        else:
            shown = f"{value:,.1f}" if goal == "worst" else f"{value:,.0f}"
        found.append(Note(_GOAL_TITLES[goal], {"value": shown}))
    return (*found, *_gini(ground, parameters, plan, sites))


def _years(
    ground: Ground, parameters: Mapping[str, Any], plan: Plan, _: Positions
) -> tuple[Note, ...]:
    covering = parameters["goal"] == "covering"
    template = (
        "Year {year}: {value} people within reach."
        if covering
        else "Year {year}: all together travel {value} person-minutes."
    )
    return tuple(
        Note(template, {"year": k + 1,
                        "value": _people(ground, worth) if covering else f"{worth:,.0f}"})
        for k, worth in enumerate(plan.details["worth"])
    )  # fmt: skip


def _sizes(
    ground: Ground, parameters: Mapping[str, Any], plan: Plan, sites: Positions
) -> tuple[Note, ...]:
    names = [ground.sites[int(sites[j])] for j in plan.open]
    rows = zip(names, plan.details["sizes"], strict=True)
    return (
        *_cost(ground, parameters, plan, sites),
        *(
            Note("{name}: size {size}.", {"name": ground.name(site), "size": size},
                 {"name": ground.name(site, "en")})
            for site, size in rows
        ),
    )  # fmt: skip


def _targets(
    ground: Ground, parameters: Mapping[str, Any], plan: Plan, _: Positions
) -> tuple[Note, ...]:
    found = []
    rows = zip(parameters["targets"], plan.details["achieved"], strict=True)
    for k, ((kind, asked, *_rest), value) in enumerate(rows):
        factor = 100.0 if kind == "covered" else 1.0
        hidden = value is None or (ground.q.sensitive and kind in ("covered", "mean", "worst"))
        shown = "-" if hidden or value is None else f"{value * factor:,.1f}"
        values = {"n": k + 1, "value": shown, "asked": f"{asked * factor:,.1f}"}
        found.append(Note(_TARGET_TITLES[kind], values))
    return tuple(found)


_Teller = Callable[[Ground, Mapping[str, Any], Plan, Positions], tuple[Note, ...]]
_TELLERS: dict[str, _Teller] = {
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
