"""What a rule's machine says, written down: alerts opened, lines added, where the rule stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from cockpit.answers.alert_exercise import Exercises
from cockpit.answers.alert_ledger import Line, append
from cockpit.answers.alert_rules import StandingRule
from cockpit.answers.alert_series import Place
from cockpit.risk.rules import State, Step
from cockpit.risk.why import Why
from cockpit.store.models_live import Alert, AlertState

IN_TIME, AFTERWARDS = "in time", "afterwards"
"""Whether an alert was raised as the data came in, or found in data that were there already."""
KINDS = {"threshold": "threshold", "aberration": "aberration", "health": "fault"}


@dataclass
class Standing:
    """Where a rule stands with one subject."""

    machine: State = field(default_factory=State)
    open: int | None = None  # number of its open alert
    at: dt.datetime | None = None  # local time of the newest value read
    known: bool = False  # read before: what comes now comes in time
    fault: str = ""  # of a sensor, as sensor_health names it


@dataclass(frozen=True)
class Change:
    """A change of level that is to be written down."""

    at: dt.datetime
    level: int  # after it; 0 of a fault
    value: float
    why: Why
    found: str  # IN_TIME or AFTERWARDS
    ends: bool = False


class Recorder:
    """
    Collects the lines of one rule inside one transaction; ``close`` writes them all.

    A process that is killed before the commit has written nothing.
    """

    def __init__(self, db: Session, rule: StandingRule, places: Mapping[str, Place]) -> None:
        self._db = db
        self.rule = rule
        self.places = places
        self.standings = _standings(db, rule.id)
        self._exercises = Exercises(db, rule)
        self.lines: list[Line] = []
        self.opened = 0
        self._changed: set[str] = set()

    def standing(self, subject: str) -> Standing:
        """Return where the rule stands with a subject; anew for one never read."""
        return self.standings.get(subject) or Standing()

    def keep(self, subject: str, standing: Standing) -> None:
        """Note where the rule stands now."""
        standing.known = True
        self.standings[subject] = standing
        self._changed.add(subject)

    def write(self, subject: str, standing: Standing, changes: Sequence[Change]) -> None:
        """Turn changes of level into an alert's lines, opening and ending alerts on the way."""
        level = standing.machine.level  # before these changes
        for change in changes:
            place = None
            if standing.open is None:
                if change.ends:
                    continue
                standing.open, place = self._open(subject, change)
                action = "opened"
            elif change.ends:
                action = "closed"
            elif change.level == level:
                continue
            else:
                action = "raised" if change.level > level else "lowered"
            self.lines.append(self._line(standing.open, subject, change, action, place))
            level = change.level
            if action == "closed":
                standing.open = None

    def _open(self, subject: str, change: Change) -> tuple[int, Place]:
        """Return number and place of the alert that begins here; one that is known goes on."""
        same = (
            Alert.rule_id == self.rule.id, Alert.subject == subject, Alert.opened == change.at
        )  # fmt: skip
        columns = (Alert.id, Alert.region_code, Alert.lon, Alert.lat)
        known = self._db.execute(select(*columns).where(*same)).first()
        if known is not None:
            return known.id, Place(subject, known.region_code, known.lon, known.lat)
        place = self.places.get(subject) or Place(subject, None, None, None)
        self.opened += 1
        made = insert(Alert).values(
            rule_id=self.rule.id, kind=KINDS[self.rule.method], subject=subject,
            region_code=place.region_code, lon=place.lon, lat=place.lat, opened=change.at,
            level=change.level, state="open",
        )  # fmt: skip
        return int(self._db.execute(made.returning(Alert.id)).scalar_one()), place

    def _line(
        self, alert: int, subject: str, change: Change, action: str, place: Place | None
    ) -> Line:
        detail: dict[str, Any] = {
            "value": change.value if np.isfinite(change.value) else None,
            "why": {"template": change.why.template, "values": _plain(change.why.values)},
            "found": change.found,
        }
        if place is not None:  # the line that opens it seals what the alert is about
            limits = (self.rule.rule_for(subject) or self.rule.rule).thresholds
            detail |= {
                "rule": self.rule.id, "subject": subject, "kind": KINDS[self.rule.method],
                "limits": list(limits), "unit": self.rule.unit,
                "place": {"region": place.region_code, "lon": place.lon, "lat": place.lat},
            }  # fmt: skip
            if self._exercises.told(subject, change.at):
                detail["exercise"] = True
        return Line(alert, change.at, self.rule.id, action, change.level, detail)

    def close(self) -> int:
        """Write the lines and where the rule stands; return how many lines."""
        append(self._db, self.lines)
        changed = sorted(self._changed)
        for start in range(0, len(changed), 500):  # SQLite takes so many values at a time
            some = changed[start : start + 500]
            self._db.execute(
                delete(AlertState).where(
                    AlertState.rule_id == self.rule.id, AlertState.subject.in_(some)
                )
            )
            self._db.execute(insert(AlertState), [self._row(subject) for subject in some])
        return len(self.lines)

    def _row(self, subject: str) -> dict[str, Any]:
        standing = self.standings[subject]
        return {
            "rule_id": self.rule.id, "subject": subject, "at": standing.at,
            "level": standing.machine.level,
            "state": {
                "machine": standing.machine.to_plain(), "open": standing.open,
                "fault": standing.fault,
            },
        }  # fmt: skip


def _standings(db: Session, rule: str) -> dict[str, Standing]:
    columns = (AlertState.subject, AlertState.at, AlertState.state)
    return {
        subject: Standing(
            State.from_plain(kept["machine"]), kept["open"], at, known=True, fault=kept["fault"]
        )
        for subject, at, kept in db.execute(select(*columns).where(AlertState.rule_id == rule))
    }


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values of a sentence as JSON knows them; times as text."""
    return {
        name: value if isinstance(value, str | int | float) else _time_text(value)
        for name, value in values.items()
    }


def _time_text(value: object) -> str:
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[s]").item()
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, dt.datetime) else str(value)


def changes_of(steps: Sequence[Step], *, known: bool, live: NDArray[np.datetime64]) -> list[Change]:
    """
    Return a machine's steps as changes to write down.

    A step is given in time when a feed brought the value that decided it, and the rule had read
    this subject before.
    """
    return [
        Change(
            step.time.astype("datetime64[s]").item(), step.level, step.value, step.why,
            IN_TIME if known and bool(np.isin(step.time, live)) else AFTERWARDS,
            ends=step.level == 0,
        )
        for step in steps
    ]  # fmt: skip
