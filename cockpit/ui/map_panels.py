"""What stands around the map: tiles, legend, sentence, ranking, table, profile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st
from numpy.typing import NDArray

from cockpit.answers import map as answers
from cockpit.answers import picture_words
from cockpit.answers.layers import stamp
from cockpit.answers.map import Figure, MapAnswer
from cockpit.answers.twin import Twin
from cockpit.ui import cache, hatching, map_picture, maps, share, state, theme
from cockpit.ui.map_choices import LEVEL_TITLES, NOTHING, Choice, clicked, let_go
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
    signed,
)

ROWS_A_PAGE = 20


def tiles(twin: Twin, choice: Choice, visitor: str) -> None:
    """Show the figures of the unit, or of the regions put together."""
    picked = [twin.position(code) for code in choice.picked]
    rows = np.array(picked or [choice.unit], dtype=np.intp)
    figures = answers.figures(twin, rows, visitor=visitor)
    if picked:
        called = _named(twin)
        names = _listed([called[row] for row in picked])
        with st.container(horizontal=True, vertical_alignment="center"):
            st.write(say("{n} regions put together: {names}", n=len(picked), names=names))
            st.button(say("Clear"), icon=":material/close:", on_click=let_go)
    cards = "".join(_tile(figure, twin) for figure in figures)
    st.html(f'<div class="ct-tiles" tabindex="0" role="group">{cards}</div>')


def _named(twin: Twin) -> list[str]:
    return cache.names(twin.version, language())


def _listed(names: Sequence[str]) -> str:
    between = "、" if language() == "zh" else ", "
    return between.join(names[:8]) + (" …" if len(names) > 8 else "")


def _tile(figure: Figure, twin: Twin) -> str:
    tokens = theme.now()
    note = "&nbsp;"
    if not math.isnan(figure.share):
        note = escape(say("{share} of residents", share=percent(figure.share, 1)))
    elif not math.isnan(figure.change) and twin.date_before is not None:
        colour = tokens.good if figure.change >= 0 else tokens.bad
        since = say(
            "{change} since {year}", change=signed(figure.change), year=twin.date_before.year
        )
        note = f'<span style="color:{colour}">{escape(since)}</span>'
    value = NO_FIGURE if math.isnan(figure.value) else compact(figure.value)
    unit = "" if value == NO_FIGURE else say(figure.unit)
    if unit.casefold() == say(figure.title).casefold():  # "Households 177,784 households"
        unit = ""
    return (
        f'<div class="ct-tile" data-figure="{figure.id}" title="{number(figure.value)}">'
        f'<div class="ct-quiet ct-small">{escape(say(figure.title))}</div>'
        f'<div class="ct-value">{value} <span class="ct-unit">{escape(unit)}</span></div>'
        f'<div class="ct-quiet ct-small">{note}</div></div>'
    )


def legend(answer: MapAnswer, choice: Choice) -> None:
    """Show the classes with their limits, unit and number of regions, and the shapes of layers."""
    tokens = theme.now()
    indicator, breaks = answer.indicator, answer.breaks
    colours = maps.class_colours(answer, choice.ramp, tokens)
    items = [
        _swatch(f"background:{colour}", text, n)
        for colour, text, n in zip(
            colours, picture_words.limits(answer), breaks.counts, strict=True
        )
    ]
    n_masked = int(answer.masked.sum())
    if n_masked:
        items.append(_swatch(f"background:{tokens.masked}", say("not shown"), n_masked))
    n_few = int(answer.few(choice.few).sum())
    if n_few:
        middle = colours[len(colours) // 2]
        across = hatching.swatch(middle, hatching.ink(middle))
        items.append(
            _swatch(across, picture_words.few_words(answer, choice.few, language()), n_few)
        )
    if breaks.n_missing - n_masked:
        across = hatching.swatch(tokens.no_data, tokens.panel)
        items.append(_swatch(across, say("no data"), breaks.n_missing - n_masked))
    if "facilities" in choice.layers:
        shapes = "".join(
            f'<span class="ct-key"><span style="color:{dark if tokens.name == "dark" else light}">'
            f"{glyph}</span> {escape(say(maps.FACILITY_TITLES[group]))}</span>"
            for group, (glyph, light, dark, _kinds) in maps.FACILITY_GROUPS.items()
        )
        items.append(shapes)
    title = f"{say(indicator.title)}{_bracket(say(indicator.unit))}"
    st.html(
        f'<div class="ct-legend"><b>{escape(title)}</b>{"".join(items)}'
        f'<span class="ct-quiet ct-small">{escape(say("In brackets: number of regions."))}</span>'
        "</div>"
    )


def _bracket(text: str) -> str:
    return f"（{text}）" if language() == "zh" else f" ({text})"


def _swatch(style: str, text: str, n: int) -> str:
    return (
        f'<span class="ct-key"><span class="ct-swatch" style="{style}"></span>'
        f'{escape(text)} <span class="ct-quiet">({number(n)})</span></span>'
    )


def left_out(twin: Twin, answer: MapAnswer, choice: Choice) -> None:
    """Say which wanted layer is not drawn, and how to see it."""
    if "buildings" in choice.layers and maps.too_many_buildings(twin, answer.unit):
        st.caption(
            say(
                "{n} buildings are too many for one map; choose a smaller region.",
                n=number(float(twin.measures["buildings"][answer.unit])),
            )
        )


def sentence(twin: Twin, answer: MapAnswer, few: int = 0) -> str:
    """Return what the map shows in words, as the picture of it says it."""
    return picture_words.sentence(twin, answer, few, language())


def ranking(twin: Twin, answer: MapAnswer, choice: Choice) -> None:
    """Show the regions with the largest figures as bars; a click does what the map's click does."""
    if not answer.breaks.n:
        return
    order = answer.order[: min(answers.RANKED, answer.breaks.n)]
    rows = answer.rows[order]
    codes = [str(code) for code in twin.regions["code"].iloc[rows]]

    def chosen() -> None:
        points = (state.widget_value("map.bars") or {}).get("selection", {}).get("points", [])
        index = points[0].get("point_index") if points else None
        if isinstance(index, int) and index < len(codes):
            clicked(codes[index], several=choice.several)

    indicator, called = answer.indicator, _named(twin)
    st.markdown(
        f"**{say('Largest: {title}', title=say(indicator.title))}**{_bracket(say(indicator.unit))}"
    )
    st.plotly_chart(
        _bars(
            tuple(called[row] for row in rows),
            tuple(answer.values[order].round(indicator.decimals).tolist()),
            indicator.decimals,
            tuple(code in choice.picked for code in codes),
            theme.now().name,
        ),
        theme=None,
        height=34 * len(codes) + 12,
        config={"displayModeBar": False, "scrollZoom": False},
        key=state.widget_key("map.bars"),
        on_select=chosen,
        selection_mode="points",
        alt=say("Bars of the largest figures; the table below says the same."),
    )


