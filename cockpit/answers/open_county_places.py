"""What the public may know of the county's places: regions, facilities and roads of class 公开."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import CLASSES
from cockpit.answers.search import search
from cockpit.answers.twin import LEVELS, Twin
from cockpit.store.models import Batch, Dataset, Facility, Meta, Region
from cockpit.store.session import data_version, engine

PUBLIC = CLASSES[0]
_COLUMNS = ("code", "level", "path", "name", "name_en", "pinyin")
_NO_VERSION = ""


@dataclass(frozen=True)
class OpenPlaces:
    """
    The county's places, from data sets of class 公开 alone, and no figure of anybody.

    ``regions`` has one row a region, parents before children: code, level, path, name, name_en,
    pinyin, lon, lat. A region's point lies in the middle of its shape: the store's own middle is
    drawn to where people live, which is not public. ``facilities``: id, name, kind, region_code,
    lon, lat, those of today.
    """

    version: str
    county: dict[str, Any]
    regions: pd.DataFrame
    shapes: NDArray[np.object_]  # (n_regions,) areas in degrees; None without
    facilities: pd.DataFrame
    has_roads: bool

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels below the county whose borders are public, the highest first."""
        there = set(self.regions["level"][~shapely.is_missing(self.shapes)])
        return tuple(level for level in LEVELS[1:] if level in there)

    def row(self, code: str) -> int | None:
        """Return the row of a region; None when it is not among them."""
        found = np.flatnonzero((self.regions["code"] == code).to_numpy())
        return int(found[0]) if len(found) else None

    def bounds(self) -> tuple[float, float, float, float] | None:
        """Return west, south, east and north of all shapes in degrees; None without any."""
        there = self.shapes[~shapely.is_missing(self.shapes)]
        if not len(there):
            return None
        west, south, east, north = shapely.total_bounds(there)
        return float(west), float(south), float(east), float(north)

    def kinds(self) -> Counter[str]:
        """Return how many facilities there are of each kind."""
        return Counter(self.facilities["kind"])


_lock = threading.Lock()
_kept: dict[tuple[str, str], OpenPlaces] = {}


def open_places() -> OpenPlaces | None:
    """
    Return the public places of the county as stored now; None when nothing has been loaded.

    Read once for a version of the data.
    """
    with _lock, Session(engine()) as db:
        key = (str(engine().url), data_version(db))
        if key[1] == _NO_VERSION:
            return None
        if key not in _kept:
            found = _read(db, key[1])
            if found is None:
                return None
            _kept.clear()
            _kept[key] = found
        return _kept[key]


def forget() -> None:
    """Drop what is kept: a test changed the store behind our back."""
    with _lock:
        _kept.clear()


def villages_like(places: OpenPlaces, text: str, *, most: int = 8) -> list[int]:
    """
    Return the rows of villages that a text means, best first, by name, pinyin or code.

    A county without villages is searched for townships. Nothing for an empty text.
    """
    lowest = lowest_named(places)
    rows = np.flatnonzero((places.regions["level"] == lowest).to_numpy())
    some = places.regions.iloc[rows].reset_index(drop=True)
    found = search(_named(places, some), text, most=most)
    return [int(rows[k]) for k in found]


def lowest_named(places: OpenPlaces) -> str:
    """Return the level that people call their village: townships where there is none lower."""
    there = set(places.regions["level"])
    return next((level for level in ("village", "township") if level in there), "county")


def _named(places: OpenPlaces, regions: pd.DataFrame) -> Twin:
    return Twin(places.version, places.county, regions, {}, None, None, {}, {})


def _read(db: Session, version: str) -> OpenPlaces | None:
    county = db.execute(select(Meta.value).where(Meta.key == "county")).scalar()
    if county is None:
        return None
    datasets = db.execute(select(Dataset.id, Dataset.kind, Dataset.data_class)).all()
    public = [one.id for one in datasets if one.data_class == PUBLIC]
    batches = db.execute(select(Batch.id).where(Batch.dataset_id.in_(public))).scalars().all()
    kinds = {one.kind for one in datasets if one.data_class == PUBLIC}
    regions, shapes = _regions(db, list(batches))
    return OpenPlaces(
        version,
        dict(county),
        regions,
        shapes,
        _facilities(db, list(batches), _today(dict(county))),
        bool(kinds & {"road_edges", "roads_osm"}),
    )


def _today(county: dict[str, Any]) -> dt.date:
    told = county.get("as_of")
    return dt.date.fromisoformat(told) if told else dt.datetime.now(dt.UTC).date()


def _regions(db: Session, batches: list[int]) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    columns = [getattr(Region, name) for name in (*_COLUMNS, "geometry")]
    rows = db.execute(
        select(*columns).where(Region.batch_id.in_(batches)).order_by(Region.position)
    ).all()
    frame = pd.DataFrame([tuple(row[:-1]) for row in rows], columns=list(_COLUMNS))
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [shapely.from_wkb(row[-1]) if row[-1] is not None else None for row in rows]
    middles = shapely.point_on_surface(shapes)
    frame["lon"], frame["lat"] = shapely.get_x(middles), shapely.get_y(middles)
    return frame, shapes


def _facilities(db: Session, batches: list[int], day: dt.date) -> pd.DataFrame:
    names = ("id", "name", "kind", "region_code", "lon", "lat")
    query = (
        select(*(getattr(Facility, name) for name in names))
        .where(
            Facility.batch_id.in_(batches),
            (Facility.open_from.is_(None)) | (Facility.open_from <= day),
            (Facility.open_to.is_(None)) | (Facility.open_to >= day),
        )
        .order_by(Facility.id)
    )
    return pd.DataFrame(db.execute(query).all(), columns=list(names))
