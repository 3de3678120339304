"""Who is signed in: name, rights and purpose in the header, and the mark over the page."""

from __future__ import annotations

import datetime as dt
from html import escape
from urllib.parse import quote
from zoneinfo import ZoneInfo

import streamlit as st

from cockpit.access import audit, sessions
from cockpit.access.classes import CLASSES, TITLES
from cockpit.access.demo import DEMOS
from cockpit.access.roles import ROLES
from cockpit.access.rules import may_watch
from cockpit.access.visitor import Visitor
from cockpit.answers.twin import Twin
from cockpit.look.marks import WATERMARK
from cockpit.settings import settings
from cockpit.ui import state, theme
from cockpit.ui.words import name_of, say

PURPOSES = (
    "Visits and help for people in need",
    "Handling of an emergency",
    "Planning of public services",
    "Handling of appeals",
    "Check of data",
)
"""What sensitive data may be needed for (msgids); any of them wants a word of its own as well."""

_SHORTEST = 4  # characters that say what the data are for


def show(who: Visitor, twin: Twin | None) -> None:
    """Show the way to the sign-in page, or who is signed in with what is open to them."""
    if not who.signed_in:
        st.html(_link("/sign-in", say("Sign in")))
        return
    if may_watch(who) and not state.on_telephone():
        st.html(_link(f"/screen?lang={_lang()}", say("Command centre"), apart=True))
    with st.popover(_name(who), icon=":material/account_circle:"):
        roles = ", ".join(say(ROLES[role].title) for role in who.roles if role in ROLES)
        st.markdown(f"**{escape(_name(who))}** · {roles}")
        st.caption(_area(who, twin))
        st.caption(say("Open to you now: {data_class}", data_class=say(TITLES[who.data_class])))
        _purpose(who)
        links = ((f"/account?lang={_lang()}", say("My account")), ("/sign-out", say("Sign out")))
        st.html(" ".join(_link(address, words) for address, words in links))


def _name(who: Visitor) -> str:
    """Return the account's name; that of a demo account in the visitor's language."""
    demo = DEMOS.get(who.account)
    return say("Demo: {role}", role=say(demo.title)) if demo else who.name or who.account


def _lang() -> str:
    from cockpit.ui.words import language

    return language()


def _link(address: str, words: str, *, apart: bool = False) -> str:
    tokens = theme.now()
    target = "_blank" if apart else "_self"
    return (
        f'<a href="{escape(address)}" target="{target}" '
        'style="display:inline-block;padding:6px 14px;'
        f"border:1px solid {tokens.line};border-radius:8px;color:{tokens.accent};"
        f'text-decoration:none;white-space:nowrap">{escape(words)}</a>'
    )


def _area(who: Visitor, twin: Twin | None) -> str:
    if who.whole_county or twin is None:
        return say("Area: the whole county")
    return say("Area: {name}", name=name_of(twin.regions.iloc[0].to_dict()))


def _purpose(who: Visitor) -> None:
    """Ask what sensitive data are needed for, once a session, before any of them opens."""
    if who.purpose:
        st.caption(say("Purpose: {purpose}", purpose=who.purpose))
        return
    if CLASSES.index(who.clearance) <= CLASSES.index(who.data_class):
        return
    with st.form("purpose", border=False):
        kind = st.selectbox(
            say("Sensitive data are needed for"),
            PURPOSES,
            index=None,
            format_func=say,
            placeholder=say("Choose a purpose"),
            key=state.widget_key("purpose.kind"),
        )
        words = st.text_input(
            say("In a few words"), max_chars=80, key=state.widget_key("purpose.words")
        )
        asked = st.form_submit_button(say("Open sensitive data"), type="primary")
    if not asked:
        st.caption(say("Your answer is kept in the audit trail and stands in every export."))
    elif kind is None or len(words.strip()) < _SHORTEST:
        st.error(say("Say what the data are needed for: choose a purpose and add a few words."))
    else:
        sessions.set_purpose(who.session, f"{say(kind)}: {words.strip()}")
        st.rerun()


def note(who: Visitor, page: str) -> None:
    """Write into the audit trail that a page with more than public figures is looked at."""
    if who.data_class != CLASSES[0]:
        audit.read_once(who, f"page {page}", data_class=who.data_class)


def watermark(who: Visitor) -> None:
    """Lay name, time and purpose over a page that shows more than public figures, faintly."""
    if who.data_class == CLASSES[0]:
        return
    now = dt.datetime.now(ZoneInfo(settings().timezone))
    lines = (
        f"{who.name or who.account} {who.account}",
        f"{now:%Y-%m-%d %H}:{now.minute // 10}0",
        who.purpose[:40],
    )
    st.html(f"<style>{_overlay(lines, _FAINT[theme.now().name])}</style>")


_FAINT = {"light": 0.09, "dark": 0.13}
"""How much of the mark's colour shows, by theme: on a light ground it stands out more."""


def _overlay(lines: tuple[str, ...], opacity: float) -> str:
    """Return the style of a picture of the lines, again and again over the whole window."""
    rows = "".join(
        f'<text x="20" y="{90 + 22 * number}">{escape(line)}</text>'
        for number, line in enumerate(lines)
        if line
    )
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="420" height="260">'
        '<g transform="rotate(-24 210 130)" font-size="16" font-family="sans-serif" '
        f'fill="{WATERMARK}" fill-opacity="{opacity}">{rows}</g></svg>'
    )
    return (
        '.stApp::after{content:"";position:fixed;inset:0;pointer-events:none;z-index:999980;'
        f'background-image:url("data:image/svg+xml,{quote(picture)}")}}'
    )
