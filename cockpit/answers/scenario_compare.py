"""Plans side by side: figures in rows, changes cell by cell, winners and losers by part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

import numpy as np

from cockpit.answers.coverage_masks import Mask, is_sensitive, masked
from cockpit.answers.coverage_question import mask_of
from cockpit.answers.coverage_results import Floats, Question
from cockpit.answers.reach import Note, Reach
from cockpit.answers.scenario_reopen import KPI_TITLES, reopened
from cockpit.answers.scenario_store import Scenario
from cockpit.answers.siting_fairness import Gap, group_gap
from cockpit.answers.siting_figures import Balance, Figures, Part, Totals
from cockpit.answers.siting_ground import UNREACHED_MINUTES, Ground
from cockpit.answers.siting_rules import Rules
from cockpit.breaks import Breaks
from cockpit.scenarios import (
    FEWEST,
    MOST,
    Shift,
    best_of,
    class_text,
    disputed,
    shared_breaks,
    shift,
)
from geodata.errors import InputError

_BETTER = {
    "sites": -1, "covered": 1, "share": 1, "mean": -1, "median": -1, "p90": -1, "worst": -1,
    "unreached": -1, "gini": -1, "person_minutes": -1, "gap": -1, "cost": -1,
}  # fmt: skip
_UNITS = {
    "sites": "sites", "covered": "persons", "share": "share", "mean": "minutes",
    "median": "minutes", "p90": "minutes", "worst": "minutes", "unreached": "persons", "gini": "",
    "person_minutes": "person-minutes", "gap": "share", "cost": "planner's unit",
}  # fmt: skip
ROW_TITLES = {
    "sites": "Open sites",
    **{name: title for name, title in KPI_TITLES.items() if name in _BETTER},
    "gap": "Gap in coverage between groups",
    "cost": "Cost by the rules",
}
"""Rows of the table, in their order."""

_QUESTIONS = {
    "service": "{first} and {second} are about different services; "
    "compare scenarios of one question.",
    "mode": "{first} and {second} are about different ways of travelling; "
    "compare scenarios of one question.",
    "minutes": "{first} and {second} have different limits; compare scenarios of one question.",
    "group": "{first} and {second} are about different groups; compare scenarios of one question.",
    "unit": "{first} and {second} are about different regions; compare scenarios of one question.",
}


@dataclass(frozen=True)
class Row:
    """One figure of today and of each plan."""

    id: str
    title: str  # msgid
    unit: str  # msgid; "" without one
    better: int  # 1: more is better, -1: less is
    values: tuple[float, ...]  # today, then each plan; NaN: not shown; inf: without end
    best: tuple[bool, ...]  # which are the best; none where all are alike


@dataclass(frozen=True)
class PartChange:
    """What each plan changes for one group or township."""

    id: str  # measure id, or code of the township
    title: str  # msgid of a group; "" for a township
    row: int  # of twin.regions; -1 for a group
    balances: tuple[Balance, ...]  # one a plan


@dataclass(frozen=True)
class Disagreement:
    """A township that wins under some plans and loses under others."""

    part: PartChange
    wins: tuple[int, ...]  # plans, in their order
    loses: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Against:
    """All plans against one of them, or against today."""

    base: int | None  # None: today
    changes: tuple[Floats, ...]  # (n,) minutes more (above zero) or less, one array a plan
    breaks: Breaks  # the same for every plan and every base
    classes: tuple[str, ...]  # one character a cell of the county: class of ``breaks``, "-" none
    total: tuple[Balance, ...]  # of the question's group in its unit, one a plan
    groups: tuple[PartChange, ...]  # the question's first
    townships: tuple[PartChange, ...]
    disagree: tuple[Disagreement, ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two to eight plans of one question beside today."""

    names: tuple[str, ...]
    figures: tuple[Figures, ...]
    rows: tuple[Row, ...]
    notes: tuple[Note, ...]
    _against: dict[int | None, Against] = field(default_factory=dict)

    @property
    def ground(self) -> Ground:
        """Return what all plans compute with."""
        return self.figures[0].ground

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """Return for each plan how far its groups are apart in coverage, today and then."""
        return tuple(group_gap(one) for one in self.figures)

    @cached_property
    def breaks(self) -> Breaks:
        """Return the classes of all maps of change, whatever they are compared with."""
        minutes = [self.minutes(None), *(self.minutes(k) for k in range(len(self.figures)))]
        changes = [b - a for a, b in combinations(minutes, 2)]
        # Both directions, so that no map goes beyond the last class.
        return shared_breaks([*changes, *(-change for change in changes)])

    def minutes(self, plan: int | None) -> Floats:
        """Return the minutes of the cells under a plan (None: today), capped as in sums."""
        found = self.figures[0].before if plan is None else self.figures[plan].after
        return self.ground.minutes(found)

    def against(self, base: int | None = None) -> Against:
        """
        Return the plans against one of them; None: against today.

        Raises
        ------
        InputError
            If there is no plan of that number.
        """
        if base is not None and not 0 <= base < len(self.figures):
            raise InputError("There is no plan number {n} in this comparison.", n=base)
        if base not in self._against:
            self._against[base] = _against(self, base)
        return self._against[base]


