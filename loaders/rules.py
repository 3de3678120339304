"""The rules data are checked against: names, severities, wording, known spellings, check digits."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from loaders.table import Dimension, Severity

TOWNSHIP_PARTS = range(1, 600)  # GB/T 10114: 001-099, 100-199, 200-399, 400-599
OLDEST_YEARS = 130  # nobody has been proven to live longer
EARLIEST_YEAR = 1850


@dataclass(frozen=True)
class Rule:
    """One rule with the English sentence (a template) that says what was expected."""

    name: str
    dimension: Dimension
    severity: Severity
    expected: str


_RULES: tuple[tuple[str, Dimension, Severity, str], ...] = (
    ("value.missing", "completeness", "error", "a value"),
    ("value.sparse", "completeness", "note", "a value in every row; {n} of {n_rows} have none"),
    ("number.invalid", "validity", "error", "a number"),
    ("number.range", "validity", "error", "a number below {limit}"),
    ("amount.negative", "validity", "error", "a number, 0 or more"),
    ("count.negative", "validity", "error", "a whole number, 0 or more"),
    ("count.fraction", "validity", "error", "a whole number"),
    ("text.width", "validity", "note", "half-width digits and letters; {n} rows were converted"),
    ("text.long", "validity", "error", "a text of at most {limit} characters; this one has {n}"),
    ("choice.unknown", "validity", "error", "one of {choices}"),
    ("choice.nearest", "validity", "error", "one of {choices}; the nearest is {nearest}"),
    ("code.form", "validity", "error", "a code of 6, 9, 12 or 15 digits"),
    ("code.county", "validity", "error", "a code of this county, beginning with {county}"),
    ("code.township", "validity", "warning", "a township part (digits 7 to 9) from 001 to 599"),
    ("code.unknown", "consistency", "error", "the code of a known region"),
    (
        "code.nearest",
        "consistency",
        "error",
        "the code of a known region; the nearest is {nearest} {name}",
    ),
    ("name.unknown", "consistency", "error", "the name of a known region"),
    (
        "name.nearest",
        "consistency",
        "error",
        "the name of a known region; the nearest is {nearest}",
    ),
    (
        "name.ambiguous",
        "consistency",
        "error",
        "a name that only one region has; {n} have this one",
    ),
    ("code.orphan", "consistency", "error", "a parent that is known; {parent} is not"),
    ("identity.length", "validity", "error", "an identity number of 18 characters"),
    ("identity.date", "validity", "error", "an identity number with a real date of birth"),
    ("identity.check", "validity", "error", "an identity number whose check digit is right"),
    ("identity.birth", "consistency", "warning", "the date of birth in the identity number"),
    ("identity.sex", "consistency", "warning", "the sex that the identity number tells"),
    ("organisation.form", "validity", "error", "18 digits and capital letters without I O Z S V"),
    ("organisation.check", "validity", "warning", "a credit code whose check character is right"),
    ("date.form", "validity", "error", "a date such as 2024-03-05"),
    ("date.impossible", "validity", "error", "a day that exists"),
    ("date.future", "validity", "error", "a day not after {today}"),
    ("date.early", "validity", "error", "a day after {year}"),
    ("date.converted", "validity", "note", "dates such as 2024-03-05; {n} rows were converted"),
    ("time.form", "validity", "error", "a time such as 2024-03-05 14:30"),
    ("time.order", "consistency", "warning", "an end that is not before its beginning"),
    ("age.range", "validity", "error", "an age from 0 to {limit} years"),
    ("degrees.range", "place", "error", "degrees from {low} to {high}"),
    (
        "place.outside",
        "place",
        "error",
        "a place in the county, {west} to {east} E, {south} to {north} N",
    ),
    ("place.half", "place", "warning", "longitude and latitude together"),
    ("duplicate.same", "uniqueness", "warning", "one row a key; row {first} says the same"),
    ("duplicate.conflict", "uniqueness", "error", "one row a key; row {first} says otherwise"),
    ("total.extra", "consistency", "note", "no totals beside their parts; {n} rows were left out"),
    ("total.differs", "consistency", "warning", "a total equal to the sum of its parts, {parts}"),
    (
        "date.stale",
        "timeliness",
        "warning",
        "a delivery every {refresh} days; the newest data are {age} days old",
    ),
)
RULES = {name: Rule(name, dimension, severity, text) for name, dimension, severity, text in _RULES}

KEYS: dict[str, tuple[str, ...]] = {
    "regions": ("code",),
    "population": ("code", "date", "kind", "sex", "age_band"),
    "households": ("code", "date", "type"),
    "vulnerable": ("code", "date", "group"),
    "facilities": ("id",),
    "buildings": ("id",),
    "organisations": ("code",),
    "persons": ("identity",),
    "road_nodes": ("id",),
    "events": ("id",),
    "sensors": ("id",),
    "readings": ("sensor", "time"),
}
"""What one row is about; two rows with the same key are duplicates."""

STAND_IN_KEYS: dict[str, tuple[str, ...]] = {"facilities": ("name", "kind", "lon", "lat")}
"""The key of rows whose own key is empty."""

NEGATIVE_ALLOWED = {"elevation_m", "value"}  # below the sea; a winter night
FUTURE_ALLOWED = {"open_from", "open_to"}  # a school under construction
MAY_BE_UNNAMED = {"facilities", "organisations"}  # a village clinic without a sign is still there
ORDERED = {"facilities": ("open_from", "open_to"), "events": ("reported", "closed")}

MISSING = frozenset(
    {
        "",
        "-",
        "--",
        "—",
        "——",
        "/",
        "\\",
        "null",
        "none",
        "nan",
        "nat",
        "n/a",
        "na",
        "#n/a",
        "无",
        "空",
    }
)
"""Spellings (lower case) of "nothing here" in department files."""

GUESSES = 500
"""Different wrong values of a column for which the nearest right one is looked for: more are no
typing errors, and a search for each would take minutes."""

_SEX = {
    "m": ("m", "male", "man", "男", "男性", "1"),
    "f": ("f", "female", "woman", "女", "女性", "2"),
    "t": ("t", "total", "both", "all", "合计", "总计", "小计", "计", "全部", "不分性别"),
}
_POPULATION_KINDS = {
    "usual": ("usual", "resident", "residents", "常住", "常住人口", "实有", "实有人口"),
    "registered": ("registered", "户籍", "户籍人口", "户籍登记"),
    "floating": ("floating", "流动", "流动人口", "暂住", "暂住人口", "外来", "外来人口"),
}
_HOUSEHOLD_TYPES = {
    "single": ("single", "单人户", "一人户", "独居", "独居户", "单身户"),
    "couple": ("couple", "夫妻户", "一对夫妇户", "夫妇户", "一代户", "夫妻二人户"),
    "two_generation": ("two_generation", "二代户", "两代户", "二代同堂", "核心户", "核心家庭"),
    "three_generation": ("three_generation", "三代户", "三代同堂", "三代及以上户", "三代以上户"),
    "other": ("other", "其他", "其它", "其他户", "集体户"),
}
_VULNERABLE = {
    "living_alone_60": (
        "living_alone_60", "独居老人", "空巢老人", "60岁以上独居", "独居老年人", "留守老人",
        "孤寡老人",
    ),
    "left_behind_child": ("left_behind_child", "留守儿童", "农村留守儿童", "困境儿童"),
    "low_income": (
        "low_income", "低保", "低保户", "低保对象", "低收入", "最低生活保障", "低收入人口",
    ),
    "disabled": ("disabled", "残疾人", "残疾", "持证残疾人", "重度残疾人"),
    "unsupported": ("unsupported", "特困", "特困人员", "五保户", "五保", "特困供养"),
}  # fmt: skip
_FACILITY_KINDS = {
    "hospital": (
        "hospital", "医院", "综合医院", "人民医院", "中医院", "县医院", "县级医院", "专科医院",
    ),
    "health_centre": (
        "health_centre", "卫生院", "乡镇卫生院", "中心卫生院", "社区卫生服务中心", "health_center",
    ),
    "clinic": (
        "clinic", "村卫生室", "卫生室", "诊所", "门诊部", "社区卫生服务站", "卫生所", "doctors",
    ),
    "pharmacy": ("pharmacy", "药店", "药房"),
    "kindergarten": ("kindergarten", "幼儿园", "托儿所", "幼托"),
    "primary_school": ("primary_school", "小学", "完全小学", "中心小学", "教学点"),
    "junior_school": ("junior_school", "初中", "初级中学", "九年一贯制学校"),
    "senior_school": ("senior_school", "高中", "高级中学", "完全中学", "职业高中", "职高", "中职"),
    "care_home": (
        "care_home", "养老院", "敬老院", "养老机构", "福利院", "老年公寓", "nursing_home",
    ),
    "day_care": ("day_care", "日间照料中心", "日间照料", "养老服务站", "居家养老服务中心"),
    "fire_station": ("fire_station", "消防站", "消防队", "消防救援站", "专职消防队", "微型消防站"),
    "ambulance_post": (
        "ambulance_post", "急救站", "急救点", "急救中心", "120急救站", "ambulance_station",
    ),
    "police_station": ("police_station", "派出所", "警务室", "公安局", "police"),
    "government": ("government", "政府", "镇政府", "乡政府", "人民政府", "街道办事处", "townhall"),
    "village_service": (
        "village_service", "党群服务中心", "便民服务站", "村委会", "居委会", "便民服务中心",
        "村级服务点", "community_centre",
    ),
    "shelter": ("shelter", "避难场所", "应急避难场所", "避灾点"),
    "market": ("market", "农贸市场", "集贸市场", "菜市场", "marketplace", "supermarket", "超市"),
    "bus_station": ("bus_station", "汽车站", "客运站", "公交站", "公交枢纽"),
    "bank": ("bank", "银行", "信用社", "农商行", "储蓄所"),
    "library": ("library", "图书馆", "农家书屋", "文化站"),
    "other": ("other", "其他", "其它"),
}  # fmt: skip

SYNONYMS: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    ("population", "sex"): _SEX,
    ("persons", "sex"): {sex: _SEX[sex] for sex in ("m", "f")},
    ("population", "kind"): _POPULATION_KINDS,
    ("households", "type"): _HOUSEHOLD_TYPES,
    ("vulnerable", "group"): _VULNERABLE,
    ("facilities", "kind"): _FACILITY_KINDS,
}

UNIT_FACTORS: dict[tuple[str, str], float] = {
    ("persons", "万人"): 10_000,
    ("persons", "千人"): 1_000,
    ("persons", "百人"): 100,
    ("households", "万户"): 10_000,
    ("households", "千户"): 1_000,
    ("m", "km"): 1_000,
    ("m", "千米"): 1_000,
    ("m", "公里"): 1_000,
    ("m", "cm"): 0.01,
    ("m", "ft"): 0.3048,
    ("m2", "km2"): 1_000_000,
    ("m2", "ha"): 10_000,
    ("m2", "公顷"): 10_000,
    ("m2", "亩"): 10_000 / 15,
    ("m2", "万平方米"): 10_000,
    ("km/h", "m/s"): 3.6,
    ("km/h", "mph"): 1.609344,
}
"""(standard unit, unit of the file): by what the file's numbers are multiplied."""


