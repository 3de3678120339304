"""What in the audit trail is worth a look, and how long data are kept."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import streamlit as st
from sqlalchemy.orm import Session

from cockpit.access.retention import Kept
from cockpit.access.retention_rules import OWN_TITLES
from cockpit.answers import audit_state, retention
from cockpit.answers.audit_state import MANY_EXPORTS, MANY_READ, MANY_REFUSED, NIGHT, RULES
from cockpit.store.session import engine
from cockpit.ui import audit_words as words
from cockpit.ui.words import NO_FIGURE, date, number, say

_BACK = 30  # days
_NUMBERS = {"exports": MANY_EXPORTS, "refused": MANY_REFUSED, "read": MANY_READ}


def show(view: str) -> None:
    """Show one of both."""
    if view == "odd":
        _odd()
    else:
        _kept()


def _rule(name: str) -> str:
    return say(RULES[name], n=_NUMBERS.get(name, 0), from_hour=NIGHT[0], to_hour=NIGHT[1])


def _odd() -> None:
    since = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(days=_BACK)
    with Session(engine()) as db:
        found = audit_state.oddities(db, since=since)
    st.caption(
        say("The last {n} days, by these rules. Each is a reason to ask, not a finding.", n=_BACK)
    )
    st.markdown("\n".join(f"- {_rule(name)}" for name in RULES))
    if not found:
        st.success(say("Nothing of the last {n} days is worth a look by these rules.", n=_BACK))
        return
    st.dataframe(
        pa.table(
            {
                say("Time"): [words.moment(one.at) for one in found],
                say("By whom"): [one.who for one in found],
                say("Reason"): [_rule(one.rule) for one in found],
                say("How many"): [one.n for one in found],
                say("Last entry"): [one.seq for one in found],
            }
        ),
        hide_index=True,
        height=35 * min(len(found), 14) + 38,
        alt=say("Table of what is worth a look"),
    )


# ---------------------------------------------------------------- retention


def _kept() -> None:
    kept = retention.kept()
    st.markdown(f"**{say('How long data may be kept')}**")
    st.dataframe(
        pa.table(
            {
                say("Data set"): [_title(one) for one in kept],
                say("Class"): [words.data_class(one.data_class) for one in kept],
                say("May be kept"): [_length(one) for one in kept],
                say("Said by"): [say(_SOURCES[one.rule.source]) for one in kept],
                say("Last day"): [date(one.expires) if one.expires else NO_FIGURE for one in kept],
                say("Expired rows"): [one.expired for one in kept],
            }
        ),
        hide_index=True,
        height=35 * min(len(kept), 12) + 38,
        alt=say("Table of how long data may be kept"),
    )
    st.markdown(f"**{say('What was destroyed')}**")
    stones = retention.destroyed()
    if not stones:
        st.caption(say("Nothing has been destroyed yet."))
        return
    st.dataframe(
        pa.table(
            {
                say("Time"): [words.moment(stone.at) for stone in stones],
                say("Data set"): [stone.subject for stone in stones],
                say("Rows"): [number(sum(stone.rows.values())) for stone in stones],
                say("Digest"): [stone.digest for stone in stones],
            }
        ),
        hide_index=True,
        alt=say("Table of what was destroyed"),
    )


_SOURCES = {"": "nobody", "manifest": "the manifest", "rule": "a rule", "built in": "the cockpit"}


def _title(one: Kept) -> str:
    return say(OWN_TITLES[one.subject]) if one.subject in OWN_TITLES else one.title


def _length(one: Kept) -> str:
    if one.rule.keep_until is not None:
        return say("until {date}", date=date(one.rule.keep_until))
    if one.rule.keep_days is not None:
        return say("{n} days", n=number(one.rule.keep_days))
    return say("without end")
