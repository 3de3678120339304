"""The page Overview put together: what changed, what is open, where to look first."""

from __future__ import annotations

from html import escape

import streamlit as st

from cockpit.answers.overview_parts import Overview
from cockpit.answers.overview_words import PERIOD_TITLES
from cockpit.answers.twin import Twin
from cockpit.overview.periods import PERIODS, Period
from cockpit.ui import (
    briefing,
    overview_cache,
    overview_cards,
    overview_lists,
    overview_style,
    state,
    theme,
)
from cockpit.ui.words import moment, say

LOOK_S = 30
"""How often an open page asks again: what live feeds bring shows by itself."""
SOON_S = 2
"""The same while a part is still being worked out."""


def show(county: Twin) -> None:
    """Show the page; it looks by itself whether something has changed."""
    head, choice = st.columns([0.62, 0.38], vertical_alignment="bottom")
    with choice:
        period = _period()
    found = overview_cache.current()
    if found is None:
        st.info(say("No county has been loaded yet."))
        return
    with head:
        st.html(_title(found))
    often = SOON_S if found.pending else LOOK_S
    st.fragment(_body, run_every=often)(county, period, waiting=found.pending)


def _period() -> Period:
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        chosen = st.segmented_control(
            say("Compare with"),
            PERIODS,
            format_func=lambda p: say(PERIOD_TITLES[p]),
            label_visibility="collapsed",
            required=True,
            **state.remembered("overview.period", "week", allowed=PERIODS, address="period"),
        )
        briefing.panel()
    return chosen or "week"


def _title(found: Overview) -> str:
    as_of = say("as of {time}", time=moment(found.as_of))
    style = "font-size:1.75rem;padding:0;margin:0;font-weight:650"
    return (
        f'<h1 style="{style}">{escape(say("Overview"))}'
        f'<span class="ct-quiet" style="font-size:max(14px,1rem);font-weight:400;margin-left:16px">'
        f"{escape(as_of)}</span></h1>"
    )


def _body(county: Twin, period: Period, *, waiting: bool) -> None:
    found = overview_cache.current()
    if found is None:
        st.rerun(scope="app")
    if waiting and not found.pending:
        st.rerun(scope="app")  # the page looks less often from now on
    st.html(body(county, found, period))


def body(county: Twin, found: Overview, period: Period) -> str:
    """Return everything below the title as HTML."""
    left = (
        overview_cards.cards(found.headlines, period)
        + overview_lists.gaps(found)
        + overview_lists.places(county, found)
    )
    right = overview_lists.villages(found)
    return (
        f"{overview_style.css(theme.now())}"
        f'<div class="ov">{overview_lists.alerts(county, found)}'
        f'<div class="ov-two"><div>{left}</div><div>{right}</div></div></div>'
    )
