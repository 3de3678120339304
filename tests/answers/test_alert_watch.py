"""Evaluation: one alert for a flapping series, read on piece by piece, escalation by the clock."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.orm import Session

from cockpit.answers import alert_acts, alert_watch, alerts
from cockpit.answers.alert_ledger import entries, utc_now
from cockpit.answers.alert_rules import Escalation, StandingRule, rules_in
from cockpit.answers.alert_sensors import sensor_rows
from cockpit.risk.rules import Rule
from cockpit.risk.trial import Outcome
from cockpit.store.session import engine
from geodata.errors import InputError
from tests import conftest, tiny, watched

WATER = StandingRule(
    "water", "水位", "sensor:水位", Rule((2.0, 3.0, 4.0, 5.0), clear_margin=0.5, hold=2), unit="m",
    escalation=Escalation(30, ("值班室", "分管副县长")),
)  # fmt: skip
HEALTH = StandingRule("health", "设备", "sensor:*", Rule((1.0, None, None, None)), method="health")
FIRES = StandingRule(
    "fires", "火灾", "events:fire",
    Rule((2.0, 3.0, None, None), aggregate="sum", window_hours=24), level="township",
)  # fmt: skip
ILL = StandingRule(
    "ill", "疾病", "events:illness", Rule((0.05, 0.01, 0.001, 0.0001), above=False),
    method="aberration", baseline="seasonal", level="township",
)  # fmt: skip
PEOPLE = StandingRule(
    "people", "人口", "indicator:people", Rule((500.0, 700.0, None, None)), level="township"
)

Open = Callable[..., None]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Return a function that opens a store with some sensors and rules."""

    def make(*rules: StandingRule, **sensors: str) -> None:
        watched.store(tmp_path, sensors)
        monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
        monkeypatch.setattr(alert_watch, "usual_rules", lambda *_: rules)
        conftest._forget_store()

    yield make
    conftest._forget_store()


def lines() -> list[tuple[str, int]]:
    with Session(engine()) as db:
        return [(e.action, e.level) for e in entries(db)]


def details(action: str) -> list[dict[str, object]]:
    with Session(engine()) as db:
        return [dict(e.detail) for e in entries(db) if e.action == action]


# ---------------------------------------------------------------- sensors


def test_a_flapping_series_raises_one_alert(here: Open) -> None:
    """Twenty times over the threshold and a little under it: within the margin, so it stands."""
    here(WATER, A="水位")
    watched.read("A", [1, 1, *([2.1, 2.05, 1.7] * 20), 1, 1])
    alerts.evaluate()
    assert lines() == [("opened", 1), ("closed", 0)]
    watched.read("A", [2.1, 1.6] * 10, first=watched.START + 100 * watched.HOUR)
    alerts.evaluate()  # never two in a row: nothing new
    assert lines() == [("opened", 1), ("closed", 0)]


def test_looking_again_changes_nothing(here: Open) -> None:
    here(WATER, A="水位")
    watched.read("A", [1, 2.5, 2.5, 4.5, 4.5])
    first = alerts.evaluate()
    assert (first.opened, first.lines) == (1, 2)
    head = alerts.head_of_ledger()
    assert alerts.evaluate().lines == 0
    watched.loaded_anew("tiny2")
    conftest._forget_store()
    assert alerts.evaluate().lines == 0
    assert alerts.head_of_ledger() == head


def test_read_piece_by_piece_it_comes_to_the_same(here: Open) -> None:
    rng = np.random.default_rng(5)
    values = (2.5 + 2 * np.sin(np.arange(200) / 9) + rng.normal(0, 0.4, 200)).tolist()
    here(WATER, A="水位", B="水位")
    watched.read("A", values)
    alerts.evaluate()
    for start in range(0, 200, 7):
        watched.read("B", values[start : start + 7], first=watched.START + start * watched.HOUR)
        alerts.evaluate()
    with Session(engine()) as db:
        told = {}
        for entry in entries(db):
            about = alerts.story_of("备用", entry.alert_id).subject
            told.setdefault(about, []).append((entry.at, entry.action, entry.level))
    assert len(told["A"]) > 6
    assert told["A"] == told["B"]


