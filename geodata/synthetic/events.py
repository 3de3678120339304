"""A year of events in the sample county, with the patterns planted in it."""

# ruff: noqa: E501 - tables of words and weights: a row a line, and Chinese counts double

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata import crs
from geodata.synthetic.boundaries import Areas
from geodata.synthetic.naming import Names
from geodata.synthetic.people import People
from geodata.synthetic.registers import Buildings
from geodata.synthetic.relief import CRS, degrees
from geodata.synthetic.settlements import SEAT, ZONE, Sites
from geodata.synthetic.sheets import some, with_extra_rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST_DAY, N_DAYS = dt.date(2024, 11, 1), 365
N_BASE = 11_340
OUTBREAK = (dt.date(2025, 5, 12), dt.date(2025, 5, 25))
RISING = "飞线充电"


@dataclass(frozen=True)
class _Sort:
    """One category: who reports it, how often, where, when, in what words."""

    channel: str
    share: float
    places: tuple[float, float, float, float]  # weight of a resident in country, core, zone, seat
    season: tuple[float, ...]  # weight of each month, January first
    hours: float  # median hours until it is closed
    texts: tuple[str, ...]


_EVEN = (1.0,) * 12
_DRY = (2.0, 2.8, 3.0, 2.2, 0.8, 0.4, 0.4, 0.6, 0.7, 0.9, 1.2, 1.6)
_WET = (0.1, 0.1, 0.3, 0.9, 2.2, 4.0, 3.6, 2.0, 1.0, 0.4, 0.2, 0.1)
_COLD = (2.6, 2.0, 1.4, 1.0, 0.7, 0.5, 0.5, 0.5, 0.7, 0.9, 1.4, 2.2)
SORTS = {
    "噪声扰民": _Sort("12345热线", 0.10, (0.1, 0.8, 0.7, 1.6), _EVEN, 40, (
        "{p}夜间施工噪声大，影响休息。", "{p}广场舞音响声音过大，请处理。", "{p}楼下烧烤店凌晨还在营业，很吵。")),
    "供水供电": _Sort("12345热线", 0.10, (0.8, 0.9, 0.6, 0.9), _EVEN, 20, (
        "{p}今早停水，没有收到通知。", "{p}电压低，家电带不动。", "{p}自来水发黄，希望检测水质。")),
    "道路破损": _Sort("12345热线", 0.09, (1.1, 0.8, 0.5, 0.6), _WET, 120, (
        "{p}通村公路塌方后一直没有修复。", "{p}路面坑洼，电动车摔倒。", "{p}路灯不亮，晚上出行不安全。")),
    "垃圾清运": _Sort("12345热线", 0.08, (0.4, 1.2, 0.5, 1.2), _EVEN, 30, (
        "{p}垃圾箱几天没有清运，气味很大。", "{p}河边有人倾倒建筑垃圾。", "{p}污水管堵塞，脏水流到路上。")),
    "社保医保咨询": _Sort("12345热线", 0.09, (0.9, 0.9, 0.9, 0.9), _EVEN, 16, (
        "咨询{p}养老金资格认证怎么办理。", "{p}居民询问异地就医报销。", "{p}老人医保卡不能使用，请帮助。")),
    "物业纠纷": _Sort("12345热线", 0.06, (0.0, 0.4, 0.6, 1.9), _EVEN, 90, (
        "{p}小区电梯经常故障，物业不处理。", "{p}物业乱收停车费。", "{p}小区消防通道被占用。")),
    "占道经营": _Sort("城管巡查", 0.10, (0.05, 1.2, 0.5, 1.8), _EVEN, 6, (
        "{p}流动摊贩占道经营，影响通行。", "{p}门店超出门线摆放货物。", "{p}占道停车堵塞路口。")),
    "市政设施损坏": _Sort("城管巡查", 0.06, (0.0, 0.8, 0.6, 1.7), _EVEN, 48, (
        "{p}井盖破损，存在安全隐患。", "{p}人行道地砖松动。", "{p}护栏被撞坏。")),
    "盗窃": _Sort("110报警", 0.045, (0.4, 0.9, 1.2, 1.2), _EVEN, 200, (
        "{p}住户家中财物被盗。", "{p}电动车电瓶被偷。", "{p}工地材料被盗。")),
    "电信诈骗": _Sort("110报警", 0.035, (0.5, 0.9, 1.3, 1.2), _EVEN, 300, (
        "{p}居民接到冒充客服电话，被骗转账。", "{p}老人疑似被骗购买保健品。", "{p}有人刷单被骗。")),
    "打架斗殴": _Sort("110报警", 0.03, (0.4, 1.0, 1.2, 1.1), _EVEN, 30, (
        "{p}酒后发生冲突，有人受伤。", "{p}两家人因停车打架。")),
    "交通事故": _Sort("110报警", 0.07, (0.8, 1.0, 0.9, 1.0), _EVEN, 4, (
        "{p}两车相撞，一人轻伤。", "{p}摩托车侧翻。", "{p}货车刮擦护栏，道路拥堵。")),
    "火灾": _Sort("119报警", 0.02, (1.2, 1.0, 0.8, 0.7), _DRY, 3, (
        "{p}农房起火，无人员被困。", "{p}山林冒烟，疑似烧荒引起。", "{p}电动车充电起火。")),
    "疾病报告": _Sort("卫健上报", 0.075, (0.9, 1.0, 1.0, 1.0), _COLD, 60, (
        "{p}报告发热伴咳嗽一例。", "{p}报告手足口病疑似一例。", "{p}报告腹泻一例。")),
    "矛盾纠纷": _Sort("网格员上报", 0.075, (1.1, 0.9, 0.8, 0.7), _EVEN, 72, (
        "{p}两户因宅基地边界发生争执。", "{p}邻里因排水沟产生矛盾，已劝解。", "{p}家庭纠纷，需上门调解。")),
    "安全隐患": _Sort("网格员上报", 0.065, (1.2, 0.8, 0.8, 0.8), _WET, 36, (
        "{p}屋后山体有裂缝，雨天担心滑坡。", "{p}独居老人房屋漏雨。", "{p}燃气管道老化，请排查。")),
}  # fmt: skip


