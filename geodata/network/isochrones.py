"""Isochrones: the area and the roads within some minutes of a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from geodata import crs as systems
from geodata.errors import InputError
from geodata.network.engine import STRAIGHT_DETOUR, Reached, Towards, TravelTimes
from geodata.network.modes import Mode

Floats = NDArray[np.float64]

STEPS_ACROSS = 400
"""Grid steps over the longer side of the reached roads: finer shows nothing more on a screen."""

STEPS_WALKED = 30
"""Grid steps over the longest off-road leg: the time of an answer grows with their square."""

FINEST_M = 10.0
"""Shortest grid step: roads and houses are not placed better than this."""

LONGEST_MINUTES = 600.0

_FAR_S = 1e6  # stands for "not reached" in the field; far above the longest time
_WALL_S = 14_400.0  # each step past the longest off-road leg: a wall, yet a continuous one
_JUST_OVER_S = 5e-4  # a time exactly at the limit is within; times are whole milliseconds


@dataclass(frozen=True)
class Isochrone:
    """What lies within some minutes of a place; geometries in degrees (EPSG:4326)."""

    minutes: float
    area: Any  # shapely MultiPolygon; empty when nothing is reached
    roads: Any  # shapely MultiLineString; an edge that is reached in part is cut there
    people: float  # people of the cells within the time; NaN when no cells were given


@dataclass(frozen=True)
class Field:
    """Arrival times on a regular grid in metres."""

    x: Floats  # (nx,)
    y: Floats  # (ny,)
    seconds: Floats  # (ny, nx)

    @property
    def step_m(self) -> float:
        """Distance of two neighbouring grid points."""
        return float(self.x[1] - self.x[0])


def isochrones(
    travel: TravelTimes,
    mode: str,
    place: int,
    minutes: Sequence[float],
    *,
    towards: Towards = "people",
    closed: frozenset[int] = frozenset(),
    cells: NDArray[np.intp] | None = None,
    people: Floats | None = None,
    step_m: float | None = None,
    with_roads: bool = True,
) -> list[Isochrone]:
    """
    Return what lies within each number of minutes of a place, in the order asked for.

    The areas are contours of one field: the time at which one comes along a road, and from there
    on foot as far as a place may lie from its road. A later contour of one field holds every
    earlier one, so the areas nest. They are generous by up to a grid step, since a square that a
    reached road crosses counts as reached with it. People are counted by the travel times of
    their cells, never by the area.

    Parameters
    ----------
    place
        Position of the place in ``travel.places``.
    minutes
        Above 0, at most 600. A time exactly at the limit is within.
    towards
        "people": where one can get from the place; "facility": from where one can get to it.
    cells, people
        Positions of cells in ``travel.places`` and the people in them, same length.
    step_m
        Grid step in metres; None: chosen from the extent. Two networks are best compared with the
        same step: more roads then never give a smaller area.
    with_roads
        False leaves the lines out (an empty geometry), which is faster.

    Returns
    -------
    list of Isochrone
        Nothing reached: empty areas. Without roads in ``travel``: circles.

    Raises
    ------
    InputError
        If there are no minutes or some out of range, people do not match the cells, or the mode,
        the place or a closed edge does not exist.
    """
    _check(minutes, cells, people)
    seconds = [60.0 * m for m in minutes]
    inside = _people_within(travel, mode, place, seconds, towards, closed, cells, people)
    if travel.roads is None:
        areas = _circles(travel, mode, place, seconds)
        lines = [shapely.MultiLineString()] * len(seconds)
    else:
        reached = travel.reached(mode, place, limit_s=max(seconds), towards=towards, closed=closed)
        field = time_field(
            reached, travel.lines_m(), travel.modes[mode], limit_s=max(seconds), step_m=step_m
        )
        areas = [_in_degrees(area_within(field, s), travel.crs) for s in seconds]
        lines = [
            roads_within(reached, travel.roads.geometry, s)
            if with_roads
            else shapely.MultiLineString()
            for s in seconds
        ]
    return [
        Isochrone(float(m), area, line, count)
        for m, area, line, count in zip(minutes, areas, lines, inside, strict=True)
    ]


def _check(minutes: Sequence[float], cells: NDArray[np.intp] | None, people: Floats | None) -> None:
    if not len(minutes):
        raise InputError("An isochrone needs one number of minutes at least.")
    for one in minutes:
        if not 0 < one <= LONGEST_MINUTES:  # also catches NaN
            raise InputError(
                "An isochrone of {minutes} minutes was asked for; expected above 0 and at most "
                "{most}.",
                minutes=one, most=int(LONGEST_MINUTES),
            )  # fmt: skip
    n_cells = 0 if cells is None else len(cells)
    n_people = 0 if people is None else len(people)
    if n_cells != n_people:
        raise InputError(
            "There are {cells} cells and {people} numbers of people; expected one each.",
            cells=n_cells, people=n_people,
        )  # fmt: skip


def _people_within(
    travel: TravelTimes,
    mode: str,
    place: int,
    seconds: Sequence[float],
    towards: Towards,
    closed: frozenset[int],
    cells: NDArray[np.intp] | None,
    people: Floats | None,
) -> list[float]:
    if cells is None or people is None:
        return [float("nan")] * len(seconds)
    away = travel.nearest(mode, cells, np.array([place]), towards=towards, closed=closed)
    return [float(people[away <= s].sum()) for s in seconds]


# ---------------------------------------------------------------- the field


def time_field(
    reached: Reached,
    lines_m: NDArray[np.object_],
    mode: Mode,
    *,
    limit_s: float,
    step_m: float | None = None,
) -> Field:
    """
    Return when each point of a grid is reached, by road and then on foot.

    Parameters
    ----------
    reached
        Roads reached within ``limit_s`` seconds at least.
    lines_m
        All edges of the roads as lines in metres.
    mode
        Tells how fast and how far one walks off the road.
    step_m
        Distance of grid points; None: from the extent. The grid lies on whole multiples of it.

    Returns
    -------
    Field
        Continuous between grid points (linear); far above ``limit_s`` where nobody comes. A grid
        of no points when no road is reached.
    """
    if not len(reached.edge):
        return Field(np.empty(0), np.empty(0), np.empty((0, 0)))
    slowness = mode.off_road_detour / mode.off_road_ms  # seconds a straight metre
    first = float(reached.seconds[reached.near].min())
    walk_m = min(mode.off_road_limit_m, max(limit_s - first, 0.0) / slowness)
    box = shapely.total_bounds(lines_m[np.unique(reached.edge)])
    step = step_m or _step(max(box[2] - box[0], box[3] - box[1]) + 2 * walk_m, walk_m)
    margin = walk_m + 4 * step
    low = np.floor((box[:2] - margin) / step)
    n = (np.ceil((box[2:] + margin) / step) - low).astype(int) + 1
    x, y = ((low[axis] + np.arange(n[axis])) * step for axis in (0, 1))
    points, seconds = _samples(reached, lines_m, limit_s, step)
    # Whole millimetres: a point on a grid line must not change sides by a rounding.
    seeds = _seeds(np.round(points, 3) / step - low, seconds, (n[1], n[0]))
    return Field(x, y, _spread(seeds, step, slowness, mode.off_road_limit_m, walk_m))


def _step(extent_m: float, walk_m: float) -> float:
    """Return a grid step of the series 10, 14, 20, 28, 40, ...: small changes move no grid."""
    wanted = max(extent_m / STEPS_ACROSS, walk_m / STEPS_WALKED, FINEST_M)
    return float(FINEST_M * 2 ** (np.ceil(2 * np.log2(wanted / FINEST_M) - 1e-9) / 2))


def _samples(
    reached: Reached, lines_m: NDArray[np.object_], limit_s: float, step: float
) -> tuple[Floats, Floats]:
    """Return points along the reached arcs, half a step apart at most, and when one is there."""
    edges, owner = np.unique(reached.edge, return_inverse=True)
    along = _Lines(lines_m[edges])
    share = reached.far_fraction - reached.near_fraction
    pieces = np.maximum(np.ceil(np.abs(share) * along.length[owner] / (step / 2)), 1).astype(int)
    arc = np.repeat(np.arange(len(owner)), pieces + 1)
    rank = np.arange(len(arc)) - np.repeat(np.cumsum(pieces + 1) - pieces - 1, pieces + 1)
    part = rank / pieces[arc]
    seconds = reached.seconds[reached.near][arc] + part * reached.arc_seconds[arc]
    kept = seconds <= limit_s + _JUST_OVER_S
    arc, part = arc[kept], part[kept]
    points = along.at(owner[arc], reached.near_fraction[arc] + part * share[arc])
    return points, seconds[kept]


class _Lines:
    """Points at fractions of many lines, all at once."""

    def __init__(self, lines: NDArray[np.object_]) -> None:
        self._points, self._owner = shapely.get_coordinates(lines, return_index=True)
        steps = np.zeros(len(self._points))
        steps[1:] = np.hypot(*np.diff(self._points, axis=0).T)
        first = np.flatnonzero(np.diff(self._owner, prepend=-1))
        self._first, self._last = first, np.append(first[1:], len(steps)) - 1
        steps[first] = 0.0
        total = np.cumsum(steps)
        begun = total - total[first][self._owner]  # metres since the line began
        self.length = np.maximum.reduceat(begun, first)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.nan_to_num(begun / self.length[self._owner])
        # Line i holds the keys from 2 i to 2 i + 1, so one search serves all lines.
        self._keys = 2.0 * self._owner + np.minimum(share, 1.0)

    def at(self, line: NDArray[np.intp], fraction: Floats) -> Floats:
        """Return the points at fractions (0 to 1) of lines, shape ``(n, 2)``."""
        key = 2.0 * line + np.clip(fraction, 0.0, 1.0)
        after = np.minimum(np.searchsorted(self._keys, key), self._last[line])
        before = np.maximum(after - 1, self._first[line])
        span = self._keys[after] - self._keys[before]
        part = np.divide(key - self._keys[before], span, out=np.zeros_like(span), where=span > 0)
        found: Floats = self._points[before] + part[:, None] * (
            self._points[after] - self._points[before]
        )
        return found


def _seeds(points: Floats, seconds: Floats, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return the earliest time on the four corners of the square that each point lies in."""
    column, row = np.floor(points).astype(np.intp).T
    flat = np.full(shape[0] * shape[1], _FAR_S, dtype=np.float32)
    # Rounded to 32 bits upwards or downwards by less than a millisecond below two hours.
    times = seconds.astype(np.float32)
    for down in (0, 1):
        for right in (0, 1):
            np.minimum.at(flat, (row + down) * shape[1] + column + right, times)
    return flat.reshape(shape)


