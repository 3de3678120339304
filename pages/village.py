"""My village: found by name, told in plain words; open to everybody."""

import streamlit as st

from cockpit.ui import open as county
from cockpit.ui import open_cache, village
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

places = county.county()
if places is None:
    st.stop()

try:
    row = village.search(places)
    if row is None:
        county.comment(places)
        st.stop()
    found = open_cache.village(places.version, row)
    village.head(places, row)
    left, right = st.columns([0.55, 0.45], gap="medium")
    with left:
        groups = village.who_lives_here(places, row, open_cache.releases())
    with right:
        village.the_map(places, found)
    village.ways(found)
    left, right = st.columns(2, gap="medium")
    with left:
        village.published(places, row, groups)
    with right:
        county.comment(places)
except CockpitError as error:
    st.error(say_error(error))
    st.stop()
