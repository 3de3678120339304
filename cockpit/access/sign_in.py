"""Signing in and out: one sentence for every refusal, an entry in the trail for everything."""

from __future__ import annotations

import threading

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access import audit, locks, passwords, sessions
from cockpit.access.accounts import canonical
from cockpit.access.visitor import Visitor
from cockpit.store.catalogue import begin_writing
from cockpit.store.models_access import StoredAccount
from cockpit.store.session import StoreError, engine
from geodata.errors import CockpitError

LONGEST_NAME = 200  # characters; longer ones are nobody's


class SignInRefusedError(CockpitError):
    """Wrong name, wrong password, locked, switched off: who asks is not told which."""


_DOOR = threading.BoundedSemaphore(4)
"""How many sign-ins ask the store at once: the others wait here, and not for its connections, which
pages need as well. Nobody stands in the door while a hash is worked out."""


def with_password(name: str, password: str, *, address: str, agent: str = "") -> str:
    """
    Sign in; return the value of a new session's cookie.

    A name that nobody has costs the same work, gets the same answer and is locked just so.

    Raises
    ------
    SignInRefusedError, TooManyAttemptsError
        The first is always the same sentence.
    StoreError
        If the store, or its audit trail, cannot be written.
    """
    name = canonical(name[:LONGEST_NAME])
    try:
        with _DOOR:
            locks.admit(address)
            if not locks.begin_attempt(name):
                raise _refusal()
            with Session(engine()) as db:
                row = db.get(StoredAccount, name)
                kept = row.password_hash if row is not None and not row.demo else ""
        right = passwords.matches(kept, password)
        renewed = passwords.hashed(password) if right and passwords.is_old(kept) else ""
        with _DOOR:
            return _end(name, address, agent, right=right, kept=kept, renewed=renewed)
    except SQLAlchemyError as error:
        raise StoreError("The store cannot be reached.") from error


def _end(name: str, address: str, agent: str, *, right: bool, kept: str, renewed: str) -> str:
    with Session(engine()) as db:
        begin_writing(db.connection())
        row = db.get(StoredAccount, name)
        # The password may have been changed while its hash was worked out.
        good = right and row is not None and row.disabled is None and row.password_hash == kept
        if not good or row is None:
            _note_refusal(db, name if row is not None else "", name, address)
            db.commit()
            raise _refusal()
        if renewed:
            row.password_hash = renewed
        locks.succeeded(db, name)
        cookie = _session(db, row, address, agent, how="password")
        db.commit()
        return cookie


def _note_refusal(db: Session, known: str, name: str, address: str) -> None:
    """Write down a refusal; of a name that nobody has nothing: it may be a mistyped password."""
    subject = f"account {known}" if known else "account unknown"
    detail = {"address": address}
    audit.record(db, known or "unknown", "sign in refused", subject, detail=detail)
    until = locks.locked_until(db, name)
    if until is not None:
        detail = {**detail, "until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
        audit.record(db, known or "unknown", "locked", subject, detail=detail)


def _session(db: Session, row: StoredAccount, address: str, agent: str, *, how: str) -> str:
    cookie = sessions.begin(db, row.id, address=address, agent=agent)
    visitor = Visitor(row.id, row.display, tuple(row.roles), session=sessions.row_of(db, cookie))
    audit.record(
        db, visitor, "sign in", f"account {row.id}", detail={"address": address, "how": how}
    )
    return cookie


def without_password(db: Session, row: StoredAccount, *, address: str, agent: str, how: str) -> str:
    """
    Make a session for somebody who was recognised otherwise; the commit is the caller's.

    Raises
    ------
    SignInRefusedError
        If the account is switched off.
    """
    if row.disabled is not None:
        audit.record(db, row.id, "sign in refused", f"account {row.id}",
                     detail={"address": address, "how": how})  # fmt: skip
        db.commit()
        raise SignInRefusedError("This account is switched off.")
    return _session(db, row, address, agent, how=how)


def sign_out(visitor: Visitor, *, everywhere: bool = False) -> None:
    """End the visitor's session, or all sessions of the account."""
    if not visitor.signed_in:
        return
    try:
        with Session(engine()) as db:
            begin_writing(db.connection())
            if everywhere:
                sessions.revoke_all(db, visitor.account)
            else:
                sessions.revoke(db, visitor.session)
            audit.record(
                db, visitor, "sign out", f"account {visitor.account}",
                detail={"everywhere": everywhere},
            )  # fmt: skip
            db.commit()
    except SQLAlchemyError as error:
        raise StoreError("The store cannot be reached.") from error
    sessions.drop()


def check_password(visitor: Visitor, password: str, *, address: str) -> None:
    """
    Make sure that it is the account's owner who asks; guessing is limited as at the sign-in.

    Raises
    ------
    SignInRefusedError, TooManyAttemptsError
    """
    locks.admit(address)
    name = visitor.account
    right = False
    if locks.begin_attempt(name):
        with Session(engine()) as db:
            row = db.get(StoredAccount, name)
            kept = row.password_hash if row is not None else ""
        right = passwords.matches(kept, password)
    with Session(engine()) as db:
        begin_writing(db.connection())
        if right:
            locks.succeeded(db, name)
        else:
            _note_refusal(db, name, name, address)
        db.commit()
    if not right:
        raise SignInRefusedError(
            "The present password is wrong, or it was wrong too often: after {n} times it is not "
            "looked at for {minutes} minutes.",
            n=locks.MOST_FAILURES, minutes=_minutes(),
        )  # fmt: skip


def _refusal() -> SignInRefusedError:
    return SignInRefusedError(
        "The name or the password is wrong, or the name is locked: after {n} wrong passwords it "
        "stays locked for {minutes} minutes, for the right one too.",
        n=locks.MOST_FAILURES, minutes=_minutes(),
    )  # fmt: skip


def _minutes() -> int:
    return int(locks.LOCKED.total_seconds() // 60)
