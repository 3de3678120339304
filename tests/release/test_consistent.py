"""Figures that add up: against matrices, another program, hand-worked numbers and laws."""

from itertools import product

import numpy as np
import opendp.prelude as dp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cockpit.release.consistent import integers, least_squares, nearest
from cockpit.release.margins import coefficients, estimate_variance
from cockpit.release.tree import Tree
from geodata.errors import InputError
from tests.release.trees import IRREGULAR, county, trees

Drawn = tuple[Tree, NDArray[np.float64], NDArray[np.float64]]


@st.composite
def noisy(draw: st.DrawFn) -> Drawn:
    tree = draw(trees())
    n = len(tree)
    value, spread = st.integers(-500, 500), st.floats(0.1, 100)
    values = draw(st.lists(st.tuples(value, value), min_size=n, max_size=n))
    variance = draw(st.lists(spread, min_size=n, max_size=n))
    return tree, np.array(values, dtype=np.float64), np.array(variance)


def projection(tree: Tree, variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix of generalised least squares on the leaves, from its definition."""
    design = np.zeros((len(tree), len(tree.leaves)))
    for column, leaf in enumerate(tree.leaves):
        row = int(leaf)
        while row >= 0:
            design[row, column] = 1
            row = int(tree.parent[row])
    root = 1 / np.sqrt(variance)[:, None]
    solved, *_ = np.linalg.lstsq(design * root, np.diag(root.ravel()), rcond=None)
    return np.asarray(design @ solved)


def test_two_children_share_what_is_missing() -> None:
    # Equal variances: the county's estimate is (2 * 10 + (3 + 4)) / 3 = 9, and the missing 2
    # are shared: 4 and 5.
    tree = Tree.of([-1, 0, 0], [0, 1, 1])
    figures = least_squares(np.array([[10.0], [3.0], [4.0]]), tree, np.ones(3))
    assert figures.ravel() == pytest.approx([9, 4, 5])


@settings(deadline=None)
@given(noisy())
def test_equals_generalised_least_squares(drawn: Drawn) -> None:
    tree, values, variance = drawn
    expected = projection(tree, variance) @ values
    assert np.abs(least_squares(values, tree, variance) - expected).max() < 1e-9 * 500


@settings(deadline=None)
@given(noisy())
def test_knows_its_own_variance_and_weights(drawn: Drawn) -> None:
    tree, _, variance = drawn
    matrix = projection(tree, variance)
    exact = np.diag(matrix @ np.diag(variance) @ matrix.T)
    assert estimate_variance(tree, variance) == pytest.approx(exact, rel=1e-8)
    rows = np.arange(len(tree))
    assert np.abs(coefficients(tree, variance, rows) - matrix.T).max() < 1e-9


def test_equals_opendp_on_a_regular_tree() -> None:
    """OpenDP knows complete trees of equal branches and equal noise, and only these."""
    dp.enable_features("contrib")
    tree = county(townships=4, villages=4, grids=4)
    rng = np.random.default_rng(7)
    values = rng.integers(0, 100, (len(tree), 1)).astype(np.float64)
    consistent = dp.t.make_consistent_b_ary_tree(branching_factor=4)
    theirs = consistent(values.ravel().astype(int).tolist())
    ours = least_squares(values, tree, np.ones(len(tree)))[tree.leaves]
    assert np.abs(ours.ravel() - theirs).max() < 1e-9


@settings(deadline=None)
@given(noisy())
def test_integers_add_up_and_are_not_negative(drawn: Drawn) -> None:
    tree, values, variance = drawn
    figures = integers(least_squares(values, tree, variance), tree)
    assert figures.dtype == np.int64
    assert tree.adds_up(figures)
    assert figures.min() >= 0
    again = integers(least_squares(figures, tree, variance), tree)
    assert (again == figures).all()


@settings(deadline=None)
@given(
    st.lists(st.floats(-9, 9), min_size=1, max_size=4),
    st.integers(0, 12),
)
def test_no_integers_with_that_sum_are_nearer(values: list[float], total: int) -> None:
    exact = np.array(values)
    found = nearest(exact[:, None], np.array([total])).ravel()
    assert found.sum() == total
    assert found.min() >= 0
    every = (np.array(p) for p in product(range(total + 1), repeat=len(values)) if sum(p) == total)
    best = min(float(((choice - exact) ** 2).sum()) for choice in every)
    assert float(((found - exact) ** 2).sum()) <= best + 1e-9


def test_rounds_by_hand() -> None:
    # Sum 10: 0.4 too much is taken from the two that stay above 0 and -3 becomes 0:
    # 6.2 and 3.8 are left of 6.4 and 4, which round to 6 and 4.
    assert nearest(np.array([[6.4], [-3.0], [4.0]]), np.array([10])).ravel().tolist() == [6, 0, 4]
    assert nearest(np.array([[-5.0], [-1.0]]), np.array([0])).ravel().tolist() == [0, 0]


def test_unbiased_before_rounding() -> None:
    # 20,000 columns of noise: the mean error of each region is 0 within 5 standard errors.
    variance = np.array([50.0, 12, 12, 5, 5, 3, 3, 3, 3])
    rng = np.random.default_rng(11)
    noise = rng.laplace(0, np.sqrt(variance / 2)[:, None], (9, 20_000))
    exact = IRREGULAR.from_leaves(np.array([[10], [7], [1], [2], [3]]))
    error = least_squares(exact + noise, IRREGULAR, variance) - exact
    sure = np.sqrt(estimate_variance(IRREGULAR, variance))
    assert (np.abs(error.mean(axis=1)) < 5 * sure / np.sqrt(20_000)).all()
    assert error.std(axis=1) == pytest.approx(sure, rel=0.03)
    assert (sure <= np.sqrt(variance)).all()


def test_refuses_shapes_that_disagree_and_no_noise() -> None:
    with pytest.raises(InputError, match=r"shapes \(9, 1\) and \(8,\); expected \(9, classes\)"):
        least_squares(np.zeros((9, 1)), IRREGULAR, np.ones(8))
    with pytest.raises(InputError, match="A variance of noise is not above 0 and finite"):
        least_squares(np.zeros((9, 1)), IRREGULAR, np.zeros(9))
    with pytest.raises(InputError, match=r"shape \(9, 1\); expected \(9, classes\), none missing"):
        integers(np.full((9, 1), np.nan), IRREGULAR)
