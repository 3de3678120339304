"""Compare: two dates, periods, indicators or plans side by side, and their true difference."""

import streamlit as st

from cockpit.ui import cache, compare
from cockpit.ui.words import say, say_error
from geodata.errors import CockpitError

twin = cache.twin()
if twin is None:
    st.info(say("No county has been loaded yet."))
    st.stop()

try:
    compare.show(twin)
except CockpitError as error:
    st.error(say_error(error))
    st.stop()
