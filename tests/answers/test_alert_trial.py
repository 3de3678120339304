"""Rules tried on the past, with alarms and harm counted by hand; thresholds of a sensor's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.orm import Session

from cockpit.answers import alert_watch, alerts
from cockpit.answers.alert_rules import Escalation, StandingRule, rule_from, rule_of
from cockpit.answers.alert_trial import MOST_DRAWN
from cockpit.risk.rules import Rule
from cockpit.risk.trial import Outcome
from cockpit.store.session import engine
from geodata.errors import InputError
from tests import conftest, watched

WATER = StandingRule(
    "water", "水位", "sensor:水位", Rule((2.0, 3.0, 4.0, None)), unit="m",
    outcome=Outcome(3.5, within_hours=6), escalation=Escalation(30, ("值班室",)),
)  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    watched.store(tmp_path, {"A": "水位", "B": "水位"})
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    monkeypatch.setattr(alert_watch, "usual_rules", lambda *_: (WATER,))
    conftest._forget_store()
    yield tmp_path
    conftest._forget_store()


def test_alarms_hits_and_misses_by_hand(here: Path) -> None:
    """
    A: blue at hour 3, harm (3.7) at 6: hit, 3 hours ahead. Blue at 20, never harm: false.

    B: harm at once at hour 10 (4.2, from 1): an alarm in the same hour is late, but not missed.
    """
    a, b = np.ones(48), np.ones(48)
    a[3:6], a[6:8], a[20:23] = 2.2, 3.7, 2.2
    b[10:12] = 4.2
    watched.read("A", a.tolist())
    watched.read("B", b.tolist())
    found = alerts.try_on_past(WATER, visitor="备用")
    assert found.trial is not None
    assert [(w.subject, w.begin.hour, w.peak, w.verdict) for w in found.alarms] == [
        ("A", 20, 1, "false"), ("B", 10, 3, "true"), ("A", 3, 2, "true"),
    ]  # fmt: skip
    assert (found.trial.hits, found.trial.false_alarms, found.trial.missed) == (2, 1, 0)
    assert found.trial.precision == pytest.approx(2 / 3)
    assert found.trial.lead_hours == 1.5  # of 3 and 0 hours
    assert found.by_level() == {1: 1, 2: 1, 3: 1, 4: 0}
    assert found.noisiest == "A"


def test_trying_writes_nothing(here: Path) -> None:
    watched.read("A", [1, 2.5, 1])
    alerts.evaluate()
    before = (alerts.head_of_ledger(), alerts.rules_in("备用"))
    alerts.try_on_past(replace(WATER, rule=Rule((0.5, None, None, None))), visitor="备用")
    assert (alerts.head_of_ledger(), alerts.rules_in("备用")) == before


def test_what_is_tried_is_what_the_rule_then_does(here: Path) -> None:
    rng = np.random.default_rng(2)
    watched.read("A", (2 + 2 * np.sin(np.arange(300) / 7) + rng.normal(0, 0.3, 300)).tolist())
    tried = alerts.try_on_past(WATER, visitor="备用")
    alerts.evaluate()
    raised = [(s.subject, s.opened, s.peak, s.closed) for s in alerts.ledger("备用").stories]
    assert len(raised) > 5
    assert raised == [(w.subject, w.begin, w.peak, w.end) for w in tried.alarms]


def test_a_long_series_is_drawn_by_its_extremes(here: Path) -> None:
    values = np.zeros(8_000)
    values[4_321] = 9.0
    watched.read("A", values.tolist(), first=watched.START - 8_000 * watched.HOUR)
    drawn = alerts.tried_series(WATER, "A", visitor="备用")
    assert len(drawn.times) <= MOST_DRAWN
    assert drawn.values.max() == 9.0
    assert drawn.thresholds == (2.0, 3.0, 4.0, None)


def test_a_store_without_data_says_so(here: Path) -> None:
    with pytest.raises(alerts.NothingLoadedError, match="There are no events and no readings yet"):
        alerts.try_on_past(WATER, visitor="备用")


def test_thresholds_of_a_sensors_own_past(here: Path) -> None:
    """A lies between 0 and 1, B a hundred times higher: each has its own shares of itself."""
    rule = replace(
        WATER, rule=Rule((0.9, 0.95, 0.98, 0.99)), own=True,
        outcome=Outcome(0.98, within_hours=24),
    )  # fmt: skip
    rng = np.random.default_rng(4)
    step = dt.timedelta(hours=3)
    first = watched.START - 1_000 * step
    values = rng.uniform(0, 1, 1_000)
    watched.read("A", values.tolist(), first=first, step=step)
    watched.read("B", (100 * values[:400]).tolist(), first=first, step=step)  # fifty days only
    stored = alerts.save_rule(rule, "王强", visitor="备用")
    assert set(stored.each) == {"A"}
    own = stored.rule_for("A")
    assert own is not None
    assert own.thresholds == pytest.approx(
        tuple(np.quantile(values, (0.9, 0.95, 0.98, 0.99))), rel=1e-3
    )
    outcome = stored.outcome_for("A")
    assert outcome is not None
    assert outcome.threshold == pytest.approx(np.quantile(values, 0.98), rel=1e-3)
    assert stored.rule_for("B") is None  # too short a past: not judged, not called safe
    found = alerts.try_on_past(rule, visitor="备用")
    assert {w.subject for w in found.alarms} == {"A"}


def test_a_rule_comes_back_as_it_was_stored(here: Path) -> None:
    alerts.save_rule(WATER, "王强", visitor="备用")
    with Session(engine()) as db:
        back = rule_of(db, "water")
    assert replace(back, changed=WATER.changed, changed_by="") == WATER
    assert rule_from(back.settings(), id="water", title="水位", subject="sensor:水位") == replace(
        back, changed_by="", changed=rule_from(back.settings(), id="water", title="水位",
                                               subject="sensor:水位").changed,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"subject": "weather:rain"}, "The subject of the rule is weather:rain"),
        ({"subject": "sensor:"}, "The subject of the rule is sensor:"),
        ({"level": "township"}, "A rule over sensors has no level of regions"),
        ({"method": "aberration"}, "A rule over sensors has no level of regions"),
        ({"subject": "events:fire"}, "warns of regions of a level"),
        ({"subject": "indicator:gold", "level": "township"}, "There is no indicator gold"),
        ({"title": ""}, "Give the rule a title of 1 to 80"),
        ({"method": "guess"}, "has an unknown method"),
    ],
)
def test_rules_that_cannot_be(change: dict[str, str], error: str) -> None:
    with pytest.raises(InputError, match=error):
        replace(WATER, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("minutes", "to", "error"),
    [
        (0, ("甲",), "Escalation after 0 minutes"),
        (float("nan"), ("甲",), "Escalation after nan minutes"),
        (5, (), "Escalation needs 1 to 8 persons"),
        (5, ("",), "Escalation needs 1 to 8 persons"),
    ],
)
def test_escalations_that_cannot_be(minutes: float, to: tuple[str, ...], error: str) -> None:
    with pytest.raises(InputError, match=error):
        Escalation(minutes, to)


def test_counts_of_hourly_readings_fit_each_sensor(here: Path) -> None:
    """A speaks every 3 hours: 12 hours of quiet are 4 of its readings, of B's still 12."""
    long = replace(WATER, hourly=True, rule=replace(WATER.rule, hold=2, clear_hold=12))
    watched.read("A", [1, 2.5, *([1] * 6)], step=3 * watched.HOUR)
    watched.read("B", [1, 2.5, 2.5, *([1] * 14)])
    found = alerts.try_on_past(long, visitor="备用")
    assert found.rule.every == {"A": 3.0}
    assert [(found.rule.rule_for(s).hold, found.rule.rule_for(s).clear_hold) for s in "AB"] == [
        (1, 4), (2, 12),
    ]  # fmt: skip
    told = {a.subject: (a.begin.hour, a.end.hour) for a in found.alarms}
    assert told == {"A": (3, 15), "B": (2, 14)}  # both after 12 quiet hours
    stored = alerts.save_rule(long, "王强", visitor="备用")
    (read,) = alerts.rules_in("备用")
    assert (read.every, read.hourly) == (stored.every, True) == ({"A": 3.0}, True)
    assert replace(long, hourly=False).rule_for("A").clear_hold == 12
