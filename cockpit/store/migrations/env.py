"""Alembic's entry: migrations run on the connection that ``cockpit.store.migrate`` hands over."""

from alembic import context

from cockpit.store.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,  # all of a migration or nothing, on SQLite too
)
with context.begin_transaction():
    context.run_migrations()
