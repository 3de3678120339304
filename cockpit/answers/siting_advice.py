"""Advice beside placing by hand: the next move, why not here, and how far from the best."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from cockpit.answers import siting_runs
from cockpit.answers.coverage_question import mask_of
from cockpit.answers.reach import Note
from cockpit.answers.siting_broken import broken_rules, closeness, lifted, reason_note
from cockpit.answers.siting_figures import untold
from cockpit.answers.siting_ground import UNREACHED_MINUTES, Ground
from cockpit.answers.siting_layout import Layout
from cockpit.answers.siting_models import reach_of
from cockpit.answers.siting_problem import why_excluded
from cockpit.answers.siting_rules import Rules
from cockpit.answers.siting_table import Table
from cockpit.placement import moves
from cockpit.placement.moves import Aim, Floats
from geodata.errors import CockpitError, InputError

Kind = Literal["add", "move", "remove"]

SECONDS = 20.0
"""Longest search for the plan that a plan by hand is compared with."""


@dataclass(frozen=True)
class Move:
    """One change of a plan, and what it brings; of a removal what it takes, below zero."""

    kind: Kind
    site: str  # "c:" or "f:" that opens; "" when one only closes
    closed: str  # site that closes or moves; ""
    layout: Layout  # the plan afterwards
    people: float  # within reach, more than before; NaN: too few to be shown
    minutes: float  # person-minutes saved; NaN: of too few people
    words: Note


@dataclass(frozen=True)
class Forced:
    """What it costs to have a site in the best plan: people covered less, or person-minutes."""

    cost: float | None  # 0 or more; None: not known yet; NaN, as the two below: not shown
    least: float | None  # surely at least, and at most
    most: float | None
    proven: bool
    n_sites: int
    with_it: str  # keys of the two searches
    without: str
    error: CockpitError | None = None


@dataclass(frozen=True)
class WhyNot:
    """What a site in a cell would bring to a plan, beside the best there is."""

    site: str
    rule: str  # "" | "open" | "spacing" | those of ``siting.why_excluded``
    reason: Note | None  # the rule in words
    people: float  # newly covered; NaN: too few to be shown
    minutes: float  # person-minutes saved; NaN: of too few people
    rank: int  # 1: none brings more; 0: the rules forbid it
    n_candidates: int
    best: str  # the candidate that brings most; "": there is none
    best_people: float
    best_minutes: float
    forced: Forced | None  # None: the rules leave no plan with it


@dataclass(frozen=True)
class Standing:
    """How far a plan is from the best with as many sites; None: not known yet."""

    aim: Aim
    value: float  # people covered, or person-minutes; NaN: too few to be shown
    n_sites: int
    best: float | None
    bound: float | None  # no plan is better
    percent: float | None  # at most what is true: of the bound, not of the best found
    improvement: float | None  # share of what could be improved on today, at least
    proven: bool  # False: percent is "at least"
    layout: Layout | None  # the best plan found
    key: str  # of the search
    status: siting_runs.Status
    broken: tuple[Note, ...]  # rules that the plan breaks; the best one is free of these, too
    error: CockpitError | None


# ---------------------------------------------------------------- the next move


def next_move(
    ground: Ground, rules: Rules, layout: Layout, aim: Aim, *, kind: Kind = "add"
) -> Move | None:
    """
    Return the single change that brings most; None: none brings anything, or the rules allow none.

    Parameters
    ----------
    aim
        "covered": people within the question's minutes; "minutes": person-minutes, each way counted
        up to ``UNREACHED_MINUTES``.
    kind
        "add": a new site, or a closed facility again; "move": an open site to a better place;
        "remove": the open site that is missed least.
    """
    table = Table.of(ground, rules, layout)
    if kind == "move":
        return _best_move(table, layout, aim)
    now = table.served
    if kind == "remove":
        loss = np.where(table.may_close, table.losses(aim), np.inf)
        r = int(np.argmin(loss))
        return _told(table, layout, "remove", None, r) if np.isfinite(loss[r]) else None
    gain = np.where(table.may_open & ~table.too_near, table.gains(aim, now), 0.0)
    f = int(np.argmax(gain))
    return _told(table, layout, "add", f, None) if gain[f] > 0 else None


def _best_move(table: Table, layout: Layout, aim: Aim) -> Move | None:
    swap = moves.best_swap(
        table.cost, table.ground.people, table.opened, aim, table.limit(aim),
        may_open=table.may_open, may_close=table.may_close, spacing=table.spacing,
    )  # fmt: skip
    return None if swap is None else _told(table, layout, "move", swap.open, swap.close)


def _told(table: Table, layout: Layout, kind: Kind, new: int | None, old: int | None) -> Move:
    """Return a move with what it brings for both aims, counted anew."""
    ground = table.ground
    then = table.opened.copy()
    site = closed = ""
    if new is not None:
        then[new] = True
        site = ground.sites[int(table.sites[new])]
    if old is not None:
        then[old] = False
        closed = ground.sites[int(table.sites[old])]
    more = table.value("covered", then) - table.value("covered", table.opened)
    saved = table.value("minutes", table.opened) - table.value("minutes", then)
    people = math.copysign(mask_of(ground.q).count(abs(more)), more)
    if ground.q.sensitive and _is_few(table, table.near(then)):
        saved = math.nan
    after = _changed(layout, site, closed)
    return Move(kind, site, closed, after, people, saved,
                _words(ground, kind, site, closed, people, saved))  # fmt: skip


def _is_few(table: Table, near: Floats) -> bool:
    """Tell whether those whose ways change are too few for their minutes to be shown."""
    ground, now = table.ground, table.near(table.opened)
    mask = mask_of(ground.q)
    counts = (ground.people[change].sum() for change in (near < now, near > now))
    return any(math.isnan(mask.part(float(n), ground.told)) for n in counts)


def _changed(layout: Layout, site: str, closed: str) -> Layout:
    """Return the plan with a site opened, another closed, or one moved to the other's place."""
    if site.startswith("f:"):
        layout = layout.with_opened(site[2:])
        site = ""
    if not closed:
        return layout.with_added(site[2:]) if site else layout
    if closed.startswith("f:"):
        gone = closed[2:]
        return layout.with_moved(gone, site[2:]) if site else layout.with_closed(gone)
    if site:
        return layout.with_cell_moved(closed[2:], site[2:])
    moved = next((f for f, cell in layout.moved if cell == closed[2:]), None)
    return layout.with_closed(moved) if moved is not None else layout.without_cell(closed[2:])


