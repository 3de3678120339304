"""Coordinate systems: to longitude and latitude, Chinese offsets, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError

from geodata.errors import InputError

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

Floats = NDArray[np.float64]

WGS84 = "EPSG:4326"
CHINA_BOX: Box = (73.62, 16.70, 134.77, 53.56)  # area of use of EPSG:4490 (CGCS2000)
SHIFT_LIMIT_M = 150.0  # a median shift above this is no surveying error; STANDARDS.md
EARTH = Geod(ellps="WGS84")

# Krasovsky 1940, on which the published GCJ-02 formula computes metres per degree.
_A = 6378245.0
_EE = 0.00669342162296594323
_BD_TURN = np.pi * 3000.0 / 180.0
# The formula leaves places outside this rectangle alone.
_OFFSET_BOX: Box = (72.004, 0.8293, 137.8347, 55.8271)


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> Transformer:
    try:
        return Transformer.from_crs(source, target, always_xy=True)
    except CRSError as error:
        raise InputError(
            "{crs} is no known reference system; expected for example EPSG:4490.",
            crs=source if source != WGS84 else target,
        ) from error


def known_crs(name: str) -> CRS:
    """
    Return a reference system by its name or WKT.

    Raises
    ------
    InputError
        If no such system is known.
    """
    try:
        return CRS.from_user_input(name)
    except CRSError as error:
        raise InputError(
            "{crs} is no known reference system; expected for example EPSG:4490.", crs=name[:80]
        ) from error


def to_lon_lat(x: ArrayLike, y: ArrayLike, crs: str) -> tuple[Floats, Floats]:
    """
    Return longitude and latitude (EPSG:4326, degrees) of points given in ``crs``.

    ``x`` is east or longitude, ``y`` north or latitude, whatever the axis order of the system.
    What cannot be transformed comes back as NaN. CGCS2000 (EPSG:4490) and WGS84 agree to some
    centimetres and are taken as equal.

    Raises
    ------
    InputError
        If ``crs`` is not known.
    """
    return _transform(x, y, crs, WGS84)


def from_lon_lat(lon: ArrayLike, lat: ArrayLike, crs: str) -> tuple[Floats, Floats]:
    """Return east and north in ``crs`` of points given in degrees; the reverse of `to_lon_lat`."""
    return _transform(lon, lat, WGS84, crs)


def _transform(x: ArrayLike, y: ArrayLike, source: str, target: str) -> tuple[Floats, Floats]:
    east, north = _floats(x), _floats(y)
    transformer = _transformer(source, target)
    out_x, out_y = transformer.transform(east, north)
    out_x, out_y = _floats(out_x), _floats(out_y)
    bad = ~(np.isfinite(out_x) & np.isfinite(out_y))
    return np.where(bad, np.nan, out_x), np.where(bad, np.nan, out_y)


def _floats(values: ArrayLike) -> Floats:
    return np.atleast_1d(np.asarray(values, dtype=np.float64))


# ---------------------------------------------------------------- offsets


def _in_box(lon: Floats, lat: Floats, box: Box) -> NDArray[np.bool_]:
    west, south, east, north = box
    inside: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """
    Return the GCJ-02 coordinates (degrees) of WGS84 points; shapes are kept, scalars become (1,).

    Points outside the rectangle 72.004 to 137.8347 E, 0.8293 to 55.8271 N stay where they are,
    as the formula has it; NaN stays NaN.

    References
    ----------
    The polynomial-and-sine formula has been in the public domain since 2010, when it was
    published as an unsigned C# file "EvilTransform"; no official text of GCJ-02 is public.
    """
    lon, lat = _floats(lon), _floats(lat)
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    waves = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0

    phi = np.radians(lat)
    magic = 1.0 - _EE * np.sin(phi) ** 2
    d_lat = np.degrees(north * magic * np.sqrt(magic) / (_A * (1.0 - _EE)))
    d_lon = np.degrees(east * np.sqrt(magic) / (_A * np.cos(phi)))
    shifted = _in_box(lon, lat, _OFFSET_BOX)
    return np.where(shifted, lon + d_lon, lon), np.where(shifted, lat + d_lat, lat)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Return the BD-09 coordinates (degrees) of GCJ-02 points; the published formula."""
    lon, lat = _floats(lon), _floats(lat)
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Return the BD-09 coordinates (degrees) of WGS84 points."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


_Forward = Callable[[ArrayLike, ArrayLike], tuple[Floats, Floats]]


