"""Memos by address: both forms and languages, for whom, and how refusals read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from cockpit.access.watermark import Mark
from cockpit.answers import current
from cockpit.answers import reach as reaches
from cockpit.answers import scenarios as answers
from cockpit.answers.coverage_question import question
from cockpit.answers.layers import stamp
from cockpit.answers.siting import Layout, Rules, ground_of
from cockpit.answers.siting_figures import figures
from cockpit.store.models import Scenario
from cockpit.store.session import open_engine
from cockpit.web import layers
from cockpit.web import memo as routes
from tests import roaded, signing, tiny
from tests.web.asgi import ask, cockpit_app


@pytest.fixture
def county(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    roaded.fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def saved(county: Engine) -> int:
    """Save a scenario of class 备用; return its number."""
    reach = roaded.reach_of(county)
    q = question(reach, "clinic", mode="car", minutes=6, visitor="备用")
    found = figures(ground_of(reach, q), Layout(added=(tiny.grid_code(7),)))
    with Session(county) as db:
        return answers.save(db, found, Rules(), name="新增<一处>", author="张三").id


@pytest.fixture
def app(county: Engine, saved: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Starlette]:
    for module in (current, layers, reaches, routes):
        monkeypatch.setattr(module, "engine", lambda: county)
    for forget in (current.forget, reaches.forget, layers.clear):
        forget()
    yield cockpit_app()
    for forget in (current.forget, reaches.forget, layers.clear):
        forget()


def become(monkeypatch: pytest.MonkeyPatch, data_class: str) -> None:
    who = dataclasses.replace(signing.office(), clearance=data_class)
    monkeypatch.setattr("cockpit.web.visitors.visitor", lambda _request: who)


def test_both_forms_in_both_languages(app: Starlette, saved: int) -> None:
    for version in ("tiny1", stamp("tiny1")):
        address = f"/download/{version}/memo/{saved}"
        page = ask(app, f"{address}.html?lang=zh")
        assert page.status == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["cache-control"] == "private, no-store"
        name = "%E5%86%B3%E7%AD%96%E5%A4%87%E5%BF%98%E5%BD%95-"
        assert name in page.headers["content-disposition"]
        assert "新增&lt;一处&gt;" in page.content.decode()
    sheet = ask(app, f"{address}.pdf?lang=en")
    assert sheet.headers["content-type"] == "application/pdf"
    pages = pypdf.PdfReader(io.BytesIO(sheet.content)).pages
    assert "Decision memo" in pages[0].extract_text()
    assert 2 <= len(pages) <= 4


def test_the_same_export_gives_the_same_bytes(
    app: Starlette, saved: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = dt.datetime(2025, 11, 3, 9, 30)
    mark = Mark("办公室", "office", at, "tests", "0001-A")
    monkeypatch.setattr("cockpit.web.guard.mark_of", lambda *_: mark)
    for ending in ("html", "pdf"):
        address = f"/download/tiny1/memo/{saved}.{ending}?lang=zh"
        assert ask(app, address).content == ask(app, address).content


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/download/tiny1/memo/99.pdf", 404, "There is no scenario number 99."),
        ("/download/tiny1/memo/x.pdf", 404, "There is nothing at this address."),
        ("/download/tiny1/memo/1.docx", 404, "There is nothing at this address."),
        ("/download/old/memo/1.pdf", 404, "The data were loaded anew; open the page again."),
    ],
)
def test_what_is_not_there(app: Starlette, address: str, status: int, words: str) -> None:
    reply = ask(app, f"{address}?lang=en")
    assert (reply.status, reply.json()["error"]) == (status, words)


def test_above_the_visitors_class(
    app: Starlette, saved: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    become(monkeypatch, "公开")
    reply = ask(app, f"/download/tiny1/memo/{saved}.html?lang=en")
    assert reply.status == 403
    assert reply.json()["error"] == f"Scenario number {saved} is not open to you."


def test_a_figure_changed_in_the_store_is_refused(
    app: Starlette, saved: int, county: Engine
) -> None:
    """Somebody who also makes the digest right again is caught by the recount."""
    with Session(county) as db:
        scenario = answers.scenario(db, saved, visitor="备用")
        figures = {**scenario.figures, "then": {**scenario.figures["then"], "covered": 1000.0}}
        content = answers.content_of(dataclasses.replace(scenario, figures=figures))
        values = {"figures": figures, "digest": answers.digest_of(content)}
        db.execute(update(Scenario).where(Scenario.id == saved).values(**values))
        db.commit()
    reply = ask(app, f"/download/tiny1/memo/{saved}.pdf?lang=zh")
    assert reply.status == 400
    assert reply.json()["error"] == (
        "未生成备忘录：情景中“覆盖人数（方案）”为 1,000，由数据重新计算为 740。"
    )
