"""The county manifest ``county.toml``: what each file is, and where a mistake in it stands."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from geodata.errors import ManifestError

DataClass = Literal["公开", "备用", "敏感", "秘密"]
Level = Literal["county", "township", "village", "grid"]
Kind = Literal[
    "regions",
    "population",
    "households",
    "vulnerable",
    "facilities",
    "buildings",
    "organisations",
    "persons",
    "road_nodes",
    "road_edges",
    "roads_osm",
    "features",
    "elevation",
    "events",
    "sensors",
    "readings",
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class County(_Strict):
    """The county itself."""

    code: Annotated[str, Field(min_length=1, max_length=32)]
    name: str
    name_en: str = ""
    crs: Annotated[str, Field(description="projected system in metres, e.g. EPSG:4546")]
    language: Literal["zh", "en"] = "zh"
    invented: bool = False
    code_scheme: Literal["cn", "free"] = "cn"
    """cn: codes follow the 12-digit statistical code; free: any text."""
    box: tuple[float, float, float, float] | None = None
    """West, south, east, north in degrees; None: the union of the county's boundaries."""
    review_number: str = ""
    """审图号 of the map, printed beside every public map."""


class Cells(_Strict):
    """Cells to be made where a source has no grid level."""

    shape: Literal["square", "h3"] = "square"
    size_m: Annotated[float, Field(gt=0)] = 500.0
    resolution: Annotated[int, Field(ge=0, le=15)] = 9
    under: Level = "township"
    """Level whose regions are cut into cells; each cell belongs to one of them."""


class Dataset(_Strict):
    """One entry a data set: a file or a database table, and how to read it."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
    title: str
    title_en: str = ""
    kind: Kind
    file: str = ""
    """Path relative to the manifest; a zip may name its inner file after '!'."""
    database: str = ""
    """An SQLAlchemy address instead of a file."""
    table: str = ""
    """Table of the database, sheet of a workbook, or layer of a GeoPackage."""
    level: Level | None = None
    """Level of the regions (kind regions), or of the codes (population and others)."""
    layer: str = ""
    """Name of the map layer (kind features): rivers, zones ..."""
    columns: dict[str, str] = {}
    """Standard column to header in the file; what is missing is matched by known aliases."""
    values: dict[str, dict[str, str]] = {}
    """Standard column to {value in file: standard value}, e.g. facility kinds."""
    constant: dict[str, str | int | float] = {}
    """Standard column to one value for all rows, e.g. kind = "usual"."""
    units: dict[str, str] = {}
    encoding: str = ""
    crs: str = ""
    offset: Literal["", "gcj02", "bd09"] = ""
    areas: Literal["given", "voronoi", "h3", "none"] = "given"
    """Regions without polygons: areas around points inside the parent, H3 cells by id, or none."""
    match: Literal["code", "name"] = "code"
    """How rows find their region."""
    move_by: Literal["buildings", "area"] = "buildings"
    """How counts of a region are moved to its cells."""
    date: dt.date | None = None
    refresh_days: Annotated[int, Field(gt=0)] | None = None
    """Expected days between two deliveries; older is untimely."""
    department: str = ""
    owner: str = ""
    purpose: str = ""
    data_class: Annotated[DataClass, Field(alias="class")] = "备用"
    licence: str = ""
    strict: bool = False
    """True: one bad row refuses the data set."""
    confirmed: tuple[str, ...] = ()
    """Questions that a person has answered with yes, by their name (see AskFirst)."""

    @model_validator(mode="after")
    def _one_source(self) -> Dataset:
        if bool(self.file) == bool(self.database):
            raise ValueError("give either file or database")
        return self

    @field_validator("file")
    @classmethod
    def _stays_inside(cls, value: str) -> str:
        if "\x00" in value:
            raise ValueError("a file name without control characters")
        return value


class CrossCheck(_Strict):
    """Two sources of the same fact, compared field by field."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
    title: str
    title_en: str = ""
    left: str
    """Data set that is taken as the authority."""
    right: str
    fields: tuple[str, ...]


class Manifest(_Strict):
    """A whole county.toml. ``folder`` is where its relative file names start."""

    county: County
    cells: Cells | None = None
    dataset: tuple[Dataset, ...]
    crosscheck: tuple[CrossCheck, ...] = ()
    folder: Path = Path()

    @model_validator(mode="after")
    def _ids(self) -> Manifest:
        ids = [entry.id for entry in self.dataset]
        double = {i for i in ids if ids.count(i) > 1}
        if double:
            raise ValueError(f"each data set id once; {sorted(double)[0]} stands twice")
        for check in self.crosscheck:
            for side in (check.left, check.right):
                if side not in ids:
                    raise ValueError(f"crosscheck {check.id} names {side}, which is no data set")
        return self

    def entry(self, dataset_id: str) -> Dataset:
        """Return the data set of that id; ``KeyError`` when there is none."""
        return {entry.id: entry for entry in self.dataset}[dataset_id]
