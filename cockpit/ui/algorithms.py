"""The register of algorithms: what each model is for, what it uses, and where it ends."""

from __future__ import annotations

from html import escape

import streamlit as st

from cockpit.answers.algorithms import Card, fact_words
from cockpit.answers.algorithms_texts import GROUPS
from cockpit.ui import elder, state
from cockpit.ui.open_parts import facts, link, said, show
from cockpit.ui.words import date, language, number, say

_USUALLY = 40
PAGE_TITLES = {
    "overview": "Overview",
    "map": "Map",
    "population": "Population",
    "coverage": "Coverage",
    "closures": "Closures",
    "risk": "Risk",
    "warning": "Early warning",
    "timeline": "Timeline",
    "compare": "Compare",
    "appeals": "Appeals",
    "placement": "Placement",
    "scenarios": "Scenarios",
    "open": "The county in figures",
    "village": "My village",
    "datasets": "Open data sets",
}


def choose(cards: tuple[Card, ...]) -> list[Card]:
    """Show the title and the choice of a group; return the cards of it that fit the search."""
    elder.begin(
        say("Algorithms"),
        say("{n} models compute here. None of them decides about a person.", n=len(cards)),
        page="algorithms",
    )
    titles = {name: say(group.title) for name, group in GROUPS.items()}
    group = elder.pick(say("What they are for"), titles, "open.models", address="group")
    text = st.text_input(
        say("Search in all"),
        placeholder=say("Word in the title or the text"),
        max_chars=60,
        **state.remembered("open.model", "", address="q", check=lambda q: len(q) <= 60),
    )
    if not text.split():
        return [card for card in cards if card.group == group]
    return [card for card in cards if fits(card, text)]


def fits(card: Card, text: str) -> bool:
    """Tell whether every word of a text stands in a card, in the visitor's language."""
    parts = (card.title, card.purpose, card.method, card.source, *card.limits)
    told = " ".join(_say(part) for part in parts).lower()
    return all(word in told for word in text.lower().split())


def listing(cards: list[Card]) -> None:
    """Show the cards."""
    if not cards:
        show(said(say("Nothing fits. Try fewer words or choose All.")))
        return
    step = elder.MOST if elder.on() else _USUALLY
    most = step + int(state.chosen("open.models.more", 0)) * step
    made = "".join(_card(card) for card in cards[:most])
    show(f'<div class="op-cards op-wide op-tops">{made}</div>')
    if len(cards) > most:
        left = number(len(cards) - most)
        st.button(say("Show more ({n} left)", n=left), on_click=_more)
    show(f"<p>{link(f'/open/algorithms.json?lang={language()}', say('The register as JSON'))}</p>")


def _more() -> None:
    state.choose("open.models.more", int(state.chosen("open.models.more", 0)) + 1)


def _card(card: Card) -> str:
    limits = "".join(f"<li>{escape(_say(limit))}</li>" for limit in card.limits)
    between = "、" if language() == "zh" else ", "
    told = "".join(f"<li>{escape(_fact(card, k))}</li>" for k in range(len(card.facts)))
    lines = [
        (say("Data"), escape(_say(card.data))),
        (say("Method"), escape(_say(card.method))),
        (say("Source"), escape(_say(card.source))),
        (say("Limits"), f"<ul>{limits}</ul>"),
        (say("Fairness"), escape(_say(card.fairness))),
        (say("How good it is"), escape(_say(card.measured)) + (f"<ul>{told}</ul>" if told else "")),
        (say("Used on"), escape(between.join(say(PAGE_TITLES[page]) for page in card.pages))),
        (say("Contact"), escape(_say(card.contact))),
        (say("Version"), f"<code>{card.version}</code>"),
    ]
    return (
        f'<section class="op-card" id="{escape(card.id)}">'
        f"<h2>{escape(_say(card.title))}</h2>"
        f"<p>{escape(_say(card.purpose))}</p>"
        f"<details><summary>{escape(say('Data, method, limits, fairness'))}</summary>"
        f"{facts(lines)}</details></section>"
    )


def _fact(card: Card, k: int) -> str:
    fact = card.facts[k]
    return fact_words(
        type(fact)(fact.template, {**fact.values, "date": date(fact.values["date"])}), language()
    )


def _say(text: str) -> str:
    return say(text) if text else ""
