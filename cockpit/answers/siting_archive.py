"""Runs of solvers in the store: what was asked, what came out, and the proof."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.scenario_store import class_of, plain_question
from cockpit.answers.siting_figures import figures
from cockpit.answers.siting_ground import Ground
from cockpit.answers.siting_rules import Rules
from cockpit.placement.plan import Plan
from cockpit.store.models import Run
from cockpit.store.session import engine, has_table, require_table

log = logging.getLogger("cockpit")


@dataclass(frozen=True)
class Kept:
    """A run as the store has it."""

    key: str
    ended_at: dt.datetime  # UTC, without zone
    data_version: str
    question: Mapping[str, Any]
    rules: Mapping[str, Any]
    model: str
    parameters: Mapping[str, Any]
    objective: float
    bound: float
    gap: float
    seconds: float
    certificate: str


def keep(
    key: str, ground: Ground, rules: Rules, plan: Plan, open_sites: Any, certificate: str
) -> bool:
    """
    Store a run that has ended; asked before, the one with the smaller gap stays.

    Parameters
    ----------
    key
        What was asked, as ``siting_runs`` names it.
    open_sites
        Positions among the ground's sites.

    Returns
    -------
    bool
        False where the store cannot be written now: the visitor has the plan all the same, and the
        log says why it is not kept.
    """
    reach = ground.reach
    found = figures(ground, ground.layout_of(open_sites))
    try:
        with Session(engine()) as db:
            require_table(db, Run.__tablename__)
            known = db.get(Run, key)
            if known is not None and known.gap <= plan.gap:
                return True
            db.merge(
                Run(
                    key=key,
                    ended_at=dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0),
                    data_version=reach.version,
                    county=str(reach.twin.county["code"]),
                    question=plain_question(reach, ground.q),
                    rules=rules.to_plain(),
                    model=plan.model,
                    parameters=dict(plan.parameters),
                    objective=plan.objective,
                    bound=plan.bound,
                    gap=plan.gap,
                    seconds=plan.seconds,
                    certificate=certificate,
                    data_class=class_of(db, found, rules),
                )
            )
            db.commit()
    except SQLAlchemyError as error:
        log.warning("the run %s is not kept: %s", key[:12], error)
        return False
    return True


def kept(key: str, *, visitor: str) -> Kept | None:
    """Return a run from the store; None for one that is not there or above the visitor's class."""
    with Session(engine()) as db:
        if not has_table(db, Run.__tablename__):
            return None
        row = db.execute(select(Run).where(Run.key == key)).scalar_one_or_none()
        if row is None or not may_see(visitor, row.data_class):
            return None
        names = Kept.__dataclass_fields__
        return Kept(**{name: getattr(row, name) for name in names})
