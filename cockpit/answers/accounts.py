"""What the page Accounts asks and does: who may come in, as what, and who is in now."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access import accounts, audit, locks, matrix, sessions
from cockpit.access.accounts import Account
from cockpit.access.sessions import OpenSession
from cockpit.access.visitor import NotAllowedError, Visitor
from cockpit.store.catalogue import begin_writing
from cockpit.store.models_access import StoredSession
from cockpit.store.session import StoreError, engine, require_table
from geodata.errors import InputError

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of initial passwords: none that is taken for another when read from paper (i, l, o, 0, 1)."""
_GROUPS, _IN_GROUP = 4, 4  # 16 of 31 letters: 79 bits

T = TypeVar("T")


@dataclass(frozen=True)
class Person:
    """An account, where it is signed in, and until when (UTC) its name is locked."""

    account: Account
    sessions: tuple[OpenSession, ...]
    locked_until: dt.datetime | None

    @property
    def visitor(self) -> Visitor:
        """Who the account is at a page, with a purpose said."""
        return visitor_of(
            self.account.roles,
            self.account.clearance,
            self.account.territory,
            account=self.account.id,
        )

    @property
    def status(self) -> str:
        """What may be said of it in one word (a msgid of ``STATUS``)."""
        if not self.account.enabled:
            return "disabled"
        return "locked" if self.locked_until else "signed in" if self.sessions else "enabled"


STATUS = {
    "enabled": "Not signed in",
    "signed in": "Signed in now",
    "locked": "Locked now",
    "disabled": "Switched off",
}
"""Status of an account and its name (a msgid)."""


def visitor_of(
    roles: Collection[str], clearance: str, territory: str, *, account: str = "?"
) -> Visitor:
    """Return who an account of these rights is, when it has said a purpose."""
    return Visitor(
        account=account,
        roles=tuple(roles),
        clearance=clearance,
        territory=territory,
        purpose="?",
    )


def people(by: Visitor) -> tuple[Person, ...]:
    """
    Return all accounts by name, for the administrator and the auditor.

    Raises
    ------
    NotAllowedError
        For anybody else.
    """
    require_reader(by)
    with Session(engine()) as db:
        for table in ("account", "visitor_session", "sign_in_lock"):
            require_table(db, table)
        return tuple(
            Person(found, sessions.open_sessions(db, found.id), locks.locked_until(db, found.id))
            for found in accounts.listing(db)
        )


def require_reader(by: Visitor) -> None:
    """Raise ``NotAllowedError`` unless somebody manages accounts or reads the audit trail."""
    if not (by.may("accounts") or by.may("audit")):
        raise NotAllowedError("Your account is not allowed to do this.")


def own_sessions(who: Visitor) -> tuple[OpenSession, ...]:
    """Return where the visitor is signed in now, the newest first."""
    if not who.signed_in:
        return ()
    with Session(engine()) as db:
        return sessions.open_sessions(db, who.account)


def own_account(who: Visitor) -> Account | None:
    """Return the visitor's account; None for the public."""
    with Session(engine()) as db:
        return accounts.find(db, who.account) if who.signed_in else None


# ---------------------------------------------------------------- what an administrator does


def add(
    name: str,
    *,
    display: str,
    roles: Collection[str],
    clearance: str,
    territory: str,
    by: Visitor,
) -> str:
    """Make an account; return its initial password, which is kept nowhere."""
    by.require("accounts")
    password = initial_password()

    def make(db: Session) -> None:
        accounts.create(
            db, name, password, display=display, roles=roles, clearance=clearance,
            territory=territory, by=by, initial=True,
        )  # fmt: skip

    _write(make)
    return password


def change(
    name: str, *, roles: Collection[str], clearance: str, territory: str, by: Visitor
) -> None:
    """Give an account other roles, class and territory; it is signed out everywhere."""
    by.require("accounts")
    _write(
        lambda db: accounts.change_roles(
            db, name, roles=roles, clearance=clearance, territory=territory, by=by
        )
    )


def switch(name: str, *, on: bool, by: Visitor) -> None:
    """Switch an account on or off."""
    by.require("accounts")
    _write(lambda db: (accounts.enable if on else accounts.disable)(db, name, by=by))


def reset_password(name: str, *, by: Visitor) -> str:
    """Give an account a new initial password and return it; it is signed out everywhere."""
    by.require("accounts")
    password = initial_password()
    _write(lambda db: accounts.set_password(db, name, password, by=by, initial=True))
    return password


def unlock(name: str, *, by: Visitor) -> None:
    """Let a name sign in again before its lock ends."""
    by.require("accounts")

    def let_in(db: Session) -> None:
        begin_writing(db.connection())
        locks.succeeded(db, name)
        audit.record(db, by, "account", f"account {name}", detail={"what": "unlocked"})

    _write(let_in)


def sign_out(session: str, *, by: Visitor) -> None:
    """
    End a session: one's own, or anybody's for an administrator.

    Raises
    ------
    NotAllowedError
        If it is somebody else's and ``by`` manages no accounts.
    InputError
        If there is no such session.
    """

    def end(db: Session) -> None:
        begin_writing(db.connection())
        row = db.get(StoredSession, session)
        if row is None:
            raise InputError("There is no such session.")
        if row.account_id != by.account:
            by.require("accounts")
        sessions.revoke(db, session)
        audit.record(
            db, by, "sign out", f"account {row.account_id}", detail={"ended session": session}
        )

    _write(end)


def sign_out_everywhere(name: str, *, by: Visitor) -> None:
    """End all sessions of an account: one's own, or anybody's for an administrator."""
    if name != by.account:
        by.require("accounts")

    def end(db: Session) -> None:
        begin_writing(db.connection())
        sessions.revoke_all(db, name)
        audit.record(db, by, "sign out", f"account {name}", detail={"everywhere": True})

    _write(end)


def drop_purpose(who: Visitor) -> None:
    """Forget what the visitor needs sensitive data for: they close until it is said anew."""

    def forget(db: Session) -> None:
        begin_writing(db.connection())
        of_visitor = update(StoredSession).where(StoredSession.id == who.session)
        db.execute(of_visitor.values(purpose=""))
        audit.record(db, who, "purpose", f"account {who.account}", detail={"dropped": True})

    _write(forget)


def initial_password() -> str:
    """Return a random password that can be read aloud: four groups of four letters or digits."""
    return "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(_IN_GROUP)) for _ in range(_GROUPS)
    )


def _write(act: Callable[[Session], T]) -> T:
    with _store() as db:
        done = act(db)
        db.commit()
    sessions.drop()
    return done


@contextmanager
def _store() -> Iterator[Session]:
    try:
        with Session(engine()) as db:
            yield db
    except SQLAlchemyError as error:
        raise StoreError("The store cannot be reached.") from error


def pages_of(who: Visitor) -> tuple[str, ...]:
    """Return the pages that a visitor may open."""
    return matrix.open_pages(who)
