"""Timeline: events, alerts and sensors on one clock, step by step or played."""

import streamlit as st

from cockpit.ui import cache, share, timeline
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

if not timeline.ready(cache.twin()):
    st.stop()

try:
    timeline.show()
except CockpitError as error:
    st.error(say_error(error))
    st.stop()
share.button()
