"""What sealing needs at the start of a process: a store up to date, and nothing plain left over."""

from __future__ import annotations

import logging

from sqlalchemy import Engine, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access import rotation
from cockpit.settings import settings
from cockpit.store import models as m
from cockpit.store import sealed_files
from cockpit.store.models_sealed import SealKey
from cockpit.store.sealed import is_private, ring_of, wipe
from cockpit.store.session import engine, require_table
from cockpit.store.temporary import use_own_temporary
from geodata.errors import CockpitError

log = logging.getLogger("cockpit")


def at_start() -> None:
    """
    Make everything ready before the first visitor; what cannot be done is logged.

    An older version's store is sealed, the free pages of its file are wiped, kept uploads are
    sealed, and what a killed rotation or upload left behind is removed.
    """
    folder = settings().data_folder
    use_own_temporary(folder)
    try:
        bind = engine()
        if not inspect(bind).has_table(m.Meta.__tablename__):
            return  # no county yet
        wipe(sealed_store())
        rotation.sweep(bind, ring_of(bind))
        seal_uploads(bind)
        rotation.note_whole(bind)
    except CockpitError as error:  # pages say it where they need what is sealed
        log.warning("sealing: %s", error)
    except SQLAlchemyError as error:
        log.warning("sealing: the store cannot be read or written (%s)", type(error).__name__)


def sealed_store() -> Engine:
    """Return the store, brought up to date: one of an older version is sealed by that."""
    with Session(engine()) as db:
        require_table(db, SealKey.__tablename__)
    return engine()


def seal_uploads(bind: Engine) -> int:
    """Seal the kept uploads of sensitive data sets that still lie plain; return how many."""
    query = select(m.Dataset.kind, m.Dataset.data_class, m.Batch.source).join(
        m.Batch, m.Batch.dataset_id == m.Dataset.id
    )
    with Session(bind) as db:
        rows = db.execute(query.where(m.Batch.uploaded)).all()
    files = [source for kind, data_class, source in rows if is_private(kind, data_class)]
    return sealed_files.seal_kept(bind, settings().data_folder, iter(files))
