"""Roads from OpenStreetMap, lines or tables, cut into edges from junction to junction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import crs as systems
from geodata.errors import AskFirst, DataFileError
from loaders.catalog import ROAD_CLASSES
from loaders.files import Limits, Opened
from loaders.places import Reading, numbers_of
from loaders.table import Finding, LoadedTable

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_SAME = {name: name for name in ROAD_CLASSES}
CLASSES: dict[str, str] = {
    **_SAME,
    **{f"{name}_link": name for name in ("motorway", "trunk", "primary", "secondary", "tertiary")},
    "unclassified": "residential",
    "living_street": "residential",
    "road": "residential",
    "busway": "service",
    "footway": "path",
    "cycleway": "path",
    "bridleway": "path",
    "steps": "path",
    "pedestrian": "path",
    "高速公路": "motorway",
    "高速": "motorway",
    "国道": "trunk",
    "省道": "primary",
    "县道": "secondary",
    "乡道": "tertiary",
    "村道": "residential",
    "街道": "residential",
    "机耕路": "track",
    "小路": "path",
    "步道": "path",
}
"""Class of a road as OpenStreetMap or a Chinese road office writes it, to ours."""

_FORWARD = {"yes", "true", "1", "1.0", "是", "单向"}
_BACKWARD = {"-1", "-1.0", "reverse"}
_NO_BRIDGE = {"", "no", "0", "0.0", "false", "否"}
ATTRIBUTES = ("class", "name", "oneway", "maxspeed", "surface", "access", "bridge")


def load_osm(source: Opened, reading: Reading) -> LoadedTable:
    """
    Read the roads of an OpenStreetMap extract.

    Raises
    ------
    DataFileError
        If it is no OSM PBF file, or has no road.
    AskFirst
        If no road lies in the county and nobody has confirmed it.
    """
    if source.kind != "osm":
        raise DataFileError(
            "{file}: not a readable {type} file.", file=reading.file, type="OSM PBF"
        )
    edges, nodes = read_osm(source.path, reading.file, limits=reading.context.limits)
    box = reading.context.box or reading.manifest.county.box
    if box and "place" not in reading.entry.confirmed:
        near = systems.widened(box)
        if not systems.share_inside(nodes["lon"], nodes["lat"], near) > 0:
            raise AskFirst(
                "{file}: covers {found}, no part of the county ({box}).",
                file=reading.file,
                question="place",
                found=_box_text(systems.box_of(nodes["lon"], nodes["lat"])),
                box=_box_text(near),
            )
    return LoadedTable(
        dataset=reading.entry,
        table=edges,
        findings=(),
        matches={},
        sha256=source.sha256,
        n_rows=len(edges),
        encoding="UTF-8",
        extra={"nodes": nodes},
    )


def _box_text(box: systems.Box) -> str:
    return f"{box[0]:.4g} - {box[2]:.4g} E, {box[1]:.4g} - {box[3]:.4g} N"


@dataclass(frozen=True)
class Lines:
    """Roads before they are cut: all vertices in one row, way after way."""

    keys: Integers  # (n_vertices,) one number a place: equal numbers are the same node
    lon: Floats  # (n_vertices,) degrees
    lat: Floats
    starts: Integers  # (n_ways + 1,) first vertex of each way


def read_osm(path: Path, file: str, *, limits: Limits) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """
    Return edges and nodes of all roads in an OSM PBF file.

    Ways with a ``highway`` tag that is a road (see ``CLASSES``) and not an area are cut at every
    node that two of them share. Roads under construction, proposed ones and platforms are left
    out.

    Returns
    -------
    edges
        Columns ``u``, ``v`` (node ids as text), ``class``, ``name``, ``oneway`` (1: u to v, -1: v
        to u, 0: both), ``maxspeed`` (km/h), ``surface``, ``access``, ``bridge``, ``length_m``
        (geodesic), ``way`` (OSM id), ``row`` and ``geometry`` (EPSG:4326).
    nodes
        ``id`` (text), ``lon``, ``lat`` (degrees), ``row``.

    Raises
    ------
    DataFileError
        If the file cannot be read or has no road.
    """
    ways: list[tuple[Any, ...]] = []
    refs: list[int] = []
    lon: list[float] = []
    lat: list[float] = []
    starts = [0]
    try:
        with osmium.io.Reader(str(path)) as reader:
            reader.header()
        stream = (
            osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
            .with_locations()
            .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
            .with_filter(osmium.filter.KeyFilter("highway"))
        )
        for item in stream:
            way = cast(osmium.osm.Way, item)
            attributes = _attributes(way.tags)
            if attributes is None:
                continue
            good = [node for node in way.nodes if node.location.valid()]
            if len(good) < 2:
                continue
            refs.extend(node.ref for node in good)
            lon.extend(node.lon for node in good)
            lat.extend(node.lat for node in good)
            starts.append(len(refs))
            ways.append((way.id, *attributes))
            if len(ways) > limits.features:
                raise DataFileError(
                    "{file}: has {found} features; at most {limit} are read.",
                    file=file,
                    found=len(ways),
                    limit=limits.features,
                )
    except (RuntimeError, OSError, ValueError) as error:
        raise DataFileError(
            "{file}: not a readable {type} file.", file=file, type="OSM PBF"
        ) from error
    if not ways:
        raise DataFileError("{file}: has no roads.", file=file)
    lines = Lines(np.array(refs, dtype=np.int64), np.array(lon), np.array(lat), np.array(starts))
    attributes_table = pd.DataFrame(ways, columns=["way", *ATTRIBUTES])
    return cut_at_nodes(lines, attributes_table, names=np.array(refs).astype(str))


def _attributes(tags: Any) -> tuple[Any, ...] | None:
    """Return our columns of an OSM way, or None if it is no road."""
    kind = CLASSES.get(tags.get("highway", ""))
    if kind is None or tags.get("area") == "yes":
        return None
    oneway = direction(tags.get("oneway", ""))
    implied = tags.get("highway") == "motorway" or tags.get("junction") in (
        "roundabout",
        "circular",
    )
    if implied and tags.get("oneway") != "no" and oneway == 0:
        oneway = 1
    return (
        kind,
        tags.get("name") or tags.get("ref"),
        oneway,
        speed(tags.get("maxspeed", "")),
        tags.get("surface"),
        tags.get("access"),
        "yes" if tags.get("bridge", "no") not in _NO_BRIDGE else None,
    )


def direction(text: str) -> int:
    """Return 1 (along the line), -1 (against it) or 0 (both) of a one-way value."""
    value = text.strip().lower()
    if value in _FORWARD:
        return 1
    return -1 if value in _BACKWARD else 0


def speed(text: str) -> float:
    """
    Return a speed limit in km/h, NaN when there is no number.

    >>> speed("50"), speed("30 mph"), speed("60;80")
    (50.0, 48.28032, 60.0)
    """
    first = text.split(";", maxsplit=1)[0].strip().lower()
    number = first.partition(" ")[0]
    number, factor = (
        (first.removesuffix("mph").strip(), 1.609344)
        if first.endswith("mph")
        else (number.removesuffix("km/h"), 1.0)
    )
    try:
        value = float(number) * factor
    except ValueError:
        return float("nan")
    return value if 0 < value < 300 else float("nan")


def cut_at_nodes(
    lines: Lines, attributes: pd.DataFrame, *, names: NDArray[np.str_]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """
    Cut lines where they begin, end, or share a vertex with another line or with themselves.

    Parameters
    ----------
    lines
        The vertices of all lines.
    attributes
        One row a line; every piece gets those of its line.
    names
        Node id of each vertex as text, shape ``(n_vertices,)``.

    Returns
    -------
    edges, nodes
        As for `read_osm`. Pieces of length 0 are left out.
    """
    _, inverse, counts = np.unique(lines.keys, return_inverse=True, return_counts=True)
    cut = counts[inverse] > 1
    first, last = lines.starts[:-1], lines.starts[1:] - 1
    cut[first], cut[last] = True, True
    at = np.flatnonzero(cut)
    way_of = np.searchsorted(lines.starts, at, side="right") - 1
    same = way_of[:-1] == way_of[1:]
    begin, end, way = at[:-1][same], at[1:][same], way_of[:-1][same]

    steps = np.zeros(len(lines.keys))
    steps[1:] = systems.EARTH.inv(lines.lon[:-1], lines.lat[:-1], lines.lon[1:], lines.lat[1:])[2]
    along = np.cumsum(steps)  # steps between two lines fall out of the differences
    length = along[end] - along[begin]
    real = length > 0
    begin, end, way, length = begin[real], end[real], way[real], length[real]

    edges = attributes.iloc[way].reset_index(drop=True)
    edges.insert(0, "u", names[begin])
    edges.insert(1, "v", names[end])
    edges["length_m"] = np.round(length, 3)
    edges["row"] = np.arange(1, len(edges) + 1)
    shapes = _pieces(lines, begin, end)
    used, place = np.unique(lines.keys[np.concatenate([begin, end])], return_index=True)
    spot = np.concatenate([begin, end])[place]
    nodes = pd.DataFrame(
        {
            "id": names[spot],
            "lon": lines.lon[spot],
            "lat": lines.lat[spot],
            "row": np.arange(1, len(used) + 1),
        }
    )
    return gpd.GeoDataFrame(edges, geometry=shapes, crs=systems.WGS84), nodes


def _pieces(lines: Lines, begin: Integers, end: Integers) -> NDArray[np.object_]:
    sizes = end - begin + 1
    owner = np.repeat(np.arange(len(sizes)), sizes)
    offset = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    vertex = np.repeat(begin, sizes) + offset
    points = np.column_stack([lines.lon[vertex], lines.lat[vertex]])
    shapes: NDArray[np.object_] = np.asarray(shapely.linestrings(points, indices=owner))
    return shapes


# ---------------------------------------------------------------- lines and tables


def finish_edges(
    table: pd.DataFrame, reading: Reading
) -> tuple[pd.DataFrame, dict[str, object], list[Finding]]:
    """
    Bring road lines or an edge table into edges: classes, directions, lengths, shapes.

    Lines without ``u`` and ``v`` are cut where their vertices meet (to 1e-7 degrees, about 1 cm).
    An edge table's ``polyline`` ("lon,lat lon,lat ...") becomes its shape.

    Returns
    -------
    table, extra, findings
        ``extra["nodes"]`` for lines that were cut here; nothing for tables, whose nodes are a
        data set of their own.
    """
    table = table.reset_index(drop=True)
    table, findings = _classed(table, reading)
    table["oneway"] = _directions(table)
    if "maxspeed" in table and not pd.api.types.is_numeric_dtype(table["maxspeed"]):
        known = {text: speed(str(text)) for text in table["maxspeed"].dropna().unique()}
        table["maxspeed"] = table["maxspeed"].map(known).astype("float64")
    if "bridge" in table:
        table["bridge"] = table["bridge"].astype("object").map(_bridge)
    if isinstance(table, gpd.GeoDataFrame) and not {"u", "v"} <= set(table.columns):
        edges, nodes = _cut_lines(table)
        return edges, {"nodes": nodes}, findings
    if "polyline" in table and not isinstance(table, gpd.GeoDataFrame):
        shapes = shapes_of_polylines(table["polyline"])
        table = gpd.GeoDataFrame(table.drop(columns="polyline"), geometry=shapes, crs=systems.WGS84)
    if isinstance(table, gpd.GeoDataFrame):
        table["length_m"] = _lengths(table)
    return table, {}, findings


def _bridge(value: object) -> str | None:
    text = value.strip().lower() if isinstance(value, str) else ""
    return None if text in _NO_BRIDGE else "yes"


def _classed(table: pd.DataFrame, reading: Reading) -> tuple[pd.DataFrame, list[Finding]]:
    """Translate road classes; what is no road is left out, with one note a class."""
    found = table["class"].astype("object").where(table["class"].notna(), "")
    plain = found.map(lambda text: str(text).strip().lower())
    own = reading.entry.values.get("class", {})  # the manifest's words come first
    classes = plain.map({**CLASSES, **{k.strip().lower(): v for k, v in own.items()}})
    findings = [
        reading.finding(
            None, "class", "road.class", "validity", "note", f"{name} ({count})",
            "a road class; {n} rows were left out", n=int(count),
        )
        for name, count in plain[classes.isna()].value_counts().items()
    ]  # fmt: skip
    kept = table[classes.notna()].copy()
    kept["class"] = classes[classes.notna()]
    return kept.reset_index(drop=True), findings


def _directions(table: pd.DataFrame) -> Any:
    if "oneway" not in table:
        return 0
    texts = table["oneway"].astype("object").where(table["oneway"].notna(), "")
    return texts.map(lambda value: direction(str(value))).astype("int64")


def _cut_lines(table: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Cut lines at shared vertices; node ids are made here."""
    parts = table.explode(ignore_index=True)
    counts = shapely.get_num_coordinates(parts.geometry.to_numpy())
    points = np.round(shapely.get_coordinates(parts.geometry.to_numpy()), 7)
    _, keys = np.unique(points, axis=0, return_inverse=True)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    lines = Lines(keys.ravel().astype(np.int64), points[:, 0], points[:, 1], starts)
    attributes = pd.DataFrame(parts.drop(columns=["geometry"]))
    attributes = attributes.drop(columns=["u", "v", "length_m"], errors="ignore")
    source_row = attributes.pop("row")
    attributes["source_row"] = source_row
    edges, nodes = cut_at_nodes(lines, attributes, names=keys.ravel().astype(str))
    edges["row"] = edges.pop("source_row")
    return edges, nodes


