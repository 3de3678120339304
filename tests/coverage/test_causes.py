"""Causes: a planted cause is found again in each cell, and people add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.coverage import causes as c
from cockpit.coverage.capacity import capacity_catchments
from cockpit.locale import catalogue
from geodata.errors import InputError

# One cell for each planted cause: covered; exactly at the limit; a moment beyond; within reach but
# nobody has room; no road; on a road that leads nowhere; without place.
NEAREST = np.array([5.0, 15.0, 15.01, 4.0, np.inf, np.inf, np.inf])
OFF = np.array([4])
PLACED = np.array([True] * 6 + [False])
LEFT = np.array([0.0, 0.0, 70.0, 50.0, 20.0, 10.0, 5.0])
PEOPLE = np.array([100.0, 40.0, 70.0, 60.0, 20.0, 10.0, 5.0])
PLANTED = [c.COVERED, c.COVERED, c.TOO_FAR, c.FULL, c.NO_ROAD, c.CUT_OFF, c.NO_PLACE]


def found(**changes: object) -> np.ndarray:
    given_ = {"reach": 15.0, "n_facilities": 3, "off_network": OFF, "placed": PLACED}
    return c.causes(NEAREST, **{**given_, "left_over": LEFT, **changes})


def test_each_planted_cause_is_found_again() -> None:
    assert found().tolist() == PLANTED


def test_a_mask_says_the_same_as_positions() -> None:
    mask = np.arange(7) == 4
    assert found(off_network=mask).tolist() == PLANTED


def test_without_any_facility_nothing_else_can_be_told() -> None:
    assert (found(n_facilities=0) == c.NO_FACILITY).all()


def test_exactly_at_the_limit_is_within_in_32_bits_too() -> None:
    nearest = np.array([606 / 60], dtype=np.float32)
    assert c.causes(nearest, reach=np.float64(10.1), n_facilities=1).tolist() == [c.COVERED]


def test_without_asking_for_room_nobody_is_full() -> None:
    assert found(left_over=None)[3] == c.COVERED


def test_a_cell_beside_its_facility_needs_no_road() -> None:
    assert found(off_network=np.array([0, 4]))[0] == c.COVERED


def test_people_of_each_cause_by_hand() -> None:
    # Cell 3 is served in part: 10 of its 60 count as covered, with 100 and 40.
    by_cause = c.people_by_cause(found(), PEOPLE, LEFT)
    assert by_cause == {
        c.COVERED: 150, c.TOO_FAR: 70, c.FULL: 50, c.NO_ROAD: 20, c.CUT_OFF: 10,
        c.NO_FACILITY: 0, c.NO_PLACE: 5,
    }  # fmt: skip
    assert c.people_by_cause(found(), PEOPLE)[c.FULL] == 60


def test_full_follows_from_the_capacities() -> None:
    # Two cells at a facility for 100: the nearer one fills it, of the other 20 are left over.
    minutes, people = np.array([[1.0], [2.0], [30.0]]), np.array([90.0, 30.0, 10.0])
    shared = capacity_catchments(minutes, people, np.array([100.0]), reach=15)
    codes = c.causes(minutes[:, 0], reach=15, n_facilities=1, left_over=shared.left_over)
    assert codes[2] == c.TOO_FAR
    assert c.FULL in codes[:2]
    by_cause = c.people_by_cause(codes, people, shared.left_over)
    assert by_cause[c.FULL] == pytest.approx(20)
    assert by_cause[c.COVERED] == pytest.approx(100)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 7.0, 15.0, 40.0, np.inf]),
            st.integers(0, 90),
            st.integers(0, 100),
            st.booleans(),
            st.booleans(),
        ),
        min_size=1,
        max_size=20,
    ),
    st.integers(0, 2),
)
def test_all_people_have_one_cause(cells: list, n_facilities: int) -> None:
    nearest, people, percent, off, placed = (np.array(x) for x in zip(*cells, strict=True))
    people = people.astype(float)
    left = np.where(nearest <= 15, people * percent / 100, people)
    codes = c.causes(
        nearest, reach=15, n_facilities=n_facilities, off_network=off, placed=placed, left_over=left
    )
    assert sum(c.people_by_cause(codes, people).values()) == pytest.approx(people.sum())
    assert sum(c.people_by_cause(codes, people, left).values()) == pytest.approx(people.sum())
    beyond = nearest > 15
    assert not np.isin(codes[beyond], [c.COVERED, c.FULL]).any()


def test_codes_names_and_words_belong_together() -> None:
    assert [cause.code for cause in c.CAUSES] == list(range(7))
    chinese = catalogue("zh")
    for cause in c.CAUSES:
        assert cause.title in chinese
        assert cause.sentence in chinese
        assert cause.sentence.endswith(".")
    assert len({chinese[cause.title] for cause in c.CAUSES}) == 7


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reach": 0.0}, "The reach is 0.0 minutes; expected above 0."),
        (
            {"placed": np.ones(3, bool)},
            "placed has shape (3,); expected one value for each of 7 cells.",
        ),
        ({"off_network": np.array([7])}, "off_network names cells that there are not."),
        (
            {"left_over": np.zeros(2)},
            "left_over has shape (2,); expected one value for each of 7 cells.",
        ),
    ],
)
def test_wrong_arguments_are_named(changes: dict, words: str) -> None:
    with pytest.raises(InputError) as caught:
        found(**changes)
    assert str(caught.value) == words


def test_minutes_that_are_missing_are_refused() -> None:
    with pytest.raises(InputError, match=r"^nearest has negative or missing values\.$"):
        c.causes(np.array([1.0, np.nan]), reach=15, n_facilities=1)
