"""Searches in the background: shared, stopped, failed, kept; on the tiny county with roads."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine

from cockpit.answers import siting_archive, siting_run, siting_runs
from cockpit.answers.coverage_question import question
from cockpit.answers.reach import Reach
from cockpit.answers.siting import Ground, Rules, ground_of
from cockpit.answers.siting_fit import Fitted
from cockpit.answers.siting_runs import State
from cockpit.placement.checker import verify
from cockpit.placement.plan import Plan, Step, gap_of, read_certificate
from cockpit.placement.problem import Problem
from cockpit.placement.solve import solve
from geodata.errors import InputError
from tests import roaded, tiny

CELL = [tiny.grid_code(k) for k in range(16)]
KEEP = Rules()
COVER = {"p": 3, "reach": 6.0}


@pytest.fixture(scope="module")
def reach(tmp_path_factory: pytest.TempPathFactory) -> Reach:
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('runs') / 'county.sqlite'}")
    roaded.fill(engine)
    found = roaded.reach_of(engine)
    engine.dispose()
    return found


@pytest.fixture(scope="module")
def ground(reach: Reach) -> Ground:
    return ground_of(reach, question(reach, "clinic", mode="car", minutes=6, visitor="备用"))


@pytest.fixture(autouse=True)
def archive(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    kept: list[str] = []

    def keep(key: str, *_: Any) -> bool:
        kept.append(key)
        return True

    monkeypatch.setattr(siting_archive, "keep", keep)
    yield kept
    siting_runs.forget()
    settled()


def settled() -> None:
    """Wait until no search works any more: nothing may go on when all are stopped."""
    for worker in [t for t in threading.enumerate() if t.name == "placement"]:
        worker.join(10)
        assert not worker.is_alive()


def ended(key: str) -> State:
    found = siting_runs.wait(key, 20)
    assert found is not None
    assert found.status in ("done", "stopped", "failed")
    return found


def plan_at(step: Step, problem: Problem, model: str = "mclp") -> Plan:
    return Plan(
        model, COVER, problem.digest, step.open, np.zeros(16, dtype=np.intp), step.objective,
        step.bound, {"kind": "solver"},
    )  # fmt: skip


def slow(monkeypatch: pytest.MonkeyPatch, *, hears: bool, most: float = 3.0) -> threading.Event:
    """Let the solver tell of one plan and work on; return what is set while it works."""
    working = threading.Event()
    columns = np.array([0, 1, 15])

    def solving(problem: Problem, *_: Any, progress: Callable[[Step], bool], **__: Any) -> Plan:
        working.set()
        until, k = time.perf_counter() + most, 0
        while time.perf_counter() < until:
            k += 1
            step = Step(columns, 880.0, 1000.0 - k / 1000, k / 100, "solver")
            if (hears or k == 1) and not progress(step):
                break
            time.sleep(0.01)
        return plan_at(step, problem)

    monkeypatch.setattr(siting_runs, "solve", solving)
    return working


def test_finds_the_best_plan_and_proves_it(ground: Ground, archive: list[str]) -> None:
    key = siting_runs.start(ground, KEEP, "mclp", COVER)
    found = ended(key)
    # By hand: 590 people are within 6 minutes today; one more site in 13 or 14 reaches both.
    assert (found.status, found.objective, found.bound) == ("done", 590 + 140 + 150, 880)
    assert (found.proven, found.gap, found.unit) == (True, 0, "people")
    assert found.layout is not None
    assert found.layout.closed == ()
    assert found.layout.added[0] in (CELL[13], CELL[14])
    assert found.steps[-1].objective <= 880
    settled()
    assert archive == [key]


def test_the_same_question_is_searched_once(ground: Ground) -> None:
    key = siting_runs.start(ground, KEEP, "mclp", COVER)
    assert siting_runs.start(ground, KEEP, "mclp", dict(reversed(COVER.items()))) == key
    first = ended(key).plan
    assert siting_runs.start(ground, KEEP, "mclp", COVER) == key
    assert ended(key).plan is first
    assert siting_runs.start(ground, KEEP, "mclp", {**COVER, "p": 4}) != key
    assert siting_runs.start(ground, Rules(spacing_m=1.0), "mclp", COVER) != key


def test_an_unknown_search_has_no_state() -> None:
    assert siting_runs.state("none") is None
    assert siting_runs.stop("none") is None
    with pytest.raises(InputError, match="This search has no plan; a certificate needs one"):
        siting_runs.certificate("none")


def test_a_stop_keeps_the_best_plan(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    working = slow(monkeypatch, hears=True)
    key = siting_runs.start(ground, KEEP, "mclp", COVER)
    assert working.wait(5)
    time.sleep(0.1)
    live = siting_runs.state(key)
    assert live is not None
    assert (live.status, live.objective, live.plan) == ("running", 880, None)
    found = siting_runs.stop(key)
    assert found is not None
    assert (found.status, found.objective) == ("stopped", 880)
    assert found.plan is not None
    assert found.bound is not None
    assert 880 <= found.bound < 1000


def test_a_stop_acts_within_a_second_where_the_solver_does_not_hear(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = slow(monkeypatch, hears=False, most=2.5)
    key = siting_runs.start(ground, KEEP, "mclp", COVER)
    assert working.wait(5)
    time.sleep(0.1)
    began = time.perf_counter()
    found = siting_runs.stop(key)
    assert time.perf_counter() - began < 1.5
    assert found is not None
    assert (found.status, found.objective, found.bound) == ("stopped", 880, 999.999)
    assert found.plan is not None
    assert found.plan.open.tolist() == [0, 1, 15]
    with pytest.raises(InputError, match="The search was stopped before its solver had heard"):
        siting_runs.certificate(key)


def arrays(problem: Problem) -> dict[str, Any]:
    return {f.name: getattr(problem, f.name) for f in fields(problem)}


def test_a_plan_that_was_told_alone_has_no_certificate_until_the_solver_hears(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, archive: list[str]
) -> None:
    problem, given = large(1), {"p": 14, "split": True}
    plan = solve(problem, "capacitated-p-median", given, seconds=20, gap=0.02)
    told, go = threading.Event(), threading.Event()

    def deaf(*_: Any, progress: Callable[[Step], bool | None], **__: Any) -> Plan:
        progress(Step(plan.open, plan.objective, plan.bound - 1, 0.1, "solver"))
        told.set()
        go.wait(10)
        return plan

    fitted = Fitted(problem, (np.arange(60) % len(ground.sites)).astype(np.intp), (), ())
    monkeypatch.setattr(siting_runs, "fit", lambda *_: fitted)
    monkeypatch.setattr(siting_runs, "solve", deaf)
    key = siting_runs.start(ground, KEEP, "capacitated-p-median", given)
    assert told.wait(5)
    found = siting_runs.stop(key)
    assert found is not None
    assert (found.status, found.objective) == ("stopped", plan.objective)
    assert siting_run.UNHEARD in found.notes
    with pytest.raises(InputError, match="The search was stopped before its solver had heard"):
        siting_runs.certificate(key)
    assert not archive
    go.set()
    settled()
    after = siting_runs.state(key)
    assert after is not None
    assert (after.status, after.bound) == ("stopped", plan.bound)
    assert siting_run.UNHEARD not in after.notes
    assert verify(siting_runs.certificate(key), arrays(problem)).holds
    assert archive == [key]


def test_one_works_and_the_others_say_their_place(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = slow(monkeypatch, hears=True)
    first = siting_runs.start(ground, KEEP, "mclp", COVER)
    assert working.wait(5)
    others = [siting_runs.start(ground, KEEP, "mclp", {**COVER, "p": p}) for p in (4, 5)]
    places = [s.place for s in map(siting_runs.state, [first, *others]) if s is not None]
    assert places == [0, 1, 2]
    waiting = siting_runs.stop(others[0])
    assert waiting is not None
    assert (waiting.status, waiting.plan) == ("stopped", None)
    working.clear()
    siting_runs.stop(first)
    assert working.wait(5)  # the second begins as the first has ended
    siting_runs.stop(others[1])


def test_refuses_too_many_that_wait(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    working = slow(monkeypatch, hears=True)
    monkeypatch.setattr(siting_runs, "MOST_WAITING", 1)
    siting_runs.start(ground, KEEP, "mclp", {**COVER, "p": 2})
    assert working.wait(5)
    siting_runs.start(ground, KEEP, "mclp", {**COVER, "p": 3})
    with pytest.raises(InputError, match="1 searches are waiting already; try again when one has"):
        siting_runs.start(ground, KEEP, "mclp", {**COVER, "p": 5})
    siting_runs.forget()


def test_what_cannot_be_is_told_with_names(ground: Ground) -> None:
    found = ended(siting_runs.start(ground, KEEP, "mclp", {**COVER, "p": 40}))
    assert found.status == "failed"
    assert (
        str(found.error) == "p is 40 but only 18 candidate sites may be open; ask for at most 18."
    )
    rules = Rules(forbidden=(f"c:{CELL[15]}",))
    found = ended(siting_runs.start(ground, rules, "lscp", {"reach": 6.0}))
    name = ground.name(f"c:{CELL[15]}")
    assert str(found.error).startswith(
        f"Demand point {name} has no allowed site within 6 (1 points"
    )


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_unexpected_error_ends_the_search_and_not_the_next(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(siting_runs, "solve", lambda *_, **__: 1 / 0)
        found = ended(siting_runs.start(ground, KEEP, "mclp", COVER))
    assert found.status == "failed"
    assert str(found.error) == "The search has failed; the log of the server says why."
    assert "ended unexpectedly" in caplog.text
    again = ended(siting_runs.start(ground, KEEP, "mclp", COVER))  # begins anew
    assert (again.status, again.objective) == ("done", 880)


def test_a_certificate_says_what_was_asked(ground: Ground) -> None:
    key = siting_runs.start(ground, KEEP, "p-median", {"p": 3})
    ended(key)
    content = read_certificate(siting_runs.certificate(key))
    source = content["source"]
    assert source["kind"] == "county"
    assert source["county"] == "529901"
    assert source["rules"] == KEEP.to_plain()
    assert source["question"]["minutes"] == 6
    assert source["open"][:2] == ["f:A", "f:B"]
    assert len(source["open"]) == len(content["open"]) == 3
    assert json.loads(siting_runs.certificate(key)) == content
    assert siting_runs.certificate(key, visitor=ground.q.visitor)
    with pytest.raises(InputError, match="This search has no plan"):  # it was asked by a higher one
        siting_runs.certificate(key, visitor="公开")


def test_steps_are_thinned_but_keep_first_and_last() -> None:
    steps: list[Step] = []
    for k in range(1_000):
        steps = siting_run.thinned([*steps, Step(np.zeros(0, np.intp), k, 0.0, k, "search")])
        assert len(steps) <= siting_runs.MOST_STEPS
        assert (steps[0].seconds, steps[-1].seconds) == (0, k)


def test_old_searches_are_forgotten(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(siting_runs, "_MOST_KEPT", 1)
    keys = [siting_runs.start(ground, KEEP, "mclp", {**COVER, "p": p}) for p in (3, 4)]
    for key in keys:
        siting_runs.wait(key, 20)
    siting_runs.start(ground, KEEP, "mclp", {**COVER, "p": 5})
    assert siting_runs.state(keys[0]) is None


def test_years_are_told_as_plans(ground: Ground) -> None:
    parameters = {"numbers": [3, 4], "goal": "covering", "reach": 6.0}
    found = ended(siting_runs.start(ground, KEEP, "phasing", parameters))
    assert [len(layout.added) for layout in found.years] == [1, 2]
    assert set(found.years[0].added) < set(found.years[1].added)
    # By hand: 880 as above; from cell 4 people of 6 (70) and 12 (130) are 6 minutes away.
    assert [dict(n.values)["value"] for n in found.details] == ["880", "1,080"]


def large(seed: int) -> Problem:
    """Return a problem on which the general solver works for a long time."""
    rng = np.random.default_rng(seed)
    places = rng.random((150, 2))
    cost = np.hypot(*(places[:, None] - places[None, :60]).transpose(2, 0, 1)) * 60
    return Problem.of(cost, rng.integers(1, 50, 150).astype(float), capacity=np.full(60, 320.0),
                      site_cost=rng.integers(5, 15, 60))  # fmt: skip


def test_a_stop_while_the_solver_works_leaves_a_plan_and_a_valid_bound(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = large(1)
    sites = np.arange(60) % len(ground.sites)
    fitted = Fitted(problem, sites.astype(np.intp), (), ())
    monkeypatch.setattr(siting_runs, "fit", lambda *_: fitted)
    parameters = {"p": 14, "split": False}
    key = siting_runs.start(ground, KEEP, "capacitated-p-median", parameters, seconds=60)
    until = time.perf_counter() + 20
    while time.perf_counter() < until:
        live = siting_runs.state(key)
        if live is not None and live.steps and live.steps[-1].phase == "solver":
            break
        time.sleep(0.05)
    began = time.perf_counter()
    found = siting_runs.stop(key)
    assert time.perf_counter() - began < 1.5
    assert found is not None
    assert found.status == "stopped"
    assert found.plan is not None
    assert len(found.plan.open) == 14
    # An independent search from the other side: no plan may be below the bound.
    other = solve(replace(problem), "capacitated-p-median", parameters, seconds=4, seed=5)
    assert found.bound is not None
    assert found.bound <= other.objective * (1 + 1e-9)
    assert found.objective is not None
    assert found.objective >= other.bound * (1 - 1e-9)
    assert gap_of(found.objective, found.bound) < 0.5
