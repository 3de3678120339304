"""Rows of a feed, checked against the county: ready for the store, or refused with a sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from cockpit.answers.feeds_county import Known, entry_of
from cockpit.feeds import UNLIKE_BEFORE, Checked, Refusal
from cockpit.store.placing import judged
from cockpit.store.rows import rows_of
from loaders.checks import check_table
from loaders.table import Finding, LoadedTable

NOT_EXPECTED = "{field} is {found}; expected {expected}."
EMPTY = "{field} is empty; expected {expected}."
UNUSUAL = (
    "a value near what this sensor has shown, {low} to {high} {unit}; it is stored and in doubt"
)
COLUMNS = {
    "events": (
        "id", "dataset_id", "channel", "category", "text", "region_code", "building_id", "lon",
        "lat", "reported", "closed", "status", "source_row",
    ),
    "readings": ("sensor_id", "time", "value"),
}  # fmt: skip


@dataclass
class Ready:
    """
    What one request brings to the store.

    ``rows`` have the columns of the table without batch and delivery; ``keys`` tell each row's
    identity, ``positions`` its place in the request and ``ids`` its name there.
    """

    kind: str
    rows: list[dict[str, Any]]
    keys: list[Any]  # event id, or (sensor, time)
    positions: list[int]
    ids: list[str]
    refused: list[Refusal]
    marked: list[Refusal] = field(default_factory=list)  # taken, with a doubt
    findings: list[Finding] = field(default_factory=list)  # the marks, as the page Data lists them
    repeated: int = 0  # rows that stand twice in the request, word for word

    def without(self, positions: set[int]) -> None:
        """Drop rows."""
        kept = [k for k, at in enumerate(self.positions) if at not in positions]
        for name in ("rows", "keys", "positions", "ids"):
            values = getattr(self, name)
            setattr(self, name, [values[k] for k in kept])


def ready(checked: Checked, kind: str, dataset: str, known: Known, now: dt.datetime) -> Ready:
    """Hold checked rows against the county; ``now`` is its local time."""
    made = _readings(checked, known) if kind == "readings" else _events(
        checked, dataset, known, now
    )  # fmt: skip
    _once(made)
    return made


def _once(made: Ready) -> None:
    """Keep the first of rows with one key; say so where a later one differs."""
    first: dict[Any, int] = {}
    drop: set[int] = set()
    for k, key in enumerate(made.keys):
        before = first.setdefault(key, k)
        if before == k:
            continue
        drop.add(made.positions[k])
        same = {**made.rows[before], "source_row": None} == {**made.rows[k], "source_row": None}
        if same:
            made.repeated += 1
        else:
            values = {"first": made.positions[before]}
            made.refused.append(Refusal(made.positions[k], made.ids[k], UNLIKE_BEFORE, values))
    if drop:
        made.without(drop)


# ---------------------------------------------------------------- readings


def _readings(checked: Checked, known: Known) -> Ready:
    rows = checked.rows
    values = np.array([row["value"] for row in rows], dtype=float)
    sensors = [row["sensor"] for row in rows]
    found = judged(sensors, values, [row.get("unit", "") for row in rows], known.devices)
    made = Ready("readings", [], [], [], [], list(checked.refused))
    bad = set()
    for doubt in found.doubts:
        row = rows[doubt.row]
        bad.add(doubt.row)
        values_said = _said(doubt.column, doubt.found, doubt.expected, doubt.values)
        made.refused.append(Refusal(row["position"], _reading_id(row), NOT_EXPECTED, values_said))
    for k, (row, value) in enumerate(zip(rows, found.values.tolist(), strict=True)):
        if k not in bad:
            made.rows.append({"sensor_id": row["sensor"], "time": row["time"], "value": value})
            made.keys.append((row["sensor"], row["time"]))
            made.positions.append(row["position"])
            made.ids.append(row.get("id", ""))
    made.marked = _unusual(made, known)
    return made


def _unusual(made: Ready, known: Known) -> list[Refusal]:
    """Mark readings far off all that their sensor has shown, such as centimetres sent as metres."""
    of: dict[str, list[int]] = {}
    for k, (sensor, _) in enumerate(made.keys):
        of.setdefault(sensor, []).append(k)
    marks = []
    for sensor, rows in of.items():
        usual = known.usual(sensor)
        if usual is None:
            continue
        values = np.array([made.rows[k]["value"] for k in rows])
        for k in np.array(rows)[usual.far(values)].tolist():
            near = {
                "low": f"{usual.low:.6g}", "high": f"{usual.high:.6g}",
                "unit": known.devices[sensor].unit or "-",
            }  # fmt: skip
            said = _said("value", f"{made.rows[k]['value']:.12g}", UNUSUAL, near)
            marks.append(Refusal(made.positions[k], reading_name(made, k), NOT_EXPECTED, said))
    return sorted(marks, key=lambda one: one.position)


def _reading_id(row: Mapping[str, Any]) -> str:
    return str(row.get("id") or f"{row['sensor']} {row['time']:%Y-%m-%dT%H:%M:%S}")


def reading_name(made: Ready, k: int) -> str:
    """Return how the sender finds row ``k`` again: its own id, or sensor and time."""
    sensor, time = made.keys[k]
    return made.ids[k] or _reading_id({"sensor": sensor, "time": time})


# ---------------------------------------------------------------- events


def _events(checked: Checked, dataset: str, known: Known, now: dt.datetime) -> Ready:
    """Send events through the very checks of the batch loader: the same rows, the same words."""
    made = Ready("events", [], [], [], [], list(checked.refused))
    if not checked.rows:
        return made
    entry = entry_of(dataset, "events")
    own = {row["position"]: row["id"] for row in checked.rows}
    good, findings = check_table(
        _frame(checked.rows), entry=entry, manifest=known.manifest(entry),
        context=replace(known.context, today=now.date()),
    )  # fmt: skip
    # Repeats are told apart later, beside those that the store has.
    found = [f for f in findings if f.row is not None]
    lost = {f.row for f in found if _refuses(f)}
    loaded = LoadedTable(entry, good, (), {}, "", len(checked.rows))
    ((_, frame),), late = rows_of(loaded, known.place)
    found += [f for f in late if f.row is not None]
    lost |= {f.row for f in late if _refuses(f) and f.row is not None}
    _tell(made, found, own)
    _add_rows(made, frame[~frame["source_row"].isin(list(lost))], own)
    return made


_REPEATS = ("duplicate.same", "duplicate.conflict")
_MENDS = {
    "degrees.range", "place.half", "number.invalid", "date.future", "date.early", "date.impossible",
    "time.form", "date.form",
}  # fmt: skip
"""A load empties such a value and marks the row; here the sender can still put it right."""


def _refuses(finding: Finding) -> bool:
    return finding.severity == "error" or (finding.severity == "warning" and finding.rule in _MENDS)


def _tell(made: Ready, findings: list[Finding], own: Mapping[int, str]) -> None:
    """Turn findings into refusals and marks; the first error of a row is the one that is told."""
    told: set[int] = set()
    for one in findings:
        at = int(one.row or 0)
        values = _said(one.column, one.found, one.expected, one.values)
        refusal = Refusal(at, own[at], NOT_EXPECTED if one.found else EMPTY, values)
        if one.rule == "duplicate.same":
            made.repeated += 1
        elif _refuses(one) and at not in told:
            if one.rule == "duplicate.conflict":
                first = {"first": one.values["first"]}
                refusal = Refusal(at, own[at], UNLIKE_BEFORE, first)
            told.add(at)
            made.refused.append(refusal)
        elif not _refuses(one) and one.severity == "warning":
            made.marked.append(refusal)
        if one.severity != "error" and one.rule not in _REPEATS:
            made.findings.append(one)
    made.marked = [mark for mark in made.marked if mark.position not in told]
    made.findings = [f for f in made.findings if f.row not in told]


def _said(field_: str, found: str, expected: str, values: Mapping[str, object]) -> dict[str, Any]:
    """Return the values of a refusal: its second half is a sentence with values of its own."""
    return {"field": field_, "found": found, "expected": expected, "values": dict(values)}


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as the batch loader has them before its checks."""
    columns: dict[str, Any] = {"row": [row["position"] for row in rows]}
    for name in ("id", "channel", "category", "text", "code", "building", "status", "address"):
        columns[name] = pd.Series([row.get(name) for row in rows], dtype=object)
    for name in ("lon", "lat"):
        columns[name] = pd.Series([row.get(name, np.nan) for row in rows], dtype=float)
    for name in ("reported", "closed"):
        given = [row.get(name) for row in rows]
        columns[name] = pd.Series(given, dtype="datetime64[us]")
    return pd.DataFrame(columns)


def _add_rows(made: Ready, frame: pd.DataFrame, own: Mapping[int, str]) -> None:
    for row in frame[list(COLUMNS["events"])].to_dict("records"):
        position = int(row.pop("source_row"))
        plain = {name: _plain(value) for name, value in row.items()}
        made.rows.append({**plain, "source_row": None})
        made.keys.append(plain["id"])
        made.positions.append(position)
        made.ids.append(own[position])


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value
