"""Roads of the sample county: from the national road down to the paths between hamlets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree
from scipy.spatial import cKDTree

from geodata.synthetic.boundaries import Areas
from geodata.synthetic.people import People
from geodata.synthetic.relief import N_X, N_Y, SOUTH_M, STEP_M, WEST_M, Relief
from geodata.synthetic.settlements import RURAL, Sites
from geodata.synthetic.streets import Pattern, Water, lay_streets

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEP = 120.0  # metres between the nodes that roads can choose from
N_NODES = 40_000
N_CUT_OFF = 6  # hamlets without a road to the others
CLASSES = ("trunk", "primary", "secondary", "tertiary", "residential", "track", "path")
TRUNK, PRIMARY, SECONDARY, TERTIARY, RESIDENTIAL, TRACK, PATH = range(7)
_NONE = 99


@dataclass(frozen=True)
class Roads:
    """The road network; every edge is a straight line between two nodes."""

    xy: Floats  # (n, 2) metres
    height_m: Floats  # (n,)
    edges: Ints  # (m, 2)
    kind: Ints  # (m,) position in CLASSES
    bridge: NDArray[np.bool_]  # (m,)
    street: Ints  # (m,) number of a town street, -1 elsewhere
    town: Ints  # (m,) 0 the seat, 1 the zone, 2.. the towns; -1 in the country
    cut_off: Ints  # grids whose hamlet has no road to the others

    @property
    def length_m(self) -> Floats:
        """Return the length of each edge."""
        return np.asarray(np.hypot(*(self.xy[self.edges[:, 0]] - self.xy[self.edges[:, 1]]).T))


class _Ground:
    """All places a road may run through and what it costs to build between them."""

    def __init__(self, relief: Relief, sites: Sites, rng: np.random.Generator) -> None:
        self.water = Water(relief)
        centres = np.concatenate([[sites.seat, sites.zone], sites.towns])
        patterns = [Pattern(centres[0], 2350, 112, 4), Pattern(centres[1], 1350, 165, 5)]
        patterns += [
            Pattern(c, rng.uniform(420, 640), rng.uniform(82, 100), 4) for c in centres[2:]
        ]
        self.streets = [lay_streets(pattern, self.water, rng) for pattern in patterns]
        field = _field(sites, rng)
        lanes = np.concatenate([street.xy for street in self.streets])
        near, _ = cKDTree(lanes).query(field, distance_upper_bound=95.0)
        self.n_lanes = len(lanes)
        kept = np.flatnonzero(~np.isfinite(near))
        self.xy = np.concatenate([lanes, field[kept]])
        self.height = relief.at(relief.height_m, self.xy)
        self.shore = self.water.distance(self.xy)
        self._wire(relief, field, kept)

    def _wire(self, relief: Relief, field: Floats, kept: Ints) -> None:
        """Collect the edges: streets, joints between town and country, the open country."""
        starts = np.cumsum([0, *(len(street.xy) for street in self.streets)])
        lanes = [street.edges + start for street, start in zip(self.streets, starts, strict=False)]
        self.lane_edges = np.concatenate(lanes)
        number = np.full(len(field), -1)
        number[kept] = self.n_lanes + np.arange(len(kept))
        tree = cKDTree(field[kept])
        _, joint = tree.query(self.xy[: self.n_lanes], k=3, distance_upper_bound=175.0)
        at, which = np.nonzero(joint < len(kept))
        joints = np.column_stack([at, self.n_lanes + joint[at, which]])
        open_pairs = tree.query_pairs(STEP * 1.75, output_type="ndarray") + self.n_lanes
        order = np.lexsort((open_pairs[:, 1], open_pairs[:, 0]))
        self.pairs = np.concatenate([self.lane_edges, joints, open_pairs[order]])
        a, b = self.pairs.T
        way = np.maximum(np.hypot(*(self.xy[a] - self.xy[b]).T), 1.0)
        grade = np.abs(self.height[a] - self.height[b]) / way
        side = relief.at(relief.slope, 0.5 * (self.xy[a] + self.xy[b]))
        cost = way * (1 + 2.5 * side + 260 * np.maximum(grade - 0.03, 0.0) ** 2)
        cost *= 1 + 2.5 * (self.shore[a] < 45) + 2.5 * (self.shore[b] < 45)
        crossing = self.water.crossed(self.xy[a], self.xy[b])
        self.cost = np.where(crossing, cost + 850.0, cost)
        wide = np.concatenate([street.main for street in self.streets])
        self.cost[: len(self.lane_edges)] *= np.where(wide, 0.3, 0.9)
        n = len(self.xy)
        self.key = np.minimum(a, b) * n + np.maximum(a, b)
        self.sorted = np.argsort(self.key, kind="stable")
        self.kind = np.full(len(self.pairs), _NONE)

    def graph(self, *, without: NDArray[np.bool_] | None = None) -> csr_matrix:
        """Return the cost graph; nodes of ``without`` are left out."""
        use = (
            np.ones(len(self.pairs), dtype=bool)
            if without is None
            else ~without[self.pairs].any(axis=1)
        )
        a, b = self.pairs[use].T
        cost = self.cost[use] * np.where(self.kind[use] < _NONE, 0.45, 1.0)
        n = len(self.xy)
        ends = (np.concatenate([a, b]), np.concatenate([b, a]))
        return coo_matrix((np.concatenate([cost, cost]), ends), shape=(n, n)).tocsr()

    def nearest(self, xy: Floats) -> Ints:
        """Return the node nearest to each point."""
        return np.asarray(cKDTree(self.xy).query(xy)[1])

    def build(self, a: Ints, b: Ints, kind: int) -> None:
        """Make roads of these edges, unless they are better ones already."""
        key = np.minimum(a, b).astype(np.int64) * len(self.xy) + np.maximum(a, b)
        edge = self.sorted[np.searchsorted(self.key[self.sorted], key)]
        self.kind[edge] = np.minimum(self.kind[edge], kind)

    def on_road(self) -> Ints:
        """Return the nodes that a road passes."""
        return np.unique(self.pairs[self.kind < _NONE])


def _field(sites: Sites, rng: np.random.Generator) -> Floats:
    """Return jittered points of the county, one in each square of ``STEP``."""
    x = np.arange(WEST_M, WEST_M + N_X * STEP_M, STEP)
    y = np.arange(SOUTH_M, SOUTH_M + N_Y * STEP_M, STEP)
    grid_x, grid_y = np.meshgrid(x, y)
    xy = np.column_stack([grid_x.ravel(), grid_y.ravel()])
    xy += rng.uniform(-0.36 * STEP, 0.36 * STEP, xy.shape)
    row = np.clip(((xy[:, 1] - SOUTH_M) / STEP_M).astype(int), 0, N_Y - 1)
    col = np.clip(((xy[:, 0] - WEST_M) / STEP_M).astype(int), 0, N_X - 1)
    return np.asarray(xy[sites.inside[row, col]])


def _trace(ground: _Ground, before: Ints, ends: Ints, kind: int) -> None:
    """Build the ways from ``ends`` back to where the search began."""
    here = ends[before[ends] >= 0]
    seen = np.zeros(len(before), dtype=bool)
    froms, tos = [], []
    while len(here):
        here = np.unique(here[~seen[here]])
        seen[here] = True
        here = here[before[here] >= 0]
        froms.append(here)
        tos.append(before[here])
        here = before[here]
    ground.build(np.concatenate(froms), np.concatenate(tos), kind)


def _search(graph: csr_matrix, sources: Ints) -> tuple[Floats, Ints, Ints]:
    far, before, source = dijkstra(graph, indices=sources, min_only=True, return_predecessors=True)
    return far, before.astype(np.int64), source.astype(np.int64)


def _branch(ground: _Ground, graph: csr_matrix, trunk: Ints, places: Ints, kind: int) -> None:
    """Join places to the trunk, the near ones first: the far ones join the ways to them."""
    for share in (0.3, 0.55, 0.8, 1.0):
        far, before, _ = _search(graph, trunk)
        reach = np.quantile(far[places][np.isfinite(far[places])], share)
        _trace(ground, before, places[far[places] <= reach], kind)
        trunk = np.unique(np.concatenate([trunk, np.unique(ground.pairs[ground.kind <= kind])]))


def _links(ground: _Ground, graph: csr_matrix, places: Ints, kind: int, share: float) -> None:
    """Join neighbouring places by the cheapest way between them; ``share`` of all such ways."""
    far, before, source = _search(graph, np.unique(places))
    a, b = ground.pairs.T
    cost = far[a] + far[b] + ground.cost
    use = np.isfinite(cost) & (source[a] != source[b]) & (source[a] >= 0) & (source[b] >= 0)
    low, high = np.minimum(source[a], source[b])[use], np.maximum(source[a], source[b])[use]
    edge, cost = np.flatnonzero(use), cost[use]
    order = np.lexsort((cost, high, low))
    low, high, edge, cost = low[order], high[order], edge[order], cost[order]
    first = np.concatenate([[True], (np.diff(low) != 0) | (np.diff(high) != 0)])
    edge, cost = edge[first], cost[first]
    # the cheapest links first, so that neighbours in one valley are joined before the ridges
    chosen = edge[np.argsort(cost, kind="stable")[: int(share * len(edge))]]
    ground.build(a[chosen], b[chosen], kind)
    _trace(ground, before, np.concatenate([a[chosen], b[chosen]]), kind)


def build_roads(
    relief: Relief, sites: Sites, areas: Areas, people: People, rng: np.random.Generator
) -> Roads:
    """Build the network, the important roads first; later ones join what is there."""
    ground = _Ground(relief, sites, rng)
    lane = np.arange(len(ground.lane_edges))
    ground.kind[lane] = np.where(
        np.concatenate([s.main for s in ground.streets]), TERTIARY, RESIDENTIAL
    )
    towns = ground.nearest(sites.towns)
    _great_roads(ground, sites, towns)
    heads = np.concatenate([towns, ground.nearest(np.array([sites.seat, sites.zone]))])
    _links(ground, ground.graph(), heads, SECONDARY, 0.45)
    villages = ground.nearest(sites.villages)
    great = np.unique(ground.pairs[ground.kind <= SECONDARY])
    _branch(ground, ground.graph(), great, villages, TERTIARY)
    _links(ground, ground.graph(), villages, RESIDENTIAL, 0.38)
    cut_off, closed = _cut_off(ground, sites, areas, people, rng)
    hamlets = ground.nearest(sites.grids)
    open_hamlets = hamlets[~closed[hamlets]]
    _branch(ground, ground.graph(without=closed), ground.on_road(), open_hamlets, RESIDENTIAL)
    _fill(ground, ground.graph(without=closed), open_hamlets, closed, rng)
    for grid in cut_off:
        _lanes_of_hamlet(ground, sites.grids[grid])
    return _finish(ground, relief, cut_off)


def _great_roads(ground: _Ground, sites: Sites, towns: Ints) -> None:
    """Build the national road west to east, the provincial one north to south, county roads."""
    seat = int(ground.nearest(sites.seat[None])[0])
    far, before = dijkstra(ground.graph(), indices=seat, return_predecessors=True)
    before = before.astype(np.int64)
    x, y = ground.xy.T
    across, up = (x - x.min()) / np.ptp(x), (y - y.min()) / np.ptp(y)
    borders = (across > 0.985, across < 0.015, up > 0.985, up < 0.015)
    gates = [int(np.argmin(np.where(border, far, np.inf))) for border in borders]
    _trace(ground, before, towns, SECONDARY)
    _trace(ground, before, ground.nearest(sites.zone[None]), PRIMARY)
    _trace(ground, before, np.array(gates[2:]), PRIMARY)
    _trace(ground, before, np.array(gates[:2]), TRUNK)


def _cut_off(
    ground: _Ground, sites: Sites, areas: Areas, people: People, rng: np.random.Generator
) -> tuple[Ints, NDArray[np.bool_]]:
    """Choose hamlets that get no road, and close the ground around them."""
    roads = cKDTree(ground.xy[ground.on_road()])
    far, _ = roads.query(sites.grids)
    fit = np.flatnonzero(
        (sites.setting == RURAL) & (far > 620) & (people.remote[areas.grid_village] > 0.2)
    )
    chosen: list[int] = []
    for grid in rng.permutation(fit).tolist():
        if all(np.hypot(*(sites.grids[grid] - sites.grids[c])) > 4000 for c in chosen):
            chosen.append(grid)
        if len(chosen) == N_CUT_OFF:
            break
    closed = np.zeros(len(ground.xy), dtype=bool)
    for near in cKDTree(ground.xy).query_ball_point(sites.grids[chosen], 430.0):
        closed[near] = True
    return np.array(chosen), closed


def _lanes_of_hamlet(ground: _Ground, centre: Floats) -> None:
    """Build a hamlet's own lanes, joined to nothing else."""
    inside = np.hypot(*(ground.xy - centre).T) < 270
    use = np.flatnonzero(inside[ground.pairs].all(axis=1))
    a, b = ground.pairs[use].T
    n = len(ground.xy)
    tree = minimum_spanning_tree(
        coo_matrix((ground.cost[use], (a, b)), shape=(n, n)).tocsr()
    ).tocoo()
    ground.build(tree.row.astype(np.int64), tree.col.astype(np.int64), RESIDENTIAL)


