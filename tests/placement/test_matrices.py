"""Matrices of costs, people and sites from tables: both shapes, and every refusal by its words."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pandas as pd
import pytest

from cockpit.placement.matrices import Matrix, read_matrix, read_people, read_sites, read_years
from geodata.errors import DataFileError

WIDE = "编号,人口,乡镇,A,B\nv1,10,东,1,9\nv2,20,西,4,\nv3,0,西,0,2.5\n"
LONG = "origin,destination,seconds\nv1,A,60\nv1,B,540\nv2,A,240\nv2,B,\nv3,B,150\n"


def written(folder: Path, text: str, name: str = "m.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def wide(tmp_path: Path) -> Matrix:
    return read_matrix(written(tmp_path, WIDE))


def test_a_wide_matrix_has_people_and_sites_in_its_columns(wide: Matrix) -> None:
    assert wide.people.ids == ("v1", "v2", "v3")
    assert wide.sites == ("A", "B")
    assert wide.cost.tolist() == [[1, 9], [4, inf], [0, 2.5]]
    assert wide.unit is None
    assert wide.people.weights is not None
    assert wide.people.weights.tolist() == [10, 20, 0]
    assert wide.people.townships == ("东", "西", "西")
    assert wide.people.load is None


def test_a_long_matrix_says_its_unit_and_what_it_leaves_out(tmp_path: Path) -> None:
    matrix = read_matrix(written(tmp_path, LONG))
    assert (matrix.people.ids, matrix.sites) == (("v1", "v2", "v3"), ("A", "B"))
    assert matrix.cost.tolist() == [[60, 540], [240, inf], [inf, 150]]
    assert (matrix.unit, matrix.left_out) == ("seconds", 1)


@pytest.mark.parametrize("header", ["minutes", "分钟", "metres", "米", "秒"])
def test_units_are_known_in_both_languages(tmp_path: Path, header: str) -> None:
    matrix = read_matrix(written(tmp_path, f"起点,终点,{header}\n1,2,3\n"))
    units = {"minutes": "minutes", "分钟": "minutes", "metres": "metres", "米": "metres"}
    assert matrix.unit == units.get(header, "seconds")


def test_parquet_and_packed_tables_are_the_same_matrix(tmp_path: Path, wide: Matrix) -> None:
    frame = pd.DataFrame(
        {"id": ["v1", "v2", "v3"], "weight": [10, 20, 0], "A": [1, 4, 0], "B": [9.0, None, 2.5]}
    )
    frame.to_parquet(tmp_path / "m.parquet")
    frame.to_csv(tmp_path / "m.csv.gz", index=False)
    for name in ("m.parquet", "m.csv.gz"):
        matrix = read_matrix(tmp_path / name)
        assert matrix.cost.tolist() == wide.cost.tolist()
        assert (matrix.people.ids, matrix.sites) == (wide.people.ids, wide.sites)


def test_whole_numbers_as_ids_stay_what_they_were(tmp_path: Path) -> None:
    pd.DataFrame({"id": [7.0, 8.0], "1": [0, 1]}).to_parquet(tmp_path / "m.parquet")
    assert read_matrix(tmp_path / "m.parquet").people.ids == ("7", "8")


def test_people_sites_and_years_come_in_the_matrix_s_order(tmp_path: Path, wide: Matrix) -> None:
    people = read_people(
        written(tmp_path, "id,weight,load\nv3,3,30\nv1,1,10\nv2,2,20\n", "w.csv"), wide
    )
    assert people.ids == wide.people.ids
    assert people.weights is not None
    assert people.weights.tolist() == [1, 2, 3]
    assert people.load is not None
    assert people.load.tolist() == [10, 20, 30]
    sites = read_sites(
        written(
            tmp_path,
            "id,费用,容量,现有,must,forbidden,经度,纬度\nB,5,,是,0,no,,\nA,6,70,,1,,106.8,27.2\n",
            "s.csv",
        ),
        wide,
    )
    assert sites.cost is not None
    assert sites.cost.tolist() == [6, 5]
    assert sites.capacity is not None
    assert sites.capacity.tolist() == [70, inf]
    assert sites.existing is not None
    assert sites.existing.tolist() == [False, True]
    assert sites.must is not None
    assert sites.must.tolist() == [True, False]
    assert sites.forbidden is not None
    assert sites.forbidden.tolist() == [False, False]
    assert sites.lonlat is not None
    assert sites.lonlat[0].tolist() == [106.8, 27.2]
    assert pd.isna(sites.lonlat[1]).all()
    years = read_years(written(tmp_path, "id,2026,2027\nv2,3,4\nv1,1,2\nv3,5,6\n", "y.csv"), wide)
    assert years.tolist() == [[1, 3, 5], [2, 4, 6]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,A\nv1,x\n", "m.csv, row 1: A is x; expected a number, 0 or more, or nothing."),
        ("id,A\nv1,1\nv2,-1\n", "m.csv, row 2: A is -1; expected a number, 0 or more, or nothing."),
        ("id,A\nv1,inf\n", "m.csv, row 1: A is inf; expected a number, 0 or more, or nothing."),
        ("id,人口,A\nv1,,1\n", "m.csv, row 1: 人口 is -; expected a number, 0 or more."),
        ("id,乡镇,A\nv1,,1\n", "m.csv, row 1: 乡镇 is empty."),
        ("id,A\n,1\n", "m.csv, row 1: the id is empty."),
        ("id,A\nv,1\nv,2\n", "m.csv, row 2: the id v stands in row 1 already."),
        ("id,A,A\nv,1,2\n", "m.csv: two columns are called A; every site needs a name of its own."),
        ("id,人口\nv,1\n", "m.csv: no column of a site beside the id."),
        (
            ",A,B\nv1,1,2\n",
            "m.csv: the first column is A; expected the demand points' ids under the header id "
            "(编号).",
        ),
        ("id,A,B\nv1,1,2\nv2,1,2,3\n", "m.csv, row 2: 4 cells; the header has 3."),
        ("id,A\n", "m.csv: no data rows."),
        ("", "m.csv: the file is empty."),
        (
            "origin,destination\na,b\n",
            "m.csv: expected one column minutes, seconds or metres beside origin and destination. "
            "Found: origin, destination.",
        ),
        (
            "origin,destination,minutes,metres\na,b,1,2\n",
            "m.csv: expected one column minutes, seconds or metres beside origin and destination. "
            "Found: origin, destination, minutes, metres.",
        ),
        ("origin,destination,minutes\na,,1\n", "m.csv, row 1: destination is empty."),
        (
            "origin,destination,minutes\na,b,1\na,c,1\na,b,2\n",
            "m.csv, row 3: a to b stands in row 1 already.",
        ),
        (
            "origin,destination,minutes\na,b,soon\n",
            "m.csv, row 1: minutes is soon; expected a number, 0 or more, or nothing.",
        ),
    ],
)
def test_a_bad_matrix_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataFileError) as refused:
        read_matrix(written(tmp_path, text))
    assert str(refused.value) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,x\nv1,1\n", "w.csv: missing column weight (权重). Found: id, x."),
        ("x,weight\nv1,1\n", "w.csv: missing column id (编号). Found: x, weight."),
        ("id,weight\nv9,1\n", "w.csv, row 1: v9 is no demand point of m.csv."),
        (
            "id,weight\nv1,1\n",
            "w.csv: no row for the demand point v2 of m.csv (2 are missing).",
        ),
        (
            "id,weight\nv1,1\nv2,\nv3,1\n",
            "w.csv, row 2: weight is -; expected a number, 0 or more.",
        ),
    ],
)
def test_bad_people_are_named(tmp_path: Path, wide: Matrix, text: str, words: str) -> None:
    with pytest.raises(DataFileError) as refused:
        read_people(written(tmp_path, text, "w.csv"), wide)
    assert str(refused.value) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,cost\nA,1\nC,1\n", "s.csv, row 2: C is no site of m.csv."),
        ("id,cost\nA,1\n", "s.csv: no row for the site B of m.csv (1 are missing)."),
        ("id,cost\nA,1\nB,\n", "s.csv, row 2: cost is -; expected a number, 0 or more."),
        (
            "id,capacity\nA,1\nB,many\n",
            "s.csv, row 2: capacity is many; expected a number, 0 or more, or nothing.",
        ),
        ("id,must\nA,perhaps\nB,\n", "s.csv, row 1: must is perhaps; expected yes or no."),
        ("id,lon,lat\nA,106,97\nB,,\n", "s.csv, row 1: lat is 97; expected -90 to 90."),
    ],
)
def test_bad_sites_are_named(tmp_path: Path, wide: Matrix, text: str, words: str) -> None:
    with pytest.raises(DataFileError) as refused:
        read_sites(written(tmp_path, text, "s.csv"), wide)
    assert str(refused.value) == words


def test_bad_years_are_named(tmp_path: Path, wide: Matrix) -> None:
    with pytest.raises(DataFileError) as refused:
        read_years(written(tmp_path, "id\nv1\nv2\nv3\n", "y.csv"), wide)
    assert str(refused.value) == "y.csv: no column of a year beside the id."


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFileError) as refused:
        read_matrix(written(tmp_path, '{"type": "FeatureCollection", "features": []}', "m.geojson"))
    assert str(refused.value) == (
        "m.geojson: unknown ending; expected one of csv, tsv, xlsx, parquet."
    )
    with pytest.raises(DataFileError, match=r"none\.csv: no such file\."):
        read_matrix(tmp_path / "none.csv")
