"""The catalogue of open data: search, filters, what each column means, files and addresses."""

from __future__ import annotations

from html import escape

import streamlit as st

from cockpit.answers.lite_words import FORMAT_TITLES, Words
from cockpit.answers.open_catalogue import OpenDataset, OpenFile, OpenVersion
from cockpit.ui import elder, state
from cockpit.ui.map_choices import LEVEL_TITLES
from cockpit.ui.open_parts import facts, link, panel, quoted, said, show, table
from cockpit.ui.words import date, language, number, say

ALL = ""
_USUALLY = 12
_HANDFUL = 6  # data sets that need no more than one filter
GROUP_TITLES = {ALL: "All", "release": "Released figures", "data": "Data of departments"}


def choose(datasets: tuple[OpenDataset, ...]) -> OpenDataset | None:
    """Show the title; return the data set that the address names, None for the list."""
    elder.begin(
        say("Open data sets"),
        say("Everything here is free to download and use."),
        page="datasets",
    )
    ids = {one.id: one for one in datasets}
    chosen = state.read("open.dataset", "", address="dataset", write=False)
    return ids.get(chosen)


def listing(datasets: tuple[OpenDataset, ...]) -> None:
    """Show search, filters and the data sets that fit."""
    if not datasets:
        text = say("The county has not made any data public yet.")
        show(panel(say("Nothing here yet"), said(text)))
        return
    text = st.text_input(
        say("Search"),
        placeholder=say("Word in title, description or column"),
        max_chars=60,
        **state.remembered("open.q", "", address="q", check=lambda q: len(q) <= 60),
    )
    if state.on_telephone():
        with st.expander(say("Search by kind, department or format")):
            filters = _filters(datasets)
    else:
        filters = _filters(datasets)
    _list(fitting(datasets, text, **filters))


def _filters(datasets: tuple[OpenDataset, ...]) -> dict[str, str]:
    """Show the filters and return what is chosen; few data sets need one of them only."""
    kinds = {k: say(t) for k, t in GROUP_TITLES.items()}
    group = elder.pick(say("Kind"), kinds, "open.group", address="kind")
    if len(datasets) <= _HANDFUL:
        return {"group": group, "department": ALL, "form": ALL}
    departments = sorted({one.department for one in datasets if one.department})
    names = {ALL: say("All"), **{d: _department(datasets, d) for d in departments}}
    department = elder.pick(say("Department"), names, "open.department", address="department")
    there = [f for f in FORMAT_TITLES if any(one.file(f) for one in datasets)]
    formats = {ALL: say("All"), **{f: say(FORMAT_TITLES[f]) for f in there}}
    form = elder.pick(say("Format"), formats, "open.format", address="format")
    return {"group": group, "department": department, "form": form}


def fitting(
    datasets: tuple[OpenDataset, ...], text: str, *, group: str, department: str, form: str
) -> list[OpenDataset]:
    """
    Return the data sets that fit a search and filters, in their order.

    Every word must stand in title, description, department, id, or a column's name or title, in any
    case. A text that is a region's code finds everything that has codes.
    """
    words = [] if text.strip().isdigit() else text.lower().split()
    return [
        one
        for one in datasets
        if all(word in _words(one) for word in words)
        and group in (ALL, one.group)
        and department in (ALL, one.department)
        and (form == ALL or one.file(form) is not None)
    ]


def _words(one: OpenDataset) -> str:
    columns = (f"{c.name} {c.title} {c.title_en}" for c in one.dictionary)
    told = (one.id, one.title, one.title_en, one.description, one.description_en, one.department,
            one.department_en, *columns)  # fmt: skip
    return " ".join(told).lower()


def _department(datasets: tuple[OpenDataset, ...], name: str) -> str:
    one = next(d for d in datasets if d.department == name)
    return _text(one.department, one.department_en)


def _list(found: list[OpenDataset]) -> None:
    if not found:
        show(said(say("Nothing fits. Try fewer words or choose All.")))
        return
    step = elder.MOST if elder.on() else _USUALLY
    most = step + int(state.chosen("open.more", 0)) * step
    show(said(say("{n} found", n=number(len(found))), quiet=True))
    show(f'<div class="op-cards op-wide">{"".join(_card(one) for one in found[:most])}</div>')
    if len(found) > most:
        left = number(len(found) - most)
        st.button(say("Show more ({n} left)", n=left), on_click=_more)


def _more() -> None:
    state.choose("open.more", int(state.chosen("open.more", 0)) + 1)


def _card(one: OpenDataset) -> str:
    tags = "".join(
        f'<span class="op-tag">{escape(text)}</span>'
        for text in (
            _text(one.department, one.department_en),
            say("as of {date}", date=date(one.as_of)) if one.as_of else "",
            say("{n} rows", n=number(one.rows)) if one.rows else "",
            say("taken back") if one.retracted else "",
        )
        if text
    )
    address = escape(elder.link("datasets", dataset=one.id))
    title = escape(_text(one.title, one.title_en))
    words = escape(_text(one.description, one.description_en))
    return (
        f'<section class="op-card"><h2><a href="{address}" target="_self">{title}</a></h2>'
        f"<p>{words}</p>{tags}</section>"
    )


