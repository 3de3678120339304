"""Neighbours: small maps by hand, and the same as libpysal."""

# ruff: noqa: E501 - a case a line reads better than one over five

from __future__ import annotations

import warnings

import numpy as np
import pytest
import shapely

from cockpit.risk import weights
from geodata.errors import InputError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of libpysal's own
    from libpysal.graph import Graph

X = np.array([0.0, 100.0, 200.0, 100.0, 5000.0])
Y = np.array([0.0, 0.0, 0.0, 100.0, 5000.0])


def lists(found: weights.Weights) -> list[list[int]]:
    return [found.neighbours(i).tolist() for i in range(len(found))]


def test_within_counts_the_limit_and_leaves_an_island() -> None:
    found = weights.within(X, Y, 100)
    assert lists(found) == [[1], [0, 2, 3], [1], [1], []]
    assert found.islands.tolist() == [False, False, False, False, True]
    assert found.n_neighbours.tolist() == [1, 3, 1, 1, 0]


def test_nearest_takes_equals_in_the_order_of_cells() -> None:
    assert lists(weights.nearest(X, Y, 1)) == [[1], [0], [1], [1], [3]]
    assert lists(weights.nearest(X, Y, 2))[1] == [0, 2]  # 3 is as near
    assert weights.nearest(X, Y, 99).n_neighbours.tolist() == [4] * 5


def test_cells_without_a_place_are_islands() -> None:
    x = X.copy()
    x[1] = np.nan
    assert lists(weights.within(x, Y, 150)) == [[3], [], [3], [0, 2], []]
    assert lists(weights.nearest(x, Y, 1))[1] == []


def test_touching_counts_corners_and_bridges_slivers() -> None:
    squares = [shapely.box(c, r, c + 1, r + 1) for r in range(2) for c in range(2)]
    apart = [*squares, shapely.box(2.05, 0, 3, 1), None, shapely.Polygon()]
    assert lists(weights.touching(apart)) == [
        [1, 2, 3],
        [0, 2, 3],
        [0, 1, 3],
        [0, 1, 2],
        [],
        [],
        [],
    ]
    assert lists(weights.touching(apart, gap_m=0.1))[4] == [1, 3]


def test_touching_is_the_same_as_libpysal() -> None:
    import geopandas as gpd

    cells = [shapely.box(c, r, c + 1, r + 1) for r in range(7) for c in range(9)]
    keep = np.random.default_rng(1).random(len(cells)) < 0.8
    chosen = gpd.GeoSeries([c for c, k in zip(cells, keep, strict=True) if k])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = Graph.build_contiguity(chosen, rook=False).sparse.toarray()
    assert (weights.touching(chosen.to_numpy()).matrix.toarray() == peer).all()


def test_sums_leave_the_cell_itself_out() -> None:
    found = weights.within(X, Y, 100)
    values = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    assert found.sums(values).tolist() == [2, 13, 2, 2, 0]
    assert found.around(values).tolist() == [3, 15, 6, 10, 16]


def test_a_part_is_renumbered() -> None:
    kept = np.array([True, False, True, True, True])
    assert lists(weights.within(X, Y, 150).of(kept)) == [[2], [2], [0, 1], []]


def test_nothing_gives_nothing() -> None:
    none = np.empty(0)
    for found in (
        weights.within(none, none, 5),
        weights.nearest(none, none, 3),
        weights.touching([]),
    ):
        assert len(found) == 0
    assert weights.from_pairs(np.array([0, 0, 1]), np.array([1, 1, 1]), 3).matrix.nnz == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: weights.within(X, Y[:2], 5), "x has shape (5,) and y (2,); expected two equal lists of metres."),
        (lambda: weights.within(X, Y, 0), "The reach is 0 m; expected above 0."),
        (lambda: weights.nearest(X, Y, 0), "The number of neighbours is 0; expected 1 or more."),
        (lambda: weights.touching([], gap_m=-1), "The gap is -1 m; expected 0 or more."),
        (lambda: weights.from_pairs(np.array([0]), np.array([7]), 3), "A neighbour pair names a cell outside 0 to 2."),
        (lambda: weights.from_pairs(np.array([0]), np.array([0, 1]), 3), "Neighbour pairs have shapes (1,) and (2,); expected two equal lists."),
        (lambda: weights.Weights(np.ones((2, 3))), "The neighbour matrix has shape (2, 3); expected (n_cells, n_cells)."),
    ],
)  # fmt: skip
def test_wrong_input_is_named(call, words: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == words
