"""Migrations make the tables that the models describe, and running them again changes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    Column,
    Date,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    event,
    inspect,
    select,
)

from cockpit.store import ingest, migrate
from cockpit.store.bulk import insert_frame
from cockpit.store.migrate import newest, upgrade
from cockpit.store.models import Base
from cockpit.store.session import open_engine
from tests import first_version
from tests.small import write_small


def test_migrated_tables_are_those_of_the_models(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.sqlite'}")
    upgrade(engine)
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == newest()
        assert compare_metadata(context, Base.metadata) == []


def test_sqlite_keeps_commits_through_a_power_cut(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'deep' / 'a.sqlite'}")
    with engine.connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_bulk_rows_come_back_as_they_were(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.sqlite'}")
    table = Table(
        "t", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(9)),
        Column("day", Date), Column("n", Integer), Column("batch_id", Integer),
    )  # fmt: skip
    days = pd.to_datetime(["2025-11-01", None, "2024-02-29"])
    frame = pd.DataFrame({"name": ["甲", None, "丙"], "day": days, "n": [1.0, np.nan, 3.0], "x": 0})
    with engine.begin() as connection:
        table.create(connection)
        assert insert_frame(connection, table, frame, constant={"batch_id": 7}) == 3
        rows = connection.execute(select(table.c.name, table.c.day, table.c.n, table.c.batch_id))
        found = [tuple(row) for row in rows]
    assert found == [
        ("甲", days[0].date(), 1, 7),
        (None, None, None, 7),
        ("丙", days[2].date(), 3, 7),
    ]


def test_a_migration_that_fails_halfway_leaves_no_table(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.sqlite'}")
    made: list[str] = []

    def fail_at_the_sixth(
        _connection: object, _cursor: object, statement: str, *_rest: object
    ) -> None:
        if "CREATE TABLE" in statement:
            made.append(statement)
            if len(made) == 6:
                raise KeyboardInterrupt

    event.listen(engine, "before_cursor_execute", fail_at_the_sixth)
    with pytest.raises(KeyboardInterrupt):
        upgrade(engine)
    event.remove(engine, "before_cursor_execute", fail_at_the_sixth)
    assert inspect(engine).get_table_names() == []
    upgrade(engine)
    assert "region" in inspect(engine).get_table_names()


def to_the_first_tables(engine: Engine) -> None:
    with engine.begin() as connection:
        command.upgrade(migrate._config(connection), "0001")


def rows_of(engine: Engine, first: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return every row of the first tables, in the columns that they had."""
    with engine.connect() as connection:
        return {
            name: sorted(
                repr(tuple(row))
                for row in connection.execute(
                    select(*(Base.metadata.tables[name].c[column] for column in columns))
                )
            )
            for name, columns in first.items()
        }


def columns_in(engine: Engine) -> dict[str, list[str]]:
    """Return the columns of every table of ours that a store has."""
    inspector = inspect(engine)
    return {
        name: [str(column["name"]) for column in inspector.get_columns(name)]
        for name in inspector.get_table_names()
        if name in Base.metadata.tables
    }


def test_a_county_of_the_first_tables_is_upgraded_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'store' / 'county.sqlite'}")
    first_version.loading(monkeypatch, to_the_first_tables)
    report = ingest.load(write_small(tmp_path / "raw"), engine, tmp_path / "store")
    first = columns_in(engine)
    before = rows_of(engine, first)
    assert "scenario" not in inspect(engine).get_table_names()
    assert len(before["region"]) == 1 + 2 + 4 + 16

    upgrade(engine)
    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == newest()
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    assert rows_of(engine, first) == before
    assert str(report.version) in str(before["meta"])
    assert inspect(engine).get_columns("scenario")


def test_an_upgrade_that_is_stopped_leaves_the_first_tables(
    tmp_path: Path,
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.sqlite'}")
    to_the_first_tables(engine)

    def stop(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE alembic_version"):
            raise KeyboardInterrupt

    event.listen(engine, "before_cursor_execute", stop)
    with pytest.raises(KeyboardInterrupt):
        upgrade(engine)
    event.remove(engine, "before_cursor_execute", stop)
    assert "scenario" not in inspect(engine).get_table_names()
    upgrade(engine)
    assert "scenario" in inspect(engine).get_table_names()
