"""Who looks at the page: asked of the session's row at every run, never of the browser."""

from __future__ import annotations

import streamlit as st

from cockpit.access.visitor import PUBLIC, Visitor

HEADER = "X-Cockpit-Session"
"""Put in by our middleware, which takes away what the browser itself sends under this name."""

LONGEST_SIGNATURE = 80  # characters, as the tables have room for


def now() -> Visitor:
    """Return the visitor of this run; the public without a valid session."""
    from cockpit.access import audit, sessions

    row = st.context.headers.get(HEADER) or ""
    found = sessions.visitor_by_session(row) if row else PUBLIC
    audit.act_as(found)  # what is done from here on is written down under this name
    return found


def may(act: str) -> bool:
    """Tell whether the visitor's roles allow an act (``access.roles.ACTS``)."""
    return now().may(act)


def require(act: str) -> None:
    """Raise ``NotAllowedError`` unless the visitor's roles allow an act: asked when it is done."""
    now().require(act)


def signature() -> str:
    """Return the name under which what the visitor does is written down."""
    who = now()
    return (who.name or who.account)[:LONGEST_SIGNATURE]
