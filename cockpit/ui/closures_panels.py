"""What stands around the map of the page Closures: tiles, sentence, tables, files."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import pyarrow as pa
import streamlit as st

from cockpit.answers.closure_bridges import TOP
from cockpit.answers.closure_layers import NOTHING
from cockpit.answers.closures import Answer, Detour, shown
from cockpit.answers.layers import stamp
from cockpit.answers.twin import Twin
from cockpit.coverage.services import SERVICES
from cockpit.indicators import MEASURES
from cockpit.settings import settings
from cockpit.ui import (
    cache,
    closures_areas,
    closures_cache,
    closures_choices,
    coverage_parts,
    state,
)
from cockpit.ui.closures_choices import PANEL_TITLES, Choice, service_title
from cockpit.ui.way import plain
from cockpit.ui.words import NO_FIGURE, compact, language, number, percent, say, say_terms

if TYPE_CHECKING:
    from cockpit.answers.closure_bridges import BridgeToll

_ROWS = 50  # of a table; the file has all
FILE_TITLES = {
    "villages.csv": "Villages (CSV)",
    "cells.csv": "Cells (CSV)",
    "cut-off.geojson": "Cells cut off (GeoJSON)",
}
_Term = tuple[str, dict[str, object]]


def _people(answer: Answer, people: float) -> str:
    """Return a count of the question's group as it may be shown."""
    return _told(people, sensitive=answer.question.sensitive)


def _told(people: float, *, sensitive: bool) -> str:
    small = settings().small_count
    told = shown(people, sensitive=sensitive, small_count=small)
    return say("fewer than {n}", n=small) if math.isnan(told) else number(told)


def _minutes(minutes: float) -> str:
    return NO_FIGURE if math.isnan(minutes) else number(minutes, 1)


def tiles(answer: Answer) -> None:
    """Show the figures of the closure."""
    cost, q = answer.toll, answer.question
    before, after = (n / cost.total if cost.total else math.nan for n in answer.within)
    changed = before != after and not math.isnan(before + after)
    longer = {m: answer.over[m] for m in sorted(answer.over)}
    figures = [
        ("cut_off", "People cut off", cost.cut_off, "persons", _share(cost.cut_off, cost.total)),
        ("slower", "People with a longer way", cost.slower, "persons", _longer(answer)),
        *(
            (f"over_{m:g}", "Lose more than {n} minutes", n, "persons", _share(n, cost.total))
            for m, n in longer.items()
        ),
    ]  # fmt: skip
    cards = "".join(
        _tile(
            name,
            say(title, n=name.removeprefix("over_")) if name.startswith("over_") else say(title),
            NO_FIGURE if _hidden(answer, value) else compact(value),
            say(unit),
            note,
            number(value) if not _hidden(answer, value) else "",
        )
        for name, title, value, unit, note in figures
    )
    limit = number(q.minutes)
    cards += _tile(
        "within",
        say("Within {n} minutes", n=limit),
        f"{percent(before, 1)} → {percent(after, 1)}" if changed else percent(before, 1),
        "",
        say("before and after") if changed else "",
        percent(after, 1),
    )
    st.html(f'<div class="ct-tiles" tabindex="0" role="group">{cards}</div>')


def _longer(answer: Answer) -> str:
    cost = answer.toll
    if math.isnan(cost.mean):
        return ""
    return say(
        "mean {mean}, median {median} minutes longer",
        mean=_minutes(cost.mean),
        median=_minutes(cost.median),
    )


def _hidden(answer: Answer, people: float) -> bool:
    q = answer.question
    return math.isnan(shown(people, sensitive=q.sensitive, small_count=q.small_count))


def _share(part: float, whole: float) -> str:
    if not part or not whole or math.isnan(part / whole):
        return ""
    return say("{share} of the group", share=percent(part / whole, 1))


def _tile(name: str, title: str, value: str, unit: str, note: str, exact: str) -> str:
    return (
        f'<div class="ct-tile" data-figure="{name}" title="{exact}">'
        f'<div class="ct-quiet ct-small">{escape(title)}</div>'
        f'<div class="ct-value">{value} <span class="ct-unit">{escape(unit)}</span></div>'
        f'<div class="ct-quiet ct-small">{escape(note) or "&nbsp;"}</div></div>'
    )


