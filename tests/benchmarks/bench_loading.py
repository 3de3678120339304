"""Loading a population table of a million rows, checked, beside read_csv and to_sql unchecked.

Run: python -m tests.benchmarks.bench_loading
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

from tests.benchmarks.figures import line, note

ROWS = 1_000_000
GRIDS = 3_000
BANDS = (*(f"{low:02d}-{low + 4:02d}" for low in range(0, 85, 5)), "85+")
TURNS = 3

MANIFEST = """
[county]
code = "529901"
name = "方县"
name_en = "Square"
crs = "EPSG:4545"
code_scheme = "cn"

[[dataset]]
id = "grids"
title = "网格"
kind = "regions"
file = "grids.csv"
department = "民政局"
class = "备用"
date = 2025-11-01

[[dataset]]
id = "people"
title = "人口"
kind = "population"
file = "people.csv"
department = "统计局"
class = "备用"
date = 2025-11-01
"""

OURS = """
import sys, time
from pathlib import Path
from cockpit.store import ingest
from cockpit.store.session import open_engine
folder = Path(sys.argv[1])
engine = open_engine(f"sqlite:///{folder / 'ours.sqlite'}")
ingest.load(folder / "bare.toml", engine, folder)
start = time.perf_counter()
report = ingest.load(folder / "county.toml", engine, folder)
seconds = time.perf_counter() - start
assert sum(one.rows_stored for one in report.datasets if one.id == "people") == 1_000_000
"""
PLAIN = """
import sys, time
from pathlib import Path
import pandas as pd
from sqlalchemy import create_engine
folder = Path(sys.argv[1])
engine = create_engine(f"sqlite:///{folder / 'plain.sqlite'}")
start = time.perf_counter()
pd.read_csv(folder / "people.csv").to_sql("population", engine, index=False)
seconds = time.perf_counter() - start
"""
# VmHWM is the peak of this program alone; ru_maxrss would begin with that of the process before it.
MEASURED = """
lines = Path("/proc/self/status").read_text().splitlines()
peak = next(line for line in lines if line.startswith("VmHWM")).split()[1]
print(seconds, int(peak) / 1024 / 1024)
"""


def main() -> None:
    """Print seconds and peak memory of both, taken in turn; the county is loaded before."""
    times: dict[str, list[float]] = {"ours": [], "plain": []}
    peaks: dict[str, float] = {}
    for _ in range(TURNS):
        for name, code in (("plain", PLAIN), ("ours", OURS)):
            with tempfile.TemporaryDirectory() as folder:
                write_county(Path(folder))
                done = subprocess.run(
                    [sys.executable, "-c", code + MEASURED, folder, str(ROWS)],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                seconds, peaks[name] = map(float, done.stdout.split()[-2:])
                times[name].append(seconds)
    ratio = median(ours / plain for ours, plain in zip(times["ours"], times["plain"], strict=True))
    note("load of 1,000,000 rows, checked", median(times["ours"]), "s")
    note("read_csv and to_sql of the same file", median(times["plain"]), "s")
    line("ours over the plain way", ratio, "", 1)
    line("peak memory of ours", peaks["ours"], "GiB", 1)
    note("peak memory of the plain way", peaks["plain"], "GiB")


def write_county(folder: Path) -> None:
    """Write a manifest, 3,000 grids and a million rows of people with sexes and age bands."""
    rng = np.random.default_rng(20240501)
    (folder / "county.toml").write_text(MANIFEST, encoding="utf-8")
    bare = MANIFEST.rpartition("[[dataset]]")[0]
    (folder / "bare.toml").write_text(bare, encoding="utf-8")
    side = 60
    towns = [f"529901{t:03d}" for t in range(101, 121)]
    villages = [f"{town}{v:03d}" for town in towns for v in range(1, 16)]
    grids = [f"{village}{g:03d}" for village in villages for g in range(1, 11)]
    with (folder / "grids.csv").open("w", encoding="utf-8") as file:
        file.write("code,name,wkt\n")

        def write(code: str, x0: float, y0: float, x1: float, y1: float) -> None:
            corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))
            ring = ", ".join(f"{106.5 + x * 0.01:.4f} {27 + y * 0.01:.4f}" for x, y in corners)
            file.write(f'{code},名{code[-6:]},"POLYGON (({ring}))"\n')

        write("529901", 0, 0, side, 50)
        for t, town in enumerate(towns):  # 20 strips of 3 x 50 cells
            write(town, 3 * t, 0, 3 * t + 3, 50)
        for n, village in enumerate(villages):  # 15 in a strip, 10 cells each, as 1 x 10 columns
            t, v = divmod(n, 15)
            x, y = 3 * t + v // 5, 10 * (v % 5)
            write(village, x, y, x + 1, y + 10)
        for n, grid in enumerate(grids):
            village, g = divmod(n, 10)
            t, v = divmod(village, 15)
            x, y = 3 * t + v // 5, 10 * (v % 5) + g
            write(grid, x, y, x + 1, y + 1)
    # Every row is another grid, year, kind, sex and age band: a million of them.
    keys = [
        (date, kind, sex, band)
        for date in range(2016, 2026)
        for kind in ("usual", "registered", "floating")
        for sex in "mf"
        for band in BANDS
    ]
    picked = keys[: -(-ROWS // GRIDS)]
    persons = rng.integers(0, 40, (len(picked), GRIDS))
    written = 0
    with (folder / "people.csv").open("w", encoding="utf-8") as file:
        file.write("code,date,kind,sex,age_band,persons\n")
        for k, (date, kind, sex, band) in enumerate(picked):
            rows = [
                f"{code},{date}-11-01,{kind},{sex},{band},{n}\n"
                for code, n in zip(grids, persons[k].tolist(), strict=True)
            ][: ROWS - written]
            file.writelines(rows)
            written += len(rows)


if __name__ == "__main__":
    main()
