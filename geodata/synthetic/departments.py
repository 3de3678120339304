"""Files of roads, facilities, registers, events and sensors, as each department keeps them."""

# ruff: noqa: E501 - tables of words and weights: a row a line, and Chinese counts double

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from geodata import crs
from geodata.synthetic import events, facilities, persons, registers, sensors, zones
from geodata.synthetic.relief import degrees
from geodata.synthetic.roads import SECONDARY, TERTIARY, Roads
from geodata.synthetic.sheets import note, some, with_extra_rows
from geodata.synthetic.world import World, chance
from geodata.synthetic.writers import RawFolder

Entry = dict[str, Any]
NOV_2025 = dt.date(2025, 11, 1)
_CLASS = ("国道", "省道", "县道", "乡道", "村道", "机耕路", "小路")
ROAD_CLASSES = {
    "国道": "trunk", "省道": "primary", "县道": "secondary", "乡道": "tertiary", "主街": "tertiary",
    "村道": "residential", "街巷": "residential", "机耕路": "track", "小路": "path",
}  # fmt: skip
_SPEED = ("70", "60", "50", "40", "30", "15", "")
_SURFACE = ("沥青", "沥青", "沥青", "水泥", "水泥", "砂石", "土路")
_STREETS = (
    "文昌", "解放", "人民", "青水", "建设", "朝阳", "书院", "滨河", "新华", "中兴", "东环", "西环",
    "桂花", "翠屏", "学府", "迎宾", "和平", "民主", "光明", "振兴", "胜利", "团结", "幸福", "凤翔",
    "龙腾", "友谊", "园丁", "康庄", "平安", "锦华", "春晖", "秋实", "长安", "永乐",
)  # fmt: skip


def write_departments(world: World, raw: RawFolder, truth: dict[str, Any]) -> list[Entry]:
    """Write the files; add what was planted to ``truth``; return the manifest's entries."""
    entries = _roads(world, raw, truth)
    entries += _buildings(world, raw, truth)
    entries += _facilities(world, raw, truth)
    entries += _persons(world, raw, truth)
    entries += _events(world, raw, truth)
    return entries + _zones(world, raw, truth)


def _roads(world: World, raw: RawFolder, truth: dict[str, Any]) -> list[Entry]:
    roads = world.roads
    lon, lat = degrees(roads.xy)
    ids = np.array([f"N{k:05d}" for k in range(1, len(lon) + 1)], dtype=object)
    nodes = pd.DataFrame({"节点编号": ids, "经度": np.round(lon, 6), "纬度": np.round(lat, 6),
                          "高程": np.round(roads.height_m, 1)})  # fmt: skip
    raw.text_table("路网_节点.csv", nodes, encoding="utf-8")
    street = roads.street >= 0
    edges = pd.DataFrame({
        "起点": ids[roads.edges[:, 0]], "终点": ids[roads.edges[:, 1]],
        "道路等级": np.where(street & (roads.kind == TERTIARY), "主街",
                         np.where(street & (roads.kind > TERTIARY), "街巷", np.array(_CLASS)[roads.kind])),
        "道路名称": _road_names(roads),
        "单向": np.where((roads.town == 0) & (roads.street % 8 == 4) & (roads.kind > TERTIARY), "是", "否"),
        "限速": np.array(_SPEED, dtype=object)[roads.kind],
        "路面": np.array(_SURFACE, dtype=object)[roads.kind],
        "桥梁": np.where(roads.bridge, "是", "否"),
        "长度": np.round(roads.length_m, 1).astype(str),
    })  # fmt: skip
    rng = chance(world.seed, 30)
    planted = {"node_unknown": 3, "class_missing": 4, "length_negative": 2}
    extra = [some(edges, 3, rng, 终点="N99999"), some(edges, 4, rng, 道路等级="")]
    n_edges = len(edges)
    edges.loc[rng.choice(n_edges, planted["length_negative"], replace=False), "长度"] = "-85.0"
    sheet = note(truth, "road_edges", with_extra_rows(edges, extra, rng), planted)
    raw.text_table("路网_路段.csv", sheet, encoding="gb18030")
    codes = world.names.grid_codes
    truth["roads"] = {
        "nodes": len(nodes), "edges": n_edges, "bridges": int(roads.bridge.sum()),
        "length_km": round(float(roads.length_m.sum()) / 1000, 1),
        "cut_off_grids": sorted(codes[g] for g in roads.cut_off.tolist()),
    }  # fmt: skip
    common = {
        "date": dt.date(2025, 4, 1), "refresh_days": 365, "department": "交通运输局", "owner": "公路管理股",
        "purpose": "通行时间与可达性", "class": "公开", "licence": "政府信息公开",
    }  # fmt: skip
    return [
        {"id": "road_nodes", "title": "路网节点", "title_en": "Road nodes", "kind": "road_nodes",
         "file": "路网_节点.csv", "crs": "EPSG:4490", **common},
        {"id": "road_edges", "title": "路网路段", "title_en": "Road edges", "kind": "road_edges",
         "file": "路网_路段.csv", "encoding": "GB18030",
         "values": {"class": ROAD_CLASSES, "oneway": {"是": "yes", "否": "no"},
                    "bridge": {"是": "yes", "否": "no"}}, **common},
    ]  # fmt: skip


