"""The common door: every format gives the same table; headers, encodings, systems, errors."""

from __future__ import annotations

import gzip
import json
import lzma
import sqlite3
import zipfile
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from geodata import crs
from geodata.errors import AskFirst, DataFileError
from loaders.manifest import read_manifest, write_matches
from loaders.read import read_dataset
from loaders.table import ReadContext
from tests.loaders.made import BOX, CODES, CONTEXT, TODAY, manifest_of, read, squares

PEOPLE = "区划代码,性别,年龄段,人数\n529901101,男,0-4岁,12\n529901102,女,85岁及以上,3\n"


def frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(squares(), crs="EPSG:4326")


# ---------------------------------------------------------------- formats


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("towns.geojson", "GeoJSON"),
        ("towns.gpkg", "GPKG"),
        ("towns.fgb", "FlatGeobuf"),
        ("towns.parquet", ""),
        ("towns.shp", "ESRI Shapefile"),
        ("towns.csv", ""),
    ],
)
@pytest.mark.parametrize("system", ["EPSG:4326", "EPSG:4490", "EPSG:4547", "EPSG:4526"])
def test_polygons_of_every_format_and_system(
    tmp_path: Path, name: str, driver: str, system: str
) -> None:
    # D01: the same county in degrees and in projected files has the same areas within 0.1 %.
    there = frame().to_crs(system)
    path = tmp_path / name
    more = {}
    if name.endswith(".csv"):
        table = pd.DataFrame(there.drop(columns="geometry"))
        table["WKT"] = there.geometry.to_wkt(rounding_precision=-1)
        table.to_csv(path, index=False, encoding="gb18030")
        more["crs"] = system
    elif driver == "":
        there.to_parquet(path)
    elif driver == "GeoJSON":
        path.write_text(there.to_json(), encoding="utf-8")
        more["crs"] = system
    else:
        if name.endswith(".shp"):  # 10 bytes a name; cut ones have a test of their own
            there = there.rename(columns={"区划代码": "code"})
        there.to_file(path, driver=driver, engine="pyogrio")
    loaded = read(tmp_path, kind="regions", file=name, **more)
    # FlatGeobuf keeps its own order.
    loaded = replace(loaded, table=loaded.table.sort_values("code", ignore_index=True))
    assert loaded.table["code"].tolist() == ["529901101", "529901102"]
    assert loaded.table["name"].tolist() == ["青岚镇", "白水乡"]
    assert sorted(loaded.table["row"]) == [1, 2]
    assert loaded.table.crs.to_epsg() == 4326
    for found, given in zip(loaded.table.geometry, frame().geometry, strict=True):
        area, whole = (abs(crs.EARTH.geometry_area_perimeter(g)[0]) for g in (found, given))
        assert area == pytest.approx(whole, rel=0.001)


def test_zipped_shapefile_with_gbk_table(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "towns.shp", engine="pyogrio", encoding="GBK")
    (tmp_path / "towns.cpg").unlink()
    with zipfile.ZipFile(tmp_path / "towns.zip", "w") as archive:
        for suffix in ("shp", "shx", "dbf", "prj"):
            archive.write(tmp_path / f"towns.{suffix}", f"数据/towns.{suffix}")
    loaded = read(tmp_path, kind="regions", file="towns.zip")
    assert loaded.encoding == "GB18030"
    assert loaded.table["name"].tolist() == ["青岚镇", "白水乡"]


def test_dbf_names_cut_to_ten_bytes(tmp_path: Path) -> None:
    # 统计用区划代码 has 14 bytes in GBK and 21 in UTF-8: 统计用区划 and 统计用 are left.
    for encoding, left in (("GBK", "统计用区划"), ("UTF-8", "统计用")):
        table = frame().rename(columns={"区划代码": left})
        table.to_file(tmp_path / "t.shp", engine="pyogrio", encoding=encoding)
        loaded = read(tmp_path, kind="regions", file="t.shp")
        assert loaded.matches["code"] == left
        assert loaded.table["code"].tolist() == ["529901101", "529901102"]


