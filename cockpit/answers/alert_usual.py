"""The rules a county starts with, from what it measures and counts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.answers.alert_rules import EVERY, Escalation, StandingRule
from cockpit.answers.happenings import Happenings
from cockpit.answers.twin import Twin
from cockpit.locale import translate
from cockpit.risk.rules import Rule
from cockpit.risk.themes import THEMES, themes_of
from cockpit.risk.trial import Outcome
from cockpit.store.models import Sensor

# Shares of false discoveries that a county may live with: one day in twenty at blue.
_RARE = Rule((0.05, 0.01, 0.001, 0.0001), above=False)

ON_DUTY = ("值班室", "值班领导", "分管副县长")
"""Who is told in turn until a county names its own."""


def usual_rules(
    db: Session, county: Twin, happenings: Happenings | None
) -> tuple[StandingRule, ...]:
    """Return rules for the kinds of sensors and the themes of events that the county has."""
    kinds = set(db.execute(select(Sensor.kind).distinct()).scalars())
    rules = [rule for rule in _OF_KINDS if rule.about in kinds]
    if kinds:
        rules.append(_HEALTH)
    level = "township" if len(county.below(0, "township")) else "county"
    told = set(themes_of(happenings.categories).values()) if happenings is not None else set()
    return (*rules, *(_of_theme(theme, level) for theme in THEMES if theme in told))


def _of_theme(theme: str, level: str) -> StandingRule:
    title = THEMES[theme].title
    return StandingRule(
        f"unusual-{theme}", f"{translate(title, 'zh')}事件异常增多", f"events:{theme}", _RARE,
        f"Unusually many events: {title.lower()}", method="aberration", level=level,
        baseline="seasonal", escalation=Escalation(60, ON_DUTY),
        source="Share of false discoveries against the county's own past (Farrington, Noufaily)",
    )  # fmt: skip


_HEALTH = StandingRule(
    "sensor-health", "监测设备健康", f"sensor:{EVERY}", Rule((1.0, None, None, None)),
    "Health of sensors", method="health", escalation=Escalation(240, ON_DUTY[:1]),
    source="Each sensor against its own past",
)  # fmt: skip

_OF_KINDS = (
    # Gauges have no zero in common, so a rise is what can be said of all of them.
    StandingRule(
        "water-rise", "水位上涨", "sensor:水位",
        Rule((0.5, 1.0, 1.5, 2.0), clear_margin=0.1, aggregate="rise", window_hours=24,
             clear_hold=2),
        "Rise of water levels", unit="m", escalation=Escalation(30, ON_DUTY),
        outcome=Outcome(1.5, aggregate="rise", window_hours=24, within_hours=24),
        source="Usual values to start from; set each station's own flood levels",
    ),
    StandingRule(
        "rain-day", "24小时降雨", "sensor:雨量",
        Rule((25.0, 50.0, 100.0, 250.0), clear_margin=5.0, aggregate="sum", window_hours=24),
        "Rain of 24 hours", unit="mm", escalation=Escalation(30, ON_DUTY),
        outcome=Outcome(50.0, aggregate="sum", window_hours=24, within_hours=24),
        source="GB/T 28592-2012: heavy rain 25 mm, rainstorm 50, 100 and 250 mm in 24 h",
    ),
    StandingRule(
        "air-day", "空气质量（24小时均值）", "sensor:空气质量",
        Rule((75.0, 115.0, 150.0, 250.0), clear_margin=5.0, aggregate="mean", window_hours=24,
             least=4),
        "Air quality, mean of 24 hours", unit="μg/m³", escalation=Escalation(120, ON_DUTY),
        outcome=Outcome(115.0, aggregate="mean", window_hours=24, within_hours=48, least=4),
        source="HJ 633-2012, daily mean of PM2.5: 75, 115, 150 and 250 μg/m³",
    ),
    StandingRule(
        "smoke", "烟感报警", "sensor:烟感", Rule((None, 0.1, 0.2, 0.4), clear_margin=0.02),
        "Smoke detectors", unit="dB/m", escalation=Escalation(5, ON_DUTY),
        source="Usual values to start from; see the data sheet of the detectors",
    ),
)  # fmt: skip
