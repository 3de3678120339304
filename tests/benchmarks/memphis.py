"""Memphis 2019: robberies on squares of 250 m, open events like a county's."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

DATA = Path(__file__).parents[3] / "shared" / "data" / "memphis_robberies"
CRS = "EPSG:32615"
CELL_M = 250.0
BEGIN = np.datetime64("2019-01-01T00:00:00", "s")
FIRST_DAYS = tuple(
    float((np.datetime64(f"2019-{month:02}-01") - np.datetime64("2019-01-01")).astype(int))
    for month in range(1, 11)
)  # of January to October: day of the year, from 0


@dataclass(frozen=True)
class Squares:
    """The grid over the precincts."""

    x0: float
    y0: float
    cell_m: float
    nx: int
    ny: int


@dataclass(frozen=True)
class Memphis:
    """Events, grid, area and people."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    day: NDArray[np.float64]
    grid: Squares
    inside: NDArray[np.bool_]
    people: NDArray[np.float64]


def memphis() -> Memphis | None:
    """Return the events of January to September; None where the data is not there."""
    if not DATA.is_dir():
        return None
    area = gpd.read_file(DATA / "precincts.geojson").to_crs(CRS).union_all()
    x0, y0, x1, y1 = area.bounds
    grid = Squares(
        x0, y0, CELL_M, int(np.ceil((x1 - x0) / CELL_M)), int(np.ceil((y1 - y0) / CELL_M))
    )
    centres = np.meshgrid(
        x0 + (np.arange(grid.nx) + 0.5) * CELL_M, y0 + (np.arange(grid.ny) + 0.5) * CELL_M
    )
    with (DATA / "robberies_2019_01-09.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    x, y = _metres(rows)
    times = np.array([row["time_utc"].replace(" ", "T") for row in rows], dtype="datetime64[s]")
    day = (times - BEGIN).astype(np.float64) / 86_400
    return Memphis(x, y, day, grid, shapely.contains_xy(area, *centres), _people(grid))


def _people(grid: Squares) -> NDArray[np.float64]:
    with gzip.open(DATA / "census_blocks_2020.csv.gz", "rt", encoding="utf-8") as file:
        blocks = list(csv.DictReader(file))
    x, y = _metres(blocks)
    column = np.floor((x - grid.x0) / CELL_M).astype(int)
    row = np.floor((y - grid.y0) / CELL_M).astype(int)
    on = (column >= 0) & (column < grid.nx) & (row >= 0) & (row < grid.ny)
    people = np.zeros((grid.ny, grid.nx))
    counts = np.array([float(b["population"]) for b in blocks])
    np.add.at(people, (row[on], column[on]), counts[on])
    return people


def _metres(rows: list[dict[str, str]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    to_metres = pyproj.Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    lon, lat = (np.array([float(row[name]) for row in rows]) for name in ("lon", "lat"))
    x, y = to_metres.transform(lon, lat)
    return np.asarray(x), np.asarray(y)
