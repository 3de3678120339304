"""Sensors that a visitor may see, and what they measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session, aliased

from cockpit.access.classes import may_see
from cockpit.answers.current import current_twin
from cockpit.store.models import Batch, Dataset, Reading, Sensor
from cockpit.store.session import engine

_AT_ONCE = 500  # pairs in one statement: databases limit how many values it may have


@dataclass(frozen=True)
class Device:
    """A sensor of the county."""

    id: str
    kind: str
    unit: str
    lon: float
    lat: float
    region: int  # row of ``Twin.regions``; -1 when it stands in none


def _allowed(db: Session, visitor: str, of: type[Sensor | Reading]) -> list[int]:
    """Return the batches of sensors or readings that a visitor may see."""
    found = db.execute(
        select(Batch.id, Dataset.data_class)
        .join(Dataset, Dataset.id == Batch.dataset_id)
        .where(Dataset.kind == of.__tablename__ + "s")
    )
    return [batch for batch, data_class in found if may_see(visitor, data_class)]


def devices(visitor: str) -> tuple[Device, ...]:
    """Return the sensors that a visitor may see, by id; none when nothing has been loaded."""
    county = current_twin()
    if county is None:
        return ()
    place = {code: row for row, code in enumerate(county.regions["code"])}
    with Session(engine()) as db:
        rows = db.execute(
            select(Sensor.id, Sensor.kind, Sensor.unit, Sensor.lon, Sensor.lat, Sensor.region_code)
            .where(Sensor.batch_id.in_(_allowed(db, visitor, Sensor)))
            .order_by(Sensor.id)
        ).all()
    return tuple(Device(*row[:5], place.get(row[5], -1)) for row in rows)


def series(
    visitor: str, device: str, since: np.datetime64 | None = None
) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Return times (datetime64[s], local) and values of one sensor, oldest first."""
    with Session(engine()) as db:
        query = (
            select(Reading.time, Reading.value)
            .where(
                Reading.sensor_id == device, Reading.batch_id.in_(_allowed(db, visitor, Reading))
            )
            .order_by(Reading.time)
        )
        if since is not None:
            query = query.where(Reading.time >= since.astype("datetime64[us]").item())
        rows = db.execute(query).all()
    times = np.array([row[0] for row in rows], dtype="datetime64[s]")
    return times, np.array([row[1] for row in rows], dtype=np.float64)


def latest(visitor: str) -> dict[str, tuple[np.datetime64, float]]:
    """Return the newest reading of every sensor that has one."""
    with Session(engine()) as db:
        allowed = _allowed(db, visitor, Reading)
        other = aliased(Reading)
        newest = (  # a look into the index for each sensor, not a walk through all readings
            select(func.max(other.time))
            .where(other.sensor_id == Sensor.id, other.batch_id.in_(allowed))
            .correlate(Sensor)
            .scalar_subquery()
        )
        found = [(k, t) for k, t in db.execute(select(Sensor.id, newest)) if t is not None]
        key = tuple_(Reading.sensor_id, Reading.time)
        rows = [
            row
            for start in range(0, len(found), _AT_ONCE)
            for row in db.execute(
                select(Reading.sensor_id, Reading.time, Reading.value).where(
                    key.in_(found[start : start + _AT_ONCE])
                )
            )
        ]
    return {row[0]: (np.datetime64(row[1], "s"), float(row[2])) for row in rows}
