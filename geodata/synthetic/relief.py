"""Relief of the sample county: a landscape cut by its own rivers, and the rivers themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates, zoom
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import dijkstra

from geodata import crs

CRS = "EPSG:4545"  # CGCS2000, 3-degree Gauss-Krüger zone of 108° E: the county lies at 106.9° E
STEP_M = 180.0
WEST_M, SOUTH_M = 358_000.0, 2_984_000.0
N_X, N_Y = 366, 350
OUTLET_M = 612.0  # metres above sea level where the main river leaves the frame
RIVER_KM2 = 9.0  # a stream with a larger catchment is drawn as a river

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_AROUND = ((0, 1, 1.0), (1, 0, 1.0), (1, 1, 2**0.5), (1, -1, 2**0.5))


@dataclass(frozen=True)
class Relief:
    """Heights and drainage on a raster of ``STEP_M``; row 0 lies in the south."""

    height_m: Floats  # (N_Y, N_X)
    slope: Floats  # (N_Y, N_X) metres of rise for a metre of way
    catchment_km2: Floats  # (N_Y, N_X) area that drains through the cell
    above_river_m: Floats  # (N_Y, N_X) height above the river the cell drains to
    rivers: tuple[Floats, ...]  # lines, each (n, 2) metres in CRS, running downstream
    river_km2: Floats  # (n_rivers,) catchment at the lower end

    def at(self, field: Floats, xy: Floats) -> Floats:
        """Return a raster's values at points (n, 2) in metres, bilinear, edges continued."""
        rows = (xy[:, 1] - SOUTH_M) / STEP_M - 0.5
        cols = (xy[:, 0] - WEST_M) / STEP_M - 0.5
        return np.asarray(map_coordinates(field, [rows, cols], order=1, mode="nearest"))


def centres() -> Floats:
    """Return the centres of all raster cells, (N_Y * N_X, 2) metres, row by row from the south."""
    x = WEST_M + (np.arange(N_X) + 0.5) * STEP_M
    y = SOUTH_M + (np.arange(N_Y) + 0.5) * STEP_M
    grid_x, grid_y = np.meshgrid(x, y)
    return np.column_stack([grid_x.ravel(), grid_y.ravel()])


def degrees(xy: Floats) -> tuple[Floats, Floats]:
    """Return longitude and latitude of points (n, 2) in metres of the county's system."""
    lon, lat = crs.to_lon_lat(xy[:, 0], xy[:, 1], CRS)
    return lon, lat


def metres(lon_lat: Floats) -> Floats:
    """Return points (n, 2) in degrees as metres of the county's system."""
    return np.column_stack(crs.from_lon_lat(lon_lat[:, 0], lon_lat[:, 1], CRS))


def noise(rng: np.random.Generator, shape: tuple[int, int], falloff: float) -> Floats:
    """Return fractal noise of mean 0 and deviation 1; a larger ``falloff`` is smoother."""
    spectrum = np.fft.rfft2(rng.standard_normal(shape))
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :])
    frequency[0, 0] = 1.0
    spectrum *= frequency ** (-falloff)
    spectrum[0, 0] = 0.0
    field = np.fft.irfft2(spectrum, shape)
    return np.asarray(field / field.std())


def neighbour_graph(shape: tuple[int, int], price: Floats, step_m: float) -> csr_matrix:
    """Return the graph of a raster's 8 neighbours; an edge costs length times mean price."""
    index = np.arange(shape[0] * shape[1]).reshape(shape)
    froms, tos, costs = [], [], []
    for down, right, far in _AROUND:
        rows = slice(0, shape[0] - down)
        if right >= 0:
            here, there = slice(0, shape[1] - right), slice(right, None)
        else:
            here, there = slice(-right, None), slice(0, shape[1] + right)
        a = index[rows, here].ravel()
        b = index[down:, there].ravel()
        froms.append(a)
        tos.append(b)
        costs.append(far * step_m * 0.5 * (price.ravel()[a] + price.ravel()[b]))
    froms_, tos_, costs_ = np.concatenate(froms), np.concatenate(tos), np.concatenate(costs)
    size = index.size
    both = (np.concatenate([froms_, tos_]), np.concatenate([tos_, froms_]))
    return coo_matrix((np.concatenate([costs_, costs_]), both), shape=(size, size)).tocsr()


