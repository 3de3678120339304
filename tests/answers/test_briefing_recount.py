"""The second count of a briefing on its own: what it leaves out, and what it cannot count."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from cockpit.answers import alert_watch, alerts
from cockpit.answers.alert_rules import StandingRule
from cockpit.answers.briefing_recount import Recount
from cockpit.answers.current import current_twin
from cockpit.answers.overview_services import SERVICES
from cockpit.locale import translate
from cockpit.risk.rules import Rule
from cockpit.store.models import Dataset
from cockpit.store.models_live import Alert
from cockpit.store.session import engine
from geodata.errors import InputError
from tests import eventful, tiny

pytestmark = pytest.mark.usefixtures("eventful_here")


def recount(db: Session) -> Recount:
    county = current_twin()
    assert county is not None
    return Recount(db, county, None, "备用")


def test_events_of_an_exercise_are_left_out_of_the_second_count_too() -> None:
    with Session(engine()) as db:
        before = recount(db).value("events", None)
        eventful.add_dataset(db, "drill", "events", 21)
        db.execute(update(Dataset).where(Dataset.id == "drill").values(purpose="演练 防汛"))
        eventful.add_event(db, "E1", "盗窃", day=8, grid=5, dataset_id="drill", batch_id=21)
        eventful.add_event(db, "E2", "盗窃", day=9.9, grid=5, dataset_id="drill", batch_id=21)
        db.flush()
        assert recount(db).value("events", None) == before


def test_what_has_no_second_count_is_told_in_a_sentence() -> None:
    with Session(engine()) as db:
        found = recount(db)
        with pytest.raises(InputError, match="is not made: wishes cannot be counted a second time"):
            found.value("wishes", None)
        with pytest.raises(InputError, match="residents cannot be counted a second time"):
            found.change("residents", "week", None)
        with pytest.raises(InputError) as told:
            found.reason("{n} wishes of {who} stand open.", tiny.grid_code(0), "")
    assert translate(told.value.template, "zh", **told.value.values) == (
        "简报未生成：“{n} wishes of {who} stand open.”无法从数据复算。"
    )


def test_every_service_has_a_second_count() -> None:
    with Session(engine()) as db:
        found = recount(db)
        for service in SERVICES:  # without roads there is no share, and no fault
            assert math.isnan(found.value(service.id, None))
            told = found.reason(service.beyond, tiny.grid_code(0), service.service)
            assert math.isnan(told["n"])


def test_open_alerts_are_told_from_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gauge stands above 5 m from hour 41 on; the list's copy of its end is not asked."""
    water = StandingRule("water", "水位", "sensor:水位", Rule((5.0, None, None, None)), "Water")
    monkeypatch.setattr(alert_watch, "usual_rules", lambda *_: (water,))
    alerts.evaluate()
    moment = eventful.FIRST + dt.timedelta(days=9)
    with Session(engine()) as db:
        assert recount(db).value("alerts", moment) == 1
        db.execute(update(Alert).values(closed=eventful.FIRST + dt.timedelta(hours=42)))
        assert recount(db).value("alerts", moment) == 1
