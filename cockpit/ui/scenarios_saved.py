"""The view "Saved scenarios": the list, older versions, files, memo, import."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import streamlit as st

from cockpit.answers.layers import stamp
from cockpit.answers.scenario_files import MOST_BYTES, data_content
from cockpit.answers.scenarios import Scenario
from cockpit.answers.twin import Twin
from cockpit.ui import (
    coverage_parts,
    scenarios_cache,
    scenarios_choices,
    state,
    uploading,
)
from cockpit.ui.way import plain
from cockpit.ui.words import NO_FIGURE, date, language, number, percent, say, say_error
from geodata.errors import CockpitError


def show(twin: Twin, known: Sequence[Scenario]) -> None:
    """Show all saved scenarios, what can be done with one, and the box for files."""
    say_result()
    if known:
        _table(twin, known)
        _one(twin, known)
    else:
        nothing_yet()
    _import()


def nothing_yet() -> None:
    """Say how the first scenario is made, with the way there."""
    st.info(
        say(
            "No scenario has been saved yet. Place, close or move sites on the page Placement (or "
            "let the best plan be found there), then save the plan under a name."
        ),
        icon=":material/lightbulb:",
    )
    st.button(
        say("Open Placement"),
        type="primary",
        icon=":material/add_location_alt:",
        key="scenarios.first",
        on_click=state.choose,
        args=("scenarios.leave", True),
    )


def _table(twin: Twin, known: Sequence[Scenario]) -> None:
    stale = [data_content(s.data_version) != data_content(twin.version) for s in known]
    figures = [_figures(s) for s in known]
    columns = {
        say("Scenario"): [s.title for s in known],
        say("Sites"): [f[0] for f in figures],
        say("Covered"): [f[1] for f in figures],
        say("Mean minutes"): [f[2] for f in figures],
        say("Saved by"): [s.author for s in known],
        say("Saved on"): [date(s.saved_at.date()) for s in known],
        say("Data"): [say("changed since") if old else say("as today") for old in stale],
        say("Question"): [scenarios_choices.question_text(s.question) for s in known],
    }
    words = [say(t) for t in ("Scenario", "Question", "Saved by", "Saved on", "Data")]
    coverage_parts.table(columns, words=words, alt=say("Table of the saved scenarios"))
    if any(stale):
        st.caption(
            say("Figures in this table are as they were saved; where the data have changed since, "
                "opening or comparing computes them anew.")
        )  # fmt: skip


def _figures(s: Scenario) -> tuple[str, str, str]:
    sites, then = s.figures.get("sites", {}), s.figures.get("then", {})
    now, after = sites.get("now"), sites.get("then")
    told = NO_FIGURE if after is None else number(after)
    if now is not None and after is not None and now != after:
        told = f"{number(now)} → {number(after)}"
    share, mean = then.get("share"), then.get("mean")
    return told, percent(share, 1), number(math.nan if mean is None else mean, 1)


def _one(twin: Twin, known: Sequence[Scenario]) -> None:
    by_id = {str(s.id): s for s in known}
    with st.container(border=True):
        number_of = st.selectbox(
            say("Scenario"),
            list(by_id),
            format_func=lambda i: by_id[i].title,
            placeholder=say("Scenario"),
            width=420,
            **state.remembered("scenarios.one", str(known[0].id), allowed=list(by_id),
                               address="one"),
        )  # fmt: skip
        one = by_id[str(number_of)]
        _about(one)
        _version_of(twin, one)


def _about(s: Scenario) -> None:
    st.markdown(plain(scenarios_choices.question_text(s.question)))
    layout = s.layout
    st.markdown(
        say(
            "{added} new sites, {closed} closed, {moved} moved.",
            added=number(len(layout.added)),
            closed=number(len(layout.closed)),
            moved=number(len(layout.moved)),
        )
    )
    if s.note:
        st.caption(plain(s.note).replace("\n", "  \n"))
    if s.certificate:
        st.caption(":material/verified: " + say("Found by a search, with its proof."))


def _version_of(twin: Twin, newest: Scenario) -> None:
    """Show which version is meant, and what can be done with it."""
    others = scenarios_cache.versions(newest.name)
    chosen = newest
    if len(others) > 1:
        by_id = {s.id: s for s in others}
        chosen = by_id[
            st.selectbox(
                say("Version"),
                list(by_id),
                format_func=lambda i: _version_text(by_id[i]),
                placeholder=say("Version"),
                width=420,
                key=f"scenarios.version.{newest.name}",
            )
        ]
    opened = scenarios_cache.opened(chosen)
    if opened.error is not None:
        st.warning(say_error(opened.error), icon=":material/warning:")
    elif opened.found is not None and not opened.found.same:
        n = len(opened.found.differs)
        st.caption(
            ":material/update: "
            + say("On the data of today {n} figures differ from those saved.", n=number(n))
        )
    _buttons(chosen, can_open=opened.found is not None)
    _links(twin, chosen)


def _version_text(s: Scenario) -> str:
    told = say("version {n}, {date}, {author}", n=s.version, date=date(s.saved_at.date()),
               author=s.author)  # fmt: skip
    return f"{told} · {say('archived')}" if s.archived else told


def _buttons(s: Scenario, *, can_open: bool) -> None:
    with st.container(horizontal=True, gap="small"):
        st.button(
            say("Open on the page Placement"),
            type="primary",
            icon=":material/add_location_alt:",
            key=f"scenarios.open.{s.id}",
            disabled=not can_open,
            on_click=scenarios_choices.open_on_placement,
            args=(scenarios_choices.asked_of(s.question), s.rules, s.layout),
        )
        st.button(
            say("Put back on the list") if s.archived else say("Archive"),
            icon=":material/unarchive:" if s.archived else ":material/archive:",
            key=f"scenarios.archive.{s.id}",
            help=say("Takes it off the list, with the versions before it. Nothing is deleted."),
            on_click=_archive,
            args=(s.id, not s.archived, s.title),
        )


def _archive(number_of: int, archived: bool, title: str) -> None:
    try:
        scenarios_cache.archive(number_of, archived=archived)
    except CockpitError as error:
        keep_result(error)
        return
    # An archived one is on no list; the way back must not need one.
    state.choose("scenarios.archived", [number_of, title] if archived else [])


def _links(twin: Twin, s: Scenario) -> None:
    version = stamp(twin.version)
    lang = f"?lang={language()}"
    memo = f"/download/{version}/memo/{s.id}"
    files = [
        (say("Scenario (JSON)"), f"/download/{version}/scenario/{s.id}.json"),
        (say("Decision memo (HTML)"), f"{memo}.html{lang}"),
        (say("Decision memo (PDF)"), f"{memo}.pdf{lang}"),
    ]
    other = "en" if language() == "zh" else "zh"
    files += [
        (say("Memo in the other language (HTML)"), f"{memo}.html?lang={other}"),
        (say("Memo in the other language (PDF)"), f"{memo}.pdf?lang={other}"),
    ]
    links(say("Take it away:"), files)


def links(title: str, files: Sequence[tuple[str, str]]) -> None:
    """Show a row of links to files."""
    made = " · ".join(f'<a href="{href}" download>{escape(text)}</a>' for text, href in files)
    st.html(f'<div class="ct-small ct-files">{escape(title)} {made}</div>')


# ---------------------------------------------------------------- a file comes in


def _import() -> None:
    megabytes = max(MOST_BYTES // 1024**2, 1)
    with st.expander(say("Import a scenario from a file"), icon=":material/upload_file:"):
        st.markdown(
            say(
                "A file that was downloaded here or on another machine. Its figures are computed "
                "anew on the data of this one."
            )
        )
        uploading.words(megabytes, ["json"])
        turn = state.chosen("scenarios.files", 0)
        file = st.file_uploader(
            say("Scenario file (JSON), up to {n} MB", n=megabytes),
            type=["json"],
            max_upload_size=megabytes,
            key=state.widget_key(f"scenarios.file.{turn}"),
        )
        ready = file is not None
        st.button(
            say("Import"),
            icon=":material/upload:",
            key="scenarios.import",
            disabled=not ready,
            help=None if ready else say("Choose a file."),
            on_click=_take(file),
        )


def _take(file: object) -> Callable[[], None]:
    def take() -> None:
        try:
            found = scenarios_cache.import_file(file.getvalue())  # type: ignore[attr-defined]
        except CockpitError as error:
            keep_result(error)
            return
        keep_result(("Imported as {name}.", {"name": found.scenario.title}, found.note))
        state.choose("scenarios.one", str(found.scenario.id))
        state.choose("scenarios.files", state.chosen("scenarios.files", 0) + 1)

    return take


def keep_result(result: object) -> None:
    """Keep what came of a click for the next run: a callback cannot show it."""
    state.choose("scenarios.result", result)


def say_result() -> None:
    """Show once what came of the last click, and how an archived scenario comes back."""
    result = state.chosen("scenarios.result", None)
    if isinstance(result, CockpitError):
        st.error(say_error(result), icon=":material/block:")
    elif result is not None:
        sentence, values, note = result
        told = say(sentence, **values)
        if note is not None:
            told += " " + say(note.template, **note.in_language(language()))
        st.success(plain(told), icon=":material/check:")
    state.choose("scenarios.result", None)
    archived: list[Any] = state.chosen("scenarios.archived", [])
    if archived:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(plain(say("{name} is archived.", name=archived[1])))
            st.button(
                say("Put back on the list"),
                key="scenarios.unarchive",
                icon=":material/undo:",
                on_click=_archive,
                args=(archived[0], False, archived[1]),
            )
