"""What people do to data, rules and alerts stands in the trail under their name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.access.audit_verify import check_store
from cockpit.access.visitor import Visitor
from cockpit.answers import data, feeds_sources
from cockpit.answers.alert_rules import switch_rule
from cockpit.store import ingest
from cockpit.store.models import QualityIssue
from cockpit.store.models_audit import AuditEntry
from cockpit.store.models_live import AlertRule
from cockpit.store.session import open_engine
from tests import small, tiny

LI = Visitor("li", "李华", ("planner", "steward"), "敏感", session="s1")


def told(db: Session) -> list[tuple[str, str, str, str]]:
    e = AuditEntry
    rows = db.execute(select(e.who, e.act, e.subject, e.data_class).order_by(e.seq))
    return [tuple(row) for row in rows]


def test_a_load_is_written_down_once_and_only_if_it_changed_something(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    manifest = small.write_small(folder)
    engine = open_engine(f"sqlite:///{tmp_path / 'data' / 'county.sqlite'}")
    with audit.acting_as(LI):
        ingest.load(manifest, engine, tmp_path / "data")
        ingest.load(manifest, engine, tmp_path / "data")  # nothing has changed
    with Session(engine) as db:
        assert told(db) == [("李华", "load", "county 小青县", "备用")]
    assert check_store(engine).whole
    engine.dispose()


def test_feeds_findings_and_rules(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'data' / 'county.sqlite'}")
    tiny.fill(engine)
    with Session(engine) as db:
        db.add(
            AlertRule(
                id="flood", title="x", subject="sensor:level", settings={}, enabled=True,
                changed=dt.datetime(2026, 1, 1), changed_by="",
            )
        )  # fmt: skip
        db.commit()
        number = db.scalar(select(QualityIssue.id))
        db.commit()
        with audit.acting_as(LI):
            feeds_sources.add_source("gate", kind="readings", bind=engine)
            feeds_sources.switch("gate", on=False, bind=engine)
            data.set_finding_status(db, [number or 0], "done", visitor="敏感")
            switch_rule(db, "flood", on=False, who="李华")
        assert told(db) == [
            ("李华", "load", "feed gate", "备用"),
            ("李华", "load", "feed gate", "公开"),
            ("李华", "load", "work quality_issue", "公开"),
            ("李华", "decide", "rule flood", "公开"),
        ]
    assert check_store(engine).whole
    engine.dispose()
