"""Isochrones: the roads and the area that can be reached within some minutes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.features import shapes
from rasterio.transform import from_origin
from scipy.ndimage import distance_transform_edt
from shapely.ops import substring

from geodata.network.engine import STRAIGHT_DETOUR, Reached
from geodata.network.modes import Mode
from geodata.network.roads import Roads

_PIXELS = 320  # a side of the picture that areas are cut from
_LEAST_PIXEL_M = 20.0
_BAND_S = 60.0  # areas grow from the roads in steps of a minute


def reached_roads(reached: Reached, roads: Roads, limit_s: float) -> NDArray[np.object_]:
    """
    Return the roads within ``limit_s`` as lines in degrees; an edge beyond it is cut there.

    Stretches that are reached from both sides come once, whole edges as the network has them.
    """
    edge, low, high, _, _ = _stretches(reached, limit_s)
    key = np.unique(np.column_stack((edge, np.round(low, 9), np.round(high, 9))), axis=0)
    covered = np.bincount(key[:, 0].astype(np.intp), weights=key[:, 2] - key[:, 1])
    whole = np.flatnonzero(covered >= 1 - 1e-6)
    left = key[~np.isin(key[:, 0], whole)]
    pieces = [
        substring(roads.geometry[int(e)], lo, hi, normalized=True) for e, lo, hi in left.tolist()
    ]
    lines = np.empty(len(whole) + len(pieces), dtype=object)
    lines[: len(whole)] = roads.geometry[whole]
    lines[len(whole) :] = pieces
    kept: NDArray[np.object_] = lines[shapely.get_dimensions(lines) == 1]
    return kept


def _stretches(
    reached: Reached, limit_s: float
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64], Any, Any]:
    """Return edge, fractions (low, high) of what is reached, and the seconds at both."""
    start = reached.seconds[reached.near]
    left = limit_s - start
    within = left > 0
    start, left = start[within], left[within]
    took = reached.arc_seconds[within]
    share = np.where(took > left, left / np.where(took > 0, took, 1.0), 1.0)
    near, far = reached.near_fraction[within], reached.far_fraction[within]
    end = near + (far - near) * share
    finish = start + took * share
    turned = end < near
    low, high = np.where(turned, end, near), np.where(turned, near, end)
    return (
        reached.edge[within],
        low,
        high,
        np.where(turned, finish, start),
        np.where(turned, start, finish),
    )


def isochrones(
    reached: Reached, roads: Roads, mode: Mode, limits_s: Sequence[float], *, crs: str
) -> list[Any]:
    """
    Return the area within each limit as a shape in degrees, in the order of the limits.

    From the place and from every stretch of road one may go on off the road with the time that is
    left, at the mode's off-road speed and detour and no farther than its limit. The area is cut
    from a picture of about 320 pixels a side; a larger limit's area always holds a smaller one's.
    Empty for a place without coordinates.

    Parameters
    ----------
    reached
        What is reached within the largest of the limits (``TravelTimes.reached``).
    crs
        The county's projected system, in metres.
    """
    most = max(limits_s)
    there = Transformer.from_crs(CRS.from_epsg(4326), CRS.from_user_input(crs), always_xy=True)
    known = (reached.seconds <= most) & np.isfinite(reached.lonlat).all(axis=1)
    if not known.any():
        return [shapely.Polygon() for _ in limits_s]
    nodes = np.column_stack(there.transform(*reached.lonlat[known].T))
    edge, low, high, first, last = _stretches(reached, most)
    edges, place = np.unique(edge, return_inverse=True)
    lines = shapely.transform(roads.geometry[edges], there.transform, interleaved=False)
    margin = min(mode.off_road_limit_m, most * mode.off_road_ms / mode.off_road_detour)
    box = np.vstack((shapely.bounds(lines).reshape(-1, 4), np.hstack((nodes, nodes))))
    box = np.concatenate((box[:, :2].min(axis=0), box[:, 2:].max(axis=0)))
    west, south, east, north = box + np.array([-1, -1, 1, 1]) * (margin + _LEAST_PIXEL_M)
    pixel = max(max(east - west, north - south) / _PIXELS, _LEAST_PIXEL_M)
    points, seconds = _sampled(lines, place, (low, high), (first, last), pixel)
    points = np.vstack((points, nodes))
    seconds = np.concatenate((seconds, reached.seconds[known]))
    times = np.full([math.ceil(side / pixel) + 1 for side in (north - south, east - west)], np.inf)
    row = ((north - points[:, 1]) / pixel).astype(np.intp)
    column = ((points[:, 0] - west) / pixel).astype(np.intp)
    np.minimum.at(times, (row, column), seconds)
    grown = _grown(times, mode, pixel, limits_s)
    areas = [_area(grown <= limit, west, north, pixel) for limit in limits_s]
    return [_in_degrees(area, there) for area in _nested(areas, limits_s)]


def circles(
    lonlat: tuple[float, float], mode: Mode, limits_s: Sequence[float], *, crs: str
) -> list[Any]:
    """Return the area within each limit where there are no roads: circles, straight line x 1.3."""
    there = Transformer.from_crs(CRS.from_epsg(4326), CRS.from_user_input(crs), always_xy=True)
    centre = shapely.Point(there.transform(*lonlat))
    speed = mode.straight_kmh / 3.6 / STRAIGHT_DETOUR
    return [_in_degrees(centre.buffer(limit * speed, quad_segs=32), there) for limit in limits_s]


def _sampled(
    lines: NDArray[np.object_],
    place: NDArray[np.intp],
    fractions: tuple[NDArray[np.float64], NDArray[np.float64]],
    seconds: tuple[Any, Any],
    pixel: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points along the stretches, at most a pixel apart, with their seconds."""
    low, high = fractions
    metres = shapely.length(lines)[place] * (high - low)
    n = np.ceil(metres / pixel).astype(np.intp) + 1
    owner = np.repeat(np.arange(len(place)), n)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(n) - n, n)
    share = step / np.maximum(n - 1, 1)[owner]
    at = low[owner] + (high - low)[owner] * share
    points = shapely.line_interpolate_point(lines[place[owner]], at, normalized=True)
    times = seconds[0][owner] + (seconds[1] - seconds[0])[owner] * share
    return shapely.get_coordinates(points), times


