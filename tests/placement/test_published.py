"""Published optima: OR-Library's p-medians and York's listed buildings."""

from __future__ import annotations

import csv
import gzip
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cockpit.placement.checker import verify
from cockpit.placement.files import read_p_median
from cockpit.placement.problem import Problem
from cockpit.placement.solve import solve
from geodata.errors import DataFileError

SHARED = Path(__file__).parents[3] / "shared" / "data"
MEDIANS, YORK = SHARED / "pmedian_orlib", SHARED / "york_mclp"
RADIUS_M = 6_371_000.0  # of the Earth, as the optima were computed


@pytest.mark.parametrize(
    ("name", "optimum"),
    [("pmed1", 5819), ("pmed5", 1355), ("pmed6", 7824), ("pmed9", 2734), ("pmed15", 1729)],
)
def test_or_library_optima_are_proven(name: str, optimum: int) -> None:
    if not MEDIANS.is_dir():
        pytest.skip("OR-Library's files are not there")
    instance = read_p_median(MEDIANS / f"{name}.txt")
    plan = solve(instance.problem, "p-median", {"p": instance.p})
    assert (plan.objective, plan.bound) == (optimum, optimum)
    arrays = {f.name: getattr(instance.problem, f.name) for f in fields(instance.problem)}
    verdict = verify(plan.to_json(), arrays)
    assert verdict.faults == ()
    assert verdict.bound == optimum
    assert not verdict.rests_on_solver


def york() -> Problem:
    def places(name: str) -> tuple[NDArray[np.float64], list[dict[str, str]]]:
        with gzip.open(YORK / name, "rt", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return np.radians([[float(r["lat"]), float(r["long"])] for r in rows]), rows

    sites, rows = places("listed_buildings.csv.gz")
    crimes, _ = places("street_crime.csv.gz")
    lat, lon = crimes[:, :1], crimes[:, 1:]
    half = np.sin((sites[:, 0] - lat) / 2) ** 2
    half += np.cos(lat) * np.cos(sites[:, 0]) * np.sin((sites[:, 1] - lon) / 2) ** 2
    metres = 2 * RADIUS_M * np.arcsin(np.sqrt(half))
    return Problem.of(metres, must=[k for k, r in enumerate(rows) if r["grade"] == "I"])


def test_york_s_seven_optima_are_proven() -> None:
    if not YORK.is_dir():
        pytest.skip("York's files are not there")
    problem = york()
    with (YORK / "optima_100m.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            p = int(problem.must.sum()) + int(row["added"])
            plan = solve(problem, "mclp", {"p": p, "reach": float(row["radius_m"])})
            assert plan.proven
            assert plan.objective == float(row["covered_optimum"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2 1 1\n1 2\n", "bad.txt, line 2: expected three whole numbers, found: 1 2."),
        ("2 1 1\n1 3 9\n", "bad.txt, line 2: an edge joins two nodes from 1 to 2 and is not neg"),
        ("2 1 1\n1 2 -9\n", "bad.txt, line 2: an edge joins two nodes from 1 to 2 and is not neg"),
        ("2 2 1\n1 2 3\n", "bad.txt: 1 edges; its first line says 2."),
        ("", "bad.txt, line 1: expected three whole numbers, found: -."),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(text, encoding="ascii")
    with pytest.raises(DataFileError) as error:
        read_p_median(path)
    assert str(error.value).startswith(words)


def test_the_last_of_two_edges_counts(tmp_path: Path) -> None:
    path = tmp_path / "two.txt"
    path.write_text("3 3 1\n1 2 5\n2 3 1\n2 1 7\n", encoding="ascii")
    assert read_p_median(path).problem.cost[0].tolist() == [0, 7, 8]
