"""The audit trail: who did what to which data, in a chain that shows every later change."""

from __future__ import annotations

import datetime as dt
import getpass
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access.audit_chain import COLUMNS, canonical, hash_of
from cockpit.access.audit_noted import note_after_commit
from cockpit.access.classes import CLASSES
from cockpit.access.visitor import Visitor
from cockpit.store.models_audit import AuditEntry, AuditHead
from cockpit.store.session import StoreError, engine, require_table
from cockpit.store.waiting import wait_for_writers
from geodata.errors import InputError

ACTS: dict[str, str] = {
    "sign in": "Signed in",
    "sign in refused": "Sign-in refused",
    "locked": "Locked",
    "sign out": "Signed out",
    "read": "Looked at data",
    "export": "Exported or downloaded",
    "load": "Loaded or corrected data",
    "run": "Searched for a plan",
    "decide": "Decided",
    "purpose": "Said a purpose",
    "account": "Changed an account",
    "release": "Released figures",
    "destroy": "Destroyed data",
    "key": "Changed a key",
    "refused": "Was refused",
    "session taken": "Session used elsewhere",
}
"""What is written down, and its name (a msgid)."""

LONGEST_WHO, LONGEST_SUBJECT, LONGEST_TEXT = 80, 300, 4_000
READ_AGAIN_S = 3600.0
"""One entry of reading the same thing in the same session in so many seconds."""
_MOST_KNOWN = 50_000

SYSTEM = "cockpit"
"""Who does what nobody asked for: jobs in the background."""


_acting: ContextVar[Visitor | str] = ContextVar("acting", default=SYSTEM)


class AuditError(StoreError):
    """What was to be done cannot be written down, so it must not be done."""


def terminal() -> str:
    """Return who works at the command line, as the trail names them."""
    try:
        return f"terminal:{getpass.getuser()}"
    except (KeyError, OSError):  # a container may have a number without a name
        return "terminal:"


def act_as(who: Visitor | str) -> None:
    """Name who acts from here on in this thread or task, for what is written down further below."""
    _acting.set(who)


@contextmanager
def acting_as(who: Visitor | str) -> Iterator[None]:
    """Name who acts within."""
    before = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(before)


def actor() -> Visitor | str:
    """Return who acts here: a visitor, a terminal, or the cockpit by itself."""
    return _acting.get()


# ---------------------------------------------------------------- writing


def record(
    db: Session,
    who: Visitor | str,
    act: str,
    subject: str,
    *,
    data_class: str = "公开",
    detail: Mapping[str, Any] | None = None,
) -> int:
    """
    Write an entry at the end of the trail, in the caller's transaction.

    Other writers of the trail wait until that transaction ends; an entry of a transaction that is
    rolled back was never there, and leaves no gap. The caller may have read before: on SQLite its
    transaction then begins anew, and what it reads afterwards is what is stored now (as PostgreSQL
    does at every statement). Nothing of what the caller has written is lost.

    Parameters
    ----------
    who
        A visitor; or ``cockpit`` for a job in the background, ``terminal()`` for a command.
    act
        One of ``ACTS``.
    subject
        What it was done to, at most 300 characters (more are cut off).
    detail
        What else there is to say; plain JSON. Texts are cut at 4,000 characters.

    Returns
    -------
    int
        The entry's number: 1, 2, ... without a gap.

    Raises
    ------
    InputError
        If there is no such act or class.
    AuditError
        If it cannot be written: what it is about must then not happen either.
    """
    if act not in ACTS or data_class not in CLASSES:
        raise InputError("The audit trail knows no {word}.", word=f"{act} / {data_class}"[:80])
    try:
        require_table(db, "audit_entry")
        wait_for_writers(db)
        with db.no_autoflush:
            seq = _append(db, _told(who, act, subject, data_class, detail))
        note_after_commit(db)
        return seq
    except SQLAlchemyError as error:
        raise _unwritten(error) from error


def record_now(
    who: Visitor | str,
    act: str,
    subject: str,
    *,
    data_class: str = "公开",
    detail: Mapping[str, Any] | None = None,
) -> int:
    """
    Write an entry in a transaction of its own; see ``record``.

    Not to be called while the same thread writes in another session: it would wait for itself.
    """
    try:
        with Session(engine()) as db:
            seq = record(db, who, act, subject, data_class=data_class, detail=detail)
            db.commit()
            return seq
    except SQLAlchemyError as error:
        raise _unwritten(error) from error


_known: dict[tuple[str, str, str], float] = {}
_writing = threading.Lock()


