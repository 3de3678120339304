"""The trail as a table and the proof of an entry as a file: for auditors, and themselves traced."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from cockpit.access import audit
from cockpit.access.audit_proof import verify_proof
from cockpit.access.visitor import PUBLIC, Visitor
from cockpit.store.models_audit import AuditEntry
from cockpit.store.session import engine, require_table
from tests import conftest
from tests.web.asgi import ask, cockpit_app


@pytest.fixture
def app(
    unvisited_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Starlette]:
    shutil.copytree(unvisited_store, tmp_path / "data")
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path / "data"))
    conftest._forget_store()
    with Session(engine()) as db:
        require_table(db, "audit_entry")
        audit.record(db, "李华", "export", "table a", data_class="敏感")
        audit.record(db, "赵敏", "load", "county x")
        db.commit()
    yield cockpit_app()
    conftest._forget_store()


def become(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    who = PUBLIC if role == "public" else Visitor("x", "X", (role,), session="s")
    monkeypatch.setattr("cockpit.web.visitors.visitor", lambda _: who)


@pytest.mark.parametrize("role", ["public", "leader", "planner", "steward", "administrator"])
def test_for_auditors_alone(app: Starlette, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    become(monkeypatch, role)
    for path in ("/access/trail.csv", "/access/proof/1.json"):
        reply = ask(app, path)
        assert reply.status in (401, 403)
        assert "table a" not in reply.body.decode()


def test_table_with_filters_is_itself_an_export(
    app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    become(monkeypatch, "auditor")
    reply = ask(app, "/access/trail.csv?act=load")
    assert reply.status == 200
    lines = reply.body.decode().splitlines()
    assert len(lines) == 3
    assert "county x" in lines[1]
    code = reply.headers["x-trace-code"]
    assert lines[2].startswith("# X（x）")
    assert lines[2].endswith(f"{code}。")
    with Session(engine()) as db:
        newest = db.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert newest is not None
    assert (newest.act, newest.subject) == ("export", "access trail")
    assert ask(app, "/access/trail.csv?since=yesterday").status == 400


def test_proof_of_an_entry(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, "auditor")
    reply = ask(app, "/access/proof/1.json")
    assert reply.status == 200
    assert verify_proof(json.loads(reply.body)).entry["subject"] == "table a"
    assert ask(app, "/access/proof/999.json").status == 404
