"""Open data sets: found by words and filters, described, and taken away; open to everybody."""

import streamlit as st

from cockpit.ui import datasets, open_cache
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

try:
    found = open_cache.open_datasets()
    one = datasets.choose(found)
    if one is None:
        datasets.listing(found)
    else:
        datasets.details(one)
except CockpitError as error:
    st.error(say_error(error))
    st.stop()
