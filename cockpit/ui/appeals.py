"""The page Appeals put together: tiles, sentence, map with its table, rising topics, files."""

from __future__ import annotations

import math
from html import escape

import numpy as np
import streamlit as st

from cockpit.access.classes import TITLES, highest, may_see
from cockpit.answers.appeals import LEAST_CLASS, TEXT_CLASS, Appeals
from cockpit.answers.appeals_layers import LEVELS, path_of
from cockpit.answers.appeals_lists import Counts, Places
from cockpit.answers.appeals_tables import FILE_TITLES
from cockpit.answers.layers import stamp
from cockpit.answers.twin import Twin
from cockpit.appeals.masks import NO_PROOF
from cockpit.appeals.rising import WEEKS, Topic
from cockpit.appeals.text import LONGEST
from cockpit.ui import (
    appeals_cache,
    appeals_charts,
    appeals_maps,
    cache,
    coverage_panels,
    map_choices,
    risk_cache,
    way,
)
from cockpit.ui.appeals_choices import Choice, levels_of, topic_title
from cockpit.ui.appeals_parts import chart, day, tile
from cockpit.ui.coverage_parts import words_table
from cockpit.ui.words import (
    NO_FIGURE,
    compact,
    department_of,
    language,
    name_of,
    number,
    percent,
    say,
    say_terms,
    signed,
)

_MOST_PLACES = 8
_MOST_RISING = 5
_FILES = ("township", "village", "grid", "topics", "rising", "repeats", "urgent", "person")


def ready(known: Appeals) -> bool:
    """Tell whether there is something to show; say what to do when there is not."""
    if len(known):
        return True
    if len(known.happenings):
        st.info(
            say(
                "No event of the county has a text of an appeal. Load events of a hotline, of "
                "letters or of grid workers with their words, then reload this page."
            )
        )
    else:
        st.info(say("No events are stored. Load a table of events, then reload this page."))
    return False


# ---------------------------------------------------------------- tiles and sentence


def top(twin: Twin, known: Appeals, choice: Choice) -> str:
    """Show tiles and the sentence; return the sentence."""
    found = appeals_cache.counts(known.version, cache.visitor_class(), choice.asked)
    rising = appeals_cache.rising(known.version, cache.visitor_class(), choice.asked)
    coverage_panels.styles()
    tiles(found, len(rising.topics))
    text = sentence(twin, known, choice, found)
    st.markdown(way.plain(text))
    return text


def tiles(found: Counts, n_rising: int) -> None:
    """Show the headline figures, each with its unit."""
    change = say("no earlier period to compare with")
    if found.before:
        change = say(
            "{change}% on the period before",
            change=signed(100 * (found.n - found.before) / found.before),
        )
    share = percent(found.repeated / found.n if found.n else math.nan)
    cards = [
        tile("appeals", say("Appeals"), number(found.n), _appeals(found.n), change),
        tile("rate", say("For 10,000 residents"), number(_rate(found), 1), say("appeals"),
             say("{n} residents", n=compact(found.people))),
        tile("urgent", say("Urgent"), number(found.urgent), _appeals(found.urgent),
             say("{n} of them still open", n=number(found.urgent_open))),
        tile("repeats", say("Repeat cases"), number(found.cases),
             say("case" if found.cases == 1 else "cases"),
             say("{share} of all appeals", share=share)),
        tile("rising", say("Rising topics"), number(n_rising),
             say("topic" if n_rising == 1 else "topics"),
             say("last {n} weeks beside the year before", n=WEEKS)),
        tile("person", say("For a person"), number(found.person), _appeals(found.person),
             say("topic unsure or doubted")),
    ]  # fmt: skip
    st.html(f'<div class="ct-tiles" tabindex="0" role="group">{"".join(cards)}</div>')


def _appeals(n: int) -> str:
    return say("appeal" if n == 1 else "appeals")


def _rate(found: Counts) -> float:
    return 1e4 * found.n / found.people if found.people > 0 else math.nan


