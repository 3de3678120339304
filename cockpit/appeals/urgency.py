"""Appeals that cannot wait: plain rules, the words that were found, and what speaks against them."""

# ruff: noqa: E501 - tables of words and patterns: a row a line, and Chinese counts double

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sign:
    """A reason not to wait: words that show it, and how much it weighs."""

    id: str
    title: str  # msgid
    points: int  # 3: lift at once; 2: lift with any other sign; 1: adds to others
    words: tuple[str, ...]


SIGNS: tuple[Sign, ...] = (
    Sign("life", "danger to life", 3, (
        "生命危险", "有人受伤", "受伤", "死亡", "身亡", "昏迷", "中毒", "触电", "溺水", "坠楼", "跳楼", "轻生", "自杀",
        "不想活", "被困", "失联", "走失", "被埋", "砸伤", "晕倒", "大出血", "救命", "抢救", "骨折", "重伤", "家暴", "被打",
    )),
    Sign("gas", "gas or dangerous goods", 3, (
        "燃气泄漏", "煤气泄漏", "天然气泄漏", "漏气", "燃气味", "煤气味", "气味刺鼻", "爆炸", "煤气罐", "瓶装气",
        "危化品", "烟花爆竹", "一氧化碳",
    )),
    Sign("fire", "fire", 3, (
        "起火", "着火", "火灾", "冒烟", "失火", "自燃", "明火", "火花",
    )),
    Sign("collapse", "collapse, landslide or flood", 3, (
        "垮塌", "坍塌", "倒塌", "塌方", "滑坡", "山体有裂缝", "山体裂缝", "泥石流", "决堤", "洪水", "积水倒灌", "被淹", "危房",
        "墙体开裂", "地面塌陷", "落石",
    )),
    Sign("electric", "electric danger", 2, (
        "漏电", "电线裸露", "电线脱落", "电线掉落", "线路老化", "飞线充电", "私拉电线", "变压器冒火", "高压线",
    )),
    Sign("children", "children or people who need care", 2, (
        "孩子", "儿童", "小孩", "婴儿", "幼儿", "学生", "未成年", "孕妇", "独居老人", "残疾", "留守", "瘫痪",
    )),
    Sign("collective", "collective action", 3, (
        "集体上访", "集体信访", "聚众", "聚集", "堵路", "堵门", "拉横幅", "联名", "游行", "罢工", "停工讨薪", "群体",
        "越级上访", "进京上访", "去省里", "上百人", "几十人", "数十人", "业主维权", "维权",
    )),
    Sign("spread", "many people hit", 2, (
        "全村停水", "全镇停水", "大面积停", "整个小区", "全小区", "全村", "几百户", "上百户", "多人腹泻", "多人发热", "集体腹泻",
        "食物中毒",
    )),
    Sign("wages", "wages unpaid", 2, ("拖欠工资", "欠薪", "讨薪", "血汗钱", "不发工资")),
    Sign("insistent", "asked again and again", 1, (
        "多次反映", "多次投诉", "反复投诉", "一直没有", "至今没有", "至今未", "无人处理", "没人管", "推诿", "再次反映", "又一次",
    )),
    Sign("danger", "called dangerous by the writer", 1, (
        "很危险", "非常危险", "安全隐患", "担心", "害怕",
    )),
    Sign("pressing", "asked to be quick", 1, ("紧急", "十万火急", "马上", "立即", "急需", "尽快")),
)  # fmt: skip
"""Our own words, from what such offices lift by their service rules; the county may add to them."""

