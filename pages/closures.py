"""Closures: which roads are out, who is cut off, how many minutes everybody loses, and where."""

import streamlit as st

from cockpit.ui import cache, closures, closures_cache, closures_choices, closures_panels
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

twin = cache.twin()
if twin is None or not closures.ready():
    st.stop()

try:
    choice = closures_choices.choose(twin)
    answer = closures_cache.answer(choice.asked)
except CockpitError as error:
    st.error(say_error(error))
    st.stop()

closures_choices.say_refused()
closures_panels.tiles(answer)
picture, beside = st.columns([0.6, 0.4], gap="medium")
with picture:
    closures.picture(twin, choice, answer, closures_panels.sentence(twin, answer))
with beside:
    closures_panels.beside(twin, answer, choice)
closures_panels.remarks(answer)
