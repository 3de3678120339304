"""Read the OR-Library's capacitated p-median files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.problem import Problem
from geodata.errors import DataFileError


@dataclass(frozen=True, eq=False)
class CapacitatedInstance:
    """One file: every point is a candidate, all sites hold the same."""

    problem: Problem  # one person a point; cost: the distances
    p: int
    load: NDArray[np.float64]  # (n,) demand, which counts against the capacity alone
    best_known: float


def read_capacitated(path: Path) -> CapacitatedInstance:
    """
    Read and check ``pmedcap_XX.txt``.

    First line: number and best known value; second: n, p and capacity; then n lines of number, x, y
    and demand. Distances are Euclidean, rounded down to whole numbers, and are added up without the
    demand, which only counts against the capacities (Osman and Christofides 1994). Pass ``load`` on
    to ``solve_capacitated_p_median``.

    Raises
    ------
    DataFileError
        If the file cannot be read, a line has other than numbers, too many or too few of them, or
        there are other than n points; it names the line.
    """
    lines = _lines(path)
    head = _numbers(path, lines, 0, 2)
    n, p, capacity = _numbers(path, lines, 1, 3)
    if len(lines) != 2 + n:
        raise DataFileError(
            "{file}: {found} points; its second line says {n}.",
            file=path.name,
            found=len(lines) - 2,
            n=int(n),
        )
    points = np.array([_numbers(path, lines, k, 4) for k in range(2, len(lines))])
    apart = points[:, np.newaxis, 1:3] - points[np.newaxis, :, 1:3]
    distance = np.floor(np.sqrt((apart**2).sum(axis=2)))
    problem = Problem.of(distance, capacity=np.full(int(n), capacity))
    return CapacitatedInstance(problem, int(p), points[:, 3], head[1])


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise DataFileError("{file}: not a readable text file.", file=path.name) from error
    return [line for line in text.splitlines() if line.strip()]


def _numbers(path: Path, lines: list[str], k: int, n: int) -> list[float]:
    """Return the n numbers of a line (counted without empty lines)."""
    try:
        found = [float(word) for word in lines[k].split()] if k < len(lines) else []
    except ValueError:
        found = []
    if len(found) != n or not all(0 <= value < np.inf for value in found):
        raise DataFileError(
            "{file}, line {line}: expected {n} numbers, 0 or more.",
            file=path.name,
            line=k + 1,
            n=n,
        )
    return found
