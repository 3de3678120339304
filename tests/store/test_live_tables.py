"""The ledger of alerts stays as it was written, whichever way the tables were made."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cockpit.store import migrate
from cockpit.store.base import Base
from cockpit.store.migrate import upgrade
from cockpit.store.models_live import Alert, AlertEntry, AlertRule
from cockpit.store.session import open_engine, require_revision

WHEN = dt.datetime(2025, 7, 1, 8)


def with_one_entry(engine: Engine) -> Engine:
    with engine.begin() as connection:
        connection.execute(
            insert(AlertRule).values(
                id="r", title="水位", subject="sensor:水位", settings={}, changed=WHEN
            )
        )
        connection.execute(
            insert(Alert).values(
                id=1, rule_id="r", kind="threshold", subject="SW001", region_code="0101",
                lon=110.5, lat=30.5, opened=WHEN, level=2, state="open",
            )
        )  # fmt: skip
        connection.execute(
            insert(AlertEntry).values(
                alert_id=1, at=WHEN, written=WHEN, who="r", action="opened", level=2, detail={},
                previous="", hash="a",
            )
        )  # fmt: skip
    return engine


@pytest.fixture(params=["migrated", "created"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.sqlite'}")
    if request.param == "migrated":
        upgrade(engine)
    else:
        Base.metadata.create_all(engine)
    return with_one_entry(engine)


@pytest.mark.parametrize(
    "statement",
    [
        update(AlertEntry).values(level=1),
        delete(AlertEntry),
        delete(Alert),
        text("DELETE FROM alert_entry WHERE seq = 1"),
        text("INSERT OR REPLACE INTO alert_entry SELECT seq, alert_id, at, written, 'x', action,"
             " level, detail, previous, hash FROM alert_entry"),
        update(Alert).values(lon=0.0),
        update(Alert).values(lat=None),
        update(Alert).values(region_code="x"),
        update(Alert).values(kind="fault"),
        update(Alert).values(subject="SW002"),
        update(Alert).values(opened=WHEN + dt.timedelta(hours=1)),
        update(Alert).values(level=1, lon=1.0),
        text("UPDATE OR REPLACE alert SET id = 2"),
        text("UPDATE alert SET rowid = 2"),
        text("REPLACE INTO alert SELECT id, rule_id, kind, subject, 'x', 0, 0, opened, level,"
             " state, closed FROM alert"),
        text("INSERT OR REPLACE INTO alert SELECT 2, rule_id, kind, subject, 'x', 0, 0, opened,"
             " level, state, closed FROM alert"),
    ],
    ids=["changed", "deleted", "alert deleted", "by hand", "replaced", "moved", "nowhere", "region",
         "kind", "subject", "opened", "moved with its level", "number", "number by another name",
         "alert replaced", "alert replaced by another"],
)  # fmt: skip
def test_the_ledger_cannot_be_rewritten(store: Engine, statement: object) -> None:
    with (
        pytest.raises(IntegrityError, match="the ledger of alerts cannot be rewritten"),
        store.begin() as connection,
    ):
        connection.execute(statement)  # type: ignore[call-overload]
    with store.connect() as connection:
        assert connection.execute(select(AlertEntry.who)).scalars().all() == ["r"]
        rows = connection.execute(select(Alert.id, Alert.subject, Alert.region_code, Alert.lon))
        assert [tuple(row) for row in rows] == [(1, "SW001", "0101", 110.5)]


def test_an_alert_may_close(store: Engine) -> None:
    with store.begin() as connection:
        connection.execute(update(Alert).values(state="closed", level=0, closed=WHEN))
        assert connection.execute(select(Alert.state)).scalar() == "closed"


def test_another_alert_of_the_same_rule_and_subject_may_open(store: Engine) -> None:
    later = WHEN + dt.timedelta(hours=1)
    values = {"rule_id": "r", "kind": "threshold", "subject": "SW001", "level": 2, "state": "open"}
    with store.begin() as connection:
        for k in (1, 2):  # no number given: SQLite gives it after the guards were asked
            connection.execute(insert(Alert).values(opened=later + k * (later - WHEN), **values))
        assert connection.execute(select(Alert.id).order_by(Alert.id)).scalars().all() == [1, 2, 3]


def test_a_store_of_the_migration_before_gets_the_guards_when_it_is_written(
    tmp_path: Path,
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.sqlite'}")
    with engine.begin() as connection:
        command.upgrade(migrate._config(connection), "0005")
    with_one_entry(engine)
    with engine.begin() as connection:
        connection.execute(update(Alert).values(lon=0.0))  # nothing keeps it yet
    with Session(engine) as db:
        require_revision(db, "0006")
        require_revision(db, "0006")
        with pytest.raises(IntegrityError, match="the ledger of alerts cannot be rewritten"):
            db.execute(update(Alert).values(lon=1.0))


def test_the_guards_of_alerts_can_be_taken_back(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.sqlite'}")
    upgrade(engine)
    with engine.begin() as connection:
        command.downgrade(migrate._config(connection), "0005")
    with with_one_entry(engine).begin() as connection:
        assert connection.execute(update(Alert).values(lon=0.0)).rowcount == 1
