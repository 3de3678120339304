"""The noise: what it promises, and that nothing is released when a promise does not hold."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.release.noise import PrivacyError, check_map, epsilons, laplace, measure
from cockpit.release.tree import Tree
from geodata.errors import InputError
from tests.release.trees import IRREGULAR, county, trees

TENTH = Fraction(1, 10)


def test_splits_epsilon_along_every_path() -> None:
    # By hand: .1 county, .2 townships, .3 the village with grids; village 4 has no grids and
    # takes their .4, too; grid 5 has no village above it and takes its .3.
    parts = epsilons(IRREGULAR, Fraction(1))
    tenths = [part * 10 for part in parts]
    assert tenths == [1, 2, 2, 3, 7, 7, 4, 4, 4]


@given(trees(), st.fractions(Fraction(1, 100), 2))
def test_no_person_gives_more_than_the_whole_epsilon(tree: Tree, epsilon: Fraction) -> None:
    parts = epsilons(tree, epsilon)
    for leaf in tree.leaves.tolist():
        spent, row = Fraction(0), leaf
        while row >= 0:
            assert parts[row] > 0
            spent, row = spent + parts[row], int(tree.parent[row])
        assert spent == epsilon


@settings(deadline=None)
@given(st.fractions(Fraction(1, 1000), 2, max_denominator=1000))
def test_the_privacy_map_is_never_above_what_was_asked(epsilon: Fraction) -> None:
    mechanism, scale = laplace(epsilon)
    assert Fraction(mechanism.map(1)) <= epsilon
    assert mechanism.map(1) == pytest.approx(float(epsilon), rel=1e-12)
    assert mechanism.map(2) == pytest.approx(2 * float(epsilon), rel=1e-12)
    assert scale == pytest.approx(1 / float(epsilon))


@pytest.mark.parametrize("loss", [float("inf"), float("nan"), 0.2, 0.1 + 1e-12, 0.05])
def test_a_measurement_of_another_loss_is_refused(loss: float) -> None:
    """OpenDP takes scale 0, which publishes the exact counts; its map is then inf."""
    with pytest.raises(PrivacyError, match=r"gives epsilon .*, not 0\.1; nothing was released"):
        check_map(loss, TENTH)


def test_noise_has_the_spread_that_is_told() -> None:
    # 40,000 draws at scale 10 and 5: variance 199.8 and 49.8, within 5 %; the mean is the count.
    tree = Tree.of([-1, 0], [0, 1])
    counts = np.full((1, 40_000), 1000)
    noisy = measure(counts, tree, epsilon=Fraction(3, 10), shares=(TENTH, 2 * TENTH))
    assert noisy.values.dtype == np.int64
    assert noisy.values.var(axis=1) == pytest.approx([199.8, 49.8], rel=0.05)
    assert noisy.variance == pytest.approx([199.83, 49.83], rel=1e-3)
    assert noisy.values.mean(axis=1) == pytest.approx([1000, 1000], abs=0.5)


def test_every_release_draws_anew() -> None:
    tree = county(townships=5, villages=5, grids=0)
    counts = np.full((25, 4), 100)
    first, second = (measure(counts, tree, epsilon=Fraction(1)).values for _ in range(2))
    assert (first != second).mean() > 0.8


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (np.ones((5, 2), dtype=np.int32), r"The counts are int32 of shape \(5, 2\)"),
        (np.ones((5, 2)), "The counts are float64"),
        (np.ones((4, 2), dtype=np.int64), r"expected int64 of \(5, classes\)"),
        (np.ones(5, dtype=np.int64), r"of shape \(5,\)"),
        (-np.ones((5, 2), dtype=np.int64), "counts has negative or missing values"),
    ],
)
def test_refuses_other_counts(counts: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        measure(counts, IRREGULAR, epsilon=Fraction(1))
