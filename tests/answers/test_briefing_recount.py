"""The second count of a briefing on its own: what it leaves out, and what it cannot count."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from cockpit.answers.briefing_recount import Recount
from cockpit.answers.current import current_twin
from cockpit.store.models import Dataset
from cockpit.store.session import engine
from tests import eventful

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
