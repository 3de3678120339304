"""The view "Cost, coverage and equity": a front searched while one looks, a click loads a plan."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from cockpit.answers import siting_front
from cockpit.answers.scenarios import Scenario, cost_of
from cockpit.answers.siting_figures import Figures
from cockpit.answers.siting_front import FrontPoint, FrontState
from cockpit.answers.siting_layout import Layout
from cockpit.answers.siting_rules import Rules
from cockpit.answers.twin import Twin
from cockpit.coverage.services import SERVICES
from cockpit.ui import (
    coverage_parts,
    placement_cache,
    placement_rules,
    scenarios_cache,
    scenarios_charts,
    scenarios_choices,
    scenarios_plan,
    scenarios_saved,
    state,
    visitor,
    way,
)
from cockpit.ui.placement_cache import Asked
from cockpit.ui.scenarios_charts import Beside
from cockpit.ui.way import plain
from cockpit.ui.words import language, number, say, say_error
from geodata.errors import CockpitError

_PLACEMENT = "placement"
_NEW_SITES = (5, 10, 20, 30, 50, 100)
_PACE = 1.0  # seconds between two looks at a search


@dataclass(frozen=True)
class Question:
    """Whose front is searched."""

    asked: Asked
    rules: Rules
    most: int


def show(twin: Twin, known: Sequence[Scenario]) -> None:
    """Show the front of a question: how it is searched, the points, and the plan of one."""
    st.markdown(
        say(
            "Each point is a plan that cannot get better in one thing (cost, covered people, the "
            "worst-served township) without getting worse in another."
        )
    )
    asked = _question(twin, known)
    if asked is None:
        return
    with st.spinner(say("Reading the travel times"), show_time=False):
        placement_cache.ground(asked.asked)
    identity = _identity(asked)
    found = siting_front.state(identity)
    if found is not None and found.going:
        _watched(twin, asked, known)
    else:
        _shown(twin, asked, known)


def _identity(asked: Question) -> str:
    return siting_front.run_id(placement_cache.ground(asked.asked), asked.rules, asked.most)


# ---------------------------------------------------------------- whose front


def _question(twin: Twin, known: Sequence[Scenario]) -> Question | None:
    """Show the bar: the question of the page Placement, or of a scenario; how many new sites."""
    by_id = {str(s.id): s for s in _different(known)}
    with st.container(horizontal=True, vertical_alignment="bottom", key="ct-bar"):
        whose = st.selectbox(
            say("Question and rules of"),
            [*by_id, _PLACEMENT],
            format_func=lambda i: by_id[i].title if i in by_id else say("the page Placement"),
            placeholder=say("Question and rules of"),
            width=420,
            **state.remembered(
                "scenarios.whose", next(iter(by_id), _PLACEMENT), allowed=[*by_id, _PLACEMENT],
                address="of",
            ),
        )  # fmt: skip
        most = st.selectbox(
            say("Up to so many new sites"),
            [str(n) for n in _NEW_SITES],
            placeholder=say("Up to so many new sites"),
            width=230,
            **state.remembered(
                "scenarios.most", str(siting_front.USUAL_NEW),
                allowed=[str(n) for n in _NEW_SITES], address="most",
            ),
        )  # fmt: skip
    if whose in by_id:
        s = by_id[str(whose)]
        asked, rules = scenarios_choices.asked_of(s.question), s.rules
        opened = scenarios_cache.opened(s)
        if opened.error is not None:
            st.warning(say_error(opened.error), icon=":material/warning:")
            return None
    else:
        asked = _on_placement(twin)
        rules = placement_rules.choose(twin, asked)
    st.caption(plain(scenarios_choices.question_text(asked._asdict())))
    return Question(asked, rules, int(most))


def _different(known: Sequence[Scenario]) -> list[Scenario]:
    """Return one scenario of each question and rules, the last saved."""
    found: dict[str, Scenario] = {}
    for s in known:
        found.setdefault(repr((sorted(s.question.items()), s.rules)), s)
    return list(found.values())


def _on_placement(twin: Twin) -> Asked:
    """Return the question that stands on the page Placement."""
    service = state.chosen("placement.service", "clinic")
    service = service if service in SERVICES else next(iter(SERVICES))
    usual = SERVICES[service]
    group = state.chosen("placement.group", "")
    return Asked(
        service,
        state.chosen("placement.mode", "") or usual.mode,
        float(state.chosen("placement.minutes", "") or usual.minutes),
        group if group in placement_cache.groups() else placement_cache.default_group(service),
        str(twin.regions["code"].iat[way.current(twin)]),
    )


# ---------------------------------------------------------------- the search


@st.fragment(run_every=_PACE)
def _watched(twin: Twin, asked: Question, known: Sequence[Scenario]) -> None:
    """Show a search that goes on, and look again every second until it has ended."""
    found = siting_front.state(_identity(asked))
    if found is None or not found.going:
        st.rerun()
    _search(asked, found)
    _front(twin, asked, known, found)


def _shown(twin: Twin, asked: Question, known: Sequence[Scenario]) -> None:
    found = siting_front.state(_identity(asked))
    _search(asked, found)
    if found is not None:
        _front(twin, asked, known, found)


def _search(asked: Question, found: FrontState | None) -> None:
    """Show the button that begins or ends the search, and how far it is."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if found is not None and found.going:
            st.button(
                say("Stop and keep what is found"),
                icon=":material/stop_circle:",
                key="scenarios.stop",
                on_click=_stop,
                args=(found.id,),
            )
        elif found is None or found.status != "done":
            st.button(
                say("Search the front"),
                type="primary",
                icon=":material/timeline:",
                key="scenarios.search",
                on_click=_begin,
                args=(asked,),
            )
        st.markdown(_progress(found))
    if found is not None and found.error is not None:
        st.error(say_error(found.error), icon=":material/block:")


