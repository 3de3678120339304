"""What was destroyed stays destroyed: old backups, kept files, kills in the middle."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session

from cockpit.access import retention
from cockpit.access.audit_verify import check_store
from cockpit.access.second_place import claim, second_place, store_id
from cockpit.access.tombstones import beside, reconcile
from cockpit.answers import audit as trail
from cockpit.store.catalogue import uploads
from cockpit.store.models import (
    STORE_ID,
    Batch,
    Conflict,
    Event,
    Meta,
    Population,
    QualityIssue,
)
from cockpit.store.models_audit import Tombstone
from cockpit.store.models_live import FeedDelivery, FeedRefusal, FeedSource
from cockpit.store.session import StoreError, data_version, open_engine
from geodata.errors import InputError
from tests import eventful

TODAY = dt.date(2026, 6, 10)
SECRET = "邻里因排水沟产生矛盾"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'data' / 'county.sqlite'}")
    eventful.fill(engine)
    yield engine
    engine.dispose()


def rule(engine: Engine, subject: str, **length: object) -> None:
    with Session(engine) as db:
        retention.set_rule(db, subject, by="terminal:test", **length)  # type: ignore[arg-type]
        db.commit()


def count(engine: Engine, model: type) -> int:
    with Session(engine) as db:
        return int(db.scalar(select(func.count()).select_from(model)) or 0)


def backup(engine: Engine, to: Path) -> None:
    engine.dispose()
    shutil.copytree(Path(str(engine.url.database)).parent, to)


def restore(engine: Engine, kept: Path) -> None:
    engine.dispose()
    folder = Path(str(engine.url.database)).parent
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)


def test_a_backup_put_back_does_not_bring_it_back(store: Engine, tmp_path: Path) -> None:
    people = count(store, Population)
    assert people > 0
    rule(store, "people", keep_until=TODAY - dt.timedelta(days=1))
    backup(store, tmp_path / "backup")
    (stone,) = retention.run(store, today=TODAY)
    assert stone.rows["population"] == people
    assert count(store, Population) == 0

    restore(store, tmp_path / "backup")
    assert count(store, Population) == people  # it is back ...
    (again,) = reconcile(store)  # ... until the store is opened: nobody has read yet
    assert again.id == stone.id
    assert count(store, Population) == 0
    assert reconcile(store) == ()
    assert [fault.seq for fault in check_store(store).faults] == [2]  # a copy that grew apart


def test_opening_the_store_is_what_destroys_again(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any process that opens the store of the settings: a page, a route, a command."""
    rule(store, "people", keep_until=TODAY - dt.timedelta(days=1))
    backup(store, tmp_path / "backup")
    retention.run(store, today=TODAY)
    restore(store, tmp_path / "backup")
    code = (
        "from sqlalchemy import text; from cockpit.store.session import engine\n"
        "with engine().connect() as c: print(c.execute(text("
        "'SELECT count(*) FROM population')).scalar())"
    )
    monkeypatch.setenv("COCKPIT_DATA", str(Path(str(store.url.database)).parent))
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True,
        check=True, text=True,
    )  # fmt: skip
    assert told.stdout.strip() == "0"


def test_what_was_loaded_since_is_not_touched(store: Engine, tmp_path: Path) -> None:
    """The same data set delivered anew after the destruction is no ghost."""
    rule(store, "people", keep_until=TODAY - dt.timedelta(days=1))
    retention.run(store, today=TODAY)
    with Session(store) as db:
        later = dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(seconds=5)
        db.execute(
            update(Batch).where(Batch.dataset_id == "people").values(current=True, loaded_at=later)
        )
        batch = db.scalar(select(Batch.id).where(Batch.dataset_id == "people"))
        region = db.execute(select(Event.region_code).where(Event.id == "events:T5")).scalar_one()
        db.add(
            Population(
                batch_id=batch, region_code=region, date=TODAY, kind="usual", sex="t",
                age_band="all", persons=3, moved=False,
            )
        )  # fmt: skip
        for stone in db.scalars(select(Tombstone)):
            db.delete(stone)  # as in a store put back
        db.commit()
    reconcile(store)
    assert count(store, Population) == 1


