"""``python -m cockpit alerts``: look, list, act, verify, try, export."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cockpit.__main__ import main
from cockpit.answers import alert_watch
from cockpit.answers.alert_rules import StandingRule
from cockpit.risk.rules import Rule
from cockpit.risk.trial import Outcome
from tests import conftest, watched

WATER = StandingRule(
    "water", "水位", "sensor:水位", Rule((2.0, 3.0, 4.0, 5.0)), "Water level", unit="m",
    outcome=Outcome(4.0, within_hours=2),
)  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    watched.store(tmp_path, {"A": "水位", "B": "水位"})
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    monkeypatch.setattr(alert_watch, "usual_rules", lambda *_: (WATER,))
    conftest._forget_store()
    watched.read("A", [1, 2.5, 4.5, 1, 1, 1, 1])
    watched.read("B", [1, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5])
    yield tmp_path
    conftest._forget_store()


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["alerts", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(list(arguments)) == code
    out = capsys.readouterr()
    return out.err if code else out.out


def test_from_looking_to_the_export(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "look")
    assert (found["opened"], found["now"]) == (2, "2025-10-01T06:00:00")
    assert "0 alerts opened" in said(capsys, "alerts", "look")
    assert "0 条" in said(capsys, "--lang", "zh", "alerts", "look")

    (standing,) = told(capsys, "list")
    assert (standing["subject"], standing["colour"]) == ("B", "blue")
    assert len(told(capsys, "list", "--all")) == 2
    assert [a["subject"] for a in told(capsys, "list", "--all", "--level", "3")] == ["A"]
    assert "2 alerts." in said(capsys, "alerts", "list", "--all")

    b = str(standing["id"])
    assert "written down" in said(capsys, "alerts", "acknowledge", b, "--who", "王强")
    said(capsys, "alerts", "mute", b, "--who", "王强", "--words", "检修", "--hours", "4")
    assert told(capsys, "list")[0]["muted_until"]
    said(capsys, "alerts", "unmute", b, "--who", "王强")
    assert told(capsys, "list")[0]["muted_until"] is None
    said(capsys, "alerts", "escalate", b, "--who", "王强", "--to", "分管副县长")
    said(capsys, "alerts", "judge", b, "true", "--who", "王强", "--happened", "2025-10-01T05:00")
    score = told(capsys, "scores")["water"]
    assert (score["people"]["precision"], score["people"]["lead_hours"]) == (1.0, 4.0)
    assert "few judged" in said(capsys, "alerts", "scores")

    for name in ("ledger.csv", "ledger.json"):
        assert "2 alerts" in said(capsys, "alerts", "export", str(here / name))
    assert "王强" in (here / "ledger.csv").read_text(encoding="utf-8-sig")


def test_verify_names_the_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "look")
    sound = told(capsys, "verify")
    assert sound["sound"]
    kept = f"{sound['lines']}:{sound['head']}"
    assert told(capsys, "verify", "--head", kept)["sound"]
    assert "in order" in said(capsys, "alerts", "verify")
    with sqlite3.connect(here / "county.sqlite") as store:
        store.execute("DROP TRIGGER alert_entry_no_update")
        store.execute("update alert_entry set who = 'x' where seq = 3")
    store.close()
    assert main(["--lang", "zh", "alerts", "verify"]) == 1
    assert "第 3 条写入后被改动" in capsys.readouterr().out
    assert main(["alerts", "verify", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["broken"] == 3


def test_a_rule_tried_with_other_thresholds(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "look")
    now = told(capsys, "try", "water")
    assert (now["alarms"], now["hits"], now["false_alarms"]) == (2, 1, 1)
    then = told(capsys, "try", "water", "--thresholds", ",3,4,5")
    assert (then["alarms"], then["blue"], then["orange"]) == (1, 0, 1)
    assert told(capsys, "try", "water", "--hold", "3")["alarms"] == 1  # B alone stays so long
    assert "Precision" in said(capsys, "alerts", "try", "water")
    assert [r["id"] for r in told(capsys, "rules")] == ["water"]
    assert "switched off" in said(capsys, "alerts", "switch", "water", "off", "--who", "王强")
    assert told(capsys, "rules")[0]["enabled"] is False
    assert "2 / 3 / 4 / 5" in said(capsys, "alerts", "rules")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("judge", "99", "true", "--who", "王强"), "There is no alert 99"),
        (("judge", "1", "true", "--who", " "), "Say who you are"),
        (("judge", "1", "true", "--who", "王强", "--happened", "soon"), "soon is no time"),
        (("try", "nothing"), "There is no rule nothing"),
        (("try", "water", "--thresholds", "a,b"), "expected four thresholds"),
        (("try", "water", "--thresholds", "3,2,1,0"), "each colour stricter"),
        (("switch", "nothing", "on", "--who", "王强"), "There is no rule nothing"),
        (("verify", "--head", "abc"), "is no line of a ledger"),
        (("export", "ledger.exe"), "unknown ending"),
        (("mute", "1", "--who", "王强"), "Say why the alert is muted"),
    ],
)
def test_refusals(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], error: str
) -> None:
    told(capsys, "look")
    assert error in said(capsys, "alerts", *arguments, code=1)
