"""One plan of the front: its words, its figures, its row, and what can be done with it."""

from __future__ import annotations

import math

import streamlit as st

from cockpit.answers.scenarios import LONGEST_NAME
from cockpit.answers.siting_figures import Figures
from cockpit.answers.siting_front import FrontPoint, FrontState
from cockpit.answers.siting_rules import Rules
from cockpit.answers.twin import Twin
from cockpit.ui import (
    cache,
    coverage_parts,
    placement_cache,
    scenarios_cache,
    scenarios_charts,
    scenarios_choices,
    scenarios_saved,
    state,
    visitor,
)
from cockpit.ui.placement_cache import Asked
from cockpit.ui.scenarios_maps import people
from cockpit.ui.words import language, number, percent, say
from geodata.errors import CockpitError


def text(found: FrontState, point: FrontPoint) -> str:
    """Return a plan in one line: what it changes, covers, and leaves worst served."""
    return say(
        "{plan}, {share} covered, worst-served township {lowest}",
        plan=scenarios_charts.cost_text(found, point),
        share=percent(point.share, 1),
        lowest=percent(point.lowest, 1),
    )


def proof(point: FrontPoint) -> str:
    """Return how sure it is that no plan is better for the same cost and floor."""
    if point.proven and point.fairest:
        return say("proven, and no higher floor is possible")
    return say("proven") if point.proven else say("at most {gap} better", gap=percent(point.gap, 2))


def table(twin: Twin, found: FrontState) -> None:
    """Show all points as a table that can be opened."""
    names = cache.names(twin.version, language())
    with st.expander(say("The points as a table"), icon=":material/table:"):
        coverage_parts.table(
            {
                say("Plan"): [scenarios_charts.cost_text(found, p) for p in found.points],
                say("Covered people"): [people(p.covered) for p in found.points],
                say("Share"): [percent(p.share, 1) for p in found.points],
                say("Lowest covered share"): [percent(p.lowest, 1) for p in found.points],
                say("Worst-served township"): [
                    names[p.lowest_row] if p.lowest_row >= 0 else "" for p in found.points
                ],
                say("No plan covers more than"): [people(p.bound) for p in found.points],
                say("Proof"): [proof(p) for p in found.points],
            },
            words=[say("Plan"), say("Worst-served township"), say("Proof")],
            alt=say("Table of the points of the front"),
        )


def show(twin: Twin, asked: Asked, rules: Rules, found: FrontState, point: FrontPoint) -> None:
    """Show the figures of a point's plan, and what can be done with it."""
    figures = placement_cache.figures(asked, point.layout)
    now, then = figures.now, figures.then
    lowest = ""
    if point.lowest_row >= 0:
        lowest = cache.names(twin.version, language())[point.lowest_row]
    coverage_parts.words_table(
        {
            say("Figure"): [
                say("Covered people"), say("Covered share"), say("Mean minutes"),
                say("Gini coefficient of the minutes"), say("Worst-served township"),
            ],
            say("Today"): [
                people(now.covered), percent(now.share, 1), number(now.mean, 1),
                number(now.gini, 3), _lowest_now(figures),
            ],
            say("With the plan"): [
                people(then.covered), percent(then.share, 1), number(then.mean, 1),
                number(then.gini, 3), f"{percent(point.lowest, 1)} {lowest}".strip(),
            ],
        },
        words=[say("Figure")],
    )  # fmt: skip
    st.caption(
        say("For this cost, with no township below {floor}: {proof}.",
            floor=percent(point.floor, 1), proof=proof(point))
        if point.floor > 0
        else say("For this cost: {proof}.", proof=proof(point))
    )  # fmt: skip
    st.button(
        say("Put it on the map"),
        type="primary",
        icon=":material/add_location_alt:",
        key="scenarios.take",
        on_click=scenarios_choices.open_on_placement,
        args=(asked, rules, point.layout),
    )
    _save(rules, found, point, figures)


def _lowest_now(figures: Figures) -> str:
    shares = [part.now.share for part in figures.townships if not math.isnan(part.now.share)]
    return percent(min(shares), 1) if shares else percent(math.nan)


def _save(rules: Rules, found: FrontState, point: FrontPoint, figures: Figures) -> None:
    if not visitor.may("plan"):
        return
    with st.expander(say("Save as scenario"), icon=":material/save:"):
        name = st.text_input(
            say("Name"),
            max_chars=LONGEST_NAME,
            placeholder=say("e.g. {text}", text=scenarios_charts.cost_text(found, point)),
            **state.remembered("scenarios.name", ""),
        )

        def save() -> None:
            note = say("From the front of cost, coverage and equity: {text}. {proof}.",
                       text=text(found, point), proof=proof(point))  # fmt: skip
            try:
                made = scenarios_cache.save(figures, rules, point, name=name or "", note=note)
            except CockpitError as error:
                scenarios_saved.keep_result(error)
                return
            scenarios_saved.keep_result(("Saved as {name}.", {"name": made.title}, None))
            state.choose("scenarios.name", "")

        st.button(
            say("Save"),
            icon=":material/save:",
            key="scenarios.save",
            disabled=not (name or "").strip(),
            help=say("Give the plan a name."),
            on_click=save,
        )
