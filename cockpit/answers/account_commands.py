"""Accounts as the command line makes and changes them: whoever runs commands has the store."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from sqlalchemy.orm import Session

from cockpit.access import accounts, audit, sessions
from cockpit.access.accounts import Account
from cockpit.store.session import engine, require_table
from geodata.errors import InputError

_T = TypeVar("_T")


def listing() -> tuple[Account, ...]:
    """Return all accounts by name."""
    return _done(accounts.listing)


def add(
    name: str, password: str, *, display: str, roles: Collection[str], clearance: str,
    territory: str, subject: str, initial: bool,
) -> Account:  # fmt: skip
    """Make an account; see ``accounts.create``."""
    return _done(
        lambda db: accounts.create(
            db, name, password, display=display, roles=roles, clearance=clearance,
            territory=territory, by=audit.terminal(), subject=subject, initial=initial,
        )
    )  # fmt: skip


def change(name: str, *, roles: Collection[str], clearance: str, territory: str) -> Account:
    """Give an account other rights; all its sessions end."""
    return _done(
        lambda db: accounts.change_roles(
            db, name, roles=roles, clearance=clearance, territory=territory, by=audit.terminal()
        )
    )


def set_password(name: str, password: str, *, initial: bool) -> None:
    """Give an account a new password; all its sessions end."""
    _done(
        lambda db: accounts.set_password(db, name, password, by=audit.terminal(), initial=initial)
    )


def switch(name: str, *, on: bool) -> Account:
    """Switch an account on, or off with an end of its sessions."""
    act = accounts.enable if on else accounts.disable
    return _done(lambda db: act(db, name, by=audit.terminal()))


def sign_out(name: str) -> Account:
    """End all sessions of an account."""
    known = require(name)

    def end(db: Session) -> None:
        sessions.revoke_all(db, known.id)
        detail = {"everywhere": True}
        audit.record(db, audit.terminal(), "sign out", f"account {known.id}", detail=detail)

    _done(end)
    return known


def require(name: str) -> Account:
    """Return an account, or raise ``InputError``."""
    known = _done(lambda db: accounts.find(db, name))
    if known is None:
        raise InputError("There is no account {name}.", name=name[:64])
    return known


def _done(act: Callable[[Session], _T]) -> _T:
    with Session(engine()) as db:
        require_table(db, "audit_entry")
        result = act(db)
        db.commit()
        return result
