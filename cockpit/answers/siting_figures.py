"""What a plan changes, for whom and where: today beside then, winners and losers, site by site."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.coverage_masks import Mask, is_sensitive, masked
from cockpit.answers.coverage_notes import notes_of
from cockpit.answers.coverage_question import age_groups, mask_of
from cockpit.answers.coverage_results import Floats, Question
from cockpit.answers.reach import Note
from cockpit.answers.siting_ground import Ground, reached, unreached_note
from cockpit.answers.siting_layout import Layout
from cockpit.answers.siting_masks import FIELDS, SAME, Hidden, Row, hidden
from cockpit.answers.siting_site_rows import SiteRow, site_rows
from cockpit.coverage.equity import gini
from cockpit.coverage.nearest import at_most, minutes_of, weighted_quantile
from cockpit.indicators import MEASURES
from cockpit.placement.board import Board

Seconds = NDArray[np.uint16]

_MOST_BOARDS = 64  # a board of 10,000 cells takes 160 kB
_MOST_FIGURES = 64


@dataclass(frozen=True)
class Totals:
    """How some people reach the service; NaN: nobody is there, or too few to be shown."""

    people: float
    covered: float  # people within the limit
    share: float  # 0 to 1
    person_minutes: float  # capped, see UNREACHED_MINUTES
    mean: float  # person_minutes over people
    median: float  # minutes; inf: half reach none
    p90: float
    worst: float  # longest way of anybody who reaches one
    unreached: float  # people who reach none
    gini: float  # of the capped minutes


@dataclass(frozen=True)
class Balance:
    """Who wins and who loses; every net figure is its losses less its gains, or the reverse."""

    people: float
    winners: float  # people with fewer minutes
    losers: float
    unchanged: float
    minutes_won: float  # person-minutes, 0 or more
    minutes_lost: float
    newly_covered: float
    no_longer: float  # people covered today and then no more

    @property
    def net_minutes(self) -> float:
        """Return the change of the person-minutes; below zero: shorter ways."""
        return self.minutes_lost - self.minutes_won

    @property
    def net_covered(self) -> float:
        """Return the change of the people covered."""
        return self.newly_covered - self.no_longer


@dataclass(frozen=True)
class Part:
    """What the plan changes for one group or one township."""

    id: str  # measure id, or code of the township
    title: str  # msgid of the group; "" for a township
    row: int  # of twin.regions; -1 for a group
    now: Totals
    then: Totals
    balance: Balance


@dataclass(frozen=True, eq=False)
class Figures:
    """Everything that is told of a plan."""

    ground: Ground
    layout: Layout
    board: Board
    before: Seconds  # (n,) to the nearest site today; 65535: none
    after: Seconds  # (n,)
    now: Totals
    then: Totals
    balance: Balance
    n_now: int  # sites today
    n_then: int
    groups: tuple[Part, ...]  # the question's first
    townships: tuple[Part, ...]
    sites: tuple[SiteRow, ...]
    notes: tuple[Note, ...]

    @property
    def q(self) -> Question:
        """Return the question."""
        return self.ground.q


_lock = threading.RLock()
_boards: OrderedDict[tuple[int, tuple[int, ...]], tuple[Ground, Board]] = OrderedDict()
_figures: OrderedDict[tuple[int, Layout], Figures] = OrderedDict()
_today: OrderedDict[int, tuple[Ground, Mapping[str, Any]]] = OrderedDict()


def figures(ground: Ground, layout: Layout) -> Figures:
    """
    Return what a plan changes against today.

    The nearest sites come from the plan that was asked for before and differs least; only whom a
    change concerns is looked at again. Figures of today are kept with the ground.

    Raises
    ------
    InputError
        If the plan has a site that there is not.
    """
    key = (id(ground), layout)
    with _lock:
        known = _figures.get(key)
        if known is None or known.ground is not ground:
            known = _figures[key] = _made(ground, layout)
            while len(_figures) > _MOST_FIGURES:
                _figures.popitem(last=False)
        _figures.move_to_end(key)
        return known


def untold(ground: Ground, open_sites: Iterable[int]) -> frozenset[str]:
    """Return which totals of a plan are not shown: "covered", "person_minutes", or none."""
    if not ground.q.sensitive:
        return frozenset()
    then = figures(ground, ground.layout_of(open_sites)).then
    return frozenset(name for name in SAME if math.isnan(getattr(then, name)))


def board_of(ground: Ground, sites: tuple[int, ...]) -> Board:
    """Return the board of some open sites, from the one kept that differs least."""
    with _lock:
        mine = {key: b for key, (g, b) in _boards.items() if g is ground}
        found = mine.get((id(ground), sites))
        if found is None:
            found = _derived(ground, sites, list(mine.values()))
            _boards[id(ground), sites] = (ground, found)
            while len(_boards) > _MOST_BOARDS:
                _boards.popitem(last=False)
        return found


def _derived(ground: Ground, sites: tuple[int, ...], known: Sequence[Board]) -> Board:
    wanted = set(sites)
    nearest = min(known, key=lambda b: len(wanted ^ set(b.open)), default=None)
    if nearest is None or len(wanted ^ set(nearest.open)) > max(len(sites) // 4, 1):
        return Board.of(sites, ground.matrix(sites))
    return nearest.changed(sites, ground.column)


# ---------------------------------------------------------------- put together


def _made(ground: Ground, layout: Layout) -> Figures:
    sites = ground.open_sites(layout)
    today = _of_today(ground)
    board = board_of(ground, sites)
    before, after = today["board"].seconds, board.seconds
    raw = [_part(ground, who, before, after) for who in today["groups"]]
    of_townships = [_part(ground, who, before, after) for who in today["townships"]]
    masks = [who.mask for who in today["groups"]]
    first, townships = _shown(masks[0], raw[0], of_townships)
    others = [_shown(mask, part)[0] for mask, part in zip(masks[1:], raw[1:], strict=True)]
    groups = (first, *others)
    main = groups[0]
    away = ground.people[~reached(before) | ~reached(after)].sum()
    return Figures(
        ground,
        layout,
        board,
        before,
        after,
        main.now,
        main.then,
        main.balance,
        ground.n_facilities,
        len(sites),
        groups,
        townships,
        site_rows(ground, layout, board, main.then.unreached),
        (*today["notes"], *unreached_note(float(away))),
    )


@dataclass(frozen=True, eq=False)
class _Who:
    """People of one part, and their figures of today."""

    id: str
    title: str
    row: int
    rows: NDArray[np.intp]  # of the demand
    people: Floats  # (len(rows),)
    total: float  # as told; NaN: too few
    mask: Mask
    now: Totals


def _of_today(ground: Ground) -> Mapping[str, Any]:
    with _lock:
        known = _today.get(id(ground))
        if known is None or known[0] is not ground:
            board = board_of(ground, tuple(range(ground.n_facilities)))
            made = {
                "board": board,
                "notes": notes_of(ground.reach, ground.q),
                "groups": [_with_now(ground, who, board.seconds) for who in _groups(ground)],
                "townships": [_with_now(ground, who, board.seconds) for who in _townships(ground)],
            }
            known = _today[id(ground)] = (ground, made)
            while len(_today) > _MOST_BOARDS:
                _today.popitem(last=False)
        return known[1]


def _with_now(ground: Ground, who: _Who, seconds: Seconds) -> _Who:
    return replace(who, now=_totals(ground, who, seconds))


_NOBODY = Totals(*[math.nan] * 10)


def _groups(ground: Ground) -> list[_Who]:
    reach, q = ground.reach, ground.q
    made = []
    for group in age_groups(reach, q):
        mask = Mask(is_sensitive(reach, group), q.small_count)
        known = masked(reach, group, q.small_count)
        people = known.people[ground.cells]
        total = math.nan if q.unit in known.units else mask.count(float(people.sum()))
        every = np.arange(len(people))
        title = MEASURES[group].title
        made.append(_Who(group, title, -1, every, people, total, mask, _NOBODY))
    return made


def _townships(ground: Ground) -> list[_Who]:
    reach, q = ground.reach, ground.q
    hidden = masked(reach, q.group, q.small_count).units
    codes, mask, made = reach.twin.regions["code"], mask_of(q), []
    for k, row in enumerate(ground.township_rows.tolist()):
        rows = np.flatnonzero(ground.townships == k)
        people = ground.people[rows]
        total = math.nan if row in hidden else mask.count(float(people.sum()))
        made.append(_Who(str(codes.iat[row]), "", row, rows, people, total, mask, _NOBODY))
    return made


def _part(ground: Ground, who: _Who, before: Seconds, after: Seconds) -> Part:
    then = _totals(ground, who, after)
    balance = _balance(ground, who, before[who.rows], after[who.rows])
    return Part(who.id, who.title, who.row, who.now, then, balance)


def _totals(ground: Ground, who: _Who, seconds: Seconds) -> Totals:
    """Return how people reach the service, nothing hidden but their number."""
    there = seconds[who.rows]
    minutes, capped = minutes_of(there), ground.capped(there)
    people = who.people
    if not people.sum() > 0:
        return replace(_NOBODY, people=who.total, covered=who.total)
    covered = float(people[at_most(minutes, ground.q.minutes)].sum())
    finite = minutes[(people > 0) & reached(there)]
    sum_minutes = float(capped @ people) / 60
    return Totals(
        people=who.total,
        covered=covered,
        share=covered / who.total,
        person_minutes=sum_minutes,
        mean=sum_minutes / who.total,
        median=weighted_quantile(minutes, people, 0.5),
        p90=weighted_quantile(minutes, people, 0.9),
        worst=float(finite.max()) if finite.size else math.inf,
        unreached=float(people[~reached(there)].sum()),
        gini=gini(capped, people),
    )


def _balance(ground: Ground, who: _Who, before: Seconds, after: Seconds) -> Balance:
    """Return who wins and who loses, nothing hidden but the number of all."""
    people, limit = who.people, ground.q.minutes
    change = ground.capped(after) - ground.capped(before)
    was, will = (at_most(minutes_of(s), limit) for s in (before, after))
    return Balance(
        people=who.total,
        winners=float(people[change < 0].sum()),
        losers=float(people[change > 0].sum()),
        unchanged=float(people[change == 0].sum()),
        minutes_won=float(-np.minimum(change, 0.0) @ people) / 60,
        minutes_lost=float(np.maximum(change, 0.0) @ people) / 60,
        newly_covered=float(people[will & ~was].sum()),
        no_longer=float(people[was & ~will].sum()),
    )


# ---------------------------------------------------------------- what may be shown


def _shown(mask: Mask, whole: Part, parts: Sequence[Part] = ()) -> tuple[Part, tuple[Part, ...]]:
    """Return some people and their parts without the figures that are not shown."""
    of_whole, of_parts = hidden(mask, _row(whole), [_row(part) for part in parts])
    shown = [_without(part, found) for part, found in zip(parts, of_parts, strict=True)]
    return _without(whole, of_whole), tuple(shown)


def _row(part: Part) -> Row:
    values = {(side, name): getattr(getattr(part, side), name) for side, name in FIELDS}
    return Row(part.now.people, {f: 0.0 if math.isnan(n) else n for f, n in values.items()})


def _without(part: Part, found: Hidden) -> Part:
    """Return figures without those that are hidden; of people too few without any."""
    if math.isnan(part.now.people):
        return replace(part, now=_NOBODY, then=_NOBODY, balance=Balance(*[math.nan] * 8))
    names = {side: {name for at, name in found if at == side} for side in ("now", "then")}
    made = {
        side: replace(getattr(part, side), **_nothing(known | {SAME.get(n, n) for n in known}))
        for side, known in names.items()
    }
    balance = _nothing({name for at, name in found if at == "balance"})
    return replace(part, **made, balance=replace(part.balance, **balance))


def _nothing(names: set[str]) -> dict[str, float]:
    return dict.fromkeys(names, math.nan)


# ---------------------------------------------------------------- as plain values


def plain(found: Figures) -> dict[str, Any]:
    """
    Return the figures for JSON: null for what is not shown or has no end.

    The same data give the same values on every machine: nothing of it depends on the order in
    which plans were asked for.
    """
    return {
        "sites": {"now": found.n_now, "then": found.n_then},
        "now": _plain(found.now),
        "then": _plain(found.then),
        "balance": _balance_plain(found.balance),
        "groups": [_part_plain(part) for part in found.groups],
        "townships": [_part_plain(part) for part in found.townships],
        "by_site": [_plain(row) for row in found.sites],
    }


def _part_plain(part: Part) -> dict[str, Any]:
    return {
        "id": part.id,
        "now": _plain(part.now),
        "then": _plain(part.then),
        "balance": _balance_plain(part.balance),
    }


def _balance_plain(balance: Balance) -> dict[str, Any]:
    net = {"net_minutes": balance.net_minutes, "net_covered": balance.net_covered}
    return {**_plain(balance), **{name: _number(value) for name, value in net.items()}}


def _plain(row: Any) -> dict[str, Any]:
    return {name: _number(value) for name, value in asdict(row).items()}


def _number(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    return round(value, 9)  # the last digits of a Gini differ between machines
