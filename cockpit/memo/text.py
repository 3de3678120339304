"""What a memo says, from the facts: first what a reader in a hurry needs, then what it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from cockpit.locale import translate
from cockpit.memo import limits, method, winners
from cockpit.memo.content import (
    Block,
    Check,
    Heading,
    Items,
    Memo,
    Picture,
    Signature,
    Table,
    Text,
    Tile,
    Tiles,
)
from cockpit.memo.drawing import draw
from cockpit.memo.facts import Facts, Site
from cockpit.memo.words import NO_FIGURE, date, inside, number

Say = Callable[..., str]
Mood = Literal["better", "worse", "same"]

_ALWAYS = "{figure}, {when}"

KPIS = (
    ("covered", "People covered", "people"),
    ("share", "Share covered", "share"),
    ("mean", "Mean minutes", "minutes"),
    ("median", "Minutes of half of the people", "minutes"),
    ("p90", "Minutes of nine in ten people", "minutes"),
    ("worst", "Longest way (minutes)", "minutes"),
    ("unreached", "People who reach no site", "people"),
    ("person_minutes", "Person-minutes", "people"),
    ("gini", "Gini coefficient of the minutes", "coefficient"),
)
"""Figure, its words, and how it is written."""

CHANGE_TITLES = {"new": "new site", "moved": "moved to here", "closed": "closes"}


MOST_SITES = 30
"""Rows of the table of sites: a memo is read, the whole list stands in the scenario file."""


def write(facts: Facts) -> Memo:
    """
    Return the memo.

    Raises
    ------
    InputError
        If a figure of the scenario is not what counting again gives; it names the figure.
    """

    def say(template: str, **values: object) -> str:
        return translate(template, facts.language, **values)

    blocks: list[Block] = [
        *_top(facts, say),
        *_plan(facts, say),
        *_result(facts, say),
        *_map(facts, say),
        Heading(say("Who wins, who loses")),
        *winners.winners(facts, say),
        Heading(say("Proof")),
        *method.proof(facts, say),
        Heading(say("Method and data")),
        *method.method(facts, say),
        Heading(say("Risks and limits")),
        limits.limits(facts, say),
    ]
    blocks += [*_end(facts, say)]  # last: it lists what was printed until then
    marks = [say("Class: {name}", name=facts.data_class)]
    if facts.county.invented:
        marks.append(say("Sample county, invented"))
    return Memo(
        facts.language,
        say("Decision memo"),
        facts.name,
        tuple(marks),
        facts.author,
        facts.made,
        _footer(facts, say),
        say("page {page} of {pages}", page="{page}", pages="{pages}"),
        tuple(blocks),
    )


def _footer(facts: Facts, say: Say) -> str:
    county = facts.county
    review = (
        say("invented county, no review number needed")
        if county.invented
        else say("map review number {number}", number=county.review_number or "—")
    )
    return " · ".join(
        (
            county.name,
            say("data version {version}", version=facts.data_version[:12]),
            review,
            say("scenario {digest}", digest=facts.digest[:12]),
        )
    )


# ---------------------------------------------------------------- the first page


def _top(facts: Facts, say: Say) -> list[Block]:
    blocks: list[Block] = [method.about(facts, say), Heading(say("Goal"))]
    blocks.append(Text(_goal(facts, say)))
    if facts.note:
        blocks.append(Text(say("Note of the author: {note}", note=" ".join(facts.note.split()))))
    if facts.county.invented:
        sentence = say("The county is invented: its figures show how this works, and no more.")
        blocks.append(Text(sentence, "loud"))
    return [*blocks, Tiles(tuple(_tiles(facts, say)))]


def _goal(facts: Facts, say: Say) -> str:
    asked = facts.asked
    told = {
        "service": inside(asked.service),
        "n": f"{asked.minutes:g}",
        "mode": inside(asked.mode),
        "group": inside(asked.group),
        "unit": facts.county.unit,
    }
    first = (
        say("Goal: help from {service} within {n} minutes, {mode}, for {group} in {unit}.", **told)
        if asked.help_comes
        else say("Goal: {service} within {n} minutes, {mode}, for {group} in {unit}.", **told)
    )
    return say("{goal} This memo tells what the plan changes against today.", goal=first)


def _tiles(facts: Facts, say: Say) -> list[Tile]:
    sheet = facts.sheet
    share, minutes = say("Share covered"), say("Mean minutes")
    return [
        Tile(
            share,
            sheet.share("then.share", _then(share, say)),
            say("today {figure}", figure=sheet.share("now.share", _now(share, say))),
            _mood(facts, "share", 1),
        ),
        Tile(
            minutes,
            say("{n} minutes", n=sheet.minutes("then.mean", _then(minutes, say))),
            say("today {figure}", figure=sheet.minutes("now.mean", _now(minutes, say))),
            _mood(facts, "mean", -1),
        ),
        Tile(
            say("People with shorter ways"),
            sheet.people("balance.winners", say("People with shorter ways")),
            say("with longer ways {figure}",
                figure=sheet.people("balance.losers", say("People with longer ways"))),
        ),
        method.tile(facts, say),
    ]  # fmt: skip


def _mood(facts: Facts, figure: str, better: int) -> Mood:
    then, now = (facts.sheet.value(f"{part}.{figure}") for part in ("then", "now"))
    if math.isnan(then) or math.isnan(now) or then == now:
        return "same"
    return "better" if (then - now) * better > 0 else "worse"


def _then(name: str, say: Say) -> str:
    return say(_ALWAYS, figure=name, when=say("plan"))


def _now(name: str, say: Say) -> str:
    return say(_ALWAYS, figure=name, when=say("today"))


# ---------------------------------------------------------------- plan and result


def _plan(facts: Facts, say: Say) -> list[Block]:
    sheet, n = facts.sheet, dict.fromkeys(CHANGE_TITLES, 0)
    for site in facts.sites:
        n[site.change] += 1
    first = say(
        "New sites: {new}; moved: {moved}; closed: {closed}. In all {then} sites instead of {now}.",
        **{kind: str(count) for kind, count in n.items()},
        then=sheet.people("sites.then", say("Sites, then")),
        now=sheet.people("sites.now", say("Sites today")),
    )
    blocks: list[Block] = [Heading(say("Plan")), Text(first)]
    if not facts.sites:
        return [*blocks, Text(say("The plan leaves all as it is today."))]
    head = ("No.", "Change", "Site", "Township", "Longitude", "Latitude", "People nearest",
            "Covered by it alone")  # fmt: skip
    return [
        *blocks,
        Table(
            say("Sites that change"),
            tuple(say(h) for h in head),
            tuple(_site_row(facts, site, say) for site in facts.sites[:MOST_SITES]),
            n_words=4,
            wide=2,
        ),
        *_left_out(facts, say),
        *_years(facts, say),
    ]


def _years(facts: Facts, say: Say) -> list[Block]:
    """List which of the changes come in which year, of a plan of several."""
    years = facts.proof.years if facts.proof is not None else ()
    told, done = [], set[str]()
    for year, sites in enumerate(years, start=1):
        here = [s for s in facts.sites if s.number not in done and _has_come(s, sites)]
        done |= {s.number for s in here}
        numbers = say(", ").join(s.number for s in here)
        told.append(
            say("Year {year}: changes {numbers}.", year=year, numbers=numbers)
            if here
            else say("Year {year}: no change.", year=year)
        )
    if not told:
        return []
    return [Text(say("The years of the plan, by the numbers above:")), Items(tuple(told))]


def _has_come(site: Site, open_sites: tuple[str, ...]) -> bool:
    return (site.path.removeprefix("by_site.") in open_sites) == (site.change != "closed")


def _left_out(facts: Facts, say: Say) -> list[Block]:
    n = len(facts.sites) - MOST_SITES
    if n <= 0:
        return []
    return [Text(say("{n} more changes stand in the scenario file.", n=number(n)), "quiet")]


def _site_row(facts: Facts, site: Site, say: Say) -> tuple[str, ...]:
    name = say("{name} (today: {was})", name=site.name, was=site.was) if site.was else site.name
    figures = ("—", "—")
    if site.change != "closed":
        nearest, alone = say("People nearest"), say("Covered by it alone")
        figures = (
            facts.sheet.people(f"{site.path}.people", f"{site.number} {nearest}"),
            facts.sheet.people(f"{site.path}.only", f"{site.number} {alone}"),
        )
    return (
        site.number,
        say(CHANGE_TITLES[site.change]),
        name,
        site.township,
        number(site.lon, 4),
        number(site.lat, 4),
        *figures,
    )


def _result(facts: Facts, say: Say) -> list[Block]:
    rows = []
    for figure, title, how in KPIS:
        name = say(title)
        write_it = getattr(facts.sheet, how)
        decimals = {"people": 0, "share": 1, "minutes": 1, "coefficient": 3}[how]
        now = write_it(f"now.{figure}", _now(name, say))
        then = write_it(f"then.{figure}", _then(name, say))
        change = facts.sheet.change(
            say(_ALWAYS, figure=name, when=say("change")),
            figure,
            scale=100 if how == "share" else 1,
            decimals=decimals,
        )
        if how == "share" and change != NO_FIGURE:
            change = say("{n} points", n=change)
        rows.append((name, now, then, change))
    head = tuple(say(h) for h in ("Indicator", "Today", "Plan", "Change"))
    return [
        Heading(say("Result")),
        Table(say("Today beside the plan: {group}", group=facts.asked.group), head, tuple(rows)),
        Text(
            say("Covered: within {limit} minutes, exactly there too.",
                limit=f"{facts.asked.minutes:g}"),
            "quiet",
        ),
        *_between_groups(facts, say),
    ]  # fmt: skip


def _between_groups(facts: Facts, say: Say) -> list[Block]:
    """Say how far apart the groups are, and flag a plan that leaves one of them behind."""
    gap = facts.gap
    if gap is None:
        return []
    name = say("Gap in coverage between groups (points)")
    now, then = (
        facts.sheet.plain(say(_ALWAYS, figure=name, when=say(when)), 100 * said, 100 * found, 1)
        for when, said, found in (
            ("today", gap.now, gap.now_counted),
            ("plan", gap.then, gap.then_counted),
        )
    )
    told = {"now": now, "then": then, "group": gap.least}
    if gap.widened:
        return [
            Text(
                say("The plan widens the gap in coverage between groups from {now} to {then} "
                    "points; worst served is then: {group}.", **told),
                "loud",
            )
        ]  # fmt: skip
    return [
        Text(
            say("Between the best and the worst served group lie {now} points of coverage today "
                "and {then} with the plan; worst served is then: {group}.", **told)
        )
    ]  # fmt: skip


def _map(facts: Facts, say: Say) -> list[Block]:
    sheet = facts.sheet
    alt = say(
        "Map of {unit}: minutes to the nearest site, plan less today. {winners} people have "
        "shorter ways and {losers} longer ones.",
        unit=facts.county.unit,
        winners=sheet.people("balance.winners", say("People with shorter ways")),
        losers=sheet.people("balance.losers", say("People with longer ways")),
    )
    review = (
        say("invented county, no review number needed")
        if facts.county.invented
        else say("map review number {number}", number=facts.county.review_number or "—")
    )
    titles = [title for source in facts.sources for title in source.titles]
    caption = say(
        "Minutes to the nearest site, plan less today, by cell. Source: {sources}; residents as "
        "of {date}; north is up; {review}.",
        sources=say(", ").join(titles), date=date(facts.picture_date, facts.language),
        review=review,
    )  # fmt: skip
    return [Picture(draw(facts.picture), alt, caption)]


# ---------------------------------------------------------------- the end


def _end(facts: Facts, say: Say) -> list[Block]:
    rows = tuple((p.name, p.said, p.found) for p in facts.sheet.distinct())
    head = tuple(say(h) for h in ("Figure", "In the memo", "Counted again"))
    sentence = say("{n} figures were recomputed from the data; all agree.", n=len(rows))
    return [
        Heading(say("Check and decision")),
        Check(
            sentence,
            say("List of the figures"),
            Table(say("Figures and their recount"), head, rows),
        ),
        Signature(
            say("For decision: whether the plan as described is pursued, changed or dropped."),
            tuple(say(role) for role in ("Prepared by", "Reviewed by", "Decided by")),
            tuple(say(label) for label in ("Role", "Name and signature", "Date")),
        ),
    ]
