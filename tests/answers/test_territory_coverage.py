"""Coverage for a part of the county: the figures of the whole, told of the part alone."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from cockpit.access import territory
from cockpit.answers import coverage as answers
from cockpit.answers import coverage_tables as tables
from cockpit.answers.coverage_cell import cell
from cockpit.answers.coverage_layers import served_layer
from cockpit.answers.coverage_territory import AWAY, PLACE_AWAY, veiled
from cockpit.answers.current import current_twin
from cockpit.answers.reach import Reach, current_reach
from geodata.errors import InputError
from tests import tiny

EAST, WEST = "529901001", "529901100"


@pytest.fixture
def both(bridged_here: Path) -> tuple[Reach, Reach]:
    """Return the county's travel times, and those that a visitor of Dongshan gets."""
    reach, county = current_reach("备用"), current_twin()
    assert reach is not None
    assert county is not None
    return reach, veiled(reach, territory.cut(county, EAST))


def asked(reach: Reach, service: str = "clinic") -> answers.Question:
    return answers.question(
        reach, service, mode="car", minutes=5.0, group="people", unit=reach.twin.position(EAST),
        visitor="备用", small_count=10,
    )  # fmt: skip


def test_figures_are_those_of_the_whole_county(both: tuple[Reach, Reach]) -> None:
    """Supply and demand beyond the border count, or every figure at the border would be wrong."""
    part = both[1]
    assert part.version.endswith(f"~{EAST}")
    for service in ("clinic", "hospital"):
        one, two = (answers.summary(r, asked(r, service)) for r in both)
        assert one.total == two.total == 600
        assert one.share == two.share
        assert one.minutes.tolist() == two.minutes.tolist()
        scores = [answers.access_scores(r, asked(r, service)) for r in both]
        for method, found in scores[0].items():
            assert found.values.tolist() == scores[1][method].values.tolist(), method


def test_nothing_outside_can_be_asked_for_or_is_named(both: tuple[Reach, Reach]) -> None:
    whole, part = both
    for code in ("529901", WEST, tiny.grid_code(2)):
        whole.twin.position(code)
        with pytest.raises(KeyError):
            part.twin.position(code)
    told = " ".join(part.twin.regions["name"]) + " ".join(part.twin.regions["code"].astype(str))
    assert "西河" not in told
    assert WEST not in told
    assert AWAY in told
    assert cell(part, asked(part), tiny.grid_code(2)) is None
    assert cell(part, asked(part), tiny.grid_code(0)) is not None


def test_facilities_outside_count_but_are_not_listed(both: tuple[Reach, Reach]) -> None:
    # The hospital stands in grid 15, of Xihe: people of Dongshan go there.
    whole, part = both
    assert len(answers.facilities(whole, asked(whole, "hospital"))) == 1
    assert answers.facilities(part, asked(part, "hospital")) == []
    assert answers.summary(part, asked(part, "hospital")).n_facilities == 1
    assert json.loads(served_layer(part, "hospital"))["features"] == []
    assert len(json.loads(served_layer(part, "clinic"))["features"]) == 2
    near = cell(part, asked(part, "hospital"), tiny.grid_code(13))
    assert near is not None
    assert [place.name for place in near.places] == [PLACE_AWAY]
    assert near.way == ()
    table = tables.village_table(part, asked(part, "hospital"), "zh")
    names = {str(row[11]) for row in table[1:]}
    assert names <= {PLACE_AWAY, "None"}
    assert len(table) == 3


def test_capacity_and_supply_list_the_part_alone(both: tuple[Reach, Reach]) -> None:
    for service in ("clinic", "hospital"):
        q = asked(both[1], service)
        rows = answers.capacity(both[1], q).rows
        ids = {r.id for r in rows} | {r.id for r in answers.supply(both[1], q).redundant}
        assert not any(i.startswith("x") for i in ids)


def test_the_county_gets_its_travel_times_as_they_are(both: tuple[Reach, Reach]) -> None:
    whole, part = both
    county = current_twin()
    assert county is not None
    assert veiled(whole, county) is whole
    assert veiled(whole, territory.cut(county, EAST)) is part
    west = veiled(whole, territory.cut(county, WEST))
    assert west is not part
    assert west.twin.position(WEST) == whole.twin.position(WEST)


def test_other_versions_do_not_mix(both: tuple[Reach, Reach]) -> None:
    county = current_twin()
    assert county is not None
    newer = dataclasses.replace(county, version="newer")
    with pytest.raises(InputError, match="loaded anew"):
        veiled(both[0], territory.cut(newer, EAST))
