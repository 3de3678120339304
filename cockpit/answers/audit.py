"""The audit trail as the auditor reads it: filtered, in pages, counted, and as a table."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.access.audit_chain import COLUMNS
from cockpit.access.audit_checkpoints import Checkpoint, in_second_place, in_store
from cockpit.access.second_place import second_place
from cockpit.settings import settings
from cockpit.store.models_audit import AuditEntry
from cockpit.store.session import engine, require_table

_SHOWN = tuple(getattr(AuditEntry, name) for name in (*COLUMNS, "payload", "previous", "hash"))


@dataclass(frozen=True)
class Entry:
    """One entry as stored."""

    seq: int
    at: str  # UTC, ISO 8601
    who: str
    account: str
    session_id: str
    roles: str
    act: str
    subject: str
    data_class: str
    payload: str = field(repr=False)
    previous: str
    hash: str

    @property
    def detail(self) -> Mapping[str, Any]:
        """What else it says; empty when its text cannot be read any more."""
        try:
            return dict(json.loads(self.payload)["detail"])
        except (ValueError, TypeError, KeyError):
            return {}


@dataclass(frozen=True)
class Filter:
    """Which entries to show; empty fields let all pass."""

    since: dt.datetime | None = None  # UTC, included
    until: dt.datetime | None = None  # UTC, not included
    who: str = ""  # part of name or account
    acts: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    subject: str = ""  # part of it
    text: str = ""  # part of anything it says


def entries(db: Session, wanted: Filter, *, page: int = 0, size: int = 50) -> tuple[Entry, ...]:
    """Return a page of entries, the newest first; page 0 is the first."""
    require_table(db, AuditEntry.__tablename__)
    query = _where(select(*_SHOWN), wanted).order_by(AuditEntry.seq.desc())
    return tuple(Entry(*row) for row in db.execute(query.offset(page * size).limit(size)))


def count(db: Session, wanted: Filter) -> int:
    """Count the entries that a filter lets pass."""
    require_table(db, AuditEntry.__tablename__)
    return int(db.execute(_where(select(func.count()), wanted)).scalar_one())


def entry(db: Session, seq: int) -> Entry | None:
    """Return one entry, None without."""
    require_table(db, AuditEntry.__tablename__)
    row = db.execute(select(*_SHOWN).where(AuditEntry.seq == seq)).first()
    return Entry(*row) if row else None


def traced(code: str) -> Entry | None:
    """Return the entry of a watermark's code; InputError for a mistyped one."""
    with Session(engine()) as db:
        return entry(db, audit.entry_of(code))


def newest_checkpoint() -> Checkpoint | None:
    """Return the newest signed checkpoint of both places."""
    with Session(engine()) as db:
        known = [*in_store(db), *in_second_place(second_place(engine()))]
    return max(known, key=lambda one: one.size, default=None)


def _where(query: Select[Any], wanted: Filter) -> Select[Any]:
    found = query.select_from(AuditEntry)
    if wanted.since is not None:
        found = found.where(AuditEntry.at >= _stamp(wanted.since))
    if wanted.until is not None:
        found = found.where(AuditEntry.at < _stamp(wanted.until))
    if wanted.who:
        named = AuditEntry.who.contains(wanted.who, autoescape=True)
        found = found.where(named | AuditEntry.account.contains(wanted.who, autoescape=True))
    if wanted.acts:
        found = found.where(AuditEntry.act.in_(wanted.acts))
    if wanted.classes:
        found = found.where(AuditEntry.data_class.in_(wanted.classes))
    if wanted.subject:
        found = found.where(AuditEntry.subject.contains(wanted.subject, autoescape=True))
    if wanted.text:
        found = found.where(AuditEntry.payload.contains(wanted.text, autoescape=True))
    return found


def _stamp(time: dt.datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# ---------------------------------------------------------------- counts


@dataclass(frozen=True)
class Counts:
    """How many entries a filter lets pass, by what."""

    by_act: Mapping[str, int]
    by_class: Mapping[str, int]
    by_day: Mapping[str, int]  # day of the county's clocks, ISO 8601


def counts(db: Session, wanted: Filter) -> Counts:
    """Count entries by act, class and day."""
    require_table(db, AuditEntry.__tablename__)
    by_hour = _counted(db, wanted, func.substr(AuditEntry.at, 1, 14))
    return Counts(
        _counted(db, wanted, AuditEntry.act),
        _counted(db, wanted, AuditEntry.data_class),
        _days(by_hour),
    )


def _days(by_hour: Mapping[str, int]) -> dict[str, int]:
    """Add hours of UTC up to days of the county's clocks, which keep whole hours."""
    zone = ZoneInfo(settings().timezone)
    days: dict[str, int] = {}
    for hour, n in by_hour.items():
        day = dt.datetime.fromisoformat(f"{hour}00+00:00").astimezone(zone).date().isoformat()
        days[day] = days.get(day, 0) + n
    return days


def _counted(db: Session, wanted: Filter, by: Any) -> dict[str, int]:
    query = _where(select(by, func.count()), wanted).group_by(by).order_by(by)
    return {str(name): int(n) for name, n in db.execute(query)}


# ---------------------------------------------------------------- as a table

HEAD = ("seq", "at", "who", "account", "session", "roles", "act", "subject", "class", "detail",
        "previous", "hash")  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(db: Session, wanted: Filter) -> Iterator[str]:
    """
    Yield the entries as CSV, oldest first, with a mark at the start that spreadsheets need.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    require_table(db, AuditEntry.__tablename__)
    yield "\ufeff" + csv_line(HEAD)
    query = _where(select(*_SHOWN), wanted).order_by(AuditEntry.seq)
    for row in db.execute(query.execution_options(yield_per=2_000)):
        one = Entry(*row)
        detail = json.dumps(one.detail, ensure_ascii=False) if one.detail else ""
        yield csv_line(
            (one.seq, one.at, one.who, one.account, one.session_id, one.roles, one.act,
             one.subject, one.data_class, detail, one.previous, one.hash)
        )  # fmt: skip


def csv_line(cells: tuple[object, ...]) -> str:
    """Return a line of the table; no cell of it is a formula."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
