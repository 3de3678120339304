"""Entries of the audit trail: filters, counts, the table in pages, one entry with its proof."""

from __future__ import annotations

import datetime as dt
import json
from html import escape
from urllib.parse import urlencode

import pyarrow as pa
import streamlit as st
from sqlalchemy.orm import Session

from cockpit.access import audit as trail
from cockpit.access.classes import CLASSES
from cockpit.answers import audit as answers
from cockpit.answers import audit_state
from cockpit.answers.audit import Counts, Entry, Filter
from cockpit.store.session import engine
from cockpit.ui import audit_words as words
from cockpit.ui import charts, state
from cockpit.ui.way import plain
from cockpit.ui.words import number, say

PAGE = 50
_BACK = 30  # days that the page opens with


def show(_view: str) -> None:
    """Show filters, counts and entries."""
    wanted = _filters()
    with Session(engine()) as db:
        n = answers.count(db, wanted)
        found = answers.counts(db, wanted) if n else None
        if found is None:
            st.info(say("No entry is like this."))
            return
        left, right = st.columns([0.68, 0.32], gap="medium")
        with left:
            page = _page(n)
            rows = answers.entries(db, wanted, page=page, size=PAGE)
            _files(wanted)
            chosen = _table(rows)
        with right:
            if chosen is not None:
                _one(chosen)
            else:
                _charts(found)


# ---------------------------------------------------------------- filters


def _filters() -> Filter:
    today = words.today()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        since = st.date_input(
            say("From"), width=140,
            **state.remembered("audit.since", today - dt.timedelta(days=_BACK)),
        )  # fmt: skip
        until = st.date_input(say("To"), width=140, **state.remembered("audit.until", today))
        who = st.text_input(say("By whom"), width=130, **state.remembered("audit.who", ""))
        acts = st.multiselect(
            say("Act"), list(trail.ACTS), format_func=words.act, width=230,
            placeholder=say("all acts"),
            **state.remembered("audit.acts", [], allowed=trail.ACTS),
        )  # fmt: skip
        classes = st.multiselect(
            say("Class"), CLASSES, format_func=words.data_class, width=190,
            placeholder=say("all classes"),
            **state.remembered("audit.classes", [], allowed=CLASSES),
        )  # fmt: skip
        subject = st.text_input(say("About"), width=150, **state.remembered("audit.subject", ""))
        text = st.text_input(say("Any text"), width=150, **state.remembered("audit.text", ""))
    return Filter(
        since=words.as_utc(since) if isinstance(since, dt.date) else None,
        until=words.as_utc(until, end=True) if isinstance(until, dt.date) else None,
        who=str(who or "").strip(),
        acts=tuple(acts),
        classes=tuple(classes),
        subject=str(subject or "").strip(),
        text=str(text or "").strip(),
    )


def _page(n: int) -> int:
    """Ask for a page; return its number from 0."""
    pages = -(-n // PAGE)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(say("{n} entries", n=number(n)), width="content")
        if pages == 1:
            return 0
        page = st.number_input(
            say("Page of {n}", n=number(pages)), 1, pages, width=190,
            **state.remembered("audit.page", 1, check=lambda p: 1 <= p <= pages),
        )  # fmt: skip
    return int(page or 1) - 1


def _files(wanted: Filter) -> None:
    asked = [
        *(("act", name) for name in wanted.acts),
        *(("class", name) for name in wanted.classes),
        *((name, getattr(wanted, name)) for name in ("who", "subject", "text")),
        *((name, getattr(wanted, name).isoformat()) for name in ("since", "until")
          if getattr(wanted, name)),
    ]  # fmt: skip
    address = f"/access/trail.csv?{urlencode([pair for pair in asked if pair[1]])}"
    st.html(
        f'<div class="ct-small ct-files">{escape(say("All of these entries:"))} '
        f'<a href="{escape(address)}" download>CSV</a></div>'
    )


# ---------------------------------------------------------------- table, one entry


def _table(rows: tuple[Entry, ...]) -> Entry | None:
    """Show a page of entries; return the one that was chosen."""
    chosen = st.dataframe(
        pa.table(
            {
                say("No."): [row.seq for row in rows],
                say("Time"): [words.moment(row.at) for row in rows],
                say("By whom"): [row.who for row in rows],
                say("Act"): [words.act(row.act) for row in rows],
                say("About"): [row.subject for row in rows],
                say("Class"): [words.data_class(row.data_class) for row in rows],
            }
        ),
        hide_index=True,
        height=35 * min(len(rows), 14) + 38,
        on_select="rerun",
        selection_mode="single-row",
        key=state.widget_key("audit.table"),
        alt=say("Table of the entries"),
        column_config={
            say("No."): st.column_config.NumberColumn(width=70),
            say("Time"): st.column_config.TextColumn(width=160),
            say("By whom"): st.column_config.TextColumn(width=120),
            say("Class"): st.column_config.TextColumn(width=70),
        },
    )
    marked = chosen["selection"]["rows"]
    if marked and marked[0] < len(rows):
        return rows[marked[0]]
    st.caption(say("Choose a row to see all of an entry and its proof."))
    return None


def _one(one: Entry) -> None:
    with st.container(border=True):
        st.markdown(f"**{say('Entry {seq}', seq=one.seq)}** · `{trail.code_of(one.seq)}`")
        pairs = {
            say("Time"): words.moment(one.at),
            say("By whom"): f"{one.who} ({one.account})" if one.account else one.who,
            say("Roles"): one.roles,
            say("Session"): one.session_id,
            say("Act"): words.act(one.act),
            say("About"): one.subject,
            say("Class"): words.data_class(one.data_class),
        }
        st.markdown("  \n".join(f"{k}: {plain(v)}" for k, v in pairs.items() if v))
        if one.detail:
            st.code(json.dumps(one.detail, ensure_ascii=False, indent=1), "json", wrap_lines=True)
        st.caption(say("Hash {hash}", hash=one.hash))
        if not audit_state.state(engine()).verdict.whole:
            st.caption(say("No proof can be made of it: the trail was changed."))
            return
        proof = escape(say("Proof of this entry, to be verified without the cockpit:"))
        st.html(
            f'<div class="ct-small ct-files">{proof} '
            f'<a href="/access/proof/{one.seq}.json" download>JSON</a></div>'
        )


# ---------------------------------------------------------------- counts


def _charts(found: Counts) -> None:
    by_act = sorted(found.by_act.items(), key=lambda pair: -pair[1])[:8]
    _bars(say("By act"), [(words.act(name), n) for name, n in by_act], "audit.by_act")
    by_class = [(words.data_class(c), found.by_class[c]) for c in CLASSES if c in found.by_class]
    _bars(say("By class"), by_class, "audit.by_class")
    days = sorted(found.by_day.items())[-7:]
    _bars(say("By day, the last ones"), days, "audit.by_day")


def _bars(title: str, rows: list[tuple[str, int]], name: str) -> None:
    st.markdown(f"**{title}**")
    labels, values = [row[0] for row in rows], [row[1] for row in rows]
    st.plotly_chart(
        charts.bars(labels, values, [number(n) for n in values], each=26),
        theme=None, config={"displayModeBar": False}, key=state.widget_key(name),
    )  # fmt: skip
