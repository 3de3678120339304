"""Floating catchments: worked by hand in fractions, against PySAL, and their laws."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from access import weights
from access.fca import three_stage_fca, two_stage_fca
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cockpit.coverage.access import Cut, Gaussian, Power, Step, Zones
from cockpit.coverage.catchments import (
    METHODS,
    balanced,
    enhanced,
    spatial_availability,
    three_step,
    two_step,
    usual_zones,
)
from cockpit.locale import catalogue
from geodata.errors import InputError

INF = np.inf
ZONES = ((10, 1.0), (20, 0.68), (30, 0.22))

# Three cells of 100, 50 and 200 people; two facilities of 3 and 8 beds.
MINUTES = np.array([[10.0, 30.0], [15.0, INF], [40.0, 5.0]])
PEOPLE = np.array([100.0, 50.0, 200.0])
SUPPLY = np.array([3.0, 8.0])


def exactly(values: list[Fraction]) -> list[float]:
    return pytest.approx([float(value) for value in values], rel=1e-14)


def test_two_steps_by_hand() -> None:
    # 15 min: 150 people share 3 beds, 200 share 8. 30 min: the second serves 300.
    near, far = Fraction(3, 150), Fraction(8, 200)
    assert two_step(MINUTES, PEOPLE, SUPPLY, reach=15) == exactly([near, near, far])
    far = Fraction(8, 300)
    assert two_step(MINUTES, PEOPLE, SUPPLY, reach=30) == exactly([near + far, near, far])


def test_enhanced_by_hand() -> None:
    # Demand: 100 + 0.68 x 50 = 134 and 0.22 x 100 + 200 = 222.
    near, far = Fraction(3, 134), Fraction(8, 222)
    expected = [near + Fraction(22, 100) * far, Fraction(68, 100) * near, far]
    assert enhanced(MINUTES, PEOPLE, SUPPLY, zones=ZONES) == exactly(expected)


def test_three_steps_by_hand() -> None:
    # The first cell chooses 1 : 0.22, the others have one facility each (40 min is too far).
    first, second = (
        Fraction(1) / Fraction(122, 100),
        Fraction(22, 100) * Fraction(22, 100) / Fraction(122, 100),
    )
    near = 3 / (100 * first + 50 * Fraction(68, 100))
    far = 8 / (100 * second + 200)
    expected = [first * near + second * far, Fraction(68, 100) * near, far]
    assert three_step(MINUTES, PEOPLE, SUPPLY, zones=ZONES) == exactly(expected)


def test_balanced_by_hand() -> None:
    # 30 min: the first cell divides in halves, so 50 + 50 and 50 + 200 people come. Levels of
    # service 3/100 and 8/250 are each divided between the two cells in reach.
    near, far = Fraction(3, 100), Fraction(8, 250)
    found = balanced(MINUTES, PEOPLE, SUPPLY, Step(30))
    assert found == exactly([near / 2 + far / 2, near / 2, far / 2])
    # What no theory promises: 7.05 of the 11 beds, not all of them.
    assert found @ PEOPLE == pytest.approx(7.05)


def test_spatial_availability_by_hand() -> None:
    # 3 beds go 100 : 50, 8 beds go 100 : 200.
    expected = [2 + Fraction(8, 3), Fraction(1), Fraction(16, 3)]
    assert spatial_availability(MINUTES, PEOPLE, SUPPLY, Step(30)) == exactly(expected)


def test_empty_cells_are_no_rivals() -> None:
    """Ten more cells without people, next door, change nothing for the others."""
    minutes = np.vstack((MINUTES, np.ones((10, 2))))
    people = np.append(PEOPLE, np.zeros(10))
    for before, after in (
        (two_step(MINUTES, PEOPLE, SUPPLY, reach=30), two_step(minutes, people, SUPPLY, reach=30)),
        (
            balanced(MINUTES, PEOPLE, SUPPLY, Step(30)),
            balanced(minutes, people, SUPPLY, Step(30)),
        ),
    ):
        assert after[:3] == pytest.approx(before, rel=1e-14)
        assert (after[3:] > 0).all()  # somebody who moved there would have access
    assert (spatial_availability(minutes, people, SUPPLY, Step(30))[3:] == 0).all()


def test_a_facility_that_nobody_reaches_gives_nothing() -> None:
    minutes = np.array([[5.0, INF, 5.0], [5.0, INF, INF]])
    people, supply = np.array([0.0, 10.0]), np.array([1.0, 7.0, 7.0])
    # Beds: the first for ten people; the second for no way, the third for an empty cell alone.
    for found in (
        two_step(minutes, people, supply, reach=15),
        enhanced(minutes, people, supply, zones=ZONES),
    ):
        assert found.tolist() == [0.1, 0.1]
    assert balanced(minutes, people, supply, Step(15)).tolist() == [0.1, 0.1]
    assert three_step(minutes, people, supply, zones=ZONES).tolist() == [0.05, 0.1]
    assert spatial_availability(minutes, people, supply, Step(15)).tolist() == [0, 1]


def test_without_facilities_or_people_there_is_no_access() -> None:
    none, nobody = np.empty((3, 0)), np.zeros(3)
    for minutes, people, supply in ((none, PEOPLE, np.empty(0)), (MINUTES, nobody, SUPPLY)):
        assert two_step(minutes, people, supply, reach=15).tolist() == [0, 0, 0]
        assert three_step(minutes, people, supply, zones=ZONES).tolist() == [0, 0, 0]
        assert balanced(minutes, people, supply, Step(15)).tolist() == [0, 0, 0]
        assert spatial_availability(minutes, people, supply, Step(15)).tolist() == [0, 0, 0]


def test_the_usual_zones_are_thirds() -> None:
    assert usual_zones(30) == ZONES


def seeded(n: int = 400, m: int = 16) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs without way, a facility that nobody reaches, cells that reach none, empty cells."""
    rng = np.random.default_rng(20260502)
    minutes = rng.uniform(0, 45, (n, m))
    minutes[rng.random((n, m)) < 0.3] = INF
    minutes[:, 5] = INF
    minutes[::19] = INF
    minutes[7, 3] = 0.0
    people = rng.integers(0, 300, n).astype(float)
    people[::7] = 0
    supply = rng.uniform(0, 30, m)
    supply[2] = 0
    return minutes, people, supply


