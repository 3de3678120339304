"""
All figures of a plan counted once more, by plain NumPy over the times to each open site.

Shares no code with the figures that pages and scenarios show, so that a memo can hold one against
the other. Slower, and short enough to be read in one sitting.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Seconds = NDArray[np.uint16]

NO_WAY = 65535


@dataclass(frozen=True, eq=False)
class Ways:
    """Seconds of each demand cell to the sites that are open, one column a site."""

    sites: tuple[str, ...]  # as the scenario names them, in the order of the columns
    seconds: Seconds  # (n, n_sites); 65535: no way

    @property
    def nearest(self) -> Seconds:
        """Return the seconds to the nearest site, ``(n,)``."""
        if not self.sites:
            return np.full(len(self.seconds), NO_WAY, dtype=np.uint16)
        found: Seconds = self.seconds.min(axis=1)
        return found


@dataclass(frozen=True, eq=False)
class Who:
    """Some of the people: a group, or those of a township."""

    path: str  # "" for all of the question's group; "groups.age_0_14", "townships.529901001"
    people: Floats  # (n,) 0 where they are not


def recount(
    now: Ways, then: Ways, who: Sequence[Who], *, limit: float, most: float
) -> dict[str, float]:
    """
    Return every figure by its path: "then.covered", "townships.529901001.balance.winners", ...

    Parameters
    ----------
    now, then
        Ways to the sites of today and of the plan; the same cells.
    limit
        Minutes; exactly there counts as covered.
    most
        Minutes as which a longer way, or none, counts in sums and means.

    Returns
    -------
    dict
        Unrounded and unmasked. NaN: nobody is there; inf: half, or nine in ten, reach none.
    """
    before, after = now.nearest, then.nearest
    found: dict[str, float] = {"sites.now": len(now.sites), "sites.then": len(then.sites)}
    for one in who:
        start = f"{one.path}." if one.path else ""
        for name, seconds in (("now", before), ("then", after)):
            totals = _totals(seconds, one.people, limit, most)
            found.update({f"{start}{name}.{key}": value for key, value in totals.items()})
        balance = _balance(before, after, one.people, limit, most)
        found.update({f"{start}balance.{key}": value for key, value in balance.items()})
    found.update(_by_site(then, who[0].people, limit))
    return found


def _minutes(seconds: Seconds, most: float) -> Floats:
    return np.where(seconds == NO_WAY, most, np.minimum(seconds / 60.0, most))


def _totals(seconds: Seconds, people: Floats, limit: float, most: float) -> Mapping[str, float]:
    there = people > 0
    some, ways = people[there], seconds[there]
    total = float(some.sum())
    if not total > 0:
        names = ("share", "person_minutes", "mean", "median", "p90", "worst", "unreached", "gini")
        return {"people": 0.0, "covered": 0.0, **dict.fromkeys(names, math.nan)}
    capped = _minutes(ways, most)
    real = np.where(ways == NO_WAY, np.inf, ways / 60.0)
    covered = float(some[ways <= round(limit * 60)].sum())
    spent = float((capped * some).sum())
    reached = real[np.isfinite(real)]
    return {
        "people": total,
        "covered": covered,
        "share": covered / total,
        "person_minutes": spent,
        "mean": spent / total,
        "median": _person_at(real, some, 0.5),
        "p90": _person_at(real, some, 0.9),
        "worst": float(reached.max()) if len(reached) else math.inf,
        "unreached": float(some[ways == NO_WAY].sum()),
        "gini": _gini(capped, some),
    }


def _person_at(minutes: Floats, people: Floats, share: float) -> float:
    """Return the minutes of the person up to whom a share of all is, the fastest first."""
    order = np.argsort(minutes, kind="stable")
    upto = people[order].cumsum()
    first = int((upto < share * upto[-1] * (1 - 1e-12)).sum())
    return float(minutes[order[first]])


def _gini(minutes: Floats, people: Floats) -> float:
    """
    Return the Gini coefficient from the mean difference between two persons.

    Of people in rising order of minutes x with weights w and people S before them: the sum of
    w x (2 S + w), over all people times all minutes, less one. 0 when nobody needs any time.
    """
    order = np.argsort(minutes, kind="stable")
    x, w = minutes[order], people[order]
    spent = float((w * x).sum())
    if spent == 0:
        return 0.0
    before = w.cumsum() - w
    return max(0.0, float((w * x * (2 * before + w)).sum()) / (float(w.sum()) * spent) - 1)


def _balance(
    before: Seconds, after: Seconds, people: Floats, limit: float, most: float
) -> Mapping[str, float]:
    was, will = _minutes(before, most), _minutes(after, most)
    faster, slower = will < was, will > was
    in_before, in_after = (seconds <= round(limit * 60) for seconds in (before, after))
    won = float(((was - will) * people)[faster].sum())
    lost = float(((will - was) * people)[slower].sum())
    newly = float(people[in_after & ~in_before].sum())
    no_longer = float(people[in_before & ~in_after].sum())
    return {
        "people": float(people.sum()),
        "winners": float(people[faster].sum()),
        "losers": float(people[slower].sum()),
        "unchanged": float(people[~faster & ~slower].sum()),
        "minutes_won": won,
        "minutes_lost": lost,
        "newly_covered": newly,
        "no_longer": no_longer,
        "net_minutes": lost - won,
        "net_covered": newly - no_longer,
    }


def _by_site(then: Ways, people: Floats, limit: float) -> Mapping[str, float]:
    """Return whom each open site has nearest (the first of equally near ones), and alone."""
    if not then.sites:
        return {}
    seconds = then.seconds
    first = seconds.argmin(axis=1)
    first[seconds.min(axis=1) == NO_WAY] = -1
    within = seconds <= round(limit * 60)
    alone = within.sum(axis=1) == 1
    found = {}
    for column, site in enumerate(then.sites):
        found[f"by_site.{site}.people"] = float(people[first == column].sum())
        found[f"by_site.{site}.only"] = float(people[alone & within[:, column]].sum())
    return found
