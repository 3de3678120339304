"""The card of the forecast: what it is for, what it is made from, what it must not be used for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.risk.forecast_parts import Part

CARD_TITLES = {
    "purpose": "Purpose",
    "data": "Data",
    "method": "Method",
    "limits": "Limits",
    "fairness": "Fairness",
}
KIND_TITLES = {
    "long-term": "What happened here over the years",
    "repeats": "It happened here again and again",
    "recent": "What happened nearby in the last weeks",
    "people": "People living here, at the rate around",
    "everywhere": "The same everywhere",
}


@dataclass(frozen=True)
class CardLine:
    """One paragraph of the card: a title's id, a template and what fills it."""

    title: str  # key of CARD_TITLES
    template: str
    values: dict[str, object]


def card_lines(
    shares: Sequence[tuple[Part, float]],
    n_events: int,
    n_periods: int,
    with_people: bool,
    n_outside: int,
) -> tuple[CardLine, ...]:
    """Return the card of one forecast; numbers of this forecast stand in the templates' values."""
    of = dict.fromkeys(KIND_TITLES, 0.0)
    for part, share in shares:
        of[part.kind] += share
    percent = {kind.replace("-", "_"): f"{share:.0%}" for kind, share in of.items()}
    return (
        CardLine("purpose", PURPOSE, {}),
        CardLine("data", DATA, {"n": n_events, "n_outside": n_outside}),
        CardLine("data", PEOPLE if with_people else NO_PEOPLE, {}),
        CardLine("method", METHOD, dict(percent)),
        CardLine("method", LEARNT if n_periods else NOT_LEARNT, {"n": n_periods}),
        CardLine("limits", LIMITS, {}),
        CardLine("fairness", FAIRNESS, {}),
    )


PURPOSE = (
    "Shows where events of this kind are to be expected in the next period, so that patrols, "
    "visits and repairs can be planned by place."
)
DATA = (
    "Made from {n} events that were reported before the period; {n_outside} more lie outside the "
    "area and are not used."
)
PEOPLE = "People are counted where they live, not where they are by day."
NO_PEOPLE = "Made without numbers of people, because none were given."
METHOD = (
    "A sum of parts: the long term {long_term}, places where it happens again and again {repeats}, "
    "the last weeks {recent}, people at the rate around {people}, the same everywhere {everywhere}."
)
LEARNT = (
    "The shares of the parts are those that would have foretold {n} earlier periods best, each "
    "seen from before it."
)
NOT_LEARNT = "The past is too short to learn the shares of the parts, so all parts count alike."
LIMITS = (
    "It repeats the past: a new building site, a changed road or a new way of counting is not "
    "foreseen. The interval of a place holds about nine of ten outcomes, not all."
)
FAIRNESS = (
    "Reports follow where people report and where patrols go, so a place may look quiet because "
    "nobody reports there. It speaks of places, never of persons, and must not be used to judge "
    "anybody."
)
TEMPLATES = (PURPOSE, DATA, PEOPLE, NO_PEOPLE, METHOD, LEARNT, NOT_LEARNT, LIMITS, FAIRNESS)
