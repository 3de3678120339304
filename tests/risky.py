"""The tiny county with a year of events and two sensors, counted by hand.

Every grid has one theft on the 15th of each month of 2025: 16 x 12 = 192. Grid 5 has 30 more in
October: 222. Three fires are known by village only, one theft stands in grid 0 without a point, one
lies outside the county. In all 227 events.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from cockpit.store.models import Batch, Dataset, Event, Meta, Reading, Sensor
from tests import tiny
from tests.tiny import SOUTH, STEP, WEST

VERSION = "risky1"
HOT = 5
THEFTS, EXTRA, FIRES = 192, 30, 3


def fill(engine: Engine) -> None:
    """Store the tiny county with events, sensors and readings."""
    tiny.fill(engine)
    with Session(engine) as db:
        db.execute(update(Meta).where(Meta.key == "data_version").values(value=VERSION))
        for k, key in enumerate(("events", "sensors", "readings"), start=20):
            db.add(
                Dataset(
                    id=key, title={"events": "事件"}.get(key, key), title_en=key.title(), kind=key,
                    department="公安局", data_class="备用", as_of=tiny.DATE, refresh_days=365,
                )
            )  # fmt: skip
            db.flush()
            db.add(
                Batch(
                    id=k, dataset_id=key, version=1, current=True, source=f"{key}.csv",
                    sha256="0" * 64, entry={}, matches={}, rows_read=1, rows_stored=1, rows_bad=0,
                    quality={}, loaded_at=dt.datetime(2026, 1, 5, 8, 0),
                )
            )  # fmt: skip
        db.flush()
        db.add_all(_events())
        db.add_all(_sensors())
        db.flush()
        db.add_all(_readings())
        db.commit()


def middle(k: int) -> tuple[float, float]:
    """Return longitude and latitude of the middle of grid k."""
    row, column = divmod(k, 4)
    return WEST + STEP * (column + 0.5), SOUTH + STEP * (row + 0.5)


def _event(number: int, category: str, day: dt.date, code: str | None, **where: float) -> Event:
    return Event(
        id=f"E{number}", dataset_id="events", channel="110报警", category=category,
        region_code=code, lon=where.get("lon"), lat=where.get("lat"),
        reported=dt.datetime(day.year, day.month, day.day, 12), status="", batch_id=20,
        source_row=number,
    )  # fmt: skip


def _events() -> list[Event]:
    made: list[Event] = []

    def add(category: str, day: dt.date, code: str | None, **where: float) -> None:
        made.append(_event(len(made) + 1, category, day, code, **where))

    for month in range(1, 13):
        for k in range(16):
            lon, lat = middle(k)
            add("盗窃", dt.date(2025, month, 15), tiny.grid_code(k), lon=lon, lat=lat)
    lon, lat = middle(HOT)
    for n in range(EXTRA):
        add("盗窃", dt.date(2025, 10, 1 + n), tiny.grid_code(HOT), lon=lon, lat=lat)
    for _ in range(FIRES):
        add("火灾", dt.date(2025, 6, 1), tiny.grid_code(0)[:12])
    add("盗窃", dt.date(2025, 12, 31), tiny.grid_code(0))
    add("盗窃", dt.date(2025, 1, 1), None, lon=100.0, lat=20.0)
    return made


def _sensors() -> list[Sensor]:
    return [
        Sensor(
            id=name, kind="空气质量", unit="μg/m³", lon=middle(k)[0], lat=middle(k)[1],
            region_code=tiny.grid_code(k), batch_id=21, source_row=k,
        )
        for name, k in (("K1", 1), ("K2", 14), ("K3", 7))
    ]  # fmt: skip


def _readings() -> list[Reading]:
    told = (("K1", dt.datetime(2025, 12, 31, 9), 35.0), ("K2", dt.datetime(2025, 8, 1, 9), 12.5))
    return [
        Reading(sensor_id=sensor, time=time, value=value, batch_id=22)
        for sensor, time, value in told
    ]
