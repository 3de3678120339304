"""Open files: read again they are the source, made again they are the same bytes."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import frictionless
import geopandas as gpd
import numpy as np
import openpyxl
import pyarrow.parquet as pq
import pytest
import shapely

from cockpit.answers.open_catalogue import find_file, open_datasets
from cockpit.answers.open_columns import OpenColumn, column
from cockpit.answers.open_files import as_csv, as_geojson, as_gpkg, as_parquet, as_xlsx, files_of
from cockpit.answers.open_releases import column_names
from cockpit.answers.open_tables import OpenTable, typed
from tests.released import NOISY, SUPPRESSED

ROOT = Path(__file__).parents[2]
COLUMNS: tuple[OpenColumn, ...] = (
    column("id", "text", "Number", "Number of the place in this data set"),
    column("n", "integer", "Number", "Number of the thing in this data set"),
    column("x", "number", "Capacity", "Beds or places", "places or beds"),
    column("b", "boolean", "Bridge", "Whether this piece is a bridge"),
    column("d", "date", "Open from", "First day; empty: not known"),
)
ROWS: list[tuple[Any, ...]] = [
    ("东山", 1, 0.1, True, dt.date(2020, 2, 29)),
    ("=1+1", -7, -2.5, False, dt.date(1999, 12, 31)),
    ('引"号,\n换行', None, None, None, None),
    ("a", 2**53, 1e-9, True, dt.date(2000, 1, 1)),
]
SHAPES = np.array(
    [
        shapely.Point(106.123456789, 27.5),
        # Clockwise here: GeoJSON wants the outer ring against the clock.
        shapely.Polygon([(106, 27), (106, 28), (107, 28), (107, 27)]),
        shapely.LineString([(106, 27), (107, 28)]),
        None,
    ],
    dtype=object,
)
TABLE = typed(COLUMNS, ROWS, "id", SHAPES)


def test_csv_has_a_mark_and_no_formula() -> None:
    body = as_csv(TABLE)
    assert body.startswith(b"\xef\xbb\xbfid,n,x,b,d\r\n")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))[1:]
    assert rows == [
        ["东山", "1", "0.1", "true", "2020-02-29"],
        ["'=1+1", "-7", "-2.5", "false", "1999-12-31"],
        ['引"号,\n换行', "", "", "", ""],
        ["a", "9007199254740992", "1e-09", "true", "2000-01-01"],
    ]


def test_the_workbook_has_the_rows_and_explains_the_columns() -> None:
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(TABLE)))
    page, words = book["data"], book["columns"]
    found = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
    assert found[0] == ["东山", 1, 0.1, True, dt.datetime(2020, 2, 29)]
    assert found[1][0] == "'=1+1"
    assert found[2] == ['引"号,\n换行', None, None, None, None]
    assert not [c for row in page.iter_rows() for c in row if c.data_type == "f"]
    assert [cell.value for cell in words[4]] == [
        "x", "容量", "Capacity", "床位数或学位数", "Beds or places", "places or beds",
    ]  # fmt: skip


def test_geojson_is_as_the_standard_has_it() -> None:
    told = json.loads(as_geojson(TABLE))
    assert [f["id"] for f in told["features"]] == [row[0] for row in ROWS]
    point, area, line, nothing = (f["geometry"] for f in told["features"])
    assert point == {"type": "Point", "coordinates": [106.1234568, 27.5]}
    assert shapely.LinearRing(area["coordinates"][0]).is_ccw
    assert line["type"] == "LineString"
    assert nothing is None
    assert told["features"][1]["properties"] == {
        "id": "=1+1", "n": -7, "x": -2.5, "b": False, "d": "1999-12-31",
    }  # fmt: skip


def test_parquet_reads_back_as_the_source() -> None:
    table = pq.read_table(io.BytesIO(as_parquet(TABLE)))
    assert [tuple(row[c.name] for c in COLUMNS) for row in table.to_pylist()] == ROWS
    shapes = shapely.from_wkb(table["geometry"].to_pylist())
    assert all(a is b is None or a.equals(b) for a, b in zip(shapes, SHAPES, strict=True))
    geo = json.loads(table.schema.metadata[b"geo"])
    assert geo["columns"]["geometry"]["geometry_types"] == ["LineString", "Point", "Polygon"]
    assert table.schema.field("x").metadata[b"unit"] == b"places or beds"


def test_the_geopackage_reads_back_as_the_source(tmp_path: Path) -> None:
    (tmp_path / "x.gpkg").write_bytes(as_gpkg(TABLE, "things"))
    with contextlib.closing(sqlite3.connect(tmp_path / "x.gpkg")) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert file.execute("SELECT last_change FROM gpkg_contents").fetchall() == [
            ("2000-01-01T00:00:00.000Z",)
        ]
    frame = gpd.read_file(tmp_path / "x.gpkg", layer="things")
    assert frame["id"].tolist() == [row[0] for row in ROWS]
    assert frame["n"].iloc[[0, 1, 3]].tolist() == [1, -7, 2**53]
    assert frame["n"].isna().tolist() == [False, False, True, False]
    assert frame["d"].iloc[0].date() == dt.date(2020, 2, 29)
    assert frame.geometry.iloc[0].equals(SHAPES[0])
    assert frame.crs.to_epsg() == 4326


def test_a_table_without_places_has_no_geopackage() -> None:
    bare = typed(COLUMNS, ROWS, "id")
    assert list(files_of(bare, "x")) == ["csv", "xlsx", "geojson", "parquet"]
    assert json.loads(as_geojson(bare))["features"][0]["geometry"] is None


def test_an_empty_table_is_still_a_file(tmp_path: Path) -> None:
    empty = typed(COLUMNS, [], "id", np.array([], dtype=object))
    made = files_of(empty, "x")
    assert made["csv"] == b"\xef\xbb\xbfid,n,x,b,d\r\n"
    assert json.loads(made["geojson"]) == {"type": "FeatureCollection", "features": []}


def test_texts_too_long_for_excel_leave_the_workbook_out() -> None:
    long = typed(COLUMNS[:1], [("长" * 32_767,)], "id")
    assert "xlsx" not in files_of(long, "x")


_AGAIN = """
import hashlib, json
from tests.answers.test_open_files import TABLE, files_of
print(json.dumps({k: hashlib.sha256(v).hexdigest() for k, v in files_of(TABLE, "x").items()}))
"""


def test_the_bytes_are_the_same_in_another_place_and_time(tmp_path: Path) -> None:
    here = {k: hashlib.sha256(v).hexdigest() for k, v in files_of(TABLE, "x").items()}
    assert here == {k: hashlib.sha256(v).hexdigest() for k, v in files_of(TABLE, "x").items()}
    other = os.environ | {
        "TZ": "America/New_York", "LANG": "C", "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT),
        "SOURCE_DATE_EPOCH": "1", "HOME": str(tmp_path),
    }  # fmt: skip
    told = subprocess.run(
        [sys.executable, "-c", _AGAIN], env=other, cwd=tmp_path, capture_output=True, check=True
    ).stdout
    assert json.loads(told) == here


def test_kept_files_of_two_folders_are_the_same(open_here: Path) -> None:
    from cockpit.answers import open_catalogue

    first = {f.href: f.sha256 for one in open_datasets() for v in one.versions for f in v.formats}
    (open_here / "open").rename(open_here / "aside")
    open_catalogue.forget()
    again = {f.href: f.sha256 for one in open_datasets() for v in one.versions for f in v.formats}
    assert len(first) > 50
    assert again == first


def test_the_data_package_is_valid(open_here: Path) -> None:
    for dataset in open_datasets():
        path = find_file(dataset.id, dataset.version, "datapackage.json")[1]
        report = frictionless.validate(str(path))
        assert report.valid, report.flatten(["message"])
        told = json.loads(path.read_text("utf-8"))
        assert told["resources"][0]["schema"]["fields"][0]["description"]
        assert [r["format"] for r in told["resources"]] == [
            f.format for f in dataset.formats if f.format not in ("datapackage", "zip")
        ]


def test_a_changed_byte_makes_the_data_package_invalid(open_here: Path, tmp_path: Path) -> None:
    path = find_file("places", 1, "datapackage.json")[1]
    for file in path.parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    table = tmp_path / "places.csv"
    table.write_bytes(table.read_bytes().replace(b"clinic", b"clanic", 1))
    assert not frictionless.validate(str(tmp_path / "datapackage.json")).valid


def test_the_zip_holds_the_other_files_unchanged(open_here: Path) -> None:
    places = next(one for one in open_datasets() if one.id == "places")
    with zipfile.ZipFile(find_file("places", 1, "places-1.zip")[1]) as archive:
        assert archive.testzip() is None
        inside = {info.filename: info for info in archive.infolist()}
        for file in places.formats[:-1]:
            body = archive.read(file.name)
            assert hashlib.sha256(body).hexdigest() == file.sha256
            assert inside[file.name].date_time == (1980, 1, 1, 0, 0, 0)


def test_files_hold_what_the_store_has(open_here: Path) -> None:
    with find_file("places", 1, "places.csv")[1].open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["设施1", "'=HYPERLINK(1)", "设施3", "设施4"]
    assert [row["capacity"] for row in rows] == ["20.0", "", "60.0", "80.0"]
    assert rows[0]["open_from"] == "2010-05-01"
    regions = json.loads(find_file("regions", 1, "regions.geojson")[1].read_bytes())["features"]
    assert len(regions) == 1 + 2 + 4 + 16
    assert regions[0]["properties"] == {
        "code": "529901", "level": "county", "parent": "", "name": "小青县",
        "name_en": "Little Qing", "area_km2": 16.0,
    }  # fmt: skip
    assert regions[1]["properties"]["parent"] == "529901"


def test_a_release_has_figures_margins_and_marks(open_here: Path) -> None:
    with find_file(NOISY, 2, f"{NOISY}.csv")[1].open(encoding="utf-8-sig") as file:
        county, *_, last = list(csv.DictReader(file))
    # Children 10 + 20 + 30 + 40, plus or minus 8 in the county and 3 in a village.
    assert (county["age_0_14"], county["age_0_14_margin"], last["age_0_14_margin"]) == (
        "100", "8", "3",
    )  # fmt: skip
    assert county["age_0_14_hidden"] == "false"
    assert county["as_of"] == "2025-11-01"
    with find_file(SUPPRESSED, 1, f"{SUPPRESSED}.csv")[1].open(encoding="utf-8-sig") as file:
        villages = [row for row in csv.DictReader(file) if row["level"] == "village"]
    assert [row["household_single"] for row in villages] == ["", "", "40", "50"]
    assert [row["household_single_hidden"] for row in villages] == [
        "true", "true", "false", "false",
    ]  # fmt: skip
    assert not [name for name in villages[0] if name.endswith("_margin")]


def test_class_ids_become_names_of_columns() -> None:
    assert column_names(("00-04", "85+", "women", "name", "limit")) == (
        "n_00_04", "n_85_plus", "women", "name_2", "limit_2",
    )  # fmt: skip
    assert len(set(column_names(("a-b", "a_b", "a b")))) == 3


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_empty(value: float) -> None:
    table: OpenTable = typed(COLUMNS[2:3], [(value,)], "x")
    assert as_csv(table) == b'\xef\xbb\xbfx\r\n""\r\n'
