"""The stored roads as arrays, and what each edge costs in either direction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from geodata.errors import InputError
from geodata.network.modes import _UNPAVED_CLASSES, ROAD_CLASSES, SURFACES, Mode, grade_factor

_GEOD = Geod(ellps="GRS80")  # CGCS2000's


@dataclass(frozen=True)
class Roads:
    """A road network: ``n_nodes`` nodes and ``n_edges`` edges between them."""

    node_lonlat: NDArray[np.float64]  # (n_nodes, 2) degrees
    node_elevation: NDArray[np.float64]  # (n_nodes,) m above sea level; NaN unknown
    u: NDArray[np.intp]  # (n_edges,) positions of nodes
    v: NDArray[np.intp]
    length_m: NDArray[np.float64]
    road_class: NDArray[np.object_]
    surface: NDArray[np.object_]
    access: NDArray[np.object_]
    oneway: NDArray[np.int8]  # 1 u to v only, -1 v to u only, 0 both
    maxspeed_kmh: NDArray[np.float64]  # NaN unknown
    bridge: NDArray[np.bool_]
    closed: NDArray[np.bool_]
    names: NDArray[np.object_]
    geometry: NDArray[np.object_]  # lines from u to v, degrees

    def __post_init__(self) -> None:
        n = len(self.u)
        if n and (min(self.u.min(), self.v.min()) < 0 or self._highest() >= len(self.node_lonlat)):
            raise InputError(
                "A road leads to node {node}; there are only {n}.",
                node=self._highest(), n=len(self.node_lonlat),
            )  # fmt: skip
        if not (self.length_m >= 0).all() or not np.isfinite(self.length_m).all():
            raise InputError("A road has a length that is negative or missing.")

    def _highest(self) -> int:
        return int(max(self.u.max(), self.v.max()))

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.u)

    def usable(self, mode: Mode) -> NDArray[np.bool_]:
        """Return which edges the mode may use at all; closures do not count, they may end."""
        allowed = np.isin(self.road_class, list(mode.speeds_kmh))
        refused = np.isin(self.access, list(mode.refused_access))
        result: NDArray[np.bool_] = allowed & ~refused
        return result

    def seconds(self, mode: Mode) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Return the travel time of every edge from u to v and from v to u, in seconds.

        inf where the mode may not go: class, access or one-way street. Standing closures are not
        looked at here. The slope is that between the ends of the edge; heights that are unknown
        count as level.
        """
        speed = np.array([mode.speeds_kmh.get(c, 0.0) for c in ROAD_CLASSES])
        known = {c: i for i, c in enumerate(ROAD_CLASSES)}
        rank = np.array([known.get(c, -1) for c in self.road_class.tolist()], dtype=np.intp)
        kmh = np.where(rank >= 0, speed[rank], 0.0)
        if mode.keeps_maxspeed:
            kmh = np.fmin(kmh, np.where(self.maxspeed_kmh > 0, self.maxspeed_kmh, np.nan))
        kmh = kmh * self._surface_factor(mode) * mode.pace
        usable = self.usable(mode) & (kmh > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(self.length_m > 0, self._rise() / self.length_m, 0.0)
            level = np.where(usable, self.length_m / (kmh / 3.6), np.inf)
        there = level / grade_factor(mode, slope)
        back = level / grade_factor(mode, -slope)
        if mode.keeps_oneway:
            there = np.where(self.oneway == -1, np.inf, there)
            back = np.where(self.oneway == 1, np.inf, back)
        return there, back

    def _rise(self) -> NDArray[np.float64]:
        return self.node_elevation[self.v] - self.node_elevation[self.u]

    def _surface_factor(self, mode: Mode) -> NDArray[np.float64]:
        if not mode.surface_factors:
            return np.ones(self.n_edges)
        kinds = [SURFACES.get(s, "") for s in self.surface.tolist()]
        factor = np.array([mode.surface_factors.get(k, 1.0) for k in kinds], dtype=float)
        return np.where(np.isin(self.road_class, _UNPAVED_CLASSES), 1.0, factor)

    def with_road(
        self,
        line_lonlat: NDArray[np.float64],
        *,
        road_class: str = "tertiary",
        surface: str = "",
        oneway: int = 0,
        bridge: bool = False,
        name: str = "",
    ) -> Roads:
        """
        Return the network with one more road, as the last edge.

        It joins the nodes nearest to the first and the last point of the line, which is led to
        them.

        Parameters
        ----------
        line_lonlat
            Points, shape ``(n, 2)``, degrees; two at least.

        Raises
        ------
        InputError
            If the line has fewer than two points, both its ends meet the same node, or the class
            is unknown.
        """
        points = np.asarray(line_lonlat, dtype=float)
        if points.ndim != 2 or points.shape[1:] != (2,) or len(points) < 2:
            raise InputError("A new road needs a line of two points or more.")
        if road_class not in ROAD_CLASSES:
            raise InputError(
                "There is no road class {road_class}; expected one of {classes}.",
                road_class=road_class, classes=", ".join(ROAD_CLASSES),
            )  # fmt: skip
        ends = [self.nearest_node(points[0]), self.nearest_node(points[-1])]
        if ends[0] == ends[1]:
            raise InputError("Both ends of the new road meet the same crossing; draw it longer.")
        line = np.vstack((self.node_lonlat[ends[0]], points[1:-1], self.node_lonlat[ends[1]]))
        row: dict[str, Any] = {
            "u": ends[0], "v": ends[1], "length_m": _GEOD.line_length(line[:, 0], line[:, 1]),
            "road_class": road_class, "surface": surface, "access": "", "oneway": oneway,
            "maxspeed_kmh": np.nan, "bridge": bridge, "closed": False, "names": name,
            "geometry": shapely.LineString(line),
        }  # fmt: skip
        longer = {}
        for column, value in row.items():
            old = getattr(self, column)
            new = np.empty(len(old) + 1, dtype=old.dtype)
            new[:-1], new[-1] = old, value
            longer[column] = new
        return replace(self, **longer)

    def nearest_node(self, lonlat: NDArray[np.float64]) -> int:
        """Return the node nearest to a point in degrees."""
        shrink = np.cos(np.radians(lonlat[1]))
        away = (self.node_lonlat - lonlat) * (shrink, 1.0)
        return int(np.argmin((away**2).sum(axis=1)))

    def digest(self) -> str:
        """Return a hash of all that travel times depend on."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        told = hashlib.sha256()
        for array in (
            self.node_lonlat, self.node_elevation, self.u, self.v, self.length_m, self.oneway,
            self.maxspeed_kmh, self.closed, shapely.to_wkb(self.geometry), self.road_class,
            self.surface, self.access,
        ):  # fmt: skip
            if array.dtype == object:
                for part in array.tolist():
                    told.update(part if isinstance(part, bytes) else f"{part}\0".encode())
            else:
                told.update(np.ascontiguousarray(array).tobytes())
        return told.hexdigest()[:16]
