"""Live events count in the county's figures once they are settled, those of exercises never."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from cockpit.answers import current
from cockpit.answers.current import current_twin
from cockpit.store.models import Dataset
from cockpit.store.models_live import FeedDelivery, FeedSource
from cockpit.store.session import engine
from cockpit.store.settled import EXERCISE, settle_now
from tests import eventful

pytestmark = pytest.mark.usefixtures("eventful_here")
N_PLACED = eventful.N_EVENTS - 1  # one lies in no region


def deliver(*seqs: int) -> None:
    with Session(engine()) as db:
        if seqs[0] == 1:
            eventful.add_dataset(db, "live", "events", 21)
            db.execute(insert(FeedSource).values(
                id="live", title="直报", kind="events", dataset_id="live", batch_id=21,
                token_hash="", created=dt.datetime(2025, 7, 1),
            ))  # fmt: skip
        for seq in seqs:
            eventful.add_event(
                db, f"L{seq}", "盗窃", day=seq, grid=6, delivery=seq, dataset_id="live",
                batch_id=21, closed=False,
            )  # fmt: skip
            db.execute(insert(FeedDelivery).values(
                seq=seq, source_id="live", received=dt.datetime(2025, 7, 1), n_new=1, n_known=0,
                n_refused=0, since=eventful.FIRST,
            ))  # fmt: skip
        db.commit()


def figures() -> tuple[str, float, float]:
    current.forget()
    county = current_twin()
    assert county is not None
    return county.version, county.measures["events"][0], county.measures["events_open"][0]


def test_the_figures_of_a_version_stay_while_feeds_go_on() -> None:
    before = figures()
    assert before == ("tiny1", N_PLACED, 1)
    deliver(1, 2)
    assert figures() == before
    version = settle_now()
    assert version != "tiny1"
    assert figures() == (version, N_PLACED + 2, 3)
    assert settle_now() == version  # nothing new
    deliver(3)
    assert figures() == (version, N_PLACED + 2, 3)
    assert settle_now() != version
    assert figures()[1:] == (N_PLACED + 3, 4)


def test_what_the_version_says_of_the_loaded_data_stays() -> None:
    from cockpit.answers.scenario_files import data_content
    from cockpit.store.models import Meta

    with Session(engine()) as db:
        db.execute(update(Meta).where(Meta.key == "data_version").values(value="7-ab12cd34"))
        db.commit()
    deliver(1)
    version = settle_now()
    assert version == "7.1-ab12cd34"
    assert data_content(version) == "ab12cd34"


def test_an_exercise_never_counts() -> None:
    deliver(1)
    with Session(engine()) as db:
        db.execute(update(Dataset).where(Dataset.id == "live").values(purpose=EXERCISE))
        db.commit()
    settle_now()
    assert figures()[1:] == (N_PLACED, 1)
