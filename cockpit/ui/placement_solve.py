"""The panel "Find the best plan": goal, model, its fields, the search as it runs, the result."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from cockpit.answers import siting_fit, siting_models, siting_runs
from cockpit.answers.coverage_question import mask_of
from cockpit.answers.siting_fit import Fitted
from cockpit.answers.siting_runs import State
from cockpit.answers.twin import Twin
from cockpit.placement.goals import GoalConflictError
from cockpit.placement.models import MODELS
from cockpit.ui import (
    coverage_parts,
    placement_cache,
    placement_fields,
    placement_progress,
    placement_proof,
    placement_proven,
    placement_result,
    placement_rows,
    placement_rules,
    placement_runs,
    state,
    visitor,
)
from cockpit.ui.placement_choices import Choice
from cockpit.ui.placement_result import Shown
from cockpit.ui.way import plain
from cockpit.ui.words import language, number, percent, say, say_error
from geodata.errors import CockpitError

LIMITS = (10, 30, 60, 120, 300)
"""Seconds that a search may take, to choose from."""

FIRST_OF_AIM = {"covered": "mclp", "minutes": "p-median"}
ENDED = ("done", "stopped", "failed")
_EVERY_S = 0.5
_NO_TIME = "No plan was found in {seconds} s; allow more time."


def show(twin: Twin, choice: Choice) -> None:
    """Show what can be asked for, the button that begins, and the search or its result."""
    form, result = st.columns([0.4, 0.6], gap="large")
    with form:
        model = _model(choice)
        try:
            given = placement_fields.values(choice.asked, choice.rules, model)
        except CockpitError as error:
            st.error(say_error(error), icon=":material/block:")
            return
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            seconds, gap = _seconds(), _gap()
        pressed = _find(choice, model)
    with result:
        if pressed:
            _start(choice, model, given, seconds, gap)
        _run(twin, choice, model, given)


def _find(choice: Choice, model: str) -> bool:
    """Show the button that begins; where the rules leave nothing to search, the way out."""
    if model == "moving" and choice.rules.existing == "keep":
        st.warning(
            say("Here facilities of today close or move, but the rules keep them all; let them "
                "close in the rules."),
            icon=":material/rule:",
        )  # fmt: skip
        st.button(
            say("Let facilities of today close"),
            type="primary",
            icon=":material/lock_open:",
            key="placement.solve.free",
            on_click=placement_rules.let_close,
        )
        return False
    return st.button(
        say("Find the plan"),
        type="primary",
        icon=":material/search:",
        key="placement.solve.find",
    )


# ---------------------------------------------------------------- what is asked for


def group_of(model: str) -> str:
    """Return the goal under which a model is offered."""
    return next(title for title, models in siting_models.offered() if model in models)


def _model(choice: Choice) -> str:
    """Show goals in plain words, then the models of the chosen one; return the model."""
    offered = dict(siting_models.offered())
    first = FIRST_OF_AIM.get(choice.aim, "mclp")
    model = str(state.read("placement.solve.model", first, allowed=MODELS, address="model"))
    state.choose("placement.solve.goal", group_of(model))
    goal = str(
        st.selectbox(
            say("What the plan is to reach"),
            list(offered),
            format_func=say,
            placeholder=say("What the plan is to reach"),
            **state.remembered(
                "placement.solve.goal", group_of(first), allowed=offered, then=_first_of_goal
            ),
        )
    )
    if len(offered[goal]) > 1:
        model = str(
            st.radio(
                say("How"),
                offered[goal],
                format_func=lambda m: say(MODELS[m].title),
                **state.remembered("placement.solve.model", first, allowed=MODELS, address="model"),
            )
        )
    st.caption(say(MODELS[model].note))
    return model


def _first_of_goal() -> None:
    goal = state.chosen("placement.solve.goal", "")
    state.choose("placement.solve.model", dict(siting_models.offered())[goal][0])


def _seconds() -> float:
    return float(
        st.selectbox(
            say("Search at most"),
            LIMITS,
            format_func=lambda s: (
                say("{n} seconds", n=s) if s < 120 else say("{n} minutes", n=s // 60)
            ),
            placeholder=say("Search at most"),
            width=140,
            **state.remembered("placement.solve.seconds", 30, allowed=LIMITS, address="seconds"),
        )
    )


def _gap() -> float:
    return float(
        st.selectbox(
            say("Good enough"),
            placement_runs.GAPS,
            format_func=lambda g: (
                say("{share} from the best", share=percent(float(g), 1)) if float(g) else
                say("only when proven")
            ),
            placeholder=say("Good enough"),
            width=190,
            help=say("The search ends as soon as no plan can be better by more than this."),
            **state.remembered(
                "placement.solve.gap", "0", allowed=placement_runs.GAPS, address="gap"
            ),
        )
    )  # fmt: skip


# ---------------------------------------------------------------- the search


def _start(
    choice: Choice, model: str, given: Mapping[str, Any], seconds: float, gap: float
) -> None:
    """Begin a search, or join the one that somebody began with the same question."""
    ground = placement_cache.ground(choice.asked)
    try:
        visitor.require("plan")
        with st.spinner(say("Reading the ways"), show_time=False):
            posed = siting_fit.posed_of(ground, choice.rules)
        wanted = siting_models.parameters(model, ground, posed, given)
        key = siting_runs.start(ground, choice.rules, model, wanted, seconds=seconds, gap=gap)
    except CockpitError as error:
        placement_runs.forget(choice, model)
        st.error(say_error(error), icon=":material/block:")
        return
    placement_runs.remember(choice, model, key, given)


def _run(twin: Twin, choice: Choice, model: str, given: Mapping[str, Any]) -> None:
    """Show the search that this visitor began for the question; it goes on without the page."""
    key, found = placement_runs.current(choice, model)
    if found is None:
        if not key:
            st.caption(
                say(
                    "Here the best plan and its bound appear while they are searched: the bound "
                    "says what no plan can beat. Where both meet, the plan is proven."
                )
            )
        else:
            st.info(say("The result of this search is no longer kept; search again."))
        return
    if found.status not in ENDED:
        _watch(key)
        return
    same = placement_runs.same(choice, found, given)
    if not same:
        st.caption(say("The plan below was found with other values than those above."))
    _ended(twin, choice, found, same=same)


@st.fragment(run_every=_EVERY_S)
def _watch(key: str) -> None:
    """Show plan and bound while the search runs; the page takes over when it has ended."""
    found = siting_runs.state(key)
    if found is None or found.status in ENDED:
        st.rerun()
    if found.status == "waiting":
        st.info(
            say("{n} searches are before this one.", n=number(max(found.place - 1, 0)))
            if found.place > 1
            else say("This search is next in turn.")
        )
    figures(found)
    if found.status == "running" and found.objective is None:
        st.caption(say("No plan yet: the search is being prepared."))
    if found.seconds > found.limit + 1:
        st.caption(say("The time is up; the search ends with the step it is in, or when stopped."))
    st.button(
        say("Stop and keep the best plan"),
        icon=":material/stop_circle:",
        key="placement.solve.stop",
        on_click=stop,
        args=(key,),
    )


def stop(key: str) -> None:
    """End a search and keep its best plan; nothing for who may not plan."""
    if not visitor.may("plan"):
        return
    siting_runs.stop(key)


def figures(found: State) -> None:
    """Show plan, bound, their distance and the seconds, and how they close in."""
    st.html(
        placement_progress.tiles(
            found.objective,
            found.bound,
            found.gap,
            found.seconds,
            found.unit,
            ended=found.status in ENDED,
        )
    )
    if found.model == "phasing":
        st.caption(say("Plan and bound add up all years."))
    points = [(step.seconds, step.objective, step.bound) for step in found.steps]
    if found.objective is not None and found.bound is not None:
        points.append((found.seconds, found.objective, found.bound))
    drawn = placement_progress.chart(points, found.unit)
    if drawn is not None:
        st.plotly_chart(
            drawn,
            theme=None,
            key=f"placement.progress.{found.key}",
            config=placement_progress.CONFIG,
            alt=say("Plan and bound against the seconds of the search"),
        )


# ---------------------------------------------------------------- the result


def _ended(twin: Twin, choice: Choice, found: State, *, same: bool) -> None:
    if found.plan is None or found.layout is None:
        _refused(choice, found, same=same)
        return
    placement_proof.badge(found.plan)
    figures(found)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.button(
            say("Put it on the map"),
            icon=":material/map:",
            type="primary",
            key="placement.solve.take",
            disabled=found.layout == choice.layout,
            on_click=placement_proven.take,
            args=(choice, found.layout, found.key),
        )
        if found.layout == choice.layout:
            st.caption(say("This plan is on the map."))
    told = [placement_result.note_text(note) for note in found.details]
    placement_result.show(shown(choice, found), told)
    coverage_parts.notes(found.notes)
    if _is_withheld(found):
        st.caption(
            say(
                "The objective of this plan tells a count that is not shown; there is no "
                "certificate."
            )
        )
        return
    placement_proof.proof(twin.version, found.key, found.plan)


def shown(choice: Choice, found: State) -> Shown:
    """Return a result with the names of its sites and townships."""
    assert found.plan is not None and found.layout is not None  # noqa: S101, PT018 -- _ended asked
    known = placement_cache.ground(choice.asked)
    mask = mask_of(known.q)
    whole = float(known.people.sum())

    def sites() -> tuple[Fitted, Sequence[str]]:
        posed = siting_fit.posed_of(known, choice.rules)
        return siting_fit.fit(found.model, known, posed, found.parameters), known.sites

    return Shown(
        found.plan,
        found.layout,
        found.years,
        known.n_facilities,
        placement_cache.site_names(choice.asked, language()),
        dict(enumerate(placement_fields.townships(choice.asked).values())),
        sites,
        (lambda n: mask.part(n, whole)) if known.q.sensitive else float,
        known.q.sensitive,
        _is_withheld(found),
    )


def _is_withheld(found: State) -> bool:
    """Tell whether the objective is hidden: it would tell too few people."""
    return found.objective is not None and math.isnan(found.objective)


def _refused(choice: Choice, found: State, *, same: bool) -> None:
    """Say why there is no plan, and what would make one possible."""
    error = found.error
    # Whoever stops a search knows that it had no time.
    if error is None or (found.status == "stopped" and error.template == _NO_TIME):
        st.warning(say("Stopped before a plan was found."))
        return
    if isinstance(error, GoalConflictError) and isinstance(error.values.get("targets"), str):
        listed = say(", ").join(str(k + 1) for k in error.conflict)
        error = GoalConflictError(error.template, **{**error.values, "targets": listed})
    st.error(say_error(_grouped(error)), icon=":material/block:")
    if isinstance(error, GoalConflictError):
        _conflict(choice, found, error, same=same)


def _grouped(error: CockpitError) -> CockpitError:
    """Return an error of a search whose counts, which are no years or codes, are grouped."""
    values = {k: number(v) if isinstance(v, int) else v for k, v in error.values.items()}
    return type(error)(error.template, **values)


def _conflict(
    choice: Choice,
    found: State,
    error: GoalConflictError,
    *,
    same: bool,
) -> None:
    """Name the targets that cannot hold together; each can be dropped."""
    wanted = list(found.parameters.get("targets") or found.parameters.get("rules") or [])
    townships = placement_fields.townships(choice.asked)
    names = dict(enumerate(townships.values()))
    default = next(
        (f.default for f in placement_fields.fields(choice.asked, choice.rules, found.model)
         if f.kind == "targets"),
        None,
    )  # fmt: skip
    for position in error.conflict:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if position < len(wanted):
                target = wanted[position]
                title = placement_result.target_title(target, names)
                title = f"{title} {placement_result.target_bound(target)}"
            else:
                title = say("The number of sites")
            st.markdown(f"- {position + 1}. {plain(title)}")
            if default is not None and same and len(wanted) > 1:
                st.button(
                    say("Drop this target"),
                    key=f"placement.solve.conflict.{position}",
                    type="tertiary",
                    icon=":material/delete:",
                    on_click=placement_rows.drop_target,
                    args=(_targets_name(found.model), default, townships, position),
                )


def _targets_name(model: str) -> str:
    return f"placement.solve.{model}.targets"
