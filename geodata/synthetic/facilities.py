"""Facilities of the sample county: where a real county would have them, and where it lacks them."""

# ruff: noqa: E501 - tables of words and weights: a row a line, and Chinese counts double

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geodata import crs
from geodata.synthetic.boundaries import Areas
from geodata.synthetic.naming import Names
from geodata.synthetic.people import People
from geodata.synthetic.registers import Buildings, anchors, credit_code
from geodata.synthetic.relief import CRS
from geodata.synthetic.roads import Roads
from geodata.synthetic.settlements import SEAT_COMMUNITIES, ZONE_COMMUNITIES, Sites

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KINDS = {
    "综合医院": "hospital", "中医医院": "hospital", "妇幼保健院": "hospital", "民营医院": "hospital",
    "乡镇卫生院": "health_centre", "社区卫生服务中心": "health_centre", "村卫生室": "clinic",
    "社区卫生服务站": "clinic", "药店": "pharmacy", "急救站": "ambulance_post",
    "幼儿园": "kindergarten", "小学": "primary_school", "教学点": "primary_school", "初级中学": "junior_school",
    "九年一贯制学校": "junior_school", "高级中学": "senior_school",
    "敬老院": "care_home", "养老院": "care_home", "日间照料中心": "day_care", "消防救援站": "fire_station",
    "乡镇专职消防队": "fire_station", "派出所": "police_station", "政府机关": "government",
    "村级服务点": "village_service", "应急避难场所": "shelter", "农贸市场": "market", "客运站": "bus_station",
    "银行网点": "bank", "图书馆": "library",
}  # fmt: skip
HEALTH = ("hospital", "health_centre", "clinic", "pharmacy", "ambulance_post")
SCHOOLS = ("kindergarten", "primary_school", "junior_school", "senior_school")
N_WITHOUT_CLINIC = 34  # villages; 12 of them, in four far corners, are badly served


@dataclass
class _List:
    """Collects facilities; a facility stands beside a house of its village."""

    world: Any
    rng: np.random.Generator
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, sort: str, name: str, village: int, capacity: float | None = None, *,
        staff: float | None = None, level: str = "", at: Floats | None = None, public: bool = True,
    ) -> None:  # fmt: skip
        """Add one facility in a village, at its middle or at a given point."""
        xy = self.world.middle[village] if at is None else at
        turn = self.rng.uniform(0, 2 * np.pi)
        xy = xy + self.rng.uniform(12, 30) * np.array([np.cos(turn), np.sin(turn)])
        year, month = int(self.rng.integers(1985, 2024)), int(self.rng.integers(1, 13))
        code = credit_code(200_000 + len(self.rows), "12" if public else "52")
        town = self.world.names.towns[self.world.areas.village_town[village]]
        self.rows.append({
            "id": f"F{len(self.rows) + 1:05d}", "name": name, "sort": sort, "kind": KINDS[sort],
            "x": xy[0], "y": xy[1], "capacity": capacity, "staff": staff, "level": level,
            "uscc": code, "open_from": f"{year}-{month:02d}-01", "village": village,
            "address": f"青岚县{town}{self.world.names.villages[village]}",
        })  # fmt: skip


@dataclass(frozen=True)
class _World:
    areas: Areas
    names: Names
    middle: Floats
    people_of: Ints  # (n_villages, 18)
    houses: list[Ints]
    buildings: Buildings
    core: list[int]  # the village in the middle of each township


@dataclass(frozen=True)
class Facilities:
    """All facilities, and what was planted with them."""

    table: pd.DataFrame  # id, name, sort, kind, x, y (metres), capacity, ...
    without_clinic: list[int]  # villages
    badly_served: dict[int, float]  # village -> metres by road to the nearest care point


def place_facilities(
    sites: Sites, areas: Areas, names: Names, people: People, roads: Roads, buildings: Buildings,
    rng: np.random.Generator,
) -> Facilities:  # fmt: skip
    """Found the county's facilities."""
    n_villages = len(names.villages)
    by_age = np.zeros((n_villages, 18), dtype=np.int64)
    np.add.at(by_age, areas.grid_village, people.usual.sum(axis=1))
    anchor = anchors(sites, areas, people, roads)
    owner = areas.grid_village[buildings.grid]
    houses = np.split(np.argsort(owner, kind="stable"), np.cumsum(np.bincount(owner))[:-1])
    first_core = SEAT_COMMUNITIES + ZONE_COMMUNITIES
    core = [_largest(areas, by_age, town) for town in range(5)]
    core += list(range(first_core, first_core + 15))
    world = _World(areas, names, roads.xy[anchor], by_age, houses, buildings, core)
    listed = _List(world, rng)
    bad, without = _villages_without_clinic(areas, people, names, core, rng)
    _health(listed, without)
    _schools(listed)
    _care_and_safety(listed)
    _daily_life(listed)
    table = pd.DataFrame(listed.rows)
    care = table[table["kind"].isin(["hospital", "health_centre", "clinic"])]
    far = _road_metres(roads, care[["x", "y"]].to_numpy())
    return Facilities(table, without, {v: float(round(far[anchor[v]])) for v in bad})


