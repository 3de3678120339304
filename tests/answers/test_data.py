"""Catalogue, scores, findings and conflicts of the tiny county."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from sqlalchemy.orm import Session

from cockpit.answers.data import (
    FindingFilter,
    alarms,
    as_csv,
    catalogue,
    conflicts,
    departments,
    finding_rules,
    finding_shapes,
    findings,
    set_conflict_status,
    set_finding_status,
)
from cockpit.store.models import Batch, Conflict, Dataset, QualityIssue
from cockpit.store.session import open_engine
from geodata.errors import InputError
from tests import tiny

IN_TIME, LATE = dt.date(2026, 5, 1), dt.date(2026, 11, 22)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Session]:
    engine = open_engine(f"sqlite:///{tmp_path / 'tiny.sqlite'}")
    tiny.fill(engine)
    with Session(engine) as session:
        _more(session)
        yield session
    engine.dispose()


def _more(db: Session) -> None:
    """Two geometry findings, a sensitive finding, and a conflict between two sensitive rolls."""
    for row, (rule, area) in enumerate(
        (("geometry.overlap", 120.0), ("geometry.gap", 4000.0)), start=1
    ):
        db.add(
            QualityIssue(
                batch_id=1,
                dataset_id="regions",
                file="regions.csv",
                row=row,
                column="geometry",
                rule=rule,
                dimension="place",
                severity="warning",
                found=f"{area} m2",
                expected="no more than {limit} m2",
                values={"limit": 1},
                text="",
                geometry=shapely.to_wkb(shapely.box(106.8, 27.2, 106.81, 27.21)),
                area_m2=area,
            )
        )
    db.add(
        QualityIssue(
            batch_id=3,
            dataset_id="care",
            file="care.csv",
            row=3,
            column="persons",
            rule="amount.negative",
            dimension="validity",
            severity="error",
            found="-1",
            expected="a number, 0 or more",
            values={"n": 1},
            text="529901001001001,low_income,-1",
        )
    )
    for key, title in (("police", "公安户籍"), ("insurance", "社保参保")):
        db.add(
            Dataset(id=key, title=title, kind="persons", data_class="敏感", department=title[:2])
        )
    db.flush()
    db.add(
        Conflict(
            check_id="roll",
            kind="value",
            key="529901********0012",
            column="birth",
            left_value="1950-01-02",
            right_value="1950-02-01",
            left_row=4,
            right_row=9,
            left_dataset="police",
            right_dataset="insurance",
        )
    )
    db.add(
        Conflict(
            check_id="roll",
            kind="only_left",
            key="529901********0020",
            column="",
            left_value="",
            right_value="",
            left_row=5,
            right_row=None,
            left_dataset="police",
            right_dataset="insurance",
        )
    )
    db.commit()


def test_the_catalogue_lists_every_data_set_with_its_batch(db: Session) -> None:
    entries = {entry.id: entry for entry in catalogue(db, IN_TIME)}
    assert set(entries) == {
        "regions",
        "people",
        "care",
        "places",
        "homes",
        "houses",
        "police",
        "insurance",
    }
    people = entries["people"]
    assert (people.department, people.kind, people.data_class) == ("统计局", "population", "备用")
    assert (people.version, people.rows_read, people.rows_stored, people.rows_bad) == (1, 20, 19, 1)
    assert people.matches == {"code": "区划代码"}
    assert people.score == 0.95
    assert people.light == "watch"  # below 0.98, not below 0.90
    assert people.open_findings == 1
    assert people.late_days == 0


def test_a_late_delivery_and_a_low_score_are_alarms(db: Session) -> None:
    # 2025-11-01 to 2026-11-22 are 386 days, 21 more than the 365 expected.
    entries = catalogue(db, LATE)
    assert {entry.late_days for entry in entries if entry.version} == {21}
    found = alarms(entries)
    assert {(a.entry.id, a.kind) for a in found} == {
        (name, kind)
        for name in ("regions", "people", "care", "places", "homes", "houses")
        for kind in ("low", "late")
    }
    assert found[0].kind == "low"
    assert found[0].dimension == "validity"  # 2 of 20 rows, the others have none
    assert found[-1].days == 21


def test_a_good_score_is_no_alarm_until_it_is_late(db: Session) -> None:
    batch = db.get(Batch, 2)
    assert batch is not None
    batch.quality = {**batch.quality, "total": 0.98}
    entries = {e.id: e for e in catalogue(db, IN_TIME)}
    assert entries["people"].light == "good"
    assert not [a for a in alarms(entries.values()) if a.entry.id == "people"]
    assert {e.id: e for e in catalogue(db, LATE)}["people"].light == "watch"


def test_a_data_set_never_loaded_has_no_score(db: Session) -> None:
    police = {e.id: e for e in catalogue(db, LATE)}["police"]
    assert police.version == 0
    assert police.score != police.score  # NaN
    assert police.light == "watch"
    assert not [a for a in alarms([police]) if a.kind == "low"]


def test_departments_add_defects_and_chances(db: Session) -> None:
    (statistics,) = departments(catalogue(db, LATE))
    assert statistics.name == "统计局"
    assert statistics.datasets == 6
    # Six data sets of 20 rows, two bad rows each.
    assert statistics.quality.dimensions["validity"].defects == 12
    assert statistics.quality.dimensions["validity"].score == pytest.approx(0.9)
    assert statistics.late == 6
    assert statistics.open_findings == 4


def page(db: Session, visitor: str = "备用", **wanted: str) -> list[tuple[str, int | None]]:
    found = findings(db, FindingFilter(**wanted), offset=0, limit=50, visitor=visitor)
    return [(row.dataset_id, row.row) for row in found.rows]


def test_findings_are_filtered_errors_first(db: Session) -> None:
    assert page(db) == [("care", 3), ("people", 7), ("regions", 1), ("regions", 2)]
    assert page(db, dataset="people") == [("people", 7)]
    assert page(db, rule="geometry.gap") == [("regions", 2)]
    assert page(db, severity="warning") == [("regions", 1), ("regions", 2)]
    assert page(db, department="nobody") == []
    assert page(db, status="done") == []
    assert finding_rules(db)[0] == "amount.negative"


def test_findings_come_in_pages_that_miss_none(db: Session) -> None:
    every = FindingFilter()
    pages = [findings(db, every, offset=k, limit=1, visitor="敏感") for k in range(4)]
    assert [p.rows[0].id for p in pages] == [
        row.id for row in findings(db, every, offset=0, limit=50, visitor="敏感").rows
    ]
    assert {p.total for p in pages} == {4}
    assert pages[0].by_severity == {"error": 2, "warning": 2}


def test_what_stood_in_a_file_is_hidden_above_the_visitors_class(db: Session) -> None:
    wanted = FindingFilter(dataset="care")
    (hidden,) = findings(db, wanted, offset=0, limit=9, visitor="备用").rows
    assert (hidden.found, hidden.text, hidden.values) == (None, None, {})
    assert (hidden.file, hidden.row, hidden.rule) == ("care.csv", 3, "amount.negative")
    (shown,) = findings(db, wanted, offset=0, limit=9, visitor="敏感").rows
    assert (shown.found, shown.text) == ("-1", "529901001001001,low_income,-1")


def test_a_finding_is_closed_and_stays_closed(db: Session) -> None:
    (row,) = findings(db, FindingFilter(dataset="people"), offset=0, limit=9, visitor="备用").rows
    assert set_finding_status(db, [row.id], "done", visitor="备用") == 1
    db.expire_all()
    assert page(db, dataset="people") == []
    assert page(db, dataset="people", status="done") == [("people", 7)]
    assert page(db, dataset="people", status="") == [("people", 7)]


def test_only_offices_change_data_and_only_to_known_statuses(db: Session) -> None:
    with pytest.raises(InputError) as raised:
        set_finding_status(db, [1], "done", visitor="公开")
    assert str(raised.value) == "Only the county's offices can change data."
    with pytest.raises(InputError) as raised:
        set_conflict_status(db, [1], "lost", visitor="备用")
    assert str(raised.value) == "There is no status lost; expected one of open, done, accepted."


def test_findings_with_a_place_become_shapes_largest_first(db: Session) -> None:
    shapes = finding_shapes(db, FindingFilter(), visitor="备用")
    assert [f["properties"]["area_m2"] for f in shapes["features"]] == [4000, 120]
    assert shapes["features"][0]["geometry"]["type"] == "Polygon"
    assert not finding_shapes(db, FindingFilter(), visitor="公开")["features"]


def test_conflicts_show_both_values_to_those_who_may_see_them(db: Session) -> None:
    found = conflicts(db, kind="", status="open", offset=0, limit=10, visitor="敏感")
    assert found.by_kind == {"only_left": 1, "value": 1}
    value = next(c for c in found.rows if c.kind == "value")
    assert (value.left_value, value.right_value) == ("1950-01-02", "1950-02-01")
    assert (value.left_row, value.right_row) == (4, 9)
    assert (value.left_title, value.right_title) == ("公安户籍", "社保参保")
    masked = conflicts(db, kind="value", status="", offset=0, limit=10, visitor="备用").rows[0]
    assert (masked.key, masked.left_value, masked.right_value) == (None, None, None)
    assert masked.left_row == 4
    assert set_conflict_status(db, [value.id], "accepted", visitor="备用") == 1
    assert conflicts(db, kind="", status="open", offset=0, limit=9, visitor="备用").total == 1


def test_csv_opens_as_chinese_and_runs_nothing() -> None:
    found = as_csv(["名称", "值"], [["=1+1", 3], ["东山", None]])
    assert found.startswith(b"\xef\xbb\xbf")
    assert found.decode("utf-8-sig") == "名称,值\r\n'=1+1,3\r\n东山,\r\n"
