"""Time from nothing to the first map, and of a later start.

Run: python -m tests.benchmarks.bench_start
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.benchmarks.figures import line
from tests.benchmarks.viewer import open_page
from tests.servers import make_sample, serving


def main() -> None:
    """Print seconds until the first script run of the map page has ended."""
    with tempfile.TemporaryDirectory() as folder:
        data, log = Path(folder), Path(folder) / "server.log"
        start = time.perf_counter()
        make_sample(data)
        _open(data, log)
        line("first start: sample county made, loaded, map page", _since(start), "s", 60)
        start = time.perf_counter()
        make_sample(data)
        _open(data, log)
        line("later start: map page", _since(start), "s", 6)


def _open(data: Path, log: Path) -> None:
    with serving(data, log) as address:
        run = open_page(address, "map")
        decks = [
            m
            for m in run.messages
            if m.WhichOneof("type") == "delta"
            and m.delta.new_element.WhichOneof("type") == "deck_gl_json_chart"
        ]
        assert decks, "the page came without a map"
        assert not run.exceptions


def _since(start: float) -> float:
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