DEADLINE = Sign("deadline", "a date is near", 2, ())
_DEADLINE = re.compile(
    r"(?:今天|今晚|今日|明天|明早|明日|后天|本周|这周|本月底|月底|下周[一二三四五六日天]?|\d{1,2}月\d{1,2}[日号]|\d{1,2}[日号]|"
    r"[一二三两\d]{1,2}(?:天|小时)(?:之)?内?)(?:之?前)?(?:就要|必须|截止|到期|开庭|强拆|拆除|开学|高考|中考|停办|断供|断水|断电)"
    r"|(?:截止|最后期限|限期|到期)(?:日期|时间)?(?:是|为|到)?[^，。]{0,6}?\d{1,2}[日号]"
    r"|\d{1,2}[日号]之?前(?:必须|要|需要|办|交|完成|搬)"
)
# What turns a sign into its contrary: only in the same part of a sentence, close before it.
_NOT_BEFORE = re.compile(
    r"(?:没有|没|未|无|不是|并非|不会|不存在|未发生|未造成|无人员?|没有人员?|防止|防范|避免|预防|以免|免得|谨防|杜绝|排除|解除)"
    r"(?:人员?|人|任何|出现|发生|造成|明显|再|被|会|有|引起|引发)*$"
)
_NOT_AFTER = re.compile(
    r"^(?:已(?:经)?(?:排除|解除|扑灭|处置|处理|修复|劝解)|演练|演习|宣传|知识|预案|保险|险种?)"
)
_CLAUSE = re.compile(r"[，。！？；：、\n]")

LEVELS = ("", "watch", "urgent")
LEVEL_TITLES = {"": "can wait", "watch": "look at soon", "urgent": "urgent"}
URGENT_FROM, WATCH_FROM = 3, 2


@dataclass(frozen=True)
class Found:
    """One sign in a text and the very words."""

    sign: str
    words: str


@dataclass(frozen=True)
class Urgency:
    """How urgent a text is, by the signs in it."""

    level: int  # 0 can wait, 1 look at soon, 2 urgent
    points: int
    found: tuple[Found, ...]


_CALM = Urgency(0, 0, ())
TITLES_OF = {sign.id: sign.title for sign in (*SIGNS, DEADLINE)}


def _pattern(sign: Sign) -> re.Pattern[str]:
    # Longer words first: 有人受伤 says more than 受伤.
    words = sorted(sign.words, key=lambda word: (-len(word), word))
    return re.compile("|".join(re.escape(word) for word in words))


_PATTERNS = tuple((sign, _pattern(sign)) for sign in SIGNS)
_ANY = re.compile(
    "|".join([*(re.escape(w) for sign in SIGNS for w in sign.words), _DEADLINE.pattern])
)


def urgency(text: str) -> Urgency:
    """
    Return how urgent a cleaned text is, and by which words.

    Each sign counts once. Three points lift an appeal at once (urgent), two ask to look at it
    soon. A sign does not count where its clause denies it (无人员被困), guards against it
    (防止火灾) or says it is over (已扑灭).
    """
    if not _ANY.search(text):
        return _CALM
    found, points = [], 0
    for sign, pattern in _PATTERNS:
        words = _said(pattern, text)
        if words:
            found.append(Found(sign.id, words))
            points += sign.points
    if {"danger", "pressing"} <= {one.sign for one in found}:
        points -= 1  # 有安全隐患，请尽快处理 is the common end of a letter: it counts once
    if near := _DEADLINE.search(text):
        found.append(Found(DEADLINE.id, near.group()))
        points += DEADLINE.points
    level = 2 if points >= URGENT_FROM else 1 if points >= WATCH_FROM else 0
    return Urgency(level, points, tuple(found))


def _said(pattern: re.Pattern[str], text: str) -> str:
    """Return the first words of a sign that are not denied; "" for none."""
    for hit in pattern.finditer(text):
        start = max((m.end() for m in _CLAUSE.finditer(text, 0, hit.start())), default=0)
        if _NOT_BEFORE.search(text[start : hit.start()]) or _NOT_AFTER.search(text[hit.end() :]):
            continue
        return hit.group()
    return ""


def all_urgencies(
    texts: Sequence[str], already: Mapping[str, Urgency] | None = None
) -> list[Urgency]:
    """Return the urgency of each text; the same words, and those of ``already``, are read once."""
    known: dict[str, Urgency] = dict(already or {})
    for text in texts:
        if text not in known:
            known[text] = urgency(text)
    return [known[text] for text in texts]


def levels(found: Sequence[Urgency]) -> NDArray[np.int8]:
    """Return the levels as an array."""
    return np.fromiter((u.level for u in found), np.int8, len(found))
