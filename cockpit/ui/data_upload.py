"""Upload on the page Data: a file, what it is, a dry run, and storing it after a yes."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from cockpit.answers import upload as answers
from cockpit.answers.upload import DryRun, Entry
from cockpit.settings import settings
from cockpit.store import session as store
from cockpit.ui import cache, state, uploading, visitor
from cockpit.ui.data import DIMENSION_TITLES, KIND_TITLES, column_title, title_of
from cockpit.ui.data_work import SEVERITY_TITLES
from cockpit.ui.way import plain
from cockpit.ui.words import NO_FIGURE, number, percent, say, say_error
from geodata.errors import AskFirst, CockpitError
from loaders.catalog import COLUMNS, DATED

FILE_TYPES = (
    "csv",
    "tsv",
    "xlsx",
    "parquet",
    "geojson",
    "gpkg",
    "zip",
    "fgb",
    "sqlite",
    "pbf",
    "tif",
)
CLASSES = ("公开", "备用", "敏感")
LEVEL_CHOICES = ("", "county", "township", "village", "grid")


@st.cache_data(max_entries=4, ttl=900, show_spinner="Reading the file in the sandbox")
def dry_run(
    entry: str,
    name: str,
    sha256: str,  # noqa: ARG001
    _content: bytes,
    *,
    visitor: str,
    inner: str,
) -> DryRun:
    """Read an upload against the store; the hash stands for the bytes, the entry is JSON."""
    return answers.dry_run(
        store.engine(),
        Entry.model_validate_json(entry),
        name,
        _content,
        visitor=visitor,
        inner=inner,
    )


def show_upload() -> None:
    """Show the steps: choose a file, say what it is, look at the dry run, store it."""
    st.markdown(
        say(
            "Nothing is stored before you say so: the file is read in a closed sandbox, checked, "
            "and compared with what is stored."
        )
    )
    left, right = st.columns([2, 3], gap="medium")
    with left, st.container(border=True):
        uploading.words(settings().upload_bytes // 1024**2, FILE_TYPES)
        file = st.file_uploader(
            say("File, up to {n} MB", n=settings().upload_bytes // 1024**2),
            type=list(FILE_TYPES),
            max_upload_size=settings().upload_bytes // 1024**2,
            key=state.widget_key("data.file"),
        )
        inner = _inner(file.name if file else "")
        entry = _entry()
    with right:
        if file is None:
            st.info(
                say("Choose a file on the left. Its scores, findings and changes then stand here.")
            )
        elif entry is not None:
            _run(entry, file.name, file.getvalue(), inner)


def _inner(name: str) -> str:
    """Return which file of a zip is meant; "" if it holds only one."""
    if not name.lower().endswith(".zip"):
        return ""
    return st.text_input(
        say("File inside the zip, where it holds several"),
        max_chars=120,
        key=state.widget_key("data.upload_inner"),
    ).strip()


def _entry() -> Entry | None:
    """Return what the visitor says the file is: a newer delivery, or a new data set."""
    with Session(store.engine()) as db:
        known = {entry.id: entry for entry in answers.known_entries(db)}
    chosen = st.selectbox(
        say("What is it?"),
        ["", *known],
        format_func=lambda i: (
            say("A newer file of: {title}", title=title_of(known[i]))
            if i
            else say("A new data set")
        ),
        placeholder=say("A new data set"),
        **state.remembered("data.upload_of", "", allowed=["", *known]),
    )
    try:
        entry = _newer(known[chosen]) if chosen else _new()
        return _corrected(entry)
    except CockpitError as error:
        st.error(plain(say_error(error)))
        return None


def _newer(entry: Entry) -> Entry:
    """Return the entry of a newer delivery; figures get its date."""
    if entry.kind not in DATED:
        return entry
    return entry.model_copy(update={"date": _day(entry.id, entry.date)})


def _day(name: str, known: dt.date | None = None) -> dt.date | None:
    found = st.date_input(
        say("Date the data speak of"),
        value=known,
        key=state.widget_key(f"data.upload_date.{name}"),
    )
    return found if isinstance(found, dt.date) else None


def _new() -> Entry:
    """Return a new entry from the fields of the form."""
    kind = str(
        st.selectbox(
            say("Kind"),
            list(KIND_TITLES),
            index=list(KIND_TITLES).index("facilities"),
            format_func=lambda k: say(KIND_TITLES[k]),
            placeholder=say("Kind"),
            key=state.widget_key("data.upload_kind"),
        )
    )
    title = st.text_input(
        say("Title"), max_chars=60, key=state.widget_key("data.upload_title")
    ) or say(KIND_TITLES[kind])
    values: dict[str, Any] = {
        "id": st.text_input(
            say("Id: small letters, digits and _"),
            value=f"{kind}_new",
            max_chars=48,
            key=state.widget_key(f"data.upload_id.{kind}"),
        ),
        "title": title,
        "kind": kind,
        "department": st.text_input(
            say("Department"), max_chars=60, key=state.widget_key("data.upload_department")
        ),
        "class": _class(kind),
    }
    if kind in DATED:
        values["date"] = _day("new")
    with st.expander(say("Date, level, reference system, encoding")):
        if kind not in DATED:
            values["date"] = _day("new")
        level = st.selectbox(
            say("Level of the codes"),
            LEVEL_CHOICES,
            format_func=lambda v: say(v.capitalize()) if v else say("found from the codes"),
            placeholder=say("found from the codes"),
            key=state.widget_key("data.upload_level"),
        )
        values["level"] = level or None
        for name, title in (
            ("crs", "Reference system, such as EPSG:4490"),
            ("encoding", "Encoding, empty: found by itself"),
        ):
            values[name] = st.text_input(say(title), key=state.widget_key(f"data.upload_{name}"))
    return answers.new_entry(values)


def _class(kind: str) -> str | None:
    """Return the class chosen; none more open than the kind allows is offered."""
    least = answers.least_class(kind)
    offered = [c for c in CLASSES if answers.CLASSES.index(c) >= answers.CLASSES.index(least)]
    return st.segmented_control(
        say("Class"),
        offered,
        default="备用" if "备用" in offered else offered[0],
        required=True,
        key=state.widget_key(f"data.upload_class.{least}"),
    )


def _corrected(entry: Entry) -> Entry:
    """Return the entry with the headers that the visitor names for standard columns."""
    if not COLUMNS.get(entry.kind):
        return entry
    with st.expander(say("Name headers that were not recognised")):
        edited = st.data_editor(
            pd.DataFrame(
                {
                    "column": [c.name for c in COLUMNS[entry.kind]],
                    "title": [
                        column_title(c.name, entry.kind) + (" *" if c.required else "")
                        for c in COLUMNS[entry.kind]
                    ],
                    "header": [entry.columns.get(c.name, "") for c in COLUMNS[entry.kind]],
                },
                dtype="str",
            ),
            hide_index=True,
            disabled=["column", "title"],
            column_config={
                "column": None,
                "title": st.column_config.TextColumn(say("Column")),
                "header": st.column_config.TextColumn(say("Header in the file")),
            },
            key=state.widget_key(f"data.upload_columns.{entry.id}.{entry.kind}"),
        )
    named = {
        str(name): str(header).strip()
        for name, header in zip(edited["column"], edited["header"], strict=True)
        if isinstance(header, str) and header.strip()
    }
    return entry.model_copy(update={"columns": {**entry.columns, **named}})


def _run(entry: Entry, name: str, content: bytes, inner: str) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    said_yes: list[str] = state.chosen("data.upload_yes", [])
    questions = tuple(q.removeprefix(f"{sha256}:") for q in said_yes if q.startswith(f"{sha256}:"))
    confirmed = entry.model_copy(update={"confirmed": questions})
    try:
        found = dry_run(
            confirmed.model_dump_json(by_alias=True),
            name,
            sha256,
            content,
            visitor=cache.visitor_class(),
            inner=inner,
        )
    except AskFirst as question:
        _ask(question, sha256)
        return
    except CockpitError as error:
        st.error(plain(say_error(error)))
        return
    show_run(found)
    if found.question is not None and "fewer_rows" not in questions:
        _ask(found.question, sha256)
        return
    st.button(
        say("Store this file"),
        type="primary",
        icon=":material/save:",
        on_click=_store,
        args=(confirmed, name, content, frozenset(questions), inner),
    )


def _ask(question: AskFirst, sha256: str) -> None:
    """Show a question that must be answered before the file is stored."""
    st.warning(plain(say_error(question)))
    st.button(
        say("Yes, I have checked: go on"),
        on_click=_yes,
        args=(f"{sha256}:{question.values.get('question', '')}",),
    )


def _yes(question: str) -> None:
    state.choose("data.upload_yes", [*state.chosen("data.upload_yes", []), question])


def _store(entry: Entry, name: str, content: bytes, confirmed: frozenset[str], inner: str) -> None:
    try:
        visitor.require("load")
        report = answers.store(
            store.engine(),
            entry,
            name,
            content,
            confirmed=confirmed,
            visitor=cache.visitor_class(),
            inner=inner,
        )
    except CockpitError as error:
        st.error(plain(say_error(error)))
        return
    cache.data_version.clear()
    state.forget_widget("data.file")
    stored = next((d for d in report.datasets if d.id == entry.id), None)
    st.toast(
        say(
            "Stored: {title}, {rows} rows. The county is now at data version {version}.",
            title=plain(title_of(entry)),
            rows=number(stored.rows_stored if stored else 0),
            version=report.version,
        )
    )


def show_run(found: DryRun) -> None:
    """Show a dry run: rows and changes, scores, recognised columns, findings."""
    with st.container(horizontal=True, gap="small"):
        for title, value in _figures(found).items():
            st.metric(say(title), value, border=True, height="stretch")
    if found.difference is not None:
        change = found.difference
        st.markdown(
            say(
                "Compared with what is stored: {new} new, {changed} changed, {gone} gone, {same} "
                "unchanged.",
                new=number(change.new),
                changed=number(change.changed),
                gone=number(change.gone),
                same=number(change.same),
            )
        )
    with st.container(border=True):
        st.markdown(f"**{say('Columns recognised')}**")
        st.dataframe(match_table(found), hide_index=True)
    with st.expander(say("Quality")):
        st.dataframe(score_table(found), hide_index=True)
    if found.findings:
        with st.expander(say("Findings: {n}", n=number(sum(found.by_severity.values())))):
            st.dataframe(run_findings(found), hide_index=True, height=320)


def _figures(found: DryRun) -> dict[str, str]:
    before = NO_FIGURE if found.rows_before is None else number(found.rows_before)
    return {
        "Rows in the file": number(found.rows_read),
        "Good rows": number(found.rows_good),
        "Stored before": before,
        "Score": percent(found.quality.total, 1),
        "Errors": number(found.by_severity.get("error", 0)),
    }


def match_table(found: DryRun) -> pd.DataFrame:
    """Return which header was taken for which standard column, and which columns have none."""
    columns = COLUMNS.get(found.entry.kind, ())
    return pd.DataFrame(
        {
            say("Column"): [column_title(c.name, found.entry.kind) for c in columns],
            say("Header in the file"): [found.matches.get(c.name, NO_FIGURE) for c in columns],
            say("Required"): ["✓" if c.required else "" for c in columns],
        }
    )


def score_table(found: DryRun) -> pd.DataFrame:
    """Return the score of each dimension that could be judged."""
    counts = found.quality.dimensions
    return pd.DataFrame(
        {
            say("Dimension"): [say(DIMENSION_TITLES[d]) for d in counts],
            say("Score"): [percent(c.score, 1) if c.n else NO_FIGURE for c in counts.values()],
            say("Defects"): [c.defects for c in counts.values()],
            say("of"): [c.n for c in counts.values()],
        }
    )


def run_findings(found: DryRun) -> pd.DataFrame:
    """Return the findings of a dry run, worded in the visitor's language."""
    rows = found.findings
    return pd.DataFrame(
        {
            say("Severity"): [say(SEVERITY_TITLES[f.severity]) for f in rows],
            say("Row"): [f.row for f in rows],
            say("Column"): [column_title(f.column, found.entry.kind) for f in rows],
            say("Found"): [f.found for f in rows],
            say("Expected"): [say(f.expected, **f.values) for f in rows],
            say("Rule"): [f.rule for f in rows],
        }
    )
