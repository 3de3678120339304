"""Releases for the tiny county, made by hand: one noisy, one suppressed, with an older version."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from cockpit.answers import release_write
from cockpit.answers.release_write import Made
from cockpit.store.models import Region
from cockpit.store.session import data_version

LEVELS = ("county", "township", "village")
AGES = {"age_0_14": "Children under 15", "age_15_59": "Residents aged 15 to 59"}
OWN = {"household_single": "Households: single", "household_couple": "Households: couple"}
NOISY, SUPPRESSED = "people-by-age", "households-by-type"


def fill(engine: Engine) -> dict[str, str]:
    """
    Keep and publish three releases; return the id of each by a short name.

    ``first`` and ``noisy`` are versions 1 and 2 of people by age, ``suppressed`` is households by
    type with one village hidden, and a second so that it cannot be worked out. The figures are made
    up: village v (0 to 3, in the order of regions) has 10 (v + 1) children and 100 others, the
    first version one child less in the first village; each level is the sum of the next.
    """
    with Session(engine) as db:
        ids = {}
        for name, made in (
            ("first", people(db, children=(9, 20, 30, 40), epsilon=Fraction(1, 10))),
            ("noisy", people(db, children=(10, 20, 30, 40), epsilon=Fraction(4, 10))),
            ("suppressed", households(db)),
        ):
            ids[name] = release_write.keep(db, made, who="数据管理员")
            release_write.publish(db, ids[name], who="数据管理员")
    return ids


def people(db: Session, *, children: Sequence[int], epsilon: Fraction) -> Made:
    """Return noisy figures of children and others, ± 3, 5 and 8."""
    counts = {"age_0_14": list(children), "age_15_59": [100] * 4}
    margins = {(level, c): m for level, m in zip(LEVELS, (8, 5, 3), strict=True) for c in counts}
    return Made(
        series=NOISY, title="分年龄人口", title_en="Residents by age", kind="noisy",
        partition="age", classes=tuple(AGES.items()), levels=LEVELS, unit="persons",
        as_of=dt.date(2025, 11, 1), data_version=data_version(db), source_class="备用",
        table=table(db, counts), margins=margins, epsilon=epsilon,
        epsilon_by_level=dict.fromkeys(LEVELS, epsilon / 3),
        not_offered={"grid": "The noise would be larger than most figures."},
        reason="公众关心的人口概况",
    )  # fmt: skip


def households(db: Session) -> Made:
    """Return households by type; the single ones of the first two villages are hidden."""
    counts: dict[str, list[int | None]] = {
        "household_single": [None, None, 40, 50], "household_couple": [12, 12, 12, 12],
    }  # fmt: skip
    made = table(db, counts)
    made.loc[made["level"] == "township", "household_single"] = [30, 90]
    made.loc[made["level"] == "county", "household_single"] = 120
    return Made(
        series=SUPPRESSED, title="分类型家庭户", title_en="Households by type", kind="suppressed",
        partition="household_type", classes=tuple(OWN.items()), levels=LEVELS, unit="households",
        as_of=dt.date(2025, 11, 1), data_version=data_version(db), source_class="备用",
        table=made, reason="公众关心的家庭概况",
    )  # fmt: skip


def table(db: Session, counts: Mapping[str, Sequence[int | None]]) -> pd.DataFrame:
    """Return county, townships and villages of the tiny county with counts summed up."""
    rows = db.execute(
        select(Region.code, Region.level, Region.name, Region.name_en, Region.parent_code)
        .where(Region.level.in_(LEVELS))
        .order_by(Region.position)
    ).all()
    made = pd.DataFrame(rows, columns=["code", "level", "name", "name_en", "parent"])
    made["parent"] = made["parent"].fillna("")
    villages = made.index[made["level"] == "village"]
    for class_id, of_villages in counts.items():
        column = pd.array([0] * len(made), dtype="Int64")
        column[villages] = pd.array(list(of_villages), dtype="Int64")
        made[class_id] = column
        for level in ("township", "county"):
            for row in made.index[made["level"] == level]:
                below = made.loc[made["parent"] == made.at[row, "code"], class_id]
                made.at[row, class_id] = below.sum(skipna=True)
    return made


def forget_store() -> None:
    """Let this process read settings and store anew."""
    import streamlit as st

    from cockpit.answers import current, reach, release_store
    from cockpit.settings import settings
    from cockpit.store.session import engine

    if engine.cache_info().currsize:
        engine().dispose()
    engine.cache_clear()
    settings.cache_clear()
    current.forget()
    reach.forget()
    release_store.forget()
    st.cache_data.clear()
    st.cache_resource.clear()


@contextmanager
def own_copy(store: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let this process work on a copy of a store that it may write into."""
    data = Path(shutil.copytree(store, folder / "own"))
    monkeypatch.setenv("COCKPIT_DATA", str(data))
    forget_store()
    yield data
    forget_store()
