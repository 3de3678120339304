"""What the colours of the map Placement mean: classes, who lives in them, and a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.coverage_question import mask_of
from cockpit.answers.siting import Ground
from cockpit.answers.siting_figures import Figures
from cockpit.look import marks
from cockpit.look.marks import NEWLY, NO_LONGER
from cockpit.ui import coverage_maps, theme
from cockpit.ui.cell_map import CellMap, classes_of
from cockpit.ui.coverage_parts import plain_number
from cockpit.ui.theme import Tokens
from cockpit.ui.words import number, say
from geodata.network import UNREACHED

_ALPHA = 0.9
_SAME_ALPHA = 0.5  # no change: the ground shows through
_EMPTY_ALPHA = 0.3  # where nobody lives
_OUTSIDE_ALPHA = 0.12  # beyond the chosen unit

STAYS_ALPHA, STAYS_DARK_ALPHA = 0.75, 0.6

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Class:
    """One colour of the map: what it means, and who lives there."""

    colour: str
    alpha: float
    text: str
    people: float  # NaN: too few to be shown
    cells: int  # with people


@dataclass(frozen=True)
class Shown:
    """The colours of all cells of the county, and what stands in legend and table."""

    title: str
    cells: CellMap
    classes: tuple[Class, ...]


def change_cuts(limit: float) -> tuple[float, float]:
    """
    Return the minutes at which the classes of a change part, the same for better and worse.

    They follow the limit alone, so that the colours of one plan and the next can be compared.
    """
    if limit <= 10:
        return 2.0, 5.0
    return (5.0, 10.0) if limit <= 20 else (5.0, 15.0) if limit <= 30 else (10.0, 30.0)


def shown(colour: str, found: Figures, tokens: Tokens) -> Shown:
    """Return the colours of a plan."""
    make = {"change": _change, "minutes": _minutes, "covered": _covered}[colour]
    title, parts = make(found, tokens)
    ground = found.ground
    lived_in = ground.people > 0
    told = _told(ground, [where & lived_in for *_, where in parts])
    kept = [k for k, (*_, where) in enumerate(parts) if (where & lived_in).any()]
    codes = np.full(len(ground.reach.rows), len(parts) + 1)
    inside = np.full(len(ground.cells), len(parts))
    for k, (*_, where) in enumerate(parts):
        inside[where & lived_in] = k
    codes[ground.cells] = inside
    colours = [(shade, alpha) for shade, alpha, _, _ in parts]
    colours += [(tokens.no_data, _EMPTY_ALPHA), (tokens.no_data, _OUTSIDE_ALPHA)]
    classes = tuple(
        Class(*parts[k][:3], told[k], int((parts[k][3] & lived_in).sum())) for k in kept
    )
    return Shown(title, CellMap(classes_of(codes), tuple(colours)), classes)


def _told(ground: Ground, parts: list[Flags]) -> list[float]:
    return mask_of(ground.q).parts([float(ground.people[where].sum()) for where in parts])


_Parts = list[tuple[str, float, str, Flags]]


def _change(found: Figures, tokens: Tokens) -> tuple[str, _Parts]:
    small, large = change_cuts(found.q.minutes)
    minutes = found.ground.minutes
    change = minutes(found.after) - minutes(found.before)
    cut_off = (found.after == UNREACHED) & (found.before != UNREACHED)
    # Exactly at a cut counts as the smaller change, for better and for worse.
    at = np.sign(change) * (1 + np.searchsorted((small, large), np.abs(change)))
    at[change == 0] = 0
    colours = theme.ramp("change", 7, tokens)
    texts = _change_texts(small, large)
    parts: _Parts = [
        (colours[k], _SAME_ALPHA if k == 3 else _ALPHA, texts[k], (at == k - 3) & ~cut_off)
        for k in range(7)
    ]
    return say("Change in minutes"), [
        *parts,
        (marks.NO_WAY, _ALPHA, say("no way any more"), cut_off),
    ]


def _change_texts(small: float, large: float) -> list[str]:
    a, b = f"{small:g}", f"{large:g}"
    return [
        say("more than {n} shorter", n=b),
        say("{a} – {b} shorter", a=a, b=b),
        say("up to {n} shorter", n=a),
        say("no change"),
        say("up to {n} longer", n=a),
        say("{a} – {b} longer", a=a, b=b),
        say("more than {n} longer", n=b),
    ]


def _minutes(found: Figures, tokens: Tokens) -> tuple[str, _Parts]:
    limits = coverage_maps.CLASSES
    away = found.after == UNREACHED
    at = np.searchsorted(np.array(limits), found.after / 60.0)
    texts = [f"{a:g} – {b:g}" for a, b in pairwise((0.0, *limits))]
    texts.append(say("more than {n}", n=f"{limits[-1]:g}"))
    parts: _Parts = [
        (colour, _ALPHA, text, (at == k) & ~away)
        for k, (colour, text) in enumerate(
            zip(coverage_maps.minute_colours(tokens), texts, strict=True)
        )
    ]
    title = say("Minutes with the plan") if found.layout else say("Minutes today")
    return title, [*parts, (marks.NO_WAY_MINUTES, _ALPHA, say("no way"), away)]


def _covered(found: Figures, tokens: Tokens) -> tuple[str, _Parts]:
    limit = round(found.q.minutes * 60)
    was, will = (s <= limit for s in (found.before, found.after))
    dark = tokens.name == "dark"
    alpha = STAYS_DARK_ALPHA if dark else STAYS_ALPHA
    n = plain_number(found.q.minutes)
    parts: _Parts = [
        (NEWLY[tokens.name], 0.95, say("covered from now on"), will & ~was),
        (theme.COVERED, alpha, say("stays covered"), was & will),
        (NO_LONGER[tokens.name], 0.95, say("no longer covered"), was & ~will),
        (theme.NOT_COVERED, alpha, say("still not covered"), ~was & ~will),
    ]
    if not found.layout:
        parts[1] = (theme.COVERED, _ALPHA, say("covered"), was & will)
        parts[3] = (theme.NOT_COVERED, _ALPHA, say("not covered"), ~was & ~will)
    return say("Covered within {n} minutes", n=n), parts


CHANGE_TITLES = {  # by whether ways get shorter for anybody, and longer for anybody
    (True, True): "On the map: ways get shorter for {winners} people (blue) and longer for "
    "{losers} (orange); {unchanged} have the same way as today.",
    (True, False): "On the map: ways get shorter for {winners} people (blue); {unchanged} have "
    "the same way as today.",
    (False, True): "On the map: ways get longer for {losers} people (orange); {unchanged} have "
    "the same way as today.",
    (False, False): "On the map: all of {people} people have the same way as today.",
}
COVERED_TITLES = {  # by whether anybody is newly covered, and anybody no longer
    (True, True): "On the map: {newly} people are covered from now on (blue), {no_longer} no "
    "longer (orange); {stays} stay covered (green).",
    (True, False): "On the map: {newly} people are covered from now on (blue); {stays} stay "
    "covered (green).",
    (False, True): "On the map: {no_longer} people are no longer covered (orange); {stays} stay "
    "covered (green).",
    (False, False): "On the map: {stays} people stay covered (green), nobody else is.",
}
MINUTES_TITLE = (
    "On the map: minutes to the nearest site; {covered} of {people} people are within {n} minutes."
)
TODAY_TITLES = {
    "change": "On the map: nothing is changed yet, so all of {people} people have the same "
    "way as today.",
    "covered": "On the map: {covered} of {people} people are within {n} minutes today (green).",
    "minutes": "On the map: minutes to the nearest site today; {covered} of {people} people "
    "are within {n} minutes.",
}


def sentence(colour: str, found: Figures) -> str:
    """Return what the map shows in words; whoever is nobody is left out."""
    balance, then = found.balance, found.then
    text = say(
        _template(colour, found),
        winners=people_words(balance.winners),
        losers=people_words(balance.losers),
        unchanged=people_words(balance.unchanged),
        newly=people_words(balance.newly_covered),
        no_longer=people_words(balance.no_longer),
        stays=people_words(then.covered - balance.newly_covered),
        covered=people_words(then.covered),
        people=people_words(then.people),
        n=plain_number(found.q.minutes),
    )
    return close_up(text)


def _template(colour: str, found: Figures) -> str:
    balance = found.balance
    if not found.layout:
        return TODAY_TITLES[colour]
    if colour == "change":
        return CHANGE_TITLES[balance.winners != 0, balance.losers != 0]
    if colour == "covered":
        return COVERED_TITLES[balance.newly_covered != 0, balance.no_longer != 0]
    return MINUTES_TITLE


def close_up(text: str) -> str:
    """Return a sentence in which no blank follows the Chinese word for some people: 若干人."""
    return text.replace("若干 ", "若干")


def people_words(people: float) -> str:
    """Return a count of people inside a sentence."""
    return say("some (not shown)") if math.isnan(people) else number(people)


def people_text(people: float) -> str:
    """Return a count of people; those too few to be shown, or telling others, as not shown."""
    return say("not shown") if math.isnan(people) else number(people)
