"""Names and codes of the sample county's regions; every name is invented from common words."""

# ruff: noqa: E501 - tables of words and weights: a row a line, and Chinese counts double

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pypinyin import lazy_pinyin

from geodata.synthetic.boundaries import CHENGGUAN, FIRST_TOWN, N_STREETS, ZONE_TOWN
from geodata.synthetic.settlements import SEAT_COMMUNITIES, ZONE_COMMUNITIES

Ints = NDArray[np.int64]

COUNTY_CODE, COUNTY, COUNTY_EN = "529901", "青岚县", "Qinglan County"
N_ZHEN = 10  # the ten larger towns; the others are rural townships
_STREETS = ("南门街道", "河东街道", "北关街道")
_TOWNS = (
    "石渡", "龙塘", "枫香", "茶坪", "云溪", "白岩", "双河", "高桥", "松林", "永安",
    "竹山", "雾坪", "大岭", "黄泥", "杜鹃",
)  # fmt: skip
_SEAT = (
    "文昌", "东门", "西门", "南街", "北街", "河滨", "钟鼓楼", "书院", "桂花", "城隍庙", "水井湾", "新华",
    "朝阳", "青年路", "滨江", "凤凰", "莲花", "状元", "老车站", "体育场", "翠屏", "锦绣", "望江", "迎宾",
    "金桥", "学府", "和平",
)  # fmt: skip
_ZONE = ("创业", "产业", "新城", "兴工", "物流园", "安置")
_FIRST = (
    "石", "龙", "枫", "茶", "云", "白", "青", "黄", "杉", "松", "竹", "梨", "桃", "李", "柏", "麻", "桐",
    "马", "牛", "羊", "鹰", "虎", "鸡", "大", "小", "上", "下", "中", "新", "老", "高", "长", "双", "三",
    "红", "黑", "岩", "水", "沙", "铜", "盐", "油", "金", "银", "天", "观", "韩", "罗", "杨", "陈", "吴",
)  # fmt: skip
_SECOND = (
    "坪", "坝", "湾", "沟", "寨", "塘", "坡", "岭", "井", "桥", "洞", "关", "垭", "田", "树", "场", "坳",
    "溪", "河", "山", "屯", "园", "房", "滩", "冲", "岩", "庄", "口", "台", "林",
)  # fmt: skip


@dataclass(frozen=True)
class Names:
    """Codes and names; arrays follow the order of the areas."""

    town_codes: list[str]
    towns: list[str]
    village_codes: list[str]
    villages: list[str]
    communities: NDArray[np.bool_]  # (n_villages,) 社区 rather than 村
    grid_codes: list[str]
    grids: list[str]


def english(name: str) -> str:
    """Return a region's name in letters: pinyin with the kind of unit behind it."""
    for tail, word in (
        ("经济开发区", "Economic Development Zone"), ("街道", "Subdistrict"), ("镇", "Town"),
        ("乡", "Township"), ("社区", "Community"), ("村", "Village"),
    ):  # fmt: skip
        if name.endswith(tail):
            return "".join(lazy_pinyin(name.removesuffix(tail))).capitalize() + " " + word
    return "".join(lazy_pinyin(name)).capitalize()


def name_all(village_town: Ints, grid_village: Ints, core: Ints, rng: np.random.Generator) -> Names:
    """
    Name and number all regions.

    Parameters
    ----------
    village_town, grid_village
        Owner of each village and of each grid.
    core
        Number of the village in the middle of each town, in the order of the towns.
    rng
        Source of chance.
    """
    towns, town_codes = _towns(village_town)
    villages, communities = _villages(village_town, towns, core, rng)
    village_codes = [""] * len(villages)
    for town in range(len(towns)):
        members = np.flatnonzero(village_town == town)
        for first, group in (
            (1, members[communities[members]]),
            (200, members[~communities[members]]),
        ):
            for number, village in enumerate(group.tolist(), first):
                village_codes[village] = f"{town_codes[town]}{number:03d}"
    grid_codes, grids = [""] * len(grid_village), [""] * len(grid_village)
    for village in range(len(villages)):
        for number, grid in enumerate(np.flatnonzero(grid_village == village).tolist(), 1):
            grid_codes[grid] = f"{village_codes[village]}{number:03d}"
            grids[grid] = f"{villages[village]}第{number}网格"
    return Names(town_codes, towns, village_codes, villages, communities, grid_codes, grids)


def _towns(village_town: Ints) -> tuple[list[str], list[str]]:
    """Name the townships; the ones with most villages are towns (镇), the rest rural (乡)."""
    sizes = np.bincount(village_town)[FIRST_TOWN:]
    rank = np.argsort(np.argsort(-sizes, kind="stable"), kind="stable")
    names = [*_STREETS, "城关镇", "青岚经济开发区"]
    codes = [f"{COUNTY_CODE}{n:03d}" for n in (*range(1, N_STREETS + 1), 100, 400)]
    for place in rank.tolist():
        zhen = place < N_ZHEN
        names.append(_TOWNS[place] + ("镇" if zhen else "乡"))
        codes.append(f"{COUNTY_CODE}{101 + place if zhen else 200 + place - N_ZHEN:03d}")
    return names, codes


def _villages(
    village_town: Ints, towns: list[str], core: Ints, rng: np.random.Generator
) -> tuple[list[str], NDArray[np.bool_]]:
    """Name the villages, each name once in the county."""
    n = len(village_town)
    mixed = [a + b for a in _FIRST for b in _SECOND if a != b and a + b != "中山"]
    taken = [mixed[i] + "村" for i in rng.permutation(len(mixed))[:n].tolist()]
    communities = np.zeros(n, dtype=bool)
    urban = SEAT_COMMUNITIES + ZONE_COMMUNITIES
    communities[:urban] = True
    taken[:urban] = [f"{name}社区" for name in (*_SEAT, *_ZONE)]
    for town, village in enumerate(core.tolist(), FIRST_TOWN):
        taken[village] = towns[town][:2] + "社区"
        communities[village] = True
    assert CHENGGUAN < ZONE_TOWN < FIRST_TOWN  # noqa: S101 - the order the codes above rely on
    return taken, communities
