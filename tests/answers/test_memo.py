"""Memos of scenarios on the county with known minutes: figures by hand, proof, and refusals."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cockpit.answers import memo as answers
from cockpit.answers import scenarios, siting_models, siting_runs
from cockpit.answers.coverage_question import question
from cockpit.answers.reach import Reach
from cockpit.answers.scenario_files import exported, read_scenario
from cockpit.answers.scenarios import Scenario
from cockpit.answers.siting import Layout, Rules, ground_of, pose
from cockpit.answers.siting_figures import figures
from cockpit.memo.content import Check, Facts, Items, Memo, Picture, Table, Text, Tiles
from cockpit.placement.solve import solve
from cockpit.store.session import open_engine
from geodata.errors import InputError
from tests import roaded, tiny

# A new clinic in cell 7: by hand, cell 6 (70 people) comes from 9 to 3 minutes, cell 7 (80) from
# 12 to 0; nobody else changes. Of 1,360 people 590 are within 6 minutes today, then 740.
NEW = tiny.grid_code(7)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    roaded.fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def db(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@pytest.fixture
def reach(engine: Engine) -> Reach:
    return roaded.reach_of(engine)


def saved(
    db: Session, reach: Reach, layout: Layout, *, group: str = "people", rules: Rules | None = None,
    **how: Any,
) -> Scenario:  # fmt: skip
    q = question(reach, "clinic", mode="car", minutes=6, group=group, visitor="敏感")
    found = figures(ground_of(reach, q), layout)
    how = {"name": "新增一处", "author": "规划科", **how}
    return scenarios.save(db, found, rules or Rules(), **how)


def memo_of(db: Session, reach: Reach, scenario: Scenario, language: str = "en") -> Memo:
    return answers.memo_of(db, reach, scenario, language, visitor="敏感", small_count=10)


def tables(memo: Memo) -> dict[str, Table]:
    return {block.caption: block for block in memo.blocks if isinstance(block, Table)}


def said(memo: Memo) -> list[str]:
    """Return all sentences of a memo."""
    found = [block.text for block in memo.blocks if isinstance(block, Text)]
    for block in memo.blocks:
        found += block.items if isinstance(block, Items) else ()
    return found


def test_figures_are_those_worked_out_by_hand(db: Session, reach: Reach) -> None:
    memo = memo_of(db, reach, saved(db, reach, Layout(added=(NEW,))))
    rows = {row[0]: row[1:] for row in tables(memo)["Today beside the plan: Residents"].rows}
    assert rows["People covered"] == ("590", "740", "+150")
    assert rows["Share covered"] == ("43.4%", "54.4%", "+11.0 points")
    # 4,710 minutes of those who reach one, and 490 people at 120; then 1,380 less
    assert rows["Person-minutes"] == ("63,510", "62,130", "−1,380")
    assert rows["Mean minutes"] == ("46.7", "45.7", "−1.0")
    assert rows["People who reach no site"] == ("490", "490", "0")
    assert rows["Longest way (minutes)"] == ("12.0", "9.0", "−3.0")
    assert rows["Minutes of nine in ten people"] == ("none reached", "none reached", "—")


def test_the_sum_over_the_townships_is_the_net_change(db: Session, reach: Reach) -> None:
    memo = memo_of(db, reach, saved(db, reach, Layout(added=(NEW,))))
    table = tables(memo)["By township; the sum is the net change"]
    assert table.has_sum
    assert table.rows[-1] == ("Sum: net change", "1,360", "150", "0", "+150", "−1,380")
    for column in (1, 2, 3, 4, 5):
        figures = [float(row[column].replace(",", "").replace("−", "-")) for row in table.rows]
        assert sum(figures[:-1]) == figures[-1]
    longest = max(max(bar.better, bar.worse) for bar in table.bars if bar is not None)
    assert longest == 1


def test_sites_that_change(db: Session, reach: Reach) -> None:
    layout = Layout(closed=("B",), added=(NEW,), moved=(("A", tiny.grid_code(4)),))
    memo = memo_of(db, reach, saved(db, reach, layout))
    rows = tables(memo)["Sites that change"].rows
    assert [row[1] for row in rows] == ["new site", "moved to here", "closes"]
    lon, lat = roaded.centre(7)
    assert rows[0][4:6] == (f"{lon:.4f}", f"{lat:.4f}")
    assert rows[1][2].endswith("(today: 设施A)")
    assert rows[2][2] == "=B"
    assert rows[2][6:] == ("—", "—")
    # By hand: 7 has 6 and 7 nearest, and all between as 5 is 6 from 7 and 3 from 4.
    assert rows[0][6] == "150"
    assert any("New sites: 1; moved: 1; closed: 1. In all 2 sites instead of 2." in t
               for t in said(memo))  # fmt: skip
    assert any(text.endswith("people have longer ways than today.") for text in said(memo))


@pytest.mark.parametrize(
    ("path", "name", "told", "found"),
    [
        (("then", "covered"), "People covered, plan", "741", "740"),
        (("then", "mean"), "Mean minutes, plan", "46.7", "45.7"),
        (("sites", "then"), "Sites, then", "4", "3"),
        (("balance", "winners"), "People with shorter ways", "151", "150"),
    ],
)
def test_one_changed_figure_refuses_the_memo(
    db: Session, reach: Reach, path: tuple[str, str], name: str, told: str, found: str
) -> None:
    scenario = saved(db, reach, Layout(added=(NEW,)))
    figures = copy.deepcopy(dict(scenario.figures))
    figures[path[0]][path[1]] += 1
    with pytest.raises(InputError) as error:
        memo_of(db, reach, dataclasses.replace(scenario, figures=figures))
    assert str(error.value) == (
        f"The memo is not made: {name} stands as {told} in the scenario; counted again from the "
        f"data it is {found}."
    )


def test_a_changed_figure_of_one_township_is_refused_too(db: Session, reach: Reach) -> None:
    scenario = saved(db, reach, Layout(added=(NEW,)))
    figures = copy.deepcopy(dict(scenario.figures))
    figures["townships"][0]["balance"]["winners"] += 1
    with pytest.raises(InputError, match=": Shorter ways stands as "):
        memo_of(db, reach, dataclasses.replace(scenario, figures=figures))


def test_every_printed_figure_is_in_the_list(db: Session, reach: Reach) -> None:
    memo = memo_of(db, reach, saved(db, reach, Layout(added=(NEW,))))
    check = next(block for block in memo.blocks if isinstance(block, Check))
    assert check.sentence == (
        f"{len(check.table.rows)} figures were recomputed from the data; all agree."
    )
    listed = {row[1] for row in check.table.rows}
    rows = [r for t in tables(memo).values() for r in t.rows]
    figures = {cell for row in rows for cell in row[1:] if cell[:1].isdigit() and "." not in cell}
    figures -= {row[0] for row in tables(memo)["Sites that change"].rows}  # their numbers
    figures -= {row[2] for row in tables(memo)["Sites that change"].rows}  # their names
    assert figures <= listed
    tiles = next(block for block in memo.blocks if isinstance(block, Tiles)).tiles
    assert (tiles[0].figure, tiles[0].mood) == ("54.4%", "better")
    assert tiles[1].figure == "45.7 minutes"


def test_made_by_hand_is_said_plainly(db: Session, reach: Reach) -> None:
    memo = memo_of(db, reach, saved(db, reach, Layout(added=(NEW,))))
    assert (
        "The plan was made by hand. No best plan was sought, so how far it is from the best is not "
        "known." in said(memo)
    )
    tile = next(block for block in memo.blocks if isinstance(block, Tiles)).tiles[3]
    assert (tile.figure, tile.beside) == ("not known", "made by hand")


def solved(db: Session, reach: Reach, layout: Layout | None = None) -> Scenario:
    """Save the best plan of three clinics, or another one beside it."""
    q = question(reach, "clinic", mode="car", minutes=6, visitor="敏感")
    ground = ground_of(reach, q)
    posed = pose(ground, Rules())
    parameters = {"p": 3, "reach": 6.0}
    plan = solve(posed.problem, "mclp", parameters)
    best = ground.layout_of(posed.sites[plan.open])
    return saved(
        db, reach, best if layout is None else layout, model="mclp", parameters=parameters,
        certificate=plan.to_json(),
    )  # fmt: skip


def test_proof_of_the_best_plan(db: Session, reach: Reach) -> None:
    memo = memo_of(db, reach, solved(db, reach))
    facts = {k: v for b in memo.blocks if isinstance(b, Facts) for k, v in b.rows}
    # By hand: 13 and 14 (290 people) meet only each other, so the third clinic goes there.
    assert (facts["Objective"], facts["Bound"], facts["Gap"]) == ("880 people", "880 people", "0%")
    assert len(facts["Certificate (sha256)"]) == 64
    assert "Proven: under these rules no plan is better." in said(memo)
    assert "Asked for: sites in all: 3, limit: 6 minutes." in said(memo)
    tile = next(block for block in memo.blocks if isinstance(block, Tiles)).tiles[3]
    assert (tile.figure, tile.beside) == ("none", "proven")


def test_a_plan_by_hand_beside_the_best(db: Session, reach: Reach) -> None:
    memo = memo_of(db, reach, solved(db, reach, Layout(added=(NEW,))))
    # 740 of 880 people
    assert (
        "The plan was made by hand, or changed after the search. It reaches 740 people, 84.1% of "
        "the best plan found; objective and bound below are that plan's." in said(memo)
    )
    tile = next(block for block in memo.blocks if isinstance(block, Tiles)).tiles[3]
    assert (tile.label, tile.figure) == ("Share of the best plan found", "84.1%")


@pytest.mark.parametrize("model", ["p-dispersion", "p-center", "sizes"])
def test_proof_of_a_model_that_takes_a_part_of_the_county(
    db: Session, reach: Reach, model: str
) -> None:
    q = question(reach, "clinic", mode="car", minutes=6, visitor="敏感")
    ground, rules = ground_of(reach, q), Rules()
    given = siting_models.defaults(model, ground, rules)
    parameters = siting_models.parameters(model, ground, pose(ground, rules), given)
    key = siting_runs.start(ground, rules, model, parameters, seconds=20)
    state = siting_runs.wait(key, 30)
    assert state is not None
    assert state.layout is not None
    certificate = siting_runs.certificate(key)
    assert "candidates" in json.loads(certificate)["source"]
    scenario = saved(
        db, reach, state.layout, model=model, parameters=parameters, certificate=certificate
    )
    memo = memo_of(db, reach, scenario)
    facts = {k: v for b in memo.blocks if isinstance(b, Facts) for k, v in b.rows}
    assert facts["Objective"] == facts["Bound"]
    assert "Proven: under these rules no plan is better." in said(memo)


def test_a_certificate_about_other_data_is_refused(db: Session, reach: Reach) -> None:
    scenario = solved(db, reach)
    other = dataclasses.replace(scenario, rules=Rules(new_cost=2.0))
    with pytest.raises(InputError, match="about other data: the sha256 of the arrays differs"):
        memo_of(db, reach, other)


def test_rules_in_words(db: Session, reach: Reach) -> None:
    rules = Rules(
        existing="free", candidates="villages", must=("f:A",), forbidden=("f:B",), spacing_m=1200,
        where="country", least_people=20,
    )  # fmt: skip
    memo = memo_of(db, reach, saved(db, reach, Layout(added=(NEW,)), rules=rules))
    found = said(memo)
    for sentence in (
        "Facilities of today may close.",
        "New sites stand in the most populous cell of a village.",
        "Must be open: 设施A.",
        "Must not be open: =B.",
        "New sites stand at least 1,200 m from each other and from facilities of today, in a "
        "straight line.",
        "New sites stand in the country.",
        "New sites stand in cells with 20 residents or more.",
    ):
        assert sentence in found
    plain = said(memo_of(db, reach, saved(db, reach, Layout(added=(NEW,)))))
    assert not [text for text in plain if text.startswith(("Facilities of today", "Rules"))]


def test_limits_are_those_of_the_scenario(db: Session, reach: Reach) -> None:
    added = said(memo_of(db, reach, saved(db, reach, Layout(added=(NEW,)))))
    assert "490 people reach no site even then." in added
    assert "Times are without traffic, weather and waiting." in added
    assert not [text for text in added if "longer ways than today" in text]
    closed = said(memo_of(db, reach, saved(db, reach, Layout(closed=("A",)))))
    assert not [text for text in closed if text.startswith("Whether land can be had")]
    assert [text for text in closed if text.endswith("are not covered any more.")]


def test_small_counts_of_a_sensitive_group_stay_hidden(db: Session, reach: Reach) -> None:
    scenario = saved(db, reach, Layout(added=(NEW,)), group="low_income")
    memo = memo_of(db, reach, scenario)
    shown = [cell for table in tables(memo).values() for row in table.rows for cell in row]
    assert "not shown" in shown
    assert "Not shown: fewer than 10 people, or a figure from which such a count would follow." in (
        said(memo)
    )
    assert memo.marks[0] == "Class: Sensitive"


def test_a_file_gives_the_same_bytes_as_the_store(db: Session, reach: Reach) -> None:
    scenario = saved(db, reach, Layout(added=(NEW,)))
    again = read_scenario(exported(scenario))
    for form in answers.FORMS.values():
        for language in ("zh", "en"):
            kept = form(memo_of(db, reach, scenario, language))
            assert form(memo_of(db, reach, again, language)) == kept


def test_a_site_that_is_no_more_is_named(db: Session, reach: Reach) -> None:
    scenario = saved(db, reach, Layout(closed=("A",)))
    gone = dataclasses.replace(scenario, layout=Layout(closed=("Z",)))
    with pytest.raises(InputError) as error:
        memo_of(db, reach, gone)
    assert str(error.value) == (
        "The memo is not made: the data no longer have site Z of the scenario."
    )


def test_chinese_has_no_english_left(db: Session, reach: Reach) -> None:
    memo = memo_of(db, reach, saved(db, reach, Layout(added=(NEW,))), "zh")
    allowed = ("python -m cockpit verify plan.json", "plan.json", "sha256")
    picture = next(block for block in memo.blocks if isinstance(block, Picture))
    texts = [*said(memo), picture.alt, picture.caption, memo.kind, memo.footer, memo.page_words]
    texts += [head for table in tables(memo).values() for head in (table.caption, *table.head)]
    texts += [row[0] for table in tables(memo).values() for row in table.rows]
    told = "\n".join(texts)
    for word in allowed:
        told = told.replace(word, "")
    assert not [word for word in ("the ", "and ", "people", "site") if word in told]
    assert memo.page_words == "第 {page} 页，共 {pages} 页"


def test_the_map_draws_what_the_plan_changes(db: Session, reach: Reach) -> None:
    memo = memo_of(db, reach, saved(db, reach, Layout(added=(NEW,), closed=("B",))))
    picture = next(block for block in memo.blocks if isinstance(block, Picture))
    for words in ("new site", "closes", "no way, today and then", ">N<", " km<"):
        assert words in picture.svg
    assert "moves away" not in picture.svg
    assert "north is up" in picture.caption
    assert picture.alt.startswith("Map of ")
