"""What a memo says of a point of the front, of years, of groups left behind, and of its class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from cockpit.answers import memo as answers
from cockpit.answers import scenarios, siting_front, siting_runs
from cockpit.answers.coverage_question import question
from cockpit.answers.reach import Reach
from cockpit.answers.scenarios import Scenario
from cockpit.answers.siting import Ground, Layout, Rules, ground_of
from cockpit.answers.siting_figures import figures
from cockpit.answers.siting_front import FrontPoint
from cockpit.answers.siting_front_proof import said_of
from cockpit.memo.content import Check, Facts, Items, Memo, Table, Text, Tiles
from cockpit.store.models import Dataset
from cockpit.store.session import open_engine
from tests import roaded, tiny

NEW = tiny.grid_code(7)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Session]:
    engine = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    roaded.fill(engine)
    with Session(engine) as session:
        yield session
    siting_front._runs.clear()
    engine.dispose()


@pytest.fixture
def reach(db: Session) -> Reach:
    engine = db.get_bind()
    return roaded.reach_of(engine)  # type: ignore[arg-type]


def ground_for(reach: Reach, *, group: str = "people") -> Ground:
    q = question(reach, "clinic", mode="car", minutes=6, group=group, visitor="敏感")
    return ground_of(reach, q)


def saved(db: Session, ground: Ground, layout: Layout, **how: Any) -> Scenario:
    how = {"name": "一处", "author": "规划科", **how}
    return scenarios.save(db, figures(ground, layout), how.pop("rules", Rules()), **how)


def memo_of(db: Session, reach: Reach, scenario: Scenario) -> Memo:
    return answers.memo_of(db, reach, scenario, "en", visitor="敏感", small_count=10)


def said(memo: Memo) -> list[str]:
    found = [block.text for block in memo.blocks if isinstance(block, Text)]
    for block in memo.blocks:
        found += block.items if isinstance(block, Items) else ()
    return found


def tile(memo: Memo) -> tuple[str, str]:
    last = next(block for block in memo.blocks if isinstance(block, Tiles)).tiles[3]
    return last.figure, last.beside


def points(ground: Ground, rules: Rules) -> tuple[FrontPoint, ...]:
    ended = siting_front.wait(siting_front.start(ground, rules).id, 30)
    assert ended is not None
    return ended.points


def from_front(db: Session, ground: Ground, rules: Rules, point: FrontPoint) -> Scenario:
    told = said_of(ground, rules, point)
    return saved(
        db, ground, point.layout, rules=rules, model=told.model, parameters=told.parameters,
        certificate=told.certificate,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "model", "asked"),
    [
        (Rules(), "mclp", "Asked for: sites in all: 3, limit: 6 minutes."),
        (Rules(new_cost=50), "mclp", "Asked for: sites in all: 3, limit: 6 minutes."),
        (
            Rules(existing="free", new_cost=2, kept_cost=1), "budget-covering",
            "Asked for: limit: 6 minutes, budget: 4.",
        ),
    ],
)  # fmt: skip
def test_a_point_without_floor_carries_the_certificate_of_its_model(
    db: Session, reach: Reach, rules: Rules, model: str, asked: str
) -> None:
    ground = ground_for(reach)
    best = [p for p in points(ground, rules) if p.floor == 0]
    point = next(p for p in best if p.cost == (4 if rules.kept_cost else rules.new_cost))
    scenario = from_front(db, ground, rules, point)
    assert scenario.model == model
    memo = memo_of(db, reach, scenario)
    facts = {k: v for b in memo.blocks if isinstance(b, Facts) for k, v in b.rows}
    people = f"{point.covered:,.0f} people"
    assert (facts["Objective"], facts["Bound"], facts["Gap"]) == (people, people, "0%")
    assert "Proven: under these rules no plan is better." in said(memo)
    assert tile(memo) == ("none", "proven")
    assert asked in said(memo)
    assert not [text for text in said(memo) if "made by hand" in text]


def test_a_point_with_a_floor_is_called_one_of_the_front(db: Session, reach: Reach) -> None:
    ground = ground_for(reach)
    point = next(p for p in points(ground, Rules()) if p.floor > 0)
    assert (point.covered, round(point.floor, 3)) == (750, 0.542)
    memo = memo_of(db, reach, from_front(db, ground, Rules(), point))
    assert (
        "The plan is a point of the front of cost, coverage and equity. At this cost and with at "
        "least 54.2% covered in every township no plan covers more than 750 people, as the search "
        "found. There is no certificate with which that could be checked again." in said(memo)
    )
    assert tile(memo) == ("none", "a point of the front")
    assert not [text for text in said(memo) if "by hand" in text]


def test_years_of_a_plan_are_listed(db: Session, reach: Reach) -> None:
    ground = ground_for(reach)
    asked = {"numbers": [3, 4], "goal": "covering", "reach": 6.0}
    key = siting_runs.start(ground, Rules(), "phasing", asked, seconds=20)
    state = siting_runs.wait(key, 30)
    assert state is not None
    assert state.layout is not None
    assert [len(year.added) for year in state.years] == [1, 2]
    scenario = saved(
        db, ground, state.layout, model="phasing", parameters=state.parameters,
        certificate=siting_runs.certificate(key),
    )  # fmt: skip
    text = said(memo_of(db, reach, scenario))
    first = state.layout.added.index(state.years[0].added[0]) + 1
    assert "The years of the plan, by the numbers above:" in text
    assert f"Year 1: changes {first}." in text
    assert f"Year 2: changes {3 - first}." in text


def test_nobodys_way_changes_only_if_that_is_known(db: Session, reach: Reach) -> None:
    still = "Nobody's way changes."
    assert still in said(memo_of(db, reach, saved(db, ground_for(reach), Layout())))
    hidden = ground_for(reach, group="low_income")
    assert still not in said(memo_of(db, reach, saved(db, hidden, Layout(added=(NEW,)))))


def rows_of(memo: Memo, caption: str) -> dict[str, tuple[str, ...]]:
    found = next(b for b in memo.blocks if isinstance(b, Table) and b.caption.startswith(caption))
    return {row[0]: row[1:] for row in found.rows}


def test_no_column_tells_what_is_hidden_beside_it(db: Session, reach: Reach) -> None:
    ground, hidden = ground_for(reach, group="low_income"), 0
    cells = (tiny.grid_code(k) for k in range(16))
    for layout in (Layout(closed=("A",)), *(Layout(added=(cell,)) for cell in cells)):
        memo = memo_of(db, reach, saved(db, ground, layout))
        rows = rows_of(memo, "Today beside the plan")
        total = rows_of(memo, "By township")["Sum: net change"]
        for figure, column in (("People covered", 3), ("Person-minutes", 4)):
            now, then, change = rows[figure]
            assert (change == "—") == ("not shown" in (now, then))
            if total[column] == "not shown":
                hidden += 1
                assert change == "—"
        for one, other in (("People covered", "Share covered"), ("Person-minutes", "Mean minutes")):
            for k in range(2):
                assert (rows[one][k] == "not shown") == (rows[other][k] == "not shown")
        check = next(block for block in memo.blocks if isinstance(block, Check))
        listed = {row[0] for row in check.table.rows}
        for figure, cells_of in rows.items():
            assert (f"{figure}, plan" in listed) == (
                cells_of[1] not in ("not shown", "none reached")
            )
    assert hidden


def test_the_gap_between_groups_is_told_and_a_wider_one_flagged(db: Session, reach: Reach) -> None:
    # All children live in cell 14, whence nobody reaches a clinic; of the others 590 of 1,360 do,
    # 740 with a clinic in cell 7, and 420 without A.
    people = np.zeros(16)
    people[14] = 100
    children = replace(reach, groups={**reach.groups, "age_0_14": people})
    ground = ground_for(children)
    wider = said(memo_of(db, children, saved(db, ground, Layout(added=(NEW,)))))
    assert (
        "The plan widens the gap in coverage between groups from 43.4 to 54.4 points; worst served "
        "is then: Children under 15." in wider
    )
    narrower = said(memo_of(db, children, saved(db, ground, Layout(closed=("A",)))))
    assert (
        "Between the best and the worst served group lie 43.4 points of coverage today and 30.9 "
        "with the plan; worst served is then: Children under 15." in narrower
    )
    c = scenarios.compare(
        [(name, figures(ground, plan)) for name, plan in
         (("more", Layout(added=(NEW,))), ("less", Layout(closed=("A",))))]
    )  # fmt: skip
    row = next(row for row in c.rows if row.id == "gap")
    assert [round(value, 3) for value in row.values] == [0.434, 0.544, 0.309]
    assert row.best == (False, False, True)
    assert [gap.widened for gap in c.gaps] == [True, False]


def test_why_the_class_is_below_that_of_the_records(db: Session, reach: Reach) -> None:
    scenario = saved(db, ground_for(reach), Layout(added=(NEW,)))
    db.execute(update(Dataset).values(data_class="备用"))
    start = "The data set with the counts of people is of class"
    alike = replace(scenario, data_class="备用")
    assert not [text for text in said(memo_of(db, reach, alike)) if text.startswith(start)]
    lower = replace(scenario, data_class="公开")
    assert (
        "The data set with the counts of people is of class Internal; sums of it by region are "
        "open as everywhere in the cockpit, so the memo is of class Public."
        in said(memo_of(db, reach, lower))
    )


def test_a_comparison_hides_of_a_sensitive_group_what_its_plans_hide(
    db: Session, reach: Reach
) -> None:
    ground = ground_for(reach, group="low_income")
    plans = [figures(ground, Layout(added=(NEW,))), figures(ground, Layout(closed=("A",)))]
    c = scenarios.compare([("more", plans[0]), ("less", plans[1])])
    today, between = c.against(), c.against(0)
    for k, one in enumerate(plans):
        pairs = [(today.total[k], one.balance)]
        both = zip(today.townships, one.townships, strict=True)
        pairs += [(part.balances[k], own.balance) for part, own in both]
        for told, own in pairs:
            assert repr(told) == repr(own)  # NaN too
    assert any(np.isnan(part.balances[0].winners) for part in today.townships)
    for balance in (*between.total, *(b for part in between.townships for b in part.balances)):
        assert np.isnan([balance.winners, balance.losers, balance.net_covered]).all()
