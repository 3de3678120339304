"""The view "Released": every version, its figures, what changed, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cockpit.answers.release_store import Published
from cockpit.answers.release_write import LONGEST_WORDS
from cockpit.ui import coverage_parts, release_cache, release_figures, state
from cockpit.ui.release_words import (
    KIND_NAMES,
    change_of,
    levels_of,
    title_of,
)
from cockpit.ui.way import plain
from cockpit.ui.words import NO_FIGURE, date, moment, say, say_error
from geodata.errors import CockpitError


def show() -> None:
    """Show all versions and one of them closely."""
    found = release_cache.released()
    if not found:
        st.info(
            say("Nothing has been published yet. Make figures under New release, look at them, "
                "then publish."),
            icon=":material/lightbulb:",
        )  # fmt: skip
        return
    _table(found)
    by_id = {one.id: one for one in found}
    chosen = st.selectbox(
        say("Version"),
        list(by_id),
        format_func=lambda i: _name(by_id[i]),
        placeholder=say("Version"),
        width=520,
        **state.remembered("release.one", found[0].id, allowed=list(by_id), address="one"),
    )
    _one(by_id[chosen or found[0].id])


def _name(one: Published) -> str:
    return say("{title}, version {version}", title=title_of(one), version=one.version)


def _state(one: Published) -> str:
    return say("Retracted") if one.retracted is not None else say("Published")


def _table(found: Sequence[Published]) -> None:
    columns = {
        say("Table"): [title_of(one) for one in found],
        say("Version"): [str(one.version) for one in found],
        say("State"): [_state(one) for one in found],
        say("Kind"): [say(KIND_NAMES[one.kind]) for one in found],
        say("Data of"): [date(one.as_of) for one in found],
        say("Published on (UTC)"): [moment(one.published) for one in found],
        say("Levels"): [levels_of(one.levels) for one in found],
        "ε": [f"{one.epsilon:g}" if one.epsilon else NO_FIGURE for one in found],
    }
    words = [name for name in columns if name not in ("ε", say("Version"))]
    coverage_parts.table(columns, words=words, alt=say("Table of all releases"))


def _one(one: Published) -> None:
    with st.container(border=True):
        st.markdown(f"**{_name(one)}** `{one.id}`")
        st.caption(say("Why it is public: {reason}", reason=plain(one.reason)))
        if one.note:
            st.caption(plain(one.note))
        st.caption(
            say("Licence {licence}; sha256 {digest}", licence=one.licence, digest=one.digest)
        )
        for change in one.changes:
            st.markdown("- " + plain(change_of(change)))
        if one.version > 1 and not one.changes:
            st.caption(say("Nothing but the noise differs from the version before."))
        if one.retracted is not None:
            st.warning(
                say("Retracted on {date}: {reason}",
                    date=date(one.retracted.date()), reason=plain(one.retraction_note)),
                icon=":material/block:",
            )  # fmt: skip
            return
        _figures(one)
        _retract(one)


def _figures(one: Published) -> None:
    classes = list(zip(one.classes, one.class_titles, strict=True))
    release_figures.show(one.table(), classes, one.levels, one.margins, f"released.level.{one.id}")


def _retract(one: Published) -> None:
    with st.expander(say("Retract this version"), icon=":material/block:"):
        st.caption(
            say("Its figures can no longer be seen or downloaded; the notice with your reason "
                "stays. Its ε stays spent.")
        )  # fmt: skip
        reason = st.text_input(
            say("Reason"), max_chars=LONGEST_WORDS, key=f"retract.reason.{one.id}"
        )
        if not st.button(say("Retract"), disabled=not reason, key=f"retract.{one.id}"):
            return
        try:
            release_cache.retract(one.id, reason)
        except CockpitError as error:
            st.error(say_error(error))
            return
        st.rerun()
