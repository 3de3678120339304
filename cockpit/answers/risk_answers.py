"""Each method's result as one ``Answer``: classes, legend, table, sentence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cockpit.answers import (
    risk_clusters,
    risk_flood,
    risk_forecast,
    risk_heat,
    risk_index,
    risk_signs,
)
from cockpit.answers.happenings import Happenings
from cockpit.answers.risk_answer import Answer, Column, Key
from cockpit.answers.risk_heat import CLASSES, NOBODY, NOTHING, SURE, UNSURE
from cockpit.answers.risk_places import Floats, Places
from cockpit.answers.risk_question import Question
from cockpit.answers.risk_signs import (
    COLD,
    HOT,
    ISLAND_HIGH,
    ISLAND_LOW,
    MAYBE_COLD,
    MAYBE_HOT,
    NO_SIGN,
    TOO_LITTLE,
    Signs,
)
from cockpit.risk.emerging import KINDS

SIGN_TITLES = {
    HOT: "more than expected, significant",
    MAYBE_HOT: "more, but may be chance",
    COLD: "less than expected, significant",
    MAYBE_COLD: "less, but may be chance",
    ISLAND_HIGH: "high alone among low",
    ISLAND_LOW: "low alone among high",
    NO_SIGN: "as expected",
    TOO_LITTLE: "too few events to tell",
}
_SIGN_ROLES = {
    HOT: "hot",
    MAYBE_HOT: "maybe hot",
    COLD: "cold",
    MAYBE_COLD: "maybe cold",
    ISLAND_HIGH: "island high",
    ISLAND_LOW: "island low",
    NO_SIGN: "even",
    TOO_LITTLE: "too little",
}
_SIGN_ORDER = (HOT, MAYBE_HOT, ISLAND_HIGH, COLD, MAYBE_COLD, ISLAND_LOW, NO_SIGN, TOO_LITTLE)


def significant(known: Happenings, places: Places, q: Question, test: str) -> Answer:
    """Return the places that a test calls hot or cold."""
    found = risk_signs.signs(known, places, q, test)
    present = set(found.classes.tolist())
    always = {HOT, MAYBE_HOT, NO_SIGN, TOO_LITTLE}
    keys = tuple(
        Key(code, _SIGN_ROLES[code], SIGN_TITLES[code])
        for code in _SIGN_ORDER
        if code in present | always
    )
    words = [SIGN_TITLES[code] for code in found.classes.tolist()]
    columns = (
        Column("Finding", words),
        Column("Events here", found.counted.counts),
        Column("Events here and beside", found.observed),
        Column("Expected there", found.expected, 1),
        Column("Times the expected", _ratio(found.observed, found.expected), 2),
        Column("p", found.p, 4),
        Column("q (share of false ones)", found.q, 4),
    )
    return Answer(
        test, found.classes, keys, columns, _striking(found), found.counted.notes, found,
        found.counted.events,
    )  # fmt: skip


def _striking(found: Signs) -> NDArray[np.intp]:
    """Return the hot places, surest first, then those that may be hot, then the cold ones."""
    rank = {HOT: 0, ISLAND_HIGH: 1, MAYBE_HOT: 2, COLD: 3, ISLAND_LOW: 4, MAYBE_COLD: 5}
    ranks = np.array([rank.get(code, 9) for code in found.classes.tolist()])
    kept = np.flatnonzero(ranks < 9)
    excess = found.observed[kept] - found.expected[kept]
    order = np.lexsort((-np.abs(np.nan_to_num(excess)), np.nan_to_num(found.q[kept]), ranks[kept]))
    return kept[order]


def _ratio(top: Floats, below: Floats) -> Floats:
    found: Floats = np.divide(top, below, out=np.full(len(top), np.nan), where=below > 0)
    return found


# ---------------------------------------------------------------- heat


def heat(
    known: Happenings, places: Places, q: Question, method: str, whole: Question | None = None
) -> Answer:
    """
    Return how often something happens at each place.

    With ``whole``, the period that ``q`` is a part of, the limits of the classes are those of the
    whole period, so that colours of different parts can be compared.
    """
    found = risk_heat.heat_of(known, places, q, method)
    of_all = found if whole is None else risk_heat.heat_of(known, places, whole, method)
    cuts = risk_heat.cuts_of(of_all.values)
    codes = risk_heat.classes(found, cuts)
    columns = (
        Column(_HEAT_TITLES[method], found.values, 1, found.unit),
        Column("Events here", found.counted.counts),
        Column(
            "How sure", ["enough events" if s else "too few events to tell" for s in found.sure]
        ),
    )
    told = np.flatnonzero(np.isfinite(found.values) & (found.values > 0) & found.sure)
    order = told[np.argsort(-found.values[told], kind="stable")]
    return Answer(
        method, codes, _heat_keys(cuts, codes), columns, order, found.notes, found,
        found.counted.events, found.unit,
    )  # fmt: skip


_HEAT_TITLES = {
    "density": "Density",
    "relative": "Density by residents",
    "rate": "Smoothed rate",
}


def _heat_keys(cuts: tuple[float, ...], codes: NDArray[np.uint8]) -> tuple[Key, ...]:
    present = set(codes.tolist())
    keys = []
    for step in range(min(len(cuts) + 1, CLASSES)):
        low = cuts[step - 1] if step else 0.0
        if step < len(cuts):
            values: dict[str, object] = {"low": low, "high": cuts[step]}
            keys.append(Key(SURE + step, f"ramp {step}", "{low} – {high}", values))
        else:
            keys.append(Key(SURE + step, f"ramp {step}", "more than {low}", {"low": low}))
    if present & set(range(UNSURE, UNSURE + CLASSES)):
        keys.append(Key(UNSURE, "unsure", "faint: too few events to be sure"))
    if NOTHING in present:
        keys.append(Key(NOTHING, "even", "none"))
    if NOBODY in present:
        keys.append(Key(NOBODY, "too little", "too few people to tell"))
    return tuple(keys)


def shown_class(code: int) -> int:
    """Return the class that stands in the legend for a class of the map: unsure ones share one."""
    return UNSURE if UNSURE <= code < UNSURE + CLASSES else code


# ---------------------------------------------------------------- over time and ahead


def clusters(known: Happenings, places: Places, q: Question, method: str) -> Answer:
    """Return the places in circles of too many events."""
    found = risk_clusters.clusters(known, places, q, prospective=method == "ongoing")
    codes = risk_clusters.cluster_classes(found, len(places))
    number = np.full(len(places), np.nan)
    for k, one in reversed(list(enumerate(found.several, start=1))):
        number[one.places] = k
    keys = (
        Key(1, "hot", "in a significant cluster"),
        Key(2, "maybe hot", "in a cluster that may be chance"),
        Key(0, "even", "in no cluster"),
    )
    kept = np.flatnonzero(codes > 0)
    order = kept[np.lexsort((number[kept], codes[kept]))]
    columns = (
        Column("Finding", [keys[(1, 2, 0).index(c)].title if c else keys[2].title
                           for c in codes.tolist()]),
        Column("Cluster", number),
        Column("Events here", found.by_place),
    )  # fmt: skip
    return Answer(method, codes, keys, columns, order, found.notes, found, int(found.events))


def near(known: Happenings, places: Places, q: Question, method: str) -> Answer:
    """Return the table of near repeats; the map shows how many events each place had."""
    del method
    found = risk_clusters.repeats(known, places, q)
    base = heat(known, places, q, "density")
    return Answer(
        "repeat", base.classes, base.keys, base.columns, base.order,
        (*base.notes, *found.notes), found, base.events, base.unit,
    )  # fmt: skip


def course(known: Happenings, places: Places, q: Question, method: str) -> Answer:
    """Return how each place's hot spot came, stayed or went."""
    found = risk_clusters.course(known, places, q)
    codes = risk_clusters.course_classes(found)
    present = set(codes.tolist())
    keys = [
        Key(k, f"em {kind}", risk_clusters.COURSE_TITLES[kind])
        for k, kind in enumerate(KINDS, start=1)
        if k in present
    ]
    if risk_clusters.COLD_CODE in present:
        keys.append(Key(risk_clusters.COLD_CODE, "cold", "cold spot of any kind"))
    keys.append(Key(0, "even", "no hot spot now, nor nearly always"))
    titles = {key.code: key.title for key in keys}
    columns = (
        Column("Finding", [titles[c] for c in codes.tolist()]),
        Column("Events here", found.counts.sum(axis=1)),
        Column("Steps in which it was hot", (found.made.signs > 0).sum(axis=1).astype(np.float64)),
        Column("Trend (Mann-Kendall z)", found.made.trend, 2),
        Column("p of the trend", found.made.p, 4),
    )
    hot = np.flatnonzero((codes > 0) & (codes < risk_clusters.COLD_CODE))
    order = hot[np.lexsort((-found.counts[hot].sum(axis=1), codes[hot]))]
    return Answer(method, codes, tuple(keys), columns, order, found.notes, found, found.events)


