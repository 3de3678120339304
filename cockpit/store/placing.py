"""What events and readings need besides their own rows: names for addresses, facts on sensors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from cockpit.store import models as m
from loaders.addresses import Gazetteer, Region
from loaders.sensor_kinds import conversion, converted, kind_of, limits_of, same_unit

IN_ADDRESSES = ("county", "township", "village")

OUTSIDE = "a place inside the county"
NOWHERE = "a place: coordinates, a region code or an address"
BY_ADDRESS = "a place; the address names {name}"
ADDRESS_FAULTS = {
    "address.unknown": "an address that names a township or a village of the county",
    "address.ambiguous": "an address that only one region fits, and {names} do; counted in {name}",
    "address.outside": "an address in the county; this one names another one",
}
WAYS = (
    "a place for every event; {coordinates} were placed by coordinates, {code} by region code, "
    "{address} by address, {nowhere} nowhere"
)
UNKNOWN_SENSOR = "a sensor of the sensor register"
UNIT = "a unit that can be converted to {unit}"
UNITS_CONVERTED = "readings in {unit}; {n} in {given} were converted"
RANGE = "a value from {low} to {high} {unit}, which a sensor of this kind can measure"
TOO_LONG = "a text of at most {limit} characters; this one has {n}"

_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Device:
    """What is known of a sensor when its readings come."""

    kind: str
    unit: str


def gazetteer_of(connection: Connection) -> Gazetteer:
    """Return the names that addresses can mean, from the stored regions."""
    rows = connection.execute(
        select(m.Region.code, m.Region.name, m.Region.level, m.Region.parent_code)
        .where(m.Region.level.in_(IN_ADDRESSES))
        .order_by(m.Region.position)
    )
    return Gazetteer(Region(code, name, level, parent or "") for code, name, level, parent in rows)


def devices_of(connection: Connection) -> dict[str, Device]:
    """Return the stored sensors by id."""
    rows = connection.execute(select(m.Sensor.id, m.Sensor.kind, m.Sensor.unit))
    return {key: Device(kind, unit) for key, kind, unit in rows}


@dataclass(frozen=True)
class Doubt:
    """One row and why it is refused or marked; ``values`` fill the sentence ``expected``."""

    row: int  # position in the frame
    column: str
    rule: str
    found: str
    expected: str
    values: dict[str, object]


def placed_by_address(
    codes: NDArray[np.object_], addresses: pd.Series[Any], gazetteer: Gazetteer,
    names: Mapping[str, str],
) -> tuple[list[int], list[Doubt]]:  # fmt: skip
    """
    Give rows without a region the one that their address names; ``codes`` is filled in place.

    Returns
    -------
    rows
        Those that an address placed.
    doubts
        One for each row whose address leaves a doubt.
    """
    rows, doubts = [], []
    bare = pd.isna(codes) & addresses.notna().to_numpy()
    for row in np.flatnonzero(bare).tolist():
        found = gazetteer.find(str(addresses.iat[row]))
        if found.code:
            codes[row] = found.code
            rows.append(row)
        if found.fault:
            values: dict[str, object] = {}
            if found.fault == "address.ambiguous":
                name = names.get(found.code, found.code)
                values = {"names": ", ".join(found.names), "name": name}
            # House numbers lead to people; the names before them are what is in doubt.
            said = _DIGIT.split(str(addresses.iat[row]), maxsplit=1)[0]
            doubts.append(
                Doubt(row, "address", found.fault, said, ADDRESS_FAULTS[found.fault], values)
            )
    return rows, doubts


@dataclass(frozen=True)
class Judged:
    """Readings in the units of their sensors, with what was wrong and what was converted."""

    values: NDArray[np.float64]
    doubts: list[Doubt]  # these rows are refused
    converted: dict[tuple[str, str], int]  # (unit given, unit of the sensor) -> rows


def judged(
    sensors: list[str], values: NDArray[np.float64], units: list[str],
    devices: Mapping[str, Device],
) -> Judged:  # fmt: skip
    """
    Hold readings against what is known of their sensors, and convert their units.

    Parameters
    ----------
    sensors, units
        Of each reading; a unit "" means the sensor's own.
    values
        In these units; finite.
    """
    out = values.copy()
    doubts: list[Doubt] = []
    told: dict[tuple[str, str], int] = {}
    groups: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(zip(sensors, units, strict=True)):
        groups.setdefault(key, []).append(row)
    for (sensor, unit), rows in groups.items():
        device = devices.get(sensor)
        if device is None:
            doubts += [Doubt(r, "sensor", "link.sensor", sensor, UNKNOWN_SENSOR, {}) for r in rows]
            continue
        own = _unit_of(device)
        if unit and not same_unit(unit, own):
            way = conversion(unit, own)
            if way is None:
                wrong: dict[str, object] = {"unit": own or "-"}
                doubts += [Doubt(r, "unit", "unit.unknown", unit, UNIT, wrong) for r in rows]
                continue
            out[rows] = converted(out[rows], *way)
            told[unit, own] = told.get((unit, own), 0) + len(rows)
        doubts += _beyond(device, out, rows)
    return Judged(out, sorted(doubts, key=lambda doubt: doubt.row), told)


def _unit_of(device: Device) -> str:
    kind = kind_of(device.kind)
    return device.unit or (kind.unit if kind else "")


def _beyond(device: Device, values: NDArray[np.float64], rows: list[int]) -> list[Doubt]:
    limits = limits_of(device.kind, device.unit)
    if limits is None:
        return []
    low, high, unit = limits
    ends: dict[str, object] = {"low": f"{low:g}", "high": f"{high:g}", "unit": unit}
    return [
        Doubt(row, "value", "reading.range", f"{values[row]:.9g}", RANGE, ends)
        for row in rows
        if not low <= values[row] <= high
    ]
