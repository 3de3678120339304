"""What the panels of the page Coverage get: one frozen result for each question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cockpit.answers.reach import Note

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Question:
    """
    What a visitor asks: which service, how people come, how long is too long, and for whom.

    ``unit`` restricts the people, never the facilities: the clinic beyond the border counts.
    Made by ``coverage.question``, which fills what the service says by default and refuses what
    there is not or what is above ``visitor``.
    """

    service: str
    mode: str
    minutes: float
    group: str  # measure id
    unit: int = 0  # row of twin.regions
    visitor: str = "公开"  # highest data class the visitor may see
    small_count: int = 10  # counts of a sensitive group below this are not shown
    sensitive: bool = False  # the group's class
    notes: tuple[Note, ...] = ()  # what was assumed
    decay: str = "exponential"  # of coverage.access.usual_decays: how far supply counts less


@dataclass(frozen=True)
class Summary:
    """The cells of the unit with their minutes to the nearest facility, and what they add up to."""

    cells: NDArray[np.intp]  # (n,) positions among the cells of the county
    minutes: Floats  # (n,) to the nearest facility; inf: none can be reached
    people: Floats  # (n,) of the group
    covered: NDArray[np.bool_]  # (n,) minutes within the limit
    total: float  # people; of a sensitive group NaN where too few to be shown, as those below
    covered_people: float
    share: float  # 0 to 1; NaN when nobody is there
    median: float  # minutes within which half of the people are; inf: half reach none; NaN: nobody
    p90: float
    unreached_people: float  # no way to any facility
    n_facilities: int
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Within:
    """People within some minutes of the nearest facility, by group."""

    limits: tuple[float, ...]  # minutes
    groups: tuple[str, ...]  # measure ids, the question's first
    people: Floats  # (n_groups, n_limits)
    totals: Floats  # (n_groups,)

    @property
    def shares(self) -> Floats:
        """People within over people in all, (n_groups, n_limits); NaN for a group of nobody."""
        with np.errstate(invalid="ignore"):
            return np.where(self.totals[:, None] > 0, self.people / self.totals[:, None], np.nan)


@dataclass(frozen=True)
class Curve:
    """Share of people within 0, 1, ... 60 minutes of the nearest facility."""

    minutes: Floats  # (61,)
    share: Floats  # (61,) of the question's group, 0 to 1; NaN when nobody is there
    shares_by_group: dict[str, Floats]  # measure id -> (61,), the question's group too


@dataclass(frozen=True)
class VillageRow:
    """One village (or other smallest unit above the cells): who there is not covered."""

    row: int  # of twin.regions
    code: str
    name: str
    name_en: str
    people: float
    uncovered: float  # people beyond the limit, the unreached too
    unreached: float  # people who reach no facility at all
    minutes: float  # mean of the people who reach one; inf: nobody does; NaN: nobody lives there
    farthest_minutes: float  # of the cells with people that reach one; inf, NaN as above
    nearest_id: str  # facility that most of its people have nearest; "" when none
    nearest_name: str

    @property
    def share(self) -> float:
        """Covered people over all people of the village, 0 to 1; NaN when nobody lives there."""
        return 1 - self.uncovered / self.people if self.people > 0 else float("nan")


@dataclass(frozen=True)
class FacilityRow:
    """One facility of the service: whom it serves; people are the question's, of the unit."""

    row: int  # of reach.facilities
    id: str
    name: str
    kind: str
    capacity: float  # beds, places or staff, as the service counts; NaN: not known
    people_nearest: float  # whose nearest it is, at whatever distance
    people_within: float  # within the limit of it, whether or not another is nearer
    load: float  # of the whole county: people led to it over its capacity; NaN without capacity
    per_1000: float  # supply for each 1,000 people of the county within its reach; NaN: no supply
    outside: bool  # beyond the county's border


@dataclass(frozen=True)
class TownshipRow:
    """One township in the equity panel."""

    row: int  # of twin.regions
    code: str
    name: str
    name_en: str
    people: float
    share: float  # covered, 0 to 1; NaN when nobody lives there
    minutes: float  # mean of the people who reach a facility; inf: nobody does
    access: float  # mean score of its people


