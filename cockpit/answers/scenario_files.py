"""Scenarios as files: one to take to another machine, and comparisons as tables."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import CLASSES, TITLES, may_see
from cockpit.answers.downloads import Cell, escaped
from cockpit.answers.reach import Note, Reach, listed
from cockpit.answers.scenario_compare import Comparison, PartChange, Row
from cockpit.answers.scenario_reopen import Differing, missing_sites, question_of, reopened
from cockpit.answers.scenario_store import (
    LONGEST_NOTE,
    Scenario,
    content_of,
    digest_of,
    save,
)
from cockpit.answers.siting_figures import Balance
from cockpit.answers.siting_ground import Ground, ground_of
from cockpit.answers.siting_layout import layout_from_plain
from cockpit.answers.siting_rules import Rules, rules_from_plain
from cockpit.locale import Named, translate
from cockpit.placement.plan import read_certificate
from cockpit.settings import settings
from cockpit.store.models import Dataset, Feature
from geodata.errors import InputError

FORMAT = "placement-scenario-1"
MOST_BYTES = 10 * 1024 * 1024
_MOST_ZONES, _LONGEST_MODEL = 10_000, 32


@dataclass(frozen=True, eq=False)
class Imported:
    """A scenario that came from a file, as it was stored here."""

    scenario: Scenario
    same_data: bool  # the data here are those that the file was made with
    same_figures: bool  # every figure came out as in the file
    differs: tuple[Differing, ...]  # those in the file ("saved") and here ("now")
    note: Note  # what of this a visitor should know


# ---------------------------------------------------------------- to a file


def exported(s: Scenario) -> str:
    """
    Return a scenario as a file: JSON with sorted keys and the sha256 over all of it.

    The same scenario gives the same bytes on every machine. The solver's seed, its versions and the
    digest of its problem stand outside of the certificate, too, for whoever only reads.
    """
    proof = read_certificate(s.certificate) if s.certificate else {}
    content = {
        **content_of(s),
        "format": FORMAT,
        "name": s.name,
        "version": s.version,
        "author": s.author,
        "note": s.note,
        "saved_at": f"{s.saved_at.isoformat()}Z",
        "data_class": s.data_class,
        "problem": str(proof.get("data", "")),
        "seed": proof.get("seed"),
        "solver_versions": proof.get("versions", {}),
    }
    return _written({**content, "sha256": digest_of(content)})


def _written(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return f"{text}\n"


# ---------------------------------------------------------------- from a file


def import_(
    db: Session,
    reach: Reach,
    text: str | bytes,
    *,
    author: str,
    visitor: str | None = None,
    small_count: int | None = None,
    language: str = "zh",
) -> Imported:
    """
    Store the scenario of a file under its name, with figures computed on the data here.

    Its first author, day and data version go into the last line of the note. On the same data every
    figure should come out as in the file; ``same_figures`` tells whether it did.

    Parameters
    ----------
    author
        Who imports it.
    visitor, small_count
        Highest class of who asks and the smallest count shown; None: those of the installation.
    language
        Of the line in the note.

    Raises
    ------
    InputError
        If the file is too large, no scenario, was changed by as little as a byte, is of a class
        above the visitor's, of another county, speaks of sites, regions or stored areas that are
        not here, or has rules that contradict each other.
    """
    content = read_file(text)
    told = _scenario_of(content)
    here = str(reach.twin.county["code"])
    if told.county != here:
        raise InputError(
            "The file is about county {county}; the data here are of {here}.",
            county=told.county, here=here,
        )  # fmt: skip
    _check_class(told.data_class, settings().visitor_class if visitor is None else visitor)
    q = question_of(reach, told, visitor=visitor, small_count=small_count)
    ground = ground_of(reach, q)
    missing = missing_sites(ground, told.layout)
    if missing:
        raise InputError(
            "{n} sites of the file are not in the data here: {sites}.",
            n=len(missing), sites=listed([site[2:] for site in missing]),
        )  # fmt: skip
    _check_rules(ground, told.rules)
    _check_zones(db, told.rules.zones, q.visitor)
    found = reopened(reach, told, visitor=visitor, small_count=small_count)
    made = save(
        db,
        found.figures,
        told.rules,
        name=told.name,
        author=author,
        note=_note_of(told, str(content["saved_at"]), language),
        model=told.model,
        parameters=told.parameters,
        certificate=told.certificate,
        at_least=told.data_class,
    )
    same_data = data_content(told.data_version) == data_content(reach.version)
    note = _remark(told.data_version, reach.version, same_data, len(found.differs))
    return Imported(made, same_data, found.same, found.differs, note)


def _check_class(data_class: str, visitor: str) -> None:
    """Refuse a file that its reader could not see once it is stored."""
    if not may_see(visitor, data_class):
        raise InputError(
            "The file is of class {data_class}; you may see up to {visitor}.",
            data_class=Named.of(data_class, TITLES[data_class]),
            visitor=Named.of(visitor, TITLES[visitor]),
        )


def _check_rules(ground: Ground, rules: Rules) -> None:
    """Refuse rules about sites or areas that are not here, or that no plan can follow."""
    known = set(ground.sites)
    missing = [site for site in (*rules.must, *rules.forbidden) if site not in known]
    if missing:
        raise InputError(
            "{n} sites in the rules of the file are not in the data here: {sites}.",
            n=len(missing), sites=listed([site.removeprefix("f:").removeprefix("c:")
                                          for site in missing]),
        )  # fmt: skip
    both = sorted(set(rules.must) & set(rules.forbidden))
    if both:
        raise InputError(
            "{name} must be open and must not; choose one of both.", name=ground.named(both[0])
        )


def _check_zones(db: Session, zones: tuple[int, ...], visitor: str) -> None:
    query = (
        select(Feature.id, Dataset.data_class)
        .join(Dataset, Dataset.id == Feature.dataset_id)
        .where(Feature.id.in_(zones))
    )
    known = {row.id for row in db.execute(query) if may_see(visitor, row.data_class)}
    missing = [zone for zone in zones if zone not in known]
    if missing:
        raise InputError("There is no stored area {zone}.", zone=missing[0])


def data_content(version: str) -> str:
    """Return the part of a data version that says what the data are, not how often loaded."""
    return version.rpartition("-")[2]


def _remark(theirs: str, ours: str, same_data: bool, n_differing: int) -> Note:
    if not same_data:
        return Note(
            "The file was made with data {theirs}; here they are {ours}. Its figures were computed "
            "anew, and {n} of them differ.",
            {"theirs": theirs, "ours": ours, "n": n_differing},
        )
    if n_differing:
        return Note(
            "The data are the same, but {n} figures did not come out as in the file: it was made "
            "by another version of the cockpit, or for other eyes.",
            {"n": n_differing},
        )
    return Note("The data are the same, and every figure came out as in the file.")


def _note_of(told: Scenario, saved_at: str, language: str) -> str:
    origin = translate(
        "From a scenario file: saved by {author} on {date}, data version {version}.",
        language, author=told.author, date=saved_at[:10], version=told.data_version,
    )  # fmt: skip
    return f"{told.note[: LONGEST_NOTE - len(origin) - 1]}\n{origin}"


def read_file(text: str | bytes) -> dict[str, Any]:
    """
    Return the content of a scenario file as it was written.

    Raises
    ------
    InputError
        If it is too large, no scenario, or not byte for byte as written.
    """
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if len(data) > MOST_BYTES:
        raise InputError(
            "The file has {found} MB; a scenario has at most {most}.",
            found=round(len(data) / 1024**2, 1), most=MOST_BYTES // 1024**2,
        )  # fmt: skip
    try:
        content = json.loads(data.decode("utf-8"))
        same = isinstance(content, dict) and _written(content).encode() == data
    except (ValueError, RecursionError) as error:  # no text, no JSON, too deep, or no number
        raise InputError("This is no scenario file: it is not readable as JSON.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError("This is no scenario file: its format is not {name}.", name=FORMAT)
    seal = content.pop("sha256", None)
    if not same or seal != digest_of(content):
        raise InputError("The scenario file was changed after it was written: its sha256 differs.")
    return content


_SORTS: dict[str, tuple[type, ...]] = {
    "county": (str,), "data_version": (str,), "question": (dict,), "rules": (dict,),
    "layout": (dict,), "model": (str,), "parameters": (dict,), "certificate": (str,),
    "figures": (dict,), "name": (str,), "version": (int,), "author": (str,), "note": (str,),
    "saved_at": (str,), "data_class": (str,),
}  # fmt: skip
_ASKED: dict[str, tuple[type, ...]] = {
    "service": (str,), "mode": (str,), "minutes": (int, float), "group": (str,), "unit": (str,),
}  # fmt: skip


_ALWAYS = ("people", "covered", "share", "mean", "person_minutes", "unreached")
"""Figures that every file has of today and of its plan: null where one is not shown."""


def read_scenario(text: str | bytes) -> Scenario:
    """
    Return the scenario of a file as it was saved there, number 0; nothing is stored.

    Raises
    ------
    InputError
        If the file is too large, no scenario, or was changed by as little as a byte.
    """
    content = read_file(text)
    told = _scenario_of(content)
    try:
        saved_at = dt.datetime.fromisoformat(str(content["saved_at"]).removesuffix("Z"))
    except (KeyError, ValueError) as error:
        raise _wrong("saved_at") from error
    return replace(told, saved_at=saved_at, digest=digest_of(content_of(told)))


def _scenario_of(content: Mapping[str, Any]) -> Scenario:
    """Return a file's scenario, checked: a sha256 is no proof of sense, anybody can make one."""
    _require(content, _SORTS)
    _require(content["question"], _ASKED)
    _require(content["figures"], {"now": (dict,), "then": (dict,)})
    for part in ("now", "then"):
        _require(content["figures"][part], dict.fromkeys(_ALWAYS, (int, float, type(None))), part)
    if content["data_class"] not in CLASSES:
        raise _wrong("data_class")
    if len(content["model"]) > _LONGEST_MODEL:
        raise _wrong("model")
    if content["certificate"]:
        proof = read_certificate(content["certificate"])
        if content.get("problem") != proof.get("data"):
            raise _wrong("problem")
    return Scenario(
        0, content["name"], content["version"], content["author"], content["note"],
        dt.datetime.min, content["data_version"], content["county"], content["question"],
        _rules_of(content["rules"]),
        layout_from_plain(content["layout"]), content["model"], content["parameters"],
        content["certificate"], content["figures"], content["data_class"], "", False,
    )  # fmt: skip


