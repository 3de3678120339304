"""Capacity-aware catchments: by hand, against an assignment of single people, and their laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

from cockpit.coverage.capacity import CapacityCatchments, capacity_catchments
from geodata.errors import InputError

INF, NAN = np.inf, np.nan


def hold(
    found: CapacityCatchments,
    minutes: np.ndarray,
    people: np.ndarray,
    capacity: np.ndarray,
    reach: float,
) -> None:
    """Assert what must be true of any plan."""
    flow = found.flow.toarray()
    limits = np.where(np.isnan(capacity), INF, capacity)
    assert found.served + found.left_over == pytest.approx(people, abs=1e-9)
    assert (found.left_over >= 0).all()
    assert (flow >= 0).all()
    assert flow.sum(axis=1) == pytest.approx(found.served, abs=1e-6)
    assert flow.sum(axis=0) == pytest.approx(found.load, abs=1e-6)
    assert (found.load <= limits).all()
    assert (found.load + found.unused == pytest.approx(limits)) or np.isinf(limits).any()
    assert found.unlimited.tolist() == np.isinf(limits).tolist()
    assert (flow[minutes > reach] == 0).all()
    known = np.where(np.isfinite(minutes), minutes, 0)
    assert found.person_minutes == pytest.approx((flow * known).sum())


def test_fewest_minutes_send_the_one_on_who_loses_least() -> None:
    # Both cells are nearest to the first facility, with room for 10. The second cell loses 2
    # minutes by going on, the first 20: so the second goes, though it would come first by minutes.
    minutes = np.array([[5.0, 25.0], [4.0, 6.0]])
    people, capacity = np.array([10.0, 10.0]), np.array([10.0, 10.0])
    found = capacity_catchments(minutes, people, capacity, reach=30)
    assert found.flow.toarray().tolist() == [[10, 0], [0, 10]]
    assert found.person_minutes == 110
    assert found.unused.tolist() == [0, 0]


def test_serving_more_people_comes_before_minutes() -> None:
    # The second cell reaches the first facility only. All 20 are served when the first cell goes 29
    # minutes instead of 1: more minutes, more people.
    minutes = np.array([[1.0, 29.0], [2.0, INF]])
    people, capacity = np.array([10.0, 10.0]), np.array([10.0, 10.0])
    found = capacity_catchments(minutes, people, capacity, reach=30)
    assert found.served.tolist() == [10, 10]
    assert found.load.tolist() == [10, 10]


def test_the_farthest_are_left_over_and_a_cell_may_be_divided() -> None:
    minutes = np.array([[10.0], [20.0], [15.0], [15.1]])
    people, capacity = np.array([4.0, 4.0, 4.0, 4.0]), np.array([6.0])
    found = capacity_catchments(minutes, people, capacity, reach=15)
    assert found.served.tolist() == [4, 0, 2, 0]
    assert found.left_over.tolist() == [0, 4, 2, 4]


def test_a_missing_capacity_is_without_limit_and_flagged() -> None:
    minutes = np.array([[5.0, 9.0], [5.0, 9.0]])
    people = np.array([100.0, 50.0])
    found = capacity_catchments(minutes, people, np.array([30.0, NAN]), reach=10)
    assert found.unlimited.tolist() == [False, True]
    assert found.load.tolist() == [30, 120]
    assert found.unused.tolist() == [0, INF]
    assert found.left_over.sum() == 0
    again = capacity_catchments(minutes, people, np.array([30.0, INF]), reach=10)
    assert np.array_equal(found.load, again.load)


def test_nobody_and_nothing() -> None:
    minutes = np.array([[5.0, INF], [INF, INF]])
    for people, capacity, left in (
        (np.zeros(2), np.array([3.0, 3.0]), [0, 0]),
        (np.array([2.0, 2.0]), np.zeros(2), [2, 2]),
        (np.array([2.0, 2.0]), np.array([9.0, 9.0]), [0, 2]),
    ):
        found = capacity_catchments(minutes, people, capacity, reach=10)
        assert found.left_over.tolist() == left
        hold(found, minutes, people, capacity, 10)
    found = capacity_catchments(np.empty((2, 0)), np.ones(2), np.empty(0), reach=10)
    assert found.left_over.tolist() == [1, 1]


def single_people(
    minutes: np.ndarray, people: np.ndarray, capacity: np.ndarray, reach: float
) -> tuple[int, float]:
    """Return served people and minutes of the best assignment of each person to a seat."""
    seats = np.where(np.isnan(capacity), people.sum(), capacity).astype(int)
    cost = np.repeat(np.repeat(minutes, people.astype(int), axis=0), seats, axis=1)
    cost = np.where(cost <= reach, cost, 1e6)
    row, column = linear_sum_assignment(cost)
    kept = cost[row, column] < 1e6
    return int(kept.sum()), float(cost[row, column][kept].sum())


some_minutes = st.one_of(st.integers(0, 40).map(float), st.just(INF))
counties = st.tuples(st.integers(1, 7), st.integers(1, 5)).flatmap(
    lambda shape: st.tuples(
        arrays(np.float64, shape, elements=some_minutes),
        arrays(np.float64, shape[0], elements=st.integers(0, 6).map(float)),
        arrays(
            np.float64, shape[1], elements=st.one_of(st.integers(0, 9).map(float), st.just(NAN))
        ),
    )
)


@given(counties, st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_no_plan_is_better(county: tuple[np.ndarray, ...], reach: int) -> None:
    minutes, people, capacity = county
    found = capacity_catchments(minutes, people, capacity, reach=reach)
    hold(found, minutes, people, capacity, reach)
    assert np.array_equal(found.flow.toarray(), np.rint(found.flow.toarray()))
    served, spent = single_people(minutes, people, capacity, reach)
    assert found.served.sum() == served
    assert found.person_minutes == pytest.approx(spent)


@pytest.mark.parametrize("fullness", [0.7, 0.95, 1.0, 1.4])
def test_many_facilities_need_several_rounds(fullness: float) -> None:
    """More facilities than the first round offers each cell, crowded around one corner."""
    rng = np.random.default_rng(20260503)
    cells, sites = rng.random((150, 2)) ** 3 * 60, rng.random((40, 2)) * 60
    minutes = np.rint(np.linalg.norm(cells[:, None] - sites[None], axis=2) * 60) / 60
    people = rng.integers(1, 7, 150).astype(float)
    seats = rng.multinomial(round(people.sum() / fullness), np.ones(40) / 40).astype(float)
    found = capacity_catchments(minutes.astype(np.float32), people, seats, reach=50)
    hold(found, minutes, people, seats, 50)
    served, spent = single_people(minutes.astype(np.float32), people, seats, 50)
    assert found.served.sum() == served
    assert found.person_minutes == pytest.approx(spent, rel=1e-7)


@given(counties, st.floats(0.01, 1), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_parts_of_people_are_shared_out_too(
    county: tuple[np.ndarray, ...], part: float, reach: int
) -> None:
    minutes, people, capacity = county
    people = people * part  # such as the share of a cell's people who need the service
    found = capacity_catchments(minutes, people, capacity, reach=reach)
    hold(found, minutes, people, capacity, reach)
    # In another unit the same plan is the best.
    again = capacity_catchments(minutes, people * 8, capacity * 8, reach=reach)
    assert again.served.sum() == pytest.approx(found.served.sum() * 8, abs=1e-6)
    assert again.person_minutes == pytest.approx(found.person_minutes * 8, abs=1e-5)


@given(counties, st.data())
@settings(max_examples=40, deadline=None)
def test_a_new_facility_never_leaves_more_people_over(
    county: tuple[np.ndarray, ...], data: st.DataObject
) -> None:
    minutes, people, capacity = county
    more = data.draw(arrays(np.float64, (len(people), 1), elements=some_minutes))
    before = capacity_catchments(minutes, people, capacity, reach=20)
    after = capacity_catchments(
        np.hstack((minutes, more)), people, np.append(capacity, 4.0), reach=20
    )
    assert after.left_over.sum() <= before.left_over.sum()


def test_names_what_is_wrong() -> None:
    minutes, people = np.ones((2, 2)), np.ones(2)
    with pytest.raises(InputError, match=r"^capacity has negative values\.$"):
        capacity_catchments(minutes, people, np.array([-1.0, NAN]), reach=5)
    with pytest.raises(InputError, match=r"^capacity has shape \(1,\); expected \(2,\), one value"):
        capacity_catchments(minutes, people, np.ones(1), reach=5)
    with pytest.raises(InputError, match=r"^people has negative or missing values\.$"):
        capacity_catchments(minutes, np.array([1, NAN]), np.ones(2), reach=5)
    with pytest.raises(InputError, match=r"^The reach is nan minutes; expected above 0\.$"):
        capacity_catchments(minutes, people, np.ones(2), reach=NAN)
