"""The bridges of the county: where they are, and which of them people cannot do without."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from cockpit.answers.closure_masks import told_toll
from cockpit.answers.closures import (
    ALL,
    Question,
    nearest_minutes,
    places_of,
    single_services,
    towards_of,
)
from cockpit.answers.coverage_masks import Mask, masked
from cockpit.answers.reach import Reach
from cockpit.coverage.closures import Loss, Toll, loss, order_of_importance, toll, worst_of
from cockpit.coverage.nearest import minutes_of
from geodata.network.closing import closed_one_by_one

TOP = 20
"""Bridges that the page lists."""

_MOST_KEPT = 32


@dataclass(frozen=True)
class Bridge:
    """A bridge: a road of its own in the network."""

    edge: int  # position in reach.roads
    id: int  # store id of the road
    road: str  # the road's name; "" for none
    road_class: str
    place: int  # row of the nearest cell's village in twin.regions; -1 without any
    number: int  # from 1, among those of the same road and village; 0 when it is the only one
    lon: float
    lat: float
    length_m: float


@dataclass(frozen=True)
class BridgeToll:
    """What it costs when this bridge alone is closed."""

    bridge: Bridge
    toll: Toll


_lock = threading.Lock()
_bridges: dict[str, tuple[object, tuple[Bridge, ...]]] = {}
Losses = dict[int, tuple[NDArray[np.intp], Loss]]
_ranked: OrderedDict[tuple[str, ...], Losses] = OrderedDict()


def bridges(reach: Reach) -> tuple[Bridge, ...]:
    """Return the county's bridges in the order of the roads; () without roads."""
    with _lock:
        kept = _bridges.get(reach.version)
        if kept is None or kept[0] is not reach.roads:
            _bridges.clear()
            kept = _bridges[reach.version] = (reach.roads, _found(reach))
        return kept[1]


def _found(reach: Reach) -> tuple[Bridge, ...]:
    roads = reach.roads
    if roads is None:
        return ()
    edges = np.flatnonzero(roads.bridge)
    middle = shapely.line_interpolate_point(roads.geometry[edges], 0.5, normalized=True)
    lon, lat = shapely.get_x(middle), shapely.get_y(middle)
    places = _nearest_villages(reach, lon, lat)
    named = [
        (str(roads.names[edge] or ""), int(place))
        for edge, place in zip(edges, places, strict=True)
    ]
    seen: dict[tuple[str, int], int] = {}
    made = []
    for k, edge in enumerate(edges.tolist()):
        seen[named[k]] = seen.get(named[k], 0) + 1
        made.append(
            Bridge(
                edge, int(reach.edge_ids[edge]), named[k][0], str(roads.road_class[edge]),
                named[k][1], seen[named[k]] if named.count(named[k]) > 1 else 0,
                float(lon[k]), float(lat[k]), float(roads.length_m[edge]),
            )
        )  # fmt: skip
    return tuple(made)


def _nearest_villages(
    reach: Reach, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.intp]:
    placed = np.flatnonzero(~np.isnan(reach.lonlat).any(axis=1))
    if not len(placed) or not len(lon):
        return np.full(len(lon), -1, dtype=np.intp)
    flat = np.array([np.cos(np.radians(reach.lonlat[placed, 1].mean())), 1.0])
    _, nearest = cKDTree(reach.lonlat[placed] * flat).query(np.column_stack((lon, lat)) * flat)
    found: NDArray[np.intp] = reach.villages[placed[nearest]]
    return found


def ranked_already(reach: Reach, q: Question) -> bool:
    """Tell whether the order of the bridges is known, so that asking costs nothing."""
    with _lock:
        return _key(reach, q) in _ranked


def rank_bridges(
    reach: Reach, q: Question, *, step: Callable[[int, int], None] | None = None
) -> list[BridgeToll]:
    """
    Return the bridges whose closing costs the question's group anything, the costliest first.

    Each bridge is closed alone, the others stay open; its toll is over the cells that it changes
    anything for. Found once a data version, mode and service, and kept for all groups.

    Parameters
    ----------
    step
        Called with the services done and those in all.
    """
    key = _key(reach, q)
    with _lock:
        known = _ranked.get(key)
    if known is None:
        known = _losses(reach, q, step)
        with _lock:
            _ranked[key] = known
            while len(_ranked) > _MOST_KEPT:
                _ranked.popitem(last=False)
    people = masked(reach, q.group, q.small_count).people
    costs = {edge: toll(change, people[cells]) for edge, (cells, change) in known.items()}
    by_edge = {bridge.edge: bridge for bridge in bridges(reach)}
    mask = Mask(q.sensitive, q.small_count)
    return [
        BridgeToll(by_edge[edge], told_toll(mask, costs[edge]))
        for edge in order_of_importance(costs)
    ]


def _key(reach: Reach, q: Question) -> tuple[str, ...]:
    return (reach.version, reach.travel.version, q.mode, q.service)


def _losses(reach: Reach, q: Question, step: Callable[[int, int], None] | None) -> Losses:
    """Return of each bridge that matters the cells that lose by it, and what they lose."""
    services = [q.service] if q.service != ALL else single_services(reach)
    found: dict[int, list[tuple[int, NDArray[np.intp], Loss]]] = {}
    before = []
    for number, service in enumerate(services):
        if step is not None:
            step(number, len(services))
        before.append(nearest_minutes(reach, service, q.mode, frozenset()))
        for edge, cells, after in _changed(reach, service, q.mode):
            change = loss(before[-1][cells], after)
            found.setdefault(edge, []).append((number, cells, change))
    if q.service != ALL:
        return {edge: (parts[0][1], parts[0][2]) for edge, parts in found.items()}
    return {edge: _worst(parts, before) for edge, parts in found.items()}


def _changed(
    reach: Reach, service: str, mode: str
) -> Iterator[tuple[int, NDArray[np.intp], NDArray[np.float64]]]:
    """Yield each bridge with the cells it changes and their minutes without it."""
    edges = [bridge.edge for bridge in bridges(reach)]
    cells, targets = places_of(reach, service)
    for one in closed_one_by_one(
        reach.travel, mode, cells, targets, edges, towards=towards_of(service)
    ):
        if len(one.places):
            yield one.edge, one.places, np.asarray(minutes_of(one.seconds), dtype=float)


def _worst(
    parts: list[tuple[int, NDArray[np.intp], Loss]], before: list[NDArray[np.float64]]
) -> tuple[NDArray[np.intp], Loss]:
    """Put the losses by service together: of each cell the one that hurts most."""
    cells = np.unique(np.concatenate([own for _number, own, _change in parts]))
    losses = []
    for number, own, change in parts:
        old = before[number][cells]
        new = old.copy()
        new[np.searchsorted(cells, own)] = change.after
        losses.append(loss(old, new))
    return cells, worst_of(losses)[0]
