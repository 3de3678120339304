"""What a visitor reads when something unexpected happens: a sentence and a number for the log."""

from __future__ import annotations

import logging
import secrets

import streamlit as st

from cockpit.ui.words import say, say_error
from geodata.errors import CockpitError

LOG = logging.getLogger("cockpit")


def show(error: Exception) -> bool:
    """
    Show an error of a page or of a widget's callback; return True: nothing else need be shown.

    A known error is its own sentence. Of any other the visitor gets a number, the log the rest.
    """
    if isinstance(error, CockpitError):
        st.error(say_error(error))
        return True
    number = secrets.token_hex(4).upper()
    LOG.error("error %s on a page", number, exc_info=error)
    st.error(
        say(
            "This page could not be drawn. Reload it; if it happens again, "
            "tell the data office error number {number}.",
            number=number,
        )
    )
    return True
