"""What expires when: days after the data's date, a last day, rows of their own day, own rows."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from cockpit.access import retention
from cockpit.access.retention_rules import Criteria, Rule, expired_of, last_day
from cockpit.store import ingest
from cockpit.store.models import Dataset, Facility, Population
from cockpit.store.models_access import SignInAttempt
from cockpit.store.models_live import FeedRefusal
from cockpit.store.session import open_engine
from geodata.errors import DataFileError, InputError, ManifestError
from loaders.manifest import read_manifest
from tests import small, tiny

DAY = dt.date(2025, 1, 1)


def test_the_last_day_is_still_within() -> None:
    rule = Rule(keep_days=30)  # 2025-01-01 and 30 days: 2025-01-31
    assert last_day(DAY, rule) == dt.date(2025, 1, 31)
    assert expired_of("x", "persons", DAY, rule, dt.date(2025, 1, 31)) is None
    assert expired_of("x", "persons", DAY, rule, dt.date(2025, 2, 1)) == Criteria("x")


def test_a_last_day_of_its_own_and_the_earlier_of_both() -> None:
    rule = Rule(keep_days=30, keep_until=dt.date(2025, 1, 10))
    assert last_day(DAY, rule) == dt.date(2025, 1, 10)
    assert expired_of("x", "persons", DAY, rule, dt.date(2025, 1, 10)) is None
    assert expired_of("x", "persons", DAY, rule, dt.date(2025, 1, 11)) == Criteria("x")
    assert last_day(DAY, Rule()) is None
    assert expired_of("x", "persons", DAY, Rule(), dt.date(9999, 1, 1)) is None


def test_events_go_each_after_its_own_day() -> None:
    found = expired_of("x", "events", DAY, Rule(keep_days=30), dt.date(2025, 3, 1))
    assert found == Criteria("x", before=dt.datetime(2025, 1, 30))


def test_boundaries_never_expire() -> None:
    assert expired_of("x", "regions", DAY, Rule(keep_days=1), dt.date(2030, 1, 1)) is None


@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)), st.integers(1, 9_999))
def test_expired_exactly_after_the_last_day(date: dt.date, days: int) -> None:
    rule = Rule(keep_days=days)
    end = last_day(date, rule)
    assert end is not None
    assert expired_of("x", "persons", date, rule, end) is None
    assert expired_of("x", "persons", date, rule, end + dt.timedelta(days=1)) is not None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'data' / 'county.sqlite'}")
    tiny.fill(engine)
    yield engine
    engine.dispose()


def test_rules_that_cannot_be(store: Engine) -> None:
    with Session(store) as db:
        with pytest.raises(InputError, match="There is no data set nothing"):
            retention.set_rule(db, "nothing", by="terminal:x", keep_days=3)
        with pytest.raises(InputError, match="1 to 36,500 days, not 0"):
            retention.set_rule(db, "people", by="terminal:x", keep_days=0)


def test_nothing_is_destroyed_without_a_rule(store: Engine) -> None:
    assert retention.run(store, today=dt.date(2099, 1, 1)) == ()
    with Session(store) as db:
        assert all(one.expires is None for one in retention.listing(db, dt.date(2099, 1, 1)))


def test_failed_sign_ins_go_after_30_days(store: Engine) -> None:
    with Session(store) as db:
        for day in (1, 2, 3):
            db.add(SignInAttempt(address="10.0.0.1", at=dt.datetime(2026, 3, day, 12)))
        db.commit()
    retention.run(store, today=dt.date(2026, 4, 2))  # 30 days before: 2026-03-03, 00:00
    with Session(store) as db:
        assert list(db.scalars(select(SignInAttempt.at))) == [dt.datetime(2026, 3, 3, 12)]


def test_marks_of_closed_events_stay(store: Engine) -> None:
    from cockpit.store.models_live import FeedDelivery, FeedSource

    with Session(store) as db:
        db.add(
            FeedSource(
                id="f", title="f", kind="events", dataset_id="people", batch_id=1,
                token_hash="0" * 64, created=dt.datetime(2026, 1, 1),
            )
        )  # fmt: skip
        db.flush()
        db.add(
            FeedDelivery(
                seq=1, source_id="f", received=dt.datetime(2026, 1, 1), n_new=0, n_known=0,
                n_refused=2,
            )
        )  # fmt: skip
        for number, template in ((1, "closed"), (2, "The time is missing.")):
            db.add(FeedRefusal(id=number, delivery=1, position=1, template=template, detail={}))
        db.commit()
    retention.run(store, today=dt.date(2026, 6, 1))
    with Session(store) as db:
        assert list(db.scalars(select(FeedRefusal.template))) == ["closed"]


# ---------------------------------------------------------------- from the manifest, at a load


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    return small.write_small(folder)


def test_a_load_leaves_out_what_has_expired(manifest: Path, tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'data' / 'county.sqlite'}")
    ingest.load(manifest, engine, tmp_path / "data")
    with Session(engine) as db:
        facilities = db.scalar(select(func.count()).select_from(Facility))
        people = db.scalar(select(func.count()).select_from(Population))
    assert facilities
    text = manifest.read_text("utf-8")
    manifest.write_text(
        text.replace('file = "clinics.csv"', 'file = "clinics.csv"\nkeep_until = 2020-01-01'),
        "utf-8",
    )
    assert next(e for e in read_manifest(manifest).dataset if e.id == "clinics").keep_until
    ingest.load(manifest, engine, tmp_path / "data")
    with Session(engine) as db:
        assert db.scalar(select(func.count()).select_from(Facility)) == 0
        assert db.scalar(select(func.count()).select_from(Population)) == people
        assert db.scalar(select(Dataset.id).where(Dataset.id == "clinics")) == "clinics"
    again = ingest.load(manifest, engine, tmp_path / "data")
    assert not again.changed
    entry = next(e for e in read_manifest(manifest).dataset if e.id == "clinics")
    with pytest.raises(DataFileError, match="may not be kept any more"):
        ingest.apply(entry, engine, tmp_path / "data")
    engine.dispose()


def test_boundaries_with_an_end_are_refused(manifest: Path) -> None:
    text = manifest.read_text("utf-8")
    manifest.write_text(
        text.replace('file = "grids.geojson"', 'file = "grids.geojson"\nkeep_days = 3'), "utf-8"
    )
    with pytest.raises(ManifestError, match="other data hang on this kind"):
        read_manifest(manifest)


def test_the_command_lists_tells_and_destroys(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.dispose()
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path / "data"))

    def told(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "cockpit", "retention", *words], check=True, text=True,
            cwd=Path(__file__).parents[2], capture_output=True,
        )  # fmt: skip
        return done.stdout

    assert "people: until 2020-01-01" in told("set", "people", "--until", "2020-01-01")
    assert "rows would be destroyed" in told("run", "--dry-run")
    assert "人口 (people)" in told("run")
    with Session(store) as db:
        assert db.scalar(select(func.count()).select_from(Population)) == 0
