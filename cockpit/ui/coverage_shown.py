"""What the colours of the map Coverage add up to: classes, people and cells, and a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from itertools import pairwise

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cockpit.answers.coverage import COVERED, Summary
from cockpit.answers.coverage_layers import short
from cockpit.answers.coverage_question import shown
from cockpit.coverage.catchments import METHODS
from cockpit.coverage.causes import NO_PLACE, NO_ROAD
from cockpit.ui import coverage_cache, coverage_maps, hatching, theme
from cockpit.ui.coverage_choices import Choice
from cockpit.ui.coverage_parts import bracket, counts, limit_text, score_text, score_unit
from cockpit.ui.words import number, percent, say

_SCORE_CLASSES = 5
_Where = NDArray[np.bool_]


@dataclass(frozen=True)
class Class:
    """One colour of the map: what it means, and who lives there."""

    colour: str
    text: str
    people: float  # NaN: too few to be shown
    cells: int  # with people: the others are faint
    hatched: bool = False  # lines across: no way to go


# ---------------------------------------------------------------- scores in classes


def score_cuts(choice: Choice) -> tuple[tuple[float, ...], float]:
    """Return the upper limits of the score's classes, and the least; as the layer rounds them."""
    if choice.colour != "score":
        return (), 0.0
    values = _scores(choice)
    values = values[np.isfinite(values)]
    if not len(values):
        return (), 0.0
    above = values[values > 0]  # those with nothing are a class of their own
    steps = np.arange(1, _SCORE_CLASSES) / (_SCORE_CLASSES - 1)
    limits = np.array(short(np.quantile(above, steps))) if len(above) else above
    cuts = np.unique([*([0.0] if len(above) < len(values) else []), *limits.tolist()])
    return tuple(float(c) for c in cuts), float(values.min())


def _scores(choice: Choice) -> NDArray[np.float64]:
    """Return the scores of the unit's cells with the digits that the layer has."""
    return np.array(short(coverage_cache.access_scores(choice.asked)[choice.method].values))


# ---------------------------------------------------------------- classes


def classes(choice: Choice, found: Summary, cuts: tuple[float, ...], lowest: float) -> list[Class]:
    """Return the classes of the map's colouring, as its legend has them, with what is in them."""
    if choice.colour == "cause":
        return _causes(choice, found)
    if choice.colour == "score":
        parts = _score_parts(choice, cuts, lowest)
    elif choice.colour == "minutes":
        parts = _minute_parts(found)
    else:
        parts = _covered_parts(choice, found)
    people = _masked(choice, [float(found.people[where].sum()) for _, _, where in parts])
    lived_in = ~nobody(choice, found)
    no_data = theme.now().no_data
    return [
        Class(colour, text, n, int((where & lived_in).sum()), hatched=colour == no_data)
        for (colour, text, where), n in zip(parts, people, strict=True)
    ]


def swatch(one: Class) -> str:
    """Return the CSS of a class's swatch: lines across it where it has them on the map."""
    if not one.hatched:
        return f"background:{one.colour}"
    tokens = theme.now()
    grey = one.colour == tokens.no_data
    return hatching.swatch(one.colour, tokens.panel if grey else hatching.ink(one.colour))


def _causes(choice: Choice, found: Summary) -> list[Class]:
    answer = coverage_cache.causes(choice.asked)
    lived_in = ~nobody(choice, found)
    return [
        Class(
            coverage_maps.CAUSE_COLOURS[code],
            say(answer.titles[code]),
            people,
            int(((answer.codes == code) & lived_in).sum()),
            hatched=code == NO_ROAD,
        )
        for code, people in answer.people.items()
        if people or code != NO_PLACE
    ]


