"""Placement: published optima, Porto Alegre beside spopt and pbp-pmedian, a million demand points.

Run: python -m tests.benchmarks.bench_placement [--alone]
``--alone`` leaves the peers out, which take minutes.
"""

from __future__ import annotations

import csv
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.checker import verify
from cockpit.placement.cover import Cover
from cockpit.placement.files import read_p_median
from cockpit.placement.plan import Plan, Step
from cockpit.placement.problem import Problem
from cockpit.placement.solve import solve, warm
from geodata.network import UNREACHED
from tests.benchmarks.figures import line, note
from tests.benchmarks.networks import DATA, porto_alegre

MEDIANS = DATA.parent / "pmedian_orlib"
PEER = Path(__file__).with_name("placement_peer.py")
PEER_PYTHON = Path(__file__).parents[2] / ".venv-bench" / "bin" / "python"
REACH_MIN = 5.0
RUNS = 5
GAP_WITHIN_S = 0.005  # asked of every instance of Porto Alegre's size after one second


def main() -> None:
    """Print seconds of the processor, and how many times faster than the peers."""
    _warm()
    _published()
    _porto_alegre(peers="--alone" not in sys.argv)
    _million()


def _warm() -> None:
    start = time.process_time()
    warm()
    note("warm(): compiling, or reading what was compiled", time.process_time() - start, "s")


def _arrays(problem: Problem | Cover) -> dict[str, NDArray[Any]]:
    return {f.name: getattr(problem, f.name) for f in fields(problem)}


