"""The view "New release": choose, see what to expect, make; look at drafts, publish or discard."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import streamlit as st

from cockpit.access.classes import TITLES
from cockpit.answers.release import Asked, GapPlan, LevelPlan
from cockpit.answers.release_budget import Budget
from cockpit.answers.release_tables import Exact, TableKind
from cockpit.answers.release_write import LONGEST_WORDS
from cockpit.answers.twin import Twin
from cockpit.release.budget import written
from cockpit.settings import settings
from cockpit.ui import coverage_parts, release_cache, release_draft, state
from cockpit.ui.release_words import KIND_NAMES, LEVEL_NAMES, epsilon_of, levels_of, title_of
from cockpit.ui.words import NO_FIGURE, date, number, percent, say, say_error
from geodata.errors import CockpitError

_STEPS = tuple(Fraction(s, 100) for s in (1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200))
_USUAL = Fraction(1, 4)


def show(twin: Twin, budget: Budget) -> None:
    """Show drafts that wait, then the choice of a new release."""
    for draft in release_cache.drafts():
        release_draft.show(twin, draft)
    known = release_cache.known_tables(twin)
    if not known:
        st.info(say("The county has no data that could be released yet."))
        return
    by_id = {one.id: one for one in known}
    with st.container(border=True):
        st.markdown("**" + say("A new release") + "**")
        asked, exact = _choose(twin, budget, by_id)
        _expect(twin, by_id[asked.table], asked, exact)
        _make(twin, by_id[asked.table], asked)


def _choose(twin: Twin, budget: Budget, by_id: dict[str, TableKind]) -> tuple[Asked, Exact]:
    what, level, noise = st.columns([0.46, 0.27, 0.27], gap="medium")
    first = "age-3" if "age-3" in by_id else next(iter(by_id))
    table = what.selectbox(
        say("Table"),
        list(by_id),
        format_func=lambda t: f"{title_of(by_id[t])} ({say(KIND_NAMES[by_id[t].kind])})",
        placeholder=say("Table"),
        **state.remembered("release.table", first, allowed=list(by_id), address="table"),
    )
    table = table or first
    exact = release_cache.exact(twin, table)
    levels = exact.levels()
    lowest = level.selectbox(
        say("Down to"),
        list(levels),
        format_func=lambda one: say(LEVEL_NAMES[one]),
        placeholder=say("Down to"),
        **state.remembered(
            "release.lowest", levels[min(2, len(levels) - 1)], allowed=levels, address="level"
        ),
    )
    epsilon = _epsilon(noise, budget) if by_id[table].kind == "noisy" else Fraction(0)
    return Asked(table, lowest or levels[-1], epsilon), exact


def _epsilon(place: st.delta_generator.DeltaGenerator, budget: Budget) -> Fraction:
    """Return the chosen epsilon: a step, or the whole rest of the year."""
    steps = sorted({s for s in _STEPS if s <= budget.left} | ({budget.left} - {Fraction(0)}))
    if not steps:
        place.warning(say("The privacy budget of {year} is used up.", year=budget.year))
        return Fraction(0)
    names = [written(s) for s in steps]
    usual = written(max((s for s in steps if s <= _USUAL), default=steps[0]))
    if len(names) == 1:
        place.markdown(say("ε of this release: {epsilon}", epsilon=names[0]))
        return steps[0]
    chosen = place.select_slider(
        say("ε of this release (more: less noise, and less left)"),
        names,
        help=say(
            "ε says how much the figures may tell about any one person. With ε 0.25, whether "
            "somebody is counted or not makes any result at most 1.28 times as likely."
        ),
        **state.remembered("release.epsilon", usual, allowed=names),
    )
    return Fraction(str(chosen))


def _expect(twin: Twin, kind: TableKind, asked: Asked, exact: Exact) -> None:
    if kind.kind == "suppressed":
        with st.spinner(say("Looking what must be hidden")):
            plans, public = release_cache.gaps(twin, asked)
        if exact.as_of is not None:
            st.caption(say("The figures are of {date}.", date=date(exact.as_of)))
        if public:
            st.caption(
                say("{release} is public: what it hides stays hidden, and so does every figure "
                    "that differs from it by less than {small}.",
                    release=public[0], small=settings().small_count)
            )  # fmt: skip
        _gaps(plans)
    elif asked.epsilon:
        _noise(release_cache.expected(twin, asked))
    if exact.left_out:
        st.caption(
            say("{n} are known to be in the county but in no {level}; no figure has them.",
                n=number(exact.left_out), level=say(LEVEL_NAMES[exact.levels()[-1]]))
        )  # fmt: skip


def _noise(plans: list[LevelPlan]) -> None:
    """Show the ± to expect at each level, and which levels will be offered."""
    st.markdown(
        say("What to expect, before anything is drawn: of 100 figures, 95 will be within ± of the "
            "truth.")
    )  # fmt: skip
    coverage_parts.table(
        {
            say("Level"): [say(LEVEL_NAMES[p.level]) for p in plans],
            say("Regions"): [number(p.figures) for p in plans],
            "ε": [epsilon_of(p.epsilon) for p in plans],
            say("± (persons)"): [f"±{number(p.margin)}" for p in plans],
            say("Mean error"): [number(p.mean, 1) for p in plans],
            say("Error of a guess"): _but_first(p.trivial for p in plans),
            say("People in clear figures"): [percent(p.told, 1) for p in plans],
            say("Offered"): [say("yes") if p.offered else say("no: too noisy") for p in plans],
        },
        words=[say("Level"), say("Offered")],
        alt=say("Table of the noise to expect"),
    )  # fmt: skip
    st.caption(
        say("For your eyes only: errors and shares are held against the exact figures and are not "
            "published. A guess spreads the figure of the level above by area. A level is offered "
            "when three quarters of its people stand in figures larger than their ±.")
    )  # fmt: skip
    missing = [p.level for p in plans if not p.offered]
    if missing:
        st.warning(
            say("Not offered: {levels}. Choose a higher ε, fewer classes, or stop above it: its ε "
                "is spent in vain.", levels=levels_of(missing)),
            icon=":material/blur_on:",
        )  # fmt: skip


def _but_first(values: Iterable[float]) -> list[str]:
    """Return errors of a guess; the county has no level above to guess from."""
    return [NO_FIGURE, *(number(v, 1) for v in list(values)[1:])]


def _gaps(plans: list[GapPlan]) -> None:
    """Show how many figures would be hidden at each level."""
    st.markdown(
        say("Figures from 1 to {most} are hidden, and as many others that no subtraction brings "
            "them back.", most=settings().small_count - 1)
    )  # fmt: skip
    coverage_parts.table(
        {
            say("Level"): [say(LEVEL_NAMES[p.level]) for p in plans],
            say("Figures above 0"): [number(p.figures) for p in plans],
            say("Small"): [number(p.small) for p in plans],
            say("Hidden in all"): [number(p.hidden) for p in plans],
            say("Share hidden"): [percent(p.hidden / max(p.figures, 1)) for p in plans],
        },
        words=[say("Level")],
        alt=say("Table of the gaps to expect"),
    )


def _make(twin: Twin, kind: TableKind, asked: Asked) -> None:
    noisy = kind.kind == "noisy"
    reason = st.text_area(
        say("Why are these figures made public? (kept with your name, and shown)"),
        max_chars=LONGEST_WORDS,
        height=70,
        placeholder=say("for example: residents ask for the age structure of their village"),
        **state.remembered("release.reason", ""),
    )
    note = st.text_input(
        say("Note for readers (may stay empty)"),
        max_chars=LONGEST_WORDS,
        **state.remembered("release.note", ""),
    )
    pressed = st.button(
        say("Make the figures: spends ε {epsilon}", epsilon=written(asked.epsilon))
        if noisy else say("Make the figures"),
        type="primary",
        icon=":material/casino:" if noisy else ":material/table:",
        disabled=not (reason or "").strip() or (noisy and not asked.epsilon),
        key="release.make",
    )  # fmt: skip
    classes = {"before": say(TITLES["备用"]), "after": say(TITLES["公开"])}
    st.caption(
        say("The noise is drawn once and stored. Looking again draws nothing new; a discarded "
            "draft does not give its ε back. The figures go from class {before} to {after} under "
            "your name.", **classes)
        if noisy
        else say("The figures go from class {before} to {after} under your name.", **classes)
    )  # fmt: skip
    if not pressed:
        return
    try:
        with st.spinner(say("Making the figures")):
            release_cache.make(twin, asked, reason=reason or "", note=note or "")
    except CockpitError as error:
        st.error(say_error(error))
        return
    st.rerun()