@dataclass(frozen=True)
class Equity:
    """
    How evenly access is spread over the people.

    By score: each person's supply (E2SFCA), more is better. By minutes: less is better.
    ``fgt0`` to ``fgt2`` speak of minutes either way: share of people beyond the limit, how far
    beyond on average (0 to 1), and that squared, which weighs the farthest most.
    """

    method: str  # "enhanced" (the score) or "minutes"
    lorenz_x: Floats  # share of people, smallest figures first
    lorenz_y: Floats  # share of all scores or minutes
    gini: float  # 0: all alike
    theil: float
    theil_between: float  # between townships
    theil_within: float  # within townships
    palma: float  # the largest tenth over the smallest four tenths; 0.25: all alike
    concentration: float  # scores: above 0, dense places have more; NaN: no area is known
    fgt0: float
    fgt1: float
    fgt2: float
    left_out_people: float  # who reach no facility and so have no minutes
    by_township: list[TownshipRow]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Scores:
    """One way to score access, for each cell of the unit."""

    method: str  # id
    title: str  # English msgid
    unit: str  # English msgid
    values: Floats  # (n,) in the order of Summary.cells
    mean: float  # of the people; NaN when nobody is there
    note: str  # English msgid: what it overstates


@dataclass(frozen=True)
class Causes:
    """Why each cell is covered or not."""

    codes: NDArray[np.int8]  # (n,) in the order of Summary.cells; see cockpit.coverage.causes
    people: dict[int, float]  # code -> people, every code; NaN: too few to be shown
    titles: dict[int, str]  # code -> English msgid
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class LoadRow:
    """One facility in the best possible distribution of the people: an upper bound."""

    row: int  # of reach.facilities
    id: str
    name: str
    capacity: float  # inf: not known and taken as unlimited
    load: float  # people of the whole county who find room there
    from_unit: float  # of them from the unit
    unused: float  # capacity left; inf when unlimited


@dataclass(frozen=True)
class CapacityAnswer:
    """Who finds room within the limit, who is left over, and what stays unused."""

    served: Floats  # (n,) people of each cell, in the order of Summary.cells
    left_over: Floats  # (n,)
    served_people: float
    left_over_people: float
    unused: float  # over facilities with a known capacity
    rows: list[LoadRow]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class WeakRow:
    """A village whose people get less than the county's mean."""

    row: int  # of twin.regions
    code: str
    name: str
    name_en: str
    people: float
    minutes: float  # mean of the people who reach a facility; inf: nobody does
    without_nearest: float  # the same when each cell's nearest place closes
    score: float  # supply that each 1,000 of its people get (E2SFCA)
    short: float  # units of supply that it lacks against the county's mean


@dataclass(frozen=True)
class RedundantRow:
    """A facility whose closing leaves nobody beyond the limit."""

    row: int  # of reach.facilities
    id: str
    name: str
    people_nearest: float  # who would go elsewhere
    extra_minutes: float  # that they would need more, on average
    supply: float  # units that would be free


@dataclass(frozen=True)
class SupplyAnswer:
    """Where supply is weak, where it is double, and what hangs on one place."""

    weak: list[WeakRow]
    redundant: list[RedundantRow]
    wanted: int  # places of ``dual_minutes``
    dual_minutes: Floats  # (n,) until ``wanted`` places are reached; inf: never
    loss: Floats  # (n,) minutes more when the nearest place closes; inf: no second
    only_one_people: float  # people with exactly one place within the limit
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Leg:
    """One step of the referral chain, over the people of the unit."""

    level: str  # service id
    title: str  # English msgid
    mode: str
    n_facilities: int
    minutes: float  # mean of the people who come so far; NaN: the level is missing
    legs: Floats  # (n,) minutes of this step, in the order of Summary.cells; inf: none


@dataclass(frozen=True)
class Referral:
    """From the cell to the village clinic, on to the health centre, on to the hospital."""

    cells: NDArray[np.intp]
    people: Floats
    legs: list[Leg]
    total: Floats  # (n,) minutes of all steps; inf when the chain ends on the way
    direct: Floats  # (n,) minutes straight to the last level
    mean: float  # of the people who reach the end
    median: float
    detour: float  # mean minutes that the chain takes longer than the direct way
    missing: tuple[str, ...]  # services that the county has none of
    broken_people: float  # people whose chain ends on the way
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Sensitivity:
    """Covered share against the limit, and the same when people are slower or faster."""

    thresholds: Floats  # minutes
    shares: Floats  # at the mode's own speeds
    speeds: tuple[float, float]  # factors of ``slow`` and ``fast``
    slow: Floats
    base: Floats  # the same as ``shares``
    fast: Floats


@dataclass(frozen=True)
class Isochrone:
    """The area within some minutes of a facility."""

    minutes: float
    polygon: Any  # shapely geometry, lon/lat; empty when nothing is within
    people: float  # of the whole county, in cells whose own time is within
    roads: Any = None  # shapely MultiLineString of the roads within
