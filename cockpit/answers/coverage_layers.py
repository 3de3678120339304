"""Coverage as map layers: minutes by service, causes and scores, catchments, isochrones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers import coverage_question as asked
from cockpit.answers.coverage_access import county_scores, told_scores
from cockpit.answers.coverage_causes import county_causes
from cockpit.answers.coverage_masks import masked
from cockpit.answers.coverage_places import nearest_of
from cockpit.answers.coverage_results import Question
from cockpit.answers.coverage_shapes import catchments, isochrones, towards_of
from cockpit.answers.layers import (
    MASKED,
    along_a_curve,
    collection,
    layer_url,
    region_shapes,
    simplified,
)
from cockpit.answers.overlays import ROAD_POINTS, LayerRefusedError
from cockpit.answers.reach import Reach
from cockpit.coverage.access import USUAL_DECAY
from cockpit.coverage.catchments import METHODS
from cockpit.coverage.services import SERVICES, service_of
from geodata.network import UNREACHED

SERVICE_KEYS: dict[str, str] = {service: f"m[{i}]" for i, service in enumerate(SERVICES)}
"""What carries a service's minutes among a feature's properties, in the layer of minutes."""

SCORE_KEYS: dict[str, str] = {method: f"s[{i}]" for i, method in enumerate(METHODS)}
"""What carries a method's score among a feature's properties, in the layer of coverage."""


def minutes_url(version: str, mode: str, parent: str) -> str:
    """Return the address of the minutes to every service (``SERVICE_KEYS``) by one mode."""
    return layer_url(version, "minutes", mode, parent)


def covered_url(
    version: str,
    service: str,
    mode: str,
    minutes: float,
    group: str,
    parent: str,
    decay: str = USUAL_DECAY,
) -> str:
    """Return the address of causes and scores of one question."""
    return layer_url(version, "covered", service, mode, f"{minutes:g}", group, decay, parent)


def catchments_url(version: str, service: str, mode: str, parent: str) -> str:
    """Return the address of the areas that have each facility nearest."""
    return layer_url(version, "catchments", service, mode, parent)


def served_url(version: str, service: str, parent: str) -> str:
    """Return the address of a service's facilities."""
    return layer_url(version, "served", service, parent)


def isochrone_url(version: str, facility: str, mode: str, limits: Sequence[float]) -> str:
    """Return the address of a facility's isochrones; ``facility`` is its id."""
    told = "-".join(f"{limit:g}" for limit in limits)
    return layer_url(version, "isochrone", facility, mode, told)


_TENTHS_UPTO, _HALVES_UPTO = 20.0, 60.0  # minutes

# ------------------------------------------------------------ layers


def minutes_layer(
    db: Session, reach: Reach, mode: str, parent: int, *, visitor: str, small_count: int = 10
) -> bytes:
    """
    Return the cells under a parent with their minutes to the nearest place of every service.

    ``id`` code, ``n`` name, ``e`` English name, ``p`` residents (null above the visitor's class,
    ``MASKED`` where too few to be shown),
    ``m`` minutes by service (``SERVICE_KEYS``), null where there is no way. Minutes are rounded
    up (to a tenth up to 20 minutes, to a half up to an hour, then to a whole one), so a cell is
    within a limit of whole minutes exactly when its figure is.
    """
    cells = reach.inside(parent)
    shapes, order = _cells(db, reach, cells, parent)
    cells = cells[order]
    columns = [
        _upward(reach.nearest_seconds(s.kinds, mode, s.towards)[cells]) for s in SERVICES.values()
    ]
    properties = _named(reach, cells)
    people = _people(reach, cells, "people", visitor, small_count)
    for row, p, m in zip(properties, people, zip(*columns, strict=True), strict=True):
        row["p"], row["m"] = p, m
    return collection(shapes, properties, name_features=False)


def covered_layer(db: Session, reach: Reach, q: Question) -> bytes:
    """
    Return the cells of a question's unit with why they are covered or not, and their scores.

    ``id``, ``n``, ``e``, ``p`` people of the group (``MASKED`` where too few to be shown), ``m``
    minutes, ``k`` cause (``cockpit.coverage.causes``), ``s`` scores by method (``SCORE_KEYS``; null
    where they would tell a sensitive count).
    """
    cells = reach.inside(q.unit)
    shapes, order = _cells(db, reach, cells, q.unit)
    cells = cells[order]
    service = service_of(q.service)
    seconds = reach.nearest_seconds(service.kinds, q.mode, service.towards)[cells]
    codes = county_causes(reach, q)[cells].tolist()
    scores = [
        _or_null(short(told_scores(q, key, values)[cells]))
        for key, values in county_scores(reach, q).items()
    ]
    people = asked.told_cells(reach, q, cells).tolist()
    properties = _named(reach, cells)
    for row, p, m, k, s in zip(
        properties, people, _upward(seconds), codes, zip(*scores, strict=True), strict=True
    ):
        row |= {"p": MASKED if math.isnan(p) else round(p), "m": m, "k": k, "s": s}
    return collection(shapes, properties)


def catchment_layer(
    db: Session,
    reach: Reach,
    service: str,
    mode: str,
    parent: int,
    *,
    visitor: str,
    small_count: int = 10,
) -> bytes:
    """
    Return the areas under a parent that have each facility nearest.

    ``id`` facility's id, ``n`` its name, ``p`` residents of the area. Cells that reach no facility
    are in no area; cells without a shape of their own only count.
    """
    q = asked.question(
        reach, service, mode=mode, group="people", unit=parent, visitor=visitor,
        small_count=small_count,
    )  # fmt: skip
    cells = reach.inside(parent)
    shapes = simplified(region_shapes(db, reach.twin, reach.rows[cells], reach.twin.path(parent)))
    nearest = nearest_of(asked.matrix_minutes(reach, q)[cells])
    rows = asked.rows_of(reach, q)
    areas = catchments(shapes, nearest, len(rows))
    people = np.bincount(
        nearest[nearest >= 0],
        weights=asked.everybody_of(reach, q)[cells][nearest >= 0],
        minlength=len(rows),
    )
    table = reach.facilities.iloc[rows]
    properties = [
        {"id": i, "n": n, "p": _whole(asked.shown(q, p))}
        for i, n, p in zip(table["id"], table["name"], people.tolist(), strict=True)
    ]
    return collection(areas, properties)


