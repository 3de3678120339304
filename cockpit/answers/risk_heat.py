"""Heat: how dense events are, by area or by the people who live there, and how sure that is."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.happenings import Happenings
from cockpit.answers.reach import Note
from cockpit.answers.risk_field import Field, field_of, people_by_square
from cockpit.answers.risk_places import Floats, Places, to_metres
from cockpit.answers.risk_question import ENOUGH, Counted, Question, by_category, counted
from cockpit.risk.density import Density, density, relative
from cockpit.risk.explain import Explanation, Piece
from cockpit.risk.rates import spatial_empirical_bayes
from geodata.errors import InputError

METHODS = ("density", "relative", "rate")
PER_PEOPLE = 10_000
YEAR_DAYS = 365.25
CLASSES = 4
NOBODY, SURE, UNSURE, NOTHING = 0, 1, 5, 9
"""Classes of the map: 0 cannot be told, 1 to 4 sure, 5 to 8 the same but unsure, 9 no event."""


@dataclass(frozen=True)
class Heat:
    """How often something happens at each place."""

    method: str
    unit: str  # English msgid
    values: Floats  # (n_places,) NaN: cannot be told
    sure: NDArray[np.bool_]  # (n_places,) at least ENOUGH events seen or expected here and beside
    counted: Counted
    bandwidth_m: float  # NaN: the method has none
    smooth: Density | None  # of the events; None: the method has none
    notes: tuple[Note, ...]
    squares: Floats | None = None  # (ny, nx) the same between the places; None: not known there

    def squares_of(self) -> Floats:
        """Return the figure of each square of the county; ``InputError`` if there is none."""
        if self.squares is None:
            raise InputError("There is no picture of method {method}.", method=self.method)
        return self.squares


_MOST_KEPT = 40
_Seen = tuple[ref[Happenings], ref[Places], Heat]
_heats: OrderedDict[tuple[int, int, Question, str], _Seen] = OrderedDict()
_heats_lock = threading.Lock()


def heat_of(known: Happenings, places: Places, q: Question, method: str) -> Heat:
    """Return ``heat``, kept: the map, its picture and each step of the slider ask for the same."""
    key = (id(known), id(places), q, method)
    with _heats_lock:
        kept = _heats.get(key)
        # A number may be given to another object once the first is gone.
        if kept is not None and kept[0]() is known and kept[1]() is places:
            _heats.move_to_end(key)
            return kept[2]
    found = heat(known, places, q, method)
    with _heats_lock:
        _heats[key] = (ref(known), ref(places), found)
        while len(_heats) > _MOST_KEPT:
            _heats.popitem(last=False)
    return found


def heat(known: Happenings, places: Places, q: Question, method: str) -> Heat:
    """
    Return how often the events of a question happen at each place, for a year of such days.

    Parameters
    ----------
    method
        "density": events per km² (kernel, adaptive bandwidth, edge corrected), the mean over the
        squares of each place; "relative": the same by residents; "rate": events per 10,000
        residents, each place drawn towards those beside it as far as its own number is small
        (spatial empirical Bayes).

    Raises
    ------
    InputError
        If residents are needed that are not known.
    """
    found = counted(known, places, q)
    year = YEAR_DAYS / q.days
    sure = informed(places, found.counts)
    if method == "rate":
        return _rate(places, found, year, sure)
    return _kernel(known, places, found, year, sure, by_people=method == "relative")


def _rate(places: Places, found: Counted, year: float, sure: NDArray[np.bool_]) -> Heat:
    people = places.required_people()
    smooth = spatial_empirical_bayes(found.counts, people, places.weights)
    values: Floats = np.where(people > 0, smooth * PER_PEOPLE * year, np.nan)
    unit = "events per 10,000 residents a year"
    return Heat("rate", unit, values, sure, found, float("nan"), None, found.notes)


def _kernel(
    known: Happenings,
    places: Places,
    found: Counted,
    year: float,
    sure: NDArray[np.bool_],
    *,
    by_people: bool,
) -> Heat:
    field = field_of(places)
    x, y, rows = _mapped(known, places, found)
    notes = found.notes
    pointless = int((~np.isfinite(known.lon[rows])).sum())
    if pointless:
        notes += (
            Note("{n} events have no point on the map: their cell's middle stands for it.",
                 {"n": pointless}),
        )  # fmt: skip
    there = density(x, y, field.grid, inside=field.inside)
    if not by_people:
        values = field.mean_by_place(there.values) * year
        unit = "events per km² a year"
        squares: Floats = there.values * year
        wide = float(there.bandwidth_m)
        return Heat("density", unit, values, sure, found, wide, there, notes, squares)
    people = places.required_people()
    rate = _by_people(there, places, field)
    values = np.where(people > 0, field.mean_by_place(rate, missing=np.nan) * year, np.nan)
    unit = "events per 10,000 residents a year"
    wide = float(there.bandwidth_m)
    return Heat("relative", unit, values, sure, found, wide, there, notes, rate * year)


def _mapped(
    known: Happenings, places: Places, found: Counted
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Return where the placed events lie, in metres, and their rows; a cell stands for its own."""
    there = found.places >= 0
    rows, at = found.rows[there], found.places[there]
    x, y = (v[rows] for v in metres_of(known))
    none = ~np.isfinite(x)
    x, y = np.where(none, places.x[at], x), np.where(none, places.y[at], y)
    kept = np.isfinite(x)
    return x[kept], y[kept], rows[kept]