def _fill(
    ground: _Ground,
    graph: csr_matrix,
    hamlets: Ints,
    closed: NDArray[np.bool_],
    rng: np.random.Generator,
) -> None:
    """Add tracks and footpaths between hamlets, and into the fields, up to ``N_NODES``."""
    _links(ground, graph, hamlets, TRACK, 0.34)
    missing = N_NODES - len(ground.on_road()) - 15 * N_CUT_OFF
    far, before, _ = _search(graph, ground.on_road())
    near = np.flatnonzero((far > 250) & (far < 1500) & ~closed & (before >= 0))
    for end in rng.permutation(near)[:6000].reshape(-1, 200):
        if missing <= 0:
            break
        had = len(ground.on_road())
        _trace(ground, before, end, PATH)
        missing -= len(ground.on_road()) - had


def _finish(ground: _Ground, relief: Relief, cut_off: Ints) -> Roads:
    """Keep what was built, round its corners, and find the bridges."""
    built = np.flatnonzero(ground.kind < _NONE)
    used, ends = np.unique(ground.pairs[built], return_inverse=True)
    edges = ends.reshape(-1, 2)
    xy = _rounded(ground.xy[used], edges, (used < ground.n_lanes) | (ground.shore[used] < 150))
    street = np.full(len(ground.pairs), -1)
    town = np.full(len(ground.pairs), -1)
    n_lanes = [len(s.edges) for s in ground.streets]
    street[: sum(n_lanes)] = np.concatenate([s.line for s in ground.streets])
    town[: sum(n_lanes)] = np.repeat(np.arange(len(n_lanes)), n_lanes)
    return Roads(
        xy=xy,
        height_m=relief.at(relief.height_m, xy),
        edges=edges,
        kind=ground.kind[built],
        bridge=ground.water.crossed(xy[edges[:, 0]], xy[edges[:, 1]]),
        street=street[built],
        town=town[built],
        cut_off=cut_off,
    )


def _rounded(xy: Floats, edges: Ints, fixed: NDArray[np.bool_]) -> Floats:
    """Move nodes with two neighbours towards the middle of them, so that roads wind softly."""
    n = len(xy)
    a, b = edges.T
    degree = np.bincount(edges.ravel(), minlength=n)
    move = (degree == 2) & ~fixed
    for _ in range(3):
        total = np.zeros_like(xy)
        np.add.at(total, a, xy[b])
        np.add.at(total, b, xy[a])
        xy = np.where(move[:, None], 0.5 * xy + 0.5 * total / np.maximum(degree, 1)[:, None], xy)
    return xy


def main_part(roads: Roads) -> NDArray[np.bool_]:
    """Return which nodes belong to the largest connected part."""
    n = len(roads.xy)
    links = coo_matrix((np.ones(len(roads.edges)), roads.edges.T), shape=(n, n))
    _, piece = connected_components(links, directed=False)
    return np.asarray(piece == np.argmax(np.bincount(piece)))
