"""Heat: numbers by hand, and what must hold of any events: their number, and flat when even."""

# ruff: noqa: E501 - a case a line reads better than one over five

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.risk import density as heat
from cockpit.risk.density import Grid, density, grid_over, relative
from geodata.errors import InputError

GRID = grid_over((0, 0, 6000, 4000), 100)
X, Y = GRID.centres()
COUNTY = (np.hypot(X - 3000, Y - 2000) < 1950) & ~((np.abs(X - 2500) < 300) & (Y > 2400))


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_grid_by_hand() -> None:
    grid = grid_over((1000, 2000, 1250, 2100), 100)
    assert (grid.x0, grid.y0, grid.nx, grid.ny) == (975, 2000, 3, 1)
    assert grid.bounds == (975, 2000, 1275, 2100)
    assert grid.cell_km2 == pytest.approx(0.01)
    assert grid.centres()[0].tolist() == [[1025, 1125, 1225]]
    x = np.array([975, 1075, 1274.9, 1275, 974, np.nan])
    assert grid.rows(x, np.full(6, 2050.0)).tolist() == [0, 1, 2, -1, -1, -1]
    assert grid_over((5, 5, 5, 5), 10).shape == (1, 1)
    half = grid.inside(shapely.box(0, 0, 1126, 9999))
    assert half.tolist() == [[True, True, False]]


def test_one_event_is_a_normal_hill() -> None:
    found = density(np.array([3050.0]), np.array([2050.0]), GRID, bandwidth_m=300, adaptive=False)
    # 1 / (2 pi 0.3^2) at the top, the mean over its square a little less.
    assert found.values.max() == pytest.approx(1 / (2 * np.pi * 0.09), rel=0.02)
    assert np.unravel_index(found.values.argmax(), GRID.shape) == (20, 30)
    # 300 m away: exp(-1/2) of the top.
    assert found.values[20, 33] / found.values[20, 30] == pytest.approx(np.exp(-0.5), rel=0.01)
    assert found.values[23, 30] == pytest.approx(found.values[20, 33], rel=1e-4)
    assert found.values.sum() * GRID.cell_km2 == pytest.approx(1, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000), st.integers(1, 400), st.floats(20, 3000), st.booleans(), st.booleans()
)
def test_the_integral_is_the_number_of_events_inside(
    seed: int, n: int, bandwidth: float, adaptive: bool, weighed: bool
) -> None:
    x, y = rng(seed).uniform(-500, 6500, n), rng(seed + 1).gamma(2, 700, n)
    weights = rng(seed + 2).exponential(size=n) if weighed else None
    found = density(
        x, y, GRID, inside=COUNTY, bandwidth_m=bandwidth, adaptive=adaptive, weights=weights
    )
    at = GRID.rows(x, y)
    counted = (at >= 0) & COUNTY.ravel()[at]
    number = counted.sum() if weights is None else weights[counted].sum()
    assert found.values.sum() * GRID.cell_km2 == pytest.approx(number, rel=1e-12, abs=1e-12)
    assert found.total == pytest.approx(number)
    assert (found.values[~COUNTY] == 0).all()
    assert (found.values >= 0).all()


@pytest.mark.parametrize("bandwidth", [60, 400, 1500])
@pytest.mark.parametrize("adaptive", [True, False])
def test_an_even_spread_is_flat_up_to_the_border(bandwidth: float, adaptive: bool) -> None:
    found = density(
        X.ravel(), Y.ravel(), GRID, inside=COUNTY, bandwidth_m=bandwidth, adaptive=adaptive
    )
    # One event in each square of 0.01 km².
    np.testing.assert_allclose(found.values[COUNTY], 100, rtol=2e-4)


def test_a_uniform_process_is_flat_within_chance() -> None:
    total = np.zeros(GRID.shape)
    for seed in range(30):
        x, y = rng(seed).uniform(0, 6000, 4000), rng(seed + 99).uniform(0, 4000, 4000)
        total += density(x, y, GRID, inside=COUNTY, bandwidth_m=500).values / 30
    even = 4000 / 24
    border = COUNTY & (np.hypot(X - 3000, Y - 2000) > 1800)
    assert total[COUNTY].mean() == pytest.approx(even, rel=0.01)
    assert total[border].mean() == pytest.approx(even, rel=0.03)
    assert np.abs(total[COUNTY] / even - 1).max() < 0.12


def test_without_correction_the_border_would_pale() -> None:
    """The test above can fail: the plain kernel loses about half of it at a straight border."""
    plain = heat._gauss(GRID.nx, 5.0)
    assert plain.sum(axis=1)[0] == pytest.approx(0.54, abs=0.01)
    assert plain.sum(axis=1)[30] == pytest.approx(1, abs=1e-8)


