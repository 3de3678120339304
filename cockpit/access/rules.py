"""Which page and which route is open to whom. What has no rule here is open to nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cockpit.access.visitor import Visitor

_OFFICE = frozenset({"leader", "planner", "steward"})
_WATCHING = _OFFICE | {"screen"}
_SIGNED_IN = _WATCHING | {"auditor", "administrator"}
_EVERYBODY = _SIGNED_IN | {"public"}


@dataclass(frozen=True)
class PageRule:
    """Who may open a page; ``narrow``: it can show a part of the county alone."""

    roles: frozenset[str]
    narrow: bool = False


PAGES: Mapping[str, PageRule] = {
    "open": PageRule(_EVERYBODY, narrow=True),
    "village": PageRule(_EVERYBODY, narrow=True),
    "datasets": PageRule(_EVERYBODY, narrow=True),
    "algorithms": PageRule(_EVERYBODY, narrow=True),
    "overview": PageRule(_WATCHING, narrow=True),
    "map": PageRule(_WATCHING, narrow=True),
    "population": PageRule(_WATCHING, narrow=True),
    "coverage": PageRule(_WATCHING, narrow=True),
    "closures": PageRule(_OFFICE),
    "risk": PageRule(_WATCHING),
    "warning": PageRule(_WATCHING),
    "timeline": PageRule(_WATCHING),
    "compare": PageRule(_WATCHING),
    "appeals": PageRule(_OFFICE),
    "placement": PageRule(frozenset({"leader", "planner"})),
    "scenarios": PageRule(frozenset({"leader", "planner"})),
    "data": PageRule(frozenset({"planner", "steward"})),
    "release": PageRule(frozenset({"steward"})),
    "accounts": PageRule(frozenset({"administrator"}), narrow=True),
    "audit": PageRule(frozenset({"auditor"}), narrow=True),
    "gallery": PageRule(frozenset({"administrator"}), narrow=True),
    "account": PageRule(_SIGNED_IN, narrow=True),
}
"""By file name in ``pages/``. A page that is not here is in nobody's menu."""


SCREEN = PageRule(_WATCHING)
"""
Who sees more than published figures at /screen, which is no page in ``pages/``.

Everybody may open its address: the others get the lobby's form. An account of a part of the county
is among them, since the scenes tell of all of it.
"""


def may_watch(visitor: Visitor) -> bool:
    """Tell whether a visitor may see the screen's inner form; everybody sees the lobby's."""
    return visitor.whole_county and bool(SCREEN.roles & set(visitor.roles))


def may_open(visitor: Visitor, page: str) -> bool:
    """Tell whether a visitor may open a page: role, and the part of the county it needs."""
    rule = PAGES.get(page)
    if rule is None or not rule.roles & set(visitor.roles):
        return False
    return rule.narrow or visitor.whole_county


@dataclass(frozen=True)
class RouteRule:
    """
    What a route asks for.

    ``page`` is the page (or pages) it serves: who may open one of them may ask the route. "" is
    everybody. ``act`` is what is done (``roles.ACTS``). ``unit`` names the path parameter that
    holds the region code; a visitor of a part of the county is refused outside of it, and
    everywhere when there is none. ``narrow``: the route itself answers from the visitor's part
    alone (``territory.of``), without a region in its path.
    """

    pages: tuple[str, ...] = ()
    act: str = "look"
    unit: str = ""
    narrow: bool = False


def may_ask(visitor: Visitor, rule: RouteRule) -> bool:
    """Tell whether a visitor may ask a route at all; its region and class are checked apart."""
    if not visitor.may(rule.act):
        return False
    if rule.pages and not any(
        page in PAGES and PAGES[page].roles & set(visitor.roles) for page in rule.pages
    ):
        return False
    return not rule.pages or bool(rule.unit) or rule.narrow or visitor.whole_county


_HOMES = ("overview", "map", "accounts", "audit", "open")


def home_of(visitor: Visitor) -> str:
    """Return the page that a visitor begins with: its address is ``/``."""
    return next(page for page in _HOMES if may_open(visitor, page))
