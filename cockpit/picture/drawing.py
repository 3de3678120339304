"""A map as SVG: regions in their colours, lines across what is unsure, names, marks, a scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from cockpit.look.tokens import DARK, FONT_STACK, LIGHT, WHITE, Tokens, rgba
from cockpit.picture.shapes import FINE, Frame, Shapes, path, simpler

MarkShape = Literal["circle", "square", "diamond", "triangle", "cross"]

FACES = FONT_STACK.replace('"', "'")
_MARGIN = 8.0  # units around the map
_FOOT = 26.0  # units below it for scale and arrow
_STROKE = 0.7
_INKS, _BRIGHT = (LIGHT.text, DARK.text), 140.0  # of lines over a light colour, and a dark one
_BAR = 0.18  # of the width, at most


@dataclass(frozen=True)
class Link:
    """Where a region leads, and whether it is the chosen one."""

    href: str
    current: bool = False


@dataclass(frozen=True, eq=False)
class Outline:
    """Lines over the regions: borders of a level above, rivers, roads."""

    shapes: Shapes
    colour: str
    width: float = 1.0  # units
    opacity: float = 1.0
    filled: bool = False  # areas of water


@dataclass(frozen=True)
class Mark:
    """A place with a shape of its own."""

    x: float  # metres
    y: float
    colour: str
    shape: MarkShape = "circle"
    label: str = ""  # beside it
    title: str = ""  # at the pointer
    size: float = 5.0  # units from the middle
    href: str = ""


@dataclass(frozen=True)
class Name:
    """A name on the map, its middle at a place."""

    x: float  # metres
    y: float
    text: str
    size: float = 12.0


@dataclass(frozen=True, eq=False)
class Picture:
    """
    What is drawn; all shapes in one projected system, in metres.

    ``fills`` has one colour a shape; "" is no data: grey with lines across. ``unsure`` has
    lines across its own colour. ``titles`` (what the pointer reads) and ``links`` are empty or have
    one entry a shape; a link of None is none. Shapes may be areas, points (a dot) or None (left
    out).
    """

    shapes: Shapes
    fills: Sequence[str]
    tokens: Tokens
    unsure: NDArray[np.bool_] | None = None
    titles: Sequence[str] = ()
    links: Sequence[Link | None] = ()
    outlines: Sequence[Outline] = ()
    marks: Sequence[Mark] = ()
    names: Sequence[Name] = ()  # the most important first: one that would hide another is left out
    label: str = ""  # what the picture shows, for who cannot see it
    scale_words: str = ""  # "{n} km"; "": no scale and no arrow
    north: str = "N"
    chosen: Sequence[int] = field(default=())  # places of shapes with a thick line around


def draw(picture: Picture, *, width: float = 720.0, height: float = 540.0) -> str:
    """
    Return a map as an SVG file of ``width`` by ``height`` units.

    The same picture gives the same text. No script, no style sheet, nothing from elsewhere; words
    are escaped. Coordinates are whole half units. With links the map is a group of links in the
    order of the shapes, so that the keyboard walks them; without it is one image.

    Raises
    ------
    ValueError
        If colours, titles, links or marks of doubt are not one a shape.
    """
    role = "group" if any(picture.links) else "img"
    name = f' aria-label="{escape(picture.label)}"' if picture.label else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'role="{role}"{name} font-family="{FACES}">'
        f"{patterns(picture.tokens)}{body(picture, 0.0, 0.0, width, height)}</svg>"
    )


def patterns(tokens: Tokens) -> str:
    """Return the definitions of the lines across: for no data, for light and for dark colours."""
    inks = {"none": tokens.panel, "dark": _INKS[0], "light": _INKS[1]}
    return f"<defs>{''.join(_pattern(key, ink) for key, ink in inks.items())}</defs>"


def _pattern(key: str, ink: str) -> str:
    """Return slanting lines on no ground: a ground would show where two tiles meet."""
    side, over = 7 * FINE, FINE
    # The lines go on beyond the corners, or they would be cut off there.
    return (
        f'<pattern id="lines-{key}" width="{side}" height="{side}" '
        f'patternUnits="userSpaceOnUse"><path stroke="{ink}" stroke-opacity=".8" '
        f'stroke-width="{1.2 * FINE:g}" d="M-{over} {over}l{2 * over}-{2 * over}M0 {side}'
        f'L{side} 0M{side - over} {side + over}l{2 * over}-{2 * over}"/></pattern>'
    )


def lines_over(colour: str) -> str:
    """Return the fill of the lines over a colour: dark ones over a light colour; "" is no data."""
    if not colour:
        return "url(#lines-none)"
    return f"url(#lines-{'dark' if bright(colour) else 'light'})"


def bright(colour: str) -> bool:
    """Tell whether dark lines stand out better on a colour than light ones (luma of BT.601)."""
    red, green, blue, _ = rgba(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue > _BRIGHT


def body(picture: Picture, left: float, top: float, width: float, height: float) -> str:
    """Return the map within a rectangle of a larger picture that has its ``patterns``."""
    _check(picture)
    foot = _FOOT if picture.scale_words else 0.0
    frame = Frame.around(
        _all_shapes(picture),
        left + _MARGIN,
        top + _MARGIN,
        width - 2 * _MARGIN,
        height - 2 * _MARGIN - foot,
    )
    tokens, shapes = picture.tokens, simpler(picture.shapes, frame)
    parts = [
        f'<g transform="scale({1 / FINE:g})" stroke-linejoin="round">',
        f'<g stroke="{tokens.quiet}" stroke-opacity=".45" stroke-width="{_STROKE * FINE:g}">',
        *(_region(picture, frame, shape, k) for k, shape in enumerate(shapes)),
        "</g>",
        *(_outline(one, frame) for one in picture.outlines),
        *_chosen(picture, frame, shapes),
        "</g>",
        *(_marked(mark, frame) for mark in picture.marks),
        *_labels(picture, frame),
    ]
    if picture.scale_words:
        parts.append(_scale(picture, frame, left, top + height, width))
    return "".join(parts)


def _check(picture: Picture) -> None:
    n = len(picture.shapes)
    for each in (picture.fills, picture.unsure, picture.titles or None, picture.links or None):
        if each is not None and len(each) != n:
            raise ValueError(f"{len(each)} entries for {n} shapes")


def _all_shapes(picture: Picture) -> Shapes:
    places = [(m.x, m.y) for m in picture.marks]
    points = np.array([shapely.Point(x, y) for x, y in places], dtype=object)
    return np.concatenate((picture.shapes, points)) if len(points) else picture.shapes


def _region(picture: Picture, frame: Frame, shape: shapely.Geometry | None, k: int) -> str:
    if shape is None or shape.is_empty:
        return ""
    colour = picture.fills[k]
    title = picture.titles[k] if picture.titles else ""
    inner = f"<title>{escape(title, quote=False)}</title>" if title else ""
    if shapely.get_dimensions(shape) == 2:
        data = path(shape, frame)
        if not data:
            return ""
        kind, place = "path", f'd="{data}"'
    else:
        x, y = frame.steps(shapely.get_coordinates(shapely.centroid(shape)))[0]
        kind, place = "circle", f'cx="{x}" cy="{y}" r="{4 * FINE}"'
    fill = f'<{kind} fill="{colour or picture.tokens.no_data}" {place}'
    drawn = f"{fill}>{inner}</{kind}>" if inner else f"{fill}/>"
    if not colour or (picture.unsure is not None and picture.unsure[k]):
        drawn += f'<{kind} fill="{lines_over(colour)}" {place} pointer-events="none"/>'
    link = picture.links[k] if picture.links else None
    if link is None:
        return drawn
    current = ' aria-current="true"' if link.current else ""
    name = f' aria-label="{escape(title)}"' if title else ""
    return f'<a href="{escape(link.href)}"{name}{current}>{drawn}</a>'


def _outline(one: Outline, frame: Frame) -> str:
    there = one.shapes[~(shapely.is_missing(one.shapes) | shapely.is_empty(one.shapes))]
    data = "".join(path(shape, frame) for shape in simpler(there, frame))
    if not data:
        return ""
    fill = one.colour if one.filled else "none"
    return (
        f'<path fill="{fill}" stroke="{one.colour}" stroke-opacity="{one.opacity:g}" '
        f'fill-opacity="{one.opacity:g}" stroke-width="{one.width * FINE:g}" d="{data}" '
        'pointer-events="none"/>'
    )


def _chosen(picture: Picture, frame: Frame, shapes: Shapes) -> list[str]:
    return [
        f'<path fill="none" stroke="{picture.tokens.mark}" stroke-width="{2.6 * FINE:g}" '
        f'd="{path(shapes[k], frame)}" pointer-events="none"/>'
        for k in picture.chosen
        if shapes[k] is not None and shapely.get_dimensions(shapes[k]) == 2
    ]


# ---------------------------------------------------------------- marks and names


def mark_shape(shape: MarkShape, x: float, y: float, size: float, colour: str, ring: str) -> str:
    """Return a mark around a place; shapes differ, so that no colour has to be told apart."""
    s, line = size, f'fill="{colour}" stroke="{ring}" stroke-width="1"'
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{s:g}" {line}/>'
    if shape == "cross":
        t = s * 0.38
        arm = s - t
        data = (
            f"M{x - t:.1f} {y - s:.1f}h{2 * t:.1f}v{arm:.1f}h{arm:.1f}v{2 * t:.1f}h-{arm:.1f}"
            f"v{arm:.1f}h-{2 * t:.1f}v-{arm:.1f}h-{arm:.1f}v-{2 * t:.1f}h{arm:.1f}z"
        )
    elif shape == "square":
        data = f"M{x - s:.1f} {y - s:.1f}h{2 * s:g}v{2 * s:g}h-{2 * s:g}z"
    elif shape == "diamond":
        d = f"{1.2 * s:g}"
        data = f"M{x:.1f} {y - 1.2 * s:.1f}l{d} {d}l-{d} {d}l-{d}-{d}z"
    else:
        data = f"M{x:.1f} {y - 1.1 * s:.1f}l{1.1 * s:g} {2 * s:g}h-{2.2 * s:g}z"
    return f'<path d="{data}" {line}/>'


def _marked(mark: Mark, frame: Frame) -> str:
    x, y = frame.point(mark.x, mark.y)
    drawn = mark_shape(mark.shape, x, y, mark.size, mark.colour, WHITE)
    if mark.title:
        drawn = f"<g><title>{escape(mark.title, quote=False)}</title>{drawn}</g>"
    if mark.href:
        name = f' aria-label="{escape(mark.title)}"' if mark.title else ""
        drawn = f'<a href="{escape(mark.href)}"{name}>{drawn}</a>'
    return drawn


Box = tuple[float, float, float, float]  # left, top, right, bottom


def _labels(picture: Picture, frame: Frame) -> list[str]:
    """Return marks' labels and then the names, without those that would hide another."""
    made, taken = [], []
    for mark in picture.marks:
        x, y = frame.point(mark.x, mark.y)
        taken.append((x - mark.size, y - mark.size, x + mark.size, y + mark.size))
        if mark.label:
            right = x + mark.size + 4
            made.append(_text(right, y + 4, mark.label, 12, picture.tokens, "start"))
            taken.append((right, y - 8, right + 12 * wide(mark.label), y + 6))
    for name in picture.names:
        x, y = frame.point(name.x, name.y)
        half, tall = name.size * wide(name.text) / 2 + 2, name.size / 2 + 1
        box = (x - half, y - tall, x + half, y + tall)
        if not any(_meet(box, other) for other in taken):
            taken.append(box)
            size = name.size
            made.append(_text(x, y + 0.35 * size, name.text, size, picture.tokens, "middle"))
    return made


