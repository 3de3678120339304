"""Problems of ``solve`` from the stored county: the question of Coverage and rules for sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cockpit.access.classes import TITLES
from cockpit.answers import coverage_question
from cockpit.answers.reach import Note, Reach, current_reach
from cockpit.answers.scenario_files import data_content
from cockpit.answers.siting import Ground, Posed, Rules, ground_of, pose, rules_from_plain
from cockpit.answers.siting_fit import fit
from cockpit.answers.siting_problem import candidate_sites
from cockpit.answers.siting_run import source_of
from cockpit.commands.solve_case import Case
from cockpit.commands.solve_question import rules_of
from cockpit.locale import Named
from cockpit.settings import settings
from geodata.errors import DataFileError, InputError


def county_reach() -> Reach:
    """Return the stored county as this installation's visitors may see it."""
    reach = current_reach()
    if reach is None:
        raise DataFileError("Nothing is loaded yet; load a county first.")
    return reach


def case_of_county(asked: Mapping[str, Any], rules: Mapping[str, Any], language: str) -> Case:
    """
    Pose a question of the stored county.

    Parameters
    ----------
    asked
        ``service`` and, None for the service's own: ``mode``, ``minutes``, ``group``; ``unit``: a
        region's code, "" for the county.
    rules
        Plain values of ``siting.Rules``; sites also without their "f:" or "c:".

    Raises
    ------
    DataFileError, InputError
        If nothing is stored, or question or rules cannot be; names are said, not positions.
    """
    reach = county_reach()
    q = coverage_question.question(
        reach,
        asked["service"],
        mode=asked["mode"],
        minutes=asked["minutes"],
        group=asked["group"],
        unit=_unit(reach, asked["unit"]),
        visitor=settings().visitor_class,
        small_count=settings().small_count,
    )
    ground = ground_of(reach, q)
    checked = rules_from_plain(
        {**rules, **{name: _sites(ground, rules.get(name, [])) for name in ("must", "forbidden")}}
    )
    posed = pose(ground, checked)
    regions = reach.twin.regions.iloc[ground.township_rows]
    sites = tuple(ground.sites[int(k)] for k in posed.sites)
    whole = Case(
        problem=posed.problem,
        sites=sites,
        points=tuple(str(code) for code in reach.codes[ground.cells]),
        point_names=_cell_names(reach, ground, language),
        townships=tuple(str(code) for code in regions["code"]),
        township_names=tuple(str(name) for name in regions["name"]),
        unit="minutes",
        source=source_of(ground, checked),
        names=tuple(ground.name(site, language) for site in sites),
        lonlat=ground.lonlat[posed.sites],
        reach=q.minutes,
        notes=_said(posed.notes, language),
        barred=lambda: _barred(ground, checked),
    )
    return replace(
        whole, part=lambda model, given: _part(whole, ground, posed, model, given, language)
    )


_PLACES = ("candidates", "spacing_m", "zones", "where", "least_people")


def _barred(ground: Ground, rules: Rules) -> str:
    """Return the options without one of which some cell may get a site; "" where one may now."""
    if len(candidate_sites(ground, rules)[0]):
        return ""
    usual, plain = Rules().to_plain(), rules.to_plain()
    without = {name: rules_from_plain({**plain, name: usual[name]}) for name in _PLACES}
    guilty = [name for name in _PLACES if len(candidate_sites(ground, without[name])[0])]
    return " ".join(rules_of({name: plain[name] for name in guilty or _PLACES}))


def _part(
    whole: Case,
    ground: Ground,
    posed: Posed,
    model: str,
    parameters: Mapping[str, Any],
    language: str,
) -> Case:
    """Return what a model's solver gets of the county: as on the page, so that plans agree."""
    made = fit(model, ground, posed, parameters)
    if not made.reduced:
        return replace(whole, notes=_said(made.notes, language))
    sites = tuple(ground.sites[int(k)] for k in made.sites)
    names = tuple(ground.name(site, language) for site in sites)
    between = made.problem.n_demand != len(whole.points)  # sites are compared with each other
    return replace(
        whole,
        problem=made.problem,
        sites=sites,
        names=names,
        points=sites if between else whole.points,
        point_names=names if between else whole.point_names,
        lonlat=ground.lonlat[made.sites],
        source={**whole.source, "candidates": list(sites)},
        notes=_said(made.notes, language),
    )


def _said(notes: tuple[Note, ...], language: str) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    return tuple((note.template, note.in_language(language)) for note in notes)


def _cell_names(reach: Reach, ground: Ground, language: str) -> tuple[str, ...]:
    regions = reach.twin.regions.iloc[reach.rows[ground.cells]]
    names = regions["name"].astype(str)
    if language == "en":
        names = regions["name_en"].fillna("").astype(str).where(lambda name: name != "", names)
    return tuple(f"{n} ({c})" for n, c in zip(names, reach.codes[ground.cells], strict=True))


def _unit(reach: Reach, code: str) -> int:
    try:
        return reach.twin.position(code) if code else 0
    except KeyError:
        raise InputError("No region has the code {code}.", code=code) from None


def _sites(ground: Ground, given: list[str]) -> list[str]:
    """Return sites as the ground names them: "f:" and a facility's id, "c:" and a cell's code."""
    known = set(ground.sites)
    full = []
    for site in given:
        fitting = [name for name in (site, f"f:{site}", f"c:{site}") if name in known]
        if not fitting:
            raise InputError("There is no site {site}.", site=site)
        full.append(fitting[0])
    return full


def case_of_source(source: Mapping[str, Any], language: str) -> Case:
    """
    Pose the question of a certificate again, on this machine's county.

    Raises
    ------
    InputError
        If another county, other data, or one for other visitors is stored here. The same data
        loaded again are the same: how often somebody loaded is no part of what they are.
    """
    reach = county_reach()
    theirs = str(source["version"])
    same = data_content(theirs) == data_content(reach.version)
    ours = {
        "county": str(reach.twin.regions["code"].iat[0]),
        "version": theirs if same else reach.version,
        "visitor": settings().visitor_class,
        "small_count": settings().small_count,
    }
    for name, here in ours.items():
        if source[name] != here:
            asked, found = (_said_value(name, value) for value in (source[name], here))
            raise InputError(_OTHER_TITLES[name], asked=asked, found=found)
    return case_of_county(source["question"], source["rules"], language)


_OTHER_TITLES = {
    "county": "The certificate is about county {asked}; the county stored here is {found}.",
    "version": "The certificate is about the data {asked}; those stored here are {found}: load "
    "the same files, or solve again.",
    "visitor": "The certificate was made for who may see up to {asked}; here it is {found} "
    "(COCKPIT_VISITOR_CLASS).",
    "small_count": "The certificate was made with counts below {asked} hidden; here they are "
    "hidden below {found} (COCKPIT_SMALL_COUNT).",
}


def _said_value(name: str, value: Any) -> Any:
    known = name == "visitor" and isinstance(value, str) and value in TITLES
    return Named.of(value, TITLES[value]) if known else value
