"""Findings and conflicts to work through on the page Data."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from cockpit.access.classes import TITLES
from cockpit.answers import data as answers
from cockpit.answers.data import (
    SEVERITIES,
    STATUSES,
    ConflictPage,
    ConflictRow,
    Entry,
    FindingFilter,
    FindingPage,
    FindingRow,
)
from cockpit.answers.layers import layer_url
from cockpit.store import session as store
from cockpit.ui import cache, maps, state, theme, visitor
from cockpit.ui.data import column_title, title_of
from cockpit.ui.way import plain
from cockpit.ui.words import NO_FIGURE, department_of, language, number, say

PAGE_ROWS = 50
SEVERITY_TITLES = {"error": "Error", "warning": "Warning", "note": "Note"}
STATUS_TITLES = {"open": "Open", "done": "Done", "accepted": "Accepted"}
STATUS_VERBS = {"done": "Mark as done", "accepted": "Accept as it is", "open": "Open again"}
CONFLICT_TITLES = {
    "value": "Different values",
    "only_left": "Only in the first source",
    "only_right": "Only in the second source",
    "near": "Perhaps the same person",
}


# ---------------------------------------------------------------- findings


def findings(wanted: FindingFilter, page: int) -> FindingPage:
    """Return one page of findings from the store; pages count from 1."""
    with Session(store.engine()) as db:
        return answers.findings(
            db,
            wanted,
            offset=(page - 1) * PAGE_ROWS,
            limit=PAGE_ROWS,
            visitor=cache.visitor_class(),
        )


def show_findings(entries: tuple[Entry, ...]) -> None:
    """Show filters, one page of findings, what to do with them, and those with a place."""
    wanted = finding_filter(entries)
    page = state.chosen("data.findings_page", 1)
    found = findings(wanted, page)
    pages = max(1, math.ceil(found.total / PAGE_ROWS))
    if page > pages:
        page = pages
        found = findings(wanted, page)
    st.markdown(_counted(found))
    if not found.rows:
        st.info(say("Nothing to do with these filters. Choose another status or data set."))
        return
    chosen = st.dataframe(
        finding_table(found),
        hide_index=True,
        height=560,
        on_select="rerun",
        selection_mode="multi-row",
        key=state.widget_key("data.findings"),
    )
    picked = [found.rows[k] for k in chosen["selection"]["rows"] if k < len(found.rows)]
    with st.container(horizontal=True, vertical_alignment="center"):
        _status_buttons("finding", [row.id for row in picked], wanted.status)
        st.space("stretch")
        if pages > 1:
            _pagination("data.findings_page", pages, page)
        st.link_button(
            say("Download {ending}", ending="CSV"),
            f"/download/findings.csv?{_query(wanted)}",
            icon=":material/download:",
        )
    for row in picked[:3]:
        _one_finding(row)
    _shapes(wanted)


def finding_filter(entries: tuple[Entry, ...]) -> FindingFilter:
    """Return the findings the visitor wants to see."""
    titles = {entry.id: title_of(entry) for entry in entries}
    departments = sorted({entry.department for entry in entries if entry.department})
    with Session(store.engine()) as db:
        rules = list(answers.finding_rules(db))
    with st.container(horizontal=True):
        return FindingFilter(
            dataset=_filter("dataset", "Data set", list(titles), titles),
            rule=_filter("rule", "Rule", rules, {r: r for r in rules}),
            severity=_filter(
                "severity", "Severity", SEVERITIES, {s: say(SEVERITY_TITLES[s]) for s in SEVERITIES}
            ),
            department=_filter(
                "department", "Department", departments, {d: department_of(d) for d in departments}
            ),
            status=_filter(
                "status", "Status", STATUSES, {s: say(STATUS_TITLES[s]) for s in STATUSES}, "open"
            ),
        )


def _filter(
    name: str,
    title: str,
    options: list[str] | tuple[str, ...],
    words: dict[str, str],
    default: str = "",
) -> str:
    every = ["", *options]
    chosen = st.selectbox(
        say(title),
        every,
        format_func=lambda value: words[value] if value else say("all"),
        placeholder=say("all"),
        width=240,
        **state.remembered(f"data.{name}", default, allowed=every, address=name, then=_first_page),
    )
    return str(chosen or "")


def _first_page() -> None:
    state.choose("data.findings_page", 1)


def _pagination(name: str, pages: int, page: int) -> None:
    def turned() -> None:
        state.choose(name, int(state.widget_value(name) or 1))

    st.pagination(pages, default=page, key=state.widget_key(name), on_change=turned)


def _counted(found: FindingPage) -> str:
    if not found.total:
        return say("No findings.")
    parts = [f"{say(SEVERITY_TITLES[s])} {number(n)}" for s, n in found.by_severity.items()]
    return say("{n} findings: {parts}.", n=number(found.total), parts=" · ".join(parts))


def finding_table(found: FindingPage) -> pd.DataFrame:
    """Return a page of findings as a table, worded in the visitor's language."""
    rows = found.rows
    return pd.DataFrame(
        {
            say("Severity"): [say(SEVERITY_TITLES[r.severity]) for r in rows],
            say("Data set"): [title_of(r) for r in rows],
            say("File"): [r.file for r in rows],
            say("Row"): [r.row for r in rows],
            say("Column"): [r.column for r in rows],
            say("Found"): [_found(r) for r in rows],
            say("Expected"): [expected(r) for r in rows],
            say("Rule"): [r.rule for r in rows],
            say("Area, m²"): [r.area_m2 for r in rows],
            say("Department"): [department_of(r.department) for r in rows],
            say("Status"): [say(STATUS_TITLES[r.status]) for r in rows],
        }
    ).dropna(axis=1, how="all")


