"""Answers of the page Placement, kept for all visitors by everything that changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st
from sqlalchemy.orm import Session

from cockpit.answers import scenario_store, siting, siting_advice, siting_figures
from cockpit.answers.coverage_question import allowed_groups, question
from cockpit.answers.coverage_results import Question
from cockpit.answers.siting import Ground, Layout, Rules
from cockpit.answers.siting_advice import Move, Standing, WhyNot
from cockpit.answers.siting_figures import Figures
from cockpit.coverage.services import SERVICES
from cockpit.settings import settings
from cockpit.store import session as store
from cockpit.ui import cache
from cockpit.ui import visitor as visitors

if TYPE_CHECKING:
    from cockpit.ui.placement_proven import Proof


class Asked(NamedTuple):
    """What is asked of the county: the unit by its code, so that it can stand in an address."""

    service: str
    mode: str
    minutes: float
    group: str
    unit: str


def groups() -> tuple[str, ...]:
    """Return the groups of people counted here that the visitor may see."""
    return allowed_groups(cache.reach(), cache.visitor_class())


def default_group(service: str) -> str:
    """Return the group that a service is for; all residents where nobody has counted it."""
    wanted = SERVICES[service].group
    return wanted if wanted in groups() else "people"


def asked_of(asked: Asked) -> Question:
    """Return the checked question; an ``InputError`` names what is wrong with it."""
    known = cache.reach()
    return question(
        known,
        asked.service,
        mode=asked.mode,
        minutes=asked.minutes,
        group=asked.group,
        unit=known.twin.position(asked.unit),
        visitor=cache.visitor_class(),
        small_count=settings().small_count,
    )


@st.cache_resource(max_entries=12, show_spinner=False)
def _ground(version: str, visitor: str, asked: Asked) -> Ground:  # noqa: ARG001
    return siting.ground_of(cache.reach(), asked_of(asked))


def ground(asked: Asked) -> Ground:
    """Return people, facilities and cells of a question."""
    return _ground(cache.data_version(), cache.visitor_class(), asked)


@st.cache_resource(max_entries=256, show_spinner=False)
def _figures(
    version: str,  # noqa: ARG001
    visitor: str,  # noqa: ARG001
    asked: Asked,
    key: str,  # noqa: ARG001 -- stands for the layout
    _layout: Layout,
) -> Figures:
    return siting_figures.figures(ground(asked), _layout)


def figures(asked: Asked, layout: Layout) -> Figures:
    """
    Return what a plan changes.

    An ``InputError`` names a site that there is not, or refuses people too few to be shown.
    """
    siting.require_told(ground(asked))
    return _figures(cache.data_version(), cache.visitor_class(), asked, layout.key(), layout)


def save(found: Figures, rules: Rules, proof: Proof | None, *, name: str, note: str) -> str:
    """
    Store a plan as a scenario of the visitor, with its proof where it has one.

    Returns its name and version. A visitor whose roles do not plan is refused.
    """
    visitors.require("plan")
    author = visitors.signature()
    given = {} if proof is None else proof._asdict()
    with Session(store.engine()) as db:
        kept = scenario_store.save(db, found, rules, name=name, author=author, note=note, **given)
    return kept.title


def newest_version(name: str) -> int:
    """Return the newest version of a scenario's name that the visitor may see; 0: none."""
    with Session(store.engine()) as db:
        known = scenario_store.versions(db, name, visitor=cache.visitor_class())
    return max((one.version for one in known), default=0)


@st.cache_resource(max_entries=256, show_spinner=False)
def _next_move(
    version: str,  # noqa: ARG001
    visitor: str,  # noqa: ARG001
    asked: Asked,
    rules: Rules,
    key: str,  # noqa: ARG001 -- stands for the layout
    aim: str,
    kind: str,
    _layout: Layout,
) -> Move | None:
    return siting_advice.next_move(ground(asked), rules, _layout, aim, kind=kind)  # type: ignore[arg-type]


def next_move(asked: Asked, rules: Rules, layout: Layout, aim: str, kind: str) -> Move | None:
    """Return the one change of a kind that brings most; None when none does."""
    version, visitor = cache.data_version(), cache.visitor_class()
    found = _next_move(version, visitor, asked, rules, layout.key(), aim, kind, layout)
    _warm().add((version, visitor, asked, rules))
    return found


def standing(asked: Asked, rules: Rules, layout: Layout, aim: str) -> Standing:
    """Return how near a plan comes to the best; not kept, for the search goes on."""
    found = siting_advice.standing(ground(asked), rules, layout, aim)  # type: ignore[arg-type]
    _warm().add((cache.data_version(), cache.visitor_class(), asked, rules))
    return found


def why_not(
    asked: Asked, rules: Rules, layout: Layout, cell: str, aim: str, *, search: bool
) -> WhyNot:
    """Return what a site in a cell would bring, and with ``search`` what insisting costs."""
    return siting_advice.why_not(ground(asked), rules, layout, cell, aim, search=search)  # type: ignore[arg-type]


@st.cache_resource(max_entries=1, show_spinner=False)
def _warm() -> set[tuple[str, str, Asked, Rules]]:
    return set()


def is_warm(asked: Asked, rules: Rules) -> bool:
    """Tell whether advice on a question is quick: all its ways have been read before."""
    return (cache.data_version(), cache.visitor_class(), asked, rules) in _warm()


@st.cache_resource(max_entries=8, show_spinner=False)
def _site_names(version: str, visitor: str, asked: Asked, language: str) -> dict[str, str]:  # noqa: ARG001
    known = ground(asked)
    regions = known.reach.twin.regions.iloc[known.reach.rows[known.site_cells]]
    title = "name_en" if language == "en" else "name"
    cells = regions[title].fillna("").astype(str).where(lambda t: t != "", regions["name"])
    today = known.reach.facilities["name"].iloc[known.facilities].astype(str)
    return dict(zip(known.sites, [*today, *cells], strict=True))


def site_names(asked: Asked, language: str) -> dict[str, str]:
    """Return what every site is called, facilities of today first, then all cells."""
    return _site_names(cache.data_version(), cache.visitor_class(), asked, language)
