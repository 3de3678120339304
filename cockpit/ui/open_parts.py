"""Pieces of the public pages: panels, figures with their ±, bars and tables as plain HTML."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

from cockpit.answers.open_county import Figure
from cockpit.answers.release_store import Published
from cockpit.ui.words import language, number, percent, say

_CHINESE = re.compile(r"[\u3400-\u9fff]")


def show(html: str, *, tag: str = "div") -> None:
    """Show HTML in the type of public pages."""
    st.html(f'<{tag} class="op">{html}</{tag}>')


def panel(title: str, html: str) -> str:
    """Return a panel with a heading; both are HTML but for the title."""
    return f'<section class="op-panel"><h2>{escape(title)}</h2>{html}</section>'


def said(*sentences: str, quiet: bool = False) -> str:
    """Return a paragraph of sentences."""
    between = "" if language() == "zh" else " "
    mark = ' class="op-quiet"' if quiet else ""
    return f"<p{mark}>{escape(between.join(s for s in sentences if s))}</p>"


def quoted(text: str) -> str:
    """Return somebody's own words as HTML: Chinese ones in an English page are marked as such."""
    if language() == "zh" or text.isascii() or not _CHINESE.search(text):
        return escape(text)
    return f'<span lang="zh">“{escape(text)}”</span>'


def figure_words(figure: Figure) -> str:
    """Return a released figure with its ±: "1,360 ±12"; words where it is hidden."""
    if figure.count is None:
        return say("not shown")
    told = number(figure.count)
    return told if figure.margin is None else f"{told} ±{number(figure.margin)}"


def share_words(share: float) -> str:
    """Return a share as a percentage; "" where it is not known."""
    return "" if math.isnan(share) else percent(share)


def tile(title: str, figure: Figure, unit: str, note: str = "") -> str:
    """Return a card with one large figure."""
    if figure.count is None:
        big = f'<div class="op-big">{escape(say("not shown"))}</div>'
    else:
        off = "" if figure.margin is None else f" ±{number(figure.margin)}"
        big = (
            f'<div class="op-big">{number(figure.count)} '
            f'<span class="op-unit">{escape(say(unit) + off)}</span></div>'
        )
    below = f'<div class="op-quiet">{escape(note)}</div>' if note else ""
    return f'<div class="op-card"><div class="op-quiet">{escape(title)}</div>{big}{below}</div>'


def cards(items: Iterable[str], *, wide: bool = False) -> str:
    """Return cards side by side."""
    return f'<div class="op-cards{" op-wide" if wide else ""}">{"".join(items)}</div>'


def bars(rows: Sequence[tuple[str, Figure, Figure]]) -> str:
    """
    Return bars: title, figure, and the whole that it is a share of.

    The words beside each bar say the same as the bar, so the bar is hidden from who listens.
    """
    lines, empty = [], ' style="visibility:hidden"'  # what is not told has no bar, not one of 0
    for title, figure, whole in rows:
        share = figure.share_of(whole)
        width = 0 if math.isnan(share) else 100 * share
        words = share_words(share)
        if figure.is_lost or (figure.count is not None and whole.is_lost):
            words = say("too few people for a share")
        told = figure_words(figure) + (f" · {words}" if words else "")
        lines.append(
            f'<div class="op-bar"><span>{escape(title)}</span>'
            f'<span class="op-track" aria-hidden="true"{"" if width else empty}>'
            f'<span class="op-fill" style="display:block;width:{width:.1f}%"></span></span>'
            f"<span>{escape(told)}</span></div>"
        )
    return "".join(lines)


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    caption: str,
    numbers: Sequence[int] = (),
    under_heading: bool = False,
) -> str:
    """
    Return a table with a caption; cells are HTML, ``numbers`` are columns set to the right.

    ``under_heading``: the caption says what the heading above says, so only listeners need it.
    """

    def cell(tag: str, k: int, text: str) -> str:
        scope = ' scope="col"' if tag == "th" else f' data-h="{escape(head[k])}"'
        mark = ' class="op-n"' if k in numbers else ""
        return f"<{tag}{scope}{mark}>{text}</{tag}>"

    top = "".join(cell("th", k, escape(text)) for k, text in enumerate(head))
    body = "".join(
        "<tr>" + "".join(cell("td", k, text) for k, text in enumerate(row)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="op-scroll" tabindex="0" role="group" aria-label="{escape(caption)}">'
        f"<table{' class=op-stack' if len(head) > 2 else ''}>"
        f"<caption{' class=op-sr' if under_heading else ''}>{escape(caption)}</caption>"
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def facts(lines: Iterable[tuple[str, str]]) -> str:
    """Return a list of terms and what they are (HTML); empty ones are left out."""
    told = "".join(f"<dt>{escape(t)}</dt><dd>{text}</dd>" for t, text in lines if text)
    return f"<dl>{told}</dl>"


def link(address: str, words: str, *, download: bool = False) -> str:
    """Return a link that stays in the window."""
    mark = " download" if download else ""
    return f'<a href="{escape(address)}" target="_self"{mark}>{escape(words)}</a>'


def title_of(release: Published) -> str:
    """Return a release's title in the visitor's language."""
    return release.title_en if language() == "en" and release.title_en else release.title
