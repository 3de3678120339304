"""Forecasts judged: hits by hand, ties, calibration, and Memphis against simpler maps."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.risk.backtest import (
    KERNEL_CHOSEN,
    LAST_PERIOD,
    OURS,
    Backtest,
    Score,
    backtest,
    hits_within,
    kernel_name,
    plain_kernel,
    reliability_of,
)
from cockpit.risk.forecast_parts import Settings
from cockpit.risk.grids import Grid
from geodata.errors import InputError
from tests.benchmarks.memphis import DATA, FIRST_DAYS, Memphis, memphis

GRID = Grid(0.0, 0.0, 250.0, 20, 20)


def test_hits_by_hand() -> None:
    # Ten squares; 20 % are the two highest: 4 + 1 events of 10. PAI = 0.5 / 0.2 = 2.5.
    score = np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    came = np.array([4.0, 1, 0, 2, 0, 0, 3, 0, 0, 0])
    assert hits_within(score, came, 0.2) == 5
    assert hits_within(score, came, 0.25) == 5  # half of the third square, which has none
    assert hits_within(score, came, 0.35) == 6  # half of the fourth
    assert hits_within(score, came, 1.0) == 10
    told = Score(OURS, 0.0, 0.2, 5, 10)
    assert (told.hit_rate, told.pai) == (0.5, 2.5)


def test_squares_that_tie_share_their_events() -> None:
    # One square above, nine alike with 9 events: 20 % of the area is it and one of the nine.
    score = np.array([1.0] + [0.0] * 9)
    came = np.array([2.0] + [1.0] * 9)
    assert hits_within(score, came, 0.2) == 3
    assert hits_within(np.zeros(10), came, 0.2) == pytest.approx(2.2)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 0.99))
def test_a_larger_area_never_finds_less(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    score, came = rng.integers(0, 4, 50).astype(float), rng.poisson(0.5, 50).astype(float)
    found = [hits_within(score, came, s) for s in (share / 2, share, 1.0)]
    assert found == sorted(found)
    assert found[-1] == came.sum()
    order = rng.permutation(50)  # the order of squares means nothing
    assert hits_within(score[order], came[order], share) == pytest.approx(found[1])


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="a share above 0, at most 1"):
        hits_within(np.ones(3), np.ones(3), 0.0)


def test_reliability_by_hand() -> None:
    # Expected 1, 1, 2, 4; two bins of 4 each. Observed 3 and 0: Garwood's 90 % interval of 3 is
    # 0.818 to 7.754, of 0 it is 0 to 2.996.
    found = reliability_of(np.array([4.0, 1, 2, 1]), np.array([0.0, 1, 2, 0]), n_bins=2)
    assert found.expected.tolist() == [4, 4]
    assert found.observed.tolist() == [3, 0]
    assert found.squares.tolist() == [3, 1]
    assert found.least.tolist() == [1, 4]
    assert found.lower == pytest.approx([0.818, 0], abs=0.001)
    assert found.upper == pytest.approx([7.754, 2.996], abs=0.001)
    assert found.within == 0.5


def test_counts_drawn_from_the_map_itself_lie_in_their_intervals() -> None:
    rng = np.random.default_rng(1)
    expected = rng.gamma(0.5, 0.2, 20_000)
    within = [
        reliability_of(expected, rng.poisson(expected).astype(float)).within for _ in range(40)
    ]
    assert 0.85 <= np.mean(within) <= 0.95


def planted(seed: int) -> tuple[np.ndarray, ...]:
    """Return a third of the events in one place that lasts, the others anywhere."""
    rng = np.random.default_rng(seed)
    x, y, day = rng.uniform(0, 5000, 300), rng.uniform(0, 5000, 300), rng.uniform(0, 240, 300)
    x[:100], y[:100] = rng.normal(2400, 150, 100), rng.normal(2400, 150, 100)
    return x, y, day


def tried(seed: int = 1) -> Backtest:
    periods = [(180.0, 30.0), (210.0, 30.0)]
    return backtest(*planted(seed), GRID, periods=periods, model=Settings(most_origins=4))


def test_a_lasting_hot_spot_is_worth_more_than_the_last_month() -> None:
    found = tried()
    names = {s.map for s in found.scores}
    assert names == {OURS, LAST_PERIOD, kernel_name(500.0), KERNEL_CHOSEN}
    assert found.mean_pai(OURS, 0.05) > 4
    assert found.mean_hit_rate(OURS, 0.05) == pytest.approx(0.05 * found.mean_pai(OURS, 0.05))
    gain, error, won = found.gain(LAST_PERIOD, 0.05)
    assert gain > 0
    ours, last = (
        [s.pai for s in found.scores if (s.map, s.share) == (name, 0.05)]
        for name in (OURS, LAST_PERIOD)
    )
    first, second = (a - b for a, b in zip(ours, last, strict=True))
    assert gain == pytest.approx((first + second) / 2)
    assert error == pytest.approx(abs(first - second) / 2)  # of the mean of two
    assert won == 2


def test_it_is_stored_as_plain_numbers() -> None:
    found = tried()
    plain = json.loads(json.dumps(found.to_plain()))
    assert len(plain["scores"]) == 2 * 4 * 4
    assert sum(plain["reliability"]["observed"]) == sum(
        s.events for s in found.scores if s.map == OURS and s.share == 0.05
    )


def test_a_period_is_judged_without_having_been_seen() -> None:
    """Events of the last period may be anywhere: the map that is judged stays the same."""
    x, y, day = planted(2)
    late = day >= 210
    moved = np.where(late, 5000 - x, x)
    first, second = (
        backtest(a, y, day, GRID, periods=[(210.0, 30.0)], model=Settings(most_origins=4))
        for a in (x, moved)
    )
    assert first.reliability.least.tolist() == second.reliability.least.tolist()
    assert first.reliability.expected.tolist() == second.reliability.expected.tolist()


def test_refuses_what_cannot_be_judged() -> None:
    x, y, day = planted(3)
    with pytest.raises(InputError, match="No period to try the forecast on"):
        backtest(x, y, day, GRID, periods=[])
    with pytest.raises(InputError, match=r"No event in the period that begins on day 300\.0"):
        backtest(x, y, day, GRID, periods=[(300.0, 30.0)])


@pytest.fixture(scope="module")
def city() -> Memphis:
    found = memphis()
    if found is None:
        pytest.skip(f"shared data not there: {DATA.name}")
    return found


def test_a_plain_kernel_is_that_of_the_textbook(city: Memphis) -> None:
    """Beside a direct sum of normal densities at the middles of squares (250 m, kernel 1 km)."""
    x, y = city.x[:200], city.y[:200]
    found = plain_kernel(x, y, city.grid, city.inside, 1000.0)
    row, column = 60, 80
    assert city.inside[row - 16 : row + 16, column - 16 : column + 16].all()
    at_x = city.grid.x0 + (column + 0.5) * 250.0
    at_y = city.grid.y0 + (row + 0.5) * 250.0
    near = np.hypot(x - at_x, y - at_y)
    direct = np.exp(-(near**2) / 2e6).sum() / (2 * np.pi * 1e6) * 250.0**2
    assert found[row, column] == pytest.approx(direct, rel=0.03)


def test_memphis_is_foretold_better_than_by_simpler_maps(city: Memphis) -> None:
    """April to September 2019, each month from what came before it; PAI at 5 % of the area."""
    periods = [(FIRST_DAYS[m], FIRST_DAYS[m + 1] - FIRST_DAYS[m]) for m in range(3, 9)]
    kernels = (150.0, 300.0, 500.0, 1000.0)
    found = backtest(
        city.x,
        city.y,
        city.day,
        city.grid,
        periods=periods,
        inside=city.inside,
        people=city.people,
        kernels_m=kernels,
    )
    for other in (LAST_PERIOD, KERNEL_CHOSEN, *map(kernel_name, kernels)):
        assert found.gain(other, 0.05)[0] > 0, other
    assert found.gain(LAST_PERIOD, 0.05)[2] == 6  # in every month
    assert found.reliability.within >= 0.7
    assert found.interval_held >= 0.9
    assert found.busy_held >= 0.9
