"""Add the tables of accounts, sessions, failed sign-ins and the code of a first start."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _accounts()
    _sessions()
    _attempts()


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=64), nullable=False, comment="name to sign in with"),
        sa.Column("display", sa.Text(), nullable=False, comment="name as others read it"),
        sa.Column(
            "password_hash",
            sa.Text(),
            nullable=False,
            comment="argon2id; empty: no sign-in by password",
        ),
        sa.Column("roles", sa.JSON(), nullable=False, comment="list of ids of roles"),
        sa.Column(
            "clearance", sa.String(length=4), nullable=False, comment="highest class: 公开 to 秘密"
        ),
        sa.Column(
            "territory",
            sa.String(length=32),
            nullable=False,
            comment="code of a region and all below it; empty: the county",
        ),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=True,
            comment="of an identity provider: issuer, a space, its id of the person",
        ),
        sa.Column("demo", sa.Boolean(), nullable=False, comment="for an invented county only"),
        sa.Column("created", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("password_changed", sa.DateTime(), nullable=True, comment="UTC"),
        sa.Column("last_sign_in", sa.DateTime(), nullable=True, comment="UTC"),
        sa.Column("disabled", sa.DateTime(), nullable=True, comment="UTC"),
        sa.CheckConstraint(
            "clearance in ('公开', '备用', '敏感', '秘密')", name=op.f("ck_account_clearance_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("subject", name=op.f("uq_account_subject")),
    )
    op.create_table(
        "first_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False, comment="sha256"),
        sa.Column("created", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("expires", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("used", sa.DateTime(), nullable=True, comment="UTC"),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_first_code")),
    )


def _sessions() -> None:
    op.create_table(
        "visitor_session",
        sa.Column("id", sa.String(length=32), nullable=False, comment="random; not the cookie"),
        sa.Column(
            "cookie_hash",
            sa.String(length=64),
            nullable=False,
            comment="sha256; the cookie is kept nowhere",
        ),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("last_seen", sa.DateTime(), nullable=False, comment="UTC, written once a minute"),
        sa.Column("expires", sa.DateTime(), nullable=False, comment="UTC, whatever happens"),
        sa.Column("revoked", sa.DateTime(), nullable=True, comment="UTC"),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column(
            "purpose",
            sa.String(length=200),
            nullable=False,
            comment="what sensitive data are needed for, as said",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_visitor_session_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor_session")),
        sa.UniqueConstraint("cookie_hash", name=op.f("uq_visitor_session_cookie_hash")),
    )
    op.create_index(
        op.f("ix_visitor_session_account_id"), "visitor_session", ["account_id"], unique=False
    )


def _attempts() -> None:
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(
        op.f("ix_sign_in_attempt_address"), "sign_in_attempt", ["address"], unique=False
    )
    op.create_index(op.f("ix_sign_in_attempt_at"), "sign_in_attempt", ["at"], unique=False)
    op.create_table(
        "sign_in_lock",
        sa.Column(
            "name_hash",
            sa.String(length=64),
            nullable=False,
            comment="keyed hash: people type passwords into this field",
        ),
        sa.Column(
            "failures", sa.Integer(), nullable=False, comment="since the last success or lock"
        ),
        sa.Column("last_failed", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("locked_until", sa.DateTime(), nullable=True, comment="UTC"),
        sa.PrimaryKeyConstraint("name_hash", name=op.f("pk_sign_in_lock")),
    )


def downgrade() -> None:
    op.drop_table("visitor_session")
    op.drop_table("sign_in_lock")
    op.drop_table("sign_in_attempt")
    op.drop_table("first_code")
    op.drop_table("account")