def ahead(known: Happenings, places: Places, q: Question, method: str) -> Answer:
    """Return the events to be expected in the next 30 days."""
    del method
    found = risk_forecast.ahead(known, places, q)
    per_km2 = _ratio(found.expected, places.area_km2)
    cuts = risk_heat.cuts_of(per_km2)[:2]
    step = np.searchsorted(np.asarray(cuts), np.nan_to_num(per_km2), side="left")
    busy = found.share >= 0.5
    codes = np.where(busy, _BUSY, SURE + step)
    codes = np.where(np.isfinite(per_km2), codes, NOBODY).astype(np.uint8)
    keys = (
        *(key for key in _heat_keys(cuts, codes) if key.code != NOTHING),
        Key(_BUSY, "ramp 3", "among the busiest 5 % of the area"),
    )
    columns = (
        Column("Expected events", found.expected, 2),
        Column("By area", per_km2, 2, _PER_KM2),
        Column("Among the busiest 5 %", found.share * 100, 0, "%"),
        Column("Events here", found.counts),
    )
    order = np.argsort(-np.nan_to_num(per_km2), kind="stable")[: max(50, int(busy.sum()))]
    return Answer(
        "forecast", codes, keys, columns, order, (), found, found.events, _PER_KM2
    )  # fmt: skip


_BUSY = 4
_PER_KM2 = "events per km² in 30 days"


Maker = Callable[[Happenings, Places, Question, str], Answer]
MAKERS: dict[str, Maker] = {
    **dict.fromkeys(risk_signs.TESTS, significant),
    **dict.fromkeys(risk_heat.METHODS, heat),
    "clusters": clusters,
    "ongoing": clusters,
    "repeat": near,
    "emerging": course,
    "forecast": ahead,
}
"""How the answer of each method over events is made."""

Composer = Callable[[Happenings, Places, Question, str, str], Answer]
COMPOSERS: dict[str, Composer] = {"index": risk_index.answer, "impact": risk_flood.answer}
"""How those are made that ask more than events: visitor and options come last."""
