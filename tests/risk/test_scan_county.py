"""The sample county: the planted outbreak is found, and quiet years stay quiet."""

import datetime as dt

import numpy as np
import pytest
from scipy.stats import binom

from cockpit.risk.scan import Cluster, scan
from geodata.synthetic.events import OUTBREAK
from geodata.synthetic.quiet import quiet_world
from tests.benchmarks.scan_county import FIRST, IllnessOf, place_of


@pytest.fixture(scope="module")
def illness() -> IllnessOf:
    return IllnessOf(quiet_world())


def distance_m(illness: IllnessOf, truth: dict, cluster: Cluster) -> float:
    """Return how far the nearest member is from the place of the outbreak."""
    there = place_of(truth)
    return float(np.hypot(*(illness.xy[:, cluster.members] - there[:, None])).min())


def day_of(date: dt.date) -> int:
    return int((np.datetime64(date.isoformat(), "D") - FIRST).astype(int))


def test_the_outbreak_is_the_most_likely_cluster_of_the_year(illness: IllnessOf) -> None:
    village, day, truth = illness.planted()
    cases, expected, x, y, people = illness.tables(village, np.minimum(day // 7, 51), 52, window=1)
    result = scan(
        cases, expected, x, y, at_risk=people, longest=8, simulations=99,
        rng=np.random.default_rng(5),
    )  # fmt: skip
    best = result.clusters[0]
    assert best.p == 0.01
    assert distance_m(illness, truth, best) <= truth["radius_m"]
    assert best.radius_m < 3 * truth["radius_m"]
    first, last = (day_of(date) // 7 for date in OUTBREAK)
    assert first <= best.last
    assert last >= best.first
    assert best.last - best.first <= last - first + 1
    assert best.observed >= 0.8 * truth["extra_events"]
    assert [cluster.p > 0.05 for cluster in result.clusters[1:]].count(False) == 0


def test_the_outbreak_is_seen_alive_on_its_fifth_day(illness: IllnessOf) -> None:
    village, day, truth = illness.planted()
    today = day_of(dt.date(2025, 5, 16))
    known = day <= today
    cases, expected, x, y, people = illness.tables(village[known], day[known], today + 1, window=1)
    result = scan(
        cases, expected, x, y, at_risk=people, longest=14, prospective=True, simulations=99,
        rng=np.random.default_rng(5),
    )  # fmt: skip
    best = result.clusters[0]
    assert best.p == 0.01
    assert best.last == today
    assert best.first >= day_of(OUTBREAK[0]) - 2
    assert distance_m(illness, truth, best) <= truth["radius_m"]
    # the day before it began there was nothing to see there
    before = day < day_of(OUTBREAK[0])
    cases, expected, x, y, people = illness.tables(
        village[before], day[before], day_of(OUTBREAK[0]), window=1
    )
    earlier = scan(
        cases, expected, x, y, at_risk=people, longest=14, prospective=True, simulations=99,
        rng=np.random.default_rng(5),
    )  # fmt: skip
    assert not earlier.significant()


@pytest.mark.slow
def test_quiet_years_have_few_findings(illness: IllnessOf) -> None:
    """
    200 years without any plant, townships and weeks.

    At an error rate of 0.05 there are 10 findings on average and up to 16 with probability 0.975;
    the season, taken from the data, makes the test cautious, and no more than 10 are allowed.
    """
    rng = np.random.default_rng(3)
    findings = 0
    for _ in range(200):
        village, day = illness.drawn(rng)
        cases, expected, x, y, people = illness.tables(
            village, np.minimum(day // 7, 51), 52, towns=True, window=1
        )
        result = scan(
            cases, expected, x, y, at_risk=people, longest=8, simulations=99, rng=rng
        )  # fmt: skip
        findings += bool(result.significant())
    bound = int(binom.ppf(0.975, 200, 0.05))
    print(f"quiet years with a significant cluster: {findings} of 200 (5 % within chance: {bound})")
    assert bound == 16
    assert findings <= 10
