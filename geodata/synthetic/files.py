"""The raw files of the sample county and the manifest that describes them."""

# ruff: noqa: E501 - tables of words and weights: a row a line, and Chinese counts double

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.synthetic import sheets
from geodata.synthetic.departments import write_departments
from geodata.synthetic.naming import COUNTY, COUNTY_CODE, COUNTY_EN, english
from geodata.synthetic.relief import (
    CRS,
    N_Y,
    SOUTH_M,
    STEP_M,
    WEST_M,
    degrees,
    elevation_raster,
)
from geodata.synthetic.world import World, chance
from geodata.synthetic.writers import RawFolder, toml_text

DEGREES = "EPSG:4490"
NOV_2025 = dt.date(2025, 11, 1)
SEX = {"男": "m", "女": "f"}
_RIVERS = (
    "青水河",
    "岚溪",
    "龙潭河",
    "沙坝河",
    "石门溪",
    "白水河",
    "野猫溪",
    "双溪",
    "冷水河",
    "牛栏溪",
)

Entry = dict[str, Any]


def write_all(world: World, folder: Path) -> tuple[list[Entry], dict[str, Any]]:
    """Write every raw file; return the manifest's entries and the planted truth."""
    raw = RawFolder(folder)
    truth: dict[str, Any] = {
        "seed": world.seed,
        "defects": {},
        "good_rows": {},
        "totals": totals(world),
    }
    entries = _regions(world, raw)
    truth["defects"]["villages"] = {"parent_missing": 1}
    entries += _population(world, raw, truth)
    entries += _land(world, raw)
    entries += write_departments(world, raw, truth)
    return entries, truth


def _regions(world: World, raw: RawFolder) -> list[Entry]:
    names, areas = world.names, world.areas
    county = {"代码": [COUNTY_CODE], "名称": [COUNTY], "英文名称": [COUNTY_EN]}
    town = {
        "代码": names.town_codes,
        "名称": names.towns,
        "英文名称": [english(t) for t in names.towns],
    }
    town["上级代码"] = [COUNTY_CODE] * len(names.towns)
    raw.layers("行政区域界线.gpkg", {
        "县界": _frame(county, [areas.county]), "乡镇界": _frame(town, areas.towns),
    })  # fmt: skip
    parents = [names.town_codes[t] for t in areas.village_town.tolist()]
    village = {"村代码": names.village_codes, "村名": names.villages}
    village["英文名"] = [english(v) for v in names.villages]
    village["上级代码"] = ["" if i == 120 else code for i, code in enumerate(parents)]
    raw.zipped_shapefile(
        "村级界线.zip", _frame(village, areas.villages).to_crs(CRS), encoding="GB18030"
    )
    grid = {"网格编码": names.grid_codes, "网格名称": names.grids}
    of = areas.grid_village.tolist()
    grid["name_en"] = [
        f"{village['英文名'][v]} Grid {int(code[-3:])}"
        for v, code in zip(of, names.grid_codes, strict=True)
    ]
    grid["上级代码"] = [names.village_codes[v] for v in of]
    raw.flatgeobuf("网格.fgb", _frame(grid, areas.grids))
    common = {
        "kind": "regions", "crs": DEGREES, "date": dt.date(2025, 6, 30), "refresh_days": 365,
        "department": "自然资源局", "purpose": "行政管理与专题制图", "class": "公开", "licence": "政府信息公开",
    }  # fmt: skip
    gpkg = {"file": "行政区域界线.gpkg", **common, "owner": "测绘地理信息股"}
    civil = {"department": "民政局", "owner": "区划地名股"}
    return [
        {"id": "county", "title": "县界", "title_en": "County boundary", "level": "county",
         "table": "县界", **gpkg},
        {"id": "townships", "title": "乡镇界", "title_en": "Township boundaries", "level": "township",
         "table": "乡镇界", **gpkg},
        {"id": "villages", "title": "村级界线", "title_en": "Village boundaries", "level": "village",
         "file": "村级界线.zip", **common, **civil, "crs": CRS, "encoding": "GB18030",
         "#": "投影坐标（CGCS2000 三度带，中央经线 108°），属性表为 GB18030"},
        {"id": "grids", "title": "社会治理网格", "title_en": "Grids", "level": "grid", "file": "网格.fgb",
         **common, "department": "政法委", "owner": "网格化服务中心"},
    ]  # fmt: skip


