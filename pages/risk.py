"""Risk: where trouble builds up, how sure that is, and what comes next."""

import streamlit as st

from cockpit.ui import cache, risk, share, way
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

twin = cache.twin()
if twin is None or not risk.ready(twin):
    st.stop()

way.show()
try:
    choice = risk.choose(twin)
    risk.show(twin, choice)
except CockpitError as error:
    st.error(say_error(error))
    st.stop()
share.button()
