"""Small counts of sensitive groups: no answer, table, layer or plain data gives one away."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cockpit.answers import closure_bridges, closures, coverage_layers
from cockpit.answers import coverage as answers
from cockpit.answers.closure_files import cell_table as closure_cells
from cockpit.answers.closure_files import village_table as closure_villages
from cockpit.answers.closure_key import Closures
from cockpit.answers.coverage_json import everything, standards
from cockpit.answers.coverage_masks import Mask, hidden_of, masked
from cockpit.answers.coverage_question import LONGEST
from cockpit.answers.coverage_tables import cell_table, village_table
from cockpit.answers.layers import MASKED
from cockpit.answers.reach import Reach, reach_for
from cockpit.answers.twin import twin
from cockpit.store.session import open_engine
from tests import bridged, roaded, tiny
from tests.roaded import EAST, WEST

GROUP = "low_income"
SMALL = 10
FEWER = "fewer than 10"
# By cell number. West 1 (0, 1, 4, 5): one small count, 12 hides with it. West 2 (8, 9, 12, 13): 6
# and 2 are too few together, so 25 hides with them. East 1 (2, 3, 6, 7) has 4 people in all: it is
# hidden with the only other village of its township, East 2 (10, 11, 14, 15).
COUNTS = [30, 3, 0, 4, 12, 40, 0, 0, 25, 6, 20, 30, 2, 50, 0, 12]
OTHERS = [30, 9, 0, 9, 6, 40, 0, 0, 25, 1, 15, 30, 7, 50, 0, 12]
HIDDEN = [1, 3, 4, 8, 9, 10, 11, 12, 15]
"""The same county to everybody who sees no small count: sums of pools are those of ``COUNTS``."""
Figures = NDArray[np.float64]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = open_engine(f"sqlite:///{tmp_path_factory.mktemp('masks') / 'county.sqlite'}")
    roaded.fill(made)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def known(engine: Engine) -> Reach:
    return roaded.reach_of(engine)


def at(reach: Reach, k: int) -> int:
    return reach.codes.tolist().index(tiny.grid_code(k))


def county(known: Reach, counts: list[int], group: str = GROUP) -> Reach:
    """Return the county with other people of a group, which is sensitive."""
    people = np.zeros(len(known.rows))
    people[[at(known, k) for k in range(16)]] = counts
    told = dataclasses.replace(known.twin, classes={**known.twin.classes, group: "敏感"})
    return dataclasses.replace(known, twin=told, groups={**known.groups, group: people})


def ask(reach: Reach, **how: Any) -> answers.Question:
    given_ = {"mode": "car", "minutes": 6.0, "group": GROUP, **how}
    return answers.question(reach, "clinic", visitor="敏感", small_count=SMALL, **given_)


# ------------------------------------------------------------ which counts are hidden


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), min_size=1, max_size=20))
def test_hidden_counts_are_several_and_enough(cells: list[tuple[int, int]]) -> None:
    counts = np.array([n for n, _ in cells], dtype=float)
    parents = np.array([p for _, p in cells])
    hidden = hidden_of(counts, parents, SMALL)
    assert hidden[(counts > 0) & (counts < SMALL)].all()
    assert not hidden[counts == 0].any()
    for parent in set(parents.tolist()):
        own = parents == parent
        there = hidden & own
        if there.any() and counts[own].sum() >= SMALL:
            lived_in = (own & (counts > 0)).sum()
            assert counts[there].sum() >= SMALL
            assert there.sum() >= min(2, lived_in)


def test_a_single_small_cell_hides_another(known: Reach) -> None:
    found = masked(county(known, COUNTS), GROUP, SMALL)
    assert [k for k in range(16) if found.hidden[at(known, k)]] == HIDDEN
    regions = known.twin.regions.iloc[sorted(found.units)]
    villages = regions.loc[regions["level"] == "village", "code"]
    assert set(villages) == {f"{EAST}001", f"{EAST}002"}
    assert found.people[at(known, 1)] == found.people[at(known, 4)] == 7.5
    assert found.people[at(known, 8)] == 11
    assert found.people[at(known, 3)] == 16.5
    assert found.people[at(known, 0)] == 30
    assert found.people.sum() == sum(COUNTS)


def test_nothing_is_averaged_of_a_group_that_is_no_secret(known: Reach) -> None:
    found = masked(known, "people", SMALL)
    assert found.people is known.groups["people"]
    assert not found.hidden.any()
    assert not found.units


# ------------------------------------------------------------ what nobody can tell apart


def told(reach: Reach, engine: Engine, q: answers.Question) -> str:
    """Return everything that the page, its files and programs get of a question, as text."""
    with Session(engine) as db:
        layer = coverage_layers.covered_layer(db, reach, q)
    check = answers.health_check(reach, unit=q.unit, visitor="敏感", small_count=SMALL)
    return json.dumps(
        [
            everything(reach, q),
            village_table(reach, q, "en"),
            cell_table(reach, q, "en"),
            standards(reach, check),
            layer.decode(),
            repr(answers.summary(reach, q)),
        ]
    )


@pytest.mark.parametrize("minutes", [1.0, 3.0, 6.0, 9.0, 12.0, LONGEST])
@pytest.mark.parametrize("unit", [roaded.COUNTY, WEST, f"{WEST}002", tiny.grid_code(9)])
def test_no_answer_depends_on_a_small_count(
    known: Reach, engine: Engine, minutes: float, unit: str
) -> None:
    one, two = county(known, COUNTS), county(known, OTHERS)
    # Not by a ratio, a load, a share, nor by the difference that one minute or one unit makes.
    asked = {"minutes": minutes, "unit": known.twin.position(unit)}
    assert told(one, engine, ask(one, **asked)) == told(two, engine, ask(two, **asked))


def test_a_closure_depends_on_no_small_count(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = open_engine(f"sqlite:///{tmp_path_factory.mktemp('closed') / 'county.sqlite'}")
    bridged.fill(made)
    with Session(made) as db:
        plain = twin(db)
        assert plain is not None
        known = reach_for(plain, db, allowed=tuple(_datasets(db)))
        both = [
            closing(county(known, counts), db, edges)
            for edges in _bridges(known)
            for counts in (COUNTS, OTHERS)
        ]
    made.dispose()
    assert both[::2] == both[1::2]


def _datasets(db: Session) -> list[str]:
    from sqlalchemy import select

    from cockpit.store.models import Dataset

    return list(db.execute(select(Dataset.id)).scalars())


def _bridges(reach: Reach) -> list[tuple[int, ...]]:
    first, last = (bridge.id for bridge in closure_bridges.bridges(reach))
    return [(first,), (last,), (first, last)]


def closing(reach: Reach, db: Session, edges: tuple[int, ...]) -> str:
    q = closures.question(
        reach, "hospital", mode="car", group=GROUP, visitor="敏感", small_count=SMALL
    )
    meant = closures.closed_by(reach, db, Closures(edges=edges), visitor="敏感")
    found = closures.answer(reach, q, meant)
    parts = (
        found.toll, found.over, found.within, found.groups, found.villages, found.people.tolist(),
        closures.facilities_lost(reach, q, meant), closure_bridges.rank_bridges(reach, q),
        closure_cells(reach, found, "en"), closure_villages(reach, found, "en"),
    )  # fmt: skip
    return repr(parts)


# ------------------------------------------------------------ attacks one by one


def test_a_village_less_its_shown_cells_is_no_single_cell(known: Reach) -> None:
    reach = county(known, COUNTS)
    q = ask(reach)
    totals = {row[0]: row[4] for row in village_table(reach, q, "en")[1:]}
    cells = {row[0]: row[3] for row in cell_table(reach, q, "en")[1:]}
    assert totals[f"{EAST}001"] == totals[f"{EAST}002"] == FEWER
    assert totals[f"{WEST}001"] == 85
    codes = known.twin.regions["code"]
    for code, total in totals.items():
        own = [cells[known.codes[i]] for i in range(16) if codes.iat[known.villages[i]] == code]
        hidden = own.count(FEWER)
        if total != FEWER:
            left = total - sum(n for n in own if n != FEWER)
            assert (hidden, left) == (0, 0) or (hidden > 1 and left >= SMALL)


def test_scores_that_hang_on_people_are_left_out_cell_by_cell(known: Reach, engine: Engine) -> None:
    reach = county(known, COUNTS)
    q = ask(reach)
    scores = answers.access_scores(reach, q)
    for key, score in scores.items():
        hidden = bool(np.isnan(score.values).all())
        assert hidden == (key not in ("cumulative", "gravity")), key
        assert math.isfinite(score.mean)
    with Session(engine) as db:
        layer = json.loads(coverage_layers.covered_layer(db, reach, q))
    by = {f["id"]: f["properties"] for f in layer["features"]}
    assert by[tiny.grid_code(1)]["p"] == MASKED
    assert by[tiny.grid_code(0)]["s"][2:] == [None] * 5
    assert by[tiny.grid_code(0)]["s"][0] == 2
    cell = next(c for c in everything(reach, q)["cells"] if c["code"] == tiny.grid_code(1))
    assert (cell["people"], cell["served"], cell["left_over"]) == (None, None, None)
    assert cell["scores"]["enhanced"] is None
    told_ = [n.template for n in answers.summary(reach, q).notes]
    assert any(t.startswith("Counts of this group below {n} are not shown") for t in told_)


def test_shares_are_hidden_where_their_people_are(known: Reach) -> None:
    # Of West 2 only cell 13 has no way: 20 people, or 4 that hide.
    village = known.twin.position(f"{WEST}002")
    for last, hidden in ((20, False), (4, True)):
        reach = county(known, [20] * 13 + [last, 20, 20])
        q = ask(reach, minutes=600.0, unit=village)
        even = answers.equity(reach, q)
        assert answers.summary(reach, q).total == 60 + last
        # 4 take the mean with the smallest other: 12 of 24, which are enough to be told.
        away = 12 if hidden else 20
        assert answers.summary(reach, q).unreached_people == away
        assert even.fgt0 == pytest.approx(away / (60 + last))
        assert even.by_township[0].share == pytest.approx(1 - away / (60 + last))
    reach = county(known, [20] * 12 + [0, 5, 20, 20])
    q = ask(reach, minutes=600.0, unit=known.twin.position(tiny.grid_code(13)))
    assert math.isnan(answers.summary(reach, q).share)
    assert math.isnan(answers.equity(reach, q).fgt0)
    assert np.isnan(answers.curve(reach, q).share).all()


@pytest.mark.parametrize("minutes", [3.0, 6.0, 12.0])
def test_no_share_or_load_stands_beside_a_hidden_count(known: Reach, minutes: float) -> None:
    reach = county(known, COUNTS)
    q = ask(reach, minutes=minutes)
    mask = Mask(sensitive=True, small_count=SMALL)
    total = answers.summary(reach, q).total
    found = answers.sensitivity(reach, q)
    curve = answers.curve(reach, q).share
    for share in (*curve, *found.base, *found.slow, *found.fast):
        assert math.isnan(share) or not math.isnan(mask.part(share * total, total))
    for place in answers.facilities(reach, q):
        for count in (place.load * place.capacity, 1000 * place.capacity / place.per_1000):
            assert math.isnan(count) or count == 0 or count >= SMALL
    for row in answers.capacity(reach, q).rows:
        load = row.capacity - row.unused
        assert math.isnan(load) or load == 0 or load >= SMALL
    for township in answers.equity(reach, q).by_township:
        assert math.isnan(township.share) or not math.isnan(
            mask.part(township.share * township.people, township.people)
        )


def test_that_nobody_is_without_a_way_is_no_secret(known: Reach) -> None:
    reach = county(known, [20] * 8 + [20, 20, 4, 20, 20, 0, 20, 20])
    village = next(v for v in answers.villages(reach, ask(reach)) if v.code == f"{WEST}001")
    assert (village.people, village.unreached) == (80, 0)
    q = ask(reach, minutes=1.0, unit=known.twin.position(f"{WEST}002"))
    assert answers.summary(reach, q).unreached_people == 0
    few = ask(county(known, COUNTS), unit=known.twin.position(f"{EAST}002"))
    assert math.isnan(answers.summary(county(known, COUNTS), few).unreached_people)


def test_parts_of_a_known_total_hide_in_twos() -> None:
    mask = Mask(sensitive=True, small_count=SMALL)
    found = mask.parts([100, 96, 4, 0])
    assert found[0] == 100
    assert found[3] == 0
    assert all(math.isnan(n) for n in found[1:3])
    assert mask.parts([20, 30, 40]) == [20, 30, 40]
    assert Mask(sensitive=False, small_count=SMALL).parts([100, 4]) == [100, 4]


# ------------------------------------------------------------ residents that are sensitive


def test_the_health_check_hides_small_counts_of_residents(known: Reach) -> None:
    reach = county(known, COUNTS, "people")
    for unit in (roaded.COUNTY, WEST, f"{EAST}001"):
        row = known.twin.position(unit)
        for c in answers.health_check(reach, unit=row, visitor="敏感", small_count=SMALL):
            if c.standard.group != "people" or c.light == "none":
                continue
            rest = c.people_total - c.people_missing
            for count in (c.people_total, c.people_missing, rest, *(n for _, n in c.worst)):
                assert math.isnan(count) or abs(count) < 1e-6 or count >= SMALL, c.standard.id
            if math.isnan(c.people_missing) and c.standard.rule != "one_each":
                assert math.isnan(c.value)
    check = answers.health_check(
        reach, unit=known.twin.position(f"{EAST}001"), visitor="敏感", small_count=SMALL
    )
    assert all(math.isnan(c.people_total) for c in check if c.standard.group == "people")


def test_layers_hide_small_counts_of_residents(known: Reach, engine: Engine) -> None:
    reach = county(known, COUNTS, "people")
    with Session(engine) as db:
        made = coverage_layers.minutes_layer(db, reach, "car", 0, visitor="敏感", small_count=SMALL)
    told_ = [f["properties"] for f in json.loads(made)["features"]]
    people = {one["id"]: one["p"] for one in told_}
    assert [k for k in range(16) if people[tiny.grid_code(k)] == MASKED] == HIDDEN
    rings = answers.isochrones(reach, 0, "car", (1, 30), small_count=SMALL * 4)
    assert math.isnan(rings[0].people)  # 30 people in cell 0


# ------------------------------------------------------------ referral


def test_the_chain_is_of_the_group_and_hides_it(known: Reach) -> None:
    reach = county(known, COUNTS)
    whole = answers.referral(reach, group=GROUP, visitor="敏感", small_count=SMALL)
    assert whole.people.sum() == sum(COUNTS)
    village = known.twin.position(f"{EAST}001")
    few = answers.referral(reach, village, group=GROUP, visitor="敏感", small_count=SMALL)
    assert math.isnan(few.broken_people)
    assert math.isnan(few.mean)
    q = ask(reach)
    assert everything(reach, q)["referral"]["broken_people"] == whole.broken_people
