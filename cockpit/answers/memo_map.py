"""The map of a scenario's change, as a memo draws it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import shapely
from pyproj import Transformer
from sqlalchemy.orm import Session

from cockpit.answers.coverage_results import Floats, Question
from cockpit.answers.layers import region_shapes
from cockpit.answers.siting import Ground, Layout
from cockpit.indicators import MEASURES
from cockpit.locale import translate
from cockpit.memo import drawing
from cockpit.memo.facts import Site
from cockpit.memo.text import MOST_SITES


def name_of(ground: Ground, row: int, language: str) -> str:
    """Return a region's name in a language; without an English one the name as it is."""
    region = ground.reach.twin.regions.iloc[row]
    english = str(region["name_en"] or "") if language == "en" else ""
    return english or str(region["name"])


def picture_of(
    db: Session,
    ground: Ground,
    change: Floats,
    sites: tuple[Site, ...],
    layout: Layout,
    language: str,
) -> drawing.Picture:
    """Return the map of a change: cells, townships and sites in the county's own metres."""
    twin, q = ground.reach.twin, ground.q
    flat = Transformer.from_crs(4326, str(twin.county["crs"]), always_xy=True)
    path = twin.path(q.unit)
    cells = _flattened(region_shapes(db, twin, ground.reach.rows[ground.cells], path), flat)
    rows = ground.township_rows
    townships = _flattened(region_shapes(db, twin, rows, ""), flat)
    there = ~(shapely.is_missing(cells) | shapely.is_empty(cells))
    steps = drawing.steps_for(change[ground.people > 0])
    classes = np.where(ground.people > 0, drawing.classes_of(change, steps), -1)
    drawn = ~(shapely.is_missing(townships) | shapely.is_empty(townships))
    names = tuple(name_of(ground, row, language) for row in rows[drawn].tolist())
    return drawing.Picture(
        cells[there],
        classes[there],
        townships[drawn],
        names,
        tuple(_places(ground, sites, layout, cells[there])),
        _map_words(q, steps, language),
    )


def _flattened(shapes: drawing.Shapes, flat: Transformer) -> drawing.Shapes:
    made: drawing.Shapes = shapely.transform(
        shapes, lambda xy: np.column_stack(flat.transform(xy[:, 0], xy[:, 1]))
    )
    return made


def _places(
    ground: Ground, sites: tuple[Site, ...], layout: Layout, cells: drawing.Shapes
) -> Iterable[drawing.Place]:
    """Yield the sites on the map: those in its frame that stay, then what changes."""
    west, south, east, north = shapely.total_bounds(cells)
    metres = ground.metres
    toward = {f"f:{facility}": f"c:{cell}" for facility, cell in layout.moved}
    closed = {f"f:{facility}" for facility in layout.closed}
    for k in range(ground.n_facilities):
        site, (x, y) = ground.sites[k], metres[k].tolist()
        if site in closed or not (west <= x <= east and south <= y <= north):
            continue
        if site not in toward:
            yield drawing.Place(x, y, "kept")
            continue
        there = metres[ground.index(toward[site])].tolist()
        yield drawing.Place(x, y, "away", toward=(there[0], there[1]))
    for one in sites:
        x, y = metres[ground.index(one.path.removeprefix("by_site."))].tolist()
        if west <= x <= east and south <= y <= north:  # also refuses what has no place
            listed = int(one.number) <= MOST_SITES
            yield drawing.Place(x, y, one.change, one.number if listed else "")


def _map_words(q: Question, steps: tuple[float, float, float], language: str) -> drawing.Words:
    def say(template: str, **values: object) -> str:
        return translate(template, language, **values)

    low, middle, high = (f"{step:g}" for step in steps)
    return drawing.Words(
        say("Change in minutes (plan less today)"),
        (
            say("more than {n} less", n=high),
            say("{first} to {last} less", first=middle, last=high),
            say("{first} to {last} less", first=low, last=middle),
            say("at most {n} either way", n=low),
            say("{first} to {last} more", first=low, last=middle),
            say("{first} to {last} more", first=middle, last=high),
            say("more than {n} more", n=high),
        ),
        say("nobody: {group}", group=translate(MEASURES[q.group].title, language)),
        say("no way, today and then"),
        {
            "new": say("new site"),
            "moved": say("moved to here"),
            "away": say("moves away"),
            "closed": say("closes"),
            "kept": say("stays"),
        },
        say("{n} km", n="{n}"),
        say("N"),
    )
