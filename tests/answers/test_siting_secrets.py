"""All that is said of a plan is the same for counties that differ in small counts alone."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from cockpit.answers import siting_advice, siting_archive, siting_runs
from cockpit.answers.coverage_question import question
from cockpit.answers.reach import Reach
from cockpit.answers.siting import Ground, Layout, Rules, ground_of, pose, require_told
from cockpit.answers.siting_figures import figures, plain, untold
from cockpit.answers.siting_runs import State
from cockpit.placement.moves import AIMS
from geodata.errors import InputError
from tests import roaded, tiny

CELL = [tiny.grid_code(k) for k in range(16)]
GROUP, SMALL = "low_income", 10
FREE = Rules(existing="free")
# The same county to everybody who sees no small count: see tests/answers/test_coverage_masks.py.
COUNTS = [30, 3, 0, 4, 12, 40, 0, 0, 25, 6, 20, 30, 2, 50, 0, 12]
OTHERS = [30, 9, 0, 9, 6, 40, 0, 0, 25, 1, 15, 30, 7, 50, 0, 12]
# Nine people and seven: their number itself is not shown.
FEW = [3, 0, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
FEWER = [1, 0, 0, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
LAYOUTS = st.builds(
    lambda closed, added: Layout(tuple(closed), tuple(CELL[k] for k in added)),
    st.sets(st.sampled_from(["A", "B"]), max_size=1),
    st.sets(st.integers(0, 15), max_size=4),
)


@pytest.fixture(scope="module")
def reach(tmp_path_factory: pytest.TempPathFactory) -> Reach:
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('secrets') / 'county.sqlite'}")
    roaded.fill(engine)
    found = roaded.reach_of(engine)
    engine.dispose()
    return found


@pytest.fixture(scope="module", autouse=True)
def _unstored() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(siting_archive, "keep", lambda *_: True)
        yield
    siting_runs.forget()


@pytest.fixture(scope="module")
def one(reach: Reach) -> Ground:
    return secret(reach, COUNTS)


@pytest.fixture(scope="module")
def two(reach: Reach) -> Ground:
    return secret(reach, OTHERS)


def secret(reach: Reach, counts: list[int]) -> Ground:
    """Return the ground of a sensitive group."""
    people = np.zeros(16)
    people[[reach.codes.tolist().index(code) for code in CELL]] = counts
    classes = {**reach.twin.classes, GROUP: "敏感"}
    county = replace(
        reach, twin=replace(reach.twin, classes=classes), groups={**reach.groups, GROUP: people}
    )
    q = question(
        county, "clinic", mode="car", minutes=6, group=GROUP, visitor="敏感", small_count=SMALL
    )
    return ground_of(county, q)


def searched(ground: Ground, rules: Rules, model: str, parameters: dict[str, Any]) -> State:
    """Return a search of this ground's own; two counties of one version share their searches."""
    siting_runs.forget()
    found = siting_runs.wait(siting_runs.start(ground, rules, model, parameters), 20)
    assert found is not None
    assert found.status == "done"
    return found


def said(state: State) -> str:
    """Return all that a page gets of a search, but for seconds."""
    steps = [(s.objective, s.bound, s.gap, s.phase) for s in state.steps]
    layouts = [None if plan is None else plan.key() for plan in (state.layout, *state.years)]
    return repr([state.objective, state.bound, state.gap, state.proven, state.details,
                 steps[:1], steps[-1:], layouts])  # fmt: skip


def advice(ground: Ground, layout: Layout) -> str:
    """Return all that is said beside placing by hand, searches ended."""
    siting_runs.forget()
    told: list[Any] = []
    for aim in AIMS:
        told += [
            siting_advice.next_move(ground, FREE, layout, aim, kind=kind)
            for kind in ("add", "move", "remove")
        ]
        first = siting_advice.standing(ground, FREE, layout, aim)
        weighed = siting_advice.why_not(ground, FREE, layout, CELL[13], aim)
        keys = [first.key]
        if weighed.forced is not None:
            keys += [weighed.forced.with_it, weighed.forced.without]
        for key in filter(None, keys):
            siting_runs.wait(key, 20)
        told.append(siting_advice.standing(ground, FREE, layout, aim))
        told.append(siting_advice.why_not(ground, FREE, layout, CELL[13], aim))
    return repr(told)


# ---------------------------------------------------------------- nobody can tell them apart


