"""Problems of ``solve`` from files: matrices of costs with their tables, and the OR-Library's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.commands.solve_case import Case, named, position
from cockpit.placement.capacitated_files import read_capacitated
from cockpit.placement.files import read_p_median
from cockpit.placement.matrices import (
    Matrix,
    People,
    Sites,
    read_matrix,
    read_people,
    read_sites,
    read_years,
)
from cockpit.placement.problem import Problem, near_pairs
from geodata import crs
from geodata.errors import InputError
from loaders.files import hash_of

ROLES = ("matrix", "weights", "sites", "years")
_NAMED = 5  # sites that a sentence names
_PEEK = 4096  # bytes: the first lines tell what a file is


@dataclass(frozen=True)
class Asked:
    """What the command line asks of files, beside the model; plain values."""

    costs: str | None = None  # minutes, seconds or metres of a wide matrix
    existing: str = "keep"  # "keep" or "free": sites of today that nothing forbids
    must: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    spacing_m: float = 0.0


def require_file(path: Path) -> None:
    """Refuse a folder by the name that it was given."""
    if path.is_dir():
        raise InputError("{file} is a folder; give a file.", file=str(path))


def case_of_files(files: Mapping[str, Path], asked: Asked) -> Case:
    """
    Read a problem; ``files`` has a path for "matrix" and any of "weights", "sites", "years".

    Seconds become minutes, so that reach and results are in minutes; metres stay metres. Sites of
    today must stay open unless ``existing`` is "free".

    Raises
    ------
    DataFileError, InputError
        As the readers; if a table is given that the file knows nothing of; if a site that is named
        is none of the file's.
    """
    path, source = files["matrix"], _source(files, asked)
    kind = kind_of_file(path)
    if kind != "matrix":
        return _library(path, kind, files, asked, source)
    matrix = read_matrix(path)
    people = matrix.people
    if "weights" in files:
        if people.weights is not None:
            raise InputError(
                "{file} has a column of weights already; leave --weights out.", file=matrix.file
            )
        people = _joined(read_people(files["weights"], matrix), people)
    sites = read_sites(files["sites"], matrix) if "sites" in files else Sites(matrix.sites)
    years = read_years(files["years"], matrix) if "years" in files else None
    flags = _flags(sites, asked)
    cost, unit = _in_unit(matrix, asked.costs)
    groups, townships = _townships(people)
    return Case(
        problem=_problem(
            matrix.sites,
            cost,
            people.weights,
            **flags,
            site_cost=sites.cost,
            capacity=sites.capacity,
            groups=groups,
            spacing=_spacing(sites, asked.spacing_m, flags),
        ),
        sites=matrix.sites,
        points=people.ids,
        townships=townships,
        unit=unit,
        source=source,
        lonlat=sites.lonlat,
        load=people.load,
        years=years,
        notes=_notes(matrix, people),
    )


def _joined(people: People, beside: People) -> People:
    """Return people with the townships and loads that only the matrix has."""
    return replace(
        people,
        townships=people.townships or beside.townships,
        load=beside.load if people.load is None else people.load,
    )


def kind_of_file(path: Path) -> str:
    """Return "p-median" or "capacitated" for a file of the OR-Library, else "matrix"."""
    with path.open("rb") as file:
        text = file.read(_PEEK).decode("latin-1")
    lines = [line.split() for line in text.splitlines() if line.strip()][:2]
    words = [word for line in lines for word in line]
    if not words or "\t" in text or "," in text or not all(map(_number, words)):
        return "matrix"
    return {3: "p-median", 2: "capacitated"}.get(len(lines[0]), "matrix")


def _number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _library(
    path: Path, kind: str, files: Mapping[str, Path], asked: Asked, source: Mapping[str, Any]
) -> Case:
    other = [name for name in ROLES[1:] if name in files]
    if other or asked.costs is not None:
        raise InputError(
            "{file} is a file of the OR-Library and has all it needs; leave {option} out.",
            file=path.name, option=f"--{other[0]}" if other else "--costs",
        )  # fmt: skip
    if kind == "p-median":
        median = read_p_median(path)
        problem, p, load = median.problem, median.p, None
    else:
        packed = read_capacitated(path)
        problem, p, load = packed.problem, packed.p, packed.load
    ids = tuple(str(k + 1) for k in range(problem.n_sites))
    flags = _flags(Sites(ids), asked)
    again = _problem(
        ids,
        problem.cost,
        problem.weights,
        **flags,
        capacity=problem.capacity,
        spacing=_spacing(Sites(ids), asked.spacing_m, flags),
    )
    return Case(again, ids, ids, townships=(), unit="", source=source, load=load, p=p)


def _problem(sites: tuple[str, ...], *arrays: Any, **more: Any) -> Problem:
    try:
        return Problem.of(*arrays, **more)
    except InputError as error:
        raise named(error, sites.__getitem__) from error


def _in_unit(matrix: Matrix, costs: str | None) -> tuple[NDArray[np.float64], str]:
    """Return the costs in minutes or metres."""
    if matrix.unit is not None and costs not in (None, matrix.unit):
        raise InputError(
            "{file} is in {unit}; leave --costs out.", file=matrix.file, unit=matrix.unit
        )
    unit = matrix.unit or costs or "minutes"
    return (matrix.cost / 60.0, "minutes") if unit == "seconds" else (matrix.cost, unit)


def _townships(people: People) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    if people.townships is None:
        return None, ()
    names, numbers = np.unique(np.array(people.townships, dtype=object), return_inverse=True)
    return numbers.astype(np.int64).ravel(), tuple(str(name) for name in names)


def _flags(sites: Sites, asked: Asked) -> dict[str, NDArray[np.bool_]]:
    """Return which sites are there today, must be open, and must not."""
    n = len(sites.ids)
    existing, must, forbidden = (
        np.zeros(n, dtype=np.bool_) if flags is None else flags.copy()
        for flags in (sites.existing, sites.must, sites.forbidden)
    )
    must[[position(sites.ids, site) for site in asked.must]] = True
    forbidden[[position(sites.ids, site) for site in asked.forbidden]] = True
    if asked.existing == "keep":
        must |= existing & ~forbidden  # whom a plan forbids it closes
    return {"existing": existing, "must": must, "forbidden": forbidden}


def _spacing(
    sites: Sites, metres: float, flags: Mapping[str, NDArray[np.bool_]]
) -> NDArray[np.int64] | None:
    """Return the pairs too near to each other; two sites of today may stay as near as they are."""
    if metres == 0:
        return None
    if sites.lonlat is None:
        raise InputError(
            "A spacing needs the places of the sites; give --sites with columns lon and lat."
        )
    lost = np.flatnonzero(~np.isfinite(sites.lonlat).all(axis=1) & ~flags["forbidden"])
    if lost.size:
        raise InputError(
            "A spacing needs the places of the sites; {n} have no lon and lat: {sites}. Fill them "
            "in, or forbid these sites.",
            n=int(lost.size), sites=_first([sites.ids[int(k)] for k in lost]),
        )  # fmt: skip
    places = sites.lonlat
    lon, lat = np.nanmean(places, axis=0) if np.isfinite(places).any() else (0.0, 0.0)
    # Centred on the sites, so that a metre is one within some hundreds of kilometres.
    local = f"+proj=tmerc +lat_0={lat} +lon_0={lon} +ellps=GRS80 +units=m"
    east, north = crs.from_lon_lat(places[:, 0], places[:, 1], local)
    pairs = near_pairs(np.column_stack((east, north)), metres)
    return pairs[~flags["existing"][pairs].all(axis=1)]


def _first(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")


def _notes(matrix: Matrix, people: People) -> tuple[tuple[str, dict[str, Any]], ...]:
    notes: list[tuple[str, dict[str, Any]]] = []
    if people.weights is None:
        notes.append(("No weights are given: every demand point counts once.", {}))
    if matrix.left_out:
        notes.append(
            (
                "{file} leaves {n} pairs out; they count as no way.",
                {"file": matrix.file, "n": f"{matrix.left_out:,}"},
            )
        )
    return tuple(notes)


def _source(files: Mapping[str, Path], asked: Asked) -> dict[str, Any]:
    return {
        "kind": "files",
        "files": {
            role: {"name": path.name, "sha256": hash_of(path)} for role, path in files.items()
        },
        "costs": asked.costs,
        "existing": asked.existing,
        "must": list(asked.must),
        "forbidden": list(asked.forbidden),
        "spacing_m": asked.spacing_m,
    }


def asked_of(source: Mapping[str, Any]) -> Asked:
    """Return what a certificate's source asks of its files."""
    return Asked(
        costs=source["costs"],
        existing=str(source["existing"]),
        must=tuple(source["must"]),
        forbidden=tuple(source["forbidden"]),
        spacing_m=float(source["spacing_m"]),
    )
