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
from loaders.plain import find_column, read_plain, refusal, require_column
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
_SENSOR = ("sensor", "设备编号", "station", "站点", "id")
_VALUE = ("value", "数值", "监测值")
MOST_BAD = 0.5
"""A file with a larger share of rows without place or time is another kind of file."""


@dataclass(frozen=True)
class LeftOut:
    """A row that cannot be counted, and why."""

    row: int
    column: str
    found: str
    expected: str


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


def read_incidents(path: Path, *, crs: str = systems.WGS84, timed: bool = True) -> Incidents:
    """
    Read events with a place and, when ``timed``, a time.

    A table has lon and lat (经度, 纬度, x, y ...) in the system ``crs``, a time (时间, 受理时间,
    date ...) and perhaps a category; a map file has points. Rows without place or time are left out
    and listed.

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
    _require_mostly_good(good, out, file)
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
        LeftOut(int(raw.rows[k]), "lon, lat", shown[k][:40], "a place on earth")
        for k in np.flatnonzero(wrong)
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
    out += [
        LeftOut(int(raw.rows[k]), "time", texts[k][:40] or "-", "a day or a time")
        for k in np.flatnonzero(np.isnat(time))
    ]
    return time


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
        twice, or residents that are no number of 0 or more: the row is named.
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
    _require_ids(ids, raw, file)
    numbers = _numeric(raw)
    people = _people(raw, file)
    return Areas(file, ids, _in_degrees(shapes, raw.crs), people, numbers)


def _require_ids(ids: NDArray[np.object_], raw: RawTable, file: str) -> None:
    seen: dict[str, int] = {}
    for row, key in zip(raw.rows.tolist(), ids.tolist(), strict=True):
        if not key:
            raise DataFileError("{file}, row {row}: the id is empty.", file=file, row=row)
        if key in seen:
            raise DataFileError(
                "{file}, row {row}: the id {id} stands in row {first} already.",
                file=file, row=row, id=key, first=seen[key],
            )  # fmt: skip
        seen[key] = row


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
    _require_ids(ids, raw, file)
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