def test_dbf_name_cut_within_a_character(tmp_path: Path) -> None:
    # 区划代码 has 12 bytes in UTF-8; the 10 that are left end with a third of 码.
    table = frame().rename(columns={"区划代码": "abcdefghij"})
    table.to_file(tmp_path / "t.shp", engine="pyogrio", encoding="UTF-8")
    dbf = tmp_path / "t.dbf"
    dbf.write_bytes(dbf.read_bytes().replace(b"abcdefghij", "区划代码".encode()[:10]))
    assert read(tmp_path, kind="regions", file="t.shp").matches["code"] == "区划代"


def write_sqlite(path: Path, table: pd.DataFrame) -> None:
    db = sqlite3.connect(path)
    table.to_sql("people", db, index=False)
    db.commit()
    db.close()


@pytest.mark.parametrize(
    "name", ["p.csv", "p.tsv", "p.xlsx", "p.parquet", "p.csv.gz", "p.csv.xz", "p.sqlite"]
)
def test_tables_of_every_format(tmp_path: Path, name: str) -> None:
    table = pd.DataFrame(
        {"区划代码": [529901101, 529901102], "性别": ["男", "女"], "年龄段": ["0-4岁", "合计"],
         "人数": [12, 3]}
    )  # fmt: skip
    path = tmp_path / name
    writers = {
        "p.csv": lambda: path.write_bytes(table.to_csv(index=False).encode("gbk")),
        "p.tsv": lambda: path.write_text(table.to_csv(index=False, sep="\t"), "utf-16"),
        "p.xlsx": lambda: table.to_excel(path, index=False),
        "p.parquet": lambda: table.to_parquet(path),
        "p.csv.gz": lambda: path.write_bytes(gzip.compress(table.to_csv(index=False).encode())),
        "p.csv.xz": lambda: path.write_bytes(lzma.compress(table.to_csv(index=False).encode())),
        "p.sqlite": lambda: write_sqlite(path, table),
    }
    writers[name]()
    loaded = read(tmp_path, kind="population", file=name, context=ReadContext(known_codes=CODES))
    assert loaded.table["code"].tolist() == ["529901101", "529901102"]
    assert loaded.table["sex"].tolist() == ["m", "f"]
    assert loaded.table["persons"].tolist() == [12, 3]
    assert loaded.n_rows == 2
    assert len(loaded.sha256) == 64


def test_database_address(tmp_path: Path) -> None:
    write_sqlite(tmp_path / "dept.db", pd.DataFrame({"code": ["529901101"], "人口": [5]}))
    loaded = read(tmp_path, kind="population", database="sqlite:///dept.db", table="people")
    assert loaded.table["persons"].tolist() == [5]
    assert len(loaded.sha256) == 64
    with pytest.raises(DataFileError, match=r"^dept.db: no table persons. Found: people.$"):
        read(tmp_path, kind="population", database="sqlite:///dept.db", table="persons")
    with pytest.raises(DataFileError, match=r"^none.db: no such file.$"):
        read(tmp_path, kind="population", database="sqlite:///none.db", table="people")
    assert not (tmp_path / "none.db").exists()


def test_workbook_with_title_rows_and_dates(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["青岚县人口统计表"])
    sheet.append(["单位：人"])
    sheet.append(["区划代码", "日期", "常 住 人 口（人）"])
    sheet.append(["529901101", pd.Timestamp("2024-11-01").to_pydatetime(), 1200.0])
    sheet.append([None, None, None])
    sheet.append([529901102, "2024-11-01", "９５０"])
    book.save(tmp_path / "people.xlsx")
    loaded = read(tmp_path, kind="population", file="people.xlsx")
    assert loaded.matches == {
        "code": "区划代码", "date": "日期", "persons": "常 住 人 口（人）",
    }  # fmt: skip
    assert loaded.table["persons"].tolist() == [1200, 950]
    assert loaded.table["row"].tolist() == [1, 3]
    assert loaded.table["date"].dt.strftime("%F").tolist() == ["2024-11-01", "2024-11-01"]


