"""The page My account: who am I here, what may I see, where am I signed in, and what for."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from cockpit.access.classes import CLASSES
from cockpit.answers import accounts as answers
from cockpit.ui import accounts_one, cache, state, theme, visitor
from cockpit.ui import accounts_words as words
from cockpit.ui.way import plain
from cockpit.ui.words import language, say
from geodata.errors import CockpitError


def show() -> None:
    """Show the visitor's own account; the public has none."""
    who = visitor.now()
    if not who.signed_in:
        st.info(say("You are not signed in: you see the public pages."))
        return
    _say_result()
    left, right = st.columns(2, gap="medium")
    with left:
        _who()
        _purpose()
        _password()
    with right:
        st.subheader(say("Where you are signed in"), anchor=False)
        accounts_one.sessions(answers.own_sessions(who), act, own=who.session)
        st.button(
            say("End all sessions"), key="account.everywhere", icon=":material/logout:",
            on_click=act,
            args=("out everywhere", lambda: answers.sign_out_everywhere(who.account, by=who)),
        )  # fmt: skip


def _who() -> None:
    who = visitor.now()
    st.subheader(plain(who.name or who.account), anchor=False)
    st.markdown(
        say("Signed in as {account}: {roles}.", account=f"`{plain(who.account)}`",
            roles=words.roles(who.roles))
    )  # fmt: skip
    with st.container(border=True):
        st.markdown(f"**{say('What you may see and do')}**")
        for sentence in words.preview(cache.twin(), who.roles, who.clearance, who.territory):
            st.markdown(plain(sentence))
        st.caption(say("If this is not what your work needs, ask an administrator."))


def _purpose() -> None:
    """Show what sensitive data are open for, with the way to close them again."""
    who = visitor.now()
    if CLASSES.index(who.clearance) <= CLASSES.index("备用"):
        return
    st.subheader(say("Purpose"), anchor=False)
    if not who.purpose:
        st.markdown(
            say("You have said none: sensitive data are closed. Say one under your name above.")
        )
        return
    st.markdown(say("Sensitive data are open for: {purpose}", purpose=plain(who.purpose)))
    st.button(
        say("Close sensitive data"), key="account.purpose", icon=":material/lock:", on_click=act,
        args=("purpose", lambda: answers.drop_purpose(who)),
    )  # fmt: skip


def _password() -> None:
    account = answers.own_account(visitor.now())
    st.subheader(say("Your password"), anchor=False)
    if account is None or account.demo or not account.has_password:
        st.markdown(say("This account signs in without a password of ours."))
        return
    st.markdown(say("Last changed: {time}.", time=words.when(account.password_changed)))
    tokens = theme.now()
    st.html(
        f'<a href="/account/password?lang={language()}" target="_self" '
        f'style="color:{tokens.accent};font-weight:600">{escape(say("Change your password"))}</a>'
    )


def act(done: str, work: Callable[[], object], _name: str = "") -> None:
    """Do what was asked for in a callback, and keep what is to be said of it afterwards."""
    try:
        work()
    except CockpitError as error:
        state.choose("account.said", error)
        return
    state.choose("account.said", done)


SAID_TITLES = {
    "out": "The session has ended.",
    "out everywhere": "You are signed out everywhere.",
    "purpose": "Sensitive data are closed until you say a purpose again.",
}


def _say_result() -> None:
    said = state.chosen("account.said", None)
    if isinstance(said, CockpitError):
        st.error(words.refusal(said), icon=":material/block:")
    elif said is not None:
        st.success(say(SAID_TITLES[said]), icon=":material/check:")
    state.choose("account.said", None)
