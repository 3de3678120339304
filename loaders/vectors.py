"""Points, lines and polygons from map files: one driver a type, geometry checked row by row."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Before GDAL is loaded: drivers that open other files or addresses are left out for good.
os.environ.setdefault(
    "OGR_SKIP",
    "OGR_VRT,WFS,HTTP,Carto,AmigoCloud,Elasticsearch,OAPIF,OGCAPI,CSW,EEDA,NGW,PLSCENES,GDALG,VDV",
)

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError

from geodata.errors import DataFileError
from loaders.encodings import decode, plausible_chinese, standard_name
from loaders.files import Limits
from loaders.tables import RawTable, as_text, from_frame, require_modest_parquet

_DRIVERS = {"geopackage": "GPKG", "flatgeobuf": "FlatGeobuf", "shapefile": "ESRI Shapefile"}
Geometries = NDArray[np.object_]


# ---------------------------------------------------------------- GeoJSON


def read_geojson(path: Path, file: str, *, encoding: str, limits: Limits) -> RawTable:
    """
    Read a GeoJSON feature collection, feature or geometry.

    The file is read as JSON and not by GDAL, so that hazards can be named: numbers that are none,
    rings that are not closed (they are, with a note), ids that stand twice (a note), features
    without geometry (empty here, judged by the checks), too deep nesting.

    Raises
    ------
    DataFileError
        If it is no GeoJSON, has more features or vertices than the limits, or no feature.
    """
    decoded = decode(path.read_bytes(), file, declared=encoding)
    _require_shallow(decoded.text, file, limits)
    try:
        document = json.loads(decoded.text)
    except (ValueError, RecursionError) as error:
        raise DataFileError(
            "{file}: not a readable {type} file.", file=file, type="GeoJSON"
        ) from error
    features = _features(document, file)
    if not features:
        raise DataFileError("{file}: no data rows.", file=file)
    if len(features) > limits.features:
        raise _too_many(len(features), limits, file)
    notes: list[str] = []
    geometry = np.array([None] * len(features), dtype=object)
    for number, feature in enumerate(features):
        geometry[number] = _shape(feature, number + 1, file, notes, limits)
    ids = [str(f["id"]) for f in features if isinstance(f, dict) and f.get("id") is not None]
    if len(set(ids)) < len(ids):
        notes.append("duplicate ids")
    frame = _properties(features)
    raw = from_frame(frame, file)
    return RawTable(
        raw.table,
        raw.headers,
        raw.rows,
        decoded.encoding,
        geometry=geometry,
        crs=_geojson_crs(document),
        notes=tuple(dict.fromkeys(notes)),
    )


def _require_shallow(text: str, file: str, limits: Limits) -> None:
    """Refuse nesting that no map has, before the parser tries to follow it."""
    bare = re.sub(r'"(?:\\.|[^"\\])*"', "", text) if '"' in text else text
    marks = np.frombuffer(bare.encode("ascii", errors="replace"), dtype=np.uint8)
    opens = np.isin(marks, np.frombuffer(b"[{", dtype=np.uint8)).astype(np.int8)
    closes = np.isin(marks, np.frombuffer(b"]}", dtype=np.uint8)).astype(np.int8)
    if len(marks) and int(np.cumsum(opens - closes, dtype=np.int64).max()) > limits.depth:
        raise DataFileError(
            "{file}: brackets are nested more than {limit} deep.", file=file, limit=limits.depth
        )


def _features(document: object, file: str) -> list[Any]:
    if isinstance(document, dict):
        if document.get("type") == "FeatureCollection" and isinstance(
            document.get("features"), list
        ):
            return list(document["features"])
        if document.get("type") == "Feature":
            return [document]
        if "coordinates" in document:
            return [{"type": "Feature", "properties": {}, "geometry": document}]
    raise DataFileError("{file}: not a readable {type} file.", file=file, type="GeoJSON")


def _geojson_crs(document: dict[str, Any]) -> str:
    """Return the old "crs" member, which many tools still write; RFC 7946 means EPSG:4326."""
    crs = document.get("crs")
    name = crs.get("properties", {}).get("name", "") if isinstance(crs, dict) else ""
    return "EPSG:4326" if not name or "CRS84" in str(name) else str(name)[:200]


def _properties(features: list[Any]) -> pd.DataFrame:
    rows = []
    for feature in features:
        found = feature.get("properties") if isinstance(feature, dict) else None
        row = dict(found) if isinstance(found, dict) else {}
        if isinstance(feature, dict) and "id" not in row and feature.get("id") is not None:
            row["id"] = feature["id"]
        rows.append({key: _scalar(value) for key, value in row.items()})
    names = dict.fromkeys(name for row in rows for name in row)
    if not names:
        return pd.DataFrame({"fid": range(1, len(rows) + 1)})
    return pd.DataFrame({name: [as_text(row.get(name)) for row in rows] for name in names})


def _scalar(value: object) -> object:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value


_DEPTHS = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}


def _shape(feature: object, row: int, file: str, notes: list[str], limits: Limits) -> Any:
    """Build one geometry; None when it is empty or cannot be built."""
    if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
        return None
    return _build(feature["geometry"], row, file, notes, limits)


def _build(geometry: dict[str, Any], row: int, file: str, notes: list[str], limits: Limits) -> Any:
    kind = geometry.get("type")
    if kind == "GeometryCollection" and isinstance(geometry.get("geometries"), list):
        parts = [
            _build(g, row, file, notes, limits)
            for g in geometry["geometries"]
            if isinstance(g, dict)
        ]
        return shapely.GeometryCollection([part for part in parts if part is not None])
    if kind not in _DEPTHS:
        return None
    try:
        parts = _arrays(geometry.get("coordinates"), _DEPTHS[kind])
        count = _vertices(parts)
        if count > limits.vertices:
            raise DataFileError(
                "{file}, row {row}: has {found} vertices; at most {limit} are read.",
                file=file,
                row=row,
                found=count,
                limit=limits.vertices,
            )
        return _BUILDERS[kind](parts, notes)
    except (ValueError, TypeError, IndexError, shapely.errors.ShapelyError):
        return None  # the checks list it as unreadable, with its row


def _arrays(coordinates: Any, depth: int) -> Any:
    """Return nested coordinates as arrays of (n, 2), a list around them for each further level."""
    if depth <= 1:
        given = coordinates if depth else [coordinates]
        points = np.array([[float(p[0]), float(p[1])] for p in given], dtype=np.float64)
        # NaN equals nothing, so no ring with it could be built; the checks name infinity as well.
        return np.where(np.isnan(points), np.inf, points).reshape(-1, 2)
    return [_arrays(part, depth - 1) for part in coordinates]


def _vertices(parts: Any) -> int:
    return sum(map(_vertices, parts)) if isinstance(parts, list) else len(parts)


def _ring(points: NDArray[np.float64], notes: list[str]) -> NDArray[np.float64]:
    if len(points) and not np.array_equal(points[0], points[-1]):
        notes.append("open rings")
        return np.vstack([points, points[:1]])
    return points


def _polygon(rings: Any, notes: list[str]) -> Any:
    closed = [_ring(ring, notes) for ring in rings]
    return shapely.Polygon(closed[0], closed[1:]) if closed else shapely.Polygon()


_BUILDERS: dict[str, Callable[[Any, list[str]], Any]] = {
    "Point": lambda points, _: shapely.Point(points[0]),
    "MultiPoint": lambda points, _: shapely.MultiPoint(points),
    "LineString": lambda points, _: shapely.LineString(points),
    "MultiLineString": lambda lines, _: shapely.MultiLineString(lines),
    "Polygon": _polygon,
    "MultiPolygon": lambda parts, notes: shapely.MultiPolygon(
        [_polygon(rings, notes) for rings in parts]
    ),
}


def _too_many(found: int, limits: Limits, file: str) -> DataFileError:
    return DataFileError(
        "{file}: has {found} features; at most {limit} are read.",
        file=file,
        found=found,
        limit=limits.features,
    )


# ---------------------------------------------------------------- GDAL drivers


def read_layer(path: Path, file: str, kind: str, *, layer: str, limits: Limits) -> RawTable:
    """
    Read one layer of a GeoPackage or FlatGeobuf file.

    Raises
    ------
    DataFileError
        If a GeoPackage holds a view, another driver than the declared one would open the file,
        the layer is not there, or it is empty or larger than the limits.
    """
    if kind == "geopackage":
        require_no_views(path, file)
    try:
        name = _layer_name(path, file, layer)
        _require_driver(path, file, kind, name, limits)
        frame = pyogrio.read_dataframe(path, layer=name)
    except (DataSourceError, DataLayerError, ValueError, RuntimeError) as error:
        raise _unreadable(file, kind) from error
    return _from_geo_frame(frame, file, limits)


def _unreadable(file: str, kind: str) -> DataFileError:
    titles = {"geopackage": "GeoPackage", "flatgeobuf": "FlatGeobuf", "shapefile": "Shapefile"}
    return DataFileError("{file}: not a readable {type} file.", file=file, type=titles[kind])


def _layer_name(path: Path, file: str, layer: str) -> str:
    layers = [str(row[0]) for row in pyogrio.list_layers(path)]
    if not layer and layers:
        return layers[0]
    if layer not in layers:
        raise DataFileError(
            "{file}: no table {table}. Found: {found}.",
            file=file,
            table=layer or "-",
            found=", ".join(layers) or "-",
        )
    return layer


def _require_driver(path: Path, file: str, kind: str, layer: str, limits: Limits) -> None:
    # Field names that were cut within a character are none of GDAL's business here.
    encoding = "ISO-8859-1" if kind == "shapefile" else None
    info = pyogrio.read_info(path, layer=layer, encoding=encoding, force_feature_count=True)
    if info["driver"] != _DRIVERS[kind]:
        raise _unreadable(file, kind)
    if info["features"] > limits.features:
        raise _too_many(info["features"], limits, file)


def require_no_views(path: Path, file: str) -> None:
    """
    Refuse a GeoPackage with a view: its query may never end, and GDAL would run it.

    Raises
    ------
    DataFileError
        Naming the view, or saying that the file cannot be read.
    """
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        try:
            views = db.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall()
        finally:
            db.close()
    except sqlite3.Error as error:
        raise _unreadable(file, "geopackage") from error
    if views:
        raise DataFileError(
            "{file}: holds the database view {view}; only tables are read.",
            file=file,
            view=views[0][0],
        )


def _from_geo_frame(frame: pd.DataFrame, file: str, limits: Limits) -> RawTable:
    if len(frame) > limits.features:
        raise _too_many(len(frame), limits, file)
    if not isinstance(frame, gpd.GeoDataFrame):
        return from_frame(frame, file)
    geometry = np.array(frame.geometry.array, dtype=object)
    counts = shapely.get_num_coordinates(geometry)
    if len(counts) and counts.max() > limits.vertices:
        raise DataFileError(
            "{file}, row {row}: has {found} vertices; at most {limit} are read.",
            file=file,
            row=int(counts.argmax()) + 1,
            found=int(counts.max()),
            limit=limits.vertices,
        )
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    if plain.shape[1] == 0:
        plain = pd.DataFrame({"fid": range(1, len(frame) + 1)})
    raw = from_frame(plain, file)
    crs = "" if frame.crs is None else (frame.crs.to_string())
    return RawTable(raw.table, raw.headers, raw.rows, geometry=geometry, crs=crs)


def read_geoparquet(path: Path, file: str, *, limits: Limits) -> RawTable | None:
    """Read a GeoParquet file; None if it is a Parquet file without geometry."""
    try:
        source = pq.ParquetFile(path)
        if b"geo" not in (source.schema_arrow.metadata or {}):
            return None
        require_modest_parquet(source, file, limits)
        frame = gpd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError, KeyError, shapely.errors.ShapelyError) as error:
        raise DataFileError(
            "{file}: not a readable {type} file.", file=file, type="Parquet"
        ) from error
    return _from_geo_frame(frame, file, limits)


# ---------------------------------------------------------------- Shapefile


def read_shapefile(path: Path, file: str, *, encoding: str, limits: Limits) -> RawTable:
    """
    Read a Shapefile: geometry by GDAL, the table (.dbf) by ourselves.

    GDAL would guess the table's characters; here they are right or refused. Field names that the
    10 bytes of the format cut in the middle of a character lose that character.

    Raises
    ------
    DataFileError
        If a part (.shx, .dbf) is missing, or the parts do not belong together.
    """
    parts = {suffix: _side(path, suffix) for suffix in (".shx", ".dbf", ".prj", ".cpg")}
    for suffix in (".shx", ".dbf"):
        if parts[suffix] is None:
            raise DataFileError(
                "{file}: the part {part} is missing.", file=file, part=path.stem + suffix
            )
    try:
        _require_driver(path, file, "shapefile", path.stem, limits)
        frame = pyogrio.read_dataframe(path, columns=[], fid_as_index=True, encoding="ISO-8859-1")
    except (DataSourceError, DataLayerError, ValueError, RuntimeError) as error:
        raise _unreadable(file, "shapefile") from error
    geo = _from_geo_frame(frame, file, limits)
    cpg = parts[".cpg"]
    declared = encoding or (cpg.read_text("ascii", errors="replace").strip() if cpg else "")
    dbf = parts[".dbf"]
    assert dbf is not None  # noqa: S101 - refused above; tells the type checker
    table, headers, used = read_dbf(dbf.read_bytes(), file, declared=declared, limits=limits)
    if frame.index.max() >= len(table):
        raise _unreadable(file, "shapefile")
    table = table.iloc[frame.index.to_numpy()].reset_index(drop=True)
    rows = frame.index.to_numpy(dtype=np.int64) + 1
    return RawTable(table, headers, rows, used, geometry=geo.geometry, crs=geo.crs)


def _side(path: Path, suffix: str) -> Path | None:
    for way in (suffix, suffix.upper()):
        if path.with_suffix(way).is_file():
            return path.with_suffix(way)
    return None


def read_dbf(
    data: bytes, file: str, *, declared: str, limits: Limits
) -> tuple[pd.DataFrame, tuple[str, ...], str]:
    """
    Read a dBase table as text.

    Returns
    -------
    table, headers, encoding
        All rows, deleted ones included, so that they stay in step with the shapes.

    Raises
    ------
    DataFileError
        If the table is damaged or its characters cannot be read.
    """
    count = int.from_bytes(data[4:8], "little")
    header, width = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    fields = []
    position = 32
    while position + 32 <= header and data[position : position + 1] not in (b"\r", b""):
        fields.append((data[position : position + 11].split(b"\0")[0], data[position + 16]))
        position += 32
    if not fields or sum(w for _, w in fields) + 1 != width or header + count * width > len(data):
        raise _unreadable(file, "shapefile")
    if count * len(fields) > limits.cells:
        raise DataFileError("{file}: has more than {limit} cells.", file=file, limit=limits.cells)
    records = np.frombuffer(data, dtype=f"V{width}", count=count, offset=header)
    cells, start = [], 1
    matrix = records.view(np.uint8).reshape(count, width)
    for _, size in fields:
        column = np.ascontiguousarray(matrix[:, start : start + size])
        cells.append(column.view(f"S{size}").ravel())
        start += size
    raw = [[bytes(value).strip(b" \0") for value in column.tolist()] for column in cells]
    codec = _dbf_codec([name for name, _ in fields], raw, declared, file)
    headers = tuple(_cut_decode(name, codec) for name, _ in fields)
    table = pd.DataFrame(
        {n: _decode_column(column, codec, file) for n, column in enumerate(raw)}, dtype="str"
    )
    return table, headers, codec


def _dbf_codec(names: list[bytes], columns: list[list[bytes]], declared: str, file: str) -> str:
    """Choose the encoding that fits every name and value, the declared one first."""
    values = [
        v for v in (*names, *(v for c in columns for v in dict.fromkeys(c))) if not v.isascii()
    ]
    candidates = [c for c in (standard_name(declared), "UTF-8", "GB18030") if c]
    for codec in dict.fromkeys(candidates):
        texts = [_cut_decode(value, codec) for value in values]
        if all(texts) and "\ufffd" not in "".join(texts):
            if codec == "GB18030" and not plausible_chinese("".join(texts)):
                continue
            return codec
    raise DataFileError(
        "{file}: the characters cannot be read; expected UTF-8, GB18030, GBK or UTF-16.", file=file
    )


def _cut_decode(value: bytes, codec: str) -> str:
    """Decode a value that a field's width may have cut within its last character."""
    for lost in range(4):
        try:
            return value[: len(value) - lost].decode(codec)
        except UnicodeError:
            continue
    return "\ufffd"


def _decode_column(column: list[bytes], codec: str, file: str) -> list[str | None]:
    known = {value: _cut_decode(value, codec) for value in dict.fromkeys(column)}
    if any("\x00" in text for text in known.values()):
        raise _unreadable(file, "shapefile")
    return [known[value].strip() or None for value in column]
