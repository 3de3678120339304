"""What stands around the map of the page Risk: legend, table, why a cell is red, files, method."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

import numpy as np
import streamlit as st

from cockpit.access.classes import TITLES
from cockpit.answers.layers import stamp
from cockpit.answers.reach import Note
from cockpit.answers.risk import METHODS, Answer, Key, Places, shown_class
from cockpit.answers.risk_question import OUTSIDE, UNPLACED, notes_in
from cockpit.answers.risk_sources import origin
from cockpit.answers.search import search
from cockpit.ui import cache, risk_cache, risk_colours, risk_words, state, theme
from cockpit.ui.coverage_parts import bracket, notes, table
from cockpit.ui.risk_cache import Asked
from cockpit.ui.risk_choices import Choice, picked
from cockpit.ui.words import NO_FIGURE, language, number, say

_MOST_ROWS = 30
STYLE = """<style>
.ct-table{width:100%;border-collapse:collapse}
.ct-table th{text-align:left;font-weight:400;padding:4px 12px 4px 0;vertical-align:bottom}
.ct-table td{padding:4px 12px 4px 0;border-top:1px solid LINE;vertical-align:top}
.ct-table .n{text-align:right;white-space:nowrap}
.ct-scroll{overflow-x:auto}
.ct-bar-cell{position:relative;min-width:5rem}
.ct-bar-cell span{position:absolute;left:0;top:6px;height:.8rem;border-radius:2px}
.st-key-risk-play{display:block}
.st-key-risk-still{display:none}
@media (prefers-reduced-motion: reduce){.st-key-risk-play{display:none}
.st-key-risk-still{display:block}}
</style>"""


def styles() -> None:
    """Put the page's own style sheet down once."""
    st.html(STYLE.replace("LINE", theme.now().line))


# ---------------------------------------------------------------- legend and classes


def legend(found: Answer, asked: Asked) -> None:
    """Show what the colours mean, with units."""
    unit = found.unit
    title = say(METHODS[risk_cache.coloured_by(asked.method)].title)
    told = f'<span class="ct-quiet ct-small">{escape(say(unit))}</span>' if unit else ""
    keys = "".join(_key(key) for key in found.keys)
    st.html(f'<div class="ct-legend"><b>{escape(title)}</b>{told}{keys}</div>')


def _key(key: Key) -> str:
    look = risk_colours.swatch(key, theme.now())
    return (
        f'<span class="ct-key" style="white-space:normal"><span class="ct-swatch" '
        f'style="flex:none;{look}"></span>{escape(key_text(key))}</span>'
    )


def key_text(key: Key) -> str:
    """Return what a class means, its limits written as figures."""
    values = {k: _figure(v) for k, v in key.values.items()}
    return say(key.title, **values)


def _figure(value: object) -> object:
    if isinstance(value, int | float):
        digits = 0 if value == round(value) or value >= 100 else 2 if value < 1 else 1
        return number(float(value), digits)
    return value


def classes(places: Places, choice: Choice, found: Answer) -> None:
    """Show how many places of the unit have each colour: the map as a table."""
    inside = places.inside(places.twin.position(choice.unit))
    shared = any(key.role == "unsure" for key in found.keys)
    shown = [shown_class(c) if shared else c for c in found.classes[inside].tolist()]
    people = places.people
    rows = ""
    for key in found.keys:
        at = inside[np.array(shown) == key.code] if len(inside) else inside
        lived = NO_FIGURE if people is None else number(float(people[at].sum()))
        look = risk_colours.swatch(key, theme.now())
        rows += (
            f'<tr><td><span class="ct-key" style="white-space:normal"><span class="ct-swatch" '
            f'style="flex:none;{look}"></span>{escape(key_text(key))}</span></td>'
            f'<td class="n">{number(len(at))}</td><td class="n">{lived}</td></tr>'
        )
    title = say("As on the map")
    level = say("Grids") if choice.asked.level == "cell" else say("Villages")
    st.html(
        f'<div class="ct-scroll"><table class="ct-table ct-small ct-shown"><tr>'
        f'<th class="ct-quiet">{escape(title)}</th><th class="ct-quiet n">{escape(level)}</th>'
        f'<th class="ct-quiet n">{escape(say("Residents"))}</th></tr>{rows}</table></div>'
    )


# ---------------------------------------------------------------- places worth a look