def expected(row: FindingRow) -> str:
    """Return what a rule expected, in the visitor's language."""
    if row.found is None:  # the values that fill the sentence are hidden as well
        return NO_FIGURE
    return say(row.expected, **row.values)


def _found(row: FindingRow) -> str:
    if row.found is None:
        return say("hidden: class {data_class}", data_class=say(TITLES[row.data_class]))
    return row.found


def _one_finding(row: FindingRow) -> None:
    with st.container(border=True):
        st.markdown(
            say(
                "{file}, row {row}: {column} is {found}; expected {expected}.",
                file=plain(row.file),
                row=row.row or NO_FIGURE,
                column=plain(row.column or NO_FIGURE),
                found=plain(_found(row) or NO_FIGURE),
                expected=plain(expected(row)),
            )
        )
        if row.text:
            st.code(row.text, language=None)


def _shapes(wanted: FindingFilter) -> None:
    """Draw the findings that have a place, largest area first."""
    with Session(store.engine()) as db:
        shapes = answers.finding_shapes(db, wanted, visitor=cache.visitor_class())
    if not shapes["features"]:
        return
    st.markdown(f"**{say('{n} findings with a place', n=len(shapes['features']))}**")
    tokens = theme.now()
    deck = maps.Deck(_deck(shapes, tokens), {"text": "{rule}\n{found}"})
    st.pydeck_chart(
        deck,
        height=420,
        key="data.shapes",
        alt=say("Map of the findings that have a place"),
    )
    st.caption(say("Largest area first; point at one to read its rule."))


def _deck(shapes: dict[str, object], tokens: theme.Tokens) -> dict[str, object]:
    import shapely

    features = shapes["features"]
    assert isinstance(features, list)  # noqa: S101 - GeoJSON says so
    bounds = shapely.total_bounds(
        [shapely.geometry.shape(feature["geometry"]) for feature in features]
    )
    west, south, east, north = (float(x) for x in bounds)
    span = max(east - west, north - south, 0.002)
    return {
        "initialViewState": {
            "longitude": (west + east) / 2,
            "latitude": (south + north) / 2,
            "zoom": math.log2(360 / span) + 0.4,
        },
        "views": [{"@@type": "MapView", "controller": True}],
        "layers": [
            *_background(tokens),
            {
                "@@type": "GeoJsonLayer",
                "id": "findings",
                "data": shapes,
                "pickable": True,
                "getFillColor": theme.rgba(tokens.bad, 0.35),
                "getLineColor": theme.rgba(tokens.bad),
                "lineWidthMinPixels": 2,
                "pointRadiusMinPixels": 5,
            },
        ],
    }


def _background(tokens: theme.Tokens) -> list[dict[str, object]]:
    """Return the outlines of the county's larger parts, by address."""
    county = cache.twin()
    if county is None:
        return []
    top = str(county.regions["code"].iat[0])
    level = str(county.regions["level"].iat[1]) if len(county.regions) > 1 else "county"
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": "background",
            "data": layer_url(county.version, level, top),
            "filled": False,
            "getLineColor": theme.rgba(tokens.quiet, 0.6),
            "lineWidthMinPixels": 1,
        }
    ]


