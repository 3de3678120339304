"""Whether a siting differs on noisy figures, by hand and on a small county."""

from fractions import Fraction

import numpy as np
import pytest

from cockpit.release.decision_check import decision_check, redrawn
from cockpit.release.release import release
from geodata.errors import InputError
from tests.release.trees import county, people

# Three villages, a site in each; minutes by hand.
MINUTES = np.array([[0.0, 10, 30], [10, 0, 20], [30, 20, 0]])


def test_the_same_choice_has_no_regret() -> None:
    # One site. Person-minutes on 10, 100, 20 people: 1600, 500, 2300: site 1; on the noisy
    # 12, 95, 22 people: 1610, 560, 2260: site 1 as well.
    found = decision_check(
        MINUTES,
        np.array([10.0, 100, 20]),
        [np.array([12.0, 95, 22])],
        model="p-median",
        parameters={"p": 1},
    )
    assert (found.sites, found.noisy_sites, found.best) == ((1,), ((1,),), 500)
    assert (found.same, found.regret, found.proven) == (1, (0,), True)


def test_another_choice_is_weighed_by_the_real_people() -> None:
    # Noisy 90, 10, 0 people: 100, 900, 2900: site 0, which costs the real 10, 100, 20 people
    # 1600 instead of 500 person-minutes: 220 % more.
    found = decision_check(
        MINUTES,
        np.array([10.0, 100, 20]),
        [np.array([90.0, 10, 0]), np.array([10.0, 100, 20])],
        model="p-median",
        parameters={"p": 1},
    )
    assert found.noisy_sites == ((0,), (1,))
    assert (found.same, found.regret) == (1, (pytest.approx(2.2), 0))
    assert found.kept == (0, 1)


def test_covering_counts_people_within_reach() -> None:
    # Reach 10: sites 0 and 1 have 110 people each, site 2 its own 20. On noisy people site 2 wins:
    # 90 fewer of 110.
    found = decision_check(
        MINUTES,
        np.array([10.0, 100, 20]),
        [np.array([1.0, 2, 50])],
        model="mclp",
        parameters={"p": 1, "reach": 10.0},
    )
    assert found.best == 110
    assert found.noisy_sites == ((2,),)
    assert found.reached == (20,)
    assert found.regret == (pytest.approx(90 / 110),)


def test_a_release_of_a_county_chooses_nearly_as_well() -> None:
    tree = county(townships=5, villages=6, grids=5)
    counts = people(tree, 1, a_leaf=160, seed=3)
    rng = np.random.default_rng(1)
    places, sites = rng.uniform(0, 30, (len(counts), 2)), rng.uniform(0, 30, (25, 2))
    minutes = np.linalg.norm(places[:, None] - sites, axis=2)
    draws = [release(counts, tree, epsilon=Fraction(1)).figures for _ in range(3)]
    found = decision_check(
        minutes,
        counts[:, 0].astype(float),
        [draw[tree.leaves, 0].astype(float) for draw in draws],
        model="p-median",
        parameters={"p": 4},
    )
    assert found.proven
    assert max(found.regret) < 0.02


def test_nobody_to_serve_is_no_regret() -> None:
    found = decision_check(
        MINUTES, np.zeros(3), [np.ones(3)], model="p-median", parameters={"p": 1}
    )
    assert found.best == 0
    assert found.regret == (0,)


def test_refuses_other_models() -> None:
    with pytest.raises(InputError, match="checked with p-median, mclp, not with p-center"):
        decision_check(MINUTES, np.ones(3), [], model="p-center", parameters={"p": 1})


def test_draws_again_from_what_was_released() -> None:
    tree = county(townships=4, villages=5, grids=0)
    made = release(np.full((20, 2), 200), tree, epsilon=Fraction(1))
    tables = redrawn(made.figures, tree, epsilon=Fraction(1), times=30)
    assert all(tree.adds_up(table) for table in tables)
    error = np.array(tables)[:, tree.leaves] - made.figures[tree.leaves]
    held = np.abs(error) <= made.margins[2]
    assert held.mean() > 0.92  # 1,200 figures at 95 % or a little more
    assert len({table.tobytes() for table in tables}) == 30


def test_refuses_no_draws() -> None:
    with pytest.raises(InputError, match="The number of draws is 0; expected 1 or more"):
        redrawn(np.zeros((1, 1), int), county(townships=0, villages=0, grids=0),
                epsilon=Fraction(1), times=0)  # fmt: skip
