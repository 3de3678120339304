"""What the registries of models do not say themselves: data, sources, limits, fairness."""

from __future__ import annotations

from dataclasses import dataclass

INSIDE = "Measured inside, not published: it comes from data that are not public."
NOT_LEARNT = "Nothing is learned from data: the same input always gives the same result."


@dataclass(frozen=True)
class Texts:
    """What all cards of a group have in common; all texts are msgids."""

    title: str
    data: str
    fairness: str
    measured: str
    pages: tuple[str, ...]
    folder: str  # of the source code: its digest is the version
    limits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Own:
    """A card's own texts (msgids) and the source of its method."""

    title: str
    purpose: str
    method: str
    source: str
    limits: str
    fairness: str = ""  # "": that of the group


_PLACES_NOT_PEOPLE = (
    "It speaks of places, never of persons. Who lives in a badly served place is shown by age "
    "group and township, so that a gap is seen."
)
_REPORTS = (
    "Reports follow where people report: a quiet place may be one where nobody reports. It speaks "
    "of places, never of persons."
)

GROUPS: dict[str, Texts] = {
    "coverage": Texts(
        "Service coverage",
        "Roads, facilities with their capacity, and residents by cell.",
        _PLACES_NOT_PEOPLE,
        NOT_LEARNT,
        ("coverage", "closures", "village", "open"),
        "cockpit/coverage",
        ("Opening hours, quality and price of a service are not known to it.",),
    ),
    "placement": Texts(
        "Placement of facilities",
        "Travel times, residents by cell, candidate sites and what the planner allows.",
        "Every plan shows the gap between groups; one that widens the worst gap by more than 5 "
        "points is marked.",
        "Each plan carries a proof of how far it can be from the best; an independent program "
        "checks it.",
        ("placement", "scenarios"),
        "cockpit/placement",
        ("It proposes; people decide. What is not in the data does not count.",),
    ),
    "risk": Texts(
        "Risk map",
        "Events with place and time, residents by cell, sensors where there are any.",
        _REPORTS,
        INSIDE,
        ("risk",),
        "cockpit/risk",
    ),
    "warning": Texts(
        "Early warning",
        "Readings of sensors, counts of events by day, and thresholds that people set.",
        "Where sensors and reports are missing, nothing warns: a quiet place need not be safe.",
        INSIDE,
        ("warning",),
        "cockpit/risk",
        ("It alerts people; it starts nothing by itself.",),
    ),
    "overview": Texts(
        "Overview",
        "Open alerts, events with their times, and residents beyond the standards of services.",
        "Groups too small to be shown are no reason. Reports follow where people report: a quiet "
        "village may be one where nobody reports.",
        NOT_LEARNT,
        ("overview",),
        "cockpit/overview",
        ("It says where to look first; people decide what to do.",),
    ),
    "views": Texts(
        "Timeline and compare",
        "Events, alerts and readings with their times; stored figures of two dates, periods, "
        "indicators or plans.",
        "Counts that are hidden on the map are hidden here too, and no difference is made of them.",
        NOT_LEARNT,
        ("timeline", "compare"),
        "cockpit/answers",
    ),
    "appeals": Texts(
        "Appeals",
        "Texts of appeals with topic, place and time; names and numbers are masked.",
        "Who writes is not known to it: no name, age, sex or telephone is used.",
        INSIDE,
        ("appeals",),
        "cockpit/appeals",
        ("It suggests; a person decides about every appeal.",),
    ),
    "release": Texts(
        "Public figures",
        "Residents by cell, counted once for each release.",
        "Small villages get the same protection as large ones, so their figures are less exact in "
        "proportion.",
        "The ± of each figure is published with it; errors against the exact counts are not.",
        ("open", "village", "datasets"),
        "cockpit/release",
    ),
    "base": Texts(
        "What the others build on",
        "Roads with class, surface, slope and direction; borders; counts by region.",
        "Places without a road in the data look worse than they are.",
        NOT_LEARNT,
        ("map", "population", "coverage", "closures", "placement", "village"),
        "geodata",
    ),
}
"""By group, in the order of the register."""

_HOW_MUCH = "Tells how much of a service each place can use."
COVERAGE_SOURCES: dict[str, str] = {
    "cumulative": "Wachs and Kumagai 1973",
    "gravity": "Hansen 1959",
    "two_step": "Luo and Wang 2003",
    "enhanced": "Luo and Qi 2009",
    "three_step": "Wan, Zou and Sternberg 2012",
    "balanced": "Paez, Higgins and Vivona 2019",
    "spatial_availability": "Soukhov et al. 2023",
}
"""Source of each method of access scores."""
COVERAGE_PURPOSE = _HOW_MUCH
COVERAGE_METHOD = "Supply of all facilities, weighed by travel time and shared among people."

