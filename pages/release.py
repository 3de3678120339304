"""Release: public figures made once, looked at, published; and the privacy budget they take."""

import streamlit as st

from cockpit.ui import cache, release
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

twin = cache.twin()
if twin is None:
    st.stop()

try:
    release.show(twin)
except CockpitError as error:
    st.error(say_error(error))
    st.stop()
