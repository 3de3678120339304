"""How a plan is told: lines for people, one JSON object for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cockpit.commands.solve_case import Case
from cockpit.commands.solve_parser import KEYS
from cockpit.commands.solve_watch import figure, percent
from cockpit.locale import translate
from cockpit.placement.models import MODELS
from cockpit.placement.plan import Plan

_NAMED = 40  # sites named one by one; a kept network is longer and known
_LONG = ("load", "people")  # parameters that are data: they stand in the certificate

UNIT_TITLES = {
    "person-minutes": "{value} person-minutes",
    "person-metres": "{value} person-metres",
    "cost": "{value} in the unit of the costs",
    "minutes": "{value} minutes",
    "metres": "{value} metres",
    "people": "{value} people",
    "share": "{value} of the people",
    "sites": "{value} sites",
    "money": "{value} in the unit of the site costs",
    "gini": "a Gini of {value}",
}


PROOF_TITLES = {
    "multipliers": "the bound can be recomputed without the solver",
    "solver": "the bound rests on the log of HiGHS",
    "both": "the bound rests on multipliers and the log of HiGHS",
    "none": "there is no bound",
}


def unit_of(plan: Plan, case: Case) -> str:
    """Return the unit of objective and bound, a key of ``UNIT_TITLES``."""
    unit: str = MODELS[plan.model].unit
    goal = plan.parameters.get("goal")
    if goal is not None:
        unit = "people" if goal == "covering" else "person-minutes"
    if plan.model == "lexicographic":
        last = plan.details["stages"][-1]["goal"]
        unit = {"worst": "minutes", "mean": "person-minutes", "covered": "people"}.get(
            last, "share"
        )
    if plan.model == "goal-seek" and not case.problem.site_cost.any():
        unit = "sites"
    if unit not in ("person-minutes", "minutes") or case.unit == "minutes":
        return unit
    return unit.replace("minutes", "metres") if case.unit == "metres" else "cost"


def as_json(plan: Plan, case: Case, language: str, *, stopped: bool, file: Path | None) -> str:
    """Return the JSON object of ``solve``: the keys of ``KEYS`` in their order."""
    today = np.flatnonzero(case.problem.existing)
    values = {
        "model": plan.model,
        "parameters": {k: v for k, v in plan.parameters.items() if k not in _LONG},
        "unit": unit_of(plan, case),
        "objective": _number(plan.objective),
        "bound": _number(plan.bound),
        "gap": _number(plan.gap),
        "proven": plan.proven,
        "proof": proof_of(plan),
        "stopped": stopped,
        "seconds": round(plan.seconds, 3),
        "seed": plan.seed,
        "sites": [_site(int(site), case) for site in plan.open],
        "closed": [
            {"id": case.sites[k], "name": case.name(k)}
            for k in np.setdiff1d(today, plan.open).tolist()
        ],
        "details": _details(plan, case),
        "notes": _notes(case, language),
        "data": plan.data,
        "certificate": None if file is None else str(file),
    }
    return json.dumps({key: values[key] for key in KEYS}, ensure_ascii=False, allow_nan=False)


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _site(site: int, case: Case) -> dict[str, Any]:
    place = (np.nan, np.nan) if case.lonlat is None else case.lonlat[site]
    return {
        "id": case.sites[site],
        "name": case.name(site),
        "status": "kept" if case.problem.existing[site] else "new",
        "lon": _number(float(place[0])),
        "lat": _number(float(place[1])),
    }


def _details(plan: Plan, case: Case) -> dict[str, Any]:
    """Return the details with ids of sites and points where the plan has their positions."""
    told: dict[str, Any] = dict(plan.details)
    sites, points = case.sites, case.points
    if "years" in told:
        told["years"] = [[sites[k] for k in year] for year in told["years"]]
    if "assignment" in told:
        told["assignment"] = {
            point: None if k < 0 else sites[k]
            for point, k in zip(points, told["assignment"], strict=True)
        }
    if told.get("flow"):
        told["flow"] = [[points[int(i)], sites[int(j)], share] for i, j, share in told["flow"]]
    return told


def _notes(case: Case, language: str) -> list[str]:
    return [translate(template, language, **values) for template, values in case.notes]


# ---------------------------------------------------------------- to read


def print_plan(plan: Plan, case: Case, language: str, *, stopped: bool, file: Path | None) -> None:
    """Print what a person reads: sites, objective, bound, gap, proof, seconds."""

    def say(template: str, **values: object) -> str:
        return translate(template, language, **values)

    unit = UNIT_TITLES[unit_of(plan, case)]
    rows = [
        (say("Model"), f"{say(MODELS[plan.model].title)} ({plan.model})"),
        (say("Objective"), say(unit, value=figure(plan.objective))),
        (say("Bound"), say(unit, value=figure(plan.bound))),
        (say("Gap"), f"{percent(plan.gap)} ({_proof(plan, language)})"),
        (say("Seconds"), f"{plan.seconds:.2f}"),
        *_sites(plan, case, language),
        *((say("Year {n}", n=n), text) for n, text in _years(plan, case)),
        *_figures(plan.details, case, language),
        *_targets(plan, case, language),
    ]
    for title, text in rows:
        print(f"{title}: {text}")
    for note in _notes(case, language):
        print(note)
    if stopped:
        print(say("Stopped before the end: this is the best plan so far."))
    if file is not None:
        print(say("{file}: certificate written; python -m cockpit verify checks it.", file=file))


def proof_of(plan: Plan) -> str:
    """Return what the bound rests on, a key of ``PROOF_TITLES``."""
    if not math.isfinite(plan.bound):
        return "none"
    proof = plan.proof.get("number", plan.proof)  # of how many sites, where that is the bound
    if proof["kind"] != "solver" or not proof.get("log"):
        return "multipliers"
    return "both" if "multipliers" in proof else "solver"


def _proof(plan: Plan, language: str) -> str:
    how = translate(PROOF_TITLES[proof_of(plan)], language)
    far = translate("proven" if plan.proven else "not proven to be the best", language)
    return f"{far}; {how}"


def _sites(plan: Plan, case: Case, language: str) -> list[tuple[str, str]]:
    """Return the open sites by name; where some stand today, new and closed ones are named."""
    chosen = plan.open.astype(np.int64)
    today = np.flatnonzero(case.problem.existing)
    kept = np.intersect1d(chosen, today)
    groups = {"New sites ({n})" if today.size else "Sites ({n})": np.setdiff1d(chosen, today)}
    if today.size > len(kept):
        groups["Closed sites ({n})"] = np.setdiff1d(today, chosen)
    sizes = dict(zip(chosen.tolist(), plan.details.get("sizes", ()), strict=False))
    told = [
        (translate(title, language, n=len(sites)), _listed(sites.tolist(), case, language, sizes))
        for title, sites in groups.items()
    ]
    return told + ([(translate("Kept sites", language), f"{len(kept):,}")] if len(kept) else [])


def _listed(sites: list[int], case: Case, language: str, sizes: Mapping[int, str]) -> str:
    told = [case.name(k) + (f" [{sizes[k]}]" if k in sizes else "") for k in sites[:_NAMED]]
    if len(sites) > _NAMED:
        told.append(translate("... and {n} more.", language, n=len(sites) - _NAMED))
    return translate(", ", language).join(told) or "-"


def _years(plan: Plan, case: Case) -> list[tuple[int, str]]:
    """Return what each year adds."""
    years: list[list[int]] = plan.details.get("years", [])
    told, before = [], set(np.flatnonzero(case.problem.existing).tolist())
    for n, sites in enumerate(years):
        added = [site for site in sites if site not in before]
        told.append((n + 1, ", ".join(case.name(site) for site in added) or "-"))
        before |= set(sites)
    return told


_FIGURE_TITLES = {
    "cost": "Money for the sites",
    "person_minutes": "Person-minutes",
    "backup": "People with a backup",
    "once": "People within reach",
    "twice": "People with two within reach",
    "gini": "Gini",
    "moved": "Sites moved",
}


def _figures(details: Mapping[str, Any], case: Case, language: str) -> list[tuple[str, str]]:
    return [
        (translate(title, language), figure(float(details[key])))
        for key, title in _FIGURE_TITLES.items()
        if isinstance(details.get(key), int | float)
        and (key != "person_minutes" or case.unit == "minutes")
    ]


def _targets(plan: Plan, case: Case, language: str) -> list[tuple[str, str]]:
    """Return what the plan reaches of each target, which is told as it was asked for."""
    asked = plan.parameters.get("targets") or plan.parameters.get("rules") or []
    told = []
    for n, value in enumerate(plan.details.get("achieved", ())):
        kind, wanted, reach, group = asked[n]
        text = ":".join((kind, f"{wanted:g}", *(() if reach is None else (f"{reach:g}",))))
        if group is not None:
            text += f" {(case.township_names or case.townships)[group]}"
        title = f"{translate('Target {n}', language, n=n + 1)} ({text})"
        told.append((title, "-" if value is None else figure(value)))
    return told
