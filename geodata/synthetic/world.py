"""The whole sample county in memory, built part by part from one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geodata.synthetic import (
    boundaries,
    facilities,
    naming,
    people,
    registers,
    relief,
    roads,
    settlements,
)
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
    roads: roads.Roads
    buildings: registers.Buildings
    facilities: facilities.Facilities


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
    progress("roads")
    network = roads.build_roads(land, sites, areas, residents, chance(seed, 6))
    progress("buildings and facilities")
    houses = registers.place_buildings(sites, areas, residents, network, names, chance(seed, 7))
    services = facilities.place_facilities(
        sites, areas, names, residents, network, houses, chance(seed, 8)
    )
    return World(seed, land, sites, areas, names, residents, network, houses, services)
