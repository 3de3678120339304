"""Areas and roads within some minutes: by hand, against plain distances, and laws."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from geodata import crs as systems
from geodata.network import MODES, TravelTimes
from geodata.network.isochrones import Field, area_within, isochrones, time_field
from tests.geodata.network.known import BRIDGE, PLACES, ROADS, A, B, C, D, Q, travel
from tests.geodata.network.made import CRS, lonlat, network
from tests.geodata.network.random_roads import LAW, Case, cases, spots


def metres(shape: object) -> shapely.Geometry:
    """Return a shape in degrees as one in the county's metres."""
    return shapely.transform(
        shape, lambda xy: np.column_stack(systems.from_lon_lat(xy[:, 0], xy[:, 1], CRS))
    )


# One level road of 3 km, from west to east; the place lies on its western end.
ROAD = network([(0, 0, 0), (3000, 0, 0)], [(0, 1, {})])
WEST_EAST = TravelTimes(ROAD, lonlat([(0, 0), (3000, 0)]), crs=CRS)


def test_roads_are_cut_where_the_time_ends() -> None:
    # Walking 1.1 m/s: 660 m in 10 min, 1,980 m in 30 min; all 3 km in 45 min 27 s.
    found = isochrones(WEST_EAST, "walk", 0, [10, 30, 46])
    lengths = [metres(one.roads).length for one in found]
    assert lengths == pytest.approx([660, 1980, 3000], abs=0.1)
    end = metres(found[0].roads).bounds
    assert end == pytest.approx((500_000, 3_000_000, 500_660, 3_000_000), abs=0.1)


def test_an_edge_reached_from_both_ends_comes_once() -> None:
    # A triangle of 1 km edges walked from one corner: in 15 min 990 m of two edges; the third is
    # entered from both its ends after 909 s, and in 20 min 2 x (1,320 - 1,000) m of it are reached.
    corners = [(0, 0, 0), (1000, 0, 0), (500, 866.0254, 0)]
    triangle = network(corners, [(0, 1, {}), (1, 2, {}), (2, 0, {})])
    times = TravelTimes(triangle, lonlat([(0, 0)]), crs=CRS)
    found = isochrones(times, "walk", 0, [15, 20, 60])
    assert [metres(one.roads).length for one in found] == pytest.approx([1980, 2640, 3000], abs=0.2)


def test_one_reaches_further_down_a_one_way_street_than_up_it() -> None:
    # C-D leads to D only. By car from C 1,000 m in 144 s: 2 min give 833 m of it, and as much of
    # C-B. Towards C nothing of C-D, of B-C the same. By ambulance also the private road.
    from_c, to_c = (
        isochrones(travel(), "car", C, [2], towards=towards)[0]
        for towards in ("people", "facility")  # type: ignore[arg-type]
    )
    assert metres(from_c.roads).length == pytest.approx(2 * 833.3, abs=0.5)
    assert metres(to_c.roads).length == pytest.approx(833.3, abs=0.5)
    assert not to_c.area.covers(from_c.area)


def test_a_closed_bridge_is_not_crossed() -> None:
    opened, closed = (
        isochrones(travel(), "car", B, [5], closed=frozenset(edges))[0]
        for edges in (set(), {BRIDGE})
    )
    across = shapely.Point(PLACES[4])
    assert opened.area.covers(across)
    assert not closed.area.covers(across)
    assert metres(closed.roads).length < metres(opened.roads).length - 1000


def test_people_are_counted_by_the_times_of_their_cells() -> None:
    # By car from A: B 144 s, C 288 s, D 432 s. 2.4 min are 144 s: exactly at the limit is within.
    cells, people = np.array([B, C, D, Q]), np.array([10.0, 20.0, 40.0, 80.0])
    found = isochrones(travel(), "car", A, [2.39, 2.4, 7.2, 600], cells=cells, people=people)
    assert [one.people for one in found] == [0, 10, 70, 70]
    towards = isochrones(travel(), "car", A, [600], towards="facility", cells=cells, people=people)
    assert towards[0].people == 30  # from D no way leads to A
    assert np.isnan(isochrones(travel(), "car", A, [5])[0].people)


def test_nothing_reached_is_an_empty_area() -> None:
    for mode in ("car", "walk"):
        (found,) = isochrones(travel(), mode, Q, [60])
        assert (found.area.is_empty, found.roads.is_empty) == (True, True)
        assert found.area.geom_type == "MultiPolygon"
    # P stands 130 s off the road: in 2 min one does not even come to it.
    (found,) = isochrones(travel(), "car", 7, [2])
    assert found.area.is_empty


def test_areas_come_in_the_order_asked_for_and_lines_only_when_wanted() -> None:
    found = isochrones(travel(), "walk", A, [30, 5, 15], with_roads=False)
    assert [one.minutes for one in found] == [30, 5, 15]
    assert found[1].area.area < found[2].area.area < found[0].area.area
    assert all(one.roads.is_empty for one in found)


def test_without_roads_areas_are_circles() -> None:
    # 35 km/h over 1.3: 5 min are 2,243.6 m.
    times = TravelTimes(None, np.vstack((PLACES, [[np.nan, np.nan]])), crs=CRS)
    small, large = isochrones(times, "car", A, [5, 10])
    assert metres(small.area).area == pytest.approx(np.pi * 2243.59**2, rel=2e-3)
    assert large.area.covers(small.area)
    assert isochrones(times, "car", len(PLACES), [5])[0].area.is_empty


