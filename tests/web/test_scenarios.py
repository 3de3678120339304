"""Saved scenarios by address: files and tables, for whom, and how refusals read."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from cockpit.answers import current
from cockpit.answers import reach as reaches
from cockpit.answers import scenarios as answers
from cockpit.answers.coverage_question import question
from cockpit.answers.layers import stamp
from cockpit.answers.scenario_files import exported
from cockpit.answers.siting import Layout, Rules, ground_of
from cockpit.answers.siting_figures import figures
from cockpit.store.session import open_engine
from cockpit.web import layers
from cockpit.web import scenarios as routes
from tests import roaded, signing, tiny
from tests.web.asgi import Reply, ask, cockpit_app

LAYOUTS = {"=HYPERLINK(1)": Layout(added=(tiny.grid_code(7),)), "撤销甲": Layout(closed=("A",))}


@pytest.fixture
def county(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    roaded.fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def saved(county: Engine) -> dict[str, answers.Scenario]:
    """Return two scenarios of class 备用, one of 敏感 and one of another limit."""
    reach, made = roaded.reach_of(county), {}
    asked = [(name, layout, "people", 6) for name, layout in LAYOUTS.items()]
    asked += [("低收入", Layout(), "low_income", 6), ("七分钟", Layout(), "people", 7)]
    with Session(county) as db:
        for name, layout, group, minutes in asked:
            visitor = "敏感" if group == "low_income" else "备用"
            q = question(reach, "clinic", mode="car", minutes=minutes, group=group, visitor=visitor)
            found = figures(ground_of(reach, q), layout)
            made[name] = answers.save(db, found, Rules(), name=name, author="张三")
    return made


@pytest.fixture
def app(
    county: Engine, saved: dict[str, answers.Scenario], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Starlette]:
    for module in (current, layers, reaches, routes):
        monkeypatch.setattr(module, "engine", lambda: county)
    for forget in (current.forget, reaches.forget, layers.clear):
        forget()
    yield cockpit_app()
    for forget in (current.forget, reaches.forget, layers.clear):
        forget()


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def change(data_class: str) -> None:
        who = dataclasses.replace(signing.office(), clearance=data_class)
        monkeypatch.setattr("cockpit.web.visitors.visitor", lambda _request: who)

    return change


def both(saved: dict[str, answers.Scenario]) -> str:
    return ",".join(str(saved[name].id) for name in LAYOUTS)


def table(reply: Reply) -> list[list[str]]:
    assert reply.status == 200, reply.content
    return list(csv.reader(io.StringIO(reply.table)))


def test_a_scenario_as_a_file(app: Starlette, saved: dict[str, answers.Scenario]) -> None:
    made = saved["撤销甲"]
    for version in ("tiny1", stamp("tiny1")):
        reply = ask(app, f"/download/{version}/scenario/{made.id}.json")
        assert reply.status == 200
        assert reply.content == exported(made).encode()
        assert reply.headers["cache-control"] == "private, no-store"
        assert reply.headers["content-type"] == "application/json"
        name = f"%E6%92%A4%E9%94%80%E7%94%B2-1-{reply.headers['x-trace-code']}.json"
        assert name in reply.headers["content-disposition"]
    assert json.loads(reply.content)["name"] == "撤销甲"


def test_a_comparison_in_both_languages(app: Starlette, saved: dict[str, answers.Scenario]) -> None:
    address = f"/download/tiny1/comparison.csv?ids={both(saved)}"
    english, chinese = (table(ask(app, f"{address}&lang={lang}")) for lang in ("en", "zh"))
    assert english[0] == ["Of whom", "Code", "Name", "Figure", "Unit", "Today",
                          "'=HYPERLINK(1)", "撤销甲"]  # fmt: skip
    assert chinese[0][:6] == ["对象", "代码", "名称", "数值", "单位", "现状"]
    rows = {(row[1], row[3]): row[5:] for row in english[1:]}
    county, east = roaded.COUNTY, roaded.EAST
    assert rows[county, "Open sites"] == ["2", "3", "1"]
    assert rows[county, "Covered people"] == ["590", "740", "420"]
    # 490 of 1,360 people reach no clinic under any plan: more than one in ten.
    assert rows[county, "Minutes of nine in ten people"] == ["∞", "∞", "∞"]
    assert rows[east, "People with fewer minutes"] == ["", "150", "0"]
    assert rows[east, "People with more minutes"] == ["", "0", "180"]
    assert rows[county, "Net change of person-minutes"] == ["", "-1380.0", "2280.0"]
    parts = [float(rows[code, "Net change of person-minutes"][2]) for code in (roaded.WEST, east)]
    assert sum(parts) == 2280
    assert rows["age_65_plus", "People with more minutes"] == ["", "0", "64"]
    assert english[-1][3:] == ["Data version", "", "tiny1", "tiny1", "tiny1"]
    assert len(english) == len(chinese)
    untold = [row for row in chinese[1:] if row[3].isascii()]
    assert untold == []


def test_a_comparison_as_a_workbook(app: Starlette, saved: dict[str, answers.Scenario]) -> None:
    reply = ask(app, f"/download/tiny1/comparison.xlsx?ids={both(saved)}&lang=zh")
    assert reply.status == 200
    assert reply.headers["cache-control"] == "private, no-store"
    sheet = openpyxl.load_workbook(io.BytesIO(reply.content)).active
    assert sheet is not None
    assert sheet.title == "情景对比"
    cells = list(sheet.iter_rows(values_only=True))
    assert cells[0][6] == "'=HYPERLINK(1)"
    assert cells[1][5:] == (2, 3, 1)


@pytest.mark.parametrize(
    ("target", "status", "words"),
    [
        ("tiny1/scenario/99.json", 404, "There is no scenario number 99."),
        ("tiny1/scenario/x.json", 404, "There is no scenario number x."),
        (f"tiny1/scenario/{'9' * 30}.json", 404, f"There is no scenario number {'9' * 30}."),
        ("tiny1/scenario/-1.json", 404, "There is no scenario number -1."),
        ("old/scenario/1.json", 404, "The data were loaded anew; open the page again."),
        ("tiny1/scenario/3.json", 403, "Scenario number 3 is not open to you."),
        ("tiny1/comparison.csv", 400, "0 scenarios are chosen; choose 2 to 8."),
        ("tiny1/comparison.csv?ids=1,1", 400, "1 scenarios are chosen; choose 2 to 8."),
        ("tiny1/comparison.csv?ids=1,2,3,4,5,6,7,8,9", 400, "9 scenarios are chosen; choose 2 to"),
        ("tiny1/comparison.csv?ids=1,99", 404, "There is no scenario number 99."),
        ("tiny1/comparison.csv?ids=1,3", 403, "Scenario number 3 is not open to you."),
        ("tiny1/comparison.csv?ids=1,4", 400, "=HYPERLINK(1) and 七分钟 have different limits"),
        ("tiny1/comparison.pdf?ids=1,2", 404, "There is no such table."),
        ("old/comparison.csv?ids=1,2", 404, "The data were loaded anew; open the page again."),
    ],
)
def test_refusals_are_plain(app: Starlette, target: str, status: int, words: str) -> None:
    reply = ask(app, f"/download/{target}", accept_language="en")
    assert (reply.status, words in reply.json()["error"]) == (status, True), reply.content


def test_refusals_speak_chinese(app: Starlette) -> None:
    reply = ask(app, "/download/tiny1/scenario/3.json", accept_language="zh-CN")
    assert reply.json()["error"] == "您无权查看编号为 3 的情景。"


def test_who_may_not_see_the_class_downloads_nothing(
    app: Starlette, saved: dict[str, Any], become: Callable[[str], None]
) -> None:
    become("公开")
    for target in ("scenario/1.json", f"comparison.csv?ids={both(saved)}"):
        reply = ask(app, f"/download/tiny1/{target}")
        assert reply.status == 403
        assert "撤销" not in reply.content.decode()
    become("敏感")
    assert ask(app, "/download/tiny1/scenario/3.json").status == 200