def _words(ground: Ground, kind: Kind, site: str, closed: str, people: float, saved: float) -> Note:
    templates = {
        "add": "A site in {new}: {people} more people within {limit} minutes, {minutes} "
        "person-minutes saved.",
        "move": "{old} moves to {new}: {people} more people within {limit} minutes, {minutes} "
        "person-minutes saved.",
        "remove": "Without {old}: {people} people fewer within {limit} minutes, {minutes} "
        "person-minutes more.",
    }
    sign = -1 if kind == "remove" else 1
    told = {
        "people": "-" if math.isnan(people) else f"{sign * people + 0.0:,.0f}",
        "minutes": "-" if math.isnan(saved) else f"{sign * saved + 0.0:,.0f}",
        "limit": f"{ground.q.minutes:g}",
    }
    names = {"new": site, "old": closed}
    local, english = (
        {key: ground.name(s, language) for key, s in names.items() if s}
        for language in ("zh", "en")
    )
    return Note(templates[kind], {**told, **local}, {**told, **english})


# ---------------------------------------------------------------- why not here


def why_not(
    ground: Ground,
    rules: Rules,
    layout: Layout,
    cell: str,
    aim: Aim,
    *,
    search: bool = True,
    seconds: float = SECONDS,
) -> WhyNot:
    """
    Return what a site in a cell would bring, how that ranks, and what it costs to insist on it.

    What is known at once, and the keys of two searches: the best plan with the site and the best
    without that rule, both with as many sites as the plan has (one more where it adds none). Ask
    again while they work.

    Parameters
    ----------
    cell
        Code of the cell.
    search
        False: no search is begun, and ``forced`` is None.

    Raises
    ------
    InputError
        If there is no such cell.
    """
    site = ground.index(f"c:{cell}")
    table = Table.of(ground, rules, layout, also=(site,))
    at = table.column(site)
    rule, reason = _forbidden(table, layout, site, at)
    by_aim = {a: table.gains(a, table.served) for a in moves.AIMS}
    usable = table.may_open & ~table.too_near
    gain = np.where(usable, by_aim[aim], -1.0)
    best = int(np.argmax(gain))
    there = bool(usable.any())
    count = mask_of(ground.q).count
    minutes = {k: _saved(table, by_aim["minutes"], k) for k in (at, best)}
    return WhyNot(
        site=ground.sites[site],
        rule=rule,
        reason=reason,
        people=count(float(by_aim["covered"][at])),
        minutes=minutes[at],
        rank=0 if rule else int((gain > by_aim[aim][at]).sum()) + 1,
        n_candidates=int(usable.sum()),
        best=ground.sites[int(table.sites[best])] if there else "",
        best_people=count(float(by_aim["covered"][best])) if there else 0.0,
        best_minutes=minutes[best] if there else 0.0,
        forced=_forced(ground, rules, layout, site, rule, aim, seconds) if search else None,
    )


