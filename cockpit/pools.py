"""Tags on the four pools (people, buildings, events, organisations): rules that mark their rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.errors import InputError

POOLS: dict[str, dict[str, str]] = {
    "person": {
        "age": "number",
        "sex": "text",
        "status": "text",
        "region_code": "text",
        "in_household": "number",
        "in_building": "number",
    },
    "building": {
        "use": "text",
        "levels": "number",
        "footprint_m2": "number",
        "dwellings": "number",
        "region_code": "text",
        "residents": "number",
        "events": "number",
        "organisations": "number",
    },
    "event": {
        "category": "text",
        "channel": "text",
        "status": "text",
        "region_code": "text",
        "days_open": "number",
    },
    "organisation": {
        "kind": "text",
        "employees": "number",
        "region_code": "text",
    },
}
"""Pool to the columns a rule may use, and whether they hold numbers or text."""

_Test = Callable[["pd.Series[Any]", Any], "pd.Series[bool]"]

_NUMBER_TESTS: dict[str, _Test] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column.notna() & (column != value),
    ">=": lambda column, value: column >= value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    "<": lambda column, value: column < value,
}
_TEXT_TESTS: dict[str, _Test] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column.notna() & (column != value),
    "in": lambda column, value: column.isin([part.strip() for part in value.split(",")]),
    "contains": lambda column, value: column.str.contains(value, regex=False, na=False),
    "starts with": lambda column, value: column.str.startswith(value, na=False),
}
OPERATORS: dict[str, tuple[str, ...]] = {
    "number": tuple(_NUMBER_TESTS),
    "text": tuple(_TEXT_TESTS),
}


@dataclass(frozen=True)
class Condition:
    """One condition of a rule: a column of the pool, an operator and a value."""

    column: str
    operator: str
    value: str | float


Rule = tuple[Condition, ...]


def rule(pool: str, parts: Sequence[Sequence[Any]]) -> Rule:
    """
    Check a rule given as ``[column, operator, value]`` lists; all conditions must hold together.

    Raises
    ------
    InputError
        If the pool, a column or an operator is unknown, a number is expected and not given, or
        there is no condition at all (it would mark everything).
    """
    columns = POOLS.get(pool)
    if columns is None:
        raise InputError("There is no pool {pool}.", pool=pool)
    if not parts:
        raise InputError("A rule needs at least one condition.")
    return tuple(_condition(columns, *part) for part in parts)


def _condition(columns: dict[str, str], column: str, operator: str, value: Any) -> Condition:
    if column not in columns:
        raise InputError(
            "There is no column {column}; expected one of {columns}.",
            column=column,
            columns=", ".join(columns),
        )
    kind = columns[column]
    if operator not in OPERATORS[kind]:
        raise InputError(
            "{column} cannot be compared by {operator}; expected one of {operators}.",
            column=column,
            operator=operator,
            operators=", ".join(OPERATORS[kind]),
        )
    if kind == "text":
        return Condition(column, operator, str(value))
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number):
        raise InputError(
            "{column} is compared with {value}; expected a number.", column=column, value=value
        )
    return Condition(column, operator, number)


def marked(table: pd.DataFrame, conditions: Rule) -> NDArray[np.bool_]:
    """
    Tell which rows of a pool a rule marks; True where every condition holds.

    An empty field fulfils no condition, not even "is not". Nothing is stored: a changed rule marks
    other rows the next time it is asked.
    """
    found = np.ones(len(table), dtype=bool)
    for condition in conditions:
        number = isinstance(condition.value, float)
        column = table[condition.column].astype("float64" if number else "string")
        test = (_NUMBER_TESTS if number else _TEXT_TESTS)[condition.operator]
        found &= test(column, condition.value).fillna(False).to_numpy(dtype=bool)
    return found