def served_layer(reach: Reach, service: str) -> bytes:
    """
    Return a service's facilities of the whole county: ``id``, ``n`` name, ``cap`` supply.

    Of a part of the county those that stand there.
    """
    known = service_of(service)
    rows = reach.of_kinds(known.kinds)
    table = reach.facilities.iloc[rows if reach.mine is None else rows[reach.mine[rows]]]
    column = "staff" if known.supply == "staff" else "capacity"
    properties: list[dict[str, Any]] = [
        {"id": i, "n": n} for i, n in zip(table["id"], table["name"], strict=True)
    ]
    for row, size in zip(properties, table[column].tolist(), strict=True):
        if not math.isnan(size):
            row["cap"] = round(size, 1)
    points = shapely.points(table["lon"].to_numpy(), table["lat"].to_numpy())
    points[np.isnan(table["lon"].to_numpy()) | np.isnan(table["lat"].to_numpy())] = None
    return collection(points, properties)


def isochrone_layer(
    reach: Reach,
    facility: int,
    mode: str,
    limits: Sequence[float],
    *,
    visitor: str,
    small_count: int = 10,
) -> bytes:
    """
    Return the isochrones of a facility, the largest first so that the smaller are drawn over it.

    ``m`` minutes, ``p`` residents within (null above the visitor's class), ``t`` which way:
    "facility" or "people"; and the roads within the largest limit as lines with ``r`` = 1.
    """
    towards = towards_of(reach, facility)
    found = isochrones(reach, facility, mode, limits, towards, small_count=small_count)[::-1]
    open_to_all = may_see(visitor, reach.twin.classes["people"])
    lines = _fewer_points(found[0].roads)
    shapes = np.array([*(one.polygon for one in found), lines], dtype=object)
    properties: list[dict[str, Any]] = [
        {"m": one.minutes, "p": _whole(one.people) if open_to_all else None, "t": towards}
        for one in found
    ]
    return collection(shapes, [*properties, {"r": 1}])


def require_open(reach: Reach, group: str, visitor: str) -> None:
    """Refuse a layer of a group that is above the visitor's class."""
    if group in reach.groups and group not in asked.allowed_groups(reach, visitor):
        raise LayerRefusedError("The layer {layer} is not open to you.", layer=group)


# ------------------------------------------------------------ parts


def _cells(
    db: Session, reach: Reach, cells: NDArray[np.intp], parent: int
) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Return the shapes of cells in an order in which neighbours stand together, and the order."""
    rows, path = reach.rows[cells], reach.twin.path(parent)
    shapes = simplified(region_shapes(db, reach.twin, rows, path))
    order = along_a_curve(shapes)
    return shapes[order], order


def _named(reach: Reach, cells: NDArray[np.intp]) -> list[dict[str, Any]]:
    picked = reach.twin.regions.iloc[reach.rows[cells]]
    return [
        {"id": code, "n": name, "e": name_en}
        for code, name, name_en in zip(
            picked["code"], picked["name"], picked["name_en"], strict=True
        )
    ]


def _people(
    reach: Reach, cells: NDArray[np.intp], group: str, visitor: str, small_count: int
) -> list[int] | list[None]:
    if not may_see(visitor, reach.twin.classes[group]):
        return [None] * len(cells)
    found = masked(reach, group, small_count)
    return [
        MASKED if hidden else round(p)
        for p, hidden in zip(
            found.people[cells].tolist(), found.hidden[cells].tolist(), strict=True
        )
    ]


def _upward(seconds: NDArray[Any]) -> list[float | None]:
    """
    Return minutes rounded up to steps that grow with them; None without a way.

    Tenths up to 20 minutes, halves up to an hour, then whole ones: random tenths of long ways are
    most of a layer's bytes, and limits of an hour are not chosen by the tenth.
    """
    away = seconds / 60
    step = np.where(away <= _TENTHS_UPTO, 10.0, np.where(away <= _HALVES_UPTO, 2.0, 1.0))
    # Six seconds are a tenth exactly; the division must not make a hair more of it.
    up = (np.ceil(np.round(away * step, 6)) / step).tolist()
    return [
        None if s == UNREACHED else int(m) if m.is_integer() else m
        for s, m in zip(seconds.tolist(), up, strict=True)
    ]


def short(values: NDArray[np.float64]) -> list[float]:
    """Return figures with three significant digits, which a colour and a label need."""
    return [float(f"{v:.3g}") for v in values.tolist()]


def _or_null(figures: list[float]) -> list[float | None]:
    return [None if math.isnan(v) else v for v in figures]


def _whole(people: float) -> int:
    """Return people as a whole number; ``MASKED`` for too few to be shown."""
    return MASKED if math.isnan(people) else round(people)


def _fewer_points(lines: Any) -> Any:
    """Return roads with less detail until they are no more than a map of roads has."""
    merged = shapely.line_merge(lines)
    west, south, east, north = shapely.bounds(merged)
    step = max(east - west, north - south) / 2000
    while shapely.get_num_coordinates(merged) > ROAD_POINTS and step > 0:
        merged, step = shapely.simplify(merged, step), step * 2
    return merged
