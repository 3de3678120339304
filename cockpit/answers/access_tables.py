"""The permission matrix and each person's access as tables, for the page and for files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access import matrix
from cockpit.access.classes import CLASSES, TITLES
from cockpit.access.matrix import Right, Things
from cockpit.access.roles import ACTS, ROLES
from cockpit.access.rules import RouteRule
from cockpit.access.visitor import Visitor
from cockpit.answers.accounts import STATUS, Person, people, require_reader
from cockpit.answers.current import current_twin
from cockpit.answers.downloads import Cell, escaped
from cockpit.answers.twin import Twin
from cockpit.indicators import INDICATORS
from cockpit.locale import translate
from cockpit.settings import settings
from cockpit.store.models import Dataset, Feature
from cockpit.store.session import engine, has_table

PAGE_TITLES = {
    "open": "The county in figures",
    "village": "My village",
    "datasets": "Open data sets",
    "algorithms": "Algorithms",
    "overview": "Overview",
    "map": "Map",
    "population": "Population",
    "coverage": "Coverage",
    "closures": "Closures",
    "risk": "Risk",
    "warning": "Early warning",
    "timeline": "Timeline",
    "compare": "Compare",
    "appeals": "Appeals",
    "placement": "Placement",
    "scenarios": "Scenarios",
    "data": "Data",
    "release": "Release",
    "gallery": "Component gallery",
    "accounts": "Accounts",
    "audit": "Audit",
    "account": "My account",
}
"""By file name; the menu has the same titles (msgids)."""

_LAYERS = {
    "labels": ("Names", ("regions",)),
    "roads": ("Roads", ("road_edges", "roads_osm")),
    "facilities": ("Facilities", ("facilities",)),
    "buildings": ("Buildings", ("buildings",)),
    "relief": ("Relief", ("elevation",)),
}
"""Layers of the map that every county may have: title and kinds of their data sets."""


def things(routes: Mapping[str, RouteRule | None]) -> Things:
    """Return all that there are rights to: the routes given, and what the store has now."""
    county = current_twin()
    return Things(routes, _layers(), () if county is None else _indicators(county))


def _indicators(county: Twin) -> tuple[tuple[str, str], ...]:
    return tuple((i.id, county.class_of(i)) for i in county.indicators())


def _layers() -> tuple[tuple[str, str], ...]:
    with Session(engine()) as db:
        if not has_table(db, Dataset.__tablename__):
            return ()
        classes: dict[str, set[str]] = {}
        for kind, data_class in db.execute(select(Dataset.kind, Dataset.data_class)):
            classes.setdefault(kind, set()).add(data_class)
        stored = (
            select(Feature.layer, Dataset.data_class)
            .join(Dataset, Dataset.id == Feature.dataset_id)
            .distinct()
        )
        found = {(str(layer), str(data_class)) for layer, data_class in db.execute(stored)}
    for name, (_, kinds) in _LAYERS.items():
        found |= {(name, c) for kind in kinds for c in classes.get(kind, ())}
    return tuple(sorted(found, key=lambda pair: (pair[0], CLASSES.index(pair[1]))))


def title_of(right: Right, language: str) -> str:
    """Return what a cell of the matrix is about, in words; "" for a route."""
    subject = right.subject
    titles = {
        "page": PAGE_TITLES.get(subject, subject),
        "layer": _LAYERS[subject][0] if subject in _LAYERS else subject,
        "indicator": INDICATORS[subject].title if subject in INDICATORS else subject,
        "act": ACTS.get(subject, subject),
    }
    return translate(titles[right.kind], language) if right.kind in titles else ""


def matrix_table(things_: Things, language: str) -> list[list[Cell]]:
    """Return a header and one row a cell of the whole matrix."""

    def said(text: str) -> str:
        return translate(text, language)

    heads = (
        "Role of an account", "Territory", "Kind", "Identifier", "Title", "Class", "Allowed or not",
        "Reason",
    )  # fmt: skip
    rows: list[list[Cell]] = [[said(head) for head in heads]]
    rows.extend(
        [
            said(ROLES[right.role].title),
            said(matrix.TERRITORIES[right.territory]),
            said(matrix.KINDS[right.kind]),
            escaped(right.subject),
            escaped(title_of(right, language)),
            said(TITLES[right.data_class]),
            said("yes") if right.allowed else said("no"),
            said(right.why),
        ]
        for right in matrix.matrix(things_)
    )
    return rows


def people_table(by: Visitor, language: str) -> list[list[Cell]]:
    """
    Return a header and one row an account: what it is, what it opens, when it was last here.

    Raises
    ------
    NotAllowedError
        Unless ``by`` manages accounts or reads the audit trail.
    """
    require_reader(by)
    heads = (
        "Sign-in name", "Shown name", "Roles", "Class", "Territory", "Open pages", "Allowed acts",
        "Open classes", "Last sign-in", "Status", "Demo account",
    )  # fmt: skip
    rows: list[list[Cell]] = [[translate(head, language) for head in heads]]
    county = current_twin()
    return [*rows, *(_person(person, county, language) for person in people(by))]


def _person(person: Person, county: Twin | None, language: str) -> list[Cell]:
    account, who = person.account, person.visitor
    return [
        escaped(account.id),
        escaped(account.display),
        _listed((ROLES[r].title for r in account.roles if r in ROLES), language),
        translate(TITLES[account.clearance], language),
        escaped(territory_name(county, account.territory, language)),
        _listed((PAGE_TITLES.get(p, p) for p in matrix.open_pages(who)), language),
        _listed((ACTS[act] for act in ACTS if who.may(act)), language),
        classes_text(who, language),
        local(account.last_sign_in),
        translate(STATUS[person.status], language),
        translate("yes" if account.demo else "no", language),
    ]


def classes_text(who: Visitor, language: str) -> str:
    """Return the classes open to a visitor in a row, those behind a purpose marked."""
    after = translate("once a purpose is said", language)
    return _between(language).join(
        f"{translate(TITLES[name], language)}{_bracket(after, language) if asked else ''}"
        for name, asked in matrix.open_classes(who)
    )


def territory_name(county: Twin | None, code: str, language: str) -> str:
    """Return a territory by names from the township down; its code where the county lacks it."""
    if not code:
        return translate("The whole county", language)
    rows: dict[str, int] = {} if county is None else county.regions.attrs["rows"]
    if county is None or code not in rows:
        return code
    way = county.ancestors(rows[code])
    names = [_name(county, row, language) for row in (way[1:] or way)]
    return " › ".join(names)


def _name(county: Twin, row: int, language: str) -> str:
    regions = county.regions
    english = str(regions["name_en"].iat[row] or "")
    return english if language == "en" and english else str(regions["name"].iat[row])


def local(moment: dt.datetime | None) -> str:
    """Return a time of the store (UTC) as the county's clocks show it, to the minute."""
    if moment is None:
        return ""
    here = moment.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(settings().timezone))
    return f"{here:%Y-%m-%d %H:%M}"


def _listed(titles: Iterable[str], language: str) -> str:
    return _between(language).join(translate(t, language) for t in titles)


def _between(language: str) -> str:
    return "、" if language == "zh" else ", "


def _bracket(text: str, language: str) -> str:
    return f"（{text}）" if language == "zh" else f" ({text})"
