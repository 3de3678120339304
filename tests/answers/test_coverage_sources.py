"""A moved limit is never shown as what the official document says."""

from __future__ import annotations

import pytest

from cockpit.answers.coverage_sources import source_text
from cockpit.coverage.standards import STANDARDS, changed

NHC = "National health commission 2022"


@pytest.mark.parametrize(
    ("id_", "change", "expected"),
    [
        ("clinic_15min", {"goal": 0.9}, NHC),
        ("clinic_15min", {"limit": 20}, f"changed here; official: 15 min, {NHC}"),
        (
            "clinic_15min",
            {"limit": 20, "source": "County plan"},
            f"County plan (official: 15 min, {NHC})",
        ),
        ("clinic_15min", {"source": "County plan"}, "County plan"),
        (
            "primary_2500m",
            {"or_minutes": 45},
            "changed here; official: 2,500 m or 30 minutes, GB 50180, GB 50099",
        ),
    ],
)
def test_the_source_names_the_official_limit(id_: str, change: dict, expected: str) -> None:
    assert source_text(changed(STANDARDS, {id_: change})[id_], "en") == expected


def test_the_source_in_chinese() -> None:
    moved = changed(STANDARDS, {"clinic_15min": {"limit": 20}})["clinic_15min"]
    assert source_text(moved, "zh").startswith("此处已改；原标准：15 分钟，")
