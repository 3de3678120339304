"""Areas and what moves between them: cells, areas around points, exact and weighted transfer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geodata.errors import InputError

MAX_CELLS = 2_000_000  # a mistyped cell size must end in a sentence, not in a full memory


def apportion(
    total_by_source: NDArray[np.integer[Any]],
    source_of_cell: NDArray[np.integer[Any]],
    weight_of_cell: NDArray[Any],
    *,
    area_of_cell: NDArray[Any] | None = None,
) -> NDArray[np.int64]:
    """
    Move whole counts from sources to their cells, so that every total is kept exactly.

    Each cell gets its weight's share rounded down; what is left of a source goes, one by one, to
    the cells with the largest remainders. Equal remainders: the heavier cell first, then the
    earlier one, so the same input gives the same result. A source whose cells all weigh nothing
    is shared by area (if given), and if that is nothing too, equally. A cell of weight 0 beside
    others that weigh something gets nothing.

    Parameters
    ----------
    total_by_source
        Whole numbers, 0 or more, shape ``(n_sources,)`` or ``(n_sources, k)``.
    source_of_cell
        Row of the source of each cell, shape ``(n_cells,)``.
    weight_of_cell
        Finite numbers, 0 or more, shape ``(n_cells,)``.
    area_of_cell
        Square metres, shape ``(n_cells,)``.

    Returns
    -------
    NDArray
        Shape ``(n_cells,)`` or ``(n_cells, k)``, as ``total_by_source``.

    Raises
    ------
    InputError
        If shapes disagree, numbers are negative or not finite, or a source that has something to
        share has no cell.

    References
    ----------
    Largest remainders (Hare quota): Balinski, M., Young, H. P. (1982), "Fair Representation".
    """
    totals = np.asarray(total_by_source)
    source = np.asarray(source_of_cell, dtype=np.int64)
    _check_apportion(totals, source, np.asarray(weight_of_cell, dtype=float), area_of_cell)
    table = totals.reshape(len(totals), -1).astype(np.int64)
    weight = _usable_weights(len(table), source, weight_of_cell, area_of_cell)

    order = np.lexsort((-weight, source))  # stable: heavier cells of a source first
    source, weight = source[order], weight[order]
    first = np.searchsorted(source, np.arange(len(table)))
    sums = np.bincount(source, weight, minlength=len(table))

    quota = table[source] * (weight / sums[source])[:, None]
    counts = np.floor(quota).astype(np.int64)
    # Rounded, because a third of three must tie with a third of three whatever the last bit is.
    remainder = np.round(quota - counts, 9)
    given = np.zeros_like(table)
    np.add.at(given, source, counts)
    left = table - given

    turn = np.argsort(source[:, None] * 2.0 - remainder, axis=0, kind="stable")
    rank = np.arange(len(source)) - first[source]  # place among the cells of its own source
    extra = (rank[:, None] < left[source]).astype(np.int64)
    np.put_along_axis(counts, turn, np.take_along_axis(counts, turn, axis=0) + extra, axis=0)

    cells = np.empty_like(counts)
    cells[order] = counts
    return cells.reshape(len(source), *totals.shape[1:])


def _check_apportion(
    totals: NDArray[Any],
    source: NDArray[np.int64],
    weight: NDArray[np.float64],
    area: NDArray[Any] | None,
) -> None:
    shapes_agree = (
        totals.ndim in (1, 2)
        and source.ndim == 1
        and weight.shape == source.shape
        and (area is None or np.shape(area) == source.shape)
    )
    if not shapes_agree:
        raise InputError(
            "Totals have shape {totals}, cells {cells} and weights {weights}; "
            "expected (n_sources, k), (n_cells,) and (n_cells,).",
            totals=totals.shape,
            cells=source.shape,
            weights=weight.shape,
        )
    if not np.issubdtype(totals.dtype, np.integer) or (totals < 0).any():
        raise InputError("The totals to share out must be whole numbers, 0 or more.")
    for values in (weight, weight if area is None else np.asarray(area, dtype=float)):
        if not ((values >= 0) & np.isfinite(values)).all():
            raise InputError("The weights of cells must be finite numbers, 0 or more.")
    if len(source) and not (source.min() >= 0 and source.max() < len(totals)):
        raise InputError("A cell names a source that is not there.")
    bare = np.bincount(source, minlength=len(totals)) == 0
    lost = np.flatnonzero(bare & totals.reshape(len(totals), -1).any(axis=1))
    if len(lost):
        raise InputError(
            "Source {source} has something to share out but no cell to take it; "
            "{n} sources are like this.",
            source=int(lost[0]),
            n=len(lost),
        )


def _usable_weights(
    n_sources: int,
    source: NDArray[np.int64],
    weight_of_cell: NDArray[Any],
    area_of_cell: NDArray[Any] | None,
) -> NDArray[np.float64]:
    weight = np.asarray(weight_of_cell, dtype=float).copy()
    fallbacks = [np.ones(len(weight))]
    if area_of_cell is not None:
        fallbacks.insert(0, np.asarray(area_of_cell, dtype=float))
    for fallback in fallbacks:
        empty = (np.bincount(source, weight, minlength=n_sources) == 0)[source]
        weight[empty] = fallback[empty]
    return weight


def square_cells(polygons: gpd.GeoDataFrame, size_m: float) -> gpd.GeoDataFrame:
    """
    Cut regions into squares of one common grid, clipped at their borders.

    Parameters
    ----------
    polygons
        ``code`` and ``geometry``, in a projected system in metres.
    size_m
        Side of a square, above 0. The grid is anchored at the origin of the system, so regions
        that are cut at different times share one grid.

    Returns
    -------
    GeoDataFrame
        ``code`` (parent code, hyphen, number from 1 counted west to east and south to north),
        ``parent``, ``geometry``: the cells of a region tile it. A square that a border divides
        gives one cell in each region; a region inside one square is one cell.

    Raises
    ------
    InputError
        If ``size_m`` is not above 0, the system is not in metres, or more than ``MAX_CELLS``
        squares would be needed.
    """
    _need_metres(polygons)
    if not 0 < size_m < np.inf:
        raise InputError("The cell size is {size} m; expected above 0.", size=size_m)
    parents = polygons["code"].astype(str).to_numpy(dtype=object)
    shapes = np.asarray(polygons.geometry, dtype=object)
    bounds = np.nan_to_num(shapely.bounds(shapes) / size_m)
    low, high = np.floor(bounds[:, :2]), np.ceil(bounds[:, 2:])
    if (high - low).prod(axis=1).sum() > MAX_CELLS:
        raise InputError(
            "Cells of {size} m would be more than {limit}; choose larger cells.",
            size=size_m,
            limit=MAX_CELLS,
        )
    codes: list[str] = []
    owners: list[str] = []
    pieces: list[Any] = []
    for parent, shape, south_west, north_east in zip(parents, shapes, low, high, strict=True):
        cells = _clipped(shape, south_west, north_east, size_m)
        codes += [f"{parent}-{number}" for number in range(1, len(cells) + 1)]
        owners += [parent] * len(cells)
        pieces += list(cells)
    return gpd.GeoDataFrame({"code": codes, "parent": owners}, geometry=pieces, crs=polygons.crs)


def _clipped(
    shape: Any, low: NDArray[np.float64], high: NDArray[np.float64], size_m: float
) -> NDArray[np.object_]:
    """Return the parts of a shape in the squares from ``low`` to ``high``, row by row."""
    if shape is None or shape.is_empty:
        return np.empty(0, dtype=object)
    x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    x, y = x.ravel() * size_m, y.ravel() * size_m
    squares = shapely.box(x, y, x + size_m, y + size_m)
    shapely.prepare(shape)
    inside = shapely.contains_properly(shape, squares)
    border = ~inside & shapely.intersects(shape, squares)
    squares[border] = _areas_only(shapely.intersection(squares[border], shape))
    kept = inside | border
    kept[border] = shapely.area(squares[border]) > 0
    return np.asarray(squares[kept], dtype=object)


def _areas_only(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Drop the points and lines that an intersection may leave beside its areas."""
    mixed = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION)
    for at in mixed:
        parts = shapely.get_parts(shapes[at])
        shapes[at] = shapely.union_all(parts[shapely.area(parts) > 0])
    return shapes


