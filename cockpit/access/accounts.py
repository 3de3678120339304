"""Accounts: made, changed and switched off by an administrator; the last one cannot go."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access import audit, clock, passwords, sessions
from cockpit.access.classes import CLASSES
from cockpit.access.roles import clearance_of, require_roles
from cockpit.access.visitor import NotAllowedError, Visitor
from cockpit.store.catalogue import begin_writing
from cockpit.store.models import Region
from cockpit.store.models_access import StoredAccount
from cockpit.store.session import has_table, require_table
from geodata.errors import InputError

ADMINISTRATOR = "administrator"
_NAME = re.compile(r"\w[\w.@-]{0,62}\w")
_LONGEST_DISPLAY = 40  # characters


@dataclass(frozen=True)
class Account:
    """An account as stored, without its password."""

    id: str
    display: str
    roles: tuple[str, ...]
    clearance: str
    territory: str
    demo: bool
    has_password: bool
    subject: str
    created: dt.datetime  # UTC
    created_by: str
    password_changed: dt.datetime | None  # UTC
    last_sign_in: dt.datetime | None  # UTC
    disabled: dt.datetime | None  # UTC

    @property
    def enabled(self) -> bool:
        """Whether it may sign in."""
        return self.disabled is None

    @property
    def must_change(self) -> bool:
        """Whether somebody else chose its password, and it has not been changed yet."""
        return self.has_password and self.password_changed is None


def create(
    db: Session,
    name: str,
    password: str,
    *,
    display: str = "",
    roles: Collection[str],
    clearance: str = "",
    territory: str = "",
    by: Visitor | str,
    demo: bool = False,
    subject: str = "",
    initial: bool = False,
) -> Account:
    """
    Make an account; the commit is the caller's.

    Parameters
    ----------
    name
        What is typed at the sign-in: 2 to 64 letters, digits and ``._@-``; kept small.
    password
        "" for an account that signs in at an identity provider, or a demo account.
    clearance
        Highest class; "" for the highest that the roles allow.
    territory
        Code of a region of the loaded county; "" for the county.
    by
        Who makes it, for the audit trail.
    initial
        Somebody else chose the password: until the owner has changed it, it opens nothing.

    Raises
    ------
    InputError
        If the name is taken or cannot be one, the password is too weak, the roles cannot be held
        together or do not allow the class, or there is no such region.
    """
    name = canonical(name)
    if _NAME.fullmatch(name) is None:
        raise InputError("A name to sign in with has 2 to 64 letters, digits or . _ @ -")
    require_roles(roles)
    if password:
        passwords.require_good(password, name)
    kept = passwords.hashed(password) if password else ""  # before the store is held
    _begin(db)
    if db.get(StoredAccount, name) is not None:
        raise InputError("There is an account {name} already.", name=name)
    now = clock.utc_now()
    row = StoredAccount(
        id=name,
        display=_display(display, name),
        password_hash=kept,
        roles=sorted(roles),
        clearance=_clearance(clearance, roles),
        territory=_territory(db, territory),
        subject=subject or None,
        demo=demo,
        created=now,
        created_by=_name_of(by),
        password_changed=now if password and not initial else None,
        last_sign_in=None,
        disabled=None,
    )
    db.add(row)
    db.flush()
    note(db, by, row, "made")
    return _account(row)


def change_roles(
    db: Session,
    name: str,
    *,
    roles: Collection[str],
    clearance: str = "",
    territory: str = "",
    by: Visitor | str,
) -> Account:
    """
    Give an account other roles, class and territory; all its sessions end.

    Raises
    ------
    InputError
        As ``create``, and if nobody would be left to manage accounts.
    """
    require_roles(roles)
    row = row_to_change(db, name)
    if ADMINISTRATOR not in roles:
        _require_another(db, row)
    row.roles = sorted(roles)
    row.clearance = _clearance(clearance, roles)
    row.territory = _territory(db, territory)
    db.flush()
    note(db, by, row, "rights")
    sessions.revoke_all(db, row.id)
    return _account(row)


def disable(db: Session, name: str, *, by: Visitor | str) -> Account:
    """Switch an account off and end its sessions; the last administrator stays."""
    row = row_to_change(db, name)
    _require_another(db, row)
    row.disabled = row.disabled or clock.utc_now()
    db.flush()
    note(db, by, row, "disabled")
    sessions.revoke_all(db, row.id)
    return _account(row)


def enable(db: Session, name: str, *, by: Visitor | str) -> Account:
    """Switch an account on again."""
    row = row_to_change(db, name)
    row.disabled = None
    db.flush()
    note(db, by, row, "enabled")
    return _account(row)


def set_password(
    db: Session,
    name: str,
    password: str,
    *,
    by: Visitor | str,
    keep_session: str = "",
    initial: bool = False,
) -> None:
    """
    Give an account a new password; its other sessions end, ``keep_session`` may stay.

    An ``initial`` one was chosen by somebody else: until it is changed, it opens nothing.

    Raises
    ------
    InputError
        If there is no such account, it is a demo account, or the password is too weak.
    """
    name = canonical(name)
    passwords.require_good(password, name)
    kept = passwords.hashed(password)
    row = row_to_change(db, name)
    if row.demo:
        raise InputError("A demo account has no password.")
    row.password_hash = kept
    row.password_changed = None if initial else clock.utc_now()
    db.flush()
    note(db, by, row, "password")
    sessions.revoke_all(db, row.id, but=keep_session)


def find(db: Session, name: str) -> Account | None:
    """Return an account, None if there is none of this name."""
    if not has_table(db, "account"):
        return None
    row = db.get(StoredAccount, canonical(name))
    return _account(row) if row is not None else None


def listing(db: Session) -> tuple[Account, ...]:
    """Return all accounts by name, those that are switched off too."""
    require_table(db, "account")
    return tuple(_account(row) for row in db.scalars(select(StoredAccount).order_by("id")))


def has_administrator(db: Session) -> bool:
    """Tell whether somebody can manage accounts."""
    return has_table(db, "account") and bool(_administrators(db))


def canonical(name: str) -> str:
    """Return a name as it is kept: small letters, nothing around it."""
    return unicodedata.normalize("NFKC", name.strip()[:200]).lower()


def _begin(db: Session) -> None:
    with Session(db.get_bind()) as other:  # ours must not read before it writes
        require_table(other, "account")
        require_table(other, "audit_entry")
    begin_writing(db.connection())


def row_to_change(db: Session, name: str) -> StoredAccount:
    """Return an account's row, with other writers kept out until the transaction ends."""
    _begin(db)
    row = db.get(StoredAccount, canonical(name), populate_existing=True)
    if row is None:
        raise InputError("There is no account {name}.", name=name[:64])
    return row


