"""People affected when the rivers rise: hazard x exposure x vulnerability, and what they need."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.happenings import Happenings
from cockpit.answers.reach import Note
from cockpit.answers.relief import heights_of, relief_file
from cockpit.answers.risk_answer import Answer, Column, Key
from cockpit.answers.risk_field import Field, field_of
from cockpit.answers.risk_options import rise_m
from cockpit.answers.risk_places import Floats, Places, places_of, to_degrees, to_metres
from cockpit.answers.risk_question import Question
from cockpit.answers.twin import Twin
from cockpit.risk.impact import FLOOD_DEPTH, VULNERABILITY, Curve, Impact, impact
from cockpit.risk.impact_flood import LIMITS, flood, nearest_river
from cockpit.risk.impact_needs import Needs, needs_of
from cockpit.store.models import Dataset, Feature
from cockpit.store.session import engine
from geodata.errors import InputError

GROUPS = {"0-14": "age_0_14", "15-59": "age_15_59", "60+": "age_60_plus"}
_RIVER_STEP_M = 90.0  # between points along a river: a cell of the usual relief
_SHARE = Curve((0.0, 1.0), (0.0, 1.0))
"""The share of people affected is averaged over a cell's squares before people are counted."""
_CUTS = (10.0, 50.0, 200.0)


@dataclass(frozen=True)
class Flooded:
    """Who is affected by a rise of the rivers, and what they need."""

    rise_m: float
    made: Impact
    needs: Needs
    share: Floats  # (n_places,) of the area under water
    depth_m: Floats  # (n_places,) mean depth where there is water; 0: dry
    by_age: bool


@dataclass(frozen=True)
class _Ground:
    """The heights that the depth follows from, at each square of the field."""

    elevation_m: Floats
    river_m: Floats
    distance_m: Floats


_kept: dict[tuple[str, str, str], _Ground] = {}
_lock = threading.Lock()


def answer(known: Happenings, places: Places, q: Question, visitor: str, text: str) -> Answer:
    """Return who is affected by a rise of the rivers, as classes, legend and table."""
    del known, q
    found = flooded(places, visitor, rise_m(text))
    affected = found.made.affected[places.rows].astype(np.float64)
    step = np.searchsorted(_CUTS, affected, side="left")
    codes = np.where(affected > 0, 1 + step, np.where(found.share > 0, 5, 0)).astype(np.uint8)
    unknown = found.made.unknown[places.rows] > 0
    codes[unknown & (affected == 0)] = 6
    keys = (
        Key(1, "ramp 0", "up to {high}", {"high": _CUTS[0]}),
        Key(2, "ramp 1", "{low} – {high}", {"low": _CUTS[0], "high": _CUTS[1]}),
        Key(3, "ramp 2", "{low} – {high}", {"low": _CUTS[1], "high": _CUTS[2]}),
        Key(4, "ramp 3", "more than {low}", {"low": _CUTS[2]}),
        Key(5, "cold", "under water, nobody affected"),
        Key(6, "too little", "height not known"),
        Key(0, "even", "dry"),
    )
    columns = (
        Column("People affected", affected, 0, "persons"),
        Column("Residents of flooded cells", found.made.exposed[places.rows], 0, "persons"),
        Column("Area under water", 100 * found.share, 0, "%"),
        Column("Mean depth of the water", found.depth_m, 1, "m"),
    )
    order = np.flatnonzero(affected > 0)
    order = order[np.argsort(-affected[order], kind="stable")]
    return Answer("impact", codes, keys, columns, order, (Note(LIMITS),), found, 0, "persons")


