"""Read matrices of costs, people and sites from the tables of others, strictly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.errors import DataFileError
from loaders import aliases, tables
from loaders.files import KINDS, Limits, opened
from loaders.places import numbers_of

Unit = Literal["minutes", "seconds", "metres"]
Floats = NDArray[np.float64]
Ids = tuple[str, ...]

LIMITS = Limits(columns=20_000, cells=100_000_000)
"""Of one table: a wide matrix has a column for each site."""

_PACKED = (".gz", ".xz", ".zip")
_READ = ("csv", "workbook", "parquet")  # of what loaders read, which is more than tables
_ID = (
    "id", "编号", "代码", "code", "origin", "起点", "名称", "name", "point", "需求点", "village",
    "村", "cell", "网格",
)  # fmt: skip
_ORIGIN = ("origin", "起点", "from")
_DESTINATION = ("destination", "终点", "to")
_WEIGHT = ("weight", "weights", "权重", "people", "population", "人口", "人数")
_GROUP = ("township", "乡镇", "街道", "group", "分组")
_LOAD = ("load", "负荷", "需求量")
_UNITS: dict[Unit, tuple[str, ...]] = {
    "minutes": ("minutes", "分钟", "分钟数"),
    "seconds": ("seconds", "秒", "秒数"),
    "metres": ("metres", "meters", "米", "米数"),
}
_COST, _CAPACITY = ("cost", "费用", "造价", "成本"), ("capacity", "容量", "规模")
_EXISTING, _MUST = ("existing", "现有", "已有"), ("must", "必选")
_FORBIDDEN = ("forbidden", "禁选")
_LON, _LAT = ("lon", "经度", "longitude", "lng"), ("lat", "纬度", "latitude")
_KNOWN = {
    aliases.plain(word)
    for words in (
        _ID, _ORIGIN, _DESTINATION, _WEIGHT, _GROUP, _LOAD, *_UNITS.values(), _COST, _CAPACITY,
        _EXISTING, _MUST, _FORBIDDEN, _LON, _LAT,
    )
    for word in words
}  # fmt: skip
_YES = ("1", "yes", "true", "y", "是", "有")
_NO = ("0", "no", "false", "n", "否", "无")


@dataclass(frozen=True, eq=False)
class People:
    """Who is to be served; a figure that no file gives is None."""

    ids: Ids
    weights: Floats | None = None  # (n,) people
    townships: Ids | None = None  # (n,) name of each point's township
    load: Floats | None = None  # (n,) what a point takes of a capacity, where it is not its people


@dataclass(frozen=True, eq=False)
class Matrix:
    """Costs between demand points and sites."""

    file: str  # as messages name it
    people: People
    sites: Ids
    cost: Floats  # (n_demand, n_sites) in ``unit``; inf: no way
    unit: Unit | None  # None: the file does not say
    left_out: int = 0  # pairs that a long table does not have: no way


@dataclass(frozen=True, eq=False)
class Sites:
    """What a table says of sites, in its own order."""

    ids: Ids
    cost: Floats | None = None  # (m,)
    capacity: Floats | None = None  # (m,) people; inf where the cell is empty
    existing: NDArray[np.bool_] | None = None
    must: NDArray[np.bool_] | None = None
    forbidden: NDArray[np.bool_] | None = None
    lonlat: Floats | None = None  # (m, 2) degrees; NaN: not given


def read_matrix(path: Path) -> Matrix:
    """
    Read a matrix of costs, wide or long, from CSV, TSV, XLSX or Parquet.

    Wide: the first column, headed id (编号 ...), has the demand points; a column weight (people,
    人口 ...), township (乡镇) or load (负荷) is about the points; every other column is a site.

    Long: columns origin, destination and one of minutes, seconds or metres, as ``python -m cockpit
    matrix`` writes them; points and sites come in the order of their first row.

    An empty cell, or a pair that a long table does not have, means that there is no way (inf).

    Raises
    ------
    DataFileError
        If the file cannot be read, has no site, or a row has no id, one that stands twice, or a
        figure that is no number of 0 or more: the row is named, the first below the header is 1.
    """
    raw, file = _raw(path)
    headers = [aliases.plain(header) for header in raw.headers]
    origin, destination = _place(headers, _ORIGIN), _place(headers, _DESTINATION)
    if origin is not None and destination is not None:
        return _long(raw, file, headers, origin, destination)
    return _wide(raw, file, headers)


def read_people(path: Path, matrix: Matrix) -> People:
    """
    Read the people of a matrix's demand points and return them in the matrix's order.

    Columns id, weight, and if there are such: township and load. Every point of the matrix has one
    row, and there are no others.

    Raises
    ------
    DataFileError
        If a column, a point or a figure is missing, or a point is none of the matrix's.
    """
    raw, file = _raw(path)
    headers = [aliases.plain(header) for header in raw.headers]
    ids = _ids(raw, _required(raw, headers, "id", "编号", _ID, file), file)
    _required(raw, headers, "weight", "权重", _WEIGHT, file)
    order = _order(ids, matrix.people.ids, raw, file, matrix.file, "demand point")
    found = _people(raw, headers, ids, file)
    return _reordered(found, order)


def read_years(path: Path, matrix: Matrix) -> Floats:
    """
    Read the people of each year: a column id, and one column a year in their order.

    Returns
    -------
    NDArray
        Shape ``(n_years, n_demand)``, in the matrix's order of demand points.
    """
    raw, file = _raw(path)
    headers = [aliases.plain(header) for header in raw.headers]
    at = _required(raw, headers, "id", "编号", _ID, file)
    ids = _ids(raw, at, file)
    order = _order(ids, matrix.people.ids, raw, file, matrix.file, "demand point")
    years = [k for k in range(len(headers)) if k != at]
    if not years:
        raise DataFileError("{file}: no column of a year beside the id.", file=file)
    return np.array([_numbers(raw, k, file)[order] for k in years])


def read_sites(path: Path, matrix: Matrix) -> Sites:
    """
    Read what is known of a matrix's sites and return it in the matrix's order.

    Columns id, and any of cost, capacity (empty: unlimited), existing, must, forbidden (yes or no;
    empty: no), lon and lat (degrees; empty: not known). Every site of the matrix has one row.

    Raises
    ------
    DataFileError
        If a site or a figure is missing or no number of 0 or more, or a site is none of the
        matrix's.
    """
    raw, file = _raw(path)
    headers = [aliases.plain(header) for header in raw.headers]
    ids = _ids(raw, _required(raw, headers, "id", "编号", _ID, file), file)
    order = _order(ids, matrix.sites, raw, file, matrix.file, "site")

    def numbers(words: Sequence[str], *, empty: float | None = None) -> Floats | None:
        at = _place(headers, words)
        return None if at is None else _numbers(raw, at, file, empty=empty)[order]

    def flags(words: Sequence[str]) -> NDArray[np.bool_] | None:
        at = _place(headers, words)
        return None if at is None else _flags(raw, at, file)[order]

    return Sites(
        matrix.sites,
        cost=numbers(_COST),
        capacity=numbers(_CAPACITY, empty=np.inf),
        existing=flags(_EXISTING),
        must=flags(_MUST),
        forbidden=flags(_FORBIDDEN),
        lonlat=_lonlat(raw, headers, file, order),
    )


# ---------------------------------------------------------------- the two shapes


def _wide(raw: tables.RawTable, file: str, headers: list[str]) -> Matrix:
    if _place(headers[:1], _ID) is None:  # an unnamed index is lost on the way: a site would be it
        raise DataFileError(
            "{file}: the first column is {column}; expected the demand points' ids under the "
            "header id (编号).",
            file=file, column=raw.headers[0],
        )  # fmt: skip
    ids = _ids(raw, 0, file)
    about = {*_WEIGHT, *_GROUP, *_LOAD}
    columns = [k for k in range(1, len(headers)) if aliases.unit_of(headers[k])[0] not in about]
    if not columns:
        raise DataFileError("{file}: no column of a site beside the id.", file=file)
    names = [raw.headers[k] for k in columns]
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise DataFileError(
            "{file}: two columns are called {name}; every site needs a name of its own.",
            file=file, name=twice[0],
        )  # fmt: skip
    cost = np.column_stack([_numbers(raw, k, file, empty=np.inf) for k in columns])
    return Matrix(file, _people(raw, headers, ids, file), tuple(names), cost, None)


def _long(
    raw: tables.RawTable, file: str, headers: list[str], origin: int, destination: int
) -> Matrix:
    units = [unit for unit, words in _UNITS.items() if _place(headers, words) is not None]
    if len(units) != 1:
        raise DataFileError(
            "{file}: expected one column minutes, seconds or metres beside origin and "
            "destination. Found: {found}.",
            file=file, found=", ".join(raw.headers[:30]),
        )  # fmt: skip
    unit = units[0]
    starts, points = _coded(raw, origin, file)
    ends, sites = _coded(raw, destination, file)
    pair = starts * len(sites) + ends
    again = np.flatnonzero(pd.Series(pair).duplicated())
    if again.size:
        k = int(again[0])
        raise DataFileError(
            "{file}, row {row}: {origin} to {destination} stands in row {first} already.",
            file=file, row=int(raw.rows[k]), origin=points[starts[k]], destination=sites[ends[k]],
            first=int(raw.rows[int(np.argmax(pair == pair[k]))]),
        )  # fmt: skip
    cost = np.full((len(points), len(sites)), np.inf)
    cost[starts, ends] = _numbers(raw, _place(headers, _UNITS[unit]) or 0, file, empty=np.inf)
    return Matrix(file, People(points), sites, cost, unit, left_out=cost.size - len(pair))


def _people(raw: tables.RawTable, headers: list[str], ids: Ids, file: str) -> People:
    weight, group, load = (_place(headers, words) for words in (_WEIGHT, _GROUP, _LOAD))
    return People(
        ids,
        weights=None if weight is None else _numbers(raw, weight, file),
        townships=None if group is None else _texts(raw, group, file),
        load=None if load is None else _numbers(raw, load, file),
    )


def _reordered(people: People, order: NDArray[np.intp]) -> People:
    names = people.townships
    return People(
        tuple(people.ids[k] for k in order),
        None if people.weights is None else people.weights[order],
        None if names is None else tuple(names[k] for k in order),
        None if people.load is None else people.load[order],
    )


# ---------------------------------------------------------------- columns


def _unread(file: str) -> DataFileError:
    return DataFileError(
        "{file}: unknown ending; expected one of {known}.",
        file=file, known="csv, tsv, xlsx, parquet",
    )  # fmt: skip


def _raw(path: Path) -> tuple[tables.RawTable, str]:
    packed = path.suffix.lower() in _PACKED
    ending = (Path(path.stem) if packed else path).suffix.lower()
    if KINDS.get(ending) not in _READ and (ending or not packed) and path.exists():
        raise _unread(path.name)
    with opened(path, limits=LIMITS) as source:
        file = source.name
        if source.kind == "csv":
            raw = tables.read_csv(source.path, file, encoding="", score=_score, limits=LIMITS)
        elif source.kind == "workbook":
            raw = tables.read_workbook(source.path, file, sheet="", score=_score, limits=LIMITS)
        elif source.kind == "parquet":
            raw = tables.read_parquet(source.path, file, limits=LIMITS)
        else:
            raise _unread(file)
    if raw.faults:
        fault = raw.faults[0]
        raise DataFileError(
            "{file}, row {row}: {found} cells; the header has {expected}.",
            file=file, row=fault.row, found=fault.found, expected=fault.expected,
        )  # fmt: skip
    return raw, file


def _score(cells: Sequence[str]) -> int:
    return aliases.count_known(cells, _KNOWN)


def _place(headers: Sequence[str], words: Sequence[str]) -> int | None:
    """Return where a column stands; the earlier word counts where a table has two."""
    bare = [aliases.unit_of(header)[0] for header in headers]
    return next((bare.index(word) for word in words if word in bare), None)


def _required(
    raw: tables.RawTable, headers: Sequence[str], name: str, title: str, words: Ids, file: str
) -> int:
    at = _place(headers, words)
    if at is None:
        raise aliases.missing_column(name, title, raw.headers, file)
    return at


def _ids(raw: tables.RawTable, at: int, file: str) -> Ids:
    ids = _texts(raw, at, file, empty="{file}, row {row}: the id is empty.")
    seen: dict[str, int] = {}
    for row, key in zip(raw.rows.tolist(), ids, strict=True):
        if key in seen:
            raise DataFileError(
                "{file}, row {row}: the id {id} stands in row {first} already.",
                file=file, row=row, id=key, first=seen[key],
            )  # fmt: skip
        seen[key] = row
    return ids


def _texts(raw: tables.RawTable, at: int, file: str, *, empty: str = "") -> Ids:
    found = tuple(tables.as_text(v) if pd.notna(v) else None for v in raw.table[at])
    for row, text in zip(raw.rows.tolist(), found, strict=True):
        if text is None:
            raise DataFileError(
                empty or "{file}, row {row}: {column} is empty.",
                file=file, row=row, **({} if empty else {"column": raw.headers[at]}),
            )  # fmt: skip
    return tuple(str(text) for text in found)


def _coded(raw: tables.RawTable, at: int, file: str) -> tuple[NDArray[np.int64], Ids]:
    """Return the place of each row's id among the different ids, and these in their order."""
    column = raw.table[at]
    missing = np.flatnonzero(column.isna().to_numpy(dtype=bool))
    if missing.size:
        raise DataFileError(
            "{file}, row {row}: {column} is empty.",
            file=file, row=int(raw.rows[missing[0]]), column=raw.headers[at],
        )  # fmt: skip
    codes, different = pd.factorize(column)
    return codes.astype(np.int64), tuple(str(tables.as_text(value)) for value in different)


