"""The sample county's cells, and its events with and without what is planted in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from cockpit.risk import hotspots, poisson, strata, weights
from cockpit.risk.discoveries import false_discovery
from geodata.crs import from_lon_lat
from geodata.synthetic import events, quiet, world
from geodata.synthetic.relief import CRS
from tests.risk import county_days

CATEGORIES = tuple(events.SORTS)


@dataclass(frozen=True)
class Cells:
    """What the methods are told of the county: 3,000 cells with codes, people, area, neighbours."""

    world: quiet.QuietWorld
    people: np.ndarray
    strata: np.ndarray
    near: weights.Weights

    def year(self, seed: int) -> np.ndarray:
        """Return everyday events of a year by category and cell, (16, 3000)."""
        table = self.world.events(np.random.default_rng([20251101, seed]))
        return self.counted(table["category"].to_numpy(), table["grid"].to_numpy())

    def counted(self, category: np.ndarray, cell: np.ndarray) -> np.ndarray:
        position = {name: at for at, name in enumerate(CATEGORIES)}
        counts = np.zeros((len(CATEGORIES), len(self.people)))
        np.add.at(counts, ([position[name] for name in category], cell), 1)
        return counts

    def found(self, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the cells that are hot and those that are cold."""
        local = strata.unusual(counts, self.people, self.strata, self.near).local
        chosen = false_discovery(local.two_sided)
        hot = local.p_high < local.p_low
        return chosen & hot, chosen & ~hot

    def by_scores(self, usual: strata.Unusual, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """
        Return what Gi* and local Moran say of the scores, corrected for many cells.

        Of Gi* 1 hot, -1 cold, 0 neither; of Moran the quadrant of the significant ones, 0 else.
        """
        rng = np.random.default_rng(1)
        scores = poisson.quantile_scores(
            counts, usual.expected, dispersion=usual.dispersion, rng=rng
        )
        getis = hotspots.getis_ord(scores, self.near, permutations=0, rng=rng)
        moran = hotspots.local_moran(scores, self.near, permutations=0, rng=rng)
        sign = np.where(false_discovery(getis.two_sided), np.sign(getis.z), 0)
        return sign, np.where(false_discovery(moran.two_sided), moran.quadrant, 0)


def cells() -> Cells:
    """Build the county, some seconds."""
    made = county_days.quiet()
    people = made.people.astype(float)
    kinds = strata.strata_of(made.grid_codes, people, made.area_km2)
    return Cells(made, people, kinds, weights.touching(made.county.areas.grids, gap_m=1e-6))


def planted(county: Cells) -> tuple[np.ndarray, list[dict[str, float]]]:
    """Return the sample county's events as written to its file, by cell, and its hot spots."""
    made = county.world.county
    sheet, _, truth = events.make_events(
        made.sites, made.areas, made.names, made.people, made.buildings, made.facilities.table,
        world.chance(made.seed, 34),
    )  # fmt: skip
    sheet = sheet.drop_duplicates("事件编号")
    sheet = sheet[(sheet["经度"] != "") & sheet["事件类别"].isin(CATEGORIES)]
    points = shapely.points(sheet["经度"].astype(float), sheet["纬度"].astype(float))
    row, cell = shapely.STRtree(made.areas.grids).query(points, predicate="intersects")
    return county.counted(sheet["事件类别"].to_numpy()[row], cell), truth["hot_spots"]


def distance_m(county: Cells, spot: dict[str, float]) -> np.ndarray:
    """Return how far the middle of each cell lies from a planted hot spot."""
    x, y = from_lon_lat([spot["lon"]], [spot["lat"]], CRS)
    return np.hypot(county.world.xy[:, 0] - x[0], county.world.xy[:, 1] - y[0])


def reach_m(county: Cells, cell: int) -> float:
    """Return how far the farthest neighbour of a cell is: its neighbourhood."""
    others = county.world.xy[county.near.neighbours(cell)]
    return float(np.hypot(*(others - county.world.xy[cell]).T).max())
