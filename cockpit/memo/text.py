"""What a memo says, from the facts: first what a reader in a hurry needs, then what it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from cockpit.locale import translate
from cockpit.memo import limits, method
from cockpit.memo.content import (
    Bar,
    Block,
    Check,
    Heading,
    Memo,
    Picture,
    Signature,
    Table,
    Text,
    Tile,
    Tiles,
)
from cockpit.memo.drawing import draw
from cockpit.memo.facts import Facts, Part, Site
from cockpit.memo.words import date, inside, number

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
        *_winners(facts, say),
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
            tuple(_site_row(facts, site, say) for site in facts.sites),
            n_words=4,
            wide=2,
        ),
    ]


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
        scale = 100 if how == "share" else 1
        change = facts.sheet.change(
            say(_ALWAYS, figure=name, when=say("change")), figure, scale=scale, decimals=decimals
        )
        rows.append(
            (
                name,
                write_it(f"now.{figure}", _now(name, say)),
                write_it(f"then.{figure}", _then(name, say)),
                say("{n} points", n=change) if how == "share" and change != "—" else change,
            )
        )
    head = tuple(say(h) for h in ("Figure", "Today", "Plan", "Change"))
    return [
        Heading(say("Result")),
        Table(say("Today beside the plan: {group}", group=facts.asked.group), head, tuple(rows)),
        Text(
            say("Covered: within {limit} minutes, exactly there too.",
                limit=f"{facts.asked.minutes:g}"),
            "quiet",
        ),
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


# ---------------------------------------------------------------- winners and losers


def _winners(facts: Facts, say: Say) -> list[Block]:
    blocks: list[Block] = [Heading(say("Who wins, who loses")), Text(_most(facts, say))]
    if facts.townships:
        blocks.append(_parts(facts, facts.townships, say("Township"), say))
    if len(facts.groups) > 1:
        blocks.append(_parts(facts, facts.groups[1:], say("Group"), say, of_groups=True))
    if facts.sheet.any_hidden:
        blocks.append(
            Text(
                say("Not shown: fewer than {n} people, or a figure from which such a count would "
                    "follow.", n=facts.sheet.small_count),
                "quiet",
            )
        )  # fmt: skip
    return blocks


def _most(facts: Facts, say: Say) -> str:
    """Say where most minutes are won and lost, and which group loses most a head."""
    said = []
    for figure, sentence in (
        ("minutes_won", "Most minutes are won in {name}."),
        ("minutes_lost", "Most minutes are lost in {name}."),
    ):
        best = _largest(facts, facts.townships, figure)
        if best is not None:
            said.append(say(sentence, name=best.name))
    worst = _largest(facts, facts.groups[1:], "minutes_lost", a_head=True)
    if worst is not None:
        said.append(say("Of the groups, most minutes a head are lost by: {name}.", name=worst.name))
    lost = facts.sheet.value("balance.minutes_lost")
    if lost == 0:
        said.append(say("Nobody has a longer way than today."))
    return ("" if facts.language == "zh" else " ").join(said) or say("Nobody's way changes.")


def _largest(
    facts: Facts, parts: tuple[Part, ...], figure: str, *, a_head: bool = False
) -> Part | None:
    best, most = None, 0.0
    for part in parts:
        value = facts.sheet.value(f"{part.path}.balance.{figure}")
        if a_head:
            value /= facts.sheet.value(f"{part.path}.now.people") or math.nan
        if value > most:
            best, most = part, value
    return best


def _parts(
    facts: Facts, parts: tuple[Part, ...], what: str, say: Say, *, of_groups: bool = False
) -> Table:
    heads = ("People", "Shorter ways", "Longer ways", "Net covered", "Net person-minutes")
    head = (what, *(say(h) for h in heads))
    # What does not change says nothing row by row: it is told in one.
    still = () if of_groups else tuple(part for part in parts if _is_still(facts, part))
    shown = [part for part in parts if part not in still]
    rows = [_part_row(facts, part.path, part.name, say) for part in shown]
    lengths = [_won_lost(facts, part.path) for part in shown]
    longest = max((max(pair) for pair in lengths), default=0.0) or 1.0
    bars: list[Bar | None] = [Bar(lost / longest, won / longest) for won, lost in lengths]
    if still:
        rows.append(_still_row(facts, still, say))
        bars.append(None)
    if not of_groups:
        _check_sums(facts, parts, say)
        rows.append(_part_row(facts, "", say("Sum: net change"), say))
        bars.append(None)
    caption = (
        say("By group (people may be in none of them, or in several)")
        if of_groups
        else say("By township; the sum is the net change")
    )
    bar_head = say("Person-minutes: lost | won")
    return Table(
        caption, head, tuple(rows), 1, bars=tuple(bars), bar_head=bar_head, has_sum=not of_groups
    )


def _is_still(facts: Facts, part: Part) -> bool:
    """Tell whether it is known that nobody's way changes in a township."""
    told = [facts.sheet.value(f"{part.path}.balance.{f}") for f in ("winners", "losers")]
    return told == [0, 0] and not math.isnan(facts.sheet.value(f"{part.path}.now.people"))


def _still_row(facts: Facts, still: tuple[Part, ...], say: Say) -> tuple[str, ...]:
    name = say("{n} others, unchanged", n=len(still))
    paths = [f"{part.path}.now.people" for part in still]
    said = math.fsum(facts.sheet.value(path) for path in paths)
    people = say("People")
    figure = facts.sheet.plain(
        f"{name}: {people}", said, math.fsum(facts.sheet.found[path] for path in paths)
    )
    zeros = [
        facts.sheet.plain(
            f"{name}: {say(title)}", 0.0,
            math.fsum(facts.sheet.found[f"{part.path}.balance.{f}"] for part in still),
        )
        for f, title in (
            ("winners", "Shorter ways"), ("losers", "Longer ways"), ("net_covered", "Net covered"),
            ("net_minutes", "Net person-minutes"),
        )
    ]  # fmt: skip
    return (name, figure, *zeros)


def _part_row(facts: Facts, path: str, name: str, say: Say) -> tuple[str, ...]:
    sheet, start = facts.sheet, f"{path}." if path else ""

    def called(figure: str) -> str:
        return f"{name}: {say(figure)}"

    return (
        name,
        sheet.people(f"{start}now.people", called("People")),
        sheet.people(f"{start}balance.winners", called("Shorter ways")),
        sheet.people(f"{start}balance.losers", called("Longer ways")),
        sheet.signed(f"{start}balance.net_covered", called("Net covered")),
        sheet.signed(f"{start}balance.net_minutes", called("Net person-minutes")),
    )


def _won_lost(facts: Facts, path: str) -> tuple[float, float]:
    """Return person-minutes won and lost for a bar; nothing where they are not told."""
    pair = [facts.sheet.value(f"{path}.balance.{f}") for f in ("minutes_won", "minutes_lost")]
    return (0.0, 0.0) if any(math.isnan(v) for v in pair) else (pair[0], pair[1])


def _check_sums(facts: Facts, parts: tuple[Part, ...], say: Say) -> None:
    """Hold the sum over the townships against the net change; where all are told."""
    for figure, title in (("net_covered", "Net covered"), ("net_minutes", "Net person-minutes")):
        told = [facts.sheet.value(f"{part.path}.balance.{figure}") for part in parts]
        if not any(math.isnan(v) for v in told):
            name = say("{figure}, sum over the townships", figure=say(title))
            facts.sheet.plain(name, math.fsum(told), facts.sheet.found[f"balance.{figure}"])


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
