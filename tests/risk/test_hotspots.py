"""Local statistics: by hand, the same as esda, and laws of their p-values."""

# ruff: noqa: E501 - a case a line reads better than one over five

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cockpit.risk import hotspots, weights
from geodata.errors import InputError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of libpysal's and esda's own
    from esda.crand import vec_permutations
    from esda.getisord import G_Local
    from esda.moran import Moran_Local
    from libpysal.graph import Graph

ROW = weights.within(np.arange(5) * 1.0, np.zeros(5), 1.0)  # a street of five cells
VALUES = np.array([1.0, 2.0, 3.0, 10.0, 4.0])


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def field(side: int, seed: int) -> tuple[np.ndarray, weights.Weights, Graph]:
    """Return figures of some places, one of them far away, and both kinds of weights."""
    place = rng(seed).uniform(0, side, (side * side, 2))
    place[3] = 10 * side
    found = weights.within(place[:, 0], place[:, 1], 1.3)
    pairs, alone = found.matrix.tocoo(), np.flatnonzero(found.islands)
    row, column = np.append(pairs.row, alone), np.append(pairs.col, alone)
    order = np.lexsort([column, row])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = Graph.from_arrays(row[order], column[order], 1.0 * (row != column)[order])
    return rng(seed + 50).lognormal(size=len(place)), found, graph


def esda(kind: type, values: np.ndarray, graph: Graph, **more: object):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return kind(values, graph, n_jobs=1, **more)


def test_gi_star_by_hand() -> None:
    # Total 20, mean 4, squares 130: variance 130/5 - 16 = 10. Cell 2: 2 + 3 + 10 = 15 of 3 cells.
    found = hotspots.getis_ord(VALUES, ROW, permutations=0, rng=rng())
    assert found.g == pytest.approx([3 / 20, 6 / 20, 15 / 20, 17 / 20, 14 / 20])
    assert found.z[2] == pytest.approx((15 - 12) / np.sqrt(10 * 3 * 2 / 4))
    assert found.p[2] == pytest.approx(stats.norm.sf(found.z[2]))
    assert found.two_sided[2] == pytest.approx(2 * found.p[2])
    assert np.isnan(found.p_sim).all()


def test_gi_by_hand() -> None:
    # Without cell 2 itself: 2 + 10 of 17 over four cells; mean 4.25, squares 121.
    found = hotspots.getis_ord(VALUES, ROW, star=False, permutations=0, rng=rng())
    variance = 121 / 4 - 4.25**2
    assert found.g[2] == pytest.approx(12 / 17)
    assert found.z[2] == pytest.approx((12 - 8.5) / np.sqrt(variance * 2 * 2 / 3))


def test_local_moran_by_hand() -> None:
    # Deviations -3 -2 -1 6 0, squares 50. Cell 3: 4 x 6 x (-0.5) / 50.
    found = hotspots.local_moran(VALUES, ROW, permutations=0, rng=rng())
    assert found.i == pytest.approx([4 * 6 / 50, 4 * 4 / 50, -4 * 2 / 50, -4 * 3 / 50, 0])
    assert found.quadrant.tolist() == [3, 3, 2, 4, 2]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("star", [True, False])
