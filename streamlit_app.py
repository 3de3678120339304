"""What is served: pages, layers, downloads and health, from one process."""

import streamlit as st

from cockpit.ui import faults, pace
from cockpit.web import errors, lifespan, routes
from cockpit.web.middleware import MIDDLEWARE

pace.collect_seldom()
pace.remember_emojis()
app = st.App(
    "cockpit/shell.py",
    routes=routes.ROUTES,
    middleware=MIDDLEWARE,
    on_script_error=faults.show,
    exception_handlers=errors.HANDLERS,
    lifespan=lifespan.lifespan,
    # With a mapping given, Streamlit does not look for a secrets file at every run.
    secrets={},
)
