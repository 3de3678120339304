"""Add the table of where the rules of warning stand with each sensor and region."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_state",
        sa.Column("rule_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=True, comment="local time of the newest value"),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False, comment="of the machine; s since 1970"),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["alert_rule.id"], name=op.f("fk_alert_state_rule_id")
        ),
        sa.PrimaryKeyConstraint("rule_id", "subject", name=op.f("pk_alert_state")),
    )


def downgrade() -> None:
    op.drop_table("alert_state")
