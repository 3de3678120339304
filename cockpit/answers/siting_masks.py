"""
Which figures of a plan are not shown, so that none of them follows from others that are.

A count that is too small to be shown hides with it whatever would tell it: today and then side by
side tell who is newly covered, winners and losers tell who is neither, and the townships add up to
the whole. Cell suppression with secondary cells: Willenborg and de Waal (2001), Elements of
Statistical Disclosure Control, chapter 4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cockpit.answers.coverage_masks import Mask

Field = tuple[str, str]  # "now", "then" or "balance", and the name of the figure
Hidden = set[Field]

WINNERS, LOSERS, UNCHANGED = (("balance", name) for name in ("winners", "losers", "unchanged"))
NEWLY, NO_LONGER = ("balance", "newly_covered"), ("balance", "no_longer")
WON, LOST = ("balance", "minutes_won"), ("balance", "minutes_lost")
UNREACHED = ("then", "unreached")

_CHANGES = {"covered": (NEWLY, NO_LONGER), "person_minutes": (LOST, WON)}
"""What makes today's figure that of then: it and the first less the second."""

_BY_COUNT = {WINNERS: WON, LOSERS: LOST}
"""Minutes of few people, hidden with their number."""

_TODAY: tuple[Field, ...] = (("now", "covered"), ("now", "unreached"))
_THEN: tuple[Field, ...] = (UNREACHED, WINNERS, LOSERS, UNCHANGED, NEWLY, NO_LONGER)
_COUNTS: tuple[Field, ...] = (*_TODAY, ("then", "covered"), *_THEN)
FIELDS: tuple[Field, ...] = (
    *_COUNTS, ("now", "person_minutes"), ("then", "person_minutes"), WON, LOST,
)  # fmt: skip

_SUMS: tuple[Mapping[Field, int], ...] = (
    {WINNERS: 1, LOSERS: 1, UNCHANGED: 1},
    *({("now", n): 1, ("then", n): -1, up: 1, down: -1} for n, (up, down) in _CHANGES.items()),
)
"""What anybody knows of the figures of the same people: these sums are known, or nothing."""

_EXACT = 1e-9  # of matrices of small whole numbers

SAME = {"covered": "share", "person_minutes": "mean"}
"""Figures that are another one over the people: hidden with it."""


@dataclass(frozen=True)
class Row:
    """Figures of one part of the people, none hidden yet."""

    told: float  # the people as they may be shown; NaN: too few
    values: Mapping[Field, float]  # of FIELDS


def hidden(mask: Mask, whole: Row, parts: Sequence[Row] = ()) -> tuple[Hidden, list[Hidden]]:
    """
    Return which figures are not shown, of the whole and of each of the parts that add up to it.

    What is hidden of today hangs on today alone: it is the same beside every plan.
    """
    rows = [whole, *parts]
    if not mask.sensitive:
        return set(), [set() for _ in parts]
    found = [_small(mask, row) for row in rows]
    _across(mask, rows, found, _TODAY)
    _settle(mask, rows, found)
    later = {field for field in FIELDS if field[0] != "now"}
    for more in ([0], range(1, len(rows))):  # few counties need this: a dozen people in a township
        if not _follows(mask, rows, found):
            break
        for k in more:
            found[k] |= later
    return found[0], found[1:]


def _settle(mask: Mask, rows: Sequence[Row], found: Sequence[Hidden]) -> None:
    """Hide, row by row and figure by figure, what would tell a hidden one, until nothing does."""
    size = -1
    while size != (size := sum(map(len, found))):
        for row, known in reversed([*zip(rows, found, strict=True)]):
            _within(mask, row, known, seen=set[Field]().union(*found[1:]))
        _across(mask, rows, found, _THEN)


