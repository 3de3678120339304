"""One account on the page Accounts: its card, its rights, its password, lock and sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from cockpit.access.sessions import OpenSession
from cockpit.answers import accounts as answers
from cockpit.answers.accounts import STATUS, Person
from cockpit.answers.twin import Twin
from cockpit.ui import accounts_form, state, visitor
from cockpit.ui import accounts_words as words
from cockpit.ui.accounts_form import Rights
from cockpit.ui.way import plain
from cockpit.ui.words import say

Act = Callable[..., None]
LONGEST_NAME, LONGEST_DISPLAY = 64, 40


def new(twin: Twin | None, act: Act, *, looks_only: bool = False) -> None:
    """Ask for a new account; ``looks_only`` is a demo account, which may not make one."""
    made = state.chosen("accounts.made", 0)  # another form after each account: an empty one
    name = f"accounts.new.{made}"
    left, right = st.columns(2, gap="small")
    with left:
        st.text_input(
            say("Sign-in name"), max_chars=LONGEST_NAME, key=state.widget_key(f"{name}.name"),
            help=say("2 to 64 letters, digits or . _ @ -"),
        )  # fmt: skip
    with right:
        st.text_input(
            say("Shown name"), max_chars=LONGEST_DISPLAY, key=state.widget_key(f"{name}.display"),
            placeholder=say("as colleagues know it"),
        )  # fmt: skip
    rights = accounts_form.ask(twin, name, Rights((), "", "", possible=False))
    st.button(
        say("Make the account"), type="primary", key="accounts.make",
        disabled=looks_only or not (rights.possible and _typed(name, "name")),
        on_click=_make, args=(act, name, rights, made),
    )  # fmt: skip


def _typed(form: str, field: str) -> str:
    return str(state.widget_value(f"{form}.{field}") or "").strip()


def _make(act: Act, form: str, rights: Rights, made: int) -> None:
    name = _typed(form, "name")

    def work() -> str:
        password = answers.add(
            name, display=_typed(form, "display"), roles=rights.roles,
            clearance=rights.clearance, territory=rights.territory, by=visitor.now(),
        )  # fmt: skip
        state.choose("accounts.made", made + 1)
        return password

    act("made", work, name)


def show(twin: Twin | None, person: Person, act: Act, *, looks_only: bool = False) -> None:
    """Show an account with all that can be done to it; nothing can by who ``looks_only``."""
    account = person.account
    _card(person)
    now = Rights(account.roles, account.clearance, account.territory, possible=True)
    # The rights stand in the form's name: after a change the form begins with the new ones.
    form = f"accounts.{account.id}.{hash((now.roles, now.clearance, now.territory))}"
    with st.expander(say("Rights"), expanded=True):
        wanted = accounts_form.ask(twin, form, now)
        st.button(
            say("Save the rights"), type="primary", key="accounts.save",
            disabled=looks_only or not wanted.possible or _same(wanted, now),
            on_click=act,
            args=(
                "changed",
                partial(
                    answers.change, account.id, roles=wanted.roles, clearance=wanted.clearance,
                    territory=wanted.territory, by=visitor.now(),
                ),
            ),
            help=say("The account is signed out everywhere and comes back with these rights."),
        )  # fmt: skip
    _sign_in(person, act, looks_only=looks_only)
    with st.expander(say("Sessions open now"), expanded=bool(person.sessions)):
        sessions(person.sessions, act, looks_only=looks_only)


def _same(one: Rights, two: Rights) -> bool:
    return (set(one.roles), one.clearance, one.territory) == (
        set(two.roles),
        two.clearance,
        two.territory,
    )


def _card(person: Person) -> None:
    account = person.account
    lines = [
        f"**{plain(account.display)}** · `{plain(account.id)}` · {say(STATUS[person.status])}",
        say("Last sign-in: {time}.", time=words.when(account.last_sign_in)),
    ]
    if account.created_by == "first code":
        lines.append(say("Made with the code of the first start, {time}.",
                         time=words.when(account.created)))  # fmt: skip
    elif account.created_by:
        lines.append(
            say("Made by {name}, {time}.", name=plain(account.created_by),
                time=words.when(account.created))
        )  # fmt: skip
    if account.demo:
        lines.append(say("A demo account: only for an invented county, without a password."))
    elif account.must_change:
        lines.append(say("The initial password has not been changed yet; nothing is open so far."))
    elif not account.has_password:
        lines.append(say("Signs in at the identity provider, without a password here."))
    st.markdown("  \n".join(lines))


def _sign_in(person: Person, act: Act, *, looks_only: bool) -> None:
    """Offer what concerns signing in: switch, password, lock."""
    account, by = person.account, visitor.now()
    with st.container(horizontal=True, gap="small"):
        st.button(
            say("Switch off") if account.enabled else say("Switch on"), key="accounts.switch",
            icon=":material/power_settings_new:", on_click=act, disabled=looks_only,
            args=(
                "off" if account.enabled else "on",
                partial(answers.switch, account.id, on=not account.enabled, by=by),
            ),
        )  # fmt: skip
        if not account.demo:
            st.button(
                say("New initial password"), key="accounts.reset", icon=":material/key:",
                on_click=act, disabled=looks_only,
                args=(
                    "password", partial(answers.reset_password, account.id, by=by), account.id,
                ),
            )  # fmt: skip
        if person.locked_until is not None:
            st.button(
                say("Unlock"), key="accounts.unlock", icon=":material/lock_open:", on_click=act,
                disabled=looks_only,
                args=("unlocked", partial(answers.unlock, account.id, by=by)),
            )  # fmt: skip
        if person.sessions:
            st.button(
                say("End all sessions"), key="accounts.everywhere", icon=":material/logout:",
                on_click=act, disabled=looks_only,
                args=("out everywhere", partial(answers.sign_out_everywhere, account.id, by=by)),
            )  # fmt: skip
    if person.locked_until is not None:
        st.caption(
            say("Locked after wrong passwords until {time}.", time=words.when(person.locked_until))
        )


def sessions(
    found: Sequence[OpenSession], act: Act, *, own: str = "", looks_only: bool = False
) -> None:
    """Show open sessions with a button to end each; ``own`` is the one that asks."""
    if not found:
        st.caption(say("Not signed in anywhere."))
    by = visitor.now()
    for session in found:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(_session_text(session, here=session.id == own), width="stretch")
            st.button(
                say("Sign out"), key=f"accounts.out.{session.id}", on_click=act,
                disabled=looks_only,
                args=("out", partial(answers.sign_out, session.id, by=by)),
            )  # fmt: skip


def _session_text(session: OpenSession, *, here: bool) -> str:
    text = say(
        "Since {begun}, last seen {seen}, from {address}",
        begun=words.when(session.created),
        seen=words.when(session.last_seen),
        address=plain(session.address or "—"),
    )
    device = plain(session.agent[:80])
    here_text = f" **{say('(this one)')}**" if here else ""
    return f"{text}{here_text}  \n:small[{device}]" if device else f"{text}{here_text}"
