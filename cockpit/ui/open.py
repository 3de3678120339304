"""The county in plain words and maps, for whoever comes without signing in."""

from __future__ import annotations

import math
from html import escape

import streamlit as st

from cockpit.answers import open_county as answers
from cockpit.answers.lite_words import telephones
from cockpit.answers.open_county import Group, News, OpenMap
from cockpit.answers.open_county_places import OpenPlaces
from cockpit.answers.release_store import Change, Published
from cockpit.coverage.services import SERVICES
from cockpit.indicators import MEASURES
from cockpit.ui import elder, open_cache, open_maps, state
from cockpit.ui.coverage_parts import in_sentence
from cockpit.ui.map_choices import LEVEL_TITLES
from cockpit.ui.open_parts import (
    bars,
    cards,
    facts,
    figure_words,
    link,
    panel,
    quoted,
    said,
    share_words,
    show,
    table,
    tile,
    title_of,
)
from cockpit.ui.words import date, language, name_of, number, percent, say

_ROWS = 10
NEWS_TITLES = {
    "published": "New: {title}",
    "changed": "Changed: {title}, version {version}",
    "retracted": "Taken back: {title}",
}


def county() -> OpenPlaces | None:
    """Return the public places, or say what there is when no county has been loaded."""
    places = open_cache.places()
    if places is None:
        elder.begin(say("Open data of the county"))
        show(panel(say("Nothing here yet"), said(say("No county has been loaded yet."))))
    return places


def headline(places: OpenPlaces, releases: tuple[Published, ...]) -> list[Group]:
    """Show the title, the county in one sentence and the ways on; return its released figures."""
    code = str(places.county["code"])
    groups = answers.groups_of(releases, code)
    elder.begin(name_of(places.county), _lead(places, groups))
    show(
        cards(
            _way(page, say(title), say(words))
            for page, title, words in (
                ("village", "My village", "How many people, how far to the next services."),
                ("datasets", "Open data sets", "Browse and download them."),
                ("algorithms", "Algorithms", "What is calculated here, and with which limits."),
            )
        ),
        tag="nav",
    )
    return groups


def _way(page: str, title: str, words: str) -> str:
    return (
        f'<a class="op-card" href="{escape(elder.link(page))}" target="_self"><h2>{escape(title)} →'
        f'</h2><span class="op-quiet">{escape(words)}</span></a>'
    )


def _lead(places: OpenPlaces, groups: list[Group]) -> str:
    people = answers.people_of(groups)
    levels = places.regions["level"].value_counts()
    parts = say(
        "The county has {townships} townships and {villages} villages.",
        townships=number(levels.get("township", 0)),
        villages=number(levels.get("village", 0)),
    )
    if people is None:
        return parts
    told = say("About {people} people live here.", people=figure_words(people.total))
    return (told + parts) if language() == "zh" else f"{told} {parts}"


def people(groups: list[Group]) -> None:
    """Show how many people there are and how old they are."""
    found, ages = answers.people_of(groups), answers.ages_of(groups)
    if found is None:
        show(panel(say("How many people live here"), _nothing_released()))
        return
    of = date(found.release.as_of)
    tiles = [tile(say("Residents"), found.total, found.release.unit, say("as of {date}", date=of))]
    body = cards(tiles)
    if ages is not None:
        lines = [(say(part.title), part.figure, ages.total) for part in ages.parts]
        body += f"<h3>{escape(say('How old they are'))}</h3>{bars(lines)}"
    source = say("Source: {titles}.", titles=title_of(found.release))
    show(panel(say("How many people live here"), body + said(source, quiet=True)))


def _nothing_released() -> str:
    return said(
        say("The county has not released figures about people yet."),
        say("Borders, services and data sets below are public already."),
    )


def covered(groups: list[Group]) -> None:
    """Show for each released service how many people have one within the standard."""
    found = answers.covered_of(groups)
    if not found:
        text = said(say("It has not been released how many people have services near by."))
        show(panel(say("Who has services near by"), text))
        return
    rows, sentences = [], []
    for service, group in found[: elder.MOST]:
        within = group.parts[0].figure
        title = say(SERVICES[service].title)
        rows.append((title, within, group.total))
        share = within.share_of(group.total)
        if not math.isnan(share):
            told = percent(share)
            sentences.append(
                say(
                    "{share} of people live near {service}.",
                    share=told,
                    service=in_sentence(title),
                )
            )
    near = say("Near by means: within the time or distance that the standard asks for.")
    text = said(*sentences) + bars(rows) + said(near, quiet=True)
    show(panel(say("Who has services near by"), text))


