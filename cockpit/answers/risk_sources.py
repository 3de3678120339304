"""Where the figures of the risk map come from: data sets, their date and the class they make."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import highest, may_see
from cockpit.answers.happenings import Happenings
from cockpit.answers.risk_index import REACH
from cockpit.answers.risk_options import index_options
from cockpit.answers.twin import Twin
from cockpit.risk.themes import THEMES
from cockpit.store.models import Dataset, Feature, Raster
from cockpit.store.session import engine

_OF_SENSORS = ("sensors", "readings")
_OF_WAYS = ("facilities", "road_edges")


@dataclass(frozen=True)
class Origin:
    """Data sets by id, the highest class among them, and the newest of their dates."""

    sources: tuple[str, ...]
    data_class: str
    as_of: dt.date | None


def origin(known: Happenings, twin: Twin, method: str, visitor: str, options: str) -> Origin:
    """Return where the figures of a method come from, as far as the visitor may see it."""
    if method == "readings":
        return _of_sets(_of_kinds(visitor, _OF_SENSORS))
    if method == "impact":
        return _of_sets(_of_ground(visitor), twin, ("people",))
    if method == "index":
        return _of_index(known, twin, visitor, options)
    return Origin(known.sources, known.data_class, None)


def _of_index(known: Happenings, twin: Twin, visitor: str, options: str) -> Origin:
    criteria = index_options(options).criteria
    measures = ("people", *(c for c in criteria if c not in THEMES and c not in REACH))
    sets = _of_kinds(visitor, _OF_WAYS) if any(c in REACH for c in criteria) else []
    made = _of_sets(sets, twin, measures)
    if not any(c in THEMES for c in criteria):
        return made
    return Origin(
        tuple(dict.fromkeys((*known.sources, *made.sources))),
        highest((known.data_class, made.data_class)),
        made.as_of,
    )


def _of_sets(
    found: list[Dataset], twin: Twin | None = None, measures: tuple[str, ...] = ()
) -> Origin:
    ids = [one.id for one in found]
    classes = [one.data_class for one in found]
    dates = [one.as_of for one in found if one.as_of]
    if twin is not None:
        ids += [name for measure in measures for name in twin.sources.get(measure, ())]
        classes += [twin.classes[measure] for measure in measures if measure in twin.classes]
        dates += [twin.date] if twin.date else []
    return Origin(tuple(dict.fromkeys(ids)), highest(classes), max(dates, default=None))


def _of_kinds(visitor: str, kinds: tuple[str, ...]) -> list[Dataset]:
    with Session(engine()) as db:
        found = db.scalars(select(Dataset).where(Dataset.kind.in_(kinds)).order_by(Dataset.id))
        return [one for one in found if may_see(visitor, one.data_class)]


def _of_ground(visitor: str) -> list[Dataset]:
    """Return the elevation and the rivers that a flood is worked out from."""
    heights = select(Raster.dataset_id).where(Raster.kind == "elevation")
    rivers = select(Feature.dataset_id).where(Feature.layer == "rivers")
    with Session(engine()) as db:
        found = db.scalars(
            select(Dataset)
            .where(Dataset.id.in_(heights) | Dataset.id.in_(rivers))
            .order_by(Dataset.id)
        )
        return [one for one in found if may_see(visitor, one.data_class)]
