"""A server that can be killed and started again at one address, and what a screen page tells."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tests import servers
from tests.browser.chromium import OFFICE, SHOTS

SIZES = {(1920, 1080): 14, (3840, 2160): 28, (3840, 1080): 14, (1080, 1920): 14, (390, 844): 12}
"""Window to the smallest text on it, in pixels."""

SCENES = """
[screen]
order = ["county", "warning", "own"]
[scenes.county]
scene = "county"
seconds = 5
[scenes.warning]
scene = "warning"
seconds = 5
[scenes.own]
title = { zh = "自定义", en = "Own" }
seconds = 5
[[scenes.own.panels]]
kind = "figures"
indicators = ["no_such_indicator"]
"""

MEASURE = """(smallest) => {
  const found = [];
  const [width, height] = [innerWidth, innerHeight];
  const shown = (one) => one.checkVisibility({visibilityProperty: true});
  const name = (one) => one.id || one.className || one.tagName;
  const within = (a, b) =>
    a.left >= b.left - 1 && a.top >= b.top - 1 && a.right <= b.right + 1
    && a.bottom <= b.bottom + 1;
  const root = document.documentElement;
  if (root.scrollWidth > width || root.scrollHeight > height) found.push('the page scrolls');
  const glass = {left: 0, top: 0, right: width, bottom: height};
  const parts = '.panel, #map, #legend, #compass, #head > *, #foot > *, #alert';
  for (const one of document.querySelectorAll(parts)) {
    if (shown(one) && !within(one.getBoundingClientRect(), glass))
      found.push(`${name(one)} leaves the window`);
  }
  for (const one of document.querySelectorAll('*')) {
    const style = getComputedStyle(one);
    if (/auto|scroll/.test(style.overflowX + style.overflowY)) found.push(`${name(one)} scrolls`);
  }
  for (const panel of document.querySelectorAll('.panel')) {
    const box = panel.getBoundingClientRect();
    for (const row of panel.querySelectorAll(
      'li, .item, .more, svg, h2, .words, .empty, .figure, .number, .unit, .track')) {
      if (shown(row) && !within(row.getBoundingClientRect(), box))
        found.push(`${name(row)} leaves its panel: ${row.textContent.slice(0, 40)}`);
    }
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const one = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !one || !shown(one)) continue;
    const size = parseFloat(getComputedStyle(one).fontSize);
    if (size < smallest - 0.01) found.push(`${size}px: ${texts.currentNode.data.slice(0, 40)}`);
  }
  if (getComputedStyle(document.body).cursor !== 'none') found.push('a cursor');
  if (shown(document.getElementById('bar'))) found.push('a bar of buttons');
  return found;
}"""


class Server:
    """A cockpit on one port: a screen that waits for it asks the same address again."""

    def __init__(self, data: Path, log: Path) -> None:
        self.data, self.log = data, log
        self.port = servers.free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", str(servers.COCKPIT)]
        command += [f"--server.port={self.port}", "--server.address=127.0.0.1"]
        command += ["--server.headless=true"]
        environment = {
            **os.environ, "COCKPIT_DATA": str(self.data), "PYTHONPATH": str(servers.ROOT)
        }  # fmt: skip
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=servers.ROOT, env=environment, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        servers._wait(self.process, f"{self.address}/_stcore/health", self.log, 90)

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


class Wall:
    """One screen of a wall in a window of its own."""

    def __init__(
        self, browser: Browser, *, size: tuple[int, int] = (1920, 1080), signed_in: bool = True,
        still: bool = False,
    ) -> None:  # fmt: skip
        width, height = size
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height},
            storage_state=OFFICE if signed_in else None,
            reduced_motion="reduce" if still else "no-preference",
        )
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def open(self, address: str) -> Wall:
        self.page.goto(address)
        drawn = "Number(document.querySelector('#map').dataset.frames) > 0"
        self.until(f"d.scene && document.querySelector('.panel') && {drawn}", 60)
        return self

    def told(self, name: str) -> str:
        """Return what the page says of itself: scene, turns, state, selected, left."""
        return str(self.page.evaluate("name => document.body.dataset[name] ?? ''", name))

    def until(self, condition: str, seconds: float) -> None:
        """
        Wait until ``document.body.dataset`` (``d``) is so.

        Playwright's own waiting evaluates words in the page, which the content policy forbids.
        """
        asked = f"(() => {{ const d = document.body.dataset; return Boolean({condition}); }})()"
        end = time.monotonic() + seconds
        while not self.page.evaluate(asked):
            assert time.monotonic() < end, f"not within {seconds} s: {condition}"
            self.page.wait_for_timeout(100)

    def weight(self) -> dict[str, float]:
        """Return DOM nodes, listeners and the JavaScript heap after a collection."""
        session = self.context.new_cdp_session(self.page)
        session.send("HeapProfiler.enable")
        session.send("HeapProfiler.collectGarbage")
        session.send("Performance.enable")
        found: Any = session.send("Performance.getMetrics")
        session.detach()
        return {one["name"]: one["value"] for one in found["metrics"]}

    def shot(self, name: str) -> None:
        SHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")

    def close(self) -> None:
        self.context.close()
