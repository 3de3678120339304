"""A part of the tiny county: Dongshan, grids 0, 1, 4, 5, 8, 9, 12, 13 of 10 (k + 1) people each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.orm import Session

from cockpit.access import territory
from cockpit.access.visitor import NotAllowedError, Visitor
from cockpit.answers.map import levels_in, unreconciled
from cockpit.answers.search import search
from cockpit.answers.twin import LEVELS, Twin, twin
from cockpit.store.session import open_engine
from tests import tiny

COUNTY, DONGSHAN, XIHE = "529901", "529901001", "529901100"
VILLAGE = "529901001001"


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    path: Path = tmp_path_factory.mktemp("store") / "tiny.sqlite"
    engine = open_engine(f"sqlite:///{path}")
    tiny.fill(engine)
    with Session(engine) as db:
        found = twin(db)
    assert found is not None
    yield found
    engine.dispose()


def test_a_township_by_hand(county: Twin) -> None:
    part = territory.cut(county, DONGSHAN)
    # 1 township, 2 villages, 8 grids; (1+2+5+6+9+10+13+14) tens of people.
    assert part.regions["level"].tolist() == ["township"] + ["village"] * 2 + ["grid"] * 8
    assert part.regions["parent"].tolist()[:3] == [-1, 0, 0]
    assert part.measures["people"][0] == 600
    assert part.version == "tiny1~529901001"
    assert part.county["name"] == county.county["name"]


def test_rows_and_codes_agree(county: Twin) -> None:
    part = territory.cut(county, DONGSHAN)
    for row, code in enumerate(part.regions["code"]):
        assert part.position(code) == row
        old = county.position(code)
        for name, values in part.measures.items():
            np.testing.assert_equal(values[row], county.measures[name][old])
        parent = int(part.regions["parent"].iat[row])
        if row:
            up = int(county.regions["parent"].iat[old])
            assert part.regions["code"].iat[parent] == county.regions["code"].iat[up]


@pytest.mark.parametrize("code", [DONGSHAN, XIHE, VILLAGE, tiny.grid_code(0)])
def test_nothing_of_outside_is_in_a_part(county: Twin, code: str) -> None:
    part = territory.cut(county, code)
    assert part.regions["path"].str.startswith(county.path(county.position(code))).all()
    assert set(part.regions.attrs["rows"]) == set(part.regions["code"])
    assert all(len(values) == len(part.regions) for values in part.measures.values())
    with pytest.raises(KeyError):
        part.position(COUNTY)


def test_a_part_works_like_a_county(county: Twin) -> None:
    part = territory.cut(county, VILLAGE)
    assert part.ancestors(0) == [0]
    assert len(part.below(0, "grid")) == 4
    assert levels_in(part, 0) == ["grid"]
    assert unreconciled(part, 0) == []
    grid = territory.cut(county, tiny.grid_code(0))
    assert levels_in(grid, 0) == ["grid"]


def test_search_finds_nothing_of_outside(county: Twin) -> None:
    part = territory.cut(county, DONGSHAN)
    for text in (XIHE, "西河", "Xihe", "Village 11", tiny.grid_code(2), COUNTY):
        found = search(part, text)
        assert len(found) == 0 or text in DONGSHAN, text
    assert len(search(part, "东山")) > 0


def test_parts_of_one_version_are_kept_apart(county: Twin) -> None:
    one, two = territory.cut(county, DONGSHAN), territory.cut(county, XIHE)
    assert one.version != two.version != county.version
    assert territory.cut(county, DONGSHAN) is one
    assert territory.cut(one, XIHE) is two  # always from the whole county
    assert territory.data_version(one.version) == county.version
    assert [territory.code_of(t.version) for t in (county, one)] == ["", DONGSHAN]


def test_a_new_county_drops_the_parts_of_the_old(county: Twin) -> None:
    old = territory.cut(county, DONGSHAN)
    newer = dataclasses.replace(county, version="tiny2")
    assert territory.cut(newer, DONGSHAN).version == "tiny2~529901001"
    assert all(part.whole is newer for part in territory._kept.values())
    assert territory.cut(county, DONGSHAN) is not old


def test_the_county_is_its_own_territory(county: Twin) -> None:
    assert territory.cut(county, "") is county
    assert territory.cut(county, COUNTY) is county
    assert LEVELS[0] == county.regions["level"].iat[0]


def test_an_unknown_territory_opens_nothing(county: Twin) -> None:
    with pytest.raises(NotAllowedError, match="Your territory 529999 is not in this county"):
        territory.of(county, Visitor("a", territory="529999"))


def test_a_region_must_lie_in_the_territory(county: Twin) -> None:
    ada = Visitor("ada", roles=("leader",), territory=DONGSHAN)
    territory.require_inside(county, ada, VILLAGE)
    for code in (COUNTY, XIHE, "529901100001", "", "nowhere"):
        with pytest.raises(NotAllowedError, match="does not reach this part"):
            territory.require_inside(county, ada, code)
