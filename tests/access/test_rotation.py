"""Keys: made once, changed while everything stays readable, lost, wrong, locked, destroyed."""

from __future__ import annotations

import json
import shutil
import stat
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from cockpit.access import rotation
from cockpit.access.keys import KeysLostError, Ring
from cockpit.access.sealing import SealError, is_sealed
from cockpit.commands import keys as commands
from cockpit.settings import settings
from cockpit.store import ingest, sealed, sealed_files
from cockpit.store import models as m
from cockpit.store.models_audit import AuditEntry
from cockpit.store.models_sealed import SealKey
from cockpit.store.sealed import Opener, ring_of
from cockpit.store.session import open_engine
from tests import sealed_small


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sealed")
    engine = sealed_small.loaded(folder)
    content = sealed_small.REGISTER.encode()
    ingest.keep_upload("名册.csv", content, folder / "data", seal_in=engine)
    engine.dispose()
    return folder


@pytest.fixture
def folder(county: Path, tmp_path: Path) -> Iterator[Path]:
    shutil.copytree(county / "data", tmp_path / "data")
    yield tmp_path / "data"
    sealed.forget()
    settings.cache_clear()


@pytest.fixture
def engine(folder: Path) -> Iterator[Engine]:
    made = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    yield made
    made.dispose()


def texts(engine: Engine) -> set[str | None]:
    """Return the texts of all events as a page would read them."""
    with Session(engine) as db:
        rows = db.execute(select(m.Event.id, m.Event.text)).all()
        assert all(is_sealed(row.text) for row in rows)
        return set(Opener(db).texts("event", "text", (r.id for r in rows), (r.text for r in rows)))


ALL = {f"{sealed_small.TEXT}第{k}次" for k in range(40)}


def test_the_key_file_is_for_its_owner_only(folder: Path) -> None:
    path = folder / "keys" / "keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_rotation_seals_everything_with_the_new_key(folder: Path, engine: Engine) -> None:
    (before,) = [one for one in rotation.states(engine, folder) if one.state == "active"]
    assert before.rows > 40
    assert before.files == 1
    reader = open_engine(str(engine.url))  # a running cockpit
    assert texts(reader) == ALL
    seen: list[int] = []
    done = rotation.rotate(
        engine, folder, who="terminal:root",
        progress=lambda _table, n: seen.append(n * (texts(reader) == ALL)),
    )  # fmt: skip
    assert all(seen)
    assert done.ended == (before.id,)
    assert done.files == 1
    after = {one.id: one for one in rotation.check(engine, folder)}
    assert (after[before.id].state, after[before.id].rows, after[before.id].held) == (
        "destroyed", 0, False,
    )  # fmt: skip
    assert (after[done.key].state, after[done.key].rows, after[done.key].files) == (
        "active", before.rows, 1,
    )  # fmt: skip
    assert before.id not in (folder / "keys" / "keys.json").read_text("utf-8")
    assert texts(reader) == texts(engine) == ALL
    (path,) = (folder / "uploads").glob("*/*")
    assert sealed_files.read(ring_of(engine), folder, path) == sealed_small.REGISTER.encode()
    with Session(engine) as db:
        trail = db.execute(
            select(AuditEntry.who, AuditEntry.subject).where(AuditEntry.act == "key")
        ).all()
    assert trail == [
        ("terminal:root", f"{before.id} > {done.key}"),
        ("terminal:root", before.id),
    ]
    reader.dispose()


def test_a_kept_key_opens_an_old_backup_until_it_is_destroyed(
    folder: Path, engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "old").mkdir()
    shutil.copy(folder / "county.sqlite", tmp_path / "old" / "county.sqlite")
    old_key = rotation.states(engine, folder)[0].id
    assert rotation.rotate(engine, folder, who="x", keep=True).ended == (old_key,)
    old = open_engine(f"sqlite:///{tmp_path / 'old' / 'county.sqlite'}")
    shutil.copytree(folder / "keys", tmp_path / "old" / "keys")
    assert texts(old) == ALL
    assert rotation.destroy_kept(engine, old_key, who="x")
    assert not rotation.destroy_kept(engine, old_key, who="x")
    assert not rotation.destroy_kept(engine, "blind", who="x")
    sealed.forget()
    shutil.copy(folder / "keys" / "keys.json", tmp_path / "old" / "keys" / "keys.json")
    with pytest.raises(KeysLostError, match=f"has no key {old_key}"):
        texts(old)
    old.dispose()


