"""Read the OR-Library's p-median files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.problem import Problem
from geodata.errors import DataFileError


@dataclass(frozen=True, eq=False)
class MedianInstance:
    """One file: every node of a network is a demand point and a candidate."""

    problem: Problem  # one person a node; cost: lengths of the shortest ways
    p: int


def read_p_median(path: Path) -> MedianInstance:
    """
    Read and check ``pmedK.txt``.

    First line: n, number of edges, p; then one undirected edge a line: two nodes from 1 to n and a
    length. Where an edge comes twice the last length counts (Beasley 1985). The cost matrix has the
    shortest ways between all nodes; inf where there is none.

    Raises
    ------
    DataFileError
        If the file cannot be read, a line has other than three whole numbers, an edge ends at no
        node, or there are other than the announced edges; it names the line.
    """
    lines = _lines(path)
    n, n_edges, p = _three(path, lines, 0)
    if len(lines) != 1 + n_edges:
        raise DataFileError(
            "{file}: {found} edges; its first line says {n}.",
            file=path.name,
            found=len(lines) - 1,
            n=n_edges,
        )
    edges = np.array([_three(path, lines, k) for k in range(1, len(lines))]).reshape(-1, 3)
    bad = np.flatnonzero((edges[:, :2] < 1).any(axis=1) | (edges[:, :2] > n).any(axis=1))
    if bad.size or (edges[:, 2] < 0).any():
        row = int(bad[0]) if bad.size else int(np.argmin(edges[:, 2]))
        raise DataFileError(
            "{file}, line {line}: an edge joins two nodes from 1 to {n} and is not negative.",
            file=path.name,
            line=row + 2,
            n=n,
        )
    return MedianInstance(Problem.of(_shortest(n, edges)), p)


def _shortest(n: int, edges: NDArray[np.int64]) -> NDArray[np.float64]:
    from scipy.sparse.csgraph import floyd_warshall

    length = np.full((n, n), np.inf)
    for u, v, metres in edges:  # in order: the last of two counts
        length[u - 1, v - 1] = length[v - 1, u - 1] = metres
    np.fill_diagonal(length, 0.0)
    return np.asarray(floyd_warshall(length, directed=False))


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise DataFileError("{file}: not a readable text file.", file=path.name) from error
    return [line for line in text.splitlines() if line.strip()]


def _three(path: Path, lines: list[str], k: int) -> tuple[int, int, int]:
    parts = lines[k].split() if k < len(lines) else []
    try:
        a, b, c = (int(part) for part in parts)
    except ValueError as error:
        raise DataFileError(
            "{file}, line {line}: expected three whole numbers, found: {text}.",
            file=path.name,
            line=k + 1,
            text=" ".join(parts) or "-",
        ) from error
    return a, b, c
