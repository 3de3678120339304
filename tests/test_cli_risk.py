"""The command risk on plain files: what it finds, prints and writes, and its plain refusals."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cockpit.__main__ import main
from cockpit.commands import risk_cases
from cockpit.commands.risk import _OF_EVENTS, _OF_TABLES
from cockpit.commands.risk_cases import metric_plane, periods_of
from cockpit.commands.risk_parser import METHODS
from loaders.incidents import Incidents

SIDE, STEP = 6, 0.01  # 36 squares of about 1 km
WEST, SOUTH = 106.80, 27.20
HOT = (2, 3)  # row and column of the square in which thefts are planted


def run(*words: str, language: str = "en") -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["--lang", language, "risk", *words])
    return code, out.getvalue(), err.getvalue()


def found(*words: str) -> dict:  # type: ignore[type-arg]
    code, out, err = run(*words, "--json")
    assert code == 0, err
    return json.loads(out)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Return a folder with squares of 100 people and events of a year.

    Everywhere 5 thefts a square through the year, and 40 more in the hot one, all in its last four
    weeks. One row without place, one outside all squares.
    """
    folder = tmp_path_factory.mktemp("risk")
    rng = np.random.default_rng(20240501)
    rows = []
    for k in range(SIDE * SIDE):
        row, column = divmod(k, SIDE)
        days = np.arange(5) * 73 + k
        if (row, column) == HOT:
            days = np.concatenate([days, 337 + rng.integers(0, 28, 40)])
        for day in days:
            lon = WEST + (column + rng.uniform(0.05, 0.95)) * STEP
            lat = SOUTH + (row + rng.uniform(0.05, 0.95)) * STEP
            when = pd.Timestamp("2025-01-01") + pd.Timedelta(int(day) % 365, "D")
            rows.append((f"{lon:.6f}", f"{lat:.6f}", when.date().isoformat(), "盗窃"))
    rows.append(("", "27.2", "2025-03-01", "盗窃"))
    rows.append(("108.5", "27.2", "2025-03-01", "盗窃"))
    table = pd.DataFrame(rows, columns=["经度", "纬度", "受理时间", "类别"])
    table.to_csv(folder / "events.csv", index=False)
    features = []
    for k in range(SIDE * SIDE):
        row, column = divmod(k, SIDE)
        x, y = WEST + column * STEP, SOUTH + row * STEP
        ring = [[x, y], [x + STEP, y], [x + STEP, y + STEP], [x, y + STEP], [x, y]]
        features.append({
            "type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {"id": f"{row}{column}", "people": 100},
        })  # fmt: skip
    (folder / "cells.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8"
    )
    return folder


