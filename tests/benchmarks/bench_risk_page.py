"""The risk page with 100,000 events on 3,000 cells: a fresh server, a warm one, bytes of a rerun.

Run: python -m tests.benchmarks.bench_risk_page
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from cockpit.store.models import Event
from cockpit.store.session import open_engine
from tests.benchmarks.figures import line, note
from tests.benchmarks.viewer import visit
from tests.servers import make_sample, serving

EVENTS = 100_000
THEMES = ("order", "traffic", "city", "illness", "disputes")
QUICK = ("poisson", "density", "relative", "rate", "gi", "moran", "emerging", "index")
SLOW = ("clusters", "ongoing", "repeat", "forecast")
_AT_ONCE = 20_000


def main() -> None:
    """Print seconds until the page is there and the kilobytes of a rerun, beside what is asked."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        if len(sys.argv) > 1:  # a store that is there already
            data = Path(sys.argv[1])
        else:
            make_sample(data)
        note("events in the store", fill(data), "")
        with serving(data, Path(folder) / "server.log") as address:
            _cold(address)
            _warm(address)
            _slow(address)
            _changes(address)


def fill(data: Path) -> int:
    """Add copies of the stored events, moved by some metres and days, up to ``EVENTS``."""
    engine = open_engine(f"sqlite:///{data / 'county.sqlite'}")
    rng = np.random.default_rng(20240501)
    with Session(engine) as db:
        columns = [c.key for c in Event.__table__.columns]
        rows = [dict(zip(columns, r, strict=True)) for r in db.execute(select(Event.__table__))]
        made: list[dict[str, object]] = []
        while len(rows) + len(made) < EVENTS:
            made += [_moved(row, len(made) + k, rng) for k, row in enumerate(rows)]
        made = made[: max(0, EVENTS - len(rows))]
        for start in range(0, len(made), _AT_ONCE):
            db.execute(insert(Event), made[start : start + _AT_ONCE])
        db.commit()
    engine.dispose()
    return len(rows) + len(made)


def _moved(row: dict[str, object], number: int, rng: np.random.Generator) -> dict[str, object]:
    """Return a copy of an event within the same cell: its region stays, its point hardly moves."""
    shift = rng.normal(0, 2e-4, 2)
    moved = {
        name: None if row[name] is None else float(row[name]) + float(by)  # type: ignore[arg-type]
        for name, by in zip(("lon", "lat"), shift, strict=True)
    }
    return {**row, **moved, "id": f"copy-{number}", "building_id": None}


def _cold(address: str) -> None:
    start = time.perf_counter()
    run = _visited(address, [f"method={QUICK[0]}"])[0]
    line("risk page, first visitor of a fresh server", run.seconds, "s", 3)
    note("the same, with the connection", time.perf_counter() - start, "s")
    note("kilobytes of that first run", run.bytes / 1e3, "kB")


def _warm(address: str) -> None:
    for method in QUICK:
        first = _visited(address, [f"method={method}&theme=order"])[0]
        line(f"method {method}, never asked before", first.seconds, "s", 3)
    again = _visited(address, [f"method={m}&theme=order" for m in QUICK])
    line("the same once asked, median", median(r.seconds for r in again), "s", 3)


def _slow(address: str) -> None:
    """Time what works in the background: the page is there before the answer is."""
    for method in SLOW:
        for level in ("cell", "village"):
            query = f"method={method}&theme=order&level={level}"
            start = time.perf_counter()
            line(f"page of {method}, {level}", _visited(address, [query])[0].seconds, "s", 3)
            while _working(address, query):
                time.sleep(0.5)
            note(f"until {method} was worked out, {level}", time.perf_counter() - start, "s")


def _working(address: str, query: str) -> bool:
    run = asyncio.run(visit(address, "risk", [f"{query}&lang=en"], keep=True))[0]
    return any(
        m.WhichOneof("type") == "delta" and "in the background" in str(m.delta)
        for m in run.messages
    )


def _changes(address: str) -> None:
    runs = _visited(address, [f"theme={t}" for t in (*THEMES, *THEMES)])[1:]
    # The second time around a browser names what it has kept, and is not sent it again.
    new, known = runs[: len(THEMES) - 1], runs[len(THEMES) - 1 :]
    line("rerun that changes to a new theme", median(r.bytes for r in new) / 1e3, "kB", 20)
    note("to one seen before", median(r.bytes for r in known) / 1e3, "kB")
    line("seconds of such a rerun, the slowest", max(r.seconds for r in runs), "s", 3)
    months = [f"theme=order&step=month&method={m}" for m in ("density", "poisson")]
    runs = _visited(address, months)
    line("page with the slider by month", max(r.seconds for r in runs), "s", 3)


def _visited(address: str, queries: list[str]) -> list:
    runs = asyncio.run(visit(address, "risk", queries))
    assert not any(run.exceptions for run in runs)
    return runs


if __name__ == "__main__":
    main()
