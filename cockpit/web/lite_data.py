"""The simple page of open data: each data set in a few words, with the links to its files."""

from __future__ import annotations

from html import escape

from cockpit.answers.lite import Seen
from cockpit.answers.lite_words import FORMAT_TITLES
from cockpit.answers.open_catalogue import OpenDataset, open_datasets
from cockpit.memo.words import number
from cockpit.web.lite_page import Page, panel, said


def data(page: Page, there: Seen) -> tuple[str, str]:  # noqa: ARG001 -- as every page is made
    """Return the open data sets with their files: title and page."""
    title = page.say("Open data sets")
    found = open_datasets()
    if not found:
        told = page.say("The county has not made any data public yet.")
        return title, panel(page.say("Nothing here yet"), said(page, told))
    lead = said(page, page.say("Everything here is free to download and use."))
    some, rest = found[: page.most], found[page.most :]
    html = "".join(_dataset(page, one) for one in some)
    if rest:
        word = page.say("Show the other {n}", n=len(rest))
        others = "".join(_dataset(page, one) for one in rest)
        html += f"<details><summary>{word}</summary>{others}</details>"
    return title, lead + html


def _dataset(page: Page, one: OpenDataset) -> str:
    words = page.words
    facts = [
        escape(words.either(one.department, one.department_en)),
        page.say("as of {date}", date=words.date(one.as_of)) if one.as_of else "",
        page.say("{n} rows", n=number(one.rows)) if one.rows else "",
        page.say("taken back") if one.retracted else "",
        escape(words.either(one.licence, one.licence_en)),
    ]
    files = "".join(
        f'<a href="{escape(file.href)}" download>'
        f"{page.say(FORMAT_TITLES.get(file.format, file.format))}"
        f"&nbsp;<span class=op-quiet>{escape(words.size(file.bytes))}</span></a>"
        for file in one.formats
    )
    told = escape(words.either(one.description, one.description_en))
    return panel(
        escape(words.either(one.title, one.title_en)),
        f'<p>{told}</p><p class="op-quiet">{" · ".join(fact for fact in facts if fact)}</p>'
        f'<div class="ways">{files}</div>',
    )
