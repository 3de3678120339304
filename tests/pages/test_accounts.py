"""The page Accounts: what an administrator sees and does, in both languages, empty and full."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from cockpit.access import accounts, locks, sessions
from cockpit.access.visitor import Visitor
from cockpit.locale import translate
from cockpit.store.session import engine, require_table
from tests import conftest

PAGE = Path(__file__).parents[2] / "pages" / "accounts.py"
DONGSHAN, VILLAGE = "529901001", "529901001002"
ADA = Visitor("ada", "Ada", ("administrator",), session="s-ada")
LAST = "{name} is the last administrator: without one nobody could manage accounts."


@pytest.fixture
def store(unvisited_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a copy of the tiny county with ada, who manages accounts, and li of Dongshan."""
    shutil.copytree(unvisited_store, tmp_path / "data")
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path / "data"))
    conftest._forget_store()
    sessions.forget()
    monkeypatch.setattr("cockpit.ui.visitor.now", lambda: ADA)
    with Session(engine()) as db:
        accounts.create(db, "ada", "", display="Ada", roles=["administrator"], by="test")
        accounts.create(
            db, "li", "", display="李明", roles=["leader"], clearance="备用",
            territory=DONGSHAN, by="test",
        )  # fmt: skip
        db.commit()
    yield tmp_path / "data"
    conftest._forget_store()
    sessions.forget()


def page(**address: str) -> AppTest:
    found = AppTest.from_file(PAGE, default_timeout=60)
    for name, value in address.items():
        found.query_params[name] = value
    found.run()
    assert not found.exception
    return found


def text(found: AppTest) -> str:
    every = [*found.markdown, *found.caption, *found.info, *found.error, *found.success]
    return "\n".join(str(e.value) for e in every)


def zh(sentence: str, **values: object) -> str:
    return translate(sentence, "zh", **values)


def widget(found: AppTest, kind: str, label: str) -> Any:
    return next(w for w in found.get(kind) if w.label == zh(label))


def names(found: AppTest) -> list[str]:
    listed: list[str] = found.dataframe[0].value[zh("Sign-in name")].tolist()
    return listed


def account(name: str) -> accounts.Account:
    with Session(engine()) as db:
        found = accounts.find(db, name)
    assert found is not None
    return found


def test_lists_accounts_with_rights_in_words(store: Path) -> None:
    found = page(lang="en")
    assert "2 accounts: 0 signed in now, 0 locked, 0 switched off." in text(found)
    table = found.dataframe[0].value
    assert table["Sign-in name"].tolist() == ["ada", "li"]
    assert table["Territory"].tolist() == ["The whole county", "Dongshan"]
    assert table["Class"].tolist() == ["Public", "Internal"]
    chinese = page()
    assert "共 2 个账号：在线 0 个，锁定 0 个，停用 0 个。" in text(chinese)
    assert chinese.dataframe[0].value["角色"].tolist() == ["系统管理员", "领导"]


def test_filters_by_text_role_and_status(store: Path) -> None:
    found = page()
    widget(found, "text_input", "Search a name").set_value("李").run()
    assert names(found) == ["li"]
    widget(found, "selectbox", "Role of an account").set_value("administrator").run()
    assert zh("No account is like this.") in text(found)
    widget(found, "text_input", "Search a name").set_value("").run()
    assert names(found) == ["ada"]


def new_account(found: AppTest, name: str, roles: list[str]) -> AppTest:
    found.session_state["keep.accounts.part"] = "new"
    found.run()
    widget(found, "text_input", "Sign-in name").set_value(name).run()
    widget(found, "multiselect", "Roles").set_value(roles).run()
    assert not found.exception
    return found


def test_makes_an_account_and_shows_its_password_once(store: Path) -> None:
    found = new_account(page(), "wang", ["planner"])
    assert widget(found, "selectbox", "Data up to class").value == "备用"
    widget(found, "selectbox", "Data up to class").set_value("敏感").run()
    widget(found, "selectbox", "Territory").set_value(DONGSHAN).run()
    told = text(found)
    assert "可看东山街道的数据，最高级别为敏感。" in told
    assert "除公开页面外，可打开：今日要览、地图、人口" in told
    assert "以下页面需看全县数据，不开放：" in told
    found.button(key="accounts.make").click().run()
    assert zh("The account is made.") in text(found)
    password = found.code[0].value
    assert len(password) == 19
    made = account("wang")
    assert (made.roles, made.clearance, made.territory) == (("planner",), "敏感", DONGSHAN)
    assert made.must_change
    found.button(key="accounts.written").click().run()
    assert not found.code
    assert password not in text(found)


def test_roles_that_are_apart_cannot_be_saved(store: Path) -> None:
    found = new_account(page(), "wang", ["administrator", "steward"])
    assert "角色“系统管理员”和“数据管理员”不能由同一人担任。" in text(found)
    assert found.button(key="accounts.make").disabled


def test_the_class_is_never_above_the_roles(store: Path) -> None:
    found = new_account(page(), "wang", ["auditor"])
    assert widget(found, "selectbox", "Data up to class").options == [zh("Public")]
    widget(found, "multiselect", "Roles").set_value(["leader"]).run()
    options = widget(found, "selectbox", "Data up to class").options
    assert options == [zh("Public"), zh("Internal"), zh("Sensitive")]


