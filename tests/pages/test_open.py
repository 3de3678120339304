"""The county in figures, for whoever comes without signing in: what is said, and what is not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cockpit.answers import open_county, open_county_layers
from cockpit.answers.open_county_places import open_places
from tests import opened, tiny

PAGES = Path(__file__).parents[2] / "pages"
OWN_SCRIPT = '<script src="/lite/speak.js"></script>'
OPEN_PAGES = ("open", "village", "datasets", "algorithms")


@pytest.fixture(scope="module")
def opened_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return opened.make(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def shown(opened_store: Path) -> Iterator[Path]:
    with opened.shown(opened_store):
        yield opened_store


def run(name: str, **query: str) -> AppTest:
    page = AppTest.from_file(PAGES / f"{name}.py", default_timeout=60)
    page.query_params.update(query)
    page.run()
    assert not page.exception
    return page


def html(page: AppTest) -> str:
    return "".join(str(e.proto.body) for e in page.get("html"))


def words(page: AppTest) -> str:
    """Return what a reader sees of the page's own HTML, without its style."""
    text = re.sub(r"<style>.*?</style>", "", html(page), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def decks(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(e.proto.json) for e in page.get("deck_gl_json_chart")]


def everything(page: AppTest) -> str:
    """Return all that is sent for a page: HTML, maps, alt texts, widgets and their choices."""
    root = page._tree
    return html(page) + "".join(str(element.proto) for element in root if hasattr(element, "proto"))


# ---------------------------------------------------------------- what it says


def test_it_tells_people_ages_and_services_as_released(shown: Path) -> None:
    page = run("open")
    told = words(page)
    assert "小青县" in told
    assert "1,374 人 ±7" in told  # 138 + 956 + 280
    assert "138 ±4 · 10%" in told
    assert "1,093 ±4 · 80%" in told  # 143 + 401 + 0 + 549 of 1,372 near a care point
    assert "80%的人能就近用到" in told
    assert "2 个乡镇（街道）、4 个村（社区）" in told
    assert "有更新：分年龄人口，第 2 版" in told
    assert re.search(r"年已用 30%", told)
    assert "100 次里有 95 次" in told


def test_map_sentence_table_and_layer_say_the_same(shown: Path) -> None:
    page = run("open", who="60+", level="village")
    told = words(page)
    assert "最多的是西河二村（113 ±2），最少的是东山一村（31 ±2）" in told
    rows = re.findall(r"<td[^>]*>([^<]+)</td><td[^>]*>([\d,]+ ±\d)</td>", html(page))
    assert rows[:4] == [
        ("西河二村", "113 ±2"),
        ("东山二村", "89 ±2"),
        ("西河一村", "47 ±2"),
        ("东山一村", "31 ±2"),
    ]
    layer = next(x for x in decks(page)[0]["layers"] if x["id"].startswith("figures"))
    places = open_places()
    assert places is not None
    release = layer["data"].split("/figures/")[1].split("/")[0]
    assert layer["data"] == open_county_layers.layer_address(
        places.version, "figures", release, "village", "60+"
    )
    drawn = open_county_layers.figures_layer(
        places, open_county.open_map(release, "60+", "village")
    )
    values = sorted(f["properties"]["v"] for f in json.loads(drawn)["features"])
    assert values == [31, 47, 89, 113]


def test_the_map_asks_for_public_layers_alone(shown: Path) -> None:
    for deck in decks(run("open")) + decks(run("village", village=opened.VILLAGES[0])):
        assert deck["layers"]
        for layer in deck["layers"]:
            assert layer["data"].startswith("/open/layers/")


def test_english_is_complete(shown: Path) -> None:
    told = words(run("open", lang="en"))
    assert "About 1,374 ±7 people live here." in told
    assert "Residents of 60 and over" in told
    assert not re.search(r"[\u4e00-\u9fff]", told.replace("分年龄人口", ""))


def test_without_a_release_it_says_what_is_there(tmp_path: Path) -> None:
    with opened.shown(opened.make(tmp_path, releases=False)):
        page = run("open")
    told = words(page)
    assert not page.error
    assert "县里还没有公布人口数据" in told
    assert "地图上是界线和 4 处公共服务设施" in told
    assert "还没有公布任何数据" in told
    assert len(decks(page)) == 1


def test_without_anything_public_it_still_opens(tmp_path: Path) -> None:
    with opened.shown(opened.make(tmp_path, releases=False, public=())):
        told = words(run("open"))
        assert "没有公开的界线，画不出地图" in told
        assert "还没有公开的服务设施名单" in told
        assert "没有找到" in words(_typed(run("village"), "东山"))


def _typed(page: AppTest, text: str) -> AppTest:
    page.text_input[0].set_value(text).run()
    assert not page.exception
    return page


@pytest.mark.parametrize("name", OPEN_PAGES)
def test_an_empty_store_is_no_error(name: str, tmp_path: Path) -> None:
    with opened.shown(tmp_path):
        page = run(name)
    assert not page.error
    assert "<h1>" in html(page)


def test_a_contact_is_shown_as_text(tmp_path: Path) -> None:
    folder = opened.make(tmp_path, releases=False)
    opened.name_contact(folder, "统计局 <b>12345</b>")
    with opened.shown(folder):
        page = run("open")
    assert "统计局 &lt;b&gt;12345&lt;/b&gt;" in html(page)
    assert "还没有写明受理意见的部门" not in words(page)


# ---------------------------------------------------------------- nothing leaks


def exact_figures() -> set[str]:
    """
    Return the tiny county's exact figures that are not released ones by chance.

    Residents and their parts by age of the county, townships and villages: grid k has 10 (k + 1),
    a tenth children, a fifth old.
    """
    groups: dict[str, list[int]] = {"": list(range(16))}
    for k in range(16):
        row, column = divmod(k, 4)
        for name in (f"t{column // 2}", f"v{column // 2}{row // 2}"):
            groups[name] = [*groups.get(name, []), k]
    people = [sum(10 * (k + 1) for k in cells) for cells in groups.values()]
    found = {n for total in people for n in (total, total // 10, total // 5, total * 7 // 10)}
    figures = {*opened.CHILDREN, *opened.MIDDLE, *opened.OLD, *opened.COVERED}
    return {str(n) for n in found - figures if n >= 100} | {f"{max(people):,}"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_exact_figure_is_in_anything_that_is_sent(shown: Path, language: str) -> None:
    exact = exact_figures()
    assert {"1360", "1,360", "140", "540"} <= exact
    pages = [run(name, lang=language) for name in OPEN_PAGES]
    pages += [run("open", lang=language, who=who, level="village") for who in ("0-14", "60+")]
    pages += [run("village", lang=language, village=code) for code in opened.VILLAGES]
    sent = "".join(everything(page) for page in pages)
    assert "143" in sent  # the released figure of the first village is there
    sent = re.sub(r"<style>.*?</style>|[0-9a-f]{12,}|\[\d+(,\d+)+\]", "", sent, flags=re.DOTALL)
    found = [n for n in exact if re.search(rf"(?<![\d.,#-]){n}(?![\d.,%px-])", sent)]
    assert not found


def test_the_exact_figures_would_be_found(tiny_here: Path) -> None:
    """The search above is not blind: the page Population, which shows them, does not pass it."""
    page = AppTest.from_file(PAGES / "population.py", default_timeout=60).run()
    assert any(re.search(rf"(?<![\d.,]){n}(?![\d.,])", everything(page)) for n in exact_figures())
    assert tiny.NAMES


# ---------------------------------------------------------------- large type


@pytest.mark.parametrize("name", OPEN_PAGES)
def test_large_type_stands_in_the_address_and_offers_five_at_a_time(shown: Path, name: str) -> None:
    page = run(name, elder="1")
    assert page.toggle(key="widget.open.elder").value is True
    assert "1.5 * clamp" in html(page)
    assert not page.selectbox
    assert not page.multiselect
    for group in page.get("button_group"):
        assert len(group.proto.options) <= 5
    plain = run(name)
    assert "1.5 * clamp" not in html(plain)
    plain.toggle(key="widget.open.elder").set_value(True).run()
    assert plain.query_params["elder"] == ["1"] or plain.query_params["elder"] == "1"


def test_large_type_has_no_note_at_the_pointer(shown: Path) -> None:
    assert run("open").get("deck_gl_json_chart")[0].proto.tooltip
    assert run("open", elder="1").get("deck_gl_json_chart")[0].proto.tooltip in ("", "{}")


@pytest.mark.parametrize("name", OPEN_PAGES)
def test_headings_go_down_step_by_step(shown: Path, name: str) -> None:
    levels = [int(n) for n in re.findall(r"<h([1-6])", html(run(name)))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_what_an_address_may_say_is_checked(shown: Path) -> None:
    for bad in ("<script>alert(1)</script>", "' OR 1=1 --", "0" * 150):
        page = run("open", figures=bad, who=bad, level=bad)
        assert bad not in html(page)
        page = run("village", village=bad)
        assert bad not in html(page)
        sent = html(run("datasets", q=bad, dataset=bad))
        assert "<script" not in sent.replace(OWN_SCRIPT, "")
