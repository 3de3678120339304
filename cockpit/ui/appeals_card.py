"""The card of the model of topics: purpose, data, how good, how sure, where it ends."""

from __future__ import annotations

import math
from html import escape

import streamlit as st

from cockpit.answers.appeals import Appeals
from cockpit.appeals.card import (
    CONTACT,
    FAIRNESS,
    LEAST_LABELLED,
    LEAST_OF_CLASS,
    LIMITS,
    PURPOSE,
    Card,
)
from cockpit.appeals.trial import FOLDS, KEYWORDS
from cockpit.ui import appeals_charts
from cockpit.ui.appeals_choices import topic_title
from cockpit.ui.appeals_parts import chart, day
from cockpit.ui.coverage_parts import table
from cockpit.ui.words import NO_FIGURE, number, percent, say

_FEW_WORDINGS = 5


def show(known: Appeals) -> None:
    """Show the card of the model in use, or say that keywords stand in for one."""
    card = known.card
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{say('What it is for')}**")
        st.markdown(say(PURPOSE))
        if card.kind == "trained":
            _trained(card)
        else:
            st.info(
                say(
                    "There is no model: it needs {n} labelled texts, {least} of each of two "
                    "topics or more. Until then our own keywords suggest topics, without "
                    "confidence.",
                    n=LEAST_LABELLED,
                    least=LEAST_OF_CLASS,
                )
            )
        st.markdown(f"**{say('Where it ends')}**")
        st.markdown("\n".join(f"- {say(text)}" for text in LIMITS))
        st.markdown(f"**{say('Fairness')}**")
        st.markdown(say(FAIRNESS))
        st.caption(f"{say('Contact')}: {say(CONTACT)}")
    with right:
        _classes(card)
        if card.reliability:
            st.markdown(f"**{say('Confidence against how often it was right')}**")
            chart(
                appeals_charts.reliability(card.reliability),
                "reliability",
                say("Confidence against how often it was right"),
            )


def _trained(card: Card) -> None:
    facts = {
        say("Kind"): say("short strings of characters, logistic regression"),
        say("Learned from"): say(
            "{n} labelled appeals of this county, {first} to {last}",
            n=number(sum(card.n)),
            first=day(card.first),
            last=day(card.last),
        ),
        say("Different wordings"): number(card.n_wordings),
        say("Macro-F1, {n} folds", n=FOLDS): _spread(card.macro_f1),
        say("Keyword list, same folds"): _spread(card.baseline_f1),
        say("On new wordings only"): (
            number(card.new_wording_f1, 3)
            if not math.isnan(card.new_wording_f1)
            else say("too few wordings to tell")
        ),
        say("Calibration error"): percent(card.calibration_error, 1),
        say("Unsure below"): percent(card.unsure_below),
        say("Unsure, of texts not seen"): percent(card.unsure_share, 1),
        say("Right when sure"): percent(card.right_when_sure, 1),
    }
    lines = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
    st.html(f'<dl class="ct-facts ct-small">{lines}</dl>')
    if card.n_wordings < _FEW_WORDINGS * len(card.classes):
        st.warning(
            say(
                "Its texts are made of only {n} wordings, so these figures say nothing about "
                "appeals as people write them.",
                n=number(card.n_wordings),
            )
        )
    st.caption(
        say(
            "The keyword list takes the {n} best strings of each topic from the same training "
            "texts, and all words of the scheme.",
            n=KEYWORDS,
        )
    )


def _spread(value: tuple[float, float]) -> str:
    return f"{number(value[0], 3)} ± {number(value[1], 3)}"


def _classes(card: Card) -> None:
    f1 = [number(v, 3) for v in card.class_f1] or [NO_FIGURE] * len(card.classes)
    st.markdown(f"**{say('By topic')}**")
    table(
        {
            say("Topic"): [topic_title(name) for name in card.classes],
            say("Labelled texts"): [number(n) for n in card.n],
            say("F1"): f1,
        },
        words=(say("Topic"),),
        alt=say("By topic"),
    )
