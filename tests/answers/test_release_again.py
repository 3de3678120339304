"""PRV-4 on a store: events come by whole months, and a correction tells no single one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from cockpit.answers import release as answers
from cockpit.answers import release_again, release_store, release_write
from cockpit.answers.current import current_twin
from cockpit.answers.release import Asked
from cockpit.answers.release_store import Published
from cockpit.store.models import Event
from cockpit.store.models_release import Release
from cockpit.store.session import engine
from geodata.errors import InputError
from tests import eventful, released

EVENTS = Asked("events", "village")
TODAY = dt.date(2026, 11, 5)


@pytest.fixture
def db(eventful_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    with released.own_copy(eventful_store, tmp_path, monkeypatch), Session(engine()) as session:
        yield filled(session)


def filled(db: Session) -> Session:
    """Add thefts and disputes to every village, so that most figures are shown."""
    for grid, n in ((0, 20), (2, 18), (8, 30), (10, 45)):
        for k in range(n):
            for category in ("盗窃", "矛盾纠纷"):
                eventful.add_event(db, f"{category}{grid}-{k}", category, grid=grid, day=k % 10)
    for grid, n in ((0, 3), (8, 2), (10, 12)):
        for k in range(n):
            eventful.add_event(db, f"N{grid}-{k}", "噪声扰民", grid=grid, day=k % 10)
    db.commit()
    return db


def publish(db: Session, asked: Asked = EVENTS) -> Published:
    county = current_twin()
    assert county is not None
    made = answers.make(db, county, asked, reason="x", who="x")
    release_write.publish(db, made, who="x")
    return release_store.find(made)


def add(db: Session, key: str, *, day: float, grid: int = 5, category: str = "盗窃") -> None:
    eventful.add_event(db, key, category, grid=grid, day=day)
    db.commit()


def differences(one: Published, two: Published) -> tuple[set[int], int]:
    """Return what readers subtract, and how many figures the first hid and the second shows."""
    old, new = one.table()[list(one.classes)], two.table()[list(one.classes)]
    both = old.notna() & new.notna()
    change = (new - old).abs().where(both).stack()
    return {int(c) for c in change.dropna()}, int((old.isna() & new.notna()).to_numpy().sum())


def months(db: Session, today: dt.date = TODAY) -> tuple[str, str]:
    first, end = release_again.months_of(db, today=today)
    return str(first), str(end)


# ---------------------------------------------------------------- which months


def test_months_are_complete_by_the_data_and_by_the_calendar(db: Session) -> None:
    # The events are of June 1 to 10, 2025.
    assert months(db) == ("2024-07-01", "2025-07-01")
    assert months(db, dt.date(2025, 6, 30)) == ("2024-06-01", "2025-06-01")
    assert months(db, dt.date(2025, 7, 1)) == ("2024-07-01", "2025-07-01")


@pytest.mark.parametrize("day", ["2024-02-29", "2024-03-31", "2025-01-31", "2024-12-31"])
def test_twelve_months_from_any_day(db: Session, day: str) -> None:
    db.execute(update(Event).values(reported=dt.datetime.fromisoformat(day)))
    first, end = release_again.months_of(db, today=TODAY)
    assert first.day == end.day == 1
    assert (end.year - first.year) * 12 + end.month - first.month == 12
    assert end - dt.timedelta(days=31) <= dt.date.fromisoformat(day) < end


def test_published_months_are_not_cut_anew_until_the_next_year_is_complete(db: Session) -> None:
    publish(db)
    add(db, "later", day=60)  # July 31
    assert months(db) == ("2024-07-01", "2025-07-01")
    add(db, "much later", day=380)  # June 16, 2026
    assert months(db, dt.date(2026, 6, 20)) == ("2024-07-01", "2025-07-01")
    assert months(db, dt.date(2026, 7, 1)) == ("2025-07-01", "2026-07-01")


def test_months_that_were_retracted_stay_published_months(db: Session) -> None:
    one = publish(db)
    release_write.retract(db, one.id, reason="x", who="x")
    add(db, "later", day=60)
    assert months(db) == ("2024-07-01", "2025-07-01")


def test_the_months_alone_are_counted(db: Session) -> None:
    one = publish(db)
    before = one.table()
    add(db, "next", day=30)  # July 1, 8:00
    again = publish(db)
    assert (one.as_of, again.as_of) == (dt.date(2025, 6, 30), dt.date(2025, 6, 30))
    assert again.table()[list(one.classes)].equals(before[list(one.classes)])


def test_without_an_event_there_is_nothing_to_release(db: Session) -> None:
    county = current_twin()
    assert county is not None
    db.execute(delete(Event))
    db.commit()
    with pytest.raises(InputError, match="no events to release"):
        answers.make(db, county, EVENTS, reason="x", who="x")


# ---------------------------------------------------------------- two tables


@pytest.mark.parametrize(("day", "grid"), [(9, 5), (10, 5), (10, 0), (2, 15)])
def test_one_event_more_is_told_by_no_pair_of_tables(db: Session, day: float, grid: int) -> None:
    """Of 123 thefts, and one more of the same day or the next."""
    one = publish(db)
    assert one.table()["盗窃"].iloc[0] == 123
    add(db, "one more", day=day, grid=grid)
    changes, opened = differences(one, publish(db))
    assert changes <= {0}
    assert opened == 0


def test_a_figure_that_grew_stays_hidden(db: Session) -> None:
    one = publish(db)
    assert one.table()["噪声扰民"].isna().sum() >= 2
    for k in range(30):
        add(db, f"N{k}x", day=3, grid=0, category="噪声扰民")
    two = publish(db)
    changes, opened = differences(one, two)
    assert not {c for c in changes if 0 < c < 10}
    assert opened == 0
    assert two.table()["噪声扰民"].notna().any()  # thirty more are told, and by no village


def test_a_retracted_table_still_counts(db: Session) -> None:
    one = publish(db)
    kept = one.table()
    release_write.retract(db, one.id, reason="x", who="x")
    add(db, "one more", day=10)
    two = publish(db)
    both = kept["盗窃"].notna() & two.table()["盗窃"].notna()
    assert (kept["盗窃"][both] == two.table()["盗窃"][both]).all()


def test_a_hidden_event_that_is_gone_is_refused_in_a_sentence(db: Session) -> None:
    publish(db)
    db.execute(delete(Event).where(Event.id.in_(["events:N8-0", "events:N8-1"])))
    db.commit()
    with pytest.raises(InputError, match="together would tell single cases"):
        publish(db)


def test_other_levels_and_other_classes_are_refused(db: Session) -> None:
    publish(db)
    with pytest.raises(InputError, match="would fill each other's gaps"):
        publish(db, Asked("events", "grid"))
    add(db, "new kind", day=3, category="火灾")
    with pytest.raises(InputError, match="would fill each other's gaps"):
        publish(db)


def test_a_table_published_meanwhile_makes_the_figures_old(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two stewards at once: the second counted before the first published."""
    publish(db)
    monkeypatch.setattr(release_again, "earlier", lambda *_, **__: ())
    with pytest.raises(release_write.StaleError):
        publish(db)


def test_households_of_a_day_close_by_keep_their_gaps(db: Session) -> None:
    """A store whose households were counted again some weeks later: not a new year's figures."""
    one = publish(db, Asked("households", "village"))
    near = (one.as_of or TODAY) - dt.timedelta(days=30)
    table = one.table()
    ids, codes = list(one.classes), table["code"].tolist()
    found = release_again.earlier(
        db, one.series, near, codes=codes[::-1], classes=ids, levels=one.levels
    )
    assert [e.id for e in found] == [one.id]
    assert found[0].hidden[::-1].tolist() == table[ids].isna().to_numpy().tolist()
    far = (one.as_of or TODAY) + dt.timedelta(days=365)
    assert not release_again.earlier(
        db, one.series, far, codes=codes, classes=ids, levels=one.levels
    )
    assert db.get(Release, one.id) is not None
