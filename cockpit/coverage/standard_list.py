"""The list of standards: what a county is measured by, each figure with its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Rule = Literal["minutes", "metres", "one_each", "one_per", "per_1000"]
Where = Literal["all", "town", "country"]
Level = Literal["", "village", "township"]
Counts = Literal["facilities", "capacity"]

SHANGHAI = "Shanghai's plan"
OURS = "This project's"

GOAL, WATCH = 0.85, 0.70
"""
Share of people that must meet a standard which names only a threshold, and the share below which
its light is red. No national standard says a share; 85 % is the goal that Shanghai's plan sets for
2025, 70 % is this project's. Both can be changed for each standard.
"""
RATIO_GOAL, RATIO_WATCH = 1.0, 0.8
"""The same for a ratio (beds for 1,000 people): all of the norm is green, below 80 % is red."""


@dataclass(frozen=True)
class Standard:
    """
    One rule that the county is measured by.

    ``rule`` says what ``limit`` is: "minutes" or "metres" on the network to the nearest facility;
    "one_each", facilities in each village or township (both "metres" and "one_each" may name
    ``or_minutes``: either is enough); "one_per", people (or km² of town) a
    facility or unit of capacity at most; "per_1000", capacity for 1,000 people of ``group`` at
    least. ``goal`` and ``watch`` are shares from 0 to 1: of people or regions that meet the rule,
    or, for ratios, of the norm itself. At ``goal`` the light is green, at ``watch`` yellow.
    """

    id: str
    service: str  # of cockpit.coverage.services.SERVICES
    title: str  # msgid
    rule: Rule
    limit: float
    source: str  # msgid: the document, as the list of standards names it
    mode: str = "walk"
    where: Where = "all"  # cells that the rule is for
    group: str = "people"  # people that are counted: a measure of MEASURES; "area_km2" for area
    goal: float = GOAL
    watch: float = WATCH
    unit: str = ""  # msgid: unit of ``limit``
    goal_source: str = OURS  # msgid: who sets ``goal``
    confirm: bool = False  # must be checked against the official text before it is quoted
    also: tuple[str, ...] = ()  # services that must be within the limit as well
    least: float = 0.0  # one_per: the lower of "N to M people"; below it there is more than asked
    level: Level = ""  # one_each: of which regions each needs one
    or_minutes: float | None = None  # metres, one_each: or reaches one within these minutes
    or_service: str = ""  # one_each: ... of this service; "" for the same
    or_mode: str = ""  # metres: ... travelling like this; "" for the same
    counts: Counts = "facilities"  # one_per: what is counted
    note: str = ""  # msgid: what this check cannot see
    changed: bool = False  # the county has set another figure

    @property
    def services(self) -> tuple[str, ...]:
        """Every service whose nearest facility is asked for; a cell's figure is the farthest."""
        return (self.or_service or self.service, *self.also)


def _minutes(
    id_: str, service: str, title: str, limit: float, source: str, **more: Any
) -> Standard:
    return Standard(id_, service, title, "minutes", limit, source, unit="min", **more)


def _metres(id_: str, service: str, title: str, limit: float, source: str, **more: Any) -> Standard:
    return Standard(id_, service, title, "metres", limit, source, unit="m", **more)


def _ratio(
    id_: str, service: str, title: str, rule: Rule, limit: float, unit: str, source: str,
    **more: Any,
) -> Standard:  # fmt: skip
    return Standard(
        id_, service, title, rule, limit, source, goal=RATIO_GOAL, watch=RATIO_WATCH, unit=unit,
        goal_source=source, **more,
    )  # fmt: skip


_PLANNING = "GB 50180-2018"
_PLANNING_ANY = "GB 50180"
_SCHOOLS = "GB 50180, GB 50099"
_AMBULANCES = "Joint guideline of 2020"
_SHELTERS = "GB 51143"
_GUIDELINE = "Planning guideline 2021-2025"
_FIRE = "建标152-2017, GB 51080-2015"
_CIRCLE = ("primary_school", "day_care", "market")
_CIRCLE_NOTE = (
    "Counted are care points, primary schools, day care and markets together: this project's "
    "choice from the list of the 15-minute circle."
)
_SHELTER_NOTE = (
    "The files do not say which shelters are for emergencies and which are fixed: all count."
)
_PER_FACILITY = "people per facility"

