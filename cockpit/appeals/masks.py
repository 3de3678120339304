"""Personal parts of a text masked by pattern: a help for reading, no proof of anonymity."""

# ruff: noqa: E501 - tables of words and patterns: a row a line, and Chinese counts double

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from cockpit.appeals.names import PATTERNS

NO_PROOF = (
    "Personal parts are masked by pattern: telephones, identity and card numbers, plates, names, "
    "house numbers, mail and chat names. That is no proof that nothing personal is left."
)

KIND_TITLES = {
    "mail": "mail address",
    "identity": "identity number",
    "card": "bank card",
    "telephone": "telephone",
    "plate": "number plate",
    "chat": "chat name",
    "name": "name",
    "house": "house number",
}
_MARK = {
    "mail": "[邮箱]",
    "identity": "[证件号]",
    "card": "[卡号]",
    "telephone": "[电话]",
    "plate": "[车牌]",
    "chat": "[账号]",
    "name": "[姓名]",
    "house": "[门牌]",
}

_GAP = r"[ \-－—·./_]{0,2}"
_HAN = "\u4e00-\u9fff"
_DIGIT = r"[\d零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]"
_TENS = "[一二三四五六七八九十百零〇]{1,5}"
# 五零一 is a room without saying so; 一 alone begins 一直.
_ROOM = "[一二三四五六七八九][一二三四五六七八九零〇]{2,3}"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领警学港澳"
_Rule = tuple[str, re.Pattern[str], "str | Callable[[re.Match[str]], str]"]


@dataclass(frozen=True)
class Masked:
    """A text with its personal parts replaced, and which kinds they were."""

    text: str
    kinds: tuple[str, ...]


def _after(kind: str) -> Callable[[re.Match[str]], str]:
    """Keep what leads to the personal part: it makes the rest understood."""
    return lambda found: found.group(1) + _MARK[kind]


_RULES: tuple[_Rule, ...] = (
    (
        "mail",
        re.compile(r"[A-Za-z0-9._%+\-]+ ?@ ?[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+"),
        _MARK["mail"],
    ),
    (
        "chat",
        re.compile(
            r"((?:微信|QQ|qq|Qq|[VvWw][Xx]|[Ww]e[Cc]hat|抖音|快手)(?:号码|帐号|账号|名|号|群)?"
            r"(?:是|为|叫)?[ :：]{0,3})[A-Za-z0-9_\-][A-Za-z0-9_\- ]{3,22}[A-Za-z0-9]"
        ),
        _after("chat"),
    ),
    (
        "identity",
        re.compile(rf"(?<!\d)[1-9]{_GAP}(?:\d{_GAP}){{16}}[\dXx](?![\dXx])"),
        _MARK["identity"],
    ),
    ("identity", re.compile(r"(?<!\d)[1-9]\d{5}\d{2}[01]\d[0-3]\d\d{3}(?!\d)"), _MARK["identity"]),
    (
        "identity",
        re.compile(
            r"((?:护照|通行证|旅行证件?|回乡证|台胞证|(?i:passport))(?:号码|号| ?(?i:number|no)\.?)?"
            r"(?:是|为| is)?[ :：#]{0,3})[A-Za-z]{0,2} ?\d{7,10}(?!\d)"
        ),
        _after("identity"),
    ),
    ("identity", re.compile(r"(?<![A-Za-z0-9])(?:[EG]\d{8}|E[A-HJ-NP-Z]\d{7})(?!\d)"), _MARK["identity"]),
    ("card", re.compile(r"(?<!\d)\d(?:[ \-]?\d){15,18}(?!\d)"), _MARK["card"]),
    (
        "telephone",
        re.compile(rf"(?<!\d)(?:\+? ?86{_GAP})?[1幺一壹]{_GAP}[3-9三四五六七八九叁肆伍陆柒捌玖](?:{_GAP}{_DIGIT}){{9}}(?!\d)"),
        _MARK["telephone"],
    ),
    (
        "telephone",
        re.compile(
            r"(?<!\d)[(（]?0\d{2,3}[)）]?[ \-－—/_.]{0,2}[2-9]\d{2,3}[ \-－—/_.]?\d{4}(?:[\-转 ]\d{1,5})?(?!\d)"
        ),
        _MARK["telephone"],
    ),
    (
        "telephone",
        re.compile(
            r"((?:电话|手机|号码|座机|热线|固话|联系方式|拨打|致电)(?:号码|号)?(?:是|为)?[ :：]{0,3})"
            r"[2-9]\d{2,3}[ \-－—/_.]?\d{4}(?!\d)"
        ),
        _after("telephone"),
    ),
    (
        "plate",
        re.compile(
            rf"[{_PROVINCES}] ?[A-HJ-NP-Za-hj-np-z][ ·•.\-]?(?:[A-HJ-NP-Za-hj-np-z0-9] ?){{4,5}}"
            rf"[A-HJ-NP-Za-hj-np-z0-9挂学警港澳]"
        ),
        _MARK["plate"],
    ),
    *(("name", pattern, _after("name")) for pattern in PATTERNS),
    (
        "house",
        re.compile(
            rf"(?:[A-Za-z]?\d{{1,4}}|{_TENS})[ \-]?(?:号楼|栋|幢|座)"
            rf"(?:[ \-]?(?:(?:[A-Za-z]?\d{{1,4}}|{_TENS})[ \-]?(?:单元|楼|层|号|室|房|户)|[A-Za-z]?\d{{1,4}}|{_ROOM}))*"
        ),
        _MARK["house"],
    ),
    (
        "house",
        re.compile(
            rf"(?<=[{_HAN}])\d{{1,5}}(?:[\-之]\d{{1,4}})? ?号(?!线|文|楼|店|令|公告|通知|台|机|井|码)"
            r"(?: ?附?\d{1,4}(?:号|室|房))?"
        ),
        _MARK["house"],
    ),
    (
        "house",
        re.compile(
            rf"(?:\d{{1,3}}|{_TENS})单元(?: ?(?:\d{{1,5}}(?:号|室|房|户)?|{_TENS}(?:号|室|房|户|楼|层)|{_ROOM}))*"
            rf"|(?:(?<!\d)\d{{3,4}}|{_ROOM})(?:室|房)(?![{_HAN}]?子)"
        ),
        _MARK["house"],
    ),
    (
        "house",
        re.compile(r"(?<=[村寨屯坝湾社区])(?:第?(?:\d{1,3}|[一二三四五六七八九十]{1,3}))(?:村民)?(?:小组|组|队)"),
        _MARK["house"],
    ),
)  # fmt: skip


def mask(text: str) -> Masked:
    """
    Return a cleaned text with its personal parts replaced by what they were, in brackets.

    Masked are mail and chat names, identity numbers of 18 and 15 digits, bank cards, telephones
    (also with blanks or in Chinese numerals), number plates, names after words such as 我叫 and
    联系人 or before 先生, and of addresses all that is finer than the village. The order matters:
    longer numbers first, so that no telephone is found within an identity number, and telephones before
    names, which often stand beside one.

    Nothing here proves that a text is anonymous (``NO_PROOF``).
    """
    kinds: list[str] = []
    for kind, pattern, instead in _RULES:
        text, n = pattern.subn(instead, text)
        if n and kind not in kinds:
            kinds.append(kind)
    return Masked(text, tuple(kinds))
