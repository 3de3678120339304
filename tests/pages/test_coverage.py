"""The page Coverage on the tiny county: what a visitor chooses, reads and shares."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cockpit.coverage.services import SERVICES
from cockpit.coverage.standards import STANDARDS
from cockpit.ui import coverage_cache, coverage_choices
from tests import tiny

PAGE = Path(__file__).parents[2] / "pages" / "coverage.py"
XIHE = "529901100"

# The tiny county has no roads: straight lines times 1.3 at 1.1 m/s. In 15 minutes (990 m, 762 m as
# the crow flies) only grids 1 and 6 reach the clinic that stands in them (149 m): 10 + 60 of 1,360
# people. In 30 minutes (1,523 m) also grids 2 3 5 7 9 10: 430 people. By hand with 990 m and
# 1,108 m for 0.01 degrees at 27.2 N.
WITHIN_15, WITHIN_30 = "70", "430"


@pytest.fixture
def page(tiny_here: Path) -> AppTest:
    return AppTest.from_file(PAGE, default_timeout=60)


def html(page: AppTest) -> str:
    return "".join(str(e.proto.body) for e in page.get("html"))


def tile(page: AppTest, name: str) -> str:
    found = re.search(rf'data-figure="{name}" title="([^"]+)"', html(page))
    assert found is not None, name
    return found[1]


def deck(page: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.get("deck_gl_json_chart")[0].proto.json)
    return found


def layer(page: AppTest, name: str) -> dict[str, Any]:
    return next(x for x in deck(page)["layers"] if x["id"].startswith(name))


def sentence(page: AppTest) -> str:
    return next(m.value for m in page.markdown if "2025" in m.value).replace("\\", "")


def test_opens_on_the_county_with_the_service_as_it_is_meant(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert tile(page, "share") == "5.1%"
    assert tile(page, "facilities") == "2"
    assert f"可到村卫生室的有 {WITHIN_15} 人（5.1%），到不了的 1,290 人" in sentence(page)
    assert layer(page, "cells")["data"].endswith("/minutes/walk/529901.geojson")
    assert layer(page, "served")["data"].endswith("/served/clinic/529901.geojson")
    assert any("直线" in c.value for c in page.caption)


def test_another_limit_changes_figures_sentence_and_colours_alone(page: AppTest) -> None:
    page.run()
    before = deck(page)
    page.selectbox(key="widget.coverage.minutes").set_value("30").run()
    assert f"{WITHIN_30} 人（31.6%）" in sentence(page)
    assert page.query_params["minutes"] == "30"
    after = deck(page)
    assert [x["data"] for x in after["layers"]] == [x["data"] for x in before["layers"]]
    assert after["initialViewState"] == before["initialViewState"]
    assert "<=30?" in layer(page, "cells")["getFillColor"]


def test_the_service_brings_its_own_way_limit_and_group(page: AppTest) -> None:
    page.query_params["minutes"] = "7.5"
    page.query_params["mode"] = "car"
    page.run()
    assert "驾车 7.5 分钟" in sentence(page)
    page.selectbox(key="widget.coverage.service").set_value("primary_school").run()
    assert not page.exception
    school = SERVICES["primary_school"]
    assert f"步行 {school.minutes:g} 分钟内可到小学" in sentence(page)
    assert "mode" not in page.query_params
    assert "minutes" not in page.query_params
    assert page.selectbox(key="widget.coverage.group").value == school.group


def test_help_that_comes_is_said_the_other_way_round(page: AppTest) -> None:
    page.query_params["service"] = "ambulance"
    page.run()
    assert not page.exception
    assert "能赶到的有" in sentence(page)


def test_a_township_counts_its_own_people(page: AppTest) -> None:
    page.query_params["region"] = "529901001"
    page.run()
    # Dongshan has grids 1 2 5 6 9 10 13 14: 600 people; both clinics stand there.
    assert "600 人中" in sentence(page)
    assert f"{WITHIN_15} 人（11.7%）" in sentence(page)
    assert layer(page, "cells")["data"].endswith("/minutes/walk/529901001.geojson")


@pytest.mark.parametrize("panel", coverage_choices.PANEL_TITLES)
def test_every_panel_opens(page: AppTest, panel: str) -> None:
    page.query_params["panel"] = panel
    page.run()
    assert not page.exception
    assert not page.error


def test_only_the_open_panel_is_worked_out(page: AppTest) -> None:
    with (
        patch("cockpit.ui.coverage_cache.equity") as equity,
        patch("cockpit.ui.coverage_cache.referral") as referral,
    ):
        page.run()
    assert not page.exception
    assert not equity.called
    assert not referral.called


@pytest.mark.parametrize("colour", coverage_choices.COLOUR_TITLES)
def test_every_colouring_has_layer_and_legend(page: AppTest, colour: str) -> None:
    page.query_params["show"] = colour
    page.run()
    assert not page.exception
    assert 'class="ct-legend"' in html(page)
    address = layer(page, "cells")["data"]
    asked = "/covered/clinic/walk/15/people/" if colour in ("cause", "score") else "/minutes/walk/"
    assert asked in address
    outlines = [x for x in deck(page)["layers"] if x["id"] == "catchments"]
    assert len(outlines) == (colour == "catchments")


def test_a_cell_shows_its_nearest_places_and_the_way(page: AppTest) -> None:
    page.query_params["cell"] = tiny.grid_code(1)
    page.run()
    assert not page.exception
    card = html(page)
    # Grid 2 lies 1,002 m from the second clinic: 1,303 m on the way, 1,185 s.
    assert "1. 设施2" in card
    assert "19.8 分钟" in card
    assert "太远" in card or "过远" in card
    assert any(x["id"].startswith("marked-") for x in deck(page)["layers"])


def test_a_facility_shows_its_isochrones(page: AppTest) -> None:
    page.query_params["facility"] = "F0"
    page.query_params["ring"] = ["5", "15"]
    page.run()
    assert not page.exception
    assert layer(page, "isochrone")["data"].endswith("/isochrone/F0/walk/5-15.geojson")
    assert "各圈层内的常住人口" in html(page)
    page.button(key="coverage.clear").click().run()
    assert all(x["id"] != "isochrone" for x in deck(page)["layers"])
    assert "facility" not in page.query_params


def test_what_a_click_on_the_map_means() -> None:
    def script(layer: str, code: str) -> None:
        import streamlit as st

        from cockpit.ui import coverage_choices, state

        coverage_choices.picked(layer, code)
        st.json({k: state.chosen(f"coverage.{k}", None) for k in ("cell", "facility")})

    app = AppTest.from_function(script, args=("cells-0", "x")).run()
    assert json.loads(app.json[0].value) == {"cell": "x", "facility": None}
    app.run()  # the same again lets it go
    assert json.loads(app.json[0].value)["cell"] == ""
    app = AppTest.from_function(script, args=("served-3", "F1")).run()
    assert json.loads(app.json[0].value) == {"cell": None, "facility": "F1"}


def test_no_facility_of_the_kind_is_said(page: AppTest) -> None:
    page.query_params["service"] = "library"
    page.run()
    assert not page.exception
    assert "库中没有这类设施：图书馆" in page.warning[0].value
    assert tile(page, "share") == "0.0%"


def test_nobody_of_the_group_is_said(page: AppTest) -> None:
    real = coverage_cache.summary

    def nobody(asked: coverage_cache.Asked) -> Any:
        found = real(asked)
        return replace(
            found,
            people=np.zeros(len(found.people)),
            total=0.0,
            covered_people=0.0,
            share=np.nan,
            median=np.nan,
            p90=np.nan,
            unreached_people=0.0,
        )

    with patch("cockpit.ui.coverage_cache.summary", side_effect=nobody):
        page.run()
    assert not page.exception
    assert any("没有统计这一人群" in w.value for w in page.warning)
    assert tile(page, "share") == "—"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("service", "' OR 1=1 --"),
        ("mode", "<script>"),
        ("minutes", "-5"),
        ("minutes", "nan"),
        ("minutes", "1e9"),
        ("group", "low_income"),  # above the visitor's class
        ("panel", "x" * 400),
        ("show", "rainbow"),
        ("method", "magic"),
        ("cell", "../../etc"),
        ("facility", "nobody"),
        ("village", "nobody"),
        ("ring", "7000"),
        ("layer", "relief"),
        ("region", "1"),
    ],
)
def test_nonsense_in_the_address_is_ignored(page: AppTest, name: str, value: str) -> None:
    page.query_params[name] = value
    page.run()
    assert not page.exception
    assert not page.error
    assert tile(page, "share") == "5.1%"


def test_a_limit_that_is_no_number_is_named(page: AppTest) -> None:
    page.run()
    page.session_state["keep.coverage.minutes"] = "soon"
    page.run()
    assert not page.exception
    assert "'soon' 不是大于 0 且不超过 600 的分钟数" in page.toast[0].value
    assert tile(page, "share") == "5.1%"


# ---------------------------------------------------------------- standards


def test_the_health_check_shows_light_word_source_and_mark(page: AppTest) -> None:
    page.query_params["panel"] = "health"
    page.run()
    table = html(page)
    for word in ("达标", "未达标", "GB 50180", "待核实"):
        assert word in table
    assert "项标准" in " ".join(m.value for m in page.markdown)


def changed(*edits: tuple[dict[int, dict[str, Any]], list[str]]) -> AppTest:
    def script(edits) -> None:
        import streamlit as st

        from cockpit.ui import coverage_health, state

        for cells, ids in edits:
            coverage_health._take(cells, ids, ["a", "limit", "b", "goal", "watch"])
        st.json([list(map(list, state.chosen("coverage.standards", ())))])
        st.write(state.chosen("coverage.problem", ""))

    return AppTest.from_function(script, args=(edits,), default_timeout=60).run()


def test_a_visitors_own_goal_is_kept_and_nonsense_is_named(tiny_here: Path) -> None:
    app = changed(({0: {"goal": 0.9}}, ["circle_15min"]))
    assert not app.exception
    assert json.loads(app.json[0].value) == [[["circle_15min", [["goal", 0.9]]]]]
    app = changed(({0: {"goal": 0.9}}, ["circle_15min"]), ({0: {"limit": 0}}, ["circle_1000m"]))
    assert json.loads(app.json[0].value) == [[["circle_15min", [["goal", 0.9]]]]]
    assert "circle_1000m" in app.markdown[0].value
    assert "大于 0" in app.markdown[0].value or "大于0" in app.markdown[0].value


def test_back_to_the_default_is_no_change(tiny_here: Path) -> None:
    default = STANDARDS["circle_15min"].goal
    app = changed(
        ({0: {"goal": 0.9}}, ["circle_15min"]), ({0: {"goal": default}}, ["circle_15min"])
    )
    assert json.loads(app.json[0].value) == [[]]


def test_own_standards_change_the_light(page: AppTest) -> None:
    page.query_params["panel"] = "health"
    page.session_state["keep.coverage.standards"] = (
        ("circle_15min", (("goal", 0.0001), ("watch", 0.0001))),
    )
    page.run()
    assert not page.exception
    assert "您已修改" in html(page)


# ---------------------------------------------------------------- language, size


def test_in_english(page: AppTest) -> None:
    page.query_params["lang"] = "en"
    page.query_params["region"] = XIHE
    page.run()
    assert not page.exception
    assert sentence(page).startswith("Xihe, 1 Nov 2025, Residents: 0 of 760 (0.0%) reach")
    words = " ".join(
        [html(page), *(m.value for m in page.markdown), *(b.label for b in page.button)]
    )
    # Names of facilities come from the files as they are.
    assert not re.findall(r"[\u4e00-\u9fff]+", words.replace("设施", ""))


@pytest.mark.parametrize("panel", coverage_choices.PANEL_TITLES)
def test_panels_in_english(page: AppTest, panel: str) -> None:
    page.query_params["lang"] = "en"
    page.query_params["panel"] = panel
    page.run()
    assert not page.exception
    words = [html(page), *(m.value for m in page.markdown), *(c.value for c in page.caption)]
    found = re.findall(r"[\u4e00-\u9fff]+", " ".join(words).replace("设施", ""))
    assert not [w for w in found if w != "建标"]  # the name of a document


def test_a_rerun_is_small(page: AppTest) -> None:
    page.run()
    size = sum(len(e.proto.SerializeToString()) for e in page.main if getattr(e, "proto", None))
    assert size < 25_000
