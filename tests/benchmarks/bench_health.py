"""The health check of the sample county, and one question with every measure.

Run: python -m tests.benchmarks.bench_health [data folder of a loaded county]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.figures import line, note
from tests.servers import make_sample

RUNS = 5


def main() -> None:
    """Print seconds of the first start, and of every question after it."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "sample"
        if len(sys.argv) == 1:
            make_sample(given)
        os.environ["COCKPIT_DATA"] = str(given)
        _measure(given, Path(folder) / "cache")


def _measure(folder: Path, keep: Path) -> None:
    # Settings are read once a process, so ours are imported after the folder is named.
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from cockpit.answers import coverage as answers
    from cockpit.answers.coverage_json import everything
    from cockpit.answers.reach import Reach, reach_for
    from cockpit.answers.twin import twin
    from cockpit.store.models import Dataset
    from cockpit.store.session import open_engine

    def read() -> Reach:
        with Session(open_engine(f"sqlite:///{folder / 'county.sqlite'}")) as db:
            county = twin(db)
            assert county is not None
            allowed = db.execute(select(Dataset.id)).scalars().all()
            return reach_for(county, db, allowed=allowed, keep=keep)

    first, took = _timed(read)
    note(f"to read {len(first.rows):,} cells and the roads", took, "s")
    checked, took = _timed(lambda: answers.health_check(first, visitor="备用"))
    note(f"health check of {len(checked)} standards, very first start", took, "s")
    # A later start finds the order of the hierarchies in the cache folder.
    started = read()
    _, took = _timed(lambda: answers.health_check(started, visitor="备用"))
    line("health check after the first start, nothing in memory", took, "s", 2)
    _again("health check again", lambda: answers.health_check(started, visitor="备用"), 2)
    q = answers.question(started, "clinic", visitor="备用")
    _, took = _timed(lambda: answers.summary(started, q))
    note("summary of one question, first time", took, "s")
    _again("summary of one question", lambda: answers.summary(started, q), 0.1)
    _, took = _timed(lambda: everything(started, q))
    note("every measure of one question, first time", took, "s")
    _again("every measure of one question", lambda: everything(started, q), 2)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    made = work()
    return made, time.perf_counter() - start


def _again(what: str, work: Callable[[], Any], budget: float) -> None:
    line(what, median(_timed(work)[1] for _ in range(RUNS)), "s", budget)


if __name__ == "__main__":
    main()