def flooded(places: Places, visitor: str, rise: float) -> Flooded:
    """
    Return who is affected when every river rises by so many metres.

    The depth is that of each square of some 200 m; a cell's share of affected people is the mean
    over its squares. Children and people over 60 are affected more (``VULNERABILITY``), where the
    county has counted them.

    Raises
    ------
    InputError
        If there is no relief or no river that is open to the visitor, or no residents.
    """
    twin = places.twin
    leaves = places if places.level == "cell" else places_of(twin, "cell", visitor)
    leaves.required_people()
    field = field_of(leaves)
    ground = _ground(leaves, field, visitor)
    water = flood(ground.elevation_m, ground.river_m, ground.distance_m, rise_m=rise)
    depth = np.where(field.inside.ravel(), water.depth_m, np.nan).reshape(field.grid.shape)
    hazard = np.full(len(twin.regions), np.nan)
    hazard[leaves.rows] = field.mean_by_place(FLOOD_DEPTH.of(depth), missing=np.nan)
    people, groups = _people(twin, leaves)
    parent = twin.regions["parent"].to_numpy()
    made = impact(hazard, people, parent, curve=_SHARE, groups=groups, vulnerability=VULNERABILITY)
    villages = (twin.regions["level"] == "village").to_numpy()
    needs = needs_of(made.affected, parent, villages)
    own = field_of(places)
    wet = np.where(np.isnan(depth), np.nan, depth > 0).astype(np.float64)
    share = own.mean_by_place(wet, missing=0.0)
    mean = own.mean_by_place(np.where(depth > 0, depth, np.nan), missing=0.0)
    return Flooded(rise, made, needs, share, np.where(share > 0, mean, 0.0), len(groups) > 1)


def _people(twin: Twin, leaves: Places) -> tuple[Floats, tuple[str, ...]]:
    """Return the residents of each leaf by age; all together where ages do not add up."""
    columns = [np.nan_to_num(twin.measures[measure]) for measure in GROUPS.values()]
    all_ages = np.nan_to_num(twin.measures["people"])
    together = np.sum(columns, axis=0)
    leaf = np.zeros(len(all_ages))
    leaf[leaves.rows] = 1.0
    if np.allclose(together[leaves.rows], all_ages[leaves.rows], atol=0.5):
        return np.column_stack(columns) * leaf[:, None], tuple(GROUPS)
    return (all_ages * leaf)[:, None], ("everybody",)


def _ground(leaves: Places, field: Field, visitor: str) -> _Ground:
    key = (leaves.twin.version, visitor, "ground")
    with _lock:
        if key not in _kept:
            _kept.clear()
            with Session(engine()) as db:
                _kept[key] = _read(db, leaves, field, visitor)
        return _kept[key]


def forget() -> None:
    """Drop what is kept: a test changed the store behind our back."""
    with _lock:
        _kept.clear()


def _read(db: Session, leaves: Places, field: Field, visitor: str) -> _Ground:
    file = relief_file(db, visitor)
    river_x, river_y = _river_points(db, leaves.twin, visitor)
    if file is None or not file.is_file():
        raise InputError(
            "No relief is stored that is open to you: load an elevation raster to see floods."
        )
    if not len(river_x):
        raise InputError("No rivers are stored that are open to you: load a layer of rivers.")
    heights, bounds = heights_of(file)
    x, y = (v.ravel() for v in field.grid.centres())
    here = _sampled(heights, bounds, *to_degrees(leaves.twin, x, y))
    water = _sampled(heights, bounds, *to_degrees(leaves.twin, river_x, river_y))
    river, distance = nearest_river(x, y, river_x, river_y, water)
    return _Ground(here, river, distance)


def _river_points(db: Session, twin: Twin, visitor: str) -> tuple[Floats, Floats]:
    query = (
        select(Feature.geometry, Dataset.data_class)
        .join(Dataset, Dataset.id == Feature.dataset_id)
        .where(Feature.layer == "rivers")
        .order_by(Feature.id)
    )
    seen = [g for g, its_class in db.execute(query) if may_see(visitor, its_class)]
    if not seen:
        return np.zeros(0), np.zeros(0)
    shapes: NDArray[np.object_] = shapely.from_wkb(np.array(seen, dtype=object))

    def flat(points: Floats) -> Floats:
        return np.column_stack(to_metres(twin, points[:, 0], points[:, 1]))

    lines = shapely.segmentize(shapely.transform(shapes, flat), _RIVER_STEP_M)
    points = shapely.get_coordinates(lines)
    return points[:, 0], points[:, 1]


def _sampled(
    heights: Floats, bounds: tuple[float, float, float, float], lon: Floats, lat: Floats
) -> Floats:
    """Return the height of the raster's cell that holds each point; NaN off the raster."""
    west, south, east, north = bounds
    n_rows, n_columns = heights.shape
    column = np.floor((lon - west) / (east - west) * n_columns)
    row = np.floor((north - lat) / (north - south) * n_rows)
    on = (column >= 0) & (column < n_columns) & (row >= 0) & (row < n_rows)
    found = np.full(len(lon), np.nan)
    found[on] = heights[row[on].astype(np.intp), column[on].astype(np.intp)]
    return found
