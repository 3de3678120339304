"""The past as a rule would have read it, and as harm showed in it."""

from __future__ import annotations

import datetime as dt

import numpy as np
from sqlalchemy.orm import Session

from cockpit.answers.alert_rules import StandingRule
from cockpit.answers.alert_series import (
    EventCounts,
    Floats,
    Place,
    Times,
    Unusual,
    indicator_values,
    readings_of,
    region_places,
    sensor_places,
    unusual_days,
)
from cockpit.answers.happenings import Happenings
from cockpit.answers.twin import Twin
from cockpit.risk.why import Why

Series = tuple[Times, Floats]


class Past:
    """What a rule reads, subject by subject, up to ``now`` (local time of the data)."""

    def __init__(
        self,
        db: Session,
        rule: StandingRule,
        county: Twin,
        happenings: Happenings | None,
        now: dt.datetime,
    ) -> None:
        self._db, self.rule, self._county, self.now = db, rule, county, now
        self.places: dict[str, Place] = (
            sensor_places(db, rule) if rule.kind == "sensor" else region_places(county, rule.level)
        )
        self._counts: EventCounts | None = None
        self._unusual: Unusual | None = None
        if rule.kind == "events" and happenings is not None:
            self._counts = EventCounts(happenings, rule)
            if rule.method == "aberration":
                until = np.datetime64(now, "s")
                self._unusual = unusual_days(self._counts, list(self.places), rule.baseline, until)

    @property
    def unusual(self) -> Unusual | None:
        """Counts beside what was expected, of a rule over aberrations."""
        return self._unusual

    def subjects(self) -> list[str]:
        """Return the sensors or regions of the rule that have anything to read."""
        if self.rule.kind == "events":
            known = set(self._counts.subjects()) if self._counts is not None else set()
            return [subject for subject in self.places if subject in known]
        return list(self.places)

    def read(self, subject: str, start: dt.datetime) -> Series:
        """Return the values that the rule compares with its thresholds, after ``start``."""
        if self._unusual is not None:
            return self._days(subject, self._unusual.value, start)
        if self._counts is not None:
            begin, until = np.datetime64(start, "s"), np.datetime64(self.now, "s")
            return self._counts.readings(subject, begin, until)
        if self.rule.kind == "sensor":
            return readings_of(self._db, subject, start, self.now)
        value = indicator_values(self._county, self.rule).get(subject)
        times = np.array([self.now], dtype="datetime64[s]")
        return (times, np.array([value])) if value is not None else (times[:0], np.empty(0))

    def harm(self, subject: str, start: dt.datetime) -> Series:
        """Return the values in which harm shows: of aberrations the counts themselves."""
        if self._unusual is not None:
            return self._days(subject, self._unusual.counts, start)
        return self.read(subject, start)

    def day_words(self, subject: str, time: np.datetime64) -> Why | None:
        """Say what a day came to that ended at a time, beside what was usual; None: not known."""
        if self._unusual is None or subject not in self._unusual.codes:
            return None
        found = self._unusual
        row = int(np.searchsorted(found.times, time))
        k = found.codes.index(subject)
        if row >= len(found.days) or np.isnan(found.expected[row, k]):
            return None
        told = {
            "n": f"{found.counts[row, k]:.0f}",
            "day": str(found.days[row]),
            "usual": f"{found.expected[row, k]:.1f}",
        }
        return Why("{n} events on {day}, where about {usual} are usual.", told)

    def _days(self, subject: str, table: Floats, start: dt.datetime) -> Series:
        assert self._unusual is not None  # noqa: S101 - both callers asked
        if subject not in self._unusual.codes:
            return np.empty(0, "datetime64[s]"), np.empty(0)
        times = self._unusual.times
        new = times > np.datetime64(start, "s")
        return times[new], table[new, self._unusual.codes.index(subject)]
