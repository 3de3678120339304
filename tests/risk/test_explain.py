"""Figures taken apart: pieces by hand, and pieces that add up exactly for any data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.locale import catalogue
from cockpit.risk.composite import composite, topsis
from cockpit.risk.explain import (
    BESIDE,
    HERE,
    MEAN_RATE,
    OWN_RATE,
    RATE_PARTS,
    Explanation,
    Piece,
    of_composite,
    of_excess,
    of_forecast,
    of_hot_spot,
    of_rate,
    of_topsis,
)
from cockpit.risk.forecast import forecast
from cockpit.risk.forecast_card import KIND_TITLES
from cockpit.risk.grids import Grid
from cockpit.risk.hotspots import getis_ord
from cockpit.risk.rates import empirical_bayes
from cockpit.risk.weights import Weights, nearest
from geodata.errors import InputError

NAMES = [f"cell {i}" for i in range(30)]


def scattered(seed: int) -> tuple[Weights, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return nearest(rng.uniform(0, 9e3, 30), rng.uniform(0, 9e3, 30), 4), rng


def assert_adds_up(told: Explanation, figure: float) -> None:
    assert told.total == pytest.approx(figure, rel=1e-12, abs=1e-12)
    total, parts = told.whole(digits=1)
    assert sum(parts) == total
    assert all(
        abs(whole - piece.amount * 10) < 1 + 1e-5
        for whole, piece in zip(parts, told.pieces, strict=True)
    )


def test_a_score_by_hand() -> None:
    # Cell 1 of three: 75 x 1/2 and 25 x 1.
    table = np.array([[0.0, 1.0], [1.0, 2.0], [2.0, 1.0]])
    told = of_composite(composite(table, np.array([3.0, 1.0])), 1, ["old people", "slope"])
    assert told.total == 62.5
    assert [(p.title, p.amount) for p in told.pieces] == [("old people", 37.5), ("slope", 25.0)]
    assert told.pieces[0].facts == {"weight": 0.75, "normalised": 0.5}
    assert told.whole() == (63, (38, 25))


def test_a_missing_criterion_is_a_piece_of_nothing() -> None:
    table = np.array([[0.0, np.nan], [4.0, 1.0], [np.nan, np.nan], [3.0, 0.0]])
    index = composite(table, np.array([1.0, 1.0]))
    told = of_composite(index, 0, ["a", "b"])
    assert [p.facts for p in told.pieces] == [{"weight": 1.0, "normalised": 0.0}, {"weight": 0.5}]
    with pytest.raises(InputError, match="Nothing is known of this cell"):
        of_composite(index, 2, ["a", "b"])
    with pytest.raises(InputError, match="There are 1 names for 2 criteria"):
        of_composite(index, 0, ["a"])


@given(st.integers(0, 2**32 - 1))
def test_every_method_adds_up(seed: int) -> None:
    weights, rng = scattered(seed)
    table = rng.gamma(1.0, size=(30, 4))
    table[rng.random((30, 4)) < 0.1] = np.nan
    index = composite(table, rng.random(4) + 0.01)
    cell = int(np.flatnonzero(~np.isnan(index.score))[0])
    assert_adds_up(of_composite(index, cell, list("abcd")), index.score[cell])
    filled = topsis(np.nan_to_num(table), np.ones(4))
    assert_adds_up(of_topsis(filled, cell, list("abcd")), filled.closeness[cell])
    people = rng.integers(1, 900, 30).astype(float)
    events = rng.poisson(people * 0.05).astype(float)
    usual = people * events.sum() / people.sum()
    near = [cell, *weights.matrix[[cell]].indices]
    told = of_excess(events, usual, weights, cell, NAMES)
    assert_adds_up(told, float((events - usual)[near].sum()))
    rate = empirical_bayes(events, people)
    around = events.sum() / people.sum()
    told = of_rate(float(rate[cell]), float(events[cell] / people[cell]), float(around))
    assert_adds_up(told, float(rate[cell]))
    assert -1e-9 <= told.pieces[0].facts["kept"] <= 1 + 1e-9
    z = getis_ord(events, weights, permutations=0, rng=rng).z
    assert of_hot_spot(events, weights, cell, NAMES).total == pytest.approx(z[cell], abs=1e-9)


def test_an_excess_by_hand() -> None:
    # Cells on a line; each has its nearest two. Around cell 1: 5 - 2, then 4 - 1 and 0 - 1.
    weights = nearest(np.array([0.0, 1.0, 2.5]), np.zeros(3), 2)
    told = of_excess(
        np.array([0.0, 5.0, 4.0]), np.array([1.0, 2.0, 1.0]), weights, 1, ["west", "mid", "east"]
    )
    assert told.total == 5
    assert [(p.title, p.values.get("name"), p.amount) for p in told.pieces] == [
        (HERE, None, 3),
        (BESIDE, "east", 3),
        (BESIDE, "west", -1),
    ]
    assert told.pieces[1].facts == {"observed": 4, "expected": 1}


def test_unknown_neighbours_are_no_piece() -> None:
    weights, _ = scattered(5)
    values = np.arange(30.0)
    unknown = int(weights.matrix[[0]].indices[0])
    values[unknown] = np.nan
    told = of_hot_spot(values, weights, 0, NAMES)
    assert NAMES[unknown] not in [p.values.get("name") for p in told.pieces]
    z = getis_ord(values, weights, permutations=0, rng=np.random.default_rng(1)).z[0]
    assert told.total == pytest.approx(z)
    assert len(of_excess(values, np.ones(30), weights, 0, NAMES).pieces) == 4
    with pytest.raises(InputError, match="This cell has no z"):
        of_hot_spot(values, weights, unknown, NAMES)
    with pytest.raises(InputError, match="This cell has no z"):
        of_hot_spot(np.ones(30), weights, 0, NAMES)


def test_a_rate_by_hand() -> None:
    # 0.04 between its own 0.10 and 0.02 around: a quarter is kept. 0.025 + 0.015.
    told = of_rate(0.04, 0.10, 0.02)
    assert [p.title for p in told.pieces] == [OWN_RATE, MEAN_RATE]
    assert [p.amount for p in told.pieces] == pytest.approx([0.025, 0.015])
    assert told.pieces[0].facts["kept"] == pytest.approx(0.25)
    nobody = of_rate(0.02, float("nan"), 0.02)
    assert [p.amount for p in nobody.pieces] == [0, 0.02]


def test_a_forecast_is_its_parts() -> None:
    rng = np.random.default_rng(3)
    grid = Grid(0.0, 0.0, 250.0, 20, 16)
    x, y, day = rng.uniform(0, 5000, 200), rng.uniform(0, 4000, 200), rng.uniform(0, 300, 200)
    people = rng.integers(0, 200, (16, 20)).astype(float)
    made = forecast(x, y, day, grid, at=300.0, horizon_days=30.0, people=people)
    row, column = np.unravel_index(np.argmax(made.intensity), made.intensity.shape)
    told = of_forecast(made, int(row), int(column))
    assert_adds_up(told, made.intensity[row, column])
    assert {p.title for p in told.pieces} == set(KIND_TITLES.values())
    assert all(p.amount >= 0 for p in told.pieces)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=9), st.integers(0, 2))
def test_whole_numbers_add_up(amounts: list[float], digits: int) -> None:
    told = Explanation(math.fsum(amounts), tuple(Piece("a", a) for a in amounts))
    total, parts = told.whole(digits=digits)
    assert sum(parts) == total
    assert total == math.floor(told.total * 10**digits + 0.5)


def test_pieces_that_do_not_add_up_are_a_bug() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        Explanation(3.0, (Piece("a", 1.0), Piece("b", 1.999999)))


def test_every_piece_has_chinese_words() -> None:
    assert not [t for t in (*RATE_PARTS, *KIND_TITLES.values()) if t not in catalogue("zh")]
