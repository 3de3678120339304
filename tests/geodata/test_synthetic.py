"""The sample county: the same every time, tiling without gaps, and reconciling to the person."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geodata.synthetic import make_county
from loaders.manifest import Manifest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_county(tmp_path_factory.mktemp("qinglan")).parent


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict:
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def grids(folder: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(folder / "网格.fgb")


def _hashes(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    assert _hashes(make_county(tmp_path).parent) == _hashes(folder)


def test_manifest_is_valid_and_every_file_is_there(folder: Path) -> None:
    content = tomllib.loads((folder / "county.toml").read_text(encoding="utf-8"))
    manifest = Manifest(**content, folder=folder)
    assert manifest.county.invented
    for entry in manifest.dataset:
        assert (folder / entry.file).exists(), entry.id
        assert entry.department, entry.id
        assert entry.owner, entry.id


def test_good_rows_sum_to_480000(folder: Path, grids: gpd.GeoDataFrame) -> None:
    sheet = pd.read_csv(folder / "常住人口_网格_2025.csv", encoding="gb18030", dtype=str)
    sheet["n"] = pd.to_numeric(sheet["常住人口"], errors="coerce")
    good = sheet[(sheet["n"] >= 0) & (sheet["统计日期"] == "2025-11-01")]
    good = good[good["网格编码"].isin(set(grids["网格编码"]))]
    good = good.drop_duplicates(["网格编码", "性别", "年龄段"])
    assert good["n"].sum() == 480_000
    assert good["网格编码"].nunique() == 3000


def test_regions_tile_and_nest(folder: Path, grids: gpd.GeoDataFrame) -> None:
    assert len(grids) == 3000
    assert shapely.coverage_is_valid(grids.geometry.to_numpy())
    villages = gpd.read_file(f"zip://{folder / '村级界线.zip'}", encoding="GB18030")
    towns = gpd.read_file(folder / "行政区域界线.gpkg", layer="乡镇界")
    county = gpd.read_file(folder / "行政区域界线.gpkg", layer="县界")
    metric = villages.crs
    grid_m = grids.to_crs(metric)
    by_village = grid_m.geometry.area.groupby(grids["上级代码"]).sum()
    own = villages.set_index("村代码").geometry.area
    assert (by_village - own).abs().max() < 1
    by_town = own.groupby(own.index.str[:9]).sum()
    assert (by_town - towns.set_index("代码").to_crs(metric).area).abs().max() < 1
    whole = county.to_crs(metric).area.iloc[0]
    assert own.sum() == pytest.approx(whole, abs=1)
    assert 2_300e6 < whole < 2_500e6
    inner = grids.geometry.representative_point()
    home = villages.to_crs(4490).set_index("村代码").loc[grids["上级代码"]].geometry
    assert inner.within(gpd.GeoSeries(home.to_numpy(), index=inner.index)).all()
    assert set(grids["上级代码"]) == set(villages["村代码"])


def test_truth_totals(truth: dict) -> None:
    totals = truth["totals"]
    assert totals["usual"] == 480_000
    assert sum(totals["usual_by_township"].values()) == 480_000
    assert totals["regions"] == {"county": 1, "township": 20, "village": 300, "grid": 3000}
