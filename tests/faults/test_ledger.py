"""A process killed while it raises alerts leaves nothing half; two at once raise nothing twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cockpit.answers import alert_watch, alerts
from cockpit.answers.alert_rules import StandingRule
from cockpit.risk.rules import Rule
from cockpit.store.session import engine
from tests import conftest, watched

ROOT = Path(__file__).parents[2]
SENSORS, HOURS, KILLS = 40, 240, 2

RULES = tuple(
    StandingRule(
        f"water{k}", f"水位{k}", "sensor:水位", Rule((2.0 + k / 4, 3.0, 4.0, 5.0)), unit="m"
    )
    for k in range(4)
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Forty gauges with ten days of readings each; rules that are stored but have read nothing."""
    watched.store(tmp_path, {f"S{k:02d}": "水位" for k in range(SENSORS)})
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    monkeypatch.setattr(alert_watch, "usual_rules", lambda *_: RULES)
    conftest._forget_store()
    watched.read("S00", [0.0])
    alerts.evaluate()
    rng = np.random.default_rng(1)
    for k in range(SENSORS):
        values = 2.5 + 2 * np.sin(np.arange(HOURS) / 5 + k) + rng.normal(0, 0.3, HOURS)
        watched.read(f"S{k:02d}", values.tolist(), first=watched.START + watched.HOUR)
    yield tmp_path
    conftest._forget_store()


def look(folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "COCKPIT_DATA": str(folder), "PYTHONPATH": str(ROOT)}
    environment.pop("COCKPIT_DATABASE", None)
    return subprocess.Popen(
        [sys.executable, "-m", "cockpit", "alerts", "look"],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def told() -> list[tuple[object, ...]]:
    """Return what the ledger says, whatever the order in which rules were read."""
    query = """select a.rule_id, a.subject, a.opened, e.at, e.action, e.level
               from alert_entry e join alert a on a.id = e.alert_id order by 1, 2, 3, 4, e.seq"""
    with engine().connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def counts() -> tuple[int, int]:
    with engine().connect() as connection:
        return tuple(
            int(connection.exec_driver_sql(f"select count(*) from {name}").scalar_one())
            for name in ("alert", "alert_entry")
        )  # type: ignore[return-value]


def test_killed_in_the_middle_and_two_at_once(here: Path) -> None:
    rng = random.Random(7)
    start = time.perf_counter()
    first = look(here)
    time.sleep(rng.uniform(0.5, 1.0))
    first.send_signal(signal.SIGKILL)
    first.communicate()
    for _ in range(KILLS):
        process = look(here)
        # Somewhere between the first rule and the last: the store's own growth tells when.
        before = counts()[1]
        while process.poll() is None and counts()[1] == before:
            time.sleep(0.002)
        time.sleep(rng.uniform(0.0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert alerts.verify_ledger().sound
        with engine().connect() as connection:
            lone = "select count(*) from alert where id not in (select alert_id from alert_entry)"
            assert connection.exec_driver_sql(lone).scalar_one() == 0
        if time.perf_counter() - start > 30:
            break
    both = [look(here) for _ in range(2)]
    for process in both:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error.decode()
    assert alerts.verify_ledger().sound
    found = told()
    assert len(found) > 20 * SENSORS
    assert len({row[:3] for row in found}) == counts()[0]

    # The same readings read at once by nobody who is killed.
    assert alerts.evaluate().lines == 0
    expected = {
        (rule.id, w.subject, w.begin)
        for rule in RULES
        for w in alerts.try_on_past(rule, visitor="备用").alarms
    }
    raised = {(s.rule.id, s.subject, s.opened) for s in alerts.ledger("备用").stories}
    assert raised == expected
