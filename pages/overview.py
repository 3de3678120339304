"""Overview: what changed, what is open, and the villages that need attention."""

import streamlit as st

from cockpit.ui import cache, overview
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

twin = cache.twin()
if twin is None:
    st.stop()

try:
    overview.show(twin)
except CockpitError as error:
    st.error(say_error(error))
