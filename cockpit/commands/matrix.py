"""``python -m cockpit matrix``: travel times between two files of points, on the county's roads."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cockpit.answers.reach import Reach, current_reach
from cockpit.commands.output import replaced, require_writable
from cockpit.locale import translate
from geodata.errors import DataFileError, InputError
from geodata.network import UNREACHED, UNREACHED_M, TravelTimes
from loaders.export import escape_formulas
from loaders.points import Points, read_points

_TOLD = 20  # points named one by one
_PAIRS_AT_ONCE = 2_000_000  # about 100 MB as a table
_MOST_PAIRS = 500_000_000


def run(given: argparse.Namespace) -> int:
    """Read both files, measure, and write; return 0."""
    ending = given.output.suffix.lower()
    if ending not in (".parquet", ".csv"):
        raise InputError(
            "{file}: unknown ending; expected one of {known}.",
            file=given.output.name, known="csv, parquet",
        )  # fmt: skip
    require_writable(given.output)
    reach = current_reach()
    if reach is None:
        raise DataFileError("Nothing is loaded yet; load a county first.")
    if reach.roads is None:
        raise InputError("The county has no roads, so there are no ways to measure.")
    crs = str(reach.twin.county["crs"])
    starts, ends = (read_points(p, county_crs=crs) for p in (given.origins, given.destinations))
    if len(starts) * len(ends) > _MOST_PAIRS:
        raise InputError(
            "{n} origins and {m} destinations are too many pairs for one file; "
            "expected at most {most}.",
            n=f"{len(starts):,}", m=f"{len(ends):,}", most=f"{_MOST_PAIRS:,}",
        )  # fmt: skip
    if given.wide and "origin" in ends.ids:
        raise InputError(
            "{file}: a point has the id origin, which names the first column; use --long.",
            file=ends.file,
        )  # fmt: skip
    travel, places = _travel(reach, starts, ends)
    _tell_off_roads(travel, given.mode, places, (starts, ends), given.lang)
    parts = _parts(travel, places, (starts, ends), given)
    with replaced(given.output) as file:
        (_write_parquet if ending == ".parquet" else _write_csv)(parts, file)
    sentence = "{file}: {n} origins, {m} destinations."
    print(
        translate(
            sentence, given.lang, file=given.output.name, n=f"{len(starts):,}", m=f"{len(ends):,}"
        )
    )
    return 0


Places = tuple[NDArray[np.intp], NDArray[np.intp]]


def _travel(reach: Reach, starts: Points, ends: Points) -> tuple[TravelTimes, Places]:
    """Return travel times between the points; equal points are one place, no walk to themselves."""
    both = np.vstack((starts.lonlat, ends.lonlat))
    places, number = np.unique(both, axis=0, return_inverse=True)
    number = number.ravel()
    travel = TravelTimes(
        reach.roads, places, crs=str(reach.twin.county["crs"]), modes=reach.travel.modes
    )
    return travel, (number[: len(starts)], number[len(starts) :])


def _tell_off_roads(
    travel: TravelTimes, mode: str, places: Places, files: tuple[Points, Points], language: str
) -> None:
    """Name the points that no road comes near; refuse a file of nothing else."""
    off = travel.off_network(mode)
    limit = travel.modes[mode].off_road_limit_m
    for numbers, points in zip(places, files, strict=True):
        far = np.flatnonzero(np.isin(numbers, off))
        if len(far) == len(points):
            raise InputError(
                "{file}: no point lies within {limit} m of a road of the county.",
                file=points.file, limit=f"{limit:,.0f}",
            )  # fmt: skip
        for i in far[:_TOLD].tolist():
            sentence = (
                "{file}, row {row}: {id} lies farther than {limit} m from every road of the "
                "county; it is written as unreachable."
            )
            _warn(
                sentence, language, file=points.file, row=int(points.rows[i]), id=points.ids[i],
                limit=f"{limit:,.0f}",
            )  # fmt: skip
        if len(far) > _TOLD:
            _warn("... and {n} more.", language, n=len(far) - _TOLD)


def _warn(sentence: str, language: str, **values: object) -> None:
    print(translate(sentence, language, **values), file=sys.stderr)


def _parts(
    travel: TravelTimes, places: Places, files: tuple[Points, Points], given: argparse.Namespace
) -> Iterator[pd.DataFrame]:
    """Yield the table in pieces of some origins."""
    starts, ends = files
    unit = "seconds" if given.cost == "time" else "metres"
    at_once = max(1, _PAIRS_AT_ONCE // len(ends))
    for first in range(0, len(starts), at_once):
        rows = slice(first, first + at_once)
        cost = travel.matrix(given.mode, places[0][rows], places[1], cost=given.cost)
        ids = starts.ids[rows]
        if given.wide:
            table = pd.DataFrame({str(end): _figures(cost[:, j]) for j, end in enumerate(ends.ids)})
            table.insert(0, "origin", ids)
        else:
            table = pd.DataFrame(
                {
                    "origin": np.repeat(ids, len(ends)),
                    "destination": np.tile(ends.ids, len(ids)),
                    unit: _figures(cost.ravel()),
                }
            )
        yield table


def _figures(cost: NDArray[Any]) -> pd.Series[Any]:
    """Return whole numbers, missing where there is no way."""
    nothing = UNREACHED if cost.dtype == np.uint16 else UNREACHED_M
    figures = pd.Series(cost.astype(np.int64), dtype="Int64")
    figures[cost == nothing] = pd.NA
    return figures


def _write_csv(parts: Iterator[pd.DataFrame], file: Path) -> None:
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        for number, part in enumerate(parts):
            escape_formulas(part).to_csv(out, index=False, header=number == 0)


def _write_parquet(parts: Iterator[pd.DataFrame], file: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer: Any = None
    try:
        for part in parts:
            table = pa.Table.from_pandas(part, preserve_index=False)
            if writer is None:
                writer = pq.ParquetWriter(file, table.schema)
            writer.write_table(table.cast(writer.schema))
    finally:
        if writer is not None:
            writer.close()
