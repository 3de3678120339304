"""Look at what is new with every rule: raise, lower and end alerts, pass them on, judge them."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access.classes import CLASSES
from cockpit.answers import alert_acts, alert_health, feeds_county
from cockpit.answers.alert_ledger import note_of, utc_now, writing
from cockpit.answers.alert_past import Past
from cockpit.answers.alert_record import Recorder, changes_of
from cockpit.answers.alert_rules import StandingRule, add_missing, rules_in
from cockpit.answers.alert_series import (
    Fresh,
    indicator_values,
    new_readings,
    newest_reading,
    region_places,
    sensor_places,
)
from cockpit.answers.alert_trial import propose
from cockpit.answers.alert_usual import usual_rules
from cockpit.answers.current import current_twin, current_version
from cockpit.answers.happenings import Happenings, current_happenings
from cockpit.answers.twin import Twin
from cockpit.risk.rules import advance
from cockpit.risk.why import Why
from cockpit.store.models_live import FeedDelivery, FeedSource
from cockpit.store.session import engine, has_table, require_table
from geodata.errors import CockpitError

log = logging.getLogger("cockpit")

LOOK_BACK_DAYS = 366
"""How far back a rule reads that has never read anything."""
EVERY_SECONDS = 1.0
"""How often a running server looks for new deliveries: two short questions to the store."""
IDLE_SECONDS = 60.0
"""How often it looks although none came: silence and escalation need a clock."""

_ALL = CLASSES[-1]  # the machine reads everything; who sees what it says is asked elsewhere
_one_at_a_time = threading.Lock()
_Words = Callable[[str, np.datetime64], Why | None]


@dataclass(frozen=True)
class Evaluated:
    """What one look at everything new came to."""

    now: dt.datetime | None  # local time of the data; None: no data
    rules: int
    opened: int
    lines: int
    seconds: float


@dataclass(frozen=True)
class _Moment:
    """What all rules of one evaluation share."""

    now: dt.datetime  # local time of the data
    begin: dt.datetime  # how far a new rule looks back
    county: Twin
    happenings: Happenings | None
    events_live: bool  # a feed has brought events since the last evaluation
    readings_live: bool


def data_now(db: Session, happenings: Happenings | None) -> dt.datetime | None:
    """
    Return what counts as now: the newest event or reading.

    While feeds are alive (their newest row is less than a day old by the clock) it is the clock, so
    that a sensor that falls silent is noticed.
    """
    found = [t for t in (newest_reading(db),) if t is not None]
    if happenings is not None and len(happenings):
        found.append(happenings.last.astype("datetime64[s]").item())
    if not found:
        return None
    newest = max(found)
    fed = db.execute(
        select(func.count())
        .select_from(FeedDelivery)
        .join(FeedSource, FeedSource.id == FeedDelivery.source_id)
        .where(FeedSource.disabled.is_(None))
    ).scalar()
    clock = feeds_county.clock().replace(microsecond=0)
    live = bool(fed) and newest <= clock <= newest + dt.timedelta(days=1)
    return clock if live else newest


def evaluate(*, now: dt.datetime | None = None) -> Evaluated:
    """
    Let every rule that is switched on read what it has not read yet, and write down what follows.

    The first time, each rule reads the past year, and what it finds is marked as found afterwards.
    Later evaluations go on from there, so running it twice changes nothing. Each rule is one
    transaction that waits for other writers first: two processes raise nothing twice, and one that
    is killed leaves nothing half written.

    Parameters
    ----------
    now
        Local time of the data; None: the newest event or reading, or the clock of live feeds.
    """
    started = time.perf_counter()
    with _one_at_a_time, Session(engine()) as db:
        county = current_twin()
        if county is None:
            return Evaluated(None, 0, 0, 0, 0.0)
        require_table(db, "alert_state")
        happenings = current_happenings(_ALL, exercises=True)
        current = data_now(db, happenings) if now is None else now
        if current is None:
            return Evaluated(None, 0, 0, 0, time.perf_counter() - started)
        _first_rules(db, county, happenings, current)
        moment = _moment(db, current, county, happenings)
        rules = [rule for rule in rules_in(db) if rule.enabled]
        opened = lines = 0
        for rule in rules:
            some_opened, some_lines = _run(db, rule, moment)
            opened, lines = opened + some_opened, lines + some_lines
        lines += propose(db, rules, county, happenings, current)
        lines += alert_acts.escalate_due(db, rules)
        _remember(db, moment)
    return Evaluated(current, len(rules), opened, lines, time.perf_counter() - started)


def _moment(db: Session, now: dt.datetime, county: Twin, happenings: Happenings | None) -> _Moment:
    note = note_of(db)
    begin = now - dt.timedelta(days=LOOK_BACK_DAYS)
    live = [_last_delivery(db, kind) > int(note.get(kind, 0)) for kind in ("events", "readings")]
    return _Moment(now, begin, county, happenings, *live)


def _last_delivery(db: Session, kind: str) -> int:
    query = (
        select(func.coalesce(func.max(FeedDelivery.seq), 0))
        .join(FeedSource, FeedSource.id == FeedDelivery.source_id)
        .where(FeedSource.kind == kind, FeedDelivery.n_new > 0)
    )
    return int(db.execute(query).scalar_one())


def _first_rules(
    db: Session, county: Twin, happenings: Happenings | None, now: dt.datetime
) -> None:
    """Store the usual rules at first use; those that somebody switched off stay so."""
    if note_of(db).get("usual") is not None:
        return
    with writing(db) as note:
        if note.get("usual") is None:
            note["usual"] = add_missing(db, usual_rules(db, county, happenings, now))


def _remember(db: Session, moment: _Moment) -> None:
    """Write down how far everything was read, when that has changed."""
    note = note_of(db)
    told = {
        "events": _last_delivery(db, "events"),
        "readings": _last_delivery(db, "readings"),
        "version": moment.county.version,
        "now": moment.now.isoformat(),
    }
    if all(note.get(name) == value for name, value in told.items()):
        return
    with writing(db) as note:
        note |= {**told, "looked": utc_now().isoformat()}


# ---------------------------------------------------------------- one rule


def _run(db: Session, rule: StandingRule, moment: _Moment) -> tuple[int, int]:
    """Let one rule read on; return how many alerts it opened and lines it wrote."""
    if rule.method == "health":
        return _health(db, rule, moment)
    with writing(db):
        if rule.kind == "sensor":
            recorder = _sensors(db, rule, moment)
        elif rule.kind == "events":
            recorder = _events(db, rule, moment)
        else:
            recorder = _indicator(db, rule, moment)
        return recorder.opened, recorder.close()


def _health(db: Session, rule: StandingRule, moment: _Moment) -> tuple[int, int]:
    # Looking into every sensor's past takes a while; nobody else need wait for it.
    found = alert_health.look(db, rule, _begin(rule, moment), moment.now)
    if not found:
        return 0, 0
    with writing(db):
        recorder = Recorder(db, rule, sensor_places(db, rule))
        alert_health.write(recorder, found, live=moment.readings_live)
        return recorder.opened, recorder.close()


def _begin(rule: StandingRule, moment: _Moment) -> dt.datetime:
    return moment.begin if rule.begins is None else rule.begins


def _sensors(db: Session, rule: StandingRule, moment: _Moment) -> Recorder:
    recorder = Recorder(db, rule, sensor_places(db, rule))
    for fresh in new_readings(db, rule, _begin(rule, moment)):
        _read(recorder, fresh)
    return recorder


def _read(recorder: Recorder, fresh: Fresh, words: _Words | None = None) -> None:
    """Let the machine of one subject read on; ``words`` may put a step better than the machine."""
    rule = recorder.rule.rule_for(fresh.subject)
    if rule is None:
        return
    standing = recorder.standing(fresh.subject)
    machine, steps = advance(rule, standing.machine, fresh.times, fresh.values)
    if words is not None:
        steps = tuple(
            replace(step, why=words(fresh.subject, step.time) or step.why) for step in steps
        )
    changes = changes_of(steps, known=standing.known, live=fresh.live)
    recorder.write(fresh.subject, standing, changes)
    standing.machine = machine
    if len(fresh.times):
        standing.at = fresh.times.max().astype("datetime64[s]").item()
    recorder.keep(fresh.subject, standing)


def _events(db: Session, rule: StandingRule, moment: _Moment) -> Recorder:
    recorder = Recorder(db, rule, region_places(moment.county, rule.level))
    if moment.happenings is None:
        return recorder
    if rule.method == "aberration" and _same_day(recorder, moment):
        return recorder
    past = Past(db, rule, moment.county, moment.happenings, moment.now)
    none = np.empty(0, "datetime64[s]")
    for subject in past.subjects():
        at = recorder.standing(subject).at
        times, values = past.read(subject, at or _begin(rule, moment))
        if len(times):
            fresh = Fresh(subject, times, values, times if moment.events_live else none)
            _read(recorder, fresh, past.day_words)
    return recorder


def _same_day(recorder: Recorder, moment: _Moment) -> bool:
    """Tell whether no day has ended since days were last compared."""
    read = [standing.at for standing in recorder.standings.values() if standing.at is not None]
    return bool(read) and max(read).date() >= moment.now.date()


def _indicator(db: Session, rule: StandingRule, moment: _Moment) -> Recorder:
    """Read an indicator once for each data version; its time is that of the newest data."""
    recorder = Recorder(db, rule, region_places(moment.county, rule.level))
    now = np.array([moment.now], dtype="datetime64[s]")
    if note_of(db).get("version") == moment.county.version and recorder.standings:
        return recorder
    for subject, value in indicator_values(moment.county, rule).items():
        at = recorder.standing(subject).at
        if at is None or at < moment.now:
            _read(recorder, Fresh(subject, now, np.array([value]), now[:0]))
    return recorder


# ---------------------------------------------------------------- a running server


def watch(ended: threading.Event) -> None:
    """
    Evaluate until the server ends: at once, when a delivery or a load came, and once a minute.

    A store that cannot be written just now (somebody loads a county) is tried again.
    """
    seen: tuple[str, int] | None = None
    due = 0.0
    ended.wait(EVERY_SECONDS)  # whoever opens the first page comes first
    while not ended.is_set():
        try:
            state = _signs()
            if state[0] and (state != seen or time.monotonic() >= due):
                evaluate()
                seen, due = state, time.monotonic() + IDLE_SECONDS
        except (CockpitError, SQLAlchemyError) as error:
            log.warning("alerts: %s", error)
        ended.wait(EVERY_SECONDS)


def _signs() -> tuple[str, int]:
    """Return what changes with every load and every delivery."""
    with Session(engine()) as db:
        if not has_table(db, FeedDelivery.__tablename__):
            return current_version(), 0
        last = db.execute(select(func.coalesce(func.max(FeedDelivery.seq), 0))).scalar_one()
    return current_version(), int(last)
