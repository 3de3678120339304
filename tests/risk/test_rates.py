"""Smoothed rates: by hand, the same as esda, and laws of shrinkage."""

# ruff: noqa: E501 - a case a line reads better than one over five

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.risk import rates, weights
from geodata.errors import InputError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of libpysal's and esda's own
    from esda.smoothing import Empirical_Bayes, Spatial_Empirical_Bayes
    from libpysal.weights import W

# County: 10 of 100, rate 0.1; raw rates 0.4, 0 and 0.08.
EVENTS = np.array([4.0, 0.0, 6.0])
PEOPLE = np.array([10.0, 15.0, 75.0])


def test_empirical_bayes_by_hand() -> None:
    # About: 10 x 0.3^2 + 15 x 0.1^2 + 75 x 0.02^2 = 0.9 + 0.15 + 0.03 = 1.08 over 100 people.
    beyond = 0.0108 - 0.1 / (100 / 3)
    share = beyond / (beyond + 0.1 / PEOPLE)
    expected = 0.1 + share * (np.array([0.4, 0.0, 0.08]) - 0.1)
    np.testing.assert_allclose(rates.empirical_bayes(EVENTS, PEOPLE), expected, atol=1e-15)


def places(n: int, seed: int) -> weights.Weights:
    rng = np.random.default_rng(seed)
    return weights.nearest(rng.uniform(0, 9, n), rng.uniform(0, 9, n), 5)


def counts(n: int, seed: int, scatter: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    people = rng.integers(20, 3000, n).astype(float)
    return rng.poisson(people * 0.01 * rng.lognormal(0, scatter, n)).astype(float), people


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_global_equals_esda(seed: int) -> None:
    events, people = counts(200, seed, 0.6)
    peer = Empirical_Bayes(events, people).r.ravel()
    np.testing.assert_allclose(rates.empirical_bayes(events, people), peer, atol=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_local_equals_esda(seed: int) -> None:
    events, people = counts(150, seed, 0.6)
    near = places(150, seed)
    lists = {i: near.neighbours(i).tolist() for i in range(150)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = Spatial_Empirical_Bayes(events, people, W(lists, id_order=list(range(150)))).r
    ours = rates.spatial_empirical_bayes(events, people, near)
    np.testing.assert_allclose(ours, peer.ravel(), atol=1e-9)


@given(st.integers(1, 400), st.integers(2, 60))
def test_fewer_people_are_drawn_further(people: int, more: int) -> None:
    events, others = counts(100, 9, 0.8)
    few, many = float(people) * 10, float(people) * 10 * more
    # Two cells of the same raw rate, 0.1, well above the county's.
    found = rates.empirical_bayes(
        np.append(events, [few / 10, many / 10]), np.append(others, [few, many])
    )
    mean = (events.sum() + (few + many) / 10) / (others.sum() + few + many)
    assert mean < found[-2] < found[-1] < 0.1


def test_chance_alone_gives_all_the_same_rate() -> None:
    # Ten events a thousand people everywhere: less scatter than chance would make.
    people = np.array([100.0, 200.0, 700.0])
    assert rates.empirical_bayes(people / 100, people) == pytest.approx([0.01] * 3, abs=1e-15)
    row = weights.within(np.arange(3.0), np.zeros(3), 1)
    assert rates.spatial_empirical_bayes(people / 100, people, row) == pytest.approx([0.01] * 3)
    assert (rates.empirical_bayes(np.zeros(3), people) == 0).all()
    assert (rates.spatial_empirical_bayes(np.zeros(3), people, row) == 0).all()


def test_smoothed_rates_lie_between_raw_and_mean() -> None:
    events, people = counts(150, 4, 0.7)
    near = places(150, 4)
    raw, mean = events / people, near.around(events) / near.around(people)
    found = rates.spatial_empirical_bayes(events, people, near)
    hair = 1e-15
    assert (found >= np.minimum(raw, mean) - hair).all()
    assert (found <= np.maximum(raw, mean) + hair).all()


def test_cells_without_people() -> None:
    events, people = np.append(EVENTS, 2.0), np.append(PEOPLE, 0.0)
    found = rates.empirical_bayes(events, people)
    assert found[3] == pytest.approx(12 / 100)
    row = weights.within(np.array([0.0, 1, 2, 3]), np.zeros(4), 1)
    assert rates.spatial_empirical_bayes(events, people, row)[3] == pytest.approx(8 / 75)
    apart = weights.within(np.arange(4) * 9.0, np.zeros(4), 1)
    alone = rates.spatial_empirical_bayes(events, people, apart)
    assert alone[:3].tolist() == [0.4, 0.0, 0.08]  # an island has only itself
    assert np.isnan(alone[3])
    assert np.isnan(rates.empirical_bayes(np.array([3.0]), np.zeros(1))).all()
    assert rates.empirical_bayes(np.empty(0), np.empty(0)).shape == (0,)


@pytest.mark.parametrize(
    ("events", "people", "words"),
    [
        (np.ones(2), np.ones(3), "events has shape (2,) and people (3,); expected (n_cells,) for both."),
        (np.array([1, np.nan, 1]), np.ones(3), "events has negative or missing values."),
        (np.ones(3), np.array([1, -1, 1]), "people has negative or missing values."),
        (np.ones(3), np.array([1, np.inf, 1]), "people has values without end."),
    ],
)  # fmt: skip
def test_wrong_input_is_named(events: np.ndarray, people: np.ndarray, words: str) -> None:
    with pytest.raises(InputError) as caught:
        rates.empirical_bayes(events, people)
    assert str(caught.value) == words
    with pytest.raises(
        InputError, match=r"events has shape \(2,\); expected \(3,\), one value a cell"
    ):
        rates.spatial_empirical_bayes(np.ones(2), np.ones(2), weights.nearest(np.arange(3.0), np.zeros(3), 1))  # fmt: skip