def test_getis_ord_equals_esda(seed: int, star: bool) -> None:
    values, near, graph = field(14, seed)
    ours = hotspots.getis_ord(values, near, star=star, permutations=0, rng=rng())
    peer = esda(G_Local, values, graph, star=star, transform="B", permutations=0)
    np.testing.assert_allclose(
        ours.g, np.where(near.islands & (not star), np.nan, peer.Gs), atol=1e-9
    )
    np.testing.assert_allclose(ours.z, peer.Zs, atol=1e-9)
    np.testing.assert_allclose(ours.p, peer.p_norm, atol=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_local_moran_equals_esda(seed: int) -> None:
    values, near, graph = field(14, seed)
    ours = hotspots.local_moran(values, near, permutations=0, rng=rng())
    peer = esda(Moran_Local, values, graph, permutations=0)
    linked = ~near.islands
    np.testing.assert_allclose(ours.i, peer.Is, atol=1e-9)
    z = (peer.Is - peer.EIc) / np.sqrt(np.where(linked, peer.VIc, np.nan))
    np.testing.assert_allclose(ours.z, z, atol=1e-9)
    assert (ours.quadrant[linked] == peer.q[linked]).all()
    assert (ours.quadrant[~linked] == 0).all()


@pytest.mark.parametrize("kind", ["Gi*", "Moran"])
def test_the_same_draws_give_the_same_p_as_esda(kind: str) -> None:
    values, near, graph = field(14, 4)
    if kind == "Gi*":
        peer = esda(G_Local, values, graph, star=True, transform="B", permutations=999, seed=77)
    else:
        peer = esda(Moran_Local, values, graph, permutations=999, seed=77)
    draws = vec_permutations(int(near.n_neighbours.max()), len(values), 999, 77)
    high, low = hotspots.permutation_tails(values, near, draws)
    ours = (np.minimum(high, low) + 1) / 1000
    # A draw of the very neighbours is a tie: extreme on both sides here, on one by chance there.
    tied = high + low - 999
    np.testing.assert_allclose(ours[tied == 0], peer.p_sim[tied == 0], atol=1e-6)
    assert 0 < (tied > 0).mean() < 0.05
    linked = ~near.islands
    assert (np.abs(ours - peer.p_sim)[linked] <= tied[linked] / 1000 + 1e-6).all()


def test_other_draws_agree_within_chance() -> None:
    values, near, graph = field(14, 5)
    ours = hotspots.getis_ord(values, near, permutations=999, rng=rng())
    peer = esda(G_Local, values, graph, star=True, transform="B", permutations=999, seed=5)
    linked = ~near.islands
    p = ours.p_sim[linked]
    error = 5 * np.sqrt(2 * p * (1 - p) / 999) + 0.004
    assert (np.abs(p - peer.p_sim[linked]) < error).all()


def test_permutations_by_hand() -> None:
    # Three cells in a row, the middle one has both others for neighbours: every draw is a tie.
    row = weights.within(np.arange(3) * 1.0, np.zeros(3), 1.0)
    found = hotspots.getis_ord(np.array([1.0, 5.0, 2.0]), row, permutations=99, rng=rng())
    assert found.p_high[1] == found.p_low[1] == found.p_sim[1] == 1
    # The first cell's neighbour is the larger of the two others: half of the draws are as high.
    high, low = hotspots.permutation_tails(
        np.array([1.0, 5.0, 2.0]), row, np.array([[0, 1], [1, 0]])
    )
    assert (high[0], low[0]) == (1, 2)


def test_permutation_p_is_uniform_when_there_is_nothing() -> None:
    grid = np.arange(20.0)
    x, y = (a.ravel() for a in np.meshgrid(grid, grid))
    near = weights.within(x, y, 1.5)
    found = [
        hotspots.getis_ord(rng(s).normal(size=400), near, permutations=199, rng=rng(s + 900)).p_high
        for s in range(40)
    ]
    share = np.mean(np.array(found) <= 0.05)
    assert 0.04 < share < 0.06
    assert 0.46 < np.mean(np.array(found) <= 0.5) < 0.54


def test_the_same_state_gives_the_same_result() -> None:
    values, near, _ = field(9, 1)
    a, b = (hotspots.getis_ord(values, near, rng=rng(3)).p_sim for _ in range(2))
    np.testing.assert_array_equal(a, b)
    assert (
        a[~near.islands] != hotspots.getis_ord(values, near, rng=rng(4)).p_sim[~near.islands]
    ).any()


def test_a_planted_hot_spot_is_found_and_a_cold_one_too() -> None:
    side = np.arange(30.0)
    x, y = (a.ravel() for a in np.meshgrid(side, side))
    near = weights.within(x, y, 1.5)
    counts = rng(5).poisson(20, 900).astype(float)
    hot = np.hypot(x - 7, y - 7) < 2.5
    cold = np.hypot(x - 22, y - 22) < 2.5
    counts[hot] *= 2
    counts[cold] = rng(6).poisson(6, cold.sum())
    found = hotspots.getis_ord(counts, near, permutations=0, rng=rng())
    chosen = hotspots.false_discovery(found.two_sided)
    assert (chosen & (found.z > 0))[hot].all()
    assert (chosen & (found.z < 0))[cold].mean() > 0.9
    assert chosen[(np.hypot(x - 7, y - 7) > 5) & (np.hypot(x - 22, y - 22) > 5)].sum() <= 3


def test_unknown_cells_are_absent() -> None:
    values, near, _ = field(9, 2)
    gone = rng(8).random(len(values)) < 0.2
    holed = np.where(gone, np.nan, values)
    for call in (hotspots.getis_ord, hotspots.local_moran):
        whole = call(holed, near, rng=rng(1))
        part = call(values[~gone], near.of(~gone), rng=rng(1))
        assert np.isnan(whole.z[gone]).all()
        np.testing.assert_array_equal(whole.z[~gone], part.z)
        np.testing.assert_array_equal(whole.p_sim[~gone], part.p_sim)


def test_constant_values_tell_nothing() -> None:
    for value in (0.0, 0.1, 7.0):
        found = hotspots.getis_ord(np.full(5, value), ROW, permutations=99, rng=rng())
        assert np.isnan(found.z).all()
        assert (found.p_sim == 1).all()
        assert not hotspots.false_discovery(found.p_sim).any()
        moran = hotspots.local_moran(np.full(5, value), ROW, permutations=99, rng=rng())
        assert np.isnan([moran.i, moran.z, moran.p, moran.p_sim]).all()
        assert (moran.quadrant == 0).all()
    assert np.isnan(hotspots.getis_ord(np.zeros(5), ROW, rng=rng()).g).all()


def test_nothing_and_one_cell_and_islands() -> None:
    none = weights.within(np.empty(0), np.empty(0), 1)
    assert len(hotspots.getis_ord(np.empty(0), none, rng=rng()).z) == 0
    assert len(hotspots.local_moran(np.empty(0), none, rng=rng()).z) == 0
    one = weights.within(np.zeros(1), np.zeros(1), 1)
    assert np.isnan(hotspots.getis_ord(np.array([4.0]), one, rng=rng()).z).all()
    assert np.isnan(hotspots.local_moran(np.array([4.0]), one, rng=rng()).z).all()
    apart = weights.within(np.arange(4) * 9.0, np.zeros(4), 1)
    found = hotspots.getis_ord(VALUES[:4], apart, rng=rng())
    np.testing.assert_allclose(found.z, (VALUES[:4] - 4) / np.sqrt(12.5))  # Gi*: its own figure
    assert np.isnan(found.p_sim).all()
    assert np.isnan(hotspots.getis_ord(VALUES[:4], apart, star=False, rng=rng()).z).all()
    assert (hotspots.local_moran(VALUES[:4], apart, rng=rng()).i == 0).all()


def test_false_discovery_by_hand() -> None:
    # Limits 0.0125, 0.025, 0.0375, 0.05 of four: the third is kept, so the two below it are too.
    p = np.array([0.03, 0.9, 0.001, np.nan, 0.03])
    assert hotspots.false_discovery(p).tolist() == [True, False, True, False, True]
    assert hotspots.q_values(p)[[0, 1, 2, 4]] == pytest.approx([0.04, 0.9, 0.004, 0.04])
    assert np.isnan(hotspots.q_values(p)[3])
    assert hotspots.q_values(np.empty(0)).shape == (0,)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_q_values_equal_scipy(p: list[float]) -> None:
    ours = hotspots.q_values(np.array(p))
    np.testing.assert_allclose(ours, stats.false_discovery_control(p), atol=1e-12)
    assert (ours >= np.array(p)).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: hotspots.getis_ord(np.ones(3), ROW, rng=rng()), "values has shape (3,); expected (5,), one value a cell."),
        (lambda: hotspots.local_moran(np.full(5, np.inf), ROW, rng=rng()), "values has values without end."),
        (lambda: hotspots.q_values(np.array([1.2])), "A p-value lies outside 0 to 1."),
        (lambda: hotspots.false_discovery(np.array([0.2]), 1), "Alpha is 1; expected above 0 and below 1."),
    ],
)  # fmt: skip
def test_wrong_input_is_named(call, words: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == words
