"""Size and time of the map's layers: the sample county's grids, and tiles of 30,000.

Run: python -m tests.benchmarks.bench_layers
"""

from __future__ import annotations

import math
import os
import tempfile
import time
from pathlib import Path

from tests.benchmarks.counties import make_county
from tests.benchmarks.figures import line, note
from tests.servers import make_sample

SIDE = 174  # 30,276 grids
ZOOM = 11  # a county of 90 km fills a screen


def main() -> None:
    """Print kilobytes and seconds of both."""
    with tempfile.TemporaryDirectory() as folder:
        sample, large = Path(folder) / "sample", Path(folder) / "large"
        make_sample(sample)
        large.mkdir()
        make_county(large, SIDE)
        os.environ["COCKPIT_DATA"] = str(sample)
        _measure(sample, large)


def _measure(sample: Path, large: Path) -> None:
    # Settings are read once a process, so ours are imported after the folder is named.
    from sqlalchemy.orm import Session

    from cockpit.answers.layers import region_layer
    from cockpit.answers.tiles import tile, tile_index
    from cockpit.answers.twin import twin
    from cockpit.store.session import open_engine
    from cockpit.web.kept import packed

    with Session(open_engine(f"sqlite:///{sample / 'county.sqlite'}")) as db:
        county = twin(db)
        assert county is not None
        start = time.perf_counter()
        body = region_layer(db, county, "grid", 0, visitor="备用", small_count=10)
        answer = packed(body, "application/geo+json")
        n = len(county.below(0, "grid"))
        line(f"layer of {n:,} grids, gzip", len(answer.body) / 1e3, "kB", 250)
        note("the same, uncompressed", len(body) / 1e3, "kB")
        note("to make and compress it", time.perf_counter() - start, "s")
    with Session(open_engine(f"sqlite:///{large / 'county.sqlite'}")) as db:
        start = time.perf_counter()
        county = twin(db)
        assert county is not None
        note("to read a county of 30,000 grids", time.perf_counter() - start, "s")
        start = time.perf_counter()
        index = tile_index(db, county, "grid", 0, visitor="备用", small_count=10)
        note("to index its grids for tiles, once", time.perf_counter() - start, "s")
        sizes, seconds = [], []
        for x, y in _tiles(*county.regions.loc[0, ["lon", "lat"]]):
            start = time.perf_counter()
            sizes.append(len(packed(tile(index, ZOOM, x, y), "application/geo+json").body))
            seconds.append(time.perf_counter() - start)
        line(f"largest of {len(sizes)} tiles of the first view, gzip", max(sizes) / 1e3, "kB", 250)
        line("slowest of these tiles, made and compressed", max(seconds), "s", 1)
        note("all tiles of the first view, gzip", sum(sizes) / 1e3, "kB")


def _tiles(lon: float, lat: float) -> list[tuple[int, int]]:
    """Return the tiles of a screen around a place."""
    n = 1 << ZOOM
    x = int((lon + 180) / 360 * n)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
    return [(x + dx, y + dy) for dx in (-2, -1, 0, 1, 2) for dy in (-2, -1, 0, 1, 2)]


if __name__ == "__main__":
    main()
