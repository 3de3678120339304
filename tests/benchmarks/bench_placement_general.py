"""Time the general models. Run: python -m tests.benchmarks.bench_placement_general [seconds]."""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from cockpit.placement.capacitated_files import read_capacitated
from cockpit.placement.problem import Problem
from cockpit.placement.solve import solve

FILES = Path(__file__).parents[3] / "shared" / "data" / "pmedian_capacitated"
SIZES = ((300, 60), (1_000, 200))  # (demand points, sites)
FLOORS = [["mean", 14.0, None, group] for group in range(3)]
ASKED: dict[str, dict[str, Any]] = {
    "fixed-cost": {"rate": 0.001},
    "budget-p-median": {"budget": 800.0},
    "budget-covering": {"budget": 800.0, "reach": 10.0},
    "moving": {"moving_cost": 50_000.0},
    "phasing": {"numbers": [4, 7, 10], "reach": 10.0},
    "goal-seek": {"targets": [["covered", 0.9, 10.0, group] for group in range(3)]},
    "capacitated-p-median": {"p": 12, "split": True},
    "capacitated-covering": {"p": 12, "reach": 15.0, "split": True},
    "equity": {"p": 10, "rules": FLOORS},
}


def county(n: int, m: int) -> Problem:
    """Points in a square of 60 minutes, ten sites of today, three townships side by side."""
    rng = np.random.default_rng(1)
    places = rng.uniform(0, 60, (n, 2))
    sites = places[rng.choice(n, m, replace=False)]
    cost = np.hypot(*(places[:, np.newaxis] - sites).transpose(2, 0, 1)).round(1)
    people = rng.integers(0, 900, n).astype(float)
    return Problem.of(
        cost,
        people,
        site_cost=rng.integers(50, 150, m),
        existing=np.arange(10),
        capacity=np.full(m, people.sum() / 8),
        groups=(places[:, 0] // 20).astype(int),
    )


def report(name: str, problem: Problem, given: dict[str, Any], model: str, seconds: float) -> None:
    """Print one line: objective, bound, gap, processor time."""
    began = process_time()
    plan = solve(problem, model, given, seconds=seconds)
    print(
        f"{name:<34} {plan.objective:>14,.1f} {plan.bound:>14,.1f} {plan.gap:>8.3%}"
        f" {process_time() - began:7.1f} s"
    )


def main() -> None:
    """Print one line a file, and one a model and size."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    for path in sorted(FILES.glob("pmedcap_*.txt")):
        made = read_capacitated(path)
        given = {"p": made.p, "load": made.load.tolist()}
        name = f"{path.stem} ({made.best_known:g})"
        report(name, made.problem, given, "capacitated-p-median", seconds)
    for n, m in SIZES:
        problem = county(n, m)
        for model, given in ASKED.items():
            report(f"{model} {n} x {m}", problem, given, model, seconds)


if __name__ == "__main__":
    main()
