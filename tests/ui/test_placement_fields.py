"""What a model asks for, as widgets: each kind gives the value that its solver takes."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest


def script() -> None:
    from unittest.mock import patch

    import streamlit as st

    from cockpit.answers.siting import Rules
    from cockpit.answers.siting_models import Field
    from cockpit.ui import placement_fields
    from cockpit.ui.placement_cache import Asked

    fields = (
        Field("new", "New sites", "count", 3, 0, 5, 1),
        Field("floor", "Every township covered at least", "share", 0.4, 0.0, 1.0, 0.01),
        Field("worst", "Longest way of anybody", "minutes", None, 0.0, 120.0, 1.0),
        Field("budget", "Budget", "money", 2.5, 0.0, None, 0.5),
        Field("goal", "What is best", "choice", "a", choices=(("a", "Fewest minutes"), ("b", "b"))),
        Field("order", "Goals", "order", ["x"], choices=(("x", "x"), ("y", "y"))),
        Field("numbers", "Years", "numbers", [1, 2], 0, 9, 1),
    )
    with patch.object(placement_fields, "fields", return_value=fields):
        asked = Asked("clinic", "walk", 15.0, "people", "1")
        st.json(placement_fields.values(asked, Rules(), "mclp"))


def answer(app: AppTest) -> dict[str, Any]:
    assert not app.exception
    found: dict[str, Any] = json.loads(app.json[0].value)
    return found


def key(field: str) -> str:
    return f"widget.placement.solve.mclp.{field}"


def test_fields_begin_with_their_defaults() -> None:
    app = AppTest.from_function(script, default_timeout=60).run()
    assert answer(app) == {
        "new": 3, "floor": 0.4, "worst": None, "budget": 2.5, "goal": "a", "order": ["x"],
        "numbers": [1, 2],
    }  # fmt: skip


def test_per_cent_becomes_a_share_and_what_was_left_out_can_be_given() -> None:
    app = AppTest.from_function(script, default_timeout=60).run()
    app.number_input(key=key("floor")).set_value(55.0).run()
    app.number_input(key=key("worst")).set_value(45.0).run()
    found = answer(app)
    assert (found["floor"], found["worst"]) == (0.55, 45.0)
    app.number_input(key=key("worst")).set_value(None).run()
    assert answer(app)["worst"] is None


def test_a_value_out_of_range_gives_way_to_the_default() -> None:
    app = AppTest.from_function(script, default_timeout=60)
    app.session_state["keep.placement.solve.mclp.new"] = 9  # a rule since then leaves 5 places
    app.run()
    assert answer(app)["new"] == 3