def sentence(twin: Twin, known: Appeals, choice: Choice, found: Counts) -> str:
    """Return in words what the tiles show."""
    unit = cache.names(twin.version, language())[twin.position(choice.asked.unit)]
    if not found.n:
        return say("{unit} has no appeals of this choice. Choose a longer period.", unit=unit)
    topics = appeals_cache.topics(known.version, cache.visitor_class(), choice.asked)
    terms: list[tuple[str, dict[str, object]]] = [
        (
            "{unit}, {first} to {last}: {n} appeals; most are about {topic} ({share}).",
            {
                "unit": unit,
                "first": day(found.first),
                "last": day(found.last),
                "n": number(found.n),
                "topic": topic_title(known.topics[topics[0][0]]),
                "share": percent(topics[0][1] / found.n),
            },
        )
    ]
    if found.urgent:
        urgent = {"n": number(found.urgent)}
        if found.urgent == 1:
            terms.append(("{n} is urgent by its words.", dict(urgent)))
        else:
            terms.append(("{n} are urgent by their words.", dict(urgent)))
    return say_terms(terms)


# ---------------------------------------------------------------- map


def picture(twin: Twin, known: Appeals, choice: Choice, text: str) -> None:
    """Show the map with its legend, its sentence and its table."""
    found, breaks = appeals_cache.places(
        known.version, cache.visitor_class(), choice.asked, choice.level
    )
    words = places_sentence(twin, found)
    with st.container(key="ct-map"):
        appeals_maps.show(
            appeals_maps.Scene(twin, known, choice, breaks),
            key="appeals.deck",
            on_pick=map_choices.go_to,
            alt=f"{text} {words}",
        )
        appeals_maps.legend(breaks)
    st.markdown(way.plain(words))


def beside(twin: Twin, known: Appeals, choice: Choice) -> None:
    """Show what rises, and the map's figures as a table."""
    rising(known, choice)
    found, _ = appeals_cache.places(
        known.version, cache.visitor_class(), choice.asked, choice.level
    )
    st.markdown(f"**{say('Places with most appeals for their residents')}**")
    places_table(twin, found)


def places_sentence(twin: Twin, found: Places) -> str:
    """Return in words what the map shows."""
    if not np.isfinite(found.rate).any():
        return say("On the map: residents are not known, so there is no rate to show.")
    k = int(np.nanargmax(found.rate))
    terms: list[tuple[str, dict[str, object]]] = [
        (
            "On the map: most appeals per 10,000 residents in {name}, {n} appeals, {rate} after "
            "smoothing for few people.",
            {
                "name": name_of(twin.regions.iloc[int(found.rows[k])]),
                "n": number(int(found.counts[k])),
                "rate": number(float(found.rate[k]), 1),
            },
        )
    ]
    if found.without_place:
        terms.append(
            (
                "{n} appeals are known to a larger area only and are not coloured.",
                {"n": number(found.without_place)},
            )
        )
    return say_terms(terms)


def places_table(twin: Twin, found: Places) -> None:
    """Show the places with most appeals for their residents."""
    order = np.argsort(-np.nan_to_num(found.rate, nan=-1.0), kind="stable")[:_MOST_PLACES]
    words_table(
        {
            say("Name"): [name_of(twin.regions.iloc[int(found.rows[k])]) for k in order],
            say("Appeals"): [number(int(found.counts[k])) for k in order],
            say("Residents"): [number(float(found.people[k])) for k in order],
            say("Per 10,000"): [number(float(found.raw[k]), 1) for k in order],
            say("Smoothed"): [number(float(found.rate[k]), 1) for k in order],
        },
        words=(say("Name"),),
    )
    st.caption(
        say(
            "Small places are drawn towards the county's rate (empirical Bayes): one appeal of a "
            "dozen people is no wave."
        )
    )


# ---------------------------------------------------------------- rising topics


