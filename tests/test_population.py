"""Age and sex, households, change and hidden counts, by hand and by law."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.population import (
    BANDS,
    age_sex,
    decompose,
    dependency,
    households,
    median_age,
    protect,
)
from geodata.errors import InputError


def by_band(**persons: int) -> np.ndarray:
    """Persons by band; ``a15=3`` puts 3 into 15-19."""
    ages = np.zeros(18, dtype=np.int64)
    for name, count in persons.items():
        ages[int(name[1:]) // 5] = count
    return ages


def test_bands_are_eighteen_and_end_open() -> None:
    assert len(BANDS) == 18
    assert (BANDS[0], BANDS[-2], BANDS[-1]) == ("00-04", "80-84", "85+")


def test_everybody_is_in_the_pyramid_or_named_as_unplaced() -> None:
    # 5 + 2 boys, 4 girls, 3 of 30-34 without sex, 6 men without age: 20, 9 of them unplaced.
    people = age_sex(
        ["m", "m", "f", "t", "m"], ["00-04", "00-04", "00-04", "30-34", "all"], [5, 2, 4, 3, 6]
    )
    assert people.total == 20
    assert people.male[0] == 7
    assert people.female[0] == 4
    assert people.ages[6] == 3
    assert people.unplaced == 9
    assert people.has_pyramid
    assert people.has_ages


def test_a_bare_total_has_no_pyramid() -> None:
    people = age_sex(["t"], ["all"], [12])
    assert (people.total, people.unplaced) == (12, 12)
    assert not people.has_pyramid
    assert not people.has_ages


def test_nobody_gives_zeros() -> None:
    people = age_sex([], [], [])
    assert people.total == 0
    assert not people.has_pyramid


def test_refuses_what_cannot_be() -> None:
    with pytest.raises(InputError, match=r"Sex x, age band 00-04, persons 1: one of them is not"):
        age_sex(["x"], ["00-04"], [1])
    with pytest.raises(InputError, match=r"persons -1"):
        age_sex(["m"], ["00-04"], [-1])
    with pytest.raises(InputError, match=r"one value a row each"):
        age_sex(["m"], [], [1])
    with pytest.raises(InputError, match=r"shape \(3,\); expected 18 bands"):
        dependency(np.zeros(3, dtype=np.int64))
    with pytest.raises(InputError, match=r"need 5 counts, 0 or more"):
        households([1, 2], 10)


def test_dependency_by_hand() -> None:
    # 20 children, 50 of working age, 30 of 60 and over, of these 20 from 65 and 5 from 80 on.
    ages = by_band(a0=12, a10=8, a15=25, a55=25, a60=10, a65=15, a80=3, a85=2)
    found = dependency(ages)
    assert (found.children, found.working, found.older) == (20, 50, 30)
    assert (found.older_65, found.oldest) == (20, 5)
    assert found.total == 100
    assert found.ratio == pytest.approx(100.0)  # (20 + 30) / 50
    assert found.ageing_index == pytest.approx(150.0)  # 30 / 20
    assert found.share(found.older) == pytest.approx(30.0)


def test_dependency_of_nobody_is_not_a_number() -> None:
    found = dependency(np.zeros(18, dtype=np.int64))
    assert np.isnan(found.ratio)
    assert np.isnan(found.ageing_index)
    assert np.isnan(found.share(0))


def test_median_age_by_hand() -> None:
    # 10 of 0-4, 30 of 40-44: the 20th of 40 is 10 into the 30, a third through the band.
    assert median_age(by_band(a0=10, a40=30)) == pytest.approx(40 + 5 / 3)
    # Everybody in one band: its middle.
    assert median_age(by_band(a20=8)) == pytest.approx(22.5)
    assert np.isnan(median_age(by_band()))


def test_households_by_hand() -> None:
    found = households([10, 20, 15, 5, 0], 125)
    assert found.total == 50
    assert found.shares.tolist() == [20, 40, 30, 10, 0]
    assert found.mean_size == pytest.approx(2.5)
    assert np.isnan(households([0] * 5, 0).shares).all()


def test_parts_of_a_change_sum_to_it() -> None:
    # 100 -> 110 and 300 -> 270: 400 -> 380 is -5 %, of it +2.5 and -7.5 points.
    found = decompose(["a", "b"], [100, 300], [110, 270])
    assert found.total == -20
    assert found.percent == pytest.approx(-5)
    assert found.points.tolist() == [2.5, -7.5]
    assert found.own_percent.tolist() == [10, -10]


def test_change_from_nobody_has_no_percentage() -> None:
    found = decompose(["a"], [0], [5])
    assert found.total == 5
    assert np.isnan(found.percent)
    assert np.isnan(found.points).all()
    assert decompose([], [], []).total == 0
    with pytest.raises(InputError, match="a label, an earlier and a later count"):
        decompose(["a"], [1, 2], [3])


def test_one_hidden_part_takes_a_second_with_it() -> None:
    # 64 = 4 + 20 + 40: with only the 4 hidden, 64 - 60 would tell it; the 20 goes too.
    hidden = protect(np.array([64, 4, 20, 40]), np.array([-1, 0, 0, 0]), small=10)
    assert hidden.tolist() == [False, True, True, False]


def test_two_small_parts_that_pin_each_other_take_a_third() -> None:
    # 9 + 9 = 18 is the only way to make 18 of two counts below 10.
    hidden = protect(np.array([68, 9, 9, 20, 30]), np.array([-1, 0, 0, 0, 0]), small=10)
    assert hidden.tolist() == [False, True, True, True, False]


def test_a_hidden_total_hides_a_part() -> None:
    # Village 1 (30 = 12 + 18) is hidden beside the 5 of village 2; its grids must not add up to it.
    counts = np.array([95, 30, 5, 60, 12, 18])
    hidden = protect(counts, np.array([-1, 0, 0, 0, 1, 1]), small=10)
    assert hidden.tolist() == [False, True, True, False, True, False]


def test_large_counts_stay() -> None:
    assert not protect(np.array([60, 20, 40]), np.array([-1, 0, 0]), small=10).any()


def test_an_only_small_part_hides_the_region() -> None:
    assert protect(np.array([7, 7]), np.array([-1, 0]), small=10).all()


def test_protect_needs_equal_lengths() -> None:
    with pytest.raises(InputError, match="for each region"):
        protect(np.array([1]), np.array([-1, 0]), small=10)


@st.composite
def trees(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Three levels: a top, its parts, their parts; counts add up."""
    leaves = draw(
        st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=5), min_size=1, max_size=5)
    )
    middle = [sum(part) for part in leaves]
    counts, parent = [sum(middle), *middle], [-1, *([0] * len(middle))]
    for k, part in enumerate(leaves, start=1):
        counts += part
        parent += [k] * len(part)
    return np.array(counts), np.array(parent)


@settings(max_examples=200, deadline=None)
@given(trees(), st.integers(2, 12))
def test_no_family_gives_a_hidden_count_away(
    tree: tuple[np.ndarray, np.ndarray], small: int
) -> None:
    counts, parent = tree
    hidden = protect(counts, parent, small=small)
    assert hidden[counts < small].all()
    for top in set(parent.tolist()) - {-1}:
        family = [top, *np.flatnonzero(parent == top)]
        # One unknown in one sum is solved at once.
        assert hidden[family].sum() != 1
