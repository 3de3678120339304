"""The panels Rules and Find the best plan, on the tiny county with roads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from streamlit.testing.v1 import AppTest

from cockpit.answers import siting_models, siting_runs
from cockpit.answers.siting import Layout
from cockpit.answers.siting_runs import RunStep, State
from cockpit.placement.goals import GoalConflictError
from geodata.errors import InputError
from tests import bridged
from tests.web.asgi import ask, cockpit_app

MODELS = [model for _goal, models in siting_models.offered() for model in models]
CELL = "c:529901001001001"  # the first grid of the tiny county


def rules_script() -> None:
    import streamlit as st

    from cockpit.ui import cache, placement_choices, placement_rules

    twin = cache.twin()
    assert twin is not None
    choice = placement_choices.choose(twin)
    placement_rules.show(twin, choice)
    st.json(placement_rules.choose(twin, choice.asked).to_plain())


def solve_script() -> None:
    from cockpit.ui import cache, placement_choices, placement_solve

    twin = cache.twin()
    assert twin is not None
    choice = placement_choices.choose(twin)
    placement_solve.show(twin, choice)


@pytest.fixture
def rules(bridged_here: Path) -> AppTest:
    app = AppTest.from_function(rules_script, default_timeout=60)
    app.query_params["service"] = "hospital"
    return app


@pytest.fixture
def solve(bridged_here: Path) -> Iterator[AppTest]:
    siting_runs.forget()
    app = AppTest.from_function(solve_script, default_timeout=60)
    app.query_params["service"] = "hospital"
    yield app
    siting_runs.forget()


def kept(app: AppTest) -> dict[str, Any]:
    assert not app.exception
    found: dict[str, Any] = json.loads(app.json[0].value)
    return found


def run_key(app: AppTest) -> str:
    """Return the key of the search that the visitor began last."""
    runs = app.session_state["keep.placement.solve.runs"]
    return str(list(runs.values())[-1][0])


def search(app: AppTest) -> State:
    """Press the button, wait for the search, and show its end."""
    app.button(key="placement.solve.find").click().run()
    assert not app.exception
    found = siting_runs.wait(run_key(app), 60)
    assert found is not None
    app.run()
    assert not app.exception
    return found


def html(app: AppTest) -> str:
    return "".join(str(e.proto.body) for e in app.get("html"))


# ---------------------------------------------------------------- rules


def test_rules_begin_as_usual_and_say_what_they_leave(rules: AppTest) -> None:
    rules.run()
    assert kept(rules)["existing"] == "keep"
    assert rules.markdown[0].value == "可设新站点的网格 16 个；现有设施 1 处，全部保留。"
    assert rules.button(key="placement.rules.reset").disabled


def test_rules_are_kept_and_in_the_address(rules: AppTest) -> None:
    rules.run()
    rules.segmented_control[0].set_value("free").run()
    rules.number_input(key="widget.placement.rules.spacing").set_value(1500).run()
    rules.number_input(key="widget.placement.rules.people").set_value(50).run()
    found = kept(rules)
    assert (found["existing"], found["spacing_m"], found["least_people"]) == ("free", 1500.0, 50.0)
    assert rules.query_params["today"] == "free"
    assert rules.query_params["apart"] == "1500"
    # Of 10, 20, ... 160 residents the first four cells have fewer than 50.
    assert "可设新站点的网格 12 个" in str(rules.markdown[0].value)
    rules.button(key="placement.rules.reset").click().run()
    assert kept(rules)["existing"] == "keep"
    assert "apart" not in rules.query_params


def test_the_address_brings_rules(rules: AppTest) -> None:
    rules.query_params["today"] = "free"
    rules.query_params["not"] = CELL
    rules.query_params["places"] = "nowhere"
    rules.run()
    found = kept(rules)
    assert found["existing"] == "free"
    assert found["forbidden"] == [CELL]
    assert found["candidates"] == "cells"  # there is no such choice


def test_a_contradiction_is_said_at_once_with_its_name(rules: AppTest) -> None:
    rules.query_params["must"] = rules.query_params["not"] = CELL
    rules.run()
    assert not rules.exception
    assert rules.error[0].value.endswith("既被要求设站又被禁止设站，请二选一。")
    rules.multiselect[0].set_value([]).run()
    assert not rules.error


def test_sites_that_there_are_not_are_left_out(rules: AppTest) -> None:
    rules.query_params["must"] = "f:nobody"
    rules.run()
    assert kept(rules)["must"] == []


# ---------------------------------------------------------------- the search


@pytest.mark.parametrize("model", MODELS)
def test_every_model_searches_with_what_its_fields_begin_with(solve: AppTest, model: str) -> None:
    solve.query_params["model"] = model
    solve.query_params["seconds"] = "10"
    if model == "moving":
        solve.query_params["today"] = "free"
    solve.run()
    assert not solve.exception
    found = search(solve)
    if found.plan is None:
        assert solve.error, "neither a plan nor why there is none"
        return
    if model == "least-gini":  # its bound takes long: what is not proven is not called so
        assert bool(solve.success) is found.proven
        assert bool(solve.info) is not found.proven
    else:
        assert found.proven
        assert solve.success[0].value == "已证明：没有更好的方案。"
    assert f"/plan/{found.key}.json" in html(solve)


def test_the_result_goes_to_the_map(solve: AppTest) -> None:
    solve.query_params["model"] = "mclp"
    solve.run()
    found = search(solve)
    assert found.layout is not None
    assert found.layout.added
    solve.button(key="placement.solve.take").click().run()
    assert "".join(solve.query_params["plan"]) == found.layout.key()
    assert solve.button(key="placement.solve.take").disabled


def test_two_visitors_share_a_search_and_coming_back_finds_it(solve: AppTest) -> None:
    solve.query_params["model"] = "p-median"
    solve.run()
    first = search(solve)
    other = AppTest.from_function(solve_script, default_timeout=60)
    other.query_params["service"] = "hospital"
    other.query_params["model"] = "p-median"
    other.run()
    other.button(key="placement.solve.find").click().run()
    assert run_key(other) == first.key
    solve.selectbox(key="widget.placement.solve.goal").set_value("Meet targets").run()
    assert not solve.success  # another question
    solve.selectbox(key="widget.placement.solve.goal").set_value("Fewest minutes").run()
    assert solve.success[0].value == "已证明：没有更好的方案。"


def again(solve: AppTest) -> AppTest:
    """Return the page as a new session has it whose address is that of another."""
    other = AppTest.from_function(solve_script, default_timeout=60)
    for name, values in solve.query_params.items():
        other.query_params[name] = values
    return other.run()


def test_reloading_keeps_the_search_and_what_was_entered(solve: AppTest) -> None:
    solve.query_params["model"] = "mclp"
    solve.run()
    solve.number_input(key="widget.placement.solve.mclp.new").set_value(2).run()
    found = search(solve)
    assert solve.query_params["run"] == found.key
    assert solve.query_params["new"] == "2"
    other = again(solve)
    assert other.number_input(key="widget.placement.solve.mclp.new").value == 2
    assert other.success[0].value == "已证明：没有更好的方案。"
    assert "下方方案是按另一组参数求得的，与上方当前参数不同。" not in [
        c.value for c in other.caption
    ]
    other.number_input(key="widget.placement.solve.mclp.new").set_value(1).run()
    assert "下方方案是按另一组参数求得的，与上方当前参数不同。" in [c.value for c in other.caption]


def test_a_search_that_ended_before_the_server_began_anew_is_shown(solve: AppTest) -> None:
    solve.query_params["model"] = "p-dispersion"  # of a part of the sites only
    solve.run()
    found = search(solve)
    siting_runs.forget()
    other = again(solve)
    assert not other.exception
    assert other.success[0].value == "已证明：没有更好的方案。"
    assert f"/plan/{found.key}.json" in html(other)
    other.button(key="placement.solve.take").click().run()
    assert found.layout is not None
    assert "".join(other.query_params["plan"]) == found.layout.key()


def test_a_search_of_another_question_in_the_address_is_not_shown(solve: AppTest) -> None:
    solve.query_params["model"] = "mclp"
    solve.run()
    search(solve)
    for kept in (True, False):
        if not kept:
            siting_runs.forget()
        solve.query_params["minutes"] = "7"
        other = again(solve)
        assert not other.success
        assert "run" not in other.query_params
    solve.query_params["run"] = "../x"
    assert not again(solve).exception


def test_other_values_than_those_of_the_plan_are_said(solve: AppTest) -> None:
    solve.query_params["model"] = "mclp"
    solve.run()
    search(solve)
    solve.number_input(key="widget.placement.solve.mclp.new").set_value(1).run()
    assert "下方方案是按另一组参数求得的，与上方当前参数不同。" in [c.value for c in solve.caption]


def test_where_facilities_must_stay_a_button_lets_them_close(solve: AppTest) -> None:
    solve.query_params["model"] = "moving"
    solve.run()
    assert not solve.exception
    assert [w.value for w in solve.warning] == [
        "本模型会关闭或迁移现有设施，但规则要求全部保留；请在规则中允许关闭。"
    ]
    assert "placement.solve.find" not in [b.key for b in solve.button]
    solve.button(key="placement.solve.free").click().run()
    assert not solve.warning
    assert solve.query_params["today"] == "free"
    assert not solve.button(key="placement.solve.find").disabled


# ---------------------------------------------------------------- a search in another's place


def stand_in(**changes: Any) -> State:
    running = State(
        key="0" * 32, status="running", place=0, model="mclp", parameters={"p": 3, "reach": 15.0},
        unit="people", steps=(
            RunStep(0.2, 900.0, 1200.0, 1 / 3, "search"), RunStep(0.9, 1000.0, 1100.0, 0.1, "bound")
        ),
        layout=Layout(added=("529901001001001",)), objective=1000.0, bound=1100.0, gap=0.1,
        proven=False, plan=None, years=(), error=None, seconds=1.5, limit=30.0, details=(),
        notes=(),
    )  # fmt: skip
    return replace(running, **changes)


def begun(solve: AppTest, found: State) -> AppTest:
    """Show a search as the stand-in has it."""
    solve.query_params["model"] = found.model
    with (
        patch("cockpit.answers.siting_runs.start", return_value=found.key),
        patch("cockpit.answers.siting_runs.state", return_value=found),
    ):
        solve.run()
        solve.button(key="placement.solve.find").click().run()
    assert not solve.exception
    return solve


def test_a_running_search_shows_plan_bound_and_their_distance(solve: AppTest) -> None:
    page = begun(solve, stand_in())
    assert 'data-figure="plan" title="1,000.000"' in html(page)
    assert 'data-figure="bound" title="1,100.000"' in html(page)
    assert ">10%<" in html(page)
    assert ">1,000<" in html(page)
    assert "与界限差距" in html(page)
    assert page.get("plotly_chart")
    assert not page.success


def test_stop_ends_the_search(solve: AppTest) -> None:
    found = stand_in()
    page = begun(solve, found)
    with (
        patch("cockpit.answers.siting_runs.stop") as stop,
        patch("cockpit.answers.siting_runs.state", return_value=found),
    ):
        page.button(key="placement.solve.stop").click().run()
    stop.assert_called_once_with(found.key)


def test_a_search_waits_its_turn(solve: AppTest) -> None:
    page = begun(solve, stand_in(status="waiting", place=3, steps=(), objective=None, bound=None))
    assert page.info[0].value == "前面还有 2 个求解任务在排队。"


@pytest.mark.parametrize(
    "error", [None, InputError("No plan was found in {seconds} s; allow more time.", seconds=1.2)]
)
def test_a_search_that_was_stopped_before_a_plan(solve: AppTest, error: InputError | None) -> None:
    page = begun(solve, stand_in(status="stopped", layout=None, objective=None, error=error))
    assert page.warning[0].value == "已停止，停止前尚未找到方案。"
    assert not page.error


def test_a_refusal_says_what_would_make_it_possible(solve: AppTest) -> None:
    error = InputError("p is {p} but {n} sites must be open; ask for at least {n}.", p=2, n=1710)
    page = begun(solve, stand_in(status="failed", error=error, layout=None))
    assert page.error[0].value == "p 为 2，但必选的站点有 1,710 个；p 至少取 1,710。"


def test_targets_that_cannot_hold_together_are_named_and_can_be_dropped(solve: AppTest) -> None:
    error = GoalConflictError(
        "Targets {targets} cannot hold together; without any one of them the others can.",
        targets="1, 2", positions=(0, 1),
    )  # fmt: skip
    targets = [["covered", 0.9, 15.0, None], ["cost", 1.0, None, None]]
    found = stand_in(
        status="failed", model="goal-seek", parameters={"targets": targets}, error=error,
        layout=None, unit="money",
    )  # fmt: skip
    solve.query_params["model"] = "goal-seek"
    solve.run()
    solve.button(key="placement.solve.goal-seek.targets.add").click().run()
    page = begun(solve, found)
    assert page.error[0].value.startswith("目标1、2")
    told = [m.value for m in page.markdown]
    assert any("15 分钟内人口占比 ≥ 90.0%" in text for text in told)
    assert any("全部站点成本 ≤ 1.0" in text for text in told)
    boxes = len(page.number_input)
    with patch("cockpit.answers.siting_runs.state", return_value=found):
        page.button(key="placement.solve.conflict.1").click().run()
    assert len(page.number_input) == boxes - 1
    assert not page.exception


def test_what_is_no_longer_kept(solve: AppTest) -> None:
    begun(solve, stand_in())
    solve.run()  # the true searches know nothing of it
    assert solve.info[0].value == "这次计算的结果已不再保留，请重新求解。"


# ---------------------------------------------------------------- the proof as a file


def test_the_certificate_is_served_and_nothing_else(solve: AppTest) -> None:
    solve.query_params["model"] = "mclp"
    solve.run()
    found = search(solve)
    app = cockpit_app()
    reply = ask(app, f"/download/{bridged.VERSION}/plan/{found.key}.json")
    assert reply.status == 200
    told = json.loads(reply.content)
    assert told["objective"] == found.objective
    assert told["model"] == "mclp"
    assert len(told["sha256"]) == 64
    assert ask(app, f"/download/{bridged.VERSION}/plan/{'0' * 32}.json").status == 404
    assert ask(app, f"/download/{bridged.VERSION}/plan/x..y.json").status == 404
    assert ask(app, f"/download/older/plan/{found.key}.json").status == 404
