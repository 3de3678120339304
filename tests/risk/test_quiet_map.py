"""What the risk map shows of years in which nothing was planted: at most one map in 20 is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from cockpit.answers import risk_places
from cockpit.answers.risk_question import EVERYTHING, Question, counted
from cockpit.answers.risk_signs import ALPHA, HOT, TESTS
from tests.risk import quiet_map
from tests.risk.quiet_map import FOUR_WEEKS, YEAR, Shown, false_finding, map_of

YEARS = 200
# Even everywhere, in the seat's streets, by season, rare.
THEMES = ("交通事故", "占道经营", "疾病报告", "火灾")
BY_PLACE = "疾病报告"
KINDS = (("cell", YEAR), ("cell", FOUR_WEEKS), ("village", YEAR), ("village", FOUR_WEEKS))


@pytest.fixture(scope="module")
def county() -> Shown:
    made = quiet_map.shown()
    yield made
    risk_places.forget()


def test_the_quiet_year_is_that_of_the_quiet_county(county: Shown) -> None:
    made = county.world.events(np.random.default_rng([20251101, 3]))
    year = county.year(3)
    assert [year.categories[k] for k in year.category] == list(made["category"])
    np.testing.assert_array_equal(year.time, made["reported"].to_numpy())
    for level, column in (("cell", "grid"), ("village", "village")):
        there = county.places(level)
        found = counted(year, there, Question(BY_PLACE, level, *YEAR))
        own = made[made["category"] == BY_PLACE]
        told = np.bincount(own[column], minlength=len(there))
        np.testing.assert_array_equal(found.counts, told)
        assert there.people is not None
        assert there.people.sum() == county.world.people.sum()


def test_tilted_rates_move_events_but_not_residents(county: Shown) -> None:
    year, tilted = (county.year(5, tilt=tilt) for tilt in (0.0, 0.3))
    many, few = county.slope(0.3) > 1.2, county.slope(0.3) < 0.8
    counts = [
        counted(y, county.cells, Question(EVERYTHING, "cell", *YEAR)).counts for y in (year, tilted)
    ]
    assert counts[1][many].sum() / counts[0][many].sum() == pytest.approx(1.25, abs=0.07)
    assert counts[1][few].sum() / counts[0][few].sum() == pytest.approx(0.75, abs=0.07)
    assert counts[0].sum() == counts[1].sum()


def test_a_planted_place_is_found_on_the_same_maps(county: Shown) -> None:
    """The maps that stay empty below are not blind: 40 more events in one cell are a hot spot."""
    year = county.year(1)
    cell = int(np.argmin(np.abs(county.world.people - np.median(county.world.people))))
    own = np.flatnonzero(year.of(BY_PLACE))[:40]
    year.region[own] = county.cells.rows[cell]
    for test in TESTS:
        found = map_of(county, year, BY_PLACE, test)
        beside = [cell, *county.cells.weights.neighbours(cell)]
        assert np.isin(found.of(HOT), beside).any(), test


@pytest.mark.slow
@pytest.mark.timeout(900)  # half a minute of one core, more when many tests share it
def test_maps_of_quiet_years_have_no_findings(county: Shown) -> None:
    """200 years: each kind of map is wrong on at most one in 20, whatever the category."""
    wrong = {(kind, theme): 0 for kind in KINDS for theme in THEMES}
    by_place = dict.fromkeys(("gi", "moran"), 0)
    for seed in range(YEARS):
        year = county.year(seed)
        for (level, days), theme in wrong:
            found = map_of(county, year, theme, "poisson", level=level, days=days)
            wrong[(level, days), theme] += false_finding(found)
        for test in by_place:
            by_place[test] += false_finding(map_of(county, year, BY_PLACE, test))
    for level, days in KINDS:
        counts = [wrong[(level, days), theme] for theme in THEMES]
        told = ", ".join(f"{theme} {n}" for theme, n in zip(THEMES, counts, strict=True))
        length = "a year" if days == YEAR else "four weeks"
        print(f"poisson, by {level}, {length}: of {YEARS} quiet maps with a finding: {told}")
        assert sum(counts) <= ALPHA * YEARS * len(THEMES)
        # The worst of four categories may pass the mean by chance, one time in a thousand.
        assert max(counts) <= binom.ppf(0.999, YEARS, ALPHA)
    for test, n in by_place.items():
        print(f"{test}, by cell, a year: of {YEARS} quiet maps with a finding: {BY_PLACE} {n}")
        assert n <= ALPHA * YEARS
