"""A period that is replayed leaves the store as the batch load left it, in any pieces."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from cockpit.answers import feeds_county
from cockpit.answers.feeds_replay import Row, from_files, from_store
from cockpit.commands.replay import Store, Tally, play, shifted
from cockpit.store import ingest
from cockpit.store import models as m
from cockpit.store.catalogue import table_of
from cockpit.store.sealed import Opener
from cockpit.store.session import open_engine
from tests.small import MANIFEST, write_small
from tests.tiny import SOUTH, WEST, grid_code

ENTRIES = {
    "sensors": '[[dataset]]\nid = "sensors"\ntitle = "设备"\nkind = "sensors"\nfile = "s.csv"\n',
    "events": '[[dataset]]\nid = "events"\ntitle = "事件"\nkind = "events"\nfile = "e.csv"\n',
    "readings": '[[dataset]]\nid = "readings"\ntitle = "读数"\nkind = "readings"\n'
    'file = "r.csv"\nunits = { value = "cm" }\n',
}
N_EVENTS = 10_000
TODAY = dt.date(2026, 1, 15)
FEEDS = {"events": "live_events", "readings": "live_readings"}
PLACES = ("西河镇西河1村", "东山街道", "西河2村8号", "东山1村与西河1村", "无名路", "")


def _write(folder: Path) -> None:
    """Write 10,000 events, placed in every way and not at all, and 400 readings in cm."""
    rng = random.Random(5)
    lines = ["事件编号,渠道,类别,内容,经度,纬度,区划代码,楼栋编号,上报时间,办结时间,状态,地址"]
    begin = dt.datetime(2025, 1, 1)
    for k in range(N_EVENTS):
        at = begin + dt.timedelta(minutes=rng.randrange(500_000))
        closed = f"{at + dt.timedelta(hours=5):%Y-%m-%d %H:%M:%S}" if k % 3 else ""
        way = k % 4
        # One in forty lies up to 1 km beyond the border: stored, and placed nowhere.
        lon = f"{WEST + rng.uniform(-0.01 * (k % 40 == 0), 0.04):.6f}" if way == 0 else ""
        lat = f"{SOUTH + rng.uniform(0, 0.04):.6f}" if way == 0 else ""
        code = grid_code(rng.randrange(16)) if way == 1 or k % 8 == 0 else ""
        address = rng.choice(PLACES) if way >= 2 else ""
        lines.append(
            f"SJ{k:05d},12345热线,{rng.choice(('盗窃', '火灾', '噪声扰民'))},第{k}件,{lon},{lat},"
            f"{code},,{at:%Y-%m-%d %H:%M},{closed},{'已办结' if closed else '办理中'},{address}"
        )
    lines += [lines[5], lines[7].replace("盗窃", "纵火"), "SJX,,火灾,,106.805,27.205,,,昨天,,,"]
    (folder / "e.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "s.csv").write_text(
        "设备编号,类别,单位,经度,纬度\nW1,水位,m,106.805,27.205\nW2,水位,m,106.815,27.205\n",
        encoding="utf-8",
    )
    rows = ["设备编号,时间,数值"]
    for k in range(200):
        at = begin + dt.timedelta(days=k)
        rows += [f"W1,{at:%Y-%m-%d %H:%M},{100 + k}", f"W2,{at:%Y-%m-%d %H:%M},{300 - k}"]
    (folder / "r.csv").write_text("\n".join(rows), encoding="utf-8")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Path]]:
    """Return a store with everything loaded from files, and the manifest."""
    folder = tmp_path_factory.mktemp("batch")
    path = write_small(folder / "raw", manifest=MANIFEST + "\n".join(ENTRIES.values()))
    _write(path.parent)
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    ingest.load(path, engine, folder, today=TODAY)
    yield engine, path
    engine.dispose()


@pytest.fixture
def empty(loaded: tuple[Engine, Path], tmp_path: Path) -> Iterator[Engine]:
    """Return a store of the same county with its sensors, but without events and readings."""
    _, path = loaded
    bare = path.with_name("bare.toml")
    bare.write_text(MANIFEST + ENTRIES["sensors"], encoding="utf-8")
    engine = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    ingest.load(bare, engine, tmp_path, today=TODAY)
    feeds_county.forget()
    yield engine
    feeds_county.forget()
    engine.dispose()


def _state(engine: Engine) -> tuple[list[Any], list[Any]]:
    """Return all events and readings without what names their batch."""
    events, readings = table_of(m.Event), table_of(m.Reading)
    apart = ("batch_id", "source_row", "delivery", "dataset_id")
    with engine.connect() as connection:
        found = (
            connection.execute(select(*(c for c in events.columns if c.name not in apart)))
            .mappings()
            .all()
        )
        opener = Opener(connection)
        texts = opener.texts(
            "event", "text", *zip(*((r["id"], r["text"]) for r in found), strict=True)
        )
        return (
            sorted(
                (
                    {**row, "id": row["id"].partition(":")[2], "text": text}.items()
                    for row, text in zip(found, texts, strict=True)
                ),
                key=lambda row: dict(row)["id"],
            ),
            sorted(
                tuple(row)
                for row in connection.execute(
                    select(readings.c.sensor_id, readings.c.time, readings.c.value)
                )
            ),
        )


def _play(engine: Engine, rows: list[Row], most: int = 500) -> Tally:
    target = Store(engine, FEEDS, "en", exercise=False)
    return play(rows, FEEDS, target, speed=float("inf"), most=most)


def test_a_replay_of_ten_thousand_events_gives_the_state_of_the_batch_load(
    loaded: tuple[Engine, Path], empty: Engine
) -> None:
    batch, _ = loaded
    rows = from_store(batch, FEEDS, None, None)
    assert [row.time for row in rows] == sorted(row.time for row in rows)
    tally = _play(empty, rows)
    assert (tally.sent, tally.new, tally.known, tally.refused) == (10_400, 10_400, 0, 0)
    ours, theirs = _state(empty), _state(batch)
    assert len(theirs[0]) == N_EVENTS
    assert [dict(row) for row in ours[0]] == [dict(row) for row in theirs[0]]
    assert ours[1] == theirs[1]
    assert tally.marked > 0
    assert sum(dict(row)["region_code"] is None for row in theirs[0]) > 100
    again = _play(empty, rows[:700], most=7)
    assert (again.new, again.known) == (0, 700)


def test_a_replay_of_the_files_gives_the_state_of_the_batch_load(
    loaded: tuple[Engine, Path], empty: Engine
) -> None:
    batch, path = loaded
    rows = from_files(path, FEEDS, None, None)
    tally = _play(empty, rows)
    assert tally.refused == 0
    assert [dict(row) for row in _state(empty)[0]] == [dict(row) for row in _state(batch)[0]]
    assert _state(empty)[1] == _state(batch)[1]  # centimetres became metres on both ways


def test_a_reload_of_the_files_keeps_what_came_live(
    loaded: tuple[Engine, Path], empty: Engine
) -> None:
    batch, path = loaded
    start, end = dt.datetime(2025, 3, 1), dt.datetime(2025, 3, 15)
    rows = from_store(batch, FEEDS, start, end)
    assert {row.time >= start and row.time < end for row in rows} == {True}
    _play(empty, rows)
    before = _state(empty)
    bare = path.with_name("bare.toml")
    text = (path.parent / "grids.geojson").read_text(encoding="utf-8")
    (path.parent / "grids.geojson").write_text(
        text.replace("第1网格", "第壹网格"), encoding="utf-8"
    )
    try:
        report = ingest.load(bare, empty, Path(str(empty.url.database)).parent, today=TODAY)
    finally:
        (path.parent / "grids.geojson").write_text(text, encoding="utf-8")
    assert report.changed
    assert [dict(row) for row in _state(empty)[0]] == [dict(row) for row in before[0]]
    assert _state(empty)[1] == before[1]
    assert _play(empty, rows).known == len(rows)  # and they are known again


# ---------------------------------------------------------------- pace


class _Recorder:
    """A target that notes when it got what, on a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.got: list[tuple[float, str, list[str]]] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def watch(self) -> float:
        return self.now

    def is_exercise(self, feed: str) -> bool:
        return True

    def send(self, feed: str, rows: Any, tally: Tally) -> None:
        self.got.append((self.now, feed, [row["id"] for row in rows]))


