"""The tiny county with open data, releases, and canaries in everything that is closed."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shapely
from sqlalchemy import update
from sqlalchemy.orm import Session

from cockpit.store.models import (
    Base,
    Batch,
    Building,
    Dataset,
    Event,
    Facility,
    Feature,
    Organisation,
    Population,
    Region,
    RoadEdge,
    RoadNode,
    Sensor,
    Vulnerable,
)
from cockpit.store.session import engine
from tests import released, tiny
from tests.tiny import SOUTH, STEP, WEST

CANARY = "金丝雀"
FIGURE = 987_653_211
"""Stands in every text, and is every figure, that must never leave the county."""
LOADED = dt.datetime(2026, 1, 6, 9, 30)
OPEN = ("regions", "places", "rivers", "roads", "meters")
CLOSED_CLASSES = ("备用", "敏感", "秘密", "")


def fill(folder: Path) -> None:
    """Store the county in a folder: five open data sets, two series of releases, canaries."""
    with shown(folder):  # a release asks for the engine of the process
        tiny.fill(engine())
        with Session(engine()) as db:
            _open(db)
            _closed(db)
            db.commit()
        released.fill(engine())


@contextlib.contextmanager
def shown(folder: Path) -> Iterator[None]:
    """Let this process show the county of a folder, with nothing kept from another one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COCKPIT_DATA", str(folder))
        forget()
        yield
        forget()


@contextlib.contextmanager
def shown_copy(store: Path) -> Iterator[Path]:
    """Let this process show a copy: no file of open data is left in a folder that tests share."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(store, Path(folder) / "openly"))
        with shown(copy):
            yield copy


def _dataset(db: Session, ident: str, kind: str, data_class: str, title: str, batch: int) -> None:
    db.add(
        Dataset(
            id=ident, title=title, title_en=f"{title} en", kind=kind, department="水利局",
            owner=f"{CANARY}负责人", purpose=f"{CANARY}用途", data_class=data_class,
            licence="政府信息公开", as_of=dt.date(2025, 6, 30), refresh_days=365,
        )
    )  # fmt: skip
    db.flush()
    db.add(
        Batch(
            id=batch, dataset_id=ident, version=1, current=True, source=f"{CANARY}来源.csv",
            sha256=f"{batch:064d}", entry={"note": f"{CANARY}条目"}, matches={}, rows_read=1,
            rows_stored=1, rows_bad=0, quality={}, loaded_at=LOADED,
        )
    )  # fmt: skip
    db.flush()


def _at(k: float) -> dict[str, float]:
    return {"lon": WEST + STEP * k, "lat": SOUTH + STEP * k}


def _line(k: float) -> bytes:
    points = [(WEST + STEP * k, SOUTH), (WEST + STEP * k, SOUTH + 4 * STEP)]
    return shapely.to_wkb(shapely.LineString(points))


def _open(db: Session) -> None:
    """Open what the tiny county has of places and boundaries; add rivers, a road and a meter."""
    db.execute(
        update(Dataset)
        .where(Dataset.id.in_(("regions", "places")))
        .values(data_class="公开", owner=f"{CANARY}负责人", licence="CC BY 4.0")
    )
    db.execute(update(Region).values(elevation_m=FIGURE, pinyin=CANARY))
    since = dt.date(2010, 5, 1)
    db.execute(update(Facility).values(staff=FIGURE, organisation_code=CANARY, open_from=since))
    db.execute(
        update(Facility)
        .where(Facility.id == "F1")
        .values(name="=HYPERLINK(1)", open_to=dt.date(2020, 5, 1), capacity=None)
    )
    _dataset(db, "rivers", "features", "公开", "河流", 21)
    _dataset(db, "roads", "road_edges", "公开", "道路", 22)
    _dataset(db, "meters", "sensors", "公开", "监测设备", 23)
    for k, name in enumerate(("青水河", "-溪", "")):
        db.add(
            Feature(
                dataset_id="rivers", layer="rivers", key=CANARY, name=name, kind="干流",
                geometry=_line(k + 0.5), batch_id=21, source_row=k + 1,
            )
        )  # fmt: skip
    db.add_all(RoadNode(id=f"N{k}", batch_id=22, source_row=k, **_at(k)) for k in (0, 1))
    db.flush()
    db.add(
        RoadEdge(
            u="N0", v="N1", road_class="primary", name="新华路", oneway=0, maxspeed_kmh=60.0,
            surface="", access=CANARY, bridge=True, length_m=1560.5, geometry=_line(1.25),
            batch_id=22, source_row=1,
        )
    )  # fmt: skip
    db.add(Sensor(id="SW1", kind="水位", unit="m", batch_id=23, source_row=1, **_at(1)))


def _closed(db: Session) -> None:
    """Plant canaries: every kind that could be open in every closed class, and people's kinds."""
    number = 30
    for data_class in CLOSED_CLASSES:
        for kind in ("facilities", "features", "sensors"):
            number += 1
            _dataset(db, f"shut{number}", kind, data_class, f"{CANARY}{number}", number)
            _row(db, kind, f"shut{number}", number)
    for kind in ("population", "vulnerable", "buildings", "organisations", "events"):
        number += 1  # called open by mistake
        _dataset(db, f"shut{number}", kind, "公开", f"{CANARY}{number}", number)
        _row(db, kind, f"shut{number}", number)
    _dataset(db, "shut60", "features", "公开", f"{CANARY}内部", 60)
    _row(db, "features", "shut60", 60)
    db.execute(update(Dataset).where(Dataset.id == "shut60").values(licence="内部共享"))


def _row(db: Session, kind: str, ident: str, batch: int) -> None:
    code, name = tiny.grid_code(3), f"{CANARY}{batch}"
    told = {"batch_id": batch, "source_row": 1}
    counted = {"region_code": code, "date": tiny.DATE, "persons": FIGURE, "moved": False}
    makers: dict[str, Callable[[], Base]] = {
        "facilities": lambda: Facility(
            id=f"{ident}:{name}", dataset_id=ident, name=name, kind="clinic", capacity=FIGURE,
            **_at(1), **told,
        ),
        "features": lambda: Feature(
            dataset_id=ident, layer="rivers", name=name, kind=name, geometry=_line(2), **told
        ),
        "sensors": lambda: Sensor(id=name, kind=name, unit=CANARY, **_at(2), **told),
        "population": lambda: Population(kind="usual", sex="t", age_band="all", **counted, **told),
        "vulnerable": lambda: Vulnerable(group="disabled", **counted, **told),
        "buildings": lambda: Building(id=name, region_code=code, use=name, **_at(2), **told),
        "organisations": lambda: Organisation(code=name, name=name, employees=FIGURE, **told),
        "events": lambda: Event(
            id=name, dataset_id=ident, category=name, text=name, reported=LOADED, **told
        ),
    }  # fmt: skip
    db.add(makers[kind]())
    db.flush()


def change(ident: str, **values: object) -> None:
    """Change a data set of the county that is shown: ``change("places", data_class="备用")``."""
    with Session(engine()) as db:
        db.execute(update(Dataset).where(Dataset.id == ident).values(**values))
        db.commit()


def forget() -> None:
    """Drop everything that this process keeps of a store."""
    from cockpit.answers import current, open_catalogue, open_features, release_store
    from cockpit.settings import settings

    if engine.cache_info().currsize:
        engine().dispose()
    engine.cache_clear()
    settings.cache_clear()
    current.forget()
    open_catalogue.forget()
    open_features.forget()
    release_store.forget()
