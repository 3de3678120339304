"""Placement: where the next site should stand, what it would change, and how good a plan is."""

import streamlit as st

from cockpit.ui import cache, placement, placement_cache, placement_choices, way
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

twin = cache.twin()
if twin is None or not placement.ready():
    st.stop()

way.show()
try:
    choice = placement_choices.choose(twin)
    found = placement_cache.figures(choice.asked, choice.layout)
except CockpitError as error:
    st.error(say_error(error))
    st.stop()

sentence = placement.top(twin, choice, found)
picture, beside = st.columns([0.64, 0.36], gap="medium")
with picture:
    placement.picture(twin, choice, found, sentence)
with beside:
    place = placement.beside(twin, choice, found)
placement.below(twin, choice, found)
placement.remarks(found)
placement.advise(choice, place)
