"""The services people travel to, or that travel to them, and what each is asked by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

Towards = Literal["facility", "people"]
Supply = Literal["capacity", "staff", "count"]


@dataclass(frozen=True)
class Service:
    """
    A service: which facilities give it, to whom, and what to ask of it at first.

    ``minutes`` is where the slider of the page stands at first, no standard: those stand in
    ``cockpit.coverage.standards``.
    """

    id: str
    title: str  # msgid
    kinds: tuple[str, ...]  # of loaders.catalog.FACILITY_KINDS
    mode: str  # of geodata.network.MODES
    minutes: float  # reach to begin with
    group: str = "people"  # whom it serves: a measure of cockpit.indicators.MEASURES
    towards: Towards = "facility"
    supply: Supply = "count"  # what a facility offers: the unit of access scores
    people_per_unit: float | None = None
    """People of ``group`` that one unit of supply can serve; None: nobody says, no limit."""


# People that a unit serves. A school has 15 years of children in the group "under 15" and teaches
# 3 or 6 of them; care beds and ambulances follow the list of standards (40 beds for 1,000 of 60
# and over, one ambulance for 30,000, shelter for 15 % of residents). Clinicians and hospital beds
# are this project's figures: one in a clinic for 1,000, one bed for 500, at a health centre 1,000.
_SERVICES = (
    Service(
        "clinic", "Village clinics", ("clinic",), "walk", 15, supply="staff", people_per_unit=1000
    ),
    Service(
        "health_centre", "Township health centres", ("health_centre",), "car", 30,
        supply="capacity", people_per_unit=1000,
    ),
    Service(
        "hospital", "County hospitals", ("hospital",), "car", 60, supply="capacity",
        people_per_unit=500,
    ),
    Service(
        "medical", "Any care point", ("clinic", "health_centre", "hospital"), "walk", 15,
        supply="staff",
    ),
    Service("pharmacy", "Pharmacies", ("pharmacy",), "walk", 15),
    Service(
        "kindergarten", "Kindergartens", ("kindergarten",), "walk", 15, "age_0_14",
        supply="capacity", people_per_unit=15 / 3,
    ),
    Service(
        "primary_school", "Primary schools", ("primary_school",), "walk", 30, "age_0_14",
        supply="capacity", people_per_unit=15 / 6,
    ),
    Service(
        "junior_school", "Junior schools", ("junior_school",), "car", 40, "age_0_14",
        supply="capacity", people_per_unit=15 / 3,
    ),
    Service(
        # Its pupils are 15 to 17: no group of ours, so everybody's way to it is counted.
        "senior_school", "Senior schools", ("senior_school",), "car", 60, supply="capacity",
    ),
    Service(
        "day_care", "Day care for older people", ("day_care",), "older", 15, "age_60_plus",
        supply="capacity",
    ),
    Service(
        "care_home", "Homes for older people", ("care_home",), "car", 30, "age_60_plus",
        supply="capacity", people_per_unit=1000 / 40,
    ),
    Service(
        "ambulance", "Ambulance posts", ("ambulance_post",), "ambulance", 15, towards="people",
        supply="capacity", people_per_unit=30_000,
    ),
    Service(
        "fire", "Fire stations", ("fire_station",), "ambulance", 15, towards="people",
        supply="capacity",
    ),
    Service("police", "Police stations", ("police_station",), "car", 30, supply="staff"),
    Service(
        "shelter", "Emergency shelters", ("shelter",), "walk", 15, supply="capacity",
        people_per_unit=1 / 0.15,
    ),
    Service(
        "village_service", "Village service points", ("village_service",), "walk", 15,
        supply="staff",
    ),
    Service("government", "Government offices", ("government",), "car", 30),
    Service("market", "Markets", ("market",), "walk", 30, supply="capacity"),
    Service("bus_station", "Bus stations", ("bus_station",), "walk", 30),
    Service("bank", "Banks", ("bank",), "walk", 30, supply="staff"),
    Service("library", "Libraries", ("library",), "car", 30, supply="capacity"),
)  # fmt: skip

SERVICES: dict[str, Service] = {service.id: service for service in _SERVICES}
"""
By id, in the order of the choice on the page: health, schools, care, emergency, daily life.

Layers carry the minutes of a cell as a list in this order, so a new service goes to the end or
layers and pages change together (they do: both read this table).
"""


def service_of(service: str) -> Service:
    """Return a service by id; ``InputError`` names the ones there are."""
    if service not in SERVICES:
        raise InputError(
            "There is no service {service}; expected one of {services}.",
            service=service,
            services=", ".join(SERVICES),
        )
    return SERVICES[service]


def supply_of(
    service: Service, columns: Mapping[str, NDArray[np.float64]], n: int
) -> NDArray[np.float64]:
    """
    Return what each of ``n`` facilities offers, in the service's unit, NaN where no file says.

    ``columns`` holds "capacity" and "staff", each of shape ``(n,)``. A service counted by facility
    has 1 everywhere.
    """
    if service.supply == "count":
        return np.ones(n)
    return np.asarray(columns[service.supply], dtype=np.float64)


def room_of(service: Service, supply: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return how many people of the service's group each facility can serve.

    NaN, that is without limit, where the supply is missing, and everywhere when nobody says what a
    unit of it serves (``people_per_unit`` is None).
    """
    if service.people_per_unit is None:
        return np.full(supply.shape, np.nan)
    return supply * service.people_per_unit
