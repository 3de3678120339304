"""Near repeats: a published table, a table by hand, a plain peer, and laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.risk.near_repeat import near_repeat
from geodata.errors import InputError

INF = float("inf")

# The 20 events of the vignette "NearRepeat_breaks" of the R package NearRepeat 0.1.1 (2020-10-08):
# set.seed(10), then sample() three times; drawn again here by R's generator, and the six rows that
# the vignette prints agree. Places in metres, whole days.
X = [55, 45, 50, 80, 60, 40, 35, 95, 75, 75, 50, 35, 50, 10, 65, 40, 70, 35, 30, 35]
Y = [90, 90, 65, 25, 5, 35, 90, 20, 90, 95, 90, 55, 75, 5, 50, 50, 70, 65, 5, 45]
DAY = [1, 2, 3, 3, 4, 5, 7, 8, 10, 10, 10, 14, 14, 15, 15, 16, 16, 16, 17, 19]


def arrays(*columns):
    return tuple(np.array(column, dtype=float) for column in columns)


def test_gives_the_published_table_of_the_r_package() -> None:
    x, y, day = arrays(X, Y, DAY)
    result = near_repeat(
        x, y, day, distances_m=(0, 1, 20, 40, 60), days=(0, 1, 2, 3, 4), simulations=19,
        rng=np.random.default_rng(1), metric="manhattan",
    )  # fmt: skip
    assert result.observed.tolist() == [[0, 0, 0, 0], [1, 1, 2, 2], [4, 4, 5, 1], [2, 5, 4, 3]]


# Four events. By hand, metres (as the crow flies / along streets) and days of the six pairs:
# AB 0/0, 1; AC 50/70, 1; BC 50/70, 0; AD 500/700, 10; BD 500/700, 9; CD 450/630, 9.
HAND = arrays([0, 0, 30, 300], [0, 0, 40, 400], [0, 1, 1, 10])
BANDS = {"distances_m": (0, 1, 60, 500), "days": (0, 1, 2, INF)}


def hand(**options):
    options = {**BANDS, "simulations": 4000, "rng": np.random.default_rng(7), **options}
    return near_repeat(*HAND, **options)


def test_counts_pairs_in_half_open_bands() -> None:
    # same place: AB a day apart. Up to 60 m: BC on one day, AC a day apart. Up to 500 m: CD,
    # for a distance of exactly 500 is outside.
    assert hand().observed.tolist() == [[0, 1, 0], [1, 1, 0], [0, 0, 1]]
    # along streets AC and BC are 70 m apart, and all pairs with D are beyond 500 m
    assert hand(metric="manhattan").observed.tolist() == [[0, 1, 0], [0, 0, 0], [1, 1, 0]]


def test_open_last_band_takes_all_pairs_further_away() -> None:
    beyond = hand(distances_m=(0, 1, 60, 500, INF)).observed
    assert beyond.tolist() == [[0, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 2]]
    # pairs nearer than the first limit are in no band, and not in the last one either
    assert hand(distances_m=(1, 60, INF)).observed.tolist() == [[1, 1, 0], [0, 0, 3]]


def test_expectation_and_p_value_are_those_of_shuffled_times() -> None:
    result = hand()
    # Shuffling lets any pair of times fall on any pair of places: pairs by distance (1, 2, 1) times
    # pairs by time (1, 2, 3) over all six.
    exact = np.outer([1, 2, 1], [1, 2, 3]) / 6
    assert result.expected == pytest.approx(exact, abs=0.04)
    assert result.ratio == pytest.approx(result.observed / result.expected)
    # AB is a day apart in 2 of the 6 ways to choose its times: p = 1/3
    assert result.p[0, 1] == pytest.approx(1 / 3, abs=0.03)
    assert result.p[0, 0] == 1  # none observed: chance always gives as many


def test_dates_count_as_calendar_days() -> None:
    x, y, _ = HAND
    times = np.array(
        ["2025-05-12T23:50", "2025-05-13T00:10", "2025-05-13T23:00", "2025-05-22T12:00"],
        dtype="datetime64[s]",
    )
    result = near_repeat(x, y, times, **BANDS, simulations=1, rng=np.random.default_rng(1))
    assert result.observed.tolist() == hand(simulations=1).observed.tolist()


def test_ratio_is_unknown_where_nothing_is_expected() -> None:
    result = hand(days=(20, 30))
    assert (result.expected == 0).all()
    assert np.isnan(result.ratio).all()
    assert (result.p == 1).all()


def test_fewer_than_two_events_make_no_pair() -> None:
    one = arrays([1], [2], [3])
    none = arrays([], [], [])
    for events in (one, none):
        result = near_repeat(*events, **BANDS, simulations=3, rng=np.random.default_rng(1))
        assert not result.observed.any()


def plain(x, y, day, far, late, metric):
    """Count pairs one after the other."""
    table = np.zeros((len(far) - 1, len(late) - 1), dtype=int)
    for a in range(len(x)):
        for b in range(a):
            across, up = abs(x[a] - x[b]), abs(y[a] - y[b])
            metres = across + up if metric == "manhattan" else np.hypot(across, up)
            apart = abs(day[a] - day[b])
            for i, j in np.ndindex(table.shape):
                table[i, j] += far[i] <= metres < far[i + 1] and late[j] <= apart < late[j + 1]
    return table


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
@pytest.mark.parametrize("days", ["whole", "hours"])
def test_equals_a_plain_count_in_every_shuffle(metric: str, days: str) -> None:
    rng = np.random.default_rng(20240501)
    x, y = rng.integers(0, 12, (2, 40)) * 10.0
    day = rng.integers(0, 25, 40) / (1 if days == "whole" else 8)
    far, late = (0.0, 1.0, 20.0, 50.0, INF), (0.0, 1.0, 2.0, 5.0)
    result = near_repeat(
        x, y, day, distances_m=far, days=late, simulations=9, rng=np.random.default_rng(3),
        metric=metric,
    )  # fmt: skip
    again = np.random.default_rng(3)
    shuffled = [plain(x, y, again.permutation(day), far, late, metric) for _ in range(9)]
    observed = plain(x, y, day, far, late, metric)
    assert result.observed.tolist() == observed.tolist()
    assert result.expected == pytest.approx(np.mean(shuffled, axis=0))
    reached = sum(table >= observed for table in shuffled)
    assert result.p == pytest.approx((1 + reached) / 10)


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(2, 30), seed=st.integers(0, 2**32 - 1), shift=st.integers(-1000, 1000)
)  # fmt: skip
def test_every_pair_is_in_one_band_and_the_origin_does_not_matter(
    n: int, seed: int, shift: int
) -> None:
    rng = np.random.default_rng(seed)
    x, y, day = rng.integers(0, 300, (3, n)).astype(float)
    bands = {"distances_m": (0, 1, 50, INF), "days": (0, 10, 100, INF), "simulations": 2}
    result = near_repeat(x, y, day, **bands, rng=np.random.default_rng(1))
    moved = near_repeat(x + shift, y - shift, day + shift, **bands, rng=np.random.default_rng(1))
    assert result.observed.sum() == n * (n - 1) // 2
    assert moved.observed.tolist() == result.observed.tolist()
    assert result.expected.sum() == pytest.approx(n * (n - 1) / 2)
    assert ((result.p > 0) & (result.p <= 1)).all()


def test_finds_planted_repeats_and_nothing_without_them() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.uniform(0, 5000, (2, 300))
    day = rng.integers(0, 365, 300)
    bands = {"distances_m": (0, 100, 200), "days": (0, 8, 15), "simulations": 199, "rng": rng}
    quiet = near_repeat(x, y, day, **bands)
    assert quiet.p.min() > 0.01
    again = rng.choice(300, 40, replace=False)  # 40 events are repeated within 50 m and a week
    x, y = np.append(x, x[again] + 30), np.append(y, y[again] + 30)
    planted = near_repeat(x, y, np.append(day, day[again] + 5), **bands)
    assert planted.p[0, 0] == 1 / 200
    assert planted.ratio[0, 0] > 3


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"x": np.zeros(3)}, r"Events have \(3,\) and \(4,\) coordinates and \(4,\) times"),
        ({"x": np.array([0, 0, np.nan, 1])}, "An event has no place or no time"),
        ({"day": np.array(["2025-01-01", "NaT"] * 2, "datetime64[D]")}, "no place or no time"),
        ({"distances_m": (0, 5, 5)}, "The limits 0, 5, 5 do not rise from 0 or more"),
        ({"distances_m": (0, INF)}, "One band of all distances"),
        ({"days": (-1, 5)}, "The limits -1, 5 do not rise"),
        ({"days": (3,)}, "or make no band"),
        ({"metric": "chebyshev"}, "The metric chebyshev is unknown"),
        ({"simulations": 0}, "0 shuffles were asked for"),
    ],
)
def test_says_what_is_wrong(changed: dict, words: str) -> None:
    x, y, day = HAND
    options = {"x": x, "y": y, "day": day, **BANDS, "rng": np.random.default_rng(1), **changed}
    with pytest.raises(InputError, match=words):
        near_repeat(options.pop("x"), options.pop("y"), options.pop("day"), **options)
