"""Heat as a picture: the kernel's own squares, smooth, in the colours and limits of the legend."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from cockpit.answers.happenings import Happenings
from cockpit.answers.layers import layer_url
from cockpit.answers.risk_field import Field, field_of
from cockpit.answers.risk_heat import Heat, cuts_of, heat_of
from cockpit.answers.risk_places import Floats, Places, to_metres
from cockpit.answers.risk_question import Question
from cockpit.look.marks import HEAT
from geodata.errors import InputError

DRAWN = ("density", "relative")
"""The methods whose heat is known between the cells as well."""
FULL, FAINT = 0.88, 0.34
"""How opaque a colour is: sure, and where too few events are behind it."""
_FORM = 1
"""Raise when the same heat gives other pixels: browsers keep pictures for a year."""
_LONGEST = 1000  # pixels
_SHADES, _STEPS = 63, 4  # a palette has 256 entries: shades in so many steps from sure to unsure
_BLUR = 1.5  # squares over which sure turns to unsure
_LATTICE = 33  # points a side that are projected; between them lines are straight to centimetres


def picture_url(
    known: Happenings, places: Places, method: str, q: Question, whole: Question, look: str
) -> str:
    """Return the address of the picture of a question; ``whole`` gives the limits of colours."""
    return layer_url(
        places.twin.version, "risk", method, q.theme, q.level,
        *(day.isoformat() for day in (q.first, q.last, whole.first, whole.last)),
        f"{look}{_FORM}-{known.version}", ending=".png",
    )  # fmt: skip


def look_of(part: str) -> tuple[str, str]:
    """Return the theme of colours, and the version of the events, of an address's last part."""
    look, _, version = part.partition("-")
    return look.removesuffix(str(_FORM)), version


def picture(
    known: Happenings, places: Places, method: str, q: Question, whole: Question, look: str
) -> bytes:
    """
    Return the heat of a question as PNG in Web Mercator, over ``bounds_of(places)``.

    Parameters
    ----------
    whole
        The period whose quantiles are the limits of the classes: ``q`` or one that holds it.
    look
        Theme of the colours: a key of ``HEAT``.

    Raises
    ------
    InputError
        For a method or a look that has no picture, or what the method refuses.
    """
    if method not in DRAWN or look not in HEAT:
        raise InputError("There is no picture of method {method}.", method=method)
    found = heat_of(known, places, q, method)
    cuts = cuts_of(heat_of(known, places, whole, method).values)
    field = field_of(places)
    row, column = _seen_from(places, field)
    values, inside = _between(found.squares_of(), field.inside, row, column)
    shades = np.round(_height(values, cuts) * (_SHADES - 1)).astype(np.uint8)
    unsure = map_coordinates(_unsure(found, field, cuts), np.stack((row, column)), order=1)
    shades += (np.round(unsure * (_STEPS - 1)) * _SHADES).astype(np.uint8)
    shades[~inside] = 0  # the first shade of all is none
    return _png(shades, _palette(HEAT[look][: len(cuts) + 1]))


def bounds_of(places: Places) -> tuple[float, float, float, float]:
    """Return west, south, east, north of the picture in degrees."""
    return field_of(places).bounds


# ---------------------------------------------------------------- from the grid to the map


def _seen_from(places: Places, field: Field) -> tuple[Floats, Floats]:
    """Return where on the grid each pixel lies: row and column, north first, Web Mercator."""
    west, south, east, north = bounds_of(places)
    low, high = _mercator(south), _mercator(north)
    wide, tall = math.radians(east - west), high - low
    scale = _LONGEST / max(wide, tall)
    nx, ny = max(2, round(wide * scale)), max(2, round(tall * scale))
    lon, flat = np.meshgrid(
        np.linspace(west, east, _LATTICE), np.linspace(high, low, _LATTICE)
    )  # fmt: skip
    lat = np.degrees(2 * np.arctan(np.exp(flat)) - np.pi / 2)
    x, y = to_metres(places.twin, lon.ravel(), lat.ravel())
    grid = field.grid
    at = np.mgrid[0:ny, 0:nx] + 0.5
    at *= np.array([(_LATTICE - 1) / ny, (_LATTICE - 1) / nx])[:, None, None]
    row, column = (
        map_coordinates(((v - start) / grid.cell_m - 0.5).reshape(lon.shape), at, order=1)
        for v, start in ((y, grid.y0), (x, grid.x0))
    )
    return row, column


