"""Insert some rows with few statements: each one may wait for the interpreter's other threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import sqlite

_SIZES = (256, 64, 16, 4, 1)  # rows of a statement: five texts a table are compiled, once


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """
    Insert rows, all with the same columns; a row whose key is taken is left out.

    SQLite's driver lets other threads run after each row of an ``executemany``; a thousand rows a
    second would wait for pages that compute. With many rows in one statement it does so once.
    """
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        from sqlalchemy.dialects import postgresql  # slow to import, and seldom needed

        statement = postgresql.insert(table).on_conflict_do_nothing()
        connection.execute(statement, [dict(row) for row in rows])
        return
    names = tuple(c.name for c in table.columns if c.name in rows[0])
    convert = _converters(table, names, connection.dialect)
    values = [
        tuple(c(row[n]) if c else row[n] for n, c in zip(names, convert, strict=True))
        for row in rows
    ]
    start = 0
    for size in _SIZES:
        while len(values) - start >= size:
            text = _text(table, names, size)
            flat = tuple(chain.from_iterable(values[start : start + size]))
            connection.exec_driver_sql(text, flat)
            start += size


def _converters(table: Table, names: tuple[str, ...], dialect: Dialect) -> list[Any]:
    """Return what SQLAlchemy does to the values of each column before the driver gets them."""
    return [table.c[n].type.dialect_impl(dialect).bind_processor(dialect) for n in names]


@lru_cache(maxsize=64)
def _text(table: Table, names: tuple[str, ...], size: int) -> str:
    """Return the insert of ``size`` rows, their values row by row in the table's order."""
    statement = sqlite.insert(table).values([dict.fromkeys(names)] * size)
    dialect = sqlite.dialect(paramstyle="qmark")
    return str(statement.on_conflict_do_nothing().compile(dialect=dialect))