def test_rows_with_a_day_of_their_own_go_one_by_one(store: Engine) -> None:
    # Thefts on 2025-06-01 .. 10 at 08:00. Kept 370 days: on 2026-06-10 the limit is 2025-06-05.
    rule(store, "events", keep_days=370)
    before = data_version_of(store)
    (stone,) = retention.run(store, today=TODAY)
    with Session(store) as db:
        left = {name.partition(":")[2] for name in db.scalars(select(Event.id))}
    assert left == {"T4", "T5", "T6", "T7", "T8", "T9", "D2", "N1", "X1"}
    assert stone.rows == {"event": 5}  # T0 .. T3, and D1 of the third day
    assert data_version_of(store) != before
    assert retention.run(store, today=TODAY) == ()


def test_what_tells_of_expired_rows_goes_with_them(store: Engine) -> None:
    """Findings with the row's text, conflicts, refusals of feeds, the kept file."""
    folder = Path(str(store.url.database)).parent
    upload = folder / "uploads" / "0123456789abcdef" / "events.csv"
    upload.parent.mkdir(parents=True)
    upload.write_text(f"id,text\n1,{SECRET}\n")
    with Session(store) as db:
        gone = db.execute(select(Event).where(Event.id == "events:T0")).scalar_one()
        stays = db.execute(select(Event).where(Event.id == "events:T9")).scalar_one()
        gone.source_row, stays.source_row, batch = 71, 72, gone.batch_id
        finding = {"dimension": "validity", "severity": "note", "values": {}, "found": SECRET,
                   "dataset_id": "events", "batch_id": batch, "file": "e", "column": "text",
                   "expected": "x", "text": SECRET}  # fmt: skip
        for row in (71, 72, 73, None):  # 73 was never stored; None: of the file as a whole
            db.add(QualityIssue(row=row, rule=f"r{row}", **finding))
        for row in (71, 72):
            db.add(
                Conflict(
                    check_id="c", kind="value", key="k", column="text", left_value=SECRET,
                    right_value="", left_row=row, left_dataset="events", right_dataset="people",
                )
            )  # fmt: skip
        db.add(
            FeedSource(
                id="f", title="f", kind="events", dataset_id="events", batch_id=batch,
                token_hash="0" * 64, created=dt.datetime(2025, 1, 1),
            )
        )  # fmt: skip
        db.flush()
        for seq, day in ((1, dt.datetime(2025, 6, 1)), (2, dt.datetime(2026, 6, 9))):
            db.add(
                FeedDelivery(
                    seq=seq, source_id="f", received=day, n_new=0, n_known=0, n_refused=1
                )
            )  # fmt: skip
            db.add(FeedRefusal(delivery=seq, position=1, template="x", detail={"v": SECRET}))
        db.execute(
            update(Batch).where(Batch.id == batch).values(
                uploaded=True, current=True, source="uploads/0123456789abcdef/events.csv"
            )
        )  # fmt: skip
        db.commit()
    rule(store, "events", keep_days=370)
    (stone,) = retention.run(store, today=TODAY)
    with Session(store) as db:
        rules = set(db.scalars(select(QualityIssue.rule).where(QualityIssue.rule.like("r%"))))
        assert rules == {"r72", "rNone"}
        assert list(db.scalars(select(Conflict.left_row))) == [72]
        assert list(db.scalars(select(FeedRefusal.delivery))) == [2]
        assert stone.rows["feed_refusal"] == 1
        assert uploads(db.connection(), folder) == {}  # the next load does not look for it
    assert not upload.exists()
    assert stone.body["files"] == ["uploads/0123456789abcdef/events.csv"]
    assert stone.body["files_whole"] is True
    assert retention.run(store, today=TODAY) == ()


