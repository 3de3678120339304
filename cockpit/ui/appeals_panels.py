"""The panels below the map of the page Appeals; only the open one is worked out."""

from __future__ import annotations

import math
from collections.abc import Callable

import streamlit as st

from cockpit.answers.appeals import Appeals
from cockpit.answers.appeals_lists import Case
from cockpit.appeals.urgency import LEVEL_TITLES
from cockpit.ui import appeals_cache, appeals_card, appeals_charts, cache, charts, state
from cockpit.ui.appeals_choices import PANEL_TITLES, Choice, topic_title
from cockpit.ui.appeals_parts import appeals_table, chart, day, minute, region_name
from cockpit.ui.coverage_parts import table
from cockpit.ui.way import plain
from cockpit.ui.words import department_of, number, percent, say

MOST = 200
_MOST_CASES = 50

Panel = Callable[[Appeals, Choice], None]


def show(known: Appeals, choice: Choice) -> None:
    """Show the row of panels and the open one."""
    panel = st.segmented_control(
        say("Panel"),
        list(PANEL_TITLES),
        format_func=lambda p: say(PANEL_TITLES[p]),
        label_visibility="collapsed",
        required=True,
        **state.remembered("appeals.panel", "weeks", allowed=PANEL_TITLES, address="panel"),
    )
    PANELS[str(panel or "weeks")](known, choice)


def weeks(known: Appeals, choice: Choice) -> None:
    """Show the appeals a week by topic."""
    found = appeals_cache.weeks(known.version, cache.visitor_class(), choice.asked)
    if found is None:
        st.info(say("No appeals of this choice."))
        return
    names = [topic_title(known.topics[int(k)]) for k in found.topics]
    most = int(found.total.argmax())
    title = say(
        "{n} appeals a week on average; most, {most}, in the week from {date}",
        n=number(float(found.total.mean())),
        most=number(int(found.total[most])),
        date=day(found.starts[most]),
    )
    st.markdown(f"**{plain(title)}**")
    chart(appeals_charts.weeks(found, names), "weeks", title)
    with st.expander(say("The same as a table")):
        columns = {say("Week from"): [str(d) for d in found.starts[::-1]]}
        for name, line in zip(names, found.counts, strict=True):
            columns[name] = [number(int(v)) for v in line[::-1]]
        columns[say("All others")] = [number(int(v)) for v in found.others[::-1]]
        columns[say("Total")] = [number(int(v)) for v in found.total[::-1]]
        table(columns, words=(say("Week from"),), alt=title)


def topics(known: Appeals, choice: Choice) -> None:
    """Show the topics with their departments."""
    rows = appeals_cache.topics(known.version, cache.visitor_class(), choice.asked)
    if not rows:
        st.info(say("No appeals of this choice."))
        return
    total = sum(n for _, n, _ in rows)
    title = say(
        "{topic} comes first: {share} of the appeals",
        topic=topic_title(known.topics[rows[0][0]]),
        share=percent(rows[0][1] / total),
    )
    st.markdown(f"**{plain(title)}**")
    left, right = st.columns([0.55, 0.45], gap="medium")
    with left:
        chart(
            charts.bars(
                [topic_title(known.topics[k]) for k, _, _ in rows],
                [n for _, n, _ in rows],
                [f"{number(n)} · {percent(n / total)}" for _, n, _ in rows],
            ),
            "topics",
            title,
        )
    with right:
        table(
            {
                say("Topic"): [topic_title(known.topics[k]) for k, _, _ in rows],
                say("Usual department"): [department_of(known.department(k)) for k, _, _ in rows],
                say("Appeals"): [number(n) for _, n, _ in rows],
                say("Urgent"): [number(u) for _, _, u in rows],
            },
            words=(say("Topic"), say("Usual department")),
            alt=title,
        )
        st.caption(
            say(
                "Departments by our own list of keywords; the county's own division of work comes "
                "first."
            )
        )


# ---------------------------------------------------------------- repeats


def repeats(known: Appeals, choice: Choice) -> None:
    """Show the repeat cases; a chosen row shows all its appeals."""
    found, n = appeals_cache.cases(known.version, cache.visitor_class(), choice.asked, _MOST_CASES)
    if not found:
        st.success(say("Nothing was said twice: no two appeals are alike, near and within days."))
        return
    title = say(
        "{n} case came more than once, with {most} appeals"
        if n == 1
        else "{n} cases came more than once; the largest has {most} appeals",
        n=number(n),
        most=found[0].n,
    )
    st.markdown(f"**{plain(title)}**")
    twin = known.happenings.twin
    name = "appeals.cases"

    def clear() -> None:
        state.choose("appeals.case", _chosen(state.widget_value(name), len(found)))

    table(
        {
            say("Topic"): [topic_title(c.lines[0].topic) for c in found],
            say("First said"): [c.lines[0].text for c in found],
            say("Where"): [region_name(twin, c.lines[0].region) for c in found],
            say("Appeals"): [number(c.n) for c in found],
            say("First"): [minute(c.first) for c in found],
            say("Last"): [minute(c.last) for c in found],
            say("Why together"): [why(c) for c in found],
            say("Still open"): [number(c.open) for c in found],
        },
        words=(say("Topic"), say("First said"), say("Where"), say("Why together")),
        alt=title,
        on_select=clear,
        selection_mode="single-row",
        key=state.widget_key(name),
    )
    st.caption(
        say(
            "Each is alike in words to an earlier one of its case, of the same village or within "
            "300 m of it, and within 14 days of it; step by step a case may reach farther. Who "
            "wrote them is not known: one person may ask again, or many may ask the same. Click a "
            "row to read the case."
        )
    )
    at = state.chosen("appeals.case", -1)
    if 0 <= at < len(found):
        appeals_table(twin, found[at].lines, alt=title, key="appeals.case")


