"""
The tiny county with roads, a river and two bridges, counted by hand.

Every grid has a node in its middle. West (columns 0 and 1) and east (columns 2 and 3) are joined by
two bridges only: in the first row (grids 0 to 3) and in the last (grids 12 to 15). Every road is
1,000 m of tertiary road. The hospital stands in grid 15, in the east, so that the west uses the
bridge of the last row; people of grids 0 and 1 are as fast over the other.
"""

from __future__ import annotations

import datetime as dt

import shapely
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from cockpit.store.models import Batch, Dataset, Facility, Feature, Meta, RoadEdge, RoadNode
from tests import tiny
from tests.tiny import SOUTH, STEP, WEST

VERSION = "bridged1"
RIVER, POOL, SECRET = 1, 2, 3
WEST_GRIDS = tuple(k for k in range(16) if k % 4 < 2)
WEST_PEOPLE = 600  # 10 + 20 + 50 + 60 + 90 + 100 + 130 + 140
EDGE_MINUTES = 1.0 / 35 * 60  # 1,000 m at 35 km/h


def fill(engine: Engine) -> None:
    """Store the tiny county with its roads."""
    tiny.fill(engine)
    with Session(engine) as db:
        db.execute(update(Meta).where(Meta.key == "data_version").values(value=VERSION))
        for k, (key, kind, data_class) in enumerate(
            (
                ("roads", "road_edges", "公开"),
                ("water", "features", "公开"),
                ("plans", "features", "秘密"),
            ),
            start=7,
        ):
            db.add(
                Dataset(
                    id=key, title=key, title_en=key, kind=kind, department="交通局",
                    data_class=data_class, as_of=tiny.DATE, refresh_days=365,
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
        lon, lat = middle(15)
        db.execute(update(Facility).where(Facility.kind == "hospital").values(lon=lon, lat=lat))
        _roads(db)
        _features(db)
        db.commit()


def middle(k: int) -> tuple[float, float]:
    """Return the middle of grid k, in degrees."""
    row, column = divmod(k, 4)
    return WEST + STEP * (column + 0.5), SOUTH + STEP * (row + 0.5)


def edges() -> list[tuple[int, int, bool]]:
    """Return the roads as (grid, grid, bridge), in the order of their store ids from 1."""
    found = []
    for k in range(16):
        row, column = divmod(k, 4)
        if column < 3 and (column != 1 or row in (0, 3)):
            found.append((k, k + 1, column == 1))
        if row < 3:
            found.append((k, k + 4, False))
    return found


def bridge_ids() -> tuple[int, int]:
    """Return the store ids of the bridge of the first row and of that of the last."""
    first, last = (n for n, (_u, _v, bridge) in enumerate(edges(), start=1) if bridge)
    return first, last


def _roads(db: Session) -> None:
    for k in range(16):
        lon, lat = middle(k)
        db.add(RoadNode(id=f"N{k:02d}", lon=lon, lat=lat, elevation_m=0, batch_id=7, source_row=k))
    db.flush()
    for number, (u, v, bridge) in enumerate(edges(), start=1):
        db.add(
            RoadEdge(
                id=number, u=f"N{u:02d}", v=f"N{v:02d}", road_class="tertiary",
                name="青桥" if bridge else "", oneway=0, bridge=bridge, closed=False,
                length_m=1000, geometry=shapely.to_wkb(shapely.LineString((middle(u), middle(v)))),
                batch_id=7, source_row=number,
            )
        )  # fmt: skip


def _features(db: Session) -> None:
    centre = WEST + 2 * STEP
    river = shapely.LineString(((centre, SOUTH), (centre, SOUTH + 4 * STEP)))
    pool = shapely.box(centre - 0.001, SOUTH, centre + 0.001, SOUTH + STEP)  # first row only
    for number, layer, name, shape, batch, dataset in (
        (RIVER, "rivers", "小青河", river, 8, "water"),
        (POOL, "pools", "蓄洪区", pool, 8, "water"),
        (SECRET, "plans", "某区", pool, 9, "plans"),
    ):
        db.add(
            Feature(
                id=number, dataset_id=dataset, layer=layer, key="", name=name, kind="",
                geometry=shapely.to_wkb(shape), batch_id=batch, source_row=1,
            )
        )  # fmt: skip
