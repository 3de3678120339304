"""What was to be expected: kinds of places, standardised counts, and the sample county's truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.risk import hotspots, strata, weights
from geodata.errors import InputError
from tests.risk import quiet_county


@pytest.fixture(scope="module")
def county() -> quiet_county.Cells:
    return quiet_county.cells()


def test_kinds_of_places_by_hand() -> None:
    codes = [
        "529901001001",  # street, residents' committee
        "529901101201",  # town, village committee
        "529901101003007",  # a grid of a town's residents' committee
        "529901205200",  # rural township, village committee
        "529901400001",  # development zone
        "529901205401",  # alike to a residents' committee
        "529901205501",  # alike to a village committee
        "529901101",  # a town itself
        "52990199",  # no code at all
        "somewhere else",
        "529901700001",  # no such range
    ]
    found = strata.strata_of(codes, np.full(11, 100.0), np.ones(11))
    assert found.tolist() == [110, 220, 210, 320, 410, 310, 320, 200, 0, 0, 10]


def test_density_divides_a_kind_where_cells_are_many() -> None:
    people = np.repeat([299.0, 300.0, 1500.0], [10, 12, 9])
    codes = ["529901101001"] * 31
    # Nine dense cells are too few for a class of their own: they join the one below.
    assert np.unique(strata.strata_of(codes, people, np.ones(31))).tolist() == [210, 211]
    more = np.append(people, 9999.0)
    found = strata.strata_of([*codes, codes[0]], more, np.ones(32))
    assert [(found == k).sum() for k in (210, 211, 212)] == [10, 12, 10]
    few = strata.strata_of(codes[:12], people[9:21], np.ones(12))  # one sparse cell, eleven above
    assert np.unique(few).tolist() == [211]
    assert strata.strata_of(codes[:2], np.ones(2), np.zeros(2)).tolist() == [210, 210]
    assert strata.strata_of([], np.empty(0), np.empty(0)).shape == (0,)


# Kinds 1 (30 events, 300 people) and 2 (4 events, 400 people).
EVENTS = np.array([20.0, 10, 0, 4, 0])
PEOPLE = np.array([100.0, 100, 100, 100, 300])
KINDS = np.array([1, 1, 1, 2, 2])


def test_expected_counts_by_hand() -> None:
    found = strata.expected_counts(EVENTS, PEOPLE, KINDS)
    assert found.tolist() == [10, 10, 10, 1, 3]
    apart = np.array([True, False, False, True, True])
    # Kind 1 without its first cell: 10 of 200. Kind 2 is apart as a whole and keeps its rate.
    assert strata.expected_counts(EVENTS, PEOPLE, KINDS, apart=apart).tolist() == [5, 5, 5, 1, 3]


def test_a_kind_without_people_shares_its_events_evenly() -> None:
    people = np.array([100.0, 100, 100, 0, 0])
    assert strata.expected_counts(EVENTS, people, KINDS).tolist() == [10, 10, 10, 2, 2]
    assert strata.expected_counts(np.zeros(5), np.zeros(5), KINDS).tolist() == [0] * 5
    assert strata.expected_counts(np.empty(0), np.empty(0), np.empty(0, int)).shape == (0,)


@given(st.integers(0, 10**6), st.integers(1, 6), st.floats(0, 0.9))
def test_expected_events_sum_to_events_within_each_kind(seed: int, n: int, empty: float) -> None:
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, n, 60)
    people = rng.integers(0, 900, 60) * (rng.random(60) >= empty)
    events = rng.poisson(2, 60).astype(float)
    found = strata.expected_counts(events, people.astype(float), kinds)
    for kind in np.unique(kinds):
        assert found[kinds == kind].sum() == pytest.approx(events[kinds == kind].sum())


def test_a_hot_spot_does_not_make_the_others_look_quiet() -> None:
    side = np.arange(20.0)
    x, y = (a.ravel() for a in np.meshgrid(side, side))
    near = weights.within(x, y, 1.5)
    kinds, people = (x > 9).astype(int), np.full(400, 50.0)
    counts = np.random.default_rng(1).poisson(4, 400).astype(float)
    hot = np.hypot(x - 4, y - 4) < 2.5
    counts[hot] += 60
    plain = strata.expected_counts(counts, people, kinds)
    usual = strata.usual_counts(counts, people, kinds, near)
    away = (kinds == 0) & ~hot
    assert plain[away].mean() > 9
    assert usual[away].mean() == pytest.approx(4, abs=0.4)
    np.testing.assert_allclose(usual[kinds == 1], plain[kinds == 1])
    found = strata.unusual(counts, people, kinds, near)
    np.testing.assert_array_equal(found.expected, usual)
    chosen = hotspots.false_discovery(found.local.two_sided)
    assert (found.local.ratio > 1)[chosen].all()  # nothing is called cold
    naive = hotspots.poisson_local(counts, plain, near)
    assert (naive.ratio < 1)[hotspots.false_discovery(naive.two_sided)].sum() > 50


def test_without_hot_spots_usual_is_expected() -> None:
    x = np.arange(300.0)
    near = weights.within(x, np.zeros(300), 1)
    counts = np.random.default_rng(2).poisson(3, 300).astype(float)
    kinds = np.arange(300) % 3
    usual = strata.usual_counts(counts, np.ones(300), kinds, near)
    np.testing.assert_array_equal(usual, strata.expected_counts(counts, np.ones(300), kinds))


@pytest.mark.slow
def test_the_planted_hot_spots_are_found_and_nothing_else(county: quiet_county.Cells) -> None:
    counts, spots = quiet_county.planted(county)
    found = 0
    for spot in spots:
        hot, cold = county.found(counts[quiet_county.CATEGORIES.index(spot["category"])])
        far = quiet_county.distance_m(county, spot)
        assert far[hot].min() <= spot["radius_m"]
        for cell in np.flatnonzero(hot):
            # The neighbourhood of a hot cell reaches into the spot, and its neighbours' as well.
            assert far[cell] <= spot["radius_m"] + 2 * quiet_county.reach_m(county, cell)
        assert not cold.any()
        usual = strata.unusual(
            counts[quiet_county.CATEGORIES.index(spot["category"])],
            county.people,
            county.strata,
            county.near,
        )
        getis, moran = county.by_scores(
            usual, counts[quiet_county.CATEGORIES.index(spot["category"])]
        )
        assert far[getis > 0].min() <= spot["radius_m"]
        near_spot = spot["radius_m"] + max(
            quiet_county.reach_m(county, c) for c in np.flatnonzero(hot)
        )
        assert far[moran == 1].min() <= near_spot
        assert not (getis < 0).any()
        found += 1
    print(f"planted hot spots found: {found} of {len(spots)}")
    assert found == len(spots) == 5


@pytest.mark.slow
def test_plain_getis_ord_of_counts_calls_every_town_hot(county: quiet_county.Cells) -> None:
    """Why counts are compared with their kind: the plain way fails on every quiet map."""
    hot = []
    for counts in county.year(0):
        found = hotspots.getis_ord(
            counts, county.near, permutations=0, rng=np.random.default_rng(0)
        )
        hot.append((hotspots.false_discovery(found.two_sided) & (found.z > 0)).sum())
    print(f"plain Gi* of counts: {np.mean(hot):.0f} of 3,000 cells hot on a map with nothing on it")
    assert min(hot) > 20


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: strata.strata_of(["1"], np.ones(2), np.ones(2)),
            "1 codes, 2 figures of people, 2 areas; expected as many of each.",
        ),
        (
            lambda: strata.expected_counts(np.ones(2), np.ones(3), np.ones(2)),
            "events has shape (2,), people (3,) and strata (2,); expected (n_cells,) for all.",
        ),
        (
            lambda: strata.expected_counts(np.ones(2), np.array([1, np.nan]), np.ones(2)),
            "people has negative or missing values.",
        ),
        (
            lambda: strata.expected_counts(np.array([1, np.inf]), np.ones(2), np.ones(2)),
            "events has values without end.",
        ),
    ],
)
def test_wrong_input_is_named(call, words: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == words
