"""The panels below the map of the page Coverage; only the open one is worked out."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import streamlit as st

from cockpit.answers.coverage import FacilityRow, Summary, VillageRow
from cockpit.answers.twin import Twin
from cockpit.coverage.causes import COVERED
from cockpit.coverage.services import SERVICES
from cockpit.indicators import MEASURES
from cockpit.ui import (
    coverage_cache,
    coverage_charts,
    coverage_health,
    coverage_maps,
    coverage_measures,
    maps,
    state,
)
from cockpit.ui.coverage_choices import PANEL_TITLES, Choice, mark_village
from cockpit.ui.coverage_parts import (
    chart,
    counts,
    limit_text,
    minutes_text,
    notes,
    plain_number,
    table,
)
from cockpit.ui.words import name_of, number, percent, say

Panel = Callable[[Twin, Choice, Summary], None]


def show(twin: Twin, choice: Choice, found: Summary) -> None:
    """Show the row of panels and the open one."""
    panel = st.segmented_control(
        say("Panel"),
        list(PANEL_TITLES),
        format_func=lambda p: say(PANEL_TITLES[p]),
        label_visibility="collapsed",
        required=True,
        **state.remembered("coverage.panel", "villages", allowed=PANEL_TITLES, address="panel"),
    )
    PANELS[str(panel or "villages")](twin, choice, found)


# ---------------------------------------------------------------- worst villages


def villages(twin: Twin, choice: Choice, found: Summary) -> None:
    """Show the villages with most people beyond the limit; a click marks one on the map."""
    del twin
    rows = coverage_cache.worst_villages(choice.asked)
    if not rows:
        st.success(say("Everybody here is within {n} minutes.", n=limit_text(choice)))
        return
    worst = sum(row.uncovered for row in rows if not math.isnan(row.uncovered))
    missed = found.total - found.covered_people
    st.markdown(
        "**"
        + say(
            "These {n} villages have {share} of all people beyond {limit} minutes",
            n=len(rows),
            share=percent(worst / missed if missed else math.nan),
            limit=limit_text(choice),
        )
        + "**"
    )
    _village_table(rows, choice)
    st.caption(say("Click a row to mark the village on the map."))


def _village_table(rows: list[VillageRow], choice: Choice) -> None:
    def selected() -> None:
        event = state.widget_value(name) or {}
        marked = event.get("selection", {}).get("rows", [])
        mark_village(rows[marked[0]].code if marked and marked[0] < len(rows) else "")

    name = f"coverage.villages.{maps.mark(repr(choice.asked))}"
    chosen = [i for i, row in enumerate(rows) if row.code == choice.village]
    table(
        {
            say("Village"): [name_of(row) for row in rows],
            say("Beyond {n} minutes", n=limit_text(choice)): counts(r.uncovered for r in rows),
            say("In all"): counts(r.people for r in rows),
            say("Covered"): [percent(r.share, 1) for r in rows],
            say("No way"): counts(r.unreached for r in rows),
            say("Mean minutes"): [minutes_text(r.minutes) for r in rows],
            say("Farthest, minutes"): [minutes_text(r.farthest_minutes) for r in rows],
            say("Nearest place"): [r.nearest_name for r in rows],
        },
        words=(say("Village"), say("Nearest place")),
        alt=say("Villages with most people beyond the limit"),
        on_select=selected,
        selection_mode="single-row",
        selection_default={"selection": {"rows": chosen}},
        key=state.widget_key(name),
    )


# ---------------------------------------------------------------- curve, limits


def curve(twin: Twin, choice: Choice, found: Summary) -> None:
    """Show the share of people against minutes, by age group."""
    del twin
    answer = coverage_cache.curve(choice.asked)
    title = say(
        "Within {n} minutes: {share} of {group}",
        n=limit_text(choice),
        share=percent(found.share, 1),
        group=say(MEASURES[choice.asked.group].title),
    )
    st.markdown(f"**{title}**")
    chart(coverage_charts.curve(answer, choice.asked.minutes), "curve", title)


def within(twin: Twin, choice: Choice, found: Summary) -> None:
    """Show the people within 5 to 60 minutes, by age group."""
    del twin, found
    answer = coverage_cache.within(choice.asked)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.markdown(f"**{say(MEASURES[choice.asked.group].title)}**")
        chart(coverage_charts.within_bars(answer), "within", say("Within 5 to 60 minutes"))
    with right:
        st.markdown(f"**{say('By group, persons and share')}**")
        columns: dict[str, list[str]] = {
            say("Group"): [say(MEASURES[g].title) for g in answer.groups],
            say("In all"): counts(answer.totals),
        }
        for k, minutes in enumerate(answer.limits):
            columns[say("≤ {n} min", n=plain_number(minutes))] = [
                f"{count} ({percent(float(answer.shares[g, k]), 1)})"
                for g, count in enumerate(counts(answer.people[:, k]))
            ]
        table(columns, words=(say("Group"),), alt=say("By group, persons and share"))


def causes(twin: Twin, choice: Choice, found: Summary) -> None:
    """Show why people are not covered."""
    del twin
    answer = coverage_cache.causes(choice.asked)
    shown = [code for code, people in answer.people.items() if people]
    missing = [c for c in shown if c != COVERED]
    if missing:
        main = max(missing, key=lambda c: answer.people[c])
        title = say(
            "Most often: {cause}, {n} persons",
            cause=say(answer.titles[main]),
            n=number(answer.people[main]),
        )
    else:
        title = say("Everybody here is within {n} minutes.", n=limit_text(choice))
    st.markdown(f"**{title}**")
    figure = coverage_charts.cause_bars(
        [say(answer.titles[c]) for c in shown],
        [answer.people[c] for c in shown],
        [coverage_maps.CAUSE_COLOURS[c] for c in shown],
        found.total,
    )
    chart(figure, "causes", title)
    notes(answer.notes, but=found.notes)


def sensitivity(twin: Twin, choice: Choice, found: Summary) -> None:
    """Show how sure the figure is: other speeds, other limits."""
    del twin
    answer = coverage_cache.sensitivity(choice.asked)
    here = int(np.abs(answer.thresholds - choice.asked.minutes).argmin())
    title = say(
        "{share} covered; {slow} when travel is {minus}% slower, {fast} when it is {plus}% faster",
        share=percent(found.share, 1),
        slow=percent(float(answer.slow[here]), 1),
        fast=percent(float(answer.fast[here]), 1),
        minus=number(100 * (1 - answer.speeds[0])),
        plus=number(100 * (answer.speeds[1] - 1)),
    )
    st.markdown(f"**{title}**")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart(coverage_charts.sensitivity(answer, choice.asked.minutes), "sensitivity", title)
    with right:
        table(
            {
                say("Limit, minutes"): [
                    plain_number(round(float(t), 1)) for t in answer.thresholds
                ],
                say("Slower"): [percent(float(v), 1) for v in answer.slow],
                say("As assumed"): [percent(float(v), 1) for v in answer.base],
                say("Faster"): [percent(float(v), 1) for v in answer.fast],
            },
            words=(),
            alt=say("Sensitivity"),
        )


def catchments(choice: Choice, found: Summary) -> None:
    """Show the facilities that are somebody's nearest, the largest catchment first."""
    rows = [r for r in coverage_cache.facilities(choice.asked) if r.people_nearest != 0]
    rows.sort(key=lambda r: (-np.nan_to_num(r.people_nearest), r.name))
    _facility_table(choice, rows, total=found.total)


