"""A whole release: errors, margins that hold, levels that are offered, the steward's preview."""

from fractions import Fraction

import numpy as np
import pytest

from cockpit.release.consistent import integers, least_squares
from cockpit.release.margins import margin_of, margins
from cockpit.release.noise import measure
from cockpit.release.offered import offers
from cockpit.release.release import from_noisy, release
from cockpit.release.tree import Tree
from cockpit.release.utility import preview
from geodata.errors import InputError
from tests.release.trees import IRREGULAR, county, people

ONE = Fraction(1)
PROMISED = (30, 15, 10, 8)  # P1, persons: county, township, village, cell


def test_errors_of_a_county_of_500_000_are_as_promised() -> None:
    tree = county(townships=20, villages=15, grids=10)
    # Eight releases at once, side by side: the noise of columns is independent.
    counts = np.tile(people(tree, 5, a_leaf=500_000 / 3_000, seed=4), 8)
    exact = tree.from_leaves(counts)
    made = release(counts, tree, epsilon=ONE)
    assert tree.adds_up(made.figures)
    assert made.figures.min() >= 0
    assert made.epsilon == 1
    for level in (1, 2, 3):
        rows = tree.at_level(level)
        error = np.abs(made.figures - exact)[rows]
        assert np.quantile(error, 0.95) <= PROMISED[level]
    # A single county says little about 95 %: its margin is known exactly (by the noise).
    assert (made.margins.max(axis=1) <= PROMISED).all()


def test_margin_of_one_noise_is_the_quantile_of_its_formula() -> None:
    # Scale 1: P(|X| <= m) = 1 - 2 q^(m+1) / (1 + q), q = 1/e: 0.928 at 2, 0.973 at 3.
    assert margin_of(np.ones(1), np.ones(1)) == 3
    # Scale 10: q = 0.9048; m = 29 gives 0.9477, 30 gives 0.9527.
    assert margin_of(np.ones(1), np.full(1, 10.0)) == 30


def test_margin_of_many_noises_is_normal() -> None:
    # 10,000 noises of variance 200 (scale 10) at weight 0.01: normal with deviation 14.13;
    # 1.96 deviations are 27.7, and rounding helps half a person: 28 holds, 27 does not.
    assert margin_of(np.full(10_000, 0.01), np.full(10_000, 10.0)) == 28


@pytest.mark.parametrize(
    "tree",
    [IRREGULAR, county(townships=5, villages=4, grids=3), county(townships=3, villages=1, grids=1)],
    ids=["irregular", "regular", "families of one"],
)
def test_margins_hold_and_are_the_smallest(tree: Tree) -> None:
    """3,000 releases as columns: every region is within its margin in 95 %, by simulation."""
    n = 3_000
    counts = np.full((len(tree.leaves), n), 1_000)
    noisy = measure(counts, tree, epsilon=ONE)
    figures = integers(least_squares(noisy.values, tree, noisy.variance), tree)
    error = np.abs(figures - tree.from_leaves(counts))
    wide = margins(tree, noisy.scale, 1)[:, 0]
    held = (error <= wide[tree.level, None]).mean(axis=1)
    assert held.min() > 0.93
    for level in set(tree.level.tolist()):
        rows = tree.at_level(level)
        closer = (error[rows] <= wide[level] - 1).mean(axis=1)
        assert closer.min() < 0.965


def test_margins_hold_where_people_live_unevenly() -> None:
    tree = county(townships=10, villages=8, grids=12)
    counts = people(tree, 6, a_leaf=40, seed=8)
    exact = tree.from_leaves(counts)
    noisy = measure(counts, tree, epsilon=ONE)
    made = from_noisy(noisy, tree)
    inside = np.abs(made.figures - exact) <= made.margins[tree.level]
    assert inside[tree.at_level(3)].mean() > 0.935
    assert inside[tree.at_level(2)].mean() > 0.9
    crowded = exact > np.quantile(exact[tree.at_level(3)], 0.9)
    assert inside[tree.at_level(3)][crowded[tree.at_level(3)]].mean() > 0.9


def test_offers_levels_that_say_more_than_noise() -> None:
    # By hand: 300 = 100 + 200, all above the margin of 50; villages 60, 40 and 150, 50: margin 45,
    # told (60 + 150 + 50) / 300 = 0.87; medians of margin / figure: 0.17, 0.375, 0.825.
    tree = county(townships=2, villages=2, grids=0)
    figures = np.array([[300], [100], [200], [60], [40], [150], [50]])
    wide = np.array([[50], [50], [45], [0]])
    found = offers(figures, wide, tree)
    assert [(o.level, o.offered) for o in found] == [
        ("county", True),
        ("township", True),
        ("village", False),
    ]
    assert [o.told for o in found] == pytest.approx([1, 1, 260 / 300])
    assert [o.relative for o in found] == pytest.approx([1 / 6, 0.375, 0.825])
    assert [o.offered for o in offers(figures, wide, tree, enough=0.8)] == [True, True, True]


def test_a_level_below_one_that_is_not_offered_is_not_offered() -> None:
    tree = county(townships=2, villages=1, grids=0)
    figures = np.array([[300], [100], [200], [100], [200]])
    found = offers(figures, np.array([[10], [500], [10], [0]]), tree)
    assert [o.offered for o in found] == [True, False, False]


def test_noise_alone_is_not_offered() -> None:
    """One person a cell and class: what grids show is noise. Nobody at all: nothing is told."""
    tree = county(townships=4, villages=5, grids=20)
    made = release(np.ones((400, 10), dtype=np.int64), tree, epsilon=ONE)
    assert "grid" not in made.levels
    assert "county" in made.levels
    nobody = offers(np.zeros_like(made.figures), made.margins, tree)
    assert not any(o.offered for o in nobody)
    assert all(np.isnan(o.told) for o in nobody)


def test_preview_by_hand() -> None:
    # Two townships of 60 and 40 people; released 98 = 63 + 35. Errors 2; 3 and 5.
    # Evenly spread, 49 each: errors 11 and 9. By area 3 to 1: 73.5 and 24.5: 13.5 and 15.5.
    tree = Tree.of([-1, 0, 0], [0, 1, 1])
    exact, released = np.array([[100], [60], [40]]), np.array([[98], [63], [35]])
    top, below = preview(released, exact, tree)
    assert (top.level, top.figures, top.mean, top.most) == ("county", 1, 2, 2)
    assert (below.mean, below.most, below.spread_mean) == (4, 5, 10)
    assert np.isnan(below.last_mean)
    by_area = preview(released, exact, tree, area=np.array([4.0, 3, 1]), last=released + 10)
    assert by_area[1].spread_mean == 14.5
    assert by_area[1].last_mean == (13 + 5) / 2


def test_preview_shows_that_a_release_beats_an_even_spread() -> None:
    tree = county(townships=10, villages=8, grids=12)
    counts = people(tree, 3, a_leaf=150, seed=5)
    made = release(counts, tree, epsilon=ONE)
    for found in preview(made.figures, tree.from_leaves(counts), tree)[1:]:
        assert found.mean < found.spread_mean / 3


def test_preview_refuses_tables_of_another_shape() -> None:
    with pytest.raises(InputError, match=r"has shape \(2, 1\); expected \(3, 1\)"):
        preview(np.zeros((2, 1), int), np.zeros((3, 1), int), Tree.of([-1, 0, 0], [0, 1, 1]))
