"""
Time keeping and reading a release in the store. Run: python -m tests.benchmarks.bench_release_store

10,000 cells x 20 classes with their villages, townships and county: 206,420 figures. Asked of a
whole release, its computing included (bench_release): 6 s.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from fractions import Fraction
from statistics import median
from time import process_time

import numpy as np
import pandas as pd

LEVELS = {"county": 1, "township": 20, "village": 300, "grid": 10_000}
CLASSES, RUNS = 20, 5


def main() -> None:
    """Print the median seconds of one core for keeping, publishing and reading."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["COCKPIT_DATA"] = folder
        _measure()


def _measure() -> None:
    from sqlalchemy.orm import Session

    from cockpit.answers import release_store, release_write
    from cockpit.store.session import engine
    from tests import released, tiny

    tiny.fill(engine())
    ids = [f"c{k}" for k in range(CLASSES)]
    times: dict[str, list[float]] = {"keep": [], "publish": [], "read": []}
    with Session(engine()) as db:
        made = replace(
            released.people(db, children=(1, 2, 3, 4), epsilon=Fraction(1, 10)),
            classes=tuple((one, one) for one in ids),
            table=_table(ids),
            levels=tuple(LEVELS),
            margins={(level, one): 9 for level in LEVELS for one in ids},
        )
        for run in range(RUNS):
            start = process_time()
            release = release_write.keep(db, replace(made, series=f"s{run}"), who="bench")
            kept = process_time()
            release_write.publish(db, release, who="bench")
            published = process_time()
            release_store.find(release).table()
            times["keep"].append(kept - start)
            times["publish"].append(published - kept)
            times["read"].append(process_time() - published)
    engine().dispose()
    for name, seconds in times.items():
        print(f"{name:<8} {sum(LEVELS.values()):,} regions x {CLASSES} {median(seconds):6.3f} s")


def _table(ids: list[str]) -> pd.DataFrame:
    rng = np.random.default_rng(20240501)
    n = sum(LEVELS.values())
    made = pd.DataFrame({
        "code": [f"r{k}" for k in range(n)],
        "level": np.repeat(list(LEVELS), list(LEVELS.values())),
        "name": "村", "name_en": "", "parent": "",
    })  # fmt: skip
    for one in ids:
        made[one] = pd.array(rng.integers(0, 99, n), dtype="Int64")
    return made


if __name__ == "__main__":
    main()
