"""Insert many rows fast: the statement is SQLAlchemy's, the rows are the driver's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
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
    progress: Callable[[int], None] | None = None,
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
    columns = [
        [fixed[name]] * len(frame) if name in fixed else _plain(frame[name]) for name in names
    ]
    for place, name in enumerate(names):
        columns[place] = _bound(table, name, columns[place], connection)
    text = str(compiled)
    for start in range(0, len(frame), CHUNK):
        rows = list(zip(*(c[start : start + CHUNK] for c in columns), strict=True))
        parameters: Sequence[Any] = rows
        if not compiled.positional:
            parameters = [dict(zip(names, row, strict=True)) for row in rows]
        connection.exec_driver_sql(text, parameters)
        if progress is not None:
            progress(len(rows))
    return len(frame)


def _plain(values: pd.Series[Any]) -> list[Any]:
    """Return Python values, None for what is missing."""
    if values.dtype.kind in "iub" and not isinstance(
        values.dtype, pd.api.extensions.ExtensionDtype
    ):
        return list(values.tolist())
    if values.dtype.kind == "f":
        numbers = values.to_numpy(dtype=float)
        if np.isnan(numbers).any():
            return [None if math.isnan(v) else v for v in numbers.tolist()]
        return list(numbers.tolist())
    missing = values.isna().to_numpy()
    found = values.astype(object).tolist()
    if not missing.any():
        return list(found)
    return [None if gone else value for value, gone in zip(found, missing, strict=True)]


def _bound(table: Table, name: str, values: list[Any], connection: Connection) -> list[Any]:
    """Convert values as SQLAlchemy would; equal values (dates above all) are converted once."""
    kind = table.columns[name].type
    processor = kind.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    if processor is None:
        return values
    seen: dict[Any, Any] = {}

    def convert(value: Any) -> Any:
        try:
            if value not in seen:
                seen[value] = processor(value)
        except TypeError:  # a dict or list of a JSON column has no hash
            return processor(value)
        return seen[value]

    return [convert(value) for value in values]


def distinct(values: Iterable[Any]) -> list[Any]:
    """Return the values without repeats, in their order."""
    return list(dict.fromkeys(values))
