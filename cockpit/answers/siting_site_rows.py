"""Site by site: whom each serves, whom it alone covers, and how full it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cockpit.answers.coverage_question import mask_of
from cockpit.answers.coverage_supply import room
from cockpit.answers.siting_ground import Ground
from cockpit.answers.siting_layout import Layout
from cockpit.coverage.nearest import at_most, minutes_of
from cockpit.placement.board import Board


@dataclass(frozen=True)
class SiteRow:
    """One site: whom it serves, and what it alone gives."""

    site: str  # "f:" or "c:"
    status: str  # "kept" | "new" | "closed" | "moved" (to here) | "moved away"
    facility: str  # id of the facility that stands here then, or stood here; "" for a new one
    people: float  # of the group, nearest to it; NaN: too few to be shown
    capacity: float  # people it can serve; NaN: not known
    only: float  # people covered by it alone
    minutes_saved: float  # person-minutes more without it


def site_rows(
    ground: Ground, layout: Layout, board: Board, unreached: float
) -> tuple[SiteRow, ...]:
    """
    Return every site that is open today or then, in the order of the ground's sites.

    ``unreached``: people who reach none of them, as told; NaN: it is hidden.
    """
    n = len(ground.sites)
    near = board.nearest
    there = near >= 0
    limit = ground.q.minutes
    alone = at_most(minutes_of(board.seconds), limit)
    alone &= ~at_most(minutes_of(board.next_seconds), limit)
    saved = ground.capped(board.next_seconds) - ground.capped(board.seconds)
    who = ground.people
    people = np.bincount(near[there], who[there], minlength=n)
    only = np.bincount(near[there & alone], who[there & alone], minlength=n)
    minutes = np.bincount(near[there], (saved * who)[there], minlength=n)
    capacity = np.full(n, math.nan)
    capacity[: ground.n_facilities] = room(ground.reach, ground.q)
    nearer = np.bincount(near[there], (who * (saved > 0))[there], minlength=n)
    mask, made = mask_of(ground.q), []
    standing = _standing(ground, layout, board)
    away = float(who[~there].sum())
    shown = _people(ground, [float(people[k]) for k, _, _ in standing], away, unreached)
    for (k, status, facility), told in zip(standing, shown, strict=True):
        size = capacity[ground.index(f"f:{facility}")] if facility else math.nan
        few = math.isnan(mask.part(float(nearer[k]), told))
        made.append(
            SiteRow(
                ground.sites[k],
                status,
                facility,
                told,
                float(size),
                mask.part(float(only[k]), told),
                math.nan if few else float(minutes[k]) / 60,
            )
        )
    return tuple(made)


def _people(ground: Ground, people: list[float], away: float, unreached: float) -> list[float]:
    """
    Return the people of the sites as they may be shown; NaN for those too few.

    All sites together serve whom the unit's figures tell, but for those who reach none: no single
    one of these may stay hidden.
    """
    if math.isnan(ground.told):
        return [math.nan] * len(people)
    told = mask_of(ground.q).parts([away, *people])[1:]
    some = [n for n in people if n > 0]
    if math.isnan(unreached) and some and not any(map(math.isnan, told)):
        told[people.index(min(some))] = math.nan
    return told


def _standing(ground: Ground, layout: Layout, board: Board) -> list[tuple[int, str, str]]:
    """Return site, status and facility of every site that is open today or then."""
    moved_to = {ground.index(f"c:{cell}"): facility for facility, cell in layout.moved}
    moved = {facility for facility, _ in layout.moved}
    made = []
    for k in sorted({*range(ground.n_facilities), *board.open}):
        if k >= ground.n_facilities:
            facility = moved_to.get(k, "")
            made.append((k, "moved" if facility else "new", facility))
            continue
        facility = ground.sites[k][2:]
        gone = "moved away" if facility in moved else "closed"
        made.append((k, "kept" if k in board.open else gone, facility))
    return made