def read_once(
    who: Visitor,
    subject: str,
    *,
    data_class: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """
    Write down that somebody looks at something above 公开, at most once an hour and session.

    Raises ``AuditError`` when it cannot be written: the data must then not be shown.
    """
    if data_class == CLASSES[0]:
        return
    key = (who.session or who.account, subject, data_class)
    if _known.get(key, 0.0) > time.monotonic():
        return
    with _writing:
        if _known.get(key, 0.0) > time.monotonic():  # another thread was first
            return
        record_now(who, "read", subject, data_class=data_class, detail=detail)
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[key] = time.monotonic() + READ_AGAIN_S


def forget() -> None:
    """Forget who has read what: another store, or a test."""
    _known.clear()


def _unwritten(error: SQLAlchemyError) -> AuditError:
    reason = getattr(error, "orig", None) or type(error).__name__
    return AuditError(
        "This cannot be done now, because it cannot be written into the audit trail: {reason}.",
        reason=str(reason).partition("\n")[0],
    )


def _append(db: Session, told: dict[str, Any]) -> int:
    """Take the next number and write; the row of the head keeps other writers out."""
    head = update(AuditHead).where(AuditHead.id == 1)
    row = db.execute(
        head.values(seq=AuditHead.seq + 1).returning(AuditHead.seq, AuditHead.hash),
        execution_options={"synchronize_session": False},
    ).first()
    if row is None:
        raise AuditError("The audit trail has lost its head; run: python -m cockpit verify audit")
    payload = canonical({"seq": row.seq, **told})
    sealed = hash_of(row.hash, payload)
    values = {name: told[name] for name in COLUMNS if name != "seq"}
    db.execute(
        insert(AuditEntry).values(
            seq=row.seq, **values, payload=payload, previous=row.hash, hash=sealed
        )
    )
    db.execute(head.values(hash=sealed), execution_options={"synchronize_session": False})
    return int(row.seq)


def _told(
    who: Visitor | str, act: str, subject: str, data_class: str, detail: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return what an entry says, cleaned and cut to length; its number comes later."""
    visitor = who if isinstance(who, Visitor) else Visitor(name=who, roles=())
    name = visitor.name or visitor.account or "public"
    plain = _plain(dict(detail or {}))
    if visitor.purpose:
        plain.setdefault("purpose", _text(visitor.purpose))
    return {
        "at": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "who": _text(name, LONGEST_WHO),
        "account": _text(visitor.account, 64),
        "session_id": _text(visitor.session, 64),
        "roles": _text(",".join(visitor.roles), 80),
        "act": act,
        "subject": _text(subject, LONGEST_SUBJECT),
        "data_class": data_class,
        "detail": plain,
    }


def _text(value: object, most: int = LONGEST_TEXT) -> str:
    """Return a text that every database takes: no half characters, no control characters."""
    whole = str(value).encode("utf-8", "replace").decode()
    clean = "".join(c if c.isprintable() else " " for c in whole)
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def _plain(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON knows it, never too deep or too long."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)  # NaN and infinity are no JSON
    if isinstance(value, Mapping) and depth < 4:
        pairs = list(value.items())[:100]
        return {_text(k, 80): _plain(v, depth + 1) for k, v in pairs}
    if isinstance(value, list | tuple | set | frozenset) and depth < 4:
        parts = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_plain(part, depth + 1) for part in list(parts)[:100]]
    return _text(value)


# ---------------------------------------------------------------- codes of exports

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_LIKE = str.maketrans("ILO", "110")


def code_of(seq: int) -> str:
    """
    Return the short code of an entry, as a watermark or a file shows it, such as ``01T4-7``.

    Base 32 without letters that look like digits, at least four of them, and a check letter: every
    single wrong letter and every swap of two neighbours is found.
    """
    if seq < 1:
        raise InputError("There is no entry {seq}.", seq=seq)
    digits, rest = "", seq
    while rest:
        rest, digit = divmod(rest, 32)
        digits = _LETTERS[digit] + digits
    digits = digits.rjust(4, "0")
    return f"{digits}-{_check(digits)}"


def entry_of(code: str) -> int:
    """Return the number of the entry that a code stands for; InputError for a mistyped one."""
    typed = "".join(c for c in code.upper() if c not in "- ").translate(_LIKE)
    if len(typed) < 5 or len(typed) > 14 or any(c not in _LETTERS for c in typed):
        raise InputError("{code} is no code of an export.", code=code[:20])
    digits, check = typed[:-1], typed[-1]
    if _check(digits) != check:
        raise InputError("{code} was mistyped: its last letter does not fit.", code=code[:20])
    seq = 0
    for letter in digits:
        seq = seq * 32 + _LETTERS.index(letter)
    if seq < 1 or code_of(seq) != f"{digits}-{check}":
        raise InputError("{code} is no code of an export.", code=code[:20])
    return seq


def _check(digits: str) -> str:
    """Return the check letter: the sum of letter i times x^i over GF(32), i from the right, 1.."""
    total = 0
    for letter in digits:
        total = _times_x(total ^ _LETTERS.index(letter))
    return _LETTERS[total]


def _times_x(value: int) -> int:
    """Multiply by x in GF(2)[x] / (x^5 + x^2 + 1), where x has order 31."""
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 0b100000 else doubled
