"""Finds the region that an address text names: longest name first, within the hierarchy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from loaders.catalog import ADDRESS_LENGTH
from loaders.rules import plain

TOWNSHIP_ENDINGS = ("街道办事处", "街道", "民族乡", "镇", "乡")
VILLAGE_ENDINGS = (
    "社区居民委员会", "社区居委会", "居民委员会", "居委会", "社区",
    "村民委员会", "村委会", "行政村", "村",
)  # fmt: skip
_ENDINGS = {"township": TOWNSHIP_ENDINGS, "village": VILLAGE_ENDINGS}
_ALL_ENDINGS = (*TOWNSHIP_ENDINGS, *VILLAGE_ENDINGS)

# What follows makes a bare name part of another one: 南街 + 路 is a road, 高桥 + 大桥 a bridge.
_OTHER_THING = re.compile(
    r"(?:大?[道路街巷弄桥]|[东西南北中一二三四五六七八九十]+[路街巷]|[河江溪湖]|水库|小区|花园|新村"
    r"|小学|中学|学校|医院|卫生院|市场|车站|[县市区旗州省](?!域))"
)
_ROAD = re.compile(r"[路街巷弄道]$")
# Another county by its name: at the beginning or behind its city. 县城, 县医院 and 我县 name none.
_COUNTY = re.compile(
    r"(?:^|[省市州盟 ])[\u4e00-\u9fff]{1,8}?[^我本全该各外在到于]县(?![城医政委级域里内道人])"
    r"|[\u4e00-\u9fff]{2}自治旗"
)
_BREAKS = re.compile(r"[\s,;:、。()\-·]+")
LONGEST_ADDRESS = ADDRESS_LENGTH
"""Characters: a longer text is no address."""


@dataclass(frozen=True)
class Place:
    """
    Where an address lies.

    ``code`` is "" when nothing is known. ``fault`` is "" for a sure answer, else the rule that a
    finding should name: address.unknown, address.ambiguous, address.outside. ``names`` is what was
    read in the text for a sure answer, else what would fit (at most 5).
    """

    code: str
    names: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class Region:
    """What an address can name; ``parent`` is "" for the county."""

    code: str
    name: str
    level: str  # county, township, village; others are never named in addresses
    parent: str


class Gazetteer:
    """
    The names of a county's townships and villages, with and without their endings.

    A name is known whole (城关镇, 东门社区), without its ending (城关, 东门), and with another
    ending of its level (城关乡, 东门村, 东门居委会), because townships become towns and villages
    become neighbourhoods. A bare name counts only where nothing after it makes it a part of another
    name (东门路, 高桥大桥), is two characters or longer, and is no road itself (青年路).
    """

    def __init__(self, regions: Iterable[Region]) -> None:
        rows = list(regions)
        self._parent = {one.code: one.parent for one in rows}
        self._name = {one.code: plain(one.name) for one in rows}
        self._root = next((one.code for one in rows if one.level == "county"), "")
        self._whole: dict[str, set[str]] = {}
        self._bare: dict[str, set[str]] = {}
        for one in rows:
            if one.level in _ENDINGS:
                self._learn(one.code, plain(one.name), one.level)
        for name in set(self._whole) & set(self._bare):  # a whole name says more
            del self._bare[name]
        lengths = {len(name) for name in (*self._whole, *self._bare)}
        self._lengths = sorted(lengths, reverse=True)

    def _learn(self, code: str, name: str, level: str) -> None:
        self._whole.setdefault(name, set()).add(code)
        ending = next((e for e in _ENDINGS[level] if name.endswith(e) and len(name) > len(e)), "")
        stem = name.removesuffix(ending)
        if len(stem) < 2:
            return
        self._bare.setdefault(stem, set()).add(code)
        if ending:
            for other in _ENDINGS[level]:
                if other != ending:
                    self._bare.setdefault(stem + other, set()).add(code)

    def find(self, address: str) -> Place:
        """
        Return the deepest region that an address surely names.

        Names are read from left to right, the longest first; each one narrows what those before
        left open, so 城关镇东门 is the 东门 of that town. Where several regions still fit, or two
        names contradict each other, the answer is the region that holds all of them, with the fault
        address.ambiguous. An address that names another county is in no region of this one.
        """
        text = _BREAKS.sub(" ", plain(address))
        county = self._name.get(self._root, "")
        if not text or len(text) > LONGEST_ADDRESS:
            return Place("", fault="address.unknown")
        found = list(self._hits(text))
        first = found[0][0] if found else len(text)
        if self._elsewhere(text[:first], text, county):
            return Place("", fault="address.outside")
        if not found:
            if county and county in text:
                return Place(self._root, (county,), "address.unknown")
            return Place("", fault="address.unknown")
        return self._settled(found)

    def _elsewhere(self, before: str, text: str, county: str) -> bool:
        """Tell whether a county is named in front of the first name, and it is not ours."""
        if county and county in text:
            return False
        return _COUNTY.search(before) is not None

    def _hits(self, text: str) -> Iterator[tuple[int, str, set[str]]]:
        """Yield position, name and regions of every name in the text, without overlaps."""
        at = 0
        while at < len(text):
            for length in self._lengths:
                name = text[at : at + length]
                if len(name) < length:
                    continue
                codes = self._whole.get(name)
                if (
                    codes is None
                    and name in self._bare
                    and _stands_alone(name, text[at + length :])
                ):
                    codes = self._bare[name]
                if codes:
                    yield at, name, codes
                    at += length
                    break
            else:
                at += 1

    def _settled(self, found: list[tuple[int, str, set[str]]]) -> Place:
        left: set[str] = {self._root}
        contradicts: set[str] = set()
        for _, _, codes in found:
            narrowed = {c for c in codes if any(self._within(c, one) for one in left)}
            narrowed |= {one for one in left if any(self._within(one, c) for c in codes)}
            if narrowed:
                left = narrowed
            else:
                contradicts |= codes
        fitting = left | contradicts
        code = self._common(fitting)
        # A town and the village of the same name in it: the town is sure, and no doubt is left.
        if len(fitting) == 1 or (not contradicts and code in fitting):
            return Place(code, tuple(name for _, name, _ in found))
        names = sorted(self._titles(one) for one in fitting)
        return Place(code, tuple(names[:5]), "address.ambiguous")

    def _titles(self, code: str) -> str:
        above = self._name.get(self._parent.get(code, ""), "")
        return self._name[code] if self._parent.get(code) in ("", self._root) else (
            f"{above}{self._name[code]}"
        )  # fmt: skip

    def _path(self, code: str) -> list[str]:
        path = []
        while code:
            path.append(code)
            code = self._parent.get(code, "")
        return path[::-1]

    def _within(self, code: str, above: str) -> bool:
        return above in self._path(code)

    def _common(self, codes: set[str]) -> str:
        """Return the deepest region that holds all of them, itself included."""
        paths = [self._path(code) for code in codes]
        shared = ""
        for step in zip(*paths, strict=False):
            if len(set(step)) > 1:
                break
            shared = step[0]
        return shared


def _stands_alone(name: str, rest: str) -> bool:
    """Tell whether a name without its own ending is a name here, not the head of another one."""
    if name.endswith(_ALL_ENDINGS):
        return True
    if _ROAD.search(name):
        return False
    return not rest.startswith(_ALL_ENDINGS) and not _OTHER_THING.match(rest)
