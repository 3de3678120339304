"""Rows of live feeds while files are loaded: put aside, and brought back placed anew."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, Table, delete, false, func, inspect, select, true

from cockpit.store import models as m
from cockpit.store.bulk import insert_frame
from cockpit.store.catalogue import read_meta, store_findings, table_of
from cockpit.store.models_live import FeedDelivery, FeedRefusal, FeedSource
from cockpit.store.placing import devices_of, gazetteer_of
from cockpit.store.rows import Place
from geodata.errors import DataFileError
from loaders.manifest import Dataset
from loaders.table import Finding, ReadContext

GAVE_WAY = "readings of known sensors at times that no file has; {n} stored ones gave way to a load"


@dataclass(frozen=True)
class Live:
    """Events and readings of all feeds, as the store had them."""

    events: pd.DataFrame
    readings: pd.DataFrame

    def __bool__(self) -> bool:
        return len(self.events) + len(self.readings) > 0


def put_aside(connection: Connection, *, all_readings: bool = False) -> Live:
    """
    Take the rows of live feeds out of the store: regions and sensors can then be replaced.

    With ``all_readings`` those of files go too: their sensors are about to be replaced.
    """
    fed = inspect(connection).has_table(FeedSource.__tablename__)  # else not yet upgraded
    batches = select(FeedSource.batch_id)
    frames = []
    for model in (m.Event, m.Reading):
        table = table_of(model)
        everything = all_readings and model is m.Reading
        where = true() if everything else table.c.batch_id.in_(batches) if fed else false()
        rows = connection.execute(_known_columns(connection, table).where(where)).all()
        frames.append(pd.DataFrame(rows, columns=rows[0]._fields if rows else []))
        connection.execute(delete(table).where(where))
    return Live(*frames)


def _known_columns(connection: Connection, table: Table) -> Select[Any]:
    """Select the columns that the store has: an older version's may lack the newest."""
    there = {column["name"] for column in inspect(connection).get_columns(table.name)}
    return select(*(column for column in table.columns if column.name in there))


def bring_back(connection: Connection, live: Live, place: Place | None) -> None:
    """
    Store again what was put aside, in the regions of now.

    Events are placed by their coordinates, else by the region they had if there still is one of its
    code. Readings of a sensor that is gone, or that a file now has, stay out.
    """
    if not live or place is None:
        return
    if len(live.events):
        _events_back(connection, live.events.copy(), place)
    readings = live.readings
    if len(readings):
        # A file that was read anew has brought its own.
        current = select(m.Batch.id).where(m.Batch.current)
        kept_batches = list(connection.execute(current).scalars())
        readings = readings[readings["batch_id"].isin(kept_batches)]
        known = set(connection.execute(select(m.Sensor.id)).scalars())
        kept = readings["sensor_id"].isin(known).to_numpy() & ~taken_readings(connection, readings)
        insert_frame(connection, table_of(m.Reading), readings[kept])
        _tell_dropped(connection, readings[~kept])


def _tell_dropped(connection: Connection, dropped: pd.DataFrame) -> None:
    """Tell with each batch how many of its readings gave way."""
    for batch, n in dropped.groupby("batch_id").size().items():
        dataset = connection.execute(
            select(m.Batch.dataset_id).where(m.Batch.id == int(batch))
        ).scalar_one()
        finding = Finding(
            dataset=dataset, file=dataset, row=None, column="sensor", rule="live.replaced",
            dimension="uniqueness", severity="warning", found="", expected=GAVE_WAY,
            values={"n": int(n)},
        )  # fmt: skip
        store_findings(connection, int(batch), [finding])


def _events_back(connection: Connection, events: pd.DataFrame, place: Place) -> None:
    known = set(connection.execute(select(m.Region.code)).scalars())
    codes = np.array([c if c in known else None for c in events["region_code"]], dtype=object)
    at_point = events["lon"].notna().to_numpy()
    lonlat = events.loc[at_point, ["lon", "lat"]].astype(float)
    codes[at_point] = place.region_of(lonlat["lon"], lonlat["lat"])
    events["region_code"] = codes
    same = events["building_id"].isin(place.buildings)
    events["building_id"] = events["building_id"].where(same, None)
    insert_frame(connection, table_of(m.Event), events)


