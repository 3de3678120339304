"""The tiny county with two sensors, in a store of its own that feeds may write to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cockpit.answers import feeds_county
from cockpit.store import models as m
from cockpit.store.session import open_engine
from tests import tiny

INSIDE = {"lon": 106.805, "lat": 27.205}  # the first grid, 529901001001001


def fill(engine: Engine) -> None:
    """Store the tiny county, and two sensors in its first grid."""
    tiny.fill(engine)
    with Session(engine) as db:
        for key, kind, unit in (("W1", "水位", "m"), ("A1", "空气质量", "μg/m³")):
            db.add(
                m.Sensor(
                    id=key, kind=kind, unit=unit, region_code=tiny.grid_code(0), batch_id=1,
                    source_row=1, **INSIDE,
                )
            )  # fmt: skip
        db.commit()


@cache
def _filled() -> bytes:
    """Return the file of such a store: filling one takes longer than most tests."""
    with TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/county.sqlite")
        fill(engine)
        engine.dispose()
        return (Path(folder) / "county.sqlite").read_bytes()


@contextmanager
def store(folder: Path) -> Iterator[Engine]:
    """Yield such a store in a folder."""
    (folder / "county.sqlite").write_bytes(_filled())
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    feeds_county.forget()
    yield engine
    feeds_county.forget()
    engine.dispose()
