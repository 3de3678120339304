"""Other limits and other speeds: shares by hand, never falling, the usual speed within."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cockpit.coverage.sensitivity import speed_band, sweep, thresholds_around
from geodata.errors import InputError

INF = np.inf
NEAREST = np.array([5.0, 10.0, 20.0, INF])
PEOPLE = np.array([10.0, 20.0, 30.0, 40.0])


def test_limits_stand_around_the_reach() -> None:
    limits = thresholds_around(20)
    assert (limits[0], limits[-1], len(limits)) == (10, 40, 13)
    assert 20 in limits


def test_the_sweep_by_hand() -> None:
    found = sweep(NEAREST, PEOPLE, [20, 4, 10, 10])
    assert found.thresholds.tolist() == [4, 10, 20]
    assert found.people.tolist() == [0, 30, 60]
    assert found.share == pytest.approx([0, 0.3, 0.6])


def test_the_sweep_without_people_lies_at_zero() -> None:
    assert sweep(NEAREST, np.zeros(4), [5, 50]).share.tolist() == [0, 0]


def test_the_band_by_hand() -> None:
    # A fifth slower and faster; the last kilometre on foot keeps its speed.
    at = {0.8: np.array([6, 12, 24, INF]), 1.0: NEAREST, 1.2: np.array([4.5, 8.5, 17, INF])}
    found = speed_band(at, PEOPLE, [5, 10, 17])
    assert found.slow.tolist() == [0, 0.1, 0.3]
    assert found.base.tolist() == [0.1, 0.3, 0.3]
    assert found.fast.tolist() == [0.1, 0.3, 0.6]


def test_the_usual_speed_alone_is_a_band_without_width() -> None:
    found = speed_band({1: NEAREST}, PEOPLE, [10])
    assert found.slow.tolist() == found.base.tolist() == found.fast.tolist() == [0.3]


@given(
    arrays(np.float64, 12, elements=st.one_of(st.integers(0, 60).map(float), st.just(INF))),
    arrays(np.float64, 12, elements=st.integers(0, 30).map(float)),
    st.lists(st.integers(1, 90), min_size=1, max_size=8),
)
def test_shares_never_fall_and_the_band_holds_the_usual_speed(
    nearest: np.ndarray, people: np.ndarray, limits: list[int]
) -> None:
    at = {speed: nearest / speed for speed in (0.8, 1.0, 1.2)}
    found = speed_band(at, people, limits)
    assert ((found.slow <= found.base) & (found.base <= found.fast)).all()
    for share in (found.slow, found.base, found.fast):
        assert (np.diff(share) >= 0).all()
        assert ((share >= 0) & (share <= 1)).all()
    # Faster by a fifth at 10 minutes is as good as the usual speed at 12.
    faster = speed_band({1: nearest / 1.25}, people, [10]).base
    assert faster == pytest.approx(sweep(nearest, people, [12.5]).share)


def test_names_what_is_wrong() -> None:
    with pytest.raises(InputError, match=r"^No limit is given; expected minutes above 0\.$"):
        sweep(NEAREST, PEOPLE, [])
    with pytest.raises(InputError, match=r"^The reach is -5 minutes; expected above 0\.$"):
        sweep(NEAREST, PEOPLE, [5, -5])
    with pytest.raises(InputError, match=r"^The speeds are 0\.8, 1\.2; expected 1 among them"):
        speed_band({0.8: NEAREST, 1.2: NEAREST}, PEOPLE, [5])
    with pytest.raises(InputError, match=r"^The speeds are 0, 1; expected 1 among them and all"):
        speed_band({0: NEAREST, 1: NEAREST}, PEOPLE, [5])
    with pytest.raises(InputError, match=r"^minutes has shape \(3,\) and people \(4,\)"):
        speed_band({1: NEAREST[:3]}, PEOPLE, [5])