def test_open_files_of_a_destroyed_data_set_go(store: Engine) -> None:
    folder = Path(str(store.url.database)).parent / "open"
    for name, needs in (("a-1", ["people"]), ("b-1", ["events", "regions"])):
        (folder / name).mkdir(parents=True)
        (folder / name / "index.json").write_text(f'{{"needs": {needs}}}'.replace("'", '"'))
        (folder / name / "x.csv").write_text("1")
    rule(store, "people", keep_until=TODAY - dt.timedelta(days=1))
    retention.run(store, today=TODAY)
    assert [path.name for path in folder.iterdir()] == ["b-1"]


def test_another_store_at_the_same_place_loses_nothing(store: Engine) -> None:
    """The folder was removed, its checkpoints and tombstones were not; a new county is loaded."""
    rule(store, "people", keep_until=TODAY - dt.timedelta(days=1))
    (stone,) = retention.run(store, today=TODAY)
    first = second_place(store)
    store.dispose()
    shutil.rmtree(Path(str(store.url.database)).parent)
    Path(str(store.url.database)).parent.mkdir()
    eventful.fill(store)
    people = count(store, Population)
    assert people > 0
    assert reconcile(store) == ()
    assert count(store, Population) == people
    own = second_place(store)
    assert own is not None
    assert own.parent == first
    retention.run(store, today=TODAY)
    rule(store, "people", keep_until=TODAY - dt.timedelta(days=1))
    (other,) = retention.run(store, today=TODAY)
    assert set(beside(store)) == {other.id} != {stone.id}
    assert len(check_store(store).faults) == 1
    assert check_store(store).faults[0].template.startswith("The second place {place} belongs to")


def test_a_store_without_a_name_gets_that_of_its_second_place(store: Engine) -> None:
    """An old backup of a store that has got its name since is still that store."""
    with Session(store) as db:
        db.execute(delete(Meta).where(Meta.key == STORE_ID))
        db.commit()
    backup(store, Path(str(store.url.database)).parent.with_name("backup"))
    rule(store, "people", keep_until=TODAY - dt.timedelta(days=1))
    (stone,) = retention.run(store, today=TODAY)
    restore(store, Path(str(store.url.database)).parent.with_name("backup"))
    assert [again.id for again in reconcile(store)] == [stone.id]
    claim(store)
    assert store_id(store) == stone.body["store"] != ""


def data_version_of(engine: Engine) -> str:
    with Session(engine) as db:
        return data_version(db)


def test_no_byte_of_it_is_left(store: Engine) -> None:
    folder = Path(str(store.url.database)).parent
    rule(store, "events", keep_until=TODAY - dt.timedelta(days=1))
    store.dispose()
    assert any(SECRET.encode() in p.read_bytes() for p in folder.rglob("*") if p.is_file())
    retention.run(store, today=TODAY)
    store.dispose()
    for path in (*folder.rglob("*"), *(second_place(store) or folder).rglob("*")):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path.name


def test_kept_files_and_caches_go_too_and_again(store: Engine, tmp_path: Path) -> None:
    folder = Path(str(store.url.database)).parent
    upload = folder / "uploads" / "0123456789abcdef" / "people.csv"
    cached = folder / "cache" / "order-1.npy"
    for path in (upload, cached):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"code,persons\n1,2\n")
    with Session(store) as db:
        db.execute(
            update(Batch).where(Batch.dataset_id == "people").values(
                uploaded=True, source="uploads/0123456789abcdef/people.csv"
            )
        )  # fmt: skip
        db.commit()
    rule(store, "people", keep_until=TODAY - dt.timedelta(days=1))
    backup(store, tmp_path / "backup")
    retention.run(store, today=TODAY)
    assert not upload.exists()
    assert not cached.exists()
    assert not upload.parent.exists()
    restore(store, tmp_path / "backup")
    reconcile(store)
    assert not upload.exists()


def test_the_tombstone_tells_nothing_of_what_it_covers(store: Engine) -> None:
    rule(store, "events", keep_until=TODAY - dt.timedelta(days=1), note="信访条例")
    (stone,) = retention.run(store, today=TODAY)
    assert stone.rows["event"] == eventful.N_EVENTS
    assert len(str(stone.body["digest"])) == 64
    assert SECRET not in str(stone.body)
    assert beside(store)[stone.id] == stone
    with Session(store) as db:
        told = trail.entries(db, trail.Filter(acts=("destroy",)))
    assert [e.subject for e in told] == ["dataset/events"]
    assert told[0].detail["rule"]["note"] == "信访条例"
    assert told[0].detail["digest"] == stone.body["digest"]
    assert check_store(store).whole