def _gather(order: Ints, receiver: Ints, inflow: Floats) -> Floats:
    """Sum ``inflow`` down the drainage tree; ``order`` runs from the springs to the outlet."""
    total = inflow.tolist()
    down = receiver.tolist()
    for cell in order.tolist():
        below = down[cell]
        if below >= 0:
            total[below] += total[cell]
    return np.array(total)


def _slope_of(area_km2: Floats) -> Floats:
    """Return the slope a stream of that catchment keeps: steep at springs, flat in the valley."""
    return np.minimum(0.34, 0.064 * np.maximum(area_km2, 0.0324) ** -0.47) + 0.0012


def carve(rng: np.random.Generator) -> Relief:
    """
    Let rivers shape the land and return it.

    Heights are the cheapest way up from the outlet where a metre costs what its stream would
    rise; streams follow those ways and so carve the next round. Four rounds are enough for
    valleys that gather into one main river with tributaries.
    """
    shape = (N_Y, N_X)
    rough = np.exp(0.45 * noise(rng, shape, 1.55) + 0.30 * noise(rng, shape, 0.7)).ravel()
    upland = np.exp(0.30 * noise(rng, shape, 2.4)).ravel()
    course = _main_course(rng)
    outlets = np.array([course[-1], int(N_X * 0.30), N_X * N_Y - int(N_X * 0.45)])
    inflow = np.full(N_X * N_Y, (STEP_M / 1000) ** 2)
    inflow[course[0]] += 1400.0  # the main river comes in from the west
    slope = np.full(N_X * N_Y, 0.12)
    slope[course] = _slope_of(np.array([1500.0]))
    catchment = inflow
    heights = slope
    receiver = np.zeros(N_X * N_Y, dtype=np.int64)
    extra = np.array([0.0, 330.0, 390.0])  # the side outlets lie higher: they drain only corners
    for _ in range(4):
        price = (slope * rough * upland).reshape(shape)
        price.ravel()[course] = 0.0015
        heights, receiver = _climb(neighbour_graph(shape, price, STEP_M), outlets, extra)
        order = np.argsort(-heights, kind="stable")
        catchment = _gather(order, receiver, inflow)
        spread = gaussian_filter(np.log(catchment).reshape(shape), 0.6)
        slope = _slope_of(
            np.exp(np.maximum(spread, np.log(catchment).reshape(shape) - 1.0))
        ).ravel()
    return _finish(rng, heights.reshape(shape), receiver, catchment)


def _main_course(rng: np.random.Generator) -> Ints:
    """Return the raster cells of the old valley that the main river follows, west to east."""
    along = np.linspace(0.0, 1.0, N_X * 4)
    bends = sum(
        wide * np.sin(2 * np.pi * (waves * along + rng.random()))
        for wide, waves in ((0.075, 1.1), (0.045, 2.3), (0.02, 5.0), (0.010, 11.0))
    )
    rows = (0.36 + 0.26 * along + bends) * N_Y
    cells = np.rint(rows).astype(np.int64) * N_X + np.minimum((along * N_X).astype(int), N_X - 1)
    return np.asarray(cells[np.concatenate([[True], np.diff(cells) != 0])])


def _climb(graph: csr_matrix, outlets: Ints, extra: Floats) -> tuple[Floats, Ints]:
    """Return heights above the main outlet and the next cell downstream (-1 at an outlet)."""
    size = graph.shape[0]
    source = coo_matrix(
        (extra + 1e-6, (np.full(len(outlets), size), outlets)), (size + 1, size + 1)
    )
    padded = graph.copy()
    padded.resize((size + 1, size + 1))
    heights, before = dijkstra(
        padded + source.tocsr(), indices=size, directed=True, return_predecessors=True
    )
    receiver = before[:size].astype(np.int64)
    receiver[outlets] = -1
    return heights[:size], receiver


