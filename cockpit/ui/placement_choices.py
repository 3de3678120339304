"""What the visitor of the page Placement chooses: the question, the plan, and what is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

import streamlit as st

from cockpit.answers.siting import Layout, Rules, parse_layout
from cockpit.answers.twin import Twin
from cockpit.ui import coverage_choices, placement_cache, state, way
from cockpit.ui.placement_cache import Asked
from cockpit.ui.words import say, say_error
from geodata.errors import CockpitError

AIM_TITLES = {"covered": "Most people within the limit", "minutes": "Fewest minutes for all"}
COLOUR_TITLES = {
    "change": "Change in minutes",
    "minutes": "Minutes with the plan",
    "covered": "Covered before and after",
}
PANEL_TITLES = {
    "townships": "Townships",
    "groups": "Groups",
    "sites": "Sites",
    "rules": "Rules",
    "solve": "Find the best plan",
    "save": "Save",
}
TOOL_TITLES = {"place": "Put a site", "look": "Look only"}
_CHUNK = 190  # characters: what one value of an address may have
_LONGEST = 2600  # characters of a plan in an address, which has other things to carry as well
_IN_SESSION = "session"
_MOST_STEPS = 50
_PART = re.compile(r"[A-Za-z0-9%._~-]*")
_NOTHING: list[str] = []


@dataclass(frozen=True)
class Choice:
    """What the address holds."""

    asked: Asked
    layout: Layout
    rules: Rules
    aim: str  # "covered" or "minutes": what the best plan is best at
    colour: str  # of the map: "change", "minutes", "covered"
    panel: str
    cell: str  # code of the clicked cell; "" for none
    site: str  # "f:..." or "c:...", the selected site; "" for none


def choose(twin: Twin) -> Choice:
    """Show the bar of choices and return them, with the plan."""
    from cockpit.ui import placement_rules  # the panels know Choice: they come after this module

    unit = str(twin.regions["code"].iat[way.current(twin)])
    with st.container(horizontal=True, vertical_alignment="bottom", key="ct-bar"):
        service = coverage_choices.choose_service("placement", _begin_anew)
        asked = Asked(
            service,
            coverage_choices.choose_mode("placement", service),
            coverage_choices.choose_minutes("placement", service),
            coverage_choices.choose_group("placement", service),
            unit,
        )
        aim = _aim()
    layout = current(asked)
    codes = twin.regions.attrs["rows"]
    return Choice(
        asked,
        layout,
        placement_rules.choose(twin, asked),
        aim,
        _colour_of(layout),
        str(state.read("placement.panel", "townships", allowed=PANEL_TITLES, address="panel")),
        state.read("placement.cell", "", address="cell", check=lambda c: not c or c in codes),
        _site(asked, layout),
    )


def _begin_anew() -> None:
    """Let mode, limit and group follow the new service; its plan begins empty."""
    for name in ("mode", "minutes", "group"):
        state.choose(f"placement.{name}", None)
    for name in ("plan", "past", "future"):
        state.choose(f"placement.{name}", [])
    state.choose("placement.long", "")
    state.choose("placement.colour", None)
    let_go()


def _aim() -> str:
    return str(
        st.selectbox(
            say("Goal"),
            list(AIM_TITLES),
            format_func=lambda a: say(AIM_TITLES[a]),
            width=250,
            placeholder=say("Goal"),
            **state.remembered("placement.aim", "covered", allowed=AIM_TITLES, address="aim"),
        )
    )


def _usual_colour(layout: Layout) -> str:
    return "change" if layout else "minutes"


def _colour_of(layout: Layout) -> str:
    return str(
        state.read("placement.colour", _usual_colour(layout), allowed=COLOUR_TITLES, address="show")
    )


def colour(layout: Layout) -> None:
    """Show what the map's colours can tell."""
    st.segmented_control(
        say("Colours show"),
        list(COLOUR_TITLES),
        format_func=lambda c: say(COLOUR_TITLES[c]),
        required=True,
        label_visibility="collapsed",
        **state.remembered(
            "placement.colour", _usual_colour(layout), allowed=COLOUR_TITLES, address="show"
        ),
    )


def tool() -> str:
    """Show and return what a click on a cell does."""
    return str(
        st.segmented_control(
            say("A click on a cell"),
            list(TOOL_TITLES),
            format_func=lambda t: say(TOOL_TITLES[t]),
            required=True,
            label_visibility="collapsed",
            **state.remembered("placement.tool", "place", allowed=TOOL_TITLES),
        )
    )


def panel() -> None:
    """Show the row of panels."""
    st.segmented_control(
        say("Show"),
        list(PANEL_TITLES),
        format_func=lambda p: say(PANEL_TITLES[p]),
        required=True,
        label_visibility="collapsed",
        **state.remembered("placement.panel", "townships", allowed=PANEL_TITLES, address="panel"),
    )


