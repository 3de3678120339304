"""The page Audit: how the trail stands, its entries, what is worth a look, what is kept."""

from __future__ import annotations

import streamlit as st

from cockpit.access import audit as trail
from cockpit.answers import audit as answers
from cockpit.answers import audit_state
from cockpit.answers.audit_state import State
from cockpit.store.session import engine
from cockpit.ui import audit_entries, audit_more, state, visitor
from cockpit.ui.audit_words import moment, say_fault
from cockpit.ui.way import plain
from cockpit.ui.words import number, say, say_error
from geodata.errors import CockpitError

VIEWS = {"entries": "Entries", "odd": "Worth a look", "kept": "Retention"}
FAULTS_SHOWN = 8


def show() -> None:
    """Show the page to an auditor; anybody else is refused."""
    visitor.now().require("audit")
    left, right = st.columns([0.62, 0.38], gap="medium")
    with left:
        _state(audit_state.state(engine(), again=bool(state.chosen("audit.again", False))))
        state.choose("audit.again", False)
    with right:
        _lookup()
    view = str(
        st.segmented_control(
            say("View"), list(VIEWS), format_func=lambda v: say(VIEWS[v]),
            label_visibility="collapsed", required=True,
            **state.remembered("audit.view", "entries", allowed=VIEWS, address="view"),
        )
    )  # fmt: skip
    {"entries": audit_entries, "odd": audit_more, "kept": audit_more}[view].show(view)


# ---------------------------------------------------------------- how the trail stands


def _state(found: State) -> None:
    verdict = found.verdict
    with st.container(border=True):
        if verdict.whole:
            st.markdown(
                ":material/verified: **"
                + say("The trail is whole: {n} entries.", n=number(verdict.entries))
                + "**"
            )
        else:
            st.error(
                say(
                    "The trail was changed: it is whole only up to entry {n}.",
                    n=number(verdict.whole_to),
                ),
                icon=":material/gpp_bad:",
            )
            for fault in verdict.faults[:FAULTS_SHOWN]:
                st.markdown(f"- {plain(say_fault(fault))}")
        st.caption(" ".join(_signed(found)))
        st.button(
            say("Check again"), icon=":material/refresh:",
            on_click=lambda: state.choose("audit.again", True),
        )  # fmt: skip


def _signed(found: State) -> list[str]:
    verdict = found.verdict
    told = [say("Checked {time}.", time=moment(found.at))]
    if verdict.covered:
        told.append(
            say(
                "Signed up to entry {n}, last on {time}, key {key}.",
                n=number(verdict.covered),
                time=moment(verdict.signed),
                key=verdict.key,
            )
        )
    elif verdict.whole:
        told.append(say("Nothing of it has been signed yet."))
    else:
        told.append(say("No signature holds for what is stored now."))
    if found.place is None:
        return told
    if found.beside:
        sentence = "The second copy of the checkpoints lies in {place} and reaches entry {n}."
        told.append(say(sentence, place=plain(str(found.place)), n=number(found.beside)))
    else:
        told.append(say("There is no second copy in {place} yet.", place=plain(str(found.place))))
    return told


# ---------------------------------------------------------------- the code on a file


def _lookup() -> None:
    with st.container(border=True):
        code = st.text_input(
            say("Code on a file or a screen"), max_chars=20, placeholder="01T4-7",
            **state.remembered("audit.code", ""),
        )  # fmt: skip
        if not (code or "").strip():
            st.caption(say("Every export carries a code that leads to who made it."))
            return
        try:
            found = answers.traced(str(code))
        except CockpitError as error:
            st.warning(plain(say_error(error)))
            return
        if found is None:
            st.warning(say("No entry has this code."))
            return
        st.markdown(
            plain(
                say(
                    "Entry {seq}: {who}, {time}, {act}: {subject}",
                    seq=found.seq,
                    who=found.who,
                    time=moment(found.at),
                    act=say(trail.ACTS.get(found.act, found.act)),
                    subject=found.subject,
                )
            )
        )
        purpose = found.detail.get("purpose")
        if purpose:
            st.caption(plain(say("Said purpose: {purpose}", purpose=purpose)))
