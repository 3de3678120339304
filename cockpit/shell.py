"""Settings, language, navigation and frame of every page, and the last word on its errors."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

from cockpit.access.rules import home_of
from cockpit.ui import cache, elder, faults, frame, menu, signed_in, state, theme, visitor
from cockpit.ui.words import language_switch, name_of, say, start
from geodata.errors import CockpitError

ROOT = Path(__file__).resolve().parents[1]
# Streamlit puts this folder first on the path; there our subjects would pass for other people's
# packages: Numba asks for ``coverage`` and would get ``cockpit/coverage``.
sys.path[:] = [folder for folder in sys.path if folder != str(ROOT / "cockpit")]

start()
twin = cache.twin()
county = name_of(twin.county) if twin else ""
st.set_page_config(
    page_title=say("{county} digital twin", county=county) if county else say("County twin"),
    page_icon=str(ROOT / "cockpit" / "ui" / "icon.svg"),
    layout="wide",
    initial_sidebar_state="collapsed",
)
st.html(theme.css(theme.now()))

try:
    who = visitor.now()
except CockpitError as error:  # the store is away
    faults.show(error)
    st.stop()
page = st.navigation(menu.pages_of(who), position="top")
name = page.url_path or home_of(who)
state.begin(page.url_path)
large = elder.leads(name)
if not large:
    frame.header(twin, language_switch, who)
signed_in.watermark(who)
if twin is None and name in menu.NEED_A_COUNTY:
    frame.empty_store()
    st.stop()
body = st.container()
if large:  # an old reader's first view is the page, not the frame
    frame.header(twin, language_switch, who)
if twin is not None:
    frame.footer(twin)  # first: a page that stops early ends the run
try:
    with body:
        signed_in.note(who, name)
        page.run()
except Exception as error:  # noqa: BLE001 -- the one place: the log gets the whole of it
    faults.show(error)
