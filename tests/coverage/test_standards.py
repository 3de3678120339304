"""Standards: exactly the norm passes, one bed fewer does not; own figures; words."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.coverage.services import SERVICES
from cockpit.coverage.standards import (
    NOT_CHECKED,
    STANDARDS,
    Checked,
    Standard,
    as_toml,
    changed,
    check,
    farthest,
    is_moved,
    official,
    touches,
)
from cockpit.indicators import MEASURES
from cockpit.locale import catalogue
from geodata.errors import InputError
from geodata.network import MODES

ALL = list(STANDARDS.values())
UNREACHED = 65535


# ---------------------------------------------------------------- the list


@pytest.mark.parametrize("standard", ALL, ids=lambda s: s.id)
def test_a_standard_fits_what_there_is(standard: Standard) -> None:
    assert {standard.service, *standard.services} <= set(SERVICES)
    assert standard.mode in MODES
    assert standard.group in MEASURES
    assert 0 < standard.watch <= standard.goal <= 1
    assert standard.limit > standard.least
    assert (standard.level != "") == (standard.rule == "one_each")


@pytest.mark.parametrize("standard", ALL, ids=lambda s: s.id)
def test_a_standard_speaks_chinese(standard: Standard) -> None:
    chinese = catalogue("zh")
    words = {standard.title, standard.unit, standard.source, standard.goal_source, standard.note}
    assert not [w for w in words if w and w not in chinese]


def test_what_is_not_checked_says_why_in_chinese() -> None:
    chinese = catalogue("zh")
    assert not [text for pair in NOT_CHECKED for text in pair if text not in chinese]


@pytest.mark.parametrize(
    ("id_", "limit", "source", "confirm"),
    [  # row by row from the project's list of standards
        ("circle_15min", 15, "Shanghai's plan", False),
        ("circle_1000m", 1000, "GB 50180-2018", False),
        ("circle_500m", 500, "GB 50180-2018", True),
        ("circle_300m", 300, "GB 50180-2018", True),
        ("kindergarten_300m", 300, "GB 50180", False),
        ("kindergarten_500m", 500, "GB 50180", False),
        ("primary_500m", 500, "GB 50180, GB 50099", False),
        ("primary_2500m", 2500, "GB 50180, GB 50099", True),
        ("primary_people", 20_000, "GB 50180, GB 50099", False),
        ("junior_1000m", 1000, "GB 50180", False),
        ("junior_5km", 5000, "GB 50180", True),
        ("junior_people", 30_000, "GB 50180", False),
        ("health_centre_each", 1, "Planning guideline 2021-2025", True),
        ("health_centre_30min", 30, "Planning guideline 2021-2025", True),
        ("community_centre_1000m", 1000, "GB 50180", True),
        ("community_station_300m", 300, "GB 50180", True),
        ("clinic_15min", 15, "National health commission 2022", False),
        ("clinic_each", 1, "National health commission 2022", False),
        ("ambulance_5km", 5000, "Joint guideline of 2020", True),
        ("ambulance_20km", 20_000, "Joint guideline of 2020", True),
        ("ambulance_people", 30_000, "Joint guideline of 2020", True),
        ("fire_5min", 5, "建标152-2017, GB 51080-2015", False),
        ("fire_area", 7, "建标152-2017, GB 51080-2015", False),
        ("fire_team_15min", 15, "GB/T 35547; 15 min is this project's", True),
        ("day_care_300m", 300, "GB 50180", True),
        ("day_care_people", 15_000, "GB 50180", True),
        ("care_beds", 40, "GB 50437", False),
        ("shelter_500m", 500, "GB 51143", True),
        ("shelter_2500m", 2500, "GB 51143", True),
        ("shelter_places", 150, "GB 51143", False),
        ("village_service_each", 1, "TD/T 1062-2021", True),
        ("village_service_15min", 15, "TD/T 1062-2021", True),
    ],
)
def test_figures_are_those_of_the_list(id_: str, limit: float, source: str, confirm: bool) -> None:
    standard = STANDARDS[id_]
    assert (standard.limit, standard.source, standard.confirm) == (limit, source, confirm)


# ---------------------------------------------------------------- ratios

OLD_PEOPLE = np.array([600.0, 400.0])  # 1,000 of 60 and over: 40 beds


def beds(n: float, *more: float) -> Checked:
    return check(STANDARDS["care_beds"], people=OLD_PEOPLE, capacity=np.array([n, *more]))


def test_exactly_the_norm_passes_and_one_bed_fewer_fails() -> None:
    norm = beds(15, 25)
    assert (norm.light, norm.value, norm.people_missing, norm.lacking) == ("green", 40, 0, 0)
    fewer = beds(15, 24)
    assert fewer.light == "yellow"
    assert fewer.value == 39
    assert fewer.lacking == 1
    assert fewer.people_missing == pytest.approx(25)  # a bed is for 25
    assert beds(32).light == "yellow"  # 80 %: exactly at the watch share
    assert beds(31).light == "red"


def test_missing_capacities_are_said() -> None:
    part = beds(40, np.nan)
    assert part.light == "green"
    assert (part.reason, part.values) == (
        "{n} of {total} facilities have no capacity in the files; they count as none.",
        {"n": 1, "total": 2},
    )
    none = beds(np.nan, np.nan)
    assert (none.light, none.reason) == ("none", "No file tells the capacity of these facilities.")


def test_people_per_facility_in_town() -> None:
    # 45,000 people in town, 9,000 outside; three schools in town, one outside.
    standard = STANDARDS["primary_people"]
    people, town = np.array([45_000.0, 9_000.0]), np.array([True, False])

    def schools(*in_town: bool) -> Checked:
        return check(
            standard,
            people=people,
            town=town,
            capacity=np.full(len(in_town), np.nan),  # counted by school: places do not matter
            facility_town=np.array(in_town),
        )

    three = schools(True, True, True, False)
    assert (three.light, three.value, three.people_total) == ("green", 15_000, 45_000)
    assert three.reason == ""
    two = schools(True, True, False)
    assert (two.light, two.value, two.people_missing, two.lacking) == ("yellow", 22_500, 5_000, 1)
    assert schools(True, False).light == "red"
    none = schools(False)
    assert (none.light, none.lacking) == ("red", 3)
    assert np.isnan(none.value)
    assert none.reason == "None of them stands where the standard applies."
    many = schools(*[True] * 5)
    assert many.light == "green"
    assert many.reason == "There are more facilities than the standard asks for."


def test_ambulances_are_counted_not_posts() -> None:
    found = check(
        STANDARDS["ambulance_people"], people=np.array([60_000.0]), capacity=np.array([2.0])
    )
    assert (found.light, found.value) == ("green", 30_000)


# ---------------------------------------------------------------- minutes and metres


def test_share_within_the_limit_by_hand() -> None:
    # 15 min are 900 s: the second cell is exactly there, the third a second late, the last cut off.
    seconds = np.array([60, 900, 901, UNREACHED], dtype=np.uint16)
    people = np.array([500.0, 350.0, 100.0, 50.0])
    found = check(
        STANDARDS["clinic_15min"], people=people, nearest=seconds, region=np.array([7, 7, 8, 9])
    )
    assert found.value == pytest.approx(0.85)
    assert found.light == "green"  # exactly at the goal
    assert (found.people_total, found.people_missing) == (1000, 150)
    assert found.missing.tolist() == [False, False, True, True]
    assert found.worst == ((8, 100.0), (9, 50.0))
    one_more = people + np.array([-1, 0, 1, 0])
    assert check(STANDARDS["clinic_15min"], people=one_more, nearest=seconds).light == "yellow"
    most = people + np.array([-151, 0, 151, 0])
    assert check(STANDARDS["clinic_15min"], people=most, nearest=seconds).light == "red"


def test_a_limit_with_a_fraction_is_met_exactly() -> None:
    new = changed(STANDARDS, {"clinic_15min": {"limit": 7.1}})["clinic_15min"]
    found = check(new, people=np.ones(1), nearest=np.array([426], dtype=np.uint16))
    assert found.light == "green"


def test_metres_have_another_word_for_no_way() -> None:
    metres = np.array([300, 301, 2**32 - 1], dtype=np.uint32)
    found = check(
        STANDARDS["day_care_300m"],
        people=np.array([90.0, 10.0, 0.0]),
        nearest=metres,
        town=np.ones(3, bool),
    )
    assert found.missing.tolist() == [False, True, True]
    assert found.light == "green"
    assert farthest([metres])[2] == np.inf


def test_town_and_country_are_looked_at_apart() -> None:
    town = np.array([True, False])
    people = np.array([10.0, 30.0])
    metres = np.array([600.0, 600.0])
    in_town = check(STANDARDS["primary_500m"], people=people, nearest=metres, town=town)
    country = check(
        STANDARDS["primary_2500m"],
        people=people,
        nearest=metres,
        or_nearest=np.full(2, np.inf),
        town=town,
    )
    assert (in_town.light, in_town.people_total, in_town.people_missing) == ("red", 10, 10)
    assert (country.light, country.people_total, country.people_missing) == ("green", 30, 0)


def test_either_the_distance_or_the_time_is_enough() -> None:
    # Near and slow; far and quick; exactly at either limit; beyond both; cut off.
    metres = np.array([2400, 3000, 2500, 3000, 2501, 2**32 - 1], dtype=np.uint32)
    seconds = np.array([2400, 900, 1801, 1800, 1801, UNREACHED], dtype=np.uint16)
    people = np.array([10.0, 20.0, 30.0, 25.0, 5.0, 10.0])

    def found(**given_: object) -> Checked:
        return check(
            STANDARDS["primary_2500m"],
            **{"people": people, "nearest": metres, "town": np.zeros(6, bool), **given_},
        )

    both = found(or_nearest=seconds)
    assert both.missing.tolist() == [False, False, False, False, True, True]
    assert (both.value, both.people_missing) == (pytest.approx(0.85), 15)
    assert both.light == "green"
    untold = found()
    assert (untold.light, untold.reason) == ("none", "Nobody can tell how far it is.")


def test_a_rule_with_two_limits_stands_once() -> None:
    assert "primary_30min" not in STANDARDS
    assert "junior_40min" not in STANDARDS
    primary, junior = STANDARDS["primary_2500m"], STANDARDS["junior_5km"]
    assert (primary.limit, primary.or_minutes, primary.or_mode) == (2500, 30, "")
    assert (junior.limit, junior.or_minutes, junior.or_mode) == (5000, 40, "car")
    mine = changed(STANDARDS, {"primary_2500m": {"or_minutes": 20}})["primary_2500m"]
    assert (mine.limit, mine.or_minutes, mine.title) == (
        2500,
        20,
        "Primary school in the country: distance or time",
    )


@pytest.mark.parametrize(
    ("service", "id_", "expected"),
    [
        ("clinic", "clinic_15min", True),  # filed under any care point, which clinics are
        ("hospital", "clinic_15min", True),
        ("medical", "community_station_300m", False),  # clinics alone are not any care point
        ("market", "circle_15min", True),
        ("primary_school", "circle_15min", True),
        ("pharmacy", "clinic_15min", False),
    ],
)
def test_which_standards_touch_a_service(service: str, id_: str, expected: bool) -> None:
    assert touches(STANDARDS[id_], service) is expected


def test_a_moved_limit_is_told_from_a_moved_goal() -> None:
    new = changed(
        STANDARDS, {"clinic_15min": {"limit": 20}, "fire_5min": {"goal": 0.9, "source": "县"}}
    )
    assert is_moved(new["clinic_15min"])
    assert official(new["clinic_15min"]).limit == 15
    assert not is_moved(new["fire_5min"])
    assert official(new["fire_5min"]).source == "建标152-2017, GB 51080-2015"
    assert not is_moved(STANDARDS["care_beds"])


def test_a_circle_needs_all_of_its_services() -> None:
    standard = STANDARDS["circle_15min"]
    assert standard.services == ("medical", "primary_school", "day_care", "market")
    nearest = farthest([np.array([60, 60], np.uint16), np.array([900, UNREACHED], np.uint16)])
    assert nearest.tolist() == [900, np.inf]
    found = check(standard, people=np.array([85.0, 15.0]), nearest=nearest)
    assert (found.value, found.light) == (pytest.approx(0.85), "green")
    later = check(STANDARDS["circle_15min_2035"], people=np.array([85.0, 15.0]), nearest=nearest)
    assert later.light == "yellow"


# ---------------------------------------------------------------- one in each region

# Village 4 has a clinic; 5 has none, but half of its people reach one in time; 6 neither; nobody
# lives in 7; 8 is in town.
REGION = np.array([4, 5, 5, 6, 6, 7, 8])
PEOPLE = np.array([40.0, 30.0, 30.0, 30.0, 31.0, 0.0, 99.0])
SECONDS = np.array([2000, 900, 901, 900, 901, 9000, 9000], dtype=np.uint16)
TOWN = REGION == 8


def clinics(**changes: object) -> Checked:
    given_ = {
        "people": PEOPLE, "nearest": SECONDS, "town": TOWN, "region": REGION,
        "capacity": np.array([2.0]), "facility_region": np.array([4]),
    }  # fmt: skip
    return check(STANDARDS["clinic_each"], **{**given_, **changes})


def test_a_clinic_in_each_village_or_within_reach() -> None:
    found = clinics()
    assert found.value == pytest.approx(2 / 3)
    assert (found.light, found.people_total, found.people_missing) == ("red", 161, 61)
    assert found.lacking == 1
    assert found.worst == ((6, 61.0),)
    assert found.missing.tolist() == [False, False, False, True, True, False, False]
    built = clinics(capacity=np.array([2.0, 1.0]), facility_region=np.array([6, 4]))
    assert (built.light, built.value, built.worst) == ("green", 1.0, ())


def test_a_health_centre_in_each_township_has_no_other_way() -> None:
    found = check(
        STANDARDS["health_centre_each"],
        people=np.array([10.0, 90.0]),
        nearest=np.array([0, 0], np.uint16),
        region=np.array([1, 2]),
        capacity=np.array([30.0]),
        facility_region=np.array([2]),
    )
    assert (found.value, found.people_missing, found.light) == (0.5, 10, "red")


def test_a_unit_without_facilities_lacks_them_where_others_have_some() -> None:
    empty = np.zeros(0)
    short = check(STANDARDS["care_beds"], people=OLD_PEOPLE, capacity=empty, absent=False)
    assert (short.light, short.value, short.lacking) == ("red", 0, 40)
    villages = clinics(capacity=empty, facility_region=np.zeros(0, int), absent=False)
    assert (villages.light, villages.lacking) == ("red", 2)  # village 5 still reaches one
    near = check(
        STANDARDS["clinic_15min"],
        people=np.ones(2),
        nearest=np.zeros(2),
        capacity=empty,
        absent=False,
    )
    assert near.light == "green"


def test_where_a_facility_stands_must_be_known() -> None:
    found = clinics(facility_region=None)
    assert (found.light, found.reason) == (
        "none",
        "Nothing says in which region a facility stands.",
    )


# ---------------------------------------------------------------- no light


@pytest.mark.parametrize(
    ("id_", "given_", "reason"),
    [
        ("clinic_15min", {"people": None}, "Nobody has counted this group."),
        (
            "primary_500m",
            {"people": np.ones(2), "nearest": np.ones(2)},
            "Nothing says which cells are town.",
        ),
        (
            "care_beds",
            {"people": np.ones(2), "capacity": np.zeros(0)},
            "No file tells of such facilities.",
        ),
        (
            "circle_15min",
            {"people": np.ones(2), "nearest": np.full(2, np.inf), "absent": True},
            "No file tells of such facilities.",
        ),
        (
            "clinic_15min",
            {"people": np.zeros(2), "nearest": np.ones(2)},
            "Nobody of this group lives where the standard applies.",
        ),
        (
            "primary_500m",
            {"people": np.ones(2), "nearest": np.ones(2), "town": np.zeros(2, bool)},
            "Nobody of this group lives where the standard applies.",
        ),
        ("clinic_15min", {"people": np.ones(2)}, "Nobody can tell how far it is."),
    ],
)
def test_no_data_no_light_but_a_reason(id_: str, given_: dict, reason: str) -> None:
    found = check(STANDARDS[id_], **given_)
    assert (found.light, found.reason) == ("none", reason)
    assert np.isnan(found.value)
    assert reason in catalogue("zh")


def test_units_and_reasons_have_chinese() -> None:
    for found in (beds(1, np.nan), clinics(), beds(50)):
        assert found.unit in catalogue("zh")
        assert not found.reason or found.reason in catalogue("zh")


def test_arrays_of_other_lengths_are_named() -> None:
    with pytest.raises(
        InputError, match=r"^nearest has shape \(3,\) and people \(2,\); expected one value each\.$"
    ):
        check(STANDARDS["clinic_15min"], people=np.ones(2), nearest=np.ones(3))
    with pytest.raises(InputError, match=r"^facility_region has shape \(3,\) and capacity \(1,\);"):
        clinics(facility_region=np.zeros(3, int))


# ---------------------------------------------------------------- laws

CELLS = st.lists(
    st.tuples(st.integers(0, 3000), st.integers(0, 500)), min_size=1, max_size=20
).filter(lambda cells: any(p for _, p in cells))


@given(CELLS, st.floats(1, 60), st.floats(1, 60))
def test_a_wider_limit_never_covers_fewer(cells, first: float, second: float) -> None:
    seconds, people = (np.array(x) for x in zip(*cells, strict=True))
    shares = [
        check(
            changed(STANDARDS, {"clinic_15min": {"limit": limit}})["clinic_15min"],
            people=people.astype(float),
            nearest=seconds.astype(np.uint16),
        ).value
        for limit in sorted((first, second))
    ]
    assert shares[0] <= shares[1]


@given(st.integers(1, 5000), st.integers(0, 400))
def test_green_just_when_the_norm_is_met(people: int, n_beds: int) -> None:
    found = check(
        STANDARDS["care_beds"],
        people=np.array([float(people)]),
        capacity=np.array([float(n_beds)]),
    )
    assert (found.light == "green") == (1000 * n_beds >= 40 * people)
    missing = -(-40 * people // 1000) - n_beds  # beds short, in whole numbers
    assert found.lacking == max(0, missing)


# ---------------------------------------------------------------- own figures


def test_own_figures_replace_the_list() -> None:
    new = changed(STANDARDS, {"health_centre_30min": {"limit": 20, "source": "县政府2025年"}})
    mine = new["health_centre_30min"]
    assert (mine.limit, mine.source, mine.changed, mine.confirm) == (
        20,
        "县政府2025年",
        True,
        False,
    )
    assert (mine.goal, mine.mode) == (0.85, "car")
    assert list(new) == list(STANDARDS)
    assert new["clinic_15min"] is STANDARDS["clinic_15min"]
    assert not STANDARDS["health_centre_30min"].changed


def test_a_title_with_a_figure_gives_way_to_one_without() -> None:
    new = changed(STANDARDS, {"clinic_15min": {"limit": 20}, "fire_5min": {"goal": 0.9}})
    assert new["clinic_15min"].title == "Nearest care point: time on foot"
    assert new["fire_5min"].title == "Fire engine in town within 5 min"  # the limit still is 5


def test_titles_without_figures_have_chinese_and_are_told_apart() -> None:
    chinese = catalogue("zh")
    own = [
        changed(STANDARDS, {s.id: {"limit": s.limit * 2}})[s.id].title for s in STANDARDS.values()
    ]
    assert not [title for title in own if title not in chinese]
    assert len({chinese[title] for title in own}) == len(own)
    # Names of circles and of bed norms may hold a number, but no limit.
    assert not [title for title in own if "within" in title and "in each village" not in title]


def test_square_kilometres_are_no_people() -> None:
    found = check(
        STANDARDS["fire_area"],
        people=np.array([14.0, 100.0]),
        town=np.array([True, False]),
        capacity=np.array([2.0, 2.0, np.nan]),
        facility_town=np.array([True, True, False]),
    )
    assert (found.value, found.light, found.lacking) == (7, "green", 0)
    assert np.isnan(found.people_total)
    assert np.isnan(found.people_missing)


def test_a_lower_goal_takes_the_watch_share_along() -> None:
    mine = changed(STANDARDS, {"clinic_15min": {"goal": 0.6}})["clinic_15min"]
    assert (mine.goal, mine.watch, mine.goal_source) == (0.6, 0.6, "This county's")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"clinic": {"limit": 3}}, "There is no standard clinic; expected one of circle_15min, "),
        (
            {"clinic_15min": {"limit": 0}},
            "Standard clinic_15min: the limit is 0; expected a number above 0.",
        ),
        (
            {"clinic_15min": {"limit": "many"}},
            "Standard clinic_15min: the limit is many; expected a number above 0.",
        ),
        (
            {"clinic_15min": {"limit": float("nan")}},
            "Standard clinic_15min: the limit is nan; expected a number above 0.",
        ),
        (
            {"clinic_15min": {"goal": 85}},
            "Standard clinic_15min: goal is 85; expected a share above 0 and at most 1.",
        ),
        (
            {"clinic_15min": {"watch": True}},
            "Standard clinic_15min: watch is True; expected a share above 0 and at most 1.",
        ),
        (
            {"clinic_15min": {"watch": 0.9}},
            "Standard clinic_15min: watch is 0.9, above the goal 0.85; expected at most that.",
        ),
        (
            {"clinic_15min": {"source": "  "}},
            "Standard clinic_15min: the source is empty; expected the name of a document.",
        ),
        (
            {"clinic_15min": {"mode": "car"}},
            "Standard clinic_15min: there is no setting mode; expected limit, goal, watch, "
            "source or or_minutes.",
        ),
        (
            {"clinic_15min": {"or_minutes": 20}},
            "Standard clinic_15min: it has no second limit in minutes to change.",
        ),
        (
            {"primary_2500m": {"or_minutes": -1}},
            "Standard primary_2500m: the limit is -1; expected a number above 0.",
        ),
        (
            {"clinic_15min": {"source": "x" * 121}},
            "Standard clinic_15min: the source has 121 characters; expected at most 120 on one "
            "line.",
        ),
    ],
)
def test_nonsense_is_named(changes: dict, words: str) -> None:
    with pytest.raises(InputError) as caught:
        changed(STANDARDS, changes)
    assert str(caught.value).startswith(words)
    chinese = catalogue("zh")
    assert caught.value.template in chinese


def test_toml_gives_the_same_changes_back() -> None:
    changes = {"clinic_15min": {"limit": 20, "source": '县"标准"'}, "care_beds": {"goal": 0.9}}
    text = as_toml({**changes, "fire_5min": {}})
    assert tomllib.loads(text) == {"standards": changes}
    assert "[standards.clinic_15min]" in text
    assert as_toml({}) == ""
    with pytest.raises(InputError, match=r"^There is no standard clinic;"):
        as_toml({"clinic": {"limit": 1}})