def _largest(areas: Areas, by_age: Ints, town: int) -> int:
    members = np.flatnonzero(areas.village_town == town)
    return int(members[np.argmax(by_age[members].sum(axis=1))])


def _villages_without_clinic(
    areas: Areas, people: People, names: Names, core: list[int], rng: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Choose four far corners of three villages each, and others here and there."""
    pairs = np.column_stack(areas.neighbours.nonzero())
    linked = areas.grid_village[pairs]
    linked = np.unique(linked[linked[:, 0] != linked[:, 1]], axis=0)
    bad: list[int] = []
    taken = set(core)
    for village in np.argsort(-people.remote, kind="stable").tolist():
        around = [w for w in linked[linked[:, 0] == village, 1].tolist()
                  if w not in taken and not names.communities[w]]  # fmt: skip
        if village in taken or names.communities[village] or len(around) < 2 or len(bad) == 12:
            continue
        around.sort(key=lambda w: -people.remote[w])
        bad += [village, *around[:2]]
        taken |= {village, *linked[linked[:, 0] == village, 1].tolist(), *around[:2]}
        for w in around[:2]:
            taken |= set(linked[linked[:, 0] == w, 1].tolist())
    others = [v for v in range(len(names.villages)) if v not in taken and not names.communities[v]]
    more = rng.choice(others, N_WITHOUT_CLINIC - len(bad), replace=False).tolist()
    return sorted(bad), sorted(bad + more)


def _road_metres(roads: Roads, xy: Floats) -> Floats:
    """Return metres on the network from each node to the nearest point."""
    n = len(roads.xy)
    graph = coo_matrix((roads.length_m, roads.edges.T), shape=(n, n)).tocsr()
    _, start = cKDTree(roads.xy).query(xy)
    return np.asarray(dijkstra(graph, directed=False, indices=np.unique(start), min_only=True))


def _house(listed: _List, village: int) -> Floats:
    """Return a house of the village, for what does not stand in its middle."""
    houses = listed.world.houses[village]
    return np.asarray(listed.world.buildings.xy[listed.rng.choice(houses)])


def _health(listed: _List, without: list[int]) -> None:
    world, rng = listed.world, listed.rng
    seat = list(range(SEAT_COMMUNITIES))
    listed.add("综合医院", "青岚县人民医院", seat[0], 620, staff=812, level="二级甲等")
    listed.add("中医医院", "青岚县中医院", seat[9], 320, staff=405, level="二级甲等")
    listed.add("妇幼保健院", "青岚县妇幼保健院", seat[14], 150, staff=226, level="二级乙等")
    listed.add("民营医院", "青岚康宁医院", seat[20], 99, staff=88, level="一级", public=False)
    for town, village in enumerate(world.core):
        people = int(world.people_of[world.areas.village_town == town].sum())
        name = world.names.towns[town]
        sort, word = (
            ("社区卫生服务中心", "社区卫生服务中心") if town < 3 else ("乡镇卫生院", "卫生院")
        )
        beds = round(people / 900 + 12)
        listed.add(sort, f"{name}{word}", village, beds, staff=round(beds * 0.9 + 6), level="一级")
    closed = set(without)
    for village, name in enumerate(world.names.villages):
        if village in closed or village in world.core:
            continue
        if world.names.communities[village]:
            listed.add(
                "社区卫生服务站", f"{name}卫生服务站", village, 4, staff=int(rng.integers(3, 8))
            )
        else:
            listed.add("村卫生室", f"{name}卫生室", village, 2, staff=int(rng.integers(1, 3)))
    for number in range(38):
        village = seat[number % 27] if number < 22 else world.core[3 + number % 17]
        brand = ("岚康", "百草", "济民", "仁和堂", "益寿")[number % 5]
        listed.add("药店", f"{brand}药房{world.names.villages[village].removesuffix('社区')}店", village,
                   at=_house(listed, village), public=False)  # fmt: skip
    for village in (seat[0], world.core[4], world.core[5], world.core[9], world.core[13]):
        place = world.names.towns[world.areas.village_town[village]]
        listed.add("急救站", f"{place}急救站", village, 2 if village == seat[0] else 1, staff=8)


def _schools(listed: _List) -> None:
    world, rng = listed.world, listed.rng
    children = world.people_of
    of_town = world.areas.village_town
    for town, core in enumerate(world.core):
        members = np.flatnonzero(of_town == town)
        place = world.names.towns[town]
        small = children[members, 0] * 0.6 + children[members, 1] * 0.25
        pupils = children[members, 1] * 0.75 + children[members, 2] * 0.5
        young = children[members, 2] * 0.5 + children[members, 3] * 0.1
        order = members[np.argsort(-children[members, 1:3].sum(axis=1), kind="stable")]
        for number, village in enumerate(order[: max(2, round(small.sum() / 190))].tolist(), 1):
            name = world.names.villages[village].removesuffix("社区").removesuffix("村")
            listed.add("幼儿园", f"{place}{name}幼儿园", village, round(small.sum() / 4 + 60, -1),
                       staff=14 + number % 5, at=_house(listed, village), public=number % 3 != 0)  # fmt: skip
        n_primary = max(1, round(pupils.sum() / (900 if town < 5 else 420)))
        listed.add("小学", f"{place}中心小学", core, round(pupils.sum() * 0.5 + 80, -1),
                   staff=round(pupils.sum() / 34 + 8), at=_house(listed, core))  # fmt: skip
        for village in [v for v in order.tolist() if v != core][: n_primary - 1]:
            name = world.names.villages[village].removesuffix("社区").removesuffix("村")
            lone = rng.random() < 0.25 and not world.names.communities[village]
            seats = 60 if lone else round(pupils.sum() * 0.55 / n_primary + 60, -1)
            listed.add("教学点" if lone else "小学", f"{place}{name}{'教学点' if lone else '小学'}", village,
                       seats, staff=round(seats / 17), at=_house(listed, village))  # fmt: skip
        sort = "初级中学" if town not in (4, 16) else "九年一贯制学校"
        listed.add(sort, f"{place}{'中学' if sort == '初级中学' else '九年制学校'}", core,
                   round(young.sum() + 150, -1), staff=round(young.sum() / 12 + 10), at=_house(listed, core))  # fmt: skip
    for number, (village, seats) in enumerate(((6, 3600), (17, 2800), (25, 2400), (30, 1500)), 1):
        name = "青岚县中等职业学校" if number == 4 else f"青岚县第{'一二三'[number - 1]}中学"
        listed.add(
            "高级中学", name, village, seats, staff=round(seats / 11), at=_house(listed, village)
        )


def _care_and_safety(listed: _List) -> None:
    world, rng = listed.world, listed.rng
    for town, village in enumerate(world.core):
        place = world.names.towns[town]
        if town >= 3 and town != 4:
            beds = int(rng.integers(30, 90))
            listed.add(
                "敬老院",
                f"{place}敬老院",
                village,
                beds,
                staff=round(beds / 7),
                at=_house(listed, village),
            )
        listed.add("派出所", f"{place}派出所", village, staff=int(rng.integers(8, 26)))
        listed.add(
            "政府机关",
            place + ("办事处" if town < 3 else "管委会" if town == 4 else "人民政府"),
            village,
        )
        if town in (5, 7, 9, 12, 15, 18):
            listed.add(
                "乡镇专职消防队", f"{place}专职消防队", village, 2, staff=10, level="乡镇专职队"
            )
    for village, beds in ((4, 260), (12, 180), (22, 120)):
        listed.add("养老院", f"{world.names.villages[village].removesuffix('社区')}养老院", village, beds,
                   staff=round(beds / 6), at=_house(listed, village), public=False)  # fmt: skip
    listed.add("消防救援站", "青岚县消防救援大队城区站", 8, 6, staff=34, level="一级普通站")
    listed.add("消防救援站", "青岚经济开发区消防救援站", 28, 4, staff=22, level="二级普通站")
    listed.add("政府机关", "青岚县人民政府", 1)
    for village in [*range(SEAT_COMMUNITIES), *world.core[3:]][:44]:
        listed.add("日间照料中心", f"{world.names.villages[village]}日间照料中心", village,
                   int(rng.integers(15, 40)), staff=3, at=_house(listed, village))  # fmt: skip


def _daily_life(listed: _List) -> None:
    world, rng = listed.world, listed.rng
    n = len(world.names.villages)
    for village in sorted(rng.choice(n, 205, replace=False).tolist()):
        word = "党群服务中心" if world.names.communities[village] else "便民服务点"
        listed.add(
            "村级服务点",
            f"{world.names.villages[village]}{word}",
            village,
            staff=int(rng.integers(2, 6)),
        )
    for number, village in enumerate([*range(0, SEAT_COMMUNITIES, 2), *world.core[3:], 29, 31]):
        persons = (800, 1500, 2500, 4000)[number % 4]
        name = world.names.villages[village].removesuffix("社区").removesuffix("村")
        listed.add("应急避难场所", f"{name}{('广场', '公园', '学校操场')[number % 3]}避难点", village, persons,
                   at=_house(listed, village))  # fmt: skip
    for village in [3, 10, 18, 24, *world.core[3:]]:
        name = world.names.villages[village].removesuffix("社区").removesuffix("村")
        listed.add(
            "农贸市场",
            f"{name}农贸市场",
            village,
            int(rng.integers(40, 260)),
            at=_house(listed, village),
        )
        listed.add(
            "银行网点", f"青岚农村商业银行{name}支行", village, staff=7, at=_house(listed, village)
        )
    for village in (18, *world.core[5:15]):
        name = "青岚" if village == 18 else world.names.villages[village].removesuffix("社区")
        listed.add("客运站", f"{name}客运站", village, 12, at=_house(listed, village))
    listed.add("图书馆", "青岚县图书馆", 7, 300, staff=18)
    listed.add("图书馆", "青岚县少年儿童图书馆", 25, 120, staff=6)


def lon_lat(table: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return a table's points in degrees."""
    return crs.to_lon_lat(table["x"].to_numpy(), table["y"].to_numpy(), CRS)
