"""The drawing board: a chart of roads, rivers and bridges on which a flooded area is drawn."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st
from numpy.typing import NDArray

from cockpit.answers import closure_areas
from cockpit.answers.twin import Twin
from cockpit.look.marks import FLOOD
from cockpit.look.tokens import INK, WHITE
from cockpit.ui import cache, closures_cache, closures_choices, state, theme
from cockpit.ui.closures_maps import CLOSED
from cockpit.ui.theme import Tokens
from cockpit.ui.words import language, say

_WIDE, _HIGH = 0.06, 0.02  # degrees that a name takes on the chart of a county


def board(twin: Twin, key: str) -> None:
    """Show the chart; a lasso or a box drawn on it is flooded at once."""
    name = f"closures.board.{state.chosen('closures.clicks', 0)}"

    def drawn() -> None:
        selection = (state.widget_value(name) or {}).get("selection", {})
        if not (selection.get("lasso") or selection.get("box")):
            return
        box = closures_cache.box()
        if closures_choices.with_areas(lambda: closure_areas.drawn(selection, box)):
            state.choose("closures.drawing", False)

    st.caption(
        say(
            "Draw round the flooded area with the pointer held down; the rectangle tool stands at "
            "the top right. All roads that touch the area are then closed."
        )
    )
    st.plotly_chart(
        figure(twin, key, theme.now(), language()),
        theme=None,
        height=420 if state.on_telephone() else 640,
        config={
            "scrollZoom": True,
            "displaylogo": False,
            "displayModeBar": True,
            "modeBarButtonsToRemove": ["toImage", "autoScale2d", "zoomIn2d", "zoomOut2d"],
        },
        key=state.widget_key(name),
        on_select=drawn,
        selection_mode=("lasso", "box"),
        alt=say("Chart of roads, rivers and bridges to draw a flooded area on"),
    )


def figure(twin: Twin, key: str, tokens: Tokens, in_language: str) -> Any:
    """Return the chart of the county as a plain figure without template."""
    import plotly.graph_objects as go

    found = closures_cache.sketch()
    west, south, east, north = closures_cache.box()
    water = FLOOD[tokens.name]
    names = cache.names(twin.version, in_language)
    rows = _apart(twin, found.places)
    traces = [
        _line(found.rivers, f"{water}88", 2.0),
        _line(found.roads, tokens.map_road, 1.0),
        *_flooded(key, water),
        {
            "type": "scatter",
            "mode": "markers",
            "x": found.bridges[:, 0].round(5).tolist(),
            "y": found.bridges[:, 1].round(5).tolist(),
            "marker": {
                "size": 6, "color": WHITE, "line": {"color": INK, "width": 1}
            },
            "hoverinfo": "skip",
            "selected": {"marker": {"color": CLOSED}},
            "unselected": {"marker": {"opacity": 1}},
        },
        {
            "type": "scatter",
            "mode": "text",
            "x": twin.regions["lon"].iloc[rows].tolist(),
            "y": twin.regions["lat"].iloc[rows].tolist(),
            "text": [names[row] for row in rows],
            "textposition": "top center",
            "textfont": {
                "size": 13, "weight": 600, "color": tokens.text,
                "shadow": " , ".join([f"0 0 3px {tokens.map_ground}"] * 4),
            },
            "hoverinfo": "skip",
            "selected": {"textfont": {"color": tokens.text}},
            "unselected": {"textfont": {"color": tokens.text}},
        },
    ]  # fmt: skip
    axis = {"visible": False, "zeroline": False, "showgrid": False}
    return go.Figure(
        {
            "data": traces,
            "layout": {
                "template": {},
                "paper_bgcolor": "rgba(0,0,0,0)",
                "plot_bgcolor": tokens.map_ground,
                "font": {"family": theme.FONT_STACK, "color": tokens.text},
                "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
                "showlegend": False,
                "dragmode": "lasso",
                "newselection": {"line": {"color": water, "width": 2}},
                "modebar": {"bgcolor": tokens.panel, "color": tokens.quiet,
                            "activecolor": tokens.accent},
                "xaxis": {**axis, "range": [west, east]},
                "yaxis": {
                    **axis,
                    "range": [south, north],
                    "scaleanchor": "x",  # metres alike in both directions
                    "scaleratio": 1 / math.cos(math.radians((south + north) / 2)),
                },
            },
        },
        skip_invalid=True,
    )  # fmt: skip


def _apart(twin: Twin, rows: tuple[int, ...]) -> list[int]:
    """Return the places whose names do not run into each other, the largest first."""
    people = twin.measures["people"]
    lon, lat = (twin.regions[c].to_numpy() for c in ("lon", "lat"))
    kept: list[int] = []
    for row in sorted(rows, key=lambda r: -_known(float(people[r]))):
        near = [
            k for k in kept if abs(lon[k] - lon[row]) < _WIDE and abs(lat[k] - lat[row]) < _HIGH
        ]
        if not math.isnan(lon[row]) and not near:
            kept.append(row)
    return kept


def _known(people: float) -> float:
    return 0.0 if math.isnan(people) else people


def _line(points: NDArray[Any], colour: str, width: float) -> dict[str, Any]:
    none = [[None, None] if math.isnan(x) else [x, y] for x, y in points.tolist()]
    return {
        "type": "scatter",  # scattergl compiles code in the browser, which our policy forbids
        "mode": "lines",
        "x": [p[0] for p in none],
        "y": [p[1] for p in none],
        "line": {"color": colour, "width": width},
        "hoverinfo": "skip",
    }


def _flooded(key: str, water: str) -> list[dict[str, Any]]:
    """Return the areas that are closed already."""
    import shapely

    area = closures_cache.closed(key).water
    traces = []
    for part in shapely.get_parts(area) if area is not None else ():
        x, y = shapely.get_coordinates(shapely.simplify(part.exterior, 1e-4)).round(5).T.tolist()
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": x,
                "y": y,
                "fill": "toself",
                "fillcolor": f"{water}55",
                "line": {"color": water, "width": 1.5},
                "hoverinfo": "skip",
            }
        )
    return traces
