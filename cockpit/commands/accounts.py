"""``python -m cockpit account``: who may sign in."""

from __future__ import annotations

import argparse
import getpass
import sys

from cockpit.access import first_start
from cockpit.access.accounts import Account
from cockpit.access.classes import TITLES
from cockpit.access.roles import ROLES
from cockpit.answers import account_commands as answers
from cockpit.locale import translate
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
    known = answers.listing()
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
    made = answers.add(
        given.name, "" if given.oidc_subject else _password(given), display=given.display,
        roles=given.role, clearance=given.clearance, territory=given.territory,
        subject=given.oidc_subject, initial=given.initial,
    )  # fmt: skip
    _tell(given.lang, "The account {name} is made.", name=made.id)


def _roles(given: argparse.Namespace) -> None:
    now = answers.change(
        given.name, roles=given.role, clearance=given.clearance, territory=given.territory
    )
    said = "The account {name} now has the roles {roles}."
    _tell(given.lang, said, name=now.id, roles=", ".join(now.roles))


def _set_password(given: argparse.Namespace) -> None:
    answers.require(given.name)  # before anything is typed
    answers.set_password(given.name, _password(given), initial=given.initial)
    _tell(given.lang, "The password is changed; the account is signed out everywhere.")


def _switch(given: argparse.Namespace) -> None:
    now = answers.switch(given.name, on=given.act == "enable")
    said = (
        "The account {name} is switched on."
        if now.enabled
        else "The account {name} is switched off."
    )
    _tell(given.lang, said, name=now.id)


def _sign_out(given: argparse.Namespace) -> None:
    known = answers.sign_out(given.name)
    _tell(given.lang, "The account {name} is signed out everywhere.", name=known.id)


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
