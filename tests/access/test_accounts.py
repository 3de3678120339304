"""Accounts: who can be made, what ends with a change, and that somebody can always manage them."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cockpit.__main__ import main
from cockpit.access import accounts, demo, first_start, sessions, sign_in
from cockpit.access.first_start import WrongCodeError
from cockpit.access.visitor import NotAllowedError, Visitor
from cockpit.answers import sign_in as answers
from cockpit.settings import settings
from cockpit.store.models import Meta, Region
from cockpit.store.models_access import FirstCode, StoredAccount
from cockpit.store.session import engine
from geodata.errors import InputError
from tests.entering import ADDRESS, PASSWORD, Clock, account, signed_in, trail

pytestmark = pytest.mark.usefixtures("accounts_here")


def test_an_account_is_kept_as_it_was_made() -> None:
    made = account(" Li.Ming ", "steward", "planner", display="李  明", clearance="敏感")
    with Session(engine()) as db:
        (known,) = accounts.listing(db)
    assert (made, known.id, known.display) == ("li.ming", "li.ming", "李 明")
    assert known.roles == ("planner", "steward")
    assert known.clearance == "敏感"
    assert (known.enabled, known.has_password, known.must_change) == (True, True, False)
    assert trail() == [("test", "account", "account li.ming")]


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("x", {}, "A name to sign in with has 2 to 64 letters, digits or . _ @ -"),
        ("li ming", {}, "A name to sign in with has 2 to 64 letters, digits or . _ @ -"),
        ("<b>li</b>", {}, "A name to sign in with has 2 to 64 letters, digits or . _ @ -"),
        ("li", {"roles": ["king"]}, "There is no role king."),
        ("li", {"roles": ["public"]}, "There is no role public."),
        ("li", {"roles": []}, "An account needs at least one role."),
        ("li", {"roles": ["auditor", "administrator"]},
         "The roles auditor and administrator cannot be held by the same person."),
        ("li", {"clearance": "秘密"}, "These roles allow data up to 敏感, not 秘密."),
        ("li", {"clearance": "绝密"}, "There is no class 绝密."),
        ("li", {"territory": "110101"}, "There is no region 110101 in the loaded county."),
        ("li", {"display": "l" * 41}, "The name that others read has at most 40 characters."),
        ("li", {"display": "l\u202ei"}, "The name that others read has at most 40 characters."),
        ("li", {"password": "short"},
         "A password has at least 10 characters; a short sentence is good."),
        ("wang", {}, "There is an account wang already."),
    ],
)  # fmt: skip
def test_says_why_an_account_is_not_made(name: str, more: dict[str, object], words: str) -> None:
    account("wang")
    given = {"password": PASSWORD, "roles": ["planner"], **more}
    with Session(engine()) as db, pytest.raises(InputError) as refused:
        accounts.create(db, name, by="test", **given)  # type: ignore[arg-type]
    assert str(refused.value) == words
    with Session(engine()) as db:
        assert [one.id for one in accounts.listing(db)] == ["wang"]


def test_other_rights_end_all_sessions() -> None:
    account("li")
    with Session(engine()) as db:
        code = db.scalars(select(Region.code).where(Region.level == "township")).first()
    cookie = signed_in("li")
    assert sessions.visitor_by_cookie(cookie).roles == ("planner",)
    with Session(engine()) as db:
        accounts.change_roles(db, "li", roles=["leader"], territory=str(code), by="test")
        db.commit()
    assert not sessions.visitor_by_cookie(cookie).signed_in
    again = sessions.visitor_by_cookie(signed_in("li"))
    assert (again.roles, again.territory) == (("leader",), code)


def test_a_new_password_leaves_the_session_in_which_it_was_changed() -> None:
    account("li")
    here, there = signed_in("li"), signed_in("li")
    answers.change_password(
        sessions.visitor_by_cookie(here), PASSWORD, "another good one", address=ADDRESS
    )
    assert sessions.visitor_by_cookie(here).signed_in
    assert not sessions.visitor_by_cookie(there).signed_in
    assert sign_in.with_password("li", "another good one", address=ADDRESS)
    with pytest.raises(sign_in.SignInRefusedError):
        sign_in.with_password("li", PASSWORD, address=ADDRESS)


def test_the_present_password_is_asked_and_guessing_it_is_limited() -> None:
    account("li")
    visitor = sessions.visitor_by_cookie(signed_in("li"))
    for _ in range(5):
        with pytest.raises(sign_in.SignInRefusedError):
            answers.change_password(visitor, "wrong one here", "another good one", address=ADDRESS)
    with pytest.raises(sign_in.SignInRefusedError, match="it was wrong too often"):
        answers.change_password(visitor, PASSWORD, "another good one", address=ADDRESS)


def test_an_initial_password_opens_nothing() -> None:
    account("li", initial=True)
    visitor = sessions.visitor_by_cookie(sign_in.with_password("li", PASSWORD, address=ADDRESS))
    assert visitor.account == "li"
    assert (visitor.roles, visitor.clearance) == (("public",), "公开")
    answers.change_password(visitor, PASSWORD, "my own long one", address=ADDRESS)
    assert sessions.visitor_by_session(visitor.session).roles == ("planner",)


class TestTheLastAdministrator:
    """ACC-5: somebody can always manage accounts."""

    WORDS = "root is the last administrator: without one nobody could manage accounts."

    def test_cannot_be_switched_off(self) -> None:
        account("root", "administrator")
        with Session(engine()) as db, pytest.raises(InputError) as refused:
            accounts.disable(db, "root", by="root")
        assert str(refused.value) == self.WORDS

    def test_cannot_lose_the_role(self) -> None:
        account("root", "administrator")
        with Session(engine()) as db, pytest.raises(InputError) as refused:
            accounts.change_roles(db, "root", roles=["planner"], by="root")
        assert str(refused.value) == self.WORDS

    def test_may_go_when_there_is_another(self) -> None:
        account("root", "administrator")
        account("other", "administrator")
        with Session(engine()) as db:
            accounts.disable(db, "root", by="test")
            db.commit()
        with Session(engine()) as db, pytest.raises(InputError, match="other is the last"):
            accounts.disable(db, "other", by="test")

    def test_a_demo_administrator_does_not_count(self, monkeypatch: pytest.MonkeyPatch) -> None:
        demos_on(monkeypatch)
        account("root", "administrator")
        answers.with_demo("demo-administrator", address=ADDRESS, agent="")
        with Session(engine()) as db, pytest.raises(InputError) as refused:
            accounts.disable(db, "root", by="test")
        assert str(refused.value) == self.WORDS


def demos_on(monkeypatch: pytest.MonkeyPatch, *, invented: bool = True) -> None:
    changed = dataclasses.replace(settings(), demo_accounts=True)
    monkeypatch.setattr(demo, "settings", lambda: changed)
    county(invented=invented)


def county(*, invented: bool) -> None:
    with Session(engine()) as db:
        meta = db.get(Meta, "county")
        assert meta is not None
        db.execute(
            update(Meta)
            .where(Meta.key == "county")
            .values(value={**meta.value, "invented": invented})
        )
        db.commit()


class TestDemoAccounts:
    def test_there_are_none_unless_switched_on(self) -> None:
        county(invented=True)
        assert answers.demos() == ()
        with pytest.raises(InputError, match="There are no demo accounts here"):
            answers.with_demo("demo-planner", address=ADDRESS, agent="")

    def test_each_role_has_one_in_an_invented_county(self, monkeypatch: pytest.MonkeyPatch) -> None:
        demos_on(monkeypatch)
        for one in answers.demos():
            cookie = answers.with_demo(one.id, address=ADDRESS, agent="")
            visitor = sessions.visitor_by_cookie(cookie)
            assert visitor.roles == (one.role,)
            assert visitor.name.startswith("演示：")
            assert bool(visitor.territory) == (one.level == "township")

    def test_a_real_county_ends_them_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        demos_on(monkeypatch)
        cookie = answers.with_demo("demo-steward", address=ADDRESS, agent="")
        row = sessions.visitor_by_cookie(cookie).session
        assert row
        county(invented=False)
        sessions.drop()  # two seconds later
        assert not sessions.visitor_by_cookie(cookie).signed_in
        assert sessions.ended([row]) == {row}
        assert answers.demos() == ()
        with pytest.raises(InputError):
            answers.with_demo("demo-steward", address=ADDRESS, agent="")

    def test_they_change_no_accounts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        demos_on(monkeypatch)
        cookie = answers.with_demo("demo-administrator", address=ADDRESS, agent="")
        root = sessions.visitor_by_cookie(cookie)
        with Session(engine()) as db, pytest.raises(NotAllowedError):
            accounts.create(db, "back.door", PASSWORD, roles=["steward"], by=root)
        with Session(engine()) as db:
            assert accounts.find(db, "back.door") is None

    def test_they_have_no_password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        demos_on(monkeypatch)
        answers.with_demo("demo-planner", address=ADDRESS, agent="")
        for password in ("", "demo", "demo-planner"):
            with pytest.raises(sign_in.SignInRefusedError):
                sign_in.with_password("demo-planner", password, address=ADDRESS)


class TestFirstStart:
    """ACC-5: no password is known before somebody who sees the console has set one."""

    def test_the_code_makes_one_administrator(self) -> None:
        told = first_start.announce()
        code = told.rpartition("：")[2]
        assert code.count("-") == 3
        with Session(engine()) as db:
            (kept,) = db.scalars(select(FirstCode.code_hash))
            assert db.scalars(select(StoredAccount)).all() == []
        assert code not in kept
        typed = code.replace("-", " ").lower()
        first_start.make_administrator(typed, "Root", PASSWORD, display="", address=ADDRESS)
        assert first_start.announce() == ""
        visitor = sessions.visitor_by_cookie(
            sign_in.with_password("root", PASSWORD, address=ADDRESS)
        )
        assert visitor.roles == ("administrator",)
        with pytest.raises(WrongCodeError):
            first_start.make_administrator(code, "b2", PASSWORD, display="", address=ADDRESS)

    def test_only_the_newest_code_is_good_and_for_a_day(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = Clock(monkeypatch)
        first, second = first_start.new_code(), first_start.new_code()
        for code in (first, "", "AAAA-AAAA-AAAA-AAAA"):
            with pytest.raises(WrongCodeError):
                first_start.make_administrator(code, "root", PASSWORD, display="", address=ADDRESS)
        clock.go(hours=24)
        with pytest.raises(WrongCodeError):
            first_start.make_administrator(second, "root", PASSWORD, display="", address=ADDRESS)
        assert first_start.needed()
        assert len(trail("sign in refused")) == 4

    def test_a_weak_password_does_not_use_the_code_up(self) -> None:
        code = first_start.new_code()
        with pytest.raises(InputError):
            first_start.make_administrator(code, "root", "admin", display="", address=ADDRESS)
        first_start.make_administrator(code, "root", PASSWORD, display="", address=ADDRESS)


class TestCommands:
    def test_add_list_and_switch_off(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        arguments = ["--role", "planner", "--display", "李明", "--password-stdin"]
        assert main(["account", "add", "li", *arguments]) == 0
        assert main(["account", "disable", "li"]) == 0
        assert main(["--lang", "zh", "account", "list"]) == 0
        told = capsys.readouterr().out.splitlines()
        assert told == [
            "The account li is made.",
            "The account li is switched off.",
            "li（李明）：规划人员，敏感, 已停用",
        ]
        assert [act for _, act, _ in trail()] == ["account", "account"]
        assert trail()[0][0].startswith("terminal:")

    def test_a_refusal_is_a_sentence(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["account", "roles", "nobody", "--role", "planner"]) == 1
        assert capsys.readouterr().err == "There is no account nobody.\n"

    def test_nobody_is_asked_through_a_pipe(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        account("li")
        monkeypatch.setattr("sys.stdin", io.StringIO(""))
        assert main(["account", "password", "li"]) == 1
        assert "--password-stdin" in capsys.readouterr().err

    def test_sign_out(self) -> None:
        account("li")
        cookie = signed_in("li")
        assert main(["account", "sign-out", "li"]) == 0
        assert not sessions.visitor_by_cookie(cookie).signed_in

    def test_the_first_code(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["account", "first-code"]) == 0
        code = capsys.readouterr().out.splitlines()[0]
        first_start.make_administrator(code, "root", PASSWORD, display="", address=ADDRESS)
        assert main(["account", "first-code"]) == 1


def test_whoever_acts_without_an_account_changes_none() -> None:
    with Session(engine()) as db, pytest.raises(NotAllowedError):
        accounts.create(db, "li", PASSWORD, roles=["planner"], by=Visitor(account="ghost"))


def test_the_key_of_forms_is_ours_alone(accounts_here: Path) -> None:
    account("li")
    with pytest.raises(sign_in.SignInRefusedError):
        sign_in.with_password("li", "wrong one here", address=ADDRESS)
    key = accounts_here / "sign-in.key"
    assert len(key.read_bytes()) == 32
    assert key.stat().st_mode & 0o077 == 0
