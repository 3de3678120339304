"""The tree of regions: sums by hand, parts of it, and what is no tree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.release.tree import Tree
from geodata.errors import InputError
from tests.release.trees import IRREGULAR, trees


def test_a_village_without_grids_is_a_leaf() -> None:
    assert IRREGULAR.leaves.tolist() == [4, 5, 6, 7, 8]
    assert IRREGULAR.children(1).tolist() == [3, 4]
    assert [rows.tolist() for rows in IRREGULAR.families] == [[1, 2], [3, 4], [5], [6, 7, 8]]
    assert [rows.tolist() for rows in IRREGULAR.steps] == [[1, 2], [3, 4], [5, 6, 7, 8]]


def test_adds_leaves_up_to_the_county() -> None:
    # Leaves: village 4 has 10, grid 5 has 7, grids 6 to 8 have 1, 2, 3.
    table = IRREGULAR.from_leaves(np.array([[10], [7], [1], [2], [3]]))
    assert table.ravel().tolist() == [23, 16, 7, 6, 10, 7, 1, 2, 3]
    assert IRREGULAR.adds_up(table)
    table[3, 0] += 1
    assert not IRREGULAR.adds_up(table)


def test_keeps_what_is_counted_and_all_above_it() -> None:
    known = np.ones(9, dtype=bool)
    known[[5, 6]] = False  # the only grid of township 2, and one of three
    part, rows = IRREGULAR.keep(known)
    assert rows.tolist() == [0, 1, 3, 4, 7, 8]
    assert part.parent.tolist() == [-1, 0, 1, 1, 2, 2]
    assert part.level.tolist() == [0, 1, 2, 2, 3, 3]
    assert len(IRREGULAR.keep(np.zeros(9, dtype=bool))[0]) == 1


def test_leaves_the_grids_out() -> None:
    part, rows = IRREGULAR.down_to(2)
    assert rows.tolist() == [0, 1, 2, 3, 4]
    assert part.leaves.tolist() == [2, 3, 4]


@given(trees(), st.data())
def test_every_parent_is_the_sum_of_its_children(tree: Tree, data: st.DataObject) -> None:
    n = len(tree.leaves)
    counts = data.draw(st.lists(st.integers(0, 99), min_size=n, max_size=n))
    table = tree.from_leaves(np.array(counts, dtype=np.int64)[:, None])
    for row in np.flatnonzero(~tree.is_leaf):
        assert table[row] == table[tree.children(int(row))].sum()
    assert table[0] == sum(counts)
    assert tree.adds_up(table)


@pytest.mark.parametrize(
    ("parent", "level", "words"),
    [
        ([], [], r"shapes \(0,\) and \(0,\); expected two equal lists"),
        ([-1, 0], [0], r"shapes \(2,\) and \(1,\)"),
        ([-1, 2, 0], [0, 2, 1], r"Region 1 has parent 2; expected an earlier region"),
        ([-1, -1], [0, 1], r"Region 1 has parent -1"),
        ([0], [0], r"Region 0 has parent 0"),
        ([-1, 0, 1], [0, 2, 2], r"Region 2 is of level 2; expected 0 for the first"),
        ([-1, 0], [1, 2], r"Region 0 is of level 1"),
        ([-1, 0], [0, 4], r"Region 1 is of level 4; .* at most 3"),
    ],
)
def test_refuses_what_is_no_tree(parent: list[int], level: list[int], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Tree.of(parent, level)