def facilities(choice: Choice) -> None:
    """Show the service's facilities and whom they serve."""
    _facility_table(choice, coverage_cache.facilities(choice.asked))


def _facility_table(choice: Choice, rows: list[FacilityRow], total: float = math.nan) -> None:
    """Show facilities; with the people in all also the share that each has nearest."""
    supply = {"staff": say("Staff"), "capacity": say("Capacity")}.get(
        SERVICES[choice.asked.service].supply, ""
    )
    columns: dict[str, list[str]] = {
        say("Facility"): [r.name for r in rows],
        say("Nearest to, persons"): counts(r.people_nearest for r in rows),
    }
    if not math.isnan(total):
        columns[say("Share")] = [percent(r.people_nearest / total if total else math.nan, 1)
                                 for r in rows]  # fmt: skip
    columns[say("Within {n} minutes", n=limit_text(choice))] = counts(r.people_within for r in rows)
    if supply:
        columns[supply] = [
            say("not known") if math.isnan(r.capacity) else number(r.capacity) for r in rows
        ]
        columns[say("Persons per unit")] = [number(r.load) for r in rows]
    table(
        columns,
        words=(say("Facility"),),
        alt=say("Facilities and whom they serve"),
        most_rows=7,
    )


PANELS: dict[str, Panel] = {
    "villages": villages,
    "health": coverage_health.show,
    "curve": curve,
    "within": within,
    "causes": causes,
    "equity": coverage_measures.equity,
    "scores": coverage_measures.scores,
    "capacity": coverage_measures.capacity,
    "supply": coverage_measures.supply,
    "referral": coverage_measures.referral,
    "sensitivity": sensitivity,
}