def _numbers(raw: tables.RawTable, at: int, file: str, *, empty: float | None = None) -> Floats:
    """Return a column of finite numbers, 0 or more; ``empty``: what an empty cell stands for."""
    column: pd.Series[Any] = raw.table[at]
    numbers, missing = numbers_of(column), column.isna().to_numpy(dtype=bool)
    bad = ~((numbers >= 0) & (numbers < np.inf))  # NaN too
    wrong = np.flatnonzero(bad & ~missing if empty is not None else bad)
    if wrong.size:
        k = int(wrong[0])
        template = (
            "{file}, row {row}: {column} is {found}; expected a number, 0 or more."
            if empty is None
            else "{file}, row {row}: {column} is {found}; expected a number, 0 or more, or nothing."
        )
        raise DataFileError(
            template,
            file=file, row=int(raw.rows[k]), column=raw.headers[at],
            found="-" if missing[k] else str(column.iloc[k])[:40],
        )  # fmt: skip
    return numbers if empty is None else np.where(missing, empty, numbers)


def _flags(raw: tables.RawTable, at: int, file: str) -> NDArray[np.bool_]:
    made = np.zeros(len(raw.rows), dtype=np.bool_)
    for k, value in enumerate(raw.table[at]):
        text = (tables.as_text(value) or "").casefold() if pd.notna(value) else ""
        if text not in ("", *_YES, *_NO):
            raise DataFileError(
                "{file}, row {row}: {column} is {found}; expected yes or no.",
                file=file, row=int(raw.rows[k]), column=raw.headers[at], found=str(value)[:40],
            )  # fmt: skip
        made[k] = text in _YES
    return made


