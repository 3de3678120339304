"""Advice beside placing by hand: how good the plan is, what to do next, and why not here."""

from __future__ import annotations

import math
from functools import partial

import streamlit as st

from cockpit.answers.reach import Note
from cockpit.answers.siting import Layout
from cockpit.answers.siting_advice import Forced, Standing, WhyNot
from cockpit.answers.siting_figures import Figures
from cockpit.ui import cache, placement_cache, placement_choices, placement_panels, state
from cockpit.ui.coverage_parts import plain_number
from cockpit.ui.placement_choices import Choice
from cockpit.ui.placement_shown import people_text
from cockpit.ui.way import plain
from cockpit.ui.words import NO_FIGURE, language, number, percent, say, say_error
from geodata.errors import CockpitError

KIND_TITLES = {"add": "One more site", "move": "Move one", "remove": "Remove one"}
_EVERY_S = 0.6
_WORKING = ("waiting", "running")


def note_text(note: Note) -> str:
    """Return a remark in the visitor's language."""
    values = note.in_language(language())
    return say(
        note.template, **{k: number(v) if isinstance(v, int) else v for k, v in values.items()}
    )


# ---------------------------------------------------------------- how good the plan is


def tiles(choice: Choice, found: Figures) -> None:
    """
    Show the headline figures, with how near the plan comes to the best.

    While the best is searched for the tile looks again by itself. The first search of a question
    reads all ways, which takes seconds: the page is drawn before.
    """
    if not comparable(choice):
        placement_panels.tiles(found, (NO_FIGURE, "", say("nothing planned yet")))
        return
    known = _standing(choice) if placement_cache.is_warm(choice.asked, choice.rules) else None
    if known is not None and not working(known):
        placement_panels.tiles(found, standing_text(known))
        return
    state.choose("placement.looks", 0)
    _watched_tiles(choice, found, known)


def comparable(choice: Choice) -> bool:
    """Tell whether there is a plan to compare; today itself is one where places may close."""
    return bool(choice.layout) or choice.rules.existing == "free"


@st.fragment(run_every=_EVERY_S)
def _watched_tiles(choice: Choice, found: Figures, known: Standing | None) -> None:
    """
    Show the tiles again and again, themselves alone.

    The page is never drawn anew from here: a list that the visitor has just opened would close.
    """
    looks = state.chosen("placement.looks", 0)
    state.choose("placement.looks", looks + 1)
    if looks:
        known = _settled(choice)
    text = ("…", "", say("the best is being searched"))
    placement_panels.tiles(found, text if known is None else standing_text(known))


def _settled(choice: Choice) -> Standing:
    """Return how near the plan comes to the best; worked out no more once that is settled."""
    what = (cache.data_version(), choice.asked, choice.rules, choice.layout.key(), choice.aim)
    kept = state.chosen("placement.settled", None)
    if kept is not None and kept[0] == what:
        return kept[1]
    known = _standing(choice)
    if not working(known):
        state.choose("placement.settled", (what, known))
    return known


def _standing(choice: Choice) -> Standing:
    return placement_cache.standing(choice.asked, choice.rules, choice.layout, choice.aim)


def working(known: Standing) -> bool:
    """Tell whether the search for the best still goes on."""
    return known.status in _WORKING and known.error is None


def standing_text(known: Standing) -> tuple[str, str, str]:
    """Return value, unit and note of the tile that compares with the best."""
    if known.error is not None:
        return NO_FIGURE, "", say_error(known.error)
    if known.percent is not None and math.isnan(known.percent):
        return NO_FIGURE, "", say("not shown: too few people")
    if known.percent is None:
        return "…", "", say("the best is being searched")
    share = percent(known.percent / 100, 1)
    note = _standing_note(known)
    if known.broken:  # the best keeps all rules but those: it may even be worse
        note = say("{note} · beyond the rules", note=note)
    return share if known.proven else f"≥ {share}", "", note


def _standing_note(known: Standing) -> str:
    if not known.proven:
        return (
            say("at least; the proof goes on")
            if working(known)
            else say("at least; not proven in time")
        )
    if known.improvement is None or math.isnan(known.improvement):
        return say("of the proven best with {n} sites", n=number(known.n_sites))
    gain = percent(max(known.improvement, 0.0))
    return say("of the proven best · {gain} of the gain", gain=gain)


# ---------------------------------------------------------------- the next move


def next_move(choice: Choice) -> None:
    """Show the one change that brings most, and do it with one click."""
    kind = str(
        st.segmented_control(
            say("Next best move"),
            list(KIND_TITLES), required=True,
            format_func=lambda k: say(KIND_TITLES[k]), label_visibility="collapsed",
            **state.remembered("placement.next", "add", allowed=KIND_TITLES),
        )
    )  # fmt: skip
    try:
        with st.spinner(say("Reading all ways"), show_time=False):
            move = placement_cache.next_move(
                choice.asked, choice.rules, choice.layout, choice.aim, kind
            )
    except CockpitError as error:
        st.error(say_error(error), icon=":material/block:")
        return
    if move is None:
        st.caption(say("No such move brings anything that the rules allow."))
    else:
        st.markdown(plain(note_text(move.words)))
    with st.container(horizontal=True):
        st.button(
            say("Next best move"), type="primary", icon=":material/bolt:", disabled=move is None,
            key="placement.next.take", on_click=_take,
            args=(move.layout if move else Layout(), move.site if move else ""),
        )  # fmt: skip
        _best(choice)
    for broken in _broken(choice):
        st.caption(f":material/rule: {plain(note_text(broken))}")


