"""Small networks in metres around a corner of the county's system, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata import crs as systems
from geodata.network import Roads

CRS = "EPSG:4545"
# On the central meridian, where a metre of the system is a metre on the ground.
CORNER = (500_000.0, 3_000_000.0)


def lonlat(points: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Return degrees of points in metres from the corner."""
    xy = np.asarray(points, dtype=float).reshape(-1, 2) + CORNER
    return np.column_stack(systems.to_lon_lat(xy[:, 0], xy[:, 1], CRS))


def network(
    nodes: Sequence[Sequence[float]], edges: Sequence[tuple[int, int, dict[str, Any]]]
) -> Roads:
    """
    Return a network of straight roads.

    Parameters
    ----------
    nodes
        Metres east and north of the corner, and height.
    edges
        From node, to node, and what differs from a level residential road of its own length.
    """
    xyz = np.asarray(nodes, dtype=float)
    degrees = lonlat(xyz[:, :2])
    u = np.array([e[0] for e in edges], dtype=np.intp)
    v = np.array([e[1] for e in edges], dtype=np.intp)
    straight = np.hypot(*(xyz[v, :2] - xyz[u, :2]).T)

    def column(name: str, default: Any, kind: Any) -> NDArray[Any]:
        return np.array([e[2].get(name, default) for e in edges], dtype=kind)

    length = column("length_m", np.nan, float)
    return Roads(
        node_lonlat=degrees,
        node_elevation=xyz[:, 2].copy(),
        u=u,
        v=v,
        length_m=np.where(np.isnan(length), straight, length),
        road_class=column("road_class", "residential", object),
        surface=column("surface", "", object),
        access=column("access", "", object),
        oneway=column("oneway", 0, np.int8),
        maxspeed_kmh=column("maxspeed_kmh", np.nan, float),
        bridge=column("bridge", False, bool),
        closed=column("closed", False, bool),
        names=column("name", "", object),
        geometry=np.array(
            [shapely.LineString(degrees[[a, b]]) for a, b in zip(u, v, strict=True)], dtype=object
        ),
    )
