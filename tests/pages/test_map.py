"""The map page on the tiny county: what a visitor clicks, reads and shares."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from tests import tiny

PAGE = Path(__file__).parents[2] / "pages" / "map.py"
XIHE = "529901100"


@pytest.fixture
def page(tiny_here: Path) -> AppTest:
    return AppTest.from_file(PAGE, default_timeout=30)


def html(page: AppTest) -> str:
    return "".join(str(e.proto.body) for e in page.get("html"))


def figure(page: AppTest, name: str) -> float:
    """Return the exact figure of a tile."""
    found = re.search(rf'data-figure="{name}" title="([^"]+)"', html(page))
    assert found is not None, name
    return float(found[1].replace(",", "").replace("−", "-"))


def deck(page: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.get("deck_gl_json_chart")[0].proto.json)
    return found


def button(page: AppTest, label: str) -> Any:
    return next(b for b in page.button if b.label == label)


def test_opens_on_the_county(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert figure(page, "people") == 1360
    assert "常住人口：1,360 人" in page.markdown[0].value
    assert deck(page)["layers"][0]["data"].endswith("/township/529901.geojson")


def test_going_down_to_the_grid_and_back(page: AppTest) -> None:
    page.run()
    seen = []
    for code in (XIHE, f"{XIHE}001", tiny.grid_code(2)):
        page.selectbox(key="widget.map.part").set_value(code).run()
        assert not page.exception
        assert page.query_params["region"] == code
        seen.append((figure(page, "people"), deck(page)["layers"][0]["data"].split("/")[-2:]))
    # Xihe's first village: grids 3 4 7 8, 10 times 22 people; the grid is shown in its village.
    assert seen == [
        (760, ["village", f"{XIHE}.geojson"]),
        (220, ["grid", f"{XIHE}001.geojson"]),
        (30, ["grid", f"{XIHE}001.geojson"]),
    ]
    button(page, "西河镇").click().run()
    assert figure(page, "people") == 760
    button(page, "小青县").click().run()
    assert figure(page, "people") == 1360
    assert "region" not in page.query_params
    assert deck(page)["layers"][0]["data"].endswith("/township/529901.geojson")


def test_what_a_click_means(page: AppTest) -> None:
    def script(code: str, several: bool) -> None:
        import streamlit as st

        from cockpit.ui import map_choices, state

        map_choices.clicked(code, several=several)
        st.json({k: state.chosen(k, None) for k in ("view.region", "map.picked")})

    app = AppTest.from_function(script, args=(XIHE, False)).run()
    assert json.loads(app.json[0].value) == {"view.region": XIHE, "map.picked": []}
    app = AppTest.from_function(script, args=(XIHE, True)).run()
    assert json.loads(app.json[0].value) == {"view.region": None, "map.picked": [XIHE]}
    app.run()  # a second click takes it out
    assert json.loads(app.json[0].value)["map.picked"] == []


def test_levels_of_the_address(page: AppTest) -> None:
    page.query_params["level"] = "grid"
    page.query_params["indicator"] = "age_60_plus_share"
    page.run()
    assert deck(page)["layers"][0]["data"].endswith("/grid/529901.geojson")
    assert "20.0%" in page.markdown[0].value
    page.selectbox(key="widget.map.indicator").set_value("density").run()
    assert page.query_params["indicator"] == "density"
    assert page.query_params["level"] == "grid"


def test_several_regions_change_tiles_map_and_table(page: AppTest) -> None:
    for code in (tiny.grid_code(0), tiny.grid_code(5), tiny.grid_code(15)):
        page.query_params["pick"] = [*page.query_params.get("pick", []), code]
    page.query_params["level"] = "grid"
    page.run()
    assert not page.exception
    assert figure(page, "people") == 10 + 60 + 160
    marked = next(x for x in deck(page)["layers"] if x["id"].startswith("marked"))
    assert tiny.grid_code(15) in marked["getLineColor"]
    button(page, "清除").click().run()
    assert figure(page, "people") == 1360
    assert "pick" not in page.query_params
    assert all(not x["id"].startswith("marked") for x in deck(page)["layers"])


def test_search_leads_to_the_region(page: AppTest) -> None:
    page.run()
    page.text_input(key="widget.map.search").set_value("xihe").run()
    button(page, f"西河镇 · {XIHE}").click().run()
    assert figure(page, "people") == 760
    page.text_input(key="widget.map.search").set_value("nowhere at all").run()
    assert any("没有找到" in m.value for m in page.markdown)


def test_classes_and_limits(page: AppTest) -> None:
    page.query_params["level"] = "grid"
    page.run()
    assert html(page).count('class="ct-swatch"') == 5
    page.radio(key="widget.map.scheme").set_value("manual").run()
    page.text_input(key="widget.map.limits").set_value("50 100").run()
    legend = html(page)
    # Grids 1 to 5 have up to 50, 6 to 10 up to 100, 11 to 16 more.
    assert [f"({n})" in legend for n in (5, 6)] == [True, True]
    assert legend.count('class="ct-swatch"') == 3
    assert page.query_params["limits"] == "50 100"
    page.text_input(key="widget.map.limits").set_value("100 50").run()
    assert "分级界限为 100, 50" in page.error[0].value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("region", "' OR 1=1 --"),
        ("region", "x" * 10_000),
        ("region", "529901\x00"),
        ("indicator", "low_income"),  # above the visitor's class
        ("indicator", "<script>"),
        ("level", "planet"),
        ("n", "99"),
        ("n", "-1"),
        ("classes", "none"),
        ("pick", "nobody"),
        ("layer", "../../etc/passwd"),
        ("tall", "perhaps"),
        ("limits", "a b"),
        ("lang", "xx"),
    ],
)
def test_nonsense_in_the_address_is_ignored(page: AppTest, name: str, value: str) -> None:
    page.query_params[name] = value
    page.run()
    assert not page.exception
    assert not page.error
    assert figure(page, "people") == 1360
    assert len(value) < 3 or value not in html(page)


def test_in_english(page: AppTest) -> None:
    page.query_params["lang"] = "en"
    page.query_params["region"] = XIHE
    page.run()
    assert page.markdown[0].value.startswith("Xihe, 1 Nov 2025: Residents 760 persons.")
    assert (
        "Of 2 villages, Village 12 has the highest figure (540 persons)" in page.markdown[0].value
    )
    words = " ".join(
        [html(page), *(m.value for m in page.markdown), *(b.label for b in page.button)]
    )
    assert not re.findall(r"[\u4e00-\u9fff]+", words)


def test_the_table_says_what_the_sentence_says(page: AppTest) -> None:
    page.query_params["level"] = "grid"
    page.run()
    table = page.dataframe[0].value
    assert table.iloc[0, 1] == "160"
    assert len(table) == 16
    assert "第16网格最高（160 人）" in page.markdown[0].value


def test_a_rerun_is_small(page: AppTest) -> None:
    page.query_params["level"] = "grid"
    page.run()
    size = sum(len(e.proto.SerializeToString()) for e in page.main if getattr(e, "proto", None))
    assert size < 20_000


def test_what_rests_on_few_cases_is_said_everywhere_alike(page: AppTest) -> None:
    page.query_params["level"] = "grid"
    page.query_params["indicator"] = "age_60_plus_share"
    page.run()
    assert not page.exception
    # Grids of 10 and 20 residents.
    assert "2 个区域基数不足 30 人" in page.markdown[0].value
    assert re.search(r"基数不足 30 人 <span class=.ct-quiet.>\(2\)", html(page))
    assert any(layer["id"] == "hatch" for layer in deck(page)["layers"])
    table = page.dataframe[0].value
    assert sum("偏小" in text for text in table["基数（人）"]) == 2
    page.segmented_control(key="widget.map.few").set_value(0).run()
    assert page.query_params["few"] == "0"
    assert "基数不足" not in page.markdown[0].value + html(page)
    assert not any(layer["id"] == "hatch" for layer in deck(page)["layers"])


def test_the_shared_address_opens_the_same_view(page: AppTest) -> None:
    page.query_params["level"] = "grid"
    page.run()
    page.selectbox(key="widget.map.indicator").set_value("density").run()
    page.segmented_control(key="widget.map.ramp").set_value("viridis").run()
    page.pills(key="widget.map.layers").set_value(["labels", "roads"]).run()
    page.toggle(key="widget.map.several").set_value(True).run()
    shared = next(c.value for c in page.code if "indicator=" in c.value)
    other = AppTest.from_file(PAGE, default_timeout=30)
    for name, values in parse_qs(urlsplit(shared).query).items():
        other.query_params[name] = values
    other.run()
    assert not other.exception
    assert deck(other) == deck(page)
    assert other.markdown[0].value == page.markdown[0].value
    assert next(c.value for c in other.code if "indicator=" in c.value) == shared


def test_a_saved_picture_is_asked_for_as_the_map_stands(page: AppTest) -> None:
    page.query_params["indicator"] = "density"
    page.query_params["few"] = "100"
    page.run()
    page.segmented_control(key="widget.map.form").set_value("a4").run()
    found = re.findall(r'href="(/download/[^"]*/picture/[^"]*)"', html(page))
    assert [urlsplit(unescape(a)).path.rpartition("/")[2] for a in found] == [
        f"density.{ending}" for ending in ("png", "svg", "pdf")
    ]
    query = parse_qs(urlsplit(unescape(found[0])).query)
    assert query["few"] == ["100"]
    assert query["form"] == ["a4"]
    assert query["layer"] == ["labels"]
