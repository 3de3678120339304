"""Reading made easy: large type, reading aloud, a way to a person, never more than five choices.

The switch stands in the address (``?elder=1``), so that a link sent to a parent opens as it should.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import urlencode

import streamlit as st

from cockpit.ui import open_style, state
from cockpit.ui.words import language, say

MOST = 5
"""Choices that stand side by side, and rows of a list, in large type."""
_MOST_USUALLY = 20

HOTLINE = "12345"
"""The government's service line: the same number in every county of the country."""
READING_TITLES = {
    "reading": "Reading aloud. Press Escape to stop.",
    "stopped": "Reading has stopped.",
    "done": "Read to the end.",
    "none": "This browser has no voice for this language, so it cannot read aloud.",
    "broken": "The browser stopped reading.",
    "about": "give or take",
    "sign": "plus or minus",
    "to": "to",
}
"""What the bar says while it reads (msgids), and how signs are said."""
# A telephone number as people write it: with a code, spaces or hyphens; at least seven digits.
_TELEPHONE = re.compile(r"(?<![\w-])\+?\d(?:[ -]?\d){6,14}(?![\w-])")


def on() -> bool:
    """Tell whether the visitor wants large type."""
    return state.read("open.elder", False, address="elder")


def begin(title: str, lead: str = "") -> bool:
    """Paint a public page, show its title with the switch, and return whether type is large."""
    elder = on()
    open_style.paint(elder=elder)
    words, switch = st.columns([0.78, 0.22], vertical_alignment="center")
    with words:
        told = f'<p class="op-lead">{escape(lead)}</p>' if lead else ""
        st.html(f'<div class="op"><h1>{escape(title)}</h1>{told}</div>')
    with switch, st.container(horizontal=True, horizontal_alignment="right"):
        st.toggle(say("Large type"), **state.remembered("open.elder", False, address="elder"))
    st.html(_help(elder=elder), unsafe_allow_javascript=True)  # a file of ours: the policy holds
    return elder


def _help(*, elder: bool) -> str:
    """Return the bar that reads the page aloud and leads to a person and to simple pages."""
    words = "".join(
        f' data-{name}="{escape(say(text), quote=True)}"' for name, text in READING_TITLES.items()
    )
    start = f'<button type="button" value="start">{escape(say("Read aloud"))}</button>'
    stop = f'<button type="button" value="stop">{escape(say("Stop reading"))}</button>'
    simple = link_to_simple()
    return (
        f'<div class="op op-help" lang="{language()}" data-speak="{language()}"{words}>'
        f"{start}{stop}{call() if elder else ''}"
        f'<span class="op-quiet">{escape(say("Slow connection?"))} {simple}</span>'
        '<span role="status"></span></div>'
        '<script src="/lite/speak.js"></script>'
    )


def call() -> str:
    """Return the link that calls a person."""
    words = escape(say("Ask a person: call {number}", number=HOTLINE))
    return f'<a class="op-call" href="tel:{HOTLINE}">{words}</a>'


def link_to_simple() -> str:
    """Return the link to the pages that need next to nothing of a connection."""
    words = escape(say("Simple pages"))
    return f'<a href="{escape(link("lite"))}" target="_self">{words}</a>'


def telephones(text: str) -> str:
    """Return somebody's words as HTML in which a telephone number can be called with a touch."""
    parts, last = [], 0
    for found in _TELEPHONE.finditer(text):
        digits = re.sub(r"[^\d+]", "", found[0])
        parts += [escape(text[last : found.start()])]
        parts += [f'<a href="tel:{digits}">{escape(found[0])}</a>']
        last = found.end()
    return "".join([*parts, escape(text[last:])])


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
