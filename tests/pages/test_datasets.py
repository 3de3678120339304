"""The catalogue of open data: found by words and filters, described, every file linked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.answers.lite_words import Words
from cockpit.answers.open_catalogue import OpenDataset, open_datasets
from cockpit.ui.datasets import fitting
from tests import opened
from tests.pages.test_open import html, run, words


@pytest.fixture(scope="module")
def opened_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return opened.make(tmp_path_factory.mktemp("datasets"))


@pytest.fixture
def shown(opened_store: Path) -> Iterator[tuple[OpenDataset, ...]]:
    with opened.shown(opened_store):
        yield open_datasets()


def titles(page_html: str) -> list[str]:
    return re.findall(r'<section class="op-card"><h2><a [^>]*>([^<]+)</a>', page_html)


def test_all_open_data_sets_are_listed_and_no_others(shown: tuple[OpenDataset, ...]) -> None:
    found = titles(html(run("datasets")))
    assert found == [one.title for one in shown]
    assert {"设施", "分年龄人口", "就近就医人口"} <= set(found)
    assert not {"关爱对象", "人口", "家庭户", "建筑"} & set(found)


def test_a_word_finds_titles_and_columns(shown: tuple[OpenDataset, ...]) -> None:
    assert titles(html(run("datasets", q="就近就医"))) == ["就近就医人口"]
    assert "没有找到" in words(run("datasets", q="没有这个"))
    kinds = fitting(shown, "KIND", group="", department="", form="")
    assert [one.id for one in kinds] == ["places"]  # a column's name, in any case


def test_filters_fit_together(shown: tuple[OpenDataset, ...]) -> None:
    released = fitting(shown, "", group="release", department="", form="")
    assert {one.group for one in released} == {"release"}
    none = fitting(shown, "", group="release", department="交通局", form="")
    assert none == []
    with_gpkg = fitting(shown, "", group="", department="", form="gpkg")
    assert with_gpkg
    assert all(one.file("gpkg") for one in with_gpkg)
    # A region's code is no word: whoever comes from a village sees what has codes.
    assert fitting(shown, opened.VILLAGES[0], group="", department="", form="") == list(shown)


def test_one_data_set_tells_all_of_itself(shown: tuple[OpenDataset, ...]) -> None:
    one = next(d for d in shown if d.id == "places")
    page = run("datasets", dataset="places")
    told, body = words(page), html(page)
    assert one.formats
    for file in one.formats:
        assert f'href="{file.href}"' in body
        assert file.sha256 in body
        assert Words("zh").size(file.bytes) in told
    for column in one.dictionary:
        assert f"<code>{column.name}</code>" in body
        assert column.title in told
    for expected in ("统计局", "公开", "数据密级", "第 1 版"):
        assert expected in told
    assert "/open/api/collections/places/items?limit=10" in body
    assert "/open/catalogue.jsonld" in body


def test_versions_of_a_release_are_told(shown: tuple[OpenDataset, ...]) -> None:
    one = next(d for d in shown if d.title == "分年龄人口")
    assert [v.version for v in one.versions] == [2, 1]
    told = words(run("datasets", dataset=one.id))
    assert "第 2 版" in told
    assert "第 1 版" in told


def test_an_unknown_data_set_opens_the_list(shown: tuple[OpenDataset, ...]) -> None:
    assert titles(html(run("datasets", dataset="people")))  # stored, but not open


def test_nothing_open_says_so(tmp_path: Path) -> None:
    with opened.shown(opened.make(tmp_path, releases=False, public=())):
        page = run("datasets")
    assert "县里还没有公开任何数据" in words(page)
    assert not page.text_input


def test_links_keep_language_and_type_size(shown: tuple[OpenDataset, ...]) -> None:
    addresses = re.findall(
        r'href="(/datasets\?[^"]+)"', html(run("datasets", lang="en", elder="1"))
    )
    assert addresses
    assert all("lang=en" in a and "elder=1" in a for a in addresses)


@pytest.mark.parametrize(
    ("n", "told"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (79_700, "79.7 kB"), (1_540_000, "1.5 MB")],
)
def test_sizes_are_told_in_a_fitting_unit(n: int, told: str) -> None:
    assert Words("zh").size(n) == told
