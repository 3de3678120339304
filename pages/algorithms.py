"""The register of algorithms: a card for every model in use; open to everybody."""

import streamlit as st

from cockpit.ui import algorithms, open_cache
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

try:
    algorithms.listing(algorithms.choose(open_cache.cards()))
except CockpitError as error:
    st.error(say_error(error))
    st.stop()
