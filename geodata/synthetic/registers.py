"""Buildings and organisations of the sample county, and the check digits of their codes."""

# ruff: noqa: E501 - tables of words and weights: a row a line, and Chinese counts double

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.synthetic.boundaries import Areas
from geodata.synthetic.naming import COUNTY_CODE, Names
from geodata.synthetic.people import People
from geodata.synthetic.relief import degrees
from geodata.synthetic.roads import RESIDENTIAL, Roads, main_part
from geodata.synthetic.settlements import CORE, RURAL, SEAT, ZONE, Sites

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PERSONS_A_BUILDING = {SEAT: 36.0, ZONE: 24.0, CORE: 11.5, RURAL: 5.0}
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Buildings:
    """One row a building, in the order of the grids."""

    xy: Floats  # (n, 2) metres
    grid: Ints  # (n,)
    ids: NDArray[np.object_]
    use: NDArray[np.object_]
    levels: Ints
    footprint_m2: Ints
    dwellings: Ints


def credit_code(serial: int, kind: str) -> str:
    """
    Return an 18-character credit code (GB 32100) of the county with right check digits.

    ``kind`` is its two leading characters, e.g. 91 for companies, 12 for public institutions.
    """
    body = f"{52_000_000 + serial:08d}"
    rest = 11 - sum(w * int(c) for w, c in zip(_ORGANISATION_WEIGHTS, body, strict=True)) % 11
    code = f"{kind}{COUNTY_CODE}{body}{'0X'[rest == 10] if rest >= 10 else rest}"
    total = sum(w * _CREDIT.index(c) for w, c in zip(_CREDIT_WEIGHTS, code, strict=True))
    return code + _CREDIT[(31 - total % 31) % 31]


def place_buildings(
    sites: Sites, areas: Areas, people: People, roads: Roads, names: Names, rng: np.random.Generator
) -> Buildings:
    """Put houses along the roads of each grid, close to its hamlet, as many as its people need."""
    setting = sites.setting
    persons = people.usual.sum(axis=(1, 2))
    each = np.array([PERSONS_A_BUILDING[s] for s in range(4)])[setting]
    count = np.maximum(2, np.rint(persons / each * rng.lognormal(0, 0.1, len(each)))).astype(int)
    grid = np.repeat(np.arange(len(count)), count)
    xy = _along_roads(sites, areas, roads, grid, rng)
    number = np.arange(len(grid)) - np.repeat(np.cumsum(count) - count, count) + 1
    codes = np.array(names.grid_codes)[grid]
    ids = np.array(
        [f"{c}{k:04d}" for c, k in zip(codes, number.tolist(), strict=True)], dtype=object
    )
    place = setting[grid]
    draw = rng.random(len(grid))
    levels = np.choose(place, [
        1 + (draw > 0.25) + (draw > 0.85), 2 + (draw > 0.3) + (draw > 0.6) + 2 * (draw > 0.88),
        1 + (draw > 0.4) + 4 * (draw > 0.6), 5 + (draw > 0.3) + 5 * (draw > 0.62) + 13 * (draw > 0.86),
    ])  # fmt: skip
    flats = np.array([1, 1.7, 2.6, 2.3])[place] * np.where(place == RURAL, 1, levels)
    dwellings = np.maximum(1, np.rint(flats * rng.lognormal(0, 0.2, len(grid)))).astype(np.int64)
    footprint = np.array([118.0, 135.0, 420.0, 340.0])[place] * rng.lognormal(0, 0.28, len(grid))
    use = _uses(place, rng.random(len(grid)))
    dwellings[np.isin(use, ("商业", "工业厂房", "公共服务", "仓储"))] = 0
    return Buildings(xy, grid, ids, use, levels, np.rint(footprint).astype(np.int64), dwellings)


