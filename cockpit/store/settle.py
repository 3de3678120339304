"""Move counts of larger regions to their leaves, and check sums that two levels both state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, delete, func, select

from cockpit.store import models as m
from cockpit.store.bulk import insert_frame
from cockpit.store.rows import weights
from geodata import areal
from geodata.errors import DataFileError
from loaders.table import Finding

# What one count is about, besides its region; the rest of the row is the count and its origin.
KEYS: dict[type[m.Base], tuple[tuple[str, ...], str]] = {
    m.Population: (("kind", "date", "sex", "age_band"), "persons"),
    m.Household: (("date", "type"), "households"),
    m.Vulnerable: (("date", "group"), "persons"),
}
_SERIES = {m.Population: ("kind", "date"), m.Household: ("date",), m.Vulnerable: ("date",)}


@dataclass(frozen=True)
class Tree:
    """The regions as settled counts need them, in the order of ``region.position``."""

    codes: list[str]
    parents: NDArray[np.int64]  # (n,) row of the parent, -1 for the county
    is_leaf: NDArray[np.bool_]
    has_shape: NDArray[np.bool_]
    area: NDArray[np.float64]
    housing: NDArray[np.float64]  # (n,) weight of the buildings; 0 where there are none

    @property
    def row(self) -> dict[str, int]:
        """Code to row."""
        return {code: row for row, code in enumerate(self.codes)}


def read_tree(connection: Connection) -> Tree:
    """Read regions and housing from the store."""
    found = connection.execute(
        select(
            m.Region.code, m.Region.parent_code, m.Region.is_leaf, m.Region.area_km2,
            m.Region.geometry.is_not(None),
        ).order_by(m.Region.position)
    ).all()  # fmt: skip
    codes = [row[0] for row in found]
    row_of = {code: row for row, code in enumerate(codes)}
    buildings = pd.DataFrame(
        connection.execute(
            select(
                m.Building.region_code, m.Building.dwellings, m.Building.levels,
                m.Building.footprint_m2,
            ).where(m.Building.region_code.is_not(None))
        ).all(),
        columns=["region_code", "dwellings", "levels", "footprint_m2"],
    ).astype({"dwellings": float, "levels": float, "footprint_m2": float})  # fmt: skip
    return Tree(
        codes,
        np.array([row_of.get(row[1] or "", -1) for row in found], dtype=np.int64),
        np.array([bool(row[2]) for row in found]),
        np.array([bool(row[4]) for row in found]),
        np.array([row[3] or 0.0 for row in found], dtype=float),
        weights(np.array(codes, dtype=object), buildings),
    )


def settle(connection: Connection, model: type[m.Base], tree: Tree) -> list[tuple[int, Finding]]:
    """
    Compute the moved rows of a table anew; return findings, each with its batch.

    For each series (kind and date) a region's own count is moved to its leaves, unless a region
    below it has a count of the same series: then the finer counts stand, and the coarser one only
    checks their sum. Every total is kept exactly (largest remainder over buildings or area).

    Raises
    ------
    DataFileError
        If two data sets count the same series in the same region.
    """
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - mapped classes have tables, not joins
    connection.execute(delete(table).where(table.c.moved))
    coarse = _coarse(connection, model, table)
    findings: list[tuple[int, Finding]] = []
    by_area = _moved_by_area(connection)
    for series, group in coarse.groupby(list(_SERIES[model]), sort=False) if len(coarse) else ():
        named = dict(zip(_SERIES[model], series, strict=True))
        covered = _covered(connection, table, tree, named)
        row_of = tree.row
        rows = group["region_code"].map(row_of).to_numpy(dtype=np.int64)
        below = covered[rows]
        findings += _differing(connection, table, tree, group[below], named, KEYS[model][1])
        _move(connection, model, table, tree, group[~below], by_area)
    return findings


def refuse_double_counts(connection: Connection, model: type[m.Base]) -> None:
    """Refuse two data sets that count the same series in regions of the same level."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - as above
    series = [table.c[name] for name in _SERIES[model]]
    found = connection.execute(select(table.c.batch_id, *series).where(~table.c.moved).distinct())
    batches: dict[tuple[Any, ...], list[int]] = {}
    for row in found:
        batches.setdefault(tuple(row[1:]), []).append(row[0])
    for what, several in batches.items():
        if len(several) > 1:
            _refuse_same_level(connection, table, series, what, several)


def _refuse_same_level(
    connection: Connection,
    table: Table,
    series: list[Any],
    what: tuple[Any, ...],
    batches: list[int],
) -> None:
    query = (
        select(m.Batch.dataset_id, m.Region.level)
        .select_from(table)
        .join(m.Batch, m.Batch.id == table.c.batch_id)
        .join(m.Region, m.Region.code == table.c.region_code)
        .where(~table.c.moved, table.c.batch_id.in_(batches))
        .where(*(column == value for column, value in zip(series, what, strict=True)))
        .group_by(m.Batch.dataset_id, m.Region.level)
        .order_by(func.min(table.c.batch_id))
    )
    first: dict[str, str] = {}
    for dataset, level in connection.execute(query):
        other = first.setdefault(level, dataset)
        if other != dataset:
            raise DataFileError(
                "Data sets {first} and {second} both count {what}; expected one count of each "
                "kind, date and level.",
                first=other,
                second=dataset,
                what=", ".join(map(str, (*what, level))),
            )