# ---------------------------------------------------------------- the map


def choose_map(
    places: OpenPlaces, releases: tuple[Published, ...], groups: list[Group]
) -> OpenMap | None:
    """
    Let the visitor choose what the map shows; None when nothing is released for it.

    It begins with the release whose total is told above, so that both are the same.
    """
    there = [r for r in releases if answers.map_levels(r, places.levels)]
    ages_first = sorted(there, key=lambda r: not r.partition.startswith("age"))
    usable = {r.id: r for r in ages_first}
    if not usable:
        return None
    titles = {id_: title_of(r) for id_, r in usable.items()}
    people = answers.people_of(groups)
    first_of = "" if people is None else people.release.id
    first, second = st.columns(2)
    with first:
        release = usable[
            elder.pick(say("Figures"), titles, "open.release", address="figures", first=first_of)
        ]
    classes = answers.map_classes(release)
    if len(release.classes) == 1:  # one chip: the class and the sum are the same
        classes = dict(list(classes.items())[-1:])
    words = {id_: say(title) for id_, title in classes.items()}
    of = elder.pick(say("Who"), words, f"open.class.{release.partition}", address="who")
    levels = {k: say(LEVEL_TITLES[k]) for k in answers.map_levels(release, places.levels)}
    name = f"open.level.{'-'.join(levels)}"
    with second:
        level = elder.pick(say("For each"), levels, name, address="level")
    return open_cache.open_map(release.id, of, level)


def the_map(places: OpenPlaces, shown: OpenMap | None) -> None:
    """Show the map with its legend, and beside it a sentence and a table that say the same."""
    picture, words = st.columns([0.6, 0.4], gap="medium")
    told = sentence(places, shown)
    with picture:
        services = st.toggle(
            say("Show services"), **state.remembered("open.services", shown is None)
        )
        open_maps.county(places, shown, services=services, alt=told)
        key = open_maps.legend(shown) if shown is not None else ""
        show(key + (open_maps.service_legend() if services else ""))
        number_ = places.county.get("review_number")
        if number_:
            st.caption(say("map review number {number}", number=number_))
    with words:
        show(said(told) + (_ranking(shown) if shown is not None else ""))


def sentence(places: OpenPlaces, shown: OpenMap | None) -> str:
    """Return what the map shows in words."""
    if shown is None:
        return say(
            "The map shows borders and {n} public services.", n=number(len(places.facilities))
        )
    parts = [
        say(
            "{title}: {figure} in the whole county.",
            title=say(shown.class_title),
            figure=figure_words(shown.county),
        )
    ]
    if shown.breaks.n > 1:
        most, least = shown.order[0], shown.order[shown.breaks.n - 1]
        parts.append(
            say(
                "Most are in {most} ({n_most}), fewest in {least} ({n_least}).",
                most=_name(shown, most),
                n_most=_number(shown, most),
                least=_name(shown, least),
                n_least=_number(shown, least),
            )
        )
    if shown.hidden:
        parts.append(say("{n} are not shown.", n=number(shown.hidden)))
    return ("" if language() == "zh" else " ").join(parts)


def _ranking(shown: OpenMap) -> str:
    most = elder.MOST if elder.on() else _ROWS
    level, title = say(LEVEL_TITLES[shown.level]), say(shown.class_title)
    rows = [(escape(_name(shown, k)), _number(shown, k)) for k in shown.order[:most]]
    caption = say("The {n} with the largest figures", n=len(rows))
    first = table((level, title), rows, caption=caption, numbers=(1,))
    rest = [(escape(_name(shown, k)), _number(shown, k)) for k in shown.order[most:]]
    if not rest or len(rest) > 400:
        return first
    others = table((level, title), rest, caption=say("The others"), numbers=(1,))
    word = escape(say("Show the other {n}", n=number(len(rest))))
    return f"{first}<details><summary>{word}</summary>{others}</details>"


