"""Early warning: what stands open, whom to believe, what was judged, which rule would do better."""

import streamlit as st

from cockpit.ui import cache, warning
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

twin = cache.twin()
if twin is None or not warning.ready():
    st.stop()

try:
    warning.top(twin)
    warning.show(twin)
    warning.remarks()
except CockpitError as error:
    st.error(say_error(error))
