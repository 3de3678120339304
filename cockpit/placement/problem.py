"""What a placement is about: who lives where, which sites there are, and what holds for them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geodata.errors import InputError

Cost = NDArray[np.float32] | NDArray[np.float64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Array = TypeVar("Array", bound=NDArray[Any])


MOST = 1e15
"""Largest sum of people times costs: beyond, whole persons are lost in the rounding of sums."""


@dataclass(frozen=True, eq=False)
class Problem:
    """
    Demand points, candidate sites and the rules that every model respects.

    Made by ``Problem.of``, which fills in what is not given and refuses what cannot be right. The
    arrays are read-only afterwards.
    """

    cost: Cost  # (n_demand, n_sites) minutes or any unit; inf: cannot be reached
    weights: Floats  # (n_demand,) people, 0 or more
    must: Flags  # (n_sites,) stays or becomes open
    forbidden: Flags  # (n_sites,) is never open
    existing: Flags  # (n_sites,) open today
    site_cost: Floats  # (n_sites,) cost of opening, any unit of money
    capacity: Floats  # (n_sites,) people; inf: unlimited
    groups: Integers  # (n_demand,) township of each demand point, 0 and up
    spacing: Integers  # (m, 2) pairs of sites that must not both be open

    @classmethod
    def of(
        cls,
        cost: ArrayLike,
        weights: ArrayLike | None = None,
        *,
        must: ArrayLike | None = None,
        forbidden: ArrayLike | None = None,
        existing: ArrayLike | None = None,
        site_cost: ArrayLike | None = None,
        capacity: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        spacing: ArrayLike | None = None,
    ) -> Problem:
        """
        Check everything once, at the door, and return the problem.

        Parameters
        ----------
        cost
            Shape ``(n_demand, n_sites)``, 0 or more; inf: cannot be reached. 32-bit floats stay
            32-bit, anything else becomes 64-bit.
        weights
            People of each demand point, shape ``(n_demand,)``, 0 or more and finite; without, one
            each. Points without people count in no sum and need not be reached.
        must, forbidden, existing
            Either flags, shape ``(n_sites,)``, or positions of sites.
        site_cost, capacity
            Shape ``(n_sites,)``; without, 0 and unlimited. NaN in ``capacity`` is unlimited.
        groups
            Township of each demand point, whole numbers from 0; without, all in one.
        spacing
            Pairs of sites, shape ``(m, 2)``, that must not both be open.

        Raises
        ------
        InputError
            On an empty matrix, shapes that disagree, negative or missing numbers, positions that do
            not exist, a site that must be open and must not, two sites that must be open and are
            too near to each other, or people times costs (or costs of sites) that add up to more
            than ``MOST``.
        """
        matrix = _cost(cost)
        n, m = matrix.shape
        people = _amounts("weights", weights, n, 1.0)
        money = _amounts("site_cost", site_cost, m, 0.0)
        _check_sums(matrix, people, money)
        return cls(
            cost=_sealed(matrix),
            weights=_sealed(people),
            must=_sealed(_flags("must", must, m)),
            forbidden=_sealed(_flags("forbidden", forbidden, m)),
            existing=_sealed(_flags("existing", existing, m)),
            site_cost=_sealed(money),
            capacity=_sealed(_amounts("capacity", capacity, m, np.inf, endless=True)),
            groups=_sealed(_groups(groups, n)),
            spacing=_sealed(pairs(spacing, m)),
        )

    def __post_init__(self) -> None:
        check_rules(self.must, self.forbidden, self.spacing)

    @property
    def n_demand(self) -> int:
        """Return how many demand points there are."""
        return int(self.cost.shape[0])

    @property
    def n_sites(self) -> int:
        """Return how many candidate sites there are, forbidden ones too."""
        return int(self.cost.shape[1])

    @property
    def allowed(self) -> Flags:
        """Return the sites that may be open, shape ``(n_sites,)``."""
        return ~self.forbidden

    @cached_property
    def digest(self) -> str:
        """Return the sha256 of all arrays: their names, types, shapes and bytes, little-endian."""
        return digest_of({f.name: getattr(self, f.name) for f in fields(self)})

    def too_near(self, sites: NDArray[np.integer[Any]] | Sequence[int]) -> list[tuple[int, int]]:
        """Return the pairs of spacing that are both among ``sites``."""
        return pairs_within(self.spacing, np.asarray(sites, dtype=np.int64), self.n_sites)


def digest_of(arrays: dict[str, NDArray[Any]]) -> str:
    """Return the sha256 of named arrays in the order of their names (the checker does the same)."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def pairs_within(spacing: Integers, sites: Integers, n_sites: int) -> list[tuple[int, int]]:
    """Return the pairs whose two sites are both among ``sites``."""
    chosen = np.zeros(n_sites, dtype=np.bool_)
    chosen[sites] = True
    both = chosen[spacing[:, 0]] & chosen[spacing[:, 1]]
    return [(int(a), int(b)) for a, b in spacing[both]]


