"""What stands around the maps of the page Compare: sentence, legends, table, file, link."""

from __future__ import annotations

import math
from html import escape
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from cockpit.access.classes import TITLES
from cockpit.answers.compare import Compared
from cockpit.answers.compare_layers import cells_of, file_url, order_of
from cockpit.answers.downloads import Cell
from cockpit.breaks import Breaks
from cockpit.ui import cache, compare_cache, compare_maps, hatching, risk_cache, theme
from cockpit.ui import visitor as visitors
from cockpit.ui.coverage_parts import table as figures_table
from cockpit.ui.way import plain
from cockpit.ui.words import NO_FIGURE, language, number, say, signed, with_unit

_MOST_ROWS = 400
_NO_GAP = {
    "absolute": "{n} regions have no difference: a side is missing or too small to be shown.",
    "percent": "{n} regions have no percentage: a side is missing or too small to be shown, or A "
    "is 0.",
}


def sentences(found: Compared) -> str:
    """Return what the maps show in words: the county's figures, and where most has changed."""
    a, b = compare_cache.titles(found.asked)
    subject = compare_cache.subject(found.asked)
    told = []
    if math.isfinite(found.a.total) and math.isfinite(found.b.total):
        told.append(
            say(
                "{subject}A, {a}: {first}; B, {b}: {second}.",
                subject=f"{subject}{_colon()}" if subject else "", a=a, b=b,
                first=with_unit(found.a.total, found.unit, found.decimals),
                second=with_unit(found.b.total, found.unit, found.decimals),
            )
        )  # fmt: skip
    else:
        told.append(
            say("{subject}A, {a}; B, {b}.", subject=f"{subject}{_colon()}" if subject else "",
                a=a, b=b)
        )  # fmt: skip
    told += _changes(found)
    return ("" if language() == "zh" else " ").join(told)


def _colon() -> str:
    return "：" if language() == "zh" else ": "


def _changes(found: Compared) -> list[str]:
    """Return how many regions rose and fell, the largest of both, and how many are not known."""
    gap = found.difference
    if gap is None:
        a, b = compare_cache.titles(found.asked)
        return [say(found.reason, a=a, b=b)]
    told = []
    known = gap[~np.isnan(gap)]
    if len(known):
        told.append(
            say(
                "B is above A in {more} regions, below it in {less}, and alike in {same}.",
                more=number(int((known > 0).sum())),
                less=number(int((known < 0).sum())),
                same=number(int((known == 0).sum())),
            )
        )
        for which, template in (
            (int(np.nanargmax(gap)), "Most above: {name} ({value})."),
            (int(np.nanargmin(gap)), "Most below: {name} ({value})."),
        ):
            above = template.startswith("Most above")
            if gap[which] != 0 and (gap[which] > 0) == above:
                told.append(say(template, name=_name(found, which), value=_gap_text(found, which)))
    missing = int(np.isnan(gap).sum())
    if missing:
        told.append(say(_NO_GAP[found.asked.how], n=number(missing)))
    return told


def _name(found: Compared, k: int) -> str:
    return cache.names(found.twin.version, language())[int(found.rows[k])]


def _gap_text(found: Compared, k: int) -> str:
    assert found.difference is not None  # noqa: S101 - asked for only where there is one
    text = signed(float(found.difference[k]), found.difference_decimals)
    unit = found.difference_unit
    return f"{text}%" if unit == "%" else f"{text} {say(unit)}"


# ---------------------------------------------------------------- legends


def legend(found: Compared, breaks: Breaks, title: str, decimals: int) -> None:
    """Show classes with their limits; the same for every map that stands over it."""
    tokens = theme.now()
    colours = compare_maps.class_colours(breaks, tokens)
    items = [
        _key(f"background:{colour}", text)
        for colour, text in zip(colours, limits(breaks, decimals), strict=True)
    ]
    if (found.a.masked | found.b.masked).any():
        items.append(_key(f"background:{tokens.masked}", say("not shown")))
    across = hatching.swatch(tokens.no_data, hatching.ink(tokens.no_data))
    if found.one_sided.any() or breaks.n_missing:
        items.append(_key(across, say("no data")))
    st.html(
        f'<div class="ct-small" style="display:flex;flex-wrap:wrap;gap:4px 14px">'
        f"<b>{escape(title)}</b>{''.join(items)}</div>"
    )


