"""What the simple pages ask: public places, released figures, and maps drawn on the server."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from cockpit.answers import open_county, open_village
from cockpit.answers.open_county import Figure, Group, OpenMap
from cockpit.answers.open_county_places import OpenPlaces, open_places
from cockpit.answers.open_village import Village
from cockpit.answers.release_store import Published
from cockpit.look.tokens import LIGHT, ramp
from cockpit.picture.drawing import Link, Name, Outline, Picture, draw
from cockpit.store.session import engine
from geodata.errors import InputError

WIDTH, HEIGHT = 380.0, 320.0
"""Units of a map: a telephone's width, so that its letters can be read there."""
LETTERS, LARGE_LETTERS = 13.0, 19.0
COLOURS = "blue"
_METRES_A_DEGREE = 111_195.0  # of a great circle on a sphere of 6,371 km
_MOST_NAMES = 60
_MOST_KEPT = 128

T = TypeVar("T")
_lock = threading.Lock()
_kept: dict[Hashable, Any] = {}


@dataclass(frozen=True)
class Seen:
    """What is public now: places, releases and the figures of the whole county."""

    places: OpenPlaces
    releases: tuple[Published, ...]
    groups: list[Group]


@dataclass(frozen=True, eq=False)
class Choice:
    """
    What a map shows: a released class over the regions of a level, inside of one region or all.

    ``rows`` are places in ``shown``: those inside, from the largest figure down.
    """

    release: Published
    class_id: str
    level: str
    inside: int | None  # row of ``places.regions``; None: the whole county
    shown: OpenMap
    rows: tuple[int, ...]


def seen() -> Seen | None:
    """Return what is public now; None when no county has been loaded."""
    places = open_places()
    if places is None:
        return None
    releases = open_county.releases()
    groups = open_county.groups_of(releases, str(places.county["code"]))
    return Seen(places, releases, groups)


def usable(there: Seen) -> tuple[Published, ...]:
    """Return the releases that have public borders, the one whose total is told first."""
    found = [r for r in there.releases if open_county.map_levels(r, there.places.levels)]
    people = open_county.people_of(there.groups)
    first = "" if people is None else people.release.id
    return tuple(
        sorted(found, key=lambda r: (r.id != first, not r.partition.startswith("age"), r.id))
    )


def choice(
    there: Seen, release: str = "", class_id: str = "", level: str = "", inside: str = ""
) -> Choice | None:
    """
    Return what is chosen; "" is the first there is. None where nothing is released for a map.

    Raises
    ------
    InputError
        If the release, the class, the level or the region is not among what can be shown.
    """
    found = usable(there)
    if not found:
        return None
    chosen = next((r for r in found if release in ("", r.id)), None)
    if chosen is None:
        raise InputError("This figure has not been released.")
    class_id = class_id or next(iter(open_county.map_classes(chosen)))
    levels = open_county.map_levels(chosen, there.places.levels)
    row = _inside(there.places, inside)
    level = level or (levels[0] if row is None else levels[-1])
    if level not in levels:
        raise InputError("This figure has not been released.")
    shown = _memo(
        ("map", there.places.version, chosen.id, class_id, level),
        lambda: open_county.open_map(chosen.id, class_id, level),
    )
    rows = tuple(int(k) for k in shown.order if _lies_in(there.places, shown.codes[k], row))
    return Choice(chosen, class_id, level, row, shown, rows)


def figure_of(choice: Choice, k: int) -> Figure:
    """Return the released figure of a place of a map."""
    value = float(choice.shown.values[k])
    return Figure(None if math.isnan(value) else int(value), choice.shown.margin)


def legend(choice: Choice) -> list[tuple[str, float, float, int]]:
    """Return colour, lowest and highest figure and number of regions of each class shown."""
    breaks = choice.shown.breaks
    colours = ramp(COLOURS, len(breaks.cuts), LIGHT) if breaks.cuts else ()
    classes = breaks.class_of(choice.shown.values)[list(choice.rows)]
    found = []
    for k, (colour, upper) in enumerate(zip(colours, breaks.uppers, strict=True)):
        below = breaks.lowest if k == 0 else breaks.uppers[k - 1]
        lower = below if k == 0 else min(math.floor(below) + 1, upper)
        found.append((colour, lower, upper, int((classes == k).sum())))
    return found


