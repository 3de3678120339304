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

    For each series (kind and date) a region's own count is moved to its leaves. Where regions below
    it have counts of the same series, those stand: what the own count has beyond them goes to the
    leaves that none of them counts, and where there is no such leaf, or less than nothing is left,
    the own count only checks their sum. Every total that is moved is kept exactly (largest
    remainder over buildings or area).

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
        counted = _counted(connection, table, tree, named)
        rows = group["region_code"].map(tree.row).to_numpy(dtype=np.int64)
        below = _above(tree, counted)[rows]
        moving = group[~below]
        if below.any():
            rest, differing = _rest(connection, model, table, tree, group[below], named, counted)
            moving = pd.concat([moving, rest], ignore_index=True) if len(rest) else moving
            findings += differing
        _move(connection, model, table, tree, moving, by_area, counted)
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


def _series(table: Table, named: dict[str, Any]) -> list[Any]:
    """Return the conditions on the counted rows of a series."""
    return [~table.c.moved, *(table.c[column] == value for column, value in named.items())]


def _counted(
    connection: Connection, table: Table, tree: Tree, named: dict[str, Any]
) -> NDArray[np.bool_]:
    """Return for each region whether it has a count of the series itself."""
    query = select(table.c.region_code).where(*_series(table, named)).distinct()
    codes = set(connection.execute(query).scalars())
    return np.array([code in codes for code in tree.codes], dtype=bool)


def _above(tree: Tree, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return for each region whether one below it is marked."""
    above = np.zeros(len(tree.codes), dtype=bool)
    for row in range(len(tree.codes) - 1, 0, -1):  # parents stand before children
        if (marked[row] or above[row]) and tree.parents[row] >= 0:
            above[tree.parents[row]] = True
    return above


def _free(tree: Tree, counted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return for each region whether it has a leaf with no counted region on the way to it."""
    free = tree.is_leaf.copy()
    for row in range(len(tree.codes) - 1, 0, -1):
        if free[row] and not counted[row] and tree.parents[row] >= 0:
            free[tree.parents[row]] = True
    return free


def _rest(
    connection: Connection, model: type[m.Base], table: Table, tree: Tree, group: pd.DataFrame,
    named: dict[str, Any], counted: NDArray[np.bool_],
) -> tuple[pd.DataFrame, list[tuple[int, Finding]]]:  # fmt: skip
    """
    Return what coarser counts have beyond the finer ones, as rows, and the sums that differ.

    ``group`` are the rows of regions above counted ones. Works upwards, so that a region is
    compared with what the regions below it have in the end.
    """
    keys, count = KEYS[model]
    wide = _wide(connection, model, table, named)
    row_of = tree.row
    own = np.zeros((len(tree.codes), len(wide.columns)), dtype=np.int64)
    own[[row_of[code] for code in wide.index]] = wide.to_numpy()
    batch_of = {row_of[c]: int(b) for c, b in zip(group["region_code"], group["batch_id"],
                                                  strict=True)}  # fmt: skip
    free = _free(tree, counted)
    below = np.zeros_like(own)
    rest: list[tuple[int, NDArray[np.int64]]] = []
    findings: list[tuple[int, Finding]] = []
    for row in range(len(tree.codes) - 1, -1, -1):
        total = own[row] if counted[row] else below[row]
        if row in batch_of:
            left = _left(wide.columns, own[row], below[row]) if free[row] else None
            if left is None:
                total = below[row]
                sums = int(own[row].sum()), int(total.sum())
                if sums[0] != sums[1]:
                    findings.append((batch_of[row], _total_finding(tree.codes[row], *sums, count)))
            else:
                rest.append((row, left))
                total = below[row] + left
        if tree.parents[row] >= 0:
            below[tree.parents[row]] += total
    parts = [
        wide.columns.to_frame(index=False).assign(
            **{"region_code": tree.codes[row], count: left, "batch_id": batch_of[row]}
        )[left > 0]
        for row, left in rest
        if left.any()
    ]
    columns = ["region_code", *keys, count, "batch_id"]
    return pd.concat(parts, ignore_index=True) if parts else group[columns][:0], findings


def _wide(
    connection: Connection, model: type[m.Base], table: Table, named: dict[str, Any]
) -> pd.DataFrame:
    """Return the counts of a series, a row for each region and a column for each key."""
    keys, count = KEYS[model]
    columns = ("region_code", *keys, count)
    found = connection.execute(
        select(*(table.c[c] for c in columns)).where(*_series(table, named))
    ).all()
    frame = pd.DataFrame(found, columns=list(columns))
    if model is m.Population:  # a rest may have no ages, even where every count has
        nobody = dict(named, region_code=frame["region_code"].iat[0], sex="t", age_band="all")
        frame = pd.concat([frame, pd.DataFrame([nobody | {count: 0}])], ignore_index=True)
    return frame.pivot_table(
        index="region_code", columns=list(keys), values=count, aggfunc="sum", fill_value=0
    ).astype(np.int64)


def _left(
    keys: pd.Index, own: NDArray[np.int64], below: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """
    Return what a region's count has beyond the counts below it, by key; None when that is unknown.

    Where the two do not tell the same keys apart, nobody knows the rest by key: of people its total
    goes on without sex and age, of all else nothing does.
    """
    left = own - below
    people = "sex" in keys.names
    if _told_apart(keys, own, people) == _told_apart(keys, below, people) and (left >= 0).all():
        return left
    if not below.any():
        return left
    if not people or left.sum() < 0:
        return None
    whole = (keys.get_level_values("sex") == "t") & (keys.get_level_values("age_band") == "all")
    rest: NDArray[np.int64] = np.where(whole, left.sum(), 0)
    return rest


def _told_apart(keys: pd.Index, counts: NDArray[np.int64], people: bool) -> set[Any]:
    """Return what counts tell apart: of people whether sexes and ages, else the keys themselves."""
    used = keys[counts > 0]
    if not people:
        return set(used)
    return set(zip(used.get_level_values("sex") == "t",
                   used.get_level_values("age_band") == "all", strict=True))  # fmt: skip


def _leaves_of(
    tree: Tree, rows: Iterable[int], counted: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (place in ``rows``, leaf row) of the leaves that get a share of the given regions."""
    place = np.full(len(tree.codes), -1, dtype=np.int64)
    for number, row in enumerate(rows):
        place[row] = number
    for row in range(len(tree.codes)):  # parents stand before children
        if place[row] < 0 and not counted[row] and tree.parents[row] >= 0:
            place[row] = place[tree.parents[row]]
    leaf = np.flatnonzero(tree.is_leaf & (place >= 0))
    return place[leaf], leaf


def _moved_by_area(connection: Connection) -> set[int]:
    """Return the batches whose manifest entry says that area, not buildings, moves the counts."""
    found = connection.execute(select(m.Batch.id, m.Batch.entry).where(m.Batch.current)).all()
    return {batch for batch, entry in found if entry.get("move_by") == "area"}


def _move(
    connection: Connection, model: type[m.Base], table: Table, tree: Tree, group: pd.DataFrame,
    by_area: set[int], counted: NDArray[np.bool_],
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
    source, leaf = _leaves_of(tree, [row_of[code] for code in codes], counted)
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


def _total_finding(code: str, total: int, below: int, count: str) -> Finding:
    return Finding(
        dataset="", file="", row=None, column=count, rule="total.differs", dimension="consistency",
        severity="warning", found=f"{code}: {total}", expected="{sum}, the sum below",
        values={"sum": below},
    )  # fmt: skip