def rising(known: Appeals, choice: Choice) -> None:
    """Show the rising topics with their words and weeks."""
    found = appeals_cache.rising(known.version, cache.visitor_class(), choice.asked)
    st.markdown(f"**{say('Rising topics')}**")
    if not found.topics:
        st.caption(
            say(
                "Nothing rises: of {n} phrases tested none is more frequent in the last {weeks} "
                "weeks than chance would make it.",
                n=number(found.tested),
                weeks=WEEKS,
            )
        )
    for number_, topic in enumerate(found.topics[:_MOST_RISING]):
        with st.container(border=True):
            st.html(_topic(topic))
            chart(
                appeals_charts.spark(topic, found),
                f"rising.{number_}",
                say("Weeks of {phrase}", phrase=topic.phrase),
            )
    more = len(found.topics) - _MOST_RISING
    if more > 0:
        st.caption(say("{n} more are in the file of rising topics.", n=more))
    st.caption(_how(found.tested, season_known=found.season_known))


def _how(tested: int, *, season_known: bool) -> str:
    season = (
        "The same weeks of the year before are compared as well."
        if season_known
        else "Less than a year before is stored: a season that comes every year may look like a "
        "rise."
    )
    return say_terms(
        [
            (
                "Phrases of the last {weeks} weeks against the year before, repeats counted once; "
                "{n} tested, the chance of any false one is held to 5%.",
                {"weeks": WEEKS, "n": number(tested)},
            ),
            (season, {}),
        ]
    )


def _topic(topic: Topic) -> str:
    times = say("new") if topic.new else say("{n} times as many a week", n=number(topic.ratio, 1))
    facts = say("{n} in the last {weeks} weeks, {before} before · {times}", n=number(topic.now),
                weeks=WEEKS, before=number(topic.before), times=times)  # fmt: skip
    words = ""
    if topic.words:
        joined = "、".join(topic.words) if language() == "zh" else ", ".join(topic.words)
        words = (
            f'<div class="ct-quiet ct-small">{escape(say("With it: {words}", words=joined))}</div>'
        )
    return (
        f'<div class="ct-head">{escape(topic.phrase)}</div>'
        f'<div class="ct-small">{escape(facts)}</div>{words}'
    )


# ---------------------------------------------------------------- files and remarks


def files(twin: Twin, choice: Choice) -> None:
    """Show the tables to take away; none has a text in it."""
    path = "/".join(path_of(choice.asked))
    shown = [
        name for name in _FILES if name not in LEVELS or name in levels_of(twin, choice.asked.unit)
    ]
    links = " · ".join(
        f"{escape(say(FILE_TITLES[name]))} "
        + " ".join(
            f'<a href="/download/{stamp(twin.version)}/appeals/{name}/{path}.{ending}'
            f'?lang={language()}" download>{ending.upper()}</a>'
            for ending in ("csv", "xlsx")
        )
        for name in shown
    )
    st.html(f'<div class="ct-small ct-files">{escape(say("Take away:"))} {links}</div>')


def source(known: Appeals) -> str:
    """Return where the figures come from, up to which day, and their class."""
    named = risk_cache.source_titles(cache.data_version())
    ids = known.happenings.sources
    titles = [named.get(one, {}).get(language(), one) for one in ids]
    return say(
        "Source: {sources}; to {last}; class {data_class}.",
        sources=("、" if language() == "zh" else ", ").join(titles) or NO_FIGURE,
        last=day(known.time.max()),
        data_class=say(TITLES[highest((LEAST_CLASS, known.happenings.data_class))]),
    )


def remarks(known: Appeals) -> None:
    """Show where the appeals come from, what was not read, and what masking is worth."""
    names = [department_of(name) for name in known.channels]
    channels = "、".join(names) if language() == "zh" else ", ".join(names)
    texts = [source(known), say("Channels read as appeals: {channels}.", channels=channels)]
    if known.n_empty:
        texts.append(
            say(
                "{n} appeal has no text and is left out."
                if known.n_empty == 1
                else "{n} appeals have no text and are left out.",
                n=number(known.n_empty),
            )
        )
    if known.n_too_long:
        texts.append(
            say(
                "{n} text has more than {most} characters; it was not read."
                if known.n_too_long == 1
                else "{n} texts have more than {most} characters; they were not read.",
                n=number(known.n_too_long),
                most=number(LONGEST),
            )
        )
    if not may_see(cache.visitor_class(), TEXT_CLASS):
        texts.append(say(NO_PROOF))
    for text in texts:
        st.caption(f":material/info: {way.plain(text)}")
