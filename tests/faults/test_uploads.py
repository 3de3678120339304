# ruff: noqa: E501 - one case a line or two reads better than the same case on nine
"""Hostile and broken files: each is refused or loaded within limits, with the reason in words."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import sqlite3
import stat
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from geodata import crs
from geodata.errors import AskFirst, CockpitError, DataFileError
from loaders.export import escape_formula, escape_formulas
from loaders.files import Limits
from loaders.sandbox import read_upload
from loaders.table import LoadedTable, ReadContext
from tests.loaders.made import BOX, CONTEXT, manifest_of, read, squares

SMALL = Limits(unpacked_bytes=20_000_000, line_bytes=1_048_576, cells=2_000_000, entries=1000)
SECRET = "secret-row-of-another-file"
VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{path}</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)


@dataclass(frozen=True)
class Case:
    """One file of the corpus: how it is made, how it is read, and what is said."""

    id: str
    name: str
    make: Callable[[Path], bytes | None]  # gets the path; returns the bytes or writes itself
    words: str = ""  # the refusal's exact words; "" when it loads
    rules: tuple[str, ...] = ()  # findings that tell what was mended or left out
    rows: int = -1  # rows that load; -1: any
    check: Callable[[LoadedTable], bool] = field(default=lambda _: True)
    entry: dict[str, Any] = field(default_factory=dict)


def people(text: str, encoding: str = "utf-8") -> Callable[[Path], bytes]:
    return lambda _: text.encode(encoding)


def zipped(*members: tuple[str, bytes], flags: int = 0) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = flags << 16
            archive.writestr(info, data)
    return stream.getvalue()


def with_vrt(path: Path) -> bytes:
    other = path.parent / "other.csv"
    other.write_text(f"区划代码,人数\n{SECRET},5\n", "utf-8")
    return VRT.format(path=other).encode()


GOOD_CSV = "区划代码,人数\n529901101,5\n"
REFERS = ": the content refers to other files; such files are not read."

# ---------------------------------------------------------------- UPL-1

UPL_1 = [
    Case(f"vrt as {end}", f"a{end}", with_vrt, f"a{end}" + REFERS)
    for end in (".geojson", ".csv", ".json", ".gpkg", ".shp", ".fgb", ".parquet", ".tsv")
] + [
    Case(
        "vrt as kml", "a.kml", with_vrt,
        "a.kml: files of this type are not read. Read are: .csv .txt .tsv .xlsx .xlsm .xls .ods "
        ".parquet .geoparquet .geojson .json .sqlite .db .gpkg .shp .fgb .pbf .tif .tiff .zip "
        ".gz .xz.",
    ),
    Case("vrt in a zip", "a.zip", lambda p: zipped(("a.geojson", with_vrt(p))), "a.zip" + REFERS),
    Case("vrt in gzip", "a.csv.gz", lambda p: gzip.compress(with_vrt(p)), "a.csv.gz" + REFERS),
    Case("vrt in utf-16", "a.csv", lambda p: with_vrt(p).decode().encode("utf-16"), "a.csv" + REFERS),
    Case("vrt after blanks", "a.geojson", lambda p: b"\n \t" + with_vrt(p), "a.geojson" + REFERS),
    Case(
        "vrt as raster", "a.tif", lambda _: b'<VRTDataset rasterXSize="1"></VRTDataset>',
        "a.tif" + REFERS, entry={"kind": "elevation"},
    ),
    Case(
        "entity bomb", "a.geojson", lambda _: b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>',
        "a.geojson" + REFERS,
    ),
]  # fmt: skip

# ---------------------------------------------------------------- UPL-3

OUTSIDE = "a.zip: the entry {name} leads outside the archive."


def many_entries(_: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(100_000):
            archive.writestr(f"{number}.csv", "")
    return stream.getvalue()


def gbk_names(_: Path) -> bytes:
    data = zipped(("AAAA.csv", GOOD_CSV.encode()))
    return data.replace(b"AAAA.csv", "人口".encode("gbk") + b".csv")


def encrypted(_: Path) -> bytes:
    data = bytearray(zipped(("a.csv", GOOD_CSV.encode())))
    data[6] |= 1
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1
    return bytes(data)


def xlsx_bomb(_: Path) -> bytes:
    return zipped(("xl/workbook.xml", b"<a>" + b" " * 30_000_000 + b"</a>"))


UPL_3 = [
    Case(
        "bomb", "a.zip", lambda _: zipped(("a.csv", b"0" * 30_000_000)),
        "a.zip: unpacks to more than 2 MB; more is not read.",
    ),
    Case(
        "gzip bomb", "a.csv.gz", lambda _: gzip.compress(b"0" * 30_000_000),
        "a.csv.gz: unpacks to more than 2 MB; more is not read.",
    ),
    Case(
        "xz bomb", "a.csv.xz", lambda _: lzma.compress(b"0" * 30_000_000),
        "a.csv.xz: unpacks to more than 1 MB; more is not read.",
    ),
    Case(
        "nested", "a.zip", lambda _: zipped(("b.zip", zipped(("a.csv", b"0" * 9_000_000)))),
        "a.zip: holds no file to read. Found: -.",
    ),
    Case("100,000 entries", "a.zip", many_entries, "a.zip: holds 100000 files; at most 1000 are read."),
    Case(
        "up and out", "a.zip", lambda _: zipped(("../out.csv", GOOD_CSV.encode())),
        OUTSIDE.format(name="../out.csv"),
    ),
    Case(
        "up within", "a.zip", lambda _: zipped(("a/../../out.csv", GOOD_CSV.encode())),
        OUTSIDE.format(name="a/../../out.csv"),
    ),
    Case(
        "backslashes", "a.zip", lambda _: zipped(("..\\out.csv", GOOD_CSV.encode())),
        OUTSIDE.format(name="../out.csv"),
    ),
    Case(
        "absolute", "a.zip", lambda _: zipped(("/tmp/out.csv", GOOD_CSV.encode())),
        OUTSIDE.format(name="/tmp/out.csv"),
    ),
    Case(
        "drive", "a.zip", lambda _: zipped(("C:out.csv", GOOD_CSV.encode())),
        OUTSIDE.format(name="C:out.csv"),
    ),
    Case(
        "link", "a.zip", lambda _: zipped(("a.csv", b"/etc/passwd"), flags=stat.S_IFLNK | 0o777),
        OUTSIDE.format(name="a.csv"),
    ),
    Case("gbk names", "a.zip", gbk_names, rows=1),
    Case("gbk name asked for", "a.zip", gbk_names, rows=1, entry={"file": "a.zip!人口.csv"}),
    Case(
        "two files", "a.zip", lambda _: zipped(("a.csv", b"1"), ("b.csv", b"1")),
        "a.zip: holds more than one file; name one after '!'. Found: a.csv, b.csv.",
    ),
    Case(
        "same name twice", "a.zip", lambda _: zipped(("x/a.csv", b"1"), ("y/a.csv", b"1")),
        "a.zip: holds two files named a.csv.",
    ),
    Case("password", "a.zip", encrypted, "a.zip: is protected by a password."),
    Case(
        "cut off", "a.zip", lambda _: zipped(("a.csv", GOOD_CSV.encode()))[:-30],
        "a.zip: the archive is damaged and cannot be unpacked.",
    ),
    Case(
        "cut gzip", "a.csv.gz", lambda _: gzip.compress(GOOD_CSV.encode())[:-12],
        "a.csv.gz: the archive is damaged and cannot be unpacked.",
    ),
    Case(
        "workbook bomb", "a.xlsx", xlsx_bomb, "a.xlsx: unpacks to more than 10 MB; more is not read.",
    ),
]  # fmt: skip

# ---------------------------------------------------------------- UPL-5


def collection(*geometries: Any, ids: tuple[object, ...] = ()) -> Callable[[Path], bytes]:
    features = [
        {
            "type": "Feature",
            "properties": {"区划代码": f"529901{101 + n}", "名称": f"乡{n}"},
            "geometry": geometry,
            **({"id": ids[n]} if ids else {}),
        }
        for n, geometry in enumerate(geometries)
    ]
    return lambda _: json.dumps({"type": "FeatureCollection", "features": features}).encode()


def ring(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(p) for p in points]]}


SQUARE = ring((113.1, 24.1), (113.2, 24.1), (113.2, 24.2), (113.1, 24.2), (113.1, 24.1))
BOW_TIE = ring((113.1, 24.1), (113.2, 24.2), (113.2, 24.1), (113.1, 24.2), (113.1, 24.1))
OPEN = ring((113.3, 24.1), (113.4, 24.1), (113.4, 24.2), (113.3, 24.2))
REGIONS = {"kind": "regions"}


def deep(n: int) -> Callable[[Path], bytes]:
    return lambda _: (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":'
        b'{"type":"Polygon","coordinates":' + b"[" * n + b"]" * n + b"}}]}"
    )


UPL_5 = [
    Case("nan", "a.geojson", collection(SQUARE, ring((float("nan"), 1), (2, 2), (3, 1))),
         rules=("geometry.number",), rows=1, entry=REGIONS),
    Case("infinity", "a.geojson", collection(SQUARE, ring((float("inf"), 1), (2, 2), (3, 1))),
         rules=("geometry.number",), rows=1, entry=REGIONS),
    Case("1e308", "a.geojson", collection(SQUARE, ring((1e308, 1), (2, 2), (3, 1), (1e308, 1))),
         rules=("geometry.number",), rows=1, entry=REGIONS),
    Case("self-crossing", "a.geojson", collection(BOW_TIE), rules=("geometry.repaired",), rows=1,
         entry=REGIONS, check=lambda t: t.table.geometry.is_valid.all()),
    Case("unclosed", "a.geojson", collection(OPEN), rules=("geometry.open",), rows=1,
         entry=REGIONS, check=lambda t: t.table.geometry.iloc[0].equals(
             shapely.box(113.3, 24.1, 113.4, 24.2))),
    Case("deep", "a.geojson", deep(5_000), "a.geojson: brackets are nested more than 100 deep.",
         entry=REGIONS),
    Case("very deep", "a.geojson", deep(1_000_000),
         "a.geojson: brackets are nested more than 100 deep.", entry=REGIONS),
    Case("mixed types", "a.geojson",
         collection(SQUARE, {"type": "LineString", "coordinates": [[113.1, 24.1], [113.2, 24.2]]}),
         rules=("geometry.type",), rows=1, entry=REGIONS),
    Case("unknown type", "a.geojson", collection(SQUARE, {"type": "Circle", "coordinates": [1]}),
         rules=("geometry.missing",), rows=1, entry=REGIONS),
    Case("null geometry", "a.geojson", collection(SQUARE, None), rules=("geometry.missing",),
         rows=1, entry=REGIONS),
    Case("text for numbers", "a.geojson",
         collection(SQUARE, {"type": "Point", "coordinates": ["x", "y"]}),
         rules=("geometry.missing",), rows=1, entry=REGIONS),
    Case("duplicate ids", "a.geojson", collection(SQUARE, OPEN, ids=(7, 7)),
         rules=("feature.id",), rows=2, entry=REGIONS),
    Case("no features", "a.geojson", collection(), "a.geojson: no data rows.", entry=REGIONS),
    Case("cut off", "a.geojson", lambda p: collection(SQUARE)(p)[:-9],
         "a.geojson: not a readable GeoJSON file.", entry=REGIONS),
    Case("other JSON", "a.geojson", lambda _: b'{"hello": [1, 2]}',
         "a.geojson: not a readable GeoJSON file.", entry=REGIONS),
    Case("features that are none", "a.geojson",
         lambda _: '{"type":"FeatureCollection","features":[1,null,"区划代码"]}'.encode(),
         "a.geojson: missing column code (区划代码). Found: fid.", entry=REGIONS),
]  # fmt: skip

# ---------------------------------------------------------------- UPL-6

LON, LAT = np.linspace(113.1, 113.5, 20), np.linspace(24.1, 24.5, 20)


def clinics(x: Any, y: Any) -> Callable[[Path], bytes]:
    table = pd.DataFrame(
        {"名称": [f"c{n}" for n in range(20)], "类别": "诊所", "经度": x, "纬度": y}
    )
    return lambda _: table.to_csv(index=False).encode()


CLINICS = {"kind": "facilities", "crs": "EPSG:4490"}
LIE = "a.csv: places such as {0} lie outside the county (113 - 113.7 E, 23.88 - 24.72 N)"
GK = crs.from_lon_lat(LON, LAT, "EPSG:4547")
GK_PREFIX = crs.from_lon_lat(LON, LAT, "EPSG:4526")
OTHER_ZONE = crs.from_lon_lat(LON, LAT, "EPSG:4546")


def found(x: Any, y: Any) -> str:
    return f"{np.median(x):.6g}, {np.median(y):.6g}"


LIES = "(112.9 - 113.7 E, 23.88 - 24.72 N)"
UPL_6 = [
    Case("metres as 4490", "a.csv", clinics(*GK), entry=CLINICS,
         words=f"a.csv: places such as {found(*GK)} lie outside the county {LIES} in EPSG:4490. "
         "They are probably metres (EPSG:4547)."),
    Case("zone number before the metres", "a.csv", clinics(*GK_PREFIX), entry=CLINICS,
         words=f"a.csv: places such as {found(*GK_PREFIX)} lie outside the county {LIES} in "
         "EPSG:4490. They are probably metres (EPSG:4526)."),
    Case("swapped", "a.csv", clinics(LAT, LON), entry=CLINICS,
         words=f"a.csv: places such as {found(LAT, LON)} lie outside the county {LIES}. "
         "Longitude and latitude have probably changed places."),
    Case("degrees as metres", "a.csv", clinics(LON, LAT), entry={**CLINICS, "crs": "EPSG:4547"},
         words=f"a.csv: places such as {found(LON, LAT)} lie outside the county {LIES} in "
         "EPSG:4547. They are probably degrees (EPSG:4326)."),
    Case("wrong zone", "a.csv", clinics(*OTHER_ZONE), entry={**CLINICS, "crs": "EPSG:4545"},
         words=f"a.csv: places such as {found(*OTHER_ZONE)} lie outside the county {LIES} in "
         "EPSG:4545. They fit into the county in EPSG:4546."),
    Case("another county", "a.csv", clinics(LON + 5, LAT), entry=CLINICS,
         words=f"a.csv: places such as {found(LON + 5, LAT)} lie outside the county {LIES} in "
         "EPSG:4490. No known system brings them there."),
    Case("polygons in metres", "a.geojson", collection(
        ring((430000, 2670000), (440000, 2670000), (440000, 2680000), (430000, 2670000))),
         entry=REGIONS, words=f"a.geojson: places such as 435000, 2.675e+06 lie outside the county "
         f"{LIES} in EPSG:4326. They are probably metres (EPSG:4547)."),
    Case("unknown system", "a.csv", clinics(LON, LAT), entry={**CLINICS, "crs": "EPSG:999999"},
         words="EPSG:999999 is no known reference system; expected for example EPSG:4490."),
    Case("confirmed", "a.csv", clinics(LON + 0.5, LAT), rules=("place.outside",),
         entry={**CLINICS, "confirmed": ("place",)}),
]  # fmt: skip

# ---------------------------------------------------------------- UPL-7

CHINESE = "区划代码,名称,人数\n529901101,青岚镇,12\n529901102,白水乡,8\n"
CANNOT = "a.csv: the characters cannot be read; expected UTF-8, GB18030, GBK or UTF-16."


def loads(encoding: str) -> Callable[[LoadedTable], bool]:
    return lambda t: t.encoding == encoding and t.table["persons"].tolist() == [12, 8]


def dbf_gbk(path: Path) -> None:
    table = gpd.GeoDataFrame(squares(), crs="EPSG:4326")
    table.to_file(path, engine="pyogrio", encoding="GBK")
    path.with_suffix(".cpg").write_text("UTF-8")  # a lie


UPL_7 = [
    Case("utf-8", "a.csv", people(CHINESE), rows=2, check=loads("UTF-8")),
    Case("utf-8 with mark", "a.csv", people(CHINESE, "utf-8-sig"), rows=2, check=loads("UTF-8")),
    Case("gbk", "a.csv", people(CHINESE, "gbk"), rows=2, check=loads("GB18030")),
    Case("gb18030", "a.csv", people(CHINESE + "529901101001,㐀𠀀村,1\n", "gb18030"), rows=3,
         check=lambda t: t.encoding == "GB18030"),
    Case("utf-16", "a.csv", people(CHINESE, "utf-16"), rows=2, check=loads("UTF-16")),
    Case("utf-16 without mark", "a.csv", people(CHINESE, "utf-16-le"), rows=2,
         check=loads("UTF-16")),
    Case("big5", "a.csv", people("代碼,名稱,人數\n529901101,青嵐鎮鄉村縣區,12\n", "big5"), CANNOT),
    Case("noise", "a.csv", lambda _: bytes(range(128, 256)) * 20, CANNOT),
    Case("declared wrongly", "a.csv", people(CHINESE, "gbk"), entry={"encoding": "UTF-8"},
         words="a.csv: not written in UTF-8, as the manifest says."),
    Case("declared nonsense", "a.csv", people(CHINESE), entry={"encoding": "klingon"},
         words="a.csv: klingon is no known encoding; expected UTF-8, GB18030, GBK or UTF-16."),
    Case("cut within a character", "a.csv", lambda _: CHINESE.encode()[:-8] + b"\xe4\n", CANNOT),
    Case("nul", "a.csv", people(CHINESE.replace("白水", "白\x00水")),
         "a.csv, line 3: a NUL character; expected text."),
    Case("full-width digits", "a.csv", people("区划代码,人数\n５２９９０１１０１,１２\n"), rows=1,
         rules=("text.width",), check=lambda t: t.table["persons"].tolist() == [12]),
    Case("dbf with a lying page", "a.shp", dbf_gbk, rows=2, entry=REGIONS,
         check=lambda t: t.table["name"].tolist() == ["青岚镇", "白水乡"]),
]  # fmt: skip

# ---------------------------------------------------------------- UPL-8


def view(path: Path) -> None:
    gpd.GeoDataFrame(squares(), crs="EPSG:4326").to_file(path, driver="GPKG", engine="pyogrio")
    db = sqlite3.connect(path)
    db.execute(
        "CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) "
        "SELECT i FROM n"
    )
    db.commit()
    db.close()


def shapefile_without(part: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        gpd.GeoDataFrame(squares(), crs="EPSG:4326").rename(columns={"区划代码": "code"}).to_file(
            path, engine="pyogrio"
        )
        path.with_suffix(part).unlink()

    return make


def formulas(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["区划代码", "人数"])
    book.active.append(["529901101", '=HYPERLINK("http://x","y")'])
    book.save(path)


CLOSED = "a.csv: a quotation mark is opened and never closed."
UPL_8 = [
    Case("a million columns", "a.csv", lambda _: b"a," * 400_000 + b"\n1\n",
         "a.csv: has 400001 columns; at most 2000 are read."),
    Case("a long line", "a.csv", lambda _: GOOD_CSV.encode() + b"5" * 3_000_000,
         "a.csv: a line is longer than 1 MB."),
    Case("unbalanced quote", "a.csv", people('区划代码,人数\n529901101,"5\n529901102,6\n'), CLOSED),
    Case("two lone quotes", "a.csv", people(
        '区划代码,人数\n529901101,"5\n' + "529901102,6\n" * 100 + '529901102,"6\n'), CLOSED),
    Case("quote that swallows", "a.csv", people(
        '区划代码,名称,人数\n529901101,"甲,5\n' + "529901102,乙,6\n" * 100_000), CLOSED),
    Case("inch mark", "a.csv", people('区划代码,名称,人数\n529901101,5" 管,5\n'), rows=1),
    Case("too many cells", "a.parquet", lambda p: pd.DataFrame(
        np.zeros((30_000, 100), dtype="int8")).rename(columns=str).to_parquet(p),
         "a.parquet: has more than 2000000 cells."),
    Case("formula", "a.xlsx", formulas, rows=0),
    Case("endless view", "a.gpkg", view, entry=REGIONS,
         words="a.gpkg: holds the database view endless; only tables are read."),
    Case("no dbf", "a.shp", shapefile_without(".dbf"), entry=REGIONS,
         words="a.shp: the part a.dbf is missing."),
    Case("no shx", "a.shp", shapefile_without(".shx"), entry=REGIONS,
         words="a.shp: the part a.shx is missing."),
    Case("no prj", "a.shp", shapefile_without(".prj"), entry=REGIONS, rows=2,
         rules=("crs.missing",)),
    Case("a program", "a.csv", lambda _: b"\x7fELF" + bytes(100), "a.csv: not a readable CSV file."),
]  # fmt: skip

CORPUS = [*UPL_1, *UPL_3, *UPL_5, *UPL_6, *UPL_7, *UPL_8]


def test_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) >= 60  # P11


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: f"{case.name} {case.id}")
def test_refused_or_loaded(tmp_path: Path, case: Case) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / case.name
    data = case.make(path)
    if data is not None:
        path.write_bytes(data)
    entry = {"kind": "population", "file": case.name, **case.entry}
    context = replace(CONTEXT, limits=SMALL)
    started = time.monotonic()
    if case.words:
        with pytest.raises(CockpitError) as caught:
            read(folder, context=context, **entry)
        assert str(caught.value) == case.words
    else:
        loaded = read(folder, context=context, **entry)
        assert case.rows in (-1, len(loaded.table))
        assert set(case.rules) <= {finding.rule for finding in loaded.findings}
        assert case.check(loaded)
        assert SECRET not in loaded.table.to_csv()
    assert time.monotonic() - started < 30  # P11
    assert [p.name for p in tmp_path.iterdir()] == ["in"]  # nothing was written outside


def test_offset_as_cgcs2000_is_found_by_known_places(tmp_path: Path) -> None:
    names = [f"c{n}" for n in range(20)]
    reference = dict(zip(names, zip(LON, LAT, strict=True), strict=True))
    for offset, forward in (("GCJ-02", crs.wgs84_to_gcj02), ("BD-09", crs.wgs84_to_bd09)):
        (tmp_path / "a.csv").write_bytes(clinics(*forward(LON, LAT))(tmp_path))
        with pytest.raises(AskFirst, match=f"That is probably the offset {offset}.") as caught:
            read(tmp_path, context=replace(CONTEXT, reference=reference), file="a.csv", **CLINICS)
        assert caught.value.values["question"] == "offset"


# ---------------------------------------------------------------- the child process


def upload(folder: Path, limits: Limits = Limits(), **entry: Any) -> LoadedTable:  # noqa: B008
    manifest = manifest_of(folder, **{"kind": "population", **entry})
    context = ReadContext(box=BOX, limits=limits)
    return read_upload(manifest.dataset[0], manifest, context=context)


def test_upload_is_the_same_as_reading(tmp_path: Path) -> None:
    gpd.GeoDataFrame(squares(), crs="EPSG:4326").to_file(tmp_path / "a.gpkg", engine="pyogrio")
    here = read(tmp_path, kind="regions", file="a.gpkg", context=ReadContext(box=BOX))
    there = upload(tmp_path, kind="regions", file="a.gpkg")
    assert there.table.drop(columns="geometry").equals(here.table.drop(columns="geometry"))
    assert there.table.geometry.geom_equals(here.table.geometry).all()
    assert there.table.crs == here.table.crs
    assert (there.findings, there.matches, there.sha256) == (
        here.findings,
        here.matches,
        here.sha256,
    )


def test_upload_errors_come_back_with_template_and_values(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("区划代码,甲\n1,2\n", "utf-8")
    with pytest.raises(DataFileError) as caught:
        upload(tmp_path, file="a.csv")
    assert caught.value.template == "{file}: missing column {column} ({title}). Found: {found}."
    assert caught.value.values["column"] == "persons"
    (tmp_path / "a.csv").write_bytes(clinics(LAT, LON)(tmp_path))
    with pytest.raises(AskFirst) as asked:
        upload(tmp_path, file="a.csv", kind="facilities")
    assert asked.value.values["question"] == "place"


def test_upload_size_time_and_memory_are_limited(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(GOOD_CSV + "529901102,6\n" * 200_000, "utf-8")
    with pytest.raises(DataFileError, match=r"^a.csv: has 3 MB; at most 1 MB are read\.$"):
        upload(tmp_path, file="a.csv", limits=Limits(file_bytes=1_048_576))
    with pytest.raises(DataFileError, match=r"^a.csv: not read within 0.1 s; smaller files are\.$"):
        upload(tmp_path, file="a.csv", limits=Limits(seconds=0.1))
    little = Limits(memory_bytes=180 * 1024 * 1024)
    path.write_text(GOOD_CSV + "529901102,6\n" * 3_000_000, "utf-8")
    with pytest.raises(DataFileError, match=r"^a.csv: takes more than 180 MB of memory to read\.$"):
        upload(tmp_path, file="a.csv", limits=little)


def test_upload_of_the_largest_size_fits(tmp_path: Path) -> None:
    # 100 MB of people, one wrong row in four: within 30 s and 1 GiB (P11), read or refused.
    row = "529901101,2024-11-01,男,0-4岁,5\n" * 3 + "529901101,2024-11-01,男,0-4岁,-5\n"
    text = "区划代码,日期,性别,年龄段,人数\n" + row * (99_000_000 // len(row.encode()))
    (tmp_path / "a.csv").write_text(text, "utf-8")
    started = time.monotonic()
    try:
        upload(tmp_path, file="a.csv")
    except DataFileError as error:
        assert str(error).startswith(("a.csv: takes more", "a.csv: not read within"))  # noqa: PT017
    assert time.monotonic() - started < 35


def test_upload_refuses_links_and_databases(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to("/etc/hostname")
    with pytest.raises(DataFileError, match=r"^a.csv: the file cannot be read\.$"):
        upload(tmp_path, file="a.csv")
    with pytest.raises(DataFileError, match=r"an upload is a file, not a database\.$"):
        upload(tmp_path, database="sqlite:///x.db", table="a")


# ---------------------------------------------------------------- exports


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-3.5", "-3.5"),
        ("+86", "+86"),
        ("-1e-3", "-1e-3"),
        ("青岚镇", "青岚镇"),
        ("", ""),
        (-4, -4),
        (None, None),
    ],
)
def test_formulas_are_escaped(cell: object, safe: object) -> None:
    assert escape_formula(cell) == safe


def test_formulas_of_a_table_are_escaped() -> None:
    table = pd.DataFrame({"=name": ["=a", "b"], "n": [-1, 2]})
    assert escape_formulas(table).to_csv(index=False) == "'=name,n\n'=a,-1\nb,2\n"
