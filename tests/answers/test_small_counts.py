"""Sensitive counts that no page shows, on the tiny county: grid k has k people of low income."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy.orm import Session

from cockpit.access.territory import cut
from cockpit.answers import downloads, layers
from cockpit.answers import map as maps
from cockpit.answers.compare import Asked, by_date, by_indicator
from cockpit.answers.small_counts import hidden_counts
from cockpit.answers.twin import LEVELS, Twin, twin
from cockpit.indicators import INDICATORS
from cockpit.store.models import Vulnerable
from cockpit.store.session import open_engine
from cockpit.subtraction import bounds
from tests import tiny

DONGSHAN = "529901001"
GROUP, SMALL, VISITOR = "low_income", 10, "敏感"


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('store') / 'tiny.sqlite'}")
    tiny.fill(engine)
    with Session(engine) as session:
        for k in range(16):
            session.add(
                Vulnerable(region_code=tiny.grid_code(k), date=tiny.BEFORE, group=GROUP,
                           persons=k, moved=False, batch_id=3, source_row=k)
            )  # fmt: skip
        session.flush()
        yield session
    engine.dispose()


@pytest.fixture(scope="module")
def county(db: Session) -> Twin:
    found = twin(db)
    assert found is not None
    return found


def test_a_village_goes_with_grids_that_would_follow_from_it(county: Twin) -> None:
    # Village 一 of Dongshan has 0, 1, 4, 5 = 10: three hidden grids of 1 or more have 1 to 8 each.
    # So its 10 is hidden, and beside it the 42: Dongshan's 52 - 42 would bring it back. Of 8 and 9
    # in that village the sum 17 leaves room, as does 18 for Xihe's 2, 3, 6, 7.
    hidden = hidden_counts(county, GROUP, SMALL)
    codes = county.regions["code"].to_numpy()[hidden].tolist()
    grids = [tiny.grid_code(k) for k in range(1, 10)]
    assert sorted(codes) == sorted([f"{DONGSHAN}001", f"{DONGSHAN}002", *grids])
    parent = county.regions["parent"].to_numpy(dtype=np.intp)
    low, high = bounds(county.measures[GROUP], parent, hidden)
    assert (high - low)[hidden].min() >= SMALL
    at = county.position(f"{DONGSHAN}001")
    assert (low[at], high[at]) == (3, 52 - 12 - 13 - 2)


@pytest.mark.parametrize("level", LEVELS[1:])
def test_all_pages_hide_the_same(db: Session, county: Twin, level: str) -> None:
    rows = county.below(0, level)
    hidden = hidden_counts(county, GROUP, SMALL)[rows].tolist()
    shown = layers.shown_values(county, GROUP, rows, SMALL)
    assert (shown == layers.MASKED).tolist() == hidden
    answer = maps.map_answer(county, GROUP, 0, level, visitor=VISITOR, small_count=SMALL)
    assert answer.masked.tolist() == hidden
    assert np.isnan(answer.values).tolist() == hidden
    table = downloads.region_table(
        county, level, 0, visitor=VISITOR, small_count=SMALL, language="en"
    )
    column = table[0].index("People on minimum income support (persons)")
    assert [row[column] == "not shown" for row in table[1:]] == hidden
    days = (tiny.BEFORE.isoformat(), tiny.DATE.isoformat())
    dates = Asked("dates", GROUP, *days, 0, level, "absolute")
    pair = Asked("indicators", "-", "people", GROUP, 0, level, "absolute")
    by_day = by_date(db, county, dates, visitor=VISITOR, small_count=SMALL)
    assert by_day.a.masked.tolist() == by_day.b.masked.tolist() == hidden
    assert by_day.difference is not None
    assert np.isnan(by_day.difference).tolist() == hidden
    beside = by_indicator(county, pair, visitor=VISITOR, small_count=SMALL)
    assert beside.b.masked.tolist() == hidden


def test_a_total_that_is_hidden_is_hidden_as_the_unit_of_a_map(county: Twin) -> None:
    village = county.position(f"{DONGSHAN}002")
    answer = maps.map_answer(county, GROUP, village, "grid", visitor=VISITOR, small_count=SMALL)
    assert np.isnan(answer.total)  # 42 - 12 - 13 = 17 is not to be had


def test_a_narrow_territory_hides_what_the_county_hides(db: Session, county: Twin) -> None:
    whole = hidden_counts(county, GROUP, SMALL)
    for code in (DONGSHAN, f"{DONGSHAN}001", "529901100"):
        part = cut(county, code)
        rows = [county.position(c) for c in part.regions["code"]]
        assert hidden_counts(part, GROUP, SMALL).tolist() == whole[rows].tolist()
    part = cut(county, DONGSHAN)
    days = (tiny.BEFORE.isoformat(), tiny.DATE.isoformat())
    asked = Asked("dates", GROUP, *days, 0, "village", "absolute")
    found = by_date(db, part, asked, visitor=VISITOR, small_count=SMALL)
    assert found.a.masked.tolist() == found.b.masked.tolist() == [True, True]
    assert by_date(
        db, part, asked._replace(what="usual"), visitor=VISITOR, small_count=SMALL
    ).b.values.tolist() == [140, 460]


def test_what_is_not_sensitive_and_areas_are_not_searched(county: Twin) -> None:
    assert not hidden_counts(county, "people", 1000).any()
    secret = replace(county, classes={**county.classes, "area_km2": "秘密"})
    areas = county.measures["area_km2"]
    assert hidden_counts(secret, "area_km2", 5).tolist() == ((areas > 0) & (areas < 5)).tolist()


def test_another_county_of_the_same_version_is_another(county: Twin) -> None:
    before = hidden_counts(county, GROUP, SMALL)
    tenfold = replace(county, measures={m: v * 10 for m, v in county.measures.items()})
    assert not hidden_counts(tenfold, GROUP, SMALL).any()
    assert hidden_counts(county, GROUP, SMALL).tolist() == before.tolist()
    assert INDICATORS[GROUP].measures == (GROUP,)
