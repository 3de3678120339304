"""What the risk map shows of a quiet year, without a store: its events, cells and villages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from cockpit.answers import risk_places
from cockpit.answers.happenings import Happenings
from cockpit.answers.risk_places import Places
from cockpit.answers.risk_question import Question
from cockpit.answers.risk_signs import (
    COLD,
    HOT,
    ISLAND_HIGH,
    ISLAND_LOW,
    Signs,
    signs,
)
from cockpit.answers.twin import Twin
from cockpit.risk.strata import strata_of
from geodata.synthetic import events
from geodata.synthetic.quiet import QuietWorld
from tests.risk.county_days import quiet

VERSION = "quiet county"
CATEGORIES = tuple(events.SORTS)
FIRST = np.datetime64(events.FIRST_DAY.isoformat(), "s")
YEAR = (events.FIRST_DAY, events.FIRST_DAY + dt.timedelta(days=events.N_DAYS - 1))
FOUR_WEEKS = (YEAR[1] - dt.timedelta(days=27), YEAR[1])
FOUND = (HOT, COLD, ISLAND_HIGH, ISLAND_LOW)


@dataclass(frozen=True)
class Shown:
    """The sample county as its answers know it: a tree of regions, and places at two levels."""

    world: QuietWorld

    @cached_property
    def twin(self) -> Twin:
        """The county, then its villages, then its cells."""
        grids, villages = self.world.grid_codes, self.world.village_codes
        n = len(villages)
        regions = pd.DataFrame({
            "code": ["529901", *villages, *grids],
            "level": ["county", *["village"] * n, *["grid"] * len(grids)],
            "parent": [-1, *[0] * n, *(1 + self.world.village)],
            "is_leaf": [False, *[False] * n, *[True] * len(grids)],
        })  # fmt: skip
        return Twin(VERSION, {}, regions, {}, None, None, {}, {})

    @cached_property
    def cells(self) -> Places:
        """Return the cells, and let villages find them as those of this county."""
        made = self._places("cell", 1 + len(self.world.village_codes), self.world.grid_codes)
        risk_places._kept[(VERSION, "cell", True)] = made
        return made

    @cached_property
    def villages(self) -> Places:
        return self._places("village", 1, self.world.village_codes)

    def places(self, level: str) -> Places:
        """Return the places of a level; villages need the cells below them too."""
        cells = self.cells
        risk_places._kept[(VERSION, "cell", True)] = cells
        return cells if level == "cell" else self.villages

    def _places(self, level: str, first: int, codes: list[str]) -> Places:
        rows = first + np.arange(len(codes))
        of = np.arange(len(codes)) if level == "cell" else self.world.village
        people, area, x, y = (
            np.bincount(of, values)
            for values in (
                self.world.people, self.world.area_km2,
                *(self.world.xy.T / np.bincount(of)[of]),
            )
        )  # fmt: skip
        areas = self.world.county.areas
        shapes = areas.grids if level == "cell" else areas.villages
        strata = strata_of(codes, people, area)
        around = risk_places._around(self.twin, rows)
        return Places(
            self.twin, level, rows, around, x, y, people.astype(float), area, strata, shapes
        )

    def year(self, seed: int, *, tilt: float = 0.0) -> Happenings:
        """
        Return the events of a year without any plant.

        ``tilt`` makes rates vary smoothly over the county, by so much above and below: what no
        kind of place and no number of residents explains.
        """
        made, rng = self.world.county, np.random.default_rng([20251101, seed])
        people = made.people
        if tilt:
            people = replace(people, usual=people.usual * self.slope(tilt)[:, None, None])
        raw = events.everyday(made.sites, people, made.buildings, rng)
        raw = raw.iloc[np.argsort(raw["minute"].to_numpy(), kind="stable")]
        n, nowhere = len(raw), np.full(len(raw), np.nan)
        cell = made.buildings.grid[raw["house"].to_numpy()]
        return Happenings(
            VERSION, self.twin, np.arange(n).astype(object),
            pd.Categorical(raw["category"], CATEGORIES).codes.astype(np.int16),
            np.zeros(n, np.int16), FIRST + raw["minute"].to_numpy().astype("timedelta64[m]"),
            nowhere, nowhere, self.cells.rows[cell], np.zeros(n, bool), CATEGORIES, ("",),
            "备用", (),
        )  # fmt: skip

    def slope(self, tilt: float) -> np.ndarray:
        """Return a wave over the county, one and a half lengths across: 1 - tilt to 1 + tilt."""
        x, y = self.world.xy.T
        return 1 + tilt * np.sin(3 * np.pi * (x - x.min() + y - y.min()) / (np.ptp(x) + np.ptp(y)))


def shown() -> Shown:
    """Return the county, built once, some seconds."""
    return Shown(quiet())


def map_of(
    county: Shown,
    year: Happenings,
    category: str,
    test: str,
    *,
    level: str = "cell",
    days: tuple[dt.date, dt.date] = YEAR,
) -> Signs:
    """Return what the page shows of one category: ``signs`` itself."""
    return signs(year, county.places(level), Question(category, level, *days), test)


def false_finding(found: Signs) -> bool:
    """Tell whether any place is called hot or cold, or an island."""
    return bool(len(found.of(*FOUND)))