def _score_parts(
    choice: Choice, cuts: tuple[float, ...], lowest: float
) -> list[tuple[str, str, _Where]]:
    values = _scores(choice)
    text = partial(score_text, unit=METHODS[choice.method].unit)
    at = np.searchsorted(np.array(cuts), values)  # the first limit that is not below
    colours = coverage_maps.score_colours(len(cuts), theme.now())
    return [
        (
            colour,
            text(high) if low == high else f"{text(low)} – {text(high)}",
            np.asarray((at == k) & np.isfinite(values)),
        )
        for k, (colour, low, high) in enumerate(zip(colours, (lowest, *cuts), cuts, strict=False))
    ]


def _minute_parts(found: Summary) -> list[tuple[str, str, _Where]]:
    limits = coverage_maps.CLASSES
    texts = [f"{a:g} – {b:g}" for a, b in pairwise((0.0, *limits))]
    texts.append(say("more than {n}", n=f"{limits[-1]:g}"))
    at = np.searchsorted(np.array(limits), found.minutes)
    cut = np.isinf(found.minutes)
    colours = coverage_maps.minute_colours(theme.now())
    parts = [
        (colour, text, np.asarray((at == k) & ~cut))
        for k, (colour, text) in enumerate(zip(colours, texts, strict=True))
    ]
    return [*parts, (theme.now().no_data, say("no way"), cut)]


def _covered_parts(choice: Choice, found: Summary) -> list[tuple[str, str, _Where]]:
    n = limit_text(choice)
    cut = ~found.covered & np.isinf(found.minutes)
    parts = [
        (theme.COVERED, say("up to {n} minutes", n=n), found.covered),
        (theme.NOT_COVERED, say("more than {n} minutes", n=n), ~found.covered & ~cut),
    ]
    if cut.any() or not found.n_facilities:
        parts.append((theme.now().no_data, say("no way"), cut))
    return parts


def nobody(choice: Choice, found: Summary) -> _Where:
    """Return the cells that the map shows faint: nobody (of the group that its layer has)."""
    known = coverage_cache.reach()
    own_group = choice.colour in ("cause", "score") or known is None
    people = found.people if own_group or known is None else known.groups["people"][found.cells]
    return np.asarray(np.rint(people) == 0)


def _masked(choice: Choice, people: list[float]) -> list[float]:
    """Return counts as they may be shown; one that is hidden alone could be worked out."""
    q = coverage_cache.question(choice.asked)
    hidden = [math.isnan(shown(q, n)) for n in people]
    if hidden.count(True) == 1:
        others = [(n, k) for k, n in enumerate(people) if n > 0 and not hidden[k]]
        if others:
            hidden[min(others)[1]] = True
    return [math.nan if h else n for h, n in zip(hidden, people, strict=True)]


# ---------------------------------------------------------------- in words


def sentence(choice: Choice, found: Summary, several: Sequence[Class]) -> str:
    """Return in words what the colours add up to."""
    return _SENTENCES[choice.colour](choice, found, several)


def _said(people: float) -> str:
    return counts([people])[0]


def _share(people: float, found: Summary) -> str:
    return percent(people / found.total if found.total else math.nan, 1)


def _covered_words(choice: Choice, found: Summary, several: Sequence[Class]) -> str:
    if not found.total:
        return _nobody_words()
    values = [_said(one.people) for one in several]
    return say(
        "On the map: {near} persons up to {n} minutes away, {far} farther, {cut} without any way.",
        n=limit_text(choice),
        near=values[0],
        far=values[1],
        cut=values[2] if len(values) > 2 else number(0),
    )


def _minute_words(choice: Choice, found: Summary, several: Sequence[Class]) -> str:
    del choice
    told = [one for one in several[:-1] if not math.isnan(one.people)]
    if not told or not max(one.people for one in told):
        return _nobody_words()
    most = max(told, key=lambda one: one.people)
    return say(
        "On the map: most people, {n} ({share}), are in the class of {text} minutes; {far} are "
        "farther than {last} minutes, {cut} have no way.",
        n=_said(most.people),
        share=_share(most.people, found),
        text=most.text,
        far=_said(several[-2].people),
        last=f"{coverage_maps.CLASSES[-1]:g}",
        cut=_said(several[-1].people),
    )


