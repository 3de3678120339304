"""Years of the sample county in which nothing was planted: what alarms must stay silent on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.synthetic import events, sensors, world
from geodata.synthetic.relief import degrees

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class QuietWorld:
    """The sample county's places and people; each draw of events is another year of it."""

    county: world.World
    grid_codes: list[str]
    village_codes: list[str]  # in the order of ``events()["village"]``
    village: NDArray[np.int64]  # (n_grids,) position of each grid's village
    people: NDArray[np.int64]  # (n_grids,) usual residents
    xy: Floats  # (n_grids, 2) centres, metres
    area_km2: Floats  # (n_grids,)

    def events(self, rng: np.random.Generator) -> pd.DataFrame:
        """
        Return a year of everyday events in the order of their times, about 11,340 rows.

        Columns: category, channel, text, grid and village (positions), x and y (metres), lon and
        lat (degrees), reported (datetime64[s], local time).
        """
        made = self.county
        raw = events.everyday(made.sites, made.people, made.buildings, rng)
        raw = raw.iloc[np.argsort(raw["minute"].to_numpy(), kind="stable")]
        house = raw["house"].to_numpy()
        xy = made.buildings.xy[house] + rng.normal(0, 7, (len(raw), 2))
        lon, lat = degrees(xy)
        grid = made.buildings.grid[house]
        village = self.village[grid]
        names = np.array(made.names.villages, dtype=object)[village]
        first = np.datetime64(events.FIRST_DAY.isoformat(), "s")
        channel = {name: sort.channel for name, sort in events.SORTS.items()}
        return pd.DataFrame({
            "category": raw["category"].to_numpy(),
            "channel": raw["category"].map(channel).to_numpy(),
            "text": [t.replace("{p}", n) for t, n in zip(raw["text"], names, strict=True)],
            "grid": grid, "village": village, "x": xy[:, 0], "y": xy[:, 1], "lon": lon, "lat": lat,
            "reported": first + raw["minute"].to_numpy().astype("timedelta64[m]"),
        })  # fmt: skip

    def readings(
        self, rng: np.random.Generator
    ) -> tuple[list[str], NDArray[np.datetime64], Floats]:
        """Return the kind of every sensor, the times of a year, and values (n_sensors, n_times)."""
        n_times = events.N_DAYS * 24 // sensors.EVERY_HOURS
        start = np.datetime64(events.FIRST_DAY.isoformat(), "s")
        times = start + (np.arange(n_times) * sensors.EVERY_HOURS).astype("timedelta64[h]")
        return list(sensors.KINDS), times, np.round(sensors.everyday(n_times, rng), 2)


def quiet_world(seed: int = 20240501) -> QuietWorld:
    """Build the sample county of a seed, some seconds; it reads and writes no file."""
    made = world.build(seed, lambda _step: None)
    areas, people = made.areas, made.people
    return QuietWorld(
        made,
        list(made.names.grid_codes),
        list(made.names.village_codes),
        np.asarray(areas.grid_village, dtype=np.int64),
        np.asarray(people.usual.sum(axis=(1, 2)), dtype=np.int64),
        np.asarray(made.sites.grids, dtype=np.float64),
        _square_km(areas.grids),
    )


def _square_km(shapes: NDArray[np.object_]) -> Floats:
    """Return areas of polygons in degrees, on the county's metric plane."""
    import geopandas as gpd

    from geodata.synthetic.relief import CRS

    plane = gpd.GeoSeries(list(shapes), crs="EPSG:4490").to_crs(CRS)
    return np.asarray(plane.area, dtype=np.float64) / 1e6
