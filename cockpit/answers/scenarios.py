"""Scenarios as pages, files and commands ask for them: one door to the store and the comparison."""

from __future__ import annotations

from cockpit.answers.scenario_compare import (
    ROW_TITLES,
    Against,
    Comparison,
    Disagreement,
    PartChange,
    Row,
    compare,
    compared,
    cost_of,
)
from cockpit.answers.scenario_reopen import (
    KPI_TITLES,
    Differing,
    Reopened,
    missing_sites,
    question_of,
    reopened,
)
from cockpit.answers.scenario_store import (
    LONGEST_NAME,
    LONGEST_NOTE,
    NoScenarioError,
    Scenario,
    ScenarioRefusedError,
    archive,
    class_of,
    content_of,
    digest_of,
    save,
    scenario,
    scenarios,
    versions,
)

__all__ = [
    "KPI_TITLES",
    "LONGEST_NAME",
    "LONGEST_NOTE",
    "ROW_TITLES",
    "Against",
    "Comparison",
    "Differing",
    "Disagreement",
    "NoScenarioError",
    "PartChange",
    "Reopened",
    "Row",
    "Scenario",
    "ScenarioRefusedError",
    "archive",
    "class_of",
    "compare",
    "compared",
    "content_of",
    "cost_of",
    "digest_of",
    "missing_sites",
    "question_of",
    "reopened",
    "save",
    "scenario",
    "scenarios",
    "versions",
]
