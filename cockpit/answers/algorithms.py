"""The register of algorithms: a card for every model that any page uses, made from the registries.

Titles, notes and limits that a registry has are taken from there; the rest stands in
``algorithms_texts``. A model of a registry without a card is told by ``missing``, which must be
empty.
"""

from __future__ import annotations

import hashlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import cockpit.appeals
import cockpit.release
from cockpit.answers import alert_rules, coverage, release_store, risk_methods
from cockpit.answers import algorithms_texts as texts
from cockpit.answers.algorithms_texts import GROUPS, Own
from cockpit.answers.open_county_places import open_places
from cockpit.appeals import card as topics
from cockpit.coverage import catchments
from cockpit.locale import translate
from cockpit.placement.models import MODELS
from cockpit.risk import forecast_card

ROOT = Path(__file__).resolve().parents[2]

COVERAGE_ANSWERS: Mapping[str, str] = {
    "access_scores": "", "capacity": "capacity", "causes": "causes", "curve": "nearest",
    "equity": "equity", "facilities": "nearest", "health_check": "standards",
    "isochrones": "nearest", "referral": "referral", "sensitivity": "sensitivity",
    "summary": "nearest", "supply": "supply", "villages": "nearest", "within": "nearest",
    "worst_villages": "nearest", "allowed_groups": "", "question": "", "standards_of": "",
    "towards_of": "",
}  # fmt: skip
"""Function of the coverage answers -> card; "" computes nothing (scores have methods)."""
APPEALS_PARTS: Mapping[str, str] = {
    "card": "topics", "causes": "topics", "grams": "topics", "likeness": "repeats",
    "masks": "masks", "model": "topics", "names": "masks", "phrases": "rising",
    "repeats": "repeats", "rising": "rising", "scheme": "topics", "text": "topics",
    "trial": "topics", "urgency": "urgency",
}  # fmt: skip
"""Module of ``cockpit.appeals`` -> card that speaks of it."""
RELEASE_PARTS: Mapping[str, str] = {
    "again": "suppress", "attack": "suppress", "budget": "noise", "complement": "suppress",
    "consistent": "consistent",
    "decision_check": "utility", "margins": "noise", "noise": "noise", "offered": "offered",
    "partitions": "noise", "release": "noise", "suppress": "suppress", "tree": "consistent",
    "utility": "utility",
}  # fmt: skip
"""Module of ``cockpit.release`` -> card that speaks of it."""
_FORECAST = "forecast"


@dataclass(frozen=True)
class Card:
    """What one model is for, what it is made from, and where it ends; all texts are msgids."""

    id: str  # group:name
    group: str
    title: str
    purpose: str
    data: str
    method: str
    source: str
    limits: tuple[str, ...]
    fairness: str
    measured: str  # how good it is, or that this is not public
    contact: str
    pages: tuple[str, ...]
    version: str  # digest of its source code
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Fact:
    """A public figure about a model: a sentence (an English template) and its values."""

    template: str
    values: Mapping[str, Any]


def registries() -> dict[str, tuple[str, ...]]:
    """Return the models in use by registry, as ids of the cards that they need."""
    return {
        "cockpit.coverage.catchments.METHODS": _ids("coverage", catchments.METHODS),
        "cockpit.answers.coverage": _ids(
            "coverage", _parts(COVERAGE_ANSWERS, [n for n in coverage.__all__ if n.islower()])
        ),
        "cockpit.placement.models.MODELS": _ids("placement", MODELS),
        "cockpit.answers.risk_methods.METHODS": _ids("risk", risk_methods.METHODS),
        "cockpit.answers.alert_rules.METHODS": _ids("warning", alert_rules.METHODS),
        "cockpit.answers.alert_rules.BASELINES": _ids("warning", alert_rules.BASELINES),
        "cockpit.appeals": _ids("appeals", _parts(APPEALS_PARTS, _modules(cockpit.appeals))),
        "cockpit.release": _ids("release", _parts(RELEASE_PARTS, _modules(cockpit.release))),
        "geodata": ("base:travel", "base:areal", "coverage:closures"),
    }


def cards() -> tuple[Card, ...]:
    """Return all cards, in the order of the groups; without what is known of this county only."""
    return tuple(sorted(_cards(), key=lambda one: list(GROUPS).index(one.group)))


def cards_here() -> tuple[Card, ...]:
    """Return all cards with the public figures of this county: the ± of what was released."""
    facts = tuple(
        Fact(
            "{title}: ±{margin} for the county, published {date}.",
            {"title": release.title, "title_en": release.title_en, "date": release.published.date(),
             "margin": max(m for (level, _), m in release.margins.items() if level == "county")},
        )
        for release in release_store.published()
        if any(level == "county" for level, _ in release.margins)
    )  # fmt: skip
    named = {texts.CONTACT: texts.CONTACT if _has_contact() else texts.NO_CONTACT}
    return tuple(
        replace(
            one,
            facts=facts if one.id == "release:noise" else one.facts,
            contact=named.get(one.contact, one.contact),
        )
        for one in cards()
    )


