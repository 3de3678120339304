"""The permission matrix as a table a person reads: things down, roles across."""

from __future__ import annotations

from html import escape

import pyarrow as pa
import streamlit as st

from cockpit.access import matrix
from cockpit.access.classes import CLASSES
from cockpit.access.matrix import Kind, Right
from cockpit.access.roles import ROLES
from cockpit.answers import access_tables
from cockpit.ui import accounts_words as words
from cockpit.ui import cache, state
from cockpit.ui.words import NO_FIGURE, language, say

KIND_TITLES: dict[Kind, str] = {
    "page": "Pages",
    "act": "Acts",
    "layer": "Map layers",
    "indicator": "Indicators",
}
"""Addresses stand in the file alone: they mean nothing to a reader."""


@st.cache_data(max_entries=4, show_spinner=False)
def _rights(version: str) -> tuple[Right, ...]:  # noqa: ARG001 -- new data, new layers
    return matrix.matrix(access_tables.things({}))


def show() -> None:
    """Show the matrix of one kind of things for one kind of territory, and the whole as a file."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        kind: Kind = st.segmented_control(
            say("Rights to"), list(KIND_TITLES), format_func=lambda k: say(KIND_TITLES[k]),
            required=True,
            **state.remembered("accounts.kind", "page", allowed=KIND_TITLES, address="kind"),
        )  # fmt: skip
        territory = st.segmented_control(
            say("Account of"), list(matrix.TERRITORIES),
            format_func=lambda t: say(matrix.TERRITORIES[t]), required=True,
            **state.remembered(
                "accounts.territory", "county", allowed=matrix.TERRITORIES, address="area"
            ),
        )  # fmt: skip
    rights = [
        r for r in _rights(cache.data_version()) if r.kind == kind and r.territory == territory
    ]
    if not rights:
        st.info(say("Nothing of this kind is stored yet."))
    else:
        st.dataframe(
            pa.table(_columns(rights, kind)),
            hide_index=True,
            height=33 * min(len({_row(r) for r in rights}), 20) + 38,
            alt=say("Table of the rights of each role"),
        )
        st.caption(_key(kind))
    files("matrix")


def _row(right: Right) -> tuple[str, str]:
    """Return what a row of the table is about: layers of two classes are two rows."""
    single = right.kind in ("layer", "indicator")
    return right.subject, right.data_class if single else ""


def _columns(rights: list[Right], kind: Kind) -> dict[str, list[str]]:
    rows = dict.fromkeys(_row(r) for r in rights)
    first = {_row(r): r for r in reversed(rights)}
    columns = {say(KIND_TITLES[kind]): [access_tables.title_of(first[r], language()) for r in rows]}
    if kind in ("layer", "indicator"):
        columns[say("Class")] = [words.data_class(data_class) for _, data_class in rows]
    for role in ROLES:
        columns[words.role(role)] = [
            _cell([r for r in rights if r.role == role and _row(r) == row]) for row in rows
        ]
    return columns


def _cell(rights: list[Right]) -> str:
    """Return the highest class open, a tick where there is no choice of classes, or a dash."""
    open_ = [r for r in rights if r.allowed]
    if not open_:
        return NO_FIGURE
    if len(rights) == 1:
        return "✓" if open_[0].why == matrix.YES else "✓ ?"
    highest = max((r.data_class for r in open_), key=CLASSES.index)
    return words.data_class(highest)


def _key(kind: Kind) -> str:
    if kind == "page":
        return say("The highest class of data that the role sees on a page; a dash: it is closed.")
    if kind == "act":
        return say("✓ allowed; a dash: not.")
    return say("✓ open; ✓ ? open once a purpose is said; a dash: closed.")


def files(name: str) -> None:
    """Show the links to a table as files; each download stands in the audit trail."""
    links = " · ".join(
        f'<a href="/access/{name}.{ending}?lang={language()}" download>{ending.upper()}</a>'
        for ending in ("csv", "xlsx")
    )
    what = (
        say("The whole matrix, addresses and reasons included:")
        if name == "matrix"
        else say("Each person's access:")
    )
    st.html(f'<div class="ct-small ct-files">{escape(what)} {links}</div>')
