"""The simple page of a village: found by name, who lives there, how far the services are."""

from __future__ import annotations

from html import escape

from cockpit.answers import lite, open_county
from cockpit.answers.lite import Seen
from cockpit.answers.lite_words import LACKING_TITLES
from cockpit.answers.open_county_places import villages_like
from cockpit.answers.open_village import Rule, Village
from cockpit.web.errors import NotFoundError
from cockpit.web.lite_figures import comment, noise
from cockpit.web.lite_page import Page, bars, panel, said, table

_FOUND = 8


def village(page: Page, there: Seen) -> tuple[str, str]:
    """Return the search, and the village that was chosen: title and page."""
    typed, code = page.asked.get("q", ""), page.asked.get("village", "")
    if code:
        row = there.places.row(code)
        if row is None:
            raise NotFoundError("There is no village of this number.")
        return _chosen(page, there, row)
    title = page.say("My village")
    return title, _search(page, there, typed) + comment(page, there)


def _search(page: Page, there: Seen, typed: str) -> str:
    rows = villages_like(there.places, typed, most=5 if page.elder else _FOUND) if typed else []
    found = "".join(
        f'<li><a href="{page.link("/lite/village", village=_code(there, row))}">'
        f"{escape(called(page, there, row))}</a></li>"
        for row in rows
    )
    if typed:
        found = f"<ul>{found}</ul>" if found else said(
            page, page.say("No village of this name. Try one character less.")
        )  # fmt: skip
    kept = "".join(
        f'<input type="hidden" name="{name}" value="{value}">'
        for name, value in (("lang", page.words.language), ("elder", "1" if page.elder else ""))
        if value
    )
    hint = page.say("Type the name of your village. Pinyin works, too.")
    form = (
        f'<form action="/lite/village" method="get">{kept}'
        f'<label for="q">{page.say("Name of the village")}</label>'
        f'<input id="q" name="q" maxlength="40" value="{escape(typed)}" autocomplete="off">'
        f"<button>{page.say('Search')}</button></form>"
    )
    return f"<section>{said(page, hint)}{form}{found}</section>"


def _code(there: Seen, row: int) -> str:
    return str(there.places.regions["code"].iat[row])


def called(page: Page, there: Seen, row: int) -> str:
    """Return a village's name with its township: names come twice in a county."""
    region = there.places.regions.iloc[row]
    above = str(region["path"]).strip("/").split("/")[:-1]
    up = there.places.row(above[-1]) if len(above) > 1 else None
    name = page.words.name_of(region)
    if up is None:
        return name
    town = page.words.name_of(there.places.regions.iloc[up])
    return f"{name}（{town}）" if page.words.zh else f"{name} ({town})"


def _chosen(page: Page, there: Seen, row: int) -> tuple[str, str]:
    found = lite.village(there.places, row)
    back = f'<p><a href="{page.link("/lite/village")}">{page.say("Another village")}</a></p>'
    parts = [back, _people(page, there, row), _ways(page, found), comment(page, there)]
    return escape(called(page, there, row)), "".join(parts)


def _people(page: Page, there: Seen, row: int) -> str:
    groups = open_county.groups_of(there.releases, _code(there, row))
    people, ages = open_county.people_of(groups), open_county.ages_of(groups)
    title = page.say("Who lives here")
    if people is None:
        told = page.say("The county has not released how many people live here.")
        return panel(title, said(page, told))
    day = page.words.date(people.release.as_of)
    html = said(
        page,
        page.say("About {people} people live here.", people=page.words.figure(people.total)),
        page.say("This was so on {date}.", date=day),
    )
    if ages is not None:
        lines = [(page.words.say(part.title), part.figure, ages.total) for part in ages.parts]
        html += bars(page, lines)
    return panel(title, html + (noise(page) if people.total.margin is not None else ""))


def _ways(page: Page, found: Village) -> str:
    title = page.say("How far are the services")
    if found.lacking:
        reasons = [page.say(LACKING_TITLES[name]) for name in found.lacking]
        so = page.say("So we cannot tell how long the ways are.")
        return panel(title, said(page, *reasons, so))
    rows = [
        (
            page.say(way.service.title),
            escape(way.facility) or page.say("none that a road leads to"),
            escape(page.words.way(way)),
            _verdict(page, way.rule),
        )
        for way in found.ways
    ]
    head = [page.say(one) for one in ("Service", "Nearest", "How long", "Standard")]
    html = said(page, escape(page.words.kept(found.judged, found.kept)))
    html += table(page, head, rows, caption=title, under_heading=True)
    notes = ("Ways begin in the middle of the village.", "Only public roads and services are used.")
    return panel(title, html + said(page, *(page.say(one) for one in notes), quiet=True))


def _verdict(page: Page, rule: Rule | None) -> str:
    if rule is None:
        return f'<span class="op-quiet">{page.say("no standard")}</span>'
    mark = (
        f'<span class="yes">✓ {page.say("kept")}</span>'
        if rule.met
        else f'<span class="no">✗ {page.say("not kept")}</span>'
    )
    return f'{mark} <span class="op-quiet">{escape(page.words.rule(rule))}</span>'
