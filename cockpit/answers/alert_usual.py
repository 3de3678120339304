"""The rules a county starts with, from what it measures and counts."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.answers.alert_own import with_own_limits
from cockpit.answers.alert_rules import EVERY, Escalation, StandingRule
from cockpit.answers.happenings import Happenings
from cockpit.answers.twin import Twin
from cockpit.locale import translate
from cockpit.risk.rules import Rule
from cockpit.risk.themes import THEMES, themes_of
from cockpit.risk.trial import Outcome
from cockpit.risk.usual_rules import USUAL_RULES, UsualRule
from cockpit.store.models import Sensor

# Shares of false discoveries that a county may live with: one year in twenty at blue.
_RARE = Rule((0.05, 0.01, 0.001, 0.0001), above=False)

ON_DUTY = ("值班室", "值班领导", "分管副县长")
"""Who is told in turn until a county names its own."""

_MINUTES = {"烟感": 5, "燃气": 5, "空气质量": 120}
_USUAL_MINUTES = 30

# What warnings of water are measured by: the water then stands above a share of its own past.
_HIGH_WATER = Outcome(0.98, within_hours=24)
_OUTCOMES = {"level_high": _HIGH_WATER, "level_rise": _HIGH_WATER}

_HEALTH = StandingRule(
    "sensor-health", "监测设备健康", f"sensor:{EVERY}", Rule((1.0, None, None, None)),
    "Health of sensors", method="health", escalation=Escalation(240, ON_DUTY[:1]),
    source="Each sensor against its own past",
)  # fmt: skip


def usual_rules(
    db: Session, county: Twin, happenings: Happenings | None, now: dt.datetime
) -> tuple[StandingRule, ...]:
    """Return rules for the kinds of sensors and the themes of events that the county has."""
    kinds = set(db.execute(select(Sensor.kind).distinct()).scalars())
    rules = [
        with_own_limits(db, _of_kind(usual), now)
        for usual in USUAL_RULES.values()
        if usual.kind in kinds
    ]
    if kinds:
        rules.append(_HEALTH)
    level = "township" if len(county.below(0, "township")) else "county"
    told = set(themes_of(happenings.categories).values()) if happenings is not None else set()
    return (*rules, *(_of_theme(theme, level) for theme in THEMES if theme in told))


def _of_kind(usual: UsualRule) -> StandingRule:
    minutes = _MINUTES.get(usual.kind, _USUAL_MINUTES)
    return StandingRule(
        usual.id, translate(usual.title, "zh"), f"sensor:{usual.kind}", usual.rule, usual.title,
        unit=usual.unit, escalation=Escalation(minutes, ON_DUTY), source=usual.source,
        outcome=_OUTCOMES.get(usual.id), own=usual.own, hourly=True,
    )  # fmt: skip


def _of_theme(theme: str, level: str) -> StandingRule:
    title = THEMES[theme].title
    return StandingRule(
        f"unusual-{theme}", f"{translate(title, 'zh')}事件异常增多", f"events:{theme}", _RARE,
        f"Unusually many events: {title.lower()}", method="aberration", level=level,
        baseline="seasonal", escalation=Escalation(60, ON_DUTY),
        source="Share of false discoveries against the county's own past (Farrington, Noufaily)",
    )  # fmt: skip