# Row by row as in the project's list of standards; where it gives a town and a country value there
# are two. Figures, sources and the mark "confirm" are the list's.
_STANDARDS = (
    _minutes(
        "circle_15min", "medical", "15-minute circle: daily services within 15 min on foot", 15,
        SHANGHAI, also=_CIRCLE, goal_source=SHANGHAI, note=_CIRCLE_NOTE,
    ),
    _minutes(
        "circle_15min_2035", "medical", "15-minute circle: the goal for 2035", 15, SHANGHAI,
        also=_CIRCLE, goal=0.99, watch=GOAL, goal_source=SHANGHAI, note=_CIRCLE_NOTE,
    ),
    _metres(
        "circle_1000m", "medical", "15-minute circle in town: daily services within 1,000 m", 1000,
        _PLANNING, where="town", also=_CIRCLE, note=_CIRCLE_NOTE,
    ),
    _metres(
        "circle_500m", "primary_school", "10-minute circle in town: school and market within 500 m",
        500, _PLANNING, where="town", also=("market",), confirm=True,
    ),
    _metres(
        "circle_300m", "kindergarten",
        "5-minute circle in town: kindergarten and day care within 300 m", 300, _PLANNING,
        where="town", also=("day_care",), confirm=True,
    ),
    _metres(
        "kindergarten_300m", "kindergarten", "Kindergarten in town within 300 m", 300,
        _PLANNING_ANY, where="town", group="age_0_14",
    ),
    _metres(
        "kindergarten_500m", "kindergarten", "Kindergarten in town within 500 m (relaxed)", 500,
        _PLANNING_ANY, where="town", group="age_0_14",
    ),
    _ratio(
        "kindergarten_people", "kindergarten", "Kindergarten in town: one in a 5-minute circle",
        "one_per", 12_000, _PER_FACILITY, _PLANNING_ANY, where="town", least=5_000, confirm=True,
    ),
    _metres(
        "primary_500m", "primary_school", "Primary school in town within 500 m", 500, _SCHOOLS,
        where="town", group="age_0_14",
    ),
    _metres(
        "primary_2500m", "primary_school",
        "Primary school in the country within 2.5 km or 30 min", 2500, _SCHOOLS, where="country",
        group="age_0_14", confirm=True, or_minutes=30,
    ),
    _ratio(
        "primary_people", "primary_school", "Primary school in town: people served", "one_per",
        20_000, _PER_FACILITY, _SCHOOLS, where="town", least=15_000,
    ),
    _metres(
        "junior_1000m", "junior_school", "Junior school in town within 1,000 m", 1000,
        _PLANNING_ANY, where="town", group="age_0_14",
    ),
    _metres(
        "junior_5km", "junior_school",
        "Junior school in the country within 5 km or 40 min by bus", 5000, _PLANNING_ANY,
        where="country", group="age_0_14", confirm=True, or_minutes=40, or_mode="car",
        note="There are no timetables yet: reckoned at the speed of a car, so buses take longer.",
    ),
    _ratio(
        "junior_people", "junior_school", "Junior school in town: people served", "one_per",
        30_000, _PER_FACILITY, _PLANNING_ANY, where="town", least=20_000,
    ),
    Standard(
        "health_centre_each", "health_centre", "A health centre in each township", "one_each", 1,
        _GUIDELINE, goal=1.0, watch=0.9, unit="facilities", goal_source=_GUIDELINE, confirm=True,
        level="township",
    ),
    _minutes(
        "health_centre_30min", "health_centre", "Health centre within 30 min by road", 30,
        _GUIDELINE, mode="car", confirm=True,
    ),
    _metres(
        "community_centre_1000m", "health_centre", "Community health centre in town within 1,000 m",
        1000, _PLANNING_ANY, where="town", confirm=True,
        note="The files do not tell community health centres from those of townships: all count.",
    ),
    _ratio(
        "community_centre_people", "health_centre",
        "Community health centre in town: people served", "one_per",
        100_000, _PER_FACILITY, _PLANNING_ANY, where="town", least=30_000, confirm=True,
        note="The files do not tell community health centres from those of townships: all count.",
    ),
    _metres(
        "community_station_300m", "clinic", "Community health station in town within 300 m", 300,
        _PLANNING_ANY, where="town", confirm=True,
        note="The files do not tell community health stations from clinics: all count.",
    ),
    _ratio(
        "community_station_people", "clinic", "Community health station in town: people served",
        "one_per", 12_000, _PER_FACILITY, _PLANNING_ANY, where="town", least=5_000, confirm=True,
        note="The files do not tell community health stations from clinics: all count.",
    ),
    _minutes(
        "clinic_15min", "medical", "Nearest care point within 15 min on foot", 15,
        "National health commission 2022",
    ),
    Standard(
        "clinic_each", "clinic", "A clinic in each village, or a care point within 15 min",
        "one_each", 1, "National health commission 2022", goal=1.0, watch=0.9, unit="facilities",
        where="country", goal_source="National health commission 2022", level="village",
        or_minutes=15, or_service="medical",
    ),
    _metres(
        "ambulance_5km", "ambulance", "Ambulance post in town within 5 km", 5000, _AMBULANCES,
        mode="ambulance", where="town", confirm=True,
    ),
    _metres(
        "ambulance_20km", "ambulance", "Ambulance post in the country within 20 km", 20_000,
        _AMBULANCES, mode="ambulance", where="country", confirm=True,
        note="The guideline says 10 to 20 km; the wider figure is checked.",
    ),
    _ratio(
        "ambulance_people", "ambulance", "One ambulance for 30,000 people", "one_per", 30_000,
        "people per ambulance", _AMBULANCES, counts="capacity", confirm=True,
    ),
    _minutes(
        "fire_5min", "fire", "Fire engine in town within 5 min", 5, _FIRE, mode="ambulance",
        where="town", note="Driving alone: the minute from call to departure is not in the files.",
    ),
    _ratio(
        "fire_area", "fire", "Fire station in town: area of its district", "one_per", 7,
        "km² per station", _FIRE, where="town", group="area_km2",
        note="7 km² is for stations of the first class; the second has 4, small ones 2, and "
        "the outskirts 15.",
    ),
    _minutes(
        "fire_team_15min", "fire", "Fire team in the country within 15 min", 15,
        "GB/T 35547; 15 min is this project's", mode="ambulance", where="country", confirm=True,
        note="The files do not say which cells are a township's seat, for which it is 5 min.",
    ),
    _metres(
        "day_care_300m", "day_care", "Day care for older people within 300 m", 300, _PLANNING_ANY,
        mode="older", where="town", group="age_60_plus", confirm=True,
        note="Some provinces say 700 m.",
    ),
    _ratio(
        "day_care_people", "day_care", "Day care for older people: people served", "one_per",
        15_000, _PER_FACILITY, _PLANNING_ANY, least=10_000, confirm=True,
    ),
    _ratio(
        "care_beds", "care_home", "40 beds for 1,000 people of 60 and over", "per_1000", 40,
        "beds per 1,000 of 60 and over", "GB 50437", group="age_60_plus",
    ),
    *(
        _metres(
            f"shelter_{metres}m", "shelter", title, metres, _SHELTERS, confirm=True,
            note=_SHELTER_NOTE,
        )
        for metres, title in (
            (500, "Emergency shelter within 500 m"),
            (1000, "Fixed shelter for short stays within 1 km"),
            (1500, "Fixed shelter for middle stays within 1.5 km"),
            (2500, "Fixed shelter for long stays within 2.5 km"),
        )
    ),
    _ratio(
        "shelter_places", "shelter", "Shelter for 15 % of residents", "per_1000", 150,
        "places per 1,000 residents", _SHELTERS, note=_SHELTER_NOTE,
    ),
    Standard(
        "village_service_each", "village_service", "A service point in each village", "one_each",
        1, "TD/T 1062-2021", goal=1.0, watch=0.9, unit="facilities", where="country",
        goal_source="TD/T 1062-2021", confirm=True, level="village",
    ),
    _minutes(
        "village_service_15min", "village_service", "Village service point within 15 min on foot",
        15, "TD/T 1062-2021", where="country", confirm=True,
    ),
)  # fmt: skip