PANELS: dict[str, Own] = {
    "nearest": Own(
        "Nearest service",
        "Tells how long the way to the nearest facility is and how many people are within a limit.",
        "Travel time on the road network from each cell to each facility; a cell counts in full or "
        "not at all.",
        "Toregas et al. 1971",
        "The nearest place need not be the one that people use.",
    ),
    "standards": Own(
        "Health check by standards",
        "Holds the county against national and local standards, one by one.",
        "For each standard the share of people who meet it, against a goal.",
        "The standards named on the page Coverage",
        "Some standards ask what no file tells; they are listed as not checked.",
    ),
    "causes": Own(
        "Causes of missing coverage",
        "Says why a cell is not covered, so that the right thing is built.",
        "One cause a cell, by rules in a fixed order: no road, too far, full.",
        "Rules of this project",
        "A cell with two causes shows the first one only.",
    ),
    "equity": Own(
        "Evenness of access",
        "Shows how evenly access is spread over people and townships.",
        "Gini, Theil and Palma of travel minutes weighed by people; concentration by group.",
        "Gini 1912; Theil 1967; Palma 2011",
        "One number for a county hides where the gap lies: read it with the map.",
    ),
    "capacity": Own(
        "Room in facilities",
        "Shows where facilities are full when everybody goes to the best one with room.",
        "Minutes of all people together are made least within all capacities (transportation "
        "problem).",
        "Hitchcock 1941",
        "People do not coordinate like this; real queues are longer.",
    ),
    "supply": Own(
        "Weak and double supply",
        "Finds places with little supply, and facilities that nobody would miss.",
        "Access scores below a threshold; facilities without which nobody loses coverage.",
        "Rules of this project",
        "A facility that nobody would miss today may be needed when another closes.",
    ),
    "referral": Own(
        "Referral chain",
        "Adds up the way from clinic to health centre to hospital.",
        "Shortest chain of travel times over the levels of referral.",
        "Rules of this project",
        "Waiting times and real referrals are not in the data.",
    ),
    "sensitivity": Own(
        "Sensitivity of coverage",
        "Shows how much the result hangs on speed and limit.",
        "The same answer with other speeds and limits.",
        "Rules of this project",
        "Shows a range, not a probability.",
    ),
    "closures": Own(
        "Closed roads",
        "Shows who is cut off when roads are closed, and what everybody loses.",
        "Travel times with and without the closed roads, compared cell by cell.",
        "Ramalingam and Reps 1996 (changed roads); rules of this project",
        "Roads that are not in the data cannot be a way round.",
    ),
}
"""Other models of coverage."""
PLACEMENT_SOURCES: dict[str, tuple[str, str]] = {
    "p-median": ("Hakimi 1964; ReVelle and Swain 1970", "Few far people weigh little in it."),
    "p-center": ("Hakimi 1964; Minieka 1970", "One remote place can decide the whole plan."),
    "lscp": ("Toregas et al. 1971", "The last sites serve few people at full cost."),
    "lscp-b": ("Hogan and ReVelle 1986", "The last sites serve few people at full cost."),
    "mclp": ("Church and ReVelle 1974", "Who is beyond the reach does not count at all."),
    "bclp": ("Hogan and ReVelle 1986", "Who is beyond the reach does not count at all."),
    "p-dispersion": ("Kuby 1987", "It looks at sites alone, not at people."),
    "capacitated-p-median": ("Mulvey and Beck 1984", "It sends people; they may go elsewhere."),
    "capacitated-covering": (
        "Current and Storbeck 1988",
        "It sends people; they may go elsewhere.",
    ),
    "capacitated-set-covering": (
        "Current and Storbeck 1988",
        "It sends people; they may go elsewhere.",
    ),
    "fixed-cost": ("Balinski 1965", "The price of a minute is a choice, not a fact."),
    "budget-p-median": (
        "Hakimi 1964; ReVelle and Swain 1970",
        "Costs that are not given count as none.",
    ),
    "budget-covering": (
        "Church and ReVelle 1974; Khuller, Moss and Naor 1999",
        "Costs that are not given count as none.",
    ),
    "sizes": ("Correia and Captivo 2003", "Costs that are not given count as none."),
    "moving": ("Wang et al. 2003", "What a closing means for those who stay is not in it."),
    "equity": ("Marsh and Schilling 1994", "Fair for townships need not be fair within them."),
    "least-gini": ("Drezner, Drezner and Guyse 2009", "Even can mean evenly far: see the minutes."),
    "lexicographic": ("Ogryczak 1997", "A later goal never outweighs an earlier one."),
    "phasing": ("Schilling 1980", "The future is taken as it is entered."),
    "goal-seek": (
        "Toregas et al. 1971; Chinneck and Dravnieks 1991",
        "Which targets cannot hold together need not be the only such set.",
    ),
}
"""Source and own limit (a msgid) of each model of placement."""
PLACEMENT_METHOD = (
    "Fast search for a good plan, then bounds that prove how good it is (Lagrangian, Benders cuts, "
    "integer programming)."
)
RISK_PURPOSES: dict[str, str] = {
    "events": "Shows where and when more happens than is to be expected, so that help goes there.",
    "sensors": "Shows what sensors tell of water and air, and whom it concerns.",
    "composed": "Puts several figures of a place into one, to look at places in turn.",
}
"""What the methods of the risk map are for (msgids), by what they are about."""
TOPICS_METHOD = (
    "Logistic regression on short strings of the text, learned from the county's labelled appeals "
    "and calibrated; keywords where there are too few."
)
NO_CONTACT = "The county's data office (not named yet)."
CONTACT = "The department that runs this platform, as named under Comment or correct."

