"""Headers of files to standard columns: the manifest first, then known aliases."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from geodata.errors import DataFileError
from loaders.catalog import COLUMNS, Column
from loaders.manifest import Dataset
from loaders.rules import mask_text

_BRACKETS = re.compile(r"[(\[〔【]([^)\]〕】]*)[)\]〕】]$")
DBF_NAME_BYTES = 10  # Shapefiles cut field names to this


@dataclass(frozen=True)
class Matches:
    """Which column of the file is which standard column."""

    positions: Mapping[str, int]  # standard column -> position in the file
    headers: Mapping[str, str]  # standard column -> header as it stands in the file
    units: Mapping[str, str]  # standard column -> unit written in the header, "" if none


def plain(header: str) -> str:
    """Return a header for comparison: half width, lower case, no blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", header)).strip("\ufeff").casefold()


def unit_of(header: str) -> tuple[str, str]:
    """Split "人口(万人)" into the name and the unit in brackets, both plain."""
    name = plain(header)
    match = _BRACKETS.search(name)
    if match and match.start() > 0:
        return name[: match.start()], match[1].removeprefix("单位:")
    return name, ""


def known_headers(entry: Dataset) -> set[str]:
    """Return all plain headers that mean something for a data set."""
    known = {plain(header) for header in entry.columns.values()}
    for column in COLUMNS[entry.kind]:
        known.update(plain(alias) for alias in (*column.aliases, column.name, column.title))
    return known


def count_known(cells: Iterable[str], known: set[str]) -> int:
    """Return how many cells are known headers; tells the header row from a title."""
    return sum(plain(cell) in known or unit_of(cell)[0] in known for cell in cells)


def match_headers(
    headers: Sequence[str], entry: Dataset, file: str, *, cut_names: bool = False
) -> Matches:
    """
    Find the standard columns of a data set among the headers of a file.

    The manifest's ``columns`` come first; two standard columns may name the same header there.
    Then each remaining column takes the first of its aliases that is a header not taken yet;
    earlier aliases win. Case, blanks, full-width forms and a unit in brackets do not matter.

    Parameters
    ----------
    headers
        As they stand in the file.
    cut_names
        Whether names may be cut to 10 bytes, as in a Shapefile's table.

    Raises
    ------
    DataFileError
        If the manifest names a header that is not there.
    """
    positions: dict[str, int] = {}
    plains = [plain(header) for header in headers]
    for name, header in entry.columns.items():
        place = _find(plains, plain(header), cut_names=cut_names)
        if place is None:
            raise missing_column(header, _title(entry, name), headers, file)
        positions[name] = place
    taken = set(positions.values())
    for column in COLUMNS[entry.kind]:
        if column.name in positions or column.name in entry.constant:
            continue
        place = _alias_place(column, headers, plains, taken, cut_names=cut_names)
        if place is not None:
            positions[column.name] = place
            taken.add(place)
    return Matches(
        positions,
        {name: headers[place] for name, place in positions.items()},
        {name: unit_of(headers[place])[1] for name, place in positions.items()},
    )


def require(
    matches: Matches, wanted: Iterable[str], entry: Dataset, file: str, headers: Sequence[str]
) -> None:
    """
    Refuse a file without a column that must be there.

    Raises
    ------
    DataFileError
        Naming the first column that is neither matched nor constant.
    """
    for name in wanted:
        if name not in matches.positions and name not in entry.constant:
            raise missing_column(name, _title(entry, name), headers, file)


def missing_column(name: str, title: str, headers: Sequence[str], file: str) -> DataFileError:
    """Return the error that a column is missing; it names what was found."""
    shown = list(headers[:30]) + (["..."] if len(headers) > 30 else [])
    return DataFileError(
        "{file}: missing column {column} ({title}). Found: {found}.",
        file=file,
        column=name,
        title=title,
        # Without a header the first row is taken for one, with whatever stands in it.
        found=mask_text(", ".join(shown)) or "-",
    )


def _title(entry: Dataset, name: str) -> str:
    return next((c.title for c in COLUMNS[entry.kind] if c.name == name), name)


def _find(plains: Sequence[str], wanted: str, *, cut_names: bool) -> int | None:
    if wanted in plains:
        return plains.index(wanted)
    if cut_names:
        for place, name in enumerate(plains):
            if name and is_cut(name, wanted):
                return place
    return None


def is_cut(name: str, whole: str) -> bool:
    """Tell whether a header is what 10 bytes of GBK or UTF-8 leave of the whole name."""
    if not whole.startswith(name) or name == whole:
        return False
    lengths = {len(name.encode(codec, errors="replace")) for codec in ("gb18030", "utf-8")}
    # A character cut in its middle is lost, so up to 3 bytes are missing.
    return any(DBF_NAME_BYTES - 3 < length <= DBF_NAME_BYTES for length in lengths)


def _alias_place(
    column: Column,
    headers: Sequence[str],
    plains: Sequence[str],
    taken: set[int],
    *,
    cut_names: bool,
) -> int | None:
    aliases = [
        plain(alias) for alias in dict.fromkeys((column.name, *column.aliases, column.title))
    ]
    aliases.sort(key=lambda alias: alias != plain(column.name))
    bare = [unit_of(header)[0] for header in headers]
    for found in (plains, bare):
        for alias in aliases:
            for place, name in enumerate(found):
                if name == alias and place not in taken:
                    return place
    if cut_names:
        for alias in aliases:
            for place, name in enumerate(plains):
                if name and place not in taken and is_cut(name, alias):
                    return place
    return None