def _published() -> None:
    """Prove all of OR-Library's, and let the checker recompute each proof."""
    if not MEDIANS.is_dir():
        print("OR-Library's p-median files are not there")
        return
    slowest = proven = checked = 0.0
    with (MEDIANS / "optima.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        instance = read_p_median(MEDIANS / f"{row['instance']}.txt")
        start = time.process_time()
        plan = solve(instance.problem, "p-median", {"p": instance.p})
        took = time.process_time() - start
        slowest = max(slowest, took)
        proven += plan.objective == plan.bound == float(row["optimum"])
        verdict = verify(plan.to_json(), _arrays(instance.problem))
        checked += verdict.holds and not verdict.rests_on_solver
        note(f"{row['instance']} n={row['n']} p={row['p']}: {plan.objective:.0f}", took, "s")
    line("OR-Library optima proven", proven, "", len(rows), at_least=True)
    line("OR-Library proofs recomputed by the checker", checked, "", len(rows), at_least=True)
    note("slowest of them", slowest, "s")


def _porto_alegre(*, peers: bool) -> None:
    found = porto_alegre()
    if found is None:
        print("Porto Alegre's files are not there")
        return
    times, cells = found
    seconds = times.matrix("car", cells, cells)
    with (DATA / "poa_hexgrid.csv").open(encoding="utf-8") as file:
        people = np.array([float(row["population"]) for row in csv.DictReader(file)])
    # The peers know no "cannot be reached": cells off the network, on islands, are left out.
    reached = (seconds < UNREACHED).mean(axis=1) > 0.5, (seconds < UNREACHED).mean(axis=0) > 0.5
    rows = np.flatnonzero(reached[0] & (people > 0))
    minutes = seconds[np.ix_(rows, np.flatnonzero(reached[1]))] / 60.0
    some = np.sort(np.random.default_rng(1).choice(minutes.shape[1], 300, replace=False))
    whole = Problem.of(minutes, people[rows])
    part = Problem.of(minutes[:, some], people[rows])
    pbp, spopt, covering = {"pbp": 5.0}, {"spopt-median": 150.0}, {"spopt-mclp": 200.0}
    # Covering asks only who is within reach: no cell is left out, and islands are out of reach.
    everywhere = np.where(seconds < UNREACHED, seconds / 60.0, 1e6)[people > 0]
    every = Problem.of(everywhere, people[people > 0])
    cases: list[tuple[Problem, str, dict[str, Any], dict[str, float]]] = [
        (part, "p-median", {"p": 10}, {**spopt, **pbp}),
        (whole, "p-median", {"p": 10}, {"pbp": 10.0}),
        (whole, "p-median", {"p": 50}, pbp),
        (every, "mclp", {"p": 10, "reach": REACH_MIN}, covering),
        (part, "mclp", {"p": 10, "reach": REACH_MIN}, {}),
    ]
    for problem, model, parameters, asked in cases:
        _case(problem, model, parameters, asked if peers else {})
    _soon(whole)


def _soon(problem: Problem) -> None:
    """Print the gap one second after the start, for many sites, reaches and models."""
    for p in (5, 10, 20, 50, 100):
        _gap_line(problem, "p-median", {"p": p})
        _gap_line(problem, "p-center", {"p": p})
        for reach in (2.0, 3.0, 5.0, 8.0, 12.0):
            _gap_line(problem, "mclp", {"p": p, "reach": reach})
    for reach in (6.0, 8.0, 10.0, 12.0):
        _gap_line(problem, "lscp", {"reach": reach})


def _gap_line(problem: Problem, model: str, parameters: Mapping[str, Any]) -> None:
    told = ", ".join(f"{name} = {value:g}" for name, value in parameters.items())
    line(
        f"{model}, {told}: gap after 1 s", _gap_after(problem, model, parameters), "", GAP_WITHIN_S
    )


def _case(
    problem: Problem, model: str, parameters: Mapping[str, Any], asked: Mapping[str, float]
) -> None:
    name = f"{model} {problem.n_demand} x {problem.n_sites}, p = {parameters['p']}"
    took, plan = _timed(lambda: solve(problem, model, parameters))
    note(f"{name}: {plan.objective:.1f}, {plan.proof['kind']}", took, "s")
    line(f"{name}: proven (gap)", plan.gap, "", 1e-9)
    line(f"{name}: gap after 1 s", _gap_after(problem, model, parameters), "", GAP_WITHIN_S)
    start = time.process_time()
    verdict = verify(plan.to_json(), _arrays(problem))
    assert verdict.holds, verdict.faults
    note(f"{name}: checked again", time.process_time() - start, "s")
    for peer, times in asked.items():
        other = _peer(problem, peer, parameters)
        if other is None:
            continue
        seconds, objective = other
        assert abs(objective - plan.objective) <= 1e-3 * abs(objective)  # their default gap
        note(f"{name}: {peer} ({objective:.1f})", seconds, "s")
        line(f"{name}: times faster than {peer}", seconds / took, "x", times, at_least=True)


def _timed(run: Callable[[], Plan]) -> tuple[float, Plan]:
    taken = []
    for _ in range(RUNS):
        start = time.process_time()
        plan = run()
        taken.append(time.process_time() - start)
    return median(taken), plan


def _gap_after(problem: Problem, model: str, parameters: Mapping[str, Any]) -> float:
    """Return the gap one second of the processor after the start."""
    start, last = time.process_time(), [np.inf]

    def heard(step: Step) -> bool:
        if time.process_time() - start <= 1.0:
            last[0] = step.gap
        return True

    plan = solve(problem, model, parameters, progress=heard)
    return plan.gap if time.process_time() - start <= 1.0 else last[0]


def _peer(problem: Problem, peer: str, parameters: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return the peer's seconds (building and solving) and objective; None: not installed."""
    if not PEER_PYTHON.exists():
        print(f"{peer}: not installed, see tests/benchmarks/requirements.txt")
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        np.savez(
            path,
            cost=problem.cost,
            weights=problem.weights,
            p=parameters["p"],
            reach=parameters.get("reach", 0.0),
        )
        command = [str(PEER_PYTHON), str(PEER), str(path), peer]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{peer}: {done.stderr.strip().splitlines()[-1]}")
        return None
    built, solved, objective = (float(word) for word in done.stdout.split()[-3:])
    return built + solved, objective


def _million() -> None:
    """Cover a million people in clusters from a thousand sites, to a gap of 1 %."""
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(7)
    n, m, clustered = 1_000_000, 1_000, 700_000
    towns = rng.uniform(0, 100, (60, 2))
    points = rng.uniform(0, 100, (n, 2))
    points[:clustered] = towns[rng.integers(0, 60, clustered)] + rng.normal(0, 4, (clustered, 2))
    sites = np.concatenate((points[rng.integers(0, n, m // 2)], rng.uniform(0, 100, (m // 2, 2))))
    for p, reach in ((50, 4.0), (30, 8.0)):
        near = cKDTree(sites).query_ball_point(points, reach, return_sorted=True)
        start = np.concatenate(([0], np.cumsum([len(row) for row in near])))
        cover = Cover.of(
            start,
            np.fromiter((j for row in near for j in row), np.int32, start[-1]),
            rng.integers(1, 20, n),
            m,
        )
        del near
        began = time.process_time()
        plan = solve(cover, "mclp", {"p": p}, gap=0.01)
        took = time.process_time() - began
        name = f"mclp 1,000,000 x 1,000, {start[-1]:,} pairs, p = {p}"
        line(f"{name}: gap", plan.gap, "", 0.01)
        line(f"{name}", took, "s", 60)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    line("peak memory of the whole run", peak, "GB", 4)


if __name__ == "__main__":
    main()
