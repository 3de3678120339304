"""Sites that take only so many: equal to trying everything, loads within capacities, the files."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from cockpit.placement.capacitated import (
    solve_capacitated_covering,
    solve_capacitated_p_median,
    solve_capacitated_set_covering,
)
from cockpit.placement.capacitated_bound import Transport, fractions, knapsacks, lagrangian
from cockpit.placement.capacitated_files import read_capacitated
from cockpit.placement.plan import Plan, Step
from cockpit.placement.problem import Problem
from geodata.errors import DataFileError, InputError
from tests.placement_small import Sites, best, random_problem, seeds, site_sets

FILES = Path(__file__).parents[3] / "shared" / "data" / "pmedian_capacitated"
CHECK = settings(max_examples=12, deadline=None, derandomize=True)


def small(seed: int, *, holes: float = 0.0) -> Problem:
    return random_problem(seed, n_sites=5, n_demand=5, holes=holes, near=seed % 2, capacity=True)


def whole(problem: Problem, sites: Sites, *, reach: float = np.inf) -> tuple[float, float]:
    """Return least person-minutes of serving all, and most people served, of whole points."""
    least, most = np.inf, 0.0
    weights, cost = problem.weights.tolist(), problem.cost.tolist()
    for at in product((-1, *sites), repeat=len(weights)):
        load = dict.fromkeys(sites, 0.0)
        for i, j in enumerate(at):
            if j >= 0:
                load[j] += weights[i]
        within = all(
            j < 0 or (cost[i][j] <= reach and np.isfinite(cost[i][j])) for i, j in enumerate(at)
        )
        if not within or any(load[j] > problem.capacity[j] for j in sites):
            continue
        served = sum(w for w, j in zip(weights, at, strict=True) if j >= 0)
        most = max(most, served)
        if all(j >= 0 or w == 0 for w, j in zip(weights, at, strict=True)):
            total = sum(
                w * cost[i][j] for i, (w, j) in enumerate(zip(weights, at, strict=True)) if j >= 0
            )
            least = min(least, total)
    return least, most


def divided(problem: Problem, sites: Sites, *, reach: float = np.inf) -> tuple[float, float]:
    """The same where points may be divided, by another solver: scipy's linprog."""
    from scipy.optimize import linprog

    pairs = [
        (i, j)
        for i in np.flatnonzero(problem.weights > 0)
        for j in sites
        if problem.cost[i, j] <= reach and np.isfinite(problem.cost[i, j])
    ]
    if not pairs:
        return (0.0 if not problem.weights.any() else np.inf), 0.0
    points = [np.array([float(i == k) for i, _ in pairs]) for k in range(problem.n_demand)]
    rooms = [np.array([float(j == k) for _, j in pairs]) for k in sites]
    minutes = np.array([problem.cost[i, j] for i, j in pairs])
    upper = {"A_ub": [*rooms, *points], "b_ub": [*problem.capacity[list(sites)], *problem.weights]}
    most = -linprog(-np.ones(len(pairs)), **upper).fun
    here = np.flatnonzero(problem.weights > 0)
    all_of = {"A_eq": [points[k] for k in here], "b_eq": problem.weights[here]}
    answer = linprog(minutes, A_ub=rooms, b_ub=problem.capacity[list(sites)], **all_of)
    return (answer.fun if answer.status == 0 else np.inf), most


def loads(problem: Problem, plan: Plan) -> np.ndarray:
    """Return the people at each site."""
    if "flow" in plan.details:
        load = np.zeros(problem.n_sites)
        for point, site, share in plan.details["flow"]:
            load[site] += share * problem.weights[point]
        return load
    here = plan.assignment >= 0
    return np.bincount(plan.assignment[here], problem.weights[here], problem.n_sites)


def check_loads(problem: Problem, plan: Plan) -> None:
    load = loads(problem, plan)
    assert (load <= problem.capacity * (1 + 1e-9)).all()
    assert not np.setdiff1d(np.flatnonzero(load), plan.open).size


@CHECK
@given(seeds())
@pytest.mark.parametrize("split", [False, True])
def test_the_p_median_equals_trying_everything(split: bool, seed: int) -> None:
    problem, p = small(seed, holes=0.1 * (seed % 3)), 2 + seed % 2
    value = divided if split else whole
    least = best(problem, range(p, p + 1), lambda sites: value(problem, sites)[0])
    if np.isinf(least):
        with pytest.raises(InputError):
            solve_capacitated_p_median(problem, p, split=split)
        return
    plan = solve_capacitated_p_median(problem, p, split=split)
    assert plan.objective == pytest.approx(least, rel=1e-9)
    assert plan.proven
    check_loads(problem, plan)


