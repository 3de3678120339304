"""A figure and the rows of the source it is made of."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from cockpit.answers.lineage import Lineage, lineage
from cockpit.answers.reread import reread
from cockpit.answers.twin import Twin, twin
from cockpit.store.models import Population
from cockpit.store.session import open_engine
from geodata.errors import InputError
from tests import tiny

COUNTY, DONGSHAN, XIHE = "529901", "529901001", "529901100"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Session]:
    engine = open_engine(f"sqlite:///{tmp_path / 'tiny.sqlite'}")
    tiny.fill(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def count_registered(db: Session, region: str, persons: int, row: int) -> None:
    """Store a count of registered people as a file has it, before it is moved to the leaves."""
    db.add(
        Population(
            region_code=region,
            date=tiny.DATE,
            kind="registered",
            sex="t",
            age_band="all",
            persons=persons,
            moved=False,
            batch_id=2,
            source_row=row,
        )
    )


def asked(db: Session, code: str, indicator: str) -> Lineage:
    county = twin(db)
    assert county is not None
    return lineage(db, county, code, indicator, visitor="备用")


def test_a_figure_is_the_sum_of_its_source_rows(db: Session) -> None:
    found = asked(db, DONGSHAN, "people")
    # Grids 0 1 4 5 8 9 12 13: 10 x (1 2 5 6 9 10 13 14) = 600, 6 rows each.
    assert found.shown == found.recomputed == 600
    assert found.agrees
    (part,) = found.parts
    assert (part.measure, part.n_rows, len(part.rows)) == ("people", 48, 48)
    (file,) = part.files
    assert (file.dataset_id, file.source, file.version, file.rows) == (
        "people",
        "people.csv",
        1,
        48,
    )
    assert file.amount == 600
    assert file.sha256 == "0" * 64
    assert part.rows[0].row == 1
    assert part.rows[0].what == "m 00-04"


def test_a_share_is_recomputed_from_both_its_parts(db: Session) -> None:
    found = asked(db, tiny.grid_code(15), "age_60_plus_share")
    assert found.shown == pytest.approx(20)
    assert found.recomputed == pytest.approx(20)
    assert [part.measure for part in found.parts] == ["age_60_plus", "people_aged"]
    assert [part.recomputed for part in found.parts] == [32, 160]


def test_things_are_counted_row_by_row(db: Session) -> None:
    found = asked(db, COUNTY, "facilities")
    assert found.recomputed == 4
    assert {row.what for row in found.parts[0].rows} >= {"clinic 设施1", "hospital 设施3"}
    assert asked(db, COUNTY, "area").recomputed == 16
    assert asked(db, COUNTY, "households").recomputed == 168
    assert asked(db, COUNTY, "buildings").recomputed == 16


def test_a_wrong_sum_is_seen(db: Session) -> None:
    before = twin(db)
    assert before is not None
    row = db.query(Population).filter_by(region_code=tiny.grid_code(0), source_row=1).one()
    row.persons += 7
    db.flush()
    found = lineage(db, before, COUNTY, "people", visitor="备用")
    assert not found.agrees
    assert found.recomputed - found.shown == 7


def test_a_moved_count_names_where_it_was_counted(db: Session) -> None:
    # Registered people: two townships, moved to grids of k-th size + 2; both sums by hand.
    count_registered(db, DONGSHAN, 600 + 16, 901)
    count_registered(db, XIHE, 760 + 16, 902)
    db.flush()
    grid = asked(db, tiny.grid_code(0), "registered")
    (part,) = grid.parts
    assert grid.agrees
    assert (grid.shown, grid.recomputed) == (12, 12)
    assert part.moved_from is not None
    assert part.moved_from.code == DONGSHAN
    assert (part.whole, part.whole_moved) == (616, 616)
    assert [row.row for row in part.rows] == [901]
    county = asked(db, COUNTY, "registered")
    assert county.agrees
    assert county.recomputed == 1392
    assert [row.row for row in county.parts[0].rows] == [901, 902]
    assert county.parts[0].moved_from is None


def test_a_coarse_count_above_finer_ones_is_only_a_check(db: Session) -> None:
    count_registered(db, COUNTY, 5000, 900)
    count_registered(db, DONGSHAN, 616, 901)
    count_registered(db, XIHE, 776, 902)
    db.flush()
    assert asked(db, COUNTY, "registered").recomputed == 1392


def test_what_a_coarse_count_has_beyond_a_finer_one_stands_too(db: Session) -> None:
    # Of the county's 1,392 Dongshan counts 616; the other 776 were moved to Xihe's grids.
    count_registered(db, COUNTY, 1392, 900)
    count_registered(db, DONGSHAN, 616, 901)
    db.flush()
    whole = asked(db, COUNTY, "registered")
    assert (whole.agrees, whole.shown, whole.recomputed) == (True, 1392, 1392)
    xihe = asked(db, XIHE, "registered")
    assert (xihe.agrees, xihe.shown) == (True, 776)
    (part,) = xihe.parts
    assert part.moved_from is not None
    assert (part.moved_from.code, part.whole, part.whole_moved) == (COUNTY, 1392, 1392)


def test_a_moved_count_that_lost_somebody_is_seen(db: Session) -> None:
    count_registered(db, DONGSHAN, 617, 901)
    db.flush()
    assert not asked(db, tiny.grid_code(0), "registered").agrees


def test_classes_and_unknown_names_are_refused(db: Session) -> None:
    with pytest.raises(InputError, match=r"This figure is of class 敏感; you may see 备用\."):
        asked(db, COUNTY, "low_income")
    with pytest.raises(InputError, match=r"The county has no figure happiness\."):
        asked(db, COUNTY, "happiness")
    with pytest.raises(InputError, match=r"The county has no figure care_beds_9\."):
        asked(db, COUNTY, "care_beds_9")
    with pytest.raises(InputError, match=r"The county has no region 1\."):
        asked(db, "1", "people")


def test_a_file_that_is_gone_is_named(db: Session) -> None:
    county: Twin | None = twin(db)
    assert county is not None
    (found,) = reread(db, county, DONGSHAN, "people", visitor="备用")
    assert (found.file, found.state, found.stored, found.found) == ("people.csv", "gone", 600, None)
    assert not found.agrees
    assert reread(db, county, DONGSHAN, "area_km2", visitor="备用") == ()
    with pytest.raises(InputError, match="class 敏感"):
        reread(db, county, DONGSHAN, "low_income", visitor="备用")
