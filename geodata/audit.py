"""Audit of area layers: what overlaps, is missing, thin, double, crosses itself or lies outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.errors import InputError

FindingKind = Literal["overlap", "gap", "sliver", "duplicate", "self_crossing", "orphan"]

Shapes = NDArray[np.object_]
Places = NDArray[np.int64]

SAME_SHARE = 0.999
"""Two areas that share more than this part of the larger one are one area twice."""
INSIDE_SHARE = 0.5
"""An area with less than this part of itself in its parent does not belong there."""


@dataclass(frozen=True)
class GeometryFinding:
    """
    One defect of a layer.

    ``area_m2`` is what overlaps, what is missing, the thin part, the double area, the parts beside
    the largest one that a self-crossing border makes, or what of an orphan lies outside.
    """

    kind: FindingKind
    codes: tuple[str, ...]
    area_m2: float
    geometry: Any  # shapely, in the layer's system: where to look


def audit(
    layer: gpd.GeoDataFrame,
    *,
    parents: gpd.GeoDataFrame | None = None,
    tolerance_m2: float = 1.0,
    sliver_m2: float = 100.0,
    sliver_width_m: float = 2.0,
) -> list[GeometryFinding]:
    """
    List every defect of a layer of areas, by kind and then in row order.

    Parameters
    ----------
    layer
        ``code``, ``geometry`` (polygons in a projected system, metres) and, if known, ``parent``
        (code). Rows without a shape are passed over.
    parents
        ``code`` and ``geometry`` in the same system. With it gaps are what the parents have and
        the layer has not, and orphans are found; without it gaps are the holes of the layer.
    tolerance_m2
        Overlaps and gaps up to this area are rounding.
    sliver_m2, sliver_width_m
        A polygon of the layer is a sliver if it is smaller, or on average (twice its area over its
        perimeter) thinner.

    Raises
    ------
    InputError
        If the layer is not in a projected system or has no ``code``.

    Notes
    -----
    What a self-crossing border leaves open is not told a second time as a gap.
    """
    _need_layer(layer)
    layer = layer[~(layer.geometry.isna() | layer.geometry.is_empty)]
    codes = layer["code"].astype(str).to_numpy(dtype=object)
    raw = np.asarray(layer.geometry, dtype=object)
    shapes, crossing = _valid(raw)
    found = [
        GeometryFinding("self_crossing", (codes[at],), *_minor_parts(shapes[at])) for at in crossing
    ]
    found += _overlaps(codes, shapes, tolerance_m2)
    found += _slivers(codes, shapes, sliver_m2, sliver_width_m)
    union = shapely.union_all(shapes)
    whole = union
    if parents is not None:
        above = parents[~(parents.geometry.isna() | parents.geometry.is_empty)]
        areas, _ = _valid(np.asarray(above.geometry, dtype=object))
        whole = shapely.union_all(areas)
        given = layer["parent"] if "parent" in layer else pd.Series([None] * len(layer))
        known = above["code"].astype(str).to_list()
        found += _orphans(codes, shapes, given.to_list(), known, areas)
    hidden = shapely.convex_hull(shapes[crossing])
    found += _gaps(codes, shapes, _missing_parts(union, whole, hidden), tolerance_m2)
    order: tuple[FindingKind, ...] = (
        "self_crossing", "duplicate", "overlap", "gap", "sliver", "orphan",
    )  # fmt: skip
    return sorted(found, key=lambda one: order.index(one.kind))


def repair(
    layer: gpd.GeoDataFrame,
    *,
    outline: Any,
    sliver_m2: float = 100.0,
    sliver_width_m: float = 2.0,
) -> gpd.GeoDataFrame:
    """
    Propose a layer without defects that tiles the outline.

    Self-crossing borders are untied, second copies and what lies outside the outline go, of an
    overlap the earlier row keeps all, thin parts and gaps go to the neighbour with the longest
    common border. Nothing is stored: somebody has to accept it.

    Parameters
    ----------
    layer
        As for ``audit``.
    outline
        The area to tile (the county), same system, valid.

    Returns
    -------
    GeoDataFrame
        The rows that are left, with ``change``: "" or what happened to the area, of
        ``untied``, ``trimmed`` and ``filled``, separated by blanks.

    Raises
    ------
    InputError
        If the layer is not in a projected system, or nothing of it lies in the outline.
    """
    _need_layer(layer)
    layer = layer[~(layer.geometry.isna() | layer.geometry.is_empty)].reset_index(drop=True)
    raw = np.asarray(layer.geometry, dtype=object)
    shapes, crossing = _valid(raw)
    changes: list[list[str]] = [[] for _ in shapes]
    for at in crossing:
        changes[at].append("untied")
    before = shapely.area(shapes)
    shapes = _without_overlaps(_polygons(shapely.intersection(shapes, outline)))
    shapes = _without_slivers(shapes, sliver_m2, sliver_width_m)
    for at in np.flatnonzero(shapely.area(shapes) < before - 1e-6):
        changes[at].append("trimmed")
    alive = np.flatnonzero(shapely.area(shapes) > 0)
    if not len(alive):
        raise InputError("Nothing of the layer lies in the outline.")
    kept = shapes[alive]
    rest = _parts(shapely.difference(outline, shapely.union_all(kept)))
    for at, pieces in _shared_out(rest, kept).items():
        kept[at] = _polygons(np.array([shapely.union_all([kept[at], *pieces])]))[0]
        changes[alive[at]].append("filled")
    out = layer.iloc[alive].assign(change=[" ".join(changes[at]) for at in alive])
    return out.set_geometry(gpd.GeoSeries(kept, index=out.index, crs=layer.crs))


def _need_layer(layer: gpd.GeoDataFrame) -> None:
    if "code" not in layer:
        raise InputError("The layer has no column {column}.", column="code")
    if layer.crs is None or not layer.crs.is_projected:
        raise InputError("The areas must be in a projected reference system, in metres.")


def _valid(raw: Shapes) -> tuple[Shapes, Places]:
    """Return valid areas and the rows whose border crosses itself."""
    crossing = np.flatnonzero(~shapely.is_valid(raw))
    shapes = raw.copy()
    shapes[crossing] = _polygons(shapely.make_valid(raw[crossing]))
    return shapes, crossing


def _polygons(shapes: Shapes) -> Shapes:
    """Keep the areas of shapes; what is left of a line or point is an empty polygon."""
    shapes = np.array(shapes, dtype=object)
    kinds = shapely.get_type_id(shapes)
    areal = (kinds == shapely.GeometryType.POLYGON) | (kinds == shapely.GeometryType.MULTIPOLYGON)
    for at in np.flatnonzero(~areal):
        shapes[at] = shapely.union_all(_parts(shapes[at]))
        if shapely.area(shapes[at]) == 0:
            shapes[at] = shapely.Polygon()
    return shapes


def _parts(shape: Any) -> Shapes:
    """Return the polygons in a shape, however deep they lie."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return np.asarray(parts[shapely.area(parts) > 0], dtype=object)


