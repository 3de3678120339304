"""Fifty viewers on Map, Overview and Screen, and on a page with the map's shapes inline.

Run: python -m tests.benchmarks.bench_viewers
"""

from __future__ import annotations

import asyncio
import http.client
import random
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from tests.benchmarks.figures import line, note
from tests.benchmarks.viewer import OFFICE, Crowd, Run, crowd
from tests.servers import make_sample, serving

INLINE = Path(__file__).with_name("inline_page.py")
VIEWERS, THINK_S = 50, 1.0
INDICATORS = ("people", "density", "age_60_plus_share", "households", "floating", "age_0_14")
PERIODS = ("day", "week", "year")
SCENES = ("county", "coverage", "risk", "warning")


def _map(viewer: int, run: int) -> str:
    return f"level=grid&indicator={INDICATORS[(viewer + run) % len(INDICATORS)]}"


def _overview(viewer: int, run: int) -> str:
    return f"period={PERIODS[(viewer + run) % len(PERIODS)]}"


def _meet(address: str, page: str, view: Callable[[int, int], str], reruns: int) -> Crowd:
    # One viewer alone first: caches are warm in a running cockpit.
    asyncio.run(crowd(address, page, view, viewers=1, reruns=6, think=0))
    return asyncio.run(crowd(address, page, view, viewers=VIEWERS, reruns=reruns, think=THINK_S))


def _watch(address: str, number: int, turns: int, met: Crowd) -> None:
    """Be a screen: open its page once, then ask for a pulse and a scene, turn by turn."""
    server = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        for path in ("/screen", "/screen/playlist.json"):
            met.first.append(_asked(server, path))
        for turn in range(turns):
            time.sleep(random.uniform(0.5, 1.5) * THINK_S)
            scene = SCENES[(number + turn) % len(SCENES)]
            for path in ("/screen/pulse.json", f"/screen/scene/{scene}.json"):
                met.reruns.append(_asked(server, f"{path}?lang={('zh', 'en')[number % 2]}"))
    except (OSError, http.client.HTTPException) as problem:
        met.problems.append(f"{type(problem).__name__}: {problem}"[:200])
    finally:
        server.close()


def _asked(server: http.client.HTTPConnection, path: str) -> Run:
    start = time.perf_counter()
    server.request("GET", path, headers={"Cookie": OFFICE, "Accept-Encoding": "gzip"})
    reply = server.getresponse()
    run = Run(bytes=len(reply.read()), finished=True)
    run.seconds = time.perf_counter() - start
    if reply.status != 200:
        run.exceptions.append(f"{path}: {reply.status}")
    return run


def _screens(address: str, screens: int, turns: int) -> Crowd:
    met = Crowd()
    walls = [
        threading.Thread(target=_watch, args=(address, number, turns, met))
        for number in range(screens)
    ]
    for wall in walls:
        wall.start()
    for wall in walls:
        wall.join()
    return met


def main() -> None:
    """Print the 95th percentiles, the ratio of the map's and the errors."""
    with tempfile.TemporaryDirectory() as folder:
        data, log = Path(folder), Path(folder) / "server.log"
        make_sample(data)
        with serving(data, log) as address:
            ours = _meet(address, "map", _map, reruns=10)
            overview = _meet(address, "overview", _overview, reruns=10)
            _screens(address, 1, 2 * len(SCENES))
            screens = _screens(address, VIEWERS, turns=10)
        with serving(data, log, script=INLINE) as address:
            inline = _meet(address, "", _map, reruns=2)  # minutes, at 6 MB a rerun
    for name, met, what in (
        ("Map", ours, "a rerun"), ("Overview", overview, "a rerun"),
        ("Screen", screens, "an answer"),
    ):  # fmt: skip
        line(f"{name}: p95 of {what}, {VIEWERS} thinking 1 s", met.seconds(0.95), "s", 1)
        line(f"{name}: errors", met.errors, "", 0)
        note(f"{name}: median of {what}", met.seconds(0.5), "s")
        for problem in sorted({*met.problems, *(e for r in met.reruns for e in r.exceptions)}):
            print(problem)
    note("p95 with the shapes inline", inline.seconds(0.95), "s")
    note("median with the shapes inline", inline.seconds(0.5), "s")
    note("times faster than inline at p95", inline.seconds(0.95) / ours.seconds(0.95), "")


if __name__ == "__main__":
    main()