def check_rules(must: Flags, forbidden: Flags, spacing: Integers) -> None:
    """Refuse rules that no plan can follow: must and must not, or two musts too near."""
    if not must.size or forbidden.all():
        raise InputError("There is no candidate site; allow at least one.")
    both = np.flatnonzero(must & forbidden)
    if both.size:
        raise InputError(
            "Site {site} must be open and must not ({n} sites are like this); choose one of both.",
            site=int(both[0]),
            n=int(both.size),
        )
    near = pairs_within(spacing, np.flatnonzero(must), len(must))
    if near:
        raise InputError(
            "Sites {first} and {second} must both be open but are too near to each other; "
            "release one of them or ask for less spacing.",
            first=near[0][0],
            second=near[0][1],
        )


def pairs(spacing: ArrayLike | None, n_sites: int) -> Integers:
    """Return pairs of sites, shape ``(m, 2)``, the smaller first, sorted, each once."""
    if spacing is None:
        return np.empty((0, 2), dtype=np.int64)
    found = np.asarray(spacing, dtype=np.int64).reshape(-1, 2)
    _positions("spacing", found.ravel(), n_sites)
    if (found[:, 0] == found[:, 1]).any():
        raise InputError("{name} pairs a site with itself.", name="spacing")
    return np.unique(np.sort(found, axis=1), axis=0)


def near_pairs(lonlat_m: Floats, metres: float) -> Integers:
    """
    Return the pairs of sites less than ``metres`` apart, shape ``(m, 2)``.

    Parameters
    ----------
    lonlat_m
        Places of the sites in a projected reference system, metres, shape ``(n_sites, 2)``. Sites
        without place (NaN) are near to none.
    metres
        Smallest distance allowed; exactly there is far enough. 0 gives no pair.
    """
    from scipy.spatial import cKDTree

    if not metres >= 0 or metres == np.inf:  # NaN fails too
        raise InputError("The spacing is {metres} m; expected 0 or more.", metres=metres)
    placed = np.flatnonzero(np.isfinite(lonlat_m).all(axis=1))
    tree = cKDTree(lonlat_m[placed])
    found = placed[tree.query_pairs(metres, output_type="ndarray").reshape(-1, 2)]
    apart = np.hypot(*(lonlat_m[found[:, 0]] - lonlat_m[found[:, 1]]).T)
    return pairs(found[apart < metres], len(lonlat_m))


def check_p(p: object, must: Flags, forbidden: Flags) -> int:
    """Return p as a whole number; refuse one that no plan can have, and say which could."""
    if isinstance(p, bool) or not isinstance(p, int | np.integer) or p < 1:
        raise InputError("p is {p}; expected a whole number, 1 or more.", p=p)
    n_open, n_musts = int((~forbidden).sum()), int(must.sum())
    if p > n_open:
        raise InputError(
            "p is {p} but only {n} candidate sites may be open; ask for at most {n}.", p=p, n=n_open
        )
    if p < n_musts:
        raise InputError(
            "p is {p} but {n} sites must be open; ask for at least {n}.", p=p, n=n_musts
        )
    return int(p)