def drawing(
    there: Seen,
    choice: Choice,
    *,
    name_of: Callable[[str, str], str],
    told: Callable[[int], str],
    link: Callable[[str], str],
    label: str,
    letters: float = LETTERS,
) -> str:
    """
    Return the map as SVG: colours by class, a link and a title a region, names where they fit.

    ``name_of`` chooses of a name and its English form, ``told`` words the figure of a place of
    ``choice.shown``, ``link`` gives the address of a region by its code.
    """
    places, shown = there.places, choice.shown
    colours = ramp(COLOURS, len(shown.breaks.cuts), LIGHT) if shown.breaks.cuts else ()
    classes = shown.breaks.class_of(shown.values)
    rows = [places.row(shown.codes[k]) for k in choice.rows]
    shapes = _metres([None if row is None else places.shapes[row] for row in rows], places)
    names = [name_of(*shown.names[k]) for k in choice.rows]
    picture = Picture(
        shapes,
        [colours[classes[k]] if classes[k] >= 0 else "" for k in choice.rows],
        LIGHT,
        titles=[f"{name}: {told(k)}" for name, k in zip(names, choice.rows, strict=True)],
        links=[Link(link(shown.codes[k])) for k in choice.rows],
        outlines=_above(there.places, choice),
        names=_names(shapes, names, letters) if len(names) <= _MOST_NAMES else (),
        label=label,
    )
    return draw(picture, width=WIDTH, height=HEIGHT)


def village(places: OpenPlaces, row: int) -> Village:
    """Return what is public of a village, kept for the next who asks."""
    return _memo(("village", places.version, row), lambda: open_village.village(places, row))


def forget() -> None:
    """Drop what is kept: a test changed the store behind our back."""
    with _lock:
        _kept.clear()


def _memo(key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
    """Return what was made for a key of this store, or make it; the oldest go first."""
    whole = (str(engine().url), *key)
    with _lock:
        if whole in _kept:
            found: T = _kept[whole]
            return found
    made = make()
    with _lock:
        _kept[whole] = made
        while len(_kept) > _MOST_KEPT:
            _kept.pop(next(iter(_kept)))
    return made


def _inside(places: OpenPlaces, code: str) -> int | None:
    if not code or code == str(places.county["code"]):
        return None
    row = places.row(code)
    if row is None:
        raise InputError("There is no region {code}.", code=code[:20])
    return row


def _lies_in(places: OpenPlaces, code: str, inside: int | None) -> bool:
    if inside is None:
        return True
    row = places.row(code)
    return row is not None and str(places.regions["path"].iat[row]).startswith(
        str(places.regions["path"].iat[inside])
    )


def _metres(shapes: Sequence[Any], places: OpenPlaces) -> NDArray[np.object_]:
    """Return shapes in metres around the county's middle: true to shape within a county."""
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    west, south, east, north = places.bounds() or (0.0, 0.0, 0.0, 0.0)
    middle = np.array([(west + east) / 2, (south + north) / 2])
    scale = np.array([math.cos(math.radians(middle[1])), 1.0]) * _METRES_A_DEGREE
    return np.asarray(shapely.transform(made, lambda at: (at - middle) * scale), dtype=object)


def _names(shapes: NDArray[np.object_], names: Sequence[str], size: float) -> list[Name]:
    middles = shapely.point_on_surface(shapes)
    return [
        Name(float(shapely.get_x(at)), float(shapely.get_y(at)), name, size)
        for at, name in zip(middles, names, strict=True)
        if at is not None
    ]


def _above(places: OpenPlaces, choice: Choice) -> list[Outline]:
    """Return the borders of the townships over a map of villages of the whole county."""
    if choice.level != "village" or choice.inside is not None or "township" not in places.levels:
        return []
    rows = np.flatnonzero((places.regions["level"] == "township").to_numpy())
    return [Outline(_metres([places.shapes[row] for row in rows], places), LIGHT.text, 1.2, 0.7)]
