"""Which search a visitor began for a question: in the session, and in the address for reloading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from cockpit.answers import siting_again, siting_fit, siting_models, siting_runs
from cockpit.answers.siting import Rules
from cockpit.answers.siting_runs import State
from cockpit.ui import cache, placement_cache, state
from cockpit.ui.placement_cache import Asked
from cockpit.ui.placement_choices import Choice
from geodata.errors import CockpitError

GAPS = ("0", "0.001", "0.005", "0.01", "0.05")
"""How near to the best a plan may be to end a search, to choose from."""

_Runs = dict[tuple[Any, ...], tuple[str, dict[str, Any] | None]]
_NONE: _Runs = {}
_MOST = 40
_KEY = re.compile(r"[0-9a-f]{32}")


def remember(choice: Choice, model: str, key: str, given: Mapping[str, Any] | None) -> None:
    """Note the search of a question, rules and model; ``given``: its values, None: not known."""
    runs = dict(state.chosen("placement.solve.runs", _NONE))
    runs.pop(_place(choice, model), None)
    runs[_place(choice, model)] = (key, None if given is None else dict(given))
    state.choose("placement.solve.runs", dict(list(runs.items())[-_MOST:]))


def forget(choice: Choice, model: str) -> None:
    """Note that there is no search."""
    runs = dict(state.chosen("placement.solve.runs", _NONE))
    runs.pop(_place(choice, model), None)
    state.choose("placement.solve.runs", runs)


def _place(choice: Choice, model: str) -> tuple[Any, ...]:
    return (choice.asked, choice.rules, model)


def current(choice: Choice, model: str) -> tuple[str, State | None]:
    """
    Return the search of the question and how far it is; "" and None where none was begun.

    After reloading the address names it: it is looked for among those at work, then in the store.
    """
    named = _in_address(write=False)
    if _place(choice, model) not in state.chosen("placement.solve.runs", _NONE) and named:
        known = _found(choice, named)
        if known is not None and known.model == model and _asks(choice, known):
            remember(choice, model, named, None)
    key, _ = state.chosen("placement.solve.runs", _NONE).get(_place(choice, model), ("", None))
    state.choose("placement.solve.run", key)
    _in_address(write=True)
    return key, _found(choice, key) if key else None


def _in_address(*, write: bool) -> str:
    return state.read(
        "placement.solve.run",
        "",
        address="run",
        check=lambda key: not key or bool(_KEY.fullmatch(key)),
        write=write,
    )


def _found(choice: Choice, key: str) -> State | None:
    known = siting_runs.state(key)
    if known is not None:
        return known
    return _stored(cache.data_version(), cache.visitor_class(), choice.asked, choice.rules, key)


@st.cache_resource(max_entries=16, show_spinner=False)
def _stored(version: str, visitor: str, asked: Asked, rules: Rules, key: str) -> State | None:  # noqa: ARG001
    try:
        return siting_again.stored(placement_cache.ground(asked), rules, key, visitor=visitor)
    except CockpitError:  # it cannot be shown any more: rules or a certificate that no longer hold
        return None


def _asks(choice: Choice, known: State) -> bool:
    """Tell whether a search that the address names is one of this question."""
    if siting_runs.state(known.key) is None:  # the store looked at its question
        return True
    gaps = tuple(float(gap) for gap in GAPS)
    return siting_again.asks(known, placement_cache.ground(choice.asked), choice.rules, gaps=gaps)


def same(choice: Choice, known: State, given: Mapping[str, Any]) -> bool:
    """Tell whether a search was begun with these values."""
    runs = state.chosen("placement.solve.runs", _NONE)
    _, begun_with = runs.get(_place(choice, known.model), ("", None))
    if begun_with is not None:
        return dict(given) == begun_with
    ground = placement_cache.ground(choice.asked)
    try:
        posed = siting_fit.posed_of(ground, choice.rules)
        wanted = siting_models.parameters(known.model, ground, posed, given)
    except CockpitError:  # values that cannot be are not those of a search
        return False
    return wanted == dict(known.parameters)