# ---------------------------------------------------------------- one data set


def details(one: OpenDataset) -> None:
    """Show one data set: what it says, its files, columns, versions and addresses."""
    back = link(elder.link("datasets"), say("← All data sets"))
    show(f"<p>{back}</p><h2>{escape(_text(one.title, one.title_en))}</h2>")
    if one.retracted is not None:
        told = say("Taken back on {date}.", date=date(one.retracted.date()))
        show(panel(say("Taken back"), f"{said(told)}<p>{quoted(one.retraction)}</p>"))
    left, right = st.columns(2, gap="medium")
    with left:
        show(panel(say("What it is"), _about(one)))
    with right:
        show(panel(say("Download"), _files(one.formats)))
    if one.dictionary:
        show(panel(say("What the columns mean"), _dictionary(one)))
    left, right = st.columns(2, gap="medium")
    with left:
        show(panel(say("Versions"), "".join(_version(v) for v in one.versions)))
    with right:
        show(panel(say("For programs"), _addresses(one)))


def _about(one: OpenDataset) -> str:
    licence = _text(one.licence, one.licence_en)
    terms = (
        f'<a href="{escape(one.licence_uri)}" target="_blank" rel="noopener">{escape(licence)}</a>'
        if one.licence_uri
        else escape(licence)
    )
    levels = [say(LEVEL_TITLES[level]) for level in one.levels if level in LEVEL_TITLES]
    between = "、" if language() == "zh" else ", "
    every = "" if one.refresh_days is None else say("every {n} days", n=number(one.refresh_days))
    lines = [
        (say("Department"), escape(_text(one.department, one.department_en))),
        (say("Data class"), escape(say("Public"))),
        (say("Licence"), terms),
        (say("Speaks of"), escape(date(one.as_of)) if one.as_of else ""),
        (say("Updated"), escape(date(one.updated.date()))),
        (say("Renewed"), escape(every)),
        (say("Rows"), number(one.rows)),
        (say("Levels"), escape(between.join(levels))),
        (say("How exact (±)"), escape(_text(one.margins, one.margins_en))),
        (say("Note"), quoted(one.note)),
    ]
    return said(_text(one.description, one.description_en)) + facts(lines)


def _files(files: tuple[OpenFile, ...]) -> str:
    if not files:
        return said(say("There are no files."))
    rows = [
        (
            link(file.href, say(FORMAT_TITLES.get(file.format, file.format)), download=True),
            escape(Words(language()).size(file.bytes)),
            f'<code title="{file.sha256}">{file.sha256[:12]}…</code>',
        )
        for file in files
    ]
    head = (say("File"), say("File size"), "SHA-256")
    hashes = "".join(
        f"<dt>{escape(file.name)}</dt><dd><code>{file.sha256}</code></dd>" for file in files
    )
    word = escape(say("Whole checksums"))
    return (
        table(head, rows, caption=say("Files of the newest version"), numbers=(1,))
        + f"<details><summary>{word}</summary><dl>{hashes}</dl></details>"
    )


def _dictionary(one: OpenDataset) -> str:
    rows = [
        (
            f"<code>{escape(c.name)}</code>",
            escape(_text(c.title, c.title_en)),
            escape(_text(c.description, c.description_en)),
            escape(_text(c.unit, c.unit_en)),
        )
        for c in one.dictionary
    ]
    head = (say("Column"), say("Called"), say("Meaning"), say("Unit"))
    return table(head, rows, caption=say("{n} columns", n=len(rows)))


def _version(version: OpenVersion) -> str:
    title = say("Version {n}, {date}", n=version.version, date=date(version.updated.date()))
    if version.retracted is not None:
        told = say("Taken back on {date}.", date=date(version.retracted.date()))
        return f"<h3>{escape(title)}</h3>{said(told)}<p>{quoted(version.notice)}</p>"
    links = " · ".join(
        link(file.href, say(FORMAT_TITLES.get(file.format, file.format)), download=True)
        for file in version.formats
    )
    return f"<h3>{escape(title)}</h3><p>{quoted(version.notice)}</p><p>{links}</p>"


def _addresses(one: OpenDataset) -> str:
    items = f"/open/api/collections/{one.id}/items"
    lines = [
        (say("Description"), f"/open/api/collections/{one.id}"),
        (say("Rows, ten at a time"), f"{items}?limit=10"),
        (say("All interfaces"), "/open/api/openapi.json"),
        (say("Catalogue (DCAT)"), "/open/catalogue.jsonld"),
    ]
    told = [(title, f'<a href="{escape(a)}" target="_self"><code>{escape(a)}</code></a>')
            for title, a in lines]  # fmt: skip
    example = f'curl "https://…{items}?limit=10"'
    return facts(told) + f"<p><code>{escape(example)}</code></p>"


def _text(chinese: str, english: str) -> str:
    return english if language() == "en" and english else chinese
