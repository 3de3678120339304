"""The coverage panels by hand, on a county whose times are known (tests/roaded.py)."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from cockpit.answers import coverage as answers
from cockpit.answers.coverage import Question
from cockpit.answers.coverage_json import KEYS, everything
from cockpit.answers.coverage_tables import cell_table, standard_table, village_table
from cockpit.answers.reach import Reach
from cockpit.coverage.causes import CUT_OFF, FULL, NO_ROAD, TOO_FAR
from cockpit.coverage.standards import STANDARDS
from cockpit.store.models import Dataset, Facility
from cockpit.store.session import open_engine
from geodata.errors import InputError
from tests import roaded, tiny
from tests.roaded import EAST, MINUTES, PEOPLE, WEST

COVERED_6 = [0, 1, 2, 4, 5, 8, 9, 10, 11]  # cells within six minutes of a clinic by car
ALL = ("places", "ways")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = open_engine(f"sqlite:///{tmp_path_factory.mktemp('cover') / 'county.sqlite'}")
    roaded.fill(made)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def reach(engine: Engine) -> Reach:
    return roaded.reach_of(engine)


def asked(reach: Reach, unit: str = roaded.COUNTY, **how: object) -> Question:
    given = {"mode": "car", "minutes": 6, "visitor": "备用", **how}
    return answers.question(reach, "clinic", unit=reach.twin.position(unit), **given)  # type: ignore[arg-type]


def cell(reach: Reach, k: int) -> int:
    return reach.codes.tolist().index(tiny.grid_code(k))


def in_order(reach: Reach, values: list[float]) -> list[float]:
    """Return figures by cell number in the order of the county's table."""
    return [values[k] for k in sorted(range(16), key=lambda k: cell(reach, k))]


# ------------------------------------------------------------ the question


