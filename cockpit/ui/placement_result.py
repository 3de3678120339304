"""What a plan says beyond its figure: sites by name, years, targets, moves, loads, stages."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from cockpit.answers.reach import Note
from cockpit.answers.siting import Layout
from cockpit.answers.siting_fit import Fitted
from cockpit.placement.plan import Plan
from cockpit.ui.coverage_parts import bracket, table
from cockpit.ui.way import plain
from cockpit.ui.words import NO_FIGURE, language, number, percent, say

TARGET_TITLES = {
    "mean": "Mean minutes",
    "worst": "Longest way of anybody",
    "cost": "Cost of all sites",
    "sites": "Number of sites",
}
OF_PEOPLE = ("covered", "mean", "worst")  # targets whose figure tells of few people
_NAMED = 12  # sites in a sentence; more stand in a list
_LISTED, _ROWS = 100, 60


@dataclass(frozen=True)
class Shown:
    """A plan as it is told: what it changes, what its sites and townships are called."""

    plan: Plan
    layout: Layout
    years: Sequence[Layout]  # of a plan of several years
    n_today: int  # facilities of today
    names: Mapping[str, str]  # of all sites
    townships: Mapping[int, str]
    sites: Callable[[], tuple[Fitted, Sequence[str]]]  # the problem solved, and its columns' sites
    part: Callable[[float], float]  # people as they may be told; NaN: too few, or all but too few
    sensitive: bool  # no mean or share of a township may be told either
    withheld: bool = False  # nor what all its years or stages are worth

    def people(self, count: float) -> str:
        """Return a count of people as it may be shown."""
        return number(self.part(count))

    def name(self, site: str) -> str:
        """Return what a site is called."""
        return self.names.get(site, site[2:])

    def new(self, layout: Layout) -> list[str]:
        """Return the names of the new sites of a plan."""
        return [self.name(f"c:{code}") for code in layout.new_cells]


def note_text(note: Note) -> str:
    """Return a remark of a model in the visitor's language."""
    values = {
        k: number(v) if isinstance(v, int) else v for k, v in note.in_language(language()).items()
    }
    return say(note.template, **values)


def show(shown: Shown, told: Sequence[str]) -> None:
    """Show the plan's sites by name and what its model adds; ``told``: its sentences about it."""
    _changes(shown)
    more = _MORE.get(shown.plan.model)
    if more is None:
        for sentence in told:
            st.markdown(plain(sentence))
    else:
        more(shown)


def _changes(shown: Shown) -> None:
    layout = shown.layout
    kept, new = shown.n_today - len(layout.gone), shown.new(layout)
    st.markdown(
        say(
            "**{n} sites**: {kept} of today, {opened} new; {closed} of today close.",
            n=number(kept + len(new)),
            kept=number(kept),
            opened=number(len(new)),
            closed=number(len(layout.gone)),
        )
    )
    _named(say("New"), new)
    _named(say("Closes"), [shown.name(f"f:{one}") for one in layout.gone])


def _named(title: str, names: list[str]) -> None:
    if not names:
        return
    if len(names) <= _NAMED:
        listed = say(", ").join(plain(name) for name in names)
        st.markdown(say("{what}: {names}", what=title, names=listed))
        return
    with st.expander(title + bracket(number(len(names)))):
        st.markdown("\n".join(f"- {plain(name)}" for name in names[:_LISTED]))
        if len(names) > _LISTED:
            st.caption(say("and {n} more, all of them on the map", n=number(len(names) - _LISTED)))


# ---------------------------------------------------------------- what models add


def _years(shown: Shown) -> None:
    """Show which new site comes in which year, and what each year is worth."""
    worth = shown.plan.details["worth"]
    covering = shown.plan.parameters.get("goal") == "covering"
    before: set[str] = set()
    fresh = []
    for layout in shown.years:
        now = set(layout.new_cells)
        names = [shown.name(f"c:{code}") for code in sorted(now - before)]
        fresh.append(say(", ").join(names) or NO_FIGURE)
        before = now
    year, new = say("Year"), say("New in this year")
    title = say("People covered") if covering else say("Minutes of all people")
    table(
        {
            year: [str(k + 1) for k in range(len(fresh))],
            new: fresh,
            say("Sites open"): [
                number(shown.n_today - len(y.gone) + len(y.new_cells)) for y in shown.years
            ],
            title: [
                NO_FIGURE if shown.withheld else shown.people(w) if covering else number(w)
                for w in worth
            ],
        },
        words=(year, new),
        alt=say("Table of the sites of each year"),
    )


