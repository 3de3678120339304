"""The whole sample county in memory, built part by part from one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geodata.synthetic import boundaries, naming, people, relief, settlements
from geodata.synthetic.settlements import (
    N_TOWNS,
    SEAT_COMMUNITIES,
    ZONE_COMMUNITIES,
)

Progress = Callable[[str], None]


@dataclass(frozen=True)
class World:
    """Everything that the raw files tell about."""

    seed: int
    relief: relief.Relief
    sites: settlements.Sites
    areas: boundaries.Areas
    names: naming.Names
    people: people.People


def chance(seed: int, part: int) -> np.random.Generator:
    """Return the random numbers of one part; parts do not disturb one another."""
    return np.random.default_rng([seed, part])


def build(seed: int, progress: Progress) -> World:
    """Build the county; ``progress`` hears the name of each step."""
    progress("relief")
    land = relief.carve(chance(seed, 1))
    progress("settlements")
    sites = settlements.settle(land, chance(seed, 2))
    areas = boundaries.divide(land, sites, chance(seed, 3))
    first_core = SEAT_COMMUNITIES + ZONE_COMMUNITIES
    core = np.arange(first_core, first_core + N_TOWNS)
    names = naming.name_all(areas.village_town, areas.grid_village, core, chance(seed, 4))
    progress("people")
    residents = people.populate(land, sites, areas, chance(seed, 5))
    return World(seed, land, sites, areas, names, residents)
