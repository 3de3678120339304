"""Appeals: what people ask for, where and how often, what rises, what comes again."""

import streamlit as st

from cockpit.ui import appeals, appeals_cache, appeals_choices, appeals_panels, cache, way
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

twin = cache.twin()
try:
    known = appeals_cache.known()
except CockpitError as error:
    st.error(say_error(error))
    st.stop()
if twin is None or known is None or not appeals.ready(known):
    st.stop()

way.show()
choice = appeals_choices.choose(twin, known)
sentence = appeals.top(twin, known, choice)
picture, beside = st.columns([0.62, 0.38], gap="medium")
with picture:
    appeals.picture(twin, known, choice, sentence)
with beside:
    appeals.beside(twin, known, choice)
appeals_panels.show(known, choice)
appeals.files(twin, choice)
appeals.remarks(known)