def _rules_of(values: Mapping[str, Any]) -> Rules:
    rules = rules_from_plain(values)
    zones = rules.zones
    if len(zones) > _MOST_ZONES or not all(type(z) is int and 0 <= z < 2**53 for z in zones):
        raise _wrong("zones")
    if not all(isinstance(site, str) for site in (*rules.must, *rules.forbidden)):
        raise _wrong("must")
    return rules


def _require(
    values: Mapping[str, Any], sorts: Mapping[str, tuple[type, ...]], part: str = ""
) -> None:
    for name, sort in sorts.items():
        if (
            name not in values
            or not isinstance(values[name], sort)
            or isinstance(values[name], bool)
        ):
            raise _wrong(f"{part}.{name}" if part else name)


def _wrong(name: str) -> InputError:
    return InputError("This is no scenario file: {name} is missing or wrong.", name=name)


# ---------------------------------------------------------------- comparisons as tables

_FIGURES: tuple[tuple[str, str, str], ...] = (
    ("people", "People of the group", "persons"),
    ("winners", "People with fewer minutes", "persons"),
    ("losers", "People with more minutes", "persons"),
    ("unchanged", "People without a change", "persons"),
    ("minutes_won", "Person-minutes won", "person-minutes"),
    ("minutes_lost", "Person-minutes lost", "person-minutes"),
    ("net_minutes", "Net change of person-minutes", "person-minutes"),
    ("newly_covered", "People newly covered", "persons"),
    ("no_longer", "People no longer covered", "persons"),
    ("net_covered", "Net change of covered people", "persons"),
)
_DECIMALS = {"persons": 0, "sites": 0, "minutes": 2, "person-minutes": 1, "share": 4, "": 4}


