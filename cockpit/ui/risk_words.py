"""What the risk map says, in sentences: how much, where, and how sure."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.risk import EVERYTHING, Answer, Places, span
from cockpit.answers.risk_forecast import WATCHED, Ahead
from cockpit.answers.risk_question import UNPLACED, notes_in
from cockpit.answers.risk_signs import COLD, HOT, MAYBE_HOT, TOO_LITTLE
from cockpit.ui import cache, risk_cache
from cockpit.ui.risk_cache import Asked
from cockpit.ui.risk_choices import UNDATED, Choice, days_text, theme_title
from cockpit.ui.words import date, language, number, percent, say, say_terms

Rows = NDArray[np.intp]
Terms = list[tuple[str, dict[str, object]]]
_UNITS = {"cell": ("cells", "cell"), "village": ("villages", "village")}


def sentence(places: Places, choice: Choice, asked: Asked, found: Answer) -> str:
    """Return what the map says: the unit's events first, then what the method makes of them."""
    inside = places.inside(places.twin.position(choice.unit))
    told = _TOLD.get(found.method, _heat)
    begin = _events(places, choice, asked, found, inside)
    if _of_events(found) and not _counted(found, inside):
        advice = [] if _unplaced(places, choice, asked) else _longer(asked)
        return say_terms([*begin, *advice])
    return say_terms([*begin, *told(places, found, inside)])


def _of_events(found: Answer) -> bool:
    return found.method not in ("index", "impact", "forecast")


def _counted(found: Answer, inside: Rows) -> float:
    """Return the events of the unit's places."""
    here = next((c for c in found.columns if c.title == "Events here"), None)
    return found.events if here is None else float(np.asarray(here.values)[inside].sum())


def _longer(asked: Asked) -> Terms:
    """Return the advice to ask for a longer period, where there is one."""
    oldest, newest = span(risk_cache.events())
    if asked.first <= oldest and asked.last >= newest:
        return []
    return [("A longer period may have some.", {})]


def name_at(places: Places, place: int) -> str:
    """Return the name of a cell or village in the visitor's language."""
    return cache.names(places.twin.version, language())[int(places.rows[place])]


def level_word(level: str, n: int) -> str:
    """Return what so many places of a level are called."""
    return say(_UNITS[level][1 if n == 1 and language() == "en" else 0])


def _events(places: Places, choice: Choice, asked: Asked, found: Answer, inside: Rows) -> Terms:
    names = cache.names(places.twin.version, language())
    unit = names[places.twin.position(choice.unit)]
    values: dict[str, object]
    if found.method == "index":
        values = {"unit": unit, "days": days_text(asked.first, asked.last)}
        return [("{unit}, {days}, composite index.", values)]
    if found.method == "impact":
        return [("{unit}, residents of {date}.", {"unit": unit, "date": date(places.twin.date)})]
    n = _counted(found, inside)
    values = {
        "unit": unit,
        "days": days_text(asked.first, asked.last),
        "theme": theme_title(asked.theme),
        "n": number(n),
    }
    return [(_count_of(places, choice, asked, n), values)]


def _count_of(places: Places, choice: Choice, asked: Asked, n: float) -> str:
    """Return the sentence that counts the events: none and one read otherwise than many."""
    everything = asked.theme == EVERYTHING
    if n == 1 and not everything:
        return "{unit}, {days}, {theme}: 1 event."
    if n:
        return (
            "{unit}, {days}: {n} events." if everything else "{unit}, {days}, {theme}: {n} events."
        )
    if _unplaced(places, choice, asked):
        return "{unit}, {days}, {theme}: no event is known closely enough for this map."
    if everything:
        return "{unit}, {days}: no events."
    return "{unit}, {days}, {theme}: no events."


def _unplaced(places: Places, choice: Choice, asked: Asked) -> bool:
    """Tell whether the unit has events that are known by a larger region only."""
    row = places.twin.position(choice.unit)
    told = notes_in(risk_cache.events(), places, asked.question(), row)
    return any(note.template in UNPLACED.values() for note in told)


def first_of(found: Answer, inside: Rows) -> int | None:
    """Return the place of the unit that is worth a look first; None: none is."""
    good = found.order[np.isin(found.order, inside)]
    return int(good[0]) if len(good) else None