@pytest.fixture(autouse=True)
def the_last_of_january(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(risk_cases, "today", lambda: dt.date(2026, 1, 31))


@pytest.fixture
def asked(files: Path) -> tuple[str, ...]:
    return (str(files / "events.csv"), "--regions", str(files / "cells.geojson"), "--method")


def test_every_method_that_help_lists_is_computed() -> None:
    assert set(METHODS) == {*_OF_EVENTS, *_OF_TABLES}


@pytest.mark.parametrize("method", ["gi", "moran", "hotspots", "eb", "spatial-eb"])
def test_the_hot_square_stands_first(asked: tuple[str, ...], method: str) -> None:
    answer = found(*asked, method)
    assert answer["method"] == method
    assert (answer["events"], answer["outside"]) == (SIDE * SIDE * 5 + 41, 1)
    first = answer["areas"][0]
    if method in ("eb", "gi", "hotspots"):
        near = {f"{r}{c}" for r in range(1, 4) for c in range(2, 5)}
        assert first["id"] in (near if method != "eb" else {"23"})
    hot = next(row for row in answer["areas"] if row["id"] == "23")
    assert hot["events"] == 45
    assert len(answer["areas"]) == SIDE * SIDE


def test_rows_that_cannot_be_counted_are_named(asked: tuple[str, ...]) -> None:
    _, _, told = run(*asked, "gi")
    n = SIDE * SIDE * 5 + 40
    assert told.splitlines() == [
        f"events.csv, row {n + 1}: lon, lat is , 27.2; expected a place on earth. "
        "Rows left out: 1.",
        f"events.csv: events in none of the areas, not counted there: 1, the first in row {n + 2}.",
    ]
    listed = found(*asked, "gi")["left_out"]
    assert [one["row"] for one in listed] == [n + 1, n + 2]


def changed(files: Path, folder: Path, *rows: str, head: str = "经度,纬度,受理时间,类别") -> Path:
    """Write the events and further rows."""
    text = (files / "events.csv").read_text(encoding="utf-8").splitlines()[1:-2]
    (folder / "more.csv").write_text("\n".join((head, *text, *rows)), encoding="utf-8")
    return folder / "more.csv"


def test_events_of_the_future_are_left_out(files: Path, tmp_path: Path) -> None:
    rows = ("106.81,27.21,2026-01-31 23:59,盗窃", "106.81,27.21,2026-02-01 00:00,盗窃",
            "106.81,27.21,2052-03-01,盗窃")  # fmt: skip
    words = (str(changed(files, tmp_path, *rows)), "--regions", str(files / "cells.geojson"),
             "--method", "emerging", "--period", "month")  # fmt: skip
    n = SIDE * SIDE * 5 + 40
    assert run(*words)[2] == (
        f"more.csv, row {n + 2}: time is 2026-02-01 00:00:00; expected a time that is not in the "
        "future. Rows left out: 2.\n"
    )
    assert run(*words, language="zh")[2] == (
        f"more.csv 第{n + 2}行：time 为 2026-02-01 00:00:00；应为不晚于今天的时间。共2行未计入。\n"
    )
    answer = found(*words)
    assert (answer["events"], answer["periods"]) == (n + 1, 13)
    assert [one["row"] for one in answer["left_out"]] == [n + 2, n + 3]


def test_times_are_listed_only_when_they_are_needed(files: Path, tmp_path: Path) -> None:
    file = changed(files, tmp_path, "106.81,27.21,,盗窃", "106.81,27.21,soon,盗窃")
    words = (str(file), "--regions", str(files / "cells.geojson"), "--method")
    n = SIDE * SIDE * 5 + 42
    code, _, err = run(*words, "gi")
    assert (code, err) == (0, "")
    assert (found(*words, "gi")["events"], found(*words, "gi")["left_out"]) == (n, [])
    dated = found(*words, "gi", "--from", "2025-01-01")
    assert (dated["events"], len(dated["left_out"])) == (n - 2, 2)
    assert "time is -; expected a day or a time. Rows left out: 2." in run(*words, "c1")[2]


def test_one_mistyped_year_does_not_hang_the_command(files: Path, tmp_path: Path) -> None:
    file = changed(files, tmp_path, "106.81,27.21,1925-12-30,盗窃")
    words = (str(file), "--regions", str(files / "cells.geojson"), "--method")
    assert run(*words, "scan")[::2] == (1, (
        "A scan takes 1,500 periods at most; the events cover 5,218, from 1925-12-30 to "
        "2025-12-30. Choose a longer --period, or less time with --from and --to.\n"
    ))  # fmt: skip
    assert run(*words, "seasonal")[::2] == (1, (
        "The events cover 36,526 days, from 1925-12-30 on; unusual days are sought among 10,000 "
        "at most. Choose less time with --from and --to.\n"
    ))  # fmt: skip
    monthly = found(*words, "scan", "--period", "month", "--permutations", "9", "--space-only")
    assert monthly["clusters"][0]["from"] == "1925-12-01"


def test_too_many_counts_are_refused(
    asked: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(risk_cases, "MOST_COUNTS", 36 * 51)
    assert run(*asked, "emerging")[2].splitlines()[-1] == (
        "36 areas x 52 periods (2025-01-01 to 2025-12-30) are more than 1,836 counts. Choose less "
        "time with --from and --to, a longer --period where the method has one, or larger areas."
    )
    assert run(*asked, "emerging", "--from", "2025-01-08")[0] == 0


@pytest.mark.parametrize("method", ["gi", "density", "c1"])
def test_no_event_in_any_area(files: Path, tmp_path: Path, method: str) -> None:
    file = tmp_path / "away.csv"
    file.write_text("lon,lat,time\n27.2,10.5,2025-01-01\n27.3,10.25,2025-01-02\n")
    words = (str(file), "--regions", str(files / "cells.geojson"), "--method", method)
    assert run(*words) == (1, "", (
        "away.csv: none of the 2 events lies in an area of cells.geojson. The events lie at "
        "27.200, 10.250 - 27.300, 10.500 degrees (lowest and highest lon, lat), the areas at "
        "106.800, 27.200 - 106.860, 27.260. Coordinates of a table are taken as EPSG:4326; --crs "
        "gives another system.\n"
    ))  # fmt: skip


def test_the_density_adds_up_to_the_events_inside(asked: tuple[str, ...]) -> None:
    answer = found(*asked, "density", "--cell-m", "250")
    values = np.array([[np.nan if v is None else v for v in row] for row in answer["values"]])
    inside = np.nansum(values) * 0.25**2
    assert inside == pytest.approx(round(inside), rel=1e-6)
    # A square counts whole or not at all: an event or two at the border lie in one that does not.
    assert SIDE * SIDE * 5 + 36 <= inside <= SIDE * SIDE * 5 + 40


def test_the_scan_finds_the_planted_weeks(asked: tuple[str, ...]) -> None:
    answer = found(*asked, "scan", "--permutations", "99")
    first = answer["clusters"][0]
    assert first["areas"] == ["23"]
    assert first["observed"] >= 40
    assert first["p"] == 0.01
    assert "2025-11-25" <= first["from"] <= "2025-12-06"
    alive = found(*asked, "scan", "--permutations", "99", "--prospective")["clusters"][0]
    assert alive["until"] == answer["clusters"][0]["until"] == "2025-12-30"


def test_a_season_that_all_share_is_no_cluster(files: Path, tmp_path: Path) -> None:
    # Ten events in each square in one week of March, one in each other week of the year.
    rows = ["lon,lat,time"]
    for k in range(SIDE * SIDE):
        lon, lat = WEST + (k % SIDE + 0.5) * STEP, SOUTH + (k // SIDE + 0.5) * STEP
        days = pd.date_range("2025-01-01", "2025-12-30", freq="7D")
        rows += [f"{lon:.4f},{lat:.4f},{day.date()}" for day in days]
        rows += [f"{lon:.4f},{lat:.4f},2025-03-12"] * 9
    (tmp_path / "e.csv").write_text("\n".join(rows), encoding="utf-8")
    words = (str(tmp_path / "e.csv"), "--regions", str(files / "cells.geojson"), "--method", "scan",
             "--permutations", "19")  # fmt: skip
    plain = found(*words)["clusters"][0]
    assert plain["from"] <= "2025-03-12" <= plain["until"]
    assert plain["p"] == 0.05
    adjusted = found(*words, "--adjust-time")
    assert adjusted["expected_by"] == "residents and period"
    assert all(one["p"] > 0.05 for one in adjusted["clusters"])


def test_without_residents_the_scan_goes_by_each_areas_own_events(
    files: Path, tmp_path: Path
) -> None:
    bare = json.loads((files / "cells.geojson").read_text(encoding="utf-8"))
    for feature in bare["features"]:
        del feature["properties"]["people"]
    (tmp_path / "bare.geojson").write_text(json.dumps(bare), encoding="utf-8")
    words = (str(files / "events.csv"), "--regions", str(tmp_path / "bare.geojson"))
    answer = found(*words, "--method", "scan", "--permutations", "99")
    assert answer["expected_by"] == "own events"
    assert answer["clusters"][0]["areas"] == ["23"]
    flat = found(*words, "--method", "scan", "--permutations", "99", "--space-only")
    assert flat["expected_by"] == "km2"
    assert flat["clusters"][0]["areas"] == ["23"]
    code, _, err = run(*words, "--method", "eb")
    assert code != 0
    assert "bare.geojson: no column of residents" in err


def with_people(files: Path, folder: Path, people: list[int] | None) -> Path:
    """Write the squares with other residents, or none."""
    made = json.loads((files / "cells.geojson").read_text(encoding="utf-8"))
    for place, feature in enumerate(made["features"]):
        del feature["properties"]["people"]
        if people is not None:
            feature["properties"]["people"] = people[place % len(people)]
    (folder / "other.geojson").write_text(json.dumps(made), encoding="utf-8")
    return folder / "other.geojson"


@pytest.mark.parametrize(
    "method", ["gi", "moran", "hotspots", "eb", "spatial-eb", "scan", "emerging"]
)
def test_areas_where_nobody_lives_are_refused(files: Path, tmp_path: Path, method: str) -> None:
    cells = with_people(files, tmp_path, [0])
    code, out, err = run(str(files / "events.csv"), "--regions", str(cells), "--method", method)
    assert (code, out) == (1, "")
    assert err == (
        "other.geojson: nobody lives in any of the areas; give their residents, or leave the "
        "column out.\n"
    )


@pytest.mark.parametrize("method", ["gi", "moran", "emerging"])
def test_what_is_expected_is_said(files: Path, tmp_path: Path, method: str) -> None:
    words = (str(files / "events.csv"), "--method", method, "--permutations", "99", "--regions")
    assert found(*words, str(files / "cells.geojson"))["expected_by"] == "residents"
    bare = found(*words, str(with_people(files, tmp_path, None)))
    assert bare["expected_by"] == "areas"
    if method != "emerging":
        mean = (SIDE * SIDE * 5 + 40) / SIDE**2
        assert {row["expected"] for row in bare["areas"]} == {mean}


def test_too_few_periods_for_a_history(asked: tuple[str, ...]) -> None:
    words = (*asked, "emerging", "--period", "month", "--from", "2025-03-01", "--to", "2025-03-31")
    assert run(*words)[2].splitlines()[-1] == (
        "A history needs 4 periods or more; the events cover 1. Choose a shorter --period, or "
        "events of a longer time."
    )
    assert run(*words, language="zh")[2].splitlines()[-1] == (
        "演变分析至少需要4个时段，这些事件只覆盖1个；请用 --period 缩短时段，或提供更长时间的事件。"
    )


def test_the_same_files_give_the_same_bytes(asked: tuple[str, ...]) -> None:
    words = (*asked, "scan", "--permutations", "49", "--json")
    assert run(*words) == run(*words)


def test_near_repeats_and_histories(asked: tuple[str, ...]) -> None:
    bands = found(
        *asked, "near-repeat", "--permutations", "99", "--bands-m", "0,1500,4000",
        "--bands-days", "0,28,365",
    )["bands"]  # fmt: skip
    assert bands[0]["metres"] == "0-1500"
    assert bands[0]["ratio"] > 1.5
    assert bands[0]["p"] == 0.01
    classes = found(*asked, "emerging", "--period", "month")
    hot = next(row for row in classes["areas"] if row["id"] == "23")
    assert hot["history"] == "new hot"


@pytest.mark.parametrize("method", ["c1", "c2", "c3", "cusum", "seasonal"])
def test_unusual_days_lie_in_the_planted_weeks(asked: tuple[str, ...], method: str) -> None:
    alarms = found(*asked, method, "--by-region")["alarms"]
    mine = [row["day"] for row in alarms if row["where"] == "23"]
    assert mine
    assert min(mine) >= "2025-12-04"
    assert len(mine) > len(alarms) / 2


def test_a_forecast_expects_most_where_most_was_of_late(asked: tuple[str, ...]) -> None:
    answer = found(*asked, "forecast", "--cell-m", "1000")
    top = answer["squares"][0]
    assert WEST + 2.5 * STEP < top["lon"] < WEST + 4.5 * STEP
    parts = [value for name, value in top.items() if name.startswith("from_")]
    assert sum(parts) == pytest.approx(top["expected"], rel=1e-9)
    judged = found(*asked, "backtest", "--cell-m", "1000")
    assert {row["map"] for row in judged["scores"]} >= {"forecast", "last period"}


def test_a_rule_is_judged_by_the_harm_that_came(tmp_path: Path) -> None:
    # Hourly, by hand: 100 at hours 10 to 11 (a warning), 200 at hour 12 (harm, two hours later);
    # 100 at hour 60 (a warning) with no harm within 24 hours.
    values = [50.0] * 96
    values[10] = values[11] = values[60] = 100
    values[12] = 200
    times = pd.date_range("2025-01-01", periods=96, freq="h")
    file = tmp_path / "r.csv"
    pd.DataFrame({"sensor": "A", "time": times, "value": values}).to_csv(file, index=False)
    answer = found(
        str(file), "--method", "rule", "--thresholds", "100,,,", "--harm", "200,last,0,24"
    )
    scores = answer["all"]
    assert (scores["alarms"], scores["hits"], scores["false_alarms"]) == (2, 1, 1)
    assert (scores["missed"], scores["lead_hours"], scores["precision"]) == (0, 2.0, 0.5)


def test_an_index_and_an_impact_from_tables(tmp_path: Path) -> None:
    table = tmp_path / "c.csv"
    table.write_text("id,fire,clinic\nA,1,3\nB,3,1\nC,2,2\n", encoding="utf-8")
    answer = found(str(table), "--method", "composite", "--weights", "fire=3,clinic=1",
                   "--lower-is-worse", "clinic")  # fmt: skip
    scores = {row["id"]: row["score"] for row in answer["areas"]}
    assert scores == pytest.approx({"A": 0, "B": 100, "C": 50})
    assert answer["weights"] == {"fire": 0.75, "clinic": 0.25}

    judged = tmp_path / "ahp.csv"
    judged.write_text("id,fire,clinic\nfire,1,3\nclinic,0.3333333333,1\n", encoding="utf-8")
    answer = found(str(table), "--method", "composite", "--comparisons", str(judged))
    assert answer["weights"]["fire"] == pytest.approx(0.75)
    assert answer["consistency_ratio"] == pytest.approx(0, abs=1e-9)

    water = tmp_path / "w.csv"
    water.write_text("id,depth,15-59\nA,0.5,100\nB,0,50\n", encoding="utf-8")
    answer = found(str(water), "--method", "impact", "--hazard", "depth", "--days", "2")
    assert (answer["affected"], answer["people"]) == (50, 150)  # half of those in 0.5 m of water
    assert answer["needs"]["water (L)"] == 50 * 15 * 2


@pytest.mark.parametrize("ending", ["json", "csv", "xlsx", "geojson"])
def test_the_answer_is_written(asked: tuple[str, ...], tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"out.{ending}"
    code, out, _ = run(*asked, "scan", "--permutations", "19", "-o", str(file))
    assert (code, out) == (0, f"out.{ending}: written.\n")
    if ending == "geojson":
        first = json.loads(file.read_text(encoding="utf-8"))["features"][0]
        assert first["geometry"]["type"] == "Polygon"
        assert first["properties"]["areas"] == "23"
    elif ending == "csv":
        assert pd.read_csv(file)["centre"].iloc[0] == 23
    assert file.stat().st_size > 200


def test_plain_words_on_the_terminal(asked: tuple[str, ...]) -> None:
    _, out, _ = run(*asked, "scan", "--permutations", "99")
    assert out.startswith("1 clusters beyond chance. The most likely: around 23, 2025-")
    _, out, _ = run(*asked, "scan", "--permutations", "99", language="zh")
    assert out.startswith("发现1个非偶然聚集。最可能的一个：以23为中心，2025-")


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("{e}", "--method", "gi"), "This method needs areas: give --regions."),
        (
            ("{e}", "--regions", "{c}", "--method", "gi", "--category", "火灾"),
            "events.csv: no event of the category 火灾. Found: 盗窃.",
        ),
        (
            ("{e}", "--regions", "{c}", "--method", "gi", "--from", "soon"),
            "soon is no day; write it as 2025-06-30.",
        ),
        (
            ("{e}", "--regions", "{c}", "--method", "gi", "--from", "2031-01-01"),
            "events.csv: no event lies in the period.",
        ),
        (
            ("{e}", "--method", "near-repeat", "--bands-m", "100,50"),
            "--bands-m is 100,50; expected numbers that rise, such as 0,100,200.",
        ),
        (
            ("{e}", "--method", "rule"),
            "A rule needs thresholds: give --thresholds, such as 75,115,150,250.",
        ),
        (
            ("{e}", "--method", "gi", "-o", "x.pdf"),
            "x.pdf: unknown ending; expected one of json, csv, xlsx, geojson.",
        ),
    ],
)
def test_refusals_are_plain(files: Path, words: tuple[str, ...], refusal: str) -> None:
    named = [w.format(e=files / "events.csv", c=files / "cells.geojson") for w in words]
    code, out, err = run(*named)
    assert code != 0
    assert out == ""
    assert refusal in err


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--alpha", "0", "0 is not a number above 0 and below 1"),
        ("--alpha", "1", "1 is not a number above 0 and below 1"),
        ("--alpha", "nan", "nan is not a number above 0 and below 1"),
        ("--most-share", "1.5", "1.5 is not a number above 0 and below 1"),
        ("--cell-m", "0", "0 is not a length above 0 in metres"),
        ("--bandwidth-m", "inf", "inf is not a length above 0 in metres"),
        ("--permutations", "0", "0 is not a whole number, 1 or more"),
        ("--permutations", "9.5", "9.5 is not a whole number, 1 or more"),
        ("--days", "0", "0 is not a whole number, 1 or more"),
        ("--hold", "0", "0 is not a whole number, 1 or more"),
        ("--seed", "-1", "-1 is not a whole number, 0 or more"),
        ("--clear", "-1", "-1 is not a number, 0 or more"),
    ],
)
def test_options_out_of_bounds_are_a_wrong_call(
    capsys: pytest.CaptureFixture[str], option: str, value: str, expected: str
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["risk", "e.csv", "--method", "gi", f"{option}={value}"])
    assert left.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(f"argument {option}: {expected}")


