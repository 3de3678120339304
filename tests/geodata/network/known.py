"""
A network whose answers are worked out by hand.

Metres; heights in brackets. Every edge is 1,000 m long, only the path A-E is 1,414.2 m. ::

    E(100) ===4 gravel=== G(100) --7 closed-- H(200)
    | \\                   |                   |
    3  6 path             5 private           8 at most 20 km/h
    |    \\                |                   |
    B(100) ---1 up 10 %-- C(200) --2 one way> D(200)
    |
    0 to A(100), south-west of E along the path

A lies west of B. P stands 110 m north of the middle of A-B, Q far off every road.
"""

from __future__ import annotations

import numpy as np

from geodata.network import TravelTimes
from tests.geodata.network.made import CRS, lonlat, network

A, B, C, D, E, G, H, P, Q = range(9)
NAMES = "ABCDEGHPQ"

NODES = [
    (0, 0, 100),  # A
    (1000, 0, 100),  # B
    (2000, 0, 200),  # C
    (3000, 0, 200),  # D
    (1000, 1000, 100),  # E
    (2000, 1000, 100),  # G
    (3000, 1000, 200),  # H
]
EDGES = [
    (A, B, {"name": "Station Road"}),
    (B, C, {}),  # rises 100 m
    (C, D, {"oneway": 1}),
    (B, E, {"road_class": "tertiary", "bridge": True}),
    (E, G, {"road_class": "tertiary", "surface": "gravel"}),
    (C, G, {"access": "private"}),  # falls 100 m
    (A, E, {"road_class": "path"}),
    (G, H, {"road_class": "tertiary", "closed": True}),
    (H, D, {"road_class": "tertiary", "maxspeed_kmh": 20.0}),
]
BRIDGE = 3

ROADS = network(NODES, EDGES)
PLACES = lonlat([*(node[:2] for node in NODES), (500, 110), (500, -5000)])


def travel(backend: str = "auto") -> TravelTimes:
    """Return travel times between A to H, P and Q."""
    return TravelTimes(ROADS, PLACES, crs=CRS, backend=backend)  # type: ignore[arg-type]


def seconds(found: np.ndarray) -> dict[str, int]:
    """Return a row of a matrix by the names of places."""
    return dict(zip(NAMES, found.tolist(), strict=True))