def _mercator(lat: float) -> float:
    return math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))


def _between(
    squares: Floats, inside: NDArray[np.bool_], row: Floats, column: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the value at each pixel between those of the known squares around, and where it is."""
    known = inside & np.isfinite(squares)
    at = np.stack((row, column))
    weight = map_coordinates(known.astype(np.float64), at, order=1)
    total = map_coordinates(np.where(known, squares, 0.0), at, order=1)
    there = weight >= 0.5  # half of what surrounds the pixel lies in the county and is known
    values: Floats = np.divide(total, weight, out=np.zeros_like(total), where=there)
    return values, there


def _unsure(found: Heat, field: Field, cuts: Sequence[float]) -> Floats:
    """Return how unsure the colour of each square is, 0 to 1; even where cells meet, no edge."""
    told = found.sure
    if found.method == "density" and cuts:  # few events per km² are few, for sure
        told = told | (found.values <= cuts[0])
    sure = told[np.maximum(field.place, 0)] & (field.place >= 0)
    kept = field.inside.astype(np.float64)
    there = gaussian_filter(kept, _BLUR)
    share: Floats = np.divide(
        gaussian_filter((field.inside & ~sure).astype(np.float64), _BLUR),
        there, out=np.zeros_like(there), where=there > 1e-6,
    )  # fmt: skip
    return np.clip(share, 0, 1)


# ---------------------------------------------------------------- colours


def _height(values: Floats, cuts: Sequence[float]) -> Floats:
    """
    Return how far along the palette each value stands, 0 to 1.

    The middle of each class has exactly its colour in the legend, its limits the mean of two; half
    the first limit has the first colour, and below that it fades away.
    """
    if not cuts:
        return np.zeros_like(values)
    middles = [(a + b) / 2 for a, b in zip((0.0, *cuts), cuts, strict=False)]
    middles.append(2 * cuts[-1] - middles[-1])
    found: Floats = np.interp(values, (0.0, *middles), np.linspace(0, 1, len(middles) + 1))
    return found


def _palette(ramp: Sequence[str]) -> NDArray[np.uint8]:
    """Return red, green, blue and opacity: ``_SHADES`` of each step, from sure to unsure."""
    colours = np.array([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in ramp], dtype=float)
    at = np.linspace(0, 1, _SHADES)
    ends = np.linspace(0, 1, len(ramp) + 1)
    rgb = [np.interp(at, ends, np.r_[colours[0, k], colours[:, k]]) for k in range(3)]
    fade = np.clip(at * len(ramp), 0, 1)
    opaque = np.linspace(FULL, FAINT, _STEPS)
    steps = [np.stack((*rgb, fade * 255 * most), axis=1) for most in opaque]
    return np.round(np.concatenate(steps)).astype(np.uint8)


def _png(shades: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    drawn = Image.fromarray(shades, mode="P")
    drawn.putpalette(palette[:, :3].tobytes())
    file = io.BytesIO()
    drawn.save(file, "PNG", optimize=True, transparency=palette[:, 3].tobytes())
    return file.getvalue()


# ---------------------------------------------------------------- for the map


@dataclass(frozen=True)
class Drawn:
    """A picture on the map: its address and where it lies."""

    url: str
    bounds: tuple[float, float, float, float]


def drawn(
    known: Happenings, places: Places, method: str, q: Question, whole: Question, look: str
) -> Drawn | None:
    """Return the picture of a question; None for a method that has none."""
    if method not in DRAWN:
        return None
    return Drawn(picture_url(known, places, method, q, whole, look), bounds_of(places))
