"""Counties of any size, made fast: square grids with figures, straight into the store's tables."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import shapely
from sqlalchemy import insert
from sqlalchemy.orm import Session

from cockpit.store.models import Base, Batch, Dataset, Meta, Population, Region
from cockpit.store.session import open_engine

DATE = dt.date(2025, 11, 1)
WEST, SOUTH, STEP = 106.5, 27.0, 0.005  # about 500 m
_BANDS = ("00-04", "15-19", "30-34", "45-49", "60-64", "70-74", "80-84")


def make_county(folder: Path, side: int) -> None:
    """Fill a data folder with a county of ``side`` x ``side`` grids under villages of 10 x 10."""
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    Base.metadata.create_all(engine)
    rng = np.random.default_rng(20240501)
    with Session(engine) as db:
        county = {
            "code": "529901", "name": "方县", "name_en": "Square", "crs": "EPSG:4545",
            "language": "zh", "invented": True, "code_scheme": "cn", "review_number": "",
            "box": None,
        }  # fmt: skip
        db.add(Meta(key="data_version", value=f"square{side}"))
        db.add(Meta(key="county", value=county))
        for number, (key, kind) in enumerate((("r", "regions"), ("p", "population")), start=1):
            db.add(Dataset(id=key, title=key, kind=kind, data_class="备用", as_of=DATE))
            db.flush()
            db.add(
                Batch(
                    id=number, dataset_id=key, version=1, current=True, source=f"{key}.csv",
                    sha256="0" * 64, entry={}, matches={}, rows_read=1, rows_stored=1, rows_bad=0,
                    quality={}, loaded_at=dt.datetime(2026, 1, 1),
                )
            )  # fmt: skip
        db.flush()
        regions = _regions(side)
        db.execute(insert(Region), regions)
        db.execute(insert(Population), _people(regions, rng))
        db.commit()
    engine.dispose()


def _regions(side: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []

    def add(code: str, level: str, parent: str | None, path: str, box: tuple[int, ...]) -> None:
        x0, y0, x1, y1 = box
        shape = shapely.box(
            WEST + x0 * STEP, SOUTH + y0 * STEP, WEST + x1 * STEP, SOUTH + y1 * STEP
        )
        rows.append(
            {
                "code": code, "level": level, "parent_code": parent, "path": path,
                "position": len(rows), "name": f"第{code[-5:]}号", "name_en": f"No {code[-5:]}",
                "pinyin": "", "made": False, "is_leaf": level == "grid",
                "geometry": shapely.to_wkb(shape), "lon": shape.centroid.x,
                "lat": shape.centroid.y, "area_km2": 0.25 * (x1 - x0) * (y1 - y0),
                "elevation_m": None, "batch_id": 1, "source_row": len(rows) + 1,
            }
        )  # fmt: skip

    county, town = "529901", "529901001"
    add(county, "county", None, f"{county}/", (0, 0, side, side))
    add(town, "township", county, f"{county}/{town}/", (0, 0, side, side))
    blocks = range(0, side, 10)
    for x in blocks:
        for y in blocks:
            village = f"{town}{x // 10:03d}{y // 10:03d}"
            path = f"{county}/{town}/{village}/"
            add(village, "village", town, path, (x, y, min(x + 10, side), min(y + 10, side)))
    for x in range(side):
        for y in range(side):
            village = f"{town}{x // 10:03d}{y // 10:03d}"
            code = f"{village}{x % 10}{y % 10}"
            add(
                code, "grid", village, f"{county}/{town}/{village}/{code}/", (x, y, x + 1, y + 1)
            )  # fmt: skip
    return rows


def _people(regions: list[dict[str, object]], rng: np.random.Generator) -> list[dict[str, object]]:
    return [
        {
            "region_code": region["code"], "date": DATE, "kind": "usual", "sex": sex,
            "age_band": band, "persons": int(rng.integers(0, 60)), "moved": False,
            "batch_id": 2, "source_row": None,
        }
        for region in regions
        if region["is_leaf"]
        for band in _BANDS
        for sex in "mf"
    ]  # fmt: skip
