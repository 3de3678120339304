"""Moving counts and levels between areas, and the cells they are moved to."""

import time

import geopandas as gpd
import h3
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geodata.areal import (
    apportion,
    area_shares,
    h3_cells,
    point_shares,
    square_cells,
    transfer,
    voronoi_areas,
)
from geodata.errors import InputError

METRES = 4546


def layer(*shapes: shapely.Geometry, codes: str = "abcdefgh") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"code": list(codes[: len(shapes)])}, geometry=list(shapes), crs=METRES)


# By hand: 10 people on weights 1, 1, 1: 3.33 each, the tenth goes to the first cell. 7 people on
# weights 5, 3, 2: 3.5, 2.1, 1.4; rounded down 3, 2, 1; the seventh goes to the remainder .5.
def test_shares_out_by_largest_remainder() -> None:
    totals = np.array([10, 7])
    source = np.array([0, 1, 0, 1, 0, 1])
    weight = np.array([1.0, 5, 1, 3, 1, 2])
    assert apportion(totals, source, weight).tolist() == [4, 4, 3, 2, 3, 1]


def test_an_equal_remainder_goes_to_the_heavier_cell() -> None:
    # 2 on weights 1, 3: 0.5 and 1.5.
    assert apportion(np.array([2]), np.zeros(2, int), np.array([1.0, 3])).tolist() == [0, 2]


def test_nobody_is_put_where_nobody_lives() -> None:
    counts = apportion(np.array([1001]), np.zeros(4, int), np.array([0.0, 2, 0, 1]))
    assert counts.tolist() == [0, 667, 0, 334]


def test_without_weights_the_area_counts_and_without_area_all_alike() -> None:
    totals, source, none = np.array([9]), np.zeros(3, int), np.zeros(3)
    area = np.array([100.0, 200, 0])
    assert apportion(totals, source, none, area_of_cell=area).tolist() == [3, 6, 0]
    assert apportion(totals, source, none).tolist() == [3, 3, 3]
    assert apportion(totals, source, none, area_of_cell=none).tolist() == [3, 3, 3]


