"""Which sensors the risk map believes."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from cockpit.answers.readings import devices
from cockpit.answers.risk_health import sensors_health
from cockpit.store.models import Reading
from cockpit.store.session import engine

VISITOR = "备用"


def test_silent_and_mute_sensors_are_faults(risky_here: Path) -> None:
    found = sensors_health(VISITOR, devices(VISITOR))
    assert {name: one.state for name, one in found.items()} == {
        "K1": "good", "K2": "silent", "K3": "silent",
    }  # fmt: skip


def test_a_stuck_sensor_is_a_fault_though_it_sends(
    risky_here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = shutil.copytree(risky_here, tmp_path / "own")
    monkeypatch.setenv("COCKPIT_DATA", str(own))
    before = dt.datetime(2025, 12, 31, 9)
    with Session(engine()) as db:
        for k in range(1, 400):  # changes for weeks, then the same value for 12 days
            value = 35.0 if k < 96 else 20.0 + (k * 7 % 31)
            time = before - dt.timedelta(hours=3 * k)
            db.add(Reading(sensor_id="K1", time=time, value=value, batch_id=22))
        db.commit()
    found = sensors_health(VISITOR, devices(VISITOR))["K1"]
    assert found.state == "stuck"
    assert found.why is not None
    assert found.why.values["n"] == "96"


def test_without_readings_nothing_is_good(risky_here: Path) -> None:
    assert {one.state for one in sensors_health("公开", devices(VISITOR)).values()} == {"silent"}
