"""REL-1: a rotation of keys that is killed at any moment leaves everything readable and goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from cockpit.access import rotation
from cockpit.store import ingest, sealed
from cockpit.store import models as m
from cockpit.store.sealed import Opener
from cockpit.store.session import open_engine
from tests import sealed_small

ROOT = Path(__file__).parents[2]
KILLS, MOST_KILLS = 20, 80  # more where most signals came too late or too early
# Each rotation is a process of its own, forked from one that has imported everything. Few rows a
# transaction, so that a signal finds it in the middle of something.
SCRIPT = """
import os, sys
from pathlib import Path
from cockpit.access import rotation
from cockpit.store.session import open_engine

rotation.AT_ONCE = 3
folder = Path(sys.argv[1])
print("ready", flush=True)
while line := sys.stdin.readline():
    child = os.fork()
    if child == 0:
        engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
        rotation.rotate(engine, folder, who="terminal:root", keep=line.strip() == "keep")
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()  # until then nobody else can get its number
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Rotations:
    """A process that starts rotations."""

    def __init__(self, folder: Path) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        assert self._line() == "ready"

    def _line(self) -> str:
        assert self._parent.stdout is not None
        return self._parent.stdout.readline().strip()

    def start(self, *, keep: bool = False) -> int:
        """Begin a rotation; return the number of its process."""
        assert self._parent.stdin is not None
        self._parent.stdin.write("keep\n" if keep else "\n")
        return int(self._line())

    def ended(self) -> int:
        """Wait for the end of the last one; return how it ended."""
        assert self._parent.stdin is not None
        self._parent.stdin.write("\n")
        return int(self._line())

    def close(self) -> None:
        """End the process."""
        self._parent.communicate()


def _texts(engine: Engine) -> set[str | None]:
    with Session(engine) as db:
        rows = db.execute(select(m.Event.id, m.Event.text)).all()
        return set(Opener(db).texts("event", "text", (r.id for r in rows), (r.text for r in rows)))


def test_killed_rotations_lose_nothing_and_the_last_one_ends(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    engine = sealed_small.loaded(tmp_path, n=100)
    ingest.keep_upload("名册.csv", b"x" * 9_000, folder, seal_in=engine)
    everything = {f"{sealed_small.TEXT}第{k}次" for k in range(100)}
    rotations = Rotations(folder)
    begin = time.monotonic()
    rotations.start()
    assert rotations.ended() == 0
    whole = time.monotonic() - begin

    reader = open_engine(str(engine.url))  # a cockpit that runs all the time
    rng = random.Random(20240501)
    middle = 0
    for turn in range(MOST_KILLS):
        if turn >= KILLS and middle >= KILLS // 4:
            break
        until = time.monotonic() + rng.uniform(0.0, 1.0) * whole
        process = rotations.start(keep=turn % 2 == 0)
        while time.monotonic() < until:
            assert _texts(reader) == everything
        os.kill(process, signal.SIGKILL)
        rotations.ended()
        sealed.forget()  # as another process would see it
        found = rotation.check(engine, folder)  # opens every value and file
        assert sum(one.state == "active" for one in found) == 1
        assert all(one.held for one in found if one.rows or one.files)
        middle += any(one.state == "retired" for one in found)
    assert middle >= KILLS // 4, "the signals came too late or too early to show anything"

    rotations.start()
    assert rotations.ended() == 0
    rotations.close()
    sealed.forget()
    found = rotation.check(engine, folder)
    (active,) = [one for one in found if one.state == "active"]
    assert active.files == 1
    assert not any(one.rows or one.files for one in found if one.id != active.id)
    assert not any(one.held for one in found if one.state == "destroyed")
    assert rotation.plain_values(engine) == 0
    assert _texts(reader) == everything
    for one in (engine, reader):
        one.dispose()
    assert sealed_small.found_in(folder) == []