def test_unit_in_the_header(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("区划代码,常住人口(万人)\n529901101,1.25\n", "utf-8")
    assert read(tmp_path, kind="population", file="p.csv").table["persons"].tolist() == [12500]


def test_rows_of_wrong_length_are_listed_not_lost(tmp_path: Path) -> None:
    text = "区划代码,人数\n529901101,1\n529901102,2,3\n529901101001,4,,\n529901101002\n"
    (tmp_path / "p.csv").write_text(text, "utf-8")
    loaded = read(tmp_path, kind="population", file="p.csv")
    assert loaded.table["row"].tolist() == [1, 3]
    bad = [f for f in loaded.findings if f.severity == "error"]
    assert [(f.row, f.rule, f.found, f.text) for f in bad] == [
        (2, "row.cells", "3", "529901102,2,3"),
        (4, "row.cells", "1", "529901101002"),
    ]
    assert loaded.n_rows == 4


# ---------------------------------------------------------------- D06


def test_three_departments_merge_without_edits(tmp_path: Path) -> None:
    write = {
        "police.csv": "统计用区划代码,口径,人口\n529901101,户籍,10\n529901102,户籍,20\n".encode(
            "gbk"
        ),
        "health.csv": b"\xef\xbb\xbf" + "region_code,kind,Population\n529901101,常住,9\n".encode(),
        "civil.tsv": "行政区划代码\t人口类型\t总人口\n529901102\t流动\t4\n".encode("utf-16"),
    }
    text = '[county]\ncode = "529901"\nname = "青岚县"\ncrs = "EPSG:4547"\n'
    for number, (name, data) in enumerate(write.items()):
        (tmp_path / name).write_bytes(data)
        text += f'\n[[dataset]]\nid = "p{number}"\ntitle = "人口"\nkind = "population"\n'
        text += "date = 2025-05-01\n"
        text += f'file = "{name}"  # as it came\n'
    path = tmp_path / "county.toml"
    path.write_text(text, "utf-8")
    context = ReadContext(known_codes=CODES, today=TODAY)

    def load() -> list[pd.DataFrame]:
        manifest = read_manifest(path)
        loaded = [read_dataset(entry, manifest, context=context) for entry in manifest.dataset]
        for table in loaded:
            write_matches(path, table.dataset.id, table.matches)
        return [one.table[["code", "kind", "persons"]] for one in loaded]

    pool = pd.concat(load())
    assert pool["persons"].sum() == 43
    assert pool["kind"].tolist() == ["registered", "registered", "usual", "floating"]
    saved = read_manifest(path)
    assert saved.entry("p0").columns == {
        "code": "统计用区划代码", "kind": "口径", "persons": "人口",
    }  # fmt: skip
    assert path.read_text("utf-8").count("# as it came") == 3
    assert pd.concat(load()).equals(pool)


# ---------------------------------------------------------------- exact words


def words(tmp_path: Path, **entry: object) -> str:
    with pytest.raises(DataFileError) as caught:
        read(tmp_path, **{"kind": "population", "file": "p.csv", **entry})
    return str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    assert words(tmp_path) == "p.csv: no such file."


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("p.xlsx", "workbook"),
        ("p.parquet", "Parquet"),
        ("p.geojson", "GeoJSON"),
        ("p.gpkg", "GeoPackage"),
        ("p.shp", "Shapefile"),
        ("p.fgb", "FlatGeobuf"),
        ("p.sqlite", "SQLite"),
    ],
)
def test_unreadable_file(tmp_path: Path, name: str, type_: str) -> None:
    (tmp_path / name).write_bytes(b"nothing of the kind" * 20)
    assert words(tmp_path, file=name) == f"{name}: not a readable {type_} file."


def test_unreadable_raster_and_roads(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"II*\x00" + b"x" * 500)
    (tmp_path / "a.pbf").write_bytes(b"x" * 500)
    assert words(tmp_path, kind="elevation", file="a.tif") == "a.tif: not a readable GeoTIFF file."
    assert words(tmp_path, kind="roads_osm", file="a.pbf") == "a.pbf: not a readable OSM PBF file."
    assert words(tmp_path, file="a.tif") == "a.tif: a GeoTIFF file cannot be read as population."


