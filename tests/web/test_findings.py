"""The list of findings as a file: filters, languages, classes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from cockpit.answers import data
from tests.web.asgi import Reply, ask


@pytest.fixture(autouse=True)
def _tiny(tiny_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "engine", lambda: tiny_engine)


def rows_of(reply: Reply) -> list[dict[str, str]]:
    assert reply.status == 200, reply.content
    return list(csv.DictReader(io.StringIO(reply.table)))


def test_findings_are_worded_in_the_language_asked_for(app: Starlette) -> None:
    (row,) = rows_of(ask(app, "/download/findings.csv?lang=en&status=open"))
    assert (row["Data set"], row["Row"], row["Found"]) == ("People", "7", "-3")
    assert row["Expected"] == "a number, 0 or more"
    (row,) = rows_of(ask(app, "/download/findings.csv?lang=zh"))
    assert (row["数据集"], row["应为"]) == ("人口", "不小于 0 的数字")


def test_filters_hold_and_odd_ones_find_nothing(app: Starlette) -> None:
    assert len(rows_of(ask(app, "/download/findings.csv?dataset=people"))) == 1
    for query in ("dataset=care", "status=done", "rule=%27%20OR%201%3D1", "severity=" + "x" * 900):
        assert rows_of(ask(app, f"/download/findings.csv?{query}")) == []


def test_what_stood_in_the_file_stays_within_the_class(
    app: Starlette, visitor: Callable[[str], None]
) -> None:
    visitor("公开")
    reply = ask(app, "/download/findings.csv?lang=en")
    (row,) = rows_of(reply)
    assert row["Found"] == row["Expected"] == "hidden: class 备用"
    assert b"529901001001001" not in reply.content
    assert reply.headers["cache-control"] == "private, no-store"
