"""What the page Data shows first: alarms, the catalogue, a data set's scores and origin."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from cockpit.access.classes import TITLES, may_see
from cockpit.answers import data as answers
from cockpit.answers.data import Alarm, Entry
from cockpit.store import session as store
from cockpit.ui import cache, state
from cockpit.ui.way import plain
from cockpit.ui.words import NO_FIGURE, date, department_of, language, moment, number, percent, say
from loaders.catalog import COLUMNS, ColumnType
from loaders.table import Dimension

VIEWS = {
    "catalogue": "Catalogue",
    "findings": "Findings",
    "conflicts": "Conflicts",
    "lineage": "Lineage",
    "pools": "Pools and tags",
    "upload": "Upload",
    "dictionary": "Data dictionary",
}
DIMENSION_TITLES: dict[Dimension, str] = {
    "completeness": "Completeness",
    "validity": "Validity",
    "consistency": "Consistency",
    "timeliness": "Timeliness",
    "uniqueness": "Uniqueness",
    "place": "Place",
}
KIND_TITLES = {
    "regions": "Regions",
    "population": "Population",
    "households": "Households",
    "vulnerable": "People who need care",
    "facilities": "Facilities",
    "buildings": "Buildings",
    "organisations": "Organisations",
    "persons": "Register of persons",
    "road_nodes": "Road nodes",
    "road_edges": "Roads",
    "roads_osm": "Roads (OpenStreetMap)",
    "features": "Map layer",
    "elevation": "Elevation",
    "events": "Events",
    "sensors": "Sensors",
    "readings": "Sensor readings",
}
TYPE_TITLES: dict[ColumnType, str] = {
    "code": "code (text)",
    "text": "text",
    "count": "whole number",
    "amount": "number",
    "degrees": "degrees",
    "date": "date",
    "time": "date and time",
    "choice": "one of a list",
    "geometry": "shape",
}
LIGHT_TITLES = {"good": "Good", "watch": "Watch", "bad": "Bad"}
LIGHT_MARKS = {"good": "●", "watch": "▲", "bad": "■"}  # a shape each: colour is not needed
ALARMS_SHOWN = 6
SCORE = st.column_config.ProgressColumn(format="%.1f%%", min_value=0, max_value=100, width="small")


def today() -> dt.date:
    """Return the day that deliveries are judged against: the county's own, or the present one."""
    county = cache.twin()
    own = county.county.get("as_of") if county is not None else None
    return dt.date.fromisoformat(own) if own else dt.date.today()


def catalogue() -> tuple[Entry, ...]:
    """Return every data set with its newest batch."""
    with Session(store.engine()) as db:
        return answers.catalogue(db, today())


def view() -> str:
    """Return what the visitor works on; visitors from outside have no work to do here."""
    inside = may_see(cache.visitor_class(), "备用")
    views = list(VIEWS) if inside else ["catalogue", "lineage", "dictionary"]
    chosen = st.segmented_control(
        say("View"),
        views,
        format_func=lambda v: say(VIEWS[v]),
        label_visibility="collapsed",
        required=True,
        **state.remembered("data.view", "catalogue", allowed=views, address="work"),
    )
    return str(chosen or "catalogue")


def title_of(thing: object) -> str:
    """Return a data set's title in the visitor's language."""
    english = str(getattr(thing, "title_en", ""))
    return english if language() == "en" and english else str(getattr(thing, "title", ""))


# ---------------------------------------------------------------- catalogue


def show_catalogue(entries: tuple[Entry, ...]) -> None:
    """Show alarms, all data sets, the chosen one's scores and origin, and the departments."""
    found = answers.alarms(entries)
    loaded = [entry for entry in entries if entry.version]
    st.markdown(
        say(
            "{n} data sets from {departments} departments; {rows} rows stored, {bad} rows set "
            "aside, {findings} findings open.",
            n=number(len(loaded)),
            departments=number(len({e.department for e in loaded})),
            rows=number(sum(e.rows_stored for e in loaded)),
            bad=number(sum(e.rows_bad for e in loaded)),
            findings=number(sum(e.open_findings for e in loaded)),
        )
    )
    _alarms(found)
    chosen = st.dataframe(
        catalogue_table(entries),
        hide_index=True,
        height="content" if len(entries) <= 30 else 900,
        placeholder=NO_FIGURE,
        on_select="rerun",
        selection_mode="single-row",
        key=state.widget_key("data.catalogue"),
        column_config={
            say("Score"): SCORE,
            say("Rows"): st.column_config.NumberColumn(format="localized"),
        },
    )
    rows = chosen["selection"]["rows"]
    if rows:
        show_entry(entries[rows[0]])
    else:
        st.caption(say("Choose a row to see the data set's scores, file and columns."))
    _departments(entries)


