"""ENC-1 and ENC-2: no planted personal content in any byte on the disk, and no wrong plain text."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from cockpit.access import rotation
from cockpit.access.sealing import SealError
from cockpit.answers import data, feeds_sources, feeds_write, reread, sealing, upload
from cockpit.answers.twin import twin
from cockpit.settings import settings
from cockpit.store import ingest, sealed, sealed_files, temporary
from cockpit.store import models as m
from cockpit.store.migrate import upgrade
from cockpit.store.models_live import FeedRefusal
from cockpit.store.sealed import Opener
from cockpit.store.session import open_engine
from tests import first_version, sealed_small
from tests.sealed_small import NAME, NUMBER, PHONE, TEXT, found_in
from tests.store.test_migrate import to_the_first_tables

ROOT = Path(__file__).parents[2]
KILLS = 3


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path / "data"))
    settings.cache_clear()
    yield tmp_path / "data"
    settings.cache_clear()
    sealed.forget()


@pytest.fixture
def engine(folder: Path) -> Iterator[Engine]:
    made = sealed_small.loaded(folder.parent)
    yield made
    made.dispose()


def _command(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "COCKPIT_DATA": str(folder), "PYTHONPATH": str(ROOT)}
    environment.pop("COCKPIT_DATABASE", None)
    folder.mkdir(exist_ok=True)
    with (folder / "cockpit.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "cockpit", *words],
            cwd=ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    forms = list(sealed_small.forms(NAME))
    assert len(forms) >= 12
    for k, form in enumerate(forms):
        (tmp_path / f"{k}").write_bytes(b"\0xyz" + form + b"\0")
    assert {name for name, _ in found_in(tmp_path)} == {str(k) for k in range(len(forms))}


def test_nothing_personal_is_on_the_disk_after_a_load(folder: Path) -> None:
    manifest = sealed_small.write(folder.parent / "raw")
    assert _command(folder, "load", str(manifest)).wait() == 0
    assert _command(folder, "load", str(manifest)).wait() == 0
    assert _command(folder, "keys", "rotate").wait() == 0
    assert _command(folder, "keys", "check").wait() == 0
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    with Session(engine) as db:
        rows = db.execute(select(m.Event.id, m.Event.text)).all()
        texts = Opener(db).texts("event", "text", *zip(*rows, strict=True))
    assert f"{TEXT}第0次" in texts  # all of it is there, sealed
    engine.dispose()
    with sqlite3.connect(folder / "county.sqlite") as live:
        with sqlite3.connect(folder / "backup.sqlite") as copy:
            live.backup(copy)
        copy.close()
    live.close()
    assert found_in(folder) == []
    assert not list((folder / "tmp").iterdir())


def test_nothing_personal_is_on_the_disk_after_an_upload(folder: Path, engine: Engine) -> None:
    with Session(engine) as db:
        (entry,) = [one for one in upload.known_entries(db) if one.id == "register"]
    content = (sealed_small.REGISTER + f"{NAME},440524188001010014,男,1880-01-01,,\n").encode()
    tried = upload.dry_run(engine, entry, "名册.csv", content, visitor="敏感")
    assert tried.rows_read == 3
    stored = upload.store(engine, entry, "名册.csv", content, confirmed=frozenset(), visitor="敏感")
    assert stored.changed
    again = upload.store(engine, entry, "名册.csv", content, confirmed=frozenset(), visitor="敏感")
    assert not again.changed
    # A load of the manifest reads the kept file again, from its sealed form.
    manifest = sealed_small.write(folder.parent / "raw", n=41)
    assert ingest.load(manifest, engine, folder).changed
    with Session(engine) as db:
        assert db.execute(select(m.Batch.uploaded).where(m.Batch.dataset_id == "register",
                                                         m.Batch.current)).scalar_one()  # fmt: skip
    (kept,) = (folder / "uploads").glob("*/*")
    assert kept.name == "名册.csv"
    assert oct(kept.stat().st_mode)[-3:] == "600"
    assert sealed_files.read(sealed.ring_of(engine), folder, kept) == content
    rotation.rotate(engine, folder, who="x")
    assert rotation.check(engine, folder)[-1].files == 1
    engine.dispose()
    assert found_in(folder) == []


def test_a_sealed_upload_is_read_again_behind_a_figure(folder: Path, engine: Engine) -> None:
    with Session(engine) as db:
        (entry,) = [one for one in upload.known_entries(db) if one.id == "people"]
    content = (folder.parent / "raw" / "people.csv").read_bytes().replace(b"80", b"82")
    secret = entry.model_copy(update={"data_class": "秘密"})
    upload.store(engine, secret, "人口.csv", content, confirmed=frozenset(), visitor="敏感")
    (kept,) = (folder / "uploads").glob("*/*")
    assert sealed_files.is_sealed_file(kept)
    with Session(engine) as db:
        county = twin(db)
        assert county is not None
        (one,) = reread.reread(db, county, "529901001001001", "people", visitor="秘密")
    assert (one.state, one.agrees) == ("same", True)


def test_nothing_personal_is_on_the_disk_after_a_feed(
    folder: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds_sources, "engine", lambda: engine)
    token = feeds_sources.add_source("hotline", kind="events", title="热线")
    source = feeds_sources.authorised("hotline", token)
    row = {
        "id": "h1", "category": "噪声", "channel": "12345", "text": TEXT,
        "reported": "2025-10-01T08:00", "lon": 106.805, "lat": 27.205,
    }  # fmt: skip
    bad = {**row, "id": "h2", "lon": 999.0, "lat": f"{NAME}{PHONE}"}
    first = feeds_write.deliver(source, [row, bad], engine)
    again = feeds_write.deliver(source, [row], engine)
    other = feeds_write.deliver(source, [{**row, "text": f"{TEXT}！"}], engine)
    assert (first.new, again.known, len(other.refused)) == (1, 1, 1)
    with Session(engine) as db:
        rows = db.execute(select(FeedRefusal.id, FeedRefusal.detail)).all()
        details = [Opener(db).json("feed_refusal", "detail", *one) for one in rows]
    assert any(str(detail.get("stored", "")).startswith("反映邻居") for detail in details)
    # A load puts live events aside and brings them back.
    assert ingest.load(sealed_small.write(folder.parent / "raw", n=41), engine, folder).changed
    with Session(engine) as db:
        value = db.execute(select(m.Event.text).where(m.Event.id == "hotline:h1")).scalar_one()
        assert Opener(db).text("event", "text", "hotline:h1", value) == TEXT
    assert found_in(folder) == []  # the write-ahead log is still there
    assert (folder / "county.sqlite-wal").stat().st_size > 0


def test_nothing_personal_is_on_the_disk_after_a_kill(folder: Path) -> None:
    manifest = sealed_small.write(folder.parent / "raw", n=1_000)
    begin = time.monotonic()
    assert _command(folder, "load", str(manifest)).wait() == 0
    whole = time.monotonic() - begin
    rng = random.Random(20240501)
    for turn in range(KILLS):
        sealed_small.write(folder.parent / "raw", n=1_001 + turn)
        process = _command(folder, "load", str(manifest))
        time.sleep(rng.uniform(0.4, 1.0) * whole)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert found_in(folder) == []
    assert _command(folder, "keys", "check").wait() == 0


def test_plain_copies_of_a_killed_process_are_gone_at_the_next_start(
    folder: Path, engine: Engine
) -> None:
    script = (
        "import os, sys, tempfile\n"
        "from pathlib import Path\n"
        "from cockpit.store.temporary import use_own_temporary\n"
        "use_own_temporary(Path(sys.argv[1]))\n"
        "place = Path(tempfile.mkdtemp(prefix='cockpit-upload-'))\n"
        "(place / 'a.csv').write_text(sys.argv[2], encoding='utf-8')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(folder), TEXT], cwd=ROOT, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert found_in(folder) != []
    assert oct((folder / "tmp").stat().st_mode)[-3:] == "700"
    alive = folder / "tmp" / f"cockpit-{os.getpid()}"
    alive.mkdir()
    assert temporary.sweep_temporary(folder) == 1
    assert alive.is_dir()
    assert found_in(folder) == []


def test_a_start_makes_an_old_store_ready(
    folder: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Session(engine) as db:
        (entry,) = [one for one in upload.known_entries(db) if one.id == "register"]
    monkeypatch.setattr(upload, "is_private", lambda *_: False)  # as an older version kept it
    content = sealed_small.REGISTER.replace("常住", "迁出").encode()
    upload.store(engine, entry, "名册.csv", content, confirmed=frozenset(), visitor="敏感")
    assert found_in(folder) != []
    monkeypatch.setattr(sealing, "engine", lambda: engine)
    before = tempfile.tempdir
    try:
        sealing.at_start()
        assert tempfile.gettempdir() == str(folder / "tmp" / f"cockpit-{os.getpid()}")
    finally:
        tempfile.tempdir = before
    engine.dispose()
    assert found_in(folder) == []


# ---------------------------------------------------------------- an old store


def _as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Return a store as the first version loaded it: everything in plain."""
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    with monkeypatch.context() as patch:
        first_version.loading(patch, to_the_first_tables)
        ingest.load(sealed_small.write(folder.parent / "raw"), engine, folder)
        # Deleted rows stay in free pages.
        ingest.load(sealed_small.write(folder.parent / "raw", n=35), engine, folder)
    return engine


