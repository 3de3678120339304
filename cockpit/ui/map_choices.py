"""What the map's visitor chooses: unit, indicator, level, classes, layers, and its address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from html import escape

import streamlit as st

from cockpit.answers import map as answers
from cockpit.answers.map import MapAnswer
from cockpit.answers.search import search
from cockpit.answers.twin import Twin
from cockpit.breaks import SCHEMES, Scheme
from cockpit.indicators import INDICATORS
from cockpit.ui import cache, state, theme
from cockpit.ui.maps import Scene
from cockpit.ui.words import language, say

LEVEL_TITLES = {
    "county": "County",
    "township": "Townships",
    "village": "Villages",
    "grid": "Grids",
}
SCHEME_TITLES: dict[str, str] = {
    "quantile": "As many regions in each class",
    "equal": "Classes of equal width",
    "jenks": "Natural breaks (Jenks)",
    "manual": "My own limits",
}
RAMP_TITLES = {"blue": "Blue", "viridis": "Viridis", "cividis": "Cividis"}
LAYER_TITLES = {
    "labels": "Names",
    "roads": "Roads",
    "facilities": "Facilities",
    "buildings": "Buildings",
    "relief": "Relief",
    "rivers": "Rivers",
    "water": "Water",
    "lakes": "Lakes",
    "zones": "Zones",
}
FIRST_LAYERS = ("labels", "rivers", "water")
_MOST_PARTS = 60
_MOST_PICKED = 50
NOTHING: list[str] = []


@dataclass(frozen=True)
class Choice:
    """The map's view: what the address holds."""

    unit: int  # row of the chosen unit
    code: str
    indicator: str
    level: str
    scheme: Scheme
    n_classes: int
    manual: tuple[float, ...]
    ramp: str
    layers: tuple[str, ...]
    tall: bool
    several: bool
    picked: tuple[str, ...]  # codes of the regions put together
    few: int = answers.FEW_CASES  # shares of fewer cases have lines across; 0: none


def unit_of(twin: Twin) -> int:
    """Return the chosen unit's row; the county at first, and for a code that does not exist."""
    county = str(twin.regions["code"].iat[0])
    codes = twin.regions.attrs["rows"]
    code = state.read("view.region", county, address="region", check=lambda c: c in codes)
    return twin.position(code)


def go_to(code: str) -> None:
    """Choose a unit; what was put together before is let go."""
    state.choose("view.region", code)
    state.choose("map.picked", [])
    if state.chosen("map.nearest", True):  # the parts of a unit stay the parts on the way
        state.choose("map.level", None)
    state.choose("map.clicks", state.chosen("map.clicks", 0) + 1)


def pick(code: str) -> None:
    """Add a region to those put together, or take it out."""
    picked = list(state.chosen("map.picked", NOTHING))
    changed = [c for c in picked if c != code] if code in picked else [*picked, code]
    state.choose("map.picked", changed[:_MOST_PICKED])
    state.choose("map.clicks", state.chosen("map.clicks", 0) + 1)


def let_go() -> None:
    """Put nothing together any more."""
    state.choose("map.picked", [])


def clicked(code: str, *, several: bool) -> None:
    """Do what a click on a region means: go there, or put it together with others."""
    (pick if several else go_to)(code)


