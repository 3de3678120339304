"""What a closure costs, by hand and by law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cockpit.coverage.closures import (
    Loss,
    by_place,
    losing_more_than,
    loss,
    order_of_importance,
    toll,
    within_limit,
    worst_of,
)
from geodata.errors import InputError

INF = np.inf
# Six cells: same, 6 longer, 20 longer, cut off, never had a way, exactly 5 longer.
BEFORE = np.array([10.0, 12.0, 8.0, 30.0, INF, 15.0])
AFTER = np.array([10.0, 18.0, 28.0, INF, INF, 20.0])
PEOPLE = np.array([100.0, 50.0, 10.0, 40.0, 7.0, 20.0])
VILLAGES = np.array([1, 1, 2, 2, 3, 3])


def the_loss() -> Loss:
    return loss(BEFORE, AFTER)


def test_tells_cut_off_from_slower_from_never_there() -> None:
    change = the_loss()
    assert change.cut_off.tolist() == [False, False, False, True, False, False]
    assert change.slower.tolist() == [False, True, True, False, False, True]
    assert change.without_before.tolist() == [False, False, False, False, True, False]
    assert change.lost[[0, 1, 2, 5]].tolist() == [0, 6, 20, 5]


def test_adds_up_people_and_minutes() -> None:
    cost = toll(the_loss(), PEOPLE)
    assert cost.total == 227
    assert cost.cut_off == 40
    assert cost.slower == 80
    assert cost.without_before == 7  # not lost: it was never there
    # 50 x 6 + 10 x 20 + 20 x 5 = 600 person-minutes over 80 people.
    assert cost.person_minutes == 600
    assert cost.mean == 7.5
    # Sorted: 20 people lose 5, 50 lose 6, 10 lose 20; the 40th loses 6.
    assert cost.median == 6
    assert cost.worst == 20


def test_counts_who_loses_more_than_and_still_has_a_way() -> None:
    # Exactly 5 minutes is not more than 5.
    assert losing_more_than(the_loss(), PEOPLE) == {5: 60, 10: 10, 15: 10, 30: 0}


def test_counts_people_within_a_limit_before_and_after() -> None:
    assert within_limit(the_loss(), PEOPLE, 15) == (180, 100)


def test_puts_villages_with_people_cut_off_first() -> None:
    rows = by_place(the_loss(), PEOPLE, VILLAGES)
    assert [row.place for row in rows] == [2, 1, 3]
    first = rows[0]
    assert (first.people, first.cut_off, first.slower, first.mean) == (50, 40, 10, 20)
    assert first.before == pytest.approx((8 * 10 + 30 * 40) / 50)
    assert first.after == 28  # of those who still come


def test_leaves_out_villages_that_lose_nothing() -> None:
    assert by_place(loss(BEFORE, BEFORE), PEOPLE, VILLAGES) == []


def test_of_several_services_the_worst_counts() -> None:
    other = loss(np.full(6, 5.0), np.array([5.0, 9.0, INF, 5.0, 8.0, 9.0]))
    worst, which = worst_of([the_loss(), other])
    assert which.tolist() == [0, 0, 1, 0, 1, 0]
    assert worst.lost.tolist() == [0, 6, INF, INF, 3, 5]


def test_orders_bridges_by_people_cut_off_then_by_minutes() -> None:
    def cost(lost: list[float]) -> object:
        return toll(loss(np.zeros(2), np.array(lost)), np.array([10.0, 1.0]))

    tolls = {1: cost([9, 0]), 2: cost([0, INF]), 3: cost([0, 0]), 4: cost([8, 30])}
    assert order_of_importance(tolls) == [2, 4, 1]  # type: ignore[arg-type]


def test_nobody_there_costs_nothing() -> None:
    cost = toll(the_loss(), np.zeros(6))
    assert (cost.total, cost.cut_off, cost.slower, cost.worst) == (0, 0, 0, 0)
    assert np.isnan(cost.mean)
    assert np.isnan(cost.median)


def test_refuses_arrays_that_do_not_fit() -> None:
    with pytest.raises(InputError, match=r"minutes has shape \(5,\) and people \(6,\)"):
        loss(BEFORE, AFTER[:5])
    with pytest.raises(InputError, match="people has negative or missing values"):
        toll(the_loss(), -PEOPLE)
    with pytest.raises(InputError, match="There is no service to compare"):
        worst_of([])


minutes = arrays(np.float64, 8, elements=st.one_of(st.floats(0, 500), st.just(np.inf)))
people = arrays(np.float64, 8, elements=st.integers(0, 1000).map(float))


@given(minutes, minutes, people)
def test_nobody_is_counted_twice_and_closing_never_helps(
    before: np.ndarray, extra: np.ndarray, weights: np.ndarray
) -> None:
    change = loss(before, before + extra)
    cost = toll(change, weights)
    assert cost.cut_off + cost.slower + cost.without_before <= cost.total
    assert not (change.lost < 0).any()
    first, last = within_limit(change, weights, 60)
    assert last <= first
    limits = losing_more_than(change, weights, (5, 10, 15, 30))
    assert list(limits.values()) == sorted(limits.values(), reverse=True)
    places = by_place(change, weights, np.arange(8) % 3)
    assert sum(p.cut_off for p in places) == cost.cut_off
    assert sum(p.slower for p in places) == cost.slower
