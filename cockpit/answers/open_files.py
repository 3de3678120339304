"""Open tables as CSV, XLSX, GeoJSON, GeoPackage and Parquet: the same bytes every time."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import sqlite3
import struct
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
import xlsxwriter
from numpy.typing import NDArray

from cockpit.answers.open_columns import OpenColumn
from cockpit.answers.open_tables import OpenTable
from loaders.export import escape_formula

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "parquet": "application/vnd.apache.parquet",
    "datapackage": "application/json",
    "zip": "application/zip",
}
LAYOUT = 2
"""Raised when the files change their form: kept ones are then made anew."""
DECIMALS = 7  # of a degree in GeoJSON: a centimetre
_LONGEST_SHEET, _LONGEST_CELL = 1_048_576, 32_767  # rows and characters that Excel can hold
_BEGINNING = dt.datetime(2000, 1, 1)
_MOMENT = "2000-01-01T00:00:00.000Z"


def files_of(table: OpenTable, name: str) -> dict[str, bytes]:
    """
    Return a table in every format that can hold it, by format.

    Bytes depend on the table and the versions of the libraries alone: no time of day, no machine.
    Without any shape there is no GeoPackage; a table too large for Excel has no workbook.
    """
    made = {"csv": as_csv(table)}
    if _fits_excel(table):
        made["xlsx"] = as_xlsx(table)
    made["geojson"] = as_geojson(table)
    if table.bbox is not None:
        made["gpkg"] = as_gpkg(table, name)
    made["parquet"] = as_parquet(table)
    return made


def rows_of(table: OpenTable) -> list[tuple[Any, ...]]:
    """Return the rows as plain Python values; None for what is missing."""
    columns = [_plain(table.frame[told.name].tolist(), told) for told in table.columns]
    return list(zip(*columns, strict=True))


def _plain(values: list[Any], told: OpenColumn) -> list[Any]:
    # Nullable columns hold NA, which is neither None nor equal to itself.
    kinds: Any = {
        "text": str, "integer": int, "number": float, "boolean": bool, "date": dt.date,
    }[told.type]  # fmt: skip
    return [value if isinstance(value, kinds) else None for value in values]


def _fits_excel(table: OpenTable) -> bool:
    texts = (table.frame[c.name] for c in table.columns if c.type == "text")
    longest = max((len(text) for column in texts for text in column), default=0)
    return len(table.frame) < _LONGEST_SHEET and longest < _LONGEST_CELL


def as_csv(table: OpenTable) -> bytes:
    """
    Return CSV in UTF-8 with a mark, which Excel needs to read Chinese.

    Shapes are not in it. A text that a table program would run as a formula gets a leading quote.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([told.name for told in table.columns])
    writer.writerows([_cell(value) for value in row] for row in rows_of(table))
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    return escape_formula(value)


