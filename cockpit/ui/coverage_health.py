"""The health check: all standards of all services at once, with lights, and the visitor's own."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from cockpit.answers.coverage import Summary
from cockpit.answers.coverage_sources import source_text
from cockpit.answers.twin import Twin
from cockpit.coverage.services import SERVICES
from cockpit.coverage.standards import LONGEST_SOURCE, Checked, Standard, as_toml
from cockpit.indicators import MEASURES
from cockpit.ui import coverage_cache, coverage_norms, state
from cockpit.ui.coverage_choices import MODE_PHRASE_TITLES, Choice
from cockpit.ui.coverage_norms import changes
from cockpit.ui.coverage_panels import confirm_mark, dot, goal_text, value_text
from cockpit.ui.coverage_parts import counts, plain_number
from cockpit.ui.words import NO_FIGURE, language, say, say_error
from geodata.errors import CockpitError

WHERE_TITLES = {"all": "everywhere", "town": "in town", "country": "in the country"}
_FIELDS = ("limit", "or_minutes", "goal", "watch", "source")


def of_service(choice: Choice) -> list[Checked]:
    """Return the standards that touch the chosen service, checked on the unit."""
    return coverage_cache.health_check(choice.asked.unit, changes(), choice.asked.service)


def show(twin: Twin, choice: Choice, found: Summary) -> None:
    """Show every standard with its light, and the table to change them."""
    del twin, found
    rows = coverage_cache.health_check(choice.asked.unit, changes())
    lights = [row.light for row in rows]
    st.markdown(
        "**"
        + say(
            "{green} of {n} standards are met, {yellow} are close, {red} are missed; {none} cannot "
            "be judged",
            n=len(rows),
            green=lights.count("green"),
            yellow=lights.count("yellow"),
            red=lights.count("red"),
            none=lights.count("none"),
        )
        + "**"
    )
    st.html(f'<div class="ct-scroll">{_table(rows)}</div>')
    with st.expander(say("Change limits and goals"), icon=":material/tune:"):
        _editor()


def _table(rows: list[Checked]) -> str:
    head = "".join(
        f'<th class="ct-quiet{" n" if right else ""}">{escape(text)}</th>'
        for text, right in (
            (say("Light"), False),
            (say("Standard"), False),
            (say("Rule"), False),
            (say("Value"), True),
            (say("Goal"), True),
            (say("People missing"), True),
            (say("Source"), False),
        )
    )
    return (
        f'<table class="ct-table ct-small"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(_row(row) for row in rows)}</tbody></table>"
    )


def _row(row: Checked) -> str:
    standard = row.standard
    without = row.light == "none" or standard.group == "area_km2"  # km² are no people
    missing = NO_FIGURE if without else counts([row.people_missing])[0]
    cells = (
        (dot(row.light), False),
        (_quiet_below(say(standard.title), _for_whom(standard), *_remarks(row)), False),
        (escape(rule_text(standard)), False),
        (f"<b>{escape(value_text(row))}</b>", True),
        (escape(goal_text(standard)), True),
        (missing, True),
        (_source(standard), False),
    )
    tds = "".join(f"<td{' class=n' if right else ''}>{text}</td>" for text, right in cells)
    return f"<tr>{tds}</tr>"


def _quiet_below(first: str, *others: str) -> str:
    quiet = "".join(f"<br><span class='ct-quiet'>{escape(text)}</span>" for text in others)
    return f"{escape(first)}{quiet}"


def _for_whom(standard: Standard) -> str:
    words = [say(SERVICES[standard.service].title)]
    if standard.group in MEASURES:
        words.append(say(MEASURES[standard.group].title))
    if standard.where in WHERE_TITLES:
        words.append(say(WHERE_TITLES[standard.where]))
    return " · ".join(words)


def _remarks(row: Checked) -> list[str]:
    """Return what to bear in mind: why there is no light, what the check cannot see."""
    texts = [say(row.reason, **row.values)] if row.reason else []
    return [*texts, say(row.standard.note)] if row.standard.note else texts


def _source(standard: Standard) -> str:
    text = f"{escape(source_text(standard, language()))} {confirm_mark(standard)}"
    if standard.id in {key for key, _fields in changes()}:
        return f"{text}<br><b>{escape(say('changed by you'))}</b>"
    return f"{text}<br>{escape(say('changed by the county'))}" if standard.changed else text


def rule_text(standard: Standard) -> str:
    """Return a standard's rule in words."""
    limit = plain_number(standard.limit)
    mode = _mode_words(standard.mode)
    if standard.rule == "minutes":
        return say("within {n} minutes {mode}", n=limit, mode=mode)
    if standard.rule == "metres":
        return _distance_text(standard, limit, mode)
    if standard.rule == "one_each":
        level = say("township" if standard.level == "township" else "village")
        if standard.or_minutes is None:
            return say("one in each {level}", level=level)
        return say(
            "one in each {level}, or within {n} minutes",
            level=level,
            n=plain_number(standard.or_minutes),
        )
    if standard.rule == "one_per":
        return say("at most {n} {unit}", n=limit, unit=say(standard.unit))
    return say("at least {n} {unit}", n=limit, unit=say(standard.unit))


