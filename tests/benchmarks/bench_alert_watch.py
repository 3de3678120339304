"""
Time the rules of warning on 1,000 sensors that send a reading each second.

Run: python -m tests.benchmarks.bench_alert_watch
"""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.figures import line, note

SENSORS, SECONDS, LOOKS = 1_000, 3, 20
ASKED = 1_000  # readings a second


def main() -> None:
    """Print what one look costs, idle and with what came in three seconds."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["COCKPIT_DATA"] = folder
        _measure(Path(folder))


def _measure(folder: Path) -> None:
    # Settings are read at the first import.
    from cockpit.answers import alert_watch, alerts
    from cockpit.answers.alert_rules import StandingRule
    from cockpit.risk.rules import Rule
    from tests import watched

    high = Rule((2.5, 3.0, 3.5, 4.0), clear_margin=0.3, hold=2)
    rise = Rule((2.0, 2.5, 3.0, 3.5), aggregate="rise", window_hours=0.01, clear_hold=4)
    rules = (
        StandingRule("high", "高", "sensor:水位", high, unit="m"),
        StandingRule("rise", "涨", "sensor:水位", rise, unit="m"),
        StandingRule("health", "设备", "sensor:*", Rule((1.0, None, None, None)), method="health"),
    )
    alert_watch.usual_rules = lambda *_: rules  # type: ignore[assignment]
    watched.store(folder, {f"S{k:04d}": "水位" for k in range(SENSORS)})
    rng = np.random.default_rng(20240501)
    second = dt.timedelta(seconds=1)
    _send(rng, watched.START, 100, second)
    first = _timed(alerts.evaluate)
    idle = _timed(alerts.evaluate)
    costs, lines, at = [], 0, watched.START + 100 * second
    for _ in range(LOOKS):
        _send(rng, at, SECONDS, second)
        at += SECONDS * second
        start = time.process_time()
        lines += alerts.evaluate().lines
        costs.append(time.process_time() - start)
    cost = float(np.median(costs))
    n = SENSORS * SECONDS
    note(f"first look at {SENSORS * 100:,} readings", first, "s")
    note("a look at nothing new", idle, "s")
    line(f"a look at {n:,} new ones: two rules, health, {lines:,} lines in all", cost, "s", SECONDS)
    line("readings that one core keeps up with", n / cost, "1/s", ASKED, at_least=True)


def _send(rng: np.random.Generator, first: dt.datetime, n: int, step: dt.timedelta) -> None:
    from sqlalchemy import insert
    from sqlalchemy.orm import Session

    from cockpit.store.models import Reading
    from cockpit.store.session import engine
    from tests import watched

    values = 1 + np.abs(rng.normal(0, 0.8, (SENSORS, n)))
    rows = [
        {"sensor_id": f"S{k:04d}", "time": first + j * step, "value": float(values[k, j]),
         "batch_id": watched.FEED}
        for k in range(SENSORS)
        for j in range(n)
    ]  # fmt: skip
    with Session(engine()) as db:
        db.execute(insert(Reading), rows)
        watched._delivered(db, "readings", first, len(rows))
        db.commit()


def _timed(run: object) -> float:
    start = time.process_time()
    run()  # type: ignore[operator]
    return time.process_time() - start


if __name__ == "__main__":
    main()
