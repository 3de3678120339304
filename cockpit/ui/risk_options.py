"""What a method asks beside the question: the weights of the index, the rise of the water."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import streamlit as st

from cockpit.answers import risk_index
from cockpit.answers.risk_options import (
    HIGHEST_RISE_M,
    MOST_CRITERIA,
    NONE,
    SCORES,
    USUAL_RISE_M,
    WEIGHTINGS,
    IndexOptions,
    index_options,
)
from cockpit.ui import cache, risk_cache, state
from cockpit.ui.words import number, say
from geodata.errors import InputError

WEIGHTING_TITLES = {
    "equal": "All alike",
    "entropy": "By entropy",
    "own": "My own weights",
    "ahp": "Pair by pair (AHP)",
}
SCORE_TITLES = {"sum": "Weighted sum", "topsis": "TOPSIS"}
_RISES = ("0.5", "1", "2", "3", "5", "8", "10", "15")


def choose(method: str) -> str:
    """Ask for the options of a method; ``NONE`` for one that has none."""
    if method == "impact":
        return _rise()
    if method == "index":
        return _index()
    return NONE


def _rise() -> str:
    def fits(text: str) -> bool:
        try:
            return 0 < float(text) <= HIGHEST_RISE_M
        except ValueError:
            return False

    first = f"{USUAL_RISE_M:g}"
    now = state.read("risk.rise", first, address="rise", check=fits)
    options = sorted({*_RISES, first, now}, key=float)
    return str(
        st.selectbox(
            say("The water rises by"),
            options,
            format_func=lambda m: say("{n} m", n=number(float(m), 0 if float(m) % 1 == 0 else 1)),
            width=150,
            accept_new_options=True,
            placeholder=say("The water rises by"),
            **state.remembered("risk.rise", first, address="rise", check=fits),
        )
    )


def _index() -> str:
    known = risk_cache.events()
    there = risk_index.criteria(known, risk_cache.places("village"), cache.visitor_class())
    first = list(risk_index.first_criteria(there))
    kept = _kept(there)
    with st.popover(say("Weights"), icon=":material/balance:", width="content"):
        chosen = st.multiselect(
            say("Criteria"),
            there,
            format_func=lambda c: say(risk_index.title_of(c)),
            max_selections=MOST_CRITERIA,
            placeholder=say("Criteria"),
            **state.remembered(
                "risk.criteria", list(kept.criteria) if kept else first, allowed=there
            ),
        )
        weighting = st.radio(
            say("How they are weighed"),
            WEIGHTINGS,
            format_func=lambda w: say(WEIGHTING_TITLES[w]),
            **state.remembered(
                "risk.weighting", kept.weighting if kept else "equal", allowed=WEIGHTINGS
            ),
        )
        score = st.segmented_control(
            say("Score"),
            SCORES,
            format_func=lambda s: say(SCORE_TITLES[s]),
            required=True,
            **state.remembered("risk.score", kept.score if kept else "sum", allowed=SCORES),
        )
        numbers = _numbers(list(chosen), str(weighting), kept)
    text = str(IndexOptions(tuple(chosen), str(weighting), str(score), numbers))
    state.choose("risk.index", text)
    usual = str(IndexOptions(tuple(first)))
    state.read("risk.index", usual, address="index")
    return text


def _kept(there: Sequence[str]) -> IndexOptions | None:
    """Return the options that a shared link brings; None when they make no sense here."""
    text = state.read("risk.index", "", address="index", write=False)
    try:
        found = index_options(text) if text else None
    except InputError:
        return None
    return found if found and all(c in there for c in found.criteria) else None


def _numbers(criteria: list[str], weighting: str, kept: IndexOptions | None) -> tuple[int, ...]:
    if weighting == "own":
        return tuple(_weight(c, criteria, kept) for c in criteria)
    if weighting == "ahp":
        st.caption(
            say(
                "How many times more important is the first than the second? Minus turns it round: "
                "−3 means that the second counts three times as much."
            )
        )
        return tuple(_pair(a, b, kept) for a, b in combinations(criteria, 2))
    return ()


def _weight(criterion: str, criteria: list[str], kept: IndexOptions | None) -> int:
    usual = 5
    if kept and kept.weighting == "own" and list(kept.criteria) == criteria:
        usual = kept.numbers[criteria.index(criterion)]
    return int(
        st.slider(
            say(risk_index.title_of(criterion)),
            0,
            10,
            **state.remembered(f"risk.weight.{criterion}", usual, allowed=range(11)),
        )
    )


_STEPS = (-9, -7, -5, -4, -3, -2, 1, 2, 3, 4, 5, 7, 9)


def _pair(first: str, second: str, kept: IndexOptions | None) -> int:
    title = say(
        "{first} against {second}",
        first=say(risk_index.title_of(first)),
        second=say(risk_index.title_of(second)),
    )
    usual = _kept_pair(first, second, kept)
    steps = sorted({*_STEPS, usual})  # a link may hold a step between
    return int(
        st.select_slider(
            title,
            steps,
            format_func=lambda v: say("alike") if v == 1 else number(v),
            **state.remembered(f"risk.pair.{first}.{second}", usual, allowed=steps),
        )
    )


def _kept_pair(first: str, second: str, kept: IndexOptions | None) -> int:
    """Return the comparison that an address brings; 1, alike, when it brings none of the two."""
    if kept is None or kept.weighting != "ahp":
        return 1
    pairs = dict(zip(combinations(kept.criteria, 2), kept.numbers, strict=True))
    found = pairs.get((first, second), 1)
    return found if abs(found) > 1 else 1