def make_events(
    sites: Sites, areas: Areas, names: Names, people: People, buildings: Buildings,
    schools: pd.DataFrame, rng: np.random.Generator,
) -> tuple[pd.DataFrame, dict[str, int], dict[str, object]]:  # fmt: skip
    """Return a year of events, the mistakes in them, and the patterns planted in them."""
    parts = [everyday(sites, people, buildings, rng)]
    spots, told = _hot_spots(sites, buildings, rng)
    outbreak, outbreak_told = _outbreak(buildings, schools, rng)
    rising, rising_told = _rising(sites, buildings, rng)
    raw = pd.concat([*parts, *spots, outbreak, rising], ignore_index=True)
    raw = raw.iloc[np.argsort(raw["minute"].to_numpy(), kind="stable")].reset_index(drop=True)
    table, without = _sheet(raw, areas, names, buildings, rng)
    sheet, planted = _mistakes(table, rng)
    truth: dict[str, object] = {
        "events": len(table), "without_position": without, "hot_spots": told,
        "outbreak": outbreak_told, "rising_topic": rising_told,
    }  # fmt: skip
    return sheet, planted, truth


def _minutes(sort: _Sort, n: int, rng: np.random.Generator) -> Ints:
    """Draw minutes since the first day: months by season, days even, hours of the waking day."""
    months = np.array([(FIRST_DAY + dt.timedelta(days=d)).month - 1 for d in range(N_DAYS)])
    weight = np.array(sort.season)[months] + 0.05
    day = rng.choice(N_DAYS, n, p=weight / weight.sum())
    hour = np.clip(rng.normal(13.5, 4.6, n), 0, 23.98)
    return np.asarray((day * 24 + hour) * 60, dtype=np.int64)


