"""The briefing by address: who gets it, its mark and trace, and how refusals read."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import docx
import pypdf
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from cockpit.answers import briefing
from cockpit.store.models_audit import AuditEntry
from cockpit.store.session import engine, open_engine
from tests import conftest, eventful, signing
from tests.web.asgi import ask, cockpit_app


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starlette]:
    folder: Path = tmp_path_factory.mktemp("briefing")
    made = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    eventful.fill(made)
    made.dispose()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COCKPIT_DATA", str(folder))
        conftest._forget_store()
        briefing._counted.clear()
        yield cockpit_app()
        conftest._forget_store()


def become(monkeypatch: pytest.MonkeyPatch, **who: object) -> None:
    visitor = dataclasses.replace(signing.office(), **who)  # type: ignore[arg-type]
    monkeypatch.setattr("cockpit.web.visitors.visitor", lambda _request: visitor)


def test_all_forms_carry_class_and_trace(app: Starlette) -> None:
    for ending, begin in (("html", b"<!DOCTYPE html>"), ("pdf", b"%PDF-"), ("docx", b"PK")):
        found = ask(app, f"/download/briefing/daily.{ending}?lang=zh")
        assert found.status == 200
        assert found.content.startswith(begin)
        assert found.headers["cache-control"] == "private, no-store"
        code = found.headers["x-trace-code"]
        name = unquote(found.headers["content-disposition"])
        assert name.endswith(f"小青县-每日简报-2025-06-10-{code}.{ending}")
        if ending == "pdf":
            pages = pypdf.PdfReader(io.BytesIO(found.content)).pages
            assert len(pages) == 1
            assert code in pages[0].extract_text().replace("\n", "")
        if ending == "docx":
            section = docx.Document(io.BytesIO(found.content)).sections[0]
            assert code in section.footer.paragraphs[0].text
            assert "密级：备用" in section.header.paragraphs[0].text
    with Session(engine()) as db:
        entries = db.execute(select(AuditEntry).where(AuditEntry.act == "export")).scalars()
        assert [e.subject for e in entries] == ["download briefing"] * 3


def test_the_weekly_issue_speaks_english(app: Starlette) -> None:
    found = ask(app, "/download/briefing/weekly.html?lang=en&date=2025-06-10")
    assert "Little Qing: Weekly briefing" in found.content.decode()
    assert "No. 2025-24" in found.content.decode()


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("daily.txt?lang=en", 404, "There is nothing at this address."),
        ("hourly.pdf?lang=en", 400, "There is no issue hourly; expected one of daily, weekly."),
        ("daily.pdf?lang=zh&date=x", 400, "“x”不是日期；应为年-月-日，如 2025-10-31。"),
        (
            "daily.pdf?lang=zh&date=2020-01-01", 400,
            "没有 2020-01-01 的每日简报：数据截至 2025-06-10，当日也没有存档。",
        ),
    ],
)  # fmt: skip
def test_refusals(app: Starlette, address: str, status: int, words: str) -> None:
    found = ask(app, f"/download/briefing/{address}")
    assert (found.status, json.loads(found.content)["error"]) == (status, words)


def test_who_sees_the_public_class_gets_no_events(
    app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    become(monkeypatch, clearance="公开")
    told = ask(app, "/download/briefing/daily.html?lang=en").content.decode()
    assert "Class: Public" in told
    assert "Open events" not in told
    assert "Alerts are not told in this issue." in told


@pytest.mark.parametrize("roles", [(), ("auditor",)])
def test_who_may_not_open_the_overview_gets_no_briefing(
    app: Starlette, monkeypatch: pytest.MonkeyPatch, roles: tuple[str, ...]
) -> None:
    become(monkeypatch, roles=roles)
    assert ask(app, "/download/briefing/daily.pdf").status in (401, 403)


def test_who_is_of_a_part_of_the_county_gets_no_briefing_of_the_whole(
    app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    become(monkeypatch, territory="529901001")
    assert ask(app, "/download/briefing/daily.pdf").status == 403
