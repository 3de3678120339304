"""The page Compare on the tiny county: one scale for both sides, and the true difference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from cockpit.look.tokens import LIGHT, ramp, rgba

PAGE = Path(__file__).parents[2] / "pages" / "compare.py"


def opened(**query: str) -> AppTest:
    page = AppTest.from_file(PAGE, default_timeout=60)
    page.query_params.update(query)
    page.run()
    assert not page.exception
    return page


def regions(page: AppTest) -> list[dict[str, Any]]:
    """Return the coloured layer of each map: A, B and the difference where there is one."""
    decks = (json.loads(d.proto.json) for d in page.get("deck_gl_json_chart"))
    return [deck["layers"][0][0] for deck in decks]


def sentence(page: AppTest) -> str:
    return page.markdown[0].value.replace("\\", "")


@pytest.mark.usefixtures("eventful_here")
def test_two_dates_on_one_scale_and_their_difference() -> None:
    page = opened()
    assert sentence(page) == (
        "常住人口：A（2020年11月1日）1,440 人，B（2025年11月1日）1,360 人。"
        "B 高于 A 的区域 0 个，低于 A 的 2 个，持平 0 个。减少最多：东山街道（−40 人）。"
    )
    a, b, gap = regions(page)
    assert (
        a["getFillColor"].replace("properties.a", "properties.b").partition(":")[2]
        == (b["getFillColor"].partition(":")[2])
    )
    assert len({layer["data"] for layer in (a, b, gap)}) == 1  # fetched once for the three
    assert len(json.dumps(a)) < 3_000
    assert gap["getFillColor"].startswith("@@=(properties.m>0)?")


@pytest.mark.usefixtures("eventful_here")
def test_no_data_is_hatched_and_never_a_class() -> None:
    page = opened(kind="events", days="7", against="year", lang="zh")
    assert "一方缺数据" in sentence(page)
    decks = [json.loads(d.proto.json) for d in page.get("deck_gl_json_chart")]
    for deck, side in zip(decks, "abd", strict=True):
        lines = deck["layers"][0][1]
        assert lines["extensions"] == [{"@@type": "FillStyleExtension", "pattern": True}]
        assert lines["getFillColor"].startswith(f"@@=properties.{side}===null&&!(")


@pytest.mark.usefixtures("eventful_here")
def test_different_units_have_no_third_map() -> None:
    page = opened(kind="indicators", a="people", b="density")
    assert "单位不同，相减没有意义" in sentence(page)
    assert len(regions(page)) == 2
    page = opened(kind="indicators", a="age_0_14", b="age_60_plus", how="percent")
    assert len(regions(page)) == 3
    assert "B 高于 A 的区域 2 个" in sentence(page)


@pytest.mark.usefixtures("eventful_here")
def test_the_colours_of_change_go_from_blue_to_orange() -> None:
    page = opened(kind="indicators", a="age_0_14", b="age_60_plus", level="grid")
    colours = ramp("change", 7, LIGHT)
    fill = regions(page)[2]["getFillColor"]
    shown = [c for c in colours if json.dumps(rgba(c, 0.88), separators=(",", ":")) in fill]
    assert shown[-1] == colours[-1]
    assert shown == sorted(shown, key=colours.index)


@pytest.mark.usefixtures("eventful_here")
def test_the_link_brings_the_same_comparison() -> None:
    page = opened(kind="indicators")
    page.selectbox(key="widget.compare.indicators.a").set_value("floating").run()
    page.segmented_control(key="widget.compare.how").set_value("percent").run()
    link = page.code[0].value
    query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert query == {"kind": "indicators", "a": "floating", "how": "percent", "lang": "zh"}
    again = opened(**query)
    assert sentence(again) == sentence(page)
    assert [x["data"] for x in regions(again)] == [x["data"] for x in regions(page)]


@pytest.mark.usefixtures("eventful_here")
def test_a_year_before_is_52_weeks_and_ends_with_the_newest_whole_day() -> None:
    page = opened(kind="events", days="7", against="year", lang="zh")
    layer = regions(page)[1]["data"]
    # The newest event came on 10 June 2025 at 08:00: that day is not over.
    assert "/events/all/2024-06-04/2025-06-03/7/" in layer
    assert "52周前同期" in page.selectbox(key="widget.compare.events.against").options


@pytest.mark.usefixtures("eventful_here")
def test_nonsense_in_the_address_is_left_aside() -> None:
    page = opened(kind="wishes", a="<b>", b="1", level="moon", how="more", days="-3")
    assert sentence(page).startswith("常住人口：A（2020年11月1日）")