def plain(text: str) -> str:
    """Return text in half-width forms, without outer blanks."""
    return unicodedata.normalize("NFKC", text).strip()


@lru_cache(maxsize=64)
def spellings(kind: str, column: str) -> dict[str, str]:
    """Return every known spelling (lower case, half width) of a choice column's values."""
    known = SYNONYMS.get((kind, column), {})
    return {plain(way).lower(): value for value, ways in known.items() for way in ways}


_BAND = re.compile(r"(\d{1,2})[-~—–至到](\d{1,3})")
_OPEN_BAND = re.compile(r"(?:>=|≥)?(\d{2,3})(?:\+|及以上|以上|-)?")
_ALL_AGES = {"all", "total", "合计", "总计", "小计", "全部", "计", "全年龄"}


def age_band(text: str) -> str:
    """
    Return the standard age band of a spelling, or "" when it is none.

    >>> age_band("０～4岁"), age_band("85岁及以上"), age_band("合计"), age_band("3-9")
    ('00-04', '85+', 'all', '')
    """
    short = re.sub(r"[\s岁周]|years?", "", plain(text).lower())
    if short in _ALL_AGES:
        return "all"
    if match := _BAND.fullmatch(short):
        low, high = int(match[1]), int(match[2])
        return f"{low:02d}-{high:02d}" if low % 5 == 0 and low < 85 and high == low + 4 else ""
    match = _OPEN_BAND.fullmatch(short)
    return "85+" if match and match[1] == "85" and short != "85" else ""


