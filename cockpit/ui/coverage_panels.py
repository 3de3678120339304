"""What stands around the map of the page Coverage: tiles, light, sentence, legend, card."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import streamlit as st

from cockpit.answers.coverage import Summary
from cockpit.answers.coverage_cell import Cell
from cockpit.answers.coverage_sources import source_text
from cockpit.answers.twin import Twin
from cockpit.coverage.catchments import METHODS
from cockpit.coverage.services import SERVICES
from cockpit.coverage.standards import Checked, Standard
from cockpit.indicators import MEASURES
from cockpit.look.tokens import INK, WHITE
from cockpit.ui import cache, coverage_cache, coverage_maps, coverage_shown, theme
from cockpit.ui.coverage_choices import MODE_PHRASE_TITLES, Choice, let_go
from cockpit.ui.coverage_parts import (
    bracket,
    in_sentence,
    limit_text,
    minutes_text,
    minutes_words,
    plain_number,
    score_unit,
)
from cockpit.ui.coverage_shown import Class
from cockpit.ui.theme import Tokens, rgba
from cockpit.ui.words import (
    NO_FIGURE,
    compact,
    date,
    language,
    name_of,
    number,
    percent,
    say,
    say_terms,
)

LIGHT_TITLES = {
    "green": "goal met",
    "yellow": "close to the goal",
    "red": "goal missed",
    "none": "cannot be judged",
}
SENTENCE_TITLES = {
    "people": "{unit}, {date}, {group}: help from {service} reaches {covered} of {total} "
    "({share}) within {n} minutes {mode}; {missed} it does not.",
    "facility": "{unit}, {date}, {group}: {covered} of {total} ({share}) reach {service} "
    "within {n} minutes {mode}; {missed} do not.",
}
STYLE = """<style>
.ct-light{display:inline-flex;gap:6px;align-items:center;white-space:nowrap;font-weight:600}
.ct-dot{width:.8rem;height:.8rem;border-radius:50%;display:inline-block;flex:none}
.ct-standard{display:flex;flex-wrap:wrap;gap:4px 16px;align-items:center}
.ct-table{width:100%;border-collapse:collapse}
.ct-table th{text-align:left;font-weight:400;padding:6px 12px 6px 0;vertical-align:bottom}
.ct-table td{padding:6px 12px 6px 0;border-top:1px solid LINE;vertical-align:top}
.ct-table .n{text-align:right;white-space:nowrap}
.ct-confirm{border:1px solid LINE;border-radius:4px;padding:0 4px;white-space:nowrap}
.ct-scroll{overflow-x:auto}
</style>"""


def styles() -> None:
    """Put the page's own style sheet down once."""
    st.html(STYLE.replace("LINE", theme.now().line))


# ---------------------------------------------------------------- tiles, light, sentence


def tiles(choice: Choice, found: Summary) -> None:
    """Show the headline figures, each with its unit; date and unit stand in the sentence."""
    people = say(MEASURES[choice.asked.group].title)
    minutes = say("minutes")
    missed = found.total - found.covered_people
    comes = SERVICES[choice.asked.service].towards == "people"
    half = say("Half are reached within" if comes else "Half arrive within")
    most = say("Nine of ten are reached within" if comes else "Nine of ten arrive within")
    cards = [
        _tile("share", say("Within {n} minutes", n=limit_text(choice)),
              percent(found.share, 1), "",
              _persons(found.covered_people)),
        _tile("missed", say("Not within {n} minutes", n=limit_text(choice)),
              compact(missed), say("persons"), percent(1 - found.share, 1)),
        _tile("median", half, minutes_text(found.median), minutes, people),
        _tile("p90", most, minutes_text(found.p90), minutes,
              say("the slowest tenth needs longer")),
        _tile("unreached", say("No way at all"), compact(found.unreached_people), say("persons"),
              percent(found.unreached_people / found.total if found.total else math.nan, 1)),
        _tile("facilities", *_places(choice, found), say("places"),
              say(SERVICES[choice.asked.service].title)),
    ]  # fmt: skip
    st.html(f'<div class="ct-tiles" tabindex="0" role="group">{"".join(cards)}</div>')


def _places(choice: Choice, found: Summary) -> tuple[str, str]:
    """Return title and number of the facilities: of a part of the county those that stand there."""
    known = coverage_cache.reach()
    if known is None or known.mine is None:
        return say("Facilities in the county"), number(found.n_facilities)
    rows = known.of_kinds(SERVICES[choice.asked.service].kinds)
    return say("Facilities in your area"), number(int(known.mine[rows].sum()))


def _tile(name: str, title: str, value: str, unit: str, note: str) -> str:
    unit = "" if value in (NO_FIGURE, "∞") else unit
    return (
        f'<div class="ct-tile" data-figure="{name}" title="{escape(value)}">'
        f'<div class="ct-quiet ct-small">{escape(title)}</div>'
        f'<div class="ct-value">{escape(value)} <span class="ct-unit">{escape(unit)}</span></div>'
        f'<div class="ct-quiet ct-small">{escape(note)}</div></div>'
    )