# ---------------------------------------------------------------- the sentence


def sentence(twin: Twin, answer: Answer) -> str:
    """Return what the map shows in words."""
    q, closed = answer.question, answer.closed
    if not closed.edges:
        return say_terms(_open_terms(answer))
    terms: list[_Term] = [
        (
            "Closed roads: {n} ({km} km, {bridges} of them bridges).",
            {
                "n": number(len(closed.edges)),
                "km": number(closed.km, 1),
                "bridges": number(len(closed.bridges)),
            },
        )
    ]
    cost = answer.toll
    to: dict[str, object] = {
        "place": service_title(q.service),
        "group": say(MEASURES[q.group].title),
    }
    if not cost.cut_off and not cost.slower:
        terms.append(("Way to {place}: nobody loses anything ({group}).", to))
    if cost.cut_off:
        told: dict[str, object] = {**to, "n": _people(answer, cost.cut_off)}
        terms.append(("Way to {place}: {n} people ({group}) are cut off.", told))
    if cost.slower:
        terms.append(
            (
                "{n} people need longer, on average by {mean} minutes, at most by {most}.",
                {
                    "n": _people(answer, cost.slower),
                    "mean": number(cost.mean, 1),
                    "most": number(cost.worst, 1),
                },
            )
        )
    terms += _worst_village(twin, answer) + _within_terms(answer) + _water_terms(answer)
    return say_terms(terms)


def _open_terms(answer: Answer) -> list[_Term]:
    terms: list[_Term] = []
    if answer.closed.closures:
        terms.append(("The closed area touches no road.", {}))
    else:
        terms.append(("All roads are open.", {}))
    terms += _within_terms(answer)
    if answer.toll.without_before:
        terms.append(
            (
                "{n} people have no road there in the first place; they do not count as cut off.",
                {"n": _people(answer, answer.toll.without_before)},
            )
        )
    return terms


def _within_terms(answer: Answer) -> list[_Term]:
    before, after = answer.within
    if math.isnan(before + after):  # too few people to be told
        return []
    limit = number(answer.question.minutes)
    if before == after:
        told: dict[str, object] = {"limit": limit, "n": _people(answer, before)}
        return [("Within {limit} minutes are {n} people.", told)]
    return [
        (
            "Within {limit} minutes were {before} people and are now {after}.",
            {"limit": limit, "before": _people(answer, before), "after": _people(answer, after)},
        )
    ]


def _worst_village(twin: Twin, answer: Answer) -> list[_Term]:
    if not answer.villages:
        return []
    worst = answer.villages[0]
    name = plain(cache.names(twin.version, language())[worst.place])
    if worst.cut_off:
        told: dict[str, object] = {"village": name, "n": _people(answer, worst.cut_off)}
        return [("Hardest hit is {village}: {n} people cut off.", told)]
    return [
        (
            "Hardest hit is {village}: {n} people need {mean} minutes longer.",
            {"village": name, "n": _people(answer, worst.slower), "mean": number(worst.mean, 1)},
        )
    ]


def _water_terms(answer: Answer) -> list[_Term]:
    if not answer.in_water:
        return []
    told: dict[str, object] = {"n": _people(answer, answer.in_water)}
    return [("{n} people live in the closed area itself.", told)]


# ---------------------------------------------------------------- the panels


def beside(twin: Twin, answer: Answer, choice: Choice) -> None:
    """Show the chosen panel beside the map."""
    st.segmented_control(
        say("Show"),
        list(PANEL_TITLES),
        format_func=lambda p: say(PANEL_TITLES[p]),
        required=True,
        label_visibility="collapsed",
        **state.remembered("closures.panel", "close", allowed=PANEL_TITLES, address="panel"),
    )
    if choice.panel == "villages":
        _villages(twin, answer, choice)
    elif choice.panel == "groups":
        _groups(answer)
    elif choice.panel == "facilities":
        _facilities(twin, answer, choice)
    elif choice.panel == "bridges":
        _bridges(answer, choice)
    else:
        closures_areas.panel(choice)