def _uses(place: Ints, draw: Floats) -> NDArray[np.object_]:
    use = np.where(place == RURAL, "农村住宅", "城镇住宅").astype(object)
    use[(place == RURAL) & (draw > 0.955)] = "农业设施"
    use[(place == CORE) & (draw > 0.70)] = "商住混合"
    use[(place == SEAT) & (draw > 0.80)] = "商住混合"
    use[np.isin(place, (SEAT, CORE)) & (draw > 0.93)] = "商业"
    use[np.isin(place, (SEAT, CORE)) & (draw > 0.97)] = "公共服务"
    use[(place == ZONE) & (draw > 0.45)] = "职工宿舍"
    use[(place == ZONE) & (draw > 0.62)] = "工业厂房"
    use[(place == ZONE) & (draw > 0.92)] = "仓储"
    return use


def grid_of(areas: Areas, xy: Floats) -> Ints:
    """Return the grid each point lies in, -1 outside the county."""
    lon, lat = degrees(xy)
    hit, grid = shapely.STRtree(areas.grids).query(shapely.points(lon, lat), predicate="intersects")
    found = np.full(len(xy), -1, dtype=np.int64)
    found[hit[::-1]] = grid[::-1]
    return found


def _along_roads(
    sites: Sites, areas: Areas, roads: Roads, grid: Ints, rng: np.random.Generator
) -> Floats:
    a, b = roads.xy[roads.edges[:, 0]], roads.xy[roads.edges[:, 1]]
    home = grid_of(areas, 0.5 * (a + b))
    far = np.hypot(*(0.5 * (a + b) - sites.grids[np.maximum(home, 0)]).T)
    reach = np.where(sites.setting[np.maximum(home, 0)] == RURAL, 260.0, 900.0)
    weight = np.exp(-far / reach) * roads.length_m * np.where(roads.kind > RESIDENTIAL, 0.04, 1.0)
    weight[roads.bridge] *= 0.01
    order = np.argsort(home, kind="stable")
    order = order[home[order] >= 0]
    total = np.concatenate([[0.0], np.cumsum(weight[order])])
    start = total[np.searchsorted(home[order], grid, "left")]
    end = total[np.searchsorted(home[order], grid, "right")]
    pick = np.searchsorted(total, start + rng.random(len(grid)) * (end - start), "right") - 1
    edge = order[np.clip(pick, 0, len(order) - 1)]
    along = rng.random(len(grid))[:, None]
    way = (b[edge] - a[edge]) / np.maximum(roads.length_m[edge], 1.0)[:, None]
    side = rng.choice([-1, 1], len(grid)) * (11 + rng.exponential(16, len(grid)))
    xy = a[edge] + along * (b[edge] - a[edge]) + side[:, None] * way[:, ::-1] * np.array([-1, 1])
    for spread in (70.0, 25.0, 6.0, 0.0):
        stray = np.flatnonzero((end <= start) | (grid_of(areas, xy) != grid))
        xy[stray] = sites.grids[grid[stray]] + rng.normal(0, 1, (len(stray), 2)) * spread
        end[stray] = start[stray] + 1
    return np.asarray(xy)