def _spread(
    seeds: NDArray[np.float32], step: float, slowness: float, limit_m: float, walk_m: float
) -> Floats:
    """
    Walk from every seed to every grid point around it and keep the earliest time.

    Each pair of points is looked at, so distances are exact and the field is a lower envelope of
    cones; past ``limit_m`` the cone turns into a wall.
    """
    widest = int(walk_m / step) + 2
    best = seeds.copy()
    room = np.empty_like(seeds)
    for down in range(-widest, widest + 1):
        for right in range(-widest, widest + 1):
            away = step * float(np.hypot(down, right))
            if not 0 < away <= walk_m + 1.5 * step:
                continue
            cost = slowness * min(away, limit_m) + _WALL_S * max(away - limit_m, 0.0) / step
            to, source = _shifted(seeds.shape, down, right)
            moved = np.add(seeds[source], np.float32(cost), out=room[to])
            np.minimum(best[to], moved, out=best[to])
    return best.astype(np.float64)


def _shifted(shape: tuple[int, ...], down: int, right: int) -> tuple[Any, Any]:
    """Return the slices of an array and of the same array moved."""
    to, source = [], []
    for size, by in zip(shape, (down, right), strict=True):
        to.append(slice(max(by, 0), size + min(by, 0)))
        source.append(slice(max(-by, 0), size + min(-by, 0)))
    return tuple(to), tuple(source)


