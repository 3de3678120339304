"""What the pages of signing in and out ask and do."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access import accounts, demo, locks, sessions, sign_in
from cockpit.access.demo import DEMOS, Demo
from cockpit.access.sessions import OpenSession
from cockpit.access.visitor import NotAllowedError, Visitor
from cockpit.answers.current import current_twin
from cockpit.store.catalogue import begin_writing
from cockpit.store.session import StoreError, engine, require_table


def demos() -> tuple[Demo, ...]:
    """Return the demo accounts that may be used now; none while a real county is loaded."""
    try:
        with Session(engine()) as db:
            return tuple(DEMOS.values()) if demo.allowed(db) else ()
    except SQLAlchemyError as error:
        raise StoreError("The store cannot be reached.") from error


def with_demo(name: str, *, address: str, agent: str) -> str:
    """Sign in to a demo account; return the cookie's value."""
    locks.admit(address)
    with Session(engine()) as db:
        begin_writing(db.connection())
        row = demo.account_for(db, name)
        cookie = sign_in.without_password(db, row, address=address, agent=agent, how="demo")
        db.commit()
        return cookie


def change_password(visitor: Visitor, present: str, new: str, *, address: str) -> None:
    """
    Change the visitor's own password; all other sessions of the account end.

    Raises
    ------
    NotAllowedError
        For an account without a password: a demo, or one of an identity provider.
    SignInRefusedError, TooManyAttemptsError
        If the present password is wrong, or was too often.
    InputError
        If the new one cannot be taken.
    """
    if not has_password(visitor.account):
        raise NotAllowedError("This account has no password to change.")
    sign_in.check_password(visitor, present, address=address)
    with Session(engine()) as db:
        accounts.set_password(db, visitor.account, new, by=visitor, keep_session=visitor.session)
        db.commit()
    sessions.drop()


def has_password(account: str) -> bool:
    """Tell whether an account signs in with a password of ours."""
    with Session(engine()) as db:
        known = accounts.find(db, account)
        return known is not None and known.has_password


def places_of(account: str) -> tuple[OpenSession, ...]:
    """Return where an account is signed in now."""
    with Session(engine()) as db:
        require_table(db, "visitor_session")
        return sessions.open_sessions(db, account)


def county_name(language: str) -> str:
    """Return the name of the loaded county; "" while there is none."""
    try:
        county = current_twin()
    except SQLAlchemyError:  # the page says so itself
        return ""
    if county is None:
        return ""
    names = county.county
    return str((names.get("name_en") if language == "en" else "") or names["name"])
