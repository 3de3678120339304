"""The page My account: rights in words, purpose, open sessions, for anybody who is signed in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from cockpit.access import accounts, sessions
from cockpit.access.visitor import PUBLIC
from cockpit.store.session import engine
from tests import conftest

PAGE = Path(__file__).parents[2] / "pages" / "account.py"
DONGSHAN = "529901001"


@pytest.fixture
def signed_in(
    unvisited_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], str]]:
    """Sign li of Dongshan in at a copy of the tiny county; return what signs in once more."""
    shutil.copytree(unvisited_store, tmp_path / "data")
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path / "data"))
    conftest._forget_store()
    sessions.forget()
    with Session(engine()) as db:
        accounts.create(
            db, "li", "a quiet sentence 7", display="李明", roles=["leader"],
            territory=DONGSHAN, by="test",
        )  # fmt: skip
        db.commit()

    def more() -> str:
        with Session(engine()) as db:
            cookie = sessions.begin(db, "li", address="10.0.0.7", agent="Firefox")
            db.commit()
        return cookie

    own = sessions.visitor_by_cookie(more()).session
    monkeypatch.setattr("cockpit.ui.visitor.now", lambda: sessions.visitor_by_session(own))
    yield more
    conftest._forget_store()
    sessions.forget()


def page(lang: str = "zh") -> AppTest:
    found = AppTest.from_file(PAGE, default_timeout=60)
    found.query_params["lang"] = lang
    found.run()
    assert not found.exception
    return found


def text(found: AppTest) -> str:
    every = [*found.markdown, *found.caption, *found.info, *found.error, *found.success]
    return "\n".join(str(e.value) for e in every)


def test_says_who_i_am_and_what_i_may_see(signed_in: Callable[[], str]) -> None:
    told = text(page("en"))
    assert "Signed in as `li`: Leader." in told
    assert "Sees figures of Dongshan up to class Sensitive." in told
    assert "Map, Population" in told
    assert "/account/password?lang=zh" in "".join(str(e.proto.body) for e in page().get("html"))
    assert "以 `li` 登录，角色：领导。" in text(page())


def test_a_purpose_can_be_dropped(signed_in: Callable[[], str]) -> None:
    assert "尚未填写用途" in text(page())
    own = sessions.visitor_by_cookie(signed_in())
    with Session(engine()) as db:
        first = sessions.open_sessions(db, "li")[-1].id
    assert own.session != first
    sessions.set_purpose(first, "走访困难群众")
    assert sessions.visitor_by_session(first).data_class == "敏感"
    found = page()
    assert "敏感数据已开放，用途：走访困难群众" in text(found)
    found.button(key="account.purpose").click().run()
    assert sessions.visitor_by_session(first).data_class == "备用"


def test_ends_another_session_of_mine(signed_in: Callable[[], str]) -> None:
    cookie = signed_in()
    other = sessions.visitor_by_cookie(cookie).session
    found = page()
    assert text(found).count("来自 10.0.0.7") == 2
    assert text(found).count("（当前）") == 1
    found.button(key=f"accounts.out.{other}").click().run()
    assert "该会话已退出。" in text(found)
    assert not sessions.visitor_by_cookie(cookie).signed_in


def test_ends_all_sessions(signed_in: Callable[[], str]) -> None:
    cookie = signed_in()
    found = page()
    found.button(key="account.everywhere").click().run()
    assert not sessions.visitor_by_cookie(cookie).signed_in
    assert "您尚未登录" in text(found)


def test_the_public_has_no_account(
    signed_in: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit.ui.visitor.now", lambda: PUBLIC)
    found = page("en")
    assert text(found) == "You are not signed in: you see the public pages."
    assert not found.button
