"""A scenario's memo: what the store knows of it, counted again and laid out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import CLASSES, TITLES, highest, may_see
from cockpit.answers.memo_figures import gap_of, recounted
from cockpit.answers.memo_map import name_of, picture_of
from cockpit.answers.memo_proof import front_of, proof_of
from cockpit.answers.reach import Note, Reach
from cockpit.answers.scenario_files import read_scenario
from cockpit.answers.scenarios import Scenario, missing_sites, question_of
from cockpit.answers.scenarios import scenario as stored
from cockpit.answers.siting import UNREACHED_MINUTES, Ground, Rules, ground_of
from cockpit.answers.siting_figures import figures
from cockpit.answers.siting_ground import unreached_note
from cockpit.answers.twin import SERIES, Twin
from cockpit.coverage.services import service_of
from cockpit.indicators import MEASURES
from cockpit.locale import translate
from cockpit.memo.content import Language, Memo
from cockpit.memo.facts import Asked, Change, County, Facts, Part, Site, Source
from cockpit.memo.html import as_html
from cockpit.memo.pdf import as_pdf
from cockpit.memo.text import write
from cockpit.memo.words import number
from cockpit.settings import settings
from cockpit.store.models import Batch, Dataset, Facility
from cockpit.store.session import engine
from geodata.errors import InputError
from loaders.catalog import VULNERABLE_GROUPS

FORMS = {"html": as_html, "pdf": as_pdf}
"""How a memo is laid out, by the ending of its file."""

# Said with the method, whether or not there is anybody.
_AWAY = unreached_note(1)[0].template
_OF_SUMS = (
    "The data set with the counts of people is of class {records}; sums of it by region are open "
    "as everywhere in the cockpit, so the memo is of class {memo}."
)
_ROADS = ("road_nodes", "road_edges", "roads_osm")
_WITH_ROOM = ("capacitated-p-median", "capacitated-covering", "capacitated-set-covering", "sizes")
_WITH_COSTS = ("fixed-cost", "budget-p-median", "budget-covering", "sizes", "moving", "goal-seek")


def memo_of(
    db: Session,
    reach: Reach,
    scenario: Scenario,
    language: str,
    *,
    visitor: str | None = None,
    small_count: int | None = None,
) -> Memo:
    """
    Return the memo of a scenario, every figure of it counted again from the data.

    Nothing in it depends on the clock: the same scenario on the same data gives the same memo.

    Parameters
    ----------
    visitor, small_count
        Highest class of who asks and the smallest count shown; None: those of the installation.

    Raises
    ------
    InputError
        If the scenario is of another county, its unit, group or sites are no more, its certificate
        does not hold, or a figure of it is not what counting again gives; the sentence names it.
    """
    q = question_of(reach, scenario, visitor=visitor, small_count=small_count)
    ground = ground_of(reach, q)
    missing = missing_sites(ground, scenario.layout)
    if missing:
        raise InputError(
            "The memo is not made: the data no longer have site {site} of the scenario.",
            site=missing[0][2:],
        )
    return write(_facts(db, ground, scenario, "en" if language == "en" else "zh"))


def memo_of_number(reach: Reach, number: int, language: str) -> Memo:
    """Return the memo of a scenario in the store, for the installation's visitor."""
    with Session(engine()) as db:
        found = stored(db, number, visitor=settings().visitor_class)
        return memo_of(db, reach, found, language)


def memo_of_file(reach: Reach, text: bytes, language: str) -> Memo:
    """Return the memo of a scenario file, of which nothing is stored."""
    with Session(engine()) as db:
        return memo_of(db, reach, read_scenario(text), language)


