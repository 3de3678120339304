"""What a plan says beyond its figure: sites by name, years, targets, moves, loads, stages."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st

from cockpit.answers.siting import Posed
from cockpit.placement.plan import Plan
from cockpit.ui.placement_progress import amount, figure
from cockpit.ui.way import plain
from cockpit.ui.words import NO_FIGURE, number, percent, say

STAGE_TITLES = {
    "worst": "Longest way of anybody",
    "lowest_share": "Covered share of the worst township",
    "mean": "Minutes of all people",
    "covered": "People covered",
}
STAGE_UNITS = {
    "worst": "minutes",
    "lowest_share": "share",
    "mean": "person-minutes",
    "covered": "people",
}
TARGET_TITLES = {
    "mean": "Mean minutes",
    "worst": "Longest way of anybody",
    "cost": "Cost of all sites",
    "sites": "Number of sites",
}
_NAMED = 12  # sites in a sentence; more stand in a table
_ROWS = 60


@dataclass(frozen=True)
class Shown:
    """A plan, what its sites are called, and what its townships are called."""

    plan: Plan
    posed: Posed
    names: Mapping[str, str]  # of all sites
    sites: Sequence[str]  # of the ground
    townships: Mapping[int, str]
    small_count: int = 0  # people of a sensitive group below this are not told; 0: all are

    def people(self, count: float) -> str:
        """Return a count of people as it may be shown."""
        if round(count) < self.small_count and round(count) > 0:
            return say("fewer than {n}", n=self.small_count)
        return number(count)

    def name(self, column: int) -> str:
        """Return what the site of a column of the problem is called."""
        site = self.sites[int(self.posed.sites[column])]
        return self.names.get(site, site[2:])

    @property
    def opened(self) -> list[int]:
        """Return the columns that are open and are no facility of today."""
        return [int(j) for j in self.plan.open if not self.posed.problem.existing[j]]

    @property
    def closed(self) -> list[int]:
        """Return the columns of facilities of today that are not open."""
        is_open = set(self.plan.open.tolist())
        return [int(j) for j in np.flatnonzero(self.posed.problem.existing) if j not in is_open]


def show(shown: Shown) -> None:
    """Show the plan's sites by name, and what its model adds."""
    _changes(shown)
    show_more = _MORE.get(shown.plan.model)
    if show_more is not None:
        show_more(shown)


def _changes(shown: Shown) -> None:
    opened, closed = shown.opened, shown.closed
    kept = len(shown.plan.open) - len(opened)
    st.markdown(
        say(
            "**{n} sites**: {kept} of today, {opened} new; {closed} of today close.",
            n=number(len(shown.plan.open)),
            kept=number(kept),
            opened=number(len(opened)),
            closed=number(len(closed)),
        )
    )
    for title, columns in ((say("New"), opened), (say("Closes"), closed)):
        _named(title, [shown.name(j) for j in columns])


def _named(title: str, names: list[str]) -> None:
    if not names:
        return
    if len(names) <= _NAMED:
        st.markdown(f"{title}: {say(', ').join(plain(name) for name in names)}")
        return
    with st.expander(f"{title} ({number(len(names))})"):
        st.markdown("\n".join(f"- {plain(name)}" for name in names))


def _table(columns: Mapping[str, Sequence[str]], words: Sequence[str], alt: str) -> None:
    """Show a table whose figures stand at the right."""
    n = len(next(iter(columns.values())))
    st.dataframe(
        pa.table({name: list(values) for name, values in columns.items()}),
        hide_index=True,
        height=36 * min(n, 12) + 38,
        column_config={
            name: st.column_config.TextColumn(alignment="right")
            for name in columns
            if name not in words
        },
        alt=alt,
    )


def _fact(title: str, text: str) -> None:
    st.markdown(f"{title}: **{text}**")


# ---------------------------------------------------------------- what models add


def _years(shown: Shown) -> None:
    """Show which new site comes in which year, and what each year is worth."""
    path = [set(chosen) for chosen in shown.plan.details["years"]]
    worth = shown.plan.details["worth"]
    unit = "people" if shown.plan.parameters.get("goal") == "covering" else "person-minutes"
    before = set(np.flatnonzero(shown.posed.problem.existing).tolist())
    year, new = say("Year"), say("New in this year")
    rows = []
    for chosen in path:
        rows.append(say(", ").join(shown.name(j) for j in sorted(chosen - before)) or NO_FIGURE)
        before |= chosen
    title = say("People covered") if unit == "people" else say("Minutes of all people")
    _table(
        {
            year: [str(k + 1) for k in range(len(path))],
            new: rows,
            say("Sites open"): [number(len(chosen)) for chosen in path],
            title: [figure(w, unit)[0] for w in worth],
        },
        (year, new),
        say("Table of the sites of each year"),
    )


