"""``appeals`` at a terminal: train, classify and repeats on plain files."""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import pytest

from cockpit.commands import appeals_parser
from geodata.errors import CockpitError, DataFileError, InputError

SAYS = {
    "噪声扰民": ("夜间施工噪声大", "广场舞噪声扰民", "烧烤店很吵"),
    "供水": ("今早停水没有通知", "自来水发黄", "水压太低"),
}
PLACES = ("东村", "西村", "南村", "北村", "河湾", "坪上", "石桥", "山口", "竹林", "新寨")
HEAD = ("事件编号", "事件类别", "诉求内容", "受理时间", "区划代码")


def rows() -> list[tuple[str, ...]]:
    made = []
    for label, texts in SAYS.items():
        for k, place in enumerate(PLACES):
            for n, text in enumerate(texts):
                when, code = f"2025-03-{k + 1:02d} 08:0{n}", f"5299011{k:02d}"
                made.append((f"{label}{k}{n}", label, f"{place}{text}", when, code))
    return made


def write(path: Path, table: list[tuple[str, ...]], head: tuple[str, ...] = HEAD) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *table])
    return path


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lang", default="en")
    appeals_parser.add(parser.add_subparsers())
    given = parser.parse_args(["appeals", *words])
    result: int = given.run(given)
    return result


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    return write(tmp_path / "labelled.csv", rows())


def test_train_then_classify(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "topics.npz"
    assert run("train", str(labelled), "-o", str(model)) == 0
    told = capsys.readouterr().out
    assert "60 texts of 2 topics: macro-F1 1.000 ± 0.000 in 5 folds" in told
    assert "topics.npz: written." in told
    private = "我叫张三，电话13812345678，燃气泄漏，又停水"
    new = write(tmp_path / "new.csv", [("1", private), ("2", "水" * 30_000)], ("编号", "内容"))
    assert run("classify", str(new), "--model", str(model), "--json", "--texts") == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["topic"], one["department"], one["urgency"]) == ("供水", "住建局", "urgent")
    assert one["signs"] == "燃气泄漏"
    assert one["text"] == "我叫[姓名]，电话[电话]，燃气泄漏，又停水"
    assert run("classify", str(new), "--model", str(model)) == 0
    out = capsys.readouterr().out
    assert "Left out, more than 20000 characters: 2." in out
    assert "13812345678" not in out


def test_classify_by_keywords_has_no_confidence(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "told.csv"
    assert run("classify", str(labelled), "-o", str(table)) == 0
    assert capsys.readouterr().out == "told.csv: written.\n"
    with table.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == 60
    assert {r["confidence"] for r in found} == {""}
    assert "text" not in found[0]
    assert found[0]["topic"] == "噪声扰民"


def test_train_takes_a_scheme_and_prints_its_card(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [("噪声扰民", "噪音"), ("供水", "自来水")]
    scheme = write(tmp_path / "scheme.csv", words, ("一级", "二级"))
    assert run("train", str(labelled), "--scheme", str(scheme), "--json") == 0
    card = json.loads(capsys.readouterr().out)
    assert card["classes"] == {"供水": 30, "噪声扰民": 30}
    assert card["macro_f1"] == [1.0, 0.0]


def test_repeats_by_village(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = [
        ("A", "", "村口路灯坏了没人修", "2025-03-01 08:00", "1"),
        ("B", "", "村口的路灯坏了没人来修", "2025-03-04 08:00", "1"),
        ("C", "", "村口路灯坏了没人修", "2025-03-04 08:00", "2"),
    ]
    file = write(tmp_path / "events.csv", table)
    assert run("repeats", str(file), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [(r["case"], r["id"]) for r in found] == [(1, "A"), (1, "B")]
    assert run("repeats", str(file), "--days", "2", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []


def test_refuses_what_it_cannot_use(labelled: Path, tmp_path: Path) -> None:
    few = write(tmp_path / "few.csv", rows()[:20])
    with pytest.raises(InputError, match="Too few labelled texts: expected 60 or more, 10 of each"):
        run("train", str(few))
    plain = write(tmp_path / "plain.csv", [("1", "停水")], ("编号", "内容"))
    with pytest.raises(DataFileError, match=r"plain\.csv: no column of labels"):
        run("train", str(plain))
    with pytest.raises(CockpitError, match=r"no time|no place"):
        run("repeats", str(plain))
    with pytest.raises(InputError, match=r"out\.txt: unknown ending; expected one of csv, xlsx"):
        run("classify", str(plain), "-o", str(tmp_path / "out.txt"))
    with pytest.raises(DataFileError, match=r"plain\.csv: not a model of topics"):
        run("classify", str(plain), "--model", str(plain))
    dated = write(tmp_path / "dated.csv", [("1", "停水", "2025-01-01")], ("编号", "内容", "时间"))
    with pytest.raises(DataFileError, match=r"dated\.csv: no place; repeats need a place code"):
        run("repeats", str(dated))
