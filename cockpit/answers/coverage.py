"""
Who reaches what, how fast, and is it fair: one function for each panel of the page Coverage.

All take the county's travel times (``cockpit.answers.reach.Reach``) and a ``Question``; whatever
they return speaks of the people of the question's unit and of the facilities of the whole county.
"""

from __future__ import annotations

from cockpit.answers.coverage_access import access_scores
from cockpit.answers.coverage_causes import CAUSE_IDS, causes
from cockpit.answers.coverage_check import health_check, standards_of
from cockpit.answers.coverage_fair import equity
from cockpit.answers.coverage_people import curve, sensitivity, summary, within
from cockpit.answers.coverage_places import facilities, villages, worst_villages
from cockpit.answers.coverage_question import allowed_groups, question
from cockpit.answers.coverage_referral import referral
from cockpit.answers.coverage_results import (
    CapacityAnswer,
    Causes,
    Curve,
    Equity,
    FacilityRow,
    Isochrone,
    Leg,
    LoadRow,
    Question,
    RedundantRow,
    Referral,
    Scores,
    Sensitivity,
    Summary,
    SupplyAnswer,
    TownshipRow,
    VillageRow,
    WeakRow,
    Within,
)
from cockpit.answers.coverage_shapes import isochrones, towards_of
from cockpit.answers.coverage_supply import capacity
from cockpit.answers.coverage_supply import supply_answer as supply
from cockpit.coverage.causes import COVERED

__all__ = [
    "CAUSE_IDS",
    "COVERED",
    "CapacityAnswer",
    "Causes",
    "Curve",
    "Equity",
    "FacilityRow",
    "Isochrone",
    "Leg",
    "LoadRow",
    "Question",
    "RedundantRow",
    "Referral",
    "Scores",
    "Sensitivity",
    "Summary",
    "SupplyAnswer",
    "TownshipRow",
    "VillageRow",
    "WeakRow",
    "Within",
    "access_scores",
    "allowed_groups",
    "capacity",
    "causes",
    "curve",
    "equity",
    "facilities",
    "health_check",
    "isochrones",
    "question",
    "referral",
    "sensitivity",
    "standards_of",
    "summary",
    "supply",
    "towards_of",
    "villages",
    "within",
    "worst_villages",
]