_metres: OrderedDict[tuple[str, str, int], tuple[Floats, Floats]] = OrderedDict()
_MOST_METRES = 3
_lock = threading.Lock()


def metres_of(known: Happenings) -> tuple[Floats, Floats]:
    """Return where all events lie, in metres; worked out once for a version and who may see it."""
    key = (known.version, known.data_class, len(known.time))
    with _lock:
        if key not in _metres:
            _metres[key] = to_metres(known.twin, known.lon, known.lat)
            while len(_metres) > _MOST_METRES:
                _metres.popitem(last=False)
        return _metres[key]


def informed(places: Places, counts: Floats) -> NDArray[np.bool_]:
    """Return where at least ``ENOUGH`` events are seen, or expected, here and beside."""
    enough = places.weights.around(counts) >= ENOUGH
    if places.people is not None and places.people.sum() > 0:
        share = places.weights.around(places.people) / places.people.sum()
        enough |= share * counts.sum() >= ENOUGH
    found: NDArray[np.bool_] = enough
    return found


def cuts_of(values: Floats) -> tuple[float, ...]:
    """Return the upper limits of all classes but the last: quantiles of what is above 0."""
    above = values[np.isfinite(values) & (values > 0)]
    if not len(above):
        return ()
    limits = np.quantile(above, (0.5, 0.9, 0.985))
    rounded = [float(f"{v:.2g}") for v in limits]
    return tuple(v for k, v in enumerate(rounded) if v > 0 and (k == 0 or v > rounded[k - 1]))


def classes(found: Heat, cuts: tuple[float, ...]) -> NDArray[np.uint8]:
    """Return the class of each place on the map."""
    step = np.searchsorted(np.asarray(cuts), np.nan_to_num(found.values), side="left")
    # Events per km²: few of them are few, for sure; a rate of few events may be anything.
    sure = found.sure | (step == 0) if found.method == "density" else found.sure
    code = np.where(sure, SURE, UNSURE) + step
    code = np.where(np.nan_to_num(found.values) <= 0, NOTHING, code)
    return np.where(np.isfinite(found.values), code, NOBODY).astype(np.uint8)


def by_category_density(
    known: Happenings, places: Places, q: Question, found: Heat, place: int
) -> Explanation:
    """
    Return a place's density by category of event, most first.

    The kernel of all events together spreads those of each category: sums, so the parts add up.
    The most frequent ones here and beside are told one by one, all others together.
    """
    if found.smooth is None:
        raise InputError("This method gives no figure for a single place.")
    near = np.array([place, *places.weights.neighbours(place).tolist()], dtype=np.intp)
    named = list(by_category(known, found.counted, near))[:_NAMED]
    x, y, rows = _mapped(known, places, found.counted)
    code = {known.categories.index(name): k for k, name in enumerate(named)}
    which = np.array([code.get(int(c), len(named)) for c in known.category[rows]], dtype=np.intp)
    pieces = []
    for k, title in enumerate((*named, OTHERS)):
        part = _spread(places, found, x[which == k], y[which == k])
        pieces.append(Piece(title, part[place] * YEAR_DAYS / q.days))
    return Explanation(math.fsum(p.amount for p in pieces), tuple(pieces)).sorted()


_NAMED = 5
OTHERS = "Other categories"


def _spread(places: Places, found: Heat, x: Floats, y: Floats) -> Floats:
    """Return the part of some events in the density of each place, for the days of the period."""
    smooth, field = found.smooth, field_of(places)
    assert smooth is not None  # noqa: S101 - the caller has looked
    at = smooth.grid.rows(x, y)
    counts = np.bincount(at[at >= 0], minlength=smooth.amounts.size).astype(np.float64)
    amounts = counts.reshape(smooth.grid.shape)
    values = smooth.kernel.spread(amounts) / smooth.grid.cell_km2
    if found.method == "density":
        return field.mean_by_place(values)
    part = replace(smooth, values=values, amounts=amounts)
    return field.mean_by_place(_by_people(part, places, field), missing=np.nan)


def _by_people(there: Density, places: Places, field: Field) -> Floats:
    living = people_by_square(places, field)
    return relative(there, np.zeros(field.grid.shape) if living is None else living)
