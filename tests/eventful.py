"""The tiny county with events, sensors and readings that can be counted by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cockpit.store.models import Batch, Dataset, Event, Reading, Sensor
from tests import tiny

EVENTS, SENSORS, READINGS = 11, 12, 13  # batches
FIRST = dt.datetime(2025, 6, 1, 8)

# By hand. Thefts: one a day for ten days, all in grid 5 (village 529901001001, east of it grid 6).
# Disputes: day 2 and day 9, each in its own township. One noise complaint is known to village 2 of
# town 100 only, and one lies in no region.
THEFT_DAYS = tuple(range(10))
N_EVENTS = 10 + 2 + 2


def fill(engine: Engine) -> None:
    """Store the tiny county with 14 events and two sensors of 48 hourly readings."""
    tiny.fill(engine)
    with Session(engine) as db:
        for key, kind, batch in (
            ("events", "events", EVENTS),
            ("sensors", "sensors", SENSORS),
            ("readings", "readings", READINGS),
        ):
            add_dataset(db, key, kind, batch)
        for day in THEFT_DAYS:
            add_event(db, f"T{day}", "盗窃", grid=5, day=day, text="电动车电瓶被偷。")
        add_event(db, "D1", "矛盾纠纷", grid=0, day=2, text="两户因宅基地边界发生争执。")
        add_event(db, "D2", "矛盾纠纷", grid=15, day=9, text="邻里因排水沟产生矛盾。", closed=False)
        add_event(db, "N1", "噪声扰民", region="529901100002", day=4, text="夜间施工噪声大。")
        add_event(db, "X1", "噪声扰民", region=None, day=5, text="噪声大，地点不详。")
        _sensors(db)
        db.commit()


def add_dataset(db: Session, key: str, kind: str, batch: int, data_class: str = "备用") -> None:
    """Add a data set with its batch."""
    db.add(Dataset(
        id=key, title=key, title_en=key.title(), kind=kind, department="城管局",
        data_class=data_class, as_of=FIRST.date(), refresh_days=1,
    ))  # fmt: skip
    db.flush()
    db.add(Batch(
        id=batch, dataset_id=key, version=1, current=True, source=f"{key}.csv", sha256="0" * 64,
        entry={}, matches={}, rows_read=1, rows_stored=1, rows_bad=0, quality={},
        loaded_at=dt.datetime(2026, 1, 5, 8, 0),
    ))  # fmt: skip
    db.flush()


def add_event(
    db: Session, key: str, category: str, *, day: float, grid: int | None = None,
    region: str | None = None, text: str = "", closed: bool = True, **more: Any,
) -> None:  # fmt: skip
    """Add an event so many days after the first, in the middle of a grid or of no place."""
    when = FIRST + dt.timedelta(days=day)
    row, column = divmod(grid, 4) if grid is not None else (0, 0)
    placed = grid is not None
    db.add(Event(**{
        "id": f"events:{key}", "dataset_id": "events", "channel": "12345热线", "category": category,
        "text": text, "region_code": tiny.grid_code(grid) if grid is not None else region,
        "lon": tiny.WEST + tiny.STEP * (column + 0.5) if placed else None,
        "lat": tiny.SOUTH + tiny.STEP * (row + 0.5) if placed else None,
        "reported": when, "closed": when + dt.timedelta(hours=5) if closed else None,
        "status": "已办结" if closed else "办理中", "batch_id": EVENTS, **more,
    }))  # fmt: skip


def _sensors(db: Session) -> None:
    """A gauge that rises by 0.1 m an hour from 1.0 m, and an air monitor that stands at 80."""
    for key, kind, unit, grid in (("SW001", "水位", "m", 0), ("KQ001", "空气质量", "μg/m³", 15)):
        row, column = divmod(grid, 4)
        db.add(Sensor(
            id=key, kind=kind, unit=unit, lon=tiny.WEST + tiny.STEP * (column + 0.5),
            lat=tiny.SOUTH + tiny.STEP * (row + 0.5), region_code=tiny.grid_code(grid),
            batch_id=SENSORS,
        ))  # fmt: skip
    db.flush()
    for hour in range(48):
        when = FIRST + dt.timedelta(hours=hour)
        db.add(Reading(sensor_id="SW001", time=when, value=1 + hour / 10, batch_id=READINGS))
        db.add(Reading(sensor_id="KQ001", time=when, value=80.0, batch_id=READINGS))