def _follows(mask: Mask, rows: Sequence[Row], found: Sequence[Hidden]) -> bool:
    """
    Tell whether a count too small to be shown follows from all sums together.

    It does when no change of the hidden figures that keeps every sum changes it. That nobody is
    meant counts as known: it is seen on a map.
    """
    at = {
        (k, f): j
        for j, (k, f) in enumerate(
            (k, f) for k, known in enumerate(found) for f in sorted(known) if rows[k].values[f] > 0
        )
    }
    small = [j for (k, f), j in at.items() if _is_small(mask, rows[k], f)]
    if not small:
        return False
    sums = [{(k, f): sign for f, sign in of.items()} for of in _SUMS for k in range(len(rows))]
    if len(rows) > 1:
        sums += [{(k, f): 1 if k else -1 for k in range(len(rows))} for f in FIELDS]
    table = np.zeros((len(sums), len(at)))
    for i, terms in enumerate(sums):
        for term, sign in terms.items():
            if term in at:
                table[i, at[term]] = sign
    _, values, free = np.linalg.svd(table)
    free = free[int((values > _EXACT).sum()) :]
    return bool((np.abs(free[:, small]).max(axis=0, initial=0.0) < _EXACT).any())


def _is_small(mask: Mask, row: Row, field: Field) -> bool:
    value = row.values[field]
    return field in _COUNTS and math.isnan(mask.part(value, row.told))


def _small(mask: Mask, row: Row) -> Hidden:
    """Return what is hidden for itself: it or the rest is too small, or all of it is."""
    if math.isnan(row.told):
        return set(FIELDS)
    found = {field for field in _COUNTS if math.isnan(mask.part(row.values[field], row.told))}
    few = math.isnan(mask.part(_change_of_unreached(row), row.told))
    if few and ("now", "unreached") not in found:
        found.add(UNREACHED)
    return found


def _change_of_unreached(row: Row) -> float:
    return abs(row.values[UNREACHED] - row.values["now", "unreached"])


def _within(mask: Mask, row: Row, known: Hidden, *, seen: Hidden) -> None:
    """Hide what would tell a hidden figure of the same people; first what parts hide already."""
    values = {f: row.values[f] for f in (WINNERS, LOSERS, UNCHANGED)}
    for field in sorted(values, key=lambda f: (f not in seen, values[f])):
        if _enough(mask, [values[f] for f in values if f in known]):
            break
        if values[field] > 0:
            known.add(field)
    known |= {minutes for count, minutes in _BY_COUNT.items() if count in known}
    for name, (gain, loss) in _CHANGES.items():
        now, then = ("now", name), ("then", name)
        if now in known:
            known |= {then, *(f for f in (gain, loss) if row.values[f] > 0)}
        elif known & {gain, loss}:
            known.add(then)
        elif then in known:
            known.add(max(gain, loss, key=lambda field: row.values[field]))
    if ("now", "unreached") in known and not _change_of_unreached(row) > 0:
        known.add(UNREACHED)


def _enough(mask: Mask, hidden_values: Sequence[float]) -> bool:
    """Tell whether figures of which the sum is known do not tell a single one of them."""
    some = [value for value in hidden_values if value > 0]
    return not some or (len(some) > 1 and sum(some) >= mask.small_count)


def _across(
    mask: Mask, rows: Sequence[Row], found: Sequence[Hidden], fields: Sequence[Field]
) -> None:
    """Hide figures of more parts where one would follow from the whole, or the whole from them."""
    for field in fields if len(rows) > 1 else ():
        of_parts = [k for k in range(1, len(rows)) if field in found[k]]
        spare = sorted(
            (k for k in range(1, len(rows)) if k not in of_parts and _may_hide(rows[k], field)),
            key=lambda k: (not _touched(found[k], field[0]), rows[k].values[field]),
        )
        if field in found[0]:
            if spare and not any(rows[k].values[field] > 0 for k in of_parts):
                found[spare[0]].add(field)
            continue
        while not _enough(mask, [rows[k].values[field] for k in of_parts]):
            k = spare.pop(0) if spare else 0
            found[k].add(field)
            if k == 0:
                break
            of_parts.append(k)


def _touched(known: Hidden, side: str) -> bool:
    return any(at == side for at, _ in known)


def _may_hide(row: Row, field: Field) -> bool:
    """Tell whether hiding a figure helps: that nobody, all or no change is meant, is seen."""
    if field == UNREACHED and not _change_of_unreached(row) > 0:
        return False
    return 0 < row.values[field] < row.told
