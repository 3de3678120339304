"""Accounts in words: roles, classes, territories, times, and what an account will see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from zoneinfo import ZoneInfo

from cockpit.access import matrix
from cockpit.access.classes import TITLES
from cockpit.access.roles import ACTS, ROLES
from cockpit.access.rules import PAGES, may_open
from cockpit.access.visitor import Visitor
from cockpit.answers import access_tables
from cockpit.answers.accounts import visitor_of
from cockpit.answers.twin import Twin
from cockpit.settings import settings
from cockpit.ui.words import language, moment, say, say_terms
from geodata.errors import CockpitError

GIVEN = tuple(name for name in ROLES if name != "public")
"""Roles that an account can have."""


def role(name: str) -> str:
    """Return a role's title."""
    return say(ROLES[name].title) if name in ROLES else name


def listed(titles: Iterable[str]) -> str:
    """Return titles in a row, as the language writes them."""
    return ("、" if language() == "zh" else ", ").join(titles)


def roles(names: Collection[str]) -> str:
    """Return the titles of several roles in a row, in the order of the rules."""
    return listed(role(name) for name in ROLES if name in names)


def data_class(name: str) -> str:
    """Return a data class by its name in the visitor's language."""
    return say(TITLES[name])


def territory(twin: Twin | None, code: str) -> str:
    """Return a territory by its names from the township down."""
    return access_tables.territory_name(twin, code, language())


def when(utc: dt.datetime | None) -> str:
    """Return a time of the store as the county's clocks show it."""
    if utc is None:
        return say("never")
    here = utc.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(settings().timezone))
    return moment(here.replace(tzinfo=None))


def refusal(error: CockpitError) -> str:
    """Return an error's sentence, with roles and classes by their titles."""
    told = {
        name: role(str(value)) if value in ROLES else say(TITLES.get(str(value), str(value)))
        for name, value in error.values.items()
    }
    return say(error.template, **told)


def preview(twin: Twin | None, roles_: Collection[str], clearance: str, code: str) -> list[str]:
    """Return what an account of these rights will see and may do, a sentence each."""
    who = visitor_of(roles_, clearance, code)
    return [_sees(twin, who), _opens(who), _does(who), *_closed(who)]


def _sees(twin: Twin | None, who: Visitor) -> str:
    terms: list[tuple[str, dict[str, object]]] = [
        (
            "Sees figures of {area} up to class {data_class}.",
            {
                "area": say("the whole county")
                if who.whole_county
                else territory(twin, who.territory),
                "data_class": data_class(who.clearance),
            },
        )
    ]
    if any(asked for _, asked in matrix.open_classes(who)):
        terms.append(("Sensitive data open once a purpose is said.", {}))
        terms.append(("Sums of groups in need are shown before, with small counts hidden.", {}))
    return say_terms(terms)


def _opens(who: Visitor) -> str:
    pages = [p for p in matrix.open_pages(who) if "public" not in PAGES[p].roles and p != "account"]
    if not pages:
        return say("Opens the public pages only.")
    return say("Opens, beside the public pages: {pages}.", pages=page_titles(pages))


def page_titles(pages: Iterable[str]) -> str:
    """Return the titles of pages in a row."""
    return listed(say(access_tables.PAGE_TITLES[page]) for page in pages)


def _does(who: Visitor) -> str:
    return say("May: {acts}.", acts=listed(say(ACTS[act]) for act in ACTS if who.may(act)))


def _closed(who: Visitor) -> list[str]:
    """Return the pages that stay closed because they speak of the whole county."""
    if who.whole_county:
        return []
    whole = Visitor(account=who.account, roles=who.roles, clearance=who.clearance)
    closed = [page for page in PAGES if may_open(whole, page) and not may_open(who, page)]
    if not closed:
        return []
    return [
        say(
            "Closed, because they need the whole county: {pages}.",
            pages=page_titles(closed),
        )
    ]