def _persons(people: float) -> str:
    return say("{n} persons", n=number(people))


def sentence(twin: Twin, choice: Choice, found: Summary) -> str:
    """Return what tiles and map show in words, for a journey there or for help that comes."""
    asked = choice.asked
    service = SERVICES[asked.service]
    values: dict[str, object] = {
        "unit": _unit_name(twin, choice),
        "date": date(twin.date),
        "group": say(MEASURES[asked.group].title),
        "total": number(found.total),
        "covered": number(found.covered_people),
        "share": percent(found.share, 1),
        "missed": number(found.total - found.covered_people),
        "n": limit_text(choice),
        "service": in_sentence(say(service.title)),
        "mode": say(MODE_PHRASE_TITLES.get(asked.mode, asked.mode)),
    }
    first = SENTENCE_TITLES[service.towards]
    terms = [(first, values)]
    if math.isfinite(found.median):
        slow: dict[str, object] = {
            "median": minutes_words(found.median),
            "p90": minutes_words(found.p90),
        }
        if math.isfinite(found.p90):
            terms.append(("Half need up to {median}, the slowest tenth more than {p90}.", slow))
        else:
            terms.append(("Half need up to {median}; more than a tenth have no way.", slow))
    if found.unreached_people:
        terms.append(
            ("{n} persons have no way at all.", {"n": number(found.unreached_people)}),
        )
    return say_terms(terms)


def _unit_name(twin: Twin, choice: Choice) -> str:
    return cache.names(twin.version, language())[twin.position(choice.asked.unit)]


def light(rows: Sequence[Checked]) -> None:
    """Show the lights of the standards of the service, each with its source."""
    if not rows:
        st.caption(say("No standard of the list speaks of this service."))
        return
    lines = "".join(f'<div class="ct-standard">{_standard(row)}</div>' for row in rows)
    st.html(f'<div class="ct-small">{lines}</div>')


def _standard(row: Checked) -> str:
    title, standard = say(row.standard.title), row.standard
    text = (
        say(row.reason, **row.values)
        if row.light == "none"
        else say(
            "{title}: {value}, goal {goal}",
            title=title,
            value=value_text(row),
            goal=goal_text(standard),
        )
    )
    if row.light == "none":
        text = say("{title}: {value}", title=title, value=text)
    return (
        f"{dot(row.light)}<span>{escape(text)}</span>"
        f'<span class="ct-quiet">{escape(source_text(standard, language()))} '
        f"{confirm_mark(standard)}</span>"
    )


def dot(colour: str) -> str:
    """Return a traffic light with its word."""
    tokens = theme.now()
    shade = {"green": tokens.good, "yellow": tokens.watch, "red": tokens.bad}.get(
        colour, tokens.quiet
    )
    return (
        f'<span class="ct-light"><span class="ct-dot" style="background:{shade}"></span>'
        f"{escape(say(LIGHT_TITLES[colour]))}</span>"
    )


def confirm_mark(standard: Standard) -> str:
    """Return the mark of a value that must be checked against the official text."""
    if not standard.confirm:
        return ""
    tip = escape(say("Check this value against the official text before quoting it."))
    return f'<span class="ct-confirm" title="{tip}">{escape(say("to be confirmed"))}</span>'


def value_text(row: Checked) -> str:
    """Return what was found: a share as a percentage, a ratio in its unit."""
    if row.unit == "share":
        return percent(row.value, 1)
    return "∞" if math.isinf(row.value) else number(row.value, 0 if row.value >= 100 else 1)


def goal_text(standard: Standard) -> str:
    """Return what would be green: a share of people, or a share of the norm."""
    if standard.rule in ("one_per", "per_1000"):
        limit = plain_number(standard.limit)
        if standard.goal == 1:
            return ("≤ " if standard.rule == "one_per" else "≥ ") + limit
        return say("{n}% of the norm", n=plain_number(100 * standard.goal))
    return f"≥ {percent(standard.goal)}"


# ---------------------------------------------------------------- legend


def legend(choice: Choice, several: Sequence[Class]) -> None:
    """Show what the colours mean, with units, and the shapes of the layers."""
    colours = [_key(coverage_shown.swatch(one), one.text) for one in several]
    empty = _key(f"background:{theme.now().no_data}", say("nobody lives here"), faint=True)
    items = [*colours, empty, *_shape_keys(choice)]
    st.html(f'<div class="ct-legend"><b>{escape(_legend_title(choice))}</b>{"".join(items)}</div>')


def _legend_title(choice: Choice) -> str:
    service = say(SERVICES[choice.asked.service].title)
    if choice.colour == "cause":
        return say("Why not covered")
    if choice.colour == "score":
        method = METHODS[choice.method]
        return f"{say(method.title)}{bracket(score_unit(method.unit))}"
    return say("{service}, minutes", service=service)


