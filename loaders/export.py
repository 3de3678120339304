"""Cells that leave us: what a spreadsheet would run as a formula is made plain text."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?%?")


def escape_formula(cell: object) -> object:
    """
    Put a quote before text that a spreadsheet would take for a formula; numbers stay.

    >>> escape_formula("=1+1"), escape_formula("-3.5"), escape_formula("-cmd"), escape_formula(-2)
    ("'=1+1", '-3.5', "'-cmd", -2)
    """
    if isinstance(cell, str) and cell.startswith(_STARTS) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def escape_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table for export: texts and column names that begin like formulas are quoted."""
    safe: dict[Any, Any] = {}
    for name in table.columns:
        column = table[name]
        text = column.dtype == object or pd.api.types.is_string_dtype(column)
        safe[escape_formula(name)] = column.map(escape_formula) if text else column
    return pd.DataFrame(safe, index=table.index)