def everyday(
    sites: Sites, people: People, buildings: Buildings, rng: np.random.Generator
) -> pd.DataFrame:
    """Return a year of events without any plant: category, house, minute of the year, text."""
    persons = people.usual.sum(axis=(1, 2))
    per_house = persons[buildings.grid] / np.bincount(buildings.grid)[buildings.grid]
    place = sites.setting[buildings.grid]
    total = sum(sort.share for sort in SORTS.values())
    parts = []
    for category, sort in SORTS.items():
        n = round(N_BASE * sort.share / total)
        weight = per_house * np.array(sort.places)[place]
        house = rng.choice(len(weight), n, p=weight / weight.sum())
        parts.append(_rows(category, house, _minutes(sort, n, rng), rng))
    return pd.concat(parts, ignore_index=True)


def _rows(
    category: str, house: Ints, minute: Ints, rng: np.random.Generator, text: tuple[str, ...] = ()
) -> pd.DataFrame:
    words = text or SORTS[category].texts
    spoken = np.array(words, dtype=object)[rng.integers(0, len(words), len(house))]
    return pd.DataFrame({"category": category, "house": house, "minute": minute, "text": spoken})


def _around(
    buildings: Buildings, centre: Floats, radius: float, n: int, rng: np.random.Generator
) -> Ints:
    near = np.flatnonzero(np.hypot(*(buildings.xy - centre).T) < radius)
    return np.asarray(rng.choice(near, n))


def _hot_spots(
    sites: Sites, buildings: Buildings, rng: np.random.Generator
) -> tuple[list[pd.DataFrame], list[dict[str, object]]]:
    """Plant five places where one category happens far too often."""
    east = sites.towns[np.argmax(sites.towns[:, 0])]
    west = sites.towns[np.argmin(sites.towns[:, 0])]
    parts, told = [], []
    for category, centre, radius, n in (
        ("占道经营", sites.seat + np.array([350.0, -420.0]), 260.0, 110),
        ("噪声扰民", sites.seat + np.array([-900.0, 700.0]), 280.0, 90),
        ("盗窃", sites.zone, 420.0, 75),
        ("垃圾清运", east, 330.0, 60),
        ("交通事故", west, 380.0, 48),
    ):
        house = _around(buildings, centre, radius, n, rng)
        parts.append(_rows(category, house, _minutes(SORTS[category], n, rng), rng))
        lon, lat = crs.to_lon_lat(centre[:1], centre[1:], CRS)
        told.append({"category": category, "lon": round(float(lon[0]), 6), "lat": round(float(lat[0]), 6),
                     "radius_m": radius, "extra_events": n})  # fmt: skip
    return parts, told


def _outbreak(
    buildings: Buildings, schools: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, object]]:
    """Plant a fortnight of illness around one town's junior school."""
    school = schools[schools["kind"] == "junior_school"].iloc[8]
    centre = np.array([school["x"], school["y"]])
    n = 86
    first = (OUTBREAK[0] - FIRST_DAY).days
    length = (OUTBREAK[1] - OUTBREAK[0]).days + 1
    day = first + np.minimum((rng.gamma(3.0, 1.9, n)).astype(int), length - 1)
    minute = ((day * 24 + rng.uniform(8, 20, n)) * 60).astype(np.int64)
    words = (
        "{p}报告学生腹泻、呕吐一例。",
        "{p}报告腹泻伴发热一例。",
        "{p}报告呕吐一例，在校就餐。",
    )
    rows = _rows("疾病报告", _around(buildings, centre, 1200.0, n, rng), minute, rng, words)
    lon, lat = crs.to_lon_lat(centre[:1], centre[1:], CRS)
    told = {"category": "疾病报告", "place": school["name"], "lon": round(float(lon[0]), 6),
            "lat": round(float(lat[0]), 6), "radius_m": 1200.0, "extra_events": n,
            "from": OUTBREAK[0].isoformat(), "to": OUTBREAK[1].isoformat()}  # fmt: skip
    return rows, told