def _shape_keys(choice: Choice) -> list[str]:
    tokens = theme.now()
    keys = [
        '<span class="ct-key"><span style="width:11px;height:11px;margin:0 4px;border-radius:50%;'
        f'background:{WHITE};border:2px solid {INK}"></span>{escape(say("facility"))}</span>'
    ]
    if choice.colour == "catchments":
        keys.append(_line(tokens.accent, say("border of a catchment")))
    if choice.facility and choice.rings:
        keys += [
            _ring(tokens, alpha, say("≤ {n} min around it", n=plain_number(minutes)))
            for minutes, alpha in zip(
                choice.rings, coverage_maps.ring_alphas(len(choice.rings)), strict=True
            )
        ]
    if choice.cell:
        keys.append(_line(tokens.mark, say("way of the chosen cell")))
    return keys


def _key(look: str, text: str, *, faint: bool = False) -> str:
    opacity = ";opacity:.4" if faint else ""
    return (
        f'<span class="ct-key"><span class="ct-swatch" style="{look}{opacity}"></span>'
        f"{escape(text)}</span>"
    )


def _ring(tokens: Tokens, alpha: float, text: str) -> str:
    """Return the swatch of one isochrone, as deep as those that lie over it make it."""
    red, green, blue, _ = rgba(tokens.accent)
    return (
        '<span class="ct-key"><span class="ct-swatch ct-ring" style="background:'
        f'rgba({red},{green},{blue},{alpha:.2f});border:1px solid {tokens.text}"></span>'
        f"{escape(text)}</span>"
    )


def _line(colour: str, text: str) -> str:
    return (
        '<span class="ct-key" style="white-space:normal">'
        f'<span style="width:20px;height:3px;flex:none;background:{colour}"></span>'
        f"{escape(text)}</span>"
    )


# ---------------------------------------------------------------- beside the map


def card(twin: Twin, choice: Choice, found: Cell | None) -> None:
    """Show the clicked cell: who lives there, the nearest places, why it is not covered."""
    if found is None:
        st.caption(say("Click a cell to see its nearest places and the way there; click a "
                       "facility for its isochrones."))  # fmt: skip
        return
    answer = coverage_cache.causes(choice.asked)
    region = twin.regions.iloc[twin.position(choice.cell)]
    where = coverage_cache.summary(choice.asked).cells.tolist()
    cause = (
        say(answer.titles[int(answer.codes[where.index(found.position)])])
        if found.position in where
        else NO_FIGURE
    )
    lines = "".join(
        f"<dt>{k}. {escape(place.name)}</dt><dd>{escape(minutes_words(place.minutes))}</dd>"
        for k, place in enumerate(found.places, start=1)
    )
    if not found.places:
        lines = f"<dt>{escape(say('Nearest'))}</dt><dd>{escape(say('no way there'))}</dd>"
    if len(found.places) > 1:
        lines += (
            f"<dt>{escape(say('Mean of these'))}</dt>"
            f"<dd>{escape(minutes_words(found.mean_minutes))}</dd>"
        )
    if math.isfinite(found.metres):
        length = say("{n} km", n=number(found.metres / 1000, 1))
        lines += f"<dt>{escape(say('Way to the first'))}</dt><dd>{length}</dd>"
    people = say("{n} persons", n=number(found.people))
    st.html(
        f'<div class="ct-card"><div class="ct-head">{escape(name_of(region))}</div>'
        f'<div class="ct-quiet ct-small">{escape(str(region["code"]))} · '
        f"{escape(say(MEASURES[choice.asked.group].title))} {people} · {escape(cause)}</div>"
        f'<dl class="ct-facts">{lines}</dl></div>'
    )


def rings(choice: Choice) -> None:
    """Show the chosen facility with the people in its isochrones, and the way to let go."""
    if not choice.facility and not choice.cell:
        return
    if choice.facility and choice.rings:
        known = coverage_cache.reach()
        assert known is not None  # noqa: S101 - the page has looked
        table = known.facilities
        name = str(table.loc[table["id"] == choice.facility, "name"].iloc[0])
        lines = "".join(
            f"<dt>{escape(say('within {n} minutes', n=plain_number(ring.minutes)))}</dt>"
            f"<dd>{escape(_persons(ring.people))}</dd>"
            for ring in coverage_cache.rings(choice.asked, choice.facility, choice.rings)
        )
        st.html(
            f'<div class="ct-card"><div class="ct-head">{escape(name)}</div>'
            f'<div class="ct-quiet ct-small">{escape(say("Residents around it, as it is reached"))}'
            f'</div><dl class="ct-facts">{lines}</dl></div>'
        )
    st.button(say("Clear"), icon=":material/close:", on_click=let_go, key="coverage.clear")