# ---------------------------------------------------------------- shapes


def area_within(field: Field, seconds: float) -> Any:
    """
    Return where the field is at most ``seconds``, a MultiPolygon in the field's metres.

    Holes smaller than a square of the grid are filled: the hole of a later time lies within one
    of an earlier, so filling small ones keeps areas nested.
    """
    if not field.seconds.size or not (field.seconds <= seconds + _JUST_OVER_S).any():
        return shapely.MultiPolygon()
    contours = contourpy.contour_generator(
        field.x, field.y, field.seconds, name="serial", fill_type=contourpy.FillType.OuterOffset
    )
    # The type of the answer goes with the fill type, which the checker cannot see.
    points, offsets = cast(Any, contours.filled(-np.inf, seconds + _JUST_OVER_S))
    smallest = field.step_m**2
    return shapely.multipolygons(
        [_polygon(p, o, smallest) for p, o in zip(points, offsets, strict=True)]
    )


def _polygon(points: Floats, offsets: NDArray[np.integer[Any]], smallest_m2: float) -> Any:
    rings = [points[a:b] for a, b in pairwise(offsets)]
    holes = [ring for ring in rings[1:] if _ring_area(ring) >= smallest_m2]
    return shapely.Polygon(rings[0], holes)


def _ring_area(ring: Floats) -> float:
    x, y = (ring - ring[0]).T
    return abs(float(x[:-1] @ y[1:] - x[1:] @ y[:-1])) / 2


