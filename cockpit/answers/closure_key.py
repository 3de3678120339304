"""What a visitor has closed, as a short text: it stands in addresses of pages, layers and files."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import Polygon

from geodata.errors import InputError

LONGEST_KEY = 2000
"""Characters: browsers and proxies take addresses of twice that."""

NARROWEST_M, WIDEST_M = 10, 5000
"""Metres on either side of a river."""

_SCALE = 1e5  # 5 decimals of a degree: about a metre
_STEPS_M = (2.0, 5.0, 10.0, 25.0)  # how far an outline may move to become short enough
_METRES_A_DEGREE = 111_320.0
_FORM = re.compile(r"[A-Za-z0-9._~-]*")

Strip = tuple[int, int]
"""Store id of a river and the metres flooded on either side."""


@dataclass(frozen=True)
class Closures:
    """Roads and areas that are closed, in the order in which they were."""

    edges: tuple[int, ...] = ()  # store ids of roads
    strips: tuple[Strip, ...] = ()
    zones: tuple[int, ...] = ()  # store ids of features with an area
    areas: tuple[Polygon, ...] = ()  # degrees, 5 decimals

    def __bool__(self) -> bool:
        return bool(self.edges or self.strips or self.zones or self.areas)

    def toggled(self, edge: int) -> Closures:
        """Return these closures with a road closed, or opened when it was closed."""
        without = tuple(e for e in self.edges if e != edge)
        return replace(self, edges=without if edge in self.edges else (*self.edges, edge))

    def key(self) -> str:
        """
        Return the closures as text, of letters, digits and ``. _ ~ -``.

        Raises
        ------
        InputError
            If the text is longer than ``LONGEST_KEY``.
        """
        parts = [f"e{'.'.join(map(str, self.edges))}"] if self.edges else []
        parts += [f"r{river}.{metres}" for river, metres in self.strips]
        parts += [f"z{zone}" for zone in self.zones]
        parts += [f"p{_outlines(area)}" for area in self.areas]
        return _short_enough("~".join(parts))


def parsed(key: str) -> Closures:
    """
    Return the closures that a text stands for; "" for none.

    Raises
    ------
    InputError
        If the text is too long or was not made by ``Closures.key``.
    """
    if not _FORM.fullmatch(_short_enough(key)):
        raise _unreadable(key)
    made = Closures()
    for part in key.split("~") if key else ():
        made = _with_part(made, part, key)
    return made


def _short_enough(key: str) -> str:
    if len(key) > LONGEST_KEY:
        raise InputError(
            "So many closures do not fit into one address ({found} characters; at most "
            "{most}). Open some, or draw simpler areas.",
            found=len(key),
            most=LONGEST_KEY,
        )
    return key


def _with_part(made: Closures, part: str, key: str) -> Closures:
    kind, rest = part[:1], part[1:]
    if kind == "e":
        return replace(made, edges=(*made.edges, *_numbers(rest, key)))
    if kind == "z":
        return replace(made, zones=(*made.zones, *_numbers(rest, key)))
    if kind == "r":
        numbers = _numbers(rest, key)
        if len(numbers) != 2:
            raise _unreadable(key)
        return replace(made, strips=(*made.strips, (numbers[0], checked_width(numbers[1]))))
    if kind == "p":
        return replace(made, areas=(*made.areas, _area(rest, key)))
    raise _unreadable(key)


def _unreadable(key: str) -> InputError:
    return InputError("The closures in the address cannot be read: {text}.", text=key[:40])


def _numbers(text: str, key: str, *, signed: bool = False) -> tuple[int, ...]:
    form = r"-?\d{1,9}" if signed else r"\d{1,9}"
    words = text.split(".")
    if not all(re.fullmatch(form, word, re.ASCII) for word in words):
        raise _unreadable(key)
    return tuple(int(word) for word in words)


def checked_width(metres: int) -> int:
    """Return a width beside a river; ``InputError`` when it is out of range."""
    if not NARROWEST_M <= metres <= WIDEST_M:
        raise InputError(
            "The river floods {found} m on either side; expected {least} to {most} m.",
            found=metres,
            least=NARROWEST_M,
            most=WIDEST_M,
        )
    return metres


def _outlines(area: Polygon) -> str:
    """Return the outlines as whole hundred-thousandths of a degree: a point, then the steps."""
    return "_".join(_outline(ring) for ring in (area.exterior, *area.interiors))


def _outline(ring: shapely.LinearRing) -> str:
    points = np.round(shapely.get_coordinates(ring)[:-1] * _SCALE).astype(int)
    steps = np.diff(points, axis=0, prepend=np.zeros((1, 2), dtype=int))
    return ".".join(str(number) for number in steps.ravel().tolist())


def _area(text: str, key: str) -> Polygon:
    rings = []
    for outline in text.split("_"):
        numbers = np.array(_numbers(outline, key, signed=True))
        if len(numbers) < 6 or len(numbers) % 2:
            raise _unreadable(key)
        rings.append(np.cumsum(numbers.reshape(-1, 2), axis=0) / _SCALE)
    area = shapely.Polygon(rings[0], rings[1:])
    if not _on_earth(area) or area.area == 0:
        raise _unreadable(key)
    return area


def _on_earth(shape: shapely.Geometry) -> bool:
    west, south, east, north = shape.bounds
    return bool(west >= -180 and east <= 180 and south >= -90 and north <= 90)


def areas_of(shape: shapely.Geometry, *, box: tuple[float, float, float, float]) -> list[Polygon]:
    """
    Return the areas of a drawn, typed or uploaded shape, ready to be closed.

    Corners are rounded to 5 decimals of a degree, and taken out where the outline then moves by
    at most 25 m, and only as far as the areas need to fit into an address.

    Parameters
    ----------
    shape
        Polygons in degrees; a crossing outline is mended. Lines and points are refused.
    box
        West, south, east, north of the county, in degrees: what lies beside it is refused.

    Raises
    ------
    InputError
        If the shape has no area, lies outside the county, or has too many corners.
    """
    areas = _polygons(shapely.make_valid(shape))
    if not areas:
        raise InputError("This is no area: an area has three corners or more.")
    if not any(_meets(area, box) for area in areas):
        raise InputError("The area lies outside the county; expected longitude before latitude.")
    for metres in _STEPS_M:
        simpler = [part for area in areas for part in _simpler(area, metres)]
        if simpler and sum(len(_outlines(area)) + 2 for area in simpler) <= LONGEST_KEY:
            return simpler
    raise InputError(
        "The area has {found} corners, too many for an address. Draw it more simply.",
        found=int(shapely.get_num_coordinates(areas).sum()),
    )


def _polygons(shape: shapely.Geometry) -> list[Polygon]:
    """Return the polygons of a shape, also out of collections; lines and points are dropped."""
    if shape.geom_type == "Polygon":
        return [shape] if shape.area > 0 else []
    if not hasattr(shape, "geoms"):
        return []
    return [area for part in shape.geoms for area in _polygons(part)]


def _simpler(area: Polygon, metres: float) -> list[Polygon]:
    simple = shapely.simplify(area, metres / _METRES_A_DEGREE)
    return _polygons(shapely.set_precision(simple, 1 / _SCALE))


def _meets(area: Polygon, box: tuple[float, float, float, float]) -> bool:
    return _on_earth(area) and bool(shapely.intersects(area, shapely.box(*box)))