def _undo(forward: _Forward, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Find the points that ``forward`` moves to the given ones, by fixed-point steps."""
    lon, lat = _floats(lon), _floats(lat)
    guess_lon, guess_lat = lon.copy(), lat.copy()
    # The shift changes by less than 1 % over its own length, so each step gains two digits;
    # after 8 the rest is below the last digit of a double.
    for _ in range(8):
        there_lon, there_lat = forward(guess_lon, guess_lat)
        guess_lon += lon - there_lon
        guess_lat += lat - there_lat
    return guess_lon, guess_lat


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Return the WGS84 coordinates of GCJ-02 points; exact inverse to well below 1 cm."""
    return _undo(wgs84_to_gcj02, lon, lat)


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Return the WGS84 coordinates of BD-09 points; exact inverse to well below 1 cm."""
    return _undo(wgs84_to_bd09, lon, lat)


UNDO: dict[str, _Forward] = {"gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}
"""Offset name to the function that takes it away."""


def undo_offset(lon: ArrayLike, lat: ArrayLike, offset: str) -> tuple[Floats, Floats]:
    """
    Take an offset ("gcj02", "bd09" or "" for none) away.

    Raises
    ------
    InputError
        If the offset is not one of these.
    """
    if offset == "":
        return _floats(lon), _floats(lat)
    if offset not in UNDO:
        raise InputError("{offset} is no known offset; expected gcj02 or bd09.", offset=offset)
    return UNDO[offset](lon, lat)


# ---------------------------------------------------------------- detection


def box_of(lon: ArrayLike, lat: ArrayLike) -> Box:
    """
    Return the box around points.

    Raises
    ------
    InputError
        If there is no finite point.
    """
    lon, lat = _floats(lon), _floats(lat)
    good = np.isfinite(lon) & np.isfinite(lat)
    if not good.any():
        raise InputError("A box needs at least one point.")
    lon, lat = lon[good], lat[good]
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def widened(box: Box, *, share: float = 0.2, least_deg: float = 0.02) -> Box:
    """Return the box grown on each side by a share of its size, at least ``least_deg`` degrees."""
    west, south, east, north = box
    grow_x = max(least_deg, share * (east - west))
    grow_y = max(least_deg, share * (north - south))
    return west - grow_x, south - grow_y, east + grow_x, north + grow_y


def share_inside(lon: ArrayLike, lat: ArrayLike, box: Box) -> float:
    """Return the share (0 to 1) of the points inside the box, its border counted; NaN for none."""
    lon, lat = _floats(lon), _floats(lat)
    if len(lon) == 0:
        return float("nan")
    return float(_in_box(lon, lat, box).mean())


@dataclass(frozen=True)
class Guess:
    """What coordinates probably are, when their declaration does not fit."""

    reason: str  # swapped, degrees, metres, zone, unknown
    crs: tuple[str, ...] = ()  # systems that put the points into the box, best first


ZONES_WITH_PREFIX = tuple(f"EPSG:{code}" for code in range(4513, 4534))
ZONES_BY_MERIDIAN = tuple(f"EPSG:{code}" for code in range(4534, 4555))


def guess_crs(
    x: ArrayLike,
    y: ArrayLike,
    box: Box,
    *,
    declared: str,
    candidates: tuple[str, ...] = (),
) -> Guess:
    """
    Say what the coordinates are if ``declared`` puts them outside the box.

    Tried in this order: degrees with the axes swapped; degrees; ``candidates`` (the county's own
    projected system first of all) and the 3-degree Gauss-Krüger zones of CGCS2000 (EPSG:4513 to
    4554), each also with the axes swapped. A system fits when nine of ten points fall into the
    box.

    Parameters
    ----------
    x, y
        Coordinates as they stand in the file, shape ``(n,)``; NaN is left out.
    box
        Where the points ought to be.
    declared
        The system they were said to have.
    candidates
        Further systems to try.

    Returns
    -------
    Guess
        ``reason`` "swapped" (degrees, lat before lon), "degrees" (declared as metres), "metres"
        (declared as degrees), "zone" (another zone or axis order fits), "unknown".
    """
    x, y = _floats(x), _floats(y)
    good = np.isfinite(x) & np.isfinite(y) & (np.abs(x) < 1e8) & (np.abs(y) < 1e8)
    x, y = x[good][:5000], y[good][:5000]  # a sample decides as well as a million
    if len(x) == 0:
        return Guess("unknown")
    if share_inside(x, y, box) >= 0.9:
        return Guess("degrees", (WGS84,))
    if share_inside(y, x, box) >= 0.9:
        return Guess("swapped", (WGS84,))
    geographic = known_crs(declared).is_geographic
    names = dict.fromkeys((*candidates, *ZONES_WITH_PREFIX, *ZONES_BY_MERIDIAN))
    fits = []
    for name in names:
        if name == declared or known_crs(name).is_geographic:
            continue
        straight = share_inside(*to_lon_lat(x, y, name), box)
        turned = share_inside(*to_lon_lat(y, x, name), box)
        if max(straight, turned) >= 0.9:
            fits.append(name)
    if fits:
        return Guess("metres" if geographic else "zone", tuple(fits))
    return Guess("unknown")


@dataclass(frozen=True)
class OffsetGuess:
    """How far points lie from the reference, and which offset explains it."""

    shift_m: float  # median distance to the reference, metres; NaN without pairs
    offset: str  # gcj02, bd09, or "" when neither brings the points nearer than SHIFT_LIMIT_M

    @property
    def ask(self) -> bool:
        """Whether the shift is more than surveying can explain."""
        return self.shift_m > SHIFT_LIMIT_M


def offset_guess(points: Floats, reference: Floats) -> OffsetGuess:
    """
    Compare points with reference points of the same things.

    Parameters
    ----------
    points, reference
        Longitude and latitude in degrees, both of shape ``(n, 2)``; row i of the one is the same
        place as row i of the other.

    Returns
    -------
    OffsetGuess
        The median shift as the points stand, and the offset whose removal leaves the smallest
        median shift, if that is within ``SHIFT_LIMIT_M`` and at most half of the first.

    Raises
    ------
    InputError
        If the shapes disagree.
    """
    if points.shape != reference.shape or points.ndim != 2 or points.shape[1] != 2:
        raise InputError(
            "points has shape {points} and reference {reference}; expected (n, 2) twice.",
            points=points.shape,
            reference=reference.shape,
        )
    if len(points) == 0:
        return OffsetGuess(float("nan"), "")
    shift = _median_distance_m(points[:, 0], points[:, 1], reference)
    best, best_shift = "", min(SHIFT_LIMIT_M, shift / 2)
    for name, undo in UNDO.items():
        rest = _median_distance_m(*undo(points[:, 0], points[:, 1]), reference)
        if rest < best_shift:
            best, best_shift = name, rest
    return OffsetGuess(shift, best)


def _median_distance_m(lon: Floats, lat: Floats, reference: Floats) -> float:
    _, _, metres = EARTH.inv(lon, lat, reference[:, 0], reference[:, 1])
    return float(np.median(metres))
