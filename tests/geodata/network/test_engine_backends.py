"""Contraction hierarchies and SciPy give the same answers, and what is kept is used again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import InputError
from geodata.network import MODES, UNREACHED, TravelTimes, solvers
from tests.geodata.network.known import BRIDGE, NAMES, PLACES, ROADS, travel
from tests.geodata.network.made import CRS
from tests.geodata.network.random_roads import LAW, Case, cases

pytestmark = pytest.mark.skipif(
    not solvers.available(), reason="contraction hierarchies are not there"
)
ALL = np.arange(len(NAMES))
CLOSED = [frozenset[int](), frozenset({BRIDGE}), frozenset({0, 1, 5})]


@pytest.mark.parametrize("closed", CLOSED, ids=str)
@pytest.mark.parametrize("cost", ["time", "length"])
@pytest.mark.parametrize("mode", MODES)
def test_both_agree_on_every_pair(mode: str, cost: str, closed: frozenset[int]) -> None:
    fast, plain = (
        travel(backend).matrix(mode, ALL, ALL, cost=cost, closed=closed)  # type: ignore[arg-type]
        for backend in ("cch", "scipy")
    )
    assert np.array_equal(fast, plain)
    # Q is reached from nowhere, so the comparison has pairs without a way.
    assert (fast == fast.max()).sum() >= 2 * (len(NAMES) - 1)


@LAW
@given(cases(), st.data())
def test_both_agree_on_any_network(case: Case, data: st.DataObject) -> None:
    closed = frozenset(data.draw(st.sets(st.integers(0, case.roads.n_edges - 1))))
    fast, plain = case.travel("cch"), case.travel("scipy")
    everywhere = case.everywhere
    for cost in ("time", "length"):
        pair = [t.matrix(case.mode, everywhere, everywhere, cost=cost, closed=closed)
                for t in (fast, plain)]  # fmt: skip
        assert np.array_equal(*pair)
    for towards in ("facility", "people"):
        pair = [t.nearest(case.mode, everywhere, everywhere[:2], towards=towards, closed=closed)
                for t in (fast, plain)]  # fmt: skip
        assert np.array_equal(*pair)
    for destination in everywhere[1:].tolist():
        seconds = [_way_seconds(t, case.mode, destination, closed) for t in (fast, plain)]
        assert seconds[0] == seconds[1]


def _way_seconds(times: TravelTimes, mode: str, to: int, closed: frozenset[int]) -> float:
    try:
        return times.way(mode, 0, to, closed=closed).seconds
    except InputError:  # no way; its words are tested in test_bad_input.py
        return -1.0


def test_the_first_choice_is_the_fast_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert solvers.solver_names() == ("cch", "scipy")
    monkeypatch.setattr(solvers.importlib.util, "find_spec", lambda _: None)
    assert solvers.solver_names() == ("scipy",)


def test_without_the_fast_one_scipy_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = travel("cch").matrix("car", ALL, ALL)
    monkeypatch.setattr("geodata.network.engine.available", lambda: False)

    def missing(*_: object) -> None:
        raise AssertionError("a hierarchy was made on a machine that has none")

    monkeypatch.setattr("geodata.network.engine.Hierarchy", missing)
    assert np.array_equal(travel("auto").matrix("car", ALL, ALL), expected)


def test_an_order_is_kept_and_used_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = TravelTimes(ROADS, PLACES, crs=CRS, backend="cch", keep=tmp_path)
    expected = first.matrix("car", ALL, ALL)
    assert [p.suffix for p in tmp_path.iterdir()] == [".npy"]

    import routingkit_cch

    def computed(*_: object) -> None:
        raise AssertionError("the order was computed again")

    monkeypatch.setattr(routingkit_cch, "compute_order_inertial", computed)
    again = TravelTimes(ROADS, PLACES, crs=CRS, backend="cch", keep=tmp_path)
    assert np.array_equal(again.matrix("car", ALL, ALL), expected)


@pytest.mark.parametrize("damage", [b"", b"nonsense", None], ids=["empty", "nonsense", "wrong"])
def test_a_damaged_order_is_computed_again(tmp_path: Path, damage: bytes | None) -> None:
    expected = TravelTimes(ROADS, PLACES, crs=CRS, keep=tmp_path).matrix("car", ALL, ALL)
    (file,) = tmp_path.iterdir()
    if damage is None:  # as long as it should be, but a node comes twice
        order = np.load(file)
        order[0] = order[1]
        np.save(file, order)
    else:
        file.write_bytes(damage)
    again = TravelTimes(ROADS, PLACES, crs=CRS, keep=tmp_path)
    assert np.array_equal(again.matrix("car", ALL, ALL), expected)
    assert len(np.unique(np.load(file))) == len(np.load(file))


def test_a_change_of_roads_places_or_speeds_is_another_version() -> None:
    times = travel()
    moved = PLACES.copy()
    moved[0, 0] += 1e-6
    versions = {
        times.version,
        TravelTimes(ROADS, moved, crs=CRS).version,
        times.at_speed(0.8).version,
        times.with_road(PLACES[[0, 5]]).version,
    }
    assert len(versions) == 4
    assert travel().version == times.version


def test_slower_traffic_slows_roads_and_not_the_walk_to_them() -> None:
    # P to B by car: 130 s off the road, 72 s along it; at half the speed 130 + 144.
    times = travel()
    p, b = np.array([7]), np.array([1])
    assert times.matrix("car", p, b).tolist() == [[202]]
    assert times.at_speed(0.5).matrix("car", p, b).tolist() == [[274]]


def test_matrices_take_two_bytes_a_pair() -> None:
    found = travel().matrix("car", ALL, ALL)
    assert (found.dtype, found.nbytes) == (np.uint16, 2 * len(NAMES) ** 2)
    assert found[0, -1] == UNREACHED


def test_without_roads_the_straight_line_counts_1_3_times() -> None:
    # A to B 1,000 m: 1,300 m at the car's 35 km/h on tertiary roads, 133.7 s.
    times = TravelTimes(None, PLACES, crs=CRS)
    assert times.matrix("car", np.array([0]), np.array([0, 1])).tolist() == [[0, 134]]
    metres = times.matrix("car", np.array([0]), np.array([0, 1]), cost="length")
    assert metres.tolist() == [[0, 1300]]