def ranked(places: Places, choice: Choice, found: Answer) -> None:
    """Show the places worth a look, most striking first, with the method's figures."""
    inside = set(places.inside(places.twin.position(choice.unit)).tolist())
    rows = [i for i in found.order.tolist() if i in inside][:_MOST_ROWS]
    if not rows:
        st.caption(say("No place is worth a closer look by this method."))
        return
    columns: dict[str, Sequence[object]] = {
        say("Name"): [risk_words.name_at(places, i) for i in rows]
    }
    words = [say("Name")]
    for column in found.columns:
        # The unit of the colours stands in the legend.
        told = column.unit and column.unit != found.unit
        title = say(column.title) + (bracket(say(column.unit)) if told else "")
        if column.is_text:
            columns[title] = [say(str(column.values[i])) for i in rows]
            words.append(title)
        else:
            values = np.asarray(column.values, dtype=float)
            columns[title] = [_cell(values[i], column.decimals) for i in rows]
    table(columns, words=words, most_rows=9, alt=say("Places worth a look"))


def _cell(value: float, decimals: int) -> str:
    if decimals >= 3 and 0 <= value < 10**-decimals:
        return f"< {10**-decimals:.{decimals}f}"
    return number(value, decimals)


def choose_place(places: Places, choice: Choice, found: Answer) -> None:
    """Let the visitor choose a place by name or code: the same as a click on the map."""
    inside = set(places.inside(places.twin.position(choice.unit)).tolist())
    codes = places.codes
    first = [str(codes[i]) for i in found.order.tolist() if i in inside][:_MOST_ROWS]
    options = list(dict.fromkeys([*([choice.place] if choice.place else []), *first]))
    names = cache.names(places.twin.version, language())
    rows = places.twin.regions.attrs["rows"]

    def chosen() -> None:
        typed = str(state.widget_value("risk.pick") or "")
        code = typed if typed in rows else searched(places, typed)
        if code and code != choice.place:
            picked(code)
        elif not code and choice.place:
            picked(choice.place)

    st.selectbox(
        say("Why is this place coloured so?"),
        options,
        index=options.index(choice.place) if choice.place in options else None,
        format_func=lambda code: f"{names[rows[code]]} · {code}" if code in rows else code,
        accept_new_options=True,
        placeholder=say("Click a place on the map, choose one, or type its name or code"),
        key=state.widget_key("risk.pick"),
        on_change=chosen,
    )


def searched(places: Places, text: str) -> str:
    """Return the code of the place that a typed name means best; "" for none."""
    for row in search(places.twin, text) if text.strip() else ():
        code = str(places.twin.regions["code"].iat[row])
        if places.place_of(code) >= 0:
            return code
    return ""


# ---------------------------------------------------------------- files, method, remarks


def files(choice: Choice) -> None:
    """Show the files to take away."""
    asked = choice.asked
    version = stamp(cache.data_version())
    parts = (asked.method, asked.theme, asked.level, asked.first, asked.last, choice.unit)
    address = f"/download/{version}/risk/" + "/".join(quote(str(p), safe="") for p in parts)
    address += f"/{quote(asked.options, safe='')}"
    links = " · ".join(
        f'<a href="{address}.{ending}?lang={language()}" download>{title}</a>'
        for ending, title in (("csv", "CSV"), ("xlsx", "XLSX"), ("geojson", "GeoJSON"))
    )
    st.html(f'<div class="ct-small ct-files">{escape(say("Take away:"))} {links}</div>')


def method(choice: Choice) -> None:
    """Show how the method works, where it is from and what it does not see."""
    one = choice.method
    with st.popover(
        say("How it is worked out"), icon=":material/help:", type="tertiary", width="content"
    ):
        st.markdown(f"**{say(one.title)}**")
        st.markdown(say(one.how))
        st.markdown(say("Source of the method: {source}", source=say(one.source)))
        st.markdown(say("Limits: {limits}", limits=say(one.limits)))


def remarks(found: Answer, asked: Asked, unit: str) -> None:
    """Show what was left out in the unit, and where the figures come from."""
    notes(_of_unit(found, asked, unit))
    st.caption(origin_text(asked))


def origin_text(asked: Asked) -> str:
    """Return where the figures come from, until when, and of which class they are."""
    known = risk_cache.events()
    told = origin(known, known.twin, asked.method, cache.visitor_class(), asked.options)
    title = say(TITLES[told.data_class])
    return risk_words.source(_titles(told.sources), title, asked, told.as_of)


def _of_unit(found: Answer, asked: Asked, unit: str) -> list[Note]:
    """Return the answer's remarks; those that count events count the unit's."""
    counting = {*UNPLACED.values(), OUTSIDE}
    others = [note for note in found.notes if note.template not in counting]
    if len(others) == len(found.notes):
        return others
    places = risk_cache.places(asked.level)
    row = places.twin.position(unit)
    return [*notes_in(risk_cache.events(), places, asked.question(), row), *others]


def _titles(sources: tuple[str, ...]) -> tuple[str, ...]:
    named = risk_cache.source_titles(cache.data_version())
    return tuple(named.get(one, {}).get(language(), one) for one in sources) or (NO_FIGURE,)