def _facts(db: Session, ground: Ground, scenario: Scenario, language: Language) -> Facts:
    twin, q = ground.reach.twin, ground.q
    found = figures(ground, scenario.layout)
    counted = recounted(ground, scenario, language)
    sites = tuple(_sites(ground, scenario, language))
    return Facts(
        language=language,
        name=scenario.title,
        author=scenario.author,
        note=scenario.note,
        made=scenario.saved_at,
        digest=scenario.digest,
        data_class=_class(scenario.data_class, language),
        data_version=scenario.data_version,
        version_now=ground.reach.version,
        county=_county(ground, language),
        asked=_asked(ground, language),
        most_minutes=UNREACHED_MINUTES,
        n_cells=len(ground.cells),
        n_cells_counted=_leaves(ground),
        sources=_sources(db, ground, language),
        notes=tuple(
            dict.fromkeys(_said(note, language) for note in found.notes if note.template != _AWAY)
        ),
        rules=tuple(_rules(ground, scenario.rules, language)),
        sites=sites,
        townships=tuple(
            Part(f"townships.{twin.regions['code'].iat[row]}", name_of(ground, row, language))
            for row in ground.township_rows.tolist()
        ),
        groups=tuple(
            Part(f"groups.{part.id}", translate(part.title, language)) for part in found.groups
        ),
        proof=proof_of(ground, scenario),
        front=front_of(scenario),
        gap=gap_of(found, counted.sheet, language),
        with_room=scenario.model in _WITH_ROOM,
        with_costs=scenario.model in _WITH_COSTS,
        class_why=_class_why(db, ground, scenario, language),
        sheet=counted.sheet,
        picture=picture_of(db, ground, counted.change, sites, scenario.layout, language),
        picture_date=_counted_on(twin, q.group),
    )


# ---------------------------------------------------------------- words


def _said(note: Note, language: str) -> str:
    return translate(note.template, language, **note.in_language(language))


def _class(name: str, language: str) -> str:
    return translate(TITLES[name], language)


def _county(ground: Ground, language: str) -> County:
    county, unit = ground.reach.twin.county, ground.q.unit
    english = str(county.get("name_en") or "") if language == "en" else ""
    return County(
        english or str(county["name"]),
        bool(county.get("invented")),
        str(county.get("review_number") or ""),
        name_of(ground, unit, language),
        unit == 0,
    )


def _asked(ground: Ground, language: str) -> Asked:
    q = ground.q
    return Asked(
        translate(service_of(q.service).title, language),
        translate(f"Mode: {q.mode}", language),
        q.minutes,
        translate(MEASURES[q.group].title, language),
        ground.towards == "people",
        not ground.reach.has_roads,
    )


def _rules(ground: Ground, rules: Rules, language: str) -> Iterable[str]:
    """Yield what the rules ask for, in words; what they leave open is not told."""

    def say(template: str, **values: object) -> str:
        return translate(template, language, **values)

    def named(sites: tuple[str, ...]) -> str:
        return say(", ").join(ground.name(site, language) for site in sites)

    if rules == Rules():
        return
    yield (
        say("Facilities of today stay open, unless a rule says otherwise.")
        if rules.existing == "keep"
        else say("Facilities of today may close.")
    )
    if rules.candidates == "villages":
        yield say("New sites stand in the most populous cell of a village.")
    if rules.must:
        yield say("Must be open: {names}.", names=named(rules.must))
    if rules.forbidden:
        yield say("Must not be open: {names}.", names=named(rules.forbidden))
    if rules.spacing_m:
        yield say(
            "New sites stand at least {n} m from each other and from facilities of today, in a "
            "straight line.",
            n=number(rules.spacing_m),
        )
    if rules.zones:
        yield say("Nothing new stands in {n} stored areas.", n=len(rules.zones))
    if rules.where != "all":
        town = rules.where == "town"
        yield say("New sites stand in town.") if town else say("New sites stand in the country.")
    if rules.least_people:
        yield say(
            "New sites stand in cells with {n} residents or more.", n=number(rules.least_people)
        )


# ---------------------------------------------------------------- data and sites


