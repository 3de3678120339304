"""Precision and lead time are those of the ledger, counted here in another way."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from cockpit.answers import alert_watch, alerts
from cockpit.answers.alert_rules import StandingRule
from cockpit.answers.alert_scores import Precision, wilson
from cockpit.risk.rules import Rule
from cockpit.store.session import engine
from tests import conftest, watched

WATER = StandingRule("water", "水位", "sensor:水位", Rule((2.0, 3.0, 4.0, 5.0)), unit="m")
DEEP = StandingRule("deep", "深", "sensor:水位", Rule((None, None, None, 5.0)), unit="m")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Sixty alerts of two rules, most of them judged, some twice."""
    watched.store(tmp_path, {"A": "水位"})
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    monkeypatch.setattr(alert_watch, "usual_rules", lambda *_: (WATER, DEEP))
    conftest._forget_store()
    rng = np.random.default_rng(8)
    values = np.zeros(240)
    values[1::4] = rng.choice([2.5, 6.0], 60)
    watched.read("A", values.tolist())
    alerts.evaluate()
    for story in alerts.ledger("备用").stories:
        turn = int(rng.integers(0, 5))
        if turn == 0:
            continue
        verdict = str(rng.choice(["true", "false", "unknown"]))
        hours = dt.timedelta(hours=int(rng.integers(0, 9)))
        happened = story.opened + hours if verdict == "true" and turn < 4 else None
        if turn == 1:
            alerts.judge(story.id, "甲", "false", visitor="备用")
        alerts.judge(story.id, "乙", verdict, visitor="备用", happened=happened)
    yield tmp_path
    conftest._forget_store()


def counted_by_sql(rule: str) -> tuple[int, int, int, list[float]]:
    """Count from the tables alone: the last judgement of each alert."""
    query = """
        select json_extract(e.detail, '$.verdict'), json_extract(e.detail, '$.happened'), a.opened
        from alert a join alert_entry e on e.alert_id = a.id
        where a.rule_id = ? and e.action = 'judged'
          and e.seq = (select max(seq) from alert_entry
                       where alert_id = a.id and action = 'judged')"""
    with engine().connect() as connection:
        rows = connection.exec_driver_sql(query, (rule,)).all()
    leads = [
        (dt.datetime.fromisoformat(h) - dt.datetime.fromisoformat(o)).total_seconds() / 3600
        for v, h, o in rows
        if v == "true" and h
    ]
    n = [sum(v == word for v, _, _ in rows) for word in ("true", "false", "unknown")]
    return n[0], n[1], n[2], sorted(leads)


def test_scores_are_those_of_the_ledger(here: Path) -> None:
    found = alerts.scores("备用")
    assert set(found) == {"water", "deep"}
    for rule, score in found.items():
        true, false, unknown, leads = counted_by_sql(rule)
        assert min(true, false, unknown, len(leads)) > 2
        assert (score.people.true, score.people.false, score.people.unknown) == (
            true, false, unknown,
        )  # fmt: skip
        assert score.people.share == true / (true + false)
        assert list(score.people.lead_hours) == leads
        assert score.people.lead_median_hours == median(leads)
    assert found["water"].alerts == 60


def test_nothing_judged_has_no_precision() -> None:
    none = Precision(0, 0, 3, ())
    assert math.isnan(none.share)
    assert all(math.isnan(v) for v in none.interval)
    assert math.isnan(none.lead_median_hours)


def test_wilson_by_a_published_example() -> None:
    """81 of 263: 0.2553 to 0.3662 (Newcombe 1998, Statistics in Medicine 17, 857-872, table I)."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


@given(some.integers(1, 500), some.integers(0, 500))
def test_a_range_holds_its_share_and_shrinks(n: int, hits: int) -> None:
    hits = min(hits, n)
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    wide, wider = wilson(10 * hits, 10 * n), (low, high)
    assert wide[1] - wide[0] < wider[1] - wider[0]
