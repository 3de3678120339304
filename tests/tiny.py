"""A county small enough to count by hand: 2 townships, 4 villages, 16 grids of 1 km."""

from __future__ import annotations

import datetime as dt

import shapely
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cockpit.store.models import (
    Base,
    Batch,
    Building,
    Dataset,
    Facility,
    Household,
    Meta,
    Population,
    QualityIssue,
    Region,
    Vulnerable,
)

WEST, SOUTH, STEP = 106.80, 27.20, 0.01
DATE, BEFORE = dt.date(2025, 11, 1), dt.date(2020, 11, 1)
NAMES = {"001": ("东山街道", "Dongshan"), "100": ("西河镇", "Xihe")}


def fill(engine: Engine) -> None:
    """
    Store the tiny county.

    Grid k = 0..15 (row by row, villages are 2 x 2 blocks) has 10 (k + 1) residents: half men; a
    tenth children of 00-04, a fifth 65-69, the rest 30-34. In all 10 x 136 = 1,360 people.
    """
    Base.metadata.create_all(engine)
    with Session(engine) as db:
        db.add(Meta(key="data_version", value="tiny1"))
        db.add(
            Meta(
                key="county",
                value={
                    "code": "529901",
                    "name": "小青县",
                    "name_en": "Little Qing",
                    "crs": "EPSG:4545",
                    "language": "zh",
                    "invented": True,
                    "code_scheme": "cn",
                    "review_number": "",
                    "box": None,
                },
            )
        )
        for key, kind, title in (
            ("regions", "regions", "界线"),
            ("people", "population", "人口"),
            ("care", "vulnerable", "关爱对象"),
            ("places", "facilities", "设施"),
            ("homes", "households", "家庭户"),
            ("houses", "buildings", "建筑"),
        ):
            db.add(
                Dataset(
                    id=key,
                    title=title,
                    title_en=key.title(),
                    kind=kind,
                    department="统计局",
                    data_class="备用" if kind != "vulnerable" else "敏感",
                    as_of=DATE,
                    refresh_days=365,
                )
            )
        db.flush()
        for k, key in enumerate(
            ("regions", "people", "care", "places", "homes", "houses"), start=1
        ):
            db.add(
                Batch(
                    id=k,
                    dataset_id=key,
                    version=1,
                    current=True,
                    source=f"{key}.csv",
                    sha256="0" * 64,
                    entry={},
                    matches={"code": "区划代码"},
                    rows_read=20,
                    rows_stored=19,
                    rows_bad=1,
                    quality={
                        "dataset": key,
                        "department": "统计局",
                        "n_rows": 20,
                        "dimensions": {
                            d: {"score": 0.9 if d == "validity" else 1.0, "n": 20, "defects": bad}
                            for d, bad in (
                                ("completeness", 0),
                                ("validity", 2),
                                ("consistency", 0),
                                ("timeliness", 0),
                                ("uniqueness", 0),
                                ("place", 0),
                            )
                        },
                        "fields": {
                            "code": {"validity": {"score": 0.9, "n": 20, "defects": 2}},
                        },
                        "total": 0.95,
                    },
                    loaded_at=dt.datetime(2026, 1, 5, 8, 0),
                )
            )
        db.flush()
        db.add(
            QualityIssue(
                batch_id=2,
                dataset_id="people",
                file="people.csv",
                row=7,
                column="persons",
                rule="amount.negative",
                dimension="validity",
                severity="error",
                found="-3",
                expected="a number, 0 or more",
                values={},
                text="529901001001001,-3",
            )
        )
        _regions(db)
        _counts(db)
        db.commit()


