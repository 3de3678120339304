"""Plain files of events, areas and readings: what is read, what is left out, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from geodata.errors import DataFileError
from loaders.incidents import LeftOut, read_areas, read_incidents, read_series, read_table


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_rows_without_place_or_time_are_left_out_by_name(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "事件.csv",
        "编号,经度,纬度,受理时间,类别\n"
        "1,106.80,27.20,2025-06-01 08:00,盗窃\n"
        "2,,27.20,2025-06-01 09:00,盗窃\n"
        "3,106.81,27.21,2025-02-30,盗窃\n"
        "4,106.82,27.22,2025年6月3日,噪声\n"
        "5,106.82,27.22,2025-06-04,\n",
    )
    found = read_incidents(file)
    assert found.rows.tolist() == [1, 4, 5]
    assert found.category.tolist() == ["盗窃", "噪声", ""]
    assert found.time[1] == np.datetime64("2025-06-03T00:00:00")
    assert found.lonlat[0].tolist() == [106.80, 27.20]
    assert found.left_out == (
        LeftOut(2, "lon, lat", ", 27.20", "a place on earth"),
        LeftOut(3, "time", "2025-02-30", "a day or a time"),
    )


def test_repeats_and_taken_ids_are_left_out_by_name(tmp_path: Path) -> None:
    rows = (
        "A1,106.80,27.20,2025-06-01,盗窃",
        "A2,106.81,27.20,2025-06-01,盗窃",
        "A1,106.80,27.20,2025-06-01,盗窃",
        "A2,106.81,27.20,2025-06-02,盗窃",
        ",106.82,27.20,2025-06-01,盗窃",
        ",106.82,27.20,2025-06-01,盗窃",
        "A2,106.81,27.20,2025-06-02,盗窃",
    )
    text = "\n".join(("编号,经度,纬度,受理时间,类别", *rows))
    found = read_incidents(written(tmp_path, "e.csv", text))
    assert found.rows.tolist() == [1, 2, 5, 6]
    assert found.left_out == (
        LeftOut(3, "编号", "A1", "an event that is not in the file already", 1),
        LeftOut(4, "编号", "A2", "an id that no other event has", 2),
        LeftOut(7, "编号", "A2", "an id that no other event has", 2),
    )


def test_a_file_without_ids_may_repeat_itself(tmp_path: Path) -> None:
    text = "lon,lat,time\n1,2,2025-01-01\n1,2,2025-01-01\n1,2,2025-01-01\n"
    found = read_incidents(written(tmp_path, "e.csv", text))
    assert (found.rows.tolist(), found.left_out) == ([1, 2, 3], ())


def test_points_of_a_map_file_repeat_only_at_the_same_place(tmp_path: Path) -> None:
    text = collection(
        ({"type": "Point", "coordinates": [1, 2]}, {"id": "A"}),
        ({"type": "Point", "coordinates": [1, 2]}, {"id": "A"}),
        ({"type": "Point", "coordinates": [1, 3]}, {"id": "A"}),
        ({"type": "Point", "coordinates": [1, 3]}, {"id": "B"}),
    )
    found = read_incidents(written(tmp_path, "p.geojson", text), timed=False)
    assert found.rows.tolist() == [1, 4]
    assert [one.expected for one in found.left_out] == [
        "an event that is not in the file already", "an id that no other event has",
    ]  # fmt: skip


def test_a_file_of_few_ids_is_refused(tmp_path: Path) -> None:
    text = "id,lon,lat\nA,1,2\nA,1,3\nA,1,4\n"
    with pytest.raises(DataFileError) as told:
        read_incidents(written(tmp_path, "e.csv", text), timed=False)
    assert str(told.value) == (
        "e.csv, row 2: id is A; expected an id that no other event has. 2 of 3 rows are like this."
    )
    thrice = read_incidents(
        written(tmp_path, "e2.csv", "id,lon,lat\n" + "A,1,2\n" * 3), timed=False
    )
    assert thrice.rows.tolist() == [1]


@pytest.mark.parametrize("timed", [True, False])
def test_what_has_not_happened_is_left_out(tmp_path: Path, timed: bool) -> None:
    text = "lon,lat,time\n1,2,2025-01-01 23:59\n1,2,2025-01-02\n1,2,2024-12-01\n"
    limit = np.datetime64("2025-01-02")
    found = read_incidents(written(tmp_path, "e.csv", text), timed=timed, before=limit)
    assert found.rows.tolist() == [1, 3]
    assert found.left_out == (
        LeftOut(2, "time", "2025-01-02 00:00:00", "a time that is not in the future"),
    )


def test_projected_coordinates_are_taken_in_the_system_that_is_given(tmp_path: Path) -> None:
    file = written(tmp_path, "e.csv", "x,y\n480200,3009700\n")
    found = read_incidents(file, crs="EPSG:4545", timed=False)
    lon, lat = found.lonlat[0]
    assert 107.7 < lon < 107.9
    assert 27.1 < lat < 27.3
    assert np.isnat(found.time).all()


def test_a_file_of_other_things_is_refused(tmp_path: Path) -> None:
    bad = written(tmp_path, "e.csv", "lon,lat,time\n1,2,never\n1,2,never\n1,2,2025-01-01\n")
    with pytest.raises(DataFileError) as told:
        read_incidents(bad)
    assert str(told.value) == (
        "e.csv, row 1: time is never; expected a day or a time. 2 of 3 rows are like this."
    )
    with pytest.raises(DataFileError, match=r"e2.csv: missing column time \(时间\)"):
        read_incidents(written(tmp_path, "e2.csv", "lon,lat\n1,2\n"))


def square(x: float) -> dict[str, object]:
    ring = [[x, 0], [x + 1, 0], [x + 1, 1], [x, 1], [x, 0]]
    return {"type": "Polygon", "coordinates": [ring]}


def collection(*rows: tuple[dict[str, object], dict[str, object]]) -> str:
    features = [{"type": "Feature", "geometry": g, "properties": p} for g, p in rows]
    return json.dumps({"type": "FeatureCollection", "features": features})


def test_areas_have_an_id_perhaps_people_and_numbers(tmp_path: Path) -> None:
    text = collection(
        (square(0), {"code": "A", "人口": 120, "note": "x", "old": 3.5}),
        (square(1), {"code": "B", "人口": 80, "note": "y", "old": None}),
    )
    found = read_areas(written(tmp_path, "a.geojson", text))
    assert found.ids.tolist() == ["A", "B"]
    assert found.people is not None
    assert found.people.tolist() == [120, 80]
    assert found.table["old"].iloc[0] == 3.5
    assert np.isnan(found.table["old"].iloc[1])
    assert "note" not in found.table


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            ((square(0), {"id": "A"}), (square(1), {"id": "A"})),
            "a.geojson, row 2: the id A stands in row 1 already.",
        ),
        (
            ((square(0), {"id": "A", "people": 1}), (square(1), {"id": "B", "people": -1})),
            "a.geojson, row 2: people is -1; expected a number, 0 or more.",
        ),
        (
            (({"type": "Point", "coordinates": [0, 0]}, {"id": "A"}),),
            "a.geojson, row 1: geometry is Point; expected Polygon.",
        ),
    ],
)
def test_a_bad_area_is_named(
    tmp_path: Path, rows: tuple[tuple[dict[str, object], dict[str, object]], ...], words: str
) -> None:
    with pytest.raises(DataFileError) as told:
        read_areas(written(tmp_path, "a.geojson", collection(*rows)))
    assert str(told.value) == words


def test_areas_that_overlap_are_refused_and_slivers_are_not(tmp_path: Path) -> None:
    apart = collection((square(0), {"id": "A"}), (square(0.991), {"id": "B"}))
    assert len(read_areas(written(tmp_path, "a.geojson", apart)).ids) == 2
    nested = {"type": "Polygon", "coordinates": [[[5.2, 0.2], [5.4, 0.2], [5.4, 0.4], [5.2, 0.2]]]}
    text = collection(
        (square(9), {"id": "W"}), (square(5), {"id": "X"}), (square(5.75), {"id": "Y"}),
        (nested, {"id": "Z"}),
    )  # fmt: skip
    with pytest.raises(DataFileError) as told:
        read_areas(written(tmp_path, "b.geojson", text))
    assert str(told.value) == (
        "b.geojson: the areas X (row 2) and Y (row 3) overlap by 25% of the smaller one; an event "
        "would lie in both. 2 pairs do so."
    )


def test_areas_come_from_map_files(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="no polygons; give a map file such as GeoJSON"):
        read_areas(written(tmp_path, "a.csv", "id,people\nA,3\n"))


def test_readings_are_sorted_by_sensor_and_gaps_stay_gaps(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "r.csv",
        "station,time,PM2.5\nB,2025-01-01 02:00,7\nA,2025-01-01 01:00,5\n"
        "A,2025-01-01 00:00,4\nA,2025-01-01 02:00,\nB,2025-01-01 03:00,many\n",
    )
    found = read_series(file, value="PM2.5")
    assert list(found.sensors) == ["A", "B"]
    assert found.sensors["A"][1].tolist() == [4, 5]
    assert found.sensors["B"][1].tolist() == [7]
    assert found.left_out == (LeftOut(5, "PM2.5", "many", "a number"),)


def test_a_table_of_criteria_keeps_its_numbers(tmp_path: Path) -> None:
    name, ids, table = read_table(written(tmp_path, "c.csv", "id,a,b,c\nX,1,2,n\nY,3,,m\n"))
    assert name == "c.csv"
    assert ids.tolist() == ["X", "Y"]
    assert list(table) == ["a", "b"]
    assert table["a"].tolist() == [1, 3]
