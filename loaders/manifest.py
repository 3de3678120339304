"""The county manifest ``county.toml``: what each file is, and where a mistake in it stands."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from tomlkit.exceptions import ParseError

from geodata.errors import InputError, ManifestError
from loaders.catalog import COLUMNS

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


LASTING = ("regions", "elevation", "buildings", "sensors", "road_nodes", "road_edges", "roads_osm")
"""Kinds that other data hang on: they do not expire by themselves."""


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
    as_of: dt.date | None = None
    """Day that deliveries are judged against; None: today. For the sample and for archives."""
    review_number: str = ""
    """审图号 of the map, printed beside every public map."""
    contact: Annotated[str, Field(max_length=200)] = ""
    """Whom the public tells what is wrong or missing: office, telephone, address of mail."""


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
    tiles: bool = False
    """Areas of a layer (kind features) should meet without gaps and overlaps: audit them."""
    match: Literal["code", "name"] = "code"
    """How rows find their region."""
    move_by: Literal["buildings", "area"] = "buildings"
    """How counts of a region are moved to its cells."""
    date: dt.date | None = None
    refresh_days: Annotated[int, Field(gt=0)] | None = None
    """Expected days between two deliveries; older is untimely."""
    keep_days: Annotated[int, Field(gt=0)] | None = None
    """Days after the data's date that they may be kept: events and readings each after its own."""
    keep_until: dt.date | None = None
    """Last day that they may be kept."""
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

    @model_validator(mode="after")
    def _may_expire(self) -> Dataset:
        if (self.keep_days or self.keep_until) and self.kind in LASTING:
            raise ValueError("other data hang on this kind; give neither keep_days nor keep_until")
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


Share = Annotated[float, Field(gt=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class StandardChange(_Strict):
    """A county's own figures for one standard of provision; what is left out stays."""

    limit: Positive | None = None
    """Minutes, metres, people or beds, as the standard says."""
    goal: Share | None = None
    """Share that must meet it for a green light."""
    watch: Share | None = None
    """Share below which the light is red."""
    source: Annotated[str, Field(min_length=1)] | None = None
    """Document that sets these figures."""
    or_minutes: Positive | None = None
    """Minutes that are enough as well, where the standard has such a second limit."""


class TravelChange(_Strict):
    """A county's own speeds for one way of travelling; what is left out stays."""

    speeds_kmh: dict[str, Any] = {}
    """Road class to km/h."""
    surface_factors: dict[str, Any] = {}
    """"gravel" and "earth" to the share of the speed that is left."""
    grade_loss: float | None = None
    off_road_ms: float | None = None
    off_road_limit_m: float | None = None
    off_road_detour: float | None = None
    keeps_oneway: bool | None = None
    keeps_maxspeed: bool | None = None


class Manifest(_Strict):
    """A whole county.toml. ``folder`` is where its relative file names start."""

    county: County
    cells: Cells | None = None
    dataset: tuple[Dataset, ...]
    crosscheck: tuple[CrossCheck, ...] = ()
    standards: dict[str, StandardChange] = {}
    """Standard of provision to the county's own figures."""
    travel: dict[str, TravelChange] = {}
    """Way of travelling to the county's own speeds."""
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

    def changes(self, table: Literal["standards", "travel"]) -> dict[str, dict[str, Any]]:
        """Return what a table changes: id to the keys that are written there, as JSON."""
        entries: dict[str, StandardChange] | dict[str, TravelChange] = getattr(self, table)
        return {
            name: entry.model_dump(mode="json", exclude_unset=True)
            for name, entry in entries.items()
        }

    def entry(self, dataset_id: str) -> Dataset:
        """Return the data set of that id; ``KeyError`` when there is none."""
        return {entry.id: entry for entry in self.dataset}[dataset_id]


# ---------------------------------------------------------------- reading and writing

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\"' -]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"^\s*([A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')((?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'))*)\s*="
)
_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")

Location = tuple[str | int, ...]