def comparison_table(c: Comparison, language: str) -> list[list[Cell]]:
    """
    Return a header and one row a figure: those of each plan, then winners and losers by part.

    What is not shown or not known is None, what has no end is ∞. Winners and losers are against
    today, so their column of today is empty.
    """
    heads = ("Of whom", "Code", "Name", "Figure", "Unit", "Today")
    table: list[list[Cell]] = [
        [*(translate(head, language) for head in heads), *(escaped(name) for name in c.names)]
    ]
    whole = translate("All", language)
    unit = c.ground.reach.twin.regions.iloc[c.ground.q.unit]
    place: list[Cell] = [whole, escaped(str(unit["code"])), escaped(_named(unit, language))]
    table += [[*place, *_kpi(row, language)] for row in c.rows]
    found = c.against()
    table += [[*place, *row] for row in _changes(found.total, language)]
    for title, parts in (("Group", found.groups), ("Township", found.townships)):
        for part in parts:
            about = [translate(title, language), *_about(c, part, language)]
            table += [[*about, *row] for row in _changes(part.balances, language)]
    version = [translate("Data version", language), None]
    table.append([*place, *version, *[escaped(c.ground.reach.version)] * (1 + len(c.names))])
    return table


def _kpi(row: Row, language: str) -> list[Cell]:
    unit = translate(row.unit, language) if row.unit else None
    return [translate(row.title, language), unit, *(_number(v, row.unit) for v in row.values)]


def _changes(balances: tuple[Balance, ...], language: str) -> list[list[Cell]]:
    return [
        [
            translate(title, language), translate(unit, language), None,
            *(_number(float(getattr(b, name)), unit) for b in balances),
        ]
        for name, title, unit in _FIGURES
    ]  # fmt: skip


def _about(c: Comparison, part: PartChange, language: str) -> list[Cell]:
    if part.row < 0:
        return [escaped(part.id), translate(part.title, language)]
    region = c.ground.reach.twin.regions.iloc[part.row]
    return [escaped(part.id), escaped(_named(region, language))]


def _named(region: Any, language: str) -> str:
    english = str(region["name_en"] or "") if language == "en" else ""
    return english or str(region["name"])


def _number(value: float, unit: str) -> Cell:
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "∞"
    decimals = _DECIMALS.get(unit, 2)
    return round(value, decimals) if decimals else round(value)
