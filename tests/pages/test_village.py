"""My village: the figures of the release, the times of the ways, in words that anybody reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from cockpit.answers import open_county
from cockpit.answers.lite_words import Words
from cockpit.answers.open_county_places import open_places
from cockpit.answers.open_village import village
from cockpit.web.open_layers import ROUTES
from tests import opened
from tests.pages.test_open import decks, html, run, words

LONGEST = {"zh": 40, "en": 22}  # characters; words: of one sentence
JARGON = {
    "zh": ("覆盖率", "差分隐私", "隐私预算", "算法", "指标", "噪声", "置信", "基尼", "可及性",
           "路网", "区划", "分区", "网格", "模型", "阈值", "数据版本", "加权", "null", "NaN"),
    "en": ("coverage", "differential", "privacy budget", "epsilon", "algorithm", "indicator",
           "noise", "confidence", "partition", "accessibility", "network", "grid", "model",
           "threshold", "weighted", "null", "nan"),
}  # fmt: skip


@pytest.fixture(scope="module")
def opened_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return opened.make(tmp_path_factory.mktemp("village"))


@pytest.fixture
def shown(opened_store: Path) -> Iterator[Path]:
    with opened.shown(opened_store):
        yield opened_store


def test_it_is_found_by_name_and_chosen_with_one_click(shown: Path) -> None:
    page = run("village")
    page.text_input[0].set_value("dongshan").run()  # a township: no village
    assert "没有找到这个村" in words(page)
    page.text_input[0].set_value("东山").run()
    assert [b.label for b in page.button] == ["东山一村（东山街道）", "东山二村（东山街道）"]
    page.button[1].click().run()
    assert not page.exception
    assert "东山二村（东山街道）" in words(page)
    assert "这里约有 459 ±4 人居住" in words(page)  # 51 + 319 + 89


@pytest.mark.parametrize("k", range(4))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_all_numbers_are_those_of_the_release_and_of_the_ways(
    shown: Path, k: int, language: str
) -> None:
    code = opened.VILLAGES[k]
    told = words(run("village", village=code, lang=language))
    places = open_places()
    assert places is not None
    groups = open_county.groups_of(open_county.releases(), code)
    found = village(places, places.row(code) or 0)
    known = {f"{p.figure.count}" for g in groups for p in g.parts}
    known |= {f"{g.total.count}" for g in groups}
    for group in groups:
        for part in group.parts:
            assert f"{part.figure.count} ±2" in told
    total = open_county.people_of(groups)
    assert total is not None
    assert f"{total.total.count} ±{total.total.margin}" in told
    for number in re.findall(r"(?<![\d.])(\d{2,}) ±", told):
        assert number in known
    for way in found.ways:
        assert re.search(rf"(?<!\d){_whole(way.minutes)} ?(分钟|min)", told)


def _whole(minutes: float) -> int:
    return -int(-round(minutes, 4) // 1)


def test_the_map_shows_the_village_among_its_neighbours(shown: Path) -> None:
    layers = decks(run("village", village=opened.VILLAGES[1]))[0]["layers"]
    assert json.dumps(opened.VILLAGES[1]) in layers[0]["getLineColor"]
    paths = {route.path for route in ROUTES}
    assert "/open/layers/{version}/borders/{level}.geojson" in paths
    assert layers[0]["data"].endswith("/borders/village.geojson")


def test_without_releases_and_roads_it_says_so(tmp_path: Path) -> None:
    with opened.shown(opened.make(tmp_path, releases=False, public=("regions", "places"))):
        told = words(run("village", village=opened.VILLAGES[0]))
    assert "县里还没有公布这里住着多少人。" in told
    assert "道路数据还没有公开。所以算不出路上要多久。" in told
    assert "还没有公布过这个村的数据" in told


def test_an_unknown_village_in_the_address_opens_the_search(shown: Path) -> None:
    page = run("village", village="999999999999")
    assert page.text_input
    assert "离服务设施有多远" not in words(page)


# ---------------------------------------------------------------- easy to read


def sentences(page: AppTest, language: str) -> list[str]:
    """Return the sentences of the paragraphs."""
    paragraphs = re.findall(r"<p[^>]*>(.*?)</p>", html(page), flags=re.DOTALL)
    text = "\n".join(re.sub(r"<[^>]+>", "", p) for p in paragraphs)
    end = r"(?<=[。！？])|\n" if language == "zh" else r"(?<=[.!?]) |\n"
    return [s.strip() for s in re.split(end, text) if s.strip()]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_sentences_are_short_and_without_jargon(shown: Path, language: str) -> None:
    pages = [run("village", lang=language)]
    pages += [run("village", village=code, lang=language) for code in opened.VILLAGES[:2]]
    found = [s for page in pages for s in sentences(page, language)]
    assert len(found) > 15
    for sentence in found:
        length = len(sentence) if language == "zh" else len(sentence.split())
        assert length <= LONGEST[language], sentence
    whole = " ".join(words(page) for page in pages).lower()
    assert not [word for word in JARGON[language] if re.search(rf"{word}", whole)]


# ---------------------------------------------------------------- times and distances


@given(st.floats(0, 600), st.integers(1, 600))
def test_a_time_in_words_keeps_a_limit_just_when_the_time_does(minutes: float, limit: int) -> None:
    rounded = round(minutes, 4)
    assert (_whole(rounded) <= limit) == (rounded <= limit)


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (0.0, "0分钟"),
        (14.0, "14分钟"),
        (14.00001, "14分钟"),  # rounding of floats
        (14.2, "15分钟"),
        (119.5, "2小时"),
        (120.0, "2小时"),
        (121.0, "2小时10分钟"),
        (533.0, "9小时"),
        (float("inf"), "无路可达"),
    ],
)
def test_times_are_rounded_up(minutes: float, told: str) -> None:
    assert Words("zh").minutes(minutes) == told


@pytest.mark.parametrize(
    ("metres", "told"),
    [
        (499.2, "500 米"),
        (1000.0, "1 公里"),
        (2500.0, "2.5 公里"),
        (2501.0, "2.6 公里"),
        (32319.0, "32.4 公里"),
        (float("inf"), "无路可达"),
    ],
)
def test_distances_are_rounded_up(metres: float, told: str) -> None:
    assert Words("zh").metres(metres) == told
