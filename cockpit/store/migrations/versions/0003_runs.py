"""Add the table of runs: plans that a search found, with their proofs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "run",
        sa.Column("key", sa.String(length=64), nullable=False, comment="sha256 of what was asked"),
        sa.Column("ended_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "data_version",
            sa.String(length=64),
            nullable=False,
            comment="of the data it searched in",
        ),
        sa.Column("county", sa.String(length=32), nullable=False, comment="code of the county"),
        sa.Column(
            "question",
            sa.JSON(),
            nullable=False,
            comment="service, mode, minutes (limit), group, unit (region code)",
        ),
        sa.Column(
            "rules",
            sa.JSON(),
            nullable=False,
            comment="m of spacing, people, costs in the planner's own unit",
        ),
        sa.Column("model", sa.String(length=32), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False, comment="of the model"),
        sa.Column(
            "objective",
            sa.Double(),
            nullable=False,
            comment="in the unit of the model's objective",
        ),
        sa.Column(
            "bound", sa.Double(), nullable=False, comment="no plan is better; in the same unit"
        ),
        sa.Column(
            "gap", sa.Double(), nullable=False, comment="share of the objective, 0 to 1 and more"
        ),
        sa.Column("seconds", sa.Double(), nullable=False, comment="s of searching"),
        sa.Column("certificate", sa.Text(), nullable=False, comment="JSON as the solver sealed it"),
        sa.Column(
            "data_class",
            sa.String(length=4),
            nullable=False,
            comment="highest class of group, facilities, roads and zones; 公开 to 秘密",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_run")),
    )


def downgrade() -> None:
    op.drop_table("run")