def building_sheet(
    buildings: Buildings, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the register of buildings with planted mistakes, every one a row of its own."""
    lon, lat = degrees(buildings.xy)
    good = pd.DataFrame({
        "建筑编号": buildings.ids, "用途": buildings.use, "层数": buildings.levels.astype(float),
        "占地面积": buildings.footprint_m2, "住房套数": buildings.dwellings,
        "经度": np.round(lon, 6), "纬度": np.round(lat, 6),
    })  # fmt: skip
    planted = {"duplicate_id": 10, "position_missing": 8, "position_swapped": 5,
               "position_outside": 4}  # fmt: skip
    rows = good.iloc[np.sort(rng.choice(len(good), sum(planted.values()), replace=False))].copy()
    ends = np.cumsum(list(planted.values()))
    rows.loc[rows.index[ends[0] :], "建筑编号"] = [
        f"{code[:15]}9{n:03d}" for n, code in enumerate(rows["建筑编号"].iloc[ends[0] :])
    ]
    part = [rows.index[low:high] for low, high in zip([0, *ends[:-1]], ends, strict=True)]
    rows.loc[part[1], ["经度", "纬度"]] = np.nan
    rows.loc[part[2], ["经度", "纬度"]] = rows.loc[part[2], ["纬度", "经度"]].to_numpy()
    rows.loc[part[3], "经度"] = rows.loc[part[3], "经度"] + 2.5
    planted["levels_negative"] = 6
    others = good.index.difference(rows.index)
    good.loc[rng.choice(others, planted["levels_negative"], replace=False), "层数"] = -2.0
    return pd.concat([good, rows], ignore_index=True), planted


_TRADES = (
    ("茶叶专业合作社", 0.13), ("养殖专业合作社", 0.12), ("建材有限公司", 0.08), ("超市", 0.14), ("餐饮店", 0.12),
    ("物流有限公司", 0.05), ("电子科技有限公司", 0.09), ("服饰有限公司", 0.07), ("食品有限公司", 0.09),
    ("建筑工程有限公司", 0.06), ("旅行社", 0.03), ("农业机械服务队", 0.02),
)  # fmt: skip
_BRANDS = [
    "兴盛",
    "岚峰",
    "青禾",
    "云岭",
    "永发",
    "金穗",
    "绿源",
    "宏达",
    "鑫茂",
    "山里人",
    "恒通",
    "瑞丰",
    "福满",
    "同心",
    "春晓",
    "远大",
    "民生",
    "新动力",
    "大自然",
    "顺达",
]


def organisation_sheet(
    sites: Sites, buildings: Buildings, areas: Areas, names: Names, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return some 800 organisations with credit codes, and the wrong codes planted among them."""
    n = 790
    place = sites.setting[buildings.grid]
    weight = np.array([0.2, 3.0, 9.0, 6.0])[place]
    house = rng.choice(len(weight), n, replace=False, p=weight / weight.sum())
    trade = rng.choice(len(_TRADES), n, p=np.array([w for _, w in _TRADES]))
    lon, lat = degrees(buildings.xy[house])
    rows = []
    seen: dict[str, int] = {}
    for i in range(n):
        kind = _TRADES[trade[i]][0]
        town = names.towns[areas.grid_town[buildings.grid[house[i]]]]
        name = f"青岚县{town[:2]}{_BRANDS[int(rng.integers(len(_BRANDS)))]}{kind}"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name = (
                f"{name}第{seen[name]}分店"
                if kind in ("超市", "餐饮店")
                else f"{name}（{seen[name]}）"
            )
        company = kind.endswith("公司") or kind == "旅行社"
        staff = max(1, int(rng.lognormal(3.2 if company else 1.5, 0.9)))
        code = credit_code(i + 1, "91" if company else "93" if "合作社" in kind else "92")
        rows.append(
            (code, name, kind, buildings.ids[house[i]], lon[i].round(6), lat[i].round(6), staff)
        )
    head = ["统一社会信用代码", "企业名称", "行业", "楼栋编号", "经度", "纬度", "从业人数"]
    good = pd.DataFrame(rows, columns=head)
    wrong = good.index[:9]  # codes of before the check digit's time, as some registers keep them
    good.loc[wrong, head[0]] = [
        code[:17] + _CREDIT[(_CREDIT.index(code[17]) + 1) % 31] for code in good.loc[wrong, head[0]]
    ]
    sheet = pd.concat([good, good.iloc[20:24]], ignore_index=True)
    return sheet, {"duplicate_id": 4, "old_code": len(wrong)}


def anchors(sites: Sites, areas: Areas, people: People, roads: Roads) -> Ints:
    """Return the road node in the middle of each village's people, joined to the main network."""
    residents = people.usual.sum(axis=(1, 2)).astype(float)
    owner = areas.grid_village
    mass = np.bincount(owner, residents)
    middle = np.column_stack([np.bincount(owner, residents * c) / mass for c in sites.grids.T])
    proper = np.zeros(len(roads.xy), dtype=bool)
    proper[roads.edges[roads.kind <= RESIDENTIAL]] = True
    usable = np.flatnonzero(main_part(roads) & proper)
    grid = grid_of(areas, roads.xy[usable])
    village = np.where(grid >= 0, owner[np.maximum(grid, 0)], -1)
    far = np.hypot(*(roads.xy[usable] - middle[np.maximum(village, 0)]).T)
    order = np.lexsort((far, village))
    first = np.searchsorted(village[order], np.arange(len(mass)))
    return np.asarray(usable[order[first]])