def taken_readings(connection: Connection, frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which readings (sensor_id, time) the store has already, whoever brought them."""
    if frame.empty:
        return np.zeros(0, dtype=bool)
    times = pd.to_datetime(frame["time"])
    rows = connection.execute(
        select(m.Reading.sensor_id, m.Reading.time).where(
            m.Reading.time.between(times.min().to_pydatetime(), times.max().to_pydatetime())
        )
    ).all()
    if not rows:
        return np.zeros(len(frame), dtype=bool)
    stored = {(sensor, pd.Timestamp(time)) for sensor, time in rows}
    return np.array([key in stored for key in zip(frame["sensor_id"], times, strict=True)])


def forget_all(connection: Connection) -> None:
    """Delete all feeds and what they brought: another county takes the place of theirs."""
    if not inspect(connection).has_table(FeedSource.__tablename__):
        return
    put_aside(connection)
    for model in (FeedRefusal, FeedDelivery, FeedSource):
        connection.execute(delete(model))


def place_of(connection: Connection, secret: bytes, county: str) -> Place:
    """
    Return what links new rows to the stored county.

    Raises
    ------
    DataFileError
        If no leaf has an area.
    """
    found = connection.execute(
        select(m.Region.code, m.Region.geometry)
        .where(m.Region.is_leaf, m.Region.geometry.is_not(None))
        .order_by(m.Region.position)
    ).all()
    if not found:
        raise DataFileError("The manifest of {county} names no regions.", county=county)
    shapes = shapely.from_wkb(np.array([row[1] for row in found], dtype=object))
    shapely.prepare(shapes)
    codes = np.array([row[0] for row in found], dtype=object)
    leaves = connection.execute(
        select(func.count()).select_from(m.Region).where(m.Region.is_leaf)
    ).scalar_one()
    return Place(codes, shapes, building_ids(connection), secret, drawn=leaves == len(codes))


def for_kind(connection: Connection, place: Place, kind: str) -> Place:
    """Add what the rows of one kind need to know of the others."""
    if kind == "road_edges":
        found = connection.execute(select(m.RoadNode.id, m.RoadNode.lon, m.RoadNode.lat)).all()
        return replace(place, nodes=pd.DataFrame(found, columns=["id", "lon", "lat"]))
    if kind == "events":
        return _named(connection, place)
    if kind == "readings":
        return replace(place, devices=devices_of(connection))
    return place


def _named(connection: Connection, place: Place) -> Place:
    """Add the names that addresses can mean."""
    names = dict(connection.execute(select(m.Region.code, m.Region.name)).all())
    return replace(place, gazetteer=gazetteer_of(connection), names=names)


def building_ids(connection: Connection) -> frozenset[str]:
    """Return the ids of all stored buildings."""
    return frozenset(connection.execute(select(m.Building.id)).scalars())


def context_of(connection: Connection, today: dt.date, entry: Dataset) -> ReadContext:
    """Return what the store knows of the county; names of the entry's own level only."""
    rows = connection.execute(
        select(m.Region.code, m.Region.name, m.Region.geometry, m.Region.level).order_by(
            m.Region.position
        )
    ).all()
    if not rows:
        return ReadContext(today=today)
    stored = read_meta(connection, "county") or {}
    top = [row[2] for row in rows if row[3] in ("county", "township") and row[2] is not None]
    box = stored.get("box")
    if box is None and top:
        west, south, east, north = shapely.total_bounds(shapely.from_wkb(top))
        # A tenth of a degree more: stations and roads of the neighbours belong to the picture.
        box = (west - 0.1, south - 0.1, east + 0.1, north + 0.1)
    return ReadContext(
        box=tuple(box) if box is not None else None,
        known_codes=frozenset(row[0] for row in rows),
        region_names={
            row[0]: row[1] for row in rows if entry.match == "code" or row[3] == entry.level
        },
        today=today,
    )