def _take(layout: Layout, site: str) -> None:
    placement_choices.change(layout)
    placement_choices.select_site(site)


def _best(choice: Choice) -> None:
    """Offer the best plan with as many sites, once it is known."""
    if not comparable(choice):
        return
    known = _standing(choice)
    if working(known):
        _watched_best(choice)
    else:
        _offer(known)


@st.fragment(run_every=_EVERY_S)
def _watched_best(choice: Choice) -> None:
    known = _settled(choice)
    if not working(known) and _offer(known):
        st.rerun()  # the visitor pressed it: the plan is another


def _offer(known: Standing) -> bool:
    """Show the button that takes the best plan, where it is better; tell whether it is pressed."""
    if known.layout is None or (known.percent or 0) >= 100:
        return False
    return st.button(
        say("Best {n} changes at once", n=number(known.layout.n_changes)),
        icon=":material/verified:", key="placement.best",
        help=say("Take the best plan with as many sites."),
        on_click=_take, args=(known.layout, ""),
    )  # fmt: skip


def _broken(choice: Choice) -> tuple[Note, ...]:
    """Return the rules that the plan breaks."""
    return _standing(choice).broken if comparable(choice) else ()


# ---------------------------------------------------------------- why not here


def why_not(choice: Choice, code: str) -> None:
    """Say what a site in a cell would bring beside the best there is, and what it would cost."""
    insisting = state.chosen("placement.insisting", "") == code
    found = placement_cache.why_not(choice.asked, choice.rules, choice.layout, code, choice.aim,
                                    search=insisting)  # fmt: skip
    st.markdown(f"**{say('Why not here?')}** {plain(_why_text(choice, found))}")
    if found.rule in ("open", "forbidden", "unit"):
        return
    if not insisting:
        st.button(
            say("What would it cost?"), icon=":material/balance:", key="placement.insist",
            help=say("Search the best plan with a site here, and compare it with the best of all."),
            on_click=state.choose, args=("placement.insisting", code),
        )  # fmt: skip
    elif found.forced is not None and _is_open(found.forced):
        _watched_cost(choice, code)
    elif found.forced is not None:
        st.caption(_cost_text(choice, found.forced))


def _why_text(choice: Choice, found: WhyNot) -> str:
    if found.reason is not None:
        return note_text(found.reason)
    names = placement_cache.site_names(choice.asked, language())
    covered = choice.aim == "covered"
    brings, best = (
        (found.people, found.best_people) if covered else (found.minutes, found.best_minutes)
    )
    told = {
        "n": _amount(brings, covered=covered),
        "best": _amount(best, covered=covered),
        "name": names.get(found.best, ""),
        "rank": number(found.rank),
        "all": number(found.n_candidates),
        "limit": plain_number(choice.asked.minutes),
    }
    if found.rank == 1:
        return say("Nothing better: no other place brings more ({n}).", **told)
    return say("A site here brings {n}, place {rank} of {all}; {name} would bring {best}.", **told)


def _amount(value: float, *, covered: bool) -> str:
    return (
        say("{n} people more within the limit", n=people_text(value))
        if covered
        else say("{n} person-minutes less", n=people_text(value))
    )


def _is_open(cost: Forced) -> bool:
    return cost.error is None and not cost.proven


@st.fragment(run_every=_EVERY_S)
def _watched_cost(choice: Choice, code: str) -> None:
    found = placement_cache.why_not(choice.asked, choice.rules, choice.layout, code, choice.aim,
                                    search=True)  # fmt: skip
    if found.forced is None:
        return
    if not _is_open(found.forced):
        st.rerun()
    st.caption(_cost_text(choice, found.forced))


def _cost_text(choice: Choice, cost: Forced) -> str:
    if cost.error is not None:
        return say_error(cost.error)
    unit = partial(_lost, covered=choice.aim == "covered")
    if cost.cost is None:
        return say("Searching the best plan with a site here …")
    if cost.proven and cost.cost < 0.5:
        return say("Proven: a site here costs nothing; a best plan with {n} sites has one.",
                   n=number(cost.n_sites))  # fmt: skip
    if cost.proven:
        return say("Proven: the best plan of {n} sites with one here is worse by {cost}.",
                   n=number(cost.n_sites), cost=unit(cost.cost))  # fmt: skip
    return say("So far: worse by {least} to {most}; the proof goes on.",
               least=number(cost.least), most=unit(cost.most or 0.0))  # fmt: skip


def _lost(value: float, *, covered: bool) -> str:
    return (
        say("{n} people within the limit", n=number(value))
        if covered
        else say("{n} person-minutes", n=number(value))
    )