def roads_within(reached: Reached, lines: NDArray[np.object_], seconds: float) -> Any:
    """
    Return the roads reached within ``seconds`` as a MultiLineString, cut where the time ends.

    Parameters
    ----------
    lines
        All edges of the roads, in the system in which the answer is wanted.
    """
    left = seconds + _JUST_OVER_S - reached.seconds[reached.near]
    share = np.clip(left / np.maximum(reached.arc_seconds, 1e-3), 0.0, 1.0)
    kept = share > 0
    edge, share = reached.edge[kept], share[kept]
    begin = reached.near_fraction[kept]
    end = begin + share * (reached.far_fraction[kept] - begin)
    low, high = np.minimum(begin, end), np.maximum(begin, end)
    order = np.lexsort((low, edge))
    edge, low, high = _merged(edge[order], low[order], high[order])
    whole = (low <= 1e-9) & (high >= 1 - 1e-9)
    cut = [
        substring(lines[e], a, b, normalized=True)
        for e, a, b in zip(edge[~whole], low[~whole], high[~whole], strict=True)
        if b - a > 1e-9
    ]
    parts = [*lines[edge[whole]], *(line for line in cut if line.length > 0)]
    return shapely.multilinestrings(parts) if parts else shapely.MultiLineString()


def _merged(
    edge: NDArray[np.intp], low: Floats, high: Floats
) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Join stretches of the same edge that touch; sorted by edge and beginning."""
    if not len(edge):
        return edge, low, high
    # Edge i holds the numbers from 2 i to 2 i + 1, so stretches of two edges never touch.
    reach = np.maximum.accumulate(2.0 * edge + high)
    new = np.ones(len(edge), dtype=bool)
    new[1:] = 2.0 * edge[1:] + low[1:] > reach[:-1] + 1e-9
    first = np.flatnonzero(new)
    return edge[first], low[first], np.maximum.reduceat(high, first)


def _in_degrees(area: Any, crs: str) -> Any:
    return shapely.transform(
        area, lambda xy: np.column_stack(systems.to_lon_lat(xy[:, 0], xy[:, 1], crs))
    )


def _circles(travel: TravelTimes, mode: str, place: int, seconds: Sequence[float]) -> list[Any]:
    """Return circles around a place: without roads every direction takes equally long."""
    lon, lat = travel.places[place]
    if np.isnan(lon):
        return [shapely.MultiPolygon()] * len(seconds)
    x, y = systems.from_lon_lat([lon], [lat], travel.crs)
    speed = travel.modes[mode].straight_kmh / 3.6 / STRAIGHT_DETOUR
    centre = shapely.Point(x[0], y[0])
    discs = [shapely.MultiPolygon([centre.buffer(s * speed, quad_segs=32)]) for s in seconds]
    return [_in_degrees(disc, travel.crs) for disc in discs]
