"""My village, in words for everybody: who lives here, how far it is, what is kept and what not."""

from __future__ import annotations

from html import escape

import streamlit as st

from cockpit.answers import open_county as answers
from cockpit.answers.lite_words import LACKING_TITLES, Words
from cockpit.answers.open_county import Group
from cockpit.answers.open_county_places import OpenPlaces, villages_like
from cockpit.answers.open_village import Rule, Village, Way
from cockpit.answers.release_store import Published
from cockpit.ui import elder, open_maps, state
from cockpit.ui.open_parts import bars, figure_words, link, panel, said, show, table, title_of
from cockpit.ui.words import date, language, name_of, say

_FOUND = 8


def search(places: OpenPlaces) -> int | None:
    """Show the title and the search; return the row of the chosen village, None without one."""
    elder.begin(
        say("My village"),
        say("Type the name of your village. Pinyin works, too."),
        page="village",
    )
    chosen = state.read("open.village", "", address="village")
    typed = st.text_input(
        say("Name of the village"),
        placeholder=say("for example: {name}", name=_example(places)),
        max_chars=40,
        key=state.widget_key("open.search"),
    )
    found = villages_like(places, typed or "", most=elder.MOST if elder.on() else _FOUND)
    exact = [row for row in found if _is_named(places, row, typed or "")]
    if len(exact) == 1:
        _choose(str(places.regions["code"].iat[exact[0]]))
        return exact[0]
    if typed and not found:
        show(said(say("No village of this name. Try one character less.")))
    if found:
        with st.container(horizontal=True):
            for row in found:
                st.button(
                    _called(places, row),
                    key=state.widget_key(f"open.found.{places.regions['code'].iat[row]}"),
                    on_click=_choose,
                    args=(str(places.regions["code"].iat[row]),),
                )
    return places.row(chosen) if chosen else None


def _choose(code: str) -> None:
    state.choose("open.village", code)
    state.forget_widget("open.search")


def _is_named(places: OpenPlaces, row: int, typed: str) -> bool:
    region = places.regions.iloc[row]
    names = (region["name"], region["name_en"], region["code"])
    return typed.strip().casefold() in {str(name or "").casefold() for name in names} - {""}


def _example(places: OpenPlaces) -> str:
    there = places.regions[places.regions["level"] == "village"]
    return name_of(there.iloc[0]) if len(there) else name_of(places.county)


def _called(places: OpenPlaces, row: int) -> str:
    """Return a village's name with its township: names come twice in a county."""
    region = places.regions.iloc[row]
    above = str(region["path"]).strip("/").split("/")[:-1]
    up = places.row(above[-1]) if len(above) > 1 else None
    name = name_of(region)
    if up is None:
        return name
    town = name_of(places.regions.iloc[up])
    return f"{name}（{town}）" if language() == "zh" else f"{name} ({town})"


def who_lives_here(places: OpenPlaces, row: int, releases: tuple[Published, ...]) -> list[Group]:
    """Show the people of the village as released; return all its released figures."""
    region = places.regions.iloc[row]
    groups = answers.groups_of(releases, str(region["code"]))
    people, ages = answers.people_of(groups), answers.ages_of(groups)
    if people is None:
        html = said(say("The county has not released how many people live here."))
    else:
        html = said(
            say("About {people} people live here.", people=figure_words(people.total)),
            say("This was so on {date}.", date=date(people.release.as_of)),
        )
    if ages is not None:
        html += bars([(say(part.title), part.figure, ages.total) for part in ages.parts])
    if people is not None and people.total.margin is not None:
        html += said(
            say("± means: the true number is hardly ever farther away."),
            say("We change numbers a little, to protect each person."),
            quiet=True,
        )
    show(panel(say("Who lives here"), html))
    return groups


def head(places: OpenPlaces, row: int) -> None:
    """Show the village's name."""
    show(f"<h2>{escape(_called(places, row))}</h2>")


def the_map(places: OpenPlaces, found: Village) -> None:
    """Show where the village lies."""
    name = found.name_en if language() == "en" and found.name_en else found.name
    open_maps.village(places, found, say("Map of {village} with the services around", village=name))
    if len(places.facilities):
        show(open_maps.service_legend())


# ---------------------------------------------------------------- the ways


def ways(found: Village) -> None:
    """Show the nearest services, how long the way is, and which standard is kept."""
    title = say("How far are the services")
    if found.lacking:
        sentences = [say(LACKING_TITLES[name]) for name in found.lacking]
        text = said(*sentences, say("So we cannot tell how long the ways are."))
        show(panel(title, text))
        return
    most = elder.MOST if elder.on() else len(found.ways)
    html = said(Words(language()).kept(found.judged, found.kept)) + _table(
        found.ways[:most], title, under_heading=True
    )
    if rest := found.ways[most:]:
        word = escape(say("Show the other {n}", n=len(rest)))
        html += f"<details><summary>{word}</summary>{_table(rest, say('The others'))}</details>"
    html += said(
        say("Ways begin in the middle of the village."),
        say("Only public roads and services are used."),
        quiet=True,
    )
    show(panel(title, html))


def _table(some: tuple[Way, ...], caption: str, *, under_heading: bool = False) -> str:
    words = Words(language())
    rows = [
        (
            escape(say(way.service.title)),
            escape(way.facility or say("none that a road leads to"))
            + (f' <span class="op-tag">{escape(say("in the village"))}</span>' if way.here else ""),
            escape(words.way(way)),
            _verdict(way.rule),
        )
        for way in some
    ]
    head = (say("Service"), say("Nearest"), say("How long"), say("Standard"))
    return table(head, rows, caption=caption, under_heading=under_heading)


def _verdict(rule: Rule | None) -> str:
    if rule is None:
        return f'<span class="op-quiet">{escape(say("no standard"))}</span>'
    mark = (
        f'<span class="op-yes">✓ {escape(say("kept"))}</span>'
        if rule.met
        else f'<span class="op-no">✗ {escape(say("not kept"))}</span>'
    )
    return f'{mark}<br><span class="op-quiet">{escape(Words(language()).rule(rule))}</span>'


# ---------------------------------------------------------------- what else there is


def published(places: OpenPlaces, row: int, groups: list[Group]) -> None:
    """Show everything released of the village, and the way to the data."""
    code = str(places.regions["code"].iat[row])
    html = ""
    for group in groups:
        told = [(say(p.title), p.figure) for p in group.parts]
        if not set(group.release.classes).isdisjoint(answers.WHOLES):
            whole = answers.map_classes(group.release)[answers.EVERYBODY]
            told.insert(0, (say(whole), group.total))
        rows = [(escape(title), escape(figure_words(figure))) for title, figure in told]
        caption = say(
            "{title}, {date}", title=title_of(group.release), date=date(group.release.as_of)
        )
        head = (say("Who"), say(group.release.unit))
        html += (
            f"<details><summary>{escape(title_of(group.release))}</summary>"
            f"{table(head, rows, caption=caption, numbers=(1,))}</details>"
        )
    if not groups:
        html = said(say("No figure of this village has been released."))
    data = link(elder.link("datasets", q=code), say("All data that you can download"))
    show(panel(say("What is published"), f"{html}<p>{data}</p>"))
