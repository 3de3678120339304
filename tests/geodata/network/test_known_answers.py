"""Travel times worked out by hand, by SciPy, and by two published networks."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geodata.network import UNREACHED, Roads, TravelTimes
from geodata.network.graph import Graph
from geodata.network.solvers import ContractionSolver, DijkstraSolver, Hierarchy, available
from loaders import roads
from tests.geodata.network.known import BRIDGE, NAMES, A, B, C, D, E, G, H, P, seconds, travel

DATA = Path(__file__).parents[4] / "shared" / "data"
EVERYWHERE = np.arange(len(NAMES))
NO = UNREACHED

# From A and from G to A, B, C, D, E, G, H, P, Q.
#
# Walking, 1.1 m/s on the level: 1,000 m are 909.1 s. Tobler: up 10 % the factor is
# exp(-3.5 (0.10 + 0.05 - 0.05)) = 0.7047, so B to C takes 1,290.1 s; down 10 % it is
# exp(-3.5 (0.05 - 0.05)) = 1, so C to B takes 909.1 s. One-way streets do not bind, C-G is
# private, G-H closed. A to E along the path 1,414.2 / 1.1 = 1,285.6 s, less than 1,818.2 by B.
# A to H: by B, C and D 909.1 + 1,290.1 + 909.1 + 909.1 = 4,017.3. P is 110 m off the road: 130 s
# at 1.1 m/s and a detour of 1.3, and 500 / 1.1 = 454.5 s along it.
# G to C: by E and B 909.1 + 909.1 + 1,290.1 = 3,108.2. G to P: by the path, which passes P at
# (500 - 110) / sqrt 2 = 275.8 m, 325.9 s off the road; 909.1 + 893.5 + 325.9 = 2,128.5.
#
# Older walkers: 0.8 m/s, on gravel 0.9 of it: E-G 1,388.9 s; off the road 110 x 1.3 / 0.8 = 178.75.
# G to P: 1,388.9 + 982.9 / 0.8 + 275.8 x 1.3 / 0.8 = 3,065.6.
#
# E-bike, 20 km/h: 180 s; up 10 % 1 - 4 x 0.1 = 0.6 of the speed, 300 s; down no faster; gravel
# 0.75: 240 s; path 8 km/h: 636.4 s, so A to E goes by B. One way: from D only to H.
#
# Car: residential 25 km/h 144 s, tertiary 35 km/h 102.9 s, on gravel 137.1 s, H-D at 20 km/h 180 s.
# No slope, no path, nothing private. Ambulance: residential 30 km/h 120 s, tertiary 42 km/h 85.7 s,
# on gravel 114.3 s; the private C-G is open to it (120 s), the limit on H-D does not bind.
BY_HAND = {
    ("walk", A): [0, 909, 2199, 3108, 1286, 2195, 4017, 585, NO],
    ("walk", G): [2195, 1818, 3108, 4017, 909, 0, 4926, 2129, NO],
    ("older", A): [0, 1250, 3024, 4274, 1768, 3157, 5524, 804, NO],
    ("older", G): [3157, 2639, 4413, 5663, 1389, 0, 6913, 3066, NO],
    ("ebike", A): [0, 180, 480, 660, 360, 600, 840, 220, NO],
    ("ebike", G): [600, 420, 720, 900, 240, 0, 1080, 640, NO],
    ("car", A): [0, 144, 288, 432, 247, 384, 612, 202, NO],
    ("car", G): [384, 240, 384, 528, 137, 0, 708, 442, NO],
    ("ambulance", A): [0, 120, 240, 360, 206, 320, 446, 190, NO],
    ("ambulance", G): [320, 200, 120, 240, 114, 0, 326, 390, NO],
    ("car", D): [NO, NO, NO, 0, NO, NO, 180, NO, NO],
    ("ambulance", D): [NO, NO, NO, 0, NO, NO, 86, NO, NO],
    ("walk", D): [2727, 1818, 909, 0, 2727, 3636, 909, 2403, NO],
}


@pytest.mark.parametrize(("mode", "origin"), BY_HAND, ids=str)
def test_times_are_those_worked_out_by_hand(mode: str, origin: int) -> None:
    found = travel().matrix(mode, np.array([origin]), EVERYWHERE)[0]
    expected = dict(zip(NAMES, BY_HAND[mode, origin], strict=True))
    assert seconds(found) == expected


def test_walking_uphill_takes_longer_than_down_by_toblers_formula() -> None:
    # 1,000 m at 10 %: exp(0.35) = 1.419 times as long up as down.
    both = travel().matrix("walk", np.array([B, C]), np.array([B, C]))
    assert both.tolist() == [[0, 1290], [909, 0]]
    assert both[0, 1] / both[1, 0] == pytest.approx(np.exp(0.35), rel=1e-3)


def test_there_is_not_back_on_a_one_way_street() -> None:
    car = travel().matrix("car", np.array([C, D]), np.array([C, D]))
    assert car.tolist() == [[0, 144], [NO, 0]]
    walk = travel().matrix("walk", np.array([C, D]), np.array([C, D]))
    assert walk.tolist() == [[0, 909], [909, 0]]


def test_help_and_people_travel_in_opposite_directions() -> None:
    times = travel()
    to_c = times.nearest("walk", np.array([B]), np.array([C]), towards="facility")
    from_c = times.nearest("walk", np.array([B]), np.array([C]), towards="people")
    assert (to_c.tolist(), from_c.tolist()) == ([1290], [909])


def test_a_closed_bridge_is_gone_round_or_cuts_off() -> None:
    # On foot by the path from A: 909.1 + 1,285.6 = 2,194.7. By ambulance through the private road:
    # 120 + 120 + 114.3 = 354.3. A car gets no further than A, B, C.
    times = travel()
    closed = frozenset({BRIDGE})
    found = {
        mode: int(times.matrix(mode, np.array([B]), np.array([E]), closed=closed)[0, 0])
        for mode in ("walk", "ambulance", "car")
    }
    assert found == {"walk": 2195, "ambulance": 354, "car": NO}


def test_lengths_are_whole_metres_of_the_shortest_way() -> None:
    # P: 110 m x 1.3 off the road and 500 m along it. Walking A to E: the path.
    times = travel()
    car = times.matrix("car", np.array([A, P]), np.array([G, H]), cost="length")
    assert car.tolist() == [[3000, 4000], [2643, 3643]]
    walk = times.matrix("walk", np.array([A]), np.array([E]), cost="length")
    assert walk.tolist() == [[1414]]


def test_the_way_itself_is_told() -> None:
    # P to G by car: 130 s off the road, 72 s to B, bridge and gravel 102.9 and 137.1 s; 143 m off
    # the road, 500 m to B and two edges more.
    way = travel().way("car", P, G)
    assert way.edges == (0, BRIDGE, 4)
    assert way.seconds == pytest.approx(130 + 72 + 102.857 + 137.143, abs=0.01)
    assert way.metres == pytest.approx(143 + 500 + 2000, abs=0.5)


def test_the_two_nearest_come_with_their_times() -> None:
    index, found = travel().k_nearest("car", np.array([A, D]), np.array([C, E, G]), 2)
    assert index.tolist() == [[1, 0], [-1, -1]]
    assert found.tolist() == [[247, 288], [NO, NO]]


# ---------------------------------------------------------------- Rome

ROME = DATA / "road_rome99" / "rome99.gr.gz"
# Node pairs and metres of the data's SOURCE.md.
PUBLISHED = {(1, 3353): 30_305, (1, 2000): 33_517, (100, 3353): 30_619, (1000, 500): 4_915}


@pytest.fixture(scope="module")
def rome() -> tuple[Graph, np.ndarray]:
    """Arcs and whole metres; coordinates, which the file lacks, are steps from two nodes."""
    if not ROME.is_file():
        pytest.skip("the road network of Rome is not there")
    with gzip.open(ROME, "rt") as lines:
        rows = [line.split()[1:] for line in lines if line.startswith("a ")]
    tail, head, metres = np.array(rows, dtype=np.int64).T
    tail, head, n = tail - 1, head - 1, 3353
    steps = dijkstra(
        csr_array((np.ones(len(tail)), (tail, head)), shape=(n, n)),
        directed=False,
        unweighted=True,
        indices=[0, n - 1],
    )
    nothing = np.zeros(len(tail))
    graph = Graph(n, 0, 0, steps.T / 1000, tail, head, nothing.astype(int),
                  nothing, nothing + 1, nothing)  # fmt: skip
    return graph, metres


def _rome_reference(graph: Graph, metres: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Return SciPy's distances; of repeated pairs the shorter counts."""
    arcs = pd.DataFrame({"tail": graph.tail, "head": graph.head, "metres": metres})
    arcs = arcs.groupby(["tail", "head"], as_index=False)["metres"].min()
    matrix = csr_array(
        (arcs["metres"].to_numpy(float), (arcs["tail"], arcs["head"])), shape=(3353, 3353)
    )
    return dijkstra(matrix, indices=sources)


