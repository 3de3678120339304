"""The map of a briefing as a vector picture: townships, villages to look at, open alerts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import numpy as np
import shapely
from numpy.typing import NDArray

from cockpit.look.tokens import ALERT, LIGHT
from cockpit.memo.drawing import wrapped
from cockpit.picture.drawing import (
    FACES,
    Mark,
    MarkShape,
    Name,
    Outline,
    Picture,
    body,
    mark_shape,
    patterns,
)

Shapes = NDArray[np.object_]

LEVELS = ("blue", "yellow", "orange", "red")
"""Tokens of the alert levels 1 to 4."""
_WIDTH, _MAP, _TOP = 400.0, 300.0, 22.0  # of the picture; height of the map in it, and its top
_ROW, _LINE = 17.0, 13.0  # of the legend, of the foot
_LETTERS = 39  # wide ones in a line of the foot
_APART = 0.05  # of the map's extent: marks nearer than that are moved apart
_SHAPES: tuple[MarkShape, ...] = ("circle", "square", "square", "triangle", "triangle")


@dataclass(frozen=True)
class Spot:
    """A village to look at (level 0) or an open alert (1 to 4)."""

    x: float  # metres, in the system of the shapes
    y: float
    label: str
    level: int = 0


@dataclass(frozen=True)
class Words:
    """What stands on the map, in the reader's language."""

    title: str
    village: str
    levels: tuple[str, str, str, str]  # of open alerts, blue to red
    kilometres: str  # "{n} km"
    north: str
    foot: str  # source, date, class


@dataclass(frozen=True, eq=False)
class Map:
    """What is drawn; all in one projected system, in metres, north up."""

    townships: Shapes
    names: tuple[str, ...]
    spots: tuple[Spot, ...]
    words: Words


def draw(made: Map) -> str:
    """
    Return the map as SVG, 400 wide; the same map gives the same text.

    A county without shapes still has its scale, legend and marks. Marks at one place are set
    below each other, so that each can be read.
    """
    legend = list(_legend(made))
    foot = wrapped(made.words.foot, _LETTERS)
    below = _TOP + _MAP + 6 + _ROW * -(-len(legend) // 2)
    tall = below + _LINE * len(foot) + 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {tall:.0f}" '
        f'font-family="{FACES}" font-size="11" fill="{LIGHT.text}">',
        patterns(LIGHT),
        f'<text x="0" y="13" font-size="13">{escape(made.words.title, quote=False)}</text>',
        body(_picture(made), 0.0, _TOP, _WIDTH, _MAP),
        *legend,
        *(
            f'<text x="0" y="{below + _LINE * (k + 1) - 4:.1f}" font-size="10" '
            f'fill="{LIGHT.quiet}">{escape(line, quote=False)}</text>'
            for k, line in enumerate(foot)
        ),
        "</svg>",
    ]
    return "".join(parts)


def size_of(svg: str) -> tuple[float, float]:
    """Return width and height of a drawn map in its units."""
    box = svg.partition('viewBox="')[2].partition('"')[0].split()
    return float(box[2]), float(box[3])


def _picture(made: Map) -> Picture:
    townships = made.townships
    areas = shapely.get_dimensions(townships) == 2
    order = np.argsort(-shapely.area(townships), kind="stable").tolist()
    inside = [shapely.point_on_surface(townships[k]) for k in order]
    outline = shapely.union_all(townships[areas]) if areas.any() else None
    borders = [townships[areas], np.array([outline], dtype=object)] if areas.any() else []
    return Picture(
        townships,
        [LIGHT.map_ground] * len(townships),
        LIGHT,
        outlines=[
            Outline(shapes, LIGHT.edge if k == 0 else LIGHT.map_border, 0.6 + 0.6 * k)
            for k, shapes in enumerate(borders)
        ],
        marks=[
            Mark(x, y, _colour(spot.level), _SHAPES[spot.level], spot.label, size=5.5)
            for spot, (x, y) in zip(made.spots, _apart(made), strict=True)
        ],
        names=[
            Name(p.x, p.y, made.names[k], 9.0)
            for k, p in zip(order, inside, strict=True)
            if not p.is_empty
        ],
        scale_words=made.words.kilometres,
        north=made.words.north,
    )


def _colour(level: int) -> str:
    return ALERT[LEVELS[level - 1]] if level else LIGHT.accent


def _apart(made: Map) -> list[tuple[float, float]]:
    """Return where each mark stands: moved south of those that were there first."""
    if not made.spots:
        return []
    points = shapely.points([(s.x, s.y) for s in made.spots])
    bounds = shapely.total_bounds(np.array([*made.townships, *points], dtype=object))
    step = _APART * max(np.nan_to_num(bounds[2] - bounds[0]), np.nan_to_num(bounds[3] - bounds[1]))
    found: list[tuple[float, float]] = []
    for spot in made.spots:
        x, y = spot.x, spot.y
        while step and any(abs(x - a) < 2 * step and abs(y - b) < step for a, b in found):
            y -= step / 2  # its label stands to the right, so there is more room below
        found.append((x, y))
    return found


def _legend(made: Map) -> Iterable[str]:
    """Yield what the marks on this map mean; a kind that is not drawn is not explained."""
    there = {spot.level for spot in made.spots}
    words = (made.words.village, *made.words.levels)
    rows = [(level, words[level]) for level in (0, 4, 3, 2, 1) if level in there]
    for k, (level, text) in enumerate(rows):
        x, y = (_WIDTH / 2) * (k % 2) + 8, _TOP + _MAP + 10 + _ROW * (k // 2)
        yield (
            f"{mark_shape(_SHAPES[level], x, y, 5, _colour(level), LIGHT.text)}"
            f'<text x="{x + 11:g}" y="{y + 4:.1f}">{escape(text, quote=False)}</text>'
        )