def _cause_words(choice: Choice, found: Summary, several: Sequence[Class]) -> str:
    del several
    answer = coverage_cache.causes(choice.asked)
    others = {c: n for c, n in answer.people.items() if c != COVERED and n > 0}
    covered = answer.people[COVERED]
    if not others:
        return say("On the map: all {n} persons are covered.", n=_said(covered))
    main = max(others, key=lambda code: others[code])
    return say(
        "On the map: {n} persons ({share}) are covered; the most frequent cause of the others is "
        "“{cause}”, {m} persons.",
        n=_said(covered),
        share=_share(covered, found),
        cause=say(answer.titles[main]),
        m=_said(others[main]),
    )


def _score_words(choice: Choice, found: Summary, several: Sequence[Class]) -> str:
    answer = coverage_cache.access_scores(choice.asked)[choice.method]
    if not several or not math.isfinite(answer.mean):
        return _nobody_words()
    return say(
        "On the map: {mean} on average ({unit}); {n} persons ({share}) in {cells} cells are in the "
        "lowest class, {text}.",
        mean=score_text(answer.mean, answer.unit),
        unit=score_unit(answer.unit),
        n=_said(several[0].people),
        share=_share(several[0].people, found),
        cells=number(several[0].cells),
        text=several[0].text,
    )


def _catchment_words(choice: Choice, found: Summary, several: Sequence[Class]) -> str:
    del several
    rows = [r for r in coverage_cache.facilities(choice.asked) if r.people_nearest > 0]
    if not rows:
        return _nobody_words()
    most = max(rows, key=lambda row: row.people_nearest)
    return say(
        "On the map: {k} of {all} facilities are the nearest of somebody here; most people, {n} "
        "({share}), have {name} nearest.",
        k=number(len(rows)),
        all=number(found.n_facilities),
        n=_said(most.people_nearest),
        share=_share(most.people_nearest, found),
        name=most.name,
    )


def _nobody_words() -> str:
    return say("On the map: there is nobody to count.")


_SENTENCES: dict[str, Callable[[Choice, Summary, Sequence[Class]], str]] = {
    "covered": _covered_words,
    "minutes": _minute_words,
    "cause": _cause_words,
    "score": _score_words,
    "catchments": _catchment_words,
}


# ---------------------------------------------------------------- as a table


def table(choice: Choice, found: Summary, several: Sequence[Class]) -> None:
    """Show the classes as a table: people, share and cells of each colour."""
    heads = (_title(choice), say("Persons"), say("Share"), say("Cells"))
    head = "".join(
        f"<th class='ct-quiet{' n' if k else ''}'>{escape(text)}</th>"
        for k, text in enumerate(heads)
    )
    rows = [
        (swatch(one), one.text, _said(one.people), _share(one.people, found), number(one.cells))
        for one in several
    ]
    empty = int(nobody(choice, found).sum())
    if empty:
        nothing = theme.now().no_data
        rows.append((f"background:{nothing}", say("nobody lives here"), "", "", number(empty)))
    body = "".join(
        f"<tr><td><span class='ct-key'><span class='ct-swatch' style='{look}'></span>"
        f"{escape(text)}</span></td>"
        + "".join(f"<td class='n'>{escape(v)}</td>" for v in values)
        + "</tr>"
        for look, text, *values in rows
    )
    st.html(
        f'<div class="ct-scroll"><table class="ct-table ct-small ct-shown"><tr>{head}</tr>{body}'
        "</table></div>"
    )


def _title(choice: Choice) -> str:
    if choice.colour == "score":
        unit = METHODS[choice.method].unit
        return f"{say('As on the map')}{bracket(score_unit(unit))}"
    if choice.colour == "minutes":
        return f"{say('As on the map')}{bracket(say('minutes'))}"
    return say("As on the map")
