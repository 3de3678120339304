"""Beside the map of the page Placement: what was clicked, the plan's sites, the next best move."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import numpy as np
import streamlit as st

from cockpit.answers.coverage_question import told_cells
from cockpit.answers.search import search
from cockpit.answers.siting import Layout
from cockpit.answers.siting_figures import Figures
from cockpit.answers.siting_site_rows import SiteRow
from cockpit.answers.twin import Twin
from cockpit.indicators import MEASURES
from cockpit.ui import cache, placement_advice, placement_cache, placement_choices, state
from cockpit.ui.placement_choices import Choice
from cockpit.ui.placement_shown import people_text
from cockpit.ui.placement_sites import STATUS_TITLES, capacity_of, load_text
from cockpit.ui.words import language, number, say
from geodata.errors import CockpitError
from geodata.network import UNREACHED

_MOST_LISTED = 12  # changes with buttons beside them; the table of sites has all


# ---------------------------------------------------------------- what a click does


def on_pick(kind: str, what: str) -> None:
    """Take a click on the map: a site is selected, a cell gets one or shows its card."""
    if kind == "site":
        placement_choices.select_site(what)
    else:
        take_cell(what)


def take_cell(code: str, *, place: bool | None = None) -> None:
    """Let a cell take the site that moves, or a new one, or show it, as the tool says."""
    moving = placement_choices.moving()
    if moving:
        move_to(moving, code)
        return
    if place is None:
        place = state.chosen("placement.tool", "place") == "place"
    layout = placement_choices.kept()
    if code in layout.new_cells:
        placement_choices.select_site(f"c:{code}")
    elif place:
        put(code)
    else:
        placement_choices.select_cell(code)


def put(code: str) -> None:
    """Put a new site into a cell and select it."""
    if _changed(lambda layout: layout.with_added(code)):
        placement_choices.select_site(f"c:{code}")


def move_to(site: str, code: str) -> None:
    """Move a site of today or of the plan to a cell."""
    layout = placement_choices.kept()
    if code in layout.new_cells:
        placement_choices.select_site(f"c:{code}")
        return
    name = site[2:]
    move = layout.with_moved if site.startswith("f:") else layout.with_cell_moved
    if _changed(lambda _: move(name, code)):
        placement_choices.select_site(f"c:{code}")


def remove(site: str) -> None:
    """Close a site of today, or take one of the plan away."""
    name = site[2:]
    if site.startswith("f:"):
        _changed(lambda layout: layout.with_closed(name))
    else:
        _changed(lambda layout: layout.without_cell(name))
        placement_choices.select_site("")


def restore(facility: str) -> None:
    """Have a facility of today where it is, open."""
    _changed(lambda layout: layout.with_opened(facility))
    placement_choices.select_site(f"f:{facility}")


def _changed(make: Callable[[Layout], Layout]) -> bool:
    """Change the plan; tell whether it worked, otherwise the next run says why not."""
    try:
        placement_choices.change(make(placement_choices.kept()))
    except CockpitError as error:
        placement_choices.refuse(error)
        return False
    return True


# ---------------------------------------------------------------- cards


def show(twin: Twin, choice: Choice, found: Figures) -> None:
    """Show the card of the selected site or cell; without one, how to begin."""
    if placement_choices.moving():
        names = placement_cache.site_names(choice.asked, language())
        name = names.get(placement_choices.moving(), "")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                say("Moving {name}: click the cell it goes to, or choose one by name.", name=name),
                icon=":material/open_with:",
            )
            st.button(
                say("Do not move"), key="placement.stay",
                on_click=placement_choices.start_moving, args=("",),
            )  # fmt: skip
    if choice.site:
        _site(choice, found)
    elif choice.cell:
        _cell(twin, choice, found)


def _card(head: str, quiet: str, facts: list[tuple[str, str]]) -> None:
    lines = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts)
    st.html(
        f'<div class="ct-card"><div class="ct-head">{escape(head)}</div>'
        f'<div class="ct-quiet ct-small">{escape(quiet)}</div>'
        f'<dl class="ct-facts">{lines}</dl></div>'
    )


def _site(choice: Choice, found: Figures) -> None:
    row = next((r for r in found.sites if r.site == choice.site), None)
    if row is None:
        return
    names = placement_cache.site_names(choice.asked, language())
    name = names[f"f:{row.facility}"] if row.facility else names[row.site]
    facts = _site_facts(row, capacity_of(row, found, choice.rules))
    _card(name, say(STATUS_TITLES[row.status]), facts)
    with st.container(horizontal=True):
        if row.status in ("closed", "moved away"):
            st.button(
                say("Keep it after all") if row.status == "closed" else say("Move back"),
                icon=":material/undo:", key="placement.reopen",
                on_click=restore, args=(row.facility,),
            )  # fmt: skip
        else:
            _site_buttons(row)
        _close_card()


def _site_facts(row: SiteRow, size: float) -> list[tuple[str, str]]:
    if row.status in ("closed", "moved away"):
        return []
    facts = [
        (say("People nearest to it"), people_text(row.people)),
        (say("Only it covers"), people_text(row.only)),
        (say("Person-minutes saved"), number(row.minutes_saved)),
    ]
    if size > 0:
        facts.append((say("Capacity"), number(size)))
        facts.append((say("Load"), load_text(row.people, size)))
    return facts


def _site_buttons(row: SiteRow) -> None:
    st.button(
        say("Move"), icon=":material/open_with:", key="placement.move",
        on_click=placement_choices.start_moving, args=(row.site,),
    )  # fmt: skip
    st.button(
        say("Close it") if row.status == "kept" else say("Take away"),
        icon=":material/delete:", key="placement.remove", on_click=remove, args=(row.site,),
    )  # fmt: skip


def _close_card() -> None:
    st.button(
        say("Clear"), icon=":material/close:", key="placement.clear", type="tertiary",
        on_click=placement_choices.let_go,
    )  # fmt: skip


def _cell(twin: Twin, choice: Choice, found: Figures) -> None:
    ground = found.ground
    row = twin.position(choice.cell)
    name = cache.names(twin.version, language())[row]
    place = np.flatnonzero(ground.reach.rows == row)
    facts: list[tuple[str, str]] = []
    where = np.flatnonzero(ground.cells == place[0]) if len(place) else place
    if len(where):
        at = int(where[0])
        people = float(told_cells(ground.reach, ground.q, place)[0])
        facts = [
            (say(MEASURES[ground.q.group].title), people_text(people)),
            (say("Minutes today"), _minutes(int(found.before[at]))),
        ]
        if found.layout:
            facts.append((say("Minutes with the plan"), _minutes(int(found.after[at]))))
    _card(name, choice.cell if len(where) else say("outside the chosen area"), facts)
    with st.container(horizontal=True):
        moving = placement_choices.moving()
        known = f"c:{choice.cell}" in placement_cache.site_names(choice.asked, language())
        st.button(
            say("Move it here") if moving else say("Place here"),
            type="primary", icon=":material/add_location_alt:", key="placement.here",
            disabled=not known, on_click=take_cell, args=(choice.cell,), kwargs={"place": True},
        )  # fmt: skip
        _close_card()
    if known:
        placement_advice.why_not(choice, choice.cell)
    else:
        st.caption(say("This cell has no place on the map, so nothing can stand there."))


def _minutes(seconds: int) -> str:
    return say("no way") if seconds == UNREACHED else number(seconds / 60, 1)


# ---------------------------------------------------------------- by name and by coordinates


def by_name(twin: Twin, choice: Choice) -> None:
    """Show the way to a cell or a site without the map: by name, code or coordinates."""
    with st.popover(say("By name or coordinates"), icon=":material/search:", width="content"):
        text = st.text_input(
            say("Village or cell: name, pinyin or code"), max_chars=40,
            key=state.widget_key("placement.search"),
        )  # fmt: skip
        _found(twin, choice, text)
        _facility(choice)
        _coordinates(choice)


def _found(twin: Twin, choice: Choice, text: str) -> None:
    """Show what the text finds; a village stands for its cell with most people."""
    rows = search(twin, text)
    if text.strip() and not len(rows):
        st.write(say("Nothing is called that. Try a part of the name, or the code."))
    names = cache.names(twin.version, language())
    for row in rows:
        code = _cell_of(twin, choice, int(row))
        if code:
            way = " › ".join(names[r] for r in twin.ancestors(int(row))[1:])
            st.button(
                f"{way or names[row]} · {twin.regions['code'].iat[row]}",
                key=f"placement.found.{row}", type="tertiary", on_click=_took, args=(code,),
            )  # fmt: skip


def _took(code: str) -> None:
    state.forget_widget("placement.search")
    take_cell(code)


def _cell_of(twin: Twin, choice: Choice, row: int) -> str:
    """Return the cell of a region with most people that can have a site; "" when none can."""
    ground = placement_cache.ground(choice.asked)
    inside = np.intersect1d(ground.reach.inside(row), ground.site_cells)
    if not len(inside):
        return ""
    people = twin.measures["people"][ground.reach.rows[inside]]
    best = inside[int(np.argmax(people))]
    return str(ground.reach.codes[best])


def _facility(choice: Choice) -> None:
    """Show the list of the facilities of today, to move or close one."""
    known = placement_cache.ground(choice.asked)
    names = placement_cache.site_names(choice.asked, language())
    sites = list(known.sites[: known.n_facilities])
    if not sites:
        return

    def chosen() -> None:
        site = state.widget_value("placement.facility")
        if site:
            placement_choices.select_site(site)
            state.forget_widget("placement.facility")

    st.selectbox(
        say("Site of today"), sites, index=None, format_func=lambda s: names.get(s, s),
        placeholder=say("Choose one to move or close it"),
        key=state.widget_key("placement.facility"), on_change=chosen,
    )  # fmt: skip


def _coordinates(choice: Choice) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, title in (("lon", say("Longitude")), ("lat", say("Latitude"))):
            st.number_input(
                title, value=None, format="%.5f", step=0.001, width=150,
                key=state.widget_key(f"placement.{name}"),
            )  # fmt: skip
        st.button(
            say("Take this place"), key="placement.take", icon=":material/my_location:",
            on_click=_at, args=(choice,),
        )  # fmt: skip


def _at(choice: Choice) -> None:
    lon, lat = (state.widget_value(f"placement.{name}") for name in ("lon", "lat"))
    if lon is None or lat is None:
        return
    try:
        code = placement_cache.ground(choice.asked).nearest_cell(float(lon), float(lat))
    except CockpitError as error:
        placement_choices.refuse(error)
        return
    take_cell(code)


# ---------------------------------------------------------------- the plan's sites


def plan(choice: Choice) -> None:
    """Show what the plan changes, each with its buttons."""
    layout = choice.layout
    if not layout:
        return
    names = placement_cache.site_names(choice.asked, language())
    rows = [(f"c:{cell}", say("new site"), names[f"c:{cell}"]) for cell in layout.added]
    rows += [
        (f"c:{cell}", say("moved here"), f"{names[f'f:{facility}']} → {names[f'c:{cell}']}")
        for facility, cell in layout.moved
    ]
    rows += [(f"f:{facility}", say("closed"), names[f"f:{facility}"]) for facility in layout.closed]
    st.markdown(f"**{say('The plan')}**")
    for k, (site, status, name) in enumerate(rows[:_MOST_LISTED]):
        _row(k, site, status, name)
    if len(rows) > _MOST_LISTED:
        st.caption(
            say("{n} more stand in the table of sites below.", n=number(len(rows) - _MOST_LISTED))
        )
    if not placement_choices.in_address():
        st.caption(
            say("This plan is too long for an address: a link does not carry it. Save it to keep "
                "it.")
        )  # fmt: skip


def _row(k: int, site: str, status: str, name: str) -> None:
    closed = site.startswith("f:")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            name, key=f"placement.row.{k}", type="tertiary", help=status,
            icon=":material/cancel:" if closed else ":material/add_location:",
            on_click=placement_choices.select_site, args=(site,),
        )  # fmt: skip
        st.space("stretch")
        if closed:
            st.button(
                say("Keep it after all"),
                key=f"placement.undo.{k}",
                on_click=restore,
                args=(site[2:],),
            )
            return
        st.button(
            say("Move"), key=f"placement.move.{k}",
            on_click=placement_choices.start_moving, args=(site,),
        )  # fmt: skip
        st.button(say("Take away"), key=f"placement.remove.{k}", on_click=remove, args=(site,))