STANDARDS: dict[str, Standard] = {standard.id: standard for standard in _STANDARDS}
"""By id, in the order of the project's list of standards."""

PLAIN_TITLES: dict[str, str] = {
    "circle_15min": "15-minute circle: daily services on foot",
    "circle_15min_2035": "15-minute circle: daily services on foot, later goal",
    "circle_1000m": "15-minute circle in town: distance to daily services",
    "circle_500m": "10-minute circle in town: distance to school and market",
    "circle_300m": "5-minute circle in town: distance to kindergarten and day care",
    "kindergarten_300m": "Kindergarten in town: distance",
    "kindergarten_500m": "Kindergarten in town: distance (relaxed)",
    "primary_500m": "Primary school in town: distance",
    "primary_2500m": "Primary school in the country: distance or time",
    "junior_1000m": "Junior school in town: distance",
    "junior_5km": "Junior school in the country: distance or time by bus",
    "health_centre_30min": "Health centre: time by road",
    "community_centre_1000m": "Community health centre in town: distance",
    "community_station_300m": "Community health station in town: distance",
    "clinic_15min": "Nearest care point: time on foot",
    "clinic_each": "A clinic in each village, or a care point near by",
    "ambulance_5km": "Ambulance post in town: distance",
    "ambulance_20km": "Ambulance post in the country: distance",
    "ambulance_people": "People for each ambulance",
    "fire_5min": "Fire engine in town: time",
    "fire_team_15min": "Fire team in the country: time",
    "day_care_300m": "Day care for older people: distance",
    "care_beds": "Beds for people of 60 and over",
    "shelter_500m": "Emergency shelter: distance",
    "shelter_1000m": "Fixed shelter for short stays: distance",
    "shelter_1500m": "Fixed shelter for middle stays: distance",
    "shelter_2500m": "Fixed shelter for long stays: distance",
    "shelter_places": "Fixed shelter: places for residents",
    "village_service_15min": "Village service point: time on foot",
}
"""Titles (msgids) without the figure, for standards whose limit a county has changed."""

NOT_CHECKED: tuple[tuple[str, str], ...] = (
    ("Ambulance out within 3 min for 95 % of calls", "No file tells when ambulances leave."),
    ("Shelter of 0.5 to 4.5 m² a person", "No file tells the area of shelters."),
    ("Fire team within 5 min in a township's seat", "No file tells which cells are the seat."),
    (
        "Fire district of 4, 2 and 15 km² by class of station",
        "No file tells the borders of fire districts.",
    ),
    (
        "People in a 15-minute circle: 50,000 to 100,000",
        "Circles are drawn by planners; no file has them.",
    ),
)
"""What the list of standards has and the county's files cannot show: (msgid, why as msgid)."""
