"""Writing into the audit trail: what an entry says, reading once, codes, tables, what is odd."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.access.audit_checkpoints import make
from cockpit.access.audit_keys import key_file
from cockpit.access.audit_proof import ProofError, proof_of, verify_proof
from cockpit.access.audit_verify import check_store
from cockpit.access.visitor import Visitor
from cockpit.answers import audit as answers
from cockpit.answers import audit_state
from cockpit.answers.audit import Filter
from cockpit.store.session import engine, require_table
from geodata.errors import InputError
from tests import conftest

LI = Visitor("li", "李华", ("planner", "steward"), "敏感", session="s1", purpose="核对名单")


@pytest.fixture
def store(
    unvisited_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Session]:
    shutil.copytree(unvisited_store, tmp_path / "data")
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path / "data"))
    conftest._forget_store()
    audit.forget()
    with Session(engine()) as db:
        require_table(db, "audit_entry")
        yield db
    audit.forget()
    conftest._forget_store()


def reads(store: Session) -> int:
    store.rollback()  # others have written since we began to read
    return answers.count(store, Filter(acts=("read",)))


def test_an_entry_says_who_what_and_what_for(store: Session) -> None:
    seq = audit.record(store, LI, "export", "table", data_class="敏感", detail={"rows": 3})
    store.commit()
    found = answers.entry(store, seq)
    assert found is not None
    assert (found.who, found.account, found.session_id) == ("李华", "li", "s1")
    assert found.roles == "planner,steward"
    assert found.detail == {"rows": 3, "purpose": "核对名单"}
    assert dt.datetime.fromisoformat(found.at).tzinfo is not None


def test_whatever_is_told_fits_into_an_entry(store: Session) -> None:
    odd = {"nan": float("nan"), "when": dt.date(2026, 1, 2), "half": "\ud800", "zero": "a\x00b",
           "deep": {"a": {"b": {"c": {"d": {"e": 1}}}}}, "long": "x" * 9_000, 3: {4}}  # fmt: skip
    seq = audit.record(store, "cockpit", "load", "y" * 900 + "\n", detail=odd)  # type: ignore[arg-type]
    store.commit()
    found = answers.entry(store, seq)
    assert found is not None
    assert found.detail["nan"] == "nan"
    assert found.detail["when"] == "2026-01-02"
    assert found.detail["half"] == "?"
    assert found.detail["zero"] == "a b"
    assert len(found.detail["long"]) == 4_000
    assert found.detail["3"] == [4]
    assert len(found.subject) == 300


def test_who_acts_is_known_further_below(store: Session) -> None:
    with audit.acting_as(audit.SYSTEM):  # a command that ran before says who sits at the terminal
        with audit.acting_as(LI):
            assert audit.actor() is LI
        assert audit.actor() == "cockpit"
    assert audit.terminal().startswith("terminal:")


def test_reading_is_written_once_an_hour(store: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000.0]
    monkeypatch.setattr(audit.time, "monotonic", lambda: clock[0])
    for _ in range(5):
        audit.read_once(LI, "page map", data_class="敏感")
    audit.read_once(LI, "page risk", data_class="敏感")
    audit.read_once(LI, "page map", data_class="公开")  # public: nobody's business
    assert reads(store) == 2
    clock[0] += 3_599
    audit.read_once(LI, "page map", data_class="敏感")
    assert reads(store) == 2
    clock[0] += 2
    audit.read_once(LI, "page map", data_class="敏感")
    assert reads(store) == 3


def test_what_could_not_be_written_is_not_taken_for_read(
    store: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise audit.AuditError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(audit, "record_now", full)
        for _ in range(2):
            with pytest.raises(audit.AuditError):
                audit.read_once(LI, "page map", data_class="敏感")
    audit.read_once(LI, "page map", data_class="敏感")
    assert reads(store) == 1


# ---------------------------------------------------------------- codes


def test_codes_by_hand() -> None:
    # 1 is 0001; its check letter is x^1 * 1 = 2. 32 is 0010: x^2 * 1 = 4.
    assert audit.code_of(1) == "0001-2"
    assert audit.code_of(32) == "0010-4"
    assert audit.entry_of(" 000i-2 ") == 1  # as people read it to each other
    assert audit.entry_of("00102".replace("2", "4")) == 32


@given(st.integers(1, 10**12))
def test_codes_lead_back(seq: int) -> None:
    assert audit.entry_of(audit.code_of(seq)) == seq


@given(st.integers(1, 10**9), st.data())
def test_no_wrong_letter_and_no_swap_passes(seq: int, data: st.DataObject) -> None:
    code = audit.code_of(seq).replace("-", "")
    at = data.draw(st.integers(0, len(code) - 1))
    other = data.draw(st.sampled_from([c for c in audit._LETTERS if c != code[at]]))
    wrong = [code[:at] + other + code[at + 1 :]]
    if at and code[at - 1] != code[at]:
        wrong.append(code[: at - 1] + code[at] + code[at - 1] + code[at + 1 :])
    for mistyped in wrong:
        with pytest.raises(InputError):
            audit.entry_of(mistyped)


@pytest.mark.parametrize("code", ["", "1", "0000-0", "00001-2", "!!!!-2", "0" * 40])
def test_no_code_at_all(code: str) -> None:
    with pytest.raises(InputError):
        audit.entry_of(code)


# ---------------------------------------------------------------- proofs


def test_a_proof_holds_anywhere_and_no_changed_one_does(store: Session) -> None:
    for i in range(6):
        audit.record(store, LI, "export", f"table {i}")
    store.commit()
    proof = proof_of(engine(), 4)  # nothing was signed before: it is now
    proven = verify_proof(proof)
    assert (proven.entry["subject"], proven.size) == ("table 3", 6)
    for part, value in (
        ("entry", {**proof["entry"], "subject": "table 9"}),
        ("previous", "0" * 64),
        ("index", 4),
        ("path", proof["path"][:-1]),
        ("signature", "0" * 128),
        ("checkpoint", {**proof["checkpoint"], "size": 7}),
    ):
        with pytest.raises(ProofError):
            verify_proof({**proof, part: value})
    with pytest.raises(ProofError, match="is not signed by the key"):
        verify_proof(proof, bytes(32))
    with pytest.raises(InputError, match="This is no proof"):
        verify_proof({**proof, "path": "x"})
    with pytest.raises(InputError, match="There is no entry 7"):
        proof_of(engine(), 7)


def test_a_proof_of_an_early_entry_rests_on_the_first_checkpoint(store: Session) -> None:
    audit.record(store, LI, "export", "first")
    store.commit()
    make(engine())
    audit.record(store, LI, "export", "second")
    store.commit()
    make(engine())
    assert verify_proof(proof_of(engine(), 1)).size == 1
    assert verify_proof(proof_of(engine(), 2)).size == 2


def test_a_new_signing_key_is_told_and_old_proofs_hold(store: Session) -> None:
    audit.record(store, LI, "export", "first")
    store.commit()
    first = make(engine())
    path = key_file(engine())
    assert first is not None
    assert path is not None
    path.unlink()
    second = make(engine())
    assert second is not None
    assert second.key != first.key
    store.rollback()
    told = answers.entries(store, Filter(acts=("key",)))
    assert [(e.subject, e.detail["known before"]) for e in told] == [
        (f"signing > {second.key}", [first.key])
    ]
    assert verify_proof(proof_of(engine(), 1)).key == first.key
    verdict = check_store(engine())
    assert verdict.whole
    assert verdict.keys == (first.key, second.key)


# ---------------------------------------------------------------- as the auditor reads it


def test_filters_and_counts(store: Session) -> None:
    audit.record(store, LI, "export", "table a", data_class="敏感")
    audit.record(store, "cockpit", "load", "county 100%", data_class="备用")
    audit.record(store, LI, "read", "page map", data_class="敏感", detail={"path": "/x_y"})
    store.commit()

    def seqs(**wanted: object) -> list[int]:
        return [e.seq for e in answers.entries(store, Filter(**wanted))]  # type: ignore[arg-type]

    assert seqs() == [3, 2, 1]
    assert seqs(who="李") == seqs(who="li") == [3, 1]
    assert seqs(acts=("load", "read")) == [3, 2]
    assert seqs(classes=("备用",)) == [2]
    assert seqs(subject="0%") == [2]
    assert seqs(subject="%") == [2]  # a sign like any other
    assert seqs(text="x_y") == [3]
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    assert seqs(since=now - dt.timedelta(minutes=5), until=now + dt.timedelta(minutes=5)) == [
        3, 2, 1,
    ]  # fmt: skip
    assert seqs(until=now - dt.timedelta(minutes=5)) == []
    found = answers.counts(store, Filter())
    assert found.by_act == {"export": 1, "load": 1, "read": 1}
    assert found.by_class == {"备用": 1, "敏感": 2}
    assert [e.seq for e in answers.entries(store, Filter(), page=1, size=2)] == [1]


def test_no_cell_of_the_table_is_a_formula(store: Session) -> None:
    audit.record(store, "=cmd|' /C calc'!A0", "load", "@SUM(1)", detail={"a": "+1"})
    store.commit()
    head, line = "".join(answers.csv_lines(store, Filter())).splitlines()
    assert head.startswith("\ufeffseq,at,who")
    cells = line.split(",")
    assert cells[2].startswith("'=cmd")
    assert "'@SUM(1)" in cells


def test_what_is_worth_a_look(store: Session) -> None:
    quiet = dt.datetime(2020, 1, 1)
    for i in range(audit_state.MANY_EXPORTS):
        audit.record(store, LI, "export", f"table {i}")
    for _ in range(4):
        audit.record(store, "stranger", "sign in refused", "account x")
    store.commit()
    zone_night = [o for o in audit_state.oddities(store, since=quiet) if o.rule != "night"]
    assert zone_night == []
    audit.record(store, LI, "export", "one more")
    audit.record(store, "stranger", "locked", "account x")
    audit.record(store, LI, "session taken", "session s1")
    store.commit()
    found = audit_state.oddities(store, since=quiet)
    assert [(o.rule, o.who, o.n) for o in found] == [
        ("taken", "li", 1), ("refused", "stranger", 5), ("exports", "li", 21),
    ]  # fmt: skip


def test_a_sign_in_at_night_by_the_clocks_of_the_county(store: Session) -> None:
    def at(hour: int) -> list[audit_state.Oddity]:
        moment = dt.datetime(2026, 3, 1, hour, 30)  # UTC; the county is 8 hours ahead
        seen = audit_state._Seen(1, moment, "li", "sign in", "account li", "公开")
        return list(audit_state._single([seen]))

    assert [bool(at(hour)) for hour in (13, 14, 21, 22)] == [False, True, True, False]


@pytest.mark.parametrize(
    "file", ["README.md", "README.zh.md", "cockpit/ui/audit.py", "cockpit/commands/audit_parser.py"]
)
def test_the_code_given_as_an_example_is_a_code(file: str) -> None:
    text = (Path(__file__).parents[2] / file).read_text("utf-8")
    (code,) = re.findall(r"\b[0-9A-Z]{4}-[0-9A-Z]\b", text)
    assert audit.code_of(audit.entry_of(code)) == code


def test_days_are_those_of_the_countys_clocks() -> None:
    """16:00 UTC is midnight in Shanghai: the entries after it belong to the next day."""
    hours = {"2026-03-01T15:": 2, "2026-03-01T16:": 3, "2026-03-02T00:": 4}
    assert answers._days(hours) == {"2026-03-01": 2, "2026-03-02": 7}
