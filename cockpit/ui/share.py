"""Share what is on the page: the exact address, and what the other one will see."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import streamlit as st

from cockpit.ui.words import language, say


def button() -> None:
    """
    Show the button that opens the address of this view, ready to be copied.

    To be called after the page's choices: each writes what it holds into the address.
    """
    with st.popover(say("Share view"), icon=":material/share:", width="content"):
        st.write(say("Copy this address and send it:"))
        st.code(address(), language=None, wrap_lines=True)
        st.caption(
            say(
                "It opens the same place, choices and layers. Whoever opens it signs in and sees "
                "only what their own rights allow; figures are those of the day it is opened."
            )
        )


def address() -> str:
    """
    Return the address of what this page shows now, its language included.

    The page's address holds every choice that differs from the page's own; the language too, as the
    other one's browser may prefer another.
    """
    here = urlsplit(str(st.context.url or ""))
    asked = {name: st.query_params.get_all(name) for name in st.query_params}
    asked["lang"] = [language()]
    origin = f"{here.scheme}://{here.netloc}" if here.netloc else ""
    return f"{origin}{here.path or '/'}?{urlencode(asked, doseq=True)}"
