"""One table while it is checked: raw and typed columns, what is wrong, how it is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.errors import DataFileError
from loaders import rules
from loaders.catalog import COLUMNS, Column
from loaders.manifest import Dataset, Manifest
from loaders.table import Finding, ReadContext, Severity

LONGEST_FOUND, LONGEST_TEXT = 200, 2000  # characters: one hostile cell must not fill the store
MEANING = {"regions", "population", "households", "vulnerable"}
"""Kinds in which a wrong value in any column makes the row say something else."""
Rows = NDArray[np.int64]
Values = dict[str, object] | Sequence[dict[str, object]]


class Unique(NamedTuple):
    """A text column as its different values: ``at`` is -1 where nothing stands."""

    at: Rows  # (n_rows,)
    texts: NDArray[np.object_]  # (n_unique,)


@dataclass(frozen=True)
class Issue:
    """One rule and the rows that break it, told when all are known."""

    rule: str
    column: str
    rows: Rows
    found: Sequence[str]
    values: Values
    severity: Severity


class Run:
    """What is known about one table while it is checked."""

    def __init__(
        self, table: pd.DataFrame, entry: Dataset, manifest: Manifest, context: ReadContext
    ) -> None:
        self.entry, self.manifest, self.context = entry, manifest, context
        self.raw = _with_constants(table, entry)
        self.n = len(table)
        known = {column.name: column for column in COLUMNS[entry.kind]}
        self._require(known)
        self.columns = [column for name, column in known.items() if name in self.raw]
        self.typed: dict[str, NDArray[Any]] = {}
        self.keys: dict[str, Rows] = {}  # column to small whole numbers, equal where values are
        self.bad = np.zeros(self.n, dtype=bool)
        self.dropped = np.zeros(self.n, dtype=bool)
        self.misplaced = np.zeros(self.n, dtype=bool)  # a wrong degree has been told already
        self.issues: list[Issue] = []
        given = table["row"] if "row" in table else pd.Series(np.arange(1, self.n + 1))
        self.row = given.to_numpy(dtype=np.int64)
        self.nearest = rules.Nearest(context.known_codes or frozenset())

    def _require(self, known: dict[str, Column]) -> None:
        missing = [c.name for c in known.values() if c.required and c.name not in self.raw]
        if missing and self.n:
            raise DataFileError(
                "{file}: missing column {column}. Found: {columns}.",
                file=file_name(self.entry),
                column=missing[0],
                columns=", ".join(name for name in self.raw if name != "row"),
            )

    @property
    def scheme(self) -> str:
        """How the county writes codes."""
        return self.manifest.county.code_scheme

    def has(self, *columns: str) -> bool:
        """Whether all these columns have been typed."""
        return all(column in self.typed for column in columns)

    def report(
        self,
        rule: str,
        column: str,
        rows: Rows,
        *,
        values: Values | None = None,
        found: Sequence[str] | None = None,
        optional: bool = False,
    ) -> None:
        """Note that rows break a rule; an error costs the row, unless the value is optional."""
        if not len(rows):
            return
        severity = rules.RULES[rule].severity
        if severity == "error" and optional:
            severity = "warning"
        if severity == "error":
            self.bad[rows] = True
        if found is None:
            found = self.shown(column, rows)
        self.issues.append(Issue(rule, column, rows, found, values or {}, severity))

    def note(self, rule: str, column: str, **values: object) -> None:
        """Tell one thing about the whole file."""
        self.issues.append(
            Issue(rule, column, np.array([-1]), [""], values, rules.RULES[rule].severity)
        )

    def shown(self, column: str, rows: Rows) -> list[str]:
        """Return the raw values of some rows as findings show them, masked."""
        type_ = next((c.type for c in self.columns if c.name == column), "text")
        return [
            rules.mask_cell(text, self.entry.kind, column, type_)
            for text in texts_at(self.raw[column], rows)
        ]

    def may_do_without(self, column: Column) -> bool:
        """Whether a row is still worth storing when this value is wrong."""
        return not column.required and self.entry.kind not in MEANING

    def good_rows(self) -> pd.DataFrame:
        """Return the rows without an error, typed."""
        kept = np.flatnonzero(~(self.bad | self.dropped))
        out: dict[str, Any] = {"row": self.row[kept]}
        for name in self.raw.columns:
            if name in self.typed:
                out[name] = _series(self.typed[name][kept])
            elif name not in ("row", "geometry"):
                out[name] = self.raw[name].iloc[kept].reset_index(drop=True)
        table = pd.DataFrame(out)
        if "geometry" not in self.raw:
            return table
        shapes = self.raw["geometry"].iloc[kept].reset_index(drop=True)
        if isinstance(self.raw, gpd.GeoDataFrame):
            return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=self.raw.crs))
        return table.assign(geometry=shapes)

    def findings(self) -> list[Finding]:
        """Word every issue, in row order, those of the whole file first."""
        texts = self._row_texts()
        told = [
            (self.row[row] if row >= 0 else -1, number, finding)
            for number, issue in enumerate(self.issues)
            for row, finding in zip(
                issue.rows.tolist(), self._findings_of(issue, texts), strict=True
            )
        ]
        return [finding for _, _, finding in sorted(told, key=lambda one: one[:2])]

    def _findings_of(self, issue: Issue, texts: dict[int, str]) -> Iterator[Finding]:
        rule, file = rules.RULES[issue.rule], file_name(self.entry)
        for place, row in enumerate(issue.rows.tolist()):
            values = issue.values if isinstance(issue.values, dict) else issue.values[place]
            yield Finding(
                dataset=self.entry.id,
                file=file,
                row=int(self.row[row]) if row >= 0 else None,
                column=issue.column,
                rule=rule.name,
                dimension=rule.dimension,
                severity=issue.severity,
                found=issue.found[place][:LONGEST_FOUND],
                expected=rule.expected,
                values=dict(values),
                text=texts[row] if issue.severity == "error" else "",
            )

    def _row_texts(self) -> dict[int, str]:
        """Return every row that is lost as one masked line of text."""
        lost = [issue.rows for issue in self.issues if issue.severity == "error"]
        if not lost:
            return {}
        rows = np.unique(np.concatenate(lost))
        names = [name for name in self.raw.columns if name not in ("row", "geometry")]
        cells = [self.shown(name, rows) for name in names]
        lines = (
            "; ".join(map("{}={}".format, names, line))[:LONGEST_TEXT]
            for line in zip(*cells, strict=True)
        )
        return dict(zip(rows.tolist(), lines, strict=True))


def _with_constants(table: pd.DataFrame, entry: Dataset) -> pd.DataFrame:
    known = {column.name for column in COLUMNS[entry.kind]}
    extra: dict[str, Any] = {
        name: value for name, value in entry.constant.items() if name in known and name not in table
    }
    if "date" in known and entry.date is not None:
        day = entry.date.isoformat()
        if ("date" not in table and "date" not in extra) or (
            "date" in table and table["date"].isna().all()
        ):
            extra["date"] = day
    return table.assign(**extra) if extra else table


def unique_of(raw: pd.Series[Any]) -> Unique:
    """Factorise a column as trimmed text; spellings of "nothing" count as missing."""
    at, found = pd.factorize(raw)
    texts = np.array([text_of(value).strip() for value in found], dtype=object)
    empty = np.array([text.lower() in rules.MISSING for text in texts], dtype=bool)
    return Unique(np.where((at >= 0) & ~np.append(empty, True)[at], at, -1), texts)


def text_of(value: Any) -> str:
    """Return a raw value as text; a whole float without its point, missing as ""."""
    if isinstance(value, str):
        return value
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, (pd.Timestamp, dt.datetime)):
        return value.isoformat(sep=" ")
    return str(value)


def texts_at(raw: pd.Series[Any], rows: Rows) -> list[str]:
    """Return the raw values of some rows as text."""
    return [text_of(value) for value in raw.iloc[rows].tolist()]


def rows_of(unique: Unique, chosen: Sequence[bool] | NDArray[np.bool_]) -> Rows:
    """Return the rows whose value is among the chosen ones."""
    flags = np.append(np.asarray(chosen, dtype=bool), False)
    return np.flatnonzero(flags[unique.at]) if flags.any() else np.zeros(0, dtype=np.int64)


def _series(values: Any) -> Any:
    if isinstance(values, np.ndarray) and values.dtype == object:
        return pd.Series(values, dtype=object)
    return pd.Series(values)


def file_name(entry: Dataset) -> str:
    """Return how findings name the source."""
    return entry.file or entry.table or entry.id