def limits(breaks: Breaks, decimals: int) -> list[str]:
    """Return each class's limits as the legend prints them."""
    made = []
    for k, upper in enumerate(breaks.uppers):
        lower = breaks.lowest if k == 0 else breaks.uppers[k - 1]
        if k > 0 and decimals == 0 and not breaks.diverging:
            lower = min(math.floor(lower) + 1, upper)
        low, high = number(lower, decimals), number(upper, decimals)
        made.append(high if low == high else f"{low} – {high}")
    return made


def _key(style: str, text: str) -> str:
    return (
        f'<span class="ct-key"><span class="ct-swatch" style="{style}"></span>{escape(text)}</span>'
    )


# ---------------------------------------------------------------- table, file, link


def table(found: Compared) -> None:
    """Show A, B and the difference of each region, the largest difference first."""
    hidden = say("not shown")
    order = order_of(found)[:_MOST_ROWS]
    rows = [cells_of(found, k, hidden) for k in order]
    gap_title = f"B − A ({say(found.difference_unit)})"
    columns = {
        say("Region"): [_name(found, k) for k in order],
        f"A ({say(found.unit)})": [_text(row[0], found.decimals) for row in rows],
        f"B ({say(found.unit)})": [_text(row[1], found.decimals) for row in rows],
    }
    if found.difference is not None:
        columns[gap_title] = [_text(row[2], found.difference_decimals, sign=True) for row in rows]
    figures_table(columns, words=[say("Region")], alt=say("A, B and their difference by region"))
    if len(found.rows) > _MOST_ROWS:
        st.caption(say("The first {n} regions; all are in the file.", n=_MOST_ROWS))


def _text(cell: Cell, decimals: int, *, sign: bool = False) -> str:
    if cell is None:
        return say("no data")
    if isinstance(cell, str):
        return cell
    return signed(cell, decimals) if sign else number(cell, decimals)


def files(found: Compared) -> None:
    """Show the table to take away and the link to this comparison."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if visitors.may("export"):
            address = f"{file_url(found.twin.version, found.asked)}?lang={language()}"
            st.html(
                f'<div class="ct-small ct-files">{escape(say("Take away:"))} '
                f'<a href="{escape(address)}" download>CSV</a></div>',
                width="content",
            )
        with st.popover(say("Share this view"), icon=":material/link:", width="content"):
            st.write(say("Whoever may open this page sees the same comparison at this address:"))
            st.code(link(), language=None)


def link() -> str:
    """Return the address of what is shown, language included."""
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    query["lang"] = [language()]
    base = str(st.context.url or "").partition("?")[0]
    return f"{base}?{urlencode(query, doseq=True)}"


def remarks(found: Compared) -> None:
    """Say what lies in no region, and where the figures come from."""
    told = []
    if any(found.unplaced):
        told.append(
            say("In no region of this level: {a} events of A, {b} of B.",
                a=number(found.unplaced[0]), b=number(found.unplaced[1]))
        )  # fmt: skip
    if found.asked.kind == "scenarios":
        told.append(say("Places without any way count with the longest time."))
    titles = risk_cache.source_titles(found.twin.version)
    between = "、" if language() == "zh" else ", "
    names = between.join(titles.get(key, {}).get(language(), key) for key in found.sources)
    told.append(
        say("Source: {sources}; data class: {data_class}.", sources=names or NO_FIGURE,
            data_class=say(TITLES[found.data_class]))
    )  # fmt: skip
    st.caption(plain(("" if language() == "zh" else " ").join(told)))
