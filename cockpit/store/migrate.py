"""Bring the store's tables to the newest version; a store without tables gets them all."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from cockpit.store.sealed import wipe

FOLDER = Path(__file__).parent / "migrations"


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
    wipe(engine)