def _lonlat(
    raw: tables.RawTable, headers: list[str], file: str, order: NDArray[np.intp]
) -> Floats | None:
    places = [_place(headers, words) for words in (_LON, _LAT)]
    if None in places:
        return None
    columns = []
    for at, most in zip(places, (180, 90), strict=True):
        column = raw.table[at]
        degrees = numbers_of(column)
        bad = np.flatnonzero(~(np.abs(degrees) <= most) & column.notna().to_numpy(dtype=bool))
        if bad.size:
            raise DataFileError(
                "{file}, row {row}: {column} is {found}; expected {expected}.",
                file=file, row=int(raw.rows[bad[0]]), column=raw.headers[at or 0],
                found=str(column.iloc[bad[0]])[:40], expected=f"-{most} to {most}",
            )  # fmt: skip
        columns.append(degrees)
    return np.column_stack(columns)[order]


def _order(
    ids: Ids, wanted: Ids, raw: tables.RawTable, file: str, matrix: str, what: str
) -> NDArray[np.intp]:
    """Return where each wanted id stands among ``ids``; refuse others and missing ones."""
    known, site = set(wanted), what == "site"
    for row, key in zip(raw.rows.tolist(), ids, strict=True):
        if key not in known:
            raise DataFileError(
                "{file}, row {row}: {id} is no site of {matrix}."
                if site
                else "{file}, row {row}: {id} is no demand point of {matrix}.",
                file=file, row=row, id=key, matrix=matrix,
            )  # fmt: skip
    at = {key: k for k, key in enumerate(ids)}
    lost = [key for key in wanted if key not in at]
    if lost:
        raise DataFileError(
            "{file}: no row for the site {id} of {matrix} ({n} are missing)."
            if site
            else "{file}: no row for the demand point {id} of {matrix} ({n} are missing).",
            file=file, id=lost[0], matrix=matrix, n=len(lost),
        )  # fmt: skip
    return np.array([at[key] for key in wanted], dtype=np.intp)