def test_many_events_narrow_the_kernel_by_the_square_root() -> None:
    dense, thin = rng(1).normal((1500, 2000), 150, (900, 2)), rng(2).uniform(0, 4000, (300, 2))
    place = np.concatenate([dense, thin + np.array([1500, 0])])
    found = density(place[:, 0], place[:, 1], GRID, bandwidth_m=300)
    fixed = density(place[:, 0], place[:, 1], GRID, bandwidth_m=300, adaptive=False)
    metres = found.kernel.bandwidth_m
    assert metres[20, 15] < 300 < metres[5, 50]
    # Abramson: bandwidths go with one over the root of the pilot, where no limit binds.
    free = (metres > 80) & (metres < 1100)
    rule = metres[free] * np.sqrt(fixed.values[free])
    np.testing.assert_allclose(rule, np.median(rule), rtol=0.02)
    assert found.values.max() > fixed.values.max()


def test_events_that_follow_people_give_the_same_rate_everywhere() -> None:
    people = np.where(COUNTY, rng(3).lognormal(2, 1.5, GRID.shape), 0)
    each = people.ravel() * 0.02  # 200 events per 10,000 people
    for adaptive in (True, False):
        events = density(
            X.ravel(),
            Y.ravel(),
            GRID,
            inside=COUNTY,
            bandwidth_m=250,
            adaptive=adaptive,
            weights=each,
        )
        rate = relative(events, people, least_people=1)
        np.testing.assert_allclose(rate[COUNTY], 200, rtol=1e-9)
        assert np.isnan(rate[~COUNTY]).all()
    living = density(
        X.ravel(), Y.ravel(), GRID, inside=COUNTY, adaptive=False, weights=people.ravel()
    )
    np.testing.assert_array_equal(relative(events, living, least_people=1), rate)


def test_random_events_of_people_are_flat_within_chance() -> None:
    people = np.where(COUNTY, np.exp(-np.hypot(X - 2500, Y - 1500) / 700) * 400 + 5, 0)
    chance = (people / people.sum()).ravel()
    rates = []
    for seed in range(20):
        at = rng(seed).choice(len(chance), 2000, p=chance)
        events = density(X.ravel()[at], Y.ravel()[at], GRID, inside=COUNTY, bandwidth_m=400)
        rates.append(relative(events, people))
    usual = 2000 / people.sum() * 10_000
    told = np.isfinite(rates).all(axis=0)
    assert told.sum() > 0.9 * COUNTY.sum()
    assert np.abs(np.mean(rates, axis=0)[told] / usual - 1).max() < 0.35
    assert np.mean(rates, axis=0)[told].mean() == pytest.approx(usual, rel=0.05)


def test_too_few_people_to_tell() -> None:
    people = np.where(X < 3000, 50.0, 0.0)
    events = density(
        np.array([1000.0, 5000]), np.array([2000.0, 2000]), GRID, bandwidth_m=200, adaptive=False
    )
    rate = relative(events, people)
    assert np.isfinite(rate[20, 10])
    assert np.isnan(rate[20, 50])  # an event, and nobody lives there


def test_no_events_and_one_place() -> None:
    none = density(np.empty(0), np.empty(0), GRID, inside=COUNTY)
    assert none.total == 0
    assert (none.values == 0).all()
    assert none.bandwidth_m == 100
    assert (relative(none, np.full(GRID.shape, 9.0))[COUNTY] == 0).all()
    outside = density(np.array([1.0, np.nan]), np.array([1.0, 5]), GRID, inside=COUNTY)
    assert outside.total == 0
    pile = density(np.full(50, 3010.0), np.full(50, 2010.0), GRID, inside=COUNTY)
    assert pile.values.sum() * GRID.cell_km2 == pytest.approx(50)


def test_the_usual_bandwidth_by_hand() -> None:
    # Normal with 500 m in both directions, 4,096 events: 500 / 4 m.
    place = rng(5).normal((3000, 2000), 500, (4096, 2))
    found = density(place[:, 0], place[:, 1], GRID, adaptive=False)
    assert found.bandwidth_m == pytest.approx(125, rel=0.05)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: density(np.ones(2), np.ones(3), GRID), "x has shape (2,), y (3,) and weights (2,); expected (n_events,) for all."),
        (lambda: density(np.ones(2), np.ones(2), GRID, weights=np.array([1, -1])), "weights has negative or missing values."),
        (lambda: density(np.ones(2), np.ones(2), GRID, bandwidth_m=0), "The bandwidth is 0 m; expected above 0."),
        (lambda: density(np.ones(2), np.ones(2), GRID, inside=np.zeros(GRID.shape, bool)), "inside has shape (40, 60) and 0 squares; expected (40, 60) and at least one."),
        (lambda: relative(density(X[0], Y[0], GRID), np.ones(3)), "The people have shape (3,); expected (40, 60), one figure a square."),
        (lambda: relative(density(X[0], Y[0], GRID), np.full(GRID.shape, np.nan)), "population has negative or missing values."),
        (lambda: Grid(0, 0, 0, 5, 5), "A grid of 5 x 5 squares of 0 m is none; expected 1 or more of each, above 0 m."),
        (lambda: Grid(0, 0, 1, 5000, 5000), "A grid of 5000 x 5000 squares is too fine; at most 4000000 squares."),
        (lambda: grid_over((5, 0, 1, 1), 10), "The box (5, 0, 1, 1) or the square of 10 m is wrong; expected west to east, south to north and above 0 m."),
    ],
)  # fmt: skip
def test_wrong_input_is_named(call, words: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == words
