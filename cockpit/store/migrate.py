"""Bring the store's tables to the newest version; a store without tables gets them all."""

from __future__ import annotations

import secrets
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, insert

from cockpit.store.models import STORE_ID, Meta
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
        revision = MigrationContext.configure(connection).get_current_revision()
        if revision != newest():
            command.upgrade(_config(connection), "head")
        if revision is None:  # a new store; old ones get their name with the first checkpoint
            connection.execute(insert(Meta).values(key=STORE_ID, value=secrets.token_hex(16)))
    wipe(engine)
