"""Plans side by side on the county with known minutes, counted by hand."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from cockpit.answers import scenario_compare, scenario_files, scenario_reopen
from cockpit.answers import scenarios as answers
from cockpit.answers.coverage_question import question
from cockpit.answers.reach import Reach
from cockpit.answers.siting import Layout, Rules, ground_of
from cockpit.answers.siting_figures import Figures, figures
from cockpit.locale import catalogue
from cockpit.store.session import open_engine
from geodata.errors import InputError
from tests import roaded, tiny

EAST_NEW = Layout(added=(tiny.grid_code(7),))  # 9 and 12 minutes in cells 6 and 7 become 3 and 0
WITHOUT_A = Layout(closed=("A",))  # 12 minutes more in cells 0, 1, 2, and 6 more in 4 to 7


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return roaded.store(tmp_path)


@pytest.fixture
def reach(store: Path) -> Reach:
    engine = open_engine(f"sqlite:///{store / 'county.sqlite'}")
    found = roaded.reach_of(engine)
    engine.dispose()
    return found


def plan(reach: Reach, layout: Layout, **how: Any) -> Figures:
    asked = {"mode": "car", "minutes": 6, "group": "people", "visitor": "敏感", **how}
    return figures(ground_of(reach, question(reach, "clinic", **asked)), layout)


@pytest.fixture
def both(reach: Reach) -> answers.Comparison:
    chosen = [("东部增设", plan(reach, EAST_NEW)), ("撤销甲", plan(reach, WITHOUT_A))]
    return answers.compare(chosen, rules=[Rules(new_cost=3, kept_cost=1)] * 2)


def test_figures_in_rows_with_the_best_marked(both: answers.Comparison) -> None:
    rows = {row.id: row for row in both.rows}
    assert list(rows) == list(answers.ROW_TITLES)
    now = 10 + 20 + 30 + 50 + 60 + 90 + 100 + 110 + 120
    assert rows["covered"].values == (now, now + 70 + 80, 90 + 100 + 110 + 120)
    assert rows["covered"].best == (False, True, False)
    assert rows["sites"].values == (2, 3, 1)
    assert rows["sites"].best == (False, False, True)
    assert rows["cost"].values == (2, 2 + 3, 1)
    # Cells 3, 13, 14 and 15 reach no clinic under any plan: nobody is better.
    assert rows["unreached"].values == (40 + 140 + 150 + 160,) * 3
    assert rows["unreached"].best == (False, False, False)
    lost = 60 * 12 + 260 * 6
    minutes = rows["person_minutes"].values
    assert minutes[1] - minutes[0] == pytest.approx(-(70 * 6 + 80 * 12))
    assert minutes[2] - minutes[0] == pytest.approx(lost)
    assert rows["share"].values[0] == pytest.approx(now / 1360)


def test_without_rules_there_is_no_cost(reach: Reach) -> None:
    found = answers.compare([("a", plan(reach, EAST_NEW)), ("b", plan(reach, WITHOUT_A))])
    assert "cost" not in {row.id for row in found.rows}


def test_a_moved_site_costs_as_a_new_one(reach: Reach) -> None:
    moved = plan(reach, Layout(moved=(("A", tiny.grid_code(7)),)))
    assert answers.cost_of(moved, Rules(new_cost=3, kept_cost=1)) == 4


def test_changes_share_their_breaks_whatever_they_are_compared_with(
    both: answers.Comparison,
) -> None:
    today, first = both.against(), both.against(0)
    change = np.zeros(16)
    change[[6, 7]] = -6, -12
    assert today.changes[0].tolist() == change.tolist()
    # Sizes: 6, 12 (east), 12 three and 6 four times (without A), and between the two 12 four times,
    # 6 twice, 18 once.
    assert first.changes[0].tolist() == [0.0] * 16
    assert first.changes[1].tolist() == [12, 12, 12, 0, 6, 6, 12, 18, *[0] * 8]
    assert today.breaks == first.breaks
    uppers = np.array(today.breaks.uppers)
    assert (uppers[:-1] == -uppers[:-1][::-1]).all()
    assert uppers[-1] == 18
    middle = len(uppers) // 2
    for found in (today, first):
        for text, values in zip(found.classes, found.changes, strict=True):
            assert len(text) == 16
            assert [int(c) > middle for c in text] == (values > 0).tolist()
            assert [int(c) < middle for c in text] == (values < 0).tolist()


def test_cells_outside_of_the_question_have_no_class(reach: Reach) -> None:
    unit = reach.twin.position(roaded.EAST)
    chosen = [(n, plan(reach, x, unit=unit)) for n, x in (("a", EAST_NEW), ("b", WITHOUT_A))]
    text = answers.compare(chosen).against().classes[0]
    outside = {k for k in range(16) if k % 4 < 2}
    assert {k for k, c in enumerate(text) if c == "-"} == outside


def test_winners_and_losers_add_up_to_the_net_change(both: answers.Comparison) -> None:
    found = both.against()
    west, east = found.townships
    assert (west.id, east.id) == (roaded.WEST, roaded.EAST)
    assert [b.winners for b in west.balances] == [0, 0]
    assert [b.winners for b in east.balances] == [150, 0]
    assert [b.losers for b in west.balances] == [0, 140]
    assert [b.losers for b in east.balances] == [0, 180]
    assert [b.minutes_lost for b in west.balances] == [0, 30 * 12 + 110 * 6]
    assert [b.minutes_lost for b in east.balances] == [0, 30 * 12 + 150 * 6]
    for plan_, whole in enumerate(found.total):
        parts = [part.balances[plan_] for part in found.townships]
        assert whole.net_minutes == sum(b.net_minutes for b in parts)
        assert whole.net_covered == sum(b.net_covered for b in parts)
        assert whole.people == sum(b.people for b in parts) == 1360
        assert whole.winners + whole.losers + whole.unchanged == 1360
    # All people are the group asked for, and a fifth of each cell are 65 to 69.
    assert found.groups[0].balances == found.total
    old = next(part for part in found.groups if part.id == "age_65_plus")
    assert old.balances[1].losers == (140 + 180) / 5


def test_says_the_same_as_the_figures_of_each_plan(both: answers.Comparison) -> None:
    found = both.against()
    for k, one in enumerate(both.figures):
        pairs = [(found.total[k], one.balance)]
        pairs += [(part.balances[k], own.balance)
                  for mine, theirs in ((found.groups, one.groups), (found.townships, one.townships))
                  for part, own in zip(mine, theirs, strict=True)]  # fmt: skip
        for mine, theirs in pairs:
            for name, value in vars(theirs).items():
                assert getattr(mine, name) == pytest.approx(value, abs=1e-9, nan_ok=True), name


def test_townships_that_win_in_one_and_lose_in_another(both: answers.Comparison) -> None:
    (found,) = both.against().disagree
    assert (found.part.id, found.wins, found.loses) == (roaded.EAST, (0,), (1,))
    assert both.against(0).disagree == ()
    assert both.against(1).disagree == ()


def test_what_is_masked_stays_masked_in_sums(reach: Reach) -> None:
    # Cell k has k people on low income: 6 and 7 win, 13 people; those of the west are not told
    # where less than 10 would follow.
    chosen = [(n, plan(reach, x, group="low_income", small_count=100))
              for n, x in (("a", EAST_NEW), ("b", WITHOUT_A))]  # fmt: skip
    found = answers.compare(chosen).against()
    assert isnan(found.total[0].winners)
    assert isnan(found.total[0].net_minutes)
    assert all(isnan(part.balances[0].net_minutes) for part in found.townships)
    assert found.disagree == ()
    rows = {row.id: row for row in answers.compare(chosen).rows}
    for name in ("covered", "share"):
        for value, best in zip(rows[name].values, rows[name].best, strict=True):
            assert not (isnan(value) and best)


def test_saved_scenarios_are_compared_on_the_data_of_today(store: Path, reach: Reach) -> None:
    engine = open_engine(f"sqlite:///{store / 'county.sqlite'}")
    with Session(engine) as db:
        made = [
            answers.save(db, plan(reach, layout, visitor="备用"), Rules(), name="同", author="张三")
            for layout in (EAST_NEW, WITHOUT_A)
        ]
    engine.dispose()
    found = answers.compared(reach, made, visitor="备用", small_count=10)
    assert found.names == ("同", "同 (2)")
    assert [row.id for row in found.rows][-1] == "cost"
    assert found.figures[1].layout == WITHOUT_A


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"minutes": 7}, "a and b have different limits; compare scenarios of one question."),
        ({"mode": "walk"}, "a and b are about different ways of travelling; compare scenarios"),
        ({"group": "age_65_plus"}, "a and b are about different groups; compare scenarios of one"),
        ({"unit": 1}, "a and b are about different regions; compare scenarios of one question."),
        ({"small_count": 3}, "a and b come from different data; open both on the data of today."),
        ({"service": "hospital"}, "a and b are about different services; compare scenarios of one"),
    ],
)
def test_refuses_different_questions(reach: Reach, how: dict[str, Any], words: str) -> None:
    asked = {"mode": "car", "minutes": 6, "group": "people", "visitor": "敏感", **how}
    other = question(reach, asked.pop("service", "clinic"), **asked)
    with pytest.raises(InputError) as caught:
        answers.compare(
            [("a", plan(reach, EAST_NEW)), ("b", figures(ground_of(reach, other), Layout()))]
        )
    assert words in str(caught.value)


def test_refuses_one_and_nine_and_two_of_one_name(reach: Reach) -> None:
    one = plan(reach, EAST_NEW)
    for n in (0, 1, 9):
        with pytest.raises(InputError, match=f"^{n} scenarios are chosen; choose 2 to 8.$"):
            answers.compare([(str(k), one) for k in range(n)])
    with pytest.raises(InputError, match="Two of the scenarios are called x"):
        answers.compare([("x", one), ("x", one)])
    both = answers.compare([(str(k), one) for k in range(8)])
    assert len(both.rows[0].values) == 9
    with pytest.raises(InputError, match="There is no plan number 8 in this comparison"):
        both.against(8)


def test_every_title_and_unit_has_chinese_words(both: answers.Comparison) -> None:
    said = {*answers.KPI_TITLES.values(), *answers.ROW_TITLES.values(), "Other figures"}
    said |= {*scenario_reopen.TODAY_TITLES.values(), *scenario_reopen.LIST_TITLES.values()}
    said |= {row.unit for row in both.rows if row.unit}
    said |= {*scenario_compare._QUESTIONS.values()}
    said |= {text for _, title, unit in scenario_files._FIGURES for text in (title, unit)}
    said |= {scenario_files._remark("a", "b", same, n).template
             for same in (True, False) for n in (0, 1)}  # fmt: skip
    assert not sorted(said - catalogue("zh").keys())
