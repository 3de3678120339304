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
from cockpit.locale import translate
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


def test_help_that_comes_is_said_the_other_way_round(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = coverage_cache.summary  # the county has no station: one is said to be there
    monkeypatch.setattr(
        coverage_cache, "summary", lambda asked: replace(real(asked), n_facilities=1)
    )
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
    assert "data-figure" not in "".join(str(e.proto.body) for e in page.get("html"))


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
        ("decay", "sudden"),
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
            coverage_health._take(cells, ids, list("abcdefg"))
        st.json(state.chosen("coverage.norms", []))
        st.write(state.chosen("coverage.problem", ""))

    return AppTest.from_function(script, args=(edits,), default_timeout=60).run()


LIMIT, OR_MINUTES, GOAL, SOURCE = "b", "d", "e", "g"  # columns of the table to type in


def test_a_visitors_own_goal_is_kept_and_nonsense_is_named(tiny_here: Path) -> None:
    app = changed(({0: {GOAL: 0.9}}, ["circle_15min"]))
    assert not app.exception
    assert json.loads(app.json[0].value) == ["circle_15min~g0.9"]
    app = changed(({0: {GOAL: 0.9}}, ["circle_15min"]), ({0: {LIMIT: 0}}, ["circle_1000m"]))
    assert json.loads(app.json[0].value) == ["circle_15min~g0.9"]
    assert "circle_1000m" in app.markdown[0].value
    assert "大于 0" in app.markdown[0].value or "大于0" in app.markdown[0].value


def test_source_and_second_limit_can_be_typed(tiny_here: Path) -> None:
    edits = {0: {SOURCE: "县规划~2026", OR_MINUTES: 25}}
    app = changed((edits, ["primary_2500m"]))
    assert json.loads(app.json[0].value) == ["primary_2500m~o25~s县规划-2026"]
    refused = changed(({0: {OR_MINUTES: 25}}, ["circle_15min"]))
    assert json.loads(refused.json[0].value) == []
    assert "circle_15min" in refused.markdown[0].value


def test_back_to_the_default_is_no_change(tiny_here: Path) -> None:
    default = STANDARDS["circle_15min"].goal
    app = changed(({0: {GOAL: 0.9}}, ["circle_15min"]), ({0: {GOAL: default}}, ["circle_15min"]))
    assert json.loads(app.json[0].value) == []
    taken_away = changed(
        ({0: {GOAL: 0.9}}, ["circle_15min"]), ({0: {GOAL: None}}, ["circle_15min"])
    )
    assert json.loads(taken_away.json[0].value) == []


def test_more_changes_than_a_link_holds_are_refused(tiny_here: Path) -> None:
    ids = list(STANDARDS)[:20]
    app = changed(({k: {SOURCE: "x" * 100} for k in range(20)}, ids))
    assert json.loads(app.json[0].value) == []
    assert "链接放不下" in app.markdown[0].value


def test_a_shared_link_shows_the_same_lights(page: AppTest) -> None:
    page.query_params["panel"] = "health"
    page.run()
    before = html(page)
    page.query_params["norm"] = ["clinic_15min~l300~g0.5", "care_beds~s县规划"]
    page.run()
    assert not page.exception
    after = html(page)
    assert after != before
    assert after.count("您已修改") == 2
    assert "此处已改；原标准：15 分钟" in after
    assert "县规划" in after
    assert page.query_params["norm"] == ["clinic_15min~l300~g0.5", "care_beds~s县规划"]


@pytest.mark.parametrize(
    "text",
    [
        "clinic_15min~l0",
        "clinic_15min~lnan",
        "clinic_15min~linf",
        "clinic_15min~x3",
        "clinic_15min~l3~l4",
        "clinic_15min~o3",
        "clinic_15min~s",
        "clinic_15min~s" + "x" * 121,
        "clinic_15min",
        "nobody~l3",
        "~",
        "<script>~l3",
    ],
)
def test_changes_that_make_no_sense_are_ignored(page: AppTest, text: str) -> None:
    page.query_params["panel"] = "health"
    page.query_params["norm"] = text
    page.run()
    assert not page.exception
    assert not page.error
    assert "您已修改" not in html(page)
    assert "norm" not in page.query_params


def test_the_same_standard_twice_is_ignored(page: AppTest) -> None:
    page.query_params["norm"] = ["clinic_15min~l20", "clinic_15min~l30"]
    page.run()
    assert not page.exception
    assert "norm" not in page.query_params


def test_standards_that_touch_the_service_stand_beside_the_map(page: AppTest) -> None:
    page.run()
    # Filed under "any care point", but what a clinic is measured by first of all.
    assert translate(STANDARDS["clinic_15min"].title, "zh") in html(page)


# ---------------------------------------------------------------- as on the map


def keys(page: AppTest) -> list[str]:
    legend = re.search(r'<div class="ct-legend">(.*)</div>', html(page))
    assert legend is not None
    return re.findall(r'class="ct-swatch" style="[^"]*"></span>([^<]*)', legend[1])


def rows(page: AppTest) -> list[tuple[str, str, str, str]]:
    """Return text, persons, share and cells of each line of the table beside the map."""
    table = re.search(r"ct-shown.*?</table>", html(page))
    assert table is not None
    return re.findall(
        r"</span>([^<]*)</span></td><td class='n'>(.*?)</td><td class='n'>(.*?)</td>"
        r"<td class='n'>(.*?)</td>",
        table[0],
    )


@pytest.mark.parametrize("colour", ["covered", "minutes", "cause", "score"])
def test_the_table_has_the_classes_of_the_legend(page: AppTest, colour: str) -> None:
    page.query_params["show"] = colour
    page.query_params["method"] = "gravity"
    page.run()
    assert not page.exception
    found = rows(page)
    assert [text for text, *_ in found] == [k for k in keys(page) if k != "无人居住"]
    assert sum(int(people.replace(",", "")) for _, people, _, _ in found) == 1360
    assert sum(int(cells) for *_, cells in found) == 16
    assert sum("图上：" in m.value for m in page.markdown) == 1


def test_people_by_minutes_by_hand(page: AppTest) -> None:
    page.query_params["show"] = "minutes"
    page.run()
    people = {text: n for text, n, _, _ in rows(page)}
    # 149 m are 2.3 minutes; 430 people in 30 minutes, 70 of them in 15 (see above).
    assert people["0 – 5"] == WITHIN_15
    within_30 = sum(int(people[t]) for t in ("0 – 5", "5 – 10", "10 – 15", "15 – 20", "20 – 30"))
    assert within_30 == int(WITHIN_30)


def test_causes_beside_the_map_are_those_of_the_panel(page: AppTest) -> None:
    page.query_params["show"] = "cause"
    page.query_params["panel"] = "causes"
    page.run()
    people = {text: n for text, n, _, _ in rows(page)}
    assert people["已覆盖"] == WITHIN_15


def test_catchments_are_listed_by_their_people(page: AppTest) -> None:
    page.query_params["show"] = "catchments"
    page.run()
    assert "ct-shown" not in html(page)
    words = next(m.value for m in page.markdown if "图上：" in m.value)
    assert "2 处设施中，2 处是部分居民的最近设施" in words
    table = page.dataframe[0].value
    nearest = [int(n.replace(",", "")) for n in table.iloc[:, 1]]
    assert nearest == sorted(nearest, reverse=True)
    assert sum(nearest) == 1360


def test_each_address_of_cells_has_a_layer_of_its_own(page: AppTest) -> None:
    ids = {}
    for colour in ("covered", "minutes", "cause", "score", "catchments"):
        page.query_params["show"] = colour
        page.run()
        cells = layer(page, "cells")
        ids.setdefault(cells["data"], set()).add(cells["id"])
    assert len(ids) == 2  # minutes of all services; cause and scores of one question
    assert all(len(names) == 1 for names in ids.values())
    assert len(set.union(*ids.values())) == 2


def test_the_decay_is_asked_where_a_method_uses_it(page: AppTest) -> None:
    page.query_params["show"] = "score"
    page.query_params["method"] = "two_step"
    page.run()
    assert "widget.coverage.decay" not in {box.key for box in page.selectbox}
    page.query_params["method"] = "gravity"
    page.run()
    before = html(page)
    page.selectbox(key="widget.coverage.decay").set_value("step").run()
    assert not page.exception
    assert page.query_params["decay"] == "step"
    assert layer(page, "cells")["data"].endswith("/people/step/529901.geojson")
    assert html(page) != before
    page.query_params["show"] = "covered"
    page.run()
    assert not page.exception


def test_every_isochrone_has_a_swatch(page: AppTest) -> None:
    page.query_params["facility"] = "F0"
    page.query_params["ring"] = ["5", "15", "30"]
    page.run()
    found = re.findall(r'ct-ring" style="background:rgba\(\d+,\d+,\d+,([\d.]+)\)', html(page))
    assert found == ["0.41", "0.29", "0.16"]  # 1 − 0.84³, 1 − 0.84², 0.16


# ---------------------------------------------------------------- language, size


def test_in_english(page: AppTest) -> None:
    page.query_params["lang"] = "en"
    page.query_params["region"] = XIHE
    page.run()
    assert not page.exception
    told = "Xihe, 1 Nov 2025, Residents: 0 of 760 (0.0%) reach village clinics within 15 minutes on"
    assert sentence(page).startswith(told + " foot; 760 do not.")
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
