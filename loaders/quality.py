"""How good data are: six dimensions from 0 to 1 for a data set, a field, a department."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from loaders.catalog import COLUMNS
from loaders.table import Dimension, Finding, LoadedTable

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
_BY_ROW: tuple[Dimension, ...] = ("validity", "consistency", "uniqueness", "place")
_CODE_IN_TEXT = re.compile(r"(?:^|; )code=([^;]*)")
Light = Literal["good", "watch", "bad"]


@dataclass(frozen=True)
class Thresholds:
    """From which score on a light is good, and from which it is one to watch."""

    good: float = 0.98
    watch: float = 0.90


@dataclass(frozen=True)
class Count:
    """Defects among ``n`` chances to have one; ``score`` is 1 where there was no chance."""

    score: float
    n: int
    defects: int


@dataclass(frozen=True)
class QualityScore:
    """
    The quality of one data set.

    Completeness counts values (rows times columns of the data dictionary that the source has);
    validity, consistency, uniqueness and place count rows with at least one error or warning of
    that dimension; timeliness is 1 while the newest data are no older than promised, then the
    promised days over their age. ``total`` is the mean of the dimensions that could be judged.
    """

    dataset: str
    department: str
    n_rows: int
    dimensions: dict[Dimension, Count]
    fields: dict[str, dict[Dimension, Count]] = field(default_factory=dict)
    total: float = 1.0

    def as_json(self) -> dict[str, Any]:
        """Return the score as plain dicts and numbers."""
        return asdict(self)


def score(loaded: LoadedTable, *, today: dt.date | None = None) -> QualityScore:
    """
    Score a data set that was read and checked.

    Parameters
    ----------
    loaded
        The table and its findings; an empty source scores 1 in everything that counts rows.
    today
        The day against which timeliness is judged; the present day if not given.
    """
    n = loaded.n_rows
    findings = [one for one in loaded.findings if one.severity != "note"]
    columns = [c.name for c in COLUMNS[loaded.dataset.kind] if c.name in loaded.table]
    missing = _missing(loaded.findings)
    rows = _rows_by_field(findings)
    dimensions: dict[Dimension, Count] = {
        "completeness": _count(sum(missing.values()), n * len(columns)),
        "timeliness": _timeliness(loaded, today or dt.date.today()),
    }
    for dimension in _BY_ROW:
        bad = set().union(*(found for (at, _), found in rows.items() if at == dimension))
        dimensions[dimension] = _count(len(bad), n)
    fields: dict[str, dict[Dimension, Count]] = {}
    for column in columns:
        fields[column] = {"completeness": _count(missing.get(column, 0), n)}
        for dimension in _BY_ROW:
            fields[column][dimension] = _count(len(rows.get((dimension, column), ())), n)
    ordered = {dimension: dimensions[dimension] for dimension in DIMENSIONS}
    return QualityScore(
        loaded.dataset.id, loaded.dataset.department, n, ordered, fields, _total(ordered)
    )


def by_department(scores: Iterable[QualityScore]) -> dict[str, QualityScore]:
    """
    Add the scores of each department's data sets, in the order they come.

    Defects and chances are summed, so a large data set counts for more; timeliness is the mean
    over the data sets with a promise. ``dataset`` is empty and ``fields`` too.
    """
    groups: dict[str, list[QualityScore]] = {}
    for one in scores:
        groups.setdefault(one.department, []).append(one)
    return {department: _added(department, group) for department, group in groups.items()}


def by_region(loaded: LoadedTable, *, digits: int = 12) -> dict[str, Count]:
    """
    Count rows with an error or a warning by the region they name.

    Parameters
    ----------
    loaded
        A data set with a column ``code``; without it the result is empty.
    digits
        How much of a code counts: 12 for villages, 9 for townships of scheme ``cn``.

    Returns
    -------
    dict
        Beginning of the code to its rows and how many have a defect, sorted; a row that was lost is
        counted under the code that stands in its text, without one under "".
    """
    if "code" not in loaded.table:
        return {}
    rows = loaded.table[["row", "code"]].dropna()
    region = dict(zip(rows["row"].tolist(), rows["code"].str[:digits].tolist(), strict=True))
    bad = set()
    for one in loaded.findings:
        if one.row is not None and one.severity != "note":
            bad.add(one.row)
            if one.row not in region:
                told = _CODE_IN_TEXT.search(one.text)
                region[one.row] = told[1].strip()[:digits] if told else ""
    n: dict[str, int] = {}
    defects: dict[str, int] = {}
    for row, code in region.items():
        n[code] = n.get(code, 0) + 1
        defects[code] = defects.get(code, 0) + (row in bad)
    return {code: _count(defects[code], n[code]) for code in sorted(n)}


def light(value: float, thresholds: Thresholds | None = None) -> Light:
    """Return the light of a score; exactly at a threshold the better one."""
    limits = thresholds or Thresholds()
    if value >= limits.good:
        return "good"
    return "watch" if value >= limits.watch else "bad"


def alarms(one: QualityScore, thresholds: Thresholds | None = None) -> dict[Dimension, Light]:
    """Return the dimensions whose light is not good."""
    lights = {dimension: light(c.score, thresholds) for dimension, c in one.dimensions.items()}
    return {dimension: shown for dimension, shown in lights.items() if shown != "good"}


def _missing(findings: Iterable[Finding]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for one in findings:
        if one.rule == "value.missing":
            counts[one.column] = counts.get(one.column, 0) + 1
        elif one.rule == "value.sparse":
            counts[one.column] = counts.get(one.column, 0) + int(str(one.values["n"]))
    return counts


def _rows_by_field(findings: Iterable[Finding]) -> dict[tuple[Dimension, str], set[int]]:
    rows: dict[tuple[Dimension, str], set[int]] = {}
    for one in findings:
        if one.row is not None:
            rows.setdefault((one.dimension, one.column), set()).add(one.row)
    return rows


def _timeliness(loaded: LoadedTable, today: dt.date) -> Count:
    refresh = loaded.dataset.refresh_days
    newest = newest_day(loaded)
    if refresh is None or newest is None:
        return Count(1.0, 0, 0)
    age = (today - newest).days
    return Count(1.0, 1, 0) if age <= refresh else Count(refresh / age, 1, 1)


def newest_day(loaded: LoadedTable) -> dt.date | None:
    """Return the newest date or time in the data, else the manifest's, else None."""
    for column in ("date", "reported", "time"):
        if column in loaded.table and pd.api.types.is_datetime64_any_dtype(loaded.table[column]):
            newest = loaded.table[column].max()
            if not pd.isna(newest):
                day: dt.date = pd.Timestamp(newest).date()
                return day
    return loaded.dataset.date


def _count(defects: int, n: int) -> Count:
    return Count(1.0 if n == 0 else 1 - min(defects / n, 1.0), n, defects)


def _total(dimensions: Mapping[Dimension, Count]) -> float:
    judged = [one.score for one in dimensions.values() if one.n]
    return float(np.mean(judged)) if judged else 1.0


def _added(department: str, group: list[QualityScore]) -> QualityScore:
    dimensions: dict[Dimension, Count] = {}
    for dimension in DIMENSIONS:
        parts = [one.dimensions[dimension] for one in group]
        n, defects = sum(p.n for p in parts), sum(p.defects for p in parts)
        dimensions[dimension] = _count(defects, n)
        if dimension == "timeliness" and n:
            mean = float(np.mean([p.score for p in parts if p.n]))
            dimensions[dimension] = Count(mean, n, defects)
    rows = sum(one.n_rows for one in group)
    return QualityScore("", department, rows, dimensions, {}, _total(dimensions))