def _leaves(ground: Ground) -> int:
    """Count the cells of the unit in the tree of regions."""
    twin = ground.reach.twin
    paths = twin.regions.loc[twin.regions["is_leaf"].astype(bool), "path"]
    return int(paths.str.startswith(twin.path(ground.q.unit)).sum())


def _sources(db: Session, ground: Ground, language: str) -> tuple[Source, ...]:
    twin, q = ground.reach.twin, ground.q
    facilities = select(Facility.dataset_id).where(Facility.kind.in_(service_of(q.service).kinds))
    found = [
        ("Counts of people", Dataset.id.in_(_counting(twin, q.group))),
        ("Facilities", Dataset.id.in_(facilities)),
    ]
    if ground.reach.has_roads:
        found.append(("Roads", Dataset.kind.in_(_ROADS)))
    made = []
    for what, which in found:
        rows = db.execute(select(Dataset).where(which).order_by(Dataset.position, Dataset.id))
        sets = [d for d in rows.scalars() if may_see(q.visitor, d.data_class)]
        if not sets:
            continue
        oldest = _oldest([d.as_of for d in sets])
        if what == "Counts of people":  # of several countings only one is shown
            oldest = _counted_on(twin, q.group)
        titles = tuple((language == "en" and d.title_en) or d.title for d in sets)
        made.append(Source(what, titles, oldest))
    return tuple(made)


def _class_why(db: Session, ground: Ground, scenario: Scenario, language: str) -> str:
    """Return why the class is below that of the records that people were counted from, if it is."""
    which = Dataset.id.in_(_counting(ground.reach.twin, ground.q.group))
    found = db.execute(select(Dataset.data_class).where(which)).scalars()
    records = highest([CLASSES[0], *found])
    if may_see(scenario.data_class, records):
        return ""
    names = {"records": _class(records, language), "memo": _class(scenario.data_class, language)}
    return translate(_OF_SUMS, language, **names)


def _counted_on(twin: Twin, group: str) -> dt.date | None:
    """Return the day that the shown counts of a group speak of."""
    return twin.dates.get(_series(group), twin.date)


def _series(group: str) -> str:
    if group in VULNERABLE_GROUPS or group == "vulnerable":
        return "vulnerable"
    return group if group in SERIES else "usual"


def _counting(twin: Twin, group: str) -> Any:
    """Return a query of the data sets with the shown counts of a group."""
    series = _series(group)
    table, where = SERIES[series]
    return (
        select(Batch.dataset_id)
        .join(table, table.batch_id == Batch.id)
        .where(*where, table.date == twin.dates.get(series))
        .distinct()
    )


def _oldest(days: list[dt.date | None]) -> dt.date | None:
    known = [day for day in days if day is not None]
    return min(known) if known else None


def _sites(ground: Ground, scenario: Scenario, language: str) -> Iterable[Site]:
    """Yield what the plan changes: new sites, then moved ones, then those that close."""
    layout = scenario.layout
    changes: list[tuple[Change, str, str]] = [
        *(("new", f"c:{cell}", "") for cell in layout.added),
        *(("moved", f"c:{cell}", f"f:{facility}") for facility, cell in layout.moved),
        *(("closed", f"f:{facility}", "") for facility in layout.closed),
    ]
    for count, (change, site, was) in enumerate(changes, start=1):
        lon, lat = ground.lonlat[ground.index(site)]
        yield Site(
            str(count),
            change,
            ground.name(site, language),
            ground.name(was, language) if was else "",
            _township(ground, float(lon), float(lat), language),
            float(lon),
            float(lat),
            f"by_site.{site}",
        )


def _township(ground: Ground, lon: float, lat: float, language: str) -> str:
    """Return the township of the cell nearest to a place; a dash for no place, or one outside."""
    try:
        cell = ground.index(f"c:{ground.nearest_cell(lon, lat)}")
    except InputError:
        return "—"
    position = ground.site_cells[cell - ground.n_facilities]
    return name_of(ground, int(ground.reach.townships[position]), language)
