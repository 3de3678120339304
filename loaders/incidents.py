"""Plain files of events, areas and readings, as the command line and other programs keep them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import crs as systems
from geodata.errors import DataFileError
from loaders import places
from loaders.plain import find_column, read_plain, refusal, require_column, require_ids
from loaders.rules import parse_time
from loaders.tables import RawTable, as_text

Floats = NDArray[np.float64]

LON = ("lon", "经度", "longitude", "lng", "long", "x")
LAT = ("lat", "纬度", "latitude", "y")
TIME = (
    "time", "时间", "受理时间", "上报时间", "reported", "date", "日期", "留言时间", "采集时间",
    "time_utc", "datetime",
)  # fmt: skip
_CATEGORY = ("category", "类别", "事件类别", "type", "offense_type", "kind")
_ID = ("id", "编号", "代码", "code", "网格编码", "区划代码", "村代码", "geoid", "name", "名称")
_PEOPLE = ("people", "population", "人口", "常住人口", "persons", "residents")
_EVENT_ID = ("id", "编号", "事件编号", "工单编号", "诉求编号", "受理编号", "event_id", "case_id")
_SENSOR = ("sensor", "设备编号", "station", "站点", "id")
_VALUE = ("value", "数值", "监测值")
MOST_BAD = 0.5
"""A file with a larger share of rows without place or time is another kind of file."""
MOST_OVERLAP = 0.01
"""Of the smaller of two areas: borders drawn by hand overlap a little."""
A_PLACE, A_TIME, THE_PAST, NO_REPEAT, ITS_OWN_ID = (
    "a place on earth", "a day or a time", "a time that is not in the future",
    "an event that is not in the file already", "an id that no other event has",
)  # fmt: skip


@dataclass(frozen=True)
class LeftOut:
    """A row that cannot be counted, and why."""

    row: int
    column: str
    found: str
    expected: str
    first: int | None = None  # the row that has the same id


@dataclass(frozen=True)
class Incidents:
    """Events of a plain file; one entry an event that can be used."""

    file: str
    rows: NDArray[np.int64]  # data row in the file, 1 = first below the header
    lonlat: Floats  # (n, 2) degrees, EPSG:4326
    time: NDArray[np.datetime64]  # (n,) datetime64[s]; all NaT in a file without times
    category: NDArray[np.object_]  # (n,) text, "" where none
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True)
class Areas:
    """Polygons of a plain file."""

    file: str
    ids: NDArray[np.object_]  # (n,) text
    shapes: NDArray[np.object_]  # (n,) polygons in degrees, EPSG:4326
    people: Floats | None  # (n,) residents; None in a file without
    table: pd.DataFrame  # all numeric columns, by their headers


@dataclass(frozen=True)
class Series:
    """Readings of a plain file by sensor, in the order of their times."""

    file: str
    sensors: dict[str, tuple[NDArray[np.datetime64], Floats]]
    left_out: tuple[LeftOut, ...]


def read_incidents(
    path: Path,
    *,
    crs: str = systems.WGS84,
    timed: bool = True,
    before: np.datetime64 | None = None,
) -> Incidents:
    """
    Read events with a place and, when ``timed``, a time.

    A table has lon and lat (经度, 纬度, x, y ...) in the system ``crs``, a time (时间, 受理时间,
    date ...) and perhaps a category; a map file has points. Rows are left out and listed that have
    no place, no time (when ``timed``), a time at or after ``before``, or an id that an earlier row
    has: word-for-word repeats, and other events of the same id. Rows without an id may repeat.

    Raises
    ------
    DataFileError
        If the file is unreadable or lacks a column, or if more than half of its rows have no place
        or time.
    """
    file, raw = read_plain(path, kind="events")
    out: list[LeftOut] = []
    lonlat = _places(raw, file, crs, out)
    time = _times(raw, file, out, required=timed)
    good = np.asarray(np.isfinite(lonlat).all(axis=1))
    if timed:
        good &= ~np.isnat(time)
    if before is not None:
        good &= ~_future(raw, time, before, out)
    repeated, taken = _same_ids(raw, out)
    good &= ~taken
    _require_mostly_good(good | repeated, out, file)
    good &= ~repeated
    category = find_column(raw.headers, _CATEGORY)
    names = _texts(raw.table[category]) if category is not None else _no_texts(len(good))
    out.sort(key=lambda one: one.row)
    return Incidents(file, raw.rows[good], lonlat[good], time[good], names[good], tuple(out))


def _places(raw: RawTable, file: str, crs: str, out: list[LeftOut]) -> Floats:
    if raw.geometry is not None:
        shapes = shapely.force_2d(raw.geometry)
        points = (shapely.get_type_id(shapes) == 0) & ~shapely.is_empty(shapes)
        xy = np.full((len(shapes), 2), np.nan)
        xy[points] = shapely.get_coordinates(shapes[points])
        crs = raw.crs or systems.WGS84
        shown = ["geometry"] * len(shapes)
    else:
        columns = [
            raw.table[require_column(raw, name, title, known, file)]
            for name, title, known in (("lon", "经度", LON), ("lat", "纬度", LAT))
        ]
        xy = np.column_stack([places.numbers_of(column) for column in columns])
        shown = [f"{a}, {b}" for a, b in zip(*map(_texts, columns), strict=True)]
    lon, lat = systems.to_lon_lat(xy[:, 0], xy[:, 1], crs)
    found = np.column_stack([lon, lat])
    wrong = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))  # NaN too
    found[wrong] = np.nan
    out += [
        LeftOut(int(raw.rows[k]), "lon, lat", shown[k][:40], A_PLACE) for k in np.flatnonzero(wrong)
    ]
    return found


def _times(
    raw: RawTable, file: str, out: list[LeftOut], *, required: bool
) -> NDArray[np.datetime64]:
    column = find_column(raw.headers, TIME)
    if column is None:
        if required:
            require_column(raw, "time", "时间", TIME, file)
        return np.full(len(raw.rows), np.datetime64("NaT"), dtype="datetime64[s]")
    texts = _texts(raw.table[column])
    known = {text: parse_time(text)[0] for text in set(texts.tolist())}
    time = np.array([known[text] for text in texts.tolist()], dtype="datetime64[s]")
    if required:
        out += [
            LeftOut(int(raw.rows[k]), "time", texts[k][:40] or "-", A_TIME)
            for k in np.flatnonzero(np.isnat(time))
        ]
    return time


def _future(
    raw: RawTable, time: NDArray[np.datetime64], before: np.datetime64, out: list[LeftOut]
) -> NDArray[np.bool_]:
    future = time >= before  # NaT is not
    out += [
        LeftOut(int(raw.rows[k]), "time", str(time[k]).replace("T", " "), THE_PAST)
        for k in np.flatnonzero(future)
    ]
    return np.asarray(future)


def _same_ids(raw: RawTable, out: list[LeftOut]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the rows that repeat an earlier one, and those that only have its id."""
    repeated, taken = np.zeros((2, len(raw.rows)), dtype=np.bool_)
    column = find_column(raw.headers, _EVENT_ID)
    if column is None:
        return repeated, taken
    ids = _texts(raw.table[column])
    firsts: dict[str, int] = {}
    for k, key in enumerate(ids.tolist()):
        first = firsts.setdefault(key, k)
        if not key or first == k:
            continue
        same = _row_of(raw, first) == _row_of(raw, k)
        (repeated if same else taken)[k] = True
        out.append(LeftOut(
            int(raw.rows[k]), raw.headers[column], key[:40], NO_REPEAT if same else ITS_OWN_ID,
            int(raw.rows[first]),
        ))  # fmt: skip
    return repeated, taken