def check_limit(reach: object, *, name: str = "reach") -> float:
    """Return a limit of cost (minutes) as a float; refuse what is no number of 0 or more."""
    number = float(reach) if isinstance(reach, int | float | np.number) else np.nan
    if not 0 <= number < np.inf:
        raise InputError("{name} is {value}; expected a number, 0 or more.", name=name, value=reach)
    return number


def _cost(cost: ArrayLike) -> Cost:
    matrix = np.asarray(cost)
    matrix = np.ascontiguousarray(matrix, np.float32 if matrix.dtype == np.float32 else np.float64)
    if matrix.ndim != 2 or not matrix.size:
        raise InputError(
            "The costs have shape {found}; expected demand points times sites, at least one each.",
            found=matrix.shape,
        )
    if not matrix.min() >= 0:  # the smallest of values with a NaN is NaN
        raise InputError("{name} has negative or missing values.", name="cost")
    return cast("Cost", matrix)


def _amounts(
    name: str, values: ArrayLike | None, n: int, default: float, *, endless: bool = False
) -> Floats:
    if values is None:
        return np.full(n, default)
    found = np.ascontiguousarray(values, dtype=np.float64)
    if endless:
        found = np.where(np.isnan(found), np.inf, found)
    if found.shape != (n,):
        raise InputError(
            "{name} has shape {found}; expected ({n},).", name=name, found=found.shape, n=n
        )
    if not found.min() >= 0:
        raise InputError("{name} has negative or missing values.", name=name)
    if not endless and not found.max() < np.inf:
        raise InputError("{name} has values without end.", name=name)
    return found


def _check_sums(cost: Cost, people: Floats, money: Floats) -> None:
    """Refuse numbers so large that no sum of them can be exact."""
    with np.errstate(over="ignore"):
        farthest = np.max(cost, axis=1, where=np.isfinite(cost), initial=0).astype(np.float64)
        minutes, spent = float((farthest * people).sum()), float(money.sum())
    for total, template in (
        (minutes, "People times costs add up to {total}, more than {most} (beyond, sums are not "
         "exact); give people or costs in a larger unit."),
        (spent, "The costs of the sites add up to {total}, more than {most} (beyond, sums are not "
         "exact); give them in a larger unit."),
    ):  # fmt: skip
        if not total <= MOST:
            raise InputError(template, total=f"{total:.3g}", most=f"{MOST:g}")


def _flags(name: str, values: ArrayLike | None, n: int) -> Flags:
    flags = np.zeros(n, dtype=np.bool_)
    if values is None:
        return flags
    found = np.asarray(values)
    if found.dtype == np.bool_:
        if found.shape != (n,):
            raise InputError(
                "{name} has shape {found}; expected ({n},).", name=name, found=found.shape, n=n
            )
        return found.copy()
    positions = found.astype(np.int64).ravel()
    _positions(name, positions, n)
    flags[positions] = True
    return flags


def _positions(name: str, positions: Integers, n: int) -> None:
    bad = positions[(positions < 0) | (positions >= n)]
    if bad.size:
        raise InputError(
            "{name} names site {site}; the sites are 0 to {last}.",
            name=name,
            site=int(bad[0]),
            last=n - 1,
        )


def _groups(values: ArrayLike | None, n: int) -> Integers:
    found = np.zeros(n, np.int64) if values is None else np.array(values, dtype=np.int64)
    if found.shape != (n,):
        raise InputError(
            "{name} has shape {found}; expected ({n},).", name="groups", found=found.shape, n=n
        )
    if found.min() < 0:
        raise InputError("{name} has negative or missing values.", name="groups")
    return found


def _sealed(array: Array) -> Array:
    sealed = array.view()
    sealed.setflags(write=False)
    return sealed
