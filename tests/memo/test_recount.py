"""Figures counted again: three cells by hand, and laws for any county."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.memo.recount import NO_WAY, Ways, Who, recount

# Four cells of 10, 20, 30 and 40 people; seconds to the one site of today, and to a second one.
#   today  600  1200  7800  none     (minutes 10, 20, 130, none; a limit of 10 covers the first)
#   new   1200   600   600  none     (then 10, 10, 10, none: 60 people covered)
PEOPLE = np.array([10.0, 20.0, 30.0, 40.0])
TODAY = np.array([[600], [1200], [7800], [NO_WAY]], dtype=np.uint16)
NEW = np.array([[1200], [600], [600], [NO_WAY]], dtype=np.uint16)
NOW = Ways(("f:A",), TODAY)
THEN = Ways(("f:A", "c:7"), np.hstack((TODAY, NEW)))


def by_hand() -> dict[str, float]:
    west = np.array([10.0, 20.0, 0.0, 0.0])
    who = [Who("", PEOPLE), Who("townships.W", west), Who("groups.none", np.zeros(4))]
    return recount(NOW, THEN, who, limit=10, most=120)


def test_figures_of_today_and_then() -> None:
    found = by_hand()
    now = {key[4:]: value for key, value in found.items() if key.startswith("now.")}
    # 10 x 10 + 20 x 20 + 30 x 120 + 40 x 120 minutes, what is beyond 120 and no way alike
    assert now["person_minutes"] == 100 + 400 + 3600 + 4800
    assert now["mean"] == pytest.approx(89)
    assert (now["people"], now["covered"], now["share"]) == (100, 10, 0.1)
    assert (now["median"], now["p90"], now["worst"]) == (130, math.inf, 130)
    assert now["unreached"] == 40
    # |x - y| over all pairs of people: 10 and 20: 200 x 10; 10 and 70: 700 x 110; 20 and 70:
    # 1400 x 100; together 219,000, over 100 x 8,900 minutes
    assert now["gini"] == pytest.approx(219_000 / 890_000)
    assert (found["sites.now"], found["sites.then"]) == (1, 2)
    assert (found["then.covered"], found["then.unreached"]) == (60, 40)
    assert found["then.median"] == 10


def test_winners_and_losers() -> None:
    found = by_hand()
    balance = {key[8:]: value for key, value in found.items() if key.startswith("balance.")}
    assert balance == {
        "people": 100, "winners": 50, "losers": 0, "unchanged": 50,
        "minutes_won": 20 * 10 + 30 * 110, "minutes_lost": 0, "newly_covered": 50, "no_longer": 0,
        "net_minutes": -3500, "net_covered": 50,
    }  # fmt: skip
    assert found["townships.W.balance.winners"] == 20
    assert found["townships.W.then.share"] == 1


def test_nobody_has_no_mean() -> None:
    found = by_hand()
    assert found["groups.none.now.people"] == 0
    assert math.isnan(found["groups.none.now.mean"])
    assert found["groups.none.balance.winners"] == 0


def test_whom_each_site_serves() -> None:
    found = by_hand()
    # The first cell is as near to both in no case: 600 against 1200.
    assert (found["by_site.f:A.people"], found["by_site.c:7.people"]) == (10, 50)
    assert (found["by_site.f:A.only"], found["by_site.c:7.only"]) == (10, 50)


def test_of_equally_near_sites_the_first_serves() -> None:
    both = np.array([[60, 60]], dtype=np.uint16)
    none, two = Ways((), both[:, :0]), Ways(("f:A", "f:B"), both)
    found = recount(none, two, [Who("", np.array([5.0]))], limit=1, most=120)
    assert (found["by_site.f:A.people"], found["by_site.f:B.people"]) == (5, 0)
    assert (found["by_site.f:A.only"], found["by_site.f:B.only"]) == (0, 0)
    assert (found["now.unreached"], found["now.covered"], found["then.covered"]) == (5, 0, 5)


SECONDS = st.integers(0, NO_WAY)


@given(st.lists(st.tuples(st.integers(0, 99), SECONDS, SECONDS), min_size=1, max_size=12))
def test_gains_less_losses_are_the_change(rows: list[tuple[int, int, int]]) -> None:
    people = np.array([row[0] for row in rows], dtype=float)
    now, then = (
        Ways(("f:A",), np.array([[row[k]] for row in rows], dtype=np.uint16)) for k in (1, 2)
    )
    found = recount(now, then, [Who("", people)], limit=15, most=120)
    if not people.sum() > 0:
        assert math.isnan(found["now.share"])
        return
    change = found["then.person_minutes"] - found["now.person_minutes"]
    assert found["balance.net_minutes"] == pytest.approx(change, abs=1e-6)
    assert found["balance.net_covered"] == found["then.covered"] - found["now.covered"]
    parts = [found[f"balance.{name}"] for name in ("winners", "losers", "unchanged")]
    assert sum(parts) == found["balance.people"]
    assert 0 <= found["then.gini"] < 1
