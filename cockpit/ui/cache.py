"""What all visitors share: the county of a data version, answers by all that changes them."""

from __future__ import annotations

import streamlit as st
from sqlalchemy.orm import Session

from cockpit.answers.current import current_twin
from cockpit.answers.twin import Twin
from cockpit.settings import settings
from cockpit.store import session as store


@st.cache_data(ttl=1, max_entries=1, show_spinner=False)
def data_version() -> str:
    """Return the version of the stored data, asked at most once a second; "" for an empty store."""
    with Session(store.engine()) as db:
        return store.data_version(db)


@st.cache_resource(max_entries=2, show_spinner=False)
def twin_of(version: str) -> Twin | None:  # noqa: ARG001 -- a new version retires the old county
    """Return the county of a data version, the same that the routes serve; None when empty."""
    return current_twin()


def twin() -> Twin | None:
    """Return the county as stored now; None when nothing has been loaded."""
    version = data_version()
    return twin_of(version) if version else None


def visitor_class() -> str:
    """Return the highest data class this visitor may see."""
    return settings().visitor_class
