"""What the screens of a wall follow, and the issues of the briefing."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wall",
        sa.Column("id", sa.String(length=40), nullable=False, comment="name of the wall"),
        sa.Column("seq", sa.Integer(), nullable=False, comment="changes, counted"),
        sa.Column(
            "selection",
            sa.String(length=32),
            nullable=False,
            comment="code of a region; empty none",
        ),
        sa.Column(
            "scene", sa.String(length=80), nullable=False, comment="id of a scene; empty none"
        ),
        sa.Column("changed", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("who", sa.Text(), nullable=False, comment="account that chose"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wall")),
    )
    op.create_table(
        "briefing",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("county", sa.String(length=32), nullable=False, comment="code"),
        sa.Column("kind", sa.String(length=12), nullable=False, comment="daily, weekly"),
        sa.Column("as_of", sa.Date(), nullable=False, comment="local date of the data"),
        sa.Column(
            "data_class", sa.String(length=4), nullable=False, comment="highest class of its parts"
        ),
        sa.Column("made", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("who", sa.Text(), nullable=False, comment="account that made it"),
        sa.Column("data_version", sa.String(length=64), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False, comment="id of a figure to its value"),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of the figures"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_briefing")),
        sa.UniqueConstraint(
            "county", "kind", "as_of", "data_class", name=op.f("uq_briefing_county")
        ),
    )


def downgrade() -> None:
    op.drop_table("briefing")
    op.drop_table("wall")
