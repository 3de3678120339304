"""Header with language switch, footer, and the page of an empty store."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from cockpit.access import territory
from cockpit.access.visitor import Visitor
from cockpit.answers.twin import Twin
from cockpit.ui import signed_in, theme
from cockpit.ui.words import NO_FIGURE, date, language, name_of, say

# Streamlit's menu says "7 more" in every language and has no setting for it.
_MORE = """<style>
.rc-overflow-item-rest [data-testid="stMarkdownContainer"] p{visibility:hidden;font-size:0}
.rc-overflow-item-rest [data-testid="stMarkdownContainer"] p::after{content:"更多";
visibility:visible;font-size:1rem}
</style>"""


def header(twin: Twin | None, language_switch: Callable[[], None], who: Visitor) -> None:
    """Show the county's name, the mark of an invented one, who is signed in, and the language."""
    if language() == "zh":
        st.html(_MORE)
    with st.container(horizontal=True, vertical_alignment="center", key="ct-header"):
        st.html(_title(twin), width="stretch")
        with st.container(width="content", horizontal=True, vertical_alignment="center"):
            signed_in.show(who, twin)
        with st.container(width="content"):
            language_switch()


def _title(twin: Twin | None) -> str:
    tokens = theme.now()
    name = name_of(twin.county) if twin else ""
    title = say("{county} digital twin", county=name) if name else say("County twin")
    mark = ""
    if twin and twin.county.get("invented"):
        mark = (
            f'<span style="border:1px solid {tokens.line};border-radius:8px;padding:2px 8px;'
            f'color:{tokens.quiet};font-size:max(13px,.84rem);white-space:nowrap">'
            f"{escape(say('Sample county, invented'))}</span>"
        )
    return (
        '<div style="display:flex;align-items:center;gap:16px;flex-wrap:wrap">'
        f'<span style="font-size:1.25rem;font-weight:600">{escape(title)}</span>{mark}</div>'
    )


def footer(twin: Twin) -> None:
    """Show the data's date, version and reference system, and the map's review number."""
    parts = [
        say("Data as of {date}", date=date(twin.date)),
        say("data version {version}", version=territory.data_version(twin.version)[:12]),
        say("map in CGCS2000 longitude and latitude"),
    ]
    if twin.county.get("invented"):
        parts.append(say("invented county, no review number needed"))
    else:
        parts.append(
            say(
                "map review number {number}",
                number=twin.county.get("review_number") or NO_FIGURE,
            )
        )
    st.caption(" · ".join(parts))


def empty_store() -> None:
    """Say what to do when nothing has been loaded."""
    st.header(say("No county has been loaded yet."))
    st.write(say("Open a terminal in the project folder and run one of these:"))
    st.code("make run\npython -m cockpit demo\npython -m cockpit load county.toml", language="bash")
    st.write(
        say(
            "The first two make the sample county; the third loads your own files. "
            "Then reload this page."
        )
    )
