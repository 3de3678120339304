"""Referral: legs by hand, the sum of legs, and the level that is missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.coverage.referral import Chain, Leg, chain, nearest_leg, people_missing
from cockpit.coverage.services import SERVICES
from geodata.errors import InputError

INF = np.inf
# Four cells, three clinics, two health centres, one hospital. Cell 2 reaches no clinic; clinic 2
# is cut off from the health centres.
TO_CLINIC = np.array([[4.0, 9, INF], [8, 2, 3], [INF, INF, INF], [INF, 50, 6]])
TO_CENTRE = np.array([[20.0, 15], [10, 30], [INF, INF]])
TO_HOSPITAL = np.array([[40.0], [25.0]])
DIRECT = np.array([35.0, 50.0, 90.0, INF])


def legs() -> list[Leg]:
    return [nearest_leg(TO_CLINIC), nearest_leg(TO_CENTRE), nearest_leg(TO_HOSPITAL)]


def made() -> Chain:
    return chain(legs(), direct=DIRECT)


def test_the_way_of_each_cell_by_hand() -> None:
    found = made()
    # Cell 0: clinic 0 (4), centre 1 (15), hospital (25). Cell 1: clinic 1 (2), centre 0 (10), 40.
    assert found.facility.tolist() == [[0, 1, 0], [1, 0, 0], [-1, -1, -1], [2, -1, -1]]
    assert found.legs.tolist() == [[4, 15, 25], [2, 10, 40], [INF] * 3, [6, INF, INF]]
    assert found.total.tolist() == [44, 52, INF, INF]


def test_the_missing_level_is_flagged() -> None:
    found = made()
    assert found.missing.tolist() == [-1, -1, 0, 1]
    people = np.array([10.0, 20, 30, 40])
    assert people_missing(found, people).tolist() == [30, 40, 0]


def test_the_detour_against_the_direct_way() -> None:
    found = made()
    assert found.detour[:2].tolist() == [9, 2]
    assert np.isnan(found.detour[2:]).all()
    assert np.isnan(chain(legs()).detour).all()


def test_a_county_without_health_centres() -> None:
    found = chain(
        [nearest_leg(TO_CLINIC), nearest_leg(np.zeros((3, 0))), nearest_leg(np.ones((0, 1)))]
    )
    assert found.missing.tolist() == [1, 1, 0, 1]
    assert np.isinf(found.total).all()


def test_equally_near_takes_the_first() -> None:
    leg = nearest_leg(np.array([[5.0, 5.0]]))
    assert leg.to.tolist() == [0]


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(0, 5), st.integers(0, 4))
def test_the_total_is_the_sum_of_legs(seed: int, n: int, clinics: int, centres: int) -> None:
    rng = np.random.default_rng(seed)

    def minutes(rows: int, columns: int) -> np.ndarray:
        found = rng.integers(0, 60, (rows, columns)).astype(float)
        return np.where(rng.random((rows, columns)) < 0.3, np.inf, found)

    steps = [minutes(n, clinics), minutes(clinics, centres), minutes(centres, 2)]
    found = chain([nearest_leg(step) for step in steps])
    for cell in range(n):
        at, total, missing = cell, 0.0, -1
        for level, step in enumerate(steps):
            row = step[at]
            if not np.isfinite(row).any():
                total, missing = np.inf, level
                break
            at = int(row.argmin())
            total += row.min()
        assert found.total[cell] == total
        assert found.missing[cell] == missing
        # From the missing level on there is nothing, before it there is a facility.
        reached = found.facility[cell] >= 0
        assert reached.sum() == (3 if missing < 0 else missing)


def test_levels_are_services() -> None:
    from cockpit.coverage.referral import LEVELS

    assert set(LEVELS) <= set(SERVICES)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: chain([]), "A chain of referral needs one leg at least."),
        (
            lambda: chain(legs(), direct=np.ones(3)),
            "direct has shape (3,); expected one value for each of 4 cells.",
        ),
        (
            lambda: chain([legs()[0], legs()[2]]),
            "Leg 2 of the chain starts from 2 facilities, but number 3 is sent to.",
        ),
        (
            lambda: chain([Leg(np.array([0]), np.array([-1.0]))]),
            "minutes has negative or missing values.",
        ),
        (
            lambda: people_missing(made(), np.ones(2)),
            "people has shape (2,); expected one value for each of 4 cells.",
        ),
    ],
)
def test_wrong_arguments_are_named(call, words: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == words
