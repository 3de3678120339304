"""Rules that a plan by hand breaks, in words, and the rules without these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cockpit.answers.reach import Note
from cockpit.answers.siting_ground import Ground
from cockpit.answers.siting_layout import Layout
from cockpit.answers.siting_problem import why_excluded
from cockpit.answers.siting_rules import Rules

_REASONS = {
    "open": "{name} has a site already.",
    "unit": "{name} lies outside the chosen unit.",
    "town": "{name} lies in the country; the rules want new sites in town.",
    "country": "{name} lies in town; the rules want new sites in the country.",
    "people": "{name} has fewer than {n} residents.",
    "zone": "{name} lies in an area where nothing new may stand.",
    "distance": "{name} is closer than {metres} m to a facility that stays.",
    "spacing": "{name} is closer than {metres} m to {other}.",
    "forbidden": "{name} must not get a site.",
    "village": "{name} is not the most populous cell of its village.",
    "keep": "{name} must stay, but the plan closes or moves it.",
    "must": "{name} must be open and is not.",
    "closed": "{name} must not be open and is.",
}


@dataclass(frozen=True)
class Broken:
    """A rule, and the site with which a plan breaks it."""

    rule: str  # a key of the reasons
    site: str
    note: Note


def reason_note(ground: Ground, rules: Rules, site: str, rule: str, other: str = "") -> Note:
    """Return a rule in words; ``other``: the site that is too near."""
    told = {"n": f"{rules.least_people:g}", "metres": f"{rules.spacing_m:g}"}
    names = {"name": site, **({"other": other} if other else {})}
    local, english = (
        {key: ground.name(s, language) for key, s in names.items()} for language in ("zh", "en")
    )
    template = _REASONS[rules.where if rule == "where" else rule]
    return Note(template, {**told, **local}, {**told, **english})


def broken_rules(ground: Ground, rules: Rules, layout: Layout) -> tuple[Broken, ...]:
    """Return the rules that a plan breaks, one entry for each site."""
    opened = {ground.sites[k] for k in ground.open_sites(layout)}
    found = []
    if rules.existing == "keep":
        gone = [f"f:{f}" for f in layout.gone if f"f:{f}" not in rules.forbidden]
        found += [("keep", site, "") for site in gone]
    found += [("must", site, "") for site in rules.must if site not in opened]
    found += [("closed", s, "") for s in rules.forbidden if s in opened and s.startswith("f:")]
    for cell in layout.new_cells:
        site = ground.index(f"c:{cell}")
        rule = why_excluded(ground, rules, site) if f"c:{cell}" not in rules.must else ""
        other = "" if rule else closeness(ground, rules, layout, site)
        if rule or other:
            found.append((rule or "spacing", f"c:{cell}", other))
    return tuple(
        Broken(rule, site, reason_note(ground, rules, site, rule, other))
        for rule, site, other in found
    )


def closeness(ground: Ground, rules: Rules, layout: Layout, site: int) -> str:
    """Return the open site nearest to a cell that is closer than the spacing; "": none is."""
    others = np.array([k for k in ground.open_sites(layout) if k != site], dtype=np.intp)
    if rules.spacing_m <= 0 or not others.size:
        return ""
    metres = ground.metres
    apart = np.hypot(*(metres[others] - metres[site]).T)
    apart = np.where(np.isfinite(apart), apart, np.inf)
    at = int(np.argmin(apart))
    return ground.sites[int(others[at])] if apart[at] < rules.spacing_m else ""


def lifted(rules: Rules, broken: Sequence[Broken]) -> Rules:
    """
    Return the rules without those that a plan breaks, so that it is one of the plans allowed.

    Where it closes a facility that must stay, all may close: with that one alone set free, closing
    it would always be the best there is.
    """
    found = {b.rule for b in broken}
    sites = {b.site for b in broken}
    return replace(
        rules,
        existing="free" if "keep" in found else rules.existing,
        must=tuple(site for site in rules.must if site not in sites),
        forbidden=tuple(s for s in rules.forbidden if s not in sites),
        spacing_m=0.0 if found & {"distance", "spacing"} else rules.spacing_m,
        zones=() if "zone" in found else rules.zones,
        where="all" if "where" in found else rules.where,
        least_people=0.0 if "people" in found else rules.least_people,
        candidates="cells" if "village" in found else rules.candidates,
    )
