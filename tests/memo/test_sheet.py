"""Figures as a memo writes them, held against their recount."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from cockpit.memo.sheet import Printed, Sheet, by_path
from cockpit.memo.words import date, inside, number, percent, signed
from geodata.errors import InputError


def sheet(
    said: dict[str, float | None], found: dict[str, float], *, sensitive: bool = False
) -> Sheet:
    return Sheet(said, found, "en", 10, lambda path: sensitive)


def test_writes_and_remembers() -> None:
    s = sheet(
        {"then.share": 0.7954, "now.share": 0.7361}, {"then.share": 0.7954, "now.share": 0.7361}
    )
    assert s.share("then.share", "Share") == "79.5%"
    assert s.change("Change", "share", scale=100, decimals=1) == "+5.9"
    assert s.printed == [Printed("Share", "79.5%", "79.5%"), Printed("Change", "+5.9", "+5.9")]


def test_a_figure_printed_twice_is_one() -> None:
    s = sheet({"now.people": 12}, {"now.people": 12})
    assert [s.people("now.people", "People") for _ in range(2)] == ["12", "12"]
    assert len(s.printed) == 2
    assert len(s.distinct()) == 1


@pytest.mark.parametrize(("said", "refused"), [(381_574.4, False), (381_575.0, True)])
def test_half_of_the_last_digit_is_let_through(said: float, refused: bool) -> None:
    s = sheet({"then.covered": said}, {"then.covered": 381_574.0})
    if not refused:
        assert s.people("then.covered", "Covered") == "381,574"
        return
    words = (
        "The memo is not made: Covered stands as 381,575 in the scenario; counted again from the "
        "data it is 381,574."
    )
    with pytest.raises(InputError) as error:
        s.people("then.covered", "Covered")
    assert str(error.value) == words


def test_a_figure_missing_from_the_scenario_is_refused_where_it_is_known() -> None:
    s = sheet({"then.covered": None}, {"then.covered": 5.0})
    with pytest.raises(InputError, match="stands as — in the scenario; counted again"):
        s.people("then.covered", "Covered")


def test_small_counts_stay_hidden() -> None:
    s = sheet({"then.covered": None, "now.covered": 30}, {"then.covered": 5.0, "now.covered": 30},
              sensitive=True)  # fmt: skip
    assert s.people("then.covered", "Covered") == "not shown"
    assert s.change("Covered", "covered") == "—"
    assert s.any_hidden
    assert s.printed == []


def test_what_has_no_end_or_no_people() -> None:
    s = sheet({"a": None, "b": None}, {"a": math.inf, "b": math.nan})
    assert s.minutes("a", "A") == "none reached"
    assert s.minutes("b", "B") == "—"


def test_a_hidden_count_does_not_follow_from_the_sum() -> None:
    # 4 is hidden; 25 + 13 + 4 = 42 would tell it, so the smallest other goes, too.
    said: dict[str, float | None] = {"a": 25, "b": None, "c": 13, "d": 0}
    s = sheet(said, {"a": 25, "b": 4, "c": 13, "d": 0}, sensitive=True)
    s.veil(["a", "b", "c", "d"])
    assert s.said == {"a": 25, "b": None, "c": None, "d": 0}


def test_two_hidden_counts_that_are_few_together_take_a_third() -> None:
    said: dict[str, float | None] = {"a": 25, "b": None, "c": None, "d": 40}
    s = sheet(said, {"a": 25, "b": 4, "c": 3, "d": 40}, sensitive=True)
    s.veil(["a", "b", "c", "d"])
    assert s.said == {"a": None, "b": None, "c": None, "d": 40}


def test_open_counts_are_not_veiled() -> None:
    s = sheet({"a": 25, "b": None}, {"a": 25, "b": 4})
    s.veil(["a", "b"])
    assert s.said == {"a": 25, "b": None}


def test_paths_name_the_entries_of_lists() -> None:
    figures = {
        "sites": {"now": 2, "then": 3},
        "groups": [{"id": "people", "now": {"mean": 3.5, "gini": None}}],
        "by_site": [{"site": "c:7", "status": "new", "people": 10, "capacity": None}],
        "odd": True,
    }
    assert by_path(figures) == {
        "sites.now": 2, "sites.then": 3, "groups.people.now.mean": 3.5,
        "groups.people.now.gini": None, "by_site.c:7.people": 10, "by_site.c:7.capacity": None,
    }  # fmt: skip


def test_words() -> None:
    assert (number(-0.04, 1), number(-1234.5), number(math.nan)) == ("0.0", "−1,234", "—")
    assert (signed(3), signed(-3), signed(0.2), signed(0.0)) == ("+3", "−3", "0", "0")
    assert percent(0.12345) == "12.3%"
    day = dt.date(2026, 3, 4)
    assert (date(day, "zh"), date(day, "en"), date(None, "en")) == (
        "2026年3月4日",
        "4 Mar 2026",
        "—",
    )
    assert (inside("On foot"), inside("GP"), inside("村卫生室")) == ("on foot", "GP", "村卫生室")
