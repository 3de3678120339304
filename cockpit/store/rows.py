"""Turn a checked table of each kind into rows of the store: keys, places, links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from sqlalchemy import Table

from cockpit.access.blind import blind
from cockpit.store import models as m
from cockpit.store import placing
from geodata.errors import DataFileError
from loaders.addresses import Gazetteer
from loaders.aliases import unit_of
from loaders.rules import mask_text
from loaders.table import Finding, LoadedTable

_GEOD = Geod(ellps="WGS84")

Rows = list[tuple[Table, pd.DataFrame]]


@dataclass(frozen=True)
class Place:
    """What links rows to the rest of the store: leaves, known buildings, the secret of the keys."""

    leaf_codes: NDArray[np.object_]
    leaf_shapes: NDArray[np.object_]
    buildings: frozenset[str]
    secret: bytes
    nodes: pd.DataFrame | None = None  # id, lon, lat of the stored road nodes, for edge tables
    gazetteer: Gazetteer | None = None  # names in addresses, for events
    names: Mapping[str, str] = field(default_factory=dict)  # region code to name
    devices: Mapping[str, placing.Device] = field(default_factory=dict)  # for readings
    drawn: bool = True  # every leaf has an area: what lies in none of them lies outside

    def region_of(self, lon: Any, lat: Any) -> NDArray[np.object_]:
        """Return the leaf that holds each point, None outside all of them."""
        points = shapely.points(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
        found = np.full(len(points), None, dtype=object)
        rows = _first_holding(points, self.leaf_shapes)
        found[rows >= 0] = self.leaf_codes[rows[rows >= 0]]
        return found


def _first_holding(points: NDArray[np.object_], shapes: NDArray[np.object_]) -> NDArray[np.int64]:
    from geodata.hierarchy import parents_by_place

    return parents_by_place(points, shapes)


def rows_of(loaded: LoadedTable, place: Place) -> tuple[Rows, list[Finding]]:
    """
    Return the rows of a data set for each table, and findings about their links.

    Every frame has ``source_row``; ``batch_id`` is added on insertion. Kinds ``regions`` and
    ``elevation`` have rows of their own makers.
    """
    frame, findings = _MAKERS[loaded.dataset.kind](loaded, place)
    return frame, findings


def _base(loaded: LoadedTable) -> pd.DataFrame:
    frame = pd.DataFrame(loaded.table).copy()
    return frame.rename(columns={"row": "source_row"})


def _counts(table: type[m.Base]) -> Callable[[LoadedTable, Place], tuple[Rows, list[Finding]]]:
    def make(loaded: LoadedTable, _place: Place) -> tuple[Rows, list[Finding]]:
        frame = _base(loaded).rename(columns={"code": "region_code"})
        if "date" not in frame:
            frame["date"] = loaded.dataset.date
        if frame["date"].hasnans:
            frame["date"] = frame["date"].fillna(loaded.dataset.date)
        frame["moved"] = False
        for column, usual in (("sex", "t"), ("age_band", "all"), ("kind", "usual")):
            if column not in frame:
                frame[column] = usual
            elif frame[column].hasnans:
                frame[column] = frame[column].fillna(usual)
        return [(_table(table), frame)], []

    return make


def _table(model: type[m.Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - mapped classes have tables, not joins
    return table


def _text(frame: pd.DataFrame, *columns: str) -> None:
    for column in columns:
        frame[column] = "" if column not in frame else frame[column].fillna("").astype(str)


def _placed(frame: pd.DataFrame, loaded: LoadedTable, place: Place) -> list[Finding]:
    """Add ``region_code`` from lon and lat; rows outside the county keep None and get a finding."""
    if "lon" not in frame:
        frame["lon"] = frame["lat"] = np.nan
    known = frame["lon"].notna().to_numpy()
    codes = np.full(len(frame), None, dtype=object)
    codes[known] = place.region_of(frame.loc[known, "lon"], frame.loc[known, "lat"])
    if "code" in frame:
        codes = np.where(pd.isna(codes), frame["code"].where(frame["code"].notna(), None), codes)
    frame["region_code"] = codes
    return [_outside(loaded, frame, int(row)) for row in np.flatnonzero(known & pd.isna(codes))]


def _finding(
    loaded: LoadedTable, frame: pd.DataFrame, row: int, *, column: str, rule: str, dimension: Any,
    found: str, expected: str, severity: Any = "warning",
    values: Mapping[str, object] | None = None,
) -> Finding:  # fmt: skip
    return Finding(
        dataset=loaded.dataset.id, file=Path(loaded.dataset.file).name or loaded.dataset.table,
        row=int(frame["source_row"].iat[row]), column=column, rule=rule, dimension=dimension,
        severity=severity, found=found, expected=expected, values=dict(values or {}),
    )  # fmt: skip


def _shapes_to_points(frame: pd.DataFrame, loaded: LoadedTable) -> None:
    """Give things that came as polygons the inner point of each."""
    if not isinstance(loaded.table, gpd.GeoDataFrame) or loaded.table.geometry.isna().all():
        return
    points = shapely.point_on_surface(np.asarray(loaded.table.geometry, dtype=object))
    frame["lon"], frame["lat"] = shapely.get_x(points), shapely.get_y(points)


def _facilities(loaded: LoadedTable, place: Place) -> tuple[Rows, list[Finding]]:
    frame = _base(loaded)
    _shapes_to_points(frame, loaded)
    findings = _placed(frame, loaded, place)
    own = frame["id"] if "id" in frame else pd.Series(None, index=frame.index, dtype=object)
    own = own.fillna(frame["source_row"].astype(str))
    frame["id"] = loaded.dataset.id + ":" + own.astype(str)
    frame["dataset_id"] = loaded.dataset.id
    frame = frame.rename(columns={"organisation": "organisation_code"})
    _text(frame, "name", "referral_level", "organisation_code")
    return [(_table(m.Facility), frame)], findings


def _buildings(loaded: LoadedTable, place: Place) -> tuple[Rows, list[Finding]]:
    frame = _base(loaded)
    _shapes_to_points(frame, loaded)
    findings = _placed(frame, loaded, place)
    _text(frame, "use")
    nowhere = frame["lon"].isna().to_numpy()
    findings += [
        _finding(
            loaded, frame, int(row), column="lon", rule="place.missing", dimension="place",
            found="", expected="a place inside the county", severity="error",
        )
        for row in np.flatnonzero(nowhere)
    ]  # fmt: skip
    return [(_table(m.Building), frame[~nowhere])], findings


def _linked(frame: pd.DataFrame, loaded: LoadedTable, place: Place) -> list[Finding]:
    """Turn ``building`` into ``building_id``; an unknown building becomes None with a finding."""
    if "building" not in frame:
        frame["building_id"] = None
        return []
    given = frame["building"].astype(object)
    known = given.isin(place.buildings).to_numpy()
    frame["building_id"] = np.where(known, given, None)
    unknown = np.flatnonzero(~known & given.notna().to_numpy() & (given != "").to_numpy())
    return [
        _finding(
            loaded,
            frame,
            int(row),
            column="building",
            rule="link.building",
            dimension="consistency",
            found=str(given.iat[row]),
            expected="a building of the building register",
        )
        for row in (unknown if place.buildings else [])
    ]


def _organisations(loaded: LoadedTable, place: Place) -> tuple[Rows, list[Finding]]:
    frame = _base(loaded).rename(columns={"code": "credit"})
    findings = [*_placed(frame, loaded, place), *_linked(frame, loaded, place)]
    _text(frame, "name", "kind")
    return [(_table(m.Organisation), frame.rename(columns={"credit": "code"}))], findings


def _persons(loaded: LoadedTable, place: Place) -> tuple[Rows, list[Finding]]:
    """Replace identity number and name by keyed hashes: neither is ever stored itself."""
    frame = _base(loaded)
    findings = _linked(frame, loaded, place)
    numbers = frame.pop("identity").astype(str)
    frame["key"] = [blind(number, place.secret) for number in numbers]
    # With the date of birth beside it, anything more than the county would give the number away.
    frame["masked"] = [f"{number[:6]}{'*' * 12}" for number in numbers]
    frame["dataset_id"] = loaded.dataset.id
    frame["region_code"] = frame.get("code")
    if "name" in frame:
        names = frame.pop("name")
        frame["name_key"] = [
            None if pd.isna(name) else blind(str(name), place.secret) for name in names
        ]
    return [(_table(m.Person), frame)], findings


def _road_nodes(loaded: LoadedTable, _place: Place) -> tuple[Rows, list[Finding]]:
    return [(_table(m.RoadNode), _base(loaded))], []


def _roads(loaded: LoadedTable, place: Place) -> tuple[Rows, list[Finding]]:
    frame = _base(loaded).rename(columns={"class": "road_class", "maxspeed": "maxspeed_kmh"})
    findings: list[Finding] = []
    if "nodes" not in loaded.extra:
        frame, findings = _between_nodes(frame, loaded, place)
    _text(frame, "name", "surface", "access")
    frame["geometry"] = shapely.to_wkb(np.asarray(frame["geometry"], dtype=object))
    frame["oneway"] = [_direction(value) for value in frame.get("oneway", [0] * len(frame))]
    frame["bridge"] = [_yes(value) for value in frame.get("bridge", [""] * len(frame))]
    frame["closed"] = False
    rows: Rows = []
    nodes = loaded.extra.get("nodes")
    if isinstance(nodes, pd.DataFrame):
        rows.append((_table(m.RoadNode), nodes.assign(source_row=None)))
    rows.append((_table(m.RoadEdge), frame))
    return rows, findings


def _between_nodes(
    frame: pd.DataFrame, loaded: LoadedTable, place: Place
) -> tuple[pd.DataFrame, list[Finding]]:
    """
    Tie the edges of a table to the stored nodes; one that names an unknown node is left out.

    An edge without a shape becomes the straight line between its nodes, one without a length gets
    that of its shape on the ellipsoid.
    """
    nodes = place.nodes
    if nodes is None or nodes.empty or not {"u", "v"} <= set(frame.columns):
        raise DataFileError(
            "{file}: its roads name nodes, but no data set of road nodes is loaded.",
            file=Path(loaded.dataset.file).name or loaded.dataset.table,
        )
    at = pd.Index(nodes["id"])
    ends = [at.get_indexer(frame[side]) for side in ("u", "v")]
    loose = (ends[0] < 0) | (ends[1] < 0)
    findings = [
        _finding(
            loaded, frame, int(row), column="u", rule="link.node", dimension="consistency",
            found=f"{frame['u'].iat[row]}, {frame['v'].iat[row]}",
            expected="two nodes of the node table", severity="error",
        )
        for row in np.flatnonzero(loose)
    ]  # fmt: skip
    frame = frame[~loose].copy()
    lonlat = nodes[["lon", "lat"]].to_numpy(dtype=float)
    lines = shapely.linestrings(np.stack([lonlat[end[~loose]] for end in ends], axis=1))
    if "geometry" in frame:
        given = np.asarray(frame["geometry"], dtype=object)
        lines = np.where(shapely.is_missing(given), lines, given)
    frame["geometry"] = lines
    if "length_m" not in frame:
        frame["length_m"] = np.nan
    bare = frame["length_m"].isna().to_numpy()
    if bare.any():
        frame.loc[bare, "length_m"] = [_GEOD.geometry_length(line) for line in lines[bare]]
    return frame, findings


def _direction(value: object) -> int:
    """Return 1, -1 or 0 for the ways departments and OSM write one-way."""
    text = str(value).strip().lower()
    if text in {"1", "1.0", "yes", "true", "是", "ft", "f"}:
        return 1
    if text in {"-1", "-1.0", "reverse", "tf", "t"}:
        return -1
    return 0


def _yes(value: object) -> bool:
    return str(value).strip().lower() not in {
        "",
        "0",
        "0.0",
        "no",
        "none",
        "nan",
        "false",
        "否",
        "f",
    }


def _features(loaded: LoadedTable, _place: Place) -> tuple[Rows, list[Finding]]:
    frame = _base(loaded).rename(columns={"id": "key"})
    frame["layer"] = loaded.dataset.layer or loaded.dataset.id
    frame["dataset_id"] = loaded.dataset.id
    _text(frame, "key", "name", "kind")
    shapes = np.asarray(frame["geometry"], dtype=object)
    frame["geometry"] = shapely.to_wkb(shapes)
    return [(_table(m.Feature), frame[~shapely.is_missing(shapes)])], []


def _events(loaded: LoadedTable, place: Place) -> tuple[Rows, list[Finding]]:
    """Place events by coordinates, else by region code, else by address, and say how."""
    frame, findings = _short_enough(_base(loaded), loaded)
    findings += _linked(frame, loaded, place)
    if "lon" not in frame:
        frame["lon"] = frame["lat"] = np.nan
    by_point = frame["lon"].notna().to_numpy()
    codes = np.full(len(frame), None, dtype=object)
    codes[by_point] = place.region_of(frame.loc[by_point, "lon"], frame.loc[by_point, "lat"])
    told = by_point & pd.isna(codes)
    findings += [_outside(loaded, frame, int(row)) for row in np.flatnonzero(told)]
    # A code beside coordinates beyond the border would show the event as if it were right.
    may_have_code = pd.isna(codes) & ~(told & place.drawn)
    if "code" in frame:
        given = np.where(frame["code"].notna(), frame["code"], None)
        codes = np.where(may_have_code, given, codes)
    by_code = pd.notna(codes) & may_have_code
    by_address, more = _by_address(frame, codes, loaded, place, told)
    frame["region_code"] = codes
    nowhere = pd.isna(codes)
    findings += more
    findings += [
        _finding(
            loaded, frame, int(row), column="lon", rule="place.missing", dimension="place",
            found="", expected=placing.NOWHERE,
        )
        for row in np.flatnonzero(nowhere & ~told)
    ]  # fmt: skip
    if by_address or nowhere.any():
        ways = {
            "coordinates": int((by_point & ~by_code & ~nowhere).sum()),
            "code": int(by_code.sum()), "address": by_address, "nowhere": int(nowhere.sum()),
        }  # fmt: skip
        findings.append(_of_file(loaded, "lon", "place.ways", "place", placing.WAYS, ways))
    frame["id"] = loaded.dataset.id + ":" + frame["id"].astype(str)
    frame["dataset_id"] = loaded.dataset.id
    _text(frame, "channel", "text", "status")
    return [(_table(m.Event), frame)], findings


def _outside(loaded: LoadedTable, frame: pd.DataFrame, row: int) -> Finding:
    return _finding(
        loaded, frame, row, column="lon", rule="place.outside", dimension="place",
        found=f"{frame['lon'].iat[row]:.5f}, {frame['lat'].iat[row]:.5f}",
        expected=placing.OUTSIDE,
    )  # fmt: skip


def _by_address(
    frame: pd.DataFrame, codes: NDArray[np.object_], loaded: LoadedTable, place: Place,
    told: NDArray[np.bool_],
) -> tuple[int, list[Finding]]:  # fmt: skip
    """Fill ``codes`` from addresses, and ``told`` where a finding says why not; return how many."""
    if "address" not in frame or place.gazetteer is None:
        return 0, []
    asked = frame["address"].where(~told & (frame["address"] != ""))
    rows, doubts = placing.placed_by_address(codes, asked, place.gazetteer, place.names)
    doubted = [doubt.row for doubt in doubts]
    told[doubted] = True
    findings = [_doubted(loaded, frame, doubt, severity="warning") for doubt in doubts]
    findings += [
        _finding(
            loaded, frame, row, column="address", rule="place.address", dimension="place",
            found="", expected=placing.BY_ADDRESS, severity="note",
            values={"name": place.names.get(codes[row], codes[row])},
        )
        for row in rows if row not in doubted
    ]  # fmt: skip
    return len(rows), findings


LONGEST_KEY = 64  # characters, as the store's keys have them


def _short_enough(frame: pd.DataFrame, loaded: LoadedTable) -> tuple[pd.DataFrame, list[Finding]]:
    """Leave out events whose number is longer than a key of the store, with a finding each."""
    room = LONGEST_KEY - len(loaded.dataset.id) - 1
    lengths = frame["id"].astype(str).str.len().to_numpy()
    findings = [
        _finding(
            loaded, frame, int(row), column="id", rule="text.long", dimension="validity",
            found=mask_text(str(frame["id"].iat[row]))[:200], expected=placing.TOO_LONG,
            severity="error", values={"limit": room, "n": int(lengths[row])},
        )
        for row in np.flatnonzero(lengths > room)
    ]  # fmt: skip
    return frame[lengths <= room].reset_index(drop=True), findings


def _doubted(
    loaded: LoadedTable, frame: pd.DataFrame, doubt: placing.Doubt, *, severity: Any
) -> Finding:
    place = doubt.rule.startswith(("address", "link"))
    return _finding(
        loaded, frame, doubt.row, column=doubt.column, rule=doubt.rule,
        dimension="place" if place else "validity", found=mask_text(doubt.found)[:200],
        expected=doubt.expected, severity=severity, values=doubt.values,
    )  # fmt: skip


def _of_file(
    loaded: LoadedTable, column: str, rule: str, dimension: Any, expected: str,
    values: Mapping[str, object],
) -> Finding:  # fmt: skip
    """Return a note on the whole file."""
    return Finding(
        dataset=loaded.dataset.id, file=Path(loaded.dataset.file).name or loaded.dataset.table,
        row=None, column=column, rule=rule, dimension=dimension, severity="note", found="",
        expected=expected, values=dict(values),
    )  # fmt: skip


def _sensors(loaded: LoadedTable, place: Place) -> tuple[Rows, list[Finding]]:
    frame = _base(loaded)
    findings = _placed(frame, loaded, place)
    _text(frame, "unit")
    return [(_table(m.Sensor), frame)], findings


def _readings(loaded: LoadedTable, place: Place) -> tuple[Rows, list[Finding]]:
    """Bring readings into the units of their sensors; what no such sensor can say is refused."""
    frame = _base(loaded).rename(columns={"sensor": "sensor_id"})
    written = unit_of(loaded.matches.get("value", ""))[1]
    usual = loaded.dataset.units.get("value", written)
    given = frame["unit"] if "unit" in frame else pd.Series(None, index=frame.index, dtype=object)
    found = placing.judged(
        frame["sensor_id"].astype(str).tolist(),
        frame["value"].to_numpy(dtype=float),
        given.astype(object).where(given.notna(), usual).tolist(),
        place.devices,
    )
    frame["value"] = found.values
    findings = [
        _of_file(
            loaded, "unit", "unit.converted", "validity", placing.UNITS_CONVERTED,
            {"unit": own, "given": unit, "n": n},
        )
        for (unit, own), n in found.converted.items()
    ]  # fmt: skip
    findings += [_doubted(loaded, frame, doubt, severity="error") for doubt in found.doubts]
    bad = np.zeros(len(frame), dtype=bool)
    bad[[doubt.row for doubt in found.doubts]] = True
    return [(_table(m.Reading), frame[~bad])], findings


_MAKERS: dict[str, Callable[[LoadedTable, Place], tuple[Rows, list[Finding]]]] = {
    "population": _counts(m.Population),
    "households": _counts(m.Household),
    "vulnerable": _counts(m.Vulnerable),
    "facilities": _facilities,
    "buildings": _buildings,
    "organisations": _organisations,
    "persons": _persons,
    "road_nodes": _road_nodes,
    "road_edges": _roads,
    "roads_osm": _roads,
    "features": _features,
    "events": _events,
    "sensors": _sensors,
    "readings": _readings,
}


def weights(leaf_codes: NDArray[np.object_], buildings: pd.DataFrame) -> NDArray[np.float64]:
    """
    Return the housing in each leaf: dwellings where known, else floor area / 100 m2, else 1 each.

    ``buildings`` has region_code, dwellings, levels, footprint_m2. Buildings without dwellings by
    their use (dwellings = 0) weigh nothing, so nobody is moved into a workshop.
    """
    floor = buildings["levels"].fillna(1) * buildings["footprint_m2"] / 100
    weight = buildings["dwellings"].fillna(floor).fillna(1.0)
    by_code = weight.groupby(buildings["region_code"]).sum()
    return np.asarray(by_code.reindex(leaf_codes).fillna(0.0), dtype=float)