def _row_of(raw: RawTable, k: int) -> tuple[str, ...]:
    cells = tuple(as_text(v) or "" if pd.notna(v) else "" for v in raw.table.iloc[k])
    return cells if raw.geometry is None else (*cells, str(shapely.to_wkt(raw.geometry[k], -1)))


def _texts(column: pd.Series) -> NDArray[np.object_]:
    made = np.empty(len(column), dtype=object)
    made[:] = [as_text(v) or "" if pd.notna(v) else "" for v in column]
    return made


def _no_texts(n: int) -> NDArray[np.object_]:
    return np.full(n, "", dtype=np.object_)


def _require_mostly_good(good: NDArray[np.bool_], out: list[LeftOut], file: str) -> None:
    if len(good) and good.mean() < 1 - MOST_BAD:
        first = min(out, key=lambda one: one.row)
        raise DataFileError(
            "{file}, row {row}: {column} is {found}; expected {expected}. "
            "{n_bad} of {n_rows} rows are like this.",
            file=file, row=first.row, column=first.column, found=first.found,
            expected=first.expected, n_bad=int((~good).sum()), n_rows=len(good),
        )  # fmt: skip


def read_areas(path: Path) -> Areas:
    """
    Read polygons with an id, perhaps residents (people, 人口 ...), and any numeric columns.

    Raises
    ------
    DataFileError
        If the file is unreadable, is no map file, or has a row without polygon or id, or an id
        twice, or residents that are no number of 0 or more, or overlaps another by more than a
        sliver (1 % of the smaller): the row is named.
    """
    file, raw = read_plain(path, kind="regions")
    if raw.geometry is None:
        raise DataFileError("{file}: no polygons; give a map file such as GeoJSON.", file=file)
    shapes = shapely.force_2d(raw.geometry)
    wrong = np.flatnonzero(~np.isin(shapely.get_type_id(shapes), (3, 6)))
    if len(wrong):
        found = getattr(shapes[wrong[0]], "geom_type", "-")
        raise refusal(file, int(raw.rows[wrong[0]]), "geometry", found, "Polygon")
    ids = _texts(raw.table[require_column(raw, "id", "编号", _ID, file)])
    require_ids(ids, raw.rows, file)
    _require_apart(shapes, ids, raw, file)
    numbers = _numeric(raw)
    people = _people(raw, file)
    return Areas(file, ids, _in_degrees(shapes, raw.crs), people, numbers)


