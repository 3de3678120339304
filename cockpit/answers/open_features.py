"""Open data feature by feature: lines of the GeoJSON file, picked by place, time and property."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from cockpit.answers.open_catalogue import NoOpenDataError, OpenDataset, catalogue
from cockpit.answers.open_columns import TIMES
from geodata.errors import InputError

Box = tuple[float, float, float, float]
Span = tuple[dt.date, dt.date]

_MOST_KEPT = 6  # the roads of a county are about 60 MB
_kept: OrderedDict[Path, Features] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class Features:
    """
    The features of one version, in the order of its file.

    ``lines`` are GeoJSON features as bytes; ``values`` has each property's values in that order.
    """

    lines: tuple[bytes, ...]
    shapes: NDArray[np.object_]
    values: Mapping[str, Sequence[Any]]
    rows: Mapping[str, int] = field(default_factory=dict)  # feature id to position


@dataclass(frozen=True)
class Wanted:
    """Which features: ``box`` in degrees, ``span`` in days, ``equal`` property to value."""

    box: Box | None = None
    span: Span | None = None
    equal: tuple[tuple[str, Any], ...] = ()
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True)
class Page:
    """Features ``offset`` to ``offset + len(lines)`` of ``matched``."""

    matched: int
    lines: tuple[bytes, ...]


def collections() -> tuple[OpenDataset, ...]:
    """Return the open data sets that have features to ask for: those with a GeoJSON file."""
    return tuple(one for one in catalogue().datasets if one.file("geojson") is not None)


def collection(dataset: str) -> OpenDataset:
    """Return one of them; ``NoOpenDataError`` when there is none of that name."""
    found = catalogue().find(dataset)
    if found.file("geojson") is None:
        raise NoOpenDataError("There is no open data set {dataset}.", dataset=dataset[:64])
    return found


def page(dataset: OpenDataset, wanted: Wanted) -> Page:
    """
    Return the features that meet all conditions, one page of them.

    A shape meets a box when it touches it; a feature without a place meets none. A feature without
    a time meets every span; one with a beginning and an end meets what overlaps them, the first
    and the last day included.
    """
    found = features_of(dataset)
    chosen = np.ones(len(found.lines), dtype=bool)
    if wanted.box is not None:
        chosen &= shapely.intersects(shapely.box(*wanted.box), found.shapes)
    if wanted.span is not None:
        chosen &= _at_the_time(dataset, found, wanted.span)
    for name, value in wanted.equal:
        chosen &= np.array([one == value for one in found.values.get(name, ())], dtype=bool)
    rows = np.flatnonzero(chosen)
    shown = rows[wanted.offset : wanted.offset + wanted.limit]
    return Page(len(rows), tuple(found.lines[row] for row in shown))


def feature(dataset: OpenDataset, ident: str) -> bytes:
    """Return one feature; ``NoOpenDataError`` when there is none of that id."""
    found = features_of(dataset)
    if ident not in found.rows:
        raise NoOpenDataError("There is no feature {feature}.", feature=ident[:64])
    return found.lines[found.rows[ident]]


def property_value(dataset: OpenDataset, name: str, text: str) -> Any:
    """
    Return what a property is asked to equal, as its type has it.

    Raises
    ------
    InputError
        If the text is no value of that type.
    """
    kind = next(column.type for column in dataset.dictionary if column.name == name)
    try:
        if kind == "integer":
            return _whole(text)
        if kind == "number":
            return _finite(text)
        if kind == "date":
            return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError("{name} cannot be {value}.", name=name, value=text[:40]) from None
    if kind != "boolean":
        return text
    if text not in ("true", "false"):
        raise InputError("{name} cannot be {value}.", name=name, value=text[:40])
    return text == "true"


def box_of(text: str) -> Box:
    """
    Return west, south, east and north of ``bbox``; of six numbers the heights are left out.

    Raises
    ------
    InputError
        Unless these are four or six finite numbers, longitudes from -180 to 180, latitudes from
        -90 to 90, the smaller first. A box across the date line is refused: no county lies there.
    """
    parts = text.split(",")
    if len(parts) not in (4, 6):
        raise InputError("bbox needs 4 or 6 numbers: west, south, east, north.")
    try:
        numbers = [_finite(part) for part in parts]
    except ValueError:
        raise InputError("bbox needs 4 or 6 numbers: west, south, east, north.") from None
    half = len(numbers) // 2
    west, south = numbers[:2]
    east, north = numbers[half : half + 2]
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        raise InputError("bbox is in degrees: longitude -180 to 180, latitude -90 to 90.")
    if west > east or south > north:
        raise InputError("bbox is west, south, east, north: the smaller number goes first.")
    return west, south, east, north


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ValueError(text)
    return int(text)


def _finite(text: str) -> float:
    number = float(text) if text.isascii() and "_" not in text else float("nan")
    if not np.isfinite(number):
        raise ValueError(text)
    return number


def span_of(text: str) -> Span:
    """
    Return the first and last day of ``datetime``: a day or time, or two with a slash (RFC 3339).

    ".." or nothing on one side means without end. Times count with their day.

    Raises
    ------
    InputError
        For anything else, and when the end lies before the beginning.
    """
    first, slash, last = text.partition("/")
    try:
        begin = _day(first, dt.date.min if slash else None)
        end = _day(last, dt.date.max) if slash else begin
    except ValueError:
        raise InputError(
            "datetime needs a day such as 2025-06-30, or two with a slash between."
        ) from None
    if begin > end or (slash and first in ("", "..") and last in ("", "..")):
        raise InputError("datetime needs a day such as 2025-06-30, or two with a slash between.")
    return begin, end


def _day(text: str, without: dt.date | None) -> dt.date:
    if text in ("", "..") and without is not None:
        return without
    if len(text) == len("2025-06-30"):
        return dt.date.fromisoformat(text)
    if not text[10:11] or text[10] not in "Tt":
        raise ValueError(text)
    return dt.datetime.fromisoformat(text.upper()).date()


def _at_the_time(dataset: OpenDataset, found: Features, span: Span) -> NDArray[np.bool_]:
    times = TIMES.get("release" if dataset.group == "release" else dataset.kind)
    if times is None:
        return np.ones(len(found.lines), dtype=bool)
    first, last = (found.values.get(name, ()) for name in times)
    begin, end = span[0].isoformat(), span[1].isoformat()  # ISO days sort as text
    return np.array(
        [(not a or a <= end) and (not b or b >= begin) for a, b in zip(first, last, strict=True)],
        dtype=bool,
    )


def features_of(dataset: OpenDataset) -> Features:
    """Return the features of a data set's newest version, read once and kept."""
    version = next(v for v in dataset.versions if v.version == dataset.version)
    file = dataset.file("geojson")
    if version.folder is None or file is None:
        raise NoOpenDataError("There is no open data set {dataset}.", dataset=dataset.id)
    path = version.folder / file.name
    with _lock:
        if path not in _kept:
            _kept[path] = _read(path)
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(path)
        return _kept[path]


def _read(path: Path) -> Features:
    """Read the file line by line: the first and last are the collection, the others features."""
    lines = [line.removesuffix(b",") for line in path.read_bytes().split(b"\n")[1:-2] if line]
    told = [json.loads(line) for line in lines]
    texts = [_geometry(line) for line in lines]
    shapes = np.empty(len(lines), dtype=object)
    shapes[:] = shapely.from_geojson(np.array(texts, dtype=object)) if lines else []
    names = list(told[0]["properties"]) if told else []
    return Features(
        tuple(lines),
        shapes,
        {name: [one["properties"][name] for one in told] for name in names},
        {one["id"]: row for row, one in enumerate(told)},
    )


def _geometry(line: bytes) -> str | None:
    # Writing each geometry out again would cost more than all else: it stands between these words.
    _, _, rest = line.partition(b',"geometry":')
    text = rest.partition(b',"properties":')[0].decode()
    return None if text == "null" else text


def forget() -> None:
    """Drop what is kept in memory."""
    with _lock:
        _kept.clear()
