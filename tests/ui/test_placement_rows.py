"""Small tables that a visitor fills in row by row: what they return, add and drop."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def targets_script() -> None:
    import streamlit as st

    from cockpit.ui import placement_rows

    found = placement_rows.targets(
        "t",
        [["covered", 0.8, ""]],
        {"covered": "占比", "mean": "平均", "cost": "成本"},
        {"101": "河东", "102": "河西"},
    )
    st.json(found)


def dropping_script() -> None:
    import streamlit as st

    from cockpit.ui import placement_rows

    default, names = [["covered", 0.8, ""]], {"101": "河东", "102": "河西"}
    st.button("", key="second", on_click=placement_rows.drop_target, args=("t", default, names, 1))
    st.json(placement_rows.targets("t", default, {"covered": "占比"}, names))


def sizes_script() -> None:
    import streamlit as st

    from cockpit.ui import placement_rows

    st.json(placement_rows.sizes("s", [["小", 300.0, 1.0]]))


def years_script() -> None:
    import streamlit as st

    from cockpit.ui import placement_rows

    st.json(placement_rows.years("y", [3, 5], lambda k: f"Y{k + 1}"))


def order_script() -> None:
    import streamlit as st

    from cockpit.ui import placement_rows

    st.json(placement_rows.order("o", ["worst"], {"worst": "最远", "mean": "平均"}, "次序"))


def answer(app: AppTest) -> Any:
    assert not app.exception
    return json.loads(app.json[0].value)


def test_one_target_becomes_plain() -> None:
    app = AppTest.from_function(targets_script, default_timeout=60).run()
    assert answer(app) == [["covered", 0.8, ""]]
    app.number_input[0].set_value(95.0).run()
    app.selectbox[1].set_value("102").run()
    assert answer(app) == [["covered", 0.95, "102"]]


def test_every_township_for_itself_is_one_target_each() -> None:
    app = AppTest.from_function(targets_script, default_timeout=60).run()
    app.selectbox[1].set_value("every").run()
    assert answer(app) == [["covered", 0.8, "101"], ["covered", 0.8, "102"]]


def test_dropping_one_township_of_every_one() -> None:
    app = AppTest.from_function(dropping_script, default_timeout=60).run()
    app.selectbox[1].set_value("every").run()
    app.button(key="t.add").click().run()
    app.button(key="second").click().run()
    assert answer(app) == [["covered", 0.8, "101"], ["covered", 0.8, ""]]
    assert app.caption[0].value == "不含 河西"
    app.button(key="second").click().run()  # now the target of all people
    assert answer(app) == [["covered", 0.8, "101"]]


def test_money_is_of_the_whole_county_and_has_no_limit() -> None:
    app = AppTest.from_function(targets_script, default_timeout=60).run()
    app.selectbox[0].set_value("cost").run()
    assert answer(app) == [["cost", 10.0, ""]]
    assert len(app.selectbox) == 1
    app.number_input[0].set_value(7.0).run()
    app.selectbox[0].set_value("covered").run()  # what was typed before is still there
    assert answer(app) == [["covered", 0.8, ""]]


def test_rows_come_and_go_in_the_middle() -> None:
    app = AppTest.from_function(targets_script, default_timeout=60).run()
    for value in (60.0, 70.0):
        app.button(key="t.add").click().run()
        app.number_input[-1].set_value(value).run()
    assert [row[1] for row in answer(app)] == [0.8, 0.6, 0.7]
    app.button(key="t.drop.1").click().run()
    assert [row[1] for row in answer(app)] == [0.8, 0.7]
    app.button(key="t.drop.0").click().run()
    app.button(key="t.drop.0").click().run()
    assert answer(app) == []
    app.button(key="t.add").click().run()
    assert answer(app) == [["covered", 0.8, ""]]


def test_sizes() -> None:
    app = AppTest.from_function(sizes_script, default_timeout=60).run()
    assert answer(app) == [["小", 300.0, 1.0]]
    app.button(key="s.add").click().run()
    assert answer(app) == [["小", 300.0, 1.0], ["规模2", 600.0, 1.5]]
    app.text_input[1].set_value("大").run()
    assert answer(app)[1] == ["大", 600.0, 1.5]


def test_years_never_vanish_altogether() -> None:
    app = AppTest.from_function(years_script, default_timeout=60).run()
    assert answer(app) == [3, 5]
    app.button(key="y.add").click().run()
    assert answer(app) == [3, 5, 6]
    app.number_input[1].set_value(4).run()
    for _ in range(2):
        app.button(key="y.fewer").click().run()
    assert answer(app) == [3]
    assert app.button(key="y.fewer").disabled


@pytest.mark.parametrize("chosen", [["mean"], ["mean", "worst"], []])
def test_order_is_the_order_of_choosing(chosen: list[str]) -> None:
    app = AppTest.from_function(order_script, default_timeout=60).run()
    assert answer(app) == ["worst"]
    app.multiselect[0].set_value(chosen).run()
    assert answer(app) == chosen
