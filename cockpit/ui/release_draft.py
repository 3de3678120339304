"""A draft that waits: its figures, how good they are, whether a decision would differ."""

from __future__ import annotations

import streamlit as st

from cockpit.answers.release import Draft
from cockpit.answers.release_decision import MOST_PLACES
from cockpit.answers.twin import Twin
from cockpit.coverage.services import SERVICES
from cockpit.release.budget import written
from cockpit.ui import cache, coverage_parts, release_cache, release_figures, state
from cockpit.ui.release_words import LEVEL_NAMES, levels_of, title_of
from cockpit.ui.words import NO_FIGURE, language, number, percent, say, say_error
from geodata.errors import CockpitError


def show(twin: Twin, draft: Draft) -> None:
    """Show a draft, what it is worth, and the two ways on."""
    with st.container(border=True):
        st.markdown("**" + say("Draft: {title}", title=title_of(draft)) + f"** `{draft.id}`")
        if draft.epsilon:
            st.caption(
                say("Drawn once with ε {epsilon}, which is spent. Levels: {levels}.",
                    epsilon=written(draft.epsilon), levels=levels_of(draft.levels))
            )  # fmt: skip
        for level, why in draft.not_offered.items():
            st.caption(say("{level}: {reason}", level=say(LEVEL_NAMES[level]), reason=say(why)))
        names = [say("Figures"), say("How good they are"), say("Would a siting differ?")]
        tabs = st.tabs(names if draft.kind == "noisy" else names[:1], key=f"draft.tabs.{draft.id}")
        with tabs[0]:
            release_figures.show(
                draft.table(), draft.classes, draft.levels, draft.margins, f"draft.level.{draft.id}"
            )
        if draft.kind == "noisy":
            with tabs[1]:
                _errors(twin, draft)
            with tabs[2]:
                _decision(twin, draft)
        _ways_on(draft)


def _errors(twin: Twin, draft: Draft) -> None:
    found = release_cache.errors(twin, draft)
    if not found:
        st.info(say("The data changed since the draft was made; there is nothing to compare."))
        return
    coverage_parts.table(
        {
            say("Level"): [say(LEVEL_NAMES[e.level]) for e in found],
            say("Figures"): [number(e.figures) for e in found],
            say("Mean error"): [number(e.mean, 1) for e in found],
            say("95 % of errors at most"): [number(e.most) for e in found],
            say("Error of a guess"): [
                NO_FIGURE if e.level == "county" else number(e.spread_mean, 1) for e in found
            ],
        },
        words=[say("Level")],
        alt=say("Table of the errors of the draft"),
    )
    worse = [e.level for e in found[1:] if e.mean >= e.spread_mean]
    if worse:
        st.warning(
            say("At these levels the figures are no better than spreading those of the level "
                "above by area: {levels}.", levels=levels_of(worse))
        )  # fmt: skip
    st.caption(
        say("For your eyes only: held against the exact figures, in persons. Who knows the errors "
            "knows the people: do not pass this table on.")
    )  # fmt: skip


def _decision(twin: Twin, draft: Draft) -> None:
    st.markdown(
        say("If new points of a service were placed by these figures instead of the exact ones, "
            "would they stand elsewhere?")
    )  # fmt: skip
    which, many = st.columns([0.6, 0.4])
    service = which.selectbox(
        say("Service"),
        list(SERVICES),
        format_func=lambda s: say(SERVICES[s].title),
        placeholder=say("Service"),
        **state.remembered("release.service", "clinic", allowed=list(SERVICES)),
    )
    places = many.number_input(
        say("New points"), 1, MOST_PLACES, **state.remembered("release.places", 5)
    )
    if not st.button(say("Check"), icon=":material/compare_arrows:", key=f"check.{draft.id}"):
        return
    try:
        with st.spinner(say("Placing by both figures")):
            found = release_cache.checked(twin, draft, service or "clinic", int(places or 1))
    except CockpitError as error:
        st.error(say_error(error))
        return
    names = cache.names(twin.version, language())
    if found.same:
        st.success(say("Both place the {n} points in the same cells.", n=len(found.sites)))
    else:
        kept = len(set(found.sites) & set(found.noisy_sites))
        st.warning(
            say("{kept} of {n} points are the same. Placed by the public figures, {share} fewer "
                "people would be within reach.",
                kept=kept, n=len(found.sites), share=percent(found.worse, 2))
        )  # fmt: skip
    coverage_parts.table(
        {
            say("By the exact figures"): [names[row] for row in found.sites],
            say("By the public figures"): [names[row] for row in found.noisy_sites],
        },
        words=[say("By the exact figures"), say("By the public figures")],
        alt=say("Table of the points of both plans"),
    )
    if not found.decision.proven:
        st.caption(say("Not proven to be the best plans: the time was up."))


def _ways_on(draft: Draft) -> None:
    yes, no, _ = st.columns([0.2, 0.2, 0.6])
    published = yes.button(
        say("Publish"), type="primary", icon=":material/publish:", key=f"publish.{draft.id}",
        width="stretch",
    )  # fmt: skip
    discarded = no.button(
        say("Discard"), icon=":material/delete:", key=f"discard.{draft.id}", width="stretch"
    )
    try:
        if published:
            release_cache.publish(draft.id)
            state.choose("release.view", "released")
            st.rerun()
        if discarded:
            release_cache.discard(draft.id)
            st.rerun()
    except CockpitError as error:
        st.error(say_error(error))
