"""Small random networks with places, for the laws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geodata.network import Roads, TravelTimes
from tests.geodata.network.made import CRS, lonlat, network

MODES = ("walk", "older", "ebike", "car", "ambulance")

LAW = settings(max_examples=60, deadline=None)

spots = st.tuples(st.integers(0, 25), st.integers(0, 25))  # hundreds of metres


@dataclass(frozen=True)
class Case:
    """A network and places in degrees."""

    roads: Roads
    places: NDArray[np.float64]
    mode: str

    def travel(self, backend: str = "auto") -> TravelTimes:
        return TravelTimes(self.roads, self.places, crs=CRS, backend=backend)  # type: ignore[arg-type]

    @property
    def everywhere(self) -> NDArray[np.intp]:
        return np.arange(len(self.places))

    def matrix(self, **options: Any) -> NDArray[np.int64]:
        """Return seconds between all places."""
        return self.travel().matrix(self.mode, self.everywhere, self.everywhere, **options)


@st.composite
def edges_between(draw: st.DrawFn, n_nodes: int) -> list[tuple[int, int, dict[str, Any]]]:
    ends = st.tuples(st.integers(0, n_nodes - 1), st.integers(0, n_nodes - 1))
    pairs = draw(
        st.lists(
            ends.filter(lambda pair: pair[0] != pair[1]),
            min_size=2, max_size=16, unique_by=frozenset,
        )
    )  # fmt: skip
    facts = st.fixed_dictionaries(
        {
            "road_class": st.sampled_from(
                ("motorway", "secondary", "tertiary", "residential", "residential", "path")
            ),
            "oneway": st.sampled_from((0, 0, 0, 1, -1)),
            "surface": st.sampled_from(("", "gravel", "earth")),
            "access": st.sampled_from(("", "", "", "private", "no")),
            "closed": st.sampled_from((False, False, False, False, True)),
            "maxspeed_kmh": st.sampled_from((float("nan"), 15.0, 60.0)),
        }
    )
    return [(u, v, draw(facts)) for u, v in pairs]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a network and two to six places among its roads."""
    where = draw(st.lists(spots, min_size=3, max_size=9, unique=True))
    heights = draw(st.lists(st.integers(0, 200), min_size=len(where), max_size=len(where)))
    nodes = [(100 * x, 100 * y, h) for (x, y), h in zip(where, heights, strict=True)]
    roads = network(nodes, draw(edges_between(len(nodes))))
    around = draw(st.lists(spots, min_size=2, max_size=6))
    # Off the lattice of the crossings by odd metres: ways are rarely equally long.
    places = lonlat([(100 * x + 7 * i, 100 * y + 13) for i, (x, y) in enumerate(around)])
    return Case(roads, places, draw(st.sampled_from(MODES)))
