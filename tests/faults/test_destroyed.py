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
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from cockpit.access import retention
from cockpit.access.audit_keys import second_place
from cockpit.access.audit_verify import check_store
from cockpit.access.tombstones import beside, reconcile
from cockpit.answers import audit as trail
from cockpit.store.models import Batch, Event, Meta, Population, QualityIssue
from cockpit.store.models_audit import Tombstone
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
    assert check_store(store).whole


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