def _rows(*minutes: float) -> list[Row]:
    begin = dt.datetime(2025, 5, 1)
    return [
        Row(begin + dt.timedelta(minutes=at), "events", str(k), (
            ("id", str(k)), ("reported", (begin + dt.timedelta(minutes=at)).isoformat())))
        for k, at in enumerate(minutes)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("speed", "most", "expected"),
    [
        (60.0, 500, [(0.0, ["0", "1"]), (10.0, ["2"]), (60.0, ["3"])]),
        (1.0, 500, [(0.0, ["0"]), (6.0, ["1"]), (600.0, ["2"]), (3600.0, ["3"])]),
        (float("inf"), 3, [(0.0, ["0", "1", "2"]), (0.0, ["3"])]),
    ],
)
def test_rows_come_at_their_times_by_the_speed(
    speed: float, most: int, expected: list[tuple[float, list[str]]]
) -> None:
    to = _Recorder()
    rows = _rows(0, 0.1, 10, 60)  # minutes
    play(rows, {"events": "f"}, to, speed=speed, most=most, sleep=to.sleep, watch=to.watch)
    assert [ids for _, _, ids in to.got] == [ids for _, ids in expected]
    for (at, _, _), (due, _) in zip(to.got, expected, strict=True):
        assert due <= at <= due + 0.2


@given(
    st.lists(st.floats(0, 1e5), min_size=1, max_size=20).map(sorted),
    st.sampled_from([1.0, 2.0, 60.0, float("inf")]),
)
@settings(max_examples=60, deadline=None)
def test_an_exercise_ends_now_and_no_row_is_ahead_of_the_clock(
    minutes: list[float], speed: float
) -> None:
    now = dt.datetime(2026, 1, 15, 12)
    to, rows = _Recorder(), _rows(*minutes)
    moved = shifted(rows, speed, "x-", now)
    for before, after in zip(rows, moved, strict=True):
        assert after.time - moved[0].time == before.time - rows[0].time
        assert dict(after.fields)["id"] == f"x-{dict(before.fields)['id']}"
        assert dt.datetime.fromisoformat(dict(after.fields)["reported"]) == after.time
    play(moved, {"events": "f"}, to, speed=speed, most=500, sleep=to.sleep, watch=to.watch)
    sent = {key: at for at, _, ids in to.got for key in ids}
    for row in moved:
        assert row.time <= now + dt.timedelta(seconds=sent[dict(row.fields)["id"]])
    last = now + dt.timedelta(seconds=to.now)
    assert dt.timedelta(0) <= last - moved[-1].time <= dt.timedelta(seconds=2.3)
