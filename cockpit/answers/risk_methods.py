"""The methods of the risk map: names, how they work, where they are from, what they hide."""

from __future__ import annotations

from dataclasses import dataclass

EVENTS, SENSORS, COMPOSED = "events", "sensors", "composed"


@dataclass(frozen=True)
class Method:
    """One way of asking; all texts are English msgids."""

    id: str
    title: str
    how: str
    source: str
    limits: str
    over_time: bool = False  # can be shown for each month or week
    slow: bool = False  # worked out in the background
    about: str = EVENTS


_LIST = (
    Method(
        "poisson",
        "Significant places",
        "Events here and beside are compared with what residents and the usual rate of that kind "
        "of village let expect. Of the places called hot or cold at most 5 % are expected to be "
        "false.",
        "Indirect standardisation; Poisson tail; Benjamini and Hochberg 1995.",
        "Residents stand for all who are at risk: a market or a motorway has more people than "
        "residents.",
        over_time=True,
    ),
    Method(
        "density",
        "Heat: events per km²",
        "A smooth hill over each event, wider where events are few, corrected at the county's "
        "border; then the mean of each place.",
        "Silverman 1986; Abramson 1982 (adaptive bandwidth); Diggle 1985 (edge).",
        "Shows where most happens, which is mostly where most people are; it is no risk.",
        over_time=True,
    ),
    Method(
        "relative",
        "Heat: events per 10,000 residents",
        "The hills over events divided by the same hills over residents.",
        "Kelsall and Diggle 1995; Davies, Jones and Hazelton 2016.",
        "Not told where too few people live within the bandwidth; visitors are not counted.",
        over_time=True,
    ),
    Method(
        "rate",
        "Smoothed rate",
        "Each place's rate is drawn towards that of the places beside it, the more so the fewer "
        "people it has (spatial empirical Bayes).",
        "Marshall 1991; Anselin, Lozano and Koschinsky 2006.",
        "Smoothing hides a single bad place among good ones. Raw rates of small places are never "
        "ranked here.",
        over_time=True,
    ),
    Method(
        "gi",
        "Significant places: Gi*",
        "Do unusual counts lie together more than by chance? Each count becomes a score of how "
        "unusual it is for its kind of place; scores of a place and its neighbours are summed.",
        "Getis and Ord 1992, Ord and Getis 1995; 999 permutations; Benjamini and Hochberg 1995.",
        "One very high place colours its neighbours.",
        over_time=True,
    ),
    Method(
        "moran",
        "Significant places: local Moran",
        "Is a place like its neighbours more than by chance? High among high is hot; high among "
        "low stands alone.",
        "Anselin 1995; 999 permutations; Benjamini and Hochberg 1995.",
        "Finds likeness, not height: a large even area of middling rates is not marked.",
        over_time=True,
    ),
    Method(
        "clusters",
        "Clusters in space and time",
        "All circles and stretches of time are tried; those with most events above expectation "
        "are compared with counties of pure chance (999 for villages, 199 for cells).",
        "Kulldorff 1997; Kulldorff et al. 1998 (space-time scan statistic, Poisson).",
        "Circles catch a long valley badly; a cluster's border is not exact.",
        slow=True,
    ),
    Method(
        "ongoing",
        "Clusters still going on",
        "As the clusters in space and time, but only those that last to the end of the period.",
        "Kulldorff 2001 (prospective space-time scan statistic).",
        "Asked every day, one false cluster in twenty days is to be expected.",
        slow=True,
    ),
    Method(
        "emerging",
        "How hot spots come and go",
        "Significant places of every month or week, and how they went on: new, persistent, "
        "intensifying, diminishing and so on.",
        "Classes of the space-time cube (Esri); Mann 1945 and Kendall 1975 (trend).",
        "Few events in a month make few places hot: short periods and rare events tell little.",
    ),
    Method(
        "repeat",
        "Near repeats",
        "Pairs of events by distance and days between them, beside 999 shuffles of the days.",
        "Knox 1964; Johnson et al. 2007.",
        "Says that events follow each other, not where the next one will be.",
        slow=True,
    ),
    Method(
        "forecast",
        "Next 30 days",
        "A mixture of the long past, the last weeks and where people live; its weights are those "
        "that would have foretold earlier months best.",
        "Mohler et al. 2011; Caplan and Kennedy 2011; Smyth and Wolpert 1999.",
        "Foretells where events get reported, not who; what is not reported is not foretold.",
        slow=True,
    ),
    Method(
        "index",
        "Composite index",
        "Rates of several themes, travel times and groups of people are put on one scale of 0 to "
        "100 and weighed.",
        "Saaty 1980 (AHP); Shannon 1948 (entropy weights); Hwang and Yoon 1981 (TOPSIS).",
        "The weights are a choice: try others, and see below whose rank hangs on them.",
        about=COMPOSED,
    ),
    Method(
        "impact",
        "People affected by a flood",
        "Ground lower than the nearest river plus the chosen rise counts as flooded; residents "
        "there as affected, the weaker ones more.",
        "Hazard × exposure × vulnerability (UNDRR 2015); minimum needs after Sphere 2018.",
        "A bathtub without flow, dams or drains: for preparing, not for warning.",
        about=SENSORS,
    ),
    Method(
        "readings",
        "Newest readings",
        "The newest value of every sensor.",
        "The readings as they were sent.",
        "A sensor that sends nothing is a fault, not safety.",
        about=SENSORS,
    ),
)
METHODS = {method.id: method for method in _LIST}
WATER, AIR = "flood", "air"


def methods_for(theme: str, *, has_events: bool) -> tuple[str, ...]:
    """Return the methods that a theme can be asked by; those of its sensors first."""
    own = {WATER: ("impact", "readings"), AIR: ("readings",)}.get(theme, ())
    events = tuple(m.id for m in _LIST if m.about == EVENTS) if has_events else ()
    return (*own, *events, "index")