def compare(
    chosen: Sequence[tuple[str, Figures]], *, rules: Sequence[Rules] | None = None
) -> Comparison:
    """
    Return plans of one question side by side.

    Parameters
    ----------
    chosen
        Name and figures of two to eight plans, all on the same data.
    rules
        Of each plan, for the row of costs; None: the table has no such row. Today costs what
        keeping every facility costs by the rules of the first.

    Raises
    ------
    InputError
        For fewer or more plans, two of one name, or plans of different questions or data.
    """
    names = tuple(name for name, _ in chosen)
    found = tuple(figures for _, figures in chosen)
    require_number(len(found))
    twice = [name for k, name in enumerate(names) if name in names[:k]]
    if twice:
        raise InputError("Two of the scenarios are called {name}.", name=twice[0])
    for name, one in chosen[1:]:
        _require_same(names[0], found[0], name, one)
    return Comparison(names, found, _rows(found, rules), found[0].notes)


def compared(
    reach: Reach,
    chosen: Sequence[Scenario],
    *,
    visitor: str | None = None,
    small_count: int | None = None,
) -> Comparison:
    """
    Return saved scenarios side by side, all computed on the data of today.

    Raises
    ------
    InputError
        As ``compare`` and ``reopened``.
    """
    require_number(len(chosen))
    found = [
        (s.title, reopened(reach, s, visitor=visitor, small_count=small_count).figures)
        for s in chosen
    ]
    return compare(found, rules=[s.rules for s in chosen])


def require_number(n: int) -> None:
    """Refuse fewer or more plans than can stand side by side."""
    if not FEWEST <= n <= MOST:
        raise InputError(
            "{n} scenarios are chosen; choose {fewest} to {most}.", n=n, fewest=FEWEST, most=MOST
        )


def _require_same(first: str, a: Figures, second: str, b: Figures) -> None:
    for name, sentence in _QUESTIONS.items():
        if getattr(a.q, name) != getattr(b.q, name):
            raise InputError(sentence, first=first, second=second)
    if a.ground.reach.version != b.ground.reach.version or a.q != b.q:
        raise InputError(
            "{first} and {second} come from different data; open both on the data of today.",
            first=first, second=second,
        )  # fmt: skip


def _rows(found: Sequence[Figures], rules: Sequence[Rules] | None) -> tuple[Row, ...]:
    totals = (found[0].now, *(f.then for f in found))
    values = {name: [_of(t, name) for t in totals] for name in KPI_TITLES if name in _BETTER}
    values["sites"] = [float(n) for n in (found[0].n_now, *(f.n_then for f in found))]
    gaps = [group_gap(one) for one in found]
    values["gap"] = [gaps[0].now, *(gap.then for gap in gaps)]
    if rules is not None:
        plans = zip(found, rules, strict=True)
        today = found[0].n_now * rules[0].kept_cost
        values["cost"] = [today, *(cost_of(figures, r) for figures, r in plans)]
    return tuple(
        Row(name, title, _UNITS[name], _BETTER[name], tuple(values[name]),
            _best(name, values[name]))
        for name, title in ROW_TITLES.items() if name in values
    )  # fmt: skip


def _best(name: str, values: Sequence[float]) -> tuple[bool, ...]:
    """Tell which plans are best in a row; today spends and opens nothing, which is no merit."""
    if name not in ("sites", "cost"):
        return best_of(values, _BETTER[name])
    return (False, *best_of(values[1:], _BETTER[name]))


def _of(totals: Totals, name: str) -> float:
    return float(getattr(totals, name))


def cost_of(found: Figures, rules: Rules) -> float:
    """Return what a plan costs: each new or moved site, and each facility that stays."""
    new = len(found.layout.new_cells)
    return rules.new_cost * new + rules.kept_cost * (found.n_then - new)


