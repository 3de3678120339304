"""Placement on the tiny county with roads: plans, rules and figures worked out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from cockpit.answers.coverage_masks import masked
from cockpit.answers.coverage_question import question
from cockpit.answers.reach import Reach
from cockpit.answers.siting import (
    UNREACHED_MINUTES,
    Ground,
    Layout,
    Rules,
    candidate_sites,
    ground_of,
    layout_from_plain,
    named,
    parse_layout,
    pose,
    require_told,
    rules_from_plain,
    why_excluded,
)
from cockpit.answers.siting_figures import Balance, Figures, figures, plain
from cockpit.locale import translate
from geodata.errors import InputError
from tests import roaded, tiny

CELL = [tiny.grid_code(k) for k in range(16)]


@pytest.fixture(scope="module")
def reach(tmp_path_factory: pytest.TempPathFactory) -> Reach:
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('siting') / 'county.sqlite'}")
    roaded.fill(engine)
    found = roaded.reach_of(engine)
    engine.dispose()
    return found


@pytest.fixture(scope="module")
def ground(reach: Reach) -> Ground:
    return ground_of(reach, question(reach, "clinic", mode="car", minutes=6, visitor="备用"))


def told(ground: Ground, **layout: object) -> Figures:
    return figures(ground, Layout(**layout))  # type: ignore[arg-type]


# ---------------------------------------------------------------- the ground


def test_sites_are_facilities_and_then_cells(ground: Ground) -> None:
    assert ground.sites[:2] == ("f:A", "f:B")
    assert sorted(ground.sites[2:]) == sorted(f"c:{code}" for code in CELL)
    assert ground.name("f:A") == "设施A"
    assert ground.index(f"c:{CELL[3]}") >= 2


def test_a_column_is_a_column_of_the_matrix(ground: Ground) -> None:
    every = np.arange(len(ground.sites))
    matrix = ground.matrix(every)
    for site in (0, 1, 2, 9, 17):
        assert ground.column(site).tolist() == matrix[:, site].tolist()
    cell_3 = ground.index(f"c:{CELL[3]}")
    order = [ground.reach.codes[c] for c in ground.cells]
    # One way leads into cell 3: from cell 2 in 3 minutes, and from 3 itself.
    assert ground.column(cell_3)[order.index(CELL[2])] == 180
    assert ground.column(cell_3)[order.index(CELL[3])] == 0
    assert ground.column(ground.index(f"c:{CELL[2]}"))[order.index(CELL[3])] == 65535


def test_coordinates_lead_to_a_cell(ground: Ground) -> None:
    lon, lat = roaded.centre(6)
    assert ground.nearest_cell(lon + 0.001, lat - 0.002) == CELL[6]
    with pytest.raises(
        InputError, match=r"^116\.4, 39\.9 lies outside the county: the nearest cell is \d+\.\d km"
    ):
        ground.nearest_cell(116.4, 39.9)
    with pytest.raises(InputError, match=r"^200, 10 is no place on earth\.$"):
        ground.nearest_cell(200, 10)


def test_unknown_sites_are_named(ground: Ground) -> None:
    with pytest.raises(InputError, match=r"^There is no site nowhere\.$"):
        told(ground, added=("nowhere",))
    with pytest.raises(InputError, match=r"^There is no site X\.$"):
        told(ground, closed=("X",))


# ---------------------------------------------------------------- plans as text


IDS = st.text(min_size=1, max_size=8)


@given(
    st.lists(IDS, max_size=4, unique=True),
    st.lists(IDS, max_size=4, unique=True),
    st.lists(st.tuples(IDS, IDS), max_size=3),
)
def test_a_plan_survives_as_text_and_as_json(
    closed: list[str], added: list[str], moved: list[tuple[str, str]]
) -> None:
    try:
        layout = Layout(tuple(closed), tuple(added), tuple(moved))
    except InputError as error:  # a site twice
        assert error.template == "{site} stands in the plan twice."  # noqa: PT017
        return
    assert parse_layout(layout.key()) == layout
    assert layout_from_plain(layout.to_plain()) == layout
    assert layout.key().isascii()
    assert set(layout.key()) & set("/?#&= ") == set()


def test_changes_by_hand() -> None:
    layout = Layout().with_added("n1").with_closed("A").with_moved("B", "n2")
    assert layout == Layout(("A",), ("n1",), (("B", "n2"),))
    assert layout.n_changes == 3
    assert layout.gone == ("A", "B")
    assert layout.new_cells == ("n1", "n2")
    assert layout.with_opened("B") == Layout(("A",), ("n1",))
    assert layout.with_closed("B") == Layout(("A", "B"), ("n1",))
    assert layout.without_cell("n2") == Layout(("A",), ("n1",))
    assert layout.with_cell_moved("n2", "n3").moved == (("B", "n3"),)
    assert layout.with_cell_moved("n1", "n4").added == ("n4",)


def test_a_plan_of_thousands_of_sites_survives_as_text() -> None:
    layout = Layout(added=tuple(f"529901{k:09d}" for k in range(5_000)))
    assert parse_layout(layout.key()) == layout


@pytest.mark.parametrize("key", ["x1", "a", "m1", "a%FF", "m1.2.3", "a1..2", "中"])
def test_nonsense_in_an_address_is_refused(key: str) -> None:
    with pytest.raises(InputError, match=r"^The plan in the address cannot be read: "):
        parse_layout(key)


# ---------------------------------------------------------------- figures by hand


def test_today(ground: Ground) -> None:
    found = told(ground)
    assert found.now == found.then
    assert found.now.people == 1360
    # Within 6 minutes: cells 0, 1, 2, 4, 5, 8, 9, 10, 11 (exactly 6 counts).
    assert found.now.covered == 590
    assert found.now.unreached == 40 + 140 + 150 + 160
    on_roads = 60 + 180 + 150 + 360 + 630 + 960 + 540 + 300 + 360 + 1170
    assert found.now.person_minutes == on_roads + 490 * UNREACHED_MINUTES
    assert found.now.worst == 12
    assert (found.n_now, found.n_then) == (2, 2)
    assert found.balance == Balance(1360, 0, 0, 1360, 0, 0, 0, 0)


def test_a_new_site_where_nobody_came(ground: Ground) -> None:
    found = told(ground, added=(CELL[13],))
    # 13 has it at the door, 14 three minutes away.
    assert found.balance.winners == 140 + 150
    assert found.balance.minutes_won == 140 * 120 + 150 * 117
    assert found.balance.newly_covered == 290
    assert found.balance.losers == 0
    assert found.then.covered == 590 + 290
    new = [row for row in found.sites if row.status == "new"]
    assert [(row.site, row.people, row.only) for row in new] == [(f"c:{CELL[13]}", 290, 290)]
    assert new[0].minutes_saved == 140 * 120 + 150 * 117


def test_a_closed_site(ground: Ground) -> None:
    found = told(ground, closed=("A",))
    assert found.balance.losers == 10 + 20 + 30 + 50 + 60 + 70 + 80
    assert found.balance.minutes_lost == 120 + 240 + 360 + 300 + 360 + 420 + 480
    assert found.balance.no_longer == 10 + 20 + 30 + 50 + 60
    assert found.balance.net_covered == -170
    assert [row.status for row in found.sites] == ["closed", "kept"]


def test_a_moved_site(ground: Ground) -> None:
    found = told(ground, moved=(("A", CELL[5]),))
    # Minutes then: 0: 6, 1: 9, 2: 12, 4: 3, 5: 0, 6: 3, 7: 6, 8: 6 (by B), 12: 9.
    assert found.balance.minutes_won == 6 * 60 + 6 * 70 + 6 * 80
    assert found.balance.minutes_lost == 6 * 10 + 6 * 20 + 6 * 30
    assert found.balance.winners == 60 + 70 + 80
    assert found.balance.losers == 60
    statuses = {row.site: (row.status, row.facility) for row in found.sites}
    assert statuses["f:A"] == ("moved away", "A")
    assert statuses[f"c:{CELL[5]}"] == ("moved", "A")
    assert found.n_then == 2


def test_what_each_site_gives(ground: Ground) -> None:
    found = told(ground)
    a, b = found.sites
    # 8 and 12 are as far from both: the first counts.
    assert a.people == 10 + 20 + 30 + 50 + 60 + 70 + 80 + 90 + 130
    assert b.people == 100 + 110 + 120
    assert a.only == 10 + 20 + 30 + 50 + 60
    without = told(ground, closed=("A",))
    assert a.minutes_saved == without.then.person_minutes - found.now.person_minutes
    assert a.capacity == 2000  # two clinicians
    assert np.isnan(b.capacity)


LAYOUTS = st.builds(
    lambda closed, added: Layout(tuple(closed), tuple(CELL[k] for k in added)),
    st.sets(st.sampled_from(["A", "B"])),
    st.sets(st.integers(0, 15), max_size=4),
)


@settings(max_examples=40, deadline=None)
@given(LAYOUTS)
def test_winners_less_losers_are_the_net_change(ground: Ground, layout: Layout) -> None:
    found = figures(ground, layout)
    whole = found.balance
    assert whole.net_covered == found.then.covered - found.now.covered
    assert whole.net_minutes == pytest.approx(
        found.then.person_minutes - found.now.person_minutes, abs=1e-6
    )
    parts = [p.balance for p in found.townships]
    assert sum(p.net_covered for p in parts) == whole.net_covered
    assert sum(p.net_minutes for p in parts) == pytest.approx(whole.net_minutes, abs=1e-6)
    assert sum(p.winners for p in parts) == whole.winners
    assert whole.winners + whole.losers + whole.unchanged == whole.people


@settings(max_examples=20, deadline=None)
@given(st.lists(LAYOUTS, min_size=2, max_size=5))
def test_figures_do_not_hang_on_what_was_asked_before(
    reach: Reach, ground: Ground, layouts: list[Layout]
) -> None:
    # A ground of its own knows no plan yet, so each figure is made anew.
    for _, layout in pairwise(layouts):
        fresh = replace(ground)
        assert plain(figures(fresh, layout)) == plain(figures(ground, layout))


# ---------------------------------------------------------------- small counts

GROUP, SMALL = "low_income", 10
# The same county to everybody who sees no small count: see tests/answers/test_coverage_masks.py.
COUNTS = [30, 3, 0, 4, 12, 40, 0, 0, 25, 6, 20, 30, 2, 50, 0, 12]
OTHERS = [30, 9, 0, 9, 6, 40, 0, 0, 25, 1, 15, 30, 7, 50, 0, 12]


def secret(reach: Reach, counts: list[int]) -> Ground:
    """Return the ground of a sensitive group."""
    people = np.zeros(16)
    people[[reach.codes.tolist().index(code) for code in CELL]] = counts
    classes = {**reach.twin.classes, GROUP: "敏感"}
    county = replace(
        reach, twin=replace(reach.twin, classes=classes), groups={**reach.groups, GROUP: people}
    )
    q = question(
        county, "clinic", mode="car", minutes=6, group=GROUP, visitor="敏感", small_count=SMALL
    )
    return ground_of(county, q)


@settings(max_examples=30, deadline=None)
@given(LAYOUTS)
def test_no_plan_tells_a_small_count(reach: Reach, layout: Layout) -> None:
    one, two = (figures(secret(reach, counts), layout) for counts in (COUNTS, OTHERS))
    assert masked(one.ground.reach, GROUP, SMALL).hidden.any()
    assert json.dumps(plain(one)) == json.dumps(plain(two))
    parts = [part for part in (*one.groups, *one.townships) if part.id == GROUP or not part.title]
    counts = [
        getattr(told_of, name)
        for part in parts
        for told_of in (part.now, part.then, part.balance)
        for name in (
            "people", "covered", "unreached", "winners", "losers", "unchanged", "newly_covered",
            "no_longer",
        )
        if hasattr(told_of, name)
    ]  # fmt: skip
    counts += [n for row in one.sites for n in (row.people, row.only)]
    assert not [n for n in counts if 0 < n < SMALL]


# ---------------------------------------------------------------- rules


def test_the_problem_of_a_question(ground: Ground) -> None:
    posed = pose(ground, Rules())
    assert posed.problem.cost.shape == (16, 18)
    assert posed.problem.must.tolist() == [True, True] + [False] * 16
    assert posed.problem.cost.max() == UNREACHED_MINUTES
    assert posed.problem.weights.sum() == 1360
    free = pose(ground, Rules(existing="free", forbidden=("f:A",), must=(f"c:{CELL[3]}",)))
    assert free.problem.forbidden.tolist()[:2] == [True, False]
    assert free.problem.must.sum() == 1


def test_rules_narrow_the_candidates(ground: Ground) -> None:
    def cells(rules: Rules) -> set[str]:
        return {ground.sites[k][2:] for k in candidate_sites(ground, rules)[0]}

    assert cells(Rules(least_people=130)) == {CELL[12], CELL[13], CELL[14], CELL[15]}
    # Villages are blocks of two by two: their most populous cells.
    assert cells(Rules(candidates="villages")) == {CELL[5], CELL[7], CELL[13], CELL[15]}
    assert CELL[2] not in cells(Rules(forbidden=(f"c:{CELL[2]}",)))
    near = cells(Rules(spacing_m=900))  # cells are about 1 km apart: those of A and B go
    assert set(CELL) - near == {CELL[0], CELL[10]}
    assert why_excluded(ground, Rules(spacing_m=900), ground.index(f"c:{CELL[0]}")) == "distance"
    assert why_excluded(ground, Rules(least_people=50), ground.index(f"c:{CELL[0]}")) == "people"
    assert why_excluded(ground, Rules(), ground.index(f"c:{CELL[0]}")) == ""


def test_rules_of_a_unit(reach: Reach) -> None:
    west = reach.twin.position(roaded.WEST)
    q = question(reach, "clinic", mode="car", minutes=6, unit=west, visitor="备用")
    there = ground_of(reach, q)
    found = candidate_sites(there, Rules())[0]
    assert len(found) == len(there.cells) < 16
    outside = next(s for s in range(2, 18) if s not in found)
    assert why_excluded(there, Rules(), outside) == "unit"


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (Rules(must=("f:A",), forbidden=("f:A",)), "设施A must be open and must not; choose one"),
        (Rules(must=("f:Z",)), "There is no site Z."),
        (Rules(zones=(99,)), "There is no stored area 99."),
    ],
)
def test_contradictions_are_named(
    ground: Ground, rules: Rules, words: str, tiny_here: Path
) -> None:
    with pytest.raises(InputError) as error:
        pose(ground, rules)
    assert str(error.value).startswith(words)


def test_no_place_left(reach: Reach) -> None:
    lonely = ground_of(reach, question(reach, "library", mode="car", visitor="备用"))
    with pytest.raises(InputError, match=r"^No cell may get a site under these rules; loosen"):
        pose(lonely, Rules(least_people=1e6))


def test_solvers_numbers_become_names(ground: Ground) -> None:
    posed = pose(ground, Rules())
    error = InputError("Site {site} must be open and must not.", site=1)
    assert str(named(error, ground, posed.sites)) == "Site =B must be open and must not."


def test_rules_survive_as_json() -> None:
    rules = Rules(existing="free", must=("f:B", "f:A"), zones=(3, 1), new_capacity=500.0)
    assert rules_from_plain(rules.to_plain()) == rules
    assert rules.must == ("f:A", "f:B")
    with pytest.raises(InputError, match=r"^spacing_m is -1; expected a number, 0 or more\.$"):
        Rules(spacing_m=-1)
    with pytest.raises(InputError, match=r"^where is moon; expected one of all, town, country\.$"):
        Rules(where="moon")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^The rules know no colour\.$"):
        rules_from_plain({"colour": "red"})


def test_errors_name_sites_in_the_visitors_language(ground: Ground) -> None:
    site = f"c:{CELL[3]}"
    with pytest.raises(InputError) as error:
        pose(ground, Rules(must=(site,), forbidden=(site,)))
    said = translate(error.value.template, "en", **error.value.values)
    assert said == f"{ground.name(site, 'en')} must be open and must not; choose one of both."
    assert ground.name(site, "en") != ground.name(site, "zh")
    assert ground.name(site, "zh") in translate(error.value.template, "zh", **error.value.values)


# ---------------------------------------------------------------- a total that is not shown

FEW = [3, 0, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]


def test_nothing_is_planned_for_people_whose_number_is_not_shown(reach: Reach) -> None:
    ground = secret(reach, FEW)
    for refused in (lambda: pose(ground, Rules()), lambda: require_told(ground)):
        with pytest.raises(InputError, match=r"is not shown \(fewer than 10, or a place from"):
            refused()
    found = figures(ground, Layout(added=(CELL[3],)))
    own = plain(found)
    groups = {part["id"]: part for part in own["groups"]}
    for told_of in (own["now"], own["then"], own["balance"], *groups[GROUP].values()):
        if isinstance(told_of, dict):
            assert set(told_of.values()) == {None}
    counted = ("people", "only", "minutes_saved")
    assert {row[name] for row in own["by_site"] for name in counted} == {None}
    people = {name: n for part in own["townships"] for name, n in part["now"].items()}
    assert people["people"] is None