def _frame(columns: dict[str, Any], shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=DEGREES)


def _population(world: World, raw: RawFolder, truth: dict[str, Any]) -> list[Entry]:
    people, names = world.people, world.names
    rng = chance(world.seed, 20)
    sheet = sheets.note(truth, "population_grid", *sheets.usual_by_grid(people, names, rng))
    raw.text_table("常住人口_网格_2025.csv", sheet, encoding="gb18030")
    raw.workbook("第七次人口普查_村级.xlsx", {"分村人口": sheets.usual_2020(people, names)})
    raw.text_table("户籍人口_2025.csv", sheets.registered(people, names), encoding="gbk")
    raw.text_table("流动人口_网格.csv", sheets.floating(people, names), encoding="utf-8-sig")
    table = sheets.note(truth, "households", *sheets.households(people, names, rng))
    raw.workbook("家庭户_分村.xlsx", {"家庭户": table})
    table = sheets.note(truth, "vulnerable", *sheets.vulnerable(people, names, rng))
    raw.workbook("重点人群台账.xlsx", {"台账": table})
    statistics = {"department": "统计局", "owner": "人口社会科技股", "licence": "内部共享"}
    police = {"department": "公安局", "owner": "人口管理大队", "licence": "内部共享"}
    civil = {"department": "民政局", "owner": "社会救助股", "licence": "内部共享"}
    sexes = {"sex": SEX}
    return [
        {"id": "population_grid", "title": "常住人口（网格、性别、年龄）",
         "title_en": "Usual residents by grid, sex and age", "kind": "population", "level": "grid",
         "file": "常住人口_网格_2025.csv", "encoding": "GB18030", "constant": {"kind": "usual"},
         "values": sexes, "refresh_days": 365, "purpose": "公共服务配置与风险评估", **statistics,
         "#": "含统计部门常见的错行：错码、缺值、负数、全角数字、2 月 30 日、重复行"},
        {"id": "population_2020", "title": "第七次人口普查（村）", "title_en": "Census 2020 by village",
         "kind": "population", "level": "village", "file": "第七次人口普查_村级.xlsx", "table": "分村人口",
         "date": dt.date(2020, 11, 1), "constant": {"kind": "usual"}, "values": sexes,
         "refresh_days": 3650, "purpose": "人口变动分析", **statistics},
        {"id": "population_registered", "title": "户籍人口（村）", "title_en": "Registered people by village",
         "kind": "population", "level": "village", "file": "户籍人口_2025.csv", "date": NOV_2025,
         "constant": {"kind": "registered"}, "values": sexes, "refresh_days": 30,
         "purpose": "人户分离分析", **police},
        {"id": "population_floating", "title": "流动人口（网格）", "title_en": "Floating people by grid",
         "kind": "population", "level": "grid", "file": "流动人口_网格.csv", "date": NOV_2025,
         "columns": {"code": "网格编码", "persons": "流动人口"},
         "constant": {"kind": "floating", "sex": "t", "age_band": "all"}, "refresh_days": 30,
         "purpose": "流动人口服务", **police},
        {"id": "households", "title": "家庭户（村）", "title_en": "Households by village",
         "kind": "households", "level": "village", "file": "家庭户_分村.xlsx", "date": NOV_2025,
         "values": {"type": dict(zip(sheets.HOUSEHOLDS_ZH, ("single", "couple", "two_generation",
                                                            "three_generation", "other"), strict=True))},
         "refresh_days": 365, "purpose": "家庭结构分析", **statistics},
        {"id": "vulnerable", "title": "重点人群台账（村）", "title_en": "Vulnerable groups by village",
         "kind": "vulnerable", "level": "village", "file": "重点人群台账.xlsx", "date": NOV_2025,
         "values": {"group": dict(zip(sheets.GROUPS_ZH, ("living_alone_60", "left_behind_child",
                                                         "low_income", "disabled", "unsupported"), strict=True))},
         "class": "敏感", "refresh_days": 90, "purpose": "救助与探访", **civil},
    ]  # fmt: skip


