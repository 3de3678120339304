"""Events as arrays: counts by hand, who may see them, and what live feeds add."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from cockpit.answers import happenings
from cockpit.answers.happenings import Happenings, current_happenings
from cockpit.store.models import Dataset, Event
from cockpit.store.models_live import FeedDelivery, FeedRefusal, FeedSource
from cockpit.store.session import engine
from cockpit.store.settled import CLOSED
from tests import eventful, tiny

pytestmark = pytest.mark.usefixtures("eventful_here")


def seen(visitor: str = "备用") -> Happenings:
    found = current_happenings(visitor)
    assert found is not None
    return found


def test_events_are_in_the_order_of_their_times() -> None:
    found = seen()
    assert len(found) == eventful.N_EVENTS
    assert found.first == np.datetime64("2025-06-01T08:00:00")
    assert found.last == np.datetime64("2025-06-10T08:00:00")
    assert (np.diff(found.time) >= np.timedelta64(0)).all()
    assert found.sources == ("events",)
    assert found.data_class == "备用"


def test_a_theme_gathers_categories_and_a_category_stands_alone() -> None:
    found = seen()
    assert found.of("order").sum() == found.of("盗窃").sum() == 10
    assert found.of("disputes").sum() == 2
    assert found.of("没有这类").sum() == 0
    assert found.open.sum() == 1  # D2


def test_counts_by_level_leave_out_what_is_not_known_so_deep() -> None:
    found = seen()
    everything = np.ones(len(found), dtype=bool)
    county = found.twin
    towns = county.below(0, "township")
    grids = county.below(0, "grid")
    assert found.counts(towns, everything).tolist() == [11, 2]  # 10 thefts + D1; D2 + N1
    by_grid = found.counts(grids, everything)
    codes = county.regions["code"].to_numpy()[grids]
    assert by_grid[codes == tiny.grid_code(5)].tolist() == [10]
    assert by_grid.sum() == 12  # N1 is known to the village only, X1 to nobody
    assert (found.region < 0).sum() == 1


def test_a_period_ends_before_its_end() -> None:
    found = seen()
    start = np.datetime64("2025-06-01T08:00:00")
    inside = found.between(start, start + np.timedelta64(2, "D"))
    assert found.ids[inside].tolist() == ["events:T0", "events:T1"]


def test_the_public_sees_no_internal_event() -> None:
    assert len(seen("公开")) == 0
    with Session(engine()) as db:
        db.execute(update(Dataset).where(Dataset.id == "events").values(data_class="公开"))
        db.commit()
    happenings.forget()
    assert len(seen("公开")) == eventful.N_EVENTS


def test_events_of_an_exercise_count_for_rules_alone() -> None:
    with Session(engine()) as db:
        eventful.add_dataset(db, "drill", "events", 21)
        db.execute(update(Dataset).where(Dataset.id == "drill").values(purpose="演练 防汛"))
        for key in ("E1", "E2"):
            eventful.add_event(db, key, "溃堤", day=15, grid=6, dataset_id="drill", batch_id=21)
        db.commit()
    happenings.forget()
    assert len(seen()) == eventful.N_EVENTS
    assert seen().last == np.datetime64("2025-06-10T08:00:00")
    assert seen().sources == ("events",)
    assert "溃堤" not in seen().categories
    rules = current_happenings("备用", exercises=True)
    assert rules is not None
    assert rules.of("溃堤").sum() == 2
    assert len(seen()) == eventful.N_EVENTS  # both are kept side by side


def deliver(seq: int, *rows: tuple[str, str, float]) -> None:
    with Session(engine()) as db:
        if seq == 1:
            db.execute(insert(FeedSource).values(
                id="live", title="直报", kind="events", dataset_id="events",
                batch_id=eventful.EVENTS, token_hash="", created=dt.datetime(2025, 7, 1),
            ))  # fmt: skip
        for key, category, day in rows:
            eventful.add_event(db, key, category, day=day, grid=6, delivery=seq)
        db.execute(insert(FeedDelivery).values(
            seq=seq, source_id="live", received=dt.datetime(2025, 7, 1), n_new=len(rows),
            n_known=0, n_refused=0, since=eventful.FIRST,
        ))  # fmt: skip
        db.commit()


def test_what_a_feed_brings_is_added_in_its_place_and_taken_away_with_it() -> None:
    before = seen()
    deliver(1, ("L1", "盗窃", 3.5), ("L2", "井盖缺失", 20))
    after = seen()
    assert after.version != before.version
    assert after.categories == tuple(sorted({*before.categories, "井盖缺失"}))
    assert after.ids[-1] == "events:L2"
    assert after.of("盗窃").sum() == 11
    assert (np.diff(after.time) >= np.timedelta64(0)).all()
    names = dict(zip(after.ids, after.category, strict=True))
    assert after.categories[names["events:N1"]] == "噪声扰民"

    deliver(2, ("L3", "盗窃", 3.6))
    grown = seen()
    assert grown.of("盗窃").sum() == 12
    happenings.forget()
    anew = seen()
    assert grown.ids.tolist() == anew.ids.tolist()
    assert grown.category.tolist() == anew.category.tolist()
    assert grown.region.tolist() == anew.region.tolist()

    with Session(engine()) as db:
        db.execute(delete(Event).where(Event.delivery == 1))
        db.execute(delete(FeedDelivery).where(FeedDelivery.seq == 1))
        db.commit()
    assert "events:L2" not in seen().ids
    assert seen().of("盗窃").sum() == 11


def test_a_delivery_without_new_rows_changes_nothing() -> None:
    deliver(1, ("L1", "盗窃", 3))
    version = seen().version
    deliver(2)
    assert seen().version == version


def test_an_event_that_a_feed_closes_is_no_longer_open_and_stays_once() -> None:
    deliver(1, ("L1", "盗窃", 3))
    before = seen()
    at = before.ids.tolist().index("events:L1")
    with Session(engine()) as db:
        db.execute(update(Event).where(Event.id == "events:L1").values(closed=None))
        db.commit()
    happenings.forget()
    assert seen().open[at]
    deliver(2)
    with Session(engine()) as db:
        db.execute(
            update(Event).where(Event.id == "events:L1").values(closed=dt.datetime(2025, 7, 1))
        )
        db.add(FeedRefusal(delivery=2, position=1, row_id="events:L1", template=CLOSED, detail={}))
        db.commit()
    after = seen()
    assert after.version != before.version
    assert after.ids.tolist() == before.ids.tolist()
    assert not after.open[at]
    happenings.forget()
    assert (seen().open == after.open).all()
    assert seen().version == after.version
