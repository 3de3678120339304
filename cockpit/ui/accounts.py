"""The page Accounts: who may come in, as what; who is in now; and the whole matrix of rights."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import streamlit as st

from cockpit.answers import accounts as answers
from cockpit.answers.accounts import STATUS, Person
from cockpit.answers.twin import Twin
from cockpit.ui import accounts_matrix, accounts_one, cache, state, visitor
from cockpit.ui import accounts_words as words
from cockpit.ui.way import plain
from cockpit.ui.words import number, say
from geodata.errors import CockpitError

VIEWS = {"people": "Accounts", "rights": "Permission matrix"}
PART_TITLES = {"one": "Chosen account", "new": "New account"}
_FILTER_STATUS = ("", *STATUS)


def show() -> None:
    """Show the page: accounts to look at and change, or the matrix."""
    view = str(
        st.segmented_control(
            say("View"), list(VIEWS), format_func=lambda v: say(VIEWS[v]),
            label_visibility="collapsed", required=True,
            **state.remembered("accounts.view", "people", allowed=VIEWS, address="view"),
        )
    )  # fmt: skip
    twin = cache.twin()
    if view == "rights":
        accounts_matrix.show()
        return
    people = answers.people(visitor.now())
    if _looks_only(people):
        st.info(
            say(
                "A demo account cannot change accounts or passwords: everything here is to look at."
            )
        )
    _say_result()
    st.markdown(_sentence(people))
    left, right = st.columns([0.58, 0.42], gap="medium")
    with left:
        shown = _filtered(people)
        _table(twin, shown)
        accounts_matrix.files("people")
    with right:
        _side(twin, shown or people, looks_only=_looks_only(people))


def _looks_only(people: tuple[Person, ...]) -> bool:
    """Tell whether who looks is a demo account: what it asks for would only be refused."""
    own = visitor.now().account
    return any(p.account.id == own and p.account.demo for p in people)


def _sentence(people: tuple[Person, ...]) -> str:
    count = {key: sum(p.status == key for p in people) for key in STATUS}
    return say(
        "{n} accounts: {on} signed in now, {locked} locked, {off} switched off.",
        n=number(len(people)),
        on=number(count["signed in"]),
        locked=number(count["locked"]),
        off=number(count["disabled"]),
    )


def _filtered(people: tuple[Person, ...]) -> tuple[Person, ...]:
    """Ask what to look for; return the accounts that fit."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            say("Search a name"), max_chars=40, width=200,
            **state.remembered("accounts.search", ""),
        )  # fmt: skip
        role = st.selectbox(
            say("Role of an account"), ("", *words.GIVEN), width=180,
            format_func=lambda r: words.role(r) if r else say("any role"),
            placeholder=say("any role"),
            **state.remembered("accounts.role", "", allowed=("", *words.GIVEN)),
        )  # fmt: skip
        status = st.selectbox(
            say("Status"), _FILTER_STATUS, width=180,
            format_func=lambda s: say(STATUS[s]) if s else say("any status"),
            placeholder=say("any status"),
            **state.remembered("accounts.status", "", allowed=_FILTER_STATUS),
        )  # fmt: skip
    wanted = str(text or "").strip().lower()
    return tuple(
        p
        for p in people
        if wanted in f"{p.account.id} {p.account.display}".lower()
        and (not role or role in p.account.roles)
        and (not status or status == p.status)
    )


def _table(twin: Twin | None, people: tuple[Person, ...]) -> None:
    if not people:
        st.info(say("No account is like this."))
        return
    st.dataframe(
        pa.table(
            {
                say("Sign-in name"): [p.account.id for p in people],
                say("Shown name"): [p.account.display for p in people],
                say("Roles"): [words.roles(p.account.roles) for p in people],
                say("Class"): [words.data_class(p.account.clearance) for p in people],
                say("Territory"): [words.territory(twin, p.account.territory) for p in people],
                say("Status"): [say(STATUS[p.status]) for p in people],
                say("Last sign-in"): [words.when(p.account.last_sign_in) for p in people],
            }
        ),
        hide_index=True,
        height=33 * min(len(people), 14) + 38,
        alt=say("Table of the accounts"),
    )


def _side(twin: Twin | None, people: tuple[Person, ...], *, looks_only: bool) -> None:
    part = str(
        st.segmented_control(
            say("Part"), list(PART_TITLES), format_func=lambda p: say(PART_TITLES[p]),
            label_visibility="collapsed", required=True,
            **state.remembered("accounts.part", "one", allowed=PART_TITLES),
        )
    )  # fmt: skip
    if part == "new":
        accounts_one.new(twin, act, looks_only=looks_only)
        return
    by_name = {p.account.id: p for p in people}
    if not by_name:
        return
    chosen = st.selectbox(
        say("Chosen account"), list(by_name),
        format_func=lambda n: f"{by_name[n].account.display} · {n}" if n in by_name else n,
        placeholder=say("Chosen account"),
        **state.remembered("accounts.one", next(iter(by_name)), allowed=by_name),
    )  # fmt: skip
    accounts_one.show(twin, by_name[str(chosen)], act, looks_only=looks_only)


def act(done: str, work: Callable[[], str | None], name: str = "") -> None:
    """Do what was asked for in a callback, and keep what is to be said of it afterwards."""
    try:
        password = work()
    except CockpitError as error:
        state.choose("accounts.said", error)
        return
    state.choose("accounts.said", done)
    if password:
        state.choose("accounts.password", (name, password))


SAID_TITLES = {
    "made": "The account is made.",
    "changed": "The rights are changed; the account was signed out everywhere.",
    "off": "The account is switched off and signed out everywhere.",
    "on": "The account is switched on again.",
    "password": "The old password is gone; the account was signed out everywhere.",
    "unlocked": "The name can sign in again.",
    "out": "The session has ended.",
    "out everywhere": "All sessions of the account have ended.",
}


def _say_result() -> None:
    """Say what became of the last act; show an initial password until it was written down."""
    said = state.chosen("accounts.said", None)
    if isinstance(said, CockpitError):
        st.error(words.refusal(said), icon=":material/block:")
    elif said is not None:
        st.success(say(SAID_TITLES[said]), icon=":material/check:")
    state.choose("accounts.said", None)
    told = state.chosen("accounts.password", None)
    if told is None:
        return
    name, password = told
    with st.container(border=True):
        st.markdown(say("Initial password of {name}:", name=f"**{plain(name)}**"))
        st.code(password, language=None)
        st.caption(
            say(
                "It is shown only now and kept nowhere. Hand it over in person; at the first "
                "sign-in it must be changed before anything opens."
            )
        )
        st.button(
            say("I have written it down"), type="primary", key="accounts.written",
            on_click=state.choose, args=("accounts.password", None),
        )  # fmt: skip
