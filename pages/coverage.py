"""Service coverage: who reaches what, how fast, why not, and is it fair."""

import streamlit as st

from cockpit.ui import cache, coverage, coverage_cache, coverage_choices, coverage_tabs, share, way
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

twin = cache.twin()
if twin is None or not coverage.ready(twin):
    st.stop()

way.show()
choice = coverage_choices.choose(twin)
try:
    found = coverage_cache.summary(choice.asked)
except CockpitError as error:
    st.error(say_error(error))
    st.stop()

coverage.missing(choice, found)
sentence = coverage.top(twin, choice, found)
picture, beside = st.columns([0.62, 0.38], gap="medium")
with picture:
    coverage.picture(twin, choice, found, sentence)
with beside:
    coverage.beside(twin, choice, found)
coverage_tabs.show(twin, choice, found)
coverage.remarks(found)
share.button()
