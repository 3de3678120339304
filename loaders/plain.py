"""Plain files for other programs' questions: read as they stand, columns found by their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geodata.errors import DataFileError
from loaders import aliases
from loaders.files import opened
from loaders.manifest import County, Dataset, Kind, Manifest
from loaders.places import Reading
from loaders.read import read_raw
from loaders.table import ReadContext
from loaders.tables import RawTable


def read_plain(
    path: Path, *, kind: Kind = "road_nodes", county_crs: str = "EPSG:4490"
) -> tuple[str, RawTable]:
    """
    Read a table or map file that no manifest describes; return its name in messages, and itself.

    ``kind`` (``loaders.catalog``) tells which headers to look for below titles and units. Packed
    files, encodings and limits are those of all loaders.

    Raises
    ------
    DataFileError
        If the file is missing, unreadable, without a row, or has rows of too many or few cells.
    """
    entry = Dataset(id="plain", title=path.name, kind=kind, file=path.name)
    county = County(code="0", name="", crs=county_crs, code_scheme="free")
    manifest = Manifest(county=county, dataset=(entry,), folder=path.parent)
    with opened(path, limits=ReadContext().limits) as source:
        reading = Reading(entry, manifest, ReadContext(), source.name)
        raw = read_raw(source, reading)
    if raw.faults:
        fault = raw.faults[0]
        raise refusal(
            reading.file, fault.row, "-", f"{fault.found} cells", f"{fault.expected} cells"
        )
    if not len(raw.rows):
        raise DataFileError("{file}: no rows.", file=reading.file)
    return reading.file, raw


def find_column(headers: Sequence[str], known: Sequence[str]) -> int | None:
    """Return the place of the first header that is one of the names; None when there is none."""
    plains = [aliases.plain(header) for header in headers]
    bare = [aliases.unit_of(header)[0] for header in headers]
    for spelled in (plains, bare):
        for alias in known:
            if alias in spelled:
                return spelled.index(alias)
    return None


def require_column(raw: RawTable, name: str, title: str, known: Sequence[str], file: str) -> int:
    """
    Return the place of a column.

    Raises
    ------
    DataFileError
        Naming the column that is missing and those that were found.
    """
    found = find_column(raw.headers, known)
    if found is None:
        raise aliases.missing_column(name, title, raw.headers, file)
    return found


def require_ids(ids: NDArray[np.object_], rows: NDArray[np.int64], file: str) -> None:
    """
    Refuse ids of which one is empty or stands twice.

    Raises
    ------
    DataFileError
        Naming the row, and the one that has the id already.
    """
    seen: dict[str, int] = {}
    for row, key in zip(rows.tolist(), ids.tolist(), strict=True):
        if not key:
            raise DataFileError("{file}, row {row}: the id is empty.", file=file, row=row)
        if key in seen:
            raise DataFileError(
                "{file}, row {row}: the id {id} stands in row {first} already.",
                file=file, row=row, id=key, first=seen[key],
            )  # fmt: skip
        seen[key] = row


def refusal(file: str, row: int, column: str, found: str, expected: str) -> DataFileError:
    """Return the error that names a row of a file, what stands there and what should."""
    return DataFileError(
        "{file}, row {row}: {column} is {found}; expected {expected}.",
        file=file, row=row, column=column, found=found, expected=expected,
    )  # fmt: skip