# ---------------------------------------------------------------- against one of them


def _against(c: Comparison, base: int | None) -> Against:
    before = c.minutes(base)
    changes = tuple(c.minutes(k) - before for k in range(len(c.figures)))
    cells, n_cells = c.ground.cells, len(c.ground.reach.rows)
    townships = _township_changes(c, base)
    net = np.array([[b.net_minutes for b in part.balances] for part in townships]).T
    return Against(
        base,
        changes,
        c.breaks,
        tuple(class_text(c.breaks, change, cells, n_cells) for change in changes),
        _total(c, base),
        _group_changes(c, base),
        townships,
        tuple(Disagreement(townships[d.part], d.wins, d.loses) for d in disputed(net)),
    )


def _total(c: Comparison, base: int | None) -> tuple[Balance, ...]:
    """Return the balance of the question's group: the parts' own sums, so that they agree."""
    told, mask = c.figures[0].now.people, mask_of(c.ground.q)
    if mask.sensitive:
        return tuple(_masked(one.balance, base) for one in c.figures)
    shifts = (_by_township(c, base, plan) for plan in range(len(c.figures)))
    return tuple(_told(s.whole(), 0, told, mask) for s in shifts)


def _township_changes(c: Comparison, base: int | None) -> tuple[PartChange, ...]:
    mask = mask_of(c.ground.q)
    if mask.sensitive:
        return tuple(
            _part_change(part, [_masked(one.townships[k].balance, base) for one in c.figures])
            for k, part in enumerate(c.figures[0].townships)
        )
    shifts = [_by_township(c, base, plan) for plan in range(len(c.figures))]
    return tuple(
        _part_change(part, [_told(s, k, part.now.people, mask) for s in shifts])
        for k, part in enumerate(c.figures[0].townships)
    )


def _group_changes(c: Comparison, base: int | None) -> tuple[PartChange, ...]:
    reach, q, made = c.ground.reach, c.ground.q, []
    for k, part in enumerate(c.figures[0].groups):
        if is_sensitive(reach, part.id):
            made.append(
                _part_change(part, [_masked(one.groups[k].balance, base) for one in c.figures])
            )
            continue
        people = masked(reach, part.id, q.small_count).people[c.ground.cells]
        mask = Mask(is_sensitive(reach, part.id), q.small_count)
        shifts = [_shift(c, people, base, plan) for plan in range(len(c.figures))]
        made.append(_part_change(part, [_told(s, 0, part.now.people, mask) for s in shifts]))
    return tuple(made)


def _masked(balance: Balance, base: int | None) -> Balance:
    """
    Return a sensitive group's balance as the figures of its plan show it.

    Between two plans nothing: what each hides against today could follow from it.
    """
    if base is None:
        return balance
    return Balance(balance.people, *[math.nan] * 7)


def _part_change(part: Part, balances: Sequence[Balance]) -> PartChange:
    return PartChange(part.id, part.title, part.row, tuple(balances))


def _by_township(c: Comparison, base: int | None, plan: int) -> Shift:
    return _shift(c, c.ground.people, base, plan, by_township=True)


def _shift(
    c: Comparison, people: Floats, base: int | None, plan: int, *, by_township: bool = False
) -> Shift:
    before = c.figures[0].before if base is None else c.figures[base].after
    return shift(
        people,
        before,
        c.figures[plan].after,
        limit=_seconds_within(c.ground.q),
        most=60 * UNREACHED_MINUTES,
        parts=c.ground.townships if by_township else None,
        n_parts=len(c.ground.township_rows) if by_township else 1,
    )


def _seconds_within(q: Question) -> float:
    return q.minutes * 60 * (1 + 1e-9)  # exactly at the limit counts, whatever the last digit does


def _told(found: Shift, k: int, people: float, mask: Mask) -> Balance:
    """Return a part's balance as it may be shown: NaN for what tells too small a count."""
    winners, losers, unchanged, newly, no_longer = (
        mask.part(float(counts[k]), people)
        for counts in (
            found.winners, found.losers, found.unchanged, found.newly_covered, found.no_longer
        )
    )  # fmt: skip
    return Balance(
        people=people,
        winners=winners,
        losers=losers,
        unchanged=unchanged,
        minutes_won=math.nan if math.isnan(winners) else float(found.seconds_won[k]) / 60,
        minutes_lost=math.nan if math.isnan(losers) else float(found.seconds_lost[k]) / 60,
        newly_covered=newly,
        no_longer=no_longer,
    )
