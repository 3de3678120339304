"""The proof that is kept with a plan: of the search it came from, or of the best beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cockpit.answers import siting_archive, siting_runs
from cockpit.answers.siting import Layout
from cockpit.ui import cache, placement_cache, placement_choices, state
from cockpit.ui.placement_choices import Choice
from geodata.errors import CockpitError

_ENDED = ("done", "stopped")


class Proof(NamedTuple):
    """What a search proves: its model, what it was given, and its certificate."""

    model: str
    parameters: Mapping[str, Any]
    certificate: str


def take(choice: Choice, layout: Layout, key: str) -> None:
    """Put the plan of a search on the map, and remember which search it came from."""
    placement_choices.change(layout)
    state.choose("placement.proven", (key, choice.asked, choice.rules, layout.key()))


def proof_of(choice: Choice) -> Proof | None:
    """
    Return the proof that belongs to the plan on the map; None where there is none.

    A plan as a search left it, under the question and the rules of that search, has that search's.
    Any other has that of the best plan it is compared with, once that search has ended and unless
    the plan breaks rules: a certificate holds for the rules that it names.
    """
    kept: tuple[Any, ...] = state.chosen("placement.proven", ("",))
    key, asked = kept[0], list(kept[1:])
    if key and asked == [choice.asked, choice.rules, choice.layout.key()]:
        found = _proof(key)
        if found is not None:
            return found
    try:
        known = placement_cache.standing(choice.asked, choice.rules, choice.layout, choice.aim)
    except CockpitError:  # no best to compare with, so nothing that proves
        return None
    return None if known.broken or not known.key else _proof(known.key)


def _proof(key: str) -> Proof | None:
    """Return what a search that has ended proves; None: it has no certificate to hand out."""
    found, visitor = siting_runs.state(key), cache.visitor_class()
    if found is not None and (found.status not in _ENDED or found.plan is None):
        return None
    try:
        if found is not None:
            return Proof(
                found.model, found.parameters, siting_runs.certificate(key, visitor=visitor)
            )
        kept = siting_archive.kept(key, visitor=visitor)
    except CockpitError:  # a count that is not shown would be told by it: the plan goes without
        return None
    return None if kept is None else Proof(kept.model, kept.parameters, kept.certificate)
