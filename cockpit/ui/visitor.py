"""Who looks at the page: asked of the session's row at every run, never of the browser."""

from __future__ import annotations

import streamlit as st

from cockpit.access.visitor import PUBLIC, Visitor

HEADER = "X-Cockpit-Session"
"""Put in by our middleware, which takes away what the browser itself sends under this name."""


def now() -> Visitor:
    """Return the visitor of this run; the public without a valid session."""
    from cockpit.access import sessions

    row = st.context.headers.get(HEADER) or ""
    return sessions.visitor_by_session(row) if row else PUBLIC