def _chosen(event: object, n: int) -> int:
    rows = event.get("selection", {}).get("rows", []) if isinstance(event, dict) else []
    return int(rows[0]) if rows and rows[0] < n else -1


def why(case: Case) -> str:
    """Return why the appeals of a case stand together."""
    words = (
        say("same words")
        if case.same_words
        else say("words at least {share} alike", share=percent(case.alike))
    )
    place = say("same village")
    if not case.same_village:
        place = say("up to {n} m from the first", n=number(case.farthest_m)) if not math.isnan(
            case.farthest_m
        ) else say("near")  # fmt: skip
    return f"{words} · {place}"


# ---------------------------------------------------------------- lists


def urgent(known: Appeals, choice: Choice) -> None:
    """Show the urgent appeals with the words that make them so."""
    found, n = appeals_cache.some(
        known.version, cache.visitor_class(), choice.asked, "urgent", MOST
    )
    if not found:
        st.success(say("No appeal of this choice is urgent by its words."))
        return
    title = say(
        "{n} appeal is urgent by its words"
        if n == 1
        else "{n} appeals are urgent by their words; open ones first",
        n=number(n),
    )
    st.markdown(f"**{plain(title)}**")
    appeals_table(known.happenings.twin, found, alt=title, key="appeals.urgent", extra="signs")
    st.caption(
        say(
            "By rules, not by a model: words for danger to life, gas, fire, collapse, collective "
            "action and near dates count three points or two, others one; three make it "
            "“{urgent}”. What the sentence denies (nobody trapped) or has over does not count.",
            urgent=say(LEVEL_TITLES["urgent"]),
        )
    )


def texts(known: Appeals, choice: Choice) -> None:
    """Show the newest appeals."""
    found, n = appeals_cache.some(
        known.version, cache.visitor_class(), choice.asked, "newest", MOST
    )
    if not found:
        st.info(say("No appeals of this choice."))
        return
    title = say("The newest {shown} of {n} appeals", shown=number(len(found)), n=number(n))
    st.markdown(f"**{plain(title)}**")
    appeals_table(known.happenings.twin, found, alt=title, key="appeals.texts")


def person(known: Appeals, choice: Choice) -> None:
    """Show the appeals whose topic a person should look at."""
    found, n = appeals_cache.some(
        known.version, cache.visitor_class(), choice.asked, "person", MOST
    )
    if not found:
        st.success(
            say(
                "Nothing to decide: every appeal is registered under a topic, and the suggestion "
                "never contradicts it with confidence."
            )
        )
        return
    title = say(
        "{n} appeal needs a person to decide its topic"
        if n == 1
        else "{n} appeals need a person to decide their topic",
        n=number(n),
    )
    st.markdown(f"**{plain(title)}**")
    appeals_table(known.happenings.twin, found, alt=title, key="appeals.person", extra="model")


def disputes(known: Appeals, choice: Choice) -> None:
    """Show what disputes are about."""
    words, named = appeals_cache.disputes(known.version, cache.visitor_class(), choice.asked)
    if not words and not named:
        st.info(say("No disputes of this choice, or nothing to compare them with."))
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{say('Causes that texts name')}**")
        if named:
            chart(
                charts.bars(
                    [cause for cause, _ in named], [n for _, n in named],
                    [number(n) for _, n in named],
                ),
                "causes",
                say("Causes that texts name"),
            )  # fmt: skip
        else:
            st.caption(say("No text names a cause after 因."))
    with right:
        st.markdown(f"**{say('Words that tell disputes from other appeals')}**")
        table(
            {
                say("Phrase"): [w.phrase for w in words],
                say("Disputes"): [number(w.inside) for w in words],
                say("Other appeals"): [number(w.outside) for w in words],
            },
            words=(say("Phrase"),),
            alt=say("Words that tell disputes from other appeals"),
        )


def model(known: Appeals, choice: Choice) -> None:
    """Show the card of the model."""
    del choice
    appeals_card.show(known)


PANELS: dict[str, Panel] = {
    "weeks": weeks,
    "topics": topics,
    "repeats": repeats,
    "urgent": urgent,
    "texts": texts,
    "person": person,
    "disputes": disputes,
    "model": model,
}
