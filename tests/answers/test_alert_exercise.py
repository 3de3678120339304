"""Alerts of an exercise are told apart, and in no precision."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from cockpit.answers import alert_tables, alert_watch, alerts
from cockpit.answers.alert_rules import StandingRule
from cockpit.answers.current import current_twin
from cockpit.risk.rules import Rule
from cockpit.store.models import Dataset
from cockpit.store.session import engine
from tests import conftest, watched

WATER = StandingRule("water", "水位", "sensor:水位", Rule((2.0, None, None, None)), "Water level")
FIRES = StandingRule(
    "fires", "火灾", "events:fire",
    Rule((3.0, None, None, None), aggregate="sum", window_hours=24), level="township",
)  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Feeds of an exercise; what was loaded is real."""
    watched.store(tmp_path, {"A": "水位", "B": "水位"})
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    monkeypatch.setattr(alert_watch, "usual_rules", lambda *_: (WATER, FIRES))
    conftest._forget_store()
    yield
    conftest._forget_store()


def practise(*datasets: str) -> None:
    """Let data sets be of an exercise; a test's feeds deliver into them."""
    with Session(engine()) as db:
        db.execute(update(Dataset).where(Dataset.id.in_(datasets)).values(purpose="演练 防汛"))
        db.commit()


def test_readings_of_an_exercise_mark_the_alert(here: None) -> None:
    practise("readings")
    watched.read("A", [1, 1, 2.5, 1])
    alerts.evaluate()
    (found,) = alerts.ledger("备用").stories
    assert found.exercise
    alerts.judge(found.id, "王强", "true", visitor="备用")
    score = alerts.scores("备用")["water"]
    assert (score.alerts, score.people.decided, score.exercises) == (0, 0, 1)
    table = alert_tables.ledger_table([found], current_twin(), "zh")
    assert dict(zip(table[0], table[1], strict=True))["演练"] == "演练"
    assert alert_tables.plain_story(found, None, "en")["exercise"] is True
    (opened,) = (line for line in json.loads(alert_tables.ledger_json([found]))["lines"]
                 if line["action"] == "opened")  # fmt: skip
    assert opened["detail"]["exercise"] is True
    assert alerts.verify_ledger().sound


def test_real_readings_are_no_exercise(here: None) -> None:
    practise("events")
    watched.read("A", [1, 2.5])
    alerts.evaluate()
    (found,) = alerts.open_alerts("备用")
    assert not found.exercise
    assert alert_tables.open_json("备用", None, "en")["counts"]["blue"] == 1
    assert alerts.scores("备用")["water"].alerts == 1


def test_an_open_exercise_is_in_no_count_of_colours(here: None) -> None:
    practise("readings")
    watched.read("A", [1, 2.5])
    alerts.evaluate()
    told = alert_tables.open_json("备用", None, "en")
    assert (told["counts"]["blue"], told["exercises"], len(told["alerts"])) == (0, 1, 1)


def test_events_of_an_exercise_mark_the_region(here: None) -> None:
    """Three fires in a day in one township; the same in another month were real."""
    practise("events")
    hours = [watched.START + k * watched.HOUR for k in (30, 31, 32)]
    watched.happen(hours)
    alerts.evaluate()
    found = [s for s in alerts.ledger("备用").stories if s.rule.id == "fires"]
    assert [(s.exercise, s.opened) for s in found] == [(True, dt.datetime(2025, 10, 2, 8))]
