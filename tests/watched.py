"""The tiny county (tests/tiny.py) with sensors, readings and events to warn about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from cockpit.store.models import Batch, Dataset, Event, Meta, Reading, Sensor
from cockpit.store.models_live import FeedDelivery, FeedSource
from cockpit.store.session import engine, open_engine
from tests import tiny

START = dt.datetime(2025, 10, 1)
HOUR = dt.timedelta(hours=1)
SENSORS, READINGS, EVENTS, FEED, EVENT_FEED = 101, 102, 103, 104, 105
_KINDS = {"sensors": SENSORS, "readings": READINGS, "events": EVENTS}


def store(folder: Path, sensors: Mapping[str, str]) -> None:
    """Make a store whose sensors (id -> kind) stand in grid 0, 1, 2, ..., without readings."""
    made = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    tiny.fill(made)
    with Session(made) as db:
        for kind, number in _KINDS.items():
            db.add(Dataset(id=kind, title=kind, kind=kind, data_class="备用"))
            db.flush()
            _batch(db, number, kind)
        _batch(db, FEED, "readings")
        _batch(db, EVENT_FEED, "events")
        db.flush()
        for number, kind in ((FEED, "readings"), (EVENT_FEED, "events")):
            db.add(FeedSource(id=kind, title=kind, kind=kind, dataset_id=kind, batch_id=number,
                              token_hash="", created=START))  # fmt: skip
        for k, (name, kind) in enumerate(sensors.items()):
            db.add(Sensor(id=name, kind=kind, unit="m", batch_id=SENSORS, source_row=k,
                          region_code=tiny.grid_code(k % 16),
                          lon=tiny.WEST + tiny.STEP * (k % 4 + 0.5),
                          lat=tiny.SOUTH + tiny.STEP * (k // 4 % 4 + 0.5)))  # fmt: skip
        db.commit()
    made.dispose()


def _batch(db: Session, number: int, dataset: str) -> None:
    db.add(Batch(id=number, dataset_id=dataset, version=1, current=True, source="", sha256="",
                 entry={}, matches={}, rows_read=0, rows_stored=0, rows_bad=0, quality={},
                 loaded_at=START))  # fmt: skip


def read(
    sensor: str, values: Sequence[float], *, first: dt.datetime = START, live: bool = False,
    step: dt.timedelta = HOUR,
) -> None:  # fmt: skip
    """Store readings of a sensor, one a ``step``; ``live``: a feed delivered them."""
    rows = [
        {"sensor_id": sensor, "time": first + k * step, "value": value,
         "batch_id": FEED if live else READINGS}
        for k, value in enumerate(values)
    ]  # fmt: skip
    with Session(engine()) as db:
        db.execute(insert(Reading), rows)
        if live:
            _delivered(db, "readings", rows[0]["time"], len(rows))
        db.commit()


def happen(
    times: Iterable[dt.datetime], *, category: str = "火灾", grid: int = 0, live: bool = False
) -> None:
    """Store events in a grid; ``live``: a feed delivered them."""
    with Session(engine()) as db:
        known = db.execute(select(func.count()).select_from(Event)).scalar_one()
        delivery = _delivered(db, "events", START, 1) if live else None
        for k, time in enumerate(times):
            db.add(Event(id=f"E{known + k}", dataset_id="events", category=category,
                         region_code=tiny.grid_code(grid), reported=time, delivery=delivery,
                         batch_id=EVENT_FEED if live else EVENTS, source_row=None))  # fmt: skip
        db.commit()


def _delivered(db: Session, source: str, since: object, n: int) -> int:
    made = FeedDelivery(source_id=source, received=START, n_new=n, n_known=0, n_refused=0,
                        since=since)  # fmt: skip
    db.add(made)
    db.flush()
    return made.seq


def loaded_anew(version: str) -> None:
    """Let the store say that a load has ended."""
    with Session(engine()) as db:
        row = db.get(Meta, "data_version")
        assert row is not None
        row.value = version
        db.commit()
