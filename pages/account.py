"""My account: who am I here, what may I see, where am I signed in, and what for."""

import streamlit as st

from cockpit.ui import account
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

try:
    account.show()
except CockpitError as error:
    st.error(say_error(error))
