"""Roads cut at junctions, and heights between pixel centres; numbers by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import osmium
import pytest
import rasterio
from rasterio import Affine

from geodata.errors import AskFirst
from loaders.elevation import sample_elevation
from loaders.roads import direction, shapes_of_polylines, speed
from loaders.table import ReadContext
from tests.loaders.made import BOX, read

ANDORRA = Path(__file__).parents[2] / "../shared/data/region_andorra"


def write_pbf(path: Path) -> None:
    """Write a T: way 10 along nodes 1 2 3, way 11 from 2 to 4; and two ways that are no roads."""
    places = {1: (113.1, 24.1), 2: (113.11, 24.1), 3: (113.12, 24.1), 4: (113.11, 24.11)}
    with osmium.SimpleWriter(str(path)) as out:
        for number, place in places.items():
            out.add_node(osmium.osm.mutable.Node(id=number, location=place, version=1))
        for number, nodes, tags in (
            (10, [1, 2, 3], {"highway": "primary", "oneway": "yes", "maxspeed": "60"}),
            (11, [2, 4], {"highway": "footway", "bridge": "viaduct"}),
            (12, [1, 4], {"highway": "construction"}),
            (13, [1, 4], {"waterway": "river"}),
        ):
            out.add_way(osmium.osm.mutable.Way(id=number, nodes=nodes, tags=tags, version=1))


def test_osm_is_cut_at_shared_nodes(tmp_path: Path) -> None:
    write_pbf(tmp_path / "r.osm.pbf")
    loaded = read(tmp_path, kind="roads_osm", file="r.osm.pbf")
    table = loaded.table
    assert table[["u", "v"]].to_numpy().tolist() == [["1", "2"], ["2", "3"], ["2", "4"]]
    assert table["class"].tolist() == ["primary", "primary", "path"]
    assert table["oneway"].tolist() == [1, 1, 0]
    assert table["maxspeed"].tolist()[:2] == [60.0, 60.0]
    assert table["bridge"].isna().tolist() == [True, True, False]
    # 0.01 degrees at 24.1 N: 1,016.6 m east-west, 1,107.7 m north-south (GeographicLib).
    assert table["length_m"].tolist() == pytest.approx([1016.6, 1016.6, 1107.7], abs=0.5)
    assert sorted(loaded.extra["nodes"]["id"]) == ["1", "2", "3", "4"]
    far = ReadContext(box=(100.0, 30.0, 101.0, 31.0))
    with pytest.raises(AskFirst, match="no part of the county"):
        read(tmp_path, kind="roads_osm", file="r.osm.pbf", context=far)


def test_words_of_roads() -> None:
    assert [direction(t) for t in ("yes", "-1", "no", "", "1")] == [1, -1, 0, 0, 1]
    assert speed("30 mph") == pytest.approx(48.28032)
    assert np.isnan(speed("walk"))


def test_polylines() -> None:
    import pandas as pd

    shapes = shapes_of_polylines(pd.Series(["1,2 3,4", None, "5,6", "x,1 2,2", "1,1 2,2 3,3"]))
    assert [None if s is None else s.wkt for s in shapes] == [
        "LINESTRING (1 2, 3 4)", None, None, None, "LINESTRING (1 1, 2 2, 3 3)",
    ]  # fmt: skip


@pytest.mark.skipif(not ANDORRA.is_dir(), reason="the Andorra folder is not there")
def test_andorra_roads_match_their_independent_table() -> None:
    loaded = read(
        ANDORRA, kind="roads_osm", file="andorra-2025-01-19.osm.pbf", confirmed=("place",)
    )
    # SOURCE.md: 14,244 edges, 10,929 nodes, 2,085 km, made by another program.
    assert len(loaded.table) == pytest.approx(14_244, rel=0.005)
    assert len(loaded.extra["nodes"]) == pytest.approx(10_929, rel=0.005)
    assert loaded.table["length_m"].sum() == pytest.approx(2_085_000, rel=0.005)


def test_heights_between_pixel_centres(tmp_path: Path) -> None:
    path = tmp_path / "h.tif"
    heights = np.array([[100, 200, 300], [100, 200, -9999]], dtype="float32")
    with rasterio.open(
        path, "w", driver="GTiff", height=2, width=3, count=1, dtype="float32",
        crs="EPSG:4326", transform=Affine(0.1, 0.0, 113.0, 0.0, -0.1, 24.2), nodata=-9999,
    ) as out:  # fmt: skip
        out.write(heights, 1)
    # Centres of the upper row: 113.05, 113.15, 113.25 E at 24.15 N.
    lon = [113.05, 113.10, 113.01, 113.25, 113.18, 114.0]
    lat = [24.15, 24.15, 24.15, 24.05, 24.05, 24.15]
    found = sample_elevation(path, lon, lat)
    assert found[:3] == pytest.approx([100, 150, 100], abs=1e-3)
    assert np.isnan(found[3])  # no height there
    assert found[4] == 200  # a neighbour is missing: the own pixel
    assert np.isnan(found[5])  # outside
    loaded = read(tmp_path, kind="elevation", file="h.tif", context=ReadContext(box=BOX))
    assert loaded.extra["path"] == str(path)