def where(twin: Twin, unit: int) -> None:
    """Show the way from the county down to the unit, its parts to go on to, and the search."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="ct-where"):
        names = cache.names(twin.version, language())
        for row in twin.ancestors(unit)[:-1]:
            st.button(
                names[row],
                key=f"way.{twin.regions['level'].iat[row]}",
                type="tertiary",
                on_click=go_to,
                args=(str(twin.regions["code"].iat[row]),),
            )
            st.html("<span class='ct-quiet'>›</span>", width="content")
        st.html(
            f"<b style='font-size:1.15rem'>{escape(names[unit])}</b>",
            width="content",
        )
        _parts(twin, unit)
        st.space("stretch")
        _search(twin)


def _parts(twin: Twin, unit: int) -> None:
    """Show a list to go one step down by keyboard; a click on the map does the same."""
    parts = twin.children(unit)
    if not 0 < len(parts) <= _MOST_PARTS:
        return
    called = cache.names(twin.version, language())
    # Of the parts alone: the whole column as Python's texts is 5 % of a rerun of the page.
    names = dict(zip(twin.regions["code"].iloc[parts], (called[row] for row in parts), strict=True))

    def opened() -> None:
        code = state.widget_value("map.part")
        if code in names:
            go_to(code)

    st.selectbox(
        say("Open a part"),
        list(names),
        index=None,
        format_func=lambda code: names.get(code, code),
        placeholder=say("Open a part"),
        label_visibility="collapsed",
        width=200,
        key=state.widget_key("map.part"),
        on_change=opened,
    )


def _search(twin: Twin) -> None:
    """Show the search box and, below a text, the best matches as buttons."""
    with st.popover(say("Search"), icon=":material/search:", width="content"):
        text = st.text_input(
            say("Name, pinyin or code"), max_chars=40, key=state.widget_key("map.search")
        )
        found = search(twin, text)
        names = cache.names(twin.version, language())
        if text.strip() and not len(found):
            st.write(say("Nothing is called that. Try a part of the name, or the code."))
        for row in found:
            code = str(twin.regions["code"].iat[row])
            way = " › ".join(names[r] for r in twin.ancestors(row)[1:])
            st.button(
                f"{way or names[row]} · {code}",
                key=f"found.{row}",
                type="tertiary",
                on_click=go_to,
                args=(code,),
            )


def choose(twin: Twin, unit: int, visitor: str) -> Choice:
    """Show the bar of choices and return them."""
    code = str(twin.regions["code"].iat[unit])
    with st.container(horizontal=True, vertical_alignment="bottom", key="ct-bar"):
        indicator = _indicator(twin, visitor)
        level = _level(twin, answers.shown(twin, unit))
        scheme, n_classes, manual, ramp, few = _classes()
        layers, tall = _layers(twin.version, visitor)
        several = st.toggle(
            say("Put several together"),
            help=say("Click regions to add up their figures; click again to take one out."),
            **state.remembered("map.several", False, address="several"),
        )
    codes = twin.regions.attrs["rows"]
    picked = state.read("map.picked", NOTHING, address="pick", check=lambda c: c in codes)
    return Choice(
        unit,
        code,
        indicator,
        level,
        scheme,
        n_classes,
        manual,
        ramp,
        layers,
        tall,
        several,
        tuple(picked[:_MOST_PICKED]),
        few,
    )


def _indicator(twin: Twin, visitor: str) -> str:
    ids = [i.id for i in answers.visible_indicators(twin, visitor)]
    first = "people" if "people" in ids else ids[0]
    return str(
        st.selectbox(
            say("Indicator"),
            ids,
            format_func=lambda i: say(INDICATORS[i].title),
            placeholder=say("Indicator"),
            width=360,
            **state.remembered("map.indicator", first, allowed=ids, address="indicator"),
        )
    )


def _level(twin: Twin, shown: int) -> str:
    levels = cache.levels_in(twin.version, str(twin.regions["code"].iat[shown]))
    level = str(
        st.segmented_control(
            say("Show as"),
            levels,
            format_func=lambda k: say(LEVEL_TITLES[k]),
            required=True,
            **state.remembered("map.level", levels[0], allowed=levels, address="level"),
        )
    )
    state.choose("map.nearest", level == levels[0])
    return level


def _classes() -> tuple[Scheme, int, tuple[float, ...], str, int]:
    with st.popover(say("Classes"), icon=":material/palette:", width="content"):
        scheme: Scheme = st.radio(
            say("Class limits"),
            SCHEMES,
            format_func=lambda s: say(SCHEME_TITLES[s]),
            **state.remembered("map.scheme", SCHEMES[0], allowed=SCHEMES, address="classes"),
        )
        manual: tuple[float, ...] = ()
        n_classes = state.read("map.n", 5, allowed=range(3, 8), address="n")
        if scheme == "manual":
            text = st.text_input(
                say("Upper limits, rising, with spaces between"),
                max_chars=120,
                placeholder="1000 2000 5000",
                **state.remembered("map.limits", "", address="limits", check=_is_numbers),
            )
            manual = _numbers(text)
        else:
            n_classes = st.slider(
                say("Number of classes"),
                3,
                7,
                **state.remembered("map.n", 5, allowed=range(3, 8), address="n"),
            )
        ramp = st.segmented_control(
            say("Colours"),
            list(theme.RAMPS),
            format_func=lambda r: say(RAMP_TITLES[r]),
            required=True,
            **state.remembered("map.ramp", "blue", allowed=list(theme.RAMPS), address="ramp"),
        )
        few = st.segmented_control(
            say("Lines across shares of fewer cases than"),
            answers.FEW_CHOICES,
            format_func=lambda n: str(n) if n else say("no lines"),
            required=True,
            help=say("A share of few people says little: one more or less changes it much."),
            **state.remembered(
                "map.few", answers.FEW_CASES, allowed=answers.FEW_CHOICES, address="few"
            ),
        )
    if scheme == "manual" and not manual:
        scheme = SCHEMES[0]  # until limits are typed
    return scheme, n_classes, manual, str(ramp), int(few)


def _numbers(text: str) -> tuple[float, ...]:
    """Return the numbers of a text; nothing when one of its words is none."""
    try:
        return tuple(float(word) for word in text.replace(",", " ").replace("，", " ").split())
    except ValueError:
        return ()


def _is_numbers(text: str) -> bool:
    return not text or bool(_numbers(text))


def _layers(version: str, visitor: str) -> tuple[tuple[str, ...], bool]:
    available, _bounds = cache.overlays(version, visitor)
    first = [name for name in available if name in FIRST_LAYERS]
    with st.popover(say("Layers"), icon=":material/layers:", width="content"):
        layers = st.pills(
            say("Layers"),
            available,
            selection_mode="multi",
            format_func=lambda name: say(LAYER_TITLES[name]) if name in LAYER_TITLES else name,
            **state.remembered("map.layers", first, allowed=available, address="layer"),
        )
        tall = st.toggle(
            say("Columns (2.5D)"), **state.remembered("map.tall", False, address="tall")
        )
    return tuple(layers), bool(tall)


def answer_of(twin: Twin, choice: Choice, visitor: str) -> MapAnswer:
    """Return what the map shows for a choice."""
    return cache.map_answer(
        twin.version,
        choice.indicator,
        choice.code,
        choice.level,
        choice.scheme,
        choice.n_classes,
        choice.manual,
        visitor,
    )


def scene_of(twin: Twin, choice: Choice, answer: MapAnswer, visitor: str) -> Scene:
    """Return how the map looks for a choice."""
    _available, bounds = cache.overlays(twin.version, visitor)
    alone: Sequence[str] = (choice.code,) if choice.unit != answer.unit else ()
    return Scene(
        twin=twin,
        answer=answer,
        box=cache.box(twin.version, str(twin.regions["code"].iat[answer.unit])),
        ramp=choice.ramp,
        extras=choice.layers,
        relief_bounds=bounds,
        tall=choice.tall,
        marked=tuple(choice.picked) or tuple(alone),
        clicks=state.chosen("map.clicks", 0),
        few=choice.few,
    )


def on_click(choice: Choice) -> partial[None]:
    """Return what a click on a region of the map does."""
    return partial(clicked, several=choice.several)