def test_an_unfinished_rotation_is_taken_up(folder: Path, engine: Engine) -> None:
    ring = ring_of(engine)
    spare = ring.add()  # killed after the file was written, before the store knew of it
    assert texts(engine) == ALL
    done = rotation.rotate(engine, folder, who="x")
    assert done.key == spare.id
    # Killed after the new key was begun with: the next one goes on with the same.
    key = rotation._begin(engine, ring, "x")
    again = rotation.rotate(engine, folder, who="x")
    assert again.key == key.id
    assert again.ended == (spare.id,)
    # Killed between the store and the file.
    last = rotation._begin(engine, ring, "x")
    rotation.rotate(engine, folder, who="x", keep=True)
    with engine.begin() as connection:
        connection.execute(
            SealKey.__table__.update().where(SealKey.id == key.id).values(state="destroyed")
        )
    assert key.id in {one.key.id for one in ring.held()}
    rotation.sweep(engine, ring)
    assert {one.key.id for one in ring.held()} == {last.id}
    assert texts(engine) == ALL


def test_sm4_is_a_matter_of_the_next_key(
    folder: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_CIPHER", "sm4")
    settings.cache_clear()
    sealed.forget()
    assert texts(engine) == ALL
    done = rotation.rotate(engine, folder, who="x")
    (now,) = [one for one in rotation.check(engine, folder) if one.state == "active"]
    assert (now.id, now.cipher) == (done.key, "sm4")
    assert texts(engine) == ALL


def test_a_lost_key_file_is_told_and_nothing_is_overwritten(folder: Path, engine: Engine) -> None:
    shutil.move(folder / "keys" / "keys.json", folder / "copy.json")
    sealed.forget()
    with pytest.raises(KeysLostError, match=r"keys/keys\.json is missing: sealed values cannot"):
        texts(engine)
    with Session(engine) as db:  # what is not sealed can be read
        assert len(db.execute(select(m.Event.category)).scalars().all()) == 40
        assert Opener(db).text("event", "text", "x", "nie versiegelt") == "nie versiegelt"
    content = (folder / "county.sqlite").read_bytes()
    manifest = sealed_small.write(folder / "again", n=41)
    for act in (
        lambda: ingest.load(manifest, engine, folder),
        lambda: rotation.rotate(engine, folder, who="x"),
        lambda: rotation.check(engine, folder),
        lambda: ingest.keep_upload("a.csv", b"a", folder, seal_in=engine),
    ):
        with pytest.raises(KeysLostError, match="is missing"):
            act()
    assert not (folder / "keys" / "keys.json").exists()
    engine.dispose()
    assert (folder / "county.sqlite").read_bytes() == content
    shutil.move(folder / "copy.json", folder / "keys" / "keys.json")
    assert texts(engine) == ALL


def test_a_wrong_key_seals_nothing(folder: Path, engine: Engine) -> None:
    path = folder / "keys" / "keys.json"
    right = path.read_bytes()
    stored = json.loads(right)
    stored["keys"][0]["key"] = stored["blind"]
    path.write_text(json.dumps(stored), encoding="utf-8")
    sealed.forget()
    manifest = sealed_small.write(folder / "again", n=41)
    with pytest.raises(KeysLostError, match="has another key under the name k"):
        ingest.load(manifest, engine, folder)
    path.unlink()
    sealed.forget()
    Ring(path).first()  # the key file of another installation
    with pytest.raises(KeysLostError, match="with which this store is sealed: it is another one"):
        ingest.load(manifest, engine, folder)
    path.write_bytes(b"{")
    sealed.forget()
    with pytest.raises(KeysLostError, match="cannot be read"):
        ingest.load(manifest, engine, folder)
    path.write_bytes(right)
    sealed.forget()
    assert texts(engine) == ALL


def test_another_key_of_the_blind_index_is_refused(folder: Path, engine: Engine) -> None:
    path = folder / "keys" / "keys.json"
    stored = json.loads(path.read_bytes())
    stored["blind"] = stored["keys"][0]["key"]
    path.write_text(json.dumps(stored), encoding="utf-8")
    sealed.forget()
    with pytest.raises(KeysLostError, match="has another key under the name blind"):
        ingest.load(sealed_small.write(folder / "again", n=41), engine, folder)


def test_a_locked_key_file_opens_with_its_secret_alone(
    folder: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = json.loads((folder / "keys" / "keys.json").read_bytes())

    def with_secret(secret: str) -> None:
        monkeypatch.setenv("COCKPIT_KEY_SECRET", secret)
        settings.cache_clear()
        sealed.forget()

    with_secret("梅花香自苦寒来")
    ring_of(engine).rewrite()
    assert ring_of(engine).wrapped
    locked = (folder / "keys" / "keys.json").read_text("utf-8")
    assert plain["blind"] not in locked
    assert plain["keys"][0]["key"] not in locked
    assert texts(engine) == ALL
    with_secret("another")
    with pytest.raises(KeysLostError, match="does not open with this COCKPIT_KEY_SECRET"):
        texts(engine)
    with_secret("")
    with pytest.raises(KeysLostError, match="is locked: set COCKPIT_KEY_SECRET"):
        texts(engine)
    with_secret("梅花香自苦寒来")
    assert texts(engine) == ALL


def test_keys_can_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_KEYS", str(tmp_path / "stick"))
    settings.cache_clear()
    engine = sealed_small.loaded(tmp_path)
    assert (tmp_path / "stick" / "keys.json").is_file()
    assert not (tmp_path / "data" / "keys").exists()
    assert texts(engine) == ALL
    engine.dispose()
    settings.cache_clear()


def test_two_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    one, other = Ring(tmp_path / "keys.json"), Ring(tmp_path / "keys.json")
    assert one.active() is None
    assert other.active() is None
    assert one.first() == other.first()
    assert one.blind() == other.blind()


def test_a_ring_without_a_file_lives_in_memory() -> None:
    ring = Ring(None)
    assert not ring.exists()
    assert ring.key(ring.first().id) == ring.first()
    with pytest.raises(KeysLostError, match="has no key k00000000"):
        ring.key("k00000000")


def test_the_commands_list_change_check_and_destroy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cockpit.__main__ import main
    from cockpit.store import session

    monkeypatch.setenv("COCKPIT_DATA", str(folder))
    settings.cache_clear()
    session.engine.cache_clear()

    def said(*words: str, code: int = 0) -> str:
        assert main(list(words)) == code
        found = capsys.readouterr()
        return found.out + found.err

    try:
        listed = said("keys", "list")
        assert "not locked." in listed
        assert "AES-256-GCM, in use, since" in listed
        assert "HMAC-SHA-256, tells people apart without their numbers" in listed
        (old,) = [line[:9] for line in listed.splitlines() if "in use" in line]
        assert f"Key {old} is kept for old backups." in said("keys", "rotate", "--keep")
        assert f"{old}: AES-256-GCM, kept for old backups" in said("keys", "list")
        assert "1 files were opened." in said("keys", "check")
        assert said("keys", "destroy", old) == f"Key {old} is destroyed.\n"
        refused = said("keys", "destroy", old, code=1)
        assert refused == f"No key {old} is kept for old backups.\n"
        columns = said("columns", code=4)
        assert "event 敏感: text (sealed)" in columns
        assert "人口登记 (register): status, called 人员状态." in columns
        assert "event 敏感" not in said("columns", "--unused", code=4)
    finally:
        session.engine.cache_clear()


def test_plain_text_in_a_store_sealed_throughout_is_a_forgery(
    folder: Path,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert rotation.note_whole(engine)
    assert texts(engine) == ALL
    assert rotation.rotate(engine, folder, who="x").rows
    with engine.begin() as connection:
        name = connection.execute(select(m.Event.id).limit(1)).scalar_one()
        connection.execute(update(m.Event).where(m.Event.id == name).values(text="一切正常"))
    told = "text of event .* stands in plain, though this store is sealed throughout"
    with Session(engine) as db, pytest.raises(SealError, match=told):
        Opener(db).text("event", "text", name, "一切正常")
    keys = [(one.id, one.state) for one in rotation.states(engine, folder)]
    with pytest.raises(SealError, match=told):
        rotation.rotate(engine, folder, who="x")
    assert [(one.id, one.state) for one in rotation.states(engine, folder)] == keys
    monkeypatch.setattr("cockpit.commands.keys.engine", lambda: engine)
    monkeypatch.setattr("cockpit.commands.keys.sealed_store", lambda: engine)
    monkeypatch.setenv("COCKPIT_DATA", str(folder))
    settings.cache_clear()
    assert commands.run(Namespace(act="check", lang="en")) == 1
    assert "1 values stand in plain though" in capsys.readouterr().out


def test_a_store_with_plain_values_is_not_marked(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(m.Event).values(text="早先"))
    assert not rotation.note_whole(engine)
    assert Opener(engine).text("event", "text", "x", "早先") == "早先"
