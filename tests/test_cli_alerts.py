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
    in_order = said(capsys, "alerts", "verify")
    assert "in order" in in_order
    assert "only up to a line that was kept elsewhere. (--head)" in in_order
    with sqlite3.connect(here / "county.sqlite") as store:
        store.execute("DROP TRIGGER alert_entry_no_update")
        store.execute("update alert_entry set who = 'x' where seq = 3")
    store.close()
    assert main(["--lang", "zh", "alerts", "verify"]) == 1
    assert "第 3 条写入后被改动" in capsys.readouterr().out
    assert main(["alerts", "verify", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["broken"] == 3
    with sqlite3.connect(here / "county.sqlite") as store:
        store.execute("update alert_entry set detail = '{' where seq = 2")
    store.close()
    assert main(["alerts", "verify", "--json"]) == 1  # though nothing of it can be read any more
    assert json.loads(capsys.readouterr().out)["broken"] == 2


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
        (
            ("judge", "1", "true", "--who", "王强", "--happened", "2099-01-01"),
            "2099-01-01 00:00 is later than the newest data, which are of 2025-10-01 06:00",
        ),
        (
            ("judge", "1", "true", "--who", "王强", "--happened", "2025-10-01T05:30"),
            "what it warned of can have begun between 2025-09-30 23:00 and 2025-10-01 05:00",
        ),
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


# ---------------------------------------------------------------- new rules

ADD = ("--who", "王强", "--title", "深水", "--subject", "sensor:水位", "--thresholds", "2,3,4,5")


def test_a_new_rule_from_options_is_tried_and_stays_off(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "look")
    found = told(capsys, "add", *ADD, "--harm", "4", "--within-hours", "2")
    assert (found["id"], found["enabled"]) == ("own-1", False)
    assert (found["past"]["alarms"], found["past"]["hits"]) == (2, 1)
    rules = {r["id"]: r for r in told(capsys, "rules")}
    assert (rules["own-1"]["unit"], rules["own-1"]["changed_by"]) == ("m", "王强")
    assert told(capsys, "look")["opened"] == 0  # it is off
    said(capsys, "alerts", "switch", "own-1", "on", "--who", "王强")
    assert told(capsys, "look")["opened"] == 2


def test_a_new_rule_from_what_rules_prints(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "look")
    (plain,) = told(capsys, "rules")
    file = here / "rule.json"
    file.write_text(json.dumps(plain | {"id": "twin", "title": "又一条"}), encoding="utf-8")
    assert "Rule twin is added and switched on." in said(
        capsys, "alerts", "add", str(file), "--who", "王强", "--on"
    )
    assert "There is a rule twin already" in said(
        capsys, "alerts", "add", str(file), "--who", "王强", code=1
    )
    assert "已有编号为 twin 的规则" in said(
        capsys, "--lang", "zh", "alerts", "add", str(file), "--who", "王强", code=1
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"subject": "sensor:风速"}, "nothing to warn of called 风速"),
        ({"subject": "events:nothing", "level": "county"}, "nothing to warn of called nothing"),
        ({"subject": "indicator:x", "level": "county"}, "There is no indicator x"),
        ({"subject": "lake"}, "expected sensor:, events: or indicator:"),
        ({"title": ""}, "Give the rule a title"),
        ({"title": 3}, "title of a rule is 3; expected text"),
        ({"id": "A b"}, "A b cannot name a rule"),
        ({"rule": None}, "A rule needs four thresholds"),
        ({"rule": {"thresholds": [4, 3, 2, 1]}}, "each colour stricter than the one before"),
        ({"rule": {"thresholds": [1, 2, 3, "x"]}}, "A rule needs four thresholds"),
        ({"rule": {"thresholds": [1, 2, 3, 4], "hold": 0}}, "hold of a rule is 0"),
        ({"outcome": {"level": 3}}, "outcome of a rule needs some of threshold"),
        ({"outcome": {"threshold": "x"}}, "outcome.threshold of a rule is x"),
        ({"escalation": {"minutes": 5, "to": "值班室"}}, "escalation of a rule needs some of"),
        ({"escalation": {"minutes": 0, "to": ["值班室"]}}, "Escalation after 0 minutes"),
        ({"mute_hours": 0}, "Muting is offered for 0 hours"),
        ({"own": True}, "Shares of each sensor's own past"),
        ({"own": 1}, "own of a rule is 1; expected true or false"),
        ({"colour": "red"}, "A rule has no setting colour"),
    ],
)
def test_what_is_no_rule_is_refused_in_words(
    here: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], words: str
) -> None:
    plain = {"title": "深水", "subject": "sensor:水位", "rule": {"thresholds": [2, 3, 4, 5]}}
    file = here / "rule.json"
    file.write_text(json.dumps(plain | change), encoding="utf-8")
    assert words in said(capsys, "alerts", "add", str(file), "--who", "王强", code=1)


def test_a_file_that_is_none(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = here / "rule.json"
    assert "cannot be read" in said(capsys, "alerts", "add", str(file), "--who", "王强", code=1)
    for text in ("[", "[]", "3"):
        file.write_text(text, encoding="utf-8")
        assert "expected one JSON object" in said(
            capsys, "alerts", "add", str(file), "--who", "王强", code=1
        )