def _text(x: float, y: float, text: str, size: float, tokens: Tokens, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" '
        f'fill="{tokens.text}" stroke="{tokens.map_ground}" stroke-width="3" '
        f'stroke-linejoin="round" paint-order="stroke" pointer-events="none">'
        f"{escape(text, quote=False)}</text>"
    )


def _meet(one: Box, other: Box) -> bool:
    beside = one[2] <= other[0] or other[2] <= one[0]
    return not (beside or one[3] <= other[1] or other[3] <= one[1])


def wide(text: str) -> float:
    """Return how many wide letters a text is as long as; two narrow ones count as about one."""
    return sum(1.0 if ord(letter) > 0x2E7F else 0.55 for letter in text)


# ---------------------------------------------------------------- scale and arrow


def scale_length(units_a_metre: float, width: float) -> float:
    """Return the length of the scale bar in kilometres: 1, 2 or 5 times a power of ten."""
    wanted = _BAR * width / units_a_metre / 1000
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(max(step * power for step in (1, 2, 5) if step * power <= wanted * (1 + 1e-9)))


def _scale(picture: Picture, frame: Frame, left: float, bottom: float, width: float) -> str:
    length = scale_length(frame.scale, width)
    ink, bar = picture.tokens.text, length * 1000 * frame.scale
    x, y = left + _MARGIN, bottom - 10
    words = picture.scale_words.format(n=f"{length:g}")
    arrow = x + bar + 22 + 12 * wide(words)
    return (
        f'<path d="M{x:.1f} {y - 5:.1f}v5h{bar:.1f}v-5" fill="none" stroke="{ink}"/>'
        f'<text x="{x + bar + 6:.1f}" y="{y + 1:.1f}" font-size="12" fill="{ink}">'
        f"{escape(words, quote=False)}</text>"
        f'<path d="M{arrow:.1f} {y + 2:.1f}l5-18l5 18l-5-4z" fill="{ink}"/>'
        f'<text x="{arrow + 14:.1f}" y="{y + 1:.1f}" font-size="12" fill="{ink}">'
        f"{escape(picture.north, quote=False)}</text>"
    )
