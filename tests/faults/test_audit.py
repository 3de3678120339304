"""Attacks on the audit trail: rows changed behind its back, writers in a crowd, a full disk."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.access.audit_chain import canonical, hash_of
from cockpit.access.audit_checkpoints import CheckpointError, make, try_to_make, watch
from cockpit.access.audit_keys import key_file
from cockpit.access.audit_verify import Verdict, check_store
from cockpit.access.second_place import second_place
from cockpit.store.models import Base, Meta
from cockpit.store.models_audit import AuditEntry
from cockpit.store.session import open_engine
from geodata.errors import CockpitError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'data' / 'county.sqlite'}")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def write(engine: Engine, n: int, word: str = "map") -> None:
    with Session(engine) as db:
        for i in range(n):
            audit.record(db, "甲", "read", f"{word} {i}", data_class="敏感", detail={"i": i})
        db.commit()


def forge(engine: Engine, *statements: str) -> None:
    """Change the file as somebody would who has it in hand: no trigger in the way."""
    path = str(engine.url.database)
    with sqlite3.connect(path) as db:
        kept = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in kept:
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)
        for _, sql in kept:
            db.execute(sql)
    db.close()


def rewrite_from(engine: Engine, seq: int) -> None:
    """Change an entry and seal it and all that follow anew, as if it had always been so."""
    with sqlite3.connect(str(engine.url.database)) as db:
        kept = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in kept:
            db.execute(f"DROP TRIGGER {name}")
        (previous,) = db.execute(
            "SELECT previous FROM audit_entry WHERE seq = ?", (seq,)
        ).fetchone()
        rows = db.execute(
            "SELECT seq, payload FROM audit_entry WHERE seq >= ? ORDER BY seq", (seq,)
        ).fetchall()
        for number, payload in rows:
            told = json.loads(payload)
            if number == seq:
                told["detail"] = {"i": "nothing to see"}
            text = canonical(told)
            sealed = hash_of(previous, text)
            db.execute(
                "UPDATE audit_entry SET payload = ?, previous = ?, hash = ? WHERE seq = ?",
                (text, previous, sealed, number),
            )
            previous = sealed
        db.execute("UPDATE audit_head SET hash = ?", (previous,))
        for _, sql in kept:
            db.execute(sql)
    db.close()


def first(verdict: Verdict) -> tuple[int, str]:
    """Return the first broken row and the sentence about it."""
    assert verdict.faults
    fault = verdict.faults[0]
    return fault.seq, fault.template.format(**fault.values)


def test_what_was_written_is_whole(store: Engine) -> None:
    write(store, 12)
    make(store)
    write(store, 3)
    verdict = check_store(store)
    assert verdict.whole
    assert (verdict.entries, verdict.last, verdict.whole_to, verdict.covered) == (15, 15, 15, 12)


# ---------------------------------------------------------------- AUD-1: each named with its row

EDITS = {
    "text": (
        "UPDATE audit_entry SET payload = replace(payload, 'map 6', 'map 9') WHERE seq = 7",
        "Entry 7 was changed: its hash does not fit its text.",
    ),
    "column": (
        "UPDATE audit_entry SET who = '乙' WHERE seq = 7",
        "Entry 7 was changed: its column who is not what its text says.",
    ),
    "hash": (
        f"UPDATE audit_entry SET hash = '{'a' * 64}' WHERE seq = 7",
        "Entry 7 was changed: its hash does not fit its text.",
    ),
    "no text at all": (
        "UPDATE audit_entry SET payload = '[' WHERE seq = 7",
        "Entry 7 was changed: its hash does not fit its text.",
    ),
    "deleted": ("DELETE FROM audit_entry WHERE seq = 7", "Entry 7 is missing."),
    "several deleted": (
        "DELETE FROM audit_entry WHERE seq BETWEEN 7 AND 9",
        "Entries 7 to 9 are missing.",
    ),
}


@pytest.mark.parametrize("kind", EDITS)
@pytest.mark.parametrize("signed", [True, False])
def test_a_changed_row_is_named(store: Engine, kind: str, signed: bool) -> None:
    write(store, 12)
    if signed:
        make(store)
    statement, sentence = EDITS[kind]
    forge(store, statement)
    verdict = check_store(store)
    assert first(verdict) == (7, sentence)
    assert verdict.whole_to == 6


def test_swapped_rows_are_named(store: Engine) -> None:
    write(store, 12)
    forge(
        store,
        "UPDATE audit_entry SET seq = 100 WHERE seq = 7",
        "UPDATE audit_entry SET seq = 7 WHERE seq = 8",
        "UPDATE audit_entry SET seq = 8 WHERE seq = 100",
    )
    told = {f.template.format(**f.values) for f in check_store(store).faults}
    assert "Entry 7 holds what was written as entry 8." in told
    assert "Entry 8 holds what was written as entry 7." in told
    assert check_store(store).faults[0].seq == 7


def test_a_tail_cut_off_is_named(store: Engine) -> None:
    write(store, 12)
    forge(store, "DELETE FROM audit_entry WHERE seq > 9")
    assert first(check_store(store)) == (
        10,
        "Entries 10 to 12 are missing at the end: they were noted beside the store when they were "
        "written. This may be an older copy of it.",
    )
    write(store, 1)  # numbers are not given again: the hole stays
    assert first(check_store(store)) == (10, "Entries 10 to 12 are missing.")


def test_a_tail_cut_off_with_the_head_is_named_by_the_checkpoint(store: Engine) -> None:
    write(store, 12)
    signed = make(store)
    assert signed is not None
    forge(
        store,
        "DELETE FROM audit_entry WHERE seq > 9",
        "UPDATE audit_head SET seq = 9, hash = (SELECT hash FROM audit_entry WHERE seq = 9)",
        "DELETE FROM audit_checkpoint",
    )
    assert first(check_store(store)) == (
        10,
        "This store is an older copy: it ends with entry 9, and the checkpoint of "
        f"{signed.at} covers entries up to 12.",
    )


def test_an_old_copy_put_back_is_named(store: Engine, tmp_path: Path) -> None:
    write(store, 5)
    make(store)
    store.dispose()
    path = Path(str(store.url.database))
    shutil.copy(path, tmp_path / "old.sqlite")
    write(store, 4)
    signed = make(store)
    assert signed is not None
    store.dispose()
    shutil.copy(tmp_path / "old.sqlite", path)
    for rest in ("-wal", "-shm"):
        path.with_name(path.name + rest).unlink(missing_ok=True)
    assert first(check_store(store)) == (
        6,
        f"This store is an older copy: it ends with entry 5, and the checkpoint of {signed.at} "
        "covers entries up to 9.",
    )
    with pytest.raises(CheckpointError):  # and nothing is signed over it
        make(store)


def test_copies_grown_apart_are_named(store: Engine, tmp_path: Path) -> None:
    write(store, 5)
    make(store)
    store.dispose()
    path = Path(str(store.url.database))
    shutil.copy(path, tmp_path / "other.sqlite")
    write(store, 4, "here")
    signed = make(store)
    assert signed is not None
    store.dispose()
    shutil.copy(tmp_path / "other.sqlite", path)
    for rest in ("-wal", "-shm"):
        path.with_name(path.name + rest).unlink(missing_ok=True)
    write(store, 6, "there")
    assert first(check_store(store)) == (
        6,
        f"From entry 6 on this is not the trail that was signed on {signed.at}: it was rewritten, "
        "or two copies of the store have grown apart.",
    )


def test_a_trail_rewritten_to_its_end_is_named(store: Engine) -> None:
    write(store, 12)
    signed = make(store)
    assert signed is not None
    rewrite_from(store, 8)
    sentence = (
        f"From entry 8 on this is not the trail that was signed on {signed.at}: it was rewritten, "
        "or two copies of the store have grown apart."
    )
    assert first(check_store(store)) == (8, sentence)


def test_against_a_checkpoint_and_a_key_alone(store: Engine, tmp_path: Path) -> None:
    """Nothing of this machine is trusted: a printed checkpoint and a public key are enough."""
    write(store, 5)
    make(store)
    write(store, 7)
    signed = make(store)
    folder = second_place(store)
    assert folder is not None
    assert signed is not None
    sent, public = tmp_path / "sent.jsonl", tmp_path / "public.pem"
    shutil.copy(folder / "checkpoints.jsonl", sent)
    (made,) = folder.glob("audit-public-*.pem")
    shutil.copy(made, public)
    shutil.rmtree(folder)
    assert check_store(store, checkpoints=sent, public=public).whole
    rewrite_from(store, 8)
    assert first(check_store(store, checkpoints=sent, public=public)) == (
        6,
        f"Between entries 6 and 12 this is not the trail that was signed on {signed.at}: it was "
        "rewritten, or two copies of the store have grown apart.",
    )


def test_a_forged_checkpoint_is_named(store: Engine) -> None:
    write(store, 5)
    signed = make(store)
    assert signed is not None
    forge(store, "UPDATE audit_checkpoint SET body = replace(body, '\"size\":5', '\"size\":4')")
    told = {f.template.format(**f.values) for f in check_store(store).faults}
    assert told == {f"The checkpoint of {signed.at} over 4 entries is not signed by a known key."}


def test_the_private_key_is_for_its_owner_alone(store: Engine) -> None:
    write(store, 1)
    make(store)
    path = key_file(store)
    assert path is not None
    assert path.stat().st_mode & 0o777 == 0o600
    folder = second_place(store)
    assert folder is not None
    assert b"PRIVATE" not in b"".join(p.read_bytes() for p in folder.iterdir())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET who = 'x' WHERE seq = 1",
        "DELETE FROM audit_entry WHERE seq = 2",
        "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE seq = 1",
        "DELETE FROM audit_checkpoint",
        "UPDATE audit_checkpoint SET size = 1",
    ],
)
def test_the_store_itself_refuses_rewriting(store: Engine, statement: str) -> None:
    write(store, 3)
    make(store)
    db = sqlite3.connect(str(store.url.database))
    with pytest.raises(sqlite3.IntegrityError, match="the audit trail cannot be rewritten"):
        db.execute(statement)
    db.close()
    assert check_store(store).whole


def test_the_last_entries_are_signed_when_the_server_ends(store: Engine) -> None:
    write(store, 3)
    ended = threading.Event()
    ended.set()
    watch(store, ended)
    assert check_store(store).covered == 3


def test_a_tail_that_nobody_signed_and_a_head_that_fits(store: Engine) -> None:
    """Every committed entry is noted beside the store at once; a rolled back one never."""
    write(store, 3)
    with Session(store) as db:
        audit.record(db, "甲", "run", "never")
        db.rollback()
        audit.record(db, "甲", "run", "after all")
        db.commit()
    assert check_store(store).whole
    forge(
        store, "DELETE FROM audit_entry WHERE seq > 2",
        "UPDATE audit_head SET (seq, hash) = (SELECT seq, hash FROM audit_entry WHERE seq = 2)",
    )  # fmt: skip
    assert first(check_store(store))[0] == 3
    write(store, 4)  # others take the numbers
    seq, told = first(check_store(store))
    assert (seq, told[:45]) == (3, "From entry 3 on this is not the trail that wa")


def test_the_second_place_may_be_away_for_a_while(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    write(store, 3)
    with monkeypatch.context() as patch:
        patch.setattr("cockpit.access.audit_checkpoints.append_line", away)
        assert not try_to_make(store)
    write(store, 2)
    assert try_to_make(store)
    verdict = check_store(store)
    assert verdict.whole
    assert verdict.covered == 5


# ---------------------------------------------------------------- AUD-8


def test_what_cannot_be_written_down_does_not_happen(store: Engine) -> None:
    write(store, 1)
    forge(store, "CREATE TRIGGER full BEFORE INSERT ON audit_entry "
          "BEGIN SELECT RAISE(ABORT, 'disk full'); END")  # fmt: skip
    with Session(store) as db:
        db.add(Meta(key="guarded", value=1))
        db.flush()
        with pytest.raises(audit.AuditError) as caught:
            audit.record(db, "甲", "decide", "alert 1")
        db.rollback()
    assert str(caught.value) == (
        "This cannot be done now, because it cannot be written into the audit trail: disk full."
    )
    with Session(store) as db:
        assert db.get(Meta, "guarded") is None
    assert check_store(store).whole


# ---------------------------------------------------------------- AUD-9

_WRITERS = """
import sys, threading
from sqlalchemy import select
from sqlalchemy.orm import Session
from cockpit.access import audit
from cockpit.store.models import Meta
from cockpit.store.session import open_engine
engine = open_engine(sys.argv[1])
def write(k):
    for i in range(10):
        with Session(engine) as db:
            db.execute(select(Meta)).all()  # has read: the lock has to be taken late
            audit.record(db, f"{sys.argv[2]}{k}", "read", f"map {i}")
            db.commit()
