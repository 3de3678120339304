"""How the audit trail stands, and what in it is worth a look."""

from __future__ import annotations

import datetime as dt
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from cockpit.access.audit_checkpoints import in_second_place
from cockpit.access.audit_verify import Verdict, check_store
from cockpit.access.second_place import second_place
from cockpit.settings import settings
from cockpit.store.models_audit import AuditCheckpoint, AuditEntry, AuditHead
from cockpit.store.session import require_table


@dataclass(frozen=True)
class State:
    """How the trail stands: checked in full, and where its second copy is."""

    verdict: Verdict
    place: Path | None  # None: a store in memory
    beside: int  # number of the last entry that the second place covers; 0: nothing there
    at: dt.datetime  # UTC, of the check


_lock = threading.Lock()
_last: dict[str, tuple[object, State]] = {}  # by address of the store


def state(engine: Engine, *, again: bool = False) -> State:
    """
    Check the whole trail, at most once for each state of it; ``again`` checks in any case.

    A second for 100,000 entries. A row that is changed without a new entry is found at the next
    entry, when the process starts, or when somebody asks for it.
    """
    with Session(engine) as db:
        require_table(db, AuditEntry.__tablename__)
        head = db.execute(select(AuditHead.seq, AuditHead.hash)).first()
        signed = db.execute(select(func.count()).select_from(AuditCheckpoint)).scalar()
    place = second_place(engine)
    beside = in_second_place(place)
    name, key = str(engine.url), (tuple(head or ()), signed, len(beside))
    with _lock:
        if again or name not in _last or _last[name][0] != key:
            covered = beside[-1].size if beside else 0
            now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
            _last[name] = (key, State(check_store(engine), place, covered, now))
        return _last[name][1]


# ---------------------------------------------------------------- worth a look

MANY_EXPORTS, MANY_REFUSED, MANY_READ = 20, 5, 60
"""In an hour, by one account: exports; refusals; different things above 备用 that were read."""
NIGHT = (22, 6)
"""Hours of the county's clocks between which a sign-in is unusual: from, to."""

RULES: dict[str, str] = {
    "exports": "More than {n} exports by one account within an hour.",
    "refused": "{n} or more refusals of one account within an hour.",
    "read": "More than {n} different things above 备用 looked at by one account within an hour.",
    "night": "A sign-in between {from_hour}:00 and {to_hour}:00.",
    "taken": "A session was used from elsewhere.",
}
"""What is worth a look (msgids). A rule is a reason to ask, not a finding."""


@dataclass(frozen=True)
class Oddity:
    """Something worth a look."""

    rule: str  # of ``RULES``
    who: str
    at: dt.datetime  # UTC, of the last entry it rests on
    n: int  # entries it rests on
    seq: int  # number of the last of them


def oddities(db: Session, *, since: dt.datetime) -> tuple[Oddity, ...]:
    """Return what is worth a look since a moment (UTC), the newest first; one an hour and rule."""
    require_table(db, AuditEntry.__tablename__)
    e = AuditEntry
    acts = ("export", "read", "refused", "sign in", "sign in refused", "locked", "session taken")
    rows = db.execute(
        select(e.seq, e.at, e.who, e.account, e.act, e.subject, e.data_class)
        .where(e.at >= since.strftime("%Y-%m-%dT%H:%M:%S"), e.act.in_(acts))
        .order_by(e.seq)
    )
    seen = [
        _Seen(row.seq, _time(row.at), row.account or row.who, row.act, row.subject, row.data_class)
        for row in rows
    ]
    found = [*_crowds(seen), *_single(seen)]
    return tuple(sorted(found, key=lambda one: one.seq, reverse=True))


@dataclass(frozen=True)
class _Seen:
    seq: int
    at: dt.datetime
    who: str
    act: str
    subject: str
    data_class: str


def _time(stamp: str) -> dt.datetime:
    return dt.datetime.fromisoformat(stamp).replace(tzinfo=None)


_OF_RULE = {
    "exports": (frozenset({"export"}), MANY_EXPORTS + 1),
    "refused": (frozenset({"refused", "sign in refused", "locked"}), MANY_REFUSED),
    "read": (frozenset({"read"}), MANY_READ + 1),
}


def _crowds(seen: Iterable[_Seen]) -> Iterator[Oddity]:
    """Yield accounts with too many entries of a kind within any hour, told once an hour."""
    windows: dict[tuple[str, str], deque[_Seen]] = defaultdict(deque)
    told: dict[tuple[str, str], dt.datetime] = {}
    hour = dt.timedelta(hours=1)
    for one in seen:
        for rule, (acts, limit) in _OF_RULE.items():
            if one.act not in acts or (rule == "read" and one.data_class not in ("敏感", "秘密")):
                continue
            key = (rule, one.who)
            window = windows[key]
            window.append(one)
            while window[0].at <= one.at - hour:
                window.popleft()
            n = len({w.subject for w in window}) if rule == "read" else len(window)
            if n >= limit and (key not in told or told[key] <= one.at - hour):
                told[key] = one.at
                yield Oddity(rule, one.who, one.at, n, one.seq)


def _single(seen: Iterable[_Seen]) -> Iterator[Oddity]:
    """Yield sign-ins at night and sessions used from elsewhere."""
    zone = ZoneInfo(settings().timezone)
    first, last = NIGHT
    for one in seen:
        hour = one.at.replace(tzinfo=dt.UTC).astimezone(zone).hour
        if one.act == "session taken":
            yield Oddity("taken", one.who, one.at, 1, one.seq)
        elif one.act == "sign in" and (hour >= first or hour < last):
            yield Oddity("night", one.who, one.at, 1, one.seq)
