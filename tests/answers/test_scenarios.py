"""Scenarios on the county with known minutes: saved, listed by class, opened again."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from alembic import command
from sqlalchemy import Engine, delete, event, inspect, select, update
from sqlalchemy.orm import Session

from cockpit.answers import scenarios as answers
from cockpit.answers.coverage_question import question
from cockpit.answers.reach import Reach, reach_for
from cockpit.answers.siting import Layout, Rules, ground_of
from cockpit.answers.siting_figures import Figures, figures
from cockpit.answers.twin import twin
from cockpit.store import ingest
from cockpit.store import models as m
from cockpit.store.migrate import _config
from cockpit.store.session import StoreError, data_version, open_engine
from geodata.errors import InputError
from tests import roaded, tiny
from tests.small import write_people, write_small

NEW = tiny.grid_code(7)  # 12 minutes from the nearest clinic today


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    roaded.fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def db(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@pytest.fixture
def reach(engine: Engine) -> Reach:
    return roaded.reach_of(engine)


def plan(
    reach: Reach, *, group: str = "people", layout: Layout | None = None, **how: Any
) -> Figures:
    how = {"mode": "car", "minutes": 6, "visitor": "备用", **how}
    q = question(reach, "clinic", group=group, **how)
    return figures(ground_of(reach, q), Layout(added=(NEW,)) if layout is None else layout)


def saved(db: Session, reach: Reach, name: str = "南部增设", **how: Any) -> answers.Scenario:
    group = how.pop("group", "people")
    found = plan(reach, group=group, visitor="敏感" if group == "low_income" else "备用")
    return answers.save(db, found, Rules(), name=name, author="张三", **how)


def test_saves_the_figures_of_the_day(db: Session, reach: Reach) -> None:
    made = saved(db, reach, note=" 两行\r\n备注 ")
    assert (made.name, made.version, made.author) == ("南部增设", 1, "张三")
    assert made.note == "两行\n备注"
    assert made.data_version == data_version(db) == "tiny1"
    assert made.question == {
        "service": "clinic", "mode": "car", "minutes": 6.0, "group": "people", "unit": "529901",
    }  # fmt: skip
    assert made.layout == Layout(added=(NEW,))
    # Within 6 minutes today: cells 0, 1, 2, 4, 5, 8, 9, 10, 11; then cells 6 and 7 too.
    covered = [roaded.PEOPLE[k] for k in (0, 1, 2, 4, 5, 8, 9, 10, 11)]
    assert made.figures["now"]["covered"] == sum(covered)
    assert made.figures["then"]["covered"] == sum(covered) + 70 + 80
    assert answers.scenario(db, made.id, visitor="备用") == made


def test_the_same_name_is_the_next_version(db: Session, reach: Reach) -> None:
    first, other, second = (
        saved(db, reach),
        saved(db, reach, "别的"),
        saved(db, reach, " 南部增设 "),
    )
    assert [s.version for s in (first, other, second)] == [1, 1, 2]
    assert second.title == "南部增设 (2)"
    assert [s.id for s in answers.scenarios(db, visitor="备用")] == [second.id, other.id]
    assert [s.version for s in answers.versions(db, "南部增设", visitor="备用")] == [2, 1]


def test_two_who_save_at_once_are_both_kept(engine: Engine, reach: Reach) -> None:
    found = plan(reach)
    start = threading.Barrier(6)
    made: list[int] = []

    def save(author: str) -> None:
        with Session(engine) as own:
            answers.scenarios(own, visitor="备用")  # what each has read is of before
            start.wait()
            made.append(answers.save(own, found, Rules(), name="同名", author=author).version)

    people = [threading.Thread(target=save, args=(f"{k}",)) for k in range(6)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert sorted(made) == [1, 2, 3, 4, 5, 6]
    with Session(engine) as own:
        authors = {s.author for s in answers.versions(own, "同名", visitor="备用")}
    assert authors == set("012345")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"name": " "}, "Give the scenario a name of 1 to 80 characters on one line."),
        ({"name": "名" * 81}, "Give the scenario a name of 1 to 80 characters on one line."),
        ({"name": "a\nb"}, "Give the scenario a name of 1 to 80 characters on one line."),
        ({"name": "a\u202eb"}, "Give the scenario a name of 1 to 80 characters on one line."),
        ({"author": ""}, "Say who saves the scenario, in 1 to 80 characters."),
        ({"note": "x" * 2001}, "The note has 2001 characters; expected at most 2000, all of them"),
        ({"note": "a\x00"}, "The note has 2 characters; expected at most 2000, all of them"),
        ({"certificate": "{}"}, "This is no certificate of a plan: its format is not"),
        ({"replaces": 99}, "There is no scenario number 99."),
    ],
)
def test_refuses_what_cannot_be_saved(
    db: Session, reach: Reach, how: dict[str, Any], words: str
) -> None:
    told = {"name": "名", "author": "张三", **how}
    with pytest.raises((InputError, answers.NoScenarioError)) as caught:
        answers.save(db, plan(reach), Rules(), **told)
    assert words in str(caught.value)
    assert answers.scenarios(db, visitor="秘密") == ()


def test_a_longest_name_is_saved(db: Session, reach: Reach) -> None:
    assert saved(db, reach, "名" * 80).name == "名" * 80


def test_a_killed_save_leaves_nothing(engine: Engine, db: Session, reach: Reach) -> None:
    first = saved(db, reach)

    def stop(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE scenario"):  # after the insert, before the commit
            raise KeyboardInterrupt

    event.listen(engine, "before_cursor_execute", stop)
    with pytest.raises(KeyboardInterrupt), Session(engine) as own:
        answers.save(own, plan(reach), Rules(), name="新名", author="李四", replaces=first.id)
    event.remove(engine, "before_cursor_execute", stop)
    assert [s.name for s in answers.scenarios(db, visitor="备用")] == ["南部增设"]
    made = answers.save(db, plan(reach), Rules(), name="新名", author="李四", replaces=first.id)
    assert [s.id for s in answers.scenarios(db, visitor="备用")] == [made.id]


def test_a_store_that_is_being_loaded_says_so(engine: Engine, db: Session, reach: Reach) -> None:
    first, found = saved(db, reach), plan(reach)
    db.commit()  # the next connection is another one
    event.listen(engine, "checkout", lambda raw, *_: raw.execute("PRAGMA busy_timeout = 20"))  # ms
    with engine.connect() as load:
        load.execute(update(m.Meta).values(key=m.Meta.key))
        with pytest.raises(StoreError, match="database is locked"):
            answers.save(db, found, Rules(), name="名", author="张三")
        with pytest.raises(StoreError, match="database is locked"):
            answers.archive(db, first.id, visitor="备用")
    assert answers.scenarios(db, visitor="备用") == (first,)
    assert answers.save(db, found, Rules(), name="名", author="张三").version == 1


def test_loading_anew_leaves_scenarios_as_they_are(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'store' / 'county.sqlite'}")

    def load(*confirmed: str) -> Reach:
        ingest.load(path, engine, tmp_path / "store", confirmed=frozenset(confirmed))
        with Session(engine) as db:
            county = twin(db)
            assert county is not None
            return reach_for(county, db, allowed=("clinics",))

    path = write_small(tmp_path / "raw")
    before = load()
    with Session(engine) as db:
        made = saved(db, before)
        # The same files change nothing, other people the data version, another county all of it.
        assert load().version == before.version == made.data_version
        write_people(path.parent, factor=2)
        after = load()
        assert after.version != before.version
        assert answers.scenario(db, made.id, visitor="备用") == made
        assert answers.reopened(before, made, visitor="备用", small_count=10).same
        told = answers.reopened(after, made, visitor="备用", small_count=10)
        assert [d[:] for d in told.differs if d.name == "People of the group"] == [
            ("People of the group", 1360, 2720)
        ]
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('"小青县"', '"小红县"'), encoding="utf-8")
        load("other_county")
        db.rollback()
        assert answers.scenario(db, made.id, visitor="备用") == made
    engine.dispose()


def test_a_scenario_does_not_change_the_data_version(db: Session, reach: Reach) -> None:
    before = db.execute(select(m.Meta.key, m.Meta.value).order_by(m.Meta.key)).all()
    saved(db, reach)
    assert db.execute(select(m.Meta.key, m.Meta.value).order_by(m.Meta.key)).all() == before


def test_archived_ones_are_kept_but_not_listed(db: Session, reach: Reach) -> None:
    first, second = saved(db, reach), saved(db, reach)
    answers.archive(db, second.id)
    assert answers.scenarios(db, visitor="备用") == ()
    assert [s.archived for s in answers.versions(db, "南部增设", visitor="备用")] == [True, True]
    answers.archive(db, first.id, archived=False)
    assert [s.id for s in answers.scenarios(db, visitor="备用")] == [first.id]
    third = saved(db, reach)
    assert (third.version, third.archived) == (3, False)


def test_only_who_may_see_the_group_sees_its_scenario(db: Session, reach: Reach) -> None:
    first = saved(db, reach, "方案")
    made = saved(db, reach, "方案", group="low_income")
    assert (first.data_class, made.data_class) == ("备用", "敏感")
    assert [s.id for s in answers.scenarios(db, visitor="敏感")] == [made.id]
    assert [s.id for s in answers.scenarios(db, visitor="备用")] == [first.id]
    assert answers.scenarios(db, visitor="公开") == ()
    assert [s.id for s in answers.versions(db, "方案", visitor="备用")] == [first.id]
    for ask in (answers.scenario, answers.archive):
        with pytest.raises(answers.ScenarioRefusedError, match=f"number {made.id} is not open"):
            ask(db, made.id, visitor="备用")


def test_the_class_is_the_highest_of_what_was_used(db: Session, reach: Reach) -> None:
    assert saved(db, reach).data_class == "备用"  # people and facilities; roads are 公开
    db.execute(update(m.Dataset).where(m.Dataset.id == "ways").values(data_class="敏感"))
    db.commit()
    assert saved(db, reach).data_class == "备用"  # who may not see the roads has not used them
    db.add(m.Dataset(id="secret", title="密", kind="facilities", data_class="秘密"))
    db.flush()
    db.execute(update(m.Facility).where(m.Facility.id == "B").values(dataset_id="secret"))
    db.commit()
    found = plan(reach, visitor="秘密")
    assert answers.class_of(db, found, Rules()) == "秘密"
    assert answers.class_of(db, plan(reach), Rules()) == "备用"


def test_a_secret_zone_makes_the_scenario_secret(db: Session, reach: Reach) -> None:
    db.add(m.Dataset(id="plans", title="规划", kind="features", data_class="秘密"))
    db.flush()
    db.add(m.Batch(
        id=91, dataset_id="plans", version=1, current=True, source="", sha256="", entry={},
        matches={}, rows_read=1, rows_stored=1, rows_bad=0, quality={},
        loaded_at=dt.datetime(2026, 1, 5),
    ))  # fmt: skip
    db.flush()
    zone = shapely.to_wkb(shapely.box(106.80, 27.20, 106.81, 27.21))
    db.add(m.Feature(id=5, dataset_id="plans", layer="plans", geometry=zone, batch_id=91))
    db.commit()
    assert answers.class_of(db, plan(reach), Rules(zones=(5,))) == "秘密"


def test_what_was_changed_in_the_store_is_refused(db: Session, reach: Reach) -> None:
    made = saved(db, reach)
    changed = {**made.figures, "then": {**made.figures["then"], "covered": 1360.0}}
    db.execute(update(m.Scenario).values(figures=changed))
    db.commit()
    with pytest.raises(InputError, match="Scenario 南部增设 was changed in the store after it"):
        answers.scenario(db, made.id, visitor="备用")


def test_rules_and_figures_that_came_later_are_no_change(db: Session, reach: Reach) -> None:
    made = saved(db, reach)
    row = db.get(m.Scenario, made.id)
    assert row is not None
    # As an older version of the cockpit has saved it: without a rule and without some figures.
    rules = {name: value for name, value in row.rules.items() if name != "least_people"}
    told = {name: value for name, value in row.figures.items() if name != "by_site"}
    told["townships"] = [{"id": t["id"], "now": t["now"]} for t in told["townships"]]
    content = {**answers.content_of(made), "rules": rules, "figures": told}
    row.rules, row.figures, row.digest = rules, told, answers.digest_of(content)
    db.commit()
    old = answers.scenario(db, made.id, visitor="备用")
    assert old.rules == Rules()
    assert answers.reopened(reach, old, visitor="备用", small_count=10).same
    told["townships"][0]["now"] = {**told["townships"][0]["now"], "covered": 1.0}
    changed = dataclasses.replace(old, figures=told)
    found = answers.reopened(reach, changed, visitor="备用", small_count=10)
    assert found.differs == (("Townships with other figures", 0, 1),)


def test_no_scenario_of_a_number(db: Session) -> None:
    with pytest.raises(answers.NoScenarioError, match="There is no scenario number 7"):
        answers.scenario(db, 7, visitor="秘密")


def test_a_store_without_the_table_gets_it_with_the_first_save(
    tmp_path: Path, engine: Engine, db: Session, reach: Reach
) -> None:
    old = open_engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
    with old.begin() as connection:
        command.upgrade(_config(connection), "0001")
    known = inspect(old).get_table_names()
    for table in m.Base.metadata.sorted_tables:
        if table.name not in known:
            table.drop(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_event_delivery")
        connection.exec_driver_sql("ALTER TABLE event DROP COLUMN delivery")
        command.stamp(_config(connection), "0001")
    assert answers.scenarios(db, visitor="秘密") == ()
    assert answers.versions(db, "x", visitor="秘密") == ()
    made = saved(db, reach)
    assert answers.scenarios(db, visitor="备用") == (made,)
    assert data_version(db) == "tiny1"


# ---------------------------------------------------------------- opened again


def test_opens_with_the_same_figures(db: Session, reach: Reach) -> None:
    found = answers.reopened(reach, saved(db, reach), visitor="备用", small_count=10)
    assert found.same
    assert found.differs == ()
    assert found.figures.then.covered == found.figures.now.covered + 150


def test_says_what_differs_on_other_data(engine: Engine, db: Session, reach: Reach) -> None:
    made = saved(db, reach)
    db.execute(update(m.Population).where(
        m.Population.region_code == NEW, m.Population.date == tiny.DATE,
        m.Population.age_band == "30-34", m.Population.sex == "m",
    ).values(persons=m.Population.persons + 100))  # fmt: skip
    db.execute(update(m.Meta).where(m.Meta.key == "data_version").values(value="tiny2"))
    db.commit()
    found = answers.reopened(roaded.reach_of(engine), made, visitor="备用", small_count=10)
    assert not found.same
    told = {d.name: (d.saved, d.now) for d in found.differs}
    now = sum(roaded.PEOPLE[k] for k in (0, 1, 2, 4, 5, 8, 9, 10, 11))
    assert told["Covered people"] == (now + 150, now + 250)
    assert told["People of the group"] == (1360, 1460)
    assert told["Townships with other figures"] == (0, 1)
    assert "Covered people today" not in told
    # What was saved stays as it was.
    assert answers.scenario(db, made.id, visitor="备用") == made


def test_names_the_sites_that_are_no_more(engine: Engine, db: Session, reach: Reach) -> None:
    layout = Layout(closed=("A",), added=(NEW,))
    made = answers.save(db, plan(reach, layout=layout), Rules(), name="撤并", author="张三")
    db.execute(delete(m.Facility).where(m.Facility.id == "A"))
    db.commit()
    today = roaded.reach_of(engine)
    with pytest.raises(InputError) as caught:
        answers.reopened(today, made, visitor="备用")
    assert str(caught.value) == (
        "Scenario 撤并 speaks of 1 sites that the data no longer have: A. "
        "Open it without them, and save it as a new version."
    )
    found = answers.reopened(today, made, visitor="备用", without_missing=True)
    assert found.dropped == ("f:A",)
    assert found.figures.layout == Layout(added=(NEW,))


def test_refuses_another_county_and_a_region_that_is_no_more(db: Session, reach: Reach) -> None:
    made = saved(db, reach)
    far = dataclasses.replace(made, county="529902")
    with pytest.raises(
        InputError, match="南部增设 is of county 529902; the data here are of 52990"
    ):
        answers.reopened(reach, far, visitor="备用")
    gone = dataclasses.replace(made, question={**made.question, "unit": "529901999"})
    with pytest.raises(InputError, match="about region 529901999, which the data no longer have"):
        answers.reopened(reach, gone, visitor="备用")
    secret = saved(db, reach, "敏感", group="low_income")
    with pytest.raises(InputError, match=r"The figures for low_income are not open to you\."):
        answers.reopened(reach, secret, visitor="备用")


def test_scenarios_of_another_county_are_not_listed(db: Session, reach: Reach) -> None:
    made = saved(db, reach)
    db.execute(update(m.Scenario).values(county="529902"))
    db.commit()
    assert answers.scenarios(db, visitor="备用") == ()
    assert [s.id for s in answers.scenarios(db, visitor="备用", county="529902")] == [made.id]