def h3_cells(polygons: gpd.GeoDataFrame, resolution: int) -> gpd.GeoDataFrame:
    """
    Cover regions with whole H3 cells; a cell belongs to the region that holds its centre.

    Parameters
    ----------
    polygons
        ``code`` and ``geometry``, in any known reference system.
    resolution
        H3 resolution, 0 to 15.

    Returns
    -------
    GeoDataFrame
        ``code`` (the H3 index), ``parent``, ``geometry`` (hexagons, EPSG:4326), sorted by parent's
        row and index. A region too small to hold a centre gets the nearest cell to its inner point
        that its owner can spare, so every region has at least one.

    Raises
    ------
    InputError
        If the resolution is out of range, a region has no area, or there are fewer cells than
        regions around some place.
    """
    if not 0 <= resolution <= 15:
        raise InputError("The H3 resolution is {value}; expected 0 to 15.", value=resolution)
    parents = polygons["code"].astype(str).to_list()
    shapes = np.asarray(polygons.geometry.to_crs(4326), dtype=object)
    owner: dict[str, int] = {}
    for row, shape in enumerate(shapes):
        if shape is None or shapely.area(shape) == 0:
            raise InputError("Region {code} has no area.", code=parents[row])
        for cell in h3.geo_to_cells(shape, resolution):
            owner.setdefault(cell, row)
    _give_each_one(owner, shapes, parents, resolution)
    cells = sorted(owner, key=lambda cell: (owner[cell], cell))
    hexagons = [
        shapely.Polygon([(lng, lat) for lat, lng in h3.cell_to_boundary(cell)]) for cell in cells
    ]
    return gpd.GeoDataFrame(
        {"code": cells, "parent": [parents[owner[cell]] for cell in cells]},
        geometry=hexagons,
        crs=4326,
    )


