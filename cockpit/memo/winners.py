"""Who wins and who loses by a plan: the tables of a memo whose sum is the net change."""

from __future__ import annotations

import math
from collections.abc import Callable

from cockpit.memo.content import Bar, Block, Table, Text
from cockpit.memo.facts import Facts, Part

Say = Callable[..., str]


def winners(facts: Facts, say: Say) -> list[Block]:
    """Return who wins and who loses: in words, by township with the net change, by group."""
    blocks: list[Block] = [Text(_most(facts, say))]
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
        best = _largest(facts, facts.townships, figure) if len(facts.townships) > 1 else None
        if best is not None:
            said.append(say(sentence, name=best.name))
    worst = _largest(facts, facts.groups[1:], "minutes_lost", a_head=True)
    if worst is not None:
        said.append(say("Of the groups, most minutes a head are lost by: {name}.", name=worst.name))
    won, lost = (facts.sheet.value(f"balance.{figure}") for figure in ("winners", "losers"))
    if won == 0 and lost == 0:
        return say("Nobody's way changes.")
    if lost == 0:
        said.append(say("Nobody has a longer way than today."))
    elif not said and (len(facts.townships) > 1 or math.isnan(lost)):
        said.append(say("Who wins and who loses most is not shown."))
    return ("" if facts.language == "zh" else " ").join(said)


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
    if not of_groups:
        for figure in ("winners", "losers", "net_covered"):
            facts.sheet.veil([f"{part.path}.balance.{figure}" for part in parts])
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
