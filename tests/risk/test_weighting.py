"""Weights of criteria: published comparisons, refusals that name the judgement, entropy by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.risk.weighting import ahp, comparisons_of, entropy, equal, told
from geodata.errors import InputError

# Saaty (2008), "Decision making with the analytic hierarchy process", International Journal of
# Services Sciences 1(1), 83-98, table 2: which drink is consumed more in the United States. Coffee,
# wine, tea, beer, sodas, milk, water; published weights below it, consistency ratio 0.022.
DRINKS = (
    *(9, 5, 2, 1, 1, 1 / 2),
    *(1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9),
    *(1 / 3, 1 / 4, 1 / 3, 1 / 9),
    *(1 / 2, 1, 1 / 3),
    *(2, 1 / 2),
    1 / 3,
)
DRINKS_WEIGHTS = (0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327)


def test_weights_of_a_published_example() -> None:
    found = ahp(comparisons_of(DRINKS, 7))
    assert found.weights == pytest.approx(DRINKS_WEIGHTS, abs=0.0006)
    assert found.consistency_ratio == pytest.approx(0.022, abs=0.0006)


def test_comparisons_that_agree_give_their_weights_back() -> None:
    # 4 : 2 : 1 by hand: 4/7, 2/7, 1/7.
    found = ahp(comparisons_of((2, 4, 2), 3))
    assert found.weights == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert found.largest_eigenvalue == pytest.approx(3)
    assert found.consistency_ratio == pytest.approx(0, abs=1e-12)
    assert found.worst is None


def test_one_or_two_criteria_cannot_contradict_each_other() -> None:
    assert ahp(np.array([[1.0]])).weights.tolist() == [1.0]
    found = ahp(comparisons_of((9,), 2))
    assert found.weights == pytest.approx([0.9, 0.1])
    assert found.consistency_ratio == 0


@given(st.lists(st.floats(0.2, 5), min_size=3, max_size=8))
def test_any_weights_come_back_from_their_own_ratios(weights: list[float]) -> None:
    given_weights = np.array(weights) / np.sum(weights)
    found = ahp(given_weights[:, None] / given_weights)
    assert found.weights == pytest.approx(given_weights, rel=1e-6)
    assert found.consistency_ratio < 1e-6


def test_one_wrong_judgement_among_good_ones_is_named() -> None:
    # Weights 8 : 4 : 2 : 1, but the second against the fourth is 1/6 where it should be 4.
    upper = (2, 4, 8, 2, 1 / 6, 2)
    with pytest.raises(
        InputError,
        match=r"^The comparisons contradict each other \(consistency ratio 0\.\d\d, at most 0\.10\)"
        r"\. The worst: old against water is 1/6; the others suggest about 4\.$",
    ):
        ahp(comparisons_of(upper, 4), names=("people", "old", "slope", "water"))


def test_a_ratio_too_large_can_be_looked_at() -> None:
    found = ahp(comparisons_of((2, 4, 8, 2, 1 / 6, 2), 4), most=None)
    assert found.consistency_ratio > 0.1
    assert found.worst == (1, 3)
    assert found.suggested == pytest.approx(4)  # the five others agree fully


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (np.ones((2, 3)), r"The comparisons have shape \(2, 3\) for 2 criteria"),
        (np.array([[1.0, 0.0], [1.0, 1.0]]), "A comparison is missing, 0 or less"),
        (np.array([[1.0, np.nan], [1.0, 1.0]]), "A comparison is missing, 0 or less"),
        (np.array([[1.0, 3.0], [3.0, 1.0]]), "1 against 2 is 3 but the other way round 3"),
        (np.ones((16, 16)), "16 criteria cannot be compared in pairs; expected 1 to 15"),
    ],
)
def test_refuses_what_are_no_comparisons(matrix: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ahp(matrix)


def test_a_third_may_be_written_with_two_digits() -> None:
    found = ahp(np.array([[1.0, 3.0], [0.33, 1.0]]))
    assert found.weights == pytest.approx([0.75, 0.25], abs=0.002)


def test_refuses_a_wrong_number_of_comparisons() -> None:
    with pytest.raises(InputError, match=r"2 comparisons were given for 3 criteria; expected 3\."):
        comparisons_of((1, 2), 3)


@pytest.mark.parametrize(
    ("ratio", "words"), [(3, "3"), (1 / 5, "1/5"), (2.5, "2.5"), (1, "1"), (0.4, "1/2.5")]
)
def test_ratios_read_as_people_write_them(ratio: float, words: str) -> None:
    assert told(ratio) == words


def test_entropy_by_hand() -> None:
    # Two cells. A: shares 1 and 0, entropy 0, tells 1. B: 1/4 and 3/4, entropy 0.8112781 bits,
    # tells 0.1887219. C is the same in both. Weights 1 / 1.1887219 and 0.1887219 / 1.1887219.
    found = entropy(np.array([[8.0, 1.0, 5.0], [0.0, 3.0, 5.0]]))
    assert found == pytest.approx([0.8412396, 0.1587604, 0.0], abs=1e-7)
    assert found[2] == 0.0


def test_entropy_leaves_cells_with_missing_values_out() -> None:
    whole = np.array([[8.0, 1.0], [0.0, 3.0]])
    more = np.vstack([whole, [np.nan, 7.0]])
    assert entropy(more).tolist() == entropy(whole).tolist()


@given(st.integers(2, 30), st.integers(0, 2**32 - 1))
def test_entropy_weights_add_up_and_forget_the_unit(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.gamma(1.0, size=(n, 4))
    table[:, 1] = 3.3  # the same everywhere
    found = entropy(table)
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    assert found[1] == 0
    assert entropy(table * [1, 5, 0.01, 1e6]) == pytest.approx(found, abs=1e-9)


def test_entropy_refuses_what_it_cannot_weigh() -> None:
    with pytest.raises(InputError, match="Every criterion is the same in all cells"):
        entropy(np.full((3, 2), 4.0))
    with pytest.raises(InputError, match="need values of 0 or more"):
        entropy(np.array([[1.0], [-1.0]]))
    with pytest.raises(InputError, match=r"The table has shape \(3,\)"):
        entropy(np.ones(3))


def test_equal_weights() -> None:
    assert equal(4).tolist() == [0.25] * 4
    with pytest.raises(InputError, match="one criterion or more"):
        equal(0)
