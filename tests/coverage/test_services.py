"""Services fit the facility kinds, modes and groups there are, and speak Chinese."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cockpit.coverage.services import SERVICES, Service, room_of, service_of, supply_of
from cockpit.indicators import MEASURES
from cockpit.locale import catalogue
from geodata.errors import InputError
from geodata.network import MODES
from loaders.catalog import FACILITY_KINDS

ALL = list(SERVICES.values())


@pytest.mark.parametrize("service", ALL, ids=lambda s: s.id)
def test_a_service_fits_what_there_is(service: Service) -> None:
    assert set(service.kinds) <= set(FACILITY_KINDS)
    assert service.mode in MODES
    assert service.group in MEASURES
    assert 0 < service.minutes <= 60
    assert service.people_per_unit is None or service.people_per_unit > 0
    assert re.search("[一-鿿]", catalogue("zh")[service.title])


def test_every_kind_that_serves_people_has_a_service_of_its_own() -> None:
    alone = {service.kinds[0] for service in ALL if len(service.kinds) == 1}
    assert alone == set(FACILITY_KINDS) - {"other"}


def test_help_travels_to_the_people() -> None:
    assert {s.id for s in ALL if s.towards == "people"} == {"ambulance", "fire"}


def test_titles_are_told_apart() -> None:
    chinese = catalogue("zh")
    assert len({chinese[s.title] for s in ALL}) == len(ALL)


def test_layers_carry_services_in_this_order() -> None:
    # Pages read the minutes of a cell by place in the list: a new one goes to the end.
    assert list(SERVICES) == [
        "clinic", "health_centre", "hospital", "medical", "pharmacy", "kindergarten",
        "primary_school", "junior_school", "senior_school", "day_care", "care_home", "ambulance",
        "fire", "police", "shelter", "village_service", "government", "market", "bus_station",
        "bank", "library",
    ]  # fmt: skip


def test_supply_and_room() -> None:
    columns = {"capacity": np.array([10.0, np.nan]), "staff": np.array([2.0, 3.0])}
    clinic, pharmacy, care = (SERVICES[i] for i in ("clinic", "pharmacy", "care_home"))
    assert supply_of(clinic, columns, 2).tolist() == [2, 3]
    assert supply_of(pharmacy, columns, 2).tolist() == [1, 1]
    # 40 beds for 1,000 people of 60 and over: a bed is for 25 of them.
    room = room_of(care, supply_of(care, columns, 2))
    assert room[0] == 250
    assert np.isnan(room[1])  # no file says: without limit
    assert np.isnan(room_of(pharmacy, np.ones(2))).all()


def test_an_unknown_service_is_named() -> None:
    with pytest.raises(
        InputError,
        match=r"^There is no service dentist; expected one of clinic, health_centre, .*library\.$",
    ):
        service_of("dentist")
    assert service_of("clinic") is SERVICES["clinic"]