def _has_contact() -> bool:
    places = open_places()
    return places is not None and bool(places.county.get("contact"))


def missing() -> list[str]:
    """Return the models in use that have no card."""
    there = {one.id for one in cards()}
    return [id_ for ids in registries().values() for id_ in ids if id_ not in there]


def as_plain(language: str) -> list[dict[str, Any]]:
    """Return the cards as JSON knows them, in a language."""

    def say(text: str) -> str:
        return translate(text, language) if text else ""

    return [
        {
            "id": one.id,
            "group": say(GROUPS[one.group].title),
            **{k: say(getattr(one, k)) for k in ("title", "purpose", "data", "method", "source")},
            "limits": [say(limit) for limit in one.limits],
            **{k: say(getattr(one, k)) for k in ("fairness", "measured", "contact")},
            "facts": [fact_words(fact, language) for fact in one.facts],
            "pages": list(one.pages),
            "version": one.version,
        }
        for one in cards_here()
    ]


def fact_words(fact: Fact, language: str) -> str:
    """Return a fact as a sentence."""
    title = fact.values["title_en"] if language == "en" else fact.values["title"]
    return translate(fact.template, language, **{**fact.values, "title": title})


def _ids(group: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{group}:{name}" for name in names if name))


def _parts(known: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """Return the cards of parts; a part that nobody has put to a card asks for one of its own."""
    return [known.get(name, name) for name in names]


def _modules(package: Any) -> list[str]:
    return [module.name for module in pkgutil.iter_modules(package.__path__)]


@cache
def _cards() -> tuple[Card, ...]:
    return (
        *_coverage(),
        *_placement(),
        *_risk(),
        *(_card("warning", name, own) for name, own in texts.ALERTS.items()),
        *(_card("overview", name, own) for name, own in texts.OVERVIEW.items()),
        *(_card("views", name, own) for name, own in texts.VIEWS.items()),
        *_appeals(),
        *(_card("release", name, own) for name, own in texts.RELEASE.items()),
        *(_card("base", name, own) for name, own in texts.BASE.items()),
    )


def _coverage() -> list[Card]:
    scores = [
        Own(method.title, texts.COVERAGE_PURPOSE, texts.COVERAGE_METHOD,
            texts.COVERAGE_SOURCES[name], method.note)
        for name, method in catchments.METHODS.items()
        if name in texts.COVERAGE_SOURCES
    ]  # fmt: skip
    named = [name for name in catchments.METHODS if name in texts.COVERAGE_SOURCES]
    return [
        *(_card("coverage", name, own) for name, own in texts.PANELS.items()),
        *(_card("coverage", name, own) for name, own in zip(named, scores, strict=True)),
    ]


def _placement() -> list[Card]:
    return [
        _card(
            "placement",
            name,
            Own(MODELS[name].title, MODELS[name].note, texts.PLACEMENT_METHOD, source, limit),
        )
        for name, (source, limit) in texts.PLACEMENT_SOURCES.items()
        if name in MODELS
    ]


def _risk() -> list[Card]:
    made = []
    for name, method in risk_methods.METHODS.items():
        fairness = forecast_card.FAIRNESS if name == _FORECAST else ""
        own = Own(method.title, texts.RISK_PURPOSES.get(method.about, ""), method.how,
                  method.source, method.limits, fairness)  # fmt: skip
        if name == _FORECAST:
            own = replace(own, purpose=forecast_card.PURPOSE)
        if own.purpose:
            made.append(_card("risk", name, own))
    return made


def _appeals() -> list[Card]:
    first = texts.APPEALS["topics"]
    learned = replace(
        first, purpose=topics.PURPOSE, method=texts.TOPICS_METHOD, fairness=topics.FAIRNESS
    )
    made = _card("appeals", "topics", learned)
    limits = (*topics.LIMITS, *GROUPS["appeals"].limits)
    others = {name: own for name, own in texts.APPEALS.items() if name != "topics"}
    return [
        replace(made, limits=limits, contact=topics.CONTACT),
        *(_card("appeals", name, own) for name, own in others.items()),
    ]


def _card(group: str, name: str, own: Own) -> Card:
    shared = GROUPS[group]
    return Card(
        id=f"{group}:{name}",
        group=group,
        title=own.title,
        purpose=own.purpose,
        data=shared.data,
        method=own.method,
        source=own.source,
        limits=tuple(limit for limit in (own.limits, *shared.limits) if limit),
        fairness=own.fairness or shared.fairness,
        measured=shared.measured,
        contact=texts.CONTACT,
        pages=shared.pages,
        version=_digest(shared.folder),
    )


@cache
def _digest(folder: str) -> str:
    """Return the beginning of the sha256 of a folder's Python files, by name and content."""
    found = hashlib.sha256()
    for path in sorted((ROOT / folder).rglob("*.py")):
        found.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]
