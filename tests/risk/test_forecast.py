"""The forecast: exact kernels, no look ahead, parts that add up, weights found again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from cockpit.locale import catalogue, translate
from cockpit.risk.forecast import Forecast, daily_level, forecast, interval_of
from cockpit.risk.forecast_card import CARD_TITLES, TEMPLATES
from cockpit.risk.forecast_parts import Kernels, Settings, counted, mixed, smoothed, squares_of
from cockpit.risk.grids import Grid
from geodata.errors import InputError

GRID = Grid(0.0, 0.0, 250.0, 12, 10)
ALL = np.ones((10, 12), dtype=bool)
FEW = Settings(most_origins=4)


def events(n: int, seed: int, *, days: float = 200.0) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 3000, n), rng.uniform(0, 2500, n), rng.uniform(0, days, n)


def made(n: int = 80, seed: int = 1, **changes: object) -> Forecast:
    options = {"at": 200.0, "horizon_days": 30.0, "model": FEW, **changes}
    return forecast(*events(n, seed), GRID, **options)  # type: ignore[arg-type]


def test_squares_by_hand() -> None:
    row, column = squares_of(np.array([0.0, 249.9, 250.0, 3000.0]), np.array([0, 0, 2499, 0]), GRID)
    assert row.tolist() == [0, 0, 9, -1]
    assert column.tolist() == [0, 0, 1, -1]
    assert counted(np.array([10.0, 20, -5]), np.array([10.0, 20, 5]), GRID)[0, 0] == 2


def test_a_kernel_is_integrated_exactly() -> None:
    # One event in the middle of a wide grid: the share of its own square is what the normal
    # distribution says, squared.
    wide = Grid(0.0, 0.0, 200.0, 41, 41)
    inside = np.ones((41, 41), dtype=bool)
    found = Kernels(np.array([4100.0]), np.array([4100.0]), wide, inside, 150.0).map(np.ones(1))
    share = norm.cdf(100 / 150) - norm.cdf(-100 / 150)
    assert found[20, 20] == pytest.approx(share**2)
    assert found.sum() == pytest.approx(1)


@given(st.integers(0, 2**32 - 1), st.sampled_from([60.0, 400.0, 3000.0]))
@settings(max_examples=20)
def test_kernels_keep_the_events_inside(seed: int, bandwidth_m: float) -> None:
    x, y, _ = events(30, seed)
    rng = np.random.default_rng(seed)
    inside = rng.random((10, 12)) < 0.7
    row, column = squares_of(x, y, GRID)
    there = inside[row, column]
    weights = rng.random(there.sum())
    found = Kernels(x[there], y[there], GRID, inside, bandwidth_m).map(weights)
    assert found.sum() == pytest.approx(weights.sum())
    assert (found[~inside] == 0).all()
    people = np.where(inside, rng.integers(0, 50, (10, 12)), 0).astype(float)
    assert smoothed(people, GRID, inside, bandwidth_m).sum() == pytest.approx(people.sum())


def test_parts_add_up_to_the_map_and_the_map_to_the_level() -> None:
    people = np.arange(120.0).reshape(10, 12)
    found = made(people=people)
    assert set(found.parts) == {"long-term", "repeats", "recent", "people", "everywhere"}
    assert np.abs(sum(found.parts.values()) - found.intensity).max() <= 1e-12
    assert sum(w for _, w in found.weights) == pytest.approx(1)
    assert found.intensity.min() > 0
    assert (found.lower <= found.intensity).all()
    assert (found.upper >= np.floor(found.intensity)).all()
    # About 80 events in 200 days: 12 in 30 days.
    assert found.total == pytest.approx(12, rel=0.35)


def test_nothing_after_the_day_is_looked_at() -> None:
    before = made()
    x, y, day = events(80, 1)
    late = np.full(40, 200.0)  # the day itself is already after
    after = forecast(
        np.append(x, np.full(40, 1000.0)),
        np.append(y, np.full(40, 1000.0)),
        np.append(day, late),
        GRID,
        at=200.0,
        horizon_days=30.0,
        model=FEW,
    )
    assert (after.intensity == before.intensity).all()
    assert after.weights == before.weights


def test_moving_the_calendar_changes_nothing() -> None:
    x, y, day = events(60, 2)
    plain, moved = (
        forecast(x, y, day + shift, GRID, at=200.0 + shift, horizon_days=30.0, model=FEW)
        for shift in (0.0, 1000.0)
    )
    assert moved.intensity == pytest.approx(plain.intensity)


def test_events_outside_are_counted_and_left_out() -> None:
    x, y, day = events(50, 3)
    x[:7] = -100.0
    found = forecast(x, y, day, GRID, at=200.0, horizon_days=30.0, model=FEW)
    assert (found.n_events, found.n_outside) == (43, 7)
    half = ALL.copy()
    half[:, 6:] = False
    found = forecast(x, y, day, GRID, at=200.0, horizon_days=30.0, inside=half, model=FEW)
    assert (found.intensity[~half] == 0).all()
    assert found.n_events + found.n_outside == 50


def test_a_lasting_hot_spot_is_found() -> None:
    rng = np.random.default_rng(5)
    x, y, day = events(150, 5)
    x[:60], y[:60] = rng.normal(1125, 60, 60), rng.normal(1125, 60, 60)  # square (4, 4)
    found = forecast(x, y, day, GRID, at=200.0, horizon_days=30.0)
    assert np.unravel_index(np.argmax(found.intensity), (10, 12)) == (4, 4)
    shares: dict[str, float] = {}
    for part, share in found.weights:
        shares[part.kind] = shares.get(part.kind, 0.0) + share
    assert shares["long-term"] + shares["repeats"] + shares["recent"] > shares["everywhere"]


def test_events_that_follow_people_are_given_to_people() -> None:
    rng = np.random.default_rng(6)
    people = np.where(rng.random((10, 12)) < 0.3, 500.0, 5.0)
    square = rng.choice(120, 400, p=(people / people.sum()).ravel())
    x, y = (square % 12 + rng.random(400)) * 250, (square // 12 + rng.random(400)) * 250
    day = rng.uniform(0, 200, 400)
    found = forecast(
        x, y, day, GRID,
        at=200.0, horizon_days=30.0, people=people, model=Settings(people_m=30.0),
    )  # fmt: skip
    share = {part.kind: w for part, w in found.weights}["people"]
    assert share > 0.6
    assert np.corrcoef(found.intensity.ravel(), people.ravel())[0, 1] > 0.95


def test_mixing_finds_planted_weights_again() -> None:
    # Two parts over ten places, events drawn from 70 % of one and 30 % of the other.
    rng = np.random.default_rng(7)
    parts = np.stack([np.arange(1.0, 11), np.arange(10.0, 0, -1)]) / 55
    at = rng.choice(10, 20_000, p=0.7 * parts[0] + 0.3 * parts[1])
    found = mixed(parts[:, at].T, np.ones((20_000, 2)), 1.0)
    assert found / found.sum() == pytest.approx([0.7, 0.3], abs=0.03)


def test_mixing_knows_of_growth() -> None:
    # The first part is worth n events over n + 30: a quarter at 10 events, half at 30, three
    # quarters at 90. Factors are 1 : 30.
    rng = np.random.default_rng(8)
    parts = np.stack([np.arange(1.0, 11), np.arange(10.0, 0, -1)]) / 55
    seen, growth = [], []
    for n in (10.0, 30.0, 90.0):
        share = n / (n + 30)
        seen.append(rng.choice(10, 10_000, p=share * parts[0] + (1 - share) * parts[1]))
        growth.append(np.tile([n, 1.0], (10_000, 1)))
    found = mixed(parts[:, np.concatenate(seen)].T, np.concatenate(growth), 1.0)
    assert found[1] / found[0] == pytest.approx(30, rel=0.15)


def test_a_short_past_mixes_all_parts_alike() -> None:
    found = made(n=5, at=200.0, horizon_days=190.0)
    assert found.n_periods == 0
    assert [w for _, w in found.weights] == pytest.approx([1 / len(found.weights)] * 8)
    assert "too short" in " ".join(line.template for line in found.card)


def test_the_daily_level_by_hand() -> None:
    # Every half life the weight halves: two events now and two a half life (10 days) ago weigh 3;
    # ten days decayed are 10 / ln 2 x (1 - 1/2) = 7.2135 days.
    day = np.array([10.0, 10.0, 20.0, 20.0])
    assert daily_level(day, 20.0, 10.0) == pytest.approx(3 / 7.213475)
    assert daily_level(np.array([]), 20.0, 10.0) == 0


def test_a_steady_rate_is_its_own_level() -> None:
    day = np.arange(0, 400, 0.25)
    assert daily_level(day, 400.0, 30.0) == pytest.approx(4, rel=0.01)


def test_intervals_by_hand() -> None:
    # Poisson of mean 2: P(0) = 0.135 > 0.05, P(up to 4) = 0.947, P(up to 5) = 0.983.
    low, high = interval_of(np.array([2.0, 0.0]), 0.0)
    assert (low.tolist(), high.tolist()) == ([0, 0], [5, 0])
    wider = interval_of(np.array([20.0]), 0.5)
    plain = interval_of(np.array([20.0]), 0.0)
    assert wider[0] < plain[0]
    assert wider[1] > plain[1]


def test_regions_add_up() -> None:
    found = made()
    region = np.arange(120).reshape(10, 12) % 7
    assert found.of_regions(region, 7).sum() == pytest.approx(found.total)
    assert found.of_regions(np.full((10, 12), -1), 7).tolist() == [0] * 7


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"at": -1.0}, "No event in the area before the first day of the forecast"),
        ({"horizon_days": 0.0}, r"The period is 0\.0 days long; expected above 0"),
        ({"inside": np.ones((2, 2), dtype=bool)}, r"must have the grid's shape \(10, 12\)"),
        ({"people": np.zeros((10, 12))}, "somebody must live in the area"),
        ({"people": np.full((10, 12), -1.0)}, "People must be 0 or more"),
        ({"model": Settings(long_m=())}, "The settings of the forecast must be numbers above 0"),
        ({"model": Settings(rate_m=0.0)}, "The settings of the forecast must be numbers above 0"),
    ],
)
def test_refuses_what_cannot_be_forecast(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        made(**changes)  # type: ignore[arg-type]


def test_refuses_events_without_place_or_day() -> None:
    one = np.ones(1)
    with pytest.raises(InputError, match=r"x has shape \(1,\), y \(2,\) and day \(1,\)"):
        forecast(one, np.ones(2), one, GRID, at=2.0, horizon_days=1.0)
    with pytest.raises(InputError, match="A place or a day of an event is missing"):
        forecast(one, np.array([np.nan]), one, GRID, at=2.0, horizon_days=1.0)


@pytest.mark.parametrize("people", [None, np.ones((10, 12))])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card_reads_in_both_languages(people: np.ndarray | None, language: str) -> None:
    card = made(people=people).card
    assert {line.title for line in card} == set(CARD_TITLES)
    for line in card:
        assert "{" not in translate(line.template, language, **line.values)


def test_every_line_of_the_card_has_chinese_words() -> None:
    missing = [t for t in (*TEMPLATES, *CARD_TITLES.values()) if t not in catalogue("zh")]
    assert not missing
