"""``python -m cockpit account``: who may sign in."""

from __future__ import annotations

import argparse
import getpass
import sys

from sqlalchemy.orm import Session

from cockpit.access import accounts, audit, first_start, sessions
from cockpit.access.accounts import Account
from cockpit.access.classes import TITLES
from cockpit.access.roles import ROLES
from cockpit.locale import translate
from cockpit.store.session import engine, require_table
from geodata.errors import InputError


def run(given: argparse.Namespace) -> int:
    """Do what was asked; return 0."""
    {
        "first-code": _first_code,
        "list": _list,
        "add": _add,
        "roles": _roles,
        "password": _set_password,
        "disable": _switch,
        "enable": _switch,
        "sign-out": _sign_out,
    }[given.act](given)
    return 0


def _first_code(given: argparse.Namespace) -> None:
    print(first_start.new_code())
    _tell(
        given.lang,
        "This code makes the first administrator on the page /sign-in, within 24 hours.",
    )


def _list(given: argparse.Namespace) -> None:
    with Session(engine()) as db:
        known = accounts.listing(db)
    if not known:
        _tell(given.lang, "There are no accounts yet.")
    for one in known:
        print(_line(one, given.lang))


def _line(one: Account, language: str) -> str:
    titles = (ROLES[role].title if role in ROLES else role for role in one.roles)
    return translate(
        "{name} ({display}): {roles}, {data_class}{territory}{off}",
        language,
        name=one.id,
        display=one.display,
        roles=", ".join(translate(title, language) for title in titles),
        data_class=translate(TITLES[one.clearance], language),
        territory=f", {one.territory}" if one.territory else "",
        off="" if one.enabled else ", " + translate("switched off", language),
    )


def _add(given: argparse.Namespace) -> None:
    password = "" if given.oidc_subject else _password(given)
    with Session(engine()) as db:
        made = accounts.create(
            db, given.name, password, display=given.display, roles=given.role,
            clearance=given.clearance, territory=given.territory, by=audit.terminal(),
            subject=given.oidc_subject, initial=given.initial,
        )  # fmt: skip
        db.commit()
    _tell(given.lang, "The account {name} is made.", name=made.id)


def _roles(given: argparse.Namespace) -> None:
    with Session(engine()) as db:
        now = accounts.change_roles(
            db, given.name, roles=given.role, clearance=given.clearance,
            territory=given.territory, by=audit.terminal(),
        )  # fmt: skip
        db.commit()
    said = "The account {name} now has the roles {roles}."
    _tell(given.lang, said, name=now.id, roles=", ".join(now.roles))


def _set_password(given: argparse.Namespace) -> None:
    _require(given.name)
    password = _password(given)
    with Session(engine()) as db:
        accounts.set_password(db, given.name, password, by=audit.terminal(), initial=given.initial)
        db.commit()
    _tell(given.lang, "The password is changed; the account is signed out everywhere.")


def _switch(given: argparse.Namespace) -> None:
    act = accounts.disable if given.act == "disable" else accounts.enable
    with Session(engine()) as db:
        now = act(db, given.name, by=audit.terminal())
        db.commit()
    said = (
        "The account {name} is switched on."
        if now.enabled
        else "The account {name} is switched off."
    )
    _tell(given.lang, said, name=now.id)


def _sign_out(given: argparse.Namespace) -> None:
    known = _require(given.name)
    with Session(engine()) as db:
        sessions.revoke_all(db, known.id)
        audit.record(db, audit.terminal(), "sign out", f"account {known.id}",
                     detail={"everywhere": True})  # fmt: skip
        db.commit()
    _tell(given.lang, "The account {name} is signed out everywhere.", name=known.id)


def _require(name: str) -> Account:
    with Session(engine()) as db:
        require_table(db, "account")
        known = accounts.find(db, name)
    if known is None:
        raise InputError("There is no account {name}.", name=name[:64])
    return known


def _password(given: argparse.Namespace) -> str:
    """Read a password; typed ones twice and unseen."""
    if given.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InputError("Give a password: type it, or use --password-stdin.")
    first = getpass.getpass(translate("Password: ", given.lang))
    if getpass.getpass(translate("The same once more: ", given.lang)) != first:
        raise InputError("The two new passwords are not the same.")
    return first


def _tell(language: str, template: str, **values: object) -> None:
    print(translate(template, language, **values))
