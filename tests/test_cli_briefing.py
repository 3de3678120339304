"""The command briefing: its three forms, and its plain refusals in both languages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.__main__ import main
from cockpit.answers import briefing
from tests.conftest import _forget_store


@pytest.fixture(scope="module")
def store(eventful_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = Path(shutil.copytree(eventful_store, tmp_path_factory.mktemp("cli") / "store"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COCKPIT_DATA", str(folder))
        _forget_store()
        briefing._counted.clear()
        yield folder
        _forget_store()


@pytest.mark.parametrize(
    ("form", "begin"), [("html", b"<!DOCTYPE html>"), ("pdf", b"%PDF-"), ("docx", b"PK")]
)
def test_every_form_is_written_and_the_same_again(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, begin: bytes
) -> None:
    made = [tmp_path / f"{name}.{form}" for name in "ab"]
    for file in made:
        wanted = ["--issue", "weekly", "--language", "en", "--format", form, "--out", str(file)]
        assert main(["briefing", *wanted]) == 0
    assert capsys.readouterr().out.splitlines() == [f"a.{form}: written.", f"b.{form}: written."]
    assert made[0].read_bytes() == made[1].read_bytes()
    assert made[0].read_bytes().startswith(begin)


@pytest.mark.parametrize(
    ("wanted", "english", "chinese"),
    [
        (
            ["--issue", "hourly"],
            "There is no issue hourly; expected one of daily, weekly.",
            "没有“hourly”这种简报；可选：daily, weekly。",
        ),
        (
            ["--format", "txt"],
            "There is no form txt; expected one of html, pdf, docx.",
            "不支持格式“txt”；可选：html, pdf, docx。",
        ),
        (
            ["--date", "2020-01-01"],
            "There is no daily briefing of 2020-01-01: the data speak of 2025-06-10, and none of "
            "that day was kept.",
            "没有 2020-01-01 的每日简报：数据截至 2025-06-10，当日也没有存档。",
        ),
        (
            ["--date", "tomorrow"],
            "tomorrow: not a date; expected year-month-day, such as 2025-10-31.",
            "“tomorrow”不是日期；应为年-月-日，如 2025-10-31。",
        ),
    ],
)
def test_refusals_in_both_languages(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], wanted: list[str],
    english: str, chinese: str,
) -> None:  # fmt: skip
    file = tmp_path / "x.pdf"
    for language, words in (("en", english), ("zh", chinese)):
        assert main(["--lang", language, "briefing", *wanted, "--out", str(file)]) == 1
        assert capsys.readouterr().err.strip() == words
    assert not file.exists()


def test_an_empty_store_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("COCKPIT_DATA", str(tmp_path))
        _forget_store()
        assert main(["briefing", "--out", str(tmp_path / "x.pdf")]) == 1
    _forget_store()
    assert capsys.readouterr().err.strip() == "Nothing is loaded yet; load a county first."
