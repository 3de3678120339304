"""The command line: what it prints, its exit codes, and its languages."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import geopandas as gpd
import pandas as pd
import pytest

from cockpit.__main__ import _save_matches, main
from cockpit.settings import settings
from cockpit.store.ingest import DatasetReport, LoadReport
from cockpit.store.session import engine
from geodata.errors import AskFirst
from loaders.manifest import read_manifest
from tests.small import write_people, write_small

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class _Done:
    returncode: int
    stdout: str
    stderr: str


def _run(folder: Path, *arguments: str) -> _Done:
    """Run a command in this process, as if its store were in ``folder``."""
    environment = {"COCKPIT_DATA": str(folder), "COLUMNS": "200"}
    out, err = io.StringIO(), io.StringIO()
    _forget()
    try:
        with patch.dict(os.environ, environment), redirect_stdout(out), redirect_stderr(err):
            os.environ.pop("COCKPIT_DATABASE", None)
            code = main(list(arguments))
            engine().dispose()
    except SystemExit as stop:  # argparse leaves this way
        code = int(str(stop.code))
    finally:
        _forget()
    return _Done(code, out.getvalue(), err.getvalue())


def _forget() -> None:
    settings.cache_clear()
    engine.cache_clear()


def test_the_module_runs_as_a_program(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cockpit", "export", "o.csv"],
        cwd=ROOT, env={**os.environ, "COCKPIT_DATA": str(tmp_path)}, capture_output=True,
        encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.strip() == "Nothing is loaded yet; load a county first."


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    manifest = write_small(folder / "raw")
    done = _run(folder / "store", "load", str(manifest))
    assert done.returncode == 0, done.stderr
    assert "1,360 usual residents" in done.stdout
    return folder


def test_help_tells_commands_and_exit_codes(tmp_path: Path) -> None:
    done = _run(tmp_path, "--help")
    assert done.returncode == 0
    for word in ("demo", "load", "check", "export", "exit codes"):
        assert word in done.stdout


def test_a_missing_file_is_one_sentence_in_each_language(tmp_path: Path) -> None:
    manifest = write_small(tmp_path / "raw")
    (tmp_path / "raw" / "people.csv").unlink()
    english = _run(tmp_path / "s", "load", str(manifest))
    chinese = _run(tmp_path / "s", "--lang", "zh", "load", str(manifest))
    assert english.returncode == chinese.returncode == 1
    assert english.stderr.strip() == (
        "people.csv: there is no such file; data set people of the manifest names it."
    )
    assert chinese.stderr.strip() == "people.csv：没有这个文件；清单中的数据集 people 指向它。"


def test_a_shrunken_file_is_asked_about_and_can_be_confirmed(tmp_path: Path) -> None:
    manifest = write_small(tmp_path / "raw")
    assert _run(tmp_path / "s", "load", str(manifest)).returncode == 0
    write_people(tmp_path / "raw", rows=8)
    asked = _run(tmp_path / "s", "load", str(manifest))
    assert asked.returncode == 3
    assert "--confirm people:fewer_rows" in asked.stderr
    done = _run(tmp_path / "s", "load", str(manifest), "--confirm", "people:fewer_rows")
    assert done.returncode == 0


def test_check_lists_findings_and_says_so_in_its_exit_code(tmp_path: Path) -> None:
    manifest = write_small(tmp_path / "raw")
    write_people(tmp_path / "raw", extra="529901001001001,男,35-39岁,-3\n")
    done = _run(tmp_path / "s", "check", str(manifest))
    assert done.returncode == 4
    assert "people.csv, row 33: persons is -3; expected" in done.stdout
    assert not (tmp_path / "s" / "county.sqlite").exists()


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "geojson", "gpkg", "fgb"])
def test_exports_hold_the_figures_of_the_store(loaded: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out.{ending}"
    done = _run(
        loaded / "store", "export", str(out), "--level", "village", "--indicators", "people,density"
    )
    assert done.returncode == 0, done.stderr
    if ending == "csv":
        table = pd.read_csv(out, dtype={"code": str})
    elif ending == "xlsx":
        table = pd.read_excel(out, dtype={"code": str}, engine="calamine")
    elif ending == "parquet":
        table = pd.read_parquet(out)
    else:
        table = gpd.read_file(out)
        assert (table.geometry.bounds["maxx"] > table.geometry.bounds["minx"]).all()
    assert dict(zip(table["code"].astype(str), table["people"], strict=True)) == {
        "529901001001": 140, "529901001002": 460, "529901100001": 220, "529901100002": 540,
    }  # fmt: skip


def test_an_unknown_indicator_is_named(loaded: Path, tmp_path: Path) -> None:
    done = _run(loaded / "store", "export", str(tmp_path / "o.csv"), "--indicators", "wisdom")
    assert (done.returncode, done.stderr.strip()) == (1, "The county has no indicator wisdom.")


def test_export_of_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    done = _run(tmp_path / "empty", "export", str(tmp_path / "o.csv"))
    assert done.returncode == 1
    assert done.stderr.strip() == "Nothing is loaded yet; load a county first."


def test_a_load_saves_the_recognised_headers_and_loads_the_same_again(tmp_path: Path) -> None:
    manifest = write_small(tmp_path / "raw")
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(f"# by hand\n{text}", encoding="utf-8")
    assert _run(tmp_path / "s", "load", str(manifest)).returncode == 0
    saved = read_manifest(manifest)
    assert saved.entry("people").columns == {
        "code": "网格编码", "sex": "性别", "age_band": "年龄段", "persons": "人数",
    }  # fmt: skip
    written = manifest.read_text(encoding="utf-8")
    assert written.startswith("# by hand")
    again = _run(tmp_path / "s", "load", str(manifest))
    assert "Nothing has changed since version" in again.stdout
    assert manifest.read_text(encoding="utf-8") == written


def test_joined_headers_and_constants_are_not_saved(tmp_path: Path) -> None:
    manifest = write_small(tmp_path / "raw")
    report = LoadReport(
        "x", "1", changed=True,
        datasets=(
            DatasetReport("people", "x", 1, 1, 0, 0, 1.0, matches={
                "kind": "口径", "code": "乡 + 村", "persons": "人数",
            }),
            DatasetReport("clinics", "x", 1, 1, 0, 0, 1.0, unchanged=True, matches={"id": "号"}),
            DatasetReport("by_upload", "x", 1, 1, 0, 0, 1.0, matches={"id": "号"}),
        ),
    )  # fmt: skip
    _save_matches(manifest, report, "en")
    assert read_manifest(manifest).entry("people").columns == {"persons": "人数"}
    assert read_manifest(manifest).entry("clinics").columns == {}


def test_a_manifest_that_cannot_be_written_is_said_and_loaded(tmp_path: Path) -> None:
    manifest = write_small(tmp_path / "raw")
    with patch("loaders.manifest.Path.write_text", side_effect=PermissionError(13, "denied")):
        done = _run(tmp_path / "s", "load", str(manifest))
    assert done.returncode == 0
    assert done.stderr.strip() == (
        "county.toml cannot be written, so the recognised headers were not saved in it."
    )


@pytest.mark.parametrize(
    ("crs", "problem"),
    [
        ("EPSG:4326", "EPSG:4326 is not projected in metres; expected a system such as EPSG:4546."),
        ("EPSG:2264", "EPSG:2264 is not projected in metres; expected a system such as EPSG:4546."),
        ("EPSG:999999", "EPSG:999999 is no known reference system; expected a projected one in "
         "metres, such as EPSG:4546."),
    ],
)  # fmt: skip
def test_a_county_system_without_metres_is_refused(tmp_path: Path, crs: str, problem: str) -> None:
    manifest = write_small(tmp_path / "raw")
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("EPSG:4545", crs), encoding="utf-8")
    done = _run(tmp_path / "s", "check", str(manifest))
    line = next(n for n, row in enumerate(text.splitlines(), start=1) if row.startswith("crs"))
    assert (done.returncode, done.stderr.strip()) == (1, f"county.toml, line {line}: {problem}")


def test_a_store_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "county.sqlite").mkdir()
    manifest = write_small(tmp_path / "raw")
    english = _run(tmp_path, "load", str(manifest))
    chinese = _run(tmp_path, "--lang", "zh", "load", str(manifest))
    assert english.returncode == chinese.returncode == 1
    said = "The store cannot be read or written (unable to open database file)."
    assert english.stderr.strip() == said
    assert chinese.stderr.strip() == "数据库无法读写（unable to open database file）。"
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = _run(tmp_path / "s", "demo", "--folder", str(tmp_path / "file" / "raw"))
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "cannot be read or written" in done.stderr


def test_an_export_into_a_folder_that_is_not_there(loaded: Path, tmp_path: Path) -> None:
    for ending in ("csv", "gpkg", "xlsx"):
        done = _run(loaded / "store", "export", str(tmp_path / "no" / f"o.{ending}"))
        assert (done.returncode, done.stderr.strip()) == (1, f"{tmp_path / 'no'}: no such folder.")
    (tmp_path / "o.csv").mkdir()
    done = _run(loaded / "store", "export", str(tmp_path / "o.csv"))
    assert done.returncode == 1
    assert (
        done.stderr.strip() == f"{tmp_path / 'o.csv'} cannot be read or written (Is a directory)."
    )


def test_the_sample_replaces_a_county_only_after_a_yes(tmp_path: Path) -> None:
    manifest = write_small(tmp_path / "raw")
    given: list[frozenset[str]] = []

    def load(*_args: object, confirmed: frozenset[str], **_more: object) -> None:
        given.append(confirmed)
        raise AskFirst("The store holds {stored}.", stored="x", question="other_county")

    with (
        patch("geodata.synthetic.make_county", return_value=manifest),
        patch("cockpit.store.ingest.load", load),
    ):
        asked = _run(tmp_path / "s", "demo")
        _run(tmp_path / "s", "demo", "--confirm", "other_county")
    assert asked.returncode == 3
    assert "--confirm other_county" in asked.stderr
    assert given == [frozenset(), frozenset({"other_county"})]
