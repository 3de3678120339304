"""The tiny county with open borders, services and roads; its released figures are not exact."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import streamlit as st
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from cockpit.answers import (
    current,
    open_catalogue,
    open_county_places,
    open_village,
    release_store,
    release_write,
)
from cockpit.answers.release_write import Made
from cockpit.settings import settings
from cockpit.store import session
from cockpit.store.models import Dataset, Meta
from cockpit.store.session import data_version, open_engine
from tests import bridged, released

OPEN = ("regions", "places", "roads")
CODE = "529901"
VILLAGES = ("529901001001", "529901001002", "529901100001", "529901100002")
AGES = (
    ("0-14", "Children under 15"),
    ("15-59", "Residents aged 15 to 59"),
    ("60+", "Residents of 60 and over"),
)
# Exact: villages of 140, 460, 220, 540 people, 1,360 in all; the released ones are others.
CHILDREN, MIDDLE, OLD = (11, 51, 19, 57), (101, 319, 157, 379), (31, 89, 47, 113)
COVERED, NOT_COVERED = (143, 401, 0, 549), (0, 56, 223, 0)
MARGINS = {"county": 4, "township": 3, "village": 2}
WHO = "数据管理员"


def make(folder: Path, *, releases: bool = True, public: Sequence[str] = OPEN) -> Path:
    """Store the county in a folder; ``public`` are the data sets of class 公开, no others."""
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    bridged.fill(engine)
    with Session(engine) as db:
        db.execute(update(Dataset).values(data_class="备用"))
        db.execute(update(Dataset).where(Dataset.id.in_(public)).values(data_class="公开"))
        db.commit()
    engine.dispose()
    if releases:
        with shown(folder):  # publishing compares with what this process shows
            fill(session.engine())
    return folder


@contextmanager
def shown(folder: Path) -> Iterator[Path]:
    """Let this process show the county of a folder, with nothing kept from another."""
    before = os.environ.get("COCKPIT_DATA")
    os.environ["COCKPIT_DATA"] = str(folder)
    forget()
    try:
        yield folder
    finally:
        forget()
        os.environ.pop("COCKPIT_DATA")
        if before is not None:
            os.environ["COCKPIT_DATA"] = before


def forget() -> None:
    """Drop what this process keeps of a store."""
    if session.engine.cache_info().currsize:
        session.engine().dispose()
    session.engine.cache_clear()
    settings.cache_clear()
    for kept in (current, release_store, open_catalogue, open_county_places, open_village):
        kept.forget()
    st.cache_data.clear()
    st.cache_resource.clear()


def fill(engine: Engine) -> list[str]:
    """Publish people by age (twice) and people near a care point; return the ids."""
    with Session(engine) as db:
        made = [
            _made(db, "people-by-age", ("分年龄人口", "Residents by age"), "age-3", AGES,
                  {"0-14": (8, *CHILDREN[1:]), "15-59": MIDDLE, "60+": OLD}),
            _made(db, "people-by-age", ("分年龄人口", "Residents by age"), "age-3", AGES,
                  {"0-14": CHILDREN, "15-59": MIDDLE, "60+": OLD}),
            _made(db, "near-care", ("就近就医人口", "Residents near care"), "covered-medical",
                  (("covered", "Within the standard"), ("not_covered", "Outside it")),
                  {"covered": COVERED, "not_covered": NOT_COVERED}),
        ]  # fmt: skip
        ids = []
        for one in made:
            ids.append(release_write.keep(db, one, who=WHO))
            release_write.publish(db, ids[-1], who=WHO)
    return ids


def _made(
    db: Session,
    series: str,
    titles: tuple[str, str],
    partition: str,
    classes: tuple[tuple[str, str], ...],
    counts: Mapping[str, Sequence[int | None]],
) -> Made:
    ids = [class_id for class_id, _ in classes]
    return Made(
        series=series, title=titles[0], title_en=titles[1], kind="noisy", partition=partition,
        classes=classes, levels=released.LEVELS, unit="persons", as_of=dt.date(2025, 11, 1),
        data_version=data_version(db), source_class="备用", table=released.table(db, counts),
        margins={(level, c): m for level, m in MARGINS.items() for c in ids},
        epsilon=Fraction(1, 10),
        epsilon_by_level=dict.fromkeys(released.LEVELS, Fraction(1, 30)),
        not_offered={"grid": "The noise would be larger than most figures."},
        reason="公众关心",
    )  # fmt: skip


def name_contact(folder: Path, contact: str) -> None:
    """Write a contact into the county's settings."""
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    with Session(engine) as db:
        row = db.get(Meta, "county")
        assert row is not None
        row.value = {**row.value, "contact": contact}
        db.commit()
    engine.dispose()