def _minor_parts(shape: Any) -> tuple[float, Any]:
    """Return area and shape of all but the largest part; of a single part, nothing and itself."""
    parts = _parts(shape)
    if len(parts) < 2:
        return 0.0, shape
    rest = np.delete(parts, int(np.argmax(shapely.area(parts))))
    return float(shapely.area(rest).sum()), shapely.union_all(rest)


def _common(shapes: Shapes) -> tuple[Places, Places, Shapes, NDArray[np.float64]]:
    """Return the pairs (earlier, later) of areas that share some area, and what they share."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    # Neighbours only touch; telling that is cheaper than cutting them.
    cut = ~shapely.touches(shapes[first], shapes[second])
    first, second = first[cut], second[cut]
    shared = shapely.intersection(shapes[first], shapes[second])
    order = np.lexsort((second, first))
    return first[order], second[order], shared[order], shapely.area(shared)[order]


def _overlaps(codes: Shapes, shapes: Shapes, tolerance_m2: float) -> list[GeometryFinding]:
    first, second, shared, area = _common(shapes)
    larger = np.maximum(shapely.area(shapes[first]), shapely.area(shapes[second]))
    return [
        GeometryFinding(
            "duplicate" if area[at] > SAME_SHARE * larger[at] else "overlap",
            (codes[first[at]], codes[second[at]]),
            float(area[at]),
            _polygons(shared[at : at + 1])[0],
        )
        for at in np.flatnonzero(area > tolerance_m2)
    ]


def _thin(parts: Shapes, sliver_m2: float, sliver_width_m: float) -> NDArray[np.bool_]:
    area = shapely.area(parts)
    return np.asarray((area < sliver_m2) | (2 * area < sliver_width_m * shapely.length(parts)))


def _slivers(
    codes: Shapes, shapes: Shapes, sliver_m2: float, sliver_width_m: float
) -> list[GeometryFinding]:
    parts, row = shapely.get_parts(shapes, return_index=True)
    return [
        GeometryFinding("sliver", (codes[row[at]],), float(shapely.area(parts[at])), parts[at])
        for at in np.flatnonzero(_thin(parts, sliver_m2, sliver_width_m))
    ]


def _missing_parts(union: Any, whole: Any, hidden: Shapes) -> Shapes:
    """Return the parts of the whole, holes included, that the union does not cover."""
    outer = shapely.get_parts(whole)
    if whole is union:  # no parents: only what the layer itself encloses can be missing
        outer = shapely.polygons(shapely.get_exterior_ring(outer)) if len(outer) else outer
    missing = shapely.difference(shapely.union_all(outer), union)
    if len(hidden):
        missing = shapely.difference(missing, shapely.union_all(hidden))
    return _parts(missing)


def _gaps(
    codes: Shapes, shapes: Shapes, gaps: Shapes, tolerance_m2: float
) -> list[GeometryFinding]:
    """Name every gap after the areas around it."""
    gaps = gaps[shapely.area(gaps) > tolerance_m2]
    gap, near = shapely.STRtree(shapes).query(gaps, predicate="dwithin", distance=0.001)
    around: list[list[int]] = [[] for _ in gaps]
    for at, row in zip(gap, near, strict=True):
        around[at].append(int(row))
    return [
        GeometryFinding("gap", tuple(codes[sorted(rows)]), float(shapely.area(shape)), shape)
        for shape, rows in zip(gaps, around, strict=True)
    ]


def _orphans(
    codes: Shapes,
    shapes: Shapes,
    given: Sequence[object],
    known: Sequence[str],
    areas: Shapes,
) -> list[GeometryFinding]:
    """Find areas whose parent is unknown, or that lie mostly outside it (or outside every one)."""
    index = {code: at for at, code in enumerate(known)}
    named = [not (code is None or code != code or code == "") for code in given]  # noqa: PLR0124
    own = np.array(
        [index.get(str(code), -1) if ok else -2 for code, ok in zip(given, named, strict=True)],
        dtype=np.int64,
    )
    row, area = shapely.STRtree(areas).query(shapes, predicate="intersects")
    asked = (own[row] == -2) | (own[row] == area)
    row, area = row[asked], area[asked]
    inside = _area_inside(shapes[row], areas, area)
    best = np.zeros(len(shapes))
    np.maximum.at(best, row, inside)
    total = shapely.area(shapes)
    lost = (own == -1) | (best < INSIDE_SHARE * total)
    return [
        GeometryFinding("orphan", (codes[at],), float(total[at] - best[at]), shapes[at])
        for at in np.flatnonzero(lost)
    ]


def _area_inside(shapes: Shapes, areas: Shapes, area: Places) -> NDArray[np.float64]:
    """Measure what of each shape lies in its area; only those on a border are cut."""
    shapely.prepare(areas)
    full = shapely.covers(areas[area], shapes)
    inside = np.asarray(shapely.area(shapes), dtype=float)
    cut = shapely.intersection(shapes[~full], areas[area[~full]])
    inside[~full] = shapely.area(cut)
    return inside


def _without_overlaps(shapes: Shapes) -> Shapes:
    first, second, _, area = _common(shapes)
    shapes = shapes.copy()
    for at in np.flatnonzero(area > 0):
        i, j = first[at], second[at]
        shapes[j] = _polygons(np.array([shapely.difference(shapes[j], shapes[i])]))[0]
    return shapes


def _without_slivers(shapes: Shapes, sliver_m2: float, sliver_width_m: float) -> Shapes:
    """Take thin parts away; they are gaps then and go to a neighbour."""
    parts, row = shapely.get_parts(shapes, return_index=True)
    thin = _thin(parts, sliver_m2, sliver_width_m)
    shapes = shapes.copy()
    for at in np.unique(row[thin]):
        left = parts[(row == at) & ~thin]
        shapes[at] = shapely.union_all(left) if len(left) else shapely.Polygon()
    return shapes


def _shared_out(pieces: Iterable[Any], shapes: Shapes) -> dict[int, list[Any]]:
    """Give each piece to the area with the longest common border, or the nearest one."""
    tree = shapely.STRtree(shapes)
    given: dict[int, list[Any]] = {}
    for piece in pieces:
        near = tree.query(piece, predicate="dwithin", distance=0.001)
        if len(near):
            border = shapely.buffer(shapely.boundary(piece), 0.001)
            common = shapely.length(shapely.intersection(shapely.boundary(shapes[near]), border))
            at = int(near[np.lexsort((near, -common))[0]])
        else:
            at = int(tree.nearest(piece))
        given.setdefault(at, []).append(piece)
    return given