def test_in_time_is_what_a_feed_brought_to_a_rule_that_was_there(here: Open) -> None:
    here(WATER, A="水位", B="水位")
    watched.read("A", [1, 2.5, 2.5, 1, 1])
    alerts.evaluate()
    watched.read("A", [2.5, 2.5], first=watched.START + 9 * watched.HOUR, live=True)
    watched.read("B", [2.5, 2.5], first=watched.START + 9 * watched.HOUR, live=True)
    alerts.evaluate()
    found = [(s.subject, s.in_time) for s in alerts.ledger("备用").stories]
    # B was never read before: what its first readings say was found afterwards.
    assert sorted(found) == [("A", False), ("A", True), ("B", False)]


def test_two_evaluations_at_once_raise_it_once(here: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the lock of the process: as two processes on one store."""
    here(WATER, **{f"S{k}": "水位" for k in range(30)})
    alerts.evaluate()
    for k in range(30):
        watched.read(f"S{k}", [1, 2.5, 2.5, 4.5, 4.5])
    monkeypatch.setattr(alert_watch, "_one_at_a_time", contextlib.nullcontext())
    found: list[alerts.Evaluated] = []
    both = threading.Barrier(2)

    def run() -> None:
        both.wait()
        found.append(alerts.evaluate())

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(e.opened for e in found) == 30
    assert alerts.ledger("备用").total == 30
    assert len(lines()) == 60
    assert alerts.verify_ledger().sound


def test_a_changed_rule_warns_by_the_new_numbers_from_now_on(here: Open) -> None:
    here(WATER, A="水位")
    watched.read("A", [1, 2.5, 2.5, 1, 1])
    alerts.evaluate()
    alerts.save_rule(
        replace(WATER, rule=replace(WATER.rule, thresholds=(1.5, 3.0, 4.0, 5.0))), "王强",
        visitor="备用",
    )  # fmt: skip
    with Session(engine()) as db:
        (rule,) = rules_in(db)
    assert rule.begins == watched.START + 4 * watched.HOUR
    assert rule.changed_by == "王强"
    watched.read("A", [1.6, 1.6], first=watched.START + 9 * watched.HOUR)
    alerts.evaluate()
    assert [s.opened.hour for s in alerts.ledger("备用").stories] == [10, 2]


def test_a_rule_that_is_off_is_quiet_and_catches_up(here: Open) -> None:
    here(WATER, A="水位")
    alerts.evaluate()
    watched.read("A", [1, 1])
    alerts.evaluate()
    alerts.switch_rule("water", "王强", on=False, visitor="备用")
    watched.read("A", [2.5, 2.5], first=watched.START + 5 * watched.HOUR)
    assert alerts.evaluate().rules == 0
    alerts.switch_rule("water", "王强", on=True, visitor="备用")
    assert alerts.evaluate().opened == 1


# ---------------------------------------------------------------- health


def test_a_stuck_sensor_is_a_fault_and_not_safe(here: Open) -> None:
    here(HEALTH, A="水位", B="水位", C="水位")
    rng = np.random.default_rng(3)
    sound = (1 + rng.normal(0, 0.1, 400)).round(2)
    stuck = np.concatenate([sound[:300], np.full(100, 1.0)])
    watched.read("A", sound.tolist())
    watched.read("B", stuck.tolist())
    alerts.evaluate()
    standing = sorted(alerts.open_alerts("备用"), key=lambda s: s.subject)
    # C has never sent anything.
    assert [(s.subject, s.kind, s.level) for s in standing] == [
        ("B", "fault", 0),
        ("C", "fault", 0),
    ]
    rows = {r.device.id: r for r in sensor_rows("备用", tuple(standing))}
    assert {name: row.state for name, row in rows.items()} == {
        "A": "good", "B": "fault", "C": "fault",
    }  # fmt: skip
    assert rows["B"].why is not None
    assert "The same value 1" in str(rows["B"].why)
    assert standing[0].opened > watched.START + 300 * watched.HOUR
    assert standing[0].opened < watched.START + 330 * watched.HOUR


def test_a_sensor_that_nobody_looks_after_is_not_known(here: Open) -> None:
    here(WATER, A="水位")
    watched.read("A", [1, 1, 1])
    alerts.evaluate()
    (row,) = sensor_rows("备用", alerts.open_alerts("备用"))
    assert row.state == "unknown"


def test_a_silent_sensor_is_found_and_comes_back(here: Open) -> None:
    here(HEALTH, A="水位", B="水位")
    rng = np.random.default_rng(3)
    watched.read("A", rng.normal(1, 0.1, 60).tolist())
    watched.read("B", rng.normal(1, 0.1, 50).tolist())
    alerts.evaluate()
    (fault,) = alerts.open_alerts("备用")
    # Its last reading is that of hour 49; silent after four intervals of an hour.
    assert (fault.subject, fault.opened) == ("B", watched.START + 54 * watched.HOUR)
    for name, first in (("A", 60), ("B", 62)):
        watched.read(
            name, rng.normal(1, 0.1, 8).tolist(), first=watched.START + first * watched.HOUR
        )
    alerts.evaluate()
    assert not [s for s in alerts.open_alerts("备用") if s.subject == "B"]
    assert alerts.verify_ledger().sound


# ---------------------------------------------------------------- events and indicators


def test_counts_of_events_by_hand(here: Open) -> None:
    """Two fires in a day are blue, three yellow; a day later the sum has fallen."""
    here(FIRES)
    at = [watched.START + h * watched.HOUR for h in (1, 5, 9, 100)]
    watched.happen(at[:3])
    watched.happen([watched.START + 2 * watched.HOUR], grid=2)  # the other township
    watched.happen([watched.START + 100 * watched.HOUR], category="盗窃")
    alerts.evaluate()
    (story,) = alerts.ledger("备用").stories
    assert (story.subject, story.peak) == ("529901001", 2)
    assert [(e.action, e.at) for e in story.lines] == [
        ("opened", at[1]), ("raised", at[2]), ("closed", dt.datetime(2025, 10, 3)),
    ]  # fmt: skip
    assert str(alerts.story_of("备用", story.id).lines[1].detail["value"]) == "3.0"


def test_an_outbreak_is_found_two_days_after_it_began(here: Open) -> None:
    here(ILL)
    rng = np.random.default_rng(11)
    days = [d for d in range(120) for _ in range(rng.poisson(0.3))]
    days += [d for d, n in ((100, 5), (101, 8), (102, 8), (103, 8)) for _ in range(n)]
    watched.happen(
        [watched.START + dt.timedelta(days=d, hours=9) for d in days], category="疾病报告"
    )
    alerts.evaluate()
    told = [(s.subject, (s.opened - watched.START).days) for s in alerts.ledger("备用").stories]
    assert told in ([("529901001", 101)], [("529901001", 102)])
    assert "where about" in str(alerts.ledger("备用").stories[0].why)


def test_an_indicator_is_read_once_for_each_load(here: Open) -> None:
    """Grids 0, 1, 4, 5 ... of a township: 600 people in the west, 760 in the east."""
    here(PEOPLE, A="水位")
    watched.read("A", [1.0])
    alerts.evaluate()
    found = {s.subject: s.level for s in alerts.open_alerts("备用")}
    assert found == {"529901001": 1, "529901100": 2}
    assert alerts.evaluate().lines == 0


# ---------------------------------------------------------------- people and the clock


def live_alert(here: Open) -> int:
    here(WATER, A="水位")
    watched.read("A", [1, 1])
    alerts.evaluate()
    watched.read("A", [2.5, 2.5], first=watched.START + 3 * watched.HOUR, live=True)
    alerts.evaluate()
    (story,) = alerts.open_alerts("备用")
    assert story.in_time
    return story.id


def escalated(after_minutes: float) -> int:
    with Session(engine()) as db:
        moment = utc_now() + dt.timedelta(minutes=after_minutes)
        return alert_acts.escalate_due(db, [WATER], now=moment)


def test_escalation_comes_at_its_minute_and_goes_up(here: Open) -> None:
    live_alert(here)
    assert escalated(29) == 0
    assert escalated(31) == 1
    assert escalated(31) == 0
    assert escalated(59) == 0
    assert escalated(61) == 1
    assert escalated(600) == 0  # there is nobody above the second
    assert [d["to"] for d in details("escalated")] == ["值班室", "分管副县长"]


def test_who_acknowledges_is_written_and_ends_escalation(here: Open) -> None:
    number = live_alert(here)
    alerts.acknowledge(number, " 王强 ", "已派人查看", visitor="备用")
    assert escalated(600) == 0
    story = alerts.story_of("备用", number)
    assert story.acknowledged is not None
    assert (story.acknowledged.who, story.acknowledged.detail["words"]) == ("王强", "已派人查看")
    # A raise asks anew.
    watched.read("A", [4.5, 4.5], first=watched.START + 6 * watched.HOUR, live=True)
    alerts.evaluate()
    assert alerts.story_of("备用", number).acknowledged is None
    assert escalated(31) == 1


def test_old_data_call_nobody(here: Open) -> None:
    here(WATER, A="水位")
    watched.read("A", [1, 2.5, 2.5])
    alerts.evaluate()
    assert len(alerts.open_alerts("备用")) == 1
    assert escalated(600) == 0


def test_muted_is_recorded_but_quiet_until_unmuted(here: Open) -> None:
    number = live_alert(here)
    with pytest.raises(InputError, match="Say why the alert is muted"):
        alerts.mute(number, "王强", "", hours=8, visitor="备用")
    alerts.mute(number, "王强", "检修", hours=8, visitor="备用")
    assert escalated(60) == 0
    watched.read("A", [1, 1], first=watched.START + 8 * watched.HOUR, live=True)
    watched.read("A", [4.5, 4.5], first=watched.START + 12 * watched.HOUR, live=True)
    alerts.evaluate()
    (again,) = alerts.open_alerts("备用")
    assert again.id != number
    assert again.muted_until is not None  # recorded, and quiet
    alerts.unmute(again.id, "李敏", visitor="备用")
    assert alerts.story_of("备用", again.id).muted_until is None
    assert escalated(60) == 1


@pytest.mark.parametrize("hours", [0, -1, 32 * 24])
def test_nothing_is_muted_for_ever_or_in_the_past(here: Open, hours: float) -> None:
    number = live_alert(here)
    with pytest.raises(InputError, match="expected within the next 31 days"):
        alerts.mute(number, "王强", "检修", hours=hours, visitor="备用")


def test_a_visitor_from_outside_sees_nothing_internal(here: Open) -> None:
    number = live_alert(here)
    assert alerts.open_alerts("公开") == ()
    assert alerts.rules_in("公开") == ()
    assert alerts.ledger("公开").total == 0
    assert alerts.scores("公开") == {}
    with pytest.raises(alerts.NoAlertError):
        alerts.acknowledge(number, "路人", visitor="公开")
    with pytest.raises(alerts.NoRuleError):
        alerts.switch_rule("water", "路人", on=False, visitor="公开")
    with pytest.raises(alerts.RuleRefusedError, match="reads what is not open to you"):
        alerts.try_on_past(WATER, visitor="公开")


# ---------------------------------------------------------------- proposals


def test_judgements_are_proposed_by_what_then_happened(here: Open) -> None:
    """Blue at hour 2 and hour 40; water over 4 m comes 5 hours after the first, never after."""
    told = replace(WATER, outcome=Outcome(4.0, within_hours=12))
    here(told, A="水位")
    watched.read("A", [1, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 4.5, 4.5, *([1.0] * 30), 2.5, 2.5,
                       *([1.0] * 30)])  # fmt: skip
    alerts.evaluate()
    false, true = alerts.ledger("备用").stories
    assert true.verdict is not None
    assert false.verdict is not None
    assert (true.verdict.verdict, true.verdict.proposal, true.lead_hours) == ("true", True, 5.0)
    assert (false.verdict.verdict, false.lead_hours) == ("false", None)
    assert not true.judged
    assert alerts.scores("备用")["water"].people.decided == 0  # nobody has confirmed it
    alerts.judge(true.id, "王强", "true", visitor="备用")
    alerts.judge(false.id, "王强", "unknown", visitor="备用")
    score = alerts.scores("备用")["water"]
    assert (score.people.true, score.people.false, score.people.unknown) == (1, 0, 1)
    assert score.people.lead_hours == (5.0,)  # confirmed with the proposal's time
    assert alerts.evaluate().lines == 0


def test_a_watched_server_looks_by_itself(here: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    here(WATER, A="水位")
    watched.read("A", [1, 2.5, 2.5])
    monkeypatch.setattr(alert_watch, "EVERY_SECONDS", 0.05)
    ended = threading.Event()
    thread = threading.Thread(target=alerts.watch, args=(ended,))
    thread.start()
    for _ in range(200):
        if alerts.open_alerts("备用"):
            break
        ended.wait(0.05)
    watched.read("A", [4.5, 4.5], first=watched.START + 5 * watched.HOUR, live=True)
    for _ in range(200):
        if alerts.open_alerts("备用")[0].level == 3:
            break
        ended.wait(0.05)
    ended.set()
    thread.join(30)
    assert alerts.open_alerts("备用")[0].level == 3


def test_tiny_has_the_places_that_alerts_name() -> None:
    assert tiny.grid_code(0).startswith("529901001")
    assert tiny.grid_code(2).startswith("529901100")
