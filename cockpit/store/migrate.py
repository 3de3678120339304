"""Bring the store's tables to the newest version; a store without tables gets them all."""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.orm import Session

FOLDER = Path(__file__).parent / "migrations"

_upgrading = threading.Lock()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """Return the revision that this version of the cockpit works with."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def upgrade(engine: Engine) -> None:
    """Run the missing migrations in one transaction."""
    with engine.begin() as connection:
        if MigrationContext.configure(connection).get_current_revision() != newest():
            command.upgrade(_config(connection), "head")


def has_table(db: Session, name: str) -> bool:
    """Tell whether the store has a table: one that an older version has loaded may lack it."""
    return inspect(db.connection()).has_table(name)


def require_table(db: Session, name: str) -> None:
    """Bring a store up to date that an older version of the cockpit has loaded."""
    if has_table(db, name):
        return
    bind = db.get_bind()
    db.commit()  # our own reading must not stand in the way of the migration
    with _upgrading:
        if not has_table(db, name):
            db.commit()
            upgrade(bind if isinstance(bind, Engine) else bind.engine)
