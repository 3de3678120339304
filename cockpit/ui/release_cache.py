"""What the page Release asks the store: exact counts are kept, the ledger is read anew."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from sqlalchemy.orm import Session

from cockpit.access.visitor import Visitor
from cockpit.answers import release as answers
from cockpit.answers import release_acts as acts
from cockpit.answers import release_decision
from cockpit.answers.release import Asked, Draft, GapPlan, LevelPlan
from cockpit.answers.release_budget import Budget
from cockpit.answers.release_decision import Checked
from cockpit.answers.release_store import Published
from cockpit.answers.release_tables import Exact, TableKind, tables
from cockpit.answers.twin import Twin
from cockpit.release.again import Earlier
from cockpit.release.utility import LevelError
from cockpit.settings import settings
from cockpit.store import session as store
from cockpit.ui import visitor


def steward() -> Visitor:
    """Return the visitor; raise ``NotAllowedError`` for anybody but a steward, at every run."""
    who = visitor.now()
    answers.steward(who)
    return who


@st.cache_resource(max_entries=8, show_spinner=False)
def _exact(_twin: Twin, version: str, table: str) -> Exact:  # noqa: ARG001 -- retires old counts
    return acts.exact(_twin, table)


def exact(twin: Twin, table: str) -> Exact:
    """Return the exact counts of a table, for a steward."""
    steward()
    return _exact(twin, twin.version, table)


@st.cache_resource(max_entries=32, show_spinner=False)
def _gaps(
    _twin: Twin, version: str, asked: Asked, small: int, names: tuple[str, ...],  # noqa: ARG001
    _before: tuple[Earlier, ...],
) -> list[GapPlan]:  # fmt: skip
    return answers.gaps(_exact(_twin, version, asked.table), asked, _before)


def gaps(twin: Twin, asked: Asked) -> tuple[list[GapPlan], tuple[str, ...]]:
    """
    Return how much would be hidden, and the public tables that it must not betray, for a steward.

    Thousands of small figures take seconds.
    """
    steward()
    before = acts.beside(twin, _exact(twin, twin.version, asked.table), asked)
    names = tuple(one.id for one in before)
    return _gaps(twin, twin.version, asked, settings().small_count, names, before), names


@st.cache_resource(max_entries=64, show_spinner=False)
def _expected(_twin: Twin, version: str, asked: Asked) -> list[LevelPlan]:
    return answers.expected(_exact(_twin, version, asked.table), asked, answers.area_of(_twin))


def expected(twin: Twin, asked: Asked) -> list[LevelPlan]:
    """Return what noise to expect, for a steward."""
    steward()
    return _expected(twin, twin.version, asked)


def known_tables(twin: Twin) -> tuple[TableKind, ...]:
    """Return what can be released."""
    return tables(twin)


def budget() -> Budget:
    """Return the ledger as it stands now."""
    return acts.budget()


def released() -> tuple[Published, ...]:
    """Return every version that was published, retracted ones too, the newest first."""
    return acts.released()


def drafts() -> Sequence[Draft]:
    """Return the drafts that wait."""
    steward()
    return acts.drafts()


def make(twin: Twin, asked: Asked, *, reason: str, note: str) -> str:
    """Draw and store figures as a draft."""
    return acts.make(twin, asked, reason=reason, note=note, who=steward())


def publish(release: str) -> int:
    """Publish a draft; return its version."""
    return acts.publish(release, who=steward())


def discard(release: str) -> None:
    """Drop a draft."""
    acts.discard(release, who=steward())


def retract(release: str, reason: str) -> None:
    """Take a release back."""
    acts.retract(release, reason=reason, who=steward())


@st.cache_resource(max_entries=16, show_spinner=False)
def _errors(_twin: Twin, version: str, _draft: Draft, draft_id: str) -> tuple[LevelError, ...]:  # noqa: ARG001
    with Session(store.engine()) as db:
        return answers.errors_of(db, _twin, _draft)


def errors(twin: Twin, draft: Draft) -> tuple[LevelError, ...]:
    """Return the errors of a draft, for a steward."""
    steward()
    return _errors(twin, twin.version, draft, draft.id)


@st.cache_resource(max_entries=32, show_spinner=False)
def _checked(
    _twin: Twin, version: str, _draft: Draft, draft_id: str, service: str, places: int  # noqa: ARG001
) -> Checked:  # fmt: skip
    with Session(store.engine()) as db:
        return release_decision.check(db, _twin, _draft, service, places)


def checked(twin: Twin, draft: Draft, service: str, places: int) -> Checked:
    """Return whether a siting would differ on a draft's figures, for a steward."""
    steward()
    return _checked(twin, twin.version, draft, draft.id, service, places)