def test_an_old_store_is_sealed_and_its_free_pages_are_wiped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = _as_it_was(folder, monkeypatch)
    engine.dispose()
    assert {secret for _, secret in found_in(folder)} >= {TEXT, NAME, PHONE, "1949-12-31"}
    upgrade(engine)
    assert rotation.plain_values(engine) == 0
    assert rotation.check(engine, folder)[0].rows > 20
    with Session(engine) as db:
        rows = db.execute(select(m.Event.id, m.Event.text)).all()
        texts = Opener(db).texts("event", "text", *zip(*rows, strict=True))
        assert texts.count(f"{TEXT}第7次") == 1
        page = data.conflicts(db, kind="value", status="", offset=0, limit=9, visitor="敏感")
    assert {(r.left_value[:10], r.right_value[:10]) for r in page.rows} == {
        ("1949-12-31", "1949-12-30")
    }
    assert found_in(folder) == []
    engine.dispose()
    assert found_in(folder) == []


def test_wiping_waits_for_a_reader_and_comes_with_the_next_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = _as_it_was(folder, monkeypatch)
    engine.dispose()
    monkeypatch.setattr("cockpit.store.migrate.wipe", lambda _engine: False)
    upgrade(engine)  # as if a reader had been in the way
    engine.dispose()
    assert sealed.wipe(engine)
    assert not sealed.wipe(engine)
    assert found_in(folder) == []


