"""The matrix and the people as files: for whom, what stands in them, and the trace."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from cockpit.access import accounts, matrix, sessions
from cockpit.access.visitor import Visitor
from cockpit.answers import access_tables
from cockpit.answers.access_tables import PAGE_TITLES
from cockpit.locale import translate
from cockpit.store.models_access import StoredAccount, StoredSession
from cockpit.store.models_audit import AuditEntry
from cockpit.store.session import engine, require_table
from cockpit.ui import menu
from cockpit.web.accounts import live_routes
from tests import conftest
from tests.web.asgi import Reply, ask, cockpit_app

Become = Callable[..., Visitor]


@pytest.fixture
def app(
    unvisited_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Starlette]:
    shutil.copytree(unvisited_store, tmp_path / "data")
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path / "data"))
    conftest._forget_store()
    sessions.forget()
    with Session(engine()) as db:
        require_table(db, StoredAccount.__tablename__)
        for table in (StoredSession, StoredAccount):  # whoever used this county in another test
            db.execute(delete(table))
        for name, roles in (("ada", ["administrator"]), ("li", ["leader"])):
            accounts.create(
                db, name, "", roles=roles, display="=1+1", by="test",
                territory="529901001" if name == "li" else "",
            )  # fmt: skip
        db.commit()
    yield cockpit_app()
    conftest._forget_store()
    sessions.forget()


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Become:
    def now(role: str, **more: str) -> Visitor:
        who = Visitor("x", "X", (role,), session="s", **more)  # type: ignore[arg-type]
        monkeypatch.setattr("cockpit.web.visitors.visitor", lambda _: who)
        return who

    return now


def rows(reply: Reply) -> list[list[str]]:
    assert reply.status == 200, reply.body
    table = list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig"))))
    assert table[-1][0].startswith("# ")  # who exported it
    return table[:-1]


@pytest.mark.parametrize("name", ["matrix", "people"])
@pytest.mark.parametrize("role", ["public", "screen", "leader", "planner", "steward"])
def test_others_get_nothing(app: Starlette, become: Become, role: str, name: str) -> None:
    become(role)
    for ending in ("csv", "xlsx"):
        reply = ask(app, f"/access/{name}.{ending}")
        assert reply.status == 403
        assert len(reply.body) < 300
        assert b"li" not in reply.body.replace(b"available", b"")


@pytest.mark.parametrize("role", ["administrator", "auditor"])
def test_the_file_is_the_live_policy(app: Starlette, become: Become, role: str) -> None:
    become(role)
    table = rows(ask(app, "/access/matrix.csv?lang=en"))
    rights = matrix.matrix(access_tables.things(live_routes()))
    assert len(table) - 1 == len(rights) > 1000
    for row, right in zip(table[1:], rights, strict=True):
        assert row[3].lstrip("'") == right.subject
        assert (row[6], row[7]) == ("yes" if right.allowed else "no", right.why)
    assert {"/layers/{version}/{level}/{parent}.geojson", "people", "facilities", "map"} <= {
        row[3] for row in table
    }


def test_people_stand_with_all_that_they_may(app: Starlette, become: Become) -> None:
    become("auditor", territory="529901100")  # a part of the county is no hindrance here
    head, ada, li = rows(ask(app, "/access/people.csv?lang=zh"))
    assert head[0] == "登录名"
    assert ada[0] == "ada"
    assert ada[1] == "'=1+1"  # no formula in a table program
    found = dict(zip(head, li, strict=True))
    assert found["辖区"] == "东山街道"
    assert found["可看的数据级别"] == "公开、备用、敏感（须填写用途）"
    assert "地图" in found["可打开的页面"]
    assert "风险" not in found["可打开的页面"]
    assert "下载" in found["可进行的操作"]


def test_as_a_workbook(app: Starlette, become: Become) -> None:
    become("administrator")
    reply = ask(app, "/access/people.xlsx?lang=en")
    book = openpyxl.load_workbook(io.BytesIO(reply.content))
    sheet = book["Access by person"]
    assert [cell.value for cell in sheet["A"]] == ["Sign-in name", "ada", "li"]
    assert ask(app, "/access/people.pdf").status == 404


def test_every_export_is_in_the_trail(app: Starlette, become: Become) -> None:
    become("administrator")
    for target in ("/access/matrix.csv", "/access/people.xlsx"):
        assert ask(app, target).status == 200
    with Session(engine()) as db:
        found = db.execute(
            select(AuditEntry.act, AuditEntry.subject, AuditEntry.account).order_by(AuditEntry.seq)
        ).all()
    exports = [(row.subject, row.account) for row in found if row.act == "export"]
    assert exports == [("access matrix", "x"), ("access people", "x")]


def test_the_menu_and_the_files_call_pages_alike() -> None:
    titles = {name: title for _, pages in menu._GROUPS for name, title, _ in pages}
    assert titles == PAGE_TITLES
    assert all(translate(t, "zh") != t for t in titles.values())
