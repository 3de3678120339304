"""A county as departments would send it: 2 townships, 4 villages, 16 grids; files and manifest."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from tests.tiny import NAMES, SOUTH, STEP, WEST, grid_code

MANIFEST = """
[county]
code = "529901"
name = "小青县"
name_en = "Little Qing"
crs = "EPSG:4545"
invented = true

[[dataset]]
id = "townships"
title = "乡镇界线"
kind = "regions"
level = "township"
file = "townships.geojson"
department = "自然资源局"
class = "公开"
date = 2025-06-30

[[dataset]]
id = "villages"
title = "村界线"
kind = "regions"
level = "village"
file = "villages.geojson"
department = "自然资源局"
class = "公开"
date = 2025-06-30

[[dataset]]
id = "grids"
title = "网格界线"
kind = "regions"
level = "grid"
file = "grids.geojson"
department = "政法委"
class = "备用"
date = 2025-06-30

[[dataset]]
id = "people"
title = "常住人口"
kind = "population"
level = "grid"
file = "people.csv"
constant = { kind = "usual" }
department = "统计局"
class = "备用"
date = 2025-11-01

[[dataset]]
id = "registered"
title = "户籍人口"
kind = "population"
level = "village"
file = "registered.csv"
constant = { kind = "registered" }
department = "公安局"
class = "备用"
date = 2025-11-01

[[dataset]]
id = "clinics"
title = "医疗机构"
kind = "facilities"
file = "clinics.csv"
department = "卫健局"
class = "公开"
date = 2025-06-30
"""


def _square(x0: int, y0: int, x1: int, y1: int) -> list[list[list[float]]]:
    w, s = round(WEST + x0 * STEP, 5), round(SOUTH + y0 * STEP, 5)
    e, n = round(WEST + x1 * STEP, 5), round(SOUTH + y1 * STEP, 5)
    return [[[w, s], [e, s], [e, n], [w, n], [w, s]]]


def _write_layer(path: Path, rows: list[tuple[str, str, tuple[int, int, int, int]]]) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"区划代码": code, "名称": name},
            "geometry": {"type": "Polygon", "coordinates": _square(*box)},
        }
        for code, name, box in rows
    ]
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False),
        encoding="utf-8",
    )


def village_codes() -> list[str]:
    """Return the codes of the four villages."""
    return [f"529901{town}{v:03d}" for town in NAMES for v in (1, 2)]


def people_of(k: int) -> int:
    """Return the residents of grid k: 10, 20, ... 160; in all 1,360."""
    return 10 * (k + 1)


def write_people(folder: Path, *, extra: str = "", rows: int = 16, factor: int = 1) -> None:
    """Write the residents as a GB18030 CSV with Chinese headers."""
    lines = ["网格编码,性别,年龄段,人数"]
    for k in range(rows):
        half = people_of(k) * factor // 2
        lines += [f"{grid_code(k)},男,30-34岁,{half}", f"{grid_code(k)},女,65-69岁,{half}"]
    (folder / "people.csv").write_text("\n".join(lines) + "\n" + extra, encoding="gb18030")


def write_small(folder: Path, *, manifest: str = MANIFEST) -> Path:
    """Write the files and the manifest; return the manifest's path."""
    folder.mkdir(parents=True, exist_ok=True)
    towns = [(f"529901{t}", NAMES[t][0], (2 * i, 0, 2 * i + 2, 4)) for i, t in enumerate(NAMES)]
    _write_layer(folder / "townships.geojson", towns)
    villages = [
        (f"529901{t}{v:03d}", f"{NAMES[t][0][:2]}{v}村", (2 * i, 2 * v - 2, 2 * i + 2, 2 * v))
        for i, t in enumerate(NAMES)
        for v in (1, 2)
    ]
    _write_layer(folder / "villages.geojson", villages)
    grids = [
        (grid_code(k), f"第{k + 1}网格", (k % 4, k // 4, k % 4 + 1, k // 4 + 1)) for k in range(16)
    ]
    _write_layer(folder / "grids.geojson", grids)
    write_people(folder)
    registered = pd.DataFrame({"行政区划代码": village_codes(), "户籍人口": [101, 202, 303, 404]})
    registered.to_csv(folder / "registered.csv", index=False, encoding="utf-8-sig")
    clinics = pd.DataFrame(
        {
            "机构名称": ["东山卫生室", "西河卫生室"],
            "类别": ["村卫生室", "村卫生室"],
            "经度": [WEST + 0.5 * STEP, WEST + 3.5 * STEP],
            "纬度": [SOUTH + 0.5 * STEP, SOUTH + 3.5 * STEP],
        }
    )
    clinics.to_csv(folder / "clinics.csv", index=False, encoding="utf-8")
    path = folder / "county.toml"
    path.write_text(manifest, encoding="utf-8")
    return path
