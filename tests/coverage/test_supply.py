"""Weak and redundant supply, dual access and what the closing of the nearest takes away."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cockpit.coverage.catchments import two_step
from cockpit.coverage.supply import (
    balance,
    closings,
    dual_access,
    loss_when_nearest_closes,
    weak_places,
)
from geodata.errors import InputError

INF = np.inf
# Five cells, three facilities.
MINUTES = np.array(
    [
        [5.0, 10.0, 20.0],
        [15.0, 15.1, 40.0],
        [INF, 8.0, 30.0],
        [INF, 3.0, INF],
        [INF, INF, INF],
    ]
)
PEOPLE = np.array([100.0, 50.0, 20.0, 7.0, 3.0])

some_minutes = st.one_of(st.integers(0, 40).map(float), st.just(INF))
counties = st.tuples(st.integers(1, 8), st.integers(1, 5)).flatmap(
    lambda shape: st.tuples(
        arrays(np.float32, shape, elements=some_minutes),
        arrays(np.float64, shape[0], elements=st.integers(0, 30).map(float)),
    )
)


def test_the_places_with_most_people_out_of_reach_come_first() -> None:
    nearest = MINUTES.min(axis=1)  # 5, 15, 8, 3, inf
    found = weak_places(nearest, PEOPLE, np.array([2, 0, 2, 2, 2]), reach=7)
    assert found.place.tolist() == [0, 2]
    assert found.people.tolist() == [50, 130]
    assert found.uncovered.tolist() == [50, 23]
    assert found.unreached.tolist() == [0, 3]
    # Place 2: (100 x 5 + 20 x 8 + 7 x 3) / 127, those three who reach none left aside.
    assert found.minutes == pytest.approx([15, 681 / 127])


def test_a_place_that_reaches_nothing_is_endlessly_far() -> None:
    found = weak_places(np.array([INF, 1.0]), np.array([4.0, 9.0]), np.array([1, 0]), reach=5)
    assert found.place.tolist() == [1]
    assert found.minutes.tolist() == [INF]


def test_no_place_is_weak_where_all_are_covered() -> None:
    assert weak_places(np.ones(2), np.ones(2), np.arange(2), reach=1).place.tolist() == []
    assert weak_places(np.empty(0), np.empty(0), np.empty(0, int), reach=1).place.tolist() == []


def test_planted_surplus_and_shortage_are_found_in_order() -> None:
    # Four villages a world apart, 100 people each, with 1, 9, 4 and 6 beds; one empty village.
    minutes = np.where(np.eye(5, 4) > 0, 5.0, INF)
    people = np.array([100.0, 100.0, 100.0, 100.0, 0.0])
    access = two_step(minutes, people, np.array([1.0, 9.0, 4.0, 6.0]), reach=15)
    found = balance(access, people, np.arange(5))
    assert found.mean == pytest.approx(0.05)
    assert found.score == pytest.approx([0.01, 0.09, 0.04, 0.06, 0])
    assert found.surplus == pytest.approx([-4, 4, -1, 1, 0])
    assert found.order.tolist() == [0, 2, 3, 1]
    assert found.weakest.tolist() == [0, 2]
    assert found.strongest.tolist() == [1, 3]


@given(counties, st.data())
def test_surplus_and_shortage_cancel_out(
    county: tuple[np.ndarray, np.ndarray], data: st.DataObject
) -> None:
    minutes, people = county
    n = len(people)
    places = data.draw(arrays(np.intp, n, elements=st.integers(0, 3)))
    access = two_step(minutes, people, np.ones(minutes.shape[1]), reach=20)
    found = balance(access, people, places)
    assert found.surplus.sum() == pytest.approx(0, abs=1e-9)
    assert np.isfinite(found.score).all()
    assert set(found.order) == set(places[people > 0])


def test_minutes_to_reach_two_places() -> None:
    assert dual_access(MINUTES, 1).tolist() == [5, 15, 8, 3, INF]
    assert dual_access(MINUTES, 2).tolist() == [10, 15.1, 30, INF, INF]
    assert dual_access(MINUTES, 3).tolist() == [20, 40, INF, INF, INF]
    assert dual_access(MINUTES, 4).tolist() == [INF] * 5


def test_what_the_closing_of_the_nearest_takes_by_hand() -> None:
    found = loss_when_nearest_closes(MINUTES)
    assert found.nearest.tolist() == [0, 0, 1, 1, -1]
    assert found.second.tolist() == [1, 1, 2, -1, -1]
    assert found.loss == pytest.approx([5, 0.1, 22, INF, 0])


@given(counties)
def test_closing_the_nearest_gives_exactly_the_predicted_loss(
    county: tuple[np.ndarray, np.ndarray],
) -> None:
    minutes, _ = county
    found = loss_when_nearest_closes(minutes)
    before = minutes.min(axis=1)
    for closed in range(minutes.shape[1]):
        after = np.delete(minutes, closed, axis=1).min(axis=1, initial=INF)
        whose = found.nearest == closed
        assert np.array_equal(after[~whose], before[~whose])
        assert np.array_equal(after[whose] - before[whose], found.loss[whose])
        assert np.array_equal(after[whose], found.minutes_after[whose])


def test_closings_by_hand() -> None:
    found = closings(MINUTES, PEOPLE, reach=15)
    assert found.nearest_people.tolist() == [150, 27, 0]
    # Without the first, 50 people are 15.1 minutes away; without the second, 20 + 7 lose reach.
    assert found.uncovered.tolist() == [50, 27, 0]
    assert found.cut_off.tolist() == [0, 7, 0]
    assert found.person_minutes == pytest.approx([100 * 5 + 50 * 0.1, 20 * 22, 0])
    assert found.redundant.tolist() == [2]


def test_redundant_facilities_are_ordered_by_how_little_anybody_loses() -> None:
    minutes = np.array([[1.0, 9.0, 9.0], [9.0, 2.0, 9.0], [INF, INF, 9.0]])
    found = closings(minutes, np.array([10.0, 10.0, 0.0]), reach=15)
    assert found.person_minutes.tolist() == [80, 70, 0]
    assert found.redundant.tolist() == [2, 1, 0]


@given(counties, st.integers(1, 40))
def test_closing_a_facility_uncovers_exactly_whom_it_says(
    county: tuple[np.ndarray, np.ndarray], reach: int
) -> None:
    minutes, people = county
    found = closings(minutes, people, reach=reach)
    before = minutes.min(axis=1)
    for closed in range(minutes.shape[1]):
        after = np.delete(minutes, closed, axis=1).min(axis=1, initial=INF)
        assert found.uncovered[closed] == people[(before <= reach) & (after > reach)].sum()
        assert found.cut_off[closed] == people[np.isfinite(before) & np.isinf(after)].sum()
        both = np.isfinite(after)
        lost = people[both] @ (after[both] - before[both])
        assert found.person_minutes[closed] == pytest.approx(lost)
        assert (closed in found.redundant) == (found.uncovered[closed] == 0)


def test_names_what_is_wrong() -> None:
    with pytest.raises(InputError, match=r"^places has no number of 0 or more for each of 2 cells"):
        weak_places(np.ones(2), np.ones(2), np.array([0, -1]), reach=5)
    with pytest.raises(InputError, match=r"^places has no number of 0 or more for each of 2 cells"):
        balance(np.ones(2), np.ones(2), np.array([0]))
    with pytest.raises(InputError, match=r"^scores has values without end\.$"):
        balance(np.array([INF]), np.ones(1), np.array([0]))
    with pytest.raises(InputError, match=r"^scores has shape \(2,\) and people \(1,\); expected"):
        balance(np.ones(2), np.ones(1), np.array([0]))
    with pytest.raises(InputError, match=r"^The 0 nearest are asked for; expected 1 or more\.$"):
        dual_access(MINUTES, 0)
    with pytest.raises(InputError, match=r"^The reach is inf minutes; expected above 0\.$"):
        closings(MINUTES, PEOPLE, reach=INF)
