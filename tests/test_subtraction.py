"""Which counts of a tree are hidden: trees by hand, and an attacker who subtracts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.subtraction import bounds, unsubtractable
from geodata.errors import InputError

SMALL = 10


def hide(counts: Sequence[float], parent: list[int], small: int = SMALL) -> list[int]:
    """Return the rows that are hidden."""
    rows = np.array(parent, dtype=np.intp)
    found = unsubtractable(np.array(counts, dtype=float), rows, small=small)
    return [int(row) for row in np.flatnonzero(found)]


def test_the_next_smallest_beside_one_small_count_is_hidden() -> None:
    # 90 - 50 - 36 = 4 would be read; with 36 hidden, the two share 40: 1 to 39 each.
    counts, parent = [90, 4, 50, 36], [-1, 0, 0, 0]
    assert hide(counts, parent) == [1, 3]
    hidden = np.array([False, True, False, True])
    low, high = bounds(np.array(counts, dtype=float), np.array(parent), hidden)
    assert low.tolist() == [90, 1, 50, 1]
    assert high.tolist() == [90, 39, 50, 39]


def test_two_small_counts_that_fill_each_other_hide_a_third() -> None:
    # 5 + 4 = 9: each from 1 to 8, closer than 10.
    assert hide([59, 5, 4, 20, 30], [-1, 0, 0, 0, 0]) == [1, 2, 3]
    # 6 + 5 = 11: each from 1 to 10 has ten values, but only nine between them.
    assert hide([61, 6, 5, 20, 30], [-1, 0, 0, 0, 0]) == [1, 2, 3]
    assert hide([62, 6, 6, 20, 30], [-1, 0, 0, 0, 0]) == [1, 2]


def test_a_zero_is_shown_and_protects_nobody() -> None:
    # Nobody but the 12 beside the 4: with zeros known, 12 must go, and then 16 for their room.
    assert hide([16, 4, 0, 12], [-1, 0, 0, 0]) == [1, 3]
    # 3 + 0 = 3: only the region above is left to hide, and beside it the 40.
    assert hide([43, 3, 40, 3, 0], [-1, 0, 0, 1, 1]) == [1, 2, 3]


def test_below_a_hidden_region_with_room_nothing_more_is_hidden() -> None:
    # Row 1 has 8 in two parts, 5 + 3; 2 is hidden for 1. Of 5 and 3 only the hidden 8 is the sum.
    counts, parent = [70, 8, 22, 40, 5, 3], [-1, 0, 0, 0, 1, 1]
    assert hide(counts, parent) == [1, 2, 4, 5]


def test_a_hidden_region_is_not_the_sum_of_shown_parts() -> None:
    # 21 is hidden beside the 4; 11 + 10 would add up to it.
    assert hide([75, 4, 21, 50, 11, 10], [-1, 0, 0, 0, 2, 2]) == [1, 2, 5]


def test_what_lies_in_no_part_is_taken_as_known() -> None:
    # 30 of 100 lie in no part: 70 - 40 - 25 = 5, and 25 is hidden as if the region had 70.
    assert hide([100, 5, 40, 25], [-1, 0, 0, 0]) == [1, 3]
    low, high = bounds(np.array([100.0, 5, 40, 25]), np.array([-1, 0, 0, 0]),
                       np.array([False, True, False, True]))  # fmt: skip
    assert (low[1], high[1]) == (1, 29)


def test_what_nobody_counted_is_no_count() -> None:
    assert hide([50, float("nan"), 4, 46], [-1, 0, 0, 0]) == [2, 3]


def test_a_small_county_hides_itself() -> None:
    assert hide([7, 3, 4], [-1, 0, 0]) == [0, 1, 2]


@pytest.mark.parametrize("small", [0, 1])
def test_no_limit_hides_nothing(small: int) -> None:
    assert hide([3, 1, 2], [-1, 0, 0], small) == []


def test_no_region_hides_nothing() -> None:
    assert hide([], []) == []


def test_parents_stand_first() -> None:
    with pytest.raises(InputError, match="A count and a parent are needed for each region"):
        hide([3, 5], [1, -1])
    with pytest.raises(InputError, match="A count and a parent are needed for each region"):
        hide([3, 5], [-1])


@st.composite
def trees(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Return counts and parents of a tree of up to four levels whose parts add up."""
    parent = [-1]
    rows = [0]
    for most in (4, 4, 3):
        below = []
        for row in rows:
            for _ in range(draw(st.integers(0 if row else 1, most))):
                below.append(len(parent))
                parent.append(row)
        rows = below
    inner = set(parent)
    counts = np.array(
        [0 if row in inner else draw(st.integers(0, 30)) for row in range(len(parent))], dtype=float
    )
    for row in range(len(parent) - 1, 0, -1):
        counts[parent[row]] += counts[row]
    return counts, np.array(parent)


@settings(max_examples=150, deadline=None)
@given(trees(), st.integers(2, 12))
def test_an_attacker_who_subtracts_is_left_with_room(
    tree: tuple[np.ndarray, np.ndarray], small: int
) -> None:
    counts, parent = tree
    hidden = unsubtractable(counts, parent, small=small)
    assert hidden[(counts > 0) & (counts < small)].all()
    assert not hidden[counts == 0].any()
    low, high = _attacked(counts, parent, hidden)
    assert (high - low >= small)[hidden].all()


@settings(max_examples=150, deadline=None)
@given(trees(), st.data())
def test_one_pass_up_and_down_finds_all_that_follows(
    tree: tuple[np.ndarray, np.ndarray], data: st.DataObject
) -> None:
    counts, parent = tree
    hidden = np.array([bool(n) and data.draw(st.booleans()) for n in counts])
    low, high = bounds(counts, parent, hidden)
    low_, high_ = _attacked(counts, parent, hidden)
    np.testing.assert_array_equal(low, low_)
    np.testing.assert_array_equal(high, high_)


def _attacked(
    counts: np.ndarray, parent: np.ndarray, hidden: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what follows from the shown counts by narrowing each family until nothing changes."""
    low, high = np.where(hidden, 1.0, counts), np.where(hidden, np.inf, counts)
    families = [(top, np.flatnonzero(parent == top)) for top in np.unique(parent[parent >= 0])]
    before = None
    while before is None or any((a != b).any() for a, b in zip(before, (low, high), strict=True)):
        before = low.copy(), high.copy()
        for top, parts in families:
            low[top] = max(low[top], low[parts].sum())
            high[top] = min(high[top], high[parts].sum())
            for part in parts:
                others = parts[parts != part]
                low[part] = max(low[part], low[top] - high[others].sum())
                high[part] = min(high[part], high[top] - low[others].sum())
    return low, high
