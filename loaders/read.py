"""The door for all data: one entry of the manifest in, one checked table out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.errors import CockpitError, DataFileError
from loaders import aliases, elevation, places, roads, tables, vectors
from loaders.catalog import COLUMNS, DATED
from loaders.checks import check_table
from loaders.files import TITLES, Opened, opened
from loaders.manifest import Dataset, Manifest
from loaders.places import Reading
from loaders.table import Finding, LoadedTable, ReadContext


def read_dataset(entry: Dataset, manifest: Manifest, *, context: ReadContext) -> LoadedTable:
    """
    Read one data set of the manifest, bring it into standard columns, and check it.

    Parameters
    ----------
    entry
        The data set; its file name starts at ``manifest.folder``.
    manifest
        The whole manifest: county, box, code scheme.
    context
        What is known of the county so far.

    Returns
    -------
    LoadedTable
        Good rows in standard columns with ``row``; findings; which header was taken for what.
        Shapes and points are in EPSG:4326. For ``roads_osm`` and lines ``extra["nodes"]`` has the
        nodes (id, lon, lat); for ``elevation`` the table is empty and ``extra`` has "path",
        "crs", "bounds" and "shape".

    Raises
    ------
    DataFileError
        If the source is missing, unreadable, empty, without a column that must be there, or, for
        a strict entry, has any bad row.
    AskFirst
        If its places lie outside the county or off known places; ``values["question"]`` is what
        ``confirmed`` must hold to load it all the same.
    """
    if entry.database:
        raw = tables.read_database(
            entry.database, entry.table, folder=manifest.folder, limits=context.limits
        )
        reading = Reading(entry, manifest, context, file_name(entry))
        return _strict(_from_raw(raw, reading, sha256=raw.sha256, cut_names=False))
    path, inner = source_path(entry, manifest)
    with opened(path, inner=inner, limits=context.limits) as source:
        reading = Reading(entry, manifest, context, source.name)
        return _strict(_from_file(source, path, reading))


def source_path(entry: Dataset, manifest: Manifest) -> tuple[Path, str]:
    """Return an entry's file and, for a zip, the name of the file within it."""
    outer, _, inner = entry.file.partition("!")
    return manifest.folder / outer, inner


def file_name(entry: Dataset) -> str:
    """Return how messages name an entry's source: without folders and passwords."""
    if entry.file:
        return Path(entry.file.partition("!")[0]).name
    return entry.table or entry.database.rpartition("@")[2]


def _from_file(source: Opened, path: Path, reading: Reading) -> LoadedTable:
    kind = reading.entry.kind
    if kind == "elevation":
        return elevation.load(source, path, reading)
    if kind == "roads_osm":
        return roads.load_osm(source, reading)
    raw = read_raw(source, reading)
    cut = source.kind == "shapefile"
    return _from_raw(raw, reading, sha256=source.sha256, cut_names=cut)


def read_raw(source: Opened, reading: Reading) -> tables.RawTable:
    """Read a source as it stands, by its type."""
    entry, limits = reading.entry, reading.context.limits
    known = aliases.known_headers(entry)

    def score(cells: Sequence[str]) -> int:
        return aliases.count_known(cells, known)

    path, file, wanted = source.path, source.name, entry.table
    readers: dict[str, Callable[[], tables.RawTable]] = {
        "csv": lambda: tables.read_csv(
            path, file, encoding=entry.encoding, score=score, limits=limits
        ),
        "workbook": lambda: tables.read_workbook(
            path, file, sheet=wanted, score=score, limits=limits
        ),
        "parquet": lambda: (
            vectors.read_geoparquet(path, file, limits=limits)
            or tables.read_parquet(path, file, limits=limits)
        ),
        "sqlite": lambda: tables.read_sqlite(path, file, table=wanted, limits=limits),
        "geojson": lambda: vectors.read_geojson(path, file, encoding=entry.encoding, limits=limits),
        "geopackage": lambda: vectors.read_layer(
            path, file, "geopackage", layer=wanted, limits=limits
        ),
        "flatgeobuf": lambda: vectors.read_layer(
            path, file, "flatgeobuf", layer=wanted, limits=limits
        ),
        "shapefile": lambda: vectors.read_shapefile(
            path, file, encoding=entry.encoding, limits=limits
        ),
    }
    if source.kind not in readers:
        raise DataFileError(
            "{file}: a {type} file cannot be read as {kind}.",
            file=file,
            type=TITLES[source.kind],
            kind=entry.kind,
        )
    return readers[source.kind]()


