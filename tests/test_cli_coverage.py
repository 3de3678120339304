"""The commands coverage and matrix: what they print and write, and their plain refusals."""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely.geometry import Point

from cockpit import commands
from cockpit.__main__ import main
from cockpit.answers.coverage_keys import KEYS
from cockpit.coverage.access import DECAY_TITLES
from cockpit.coverage.services import SERVICES
from cockpit.coverage.standards import STANDARDS
from geodata.network import MODES
from tests import roaded
from tests.conftest import _forget_store
from tests.roaded import COUNTY, EAST, centre


@dataclass(frozen=True)
class _Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return roaded.store(tmp_path_factory.mktemp("cli-roads"))


@pytest.fixture
def here(county: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    yield from _shown(county, monkeypatch)


def _shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("COCKPIT_DATA", str(folder))
    monkeypatch.setenv("COLUMNS", "200")
    _forget_store()
    yield folder
    _forget_store()


def run(*arguments: str) -> _Done:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(list(arguments))
        except SystemExit as stop:  # argparse leaves this way
            code = int(str(stop.code))
    return _Done(code, out.getvalue(), err.getvalue())


def coverage(*arguments: str) -> _Done:
    return run("coverage", "--service", "clinic", "--mode", "car", "--minutes", "6", *arguments)


def points(path: Path, cells: list[int], **columns: list[object]) -> Path:
    """Write cell centres as a CSV with Chinese headers; more columns replace or join them."""
    table = pd.DataFrame(
        {
            "编号": [f"c{k}" for k in cells],
            "经度": [centre(k)[0] for k in cells],
            "纬度": [centre(k)[1] for k in cells],
            **columns,
        }
    )
    table.to_csv(path, index=False, encoding="gb18030")
    return path


# ------------------------------------------------------------ help


def test_help_knows_all_modes_services_and_keys() -> None:
    assert commands.MODES.split(", ") == list(MODES)
    assert commands.DECAYS.split(", ") == list(DECAY_TITLES)
    assert commands.SERVICES.replace("\n", " ").split(", ") == list(SERVICES)
    done = run("coverage", "--help")
    assert done.returncode == 0
    for word in (*KEYS, *SERVICES, "examples:"):
        assert word in done.stdout
    assert "there is not back" in run("matrix", "--help").stdout
    assert {"coverage", "matrix"} <= set(run("--help").stdout.split())


# ------------------------------------------------------------ coverage


def test_json_holds_every_measure_as_numbers(here: Path) -> None:
    done = coverage("--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert list(found) == list(KEYS)
    assert found["summary"]["covered_people"] == 590
    assert found["summary"]["p90"] is None  # a tenth reaches none
    assert found["question"] == {
        "service": "clinic", "mode": "car", "minutes": 6.0, "group": "people", "unit": COUNTY,
        "name": "小青县", "decay": {"name": "exponential", "rate": pytest.approx(math.log(2) / 6)},
    }  # fmt: skip
    assert found["version"] == "tiny1"
    assert "NaN" not in done.stdout
    assert "Infinity" not in done.stdout


def test_the_scores_follow_the_decay(here: Path) -> None:
    found = json.loads(coverage("--json", "--decay", "step").stdout)
    assert found["question"]["decay"] == {"name": "step", "reach": 6}
    assert found["scores"]["gravity"]["mean"] == found["scores"]["cumulative"]["mean"]
    done = coverage("--decay", "slope")
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no decay slope; expected one of exponential, gaussian," in done.stderr


@pytest.mark.parametrize("given", ["--minutes=0", "--mode=", "--group=", "--decay=step"])
def test_standards_refuse_a_question_of_their_own(here: Path, given: str) -> None:
    done = run("coverage", "--all", given)
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        "Standards have their own mode, minutes, group and decay; leave these out." in done.stderr
    )


def test_a_unit_and_a_group_restrict_the_people(here: Path) -> None:
    found = json.loads(coverage("--json", "--unit", EAST, "--group", "age_0_14").stdout)
    assert found["summary"]["total"] == pytest.approx(76)
    assert found["summary"]["covered_people"] == pytest.approx(26)
    assert len(found["cells"]) == 8


def test_without_json_it_reads_like_a_report(here: Path) -> None:
    done = coverage()
    assert done.returncode == 0
    for words in (
        "小青县 · Village clinics · By car · Residents", "590 (43.4 %)", "9.0 min", "no way",
        "Cause: No road", "西河二村", "Cells that no road comes near enough to: 1",
    ):  # fmt: skip
        assert words in done.stdout, words
    chinese = run("--lang", "zh", "coverage", "--service", "clinic", "--mode", "car")
    for words in ("15分钟内覆盖", "驾车", "无法到达人口"):
        assert words in chinese.stdout, words


def test_all_checks_every_standard(here: Path) -> None:
    done = run("coverage", "--all", "--json")
    found = json.loads(done.stdout)
    assert [row["id"] for row in found] == list(STANDARDS)
    by = {row["id"]: row for row in found}
    assert by["kindergarten_300m"]["light"] == "none"
    assert by["kindergarten_300m"]["value"] is None
    assert by["clinic_15min"]["people"] == 1360
    table = run("--lang", "zh", "coverage", "--all")
    assert "无法判断" in table.stdout


def test_output_goes_to_files(here: Path, tmp_path: Path) -> None:
    for ending in ("json", "csv", "xlsx"):
        done = coverage("-o", str(tmp_path / f"o.{ending}"))
        assert (done.returncode, done.stdout.strip()) == (0, f"o.{ending}: written.")
    assert json.loads((tmp_path / "o.json").read_text("utf-8"))["summary"]["total"] == 1360
    villages = pd.read_csv(tmp_path / "o.csv")
    assert villages["Uncovered people"].sum() == 770
    page = openpyxl.load_workbook(tmp_path / "o.xlsx").active
    assert page is not None
    assert page.max_row == 5
    done = run("coverage", "--all", "-o", str(tmp_path / "all.csv"))
    assert done.returncode == 0
    assert len(pd.read_csv(tmp_path / "all.csv")) == len(STANDARDS)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["all.csv", "o.csv", "o.json", "o.xlsx"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--service", "spa"), "There is no service spa; expected one of clinic, health_centre,"),
        (("--service", "clinic", "--mode", "sledge"), "There is no way of travelling sledge;"),
        (("--service", "clinic", "--minutes", "0"), "The limit is 0.0 minutes; expected above 0"),
        (("--service", "clinic", "--minutes", "nan"), "The limit is nan minutes; expected above"),
        (("--service", "clinic", "--group", "low_income"), "The figures for low_income are not"),
        (("--service", "clinic", "--unit", "7"), "No region has the code 7."),
        (("--service", "clinic", "-o", "o.exe"), "o.exe: unknown ending; expected one of csv, "),
        (("--service", "clinic", "-o", "no/o.csv"), "no: no such folder."),
        (("--all", "--mode", "car"), "Standards have their own mode, minutes, group and decay;"),
    ],
)
def test_refusals_of_coverage(here: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run("coverage", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(words)
    assert done.stdout == ""


def test_coverage_asks_for_a_service_or_all(here: Path) -> None:
    assert run("coverage").returncode == 2


@pytest.mark.parametrize("command", ["coverage", "matrix"])
def test_an_empty_store_says_what_to_do(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = str(points(tmp_path / "p.csv", [0]))
    how = ("--all",) if command == "coverage" else (one, one, "-o", str(tmp_path / "o.csv"))
    for _ in _shown(tmp_path / "empty", monkeypatch):
        done = run(command, *how)
        assert (done.returncode, done.stderr.strip()) == (
            1, "Nothing is loaded yet; load a county first.",
        )  # fmt: skip
        chinese = run("--lang", "zh", command, *how)
        assert chinese.stderr.strip() != done.stderr.strip()


# ------------------------------------------------------------ matrix


def matrix(folder: Path, origins: Path, destinations: Path, *more: str) -> _Done:
    return run("matrix", str(origins), str(destinations), "-o", str(folder / "o.csv"), *more)


def test_a_matrix_between_two_files(here: Path, tmp_path: Path) -> None:
    start = points(tmp_path / "a.csv", [0, 1, 3])
    end = points(tmp_path / "b.csv", [0, 2, 3])
    done = matrix(tmp_path, start, end)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == "o.csv: 3 origins, 3 destinations."
    table = pd.read_csv(tmp_path / "o.csv")
    assert list(table.columns) == ["origin", "destination", "seconds"]
    found = {(o, d): s for o, d, s in table.itertuples(index=False)}
    # Three minutes a road; into cell 3 leads one way, out of it none.
    assert found["c0", "c0"] == 0
    assert found["c0", "c2"] == 360
    assert found["c1", "c3"] == 360
    assert pd.isna(found["c3", "c0"])
    assert found["c3", "c3"] == 0


def test_a_matrix_as_parquet_wide_and_in_metres(here: Path, tmp_path: Path) -> None:
    start = points(tmp_path / "a.csv", [0, 1])
    end = gpd.GeoDataFrame(
        {"name": ["二", "三"]}, geometry=[Point(centre(2)), Point(centre(3))], crs=4326
    )
    end.to_crs("EPSG:4545").to_file(tmp_path / "b.gpkg", engine="pyogrio")
    out = tmp_path / "o.parquet"
    done = run(
        "matrix", str(start), str(tmp_path / "b.gpkg"), "-o", str(out), "--wide", "--cost", "length"
    )
    assert done.returncode == 0, done.stderr
    table = pd.read_parquet(out)
    assert table.to_dict("list") == {
        "origin": ["c0", "c1"], "二": [2500, 1250], "三": [3750, 2500],
    }  # fmt: skip


def test_points_of_geojson(here: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.geojson"
    gpd.GeoDataFrame(
        {"id": [7, 8]}, geometry=[Point(centre(0)), Point(centre(1))], crs=4326
    ).to_file(file, driver="GeoJSON", engine="pyogrio")
    assert matrix(tmp_path, file, file).returncode == 0
    table = pd.read_csv(tmp_path / "o.csv")
    assert table["seconds"].tolist() == [0, 180, 180, 0]
    assert table["origin"].tolist() == [7, 7, 8, 8]


def test_long_files_are_written_in_pieces(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit.commands.matrix._PAIRS_AT_ONCE", 256)
    cells = [0, 1] * 300
    start = points(tmp_path / "a.csv", cells, 编号=[f"p{i}" for i in range(600)])
    end = points(tmp_path / "b.csv", [2])
    out = tmp_path / "o.parquet"
    assert run("matrix", str(start), str(end), "-o", str(out)).returncode == 0
    table = pd.read_parquet(out)
    assert table["origin"].tolist() == [f"p{i}" for i in range(600)]
    assert table["seconds"].tolist() == [360, 180] * 300


def test_points_off_the_roads_are_named_and_written(here: Path, tmp_path: Path) -> None:
    start = points(tmp_path / "a.csv", [0, 15])
    end = points(tmp_path / "b.csv", [1])
    done = matrix(tmp_path, start, end)
    assert done.returncode == 0
    assert done.stderr.strip() == (
        "a.csv, row 2: c15 lies farther than 100 m from every road of the county; "
        "it is written as unreachable."
    )
    assert pd.read_csv(tmp_path / "o.csv")["seconds"].isna().tolist() == [False, True]


def test_only_points_off_the_roads_are_refused(here: Path, tmp_path: Path) -> None:
    far = points(tmp_path / "far.csv", [15])
    near = points(tmp_path / "near.csv", [0])
    done = matrix(tmp_path, near, far)
    assert (done.returncode, done.stderr.strip()) == (
        1, "far.csv: no point lies within 100 m of a road of the county.",
    )  # fmt: skip
    assert not (tmp_path / "o.csv").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("经度,纬度\n106.8,27.2\n", "bad.csv: missing column id (编号). Found: 经度, 纬度."),
        ("id,纬度\n1,27.2\n", "bad.csv: missing column lon (经度). Found: id, 纬度."),
        ("id,lon\n1,106\n", "bad.csv: missing column lat (纬度). Found: id, lon."),
        ("id,lon,lat\n1,106,27\n2,x,27\n", "bad.csv, row 2: lon is x; expected -180 to 180."),
        ("id,lon,lat\n1,106,97\n", "bad.csv, row 1: lat is 97; expected -90 to 90."),
        ("id,lon,lat\n1,106,27\n1,106,27\n", "bad.csv, row 2: the id 1 stands in row 1 already."),
        ("id,lon,lat\n,106,27\n", "bad.csv, row 1: the id is empty."),
        ("id,lon,lat\n", "bad.csv: "),
    ],
)
def test_bad_points_are_named(here: Path, tmp_path: Path, text: str, words: str) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(text, encoding="utf-8")
    good = points(tmp_path / "good.csv", [0])
    done = matrix(tmp_path, good, bad)
    assert done.returncode == 1
    assert done.stderr.startswith(words)
    assert not (tmp_path / "o.csv").exists()


def test_areas_are_no_points(here: Path, tmp_path: Path) -> None:
    file = tmp_path / "areas.geojson"
    gpd.GeoDataFrame({"id": [1]}, geometry=[Point(centre(0)).buffer(0.01)], crs=4326).to_file(
        file, driver="GeoJSON", engine="pyogrio"
    )
    done = matrix(tmp_path, file, file)
    assert done.stderr.strip() == "areas.geojson, row 1: geometry is Polygon; expected Point."


@pytest.mark.parametrize(
    ("out", "more", "words"),
    [
        ("o.txt", (), "o.txt: unknown ending; expected one of csv, parquet."),
        ("no/o.csv", (), "{folder}/no: no such folder."),
        ("o.csv", ("--mode", "sledge"), "There is no way of travelling sledge; expected one of"),
        ("o.csv", ("--wide",), "p.csv: a point has the id origin, which names the first column;"),
    ],
)
def test_refusals_of_matrix(
    here: Path, tmp_path: Path, out: str, more: tuple[str, ...], words: str
) -> None:
    one = str(points(tmp_path / "p.csv", [0], 编号=["origin"]))
    done = run("matrix", one, one, "-o", str(tmp_path / out), *more)
    assert done.returncode == 1
    assert done.stderr.startswith(words.format(folder=tmp_path))


def test_a_folder_is_no_output(here: Path, tmp_path: Path) -> None:
    (tmp_path / "o.csv").mkdir()
    one = points(tmp_path / "p.csv", [0])
    done = matrix(tmp_path, one, one)
    assert done.returncode == 1
    assert "o.csv cannot be read or written (Is a directory)." in done.stderr


def test_a_missing_file_is_named(here: Path, tmp_path: Path) -> None:
    one = points(tmp_path / "p.csv", [0])
    done = matrix(tmp_path, one, tmp_path / "none.csv")
    assert done.returncode == 1
    assert "none.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_county_without_roads_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = roaded.store(tmp_path / "bare", roads=False)
    one = points(tmp_path / "p.csv", [0])
    for _ in _shown(folder, monkeypatch):
        done = matrix(tmp_path, one, one)
        assert (done.returncode, done.stderr.strip()) == (
            1, "The county has no roads, so there are no ways to measure.",
        )  # fmt: skip


def test_the_module_starts_without_the_measures() -> None:
    """Every start builds the parsers; they must not import what only commands need."""
    import subprocess
    import sys

    code = (
        "import sys, cockpit.__main__ as m; m._parser(); "
        "print([n for n in ('scipy', 'numpy', 'shapely') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[1], env=os.environ,
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
