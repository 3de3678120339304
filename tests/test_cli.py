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

from cockpit.__main__ import main
from cockpit.settings import settings
from cockpit.store.session import engine
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