def _from_raw(
    raw: tables.RawTable, reading: Reading, *, sha256: str, cut_names: bool
) -> LoadedTable:
    entry, file = reading.entry, reading.file
    raw = _with_joined(raw, entry)
    matches = aliases.match_headers(raw.headers, entry, file, cut_names=cut_names)
    required = [c.name for c in COLUMNS[entry.kind] if c.required and c.type != "geometry"]
    if raw.geometry is not None:
        required = [name for name in required if name not in ("lon", "lat")]
    aliases.require(matches, required, entry, file, raw.headers)
    _require_date(matches, entry, file)
    table = _standard(raw, matches, entry)
    findings = _raw_findings(raw, reading)
    table, more = _placed(table, raw, reading)
    if entry.kind == "road_edges":
        table, extra, road_findings = roads.finish_edges(table, reading)
        more += road_findings
    else:
        extra = {}
    units = {**{k: v for k, v in matches.units.items() if v}, **entry.units}
    checking = replace(reading, entry=entry.model_copy(update={"units": units}))
    _require_mostly_good(table, checking)
    good, checked = _checked(table, checking)
    return LoadedTable(
        dataset=entry,
        table=good,
        findings=tuple(findings + more + checked),
        matches=dict(matches.headers),
        sha256=sha256,
        n_rows=raw.n_rows,
        encoding=raw.encoding,
        extra=extra,
    )


def _require_date(matches: aliases.Matches, entry: Dataset, file: str) -> None:
    """Refuse figures of no day; they could stand beside no others."""
    dated = "date" in matches.positions or "date" in entry.constant or entry.date is not None
    if entry.kind in DATED and not dated:
        raise DataFileError(
            "{file}: no date; name the column, or give the data set a date.", file=file
        )


def _checked(table: pd.DataFrame, reading: Reading) -> tuple[pd.DataFrame, list[Finding]]:
    return check_table(
        table, entry=reading.entry, manifest=reading.manifest, context=reading.context
    )


MANY_ROWS = 100_000
TRIAL_ROWS = 1_000


def _require_mostly_good(table: pd.DataFrame, reading: Reading) -> None:
    """
    Refuse a long table whose first rows are nearly all wrong.

    That is a wrong column, not many wrong rows, and a million findings would help nobody.
    """
    if len(table) < MANY_ROWS:
        return
    _, findings = _checked(table.head(TRIAL_ROWS), reading)
    bad = [f for f in findings if f.severity == "error" and f.row is not None]
    n_bad = len({f.row for f in bad})
    if n_bad < 0.9 * TRIAL_ROWS:
        return
    raise DataFileError(
        "{file}, row {row}: {column} is {found}; expected {expected}. "
        "{n_bad} of the first {n_rows} rows are wrong.",
        file=reading.file,
        row=bad[0].row,
        column=bad[0].column,
        found=bad[0].found or "-",
        expected=CockpitError(bad[0].expected, **bad[0].values),
        n_bad=n_bad,
        n_rows=TRIAL_ROWS,
    )


def _with_joined(raw: tables.RawTable, entry: Dataset) -> tables.RawTable:
    """
    Add the columns that the manifest joins from two or more, such as ``parish + name``.

    The parts stand with a middle dot between them; a row that misses one has no value. It makes
    keys of files that number their rows only within a group.
    """
    place = {aliases.plain(header): number for number, header in enumerate(raw.headers)}
    for header in dict.fromkeys(entry.columns.values()):
        parts = [aliases.plain(part) for part in header.split(" + ")]
        if len(parts) < 2 or aliases.plain(header) in place or not all(p in place for p in parts):
            continue
        texts = [raw.table[place[part]].map(tables.as_text, na_action="ignore") for part in parts]
        joined = texts[0].str.cat(texts[1:], sep="·")
        table = raw.table.assign(**{"joined": joined}).set_axis(range(len(raw.headers) + 1), axis=1)
        raw = replace(raw, table=table, headers=(*raw.headers, header))
    return raw


def _standard(raw: tables.RawTable, matches: aliases.Matches, entry: Dataset) -> pd.DataFrame:
    """Return the matched columns under their standard names; codes and choices always as text."""
    types = {column.name: column.type for column in COLUMNS[entry.kind]}
    columns: dict[str, Any] = {"row": raw.rows}
    for name, place in matches.positions.items():
        column = raw.table[place]
        numeric = types.get(name) in ("count", "amount", "degrees")
        if not numeric and pd.api.types.is_numeric_dtype(column):
            column = column.map(tables.as_text, na_action="ignore").astype("str")
        columns[name] = column
    table = pd.DataFrame(columns)
    for name, mapping in entry.values.items():
        if name in table and "*" in mapping:
            known = table[name].isin([k for k in mapping if k != "*"]) | table[name].isna()
            table[name] = table[name].where(known, mapping["*"])
    return table


