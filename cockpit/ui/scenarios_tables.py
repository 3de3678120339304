"""Tables of the page Scenarios: figures beside each other, winners and losers, disagreements."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import streamlit as st

from cockpit.answers.scenarios import Against, Comparison, PartChange, Row
from cockpit.answers.twin import Twin
from cockpit.ui import cache, coverage_parts, theme
from cockpit.ui.scenarios_maps import people
from cockpit.ui.way import plain
from cockpit.ui.words import NO_FIGURE, language, number, percent, say

_STYLE = """<style>
.sc-scroll{overflow-x:auto}
.sc-table{border-collapse:collapse}
.sc-table th,.sc-table td{padding:8px 16px 8px 0;border-bottom:1px solid LINE;text-align:right;
font-weight:400;vertical-align:top}
.sc-table thead th{vertical-align:bottom;font-weight:600}
.sc-table thead th+th{min-width:7rem;max-width:10rem;overflow-wrap:anywhere}
.sc-table th:first-child{text-align:left;white-space:nowrap;position:sticky;left:0;
background:GROUND}
.sc-table .best{font-weight:700;color:GOOD;white-space:nowrap}
.sc-table td{white-space:nowrap}
.ct-table{border-collapse:collapse}
.ct-table th,.ct-table td{text-align:left;font-weight:400;padding:6px 24px 6px 0;
border-bottom:1px solid LINE;vertical-align:top}
.ct-table .n{text-align:right;white-space:nowrap}
.ct-scroll{overflow-x:auto}
@media (max-width:640px){.sc-table th:first-child{white-space:normal;min-width:8rem}}
</style>"""
_DIRECTIONS = {1: "more is better", -1: "less is better", 0: ""}


def styles() -> None:
    """Put the style sheet of the page's tables down once."""
    tokens = theme.now()
    style = _STYLE.replace("LINE", tokens.line).replace("GROUND", tokens.ground)
    st.html(style.replace("GOOD", tokens.good))


