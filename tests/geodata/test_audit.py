"""The audit finds exactly the planted defects, and the repair leaves none."""

import time

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.audit import audit, repair
from geodata.errors import InputError

METRES = 4546
OUTLINE = shapely.box(0, 0, 600, 600)


def cell(x: int, y: int, *, west: float = 0, east: float = 0) -> shapely.Polygon:
    """Return the cell of 100 m in column x and row y, its sides moved by metres."""
    return shapely.box(100 * x + west, 100 * y, 100 * x + 100 + east, 100 * y + 100)


def layer(shapes: dict[str, shapely.Geometry], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": list(shapes), **columns}, geometry=list(shapes.values()), crs=METRES
    )


def sound() -> dict[str, shapely.Geometry]:
    return {f"c{x}{y}": cell(x, y) for y in range(6) for x in range(6)}


def defective() -> gpd.GeoDataFrame:
    """
    Return 36 cells with one defect of each kind.

    Overlap: c11 reaches 10 m into c21: 1,000 m2. Gap: c44 ends 20 m too early: 2,000 m2. Sliver:
    half a metre of c05 is a unit of its own: 50 m2. Duplicate: c23 stands twice: 10,000 m2.
    Self-crossing: c50 is a bow-tie of two triangles, the smaller (either) has 2,500 m2. Orphan: far
    away: 10,000 m2.
    """
    shapes = sound()
    shapes["c11"] = cell(1, 1, east=10)
    shapes["c44"] = cell(4, 4, east=-20)
    shapes["c05"] = cell(0, 5, east=-0.5)
    shapes["thin"] = cell(0, 5, west=99.5)
    shapes["twice"] = cell(2, 3)
    shapes["c50"] = shapely.Polygon([(500, 0), (600, 0), (500, 100), (600, 100)])
    shapes["far"] = cell(30, 30)
    west = [shape.centroid.x < 300 for shape in shapes.values()]
    return layer(shapes, parent=["west" if at else "east" for at in west])


PARENTS = layer({"west": shapely.box(0, 0, 300, 600), "east": shapely.box(300, 0, 600, 600)})

EXPECTED = {
    ("self_crossing", ("c50",), 2500.0),
    ("duplicate", ("c23", "twice"), 10_000.0),
    ("overlap", ("c11", "c21"), 1000.0),
    ("sliver", ("thin",), 50.0),
    ("orphan", ("far",), 10_000.0),
}


def told(found: list) -> set[tuple[str, tuple[str, ...], float]]:
    return {(one.kind, tuple(sorted(one.codes)), round(one.area_m2, 6)) for one in found}


def test_finds_exactly_the_planted_defects() -> None:
    found = told(audit(defective(), parents=PARENTS))
    gaps = {one for one in found if one[0] == "gap"}
    assert found - gaps == EXPECTED
    ((_, around, area),) = gaps
    assert area == 2000
    assert set(around) == {"c43", "c44", "c45", "c53", "c54", "c55"}


def test_findings_lie_where_the_defects_are() -> None:
    found = {one.kind: one.geometry for one in audit(defective(), parents=PARENTS)}
    assert found["overlap"].equals(shapely.box(200, 100, 210, 200))
    assert found["gap"].equals(shapely.box(480, 400, 500, 500))
    assert found["orphan"].equals(cell(30, 30))


def test_a_sound_layer_has_no_finding() -> None:
    assert audit(layer(sound()), parents=PARENTS) == []


def test_without_parents_holes_are_gaps() -> None:
    shapes = sound()
    del shapes["c22"]
    (gap,) = audit(layer(shapes))
    assert (gap.kind, gap.area_m2) == ("gap", 10_000)
    assert "c12" in gap.codes


def test_an_unknown_or_wrong_parent_makes_an_orphan() -> None:
    two = layer({"a": cell(0, 0), "b": cell(1, 0), "c": cell(2, 0)}, parent=["west", "no", "east"])
    found = [one for one in audit(two, parents=PARENTS) if one.kind == "orphan"]
    assert [(one.codes, one.area_m2) for one in found] == [(("b",), 10_000), (("c",), 10_000)]


def test_the_repair_tiles_the_county() -> None:
    mended = repair(defective(), outline=OUTLINE)
    assert abs(mended.area.sum() - OUTLINE.area) < 1
    assert shapely.union_all(mended.geometry).symmetric_difference(OUTLINE).area < 1
    assert audit(mended[["code", "geometry"]]) == []
    assert sorted(mended["code"]) == sorted(sound())
    change = mended.set_index("code")["change"]
    assert change["c21"] == "trimmed"
    assert "untied" in change["c50"]
    assert change["c00"] == ""


def test_a_repair_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match=r"^Nothing of the layer lies in the outline\.$"):
        repair(layer({"far": cell(30, 30)}), outline=OUTLINE)


def test_refuses_degrees() -> None:
    with pytest.raises(InputError, match="projected reference system, in metres"):
        audit(layer(sound()).set_crs(4326, allow_override=True))
    with pytest.raises(InputError, match=r"^The layer has no column code\.$"):
        audit(layer(sound()).drop(columns="code"))


def jittered(columns: int, rows: int) -> gpd.GeoDataFrame:
    """Return a coverage of crooked quadrilaterals, about 200 m wide."""
    rng = np.random.default_rng(20240501)
    x, y = np.meshgrid(np.arange(columns + 1) * 200.0, np.arange(rows + 1) * 200.0)
    x[:, 1:-1] += rng.uniform(-60, 60, x[:, 1:-1].shape)
    y[1:-1] += rng.uniform(-60, 60, y[1:-1].shape)
    at = np.stack([x, y], -1)
    rings = np.stack([at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]], 2).reshape(-1, 4, 2)
    shapes = shapely.polygons(rings)
    return gpd.GeoDataFrame({"code": np.arange(len(shapes))}, geometry=shapes, crs=METRES)


def test_three_thousand_grids_in_three_seconds() -> None:
    grids = jittered(60, 50)
    began = time.perf_counter()
    assert audit(grids, parents=layer({"county": shapely.box(0, 0, 12_000, 10_000)})) == []
    assert time.perf_counter() - began < 3


def test_separately_drawn_borders_are_mended() -> None:
    rings = shapely.get_coordinates(np.asarray(jittered(12, 10).geometry)).reshape(-1, 5, 2)[:, :4]
    drawn = shapely.polygons(rings + np.random.default_rng(1).normal(0, 1, rings.shape))
    drawn = gpd.GeoDataFrame({"code": np.arange(len(drawn))}, geometry=drawn, crs=METRES)
    outline = shapely.box(0, 0, 2400, 2000)
    assert {one.kind for one in audit(drawn)} >= {"overlap", "gap"}
    mended = repair(drawn, outline=outline)
    assert abs(mended.area.sum() - outline.area) < 1
    assert not [one for one in audit(mended) if one.kind in ("overlap", "gap")]
