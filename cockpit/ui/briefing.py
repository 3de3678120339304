"""The one-page briefing to take away, from the page Overview."""

from __future__ import annotations

from html import escape

import streamlit as st

from cockpit.answers.briefing import FORMS
from cockpit.briefing.facts import KINDS, Kind
from cockpit.briefing.text import KINDS_SAID
from cockpit.locale import LANGUAGES
from cockpit.ui import visitor
from cockpit.ui.words import say

OWN_NAMES = {"zh": "中文", "en": "English"}
"""Each language by its own name, whatever the page speaks."""


def panel() -> None:
    """Show the files of both issues; nothing to who may not export, or sees a part only."""
    who = visitor.now()
    if not (who.may("export") and who.whole_county):
        return
    with st.popover(say("Briefing"), icon=":material/description:"):
        st.html(_words())


def _words() -> str:
    lead = say(
        "One page for leaders with the figures of this page, each counted again before the file "
        "is made."
    )
    issues = "".join(_issue(kind) for kind in KINDS)
    return f'<p style="margin:0 0 8px">{escape(lead)}</p>{issues}'


def _issue(kind: Kind) -> str:
    rows = "".join(
        f'<div class="ct-files" lang="{language}">{escape(OWN_NAMES[language])}: '
        f"{' · '.join(_link(kind, language, ending) for ending in FORMS)}</div>"
        for language in LANGUAGES
    )
    return f'<div style="margin-top:8px"><b>{escape(say(KINDS_SAID[kind]))}</b>{rows}</div>'


def _link(kind: Kind, language: str, ending: str) -> str:
    address = f"/download/briefing/{kind}.{ending}?lang={language}"
    name = f"{say(KINDS_SAID[kind])} {OWN_NAMES[language]} {ending.upper()}"
    return f'<a href="{address}" download aria-label="{escape(name)}">{ending.upper()}</a>'
