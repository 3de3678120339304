"""The ways of a village: times of the travel engine, standards as they stand, public data only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from cockpit.answers import open_village
from cockpit.answers.open_county_places import OpenPlaces, open_places
from cockpit.answers.open_village import Village
from cockpit.answers.reach import minutes
from cockpit.coverage.services import SERVICES
from cockpit.store.models import Facility
from cockpit.store.session import engine
from tests import opened


@pytest.fixture(scope="module")
def opened_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return opened.make(tmp_path_factory.mktemp("ways"), releases=False)


@pytest.fixture
def places(opened_store: Path) -> Iterator[OpenPlaces]:
    with opened.shown(opened_store):
        found = open_places()
        assert found is not None
        yield found


def village(places: OpenPlaces, k: int) -> Village:
    row = places.row(opened.VILLAGES[k])
    assert row is not None
    return open_village.village(places, row)


def test_services_without_a_facility_are_left_out(places: OpenPlaces) -> None:
    # Two clinics, a hospital and a primary school.
    asked = [way.service.id for way in village(places, 0).ways]
    assert asked == ["medical", "hospital", "primary_school"]


def test_times_are_those_of_a_sweep_from_the_middle(places: OpenPlaces) -> None:
    reach = open_village.open_reach(places)
    for k in range(4):
        found = village(places, k)
        cell = int(np.flatnonzero(reach.codes == found.code)[0])
        assert len(found.ways) == 3
        for way in found.ways:
            swept = minutes(reach.nearest_seconds(way.service.kinds, way.service.mode))
            assert way.minutes == pytest.approx(swept[cell], abs=1e-4)


def test_the_nearest_clinic_of_each_side_is_its_own(places: OpenPlaces) -> None:
    # Clinics stand in grids 0 and 5 (village 1 of the west) and nowhere else.
    near = {way.service.id: way for way in village(places, 0).ways}
    assert near["medical"].facility in ("设施1", "设施2")
    assert near["medical"].here
    far = {way.service.id: way for way in village(places, 3).ways}
    assert far["hospital"].facility == "设施3"
    assert far["hospital"].here
    assert not near["hospital"].here


def test_cells_are_villages_in_which_nobody_is_counted(places: OpenPlaces) -> None:
    reach = open_village.open_reach(places)
    assert sorted(reach.codes) == sorted(opened.VILLAGES)
    assert all(not people.any() for people in reach.groups.values())


def test_a_standard_is_kept_up_to_its_limit(places: OpenPlaces) -> None:
    judged = 0
    for k in range(4):
        found = village(places, k)
        for way in found.ways:
            if way.rule is None:
                continue
            judged += 1
            within = way.rule.found <= way.rule.standard.limit
            instead = way.rule.instead
            assert way.rule.met == (within or instead <= (way.rule.standard.or_minutes or 0))
            assert np.isnan(instead) or not within
            assert way.rule.standard.service == way.service.id
        assert found.judged == sum(w.rule is not None for w in found.ways)
        assert 0 <= found.kept <= found.judged
    assert judged >= 4


def test_the_way_by_car_is_told_where_nobody_would_walk(places: OpenPlaces) -> None:
    reach = open_village.open_reach(places)
    service = SERVICES["medical"]
    assert np.isnan(open_village._by_car(reach, 0, service, 60.0))
    told = open_village._by_car(reach, 0, service, 60.1)
    assert told == pytest.approx(minutes(reach.nearest_seconds(service.kinds, "car"))[0])
    assert np.isnan(open_village._by_car(reach, 0, SERVICES["hospital"], 90.0))  # by car anyhow


@pytest.mark.parametrize(
    ("public", "lacking"),
    [
        (("regions", "places"), ("roads",)),
        (("regions", "roads"), ("facilities",)),
        (("regions",), ("facilities", "roads")),
    ],
)
def test_what_is_not_public_gives_no_times(
    tmp_path: Path, public: tuple[str, ...], lacking: tuple[str, ...]
) -> None:
    with opened.shown(opened.make(tmp_path, releases=False, public=public)):
        there = open_places()
        assert there is not None
        found = village(there, 0)
    assert found.lacking == lacking
    assert found.ways == ()
    assert (found.kept, found.judged) == (0, 0)


def test_a_closed_facility_serves_nobody(tmp_path: Path) -> None:
    import datetime as dt

    with opened.shown(opened.make(tmp_path, releases=False)):
        with Session(engine()) as db:
            gone = update(Facility).where(Facility.kind == "hospital")
            db.execute(gone.values(open_to=dt.date(2020, 1, 1)))
            db.commit()
        there = open_places()
        assert there is not None
        assert "hospital" not in there.kinds()