OVERVIEW: dict[str, Own] = {
    "attention": Own(
        "Villages that need attention",
        "Names five villages to look at first, each with its reasons and their points.",
        "Points are added: each open alert 10 (blue) to 40 (red); events of 28 days at least two "
        "standard deviations above the mean of the 12 times 28 days before, 5 for each, at most "
        "25; events open longer than nine of ten of their category took, 3 each, at most 15; "
        "residents beyond a service's standard, 1 for each 100, at most 5 a service.",
        "Rules of this project",
        "The points are a choice of this project, not a measurement; a village of few residents "
        "gets few of them.",
    ),
    "changes": Own(
        "What changed",
        "Holds the figures of now against yesterday, last week and the same time last year.",
        "Whole days against whole days: the newest one against the day before, seven against the "
        "seven before, and against the same days of the week 52 weeks earlier. What stands open "
        "is held against the same hour then.",
        "Rules of this project",
        "One day says little: chance alone moves a count by about its square root.",
    ),
    "week": Own(
        "What is usual in a week",
        "Tells on the screen whether the last seven days had more or fewer events than usual.",
        "The mean of the weeks before, up to a year of them; beyond two standard deviations of a "
        "Poisson count it is more or fewer.",
        "Rules of this project",
        "Seasons and holidays are not taken into account; page Risk does that.",
    ),
}

VIEWS: dict[str, Own] = {
    "clock": Own(
        "One clock for all layers",
        "Shows what stood open, warned or was measured in the same step of time.",
        "A thing is shown in a step when it began before the step's end and had not ended at its "
        "beginning.",
        "Half-open intervals",
        "What has no end in the data stands open to the last day.",
    ),
    "difference": Own(
        "True difference of two maps",
        "Shows what changed between two dates, periods, indicators or plans.",
        "B minus A for each region, rounded once; both maps share their classes, and the classes "
        "of the difference lie alike on both sides of zero. Indicators of different units become "
        "an index and are not subtracted.",
        "Rules of this project",
        "A region without a figure on one side has no difference.",
    ),
}

