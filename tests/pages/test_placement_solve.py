"""The panels Rules and Find the best plan, on the tiny county with roads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def rules_script() -> None:
    import streamlit as st

    from cockpit.ui import cache, placement_choices, placement_rules

    twin = cache.twin()
    assert twin is not None
    choice = placement_choices.choose(twin)
    placement_rules.show(twin, choice)
    st.json(placement_rules.choose(twin, choice.asked).to_plain())


@pytest.fixture
def rules(bridged_here: Path) -> AppTest:
    app = AppTest.from_function(rules_script, default_timeout=60)
    app.query_params["service"] = "hospital"
    return app


def kept(app: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(app.json[0].value)
    return found


def test_rules_begin_as_usual(rules: AppTest) -> None:
    rules.run()
    assert not rules.exception
    assert kept(rules)["existing"] == "keep"
