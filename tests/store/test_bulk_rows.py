"""Rows in few statements come back as they were, and a taken key is left out."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import event, select
from sqlalchemy.dialects import postgresql

from cockpit.store import models as m
from cockpit.store.bulk_rows import insert_rows
from cockpit.store.catalogue import table_of
from tests import feeding

BEGIN = dt.datetime(2025, 1, 1, 0, 0, 0, 250_000)


def _rows(n: int) -> list[dict[str, object]]:
    # The order of the keys is not that of the table's columns.
    return [
        {"value": k / 7, "sensor_id": "W1", "batch_id": 1, "time": BEGIN + dt.timedelta(hours=k)}
        for k in range(n)
    ]


@pytest.mark.parametrize(
    ("n", "statements"), [(0, 0), (1, 1), (5, 2), (100, 4), (1000, 3 + 3 + 2 + 2)]
)
def test_rows_come_back_as_they_were(tmp_path: Path, n: int, statements: int) -> None:
    table = table_of(m.Reading)
    rows, said = _rows(n), []
    with feeding.store(tmp_path) as engine, engine.begin() as connection:
        event.listen(connection, "before_cursor_execute", lambda *given: said.append(given[2]))
        insert_rows(connection, table, rows)
        assert len(said) == statements
        insert_rows(connection, table, [{**row, "value": -1.0} for row in rows])  # taken
        found = connection.execute(select(table).order_by(table.c.time)).mappings().all()
    assert [dict(row) for row in found] == rows


def test_postgresql_leaves_taken_keys_out_too() -> None:
    statement = postgresql.insert(table_of(m.Reading)).on_conflict_do_nothing()
    assert str(statement.compile(dialect=postgresql.dialect())).endswith("ON CONFLICT DO NOTHING")
