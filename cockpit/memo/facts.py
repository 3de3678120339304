"""What is known of a scenario when its memo is written: plain values, names in one language."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cockpit.memo.content import Language
from cockpit.memo.drawing import Picture
from cockpit.memo.sheet import Sheet

Change = Literal["new", "moved", "closed"]
Basis = Literal["numbers", "both", "solver"]


@dataclass(frozen=True)
class Source:
    """Data sets of one kind."""

    what: str  # msgid: "Residents", "Facilities", ...
    titles: tuple[str, ...]
    as_of: dt.date | None  # the oldest of them; None: no data set tells


@dataclass(frozen=True)
class Site:
    """A site that the plan changes."""

    number: str  # on the map
    change: Change
    name: str
    was: str  # where one that moves is today
    township: str
    lon: float  # degrees; NaN: not known
    lat: float
    path: str  # of its figures, "by_site.c:529901001"


@dataclass(frozen=True)
class Part:
    """A township or a group with figures of its own."""

    path: str  # "townships.529901001"
    name: str


@dataclass(frozen=True)
class Proof:
    """What a solver says of the plan, or of the best plan that it stands beside."""

    model: str  # id
    title: str  # msgid
    note: str  # msgid: formulation in plain words
    unit: str  # of the objective, as cockpit.placement.models has them
    parameters: Mapping[str, Any]
    objective: float
    bound: float
    gap: float
    proven: bool
    basis: Basis
    sha256: str
    counted: float  # objective as the checker counts it
    bounded: float  # bound as the checker counts it; NaN: only the solver's log says so
    own: bool  # the plan is the solver's; False: another one, made by hand
    reached: float = math.nan  # what this plan reaches of the same objective, when not own
    years: tuple[tuple[str, ...], ...] = ()  # sites open in each, of a plan of several years
    hidden: bool = False  # objective and bound would tell a count that is not shown


@dataclass(frozen=True)
class FrontWord:
    """What the search of the front said of a plan for which there is no certificate."""

    floor: float  # 0 to 1: asked of every township
    bound: float  # people; NaN: not told
    gap: float
    proven: bool


@dataclass(frozen=True)
class Gap:
    """Covered share of the best served group less that of the worst, 0 to 1."""

    now: float
    then: float
    now_counted: float  # the same, counted again
    then_counted: float
    least: str  # name of the group that is worst served then
    widened: bool  # by more than five points


@dataclass(frozen=True)
class County:
    """The county, and what its maps must say."""

    name: str
    invented: bool
    review_number: str
    unit: str  # the part of it that is planned for
    whole: bool  # the unit is the whole county


@dataclass(frozen=True)
class Asked:
    """The question."""

    service: str  # in words, as all here
    mode: str
    minutes: float
    group: str
    help_comes: bool  # help travels to the people, not they to it
    straight: bool  # no roads are loaded: times are those of straight lines


@dataclass(frozen=True, eq=False)
class Facts:
    """All that a memo says, before it is said."""

    language: Language
    name: str
    author: str
    note: str
    made: dt.datetime  # UTC, of the scenario
    digest: str  # sha256 of the scenario
    data_class: str
    data_version: str  # of the scenario
    version_now: str  # of the data that it was counted again on
    county: County
    asked: Asked
    most_minutes: float  # as which whoever reaches none counts
    n_cells: int
    n_cells_counted: int  # the same, counted again
    sources: tuple[Source, ...]
    notes: tuple[str, ...]  # remarks on the data, in words
    rules: tuple[str, ...]  # in words; empty: none beyond what the model says
    sites: tuple[Site, ...]
    townships: tuple[Part, ...]
    groups: tuple[Part, ...]  # the question's first
    proof: Proof | None
    front: FrontWord | None  # of a plan of the front that has no certificate
    gap: Gap | None  # None: fewer than two groups are told
    with_room: bool  # the model counts capacities
    with_costs: bool  # the model weighs costs
    class_why: str  # why the class is below that of the records; "" where it is not
    sheet: Sheet
    picture: Picture
    picture_date: dt.date | None

    @property
    def by_hand(self) -> bool:
        """Whether no solver made the plan."""
        if self.front is not None:
            return False
        return self.proof is None or not self.proof.own