def _begin(asked: Question) -> None:
    try:
        visitor.require("plan")
        siting_front.start(placement_cache.ground(asked.asked), asked.rules, most=asked.most)
    except CockpitError as error:
        scenarios_saved.keep_result(error)


def _stop(identity: str) -> None:
    if visitor.may("plan"):
        siting_front.stop(identity)


def _progress(found: FrontState | None) -> str:
    if found is None:
        return say("It takes up to a minute and a half; points appear as they are found.")
    told: dict[str, Any] = {
        "n": number(len(found.points)),
        "done": number(found.asked),
        "all": number(found.budgets),
        "seconds": number(found.seconds),
    }
    if found.status == "waiting":
        return say("Another search goes on; this one waits for its turn.")
    if found.going:
        return say("{n} points, {done} of {all} costs, {seconds} seconds", **told)
    if found.status == "failed":
        return ""
    n_proven = sum(point.proven for point in found.points)
    told |= {"proven": number(n_proven), "dominated": number(found.dominated)}
    text = say(
        "{n} points in {seconds} seconds, {proven} of them proven; {dominated} plans went because "
        "another is better.",
        **told,
    )
    if found.status == "stopped":
        text = say("Stopped.") + ("" if language() == "zh" else " ") + text
    return text


# ---------------------------------------------------------------- the points


def _front(twin: Twin, asked: Question, known: Sequence[Scenario], found: FrontState) -> None:
    if not found.points:
        return
    by_id = {point.id: point for point in found.points}
    usual = _usual(found)
    if not state.chosen("scenarios.picked", False):  # until somebody picks, the best one moves on
        state.choose("scenarios.point", usual)
    chosen = state.read("scenarios.point", usual, allowed=by_id, address="point")
    if chosen != usual:  # a link brought it
        _pick()
    picture, beside = st.columns([0.62, 0.38], gap="medium")
    with picture:
        _chart(asked, known, found, chosen)
    with beside:
        _choose_point(found, by_id, usual)
        scenarios_plan.show(twin, asked.asked, asked.rules, found, by_id[chosen])
    scenarios_plan.table(twin, found)
    coverage_parts.notes(found.notes)


