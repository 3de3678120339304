"""Which data sets are open: of class 公开, of a kind without people, and free to pass on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.answers.open_columns import ALLOWED
from cockpit.store.models import Batch, Dataset, Meta

PUBLIC_CLASS = "公开"
_INTERNAL = ("内部", "不公开", "internal", "confidential")


@dataclass(frozen=True)
class Loading:
    """One delivery of a data set; its rows are in the store only while it is the newest."""

    version: int
    batch: int
    sha256: str
    loaded: dt.datetime  # UTC, with its zone


@dataclass(frozen=True)
class Source:
    """A data set that is open now, as the catalogue has it; ``past``: newest first."""

    id: str
    kind: str
    title: str
    title_en: str
    department: str
    licence: str
    as_of: dt.date | None
    refresh_days: int | None
    now: Loading
    past: tuple[Loading, ...] = ()


@dataclass(frozen=True)
class CountyName:
    """What the county is called; "" when nothing has been loaded."""

    code: str = ""
    name: str = ""
    name_en: str = ""


def open_sources(db: Session) -> tuple[Source, ...]:
    """
    Return the data sets that are open, in the catalogue's order.

    A data set is open when its class is exactly 公开, its kind is in ``ALLOWED``, and its licence
    does not say the opposite ("内部共享"). Everything else is closed: no class, an unknown class,
    any class above, any other kind.
    """
    query = (
        select(Dataset)
        .where(Dataset.data_class == PUBLIC_CLASS, Dataset.kind.in_(tuple(ALLOWED)))
        .order_by(Dataset.position, Dataset.id)
    )
    found = (_source(db, row) for row in db.execute(query).scalars() if _free(row.licence))
    return tuple(source for source in found if source is not None)


def _free(licence: str | None) -> bool:
    text = (licence or "").lower()
    return not any(word in text for word in _INTERNAL)


def _source(db: Session, row: Dataset) -> Source | None:
    batches = db.execute(
        select(Batch.version, Batch.id, Batch.sha256, Batch.loaded_at, Batch.current)
        .where(Batch.dataset_id == row.id)
        .order_by(Batch.version.desc())
    ).all()
    loadings = [Loading(b[0], b[1], b[2], b[3].replace(tzinfo=dt.UTC)) for b in batches]
    current = [loading for loading, b in zip(loadings, batches, strict=True) if b.current]
    if not current:
        return None
    return Source(
        row.id, row.kind, row.title, row.title_en or row.title, row.department, row.licence,
        row.as_of, row.refresh_days, current[0],
        tuple(loading for loading in loadings if loading.version < current[0].version),
    )  # fmt: skip


def region_sources_all_open(db: Session, sources: tuple[Source, ...]) -> bool:
    """Tell whether no boundary in the store comes from a closed data set."""
    stored = set(db.execute(select(Dataset.id).where(Dataset.kind == "regions")).scalars())
    return stored <= {source.id for source in sources}


def county_name(db: Session) -> CountyName:
    """Return what the county is called."""
    value = db.execute(select(Meta.value).where(Meta.key == "county")).scalar()
    if not isinstance(value, dict):
        return CountyName()
    name = str(value.get("name", ""))
    return CountyName(str(value.get("code", "")), name, str(value.get("name_en") or name))
