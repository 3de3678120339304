"""REL-1: a first load killed at any moment, from an empty folder on, is finished by the next."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

from tests.faults.test_killed_load import _start, _state
from tests.small import write_small

KILLS = 8


def test_first_loads_killed_at_any_moment_are_finished_by_the_next(tmp_path: Path) -> None:
    manifest = write_small(tmp_path / "raw")
    start = time.perf_counter()
    assert _start(manifest, tmp_path / "whole").wait() == 0
    whole = time.perf_counter() - start
    rng = random.Random(20240502)
    stopped = 0
    for turn in range(KILLS):
        folder = tmp_path / f"store{turn}"
        process = _start(manifest, folder)
        # Tables are made in the second half, after the imports.
        time.sleep(rng.uniform(0.5, 1.0) * whole)
        process.send_signal(signal.SIGKILL)
        stopped += process.wait() != 0
        assert _start(manifest, folder).wait() == 0
        assert _state(folder)[1:] == (1360, 6)
    assert stopped >= KILLS // 4, "the signals came too late to show anything"