def test_rome_has_the_shape_its_source_tells(rome: tuple[Graph, np.ndarray]) -> None:
    graph, _ = rome
    pairs = pd.DataFrame({"tail": graph.tail, "head": graph.head})
    assert (len(graph.tail), int(pairs.duplicated().sum())) == (8870, 11)


@pytest.mark.parametrize("solver", ["cch", "scipy"])
def test_rome_agrees_with_scipy_and_with_published_distances(
    rome: tuple[Graph, np.ndarray], solver: str
) -> None:
    graph, metres = rome
    if solver == "cch" and not available():
        pytest.skip("contraction hierarchies are not there")
    ours = (
        ContractionSolver(Hierarchy(graph, None), metres)
        if solver == "cch"
        else DijkstraSolver(graph, metres)
    )
    rng = np.random.default_rng(20240501)
    sample = np.sort(rng.choice(3353, 150, replace=False))
    found = np.array(list(ours.rows(sample, sample)))
    assert np.array_equal(found, _rome_reference(graph, metres, sample)[:, sample])
    for (source, target), expected in PUBLISHED.items():
        row = next(iter(ours.rows(np.array([source - 1]), np.array([target - 1]))))
        assert row.tolist() == [expected]


# ---------------------------------------------------------------- Andorra

ANDORRA = DATA / "region_andorra"


