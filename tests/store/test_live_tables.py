"""The ledger of alerts stays as it was written, whichever way the tables were made."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from cockpit.store.base import Base
from cockpit.store.migrate import upgrade
from cockpit.store.models_live import Alert, AlertEntry, AlertRule
from cockpit.store.session import open_engine

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
                id=1, rule_id="r", kind="threshold", subject="SW001", opened=WHEN, level=2,
                state="open",
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
    ],
    ids=["changed", "deleted", "alert deleted", "by hand", "replaced"],
)  # fmt: skip
def test_the_ledger_cannot_be_rewritten(store: Engine, statement: object) -> None:
    with (
        pytest.raises(IntegrityError, match="the ledger of alerts cannot be rewritten"),
        store.begin() as connection,
    ):
        connection.execute(statement)  # type: ignore[call-overload]
    with store.connect() as connection:
        assert connection.execute(select(AlertEntry.who)).scalars().all() == ["r"]
        assert connection.execute(select(func.count()).select_from(Alert)).scalar() == 1


def test_an_alert_may_close(store: Engine) -> None:
    with store.begin() as connection:
        connection.execute(update(Alert).values(state="closed", level=0, closed=WHEN))
        assert connection.execute(select(Alert.state)).scalar() == "closed"