# ---------------------------------------------------------------- the field


def _plain_time(points: NDArray[np.float64], limit_m: float) -> NDArray[np.float64]:
    """Return when points in metres from the corner are reached along ROAD and then on foot."""
    stops = np.linspace(0, 3000, 6001)
    away = np.hypot(points[:, :1] - stops, points[:, 1:])
    off = np.where(away <= limit_m, away * 1.3 / 1.1, np.inf)
    return np.asarray((stops / 1.1 + off).min(axis=1))


@pytest.mark.parametrize("limit_m", [1500.0, 200.0])
def test_the_area_is_that_of_plain_distances(limit_m: float) -> None:
    # A square crossed by a road counts as on it, and lines between grid points are straight: a
    # point may be reached up to two steps' walk earlier than by plain distances, never later than
    # one step's.
    modes = {**MODES, "walk": replace(MODES["walk"], off_road_limit_m=limit_m)}
    times = TravelTimes(ROAD, WEST_EAST.places, crs=CRS, modes=modes)
    step, seconds = 20.0, 20 * 60
    (found,) = isochrones(times, "walk", 0, [20], step_m=step)
    rng = np.random.default_rng(20240501)
    points = rng.uniform((-1800, -1800), (3000, 1800), (4000, 2))
    inside = shapely.covers(found.area, shapely.points(lonlat(points)))
    slack = step * 1.3 / 1.1
    sure = _plain_time(points, limit_m - step) <= seconds - slack
    never = _plain_time(points, limit_m + 2 * step) > seconds + 2 * slack
    assert sure.sum() > 100
    assert never.sum() > 100
    assert inside[sure].all()
    assert not inside[never].any()


def test_small_holes_are_filled_and_others_stay() -> None:
    # Steps of 10 m. One high point among low ones: at half its height the hole is a diamond of
    # half a step, 50 m2, less than a square of 100 m2. Three by three high points: about 600 m2.
    axis = np.arange(9) * 10.0
    low = np.zeros((9, 9))
    low[[0, -1], :] = low[:, [0, -1]] = 100.0
    one, nine = low.copy(), low.copy()
    one[4, 4] = 100.0
    nine[3:6, 3:6] = 100.0
    filled, open_ = (area_within(Field(axis, axis, times), 50.0) for times in (one, nine))
    assert shapely.get_num_interior_rings(filled.geoms[0]) == 0
    assert shapely.get_num_interior_rings(open_.geoms[0]) == 1


@LAW
@given(cases(), st.sampled_from(("people", "facility")))
def test_areas_and_roads_nest_are_valid_and_stay_near_the_road(case: Case, towards: str) -> None:
    times = case.travel()
    found = isochrones(times, case.mode, 0, [2, 3, 3.01, 8, 20], towards=towards)
    for small, large in pairwise(found):
        assert small.area.is_empty or large.area.covers(small.area)
        assert large.roads.length >= small.roads.length - 1e-12
    mode = MODES[case.mode]
    for one in found:
        assert one.area.is_valid
        assert one.area.is_empty == one.roads.is_empty
        if one.area.is_empty:
            continue
        # No step is longer than that of the largest area: 2.5 km and twice 1,015 m on 400 steps
        # or 1,015 m on 30 give 33.8 m at most, the next of the series is 40 m.
        walk = min(mode.off_road_limit_m, 60 * one.minutes * mode.off_road_ms / 1.3)
        roads, area = metres(one.roads), metres(one.area)
        assert area.buffer(2).covers(roads)
        assert roads.buffer(walk + 3 * 40).covers(area)


@LAW
@given(cases(), spots, spots)
def test_a_new_road_never_shrinks_an_area(
    case: Case, begin: tuple[int, int], end: tuple[int, int]
) -> None:
    line = lonlat([(100 * begin[0], 100 * begin[1]), (100 * end[0], 100 * end[1])])
    assume(case.roads.nearest_node(line[0]) != case.roads.nearest_node(line[1]))
    before = case.travel()
    after = before.with_road(line)
    limits = [3, 10]
    old = isochrones(before, case.mode, 0, limits, step_m=40)
    new = isochrones(after, case.mode, 0, limits, step_m=40)
    for small, large in zip(old, new, strict=True):
        # Lines that both share are computed twice, so a sliver of rounding may be left: 1 cm2.
        assert metres(small.area).difference(metres(large.area)).area < 1e-4
        assert large.roads.length >= small.roads.length - 1e-9


def test_the_grid_of_a_time_field_lies_on_whole_steps() -> None:
    # In 10 min one walks 507.7 m off the road; on 30 steps that is 16.9 m, the next is 20 m.
    times = travel()
    reached = times.reached("walk", A, limit_s=600)
    field = time_field(reached, times.lines_m(), MODES["walk"], limit_s=600)
    assert field.step_m == pytest.approx(20)
    for axis in (field.x, field.y):
        assert np.allclose(np.mod(axis / field.step_m + 0.5, 1), 0.5, atol=1e-6)
    assert field.seconds.min() == pytest.approx(0, abs=0.01)
    assert ROADS.n_edges == 9
