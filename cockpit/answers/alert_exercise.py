"""Alerts of an exercise: raised on readings or events that a feed brought to practise with."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.answers.alert_rules import StandingRule
from cockpit.risk.themes import themes_of
from cockpit.store.models import Batch, Dataset, Event, Reading, Region
from cockpit.store.settled import EXERCISE

_DAY_HOURS = 24.0


class Exercises:
    """What a rule was told by exercises: data sets whose purpose begins with 演练."""

    def __init__(self, db: Session, rule: StandingRule) -> None:
        self._db, self._rule = db, rule
        of_it = select(Dataset.id).where(Dataset.purpose.startswith(EXERCISE))
        self._datasets = frozenset(db.execute(of_it).scalars())
        batches = select(Batch.id).where(Batch.dataset_id.in_(self._datasets))
        self._batches = frozenset(db.execute(batches).scalars()) if self._datasets else frozenset()

    def told(self, subject: str, at: dt.datetime) -> bool:
        """
        Tell whether an alert that opens at ``at`` (local time of the data) is one of an exercise.

        Of a sensor it is when the reading that decided it, or any in the rule's window, came from
        one; of a region when any event that was counted did. Indicators count no exercise.
        """
        if not self._datasets or self._rule.kind == "indicator":
            return False
        hours = self._rule.rule.window_hours
        if self._rule.kind == "sensor":
            return self._reading(subject, at, at - dt.timedelta(hours=hours))
        if self._rule.method == "aberration":  # a day is judged at its end
            hours = _DAY_HOURS
        return self._event(subject, at, at - dt.timedelta(hours=hours))

    def _reading(self, sensor: str, at: dt.datetime, start: dt.datetime) -> bool:
        before = (Reading.sensor_id == sensor, Reading.time <= at)
        newest = (
            select(Reading.batch_id).where(*before).order_by(Reading.time.desc()).limit(1)
        )  # of a sensor that fell silent long ago
        if self._db.execute(newest).scalar() in self._batches:
            return True
        inside = (Reading.time > start, Reading.batch_id.in_(self._batches))
        found = self._db.execute(select(Reading.time).where(*before, *inside).limit(1)).first()
        return found is not None

    def _event(self, region: str, at: dt.datetime, start: dt.datetime) -> bool:
        query = (
            select(Event.category, Region.path)
            .join(Region, Region.code == Event.region_code)
            .where(
                Event.dataset_id.in_(self._datasets), Event.reported <= at, Event.reported >= start
            )
        )
        rows = self._db.execute(query).all()
        themes = themes_of(sorted({category for category, _ in rows}))
        return any(
            self._rule.about in (category, themes[category]) and region in path.split("/")
            for category, path in rows
        )
