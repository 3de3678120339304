"""The county in figures: who lives here, where services are, what is new; open to everybody."""

import streamlit as st

from cockpit.ui import open as county
from cockpit.ui import open_cache, open_parts
from cockpit.ui.words import say, say_error
from geodata.errors import CockpitError

places = county.county()
if places is None:
    st.stop()

try:
    releases = open_cache.releases()
    groups = county.headline(places, releases)
    left, right = st.columns(2, gap="medium")
    with left:
        county.people(groups)
    with right:
        county.covered(groups)
        county.news(open_cache.news())
    open_parts.show(f"<h2>{say('On the map')}</h2>")
    county.the_map(places, county.choose_map(places, releases, groups))
    left, middle, right = st.columns(3, gap="medium")
    with left:
        county.services(places)
    with middle:
        county.privacy(open_cache.spent())
    with right:
        county.comment(places)
    county.about(places)
except CockpitError as error:
    st.error(say_error(error))
    st.stop()