def _give_each_one(
    owner: dict[str, int], shapes: NDArray[np.object_], parents: Sequence[str], resolution: int
) -> None:
    counts = np.bincount(list(owner.values()), minlength=len(parents))
    for row in np.flatnonzero(counts == 0).tolist():
        inner = shapes[row].representative_point()
        middle = h3.latlng_to_cell(inner.y, inner.x, resolution)
        for ring in range(6):
            free = [
                cell
                for cell in sorted(h3.grid_ring(middle, ring))
                if cell not in owner or counts[owner[cell]] > 1
            ]
            if free:
                break
        else:
            raise InputError(
                "Region {code} is too small for H3 cells of resolution {resolution}; "
                "choose a finer one.",
                code=parents[row],
                resolution=resolution,
            )
        if free[0] in owner:
            counts[owner[free[0]]] -= 1
        owner[free[0]] = row
        counts[row] = 1


def voronoi_areas(points: gpd.GeoSeries | NDArray[np.object_], within: Any) -> NDArray[np.object_]:
    """
    Divide an area among points: each gets what lies nearer to it than to the others.

    Parameters
    ----------
    points
        Points in a projected system, metres. One outside the area counts from the nearest place
        in it; points at one place are drawn 1 m apart, so that none is left without an area.
    within
        The polygon to divide, same system.

    Returns
    -------
    NDArray
        Polygons in the order of the points; together they tile ``within``. No point, no polygon.

    Raises
    ------
    InputError
        If a point is missing or ``within`` has no area.
    """
    shapes = np.asarray(points, dtype=object)
    if shapely.area(within) == 0:
        raise InputError("The area to divide is empty.")
    if shapely.is_missing(shapes).any() or shapely.is_empty(shapes).any():
        raise InputError("A point is missing, so its area cannot be drawn.")
    if len(shapes) < 2:
        return np.array([within] * len(shapes), dtype=object)
    places = _apart(_moved_inside(shapes, within))
    cells = shapely.get_parts(
        shapely.voronoi_polygons(
            shapely.multipoints(places), extend_to=shapely.box(*within.bounds), ordered=True
        )
    )
    return _areas_only(np.asarray(shapely.intersection(cells, within), dtype=object))


def _moved_inside(points: NDArray[np.object_], within: Any) -> NDArray[np.object_]:
    outside = ~shapely.intersects(within, points)
    if outside.any():
        way = shapely.shortest_line(points[outside], within)
        points = points.copy()
        points[outside] = shapely.get_point(way, -1)
    return points


def _apart(points: NDArray[np.object_]) -> NDArray[np.object_]:
    """Lay points of one place on a small spiral around it."""
    xy = shapely.get_coordinates(points).round(3)
    _, place = np.unique(xy, axis=0, return_inverse=True)
    order = np.argsort(place, kind="stable")
    first = np.searchsorted(place[order], place[order])
    turn = np.empty(len(xy))
    turn[order] = np.arange(len(xy)) - first
    angle = turn * 2.399963  # the golden angle: no two on one ray
    xy = xy + np.sqrt(turn)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.asarray(shapely.points(xy), dtype=object)


@dataclass(frozen=True)
class Shares:
    """How much of each source lies in each target: one entry for each pair that meets."""

    source: NDArray[np.int64]  # (n_pairs,)
    target: NDArray[np.int64]  # (n_pairs,)
    amount: NDArray[np.float64]  # (n_pairs,) square metres, or weight
    n_sources: int
    n_targets: int


