"""What a plan says beyond its figure, by model, on four points and sites in a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from cockpit.answers.siting_fit import Fitted
from cockpit.placement.plan import Plan
from cockpit.placement.problem import Problem
from cockpit.placement.solve import solve
from cockpit.ui import placement_progress, placement_proof, placement_result

# Four villages in a row, 10 minutes apart; a site may stand in each. By hand.
COST = np.abs(np.subtract.outer(np.arange(4), np.arange(4))) * 10.0
PEOPLE = np.array([100.0, 5.0, 40.0, 200.0])


def solved(model: str, parameters: Mapping[str, Any], **rules: Any) -> tuple[Plan, Fitted]:
    problem = Problem.of(COST, PEOPLE, existing=[0], **rules)
    return solve(problem, model, parameters), Fitted(problem, np.arange(4), (), ())


def test_loads_are_the_people_sent_to_each_site() -> None:
    rules = {"must": [0], "capacity": [110.0, 500.0, 500.0, 240.0]}
    # The first takes its own 100 and the 5 of the second; the last its 200 and 40: exactly full.
    whole = solved("capacitated-p-median", {"p": 2}, **rules)
    assert placement_result.loads(*whole) == [(3, 240.0, 240.0), (0, 105.0, 110.0)]
    split = solved("capacitated-p-median", {"p": 2, "split": True}, **rules)
    assert np.array(placement_result.loads(*split)) == pytest.approx(
        np.array([[3, 240.0, 240.0], [0, 105.0, 110.0]])
    )


def test_a_size_says_how_many_a_site_holds() -> None:
    sizes = [["S", 100.0, 1.0], ["L", 400.0, 3.0]]
    asked = {"sizes": sizes, "budget": 4.0, "goal": "covering", "reach": 5.0}
    found = placement_result.loads(*solved("sizes", asked))
    # 200 people in the last village need L, the 100 of the first fill S: 4 in all.
    assert found == [(0, 100.0, 100.0), (3, 200.0, 400.0)]


@pytest.mark.parametrize(
    ("target", "title", "bound"),
    [
        (["covered", 0.95, 15.0, None], "15 分钟内人口占比", "≥ 95.0%"),
        (["covered", 0.95, 15.0, 1], "西：15 分钟内人口占比", "≥ 95.0%"),
        (["mean", 7.5, None, None], "平均分钟", "≤ 7.5"),
        (["sites", 12.0, None, None], "站点数", "≤ 12"),
    ],
)
def test_targets_in_words(target: list[Any], title: str, bound: str) -> None:
    assert placement_result.target_title(target, {0: "东", 1: "西"}) == title
    assert placement_result.target_bound(target) == bound


def test_a_figure_that_there_is_not_is_a_dash() -> None:
    assert placement_result.target_figure("mean", None) == "—"
    assert placement_progress.amount(float("inf"), "people") == "—"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (123_456.0, "person-minutes", "123,456 人·分钟"),
        (12.0, "minutes", "12.0 分钟"),
        (120.0, "minutes", "≥ 120 分钟"),
        (5.0, "sites", "5 个站点"),
        (2.5, "money", "2.5 成本单位"),
        (0.2512, "gini", "0.251"),
        (0.875, "share", "87.5%"),
    ],
)
def test_objectives_have_their_unit(value: float, unit: str, text: str) -> None:
    assert placement_progress.amount(value, unit) == text


@pytest.mark.parametrize(
    ("gap", "text"),
    [(0.0, "0.00%"), (1e-12, "0.00%"), (1e-6, "< 0.01%"), (0.0123, "1.23%"), (0.5, "50%"),
     (float("inf"), "—")],
)  # fmt: skip
def test_a_distance_that_is_not_zero_never_reads_as_zero(gap: float, text: str) -> None:
    assert placement_progress.apart(gap) == text


def test_chart_has_both_lines_and_the_end_in_sight() -> None:
    points = [(0.1, 900.0, 10.0), (0.5, 110.0, 80.0), (1.0, 100.0, 99.0)]
    found = placement_progress.chart(points, "people")
    assert found is not None
    plan, bound = found["data"]
    assert plan["y"] == [900.0, 110.0, 100.0]
    assert bound["y"] == [10.0, 80.0, 99.0]
    low, high = found["layout"]["yaxis"]["range"]
    assert 60 < low < 99 < 110 < high < 140  # the first bad plan does not flatten the rest
    upper, lower, unit = found["layout"]["annotations"]
    assert (unit["text"], unit["x"], unit["y"]) == ("人", 0, 1)  # above the axis, as it is read
    assert "textangle" not in unit
    assert "title" not in found["layout"]["yaxis"]
    upper, lower = upper["y"], lower["y"]
    assert upper - lower >= 0.12  # where the lines meet the names stand apart


def test_figures_of_the_axis_differ_from_each_other() -> None:
    points = [(0.1, 10_699_950.0, 10_699_900.0), (0.5, 10_699_924.0, 10_699_924.0)]
    found = placement_progress.chart(points, "person-minutes")
    assert found is not None
    axis = found["layout"]["yaxis"]
    assert axis["ticktext"][:2] == ["10,699,900", "10,699,920"]
    assert 2 <= len(axis["tickvals"]) <= 5
    wide = placement_progress.chart([(0.1, 9e6, 0.0), (0.5, 8e6, 6e6)], "person-minutes")
    assert wide is not None
    assert wide["layout"]["yaxis"]["ticktext"][0] == "600 万"


def test_no_chart_of_one_moment() -> None:
    assert placement_progress.chart([(0.1, 5.0, 4.0)], "people") is None
    assert placement_progress.chart([(0.1, 5.0, np.inf), (0.2, 5.0, 4.0)], "people") is None


def plan(kind: str, objective: float, bound: float, **proof: Any) -> Plan:
    none = np.zeros(0, dtype=np.intp)
    return Plan("mclp", {}, "", none, none, objective, bound, {"kind": kind, **proof})


def test_verdicts() -> None:
    assert placement_proof.verdict(plan("tree", 100.0, 100.0)) == "已证明：没有更好的方案。"
    told = placement_proof.verdict(plan("tree", 100.0, 101.5))
    assert told == "任何方案最多只能再好 1.50%。"


def test_what_a_bound_rests_on() -> None:
    assert placement_proof.rests_on(plan("tree", 100.0, 100.0)) == "numbers"
    assert placement_proof.rests_on(plan("solver", 100.0, 100.0)) == "solver"
    assert placement_proof.rests_on(plan("solver", 100.0, 99.0, lagrangian_bound=90.0)) == "both"
    assert placement_proof.rests_on(plan("solver", 100.0, 99.0, lagrangian_bound=99.0)) == "numbers"
