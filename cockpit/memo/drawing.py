"""The map of a change as a vector picture: cells in diverging colours, borders, sites, legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from cockpit.look import marks
from cockpit.look.tokens import FONT_STACK, INK, LIGHT, WHITE

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]
Kind = Literal["kept", "new", "moved", "closed", "away"]

CHANGE = marks.ON_PAPER
"""Blue: fewer minutes, through grey to orange: more."""

NOBODY = WHITE
STEPS = ((0.2, 0.5, 1.0), (0.5, 1.0, 2.0), (1.0, 2.0, 5.0), (1.0, 5.0, 15.0), (1.0, 10.0, 30.0))
"""Minutes between the classes, the same on both sides of zero; the first set that fits."""

_WIDTH, _MAP, _TALLEST = 720.0, 500.0, 560.0  # of the picture, of the map in it, at most
_INK, _QUIET, _LINE = INK, LIGHT.quiet, marks.PAPER_LINE
_FACES = FONT_STACK.replace('"', "").removesuffix(", sans-serif")


@dataclass(frozen=True)
class Place:
    """A site on the map."""

    x: float  # metres, in the system of the shapes
    y: float
    kind: Kind
    label: str = ""  # its number in the table of the plan
    toward: tuple[float, float] | None = None  # of one that moves away: where to


@dataclass(frozen=True)
class Words:
    """What stands on the map, in the reader's language."""

    legend: str  # "Minutes, then less today"
    classes: tuple[str, ...]  # 7, of CHANGE
    nobody: str
    no_way: str
    sites: dict[str, str]  # kind -> words
    kilometres: str  # "{n} km"
    north: str


@dataclass(frozen=True, eq=False)
class Picture:
    """What is drawn; all shapes in one projected system, in metres, north up."""

    cells: Shapes  # (n,) areas, or points where a cell has no shape
    classes: NDArray[np.intp]  # (n,) 0 to 6 of CHANGE, -1 nobody, -2 no way before or then
    townships: Shapes
    names: tuple[str, ...]  # of the townships
    places: tuple[Place, ...]
    words: Words


def steps_for(change: Floats) -> tuple[float, float, float]:
    """
    Return the class limits in minutes for some changes.

    The first set of ``STEPS`` whose last one leaves at most a tenth of the changed cells beyond it.
    """
    size = np.abs(change[np.isfinite(change) & (change != 0)])
    far = float(np.quantile(size, 0.9)) if size.size else 0.0
    return next((steps for steps in STEPS if steps[-1] >= far), STEPS[-1])


def classes_of(change: Floats, steps: tuple[float, float, float]) -> NDArray[np.intp]:
    """
    Return the class of each change in minutes, 0 (far fewer) to 6 (far more); -2 for NaN.

    Up to and including the first limit on either side is the middle class.
    """
    size = np.searchsorted(np.array(steps), np.abs(change), side="left")
    found = 3 + np.sign(np.nan_to_num(change)).astype(np.intp) * size
    return np.where(np.isnan(change), -2, found).astype(np.intp)


def draw(picture: Picture) -> str:
    """
    Return the map as SVG, 720 wide.

    The same picture gives the same text. Shapes without area are drawn as dots; words are escaped.
    """
    frame = _Frame.of(picture)
    height = frame.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {height:.0f}" '
        f'font-family="{_FACES}, sans-serif" font-size="11" fill="{_INK}">',
        '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse">'
        f'<rect width="5" height="5" fill="{marks.PAPER_GREY}"/>'
        f'<path d="M0 5L5 0" stroke="{_LINE}" '
        'stroke-width="0.8"/></pattern></defs>',
        *_cells(picture, frame),
        *_borders(picture, frame),
        *_places([p for p in picture.places if p.kind == "kept"], frame),
        *_names(picture, frame),
        *_places([p for p in picture.places if p.kind != "kept"], frame),
        *_scale(picture, frame),
        *_legend(picture),
        "</svg>",
    ]
    return "".join(parts)


@dataclass(frozen=True)
class _Frame:
    west: float
    north: float
    scale: float  # units of the picture a metre
    height: float

    @classmethod
    def of(cls, picture: Picture) -> _Frame:
        shapes = np.concatenate((picture.cells, picture.townships))
        west, south, east, north = shapely.total_bounds(shapes)
        wide, tall = max(east - west, 1.0), max(north - south, 1.0)
        scale = min((_MAP - 16) / wide, (_TALLEST - 60) / tall)
        return cls(west, north, scale, max(tall * scale + 52, 330.0))

    def points(self, coordinates: Floats) -> Floats:
        moved = coordinates - np.array([self.west, self.north])
        return np.column_stack((8 + moved[:, 0] * self.scale, 8 - moved[:, 1] * self.scale))

    def point(self, x: float, y: float) -> tuple[float, float]:
        found = self.points(np.array([[x, y]]))[0]
        return float(found[0]), float(found[1])


