"""Placement as pages and commands ask it: one door to ground, plans, rules and the problem."""

from __future__ import annotations

from cockpit.answers.siting_ground import UNREACHED_MINUTES, Ground, ground_of, require_told
from cockpit.answers.siting_layout import Layout, layout_from_plain, parse_layout
from cockpit.answers.siting_problem import (
    Posed,
    candidate_sites,
    named,
    new_capacity,
    pose,
    why_excluded,
)
from cockpit.answers.siting_rules import Rules, rules_from_plain

__all__ = [
    "UNREACHED_MINUTES",
    "Ground",
    "Layout",
    "Posed",
    "Rules",
    "candidate_sites",
    "ground_of",
    "layout_from_plain",
    "named",
    "new_capacity",
    "parse_layout",
    "pose",
    "require_told",
    "rules_from_plain",
    "why_excluded",
]
