"""Tiles above the limit and the hillshade, on shapes small enough to work out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from cockpit.answers.relief import hillshade, relief
from cockpit.answers.tiles import TileIndex, tile, tile_bounds


def test_the_whole_world_is_one_tile() -> None:
    west, south, east, north = tile_bounds(0, 0, 0)
    assert (west, east) == (-180, 180)
    assert north == pytest.approx(85.0511, abs=1e-4)  # the square world of web maps ends there
    assert south == pytest.approx(-north)


def test_tiles_of_a_zoom_share_their_borders() -> None:
    for x, y in ((3, 5), (6, 1)):
        assert tile_bounds(3, x, y)[2] == tile_bounds(3, x + 1, y)[0]
        assert tile_bounds(3, x, y)[1] == tile_bounds(3, x, y + 1)[3]


def test_regions_below_a_pixel_are_left_out() -> None:
    # At zoom 0 a pixel of 512 is 0.70 degrees wide.
    shapes = np.array([shapely.box(10, 10, 10.6, 10.6), shapely.box(20, 10, 20.8, 10.8)])
    index = TileIndex(shapes, shapely.STRtree(shapes), [{"id": "small"}, {"id": "large"}])
    assert b"small" not in tile(index, 0, 0, 0)
    assert b"large" in tile(index, 0, 0, 0)


def test_an_empty_tile_is_a_layer_without_features() -> None:
    shapes = np.array([shapely.box(10, 10, 11, 11)])
    index = TileIndex(shapes, shapely.STRtree(shapes), [{"id": "a"}])
    assert tile(index, 10, 0, 0) == b'{"type":"FeatureCollection","features":[]}'


def test_level_ground_has_no_shade_and_slopes_face_the_light() -> None:
    bounds = (0.0, 0.0, 0.01, 0.01)  # about 1.1 km, 10 cells: 111 m each
    assert np.allclose(hillshade(np.full((10, 10), 700.0), bounds), 0, atol=1e-12)
    rows, columns = np.mgrid[0:10, 0:10].astype(float)
    towards_light = hillshade((rows + columns) * 20, bounds)  # rises to the south-east
    away = hillshade(-(rows + columns) * 20, bounds)
    assert (towards_light > 0).all()
    assert (away < 0).all()


def test_a_relief_is_a_picture_with_its_place(tmp_path: Path) -> None:
    from io import BytesIO

    from PIL import Image

    file = tmp_path / "dem.tif"
    heights = np.add.outer(np.arange(40), np.arange(60)).astype("float32") * 5
    heights[0, 0] = -9999
    with rasterio.open(
        file, "w", driver="GTiff", width=60, height=40, count=1, dtype="float32",
        crs="EPSG:4326", transform=rasterio.Affine(0.01, 0, 106.0, 0, -0.01, 27.4), nodata=-9999,
    ) as target:  # fmt: skip
        target.write(heights, 1)
    made = relief(file)
    assert made.bounds == pytest.approx((106.0, 27.0, 106.6, 27.4))
    picture = Image.open(BytesIO(made.png))
    assert (picture.mode, picture.size) == ("LA", (60, 40))
    assert picture.getpixel((0, 0))[1] == 0  # nothing known, nothing drawn
    assert picture.getpixel((30, 20))[1] > 0
