"""Closing one road after the other finds what closing each by itself finds."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.errors import InputError
from geodata.network import UNREACHED, Roads, TravelTimes
from geodata.network.closing import closed_one_by_one

SIDE = 7


def net(seed: int) -> TravelTimes:
    """Return a grid of roads with a third of them missing, some one-way, and places on it."""
    rng = np.random.default_rng(seed)
    xy = np.array([(106.8 + 0.01 * (k % SIDE), 27.2 + 0.01 * (k // SIDE)) for k in range(SIDE**2)])
    pairs = [(k, k + 1) for k in range(SIDE**2) if k % SIDE < SIDE - 1]
    pairs += [(k, k + SIDE) for k in range(SIDE**2 - SIDE)]
    kept = np.array(pairs)[rng.random(len(pairs)) > 0.33]
    kept = np.vstack((kept, kept[:3]))  # roads that run beside another
    n = len(kept)
    u, v = kept[:, 0], kept[:, 1]
    text = np.full(n, "", dtype=object)
    roads = Roads(
        xy, rng.uniform(0, 80, len(xy)), u, v, rng.uniform(500, 3000, n),
        rng.choice(np.array(["tertiary", "residential"], dtype=object), n), text, text,
        rng.choice(np.array([0, 0, 0, 1, -1], dtype=np.int8), n), np.full(n, np.nan),
        np.zeros(n, dtype=bool), rng.random(n) < 0.05, text,
        shapely.linestrings(np.stack((xy[u], xy[v]), axis=1)),
    )  # fmt: skip
    places = rng.uniform((106.8, 27.2), (106.86, 27.26), (30, 2))
    return TravelTimes(roads, places, crs="EPSG:4545")


@pytest.mark.parametrize("towards", ["facility", "people"])
@pytest.mark.parametrize("mode", ["car", "walk"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equals_closing_each_by_itself(seed: int, mode: str, towards: str) -> None:
    travel = net(seed)
    cells, targets = np.arange(26), np.arange(26, 30)
    before = travel.nearest(mode, cells, targets, towards=towards)  # type: ignore[arg-type]
    assert travel.roads is not None
    edges = range(travel.roads.n_edges)
    found = list(
        closed_one_by_one(travel, mode, cells, targets, edges, towards=towards)  # type: ignore[arg-type]
    )
    assert [one.edge for one in found] == list(edges)
    n_changed = 0
    for one in found:
        wanted = travel.nearest(
            mode,
            cells,
            targets,
            towards=towards,
            closed=frozenset((one.edge,)),  # type: ignore[arg-type]
        )
        got = before.copy()
        got[one.places] = one.seconds
        np.testing.assert_array_equal(got, wanted)
        assert (one.seconds >= before[one.places]).all()  # closing never helps
        n_changed += len(one.places)
    assert n_changed > 0
    assert UNREACHED in np.concatenate([one.seconds for one in found])


def test_without_targets_nothing_changes() -> None:
    travel = net(1)
    assert list(closed_one_by_one(travel, "car", np.arange(5), np.array([], int), [0])) == []


def test_refuses_a_county_without_roads() -> None:
    travel = TravelTimes(None, np.array([[106.8, 27.2]]), crs="EPSG:4545")
    with pytest.raises(InputError, match="There are no roads"):
        list(closed_one_by_one(travel, "car", np.arange(1), np.arange(1), [0]))
