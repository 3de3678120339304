"""Lineage on the page Data: from a figure back to files and rows, and the same number again."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from cockpit.access.classes import TITLES, may_see
from cockpit.answers import lineage as answers
from cockpit.answers import reread as rereading
from cockpit.answers.lineage import FileUse, Lineage, PartLineage
from cockpit.answers.reread import Reread
from cockpit.indicators import INDICATORS, MEASURES
from cockpit.store import session as store
from cockpit.ui import cache, state, way
from cockpit.ui.data import title_of
from cockpit.ui.words import NO_FIGURE, department_of, moment, name_of, number, say, with_unit

STATE_WORDS = {
    "same": "The file is the one that was loaded.",
    "changed": "The file has changed since it was loaded; it was not read.",
    "gone": "The file is no longer where the manifest named it.",
    "database": "The source is a database table; it was not read again.",
}


@st.cache_data(max_entries=256, show_spinner="Tracing the figure")
def lineage(code: str, indicator: str, *, version: str, visitor: str) -> Lineage:
    """Return where a figure comes from; a new version or class asks again."""
    county = cache.twin_of(version)
    assert county is not None  # noqa: S101 - a version names a stored county
    with Session(store.engine()) as db:
        return answers.lineage(db, county, code, indicator, visitor=visitor)


@st.cache_data(max_entries=32, ttl=60, show_spinner="Reading the file again")
def reread(code: str, measure: str, *, version: str, visitor: str) -> tuple[Reread, ...]:
    """Read the files behind a measure again; kept for a minute, for files change."""
    county = cache.twin_of(version)
    assert county is not None  # noqa: S101 - a version names a stored county
    with Session(store.engine()) as db:
        return rereading.reread(db, county, code, measure, visitor=visitor)


def show_lineage() -> None:
    """Show the chosen figure, its parts, and for each part files and rows."""
    county = cache.twin()
    assert county is not None  # noqa: S101 - the page shows no lineage without a county
    way.show()
    visitor = cache.visitor_class()
    known = [i.id for i in county.indicators() if may_see(visitor, county.class_of(i))]
    indicator = str(
        st.selectbox(
            say("Figure"),
            known,
            format_func=lambda i: say(INDICATORS[i].title),
            placeholder=say("Figure"),
            width=420,
            **state.remembered("data.indicator", known[0], allowed=known, address="indicator"),
        )
    )
    asked = {"version": county.version, "visitor": visitor}
    found = lineage(way.region(), indicator, **asked)
    st.markdown(verdict(found))
    for part in found.parts:
        with st.container(border=True):
            _part(part, several=len(found.parts) > 1)
            if st.button(
                say("Read the file again"), key=f"reread.{part.measure}", icon=":material/refresh:"
            ):
                _reread(reread(way.region(), part.measure, **asked))


def verdict(found: Lineage) -> str:
    """Say whether the sources' rows give the number that is shown."""
    unit, decimals = INDICATORS[found.indicator].unit, INDICATORS[found.indicator].decimals
    values = {
        "name": way.plain(name_of(found.place)),
        "title": say(INDICATORS[found.indicator].title),
        "shown": with_unit(found.shown, unit, decimals),
        "again": with_unit(found.recomputed, unit, decimals),
    }
    if found.agrees:
        return "✓ " + say(
            "{name}, {title}: **{shown}**. Worked out again from the rows of the files: **{again}**"
            ", the same.",
            **values,
        )
    return "✗ " + say(
        "{name}, {title}: **{shown}**. Worked out again from the rows of the files: **{again}**. "
        "They differ: load the data again, and tell the data office if it stays.",
        **values,
    )


def _part(part: PartLineage, *, several: bool) -> None:
    measure = MEASURES[part.measure]
    title = say(measure.title) if several else say("From figure to file")
    decimals = 0 if float(part.shown).is_integer() else 2
    st.markdown(f"**{title}: {with_unit(part.shown, measure.unit, decimals)}**")
    if part.moved_from is not None and part.n_rows:
        st.markdown(
            say(
                "The file counts {name}, {whole}, not the parts below it. That count was moved to "
                "cells by housing or area; all cells together got {moved}, this region {own}.",
                name=way.plain(name_of(part.moved_from)),
                whole=with_unit(part.whole, measure.unit),
                moved=number(part.whole_moved),
                own=number(part.recomputed),
            )
        )
    grouped = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        file_table(part.files),
        hide_index=True,
        column_config={say("Rows in the file"): grouped, say("Rows used"): grouped},
    )
    label = say(
        "{n} rows of the source, {shown} listed", n=number(part.n_rows), shown=len(part.rows)
    )
    with st.expander(label):
        st.dataframe(row_table(part), hide_index=True, height=320)


def file_table(files: tuple[FileUse, ...]) -> pd.DataFrame:
    """Return the files of a measure and what each brings to it."""
    return pd.DataFrame(
        {
            say("Data set"): [title_of(f) for f in files],
            say("Department"): [department_of(f.department) or NO_FIGURE for f in files],
            say("Class"): [say(TITLES[f.data_class]) for f in files],
            say("File"): [f.source.rsplit("/", 1)[-1] for f in files],
            say("Version"): [f.version for f in files],
            say("Loaded (UTC)"): [moment(f.loaded_at) for f in files],
            say("Rows in the file"): [f.rows_read for f in files],
            say("Rows used"): [f.rows for f in files],
            say("Brings"): [number(f.amount, 0 if f.amount.is_integer() else 2) for f in files],
            say("SHA-256"): [f.sha256 for f in files],
        }
    )


def row_table(part: PartLineage) -> pd.DataFrame:
    """Return the rows of the source behind a measure."""
    return pd.DataFrame(
        {
            say("Data set"): [r.dataset_id for r in part.rows],
            say("Row"): [r.row for r in part.rows],
            say("Region"): [r.region_code for r in part.rows],
            say("What"): [r.what for r in part.rows],
            say("Value"): [r.value for r in part.rows],
        }
    )


def _reread(found: tuple[Reread, ...]) -> None:
    if not found:
        st.info(say("Areas are worked out from shapes; no row of a file holds them."))
    for one in found:
        words = f"{way.plain(one.file)} · {say(STATE_WORDS[one.state])}"
        if one.found is None:
            st.warning(words)
            continue
        sums = say(
            "Its rows add up to {found}; stored are {stored}.",
            found=number(one.found, 0 if one.found.is_integer() else 2),
            stored=number(one.stored, 0 if one.stored.is_integer() else 2),
        )
        (st.success if one.agrees else st.error)(f"{words} {sums}")
