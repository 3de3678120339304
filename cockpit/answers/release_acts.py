"""Releases for pages and commands: each act in a session of its own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from cockpit.access.visitor import Visitor
from cockpit.answers import release as answers
from cockpit.answers import release_budget, release_store, release_tables, release_write
from cockpit.answers.release import Asked, Draft
from cockpit.answers.release_budget import Budget
from cockpit.answers.release_store import Published
from cockpit.answers.release_tables import Exact
from cockpit.answers.twin import Twin
from cockpit.release.again import Earlier
from cockpit.store.session import engine


def budget() -> Budget:
    """Return the ledger as it stands now."""
    with Session(engine()) as db:
        now = release_write.utc_now()
        return release_budget.budget_of(db, release_store.county_code(db), now=now)


def drafts() -> Sequence[Draft]:
    """Return the drafts that wait, for a steward."""
    with Session(engine()) as db:
        return [answers.draft(db, one) for one in release_write.drafts(db)]


def released() -> tuple[Published, ...]:
    """Return every version that was published, retracted ones too, the newest first."""
    found = release_store.published(retracted=True)
    every = {one.id: one for first in found for one in release_store.all_versions(first.series)}
    return tuple(sorted(every.values(), key=lambda one: (one.published, one.version), reverse=True))


def exact(county: Twin, table: str) -> Exact:
    """Return the exact counts of a table, for a steward."""
    with Session(engine()) as db:
        return release_tables.exact_of(db, county, table)


def beside(county: Twin, counted: Exact, asked: Asked) -> tuple[Earlier, ...]:
    """Return what readers would hold beside figures without noise, for a steward."""
    with Session(engine()) as db:
        kind = release_tables.table_kind(county, asked.table)
        return answers.beside(db, county, kind, counted.down_to(asked.lowest))


def make(county: Twin, asked: Asked, *, reason: str, note: str, who: Visitor | str) -> str:
    """Draw and store figures as a draft; see ``release.make``."""
    with Session(engine()) as db:
        return answers.make(db, county, asked, reason=reason, note=note, who=who)


def publish(release: str, *, who: Visitor | str) -> int:
    """Publish a draft; return its version."""
    answers.steward(who)
    with Session(engine()) as db:
        return release_write.publish(db, release, who=who)


def discard(release: str, *, who: Visitor | str) -> None:
    """Drop a draft."""
    answers.steward(who)
    with Session(engine()) as db:
        release_write.discard(db, release, who=who)


def retract(release: str, *, reason: str, who: Visitor | str) -> None:
    """Take a release back."""
    answers.steward(who)
    with Session(engine()) as db:
        release_write.retract(db, release, reason=reason, who=who)
