"""PRV-4: two public tables of the same things, held beside each other by linear programs."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import bmat, coo_array, identity

from cockpit.release.again import Earlier, must_hide, suppress_again
from cockpit.release.attack import Sums, bounds, sums_of
from cockpit.release.suppress import Suppressed, suppress
from cockpit.release.tree import Tree
from geodata.errors import InputError
from tests.release.trees import trees

VILLAGES = Tree.of([-1, 0, 0, 0], [0, 1, 1, 1])
SMALL = 10


def earlier(found: Suppressed) -> Earlier:
    return Earlier("first", found.figures, found.hidden)


def of_both(
    sums: tuple[Sums, Sums], hidden: tuple[NDArray[np.bool_], NDArray[np.bool_]], cell: int,
    leaf: NDArray[np.bool_], changes: float,
) -> tuple[float, float]:  # fmt: skip
    """Bound a figure of the first table by both, if at most so many things changed in all."""
    n = len(sums[0].values)
    eye, add = identity(n), sums[0].relations
    nothing = coo_array((add.shape[0], n))
    equal = bmat([[add, None, nothing], [None, add, None]], format="csr")
    total = coo_array(np.concatenate([np.zeros(2 * n), leaf.astype(float)])[None, :])
    less = bmat([[bmat([[eye, -eye, -eye], [-eye, eye, -eye]])], [total]], format="csr")
    reach = [
        (1 if hid else value, None if hid else value)
        for one, gaps in zip(sums, hidden, strict=True)
        for value, hid in zip(one.values.tolist(), gaps.ravel().tolist(), strict=True)
    ] + [(0, None)] * n
    aim = np.zeros(3 * n)
    aim[cell] = 1
    found = []
    for sign in (1.0, -1.0):
        result = linprog(
            sign * aim, A_eq=equal, b_eq=np.zeros(equal.shape[0]),
            A_ub=less, b_ub=np.append(np.zeros(2 * n), changes), bounds=reach, method="highs-ds",
        )  # fmt: skip
        assert result.status in (0, 3), result.message
        found.append(sign * float(result.fun) if result.status == 0 else -sign * np.inf)
    return found[0], found[1]


def rooms(
    tree: Tree, first: NDArray[np.int64], second: NDArray[np.int64],
    gaps: tuple[NDArray[np.bool_], NDArray[np.bool_]], changes: float = 1,
) -> list[float]:  # fmt: skip
    """Return how closely both tables bound each figure that the first hides."""
    sums = sums_of(first, tree), sums_of(second, tree)
    leaf = np.zeros(sums[0].shape, dtype=np.bool_)
    leaf[tree.leaves, : first.shape[1]] = True
    found = []
    for cell in np.flatnonzero(gaps[0]):
        low, high = of_both(sums, gaps, int(cell), leaf.ravel(), changes)
        found.append(high - low)
    return found


FIRST = np.array([[9], [20], [40]], dtype=np.int64)
SECOND = np.array([[10], [20], [40]], dtype=np.int64)  # one event more


def test_the_attack_on_two_tables_made_alone_succeeds() -> None:
    """The attacker is no straw man: of 9, 20 and 40 two are hidden, of 10, 20 and 40 none."""
    one, two = suppress(FIRST, VILLAGES), suppress(SECOND, VILLAGES)
    assert one.hidden.ravel().tolist() == [False, True, True, False]
    assert not two.hidden.any()
    assert rooms(VILLAGES, FIRST, SECOND, (one.hidden, two.hidden)) == [1, 1]  # 9 or 10, 19 or 20
    assert two.figures[0] - one.figures[0] == 1  # the single event


def test_the_second_keeps_the_gaps_and_tells_no_single_event() -> None:
    one = suppress(FIRST, VILLAGES)
    two = suppress_again(SECOND, VILLAGES, [earlier(one)])
    assert two.hidden.ravel().tolist() == [True, True, True, False]
    assert min(rooms(VILLAGES, FIRST, SECOND, (one.hidden, two.hidden))) >= SMALL


def test_a_large_correction_is_shown() -> None:
    one = suppress(np.array([[30], [50], [70]]), VILLAGES)
    two = suppress_again(np.array([[30], [90], [70]]), VILLAGES, [earlier(one)])
    assert not two.hidden.any()
    assert two.figures.ravel().tolist() == [190, 30, 90, 70]


def test_the_same_figures_have_the_same_gaps() -> None:
    one = suppress(FIRST, VILLAGES)
    two = suppress_again(FIRST, VILLAGES, [earlier(one)])
    assert (two.hidden == one.hidden).all()
    assert (two.figures == one.figures).all()


def test_a_smaller_smallest_count_opens_no_gap() -> None:
    one = suppress(FIRST, VILLAGES, small=10)
    assert (suppress_again(FIRST, VILLAGES, [earlier(one)], small=3).hidden == one.hidden).all()


def test_what_was_hidden_and_is_gone_is_refused() -> None:
    one = suppress(FIRST, VILLAGES)
    with pytest.raises(InputError, match="first hides figures of which 1 are 0 by now"):
        suppress_again(np.array([[0], [20], [40]]), VILLAGES, [earlier(one)])


def test_every_version_counts_not_the_last_alone() -> None:
    one = suppress(np.array([[30], [50], [70]]), VILLAGES)
    two = Earlier("second", one.figures + 500, one.hidden)
    third = np.array([[150], [33], [50], [70]])
    hide = must_hide(third, [two, earlier(one)], small=10)
    assert hide.ravel().tolist() == [False, True, False, False]  # 33 beside 30 of the first


@settings(max_examples=40, deadline=None)
@given(trees(most=9), st.integers(1, 2), st.sampled_from([1, -1]), st.data())
def test_one_event_more_or_less_is_told_by_no_pair(
    tree: Tree, n_classes: int, step: int, data: st.DataObject
) -> None:
    n = len(tree.leaves) * n_classes
    drawn = data.draw(st.lists(st.integers(0, 25), min_size=n, max_size=n))
    first = np.array(drawn, dtype=np.int64).reshape(-1, n_classes)
    second = first.copy()
    second.ravel()[data.draw(st.integers(0, n - 1))] += step
    assume(second.min() >= 0)
    one = suppress(first, tree)
    try:
        two = suppress_again(second, tree, [earlier(one)])
    except InputError:  # what was hidden is gone
        assert (sums_of(second, tree).values[one.hidden.ravel()] == 0).any()
        return
    # Nothing hidden comes back, and no figure that both show differs: all would by one.
    assert not (one.hidden & ~two.hidden).any()
    both = ~one.hidden & ~two.hidden
    assert (one.figures[both] == two.figures[both]).all()
    # Who even knows that at most one event changed bounds nothing closer that the first hid.
    assert all(
        room >= SMALL - 1e-6 for room in rooms(tree, first, second, (one.hidden, two.hidden))
    )
    sums = sums_of(second, tree)
    for cell in np.flatnonzero(two.hidden):
        low, high = bounds(sums, two.hidden.ravel(), int(cell), least=1)
        assert high - low >= SMALL - 1e-6


@settings(max_examples=25, deadline=None)
@given(trees(most=9), st.integers(1, 2), st.data())
def test_no_small_change_can_be_read_off_any_correction(
    tree: Tree, n_classes: int, data: st.DataObject
) -> None:
    n = len(tree.leaves) * n_classes
    lists = st.lists(st.integers(1, 40), min_size=n, max_size=n)
    tables = [np.array(data.draw(lists), dtype=np.int64).reshape(-1, n_classes) for _ in range(3)]
    kept: list[Earlier] = []
    for counts in tables:
        found = suppress_again(counts, tree, kept)
        for one in kept:
            assert not (one.hidden & ~found.hidden).any()
            change = abs(one.figures - found.figures)[~one.hidden & ~found.hidden]
            assert not ((change > 0) & (change < SMALL)).any()
        kept.append(earlier(found))
