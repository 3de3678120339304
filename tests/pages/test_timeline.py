"""The page Timeline on the tiny county with events: one clock for all layers, in its address."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cockpit.ui import timeline

PAGE = Path(__file__).parents[2] / "pages" / "timeline.py"
THEFTS = {"theme": "order", "from": "2025-06-01", "to": "2025-06-10"}


def opened(**query: str) -> AppTest:
    page = AppTest.from_file(PAGE, default_timeout=60)
    page.query_params.update({**THEFTS, **query})
    page.run()
    assert not page.exception
    return page


def deck(page: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.get("deck_gl_json_chart")[0].proto.json)
    return found


def layers(page: AppTest) -> dict[str, dict[str, Any]]:
    return {layer["id"]: layer for layer in deck(page)["layers"][0]}


def sentence(page: AppTest) -> str:
    return page.markdown[0].value.replace("\\", "")


def html(page: AppTest) -> str:
    return "".join(str(e.proto.body) for e in page.get("html"))


def press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception
    return page


@pytest.mark.usefixtures("eventful_here")
def test_figures_and_map_speak_of_the_same_moment() -> None:
    page = opened(at="2025-06-04T00:00", level="township")
    assert sentence(page).startswith("2025年6月4日：上报事件 1 件，期末未办结 0 件。")
    # Minutes since midnight of the first day: the fourth day is 4320 to 5760.
    assert layers(page)["events-order"]["filterRange"] == [[-1, 5759], [4321, 16777215]]
    assert ">1</div>" in html(page)
    assert "东山街道" in html(page)  # its one event, in the table of regions
    assert layers(page)["shade-township"]["getFillColor"].count('("10")') == 1
    assert "共 2 台" in html(page)


@pytest.mark.usefixtures("eventful_here")
def test_layers_share_one_clock_and_send_no_geometry_again() -> None:
    page = opened(at="2025-06-09T00:00", theme="order")
    page.pills(key="widget.timeline.themes").set_value(["order", "disputes"]).run()
    before = layers(page)
    after = layers(press(page, "timeline.turn1"))
    assert page.query_params["at"] == "2025-06-10T00:00"
    for name in ("events-order", "events-disputes"):
        assert after[name]["filterRange"] == after["events-order"]["filterRange"]
        assert after[name]["filterRange"] != before[name]["filterRange"]
        assert after[name]["data"] == before[name]["data"]
    assert after.keys() == before.keys()
    assert len(json.dumps(deck(page))) < 12_000
    assert sentence(page).startswith("2025年6月10日：上报事件 2 件，期末未办结 1 件。")


@pytest.mark.usefixtures("eventful_here")
def test_adding_up_begins_with_the_first_day() -> None:
    page = opened(at="2025-06-04T00:00", cumulative="1")
    assert sentence(page).startswith("2025年6月1日至2025年6月4日：上报事件 4 件")
    assert layers(page)["events-order"]["filterRange"] == [[-1, 5759], [1, 16777215]]


@pytest.mark.usefixtures("eventful_here")
@pytest.mark.parametrize(
    ("window", "at", "words"),
    [
        ("hour", "2025-06-02T08:30", "2025年6月2日 08:00–09:00：上报事件 1 件，期末未办结 1 件。"),
        ("week", "2025-06-09T00:00", "2025年6月8日至2025年6月10日：上报事件 3 件"),
        ("month", "2025-06-02T00:00", "2025年6月1日至2025年6月10日：上报事件 10 件"),
        ("day", "1999-01-01T00:00", "2025年6月1日：上报事件 1 件"),
        ("day", "never", "2025年6月10日：上报事件 1 件"),
    ],
)
def test_the_same_address_shows_the_same_moment(window: str, at: str, words: str) -> None:
    assert sentence(opened(window=window, at=at)).startswith(words)


@pytest.mark.usefixtures("eventful_here")
def test_plays_to_the_end_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(timeline, "time", SimpleNamespace(monotonic=lambda: now[0]))
    page = press(opened(at="2025-06-08T00:00"), "timeline.play")
    seen = []
    for _ in range(5):
        now[0] += 1.0  # as long as a step is shown
        page.run()
        seen.append(sentence(page).partition("：")[0])
    assert seen == ["2025年6月9日", *["2025年6月10日"] * 4]
    assert page.button(key="timeline.play").label == "播放"
    assert page.query_params["at"] == "2025-06-10T00:00"
    # Again from the first step.
    page = press(page, "timeline.play")
    assert sentence(page).startswith("2025年6月1日：")
    page = press(page, "timeline.play")
    now[0] += 60
    assert sentence(page.run()).startswith("2025年6月1日：")


@pytest.mark.usefixtures("eventful_here")
def test_the_slider_sets_the_moment() -> None:
    page = opened()
    page.slider(key="widget.timeline.slider").set_value(dt.datetime(2025, 6, 3)).run()
    assert not page.exception
    assert page.query_params["at"] == "2025-06-03T00:00"
    assert sentence(page).startswith("2025年6月3日：")


@pytest.mark.usefixtures("tiny_here")
def test_says_what_to_do_without_anything_dated() -> None:
    page = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not page.exception
    assert "没有您可查看的带时间的数据" in page.info[0].value
