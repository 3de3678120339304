"""The panel "What is closed": bridges by name, rivers, stored, typed and uploaded areas."""

from __future__ import annotations

import streamlit as st

from cockpit.answers import closure_areas
from cockpit.answers.closure_areas import Shape
from cockpit.answers.closure_key import NARROWEST_M, WIDEST_M
from cockpit.ui import cache, closures_cache, closures_choices, state, uploading
from cockpit.ui.closures_choices import Choice
from cockpit.ui.map_choices import LAYER_TITLES
from cockpit.ui.words import language, number, say

FIRST_WIDTH_M = 200
_STEP_M = 10


def panel(choice: Choice) -> None:
    """Show what is closed, each with a button to open it, and the ways to close more."""
    _list(choice)
    _bridge(choice)
    rivers, areas = closures_cache.shapes()
    if rivers:
        _river(rivers)
    st.button(
        say("Draw a flooded area"),
        icon=":material/draw:",
        on_click=state.choose,
        args=("closures.drawing", True),
        disabled=choice.drawing,
        width="stretch",
    )
    with st.expander(say("Area as text, file or stored layer")):
        if areas:
            _zone(areas)
        _typed()
        _uploaded()


def _list(choice: Choice) -> None:
    closures = choice.closures
    if not closures:
        st.info(
            say(
                "All roads are open. Click a bridge on the map, choose one by name, or flood an "
                "area."
            )
        )
        return
    known = closures_cache.bridges(language())
    rows = [
        ("edges", k, known[e][1] if e in known else say("road no. {n}", n=e))
        for k, e in enumerate(closures.edges)
    ]
    names = {s.id: shape_name(s) for kind in closures_cache.shapes() for s in kind}
    rows += [
        ("strips", k, say("{river}, {m} m on either side", river=names.get(r, str(r)), m=m))
        for k, (r, m) in enumerate(closures.strips)
    ]
    rows += [("zones", k, names.get(z, str(z))) for k, z in enumerate(closures.zones)]
    rows += [
        ("areas", k, say("Area {n}: {size} km²", n=k + 1, size=number(_size(area), 2)))
        for k, area in enumerate(closures.areas)
    ]
    for kind, position, name in rows:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":red[✕] {_plain(name)}", width="stretch")
            st.button(
                say("Reopen"),
                key=f"open.{kind}.{position}",
                type="tertiary",
                icon=":material/lock_open:",
                help=say("Open again: {name}", name=name),
                on_click=closures_choices.without,
                args=(kind, position),
            )


def _plain(text: str) -> str:
    from cockpit.ui.way import plain

    return plain(text)


def _size(area: object) -> float:
    return closure_areas.size_km2(area)


def shape_name(shape: Shape) -> str:
    """Return what a stored river or area is called; the number where it has no name."""
    if shape.name:
        return shape.name
    layer = LAYER_TITLES.get(shape.layer)
    what = shape.kind or (say(layer) if layer else shape.layer)
    return say("{what} no. {n}", what=what, n=shape.id)


def _bridge(choice: Choice) -> None:
    """Show the list of all bridges: the map's click by keyboard."""
    known = closures_cache.bridges(language())

    by_name = {name: edge for edge, (_bridge, name) in known.items()}

    def chosen() -> None:
        found = state.widget_value("closures.bridge")
        # Once its key has been forgotten, the widget may hand on the words that stand in the list.
        edge = found if found in known else by_name.get(found)
        if edge is not None:
            state.forget_widget("closures.bridge")
            closures_choices.toggle(edge)

    if not known:
        st.caption(say("The stored roads have no bridges; close areas instead."))
        return
    st.selectbox(
        say("Close a bridge ({n} in the county)", n=number(len(known))),
        [edge for edge in known if edge not in choice.closures.edges],
        index=None,
        format_func=lambda edge: known[edge][1] if edge in known else str(edge),
        placeholder=say("Road or village"),
        key=state.widget_key("closures.bridge"),
        on_change=chosen,
    )


def _river(rivers: tuple[Shape, ...]) -> None:
    names = {river.id: shape_name(river) for river in rivers}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        river = st.selectbox(
            say("Flood along a river"),
            list(names),
            format_func=lambda i: names.get(i, str(i)),
            placeholder=say("Flood along a river"),
            width=190,
            **state.remembered("closures.river", rivers[0].id, allowed=names),
        )
        metres = st.number_input(
            say("Metres on either side"),
            min_value=NARROWEST_M,
            max_value=WIDEST_M,
            step=_STEP_M * 5,
            width=160,
            **state.remembered(
                "closures.width",
                FIRST_WIDTH_M,
                check=lambda m: NARROWEST_M <= m <= WIDEST_M,
            ),
        )
        st.button(
            say("Flood"),
            icon=":material/water:",
            on_click=closures_choices.with_river,
            args=(int(river), int(metres)),
        )


def _zone(areas: tuple[Shape, ...]) -> None:
    names = {area.id: shape_name(area) for area in areas}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        zone = st.selectbox(
            say("Area of a stored layer"),
            list(names),
            format_func=lambda i: names.get(i, str(i)),
            placeholder=say("Area of a stored layer"),
            width=300,
            **state.remembered("closures.zone", areas[0].id, allowed=names),
        )
        st.button(
            say("Close"),
            key="closures.zone.close",
            on_click=closures_choices.with_zone,
            args=(int(zone),),
        )


def _typed() -> None:
    def close() -> None:
        text = str(state.widget_value("closures.text") or "")
        box = closures_cache.box()
        closures_choices.with_areas(lambda: closure_areas.typed(text, box))

    st.text_area(
        say("Corners, longitude and latitude, one a line"),
        placeholder="106.92 27.31\n106.95 27.31\n106.95 27.34",
        max_chars=closure_areas.LONGEST_TEXT,
        height=96,
        key=state.widget_key("closures.text"),
    )
    st.button(say("Close this area"), on_click=close, key="closures.text.close")


def _uploaded() -> None:
    def close() -> None:
        file = state.widget_value("closures.file")
        if file is None:
            return
        known, box = cache.reach(), closures_cache.box()
        closures_choices.with_areas(
            lambda: closure_areas.uploaded(file.name, file.getvalue(), known, box)
        )

    megabytes = closure_areas.LIMITS.file_bytes // 1024**2
    uploading.words(megabytes, closure_areas.FILE_TYPES)
    file = st.file_uploader(
        say("GeoJSON file with areas, up to {n} MB", n=megabytes),
        type=list(closure_areas.FILE_TYPES),
        max_upload_size=megabytes,
        key=state.widget_key("closures.file"),
    )
    st.button(
        say("Close the areas of the file"),
        on_click=close,
        disabled=file is None,
        key="closures.file.close",
    )
