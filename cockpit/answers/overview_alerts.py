"""Open alerts for the overview: which stand, how many stood before, and where they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cockpit.access.classes import highest
from cockpit.answers import alerts
from cockpit.answers.alert_ledger import entries
from cockpit.answers.alert_rules import class_of, classes_in
from cockpit.answers.alert_stories import Story, of_exercise, open_rules
from cockpit.answers.alert_tables import LEVEL_TITLES
from cockpit.answers.overview_events import standing_changes
from cockpit.answers.overview_parts import Headline
from cockpit.answers.twin import Twin
from cockpit.risk.rules import LEVELS
from cockpit.store.models import Event, Reading, Sensor
from cockpit.store.models_live import Alert, AlertEntry
from cockpit.store.session import engine, has_table


@dataclass(frozen=True)
class Standing:
    """What stands open in a unit."""

    stories: tuple[Story, ...]  # loud warnings, the gravest first
    muted: int  # warnings that somebody has made quiet
    faulty: frozenset[str]  # ids of sensors that cannot be trusted
    headline: Headline | None  # None: no rule warns yet


def state() -> int:
    """Return the newest line of the ledger of alerts: it changes whenever an alert does."""
    with Session(engine()) as db:
        if not has_table(db, AlertEntry.__tablename__):
            return 0
        return int(db.execute(select(func.coalesce(func.max(AlertEntry.seq), 0))).scalar_one())


def standing(county: Twin, visitor: str, unit: int) -> Standing:
    """Return the alerts of a unit (a row of the whole county) that a visitor may see."""
    found = [s for s in alerts.open_alerts(visitor) if _inside(county, s.region_code, unit)]
    warnings = [s for s in found if s.kind != "fault" and s.level > 0]
    loud = tuple(s for s in warnings if s.muted_until is None)
    faulty = frozenset(s.subject for s in found if s.kind == "fault")
    headline = _headline(county, visitor, unit, warnings, len(faulty))
    return Standing(loud, len(warnings) - len(loud), faulty, headline)


def _inside(county: Twin, code: str | None, unit: int) -> bool:
    if unit == 0:
        return True
    known = county.regions.attrs["rows"]
    return code in known and county.path(known[code]).startswith(county.path(unit))


def _headline(
    county: Twin, visitor: str, unit: int, warnings: list[Story], faults: int
) -> Headline | None:
    now = alerts.now()
    with Session(engine()) as db:
        if now is None or not has_table(db, Alert.__tablename__):
            return None
        rules = open_rules(db, visitor)
        if not rules:
            return None
        classes = classes_in(db)
        told_class = highest(class_of(r, classes) for r in rules.values())
        rows = db.execute(
            select(Alert.id, Alert.region_code, Alert.opened, Alert.closed).where(
                Alert.rule_id.in_(rules), Alert.kind != "fault"
            )
        ).all()
        exercises = _exercises(db)
        first = _begin(db) or now.date()
    mine = [r for r in rows if r.id not in exercises and _inside(county, r.region_code, unit)]
    opened = np.array([r.opened for r in mine], dtype="datetime64[s]")
    closed = np.array([r.closed for r in mine], dtype="datetime64[s]")

    def at(moment: dt.datetime) -> float | None:
        if moment.date() < first:
            return None
        when = np.datetime64(moment, "s")
        return float(((opened <= when) & (np.isnat(closed) | (closed > when))).sum())

    real = [s for s in warnings if not s.exercise]
    quiet = float(sum(s.muted_until is not None for s in real))
    per = [(LEVEL_TITLES[LEVELS[k]], float(sum(s.level == k for s in real))) for k in (4, 3, 2, 1)]
    trend = [at(now - dt.timedelta(days=7 * k)) for k in range(12, -1, -1)]
    return Headline(
        "alerts", "Open alerts", "alerts", at(now), 0, now, told_class,
        changes=standing_changes(now, at), trend=tuple(v for v in trend if v is not None),
        page="warning", definition="Warnings that stand open, without faults of sensors and "
        "without exercises.",
        note=("Sensors out of order: {n}", {"n": faults}) if faults else ("", {}),
        parts=tuple((title, n) for title, n in (*per, ("made quiet", quiet)) if n), first=first,
    )  # fmt: skip


def _begin(db: Session) -> dt.date | None:
    """Return the day that what rules read begins with: a new rule looks back over all of it."""
    oldest = (  # a look into the index for each sensor, not a walk through all readings
        select(func.min(Reading.time))
        .where(Reading.sensor_id == Sensor.id)
        .correlate(Sensor)
        .scalar_subquery()
    )
    first_event = db.execute(select(func.min(Event.reported))).scalar()
    times = [t for t in (*db.execute(select(oldest)).scalars(), first_event) if t is not None]
    return min(times).date() if times else None


def _exercises(db: Session) -> set[int]:
    return {e.alert_id for e in entries(db, actions=("opened",)) if of_exercise(e)}
