"""
The tiny county with roads whose times are known: three minutes by car from cell to cell.

Cells k = 0..15 as in ``tests.tiny`` (row by row from the south-west, 10 (k + 1) residents). Roads
of 1,250 m at 25 km/h join the middles of neighbours::

    12   13 - 14   15        13 and 14 meet only each other, 15 has no road
     |
     8 -  9 - 10 - 11        a clinic B in 10
     |
     4 -  5 -  6 -  7
     |
     0 -  1 -  2 ->  3       a clinic A in 0; hospital and ambulance in 3, one way to it

A place must lie within 100 m of a road. Minutes by car to the nearest clinic::

     9  inf  inf  inf
     6    3    0    3
     3    6    9   12
     0    3    6  inf
"""

from __future__ import annotations

import datetime as dt
from math import inf
from pathlib import Path

import shapely
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from cockpit.answers.reach import Reach, reach_for
from cockpit.answers.twin import twin
from cockpit.store.models import Batch, Dataset, Facility, Meta, RoadEdge, RoadNode
from cockpit.store.session import open_engine
from tests import tiny

MINUTES = [0, 3, 6, inf, 3, 6, 9, 12, 6, 3, 0, 3, 9, inf, inf, inf]
PEOPLE = [10 * (k + 1) for k in range(16)]
ROADS = (
    (0, 1, 0), (1, 2, 0), (2, 3, 1), (4, 5, 0), (5, 6, 0), (6, 7, 0), (8, 9, 0), (9, 10, 0),
    (10, 11, 0), (0, 4, 0), (4, 8, 0), (8, 12, 0), (13, 14, 0),
)  # fmt: skip
"""From cell, to cell, one way."""
CLINIC_A, CLINIC_B, HOSPITAL, AMBULANCE = "A", "B", "H", "P"
COUNTY, WEST, EAST = "529901", "529901001", "529901100"


def centre(k: int) -> tuple[float, float]:
    """Return longitude and latitude of the middle of a cell."""
    row, column = divmod(k, 4)
    return tiny.WEST + tiny.STEP * (column + 0.5), tiny.SOUTH + tiny.STEP * (row + 0.5)


def fill(
    engine: Engine, *, staff: float | None = 2, roads: bool = True, facility_class: str = "备用"
) -> None:
    """Store the county; ``staff`` of clinic A, that of B is not known."""
    tiny.fill(engine)
    with Session(engine) as db:
        db.execute(delete(Facility))
        places = db.get(Dataset, "places")
        assert places is not None
        places.data_class = facility_class
        for id_, k, kind, people, beds in (
            (CLINIC_A, 0, "clinic", staff, None), (CLINIC_B, 10, "clinic", None, None),
            (HOSPITAL, 3, "hospital", 9, 10.0), (AMBULANCE, 3, "ambulance_post", 4, 1.0),
        ):  # fmt: skip
            lon, lat = centre(k)
            db.add(
                Facility(
                    id=id_, dataset_id="places", region_code=tiny.grid_code(k),
                    name=f"={id_}" if id_ == CLINIC_B else f"设施{id_}", kind=kind, staff=people,
                    capacity=beds, lon=lon, lat=lat, batch_id=4, source_row=k,
                )
            )  # fmt: skip
        db.add(Meta(key="travel", value={
            mode: {"off_road_limit_m": 100.0} for mode in ("car", "ambulance", "walk", "older")
        }))  # fmt: skip
        if roads:
            _add_roads(db)
        db.commit()


def _add_roads(db: Session) -> None:
    db.add(Dataset(id="ways", title="路", kind="road_edges", data_class="公开"))
    db.flush()
    db.add(
        Batch(
            id=90, dataset_id="ways", version=1, current=True, source="ways.csv", sha256="0" * 64,
            entry={}, matches={}, rows_read=13, rows_stored=13, rows_bad=0, quality={},
            loaded_at=dt.datetime(2026, 1, 5),
        )
    )  # fmt: skip
    db.flush()
    for k in range(15):
        lon, lat = centre(k)
        db.add(RoadNode(id=f"n{k:02d}", lon=lon, lat=lat, elevation_m=900.0, batch_id=90))
    db.flush()
    for number, (u, v, oneway) in enumerate(ROADS):
        line = shapely.LineString([centre(u), centre(v)])
        db.add(
            RoadEdge(
                id=100 + number, u=f"n{u:02d}", v=f"n{v:02d}", road_class="residential",
                oneway=oneway, name="", surface="", access="", bridge=False, closed=False,
                length_m=1250.0, geometry=shapely.to_wkb(line), batch_id=90,
            )
        )  # fmt: skip


def store(folder: Path, **how: object) -> Path:
    """Make a data folder with the county; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    fill(engine, **how)  # type: ignore[arg-type]
    engine.dispose()
    return folder


def reach_of(engine: Engine) -> Reach:
    """Return the county as travel sees it, with everything allowed."""
    with Session(engine) as db:
        county = twin(db)
        assert county is not None
        return reach_for(county, db, allowed=("places", "ways"))