# ---------------------------------------------------------------- by method


def _signs(places: Places, found: Answer, inside: Rows) -> Terms:
    codes = found.classes[inside]
    n = {code: int((codes == code).sum()) for code in (HOT, MAYBE_HOT, COLD, TOO_LITTLE)}
    first = first_of(found, inside)
    terms: Terms = []
    if n[HOT] and first is not None:
        terms.append(
            (
                "Significantly more than expected happens in {hot} {places}, most clearly around "
                "{name}: {observed} events here and beside, {expected} expected.",
                {
                    "places": level_word(places.level, n[HOT]),
                    "hot": number(n[HOT]),
                    "name": name_at(places, first),
                    "observed": number(found.found.observed[first]),
                    "expected": number(found.found.expected[first], 1),
                },
            )
        )
    else:
        terms.append(
            (
                "So many places are looked at that some look high by chance: none stands out "
                "beyond that.",
                {},
            )
        )
    if n[MAYBE_HOT]:
        terms.append(
            (
                "In {n} more {places} there are many events too, which may be chance.",
                {"n": number(n[MAYBE_HOT]), "places": level_word(places.level, n[MAYBE_HOT])},
            )
        )
    if n[TOO_LITTLE]:
        terms.append(
            (
                "In {n} {places} too little is to be expected to tell anything.",
                {"n": number(n[TOO_LITTLE]), "places": level_word(places.level, n[TOO_LITTLE])},
            )
        )
    return terms


def _heat(places: Places, found: Answer, inside: Rows) -> Terms:
    first = first_of(found, inside)
    column = found.columns[0]
    if first is None:
        return [("There are too few events to say where it is densest.", {})]
    value = float(np.asarray(column.values)[first])
    terms: Terms = [
        (
            "Most: {name} with {value} {unit}.",
            {
                "name": name_at(places, first),
                "value": number(value, 0 if value >= 100 else 1),
                "unit": say(column.unit),
            },
        )
    ]
    unsure = int(((found.classes[inside] >= 5) & (found.classes[inside] <= 8)).sum())
    if unsure:
        terms.append(
            (
                "In {n} of {all} {places} too few events are behind the colour to be sure; they "
                "are not ranked.",
                {
                    "n": number(unsure), "all": number(len(inside)),
                    "places": level_word(places.level, len(inside)),
                },
            )
        )  # fmt: skip
    return terms


def _clusters(places: Places, found: Answer, inside: Rows) -> Terms:
    told = found.found
    here = [c for c in told.sure if np.isin(c.places, inside).any()]
    if not here:
        if told.prospective:
            return [("No cluster that still goes on stands out beyond chance.", {})]
        return [("No cluster in space and time stands out beyond chance.", {})]
    top = here[0]
    return [
        ("Significant clusters: {n}.", {"n": number(len(here))}),
        (
            "The strongest lies around {name}, {days}, within {km} km: {observed} events, "
            "{expected} expected, {times} times the risk outside (p = {p}).",
            {
                "name": cache.names(places.twin.version, language())[
                    places.twin.position(top.code)
                ],
                "days": days_text(top.first, top.last),
                "km": number(top.radius_m / 1000, 1),
                "observed": number(top.observed),
                "expected": number(top.expected, 1),
                "times": number(top.relative_risk, 1),
                "p": number(top.p, 3),
            },
        ),
    ]


def _repeat(places: Places, found: Answer, inside: Rows) -> Terms:
    del places, inside
    table = found.found.found
    sure = found.found.sure
    best = np.unravel_index(int(np.argmax(np.where(sure, table.ratio, -1.0))), table.ratio.shape)
    ratio, p = float(table.ratio[best]), float(table.p[best])
    if not sure.any():
        return [("Events do not follow each other nearby more often than by chance.", {}),
                ("This holds for the whole county.", {})]  # fmt: skip
    return [
        (
            "Within {a} to {b} m and {c} to {d} days after an event, another follows {ratio} times "
            "as often as by chance (p = {p}).",
            {
                "a": number(table.distances_m[best[0]]),
                "b": number(table.distances_m[best[0] + 1]),
                "c": number(table.days[best[1]]),
                "d": number(table.days[best[1] + 1]),
                "ratio": number(ratio, 2),
                "p": number(p, 3),
            },
        ),
        ("This holds for the whole county.", {}),
    ]


