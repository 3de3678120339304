"""Pure chance has no hot spots: the share of maps of noise in which a method finds something."""

from __future__ import annotations

import argparse

import numpy as np
import pytest
import shapely
from scipy import stats

from cockpit.__main__ import _parser
from cockpit.commands import risk_spots
from cockpit.commands.risk_cases import Case
from loaders.incidents import Areas, Incidents

RATES = (0.1, 0.3, 1, 100)  # events a square
METHODS = {"gi": (risk_spots.gi, "spot"), "moran": (risk_spots.moran, "kind"),
           "emerging": (risk_spots.histories, "history")}  # fmt: skip


def asked(method: str) -> argparse.Namespace:
    words = ["risk", "x.csv", "--method", method, "--permutations", "99", "--period", "day"]
    return _parser().parse_args(words)


def noise(side: int, rate: float, seed: int, people: bool) -> Case:
    """Return squares of 1 km with Poisson counts; with people, twice as many in every other."""
    rng = np.random.default_rng(seed)
    row, column = np.divmod(np.arange(side * side), side)
    shapes = shapely.box(column * 1e3, row * 1e3, (column + 1) * 1e3, (row + 1) * 1e3)
    residents = np.where((row + column) % 2, 400.0, 200.0) if people else None
    mean = rate if residents is None else rate * residents / residents.mean()
    counts = rng.poisson(mean, side * side)
    area = np.repeat(np.arange(side * side), counts)
    days = np.arange("2025-01-01", "2025-01-07", dtype="datetime64[D]").astype("datetime64[s]")
    time = rng.choice(days, len(area))
    time[:2] = days[0], days[-1]
    events = Incidents("n", area, np.zeros((len(area), 2)), time, area.astype(object), ())
    ids = np.array([f"a{k}" for k in range(side * side)], dtype=object)
    areas = Areas("n", ids, shapes, residents, None)
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    xy = centre[area]
    return Case(events, "EPSG:32648", xy[:, 0], xy[:, 1], areas, shapes, centre, area)


def share_with_a_finding(method: str, side: int, rate: float, people: bool, maps: int) -> float:
    answer, column = METHODS[method]
    given = asked(method)
    wrong = 0
    for seed in range(maps):
        rows = answer(noise(side, rate, seed, people), given).rows
        wrong += int((~rows[column].isin(("none", "not significant"))).any())
    return wrong / maps


@pytest.mark.parametrize("people", [False, True], ids=["no people", "people"])
@pytest.mark.parametrize(("side", "maps"), [(10, 30), (30, 12)])
@pytest.mark.parametrize("method", METHODS)
def test_at_most_one_map_of_noise_in_twenty_has_a_finding(
    method: str, side: int, maps: int, people: bool
) -> None:
    wrong = [share_with_a_finding(method, side, rate, people, maps) for rate in RATES]
    n = maps * len(RATES)
    assert round(sum(wrong) * maps) <= stats.binom.ppf(0.99, n, 0.05)