threads = [threading.Thread(target=write, args=(k,)) for k in range(10)]
[t.start() for t in threads]; [t.join() for t in threads]
"""


def test_twenty_writers_in_two_processes_make_one_chain(store: Engine) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITERS, str(store.url), name],
            cwd=Path(__file__).parents[2], stderr=subprocess.PIPE,
        )
        for name in "ab"
    ]  # fmt: skip
    for child in children:
        _, told = child.communicate(timeout=60)
        assert child.returncode == 0, told.decode()
        assert told == b""
    verdict = check_store(store)
    assert verdict.whole
    assert verdict.entries == verdict.last == 200
    with Session(store) as db:
        each = db.execute(select(AuditEntry.who, func.count()).group_by(AuditEntry.who)).all()
    assert len(each) == 20
    assert {n for _, n in each} == {10}


def test_two_who_have_read_and_then_write(store: Engine) -> None:
    """The second one's snapshot is old by then: SQLite alone would refuse it at once."""
    write(store, 1)
    with Session(store) as one, Session(store) as two:
        one.add(Meta(key="kept", value="old"))
        one.commit()
        seen = two.get(Meta, "kept")
        assert seen is not None
        assert seen.value == "old"
        kept = one.get(Meta, "kept")
        assert kept is not None
        kept.value = "new"
        audit.record(one, "one", "decide", "x")
        one.commit()
        audit.record(two, "two", "decide", "y")
        assert seen.value == "new"  # read again, not carried over from the old snapshot
        two.commit()
    assert check_store(store).entries == 3


def test_a_rolled_back_entry_leaves_no_gap(store: Engine) -> None:
    with Session(store) as db:
        audit.record(db, "甲", "load", "x")
        db.rollback()
    write(store, 2)
    verdict = check_store(store)
    assert verdict.whole
    assert verdict.last == 2


def test_a_thread_waits_for_another_that_writes(store: Engine) -> None:
    taken, done = threading.Event(), threading.Event()

    def slow() -> None:
        with Session(store) as db:
            audit.record(db, "slow", "load", "x")
            taken.set()
            done.wait(0.3)
            db.commit()

    thread = threading.Thread(target=slow)
    thread.start()
    taken.wait(5)
    with Session(store) as db:
        db.execute(select(Meta)).all()
        assert audit.record(db, "quick", "load", "y") == 2
        db.commit()
    thread.join()


def test_no_such_act_is_refused(store: Engine) -> None:
    with Session(store) as db, pytest.raises(CockpitError, match="knows no dance"):
        audit.record(db, "甲", "dance", "x")