def test_a_question_takes_what_the_service_has(reach: Reach) -> None:
    q = answers.question(reach, "clinic")
    assert (q.mode, q.minutes, q.group, q.unit) == ("walk", 15.0, "people", 0)
    assert answers.question(reach, "kindergarten").group == "age_0_14"


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"mode": "sledge"}, "There is no way of travelling sledge; expected one of walk, older,"),
        ({"minutes": 0}, "The limit is 0 minutes; expected above 0 and at most 600."),
        ({"minutes": math.nan}, "The limit is nan minutes; expected above 0 and at most 600."),
        ({"minutes": 601}, "The limit is 601 minutes; expected above 0 and at most 600."),
        ({"group": "elves"}, "There are no figures for elves."),
        ({"group": "low_income"}, "The figures for low_income are not open to you."),
        ({"unit": 99}, "No region has the code 99."),
    ],
)
def test_a_wrong_question_is_named(reach: Reach, how: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as caught:
        answers.question(reach, "clinic", **how)  # type: ignore[arg-type]
    assert str(caught.value).startswith(words)


def test_an_unknown_service_is_named(reach: Reach) -> None:
    with pytest.raises(InputError, match=r"^There is no service spa; expected one of clinic, "):
        answers.question(reach, "spa")


def test_a_group_nobody_counted_falls_back_and_says_so(reach: Reach) -> None:
    groups = {k: v for k, v in reach.groups.items() if k != "age_0_14"}
    q = answers.question(dataclasses.replace(reach, groups=groups), "kindergarten")
    assert q.group == "people"
    assert [n.template for n in q.notes] == [
        "There is no count of this group here; all residents are taken: {group}."
    ]


# ------------------------------------------------------------ people


def test_the_summary_counts_people_by_minutes(reach: Reach) -> None:
    found = answers.summary(reach, asked(reach))
    assert found.minutes.tolist() == pytest.approx(in_order(reach, MINUTES))
    assert found.people.tolist() == in_order(reach, [float(p) for p in PEOPLE])
    assert np.flatnonzero(found.covered).tolist() == sorted(cell(reach, k) for k in COVERED_6)
    # 10+20+30+50+60+90+100+110+120 are within six minutes, 40+140+150+160 reach none.
    assert (found.total, found.covered_people, found.unreached_people) == (1360, 590, 490)
    assert found.share == pytest.approx(590 / 1360)
    # The 680th person is among those of nine minutes (590 to 790); the 1,224th reaches none.
    assert (found.median, found.p90, found.n_facilities) == (9, math.inf, 2)


def test_the_summary_names_who_is_off_the_roads(reach: Reach) -> None:
    notes = {n.template: n.values["n"] for n in answers.summary(reach, asked(reach)).notes}
    assert notes == {
        "Cells that no road comes near enough to: {n} ({names}).": 1,  # 15
        "Cells that meet only roads joined to no others: {n} ({names}).": 2,  # 13, 14
    }


def test_only_facilities_of_the_service_are_named(tmp_path: Path) -> None:
    made = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    roaded.fill(made)
    with Session(made) as db:  # the hospital beyond the border and away from every road
        db.execute(update(Facility).where(Facility.id == "H").values(lon=tiny.WEST - 0.02))
        db.commit()
    reach = roaded.reach_of(made)
    made.dispose()
    of_clinic = answers.summary(reach, asked(reach)).notes
    of_hospital = answers.summary(reach, answers.question(reach, "hospital")).notes
    assert not [n for n in of_clinic if n.template.startswith("Facilities")]
    assert [n.template[:24] for n in of_hospital if n.template.startswith("Facilities")] == [
        "Facilities outside the c",
        "Facilities where no road",
    ]
    assert {n.values["names"] for n in of_hospital[-2:]} <= {"设施H", "第14网格、第15网格"}


def test_a_unit_restricts_the_people_and_not_the_facilities(reach: Reach) -> None:
    # East: cells 2, 3, 6, 7, 10, 11, 14, 15. Cell 2 is covered by clinic A in the west.
    found = answers.summary(reach, asked(reach, EAST))
    assert (found.total, found.covered_people) == (760, 30 + 110 + 120)
    assert found.n_facilities == 2


def test_people_within_by_group(reach: Reach) -> None:
    found = answers.within(reach, asked(reach), limits=(3, 9, 60))
    assert found.groups[:2] == ("people", "age_0_14")
    # Within 3: cells 0, 1, 4, 9, 10, 11; within 9 also 2, 5, 6, 8, 12; within 60 also 7.
    assert found.people[0].tolist() == [410, 790, 870]
    assert found.people[1].tolist() == pytest.approx([41, 79, 87])  # a tenth are children
    assert found.shares[0].tolist() == pytest.approx([410 / 1360, 790 / 1360, 870 / 1360])
    with pytest.raises(InputError, match=r"^The limits are \(\) minutes"):
        answers.within(reach, asked(reach), limits=())


def test_the_curve_rises_at_the_known_minutes(reach: Reach) -> None:
    found = answers.curve(reach, asked(reach))
    assert len(found.minutes) == len(found.share) == 61
    steps = {0: 120, 2: 120, 3: 410, 5: 410, 6: 590, 9: 790, 12: 870, 60: 870}
    for minute, people in steps.items():
        assert found.share[minute] == pytest.approx(people / 1360), minute
    assert set(found.shares_by_group) >= {"people", "age_60_plus"}


def test_slower_roads_cover_fewer_and_faster_more(reach: Reach) -> None:
    found = answers.sensitivity(reach, asked(reach))
    at = found.thresholds.tolist().index(6)
    assert found.base[at] == pytest.approx(590 / 1360)
    # At 0.8 of the speed 3 minutes are 3.75 and 6 are 7.5; at 1.2 they are 2.5 and 5, 9 are 7.5.
    assert found.slow[at] == pytest.approx(410 / 1360)
    assert found.fast[at] == pytest.approx(590 / 1360)
    assert (found.slow <= found.base).all()
    assert (found.base <= found.fast).all()


# ------------------------------------------------------------ places


def test_the_worst_villages_come_first(reach: Reach) -> None:
    rows = answers.worst_villages(reach, asked(reach))
    told = [(r.code, r.people, r.uncovered, r.unreached) for r in rows]
    assert told == [
        (f"{EAST}002", 540, 310, 310),  # cells 10, 11, 14, 15
        (f"{WEST}002", 460, 270, 140),  # cells 8, 9, 12, 13
        (f"{EAST}001", 220, 190, 40),  # cells 2, 3, 6, 7
    ]
    second = rows[1]
    # (6 x 90 + 3 x 100 + 9 x 130) / 320; 8 and 12 go to A (of equal ways the first), 9 to B.
    assert second.minutes == pytest.approx(2010 / 320)
    assert (second.farthest_minutes, second.nearest_id) == (9, "A")
    assert second.share == pytest.approx(1 - 270 / 460)
    assert len(answers.villages(reach, asked(reach))) == 4


def test_facilities_tell_whom_they_serve(reach: Reach) -> None:
    a, b = sorted(answers.facilities(reach, asked(reach)), key=lambda r: r.id)
    # A is nearest of 0, 1, 2, 4, 5, 6, 7, 8, 12; B of 9, 10, 11.
    assert (a.people_nearest, b.people_nearest) == (540, 330)
    # Within six minutes of A: 0, 1, 2, 4, 5, 8; of B: 8, 9, 10, 11.
    assert (a.people_within, b.people_within) == (260, 420)
    # Led to A within the limit: 260 people for a staff of 2; B does not tell its staff.
    assert (a.capacity, a.load) == (2, 130)
    assert a.per_1000 == pytest.approx(1000 * 2 / 260)
    assert math.isnan(b.capacity)
    assert math.isnan(b.load)


def test_travel_has_a_direction(reach: Reach) -> None:
    """The street to cell 3 is one way: people come to the hospital, no ambulance comes out."""
    hospital = answers.question(reach, "hospital", mode="car", visitor="备用")
    ambulance = answers.question(reach, "ambulance", visitor="备用")
    assert answers.summary(reach, hospital).covered_people == 1360 - 140 - 150 - 160
    assert answers.summary(reach, ambulance).covered_people == 40


# ------------------------------------------------------------ causes and room


def test_each_cell_has_its_cause(reach: Reach) -> None:
    found = answers.causes(reach, asked(reach))
    cause = {k: int(found.codes[cell(reach, k)]) for k in range(16)}
    assert {k for k, c in cause.items() if c == answers.COVERED} == set(COVERED_6)
    assert {k for k, c in cause.items() if c == TOO_FAR} == {6, 7, 12}
    assert {k for k, c in cause.items() if c == CUT_OFF} == {3, 13, 14}
    assert {k for k, c in cause.items() if c == NO_ROAD} == {15}
    assert found.people[answers.COVERED] == 590
    assert sum(found.people.values()) == 1360


def test_who_finds_no_room_is_left_over(tmp_path: Path) -> None:
    made = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    roaded.fill(made, staff=0.1)  # room for 100 people at A; B has no limit
    reach = roaded.reach_of(made)
    made.dispose()
    found = answers.capacity(reach, asked(reach))
    # Of 590 within reach, 0, 1, 2, 4, 5 (170 people) have only A; 8 can go to B.
    assert (found.served_people, found.left_over_people) == (520, 840)
    assert (found.served + found.left_over).tolist() == answers.summary(
        reach, asked(reach)
    ).people.tolist()
    rows = {r.id: r for r in found.rows}
    assert (rows["A"].load, rows["A"].unused, rows["A"].capacity) == (100, 0, 100)
    assert (rows["B"].load, rows["B"].capacity) == (420, math.inf)
    assert [n.template for n in found.notes][-1] == (
        "{n} of {all} facilities do not tell their capacity; they count as unlimited."
    )
    assert answers.causes(reach, asked(reach)).people[FULL] == 70


def test_supply_names_weak_villages_and_what_one_closing_takes(reach: Reach) -> None:
    found = answers.supply(reach, asked(reach))
    # Only A serves 0, 1, 2, 4, 5, only B 9, 10, 11; cell 8 has both.
    assert found.only_one_people == 500
    assert found.redundant == []
    loss = {k: float(found.loss[cell(reach, k)]) for k in (0, 8, 13)}
    assert loss == {0: 12, 8: 0, 13: 0}
    assert found.dual_minutes[cell(reach, 0)] == 12
    # Weights 1, 0.68 and 0.22 up to 2, 4 and 6 minutes: A gives 2 / 97.2 of its staff, B 2 / 279.4.
    # 2, 3, 6, 7 get 30 x 0.22 x 2 / 97.2 where 220 people of the mean would have 220 x 4 / 1360.
    assert [(r.code, round(r.short, 4)) for r in found.weak] == [
        (f"{EAST}001", 0.5113),
        (f"{WEST}002", 0.3170),
        (f"{EAST}002", 0.2167),
    ]


def test_scores_add_up_to_the_supply(reach: Reach) -> None:
    scores = answers.access_scores(reach, asked(reach))
    people = answers.summary(reach, asked(reach)).people
    # A has 2 staff, B counts like the middle one of those known: 2 as well.
    for method in ("two_step", "enhanced", "three_step"):
        assert scores[method].values @ people == pytest.approx(4), method
    assert scores["spatial_availability"].values.sum() == pytest.approx(4)
    two = scores["two_step"].values
    assert two[cell(reach, 0)] == pytest.approx(2 / 260)
    assert two[cell(reach, 8)] == pytest.approx(2 / 260 + 2 / 420)
    assert two[cell(reach, 15)] == 0


def test_equity_by_minutes_leaves_out_and_says_so(reach: Reach) -> None:
    found = answers.equity(reach, asked(reach))
    assert found.fgt0 == pytest.approx(770 / 1360)  # beyond six minutes
    # How far: 1 - 6 / 9 for 200 people, 1 - 6 / 12 for 80, all of it for 490.
    assert found.fgt1 == pytest.approx((200 / 3 + 80 / 2 + 490) / 1360)
    assert 0 < found.gini < 1
    assert found.theil == pytest.approx(found.theil_between + found.theil_within)
    shares = {r.code: r.share for r in found.by_township}
    assert shares == pytest.approx({EAST: 260 / 760, WEST: 330 / 600})


def test_referral_adds_the_legs_and_flags_a_missing_level(reach: Reach) -> None:
    found = answers.referral(reach)
    assert found.missing == ("health_centre",)
    assert np.isinf(found.total).all()
    assert [leg.n_facilities for leg in found.legs] == [2, 0, 1]
    assert found.notes[-1].values == {"level": "Township health centres"}


# ------------------------------------------------------------ standards, areas, files


def test_the_health_check_covers_every_standard(reach: Reach) -> None:
    checked = answers.health_check(reach, visitor="备用")
    assert [c.standard.id for c in checked] == list(STANDARDS)
    by = {c.standard.id: c for c in checked}
    assert by["kindergarten_300m"].light == "none"
    assert by["kindergarten_300m"].reason
    assert by["fire_5min"].light == "none"  # there is no fire station
    assert by["ambulance_people"].value == 1360  # people for the one ambulance
    east = answers.health_check(reach, unit=reach.twin.position(EAST), visitor="备用")
    assert {c.standard.id: c for c in east}["clinic_15min"].people_total == 760


def test_a_distance_or_a_time_is_enough(reach: Reach) -> None:
    # Clinics instead of schools, which this county has none of. By car all of whom a road leads to
    # are there within 40 minutes, however few kilometres the list allows.
    standard = dataclasses.replace(
        STANDARDS["junior_5km"], service="clinic", where="all", group="people"
    )
    near, either = (
        answers.health_check(
            reach,
            standards={"x": dataclasses.replace(standard, limit=1.0, or_minutes=minutes)},
            visitor="备用",
        )[0]
        for minutes in (None, 40.0)
    )
    assert near.light == "red"
    assert near.people_missing > either.people_missing
    by_car = answers.summary(reach, asked(reach, minutes=40.0))
    assert either.people_missing == by_car.total - by_car.covered_people


def test_standards_of_the_county_replace_ours(reach: Reach) -> None:
    own = dataclasses.replace(reach, standards={"clinic_15min": {"limit": 500}})
    both = [
        {c.standard.id: c for c in answers.health_check(r, visitor="备用")}["clinic_15min"]
        for r in (reach, own)
    ]
    assert both[0].people_missing > both[1].people_missing
    assert both[1].standard.changed


def test_isochrones_nest_and_count_people(reach: Reach) -> None:
    row = int(reach.facilities.index[reach.facilities["id"] == "A"][0])
    found = answers.isochrones(reach, row, "car", (6, 3))
    assert [i.minutes for i in found] == [3, 6]
    assert [i.people for i in found] == [80, 260]  # 0, 1, 4; then also 2, 5, 8
    assert shapely.covers(found[1].polygon, found[0].polygon)
    assert shapely.length(found[0].roads) < shapely.length(found[1].roads)
    assert shapely.intersects_xy(found[0].polygon, *roaded.centre(1))
    assert not shapely.intersects_xy(found[0].polygon, *roaded.centre(2))
    with pytest.raises(InputError, match=r"^There is no facility 99\.$"):
        answers.isochrones(reach, 99, "car", (5,))
    with pytest.raises(InputError, match=r"^The limit is 0 minutes; expected above 0"):
        answers.isochrones(reach, row, "car", (0,))


def test_without_roads_isochrones_are_circles(tmp_path: Path) -> None:
    made = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    roaded.fill(made, roads=False)
    reach = roaded.reach_of(made)
    made.dispose()
    (found,) = answers.isochrones(reach, 0, "car", (6,))
    # 35 km/h for six minutes over 1.3: 2,692 m.
    _, south, _, north = found.polygon.bounds
    assert north - south == pytest.approx(2 * 2692 / 110_800, rel=0.03)  # 110.8 km a degree
    assert "No roads are loaded" in answers.summary(reach, asked(reach)).notes[0].template


def test_tables_are_escaped_and_in_the_language(reach: Reach) -> None:
    table = village_table(reach, asked(reach), "zh")
    assert table[0][:3] == ["代码", "名称", "英文名称"]
    by = {row[0]: row for row in table[1:]}
    assert by[f"{EAST}002"][4:9] == [540, 230, 310, 42.6, 310]
    assert by[f"{EAST}002"][11] == "'=B"  # no table program runs a name
    cells = cell_table(reach, asked(reach), "en")
    assert len(cells) == 17
    row = {r[0]: r for r in cells}[tiny.grid_code(15)]
    assert row[3:8] == [160, None, None, "no", "No road"]
    lines = standard_table(answers.health_check(reach, visitor="备用"), "en")
    assert len(lines) == len(STANDARDS) + 1


def test_small_counts_of_a_sensitive_group_are_not_shown(reach: Reach) -> None:
    q = asked(reach, group="low_income", visitor="敏感")
    assert q.sensitive
    # Grid k has k people on support: village 1 of the west 0 + 1 + 4 + 5 = 10, all covered.
    by = {v.code: v for v in answers.villages(reach, q)}
    assert by[f"{WEST}001"].people == 10
    table = {row[0]: row for row in cell_table(reach, q, "en")[1:]}
    assert table[tiny.grid_code(5)][3] == "fewer than 10"
    assert table[tiny.grid_code(0)][3] == 0
    assert table[tiny.grid_code(11)][3] == 11  # none of its village has fewer than 10


def test_a_small_rest_is_not_told_by_subtraction(reach: Reach) -> None:
    q = asked(reach, group="low_income", visitor="敏感")
    # 0+1+2+4+5+8+9+10+11 = 50 of 120 are covered. Cells below 10 take the mean of those of their
    # village: for 2, 3, 6 and 7 that is 4.5, so cell 2 counts 2.5 more; the others' sums stay.
    whole = answers.summary(reach, q)
    assert (whole.total, whole.covered_people) == (120, 52.5)
    # Village 1 of the east: 2 + 3 + 6 + 7 = 18, of whom 2 are covered.
    village = reach.twin.position(f"{EAST}001")
    small = answers.summary(reach, dataclasses.replace(q, unit=village))
    assert small.total == 18
    assert math.isnan(small.covered_people)
    assert math.isnan(small.share)
    found = answers.within(reach, dataclasses.replace(q, unit=village), limits=(6, 60))
    assert np.isnan(found.people[0]).all()  # 2 and 15: the rest of 3 would tell itself
    assert found.people[1].tolist() == [30, 180]  # residents are no secret
    by = {v.code: v for v in answers.villages(reach, q)}
    assert math.isnan(by[f"{EAST}001"].uncovered)


def test_everything_is_plain_data_with_documented_keys(reach: Reach) -> None:
    found = everything(reach, asked(reach))
    assert list(found) == list(KEYS)
    text = json.dumps(found, allow_nan=False)
    again = json.loads(text)
    assert again["summary"]["covered_people"] == 590
    assert again["summary"]["p90"] is None
    assert again["question"]["unit"] == roaded.COUNTY
    assert again["within"]["people"]["people"] == [410, 790, 870, 870, 870]
    assert again["causes"]["no_road"] == 160
    assert len(again["cells"]) == 16
    cells = {c["code"]: c for c in again["cells"]}
    assert cells[tiny.grid_code(15)]["minutes"] is None
    assert cells[tiny.grid_code(1)]["nearest"] == "A"


def test_facilities_above_the_class_are_not_there(tmp_path: Path) -> None:
    from cockpit.answers.reach import reach_for
    from cockpit.answers.twin import twin

    made = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    roaded.fill(made)
    with Session(made) as db:
        db.execute(update(Dataset).where(Dataset.id == "places").values(data_class="秘密"))
        county = twin(db)
        assert county is not None
        reach = reach_for(county, db, allowed=("ways",))
    made.dispose()
    found = answers.summary(reach, asked(reach))
    assert (found.n_facilities, found.covered_people) == (0, 0)
    assert found.notes[-1].template.startswith("There is no facility of this service")
    assert answers.facilities(reach, asked(reach)) == []


def test_plain_data_hold_the_cells_reserves_and_room(reach: Reach) -> None:
    found = everything(reach, asked(reach))
    cells = {c["code"]: c for c in found["cells"]}
    one = cells[tiny.grid_code(0)]
    assert one["nearest"] == "A"
    assert [(p["id"], p["minutes"]) for p in one["nearest_k"]] == [("A", 0), ("B", 12)]
    assert one["mean_k"] is None  # there are two clinics, no third
    assert (one["dual_minutes"], one["loss"]) == (12, 12)
    assert (one["served"], one["left_over"]) == (10, 0)
    none = cells[tiny.grid_code(15)]
    assert (none["nearest"], none["nearest_k"], none["served"]) == (None, [], 0)
    by_minutes = answers.equity(reach, asked(reach), by="minutes")
    assert found["equity_minutes"]["gini"] == by_minutes.gini
    assert found["equity_minutes"]["left_out_people"] == 490
    assert len(found["equity_minutes"]["lorenz_x"]) == 101


def test_the_chain_names_no_facility_of_another_kind(
    reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[object] = []

    def notes(_reach: Reach, _mode: str, kinds: object = None) -> tuple[()]:
        asked_for.append(kinds)
        return ()

    monkeypatch.setattr("cockpit.answers.coverage_notes.mode_notes", notes)
    answers.referral(reach)
    assert set(map(tuple, asked_for)) == {("clinic", "health_centre", "hospital")}  # type: ignore[arg-type]
