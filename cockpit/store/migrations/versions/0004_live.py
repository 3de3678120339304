"""Add the tables of live feeds, alert rules, alerts and their ledger."""

import sqlalchemy as sa
from alembic import op

from cockpit.store.models_live import LEDGER_GUARDS

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "delivery",
                sa.Integer(),
                nullable=True,
                comment="of a live feed that brought it; empty: a load",
            )
        )
        batch_op.create_index(batch_op.f("ix_event_delivery"), ["delivery"], unique=False)
    _feeds()
    _alerts()
    for statement in LEDGER_GUARDS.get(op.get_bind().dialect.name, ()):
        op.execute(statement)


def _feeds() -> None:
    op.create_table(
        "feed_source",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("dataset_id", sa.String(length=48), nullable=False),
        sa.Column("batch_id", NUMBER, nullable=False, comment="of all its rows"),
        sa.Column(
            "token_hash",
            sa.String(length=64),
            nullable=False,
            comment="sha256; the token is kept nowhere",
        ),
        sa.Column("created", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("disabled", sa.DateTime(), nullable=True, comment="UTC"),
        sa.CheckConstraint(
            "kind in ('events', 'readings')", name=op.f("ck_feed_source_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_feed_source_dataset_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_source")),
    )
    op.create_table(
        "feed_delivery",
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("received", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("n_new", sa.Integer(), nullable=False, comment="rows"),
        sa.Column("n_known", sa.Integer(), nullable=False, comment="rows"),
        sa.Column("n_refused", sa.Integer(), nullable=False, comment="rows"),
        sa.Column(
            "since",
            sa.DateTime(),
            nullable=True,
            comment="earliest time of the new rows, local time; empty: none",
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["feed_source.id"], name=op.f("fk_feed_delivery_source_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_feed_delivery")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_feed_delivery_source_id"), "feed_delivery", ["source_id"])
    op.create_table(
        "feed_refusal",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("delivery", NUMBER, nullable=False),
        sa.Column(
            "position",
            sa.Integer(),
            nullable=False,
            comment="of the row in its request, 1 = first",
        ),
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False, comment="sentence, in English"),
        sa.Column("detail", sa.JSON(), nullable=False, comment="values of the sentence"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_refusal")),
    )
    op.create_index(op.f("ix_feed_refusal_delivery"), "feed_refusal", ["delivery"])


def _alerts() -> None:
    op.create_table(
        "alert_rule",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=False,
            comment="sensor:<kind or id>, events:<theme or category>, indicator:<id>",
        ),
        sa.Column(
            "settings",
            sa.JSON(),
            nullable=False,
            comment="thresholds in the unit of the subject, windows in hours",
        ),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rule")),
    )
    op.create_table(
        "alert",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("rule_id", sa.String(length=64), nullable=False),
        sa.Column(
            "kind", sa.String(length=16), nullable=False, comment="threshold, aberration, fault"
        ),
        sa.Column(
            "subject",
            sa.String(length=64),
            nullable=False,
            comment="id of a sensor or code of a region",
        ),
        sa.Column(
            "region_code",
            sa.String(length=32),
            nullable=True,
            comment="where; regions may be reloaded",
        ),
        sa.Column("lon", sa.Double(), nullable=True, comment="degrees"),
        sa.Column("lat", sa.Double(), nullable=True, comment="degrees"),
        sa.Column("opened", sa.DateTime(), nullable=False, comment="local time of the data"),
        sa.Column(
            "level",
            sa.Integer(),
            nullable=False,
            comment="0 none, 1 blue, 2 yellow, 3 orange, 4 red; of now",
        ),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("closed", sa.DateTime(), nullable=True, comment="local time of the data"),
        sa.CheckConstraint("level between 0 and 4", name=op.f("ck_alert_level_known")),
        sa.CheckConstraint("state in ('open', 'closed')", name=op.f("ck_alert_state_known")),
        sa.ForeignKeyConstraint(["rule_id"], ["alert_rule.id"], name=op.f("fk_alert_rule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("rule_id", "subject", "opened", name=op.f("uq_alert_rule_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alert_rule_id"), "alert", ["rule_id"])
    op.create_table(
        "alert_entry",
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("alert_id", NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False, comment="local time of the data"),
        sa.Column("written", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("who", sa.String(length=80), nullable=False, comment="as typed, or the rule"),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column(
            "level",
            sa.Integer(),
            nullable=False,
            comment="0 none, 1 blue, 2 yellow, 3 orange, 4 red",
        ),
        sa.Column("detail", sa.JSON(), nullable=False, comment="values in the subject's unit"),
        sa.Column(
            "previous", sa.String(length=64), nullable=False, comment="hash of the line before"
        ),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="sha256"),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_entry_alert_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_alert_entry")),
        sa.UniqueConstraint("hash", name=op.f("uq_alert_entry_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alert_entry_alert_id"), "alert_entry", ["alert_id"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_rewriting() CASCADE")
    for table in ("alert_entry", "alert", "alert_rule", "feed_refusal", "feed_delivery"):
        op.drop_table(table)
    op.drop_table("feed_source")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_delivery"))
        batch_op.drop_column("delivery")
