"""Events and readings that cannot be right: the batch loader names them in both languages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from cockpit.locale import translate
from cockpit.store import ingest
from cockpit.store import models as m
from cockpit.store.sealed import Opener
from cockpit.store.session import open_engine
from tests.small import MANIFEST, write_small

ENTRIES = """
[[dataset]]
id = "events"
title = "事件"
kind = "events"
file = "events.csv"

[[dataset]]
id = "sensors"
title = "设备"
kind = "sensors"
file = "sensors.csv"

[[dataset]]
id = "readings"
title = "读数"
kind = "readings"
file = "readings.csv"
"""
# The county is 106.80 to 106.84 E, 27.20 to 27.24 N; villages 东山1村, 东山2村, 西河1村, 西河2村.
EVENTS = [
    "事件编号,类别,内容,经度,纬度,区划代码,地址,上报时间",
    "a,盗窃,,106.805,27.205,,,2025-10-01 08:00",
    "b,盗窃,,,,529901100001,,2025-10-01 08:00",
    "c,盗窃,,,,,小青县西河镇西河2村3组,2025-10-01 08:00",
    "d,盗窃,,,,,,2025-10-01 08:00",
    "e,盗窃,,106.845,27.205,529901100001,西河镇,2025-10-01 08:00",
    "f,盗窃,,107.5,27.205,529901100001,,2025-10-01 08:00",
    "g,盗窃,,,,,邻水县西河镇12号,2025-10-01 08:00",
    "h,盗窃,,,,,东山1村与东山2村交界12号,2025-10-01 08:00",
    "i,盗窃,,,,,无名路9号,2025-10-01 08:00",
    "j,盗窃,,106.805,27.205,,,2026-01-16 08:00",
    f"k,盗窃,{'长' * 350_000},106.805,27.205,,,2025-10-01 08:00",
    f"{'l' * 60},盗窃,,106.805,27.205,,,2025-10-01 08:00",
    "a,盗窃,,106.805,27.205,,,2025-10-01 08:00",
    "a,火灾,,106.805,27.205,,,2025-10-01 08:00",
]
SENSORS = [
    "设备编号,类别,单位,经度,纬度",
    "W1,水位,m,106.805,27.205",
    "A1,空气质量,μg/m³,106.815,27.205",
    "X1,温室,,106.815,27.205",
]
READINGS = [
    "设备编号,时间,数值,单位",
    "W1,2025-10-01 08:00,1.5,",
    "W1,2025-10-01 09:00,312,cm",
    "A1,2025-10-01 08:00,0.035,mg/m3",
    "W1,2025-10-01 10:00,9000,",
    "A1,2025-10-01 09:00,35,ppm",
    "W9,2025-10-01 08:00,1.5,",
    "W1,2026-01-16 08:00,1.5,",
    "W1,2025-10-01 08:00,1.5,",
    "W1,2025-10-01 08:00,1.7,",
    "W1,2025-10-01 11:00,nichts,",
    "X1,2025-10-01 11:00,1234567,",
    "W1,2025-10-01 12:00,,",
]
TODAY = dt.date(2026, 1, 15)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("feeds")
    path = write_small(folder / "raw", manifest=MANIFEST + ENTRIES)
    for name, lines in (("events", EVENTS), ("sensors", SENSORS), ("readings", READINGS)):
        (path.parent / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    ingest.load(path, engine, folder, today=TODAY)
    return engine


def _told(engine: Engine, dataset: str, row: int | None) -> set[tuple[str, str, str, str]]:
    """Return rule, severity and both sentences of the findings of one row."""
    with Session(engine) as db:
        found = db.execute(
            select(m.QualityIssue).where(
                m.QualityIssue.dataset_id == dataset,
                m.QualityIssue.row == row,
                m.QualityIssue.rule.not_in(("value.sparse", "date.converted")),
            )
        ).scalars()
        opener = Opener(db)
        return {
            (
                one.rule,
                one.severity,
                *(
                    translate(
                        one.expected,
                        x,
                        **opener.json("quality_issue", "values", one.id, one.values),
                    )
                    for x in ("en", "zh")
                ),
            )
            for one in found
        }


def test_events_are_placed_in_turn_by_coordinates_code_and_address(engine: Engine) -> None:
    with Session(engine) as db:
        found = dict(db.execute(select(m.Event.id, m.Event.region_code)).all())
    assert found == {
        "events:a": "529901001001001",  # the first grid
        "events:b": "529901100001",
        "events:c": "529901100002",
        "events:d": None,
        "events:e": None,  # 500 m beyond the border: neither its code nor its address counts
        "events:g": None,
        "events:h": "529901001",  # two villages of one town: counted in the town
        "events:i": None,
    }


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (1, ()),
        (3, ("place.address", "note", "a place; the address names 西河2村",
             "位置；地址中写有西河2村")),
        (4, ("place.missing", "warning", "a place: coordinates, a region code or an address",
             "位置：坐标、区划代码或地址")),
        (5, ("place.outside", "warning", "a place inside the county", "县域以内的位置")),
        (6, ("place.outside", "error",
             "a place in the county, 106.7 to 106.94 E, 27.1 to 27.34 N", None)),
        (7, ("address.outside", "warning", "an address in the county; this one names another one",
             "本县的地址；此处写的是外县")),
        (8, ("address.ambiguous", "warning",
             "an address that only one region fits, and 东山街道东山1村, 东山街道东山2村 do; "
             "counted in 东山街道",
             "只对应一个区划的地址；东山街道东山1村, 东山街道东山2村都符合，暂计入东山街道")),
        (9, ("address.unknown", "warning",
             "an address that names a township or a village of the county",
             "写明本县乡镇或村（社区）的地址")),
        (10, ("date.future", "error", "a day not after 2026-01-15", None)),
        (11, ("text.long", "error", "a text of at most 10000 characters; this one has 350000",
              "不超过 10000 字的文本；此处有 350000 字")),
        (12, ("text.long", "error", "a text of at most 57 characters; this one has 60",
              "不超过 57 字的文本；此处有 60 字")),
        (13, ("duplicate.same", "warning", "one row a key; row 1 says the same", None)),
        (14, ("duplicate.conflict", "error", "one row a key; row 1 says otherwise", None)),
    ],
)  # fmt: skip
def test_a_file_with_bad_events_names_each_row(
    engine: Engine, row: int, told: tuple[str | None, ...]
) -> None:
    found = _told(engine, "events", row)
    if not told:
        assert found == set()
        return
    (only,) = found
    assert [x for x, y in zip(only, told, strict=True) if y is not None] == [
        y for y in told if y is not None
    ]


def test_how_events_were_placed_is_on_record(engine: Engine) -> None:
    ways = [one for one in _told(engine, "events", None) if one[0] == "place.ways"]
    assert [one[2] for one in ways] == [
        "a place for every event; 1 were placed by coordinates, 1 by region code, 2 by address, "
        "4 nowhere"
    ]


def test_no_finding_shows_a_house_number(engine: Engine) -> None:
    with Session(engine) as db:
        rows = db.execute(
            select(m.QualityIssue.id, m.QualityIssue.found).where(
                m.QualityIssue.rule.like("address.%")
            )
        ).all()
        shown = Opener(db).texts("quality_issue", "found", *zip(*rows, strict=True))
        assert sorted(shown) == ["东山", "无名路", "邻水县西河镇"]


def test_readings_are_stored_in_the_unit_of_their_sensor(engine: Engine) -> None:
    with Session(engine) as db:
        found = db.execute(select(m.Reading.sensor_id, m.Reading.value)).all()
    assert sorted(found) == [("A1", 35.0), ("W1", 1.5), ("W1", 3.12), ("X1", 1234567.0)]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (4, ("reading.range",
             "a value from -200 to 6000 m, which a sensor of this kind can measure",
             "此类设备量程内的值，即 -200 至 6000 m")),
        (5, ("unit.unknown", "a unit that can be converted to μg/m³", "能换算成 μg/m³ 的单位")),
        (6, ("link.sensor", "a sensor of the sensor register", "设备台账中的设备")),
        (7, ("date.future", "a day not after 2026-01-15", "不晚于 2026-01-15 的日期")),
        (9, ("duplicate.conflict", "one row a key; row 1 says otherwise", None)),
        (10, ("number.invalid", "a number", "数字")),
        (12, ("value.missing", "a value", "有值")),
    ],
)  # fmt: skip
def test_a_file_with_bad_readings_names_each_row(
    engine: Engine, row: int, told: tuple[str, str, str | None]
) -> None:
    ((rule, severity, english, chinese),) = _told(engine, "readings", row)
    assert (rule, severity, english) == (told[0], "error", told[1])
    assert told[2] in (chinese, None)


def test_converted_units_are_said(engine: Engine) -> None:
    told = {one[2:] for one in _told(engine, "readings", None) if one[0] == "unit.converted"}
    assert told == {
        ("readings in m; 1 in cm were converted", "以 m 为单位的读数；已换算 1 条 cm 读数"),
        ("readings in μg/m³; 1 in mg/m3 were converted",
         "以 μg/m³ 为单位的读数；已换算 1 条 mg/m3 读数"),
    }  # fmt: skip


def test_a_unit_in_the_header_counts_too(tmp_path: Path) -> None:
    path = write_small(tmp_path / "raw", manifest=MANIFEST + ENTRIES)
    (path.parent / "events.csv").write_text("\n".join(EVENTS[:2]), encoding="utf-8")
    (path.parent / "sensors.csv").write_text("\n".join(SENSORS), encoding="utf-8")
    (path.parent / "readings.csv").write_text(
        "设备编号,时间,数值(cm)\nW1,2025-10-01 08:00,312\n", encoding="utf-8"
    )
    engine = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    ingest.load(path, engine, tmp_path, today=TODAY)
    with Session(engine) as db:
        assert db.execute(select(m.Reading.value)).scalars().all() == [3.12]
    engine.dispose()


def _small(folder: Path) -> Path:
    path = write_small(folder, manifest=MANIFEST + ENTRIES)
    for name, lines in (("events", EVENTS[:2]), ("sensors", SENSORS), ("readings", READINGS[:3])):
        (path.parent / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _readings(engine: Engine) -> list[tuple[str, float]]:
    with Session(engine) as db:
        return sorted(db.execute(select(m.Reading.sensor_id, m.Reading.value)).all())


def test_a_new_register_of_sensors_keeps_the_readings_of_those_that_stay(tmp_path: Path) -> None:
    path = _small(tmp_path / "raw")
    engine = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    ingest.load(path, engine, tmp_path, today=TODAY)
    assert _readings(engine) == [("W1", 1.5), ("W1", 3.12)]
    sensors = path.parent / "sensors.csv"
    sensors.write_text("\n".join([*SENSORS, "W2,水位,m,106.815,27.205"]), encoding="utf-8")
    assert ingest.load(path, engine, tmp_path, today=TODAY).changed
    assert _readings(engine) == [("W1", 1.5), ("W1", 3.12)]
    sensors.write_text("\n".join([SENSORS[0], *SENSORS[2:]]), encoding="utf-8")  # without W1
    (path.parent / "readings.csv").write_text(
        f"{READINGS[0]}\nA1,2025-10-02 08:00,7,\n", encoding="utf-8"
    )
    answers = frozenset({"fewer_rows"})
    ingest.load(path, engine, tmp_path, today=TODAY, confirmed=answers)
    assert _readings(engine) == [("A1", 7.0)]  # the file's new readings alone
    engine.dispose()


def test_two_data_sets_of_the_same_readings_are_told_apart(tmp_path: Path) -> None:
    path = _small(tmp_path / "raw")
    again = ENTRIES[ENTRIES.index('[[dataset]]\nid = "readings"') :].replace(
        'id = "readings"', 'id = "readings_again"'
    )
    path.write_text(path.read_text(encoding="utf-8") + again, encoding="utf-8")
    engine = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    ingest.load(path, engine, tmp_path, today=TODAY)
    assert _readings(engine) == [("W1", 1.5), ("W1", 3.12)]
    assert {row[0] for row in _told(engine, "readings_again", 1)} == {"key.elsewhere"}
    engine.dispose()
