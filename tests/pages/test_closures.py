"""The page Closures on the tiny county with roads, and with replaced answers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests import bridged

PAGE = Path(__file__).parents[2] / "pages" / "closures.py"
FIRST, LAST = bridged.bridge_ids()
BOTH = f"e{FIRST}.{LAST}"


@pytest.fixture
def page(bridged_here: Path) -> AppTest:
    found = AppTest.from_file(PAGE, default_timeout=60)
    found.query_params["service"] = "hospital"
    return found


def html(page: AppTest) -> str:
    return "".join(str(e.proto.body) for e in page.get("html"))


def figure(page: AppTest, name: str) -> str:
    """Return the exact figure of a tile."""
    found = re.search(rf'data-figure="{name}" title="([^"]*)"', html(page))
    assert found is not None, name
    return found[1]


def sentence(page: AppTest) -> str:
    return str(page.markdown[0].value)


def deck(page: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.get("deck_gl_json_chart")[0].proto.json)
    return found


def layer(page: AppTest, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(x for x in deck(page)["layers"] if x["id"].startswith(name))
    return found


def button(page: AppTest, label: str) -> Any:
    return next(b for b in page.button if b.label == label)


def test_opens_with_all_roads(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert sentence(page).startswith("道路全部畅通。")
    assert figure(page, "cut_off") == "0"
    assert layer(page, "cells-")["data"].endswith("/lost/car/hospital/-/529901.geojson")
    assert layer(page, "bridges-")["pickable"]
    assert button(page, "全部恢复通行").disabled


def test_the_facilities_of_a_service_are_drawn(page: AppTest) -> None:
    page.run()
    assert layer(page, "served-")["data"].endswith("/served/hospital/529901.geojson")
    assert not layer(page, "served-").get("pickable")  # a click is for bridges and cells
    assert ">设施</span>" in html(page)
    page.query_params["service"] = "all"
    page.run()
    assert not page.exception
    assert not [x for x in deck(page)["layers"] if x["id"].startswith("served-")]
    assert ">设施</span>" not in html(page)


def test_the_file_box_speaks_the_visitors_language(page: AppTest) -> None:
    page.run()
    assert 'content: "选择文件"' in html(page)
    assert 'content: "或拖到此处；不超过 5 MB：GEOJSON JSON"' in html(page)


def test_closing_by_name_and_opening_again(page: AppTest) -> None:
    page.run()
    page.selectbox(key="widget.closures.bridge").set_value(LAST).run()
    assert not page.exception
    assert page.query_params["closed"] == f"e{LAST}"
    assert figure(page, "slower") == "570"
    assert "570 人需要绕行" in sentence(page)
    page.selectbox(key="widget.closures.bridge").set_value(FIRST).run()
    assert page.query_params["closed"] == f"e{LAST}.{FIRST}"
    assert figure(page, "cut_off") == "600"
    assert "600 人（常住人口）已无路可走" in sentence(page)
    assert [x["id"][:7] for x in deck(page)["layers"] if x["id"].startswith("crosses")]
    page.button(key="open.edges.0").click().run()
    assert page.query_params["closed"] == f"e{FIRST}"
    button(page, "全部恢复通行").click().run()
    assert "closed" not in page.query_params
    assert sentence(page).startswith("道路全部畅通。")


def test_what_a_click_means(bridged_here: Path) -> None:
    def script(layer: str, found: str) -> None:
        import streamlit as st

        from cockpit.ui import closures_choices, state

        closures_choices.on_click(layer, found)
        st.json({k: state.chosen(k, None) for k in ("closures.key", "closures.cell")})

    app = AppTest.from_function(script, args=("bridges-0", str(LAST))).run()
    assert json.loads(app.json[0].value)["closures.key"] == [f"e{LAST}"]
    app.run()  # a second click opens it
    assert json.loads(app.json[0].value)["closures.key"] == []
    app = AppTest.from_function(script, args=("cells-0", "529901001001001")).run()
    assert json.loads(app.json[0].value)["closures.cell"] == "529901001001001"


def test_a_river_floods(page: AppTest) -> None:
    page.run()
    button(page, "淹没").click().run()
    assert not page.exception
    assert page.query_params["closed"] == f"r{bridged.RIVER}.200"
    assert "封闭 2 段道路（2.0 公里，其中桥梁 2 座）" in sentence(page)
    assert "受淹范围" in html(page)
    page.number_input(key="widget.closures.width").set_value(60).run()
    button(page, "淹没").click().run()
    assert page.query_params["closed"] == f"r{bridged.RIVER}.60"


def test_typed_corners_and_what_is_wrong_with_them(page: AppTest) -> None:
    page.run()
    text = page.text_area(key="widget.closures.text")
    text.set_value("106.819 27.2\n106.821 27.2\n106.821 27.21\n106.819 27.21").run()
    page.button(key="closures.text.close").click().run()
    assert not page.exception
    assert page.query_params["closed"].startswith("p1068")
    assert "其中桥梁 1 座" in sentence(page)
    page.text_area(key="widget.closures.text").set_value("27.2 106.8").run()
    page.button(key="closures.text.close").click().run()
    assert page.error[0].value == "第 1 个角点为“27.2 106.8”；经度不超过180，纬度不超过90。"
    page.run()
    assert not page.error  # said once


def test_stored_areas(page: AppTest) -> None:
    page.run()
    page.button(key="closures.zone.close").click().run()
    assert page.query_params["closed"] == f"z{bridged.POOL}"
    assert "蓄洪区" in " ".join(m.value for m in page.markdown)


def test_panels(page: AppTest) -> None:
    page.query_params["closed"] = BOTH
    for panel, n_rows, words in (
        ("villages", 2, "东山二村"),
        ("facilities", 1, "设施3"),
        ("bridges", 1, "青桥"),
        ("groups", 6, "常住人口"),
    ):
        page.query_params["panel"] = panel
        page.run()
        assert not page.exception
        table = page.dataframe[0].value
        assert len(table) >= n_rows
        assert words in table.to_string()
        if panel == "villages":
            assert table["断路人口"].tolist() == ["460", "140"]
            assert f"/closures/car/hospital/people/{BOTH}/villages.csv" in html(page)


def test_a_clicked_cell_tells_both_ways(page: AppTest) -> None:
    page.query_params["closed"] = f"e{LAST}"
    page.query_params["cell"] = "529901001002003"  # grid 12
    page.run()
    assert not page.exception
    words = " ".join(m.value for m in page.markdown)
    assert "原来到设施3需 5.1 分钟、3.0 公里" in words
    assert "现在到设施3需 15.4 分钟、9.0 公里" in words
    assert len([x for x in deck(page)["layers"] if x["id"].startswith("way-")]) == 4


def test_the_drawing_board(page: AppTest) -> None:
    page.query_params["draw"] = "1"
    page.run()
    assert not page.exception
    spec = json.loads(page.get("plotly_chart")[0].proto.spec)
    assert spec["layout"]["dragmode"] == "lasso"
    assert spec["layout"]["yaxis"]["scaleanchor"] == "x"
    assert len(spec["data"][-2]["x"]) == 2  # bridges


def test_in_english(page: AppTest) -> None:
    page.query_params["lang"] = "en"
    page.query_params["closed"] = BOTH
    page.run()
    assert not page.exception
    assert sentence(page).startswith("Closed roads: 2 (2.0 km, 2 of them bridges). Way to County")
    assert "600 people (Residents) are cut off." in sentence(page)
    words = " ".join([sentence(page), html(page), *(b.label for b in page.button)])
    assert not re.findall(r"[\u4e00-\u9fff]+", words)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("service", "<script>"),
        ("mode", "rocket"),
        ("group", "low_income"),
        ("panel", "../../etc/passwd"),
        ("cell", "nobody"),
        ("draw", "perhaps"),
        ("closed", "e" + "1" * 300),
        ("closed", "<script>"),
        ("closed", "e\x00"),
    ],
)
def test_nonsense_in_the_address_is_ignored(page: AppTest, name: str, value: str) -> None:
    page.query_params[name] = value
    page.run()
    assert not page.exception
    assert not page.error
    assert sentence(page).startswith("道路全部畅通。")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("nonsense", "网址中的封路内容无法识别：nonsense。"),
        ("e999", "地图上已没有编号为 999 的道路。"),
        ("r1.3", "沿河两岸各淹没 3 米；应为 10 至 5000 米。"),
        (f"z{bridged.SECRET}", "图层“plans”不对您开放。"),
    ],
)
def test_closures_that_cannot_be_say_why(page: AppTest, value: str, words: str) -> None:
    page.query_params["closed"] = value
    page.run()
    assert not page.exception
    assert page.error[0].value == words
    assert sentence(page).startswith("道路全部畅通。")


def test_a_long_key_is_cut_into_parts(page: AppTest) -> None:
    corners = [(106.801 + 0.0004 * k, 27.201 + 0.03 * (k % 2)) for k in range(80)]
    page.run()
    text = "\n".join(f"{lon:.5f} {lat:.5f}" for lon, lat in corners)
    page.text_area(key="widget.closures.text").set_value(text + "\n106.801 27.235").run()
    page.button(key="closures.text.close").click().run()
    assert not page.exception
    parts = page.query_params["closed"]
    assert isinstance(parts, list)
    assert len(parts) > 1
    assert max(map(len, parts)) <= 200


def test_without_roads_it_says_what_is_missing(tiny_here: Path) -> None:
    page = AppTest.from_file(PAGE, default_timeout=30).run()
    assert not page.exception
    assert page.info[0].value == "尚未导入道路数据，无路可封。"


def test_shows_what_the_answer_says(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page computes nothing itself: another answer, other words."""
    from dataclasses import replace

    from cockpit.ui import closures_cache

    real = closures_cache.answer

    def other(asked: Any) -> Any:
        found = real(asked)
        return replace(found, toll=replace(found.toll, cut_off=123.0), within=(50.0, 40.0))

    monkeypatch.setattr(closures_cache, "answer", other)
    page.query_params["closed"] = f"e{LAST}"
    page.run()
    assert figure(page, "cut_off") == "123"
    assert "123 人（常住人口）已无路可走" in sentence(page)
    assert "由 50 人变为 40 人" in sentence(page)


def test_a_rerun_is_small(page: AppTest) -> None:
    page.query_params["closed"] = BOTH
    page.run()
    size = sum(len(e.proto.SerializeToString()) for e in page.main if getattr(e, "proto", None))
    assert size < 30_000
