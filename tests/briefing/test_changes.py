"""What changed: the three sentences, and what differs from the issue before."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.briefing.changes import differences, sentences, usual_step
from cockpit.briefing.facts import Both, digest, from_plain
from cockpit.briefing.facts import as_plain as plain
from tests.briefing.issues import alert, both, facts, figure, move, village


def test_the_largest_changes_are_told_beside_what_was() -> None:
    # By hand: 10 to 12 is a fifth, 100 to 110 a tenth; 50 to 45 is a tenth for the better.
    figures = (
        figure("a", 110, move("day", 100, 110, good=False)),
        figure("b", 12, move("day", 10, 12, good=False)),
        figure("c", 45, move("day", 50, 45, good=True), move("week", 9, 90, good=False)),
        figure("d", 80, target=100, light="bad"),
        figure("e", 60, target=90, light="watch"),  # 30 of 90 is farther than 20 of 100
        figure("f", 95, target=90, light="good"),
    )
    worse, better, targets = sentences("daily", figures)
    assert worse.en == "For the worse: ben, 12 (10 the day before)."
    assert worse.zh == "变差：b中12（前一日10）。"
    assert better.en == "For the better: cen, 45 (50 the day before)."
    assert targets.en == "Targets reached: 1 of 3; farthest from it is een with 60 n, target ≥ 90."
    assert targets.zh == "3 项目标达到 1 项；差距最大的是e中，为 60 件，目标 ≥ 90。"


def test_a_weekly_issue_speaks_of_weeks() -> None:
    figures = (figure("c", 45, move("day", 50, 45, good=True), move("week", 9, 90, good=False)),)
    worse, better, _ = sentences("weekly", figures)
    assert worse.zh == "变差：c中90（前一周9）。"
    assert better.zh == "与前一周相比，没有指标好转。"


def test_a_change_says_the_days_of_both_its_numbers() -> None:
    told = replace(
        move("day", 32, 31, good=True), named=Both("当日事件", "Events of the day"),
        when=Both("前一日", "the day before"), said_now=Both("31件", "31"),
        said_before=Both("32件", "32"),
    )  # fmt: skip
    better = sentences("daily", (figure("events", 253, told),))[1]
    assert better.zh == "好转：当日事件31件（前一日32件）。"
    assert better.en == "For the better: Events of the day, 31 (32 the day before)."


def test_targets_without_a_box_are_counted_too() -> None:
    boxed = (
        figure("fire", 49, target=90, light="bad"),
        figure("care", 95, target=90, light="good"),
    )
    other = (figure("school", 32, target=90, light="bad"),)
    assert sentences("daily", boxed, other)[2].en == (
        "Targets reached: 1 of 3; farthest from it is schoolen with 32 n, target ≥ 90."
    )


def test_what_stood_at_nought_is_held_against_a_printed_step() -> None:
    figures = (
        figure("a", 3, move("day", 0, 3, good=False)),  # three steps of one
        figure("b", 9, move("day", 3, 9, good=False)),  # twice of what was
    )
    assert sentences("daily", figures)[0].en.startswith("For the worse: aen, 3 (0 ")


def test_without_a_past_and_without_targets_it_says_so() -> None:
    told = sentences("daily", (figure("a", 3, move("day", None, 3, good=None)),))
    assert [s.en for s in told] == [
        "What got worse cannot be told: no data are there for the day before.",
        "What got better cannot be told: no data are there for the day before.",
        "No target is set for these figures.",
    ]
    assert (
        sentences("daily", (figure("a", 9, target=9, light="good"),))[2].zh == "1 项目标全部达到。"
    )


def test_the_usual_is_the_median_step() -> None:
    # Steps 1, 9, 2, 2: the median is 2.
    assert usual_step((1, 2, 11, 9, 7)) == 2
    assert usual_step((1, 2, 11, 9)) is None


def test_what_differs_from_the_issue_before() -> None:
    before = facts(
        figures=(figure("a", 100), figure("b", 100), figure("c", 5)),
        villages=(village(1), village(2)), alerts=(alert(1, 2), alert(2, 3)),
    )  # fmt: skip
    calm = (100.0, 102.0, 100.0, 102.0, 100.0)  # steps of 2: more than 4 is beyond the usual
    now = facts(
        figures=(figure("a", 104, trend=calm), figure("b", 105, trend=calm), figure("c", 6)),
        villages=(village(2), village(3)), alerts=(alert(1, 4), alert(3, 1)),
    )  # fmt: skip
    assert [d.zh for d in differences(now, before)] == [
        "预警由黄色变为红色：水位1中，水位1中。",
        "新增预警：蓝色，水位3中，水位3中。",
        "已解除或已静音：水位2中，水位2中。",
        "新进入关注名单：村3中。",
        "退出关注名单：村1中。",
        "b中变动超出平常：现为 105 件，上期为 100 件。",
        "c中变动超出平常：现为 6 件，上期为 5 件。",
    ]


def test_the_first_issue_and_one_without_news() -> None:
    assert [d.en for d in differences(facts(), None)] == [
        "First issue: there is none before it to compare with."
    ]
    assert [d.zh for d in differences(facts(), facts())] == [
        "自 2025-10-31 一期以来，没有超出平常的变化。"
    ]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=6))
def test_an_issue_never_differs_from_itself(values: list[float]) -> None:
    one = facts(figures=tuple(figure(f"f{k}", v) for k, v in enumerate(values)))
    assert len(differences(one, one)) == 1


def test_a_kept_issue_comes_back_whole() -> None:
    assert from_plain(plain(facts())) == facts()


def test_an_issue_that_was_kept_before_numbers_said_their_days_still_reads() -> None:
    stored = plain(facts())
    for name in ("others", "last_day"):
        del stored[name]
    for kept in stored["figures"]:
        for one in kept["moves"]:
            del one["named"], one["when"]
    told = from_plain(stored)
    assert told == facts()
    assert sentences("daily", told.figures)[1].zh == "好转：f2中2007.0（前一日2000.0）。"


def test_the_digest_is_of_figures_and_not_of_words() -> None:
    one = facts()
    renamed = replace(one, gaps=(both("别的"),), county=Both("他县", "Other"), differences=())
    assert digest(one) == digest(renamed)
    others = (
        replace(one, figures=(figure("f1", 8.0), *one.figures[1:])),
        replace(one, villages=one.villages[:-1]),
        replace(one, alerts=(alert(0, 3), *one.alerts[1:])),
        replace(one, version="26"),
    )
    assert len({digest(one), *map(digest, others)}) == 5


@pytest.mark.parametrize(("kind", "number"), [("daily", "2025-304"), ("weekly", "2025-44")])
def test_numbers_of_issues_follow_the_calendar(kind: str, number: str) -> None:
    assert facts(kind=kind).number == number