def _andorra() -> Roads:
    """Return the region's roads from its tables; heights are not among them."""
    nodes = pd.read_csv(ANDORRA / "road_nodes.csv.gz")
    edges = pd.read_csv(ANDORRA / "road_edges.csv.gz", low_memory=False)
    edges["road_class"] = edges["highway"].map(roads.CLASSES)
    edges = edges[edges["road_class"].notna()]
    position = pd.Series(np.arange(len(nodes)), index=nodes["node"])
    texts = {
        name: edges[name].astype(object).where(edges[name].notna(), "").to_numpy(object)
        for name in ("surface", "access", "name")
    }
    speeds = {text: roads.speed(str(text)) for text in edges["maxspeed"].dropna().unique()}
    nothing = np.zeros(len(edges), dtype=bool)
    return Roads(
        node_lonlat=nodes[["lon", "lat"]].to_numpy(float),
        node_elevation=np.full(len(nodes), np.nan),
        u=position[edges["u"]].to_numpy(np.intp),
        v=position[edges["v"]].to_numpy(np.intp),
        length_m=edges["length_m"].to_numpy(float),
        road_class=edges["road_class"].to_numpy(object),
        surface=texts["surface"],
        access=texts["access"],
        oneway=edges["oneway"].to_numpy(np.int8),
        maxspeed_kmh=edges["maxspeed"].map(speeds).to_numpy(float),
        bridge=nothing,
        closed=nothing,
        names=texts["name"],
        geometry=roads.shapes_of_polylines(edges["polyline"]),
    )


def test_andorra_takes_the_minutes_its_source_tells() -> None:
    # SOURCE.md: from the capital to Canillo 13 min, to Pas de la Casa 32 min at class speeds.
    if not ANDORRA.is_dir():
        pytest.skip("the roads of Andorra are not there")
    towns = pd.read_csv(ANDORRA / "places.csv").drop_duplicates("name").set_index("name")
    names = ["Andorra la Vella", "Canillo", "Pas de la Casa"]
    places = towns.loc[names, ["lon", "lat"]].to_numpy(float)
    times = TravelTimes(_andorra(), places, crs="EPSG:32631")
    minutes = times.matrix("car", np.array([0]), np.array([1, 2]))[0] / 60
    assert minutes[0] == pytest.approx(13, rel=0.1)
    assert minutes[1] == pytest.approx(32, rel=0.1)
