"""Themes of risk: which kinds of events and sensors tell about public order, fire, illness ..."""

# ruff: noqa: E501 - lists of words: a theme a line, and Chinese counts double

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """One subject that leaders ask about."""

    id: str
    title: str  # English, a msgid
    keywords: tuple[str, ...] = ()
    """Parts of category names that belong here, as departments and 12345 hotlines write them."""
    kinds: tuple[str, ...] = ()
    """Kinds of sensors that tell about it."""


_LIST = (
    Theme("order", "Public order", (
        "盗窃", "诈骗", "斗殴", "殴打", "抢劫", "抢夺", "赌博", "涉毒", "治安", "警情", "寻衅", "侵财",
        "robbery", "theft", "burglary", "assault", "fraud", "order",
    )),
    Theme("fire", "Fire", ("火灾", "火警", "火情", "山火", "起火", "消防", "fire"), ("烟感", "可燃气体")),
    Theme("disputes", "Disputes and petitions", (
        "矛盾", "纠纷", "信访", "上访", "欠薪", "讨薪", "拖欠", "dispute", "petition",
    )),
    Theme("illness", "Illness", (
        "疾病", "传染", "发热", "腹泻", "疫情", "食物中毒", "病例", "illness", "disease",
    )),
    Theme("traffic", "Traffic accidents", ("交通事故", "车祸", "碰撞", "traffic", "crash")),
    Theme("safety", "Safety hazards", (
        "安全隐患", "隐患", "滑坡", "燃气", "危房", "溺水", "安全生产", "hazard", "safety",
    )),
    Theme("city", "City management", (
        "占道", "市政", "违建", "市容", "井盖", "路灯", "垃圾", "环卫", "道路破损", "设施损坏", "绿化",
    )),
    Theme("livelihood", "Everyday services", (
        "噪声", "噪音", "供水", "供电", "停水", "停电", "供暖", "社保", "医保", "物业", "咨询", "油烟",
    )),
    Theme("flood", "Floods", ("内涝", "洪水", "洪涝", "积水", "flood"), ("水位", "雨量")),
    Theme("air", "Air", ("空气污染", "扬尘", "异味", "air"), ("空气质量",)),
)  # fmt: skip

THEMES = {theme.id: theme for theme in _LIST}
OTHER = "other"


def themes_of(categories: Iterable[str]) -> dict[str, str]:
    """
    Return the theme of each category of events, by the words in its name.

    The longest keyword that stands in the name decides (交通事故纠纷 is a traffic accident, 物业纠纷
    a dispute); of two of the same length the theme listed first. ``OTHER`` when none does. Latin
    letters count alike in upper and lower case.
    """
    return {category: _theme_of(category) for category in categories}


def _theme_of(category: str) -> str:
    name = category.lower()
    found = [
        (-len(word), order, theme.id)
        for order, theme in enumerate(_LIST)
        for word in theme.keywords
        if word in name
    ]
    return min(found)[2] if found else OTHER


def themes_in(categories: Sequence[str], kinds: Iterable[str] = ()) -> list[str]:
    """Return the themes that a county's categories and sensors tell about, in their usual order."""
    told = set(themes_of(categories).values())
    kinds = set(kinds)
    return [theme.id for theme in _LIST if theme.id in told or kinds & set(theme.kinds)] + (
        [OTHER] if OTHER in told else []
    )
