"""Scenarios: saved plans side by side, who wins and loses, and the front of cost and coverage."""

import streamlit as st

from cockpit.ui import cache, scenarios
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

twin = cache.twin()
if twin is None:
    st.stop()

try:
    scenarios.show(twin)
except CockpitError as error:
    st.error(say_error(error))
