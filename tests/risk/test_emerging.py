"""Hot spots by their history: each class from a history made for it, and the trend by hand."""

# ruff: noqa: E501 - a case a line reads better than one over five

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cockpit.locale import catalogue
from cockpit.risk import emerging as em
from cockpit.risk import weights
from geodata.errors import InputError

SIDE = 20
X, Y = (a.ravel() for a in np.meshgrid(np.arange(SIDE) * 1.0, np.arange(SIDE) * 1.0))
NEAR = weights.within(X, Y, 1.5)
PLACE = (np.abs(X - 5) < 2) & (np.abs(Y - 5) < 2)  # nine cells
MIDDLE = int(np.flatnonzero((X == 5) & (Y == 5))[0])
USUAL = 12.0

# How much more happens at the place in each of ten periods than elsewhere.
HISTORIES = {
    "new hot": (1, 1, 1, 1, 1, 1, 1, 1, 1, 4),
    "consecutive hot": (1, 1, 1, 1, 1, 1, 1, 4, 4, 4),
    "intensifying hot": (3, 3.4, 3.8, 4.4, 5, 5.7, 6.5, 7.4, 8.4, 9.5),
    "persistent hot": (4, 4.3, 4, 4.2, 4.1, 4.2, 4, 4.1, 4.3, 4.1),
    "diminishing hot": (9.5, 8.4, 7.4, 6.5, 5.7, 5, 4.4, 3.8, 3.4, 3),
    "sporadic hot": (1, 4, 1, 1, 4, 4, 1, 4, 1, 4),
    "oscillating hot": (1, 1, 0, 0, 1, 1, 4, 1, 4, 4),
    "historical hot": (4, 4, 4, 4, 4, 4, 4, 4, 4, 1),
    "new cold": (1, 1, 1, 1, 1, 1, 1, 1, 1, 0),
    "persistent cold": (0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "oscillating cold": (1, 4, 1, 1, 1, 1, 1, 1, 1, 0),
    "historical cold": (0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
    "none": (1, 4, 1, 1, 4, 1, 1, 1, 1, 1),
}


def county(history: tuple[float, ...], seed: int) -> np.ndarray:
    """Return counts by chance about the usual, times the history at the place."""
    factor = np.where(PLACE[:, None], np.array(history), 1.0)
    return np.random.default_rng(seed).poisson(USUAL * factor).astype(float)


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_gets_its_class_by_expectation(name: str) -> None:
    counts = county(HISTORIES[name], 3)
    found = em.emerging(counts, NEAR, expected=np.full(counts.shape, USUAL))
    assert found.classes[MIDDLE] == name
    away = (np.abs(X - 5) > 4) | (np.abs(Y - 5) > 4)
    assert (found.classes[away] == "none").mean() > 0.98


@pytest.mark.parametrize("name", [n for n in HISTORIES if "cold" not in n])
def test_a_history_gets_its_class_beside_the_mean_of_each_period(name: str) -> None:
    found = em.emerging(county(HISTORIES[name], 4), NEAR)
    assert found.classes[MIDDLE] == name


def test_every_rule_by_hand() -> None:
    signs = np.array(
        [
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            [0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
            [0, 1, 1, 1, 1, 1, 1, 1, 1, 1],  # nine of ten: nearly always goes before consecutive
            [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
            [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
            [0, 1, 0, 0, 0, 0, 0, 0, 0, 1],
            [0, -1, 0, 0, 0, 0, 0, 0, 0, 1],
            [1, 1, 1, 1, 1, 1, 1, 1, 1, -1],  # cold at the end after being hot
            [1, 1, 1, 1, 1, 1, 1, 1, 1, 0],
            [1, 1, 1, 1, 1, 1, 1, 1, 0, 0],  # eight of ten
            [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1],
        ],
        dtype=np.int8,
    )
    steady = np.array([0, 0, 0, 1, -1, 0, 0, 0, 0, 0, -1], dtype=np.int8)
    assert em._classes(signs, steady).tolist() == [
        "new hot", "consecutive hot", "persistent hot", "intensifying hot", "diminishing hot",
        "sporadic hot", "oscillating hot", "oscillating cold", "historical hot", "none",
        "intensifying cold",
    ]  # fmt: skip


def test_mann_kendall_by_hand() -> None:
    # 1 2 3 4: six rising pairs, variance 4 x 3 x 13 / 18; 1 1 2: two pairs, (3 x 2 x 11 - 18) / 18.
    z, p = em.mann_kendall(np.array([[1.0, 2, 3, 4], [4, 3, 2, 1], [7, 7, 7, 7]]))
    assert z[0] == pytest.approx(5 / np.sqrt(156 / 18))
    assert z[1] == -z[0]
    assert p[0] == pytest.approx(2 * stats.norm.sf(z[0]))
    assert (z[2], p[2]) == (0, 1)
    tied, _ = em.mann_kendall(np.array([[1.0, 1, 2]]))
    assert tied[0] == pytest.approx(1 / np.sqrt((66 - 18) / 18))


def test_mann_kendall_is_kendalls_tau_with_time() -> None:
    series = np.random.default_rng(2).integers(0, 6, (50, 12)).astype(float)
    z, _ = em.mann_kendall(series)
    tau = [stats.kendalltau(np.arange(12), row).statistic for row in series]
    assert (np.sign(z) == np.where(np.abs(z) > 0, np.sign(tau), 0)).all()
    assert stats.spearmanr(z, tau).statistic > 0.99


def test_chance_alone_has_no_history() -> None:
    found = [
        em.emerging(county((1,) * 8, s), NEAR, expected=np.full((400, 8), USUAL)) for s in range(10)
    ]
    assert np.mean([f.classes != "none" for f in found]) < 0.01
    assert np.mean([f.p <= 0.05 for f in found]) < 0.06


@pytest.mark.parametrize("usual", [0.1, 0.3, 1, 100])
def test_chance_alone_has_no_history_without_expectations(usual: float) -> None:
    # Raw Gi* gave 85 % of such maps a history. Of 40 maps at 5 % more than 6 are one in a hundred.
    maps = [np.random.default_rng(s).poisson(usual, (400, 6)).astype(float) for s in range(40)]
    assert sum((em.emerging(one, NEAR).classes != "none").any() for one in maps) <= 6


def test_a_season_that_comes_to_all_is_no_trend() -> None:
    season = np.array([1, 2, 4, 8, 16, 8, 4, 2])
    counts = np.random.default_rng(1).poisson(9.0 * season, (400, 8)).astype(float)
    assert (em.emerging(counts, NEAR).classes == "none").mean() > 0.98


def test_constant_counts_and_no_cells() -> None:
    found = em.emerging(np.ones((400, 5)), NEAR)
    assert (found.classes == "none").all()
    assert (found.trend == 0).all()
    none = weights.within(np.empty(0), np.empty(0), 1)
    assert em.emerging(np.empty((0, 5)), none).classes.shape == (0,)


def test_a_count_no_chance_explains_keeps_a_finite_score() -> None:
    counts = np.ones((400, 4))
    counts[MIDDLE] = 1e6
    found = em.emerging(counts, NEAR, expected=np.ones((400, 4)))
    assert np.isfinite(found.scores).all()
    assert found.classes[MIDDLE] == "persistent hot"


def test_every_class_has_words() -> None:
    chinese = catalogue("zh")
    assert not [name for name in em.EMERGING[1:] if name not in chinese]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: em.emerging(np.ones((400, 3)), NEAR), "counts has shape (400, 3); expected (400, periods) and at least 4 periods."),
        (lambda: em.emerging(np.ones((9, 5)), NEAR), "counts has shape (9, 5); expected (400, periods) and at least 4 periods."),
        (lambda: em.emerging(-np.ones((400, 5)), NEAR), "counts has negative or missing values."),
        (lambda: em.emerging(np.ones((400, 5)), NEAR, expected=np.ones((400, 6))), "counts has shape (400, 5) and expected (400, 6); both need the same."),
    ],
)  # fmt: skip
def test_wrong_input_is_named(call, words: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == words