def _achieved(shown: Shown) -> None:
    """Show each target with what the plan reaches."""
    given = shown.plan.parameters
    targets = given.get("targets") or given.get("rules") or []
    found = shown.plan.details.get("achieved", [])
    hidden = OF_PEOPLE if shown.sensitive else ()
    gini = shown.plan.details.get("gini")
    if gini is not None:
        st.markdown(say("Gini of the minutes: {value}.", value=number(gini, 3)))
    if not targets:
        return
    title = say("Target")
    table(
        {
            title: [target_title(target, shown.townships) for target in targets],
            say("Asked"): [target_bound(target) for target in targets],
            say("Reached"): [
                NO_FIGURE if t[0] in hidden else target_figure(t[0], v)
                for t, v in zip(targets, found, strict=True)
            ],
        },
        words=(title,),
        alt=say("Table of the targets"),
    )


def target_title(target: Sequence[Any], townships: Mapping[int, str]) -> str:
    """Return what a plain target is about: kind, value, reach, township."""
    kind, _value, reach, group = target
    if kind == "covered":
        text = say("Share of people within {n} minutes", n=f"{reach:g}")
    else:
        text = say(TARGET_TITLES[kind])
    if group is None:
        return text
    return say("{township}: {what}", township=townships.get(int(group), str(group)), what=text)


def target_bound(target: Sequence[Any]) -> str:
    """Return what a plain target asks for."""
    text = target_figure(target[0], float(target[1]))
    return f"≥ {text}" if target[0] == "covered" else f"≤ {text}"


def target_figure(kind: str, value: float | None) -> str:
    """Return the figure of a target of a kind; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return NO_FIGURE
    if kind == "covered":
        return percent(value, 1)
    return number(value, 0 if kind == "sites" else 1)


def loads(plan: Plan, fitted: Fitted) -> list[tuple[int, float, float]]:
    """Return column, people served and capacity of each open site, the fullest first."""
    problem = fitted.problem
    held = {str(size[0]): float(size[1]) for size in plan.parameters.get("sizes", ())}
    built = dict(zip(plan.open.tolist(), plan.details.get("sizes", ()), strict=False))
    served = np.zeros(problem.n_sites)
    if "flow" in plan.details:
        for point, site, share in plan.details["flow"]:
            served[int(site)] += share * problem.weights[int(point)]
    else:
        to = plan.assignment
        np.add.at(served, to[to >= 0], problem.weights[to >= 0])
    rows = [
        (int(j), float(served[j]), held.get(built.get(int(j), ""), float(problem.capacity[j])))
        for j in plan.open
    ]
    return sorted(rows, key=lambda row: (-row[1] / row[2] if row[2] else 0.0, row[0]))


def _loads(shown: Shown) -> None:
    """Show how full each site is, and its size where the model chooses one."""
    if not {"flow", "assignment"} & set(shown.plan.details):
        st.caption(say("How full the sites are is not known of a search that was cut off."))
        return
    fitted, sites = shown.sites()
    found = loads(shown.plan, fitted)
    rows = found[:_ROWS]
    site, size = say("Site"), say("Size")
    columns = {site: [shown.name(sites[int(fitted.sites[j])]) for j, _, _ in rows]}
    if "sizes" in shown.plan.details:
        built = dict(zip(shown.plan.open.tolist(), shown.plan.details["sizes"], strict=True))
        columns[size] = [str(built[j]) for j, _, _ in rows]
    columns[say("People served")] = [shown.people(load) for _, load, _ in rows]
    columns[say("Holds")] = [number(most) for _, _, most in rows]
    columns[say("Full to")] = [_full(shown, load, most) for _, load, most in rows]
    table(columns, words=(site, size), alt=say("Table of how full the sites are"))
    if len(found) > _ROWS:
        st.caption(say("The first {n} of {all}, the fullest first.", n=_ROWS, all=len(found)))


def _full(shown: Shown, load: float, most: float) -> str:
    hidden = math.isnan(shown.part(load)) or not 0 < most < math.inf
    return NO_FIGURE if hidden else percent(load / most)


def _sizes(shown: Shown) -> None:
    st.markdown(
        say("The sites of the plan cost {cost}.", cost=number(shown.plan.details["cost"], 1))
    )
    _loads(shown)


_MORE: dict[str, Callable[[Shown], None]] = {
    "phasing": _years,
    "goal-seek": _achieved,
    "equity": _achieved,
    "capacitated-p-median": _loads,
    "capacitated-covering": _loads,
    "capacitated-set-covering": _loads,
    "sizes": _sizes,
}
