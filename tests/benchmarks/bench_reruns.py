"""Bytes of a rerun that changes the indicator, beside a page with the shapes inline.

Run: python -m tests.benchmarks.bench_reruns
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from statistics import median

from tests.benchmarks.figures import line, note
from tests.benchmarks.viewer import visit
from tests.servers import COCKPIT, make_sample, serving

INLINE = Path(__file__).with_name("inline_page.py")
INDICATORS = ("people", "density", "age_60_plus_share", "households", "floating", "people")


def main() -> None:
    """Print kilobytes and milliseconds of the median rerun of both pages."""
    with tempfile.TemporaryDirectory() as folder:
        data, log = Path(folder), Path(folder) / "server.log"
        make_sample(data)
        size, seconds = {}, {}
        for name, script, page in (("ours", COCKPIT, "map"), ("inline", INLINE, "")):
            queries = [f"level=grid&indicator={i}" for i in INDICATORS]
            with serving(data, log, script=script) as address:
                runs = asyncio.run(visit(address, page, queries))
            assert not any(run.exceptions for run in runs)
            size[name] = median(run.bytes for run in runs[1:]) / 1e3
            seconds[name] = median(run.seconds for run in runs[1:]) * 1e3
    line("rerun of the map page at 3,000 grids", size["ours"], "kB", 20)
    note("the same rerun with the shapes inline", size["inline"], "kB")
    note("rerun of the map page, one viewer", seconds["ours"], "ms")
    note("the same rerun with the shapes inline, one viewer", seconds["inline"], "ms")


if __name__ == "__main__":
    main()
