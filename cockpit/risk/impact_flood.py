"""
A simple flood hazard for counties without a model: height above the nearest river.

Where water in the nearest river rises by so many metres, a place lies under water by the rise less
its height above that river. It is the idea of HAND (height above the nearest drainage) by straight
distance, not along the flow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geodata.errors import InputError

Floats = NDArray[np.float64]
MOST_DISTANCE_M = 3_000.0  # further away the nearest river by straight line says little
LIMITS = (
    "By height above the nearest river alone: dikes, pumps, the river's capacity, how long the "
    "water stays and streams that are not on the map are not seen, and a height model is off by "
    "some metres under trees and houses. Good for a first look, not for a warning."
)


@dataclass(frozen=True)
class Flood:
    """Depth of water at each place when rivers rise."""

    depth_m: Floats  # (n,) 0: dry; NaN: height unknown
    above_river_m: Floats  # (n,) height above the nearest river's water; NaN: unknown
    distance_m: Floats  # (n,) to the nearest river


def nearest_river(
    x: Floats, y: Floats, river_x: Floats, river_y: Floats, river_elevation_m: Floats
) -> tuple[Floats, Floats]:
    """
    Return the elevation of the nearest point of a river and the distance to it, in metres.

    River lines are given as points, close together (as far apart as the cells of the raster).
    Points of unknown elevation are left out; with none left, all is unknown and endlessly far.
    """
    known = np.isfinite(river_elevation_m)
    if not known.any():
        return np.full(len(x), np.nan), np.full(len(x), np.inf)
    tree = cKDTree(np.column_stack((river_x, river_y))[known])
    distance, at = tree.query(np.column_stack((x, y)))
    return river_elevation_m[known][at], np.asarray(distance, dtype=np.float64)


def flood(
    elevation_m: Floats,
    river_elevation_m: Floats,
    distance_m: Floats,
    *,
    rise_m: float,
    most_distance_m: float = MOST_DISTANCE_M,
) -> Flood:
    """
    Return the depth of water at each place when the nearest river rises by ``rise_m`` metres.

    A place below its river counts as level with it, so nothing is deeper than the rise. A place
    exactly ``most_distance_m`` away still counts; further away it stays dry, whatever its height.

    Parameters
    ----------
    elevation_m
        Height of each place, shape ``(n,)``; NaN: unknown.
    river_elevation_m, distance_m
        Height of the nearest river's water and distance to it, shape ``(n,)``.
    rise_m
        Of the water above that height, 0 or more.

    Raises
    ------
    InputError
        If shapes disagree, or the rise or a distance is negative or missing.

    References
    ----------
    Nobre, A. et al. (2011), "Height Above the Nearest Drainage", Journal of Hydrology 404, 13-29.
    """
    if not elevation_m.shape == river_elevation_m.shape == distance_m.shape:
        raise InputError(
            "elevation_m has shape {elevation}, river_elevation_m {river} and distance_m "
            "{distance}; expected (n,) for all.",
            elevation=elevation_m.shape,
            river=river_elevation_m.shape,
            distance=distance_m.shape,
        )
    if not (0 <= rise_m < np.inf and (distance_m >= 0).all()):
        raise InputError("The rise of the water and the distances must be 0 or more.")
    above = np.maximum(elevation_m - river_elevation_m, 0.0)
    depth = np.maximum(rise_m - above, 0.0)
    depth = np.where(distance_m <= most_distance_m, depth, 0.0)
    return Flood(np.where(np.isnan(elevation_m), np.nan, depth), above, distance_m)
