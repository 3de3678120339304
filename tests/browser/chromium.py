"""The browser of these tests: which one, how it is started, and when they are left out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from tests import signing

Size = tuple[int, int]
SHOTS = Path(__file__).parent / "shots"

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


LOOKS = pytest.mark.parametrize(
    ("language", "theme", "size"), [("zh", "dark", (1920, 1080)), ("en", "light", (390, 844))]
)
"""How pages are looked at in tests; ``make shots`` draws them in every language, theme and size."""


@contextmanager
def looking(browser: Browser, theme: Literal["dark", "light"], size: Size) -> Iterator[Page]:
    """Yield a tab of the office of that theme and size, whose maps paint nothing."""
    width, height = size
    context = browser.new_context(
        storage_state=OFFICE,
        viewport={"width": width, "height": height},
        color_scheme=theme,
        is_mobile=width < 600,
    )
    yield undrawn(context).new_page()
    context.close()


def looked_at(page: Page, name: str, size: Size) -> None:
    """Keep a picture of a page, which may not be wider than its window."""
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}-{size[0]}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0], name