def grid_code(k: int) -> str:
    """Return the code of grid k."""
    row, column = divmod(k, 4)
    town = ("001", "100")[column // 2]
    village = 1 + row // 2
    inside = 1 + (row % 2) * 2 + column % 2
    return f"529901{town}{village:03d}{inside:03d}"


def _box(x0: int, y0: int, x1: int, y1: int) -> bytes:
    return shapely.to_wkb(
        shapely.box(WEST + x0 * STEP, SOUTH + y0 * STEP, WEST + x1 * STEP, SOUTH + y1 * STEP)
    )


def _regions(db: Session) -> None:
    def add(
        code: str,
        level: str,
        parent: str | None,
        path: str,
        name: str,
        name_en: str,
        box: tuple[int, int, int, int],
        position: int,
        leaf: bool,
    ) -> None:
        x0, y0, x1, y1 = box
        db.add(
            Region(
                code=code,
                level=level,
                parent_code=parent,
                path=path,
                position=position,
                name=name,
                name_en=name_en,
                pinyin=name_en.lower(),
                made=False,
                is_leaf=leaf,
                geometry=_box(*box),
                lon=WEST + STEP * (x0 + x1) / 2,
                lat=SOUTH + STEP * (y0 + y1) / 2,
                area_km2=float((x1 - x0) * (y1 - y0)),
                elevation_m=900.0,
                batch_id=1,
                source_row=position + 1,
            )
        )
        db.flush()

    add("529901", "county", None, "529901/", "小青县", "Little Qing", (0, 0, 4, 4), 0, False)
    position = 1
    for t, town in enumerate(NAMES):
        code = f"529901{town}"
        add(
            code,
            "township",
            "529901",
            f"529901/{code}/",
            *NAMES[town],
            (2 * t, 0, 2 * t + 2, 4),
            position,
            False,
        )
        position += 1
    for t, town in enumerate(NAMES):
        for v in (1, 2):
            code, up = f"529901{town}{v:03d}", f"529901{town}"
            add(
                code,
                "village",
                up,
                f"529901/{up}/{code}/",
                f"{NAMES[town][0][:2]}{'一二'[v - 1]}村",
                f"Village {t}{v}",
                (2 * t, 2 * v - 2, 2 * t + 2, 2 * v),
                position,
                False,
            )
            position += 1
    for k in range(16):
        row, column = divmod(k, 4)
        code = grid_code(k)
        add(
            code,
            "grid",
            code[:12],
            f"529901/{code[:9]}/{code[:12]}/{code}/",
            f"第{k + 1}网格",
            f"Grid {k + 1}",
            (column, row, column + 1, row + 1),
            position,
            True,
        )
        position += 1


def _counts(db: Session) -> None:
    row = 0
    for k in range(16):
        people = 10 * (k + 1)
        code = grid_code(k)
        for band, share in (("00-04", 0.1), ("65-69", 0.2), ("30-34", 0.7)):
            for sex in "mf":
                row += 1
                persons = round(people * share)
                half = persons // 2 if sex == "f" else persons - persons // 2
                db.add(
                    Population(
                        region_code=code,
                        date=DATE,
                        kind="usual",
                        sex=sex,
                        age_band=band,
                        persons=half,
                        moved=False,
                        batch_id=2,
                        source_row=row,
                    )
                )
        for kind, date, persons in (
            ("usual", BEFORE, people + 5),
            ("registered", DATE, people + 2),
            ("floating", DATE, k),
        ):
            db.add(
                Population(
                    region_code=code,
                    date=date,
                    kind=kind,
                    sex="t",
                    age_band="all",
                    persons=persons,
                    moved=True,
                    batch_id=2,
                    source_row=None,
                )
            )
        db.add(
            Vulnerable(
                region_code=code,
                date=DATE,
                group="low_income",
                persons=k,
                moved=False,
                batch_id=3,
                source_row=k,
            )
        )
        db.add(
            Household(
                region_code=code,
                date=DATE,
                type="single",
                households=k,
                moved=False,
                batch_id=5,
                source_row=k,
            )
        )
        db.add(
            Household(
                region_code=code,
                date=DATE,
                type="couple",
                households=3,
                moved=False,
                batch_id=5,
                source_row=k,
            )
        )
        r, c = divmod(k, 4)
        db.add(
            Building(
                id=f"B{k}",
                region_code=code,
                use="residential",
                levels=3,
                footprint_m2=100,
                dwellings=4,
                lon=WEST + STEP * (c + 0.5),
                lat=SOUTH + STEP * (r + 0.5),
                batch_id=6,
                source_row=k,
            )
        )
    for n, (k, kind) in enumerate(
        ((0, "clinic"), (5, "clinic"), (15, "hospital"), (10, "primary_school"))
    ):
        r, c = divmod(k, 4)
        db.add(
            Facility(
                id=f"F{n}",
                dataset_id="places",
                region_code=grid_code(k),
                name=f"设施{n + 1}",
                kind=kind,
                capacity=20.0 * (n + 1),
                staff=5,
                lon=WEST + STEP * (c + 0.4),
                lat=SOUTH + STEP * (r + 0.4),
                batch_id=4,
                source_row=n + 1,
            )
        )
