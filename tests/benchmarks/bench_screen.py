"""
Time the screen's answers on a loaded county: processor time in this process, medians.

Run: COCKPIT_DATA=folder python -m tests.benchmarks.bench_screen
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from statistics import median

from cockpit.answers import screen, screen_places, screen_pulse
from cockpit.answers.screen_view import View

VIEW = View("备用", "zh")
RUNS = 7


def cpu_ms(work: Callable[[], object]) -> float:
    """Return the median processor time of some runs, milliseconds; one run before warms up."""
    work()
    found = []
    for _ in range(RUNS):
        begun = time.process_time()
        work()
        found.append((time.process_time() - begun) * 1e3)
    return median(found)


def fresh_pulse() -> object:
    """Ask for a pulse of which nothing is kept: at most twice a second a class and language."""
    screen_pulse.forget()
    return screen_pulse.pulse(VIEW, "hall")


def main() -> None:
    """Print what was asked of the screen and what was measured."""
    kept = cpu_ms(lambda: screen_pulse.pulse(VIEW, "hall"))
    print(f"pulse, kept        asked <= 5 ms   {kept:8.2f} ms")
    print(f"pulse, made anew   asked <= 5 ms   {cpu_ms(fresh_pulse):8.2f} ms")
    for one in screen.playlist(VIEW)["scenes"]:
        took = cpu_ms(lambda name=one["id"]: screen.scene(VIEW, name))  # type: ignore[misc]
        print(f"scene {one['id']:<12} made once a minute {took:8.1f} ms")
    frame = screen.frame_of(VIEW)
    if frame is not None:
        told = json.dumps(screen_places.shapes_json(frame, "village", "zh"), ensure_ascii=False)
        size = len(gzip.compress(told.encode())) / 1024
        print(f"villages, gzip     asked <= 250 kB {size:8.1f} kB")


if __name__ == "__main__":
    main()