def _cells(picture: Picture, frame: _Frame) -> list[str]:
    made = []
    areas = shapely.get_dimensions(picture.cells) == 2
    cells = picture.cells.copy()
    if areas.any():  # borders that two cells share stay shared
        cells[areas] = shapely.coverage_simplify(cells[areas], 0.4 / frame.scale)
    fills = {-1: NOBODY, -2: "url(#hatch)", **dict(enumerate(CHANGE))}
    for number, fill in fills.items():
        mine = cells[picture.classes == number]
        if not len(mine):
            continue
        flat = mine[shapely.get_dimensions(mine) == 2]
        path = _path(shapely.union_all(flat), frame) if len(flat) else ""
        if path:
            made.append(f'<path fill="{fill}" d="{path}"/>')
        dots = mine[shapely.get_dimensions(mine) == 0]
        made += [_dot(*frame.point(dot.x, dot.y), 2.5, fill) for dot in dots]
    return made


def _path(shape: shapely.Geometry, frame: _Frame) -> str:
    """Return the rings of areas as path data, one decimal: a twentieth of a millimetre."""
    parts = []
    for area in shapely.get_parts(shape):
        if shapely.get_dimensions(area) != 2:
            continue
        for ring in (area.exterior, *area.interiors):
            points = np.round(frame.points(shapely.get_coordinates(ring)), 1)[:-1]
            keep = np.ones(len(points), dtype=bool)
            keep[1:] = (np.diff(points, axis=0) != 0).any(axis=1)
            points = points[keep]
            if len(points) > 2:
                parts.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z")
    return "".join(parts)


def _borders(picture: Picture, frame: _Frame) -> list[str]:
    areas = picture.townships[shapely.get_dimensions(picture.townships) == 2]
    if not len(areas):
        return []
    simple = shapely.coverage_simplify(areas, 0.4 / frame.scale)
    inner = "".join(_path(area, frame) for area in simple)
    outline = _path(shapely.union_all(simple), frame)
    return [
        f'<path fill="none" stroke="{WHITE}" stroke-width="1.6" d="{inner}"/>',
        f'<path fill="none" stroke="{_QUIET}" stroke-width="0.8" d="{inner}"/>',
        f'<path fill="none" stroke="{_INK}" stroke-width="1.2" d="{outline}"/>',
    ]


def _names(picture: Picture, frame: _Frame) -> list[str]:
    """Return the names of townships, the largest first; one that would hide another is left out."""
    taken = [_box(*frame.point(p.x, p.y), p.label) for p in picture.places if p.kind != "kept"]
    order = np.argsort(-shapely.area(picture.townships), kind="stable")
    made = []
    for k in order.tolist():
        inside = shapely.point_on_surface(picture.townships[k])
        x, y = frame.point(inside.x, inside.y)
        name = picture.names[k]
        for down in (0.0, -14.0, 14.0):
            mine = _name_box(x, y + down, name)
            if not any(_meet(mine, other) for other in taken):
                taken.append(mine)
                more = 'text-anchor="middle" font-size="10"'
                made.append(_haloed(x, y + down + 4, name, more, _QUIET))
                break
    return made


Box = tuple[float, float, float, float]  # left, top, right, bottom


def _box(x: float, y: float, label: str) -> Box:
    """Return the room of a site's mark and number."""
    return x - 8, y - 14, x + 10 + 7 * len(label), y + 8


def _name_box(x: float, y: float, name: str) -> Box:
    half = 5 * _wide(name) + 1
    return x - half, y - 6, x + half, y + 6


def _meet(one: Box, other: Box) -> bool:
    beside = one[2] <= other[0] or other[2] <= one[0]
    return not (beside or one[3] <= other[1] or other[3] <= one[1])


def _wide(text: str) -> float:
    """Return how many wide letters a text is as long as; two narrow ones count as about one."""
    return sum(1.0 if ord(letter) > 0x2E7F else 0.55 for letter in text)


def _haloed(x: float, y: float, text: str, more: str, fill: str = _INK) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" {more} fill="{fill}" stroke="{WHITE}" stroke-width="3" '
        f'stroke-linejoin="round" paint-order="stroke">{escape(text)}</text>'
    )


def _dot(x: float, y: float, radius: float, fill: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fill}"/>'