@settings(max_examples=12, deadline=None)
@given(LAYOUTS)
def test_no_advice_tells_a_small_count(one: Ground, two: Ground, layout: Layout) -> None:
    assert advice(one, layout) == advice(two, layout)


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        ("mclp", {"p": 3, "reach": 6.0}),
        ("p-median", {"p": 3}),
        ("bclp", {"p": 3, "reach": 6.0}),
        ("phasing", {"numbers": [3, 4], "goal": "covering", "reach": 6.0}),
    ],
)
def test_no_search_tells_a_small_count(
    one: Ground, two: Ground, model: str, parameters: dict[str, Any]
) -> None:
    told = []
    for ground in (one, two):
        state = searched(ground, Rules(), model, parameters)
        try:
            proof = siting_runs.certificate(state.key)
        except InputError as error:
            proof = str(error)
        told.append((said(state), proof))
    assert told[0] == told[1]


def test_a_hidden_total_is_told_by_nothing(reach: Reach) -> None:
    grounds = [secret(reach, counts) for counts in (FEW, FEWER)]
    layout = Layout(added=(CELL[3],))
    one, two = (json.dumps(plain(figures(ground, layout))) for ground in grounds)
    assert one == two
    for ground in grounds:
        for ask in (
            require_told,
            lambda g: pose(g, Rules()),
            lambda g: siting_advice.next_move(g, Rules(), layout, "minutes"),
            lambda g: siting_advice.why_not(g, Rules(), layout, CELL[4], "minutes"),
            lambda g: siting_advice.standing(g, Rules(), layout, "minutes"),
        ):
            with pytest.raises(InputError, match=r"is not shown \(fewer than 10, or a place"):
                ask(ground)
        siting_runs.forget()
        found = siting_runs.wait(siting_runs.start(ground, Rules(), "p-median", {"p": 3}), 20)
        assert found is not None
        assert (found.status, found.objective, found.plan) == ("failed", None, None)


# ---------------------------------------------------------------- one plan, one secret


@settings(max_examples=25, deadline=None)
@given(LAYOUTS)
def test_advice_shows_no_figure_that_the_plan_hides(one: Ground, layout: Layout) -> None:
    found = figures(one, layout)
    for aim, then, now in (
        ("covered", found.then.covered, found.now.covered),
        ("minutes", found.then.person_minutes, found.now.person_minutes),
    ):
        told = siting_advice.standing(one, FREE, layout, aim)  # type: ignore[arg-type]
        siting_runs.wait(told.key, 20)
        told = siting_advice.standing(one, FREE, layout, aim)  # type: ignore[arg-type]
        assert math.isnan(told.value) == math.isnan(then)
        if math.isnan(then) or math.isnan(now):
            assert told.improvement is None
        if told.layout is not None and told.best is not None:
            best = figures(one, told.layout).then
            hidden = math.isnan(best.covered if aim == "covered" else best.person_minutes)
            assert math.isnan(told.best) == hidden
    move = siting_advice.next_move(one, FREE, layout, "minutes")
    if move is not None:
        assert not 0 < abs(move.people) < SMALL


@pytest.mark.parametrize(
    ("model", "parameters"), [("mclp", {"p": 3, "reach": 6.0}), ("p-median", {"p": 3})]
)
def test_an_objective_that_tells_a_few_is_withheld(
    reach: Reach, monkeypatch: pytest.MonkeyPatch, model: str, parameters: dict[str, Any]
) -> None:
    kept: list[str] = []
    monkeypatch.setattr(siting_archive, "keep", lambda key, *_: kept.append(key))
    ground = secret(reach, [30, 0, 8, 0, 0, 0, 0, 8, 0, 8, 8, 0, 8, 0, 8, 0])
    # By hand: 54 are covered today; of 7, 12 and 14, 8 people each, a third site reaches one.
    assert figures(ground, Layout()).now.covered == 54
    found = searched(ground, Rules(), model, parameters)
    assert found.layout is not None
    best = figures(ground, found.layout)
    assert math.isnan(best.balance.newly_covered)
    assert untold(ground, ground.open_sites(found.layout)) == {"covered", "person_minutes"}
    for figure in (found.objective, found.bound, found.steps[0].objective, found.steps[-1].bound):
        assert figure is not None
        assert math.isnan(figure)
    with pytest.raises(InputError, match=r"^The objective of this plan tells a count that is not"):
        siting_runs.certificate(found.key)
    assert kept == []
    move = siting_advice.next_move(ground, Rules(), Layout(), "minutes")
    assert move is not None
    assert math.isnan(move.people)
    assert math.isnan(move.minutes)
    assert move.words.values["minutes"] == "-"


def test_an_unknown_model_is_refused_at_once(one: Ground) -> None:
    with pytest.raises(InputError, match=r"^There is no model guess; choose one of p-median, "):
        siting_runs.start(one, Rules(), "guess", {})
