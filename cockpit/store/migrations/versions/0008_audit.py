"""The audit chain, its checkpoints, what is kept how long and what was destroyed."""

import sqlalchemy as sa
from alembic import op

from cockpit.store.models_audit import AUDIT_GUARDS, HEAD_ROW

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _chain()
    _checkpoints()
    _retention()
    op.execute(HEAD_ROW)
    for statement in AUDIT_GUARDS.get(op.get_bind().dialect.name, ()):
        op.execute(statement)


def _chain() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column(
            "at", sa.String(length=27), nullable=False, comment="UTC, ISO 8601 with microsec."
        ),
        sa.Column("who", sa.String(length=80), nullable=False, comment="name; or terminal:<login>"),
        sa.Column("account", sa.String(length=64), nullable=False, comment="empty: no account"),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("roles", sa.String(length=80), nullable=False, comment="comma list"),
        sa.Column("act", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="what it was done to"),
        sa.Column(
            "data_class", sa.String(length=4), nullable=False, comment="公开, 备用, 敏感, 秘密"
        ),
        sa.Column(
            "payload",
            sa.Text(),
            nullable=False,
            comment="canonical JSON, all of it",
        ),
        sa.Column(
            "previous", sa.String(length=64), nullable=False, comment="hash of the one before"
        ),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="sha256, hex"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("previous", name=op.f("uq_audit_entry_previous")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_entry_hash")),
    )
    for column in ("at", "who", "act"):
        op.create_index(op.f(f"ix_audit_entry_{column}"), "audit_entry", [column])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )


def _checkpoints() -> None:
    op.create_table(
        "audit_checkpoint",
        sa.Column("size", NUMBER, autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="canonical JSON that is signed"),
        sa.Column("signature", sa.String(length=128), nullable=False, comment="Ed25519, hex"),
        sa.Column("peaks", sa.JSON(), nullable=False, comment="roots of the full subtrees, hex"),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_checkpoint")),
    )


def _retention() -> None:
    op.create_table(
        "retention_rule",
        sa.Column(
            "subject", sa.String(length=64), nullable=False, comment="data set, or own:<what>"
        ),
        sa.Column("keep_days", sa.Integer(), nullable=True, comment="days after the data's date"),
        sa.Column("keep_until", sa.Date(), nullable=True, comment="last day"),
        sa.Column("note", sa.Text(), nullable=False, comment="which law or order asks for it"),
        sa.Column("changed", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_retention_rule")),
    )
    op.create_table(
        "tombstone",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column(
            "body", sa.Text(), nullable=False, comment="canonical JSON: rule, rows, digest, time"
        ),
        sa.Column("files_gone", sa.Boolean(), nullable=False, comment="kept files deleted as well"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstone")),
    )
    op.create_index(op.f("ix_tombstone_subject"), "tombstone", ["subject"])


def downgrade() -> None:
    for name in ("tombstone", "retention_rule", "audit_checkpoint", "audit_head", "audit_entry"):
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_audit_rewriting()")