def _alarms(found: tuple[Alarm, ...]) -> None:
    if not found:
        st.success(say("No alarm: every data set is in time and scores well."))
        return
    lines = [f"- {alarm_text(alarm)}" for alarm in found[:ALARMS_SHOWN]]
    if len(found) > ALARMS_SHOWN:
        lines.append("- " + say("and {n} more", n=len(found) - ALARMS_SHOWN))
    with st.container(border=True):
        st.markdown(f"**{say('{n} alarms', n=len(found))}**\n\n" + "\n".join(lines))


def alarm_text(alarm: Alarm) -> str:
    """Return an alarm as a sentence: which data set, what is wrong, whose it is."""
    title = plain(title_of(alarm.entry))
    department = plain(department_of(alarm.entry.department) or NO_FIGURE)
    if alarm.kind == "late":
        return say(
            "{title} ({department}): the next delivery is {days} days late.",
            title=title,
            department=department,
            days=number(alarm.days),
        )
    return say(
        "{title} ({department}): scores {score}; weakest in {dimension}.",
        title=title,
        department=department,
        score=percent(alarm.entry.score, 1),
        dimension=say(DIMENSION_TITLES[alarm.dimension]) if alarm.dimension else NO_FIGURE,
    )


def light_text(light: str) -> str:
    """Return a light as shape and word."""
    return f"{LIGHT_MARKS[light]} {say(LIGHT_TITLES[light])}"


def catalogue_table(entries: tuple[Entry, ...]) -> pd.DataFrame:
    """Return the catalogue as a table, in the manifest's order."""
    return pd.DataFrame(
        {
            say("State"): [light_text(e.light) for e in entries],
            say("Data set"): [title_of(e) for e in entries],
            say("Department"): [department_of(e.department) for e in entries],
            say("Kind"): [say(KIND_TITLES.get(e.kind, e.kind)) for e in entries],
            say("Class"): [say(TITLES[e.data_class]) for e in entries],
            say("As of"): [date(e.as_of) for e in entries],
            say("Refresh, days"): [e.refresh_days for e in entries],
            say("Late, days"): [e.late_days or None for e in entries],
            say("Rows"): [e.rows_stored for e in entries],
            say("Set aside"): [e.rows_bad for e in entries],
            say("Version"): [e.version for e in entries],
            say("Score"): [100 * e.score for e in entries],
            say("Findings open"): [e.open_findings for e in entries],
        }
    )


def show_entry(entry: Entry) -> None:
    """Show one data set: origin on the left, scores by dimension and field on the right."""
    left, right = st.columns([2, 3], gap="medium")
    with left, st.container(border=True):
        st.markdown(f"**{plain(title_of(entry))}**")
        st.dataframe(origin_table(entry), hide_index=True)
    with right, st.container(border=True):
        st.markdown(f"**{say('Quality')}: {percent(entry.score, 1)}**")
        if entry.quality is None:
            st.caption(say("Not loaded yet."))
            return
        score = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
        st.dataframe(dimension_table(entry), hide_index=True, column_config={say("Score"): score})
        with st.expander(say("Scores by field")):
            st.dataframe(field_table(entry), hide_index=True)


def origin_table(entry: Entry) -> pd.DataFrame:
    """Return what the catalogue knows of a data set, one line a fact."""
    facts = {
        "Department": department_of(entry.department),
        "Owner": entry.owner,
        "Purpose": entry.purpose,
        "Class": say(TITLES[entry.data_class]),
        "Licence": entry.licence,
        "As of": date(entry.as_of),
        "File": entry.source.rsplit("/", 1)[-1],
        "SHA-256": entry.sha256,
        "Encoding": entry.encoding,
        "Loaded (UTC)": moment(entry.loaded_at),
        "Version": str(entry.version),
        "Rows in the file": number(entry.rows_read),
        "Rows stored": number(entry.rows_stored),
        "Rows set aside": number(entry.rows_bad),
        "Columns of the file": say("; ").join(
            f"{header} → {column}" for column, header in entry.matches.items()
        ),
    }
    return pd.DataFrame(
        {
            say("Fact"): [say(name) for name in facts],
            say("Value"): [value or NO_FIGURE for value in facts.values()],
        }
    )


