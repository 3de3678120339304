"""Two columns of coordinates and a name: plain point files for other programs' questions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import crs as systems
from loaders import places
from loaders.plain import read_plain, refusal, require_column, require_ids
from loaders.tables import RawTable, as_text

_ID = (
    "id", "编号", "代码", "code", "节点编号", "网格编码", "区划代码", "机构编号", "osm_id", "fid",
    "名称", "name",
)  # fmt: skip
_LON = ("lon", "经度", "longitude", "lng", "long", "x")
_LAT = ("lat", "纬度", "latitude", "y")


@dataclass(frozen=True)
class Points:
    """Points as a file has them, every row of it."""

    file: str  # as messages name it
    ids: NDArray[np.object_]  # (n,) text, each once
    lonlat: NDArray[np.float64]  # (n, 2) degrees, EPSG:4326
    rows: NDArray[np.int64]  # (n,) data row in the file, 1 = first below the header

    def __len__(self) -> int:
        return len(self.ids)


def read_points(path: Path, *, county_crs: str = "EPSG:4490") -> Points:
    """
    Read a file of points, strictly: one bad row refuses it.

    A table (CSV, TSV, XLSX, Parquet, SQLite) has a column id (also code, name, 编号, 名称 ...) and
    lon and lat in degrees (经度, 纬度, x, y ...); a map file (GeoJSON, GeoPackage, FlatGeobuf,
    Shapefile) has points in any declared system and a property id. Packed files (.zip, .gz, .xz),
    encodings and limits are those of all loaders.

    Raises
    ------
    DataFileError
        If the file is missing, unreadable, empty, or without one of the columns; or if a row has
        no id, one that stands twice, or no place on earth: the row is named.
    """
    file, raw = read_plain(path, county_crs=county_crs)
    ids = _ids(raw, file)
    lonlat = _lonlat_of_table(raw, file) if raw.geometry is None else _lonlat_of_shapes(raw, file)
    return Points(file, ids, lonlat, raw.rows)


def _ids(raw: RawTable, file: str) -> NDArray[np.object_]:
    column = raw.table[require_column(raw, "id", "编号", _ID, file)]
    ids = np.array([as_text(v) if pd.notna(v) else None for v in column], dtype=object)
    require_ids(ids, raw.rows, file)
    return ids


def _lonlat_of_table(raw: RawTable, file: str) -> NDArray[np.float64]:
    columns = []
    for name, title, known, most in (("lon", "经度", _LON, 180), ("lat", "纬度", _LAT, 90)):
        column = raw.table[require_column(raw, name, title, known, file)]
        degrees = places.numbers_of(column)
        bad = np.flatnonzero(~(np.abs(degrees) <= most))  # NaN too
        if len(bad):
            found = column.iloc[bad[0]]
            raise refusal(
                file, int(raw.rows[bad[0]]), name, "-" if pd.isna(found) else str(found)[:40],
                f"-{most} to {most}",
            )  # fmt: skip
        columns.append(degrees)
    return np.column_stack(columns)


def _lonlat_of_shapes(raw: RawTable, file: str) -> NDArray[np.float64]:
    assert raw.geometry is not None  # noqa: S101 - the caller looked; tells the type checker
    shapes = shapely.force_2d(raw.geometry)
    wrong = np.flatnonzero((shapely.get_type_id(shapes) != 0) | shapely.is_empty(shapes))
    if len(wrong):
        kind = shapes[wrong[0]].geom_type if shapes[wrong[0]] is not None else "-"
        raise refusal(file, int(raw.rows[wrong[0]]), "geometry", kind, "Point")
    xy = shapely.get_coordinates(shapes)
    lon, lat = systems.to_lon_lat(xy[:, 0], xy[:, 1], raw.crs or systems.WGS84)
    bad = np.flatnonzero(~((np.abs(lon) <= 180) & (np.abs(lat) <= 90)))
    if len(bad):
        x, y = xy[bad[0]]
        world = "-180, -90 to 180, 90"
        raise refusal(file, int(raw.rows[bad[0]]), "geometry", f"{x:.6g}, {y:.6g}", world)
    return np.column_stack((lon, lat))
