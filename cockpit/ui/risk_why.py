"""Why a place is red, in plain words and in parts that add up to its figure."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape

import streamlit as st

from cockpit.answers import risk as answers
from cockpit.answers.risk import Answer, Places, Why
from cockpit.answers.risk_signs import COLD, HOT, MAYBE_COLD, MAYBE_HOT, NO_SIGN, TOO_LITTLE
from cockpit.answers.risk_why import STEP
from cockpit.look.marks import RAISES
from cockpit.risk.explain import BESIDE, Piece
from cockpit.ui import cache, risk_cache, risk_panels, theme, way
from cockpit.ui.risk_choices import Choice, category_text, days_text, picked
from cockpit.ui.words import date, language, number, say, say_error, say_terms
from geodata.errors import CockpitError

_MOST_PARTS = 10
Terms = list[tuple[str, dict[str, object]]]


def show(choice: Choice) -> None:
    """Show the list of places to choose from and, for the chosen one, why it is coloured so."""
    places = risk_cache.places(choice.asked.level)
    found = risk_cache.any_answer(choice.asked)
    if found is None:
        return
    st.subheader(say("Why here?"))
    if choice.over_time:
        st.caption(days_text(choice.asked.first, choice.asked.last))
    risk_panels.choose_place(places, choice, found)
    place = places.place_of(choice.place) if choice.place else -1
    if place < 0:
        return
    try:
        told = answers.why(risk_cache.events(), places, choice.asked.question(), found, place)
    except CockpitError as error:
        st.caption(say_error(error))
        return
    _card(places, choice, found, told)


def _card(places: Places, choice: Choice, found: Answer, told: Why) -> None:
    name = cache.names(places.twin.version, language())[int(places.rows[told.place])]
    code = str(places.codes[told.place])
    left, right = st.columns([0.4, 0.6], gap="medium")
    with left:
        st.html(
            f'<div class="ct-head">{escape(name)}</div>'
            f'<div class="ct-quiet ct-small">{escape(code)}</div>'
        )
        st.markdown(way.plain(say_terms(_words(found, told))))
        if told.categories:
            st.html(_categories(told))
        st.button(
            say("Clear"), icon=":material/close:", on_click=picked, args=(choice.place,),
            key="risk.clear",
        )  # fmt: skip
    with right:
        st.html(_parts(places, told))


# ---------------------------------------------------------------- in words


def _words(found: Answer, told: Why) -> Terms:
    make = _SAID.get(found.method)
    terms = make(found, told) if make else []
    if math.isfinite(told.people) and found.method != "impact":
        terms.append(("{n} residents live here.", {"n": number(told.people)}))
    return terms


def _of_signs(found: Answer, told: Why) -> Terms:
    code = int(found.classes[told.place])
    values: dict[str, object] = {
        "observed": number(told.observed),
        "expected": number(told.expected, 1),
        "p": _chance(told.p),
        "q": _chance(told.q),
    }
    terms: Terms = [
        (
            "Here and in the places beside {observed} events were reported; {expected} are usual "
            "for so many residents in such places.",
            values,
        )
    ]
    if code in (HOT, COLD):
        terms.append(
            (
                "By chance alone such a difference comes with probability {p}; of all places as "
                "striking as this one, a share of {q} is expected to be false.",
                values,
            )
        )
    elif code in (MAYBE_HOT, MAYBE_COLD):
        terms.append(
            (
                "Alone it would be striking (p = {p}), but among so many places some are striking "
                "by chance (q = {q}): not sure.",
                values,
            )
        )
    elif code == TOO_LITTLE:
        terms.append(("So few are usual that no count would show that it is quiet.", values))
    elif code == NO_SIGN:
        terms.append(("That is within what chance gives (p = {p}).", values))
    return terms + _margin(found, told)


def _margin(found: Answer, told: Why) -> Terms:
    if found.method != "poisson":
        return []
    if told.fewer:
        return [("With {n} events fewer it would not stand out even alone.",
                 {"n": number(told.fewer)})]  # fmt: skip
    if told.more:
        return [("With {n} events more it would stand out, looked at alone.",
                 {"n": number(told.more)})]  # fmt: skip
    return []


def _chance(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else number(p, 4)


def _of_heat(found: Answer, told: Why) -> Terms:
    values: dict[str, object] = {
        "value": number(told.parts.total, 1),
        "unit": say(told.unit),
        "n": number(told.observed),
    }
    terms: Terms = [("{value} {unit}; {n} events here and in the places beside.", values)]
    if not found.found.sure[told.place]:
        terms.append(("That is too few to be sure: one event more or less changes the colour.", {}))
    return terms


def _of_forecast(found: Answer, told: Why) -> Terms:
    del found
    return [
        (
            "Events to be expected here in the next 30 days: {n}.",
            {"n": number(told.parts.total, 2)},
        )
    ]


def _of_index(found: Answer, told: Why) -> Terms:
    moved = found.found.moved
    return [
        (
            "{score} of 100 points, rank {rank}; under other weights between {low} and {high}.",
            {
                "score": number(float(found.found.score[told.place]), 1),
                "rank": number(float(moved.ranks[told.place])),
                "low": number(float(moved.rank_low[told.place])),
                "high": number(float(moved.rank_high[told.place])),
            },
        )
    ]


def _of_impact(found: Answer, told: Why) -> Terms:
    return [
        (
            "If the rivers rise by {m} m, {n} of {all} residents of flooded cells are affected "
            "here; {share}% of the area is under water.",
            {
                "m": number(found.found.rise_m, 1),
                "n": number(told.parts.total),
                "all": number(told.people),
                "share": number(100 * float(found.found.share[told.place])),
            },
        )
    ]


_SAID: dict[str, Callable[[Answer, Why], Terms]] = {
    **dict.fromkeys(("poisson", "gi", "moran"), _of_signs),
    **dict.fromkeys(("density", "relative", "rate"), _of_heat),
    "forecast": _of_forecast,
    "index": _of_index,
    "impact": _of_impact,
}


# ---------------------------------------------------------------- parts


def _categories(told: Why) -> str:
    """Return the categories of the events, most first; they add up to the events."""
    shown = list(told.categories.items())
    rows = "".join(
        f"<tr><td>{escape(category_text(name))}</td><td class='n'>{number(n)}</td></tr>"
        for name, n in shown[:6]
    )
    rest = sum(n for _, n in shown[6:])
    if rest:
        rows += (
            f"<tr><td>{escape(say('Other categories'))}</td><td class='n'>{number(rest)}</td></tr>"
        )
    total = sum(told.categories.values())
    together = escape(say("Together"))
    rows += f"<tr><td><b>{together}</b></td><td class='n'><b>{number(total)}</b></td></tr>"
    head = escape(say("Events here and beside, by category"))
    return (
        f'<table class="ct-table ct-small"><tr><th class="ct-quiet" colspan="2">{head}</th></tr>'
        f"{rows}</table>"
    )


def _parts(places: Places, told: Why) -> str:
    """Return the parts of the figure with bars; rounded so that they still add up."""
    digits = 0 if told.unit.startswith(("persons", "events here")) else 2
    total, amounts = told.parts.whole(digits=digits)
    scale = 10**digits
    pieces = list(zip(told.parts.pieces, amounts, strict=True))
    shown, rest = pieces[:_MOST_PARTS], pieces[_MOST_PARTS:]
    most = max((abs(a) for _, a in pieces), default=0) or 1
    tokens = theme.now()
    facts = [k for k in ("observed", "expected") if all(k in p.facts for p, _ in shown)]
    head = "".join(f'<th class="ct-quiet n">{escape(say(_FACT_TITLES[k]))}</th>' for k in facts)
    rows = ""
    for piece, amount in shown:
        colour = tokens.accent if amount < 0 else RAISES
        told_facts = "".join(f'<td class="n">{number(piece.facts[k], 1)}</td>' for k in facts)
        rows += (
            f"<tr><td>{escape(_title(places, piece))}</td>{told_facts}"
            f'<td class="n">{number(amount / scale, digits)}</td><td class="ct-bar-cell">'
            f'<span style="width:{100 * abs(amount) / most:.0f}%;background:{colour}"></span></td>'
            "</tr>"
        )
    if rest:
        others = sum(a for _, a in rest) / scale
        rows += (
            f"<tr><td>{escape(say('{n} other parts', n=number(len(rest))))}</td>"
            + "".join(
                f'<td class="n">{number(sum(p.facts[k] for p, _ in rest), 1)}</td>' for k in facts
            )
            + f'<td class="n">{number(others, digits)}</td><td></td></tr>'
        )
    sums = "".join(
        f'<td class="n"><b>{number(math.fsum(p.facts[k] for p, _ in pieces), 1)}</b></td>'
        for k in facts
    )
    rows += (
        f"<tr><td><b>{escape(say('Together'))}</b></td>{sums}"
        f'<td class="n"><b>{number(total / scale, digits)}</b></td><td></td></tr>'
    )
    return (
        f'<div class="ct-scroll"><table class="ct-table ct-small ct-why"><tr>'
        f'<th class="ct-quiet">{escape(say("Part"))}</th>{head}'
        f'<th class="ct-quiet n">{escape(say(told.unit))}</th><th></th></tr>{rows}</table></div>'
    )


_FACT_TITLES = {"observed": "Events", "expected": "Usual"}


def _title(places: Places, piece: Piece) -> str:
    if piece.title == STEP:
        days = {k: date(v) for k, v in piece.values.items()}  # type: ignore[arg-type]
        hot = f" · {say('hot')}" if piece.facts.get("hot", 0) > 0 else ""
        return say(STEP, **days) + hot
    if piece.title == BESIDE:
        code = str(piece.values["name"])
        names = cache.names(places.twin.version, language())
        return say(BESIDE, name=names[places.twin.position(code)])
    return say(piece.title)