def choice(text: str, kind: str, column: str, choices: tuple[str, ...]) -> str:
    """Return the standard value of a spelling, or ""."""
    short = plain(text).lower()
    if short in choices:
        return short
    if column == "age_band":
        return age_band(text)
    return spellings(kind, column).get(short, "")


def nearest_choice(text: str, kind: str, column: str, choices: tuple[str, ...]) -> str:
    """Return the choice whose spelling is most like the text, or "" when none is near."""
    if column == "age_band" and (age := re.match(r"\D*(\d{1,3})", plain(text))):
        low = min(int(age[1]) // 5 * 5, 85)
        return "85+" if low == 85 else f"{low:02d}-{low + 4:02d}"
    known = {**{value: value for value in choices}, **spellings(kind, column)}
    near = difflib.get_close_matches(plain(text).lower(), known, n=1, cutoff=0.5)
    return known[near[0]] if near else ""


class Nearest:
    """
    Finds the known code most like a wrong one.

    Codes of the same length are compared place by place, all at once; two neighbours that changed
    places count as one mistake, and more than two mistakes are no likeness. Then come codes that
    one lost or one added character makes equal. After ``GUESSES`` codes it gives up.
    """

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known
        self._left = GUESSES
        by_length: dict[int, list[str]] = {}
        for code in sorted(known):
            by_length.setdefault(len(code), []).append(code)
        self._by_length = by_length
        self._tables = {
            length: _letters(codes, length) for length, codes in by_length.items() if length
        }

    def __call__(self, code: str) -> str:
        """Return the nearest known code, or "" when none is near."""
        self._left -= 1
        if self._left < 0:
            return ""
        return self._same_length(code) or self._one_more_or_less(code)

    def _same_length(self, code: str) -> str:
        if len(code) not in self._tables:
            return ""
        table, own = self._tables[len(code)], _letters([code], len(code))[0]
        wrong = table != own
        swapped = (
            wrong[:, :-1] & wrong[:, 1:] & (table[:, :-1] == own[1:]) & (table[:, 1:] == own[:-1])
        )
        mistakes = wrong.sum(axis=1) - swapped.sum(axis=1)
        best = int(mistakes.argmin())
        return self._by_length[len(code)][best] if mistakes[best] <= min(2, len(code) // 3) else ""

    def _one_more_or_less(self, code: str) -> str:
        for shorter in _without_one(code):
            if shorter in self._known:
                return shorter
        return self._shortened.get(code, "")

    @cached_property
    def _shortened(self) -> dict[str, str]:
        """Every known code with one character left out, to the (first) whole one."""
        found: dict[str, str] = {}
        for code in sorted(self._known):
            for shorter in _without_one(code):
                found.setdefault(shorter, code)
        return found


def _without_one(code: str) -> list[str]:
    if len(code) > 32:  # longer is no code
        return []
    return [code[:at] + code[at + 1 :] for at in range(len(code))]


def _letters(codes: list[str], length: int) -> NDArray[np.uint32]:
    return np.array(codes, dtype=f"U{length}").view(np.uint32).reshape(len(codes), length)


_IDENTITY_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_IDENTITY_DIGITS = "10X98765432"
_ORGANISATION_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS = [3**place % 31 for place in range(17)]


def identity_fault(number: str) -> str:
    """
    Return the rule that an identity number breaks, or "" (GB 11643-1999, 18 characters).

    >>> identity_fault("11010519491231002X"), identity_fault("110105194912310021")
    ('', 'identity.check')
    """
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return "identity.length"
    try:
        dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "identity.date"
    total = sum(int(digit) * int(w) for digit, w in zip(number, _IDENTITY_WEIGHTS, strict=False))
    return "" if _IDENTITY_DIGITS[total % 11] == number[17] else "identity.check"


def identities_right(numbers: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which of many identity numbers break no rule; the fast form of ``identity_fault``."""
    right = np.zeros(len(numbers), dtype=bool)
    formed = np.flatnonzero([len(number) == 18 and number.isascii() for number in numbers])
    if not len(formed):
        return right
    letters = numbers[formed].astype("S18").view(np.uint8).reshape(-1, 18).astype(np.int64)
    digits = letters - ord("0")
    numeric = ((digits[:, :17] >= 0) & (digits[:, :17] <= 9)).all(axis=1)
    year = digits[:, 6:10] @ [1000, 100, 10, 1]
    month, day = digits[:, 10:12] @ [10, 1], digits[:, 12:14] @ [10, 1]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    longest = lengths[np.where((month >= 1) & (month <= 12), month, 0)] + (leap & (month == 2))
    real = (year >= 1) & (day >= 1) & (day <= longest)
    expected = np.frombuffer(_IDENTITY_DIGITS.encode(), dtype=np.uint8)
    check = expected[(digits[:, :17] @ _IDENTITY_WEIGHTS) % 11] == letters[:, 17]
    right[formed] = numeric & real & check
    return right


def organisation_fault(code: str) -> str:
    """
    Return the rule that a unified credit code breaks, or "" (GB 32100-2015).

    >>> organisation_fault("91350100M000100Y43"), organisation_fault("91350100M000100Y44")
    ('', 'organisation.check')
    """
    if len(code) != 18 or any(letter not in _ORGANISATION_LETTERS for letter in code):
        return "organisation.form"
    total = sum(
        _ORGANISATION_LETTERS.index(letter) * weight
        for letter, weight in zip(code, _ORGANISATION_WEIGHTS, strict=False)
    )
    right = _ORGANISATION_LETTERS[-total % 31]
    return "" if right == code[17] else "organisation.check"


def mask_identity(text: str) -> str:
    """
    Keep the first 6 and last 4 digits of an identity number, less of a shorter one.

    What is no digit is hidden too: a name may stand in the wrong column.

    >>> mask_identity("11010519491231002X"), mask_identity("110105491231002"), mask_identity("张三")
    ('110105********002X', '110105*****1002', '**')
    """
    kept = _NO_DIGIT.sub("*", text)
    if len(text) >= 14:
        return f"{kept[:6]}{'*' * (len(text) - 10)}{kept[-4:]}"
    return kept[:2] + "*" * max(len(text) - 2, 0)


_NO_DIGIT = re.compile(r"[^\dXx*]")
# Whole and mistyped identity numbers, with or without gaps between region, birth and the rest.
_LONG = re.compile(
    r"(?<!\d)(?:\d{16,}[Xx]?|\d{14}[\dXx]|\d{6}[ -]\d{6,8}[ -]?\d{2,3}[\dXx])(?![\dXx])"
)
_FIFTEEN = re.compile(r"\d{15}")
_TELEPHONE = re.compile(r"(?<!\d)((?:86[ -]?)?1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)")


def mask_text(text: str, *, codes: bool = False) -> str:
    """
    Mask identity numbers and mobile telephone numbers, right or wrong, anywhere in a text.

    With ``codes`` numbers of 15 digits stay: grids have codes as long as old identity numbers.

    >>> mask_text("张 11010519491231002X, 13812345678"), mask_text("529901001001001", codes=True)
    ('张 110105********002X, 138****5678', '529901001001001')
    """

    def hidden(match: re.Match[str]) -> str:
        number = match[0]
        return number if codes and _FIFTEEN.fullmatch(number) else mask_identity(number)

    return _TELEPHONE.sub(r"\1****\2", _LONG.sub(hidden, text))


def mask_cell(text: str, kind: str, column: str, type_: str) -> str:
    """
    Mask one cell as findings show it; of persons only what names nobody is left.

    >>> mask_cell("张三", "persons", "name", "text"), mask_cell("9", "persons", "sex", "choice")
    ('*', '9')
    """
    region = type_ == "code" and column != "organisation" and kind != "organisations"
    if kind != "persons":
        return mask_text(text, codes=region)
    if column == "identity":
        return mask_identity(text)
    if column == "code" and re.fullmatch(r"\d{6}|\d{9}|\d{12}", text):
        return text
    return text if len(text) <= 1 and column == "sex" else "*" * bool(text)


_DATE_FORMS = (
    re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)
_MONTH = re.compile(r"(\d{4})[-/.年]?(\d{1,2})月?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_CLOCK = re.compile(r"[T ]*(\d{1,2})[:时](\d{1,2})[:分]?(?:(\d{1,2})(?:\.(\d{1,9}))?秒?)?")
_ZONE = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")
_FIRST_EXCEL_DAY = dt.date(1899, 12, 30)


def parse_date(text: str) -> tuple[dt.date | None, str]:
    """
    Read a day; return it and "", or it and "date.converted", or None and the rule it breaks.

    ISO, 2024/3/5, 2024.3.5, 2024年3月5日, 20240305, a month (its first day), a year (its first day)
    and the serial number of a spreadsheet (20000 to 60000) are known. A time after the day is
    ignored when it is midnight. Day-first and month-first forms are refused: nobody can tell them
    apart.
    """
    short = _midnight_off(plain(text))
    if re.fullmatch(r"\d{5}(\.0+)?", short) and 20_000 <= float(short) <= 60_000:
        return _FIRST_EXCEL_DAY + dt.timedelta(days=int(float(short))), "date.converted"
    short = short.removesuffix(".0")
    for form in _DATE_FORMS:
        if match := form.fullmatch(short):
            day = _day(int(match[1]), int(match[2]), int(match[3]))
            if day is None:
                return None, "date.impossible"
            return day, "" if _ISO.fullmatch(text.strip()) else "date.converted"
    if match := _MONTH.fullmatch(short):
        day = _day(int(match[1]), int(match[2]), 1)
        return (day, "date.converted") if day else (None, "date.impossible")
    if match := re.fullmatch(r"((?:19|20)\d\d)年?", short):
        return dt.date(int(match[1]), 1, 1), "date.converted"
    return None, "date.form"


def parse_time(text: str) -> tuple[dt.datetime | None, str]:
    """
    Read a day with an optional clock time; as ``parse_date``, the rule is "time.form" or a date's.

    A time zone at the end is dropped: times are kept as the county's clocks show them.
    """
    short = _ZONE.sub("", plain(text)) if ":" in text else plain(text)
    if re.fullmatch(r"\d{5}\.\d+", short) and 20_000 <= float(short) <= 60_000:
        moment = dt.datetime.combine(_FIRST_EXCEL_DAY, dt.time()) + dt.timedelta(days=float(short))
        return moment.replace(microsecond=0), "date.converted"
    match = re.fullmatch(r"(.*?)([T ]+\d{1,2}[:时].*|(?<=日)\d{1,2}[:时].*)?", short)
    day, rule = parse_date(match[1] if match else short)
    if day is None:
        return None, "time.form" if rule == "date.form" else rule
    if not match or not match[2]:
        return dt.datetime.combine(day, dt.time()), rule
    clock = _CLOCK.fullmatch(match[2])
    if not clock:
        return None, "time.form"
    micro = int((clock[4] or "0").ljust(6, "0")[:6])
    try:
        at = dt.time(int(clock[1]), int(clock[2]), int(clock[3] or 0), micro)
    except ValueError:
        return None, "time.form"
    return dt.datetime.combine(day, at), rule


def _midnight_off(text: str) -> str:
    return re.sub(r"[T ]0{1,2}:00(:00(\.0+)?)?$", "", text)


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def nearest_names(names: list[str], known: Collection[str]) -> dict[str, str]:
    """Return for each name the known one most like it, or ""; only for the first ``GUESSES``."""
    found = dict.fromkeys(names, "")
    for name in list(found)[:GUESSES]:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        found[name] = near[0] if near else ""
    return found
