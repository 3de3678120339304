"""Feeds: what comes is stored once, what cannot be right is refused with its sentence."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from cockpit.answers import data, feeds, feeds_county, feeds_sources, feeds_write
from cockpit.answers.feeds_county import LEAST_KNOWN, usual
from cockpit.answers.feeds_sources import FeedOffError, NoFeedError, Source
from cockpit.feeds import silent
from cockpit.store import models as m
from cockpit.store import settled
from cockpit.store.models_live import FeedDelivery, FeedRefusal, FeedSource
from cockpit.store.session import data_version
from geodata.errors import InputError
from tests import feeding, tiny

NOW = dt.datetime(2026, 1, 15, 12, 0)
W1 = {"sensor": "W1", "time": "2026-01-15T08:00", "value": 1.5}
THEFT = {"id": "T1", "category": "盗窃", "reported": "2026-01-15T08:00", **feeding.INSIDE}


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    with feeding.store(tmp_path) as engine:
        for module in (feeds, feeds_sources):
            monkeypatch.setattr(module, "engine", lambda: engine)
        yield engine


def _source(kind: str, **more: Any) -> Source:
    key = f"some_{kind}"
    token = feeds_sources.add_source(key, kind=kind, title="某局", **more)
    return feeds_sources.authorised(key, token)


def _send(engine: Engine, source: Source, *rows: Any) -> feeds_write.Receipt:
    return feeds_write.deliver(source, rows, engine, now=NOW)


def _told(receipt: feeds_write.Receipt, language: str = "en") -> list[tuple[int, str, str]]:
    return [
        (r.position, r.row_id, feeds_write.sentence(r.template, r.values, language))
        for r in (*receipt.refused, *receipt.marked)
    ]


# ---------------------------------------------------------------- sources


def test_a_token_is_shown_once_and_only_its_hash_is_stored(engine: Engine) -> None:
    token = feeds_sources.add_source("gateway", kind="readings")
    with Session(engine) as db:
        stored = db.execute(select(FeedSource.token_hash)).scalar_one()
    assert len(token) >= 40
    assert len(stored) == 64
    assert token not in stored
    assert feeds_sources.authorised("gateway", token).id == "gateway"


def test_an_unknown_source_and_a_wrong_token_are_answered_alike(engine: Engine) -> None:
    token = feeds_sources.add_source("gateway", kind="readings")
    words = []
    for key, tried in (("gateway", f"{token}x"), ("nobody", token), ("gateway", "")):
        with pytest.raises(NoFeedError) as raised:
            feeds_sources.authorised(key, tried)
        words.append(str(raised.value))
    assert set(words) == {"There is no such feed, or this is not its token."}


def test_a_source_is_switched_off_and_on_and_gets_another_token(engine: Engine) -> None:
    first = feeds_sources.add_source("gateway", kind="readings")
    feeds_sources.switch("gateway", on=False)
    with pytest.raises(FeedOffError, match=r"The feed gateway is switched off\."):
        feeds_sources.authorised("gateway", first)
    feeds_sources.switch("gateway", on=True)
    second = feeds_sources.new_token("gateway")
    assert feeds_sources.authorised("gateway", second).disabled is None
    with pytest.raises(NoFeedError):
        feeds_sources.authorised("gateway", first)


@pytest.mark.parametrize(
    ("key", "more", "words"),
    [
        ("A", {}, "A cannot be the id of a feed; expected up to 24 small letters, digits and _, "
                  "a letter first."),
        ("a" * 25, {}, "cannot be the id of a feed"),
        ("people", {}, "There is a data set people already; take another id."),
        ("ok", {"kind": "people"}, "people is none of events, readings."),
        ("ok", {"data_class": "绝密"}, "绝密 is none of 公开, 备用, 敏感, 秘密."),
    ],
)  # fmt: skip
def test_a_source_that_cannot_be_is_refused(
    engine: Engine, key: str, more: dict[str, str], words: str
) -> None:
    with pytest.raises(InputError) as raised:
        feeds_sources.add_source(key, **{"kind": "events", **more})
    assert words in str(raised.value)


def test_a_feed_is_a_data_set_of_its_class_and_changes_no_version(engine: Engine) -> None:
    with Session(engine) as db:
        before = data_version(db)
    source = _source("readings", data_class="敏感", exercise=True)
    _send(engine, source, W1, {**W1, "sensor": "W9"})
    with Session(engine) as db:
        assert data_version(db) == before
        (entry,) = (e for e in data.catalogue(db, NOW.date()) if e.id == source.dataset_id)
    assert (entry.title, entry.title_en) == ("某局（演练）", "某局 (exercise)")
    assert (entry.data_class, entry.purpose, entry.kind) == ("敏感", "演练", "readings")
    assert (entry.rows_read, entry.rows_stored, entry.rows_bad) == (2, 1, 1)
    assert entry.score == 0.5
    assert feeds.feeds_state("备用") == ()  # its class is above
    assert [one.id for one in feeds.feeds_state("敏感")] == [source.id]
    assert feeds.refusals("备用") == ()


def test_removing_a_source_leaves_nothing_of_it(engine: Engine) -> None:
    with engine.connect() as connection:
        # The key that seals events is the store's, not the source's; the trail keeps all that was.
        stays = ("seal_key", "audit_entry", "audit_head")
        tables = [t for t in m.Base.metadata.sorted_tables if t.name not in stays]
        before = {t.name: connection.execute(select(func.count()).select_from(t)).scalar()
                  for t in tables}  # fmt: skip
    source = _source("events")
    _send(engine, source, THEFT, {**THEFT, "id": "T2", "lon": None, "lat": None}, {"id": "T3"})
    assert feeds_sources.remove_source(source.id) == 2
    with engine.connect() as connection:
        after = {t.name: connection.execute(select(func.count()).select_from(t)).scalar()
                 for t in tables}  # fmt: skip
    assert after == before


# ---------------------------------------------------------------- what is stored


def test_the_same_rows_again_are_known(engine: Engine) -> None:
    source = _source("readings")
    rows = [W1, {**W1, "time": "2026-01-15T09:00"}, W1]
    first, again = _send(engine, source, *rows), _send(engine, source, *rows)
    assert (first.new, first.known, first.refused) == (2, 1, ())
    assert (again.new, again.known, again.refused) == (0, 3, ())
    with Session(engine) as db:
        assert db.execute(select(func.count()).select_from(m.Reading)).scalar() == 2
        deliveries = db.execute(
            select(FeedDelivery.n_new, FeedDelivery.n_known, FeedDelivery.since).order_by(
                FeedDelivery.seq
            )
        ).all()
    assert deliveries == [(2, 1, dt.datetime(2026, 1, 15, 8)), (0, 3, None)]


def test_another_value_for_the_same_key_is_refused_with_the_stored_one(engine: Engine) -> None:
    source = _source("readings")
    _send(engine, source, W1)
    found = _send(engine, source, {**W1, "value": 1.6, "id": "r-77"})
    assert (found.new, found.known) == (0, 0)
    assert _told(found) == [
        (1, "r-77", "Sensor W1 has 1.5 stored for 2026-01-15 08:00:00, not 1.6.")
    ]
    assert _told(found, "zh") == [
        (1, "r-77", "设备 W1 在 2026-01-15 08:00:00 已入库的值为 1.5，不是 1.6。")
    ]
    with Session(engine) as db:
        assert db.execute(select(m.Reading.value)).scalars().all() == [1.5]


def test_units_and_zones_are_brought_to_those_of_the_county(engine: Engine) -> None:
    source = _source("readings")
    found = _send(
        engine, source,
        {"sensor": "W1", "time": "2026-01-15T00:00:00Z", "value": 150, "unit": "cm"},
        {"sensor": "A1", "time": "2026-01-15T08:00+08:00", "value": 0.035, "unit": "mg/m³"},
        {"sensor": "A1", "time": "2026-01-15 09:00:00.5", "value": 35},
    )  # fmt: skip
    assert found.new == 3
    with Session(engine) as db:
        rows = db.execute(
            select(m.Reading.sensor_id, m.Reading.time, m.Reading.value).order_by(
                m.Reading.sensor_id, m.Reading.time
            )
        ).all()
    assert rows == [
        ("A1", dt.datetime(2026, 1, 15, 8), 35.0),
        ("A1", dt.datetime(2026, 1, 15, 9, 0, 0, 500_000), 35.0),
        ("W1", dt.datetime(2026, 1, 15, 8), 1.5),
    ]


def test_events_are_placed_as_the_batch_loader_places_them(engine: Engine) -> None:
    source = _source("events")
    found = _send(
        engine, source, THEFT,
        {**THEFT, "id": 22, "lon": None, "lat": None, "code": tiny.grid_code(5)},
        {"id": "T3", "category": "盗窃", "reported": "2026-01-15", "address": "西河镇西河二村3号"},
    )  # fmt: skip
    assert (found.new, found.refused, found.marked) == (3, (), ())
    with Session(engine) as db:
        rows = db.execute(
            select(m.Event.id, m.Event.region_code, m.Event.delivery, m.Event.channel).order_by(
                m.Event.id
            )
        ).all()
    assert rows == [
        ("some_events:22", tiny.grid_code(5), found.delivery, ""),
        ("some_events:T1", tiny.grid_code(0), found.delivery, ""),
        ("some_events:T3", "529901100002", found.delivery, ""),
    ]


def test_an_event_again_is_known_and_a_changed_one_is_refused(engine: Engine) -> None:
    source = _source("events")
    _send(engine, source, THEFT)
    found = _send(engine, source, THEFT, {**THEFT, "id": "T2"}, {**THEFT, "status": "已办结"})
    assert (found.new, found.known) == (1, 1)
    assert _told(found) == [(3, "T1", "Row 1 of the request says otherwise about the same.")]


def test_an_event_goes_on_and_is_closed_once_and_never_opened_by_an_older_message(
    engine: Engine,
) -> None:
    source = _source("events")
    going = {**THEFT, "status": "处理中"}
    done = {**THEFT, "status": "已办结", "closed": "2026-01-15T10:00"}
    _send(engine, source, THEFT)
    told = [_send(engine, source, row) for row in (going, THEFT, done, done, THEFT, going)]
    assert [(r.new, r.known, r.changed, r.refused) for r in told] == [
        (0, 1, changed, ()) for changed in (1, 0, 1, 0, 0, 0)
    ]
    earlier = {**done, "closed": "2026-01-15T09:00"}
    later = {**done, "closed": "2026-01-15T11:00", "status": "已回访"}
    assert [_send(engine, source, row).changed for row in (earlier, later)] == [0, 1]
    with Session(engine) as db:
        stored = db.execute(select(m.Event.status, m.Event.closed, m.Event.delivery)).one()
    assert stored == ("已回访", dt.datetime(2026, 1, 15, 11), 1)
    assert feeds.refusals("备用") == ()


def test_an_event_that_closes_before_it_was_reported_or_tomorrow_does_not_go_on(
    engine: Engine,
) -> None:
    source = _source("events")
    _send(engine, source, THEFT)
    for closed in ("2026-01-15T07:59", "2026-01-16T08:00"):
        found = _send(engine, source, {**THEFT, "closed": closed})
        assert (found.changed, len(found.refused)) == (0, 1)
    other = _send(engine, source, {**THEFT, "closed": "2026-01-15T09:00", "category": "火灾"})
    assert (other.changed, len(other.refused)) == (0, 1)
    with Session(engine) as db:
        assert db.execute(select(m.Event.closed)).scalar_one() is None


def test_figures_of_a_version_keep_an_event_open_until_they_are_settled(engine: Engine) -> None:
    source = _source("events")
    _send(engine, source, THEFT)
    with engine.begin() as connection:
        settled.settle(connection)
    _send(engine, source, {**THEFT, "closed": "2026-01-15T10:00"})

    def n_open() -> int:
        with Session(engine) as db:
            of = select(func.count()).select_from(m.Event).where(settled.still_open(db))
            return int(db.execute(of).scalar_one())

    assert n_open() == 1
    with engine.begin() as connection:
        assert settled.settle(connection) == 2
    assert n_open() == 0


def test_a_changed_event_is_told_with_the_stored_value(engine: Engine) -> None:
    source = _source("events")
    _send(engine, source, THEFT)
    found = _send(engine, source, {**THEFT, "category": "火灾"})
    assert _told(found) == [(1, "T1", "Event T1 is stored with another category: 盗窃, not 火灾.")]
    assert _told(found, "zh") == [
        (1, "T1", "事件 T1 已入库，category 不同：库中为“盗窃”，不是“火灾”。")
    ]


def test_what_is_doubtful_is_stored_marked_and_listed_for_its_department(engine: Engine) -> None:
    source = _source("events")
    beyond = {**THEFT, "id": "T2", "lon": 106.845}
    nowhere = {"id": "T3", "category": "盗窃", "reported": "2026-01-15"}
    found = _send(engine, source, THEFT, beyond, nowhere)
    assert (found.new, found.refused) == (3, ())
    assert _told(found) == [
        (2, "T2", "lon is 106.84500, 27.20500; expected a place inside the county."),
        (3, "T3", "lon is empty; expected a place: coordinates, a region code or an address."),
    ]
    with Session(engine) as db:
        placed = db.execute(select(m.Event.region_code).order_by(m.Event.id)).scalars().all()
        listed = data.findings(
            db, data.FindingFilter(dataset=source.id), offset=0, limit=9, visitor="备用"
        )
    assert placed == [tiny.grid_code(0), None, None]
    assert [(f.file, f.row, f.rule) for f in listed.rows] == [
        ("some_events #1", 2, "place.outside"),
        ("some_events #1", 3, "place.missing"),
    ]


def test_a_reading_far_off_all_that_its_sensor_has_shown_is_stored_and_marked(
    engine: Engine,
) -> None:
    source = _source("readings")
    hours = [f"2026-01-{day:02}T{hour:02}:00" for day in (11, 12) for hour in range(24)]
    _send(engine, source, *({**W1, "time": t, "value": 1.4 + 0.1 * (k % 3)}
                            for k, t in enumerate(hours[:LEAST_KNOWN])))  # fmt: skip
    feeds_county.forget()  # the history is read anew every ten minutes
    # The spread of 1.4, 1.5, 1.6 is sqrt(0.02 / 3) = 0.0816: in doubt above 1.6 + 1.633.
    found = _send(engine, source, {**W1, "value": 3.23}, {**W1, "time": hours[40], "value": 3.24},
                  {"sensor": "A1", "time": hours[0], "value": 900})  # fmt: skip
    assert (found.new, found.refused) == (3, ())
    assert _told(found) == [
        (2, "W1 2026-01-12T16:00:00", "value is 3.24; expected a value near what this sensor has "
         "shown, 1.4 to 1.6 m; it is stored and in doubt.")
    ]  # fmt: skip
    assert _told(found, "zh")[0][2] == (
        "value 为“3.24”；应为该设备历史值 1.4 至 1.6 m 附近的值；已入库，存疑。"
    )


def test_what_is_usual_is_not_moved_by_faults_and_needs_thirty_readings() -> None:
    plain = np.tile([1.4, 1.5, 1.6], 200)
    known, spoiled = usual(plain), usual(np.append(plain, [312.0, 314.0]))
    assert known is not None
    assert spoiled is not None
    assert (spoiled.low, spoiled.high) == (known.low, known.high) == (1.4, 1.6)
    assert known.margin == pytest.approx(20 * (0.02 / 3) ** 0.5)
    assert usual(plain[: LEAST_KNOWN - 1]) is None
    assert usual(np.ones(100)) is None  # a sensor that always says the same


def test_many_requests_at_once_are_all_stored(engine: Engine) -> None:
    source = _source("readings")
    receipts: list[feeds_write.Receipt] = []

    def send(k: int) -> None:
        rows = [{**W1, "time": f"2026-01-15T{k:02d}:{minute:02d}"} for minute in range(20)]
        receipts.append(_send(engine, source, *rows))

    threads = [threading.Thread(target=send, args=(k,)) for k in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [r.new for r in receipts] == [20] * 10
    assert len({r.delivery for r in receipts}) == 10
    with Session(engine) as db:
        assert db.execute(select(func.count()).select_from(m.Reading)).scalar() == 200
        assert db.execute(
            select(m.Batch.rows_stored).where(m.Batch.id == source.batch_id)
        ).scalar() == 200  # fmt: skip


def test_a_request_of_a_source_that_is_gone_spoils_no_other(engine: Engine) -> None:
    gone, stays = _source("events"), _source("readings")
    feeds_sources.remove_source(gone.id)
    with pytest.raises(NoFeedError):
        _send(engine, gone, THEFT)
    assert _send(engine, stays, W1).new == 1


# ---------------------------------------------------------------- what pages ask


def test_the_state_of_a_feed_counts_today_on_the_countys_clock(engine: Engine) -> None:
    source = _source("readings")
    _send(engine, source, W1, {**W1, "value": "1"})
    with Session(engine) as db:  # 23:30 of the 14th and 00:30 of the 15th in the county
        delivery = db.execute(select(FeedDelivery)).scalar_one()
        delivery.received = dt.datetime(2026, 1, 14, 15, 30)
        db.add(
            FeedDelivery(
                source_id=source.id, received=dt.datetime(2026, 1, 14, 16, 30), n_new=5, n_known=0,
                n_refused=2, since=None,
            )
        )  # fmt: skip
        db.execute(FeedSource.__table__.update().values(created=dt.datetime(2026, 1, 14)))
        db.commit()
    (early,) = feeds.feeds_state("备用", now=dt.datetime(2026, 1, 14, 16, 45))
    assert (early.n_today, early.refused_today, early.n_hour) == (5, 2, 5)
    assert early.last == dt.datetime(2026, 1, 14, 16, 30)
    assert not early.stale
    (late,) = feeds.feeds_state("备用", now=dt.datetime(2026, 1, 14, 23, 0))
    assert (late.n_hour, late.stale) == (0, True)


def test_refusals_come_newest_first_with_their_sentence(engine: Engine) -> None:
    source = _source("readings")
    _send(engine, source, {**W1, "value": "1,5"}, {**W1, "sensor": "W9"})
    _send(engine, source, {**W1, "value": 9000})
    assert [(r.position, r.row_id, r.sentence("en")) for r in feeds.refusals("备用")] == [
        (1, "W1 2026-01-15T08:00:00", "value is 9000; expected a value from -200 to 6000 m, which "
         "a sensor of this kind can measure."),
        (1, "W1 2026-01-15T08:00", "value is the text 1,5; expected a number, without quotation "
         "marks."),
        (2, "W9 2026-01-15T08:00:00", "sensor is W9; expected a sensor of the sensor register."),
    ]  # fmt: skip
    assert len(feeds.refusals("备用", limit=1)) == 1
    assert feeds.refusals("备用", source="other") == ()


def test_the_store_keeps_the_first_refusals_of_a_delivery(engine: Engine) -> None:
    source = _source("readings")
    found = _send(engine, source, *({**W1, "value": None} for _ in range(300)))
    assert len(found.refused) == 300
    with Session(engine) as db:
        assert db.execute(select(func.count()).select_from(FeedRefusal)).scalar() == 200
        assert db.execute(select(FeedDelivery.n_refused)).scalar() == 300


MINUTE = dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    ("every", "ago", "expected"),
    [(1, 59, False), (1, 61, True), (60, 179, False), (60, 181, True), (0, 30, False)],
)
def test_a_feed_is_silent_after_three_of_its_usual_gaps(
    every: int, ago: int, expected: bool
) -> None:
    received = [NOW - (ago + k * every) * MINUTE for k in range(10 if every else 1)]
    assert silent(received, NOW - 9999 * MINUTE, NOW) is expected


def test_a_feed_that_never_came_is_silent_after_an_hour() -> None:
    assert not silent([], NOW - 59 * MINUTE, NOW)
    assert silent([], NOW - 61 * MINUTE, NOW)