@pytest.mark.parametrize(
    ("totals", "source", "weight", "words"),
    [
        ([[1], [5]], [0], [1.0], "Source 1 has something to share out but no cell to take it"),
        ([[-1]], [0], [1.0], "whole numbers, 0 or more"),
        ([[1.5]], [0], [1.0], "whole numbers, 0 or more"),
        ([[1]], [0], [np.nan], "finite numbers, 0 or more"),
        ([[1]], [2], [1.0], "A cell names a source that is not there"),
        ([[1]], [0, 0], [1.0], "expected \\(n_sources, k\\), \\(n_cells,\\) and \\(n_cells,\\)"),
    ],
)
def test_refuses_what_cannot_be_shared(
    totals: list[list[float]], source: list[int], weight: list[float], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        apportion(np.array(totals), np.array(source), np.array(weight))


@given(
    hnp.arrays(np.int64, (5, 3), elements=st.integers(0, 10**9)),
    hnp.arrays(np.int64, 40, elements=st.integers(0, 4)),
    hnp.arrays(np.float64, 40, elements=st.floats(0, 1e6)),
)
def test_every_total_is_kept_exactly(totals, source, weight) -> None:
    source = np.concatenate([np.arange(5), source])
    weight = np.concatenate([np.zeros(5), weight])
    cells = apportion(totals, source, weight)
    back = np.zeros_like(totals)
    np.add.at(back, source, cells)
    assert (back == totals).all()
    assert (cells >= 0).all()
    sums = np.bincount(source, weight, minlength=5)
    assert (cells[(weight == 0) & (sums[source] > 0)] == 0).all()
    share = np.where(sums[source] > 0, weight / np.where(sums > 0, sums, 1)[source], np.nan)
    quota = totals[source] * share[:, None]
    assert np.nanmax(np.abs(cells - quota), initial=0) < 1 + 1e-6


def test_a_county_is_shared_out_in_a_blink() -> None:
    rng = np.random.default_rng(20240501)
    totals = rng.integers(0, 3000, (300, 36))
    source = np.concatenate([np.arange(300), rng.integers(0, 300, 2700)])
    began = time.perf_counter()
    apportion(totals, source, rng.random(3000))
    assert time.perf_counter() - began < 0.3


def test_squares_tile_each_region() -> None:
    # By hand: 1,250 m x 500 m in squares of 500 m: three cells, the last one 250 m wide; the second
    # region begins in the same square and has its own part of it.
    cells = square_cells(
        layer(shapely.box(0, 0, 1250, 500), shapely.box(1250, 0, 1600, 500)), 500.0
    )
    assert cells["code"].tolist() == ["a-1", "a-2", "a-3", "b-1", "b-2"]
    assert cells["parent"].tolist() == ["a", "a", "a", "b", "b"]
    assert cells.area.tolist() == [250_000, 250_000, 125_000, 125_000, 50_000]


def test_squares_of_any_shape_keep_its_area() -> None:
    blob = shapely.Point(500_321, 2_700_123).buffer(1777.7)
    cells = square_cells(layer(blob), 300.0)
    assert cells.area.sum() == pytest.approx(blob.area, abs=1e-3)
    assert shapely.union_all(cells.geometry).symmetric_difference(blob).area < 1e-3


def test_a_small_region_is_one_cell() -> None:
    cells = square_cells(layer(shapely.box(10, 10, 20, 20)), 500.0)
    assert cells["code"].tolist() == ["a-1"]


def test_refuses_cells_without_measure() -> None:
    square = layer(shapely.box(0, 0, 1000, 1000))
    with pytest.raises(InputError, match=r"^The cell size is 0 m; expected above 0\.$"):
        square_cells(square, 0)
    with pytest.raises(InputError, match=r"would be more than 2000000; choose larger cells"):
        square_cells(layer(shapely.box(0, 0, 1e6, 1e6)), 1.0)
    with pytest.raises(InputError, match="projected reference system, in metres"):
        square_cells(square.set_crs(4326, allow_override=True), 500)


def test_hexagons_go_to_the_region_of_their_centre() -> None:
    west, east = shapely.box(106.80, 27.20, 106.84, 27.24), shapely.box(106.84, 27.2, 106.88, 27.24)
    tiny = shapely.box(106.8601, 27.2201, 106.8602, 27.2202)
    regions = gpd.GeoDataFrame(
        {"code": ["west", "east", "tiny"]}, geometry=[west, east - tiny, tiny], crs=4326
    )
    cells = h3_cells(regions, 8)
    assert cells["code"].is_unique
    assert set(cells["parent"]) == {"west", "east", "tiny"}
    assert (cells["parent"] == "tiny").sum() == 1
    for code, parent in zip(cells["code"], cells["parent"], strict=True):
        lat, lng = h3.cell_to_latlng(code)
        if parent != "tiny":
            place = shapely.Point(lng, lat)
            assert regions.geometry[regions["code"] == parent].iloc[0].intersects(place)
    with pytest.raises(InputError, match=r"^The H3 resolution is 16; expected 0 to 15\.$"):
        h3_cells(regions, 16)


def test_areas_around_points_tile_the_whole() -> None:
    whole = shapely.box(0, 0, 100, 100)
    points = shapely.points([[25, 50], [75, 50], [75, 50], [300, 300]])
    areas = voronoi_areas(points, whole)
    assert len(areas) == 4
    assert (shapely.area(areas) > 0).all()
    assert shapely.area(areas).sum() == pytest.approx(10_000, abs=1e-6)
    assert areas[0].contains(points[0])
    assert areas[3].intersects(shapely.Point(100, 100))  # the outside point counts from the corner


def test_two_points_share_by_the_middle_line() -> None:
    left, right = voronoi_areas(shapely.points([[25, 50], [75, 50]]), shapely.box(0, 0, 100, 100))
    assert left.equals(shapely.box(0, 0, 50, 100))
    assert right.equals(shapely.box(50, 0, 100, 100))


def test_one_point_has_it_all_and_none_has_nothing() -> None:
    whole = shapely.box(0, 0, 1, 1)
    assert voronoi_areas(shapely.points([[9, 9]]), whole).tolist() == [whole]
    assert len(voronoi_areas(np.empty(0, dtype=object), whole)) == 0
    with pytest.raises(InputError, match=r"^A point is missing"):
        voronoi_areas(np.array([None], dtype=object), whole)


SOURCES = layer(shapely.box(0, 0, 100, 100), shapely.box(100, 0, 300, 100))
TARGETS = layer(shapely.box(0, 0, 150, 100), shapely.box(150, 0, 300, 100), codes="xy")


def test_amounts_and_levels_move_by_area() -> None:
    # By hand: the second source is 200 m wide, 50 m of it lie in the first target. 10 + 40 / 4 = 20
    # people; density (1 x 100 + 2 x 50) / 150 = 4/3.
    shares = area_shares(SOURCES, TARGETS)
    assert transfer([10, 40], shares, extensive=True).tolist() == [20, 30]
    assert transfer([1, 2], shares, extensive=False).tolist() == pytest.approx([4 / 3, 2])


def test_amounts_move_as_buildings_lie() -> None:
    # By hand: the second source has 3 dwellings in the first target and 1 in the other; the first
    # source has no building, so its area decides.
    places = gpd.GeoSeries(shapely.points([[110, 50], [140, 50], [250, 50]]), crs=METRES)
    shares = point_shares(SOURCES, TARGETS, places, [1, 2, 1])
    moved = transfer([10, 40], shares, extensive=True, fallback=area_shares(SOURCES, TARGETS))
    assert moved.tolist() == [40, 10]
    with pytest.raises(InputError, match=r"^Each point needs a weight, 0 or more"):
        point_shares(SOURCES, TARGETS, places, [1, 2])


def test_a_target_that_meets_nothing_gets_nothing() -> None:
    far = layer(shapely.box(900, 0, 950, 50))
    shares = area_shares(SOURCES, far)
    assert transfer([10, 40], shares, extensive=True).tolist() == [0]
    assert np.isnan(transfer([10, 40], shares, extensive=False)).all()
    with pytest.raises(InputError, match="expected one row for each of 2 sources"):
        transfer([1, 2, 3], shares, extensive=True)


def voronoi_layer(seed: int, n: int, size: float) -> gpd.GeoDataFrame:
    points = shapely.points(np.random.default_rng(seed).uniform(0, size, (n, 2)))
    areas = voronoi_areas(points, shapely.box(0, 0, size, size))
    return gpd.GeoDataFrame({"code": [str(i) for i in range(n)]}, geometry=areas, crs=METRES)


def test_agrees_with_tobler() -> None:
    area_weighted = pytest.importorskip("tobler.area_weighted", exc_type=ImportError)
    source, target = voronoi_layer(1, 40, 5000), voronoi_layer(2, 70, 5000)
    rng = np.random.default_rng(20240501)
    source["people"], source["rate"] = rng.integers(0, 900, 40).astype(float), rng.random(40)
    theirs = area_weighted.area_interpolate(
        source, target, extensive_variables=["people"], intensive_variables=["rate"]
    )
    shares = area_shares(source, target)
    people = transfer(source["people"], shares, extensive=True)
    rate = transfer(source["rate"], shares, extensive=False)
    # tobler keeps its table of areas in single precision: it agrees to that and loses totals by it.
    assert people == pytest.approx(theirs["people"].to_numpy(), rel=1e-6)
    assert rate == pytest.approx(theirs["rate"].to_numpy(), rel=1e-6)
    assert people.sum() == pytest.approx(source["people"].sum(), rel=1e-12)
    constant = transfer(np.full(40, 7.5), shares, extensive=False)
    assert constant == pytest.approx(np.full(70, 7.5), rel=1e-12)