def _raw_findings(raw: tables.RawTable, reading: Reading) -> list[Finding]:
    """List rows that could not be split into cells, and what was mended when reading."""
    findings = [
        reading.finding(
            fault.row, "", "row.cells", "validity", "error", str(fault.found),
            "{n} cells in the row", text=fault.text, n=fault.expected,
        )
        for fault in raw.faults
    ]  # fmt: skip
    for note in raw.notes:
        rule, expected = _NOTES[note]
        findings.append(reading.finding(None, "", rule, "validity", "note", "", expected))
    return findings


_NOTES = {
    "open rings": ("geometry.open", "rings that end where they begin; they were closed"),
    "duplicate ids": ("feature.id", "each feature id once; ids stand twice"),
}


def _placed(
    table: pd.DataFrame, raw: tables.RawTable, reading: Reading
) -> tuple[pd.DataFrame, list[Finding]]:
    """Bring points and shapes to longitude and latitude."""
    entry = reading.entry
    if raw.geometry is not None:
        if entry.kind in _POINT_KINDS:
            return _points_of_shapes(table, raw, reading)
        return places.place_shapes(table, raw.geometry, entry.crs or raw.crs, reading)
    if entry.kind == "regions":
        return _regions_of_table(table, raw, reading)
    if "geometry" in table.columns:
        shapes = places.shapes_of_wkt(table["geometry"])
        return places.place_shapes(table.drop(columns="geometry"), shapes, entry.crs, reading)
    if entry.kind == "features":
        return _features_at_points(table, reading)
    return places.place_points(table, reading), []


def _regions_of_table(
    table: pd.DataFrame, raw: tables.RawTable, reading: Reading
) -> tuple[pd.DataFrame, list[Finding]]:
    """Give regions of a plain table their shapes, as the entry's ``areas`` says."""
    entry = reading.entry
    if entry.areas == "h3":
        shapes = places.shapes_of_h3(table["code"])
        bare = table.drop(columns=["lon", "lat", "geometry"], errors="ignore")
        return places.place_shapes(bare, shapes, "EPSG:4326", reading)
    if entry.areas == "given":
        if "geometry" not in table.columns:
            raise aliases.missing_column("geometry", "图形", raw.headers, reading.file)
        shapes = places.shapes_of_wkt(table["geometry"])
        return places.place_shapes(table.drop(columns="geometry"), shapes, entry.crs, reading)
    return places.place_points(table.drop(columns="geometry", errors="ignore"), reading), []


_POINT_KINDS = {"facilities", "events", "sensors", "organisations", "road_nodes", "persons"}


def _points_of_shapes(
    table: pd.DataFrame, raw: tables.RawTable, reading: Reading
) -> tuple[pd.DataFrame, list[Finding]]:
    """Turn shapes of things that we keep as points into a point inside each."""
    assert raw.geometry is not None  # noqa: S101 - the caller looked; tells the type checker
    bare = table.drop(columns=["lon", "lat"], errors="ignore")
    declared = reading.entry.crs or raw.crs
    shapes, findings = places.place_shapes(bare, raw.geometry, declared, reading)
    inside = shapes.geometry.representative_point()
    plain = pd.DataFrame(shapes.drop(columns="geometry"))
    return plain.assign(lon=inside.x.to_numpy(), lat=inside.y.to_numpy()), findings


def _features_at_points(
    table: pd.DataFrame, reading: Reading
) -> tuple[pd.DataFrame, list[Finding]]:
    if not {"lon", "lat"} <= set(table.columns):
        raise aliases.missing_column("geometry", "图形", list(table.columns), reading.file)
    x, y = places.numbers_of(table["lon"]), places.numbers_of(table["lat"])
    shapes = np.array(gpd.points_from_xy(x, y), dtype=object)
    shapes[~(np.isfinite(x) & np.isfinite(y))] = None
    bare = table.drop(columns=["lon", "lat"])
    return places.place_shapes(bare, shapes, reading.entry.crs or "EPSG:4326", reading)


def _strict(loaded: LoadedTable) -> LoadedTable:
    """Refuse a strict data set with a bad row."""
    bad = [f for f in loaded.findings if f.severity == "error"]
    if not loaded.dataset.strict or not bad:
        return loaded
    first = bad[0]
    raise DataFileError(
        "{file}, row {row}: {column} is {found}; expected {expected}. "
        "{n_bad} of {n_rows} rows are like this, and the manifest says strict.",
        file=first.file,
        row=first.row or "-",
        column=first.column or "-",
        found=first.found or "-",
        expected=CockpitError(first.expected, **first.values),
        n_bad=len({f.row for f in bad}),
        n_rows=loaded.n_rows,
    )
