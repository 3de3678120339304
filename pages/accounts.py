"""Accounts: who may come in, as what; who is in now; and the whole matrix of rights."""

import streamlit as st

from cockpit.ui import accounts
from cockpit.ui.words import say_error
from geodata.errors import CockpitError

try:
    accounts.show()
except CockpitError as error:
    st.error(say_error(error))