def _table(columns: Mapping[str, Sequence[str]], words: Sequence[str], alt: str) -> None:
    """Show a table whose figures stand at the right."""
    n = len(next(iter(columns.values())))
    st.dataframe(
        pa.table({name: list(values) for name, values in columns.items()}),
        hide_index=True,
        height=36 * min(n, 14) + 38,
        column_config={
            name: st.column_config.TextColumn(alignment="right")
            for name in columns
            if name not in words
        },
        alt=alt,
    )


def _nothing_lost() -> None:
    st.info(say("Nothing is lost here. Close a bridge or flood an area to see who loses what."))


def _villages(twin: Twin, answer: Answer, choice: Choice) -> None:
    """Show the villages that lose something, worst first, and the files."""
    if answer.villages:
        names = cache.names(twin.version, language())
        rows = answer.villages[:_ROWS]
        name, slower = say("Village"), say("Longer way")
        _table(
            {
                name: [names[r.place] for r in rows],
                say("People cut off"): [_people(answer, r.cut_off) for r in rows],
                slower: [_people(answer, r.slower) for r in rows],
                say("Minutes lost (mean)"): [_minutes(r.mean) for r in rows],
                say("Minutes before"): [_minutes(r.before) for r in rows],
                say("Minutes after"): [_minutes(r.after) for r in rows],
            },
            (name,),
            say("Table of the villages that lose something"),
        )
        if len(answer.villages) > _ROWS:
            st.caption(
                say("The first {n} of {all}; the file has all.", n=_ROWS, all=len(answer.villages))
            )
    else:
        _nothing_lost()
    files(twin, choice)


def _groups(answer: Answer) -> None:
    """Show what the closure costs each group of people."""
    rows = answer.groups
    name = say("Group")
    _table(
        {
            name: [say(MEASURES[r.group].title) for r in rows],
            say("People cut off"): [_told(r.toll.cut_off, sensitive=r.sensitive) for r in rows],
            say("Share"): [
                percent(r.toll.cut_off / r.toll.total, 1) if r.toll.total else NO_FIGURE
                for r in rows
            ],
            say("Longer way"): [_told(r.toll.slower, sensitive=r.sensitive) for r in rows],
            say("Minutes lost (mean)"): [_minutes(r.toll.mean) for r in rows],
            say("Minutes lost (median)"): [_minutes(r.toll.median) for r in rows],
            say("No road before"): [
                _told(r.toll.without_before, sensitive=r.sensitive) for r in rows
            ],
        },
        (name,),
        say("Table of the groups of people"),
    )


def _facilities(twin: Twin, answer: Answer, choice: Choice) -> None:
    """Show the facilities that people can reach no more, and who they are."""
    rows = closures_cache.facilities(choice.asked)[:_ROWS] if choice.closures else []
    if not rows:
        _nothing_lost()
        return
    n_whole = sum(row.whole for row in rows)
    st.markdown(
        say(
            "{n} facilities lose people; {whole} are cut off from most of those who could come.",
            n=number(len(rows)),
            whole=number(n_whole),
        )
    )
    names = cache.names(twin.version, language())
    between = "、" if language() == "zh" else ", "
    name, where, state_of = say("Facility"), say("People of"), say("State")
    _table(
        {
            name: [row.name for row in rows],
            state_of: [_state(row.flooded, row.whole) for row in rows],
            say("Cannot come any more"): [_people(answer, row.lost) for row in rows],
            say("Had it nearest"): [_people(answer, row.nearest) for row in rows],
            where: [between.join(names[v] for v in row.villages) or NO_FIGURE for row in rows],
        },
        (name, where, state_of),
        say("Table of the facilities that people can reach no more"),
    )


def _state(flooded: bool, whole: bool) -> str:
    if flooded:
        return say("in the closed area")
    return say("cut off") if whole else say("reachable for some")


