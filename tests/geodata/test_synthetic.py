"""The sample county: the same every time, tiling without gaps, reconciling to the person."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from geodata import crs
from geodata.synthetic import make_county
from geodata.synthetic.people import whole_parts
from geodata.synthetic.persons import identity_numbers
from geodata.synthetic.registers import credit_code
from loaders.catalog import FACILITY_KINDS, POPULATION_KINDS, ROAD_CLASSES
from loaders.manifest import Manifest

CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_county(tmp_path_factory.mktemp("qinglan")).parent


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict:
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def manifest(folder: Path) -> Manifest:
    content = tomllib.loads((folder / "county.toml").read_text(encoding="utf-8"))
    return Manifest(**content, folder=folder)


@pytest.fixture(scope="module")
def grids(folder: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(folder / "网格.fgb")


@pytest.fixture(scope="module")
def villages(folder: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(f"zip://{folder / '村级界线.zip'}", encoding="GB18030")


@pytest.fixture(scope="module")
def county(folder: Path) -> object:
    return gpd.read_file(folder / "行政区域界线.gpkg", layer="县界").geometry.iloc[0]


def _hashes(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def _csv(folder: Path, name: str, encoding: str, sep: str = ",") -> pd.DataFrame:
    return pd.read_csv(folder / name, encoding=encoding, sep=sep, dtype=str, keep_default_na=False)


def _weighted_check(identity: str) -> bool:
    """Check a number by GB 11643 written out: sum of digit times 2**(17 - place) mod 11."""
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(identity[:17]))
    return identity[17] == "10X98765432"[total % 11]


def test_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    assert _hashes(make_county(tmp_path).parent) == _hashes(folder)


def test_other_seeds_make_other_counties_that_still_tile(tmp_path: Path, folder: Path) -> None:
    steps: list[str] = []
    make_county(tmp_path, seed=4, progress=steps.append)
    assert steps == [
        "relief",
        "settlements",
        "people",
        "roads",
        "buildings and facilities",
        "files",
    ]
    grids = gpd.read_file(tmp_path / "网格.fgb")
    assert len(grids) == 3000
    assert shapely.coverage_is_valid(grids.geometry.to_numpy())
    assert json.loads((tmp_path / "truth.json").read_text("utf-8"))["totals"]["usual"] == 480_000
    assert _hashes(tmp_path)["网格.fgb"] != _hashes(folder)["网格.fgb"]


def test_manifest_names_every_file_with_its_department(manifest: Manifest, folder: Path) -> None:
    assert manifest.county.invented
    assert manifest.county.code == "529901"
    for entry in manifest.dataset:
        assert (folder / entry.file).exists(), entry.id
        for told in (entry.title_en, entry.department, entry.owner, entry.purpose, entry.licence):
            assert told, entry.id
        assert entry.date or "日期" in str(entry.file) or entry.id == "population_grid"
    assert {entry.file for entry in manifest.dataset} | {"county.toml", "truth.json"} == {
        path.name for path in folder.iterdir()
    }


def test_manifest_maps_only_to_known_values(manifest: Manifest) -> None:
    known = {"facilities": FACILITY_KINDS, "road_edges": ROAD_CLASSES}
    for entry in manifest.dataset:
        if entry.kind in known:
            column = "kind" if entry.kind == "facilities" else "class"
            assert set(entry.values[column].values()) <= set(known[entry.kind])
        if entry.kind == "population":
            assert entry.constant["kind"] in POPULATION_KINDS


def test_good_rows_sum_to_480000(folder: Path, grids: gpd.GeoDataFrame, truth: dict) -> None:
    sheet = _csv(folder, "常住人口_网格_2025.csv", "gb18030")
    wide = sheet["常住人口"].str.contains("[０-９]", regex=True)
    assert wide.sum() >= truth["defects"]["population_grid"]["full_width_digits"]
    half = sheet["常住人口"].str.translate(str.maketrans("０１２３４５６７８９", "0123456789"))
    sheet["n"] = pd.to_numeric(half, errors="coerce")
    good = sheet[(sheet["n"] >= 0) & (sheet["统计日期"] == "2025-11-01")]
    good = good[good["网格编码"].isin(set(grids["网格编码"]))]
    good = good.drop_duplicates(["网格编码", "性别", "年龄段"])
    assert good["n"].sum() == 480_000
    assert good["网格编码"].nunique() == 3000
    planted = truth["defects"]["population_grid"]
    assert len(sheet) - len(good) == sum(planted.values()) - planted["full_width_digits"]


def test_regions_tile_and_nest(
    folder: Path, grids: gpd.GeoDataFrame, villages: gpd.GeoDataFrame, county: object
) -> None:
    assert len(grids) == 3000
    assert grids["网格编码"].is_unique
    assert shapely.coverage_is_valid(grids.geometry.to_numpy())
    assert set(shapely.get_type_id(grids.geometry.to_numpy())) == {shapely.GeometryType.POLYGON}
    towns = gpd.read_file(folder / "行政区域界线.gpkg", layer="乡镇界")
    metric = villages.crs
    own = villages.set_index("村代码").geometry.area
    by_village = grids.to_crs(metric).geometry.area.groupby(grids["上级代码"]).sum()
    assert (by_village - own).abs().max() < 1
    by_town = own.groupby(own.index.str[:9]).sum()
    assert (by_town - towns.set_index("代码").to_crs(metric).area).abs().max() < 1
    whole = gpd.GeoSeries([county], crs=4490).to_crs(metric).area.iloc[0]
    assert own.sum() == pytest.approx(whole, abs=1)
    assert 2_300e6 < whole < 2_500e6
    home = villages.to_crs(4490).set_index("村代码").geometry.loc[grids["上级代码"]]
    inner = shapely.point_on_surface(grids.geometry.to_numpy())
    assert shapely.within(inner, home.to_numpy()).all()


def test_codes_follow_the_levels(grids: gpd.GeoDataFrame, villages: gpd.GeoDataFrame) -> None:
    assert (grids["网格编码"].str[:12] == grids["上级代码"]).all()
    assert grids["网格编码"].str.fullmatch(r"529901\d{9}").all()
    given = villages["上级代码"].fillna("")
    assert (given == "").sum() == 1
    assert (villages["村代码"].str[:9] == given)[given != ""].all()
    assert villages["村名"].is_unique


def test_truth_totals(truth: dict) -> None:
    totals = truth["totals"]
    assert totals["usual"] == 480_000
    assert sum(totals["usual_by_township"].values()) == 480_000
    assert totals["regions"] == {"county": 1, "township": 20, "village": 300, "grid": 3000}


def test_people_are_believable(truth: dict, folder: Path) -> None:
    totals = truth["totals"]
    assert totals["registered"] > totals["usual"]  # people have left
    zone = totals["usual_by_township"]["529901400"]
    floating = _csv(folder, "流动人口_网格.csv", "utf-8-sig")
    in_zone = floating["网格编码"].str.startswith("529901400")
    amount = floating["流动人口"].astype(int)
    assert amount[in_zone].sum() > 0.25 * zone
    assert amount.sum() == totals["floating"]
    assert 0.18 < totals["usual_60_and_over"] / totals["usual"] < 0.28


def test_everything_stands_inside_the_county(folder: Path, county: object, truth: dict) -> None:
    shapely.prepare(county)
    health = pd.read_excel(folder / "医疗机构名录.xlsx", engine="calamine")
    schools = _csv(folder, "学校与幼儿园.csv", "utf-8-sig")
    public = _csv(folder, "公共服务设施.csv", "gbk").rename(columns={"lon": "经度", "lat": "纬度"})
    n = 0
    for table, offset in ((health, ""), (schools, "gcj02"), (public, "")):
        good = table[~table.iloc[:, 1].str.endswith("（待核）")]
        lon, lat = (pd.to_numeric(good[c]).to_numpy(dtype=float) for c in ("经度", "纬度"))
        lon, lat = crs.undo_offset(lon, lat, offset)
        assert shapely.intersects_xy(county, lon, lat).all()
        n += len(good)
    assert n == sum(truth["totals"]["facilities"].values())
    houses = pd.read_parquet(folder / "建筑普查.parquet").iloc[: truth["totals"]["buildings"]]
    assert shapely.intersects_xy(county, houses["经度"].to_numpy(), houses["纬度"].to_numpy()).all()
    assert houses["建筑编号"].is_unique


def test_houses_stand_in_the_grid_of_their_code(
    folder: Path, grids: gpd.GeoDataFrame, truth
) -> None:
    houses = pd.read_parquet(folder / "建筑普查.parquet").iloc[: truth["totals"]["buildings"]]
    points = shapely.points(houses["经度"].to_numpy(), houses["纬度"].to_numpy())
    shape = grids.set_index("网格编码").geometry.loc[houses["建筑编号"].str[:15]].to_numpy()
    apart = shapely.distance(points, shape)
    assert apart.max() < 3e-6  # rounding to six decimals may carry a point over a border


def test_roads_hang_together_except_the_planted_hamlets(folder: Path, truth: dict) -> None:
    nodes = _csv(folder, "路网_节点.csv", "utf-8")
    edges = _csv(folder, "路网_路段.csv", "gb18030")
    number = pd.Series(np.arange(len(nodes)), index=nodes["节点编号"])
    planted = truth["defects"]["road_edges"]
    bad = ~edges["终点"].isin(number.index) | (edges["道路等级"] == "")
    assert bad.sum() == planted["node_unknown"] + planted["class_missing"]
    assert edges["长度"].str.startswith("-").sum() == planted["length_negative"]
    good = edges[~bad]
    assert len(good) == truth["roads"]["edges"]
    assert abs(len(nodes) - 40_000) < 1_500
    ends = (number[good["起点"]].to_numpy(), number[good["终点"]].to_numpy())
    links = coo_matrix((np.ones(len(good)), ends), shape=(len(nodes), len(nodes)))
    _, piece = connected_components(links, directed=False)
    sizes = np.bincount(piece)
    assert len(truth["roads"]["cut_off_grids"]) == 6
    assert sizes.max() > 0.99 * len(nodes)
    assert len(sizes) == 7  # the county and six hamlets
    assert (good["桥梁"] == "是").sum() == truth["roads"]["bridges"] > 50


def test_identity_numbers_pass_the_check() -> None:
    # The example of GB 11643: 11010519491231002X
    assert _weighted_check("11010519491231002X")
    made = identity_numbers(
        np.array(["1949-12-31", "2001-02-28"], "datetime64[D]"), np.array([2, 11])
    )
    assert [number[:17] for number in made] == ["52990119491231002", "52990120010228011"]
    assert all(_weighted_check(number) for number in made)


def test_register_of_persons(folder: Path, truth: dict) -> None:
    told = truth["registers"]
    police = _csv(folder, "人口登记.csv", "gb18030")
    whole = police[police["身份证号"].str.len() == 18]
    fits = whole["身份证号"].map(_weighted_check)
    assert (~fits).sum() == truth["defects"]["persons_police"]["check_digit"]
    good = whole[fits & ~whole["出生日期"].str.endswith("02-30")].drop_duplicates("身份证号")
    assert len(good) == told["persons"]
    assert (good["身份证号"].str[6:14] == good["出生日期"].str.replace("-", "")).all()
    odd = good["身份证号"].str[16].astype(int) % 2 == 1
    assert (odd == (good["性别"] == "男")).all()
    counted = _csv(folder, "户籍人口_2025.csv", "gbk")
    counted = counted[counted["统计用区划代码"].str.startswith(told["township"])]
    village = counted["户籍人口"].astype(int).groupby(counted["统计用区划代码"]).sum()
    assert good.groupby("居住地代码").size().to_dict() == village.to_dict()
    houses = set(pd.read_parquet(folder / "建筑普查.parquet")["建筑编号"])
    assert good["楼栋编号"].isin(houses).all()


def test_conflicts_of_roll_and_register_are_the_planted_ones(folder: Path, truth: dict) -> None:
    told = truth["registers"]
    police = _csv(folder, "人口登记.csv", "gb18030")
    police = police[police["身份证号"].map(lambda n: len(n) == 18 and _weighted_check(n))]
    roll = _csv(folder, "社会保险参保名册.tsv", "utf-8", sep="\t").drop_duplicates("证件号码")
    both = police.drop_duplicates("身份证号").merge(roll, left_on="身份证号", right_on="证件号码")
    for field, head in (("birth", "出生日期"), ("sex", "性别"), ("code", "居住地代码")):
        differ = both[both[f"{head}_x"] != both[f"{head}_y"]]
        assert sorted(differ["身份证号"]) == told["conflicts"][field]
    alone = roll[~roll["证件号码"].isin(police["身份证号"]) & roll["证件号码"].map(_weighted_check)]
    assert len(alone) == told["near_duplicates"]
    assert alone["姓名"].isin(police["姓名"]).all()


@pytest.mark.parametrize("serial", [1, 37, 200_000, 999_999])
def test_credit_codes_pass_both_checks(serial: int) -> None:
    code = credit_code(serial, "91")
    assert code[2:8] == "529901"
    total = sum(CREDIT.index(c) * 3**k for k, c in enumerate(code[:17]))
    assert (total + CREDIT.index(code[17])) % 31 == 0
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    rest = 11 - sum(w * int(c) for w, c in zip(weights, code[8:16], strict=True)) % 11
    assert code[16] == {10: "X", 11: "0"}.get(rest, str(rest))


def test_hot_spots_and_outbreak_stand_out(folder: Path, truth: dict) -> None:
    table = _csv(folder, "事件工单.csv", "gbk").drop_duplicates("事件编号")
    told = truth["events"]
    placed = table[(table["经度"] != "") & ~table["事件编号"].str.contains("X")]
    assert told["events"] - told["without_position"] == len(placed)
    x, y = crs.from_lon_lat(placed["经度"].astype(float), placed["纬度"].astype(float), "EPSG:4545")
    for spot in [*told["hot_spots"], told["outbreak"]]:
        cx, cy = crs.from_lon_lat([spot["lon"]], [spot["lat"]], "EPSG:4545")
        near = np.hypot(x - cx[0], y - cy[0]) < spot["radius_m"] + 60
        kind = (placed["事件类别"] == spot["category"]).to_numpy()
        share_there = kind[near].mean()
        assert near[kind].sum() >= 0.9 * spot["extra_events"]
        assert share_there > 2.5 * kind.mean(), spot
    rising = table[table["诉求内容"].str.contains(told["rising_topic"]["keyword"])]
    assert len(rising) >= sum(told["rising_topic"]["weekly"])


def test_stuck_and_silent_sensors(folder: Path, truth: dict) -> None:
    readings = pd.read_parquet(folder / "监测数据.parquet")
    told = truth["sensors"]
    assert len(readings) == told["readings"]
    stuck = readings[readings["设备编号"] == told["stuck"]["sensor"]]
    assert stuck[stuck["时间"] >= told["stuck"]["from"]]["数值"].nunique() == 1
    silent = readings[readings["设备编号"] == told["silent"]["sensor"]]
    assert silent["时间"].max() < pd.Timestamp(told["silent"]["from"])


def test_draft_zones_have_the_planted_faults(folder: Path, truth: dict, county: object) -> None:
    zones = gpd.read_file(folder / "网格调整方案.gpkg").set_index("编号").to_crs(4545)
    told = truth["zones"]
    shape = zones.geometry
    first, second = told["overlap"]["ids"]
    assert shape[first].intersection(shape[second]).area == pytest.approx(
        told["overlap"]["area_m2"], abs=1
    )
    assert shape[told["sliver"]["id"]].area == pytest.approx(told["sliver"]["area_m2"], abs=1)
    assert list(shape.index[~shape.is_valid]) == [told["self_crossing"]["id"]]
    one, two = told["duplicate"]["ids"]
    assert shape[one].equals(shape[two])
    home = gpd.GeoSeries([county], crs=4490).to_crs(4545).iloc[0]
    assert shape[told["orphan"]["id"]].distance(home) > 5_000
    whole = shapely.union_all(
        shape.drop([told["self_crossing"]["id"], told["orphan"]["id"]]).to_numpy()
    )
    holes = [shapely.Polygon(ring).area for ring in whole.interiors]
    assert max(holes) == pytest.approx(told["gap"]["area_m2"], abs=1)


def test_badly_served_villages_are_far_from_care(truth: dict) -> None:
    served = truth["badly_served_road_metres"]
    assert len(served) == 12
    assert set(served) <= set(truth["villages_without_clinic"])
    assert min(served.values()) > 3_000


def test_largest_remainder_by_hand() -> None:
    # 10 over weights 1, 1, 1: 3.33 each, the first of equals gets the one left over
    assert whole_parts(np.array([1.0, 1.0, 1.0]), 10).tolist() == [4, 3, 3]
    # 7 over 5, 3, 1: 3.89, 2.33, 0.78: the two largest rests are the first and the third
    assert whole_parts(np.array([5.0, 3.0, 1.0]), 7).tolist() == [4, 2, 1]
