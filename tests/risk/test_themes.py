"""Which theme a category of events belongs to."""

from __future__ import annotations

import pytest

from cockpit.risk.themes import THEMES, themes_in, themes_of


@pytest.mark.parametrize(
    ("category", "theme"),
    [
        ("盗窃", "order"),
        ("电信诈骗", "order"),
        ("personal robbery", "order"),
        ("Personal Robbery", "order"),
        ("交通事故纠纷", "traffic"),  # the longer word decides
        ("物业纠纷", "disputes"),
        ("城市内涝", "flood"),
        ("疾病报告", "illness"),
        ("其他", "other"),
    ],
)
def test_a_category_goes_by_the_words_in_its_name(category: str, theme: str) -> None:
    assert themes_of([category]) == {category: theme}


def test_a_county_has_the_themes_of_its_categories_and_sensors_in_the_usual_order() -> None:
    assert themes_in(["疾病报告", "盗窃"], ["水位"]) == ["order", "illness", "flood"]
    assert themes_in(["乱七八糟"]) == ["other"]
    assert themes_in([]) == []


def test_no_keyword_stands_in_two_themes() -> None:
    words = [word for theme in THEMES.values() for word in theme.keywords]
    assert len(words) == len(set(words))
