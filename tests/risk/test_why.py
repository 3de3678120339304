"""Every reason that a warning or a fault gives can be said in Chinese."""

import ast
import re
from pathlib import Path

from cockpit.locale import catalogue
from cockpit.risk import rules
from cockpit.risk.sensor_health import STATES
from cockpit.risk.why import Why

RISK = Path(rules.__file__).parent


def test_reasons_have_chinese_words_with_the_same_values() -> None:
    reasons = {*rules._REACHED.values(), *rules._LEFT.values()}
    reasons |= {
        node.args[0].value
        for path in RISK.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Why"
        and isinstance(node.args[0], ast.Constant)
    }
    assert len(reasons) > 15
    chinese = catalogue("zh")
    assert not sorted(reason for reason in reasons if reason not in chinese)
    for reason in reasons:
        assert set(re.findall(r"{(\w+)}", reason)) == set(re.findall(r"{(\w+)}", chinese[reason]))
    assert not [state for state in STATES if state not in chinese]


def test_a_reason_reads_as_a_sentence() -> None:
    assert str(Why("It has never sent a reading.")) == "It has never sent a reading."
    assert str(Why("{n} of {all}.", {"n": 1, "all": 2})) == "1 of 2."
