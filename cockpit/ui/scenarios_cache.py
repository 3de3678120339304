"""Answers of the page Scenarios, kept for all visitors by everything that changes them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from sqlalchemy.orm import Session

from cockpit.answers import scenarios as saved
from cockpit.answers.scenario_files import Imported, import_
from cockpit.answers.scenarios import Comparison, Reopened, Scenario
from cockpit.answers.siting_figures import Figures
from cockpit.answers.siting_front import FrontPoint
from cockpit.answers.siting_front_proof import said_of
from cockpit.answers.siting_rules import Rules
from cockpit.store import session as store
from cockpit.ui import cache
from cockpit.ui import visitor as visitors
from cockpit.ui.words import language
from geodata.errors import CockpitError


def listing() -> tuple[Scenario, ...]:
    """Return the newest version of each scenario that the visitor may see, the last saved first."""
    with Session(store.engine()) as db:
        return saved.scenarios(db, visitor=cache.visitor_class())


def versions(name: str) -> tuple[Scenario, ...]:
    """Return all versions of a name, archived ones too, newest first."""
    with Session(store.engine()) as db:
        return saved.versions(db, name, visitor=cache.visitor_class())


def archive(number: int, *, archived: bool = True) -> None:
    """Take a scenario off the list, or put it back."""
    visitors.require("plan")
    with Session(store.engine()) as db:
        saved.archive(db, number, visitor=cache.visitor_class(), archived=archived)


def save(found: Figures, rules: Rules, point: FrontPoint, *, name: str, note: str) -> Scenario:
    """Store the plan of a point of the front under a name, with what proves it."""
    visitors.require("plan")
    said = said_of(found.ground, rules, point)
    with Session(store.engine()) as db:
        return saved.save(
            db, found, rules, name=name, author=visitors.signature(), note=note,
            model=said.model, parameters=said.parameters, certificate=said.certificate,
        )  # fmt: skip


def import_file(content: bytes) -> Imported:
    """Store the scenario of a file; an ``InputError`` says what is wrong with it."""
    visitors.require("plan")
    with Session(store.engine()) as db:
        return import_(
            db, cache.reach(), content, author=visitors.signature(), visitor=cache.visitor_class(),
            language=language(),
        )  # fmt: skip


@dataclass(frozen=True)
class Opened:
    """A saved scenario on today's data, or why it cannot be opened."""

    scenario: Scenario
    found: Reopened | None
    error: CockpitError | None


@st.cache_resource(max_entries=64, show_spinner=False)
def _opened(version: str, visitor: str, number: int, digest: str, _scenario: Scenario) -> Opened:  # noqa: ARG001
    try:
        found = saved.reopened(cache.reach(), _scenario, visitor=visitor)
    except CockpitError as error:
        return Opened(_scenario, None, error)
    return Opened(_scenario, found, None)


def opened(scenario: Scenario) -> Opened:
    """Return a scenario with its figures on the data of today."""
    return _opened(
        cache.data_version(), cache.visitor_class(), scenario.id, scenario.digest, scenario
    )


@st.cache_resource(max_entries=24, show_spinner=False)
def _comparison(
    version: str,  # noqa: ARG001
    visitor: str,
    digests: tuple[str, ...],  # noqa: ARG001 -- stand for the scenarios
    _chosen: tuple[Scenario, ...],
) -> Comparison:
    return saved.compared(cache.reach(), _chosen, visitor=visitor)


def comparison(chosen: tuple[Scenario, ...]) -> Comparison:
    """Return scenarios side by side; an ``InputError`` says why they cannot be compared."""
    digests = tuple(f"{s.id} {s.digest}" for s in chosen)
    return _comparison(cache.data_version(), cache.visitor_class(), digests, chosen)
