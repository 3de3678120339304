"""The composite index: rates of themes, travel times and groups of people on one scale."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cockpit.access.classes import may_see
from cockpit.answers.happenings import Happenings
from cockpit.answers.reach import Note, current_reach
from cockpit.answers.reach import minutes as minutes_from
from cockpit.answers.risk_answer import Answer, Column, Key
from cockpit.answers.risk_heat import PER_PEOPLE
from cockpit.answers.risk_options import IndexOptions, index_options
from cockpit.answers.risk_places import Floats, Places
from cockpit.answers.risk_question import Question, counted
from cockpit.coverage.services import service_of
from cockpit.indicators import MEASURES
from cockpit.locale import Named, translate
from cockpit.risk.composite import FULL, Composite, Topsis, composite, topsis
from cockpit.risk.composite_sensitivity import Sensitivity, sensitivity
from cockpit.risk.rates import spatial_empirical_bayes
from cockpit.risk.themes import THEMES, themes_of
from cockpit.risk.weighting import Ahp, ahp, comparisons_of, entropy, equal
from geodata.errors import InputError
from loaders.catalog import VULNERABLE_GROUPS

REACH = {"reach_clinic": "clinic", "reach_hospital": "hospital"}
AGES = ("age_60_plus", "age_0_14")
FIRST = ("order", "fire", "disputes", "illness", "traffic", "reach_hospital", "age_60_plus")
"""Criteria that the index begins with, as far as there are figures for them."""
_LEAST_PEOPLE = 10.0  # of a place: shares of fewer people say nothing
_SEED = 20250103
_CUTS = (0.5, 0.75, 0.9, 0.97)


@dataclass(frozen=True)
class Index:
    """The index of all places, with what it is made of."""

    options: IndexOptions
    titles: tuple[str, ...]  # of the criteria, English msgids
    units: tuple[str, ...]
    table: Floats  # (n_places, n_criteria) in their units; NaN: not known
    weights: Floats
    made: Composite
    closeness: Topsis | None  # of TOPSIS, when that makes the score
    score: Floats  # (n_places,) 0 to 100
    moved: Sensitivity
    judged: Ahp | None  # of pairwise comparisons


def criteria(known: Happenings, places: Places, visitor: str) -> tuple[str, ...]:
    """Return the criteria that there are figures for and that the visitor may see."""
    there = set(themes_of(known.categories).values())
    found = [theme for theme in THEMES if theme in there]
    classes = places.twin.classes
    reach = current_reach(visitor)
    if reach is not None and len(reach.facilities):
        found += [
            name for name, service in REACH.items()
            if len(reach.of_kinds(service_of(service).kinds))
        ]  # fmt: skip
    for measure in (*AGES, *VULNERABLE_GROUPS):
        column = places.twin.measures.get(measure)
        counted_here = column is not None and not np.isnan(column[0])
        if counted_here and may_see(visitor, classes[measure]):
            found.append(measure)
    return tuple(found)


def first_criteria(there: tuple[str, ...]) -> tuple[str, ...]:
    """Return the criteria that the index begins with: the usual ones, or else the first few."""
    usual = tuple(c for c in FIRST if c in there)
    return usual if len(usual) >= 2 else there[:5]


def title_of(criterion: str) -> str:
    """Return the name of a criterion as an English msgid."""
    if criterion in THEMES:
        return THEMES[criterion].title
    if criterion in REACH:
        return {"reach_clinic": "Way to the clinic", "reach_hospital": "Way to the hospital"}[
            criterion
        ]
    return MEASURES[criterion].title


def unit_of(criterion: str) -> str:
    """Return the unit of a criterion as an English msgid."""
    if criterion in THEMES:
        return "events per 10,000 residents a year"
    return "minutes" if criterion in REACH else "% of residents"


def index(known: Happenings, places: Places, q: Question, visitor: str, text: str) -> Index:
    """
    Return the composite index of all places for options as ``risk_options`` writes them.

    Rates of themes are smoothed by spatial empirical Bayes; all criteria are put between their 5th
    and 95th percentile (0 to 1, what lies outside is cut) before they are weighed. Where a place
    lacks a figure, the others count more.

    Raises
    ------
    InputError
        For criteria without figures, or comparisons whose consistency ratio is above 0.1.
    """
    options = index_options(text)
    there = criteria(known, places, visitor)
    for criterion in options.criteria:
        if criterion not in there:
            raise InputError("There are no figures for {indicator}.", indicator=criterion)
    columns = [_values(known, places, q, visitor, c) for c in options.criteria]
    table = np.column_stack(columns)
    weights, judged = _weights(options, table)
    made = composite(table, weights, how="robust")
    score, closeness = made.score, None
    if options.score == "topsis":
        filled = np.where(np.isnan(made.normalised), 0.0, made.normalised)
        closeness = topsis(filled, weights)
        score = np.where(np.isnan(made.score), np.nan, FULL * closeness.closeness)
    return Index(
        options, tuple(title_of(c) for c in options.criteria),
        tuple(unit_of(c) for c in options.criteria), table, weights, made, closeness, score,
        sensitivity(made, rng=np.random.default_rng(_SEED), draws=200), judged,
    )  # fmt: skip


def _weights(options: IndexOptions, table: Floats) -> tuple[Floats, Ahp | None]:
    n = len(options.criteria)
    if options.weighting == "entropy":
        return entropy(table), None
    if options.weighting == "own":
        return np.array(options.numbers, dtype=np.float64), None
    if options.weighting == "ahp":
        upper = [1.0 / -v if v < -1 else float(max(v, 1)) for v in options.numbers]
        judged = ahp(comparisons_of(upper, n), names=[_named(c) for c in options.criteria])
        return judged.weights, judged
    return equal(n), None


def _named(criterion: str) -> Named:
    title = title_of(criterion)
    return Named.of(translate(title, "zh"), title)


def _values(known: Happenings, places: Places, q: Question, visitor: str, criterion: str) -> Floats:
    people = places.required_people()
    lived = people >= _LEAST_PEOPLE
    if criterion in THEMES:
        found = counted(known, places, Question(criterion, q.level, q.first, q.last))
        rate = spatial_empirical_bayes(found.counts, people, places.weights)
        return np.where(lived, rate * PER_PEOPLE * 365.25 / q.days, np.nan)
    if criterion in REACH:
        return np.where(lived, _minutes(places, visitor, REACH[criterion]), np.nan)
    share = places.twin.measures[criterion][places.rows] / np.maximum(people, 1.0)
    percent: Floats = np.where(lived, 100 * np.minimum(share, 1.0), np.nan)
    return percent


def _minutes(places: Places, visitor: str, service: str) -> Floats:
    """Return minutes to the nearest facility, of a village the mean of its residents."""
    reach = current_reach(visitor)
    if reach is None:
        return np.full(len(places), np.nan)
    known = service_of(service)
    minutes = minutes_from(reach.nearest_seconds(known.kinds, known.mode, known.towards))
    people = reach.groups["people"]
    at = places.position[reach.rows]
    good = (at >= 0) & np.isfinite(minutes)
    weight = np.where(people > 0, people, 1e-6)
    total = np.bincount(at[good], (minutes * weight)[good], minlength=len(places))
    share = np.bincount(at[good], weight[good], minlength=len(places))
    mean: Floats = np.divide(total, share, out=np.full(len(places), np.nan), where=share > 0)
    return mean


def answer(known: Happenings, places: Places, q: Question, visitor: str, text: str) -> Answer:
    """Return the index as classes, legend and table."""
    found = index(known, places, q, visitor, text)
    told = found.score[np.isfinite(found.score)]
    if not len(told):
        raise InputError("No place has figures for the chosen criteria.")
    cuts = np.unique(np.round(np.quantile(told, _CUTS[:3]), 1))
    step = np.searchsorted(cuts, np.nan_to_num(found.score), side="left")
    codes = np.where(np.isfinite(found.score), 1 + step, 0).astype(np.uint8)
    parts = tuple(
        Column(title, found.made.parts[:, k], 2, "points") for k, title in enumerate(found.titles)
    )
    columns = (
        Column("Score", found.score, 1, "points of 100"),
        Column("Rank", found.moved.ranks),
        Column("Rank at best", found.moved.rank_low),
        Column("Rank at worst", found.moved.rank_high),
        *parts,
    )
    notes = (
        Note("Places with fewer than {n} residents have no score.", {"n": int(_LEAST_PEOPLE)}),
    )
    order = np.flatnonzero(np.isfinite(found.score))
    order = order[np.argsort(-found.score[order], kind="stable")]
    return Answer(
        "index", codes, _keys(cuts, told), columns, order, notes, found, 0, "points of 100"
    )


def _keys(cuts: NDArray[np.float64], told: Floats) -> tuple[Key, ...]:
    limits = [float(told.min()), *cuts.tolist(), float(told.max())]
    keys = [
        Key(1 + k, f"ramp {k}", "{low} – {high}", {"low": round(low, 1), "high": round(high, 1)})
        for k, (low, high) in enumerate(pairwise(limits))
    ]
    return (*keys, Key(0, "too little", "too few residents to tell"))
