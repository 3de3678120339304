"""The whole permission matrix, made from the rules that the cockpit itself obeys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from cockpit.access.classes import CLASSES, may_see
from cockpit.access.roles import ACTS, ROLES
from cockpit.access.rules import PAGES, RouteRule, may_ask, may_open
from cockpit.access.visitor import WITHOUT_PURPOSE, Visitor

Kind = Literal["page", "route", "layer", "indicator", "act"]
KINDS: Mapping[Kind, str] = {
    "page": "Page",
    "route": "Address",
    "layer": "Map layer",
    "indicator": "Indicator",
    "act": "Act",
}
"""What a row is about, and its name (a msgid)."""

TERRITORIES: Mapping[str, str] = {"county": "The whole county", "part": "A part of the county"}

YES = "Allowed"
ASKED = "Allowed once a purpose is said"
NO_ROLE = "Not for this role"
NO_ACT = "The role does not do this"
NO_PART = "Not for an account of a part of the county"
NO_CLASS = "Above the class of the role"
NOTHING = "Nothing of this class is shown there"
WHY = (YES, ASKED, NO_ROLE, NO_ACT, NO_PART, NO_CLASS, NOTHING)
"""Reasons (msgids)."""

SHOWS_LAYERS = ("map",)
"""Pages of which one has to be open for layers and indicators to be asked for at all."""


@dataclass(frozen=True)
class Right:
    """One cell of the matrix: may this role, for this territory, have this thing of this class."""

    role: str
    territory: str  # of TERRITORIES
    kind: Kind
    subject: str  # file of a page, pattern of a route, name of a layer, id of an indicator, act
    data_class: str
    allowed: bool
    why: str  # of WHY


@dataclass(frozen=True)
class Things:
    """
    What there are rights to.

    ``routes`` are the patterns served, with their rules (None: nobody may ask). ``layers`` and
    ``indicators`` name each with its class; a layer of data sets of several classes is there once
    for each.
    """

    routes: Mapping[str, RouteRule | None]
    layers: tuple[tuple[str, str], ...] = ()
    indicators: tuple[tuple[str, str], ...] = ()


def visitor_of(role: str, territory: str, *, purpose: str = "-") -> Visitor:
    """Return a visitor with all that the role allows; without a purpose if told so."""
    return Visitor(
        account="" if role == "public" else role,
        roles=(role,),
        clearance=ROLES[role].clearance,
        territory="-" if territory == "part" else "",
        purpose=purpose,
    )


def matrix(things: Things) -> tuple[Right, ...]:
    """
    Return every right: roles x territories x pages, routes, layers, indicators, acts x classes.

    Pages and routes stand once for each data class: what of that class they show. Layers and
    indicators stand with their own class, acts with 公开.
    """
    return tuple(
        right
        for role in ROLES
        for territory in TERRITORIES
        for right in _of(role, territory, things)
    )


def _of(role: str, territory: str, things: Things) -> Iterator[Right]:
    who = visitor_of(role, territory)
    for page in PAGES:
        for data_class in CLASSES:
            yield _right(who, "page", page, data_class, _page(who, page) or _free(page, data_class))
    for pattern, rule in things.routes.items():
        for data_class in CLASSES:
            refused = _route(who, rule)
            if rule is not None and not rule.pages and data_class != CLASSES[0]:
                refused = refused or NOTHING  # open to everybody: nothing above 公开 is there
            yield _right(who, "route", pattern, data_class, refused)
    shown = _first_no(_page(who, page) for page in SHOWS_LAYERS)
    for name, data_class in things.layers:
        yield _right(who, "layer", name, data_class, shown)
    for name, data_class in things.indicators:
        yield _right(who, "indicator", name, data_class, shown)
    for act in ACTS:
        yield _right(who, "act", act, CLASSES[0], "" if who.may(act) else NO_ACT)


def _right(who: Visitor, kind: Kind, subject: str, data_class: str, refused: str) -> Right:
    """Return a cell; ``refused`` is why already the page or route is closed, "" if it is open."""
    why = refused or _class(who, data_class)
    territory = "county" if who.whole_county else "part"
    return Right(who.roles[0], territory, kind, subject, data_class, why in (YES, ASKED), why)


def _class(who: Visitor, data_class: str) -> str:
    if not may_see(who.clearance, data_class):
        return NO_CLASS
    return YES if may_see(WITHOUT_PURPOSE, data_class) else ASKED


def _page(who: Visitor, page: str) -> str:
    if may_open(who, page):
        return ""
    return NO_PART if PAGES[page].roles & set(who.roles) else NO_ROLE


def _free(page: str, data_class: str) -> str:
    """Return why a page of the public shows nothing of a class to whoever looks."""
    return NOTHING if "public" in PAGES[page].roles and data_class != CLASSES[0] else ""


def _route(who: Visitor, rule: RouteRule | None) -> str:
    if rule is None:
        return NO_ROLE
    if may_ask(who, rule):
        return ""
    if not who.may(rule.act):
        return NO_ACT
    whole = Visitor(account=who.account, roles=who.roles, clearance=who.clearance)
    return NO_PART if may_ask(whole, rule) else NO_ROLE


def _first_no(reasons: Iterable[str]) -> str:
    """Return "" when one of the pages is open, else why the first is not."""
    found = list(reasons)
    return "" if "" in found else found[0]


def open_pages(who: Visitor) -> tuple[str, ...]:
    """Return the pages that a visitor may open, in the order of the rules."""
    return tuple(page for page in PAGES if may_open(who, page))


def open_classes(who: Visitor) -> tuple[tuple[str, bool], ...]:
    """Return the classes open to a visitor, each with whether a purpose is asked first."""
    return tuple(
        (name, not may_see(WITHOUT_PURPOSE, name))
        for name in CLASSES
        if may_see(who.clearance, name)
    )
