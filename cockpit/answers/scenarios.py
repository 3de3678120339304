"""Scenarios as pages, files and commands ask for them: one door to the store and the comparison."""

from __future__ import annotations

from cockpit.answers.scenario_reopen import (
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
    "LONGEST_NAME",
    "LONGEST_NOTE",
    "Differing",
    "NoScenarioError",
    "Reopened",
    "Scenario",
    "ScenarioRefusedError",
    "archive",
    "class_of",
    "content_of",
    "digest_of",
    "missing_sites",
    "question_of",
    "reopened",
    "save",
    "scenario",
    "scenarios",
    "versions",
]