def _land(world: World, raw: RawFolder) -> list[Entry]:
    relief = world.relief
    raw.geotiff(
        "高程_90m.tif", elevation_raster(relief, chance(world.seed, 21)),
        west=WEST_M, north=SOUTH_M + N_Y * STEP_M, step=STEP_M / 2, crs=CRS,
    )  # fmt: skip
    lines = [shapely.LineString(np.column_stack(degrees(line))) for line in relief.rivers]
    rivers = gpd.GeoDataFrame(
        {"编号": [f"R{i:03d}" for i in range(1, len(lines) + 1)],
         "名称": [_RIVERS[i] if i < len(_RIVERS) else "" for i in range(len(lines))],
         "类别": np.where(relief.river_km2 > 400, "干流", np.where(relief.river_km2 > 60, "支流", "溪沟")),
         "集水面积_km2": np.round(relief.river_km2, 1)},
        geometry=lines, crs=DEGREES,
    )  # fmt: skip
    rivers = rivers[rivers.intersects(world.areas.county)]
    raw.geojson("河流.geojson", rivers)
    return [
        {"id": "elevation", "title": "数字高程", "title_en": "Elevation", "kind": "elevation",
         "file": "高程_90m.tif", "crs": CRS, "date": dt.date(2024, 3, 1), "department": "自然资源局",
         "owner": "测绘地理信息股", "purpose": "坡度与汇水分析", "refresh_days": 3650, "licence": "内部共享"},
        {"id": "rivers", "title": "河流", "title_en": "Rivers", "kind": "features", "layer": "rivers",
         "file": "河流.geojson", "crs": DEGREES, "date": dt.date(2025, 3, 1), "department": "水利局",
         "owner": "河湖管理股", "purpose": "防汛与桥梁", "class": "公开", "refresh_days": 365,
         "licence": "政府信息公开"},
    ]  # fmt: skip


def write_manifest(folder: Path, entries: list[Entry], crosschecks: list[Entry], seed: int) -> Path:
    """Write ``county.toml`` and return its path."""
    lines = [
        f"# {COUNTY}（{COUNTY_EN}）的数据清单。县、人、机构、事件都是虚构的，由种子 {seed} 生成。",
        "# The manifest of an invented county. No person, place or office in these files exists;",
        "# the prefix 529901 is assigned to no county, so no identity number here is anybody's.",
        "",
        "[county]",
        f'code = "{COUNTY_CODE}"',
        f'name = "{COUNTY}"',
        f'name_en = "{COUNTY_EN}"',
        f'crs = "{CRS}"  # CGCS2000 三度带，中央经线 108°',
        'language = "zh"',
        "invented = true",
        "as_of = 2025-11-15  # the sample stands still: deliveries are judged on this day",
    ]
    for kind, group in (("dataset", entries), ("crosscheck", crosschecks)):
        for entry in group:
            lines += ["", *([f"# {entry['#']}"] if "#" in entry else []), f"[[{kind}]]"]
            lines += [f"{key} = {toml_text(value)}" for key, value in entry.items() if key != "#"]
    path = folder / "county.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def totals(world: World) -> dict[str, Any]:
    """Return what the figures must come to, county and townships."""
    people, areas, codes = world.people, world.areas, world.names.town_codes
    by_grid = people.usual.sum(axis=(1, 2))
    by_town = np.bincount(areas.grid_town, by_grid).astype(int)
    sums = pd.Series(by_town, index=codes)
    return {
        "regions": {"county": 1, "township": len(codes), "village": len(areas.villages), "grid": len(by_grid)},
        "usual": int(by_grid.sum()),
        "usual_2020": int(people.usual_2020.sum()),
        "registered": int(people.registered.sum()),
        "floating": int(people.floating.sum()),
        "households": int(people.households.sum()),
        "vulnerable": dict(zip(("living_alone_60", "left_behind_child", "low_income", "disabled",
                                "unsupported"), people.groups.sum(axis=0).tolist(), strict=True)),
        "usual_60_and_over": int(people.usual[..., 12:].sum()),
        "usual_by_township": sums.sort_index().to_dict(),
    }  # fmt: skip
