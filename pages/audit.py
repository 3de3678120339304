"""Audit: who did what to which data, whether the trail is whole, and proofs of its entries."""

import streamlit as st

from cockpit.ui import audit
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

try:
    audit.show()
except CockpitError as error:
    st.error(say_error(error))