def peer(stages, minutes, people, supply, weight=None, most: float = 45) -> np.ndarray:
    cell, facility = np.nonzero(np.isfinite(minutes))
    found = stages(
        pd.DataFrame({"demand": people}, index=pd.Index(range(len(people)), name="geoid")),
        pd.DataFrame({"supply": supply}, index=pd.Index(range(len(supply)), name="geoid")),
        pd.DataFrame({"origin": cell, "dest": facility, "cost": minutes[cell, facility]}),
        max_cost=most,
        weight_fn=weight,
    )
    return found.reindex(range(len(people)), fill_value=0).to_numpy()


@pytest.mark.parametrize("reach", [5, 15, 30])
def test_two_steps_equal_pysal(reach: float) -> None:
    minutes, people, supply = seeded()
    expected = peer(two_stage_fca, minutes, people, supply, most=reach)
    found = two_step(minutes, people, supply, reach=reach)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_enhanced_equals_pysal() -> None:
    minutes, people, supply = seeded()
    expected = peer(two_stage_fca, minutes, people, supply, weights.step_fn(dict(ZONES)))
    found = enhanced(minutes, people, supply, zones=ZONES)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("decay", "weight"),
    [
        (Cut(Gaussian(12), 25), weights.gaussian(12)),
        (Cut(Power(1.5, floor=1), 25), weights.gravity(1, -1.5, min_dist=1)),
    ],
    ids=("gaussian", "power"),
)
def test_spatial_availability_over_people_equals_pysal(decay: Cut, weight) -> None:
    minutes, people, supply = seeded()
    expected = peer(two_stage_fca, minutes, people, supply, weight, most=25) * people
    found = spatial_availability(minutes, people, supply, decay)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")  # the peer's own
def test_three_steps_equal_pysal() -> None:
    minutes, people, supply = seeded()
    expected = peer(three_stage_fca, minutes, people, supply, weights.step_fn(dict(ZONES)))
    found = three_step(minutes, people, supply, zones=ZONES)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


some_minutes = st.one_of(st.integers(0, 40).map(float), st.just(INF))
counties = st.tuples(st.integers(1, 8), st.integers(1, 5)).flatmap(
    lambda shape: st.tuples(
        arrays(np.float64, shape, elements=some_minutes),
        arrays(np.float64, shape[0], elements=st.integers(0, 30).map(float)),
        arrays(np.float64, shape[1], elements=st.integers(0, 20).map(float)),
    )
)
County = tuple[np.ndarray, np.ndarray, np.ndarray]


def used(county: County, reach: float) -> float:
    """Return the supply of the facilities that people reach."""
    minutes, people, supply = county
    return float(supply[((minutes <= reach) & (people > 0)[:, None]).any(axis=0)].sum())


