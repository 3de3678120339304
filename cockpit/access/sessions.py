"""Sessions: who a cookie belongs to, for how long, and how they end."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access import audit, clock, demo
from cockpit.access.classes import CLASSES
from cockpit.access.roles import clearance_of
from cockpit.access.visitor import PUBLIC, Visitor
from cockpit.settings import settings
from cockpit.store.catalogue import begin_writing
from cockpit.store.models_access import StoredAccount, StoredSession
from cockpit.store.session import StoreError, engine, has_table, require_table
from geodata.errors import InputError

COOKIE = "cockpit_session"
IDLE = dt.timedelta(minutes=30)
LONGEST = dt.timedelta(hours=8)
LONGEST_SCREEN = dt.timedelta(hours=12)
"""A wall has no hands: a screen is not signed out for being idle."""
LONGEST_RENEWED = dt.timedelta(days=30)
"""How long a screen goes on by renewing; then somebody signs it in again, who knows where it is."""
RENEW_AFTER = dt.timedelta(hours=1)
"""A screen's session younger than this needs no new one yet."""
RENEWED_STAYS = dt.timedelta(minutes=1)
"""How long the session before a new one goes on: requests are on their way with its cookie."""
LONGEST_PURPOSE = 200  # characters
KEPT_AFTER = dt.timedelta(days=30)
"""How long the row of an ended session stays; the audit trail keeps who signed in."""
KEPT_SECONDS = 2.0  # how long an answer may be old: what is revoked is refused within 5 s
WRITE_SEEN = dt.timedelta(minutes=1)
TOUCH_AGAIN = dt.timedelta(seconds=5)
_MOST_KEPT = 4096

_lock = threading.Lock()
_kept: dict[tuple[str, str], tuple[float, Visitor]] = {}
_seen: dict[str, dt.datetime] = {}
"""When a session was last used here; the store learns it once a minute."""


def begin(
    db: Session, account_id: str, *, address: str = "", agent: str = "",
    since: dt.datetime | None = None,
) -> str:  # fmt: skip
    """
    Make a session for an account; return the cookie's value. The commit is the caller's.

    The value is kept nowhere, only its hash. Its 256 bits are random: it says nothing about the
    account, and no earlier cookie of the browser lives on in it.

    ``since``: when the sign-in was that a screen's session goes on from (UTC), which ``created``
    keeps; None: now.
    """
    account = db.get(StoredAccount, account_id)
    if account is None or account.disabled is not None:
        raise InputError("There is no account {name}.", name=account_id)
    value = secrets.token_urlsafe(32)
    now = clock.utc_now()
    longest = LONGEST_SCREEN if "screen" in account.roles else LONGEST
    account.last_sign_in = now
    db.execute(delete(StoredSession).where(StoredSession.expires < now - KEPT_AFTER))
    db.add(
        StoredSession(
            id=secrets.token_hex(16),
            cookie_hash=_hash(value),
            account_id=account_id,
            created=since or now,
            last_seen=now,
            expires=now + longest if since is None else min(now + longest, since + LONGEST_RENEWED),
            address=address[:64],
            agent=agent[:200],
        )
    )
    db.flush()
    return value


def visitor_by_cookie(value: str) -> Visitor:
    """
    Return who a cookie belongs to; the public when it is unknown or its session has ended.

    Raises
    ------
    StoreError
        If the store cannot be asked.
    """
    return _visitor("cookie", _hash(value)) if 0 < len(value) <= 100 else PUBLIC


def visitor_by_session(row_id: str) -> Visitor:
    """
    Return who a session's row belongs to; the public when it is unknown or has ended.

    An answer is at most two seconds old, so that a page of many parts asks once.

    Raises
    ------
    StoreError
        If the store cannot be asked.
    """
    return _visitor("id", row_id) if 0 < len(row_id) <= 32 else PUBLIC


def known_by_cookie(value: str) -> Visitor | None:
    """Return who a cookie belongs to if that was asked a moment ago: without any waiting."""
    return _known(_hash(value)) if 0 < len(value) <= 100 else PUBLIC


def known_by_session(row_id: str) -> Visitor | None:
    """Return who a session's row belongs to if that was asked a moment ago."""
    return _known(row_id)


def _known(value: str) -> Visitor | None:
    found = _kept.get((settings().database, value))
    return found[1] if found and time.monotonic() - found[0] < KEPT_SECONDS else None