@CHECK
@given(seeds())
@pytest.mark.parametrize("split", [False, True])
def test_covering_equals_trying_everything(split: bool, seed: int) -> None:
    problem, p, reach = small(seed), 2, 15.0
    if not list(site_sets(problem, range(p, p + 1))):
        return
    value = divided if split else whole
    most = -best(problem, range(p, p + 1), lambda sites: -value(problem, sites, reach=reach)[1])
    plan = solve_capacitated_covering(problem, p, reach, split=split)
    assert plan.objective == pytest.approx(most, rel=1e-9)
    assert plan.proven
    check_loads(problem, plan)
    served = plan.assignment >= 0
    assert (problem.cost[served, plan.assignment[served]] <= reach).all()


@CHECK
@given(seeds())
@pytest.mark.parametrize("split", [False, True])
def test_set_covering_equals_trying_everything(split: bool, seed: int) -> None:
    problem, reach = small(seed), 22.0
    value = divided if split else whole

    def fewest(sites: Sites) -> float:
        return len(sites) if np.isfinite(value(problem, sites, reach=reach)[0]) else np.inf

    least = best(problem, range(6), fewest)
    if np.isinf(least):
        with pytest.raises(InputError):
            solve_capacitated_set_covering(problem, reach, split=split)
        return
    plan = solve_capacitated_set_covering(problem, reach, split=split)
    assert plan.objective == plan.bound == least
    check_loads(problem, plan)


# Two sites of room 3, three points of 2 people each; minutes 1 at the near, 9 at the far site.
TIGHT = Problem.of([[1, 9], [1, 9], [9, 1]], [2, 2, 2], capacity=[3, 3])


def test_by_hand_divided_points_fit_where_whole_ones_do_not() -> None:
    # 3 people at each: one of the second point goes to the far site: 2 + 1 + 9 + 2 = 14.
    plan = solve_capacitated_p_median(TIGHT, 2, split=True)
    assert plan.objective == 14
    assert sum(share for _, _, share in plan.details["flow"]) == pytest.approx(3)
    with pytest.raises(InputError, match="Whole points do not fit into the capacities of any 2"):
        solve_capacitated_p_median(TIGHT, 2)
    assert solve_capacitated_covering(TIGHT, 2, 9).objective == 4
    assert solve_capacitated_covering(TIGHT, 2, 9, split=True).objective == 6


def test_more_capacity_never_worsens() -> None:
    problem = random_problem(4, n_sites=6, n_demand=15, capacity=True)
    found, served = [], []
    for more in (0, 3, 6, 12, 60):
        wider = Problem.of(problem.cost, problem.weights, capacity=problem.capacity + more)
        served.append(solve_capacitated_covering(wider, 3, 8).objective)
        try:
            found.append(solve_capacitated_p_median(wider, 3).objective)
        except InputError:
            found.append(np.inf)
    assert found == sorted(found, reverse=True)
    assert served == sorted(served)
    assert np.isfinite(found[-1])


def test_a_load_of_its_own_counts_against_the_capacity_alone() -> None:
    problem = Problem.of([[1, 2], [1, 2]], [5, 7], capacity=[1, 1])
    plan = solve_capacitated_p_median(problem, 2, load=[1, 1])
    assert plan.assignment.tolist() == [1, 0]  # 5 * 2 + 7 * 1
    assert plan.objective == 17


def test_says_how_much_capacity_is_missing() -> None:
    problem = Problem.of([[1, 2], [2, 1]], [30, 30], capacity=[20, 25])
    with pytest.raises(InputError) as caught:
        solve_capacitated_p_median(problem, 2)
    assert str(caught.value) == (
        "The 2 largest sites hold 45 but 60 are needed: 15 are missing; add capacity or sites."
    )


def test_says_which_point_is_too_large_to_stay_whole() -> None:
    problem = Problem.of([[1, 2], [2, 1]], [30, 10], capacity=[20, 25])
    with pytest.raises(
        InputError, match="Demand point 0 needs 30 but no site it can reach holds mo"
    ):
        solve_capacitated_p_median(problem, 2)