def read_manifest(path: Path) -> Manifest:
    """
    Read and check a county.toml; ``folder`` of the result is the folder that holds it.

    Raises
    ------
    ManifestError
        If the file is missing, no TOML, or a key is missing, unknown or wrong. The sentence names
        the file and the line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ManifestError("{file}: no such file.", file=path.name) from error
    except OSError as error:
        raise ManifestError("{file}: the file cannot be read.", file=path.name) from error
    except UnicodeDecodeError as error:
        raise ManifestError("{file}: not written in UTF-8.", file=path.name) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _toml_error(path, text, error) from error
    if "folder" in content:
        line = _lines_of(text).get(("folder",), 1)
        raise ManifestError(
            "{file}, line {line}: {key} is no known key. Known: {known}.",
            file=path.name,
            line=line,
            key="folder",
            known=", ".join(_TABLES),
        )
    try:
        manifest = Manifest.model_validate({**content, "folder": path.resolve().parent})
    except ValidationError as error:
        raise _first_error(path, text, error) from error
    _require_metres(path, text, manifest.county.crs)
    _require_known_columns(path, text, manifest)
    _require_travel(path, text, manifest)
    return manifest


def _toml_error(path: Path, text: str, error: tomllib.TOMLDecodeError) -> ManifestError:
    place = _TOML_PLACE.search(str(error))
    line = int(place[1]) if place and place[1] else text.count("\n") + 1
    return ManifestError(
        "{file}, line {line}: this is not TOML ({problem}).",
        file=path.name,
        line=line,
        problem=_TOML_PLACE.sub("", str(error)),
    )


def _lines_of(text: str) -> dict[Location, int]:
    """Return the line (1-based) of every table header and key, by its location."""
    lines: dict[Location, int] = {}
    counts: dict[Location, int] = {}
    table: Location = ()
    closing = ""  # the end of a multi-line string or array we are in
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = "" if _closes(line, closing) else closing
            continue
        header = _HEADER.match(line)
        if header:
            table = _table_location(header, counts)
            lines.setdefault(table, number)
            continue
        key = _KEY.match(line)
        if key:
            parts = [p.strip().strip("\"'") for p in (key[1] + key[2]).split(".")]
            for n in range(1, len(parts) + 1):
                lines.setdefault((*table, *parts[:n]), number)
            closing = _opens(line[key.end() :])
    return lines


def _table_location(header: re.Match[str], counts: dict[Location, int]) -> Location:
    """Return the location of a table header; the n-th [[dataset]] is ("dataset", n)."""
    here: Location = ()
    parts = [p.strip().strip("\"'") for p in header[2].split(".")]
    for position, part in enumerate(parts):
        here = (*here, part)
        last = position == len(parts) - 1
        if header[1] == "[[" and last:
            counts[here] = counts.get(here, -1) + 1
        if here in counts:
            here = (*here, counts[here])
    return here


def _opens(value: str) -> str:
    for quotes in ('"""', "'''"):
        if value.count(quotes) == 1:
            return quotes
    bare = re.sub(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|#.*", "", value)
    return "]" if bare.count("[") > bare.count("]") else ""


def _closes(line: str, closing: str) -> bool:
    if closing == "]":
        bare = re.sub(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|#.*", "", line)
        return bare.count("]") > bare.count("[")
    return closing in line


def _line_at(lines: dict[Location, int], location: Location) -> int:
    for n in range(len(location), 0, -1):
        if location[:n] in lines:
            return lines[location[:n]]
    return 1


def _first_error(path: Path, text: str, error: ValidationError) -> ManifestError:
    """Word the mistake that stands first in the file."""
    lines = _lines_of(text)
    problems = [(_line_at(lines, tuple(p["loc"])), p) for p in error.errors()]
    line, problem = min(problems, key=lambda pair: pair[0])
    location = tuple(problem["loc"])
    key = ".".join(part for part in location if isinstance(part, str))
    found = _shown(problem["input"])
    match problem["type"]:
        case "literal_error" | "enum":
            return ManifestError(
                "{file}, line {line}: {key} is {found}; expected one of {expected}.",
                file=path.name,
                line=line,
                key=key,
                found=found,
                expected=_choices(problem["ctx"]["expected"]),
            )
        case "missing":
            return ManifestError(
                "{file}, line {line}: {key} is missing.", file=path.name, line=line, key=key
            )
        case "extra_forbidden":
            return ManifestError(
                "{file}, line {line}: {key} is no known key. Known: {known}.",
                file=path.name,
                line=line,
                key=key,
                known=", ".join(_known_keys(location)),
            )
        case "value_error":
            return ManifestError(
                "{file}, line {line}: {problem}.",
                file=path.name,
                line=line,
                problem=problem["msg"].removeprefix("Value error, "),
            )
    return ManifestError(
        "{file}, line {line}: {key} is {found}; {problem}.",
        file=path.name,
        line=line,
        key=key,
        found=found,
        problem=problem["msg"][:1].lower() + problem["msg"][1:],
    )


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _choices(expected: str) -> str:
    return expected.replace("'", "").replace(" or ", ", ")


_TABLES: dict[str, type[BaseModel]] = {
    "county": County,
    "cells": Cells,
    "dataset": Dataset,
    "crosscheck": CrossCheck,
    "standards": StandardChange,
    "travel": TravelChange,
}


def _known_keys(location: Location) -> list[str]:
    if len(location) > 1 and location[0] in _TABLES:
        fields = _TABLES[str(location[0])].model_fields
        return [info.alias or name for name, info in fields.items()]
    return list(_TABLES)


def _require_metres(path: Path, text: str, crs: str) -> None:
    """Refuse a county system that is unknown or no projected one in metres."""
    # Below the door: pages read stored manifests and need no reference systems for it.
    from geodata.crs import known_crs

    line = _line_at(_lines_of(text), ("county", "crs"))
    try:
        system = known_crs(crs)
    except InputError as error:
        raise ManifestError(
            "{file}, line {line}: {crs} is no known reference system; expected a projected one in "
            "metres, such as EPSG:4546.",
            file=path.name,
            line=line,
            crs=_shown(crs),
        ) from error
    metres = all(axis.unit_name in ("metre", "meter") for axis in system.axis_info[:2])
    if not system.is_projected or not metres:
        raise ManifestError(
            "{file}, line {line}: {crs} is not projected in metres; expected a system such as "
            "EPSG:4546.",
            file=path.name,
            line=line,
            crs=_shown(crs),
        )


def _require_known_columns(path: Path, text: str, manifest: Manifest) -> None:
    """Refuse columns that the data dictionary does not know; features may carry any."""
    lines = _lines_of(text)
    for number, entry in enumerate(manifest.dataset):
        known = [column.name for column in COLUMNS[entry.kind]]
        if entry.kind == "features":
            continue
        for part in ("columns", "values", "constant", "units"):
            for name in getattr(entry, part):
                if name not in known:
                    raise ManifestError(
                        "{file}, line {line}: {column} is no column of {kind}. Known: {known}.",
                        file=path.name,
                        line=_line_at(lines, ("dataset", number, part, name)),
                        column=name,
                        kind=entry.kind,
                        known=", ".join(known) or "-",
                    )


def _require_travel(path: Path, text: str, manifest: Manifest) -> None:
    """Refuse speeds, classes and ways of travelling that make no sense."""
    if not manifest.travel:
        return
    # Below the door: pages read stored manifests and need no road network for it.
    from geodata.network.modes import configured

    for location, change in _single_changes(manifest):
        try:
            configured(change)
        except InputError as error:
            raise _at_line(path, text, ("travel", *location), error) from error


def _single_changes(manifest: Manifest) -> Iterator[tuple[Location, dict[str, Any]]]:
    """Yield each change of travel on its own with its place, so that a fault has its line."""
    for mode, change in manifest.changes("travel").items():
        yield (mode,), {mode: {}}
        for key, value in change.items():
            if not isinstance(value, dict):
                yield (mode, key), {mode: {key: value}}
                continue
            for part, number in value.items():
                yield (mode, key, part), {mode: {key: {part: number}}}


def _at_line(path: Path, text: str, location: Location, error: InputError) -> ManifestError:
    # One template from two, so that a page can say the whole sentence in another language.
    line = _line_at(_lines_of(text), location)
    return ManifestError(
        "{file}, line {line}: " + error.template, file=path.name, line=line, **error.values
    )


def at_line(path: Path, location: Location, error: InputError) -> ManifestError:
    """Return an error about a key of a manifest as one that names the file and the line."""
    return _at_line(path, path.read_bytes().decode("utf-8-sig"), location, error)


def write_matches(path: Path, dataset_id: str, matches: dict[str, str]) -> None:
    """
    Write which header was taken for which standard column into the manifest.

    Columns that the manifest names already are left as they are; comments and order stay. Nothing
    is written when nothing is new. The file is replaced at once, never half written.

    Raises
    ------
    ManifestError
        If the manifest cannot be read, or has no data set of that id.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = tomlkit.parse(text)
    except FileNotFoundError as error:
        raise ManifestError("{file}: no such file.", file=path.name) from error
    except (OSError, UnicodeDecodeError, ParseError) as error:
        raise ManifestError("{file}: the file cannot be read.", file=path.name) from error
    datasets: list[Any] = list(document.get("dataset", []))
    entries = [entry for entry in datasets if entry.get("id") == dataset_id]
    if not entries:
        raise ManifestError(
            "{file}: there is no data set {dataset}.", file=path.name, dataset=dataset_id
        )
    entry = entries[0]
    new = {k: v for k, v in matches.items() if k not in entry.get("columns", {})}
    if not new:
        return
    if "columns" not in entry:
        entry["columns"] = tomlkit.inline_table()
    for name, header in new.items():
        entry["columns"][name] = header
    draft = path.with_name(path.name + ".new")
    draft.write_text(tomlkit.dumps(document), encoding="utf-8")
    draft.replace(path)