# ---------------------------------------------------------------- ENC-2


def _swap(db: Session) -> None:
    rows = db.execute(text("SELECT id, text FROM event WHERE text <> '' LIMIT 2")).all()
    for (key, _), (_, value) in zip(rows, reversed(rows), strict=True):
        db.execute(text("UPDATE event SET text = :v WHERE id = :k"), {"v": value, "k": key})


def _into_another_column(db: Session) -> None:
    db.execute(text("UPDATE person SET masked = birth"))


def _cut(db: Session) -> None:
    db.execute(text("UPDATE event SET text = substr(text, 1, length(text) - 4)"))


def _cut_in_front(db: Session) -> None:
    db.execute(text("UPDATE event SET text = substr(text, 12)"))


def _flip(db: Session) -> None:
    key, value = db.execute(text("SELECT id, text FROM event LIMIT 1")).one()
    at = len(value) // 2
    changed = f"{value[:at]}{chr(ord(value[at]) ^ 1)}{value[at + 1 :]}"
    db.execute(text("UPDATE event SET text = :v WHERE id = :k"), {"v": changed, "k": key})


def _finding_of_another_row(db: Session) -> None:
    db.execute(
        text(
            "UPDATE quality_issue SET text = (SELECT max(text) FROM quality_issue) WHERE text <> ''"
        )
    )


@pytest.mark.parametrize(
    "damage", [_swap, _into_another_column, _cut, _cut_in_front, _flip, _finding_of_another_row]
)
def test_damaged_values_are_an_error_and_never_a_text(
    folder: Path, engine: Engine, damage: Callable[[Session], None]
) -> None:
    with Session(engine) as db:
        damage(db)
        db.commit()
    with pytest.raises(SealError, match=r"changed, cut or moved\. Restore it from a backup\."):
        rotation.check(engine, folder)
    with pytest.raises(SealError):  # nor does a rotation make something of it
        rotation.rotate(engine, folder, who="x")


def test_a_row_with_its_number_changed_does_not_open(folder: Path, engine: Engine) -> None:
    with Session(engine) as db:
        db.execute(text("UPDATE event SET id = 'events:other' WHERE id = 'events:e0'"))
        db.commit()
    with pytest.raises(SealError, match="event events:other"):
        rotation.check(engine, folder)


def test_a_changed_upload_is_not_read(folder: Path, engine: Engine) -> None:
    kept = ingest.keep_upload("a.csv", b"x" * 99, folder, seal_in=engine)
    content = kept.read_bytes()
    kept.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(SealError, match=r"a\.csv: the kept file does not open"):
        rotation.check(engine, folder)
    elsewhere = folder / "uploads" / "0" / "a.csv"
    elsewhere.parent.mkdir()
    shutil.move(kept, elsewhere)
    elsewhere.write_bytes(content)
    with pytest.raises(SealError):
        sealed_files.read(sealed.ring_of(engine), folder, elsewhere)


def test_findings_of_registers_can_still_be_worked_on(folder: Path, engine: Engine) -> None:
    wanted = data.FindingFilter(dataset="register", status="")
    with Session(engine) as db:
        page = data.findings(db, wanted, offset=0, limit=50, visitor="敏感")
        hidden = data.findings(db, wanted, offset=0, limit=50, visitor="备用")
        check = [row for row in page.rows if row.rule == "identity.check"]
        data.set_finding_status(db, [check[0].id], "done", visitor="敏感")
    assert all(row.found is None and row.text is None for row in hidden.rows)
    assert check[0].found
    register = folder.parent / "raw" / "register.csv"
    register.write_text(register.read_text("utf-8") + "\n", encoding="utf-8")
    ingest.load(folder.parent / "raw" / "county.toml", engine, folder)
    with Session(engine) as db:
        page = data.findings(db, wanted, offset=0, limit=50, visitor="敏感")
    assert [row.status for row in page.rows if row.rule == "identity.check"] == ["done"]
    assert NUMBER not in json.dumps([str(row) for row in page.rows])
