"""Limits on guessing: five failures lock a name, and an address has twenty attempts a minute."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cockpit.access import clock, secret
from cockpit.store.catalogue import begin_writing
from cockpit.store.models_access import SignInAttempt, SignInLock
from cockpit.store.session import engine, require_table
from geodata.errors import CockpitError

MOST_FAILURES = 5
LOCKED = dt.timedelta(minutes=15)
MOST_ATTEMPTS = 20
WITHIN = dt.timedelta(minutes=1)
_KEEP_ATTEMPTS = dt.timedelta(minutes=10)
_KEEP_LOCKS = dt.timedelta(days=1)


class TooManyAttemptsError(CockpitError):
    """An address has tried too often; ``values["seconds"]`` is how long it has to wait."""


def admit(address: str) -> None:
    """
    Count an attempt from an address.

    Raises
    ------
    TooManyAttemptsError
        If there were twenty within the last minute. This attempt is then not counted.
    """
    place, now = network(address), clock.utc_now()
    with Session(engine()) as db:
        _begin(db)
        _one_after_the_other(db, place)
        db.execute(delete(SignInAttempt).where(SignInAttempt.at < now - _KEEP_ATTEMPTS))
        times = db.scalars(
            select(SignInAttempt.at)
            .where(SignInAttempt.address == place, SignInAttempt.at > now - WITHIN)
            .order_by(SignInAttempt.at)
        ).all()
        if len(times) >= MOST_ATTEMPTS:
            wait = (times[-MOST_ATTEMPTS] + WITHIN - now).total_seconds()
            raise TooManyAttemptsError(
                "There were too many attempts from your address. Try again in {seconds} seconds.",
                seconds=max(1, int(wait) + 1),
            )
        db.add(SignInAttempt(address=place, at=now))
        db.commit()


def begin_attempt(name: str) -> bool:
    """
    Count an attempt with a name as failed, until ``succeeded`` takes it back.

    Counted before the password is looked at, so that a hundred guesses at once are five guesses.

    Returns
    -------
    bool
        False while the name is locked: the password must then not be looked at.
    """
    key, now = _key(name), clock.utc_now()
    with Session(engine()) as db:
        _begin(db)
        row = _row(db, key, now)
        if row.locked_until is not None and row.locked_until > now:
            return False
        if row.locked_until is not None or row.last_failed <= now - LOCKED:
            row.failures, row.locked_until = 0, None
        row.failures += 1
        row.last_failed = now
        if row.failures >= MOST_FAILURES:
            row.locked_until = now + LOCKED
        db.commit()
        return True


def succeeded(db: Session, name: str) -> None:
    """Forget the failures of a name; the commit is the caller's."""
    db.execute(delete(SignInLock).where(SignInLock.name_hash == _key(name)))


def locked_until(db: Session, name: str) -> dt.datetime | None:
    """Return until when (UTC) a name is locked, None when it is not."""
    row = db.get(SignInLock, _key(name), populate_existing=True)
    until = row.locked_until if row is not None else None
    return until if until is not None and until > clock.utc_now() else None


def n_locked(db: Session) -> int:
    """Return how many names are locked now."""
    count = select(func.count()).where(SignInLock.locked_until > clock.utc_now())
    return int(db.scalar(count) or 0)


def network(address: str) -> str:
    """Return what counts as one address: of IPv6 the network, for a home has 2^64 of them."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)


def _row(db: Session, key: str, now: dt.datetime) -> SignInLock:
    """Return the row of a name, with everybody else who wants it kept waiting."""
    row = db.get(SignInLock, key, with_for_update=True)
    if row is None:
        db.execute(delete(SignInLock).where(SignInLock.last_failed < now - _KEEP_LOCKS))
        with contextlib.suppress(IntegrityError), db.begin_nested():  # somebody else was first
            db.add(SignInLock(name_hash=key, failures=0, last_failed=now, locked_until=None))
        row = db.get_one(SignInLock, key, with_for_update=True)
    return row


def _one_after_the_other(db: Session, place: str) -> None:
    """Let attempts from one address be counted in turn; SQLite has one writer anyway."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(func.hashtext(place))))


def _key(name: str) -> str:
    return secret.sealed("name", name)


def _begin(db: Session) -> None:
    with Session(db.get_bind()) as other:  # ours must not read before it writes
        require_table(other, "sign_in_lock")
    begin_writing(db.connection())
