"""
All figures of a briefing counted once more, from the rows of the store by plain SQL and pandas.

The sums are its own, so that a briefing can hold one against the other: on page Overview, arrays
kept for all pages; here, the rows as they lie in the tables. Periods, open and late events,
appeals, exercises and age bands are worked out here anew; open alerts are told from the lines of
the ledger, there from its copies in the list. Travel times are asked for each pair of cell and
facility and the shortest is taken here; there, one sweep finds it.

Both share, and an error there would show in neither: who may see what (``may_see``, and
``open_rules`` with the rules' classes), which services and standards there are (``SERVICES``,
``STANDARDS``), the words that tell channels of appeals, the day of the newest count of people (from
the twin), roads, places and cells (``Reach``), and people of groups whose small counts are masked
(``masked``): those are not summed anew, because the masking belongs to the figure.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.alert_stories import open_rules
from cockpit.answers.appeals import CHANNEL_WORDS, OTHER_CHANNEL_WORDS
from cockpit.answers.coverage_masks import is_sensitive, masked
from cockpit.answers.overview_services import SERVICES, Service
from cockpit.answers.reach import Reach
from cockpit.answers.twin import Twin
from cockpit.coverage.services import service_of
from cockpit.coverage.standards import STANDARDS, Standard, changed
from cockpit.locale import Named, catalogue
from cockpit.settings import settings
from geodata.errors import InputError

_DAY = pd.Timedelta(days=1)
_BACK = {"day": 1, "week": 7, "year": 364}
_LONG = {"day": 1, "week": 7, "year": 7}
_RUN_IN = 28
_LEVELS = ("events_open", "events_late", "alerts")
"""Figures that stand at a moment; all others with changes are counted in a period."""
_NONE = math.nan

_EVENTS = text(
    "SELECT e.id, e.category, e.channel, e.reported, e.closed, e.region_code, d.data_class "
    "FROM event e JOIN batch b ON b.id = e.batch_id JOIN dataset d ON d.id = b.dataset_id "
    "WHERE d.purpose NOT LIKE '演练%'"
)
_ALERTS = text(
    "SELECT a.id, a.rule_id, o.at AS opened, c.at AS closed, o.detail FROM alert_entry o "
    "JOIN alert a ON a.id = o.alert_id AND a.kind <> 'fault' "
    "LEFT JOIN alert_entry c ON c.action = 'closed' AND c.seq = (SELECT MAX(m.seq) "
    "FROM alert_entry m WHERE m.alert_id = o.alert_id "
    "AND m.action IN ('opened', 'raised', 'lowered', 'closed')) "
    "WHERE o.action = 'opened'"
)
_REGIONS = text("SELECT code, level, path, is_leaf FROM region")
_FIRST = text('SELECT MIN(reported) AS "first" FROM event UNION ALL SELECT MIN(time) FROM reading')
_PEOPLE = text(
    "SELECT region_code, age_band, SUM(persons) AS persons FROM population "
    "WHERE kind = 'usual' AND date = :date GROUP BY region_code, age_band"
)


class Recount:
    """The figures of a county at its newest data, each counted when it is asked for."""

    def __init__(self, db: Session, county: Twin, reach: Reach | None, visitor: str) -> None:
        self._db, self._county, self._reach, self._visitor = db, county, reach, visitor

    def value(self, figure: str, now: dt.datetime | None) -> float:
        """
        Return a headline's value; NaN where it cannot be told.

        ``now`` is the moment that levels (open events and alerts) are told at.

        Raises
        ------
        InputError
            If there is no way to count the figure here.
        """
        if figure in ("events", "appeals"):
            return self._in_period(figure, "week")[0]
        if figure in _LEVELS:
            return self._standing(figure, pd.Timestamp(now) if now else self._newest, True)
        if figure in ("residents", "aged"):
            return self._people_over(60 if figure == "aged" else 0)
        return 100 * self._share(figure)

    def change(self, figure: str, period: str, now: dt.datetime | None) -> tuple[float, float]:
        """
        Return a headline's figure of now and of the period before; NaN where not known.

        Raises
        ------
        InputError
            If there is no way to count the change here.
        """
        if figure in ("events", "appeals"):
            return self._in_period(figure, period)
        if figure not in _LEVELS:
            raise _uncounted(figure)
        moment = pd.Timestamp(now) if now else self._newest
        then = moment - _BACK[period] * _DAY
        return self._standing(figure, moment, True), self._standing(figure, then, False)

    def reason(self, template: str, village: str, service: str) -> Mapping[str, float]:
        """
        Return the figures of a reason why a village is listed, by the names in its template.

        Empty for a reason without figures.

        Raises
        ------
        InputError
            If there is no way to count the reason here.
        """
        if template == "{level} alert open: {title}.":
            return {}
        if template == "{n} events are open beyond their usual time.":
            late = self._late(self._newest) & (self._events["village"] == village)
            return {"n": float(late.sum())}
        if template == "{n} events in {days} days, usually {usual}.":
            return self._rise(village)
        for own in SERVICES:
            if own.beyond == template and own.service == service:
                return {"n": self._beyond(own, village)}
        raise _uncounted(template)

    # ------------------------------------------------------------ events

    @cached_property
    def _regions(self) -> pd.DataFrame:
        return pd.read_sql(_REGIONS, self._db.connection()).set_index("code")

    @cached_property
    def _village_of(self) -> dict[str, str]:
        villages = set(self._regions.index[self._regions["level"] == "village"])
        return {
            code: next((part for part in path.split("/") if part in villages), "")
            for code, path in self._regions["path"].items()
        }

    @cached_property
    def _events(self) -> pd.DataFrame:
        rows = pd.read_sql(_EVENTS, self._db.connection())
        rows = rows[[may_see(self._visitor, c) for c in rows["data_class"]]]
        rows = rows.assign(
            reported=pd.to_datetime(rows["reported"]).dt.floor("s"),
            closed=pd.to_datetime(rows["closed"]).dt.floor("s"),
            village=rows["region_code"].map(self._village_of),
        )
        took = (rows["closed"] - rows["reported"]).dt.total_seconds().dropna()
        limits = {name: _usual(mine) for name, mine in took.groupby(rows["category"])}
        return rows.assign(limit_s=rows["category"].map(limits).astype(float))

    @cached_property
    def _newest(self) -> pd.Timestamp:
        return self._events["reported"].max()

    @cached_property
    def _last_day(self) -> pd.Timestamp:
        """Return the midnight that begins the newest whole day."""
        day = self._newest.normalize()
        return day if self._newest.hour >= 23 else day - _DAY

    @cached_property
    def _appeals(self) -> NDArray[np.bool_]:
        channels = self._events["channel"].fillna("")
        others = [c for c in channels.unique() if not any(w in c for w in OTHER_CHANNEL_WORDS)]
        named = [c for c in others if any(w in c.lower() for w in CHANNEL_WORDS)]
        return np.asarray(channels.isin(named or others), dtype=bool)

    def _in_period(self, figure: str, period: str) -> tuple[float, float]:
        rows = self._events[self._appeals] if figure == "appeals" else self._events
        end = self._last_day + _DAY
        start = end - _LONG[period] * _DAY
        back = _BACK[period] * _DAY
        first = self._events["reported"].min().normalize()

        def count(low: pd.Timestamp, high: pd.Timestamp) -> float:
            if low < first:
                return _NONE
            return float(((rows["reported"] >= low) & (rows["reported"] < high)).sum())

        return count(start, end), count(start - back, end - back)

    def _open(self, moment: pd.Timestamp) -> pd.Series[bool]:
        rows = self._events
        still = rows["closed"].isna() | (rows["closed"] > moment)
        return still & (rows["reported"] <= moment)

    def _late(self, moment: pd.Timestamp) -> pd.Series[bool]:
        age_s = (moment - self._events["reported"]).dt.total_seconds()
        return self._open(moment) & (age_s > self._events["limit_s"])

    def _rise(self, village: str) -> Mapping[str, float]:
        mine = self._events.loc[self._events["village"] == village, "reported"]
        end = self._last_day + _DAY
        ages = (end - mine) / _DAY
        now = float(((ages > 0) & (ages <= _RUN_IN)).sum())
        before = float(((ages > _RUN_IN) & (ages <= 13 * _RUN_IN)).sum())
        return {"n": now, "days": float(_RUN_IN), "usual": before / 12}

    # ------------------------------------------------------------ levels

    def _standing(self, figure: str, moment: pd.Timestamp, is_now: bool) -> float:
        if figure == "alerts":
            return self._alerts_open(moment)
        first = self._events["reported"].min().normalize() + _RUN_IN * _DAY
        if not is_now and moment.normalize() < first:
            return _NONE
        return float((self._open if figure == "events_open" else self._late)(moment).sum())

    @cached_property
    def _alerts(self) -> pd.DataFrame:
        rows = pd.read_sql(_ALERTS, self._db.connection())
        rules = open_rules(self._db, self._visitor)
        told = [d if isinstance(d, dict) else json.loads(d) for d in rows["detail"]]
        real = np.array([not d.get("exercise", False) for d in told], dtype=bool)
        rows = rows[real & rows["rule_id"].isin(list(rules)).to_numpy(dtype=bool)]
        return rows.assign(
            opened=pd.to_datetime(rows["opened"]).dt.floor("s"),
            closed=pd.to_datetime(rows["closed"]).dt.floor("s"),
        )

    @cached_property
    def _first_data(self) -> pd.Timestamp:
        """Return the day that events and readings begin with: alerts are told from then on."""
        found = pd.read_sql(_FIRST, self._db.connection())["first"].dropna()
        return pd.to_datetime(found).min().normalize()

    def _alerts_open(self, moment: pd.Timestamp) -> float:
        rows = self._alerts
        if moment.normalize() < self._first_data:
            return _NONE
        still = rows["closed"].isna() | (rows["closed"] > moment)
        return float((still & (rows["opened"] <= moment)).sum())

    # ------------------------------------------------------------ people and services

    @cached_property
    def _people(self) -> pd.DataFrame:
        """Return usual residents of the leaves by age band, columns as the table has them."""
        date = self._county.dates.get("usual", self._county.date)
        rows = pd.read_sql(_PEOPLE, self._db.connection(), params={"date": date})
        leaves = self._regions.index[self._regions["is_leaf"].astype(bool)]
        return rows[rows["region_code"].isin(leaves)]

    def _people_over(self, age: int) -> float:
        rows = self._people
        return float(rows.loc[_at_least(rows["age_band"], age), "persons"].sum())

    def _of_group(self, reach: Reach, group: str) -> NDArray[np.float64]:
        """Return people of a group in each cell: counted here, but for what may not be shown."""
        if is_sensitive(reach, group) or group not in ("people", "age_0_14", "age_60_plus"):
            return masked(reach, group, settings().small_count).people
        rows = self._people
        which = _at_least(rows["age_band"], 60 if group == "age_60_plus" else 0)
        if group == "age_0_14":
            which &= ~_at_least(rows["age_band"], 15) & (rows["age_band"] != "all")
        found = rows[which].groupby("region_code")["persons"].sum()
        return np.asarray(found.reindex(reach.codes).fillna(0), dtype=float)

    def _standards(self, own: Service) -> list[Standard]:
        reach = self._reach
        if reach is None:
            return []
        known = changed(STANDARDS, reach.standards)
        return [known[name] for name in own.standards]

    def _share(self, figure: str) -> float:
        own = {s.id: s for s in SERVICES}.get(figure)
        if own is None:
            raise _uncounted(figure)
        total = lost = 0.0
        for standard in self._standards(own):
            people, missing = self._missing(standard)
            total += people.sum()
            lost += people[missing].sum()
        return 1 - lost / total if total else _NONE

    def _missing(self, standard: Standard) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the people whom a standard is for, by cell, and which cells it fails."""
        reach = self._reach
        assert reach is not None  # noqa: S101 -- no reach, no standards
        people = self._of_group(reach, standard.group)
        here = {"all": np.ones(len(people), bool), "town": reach.town, "country": ~reach.town}
        people = np.where(here[standard.where], people, 0.0)
        if standard.rule == "minutes":
            fine = self._nearest(reach, standard, standard.mode, "time") <= 60 * standard.limit
        else:
            fine = self._nearest(reach, standard, standard.mode, "length") <= standard.limit
            if standard.or_minutes is not None:
                way = standard.or_mode or standard.mode
                fine |= self._nearest(reach, standard, way, "time") <= 60 * standard.or_minutes
        return people, here[standard.where] & ~fine

    @cached_property
    def _ways(self) -> dict[tuple[str, str, str], NDArray[np.float64]]:
        return {}

    def _nearest(
        self, reach: Reach, standard: Standard, mode: str, cost: str
    ) -> NDArray[np.float64]:
        """Return the shortest way of each cell, the longest of those to several services."""
        found = [self._shortest(reach, name, mode, cost) for name in standard.services]
        return np.asarray(np.max(found, axis=0), dtype=float)

    def _shortest(self, reach: Reach, name: str, mode: str, cost: str) -> NDArray[np.float64]:
        key = (name, mode, cost)
        if key not in self._ways:
            service = service_of(name)
            there = reach.places_of(reach.of_kinds(service.kinds))
            ways: NDArray[Any]
            if cost == "time":
                ways = reach.seconds(service.kinds, mode, service.towards)
            elif service.towards == "facility":
                ways = reach.travel.matrix(mode, reach.cells, there, cost="length")
            else:
                ways = reach.travel.matrix(mode, there, reach.cells, cost="length").T
            none = np.iinfo(ways.dtype).max
            self._ways[key] = np.where(ways == none, np.inf, ways).min(axis=1, initial=np.inf)
        return self._ways[key]

    def _beyond(self, own: Service, village: str) -> float:
        reach = self._reach
        if reach is None:
            return _NONE
        lost = np.zeros(len(reach.rows), dtype=bool)
        for standard in self._standards(own):
            people, missing = self._missing(standard)
            if people.sum() > 0:
                lost |= missing
        at = np.array([self._village_of.get(c, "") == village for c in reach.codes])
        return float(round(self._of_group(reach, own.group)[lost & at].sum()))


def _uncounted(figure: str) -> InputError:
    """Return the refusal of a figure, or of a reason's template, that only the page can count."""
    told = Named.of(catalogue("zh").get(figure, figure), figure)
    return InputError(
        "The briefing is not made: {figure} cannot be counted a second time.", figure=told
    )


def _usual(took_s: pd.Series[float]) -> float:
    """Return the seconds that nine of ten took; NaN with fewer than thirty."""
    if len(took_s) < 30:
        return _NONE
    place = math.ceil(round(0.9 * len(took_s), 9)) - 1
    return float(took_s.sort_values().iloc[place])


def _at_least(bands: pd.Series[Any], age: int) -> pd.Series[bool]:
    """Tell which age bands ("00-04" to "85+", "all") begin at an age or above; 0: every one."""
    if age == 0:
        return pd.Series(True, index=bands.index)
    return pd.to_numeric(bands.str[:2], errors="coerce") >= age
