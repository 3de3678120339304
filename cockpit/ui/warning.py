"""The page Early warning put together: what stands where, what refreshes itself, empty states."""

from __future__ import annotations

import streamlit as st

from cockpit.access.classes import may_see
from cockpit.answers import alerts
from cockpit.answers.twin import Twin
from cockpit.ui import (
    cache,
    state,
    warning_cache,
    warning_card,
    warning_events,
    warning_ledger,
    warning_map,
    warning_parts,
    warning_rules,
    warning_sensors,
    warning_tiles,
)
from cockpit.ui.words import say

EVERY_SECONDS = 5
"""How often what stands open is asked for anew."""

VIEW_TITLES = {
    "now": "Open alerts",
    "sensors": "Sensors",
    "events": "Unusual counts",
    "ledger": "Ledger",
    "rules": "Rules",
}


def ready() -> bool:
    """Tell whether there is anything to warn of that this visitor may see; say so when not."""
    if not may_see(cache.visitor_class(), "备用"):
        visible = warning_cache.rules()
        if not visible:
            st.info(say("Early warning works with internal data, which this page does not show."))
            return False
    if not warning_cache.has_data():
        st.info(
            say(
                "There are no events and no readings yet. Load events, or sensors with readings, "
                "or connect a live feed; the usual rules then start by themselves."
            )
        )
        return False
    return True


def view() -> str:
    """Return what the visitor looks at."""
    chosen = st.segmented_control(
        say("View"),
        list(VIEW_TITLES),
        format_func=lambda v: say(VIEW_TITLES[v]),
        label_visibility="collapsed",
        required=True,
        **state.remembered("warning.view", "now", allowed=VIEW_TITLES, address="view"),
    )
    return str(chosen or "now")


@st.fragment(run_every=EVERY_SECONDS)
def top(twin: Twin) -> None:
    """Show the counts by colour and the sentence; refreshes itself."""
    warning_parts.styles()
    warning_tiles.tiles(twin)


def show(twin: Twin) -> None:
    """Show the chosen view."""
    chosen = view()
    if chosen == "now":
        _now(twin)
    elif chosen == "sensors":
        _sensors(twin)
    elif chosen == "events":
        warning_events.show(twin)
    elif chosen == "ledger":
        warning_ledger.show(twin)
    else:
        warning_rules.show(twin)


def _now(twin: Twin) -> None:
    picture, beside = st.columns([0.58, 0.42], gap="medium")
    with picture:
        _picture(twin)
    with beside:
        warning_card.show(twin)  # what somebody types here is in no part that refreshes itself
        _list(twin)


@st.fragment(run_every=EVERY_SECONDS)
def _picture(twin: Twin) -> None:
    warning_map.show(twin)


@st.fragment(run_every=EVERY_SECONDS)
def _list(twin: Twin) -> None:
    warning_tiles.alerts_list(twin)


@st.fragment(run_every=EVERY_SECONDS)
def _sensors(twin: Twin) -> None:
    warning_sensors.show(twin)


def remarks() -> None:
    """Say when the rules last read anything new."""
    looked = alerts.looked()
    if looked is not None:
        st.caption(
            say(
                "The rules last read new data on {time}. What they found in older data is "
                "marked as found afterwards.",
                time=warning_parts.written_text(looked),
            )
        )