def _bridges(answer: Answer, choice: Choice) -> None:
    """Show the bridges in the order of what closing each alone would cost; one click closes it."""
    rows = closures_cache.ranking(choice.asked)
    known = closures_cache.bridges(language())
    st.markdown(
        say(
            "Each bridge closed alone: {n} of {all} bridges cost somebody something. Mark one to "
            "close it.",
            n=number(len(rows)),
            all=number(len(known)),
        )
    )
    if not rows:
        return
    top = rows[:TOP]
    name = f"closures.ranking.{state.chosen('closures.clicks', 0)}.{len(choice.asked.key)}"

    def marked() -> None:
        picked = (state.widget_value(name) or {}).get("selection", {}).get("rows", [])
        if picked and picked[0] < len(top):
            closures_choices.toggle(top[picked[0]].bridge.id)

    _ranking(answer, top, known, name, marked)


def _ranking(
    answer: Answer,
    top: list[BridgeToll],
    known: Mapping[int, tuple[object, str]],
    name: str,
    marked: Callable[[], None],
) -> None:
    title = say("Bridge")
    columns = {
        title: [known[row.bridge.id][1] for row in top],
        say("People cut off"): [_people(answer, row.toll.cut_off) for row in top],
        say("Longer way"): [_people(answer, row.toll.slower) for row in top],
        say("Person-minutes"): [number(row.toll.person_minutes) for row in top],
    }
    st.dataframe(
        pa.table(columns),
        hide_index=True,
        height=36 * min(len(top), 14) + 38,
        column_config={
            column: st.column_config.TextColumn(alignment="right")
            for column in columns
            if column != title
        },
        on_select=marked,
        selection_mode="single-row",
        key=state.widget_key(name),
        alt=say("Table of the bridges that matter most"),
    )


# ---------------------------------------------------------------- the way of a cell, notes, files


def way_of(twin: Twin, choice: Choice, detour: Detour | None, answer: Answer) -> None:
    """Say the way of the clicked cell before and after."""
    if detour is None:
        st.caption(say("Click a cell to see its way before and after."))
        return
    rows = twin.regions.attrs["rows"]
    cell = plain(cache.names(twin.version, language())[rows[choice.cell]])
    terms: list[_Term] = []
    if detour.before is None:
        terms.append(("{cell} has no road there in the first place.", {"cell": cell}))
    else:
        told: dict[str, object] = {
            "cell": cell,
            "minutes": number(detour.before.seconds / 60, 1),
            "km": number(detour.before.metres / 1000, 1),
            "name": plain(detour.name_before),
        }
        terms.append(("{cell}: {minutes} minutes and {km} km to {name} before.", told))
        if detour.after is None:
            terms.append(("No way leads there now.", {}))
        else:
            told = {
                "minutes": number(detour.after.seconds / 60, 1),
                "km": number(detour.after.metres / 1000, 1),
                "name": plain(detour.name_after),
            }
            terms.append(("Now {minutes} minutes and {km} km, to {name}.", told))
    if answer.worst_service is not None and detour.service in SERVICES:
        terms.append(
            ("Shown is the service that loses most: {name}.",
             {"name": say(SERVICES[detour.service].title)})
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(say_terms(terms), width="stretch")
        st.button(
            say("Let go"),
            type="tertiary",
            icon=":material/close:",
            on_click=state.choose,
            args=("closures.cell", ""),
        )


def remarks(answer: Answer) -> None:
    """Show how the figures are meant and what was assumed."""
    st.caption(
        say(
            "Minutes are one way on the fastest road that is open, without traffic. Who had no "
            "road before is not counted as cut off; who is cut off is not counted among those who "
            "lose minutes."
        )
    )
    coverage_parts.notes(answer.notes)


def files(twin: Twin, choice: Choice) -> None:
    """Show the links to the files."""
    asked = choice.asked
    parts = (asked.mode, asked.service, asked.group, asked.key or NOTHING)
    address = f"/download/{stamp(twin.version)}/closures/{'/'.join(parts)}"
    links = " · ".join(
        f'<a href="{address}/{name}?lang={language()}" download>{escape(say(title))}</a>'
        for name, title in FILE_TITLES.items()
    )
    st.html(f'<div class="ct-small ct-files">{escape(say("Take the table away:"))} {links}</div>')
