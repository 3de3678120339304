"""
Who reaches what, how fast, and is it fair: one function for each panel of the page Coverage.

All take the county's travel times (``cockpit.answers.reach.Reach``) and a ``Question``; whatever
they return speaks of the people of the question's unit and of the facilities of the whole county.
"""

from __future__ import annotations

from cockpit.answers.coverage_access import access_scores
from cockpit.answers.coverage_check import health_check, standards_of
from cockpit.answers.coverage_people import curve, sensitivity, summary, within
from cockpit.answers.coverage_places import facilities, villages, worst_villages
from cockpit.answers.coverage_question import allowed_groups, question
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

__all__ = [
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
    "curve",
    "facilities",
    "health_check",
    "question",
    "sensitivity",
    "standards_of",
    "summary",
    "villages",
    "within",
    "worst_villages",
]