ALERTS: dict[str, Own] = {
    "threshold": Own(
        "Thresholds in four colours",
        "Warns when a reading reaches a threshold for some readings in a row.",
        "Thresholds with hysteresis: a warning ends only when the value is well past it.",
        "Official thresholds where there are some; else this project's",
        "A slow rise below the threshold is not seen.",
    ),
    "aberration": Own(
        "More reports than usual",
        "Warns when a day has more reports than its past lets expect.",
        "The day's count against a baseline; the chance of so many decides the colour.",
        "Hutwagner et al. 2003; Farrington et al. 1996",
        "Rare kinds of events give few and late warnings.",
    ),
    "health": Own(
        "Faults of sensors",
        "Tells sensors that are silent, stuck or wrong from quiet ones.",
        "Rules on gaps, repeated values, jumps and clocks.",
        "Rules of this project",
        "A sensor that is wrong in a plausible way is not found.",
    ),
    "C1": Own(
        "Baseline C1",
        "What a day's count is compared with.",
        "Mean and spread of the seven days before.",
        "Hutwagner et al. 2003",
        "A rise that began last week hides in its own baseline.",
    ),
    "C2": Own(
        "Baseline C2",
        "What a day's count is compared with.",
        "Mean and spread of seven days that end two days before.",
        "Hutwagner et al. 2003",
        "Weekdays and seasons are not known to it.",
    ),
    "C3": Own(
        "Baseline C3",
        "What a day's count is compared with.",
        "As C2, summed over three days.",
        "Hutwagner et al. 2003",
        "Weekdays and seasons are not known to it.",
    ),
    "seasonal": Own(
        "Seasonal baseline",
        "What a day's count is compared with.",
        "A regression with trend, season and weekday that gives past outbreaks less weight.",
        "Farrington et al. 1996; Noufaily et al. 2013",
        "Needs two years of reports to know a season.",
    ),
    "cusum": Own(
        "Cumulative sum",
        "What a day's count is compared with.",
        "Adds up what was above expectation until it is too much.",
        "Page 1954",
        "Says that something changed, not on which day.",
    ),
}
APPEALS: dict[str, Own] = {
    "topics": Own("Topics of appeals", "", "", "Wang and Manning 2012; Guo et al. 2017", ""),
    "urgency": Own(
        "Urgent appeals",
        "Puts appeals that cannot wait on top of the list.",
        "Plain rules on words, and words that speak against them; the words found are shown.",
        "Rules of this project",
        "Who writes calmly of a danger may be overlooked: all appeals are read all the same.",
    ),
    "repeats": Own(
        "Repeated appeals",
        "Puts appeals about the same matter together, so that they are answered once and well.",
        "Likeness of words, near in place, close in time.",
        "Manning, Raghavan and Schütze 2008",
        "The same matter in other words stays apart.",
    ),
    "rising": Own(
        "Rising topics",
        "Shows what is written about more often than before.",
        "Phrases of the last four weeks against the year before, corrected for how many are tried.",
        "Dunning 1993; Przyborowski and Wilenski 1940",
        "A campaign of a few people can look like a rise.",
    ),
    "masks": Own(
        "Masked names and numbers",
        "Hides names, telephone and identity numbers before a text is shown.",
        "Patterns and lists of family names.",
        "Rules of this project",
        "A rare name may stay visible: such texts are never public.",
    ),
}
RELEASE: dict[str, Own] = {
    "noise": Own(
        "Noise on public counts",
        "Protects each person: whether somebody was counted cannot be told from the figures.",
        "Discrete Laplace noise drawn once for each release, within a yearly budget.",
        "Dwork and Roth 2014; Ghosh, Roughgarden and Sundararajan 2012",
        "It protects within the budget of a year; every further release takes from it.",
    ),
    "consistent": Own(
        "Figures that add up",
        "Makes villages sum to townships and townships to the county.",
        "Least squares on the tree of regions, then whole numbers, none below zero.",
        "Hay et al. 2010; Qardaji, Yang and Li 2013",
        "Very small figures are a little too large on average, because none may be below zero.",
    ),
    "offered": Own(
        "Levels worth publishing",
        "Leaves out levels on which noise would say more than the figures.",
        "The share of people who stand in figures above their own margin.",
        "Rules of this project",
        "A level that is left out may still hold single useful figures.",
    ),
    "suppress": Own(
        "Hidden small counts",
        "Hides small counts of things, and as much around them that no subtraction tells them.",
        "Primary and complementary suppression over the tree of regions.",
        "Fischetti and Salazar 2001",
        "More is hidden than the small counts alone.",
    ),
    "utility": Own(
        "Check before publishing",
        "Shows the steward how useful a release is before it is public.",
        "Errors against the exact counts and against trivial estimates; whether a siting decision "
        "would differ.",
        "Rules of this project",
        "Its results stay inside: errors would tell the exact counts.",
    ),
}
BASE: dict[str, Own] = {
    "travel": Own(
        "Travel times",
        "Tells how long a way takes on foot, by e-bike, car and ambulance.",
        "Shortest paths on the road network, with slope, surface and direction.",
        "Dibbelt, Strasser and Wagner 2016; Tobler 1993",
        "Traffic, weather and waiting are not in it.",
    ),
    "areal": Own(
        "Counts moved to cells",
        "Puts counts of villages into cells, so that distances can be measured.",
        "In proportion to dwellings or area; remainders are dealt so that sums stay exact.",
        "Goodchild and Lam 1980; Balinski and Young 1982",
        "People are spread more evenly than they live.",
    ),
}
