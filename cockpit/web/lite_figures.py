"""The first simple page: who lives in the county, who has services near by, what is new."""

from __future__ import annotations

from html import escape

from cockpit.answers import open_county
from cockpit.answers.lite import Seen
from cockpit.answers.lite_words import call, inside, telephones
from cockpit.coverage.services import SERVICES
from cockpit.indicators import MEASURES
from cockpit.memo.words import number
from cockpit.web import lite_map
from cockpit.web.lite_page import Page, bars, panel, quoted, said, table

NEWS_TITLES = {
    "published": "New: {title}",
    "changed": "Changed: {title}, version {version}",
    "retracted": "Taken back: {title}",
}


def county(page: Page, there: Seen) -> tuple[str, str]:
    """Return the county in figures: title and page."""
    parts = [
        f"<p>{_lead(page, there)}</p>",
        _people(page, there),
        lite_map.first(page, there),
        _covered(page, there),
        _services(page, there),
        _news(page),
        comment(page, there),
    ]
    return escape(page.county), "".join(parts)


def _lead(page: Page, there: Seen) -> str:
    levels = there.places.regions["level"].value_counts()
    people = open_county.people_of(there.groups)
    told = [
        page.say(
            "The county has {townships} townships and {villages} villages.",
            townships=number(levels.get("township", 0)),
            villages=number(levels.get("village", 0)),
        )
    ]
    if people is not None:
        figure = page.words.figure(people.total)
        told.insert(0, page.say("About {people} people live here.", people=figure))
    return page.words.joined(told)


def _people(page: Page, there: Seen) -> str:
    found, ages = open_county.people_of(there.groups), open_county.ages_of(there.groups)
    title = page.say("How many people live here")
    if found is None:
        return panel(title, said(
            page, page.say("The county has not released figures about people yet."),
            page.say("Borders, services and data sets below are public already."),
        ))  # fmt: skip
    release = found.release
    figure = page.words.figure(found.total)
    html = (
        f'<div class="op-big">{escape(figure)} <span class="unit">{page.say(release.unit)}</span>'
        f"</div>{said(page, page.say('as of {date}', date=page.words.date(release.as_of)))}"
    )
    if ages is not None:
        lines = [(page.words.say(part.title), part.figure, ages.total) for part in ages.parts]
        html += f"<h3>{page.say('How old they are')}</h3>{bars(page, lines)}"
    titles = page.words.either(release.title, release.title_en)
    html += said(page, page.say("Source: {titles}.", titles=titles), quiet=True)
    return panel(title, html + (noise(page) if found.total.margin is not None else ""))


def noise(page: Page) -> str:
    """Return what ± means."""
    return said(
        page,
        page.say("± means: the true number is hardly ever farther away."),
        page.say("We change numbers a little, to protect each person."),
        quiet=True,
    )


def _covered(page: Page, there: Seen) -> str:
    found = open_county.covered_of(there.groups)
    title = page.say("Who has services near by")
    if not found:
        none = page.say("It has not been released how many people have services near by.")
        return panel(title, said(page, none))
    rows = [
        (page.words.say(SERVICES[service].title), group.parts[0].figure, group.total)
        for service, group in found[: page.most]
    ]
    told = [
        page.say("{share} of people live near {service}.", share=share, service=inside(name))
        for name, figure, total in rows
        if (share := page.words.share(figure, total)).endswith("%")
    ]
    near = page.say("Near by means: within the time or distance that the standard asks for.")
    return panel(title, said(page, *told) + bars(page, rows) + said(page, near, quiet=True))


def _services(page: Page, there: Seen) -> str:
    title, kinds = page.say("Services"), there.places.kinds()
    rows = [
        (page.say(MEASURES[f"facility_{kind}"].title), number(n))
        for kind, n in kinds.most_common()
        if f"facility_{kind}" in MEASURES
    ]
    if not rows:
        return panel(title, said(page, page.say("No public list of services has been loaded.")))
    head = (page.say("Service"), page.say("How many"))
    caption = page.say("Public services")
    made = table(page, head, rows, caption=caption, numbers=(1,), under_heading=True)
    return panel(title, made)


def _news(page: Page) -> str:
    title, found = page.say("What is new"), open_county.news(5)
    if not found:
        return panel(title, said(page, page.say("Nothing has been released yet.")))
    items = []
    for one in found:
        name = page.words.either(one.release.title, one.release.title_en)
        told = page.say(NEWS_TITLES[one.what], title=name, version=one.release.version)
        note = one.release.retraction_note if one.what == "retracted" else one.release.note
        day = f'<span class="op-quiet">{escape(page.words.date(one.at.date()))}</span>'
        items.append(f"<li>{told} {day}{'<br>' if note else ''}{quoted(page, note)}</li>")
    return panel(title, f"<ul>{''.join(items)}</ul>")


def comment(page: Page, there: Seen) -> str:
    """Return how to comment or correct, and whom to call."""
    contact = str(there.places.county.get("contact") or "")
    if contact:
        html = said(page, page.say("Is something wrong or missing? Tell us:"))
        html += f"<p>{telephones(contact)}</p>"
    else:
        html = said(
            page,
            page.say("The county has not named an office for comments yet."),
            page.say("You can ask at the service window of your town."),
        )
    return panel(page.say("Comment or correct"), f"{html}<p>{call(page.words)}</p>")
