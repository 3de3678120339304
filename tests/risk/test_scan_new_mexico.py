"""
Brain cancer in New Mexico 1973-1991, the example that comes with SaTScan.

Settings are those of the parameter file that SaTScan brings for it (NewMexicoSpaceTimePoisson.prm):
retrospective, discrete Poisson, adjusted for age and sex, circles of up to half of the people,
intervals of up to half of the time, two cases at least, 999 replications.

What is published: that the excess in Los Alamos and Santa Fe, 1986 to 1989, is within chance
(Kulldorff et al. 1998; the place and years as told by the guide of the R package scanstatistics),
and the people of the three clusters that SaTScan finds, in its own integration test
(github.com/scanstatistics/satscan, test/integrationtest_squish66425.cpp). Ratios, cases and p of a
report by SaTScan were not found: those below are of a plain scan of every window, which shares no
code with ours. The first cluster of SaTScan's test is not the first one here: see there.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cockpit.risk.scan import Scan, scan
from cockpit.risk.scan_expectation import adjusted_expectation, over_time, people_between
from cockpit.risk.scan_likelihood import log_likelihood_ratio
from geodata.errors import InputError
from tests.benchmarks.scan_peer import plain_circles, plain_scan

DATA = Path(__file__).parents[3] / "shared" / "data" / "nm_brain_cancer"
YEARS = np.arange(1973, 1992)
CENSUSES = np.array([1973.0, 1982.0, 1991.0])


def new_mexico() -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return counties, cases (county, year, age and sex), people (same), x and y."""
    if not DATA.exists():
        pytest.skip("the New Mexico data are not there")
    cases, people, places = (pd.read_csv(DATA / f"NM{part}.csv") for part in ("cas", "pop", "geo"))
    names = list(places["county"])
    sick, counted = np.zeros((32, 19, 36), int), np.zeros((32, 3, 36))
    for table, figures, column, year in (
        (cases, sick, "cases", cases["year"] - 1973),
        (people, counted, "population", (people["year"] - 73) // 9),
    ):
        stratum = (table["agegroup"] - 1) * 2 + table["sex"] - 1
        np.add.at(figures, (table["county"].map(names.index), year, stratum), table[column])
    everyone = people_between(CENSUSES, counted, YEARS.astype(float))
    return names, sick, everyone, places["long"].to_numpy(float), places["lat"].to_numpy(float)


@cache
def found() -> Scan:
    """Scan with SaTScan's settings."""
    _, sick, people, x, y = new_mexico()
    return scan(
        sick.sum(axis=2), adjusted_expectation(sick, people), x, y,
        at_risk=people.sum(axis=(1, 2)), rng=np.random.default_rng(1),
    )  # fmt: skip


def test_finds_the_cluster_around_albuquerque() -> None:
    names, sick, people, x, y = new_mexico()
    cases, expected = sick.sum(axis=2), adjusted_expectation(sick, people)
    assert cases.sum() == 1175
    assert expected.sum() == pytest.approx(1175)
    at_risk = people.sum(axis=(1, 2))
    result = found()
    best = result.clusters[0]
    plain = plain_scan(cases, expected, x, y, at_risk=at_risk, longest=9)
    assert best.llr == pytest.approx(plain[0], abs=1e-9)
    assert tuple(sorted(best.members.tolist())) == plain[1]
    assert (best.first, best.last, best.observed) == plain[2:5]
    assert best.expected == pytest.approx(plain[5])
    assert sorted(names[k] for k in best.members) == [
        "Bernalillo", "LosAlamos", "SanMiguel", "Sandoval", "SantaFe", "Socorro", "Torrance",
        "Valencia",
    ]  # fmt: skip
    assert (YEARS[best.first], YEARS[best.last], best.observed) == (1985, 1989, 232)
    assert best.expected == pytest.approx(175.14, abs=0.01)
    assert best.llr == pytest.approx(10.017, abs=0.001)
    assert 0.01 <= best.p <= 0.05
    assert all(cluster.p > 0.5 for cluster in result.clusters[1:])


def test_the_excess_in_los_alamos_is_within_chance() -> None:
    """As published: "not statistically significant" (Kulldorff et al. 1998, abstract)."""
    names, sick, people, x, y = new_mexico()
    cases, expected = sick.sum(axis=2), adjusted_expectation(sick, people)
    result = scan(cases, expected, x, y, rng=np.random.default_rng(1))
    for counties in (["LosAlamos"], ["LosAlamos", "SantaFe"]):
        rows, years = [names.index(name) for name in counties], slice(13, 17)  # 1986 to 1989
        observed, mean = cases[rows, years].sum(), expected[rows, years].sum()
        ratio = log_likelihood_ratio(np.array(observed), np.array(mean), 1175)
        assert observed > mean
        assert (result.simulated >= ratio).mean() > 0.05


# Mean people of the clusters in SaTScan's integration test: by days, where ours is by years.
SATSCAN_PEOPLE = (674_891.72, 52_755.68, 59_349.33)


def test_the_people_of_clusters_are_those_of_satscan() -> None:
    """
    The second and third cluster are SaTScan's, by their people; the first lacks a county.

    SaTScan's first has some 4,400 people more, as many as Guadalupe, which would raise the ratio.
    No circle by the coordinates of this data holds these nine counties. The parameter file of later
    versions of SaTScan is for degrees, whose circles are others; they are no part of the data.
    """
    names, sick, people, x, y = new_mexico()
    cases, expected = sick.sum(axis=2), adjusted_expectation(sick, people)
    everyone = people.sum(axis=2)
    result = found()
    living = [everyone[cluster.members].sum(axis=0).mean() for cluster in result.clusters[:3]]
    assert living[1:] == pytest.approx(SATSCAN_PEOPLE[1:], rel=1e-4)
    best = result.clusters[0]
    nine = [*best.members.tolist(), names.index("Guadelupe")]  # spelt so in the data
    assert everyone[nine].sum(axis=0).mean() == pytest.approx(SATSCAN_PEOPLE[0], rel=1e-4)
    years = slice(best.first, best.last + 1)
    observed, mean = cases[nine, years].sum(), expected[nine, years].sum()
    assert observed == 236
    ratio = log_likelihood_ratio(np.array(observed), np.array(mean), 1175)
    assert ratio == pytest.approx(10.981, abs=0.001)
    circles = plain_circles(x, y, everyone.sum(axis=1), 0.5)
    assert sorted(nine) not in [sorted(members) for _, members, _ in circles]


def test_people_between_counts_by_hand() -> None:
    counted = np.array([[[10.0, 0], [30, 8]]])  # one region, two counts, two strata
    found = people_between(np.array([2000.0, 2004]), counted, np.array([1999.0, 2001, 2004, 2010]))
    assert found.tolist() == [[[10, 0], [15, 2], [30, 8], [30, 8]]]


def test_adjusted_expectation_by_hand() -> None:
    # Young: 2 cases of 40 people; old: 6 of 20. Rates 0.05 and 0.3; a third stratum is empty.
    people = np.array([[[30.0, 10, 0]], [[10, 10, 0]]])
    cases = np.array([[[1, 2, 0]], [[1, 4, 0]]])
    expected = adjusted_expectation(cases, people)
    assert expected == pytest.approx(np.array([[30 * 0.05 + 10 * 0.3], [10 * 0.05 + 10 * 0.3]]))
    assert expected.sum() == pytest.approx(8)


def test_over_time_by_hand() -> None:
    # counts 2, 4, 0 averaged over three: 3, 2, 2 (the ends have two); shares 3/7, 2/7, 2/7
    spread = over_time(np.array([7.0, 14]), np.array([2, 4, 0]), window=3)
    assert spread == pytest.approx(np.array([[3, 2, 2], [6, 4, 4]]))
    assert over_time(np.array([6.0]), np.array([2, 4, 0])) == pytest.approx(np.array([[2, 4, 0]]))
    assert over_time(np.array([6.0]), np.zeros(3, int), window=5).tolist() == [[2, 2, 2]]
    # a window longer than the time is the mean of all
    assert over_time(np.array([6.0]), np.array([0, 6]), window=9).tolist() == [[3, 3]]


def test_says_what_is_wrong_with_people_and_seasons() -> None:
    with pytest.raises(InputError, match=r"shape \(1, 2, 1\) for 3 times"):
        people_between(np.arange(3.0), np.zeros((1, 2, 1)), np.zeros(1))
    with pytest.raises(InputError, match="rising times"):
        people_between(np.array([2.0, 1]), np.zeros((1, 2, 1)), np.zeros(1))
    with pytest.raises(InputError, match=r"Cases have shape \(1, 2\) and people \(1, 2\)"):
        adjusted_expectation(np.zeros((1, 2), int), np.zeros((1, 2)))
    with pytest.raises(InputError, match="A stratum has cases but no people"):
        adjusted_expectation(np.ones((1, 1, 1), int), np.zeros((1, 1, 1)))
    with pytest.raises(InputError, match="The window is 2 periods"):
        over_time(np.ones(1), np.ones(3, int), window=2)
    with pytest.raises(InputError, match="negative or missing"):
        over_time(np.array([np.nan]), np.ones(3, int))