def _road_names(roads: Roads) -> Any:
    """Name roads: numbered ones by class and connected part, streets of the seat by line."""
    n = len(roads.xy)
    name = np.full(len(roads.edges), "", dtype=object)
    for kind, letter in ((0, "G990"), (1, "S95"), (SECONDARY, "X9"), (TERTIARY, "Y9")):
        use = np.flatnonzero((roads.kind == kind) & ((roads.street < 0) | (kind < TERTIARY)))
        links = coo_matrix((np.ones(len(use)), roads.edges[use].T), shape=(n, n))
        _, part = connected_components(links, directed=False)
        _, number = np.unique(part[roads.edges[use, 0]], return_inverse=True)
        width = {0: 0, 1: 1, SECONDARY: 2, TERTIARY: 3}[kind]
        name[use] = [
            "G990线" if not width else f"{letter}{k + 1:0{width}d}线" for k in number.tolist()
        ]
    seat = np.flatnonzero((roads.town == 0) & (roads.kind >= TERTIARY))
    for edge, line in zip(seat.tolist(), roads.street[seat].tolist(), strict=True):
        word = _STREETS[(line // 2 * 7 + line % 2 * 3) % len(_STREETS)]
        name[edge] = (
            f"{word}{('东西路', '南北街')[line % 2] if line // 2 >= 34 else ('路', '街')[line % 2]}"
        )
    return name


def _buildings(world: World, raw: RawFolder, truth: dict[str, Any]) -> list[Entry]:
    rng = chance(world.seed, 31)
    table = note(truth, "buildings", *registers.building_sheet(world.buildings, rng))
    raw.parquet("建筑普查.parquet", table)
    made = registers.organisation_sheet(world.sites, world.buildings, world.areas, world.names, rng)
    raw.text_table("法人单位.csv", note(truth, "organisations", *made), encoding="utf-8")
    truth["totals"]["buildings"] = len(world.buildings.ids)
    truth["totals"]["dwellings"] = int(world.buildings.dwellings.sum())
    truth["totals"]["organisations"] = truth["good_rows"]["organisations"]
    return [
        {"id": "buildings", "title": "建筑普查", "title_en": "Buildings", "kind": "buildings",
         "file": "建筑普查.parquet", "crs": "EPSG:4490", "date": dt.date(2025, 8, 31), "refresh_days": 365,
         "department": "住建局", "owner": "房屋安全股", "purpose": "人口落图与安全排查", "licence": "内部共享"},
        {"id": "organisations", "title": "法人单位", "title_en": "Organisations", "kind": "organisations",
         "file": "法人单位.csv", "crs": "EPSG:4490", "date": dt.date(2025, 9, 30), "refresh_days": 90,
         "department": "市场监管局", "owner": "登记注册股", "purpose": "经济活动与安全监管",
         "licence": "政府信息公开", "class": "公开"},
    ]  # fmt: skip


_HEADS = {
    "health": {"id": "机构编号", "name": "机构名称", "sort": "机构类别", "lon": "经度", "lat": "纬度",
               "capacity": "床位数", "staff": "卫生技术人员", "level": "医院等级",
               "uscc": "统一社会信用代码", "open_from": "成立日期", "address": "地址"},
    "schools": {"id": "编号", "name": "学校名称", "sort": "类型", "lon": "经度", "lat": "纬度",
                "capacity": "学位数", "staff": "职工数", "open_from": "成立日期", "address": "地址"},
    "public": {"id": "id", "name": "名称", "sort": "类别", "lon": "lon", "lat": "lat", "capacity": "容量",
               "staff": "人员数", "level": "等级", "open_from": "启用日期", "address": "地址"},
}  # fmt: skip


def _facilities(world: World, raw: RawFolder, truth: dict[str, Any]) -> list[Entry]:
    rng = chance(world.seed, 32)
    table = world.facilities.table.copy()
    table["lon"], table["lat"] = facilities.lon_lat(table)
    medical, taught = table["kind"].isin(facilities.HEALTH), table["kind"].isin(facilities.SCHOOLS)
    schools = table[taught].copy()
    schools["lon"], schools["lat"] = crs.wgs84_to_gcj02(
        schools["lon"].to_numpy(), schools["lat"].to_numpy()
    )
    made, kinds = {}, {}
    for part, rows in (
        ("health", table[medical]),
        ("schools", schools),
        ("public", table[~medical & ~taught]),
    ):
        used = rows["sort"].unique().tolist()
        kinds[part] = {sort: facilities.KINDS[sort] for sort in used}
        made[part] = note(truth, f"facilities_{part}", *_facility_sheet(rows, part, rng))
    raw.workbook("医疗机构名录.xlsx", {"名录": made["health"]})
    raw.text_table("学校与幼儿园.csv", made["schools"], encoding="utf-8-sig")
    raw.text_table("公共服务设施.csv", made["public"], encoding="gbk")
    codes = world.names.village_codes
    truth["totals"]["facilities"] = table["kind"].value_counts().sort_index().to_dict()
    truth["villages_without_clinic"] = sorted(codes[v] for v in world.facilities.without_clinic)
    truth["badly_served_road_metres"] = {
        codes[v]: m for v, m in sorted(world.facilities.badly_served.items())
    }
    common = {"kind": "facilities", "class": "公开", "licence": "政府信息公开"}
    return [
        {"id": "facilities_health", "title": "医疗机构", "title_en": "Health facilities", **common,
         "file": "医疗机构名录.xlsx", "table": "名录", "crs": "EPSG:4326", "date": dt.date(2025, 9, 30),
         "values": {"kind": kinds["health"]}, "refresh_days": 180, "department": "卫健局",
         "owner": "规划信息股", "purpose": "就医可达性"},
        {"id": "facilities_schools", "title": "学校与幼儿园", "title_en": "Schools", **common,
         "file": "学校与幼儿园.csv", "offset": "gcj02", "date": dt.date(2025, 9, 1),
         "values": {"kind": kinds["schools"]}, "refresh_days": 365, "department": "教育局",
         "owner": "基础教育股", "purpose": "就学可达性", "#": "坐标取自互联网地图，带 GCJ-02 偏移"},
        {"id": "facilities_public", "title": "公共服务设施", "title_en": "Public services", **common,
         "file": "公共服务设施.csv", "encoding": "GBK", "crs": "EPSG:4490", "date": dt.date(2025, 8, 1),
         "values": {"kind": kinds["public"]}, "refresh_days": 180, "department": "应急局",
         "owner": "综合减灾股", "purpose": "公共服务与应急"},
    ]  # fmt: skip


def _facility_sheet(
    rows: pd.DataFrame, part: str, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, int]]:
    heads = _HEADS[part]
    planted = {
        "position_missing": 3,
        "kind_unknown": 2,
        "position_swapped": 2,
        "capacity_negative": 2,
    }
    good = rows[list(heads)].copy()
    good["lon"], good["lat"] = good["lon"].round(6), good["lat"].round(6)
    extra = pd.concat([
        some(good, 3, rng, lon=np.nan, lat=np.nan),
        some(good, 2, rng, sort="美容院"),
        some(good, 2, rng).rename(columns={"lon": "lat", "lat": "lon"}),
    ], ignore_index=True)  # fmt: skip
    extra["id"] = [f"F9{part[0].upper()}{k:03d}" for k in range(1, len(extra) + 1)]
    extra["name"] = extra["name"] + "（待核）"
    good.loc[
        rng.choice(good.index, planted["capacity_negative"], replace=False), "capacity"
    ] = -20.0
    return with_extra_rows(good, [extra], rng).rename(columns=heads), planted


def _persons(world: World, raw: RawFolder, truth: dict[str, Any]) -> list[Entry]:
    made = persons.make_registers(
        world.areas, world.names, world.people, world.buildings, chance(world.seed, 33)
    )
    police = note(truth, "persons_police", made.police, made.planted_police)
    roll = note(truth, "persons_roll", made.roll, made.planted_roll)
    raw.text_table("人口登记.csv", police, encoding="gb18030")
    raw.text_table("社会保险参保名册.tsv", roll, encoding="utf-8", separator="\t")
    truth["registers"] = made.truth
    common = {"kind": "persons", "class": "秘密", "licence": "内部共享", "date": NOV_2025, "refresh_days": 30,
              "values": {"sex": {"男": "m", "女": "f"}}}  # fmt: skip
    return [
        {"id": "persons_police", "title": "人口登记（一个乡镇）", "title_en": "Register of persons, one town",
         "file": "人口登记.csv", "encoding": "GB18030", **common, "department": "公安局",
         "owner": "人口管理大队", "purpose": "实有人口核对",
         "#": "529901 不是任何县的代码：这里的身份证号校验位正确，但不属于任何人"},
        {"id": "persons_roll", "title": "社会保险参保名册", "title_en": "Social insurance roll",
         "file": "社会保险参保名册.tsv", **common, "department": "人社局", "owner": "社会保险事业局",
         "purpose": "参保核对"},
    ]  # fmt: skip


def _events(world: World, raw: RawFolder, truth: dict[str, Any]) -> list[Entry]:
    sheet, planted, truth["events"] = events.make_events(
        world.sites, world.areas, world.names, world.people, world.buildings, world.facilities.table,
        chance(world.seed, 34),
    )  # fmt: skip
    raw.text_table("事件工单.csv", note(truth, "events", sheet, planted), encoding="gbk")
    listed, readings, truth["sensors"] = sensors.make_sensors(
        world.relief, world.sites, chance(world.seed, 35)
    )
    raw.text_table("监测设备.csv", listed, encoding="utf-8-sig")
    raw.parquet("监测数据.parquet", readings)
    emergency = {
        "department": "应急局",
        "owner": "指挥中心",
        "licence": "内部共享",
        "date": NOV_2025,
    }
    return [
        {"id": "events", "title": "事件工单", "title_en": "Events", "kind": "events", "file": "事件工单.csv",
         "encoding": "GBK", "crs": "EPSG:4490", "date": NOV_2025, "refresh_days": 1, "department": "城管局",
         "owner": "数字城管中心", "purpose": "接诉即办与风险研判", "licence": "内部共享"},
        {"id": "sensors", "title": "监测设备", "title_en": "Sensors", "kind": "sensors", "crs": "EPSG:4490",
         "file": "监测设备.csv", **emergency, "refresh_days": 90, "purpose": "监测预警"},
        {"id": "readings", "title": "监测数据", "title_en": "Readings", "kind": "readings",
         "file": "监测数据.parquet", **emergency, "refresh_days": 1, "purpose": "监测预警"},
    ]  # fmt: skip


def _zones(world: World, raw: RawFolder, truth: dict[str, Any]) -> list[Entry]:
    table, truth["zones"] = zones.draft_zones(world.areas, world.names)
    raw.layers("网格调整方案.gpkg", {"方案": table})
    return [
        {"id": "zones_draft", "title": "管理网格调整方案（草稿）", "title_en": "Draft of management zones",
         "kind": "features", "layer": "zones", "file": "网格调整方案.gpkg", "table": "方案",
         "crs": "EPSG:4490", "tiles": True, "date": dt.date(2025, 10, 15), "refresh_days": 365,
         "department": "政法委",
         "owner": "网格化服务中心", "purpose": "网格调整征求意见", "licence": "内部共享",
         "#": "草稿里有重叠、空隙、碎片、自相交、重复和飞地各一处，供图形检查"},
    ]  # fmt: skip


CROSSCHECKS: list[Entry] = [
    {"id": "police_roll", "title": "人口登记与参保名册", "title_en": "Register of persons and insurance roll",
     "left": "persons_police", "right": "persons_roll", "fields": ["birth", "sex", "code"]},
]  # fmt: skip
