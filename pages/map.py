"""The map page."""

import streamlit as st

from cockpit.ui.words import say

st.header(say("Map"))