def choose(found: AppTest, name: str) -> AppTest:
    widget(found, "selectbox", "Chosen account").set_value(name).run()
    assert not found.exception
    return found


def test_changes_rights_down_to_a_village(store: Path) -> None:
    with Session(engine()) as db:
        cookie = sessions.begin(db, "li")
        db.commit()
    assert sessions.visitor_by_cookie(cookie).territory == DONGSHAN
    found = choose(page(), "li")
    assert found.button(key="accounts.save").disabled
    widget(found, "selectbox", "Village or community").set_value(VILLAGE).run()
    widget(found, "multiselect", "Roles").set_value(["leader", "planner"]).run()
    found.button(key="accounts.save").click().run()
    assert "权限已修改" in text(found)
    changed = account("li")
    assert changed.territory == VILLAGE
    assert set(changed.roles) == {"leader", "planner"}
    assert changed.clearance == "备用"
    assert not sessions.visitor_by_cookie(cookie).signed_in  # ACC-2


def test_the_last_administrator_stays(store: Path) -> None:
    found = choose(page(), "ada")
    found.button(key="accounts.switch").click().run()
    assert zh(LAST, name="ada") in text(found)
    assert account("ada").enabled


def test_switches_off_and_on_again(store: Path) -> None:
    found = choose(page(), "li")
    found.button(key="accounts.switch").click().run()
    assert not account("li").enabled
    assert "停用 1 个" in text(found)
    found.button(key="accounts.switch").click().run()
    assert account("li").enabled


def test_a_new_initial_password_opens_nothing_until_changed(store: Path) -> None:
    found = choose(page(), "li")
    found.button(key="accounts.reset").click().run()
    assert len(found.code[0].value) == 19
    with Session(engine()) as db:
        cookie = sessions.begin(db, "li")
        db.commit()
    who = sessions.visitor_by_cookie(cookie)
    assert (who.account, who.roles, who.clearance) == ("li", ("public",), "公开")
    with Session(engine()) as db:
        accounts.set_password(db, "li", "another sentence 8", by="li")
        cookie = sessions.begin(db, "li")
        db.commit()
    assert sessions.visitor_by_cookie(cookie).roles == ("leader",)


def test_ends_sessions_one_by_one_and_all(store: Path) -> None:
    with Session(engine()) as db:
        cookies = [sessions.begin(db, "li", address=f"10.0.0.{n}") for n in range(3)]
        db.commit()
    found = choose(page(), "li")
    assert "来自 10.0.0.2" in text(found)
    outs = [b for b in found.button if str(b.key).startswith("accounts.out.")]
    outs[0].click().run()
    assert sum(sessions.visitor_by_cookie(c).signed_in for c in cookies) == 2
    found.button(key="accounts.everywhere").click().run()
    assert not any(sessions.visitor_by_cookie(c).signed_in for c in cookies)


def test_unlocks_a_name(store: Path) -> None:
    for _ in range(5):
        locks.begin_attempt("li")
    found = choose(page(), "li")
    assert "锁定 1 个" in text(found)
    assert "因密码多次错误已锁定" in text(found)
    found.button(key="accounts.unlock").click().run()
    with Session(engine()) as db:
        assert locks.locked_until(db, "li") is None


def test_shows_the_matrix_and_links_to_files(store: Path) -> None:
    found = page(view="rights", lang="en")
    table = found.dataframe[0].value.set_index("Pages")
    assert table.loc["Map", "Leader"] == "Sensitive"
    assert table.loc["Map", "Administrator"] == "—"
    assert table.loc["Accounts", "Administrator"] == "Public"
    html = "".join(str(e.proto.body) for e in found.get("html"))
    assert "/access/matrix.csv?lang=en" in html
    part = page(view="rights", lang="en", area="part").dataframe[0].value.set_index("Pages")
    assert part.loc["Risk", "Leader"] == "—"
    figures = (
        page(view="rights", lang="en", kind="indicator").dataframe[0].value.set_index("Indicators")
    )
    assert figures.loc["Residents", "Public visitor"] == "—"
    assert figures.loc["Residents", "Screen"] == "✓"


@pytest.mark.parametrize("roles", [("leader",), ("public",), ("steward",)])
def test_nobody_else_may_look_or_act(
    store: Path, monkeypatch: pytest.MonkeyPatch, roles: tuple[str, ...]
) -> None:
    monkeypatch.setattr("cockpit.ui.visitor.now", lambda: Visitor("x", roles=roles))
    found = page()
    assert zh("Your account is not allowed to do this.") in text(found)
    assert not found.dataframe
    assert "li" not in [str(b.label) for b in found.button]


def test_an_auditor_may_look_but_not_act(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.ui.visitor.now", lambda: Visitor("aud", roles=("auditor",)))
    found = choose(page(), "li")
    found.button(key="accounts.switch").click().run()
    assert zh("Your account is not allowed to do this.") in text(found)
    assert account("li").enabled


def test_without_a_county_there_are_accounts_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    conftest._forget_store()
    monkeypatch.setattr("cockpit.ui.visitor.now", lambda: ADA)
    with Session(engine()) as db:
        require_table(db, "account")
    found = page()
    assert "共 0 个账号" in text(found)
    assert not page(view="rights").exception
    conftest._forget_store()