def dimension_table(entry: Entry) -> pd.DataFrame:
    """Return the score of each dimension with the counts behind it."""
    counts = entry.quality.dimensions if entry.quality else {}
    return pd.DataFrame(
        {
            say("Dimension"): [say(DIMENSION_TITLES[d]) for d in counts],
            say("Score"): [100 * c.score if c.n else None for c in counts.values()],
            say("Defects"): [c.defects for c in counts.values()],
            say("of"): [c.n for c in counts.values()],
        }
    )


def field_table(entry: Entry) -> pd.DataFrame:
    """Return the score of each field in each dimension that a field can have."""
    fields = entry.quality.fields if entry.quality else {}
    titles = {c.name: column_title(c.name, entry.kind) for c in COLUMNS.get(entry.kind, ())}
    table: dict[str, list[str]] = {say("Field"): [titles.get(f, f) for f in fields]}
    for dimension, title in DIMENSION_TITLES.items():
        if any(dimension in counts for counts in fields.values()):
            table[say(title)] = [
                percent(counts[dimension].score, 1) if dimension in counts else NO_FIGURE
                for counts in fields.values()
            ]
    return pd.DataFrame(table)


def column_title(name: str, kind: str) -> str:
    """Return a standard column's title: Chinese as the dictionary prints it, else its name."""
    for column in COLUMNS.get(kind, ()):
        if column.name == name and language() == "zh":
            return column.title
    return name


def _departments(entries: tuple[Entry, ...]) -> None:
    found = answers.departments(entries)
    if not found:
        return
    with st.expander(say("Scores by department")):
        table = {
            say("Department"): [department_of(d.name) or NO_FIGURE for d in found],
            say("Data sets"): [d.datasets for d in found],
            say("Score"): [100 * d.quality.total for d in found],
            say("Lowest"): [f"{title_of(d.lowest)} {percent(d.lowest.score, 1)}" for d in found],
            say("Late"): [d.late for d in found],
            say("Findings open"): [d.open_findings for d in found],
        }
        for dimension, title in DIMENSION_TITLES.items():
            table[say(title)] = [percent(d.quality.dimensions[dimension].score, 1) for d in found]
        st.dataframe(
            pd.DataFrame(table),
            hide_index=True,
            column_config={say("Score"): SCORE},
        )


# ---------------------------------------------------------------- dictionary


def show_dictionary() -> None:
    """Show the data dictionary: every kind with its standard columns, units and aliases."""
    kinds = [kind for kind in KIND_TITLES if COLUMNS.get(kind)]
    kind = st.selectbox(
        say("Kind"),
        kinds,
        format_func=lambda k: say(KIND_TITLES[k]),
        placeholder=say("Kind"),
        width=320,
        **state.remembered("data.dictionary", "population", allowed=kinds, address="kind"),
    )
    st.dataframe(dictionary_table(str(kind)), hide_index=True, height="content")
    st.caption(
        say(
            "A file's header is taken for a column when it is one of its aliases; upper and lower "
            "case, spaces and full-width letters do not matter. A manifest may name any other "
            "header."
        )
    )


def dictionary_table(kind: str) -> pd.DataFrame:
    """Return the standard columns of a kind."""
    columns = COLUMNS[kind]
    return pd.DataFrame(
        {
            say("Column"): [c.name for c in columns],
            say("Title"): [c.title for c in columns],
            say("Type"): [say(TYPE_TITLES[c.type]) for c in columns],
            say("Required"): ["✓" if c.required else "" for c in columns],
            say("Unit"): [say(c.unit) if c.unit else "" for c in columns],
            say("Class"): [say(TITLES[c.data_class]) if c.data_class else "" for c in columns],
            say("Known headers"): ["、".join(dict.fromkeys(c.aliases)) for c in columns],
            say("Values"): [", ".join(c.choices) for c in columns],
        }
    )
