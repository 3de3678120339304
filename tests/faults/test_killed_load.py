"""REL-1 and P10: a load killed at any moment leaves the earlier state; the next one finishes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cockpit.store import ingest
from cockpit.store import models as m
from cockpit.store.session import data_version, open_engine
from tests.small import write_people, write_small

ROOT = Path(__file__).parents[2]
KILLS = 12


def _start(manifest: Path, folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "COCKPIT_DATA": str(folder), "PYTHONPATH": str(ROOT)}
    environment.pop("COCKPIT_DATABASE", None)
    return subprocess.Popen(
        [sys.executable, "-m", "cockpit", "load", str(manifest)],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _state(folder: Path) -> tuple[str, int, int]:
    """Return data version, people and batches in use; what a reader of the store would see."""
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    with Session(engine) as db:
        people = db.execute(
            select(func.sum(m.Population.persons))
            .join(m.Region, m.Region.code == m.Population.region_code)
            .where(m.Region.is_leaf, m.Population.kind == "usual")
        ).scalar()
        batches = db.execute(select(func.count()).where(m.Batch.current)).scalar_one()
        version = data_version(db)
    engine.dispose()
    return version, int(people or 0), int(batches)


def test_killed_loads_leave_no_half_state(tmp_path: Path) -> None:
    manifest = write_small(tmp_path / "raw")
    folder = tmp_path / "store"
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    ingest.load(manifest, engine, folder)
    engine.dispose()
    write_people(manifest.parent, factor=1)
    before = _state(folder)
    whole = _seconds_of_a_load(manifest, folder, factor=3)
    rng = random.Random(20240501)
    stopped = 0
    for turn in range(KILLS):
        before = _state(folder)
        factor = 5 + turn
        write_people(manifest.parent, factor=factor)
        process = _start(manifest, folder)
        time.sleep(rng.uniform(0.2, 1.0) * whole)
        process.send_signal(signal.SIGKILL)
        process.wait()
        after = _state(folder)
        if after != before:  # the load had finished before the signal came
            assert after[1] == 1360 * factor
        else:
            stopped += 1
        assert after[2] == 6
    assert stopped >= KILLS // 4, "the signals came too late to show anything"
    write_people(manifest.parent, factor=100)
    assert _start(manifest, folder).wait() == 0
    assert _state(folder)[1] == 136_000


def _seconds_of_a_load(manifest: Path, folder: Path, *, factor: int) -> float:
    write_people(manifest.parent, factor=factor)
    start = time.perf_counter()
    assert _start(manifest, folder).wait() == 0
    return time.perf_counter() - start