def _grown(
    times: NDArray[np.float64], mode: Mode, pixel: float, limits_s: Sequence[float]
) -> NDArray[np.float64]:
    """
    Return the seconds at every pixel when people leave the road, from those on it.

    The roads are taken in bands of time; each band's pixels hold the whole way off from its upper
    edge, so no pixel gets a shorter time than it has. Only bands that can still widen one of the
    areas are looked at: what was on the road long before a limit has gone as far as one may.
    """
    grown = times.copy()
    pace = mode.off_road_detour / mode.off_road_ms  # seconds a metre of straight distance
    farthest = mode.off_road_limit_m * pace
    bands = np.arange(0.0, max(limits_s) + _BAND_S, _BAND_S)
    useful = [any(t - farthest - _BAND_S <= band <= t for t in limits_s) for band in bands]
    for band in bands[useful]:
        road = times <= band
        if not road.any():
            continue
        away = distance_transform_edt(~road, sampling=pixel)
        off = np.where(away <= mode.off_road_limit_m, band + away * pace, np.inf)
        np.minimum(grown, off, out=grown, where=~road)
    return grown


def _area(inside: NDArray[np.bool_], west: float, north: float, pixel: float) -> Any:
    if not inside.any():
        return shapely.Polygon()
    place = from_origin(west, north, pixel, pixel)
    found = shapes(inside.astype(np.uint8), mask=inside, transform=place)
    whole = shapely.union_all([shapely.geometry.shape(part) for part, _ in found])
    # Stairs of pixels become slopes; no corner moves by more than a pixel.
    return shapely.simplify(whole, pixel)


def _nested(areas: list[Any], limits_s: Sequence[float]) -> list[Any]:
    """Return the areas, each joined with those of smaller limits: simplifying moved borders."""
    nested = list(areas)
    held: Any = shapely.Polygon()
    for i in np.argsort(limits_s, kind="stable").tolist():
        held = nested[i] = shapely.union(held, areas[i])
    return nested


def _in_degrees(shape: Any, there: Transformer) -> Any:
    def back(x: Any, y: Any) -> Any:
        return there.transform(x, y, direction="INVERSE")

    return shapely.transform(shape, back, interleaved=False)