def _coarse(connection: Connection, model: type[m.Base], table: Table) -> pd.DataFrame:
    """Return the counted rows of regions that have regions below them."""
    keys, count = KEYS[model]
    columns = ("region_code", *keys, count, "batch_id")
    inner = select(m.Region.code).where(~m.Region.is_leaf)
    query = select(*(table.c[c] for c in columns)).where(
        table.c.region_code.in_(inner), ~table.c.moved
    )
    return pd.DataFrame(connection.execute(query).all(), columns=list(columns))


def _covered(
    connection: Connection, table: Table, tree: Tree, named: dict[str, Any]
) -> NDArray[np.bool_]:
    """Return for each region whether one below it has a count of the series."""
    query = select(table.c.region_code).where(~table.c.moved).distinct()
    for column, value in named.items():
        query = query.where(table.c[column] == value)
    row_of = tree.row
    covered = np.zeros(len(tree.codes), dtype=bool)
    for (code,) in connection.execute(query):
        above = tree.parents[row_of[code]]
        while above >= 0 and not covered[above]:
            covered[above] = True
            above = tree.parents[above]
    return covered


def _leaves_of(tree: Tree, rows: Iterable[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (place in ``rows``, leaf row) of every leaf under the given regions."""
    place = np.full(len(tree.codes), -1, dtype=np.int64)
    for number, row in enumerate(rows):
        place[row] = number
    for row in range(len(tree.codes)):  # parents stand before children
        if place[row] < 0 and tree.parents[row] >= 0:
            place[row] = place[tree.parents[row]]
    leaf = np.flatnonzero(tree.is_leaf & (place >= 0))
    return place[leaf], leaf


def _moved_by_area(connection: Connection) -> set[int]:
    """Return the batches whose manifest entry says that area, not buildings, moves the counts."""
    found = connection.execute(select(m.Batch.id, m.Batch.entry).where(m.Batch.current)).all()
    return {batch for batch, entry in found if entry.get("move_by") == "area"}


def _move(
    connection: Connection, model: type[m.Base], table: Table, tree: Tree, group: pd.DataFrame,
    by_area: set[int],
) -> None:  # fmt: skip
    if group.empty:
        return
    keys, count = KEYS[model]
    wide = group.pivot_table(
        index=["region_code", "batch_id"],
        columns=list(keys),
        values=count,
        aggfunc="sum",
        fill_value=0,
    )
    row_of = tree.row
    codes = [code for code, _ in wide.index]
    batches = np.array([batch for _, batch in wide.index])
    source, leaf = _leaves_of(tree, [row_of[code] for code in codes])
    # People live in places that can be drawn; a region without area gets none if others have one.
    drawn = tree.has_shape[leaf]
    use_area = np.isin(batches[source], list(by_area))
    weight = np.where(use_area, tree.area[leaf], tree.housing[leaf]) * drawn
    moved = areal.apportion(
        wide.to_numpy(dtype=np.int64), source, weight, area_of_cell=tree.area[leaf] * drawn
    )
    at, column = np.nonzero(moved)
    values = wide.columns.to_frame(index=False)
    frame = values.iloc[column].reset_index(drop=True)
    frame["region_code"] = np.array(tree.codes, dtype=object)[leaf[at]]
    frame["batch_id"] = batches[source[at]]
    frame[count] = moved[at, column]
    frame["moved"] = True
    insert_frame(connection, table, frame, constant={"source_row": None})


def _differing(
    connection: Connection, table: Table, tree: Tree, group: pd.DataFrame, named: dict[str, Any],
    count: str,
) -> list[tuple[int, Finding]]:  # fmt: skip
    """Compare the totals of coarser regions with the sum of the finer counts."""
    if group.empty:
        return []
    query = select(table.c.region_code, func.sum(table.c[count])).where(~table.c.moved)
    for column, value in named.items():
        query = query.where(table.c[column] == value)
    sums = np.zeros(len(tree.codes))
    row_of = tree.row
    for code, total in connection.execute(query.group_by(table.c.region_code)):
        sums[row_of[code]] = total
    finest = np.zeros(len(tree.codes))
    for row in range(len(tree.codes) - 1, -1, -1):
        own = finest[row] if finest[row] else sums[row]
        finest[row] = own
        if tree.parents[row] >= 0:
            finest[tree.parents[row]] += own
    found = []
    for (code, batch), total in group.groupby(["region_code", "batch_id"])[count].sum().items():
        below = finest[row_of[code]]
        if total != below:
            found.append((int(batch), _total_finding(code, int(total), int(below), count)))
    return found


def _total_finding(code: str, total: int, below: int, count: str) -> Finding:
    return Finding(
        dataset="", file="", row=None, column=count, rule="total.differs", dimension="consistency",
        severity="warning", found=f"{code}: {total}", expected="{sum}, the sum below",
        values={"sum": below},
    )  # fmt: skip
