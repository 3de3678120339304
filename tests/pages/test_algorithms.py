"""The register as a page: groups, search, and every part of a card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.answers.algorithms import cards
from cockpit.answers.algorithms_texts import GROUPS
from cockpit.ui.algorithms import PAGE_TITLES
from tests import opened
from tests.pages.test_open import html, run, words


@pytest.fixture(scope="module")
def opened_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return opened.make(tmp_path_factory.mktemp("algorithms"))


@pytest.fixture
def shown(opened_store: Path) -> Iterator[Path]:
    with opened.shown(opened_store):
        yield opened_store


def ids(page_html: str) -> list[str]:
    return re.findall(r'<section class="op-card" id="([^"]+)"', page_html)


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_shows_all_its_cards(shown: Path, group: str) -> None:
    assert ids(html(run("algorithms", group=group))) == [c.id for c in cards() if c.group == group]


def test_a_card_says_purpose_data_method_limits_fairness_and_contact(shown: Path) -> None:
    told = words(run("algorithms", group="placement"))
    assert "按给定的站点数选址" in told
    for text in ("数据", "方法", "依据", "局限", "公平", "效果", "用在", "联系", "版本"):
        assert text in told
    assert "少数偏远居民的分量很小。" in told
    assert "差距扩大超过 5 个百分点" in told


def test_the_margins_of_what_was_released_are_told(shown: Path) -> None:
    told = words(run("algorithms", group="release"))
    assert "分年龄人口：全县 ±4" in told
    assert "内部已测，不公布" in words(run("algorithms", group="appeals"))


def test_the_search_looks_into_all_groups(shown: Path) -> None:
    assert ids(html(run("algorithms", q="hakimi", group="risk")))[:2] == [
        "placement:p-median",
        "placement:p-center",
    ]
    assert "没有找到" in words(run("algorithms", q="占星"))


def test_in_large_type_five_cards_stand_at_once(shown: Path) -> None:
    page = run("algorithms", group="placement", elder="1")
    assert len(ids(html(page))) == 5
    more = next(b for b in page.button if "还有" in b.label)
    assert "15" in more.label
    more.click().run()
    assert len(ids(html(page))) == 10


def test_every_page_that_a_card_names_has_a_title() -> None:
    assert {page for card in cards() for page in card.pages} <= set(PAGE_TITLES)