@st.cache_resource(max_entries=512, show_spinner=False)
def _bars(
    names: tuple[str, ...],
    values: tuple[float, ...],
    decimals: int,
    picked: tuple[bool, ...],
    shade: str,
) -> Any:
    """Return horizontal bars with the figure at their end, as a plain figure without template."""
    import plotly.graph_objects as go

    tokens = theme.of(shade)
    colours: Any = tokens.accent
    if any(picked):
        colours = [tokens.mark if p else tokens.accent for p in picked]
    font = {"family": theme.FONT_STACK, "size": 14, "color": tokens.text}
    return go.Figure(
        {
            "data": [
                {
                    "type": "bar",
                    "orientation": "h",
                    "x": list(values),
                    "y": list(range(len(values))),
                    "text": [number(v, decimals) for v in values],
                    "textposition": "auto",
                    "textangle": 0,
                    "cliponaxis": False,
                    "insidetextanchor": "end",
                    "insidetextfont": {"size": 14, "color": tokens.panel},
                    "marker": {"color": colours},
                    "hoverinfo": "skip",
                }
            ],
            "layout": {
                "template": {},  # without one plotly sends Streamlit's, 3.5 kB at every run
                "paper_bgcolor": "rgba(0,0,0,0)",
                "plot_bgcolor": "rgba(0,0,0,0)",
                "font": font,
                "margin": {"l": 4, "r": 8, "t": 4, "b": 4},
                "bargap": 0.28,
                "dragmode": False,
                "showlegend": False,
                "xaxis": {"visible": False, "fixedrange": True},
                "yaxis": {
                    "autorange": "reversed",
                    "automargin": True,
                    "fixedrange": True,
                    "tickmode": "array",
                    "tickvals": list(range(len(values))),
                    "ticktext": [_short(name) for name in names],
                },
            },
        },
        skip_invalid=True,
    )


