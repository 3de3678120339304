"""Every stored column has a class, and what is made of several has the highest."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cockpit.access.classes import CLASSES, may_see
from cockpit.access.columns import (
    COLUMNS,
    class_of,
    class_of_columns,
    class_of_query,
    columns_of,
)
from cockpit.answers.unneeded import unneeded
from cockpit.store import models as m
from cockpit.store.models_live import FeedSource
from cockpit.store.sealed import SEALED
from cockpit.store.session import open_engine
from tests import sealed_small

STORED = {(t.name, c.name) for t in m.Base.metadata.sorted_tables for c in t.columns}
parts = st.lists(st.sampled_from(sorted(STORED)), max_size=6)
classes = st.lists(st.sampled_from(CLASSES), max_size=3)


def test_every_stored_column_has_a_class_and_no_other_is_named() -> None:
    assert {column: None for column in STORED if column not in COLUMNS} == {}
    assert {column: None for column in COLUMNS if column not in STORED} == {}


def test_what_nobody_declared_is_secret() -> None:
    assert class_of("person", "blood_group") == "秘密"
    assert class_of_columns([("nowhere", "x"), ("region", "name")]) == "秘密"


def test_sealed_columns_are_sensitive() -> None:
    for table, spec in SEALED.items():
        for column in spec.columns:
            assert class_of(table, column) == "敏感", (table, column)


@given(one=parts, other=parts, datasets=classes, visitor=st.sampled_from(CLASSES))
def test_a_join_is_open_to_those_who_may_see_all_its_parts(
    one: list[tuple[str, str]], other: list[tuple[str, str]], datasets: list[str], visitor: str
) -> None:
    joined = class_of_columns(one + other, datasets)
    each = [class_of(*column) for column in one + other] + datasets
    assert may_see(visitor, joined) == all(may_see(visitor, part) for part in each)
    assert joined == class_of_columns(other + one, datasets)
    assert may_see(joined, class_of_columns(one, datasets))


@given(left=parts, right=parts, datasets=classes)
def test_a_query_has_the_class_of_all_columns_that_it_names(
    left: list[tuple[str, str]], right: list[tuple[str, str]], datasets: list[str]
) -> None:
    tables = m.Base.metadata.tables
    columns = [tables[t].c[c] for t, c in left]
    conditions = [tables[t].c[c].is_not(None) for t, c in right]
    query = select(func.count(), *columns).where(*conditions)
    assert columns_of(query) == set(left + right)
    assert class_of_query(query, datasets) == class_of_columns(left + right, datasets)


@pytest.mark.parametrize(
    ("query", "data_class"),
    [
        (select(m.Region.name), "公开"),
        (select(m.Event.id).join(m.Region, m.Region.code == m.Event.region_code), "备用"),
        (select(func.count()).where(m.Event.text.contains("扰民")), "敏感"),
        (select(m.Region.name).order_by(func.max(m.Person.birth)), "敏感"),
        (select(m.Region.code).where(m.Region.code.in_(select(m.Person.region_code))), "敏感"),
        (select(FeedSource.token_hash), "秘密"),
        (select(func.sum(m.Population.persons)), "公开"),
    ],
)
def test_queries_by_hand(query: object, data_class: str) -> None:
    assert class_of_query(query) == data_class  # type: ignore[arg-type]


def test_the_data_set_wins_where_it_is_higher() -> None:
    persons = [("population", "persons")]
    assert class_of_columns(persons, ["备用"]) == "备用"
    assert class_of_columns([*persons, ("person", "sex")], ["备用"]) == "敏感"
    assert class_of_columns([]) == "公开"


def test_personal_fields_that_nothing_uses_are_named(tmp_path: Path) -> None:
    engine = sealed_small.loaded(tmp_path)
    with Session(engine) as db:
        found = {(one.dataset_id, one.field, one.header) for one in unneeded(db)}
        # Names and births find the same person in both registers; sex and status nothing asks for.
        assert found == {("register", "sex", "性别"), ("register", "status", "人员状态")}
        db.add(m.Tag(id="men", pool="person", title="男", rule=[["sex", "=", "m"]]))
        db.add(m.Event(
            id="events:p", dataset_id="events", channel="110报警", category="盗窃", text="他说",
            reported=dt.datetime(2025, 10, 1), batch_id=1,
        ))  # fmt: skip
        db.flush()
        told = [(one.dataset_id, one.field, one.header, one.n) for one in unneeded(db)]
    assert told == [
        ("register", "status", "人员状态", None),
        ("events", "text", "110报警", 1),
    ]
    engine.dispose()


def test_a_store_in_memory_needs_no_key_file() -> None:
    engine = open_engine("sqlite:///:memory:")
    m.Base.metadata.create_all(engine)
    with Session(engine) as db:
        assert unneeded(db) == ()
    engine.dispose()
