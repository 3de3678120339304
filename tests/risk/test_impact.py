"""Affected people: by hand, whole numbers that add up at every level, needs and floods."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.risk.impact import (
    FLOOD_DEPTH,
    HAZARD_CLASS,
    VULNERABILITY,
    Curve,
    Impact,
    impact,
    summed_up,
)
from cockpit.risk.impact_flood import flood, nearest_river
from cockpit.risk.impact_needs import NEEDS, SHELTER_M2, needs_of, shelter_by_code
from geodata.errors import InputError

NAN = np.nan
HALF = Curve((1.0,), (0.5,), steps=True)
# County 0; townships 1, 2; villages 3, 4 of 1 and 5 of 2; cells 6, 7 of 3, 8 of 4, 9, 10 of 5.
PARENT = np.array([-1, 0, 0, 1, 1, 2, 3, 3, 4, 5, 5])
CELLS = slice(6, None)
VILLAGES = np.isin(np.arange(11), (3, 4, 5))


def at_cells(values: list[float]) -> np.ndarray:
    whole = np.zeros(11)
    whole[CELLS] = values
    return whole


def test_shares_by_hand() -> None:
    depth = np.array([0.0, 0.149, 0.15, 0.75, 2.0, 9.0])
    assert FLOOD_DEPTH.of(depth) == pytest.approx([0, 0, 0.1, 0.7, 1, 1])
    assert np.isnan(FLOOD_DEPTH.of(np.array([NAN]))).all()
    classes = np.array([0.0, 1.0, 2.0, 2.9, 4.0])
    assert HAZARD_CLASS.of(classes).tolist() == [0, 0.05, 0.2, 0.2, 0.9]


def test_half_of_odd_numbers_add_up_by_hand() -> None:
    # Cells of 5, 5, 5, 5, 5 people, half of each: 12.5 -> 13 in the county. Townships have 7.5 and
    # 5: 8 and 5. Villages of the first 5 and 2.5: 5 and 3; cells 2.5 and 2.5: 3 and 2, and so on.
    found = impact(at_cells([1] * 5), at_cells([5] * 5), PARENT, curve=HALF)
    assert found.affected.tolist() == [13, 8, 5, 5, 3, 5, 3, 2, 3, 3, 2]
    assert found.expected[:3].tolist() == [12.5, 7.5, 5]


def assert_adds_up(found: Impact, parent: np.ndarray) -> None:
    """Every level: a region is the sum of what lies below and of its own; groups add up."""
    below = np.zeros_like(found.by_group)
    inner = parent >= 0
    np.add.at(below, parent[inner], found.by_group[inner])
    assert (found.by_group == below + found.own).all()
    assert (found.affected == found.by_group.sum(axis=1)).all()
    assert (np.abs(found.affected - found.expected) < 1).all()
    roots = parent < 0
    total = math.floor(found.expected[roots].sum() + 0.5 + 1e-9)
    assert found.affected[roots].sum() == total


@st.composite
def counties(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 40))
    parent = np.array([draw(st.integers(-1, i - 1)) for i in range(n)])
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    people = rng.integers(0, 30, (n, 3)) * rng.integers(0, 2, (n, 1))
    hazard = rng.choice([0.0, 0.2, 0.4, 1.3, 5.0, NAN], n)
    return parent, people.astype(float), hazard


@given(counties())
def test_total_is_the_sum_of_parts_at_every_level(
    county: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    parent, people, hazard = county
    groups = tuple(VULNERABILITY)
    found = impact(hazard, people, parent, groups=groups, vulnerability=VULNERABILITY)
    assert_adds_up(found, parent)
    # Nobody is affected where nobody is, and never more than are there.
    assert (found.own <= people).all()
    assert (found.own >= 0).all()


@given(counties(), st.floats(0, 3))
def test_a_stronger_hazard_affects_no_fewer(
    county: tuple[np.ndarray, np.ndarray, np.ndarray], more: float
) -> None:
    parent, people, hazard = county
    groups = ("a", "b", "c")
    weak = impact(hazard, people, parent, groups=groups)
    strong = impact(hazard + more, people, parent, groups=groups)
    assert (strong.expected >= weak.expected - 1e-9).all()
    assert strong.affected[parent < 0].sum() >= weak.affected[parent < 0].sum()


def test_rounding_each_cell_alone_would_not_add_up() -> None:
    # Ten cells of 1 person with a share of 0.3: 3 in all; rounded alone every cell would have 0.
    parent = np.array([-1] + [0] * 10)
    people = np.array([0.0] + [1.0] * 10)
    found = impact(np.ones(11), people, parent, curve=Curve((1.0,), (0.3,), steps=True))
    assert found.affected[0] == 3
    assert found.affected[1:].sum() == 3


def test_groups_count_by_their_multiplier() -> None:
    # 100 of each where half are affected: 65 children (x 1.3), 50 adults, 75 old people (x 1.5).
    people = np.array([[100.0, 100.0, 100.0]])
    found = impact(
        np.array([1.0]),
        people,
        np.array([-1]),
        curve=HALF,
        groups=tuple(VULNERABILITY),
        vulnerability=VULNERABILITY,
    )
    assert found.by_group.tolist() == [[65, 50, 75]]


def test_a_share_never_exceeds_everybody() -> None:
    found = impact(
        np.array([5.0]), np.array([7.0]), np.array([-1]), vulnerability={"everybody": 3.0}
    )
    assert found.affected.tolist() == [7]


def test_unknown_hazard_is_told_and_not_called_safe() -> None:
    found = impact(at_cells([NAN, 1, 0, 0, NAN]), at_cells([10] * 5), PARENT, curve=HALF)
    assert found.affected[0] == 5
    assert found.exposed[0] == 10
    assert found.unknown[:3].tolist() == [20, 10, 10]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"hazard": np.ones(2)}, r"The hazard has shape \(2,\) and the people \(1, 1\) for 1"),
        ({"parent": np.array([0])}, "A region must come after the region it belongs to"),
        ({"people": np.array([-1.0])}, r"People must be 0 or more\."),
        ({"people": np.array([NAN])}, r"People must be 0 or more\."),
        ({"vulnerability": {"everybody": -1.0}}, "A multiplier of vulnerability must be 0 or more"),
    ],
)
def test_refuses_what_cannot_be_right(changed: dict[str, object], words: str) -> None:
    given_args = {"hazard": np.ones(1), "people": np.ones(1), "parent": np.array([-1]), **changed}
    with pytest.raises(InputError, match=words):
        impact(**given_args)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("strength", "share", "words"),
    [
        ((1.0, 2.0), (0.1,), "one share for each strength"),
        ((2.0, 1.0), (0.1, 0.2), "must rise"),
        ((1.0, 2.0), (0.3, 0.2), "must rise"),
        ((1.0,), (1.1,), "between 0 and 1"),
    ],
)
def test_refuses_tables_that_make_no_sense(
    strength: tuple[float, ...], share: tuple[float, ...], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        Curve(strength, share)


def test_needs_by_hand() -> None:
    # Villages with 21, 1 and 0 affected for 3 days. Toilets: 2 + 1 + 0 (one for every 20, rounded
    # up in each village); water 15 x 3 x 22 = 990 L; shelter 3.5 x 21 = 73.5 -> 74 and 4.
    affected = summed_up(at_cells([20, 1, 1, 0, 0]).astype(np.int64), PARENT)
    found = needs_of(affected, PARENT, VILLAGES, days=3)
    at = {need.id: column for need, column in zip(found.needs, found.amounts.T, strict=True)}
    assert at["toilets"][:6].tolist() == [3, 3, 0, 2, 1, 0]
    assert at["water"][:2].tolist() == [990, 990]
    assert at["shelter"][:6].tolist() == [78, 78, 0, 74, 4, 0]
    assert at["food"][0] == 2100 * 3 * 22
    assert at["soap"][0] == 250 * 22
    assert found.told.tolist() == [True] * 6 + [False] * 5


def test_people_of_no_place_are_looked_after_where_they_are() -> None:
    # Two people known only in township 1, and one in the county.
    own = at_cells([20, 0, 0, 0, 0]).astype(np.int64)
    own[1], own[0] = 2, 1
    found = needs_of(summed_up(own, PARENT), PARENT, VILLAGES, needs=(NEEDS["toilets"],))
    assert found.amounts[:4, 0].tolist() == [3, 2, 0, 1]


@given(counties())
def test_needs_add_up_to_the_places(county: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    parent, people, hazard = county
    affected = impact(hazard, people, parent, groups=("a", "b", "c")).affected
    places = hazard == 1.3
    found = needs_of(affected, parent, places)
    total = found.amounts[parent < 0].sum(axis=0)
    for need, amount in zip(found.needs, total, strict=True):
        assert amount >= math.ceil(need.per_person * int(affected[parent < 0].sum()))
    told = found.told & (parent >= 0)
    below = np.zeros_like(found.amounts)
    np.add.at(below, parent[told], found.amounts[told])
    assert (found.amounts[found.told] >= below[found.told]).all()


def test_every_need_has_a_source() -> None:
    assert all(need.source and need.per_person > 0 for need in NEEDS.values())
    assert shelter_by_code("long").per_person == Fraction(9, 2) == SHELTER_M2["long"]
    with pytest.raises(InputError, match="Unknown stay forever; expected one of emergency, short"):
        shelter_by_code("forever")


def test_needs_refuse_what_cannot_be_right() -> None:
    with pytest.raises(InputError, match="1 day or more"):
        needs_of(np.zeros(1, dtype=np.int64), np.array([-1]), np.array([True]), days=0)
    with pytest.raises(InputError, match="fewer affected people than the regions below it"):
        needs_of(np.array([1, 2]), np.array([-1, 0]), np.array([False, True]))


def test_depth_of_a_flood_by_hand() -> None:
    # The river lies at 100 m and rises by 3: places at 99, 101.5, 103 and 110 m.
    found = flood(
        np.array([99.0, 101.5, 103.0, 110.0, 101.0, 101.0, NAN]),
        np.full(7, 100.0),
        np.array([10.0, 10, 10, 10, 3000, 3000.1, 10]),
        rise_m=3.0,
    )
    assert found.depth_m[:6].tolist() == [3, 1.5, 0, 0, 2, 0]
    assert np.isnan(found.depth_m[6])
    assert found.above_river_m[:4].tolist() == [0, 1.5, 3, 10]


@given(st.floats(0, 10), st.floats(0, 10), st.integers(0, 2**32 - 1))
def test_a_higher_rise_is_deeper_everywhere(a: float, b: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = rng.uniform(90, 120, 30), rng.uniform(90, 110, 30), rng.uniform(0, 4000, 30)
    low, high = (flood(*data, rise_m=rise).depth_m for rise in sorted((a, b)))
    assert (low <= high).all()
    assert (high <= max(a, b)).all()


def test_the_nearest_known_river_counts() -> None:
    river = np.array([0.0, 100.0, 500.0]), np.zeros(3), np.array([NAN, 50.0, 60.0])
    elevation, distance = nearest_river(np.array([0.0, 480.0]), np.array([0.0, 0.0]), *river)
    assert elevation.tolist() == [50, 60]
    assert distance.tolist() == [100, 20]
    none = nearest_river(np.zeros(1), np.zeros(1), *(r[:1] for r in river))
    assert np.isnan(none[0]).all()
    assert np.isinf(none[1]).all()


def test_flood_refuses_what_cannot_be_right() -> None:
    one = np.ones(1)
    with pytest.raises(InputError, match=r"elevation_m has shape \(1,\), river_elevation_m \(2,\)"):
        flood(one, np.ones(2), one, rise_m=1)
    with pytest.raises(InputError, match="must be 0 or more"):
        flood(one, one, one, rise_m=-1)
