"""Hidden counts stay hidden: linear programs attack every one of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cockpit.release.attack import bounds, sums_of
from cockpit.release.suppress import Suppressed, suppress
from cockpit.release.tree import Tree
from geodata.errors import InputError
from tests.release.trees import county, trees

VILLAGES = Tree.of([-1, 0, 0, 0], [0, 1, 1, 1])


def rooms(
    counts: NDArray[np.int64], tree: Tree, result: Suppressed, least: int
) -> NDArray[np.float64]:
    """Return the width of the interval that an attacker finds for each hidden figure."""
    sums = sums_of(counts, tree)
    hidden = result.hidden.ravel()
    found = [bounds(sums, hidden, int(cell), least=least) for cell in np.flatnonzero(hidden)]
    return np.array([high - low for low, high in found])


def test_one_small_count_takes_a_second_along() -> None:
    # 3 is hidden; with the total of 83 it would be 83 - 30 - 50, so the 30 goes, too (33 in both).
    result = suppress(np.array([[3], [30], [50]]), VILLAGES)
    assert result.hidden.ravel().tolist() == [False, True, True, False]
    assert result.figures.ravel().tolist() == [83, 0, 0, 50]
    assert result.primary == 1 / 4
    assert result.share == 2 / 4


def test_two_small_counts_that_tell_each_other_take_a_third() -> None:
    # 2 and 3 are 5 together: each lies in 1 to 4, closer than 10.
    counts = np.array([[2], [3], [40]])
    result = suppress(counts, VILLAGES)
    assert result.hidden.ravel().tolist() == [False, True, True, True]
    assert rooms(counts, VILLAGES, result, 1).min() >= 10


def test_nine_and_nine_protect_each_other() -> None:
    # 18 together: each lies in 1 to 17.
    counts = np.array([[9], [9], [40]])
    result = suppress(counts, VILLAGES)
    assert result.hidden.ravel().tolist() == [False, True, True, False]
    assert rooms(counts, VILLAGES, result, 1).tolist() == [16, 16]


def test_zeros_and_large_counts_are_shown_as_they_are() -> None:
    result = suppress(np.array([[0], [10], [11]]), VILLAGES)
    assert not result.hidden.any()
    assert result.figures.ravel().tolist() == [21, 0, 10, 11]


def test_a_zero_never_protects_a_small_count() -> None:
    # Everybody knows that nobody lives on the lake, so the parent must be hidden as well.
    counts = np.array([[0], [0], [4]])
    result = suppress(counts, VILLAGES)
    assert result.hidden.ravel().tolist() == [True, False, False, True]
    assert result.share == 1


def test_the_total_of_the_classes_gives_no_small_count_away() -> None:
    # By hand: region 1 has 3 and 97 of 100. The 3 is hidden; 97 = 100 - 3 must be, too.
    counts = np.array([[3, 97], [50, 60], [70, 80]])
    result = suppress(counts, VILLAGES)
    assert result.hidden[1, 0]
    assert result.hidden[1].sum() >= 2
    assert rooms(counts, VILLAGES, result, 1).min() >= 10


def test_subtraction_across_levels_finds_nothing() -> None:
    # A village has 12 in two grids of 5 and 7; its township 12 + 80; what the attacker of
    # "township - other village" gets is the village, and its grids are 1 to 11 each.
    tree = Tree.of([-1, 0, 1, 1, 2, 2], [0, 1, 2, 2, 3, 3])
    counts = np.array([[80], [5], [7]])
    result = suppress(counts, tree)
    hidden = result.hidden.ravel()
    assert hidden[4]
    assert hidden[5]
    assert rooms(counts, tree, result, 1).min() >= 10


@settings(max_examples=40, deadline=None)
@given(trees(most=14), st.integers(1, 3), st.integers(2, 12), st.data())
def test_no_hidden_count_is_bounded_closer_than_the_smallest_shown(
    tree: Tree, n_classes: int, small: int, data: st.DataObject
) -> None:
    n = len(tree.leaves) * n_classes
    drawn = data.draw(st.lists(st.integers(0, 40), min_size=n, max_size=n))
    counts = np.array(drawn, dtype=np.int64).reshape(-1, n_classes)
    result = suppress(counts, tree, small=small)
    sums = sums_of(counts, tree)
    table = sums.values.reshape(sums.shape)
    assert result.hidden[(table > 0) & (table < small)].all()
    assert not result.hidden[table == 0].any()
    assert (result.figures == np.where(result.hidden, 0, table)).all()
    for least in (0, 1):
        assert (rooms(counts, tree, result, least) >= small - 1e-6).all()


def test_an_attack_on_the_naive_release_succeeds() -> None:
    """The attacker is no straw man: hiding the small counts alone gives them away."""
    counts = np.array([[3, 97], [50, 60], [70, 80]])
    sums = sums_of(counts, VILLAGES)
    naive = (sums.values > 0) & (sums.values < 10)
    cell = int(np.flatnonzero(naive)[0])
    assert bounds(sums, naive, cell) == (3, 3)


def test_a_county_of_households_stays_mostly_readable() -> None:
    """60 villages, 5 kinds of household: no interval below 10, most figures shown."""
    tree = county(townships=6, villages=10, grids=0)
    rng = np.random.default_rng(20250101)
    shares = rng.dirichlet([6, 5, 4, 2, 0.5], len(tree.leaves))
    counts = rng.poisson(rng.gamma(2, 150, (len(tree.leaves), 1)) * shares).astype(np.int64)
    result = suppress(counts, tree)
    assert rooms(counts, tree, result, 1).min() >= 10
    assert 0 < result.primary < result.share < 3 * result.primary


def test_the_same_counts_hide_the_same_figures() -> None:
    counts = np.array([[3, 97], [50, 60], [70, 80]])
    assert (suppress(counts, VILLAGES).hidden == suppress(counts, VILLAGES).hidden).all()


def test_refuses_a_smallest_count_that_hides_nothing() -> None:
    with pytest.raises(InputError, match="The smallest count shown is 1; expected 2"):
        suppress(np.array([[1], [2], [3]]), VILLAGES, small=1)
