"""Add the table of saved scenarios; no table of data is touched."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scenario",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="1, 2, ... within the name"),
        sa.Column("author", sa.String(length=80), nullable=False, comment="who saved it, as typed"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "data_version",
            sa.String(length=64),
            nullable=False,
            comment="of the data of the figures",
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
        sa.Column(
            "layout",
            sa.JSON(),
            nullable=False,
            comment="facilities closed and moved, cells added",
        ),
        sa.Column("model", sa.String(length=32), nullable=False, comment="empty: made by hand"),
        sa.Column("parameters", sa.JSON(), nullable=False, comment="of the model"),
        sa.Column(
            "certificate",
            sa.Text(),
            nullable=False,
            comment="JSON as the solver sealed it; empty: made by hand",
        ),
        sa.Column(
            "figures",
            sa.JSON(),
            nullable=False,
            comment=(
                "people, minutes, person-minutes as saved; small counts masked; class: data_class"
            ),
        ),
        sa.Column(
            "data_class",
            sa.String(length=4),
            nullable=False,
            comment="highest class of group, facilities, roads and zones; 公开 to 秘密",
        ),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="sha256 of the content"),
        sa.Column("archived", sa.Boolean(), nullable=False, comment="kept but not listed"),
        sa.CheckConstraint("version >= 1", name=op.f("ck_scenario_version_from_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenario")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_scenario_name")),
    )


def downgrade() -> None:
    op.drop_table("scenario")