def _saved(table: Table, gains: Floats, column: int) -> float:
    """Return the person-minutes that a site saves; NaN: of too few people."""
    if table.ground.q.sensitive:
        near = np.minimum(table.near(table.opened), table.cost[:, column])
        if _is_few(table, near):
            return math.nan
    return float(gains[column])


def _forbidden(table: Table, layout: Layout, site: int, at: int) -> tuple[str, Note | None]:
    """Return the rule that keeps a site from a cell, and the sentence that says so."""
    ground, rules = table.ground, table.rules
    name = ground.sites[site]
    if table.opened[at]:
        return "open", reason_note(ground, rules, name, "open")
    rule = why_excluded(ground, rules, site)
    if rule:
        return rule, reason_note(ground, rules, name, rule)
    other = closeness(ground, rules, layout, site)
    if other:
        return "spacing", reason_note(ground, rules, name, "spacing", other)
    return "", None


def _forced(
    ground: Ground, rules: Rules, layout: Layout, site: int, rule: str, aim: Aim, seconds: float
) -> Forced | None:
    name = ground.sites[site]
    if rule in ("forbidden", "unit"):
        return None
    n = len(ground.open_sites(layout)) + (0 if layout.new_cells else 1)
    insisting = replace(rules, must=(*rules.must, name))
    try:
        keys = tuple(_best(ground, r, n, aim, seconds) for r in (insisting, rules))
    except InputError as error:
        return Forced(None, None, None, False, n, "", "", error)
    with_it, without = (siting_runs.state(key) for key in keys)
    return _veiled(ground, _cost(with_it, without, n, aim, *keys), aim)


def _veiled(ground: Ground, found: Forced, aim: Aim) -> Forced:
    """Return what insisting costs without people too few to be shown."""
    few = aim == "covered" and any(
        n is not None and math.isnan(mask_of(ground.q).count(n))
        for n in (found.cost, found.least, found.most)
    )
    return replace(found, cost=math.nan, least=math.nan, most=math.nan) if few else found


def _cost(
    with_it: siting_runs.State | None,
    without: siting_runs.State | None,
    n: int,
    aim: Aim,
    key: str,
    other: str,
) -> Forced:
    """
    Return what insisting costs, between what the two plans and their bounds say.

    A plan with the site is a plan without that rule, too, so the cost is never below zero.
    """
    error = next((s.error for s in (with_it, without) if s is not None and s.error), None)
    known = [s for s in (with_it, without)
             if s is not None and s.objective is not None and s.bound is not None]  # fmt: skip
    if len(known) < 2:
        return Forced(None, None, None, False, n, key, other, error)
    sign = 1.0 if aim == "covered" else -1.0
    (obj_with, bound_with), (obj, bound) = (
        (sign * float(s.objective or 0.0), sign * float(s.bound or 0.0)) for s in known
    )
    proven = all(s.proven for s in known)
    if any(map(math.isnan, (obj_with, bound_with, obj, bound))):
        return Forced(math.nan, math.nan, math.nan, proven, n, key, other, error)
    best = max(obj, obj_with)
    cost = max(best - obj_with, 0.0)
    least, most = max(best - bound_with, 0.0), max(bound - obj_with, 0.0)
    if proven:
        least = most = cost
    return Forced(cost, least, most, proven, n, key, other, error)


