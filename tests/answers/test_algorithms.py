"""The register of algorithms: no model without a card, no card without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.access.rules import PAGES
from cockpit.answers import algorithms, risk_methods
from cockpit.answers.algorithms_texts import GROUPS
from cockpit.coverage import catchments
from cockpit.locale import catalogue
from cockpit.placement import models
from tests import opened

ROOT = Path(__file__).parents[2]


def test_every_model_of_every_registry_has_a_card() -> None:
    registries = algorithms.registries()
    assert not algorithms.missing(), "missing card: " + ", ".join(algorithms.missing())
    assert len(registries["cockpit.placement.models.MODELS"]) == len(models.MODELS)
    assert len(registries["cockpit.answers.risk_methods.METHODS"]) == len(risk_methods.METHODS)
    assert len(registries["cockpit.coverage.catchments.METHODS"]) == len(catchments.METHODS)
    assert all(registries.values())


@pytest.mark.parametrize(
    ("table", "like", "asked"),
    [
        (models.MODELS, models.MODELS["p-median"], "placement:new"),
        (catchments.METHODS, catchments.METHODS["gravity"], "coverage:new"),
    ],
)
def test_a_new_model_asks_for_a_card(
    monkeypatch: pytest.MonkeyPatch, table: dict[str, object], like: object, asked: str
) -> None:
    monkeypatch.setitem(table, "new", like)
    algorithms._cards.cache_clear()
    assert algorithms.missing() == [asked]
    monkeypatch.undo()
    algorithms._cards.cache_clear()
    assert algorithms.missing() == []


def test_a_new_part_of_the_release_or_the_appeals_asks_for_a_card(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(algorithms, "_modules", lambda _package: ["noise", "model", "newest"])
    assert set(algorithms.missing()) >= {"release:newest", "appeals:newest"}


def test_every_card_is_whole_and_names_pages_that_there_are() -> None:
    cards = algorithms.cards()
    assert len({card.id for card in cards}) == len(cards)
    for card in cards:
        texts = (card.title, card.purpose, card.data, card.method, card.source, card.fairness,
                 card.measured, card.contact)  # fmt: skip
        assert all(texts), card.id
        assert card.limits, card.id
        assert card.pages, card.id
        assert all((ROOT / "pages" / f"{page}.py").exists() for page in card.pages)
        assert len(card.version) == 12


def test_every_page_that_computes_is_named_by_a_card() -> None:
    named = {page for card in algorithms.cards() for page in card.pages}
    no_models = {
        "algorithms", "data", "release", "accounts", "audit", "account", "sealed", "gallery",
    }  # fmt: skip
    assert set(PAGES) - named <= no_models


def test_every_text_has_chinese_words() -> None:
    chinese = catalogue("zh")
    texts = {GROUPS[card.group].title for card in algorithms.cards()}
    for card in algorithms.cards():
        texts |= {card.title, card.purpose, card.data, card.method, card.fairness}
        texts |= {card.measured, card.contact, *card.limits}
    assert len(texts) > 150
    assert not sorted(text for text in texts if text not in chinese)


def test_models_of_data_that_are_not_public_tell_no_figure() -> None:
    for card in algorithms.cards():
        if card.group in ("appeals", "risk", "warning"):
            assert card.measured.startswith("Measured inside, not published")
            assert not card.facts


def test_the_register_as_json_has_the_margins_of_what_was_released(tmp_path: Path) -> None:
    with opened.shown(opened.make(tmp_path)):
        chinese, english = algorithms.as_plain("zh"), algorithms.as_plain("en")
    assert [one["id"] for one in chinese] == [one["id"] for one in english]
    noise = next(one for one in english if one["id"] == "release:noise")
    assert len(noise["facts"]) == 2
    assert noise["facts"][0].startswith("Residents")
    assert all("±4 for the county" in fact for fact in noise["facts"])
    told = next(one for one in chinese if one["id"] == "placement:p-median")
    assert told["limits"][0] == "少数偏远居民的分量很小。"
    assert told["source"] == "Hakimi 1964；ReVelle 和 Swain 1970"
