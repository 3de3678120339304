"""The people of the tiny county: 10 (k + 1) in grid k, half men, counted by hand at every level."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.orm import Session

from cockpit.answers.population import (
    Parts,
    Unit,
    changes_of,
    hidden_groups,
    parts_of,
    position_of,
    unit_of,
)
from cockpit.answers.twin import Twin, twin
from cockpit.store.models import Population
from cockpit.store.session import open_engine
from geodata.errors import InputError
from tests import tiny

COUNTY, DONGSHAN, XIHE = "529901", "529901001", "529901100"


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    path: Path = tmp_path_factory.mktemp("store") / "tiny.sqlite"
    engine = open_engine(f"sqlite:///{path}")
    tiny.fill(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture(scope="module")
def county(db: Session) -> Twin:
    found = twin(db)
    assert found is not None
    return found


def unit(db: Session, county: Twin, code: str, visitor: str = "备用") -> Unit:
    return unit_of(db, county, code, visitor=visitor, small=10)


def parts(county: Twin, code: str, visitor: str = "备用") -> Parts:
    found = parts_of(county, code, visitor=visitor, small=10)
    assert found is not None
    return found


def test_the_county_by_hand(db: Session, county: Twin) -> None:
    found = unit(db, county, COUNTY)
    usual = found.people["usual"]
    # 136 tens: 1,360 people; a tenth 00-04, seven tenths 30-34, a fifth 65-69.
    assert usual.total == 1360
    assert usual.ages[[0, 6, 13]].tolist() == [136, 952, 272]
    assert usual.unplaced == 0
    assert found.dates["usual"] == tiny.DATE
    assert found.people["registered"].total == 1360 + 2 * 16
    assert found.people["floating"].total == 120  # 0 + 1 + ... + 15
    assert not found.people["floating"].has_pyramid
    assert found.before is not None
    assert found.before.total == 1360 + 5 * 16
    assert found.households is not None
    assert found.households.counts.tolist() == [120, 48, 0, 0, 0]
    assert found.households.mean_size == pytest.approx(1360 / 168)


def test_the_unit_knows_its_way_up(db: Session, county: Twin) -> None:
    found = unit(db, county, tiny.grid_code(6))
    assert [place.level for place in found.ancestors] == ["county", "township", "village", "grid"]
    assert found.ancestors[-1] == found.place
    assert parts_of(county, tiny.grid_code(6), visitor="备用", small=10) is None


def test_sums_equal_totals_at_every_level(db: Session, county: Twin) -> None:
    for level in ("county", "township", "village"):
        for row in np.flatnonzero((county.regions["level"] == level).to_numpy()):
            code = str(county.regions["code"].iat[row])
            whole = unit(db, county, code)
            below = [unit(db, county, p.code) for p in parts(county, code).places]
            for kind, people in whole.people.items():
                assert (sum(b.people[kind].table for b in below) == people.table).all()
            assert whole.figures["people"] == whole.people["usual"].total
            assert parts(county, code).figures["people"].sum() == whole.figures["people"]
            assert sum(b.households.total for b in below if b.households) == (
                whole.households and whole.households.total
            )


def test_change_by_township_sums_to_the_countys(db: Session, county: Twin) -> None:
    found = changes_of(county, unit(db, county, COUNTY))
    assert found is not None
    assert found.by_part is not None
    # Each of 16 grids lost 5; each township has 8 of them.
    assert found.by_part.persons.tolist() == [-40, -40]
    assert found.by_part.total == -80
    assert found.by_part.percent == pytest.approx(-100 * 80 / 1440)
    assert found.by_age is None  # the earlier count has no ages
    assert (found.date_before, found.date) == (tiny.BEFORE, tiny.DATE)


def test_change_of_a_grid_has_no_parts(db: Session, county: Twin) -> None:
    found = changes_of(county, unit(db, county, tiny.grid_code(0)))
    assert found is not None
    assert found.by_part is None


def test_change_by_age_sums_to_the_whole_where_both_dates_have_ages(
    db: Session, county: Twin
) -> None:
    with db.begin_nested() as nested:
        # Four of the 15 people that grid 0 had turn out to be children, eleven stay without age.
        row = (
            db.query(Population)
            .filter_by(region_code=tiny.grid_code(0), date=tiny.BEFORE, kind="usual")
            .one()
        )
        row.persons = 11
        db.add(
            Population(
                region_code=tiny.grid_code(0),
                date=tiny.BEFORE,
                kind="usual",
                sex="f",
                age_band="00-04",
                persons=4,
                moved=False,
                batch_id=2,
                source_row=900,
            )
        )
        db.flush()
        found = changes_of(county, unit(db, county, tiny.grid_code(0)))
        nested.rollback()
    assert found is not None
    assert found.by_age is not None
    # By hand: children 4 -> 1, 30-34 0 -> 7, 65-69 0 -> 2, unknown 11 -> 0: 15 -> 10.
    assert found.by_age.total == -5
    assert found.by_age.persons[[0, 6, 13, 18]].tolist() == [-3, 7, 2, -11]


def test_groups_are_masked_and_cannot_be_subtracted(db: Session, county: Twin) -> None:
    # Grid k has k people of low income. Below 10 are grids 0 to 9. Village 二 of Dongshan has 8, 9,
    # 12, 13 = 42: 42 - 12 - 13 = 17 would leave 8 + 9 only, so the 12 is hidden with them.
    hidden = hidden_groups(county, small=10)["low_income"]
    dark = {k for k in range(16) if hidden[county.position(tiny.grid_code(k))]}
    assert dark == {*range(10), 12}
    village = parts(county, f"{DONGSHAN}002").groups["low_income"]
    assert [(c.persons, c.few) for c in village] == [
        (None, True),
        (None, True),
        (None, False),
        (13, False),
    ]
    assert unit(db, county, f"{DONGSHAN}002").groups[2].persons == 42


def test_groups_by_class_of_the_visitor(db: Session, county: Twin) -> None:
    code = tiny.grid_code(3)
    assert unit(db, county, code, "公开").groups == ()
    assert parts(county, DONGSHAN, "公开").groups == {}
    masked = {c.group: c for c in unit(db, county, code).groups}
    assert masked["low_income"].persons is None
    assert masked["low_income"].few
    exact = {c.group: c for c in unit(db, county, code, "敏感").groups}
    assert exact["low_income"].persons == 3
    assert "care" not in [s.id for s in unit(db, county, code, "公开").sources]
    assert "care" in [s.id for s in unit(db, county, code).sources]


def test_a_small_county_total_stays_hidden(db: Session, county: Twin) -> None:
    # Nobody is counted in the other groups: 0 is below 10 too.
    counts = {c.group: c for c in unit(db, county, COUNTY).groups}
    assert counts["disabled"].persons is None
    assert counts["low_income"].persons == 120


def test_residents_above_the_visitors_class_are_refused(db: Session, county: Twin) -> None:
    secret = Twin(
        **{
            **{name: getattr(county, name) for name in county.__dataclass_fields__},
            "classes": {**county.classes, "people": "敏感"},
        }
    )
    with pytest.raises(InputError) as raised:
        unit(db, secret, COUNTY)
    assert str(raised.value) == "The residents are of class 敏感; you may see 备用."


def test_an_unknown_region_is_named(county: Twin) -> None:
    with pytest.raises(InputError) as raised:
        position_of(county, "110000")
    assert str(raised.value) == "The county has no region 110000."
