"""A screen and twenty viewers for half an hour: what the server and the browser keep.

Run: python -m tests.benchmarks.bench_soak [--minutes 30] [--viewers 20]

The first third is warm-up: caches fill, threads start. Slopes are least-squares lines through what
is measured after it, so that a collection of garbage here or there does not decide. After the
warm-up and at the end the viewers leave for a minute: what threads and descriptors the screen alone
then needs is compared, so that nobody's script that happens to run is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import signing
from tests.benchmarks.figures import line, note
from tests.benchmarks.viewer import connect, rerun
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.browser.screening import Server, Wall
from tests.servers import make_sample

SCENES = """
[screen]
seconds = 10
order = ["county", "coverage", "risk", "warning", "townships"]
"""
PAGES = (("overview", ("", "lang=en")), ("map", ("level=village", "level=grid&indicator=density")))
THINK_S = 6.0
EVERY_S, ALONE_S = 5.0, 60.0
HOUR_S = 3600.0


@dataclass
class Measured:
    """One quantity over time."""

    times: list[float] = field(default_factory=list)  # seconds
    values: list[float] = field(default_factory=list)

    def add(self, at: float, value: float) -> None:
        self.times.append(at)
        self.values.append(value)

    def slope(self, since: float) -> float:
        """Return the change an hour after ``since``; NaN with fewer than three values."""
        kept = [(t, v) for t, v in zip(self.times, self.values, strict=True) if t >= since]
        if len(kept) < 3:
            return float("nan")
        return statistics.linear_regression(*zip(*kept, strict=True)).slope * HOUR_S


class Crowd(threading.Thread):
    """Viewers of Overview and Map, each with a socket of its own, until told to go."""

    def __init__(self, address: str, viewers: int) -> None:
        super().__init__(daemon=True)
        self.address, self.viewers = address, viewers
        self.gone = threading.Event()
        self.runs = 0
        self.problems: list[str] = []

    def run(self) -> None:
        asyncio.run(self._all())

    async def _all(self) -> None:
        await asyncio.gather(*(self._one(k) for k in range(self.viewers)))

    async def _one(self, number: int) -> None:
        page, queries = PAGES[number % len(PAGES)]
        await asyncio.sleep(random.uniform(0, THINK_S))
        while not self.gone.is_set():
            try:
                async with connect(self.address) as socket:
                    before = await rerun(socket, page, queries[0])
                    while not self.gone.is_set():
                        await asyncio.sleep(random.uniform(0.5, 1.5) * THINK_S)
                        query = queries[self.runs % len(queries)]
                        before = await rerun(socket, page, query, before)
                        self.runs += 1
                        self.problems += before.exceptions
            except OSError as problem:
                self.problems.append(f"{type(problem).__name__}: {problem}"[:200])
                await asyncio.sleep(THINK_S)


def server_now(pid: int) -> dict[str, float]:
    """Return the server's resident memory (MB), threads and descriptors."""
    status = Path(f"/proc/{pid}/status").read_text()
    told = dict(row.split(":", 1) for row in status.splitlines() if ":" in row)
    return {
        "rss": int(told["VmRSS"].split()[0]) / 1024,
        "threads": int(told["Threads"]),
        "descriptors": len(list(Path(f"/proc/{pid}/fd").iterdir())),
    }


@dataclass
class Soak:
    """What was measured over time, what stayed when the viewers had gone, and what they met."""

    found: dict[str, Measured]
    alone: list[dict[str, float]] = field(default_factory=list)  # after the warm-up, at the end
    runs: int = 0
    problems: list[str] = field(default_factory=list)
    turns: int = 0


def soak(data: Path, minutes: float, viewers: int) -> Soak:
    """Let a screen play and viewers look, a third of the time and, after a pause, the rest."""
    met = Soak({k: Measured() for k in ("rss", "heap", "nodes", "listeners")})
    server = Server(data, data / "server.log")
    server.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            wall = Wall(browser).open(f"{server.address}/screen?lang=zh")
            start = time.monotonic()
            for share in (1 / 3, 2 / 3):
                crowd = Crowd(server.address, viewers)
                crowd.start()
                _watch(server, wall, met, start, share * minutes * 60)
                crowd.gone.set()
                crowd.join(60)
                met.runs += crowd.runs
                met.problems += crowd.problems
                wall.page.wait_for_timeout(ALONE_S * 1000)
                met.alone.append(_calm(server, wall))
            met.turns = int(wall.told("turns"))
            browser.close()
    finally:
        server.kill()
    return met


def _watch(server: Server, wall: Wall, met: Soak, start: float, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        at = now - start
        met.found["rss"].add(at, _now(server)["rss"])
        # Of the same scene each time: scenes differ in what they show.
        if wall.told("scene") == "county":
            weight = wall.weight()
            met.found["heap"].add(at, weight["JSHeapUsedSize"] / 2**20)
            met.found["nodes"].add(at, weight["Nodes"])
            met.found["listeners"].add(at, weight["JSEventListeners"])
        wall.page.wait_for_timeout(EVERY_S * 1000)


def _calm(server: Server, wall: Wall) -> dict[str, float]:
    """Return the fewest threads and descriptors of some seconds: pulses come and go."""
    seen = []
    for _ in range(10):
        seen.append(_now(server))
        wall.page.wait_for_timeout(1000)
    return {k: min(one[k] for one in seen) for k in ("threads", "descriptors")}


def _now(server: Server) -> dict[str, float]:
    assert server.process is not None
    return server_now(server.process.pid)


def main() -> None:
    """Print the slopes of memory, and what of threads and descriptors stayed."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--minutes", type=float, default=30)
    asked.add_argument("--viewers", type=int, default=20)
    asked.add_argument("--data", type=Path, help="a loaded data folder of one's own to write to")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = given.data or Path(folder)
        if given.data is None:
            make_sample(data)
        (data / "scenes.toml").write_text(SCENES, encoding="utf-8")
        signing.sign_in(data)
        met = soak(data, given.minutes, given.viewers)
    found, warm = met.found, given.minutes * 60 / 3
    line("server memory, slope after warm-up", found["rss"].slope(warm), "MB/h", 2)
    for name in ("threads", "descriptors"):
        line(f"{name} more than after warm-up", met.alone[1][name] - met.alone[0][name], "", 0)
    line("nodes of the page, slope", found["nodes"].slope(warm), "/h", 0)
    line("listeners of the page, slope", found["listeners"].slope(warm), "/h", 0)
    note("heap of the page, slope", found["heap"].slope(warm), "MB/h")
    note("server memory at the end", found["rss"].values[-1], "MB")
    note("turns of the playlist", met.turns, "")
    note("script runs of the viewers", met.runs, "")
    note("problems of the viewers", len(met.problems), "")
    for problem in sorted(set(met.problems))[:5]:
        print(problem)


if __name__ == "__main__":
    main()