def _rising(
    sites: Sites, buildings: Buildings, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, object]]:
    """Plant a topic that grows over the last ten weeks: batteries charged over loose wires."""
    weekly = [4, 6, 8, 11, 15, 20, 26, 33, 40, 46]
    day = np.concatenate(
        [N_DAYS - 70 + 7 * week + rng.integers(0, 7, n) for week, n in enumerate(weekly)]
    )
    minute = ((day * 24 + rng.uniform(8, 22, len(day))) * 60).astype(np.int64)
    urban = np.flatnonzero(np.isin(sites.setting[buildings.grid], (SEAT, ZONE)))
    words = (
        f"{{p}}有人从楼上拉线给电动车充电，{RISING}很危险。",
        f"{{p}}楼道内{RISING}，请尽快整治。",
    )
    rows = _rows("安全隐患", rng.choice(urban, len(day)), minute, rng, words)
    start = FIRST_DAY + dt.timedelta(days=N_DAYS - 70)
    return rows, {
        "keyword": RISING,
        "category": "安全隐患",
        "from": start.isoformat(),
        "weekly": weekly,
    }


def _sheet(
    raw: pd.DataFrame, areas: Areas, names: Names, buildings: Buildings, rng: np.random.Generator
) -> tuple[pd.DataFrame, int]:
    n = len(raw)
    house = raw["house"].to_numpy()
    grid = buildings.grid[house]
    village = areas.grid_village[grid]
    lon, lat = degrees(buildings.xy[house] + rng.normal(0, 7, (n, 2)))
    reported = np.datetime64(FIRST_DAY.isoformat(), "m") + raw["minute"].to_numpy()
    hours = raw["category"].map({name: sort.hours for name, sort in SORTS.items()}).to_numpy()
    closed = reported + (hours * 60 * rng.lognormal(0, 0.8, n)).astype(np.int64)
    done = (closed < np.datetime64("2025-11-01T00:00")) & (rng.random(n) < 0.985)
    where = np.array(names.villages, dtype=object)[village]
    vague = rng.random(n) < 0.03
    table = pd.DataFrame({
        "事件编号": [f"SJ{str(day)[:10].replace('-', '')}{k:05d}" for k, day in enumerate(reported, 1)],
        "来源": raw["category"].map({name: sort.channel for name, sort in SORTS.items()}),
        "事件类别": raw["category"],
        "诉求内容": [text.replace("{p}", place) for text, place in zip(raw["text"], where, strict=True)],
        "经度": np.where(vague, "", np.char.mod("%.6f", lon)),
        "纬度": np.where(vague, "", np.char.mod("%.6f", lat)),
        "区划代码": np.array(names.village_codes)[village],
        "楼栋编号": np.where(vague | (rng.random(n) < 0.35), "", buildings.ids[house].astype(str)),
        "受理时间": np.char.replace(np.datetime_as_string(reported), "T", " "),
        "办结时间": np.where(done, np.char.replace(np.datetime_as_string(closed), "T", " "), ""),
        "状态": np.where(done, "已办结", np.where(rng.random(n) < 0.8, "办理中", "待派单")),
    })  # fmt: skip
    return table, int(vague.sum())


def _mistakes(table: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, dict[str, int]]:
    planted = {"time_missing": 10, "date_impossible": 5, "code_unknown": 9, "category_missing": 6,
               "closed_before_reported": 12, "duplicate_id": 15}  # fmt: skip
    done = np.flatnonzero(table["状态"] == "已办结")
    backwards = rng.choice(done, planted["closed_before_reported"], replace=False)
    extra = [
        some(table, planted["time_missing"], rng, 受理时间=""),
        some(table, planted["date_impossible"], rng, 受理时间="2025-02-30 10:15"),
        some(
            table,
            planted["code_unknown"],
            rng,
            区划代码="529901388205",
            经度="",
            纬度="",
            楼栋编号="",
        ),
        some(table, planted["category_missing"], rng, 事件类别=""),
    ]
    table.loc[table.index[backwards], "办结时间"] = "2024-06-01 08:00"
    bad = pd.concat(extra, ignore_index=True)
    bad["事件编号"] = [f"SJ2025X{k:05d}" for k in range(1, len(bad) + 1)]
    sheet = with_extra_rows(table, [bad], rng)
    return pd.concat([sheet, some(table, planted["duplicate_id"], rng)], ignore_index=True), planted
