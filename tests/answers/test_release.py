"""Releases on the tiny county: what may be released, made, published, kept and taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from cockpit.access.visitor import NotAllowedError, Visitor
from cockpit.answers import release as answers
from cockpit.answers import release_budget, release_store, release_write
from cockpit.answers.current import current_twin
from cockpit.answers.release import Asked
from cockpit.answers.release_tables import exact_of, tables
from cockpit.answers.twin import Twin
from cockpit.release.budget import BudgetError
from cockpit.settings import settings
from cockpit.store.models import Dataset, Meta
from cockpit.store.models_audit import AuditEntry
from cockpit.store.models_release import PrivacySpend, Release, ReleaseFigure
from cockpit.store.session import StoreError, engine
from geodata.errors import InputError
from tests import released

STEWARD = Visitor("s", "王管理员", ("steward",), "备用", session="t")
AGE_IDS = ("0-14", "15-59", "60+")
AGES = Asked("age-3", "village", Fraction(1, 2))


@pytest.fixture
def here(tiny_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with released.own_copy(tiny_store, tmp_path, monkeypatch) as folder:
        yield folder


@pytest.fixture
def db(here: Path) -> Iterator[Session]:
    with Session(engine()) as session:
        yield session


def county() -> Twin:
    found = current_twin()
    assert found is not None
    return found


def make(db: Session, asked: Asked = AGES) -> str:
    return answers.make(db, county(), asked, reason="公众关心", who=STEWARD)


def budget(db: Session) -> release_budget.Budget:
    return release_budget.budget_of(db, "529901", now=release_write.utc_now())


# ---------------------------------------------------------------- what can be released


def test_only_partitions_of_people_services_and_households(db: Session) -> None:
    ids = {one.id for one in tables(county())}
    assert {"people", "age-3", "sex", "covered-clinic", "households"} <= ids
    assert not {"low_income", "vulnerable", "events"} & ids  # no events are loaded here
    assert not any("covered-fire" in one for one in ids)  # the county has no fire station


@pytest.mark.parametrize("table", ["low_income", "disabled", "../x", "covered-nothing", ""])
def test_nothing_else_can_be_asked_for(db: Session, table: str) -> None:
    with pytest.raises(InputError, match="There is no table"):
        make(db, Asked(table, "village", Fraction(1, 10)))


def test_exact_counts_are_those_of_the_county(db: Session) -> None:
    # 1,360 people, a tenth children, a fifth of 65 to 69, by hand from tests/tiny.py.
    exact = exact_of(db, county(), "age-3")
    assert exact.figures[0].tolist() == [136, 952, 272]
    assert exact_of(db, county(), "sex-age").figures[0].sum() == 1360
    assert exact_of(db, county(), "age-18").figures[0].tolist()[0] == 136
    villages = exact.down_to("village")
    assert villages.counts.sum(axis=1).tolist() == [140, 460, 220, 540]
    assert villages.levels() == ("county", "township", "village")


def test_covered_and_not_covered_make_everybody(db: Session) -> None:
    exact = exact_of(db, county(), "covered-hospital")
    assert exact.figures[0].sum() == 1360
    assert [title for _, title in exact.classes] == ["Within these minutes", "Farther away"]


def test_sensitive_data_stay_inside(db: Session) -> None:
    db.execute(update(Dataset).where(Dataset.id == "people").values(data_class="敏感"))
    db.commit()
    with pytest.raises(InputError, match="only 公开 and 备用 can be made public"):
        make(db)


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize(
    "who",
    [
        Visitor(),
        Visitor("p", "规划", ("planner",), "敏感", session="t", purpose="x"),
        Visitor("a", "管理", ("administrator",), "公开", session="t"),
        Visitor("s", "镇管理员", ("steward",), "秘密", territory="529901001", session="t"),
        Visitor("s", "新管理员", ("steward",), "公开", session="t"),
    ],
    ids=["public", "planner", "administrator", "part of the county", "class too low"],
)
def test_nobody_but_a_steward_of_the_whole_county(db: Session, who: Visitor) -> None:
    with pytest.raises(NotAllowedError):
        answers.make(db, county(), AGES, reason="x", who=who)
    assert not budget(db).spends


def test_without_a_reason_nothing_is_spent(db: Session) -> None:
    with pytest.raises(InputError, match="Say why these figures are made public"):
        answers.make(db, county(), AGES, reason="  ", who=STEWARD)
    assert not budget(db).spends


# ---------------------------------------------------------------- before: nothing is drawn


def test_expecting_spends_nothing_and_says_the_same_each_time(db: Session) -> None:
    exact = exact_of(db, county(), "age-3")
    asked = replace(AGES, lowest="grid", epsilon=Fraction(1, 5))
    first = answers.expected(exact, asked, answers.area_of(county()))
    assert first == answers.expected(exact, asked, answers.area_of(county()))
    assert [plan.level for plan in first] == ["county", "township", "village", "grid"]
    assert [plan.epsilon for plan in first] == [Fraction(k, 50) for k in (1, 2, 3, 4)]
    assert not first[-1].offered  # a grid has about 20 people in a class
    assert not budget(db).spends
    assert not db.execute(select(Release.id)).all()


def test_a_smaller_epsilon_means_more_noise(db: Session) -> None:
    exact = exact_of(db, county(), "age-3")
    wide, narrow = (
        answers.expected(exact, replace(AGES, epsilon=e), None)
        for e in (Fraction(1, 10), Fraction(1))
    )
    assert all(w.margin > n.margin for w, n in zip(wide, narrow, strict=True))


# ---------------------------------------------------------------- making and publishing


def test_a_draft_spends_once_and_stays_as_it_was_drawn(db: Session) -> None:
    release = make(db)
    assert release == "people-by-age-3-2025"
    assert budget(db).spent == Fraction(1, 2)
    seen = [answers.draft(db, release) for _ in range(20)]
    assert len({release_store.digest_of(one.table(), AGE_IDS) for one in seen}) == 1
    assert budget(db).spent == Fraction(1, 2)
    with pytest.raises(release_store.NoReleaseError):
        release_store.find(release)  # a draft is not public
    assert release_store.published() == ()


def test_published_figures_add_up_and_have_margins(db: Session) -> None:
    release = make(db)
    assert release_write.publish(db, release, who=STEWARD) == 1
    one = release_store.find(release)
    table = one.table()
    assert one.levels[0] == "county"
    assert set(table["level"]) == set(one.levels)
    assert one.not_offered["grid"] == answers.NOT_ASKED
    for class_id in one.classes:
        for _, row in table[table["level"] != "county"].groupby("parent"):
            above = table.loc[table["code"] == row["parent"].iloc[0], class_id].iloc[0]
            assert row[class_id].sum() == above
        assert (table[class_id] >= 0).all()
        assert all(one.margins[level, class_id] > 0 for level in one.levels)
    assert (one.reason, one.epsilon, one.kind) == ("公众关心", 0.5, "noisy")


def test_discarding_gives_nothing_back(db: Session) -> None:
    release = make(db)
    release_write.discard(db, release, who=STEWARD)
    assert budget(db).left == Fraction(1, 2)
    with pytest.raises(InputError, match="is not a draft"):
        release_write.publish(db, release, who=STEWARD)
    with pytest.raises(BudgetError, match=r"but 0\.5 of 1 is left this year"):
        make(db, replace(AGES, epsilon=Fraction(51, 100)))


def test_a_second_draft_of_a_table_waits_for_the_first(db: Session) -> None:
    make(db, replace(AGES, epsilon=Fraction(3, 10)))
    with pytest.raises(InputError, match="waits as a draft"):
        make(db, replace(AGES, epsilon=Fraction(3, 10)))
    assert budget(db).spent == Fraction(3, 10)


def test_a_second_version_says_what_changed_and_the_first_stays(db: Session) -> None:
    ids = released.fill(engine())
    newest = release_store.find(ids["noisy"])
    assert [one.version for one in release_store.all_versions(newest.series)] == [2, 1]
    assert [one.id for one in release_store.published()].count(ids["first"]) == 0
    assert release_store.find(ids["first"]).table()["age_0_14"].iloc[0] == 99
    assert [(c.template, dict(c.values)) for c in newest.changes] == [
        ("The noise is of epsilon {now}; before: {before}.", {"now": "0.4", "before": "0.1"}),
        (
            "{class_title}, {place}: {now}, before {before}.",
            {"class_title": "Children under 15", "place": "小青县", "now": 100, "before": 99},
        ),
    ]


def test_a_retraction_hides_the_figures_and_keeps_the_notice(db: Session) -> None:
    ids = released.fill(engine())
    release_write.retract(db, ids["noisy"], reason="村界有误", who=STEWARD)
    assert ids["first"] in [one.id for one in release_store.published()]  # the one before
    gone = release_store.find(ids["noisy"])
    assert gone.retraction_note == "村界有误"
    assert gone.retracted is not None
    with pytest.raises(release_store.RetractedError):
        gone.table()
    assert ids["noisy"] in [one.id for one in release_store.published(retracted=True)]
    with pytest.raises(InputError, match="is not published"):
        release_write.retract(db, ids["noisy"], reason="x", who=STEWARD)


def test_figures_that_were_taken_back_are_not_told_by_the_next_version(db: Session) -> None:
    ids = released.fill(engine())
    release_write.retract(db, ids["noisy"], reason="x", who=STEWARD)
    made = released.people(db, children=(50, 20, 30, 40), epsilon=Fraction(4, 10))
    third = release_write.keep(db, made, who=STEWARD)
    assert release_write.publish(db, third, who=STEWARD) == 3
    assert release_store.find(third).changes == ()


@pytest.mark.parametrize("which", ["first", "noisy"])
def test_figures_taken_back_later_are_told_by_no_line_of_changes(db: Session, which: str) -> None:
    """The line was written before: it tells 100 of the second version and 99 of the first."""
    ids = released.fill(engine())
    told = release_store.find(ids["noisy"]).changes
    assert {"now": 100, "before": 99}.items() <= dict(told[-1].values).items()
    release_write.retract(db, ids[which], reason="x", who=STEWARD)
    for one in (release_store.find(ids["noisy"]), *release_store.all_versions("people-by-age")):
        assert not any({99, 100} & set(c.values.values()) for c in one.changes)
    assert release_store.find(ids["noisy"]).changes == told[:1]  # that on the noise stays


def test_every_step_is_in_the_trail_with_name_and_class(db: Session) -> None:
    release = make(db)
    release_write.publish(db, release, who=STEWARD)
    release_write.retract(db, release, reason="有误", who=STEWARD)
    query = select(AuditEntry).where(AuditEntry.act == "release").order_by(AuditEntry.seq)
    rows = list(db.execute(query).scalars())
    told = [json.loads(row.payload)["detail"] for row in rows]
    assert [detail["step"] for detail in told] == ["made", "published", "retracted"]
    assert {(row.data_class, row.account) for row in rows} == {("备用", "s")}
    assert (told[0]["from"], told[0]["to"], told[0]["reason"]) == ("备用", "公开", "公众关心")


# ---------------------------------------------------------------- with gaps


def test_small_households_are_hidden_with_others_and_never_twice(db: Session) -> None:
    asked = Asked("households", "grid")
    release = make(db, asked)
    release_write.publish(db, release, who=STEWARD)
    table = release_store.find(release).table()
    exact = exact_of(db, county(), "households")
    shown = table["household_couple"].dropna()
    assert not ((shown > 0) & (shown < 10)).any()  # 3 couples a grid
    assert table["household_couple"].isna().sum() > 0
    assert table["total"].iloc[0] == exact.figures[0].sum()
    assert not budget(db).spends  # no noise, nothing spent
    with pytest.raises(InputError, match="would fill each other's"):
        make(db, Asked("households", "village"))


# ---------------------------------------------------------------- the store itself


REWRITING = (
    "UPDATE release_figure SET count = 1",
    "DELETE FROM release_figure",
    "UPDATE release_margin SET margin = 0",
    "DELETE FROM privacy_spend",
    "UPDATE privacy_spend SET millionths = 1",
    "DELETE FROM release",
    "UPDATE release SET digest = 'x'",
    "UPDATE release SET reason = 'x'",
    "UPDATE release SET state = 'draft', version = NULL",
    "UPDATE release SET version = 7 WHERE version = 1",
    "INSERT OR REPLACE INTO release_figure (release_id, code, class_id, count)"
    " SELECT release_id, code, class_id, 0 FROM release_figure",
    "INSERT INTO release_figure VALUES ('people-by-age-2025', 'x', 'age_0_14', 1)",
    "INSERT INTO privacy_spend (county, year, millionths, release_id, at, who)"
    " VALUES ('529901', 2001, 1, 'people-by-age-2025', '2001-01-01', 'x')",
)


def test_what_was_published_cannot_be_rewritten(db: Session) -> None:
    released.fill(engine())
    for statement in REWRITING:
        with pytest.raises(DatabaseError, match="a release is never rewritten"):
            db.connection().exec_driver_sql(statement)
        db.rollback()


def test_figures_changed_behind_the_triggers_are_not_shown(db: Session) -> None:
    ids = released.fill(engine())
    raw = db.connection()
    raw.exec_driver_sql("DROP TRIGGER release_figure_no_update")
    db.execute(update(ReleaseFigure).where(ReleaseFigure.code == "529901").values(count=5))
    db.commit()
    release_store.forget()
    with pytest.raises(StoreError, match="are not those that were released"):
        release_store.find(ids["noisy"]).table()


def test_the_store_itself_stops_at_two(db: Session) -> None:
    """No setting and no other caller gets past the hard stop."""
    made = released.people(db, children=(1, 2, 3, 4), epsilon=Fraction(0))
    ids = []
    for k in range(5):
        ids.append(release_write.keep(db, replace(made, series=f"s{k}"), who="x"))
    now = release_write.utc_now()
    rows = [
        {"county": "529901", "year": now.year, "millionths": n, "release_id": ids[k], "at": now,
         "who": "x"} for k, n in enumerate((1_000_000, 900_000, 100_000, 1))
    ]  # fmt: skip
    for row in rows[:3]:
        db.add(PrivacySpend(**row))
    db.commit()
    for row in (rows[3], {**rows[3], "year": now.year - 1}):  # a year that it is not
        with pytest.raises(DatabaseError, match="the privacy budget of the year is used up"):
            db.execute(insert(PrivacySpend).values(row))
        db.rollback()


@pytest.mark.parametrize(
    ("given", "allowed"), [("1/2", "1/2"), ("9", "2"), ("0", "0"), ("-1", "0")]
)
def test_a_setting_moves_the_budget_up_to_the_hard_stop(
    here: Path, monkeypatch: pytest.MonkeyPatch, given: str, allowed: str
) -> None:
    monkeypatch.setenv("COCKPIT_PRIVACY_BUDGET", given)
    settings.cache_clear()
    assert release_budget.yearly() == Fraction(allowed)


def test_a_setting_that_is_no_number_is_named(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_PRIVACY_BUDGET", "much")
    settings.cache_clear()
    with pytest.raises(InputError, match="COCKPIT_PRIVACY_BUDGET is much; expected a number"):
        release_budget.yearly()


def test_another_county_has_its_own_releases_and_budget(db: Session) -> None:
    released.fill(engine())
    other = db.execute(select(Meta).where(Meta.key == "county")).scalar_one()
    other.value = {**other.value, "code": "529902"}
    db.commit()
    assert release_store.published() == ()
    assert not release_budget.budget_of(db, "529902", now=release_write.utc_now()).spends


def test_a_draft_is_held_against_the_exact_figures(db: Session) -> None:
    release = make(db)
    draft = answers.draft(db, release)
    errors = answers.errors_of(db, county(), draft)
    table = draft.table()
    off = abs(table[["0-14", "15-59", "60+"]].iloc[0].to_numpy(dtype=int) - [136, 952, 272])
    assert errors[0].mean == pytest.approx(np.mean(off))
    assert [e.level for e in errors] == list(draft.levels)


def test_events_by_category_keep_the_datas_own_names(
    eventful_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        released.own_copy(eventful_store, tmp_path, monkeypatch),
        Session(engine()) as db,
    ):
        exact = exact_of(db, county(), "events")
        assert exact.left_out == 1  # at a township, in no grid of it
        assert exact.figures[0].sum() + exact.left_out == county().measures["events"][0]
        assert exact.counts.any(axis=0).all()
        assert all(one == title for one, title in exact.classes)
        sizes = exact.figures[0].tolist()
        assert sizes == sorted(sizes, reverse=True)
