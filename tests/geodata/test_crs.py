"""Coordinates: published offsets, exact inverses, areas, and what a wrong system looks like."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata import crs
from geodata.errors import InputError

LON = st.floats(73.7, 134.7)
LAT = st.floats(16.8, 53.5)
BOX = (113.5, 22.6, 114.3, 23.2)


def distance_m(a: tuple, b: tuple) -> float:
    return float(np.max(crs.EARTH.inv(a[0], a[1], b[0], b[1])[2]))


def test_published_points() -> None:
    # Expected values: the example of the widely used coordtransform package (MIT), README.
    lon, lat = crs.wgs84_to_gcj02(116.404, 39.915)
    assert (lon[0], lat[0]) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-9)
    lon, lat = crs.gcj02_to_bd09(116.404, 39.915)
    assert (lon[0], lat[0]) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-9)


@given(LON, LAT)
def test_offsets_are_undone_to_a_centimetre(lon: float, lat: float) -> None:
    for forward, back in (
        (crs.wgs84_to_gcj02, crs.gcj02_to_wgs84),
        (crs.wgs84_to_bd09, crs.bd09_to_wgs84),
    ):
        there = forward(lon, lat)
        assert distance_m(back(*there), (np.array([lon]), np.array([lat]))) < 0.01
        assert distance_m(forward(*back(lon, lat)), (np.array([lon]), np.array([lat]))) < 0.01


@given(LON, LAT)
def test_offsets_are_hundreds_of_metres(lon: float, lat: float) -> None:
    here = (np.array([lon]), np.array([lat]))
    assert 20 < distance_m(crs.wgs84_to_gcj02(lon, lat), here) < 1000
    assert 500 < distance_m(crs.wgs84_to_bd09(lon, lat), here) < 2500


def test_outside_the_formula_nothing_moves_and_nan_stays() -> None:
    lon, lat = crs.wgs84_to_gcj02([2.35, np.nan], [48.85, 30.0])
    assert lon[0] == 2.35
    assert lat[0] == 48.85
    assert np.isnan(lon[1])


def test_areas_agree_between_degrees_and_gauss_kruger() -> None:
    county = shapely.box(113.6, 22.7, 113.9, 23.0)
    degrees = gpd.GeoSeries([shapely.segmentize(county, 0.01)], crs="EPSG:4326")
    metres = degrees.to_crs("EPSG:4547")  # CGCS2000, 3-degree zone at 114 E
    geodesic = abs(crs.EARTH.geometry_area_perimeter(degrees.iloc[0])[0])
    assert metres.area.iloc[0] == pytest.approx(geodesic, rel=0.001)


def test_back_and_forth_through_a_projected_system() -> None:
    x, y = crs.from_lon_lat([113.7, 113.8], [22.9, 23.0], "EPSG:4547")
    lon, lat = crs.to_lon_lat(x, y, "EPSG:4547")
    assert lon == pytest.approx([113.7, 113.8], abs=1e-9)
    assert lat == pytest.approx([22.9, 23.0], abs=1e-9)


def test_unknown_system_is_named() -> None:
    with pytest.raises(InputError, match=r"^EPSG:1 is no known reference system; expected for"):
        crs.to_lon_lat([1.0], [1.0], "EPSG:1")
    with pytest.raises(InputError, match=r"^mars is no known offset; expected gcj02 or bd09.$"):
        crs.undo_offset([1.0], [1.0], "mars")


LONS, LATS = np.linspace(113.6, 114.2, 50), np.linspace(22.7, 23.1, 50)


@pytest.mark.parametrize(
    ("x", "y", "declared", "reason", "first"),
    [
        (LATS, LONS, "EPSG:4490", "swapped", "EPSG:4326"),
        (*crs.from_lon_lat(LONS, LATS, "EPSG:4547"), "EPSG:4490", "metres", "EPSG:4547"),
        (*crs.from_lon_lat(LONS, LATS, "EPSG:4526"), "EPSG:4490", "metres", "EPSG:4526"),
        (*crs.from_lon_lat(LONS, LATS, "EPSG:4547"), "EPSG:4546", "zone", "EPSG:4547"),
        (LONS, LATS, "EPSG:4547", "degrees", "EPSG:4326"),
        (LONS - 200, LATS * 40, "EPSG:4490", "unknown", ""),
    ],
)
def test_guess(x, y, declared: str, reason: str, first: str) -> None:
    guess = crs.guess_crs(x, y, BOX, declared=declared)
    assert guess.reason == reason
    assert (guess.crs or ("",))[0] == first


@pytest.mark.parametrize("offset", ["gcj02", "bd09"])
def test_offset_guess_names_the_offset(offset: str) -> None:
    reference = np.column_stack([LONS, LATS])
    forward = {"gcj02": crs.wgs84_to_gcj02, "bd09": crs.wgs84_to_bd09}[offset]
    guess = crs.offset_guess(np.column_stack(forward(LONS, LATS)), reference)
    assert guess.ask
    assert guess.offset == offset
    assert 300 < guess.shift_m < 2000


def test_offset_guess_of_good_points_asks_nothing() -> None:
    reference = np.column_stack([LONS, LATS])
    moved = reference + np.array([0.0005, 0.0])  # about 51 m east
    guess = crs.offset_guess(moved, reference)
    assert not guess.ask
    assert guess.shift_m == pytest.approx(51, abs=1)


def test_offset_guess_of_nothing() -> None:
    guess = crs.offset_guess(np.empty((0, 2)), np.empty((0, 2)))
    assert np.isnan(guess.shift_m)
    assert not guess.ask
    with pytest.raises(InputError, match=r"points has shape \(3, 2\) and reference \(2, 2\)"):
        crs.offset_guess(np.zeros((3, 2)), np.zeros((2, 2)))


def test_boxes() -> None:
    assert crs.box_of([1.0, np.nan, 3.0], [2.0, 9.0, 5.0]) == (1.0, 2.0, 3.0, 5.0)
    assert crs.widened((0, 0, 10, 1)) == (-2.0, -0.2, 12.0, 1.2)
    assert crs.share_inside([0.0, 5.0], [0.0, 0.0], (0, 0, 1, 1)) == 0.5
    with pytest.raises(InputError, match=r"^A box needs at least one point.$"):
        crs.box_of([np.nan], [1.0])
