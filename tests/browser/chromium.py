"""The browser of these tests: which one, how it is started, and when they are left out."""

from __future__ import annotations

import os
import shutil

import pytest
from playwright.sync_api import BrowserContext, StorageState

from tests import signing

FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((path for name in _NAMES if (path := shutil.which(name))), None)

MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    # The browser's pipes end with the process; Python warns of them at the very end.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

OFFICE: StorageState = {
    "cookies": [
        {
            "name": signing.COOKIE,
            "value": signing.VALUE,
            "domain": "127.0.0.1",
            "path": "/",
            "expires": -1,
            "httpOnly": True,
            "secure": False,
            "sameSite": "Lax",
        }
    ],
    "origins": [],
}
"""A browser in which the office has signed in."""

_UNDRAWN = """for (const name of ["drawArrays", "drawElements", "drawArraysInstanced",
  "drawElementsInstanced", "drawRangeElements"]) WebGL2RenderingContext.prototype[name] = () => {};
"""


def undrawn(context: BrowserContext) -> BrowserContext:
    """
    Let maps send nothing to be painted, for tests that neither click on one nor look at one.

    Layers, shaders and data come as ever. Painting without a graphics card takes five seconds of
    the processor a page, more than all the rest; COCKPIT_DRAW=1 has it done for people who look.
    """
    if not os.environ.get("COCKPIT_DRAW"):
        context.add_init_script(_UNDRAWN)
    return context