def test_a_forged_tombstone_destroys_nothing(store: Engine) -> None:
    rule(store, "people", keep_until=TODAY - dt.timedelta(days=1))
    retention.run(store, today=TODAY)
    folder = second_place(store)
    assert folder is not None
    path = folder / "tombstones.jsonl"
    line = path.read_text()
    forged = line.replace('"subject":"people"', '"subject":"events"')
    assert forged != line
    path.write_text(line + forged + "not even json\n")
    assert reconcile(store) == ()
    assert count(store, Event) == eventful.N_EVENTS


def test_what_others_hang_on_does_not_expire(store: Engine) -> None:
    with pytest.raises(InputError, match="Other data hang on regions"):
        rule(store, "regions", keep_days=1)


# ---------------------------------------------------------------- REL-1, REL-2

_KILLED = """
import datetime as dt, os, signal, sys
from cockpit.access import retention, tombstones
from cockpit.store.session import open_engine
engine = open_engine(sys.argv[1])
name = sys.argv[2]
there = getattr(tombstones, name)
def killed(*a, **k):
    if sys.argv[3] == "after":
        there(*a, **k)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(tombstones, name, killed)
retention.run(engine, today=dt.date(2026, 6, 10))
"""


@pytest.mark.parametrize(
    ("place", "moment"),
    [
        ("_destroy_rows", "after"),
        ("_note_beside", "after"),
        ("_delete_files", "before"),
        ("_delete_files", "after"),
    ],
)
def test_killed_at_any_moment_all_or_nothing(store: Engine, place: str, moment: str) -> None:
    folder = Path(str(store.url.database)).parent
    upload = folder / "uploads" / "0123456789abcdef" / "people.csv"
    upload.parent.mkdir(parents=True)
    upload.write_bytes(b"code,persons\n1,2\n")
    with Session(store) as db:
        db.execute(
            update(Batch).where(Batch.dataset_id == "people").values(
                uploaded=True, source="uploads/0123456789abcdef/people.csv"
            )
        )  # fmt: skip
        db.commit()
    people, issues = count(store, Population), count(store, QualityIssue)
    rule(store, "people", keep_until=TODAY - dt.timedelta(days=1))
    store.dispose()
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(store.url), place, moment],
        cwd=Path(__file__).parents[2], check=False, capture_output=True,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr.decode()
    assert (count(store, Population), count(store, QualityIssue)) in ((people, issues), (0, 0))
    retention.run(store, today=TODAY)  # whoever comes next finishes it
    assert count(store, Population) == 0
    assert not upload.exists()
    assert len(beside(store)) == count(store, Tombstone) == 1
    assert check_store(store).whole
    with sqlite3.connect(str(store.url.database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_a_second_place_that_cannot_be_written_stops_it(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cockpit.access import tombstones

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    people = count(store, Population)
    rule(store, "people", keep_until=TODAY - dt.timedelta(days=1))
    monkeypatch.setattr(tombstones, "append_line", full)
    with pytest.raises(OSError, match="No space"):
        retention.run(store, today=TODAY)
    assert count(store, Population) == people
    assert check_store(store).whole


def test_nobody_reads_when_it_cannot_be_destroyed_again(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cockpit.access import tombstones

    rule(store, "people", keep_until=TODAY - dt.timedelta(days=1))
    backup(store, tmp_path / "backup")
    retention.run(store, today=TODAY)
    restore(store, tmp_path / "backup")

    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(tombstones, "_destroy_rows", broken)
    with pytest.raises(StoreError, match="may hold what was destroyed"):
        reconcile(store)


def test_meta_is_untouched(store: Engine) -> None:
    n = count(store, Meta)
    rule(store, "people", keep_until=TODAY - dt.timedelta(days=1))
    retention.run(store, today=TODAY)
    assert count(store, Meta) == n
