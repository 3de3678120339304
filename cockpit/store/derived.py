"""What follows from the stored tables: moved counts, centres, heights of roads, conflicts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, bindparam, delete, insert, select, true, update

from cockpit.store import models as m
from cockpit.store.catalogue import residents_by_leaf, store_findings, table_of
from cockpit.store.dates import counted_leaves, whole_dates
from cockpit.store.sealed import Opener, seal_rows
from cockpit.store.settle import KEYS, Tree, read_tree, refuse_double_counts, settle
from loaders.catalog import POPULATION_KINDS
from loaders.crosscheck import compare
from loaders.elevation import sample_elevation
from loaders.manifest import CrossCheck
from loaders.table import Finding


def settle_all(connection: Connection, folder: Path) -> int:
    """Move counts down, set centres and heights of roads; return the usual residents."""
    tree = read_tree(connection)
    findings: list[tuple[int, Finding]] = []
    for model in KEYS:
        refuse_double_counts(connection, model)
        findings += settle(connection, model, tree)
    _keep_findings(connection, findings + _partial_dates(connection))
    people = residents_by_leaf(connection)
    _weight_centres(connection, tree, people)
    _node_elevations(connection, folder)
    return sum(people.values())


def _keep_findings(connection: Connection, findings: list[tuple[int, Finding]]) -> None:
    """Store what is newly found and drop what no longer holds; the rest keeps its status."""
    table = table_of(m.QualityIssue)
    rows = connection.execute(
        select(table.c.id, table.c.batch_id, table.c.rule, table.c.found).where(
            table.c.rule.in_(("total.differs", "date.partial")), table.c.file == ""
        )
    ).all()
    said = Opener(connection).texts(table.name, "found", (r.id for r in rows),
                                    (r.found for r in rows))  # fmt: skip
    stored = {(r.batch_id, r.rule, found): r.id for r, found in zip(rows, said, strict=True)}
    for batch, finding in findings:
        if stored.pop((batch, finding.rule, finding.found), None) is None:
            dataset = connection.execute(
                select(m.Batch.dataset_id).where(m.Batch.id == batch)
            ).scalar_one()
            store_findings(connection, batch, [replace(finding, dataset=dataset)])
    connection.execute(delete(table).where(table.c.id.in_(list(stored.values()))))


_SERIES: dict[type[m.Base], tuple[Any, ...]] = {
    m.Population: tuple(m.Population.kind == kind for kind in POPULATION_KINDS),
    m.Household: (true(),),
    m.Vulnerable: (true(),),
}


def _partial_dates(connection: Connection) -> list[tuple[int, Finding]]:
    """Return a warning, with its batch, for each date of a series that counts only a part."""
    found: list[tuple[int, Finding]] = []
    for model, series in _SERIES.items():
        table = table_of(model)
        for where in series:
            counted = counted_leaves(connection, model, where)
            whole = whole_dates(counted)
            most = max((int(counted[date].sum()) for date in whole), default=0)
            for date in counted.keys() - set(whole):
                query = select(table.c.batch_id).where(where, table.c.date == date).distinct()
                n = int(counted[date].sum())
                found += [
                    (batch, _partial_finding(date, n, most))
                    for batch in connection.execute(query).scalars()
                ]
    return found


def _partial_finding(date: dt.date, n: int, expected: int) -> Finding:
    return Finding(
        dataset="", file="", row=None, column="date", rule="date.partial",
        dimension="completeness", severity="warning", found=f"{date}: {n}",
        expected="counts in {expected} regions, as at the fullest date; this date is not shown",
        values={"expected": expected},
    )  # fmt: skip


def _weight_centres(connection: Connection, tree: Tree, people: dict[str, int]) -> None:
    """Move the centre of each region to where its people live (mean of leaf centres by people)."""
    places = connection.execute(
        select(m.Region.lon, m.Region.lat).order_by(m.Region.position)
    ).all()
    lonlat = np.array([(lon, lat) for lon, lat in places], dtype=float)
    weight = np.array([people.get(code, 0) for code in tree.codes], dtype=float)
    weight[~tree.is_leaf | np.isnan(lonlat[:, 0])] = 0
    sums = np.nan_to_num(lonlat) * weight[:, None]
    for row in range(len(tree.codes) - 1, 0, -1):
        up = tree.parents[row]
        sums[up] += sums[row]
        weight[up] += weight[row]
    changed = np.flatnonzero(~tree.is_leaf & (weight > 0))
    for row in changed.tolist():
        lon, lat = sums[row] / weight[row]
        connection.execute(
            update(m.Region).where(m.Region.code == tree.codes[row]).values(lon=lon, lat=lat)
        )


def _node_elevations(connection: Connection, folder: Path) -> None:
    """Give road nodes without height that of the stored elevation raster."""
    raster = connection.execute(select(m.Raster.file)).scalar()
    nodes = connection.execute(
        select(m.RoadNode.id, m.RoadNode.lon, m.RoadNode.lat).where(
            m.RoadNode.elevation_m.is_(None)
        )
    ).all()
    if raster is None or not nodes:
        return
    heights = sample_elevation(
        folder / raster, np.array([n[1] for n in nodes]), np.array([n[2] for n in nodes])
    )
    table = table_of(m.RoadNode)
    connection.execute(
        update(table)
        .where(table.c.id == bindparam("node"))
        .values(elevation_m=bindparam("height")),
        [
            {"node": node[0], "height": None if np.isnan(height) else float(height)}
            for node, height in zip(nodes, heights, strict=True)
        ],
    )


def crosscheck_all(connection: Connection, checks: tuple[CrossCheck, ...]) -> int:
    """Compare registers as the manifest asks; return the number of conflicts."""
    connection.execute(delete(m.Conflict))
    return sum(_crosscheck(connection, check) for check in checks)


_PERSON_FIELDS = {"code": "region_code", "building": "building_id", "name": "name_key"}


def _crosscheck(connection: Connection, check: CrossCheck) -> int:
    """Compare two registers of persons; store what does not agree, return how many contradict."""
    wanted = dict.fromkeys((*check.fields, "name", "birth"))  # the last two find near-duplicates
    columns = {field: _PERSON_FIELDS.get(field, field) for field in wanted}
    left, right = (_register(connection, side, columns) for side in (check.left, check.right))
    result = compare(left, right, key="key", fields=check.fields, near_key="masked")
    masked = dict(zip(pd.concat([left["key"], right["key"]]),
                      pd.concat([left["masked"], right["masked"]]), strict=True))  # fmt: skip
    rows = [
        {
            "check_id": check.id, "kind": one.kind, "key": masked.get(one.key, ""),
            "column": one.field, "left_value": _worded(one.left), "right_value": _worded(one.right),
            "left_row": one.left_row, "right_row": one.right_row, "left_dataset": check.left,
            "right_dataset": check.right, "status": "open",
        }
        for one in result.conflicts
    ]  # fmt: skip
    if rows:
        connection.execute(insert(m.Conflict), seal_rows(connection, table_of(m.Conflict), rows))
    # Somebody whom one register does not list contradicts nothing: not everybody is insured.
    return sum(one.kind in ("value", "near") for one in result.conflicts)


def _worded(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def _register(connection: Connection, dataset: str, columns: Mapping[str, str]) -> pd.DataFrame:
    table = table_of(m.Person)
    query = select(
        table.c.key, table.c.masked, table.c.source_row.label("row"),
        *(table.c[column].label(name) for name, column in columns.items()),
    ).where(table.c.dataset_id == dataset)  # fmt: skip
    rows = connection.execute(query).all()
    found = pd.DataFrame(rows, columns=["key", "masked", "row", *columns])
    if "birth" in found:  # a column that nobody gave comes as numbers
        found["birth"] = found["birth"].astype(object).where(found["birth"].notna(), None)
    keys = [(dataset, key) for key in found["key"]]
    opener = Opener(connection)
    found["masked"] = opener.texts(table.name, "masked", keys, found["masked"])
    if "birth" in found:
        days = opener.days(table.name, "birth", keys, found["birth"])
        found["birth"] = pd.Series(days, index=found.index, dtype=object)
    return found