def area_shares(source: gpd.GeoDataFrame, target: gpd.GeoDataFrame) -> Shares:
    """Measure the common area, in square metres, of every source and target that overlap."""
    _need_metres(source)
    _need_metres(target)
    left = np.asarray(source.geometry, dtype=object)
    right = np.asarray(target.to_crs(source.crs).geometry, dtype=object)
    i, j = shapely.STRtree(right).query(left, predicate="intersects")
    amount = shapely.area(shapely.intersection(left[i], right[j]))
    kept = amount > 0
    return Shares(i[kept], j[kept], amount[kept], len(left), len(right))


def point_shares(
    source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, points: gpd.GeoSeries, weight: ArrayLike
) -> Shares:
    """
    Add up the weights (buildings, residents) of the points in every pair of source and target.

    A point outside all sources or all targets counts nowhere; on a common border, in the first.
    """
    weights = np.asarray(weight, dtype=float)
    if len(weights) != len(points) or not (weights >= 0).all():
        raise InputError("Each point needs a weight, 0 or more.")
    places = np.asarray(points.to_crs(source.crs), dtype=object)
    i = _first_area(places, np.asarray(source.geometry, dtype=object))
    j = _first_area(places, np.asarray(target.to_crs(source.crs).geometry, dtype=object))
    both = (i >= 0) & (j >= 0)
    pair, at = np.unique(i[both] * len(target) + j[both], return_inverse=True)
    amount = np.bincount(at, weights[both], minlength=len(pair)).astype(float)
    return Shares(pair // len(target), pair % len(target), amount, len(source), len(target))


def _first_area(points: NDArray[np.object_], areas: NDArray[np.object_]) -> NDArray[np.int64]:
    point, area = shapely.STRtree(areas).query(points, predicate="intersects")
    found = np.full(len(points), len(areas), dtype=np.int64)
    np.minimum.at(found, point, area)
    return np.where(found == len(areas), -1, found)


def transfer(
    values: ArrayLike, shares: Shares, *, extensive: bool, fallback: Shares | None = None
) -> NDArray[np.float64]:
    """
    Move values from source to target areas.

    Parameters
    ----------
    values
        Shape ``(n_sources,)`` or ``(n_sources, k)``.
    shares
        From ``area_shares`` (spread evenly) or ``point_shares`` (as buildings or people lie).
    extensive
        True for amounts (people): a source is shared out in full among the targets it meets, so
        totals are kept wherever a source meets any. False for levels (density, a rate): a target
        gets the mean of its sources, weighted by the shares, so a constant field stays constant.
    fallback
        Used for a source (extensive) or a target (intensive) without any weight of its own, as
        area where there is no building.

    Returns
    -------
    NDArray
        Shape ``(n_targets,)`` or ``(n_targets, k)``. A target that meets nothing gets 0
        (extensive) or NaN (intensive).

    References
    ----------
    Goodchild, M. F., Lam, N. S. (1980), "Areal interpolation: a variant of the traditional
    spatial problem", Geo-Processing 1, 297-312.
    """
    table = np.asarray(values, dtype=float)
    if len(table) != shares.n_sources or table.ndim not in (1, 2):
        raise InputError(
            "The values have shape {shape}; expected one row for each of {n} sources.",
            shape=table.shape,
            n=shares.n_sources,
        )
    if fallback is not None:
        shares = _filled(shares, fallback, extensive=extensive)
    end, n_ends = (
        (shares.source, shares.n_sources) if extensive else (shares.target, shares.n_targets)
    )
    sums = np.bincount(end, shares.amount, minlength=n_ends)
    used = sums[end] > 0
    part = shares.amount[used] / sums[end[used]]
    moved = np.zeros((shares.n_targets, *table.shape[1:]))
    pieces = table[shares.source[used]] * part.reshape(-1, *[1] * (table.ndim - 1))
    np.add.at(moved, shares.target[used], pieces)
    if not extensive:
        moved[sums == 0] = np.nan
    return moved


def _filled(shares: Shares, fallback: Shares, *, extensive: bool) -> Shares:
    side, n = ("source", shares.n_sources) if extensive else ("target", shares.n_targets)
    bare = np.bincount(getattr(shares, side), shares.amount, minlength=n) == 0
    extra = bare[getattr(fallback, side)]
    return Shares(
        np.concatenate([shares.source, fallback.source[extra]]),
        np.concatenate([shares.target, fallback.target[extra]]),
        np.concatenate([shares.amount, fallback.amount[extra]]),
        shares.n_sources,
        shares.n_targets,
    )


def _need_metres(layer: gpd.GeoDataFrame) -> None:
    if layer.crs is None or not layer.crs.is_projected:
        raise InputError("The areas must be in a projected reference system, in metres.")