def _visitor(by: str, value: str) -> Visitor:
    found = _known(value)
    if found is not None:
        return found
    asked = time.monotonic()
    visitor = _look_up(by, value)
    with _lock:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[(settings().database, value)] = (asked, visitor)
    return visitor


def _look_up(by: str, value: str) -> Visitor:
    column = StoredSession.cookie_hash if by == "cookie" else StoredSession.id
    wanted = (
        select(StoredSession, StoredAccount)
        .join(StoredAccount, StoredAccount.id == StoredSession.account_id)
        .where(column == value, StoredSession.revoked.is_(None), StoredAccount.disabled.is_(None))
    )
    try:
        with Session(engine()) as db:
            if not has_table(db, "visitor_session"):  # nobody has ever signed in
                return PUBLIC
            row = db.execute(wanted).one_or_none()
            if row is None or _over(row[0], row[1], clock.utc_now()):
                return PUBLIC
            if row[1].demo and not demo.allowed(db):
                return PUBLIC
            return _of(row[0], row[1])
    except SQLAlchemyError as error:
        raise StoreError("The store cannot be reached.") from error


def _of(session: StoredSession, account: StoredAccount) -> Visitor:
    roles = tuple(account.roles)
    if account.password_hash and account.password_changed is None and not account.demo:
        roles = ("public",)  # who made the account knows the password too: it opens nothing yet
    return Visitor(
        account=account.id,
        name=account.display,
        roles=roles,
        clearance=min(account.clearance, clearance_of(roles), key=CLASSES.index),
        territory=account.territory,
        session=session.id,
        purpose=session.purpose,
    )


def _over(session: StoredSession, account: StoredAccount, now: dt.datetime) -> bool:
    if now >= session.expires:
        return True
    last = max(session.last_seen, _seen.get(session.id, session.last_seen))
    return "screen" not in account.roles and now >= last + IDLE


def ended(row_ids: Collection[str]) -> frozenset[str]:
    """
    Return those of the sessions that have ended, asked of the store in one question.

    Raises
    ------
    StoreError
        If the store cannot be asked.
    """
    asked = (
        select(StoredSession, StoredAccount)
        .join(StoredAccount, StoredAccount.id == StoredSession.account_id)
        .where(StoredSession.id.in_(row_ids), StoredSession.revoked.is_(None))
        .where(StoredAccount.disabled.is_(None))
    )
    try:
        with Session(engine()) as db:
            now, demos = clock.utc_now(), demo.allowed(db)
            going_on = {
                session.id
                for session, account in db.execute(asked)
                if not _over(session, account, now) and (demos or not account.demo)
            }
    except SQLAlchemyError as error:
        raise StoreError("The store cannot be reached.") from error
    return frozenset(row_ids) - going_on


def untouched(visitor: Visitor) -> bool:
    """Tell whether nothing was noted of a session for some seconds, so that a touch is due."""
    last = _seen.get(visitor.session)
    return last is None or clock.utc_now() >= last + TOUCH_AGAIN


def touch(visitor: Visitor) -> None:
    """
    Note that a visitor has done something; the store learns it at most once a minute.

    A store that is busy or away is no reason to stop anybody: the next touch tries again.
    """
    if not visitor.session:
        return
    now = clock.utc_now()
    with _lock:
        if len(_seen) >= _MOST_KEPT:
            _seen.clear()
        _seen[visitor.session] = now
    late = (StoredSession.id == visitor.session, StoredSession.last_seen < now - WRITE_SEEN)
    try:
        with Session(engine()) as db:
            if db.scalar(select(StoredSession.id).where(*late)) is None:
                return
            db.rollback()  # SQLite: a transaction that has read must not begin to write
            db.execute(update(StoredSession).where(*late).values(last_seen=now))
            db.commit()
    except SQLAlchemyError:
        return


def revoke(db: Session, session_id: str) -> None:
    """End a session; the commit is the caller's."""
    _revoke(db, StoredSession.id == session_id)


def revoke_all(db: Session, account_id: str, *, but: str = "") -> None:
    """End all sessions of an account, one may stay; the commit is the caller's."""
    _revoke(db, StoredSession.account_id == account_id, StoredSession.id != but)


def _revoke(db: Session, *which: object) -> None:
    still = StoredSession.revoked.is_(None)
    db.execute(update(StoredSession).where(*which, still).values(revoked=clock.utc_now()))  # type: ignore[arg-type]
    drop()


