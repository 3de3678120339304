"""Equity: numbers by hand, the same as PySAL inequality, and laws for any data."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.coverage import equity
from geodata.errors import InputError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of matplotlib's and libpysal's own
    from inequality.gini import Gini
    from inequality.theil import Theil, TheilD


# Four cells: 10 people at 0, 10 at 1, 20 at 2, 60 at 5. Sum 10 + 40 + 300 = 350 over 100 people.
VALUES = np.array([5.0, 0.0, 2.0, 1.0])
PEOPLE = np.array([60.0, 10.0, 20.0, 10.0])


def test_lorenz_points_by_hand() -> None:
    curve = equity.lorenz(VALUES, PEOPLE)
    assert curve.people == pytest.approx([0, 0.1, 0.2, 0.4, 1])
    assert curve.values == pytest.approx([0, 0, 10 / 350, 50 / 350, 1])


def test_gini_by_hand() -> None:
    # Area under the curve, doubled: 0.1 x 10 + 0.2 x 60 + 0.6 x 400 = 1 + 12 + 240 over 350.
    assert equity.gini(VALUES, PEOPLE) == pytest.approx(1 - 253 / 350, abs=1e-12)
    # One of four has it all: (n - 1) / n.
    assert equity.gini(np.array([0.0, 0, 0, 8]), np.ones(4)) == pytest.approx(0.75)


def test_theil_by_hand() -> None:
    # 1 and 3, mean 2: (0.5 ln 0.5 + 1.5 ln 1.5) / 2.
    found = equity.theil(np.array([1.0, 3.0]), np.ones(2))
    assert found.total == pytest.approx((0.5 * np.log(0.5) + 1.5 * np.log(1.5)) / 2, abs=1e-15)
    assert found.between == 0
    # One of four has it all: ln 4.
    assert equity.theil(np.array([0.0, 0, 0, 8]), np.ones(4)).total == pytest.approx(np.log(4))


def test_theil_between_and_within_by_hand() -> None:
    # Town A: 1 and 1; town B: 2 and 4. Means 1 and 3 of all 2; shares of the whole 2/8 and 6/8.
    found = equity.theil(np.array([1.0, 2, 1, 4]), np.ones(4), np.array(["A", "B", "A", "B"]))
    assert found.between == pytest.approx(0.25 * np.log(0.5) + 0.75 * np.log(1.5))
    inside_b = (2 / 3 * np.log(2 / 3) + 4 / 3 * np.log(4 / 3)) / 2
    assert found.within == pytest.approx(0.75 * inside_b)
    assert found.groups.tolist() == ["A", "B"]
    assert found.by_group == pytest.approx([0, inside_b])
    assert found.means.tolist() == [1, 3]


def test_palma_by_hand() -> None:
    # Ten people with 1 to 10: the last has 10, the first four 1 + 2 + 3 + 4 = 10.
    assert equity.palma(np.arange(1.0, 11.0), np.ones(10)) == pytest.approx(1.0)
    # 60 people at the top share evenly: a tenth of all has 50 of 350, the first 40 have 50.
    assert equity.palma(VALUES, PEOPLE) == pytest.approx(1.0)
    assert equity.palma(np.full(7, 3.0), np.arange(7.0)) == pytest.approx(0.25)
    assert equity.palma(np.array([0.0, 5.0]), np.array([9.0, 1.0])) == np.inf


def test_concentration_by_hand() -> None:
    # Ranks 1/6, 3/6, 5/6; values 1, 2, 3: cov = (1/3) (1/3 + 1/3) = 2/9; C = 2 x 2/9 / 2.
    values, people = np.array([1.0, 2, 3]), np.ones(3)
    height = np.array([10.0, 20, 30])
    assert equity.concentration_index(values, people, height) == pytest.approx(2 / 9)
    assert equity.concentration_index(values, people, -height) == pytest.approx(-2 / 9)
    # All equal in rank: nothing to be concentrated by.
    assert equity.concentration_index(values, people, np.ones(3)) == pytest.approx(0, abs=1e-15)


def test_tied_ranks_do_not_depend_on_the_order_of_cells() -> None:
    values, people = np.array([4.0, 1, 0, 7]), np.array([1.0, 2, 3, 4])
    rank = np.array([1.0, 1, 2, 2])
    forward = equity.concentration_index(values, people, rank)
    assert forward == pytest.approx(
        equity.concentration_index(values[::-1], people[::-1], rank[::-1]), abs=1e-15
    )


def test_poverty_of_minutes_by_hand() -> None:
    # Line 15 min; 15 is not poor; gaps 1 - 15/30 = 0.5 and, without a way, 1.
    minutes = np.array([10.0, 15.0, 30.0, np.inf])
    people = np.array([10.0, 30.0, 40.0, 20.0])
    found = [equity.fgt(minutes, people, line=15, alpha=a, good=False) for a in (0, 1, 2)]
    assert found == pytest.approx([0.6, 0.4, 0.3])


def test_exactly_at_the_line_is_not_poor_in_32_bits_either() -> None:
    minutes = (np.array([606]) / np.float32(60)).astype(np.float32)
    assert equity.fgt(minutes, np.ones(1), line=10.1, alpha=0, good=False) == 0


def test_poverty_of_scores_by_hand() -> None:
    # Line 4; gaps 1, 0.5 and, at the line, none.
    scores, people = np.array([0.0, 2.0, 4.0, 9.0]), np.array([1.0, 1.0, 1.0, 1.0])
    found = [equity.fgt(scores, people, line=4, alpha=a, good=True) for a in (0, 1, 2)]
    assert found == pytest.approx([0.5, 0.375, 0.3125])


def test_who_cannot_be_reached_is_named() -> None:
    minutes, people = np.array([5.0, np.inf, np.inf, 7.0]), np.array([10.0, 30.0, 0.0, 20.0])
    left = equity.reached(minutes, people)
    assert (left.left_out_cells, left.left_out_people) == (1, 30)
    assert left.kept.tolist() == [0, 3]
    assert left.values.tolist() == [5, 7]
    for measure in (equity.gini, equity.theil, equity.palma, equity.lorenz):
        with pytest.raises(
            InputError,
            match=r"^30 people in 1 cells cannot be reached; take them out with reached\(\) and "
            r"say so\.$",
        ):
            measure(minutes, people)
    # A cell where nobody lives may be out of reach.
    empty = np.array([10.0, 0.0, 0.0, 20.0])
    assert equity.gini(minutes, empty) == equity.gini(left.values, left.people)


def test_nobody_and_nothing() -> None:
    nobody = np.zeros(3)
    values = np.array([1.0, 2.0, np.inf])
    assert np.isnan(equity.gini(values, nobody))
    assert np.isnan(equity.palma(values, nobody))
    assert np.isnan(equity.theil(values, nobody).total)
    assert np.isnan(equity.concentration_index(values, nobody, values))
    assert np.isnan(equity.fgt(values, nobody, line=1, alpha=0, good=False))
    zeros, people = np.zeros(3), np.array([1.0, 2.0, 3.0])
    assert equity.gini(zeros, people) == 0
    assert equity.theil(zeros, people).total == 0
    assert np.isnan(equity.palma(zeros, people))
    assert equity.lorenz(zeros, people).values == pytest.approx([0, 1])


def test_a_group_without_people_or_with_zeros_adds_nothing() -> None:
    values, people = np.array([1.0, 3.0, 0.0, 9.0]), np.array([1.0, 1.0, 2.0, 0.0])
    found = equity.theil(values, people, np.array([1, 1, 2, 3]))
    assert found.by_group[1] == 0
    assert np.isnan(found.by_group[2])
    # Half of the people have nothing: between them ln 2.
    assert found.between == pytest.approx(np.log(2))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: equity.gini(np.ones(3), np.ones(2)),
            "values has shape (3,) and people (2,); expected (n_cells,) for both.",
        ),
        (
            lambda: equity.lorenz(np.array([1.0, -1]), np.ones(2)),
            "values has negative or missing values.",
        ),
        (
            lambda: equity.palma(np.ones(2), np.array([1.0, np.nan])),
            "people has negative or missing values.",
        ),
        (
            lambda: equity.palma(np.ones(2), np.array([1.0, np.inf])),
            "people has values without end.",
        ),
        (
            lambda: equity.theil(np.ones(2), np.ones(2), np.ones(3)),
            "groups has shape (3,) and people (2,); expected (n_cells,) for both.",
        ),
        (
            lambda: equity.concentration_index(np.ones(2), np.ones(2), np.array([1, np.nan])),
            "rank_by has shape (2,) or missing values; expected (2,) finite numbers.",
        ),
        (
            lambda: equity.fgt(np.ones(2), np.ones(2), line=0, alpha=1, good=True),
            "The line is 0 and alpha 1; expected a line above 0 and alpha 0, 1 or 2.",
        ),
        (
            lambda: equity.fgt(np.ones(2), np.ones(2), line=1, alpha=3, good=True),
            "The line is 1 and alpha 3; expected a line above 0 and alpha 0, 1 or 2.",
        ),
    ],
)
def test_wrong_arrays_are_named(call, words: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == words


# ---------------------------------------------------------------- against PySAL inequality


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equal_to_inequality(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.lognormal(2, 1, 200).round(1) + 0.1  # with ties
    people = rng.integers(1, 9, 200)
    town = rng.integers(0, 12, 200)
    one_each = np.ones(200)
    assert equity.gini(values, one_each) == pytest.approx(Gini(values).g, abs=1e-9)
    assert equity.theil(values, one_each).total == pytest.approx(Theil(values).T, abs=1e-9)
    # People as weights: the same as one row a person.
    persons, towns = np.repeat(values, people), np.repeat(town, people)
    weights = people.astype(float)
    assert equity.gini(values, weights) == pytest.approx(Gini(persons).g, abs=1e-9)
    ours, theirs = equity.theil(values, weights, town), TheilD(persons, towns)
    assert ours.total == pytest.approx(theirs.T, abs=1e-9)
    assert ours.between == pytest.approx(theirs.bg.item(), abs=1e-9)
    assert ours.within == pytest.approx(theirs.wg.item(), abs=1e-9)


# ---------------------------------------------------------------- laws

CELLS = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 300), st.integers(0, 3)), min_size=1, max_size=25
).filter(lambda cells: sum(v * p for v, p, _ in cells) > 0)


def arrays(cells: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values, people, groups = (np.array(column) for column in zip(*cells, strict=True))
    return values / 4, people.astype(float), groups


@given(CELLS, st.sampled_from([0.001, 3.0, 7e5]))
def test_scale_does_not_matter(cells, factor: float) -> None:
    values, people, groups = arrays(cells)
    for f in (equity.gini, equity.palma, lambda v, p: equity.theil(v, p, groups).between):
        assert f(values * factor, people) == pytest.approx(f(values, people), rel=1e-9, abs=1e-12)
        assert f(values, people * factor) == pytest.approx(f(values, people), rel=1e-9, abs=1e-12)


@given(CELLS, st.integers(2, 4))
def test_copies_of_the_county_are_as_uneven_as_the_county(cells, times: int) -> None:
    values, people, _ = arrays(cells)
    for f in (equity.gini, equity.palma, lambda v, p: equity.theil(v, p).total):
        again = f(np.tile(values, times), np.tile(people, times))
        assert again == pytest.approx(f(values, people), rel=1e-9, abs=1e-12)


@given(CELLS)
def test_between_and_within_are_the_whole(cells) -> None:
    values, people, groups = arrays(cells)
    found = equity.theil(values, people, groups)
    alone = equity.theil(values, people)
    assert found.between + found.within == pytest.approx(alone.total, abs=1e-12)
    assert found.between >= -1e-12
    assert found.within >= -1e-12


@given(CELLS, st.data())
def test_giving_from_more_to_less_makes_it_more_even(cells, data) -> None:
    values, people, _ = arrays(cells)
    people = people + 1
    low, high = int(values.argmin()), int(values.argmax())
    if values[low] == values[high]:
        return
    # At most until both are equal; what one cell loses as a whole, the other gets.
    most = (values[high] - values[low]) / (1 / people[low] + 1 / people[high])
    gift = most * data.draw(st.sampled_from([0.1, 0.5, 1.0]))
    after = values.copy()
    after[low] += gift / people[low]
    after[high] -= gift / people[high]
    assert equity.gini(after, people) < equity.gini(values, people)
    assert equity.theil(after, people).total < equity.theil(values, people).total


@given(st.floats(1e-3, 1e6), st.lists(st.floats(0.01, 1e5), min_size=1, max_size=30))
def test_equal_figures_have_exactly_no_inequality(value: float, people: list[float]) -> None:
    field = np.full(len(people), value)
    weights = np.array(people)
    assert equity.gini(field, weights) == 0
    assert equity.theil(field, weights).total == pytest.approx(0, abs=1e-12)
    assert equity.concentration_index(field, weights, np.arange(len(people))) == pytest.approx(
        0, abs=1e-12
    )


@given(CELLS)
def test_ranked_by_itself_the_concentration_is_the_gini(cells) -> None:
    values, people, _ = arrays(cells)
    index = equity.concentration_index(values, people, values)
    assert index == pytest.approx(equity.gini(values, people), abs=1e-12)


@given(CELLS)
def test_the_lorenz_curve_rises_below_the_diagonal(cells) -> None:
    values, people, _ = arrays(cells)
    curve = equity.lorenz(values, people)
    assert (np.diff(curve.people) > 0).all()
    assert (np.diff(curve.values) >= 0).all()
    assert (curve.values <= curve.people + 1e-12).all()
    assert 0 <= equity.gini(values, people) < 1


@given(CELLS, st.floats(0.1, 200), st.booleans())
def test_the_poor_are_fewer_the_harder_the_measure(cells, line: float, good: bool) -> None:
    values, people, _ = arrays(cells)
    shares = [equity.fgt(values, people, line=line, alpha=a, good=good) for a in (0, 1, 2)]
    assert 1 >= shares[0] >= shares[1] >= shares[2] >= 0
