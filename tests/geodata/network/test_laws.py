"""What must hold on any network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Geod

from geodata.errors import InputError
from geodata.network import MODES, UNREACHED
from geodata.network.attach import Attachments
from geodata.network.graph import build
from geodata.network.solvers import DijkstraSolver
from tests.geodata.network.made import lonlat
from tests.geodata.network.random_roads import LAW, Case, cases, spots


@LAW
@given(cases(), spots, spots, st.sampled_from(("tertiary", "path")), st.sampled_from((0, 1, -1)))
def test_a_new_road_never_makes_anything_slower(
    case: Case, begin: tuple[int, int], end: tuple[int, int], road_class: str, oneway: int
) -> None:
    line = lonlat([(100 * begin[0], 100 * begin[1]), (100 * end[0], 100 * end[1])])
    nodes = [case.roads.nearest_node(point) for point in line]
    assume(nodes[0] != nodes[1])
    before = case.travel()
    after = before.with_road(line, road_class=road_class, oneway=oneway)
    for mode in before.modes:
        old = before.matrix(mode, case.everywhere, case.everywhere)
        new = after.matrix(mode, case.everywhere, case.everywhere)
        assert (new <= old).all(), mode


@LAW
@given(cases(), st.data())
def test_closing_roads_never_makes_anything_faster(case: Case, data: st.DataObject) -> None:
    edges = st.sets(st.integers(0, case.roads.n_edges - 1), min_size=1)
    some = frozenset(data.draw(edges))
    more = some | data.draw(edges)
    times = case.travel()
    matrices = [
        times.matrix(case.mode, case.everywhere, case.everywhere, closed=frozenset(closed))
        for closed in (frozenset(), some, more)
    ]
    assert (matrices[0] <= matrices[1]).all()
    assert (matrices[1] <= matrices[2]).all()


@LAW
@given(cases(), st.data())
def test_closing_a_road_changes_only_whose_way_used_it(case: Case, data: st.DataObject) -> None:
    edge = data.draw(st.integers(0, case.roads.n_edges - 1))
    times = case.travel()
    before = case.matrix()
    after = times.matrix(case.mode, case.everywhere, case.everywhere, closed=frozenset({edge}))
    for origin, destination in np.argwhere(before != after).tolist():
        assert edge in times.way(case.mode, origin, destination).edges


@LAW
@given(cases())
def test_no_detour_over_a_crossing_is_shorter(case: Case) -> None:
    # Between crossings, in whole milliseconds: there the law holds exactly.
    mode = MODES[case.mode]
    nobody = Attachments(np.empty(0, dtype=int), np.empty(0, dtype=int), np.empty(0), np.empty(0))
    graph = build(case.roads, np.empty((0, 2)), case.roads.usable(mode), nobody)
    solver = DijkstraSolver(graph, graph.seconds(case.roads, mode, frozenset()))
    nodes = np.arange(len(case.roads.node_lonlat))
    times = np.nan_to_num(list(solver.rows(nodes, nodes)), nan=np.inf)
    over = times[:, :, None] + times[None, :, :]  # from, over, to
    assert (times[:, None, :] <= over).all()


@LAW
@given(cases(), st.sampled_from(("facility", "people")))
def test_nearest_is_the_least_of_the_matrix(case: Case, towards: str) -> None:
    half = len(case.places) // 2
    places, targets = case.everywhere[:half], case.everywhere[half:]
    times = case.travel()
    found = times.nearest(case.mode, places, targets, towards=towards)
    if towards == "facility":
        every = times.matrix(case.mode, places, targets)
    else:
        every = times.matrix(case.mode, targets, places).T
    assert found.tolist() == every.min(axis=1).tolist()


@LAW
@given(cases(), st.integers(1, 4), st.sampled_from(("facility", "people")))
def test_k_nearest_are_the_first_of_all_in_order(case: Case, k: int, towards: str) -> None:
    half = len(case.places) // 2
    places, targets = case.everywhere[:half], case.everywhere[half:]
    times = case.travel()
    index, seconds = times.k_nearest(case.mode, places, targets, k, towards=towards)
    for row, place in enumerate(places):
        pair = [(place, t) if towards == "facility" else (t, place) for t in targets]
        every = [
            (int(times.matrix(case.mode, np.array([a]), np.array([b]))[0, 0]), at)
            for at, (a, b) in enumerate(pair)
        ]
        best = sorted(one for one in every if one[0] != UNREACHED)[:k]
        short = k - len(best)
        assert index[row].tolist() == [at for _, at in best] + [-1] * short
        assert seconds[row].tolist() == [s for s, _ in best] + [UNREACHED] * short


@LAW
@given(cases())
def test_the_way_is_as_long_as_the_matrix_says_and_joins_its_ends(case: Case) -> None:
    times = case.travel()
    matrix = case.matrix()
    shortest = case.matrix(cost="length")
    for origin, destination in np.argwhere(~np.eye(len(case.places), dtype=bool)).tolist():
        if matrix[origin, destination] == UNREACHED:
            with pytest.raises(InputError, match="No road leads from there to here"):
                times.way(case.mode, origin, destination)
            continue
        way = times.way(case.mode, origin, destination)
        assert round(way.seconds) == matrix[origin, destination]
        assert way.metres >= shortest[origin, destination] - 0.51  # the fastest, not the shortest
        assert np.allclose(way.line[0], case.places[origin], atol=1e-9)
        assert np.allclose(way.line[-1], case.places[destination], atol=1e-9)


@LAW
@given(cases())
def test_the_line_of_a_way_measures_its_metres(case: Case) -> None:
    # The roads are straight and as long as their lines; legs off the road are drawn straight and
    # counted 1.3 times. The system is true to scale here to one in 10^6.
    times = case.travel()
    for origin, destination in np.argwhere(case.matrix() != UNREACHED).tolist():
        if origin != destination:
            way = times.way(case.mode, origin, destination)
            drawn = Geod(ellps="GRS80").line_length(way.line[:, 0], way.line[:, 1])
            assert drawn * (1 - 1e-5) - 2 <= way.metres <= 1.3 * drawn * (1 + 1e-5) + 2


@LAW
@given(cases())
def test_times_at_the_ends_of_roads_agree_with_times_to_places(case: Case) -> None:
    times = case.travel()
    matrix = case.matrix()
    for origin in case.everywhere:
        there = times.reached(case.mode, origin, limit_s=65_000, towards="people")
        back = times.reached(case.mode, origin, limit_s=65_000, towards="facility")
        n = len(there.seconds) - 2 * len(case.places)
        arriving = there.seconds[n + len(case.places) :]
        setting_out = back.seconds[n : n + len(case.places)]
        others = case.everywhere[case.everywhere != origin]
        for found, expected in ((arriving, matrix[origin]), (setting_out, matrix[:, origin])):
            whole = np.where(np.isfinite(found), np.rint(found), UNREACHED)
            assert whole[others].tolist() == expected[others].tolist()
