"""The page Risk on the tiny county with events: what a visitor chooses, reads and shares."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from streamlit.testing.v1 import AppTest

from cockpit.answers.risk import METHODS
from cockpit.ui import risk_cache, risk_choices, risk_colours, risk_panels, theme
from tests import risky, tiny

PAGE = Path(__file__).parents[2] / "pages" / "risk.py"
HOT = tiny.grid_code(risky.HOT)


@pytest.fixture
def page(risky_here: Path) -> AppTest:
    return AppTest.from_file(PAGE, default_timeout=60)


def html(page: AppTest) -> str:
    return "".join(str(e.proto.body) for e in page.get("html"))


def deck(page: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.get("deck_gl_json_chart")[0].proto.json)
    return found


def layer(page: AppTest, name: str) -> dict[str, Any]:
    return next(x for x in deck(page)["layers"][0] if x["id"].startswith(name))


def colours(page: AppTest) -> str:
    """Return the digit of each cell."""
    found = re.search(r'\("(\d+)"\)', layer(page, "places")["getFillColor"])
    assert found is not None
    return found[1]


def sentence(page: AppTest) -> str:
    return page.markdown[0].value.replace("\\", "")


def finished(page: AppTest, **query: str) -> AppTest:
    """Run until what is worked out in the background is there."""
    for _ in range(30):
        page = AppTest.from_file(PAGE, default_timeout=60)
        page.query_params.update(query)
        page.run()
        assert not page.exception
        if not any("后台" in one.value for one in page.info):
            return page
    raise AssertionError("the background did not end")


def test_opens_on_what_stands_out(page: AppTest) -> None:
    page.run()
    assert not page.exception
    # 192 + 30 thefts, one without a point: 223 events in cells.
    assert "共 223 件事件" in sentence(page)
    assert "显著多于预期" in sentence(page)
    assert len(colours(page)) == 16
    assert layer(page, "places")["data"].endswith("/places/cell/529901.geojson")
    assert any("3 件只知道所在村或乡镇" in c.value for c in page.caption)
    assert any("1 件在县域外或位置不详" in c.value for c in page.caption)
    assert any("来源：事件；截至2025年12月31日；数据等级" in c.value for c in page.caption)


def test_another_theme_changes_colours_alone(page: AppTest) -> None:
    page.run()
    before = deck(page)
    page.selectbox(key="widget.risk.theme").set_value("fire").run()
    assert page.query_params["theme"] == "fire"
    after = deck(page)
    assert after["initialViewState"] == before["initialViewState"]
    assert layer(page, "places")["data"] == before["layers"][0][0]["data"]
    assert layer(page, "places")["id"] == before["layers"][0][0]["id"]
    # A theme and a category may bear the same name: the list tells them apart.
    assert {"火灾", "· 火灾"} <= set(page.selectbox(key="widget.risk.theme").options)
    assert "没有能定位到这一层级的事件" in sentence(page)  # three, known by village only


@pytest.mark.parametrize("level", ["cell", "village"])
@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("impact", "readings")])
def test_every_method_answers(page: AppTest, method: str, level: str) -> None:
    page = finished(page, theme="盗窃", method=method, level=level, place=HOT)
    assert not page.error
    assert sentence(page)
    assert 'class="ct-legend"' in html(page)
    assert ".csv" in html(page)


def test_a_period_without_events_says_so(page: AppTest) -> None:
    page.query_params.update(
        {"theme": "fire", "period": "own", "from": "2025-08-01", "to": "2025-08-20"}
    )
    page.run()
    assert not page.exception
    assert sentence(page) == (
        "小青县，2025年8月1日至2025年8月20日，火灾：没有事件。可选择更长的时段再看。"
    )


def test_the_forecast_counts_the_events_of_the_unit(page: AppTest) -> None:
    village = tiny.grid_code(0)[:12]
    page = finished(page, theme="盗窃", method="forecast", region=village)
    # Four grids with a theft each month, 30 more in one of them, and one without a point.
    assert f"{48 + 30 + 1} 件" in sentence(page)


def test_unsure_cells_are_hatched(page: AppTest) -> None:
    page.query_params["theme"] = "fire"
    page.run()
    hatch = layer(page, "hatch")
    assert hatch["extensions"] == [{"@@type": "FillStyleExtension", "pattern": True}]
    assert hatch["fillPatternAtlas"].endswith("/places/hatch.png")
    assert "样本不足，无法判断" in html(page)


def test_why_a_cell_is_red_adds_up(page: AppTest) -> None:
    page.query_params["theme"] = "盗窃"
    page.query_params["place"] = HOT
    page.run()
    told = next(m.value for m in page.markdown if "本处及相邻共上报" in m.value)
    assert "139 件" in told
    table = re.search(r"ct-why.*?</table>", html(page))
    assert table is not None
    rows = re.findall(
        r"<td class=\"n\">(?:<b>)?([−\d.,]+)(?:</b>)?</td>(?:<td class=\"ct-bar|<td></td>)",
        table[0],
    )
    figures = [round(100 * float(r.replace("−", "-").replace(",", ""))) for r in rows]
    assert len(figures) == 10  # nine cells and their sum
    assert sum(figures[:-1]) == figures[-1]
    page.button(key="risk.clear").click().run()
    assert "place" not in page.query_params


def test_a_place_can_be_chosen_from_the_list(page: AppTest) -> None:
    page.query_params["theme"] = "盗窃"
    page.run()
    page.selectbox(key="widget.risk.pick").set_value(HOT).run()
    assert not page.exception
    assert page.query_params["place"] == HOT
    assert "本处及相邻共上报" in " ".join(m.value for m in page.markdown)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("第6网格", tiny.grid_code(5)),
        (tiny.grid_code(7), tiny.grid_code(7)),
        ("没有", ""),
        (" ", ""),
    ],
)
def test_a_typed_name_or_code_means_a_place(risky_here: Path, text: str, code: str) -> None:
    assert risk_panels.searched(risk_cache.places("cell"), text) == code


def test_what_a_click_on_the_map_means() -> None:
    def script(code: str) -> None:
        import streamlit as st

        from cockpit.ui import risk_choices, state

        risk_choices.picked(code)
        st.write(state.chosen("risk.place", ""))

    app = AppTest.from_function(script, args=("x",)).run()
    assert app.markdown[0].value == "x"
    app.run()  # the same again lets it go
    assert not app.markdown or app.markdown[0].value != "x"


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("2025-03-05", "2025-06-07", ("2025-03-05", "2025-06-07", "")),
        ("2025-06-07", "2025-03-05", ("2025-03-05", "2025-06-07", "swapped")),
        ("1990-01-01", "2025-03-05", ("2025-01-01", "2025-03-05", "cut")),
        ("1990-01-01", "1991-01-01", ("2025-01-01", "2025-12-31", "all")),
    ],
)
def test_days_of_an_address_are_moved_and_said(
    first: str, last: str, told: tuple[str, str, str]
) -> None:
    day = dt.date.fromisoformat
    begin, end, moved = risk_choices.within(
        day(first), day(last), dt.date(2025, 1, 1), dt.date(2025, 12, 31)
    )
    assert (begin.isoformat(), end.isoformat(), moved) == told


def test_swapped_days_are_said(page: AppTest) -> None:
    page.query_params.update({"period": "own", "from": "2025-06-07", "to": "2025-03-05"})
    page.run()
    assert not page.exception
    assert any("已对调" in c.value for c in page.caption)
    assert "2025年3月5日至2025年6月7日" in sentence(page)


# ---------------------------------------------------------------- time


def test_the_slider_goes_through_the_months(page: AppTest) -> None:
    page.query_params.update({"theme": "盗窃", "method": "density", "step": "month"})
    page.run()
    assert not page.exception
    slider = page.select_slider(key="widget.risk.frame")
    assert slider.options[0] == "2025年1月"
    assert slider.options[-1] == "2025年12月"
    december = colours(page)
    slider.set_value(9).run()
    assert "2025年10月1日至2025年10月31日" in sentence(page)
    assert "46 件" in sentence(page)
    assert colours(page) != december


def test_each_step_has_its_own_picture_over_hidden_cells(page: AppTest) -> None:
    page.query_params.update({"theme": "盗窃", "method": "density", "step": "month"})
    page.run()
    december = layer(page, "heat")
    assert december["@@type"] == "BitmapLayer"
    # Limits of the whole period, the days of the step.
    assert "/2025-12-01/2025-12-31/2025-01-01/2025-12-31/light1-" in december["image"]
    assert re.search(r"\(\[(\[\d+,\d+,\d+,0\],?)+\]\)", layer(page, "places")["getFillColor"])
    assert layer(page, "places")["pickable"]
    page.select_slider(key="widget.risk.frame").set_value(9).run()
    october = layer(page, "heat")
    assert "/2025-10-01/2025-10-31/2025-01-01/" in october["image"]
    assert october["bounds"] == december["bounds"]


def test_why_speaks_of_the_step_shown(page: AppTest) -> None:
    page.query_params.update({"theme": "盗窃", "step": "month", "place": HOT})
    page.run()
    page.select_slider(key="widget.risk.frame").set_value(9).run()
    assert not page.exception
    assert any(c.value == "2025年10月1日至2025年10月31日" for c in page.caption)
    # Nine grids with a theft each in October, and 30 more here.
    assert "<b>39</b>" in html(page)
    assert "/2025-10-01/2025-10-31/" in html(page)  # of the files to take away as well


def test_the_step_shown_stands_in_the_address(page: AppTest) -> None:
    page.query_params.update({"theme": "盗窃", "method": "density", "step": "month", "frame": "9"})
    page.run()
    assert not page.exception
    assert "2025年10月1日至2025年10月31日" in sentence(page)
    page.select_slider(key="widget.risk.frame").set_value(3).run()
    assert page.query_params["frame"] == "3"
    assert "2025年4月1日" in sentence(page)


def test_playing_goes_on_step_by_step_and_ends(page: AppTest) -> None:
    page.query_params.update({"theme": "盗窃", "step": "month"})
    clock = [100.0]
    with patch("cockpit.ui.risk_time.time.monotonic", side_effect=lambda: clock[0]):
        page.run()
        page.button(key="risk.play").click().run()
        seen = []
        for _ in range(14):
            clock[0] += 2
            page.run()
            assert not page.exception
            seen.append(page.select_slider(key="widget.risk.frame").value)
    assert seen[:3] == [1, 2, 3]
    assert seen[-1] == 11
    assert page.button(key="risk.play").label == "播放"


def test_less_motion_hides_the_play_button(page: AppTest) -> None:
    page.query_params["step"] = "month"
    page.run()
    rule = re.search(r"@media \(prefers-reduced-motion: reduce\)\{(.*?)\}\s*\.st", html(page))
    assert rule is not None
    assert ".st-key-risk-play{display:none" in rule[1]


# ---------------------------------------------------------------- index, floods, sensors


def test_weights_travel_in_the_address(page: AppTest) -> None:
    text = "order.age_60_plus~own~sum~9.1"
    page.query_params.update({"method": "index", "index": text})
    page.run()
    assert not page.exception
    assert "90.0%" in str(page.get("plotly_chart")[0].proto)
    assert page.query_params["index"] == text


def test_comparisons_outlive_a_reload(page: AppTest) -> None:
    text = "order.age_60_plus.age_0_14~ahp~sum~3.-6.-9"
    page.query_params.update({"method": "index", "index": text})
    page.run()
    assert not page.exception
    assert page.query_params["index"] == text
    assert [s.value for s in page.select_slider if "pair" in str(s.key)] == [3, -6, -9]


def test_a_flood_without_relief_says_what_to_load(page: AppTest) -> None:
    page.query_params.update({"theme": "flood", "method": "impact"})
    page.run()
    assert not page.exception


def test_a_silent_sensor_is_hollow_and_no_safety(page: AppTest) -> None:
    page.query_params["theme"] = "air"
    page.run()
    assert not page.exception
    assert "共有监测设备 3 台" in sentence(page)
    assert "其中 2 台故障，读数不可信" in sentence(page)
    points = {row["id"]: row for row in layer(page, "sensors")["data"]}
    assert points["K1"]["t"] == "35.0 μg/m³"
    assert points["K1"]["c"][3] > 0
    assert points["K2"]["c"] == points["K3"]["c"] == [0, 0, 0, 0]
    assert points["K2"]["l"] != points["K1"]["l"]
    states = page.dataframe[0].value.iloc[:, 4].tolist()
    assert sorted(states) == sorted(["故障，不可信", "故障，不可信", "正常"])


def test_sensors_are_those_of_the_unit(page: AppTest) -> None:
    page.query_params.update({"theme": "air", "region": tiny.grid_code(1)[:12]})
    page.run()
    assert not page.exception
    assert "共有监测设备 1 台" in sentence(page)
    assert {row["id"] for row in layer(page, "sensors")["data"]} == {"K1"}
    assert len(page.dataframe[0].value) == 1
    assert any("来源：readings、sensors；数据日期" in c.value for c in page.caption)


# ---------------------------------------------------------------- who may see what


def test_the_public_sees_no_event(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.ui.cache.visitor_class", lambda: "公开")
    page.run()
    assert not page.exception
    assert "没有您可查看的事件或监测设备" in page.info[0].value
    assert "盗窃" not in html(page)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "' OR 1=1 --"),
        ("method", "<script>"),
        ("period", "-5"),
        ("level", "street"),
        ("step", "second"),
        ("place", "../../etc"),
        ("index", "x" * 150),
        ("rise", "nan"),
        ("from", "soon"),
        ("layer", "relief"),
    ],
)
def test_nonsense_in_the_address_is_ignored(page: AppTest, name: str, value: str) -> None:
    page.query_params[name] = value
    page.run()
    assert not page.exception
    assert not page.error
    assert "共 223 件事件" in sentence(page)


# ---------------------------------------------------------------- colours


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_role_has_a_colour(name: str) -> None:
    tokens = theme.of(name)
    plain = ["hot", "cold", "island high", "island low", "ramp 0", "ramp 3", "em new"]
    told = {risk_colours.paint(role, tokens) for role in plain}
    assert len(told) == len(plain)
    for role in ("hot", "cold"):
        sure, unsure = (risk_colours.paint(r, tokens) for r in (role, f"maybe {role}"))
        assert sure[0] == unsure[0]
        assert sure[1] > 2 * unsure[1]
        assert risk_colours.hatched(f"maybe {role}")
        assert not risk_colours.hatched(role)