def _require_apart(
    shapes: NDArray[np.object_], ids: NDArray[np.object_], raw: RawTable, file: str
) -> None:
    """Refuse areas of which two share more than a sliver: an event would lie in both."""
    shapes, crossed = shapes.copy(), ~shapely.is_valid(shapes)
    shapes[crossed] = shapely.make_valid(shapes[crossed])
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    a, b = a[a < b], b[a < b]
    size = shapely.area(shapes)
    shared = shapely.area(shapely.intersection(shapes[a], shapes[b]))
    smaller = np.minimum(size[a], size[b])
    wrong = np.flatnonzero(shared > MOST_OVERLAP * smaller)
    if not len(wrong):
        return
    k = wrong[np.lexsort((b[wrong], a[wrong]))[0]]
    raise DataFileError(
        "{file}: the areas {one} (row {row}) and {other} (row {other_row}) overlap by {share} of "
        "the smaller one; an event would lie in both. {n} pairs do so.",
        file=file, one=ids[a[k]], row=int(raw.rows[a[k]]), other=ids[b[k]],
        other_row=int(raw.rows[b[k]]), share=f"{shared[k] / smaller[k]:.0%}", n=len(wrong),
    )  # fmt: skip


def _in_degrees(shapes: NDArray[np.object_], crs: str) -> NDArray[np.object_]:
    if not crs or crs == systems.WGS84:
        return shapes

    def moved(xy: Floats) -> Floats:
        return np.column_stack(systems.to_lon_lat(xy[:, 0], xy[:, 1], crs))

    made: NDArray[np.object_] = shapely.transform(shapes, moved)
    return made


def _people(raw: RawTable, file: str) -> Floats | None:
    column = find_column(raw.headers, _PEOPLE)
    if column is None:
        return None
    people = places.numbers_of(raw.table[column])
    bad = np.flatnonzero(~(people >= 0))
    if len(bad):
        found = _texts(raw.table[column])[bad[0]] or "-"
        raise refusal(
            file, int(raw.rows[bad[0]]), raw.headers[column], found, "a number, 0 or more"
        )
    return people


def _numeric(raw: RawTable) -> pd.DataFrame:
    """Return the columns that hold numbers, whole or with gaps; others are names and notes."""
    made = {}
    for place, header in enumerate(raw.headers):
        filled = raw.table[place].notna().to_numpy() & (_texts(raw.table[place]) != "")
        numbers = places.numbers_of(raw.table[place])
        if filled.any() and np.isfinite(numbers[filled]).all():
            made[header] = numbers
    return pd.DataFrame(made)


def read_table(path: Path) -> tuple[str, NDArray[np.object_], pd.DataFrame]:
    """
    Read a table of numbers by id: the file's name, the ids, and its numeric columns.

    Raises
    ------
    DataFileError
        If the file is unreadable, without an id column, or an id is empty or stands twice.
    """
    file, raw = read_plain(path)
    place = require_column(raw, "id", "编号", _ID, file)
    ids = _texts(raw.table[place])
    require_ids(ids, raw.rows, file)
    return file, ids, _numeric(raw).drop(columns=raw.headers[place], errors="ignore")


def read_series(path: Path, *, value: str = "") -> Series:
    """
    Read readings: sensor (设备编号, station ...), time, and value or the column named ``value``.

    A file without a sensor column is one sensor. Empty values are gaps, not zeros, and are left
    out without a word; a value that is no number, or a row without time, is listed.

    Raises
    ------
    DataFileError
        If the file is unreadable, lacks a column, or more than half of its rows cannot be read.
    """
    file, raw = read_plain(path, kind="readings")
    out: list[LeftOut] = []
    time = _times(raw, file, out, required=True)
    known = (value.strip().lower(),) if value else _VALUE
    column = require_column(raw, value or "value", "数值", known, file)
    values, texts = places.numbers_of(raw.table[column]), _texts(raw.table[column])
    odd = ~np.isfinite(values) & ~np.isin(texts, ("", "NA", "NaN", "null"))
    out += [
        LeftOut(int(raw.rows[k]), raw.headers[column], texts[k][:40], "a number")
        for k in np.flatnonzero(odd)
    ]
    _require_mostly_good(~np.isnat(time) & ~odd, out, file)
    sensor = find_column(raw.headers, _SENSOR)
    names = _texts(raw.table[sensor]) if sensor is not None else _no_texts(len(time))
    use = np.isfinite(values) & ~np.isnat(time)
    order = np.argsort(time[use], kind="stable")
    time, values, names = time[use][order], values[use][order], names[use][order]
    return Series(
        file,
        {str(name): (time[names == name], values[names == name]) for name in sorted(set(names))},
        tuple(out),
    )
