"""Why a place is red: what its figure is made of, in parts that add up exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import nbinom, poisson

from cockpit.answers.happenings import Happenings
from cockpit.answers.risk_answer import Answer
from cockpit.answers.risk_field import field_of
from cockpit.answers.risk_forecast import SQUARES as FORECAST_SQUARES
from cockpit.answers.risk_heat import PER_PEOPLE, YEAR_DAYS, by_category_density
from cockpit.answers.risk_places import Places
from cockpit.answers.risk_question import Counted, Question, by_category
from cockpit.answers.risk_signs import ALPHA
from cockpit.risk.explain import (
    Explanation,
    Piece,
    of_composite,
    of_excess,
    of_hot_spot,
    of_rate,
    of_topsis,
)
from cockpit.risk.forecast_card import KIND_TITLES
from geodata.errors import InputError


@dataclass(frozen=True)
class Why:
    """The parts of one place's figure, and what else there is to know about it."""

    place: int
    unit: str  # of the parts, an English msgid
    parts: Explanation
    categories: Mapping[str, int] = field(default_factory=dict)  # of the events here and beside
    observed: float = math.nan  # events here and beside; the sum of ``categories``
    expected: float = math.nan
    people: float = math.nan  # residents here; NaN: not known or not open
    p: float = math.nan
    q: float = math.nan
    fewer: int | None = None  # events fewer with which it would not be striking any more
    more: int | None = None  # events more with which it would be, looked at alone


def why(known: Happenings, places: Places, q: Question, found: Answer, place: int) -> Why:
    """
    Return the parts of a place's figure by the method that gave it.

    Raises
    ------
    InputError
        If the method tells nothing of this place.
    """
    make = _MAKERS.get(found.method)
    if make is None:
        raise InputError("This method gives no figure for a single place.")
    return make(known, places, q, found, place)


def _signs(known: Happenings, places: Places, q: Question, found: Answer, place: int) -> Why:
    del q
    told = found.found
    names = _names(places)
    if found.method == "gi":
        parts, unit = of_hot_spot(told.values, places.weights, place, names), "z"
    else:
        parts = of_excess(told.counted.counts, told.usual, places.weights, place, names)
        unit = "events above expectation"
    base = _base(known, places, told.counted, place)
    observed, expected = float(told.observed[place]), float(told.expected[place])
    fewer, more = margin(observed, expected, told.spread)
    return Why(
        place, unit, parts, base[0], observed, expected, base[1],
        float(told.p[place]), float(told.q[place]), fewer, more,
    )  # fmt: skip


def margin(observed: float, expected: float, spread: float = 1.0) -> tuple[int | None, int | None]:
    """
    Return how many events fewer would not be striking any more, or how many more would be.

    Striking is a count that chance alone reaches in at most 2.5 % of cases (both sides: 5 %), where
    counts scatter ``spread`` times as much as Poisson's (1: as these).
    """
    if not expected > 0:
        return None, None
    chance = poisson(expected) if spread <= 1 else nbinom(expected / (spread - 1), 1 / spread)
    least = int(chance.isf(ALPHA / 2)) + 1
    if observed >= least:
        return int(observed - least + 1), None
    return None, int(least - observed)


def _names(places: Places) -> list[str]:
    """Return the codes: a page says the names in the visitor's language."""
    return [str(code) for code in places.codes]


def _base(
    known: Happenings, places: Places, counted: Counted, place: int
) -> tuple[Mapping[str, int], float]:
    near = np.array([place, *places.weights.neighbours(place).tolist()], dtype=np.intp)
    people = math.nan if places.people is None else float(places.people[place])
    return by_category(known, counted, near), people


def _heat(known: Happenings, places: Places, q: Question, found: Answer, place: int) -> Why:
    told = found.found
    categories, people = _base(known, places, told.counted, place)
    value = float(told.values[place])
    if math.isnan(value):
        raise InputError("Too few people live around this place to tell a rate.")
    if found.method == "rate":
        parts = _rate(places, q, told.counted, value, place)
    else:
        parts = by_category_density(known, places, q, told, place)
    observed = float(sum(categories.values()))
    return Why(place, told.unit, parts, categories, observed, people=people)


def _rate(places: Places, q: Question, counted: Counted, value: float, place: int) -> Explanation:
    people = places.required_people()
    year = PER_PEOPLE * YEAR_DAYS / q.days
    lived = people[place]
    raw = counted.counts[place] / lived * year if lived > 0 else math.nan
    near = places.weights.around(people)[place]
    around = places.weights.around(counted.counts)[place] / near * year if near > 0 else 0.0
    return of_rate(value, float(raw), float(around))


def _ahead(known: Happenings, places: Places, q: Question, found: Answer, place: int) -> Why:
    del known, q
    told = found.found
    squares = field_of(places, FORECAST_SQUARES)
    pieces = [
        Piece(KIND_TITLES[kind], float(squares.sum_by_place(values)[place]))
        for kind, values in told.made.parts.items()
    ]
    parts = Explanation(math.fsum(p.amount for p in pieces), tuple(pieces)).sorted()
    people = math.nan if places.people is None else float(places.people[place])
    return Why(place, "events in 30 days", parts, people=people)


def _index(known: Happenings, places: Places, q: Question, found: Answer, place: int) -> Why:
    del known, q
    told = found.found
    if told.closeness is not None:
        parts = of_topsis(told.closeness, place, told.titles)
    else:
        parts = of_composite(told.made, place, told.titles)
    unit = "points of 100" if told.closeness is None else "closeness, 0 to 1"
    people = math.nan if places.people is None else float(places.people[place])
    return Why(place, unit, parts, people=people)


def _impact(known: Happenings, places: Places, q: Question, found: Answer, place: int) -> Why:
    del known, q
    made, row = found.found.made, places.rows[place]
    pieces = tuple(
        Piece(AGE_TITLES[group], float(n))
        for group, n in zip(made.groups, made.by_group[row], strict=True)
    )
    parts = Explanation(float(made.affected[row]), pieces)
    return Why(place, "persons affected", parts, people=float(made.exposed[row]))


AGE_TITLES = {
    "0-14": "Children under 15",
    "15-59": "Aged 15 to 59",
    "60+": "Aged 60 and over",
    "everybody": "Residents of all ages",
}


def _steps(known: Happenings, places: Places, q: Question, found: Answer, place: int) -> Why:
    """Return the events of a place by step of time, for courses."""
    del known, q
    told = found.found
    pieces = tuple(
        Piece(STEP, float(n), {"first": first, "last": last}, {"hot": float(sign)})
        for (first, last), n, sign in zip(
            told.parts, told.counts[place], told.made.signs[place], strict=True
        )
    )
    parts = Explanation(math.fsum(p.amount for p in pieces), pieces)
    people = math.nan if places.people is None else float(places.people[place])
    return Why(place, "events here", parts, people=people, p=float(told.made.p[place]))


STEP = "{first} to {last}"
Maker = Callable[[Happenings, Places, Question, Answer, int], Why]
_MAKERS: dict[str, Maker] = {
    **dict.fromkeys(("poisson", "gi", "moran"), _signs),
    **dict.fromkeys(("density", "relative", "rate"), _heat),
    "forecast": _ahead,
    "index": _index,
    "impact": _impact,
    "emerging": _steps,
}