def test_unknown_column(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("区划代码,甲\n529901101,5\n", "utf-8")
    assert words(tmp_path) == "p.csv: missing column persons (人数). Found: 区划代码, 甲."
    assert words(tmp_path, columns={"persons": "乙"}) == (
        "p.csv: missing column 乙 (人数). Found: 区划代码, 甲."
    )


@pytest.mark.parametrize("text", ["区划代码,人数\n", "区划代码,人数\n\n,\n", "区划代码,人数"])
def test_empty_table(tmp_path: Path, text: str) -> None:
    (tmp_path / "p.csv").write_text(text, "utf-8")
    assert words(tmp_path) == "p.csv: no data rows."


def test_empty_file_and_unknown_type(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes(b"")
    assert words(tmp_path) == "p.csv: the file is empty."
    (tmp_path / "p.doc").write_bytes(b"x")
    assert words(tmp_path, file="p.doc").startswith(
        "p.doc: files of this type are not read. Read are: .csv .txt .tsv .xlsx"
    )


def test_strict_names_the_first_bad_row(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("区划代码,人数\n529901101,5\n529901102,-3\n", "utf-8")
    loaded = read(tmp_path, kind="population", file="p.csv")
    assert loaded.table["persons"].tolist() == [5]
    assert words(tmp_path, strict=True) == (
        "p.csv, row 2: persons is -3; expected a whole number, 0 or more. "
        "1 of 2 rows are like this, and the manifest says strict."
    )


def test_wrong_column_of_a_long_table_is_refused_early(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("区划代码,人数\n" + "abc,5\n" * 100_000, "utf-8")
    assert words(tmp_path) == (
        "p.csv, row 1: code is abc; expected a code of 6, 9, 12 or 15 digits. "
        "1000 of the first 1000 rows are wrong."
    )


# ---------------------------------------------------------------- places

POINTS = pd.DataFrame(
    {
        "名称": [f"卫生室{n}" for n in range(20)],
        "类别": "村卫生室",
        "经度": np.linspace(113.1, 113.5, 20),
        "纬度": np.linspace(24.1, 24.5, 20),
    }
)


def test_projected_points(tmp_path: Path) -> None:
    x, y = crs.from_lon_lat(POINTS["经度"], POINTS["纬度"], "EPSG:4547")
    POINTS.assign(经度=x, 纬度=y).to_csv(tmp_path / "f.csv", index=False)
    loaded = read(tmp_path, kind="facilities", file="f.csv", crs="EPSG:4547")
    assert loaded.table["lon"].tolist() == pytest.approx(POINTS["经度"].tolist(), abs=1e-8)
    assert loaded.table["lat"].tolist() == pytest.approx(POINTS["纬度"].tolist(), abs=1e-8)


@pytest.mark.parametrize("offset", ["gcj02", "bd09"])
def test_offsets_are_undone(tmp_path: Path, offset: str) -> None:
    forward = {"gcj02": crs.wgs84_to_gcj02, "bd09": crs.wgs84_to_bd09}[offset]
    lon, lat = forward(POINTS["经度"], POINTS["纬度"])
    POINTS.assign(经度=lon, 纬度=lat).to_csv(tmp_path / "f.csv", index=False)
    loaded = read(tmp_path, kind="facilities", file="f.csv", offset=offset)
    _, _, metres = crs.EARTH.inv(
        loaded.table["lon"], loaded.table["lat"], POINTS["经度"], POINTS["纬度"]
    )
    assert max(metres) < 1.0


def test_degrees_minutes_seconds(tmp_path: Path) -> None:
    text = '名称,类别,经度,纬度\n甲,医院,113°15′36″,"24° 6\' 0"""\n'
    (tmp_path / "f.csv").write_text(text, "utf-8")
    loaded = read(tmp_path, kind="facilities", file="f.csv")
    assert loaded.table["lon"].tolist() == pytest.approx([113.26])
    assert loaded.table["lat"].tolist() == pytest.approx([24.1])


def test_polygons_of_buildings_and_points_of_facilities(tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "properties": {"名称": "甲", "类别": "医院"}, "geometry": g}
        for g in (
            {"type": "Point", "coordinates": [113.2, 24.2]},
            shapely.geometry.mapping(shapely.box(113.3, 24.3, 113.4, 24.4)),
        )
    ]
    document = {"type": "FeatureCollection", "features": features}
    (tmp_path / "f.geojson").write_text(json.dumps(document), "utf-8")
    table = read(tmp_path, kind="facilities", file="f.geojson").table
    assert table["lon"].tolist() == pytest.approx([113.2, 113.35])
    assert table["lat"].tolist() == pytest.approx([24.2, 24.35])


def test_h3_cells_and_points_for_areas(tmp_path: Path) -> None:
    import h3

    cells = [h3.latlng_to_cell(24.2, 113.2, 9), h3.latlng_to_cell(24.3, 113.3, 9)]
    (tmp_path / "c.csv").write_text("id,name\n" + "".join(f"{c},{c}\n" for c in cells))
    manifest = manifest_of(
        tmp_path, kind="regions", file="c.csv", areas="h3", columns={"code": "id", "name": "id"}
    )
    free = manifest.model_copy(
        update={"county": manifest.county.model_copy(update={"code_scheme": "free"})}
    )
    table = read_dataset(free.dataset[0], free, context=CONTEXT).table
    assert table["code"].tolist() == cells
    centre = table.geometry.iloc[0].centroid
    assert (centre.x, centre.y) == pytest.approx((113.2, 24.2), abs=0.003)

    (tmp_path / "v.csv").write_text("村代码,村名,lon,lat\n529901101001,甲村,113.2,24.2\n")
    villages = read(tmp_path, kind="regions", file="v.csv", areas="voronoi").table
    assert not isinstance(villages, gpd.GeoDataFrame)
    assert villages["lon"].tolist() == [113.2]
    with pytest.raises(DataFileError, match=r"^v.csv: missing column geometry "):
        read(tmp_path, kind="regions", file="v.csv")


def test_known_places_show_an_offset(tmp_path: Path) -> None:
    lon, lat = crs.wgs84_to_bd09(POINTS["经度"], POINTS["纬度"])
    POINTS.assign(经度=lon, 纬度=lat).to_csv(tmp_path / "f.csv", index=False)
    places = zip(POINTS["经度"], POINTS["纬度"], strict=True)
    context = ReadContext(box=BOX, reference=dict(zip(POINTS["名称"], places, strict=True)))
    with pytest.raises(AskFirst, match=r"^f.csv: known places lie \d+ m from where they are\. "
                       r"That is probably the offset BD-09\.$") as caught:  # fmt: skip
        read(tmp_path, kind="facilities", file="f.csv", context=context)
    assert caught.value.values["question"] == "offset"
    read(tmp_path, kind="facilities", file="f.csv", context=context, confirmed=("offset",))
    read(tmp_path, kind="facilities", file="f.csv", context=context, offset="bd09")


# ---------------------------------------------------------------- dates of figures


@pytest.mark.parametrize("kind", ["population", "households", "vulnerable"])
def test_figures_without_a_date_are_refused(tmp_path: Path, kind: str) -> None:
    value = {"population": "人数,性别", "households": "户数,家庭户类型", "vulnerable": "人数,人群"}[
        kind
    ]
    (tmp_path / "p.csv").write_text(f"区划代码,{value}\n529901101,1,男\n", encoding="utf-8")
    with pytest.raises(
        DataFileError,
        match=r"^p\.csv: no date; name the column, or give the data set a date\.$",
    ):
        read(tmp_path, kind=kind, file="p.csv", date=None)


def test_a_row_without_its_date_is_a_bad_one(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(
        "区划代码,日期,人数\n529901101,2025-01-01,12\n529901102,,3\n", encoding="utf-8"
    )
    loaded = read(tmp_path, kind="population", file="p.csv", date=None)
    assert loaded.table["persons"].tolist() == [12]
    assert [(f.row, f.column, f.rule) for f in loaded.findings] == [(2, "date", "value.missing")]
    dated = read(tmp_path, kind="population", file="p.csv")
    assert len(dated.table) == 2  # the data set's own date holds for it
    constant = read(
        tmp_path, kind="population", file="p.csv", date=None, constant={"date": "2025-02-01"},
        columns={"code": "区划代码"},
    )  # fmt: skip
    assert len(constant.table) == 2


# ---------------------------------------------------------------- persons stay unknown

WRONG_CHECK = "529901194912310021"
OLD_NUMBER = "529901491231002"
HOSTILE = f"""身份证号,姓名,性别,出生日期,居住地区划代码,建筑编号,户号,状态
{WRONG_CHECK},欧阳小明,男,1949-12-31,529901101,B1,H1,参保
{OLD_NUMBER},司马小红,女,1949/12/31,529901101,B1,H1,13812345678
诸葛小亮,{WRONG_CHECK},上官小丽,19491231,慕容小白,13812345678,{OLD_NUMBER},+8613812345678
{WRONG_CHECK},欧阳小明,男,1949-12-31
{WRONG_CHECK},欧阳小明,男,1949-12-31,529901101,B1,H1,参保,138 1234 5678,多一格
11010519491231002X,夏侯小刚,夏侯小刚,1950-01-01,529901999,B1,H1,1
11010519491231002X,夏侯小刚,男,1950-01-01,529901101,B1,H2,1
11010519491231002X,夏侯小芳,男,昨天1950-01-01,529901101001001,B1,H2,1
"""
NEVER = (
    "欧阳", "司马", "诸葛", "上官", "慕容", "夏侯", "小明", "小红", "小亮", "小丽", "小白", "小刚",
    "小芳", "1949", "4912", "1231", "1950", "12345", "1234 5678", WRONG_CHECK, OLD_NUMBER,
)  # fmt: skip


def test_no_finding_tells_who_somebody_is(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(HOSTILE, encoding="utf-8")
    loaded = read(tmp_path, kind="persons", file="p.csv")
    rules_found = {f.rule for f in loaded.findings}
    assert {"row.cells", "identity.length", "identity.check", "identity.date"} & rules_found
    assert {f.row for f in loaded.findings if f.severity == "error"} >= {1, 2, 3, 4, 5, 7, 8}
    for finding in loaded.findings:
        told = f"{finding.found}\n{finding.text}\n{finding.values}"
        assert not [word for word in NEVER if word in told], finding
        if finding.rule == "row.cells":
            assert finding.text == ""
    wrong = next(f for f in loaded.findings if f.rule == "identity.check")
    assert wrong.found == "529901********0021"
    assert wrong.text == (
        "identity=529901********0021; name=*; sex=男; birth=*; code=529901101; building=*; "
        "household=*; status=*"
    )


def test_numbers_of_persons_are_masked_in_other_tables(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text(
        "事件编号,类别,内容,上报时间,状态\n"
        f"1,噪声,身份证{WRONG_CHECK} 旧号{OLD_NUMBER} 电话13812345678,早上,\n"
        f"2,噪声,529901 19491231 0021,138-1234-5678,\n"
        f"3,噪声,ID{WRONG_CHECK}9\n",
        encoding="utf-8",
    )
    loaded = read(tmp_path, kind="events", file="e.csv")
    assert len(loaded.findings) >= 3
    for finding in loaded.findings:
        told = finding.found + finding.text
        assert not [w for w in ("1949", "4912", "1234", WRONG_CHECK) if w in told], finding


def test_codes_of_grids_stay_readable(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("区划代码,人数\n529901101001001,-1\n", encoding="utf-8")
    (one,) = [
        f for f in read(tmp_path, kind="population", file="p.csv").findings if f.rule[:5] == "count"
    ]
    assert one.text == "code=529901101001001; persons=-1; date=2025-05-01"


def test_a_first_row_taken_for_a_header_shows_no_numbers(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(f"{WRONG_CHECK},13812345678\n1,2\n", encoding="utf-8")
    with pytest.raises(DataFileError, match=r"529901\*{8}0021, 138\*{4}5678"):
        read(tmp_path, kind="persons", file="p.csv")
