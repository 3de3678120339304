"""Demo accounts: one of each role, for an invented county and for nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access import clock
from cockpit.access.roles import ROLES, clearance_of
from cockpit.locale import translate
from cockpit.settings import settings
from cockpit.store.models import Meta, Region
from cockpit.store.models_access import StoredAccount
from geodata.errors import InputError


@dataclass(frozen=True)
class Demo:
    """A demo account: its role, and the level of its territory."""

    id: str
    title: str
    """A msgid: what the button at the sign-in says after "Demo:"."""
    role: str
    level: str = ""
    """"" is the whole county."""


DEMOS: Mapping[str, Demo] = {
    one.id: one
    for one in (
        Demo("demo-leader", "Leader", "leader"),
        Demo("demo-township-leader", "Township leader", "leader", "township"),
        Demo("demo-planner", "Planner", "planner"),
        Demo("demo-steward", "Data steward", "steward"),
        Demo("demo-auditor", "Auditor", "auditor"),
        Demo("demo-administrator", "Administrator", "administrator"),
        Demo("demo-screen", "Screen", "screen"),
    )
}
assert {one.role for one in DEMOS.values()} == ROLES.keys() - {"public"}  # noqa: S101


def allowed(db: Session) -> bool:
    """Tell whether demo accounts may be used: switched on, and the loaded county is invented."""
    if not settings().demo_accounts:
        return False
    county = db.scalar(select(Meta.value).where(Meta.key == "county"))
    return isinstance(county, dict) and county.get("invented") is True


def account_for(db: Session, name: str) -> StoredAccount:
    """
    Return a demo account, made or brought up to date now; the commit is the caller's.

    Raises
    ------
    InputError
        If there is no such demo account, or none may be used.
    """
    demo = DEMOS.get(name)
    if demo is None or not allowed(db):
        raise InputError("There are no demo accounts here.")
    row = db.get(StoredAccount, demo.id)
    if row is None:
        row = StoredAccount(
            id=demo.id, display=_display(demo), password_hash="", subject=None, demo=True,
            roles=[demo.role], clearance=clearance_of([demo.role]), territory="",
            created=clock.utc_now(), created_by="demo", password_changed=None, last_sign_in=None,
            disabled=None,
        )  # fmt: skip
        db.add(row)
    if not row.demo:
        raise InputError("There are no demo accounts here.")
    row.territory = _first(db, demo.level)
    db.flush()
    return row


def _display(demo: Demo) -> str:
    language = settings().language
    return translate("Demo: {role}", language, role=translate(demo.title, language))


def _first(db: Session, level: str) -> str:
    """Return the code of the first region of a level: it may be another one after a load."""
    if not level:
        return ""
    code = db.scalar(select(Region.code).where(Region.level == level).order_by(Region.position))
    if code is None:
        raise InputError("There are no demo accounts here.")
    return code
