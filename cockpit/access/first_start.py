"""The first administrator: a code on the server's console, good for one account and one day."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access import accounts, audit, clock, locks, passwords
from cockpit.locale import translate
from cockpit.settings import settings
from cockpit.store.catalogue import begin_writing
from cockpit.store.models_access import FirstCode
from cockpit.store.session import StoreError, engine, require_table
from geodata.errors import CockpitError, InputError

VALID = dt.timedelta(hours=24)
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is read as another one
_GROUPS, _LENGTH = 4, 4  # 79 bits


class WrongCodeError(CockpitError):
    """A code that is not, or no longer, good."""


def needed() -> bool:
    """Tell whether nobody can manage accounts yet."""
    try:
        with Session(engine()) as db:
            return not accounts.has_administrator(db)
    except SQLAlchemyError as error:
        raise StoreError("The store cannot be reached.") from error


def new_code() -> str:
    """
    Return a new code; the one before is worth nothing then. Only its hash is kept.

    Raises
    ------
    InputError
        If there is an administrator already.
    """
    code = "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(_GROUPS)
    )
    now = clock.utc_now()
    with Session(engine()) as db:
        require_table(db, "first_code")
        db.commit()
        begin_writing(db.connection())
        if accounts.has_administrator(db):
            raise InputError("There is an administrator already: who manages accounts makes more.")
        db.execute(delete(FirstCode))
        db.add(FirstCode(code_hash=_hash(code), created=now, expires=now + VALID, used=None))
        db.commit()
    return code


def announce() -> str:
    """Return what the server's console says at the start: "" once there is an administrator."""
    if not needed():
        return ""
    return translate(
        "There is no administrator yet. Open /sign-in and type this code, within 24 hours: {code}",
        settings().language,
        code=new_code(),
    )


def make_administrator(code: str, name: str, password: str, *, display: str, address: str) -> None:
    """
    Make the first administrator with the code from the console, which is used up then.

    Raises
    ------
    WrongCodeError
        If the code is wrong, used or older than a day, or there is an administrator.
    InputError, TooManyAttemptsError
        If the name or the password cannot be taken; if the address has tried too often.
    """
    locks.admit(address)
    passwords.require_good(password, accounts.canonical(name))
    given, now = _hash(_plain(code)), clock.utc_now()
    with Session(engine()) as db:
        begin_writing(db.connection())
        row = db.scalar(
            select(FirstCode)
            .where(FirstCode.used.is_(None), FirstCode.expires > now)
            .with_for_update()
        )
        good = row is not None and hmac.compare_digest(row.code_hash, given)
        if row is None or not good or accounts.has_administrator(db):
            audit.record(db, "unknown", "sign in refused", "first code",
                         detail={"address": address})  # fmt: skip
            db.commit()
            raise WrongCodeError(
                "This code is not good (any more). The server's console shows one at every start; "
                "python -m cockpit account first-code prints another."
            )
        accounts.create(
            db, name, password, display=display, roles=[accounts.ADMINISTRATOR], by="first code"
        )
        row.used = now
        db.commit()


def _plain(code: str) -> str:
    """Return a code as it was printed, however it was typed."""
    letters = [letter for letter in code.upper() if letter in _LETTERS]
    return "-".join(
        "".join(letters[start : start + _LENGTH]) for start in range(0, len(letters), _LENGTH)
    )


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