def _name(shown: OpenMap, k: int) -> str:
    name, name_en = shown.names[k]
    return name_en if language() == "en" and name_en else name


def _number(shown: OpenMap, k: int) -> str:
    value = float(shown.values[k])
    count = None if math.isnan(value) else int(value)
    return figure_words(answers.Figure(count, shown.margin))


# ---------------------------------------------------------------- below the map


def services(places: OpenPlaces) -> None:
    """Show how many public services of each kind there are."""
    kinds = places.kinds()
    if not kinds:
        show(panel(say("Services"), said(say("No public list of services has been loaded."))))
        return
    rows = [
        (escape(say(MEASURES[f"facility_{kind}"].title)), number(n))
        for kind, n in kinds.most_common()
        if f"facility_{kind}" in MEASURES
    ]
    head = (say("Service"), say("How many"))
    first = rows[: elder.MOST if elder.on() else _ROWS]
    html = table(head, first, caption=say("Public services"), numbers=(1,), under_heading=True)
    if rest := rows[len(first) :]:
        others = table(head, rest, caption=say("The others"), numbers=(1,))
        word = escape(say("Show the other {n}", n=len(rest)))
        html += f"<details><summary>{word}</summary>{others}</details>"
    show(panel(say("Services"), html))


def news(found: list[News]) -> None:
    """Show what was published, changed and taken back."""
    if not found:
        show(panel(say("What is new"), said(say("Nothing has been released yet."))))
        return
    items = []
    for one in found[: elder.MOST]:
        title = say(NEWS_TITLES[one.what], title=title_of(one.release), version=one.release.version)
        notes = [one.release.retraction_note]
        if one.what != "retracted":
            notes = [one.release.note, _changes(one.release)]
        items.append(
            f'<li>{escape(title)} <span class="op-quiet">{escape(date(one.at.date()))}</span>'
            + "".join(f'<br><span class="op-quiet">{quoted(note)}</span>' for note in notes if note)
            + "</li>"
        )
    show(panel(say("What is new"), f"<ul>{''.join(items)}</ul>"))


def _changes(release: Published) -> str:
    """Return what differs from the version before, where words can say it; of noise, which way."""
    plain = [c for c in release.changes if all(isinstance(v, str | int) for v in c.values.values())]
    return ("" if language() == "zh" else " ").join(_change(c) for c in plain[:2])


def _change(change: Change) -> str:
    if "epsilon" in change.template:
        return say("The ± are not the same as before.")
    values = {k: number(v) if isinstance(v, int) else v for k, v in change.values.items()}
    if "class_title" in values:
        values["class_title"] = say(str(values["class_title"]))
    if "place" in values:  # the first row of every release
        values["place"] = say("whole county")
    return say(change.template, **values)


def privacy(spent: answers.Spent | None) -> None:
    """Say what ± means, and how much of the year's budget is used."""
    html = said(
        say("A number with ± is a little off on purpose."),
        say("So nobody can find out about one person."),
        say("In 95 of 100 cases the true number is not farther away than the ± says."),
    )
    if spent is not None:
        html += said(
            say(
                "Every release takes from a yearly limit. In {year}, {share} of it is used.",
                year=spent.year,
                share=share_words(spent.share),
            )
        )
    show(panel(say("How private it is"), html))


def comment(places: OpenPlaces) -> None:
    """Say how to comment or to correct something."""
    contact = str(places.county.get("contact") or "")
    if contact:
        html = said(say("Is something wrong or missing? Tell us:"))
        html += f"<p>{telephones(contact)}</p>"
    else:
        html = said(
            say("The county has not named an office for comments yet."),
            say("You can ask at the service window of your town."),
        )
    if elder.on():
        html += f"<p>{elder.call()}</p>"
    show(panel(say("Comment or correct"), html))


def about(places: OpenPlaces) -> None:
    """Show date, version and the way to the data."""
    lines = [
        (say("Data version"), escape(places.version[:12])),
        (say("Download the data"), link(elder.link("datasets"), say("Open data sets"))),
    ]
    show(f'<div class="op-quiet">{facts(lines)}</div>')