def _short(name: str, most: int = 16) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def table(twin: Twin, answer: MapAnswer, choice: Choice) -> None:
    """Show the regions with their figures, largest first, and the files to take away."""
    n_pages = -(-len(answer.rows) // ROWS_A_PAGE)
    page = 1
    if n_pages > 1:
        page = min(int(state.chosen("map.page", 1)), n_pages)
    places = answer.order[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    rows = answer.rows[places]
    codes = [str(code) for code in twin.regions["code"].iloc[rows]]

    def selected() -> None:
        event = state.widget_value(_table_name(answer, page)) or {}
        marked = [codes[i] for i in event.get("selection", {}).get("rows", []) if i < len(codes)]
        others = [c for c in state.chosen("map.picked", NOTHING) if c not in codes]
        state.choose("map.picked", [*others, *marked][:50])

    indicator = answer.indicator
    values = [
        say("not shown")
        if answer.masked[k]
        else number(float(answer.values[k]), indicator.decimals)
        for k in places
    ]
    title = say("Figure")
    beside = _beside(answer, places, choice.few)
    called = _named(twin)
    names = [called[row] for row in rows]
    st.dataframe(
        pa.table({say("Region"): names, title: values, **beside}),  # goes out as it is
        hide_index=True,
        height=36 * min(len(codes), 6) + 38,
        column_config={
            name: st.column_config.TextColumn(alignment="right", width=110)
            for name in (title, *beside)
        },
        on_select=selected,
        selection_mode="multi-row",
        selection_default={
            "selection": {"rows": [i for i, c in enumerate(codes) if c in choice.picked]}
        },
        key=state.widget_key(_table_name(answer, page)),
        alt=say("Table of the regions on the map"),
    )
    if n_pages > 1:
        st.pagination(
            n_pages,
            max_visible_pages=5,
            **state.remembered("map.page", 1, allowed=range(1, n_pages + 1)),
        )
    _files(twin, answer, choice)


def _beside(answer: MapAnswer, places: NDArray[np.intp], few: int) -> dict[str, list[str]]:
    """Return the column beside the figure: its share of the whole, or what it rests on."""
    if answer.cases is not None:
        sparse, unit = answer.few(few), say(picture_words.case_unit(answer))
        return {
            f"{say('Rests on')}{_bracket(unit)}": [
                f"{number(float(answer.cases[k]))} · {say('few cases')}"
                if sparse[k]
                else number(float(answer.cases[k]))
                for k in places
            ]
        }
    if answer.total > 0:
        shares = answer.values[places] / answer.total
        return {say("Share of the whole"): [percent(float(s), 1) for s in shares]}
    return {}


def _table_name(answer: MapAnswer, page: int) -> str:
    """Return the table's name: another view is another table, with no row marked."""
    clicks = state.chosen("map.clicks", 0)  # a click elsewhere marks other rows than the table had
    return f"map.table.{answer.unit}.{answer.level}.{answer.indicator.id}.{page}.{clicks}"


def _files(twin: Twin, answer: MapAnswer, choice: Choice) -> None:
    code = str(twin.regions["code"].iat[answer.unit])
    address = f"/download/{stamp(twin.version)}/{answer.level}/{code}"
    links = " · ".join(
        f'<a href="{address}.{ending}?lang={language()}" download>{ending.upper()}</a>'
        for ending in ("csv", "xlsx")
    )
    rows = say("all indicators, {n} rows", n=number(len(answer.rows)))
    st.html(
        f'<div class="ct-small ct-files">{escape(say("Take the table away:"))} {links} '
        f'<span class="ct-quiet">{escape(rows)}</span></div>'
    )
    with st.container(horizontal=True):
        map_picture.save(twin, answer, choice)
        share.button()


def profile(twin: Twin, unit: int, visitor: str) -> None:
    """Show the card of the chosen unit."""
    region = twin.regions.iloc[unit]
    lines = "".join(
        f"<dt>{escape(say(fact.title))}</dt><dd>{number(fact.value, fact.decimals)}"
        f"{f' {escape(say(fact.unit))}' if fact.unit else ''}</dd>"
        for fact in answers.profile(twin, unit, visitor=visitor)
    )
    kind = say(LEVEL_TITLES_ONE[str(region["level"])])
    st.html(
        f'<div class="ct-card"><div class="ct-head">{escape(name_of(region))}</div>'
        f'<div class="ct-quiet ct-small">{escape(kind)} · {escape(str(region["code"]))}'
        f"{' · ' + escape(say('cell made by the cockpit')) if region['made'] else ''}</div>"
        f'<dl class="ct-facts">{lines}</dl>'
        f'<div class="ct-quiet ct-small">{escape(_dates(twin, unit))}</div></div>'
    )


LEVEL_TITLES_ONE = {level: LEVEL_TITLES[level] for level in LEVEL_TITLES} | {
    "township": "Township",
    "village": "Village",
    "grid": "Grid",
}


def _dates(twin: Twin, unit: int) -> str:
    text = say("Residents as of {date}.", date=date(twin.date))
    in_no_part = any(kept[unit] for kept in twin.unplaced.values())
    if len(twin.children(unit)) and not in_no_part and not answers.unreconciled(twin, unit):
        return say_terms(
            [
                ("Residents as of {date}.", {"date": date(twin.date)}),
                ("Every figure is the sum of its {n} parts.", {"n": len(twin.children(unit))}),
            ]
        )
    return text