def _finish(rng: np.random.Generator, heights: Floats, receiver: Ints, catchment: Floats) -> Relief:
    """Soften the ground, measure it and draw the rivers."""
    lines, river_km2 = _rivers(rng, receiver, catchment)
    wet = catchment > 2.0
    base = _river_height(heights.ravel(), receiver, wet).reshape(heights.shape)
    bumps = 14.0 * noise(rng, heights.shape, 1.3) * np.clip((heights - base) / 120.0, 0.0, 1.0)
    ground = gaussian_filter(heights + bumps, 0.8)
    rise_y, rise_x = np.gradient(gaussian_filter(ground, 0.8), STEP_M)
    return Relief(
        height_m=OUTLET_M + ground,
        slope=np.hypot(rise_x, rise_y),
        catchment_km2=catchment.reshape(heights.shape),
        above_river_m=np.maximum(ground - base, 0.0),
        rivers=lines,
        river_km2=river_km2,
    )


def _river_height(heights: Floats, receiver: Ints, wet: NDArray[np.bool_]) -> Floats:
    """Return the height of the first wet cell downstream of each cell."""
    base = np.where(wet | (receiver < 0), heights, np.nan).tolist()
    down = receiver.tolist()
    for cell in np.argsort(heights, kind="stable").tolist():
        if base[cell] != base[cell]:
            base[cell] = base[down[cell]]
    return np.array(base)


def _rivers(
    rng: np.random.Generator, receiver: Ints, catchment: Floats
) -> tuple[tuple[Floats, ...], Floats]:
    """Trace each river from its spring to the river it joins; longer catchments first."""
    river = catchment > RIVER_KM2
    cells = np.flatnonzero(river)
    best: dict[int, int] = {}
    for cell in cells[np.argsort(catchment[cells], kind="stable")].tolist():
        best[int(receiver[cell])] = cell  # the last one, the largest, carries the name on
    carried = set(best.values())
    mouths = [c for c in cells.tolist() if c not in carried or receiver[c] < 0]
    mouths.sort(key=lambda c: (-catchment[c], c))
    # the raster knows eight directions; a shift that varies along the way lets rivers wind
    shift = [noise(rng, (N_Y, N_X), 0.8).ravel() * 0.55 * STEP_M for _ in range(2)]
    points = centres() + np.clip(np.column_stack(shift), -1.1 * STEP_M, 1.1 * STEP_M)
    lines, sizes = [], []
    for mouth in mouths:
        path = [mouth] if receiver[mouth] < 0 else [int(receiver[mouth]), mouth]
        while path[-1] in best:
            path.append(best[path[-1]])
        if len(path) >= 8:
            lines.append(smooth(points[path[::-1]], rounds=2))
            sizes.append(float(catchment[mouth]))
    return tuple(lines), np.array(sizes)


def smooth(line: Floats, rounds: int) -> Floats:
    """Round the corners of a line (n, 2); its two ends stay where they are."""
    for _ in range(rounds):
        inner = line.copy()
        inner[1:-1] = 0.25 * line[:-2] + 0.5 * line[1:-1] + 0.25 * line[2:]
        line = inner
    return line


def elevation_raster(relief: Relief, rng: np.random.Generator) -> NDArray[np.int16]:
    """Return heights in whole metres at half the step (90 m); row 0 lies in the north."""
    fine = zoom(relief.height_m, 2, order=3, mode="nearest", grid_mode=True)
    steep = zoom(relief.slope, 2, order=1, mode="nearest", grid_mode=True)
    fine = fine + 16.0 * np.clip(steep, 0.0, 0.6) * noise(rng, fine.shape, 1.2)
    return np.asarray(np.rint(fine[::-1]), dtype=np.int16)