def _distance_text(standard: Standard, limit: str, mode: str) -> str:
    if standard.or_minutes is None:
        return say("within {n} m {mode}", n=limit, mode=mode)
    return say(
        "within {m} m {mode}, or {n} minutes {other}",
        m=limit,
        mode=mode,
        n=plain_number(standard.or_minutes),
        other=_mode_words(standard.or_mode or standard.mode),
    )


def _mode_words(mode: str) -> str:
    return say(MODE_PHRASE_TITLES.get(mode, mode))


# ---------------------------------------------------------------- the visitor's own


def _editor() -> None:
    """Show the limits as a table to type in; nonsense is named and not taken."""
    known = coverage_cache.standards(changes())
    table = pd.DataFrame(
        {
            say("Standard"): [say(s.title) for s in known.values()],
            say("Limit"): [s.limit for s in known.values()],
            say("Unit"): [say(s.unit) if s.unit else "" for s in known.values()],
            say("Or minutes"): [s.or_minutes for s in known.values()],
            say("Goal, share"): [s.goal for s in known.values()],
            say("Yellow from, share"): [s.watch for s in known.values()],
            say("Source"): [say(s.source) for s in known.values()],
        }
    )
    version = state.chosen("coverage.edits", 0)
    name = f"coverage.editor.{version}"

    def typed() -> None:
        edits = (state.widget_value(name) or {}).get("edited_rows", {})
        _take(edits, list(known), list(table.columns))

    names = list(table.columns)
    if problem := state.chosen("coverage.problem", ""):
        st.error(problem)
    st.data_editor(
        table,
        hide_index=True,
        height=320,
        disabled=[say("Standard"), say("Unit")],
        column_config={
            names[3]: st.column_config.NumberColumn(
                help=say("Minutes that are enough as well, where a standard has two limits.")
            ),
            names[6]: st.column_config.TextColumn(
                max_chars=LONGEST_SOURCE, help=say("The document that sets your figures.")
            ),
        },
        key=state.widget_key(name),
        on_change=typed,
        alt=say("Change limits and goals"),
    )
    with st.container(horizontal=True):
        st.button(
            say("Back to the defaults"),
            icon=":material/undo:",
            on_click=reset,
            disabled=not changes(),
            key="coverage.reset",
        )
        if changes():
            st.download_button(
                say("Take along for county.toml"),
                as_toml({key: dict(fields) for key, fields in changes()}),
                file_name="standards.toml",
                mime="application/toml",
                icon=":material/download:",
                key="coverage.toml",
                on_click="ignore",
            )
    st.caption(
        say(
            "Your figures stand in the address: a link shows others the same. To make them the "
            "county's, put the file's text into county.toml and load again."
        )
    )


def _take(edits: dict[Any, dict[str, Any]], ids: list[str], columns: list[str]) -> None:
    """Take what was typed; when it makes no sense, keep what was before and say why."""
    fields = dict(zip((columns[1], *columns[3:]), _FIELDS, strict=True))
    wanted = {key: dict(values) for key, values in changes()}
    for row, cells in edits.items():
        own = wanted.setdefault(ids[int(row)], {})
        own |= {fields[c]: value for c, value in cells.items() if c in fields}
    try:
        # A figure that is taken away is the default again.
        kept = {key: {f: v for f, v in own.items() if v is not None} for key, own in wanted.items()}
        coverage_norms.take(coverage_norms.frozen(kept))
    except CockpitError as error:
        state.choose("coverage.problem", say_error(error))
    else:
        state.choose("coverage.problem", "")
    state.choose("coverage.edits", state.chosen("coverage.edits", 0) + 1)


def reset() -> None:
    """Let the visitor's own standards go."""
    coverage_norms.take(())
    state.choose("coverage.problem", "")
    state.choose("coverage.edits", state.chosen("coverage.edits", 0) + 1)
