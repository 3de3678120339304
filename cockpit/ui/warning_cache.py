"""What the visitors of Early warning share: read once in two seconds, or once a ledger line."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from cockpit.answers import alert_new, alert_sensors, alerts
from cockpit.answers.alert_new import Choices
from cockpit.answers.alert_rules import StandingRule, rule_from
from cockpit.answers.alert_scores import RuleScore
from cockpit.answers.alert_sensors import SensorRow
from cockpit.answers.alert_series import Unusual
from cockpit.answers.alert_stories import Story
from cockpit.answers.alert_trial import Drawn, Tried
from cockpit.answers.alerts import LedgerFilter, LedgerPage
from cockpit.ui import cache

SECONDS = 2


@st.cache_resource(ttl=SECONDS, max_entries=4, show_spinner=False)
def _standing(visitor: str) -> tuple[Story, ...]:
    return alerts.open_alerts(visitor)


def standing() -> tuple[Story, ...]:
    """Return what stands open now."""
    return _standing(cache.visitor_class())


@st.cache_resource(ttl=SECONDS, max_entries=4, show_spinner=False)
def _sensors(visitor: str) -> tuple[SensorRow, ...]:
    return alert_sensors.sensor_rows(visitor, _standing(visitor))


def sensors() -> tuple[SensorRow, ...]:
    """Return every sensor as it stands now."""
    return _sensors(cache.visitor_class())


@st.cache_resource(ttl=10, max_entries=8, show_spinner=False)
def _recent(visitor: str, names: tuple[str, ...]) -> dict[str, tuple[float, ...]]:
    return alert_sensors.recent_values(visitor, names)


def recent(names: tuple[str, ...]) -> dict[str, tuple[float, ...]]:
    """Return the last readings of some sensors."""
    return _recent(cache.visitor_class(), names)


@st.cache_resource(ttl=SECONDS, max_entries=4, show_spinner=False)
def _rules(visitor: str) -> tuple[StandingRule, ...]:
    return alerts.rules_in(visitor)


def rules() -> tuple[StandingRule, ...]:
    """Return the rules that this visitor may know of."""
    return _rules(cache.visitor_class())


@st.cache_resource(ttl=1, max_entries=1, show_spinner=False)
def head() -> tuple[int, str]:
    """Return the newest line of the ledger: what everything told of it depends on."""
    return alerts.head_of_ledger()


@st.cache_resource(max_entries=64, show_spinner=False)
def _ledger(
    visitor: str,
    wanted: LedgerFilter,
    offset: int,
    limit: int,
    head: tuple[int, str],  # noqa: ARG001 -- a new line retires what was told before
) -> LedgerPage:
    return alerts.ledger(visitor, wanted, offset=offset, limit=limit)


def ledger(wanted: LedgerFilter, offset: int, limit: int) -> LedgerPage:
    """Return a page of the ledger."""
    return _ledger(cache.visitor_class(), wanted, offset, limit, head())


@st.cache_resource(max_entries=4, show_spinner=False)
def _scores(visitor: str, head: tuple[int, str]) -> dict[str, RuleScore]:  # noqa: ARG001
    return alerts.scores(visitor)


def scores() -> dict[str, RuleScore]:
    """Return how good each rule was."""
    return _scores(cache.visitor_class(), head())


@st.cache_resource(max_entries=32, show_spinner=False)
def _tried(visitor: str, rule: str, version: str) -> Tried:  # noqa: ARG001
    return alerts.try_on_past(_of(rule), visitor=visitor)


def tried(rule: StandingRule) -> Tried:
    """Return what a rule would have done in the past year."""
    return _tried(cache.visitor_class(), _key(rule), _data())


@st.cache_resource(max_entries=32, show_spinner=False)
def _drawn(visitor: str, rule: str, subject: str, version: str) -> Drawn:  # noqa: ARG001
    return alerts.tried_series(_of(rule), subject, visitor=visitor)


def drawn(rule: StandingRule, subject: str) -> Drawn:
    """Return one subject's past as a rule would have read it."""
    return _drawn(cache.visitor_class(), _key(rule), subject, _data())


@st.cache_resource(max_entries=16, show_spinner=False)
def _unusual(visitor: str, rule: str, version: str) -> Unusual | None:  # noqa: ARG001
    return alerts.unusual_of(_of(rule), visitor=visitor)


def unusual(rule: StandingRule) -> Unusual | None:
    """Return the days that a rule over aberrations compares."""
    return _unusual(cache.visitor_class(), _key(rule), _data())


@st.cache_resource(max_entries=4, show_spinner=False)
def _choices(visitor: str, version: str) -> Choices:  # noqa: ARG001
    return alert_new.choices(visitor)


def choices() -> Choices:
    """Return what a new rule can warn of."""
    return _choices(cache.visitor_class(), _data())


@st.cache_resource(ttl=10, max_entries=1, show_spinner=False)
def _newest() -> str:
    moment = alerts.now()
    return moment.isoformat() if moment else ""


def has_data() -> bool:
    """Tell whether there is any event or reading."""
    return bool(_newest())


def _data() -> str:
    """Return what changes with every load, and with the hour of the newest data."""
    return f"{cache.data_version()} {_newest()[:13]}"


def _key(rule: StandingRule) -> str:
    told: dict[str, Any] = {
        "id": rule.id, "title": rule.title, "subject": rule.subject, "settings": rule.settings(),
    }  # fmt: skip
    return json.dumps(told, sort_keys=True)


def _of(key: str) -> StandingRule:
    told = json.loads(key)
    return rule_from(told.pop("settings"), **told)


def changed() -> None:
    """Forget what stands open: this visitor has just changed it."""
    _standing.clear()
    _sensors.clear()
    _rules.clear()
    head.clear()