def ends(visitor: Visitor) -> dt.datetime | None:
    """
    Return when a visitor's session ends if nothing is done any more, UTC; None without one.

    Raises
    ------
    StoreError
        If the store cannot be asked.
    """
    if not visitor.session:
        return None
    try:
        with Session(engine()) as db:
            row = db.get(StoredSession, visitor.session)
            if row is None:
                return None
            if "screen" in visitor.roles:
                return row.expires
            return min(row.expires, max(row.last_seen, _seen.get(row.id, row.last_seen)) + IDLE)
    except SQLAlchemyError as error:
        raise StoreError("The store cannot be reached.") from error


def renew(visitor: Visitor, *, address: str = "", agent: str = "") -> str:
    """
    Give a running screen a new session before its own ends; return the cookie's value.

    "" when its session is young enough. Written into the audit trail. The session before ends a
    minute later, each lasts 12 hours at most, all of them together 30 days from the sign-in, and
    what is revoked or ended is never renewed.

    Raises
    ------
    InputError
        If the visitor is no screen, or its session has ended.
    """
    now = clock.utc_now()
    with Session(engine()) as db:
        begin_writing(db.connection())
        row = db.get(StoredSession, visitor.session) if visitor.session else None
        account = db.get(StoredAccount, row.account_id) if row is not None else None
        if row is None or account is None or row.revoked is not None or now >= row.expires:
            raise InputError("Your session has ended. Sign in again.")
        if "screen" not in account.roles or "screen" not in visitor.roles:
            raise InputError("Only the session of a screen can be renewed.")
        ends = min(now + LONGEST_SCREEN, row.created + LONGEST_RENEWED)
        if ends - row.expires < RENEW_AFTER or _has_heir(db, row):
            return ""
        value = begin(db, account.id, address=address, agent=agent, since=row.created)
        row.expires = min(row.expires, now + RENEWED_STAYS)
        db.flush()
        audit.record(db, visitor, "sign in", f"session {row.id}", detail={"what": "renewed"})
        db.commit()
    return value


def _has_heir(db: Session, row: StoredSession) -> bool:
    """Tell whether another window of the same browser has just renewed a session."""
    later = select(StoredSession.id).where(
        StoredSession.account_id == row.account_id,
        StoredSession.created == row.created,  # of the same sign-in
        StoredSession.expires > row.expires,
    )
    return db.scalars(later.limit(1)).first() is not None


def set_purpose(session_id: str, purpose: str) -> None:
    """
    Keep what sensitive data are needed for, with an entry in the audit trail, or neither of both.

    Raises
    ------
    InputError
        If the purpose says nothing, or the session has ended.
    """
    said = " ".join(purpose.split())
    if not 4 <= len(said) <= LONGEST_PURPOSE:
        raise InputError(
            "Say in 4 to {n} characters what the data are needed for.", n=LONGEST_PURPOSE
        )
    visitor = visitor_by_session(session_id)
    if not visitor.signed_in:
        raise InputError("Your session has ended. Sign in again.")
    with Session(engine()) as db:
        begin_writing(db.connection())
        db.execute(update(StoredSession).where(StoredSession.id == session_id).values(purpose=said))
        audit.record(db, visitor, "purpose", f"session {session_id}", detail={"purpose": said})
        db.commit()
    drop()


def row_of(db: Session, cookie: str) -> str:
    """Return the id of a cookie's row; "" if there is none."""
    return (
        db.scalar(select(StoredSession.id).where(StoredSession.cookie_hash == _hash(cookie))) or ""
    )


@dataclass(frozen=True)
class OpenSession:
    """One place where an account is signed in."""

    id: str
    created: dt.datetime  # UTC, of the sign-in: a screen's renewed session keeps it
    last_seen: dt.datetime  # UTC
    expires: dt.datetime  # UTC
    address: str
    agent: str


def open_sessions(db: Session, account_id: str) -> tuple[OpenSession, ...]:
    """Return where an account is signed in now, the newest first."""
    require_table(db, "visitor_session")
    now = clock.utc_now()
    account = db.get(StoredAccount, account_id)
    rows = db.scalars(
        select(StoredSession)
        .where(StoredSession.account_id == account_id, StoredSession.revoked.is_(None))
        .order_by(StoredSession.created.desc())
    )
    return tuple(
        OpenSession(r.id, r.created, r.last_seen, r.expires, r.address, r.agent)
        for r in rows
        if account is not None and not _over(r, account, now)
    )


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def drop() -> None:
    """Ask the store again for everybody: this process has just ended sessions."""
    with _lock:
        _kept.clear()


def forget() -> None:
    """Drop what the process keeps: a test changed the store behind our back."""
    drop()
    _seen.clear()
