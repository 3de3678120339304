"""Reading made easy: large type, reading aloud, a way to a person, never more than five choices.

The switch stands in the address (``?elder=1``), so that a link sent to a parent opens as it should.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import urlencode

import streamlit as st

from cockpit.answers import lite_words
from cockpit.answers.lite_words import Words, reading_bar
from cockpit.ui import menu, open_style, state
from cockpit.ui.words import language, say

MOST = 5
"""Choices that stand side by side, and rows of a list, in large type."""
_MOST_USUALLY = 20
_PAGES = {page: title for page, title, _ in menu.OPEN}


def on() -> bool:
    """Tell whether the visitor wants large type."""
    return state.read("open.elder", False, address="elder")


def leads(page: str) -> bool:
    """Tell whether a page opens in large type: its own title stands first, the frame below."""
    return page in _PAGES and on()


def begin(title: str, lead: str = "", page: str = "") -> bool:
    """
    Paint a public page, show its title with the switch, and return whether type is large.

    In large type the ways to the other public pages follow where ``page`` is given: the menu is
    away. The county's own page has no need of it, since it begins with cards that lead there.
    """
    elder = on()
    open_style.paint(elder=elder)
    words, switch = st.columns([0.78, 0.22], vertical_alignment="center")
    with words:
        told = f'<p class="op-lead">{escape(lead)}</p>' if lead else ""
        st.html(f'<div class="op"><h1>{escape(title)}</h1>{told}</div>')
    with switch, st.container(horizontal=True, horizontal_alignment="right"):
        st.toggle(say("Large type"), **state.remembered("open.elder", False, address="elder"))
    st.html(_help(elder=elder), unsafe_allow_javascript=True)  # a file of ours: the policy holds
    if elder and page:
        st.html(f'<div class="op">{_ways(page)}</div>')
    return elder


def _ways(page: str) -> str:
    links = "".join(
        f'<a href="{escape(link(other))}" target="_self">{escape(say(title))}</a>'
        for other, title in _PAGES.items()
        if other != page
    )
    return f'<nav class="op-ways" aria-label="{escape(say("Pages"))}">{links}</nav>'


def _help(*, elder: bool) -> str:
    """Return the bar that reads the page aloud and leads to a person and to simple pages."""
    words = Words(language())
    simple = f'<a href="{escape(link("lite"))}" target="_self">{escape(say("Simple pages"))}</a>'
    hint = f'<span class="op-quiet">{escape(say("Slow connection?"))} {simple}</span>'
    bar = reading_bar(words, (call() if elder else "") + hint)
    return f'{bar}<script src="/lite/speak.js"></script>'


def call() -> str:
    """Return the link that calls a person."""
    return lite_words.call(Words(language()))


def link(page: str, **query: str) -> str:
    """Return the address of a public page with language, type size and a choice kept."""
    kept = {"lang": language(), **({"elder": "1"} if on() else {}), **query}
    return f"/{page}?{urlencode(kept)}"


def pick(
    label: str,
    titles: Mapping[str, str],
    name: str,
    *,
    address: str = "",
    first: str = "",
    then: Callable[[], None] | None = None,
) -> str:
    """
    Let the visitor choose one of some, without a list that pops up.

    ``titles`` are id and words; ``first`` is chosen to begin with. In large type more than five
    stand on pages that a button turns.
    """
    ids = list(titles)
    default = first if first in titles else ids[0]
    chosen = state.read(name, default, allowed=ids, address=address)
    if len(ids) == 1:
        return chosen
    most = MOST if on() else _MOST_USUALLY
    shown = _page_of(ids, name, chosen, most)
    kept = state.remembered(name, default, allowed=ids, address=address, then=then)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.pills(
            label,
            shown,
            format_func=lambda one: titles[one],
            required=True,
            wrap=True,
            **kept,
        )
        if len(ids) > most:
            st.button(
                say("Others"),
                key=f"turn.{name}",
                icon=":material/arrow_forward:",
                on_click=_turn,
                args=(name, -(-len(ids) // most)),
            )
    return chosen


def _page_of(ids: list[str], name: str, chosen: str, most: int) -> list[str]:
    """Return the choices of the page that is open; the chosen one stays among them."""
    page = int(state.chosen(f"{name}.page", 0))
    shown = ids[page * most : (page + 1) * most]
    return shown if chosen in shown else [chosen, *shown[: most - 1]]


def _turn(name: str, pages: int) -> None:
    page = int(state.chosen(f"{name}.page", 0))
    state.choose(f"{name}.page", (page + 1) % pages)
