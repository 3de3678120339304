"""Fifty viewers on the map page, beside fifty on a page with the shapes inline.

Run: python -m tests.benchmarks.bench_viewers
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.benchmarks.figures import line, note
from tests.benchmarks.viewer import Crowd, crowd
from tests.servers import COCKPIT, make_sample, serving

INLINE = Path(__file__).with_name("inline_page.py")
VIEWERS, THINK_S = 50, 1.0
INDICATORS = ("people", "density", "age_60_plus_share", "households", "floating", "age_0_14")


def _view(viewer: int, run: int) -> str:
    return f"level=grid&indicator={INDICATORS[(viewer + run) % len(INDICATORS)]}"


def _meet(data: Path, log: Path, script: Path, page: str, reruns: int) -> Crowd:
    with serving(data, log, script=script) as address:
        # One viewer alone first: caches are warm in a running cockpit.
        asyncio.run(crowd(address, page, _view, viewers=1, reruns=6, think=0))
        return asyncio.run(
            crowd(address, page, _view, viewers=VIEWERS, reruns=reruns, think=THINK_S)
        )


def main() -> None:
    """Print the 95th percentile of both, the ratio and the errors."""
    with tempfile.TemporaryDirectory() as folder:
        data, log = Path(folder), Path(folder) / "server.log"
        make_sample(data)
        ours = _meet(data, log, COCKPIT, "map", reruns=10)
        inline = _meet(data, log, INLINE, "", reruns=2)  # minutes, at 6 MB a rerun
    line("p95 of a rerun, 50 viewers thinking 1 s", ours.seconds(0.95), "s", 1)
    line("errors", ours.errors, "", 0)
    note("median of a rerun", ours.seconds(0.5), "s")
    note("p95 with the shapes inline", inline.seconds(0.95), "s")
    note("median with the shapes inline", inline.seconds(0.5), "s")
    note("times faster than inline at p95", inline.seconds(0.95) / ours.seconds(0.95), "")
    for problem in sorted(set(ours.problems)):
        print(problem)


if __name__ == "__main__":
    main()