def test_few_permutations_are_told_of(asked: tuple[str, ...]) -> None:
    told = "With 9 permutations no p-value is below 0.1; 99 or more tell better."
    assert run(*asked, "gi", "--permutations", "9")[2].splitlines()[0] == told
    assert "permutations" not in run(*asked, "gi", "--permutations", "99")[2]


def test_headers_are_chinese_on_a_chinese_terminal_only(
    asked: tuple[str, ...], tmp_path: Path
) -> None:
    words = (*asked, "gi", "--permutations", "99")
    _, out, _ = run(*words, language="zh")
    head, first = out.splitlines()[2:4]
    assert head.split() == [
        "编号", "事件数", "人口", "预期数", "得分", "z值", "p值", "模拟p值", "q值", "类型",
    ]  # fmt: skip
    assert first.split()[-1] in ("热点", "冷点", "不显著")
    assert "spot" in run(*words)[1].splitlines()[2]
    assert run(*words, "--json", language="zh")[1] == run(*words, "--json")[1]
    file = tmp_path / "o.csv"
    run(*words, "-o", str(file), language="zh")
    assert pd.read_csv(file).columns[0] == "id"


@pytest.mark.parametrize(
    ("method", "header"),
    [
        ("forecast", "来自长期"),
        ("backtest", "面积占比"),
        ("near-repeat", "距离（米）"),
        ("emerging", "演变"),
    ],
)
def test_no_header_stays_english(asked: tuple[str, ...], method: str, header: str) -> None:
    _, out, _ = run(*asked, method, "--permutations", "99", "--cell-m", "1000", language="zh")
    heads = out.split("\n\n", 1)[1].splitlines()[0].split()
    assert header in heads
    assert not [one for one in heads if one.isascii() and one not in ("PAI",)]


def test_a_reader_that_leaves_is_no_error(asked: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "cockpit", "risk", *asked, "eb", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        told = process.stderr.read().decode()
    assert process.returncode == 0
    assert "Broken pipe" not in told
    assert "Traceback" not in told


def test_periods_are_whole_and_end_with_the_newest_day() -> None:
    days = np.array(["2025-01-01", "2025-01-20"], dtype="datetime64[s]")
    events = Incidents("e", np.arange(2), np.zeros((2, 2)), days, np.array(["", ""], object), ())
    weeks = periods_of(events, "week")
    assert weeks.starts.astype(str).tolist() == ["2024-12-31", "2025-01-07", "2025-01-14"]
    assert str(weeks.end) == "2025-01-21"
    assert weeks.of(days).tolist() == [0, 2]
    months = periods_of(events, "month")
    assert months.starts.astype(str).tolist() == ["2025-01-01"]
    assert str(months.end) == "2025-02-01"


def test_the_plane_is_the_zone_around_the_place() -> None:
    assert metric_plane(106.8, 27.2) == "EPSG:32648"
    assert metric_plane(-90.0, 35.1) == "EPSG:32616"
    assert metric_plane(30.0, -20.0) == "EPSG:32736"