def _lengths(table: gpd.GeoDataFrame) -> Any:
    """Keep given lengths; measure the others along their shapes."""
    shapes = table.geometry.to_numpy()
    measured = line_lengths_m(shapes)
    if "length_m" not in table:
        return measured
    given = numbers_of(table["length_m"])
    return np.where(np.isfinite(given) & (given > 0), given, measured)


def line_lengths_m(shapes: Sequence[Any] | NDArray[np.object_]) -> Floats:
    """Return geodesic lengths of lines in EPSG:4326, metres; NaN where there is none."""
    array = np.asarray(shapes, dtype=object)
    points, owner = shapely.get_coordinates(array, return_index=True)
    lengths = np.zeros(len(array))
    if len(points) > 1:
        steps = systems.EARTH.inv(points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1])[2]
        same = owner[:-1] == owner[1:]
        np.add.at(lengths, owner[:-1][same], np.asarray(steps)[same])
    return np.where(shapely.is_missing(array), np.nan, lengths)


def shapes_of_polylines(column: pd.Series[Any]) -> NDArray[np.object_]:
    """Return lines of texts "lon,lat lon,lat ..."; None where there are not two points."""
    texts = [text if isinstance(text, str) else "" for text in column]
    counts = np.array([text.count(",") for text in texts])
    joined = " ".join(text for text in texts if text).replace(",", " ").split()
    shapes = np.full(len(texts), None, dtype=object)
    try:
        numbers = np.array(joined, dtype=np.float64).reshape(-1, 2)
    except ValueError:
        return np.array([_one_polyline(text) for text in texts], dtype=object)
    if counts.sum() != len(numbers):
        return np.array([_one_polyline(text) for text in texts], dtype=object)
    owner = np.repeat(np.arange(len(texts)), counts)
    good = counts[owner] >= 2
    if good.any():
        places, packed = np.unique(owner[good], return_inverse=True)
        shapes[places] = shapely.linestrings(numbers[good], indices=packed)
    return shapes


def _one_polyline(text: str) -> Any:
    try:
        points = [[float(part) for part in pair.split(",")] for pair in text.split()]
        return shapely.LineString(points) if len(points) > 1 else None
    except (ValueError, shapely.errors.ShapelyError):
        return None
