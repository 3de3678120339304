"""The layer over HiGHS: programs by arrays, bounds, stopping, the same answer each time."""

from __future__ import annotations

import numpy as np
import pytest

from cockpit.placement.formulation import Siting, nearest_minutes
from cockpit.placement.milp import Outcome, Program, sure_bound, timeless
from tests.placement_small import random_problem, total_minutes


def knapsack(n: int = 12, seed: int = 1) -> tuple[Program, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    worth, size = rng.integers(5, 50, n).astype(float), rng.integers(5, 30, n).astype(float)
    program = Program(maximise=True)
    columns = program.columns(n, cost=worth, whole=True)
    program.row(columns, size, upper=60)
    return program, worth, size


def test_a_knapsack_by_hand() -> None:
    # Worth 6, 10, 12; sizes 1, 2, 3; room 5: the second and the third, 22.
    program = Program(maximise=True)
    columns = program.columns(3, cost=[6, 10, 12], whole=True)
    program.row(columns, [1, 2, 3], upper=5)
    outcome = program.solve()
    assert outcome.status == "proven"
    assert outcome.x is not None
    assert outcome.x.tolist() == [0, 1, 1]
    assert outcome.bound == outcome.objective == 22


def test_entries_that_come_twice_are_added_up() -> None:
    program = Program()
    column = program.columns(1, cost=1.0, upper=10)
    program.row([column[0], column[0]], [1, 1], lower=6)
    assert program.solve().objective == 3


def test_prices_of_rows_come_with_a_program_without_whole_columns() -> None:
    program = Program()
    column = program.columns(2, cost=[2, 5], upper=10)
    program.row(column, 1.0, lower=4)
    assert program.solve().duals.tolist() == [2]


def test_nothing_is_possible() -> None:
    program = Program()
    column = program.columns(1, whole=True)
    program.row(column, lower=2)
    outcome = program.solve()
    assert (outcome.status, outcome.x) == ("infeasible", None)


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (knapsack(40)[0].solve(seed=3) for _ in range(2))
    assert first.x is not None
    assert second.x is not None
    assert first.x.tobytes() == second.x.tobytes()
    assert first.log == second.log
    assert "HiGHS 1." in first.log
    assert "Dual bound" in first.log


def test_a_log_keeps_no_times() -> None:
    log = "MIP has 1 row\n  Status            Optimal\n  Timing            0.48\n5 rows, 3 cols 0s"
    assert timeless(log) == "MIP has 1 row\n  Status            Optimal"


def test_a_watcher_hears_of_plans_and_can_stop() -> None:
    heard: list[float] = []

    def stop(x: np.ndarray | None, objective: float, bound: float) -> bool:
        if x is not None:
            heard.append(objective)
            assert bound >= objective
        return False

    program, worth, _ = knapsack(200)
    program.row(np.arange(200), np.random.default_rng(2).integers(1, 30, 200), upper=99)
    outcome = program.solve(watch=stop)
    assert heard
    assert outcome.x is not None
    assert worth @ outcome.x >= max(heard)
    assert outcome.bound >= worth @ outcome.x


def test_no_time_finds_nothing_but_says_so() -> None:
    outcome = knapsack(60)[0].solve(seconds=0)
    assert outcome.status == "stopped"


def test_a_bound_within_rounding_is_the_objective() -> None:
    made = Outcome("proven", None, 10.0, 10.0 + 1e-7, np.zeros(0), 0.0, "")
    assert sure_bound(made, 10.0) == 10.0
    stopped = Outcome("stopped", None, 10.0, 9.0, np.zeros(0), 0.0, "")
    assert sure_bound(stopped, 10.0) == 9.0


def test_a_feasible_program_that_the_presolve_of_highs_refuses() -> None:
    # HiGHS 1.15.1 with its presolve says "infeasible"; sites 0, 2 and 5 have 178 person-minutes.
    problem = random_problem(7, n_sites=7, n_demand=12, near=1, groups=3)
    assert total_minutes(problem, (0, 2, 5)) == 178
    siting = Siting.of(problem)
    siting.number(at_least=3, at_most=3)
    points = np.flatnonzero(problem.weights > 0)
    nearest_minutes(siting, points).total(problem.weights[points]).rule(siting.program, upper=178.5)
    outcome = siting.program.solve()
    assert outcome.status == "proven"
    assert outcome.x is not None
    assert siting.chosen(outcome.x).tolist() == [0, 2, 5]


def test_a_trial_leaves_the_program_as_it_was() -> None:
    program = knapsack()[0]
    before = program.solve().objective
    trial = program.copy()
    trial.row(np.arange(12), 1.0, upper=1)
    assert trial.solve().objective < before
    assert program.solve().objective == before


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_fixed_columns_stay(value: float) -> None:
    program = knapsack()[0]
    outcome = program.fixed(np.array([0]), np.array([value])).solve()
    assert outcome.x is not None
    assert outcome.x[0] == value