def _course(places: Places, found: Answer, inside: Rows) -> Terms:
    codes = found.classes[inside]
    hot = [k for k in found.keys if k.role.startswith("em ")]
    counts = {k.title: int((codes == k.code).sum()) for k in hot}
    parts = [f"{say(t)} {number(n)}" for t, n in counts.items() if n]
    if not parts:
        once = int((found.found.made.signs[inside] > 0).any(axis=1).sum())
        return [("None is a hot spot in the last step or nearly always; {n} {places} were hot in "
                 "some step before.",
                 {"n": number(once), "places": level_word(places.level, once)})]  # fmt: skip
    joined = ("；" if language() == "zh" else "; ").join(parts)
    return [("Hot spots over {n} steps: {parts}.",
             {"n": number(len(found.found.parts)), "parts": joined})]  # fmt: skip


def _ahead(places: Places, found: Answer, inside: Rows) -> Terms:
    told: Ahead = found.found
    expected = float(told.expected[inside].sum())
    busy = inside[told.share[inside] >= 0.5]
    share = float(told.expected[busy].sum() / expected) if expected > 0 else math.nan
    terms: Terms = [
        (
            "Events to be expected in the next 30 days: {n}.",
            {"n": number(expected, 0 if expected >= 20 or round(expected, 1) % 1 == 0 else 1)},
        )
    ]
    first = first_of(found, inside)
    if len(busy) and first is not None:
        terms.append(
            (
                "{k} {places}, among the busiest {area} of the county, hold {share} of them; "
                "densest is {name}.",
                {
                    "k": number(len(busy)), "places": level_word(places.level, len(busy)),
                    "area": percent(WATCHED), "share": percent(share),
                    "name": name_at(places, first),
                },
            )
        )  # fmt: skip
    return terms


def _index(places: Places, found: Answer, inside: Rows) -> Terms:
    first = first_of(found, inside)
    if first is None:
        return [("No place here has a score.", {})]
    told = found.found
    parts = told.made.parts[first]
    top = int(np.argmax(parts))
    return [
        (
            "Highest here: {name} with {score} of 100 points, most of it from {part}.",
            {
                "name": name_at(places, first),
                "score": number(told.score[first], 1),
                "part": say(told.titles[top]),
            },
        ),
        (
            "Under other weights its rank lies between {low} and {high} of {n}.",
            {
                "low": number(told.moved.rank_low[first]),
                "high": number(told.moved.rank_high[first]),
                "n": number(int(np.isfinite(told.score).sum())),
            },
        ),
    ]


def _impact(places: Places, found: Answer, inside: Rows) -> Terms:
    told = found.found
    affected = int(told.made.affected[places.rows[inside]].sum())
    values: dict[str, object] = {"m": number(told.rise_m, 1), "n": number(affected)}
    first = first_of(found, inside)
    if first is None:
        return [("If the rivers rise by {m} m, nobody here is affected.", values)]
    values["name"] = name_at(places, first)
    values["most"] = number(int(told.made.affected[places.rows[first]]))
    return [("If the rivers rise by {m} m, {n} residents are affected, most in {name} ({most}).",
             values)]  # fmt: skip


_TOLD: dict[str, Callable[[Places, Answer, Rows], Terms]] = {
    **dict.fromkeys(("poisson", "gi", "moran"), _signs),
    "clusters": _clusters,
    "ongoing": _clusters,
    "repeat": _repeat,
    "emerging": _course,
    "forecast": _ahead,
    "index": _index,
    "impact": _impact,
}


def source(
    known_sources: tuple[str, ...], data_class: str, asked: Asked, as_of: dt.date | None = None
) -> str:
    """Return where the figures come from, until when, and of which class they are."""
    values = {
        "sources": ("、" if language() == "zh" else ", ").join(known_sources),
        "data_class": data_class,
    }
    if asked.method in UNDATED:
        return say(
            "Source: {sources}; as of {date}; class {data_class}.", date=date(as_of), **values
        )
    return say("Source: {sources}; to {last}; class {data_class}.", last=date(asked.last), **values)
