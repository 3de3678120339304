"""Nearest, k nearest, people within limits, the median person and the curve."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cockpit.coverage.nearest import (
    curve,
    minutes_of,
    nearest_k,
    people_within,
    weighted_quantile,
)
from geodata.errors import InputError

INF = np.inf
# Four cells, three facilities. The second cell is equally far from two; the last reaches one only.
MINUTES = np.array([[7.0, 3.0, 20.0], [5.0, 9.0, 5.0], [INF, INF, INF], [INF, 12.0, INF]])
PEOPLE = np.array([10.0, 20.0, 30.0, 40.0])

some_minutes = st.one_of(st.integers(0, 40).map(float), st.just(INF))
matrices = st.tuples(st.integers(1, 8), st.integers(1, 30)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=some_minutes)
)


def test_seconds_become_minutes_and_the_mark_becomes_without_end() -> None:
    minutes = minutes_of(np.array([[0, 90], [900, 65535]], np.uint16))
    assert minutes.dtype == np.float32
    assert minutes.tolist() == [[0, 1.5], [15, INF]]


def test_finds_the_nearest_in_order() -> None:
    found = nearest_k(MINUTES, 2)
    assert found.index.tolist() == [[1, 0], [0, 2], [-1, -1], [1, -1]]
    assert found.minutes.tolist() == [[3, 7], [5, 5], [INF, INF], [12, INF]]
    assert found.mean_k.tolist() == [5, 5, INF, INF]


def test_more_are_asked_for_than_there_are() -> None:
    found = nearest_k(MINUTES, 5)
    assert found.index[0].tolist() == [1, 0, 2, -1, -1]
    assert found.minutes[0].tolist() == [3, 7, 20, INF, INF]
    assert found.mean_k.tolist() == [INF] * 4


def test_without_facilities_nobody_has_a_nearest() -> None:
    found = nearest_k(np.empty((3, 0)), 1)
    assert found.index.tolist() == [[-1]] * 3
    assert found.mean_k.tolist() == [INF] * 3


@given(matrices, st.integers(1, 6))
def test_the_k_nearest_are_those_of_a_full_sort(minutes: np.ndarray, k: int) -> None:
    found = nearest_k(minutes, k)
    k = min(k, minutes.shape[1])
    order = np.argsort(minutes, axis=1, kind="stable")[:, :k]
    far = np.take_along_axis(minutes, order, axis=1)
    assert np.array_equal(found.minutes[:, :k], far)
    assert np.array_equal(found.index[:, :k], np.where(np.isinf(far), -1, order))


def test_exactly_at_the_limit_is_within() -> None:
    nearest = MINUTES.min(axis=1)
    assert people_within(nearest, PEOPLE, [3, 2.999, 5, 12, INF]).tolist() == [10, 0, 30, 70, 100]


def test_the_limit_is_rounded_as_the_minutes_are() -> None:
    # 426 s are 7.1 minutes, in 32 bits a little less or more than in 64.
    seconds = np.arange(1, 3000, dtype=np.uint16)
    nearest, people = minutes_of(seconds), np.ones(len(seconds))
    limits = [s / 60 for s in (426, 427, 1001, 2999)]
    assert people_within(nearest, people, limits).tolist() == [426, 427, 1001, 2999]


def test_the_median_person_and_the_last_tenth() -> None:
    minutes = np.array([4.0, 1.0, 10.0, INF])
    people = np.array([40.0, 10.0, 40.0, 10.0])
    # Sorted: 10 people at 1, 40 at 4, 40 at 10, 10 nowhere. Half of 100 is met at 4, 90 at 10.
    assert weighted_quantile(minutes, people, 0.1) == 1
    assert weighted_quantile(minutes, people, 0.5) == 4
    assert weighted_quantile(minutes, people, 0.51) == 10
    assert weighted_quantile(minutes, people, 0.9) == 10
    assert weighted_quantile(minutes, people, 0.91) == INF


def test_a_cell_without_people_is_nobodys_median() -> None:
    minutes = np.array([1.0, 2.0])
    assert weighted_quantile(minutes, np.array([0.0, 5.0]), 0.01) == 2
    assert weighted_quantile(minutes, np.zeros(2), 0.5) == INF


def test_a_share_met_exactly_is_met() -> None:
    # 0.1 + 0.2 is a hair above 0.3 in binary; three of ten tenths are 0.3 of all.
    minutes = np.arange(10.0)
    assert weighted_quantile(minutes, np.full(10, 0.1), 0.3) == 2


def test_the_curve_by_hand() -> None:
    drawn = curve(MINUTES.min(axis=1), PEOPLE, upto=12, step=4)
    assert drawn.minutes.tolist() == [0, 4, 8, 12]
    assert drawn.share.tolist() == [0, 0.1, 0.3, 0.7]


def test_the_curve_without_people_lies_at_zero() -> None:
    assert curve(MINUTES.min(axis=1), np.zeros(4)).share.tolist() == [0] * 61


@given(matrices, st.data())
@settings(max_examples=50)
def test_the_curve_never_falls_and_agrees_with_the_count(
    minutes: np.ndarray, data: st.DataObject
) -> None:
    nearest = minutes.min(axis=1)
    people = data.draw(arrays(np.float64, len(nearest), elements=st.integers(0, 9).map(float)))
    drawn = curve(nearest, people, upto=40, step=2.5)
    assert (np.diff(drawn.share) >= 0).all()
    counted = people_within(nearest, people, drawn.minutes.tolist())
    assert drawn.share == pytest.approx(counted / max(people.sum(), 1))


@given(matrices, st.data())
def test_a_new_facility_never_lowers_coverage(minutes: np.ndarray, data: st.DataObject) -> None:
    n = len(minutes)
    people = data.draw(arrays(np.float64, n, elements=st.integers(0, 9).map(float)))
    more = data.draw(arrays(np.float32, (n, 1), elements=some_minutes))
    limits = [0, 5, 10, 15, 30]
    before = people_within(minutes.min(axis=1), people, limits)
    after = people_within(np.hstack((minutes, more)).min(axis=1), people, limits)
    assert (after >= before).all()


def test_names_what_is_wrong() -> None:
    with pytest.raises(InputError, match=r"^minutes has negative or missing values\.$"):
        people_within(np.array([np.nan]), np.ones(1), [5])
    with pytest.raises(InputError, match=r"^people has negative or missing values\.$"):
        people_within(np.ones(1), np.array([-1.0]), [5])
    with pytest.raises(InputError, match=r"^people has values without end\.$"):
        people_within(np.ones(1), np.array([INF]), [5])
    with pytest.raises(InputError, match=r"shape \(2,\) and people \(1,\); expected \(n_cells,\)"):
        people_within(np.ones(2), np.ones(1), [5])
    with pytest.raises(InputError, match=r"^The 0 nearest are asked for; expected 1 or more\.$"):
        nearest_k(MINUTES, 0)
    with pytest.raises(InputError, match=r"minutes has shape \(2,\) and people -; expected"):
        nearest_k(np.ones(2), 1)
    with pytest.raises(InputError, match=r"^The share 0 is not above 0 and at most 1\.$"):
        weighted_quantile(np.ones(1), np.ones(1), 0)
    with pytest.raises(InputError, match=r"^A curve up to 60 minutes in steps of 0 cannot be"):
        curve(np.ones(1), np.ones(1), step=0)