def as_xlsx(table: OpenTable) -> bytes:
    """Return a workbook: the table as in the CSV, and a sheet that explains the columns."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": _BEGINNING})
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page = book.add_worksheet("data")
        page.write_row(0, 0, [told.name for told in table.columns], bold)
        for number, row in enumerate(rows_of(table), start=1):
            for position, value in enumerate(row):
                _write(page, number, position, value, day)
        page.freeze_panes(1, 1)
        page.set_column(0, len(table.columns) - 1, 16)
        words = book.add_worksheet("columns")
        words.write_row(0, 0, ["column", "名称", "title", "说明", "description", "unit"], bold)
        for number, told in enumerate(table.columns, start=1):
            told_words = (
                told.name, told.title, told.title_en, told.description, told.description_en,
                told.unit_en,
            )  # fmt: skip
            words.write_row(number, 0, told_words)
        words.set_column(0, 5, 24)
    return file.getvalue()


def _write(page: Any, row: int, column: int, value: Any, day: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif isinstance(value, dt.date):
        page.write_datetime(row, column, value, day)
    elif isinstance(value, str):
        page.write_string(row, column, str(escape_formula(value)))
    else:
        page.write_number(row, column, value)


def as_geojson(table: OpenTable) -> bytes:
    """
    Return GeoJSON (RFC 7946): one feature a line, so that a page of the API is lines of the file.

    Coordinates have seven decimals, outer rings run against the clock; a row without a place has
    the geometry null.
    """
    lines = b",\n".join(feature_lines(table))
    return b'{"type":"FeatureCollection","features":[\n' + lines + b"\n]}\n"


def feature_lines(table: OpenTable) -> list[bytes]:
    """Return each row as a GeoJSON feature."""
    names = [told.name for told in table.columns]
    key = names.index(table.key)
    rows = rows_of(table)
    shapes = _drawn(table.shapes) if table.shapes is not None else [None] * len(rows)
    lines = []
    for row, shape in zip(rows, shapes, strict=True):
        said = {
            name: value.isoformat() if isinstance(value, dt.date) else value
            for name, value in zip(names, row, strict=True)
        }
        told = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        ident = json.dumps(str(row[key]), ensure_ascii=False)
        lines.append(
            f'{{"type":"Feature","id":{ident},"geometry":{shape or "null"},'
            f'"properties":{told}}}'.encode()
        )
    return lines


def _drawn(shapes: NDArray[np.object_]) -> list[Any]:
    flat = shapely.force_2d(shapely.orient_polygons(shapes))
    rounded = shapely.transform(flat, lambda points: np.round(points, DECIMALS))
    texts: list[Any] = shapely.to_geojson(rounded).tolist()
    return texts


def as_parquet(table: OpenTable) -> bytes:
    """Return Parquet; with shapes as GeoParquet 1.1 (WKB, longitude first)."""
    fields, columns = [], []
    types: dict[str, Any] = {
        "text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
        "date": pa.date32(),
    }  # fmt: skip
    for told in table.columns:
        values = _plain(table.frame[told.name].tolist(), told)
        said = {"title": told.title_en, "description": told.description_en, "unit": told.unit_en}
        fields.append(pa.field(told.name, types[told.type], metadata=said))
        columns.append(pa.array(values, types[told.type]))
    facts: dict[str, str] = {}
    if table.shapes is not None and table.bbox is not None:
        fields.append(pa.field("geometry", pa.binary()))
        columns.append(pa.array(shapely.to_wkb(shapely.force_2d(table.shapes)), pa.binary()))
        facts["geo"] = json.dumps(_geo(table))
    made = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, schema=pa.schema(fields, facts or None)), made)
    return made.getvalue()


def _geo(table: OpenTable) -> dict[str, Any]:
    kinds = sorted({shape.geom_type for shape in table.shapes if shape is not None})  # type: ignore[union-attr]
    shape = {"encoding": "WKB", "geometry_types": kinds, "bbox": list(table.bbox or ())}
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": shape}}


def as_gpkg(table: OpenTable, name: str) -> bytes:
    """Return a GeoPackage with one layer (EPSG:4326) and an index of places."""
    frame = gpd.GeoDataFrame(
        table.frame.copy(), geometry=shapely.force_2d(table.shapes), crs="EPSG:4326"
    )
    for told in table.columns:
        if told.type == "date":
            values = [value.isoformat() if value else None for value in frame[told.name]]
            frame[told.name] = np.array(values, dtype="datetime64[D]").astype("datetime64[ms]")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layer.gpkg"
        # The column id is the data's own; GeoPackage wants a number of its own for each row.
        pyogrio.write_dataframe(
            frame, path, layer=name, driver="GPKG", layer_options={"FID": "fid"}
        )
        _without_time(path)
        return _without_version(path.read_bytes())


def _without_time(path: Path) -> None:
    """Replace the time of writing, which GeoPackage wants, by one that never changes."""
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA journal_mode=MEMORY")
        file.execute("UPDATE gpkg_contents SET last_change = ?", (_MOMENT,))
    file.close()


def _without_version(body: bytes) -> bytes:
    """Write zeros where SQLite notes how often, and by which version, the file was changed."""
    made = bytearray(body)
    count, changed, version = 24, 92, 96  # offsets, https://www.sqlite.org/fileformat.html
    # The size in the header holds only while both counters agree.
    for place in (count, changed, version):
        made[place : place + 4] = struct.pack(">I", 1)
    return bytes(made)
