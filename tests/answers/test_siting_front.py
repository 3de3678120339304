"""The front of a question, searched in the background, on the tiny county with roads."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import create_engine

from cockpit.answers import siting_front
from cockpit.answers.coverage_question import question
from cockpit.answers.reach import Reach
from cockpit.answers.siting import Ground, Rules, ground_of
from cockpit.answers.siting_figures import figures
from cockpit.answers.siting_front import FrontState, priced
from cockpit.placement.pareto import Front, Point
from cockpit.placement.problem import Problem
from geodata.errors import InputError
from tests import roaded


@pytest.fixture(scope="module")
def reach(tmp_path_factory: pytest.TempPathFactory) -> Reach:
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('front') / 'county.sqlite'}")
    roaded.fill(engine)
    found = roaded.reach_of(engine)
    engine.dispose()
    return found


@pytest.fixture
def ground(reach: Reach) -> Iterator[Ground]:
    siting_front._runs.clear()
    yield ground_of(reach, question(reach, "clinic", mode="car", minutes=6, visitor="备用"))
    for run in siting_front._runs.values():  # none may meet what the next test puts in its place
        run.stopping.set()
        run.done.wait(30)
    siting_front._runs.clear()


def searched(ground: Ground, rules: Rules, **given: int) -> FrontState:
    found = siting_front.start(ground, rules, **given)
    ended = siting_front.wait(found.id, 30)
    assert ended is not None
    return ended


def test_points_tell_the_same_as_the_figures_of_their_plans(ground: Ground) -> None:
    found = searched(ground, Rules())
    assert found.status == "done"
    assert found.unit == "sites"
    assert len(found.points) >= 2
    for point in found.points:
        told = figures(ground, point.layout)
        assert point.covered == pytest.approx(told.then.covered)
        assert point.share == pytest.approx(told.then.share)
        assert point.n_new == len(point.layout.added) == point.cost
        lowest = min(p.then.share for p in told.townships if p.now.people > 0)
        assert point.lowest == pytest.approx(lowest)
        assert point.proven
        assert point.bound == pytest.approx(point.covered)


def test_today_is_where_the_front_begins(ground: Ground) -> None:
    first = searched(ground, Rules()).points[0]
    assert (first.cost, first.n_new, first.n_closed) == (0, 0, 0)
    assert first.covered == pytest.approx(figures(ground, first.layout).now.covered)


def test_a_price_makes_money_of_sites(ground: Ground) -> None:
    plain, dear = searched(ground, Rules()), searched(ground, Rules(new_cost=50))
    assert (dear.unit, len(dear.points)) == ("money", len(plain.points))
    assert [p.cost for p in dear.points] == [50 * p.cost for p in plain.points]
    assert [p.layout for p in dear.points] == [p.layout for p in plain.points]


def test_what_it_costs_to_keep_a_facility_counts(ground: Ground) -> None:
    found = searched(ground, Rules(existing="free", new_cost=2, kept_cost=1))
    assert found.unit == "money"
    for point in found.points:
        kept = ground.n_facilities - point.n_closed
        assert point.cost == 2 * point.n_new + kept
    assert found.points[0].cost == 0  # everything closes


def test_the_same_question_is_searched_once(ground: Ground) -> None:
    first = searched(ground, Rules())
    again = siting_front.start(ground, Rules())
    assert again.id == first.id
    assert again.points is first.points
    assert siting_front.start(ground, Rules(least_people=1)).id != first.id


def test_a_stopped_search_keeps_its_points_and_begins_again(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def two(problem: Problem, reach: float, **how: object) -> Front:
        nothing = Point(np.arange(2), 0, 10, 0, 10, 0, 0)
        known = Front((nothing,), 3, "sites", 100, 1, 5)
        while how["told"](known) is not False:  # type: ignore[operator]
            pass
        return known

    monkeypatch.setattr(siting_front, "front", two)
    begun = siting_front.start(ground, Rules())
    ended = siting_front.stop(begun.id)
    assert ended is not None
    ended = siting_front.wait(begun.id, 10)
    assert ended is not None
    assert ended.status == "stopped"
    assert not ended.going
    assert len(ended.points) in (0, 1)  # it may have been stopped before it began
    monkeypatch.undo()
    assert searched(ground, Rules()).status == "done"


def test_nobody_looks_so_it_ends(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(siting_front, "_UNWATCHED", -1.0)
    assert searched(ground, Rules()).status == "stopped"


def test_what_cannot_be_is_named(ground: Ground) -> None:
    with pytest.raises(InputError, match="201 new sites are no number to search up to"):
        siting_front.start(ground, Rules(), most=201)
    found = searched(ground, Rules(must=("f:A",), forbidden=("f:A",)))
    assert found.status == "failed"
    assert str(found.error) == "设施A must be open and must not; choose one of both."


def test_unknown_searches_are_none() -> None:
    assert siting_front.state("none") is siting_front.stop("none") is None


def test_only_a_price_of_its_own_is_money() -> None:
    problem = Problem.of([[1.0, 2.0]], site_cost=[0, 1], existing=[0])
    assert priced(problem, Rules())[1:] == (1.0, "sites")
    assert priced(problem, Rules(new_cost=3))[1:] == (3, "money")
    kept = priced(problem, Rules(kept_cost=1))
    assert kept == (problem, 1.0, "money")


def test_small_townships_of_a_sensitive_group_are_not_told(reach: Reach) -> None:
    asked = question(reach, "clinic", mode="car", minutes=6, visitor="备用")
    told = ground_of(reach, replace(asked, sensitive=True, small_count=10**6))
    siting_front._runs.clear()
    for point in searched(told, Rules()).points:
        assert math.isnan(point.covered) or point.covered == 0
    siting_front._runs.clear()
