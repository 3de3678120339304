"""The ledger: sealed lines, every kind of tampering named, nothing ever deleted."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cockpit.answers import alert_acts, alert_rules, alerts
from cockpit.answers.alert_check import Checked, verify_ledger
from cockpit.answers.alert_ledger import Line, append, entries, hash_of, writing
from cockpit.answers.alert_rules import StandingRule
from cockpit.locale import translate
from cockpit.risk.rules import Rule
from cockpit.risk.trial import Outcome
from cockpit.store.session import engine
from geodata.errors import InputError
from tests import conftest, watched

WATER = StandingRule("water", "水位", "sensor:水位", Rule((2.0, 3.0, 4.0, 5.0)), unit="m")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    watched.store(tmp_path, {"A": "水位", "B": "水位"})
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    monkeypatch.setattr("cockpit.answers.alert_watch.usual_rules", lambda *_: (WATER,))
    conftest._forget_store()
    # A rises to orange in two steps and falls; B touches blue twice.
    watched.read("A", [1, 2.5, 4.5, 1])
    watched.read("B", [1, 2, 1, 2])
    alerts.evaluate()
    yield tmp_path
    conftest._forget_store()


def tamper(folder: Path, *statements: str) -> None:
    """Change the store as somebody with the file in hand can: no triggers, no foreign keys."""
    with sqlite3.connect(folder / "county.sqlite") as connection:
        triggers = connection.execute("select name from sqlite_master where type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def told() -> list[tuple[str, str, int]]:
    with Session(engine()) as db:
        return [(e.detail.get("subject", ""), e.action, e.level) for e in entries(db)]


def test_lines_of_two_series_by_hand(here: Path) -> None:
    assert told() == [
        ("A", "opened", 1), ("", "raised", 3), ("", "closed", 0),
        ("B", "opened", 1), ("", "closed", 0), ("B", "opened", 1),
    ]  # fmt: skip
    assert alerts.verify_ledger() == Checked(6, alerts.head_of_ledger()[1])


def test_the_seal_can_be_worked_out_elsewhere(here: Path) -> None:
    """The text under the hash, put together here from the columns alone."""
    with engine().connect() as connection:
        row = connection.exec_driver_sql("select * from alert_entry where seq = 2").one()
    plain = {
        "seq": 2, "alert": row.alert_id, "at": row.at[:19].replace(" ", "T"),
        "written": row.written[:19].replace(" ", "T"), "who": row.who, "action": row.action,
        "level": row.level, "detail": json.loads(row.detail), "previous": row.previous,
    }  # fmt: skip
    body = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(body.encode()).hexdigest() == row.hash


@pytest.mark.parametrize(
    ("statement", "line", "why"),
    [
        ("update alert_entry set level = 4 where seq = 2", 2, "Line 2 was changed after"),
        ("update alert_entry set who = '某人' where seq = 1", 1, "Line 1 was changed after"),
        ("update alert_entry set written = '2020-01-01 00:00:00.000000' where seq = 5", 5,
         "Line 5 was changed after"),
        ("delete from alert_entry where seq = 3", 3, "Line 3 of the ledger is missing"),
        ("update alert_entry set detail = json_set(detail, '$.value', 9.9) where seq = 4", 4,
         "Line 4 was changed after"),
        ("update alert_entry set previous = 'x' where seq = 4", 4, "Line 4 does not go on"),
        ("update alert set state = 'open', closed = null where id = 1", 1,
         "Alert 1 is not what its lines say"),
        ("update alert set subject = 'C' where id = 1", 1, "Alert 1 is not what its lines say"),
        ("update alert set lon = 0 where id = 3", 6, "Alert 3 is not what its lines say"),
        ("update alert set lat = null where id = 1", 1, "Alert 1 is not what its lines say"),
        ("update alert set region_code = 'x' where id = 2", 4, "Alert 2 is not what its lines say"),
        ("update alert set opened = 'xx' where id = 2", 4, "Alert 2 is not what its lines say"),
        ("update alert_entry set detail = '{' where seq = 5", 5, "Line 5 was changed after"),
        ("update alert_entry set detail = 7 where seq = 5", 5, "Line 5 was changed after"),
        ("update alert_entry set detail = '{\"value\": NaN}' where seq = 6", 6,
         "Line 6 was changed after"),
        ("update alert_entry set at = 'xx' where seq = 5", 5, "Line 5 was changed after"),
        ("update alert_entry set written = 5 where seq = 1", 1, "Line 1 was changed after"),
        ("update alert_entry set who = x'ff00' where seq = 2", 2, "Line 2 was changed after"),
        ("update alert_entry set who = cast(x'ff' as text) where seq = 2", 2,
         "Line 2 was changed after"),
        ("delete from alert_entry where seq > 3", 4, "Line 4 of the ledger is missing"),
        ("delete from alert_entry", 1, "Line 1 of the ledger is missing"),
        ("update alert set level = 4 where id = 3", 6, "Alert 3 is not what its lines say"),
    ],
)  # fmt: skip
def test_the_first_line_that_was_tampered_with_is_named(
    here: Path, statement: str, line: int, why: str
) -> None:
    tamper(here, statement)
    found = alerts.verify_ledger()
    assert not found.sound
    assert found.broken == line
    assert why in str(found.why)


def test_swapped_lines_are_found(here: Path) -> None:
    tamper(
        here,
        "update alert_entry set seq = 99 where seq = 2",
        "update alert_entry set seq = 2 where seq = 3",
        "update alert_entry set seq = 3 where seq = 99",
    )
    assert alerts.verify_ledger().broken == 2


def test_a_line_sealed_anew_breaks_the_next(here: Path) -> None:
    """Whoever mends the seal of a changed line is given away by the line after it."""
    with Session(engine()) as db:
        old = entries(db)[1]
    line = Line(old.alert_id, old.at, old.who, old.action, 4, old.detail)
    sealed = hash_of(2, line, old.written, old.previous)
    tamper(here, f"update alert_entry set level = 4, hash = '{sealed}' where seq = 2")
    found = alerts.verify_ledger()
    assert (found.broken, found.n) == (3, 2)
    assert "Line 3 does not go on from the line before it" in str(found.why)


CUT_OFF = ("delete from alert_entry where seq > 3", "delete from alert where id > 1")
COUNTED_ANEW = "update sqlite_sequence set seq = 3 where name = 'alert_entry'"
NOTED_ANEW = "update meta set value = '{}' where key = 'alerts'"


@pytest.mark.parametrize("covered", [COUNTED_ANEW, NOTED_ANEW, "update meta set value = '{'"])
def test_a_cut_off_end_is_found_by_what_the_store_noted(here: Path, covered: str) -> None:
    tamper(here, *CUT_OFF, covered)
    found = alerts.verify_ledger()
    assert (found.n, found.broken) == (3, 4)
    assert "Line 4 of the ledger is missing" in str(found.why)


def test_an_emptied_ledger_is_found(here: Path) -> None:
    tamper(here, "delete from alert_entry", "delete from alert")
    assert alerts.verify_ledger().broken == 1


def test_a_cut_off_end_is_found_for_certain_with_a_line_that_was_kept(here: Path) -> None:
    kept = alerts.head_of_ledger()
    tamper(here, *CUT_OFF, COUNTED_ANEW, NOTED_ANEW)
    assert alerts.verify_ledger().sound  # a whole ledger is left behind: that is why one keeps it
    found = alerts.verify_ledger(head=kept)
    assert found.broken == 4
    assert "Line 4 of the ledger is missing" in str(found.why)


def test_a_last_line_written_anew_is_not_the_one_that_was_noted(here: Path) -> None:
    with Session(engine()) as db:
        old = entries(db)[-1]
    line = Line(old.alert_id, old.at, "某人", old.action, old.level, old.detail)
    sealed = hash_of(6, line, old.written, old.previous)
    tamper(here, f"update alert_entry set who = '某人', hash = '{sealed}' where seq = 6")
    found = alerts.verify_ledger()
    assert found.broken == 6
    assert "Line 6 is not the one that was kept" in str(found.why)


@pytest.mark.parametrize("covered", [COUNTED_ANEW, NOTED_ANEW])
def test_later_lines_do_not_cover_up_a_cut_off_end(here: Path, covered: str) -> None:
    tamper(here, *CUT_OFF, covered)
    alerts.acknowledge(1, "王强", visitor="备用")
    with Session(engine()) as db:
        assert [e.seq for e in entries(db)] == [1, 2, 3, 7]
    assert alerts.verify_ledger().broken == 4


def test_where_alerts_are_is_not_known_of_lines_of_older_versions(here: Path) -> None:
    """A ledger whose opening lines say nothing about the place stays in order, and says so."""
    with Session(engine()) as db:
        old = entries(db)
    tamper(here, "delete from alert_entry", NOTED_ANEW,
           "delete from sqlite_sequence where name = 'alert_entry'")  # fmt: skip
    with Session(engine()) as db, writing(db):
        for e in old:
            detail = {name: value for name, value in e.detail.items() if name != "place"}
            line = Line(e.alert_id, e.at, e.who, e.action, e.level, detail)
            append(db, [line], written=e.written)
    assert alerts.verify_ledger() == Checked(6, alerts.head_of_ledger()[1], unplaced=3)
    tamper(here, "update alert set lon = 0")
    assert alerts.verify_ledger().sound  # nothing tells where it was
    tamper(here, "update alert set kind = 'fault' where id = 2")
    assert "Alert 2 is not what its lines say" in str(alerts.verify_ledger().why)


def test_a_ledger_written_anew_is_not_the_one_that_was_kept(here: Path) -> None:
    found = alerts.verify_ledger(head=(4, "0" * 64))
    assert found.broken == 4
    assert "Line 4 is not the one that was kept" in str(found.why)


def test_a_deleted_alert_is_named(here: Path) -> None:
    tamper(here, "delete from alert where id = 2")
    found = alerts.verify_ledger()
    assert "Alert 2 was deleted; its lines stand" in str(found.why)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from alert", "delete from alert_entry where seq = 1",
        "update alert_entry set detail = '{}'", "update alert_entry set level = 0 where seq = 1",
        "insert or replace into alert_entry select * from alert_entry where seq = 1",
        "update alert set lon = 0, region_code = 'x' where id = 3",
        "update alert set subject = 'B'",
        "replace into alert select * from alert where id = 1",
    ],
)  # fmt: skip
def test_the_database_refuses_to_rewrite(here: Path, statement: str) -> None:
    before = told()
    refused = pytest.raises(IntegrityError, match="the ledger of alerts cannot be rewritten")
    with refused, engine().begin() as connection:
        connection.exec_driver_sql(statement)
    assert told() == before
    assert alerts.verify_ledger().sound


def test_a_corrected_judgement_is_another_line(here: Path) -> None:
    with Session(engine()) as db:
        alert_acts.judge(db, 1, "王强", "true", "确有积水")
        alert_acts.judge(db, 1, "李敏", "false", "系传感器误报")
        lines = [e for e in entries(db, [1]) if e.action == "judged"]
    assert [(e.who, e.detail["verdict"]) for e in lines] == [("王强", "true"), ("李敏", "false")]
    story = alerts.story_of("备用", 1)
    assert story.verdict is not None
    assert (story.verdict.verdict, story.verdict.who) == ("false", "李敏")
    assert alerts.verify_ledger().sound


# Alert 1 (A) stood from 01:00 to 03:00 of 1 October; the newest reading is of 03:00.
@pytest.mark.parametrize(
    ("within", "days", "hours", "error"),
    [
        (None, 0, 3.1,
         "2025-10-01 03:06 is later than the newest data, which are of 2025-10-01 03:00"),
        (None, 27_000, 0, "is later than the newest data"),
        (None, 0, 3, ""), (None, 0, 0.5, ""), (None, -7, 1, ""),
        (None, -7, 0.9, "does not go with alert 1: what it warned of can have begun between "
         "2025-09-24 01:00 and 2025-10-01 03:00"),
        (2, 0, -1, ""), (2, 0, -1.1, "between 2025-09-30 23:00 and 2025-10-01 03:00"),
    ],
)  # fmt: skip
def test_times_at_which_harm_can_have_begun(
    here: Path, within: float | None, days: int, hours: float, error: str
) -> None:
    if within is not None:
        save(replace(WATER, outcome=Outcome(4.0, within_hours=within)))
    happened = watched.START + dt.timedelta(days=days, hours=hours)
    before = len(told())
    if error:
        with pytest.raises(InputError, match=error):
            alerts.judge(1, "王强", "true", visitor="备用", happened=happened)
    else:
        alerts.judge(1, "王强", "true", visitor="备用", happened=happened)
    assert len(told()) == before + (not error)


def test_harm_long_after_an_alert_ended_is_another_alert_s(here: Path) -> None:
    """A hundred hours later: of a rule that looks two hours ahead, at most 05:00 goes with it."""
    save(replace(WATER, outcome=Outcome(4.0, within_hours=2)))
    watched.read("A", [1.0] * 100, first=watched.START + 4 * watched.HOUR)
    at = {hours: watched.START + dt.timedelta(hours=hours) for hours in (4, 5, 5.1, 50)}
    for hours in (5.1, 50):
        with pytest.raises(InputError, match="and 2025-10-01 05:00"):
            alerts.judge(1, "王强", "true", visitor="备用", happened=at[hours])
    alerts.judge(1, "王强", "true", visitor="备用", happened=at[5])
    assert alerts.scores("备用")["water"].people.lead_hours == (4.0,)
    # Alert 3 (B) stands since 03:00: all that has been is within it.
    alerts.judge(3, "王强", "true", visitor="备用", happened=at[50])


def test_a_time_that_cannot_be_is_refused_in_both_languages(here: Path) -> None:
    with pytest.raises(InputError) as caught:
        alerts.judge(1, "王强", "true", visitor="备用", happened=dt.datetime(2025, 6, 20, 18))
    error = caught.value
    assert translate(error.template, "zh", **error.values) == (
        "2025-06-20 18:00 与预警信号 1 对不上："
        "所预警情况的发生时间应在 2025-09-24 01:00 至 2025-10-01 03:00 之间。"
    )


def save(rule: StandingRule) -> None:
    with Session(engine()) as db:
        alert_rules.save_rule(db, rule, who="王强", now=None)


def test_what_fails_in_the_middle_is_not_written(here: Path) -> None:
    before = told()
    with pytest.raises(InputError, match="The judgement is perhaps"), Session(engine()) as db:
        alert_acts.judge(db, 1, "王强", "perhaps")
    with pytest.raises(RuntimeError):
        _stop_in_the_middle()
    assert told() == before
    assert alerts.verify_ledger().sound


def _stop_in_the_middle() -> None:
    with Session(engine()) as db, writing(db) as note:
        note["usual"] = 99
        db.execute(text("update alert set level = 4"))
        raise RuntimeError


@pytest.mark.parametrize(
    ("who", "said", "error"),
    [
        ("  ", "", "Say who you are, in 1 to 80 characters"),
        ("王" * 81, "", "Say who you are"),
        ("王\x00强", "", "Say who you are"),
        ("王强", "长" * 1001, "The text has 1001 characters; expected at most 1000"),
    ],
)
def test_names_and_words_that_cannot_be(here: Path, who: str, said: str, error: str) -> None:
    with pytest.raises(InputError, match=error), Session(engine()) as db:
        alert_acts.acknowledge(db, 1, who, said)


def test_an_alert_that_is_not_there(here: Path) -> None:
    with pytest.raises(alerts.NoAlertError, match="There is no alert 77"):
        alerts.acknowledge(77, "王强", visitor="备用")


def test_an_empty_ledger_is_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.store(tmp_path, {})
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    conftest._forget_store()
    with Session(engine()) as db:
        assert verify_ledger(db).n == 0
    assert alerts.head_of_ledger() == (0, "")
    conftest._forget_store()


def test_lines_say_when_in_the_data_and_when_in_the_world(here: Path) -> None:
    with Session(engine()) as db:
        first = entries(db)[0]
    assert first.at == watched.START + watched.HOUR
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    assert abs((now - first.written).total_seconds()) < 60
    assert first.detail["found"] == "afterwards"  # it stood in the store before anybody looked
