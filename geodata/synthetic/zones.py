"""A draft of management zones with one of each fault that drawn layers have."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.synthetic.boundaries import Areas
from geodata.synthetic.naming import Names
from geodata.synthetic.relief import degrees, metres

Shapes = NDArray[np.object_]


def draft_zones(areas: Areas, names: Names) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """
    Return the draft for one township, a zone for each village, in degrees, and its faults.

    Planted, once each: an overlap, a gap, a sliver, a self-crossing (bow-tie), a zone drawn
    twice, and an orphan far outside the county. Areas are square metres in the county's system.
    """
    town = names.towns.index("竹山乡")
    members = np.flatnonzero(areas.village_town == town)
    flat = _to_metres(areas.grids)
    zones = [shapely.coverage_union_all(flat[areas.grid_village == v]) for v in members.tolist()]
    inner = _inner_grids(areas, town)
    overlap_owner, overlap_other, overlap = _border_grid(areas, members, inner)
    zones[overlap_other] = shapely.union(zones[overlap_other], flat[overlap])
    gap = next(
        g for g in inner if areas.grid_village[g] not in members[[overlap_owner, overlap_other]]
    )
    owner = int(np.flatnonzero(members == areas.grid_village[gap])[0])
    zones[owner] = shapely.difference(zones[owner], flat[gap])
    cut = next(z for z in range(len(zones)) if z not in (overlap_owner, overlap_other, owner))
    sliver = _strip(zones[cut])
    zones[cut] = shapely.difference(zones[cut], sliver)
    again = next(
        z for z in range(len(zones)) if z not in (overlap_owner, overlap_other, owner, cut)
    )
    corner = shapely.get_coordinates(
        shapely.centroid(shapely.union_all(_to_metres(areas.villages[:6])))
    )[0]
    bow_tie = shapely.Polygon(corner + np.array([[0, 0], [600, 500], [600, 0], [0, 500], [0, 0]]))
    orphan = shapely.transform(
        shapely.box(0, 0, 900, 700), lambda xy: xy + corner + [62_000, 8_000]
    )
    labels = [f"{names.villages[v][:-1]}片区" for v in members.tolist()]
    shapes = [*zones, sliver, bow_tie, zones[again], orphan]
    labels += ["（未命名）", "城中片区（草稿）", labels[again], "飞地片区"]
    ids = [f"PQ{k:02d}" for k in range(1, len(shapes) + 1)]
    n = len(zones)
    truth = {
        "overlap": {
            "ids": sorted([ids[overlap_owner], ids[overlap_other]]),
            "area_m2": _area(flat[overlap]),
        },
        "gap": {"inside": ids[owner], "area_m2": _area(flat[gap])},
        "sliver": {"id": ids[n], "area_m2": _area(sliver)},
        "self_crossing": {"id": ids[n + 1]},
        "duplicate": {"ids": [ids[again], ids[n + 2]], "area_m2": _area(zones[again])},
        "orphan": {"id": ids[n + 3], "area_m2": _area(orphan)},
    }
    columns = {"编号": ids, "名称": labels, "类别": ["拟调整网格片区"] * len(ids)}
    return gpd.GeoDataFrame(
        columns, geometry=list(_to_degrees(np.array(shapes))), crs="EPSG:4490"
    ), truth


def _area(shape: Any) -> float:
    return round(float(shapely.area(shape)), 1)


def _to_metres(shapes: Shapes) -> Shapes:
    return np.asarray(shapely.transform(shapes, metres))


def _to_degrees(shapes: Shapes) -> Shapes:
    return np.asarray(shapely.transform(shapes, lambda xy: np.column_stack(degrees(xy))))


def _inner_grids(areas: Areas, town: int) -> list[int]:
    """Return the township's grids whose whole surroundings belong to it."""
    a, b = areas.neighbours.nonzero()
    strangers = np.unique(a[areas.grid_town[b] != town])
    mine = np.flatnonzero(areas.grid_town == town)
    border = shapely.boundary(areas.county)
    return [g for g in mine.tolist() if g not in set(strangers.tolist())
            and not shapely.intersects(areas.grids[g], border)]  # fmt: skip


def _border_grid(
    areas: Areas, members: NDArray[np.int64], inner: list[int]
) -> tuple[int, int, int]:
    """Return two zones and an inner grid of the first that touches the second."""
    a, b = areas.neighbours.nonzero()
    allowed = set(inner)
    for grid, other in zip(a.tolist(), b.tolist(), strict=True):
        one, two = areas.grid_village[grid], areas.grid_village[other]
        if grid in allowed and other in allowed and one != two:
            where = {int(v): k for k, v in enumerate(members.tolist())}
            return where[int(one)], where[int(two)], grid
    raise AssertionError("a township has villages that touch inside it")


def _strip(zone: Any) -> Any:
    """Return a strip of three metres along a straight piece of the zone's border."""
    ring = shapely.get_coordinates(shapely.get_exterior_ring(shapely.orient_polygons(zone)))
    way = np.diff(ring, axis=0)
    k = int(np.argmax(np.hypot(*way.T)))
    along = way[k] / np.hypot(*way[k])
    left = np.array([-along[1], along[0]]) * 3.0
    start, end = ring[k] + 0.15 * way[k], ring[k] + 0.85 * way[k]
    inward = shapely.Polygon([start, end, end + left, start + left])
    if not shapely.contains_properly(zone, shapely.Point(0.5 * (start + end) + 0.5 * left)):
        inward = shapely.Polygon([start, end, end - left, start - left])
    return inward