def kpis(found: Comparison) -> None:
    """Show all figures in rows, today first, the best of each row marked."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in (say("Today"), *found.names))
    body = "".join(_row(row) for row in found.rows)
    st.html(
        f'<div class="sc-scroll" tabindex="0" role="group" '
        f'aria-label="{escape(say("Figures of today and of each scenario"))}">'
        f'<table class="sc-table"><thead><tr><th scope="col">'
        f'<span class="ct-quiet ct-small">{escape(say("✓ best of its row"))}</span></th>{head}</tr>'
        f"</thead><tbody>{body}</tbody></table></div>"
    )
    _widened(found)
    _unreached(found)


def _widened(found: Comparison) -> None:
    """Flag the plans that leave a group behind."""
    for name, gap in zip(found.names, found.gaps, strict=True):
        if gap.widened and gap.least_then is not None:
            st.warning(
                say(
                    "{name} widens the gap in coverage between groups from {now} to {then}; worst "
                    "served is then: {group}.",
                    name=plain(name),
                    now=percent(gap.now, 1),
                    then=percent(gap.then, 1),
                    group=say(gap.least_then.title),
                ),
                icon=":material/balance:",
            )


def _unreached(found: Comparison) -> None:
    """Say whom the longest way leaves out, where somebody reaches no site."""
    row = next(row for row in found.rows if row.id == "unreached")
    if any(value > 0 for value in row.values):
        st.caption(
            say(
                "The longest way is that of the people who reach a site at all; on roads that lead "
                "to none, a plan changes nothing unless it places a site there."
            )
        )


def _row(row: Row) -> str:
    unit = say(row.unit) if row.unit and row.unit not in ("share", "sites") else ""
    direction = say(_DIRECTIONS[row.better]) if _DIRECTIONS[row.better] else ""
    about = " · ".join(part for part in (unit, direction) if part)
    cells = "".join(
        f'<td class="best">✓ {value_text(row, value)}</td>' if best
        else f"<td>{value_text(row, value)}</td>"
        for value, best in zip(row.values, row.best, strict=True)
    )  # fmt: skip
    return (
        f'<tr data-row="{row.id}"><th scope="row">{escape(say(row.title))}'
        f'<div class="ct-quiet ct-small">{escape(about)}</div></th>{cells}</tr>'
    )


def value_text(row: Row, value: float) -> str:
    """Return one figure of a row as text."""
    if math.isinf(value):
        return "∞"
    if row.unit == "share":
        return percent(value, 1)
    if row.id == "gini":
        return number(value, 3)
    if row.unit == "minutes":
        return number(value, 1)
    if row.id == "cost":
        return number(value, 0 if value == round(value) else 1)
    return number(value)


# ---------------------------------------------------------------- winners and losers


def part_name(twin: Twin, part: PartChange) -> str:
    """Return the name of a township or group."""
    if part.title:
        return say(part.title)
    return cache.names(twin.version, language())[part.row]


def changes(
    twin: Twin, found: Comparison, against: Against, parts: Sequence[PartChange],
    plans: Sequence[int],
) -> None:  # fmt: skip
    """Show winners, losers and the net change of each part for each plan, and all together."""
    first = say("Group") if parts and parts[0].title else say("Township")
    rows: dict[str, list[str]] = {first: [], say("Scenario"): []}
    titles = ("People with shorter ways", "People with longer ways", "Person-minutes won",
              "Person-minutes lost", "Net person-minutes", "Net covered people")  # fmt: skip
    rows |= {say(title): [] for title in titles}
    by_township = not (parts and parts[0].title)
    for plan in plans:
        balances = [(part_name(twin, part), part.balances[plan]) for part in parts]
        if by_township:
            balances.append((say("All together"), against.total[plan]))
        for name, b in balances:
            values = (b.winners, b.losers, b.minutes_won, b.minutes_lost, b.net_minutes,
                      b.net_covered)  # fmt: skip
            rows[first].append(name)
            rows[say("Scenario")].append(found.names[plan])
            for title, value in zip(titles, values, strict=True):
                rows[say(title)].append(NO_FIGURE if math.isnan(value) else number(value))
    coverage_parts.table(
        rows, words=[first, say("Scenario")], alt=say("Table of winners and losers")
    )


def disagreements(twin: Twin, found: Comparison, against: Against) -> None:
    """Say which townships win under some plans and lose under others."""
    if not against.disagree:
        st.caption(say("No township wins under one of these plans and loses under another."))
        return
    st.markdown(
        say(
            "{n} townships win under some plans and lose under others, those most at odds first:",
            n=number(len(against.disagree)),
        )
    )
    between = "、" if language() == "zh" else ", "
    rows = against.disagree
    coverage_parts.words_table(
        {
            say("Township"): [part_name(twin, d.part) for d in rows],
            say("Shorter ways in all with"): [
                between.join(found.names[k] for k in d.wins) for d in rows
            ],
            say("Longer ways in all with"): [
                between.join(found.names[k] for k in d.loses) for d in rows
            ],
        },
        words=[
            say("Township"), say("Shorter ways in all with"), say("Longer ways in all with"),
        ],
    )  # fmt: skip


def headline(found: Comparison, base: int | None) -> str:
    """Return in one sentence which plan covers most, and which has the shortest ways."""
    rows = {row.id: row for row in found.rows}
    covered, mean = rows["covered"].values[1:], rows["mean"].values[1:]
    most, shortest = _best(covered, -1), _best(mean, 1)
    if most is None or shortest is None:
        return ""
    told = {
        "most": plain(found.names[most]),
        "covered": people(covered[most]),
        "shortest": plain(found.names[shortest]),
        "mean": number(mean[shortest], 1),
    }
    if most == shortest:
        text = say(
            "{most} covers most people ({covered}) and has the shortest ways on average "
            "({mean} minutes).",
            **told,
        )
    else:
        text = say(
            "{most} covers most people ({covered}); the shortest ways on average has {shortest} "
            "({mean} minutes).",
            **told,
        )
    if base is None:
        return text
    space = "" if language() == "zh" else " "
    return text + space + say("Maps and bars show the change against {name}.",
                              name=plain(found.names[base]))  # fmt: skip


def _best(values: Sequence[float], sign: int) -> int | None:
    known = [(sign * v, k) for k, v in enumerate(values) if math.isfinite(v)]
    return min(known)[1] if known else None