def _administrators(db: Session) -> set[str]:
    rows = db.scalars(
        select(StoredAccount)
        .where(StoredAccount.disabled.is_(None), ~StoredAccount.demo)
        .with_for_update()  # two who switch each other off: the second one waits and is refused
    )
    return {row.id for row in rows if ADMINISTRATOR in row.roles}


def _require_another(db: Session, row: StoredAccount) -> None:
    if _administrators(db) == {row.id}:
        raise InputError(
            "{name} is the last administrator: without one nobody could manage accounts.",
            name=row.id,
        )


def _clearance(wanted: str, roles: Collection[str]) -> str:
    highest = clearance_of(roles)
    if not wanted:
        return highest
    if wanted not in CLASSES:
        raise InputError("There is no class {name}.", name=wanted[:10])
    if CLASSES.index(wanted) > CLASSES.index(highest):
        raise InputError(
            "These roles allow data up to {highest}, not {wanted}.", highest=highest, wanted=wanted
        )
    return wanted


def _territory(db: Session, code: str) -> str:
    if code and db.get(Region, code) is None:
        raise InputError("There is no region {code} in the loaded county.", code=code[:32])
    return code


def _display(display: str, name: str) -> str:
    shown = " ".join(display.split()) or name
    if len(shown) > _LONGEST_DISPLAY or not shown.isprintable():
        raise InputError("The name that others read has at most {n} characters.",
                         n=_LONGEST_DISPLAY)  # fmt: skip
    return shown


def _name_of(by: Visitor | str) -> str:
    return by if isinstance(by, str) else by.account


def note(db: Session, by: Visitor | str, row: StoredAccount, what: str) -> None:
    """Write down a change of an account; one that a demo account asks for does not happen."""
    if isinstance(by, Visitor):
        asking = db.get(StoredAccount, by.account)
        if asking is None or asking.demo:
            raise NotAllowedError("A demo account changes no accounts and no passwords.")
    rights = {"roles": list(row.roles), "clearance": row.clearance, "territory": row.territory}
    audit.record(db, by, "account", f"account {row.id}", detail={"what": what, **rights})


def _account(row: StoredAccount) -> Account:
    return Account(
        row.id, row.display, tuple(row.roles), row.clearance, row.territory, row.demo,
        bool(row.password_hash), row.subject or "", row.created, row.created_by,
        row.password_changed, row.last_sign_in, row.disabled,
    )  # fmt: skip