def _query(wanted: FindingFilter) -> str:
    from urllib.parse import urlencode

    return urlencode(
        {
            "lang": language(),
            "dataset": wanted.dataset,
            "rule": wanted.rule,
            "severity": wanted.severity,
            "department": wanted.department,
            "status": wanted.status,
        }
    )


def _status_buttons(what: str, ids: list[int], status: str) -> None:
    """Show what can be done with the chosen rows; stored at once."""
    for wanted, verb in STATUS_VERBS.items():
        if wanted == status:
            continue
        st.button(
            say(verb),
            key=f"data.{what}.{wanted}",
            disabled=not ids,
            on_click=set_status,
            args=(what, ids, wanted),
        )
    st.caption(
        say("{n} rows chosen", n=len(ids)) if ids else say("Choose rows to change their status.")
    )


def set_status(what: str, ids: list[int], status: str) -> None:
    """Store the status of findings or conflicts."""
    visitor.require("load")
    change = answers.set_finding_status if what == "finding" else answers.set_conflict_status
    with Session(store.engine()) as db:
        change(db, ids, status, visitor=cache.visitor_class())
    state.forget_widget("data.findings" if what == "finding" else "data.conflicts")


# ---------------------------------------------------------------- conflicts


def conflicts(kind: str, status: str, page: int) -> ConflictPage:
    """Return one page of conflicts from the store; pages count from 1."""
    with Session(store.engine()) as db:
        return answers.conflicts(
            db,
            kind=kind,
            status=status,
            offset=(page - 1) * PAGE_ROWS,
            limit=PAGE_ROWS,
            visitor=cache.visitor_class(),
        )


def show_conflicts() -> None:
    """Show what two sources of the same fact say differently."""
    kinds = list(CONFLICT_TITLES)
    with st.container(horizontal=True):
        kind = _filter(
            "conflict", "Kind", kinds, {k: say(title) for k, title in CONFLICT_TITLES.items()}
        )
        status = _filter(
            "conflict_status",
            "Status",
            STATUSES,
            {s: say(STATUS_TITLES[s]) for s in STATUSES},
            "open",
        )
    page = state.chosen("data.conflicts_page", 1)
    found = conflicts(kind, status, page)
    pages = max(1, math.ceil(found.total / PAGE_ROWS))
    if page > pages:
        found = conflicts(kind, status, pages)
    if not found.rows:
        st.info(say("No conflicts: the sources agree, or the manifest compares none."))
        return
    parts = [f"{say(CONFLICT_TITLES[k])} {number(n)}" for k, n in found.by_kind.items()]
    st.markdown(say("{n} conflicts: {parts}.", n=number(found.total), parts=" · ".join(parts)))
    chosen = st.dataframe(
        conflict_table(found),
        hide_index=True,
        height=560,
        on_select="rerun",
        selection_mode="multi-row",
        key=state.widget_key("data.conflicts"),
    )
    picked = [found.rows[k].id for k in chosen["selection"]["rows"] if k < len(found.rows)]
    with st.container(horizontal=True, vertical_alignment="center"):
        _status_buttons("conflict", picked, status)
        st.space("stretch")
        if pages > 1:
            _pagination("data.conflicts_page", pages, min(page, pages))
    if any(row.key is None for row in found.rows):
        st.caption(say("Values of a class above yours are hidden; rows still say where to look."))


def conflict_table(found: ConflictPage) -> pd.DataFrame:
    """Return conflicts with both values and both rows."""
    rows = found.rows
    return pd.DataFrame(
        {
            say("Kind"): [say(CONFLICT_TITLES.get(r.kind, r.kind)) for r in rows],
            say("Key"): [_value(r.key) for r in rows],
            say("Field"): [column_title(r.column, "persons") for r in rows],
            say("First source"): [_side(r, left=True) for r in rows],
            say("Row there"): [r.left_row for r in rows],
            say("Value there"): [_value(r.left_value) for r in rows],
            say("Second source"): [_side(r, left=False) for r in rows],
            say("Row in it"): [r.right_row for r in rows],
            say("Value in it"): [_value(r.right_value) for r in rows],
            say("Status"): [say(STATUS_TITLES[r.status]) for r in rows],
        }
    )


def _side(row: ConflictRow, *, left: bool) -> str:
    title, english = (
        (row.left_title, row.left_title_en) if left else (row.right_title, row.right_title_en)
    )
    return english if language() == "en" and english else title


def _value(value: str | None) -> str:
    return say("hidden") if value is None else value or NO_FIGURE
