"""First view of the page Overview in a browser: seconds, and bytes of our own over the wire.

Run: python -m tests.benchmarks.bench_overview
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.figures import line, note
from tests.benchmarks.viewer import open_page
from tests.browser.chromium import CHROMIUM, FLAGS, OFFICE
from tests.servers import make_sample, serving

RUNS = 7
SECONDS, KILOBYTES = 1.5, 300.0
READY = ".ov-no"
"""The villages: what is drawn last, and not before the standards of services are checked."""
_STREAMLIT = ("/static/", "/_stcore/", "/vendor/")


@dataclass
class View:
    """One first view."""

    seconds: float = 0.0
    websocket: int = 0  # bytes received
    routes: int = 0  # bytes received of what is no file of Streamlit's
    streamlit: int = 0
    _own: dict[str, bool] = field(default_factory=dict)

    @property
    def own_kb(self) -> float:
        """Return kilobytes (1,000 bytes) that are ours."""
        return (self.websocket + self.routes) / 1000

    def listen(self, session: Any) -> None:
        """Count what a page receives, as the browser's network log has it."""

        def asked(event: Any) -> None:
            path = urlsplit(event["response"]["url"]).path
            self._own[event["requestId"]] = path != "/" and not path.startswith(_STREAMLIT)

        def ended(event: Any) -> None:
            size = int(event["encodedDataLength"])
            if self._own.get(event["requestId"], False):
                self.routes += size
            else:
                self.streamlit += size

        def frame(event: Any) -> None:
            told = event["response"]
            data = told["payloadData"]
            self.websocket += len(data) * 3 // 4 if told["opcode"] == 2 else len(data)

        session.send("Network.enable")
        session.on("Network.responseReceived", asked)
        session.on("Network.loadingFinished", ended)
        session.on("Network.webSocketFrameReceived", frame)


def first_view(browser: Browser, address: str, *, again: bool) -> View:
    """Open the page as somebody new; ``again``: whose browser has Streamlit's files already."""
    context = browser.new_context(
        storage_state=OFFICE, viewport={"width": 1920, "height": 1080}, locale="zh-CN"
    )
    page = context.new_page()
    if again:
        page.goto(f"{address}/account")
        page.locator("[data-testid=stMainBlockContainer]").wait_for(timeout=60_000)
        page.wait_for_timeout(1500)
    found = View()
    found.listen(context.new_cdp_session(page))
    start = time.perf_counter()
    page.goto(f"{address}/", wait_until="commit")
    page.locator(READY).first.wait_for(timeout=60_000)
    found.seconds = time.perf_counter() - start
    page.wait_for_timeout(500)  # what comes after the view is counted too
    context.close()
    return found


def main() -> None:
    """Print seconds and kilobytes of a first view, and the server's own part of it."""
    with tempfile.TemporaryDirectory() as folder:
        data, log = Path(folder), Path(folder) / "server.log"
        make_sample(data)
        with serving(data, log) as address:
            _script(address)  # the server is warm from here on
            time.sleep(20)  # it still makes layers and compiles
            run_s = [_script(address) for _ in range(RUNS)]
            fresh, known = _views(address)
    line(
        "first view, browser knows Streamlit's files",
        median(v.seconds for v in known),
        "s",
        SECONDS,
    )
    line("first view, browser knows nothing", median(v.seconds for v in fresh), "s", SECONDS)
    line("our own data over the wire", max(v.own_kb for v in (*fresh, *known)), "kB", KILOBYTES)
    note("  of it by the websocket", median(v.websocket for v in fresh) / 1000, "kB")
    note("  of it by our routes", median(v.routes for v in fresh) / 1000, "kB")
    note("Streamlit's own files beside it", median(v.streamlit for v in fresh) / 1000, "kB")
    note("script run on the server", median(run_s) * 1000, "ms")


def _views(address: str) -> tuple[list[View], list[View]]:
    """Return first views of browsers that know nothing, and that have Streamlit's files."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        fresh = [first_view(browser, address, again=False) for _ in range(RUNS)]
        known = [first_view(browser, address, again=True) for _ in range(RUNS)]
        browser.close()
    return fresh, known


def _script(address: str) -> float:
    start = time.perf_counter()
    run = open_page(address, "")
    assert not run.exceptions
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
