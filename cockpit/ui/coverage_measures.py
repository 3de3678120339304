"""Panels on how fair, how full and how safe access is: equity, scores, room, supply, referral."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from cockpit.answers.coverage import Equity, Scores, Summary
from cockpit.answers.twin import Twin
from cockpit.coverage.catchments import METHODS
from cockpit.coverage.services import SERVICES
from cockpit.ui import coverage_cache, coverage_charts
from cockpit.ui.coverage_choices import Choice
from cockpit.ui.coverage_parts import (
    bracket,
    chart,
    counts,
    limit_text,
    minutes_text,
    minutes_words,
    notes,
    score_text,
    score_unit,
    table,
    words_table,
)
from cockpit.ui.words import name_of, number, percent, say, signed

# ---------------------------------------------------------------- equity


def equity(twin: Twin, choice: Choice, found: Summary) -> None:
    """Show how evenly access is spread, each figure with a sentence on how to read it."""
    del twin
    answer = coverage_cache.equity(choice.asked)
    title = say(
        "Gini {gini}: {verdict}; {share} of the inequality lies between townships",
        gini=number(answer.gini, 2),
        verdict=_verdict(answer.gini),
        share=percent(_between(answer)),
    )
    st.markdown(f"**{title}**")
    left, middle, right = st.columns([3, 4, 3], gap="medium")
    with left:
        chart(coverage_charts.lorenz(answer), "lorenz", title)
    with middle:
        _equity_table(answer, choice)
    with right:
        _townships(answer)
    st.caption(
        say(
            "Access is measured by: {method}. A figure of access, not of health or income.",
            method=say(METHODS[answer.method].title) if answer.method in METHODS else answer.method,
        )
    )
    notes(answer.notes, but=found.notes)


def _between(answer: Equity) -> float:
    return answer.theil_between / answer.theil if answer.theil else math.nan


def _verdict(gini: float) -> str:
    """Return in words how uneven a Gini coefficient is."""
    if math.isnan(gini):
        return say("nothing to compare")
    if gini < 0.2:
        return say("fairly even")
    return say("uneven") if gini < 0.4 else say("very uneven")


def _equity_table(answer: Equity, choice: Choice) -> None:
    n = limit_text(choice)
    rows = (
        (say("Gini"), number(answer.gini, 3),
         say("0: everybody has the same access; 1: one person has all.")),
        (say("Theil"), number(answer.theil, 3),
         say("0: the same; large when a few have very much.")),
        (say("Theil between townships"), number(answer.theil_between, 3),
         say("The part that moving supply between townships could remove.")),
        (say("Theil within townships"), number(answer.theil_within, 3),
         say("The part that lies between the villages of one township.")),
        (say("Palma"), number(answer.palma, 2),
         say("Access of the best-served tenth over that of the worst-served four tenths; no figure "
             "when these have none.")),
        (say("Concentration"), signed(answer.concentration, 3),
         say("Above 0: densely settled places have more; below 0: sparse ones.")),
        (say("FGT 0"), percent(answer.fgt0, 1),
         say("People beyond {n} minutes.", n=n)),
        (say("FGT 1"), percent(answer.fgt1, 1),
         say("Mean over everybody of 1 − {n} ÷ minutes for those beyond {n} minutes, 0 for the "
             "others; no way counts 1.", n=n)),
        (say("FGT 2"), number(answer.fgt2, 3),
         say("The same with the square of 1 − {n} ÷ minutes: the farthest weigh most.", n=n)),
    )  # fmt: skip
    words_table(
        {
            say("Measure"): [row[0] for row in rows],
            say("Value"): [row[1] for row in rows],
            say("How to read it"): [row[2] for row in rows],
        },
        words=(say("Measure"), say("How to read it")),
    )


def _townships(answer: Equity) -> None:
    rows = sorted(answer.by_township, key=lambda r: (np.nan_to_num(r.share, nan=2.0), r.code))
    unit = METHODS["enhanced"].unit  # what every person gets, whatever the figures above are of
    st.markdown(f"**{say('Covered share by township')}**")
    table(
        {
            say("Township"): [name_of(row) for row in rows],
            say("Covered"): [percent(row.share, 1) for row in rows],
            say("Mean minutes"): [minutes_text(row.minutes) for row in rows],
            f"{say('Access')}{bracket(score_unit(unit))}": [
                score_text(row.access, unit) for row in rows
            ],
        },
        words=(say("Township"),),
        alt=say("Covered share by township"),
    )


# ---------------------------------------------------------------- scores


def scores(twin: Twin, choice: Choice, found: Summary) -> None:
    """Show the scores by method, each with what it overstates."""
    del twin, found
    answer = coverage_cache.access_scores(choice.asked)
    st.markdown(f"**{say('Seven ways to score access; none is right for everything')}**")
    words_table(
        {
            say("Method"): [say(one.title) for one in answer.values()],
            say("Mean"): [score_text(one.mean, one.unit) for one in answer.values()],
            say("Unit"): [score_unit(one.unit) for one in answer.values()],
            say("Without any"): [percent(_nothing(one), 1) for one in answer.values()],
            say("What it overstates or understates"): [say(one.note) for one in answer.values()],
        },
        words=(say("Method"), say("Unit"), say("What it overstates or understates")),
    )
    st.caption(say("Choose “Access score” in the colours to see one of them on the map."))


def _nothing(one: Scores) -> float:
    """Return the share of cells with a score of zero."""
    return float((one.values <= 0).mean()) if len(one.values) else math.nan


# ---------------------------------------------------------------- room


def capacity(twin: Twin, choice: Choice, found: Summary) -> None:
    """Show who finds room within the limit, who is left over, what stays unused."""
    del twin
    answer = coverage_cache.capacity(choice.asked)
    title = say(
        "{served} of {total} find room within {n} minutes, {left} are left over; room for {unused} "
        "stays unused",
        served=number(answer.served_people),
        total=number(found.total),
        n=limit_text(choice),
        left=number(answer.left_over_people),
        unused=number(answer.unused),
    )
    st.markdown(f"**{title}**")
    table(
        {
            say("Facility"): [row.name for row in answer.rows],
            say("Room for, persons"): [_room(row.capacity) for row in answer.rows],
            say("Find room there"): counts(row.load for row in answer.rows),
            say("of them from here"): counts(row.from_unit for row in answer.rows),
            say("Unused"): [_room(row.unused) for row in answer.rows],
        },
        words=(say("Facility"),),
        alt=say("Capacity"),
    )
    st.caption(
        say(
            "The best possible distribution: as many as can be served, with the least travel, when "
            "the whole county is led to its places. An upper bound of what people find by "
            "themselves."
        )
    )
    notes(answer.notes, but=found.notes)


def _room(value: float) -> str:
    return say("no limit") if math.isinf(value) else number(value)


# ---------------------------------------------------------------- supply


def supply(twin: Twin, choice: Choice, found: Summary) -> None:
    """Show where supply is weak, where it is double, and what hangs on one place."""
    del twin
    answer = coverage_cache.supply(choice.asked)
    title = say(
        "{n} persons ({share}) have one place within {limit} minutes and no second",
        n=number(answer.only_one_people),
        share=percent(answer.only_one_people / found.total if found.total else math.nan, 1),
        limit=limit_text(choice),
    )
    st.markdown(f"**{title}**")
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(say("Weak supply: villages with less than the county's mean"))
        table(
            {
                say("Village"): [name_of(row) for row in answer.weak],
                say("Persons"): counts(row.people for row in answer.weak),
                say("Minutes"): [minutes_text(row.minutes) for row in answer.weak],
                say("If the nearest closes"): [
                    minutes_text(r.without_nearest) for r in answer.weak
                ],
            },
            words=(say("Village"),),
            alt=say("Weak supply: villages with less than the county's mean"),
        )
    with right:
        st.markdown(say("Double supply: closing one of these leaves nobody beyond the limit"))
        if not answer.redundant:
            st.caption(say("There is none: every facility is the only one for somebody."))
            return
        table(
            {
                say("Facility"): [row.name for row in answer.redundant],
                say("Nearest to, persons"): counts(r.people_nearest for r in answer.redundant),
                say("Minutes more"): [number(r.extra_minutes, 1) for r in answer.redundant],
            },
            words=(say("Facility"),),
            alt=say("Double supply: closing one of these leaves nobody beyond the limit"),
        )
        st.caption(say("One at a time: two of them may be each other's reason."))


# ---------------------------------------------------------------- referral


def referral(twin: Twin, choice: Choice, found: Summary) -> None:
    """Show the way from village clinic to health centre to county hospital."""
    del twin
    answer = coverage_cache.referral(choice.asked.unit, choice.asked.group)
    title = say(
        "From home to the county hospital by all steps: {mean} on average, half of the people "
        "within {median}",
        mean=minutes_words(answer.mean),
        median=minutes_words(answer.median),
    )
    st.markdown(f"**{title}**")
    for service in answer.missing:
        st.warning(
            say("A step is missing: there are no {service}.", service=say(SERVICES[service].title))
        )
    if answer.broken_people:
        st.write(say("For {n} persons the chain ends on the way.", n=number(answer.broken_people)))
    left, right = st.columns([3, 2], gap="medium")
    titles = [say(leg.title) for leg in answer.legs]
    with left:
        chart(
            coverage_charts.leg_bars(titles, [leg.minutes for leg in answer.legs]),
            "referral",
            title,
        )
    with right:
        table(
            {
                say("Step"): titles,
                say("Places"): [number(leg.n_facilities) for leg in answer.legs],
                say("Mean minutes"): [minutes_text(leg.minutes) for leg in answer.legs],
            },
            words=(say("Step"),),
            alt=say("Referral chain"),
        )
    notes(answer.notes, but=found.notes)
