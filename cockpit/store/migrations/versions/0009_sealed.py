"""Seal what people wrote and when they were born; wider columns, and the keys of the store."""

import sqlalchemy as sa
from alembic import op

from cockpit.access.sealing import SealError

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _keys()
    with op.batch_alter_table("person") as person:
        person.alter_column("masked", existing_type=sa.String(24), type_=sa.Text())
        person.alter_column(
            "birth", existing_type=sa.Date(), type_=sa.Text(), postgresql_using="birth::text"
        )
    with op.batch_alter_table("conflict") as conflict:
        conflict.alter_column("key", existing_type=sa.String(64), type_=sa.Text())
    _seal()


def _keys() -> None:
    op.create_table(
        "seal_key",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column(
            "cipher", sa.String(length=8), nullable=False,
            comment="aes, sm4, or hmac of the blind index",
        ),
        sa.Column(
            "state", sa.String(length=12), nullable=False,
            comment="active, retired, kept for old backups, destroyed",
        ),
        sa.Column(
            "check", sa.String(length=64), nullable=False,
            comment="keyed hash of the id, by this key",
        ),
        sa.Column("created", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("ended", sa.DateTime(), nullable=True, comment="UTC; no row uses it since"),
        sa.CheckConstraint(
            "state in ('active', 'retired', 'kept', 'destroyed')", name="state_known"
        ),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip


def _seal() -> None:
    """Seal what stands plain; the file's free pages are wiped after the migration."""
    from cockpit.access.rotation import seal_stored
    from cockpit.store.sealed import mark_unwiped

    connection = op.get_bind()
    if seal_stored(connection):
        mark_unwiped(connection)


def downgrade() -> None:
    """Go back while nothing is sealed: afterwards older versions could not read the store."""
    if op.get_bind().execute(sa.text("SELECT count(*) FROM seal_key")).scalar():
        raise SealError("A store with sealed values cannot go back to an older version.")
    op.drop_table("seal_key")
    with op.batch_alter_table("conflict") as conflict:
        conflict.alter_column("key", existing_type=sa.Text(), type_=sa.String(64))
    with op.batch_alter_table("person") as person:
        person.alter_column("masked", existing_type=sa.Text(), type_=sa.String(24))
        person.alter_column(
            "birth", existing_type=sa.Text(), type_=sa.Date(), postgresql_using="birth::date"
        )
