"""Which columns of which kind of data are open, in plain words and with units. Default: none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cockpit.locale import translate

ColumnType = Literal["text", "integer", "number", "boolean", "date"]


@dataclass(frozen=True)
class OpenColumn:
    """One column of an open file: what it is called, what it says, in which unit."""

    name: str
    type: ColumnType
    title: str
    title_en: str
    description: str
    description_en: str
    unit: str = ""
    unit_en: str = ""


def column(
    name: str, kind: ColumnType, title: str, description: str, unit: str = "", **values: object
) -> OpenColumn:
    """Return a column; title, description and unit are msgids, filled with ``values``."""
    said = [
        translate(sentence, language, **values) if sentence else ""
        for sentence in (title, description, unit)
        for language in ("zh", "en")
    ]
    return OpenColumn(name, kind, *said)


_LON = ("lon", "number", "Longitude", "Degrees east, CGCS2000 (to a metre the same as WGS 84)", "°")
_LAT = (
    "lat",
    "number",
    "Latitude",
    "Degrees north, CGCS2000 (to a metre the same as WGS 84)",
    "°",
)
_ROAD: tuple[tuple[str, ...], ...] = (
    ("id", "integer", "Number", "Number of the road in this data set"),
    ("road_class", "text", "Road class", "From motorway down to path"),
    ("name", "text", "Name", "Name of the road, where it has one"),
    (
        "oneway",
        "integer",
        "One-way road",
        "1: only in the direction drawn; -1: only against; 0: both",
    ),
    ("maxspeed_kmh", "number", "Speed limit", "Speed limit as signposted", "km/h"),
    ("surface", "text", "Road surface", "What the road is made of"),
    ("bridge", "boolean", "Bridge", "Whether this piece is a bridge"),
    ("length_m", "number", "Road length", "Length of this piece", "m"),
)

ALLOWED: dict[str, tuple[tuple[str, ...], ...]] = {
    "regions": (
        ("code", "text", "Code", "Statistical code of the region"),
        ("level", "text", "Region level", "county, township, village or grid"),
        ("parent", "text", "Parent code", "Code of the region it belongs to"),
        ("name", "text", "Name", "Official name"),
        ("name_en", "text", "English name", "Name in English, where it has one"),
        ("area_km2", "number", "Area", "Area in the county's projection", "km²"),
    ),
    "facilities": (
        ("id", "text", "Number", "Number of the place in this data set"),
        ("name", "text", "Name", "Official name"),
        ("kind", "text", "Kind", "Kind of place, such as clinic or primary_school"),
        ("capacity", "number", "Capacity", "Beds or places", "places or beds"),
        ("referral_level", "text", "Hospital grade", "Grade of a hospital"),
        ("open_from", "date", "Open from", "First day; empty: not known"),
        ("open_to", "date", "Open until", "Last day; empty: still open"),
        _LON,
        _LAT,
    ),
    "road_edges": _ROAD,
    "roads_osm": _ROAD,
    "features": (
        ("id", "integer", "Number", "Number of the thing in this data set"),
        ("layer", "text", "Map layer", "Map layer, such as rivers"),
        ("name", "text", "Name", "Name, where it has one"),
        ("kind", "text", "Kind", "Kind, as the department calls it"),
    ),
    "sensors": (
        ("id", "text", "Number", "Number of the device"),
        ("kind", "text", "Kind", "What it measures"),
        ("unit", "text", "Unit", "Unit of what it measures"),
        _LON,
        _LAT,
    ),
}
"""
By kind of data set: name, type and words of each column that may leave the county.

Kinds about persons (population, households, vulnerable, persons, organisations, buildings, events)
are not here, whatever class they were given: figures about people come from releases alone. Nor
are columns that come from such data by another door: the middle of a region is weighted by its
residents, a staff of one is a person.
"""

POINTS = frozenset({"facilities", "sensors"})
"""Kinds whose place stands in the columns lon and lat; others have a shape."""

TIMES: dict[str, tuple[str, str]] = {
    "facilities": ("open_from", "open_to"),
    "release": ("as_of", "as_of"),
}
"""By kind: the columns that say from when until when a thing exists (empty: no limit)."""

KEYS: dict[str, str] = {"regions": "code", "release": "code"}
"""By kind: the column that names a row; otherwise ``id``."""


def key_of(kind: str) -> str:
    """Return the column that names a row of a kind."""
    return KEYS.get(kind, "id")


def columns_of(kind: str) -> tuple[OpenColumn, ...]:
    """Return the open columns of a kind of data set; none for a kind that is not open."""
    return tuple(column(*words) for words in ALLOWED.get(kind, ()))  # type: ignore[arg-type]
