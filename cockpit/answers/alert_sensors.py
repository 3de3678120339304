"""Sensors as they stand: believed, out of order, or not known; what they measured last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.answers.alert_stories import Story
from cockpit.answers.readings import Device, devices, latest
from cockpit.risk.why import Why
from cockpit.store.models import Reading
from cockpit.store.models_live import AlertRule, AlertState
from cockpit.store.session import engine, has_table

GOOD, FAULT, UNKNOWN = "good", "fault", "unknown"
RECENT = 56
"""Readings of a small line: a week, of one every three hours."""
MOST_LINES = 200
"""Sensors that get one; the others' are not read."""

_ORDER = (FAULT, UNKNOWN, GOOD)


@dataclass(frozen=True)
class SensorRow:
    """One sensor."""

    device: Device
    state: str  # good, fault or unknown; of the last two nobody can say that all is well
    why: Why | None  # of a fault
    since: np.datetime64 | None  # of a fault, local time of the data
    level: int  # the highest warning that stands, 0 to 4; not to be trusted unless good
    newest: tuple[np.datetime64, float] | None


def sensor_rows(visitor: str, standing: tuple[Story, ...]) -> tuple[SensorRow, ...]:
    """
    Return every sensor that a visitor may see: faults first, then warnings, then by id.

    ``standing`` are the open alerts. A sensor that has never sent anything, or that no rule looks
    after, is not known: it is never shown as safe.
    """
    newest = latest(visitor)
    faults = {s.subject: s for s in standing if s.kind == "fault"}
    levels: dict[str, int] = {}
    for story in standing:
        if story.rule.kind == "sensor" and story.kind != "fault":
            levels[story.subject] = max(levels.get(story.subject, 0), story.level)
    watched = _watched()
    rows = []
    for device in devices(visitor):
        fault = faults.get(device.id)
        known = device.id in newest and device.id in watched
        rows.append(
            SensorRow(
                device,
                FAULT if fault else GOOD if known else UNKNOWN,
                fault.why if fault else None,
                np.datetime64(fault.opened, "s") if fault else None,
                levels.get(device.id, 0),
                newest.get(device.id),
            )
        )
    rows.sort(key=lambda r: (_ORDER.index(r.state), -r.level, r.device.kind, r.device.id))
    return tuple(rows)


def _watched() -> set[str]:
    """Return the sensors whose health a rule that is switched on has looked at."""
    with Session(engine()) as db:
        if not has_table(db, AlertState.__tablename__):
            return set()
        query = (
            select(AlertState.subject, AlertRule.settings)
            .join(AlertRule, AlertRule.id == AlertState.rule_id)
            .where(AlertRule.enabled)
        )
        return {s for s, settings in db.execute(query) if settings.get("method") == "health"}


def recent_values(visitor: str, sensors: tuple[str, ...]) -> dict[str, tuple[float, ...]]:
    """Return the last readings of some sensors, oldest first; only of those a visitor may see."""
    allowed = {device.id for device in devices(visitor)}
    found = {}
    with Session(engine()) as db:
        for sensor in [s for s in sensors if s in allowed][:MOST_LINES]:
            query = (
                select(Reading.value)
                .where(Reading.sensor_id == sensor)
                .order_by(Reading.time.desc())
                .limit(RECENT)
            )
            found[sensor] = tuple(float(v) for v in db.execute(query).scalars())[::-1]
    return found
