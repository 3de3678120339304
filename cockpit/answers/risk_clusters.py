"""Clusters in space and time, events that repeat nearby, and how hot spots come and go."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.happenings import Happenings
from cockpit.answers.reach import Note
from cockpit.answers.risk_heat import metres_of
from cockpit.answers.risk_places import Floats, Places
from cockpit.answers.risk_question import Question, by_period, counted
from cockpit.answers.risk_signs import usual_at
from cockpit.risk.discoveries import false_discovery
from cockpit.risk.emerging import KINDS, LEAST_PERIODS, Emerging, emerging
from cockpit.risk.near_repeat import NearRepeat, near_repeat
from cockpit.risk.scan import Cluster as ScanCluster
from cockpit.risk.scan import scan
from geodata.errors import InputError

SIMULATIONS = 999
_SCANS = {"cell": 199, "village": 999}
"""Simulated counties of a scan: cells take ten times as long as villages."""
SURE = 0.05
_SEED = 20250102
_MOST_SHOWN = 12
_MOST_SHARE = {"cell": 0.05, "village": 0.25}
"""Share of the residents in the largest circle: a finer look has smaller circles, or none waits."""
_ONGOING_WEEKS = 8
"""What began longer ago is no news."""
_LONG = 200  # days; a longer period is cut into months, a shorter one into weeks
MOST_PAIRED = 6_000
"""Events whose pairs are counted, the newest: of more, pairs in a town are millions."""
MOST_FEW = 10
"""Events below which no pairs are counted."""
NEAR_M = (0.0, 200.0, 400.0, 600.0, 800.0, 1000.0)
NEAR_DAYS = (0, 7, 14, 21, 28)


@dataclass(frozen=True)
class Cluster:
    """A circle and a time in which more happened than expected."""

    name: str  # of the place in its middle
    name_en: str
    code: str
    lon: float
    lat: float
    radius_m: float
    places: NDArray[np.intp]
    first: dt.date
    last: dt.date
    observed: float
    expected: float
    relative_risk: float
    p: float

    @property
    def sure(self) -> bool:
        """Tell whether chance alone would give so much in at most one county of twenty."""
        return self.p <= SURE


@dataclass(frozen=True)
class Clusters:
    """What the scan found, most striking first; circles do not lie over each other."""

    step: str  # of time: month, week
    simulations: int
    prospective: bool
    several: tuple[Cluster, ...]
    by_place: Floats  # (n_places,) events of the period
    events: int  # of the theme in the period
    notes: tuple[Note, ...]

    @property
    def sure(self) -> tuple[Cluster, ...]:
        """The clusters that are significant."""
        return tuple(one for one in self.several if one.sure)


def step_of(q: Question) -> str:
    """Return the step of time that fits a period: months for the better part of a year, weeks."""
    return "month" if q.days >= _LONG else "week"


def clusters(known: Happenings, places: Places, q: Question, *, prospective: bool) -> Clusters:
    """
    Scan the county for circles and times with more events than expected (Kulldorff's Poisson scan).

    Expected are the residents' share at the usual rate of that kind of village, in every step of
    time the same share of all that happened in it: a bad month of the whole county is no cluster.
    ``prospective`` looks only for what began in the last eight weeks and goes on to the end.
    """
    step = "week" if prospective else step_of(q)
    counts, parts = by_period(known, places, q, step)
    all_of = counted(known, places, q)
    expected = usual_at(known, places, q, counts.sum(axis=1))
    lived = np.isfinite(places.x) & (expected > 0)
    cases = counts[lived]
    if not cases.sum():
        raise InputError("Nothing of this theme happened in the period: there is nothing to scan.")
    left_out = int(counts.sum() - cases.sum())
    usual = expected[lived][:, None] * cases.sum(axis=0)[None, :]
    found = scan(
        cases.astype(np.int64),
        usual,
        places.x[lived],
        places.y[lived],
        prospective=prospective,
        longest=min(_ONGOING_WEEKS, len(parts)) if prospective else None,
        at_risk=places.required_people()[lived],
        most_share=_MOST_SHARE[places.level],
        simulations=_SCANS[places.level],
        rng=np.random.default_rng(_SEED),
    )
    rows = np.flatnonzero(lived)
    told = tuple(_told(places, rows, parts, one) for one in found.clusters[:_MOST_SHOWN])
    notes = all_of.notes
    if left_out:
        notes += (Note("{n} events where nobody lives are left out of the scan.", {"n": left_out}),)
    by_place = counts.sum(axis=1)
    return Clusters(step, _SCANS[places.level], prospective, told, by_place, all_of.events, notes)


def _told(
    places: Places,
    rows: NDArray[np.intp],
    parts: tuple[tuple[dt.date, dt.date], ...],
    one: ScanCluster,
) -> Cluster:
    """Return a cluster of the scan with its names and days; ``rows`` are the scanned places."""
    middle = int(rows[one.centre])
    region = places.twin.regions.iloc[places.rows[middle]]
    return Cluster(
        str(region["name"]), str(region["name_en"]), str(region["code"]),
        float(region["lon"]), float(region["lat"]), float(one.radius_m),
        rows[one.members], parts[int(one.first)][0], parts[int(one.last)][1],
        float(one.observed), float(one.expected), float(one.relative_risk), float(one.p),
    )  # fmt: skip


def cluster_classes(found: Clusters, n: int) -> NDArray[np.uint8]:
    """Return the class of each place: 0 in no circle, 1 in a sure one, 2 in one of chance."""
    classes = np.zeros(n, dtype=np.uint8)
    for one in reversed(found.several):
        classes[one.places] = 1 if one.sure else 2
    return classes


# ---------------------------------------------------------------- near repeat


@dataclass(frozen=True)
class Repeats:
    """How often a second event follows near a first, beside what chance would give."""

    found: NearRepeat
    events: int  # whose pairs are counted
    notes: tuple[Note, ...]

    @property
    def sure(self) -> NDArray[np.bool_]:
        """Tell which fields of the table have more pairs than chance gives in so many fields."""
        found: NDArray[np.bool_] = false_discovery(self.found.p) & (self.found.ratio > 1)
        return found


def repeats(known: Happenings, places: Places, q: Question) -> Repeats:
    """
    Count the pairs of events by distance and days between them (Knox, 999 shuffles of the days).

    Raises
    ------
    InputError
        If fewer than ten events have a point on the map.
    """
    rows = counted(known, places, q).rows
    x, y = metres_of(known)
    rows = rows[np.isfinite(x[rows]) & (known.region[rows] >= 0)]
    n, rows = len(rows), rows[-MOST_PAIRED:]
    if n < MOST_FEW:
        raise InputError(
            "{n} events of this theme have a point on the map; pairs need {least} at least.",
            n=n, least=MOST_FEW,
        )  # fmt: skip
    day = (known.time[rows].astype("datetime64[D]") - np.datetime64(q.first)).astype(np.int64)
    found = near_repeat(
        x[rows], y[rows], day,
        distances_m=NEAR_M, days=NEAR_DAYS, simulations=SIMULATIONS,
        rng=np.random.default_rng(_SEED),
    )  # fmt: skip
    notes: tuple[Note, ...] = ()
    if n > len(rows):
        notes = (Note("Pairs are counted among the newest {n} events.", {"n": len(rows)}),)
    return Repeats(found, len(rows), notes)


# ---------------------------------------------------------------- hot spots over time


@dataclass(frozen=True)
class Course:
    """How each place's hot spot came, stayed or went."""

    made: Emerging
    step: str  # of time: month, week
    parts: tuple[tuple[dt.date, dt.date], ...]
    counts: Floats  # (n_places, n_parts)
    events: int
    notes: tuple[Note, ...]


def course(known: Happenings, places: Places, q: Question) -> Course:
    """
    Return the emerging hot-spot class of each place over the period's months or weeks.

    In every step the events here and beside are compared with residents at the usual rate of that
    kind of village, times the share of the period's events that fell into the step.
    """
    step = step_of(q)
    counts, parts = by_period(known, places, q, step)
    if len(parts) < LEAST_PERIODS:
        raise InputError(
            "The period has {n} steps; a course needs {least} at least. Choose a longer period.",
            n=len(parts), least=LEAST_PERIODS,
        )  # fmt: skip
    if not counts.sum():
        raise InputError("Nothing of this theme happened in the period.")
    usual = usual_at(known, places, q, counts.sum(axis=1))
    by_time = counts.sum(axis=0) / counts.sum()
    made = emerging(counts, places.weights, expected=usual[:, None] * by_time[None, :])
    found = counted(known, places, q)
    return Course(made, step, parts, counts, found.events, found.notes)


COLD_CODE = 9
COURSE_TITLES = {
    "new": "new: hot in the last step only",
    "consecutive": "consecutive: hot in the last steps",
    "intensifying": "intensifying: nearly always hot, rising",
    "persistent": "persistent: nearly always hot",
    "diminishing": "diminishing: nearly always hot, falling",
    "sporadic": "sporadic: hot now and then",
    "oscillating": "oscillating: hot now, cold before",
    "historical": "historical: was hot, is not now",
}


def course_classes(found: Course) -> NDArray[np.uint8]:
    """Return a digit a place: 0 none, 1 to 8 a kind of hot spot, 9 any kind of cold one."""
    codes = {f"{kind} hot": k for k, kind in enumerate(KINDS, start=1)}
    codes |= {f"{kind} cold": COLD_CODE for kind in KINDS}
    return np.array([codes.get(str(c), 0) for c in found.made.classes], dtype=np.uint8)
