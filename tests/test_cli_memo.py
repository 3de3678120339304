"""The command memo: from the store and from a file, and its plain refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from cockpit.__main__ import main
from cockpit.answers import scenarios
from cockpit.answers.coverage_question import question
from cockpit.answers.scenario_files import exported
from cockpit.answers.siting import Layout, Rules, ground_of
from cockpit.answers.siting_figures import figures
from cockpit.store.session import open_engine
from tests import roaded, tiny
from tests.conftest import _forget_store


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Store a county with one scenario; return the scenario as a file."""
    folder = roaded.store(tmp_path / "data")
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    reach = roaded.reach_of(engine)
    q = question(reach, "clinic", mode="car", minutes=6, visitor="备用")
    found = figures(ground_of(reach, q), Layout(added=(tiny.grid_code(7),)))
    with Session(engine) as db:
        made = scenarios.save(db, found, Rules(), name="新增一处", author="张三")
    engine.dispose()
    file = tmp_path / "scenario.json"
    file.write_text(exported(made), encoding="utf-8")
    monkeypatch.setenv("COCKPIT_DATA", str(folder))
    _forget_store()
    yield file
    _forget_store()


def test_number_and_file_give_the_same_bytes(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [tmp_path / "a.pdf", tmp_path / "b.pdf"]
    assert main(["memo", "1", "-o", str(made[0]), "--lang", "zh"]) == 0
    assert main(["memo", str(scenario), "-o", str(made[1]), "--lang", "zh"]) == 0
    assert capsys.readouterr().out.splitlines() == ["a.pdf: written.", "b.pdf: written."]
    assert made[0].read_bytes() == made[1].read_bytes()
    assert made[0].read_bytes().startswith(b"%PDF-")


def test_the_memo_speaks_the_language_of_the_messages_when_not_asked(
    scenario: Path, tmp_path: Path
) -> None:
    file = tmp_path / "memo.html"
    assert main(["--lang", "zh", "memo", "1", "-o", str(file)]) == 0
    assert '<html lang="zh-CN">' in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("asked", "output", "words"),
    [
        ("1", "memo.docx", "memo.docx: unknown ending; expected one of html, pdf."),
        ("7", "memo.pdf", "There is no scenario number 7."),
        ("none.json", "memo.pdf", "none.json cannot be read or written"),
    ],
)
def test_refusals(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    asked: str, output: str, words: str,
) -> None:  # fmt: skip
    assert main(["memo", asked, "-o", str(tmp_path / output)]) != 0
    assert words in capsys.readouterr().err
    assert not (tmp_path / output).exists()