# ---------------------------------------------------------------- the plan


def current(asked: Asked) -> Layout:
    """Return the plan; one that cannot be read or built changes nothing and says so."""
    parts = state.read("placement.plan", _NOTHING, address="plan", check=_is_part)
    if parts == [_IN_SESSION] and not state.chosen("placement.long", ""):
        st.warning(
            say("This link does not carry its plan, which was too long for an address. Open it "
                "from the saved scenarios.")
        )  # fmt: skip
    try:
        found = _parsed(parts)
        placement_cache.ground(asked).open_sites(found)  # refuses sites that there are not
    except CockpitError as error:
        state.choose("placement.plan", [])
        state.read("placement.plan", _NOTHING, address="plan")
        refuse(error)
        return Layout()
    return found


def _is_part(part: object) -> bool:
    return isinstance(part, str) and bool(_PART.fullmatch(part))


def _parsed(parts: list[str]) -> Layout:
    if parts == [_IN_SESSION]:
        return parse_layout(state.chosen("placement.long", ""))
    return parse_layout("".join(parts))


def kept() -> Layout:
    """Return the plan when the visitor pressed something."""
    return _parsed(state.chosen("placement.plan", _NOTHING))


def in_address() -> bool:
    """Tell whether a link carries the plan."""
    return state.chosen("placement.plan", _NOTHING) != [_IN_SESSION]


def change(layout: Layout) -> None:
    """Make this the plan; the one before can be had back."""
    before = kept()
    if layout == before:
        return
    state.choose("placement.past", [*_steps("past"), before.key()][-_MOST_STEPS:])
    state.choose("placement.future", [])
    _set(layout)


def _set(layout: Layout) -> None:
    key, before = layout.key(), kept()
    fits = len(key) <= _LONGEST
    parts = [key[i : i + _CHUNK] for i in range(0, len(key), _CHUNK)] if fits else [_IN_SESSION]
    state.choose("placement.plan", parts)
    state.choose("placement.long", "" if fits else key)
    if bool(before) != bool(layout):
        state.choose("placement.colour", _usual_colour(layout))
    click()


def _steps(name: str) -> list[str]:
    return list(state.chosen(f"placement.{name}", _NOTHING))


def undo() -> None:
    """Have the plan before the last change back."""
    _step("past", "future")


def redo() -> None:
    """Take back the last ``undo``."""
    _step("future", "past")


def _step(source: str, target: str) -> None:
    steps = _steps(source)
    if not steps:
        return
    state.choose(f"placement.{target}", [*_steps(target), kept().key()])
    state.choose(f"placement.{source}", steps[:-1])
    state.choose("placement.site", "")
    _set(parse_layout(steps[-1]))


def reset() -> None:
    """Plan nothing; this, too, can be taken back."""
    change(Layout())
    let_go()


def can_undo() -> bool:
    """Tell whether there is a plan before."""
    return bool(_steps("past"))


def can_redo() -> bool:
    """Tell whether an ``undo`` can be taken back."""
    return bool(_steps("future"))


def refuse(error: CockpitError) -> None:
    """Keep an error for the next run: a callback cannot show it."""
    state.choose("placement.refused", error)


def say_refused() -> None:
    """Show once why the last wish could not be done."""
    error = state.chosen("placement.refused", None)
    if error is not None:
        st.error(say_error(error), icon=":material/block:")
        state.choose("placement.refused", None)


# ---------------------------------------------------------------- what is selected


def _site(asked: Asked, layout: Layout) -> str:
    """Return the selected site, where there is one in the plan or today."""
    known = {f"c:{code}" for code in layout.new_cells}
    sites = placement_cache.site_names(asked, "zh")
    return state.read(
        "placement.site",
        "",
        address="site",
        check=lambda s: not s or s in known or (s.startswith("f:") and s in sites),
    )


def click() -> None:
    """Let the map's own selection go: it would grey out everything else."""
    state.choose("placement.clicks", clicks() + 1)


def clicks() -> int:
    """Return how often the map was clicked: part of its layers' names."""
    return int(state.chosen("placement.clicks", 0))


def select_cell(code: str) -> None:
    """Show a cell's card; "" shows none."""
    state.choose("placement.cell", code)
    state.choose("placement.site", "")
    state.choose("placement.moving", "")
    click()


def select_site(site: str) -> None:
    """Show a site's card; "" shows none."""
    state.choose("placement.site", site)
    state.choose("placement.cell", "")
    state.choose("placement.moving", "")
    click()


def let_go() -> None:
    """Select nothing."""
    select_site("")


def start_moving(site: str) -> None:
    """Let the next chosen cell take a site; "" lets it stay."""
    state.choose("placement.moving", site)


def moving() -> str:
    """Return the site that the next chosen cell takes; "" for none."""
    return str(state.chosen("placement.moving", ""))