def _usual(found: FrontState) -> str:
    """Return the point to begin with: the one that covers most."""
    return max(found.points, key=lambda p: (not math.isnan(p.share), p.share, -p.cost)).id


def _chart(asked: Question, known: Sequence[Scenario], found: FrontState, chosen: str) -> None:
    name = "scenarios.chart"

    def clicked() -> None:
        event = state.widget_value(name) or {}
        identity = picked(event)
        if identity:
            state.choose("scenarios.point", identity)
            _pick()

    figure = scenarios_charts.front(
        found, chosen, _beside(asked, known, found), height=360 if state.on_telephone() else 520
    )
    st.plotly_chart(
        figure,
        theme=None,
        config=scenarios_charts.CONFIG,
        on_select=clicked,
        selection_mode="points",
        key=state.widget_key(name),
        alt=say("Cost against covered people; the table below has the same points"),
    )
    st.caption(
        say(
            "Click a point to load its plan. Circle: proven; open diamond: better ones may exist. "
            "Square: today and saved scenarios. The line joins the plans that cover most for their "
            "cost."
        )
        + _searched(found)
    )


def _searched(found: FrontState) -> str:
    """Say which numbers of new sites were searched, where there are others between them."""
    costs = [round(cost) for cost in found.costs]
    if found.unit != "sites" or not costs or costs == list(range(costs[0], costs[-1] + 1)):
        return ""
    between = "、" if language() == "zh" else ", "
    space = "" if language() == "zh" else " "
    return space + say(
        "Searched were {numbers} new sites; between them the line stays as it was.",
        numbers=between.join(number(cost) for cost in costs),
    )


def picked(event: Mapping[str, Any]) -> str:
    """Return the id of the point that a selection event tells was clicked; "" for none."""
    points = event.get("selection", {}).get("points", [])
    for point in points:
        told = point.get("customdata")
        # Streamlit hands on a list, or an object of numbered parts.
        first = told.get("0") if isinstance(told, Mapping) else told[0] if told else None
        if point.get("curve_number", 1) == 1 and isinstance(first, str):
            return first
    return ""


def _beside(asked: Question, known: Sequence[Scenario], found: FrontState) -> list[Beside]:
    """Return today and the saved scenarios of the same question with their cost and coverage."""
    ground = placement_cache.ground(asked.asked)
    today = placement_cache.figures(asked.asked, Layout())
    kept = asked.rules.kept_cost * ground.n_facilities
    made = [Beside(say("Today"), kept if found.unit == "money" else 0.0, today.now.share)]
    for s in known:
        if scenarios_choices.asked_of(s.question) != asked.asked:
            continue
        opened = scenarios_cache.opened(s).found
        if opened is None or math.isnan(opened.figures.then.share):
            continue
        cost = _cost(opened.figures, asked.rules, found)
        made.append(Beside(s.title, cost, opened.figures.then.share))
    return made


def _cost(figures: Figures, rules: Rules, found: FrontState) -> float:
    if found.unit == "money":
        return cost_of(figures, rules)
    return float(len(figures.layout.new_cells))


def _pick() -> None:
    state.choose("scenarios.picked", True)


def _choose_point(found: FrontState, by_id: Mapping[str, FrontPoint], usual: str) -> None:
    """Show the points as a list to choose from, for whoever uses no pointer."""
    st.selectbox(
        say("Plan of the front"),
        list(by_id),
        format_func=lambda i: scenarios_plan.text(found, by_id[i]),
        placeholder=say("Plan of the front"),
        **state.remembered(
            "scenarios.point", usual, allowed=list(by_id), address="point", then=_pick
        ),
    )