# ---------------------------------------------------------------- how far from the best


def standing(
    ground: Ground, rules: Rules, layout: Layout, aim: Aim, *, seconds: float = SECONDS
) -> Standing:
    """
    Return how much of the best possible a plan reaches, as far as that is known.

    The best plan has as many open sites and keeps the same rules, but for those that the plan
    itself breaks: they are told and lifted for both. A search is begun where there is none; ask
    again while it works. ``percent`` compares with the bound, so it is never more than true.
    """
    broken = broken_rules(ground, rules, layout)
    fair = lifted(rules, broken)
    n = len(ground.open_sites(layout))
    table = Table.of(ground, fair, layout)
    value, today = (table.value(aim, flags) for flags in (table.opened, table.today))
    shown = _shown(ground, value, aim, ground.open_sites(layout))
    today = _shown(ground, today, aim, range(ground.n_facilities))
    notes = tuple(b.note for b in broken)
    try:
        key = _best(ground, fair, n, aim, seconds)
    except InputError as error:
        return Standing(aim, shown, n, None, None, None, None, False, None, "", "failed", notes,
                        error)  # fmt: skip
    found = siting_runs.state(key)
    if found is None or found.bound is None:
        return Standing(aim, shown, n, None, None, None, None, False, None, key,
                        found.status if found else "waiting", notes,
                        found.error if found else None)  # fmt: skip
    # Of a proven plan nothing but rounding lies between plan and bound.
    bound = found.objective if found.proven and found.objective is not None else found.bound
    return Standing(
        aim, shown, n, found.objective, found.bound, _percent(aim, shown, bound),
        _improvement(aim, shown, today, bound), found.proven, found.layout, key,
        found.status, notes, found.error,
    )  # fmt: skip


def _best(ground: Ground, rules: Rules, n: int, aim: Aim, seconds: float) -> str:
    """
    Begin the search for the best plan with so many sites, or find it; return its key.

    One that has failed is not begun again: who asks again and again would never hear of it.
    """
    model = "mclp" if aim == "covered" else "p-median"
    parameters: dict[str, float] = {"p": n}
    if aim == "covered":
        if ground.q.minutes >= UNREACHED_MINUTES:
            raise InputError(
                "Plans of coverage need a limit below {most} minutes; longer ways all count as "
                "that many.",
                most=f"{UNREACHED_MINUTES:g}",
            )
        parameters["reach"] = reach_of(ground.q.minutes)
    key = siting_runs.key_of(ground, rules, model, parameters, seconds=seconds, gap=0.0, seed=0)
    known = siting_runs.state(key)
    if known is None or (known.status == "stopped" and known.plan is None):
        siting_runs.start(ground, rules, model, parameters, seconds=seconds)
    return key


def _percent(aim: Aim, value: float, bound: float) -> float:
    """Return the share of the bound in percent; a plan that no rule allows may be beyond it."""
    good, most = (value, bound) if aim == "covered" else (bound, value)
    if math.isnan(good) or math.isnan(most):
        return math.nan
    return 100.0 if most <= good else 100.0 * good / most


def _improvement(aim: Aim, value: float, today: float, bound: float) -> float | None:
    """Return the share of what could be improved; None too where one of the three is hidden."""
    sign = 1.0 if aim == "covered" else -1.0
    possible = sign * (bound - today)
    if not possible > 0 or math.isnan(value):
        return None
    return min(sign * (value - today) / possible, 1.0)


def _shown(ground: Ground, value: float, aim: Aim, open_sites: Iterable[int]) -> float:
    name = "covered" if aim == "covered" else "person_minutes"
    return math.nan if name in untold(ground, open_sites) else value
