"""Accounts of an identity provider: whom its word means here. It gives no rights by itself."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access import accounts, audit, sign_in
from cockpit.access.sign_in import SignInRefusedError
from cockpit.access.visitor import Visitor
from cockpit.store.catalogue import begin_writing
from cockpit.store.models_access import StoredAccount
from cockpit.store.session import StoreError, engine, require_table
from geodata.errors import InputError


def subject_of(issuer: str, subject: str) -> str:
    """Return how a person of a provider is kept: the name alone may be another one's tomorrow."""
    return f"{issuer} {subject}"


def sign_in_as(issuer: str, subject: str, name: str, *, address: str, agent: str) -> str:
    """
    Sign in whom a provider has recognised; return the cookie's value.

    The account is the one linked to the person. Without a link it is the one whose name the
    provider says, if that account has no password and no link of its own; it is linked then, and
    the name is never asked again.

    Raises
    ------
    SignInRefusedError
        If no account is meant, or it is switched off.
    """
    try:
        with Session(engine()) as db:
            require_table(db, "account")
            require_table(db, "audit_entry")
            db.commit()
            begin_writing(db.connection())
            row = _account(db, subject_of(issuer, subject), name)
            if row is None:
                audit.record(db, "unknown", "sign in refused", "account unknown",
                             detail={"address": address, "how": "identity provider"})  # fmt: skip
                db.commit()
                raise SignInRefusedError(
                    "The organisation knows you, but there is no account for you here. Ask the "
                    "administrator."
                )
            cookie = sign_in.without_password(
                db, row, address=address, agent=agent, how="identity provider"
            )
            db.commit()
            return cookie
    except SQLAlchemyError as error:
        raise StoreError("The store cannot be reached.") from error


def _account(db: Session, person: str, name: str) -> StoredAccount | None:
    linked = db.scalar(select(StoredAccount).where(StoredAccount.subject == person))
    if linked is not None:
        return None if linked.demo else linked
    row = db.get(StoredAccount, accounts.canonical(name)) if name else None
    if row is None or row.demo or row.password_hash or row.subject:
        return None
    row.subject = person
    db.flush()
    audit.record(db, row.id, "account", f"account {row.id}", detail={"what": "linked"})
    return row


def link(db: Session, name: str, person: str, *, by: Visitor | str) -> None:
    """Say which person of a provider an account belongs to, "" for none; the commit is yours."""
    row = accounts.row_to_change(db, name)
    other = db.scalar(select(StoredAccount).where(StoredAccount.subject == person))
    if person and other is not None and other.id != row.id:
        raise InputError("The account {name} belongs to this person already.", name=other.id)
    row.subject = person or None
    db.flush()
    accounts.note(db, by, row, "linked")
