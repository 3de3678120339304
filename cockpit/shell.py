"""Settings, language, navigation and frame of every page, and the last word on its errors."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

from cockpit.ui import cache, faults, frame, state, theme
from cockpit.ui.words import language_switch, name_of, say, start

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

page = st.navigation(
    [
        st.Page(
            ROOT / "pages" / f"{name}.py",
            title=say(title),
            icon=icon,
            url_path=name,
            default=name == "map",
        )
        for name, title, icon in (
            ("map", "Map", ":material/map:"),
            ("population", "Population", ":material/groups:"),
            ("coverage", "Coverage", ":material/share_location:"),
            ("closures", "Closures", ":material/remove_road:"),
            ("risk", "Risk", ":material/local_fire_department:"),
            ("warning", "Early warning", ":material/notification_important:"),
            ("appeals", "Appeals", ":material/forum:"),
            ("placement", "Placement", ":material/add_location_alt:"),
            ("scenarios", "Scenarios", ":material/compare:"),
            ("data", "Data", ":material/database:"),
        )
        if (ROOT / "pages" / f"{name}.py").exists()
    ],
    position="top",
)
state.begin(page.url_path)
frame.header(twin, language_switch)
if twin is None and page.url_path != "data":
    frame.empty_store()
    st.stop()
body = st.container()
if twin is not None:
    frame.footer(twin)  # first: a page that stops early ends the run
try:
    with body:
        page.run()
except Exception as error:  # noqa: BLE001 -- the one place: the log gets the whole of it
    faults.show(error)
