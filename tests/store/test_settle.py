"""Counts of larger regions beside finer ones, worked out by hand on the tiny county."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from cockpit.store.models import Population, Region, Vulnerable
from cockpit.store.session import open_engine
from cockpit.store.settle import read_tree, settle
from loaders.table import Finding
from tests import tiny

COUNTY, DONGSHAN, XIHE = "529901", "529901001", "529901100"
FIRST, SECOND = f"{DONGSHAN}001", f"{DONGSHAN}002"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Session]:
    """Return the tiny county without its people: four grids in each of its four villages."""
    engine = open_engine(f"sqlite:///{tmp_path / 'tiny.sqlite'}")
    tiny.fill(engine)
    with Session(engine) as session:
        session.execute(delete(Population))
        session.execute(delete(Vulnerable))
        session.commit()
        yield session
    engine.dispose()


def count(db: Session, code: str, persons: int, sex: str = "t", band: str = "all",
          date: dt.date = tiny.DATE) -> None:  # fmt: skip
    db.add(
        Population(region_code=code, date=date, kind="usual", sex=sex, age_band=band,
                   persons=persons, moved=False, batch_id=2, source_row=1)
    )  # fmt: skip


def settled(db: Session, model: type = Population) -> list[tuple[int, Finding]]:
    db.flush()
    connection = db.connection()
    return settle(connection, model, read_tree(connection))


def leaves(db: Session, code: str, sex: str = "", model: type = Population) -> int:
    """Return the persons at the leaves of a region."""
    query = (
        select(func.sum(model.persons))  # type: ignore[attr-defined]
        .join(Region, Region.code == model.region_code)  # type: ignore[attr-defined]
        .where(Region.is_leaf, Region.path.contains(f"{code}/"))
    )
    if sex:
        query = query.where(Population.sex == sex)
    return db.execute(query).scalar() or 0


def test_what_a_total_has_beyond_the_counted_parts_goes_to_the_others(db: Session) -> None:
    # County 100; Dongshan 60, of it 20 in its first village. 40 are left there, 40 for Xihe.
    count(db, COUNTY, 100)
    count(db, DONGSHAN, 60)
    count(db, FIRST, 20)
    assert settled(db) == []
    assert [leaves(db, c) for c in (COUNTY, DONGSHAN, FIRST, SECOND, XIHE)] == [100, 60, 20, 40, 40]


def test_the_rest_is_moved_by_sex_where_both_counts_know_it(db: Session) -> None:
    for sex, whole, part in (("m", 50, 30), ("f", 70, 35)):
        count(db, COUNTY, whole, sex)
        count(db, DONGSHAN, part, sex)
    assert settled(db) == []
    assert (leaves(db, XIHE, "m"), leaves(db, XIHE, "f"), leaves(db, XIHE, "t")) == (20, 35, 0)


def test_the_rest_has_no_sex_where_one_count_has_none(db: Session) -> None:
    count(db, COUNTY, 100)
    count(db, DONGSHAN, 30, "m")
    count(db, DONGSHAN, 35, "f")
    assert settled(db) == []
    assert leaves(db, XIHE, "t") == leaves(db, XIHE) == 35
    assert leaves(db, COUNTY) == 100


def test_a_total_below_its_parts_is_told_and_moves_nothing(db: Session) -> None:
    count(db, COUNTY, 50)
    count(db, DONGSHAN, 60)
    ((batch, finding),) = settled(db)
    assert (batch, finding.rule, finding.found, finding.values) == (
        2, "total.differs", "529901: 50", {"sum": 60},
    )  # fmt: skip
    assert (leaves(db, DONGSHAN), leaves(db, XIHE)) == (60, 0)


def test_where_all_parts_are_counted_the_total_only_checks(db: Session) -> None:
    count(db, COUNTY, 100)
    count(db, DONGSHAN, 60)
    count(db, XIHE, 30)
    ((_, finding),) = settled(db)
    assert (finding.found, finding.values) == ("529901: 100", {"sum": 90})
    assert (leaves(db, DONGSHAN), leaves(db, XIHE)) == (60, 30)


def test_groups_that_one_side_does_not_count_are_not_guessed(db: Session) -> None:
    for code, group, persons in (
        (COUNTY, "low_income", 9), (COUNTY, "disabled", 5), (DONGSHAN, "low_income", 4),
    ):  # fmt: skip
        db.add(Vulnerable(region_code=code, date=tiny.DATE, group=group, persons=persons,
                          moved=False, batch_id=3, source_row=1))  # fmt: skip
    ((_, finding),) = settled(db, Vulnerable)
    assert (finding.found, finding.values) == ("529901: 14", {"sum": 4})
    assert leaves(db, COUNTY, model=Vulnerable) == 4