def _achieved(shown: Shown) -> None:
    """Show each target with what the plan reaches."""
    given = shown.plan.parameters
    targets = given.get("targets") or given.get("rules") or []
    found = shown.plan.details.get("achieved", [])
    if shown.plan.details.get("gini") is not None:
        _fact(say("Gini of the minutes"), number(shown.plan.details["gini"], 3))
    if not targets:
        return
    title = say("Target")
    _table(
        {
            title: [target_title(target, shown.townships) for target in targets],
            say("Asked"): [target_bound(target) for target in targets],
            say("Reached"): [target_figure(t[0], v) for t, v in zip(targets, found, strict=True)],
        },
        (title,),
        say("Table of the targets"),
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


def _moving(shown: Shown) -> None:
    """Show what becomes of the sites of today, and what it costs."""
    found = shown.plan.details
    st.markdown(
        say(
            "Moved {moved}, closed {closed}, opened {opened}; their cost counts as {cost} "
            "person-minutes, people's ways are {minutes} person-minutes.",
            moved=number(found["moved"]),
            closed=number(found["closed"]),
            opened=number(found["opened"]),
            cost=number(found["cost"]),
            minutes=number(found["person_minutes"]),
        )
    )


def loads(shown: Shown) -> list[tuple[int, float, float]]:
    """Return column, people served and capacity of each open site, the fullest first."""
    problem, details = shown.posed.problem, shown.plan.details
    served = np.zeros(problem.n_sites)
    if "flow" in details:
        for point, site, share in details["flow"]:
            served[int(site)] += share * problem.weights[int(point)]
    else:
        to = shown.plan.assignment
        np.add.at(served, to[to >= 0], problem.weights[to >= 0])
    rows = [(int(j), float(served[j]), float(problem.capacity[j])) for j in shown.plan.open]
    return sorted(rows, key=lambda r: (-r[1] / r[2] if r[2] else 0.0, r[0]))


def _loads(shown: Shown, sizes: Sequence[str] | None = None) -> None:
    """Show how full each site is."""
    found = loads(shown)
    by_column = dict(zip(shown.plan.open.tolist(), sizes or (), strict=False))
    room = {str(s[0]): float(s[1]) for s in shown.plan.parameters.get("sizes", ())}
    site, rows = say("Site"), found[:_ROWS]
    held = [room.get(by_column.get(j, ""), most) for j, _, most in rows]
    columns = {site: [shown.name(j) for j, _, _ in rows]}
    if sizes is not None:
        columns[say("Size")] = [by_column[j] for j, _, _ in rows]
    columns[say("People served")] = [shown.people(load) for _, load, _ in rows]
    columns[say("Holds")] = [number(most) for most in held]
    columns[say("Full to")] = [
        percent(load / most if most else math.nan)
        for (_, load, _), most in zip(rows, held, strict=True)
    ]
    _table(columns, (site, say("Size")), say("Table of how full the sites are"))
    if len(found) > _ROWS:
        st.caption(say("The first {n} of {all}, the fullest first.", n=_ROWS, all=len(found)))


def _sizes(shown: Shown) -> None:
    _cost(shown)
    _loads(shown, shown.plan.details["sizes"])


def _cost(shown: Shown) -> None:
    """Show what the plan costs, and the minutes where the model weighs both."""
    _fact(say("Cost of all sites"), amount(shown.plan.details["cost"], "money"))
    minutes = shown.plan.details.get("person_minutes")
    if minutes is not None:
        _fact(say("Minutes of all people"), amount(minutes, "person-minutes"))


def _stages(shown: Shown) -> None:
    """Show what each goal in turn has reached."""
    stages = shown.plan.details["stages"]
    goal = say("Goal")
    _table(
        {
            goal: [f"{k + 1}. {say(STAGE_TITLES[s['goal']])}" for k, s in enumerate(stages)],
            say("Reached"): [amount(s["value"], STAGE_UNITS[s["goal"]]) for s in stages],
            say("No plan is better than"): [
                amount(s["bound"], STAGE_UNITS[s["goal"]]) for s in stages
            ],
        },
        (goal,),
        say("Table of the goals in turn"),
    )
    asked = list(shown.plan.parameters["order"])
    if len(stages) < len(asked):
        left = say(", ").join(say(STAGE_TITLES[g]) for g in asked[len(stages) :])
        st.caption(say("The time ended before these goals: {goals}.", goals=left))


def _backup(shown: Shown) -> None:
    """Show who has a second site within reach."""
    found = shown.plan.details
    if "once" in found:
        _fact(say("People with one within reach"), amount(found["once"], "people"))
    _fact(
        say("People with two within reach"),
        amount(found.get("twice", found.get("backup")), "people"),
    )


_MORE: dict[str, Callable[[Shown], None]] = {
    "phasing": _years,
    "goal-seek": _achieved,
    "equity": _achieved,
    "least-gini": _achieved,
    "lexicographic": _stages,
    "moving": _moving,
    "capacitated-p-median": _loads,
    "capacitated-covering": _loads,
    "capacitated-set-covering": _loads,
    "sizes": _sizes,
    "fixed-cost": _cost,
    "budget-p-median": _cost,
    "budget-covering": _cost,
    "lscp-b": _backup,
    "bclp": _backup,
}