@given(counties)
def test_access_times_people_is_the_supply_that_is_reached(county: County) -> None:
    minutes, people, supply = county
    for access, reach in (
        (two_step(minutes, people, supply, reach=20), 20),
        (enhanced(minutes, people, supply, zones=ZONES), 30),
        (three_step(minutes, people, supply, zones=ZONES), 30),
    ):
        assert access @ people == pytest.approx(used(county, reach))
        assert np.isfinite(access).all()


@given(counties)
def test_spatial_availability_gives_every_unit_out_once(county: County) -> None:
    minutes, people, supply = county
    found = spatial_availability(minutes, people, supply, Step(20))
    assert found.sum() == pytest.approx(used(county, 20))
    assert found == pytest.approx(two_step(minutes, people, supply, reach=20) * people)


@given(counties)
def test_balanced_access_adds_up_to_the_levels_of_service(county: County) -> None:
    minutes, people, supply = county
    weight = Zones(ZONES).weight(minutes)
    chosen = weight.sum(axis=1, keepdims=True)
    coming = people @ np.divide(weight, chosen, out=np.zeros_like(weight), where=chosen > 0)
    # Nobody counts twice: who comes adds up to who reaches one.
    assert coming.sum() == pytest.approx(people[chosen[:, 0] > 0].sum())
    level = supply[coming > 0] / coming[coming > 0]
    found = balanced(minutes, people, supply, Zones(ZONES))
    assert found[people > 0].sum() == pytest.approx(level.sum())
    assert np.isfinite(found).all()


@given(counties, st.data())
def test_a_new_facility_never_lowers_two_step_access(county: County, data: st.DataObject) -> None:
    minutes, people, supply = county
    more = data.draw(arrays(np.float64, (len(people), 1), elements=some_minutes))
    before = two_step(minutes, people, supply, reach=20)
    after = two_step(np.hstack((minutes, more)), people, np.append(supply, 5.0), reach=20)
    assert (after >= before - 1e-12).all()


@given(counties)
@settings(max_examples=50)
def test_units_scale(county: County) -> None:
    minutes, people, supply = county
    for method in (
        lambda m, p, s, k: two_step(m, p, s, reach=20 * k),
        lambda m, p, s, k: three_step(m, p, s, zones=tuple((t * k, w) for t, w in ZONES)),
        lambda m, p, s, k: balanced(m, p, s, Gaussian(10 * k)),
    ):
        access = method(minutes, people, supply, 1)
        assert method(minutes * 60, people, supply, 60) == pytest.approx(access, rel=1e-9)
        assert method(minutes, people, supply * 3, 1) == pytest.approx(access * 3, rel=1e-9)
        assert method(minutes, people * 4, supply, 1) == pytest.approx(access / 4, rel=1e-9)


def test_minutes_in_32_bits_give_the_same() -> None:
    minutes, people, supply = seeded()
    seconds = np.rint(minutes * 60)  # whole seconds, as the engine gives them
    wide, narrow = seconds / 60, (seconds / 60).astype(np.float32)
    expected = two_step(wide, people, supply, reach=15)
    assert two_step(narrow, people, supply, reach=15) == pytest.approx(expected, rel=1e-12)


def test_every_method_is_explained_in_chinese() -> None:
    chinese = catalogue("zh")
    words = {w for m in METHODS.values() for w in (m.title, m.unit, m.note)}
    assert not sorted(words - chinese.keys())


def test_names_what_is_wrong() -> None:
    for call, words in (
        (
            lambda: two_step(MINUTES, PEOPLE[:2], SUPPLY, reach=15),
            r"^minutes has shape \(3, 2\) and people \(2,\); expected \(n_cells, n_facilities\)",
        ),
        (
            lambda: two_step(MINUTES, PEOPLE, np.array([1, np.nan]), reach=15),
            r"^supply has negative or missing values\.$",
        ),
        (
            lambda: balanced(MINUTES, -PEOPLE, SUPPLY, Step(15)),
            r"^people has negative or missing values\.$",
        ),
        (
            lambda: two_step(MINUTES, PEOPLE, SUPPLY, reach=-1),
            r"^The reach is -1 minutes; expected above 0\.$",
        ),
        (
            lambda: enhanced(MINUTES, PEOPLE, SUPPLY, zones=((20, 1), (10, 0.5))),
            r"^The zones are 20: 1; 10: 0\.5; expected rising minutes",
        ),
        (lambda: usual_zones(0), r"^The reach is 0 minutes"),
    ):
        with pytest.raises(InputError, match=words):
            call()
