"""REL-1: a first load killed at any moment, from an empty folder on, is finished by the next."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from tests.faults.test_killed_load import _start, _state
from tests.small import write_small

KILLS, MOST_TRIES = 5, 20


def test_first_loads_killed_at_any_moment_are_finished_by_the_next(tmp_path: Path) -> None:
    manifest = write_small(tmp_path / "raw")
    whole = min(_seconds_of_a_load(manifest, tmp_path / f"whole{n}") for n in range(2))
    rng = random.Random(20240502)
    stopped = 0
    for turn in range(MOST_TRIES):
        folder = tmp_path / f"store{turn}"
        process = _start(manifest, folder)
        # Tables are made in the second half, after the imports; on a busy machine every load takes
        # another time, so a signal that came too late makes the next come sooner.
        time.sleep(rng.uniform(0.5, 1.0) * whole)
        process.send_signal(signal.SIGKILL)
        in_time = process.wait() != 0
        stopped += in_time
        whole *= 1.0 if in_time else 0.9
        assert _start(manifest, folder).wait() == 0
        assert _state(folder)[1:] == (1360, 6)
        if turn + 1 >= KILLS and stopped >= 2:
            return
    pytest.fail("the signals came too late to show anything")


def _seconds_of_a_load(manifest: Path, folder: Path) -> float:
    start = time.perf_counter()
    assert _start(manifest, folder).wait() == 0
    return time.perf_counter() - start