def test_says_how_many_find_no_room_where_they_can_go() -> None:
    problem = Problem.of([[1, np.inf], [1, 9]], [30, 10], capacity=[20, 50])
    with pytest.raises(InputError, match="10 of 40 find no room at the sites they can reach"):
        solve_capacitated_p_median(problem, 2, split=True)


def test_says_which_reach_would_do() -> None:
    with pytest.raises(
        InputError, match=r"Demand point 2 has no allowed site within 0\.5 .*least 1\."
    ):
        solve_capacitated_set_covering(Problem.of([[0.0], [0.5], [1.0]]), 0.5)


def test_knapsacks_equal_trying_everything_and_parts_are_no_less() -> None:
    rng = np.random.default_rng(5)
    reduced = rng.integers(-9, 4, (6, 3)).astype(float)
    load, capacity = rng.integers(0, 6, 6).astype(float), np.array([7.0, 0.0, np.inf])
    values, taken = knapsacks(reduced, load, capacity)
    parts, share = fractions(reduced, load, capacity)
    for j in range(3):
        sets = np.array(list(product((0.0, 1.0), repeat=6)))
        least = (sets @ reduced[:, j])[sets @ load <= capacity[j]].min()
        assert values[j] == least == reduced[taken[:, j], j].sum()
        assert load[taken[:, j]].sum() <= capacity[j]
        assert parts[j] <= least
        assert load @ share[:, j] <= capacity[j] + 1e-9


@CHECK
@given(seeds())
def test_the_lagrangian_never_passes_the_best(seed: int) -> None:
    problem, p = small(seed), 3
    least = best(problem, range(p, p + 1), lambda sites: whole(problem, sites)[0])
    cost = problem.cost * problem.weights[:, np.newaxis]
    transport = Transport(cost, problem.weights, problem.capacity, problem.must, p)
    bound, found = lagrangian(transport, split=False, rounds=60)
    assert bound.value <= least * (1 + 1e-9)
    assert found.cost >= least or problem.spacing.size


def test_stops_when_told_and_keeps_the_best() -> None:
    problem = random_problem(3, n_sites=12, n_demand=60, capacity=True)
    heard: list[Step] = []

    def stop(step: Step) -> bool:
        heard.append(step)
        return False

    wide = Problem.of(problem.cost, problem.weights, capacity=problem.capacity + 60)
    plan = solve_capacitated_p_median(wide, 4, progress=stop)
    assert len(heard) == 1
    assert plan.open.tolist() == heard[0].open.tolist()
    assert plan.bound <= plan.objective == pytest.approx(heard[0].objective)


def instance(number: int) -> Path:
    path = FILES / f"pmedcap_{number:02d}.txt"
    if not path.exists():
        pytest.skip("shared data not there")
    return path


@pytest.mark.parametrize("number", [1, 2, 4])
def test_files_of_the_or_library_are_proven(number: int) -> None:
    made = read_capacitated(instance(number))
    plan = solve_capacitated_p_median(made.problem, made.p, load=made.load)
    assert plan.objective == plan.bound == made.best_known
    load = np.bincount(plan.assignment, made.load, made.problem.n_sites)
    assert (load <= made.problem.capacity).all()


def test_a_hard_file_is_within_one_per_cent_soon() -> None:
    made = read_capacitated(instance(9))
    plan = solve_capacitated_p_median(made.problem, made.p, load=made.load, seconds=3)
    assert made.best_known <= plan.objective <= 1.01 * made.best_known
    assert plan.bound >= 0.99 * made.best_known


def test_distances_of_files_are_rounded_down(tmp_path: Path) -> None:
    path = tmp_path / "two.txt"
    path.write_text(" 7 1.0\n 2 1 9\n 1 0 0 4\n 2 1 1 5\n")
    made = read_capacitated(path)
    assert made.problem.cost.tolist() == [[0, 1], [1, 0]]  # the root of 2, rounded down
    assert (made.p, made.best_known, made.load.tolist()) == (1, 1.0, [4, 5])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("7 1\n2 1 9\n1 0 0 4\n", "bad.txt: 1 points; its second line says 2."),
        ("7 1\n2 1 9\n1 0 0 4\n2 1 x 5\n", "bad.txt, line 4: expected 4 numbers, 0 or more."),
        ("", "bad.txt, line 1: expected 2 numbers, 0 or more."),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(text)
    with pytest.raises(DataFileError) as caught:
        read_capacitated(path)
    assert str(caught.value) == words
