"""Insert many rows fast: the statement is SQLAlchemy's, the rows are the driver's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Table, insert

CHUNK = 50_000


def insert_frame(
    connection: Connection,
    table: Table,
    frame: pd.DataFrame,
    *,
    constant: dict[str, object] | None = None,
) -> int:
    """
    Insert the columns of a frame that the table has; return the number of rows.

    Missing values become NULL. ``constant`` gives columns with one value for all rows. ORM objects
    cost several times as much for a million rows; here each column is converted once by the type's
    own rule, and the driver gets plain tuples.
    """
    fixed = constant or {}
    names = [c.name for c in table.columns if c.name in frame.columns or c.name in fixed]
    statement = insert(table).values(dict.fromkeys(names))
    compiled = statement.compile(dialect=connection.dialect, column_keys=names)
    text = str(compiled)
    convert = {name: _converter(table, name, connection) for name in names}
    repeated = {name: convert[name](value) for name, value in fixed.items() if name in names}
    for start in range(0, len(frame), CHUNK):
        part = frame.iloc[start : start + CHUNK]
        columns = [
            repeat(repeated[name], len(part))
            if name in repeated
            else _driver(part[name], convert[name])
            for name in names
        ]
        rows: Sequence[Any] = list(zip(*columns, strict=True))
        if not compiled.positional:
            rows = [dict(zip(names, row, strict=True)) for row in rows]
        connection.exec_driver_sql(text, rows)
    return len(frame)


Convert = Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _converter(table: Table, name: str, connection: Connection) -> Convert:
    """Return what SQLAlchemy does to a value of a column before the driver gets it."""
    kind = table.columns[name].type
    return kind.dialect_impl(connection.dialect).bind_processor(connection.dialect) or _same


def _driver(values: pd.Series[Any], convert: Convert) -> list[Any]:
    """Return a column as the driver wants it, None for what is missing."""
    if values.dtype.kind in "iub" and isinstance(values.dtype, np.dtype) and convert is _same:
        return list(values.tolist())
    if values.dtype.kind == "f" and convert is _same:
        return [None if math.isnan(v) else v for v in values.to_numpy(dtype=float).tolist()]
    if convert is _same:
        found = values.astype(object).tolist()
        if not values.hasnans:
            return list(found)
        return [None if gone else v for v, gone in zip(found, values.isna(), strict=True)]
    # Dates and flags repeat: each different value is converted once.
    try:
        codes, different = pd.factorize(values)
    except TypeError:  # a dict or list of a JSON column has no hash
        return [convert(value) for value in values.astype(object)]
    converted = np.empty(len(different) + 1, dtype=object)
    converted[:-1] = [convert(value) for value in pd.Series(different).astype(object)]
    return list(converted[codes].tolist())  # code -1 is the last: None
