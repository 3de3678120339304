"""A site moved by hand: all figures of 10,000 cells and 200 sites on 33,000 nodes, from the first.

Run: python -m tests.benchmarks.bench_by_hand
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import shapely
from sqlalchemy import insert
from sqlalchemy.orm import Session

from cockpit.answers import siting_figures
from cockpit.answers.coverage_question import question
from cockpit.answers.siting_figures import figures
from cockpit.answers.siting_ground import Ground, ground_of
from cockpit.answers.siting_layout import Layout
from cockpit.placement.board import Board
from cockpit.store.models import Batch, Dataset, Facility, RoadEdge, RoadNode
from cockpit.store.session import open_engine
from tests.benchmarks.counties import DATE, SOUTH, STEP, WEST, make_county
from tests.benchmarks.figures import line, note
from tests.benchmarks.networks import sample_reach

SIDE = 100  # cells: 100 x 100
NODES = 182  # crossings: 182 x 182 = 33,124
SITES = 200
TURNS = 15
MOST_S = 0.1  # asked of a site moved by hand


def main() -> None:
    """Print what each part of a move takes, and all of it beside computing anew."""
    with tempfile.TemporaryDirectory() as folder:
        make_county(Path(folder), SIDE)
        add_roads_and_clinics(Path(folder))
        reach = sample_reach(Path(folder))
    assert reach.roads is not None
    ground = ground_of(reach, question(reach, "clinic"))
    sizes = (len(ground.cells), ground.n_facilities, len(reach.roads.node_lonlat))
    print(f"{sizes[0]:,} cells, {sizes[1]} sites, {sizes[2]:,} nodes")
    note("today's figures, the first of all", timed(lambda: figures(ground, Layout())), "s")
    rng = np.random.default_rng(11)
    moves = [_move(ground, rng) for _ in range(TURNS + 1)]
    figures(ground, moves.pop())  # what is made once: the index of the sites
    parts = np.array([_timed_parts(ground, moved) for moved in moves])
    names = ("travel: the new site's column", "the board: nearest and second", "all figures")
    for name, seconds in zip(names, np.median(parts, axis=0), strict=True):
        note(name, 1000 * seconds, "ms")
    whole = parts.sum(axis=1)
    line("a moved site, all together (median)", 1000 * median(whole), "ms", 1000 * MOST_S)
    note("a moved site, the slowest", 1000 * float(whole.max()), "ms")
    anew = timed(lambda: _anew(ground, moves[0]))
    note("the same from nothing: all columns, all figures", 1000 * anew, "ms")
    note("times faster", anew / median(whole), "x")


def timed(run: Callable[[], object]) -> float:
    """Return the seconds of the processor that something takes."""
    start = time.process_time()
    run()
    return time.process_time() - start


def _move(ground: Ground, rng: np.random.Generator) -> Layout:
    """Move one facility to a cell, both by lot."""
    facility = ground.sites[int(rng.integers(ground.n_facilities))][2:]
    cell = ground.sites[int(rng.integers(ground.n_facilities, len(ground.sites)))][2:]
    return Layout(moved=((facility, cell),))


def _timed_parts(ground: Ground, moved: Layout) -> tuple[float, float, float]:
    sites = ground.open_sites(moved)
    new = max(sites)
    ground._columns.pop(new, None)
    return (
        timed(lambda: ground.column(new)),
        timed(lambda: siting_figures.board_of(ground, sites)),
        timed(lambda: figures(ground, moved)),
    )


def _anew(ground: Ground, moved: Layout) -> None:
    """Compute what a moved site changes without anything kept."""
    ground.reach._matrices.clear()
    ground._columns.clear()
    for kept in (siting_figures._boards, siting_figures._figures, siting_figures._today):
        kept.clear()
    sites = ground.open_sites(moved)
    Board.of(sites, ground.matrix(sites))
    figures(ground, moved)


def add_roads_and_clinics(folder: Path) -> None:
    """Lay a net of residential streets over the county of squares, and put clinics beside it."""
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    rng = np.random.default_rng(3)
    with Session(engine) as db:
        keys = (("f", "facilities"), ("n", "road_nodes"), ("e", "road_edges"))
        for number, (key, kind) in enumerate(keys, start=3):
            db.add(Dataset(id=key, title=key, kind=kind, data_class="公开", as_of=DATE))
            db.flush()
            db.add(
                Batch(
                    id=number, dataset_id=key, version=1, current=True, source=f"{key}.csv",
                    sha256="0" * 64, entry={}, matches={}, rows_read=1, rows_stored=1, rows_bad=0,
                    quality={}, loaded_at=dt.datetime(2026, 1, 1),
                )
            )  # fmt: skip
        db.flush()
        nodes, edges = _streets()
        db.execute(insert(Facility), _clinics(rng))
        db.execute(insert(RoadNode), nodes)
        db.execute(insert(RoadEdge), edges)
        db.commit()
    engine.dispose()


def _streets() -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return crossings and the streets between neighbours, a fifth of them faster roads."""
    at = np.linspace(0.0, SIDE * STEP, NODES)
    lonlat = [(WEST + x, SOUTH + y) for x in at for y in at]
    nodes: list[dict[str, object]] = [
        {"id": f"n{k:05d}", "lon": x, "lat": y, "elevation_m": 0.0, "batch_id": 4, "source_row": k}
        for k, (x, y) in enumerate(lonlat)
    ]
    pairs = [(k, k + 1) for k in range(NODES**2) if (k + 1) % NODES]
    pairs += [(k, k + NODES) for k in range(NODES * (NODES - 1))]
    ends = np.array(lonlat)[np.array(pairs)]
    metres = np.hypot(*((ends[:, 1] - ends[:, 0]) * (99_200.0, 110_800.0)).T)  # at 27 degrees
    shapes = shapely.to_wkb(shapely.linestrings(ends))
    edges: list[dict[str, object]] = [
        {
            "u": f"n{u:05d}", "v": f"n{v:05d}", "name": "", "oneway": 0, "maxspeed_kmh": None,
            "road_class": "residential" if k % 5 else "secondary", "surface": "", "access": "",
            "bridge": False, "closed": False, "length_m": float(metres[k]), "geometry": shapes[k],
            "batch_id": 5, "source_row": k,
        }
        for k, (u, v) in enumerate(pairs)
    ]  # fmt: skip
    return nodes, edges


def _clinics(rng: np.random.Generator) -> list[dict[str, object]]:
    places = rng.uniform(0.0, SIDE * STEP, (SITES, 2)) + np.array((WEST, SOUTH))
    return [
        {
            "id": f"F{k:03d}", "dataset_id": "f", "region_code": None, "name": f"Clinic {k}",
            "kind": "clinic", "capacity": 20.0, "staff": 3.0, "referral_level": "",
            "organisation_code": "", "open_from": None, "open_to": None, "lon": lon, "lat": lat,
            "batch_id": 3, "source_row": k,
        }
        for k, (lon, lat) in enumerate(places.tolist())
    ]  # fmt: skip


if __name__ == "__main__":
    main()
