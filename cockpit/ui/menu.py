"""The menu: pages that the visitor may open, by what they are for."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cockpit.access.rules import home_of, may_open
from cockpit.access.visitor import Visitor
from cockpit.ui.words import say

ROOT = Path(__file__).resolve().parents[2]

OPEN = (
    ("open", "The county in figures", ":material/location_city:"),
    ("village", "My village", ":material/cottage:"),
    ("datasets", "Open data sets", ":material/folder_open:"),
    ("algorithms", "Algorithms", ":material/rule:"),
)
"""Pages for everybody: file, title (a msgid), icon."""

_GROUPS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "",
        (
            ("overview", "Overview", ":material/dashboard:"),
            ("map", "Map", ":material/map:"),
            ("population", "Population", ":material/groups:"),
            ("coverage", "Coverage", ":material/share_location:"),
            ("closures", "Closures", ":material/remove_road:"),
            ("risk", "Risk", ":material/local_fire_department:"),
            ("warning", "Early warning", ":material/notification_important:"),
            ("timeline", "Timeline", ":material/timeline:"),
            ("compare", "Compare", ":material/difference:"),
            ("appeals", "Appeals", ":material/forum:"),
            ("placement", "Placement", ":material/add_location_alt:"),
            ("scenarios", "Scenarios", ":material/compare:"),
            ("data", "Data", ":material/database:"),
            ("release", "Release", ":material/publish:"),
            ("accounts", "Accounts", ":material/manage_accounts:"),
            ("audit", "Audit", ":material/fact_check:"),
        ),
    ),
    ("Open data", OPEN),
    (
        "Account",
        (
            ("account", "My account", ":material/account_circle:"),
            ("gallery", "Component gallery", ":material/palette:"),
        ),
    ),
)
"""Title of a group (a msgid; "" has none) and its pages: file, title (a msgid), icon."""


NEED_A_COUNTY = frozenset(name for name, _, _ in _GROUPS[0][1]) - {"data", "accounts", "audit"}
"""Pages that have nothing to show before a county is loaded."""


def pages_of(visitor: Visitor) -> dict[str, list[st.Page]]:
    """Return the visitor's pages by group; the first page of all is the one at ``/``."""
    home = home_of(visitor)
    found: dict[str, list[st.Page]] = {}
    for group, pages in _GROUPS:
        shown = [
            st.Page(
                ROOT / "pages" / f"{name}.py",
                title=say(title),
                icon=icon,
                url_path=name,
                default=name == home,
            )
            for name, title, icon in pages
            if may_open(visitor, name) and (ROOT / "pages" / f"{name}.py").exists()
        ]
        if shown:
            title = say(group) if group and visitor.signed_in else ""
            found.setdefault(title, []).extend(shown)
    return found
