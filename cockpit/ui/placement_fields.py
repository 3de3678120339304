"""What a model asks for, as widgets by kind; what the visitor enters outlives the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from cockpit.answers import siting_models
from cockpit.answers.siting import Rules
from cockpit.answers.siting_models import Field
from cockpit.ui import cache, placement_cache, placement_rows, state
from cockpit.ui.placement_cache import Asked
from cockpit.ui.words import language, name_of, number, say

PER_CENT = ("floor",)
"""Shares that planners say in per cent; a Gini and a weight are said as 0 to 1."""

_WIDTH = 210
_ENDLESS = 1e12


@st.cache_resource(max_entries=64, show_spinner=False)
def _fields(
    version: str,  # noqa: ARG001
    visitor: str,  # noqa: ARG001
    asked: Asked,
    rules: Rules,
    model: str,
) -> tuple[Field, ...]:
    return siting_models.fields(model, placement_cache.ground(asked), rules)


def fields(asked: Asked, rules: Rules, model: str) -> tuple[Field, ...]:
    """Return what a model asks for here."""
    return _fields(cache.data_version(), cache.visitor_class(), asked, rules, model)


def values(asked: Asked, rules: Rules, model: str) -> dict[str, Any]:
    """Show the fields of a model; return a value for each."""
    wanted = fields(asked, rules, model)
    small = [field for field in wanted if field.kind in _NUMBERS]
    found: dict[str, Any] = {}
    if small:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            found = {field.id: _NUMBERS[field.kind](_name(model, field), field) for field in small}
    for field in wanted:
        if field.kind not in _NUMBERS:
            found[field.id] = _table(asked, _name(model, field), field)
    return {field.id: found[field.id] for field in wanted}


def _name(model: str, field: Field) -> str:
    return f"placement.solve.{model}.{field.id}"


def _help(field: Field) -> str | None:
    return say(field.help) if field.help else None


def _remembered(
    name: str, default: Any, low: float, high: float, address: str = ""
) -> dict[str, Any]:
    def fits(value: Any) -> bool:
        return default is None if value is None else low <= value <= high

    return state.remembered(name, default, check=fits, address=address)


def _count(name: str, field: Field) -> int:
    low = int(field.low or 0)
    high = max(int(field.high) if field.high is not None else 1_000_000, low)
    return int(
        st.number_input(
            say(field.title),
            min_value=low,
            max_value=high,
            step=int(field.step or 1),
            width=_WIDTH,
            help=_help(field),
            **_remembered(name, min(max(int(field.default), low), high), low, high, field.id),
        )
    )


def _amount(name: str, field: Field) -> float | None:
    """Show a number that need not be whole; where it may be left out, None is."""
    scale = 100.0 if field.id in PER_CENT else 1.0
    low = float(field.low or 0) * scale
    high = float(field.high) * scale if field.high is not None else _ENDLESS
    default = None if field.default is None else float(field.default) * scale
    found = st.number_input(
        say("{what}, %", what=say(field.title)) if scale > 1 else say(field.title),
        value=None if default is None else "min",
        min_value=low,
        max_value=high,
        step=float(field.step) * scale if field.step else None,
        format="%.0f" if scale > 1 or (field.step or 0) >= 10 else None,
        width=_WIDTH,
        placeholder=say("no bound"),
        help=_help(field),
        **_remembered(name, default, low, high),
    )
    return None if found is None else float(found) / scale


def _choice(name: str, field: Field) -> str:
    titles = dict(field.choices)
    return str(
        st.selectbox(
            say(field.title),
            list(titles),
            format_func=lambda c: say(titles[c]) if c in titles else str(c),
            placeholder=say(field.title),
            width=_WIDTH + 80,
            help=_help(field),
            **state.remembered(name, field.default, allowed=titles, address=field.id),
        )
    )


_NUMBERS: Mapping[str, Callable[[str, Field], Any]] = {
    "count": _count,
    "minutes": _amount,
    "money": _amount,
    "share": _amount,
    "choice": _choice,
}


def _table(asked: Asked, name: str, field: Field) -> Any:
    """Show a field of several rows under its title."""
    titles = {key: say(title) for key, title in field.choices}
    if field.kind == "order":
        return placement_rows.order(name, field.default, titles, say(field.title))
    st.markdown(say(field.title), help=_help(field))
    if field.kind == "sizes":
        return placement_rows.sizes(name, field.default)
    if field.kind == "targets":
        return placement_rows.targets(name, field.default, titles, townships(asked))
    most = int(field.high) if field.high is not None else 100_000
    return placement_rows.years(name, field.default, _year, most=most)


def _year(k: int) -> str:
    return say("Year {n}", n=number(k + 1))


@st.cache_resource(max_entries=8, show_spinner=False)
def _townships(version: str, visitor: str, asked: Asked, tongue: str) -> dict[str, str]:  # noqa: ARG001
    known = placement_cache.ground(asked)
    regions = known.reach.twin.regions.iloc[known.township_rows]
    return {str(row["code"]): name_of(row) for _, row in regions.iterrows()}


def townships(asked: Asked) -> dict[str, str]:
    """Return the townships of a question: names by code, in the order of their numbers."""
    return _townships(cache.data_version(), cache.visitor_class(), asked, language())