def _places(places: Sequence[Place], frame: _Frame) -> list[str]:
    order = {"kept": 0, "closed": 1, "away": 2, "moved": 3, "new": 4}
    made = []
    for place in sorted(places, key=lambda p: order[p.kind]):
        x, y = frame.point(place.x, place.y)
        if place.toward is not None:
            end_x, end_y = frame.point(*place.toward)
            made.append(
                f'<path d="M{x:.1f} {y:.1f}L{end_x:.1f} {end_y:.1f}" stroke="{_INK}" '
                'stroke-width="1.2" stroke-dasharray="3 2"/>'
            )
        made.append(_mark(x, y, place.kind))
        if place.label:
            made.append(_haloed(x + 8, y - 4, place.label, 'font-size="14"'))
    return made


def _mark(x: float, y: float, kind: Kind) -> str:
    """Return a site's mark: shape and filling differ, so that no colour has to be told apart."""
    ring = f'stroke="{_INK}" stroke-width="1.6"'
    if kind == "kept":
        return _dot(x, y, 1.5, _INK)
    if kind == "new":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" fill="{_INK}" stroke="{WHITE}"/>'
    if kind == "moved":
        return (
            f'<path d="M{x:.1f} {y - 6.5:.1f}l6.5 6.5l-6.5 6.5l-6.5 -6.5Z" fill="{_INK}" '
            f'stroke="{WHITE}"/>'
        )
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{WHITE}" {ring}/>'
    if kind == "away":
        return circle
    return f'{circle}<path d="M{x - 3:.1f} {y - 3:.1f}l6 6m0 -6l-6 6" {ring}/>'


def _scale(picture: Picture, frame: _Frame) -> list[str]:
    """Return scale bar and north arrow below the map: a round length near a fifth of its width."""
    wanted = 0.2 * _MAP / frame.scale / 1000
    power = 10.0 ** np.floor(np.log10(wanted))
    length = max(step * power for step in (1, 2, 5) if step * power <= wanted)
    wide, y = length * 1000 * frame.scale, frame.height - 14
    words = picture.words.kilometres.format(n=f"{length:g}")
    return [
        f'<path d="M8 {y - 5:.1f}v5h{wide:.1f}v-5" fill="none" stroke="{_INK}"/>',
        f'<text x="{wide + 14:.1f}" y="{y + 2:.1f}">{escape(words)}</text>',
        f'<path d="M{_MAP - 30:g} {y + 2:.1f}l5 -18l5 18l-5 -4Z" fill="{_INK}"/>',
        f'<text x="{_MAP - 16:g}" y="{y:.1f}">{escape(picture.words.north)}</text>',
    ]


def _legend(picture: Picture) -> list[str]:
    left, y = _MAP + 24, 20.0
    made = []
    for line in wrapped(picture.words.legend, 15):
        made.append(f'<text x="{left:g}" y="{y:g}" font-size="12">{escape(line)}</text>')
        y += 16
    shown = [(fill, text) for fill, text in zip(CHANGE, picture.words.classes, strict=True)]
    extra = {-1: (NOBODY, picture.words.nobody), -2: ("url(#hatch)", picture.words.no_way)}
    shown += [extra[k] for k in (-1, -2) if (picture.classes == k).any()]
    for fill, text in shown:
        made.append(
            f'<rect x="{left:g}" y="{y:g}" width="18" height="13" fill="{fill}" '
            f'stroke="{_LINE}" stroke-width="0.5"/>'
        )
        for line in wrapped(text, 14):
            made.append(f'<text x="{left + 26:g}" y="{y + 10.5:g}">{escape(line)}</text>')
            y += 14
        y += 4
    y += 12
    for kind in _kinds(picture.places):
        made.append(_mark(left + 9, y, kind))
        words = picture.words.sites[kind]
        made.append(f'<text x="{left + 26:g}" y="{y + 4:g}">{escape(words)}</text>')
        y += 20
    return made


def _kinds(places: Sequence[Place]) -> list[Kind]:
    """Return the kinds of sites that are drawn, in the order of the legend."""
    there = {place.kind for place in places}
    kinds: tuple[Kind, ...] = ("new", "moved", "away", "closed", "kept")
    return [kind for kind in kinds if kind in there]


def wrapped(text: str, most: int) -> list[str]:
    """Return a text in lines of about ``most`` wide letters."""
    lines, width = [""], 0.0
    for word in _words(text):
        size = _wide(word)
        if lines[-1] and width + size > most:
            lines.append("")
            width = 0.0
        lines[-1] += word if lines[-1] else word.lstrip()
        width += size
    return [line.rstrip() for line in lines]


def _words(text: str) -> list[str]:
    """Return what may stand on a line of its own: a Chinese letter, or a word with its blank."""
    found: list[str] = [""]
    for letter in text:
        if letter == " " or ord(letter) > 0x2E7F:
            found.append("")
        found[-1] += letter
    return [word for word in found if word]
